//! The fields line by line: what is asked and with what default, and what an answer does.

use std::sync::Arc;

use super::grammar::Answer;
use super::list::{LEAST_SEARCHED, List, NO_ROW, PAGE, RowId};
use super::moves::Intent;
use super::words;
use super::{Question, Reply};
use crate::app::desk::Desk;
use crate::app::details::{Edit, Ghost, State, changes, ghost};
use crate::app::keys::Key;
use crate::app::picker::{NUMBERED, find};
use crate::domain::cautions;
use crate::domain::choice::{Change, Choice};
use crate::domain::date::{self, Date, Order};
use crate::domain::draft::{Answer as Given, By, FieldId};
use crate::domain::field::{Field, FieldKind, MASK};
use crate::domain::rows::{self, Entry, Row, State as RowState, Strictness};
use crate::domain::text::folded;

/// The day that was typed.
///
/// # Errors
/// What is wrong with it, and what to type.
pub fn day(desk: &Desk, field: &Field, text: &str) -> Result<Date, String> {
    text.parse().or_else(|_| date::typed(text, desk.today, Order::of(field.hint.as_deref())))
}

/// Which step it is, for whom, how far it is, and what the server refused.
#[must_use]
pub fn head(state: &State, desk: &Desk) -> Vec<String> {
    let (done, of) = rows::done(&desk.draft, &desk.form());
    let mut out = vec![format!("Step 3 of 5, details. {}.", super::subject(desk))];
    out.push(format!("{done} of {of} required fields done."));
    let given: Vec<_> = desk.draft.pending.iter().filter_map(|g| Some(g.spoken()?.to_string())).collect();
    if !given.is_empty() {
        out.push(format!("Given, and no field takes it so far: {}.", given.join(", ")));
    }
    let form = desk.form();
    for refusal in state.refusals.iter().filter(|r| !r.changed) {
        let label = refusal.field.as_ref().and_then(|f| form.iter().find(|r| r.id == *f)).map(|r| r.label.to_string());
        let label = label.unwrap_or_else(|| "Not tied to one field".into());
        out.push(format!("Refused. {label}: {}", refusal.error.spoken()));
    }
    out
}

/// The question for a field.
#[must_use]
pub fn question(state: &State, desk: &Desk, row: &Row, list: &mut List) -> Question {
    let need = if row.required { "Required" } else { "Optional" };
    let mut intro = vec![match row.entry {
        // What is agreed to follows, whole.
        Entry::Tick(_) => format!("Do you agree to this? {need}."),
        Entry::Text { .. } | Entry::Date(_) | Entry::Pick { .. } | Entry::Flag | Entry::Note(_) => {
            format!("{} {need}. {}", words::sentence(&row.label), kind_of_answer(desk, row))
        }
    }];
    intro.extend(reading(row));
    let problem = state.problem(desk, row).filter(|_| desk.draft.answer(&row.id).is_some());
    intro.extend(problem.map(|why| format!("Error: {}", words::sentence(&words::said(&why)))));
    intro.extend(caution(desk, row));
    intro.extend(present(state, desk, row));
    intro.extend(last_used(desk, row).map(|value| format!("Enter takes {value}, used last.")));
    let offered = rows::offered(&desk.draft, &desk.cache, row);
    // The only row, which stands there already, need not be said twice.
    let only = offered.len() == 1 && desk.draft.answer(&row.id).is_some();
    if row.state == RowState::Open && (1..=NUMBERED).contains(&offered.len()) && !only {
        *list = List::of("");
    }
    let prompt = match (&row.state, &row.entry) {
        (RowState::Failed(_), _) => "Enter tries again, or < back: ",
        (_, Entry::Note(_)) => "Enter when you have read it, or < back: ",
        (_, Entry::Tick(_) | Entry::Flag) => "yes or no, or < back: ",
        (_, Entry::Pick { many: true, .. }) => "A number, Enter when done, or < back: ",
        _ if row.id.masked() => "Answer, not shown, or < back: ",
        (_, Entry::Pick { .. } | Entry::Text { .. } | Entry::Date(_)) => "Answer, or < back: ",
    };
    Question { intro, prompt: prompt.into(), secret: row.id.masked() }
}

/// What the order placed last had there, where something must stand and nothing does.
fn last_used(desk: &Desk, row: &Row) -> Option<String> {
    let empty = row.required && row.state == RowState::Open && desk.draft.answer(&row.id).is_none();
    match ghost(desk, row).filter(|_| empty)? {
        Ghost::LastUsed(value) => Some(value.to_string()),
        // A day is never taken for want of another.
        Ghost::Today(_) => None,
    }
}

/// What kind of answer is wanted, with an example.
fn kind_of_answer(desk: &Desk, row: &Row) -> String {
    match (&row.state, &row.entry) {
        (RowState::Failed(fault), _) => return words::said(&format!("Not loaded: {fault}")),
        (RowState::Waits(what), _) => return format!("It can be filled after {what} is chosen."),
        (RowState::Nothing, _) => return "Nothing is offered.".into(),
        (RowState::Loading, _) => return "It is being loaded.".into(),
        (RowState::Open, _) => {}
    }
    let offered = || rows::offered(&desk.draft, &desk.cache, row).len();
    match &row.entry {
        Entry::Date(_) => "Date, for example +7 or 22 dec.".into(),
        Entry::Text { field: Some(field), .. } => text_kind(field),
        Entry::Text { field: None, max } => {
            max.map_or_else(|| "Text.".into(), |max| format!("Text, at most {max} characters."))
        }
        Entry::Pick { many: true, .. } if changes(row, desk) => {
            format!("{} to change. +1 adds number 1, -1 removes it; / and a word searches.", offered())
        }
        Entry::Pick { many: true, .. } => {
            format!("Several of {}. A number takes one in or out; / and a word searches.", offered())
        }
        Entry::Pick { .. } if offered() <= NUMBERED => "Choose a number.".into(),
        Entry::Pick { .. } => format!("{} to choose from. Type a word of it, or m to hear them.", offered()),
        Entry::Flag => "Yes or no.".into(),
        Entry::Tick(_) => String::new(),
        Entry::Note(_) => "To be read.".into(),
    }
}

fn text_kind(field: &Field) -> String {
    let length = match (field.min, field.max) {
        (min, Some(max)) if min == max => format!("{max} characters"),
        (0, Some(max)) => format!("at most {max} characters"),
        (min, Some(max)) => format!("{min} to {max} characters"),
        (0, None) => String::new(),
        (min, None) => format!("at least {min} characters"),
    };
    let like = field.hint.as_ref().map(|h| format!("like {h}")).unwrap_or_default();
    let parts: Vec<_> = ["Text".to_owned(), length, like].into_iter().filter(|p| !p.is_empty()).collect();
    format!("{}.", parts.join(", "))
}

/// What must be read before it is agreed to, whole.
fn reading(row: &Row) -> Vec<String> {
    match &row.entry {
        Entry::Tick(field) => vec![field.label.to_string()],
        Entry::Note(field) => match &field.kind {
            FieldKind::Note(paragraphs) => paragraphs.iter().map(ToString::to_string).collect(),
            FieldKind::Text | FieldKind::Date | FieldKind::Choice(_) | FieldKind::Tick => Vec::new(),
        },
        Entry::Text { .. } | Entry::Date(_) | Entry::Pick { .. } | Entry::Flag => Vec::new(),
    }
}

fn caution(desk: &Desk, row: &Row) -> Option<String> {
    let all = cautions::all(&desk.draft, &desk.cache, desk.today);
    all.into_iter().find(|(slot, _)| *slot == row.id.slot).map(|(_, text)| format!("Note: {text}"))
}

/// What stands there, and who filled it in.
fn present(state: &State, desk: &Desk, row: &Row) -> Option<String> {
    if matches!(row.entry, Entry::Note(_)) {
        return None;
    }
    if matches!(row.entry, Entry::Flag) {
        return Some(format!("Now {}. Enter keeps it.", value(desk, row).unwrap_or_else(|| "no".into())));
    }
    let typed = match &state.edit {
        Edit::Text(text) if desk.draft.answer(&row.id).is_none() && !text.is_empty() && !row.id.masked() => {
            Some(text.text().to_owned())
        }
        Edit::Text(_) | Edit::Pick(..) | Edit::Flag | Edit::Read(_) | Edit::Idle => None,
    };
    let now = typed.or_else(|| value(desk, row))?;
    let by = match desk.draft.given(&row.id).map(|g| g.by) {
        Some(By::Default) => ", filled in",
        Some(By::Only) => ", the only one",
        Some(By::User) | None => "",
    };
    Some(format!("Now {now}{by}. Enter keeps it, - empties it."))
}

/// What a field holds, as people hear it; never a secret.
#[must_use]
pub fn value(desk: &Desk, row: &Row) -> Option<String> {
    let answer = desk.draft.answer(&row.id)?;
    Some(match (&row.entry, answer) {
        _ if row.id.masked() => format!("given, not shown ({MASK})"),
        (Entry::Note(_), _) => "read".into(),
        (Entry::Tick(_), _) => "agreed".into(),
        (Entry::Date(_), Given::Text(text)) => match text.parse::<Date>() {
            Ok(day) => words::day(day, desk.today).trim_end_matches('.').to_owned(),
            Err(_) => text.clone(),
        },
        (_, Given::One(choice)) => words::row(choice),
        (_, Given::Many(all)) => all.iter().map(|c| c.spoken().to_string()).collect::<Vec<_>>().join("; "),
        (_, Given::Text(_) | Given::Flag(_)) => answer.spoken().unwrap_or_default().to_string(),
    })
}

/// What is said of an answer that was taken: what it was understood as, where that is not plain.
#[must_use]
pub fn echo(desk: &Desk, field: &FieldId) -> Option<String> {
    let form = desk.form();
    let row = form.iter().find(|r| r.id == *field)?;
    let said = match &row.entry {
        Entry::Text { .. } | Entry::Note(_) => None,
        Entry::Pick { many: true, .. } => {
            Some(format!("{}: {}.", row.label, value(desk, row).unwrap_or_else(|| "none".into())))
        }
        Entry::Date(_) => value(desk, row).map(|v| format!("{v}.")),
        Entry::Tick(_) => value(desk, row).map(|_| "Agreed.".to_owned()),
        Entry::Pick { .. } | Entry::Flag => value(desk, row).map(|v| format!("{}: {v}.", row.label)),
    };
    let caution = caution(desk, row);
    let all: Vec<_> = said.into_iter().chain(caution).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// The rows of a field's list that the search finds.
#[must_use]
pub fn listed(desk: &Desk, row: &Row, query: &str) -> Vec<(RowId, String)> {
    let chosen = |c: &Choice| desk.draft.many(row.id.slot).iter().find(|m| m.id == c.id).map(|m| m.change());
    let text = |c: &Arc<Choice>| match chosen(c) {
        Some(Some(change)) => format!("{}, to {}", words::row(c), change.spoken()),
        Some(None) => format!("{}, chosen", words::row(c)),
        None => words::row(c),
    };
    let found = find(&rows::offered(&desk.draft, &desk.cache, row), query);
    found.iter().map(|c| (RowId::Choice(c.id.clone()), text(c))).collect()
}

/// All fields with their answers, numbered.
#[must_use]
pub fn all(desk: &Desk) -> Vec<String> {
    let form = desk.form();
    let line = |(at, row): (usize, &Row)| {
        let empty = || if row.required { "empty, required".to_owned() } else { "empty".to_owned() };
        let value = value(desk, row).unwrap_or_else(empty);
        format!("{}. {}: {}", at + 1, words::sentence(&row.label).trim_end_matches('.'), words::sentence(&value))
    };
    form.iter().enumerate().map(line).collect()
}

/// What can be typed at a field.
#[must_use]
pub fn help(row: &Row) -> Vec<String> {
    let mut out: Vec<String> = match &row.entry {
        Entry::Date(_) => vec!["A date: t for today, +7, fri, 22, 22 dec, 12/22 or 2026-12-22.".into()],
        Entry::Pick { many: true, .. } => {
            vec![
                "A number takes its row in or out. -1 takes number 1 out; +1 takes it in.".into(),
                "Enter when done.".into(),
            ]
        }
        Entry::Pick { .. } => vec!["A number takes its row. Words search; what is found alone is taken.".into()],
        Entry::Flag | Entry::Tick(_) => vec!["yes or no.".into()],
        Entry::Note(_) => vec!["Enter when you have read it.".into()],
        Entry::Text { .. } => vec!["The text, as it is to be sent.".into()],
    };
    out.push("Enter keeps what stands there and goes on to the next field.".into());
    out.push("A dot goes on to what is still missing, else to the review.".into());
    out.push("! lists all fields; !3 goes to the third. - empties this one.".into());
    out.push(":home puts the draft aside. :discard throws it away.".into());
    out
}

/// What an answer does.
#[must_use]
pub fn answer(state: &State, desk: &Desk, row: &Row, typed: Answer, list: &List) -> Reply {
    let here = row.id.clone();
    match typed {
        Answer::Back => Reply::does([back(state, desk)]),
        Answer::Onward => Reply::does([Intent::Onward]),
        Answer::Field(number) => match number.checked_sub(1).and_then(|at| desk.form().get(at).map(|r| r.id.clone())) {
            Some(id) => Reply::does([Intent::Field(id)]),
            None => Reply::error("There is no field of that number. ! lists them."),
        },
        Answer::Empty if searched(desk, row, list) => {
            Reply::error("Nothing of what was found is chosen. Type its number, or - to leave the field empty.")
        }
        Answer::Empty => empty(desk, row),
        Answer::Clear => match row.entry {
            Entry::Text { .. } | Entry::Date(_) => {
                Reply::does([Intent::Emptied, Intent::Key(Key::Tab), Intent::Field(here)]).says("Emptied.")
            }
            _ if desk.draft.answer(&row.id).is_none() => Reply::does([Intent::Advance(here)]),
            Entry::Pick { .. } | Entry::Flag | Entry::Tick(_) => {
                // The only row was not said as long as it stood there.
                let short = rows::offered(&desk.draft, &desk.cache, row).len() <= NUMBERED;
                Reply { list: short.then(|| List::of("")), ..Reply::does([Intent::Unset]) }.says("Emptied.")
            }
            Entry::Note(_) => Reply::error("There is nothing to empty."),
        },
        _ if row.state != RowState::Open => Reply::error("It cannot be filled now."),
        Answer::Number(number, text) => match (list.get(number), &row.entry) {
            (Some(RowId::Choice(id)), _) => picked(desk, row, &list.query, id, None),
            // Few digits are the number of a row; more may be part of a name or an id.
            (None, Entry::Pick { .. }) if number < LEAST_SEARCHED => Reply::error(NO_ROW),
            (Some(RowId::Who(..) | RowId::Keep | RowId::Draft(_) | RowId::Order(_)) | None, _) => {
                valued(desk, row, &text, list)
            }
        },
        Answer::Value(text) => valued(desk, row, &text, list),
        Answer::Search(query) => search(desk, row, &query, true),
        Answer::More => match row.entry {
            Entry::Pick { .. } => Reply::more(),
            Entry::Text { .. } | Entry::Date(_) | Entry::Flag | Entry::Tick(_) | Entry::Note(_) => {
                Reply::error("There is no list here. \\m answers m.")
            }
        },
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
    }
}

/// Whether something was searched for and nothing of it chosen.
fn searched(desk: &Desk, row: &Row, list: &List) -> bool {
    matches!(row.entry, Entry::Pick { many: false, .. })
        && !list.query.is_empty()
        && desk.draft.answer(&row.id).is_none()
}

/// To the field before this one that can be filled, else out of the form.
fn back(state: &State, desk: &Desk) -> Intent {
    let form = desk.form();
    let here = form.iter().position(|r| r.id == state.focus).unwrap_or(0);
    let can = |r: &&Row| matches!(r.state, RowState::Open | RowState::Failed(_));
    form.iter().take(here).rev().find(can).map_or(Intent::Up, |r| Intent::Field(r.id.clone()))
}

fn empty(desk: &Desk, row: &Row) -> Reply {
    let here = row.id.clone();
    if let Some(value) = last_used(desk, row) {
        return valued(desk, row, &value, &List::default());
    }
    match (&row.state, &row.entry) {
        (RowState::Failed(_), _) => Reply::does([Intent::Key(Key::Ctrl('r'))]),
        (RowState::Open, Entry::Note(_)) => Reply::does([Intent::Read, Intent::Key(Key::Enter), Intent::Advance(here)]),
        (RowState::Open, _) if row.required && desk.draft.answer(&row.id).is_none() => Reply::error(&format!(
            "{} is required. ? says what can be typed.",
            words::sentence(&row.label).trim_end_matches('.')
        )),
        _ => Reply::does([Intent::Advance(here)]),
    }
}

/// Words or a sign for the field.
fn valued(desk: &Desk, row: &Row, text: &str, list: &List) -> Reply {
    let here = row.id.clone();
    match &row.entry {
        Entry::Text { .. } | Entry::Date(_) => Reply::does([
            Intent::Emptied,
            Intent::Paste(text.to_owned()),
            Intent::Key(Key::Tab),
            Intent::Checked(here.clone(), Strictness::Format),
            Intent::Advance(here),
        ]),
        Entry::Flag => match yes(text) {
            Some(yes) => Reply::does([
                Intent::Key(Key::Char(if yes { 'y' } else { 'n' })),
                Intent::Checked(here.clone(), Strictness::Format),
                Intent::Advance(here),
            ]),
            None => Reply::error("Type yes or no."),
        },
        Entry::Tick(_) => match yes(text) {
            Some(true) => Reply::does([
                Intent::Read,
                Intent::Key(Key::Char('y')),
                Intent::Checked(here.clone(), Strictness::Complete),
                Intent::Advance(here),
            ]),
            Some(false) => Reply::does([Intent::Unset, Intent::Advance(here)]),
            None => Reply::error("Type yes or no."),
        },
        Entry::Note(_) => Reply::error("There is nothing to type: Enter when you have read it."),
        Entry::Pick { many, .. } => {
            let signed = |sign, change| Some((text.strip_prefix(sign)?.trim().parse::<usize>().ok()?, change));
            let signed = signed('+', Change::Add).or_else(|| signed('-', Change::Remove)).filter(|_| *many);
            match signed.map(|(number, change)| (list.get(number), change)) {
                Some((Some(RowId::Choice(id)), change)) => picked(desk, row, &list.query, id, Some(change)),
                Some(_) => Reply::error(NO_ROW),
                None => search(desk, row, text, false),
            }
        }
    }
}

fn yes(text: &str) -> Option<bool> {
    match folded(text).as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// What was searched for: alone it is taken, unless a list was asked for; else what was found is listed.
fn search(desk: &Desk, row: &Row, query: &str, always: bool) -> Reply {
    let Entry::Pick { .. } = row.entry else {
        return Reply::error("There is no list to search here. A backslash before it makes it the answer.");
    };
    let found = find(&rows::offered(&desk.draft, &desk.cache, row), query);
    let exact: Vec<_> = found.iter().filter(|c| folded(&c.name) == folded(query)).collect();
    match (found.as_slice(), exact.as_slice(), always) {
        ([], ..) => Reply::error(&format!("Nothing in the list fits \"{query}\".")),
        ([only], _, false) => picked(desk, row, query, &only.id, None),
        (_, [only], false) => picked(desk, row, query, &only.id, None),
        (all, ..) => {
            let count = all.len();
            let head = if count > PAGE {
                format!("{count} match. More words tell them apart.")
            } else {
                format!("{count} match.")
            };
            Reply::lists(query).says(&head)
        }
    }
}

/// A row taken: the one, or into the set and out of it.
fn picked(desk: &Desk, row: &Row, query: &str, id: &crate::domain::ids::Id, change: Option<Change>) -> Reply {
    let Entry::Pick { many, .. } = row.entry else { return Reply::default() };
    let here = row.id.clone();
    let there = Intent::Highlight(query.to_owned(), id.clone());
    let look = Intent::Checked(here.clone(), Strictness::Format);
    let within = desk.draft.many(row.id.slot).iter().any(|c| c.id == *id);
    match (many, change) {
        (false, _) => Reply::does([there, Intent::Key(Key::Enter), look, Intent::Advance(here)]),
        (true, Some(change)) if changes(row, desk) => {
            // The signs mean something only where nothing is typed in the list's box.
            let sign = if change == Change::Add { '+' } else { '-' };
            Reply::does([Intent::Highlight(String::new(), id.clone()), Intent::Key(Key::Char(sign)), look])
        }
        (true, Some(Change::Add)) if within => Reply::error("It is chosen already."),
        (true, Some(Change::Remove)) if !within => Reply::error("It is not chosen."),
        (true, _) => Reply::does([there, Intent::Key(Key::Enter), look]),
    }
}
