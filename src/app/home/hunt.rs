//! The search for whom the order is: begun anew with every letter and whenever more people come, and what it has found.

use std::sync::Arc;

use super::{Entry, State};
use crate::app::desk::Desk;
use crate::app::message::{Effect, Part, Search, Searched};
use crate::domain::choice::{Line, Person};
use crate::domain::directory::by_number;
use crate::domain::search::Table;

/// A search for whom the order is.
#[derive(Clone, Debug)]
pub(super) struct Hunt {
    pub(super) ticket: u64,
    pub(super) typed: String,
    pub(super) people: Table<Person>,
    pub(super) lines: Table<Line>,
    /// Whether nothing more comes.
    pub(super) whole: bool,
    /// Whom it has found; before anything came, whom the search before it has.
    pub(super) hits: Vec<Entry>,
    /// How many fit.
    pub(super) fits: usize,
    /// How many of the hits only resemble what was typed.
    pub(super) similar: usize,
}

/// So many rows are searched at once; more of them beside the loop.
const AT_ONCE: usize = 10_000;

impl State {
    /// Searches for what is typed now, in what is known now, unless that was done.
    pub(super) fn search(&mut self, query: &str, desk: &mut Desk) {
        let number = by_number(query);
        if number {
            desk.read(Part::Lines);
        }
        let lines = if number { desk.lines.table.clone() } else { Table::default() };
        let people = &desk.people.table;
        if self.hunt.as_ref().is_some_and(|h| h.typed == query && h.people == *people && h.lines == lines) {
            return;
        }
        let ticket = desk.ticket();
        let (people, known) = (desk.people.table.clone(), desk.ordered_for());
        let before = self.hunt.take();
        let (hits, fits, similar) = before.map(|h| (h.hits, h.fits, h.similar)).unwrap_or_default();
        let typed = query.to_owned();
        let small = people.len() + lines.len() <= AT_ONCE;
        let search = Search { ticket, typed: typed.clone(), people: people.clone(), lines: lines.clone(), known };
        self.hunt = Some(Box::new(Hunt { ticket, typed, people, lines, whole: false, hits, fits, similar }));
        if small {
            self.searched(search.now(), desk);
        } else {
            desk.effects.push(Effect::Search(Box::new(search)));
        }
    }
    /// A search has found something; that of an earlier one is too late.
    pub fn searched(&mut self, found: Searched, desk: &Desk) {
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.ticket == found.ticket) else { return };
        let (sure, similar) = found.people.rows.split_at(found.people.sure);
        let people = sure.iter().cloned().map(|p| Entry::Hit(p, None));
        let lines = found.lines.rows.iter().filter_map(|line| {
            let holder = line.line().and_then(|l| l.holder.clone())?;
            let known = desk.people.table.get(holder.id.as_str());
            Some(Entry::Hit(Arc::new(known.unwrap_or(holder).into_choice()), Some(line.clone())))
        });
        hunt.hits = people.chain(lines).collect();
        // A line that leads to nobody is no way to choose whom the order is for.
        let astray = found.people.sure + found.lines.sure - hunt.hits.len();
        hunt.fits = found.people.fits + found.lines.fits - astray;
        hunt.similar = similar.len();
        hunt.hits.extend(similar.iter().cloned().map(|p| Entry::Hit(p, None)));
        hunt.whole = found.whole;
    }
    /// Whether what is shown is not yet all that was found.
    #[must_use]
    pub fn searching(&self) -> bool {
        self.hunt.as_ref().is_some_and(|hunt| !hunt.whole) && !self.parts().1.trim().is_empty()
    }
}
