//! Step 4, the server's confirmation beside what was asked. Nothing is ordered before one deliberate key, and that key
//! works only when the last line has been on the screen and the keyboard was quiet.

use jiff::Timestamp;

use super::desk::{Desk, Level};
use super::guard::{Answer, Guard, LAST, READ};
use super::keys::Action;
use super::layout;
use super::lines::{self, Tone};
use super::message::{Effect, Millis, Order};
use super::picker::stepped;
use super::{Input, Move};
use crate::domain::attempt::Confirmed;
use crate::domain::compare::{self, Mark, Review};
use crate::domain::draft::Reference;
use crate::domain::fault::{During, Fault};
use crate::domain::ids::OrderNumber;
use crate::domain::slots::SlotId;
use crate::domain::text::Clean;

/// A confirmation older than this is asked for again.
const STALE: Millis = 15 * 60 * 1000;

/// The items of the key line that Tab walks.
pub const BUTTONS: [(Action, &str); 6] = [
    (Action::Submit, "y SUBMIT"),
    (Action::Edit, "e edit"),
    (Action::Copy, "c copy"),
    (Action::Back, "Esc back"),
    (Action::Plain, "p plain"),
    (Action::Body, "b JSON"),
];

/// The review.
#[derive(Clone, Debug)]
pub struct State {
    /// What was sent for confirmation, and will be submitted as it is.
    order: Box<Order>,
    ticket: u64,
    /// How far it is.
    pub phase: Phase,
    /// The first line on the screen.
    pub scroll: usize,
    /// The item of the key line under the cursor.
    pub button: Option<usize>,
    /// Whether the same draft was confirmed before.
    again: bool,
    /// The line's last digits, while they are asked.
    pub guard: Option<Guard>,
}

/// How far the confirmation is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// The server is asked.
    Asking,
    /// It failed; the order is as it was.
    Failed(Fault, During),
    /// It came.
    Shown(Box<Shown>),
}

/// A confirmation on the screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The answer beside what was asked.
    pub review: Review,
    /// Who places the order: the local login.
    by: Clean,
    /// When it came.
    came: Millis,
    /// When the last line was first on a painted screen.
    read_from: Option<Millis>,
}

impl Shown {
    /// The review line by line, laid out for that width.
    #[must_use]
    pub fn lines(&self, width: usize) -> Vec<(String, Tone)> {
        let mut all = lines::review(&self.review, width);
        for text in &self.review.cautions {
            lines::wrapped(&mut all, "! ", text, width, Tone::Changed);
        }
        all.push((String::new(), Tone::Plain));
        if let Some(holder) = &self.review.holder {
            lines::wrapped(&mut all, "  ", &format!("For {holder}."), width, Tone::Plain);
        }
        all.push((format!("  Placed by {} (the login on this host).", self.by), Tone::Plain));
        all
    }
}

impl State {
    /// Asks the server.
    #[must_use]
    pub fn enter(desk: &mut Desk) -> Self {
        let again = desk.unchanged();
        let (order, ticket) = desk.order();
        desk.effects.push(Effect::Confirm(order.clone(), ticket));
        Self { order, ticket, phase: Phase::Asking, scroll: 0, button: None, again, guard: None }
    }
    /// Whether the line's last digits are being typed.
    #[must_use]
    pub fn typing(&self) -> bool {
        self.guard.is_some()
    }
    /// Whether the server is being asked.
    #[must_use]
    pub fn asking(&self) -> bool {
        matches!(self.phase, Phase::Asking)
    }
    /// Whether this answer is waited for.
    #[must_use]
    pub fn awaits(&self, ticket: u64) -> bool {
        matches!(self.phase, Phase::Asking) && self.ticket == ticket
    }
    /// The confirmation, once it is there.
    #[must_use]
    pub fn shown(&self) -> Option<&Shown> {
        match &self.phase {
            Phase::Shown(shown) => Some(shown),
            Phase::Asking | Phase::Failed(..) => None,
        }
    }
    /// No other order has the number that was given from outside.
    pub fn free(&mut self, number: &OrderNumber, at: Option<Timestamp>) {
        if self.order.number == *number {
            self.order.wish.reference = Reference::Free(at);
        }
    }
    /// The exact order that was confirmed.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Takes the answer.
    pub fn answered(&mut self, result: Result<Confirmed, Fault>, desk: &mut Desk) -> Move {
        // What was typed while the server was asked is no answer to what it says.
        desk.effects.push(Effect::Drain);
        match result {
            Ok(Confirmed::Confirmed(reply)) => {
                let mut review = compare::review(&desk.draft, &desk.cache, desk.today, &reply);
                review.cautions.extend(self.changed_since(&review, desk));
                review.cautions.extend(desk.same_wish().map(|other| {
                    Clean::new(&format!("Within 24 hours there was {other}: same person, type and line."))
                }));
                self.phase = Phase::Shown(Box::new(Shown {
                    review,
                    by: desk.session.login.clone(),
                    came: desk.now,
                    read_from: None,
                }));
                // Why it was asked for again stays in sight.
                if !matches!(desk.notice, Some((Level::Warning, _))) {
                    desk.hush();
                }
            }
            // The model has taken these before they get here.
            Ok(Confirmed::Ordered(_) | Confirmed::OrderedOther(_)) => {}
            Err(Fault::Refused(errors)) => {
                desk.refused = errors;
                return Move::Details(None);
            }
            Err(fault) => {
                if matches!(fault, Fault::NumberInUse { .. }) {
                    desk.renumber();
                }
                self.failed(fault);
            }
        }
        Move::Stay
    }
    /// What the server says otherwise than when the same order was read last: it must be seen before anything is sent.
    fn changed_since(&self, review: &Review, desk: &mut Desk) -> Vec<Clean> {
        let lines: Vec<String> = lines::review(review, 78).into_iter().map(|(l, _)| l.trim_end().to_owned()).collect();
        let before = std::mem::replace(&mut desk.read, lines);
        if !self.again || before.is_empty() {
            return Vec::new();
        }
        let new = desk.read.iter().filter(|l| !before.contains(l));
        new.map(|l| Clean::new(&format!("Changed since it was last read: {}", l.trim()))).collect()
    }
    /// The order came back from being sent, certainly not placed; the server is not asked before the user says so.
    #[must_use]
    pub fn stopped(fault: Fault, desk: &mut Desk) -> Self {
        let (order, ticket) = desk.order();
        Self {
            order,
            ticket,
            phase: Phase::Failed(fault, During::NotPlaced),
            scroll: 0,
            button: None,
            again: true,
            guard: None,
        }
    }
    fn failed(&mut self, fault: Fault) {
        self.phase = Phase::Failed(fault, During::Confirming);
    }

    /// Whether the last line is or was on the screen.
    #[must_use]
    pub fn read_to_the_end(&self, size: (u16, u16)) -> bool {
        self.shown().is_some_and(|s| s.read_from.is_some() || self.last_line_shows(s, size))
    }
    /// Whether the time of the next frame is wanted.
    #[must_use]
    pub fn wants_painted(&self, size: (u16, u16)) -> bool {
        self.unread(size) || self.guard.as_ref().is_some_and(|g| g.seen.wanted())
    }
    /// Whether its last line shows for the first time.
    fn unread(&self, size: (u16, u16)) -> bool {
        self.shown().is_some_and(|s| s.read_from.is_none() && self.last_line_shows(s, size))
    }
    /// The frame was written at that time.
    pub fn painted(&mut self, at: Millis, size: (u16, u16)) {
        if self.unread(size)
            && let Phase::Shown(shown) = &mut self.phase
        {
            shown.read_from = Some(at);
        }
        if let Some(guard) = &mut self.guard {
            guard.seen.painted(at);
        }
    }
    fn last_line_shows(&self, shown: &Shown, size: (u16, u16)) -> bool {
        size.0 >= 40 && size.1 >= 12 && self.scroll + body_rows(size) >= shown.lines(width(size)).len()
    }

    /// Takes an input.
    pub fn on(&mut self, input: Input, desk: &mut Desk) -> Move {
        let input = match self.guarded(input, desk) {
            Ok(step) => return step,
            Err(input) => input,
        };
        match (input, self.button) {
            (Input::Do(Action::Accept), Some(at)) => match BUTTONS.get(at) {
                Some((action, _)) => self.act(*action, desk),
                None => Move::Stay,
            },
            (Input::Do(Action::Accept), None) if self.shown().is_some() => {
                desk.say("Enter never submits. Read it, then press y; Tab walks the keys below.");
                Move::Stay
            }
            (Input::Do(action), _) => self.act(action, desk),
            (Input::Type(_) | Input::Paste(_) | Input::Answer(_), _) => Move::Stay,
        }
    }

    /// What the line's last digits take while they are asked; the rest is given back.
    fn guarded(&mut self, input: Input, desk: &mut Desk) -> Result<Move, Input> {
        let Some(guard) = &mut self.guard else { return Err(input) };
        match guard.on(&input, &last_digits(desk), "digits of the line", desk) {
            Answer::Open => {}
            Answer::Right => return Ok(if self.stale(desk) { Move::Review } else { Move::Submit }),
            Answer::Dropped => {
                self.guard = None;
                desk.say("Not submitted.");
            }
            Answer::NotMine => return Err(input),
        }
        Ok(Move::Stay)
    }

    fn act(&mut self, action: Action, desk: &mut Desk) -> Move {
        match action {
            Action::Back => return Move::Details(None),
            Action::Reload => return Move::Review,
            Action::GoHome => return Move::Shelve,
            Action::ChangeWho => return Move::Home,
            Action::ChangeKind => return Move::Kind,
            Action::Plain => return Move::Does(action),
            Action::Onward if self.shown().is_some() => {
                desk.say("^O never submits. Read it, then press y; Tab walks the keys below.");
            }
            Action::Edit => return Move::Details(self.first_difference()),
            Action::Submit => return self.submit(desk),
            Action::Copy => {
                desk.effects.push(Effect::Copy(self.text(desk)));
                desk.say("Asked the terminal to copy the review.");
            }
            Action::Next => {
                let last = buttons(usize::from(desk.size.0)).count().saturating_sub(1);
                self.button = Some(self.button.map_or(0, |b| (b + 1).min(last)));
            }
            Action::Previous => self.button = self.button.and_then(|b| b.checked_sub(1)),
            action if action.moves() => self.scroll_by(action, desk),
            Action::Body => return Move::Body,
            _ => {}
        }
        Move::Stay
    }

    fn scroll_by(&mut self, action: Action, desk: &Desk) {
        if let Some(shown) = self.shown() {
            let rows = body_rows(desk.size);
            let len = shown.lines(width(desk.size)).len();
            self.scroll = stepped(self.scroll, action, (len + 1).saturating_sub(rows), rows);
        }
    }

    fn first_difference(&self) -> Option<crate::domain::draft::FieldId> {
        self.shown()?.review.lines().find(|l| l.mark != Mark::Same).map(|l| l.field.clone())
    }

    fn submit(&mut self, desk: &mut Desk) -> Move {
        let Some(shown) = self.shown() else { return Move::Stay };
        if let Some(why) = shown.review.blocks.first() {
            desk.complain(&format!("Not submitted. {why}"));
            return Move::Stay;
        }
        let Some(from) = shown.read_from else {
            desk.warn("Read it first, to the last line, then press y.");
            return Move::Stay;
        };
        if self.stale(desk) {
            return Move::Review;
        }
        let read = desk.now >= from + READ;
        if !(read && desk.quiet()) {
            desk.warn("Read it first, then press y.");
            return Move::Stay;
        }
        if desk.draft.kind.is_some_and(|k| k.guarded) {
            self.guard = Some(Guard::ask(desk));
            return Move::Stay;
        }
        Move::Submit
    }

    /// Whether the confirmation is too old to stand for the order; then that is said.
    fn stale(&self, desk: &mut Desk) -> bool {
        let stale = self.shown().is_some_and(|s| desk.now.saturating_sub(s.came) > STALE);
        if stale {
            desk.warn("That confirmation was over 15 minutes old, so the server is asked again. Read it once more.");
        }
        stale
    }

    /// The review as text, for copying.
    #[must_use]
    pub fn text(&self, desk: &Desk) -> String {
        let Some(shown) = self.shown() else { return String::new() };
        let mut out = String::new();
        if desk.session.sandbox {
            out.push_str("SANDBOX: nothing is really ordered\n");
        }
        let kind = desk.draft.kind.map_or("", |k| k.id);
        let who = desk
            .draft
            .who
            .as_ref()
            .and_then(|w| w.person())
            .map(crate::domain::choice::Person::with_login)
            .unwrap_or_default();
        out.push_str(&format!("{kind} for {who}, ref {}, not submitted yet\n", desk.draft.number));
        out.extend(shown.lines(78).into_iter().map(|(text, _)| format!("{}\n", text.trim_end())));
        out
    }
}

/// The items of the key line that have room in so many columns; the rest is left out whole.
pub fn buttons(width: usize) -> impl Iterator<Item = &'static str> {
    let mut used = 0;
    BUTTONS.iter().map(|(_, label)| *label).take_while(move |label| {
        used += label.len() + if used == 0 { 1 } else { 3 };
        used <= width
    })
}

/// The digits that are asked before an order that cannot be taken back: the line's last ones.
#[must_use]
pub fn last_digits(desk: &Desk) -> String {
    let line = desk.draft.one(SlotId::Service);
    let number = line.and_then(|l| l.line()).map(|l| l.number.to_string()).unwrap_or_default();
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let id: Vec<char> = line.map(|l| l.id.as_str().chars().collect()).unwrap_or_default();
    let of = if digits.len() >= LAST { digits } else { id };
    of[of.len().saturating_sub(LAST)..].iter().collect()
}

/// Columns that the review's lines may use: never more than 100, so that the eye finds the next line.
#[must_use]
pub fn width(size: (u16, u16)) -> usize {
    usize::from(layout::main(size.0)).saturating_sub(2).min(usize::from(layout::READABLE))
}
/// Rows between the head and the foot of the screen.
#[must_use]
pub fn body_rows(size: (u16, u16)) -> usize {
    usize::from(size.1).saturating_sub(if size.0 < layout::NARROW { 7 } else { 8 })
}
