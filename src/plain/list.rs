//! Rows by number: at most eight at a time, numbered through, so that every number that was heard goes on meaning its row.

use crate::app::home::Entry;
use crate::domain::ids::{Id, OrderKey};

/// So many rows are said at a time.
pub const PAGE: usize = 8;

/// A smaller number is always one of a row.
pub const LEAST_SEARCHED: usize = 100;
/// What is said where no row has the number.
pub const NO_ROW: &str = "There is no such number in what was listed. m lists more.";

/// What a number stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowId {
    /// A person, perhaps with a line.
    Who(Id, Option<Id>),
    /// The person as before.
    Keep,
    /// An order that has not ended.
    Draft(OrderKey),
    /// An order that was placed.
    Order(Id),
    /// A row of a field's list.
    Choice(Id),
}

impl RowId {
    /// What tells an entry of the first question from others.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Hit(who, line) => Self::Who(who.id.clone(), line.as_ref().map(|l| l.id.clone())),
            Entry::Agent(who) => Self::Who(who.id.clone(), None),
            Entry::Keep(_) => Self::Keep,
            Entry::Unfinished(key) => Self::Draft(*key),
            Entry::Order(order) => Self::Order(order.id.clone()),
        }
    }
}

/// The rows that were said.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What was searched for.
    pub query: String,
    said: Vec<RowId>,
    /// Whether the next page is to be said.
    pub wanted: bool,
    /// How many rows that one has, where it is not a whole page.
    first: Option<usize>,
}

impl List {
    /// A new search, whose first page is to be said.
    #[must_use]
    pub fn of(query: &str) -> Self {
        Self { query: query.to_owned(), wanted: true, ..Self::default() }
    }
    /// So many rows at first. What was said before keeps its numbers: a hand may be about to type one.
    pub fn begin(&mut self, rows: usize) {
        self.query.clear();
        (self.wanted, self.first) = (true, Some(rows.min(PAGE)));
    }
    /// What the number stands for.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&RowId> {
        self.said.get(number.checked_sub(1)?)
    }
    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }
    /// The next rows, numbered, and how many are left. Rows that come in between two pages move no number.
    pub fn page(&mut self, rows: &[(RowId, String)]) -> Vec<String> {
        self.wanted = false;
        let first = self.first.take();
        let new = |rows: &&(RowId, String)| !self.said.contains(&rows.0);
        let page: Vec<_> = match first {
            Some(first) => rows.iter().take(first).collect(),
            None => rows.iter().filter(new).take(PAGE).collect(),
        };
        let mut out = Vec::new();
        for (id, text) in page {
            let at = self.said.iter().position(|said| said == id).unwrap_or(self.said.len());
            if at == self.said.len() {
                self.said.push(id.clone());
            }
            out.push(format!("{}. {text}", at + 1));
        }
        let left = rows.iter().filter(|(id, _)| !self.said.contains(id)).count();
        match (out.is_empty(), left) {
            (true, _) if self.said.is_empty() => {}
            (true, _) => out.push("That is all.".to_owned()),
            (false, 0) => {}
            (false, left) => out.push(format!("m for more: {left} left.")),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_run_through_the_pages() {
        let rows: Vec<_> =
            (1..=10).map(|n| (RowId::Choice(Id::new(&n.to_string()).unwrap()), format!("row {n}"))).collect();
        let mut list = List::of("");
        let first = list.page(&rows);
        assert_eq!((first.len(), first[8].as_str()), (9, "m for more: 2 left."));
        assert_eq!(list.page(&rows), ["9. row 9", "10. row 10"]);
        assert_eq!(list.get(10), Some(&rows[9].0));
        assert_eq!((list.get(0), list.get(11)), (None, None));
        assert_eq!(list.page(&rows), ["That is all."]);
    }
    #[test]
    fn a_list_that_changes_behind_the_hand_keeps_its_numbers() {
        let row = |n: &str| (RowId::Choice(Id::new(n).unwrap()), format!("row {n}"));
        let mut list = List::default();
        list.begin(2);
        assert_eq!(list.page(&[row("a"), row("b"), row("c")]), ["1. row a", "2. row b", "m for more: 1 left."]);
        list.begin(2);
        assert_eq!(list.page(&[row("new"), row("b"), row("c")]), ["3. row new", "2. row b", "m for more: 1 left."]);
        assert_eq!(list.get(1), Some(&row("a").0), "a row that is gone has no successor");
        assert_eq!(list.page(&[row("new"), row("b"), row("c")]), ["4. row c"]);
    }
}
