//! The form's lists: what an open one shows, and how its rows are taken.

use std::sync::Arc;

use super::{Edit, State};
use crate::app::Move;
use crate::app::desk::Desk;
use crate::app::layout;
use crate::app::picker::{NUMBERED, Picker};
use crate::domain::choice::{Change, Choice};
use crate::domain::draft::Answer;
use crate::domain::lookups::LookupKey;
use crate::domain::rows::{self, Entry, Row};
use crate::domain::slots::Source;

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
    /// The matches, and behind them what only resembles what is typed.
    pub found: Vec<Arc<Choice>>,
    /// How many of these match.
    pub sure: usize,
    /// All that is offered, without a filter.
    offered: Vec<Arc<Choice>>,
    /// What the matches match.
    typed: String,
}

impl Listing {
    /// How many rows there are without a filter.
    #[must_use]
    pub fn of(&self) -> usize {
        self.offered.len()
    }
    /// Whether it is what these three make: a list is made of nothing else.
    fn made_of(&self, lead: Option<Lead>, typed: &str, offered: &[Arc<Choice>]) -> bool {
        let alike = || self.offered.iter().zip(offered).all(|(a, b)| Arc::ptr_eq(a, b));
        self.lead == lead && self.typed == typed && self.offered.len() == offered.len() && alike()
    }
}

impl State {
    /// The open list, if one is, as it stood when the last event ended.
    #[must_use]
    pub fn listing(&self) -> Option<&Listing> {
        if matches!(self.edit, Edit::Pick(_, true)) { self.open.as_deref() } else { None }
    }
    /// The open list, if one is. What is offered is looked at each time; it is searched only where that, or what is typed, is
    /// another than before.
    pub(super) fn list_now(&mut self, desk: &Desk, row: &Row) -> Option<Arc<Listing>> {
        let before = self.open.take();
        let Edit::Pick(picker, true) = &self.edit else { return None };
        let lead = match row.entry {
            Entry::Pick { many: true, .. } => Some(Lead::Done),
            Entry::Pick { many: false, .. } if !row.required => Some(Lead::Empty),
            _ => None,
        };
        let lead = lead.filter(|_| picker.filter.is_empty());
        let (typed, offered) = (picker.filter.text(), rows::offered(&desk.draft, &desk.cache, row));
        self.open = before.filter(|list| list.made_of(lead, typed, &offered)).or_else(|| {
            let found = picker.found(&offered);
            let typed = typed.to_owned();
            Some(Arc::new(Listing { lead, found: found.rows, sure: found.sure, offered, typed }))
        });
        self.open.clone()
    }

    /// Whether the open list shows what fits another filter than what was on the screen last.
    #[must_use]
    pub fn unseen(&self) -> bool {
        matches!(&self.edit, Edit::Pick(picker, true) if picker.filter.text() != self.seen)
    }
    /// The form is on the screen.
    pub fn painted(&mut self) {
        if let Edit::Pick(picker, true) = &self.edit {
            picker.filter.text().clone_into(&mut self.seen);
        }
    }
    /// What says more about the highlighted row of the open list.
    #[must_use]
    pub fn more(&self, desk: &Desk) -> Option<LookupKey> {
        let (row, list) = (self.focused()?, self.listing()?);
        let Edit::Pick(picker, _) = &self.edit else { return None };
        let at = picker.cursor.checked_sub(usize::from(list.lead.is_some()))?;
        row.lookup?.more_about(list.found.get(at)?, desk.draft.actor())
    }

    pub(super) fn pick_highlighted(&mut self, list: &Listing, row: &Row, desk: &mut Desk) -> Move {
        let Edit::Pick(picker, _) = &self.edit else { return Move::Stay };
        let lead = usize::from(list.lead.is_some());
        match (list.lead, picker.cursor) {
            (Some(_), 0) => {
                self.edit = Edit::Pick(Picker::default(), false);
                self.walk_or_go_on(desk)
            }
            // What only resembles what was typed is taken only when it was on the screen.
            (_, at) if at - lead >= list.sure && at - lead < list.found.len() && self.unseen() => {
                desk.refuse(&crate::app::home::choose_one(0));
                Move::Stay
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
    pub(super) fn pick(&mut self, choice: &Arc<Choice>, row: &Row, desk: &mut Desk) -> Move {
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

    pub(super) fn put_in_set(
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
    pub(super) fn change(&mut self, change: Change, list: &Listing, row: &Row, desk: &mut Desk) {
        let Edit::Pick(picker, _) = &self.edit else { return };
        let at = picker.cursor.checked_sub(usize::from(list.lead.is_some()));
        let Some(choice) = at.and_then(|at| list.found.get(at)).cloned() else {
            return desk.say("Highlight a feature first; + adds it and - removes it.");
        };
        let set = desk.draft.many(row.id.slot).to_vec();
        let at = set.iter().position(|c| c.id == choice.id);
        self.put_in_set(set, at, Some(Arc::new(choice.changed(change))), row, desk);
    }

    /// Takes the row that stands beside that number on the page, the row above the matches included.
    pub(super) fn pick_on_page(&mut self, digit: usize, row: &Row, desk: &mut Desk) -> Move {
        let Some(list) = self.list_now(desk, row) else { return Move::Stay };
        let rows = list_rows(desk, row);
        if let Edit::Pick(picker, _) = &mut self.edit {
            picker.cursor = picker.cursor / rows * rows + digit;
        }
        self.pick_highlighted(&list, row, desk)
    }

    pub(super) fn pick_digit(&mut self, choice: Option<&Arc<Choice>>, row: &Row, desk: &mut Desk) -> Move {
        match choice {
            Some(choice) => self.pick(choice, row, desk),
            None => {
                desk.complain("There is no such number in the list.");
                Move::Stay
            }
        }
    }
}

/// How many rows a short list offers, where a digit picks one of them. Where rows themselves are known by numbers, a digit
/// on the closed field begins one.
#[must_use]
pub fn numbered(desk: &Desk, row: &Row, open: bool) -> Option<usize> {
    // Asked of every frame: what is more than a few is not gone through.
    let all = rows::first_offered(&desk.draft, &desk.cache, row, NUMBERED + 1);
    let numbers = || all.iter().any(|r| r.name.starts_with(|c: char| c.is_ascii_digit()));
    // A line is known by nothing but its number, whether its list is open or not.
    let lines = || all.iter().any(|r| r.line().is_some());
    let picks = if open { !lines() } else { !numbers() };
    (all.len() <= NUMBERED && picks).then_some(all.len())
}

/// Whether a row's set says of each what becomes of it.
#[must_use]
pub fn changes(row: &Row, desk: &Desk) -> bool {
    desk.draft.kind.and_then(|k| k.slot(row.id.slot)).is_some_and(|s| matches!(s.source, Source::Changes(_)))
}

/// How many lines of the screen a row of the open list has: where it is narrow, what is known beside a name stands below it.
#[must_use]
pub fn item_lines(desk: &Desk, row: &Row) -> usize {
    let columned = row.lookup.is_some_and(|l| !l.columns.is_empty());
    let room = match (layout::beside(desk.size.0), desk.size.0) {
        (0, columns) => columns,
        (pane, _) => pane,
    };
    if columned && room < 76 { 2 } else { 1 }
}

/// How many rows an open list shows on a screen of that size.
#[must_use]
pub fn list_rows(desk: &Desk, row: &Row) -> usize {
    let (columns, height) = (desk.size.0, usize::from(desk.size.1));
    let taken = match layout::beside(columns) {
        _ if columns < layout::NARROW => 7,
        0 => 11,
        _ => 10,
    };
    (height.saturating_sub(taken) / item_lines(desk, row)).clamp(2, NUMBERED)
}
