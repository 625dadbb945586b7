//! What is said, and when: answers taken, messages, how long something takes, and the question that stands.

use super::list::List;
use super::turn::{self, Busy, Now, Which};
use super::{Plain, Said, details, words};
use crate::app::desk::{Desk, Level};
use crate::app::message::Millis;
use crate::app::{Model, Step};

impl Busy {
    /// What is said at its start, where it is said at once, and how it goes on.
    fn words(self) -> (&'static str, bool, &'static str) {
        match self {
            Self::Loading => ("Loading.", false, "Still loading"),
            Self::Checking => ("Checking with the server.", true, "Still checking"),
            Self::Sending => ("Sending the order. It is sent once.", true, "Still waiting for the answer"),
            Self::SigningIn => ("Signing in.", true, "Still signing in"),
        }
    }
}

impl Plain {
    /// Everything that is to be said now: what was answered, messages, how long something takes, and the question.
    pub fn say(&mut self, model: &Model, at: Millis) -> Vec<Said> {
        let mut lines = std::mem::take(&mut self.out);
        self.unsaid = false;
        if !std::mem::replace(&mut self.greeted, true) {
            lines.insert(0, greeting(&model.desk));
        }
        lines.extend(self.news(model));
        let mut prompt = None;
        match turn::now(model, !self.intents.is_empty()) {
            Now::Busy(what) => lines.extend(self.waiting(what, at, model.desk.manners.motion)),
            Now::Asks(which) => {
                lines.extend(self.done_waiting());
                prompt = self.question(which, model, at, &mut lines);
            }
        }
        if !lines.is_empty() && prompt.is_none() {
            self.prompted = false;
        }
        let wrapped = lines.iter().flat_map(|line| words::lines(line)).filter(|l| !l.is_empty()).map(Said::Line);
        wrapped.chain(prompt.map(Said::Prompt)).collect()
    }

    /// A message that was not said yet.
    pub(super) fn news(&mut self, model: &Model) -> Option<String> {
        let before = std::mem::replace(&mut self.notice, model.desk.notice.clone());
        let (level, text) = self.notice.as_ref().filter(|_| before != self.notice)?;
        let text = words::sentence(&words::said(text));
        Some(match level {
            Level::Help => text,
            Level::Warning => format!("Note: {text}"),
            Level::Error => format!("Error: {text}"),
        })
    }

    /// The question, where it was not said or its prompt does not stand any more.
    fn question(&mut self, which: Which, model: &Model, at: Millis, lines: &mut Vec<String>) -> Option<String> {
        let new = self.asked.as_ref() != Some(&which);
        if !new && self.prompted && lines.is_empty() {
            return None;
        }
        if new {
            self.bar(&which, model, at);
            lines.append(&mut self.out);
        }
        let goes_on = matches!((&self.asked, &which), (Some(Which::Home(_)), Which::Home(_)));
        let mut list = if new && !goes_on { List::default() } else { std::mem::take(&mut self.list) };
        let before = list.clone();
        let asked = turn::question(&which, model, &mut list);
        if !new {
            // Only a new question begins a list of its own.
            list = before;
        }
        if new {
            lines.extend(self.head(&which, model));
            lines.extend(asked.intro);
        }
        if list.wanted {
            let rows = turn::listed(&which, model, &list.query);
            lines.extend(list.page(&rows));
        }
        self.list = list;
        self.secret = asked.secret;
        self.prompted = true;
        self.asked = Some(which);
        Some(asked.prompt)
    }

    /// A question that nobody could have foreseen is not answered by what was typed before it; and what was begun unseen
    /// answers nothing else.
    fn bar(&mut self, which: &Which, model: &Model, at: Millis) {
        if self.hand && (self.secret || turn::unforeseen(which, model)) {
            self.drain();
            self.barred = Some(at);
        }
        self.unsaid = false;
    }

    /// What is said once on coming to the fields.
    fn head(&mut self, which: &Which, model: &Model) -> Vec<String> {
        let Step::Details(state) = &model.step else {
            if !matches!(which, Which::Leave | Which::Told(_) | Which::SignIn(_)) {
                self.form = None;
            }
            return Vec::new();
        };
        let here = Some((model.desk.key, model.desk.draft.actor().cloned()));
        if !matches!(which, Which::Field(_)) || self.form == here {
            return Vec::new();
        }
        if self.form.as_ref().map(|(key, _)| key) != Some(&model.desk.key) {
            self.passed.clear();
        }
        self.form = here;
        details::head(state, &model.desk)
    }

    /// What is waited for: said at its start, then every ten seconds where anything may move.
    fn waiting(&mut self, what: Busy, at: Millis, moves: bool) -> Option<String> {
        let (start, at_once, goes_on) = what.words();
        if self.busy.as_ref().is_none_or(|(before, ..)| *before != what) {
            self.busy = Some((what, at, 0));
            self.prompted = false;
            // What comes of these is another answer each time.
            if what != Busy::Loading {
                (self.asked, self.form) = (None, None);
            }
        }
        let (_, since, told) = self.busy.as_mut()?;
        let waited = at.saturating_sub(*since);
        if *told > 0 && !moves {
            *told = NO_MORE;
            return None;
        }
        if *told == 0 && (at_once || waited >= SLOW) {
            *told = 1;
            return Some(start.into());
        }
        let tens = waited / TELLS;
        (*told > 0 && tens >= *told).then(|| {
            *told = tens + 1;
            format!("{goes_on}, {} seconds.", tens * TELLS / 1000)
        })
    }

    /// What was waited for is there.
    fn done_waiting(&mut self) -> Option<String> {
        let (what, _, told) = self.busy.take()?;
        (told > 0 && matches!(what, Busy::Loading | Busy::Checking)).then(|| "Done.".into())
    }

    /// When something is to be said of what is waited for.
    #[must_use]
    pub fn due(&self) -> Option<Millis> {
        let (_, since, told) = self.busy.as_ref().filter(|(.., told)| *told != NO_MORE)?;
        Some(since + if *told == 0 { SLOW } else { told * TELLS })
    }
}

/// Which program it is, and whether it is in earnest.
fn greeting(desk: &Desk) -> String {
    match desk.session.sandbox {
        true => "mobproc, line by line. SANDBOX: nothing is really ordered.".into(),
        false => format!("mobproc, line by line. Profile {}.", desk.session.profile),
    }
}

/// What takes longer is said.
const SLOW: Millis = 1000;
/// And then again after each such time.
const TELLS: Millis = 10_000;
/// Nothing more is said of it.
const NO_MORE: u64 = u64::MAX;
