//! The second question line by line: the twelve types by letter or code, and what is known of the person.

use super::grammar::Answer;
use super::list::{List, RowId};
use super::moves::Intent;
use super::{Question, Reply};
use crate::app::desk::Desk;
use crate::app::keys::Key;
use crate::app::kind::{orders, refusal};
use crate::domain::choice::Person;
use crate::domain::kinds::{self, Category, KINDS, Kind};
use crate::domain::lookups::{self, Found};
use crate::domain::text::folded;

/// The question.
#[must_use]
pub fn question(desk: &Desk) -> Question {
    let who = desk.draft.who.as_ref().and_then(|w| w.person()).map(Person::with_login).unwrap_or_default();
    let mut intro = vec![format!("Step 2 of 5. What is needed for {who}?")];
    for category in [Category::Procurement, Category::Care] {
        intro.push(if category == Category::Procurement { "Procurement." } else { "Care." }.into());
        intro.extend(KINDS.iter().filter(|k| k.category == category).map(|k| line(k, desk)));
    }
    if let Some(kind) = desk.draft.kind {
        intro.push(format!("Enter keeps {}, {}.", kind.code, kind.label));
    }
    Question { intro, prompt: "Letter or code, m for more, or < back: ".into(), secret: false }
}

fn line(kind: &Kind, desk: &Desk) -> String {
    let letter = kind.letter.to_ascii_uppercase();
    match refusal(desk, kind) {
        Some(why) => format!("{} {letter}, {}: no, {why}.", kind.code, kind.label),
        None if kind.guarded => format!("{} {letter}, {}. Cannot be taken back.", kind.code, kind.label),
        None => format!("{} {letter}, {}.", kind.code, kind.label),
    }
}

/// What is known of the person beside the orders.
#[must_use]
pub fn person(desk: &Desk) -> Vec<String> {
    let profile = |lookup| if let Some(Found::Profile(p)) = desk.found_of(lookup) { Some(p) } else { None };
    let mut out: Vec<_> = profile(&lookups::PROFILE)
        .iter()
        .flat_map(|p| &p.0)
        .map(|(label, value)| format!("{label}: {value}."))
        .collect();
    let approver = profile(&lookups::DIAGNOSTICS).and_then(|p| p.get("IS_ACTOR_APPROVER"));
    out.extend(approver.map(|yes| format!("Approver: {yes}.")));
    out.extend(desk.rows_of(&lookups::DEVICES_IN_USE).iter().map(|d| format!("Device: {}.", super::words::row(d))));
    if orders(desk).is_empty() {
        out.push("No orders so far.".into());
    }
    out
}

/// The person's latest orders, as they are listed.
#[must_use]
pub fn listed(desk: &Desk) -> Vec<(RowId, String)> {
    orders(desk).iter().map(|o| (RowId::Order(o.id.clone()), super::home::placed(o))).collect()
}

/// What can be typed here.
#[must_use]
pub fn help() -> Vec<String> {
    vec![
        "The letter or the two digits of a type, or its name.".into(),
        "m says what is known of the person, and lists the last orders by number.".into(),
        "A number from that list opens its order.".into(),
        ":home puts the draft aside. :discard throws it away.".into(),
    ]
}

/// What an answer does.
#[must_use]
pub fn answer(desk: &Desk, typed: Answer, list: &List) -> Reply {
    match typed {
        Answer::Empty => match desk.draft.kind {
            Some(kind) => code(kind),
            None => Reply::error("Type the letter or the two digits of a type."),
        },
        Answer::Back => Reply::does([Intent::Types, Intent::Key(Key::Esc)]),
        Answer::More if list.is_empty() => Reply { says: person(desk), ..Reply::lists("") },
        Answer::More => Reply::more(),
        Answer::Number(number, text) => match list.get(number) {
            Some(RowId::Order(id)) => Reply::does([Intent::Order(id.clone())]),
            Some(RowId::Who(..) | RowId::Keep | RowId::Draft(_) | RowId::Choice(_)) | None => named(&text),
        },
        Answer::Value(text) | Answer::Search(text) => named(&text),
        Answer::Onward | Answer::Clear | Answer::Used | Answer::Field(_) => {
            Reply::error("Here a type is chosen. ? says how.")
        }
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
    }
}

/// The type of that letter, code or name.
fn named(text: &str) -> Reply {
    let wanted = folded(text);
    let fits = |k: &&Kind| {
        folded(k.label).starts_with(&wanted)
            || k.id.eq_ignore_ascii_case(text)
            || wanted.len() > 2 && folded(k.id).starts_with(&wanted)
    };
    let found: Vec<_> = KINDS.iter().filter(fits).collect();
    match (kinds::find(text.trim()), found.as_slice()) {
        (Some(kind), _) => code(kind),
        (None, [only]) => code(only),
        (None, []) => Reply::error(&format!("{text} is no letter, code or name of a type.")),
        (None, several) => {
            let all: Vec<_> = several.iter().map(|k| format!("{} {}", k.code, k.label)).collect();
            Reply::error(&format!("{text} may be {}. Type the code.", all.join(", ")))
        }
    }
}

fn code(kind: &Kind) -> Reply {
    let digits = kind.code.chars().map(|digit| Intent::Key(Key::Char(digit)));
    Reply::does([Intent::Types].into_iter().chain(digits))
}
