//! What an answer to a field does: taken, searched for, emptied, or passed over.

use super::Reply;
use super::details::{last_used, takes_used};
use super::grammar::Answer;
use super::list::{LEAST_SEARCHED, List, NO_ROW, PAGE, RowId};
use super::moves::Intent;
use super::words;
use crate::app::desk::Desk;
use crate::app::details::{State, changes};
use crate::app::keys::Key;
use crate::app::picker::{NUMBERED, find};
use crate::domain::choice::Change;
use crate::domain::ids::Id;
use crate::domain::rows::{self, Entry, Row, State as RowState, Strictness};
use crate::domain::text::folded;

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
        Answer::Used => match last_used(desk, row) {
            // Nobody has typed it: it is said what it is.
            Some(value) => {
                valued(desk, row, &value, &List::default()).says(&format!("{}: {value}, used last.", row.label))
            }
            None => Reply::error("Nothing that was used last stands here for it. \\= answers =."),
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
    match (&row.state, &row.entry) {
        (RowState::Failed(_), _) => Reply::does([Intent::Key(Key::Ctrl('r'))]),
        (RowState::Open, Entry::Note(_)) => Reply::does([Intent::Read, Intent::Key(Key::Enter), Intent::Advance(here)]),
        (RowState::Open, _) if row.required && desk.draft.answer(&row.id).is_none() => {
            let label = words::sentence(&row.label);
            let used = takes_used(desk, row).map(|used| format!(" {used}")).unwrap_or_default();
            Reply::error(&format!("{} is required. ? says what can be typed.{used}", label.trim_end_matches('.')))
        }
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
    let (fits, similar) = found.rows.split_at(found.sure);
    let exact: Vec<_> = fits.iter().filter(|c| folded(&c.name) == folded(query)).collect();
    match (fits, exact.as_slice(), always) {
        ([], ..) if similar.is_empty() => Reply::error(&format!("Nothing in the list fits \"{query}\".")),
        // What only resembles the words is never taken unseen.
        ([], ..) => Reply::lists(query).says("Nothing fits exactly; these are similar."),
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
fn picked(desk: &Desk, row: &Row, query: &str, id: &Id, change: Option<Change>) -> Reply {
    let Entry::Pick { many, .. } = row.entry else { return Reply::default() };
    let here = row.id.clone();
    let look = Intent::Checked(here.clone(), Strictness::Format);
    let there = |query: &str| [Intent::Narrow(query.to_owned()), Intent::Highlight(query.to_owned(), id.clone())];
    let takes = |query, key| Reply::does(there(query).into_iter().chain([Intent::Key(key), look.clone()]));
    let within = desk.draft.many(row.id.slot).iter().any(|c| c.id == *id);
    match (many, change) {
        (false, _) => {
            let mut reply = takes(query, Key::Enter);
            reply.intents.push(Intent::Advance(here));
            reply
        }
        (true, Some(change)) if changes(row, desk) => {
            // The signs mean something only where nothing is typed in the list's box.
            takes("", Key::Char(if change == Change::Add { '+' } else { '-' }))
        }
        (true, Some(Change::Add)) if within => Reply::error("It is chosen already."),
        (true, Some(Change::Remove)) if !within => Reply::error("It is not chosen."),
        (true, _) => takes(query, Key::Enter),
    }
}
