//! Finding a row by typing: a filter, a highlight, and whether the list has the keys.

use std::sync::Arc;

use super::input::TextBox;
use super::keys::Action;
use crate::domain::choice::{Choice, digits, matches, words};
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
    /// The rows that match, best first.
    #[must_use]
    pub fn found(&self, rows: &[Arc<Choice>]) -> Vec<Arc<Choice>> {
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

/// The rows that hold every word of the query; an exact login, phone number or name first, people who have left last.
#[must_use]
pub fn find(rows: &[Arc<Choice>], query: &str) -> Vec<Arc<Choice>> {
    let words = words(query);
    if words.is_empty() {
        return rows.to_vec();
    }
    let whole = folded(query.trim());
    let mut found: Vec<_> = rows.iter().filter(|r| matches(&r.find, &words)).cloned().collect();
    found.sort_by_key(|r| rank(r, &whole, &words));
    found
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

fn rank(row: &Choice, whole: &str, words: &[String]) -> u8 {
    let person = row.person();
    let exact = folded(row.id.as_str()) == whole
        || person.is_some_and(|p| {
            p.login.as_ref().is_some_and(|l| folded(l) == whole)
                || p.phone.as_ref().zip(words.first()).is_some_and(|(phone, word)| digits(phone) == *word)
        });
    match (exact, person.is_some_and(super::super::domain::choice::Person::inactive)) {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::choice::Person;
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
        let ids: Vec<_> = find(&rows, "lee").iter().map(|r| r.id.to_string()).collect();
        assert_eq!(ids, ["3", "2", "1"]);
    }
    #[test]
    fn the_highlight_stops_at_both_ends() {
        assert_eq!(stepped(0, Action::Up, 3, 10), 0);
        assert_eq!(stepped(2, Action::Down, 3, 10), 2);
        assert_eq!(stepped(0, Action::PageDown, 3, 10), 2);
        assert_eq!(stepped(5, Action::Down, 0, 10), 0);
    }
}
