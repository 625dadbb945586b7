//! The review line by line: what the server makes of the order, whole, and the one word that submits it.

use super::grammar::Answer;
use super::moves::Intent;
use super::words::sentence;
use super::{Question, Reply};
use crate::app::desk::Desk;
use crate::app::keys::Key;
use crate::app::lines::remark;
use crate::app::review::{Shown, State, last_digits};
use crate::domain::compare::{Line, Mark, Review};
use crate::domain::fault::{During, Fault};
use crate::domain::money::{Money, Recurrence, Totals, digits};
use crate::domain::slots::SlotId;

/// What is said where somebody without a terminal would submit.
pub const NO_HAND: &str = "An order is submitted only where standard input is a terminal: whoever submits must have \
                           heard the review. The draft is kept. Run mobproc in a terminal, take it up there by its \
                           number, and type yes.";

/// A confirmation, whole.
#[must_use]
pub fn shown(shown: &Shown, desk: &Desk) -> Question {
    let review = &shown.review;
    let place = if desk.session.sandbox { " SANDBOX: nothing is really ordered." } else { "" };
    let mut intro = vec![format!("Step 4 of 5. Review. Nothing is ordered yet.{place}")];
    intro.push(format!("{}.", super::subject(desk)));
    intro.push(counted(review));
    intro.extend(review.blocks.iter().map(|why| format!("Cannot be submitted: {why}")));
    intro.extend(review.cautions.iter().map(|text| format!("Warning: {}", sentence(text))));
    intro.extend(review.items.iter().map(line));
    intro.extend(review.totals.iter().flat_map(|t| totals("Server total", t)));
    if let Some(sum) = &review.other_sum {
        intro.extend(totals("Items add up to", sum));
        intro.push("The server's total counts; it may hold taxes.".into());
    }
    intro.extend(review.rest.iter().map(line));
    intro.extend(review.holder.iter().map(|holder| format!("For {holder}.")));
    intro.push(format!("Placed by {}, the login on this host.", desk.session.login));
    intro.push(format!("Reference {}.", desk.draft.number));
    Question { intro, prompt: "Submit? Type yes, or e to edit, or < back: ".into(), secret: false }
}

/// `6 lines, 0 differences, no costs.`
fn counted(review: &Review) -> String {
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let costs = review.totals.is_some() || review.items.iter().any(|i| i.price.is_some());
    let mut parts = vec![many(review.lines().count(), "line"), many(review.differences(), "difference")];
    if !review.cautions.is_empty() {
        parts.push(many(review.cautions.len(), "warning"));
    }
    parts.push(if costs { "with costs" } else { "no costs" }.into());
    format!("{}.", parts.join(", "))
}

fn line(line: &Line) -> String {
    let told = line.told.as_deref().unwrap_or("missing");
    let price = line.price.as_ref().map(|p| format!(", {}", Money::spoken(p))).unwrap_or_default();
    let label = line.label.trim_end_matches(['.', ':']);
    let differs = if line.mark == Mark::Same { "" } else { "Difference. " };
    let why = remark(line).map(|why| format!("; {why}")).unwrap_or_default();
    sentence(&format!("{differs}{label}: {told}{price}{why}"))
}

fn totals(label: &str, totals: &Totals) -> Vec<String> {
    let of = |currency: &crate::domain::text::Clean| {
        let part = |r, word| totals.get(currency, r).map(|a| format!("{} {currency} {word}", digits(a, currency)));
        let parts = [part(Recurrence::Once, "once"), part(Recurrence::Monthly, "monthly")];
        format!("{label}: {}.", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    };
    totals.currencies().iter().map(of).collect()
}

/// A confirmation that could not be had.
#[must_use]
pub fn failed(fault: &Fault, during: During) -> Question {
    let intro = vec![
        "Step 4 of 5. Review.".to_owned(),
        format!("Error: {fault}"),
        fault.means(during).to_owned(),
        super::words::said(fault.mend()),
    ];
    Question { intro, prompt: "Enter asks again, or < back: ".into(), secret: false }
}

/// The question for the last digits of the line.
#[must_use]
pub fn digits_wanted(desk: &Desk) -> Question {
    let line = desk.draft.one(SlotId::Service).map(|l| l.name.to_string()).unwrap_or_default();
    let kind = desk.draft.kind.map_or("This", |k| k.label);
    let intro = vec![format!("{kind} cannot be taken back.")];
    let n = last_digits(desk).chars().count();
    Question { intro, prompt: format!("Last {n} digits of {line}, or < back: "), secret: false }
}

/// What can be typed here.
#[must_use]
pub fn help() -> Vec<String> {
    vec![
        "yes, the whole word, submits the order.".into(),
        "e goes to the fields, to the first difference where there is one.".into(),
        "! lists all answers. m says the review again. :json says what will be sent.".into(),
        ":reload asks the server again. :home puts the draft aside. :discard throws it away.".into(),
    ]
}

/// What an answer to the review does.
#[must_use]
pub fn answer(state: &State, typed: Answer, hand: bool) -> Reply {
    let there = state.shown().is_some();
    match typed {
        Answer::Back => Reply::does([Intent::Key(Key::Esc)]),
        Answer::Empty if !there => Reply::does([Intent::Key(Key::Ctrl('r'))]),
        Answer::More => Reply::default().anew(),
        Answer::Value(word) if there && word.eq_ignore_ascii_case("yes") => {
            if hand {
                Reply::does([Intent::Key(Key::Char('y'))])
            } else {
                Reply::error(NO_HAND)
            }
        }
        Answer::Value(word) if there && word.eq_ignore_ascii_case("e") => Reply::does([Intent::Key(Key::Char('e'))]),
        Answer::Empty
        | Answer::Value(_)
        | Answer::Number(..)
        | Answer::Search(_)
        | Answer::Onward
        | Answer::Clear
        | Answer::Used
            if there =>
        {
            Reply::error("Nothing is ordered. Type the whole word yes to submit, e to edit, or < to go back.")
        }
        Answer::Field(_) => Reply::error("Type e first, then the number of the field with ! before it."),
        Answer::Empty
        | Answer::Value(_)
        | Answer::Number(..)
        | Answer::Search(_)
        | Answer::Onward
        | Answer::Clear
        | Answer::Used => Reply::error("Enter asks the server again; < goes back to the fields."),
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
    }
}

/// Characters for a guard: typed one by one, as a deliberate hand does.
#[must_use]
pub fn guard(typed: Answer, hand: bool) -> Reply {
    match typed {
        Answer::Back | Answer::Empty => Reply::does([Intent::Key(Key::Esc)]),
        Answer::Number(_, text) | Answer::Value(text) if hand => {
            let keys = text.chars().map(|c| Intent::Key(Key::Char(c)));
            Reply::does([Intent::Emptied].into_iter().chain(keys).chain([Intent::Key(Key::Enter)]))
        }
        Answer::Number(..) | Answer::Value(_) => Reply::error(NO_HAND),
        Answer::Field(_) | Answer::Search(_) | Answer::More | Answer::Onward | Answer::Clear | Answer::Used => {
            Reply::error("Type the characters that are asked for, or < for not sending.")
        }
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
    }
}
