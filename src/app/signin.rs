//! The question for a secret, over whatever is on the screen: the sign-in has run out, and only somebody can renew it.
//! What was being done waits for the answer and goes on; nothing that was typed is lost.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Model;
use super::guard::Seen;
use super::keys::Key;
use super::message::{Effect, Millis};
use super::overlay::Overlay;
use super::question;
use crate::domain::grant::{AT_MOST, Question, Wanted};

/// The question while it stands.
#[derive(Clone, Debug)]
pub struct State {
    /// What is asked.
    pub question: Question,
    typed: Typing,
    /// When it was first seen: what was typed before, and by a hand that did not pause, was not meant for it.
    seen: Seen,
    /// Whether it was answered, and the answer is being tried: what is typed until then is not for the screen below.
    tried: bool,
}

/// A secret being typed, wiped when it goes. Nothing shows it.
#[derive(Clone, Default)]
struct Typing(Zeroizing<String>);

impl fmt::Debug for Typing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl Typing {
    /// Takes text, or nothing of it where it has no room.
    fn push(&mut self, foreign: &str) -> bool {
        if self.0.len() + foreign.len() > AT_MOST {
            return false;
        }
        // Moved by hand: what a growing string leaves behind would not be wiped.
        let mut longer = Zeroizing::new(String::with_capacity((self.0.len() + foreign.len()).max(256)));
        longer.push_str(&self.0);
        longer.extend(foreign.chars().filter(|c| !c.is_control()));
        self.0 = longer;
        true
    }
}

/// A secret that was typed.
#[derive(Clone, Debug)]
pub struct Typed(pub SecretString);

impl PartialEq for Typed {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl State {
    fn new(question: Question) -> Self {
        Self { question, typed: Typing::default(), seen: Seen::default(), tried: false }
    }
    /// How many characters are typed.
    #[must_use]
    pub fn typed(&self) -> usize {
        self.typed.0.chars().count()
    }
    /// Whether it waits for an answer, and not for what comes of one.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.tried
    }
    pub(super) fn wants_painted(&self) -> bool {
        self.seen.wanted()
    }
    pub(super) fn painted(&mut self, at: Millis) {
        self.seen.painted(at);
    }
}

/// Asks. What was typed ahead was not meant for this; one that stands already and asks the same goes on standing.
pub(super) fn ask(model: &mut Model, asked: Question) {
    if model.sign_in.as_ref().is_some_and(|s| s.question == asked && s.waits()) {
        return;
    }
    model.desk.ahead.clear();
    model.desk.hush();
    model.desk.effects.push(Effect::Drain);
    // What is below begins anew: the Enter behind a secret may come twice.
    model.overlay = model.overlay.take().map(question::anew);
    model.sign_in = Some(State::new(asked));
}

/// Takes a key.
pub(super) fn on(model: &mut Model, mut state: State, key: Key) {
    let awake = state.seen.wakes(&model.desk);
    match key {
        Key::Ctrl('c') if matches!(model.overlay, Some(Overlay::Told(_))) => return decline(model),
        Key::Ctrl('c') => {
            let over = model.overlay.take();
            question::leave(model, over);
        }
        Key::Ctrl('l') => model.desk.effects.push(Effect::Repaint),
        Key::Ctrl('z') => model.desk.effects.push(Effect::Suspend),
        // Whoever does not want to wait for it may look at the screen below; what waits goes on all the same.
        Key::Esc | Key::Ctrl('g') | Key::F(3 | 12) if state.tried => return,
        _ if state.tried => {}
        _ if !awake => model.desk.warn("mobproc asks for a secret: read, then type."),
        // The first one takes back what was typed: whatever else is typed must not stand on the screen below.
        Key::Esc | Key::Ctrl('g') | Key::F(3 | 12) if state.typed() > 0 => {
            state.typed = Typing::default();
            model.desk.warn("Cleared. Esc once more does without.");
        }
        Key::Esc | Key::Ctrl('g') | Key::F(3 | 12) => return decline(model),
        Key::Enter if state.typed() == 0 => {
            model.desk.warn(&format!("Type the {}, or Esc to do without.", state.question.wanted.name()));
        }
        Key::Enter => {
            model.desk.hush();
            let typed = Typed(SecretString::from(state.typed.0.as_str()));
            (state.typed, state.tried) = (Typing::default(), true);
            model.desk.effects.push(Effect::SignIn(Some(typed)));
        }
        Key::Char(c) => {
            model.desk.hush();
            state.typed.push(c.encode_utf8(&mut [0; 4]));
        }
        Key::Backspace => {
            state.typed.0.pop();
        }
        Key::Ctrl('u') => state.typed = Typing::default(),
        _ => {}
    }
    model.sign_in = Some(state);
}

/// Takes pasted text: a password manager's, with the end of its line perhaps.
pub(super) fn paste(model: &mut Model, foreign: &str) {
    let Some(state) = &mut model.sign_in else { return };
    if state.tried {
        return;
    }
    if !state.seen.wakes(&model.desk) {
        return model.desk.warn("mobproc asks for a secret: read, then type.");
    }
    let line = foreign.trim_end_matches(['\r', '\n']);
    let whole = !line.contains(['\r', '\n']) && state.typed.push(line);
    match (whole, state.question.wanted) {
        (true, _) => model.desk.hush(),
        (false, Wanted::AccessToken) => {
            model.desk.complain("That is no access token: it is several lines, or too long.")
        }
        (false, _) => model.desk.complain("That is several lines, or too long; nothing of it was taken."),
    }
}

fn decline(model: &mut Model) {
    model.desk.effects.push(Effect::SignIn(None));
    model.desk.warn("Not signed in. What you typed is kept; ^R asks again.");
}
