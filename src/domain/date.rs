//! Days as people type and read them, and as the API sends them (WIRE 7, 9).
//! Pure: whoever asks says what day it is. A calendar day is never moved by a time zone.

pub use jiff::civil::Date;
use jiff::civil::Weekday;
use jiff::{Timestamp, ToSpan, tz::TimeZone};

/// Which comes first in `12/22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `12/22` is the 22nd of December.
    MonthFirst,
    /// `22/12` is the 22nd of December.
    DayFirst,
}

impl Order {
    /// From a field's published `pattern` (`mm/dd/yyyy`, `dd.mm.yyyy`, WIRE 8); none or an
    /// unclear one means month first, as in everything the API publishes.
    pub fn of(pattern: Option<&str>) -> Self {
        // Patterns are prose ("Format: dd/mm/yyyy"), so only runs made of d, m and y count.
        let letters: String = pattern
            .unwrap_or_default()
            .to_ascii_lowercase()
            .split(|c: char| !c.is_alphabetic())
            .filter(|run| run.chars().all(|c| "dmy".contains(c)))
            .collect();
        match (letters.find('d'), letters.find('m')) {
            (Some(day), Some(month)) if day < month => Self::DayFirst,
            _ => Self::MonthFirst,
        }
    }
}

/// What was typed, taken apart; blanks are gone.
#[derive(Clone, Copy)]
enum Part<'a> {
    Number(&'a str),
    Word(&'a str),
    Mark(&'a str),
}

/// What a person typed, as the day meant: `t`, `today`, `+7`, `-1`, `fri`, `22`, `22 dec`,
/// `dec 22 2026`, `12/22`, `12/22/26` (also with `.` and `-`), `2016-12-22`, `20161222`.
/// Case and blanks do not matter. A weekday is the next one, never today; `22`, `22 dec` and
/// `12/22` are the next such day, today included.
///
/// # Errors
/// One sentence for the person: what is wrong, and what to type.
pub fn typed(text: &str, today: Date, order: Order) -> Result<Date, String> {
    use Part::{Mark, Number, Word};
    let lower = text.to_lowercase();
    let parts = take_apart(&lower);
    match parts.as_slice() {
        [] => Err(format!("No date is typed: {}", forms(order))),
        [Word("t" | "today")] => Ok(today),
        [Mark("+"), Number(n)] => shifted(today, n, 1),
        [Mark("-"), Number(n)] => shifted(today, n, -1),
        [Number(all)] if all.len() == 8 => whole(&all[..4], &all[4..6], &all[6..]),
        [Number(day)] if day.len() <= 2 => day_of_month(day, today),
        [Number(a), Mark(m), Number(b)] if is_separator(m) => {
            let (month, day) = in_order(a, b, order);
            next_such(month_number(month)?, day, today)
        }
        [Number(a), Mark(m), Number(b), Mark(n), Number(c)] if is_separator(m) && m == n => {
            if a.len() == 4 {
                return whole(a, b, c);
            }
            let (month, day) = in_order(a, b, order);
            whole(c, month, day)
        }
        [Word(word)] if let Some(weekday) = weekday_named(word) => today.nth_weekday(1, weekday).map_err(|_| too_far()),
        _ => with_month_name(&parts, today).unwrap_or_else(|| Err(not_a_date(order))),
    }
}

fn take_apart(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let run = |is: fn(&char) -> bool| rest.find(|c| !is(&c)).unwrap_or(rest.len());
        let (part, after);
        if first.is_ascii_digit() {
            (part, after) = rest.split_at(run(char::is_ascii_digit));
            parts.push(Part::Number(part));
        } else if first.is_alphabetic() {
            (part, after) = rest.split_at(run(|c| c.is_alphabetic()));
            parts.push(Part::Word(part));
        } else {
            (part, after) = rest.split_at(first.len_utf8());
            parts.push(Part::Mark(part));
        }
        rest = after.trim_start();
    }
    parts
}

/// `22 dec`, `dec 22`, `22 dec 2016`, with any of `. , - /` between (`22-Dec-2016`, `Dec. 22,
/// 2016`). `None` where no month is named.
fn with_month_name(parts: &[Part<'_>], today: Date) -> Option<Result<Date, String>> {
    use Part::{Number, Word};
    let is_filler = |part: &Part<'_>| matches!(part, Part::Mark(m) if is_separator(m) || *m == ",");
    if parts.first().is_some_and(is_filler) {
        return None; // `-22 dec` is neither a day nor a distance
    }
    let bare: Vec<_> = parts.iter().filter(|part| !is_filler(part)).copied().collect();
    let (day, name, year) = match bare.as_slice() {
        [Number(day), Word(name)] | [Word(name), Number(day)] => (day, name, None),
        [Number(day), Word(name), Number(year)] | [Word(name), Number(day), Number(year)] => (day, name, Some(year)),
        _ => return None,
    };
    let month = month_named(name)?;
    Some(match year {
        Some(year) => year_number(year).and_then(|year| on(year, month, day)),
        None => next_such(month, day, today),
    })
}

fn shifted(today: Date, days: &str, sign: i64) -> Result<Date, String> {
    // Four digits reach 27 years; more is a date typed without its separators.
    let days = days.parse::<i64>().ok().filter(|days| *days <= 9999);
    let days = days.ok_or("That is too many days: type a number up to 9999, as in +7")?;
    today.checked_add((sign * days).days()).map_err(|_| too_far())
}

/// This month's such day; if that is past or does not exist, next month's.
fn day_of_month(day: &str, today: Date) -> Result<Date, String> {
    let this = on(today.year(), today.month(), day).ok();
    if let Some(date) = this.filter(|date| *date >= today) {
        return Ok(date);
    }
    let next = today.checked_add(1.month()).map_err(|_| too_far())?;
    on(next.year(), next.month(), day)
}

/// The first such day from today on. Eight years always hold a 29 February.
fn next_such(month: i8, day: &str, today: Date) -> Result<Date, String> {
    (0..=8)
        .filter_map(|years| on(today.year() + years, month, day).ok())
        .find(|date| *date >= today)
        .ok_or_else(|| format!("{} has no {day}: type another day", month_name(month)))
}

fn whole(year: &str, month: &str, day: &str) -> Result<Date, String> {
    on(year_number(year)?, month_number(month)?, day)
}

fn on(year: i16, month: i8, day: &str) -> Result<Date, String> {
    let date = day.parse().ok().and_then(|day| Date::new(year, month, day).ok());
    date.ok_or_else(|| {
        let month = month_name(month);
        format!("{month} {year} has no {day}: type another day, with its month, as in 22 dec")
    })
}

/// Two digits are of this century.
fn year_number(year: &str) -> Result<i16, String> {
    let number = year.parse::<i16>().ok();
    match (year.len(), number) {
        (4, Some(year)) => Ok(year),
        (2, Some(year)) => Ok(2000 + year),
        _ => Err(format!("{year} is no year: type two or four digits, as in 2026")),
    }
}

fn month_number(month: &str) -> Result<i8, String> {
    let number = month.parse().ok().filter(|number| (1..=12).contains(number));
    number.ok_or_else(|| format!("There is no month {month}: name it, as in 22 dec"))
}

fn in_order<'a>(a: &'a str, b: &'a str, order: Order) -> (&'a str, &'a str) {
    match order {
        Order::MonthFirst => (a, b),
        Order::DayFirst => (b, a),
    }
}

fn is_separator(mark: &str) -> bool {
    matches!(mark, "/" | "." | "-")
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("Monday", Weekday::Monday),
    ("Tuesday", Weekday::Tuesday),
    ("Wednesday", Weekday::Wednesday),
    ("Thursday", Weekday::Thursday),
    ("Friday", Weekday::Friday),
    ("Saturday", Weekday::Saturday),
    ("Sunday", Weekday::Sunday),
];

fn month_name(month: i8) -> &'static str {
    MONTHS.iter().zip(1..).find(|(_, number)| *number == month).map_or("That month", |(name, _)| name)
}

fn month_named(word: &str) -> Option<i8> {
    MONTHS.iter().zip(1..).find(|(name, _)| begins(name, word)).map(|(_, number)| number)
}

fn weekday_named(word: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| begins(name, word)).map(|(_, weekday)| *weekday)
}

/// Three letters tell every month and every weekday apart.
fn begins(name: &str, word: &str) -> bool {
    word.len() >= 3 && name.to_lowercase().starts_with(word)
}

fn not_a_date(order: Order) -> String {
    format!("That is not a date: {}", forms(order))
}

fn too_far() -> String {
    "That day is too far away: type a day with its year, as in 22 dec 2026".into()
}

fn forms(order: Order) -> &'static str {
    match order {
        Order::MonthFirst => "type t, +7, fri, 22, 22 dec, 12/22 or 2016-12-22",
        Order::DayFirst => "type t, +7, fri, 22, 22 dec, 22/12 or 2016-12-22",
    }
}

/// `Thu 22 Dec 2016, in 7 days`, or `today`, `tomorrow`, `yesterday`, `3 days ago`.
pub fn spoken(date: Date, today: Date) -> String {
    let days = (date - today).get_days();
    let distance = match days {
        0 => "today".into(),
        1 => "tomorrow".into(),
        -1 => "yesterday".into(),
        2.. => format!("in {days} days"),
        _ => format!("{} days ago", -days),
    };
    format!("{}, {distance}", named(date))
}

/// `22 Dec 2016`, for lists.
#[must_use]
pub fn short(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// `Thu 22 Dec 2016`: the month by name, so that no reader swaps day and month.
pub fn named(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

/// As the API is sent a DATE: `2016-12-22T00:00:00+00:00` (WIRE 7).
pub fn to_wire(date: Date) -> String {
    format!("{date}T00:00:00+00:00")
}

/// The calendar day written in a reply (WIRE 9): with `Z`, `+00:00`, `+0000`, another offset or
/// no time at all, or as epoch milliseconds (a day in UTC). The day is the one that is written:
/// moving it into another zone would turn the 22nd into the 21st. `None` where unreadable.
pub fn from_wire(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(TimeZone::UTC.to_datetime(epoch_millis(text)?).date());
    }
    let (day, rest) = text.split_at_checked(10)?;
    // What follows may be a time or a bare offset, and is not looked at.
    if !(rest.is_empty() || rest.starts_with(['T', 't', ' ', 'Z', '+', '-'])) {
        return None;
    }
    let mut parts = day.splitn(3, '-');
    let year = digits(parts.next()?, 4)?;
    let month = i8::try_from(digits(parts.next()?, 2)?).ok()?;
    let day = i8::try_from(digits(parts.next()?, 2)?).ok()?;
    Date::new(year, month, day).ok()
}

/// An instant as people read it, in UTC to the minute: `29 Jan 2016 21:14 UTC` from
/// `2016-01-29T21:14:05Z`, any other offset or epoch milliseconds. `None` where unreadable, and
/// where no offset is written: that is no instant.
pub fn instant_from_wire(text: &str) -> Option<String> {
    let text = text.trim();
    let instant = epoch_millis(text).or_else(|| text.parse().ok())?;
    Some(instant.strftime("%-d %b %Y %H:%M UTC").to_string())
}

fn digits(text: &str, count: usize) -> Option<i16> {
    let all = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| all)
}

/// Fewer than eleven digits would be the first months of 1970, but are seconds or `20161222`.
fn epoch_millis(text: &str) -> Option<Timestamp> {
    if text.len() < 11 {
        return None;
    }
    Timestamp::from_millisecond(text.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// A Thursday.
    const TODAY: Date = date(2016, 12, 15);

    fn meant(text: &str) -> Result<Date, String> {
        typed(text, TODAY, Order::MonthFirst)
    }

    #[test]
    fn every_form_means_the_day_it_names() {
        for (text, day) in [
            ("t", TODAY),
            ("Today", TODAY),
            ("+7", date(2016, 12, 22)),
            (" + 7 ", date(2016, 12, 22)),
            ("+0", TODAY),
            ("-1", date(2016, 12, 14)),
            ("fri", date(2016, 12, 16)),
            ("FRIDAY", date(2016, 12, 16)),
            ("thu", date(2016, 12, 22)),
            ("tues", date(2016, 12, 20)),
            ("22", date(2016, 12, 22)),
            ("15", TODAY),
            ("14", date(2017, 1, 14)),
            ("22 dec", date(2016, 12, 22)),
            ("22dec", date(2016, 12, 22)),
            ("Dec 22", date(2016, 12, 22)),
            ("22 December", date(2016, 12, 22)),
            ("15 dec", TODAY),
            ("14 dec", date(2017, 12, 14)),
            ("29 feb", date(2020, 2, 29)),
            ("22 dec 2015", date(2015, 12, 22)),
            ("dec 22, 17", date(2017, 12, 22)),
            ("22-Dec-2016", date(2016, 12, 22)),
            ("22. sept. 2017", date(2017, 9, 22)),
            ("12/22", date(2016, 12, 22)),
            ("1/2", date(2017, 1, 2)),
            ("12 / 22 / 26", date(2026, 12, 22)),
            ("12.22.2026", date(2026, 12, 22)),
            ("12-22-2026", date(2026, 12, 22)),
            ("2016-12-22", date(2016, 12, 22)),
            ("2016/1/2", date(2016, 1, 2)),
            ("20161222", date(2016, 12, 22)),
        ] {
            let text_cased = text.to_uppercase();
            assert_eq!(meant(text), Ok(day), "{text}");
            assert_eq!(meant(&text_cased), Ok(day), "{text_cased}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused_in_one_sentence_that_says_what_to_type() {
        for text in [
            "",
            "  ",
            "x",
            "tod",
            "+",
            "-",
            "+x",
            "+7 dec",
            "-22 dec",
            "de 22",
            "22 12",
            "123",
            "2016",
            "20161",
            "32",
            "0",
            "00",
            "31 nov",
            "30 feb",
            "13/1",
            "0/1",
            "12/32",
            "12/22-2016",
            "12/22/6",
            "12/22/206",
            "2016-13-01",
            "2016-02-30",
            "2016-12",
            "20161301",
            "+10000",
            "+99999999999999999999",
            "dec 22 216",
            "dec",
            "1/2/3/4",
            "\u{661}\u{662}",
            "\u{1b}[2J",
            "1,5",
            "fri 22",
            "22 dec dec",
            "--7",
        ] {
            let refusal = meant(text).expect_err(text);
            assert!(refusal.contains("type ") || refusal.contains("name it"), "{text}: {refusal}");
            assert!(!refusal.contains(['.', '\n', '\u{1b}']), "{text}: {refusal}");
        }
    }

    #[test]
    fn a_bare_day_is_next_months_where_this_month_has_none() {
        let on = |text, today| typed(text, today, Order::MonthFirst);
        assert_eq!(on("31", date(2016, 11, 15)), Ok(date(2016, 12, 31)));
        assert_eq!(on("31", date(2016, 1, 31)), Ok(date(2016, 1, 31)));
        assert_eq!(
            on("29", date(2017, 1, 31)),
            Err("February 2017 has no 29: type another day, with its month, as in 22 dec".into())
        );
    }

    #[test]
    fn the_fields_pattern_decides_which_of_day_and_month_comes_first() {
        for (pattern, order) in [
            (None, Order::MonthFirst),
            (Some(""), Order::MonthFirst),
            (Some("mm/dd/yyyy"), Order::MonthFirst),
            (Some("yyyy-MM-dd"), Order::MonthFirst),
            (Some("any day"), Order::MonthFirst),
            (Some("yyyy-DD"), Order::MonthFirst),
            (Some("dd.mm.yyyy"), Order::DayFirst),
            (Some("[DD/MM/YY]"), Order::DayFirst),
            (Some("d/m/yyyy"), Order::DayFirst),
            (Some("Format: dd-MMM-yyyy"), Order::DayFirst),
            (Some("ddmmyyyy"), Order::DayFirst),
        ] {
            assert_eq!(Order::of(pattern), order, "{pattern:?}");
        }
        assert_eq!(typed("3/4", TODAY, Order::DayFirst), Ok(date(2017, 4, 3)));
        assert_eq!(typed("22.12.16", TODAY, Order::DayFirst), Ok(date(2016, 12, 22)));
        assert_eq!(typed("2016-12-22", TODAY, Order::DayFirst), Ok(date(2016, 12, 22)));
        assert!(typed("12/22", TODAY, Order::DayFirst).is_err());
    }

    #[test]
    fn the_ends_of_the_calendar_are_refused_and_do_not_panic() {
        for text in ["+1", "fri", "1", "1 jan", "-1"] {
            let _ = typed(text, Date::MAX, Order::MonthFirst);
            let _ = typed(text, Date::MIN, Order::MonthFirst);
        }
        assert!(typed("+1", Date::MAX, Order::MonthFirst).is_err());
    }

    #[test]
    fn a_day_is_spoken_with_its_distance() {
        for (day, words) in [
            (date(2016, 12, 22), "Thu 22 Dec 2016, in 7 days"),
            (date(2018, 1, 1), "Mon 1 Jan 2018, in 382 days"),
            (date(2016, 12, 16), "Fri 16 Dec 2016, tomorrow"),
            (TODAY, "Thu 15 Dec 2016, today"),
            (date(2016, 12, 14), "Wed 14 Dec 2016, yesterday"),
            (date(2016, 12, 12), "Mon 12 Dec 2016, 3 days ago"),
        ] {
            assert_eq!(spoken(day, TODAY), words);
        }
    }

    #[test]
    fn a_day_is_read_back_as_it_is_written_whatever_the_offset() {
        let day = date(2016, 12, 22);
        assert_eq!(to_wire(day), "2016-12-22T00:00:00+00:00");
        for text in [
            "2016-12-22T00:00:00+00:00",
            "2016-12-22T00:00:00Z",
            "2016-12-22T00:00:00+0000",
            "2016-12-22T23:30:00-05:00",
            "2016-12-22T00:30:00+14:00",
            "2016-12-22T00:00:00.000Z",
            "2016-12-22 00:00:00",
            "2016-12-22Z",
            " 2016-12-22 ",
            "1482364800000",
            "1482451199999",
        ] {
            assert_eq!(from_wire(text), Some(day), "{text}");
        }
        for text in [
            "",
            "n/a",
            "2016-12-2",
            "2016-12-32T00:00:00Z",
            "2016-12-221",
            "12/22/2016",
            "2016-1-022",
            "+016-12-22",
            "2016-12-\u{e9}",
            "99999999999999999999",
            "1482364800",
            "20161222",
        ] {
            assert_eq!(from_wire(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_read_in_utc() {
        for (text, words) in [
            ("2016-01-29T21:14:05Z", Some("29 Jan 2016 21:14 UTC")),
            ("2016-01-29T21:14:05+0000", Some("29 Jan 2016 21:14 UTC")),
            ("2016-01-29T23:14:05.120-05:00", Some("30 Jan 2016 04:14 UTC")),
            ("1454102045000", Some("29 Jan 2016 21:14 UTC")),
            ("2016-01-29T21:14:05", None),
            ("2016-01-29", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(instant_from_wire(text).as_deref(), words, "{text}");
        }
    }
}
