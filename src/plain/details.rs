//! The fields line by line: what is asked, and with what default.

use std::sync::Arc;

use super::Question;
use super::list::{List, RowId};
use super::words;
use crate::app::desk::Desk;
use crate::app::details::{Edit, Ghost, State, changes, ghost};
use crate::app::picker::{NUMBERED, find};
use crate::domain::cautions;
use crate::domain::choice::Choice;
use crate::domain::date::{self, Date, Order};
use crate::domain::draft::{Answer as Given, By, FieldId};
use crate::domain::field::{Field, FieldKind, MASK};
use crate::domain::rows::{self, Entry, Row, State as RowState};

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
    intro.extend(takes_used(desk, row));
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
#[must_use]
pub fn last_used(desk: &Desk, row: &Row) -> Option<String> {
    let empty = row.required && row.state == RowState::Open && desk.draft.answer(&row.id).is_none();
    match ghost(desk, row).filter(|_| empty)? {
        Ghost::LastUsed(value) => Some(value.to_string()),
        // A day is never taken for want of another.
        Ghost::Today(_) => None,
    }
}

/// What takes it, which an empty line does not: that may have been typed for something else.
#[must_use]
pub fn takes_used(desk: &Desk, row: &Row) -> Option<String> {
    last_used(desk, row).map(|value| format!("= takes {value}, used last."))
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
    let empties = if row.id.masked() { "" } else { ", - empties it" };
    Some(format!("Now {now}{by}. Enter keeps it{empties}."))
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
    found.rows.iter().map(|c| (RowId::Choice(c.id.clone()), text(c))).collect()
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
pub fn help(desk: &Desk, row: &Row) -> Vec<String> {
    if row.id.masked() {
        return vec![
            "The text, as it is to be sent. It is not shown while it is typed, and not said.".into(),
            "Only a line that is nothing but < or ? is none: < goes back, ? says this.".into(),
            "Enter keeps what stands there and goes on to the next field.".into(),
        ];
    }
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
    out.extend(takes_used(desk, row));
    out.push("Enter keeps what stands there and goes on to the next field.".into());
    out.push("A dot goes on to what is still missing, else to the review.".into());
    out.push("! lists all fields; !3 goes to the third. - empties this one.".into());
    out.push(":home puts the draft aside. :discard throws it away.".into());
    out
}
