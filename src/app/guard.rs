//! The last characters of a number, asked for before what cannot be taken back: they want eyes, and a deliberate hand.

use super::Input;
use super::desk::Desk;
use super::input::TextBox;
use super::keys::{Action, Key};
use super::message::{Effect, Millis};

/// So many characters are asked for.
pub const LAST: usize = 4;
/// A screen must have stood this long before an answer to it counts.
pub const READ: Millis = 600;

/// How long a screen has been seen, and whether the hand has paused since: a key before that was meant for what stood
/// there before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    at: Option<Millis>,
    awake: bool,
}

impl Seen {
    /// Whether the time of its first frame is not known yet.
    #[must_use]
    pub fn wanted(self) -> bool {
        self.at.is_none()
    }
    /// A frame that shows it was written at that time.
    pub fn painted(&mut self, at: Millis) {
        self.at.get_or_insert(at);
    }
    /// Whether it has stood long enough to be read.
    #[must_use]
    pub fn long(self, now: Millis) -> bool {
        self.at.is_some_and(|at| now >= at + READ)
    }
    /// Whether a key is meant for it: one that came after a pause, and every one after that.
    pub fn wakes(&mut self, desk: &Desk) -> bool {
        self.awake |= desk.quiet() && self.long(desk.now);
        self.awake
    }
}

/// The question, while it stands.
#[derive(Clone, Debug)]
pub struct Guard {
    /// What is typed so far.
    pub typed: TextBox,
    /// Since when it can be read.
    pub seen: Seen,
}

/// What came of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The question stands.
    Open,
    /// They are the ones.
    Right,
    /// The user would rather not.
    Dropped,
    /// It is none of its business.
    NotMine,
}

impl Guard {
    /// Asks; what was typed before the question was seen is no answer to it.
    #[must_use]
    pub fn ask(desk: &mut Desk) -> Self {
        desk.effects.push(Effect::Drain);
        Self { typed: TextBox::default(), seen: Seen::default() }
    }
    /// Takes an input. `of` is what the characters are the last ones of, for the sentence where they are not.
    pub fn on(&mut self, input: &Input, wanted: &str, of: &str, desk: &mut Desk) -> Answer {
        match input {
            Input::Do(Action::Accept) if !self.seen.long(desk.now) => {
                self.typed.clear();
                desk.warn("Read it first, then type the characters.");
            }
            Input::Do(Action::Accept) if self.typed.text().eq_ignore_ascii_case(wanted) => return Answer::Right,
            Input::Do(Action::Accept) => {
                self.typed.clear();
                desk.complain(&format!("Not sent: those are not the last {of}. Type them again, or Esc."));
            }
            Input::Do(Action::Clear) => self.typed.clear(),
            Input::Do(Action::Back) => return Answer::Dropped,
            Input::Do(_) => return Answer::NotMine,
            Input::Type(Key::Char(c)) if self.typed.text().chars().count() >= LAST || !c.is_ascii_graphic() => {}
            Input::Type(key) => {
                self.typed.key(*key);
            }
            // A paste is not a deliberate hand.
            Input::Paste(_) | Input::Answer(_) => {}
        }
        Answer::Open
    }
}
