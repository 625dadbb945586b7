//! What is typed before the lookup that it is meant for has come: kept, taken as far as it is sure, else dropped with a
//! bell. Every event ends here.

use super::keys::{self, Action, Key};
use super::message::Effect;
use super::{Input, Model, Move, Step, home, kind};
use crate::domain::lookups::{self, LookupKey};
use crate::domain::text::Clean;

/// Something typed ahead of a lookup; what it means is decided when it is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Ahead {
    /// A key.
    Key(Key),
    /// Pasted text.
    Paste(String),
    /// An answer for the first field that is missing then.
    Answer(String),
}

/// More than this is a stuck key.
const AHEAD_AT_MOST: usize = 1000;

impl Model {
    /// What every event ends with: answers are settled, what was typed ahead is taken as far as it goes, and what is
    /// needed and not known is asked for.
    pub(super) fn settled(&mut self) -> Vec<Effect> {
        loop {
            if let Step::Home(s) = &mut self.step {
                let step = s.from_outside(&mut self.desk);
                self.go(step);
            }
            // What is being confirmed or sent is what it is held against: nothing changes it meanwhile.
            if !matches!(self.step, Step::Review(_) | Step::Submit(_)) {
                self.desk.settle();
            }
            match &mut self.step {
                Step::Home(s) => s.refresh(&mut self.desk),
                Step::Details(s) => {
                    s.refresh(&mut self.desk);
                    self.back_to_review();
                }
                Step::Kind(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => {}
            }
            // What was chosen before it was known may turn out not to be allowed.
            if let (Step::Details(_), Some(kind)) = (&self.step, self.desk.draft.kind)
                && let Some(why) = kind::refusal(&self.desk, kind)
            {
                self.desk.drop_ahead();
                self.go(Move::Kind);
                self.desk.complain(&format!("{} cannot be ordered here: {why}.", kind.label));
                break;
            }
            // What must be read and agreed to is not agreed to blind.
            self.not_blind();
            let Some(ahead) = self.desk.ahead.first().cloned() else { break };
            let input = match ahead {
                Ahead::Key(key) => keys::resolve(self, key).map_or(Input::Type(key), Input::Do),
                Ahead::Paste(text) => Input::Paste(text),
                Ahead::Answer(text) => Input::Answer(text),
            };
            if self.waits(&input) {
                break;
            }
            self.desk.ahead.remove(0);
            if let Some(why) = self.unsure(&input) {
                self.desk.refuse(&why);
                break;
            }
            self.desk.hush();
            self.input(input);
        }
        self.keep();
        let resting = self.highlighted();
        self.desk.rest(resting);
        self.desk.ask();
        let busy = self.busy();
        self.desk.works(busy);
        self.desk.take_effects()
    }

    /// What says more about the row that the highlight of a list stands on.
    pub(super) fn highlighted(&self) -> Option<LookupKey> {
        match &self.step {
            Step::Details(state) => state.more(&self.desk),
            Step::Home(state) => state.highlighted().map(|who| lookups::lines_of(&who.id)),
            Step::Kind(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => None,
        }
    }
    /// Whoever typed ahead that they want to go on is served by going on: no bell is due for it.
    pub(super) fn forget_going_on(&mut self) {
        let goes_on = |a: &Ahead| matches!(a, Ahead::Key(key) if keys::resolve(self, *key) == Some(Action::Onward));
        if self.desk.ahead.iter().all(goes_on) {
            self.desk.ahead.clear();
        }
    }
    /// Before a text that is to be read, what was typed ahead of it is dropped; that somebody wanted to go on is not.
    fn not_blind(&mut self) {
        let onward = match self.desk.ahead.first() {
            Some(Ahead::Key(key)) => keys::resolve(self, *key) == Some(Action::Onward),
            Some(Ahead::Paste(_) | Ahead::Answer(_)) => false,
            None => return,
        };
        let Step::Details(state) = &mut self.step else { return };
        if state.reads() {
            state.complete |= onward;
            self.desk.refuse("Read this first. What you typed ahead of it is dropped.");
        }
    }

    /// Whether an input must wait for a lookup that is on its way.
    fn waits(&self, input: &Input) -> bool {
        match &self.step {
            Step::Home(s) => s.waits(input, &self.desk),
            Step::Details(s) => s.waits(input, &self.desk),
            Step::Kind(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => false,
        }
    }

    /// Why something typed ahead is not done: what was typed blind must not choose among several.
    fn unsure(&self, input: &Input) -> Option<String> {
        let several = match (&self.step, input) {
            (Step::Home(s), Input::Do(Action::Accept)) => s.several(),
            (Step::Details(s), Input::Do(Action::Accept | Action::Onward)) => s.several(),
            (Step::Details(_), _) => None,
            (_, Input::Answer(text)) => return Some(format!("\"{}\" has no field here.", Clean::new(text))),
            _ => None,
        };
        several.map(home::choose_one)
    }

    /// Takes an input now, or keeps it until the lookup that it waits for has come.
    pub(super) fn take(&mut self, input: Input, typed: Ahead) {
        let stays = matches!(
            input,
            Input::Type(_) | Input::Paste(_) | Input::Do(Action::Accept | Action::Onward | Action::Next | Action::Down)
        );
        let spilt = std::mem::take(&mut self.desk.spilt) && !self.desk.quiet();
        if !stays {
            self.desk.ahead.clear();
        } else if spilt {
            // The end of something whose beginning was dropped means nothing by itself.
            return self.desk.spilt = true;
        } else if self.desk.ahead.len() >= AHEAD_AT_MOST {
            self.desk.spilt = true;
            return self.desk.refuse("Too much was typed ahead; it was dropped.");
        } else if !self.desk.ahead.is_empty() || self.waits(&input) {
            self.desk.ahead.push(typed);
            return self.desk.say("Still loading; what you type is kept for it. Esc drops it.");
        }
        self.desk.hush();
        self.input(input);
    }
}
