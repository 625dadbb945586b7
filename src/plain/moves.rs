//! From what is meant to the keys that do it: each step looks at the state as it is and gives the next key, so that
//! whatever the state machine makes of a key, the next one fits.

use crate::app::desk::{Desk, Level};
use crate::app::details::{self, Edit, list_rows, panel_rows, reading};
use crate::app::guard::Guard;
use crate::app::keys::{Action, Key};
use crate::app::overlay::{self, Overlay};
use crate::app::picker::Picker;
use crate::app::{Model, Step, home, kind};
use crate::domain::directory::{Reading, by_number};
use crate::domain::draft::{Answer, FieldId};
use crate::domain::ids::Id;
use crate::domain::rows::{self, Entry, Row, State as RowState, Strictness};
use crate::domain::slots::SlotId;

use super::list::RowId;

/// Something to be done to the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// That key.
    Key(Key),
    /// That text pasted.
    Paste(String),
    /// The text box emptied.
    Emptied,
    /// What was chosen taken back.
    Unset,
    /// The field's list opened, and narrowed to what the query finds.
    Narrow(String),
    /// The highlight of the field's list, narrowed to that query, on that row.
    Highlight(String, Id),
    /// What stands there read to its end.
    Read,
    /// The focus on that field.
    Field(FieldId),
    /// That field's answer looked at: what is wrong is said, and the focus goes back to it.
    Checked(FieldId, Strictness),
    /// From that field on to the next that wants an answer, else to the review.
    Advance(FieldId),
    /// On to what is missing, or to the review.
    Onward,
    /// Out of the form.
    Up,
    /// What the first question's box finds is there; one that is alone is taken, unless a list was asked for.
    Found(bool),
    /// That entry of the first question taken.
    Entry(RowId),
    /// Whatever was taken there is open, or it was said why not.
    Opened,
    /// The types have the keys, not the orders below them.
    Types,
    /// That order of the person opened.
    Order(Id),
    /// That line of the menu run.
    Menu(Action),
    /// The program left, everything kept.
    Leave,
}

/// What an intent comes to next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This key, and then it is asked again.
    Key(Key),
    /// This key, and it is done.
    Last(Key),
    /// This text pasted, and it is done.
    Paste(String),
    /// It is done.
    Done,
    /// It waits for an answer of the server.
    Wait,
    /// It cannot be done: a sentence.
    Fails(String),
    /// The field's answer is not right: a sentence.
    Wrong(FieldId, String),
    /// The rows that were found are to be said.
    Listed,
}

impl Intent {
    /// Whether it means something wherever the state machine is.
    #[must_use]
    pub fn anywhere(&self) -> bool {
        matches!(self, Self::Checked(..) | Self::Opened | Self::Menu(_) | Self::Leave)
    }

    /// What it comes to in the present state. Fields that were passed over are not asked for again.
    #[must_use]
    pub fn next(&self, model: &Model, passed: &[FieldId]) -> Next {
        match self {
            Self::Key(key) => Next::Last(*key),
            Self::Paste(text) => Next::Paste(text.clone()),
            Self::Menu(action) => menu(model, *action),
            Self::Leave if model.quit => Next::Done,
            Self::Leave if model.leaving() => Next::Last(Key::Char('2')),
            Self::Leave => Next::Key(Key::Ctrl('c')),
            Self::Checked(field, strictness) => checked(&model.desk, field, *strictness),
            Self::Opened => opened(model),
            Self::Emptied
            | Self::Unset
            | Self::Narrow(_)
            | Self::Highlight(..)
            | Self::Read
            | Self::Field(_)
            | Self::Advance(_)
            | Self::Onward
            | Self::Up
            | Self::Found(_)
            | Self::Entry(_)
            | Self::Types
            | Self::Order(_) => match &model.step {
                Step::Home(state) => self.at_home(state, &model.desk),
                Step::Kind(state) => self.among_types(state, &model.desk),
                Step::Details(state) => self.in_form(state, &model.desk, passed),
                Step::Review(state) => self.guarded(state.guard.as_ref()),
                Step::Submit(state) => self.guarded(state.guard.as_ref()),
                Step::Order(_) => Next::Done,
            },
        }
    }

    /// An empty box is not emptied: that would put back what was in it.
    fn guarded(&self, guard: Option<&Guard>) -> Next {
        let empty = guard.is_none_or(|g| g.typed.is_empty());
        if *self == Self::Emptied && !empty { Next::Key(Key::Ctrl('u')) } else { Next::Done }
    }

    fn at_home(&self, state: &home::State, desk: &Desk) -> Next {
        match self {
            Self::Emptied if state.who.is_empty() => Next::Done,
            Self::Emptied => Next::Key(Key::Ctrl('u')),
            // Whoever is alone so far need not be alone in the end; and a script must not find another list each time.
            Self::Found(_) if loading(desk, state.parts().1) || state.searching() => Next::Wait,
            Self::Found(always) => match (state.entries.len(), *always || state.several().is_some()) {
                (0, _) | (_, false) => Next::Last(Key::Enter),
                (_, true) => Next::Listed,
            },
            Self::Entry(id) => match state.entries.iter().position(|e| RowId::of(e) == *id) {
                Some(at) => highlighted(state.cursor, at, home::page(desk)),
                None => Next::Fails("That row is not there any more. Search again.".into()),
            },
            _ => Next::Done,
        }
    }

    fn among_types(&self, state: &kind::State, desk: &Desk) -> Next {
        if *self == Self::Types && state.order.is_some() {
            return Next::Key(Key::Esc);
        }
        let Self::Order(id) = self else { return Next::Done };
        let Some(at) = kind::orders(desk).iter().position(|o| o.id == *id) else {
            return Next::Fails("That order is not listed any more.".into());
        };
        state.order.map_or(Next::Key(Key::Tab), |cursor| highlighted(cursor, at, usize::MAX))
    }

    fn in_form(&self, state: &details::State, desk: &Desk, passed: &[FieldId]) -> Next {
        let Some(row) = state.row(desk) else { return Next::Wait };
        let open = matches!(state.edit, Edit::Pick(_, true));
        match (self, &state.edit) {
            (Self::Emptied, Edit::Text(text)) if !text.is_empty() => Next::Key(Key::Ctrl('u')),
            (Self::Narrow(query), Edit::Pick(picker, open)) => narrowed(picker, *open, query),
            (Self::Highlight(query, id), Edit::Pick(..)) => on_row(state, desk, &row, (query, id)),
            (Self::Narrow(_) | Self::Highlight(..), _) => Next::Fails("This field has no list now.".into()),
            (Self::Read, Edit::Read(from)) if from + panel_rows(desk) < reading(&row, desk).len() => {
                Next::Key(Key::PageDown)
            }
            // What follows is done to a closed list.
            (Self::Unset | Self::Field(_) | Self::Advance(_) | Self::Onward | Self::Up, _) if open => {
                Next::Key(Key::Esc)
            }
            (Self::Unset, _) if desk.draft.answer(&row.id).is_some() => Next::Key(Key::Ctrl('u')),
            (Self::Field(to), _) => walk(state, desk, to),
            (Self::Advance(from), _) => advance(state, desk, (from, passed)),
            (Self::Onward, _) => Next::Last(Key::Ctrl('o')),
            (Self::Up, _) => Next::Last(Key::Esc),
            _ => Next::Done,
        }
    }
}

/// A step of the highlight towards its place; there, Enter.
fn highlighted(cursor: usize, at: usize, page: usize) -> Next {
    match at.cmp(&cursor) {
        std::cmp::Ordering::Equal => Next::Last(Key::Enter),
        std::cmp::Ordering::Less => Next::Key(Key::Up),
        std::cmp::Ordering::Greater if at - cursor >= page => Next::Key(Key::PageDown),
        std::cmp::Ordering::Greater => Next::Key(Key::Down),
    }
}

/// Whether people, or lines for what looks like a number, are still on their way.
fn loading(desk: &Desk, query: &str) -> bool {
    let on_the_way = |reading: &Reading| matches!(reading, Reading::Not | Reading::Underway { .. });
    on_the_way(&desk.people.reading) || by_number(query) && on_the_way(&desk.lines.reading)
}

/// What was taken at the first question leads somewhere, sooner or later.
fn opened(model: &Model) -> Next {
    let said = matches!(model.desk.notice, Some((Level::Error, _)));
    if matches!(model.step, Step::Home(_)) && model.overlay.is_none() && !said { Next::Wait } else { Next::Done }
}

fn menu(model: &Model, action: Action) -> Next {
    let at = overlay::menu(model).iter().position(|line| line.action == action);
    match (at, &model.overlay) {
        (None, _) => Next::Fails("That cannot be done here.".into()),
        (Some(at), Some(Overlay::Menu(cursor))) => highlighted(*cursor, at, usize::MAX),
        (Some(_), _) => Next::Key(Key::Ctrl('x')),
    }
}

/// The list opened, and the query in its box, which was empty before.
fn narrowed(picker: &Picker, open: bool, query: &str) -> Next {
    let stands = picker.filter.text();
    match open {
        // Enter opens only what holds no answer; the arrow opens only what holds no text.
        false => Next::Key(if stands.is_empty() { Key::Right } else { Key::Enter }),
        true if stands == query => Next::Done,
        true if stands.is_empty() => Next::Paste(query.into()),
        true => Next::Key(Key::Ctrl('u')),
    }
}

/// The highlight of the narrowed list moved to the row; then Enter is somebody else's.
fn on_row(state: &details::State, desk: &Desk, row: &Row, (query, id): (&str, &Id)) -> Next {
    let Edit::Pick(picker, _) = &state.edit else { return Next::Done };
    if picker.filter.text() != query {
        return Next::Fails("The list cannot be searched for that. Type fewer words.".into());
    }
    let Some(list) = state.listing() else { return Next::Done };
    let Some(at) = list.found.iter().position(|c| c.id == *id) else {
        return Next::Fails("That row is not offered any more. Search again.".into());
    };
    match highlighted(picker.cursor, at + usize::from(list.lead.is_some()), list_rows(desk, row)) {
        Next::Last(_) => Next::Done,
        step => step,
    }
}

fn walk(state: &details::State, desk: &Desk, to: &FieldId) -> Next {
    let form = desk.form();
    let place = |id: &FieldId| form.iter().position(|r| r.id == *id);
    match (place(&state.focus), place(to)) {
        (Some(here), Some(there)) if here < there => Next::Key(Key::Tab),
        (Some(here), Some(there)) if here > there => Next::Key(Key::BackTab),
        _ => Next::Done,
    }
}

/// Whether a row wants to be asked for: nothing stands there, or something that is not right.
fn wants(desk: &Desk, state: &details::State, row: &Row, passed: &[FieldId]) -> bool {
    let open = match row.state {
        RowState::Open | RowState::Failed(_) => true,
        RowState::Loading => row.required,
        RowState::Waits(_) | RowState::Nothing => false,
    };
    // A reference of one's own is rare, and is asked for by whoever has one.
    let asked = row.id.slot != SlotId::Reference && (row.required || !passed.contains(&row.id));
    let empty = desk.draft.answer(&row.id).is_none() && asked;
    open && (empty || state.problem(desk, row).is_some())
}

fn advance(state: &details::State, desk: &Desk, (from, passed): (&FieldId, &[FieldId])) -> Next {
    let form = desk.form();
    let Some(here) = form.iter().position(|r| r.id == state.focus) else { return Next::Wait };
    let row = &form[here];
    if state.focus != *from && row.state == RowState::Loading {
        return Next::Wait;
    }
    if state.focus != *from && wants(desk, state, row, passed) {
        return Next::Done;
    }
    let more = form.iter().skip(here + 1).any(|r| wants(desk, state, r, passed));
    if more { Next::Key(Key::Tab) } else { Next::Last(Key::Ctrl('o')) }
}

/// What is wrong with a field's answer, with its label.
fn checked(desk: &Desk, field: &FieldId, strictness: Strictness) -> Next {
    let form = desk.form();
    let Some(row) = form.iter().find(|r| r.id == *field) else { return Next::Done };
    let Some(why) = rows::problem(&desk.draft, row, strictness) else { return Next::Done };
    let day = match (&row.entry, desk.draft.answer(field)) {
        (Entry::Date(of), Some(Answer::Text(text))) => super::details::day(desk, of, text).err(),
        _ => None,
    };
    Next::Wrong(field.clone(), format!("{}: {}", row.label, day.unwrap_or(why)))
}
