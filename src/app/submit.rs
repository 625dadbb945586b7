//! Step 5: the order is on its way, placed, or its fate honestly unknown. Nothing here sends again.

use super::desk::Desk;
use super::guard::{Answer, Guard, LAST, Seen};
use super::keys::{Action, Key};
use super::message::{Effect, Millis, Order};
use super::picker::stepped;
use super::{Input, Move};
use crate::domain::choice::Person;
use crate::domain::compare::{self, Line, Mark};
use crate::domain::fault::{During, Fault};
use crate::domain::ids::Id;
use crate::domain::journal;
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
    /// What happened, where this session has seen it.
    pub why: Option<Clean>,
    /// The last characters of the reference, while they are asked before it is sent again.
    pub guard: Option<Guard>,
    /// Since when its outcome can be read.
    seen: Seen,
}

/// How far the order is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Sent once; no answer yet.
    Sending,
    /// Placed.
    Done(Box<Done>),
    /// Sent, and looked for: the journal tells how far that is. Where it certainly was not placed, it may be sent again.
    Checking,
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
    /// Whether it was found in the order list after no answer had come.
    pub late: bool,
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

/// What the checking screen offers, in order: action and words.
pub const CHOICES: [(Action, &str); 5] = [
    (Action::Look, "Check now"),
    (Action::GoHome, "Go home; it stays row 1 there"),
    (Action::SendAgain, "Send again"),
    (Action::Edit, "Change it"),
    (Action::GiveUp, "Give it up"),
];

/// What the journal says of the order on the desk.
#[must_use]
pub fn known(desk: &Desk) -> Option<Known> {
    let standing = desk.standing(desk.key)?;
    Some(match standing.state {
        journal::State::NotPlaced => Known::NotPlaced,
        journal::State::NeedsHuman => Known::NeedsHuman,
        journal::State::Submitting => Known::Sending,
        journal::State::Accepted | journal::State::Abandoned => Known::Ended,
        journal::State::Unknown => Known::Unknown,
        journal::State::Drafted
        | journal::State::ConfirmSent
        | journal::State::Confirmed
        | journal::State::Rejected => Known::NothingPlaced,
    })
}

/// How far the looking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is being sent, by this session or another.
    Sending,
    /// It may have been placed.
    Unknown,
    /// It certainly was not.
    NotPlaced,
    /// People must find out.
    NeedsHuman,
    /// It was refused, or never left: it stands in the list as a draft.
    NothingPlaced,
    /// It is over.
    Ended,
}

/// Why a line of the checking screen cannot be chosen now; `None` where it can.
#[must_use]
pub fn barred(action: Action, desk: &Desk) -> Option<String> {
    let known = known(desk);
    let sent = desk.standing(desk.key).and_then(|s| s.sending.as_ref());
    match action {
        Action::SendAgain if known == Some(Known::NotPlaced) => sent
            .is_some_and(|s| s.lacks_secret)
            .then(|| "its PIN or password was never written down: choose 4 and type it".to_owned()),
        Action::SendAgain if known == Some(Known::NeedsHuman) => {
            Some("people must find out first; ask the API's support with the ids above".into())
        }
        Action::SendAgain => {
            let by = sent
                .filter(|s| s.calibrated)
                .and_then(|s| s.settled_by)
                .map(|t| format!("not before {}, and ", desk.session.clock(t)));
            Some(format!("{}only if no check finds it", by.unwrap_or_default()))
        }
        Action::Edit | Action::GiveUp if known == Some(Known::NotPlaced) => None,
        Action::Edit | Action::GiveUp => Some("once it is known not to be placed".into()),
        _ => None,
    }
}

impl State {
    /// Sends the order, once.
    #[must_use]
    pub fn send(order: Box<Order>, desk: &mut Desk) -> Self {
        // Should the program end before the answer, this is what is printed.
        desk.note_sent();
        desk.hush();
        desk.effects.push(Effect::Submit(order));
        Self::at(Phase::Sending)
    }
    fn at(phase: Phase) -> Self {
        Self { phase, cursor: 0, why: None, guard: None, seen: Seen::default() }
    }
    /// An order that was sent before; what came of it is looked for.
    #[must_use]
    pub fn checking(desk: &mut Desk) -> Self {
        let mut state = Self::at(Phase::Checking);
        state.refresh(desk);
        state
    }
    /// The journal says more: what was found is read and shown.
    pub fn refresh(&mut self, desk: &mut Desk) {
        let Some(standing) = desk.standing(desk.key) else { return };
        if let (Phase::Checking, journal::State::Accepted, Some(id)) =
            (&self.phase, standing.state, standing.order_id.clone())
        {
            self.guard = None;
            let actor = desk.draft.actor().cloned();
            let asked = Effect::Status(id, actor, desk.draft.number.clone());
            if !desk.effects.contains(&asked) {
                desk.effects.push(asked);
            }
        }
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
        let done = Done { id, differences, alarms: review.blocks, by_confirmation, late: false, status, order };
        Self::at(Phase::Done(Box::new(done)))
    }
    /// It may have been placed, and nobody knows more.
    #[must_use]
    pub fn unsure(why: &str, desk: &mut Desk) -> Self {
        let mut state = Self::at(Phase::Sending);
        state.unknown(Clean::new(why), desk);
        state
    }
    /// Whether the time of the next frame is wanted.
    #[must_use]
    pub fn wants_painted(&self) -> bool {
        !self.sending() && (self.seen.wanted() || self.guard.as_ref().is_some_and(|g| g.seen.wanted()))
    }
    /// The frame was written at that time.
    pub fn painted(&mut self, at: Millis) {
        if !self.sending() {
            self.seen.painted(at);
        }
        if let Some(guard) = &mut self.guard {
            guard.seen.painted(at);
        }
    }
    /// Whether a key is meant for what came of the order, and not for the screen before.
    pub(super) fn wakes(&mut self, desk: &Desk) -> bool {
        self.sending() || self.seen.wakes(desk)
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
            Phase::Sending | Phase::Checking => None,
        }
    }
    /// The outcome is not known.
    pub fn unknown(&mut self, why: Clean, desk: &mut Desk) {
        desk.hush();
        // What was typed before this was seen means nothing here.
        desk.effects.push(Effect::Drain);
        self.seen = Seen::default();
        self.phase = Phase::Checking;
        self.why = Some(why);
    }
    /// The order was read again; whether another screen has come by that.
    pub fn status(&mut self, id: &Id, result: Result<Box<Resolved>, Fault>, desk: &mut Desk) -> bool {
        if let (Phase::Checking, Ok(order)) = (&self.phase, &result)
            && order.order_id.as_ref() == Some(id)
        {
            *self = Self::ordered(desk, (**order).clone(), false);
            if let Phase::Done(done) = &mut self.phase {
                done.late = true;
            }
            return true;
        }
        match (&mut self.phase, result) {
            (Phase::Checking, Err(_)) => desk.warn(&format!(
                "Order {id} exists: it is placed. Its details cannot be read now. Do not enter it again."
            )),
            (Phase::Done(done), result) if done.id == *id => read_again(done, result, desk),
            (Phase::Sending | Phase::Done(_) | Phase::Checking, _) => {}
        }
        false
    }

    /// Takes an input.
    pub fn on(&mut self, input: &Input, desk: &mut Desk) -> Move {
        if self.guard.is_some() {
            return self.guarded(input, desk);
        }
        if let (Phase::Checking, Input::Type(Key::Char(c @ '1'..='5'))) = (&self.phase, input) {
            self.cursor = *c as usize - '1' as usize;
            return self.choose(desk);
        }
        let Input::Do(action) = input else { return Move::Stay };
        match &self.phase {
            Phase::Sending => match action {
                Action::Back => {
                    desk.say("It is being sent and will finish; its outcome stands in the list.");
                    Move::Finish
                }
                _ => Move::Stay,
            },
            Phase::Checking => match action {
                Action::Accept => self.choose(desk),
                Action::Back | Action::GoHome => Move::Finish,
                Action::Reload => {
                    self.cursor = 0;
                    self.choose(desk)
                }
                Action::Copy => {
                    desk.effects.push(Effect::Copy(details(desk).join("\n")));
                    desk.say("Asked the terminal to copy the details.");
                    Move::Stay
                }
                action if action.moves() || matches!(action, Action::Next | Action::Previous) => {
                    self.cursor = stepped(self.cursor, *action, CHOICES.len(), CHOICES.len());
                    Move::Stay
                }
                _ => Move::Stay,
            },
            Phase::Done(done) => match action {
                Action::Accept => match MENU.get(self.cursor) {
                    Some((action, _)) => act(*action, done, desk),
                    None => Move::Stay,
                },
                action if action.moves() || matches!(action, Action::Next | Action::Previous) => {
                    self.cursor = stepped(self.cursor, *action, MENU.len(), MENU.len());
                    Move::Stay
                }
                action => act(*action, done, desk),
            },
        }
    }
}

impl State {
    /// Does the highlighted line of the checking screen.
    fn choose(&mut self, desk: &mut Desk) -> Move {
        let Some((action, words)) = CHOICES.get(self.cursor) else { return Move::Stay };
        if let Some(why) = barred(*action, desk) {
            desk.warn(&format!("{words}: not now, {why}."));
            return Move::Stay;
        }
        match action {
            Action::Look => {
                desk.say("Looking into the order list; that only reads.");
                desk.effects.push(Effect::Look(desk.key));
            }
            Action::SendAgain => {
                desk.hush();
                self.guard = Some(Guard::ask(desk));
            }
            Action::Edit => {
                desk.left = None;
                return Move::Details(None);
            }
            Action::GiveUp => {
                desk.effects.push(Effect::Abandon(desk.key));
                desk.say("Given up. Nothing was placed; should it turn up after all, that is said here.");
                return Move::Finish;
            }
            _ => return Move::Finish,
        }
        Move::Stay
    }

    /// The last characters of the reference, before it is sent again.
    fn guarded(&mut self, input: &Input, desk: &mut Desk) -> Move {
        let Some(guard) = &mut self.guard else { return Move::Stay };
        let wanted = last_of(desk).to_owned();
        match guard.on(input, &wanted, "characters of the reference", desk) {
            Answer::Open | Answer::NotMine => {}
            Answer::Right => {
                self.guard = None;
                self.phase = Phase::Sending;
                desk.note_sent();
                desk.hush();
                let number = desk.draft.number.clone();
                desk.effects.push(Effect::Resend(desk.key, number));
            }
            Answer::Dropped => {
                self.guard = None;
                desk.say("Not sent.");
            }
        }
        Move::Stay
    }
    /// Whether characters of the reference are being typed.
    #[must_use]
    pub fn typing(&self) -> bool {
        self.guard.is_some()
    }
}

/// What is asked before it is sent again.
fn last_of(desk: &Desk) -> &str {
    let number = desk.draft.number.as_str();
    number.get(number.len().saturating_sub(LAST)..).unwrap_or(number)
}

/// What the API's support, or a colleague, wants to know of an order whose outcome is not known.
#[must_use]
pub fn details(desk: &Desk) -> Vec<String> {
    let mut out = vec![what(desk), format!("Reference and activity id {}", desk.draft.number)];
    if let Some(sent) = desk.standing(desk.key).and_then(|s| s.sending.as_ref()) {
        out.extend(sent.correlation.iter().map(|c| format!("Correlation id {c}")));
        out.extend(sent.trail.iter().map(|n| format!("{}  {}", n.at, n.what)));
    }
    if desk.session.sandbox {
        out.push("SANDBOX: nothing is really ordered".into());
    }
    out
}

/// The status of a placed order, as it is now.
fn read_again(done: &mut Done, result: Result<Box<Resolved>, Fault>, desk: &mut Desk) {
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
