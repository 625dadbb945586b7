//! Finding a row by typing: a filter, a highlight, and whether the list has the keys.

use std::sync::Arc;

use super::input::TextBox;
use super::keys::Action;
use crate::domain::choice::{Choice, Person, digits};
use crate::domain::search::{FEW, Fit, Query, Rows};
use crate::domain::text::folded;

/// Lists of at most this many rows are numbered, and a digit picks.
pub const NUMBERED: usize = 9;

/// A picker's state; what it picks from is given to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picker {
    /// What is typed.
    pub filter: TextBox,
    /// The highlighted row, among those that match.
    pub cursor: usize,
    /// Whether digits pick rows instead of being typed.
    pub in_list: bool,
}

impl Picker {
    /// The rows that match, best first, behind them those that only resemble what is typed.
    #[must_use]
    pub fn found(&self, rows: &[Arc<Choice>]) -> Rows {
        find(rows, self.filter.text())
    }
    /// Moves the highlight; it stops at the ends.
    pub fn step(&mut self, action: Action, len: usize, page: usize) {
        self.cursor = stepped(self.cursor, action, len, page);
    }
}

/// The place after a move in a list of that length; it never wraps.
#[must_use]
pub fn stepped(cursor: usize, action: Action, len: usize, page: usize) -> usize {
    let last = len.saturating_sub(1);
    match action {
        Action::Up | Action::Previous => cursor.saturating_sub(1),
        Action::PageUp => cursor.saturating_sub(page),
        Action::PageDown => (cursor + page).min(last),
        Action::Down | Action::Next => (cursor + 1).min(last),
        Action::First => 0,
        Action::Last => last,
        _ => cursor.min(last),
    }
}

/// The rows that hold every word of the query, the best first; where few do, behind them those that hold it but for a slip.
#[must_use]
pub fn find(rows: &[Arc<Choice>], typed: &str) -> Rows {
    let query = Query::new(typed);
    if query.is_empty() {
        return Rows { rows: rows.to_vec(), sure: rows.len(), fits: rows.len() };
    }
    let left = |row: &Choice| row.person().is_some_and(Person::inactive);
    // What is as good as another stays in the order in which the server gives it.
    let ranked = |judge: &dyn Fn(&[u8]) -> Option<Fit>| {
        let mut found: Vec<_> = rows.iter().filter_map(|row| Some((judge(row.find.as_bytes())?, row))).collect();
        found.sort_by_key(|(fit, row)| fit.rank(left(row), false));
        found.into_iter().map(|(_, row)| row.clone()).collect::<Vec<_>>()
    };
    let mut found = ranked(&|row| query.fit(row));
    let sure = found.len();
    if query.guesses_beside(sure) {
        let similar = ranked(&|row| query.resembles(row).filter(|fit| !fit.sure()));
        found.extend(similar.into_iter().take(FEW));
    }
    Rows { rows: found, sure, fits: sure }
}

/// Whether a text is the whole id, login, number or name of a row.
#[must_use]
pub fn exact(row: &Choice, query: &str) -> bool {
    let whole = folded(query.trim());
    let number = row.line().map(|l| &l.number).or_else(|| row.person().and_then(|p| p.phone.as_ref()));
    let login = row.person().and_then(|p| p.login.as_ref());
    let dialled = digits(query);
    !whole.is_empty()
        && (folded(row.id.as_str()) == whole
            || folded(&row.name) == whole
            || login.is_some_and(|l| folded(l) == whole)
            || dialled.len() >= 7 && number.is_some_and(|n| digits(n) == dialled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;
    use serde_json::json;

    fn person(id: &str, login: &str, status: &str) -> Arc<Choice> {
        let json =
            json!({"id": id, "firstName": "Ann", "lastName": "Lee", "companyEmployeeId": login, "status": status});
        Arc::new(Person::read(Body::from(json).view()).unwrap().into_choice())
    }

    #[test]
    fn an_exact_login_comes_first_and_those_who_left_last() {
        let rows =
            [person("1", "lee.ann.long", "INACTIVE"), person("2", "lee.ann", "ACTIVE"), person("3", "lee", "ACTIVE")];
        let ids: Vec<_> = find(&rows, "lee").rows.iter().map(|r| r.id.to_string()).collect();
        assert_eq!(ids, ["3", "2", "1"]);
    }
    #[test]
    fn a_slip_is_forgiven_where_little_fits() {
        let rows = [person("1", "lee.ann", "ACTIVE"), person("2", "bob", "ACTIVE")];
        let found = find(&rows, "lee.nan");
        assert_eq!((found.rows.len(), found.sure), (1, 0));
        assert_eq!(find(&rows, "lee.ann"), Rows { rows: vec![rows[0].clone()], sure: 1, fits: 1 });
    }
    #[test]
    fn the_highlight_stops_at_both_ends() {
        assert_eq!(stepped(0, Action::Up, 3, 10), 0);
        assert_eq!(stepped(2, Action::Down, 3, 10), 2);
        assert_eq!(stepped(0, Action::PageDown, 3, 10), 2);
        assert_eq!(stepped(5, Action::Down, 0, 10), 0);
    }
}
