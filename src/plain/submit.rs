//! The end line by line: the order id, or what is known where nothing is certain; and an order that was placed.

use super::grammar::Answer;
use super::moves::Intent;
use super::words::{sentence, spelled};
use super::{Question, Reply, review};
use crate::app::desk::Desk;
use crate::app::guard::LAST;
use crate::app::keys::{Action, Key};
use crate::app::order;
use crate::app::submit::{CHOICES, Done, Known, State, barred, details, known, ticket, what};

/// The order was placed.
#[must_use]
pub fn done(done: &Done, desk: &Desk) -> Question {
    let mut intro = vec![format!("Order submitted. Order ID {}, {}.", done.id, spelled(done.id.as_str()))];
    if desk.session.sandbox {
        intro.push("SANDBOX: nothing was really ordered.".into());
    }
    if done.by_confirmation {
        intro.push("The server ordered when it was only asked to confirm. It is not sent again.".into());
    }
    if done.late {
        intro.push("It was found after no answer had come. Do not enter it again.".into());
    }
    intro.push(format!("Status {}.", done.status));
    intro.push(sentence(&what(desk)));
    intro.push(format!("By {}, reference {}.", desk.session.login, desk.draft.number));
    intro.extend(done.alarms.iter().map(|a| format!("Difference. {}", sentence(a))));
    intro.extend(done.differences.iter().map(|l| {
        let told = l.told.as_deref().unwrap_or("missing");
        format!("Difference. {}: {told}; you asked for {}.", l.label, l.asked.as_deref().unwrap_or("nothing"))
    }));
    intro.extend(OFFERS.iter().map(|(_, _, words)| (*words).to_owned()));
    Question { intro, prompt: "What next, or q to leave: ".into(), secret: false }
}

/// What can be done behind an order: the letter, the key of the screen, and the words.
const OFFERS: [(char, Option<Key>, &str); 6] = [
    ('n', Some(Key::Char('n')), "1 or n: another order for the same person."),
    ('r', Some(Key::Char('r')), "2 or r: the same order for somebody else."),
    ('c', None, "3 or c: say the order ID again."),
    ('t', None, "4 or t: say the text for the ticket."),
    ('s', Some(Key::Char('s')), "5 or s: read the status again."),
    ('h', Some(Key::Char('h')), "6 or h: home."),
];

/// What an answer behind an order does.
#[must_use]
pub fn answer_done(done: &Done, desk: &Desk, typed: Answer) -> Reply {
    let at = match &typed {
        Answer::Number(number, _) => number.checked_sub(1),
        Answer::Value(word) => OFFERS.iter().position(|(letter, _, _)| word.eq_ignore_ascii_case(&letter.to_string())),
        Answer::Back => Some(OFFERS.len() - 1),
        Answer::More => return Reply::default().anew(),
        Answer::Empty | Answer::Search(_) | Answer::Onward | Answer::Clear | Answer::Used | Answer::Field(_) => None,
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => return Reply::default(),
    };
    match at.and_then(|at| OFFERS.get(at)) {
        Some((_, Some(key), _)) => Reply::does([Intent::Key(*key)]),
        Some(('t', None, _)) => {
            Reply { says: ticket(done, desk).lines().map(str::to_owned).collect(), ..Reply::default() }
        }
        Some((_, None, _)) => Reply::default().says(&format!("Order ID {}, {}.", done.id, spelled(done.id.as_str()))),
        None => Reply::error("Type 1 to 6, one of the letters, or q to leave."),
    }
}

/// Nobody knows what came of it.
#[must_use]
pub fn checking(state: &State, desk: &Desk) -> Question {
    let known = known(desk);
    let head = match known {
        Some(Known::NotPlaced) => "Not found in all checks: it was not placed. You may send it again.",
        Some(Known::NeedsHuman) => {
            "UNCONFIRMED. It was sent, and cannot be settled from here. It may have been placed. Do not enter it again; \
             ask the API's support."
        }
        Some(Known::NothingPlaced) => "It was refused, or not sent: nothing was placed. It stands in the list at home.",
        Some(Known::Sending) => "It is being sent now, here or by another session. Do not enter it again.",
        Some(Known::Unknown | Known::Ended) | None => {
            "UNCONFIRMED. It was sent, and no answer came. It may have been placed. Do not enter it again, here or in \
             the web portal."
        }
    };
    let mut intro = vec![head.to_owned(), sentence(&what(desk))];
    let sent = desk.standing(desk.key).and_then(|s| s.sending.as_ref());
    intro.extend(sent.iter().flat_map(|s| &s.trail).map(|n| format!("{}: {}.", desk.session.clock(n.at), n.what)));
    if sent.is_none_or(|s| s.trail.is_empty()) {
        intro.extend(state.why.as_ref().map(|why| sentence(why)));
    }
    intro.extend(sent.and_then(|s| s.next).map(|t| format!("{}: the next check.", desk.session.clock(t))));
    intro.extend(CHOICES.iter().enumerate().map(|(at, (action, words))| match barred(*action, desk) {
        Some(why) => format!("{}. {words}: not now, {}.", at + 1, super::words::said(&why)),
        None => format!("{}. {words}.", at + 1),
    }));
    intro.push("Checking is safe: it only reads the order list.".into());
    Question { intro, prompt: "1 to 5, m for the ids, or < home: ".into(), secret: false }
}

/// What an answer does where nobody knows.
#[must_use]
pub fn answer_checking(desk: &Desk, typed: Answer, hand: bool) -> Reply {
    match typed {
        Answer::Number(number, _) => match number.checked_sub(1).and_then(|at| CHOICES.get(at)) {
            Some((Action::SendAgain, _)) if !hand && barred(Action::SendAgain, desk).is_none() => {
                Reply::error(review::NO_HAND)
            }
            Some(_) => {
                let digit = char::from_digit(u32::try_from(number).unwrap_or(0), 10).unwrap_or('0');
                Reply::does([Intent::Key(Key::Char(digit))])
            }
            None => Reply::error("Type a number from 1 to 5."),
        },
        Answer::Back => Reply::does([Intent::Key(Key::Esc)]),
        Answer::More => Reply { says: details(desk), ..Reply::default() },
        Answer::Empty
        | Answer::Value(_)
        | Answer::Search(_)
        | Answer::Onward
        | Answer::Clear
        | Answer::Used
        | Answer::Field(_) => Reply::error("Type a number from 1 to 5, or < for home."),
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
    }
}

/// The question for the last characters of the reference.
#[must_use]
pub fn reference_wanted(desk: &Desk) -> Question {
    let intro = vec![format!("To send it again, type the last {LAST} characters of {}.", desk.draft.number)];
    Question { intro, prompt: format!("Last {LAST} characters, or < for not sending: "), secret: false }
}

/// An order that was placed, opened from a list.
#[must_use]
pub fn placed(state: &order::State, desk: &Desk) -> Question {
    let mut intro = vec![format!("Order {}, {}.", state.id, spelled(state.id.as_str()))];
    // Columns of the screen become pauses.
    let spoken = |line: String| {
        let parts: Vec<_> = line.split("  ").map(str::trim).filter(|p| !p.is_empty()).collect();
        sentence(&parts.join(", "))
    };
    intro.extend(
        state.lines(desk, usize::from(u16::MAX)).into_iter().map(|(line, _)| spoken(line)).filter(|l| !l.is_empty()),
    );
    Question { intro, prompt: "m says it again, :reload reads it again, < back: ".into(), secret: false }
}

/// What an answer at a placed order does.
#[must_use]
pub fn answer_placed(typed: Answer) -> Reply {
    match typed {
        Answer::Empty | Answer::Back => Reply::does([Intent::Key(Key::Esc)]),
        Answer::More => Reply::default().anew(),
        Answer::Number(..)
        | Answer::Value(_)
        | Answer::Search(_)
        | Answer::Onward
        | Answer::Clear
        | Answer::Used
        | Answer::Field(_) => Reply::error("Type m, :reload, or < to go back."),
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
    }
}
