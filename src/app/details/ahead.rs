//! What stands beside an empty box to be taken, and what is typed before its field is there.

use super::{Edit, State, first_problem, numbered};
use crate::app::Move;
use crate::app::desk::Desk;
use crate::app::picker::exact;
use crate::domain::date::Date;
use crate::domain::draft::Answer;
use crate::domain::rows::{self, Entry, Row};
use crate::domain::text::{Clean, folded};

/// What an empty box can be filled with by one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ghost {
    /// What the order placed last had there.
    LastUsed(Clean),
    /// Today.
    Today(Date),
}

impl Ghost {
    /// As it is shown beside the box.
    #[must_use]
    pub fn spoken(&self) -> String {
        match self {
            Self::LastUsed(value) => format!("last used {value}"),
            Self::Today(_) => "Right: today, or +7, 22 dec".to_owned(),
        }
    }
    /// What the box gets.
    #[must_use]
    pub fn value(&self) -> String {
        match self {
            Self::LastUsed(value) => value.to_string(),
            Self::Today(day) => day.to_string(),
        }
    }
}

/// What stands beside a row's box as long as it is empty.
#[must_use]
pub fn ghost(desk: &Desk, row: &Row) -> Option<Ghost> {
    match row.entry {
        Entry::Date(_) => Some(Ghost::Today(desk.today)),
        Entry::Text { .. } => desk.last_in(&row.id).cloned().map(Ghost::LastUsed),
        Entry::Pick { .. } | Entry::Flag | Entry::Tick(_) | Entry::Note(_) => None,
    }
}

impl State {
    /// How many rows of the open list match, where Enter would choose among several that nobody has seen.
    #[must_use]
    pub fn several(&self) -> Option<usize> {
        let list = self.listing()?;
        let Edit::Pick(picker, true) = &self.edit else { return None };
        // The row above the matches closes the list and chooses nothing.
        if list.lead.is_some() && picker.cursor == 0 {
            return None;
        }
        let hits = list.found.iter().filter(|c| exact(c, picker.filter.text())).count();
        let exactly = hits == 1 && list.found.first().is_some_and(|c| exact(c, picker.filter.text()));
        let first = picker.cursor == usize::from(list.lead.is_some());
        ((list.sure != 1 && !exactly) || !first).then_some(list.sure)
    }

    /// An answer that was typed before its field was known: it is for the first one that is missing.
    pub(super) fn fed(&mut self, text: &str, desk: &mut Desk) -> Move {
        let Some(row) = first_problem(desk) else {
            desk.refuse(&format!("\"{}\" is left over: nothing is missing any more.", Clean::new(text)));
            return Move::Stay;
        };
        self.focus_on(row.id.clone(), desk);
        match &self.edit {
            Edit::Text(_) => {
                self.clear_box();
                self.paste(text, desk);
                self.commit(desk);
                desk.settle();
                if let Some(why) = rows::problem(&desk.draft, &row, rows::Strictness::Format) {
                    desk.refuse(&format!("{}: {}.", row.label, why.trim_end_matches('.')));
                    self.focus_on(row.id, desk);
                }
            }
            Edit::Pick(..) => self.fed_list(text, &row, desk),
            Edit::Flag => match &*folded(text) {
                "y" | "yes" => self.set(&row, Answer::Flag(true), desk),
                "n" | "no" => self.set(&row, Answer::Flag(false), desk),
                _ => desk.refuse(&format!("{}: \"{}\" is neither y nor n.", row.label, Clean::new(text))),
            },
            Edit::Read(_) => desk.refuse(&format!("{}: read it here, then go on.", row.label)),
            Edit::Idle => desk.refuse(&format!("{}: cannot be filled yet.", row.label)),
        }
        Move::Stay
    }

    /// The one row that is meant: by its number in a short list, else by what is typed.
    fn fed_list(&mut self, text: &str, row: &Row, desk: &mut Desk) {
        let all = rows::offered(&desk.draft, &desk.cache, row);
        let digit =
            text.parse::<usize>().ok().filter(|d| numbered(desk, row, false).is_some_and(|n| (1..=n).contains(d)));
        self.clear_box();
        self.paste(text, desk);
        let listing = self.list_now(desk, row);
        // What only resembles what was typed blind is not meant by it.
        let found = listing.map(|list| list.found[..list.sure].to_vec()).unwrap_or_default();
        let sure: Vec<_> = found.iter().filter(|c| exact(c, text)).collect();
        let meant = match (digit, sure.as_slice(), found.as_slice()) {
            (Some(digit), ..) => all.get(digit - 1),
            (None, [only], _) => Some(*only),
            (None, _, [only]) => Some(only),
            (None, ..) => None,
        };
        match meant.cloned() {
            Some(choice) => {
                self.edit = Edit::Pick(crate::app::picker::Picker::default(), false);
                match row.entry {
                    // Where several can be taken, one was typed.
                    Entry::Pick { many: true, .. } => drop(self.pick(&choice, row, desk)),
                    // It goes on to nothing: what follows was typed too.
                    Entry::Pick { many: false, .. }
                    | Entry::Text { .. }
                    | Entry::Date(_)
                    | Entry::Flag
                    | Entry::Tick(_)
                    | Entry::Note(_) => self.set(row, Answer::One(choice), desk),
                }
                desk.settle();
            }
            None => desk.refuse(&format!("{}: {} match \"{}\": choose.", row.label, found.len(), Clean::new(text))),
        }
    }

    /// Whatever stands in the box gives way.
    fn clear_box(&mut self) {
        match &mut self.edit {
            Edit::Text(text) if !text.is_empty() => text.clear(),
            Edit::Pick(picker, _) if !picker.filter.is_empty() => picker.filter.clear(),
            Edit::Text(_) | Edit::Pick(..) | Edit::Idle | Edit::Flag | Edit::Read(_) => {}
        }
    }
}
