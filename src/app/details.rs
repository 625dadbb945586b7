//! Step 3, the fields: one row each, filled by typing or from a list that opens under its row.
//!
//! ```text
//!  * Device            Samsung Galaxy S4 (16GB)            199.99 once
//! >* Plan              tal_
//!    +- plans ------------------------------ 3 of 41 match "tal" -+
//! ```

use std::sync::Arc;

use super::desk::Desk;
use super::input::TextBox;
use super::keys::{Action, Key};
use super::lines::wrap;
use super::picker::{NUMBERED, Picker};
use super::{Input, Move};
use crate::domain::choice::{Change, Choice};
use crate::domain::date::{self, Order};
use crate::domain::draft::{Answer, FieldId};
use crate::domain::field::FieldKind;
use crate::domain::lookups::LookupKey;
use crate::domain::reply::ServerError;
use crate::domain::rows::{self, Entry, Row, State as RowState, Strictness};
use crate::domain::slots::Source;

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
    /// Whether the user has moved; until then the focus follows the first missing field.
    moved: bool,
    /// The answer that was cleared last.
    undo: Option<(FieldId, Answer)>,
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

/// The row above a list's matches, and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// The set is complete.
    Done,
    /// Nothing is chosen.
    Empty,
}

/// An open list as it is shown.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The row above the matches, while nothing is typed.
    pub lead: Option<Lead>,
    /// The matches.
    pub found: Vec<Arc<Choice>>,
    /// How many rows there are without a filter.
    pub of: usize,
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
        let mut state = Self { focus, edit: Edit::Idle, complete: false, refusals: Vec::new(), moved, undo: None };
        state.begin(desk);
        state
    }
    /// Whether a text box has focus.
    #[must_use]
    pub fn typing(&self) -> bool {
        !matches!(&self.edit, Edit::Pick(picker, true) if picker.in_list)
    }
    /// The row in focus.
    #[must_use]
    pub fn row(&self, desk: &Desk) -> Option<Row> {
        desk.form().into_iter().find(|r| r.id == self.focus)
    }
    /// The open list, if one is.
    #[must_use]
    pub fn listing(&self, desk: &Desk, row: &Row) -> Option<Listing> {
        let Edit::Pick(picker, true) = &self.edit else { return None };
        let all = rows::offered(&desk.draft, &desk.cache, row);
        let lead = match row.entry {
            Entry::Pick { many: true, .. } => Some(Lead::Done),
            Entry::Pick { many: false, .. } if !row.required => Some(Lead::Empty),
            _ => None,
        };
        Some(Listing { lead: lead.filter(|_| picker.filter.is_empty()), found: picker.found(&all), of: all.len() })
    }
    /// What says more about the highlighted row of the open list.
    #[must_use]
    pub fn more(&self, desk: &Desk) -> Option<LookupKey> {
        let row = self.row(desk)?;
        let list = self.listing(desk, &row)?;
        let Edit::Pick(picker, _) = &self.edit else { return None };
        let at = picker.cursor.checked_sub(usize::from(list.lead.is_some()))?;
        row.lookup?.more_about(list.found.get(at)?, desk.draft.actor())
    }
    /// What is marked at a row: the server's words until it is changed, then our own checks.
    #[must_use]
    pub fn problem(&self, desk: &Desk, row: &Row) -> Option<String> {
        let server = self.refusals.iter().find(|r| r.field.as_ref() == Some(&row.id) && !r.changed);
        let strictness = if self.complete { Strictness::Complete } else { Strictness::Format };
        server.map(|r| r.error.spoken().to_string()).or_else(|| rows::problem(&desk.draft, row, strictness))
    }

    /// Whether an input must wait for the lookup of the field in focus.
    #[must_use]
    pub fn waits(&self, input: &Input, desk: &Desk) -> bool {
        matches!(input, Input::Type(_) | Input::Paste(_) | Input::Do(Action::Accept | Action::Onward))
            && self.row(desk).is_some_and(|r| r.state == RowState::Loading)
    }

    /// Follows what came in the meantime.
    pub fn refresh(&mut self, desk: &mut Desk) {
        let rows = desk.form();
        let here = rows.iter().find(|r| r.id == self.focus);
        let lost = here.is_none();
        let filled_by_itself =
            !self.moved && here.is_some_and(|r| rows::problem(&desk.draft, r, Strictness::Complete).is_none());
        if lost || filled_by_itself {
            let same_slot = rows.iter().find(|r| {
                r.id.slot == self.focus.slot && rows::problem(&desk.draft, r, Strictness::Complete).is_some()
            });
            let next = same_slot.map(|r| r.id.clone()).or_else(|| first_missing(desk, &rows));
            if let Some(id) = next.or_else(|| rows.first().map(|r| r.id.clone())) {
                self.focus = id;
                self.begin(desk);
            }
        }
        let state = self.row(desk).map(|r| r.state);
        match (&self.edit, &state) {
            (Edit::Idle, Some(RowState::Open)) => self.begin(desk),
            (Edit::Idle, _) => {}
            (_, Some(RowState::Waits(_) | RowState::Failed(_) | RowState::Nothing)) => self.edit = Edit::Idle,
            _ => {}
        }
        if matches!(state, Some(RowState::Failed(_))) {
            desk.ahead.clear();
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
        self.refusals =
            refused.into_iter().map(|error| Refusal { field: find(&error), error, changed: false }).collect();
        if let Some(field) = self.refusals.iter().find_map(|r| r.field.clone()) {
            self.focus = field;
            self.begin(desk);
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
        let Some(row) = self.row(desk) else { return Move::Stay };
        self.moved = true;
        match input {
            Input::Do(action) => self.act(action, &row, desk),
            Input::Type(key) => self.key(key, &row, desk),
            Input::Paste(text) => {
                self.paste(&text, desk);
                Move::Stay
            }
        }
    }

    fn act(&mut self, action: Action, row: &Row, desk: &mut Desk) -> Move {
        let open = self.listing(desk, row);
        match (action, open) {
            (Action::Accept | Action::Onward, Some(list)) => self.pick_highlighted(&list, row, desk),
            (Action::Back, Some(_)) => {
                self.edit = Edit::Pick(Picker::default(), false);
                Move::Stay
            }
            (Action::Next | Action::Previous, Some(_)) => {
                if let Edit::Pick(picker, _) = &mut self.edit {
                    picker.in_list = !picker.in_list;
                }
                Move::Stay
            }
            (Action::Up | Action::Down | Action::PageUp | Action::PageDown, Some(list)) => {
                let len = list.found.len() + usize::from(list.lead.is_some());
                if let Edit::Pick(picker, _) = &mut self.edit {
                    picker.step(action, len, list_rows(desk));
                }
                Move::Stay
            }
            (Action::PageDown | Action::PageUp, None) if self.scrolls(action, row, desk) => Move::Stay,
            (Action::Accept, None) => self.accept(row, desk),
            (Action::Onward, None) => self.onward(desk),
            (Action::Next | Action::Down, None) => self.walk(1, desk),
            (Action::Previous | Action::Up, None) => self.walk(-1, desk),
            (Action::PageDown, None) => self.walk(10, desk),
            (Action::PageUp, None) => self.walk(-10, desk),
            (Action::Clear, open) => self.clear(open.is_some(), row, desk),
            (Action::Reload, _) => {
                let key = row.lookup.and_then(|l| l.key(&desk.draft));
                desk.reload(key);
                Move::Stay
            }
            (Action::Back, None) => {
                self.commit(desk);
                Move::Kind
            }
            (Action::GoHome, _) => {
                self.commit(desk);
                Move::Shelve
            }
            _ => Move::Stay,
        }
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
        let rows = desk.form();
        let last = rows.last().is_some_and(|r| r.id == self.focus);
        if last { self.onward(desk) } else { self.walk(1, desk) }
    }

    /// To the field that many rows on; what was typed is taken, right or wrong.
    fn walk(&mut self, by: isize, desk: &mut Desk) -> Move {
        self.commit(desk);
        desk.settle();
        let rows = desk.form();
        let here = rows.iter().position(|r| r.id == self.focus).unwrap_or(0);
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
            return Move::Review;
        };
        let more = if problems.len() > 1 { format!("  {} more.", problems.len() - 1) } else { String::new() };
        desk.complain(&format!("{label}: {}.{more}", why.trim_end_matches('.')));
        self.complete = true;
        self.focus_on(id.clone(), desk);
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
        self.edit = match row.entry {
            Entry::Text { .. } | Entry::Date(_) => Edit::Text(TextBox::new(text)),
            Entry::Pick { .. } => Edit::Pick(Picker { filter: TextBox::new(text), ..Picker::default() }, false),
            Entry::Flag => Edit::Flag,
            Entry::Tick(_) | Entry::Note(_) => Edit::Read(0),
        };
    }

    /// Whether what is read goes on below or above, and then it is turned to.
    fn scrolls(&mut self, action: Action, row: &Row, desk: &Desk) -> bool {
        let (len, page) = (reading(row, desk).len(), panel_rows(desk));
        let Edit::Read(from) = &mut self.edit else { return false };
        let to = match action {
            Action::PageUp => from.saturating_sub(page),
            _ if *from + page < len => *from + page,
            _ => *from,
        };
        std::mem::replace(from, to) != to
    }

    /// Ticks a box or takes the tick off; only what was read can be agreed to.
    fn tick(&mut self, yes: bool, row: &Row, desk: &mut Desk) {
        let Edit::Read(from) = self.edit else { return };
        let unread = desk.form().into_iter().find(|r| {
            r.id.slot == row.id.slot && matches!(r.entry, Entry::Note(_)) && desk.draft.answer(&r.id).is_none()
        });
        if !yes {
            self.set(row, Answer::Flag(false), desk);
        } else if let Some(unread) = unread {
            desk.complain(&format!("Read \"{}\" first: Shift-Tab goes up, Enter reads it.", unread.label));
        } else if from + panel_rows(desk) < reading(row, desk).len() {
            desk.complain("Read it to its end first: PgDn.");
        } else {
            self.set(row, Answer::Flag(true), desk);
        }
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

    fn pick_highlighted(&mut self, list: &Listing, row: &Row, desk: &mut Desk) -> Move {
        let Edit::Pick(picker, _) = &self.edit else { return Move::Stay };
        let lead = usize::from(list.lead.is_some());
        match (list.lead, picker.cursor) {
            (Some(_), 0) => {
                self.edit = Edit::Pick(Picker::default(), false);
                self.walk_or_go_on(desk)
            }
            (_, at) => match list.found.get(at - lead).cloned() {
                Some(choice) => self.pick(&choice, row, desk),
                None => {
                    desk.complain("Nothing in the list fits what you typed. ^U clears it.");
                    Move::Stay
                }
            },
        }
    }

    /// Takes a row: the one, or into the set and out of it.
    fn pick(&mut self, choice: &Arc<Choice>, row: &Row, desk: &mut Desk) -> Move {
        let Entry::Pick { many, .. } = row.entry else { return Move::Stay };
        if !many {
            self.set(row, Answer::One(choice.clone()), desk);
            self.edit = Edit::Pick(Picker::default(), false);
            return self.walk_or_go_on(desk);
        }
        let set = match desk.draft.answer(&row.id) {
            Some(Answer::Many(rows)) => rows.clone(),
            Some(Answer::Text(_) | Answer::One(_) | Answer::Flag(_)) | None => Vec::new(),
        };
        let at = set.iter().position(|c| c.id == choice.id);
        let next = match (changes(row, desk), at.and_then(|at| set.get(at)).map(|c| c.change())) {
            (false, None) => Some(choice.clone()),
            (false, Some(_)) => None,
            // A feature is left alone, added, removed, and left alone again.
            (true, None) => Some(Arc::new(choice.changed(Change::Add))),
            (true, Some(Some(Change::Add))) => Some(Arc::new(choice.changed(Change::Remove))),
            (true, Some(_)) => None,
        };
        self.put_in_set(set, at, next, row, desk);
        Move::Stay
    }

    fn put_in_set(
        &mut self,
        mut set: Vec<Arc<Choice>>,
        at: Option<usize>,
        next: Option<Arc<Choice>>,
        row: &Row,
        desk: &mut Desk,
    ) {
        match (at, next) {
            (Some(at), Some(next)) => set[at] = next,
            (Some(at), None) => {
                set.remove(at);
            }
            (None, next) => set.extend(next),
        }
        self.set(row, Answer::Many(set), desk);
        if let Edit::Pick(picker, _) = &mut self.edit {
            *picker = Picker { in_list: picker.in_list, ..Picker::default() };
        }
    }

    /// Adds or removes the highlighted feature outright.
    fn change(&mut self, change: Change, list: &Listing, row: &Row, desk: &mut Desk) {
        let Edit::Pick(picker, _) = &self.edit else { return };
        let at = picker.cursor.checked_sub(usize::from(list.lead.is_some()));
        let Some(choice) = at.and_then(|at| list.found.get(at)).cloned() else {
            return desk.say("Highlight a feature first; + adds it and - removes it.");
        };
        let set = desk.draft.many(row.id.slot).to_vec();
        let at = set.iter().position(|c| c.id == choice.id);
        self.put_in_set(set, at, Some(Arc::new(choice.changed(change))), row, desk);
    }

    fn clear(&mut self, open: bool, row: &Row, desk: &mut Desk) -> Move {
        match &mut self.edit {
            Edit::Pick(picker, _) if open => {
                picker.filter.clear();
                picker.cursor = 0;
            }
            Edit::Text(text) => text.clear(),
            Edit::Pick(..) | Edit::Flag | Edit::Read(_) => {
                match (desk.draft.answer(&row.id).cloned(), self.undo.take()) {
                    (Some(answer), _) => {
                        self.undo = Some((row.id.clone(), answer));
                        self.set(row, Answer::Text(String::new()), desk);
                        self.begin(desk);
                    }
                    (None, Some((id, answer))) if id == row.id => self.set(row, answer, desk),
                    (None, _) => {}
                }
            }
            Edit::Idle => {}
        }
        Move::Stay
    }

    fn key(&mut self, key: Key, row: &Row, desk: &mut Desk) -> Move {
        if let (Key::Char(c @ '1'..='9'), Edit::Pick(picker, open)) = (key, &self.edit) {
            let all = rows::offered(&desk.draft, &desk.cache, row);
            let digit = c as usize - '1' as usize;
            // Where rows themselves are known by numbers, a digit on the closed field begins one.
            let numbers = all.iter().any(|r| r.find.starts_with(|c: char| c.is_ascii_digit()));
            if picker.filter.is_empty() && all.len() <= NUMBERED && (*open || !numbers) {
                return self.pick_digit(all.get(digit), row, desk);
            }
            if *open && picker.in_list {
                return self.pick_on_page(digit, row, desk);
            }
        }
        if let (Key::Char(sign @ ('+' | '-')), Some(list)) =
            (key, self.listing(desk, row).filter(|_| changes(row, desk)))
        {
            self.change(if sign == '+' { Change::Add } else { Change::Remove }, &list, row, desk);
            return Move::Stay;
        }
        match &mut self.edit {
            Edit::Text(text) => {
                text.key(key);
            }
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

    /// Takes the row that stands beside that number on the page, the row above the matches included.
    fn pick_on_page(&mut self, digit: usize, row: &Row, desk: &mut Desk) -> Move {
        let Some(list) = self.listing(desk, row) else { return Move::Stay };
        let rows = list_rows(desk);
        if let Edit::Pick(picker, _) = &mut self.edit {
            picker.cursor = picker.cursor / rows * rows + digit;
        }
        self.pick_highlighted(&list, row, desk)
    }

    fn pick_digit(&mut self, choice: Option<&Arc<Choice>>, row: &Row, desk: &mut Desk) -> Move {
        match choice {
            Some(choice) => self.pick(choice, row, desk),
            None => {
                desk.complain("There is no such number in the list.");
                Move::Stay
            }
        }
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

/// How many rows an open list shows on a screen of that size.
#[must_use]
pub fn list_rows(desk: &Desk) -> usize {
    usize::from(desk.size.1).saturating_sub(11).clamp(2, NUMBERED)
}

/// How many rows what is read has below its field.
#[must_use]
pub fn panel_rows(desk: &Desk) -> usize {
    usize::from(desk.size.1).saturating_sub(9).clamp(3, 12)
}

/// What stands below a field to be read, line by line: a note's paragraphs, or the whole text of a box.
#[must_use]
pub fn reading(row: &Row, desk: &Desk) -> Vec<String> {
    let width = usize::from(desk.size.0).saturating_sub(8).min(96);
    match &row.entry {
        Entry::Tick(field) => wrap(&field.label, width),
        Entry::Note(field) => {
            let FieldKind::Note(paragraphs) = &field.kind else { return Vec::new() };
            paragraphs.iter().flat_map(|p| wrap(p, width)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a row's set says of each what becomes of it.
#[must_use]
pub fn changes(row: &Row, desk: &Desk) -> bool {
    desk.draft.kind.and_then(|k| k.slot(row.id.slot)).is_some_and(|s| matches!(s.source, Source::Changes(_)))
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
