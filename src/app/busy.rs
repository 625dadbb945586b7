//! What takes long: it is counted in the message line, second by second, and nothing else moves. The seconds come in events.

use super::desk::{Desk, Level};
use super::message::Effect;
use crate::domain::text::Clean;

/// What the program may do beside drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// Ring where something typed ahead is not done.
    pub bell: bool,
    /// Count the seconds of what takes long; else that is said once.
    pub motion: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { bell: true, motion: true }
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// A submission.
    Sending,
    /// A confirmation.
    Confirming,
    /// A list, or whatever else is looked up.
    Looking,
}

impl Busy {
    fn doing(self) -> &'static str {
        match self {
            Self::Sending => "Sending the order; wait for the answer.",
            Self::Confirming => "Asking the server.",
            Self::Looking => "Loading.",
        }
    }
}

impl Desk {
    /// The message line: what was said, unless it was only help and something is waited for.
    #[must_use]
    pub fn message(&self) -> Option<(Level, Clean)> {
        let progress = || self.progress.clone().map(|text| (Level::Help, text));
        self.notice.clone().filter(|(level, _)| *level > Level::Help).or_else(progress).or_else(|| self.notice.clone())
    }
    /// That is waited for now.
    pub fn works(&mut self, now: Option<Busy>) {
        let before = self.busy.map(|(what, _)| what);
        if before == now {
            return;
        }
        // Where nothing moves, the seconds are not told any more once it was said; of what comes now it was not.
        let said = !self.manners.motion && self.progress.is_some();
        if before.is_none() || now.is_none() || said {
            self.effects.push(Effect::Seconds(now.is_some()));
        }
        self.busy = now.map(|what| (what, 0));
        self.progress = None;
    }
    /// A second has passed.
    pub fn second(&mut self) {
        let Some((what, seconds)) = &mut self.busy else { return };
        *seconds += 1;
        let doing = what.doing();
        if self.manners.motion {
            self.progress = Some(Clean::new(&format!("{doing} {seconds} s")));
        } else if self.progress.is_none() {
            self.progress = Some(Clean::new(&format!("{doing} It is still working.")));
            self.effects.push(Effect::Seconds(false));
        }
    }
}
