//! Step 3, the fields: one row each, filled by typing or from a list that opens under its row.
//!
//! ```text
//!  * Device            Samsung Galaxy S4 (16GB)            199.99 once
//! >* Plan              tal_
//!    +- plans ------------------------------ 3 of 41 match "tal" -+
//! ```

mod ahead;
mod errors;
mod lists;
mod reading;

pub use ahead::{Ghost, ghost};
pub use lists::{Lead, Listing, changes, item_lines, list_rows, numbered};
pub use reading::{panel_rows, paragraphs, reading};

use std::sync::Arc;

use super::desk::Desk;
use super::input::TextBox;
use super::keys::{Action, Key};
use super::picker::Picker;
use super::{Input, Move};
use crate::domain::choice::Change;
use crate::domain::date::{self, Order};
use crate::domain::draft::{Answer, FieldId};
use crate::domain::kept::{Place, Spot};
use crate::domain::reply::ServerError;
use crate::domain::rows::{self, Entry, Row, State as RowState, Strictness};

/// The form.
#[derive(Clone, Debug)]
pub struct State {
    /// The field in focus.
    pub focus: FieldId,
    /// What is being done to it.
    pub edit: Edit,
    /// Whether going on was asked for, so that what is missing is marked too.
    pub complete: bool,
    /// What the server refused.
    pub refusals: Vec<Refusal>,
    /// What the text box in focus began with.
    began: String,
    /// Whether the user has moved; until then the focus follows the first missing field.
    moved: bool,
    /// The answer that was cleared last.
    undo: Option<(FieldId, Answer)>,
    /// The highlighted one of the server's errors, while their list has the keys.
    pub list: Option<usize>,
    /// The filter of the open list that was on the screen last.
    seen: String,
    /// The form as it stood when the last event ended.
    form: Vec<Row>,
    /// The open list as it stood then.
    open: Option<Arc<Listing>>,
}

/// What is being done to the field in focus.
#[derive(Clone, Debug)]
pub enum Edit {
    /// It cannot be filled now.
    Idle,
    /// Typing.
    Text(TextBox),
    /// Choosing; whether the list is open.
    Pick(Picker, bool),
    /// Yes or no.
    Flag,
    /// Reading something to its end, from that line on; a box below it may be ticked.
    Read(usize),
}

/// One thing that the server refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// In its words.
    pub error: ServerError,
    /// The field that it is about, where one was found.
    pub field: Option<FieldId>,
    /// Whether that field was changed since.
    pub changed: bool,
}

impl State {
    /// The form with focus on that field, else where it was left, else on the first that is missing.
    #[must_use]
    pub fn enter(desk: &Desk, focus: Option<FieldId>) -> Self {
        let rows = desk.form();
        let wanted = focus.or_else(|| desk.last_focus.clone()).filter(|f| rows.iter().any(|r| r.id == *f));
        let moved = wanted.is_some();
        let focus =
            wanted.or_else(|| first_missing(desk, &rows)).unwrap_or(crate::domain::slots::SlotId::Service.into());
        let mut state = Self {
            focus,
            edit: Edit::Idle,
            complete: false,
            refusals: Vec::new(),
            began: String::new(),
            moved,
            undo: None,
            list: None,
            seen: String::new(),
            form: rows,
            open: None,
        };
        state.begin(desk);
        state
    }
    /// Whether a text box has focus.
    #[must_use]
    pub fn typing(&self) -> bool {
        self.list.is_none() && !matches!(&self.edit, Edit::Pick(picker, true) if picker.in_list)
    }
    /// Whether something is to be read, or a box to be ticked.
    #[must_use]
    pub fn reads(&self) -> bool {
        matches!(self.edit, Edit::Read(_))
    }
    /// Whether a row is shown: all are, or those that are required, hold something, or have the focus.
    #[must_use]
    pub fn shows(&self, desk: &Desk, row: &Row) -> bool {
        let one_of = || desk.draft.kind.map(|k| k.one_of).unwrap_or_default();
        !desk.only_required
            || row.required
            || row.id == self.focus
            || desk.draft.answer(&row.id).is_some()
            || one_of().contains(&row.id.slot)
            || self.refusals.iter().any(|e| e.field.as_ref() == Some(&row.id))
    }
    /// The rows that are shown.
    #[must_use]
    pub fn rows(&self, desk: &Desk) -> Vec<Row> {
        let mut rows = desk.form();
        rows.retain(|r| self.shows(desk, r));
        rows
    }
    /// The form as it stood when the last event ended: what the screen shows. What an event has changed since is not in it.
    #[must_use]
    pub fn form(&self) -> &[Row] {
        &self.form
    }
    /// The same between two events, when nothing has changed since.
    fn form_now(&self, desk: &Desk) -> &[Row] {
        fn seen(row: &Row) -> (&FieldId, &RowState, bool) {
            (&row.id, &row.state, row.required)
        }
        debug_assert!(
            self.form.iter().map(seen).eq(desk.form().iter().map(seen)),
            "an event has ended without its form"
        );
        &self.form
    }
    /// The row in focus in that form.
    #[must_use]
    pub fn focused(&self) -> Option<&Row> {
        self.form.iter().find(|r| r.id == self.focus)
    }
    /// The row in focus.
    #[must_use]
    pub fn row(&self, desk: &Desk) -> Option<Row> {
        desk.form().into_iter().find(|r| r.id == self.focus)
    }
    /// What is marked at a row: the server's words until it is changed, then our own checks.
    #[must_use]
    pub fn problem(&self, desk: &Desk, row: &Row) -> Option<String> {
        let typed = matches!(&self.edit, Edit::Text(text) if row.id == self.focus && text.text() != self.began);
        let server = self.refusals.iter().find(|r| r.field.as_ref() == Some(&row.id) && !r.changed && !typed);
        let strictness = if self.complete { Strictness::Complete } else { Strictness::Format };
        server.map(|r| r.error.spoken().to_string()).or_else(|| rows::problem(&desk.draft, row, strictness))
    }

    /// Whether an input must wait for the lookup of the field in focus.
    #[must_use]
    pub fn waits(&self, input: &Input, desk: &Desk) -> bool {
        let loading = |r: &Row| r.state == RowState::Loading;
        let here = || self.focused().is_some_and(loading);
        let restored = || desk.left.is_some() && desk.form().iter().any(loading);
        match input {
            Input::Type(_) | Input::Paste(_) | Input::Do(Action::Accept) => here() || restored(),
            // What is missing is known only when what is on its way has come.
            Input::Do(Action::Onward) => {
                let coming = || !self.reads() && first_problem(desk).as_ref().is_some_and(loading);
                here() || restored() || coming()
            }
            Input::Answer(_) => restored() || first_problem(desk).as_ref().is_some_and(loading),
            Input::Do(_) => false,
        }
    }

    /// Where the cursor is, and what is being typed there; never a secret.
    #[must_use]
    pub fn spot(&self, desk: &Desk) -> Spot {
        let (done, of) = rows::done(&desk.draft, self.form_now(desk));
        let typed = match &self.edit {
            Edit::Text(text) if text.text() != self.began => Some((text.text().to_owned(), text.cursor())),
            Edit::Pick(picker, _) if !picker.filter.is_empty() => {
                Some((picker.filter.text().to_owned(), picker.filter.cursor()))
            }
            Edit::Text(_) | Edit::Pick(..) | Edit::Idle | Edit::Flag | Edit::Read(_) => None,
        };
        let typed = typed.filter(|_| !self.focus.masked());
        Spot { place: Place::Details, focus: Some(self.focus.clone()), typed, read: Vec::new(), done, of }
    }
    /// Goes to where the draft was left, as soon as that field is there, and puts back what was being typed.
    fn restore(&mut self, rows: &[Row], desk: &mut Desk) {
        let Some(spot) = desk.left.as_mut() else { return };
        let there = spot.focus.as_ref().and_then(|f| rows.iter().find(|r| r.id == *f));
        match there.map(|row| (row.id.clone(), &row.state)) {
            None | Some((_, RowState::Loading | RowState::Failed(_))) => {
                // While something cannot be had, the field may still come.
                let coming = |r: &Row| matches!(r.state, RowState::Loading | RowState::Failed(_));
                if !rows.iter().any(coming) && spot.place != Place::Review {
                    desk.left = None;
                }
            }
            Some((id, _)) => {
                let typed = spot.typed.take();
                spot.focus = None;
                if spot.place != Place::Review {
                    desk.left = None;
                }
                self.focus_on(id, desk);
                match (&mut self.edit, typed) {
                    (Edit::Text(text), Some((typed, cursor))) => *text = TextBox::left(&typed, cursor),
                    (Edit::Pick(picker, open), Some((typed, cursor))) => {
                        picker.filter = TextBox::left(&typed, cursor);
                        *open = true;
                    }
                    _ => {}
                }
                self.moved = true;
            }
        }
    }

    /// Follows what came in the meantime.
    pub fn refresh(&mut self, desk: &mut Desk) {
        let rows = desk.form();
        self.restore(&rows, desk);
        self.follow(&rows, desk);
        let here = rows.iter().position(|r| r.id == self.focus);
        let state = here.map(|at| &rows[at].state);
        match (&self.edit, state) {
            (Edit::Idle, Some(RowState::Open)) => self.begin(desk),
            (Edit::Idle, _) => {}
            (_, Some(RowState::Waits(_) | RowState::Failed(_) | RowState::Nothing)) => self.edit = Edit::Idle,
            _ => {}
        }
        // A box in which nothing was typed follows what the form fills in.
        if let Edit::Text(text) = &self.edit
            && text.text() == self.began
            && matches!(desk.draft.answer(&self.focus), Some(Answer::Text(now)) if *now != self.began)
        {
            self.begin(desk);
        }
        if matches!(state, Some(RowState::Failed(_))) {
            desk.drop_ahead();
        }
        self.open = here.and_then(|at| self.list_now(desk, &rows[at]));
        self.form = rows;
    }
    /// The focus goes on from a field that is gone, or, until the user has moved, filled by itself.
    fn follow(&mut self, rows: &[Row], desk: &Desk) {
        let here = rows.iter().find(|r| r.id == self.focus);
        let lost = here.is_none();
        let filled_by_itself =
            !self.moved && here.is_some_and(|r| rows::problem(&desk.draft, r, Strictness::Complete).is_none());
        if lost || filled_by_itself {
            let same_slot = rows.iter().find(|r| {
                r.id.slot == self.focus.slot && rows::problem(&desk.draft, r, Strictness::Complete).is_some()
            });
            let next = same_slot.map(|r| r.id.clone()).or_else(|| first_missing(desk, rows));
            if let Some(id) = next.or_else(|| rows.first().map(|r| r.id.clone())) {
                self.focus = id;
                self.begin(desk);
            }
        }
    }

    /// Shows what the server refused, each at its field, and goes to the first.
    pub fn show_errors(&mut self, desk: &mut Desk) {
        let refused = std::mem::take(&mut desk.refused);
        if refused.is_empty() {
            return;
        }
        let rows = desk.form();
        let names: Vec<_> = rows.iter().map(|r| (api_name(desk, r), r.label.to_string(), r.id.clone())).collect();
        let find = |e: &ServerError| {
            e.locate(names.iter().map(|(id, label, field)| (id.as_str(), label.as_str(), field.clone())))
        };
        let refusal = |error: ServerError| Refusal {
            field: find(&error),
            error: error.without(desk.draft.secrets()),
            changed: false,
        };
        self.refusals = refused.into_iter().map(refusal).collect();
        if let Some(field) = self.refusals.iter().find_map(|r| r.field.clone()) {
            self.focus = field;
            self.begin(desk);
        } else {
            self.list = Some(0);
        }
        self.moved = true;
        let count = self.refusals.len();
        desk.complain(&format!(
            "The server refused: {count} problem{}. Nothing was ordered. Correct, then ^O.",
            if count == 1 { "" } else { "s" }
        ));
    }

    /// Takes an input.
    pub fn on(&mut self, input: Input, desk: &mut Desk) -> Move {
        let here = self.form_now(desk).iter().find(|r| r.id == self.focus);
        let Some(row) = here.cloned() else { return Move::Stay };
        self.moved = true;
        if let Some(at) = self.list {
            return self.on_errors(at, &input, desk);
        }
        match input {
            Input::Answer(text) => self.fed(&text, desk),
            Input::Do(action) => self.act(action, &row, desk),
            Input::Type(key) => self.key(key, &row, desk),
            Input::Paste(text) => {
                self.paste(&text, desk);
                Move::Stay
            }
        }
    }

    fn act(&mut self, action: Action, row: &Row, desk: &mut Desk) -> Move {
        if let Some(step) = self.leaves(action, desk) {
            return step;
        }
        if let Some(list) = self.list_now(desk, row) {
            return self.act_in_list(action, &list, row, desk);
        }
        match action {
            Action::PageDown | Action::PageUp if self.reads() => {
                self.scrolls(action, row, desk);
                Move::Stay
            }
            Action::Accept => self.accept(row, desk),
            Action::Onward => self.onward(desk),
            Action::List => {
                if let Edit::Pick(_, open) = &mut self.edit {
                    *open = true;
                }
                Move::Stay
            }
            Action::Next | Action::Down => self.walk(1, desk),
            Action::Previous | Action::Up => self.walk(-1, desk),
            Action::PageDown => self.walk(10, desk),
            Action::PageUp => self.walk(-10, desk),
            Action::First => self.walk(isize::MIN, desk),
            Action::Last => self.walk(isize::MAX, desk),
            Action::Back => {
                self.leave(desk);
                Move::Kind
            }
            action => self.works(action, row, desk),
        }
    }

    /// The open list has the keys.
    fn act_in_list(&mut self, action: Action, list: &Listing, row: &Row, desk: &mut Desk) -> Move {
        let Edit::Pick(picker, _) = &mut self.edit else { return Move::Stay };
        match action {
            Action::Accept | Action::Onward => return self.pick_highlighted(list, row, desk),
            // What was typed stays, unless something is chosen and is to be seen again.
            Action::Back if matches!(desk.draft.answer(&row.id), None | Some(Answer::Text(_))) => {
                let filter = picker.filter.clone();
                self.edit = Edit::Pick(Picker { filter, ..Picker::default() }, false);
            }
            Action::Back => self.edit = Edit::Pick(Picker::default(), false),
            Action::Next | Action::Previous => picker.in_list = !picker.in_list,
            action if action.moves() => {
                picker.step(action, list.found.len() + usize::from(list.lead.is_some()), list_rows(desk, row));
            }
            action => return self.works(action, row, desk),
        }
        Move::Stay
    }

    /// What means the same whether a list is open or not.
    fn works(&mut self, action: Action, row: &Row, desk: &mut Desk) -> Move {
        match action {
            Action::Clear => self.clear(matches!(self.edit, Edit::Pick(_, true)), row, desk),
            Action::Reload => {
                let key = row.lookup.and_then(|l| l.key(&desk.draft));
                desk.reload(key);
                Move::Stay
            }
            Action::Narrow => self.narrow(desk),
            _ => Move::Stay,
        }
    }

    /// Where an action leads out of the form: what was typed stays.
    fn leaves(&mut self, action: Action, desk: &mut Desk) -> Option<Move> {
        let step = match action {
            Action::ChangeWho => Move::Home,
            Action::ChangeKind => Move::Kind,
            Action::GoHome => Move::Shelve,
            _ => return None,
        };
        self.leave(desk);
        Some(step)
    }

    /// Enter on a closed field: take it and go on, or open its list.
    fn accept(&mut self, row: &Row, desk: &mut Desk) -> Move {
        match (&row.state, &mut self.edit) {
            (RowState::Failed(_), _) => {
                desk.reload(None);
                Move::Stay
            }
            (RowState::Open, Edit::Pick(picker, open))
                if matches!(desk.draft.answer(&row.id), None | Some(Answer::Text(_))) =>
            {
                *open = true;
                picker.in_list = false;
                Move::Stay
            }
            (_, Edit::Read(_)) => {
                if self.scrolls(Action::PageDown, row, desk) {
                    return Move::Stay;
                }
                if matches!(row.entry, Entry::Note(_)) {
                    self.set(row, Answer::Flag(true), desk);
                }
                self.walk_or_go_on(desk)
            }
            _ => self.walk_or_go_on(desk),
        }
    }

    fn walk_or_go_on(&mut self, desk: &mut Desk) -> Move {
        let rows = self.rows(desk);
        let last = rows.last().is_some_and(|r| r.id == self.focus);
        if last { self.onward(desk) } else { self.walk(1, desk) }
    }

    /// To the field that many rows on; what was typed is taken, right or wrong.
    fn walk(&mut self, by: isize, desk: &mut Desk) -> Move {
        self.commit(desk);
        desk.settle();
        let rows = self.rows(desk);
        let here = rows.iter().position(|r| r.id == self.focus).unwrap_or(0);
        if by == -1 && here == 0 && !self.refusals.is_empty() {
            self.list = Some(self.refusals.len() - 1);
            return Move::Stay;
        }
        let there = here.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        if let Some(row) = rows.get(there) {
            self.focus_on(row.id.clone(), desk);
        }
        Move::Stay
    }

    /// To the next problem behind the focus, around the end; where there is none, to the review.
    fn onward(&mut self, desk: &mut Desk) -> Move {
        self.commit(desk);
        desk.settle();
        let rows = desk.form();
        let problems = rows::problems(&desk.draft, &rows);
        let place = |id: &FieldId| rows.iter().position(|r| r.id == *id).unwrap_or(0);
        let here = place(&self.focus);
        let next = problems.iter().find(|(id, _, _)| place(id) > here).or_else(|| problems.first());
        let Some((id, label, why)) = next else {
            desk.last_focus = Some(self.focus.clone());
            return if warned_of_another(desk) { Move::Stay } else { Move::Review };
        };
        let more = if problems.len() > 1 { format!("  {} more.", problems.len() - 1) } else { String::new() };
        desk.complain(&format!("{label}: {}.{more}", why.trim_end_matches('.')));
        self.complete = true;
        self.focus_on(id.clone(), desk);
        Move::Stay
    }

    /// The form is left: what was typed stays, and so does the place.
    fn leave(&mut self, desk: &mut Desk) {
        self.commit(desk);
        desk.last_focus = Some(self.focus.clone());
    }

    /// Shows what is required only, or everything again.
    fn narrow(&mut self, desk: &mut Desk) -> Move {
        self.commit(desk);
        desk.only_required = !desk.only_required;
        let all = desk.form().len();
        let hidden = all - self.rows(desk).len();
        desk.say(&match (desk.only_required, hidden) {
            (true, 0) => "No field is optional and empty, so all are shown.".to_owned(),
            (true, n) => format!("{n} optional fields are empty and not shown; ^X shows them again."),
            (false, _) => format!("All {all} fields are shown."),
        });
        Move::Stay
    }

    fn focus_on(&mut self, id: FieldId, desk: &mut Desk) {
        desk.last_focus = Some(id.clone());
        self.focus = id;
        self.begin(desk);
    }

    /// Makes the focused field ready for editing.
    fn begin(&mut self, desk: &Desk) {
        let Some(row) = self.row(desk).filter(|r| r.state == RowState::Open) else {
            self.edit = Edit::Idle;
            return;
        };
        let text = match desk.draft.answer(&row.id) {
            Some(Answer::Text(text)) => text.as_str(),
            Some(Answer::One(_) | Answer::Many(_) | Answer::Flag(_)) | None => "",
        };
        text.clone_into(&mut self.began);
        self.edit = match row.entry {
            Entry::Text { .. } | Entry::Date(_) => Edit::Text(TextBox::new(text)),
            Entry::Pick { .. } => {
                let picker = Picker { filter: TextBox::new(text), ..Picker::default() };
                // What means several rows shows them.
                let several =
                    !text.is_empty() && picker.found(&rows::offered(&desk.draft, &desk.cache, &row)).rows.len() > 1;
                Edit::Pick(picker, several)
            }
            Entry::Flag => Edit::Flag,
            Entry::Tick(_) | Entry::Note(_) => Edit::Read(0),
        };
    }

    /// Takes what was typed into the draft, right or wrong: nothing typed is lost.
    fn commit(&mut self, desk: &mut Desk) {
        let Some(row) = self.row(desk) else { return };
        let typed = match &self.edit {
            Edit::Text(text) => text.text().trim().to_owned(),
            Edit::Pick(picker, _) if desk.draft.answer(&row.id).is_none() => picker.filter.text().trim().to_owned(),
            Edit::Pick(picker, _) if matches!(desk.draft.answer(&row.id), Some(Answer::Text(_))) => {
                picker.filter.text().trim().to_owned()
            }
            Edit::Pick(..) | Edit::Flag | Edit::Read(_) | Edit::Idle => return,
        };
        let resolved = match &row.entry {
            Entry::Date(field) if !typed.is_empty() => {
                date::typed(&typed, desk.today, Order::of(field.hint.as_deref())).map_or(typed, |day| day.to_string())
            }
            _ => typed,
        };
        let before = match desk.draft.given(&row.id).map(|g| &g.answer) {
            Some(Answer::Text(text)) => text.as_str(),
            Some(Answer::One(_) | Answer::Many(_) | Answer::Flag(_)) | None => "",
        };
        if resolved != before {
            self.set(&row, Answer::Text(resolved), desk);
        }
    }

    fn set(&mut self, row: &Row, answer: Answer, desk: &mut Desk) {
        for refusal in self.refusals.iter_mut().filter(|r| r.field.as_ref() == Some(&row.id)) {
            refusal.changed = true;
        }
        desk.draft.set(row.id.clone(), answer);
    }

    fn clear(&mut self, open: bool, row: &Row, desk: &mut Desk) -> Move {
        match &mut self.edit {
            Edit::Pick(picker, _) if open => {
                picker.filter.clear();
                picker.cursor = 0;
            }
            Edit::Text(text) => text.clear(),
            // What was agreed to is agreed to again, not put back.
            Edit::Read(_) => self.set(row, Answer::Flag(false), desk),
            Edit::Pick(..) | Edit::Flag => match (desk.draft.answer(&row.id).cloned(), self.undo.take()) {
                (Some(answer), _) => {
                    self.undo = Some((row.id.clone(), answer));
                    self.set(row, Answer::Text(String::new()), desk);
                    self.begin(desk);
                }
                (None, Some((id, answer))) if id == row.id => {
                    self.set(row, answer, desk);
                    desk.draft.resettle(row.id.slot);
                }
                (None, _) => {}
            },
            Edit::Idle => {}
        }
        Move::Stay
    }

    /// A digit where it picks a row; elsewhere it is typed.
    fn digit(&mut self, digit: usize, row: &Row, desk: &mut Desk) -> Option<Move> {
        let Edit::Pick(picker, open) = &self.edit else { return None };
        // What is chosen already is not exchanged for a row that nobody sees.
        let chosen = !*open
            && matches!(row.entry, Entry::Pick { many: false, field: None })
            && desk.draft.answer(&row.id).is_some();
        if picker.filter.is_empty() && !chosen && numbered(desk, row, *open).is_some() {
            let all = rows::offered(&desk.draft, &desk.cache, row);
            return Some(self.pick_digit(all.get(digit), row, desk));
        }
        (*open && picker.in_list).then(|| self.pick_on_page(digit, row, desk))
    }

    fn key(&mut self, key: Key, row: &Row, desk: &mut Desk) -> Move {
        if let Key::Char(c @ '1'..='9') = key
            && let Some(step) = self.digit(c as usize - '1' as usize, row, desk)
        {
            return step;
        }
        let free = matches!(&self.edit, Edit::Pick(picker, true) if picker.filter.is_empty() || picker.in_list);
        if let (Key::Char(sign @ ('+' | '-')), true) = (key, free && changes(row, desk))
            && let Some(list) = self.list_now(desk, row)
        {
            self.change(if sign == '+' { Change::Add } else { Change::Remove }, &list, row, desk);
            return Move::Stay;
        }
        match &mut self.edit {
            Edit::Text(text) => match ghost(desk, row).filter(|_| text.is_empty()) {
                Some(ghost) if matches!(key, Key::Right | Key::End) => *text = TextBox::new(&ghost.value()),
                Some(_) | None => {
                    text.key(key);
                }
            },
            Edit::Read(_) if matches!(row.entry, Entry::Tick(_)) => {
                let ticked = desk.draft.answer(&row.id).is_some();
                match key {
                    Key::Char('y' | 'Y') => self.tick(true, row, desk),
                    Key::Char('n' | 'N') => self.tick(false, row, desk),
                    Key::Char(' ') => self.tick(!ticked, row, desk),
                    _ => {}
                }
            }
            Edit::Read(_) => {}
            Edit::Pick(picker, open) if key == Key::Right && picker.filter.is_empty() => {
                *open = true;
                picker.in_list = false;
            }
            Edit::Pick(picker, open) => {
                if matches!(key, Key::Char('/')) && picker.in_list {
                    picker.in_list = false;
                } else if picker.filter.key(key) && matches!(key, Key::Char(_) | Key::Backspace | Key::Delete) {
                    *open = *open || matches!(key, Key::Char(_));
                    picker.cursor = 0;
                }
            }
            Edit::Flag => {
                let now = desk.draft.answer(&row.id).is_some();
                let next = match key {
                    Key::Char('y' | 'Y') => true,
                    Key::Char('n' | 'N') => false,
                    Key::Char(' ') | Key::Left | Key::Right => !now,
                    _ => now,
                };
                if next != now {
                    self.set(row, Answer::Flag(next), desk);
                }
            }
            Edit::Idle => desk.say("This field cannot be filled yet; see what stands beside it."),
        }
        Move::Stay
    }

    fn paste(&mut self, text: &str, desk: &mut Desk) {
        let whole = match &mut self.edit {
            Edit::Text(input) => input.paste(text),
            Edit::Pick(picker, open) => {
                *open = true;
                picker.cursor = 0;
                picker.filter.paste(text)
            }
            Edit::Flag | Edit::Read(_) | Edit::Idle => true,
        };
        if !whole {
            desk.complain("The paste was too long for a field; its end is missing.");
        }
    }
}

/// Whether another order like this one was placed within a day, and nobody has been told yet: a second `^O` goes on.
fn warned_of_another(desk: &mut Desk) -> bool {
    let Some(other) = desk.same_wish().filter(|other| desk.alike.as_ref() != Some(other)) else { return false };
    desk.warn(&format!(
        "Within 24 hours there was {other}: same person, type and line. Ask before you order twice; ^O goes on."
    ));
    desk.alike = Some(other);
    true
}

/// The first row that keeps the order from its review.
fn first_problem(desk: &Desk) -> Option<Row> {
    let rows = desk.form();
    let (id, ..) = rows::problems(&desk.draft, &rows).into_iter().next()?;
    rows.into_iter().find(|r| r.id == id)
}

fn first_missing(desk: &Desk, rows: &[Row]) -> Option<FieldId> {
    rows::problems(&desk.draft, rows)
        .into_iter()
        .next()
        .map(|(id, _, _)| id)
        .or_else(|| rows.first().map(|r| r.id.clone()))
}

/// What the API calls a row: a described field's id, else the last part of its place in the request.
fn api_name(desk: &Desk, row: &Row) -> String {
    let slot = || desk.draft.kind.and_then(|k| k.slot(row.id.slot));
    match &row.id.part {
        Some(part) => part.id.to_string(),
        None => slot().and_then(|s| s.at.rsplit('/').next()).unwrap_or_default().to_owned(),
    }
}
