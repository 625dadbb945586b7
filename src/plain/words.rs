//! How things are said line by line: sentences of the screen without its keys, days in full, ids letter by letter.

use crate::app::lines::wrap;
use crate::domain::choice::Choice;
use crate::domain::date::{self, Date};

/// No line has more columns.
pub const COLUMNS: usize = 72;

/// What sentences of the state machine say of keys, and what is typed here instead. The longer stand before the shorter.
const INSTEAD: [(&str, &str); 24] = [
    ("Correct, then ^O.", "Correct it; then a dot goes on."),
    ("Then ^O asks the server again.", "Then a dot asks the server again."),
    ("^O goes on", "a dot goes on"),
    ("^O", "a dot"),
    ("Esc, then ^X and home: it stands in the list there.", ":home leaves it; it stands in the list there."),
    ("^R", ":reload"),
    ("^X brings it back", ":restore brings it back"),
    ("; ^X shows them again", ""),
    (" ^U clears it.", ""),
    (" ^U clears.", ""),
    (" Esc drops it.", ""),
    ("Cleared. Esc once more does without.", "Cleared."),
    (", or Esc to do without", "; an empty line does without"),
    ("Type them again, or Esc.", "Type them again, or < for not sending."),
    ("press y", "type yes"),
    ("then press a key.", "then type it again."),
    ("must be ticked: y", "must be agreed to: type yes"),
    (": Shift-Tab goes up, Enter reads it", ": < goes back to it"),
    ("Read it to its end first: PgDn.", "Read it to its end first."),
    ("stands in the list below", "stands in the list"),
    (", or type more", ""),
    ("; see what stands beside it", ""),
    ("choose 4 and type it", "choose 4 and give it anew"),
    ("then type.", "then type it."),
];

/// A sentence of the state machine as it is said here.
#[must_use]
pub fn said(text: &str) -> String {
    INSTEAD.iter().fold(text.to_owned(), |text, (key, here)| text.replace(key, here))
}

/// Text in lines of at most [`COLUMNS`], broken at blanks.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    wrap(&squeezed, COLUMNS)
}

/// A sentence's end, where it lacks one.
#[must_use]
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '?', '!', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// `Thursday 3 December 2026, in 7 days.`
#[must_use]
pub fn day(day: Date, today: Date) -> String {
    let spoken = date::spoken(day, today);
    let distance = spoken.split_once(", ").map_or("", |(_, d)| d);
    let past = if day < today { " It has passed." } else { "" };
    format!("{}, {distance}.{past}", day.strftime("%A %-d %B %Y"))
}

/// An id letter by letter: `digits 8 7 1 1 6 6 0`.
#[must_use]
pub fn spelled(id: &str) -> String {
    let what = if id.bytes().all(|b| b.is_ascii_digit()) { "digits" } else { "letter by letter" };
    let letters: Vec<String> = id.chars().map(String::from).collect();
    format!("{what} {}", letters.join(" "))
}

/// A row of a list: its name, and what stands in its columns.
#[must_use]
pub fn row(choice: &Choice) -> String {
    let cells = choice.cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty());
    [choice.name.trim()].into_iter().chain(cells).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_ids_are_said_in_full() {
        let today = Date::constant(2026, 11, 26);
        assert_eq!(day(Date::constant(2026, 12, 3), today), "Thursday 3 December 2026, in 7 days.");
        assert_eq!(day(today, today), "Thursday 26 November 2026, today.");
        assert!(day(Date::constant(2026, 11, 25), today).ends_with("yesterday. It has passed."));
        assert_eq!(spelled("8711660"), "digits 8 7 1 1 6 6 0");
        assert_eq!(spelled("A-1"), "letter by letter A - 1");
    }
    #[test]
    fn keys_of_the_screen_are_not_named() {
        assert_eq!(said("Read it first, then press y."), "Read it first, then type yes.");
        assert_eq!(
            said("Date: is required. Then ^O asks the server again."),
            "Date: is required. Then a dot asks the server again."
        );
    }
}
