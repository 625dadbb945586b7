//! Step 5: the order is on its way, placed, or its fate honestly unknown. Nothing here sends again.

use super::desk::Desk;
use super::keys::Action;
use super::message::{Effect, Order};
use super::picker::stepped;
use super::{Input, Move};
use crate::domain::choice::Person;
use crate::domain::compare::{self, Line, Mark};
use crate::domain::fault::{During, Fault};
use crate::domain::ids::Id;
use crate::domain::reply::Resolved;
use crate::domain::slots::SlotId;
use crate::domain::text::Clean;

/// The last step.
#[derive(Clone, Debug)]
pub struct State {
    /// How far it is.
    pub phase: Phase,
    /// The highlighted line of the menu.
    pub cursor: usize,
}

/// How far the order is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Sent once; no answer yet.
    Sending,
    /// Placed.
    Done(Box<Done>),
    /// Sent; it may have been placed.
    Unknown(Clean),
}

/// A placed order.
#[derive(Clone, Debug)]
pub struct Done {
    /// As the server gave it.
    pub order: Resolved,
    /// Its id.
    pub id: Id,
    /// Where it differs from what was asked.
    pub differences: Vec<Line>,
    /// What would have kept it from being submitted.
    pub alarms: Vec<Clean>,
    /// Whether a confirmation placed it, which it never should.
    pub by_confirmation: bool,
    /// Its status as last read.
    pub status: Clean,
}

/// What the done screen offers, in order: action, key and words.
pub const MENU: [(Action, &str); 6] = [
    (Action::Another, "N  Another order for the same person"),
    (Action::SameAgain, "R  Same order for somebody else (keeps type and answers)"),
    (Action::Copy, "C  Copy the order id"),
    (Action::CopyText, "T  Copy a text for the ticket"),
    (Action::Status, "S  Read the status again"),
    (Action::GoHome, "H  Home"),
];

impl State {
    /// Sends the order, once.
    #[must_use]
    pub fn send(order: Box<Order>, desk: &mut Desk) -> Self {
        // Should the program end before the answer, this is what is printed.
        desk.note_sent();
        desk.hush();
        desk.effects.push(Effect::Submit(order));
        Self { phase: Phase::Sending, cursor: 0 }
    }
    /// The order exists; it is held against what was asked.
    #[must_use]
    pub fn ordered(desk: &mut Desk, order: Resolved, by_confirmation: bool) -> Self {
        let Some(id) = order.order_id.clone() else { return Self::unsure("the answer held no order id", desk) };
        desk.effects.push(Effect::Drain);
        let review = compare::review(&desk.draft, &desk.cache, desk.today, &order);
        let differences = review.lines().filter(|l| l.mark != Mark::Same).cloned().collect();
        let status = order.status.clone().unwrap_or_default();
        if by_confirmation {
            desk.warn("The server ordered at once when it was only asked to confirm. Tell the API's support.");
        }
        let done = Done { id, differences, alarms: review.blocks, by_confirmation, status, order };
        Self { phase: Phase::Done(Box::new(done)), cursor: 0 }
    }
    /// It may have been placed, and nobody knows more.
    #[must_use]
    pub fn unsure(why: &str, desk: &mut Desk) -> Self {
        let mut state = Self { phase: Phase::Sending, cursor: 0 };
        state.unknown(Clean::new(why), desk);
        state
    }
    /// Whether no answer has come yet.
    #[must_use]
    pub fn sending(&self) -> bool {
        matches!(self.phase, Phase::Sending)
    }
    /// The placed order.
    #[must_use]
    pub fn done(&self) -> Option<&Done> {
        match &self.phase {
            Phase::Done(done) => Some(done),
            Phase::Sending | Phase::Unknown(_) => None,
        }
    }
    /// The outcome is not known.
    pub fn unknown(&mut self, why: Clean, desk: &mut Desk) {
        desk.hush();
        self.phase = Phase::Unknown(why);
    }
    /// The order was read again.
    pub fn status(&mut self, id: &Id, result: Result<Box<Resolved>, Fault>, desk: &mut Desk) {
        let Phase::Done(done) = &mut self.phase else { return };
        if done.id != *id {
            return;
        }
        match result {
            Ok(order) => {
                done.status = order.status.clone().unwrap_or_default();
                desk.say(&format!("Status now: {}", done.status));
            }
            Err(fault) => desk.complain(&format!(
                "The status cannot be read; the order is placed all the same. {}",
                fault.spoken(During::Reading)
            )),
        }
    }

    /// Takes an input.
    pub fn on(&mut self, input: &Input, desk: &mut Desk) -> Move {
        let Input::Do(action) = input else { return Move::Stay };
        match &self.phase {
            Phase::Sending => Move::Stay,
            Phase::Unknown(_) => match action {
                Action::Accept | Action::Back | Action::GoHome => Move::Finish,
                _ => Move::Stay,
            },
            Phase::Done(done) => match action {
                Action::Accept => match MENU.get(self.cursor) {
                    Some((action, _)) => act(*action, done, desk),
                    None => Move::Stay,
                },
                Action::Up | Action::Down | Action::Next | Action::Previous | Action::PageUp | Action::PageDown => {
                    self.cursor = stepped(self.cursor, *action, MENU.len(), MENU.len());
                    Move::Stay
                }
                action => act(*action, done, desk),
            },
        }
    }
}

fn act(action: Action, done: &Done, desk: &mut Desk) -> Move {
    match action {
        Action::Another => return Move::Another,
        Action::SameAgain => return Move::SameAgain,
        Action::GoHome | Action::Back => return Move::Finish,
        Action::Status => {
            desk.say("Reading the order.");
            desk.effects.push(Effect::Status(done.id.clone(), desk.draft.actor().cloned(), desk.draft.number.clone()));
        }
        Action::Copy => {
            let note = if desk.session.sandbox { " (SANDBOX)" } else { "" };
            desk.effects.push(Effect::Copy(format!("{}{note}", done.id)));
            desk.say("Asked the terminal to copy the order id.");
        }
        Action::CopyText => {
            desk.effects.push(Effect::Copy(ticket(done, desk)));
            desk.say("Asked the terminal to copy the text.");
        }
        _ => {}
    }
    Move::Stay
}

/// What a ticket wants to know.
#[must_use]
pub fn ticket(done: &Done, desk: &Desk) -> String {
    let mut out = vec![format!("Order {} {}", done.id, done.status).trim_end().to_owned(), what(desk)];
    out.push(format!("Reference {}, placed by {}", desk.draft.number, desk.session.login));
    out.extend(done.alarms.iter().map(|a| format!("~ {a}")));
    out.extend(done.differences.iter().map(|l| {
        let told = l.told.as_deref().unwrap_or("(missing)");
        format!(
            "{} {}: {told}, asked for {}",
            super::lines::sign(l.mark),
            l.label,
            l.asked.as_deref().unwrap_or("nothing")
        )
    }));
    if desk.session.sandbox {
        out.push("SANDBOX: nothing was really ordered".into());
    }
    out.join("\n")
}

/// The order in a sentence: type, line or cart, for whom.
#[must_use]
pub fn what(desk: &Desk) -> String {
    let kind = desk.draft.kind.map_or("", |k| k.id);
    let who = desk.draft.who.as_ref().and_then(|w| w.person()).map(Person::with_login).unwrap_or_default();
    let thing = [SlotId::Service, SlotId::Device, SlotId::Plan]
        .into_iter()
        .find_map(|s| desk.draft.one(s))
        .map(|c| format!(" {}", c.name));
    format!("{kind}{} for {who}", thing.unwrap_or_default())
}
