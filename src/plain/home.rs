//! The first question line by line: for whom, what is unfinished, and the last orders.

use super::grammar::Answer;
use super::list::{LEAST_SEARCHED, List, NO_ROW, RowId};
use super::moves::Intent;
use super::words;
use super::{Question, Reply};
use crate::app::desk::Desk;
use crate::app::home::{Entry, State};
use crate::domain::choice::{Choice, Person};
use crate::domain::directory::Reading;
use crate::domain::journal::State as Stage;
use crate::domain::kept::Standing;
use crate::domain::text::thousands;

/// The question, with what stands in the list before anything is typed.
#[must_use]
pub fn question(state: &State, desk: &Desk, list: &mut List) -> Question {
    let mut intro = vec!["Step 1 of 5. Who is the order for?".to_owned()];
    intro.push("A name, login, e-mail or phone number. m for the last orders, ? for help.".into());
    if let Some(who) = &desk.draft.who {
        let who = who.person().map(Person::with_login).unwrap_or_default();
        intro.push(format!("Enter keeps {who}."));
    }
    if state.who.is_empty() {
        let unresolved = desk.unfinished().filter(|s| s.unresolved()).count();
        let drafts = desk.unfinished().count() - unresolved;
        let s = |n: usize| if n == 1 { "" } else { "s" };
        if unresolved > 0 {
            intro.push(format!("{unresolved} order{} without an answer. Do not enter them again.", s(unresolved)));
        }
        if drafts > 0 {
            intro.push(format!("{drafts} unfinished order{}.", s(drafts)));
        }
        if unresolved + drafts > 0 {
            list.begin(unresolved + drafts);
        }
    }
    Question { intro, prompt: "Who, or a number: ".into(), secret: false }
}

/// The entries, as they are listed.
#[must_use]
pub fn listed(state: &State, desk: &Desk) -> Vec<(RowId, String)> {
    // What was announced as unfinished comes first.
    let (unfinished, others): (Vec<_>, Vec<_>) = state.entries.iter().partition(|e| matches!(e, Entry::Unfinished(_)));
    unfinished.into_iter().chain(others).map(|e| (RowId::of(e), entry(e, desk))).collect()
}

/// How many were found, and among how many where more are to come.
#[must_use]
pub fn matched(state: &State, desk: &Desk) -> String {
    let similar = match (state.total, state.similar) {
        (_, 0) => String::new(),
        (0, _) => " These are similar.".into(),
        (_, n) => format!(" The last {n} are only similar."),
    };
    let so_far = match desk.people.reading {
        Reading::Underway { total: Some(total) } => {
            let total = thousands(usize::try_from(total).unwrap_or(usize::MAX));
            format!(" Only {} of {total} people are loaded so far.", thousands(desk.people.table.len()))
        }
        Reading::Underway { total: None } => " More people are still being loaded.".into(),
        Reading::Not | Reading::Whole | Reading::Failed(_) => String::new(),
    };
    format!("{} match.{similar}{so_far}", thousands(state.total))
}

fn entry(entry: &Entry, desk: &Desk) -> String {
    let named = |who: &Choice| who.person().map(Person::with_login).unwrap_or_default();
    match entry {
        Entry::Hit(who, line) => {
            let line = line.as_ref().map(|l| format!(", line {}", words::row(l))).unwrap_or_default();
            format!("{}{line}", words::row(who))
        }
        Entry::Agent(who) => format!("{}, yourself", named(who)),
        Entry::Keep(who) => format!("{}, as before", named(who)),
        Entry::Order(order) => placed(order),
        Entry::Unfinished(key) => desk.standing(*key).map(|s| unfinished(s, desk)).unwrap_or_default(),
    }
}

/// An order that was placed.
#[must_use]
pub fn placed(order: &Choice) -> String {
    let Some(placed) = order.placed() else { return words::row(order) };
    let who = placed.holder.as_ref().map(Person::listed).unwrap_or_default();
    let parts = [&*placed.kind, &*who, &*placed.status, &*placed.when];
    let parts: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    format!("Order {}, {}", order.name, parts.join(", "))
}

fn unfinished(standing: &Standing, desk: &Desk) -> String {
    let (done, of) = standing.done;
    let when = desk.session.when(standing.updated, desk.today);
    let state = match standing.state {
        Stage::Submitting | Stage::Unknown | Stage::NeedsHuman => {
            let at = standing.sending.as_ref().and_then(|s| s.at);
            let sent = at.map(|t| format!("sent {}, ", desk.session.when(t, desk.today))).unwrap_or_default();
            return format!("UNCONFIRMED, {}, {}, {sent}no answer yet", standing.kind_name(), standing.name());
        }
        Stage::NotPlaced => "Not placed, may be sent again".to_owned(),
        Stage::Drafted
        | Stage::ConfirmSent
        | Stage::Confirmed
        | Stage::Rejected
        | Stage::Accepted
        | Stage::Abandoned => match &standing.held {
            Some(by) => format!("Draft, in use: {by}"),
            None if standing.unreadable => "Draft of another version, kept".into(),
            None if !standing.refused.is_empty() => format!("Draft, refused by the server, {when}"),
            None if of == 0 => format!("Draft, {when}"),
            None => format!("Draft, {done} of {of} required done, {when}"),
        },
    };
    let kind = standing.kind.map_or("no type yet", |k| k.id);
    format!("{state}, {kind}, {}", standing.name())
}

/// What can be typed here.
#[must_use]
pub fn help(desk: &Desk) -> Vec<String> {
    let mut out = vec![
        "Words find people by name, login, e-mail, department and number; who is alone is taken.".to_owned(),
        "The number of an order, or of a line, finds it too.".into(),
        "s/edw pe is short for: suspend, for Edwards, Peter; s/edw pe/+7 gives the first answer, too.".into(),
        "A number takes its row: an unfinished order, a person, a placed order.".into(),
        ":restore brings back the draft that was thrown away last.".into(),
    ];
    if desk.draft.who.is_some() {
        out.push(":home puts this draft aside. :discard throws it away.".into());
    }
    out
}

/// What an answer does.
#[must_use]
pub fn answer(state: &State, desk: &Desk, typed: Answer, list: &List) -> Reply {
    match typed {
        Answer::Empty if desk.draft.who.is_some() => {
            Reply::does([Intent::Emptied, Intent::Entry(RowId::Keep), Intent::Opened])
        }
        Answer::Empty => Reply::error("Type a name, login, e-mail or phone number, or a number of the list."),
        Answer::Back if !state.who.is_empty() && !list.is_empty() => Reply::does([Intent::Emptied]).anew(),
        Answer::Back => Reply::error("This is the first question. q leaves."),
        // What was looked for before is in nobody's ear.
        Answer::More if list.is_empty() => Reply { more: true, ..Reply::does([Intent::Emptied]) },
        Answer::More => Reply::more(),
        Answer::Number(number, text) => match list.get(number) {
            Some(id) => Reply::does([Intent::Entry(id.clone()), Intent::Opened]),
            None if number < LEAST_SEARCHED => Reply::error(NO_ROW),
            None => searched(&text, false),
        },
        Answer::Search(text) => searched(&text, true),
        Answer::Value(text) => searched(&text, false),
        Answer::Onward | Answer::Clear | Answer::Used | Answer::Field(_) => {
            Reply::error("Here somebody is chosen. ? says how.")
        }
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
    }
}

fn searched(text: &str, always: bool) -> Reply {
    Reply::does([Intent::Emptied, Intent::Paste(text.to_owned()), Intent::Found(always), Intent::Opened])
}
