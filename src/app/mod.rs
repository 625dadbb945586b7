//! The whole program's behaviour as a pure state machine: an event in, the state changed, effects out.
//! No clock, no randomness, no IO: time and order numbers arrive in events.

pub mod ahead;
pub mod busy;
pub mod desk;
pub mod details;
pub mod guard;
pub mod home;
pub mod input;
pub mod keys;
pub mod kind;
pub mod layout;
pub mod lines;
pub mod message;
pub mod order;
pub mod overlay;
pub mod people;
pub mod picker;
pub mod question;
pub mod review;
pub mod signin;
pub mod submit;
pub mod text_of;
pub mod ways;

pub use ahead::Ahead;
use busy::Busy;
use desk::Desk;
use keys::{Action, Key};
use message::{Effect, Event, Millis};
use overlay::Overlay;
pub use ways::Move;
use ways::Recall;

use message::{NotOpened, Opened};

use crate::domain::attempt::{Confirmed, Verdict};
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::kept::{Place, Spot};
use crate::domain::lookups::LookupKey;
use crate::domain::prefill::Prefill;
use crate::domain::reply::Resolved;
use crate::domain::text::Clean;

/// The program.
#[derive(Clone, Debug)]
pub struct Model {
    /// Where in the wizard.
    pub step: Step,
    /// What all steps share.
    pub desk: Desk,
    /// A dialog over the screen.
    pub overlay: Option<Overlay>,
    /// A question for a secret, over everything but the question before leaving.
    pub sign_in: Option<signin::State>,
    /// What the question before leaving stands over, where that must be read or answered too.
    behind: Option<Overlay>,
    /// The lines of the open menu, as they were when it was opened.
    listed: Vec<&'static keys::Binding>,
    /// What the screens of the present draft were left like.
    recall: Recall,
    /// Whether the program is to end.
    pub quit: bool,
}

/// The steps of the wizard, each with its own state.
#[derive(Clone, Debug)]
pub enum Step {
    /// Who is it for.
    Home(Box<home::State>),
    /// Which transaction type.
    Kind(kind::State),
    /// The fields.
    Details(Box<details::State>),
    /// The server's confirmation.
    Review(Box<review::State>),
    /// Sending, and what came of it.
    Submit(Box<submit::State>),
    /// An order that was placed, opened from a list.
    Order(order::State),
}

/// What a step sees.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A key that means something here.
    Do(Action),
    /// A key for the text box, or for the step's own codes.
    Type(Key),
    /// Pasted text.
    Paste(String),
    /// An answer for the first field that is missing.
    Answer(String),
}

/// The smallest screen that is drawn: columns and rows.
pub const SMALLEST: (u16, u16) = (40, 12);

impl Model {
    /// The first screen, and what must be fetched for it.
    #[must_use]
    pub fn start(desk: Desk) -> (Self, Vec<Effect>) {
        let mut model = Self {
            step: Step::Home(Box::default()),
            desk,
            overlay: None,
            sign_in: None,
            behind: None,
            listed: Vec::new(),
            recall: Recall::default(),
            quit: false,
        };
        let effects = model.settled();
        (model, effects)
    }
    /// The first screen with what was given from outside: it goes on by itself as far as that reaches.
    #[must_use]
    pub fn prefilled(mut desk: Desk, prefill: Prefill) -> (Self, Vec<Effect>) {
        desk.begin(prefill);
        Self::start(desk)
    }
    /// Whether a text box has focus, so that printable keys are text.
    #[must_use]
    pub fn typing(&self) -> bool {
        match (&self.overlay, &self.step) {
            (Some(_), _) => false,
            (None, _) if self.sign_in.is_some() => false,
            (None, Step::Home(s)) => s.typing(),
            (None, Step::Details(s)) => s.typing(),
            (None, Step::Review(s)) => s.typing(),
            (None, Step::Submit(s)) => s.typing(),
            (None, Step::Kind(_) | Step::Order(_)) => false,
        }
    }
    /// Whether the last characters of a number are asked for, before what cannot be taken back.
    #[must_use]
    pub fn guarded(&self) -> bool {
        match &self.step {
            Step::Review(s) => s.guard.is_some(),
            Step::Submit(s) => s.guard.is_some(),
            Step::Home(_) | Step::Kind(_) | Step::Details(_) | Step::Order(_) => false,
        }
    }
    /// Whether an order is on its way and its outcome not known yet.
    #[must_use]
    pub fn sending(&self) -> bool {
        matches!(&self.step, Step::Submit(s) if s.sending())
    }
    /// Whether a key would send the order, or ask for what sends it.
    #[must_use]
    pub fn submits(&self, key: Key) -> bool {
        let Step::Review(state) = &self.step else { return false };
        let button = state.button.and_then(|at| review::BUTTONS.get(at)).map(|(action, _)| *action);
        let meant = match keys::resolve(self, key) {
            Some(Action::Accept) => button,
            other => other,
        };
        meant == Some(Action::Submit) && self.overlay.is_none() && !self.asks()
    }
    /// Whether the frame's time is wanted: what must be seen before a key counts for it is armed by that.
    #[must_use]
    pub fn wants_painted(&self) -> bool {
        match (&self.sign_in, &self.step) {
            _ if self.too_small() => false,
            (Some(asked), _) => asked.wants_painted() && self.asks(),
            (None, _) if self.overlay.is_some() => false,
            (None, Step::Review(s)) => s.wants_painted(self.desk.size),
            (None, Step::Submit(s)) => s.wants_painted(),
            (None, Step::Home(s)) => s.unseen(),
            (None, Step::Details(s)) => s.unseen(),
            (None, Step::Kind(_) | Step::Order(_)) => false,
        }
    }
    /// Whether the question for a secret is what the screen shows.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.sign_in.is_some() && !self.leaving()
    }
    /// Whether it is asked whether to leave.
    #[must_use]
    pub fn leaving(&self) -> bool {
        matches!(self.overlay, Some(Overlay::Leave(_)))
    }
    /// Whether the screen is to be read as plain text on the terminal's normal screen, and nothing else must be seen.
    #[must_use]
    pub fn aside(&self) -> bool {
        self.overlay == Some(Overlay::Aside) && !self.asks() && !self.too_small()
    }

    /// What is waited for on the present screen.
    fn busy(&self) -> Option<Busy> {
        if self.sending() {
            Some(Busy::Sending)
        } else if matches!(&self.step, Step::Review(s) if s.asking()) {
            Some(Busy::Confirming)
        } else {
            // How far people are, is counted beside the box; it is waited for only by what was typed ahead of it.
            let ahead = matches!(self.step, Step::Home(_)) && !self.desk.ahead.is_empty();
            let whom = ahead && (self.desk.people.underway() || self.desk.lines.underway());
            (whom || self.desk.cache.loading()).then_some(Busy::Looking)
        }
    }

    fn input(&mut self, input: Input) {
        let step = match &mut self.step {
            Step::Home(s) => s.on(input, &mut self.desk),
            Step::Kind(s) => s.on(input, &mut self.desk),
            Step::Details(s) => s.on(input, &mut self.desk),
            Step::Review(s) => s.on(input, &mut self.desk),
            Step::Submit(s) => s.on(&input, &mut self.desk),
            Step::Order(s) => s.on(&input, &mut self.desk),
        };
        self.go(step);
    }

    fn key(&mut self, key: Key, at: Millis) {
        self.desk.quiet_since = std::mem::replace(&mut self.desk.last_input, at);
        self.desk.now = at;
        if self.too_small() && key != Key::Ctrl('c') && !self.leaving() {
            return;
        }
        if self.asks()
            && let Some(asked) = self.sign_in.take()
        {
            return signin::on(self, asked, key);
        }
        if let Some(overlay) = self.overlay.take() {
            return overlay::on(self, overlay, key);
        }
        if self.too_early(key) {
            return;
        }
        let input = match keys::resolve(self, key) {
            Some(action) => match overlay::everywhere(self, action) {
                Some(action) => Input::Do(action),
                None => return,
            },
            None if key == Key::Ctrl('s') => return self.desk.say("Everything typed is kept; nothing needs saving."),
            None => Input::Type(key),
        };
        self.take(input, Ahead::Key(key));
    }

    fn paste(&mut self, text: String, at: Millis) {
        self.desk.quiet_since = std::mem::replace(&mut self.desk.last_input, at);
        self.desk.now = at;
        if self.too_small() {
            // What cannot be seen is not acted on.
        } else if self.asks() {
            signin::paste(self, &text);
        } else if self.overlay.is_none() {
            self.take(Input::Paste(text.clone()), Ahead::Paste(text));
        }
    }

    fn painted(&mut self, at: Millis) {
        if !self.wants_painted() {
            return;
        }
        self.desk.drawn = at;
        match (&mut self.sign_in, &mut self.step) {
            (Some(asked), _) => asked.painted(at),
            (None, Step::Review(state)) => state.painted(at, self.desk.size),
            (None, Step::Submit(state)) => state.painted(at),
            (None, Step::Home(state)) => state.painted(),
            (None, Step::Details(state)) => state.painted(),
            (None, Step::Kind(_) | Step::Order(_)) => {}
        }
    }
    /// Whether a key was pressed before what came of the order could be read: it was meant for the screen before.
    fn too_early(&mut self, key: Key) -> bool {
        let harmless = matches!(key, Key::Ctrl('c' | 'l' | 'z'));
        let Step::Submit(state) = &mut self.step else { return false };
        if harmless || state.wakes(&self.desk) {
            return false;
        }
        if self.desk.notice.is_none() {
            self.desk.say("This has just come. Read it, then press a key.");
        }
        true
    }

    fn confirmed(&mut self, number: &OrderNumber, ticket: u64, result: Result<Confirmed, Fault>) {
        // An order must never be lost: it is noted even where its confirmation is no longer waited for.
        let result = match result {
            Ok(Confirmed::Ordered(order)) => return self.ordered_unasked(number, Some(*order)),
            Ok(Confirmed::OrderedOther(_)) => return self.ordered_unasked(number, None),
            other => other,
        };
        if let Step::Review(state) = &mut self.step
            && self.desk.draft.number == *number
            && state.awaits(ticket)
        {
            // A menu was about the screen before.
            self.overlay = self.overlay.take().filter(|o| matches!(o, Overlay::Leave(_) | Overlay::Told(_)));
            let step = state.answered(result, &mut self.desk);
            self.go(step);
            if let Step::Details(state) = &mut self.step {
                state.show_errors(&mut self.desk);
            }
        }
    }

    /// The server ordered when it was only asked to confirm; without an order that can be read as ours, nobody knows what.
    fn ordered_unasked(&mut self, number: &OrderNumber, order: Option<Resolved>) {
        let id = order.as_ref().and_then(|o| o.order_id.clone());
        self.desk.note_asked(number, id.as_ref());
        let here = self.desk.draft.number == *number && !matches!(self.step, Step::Submit(_));
        if !here {
            let what = id.map_or_else(|| "an order that cannot be read".to_owned(), |id| format!("order {id}"));
            return self.desk.complain(&format!(
                "The confirmation of {number} was answered by {what}. It is noted; do not enter it again."
            ));
        }
        self.close();
        self.step = Step::Submit(Box::new(match order {
            Some(order) => submit::State::ordered(&mut self.desk, order, true),
            None => submit::State::unsure(
                "the server was only asked to confirm, and answered with an order that cannot be read as ours",
                &mut self.desk,
            ),
        }));
    }

    fn verdict(&mut self, number: &OrderNumber, verdict: Verdict) {
        if let Verdict::Accepted(order) = &verdict {
            self.desk.note_asked(number, order.order_id.as_ref());
            self.desk.forget_orders();
        }
        if self.desk.draft.number != *number || !self.sending() {
            return self.verdict_elsewhere(number, &verdict);
        }
        self.close();
        let Step::Submit(state) = &mut self.step else { return };
        match verdict {
            Verdict::Accepted(order) => {
                self.step = Step::Submit(Box::new(submit::State::ordered(&mut self.desk, *order, false)));
            }
            Verdict::Unknown(why) => state.unknown(why, &mut self.desk),
            Verdict::NotSent(fault) | Verdict::NotApplied(fault, _) => {
                self.desk.unrecord();
                self.desk.effects.push(Effect::Drain);
                self.step = Step::Review(Box::new(review::State::stopped(fault, &mut self.desk)));
            }
            Verdict::Rejected(errors) => {
                self.desk.unrecord();
                self.desk.effects.push(Effect::Drain);
                self.desk.refused = errors;
                self.go(Move::Details(None));
                if let Step::Details(state) = &mut self.step {
                    state.show_errors(&mut self.desk);
                }
            }
        }
    }

    /// What came of an order whose screen was left.
    fn verdict_elsewhere(&mut self, number: &OrderNumber, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted(order) => {
                let id = order.order_id.as_ref().map(ToString::to_string).unwrap_or_default();
                self.desk.warn(&format!("Order {id} is submitted, reference {number}."));
            }
            Verdict::Rejected(_) => {
                self.desk.warn(&format!("{number} was refused by the server: it stands in the list."))
            }
            Verdict::NotSent(fault) | Verdict::NotApplied(fault, _) => {
                self.desk.take_back(number);
                self.desk.warn(&format!("{number} was not placed. {fault} It stands in the list."));
            }
            Verdict::Unknown(_) => {
                self.desk.warn(&format!("{number}: sent, no answer. It is looked for; do not enter it again."))
            }
        }
    }

    /// An order was read again.
    fn status(&mut self, id: &Id, result: Result<Box<Resolved>, Fault>) {
        if let Step::Submit(state) = &mut self.step
            && state.status(id, result, &mut self.desk)
        {
            self.close();
        }
    }

    /// Where the cursor is in a draft that can be gone on with; `None` where there is none.
    fn spot(&self) -> Option<Spot> {
        let read = self.desk.read.clone();
        match &self.step {
            Step::Home(_) => Some(Spot { place: Place::Who, read, ..self.far() }),
            Step::Kind(_) => Some(Spot { place: Place::Kind, read, ..self.far() }),
            Step::Details(s) => Some(Spot { read, ..s.spot(&self.desk) }),
            Step::Review(_) => {
                let (done, of) = crate::domain::rows::done(&self.desk.draft, &self.desk.form());
                Some(Spot { place: Place::Review, focus: self.desk.last_focus.clone(), typed: None, read, done, of })
            }
            Step::Submit(_) | Step::Order(_) => None,
        }
    }
    /// How far the draft is.
    fn far(&self) -> Spot {
        if self.desk.draft.who.is_none() || self.desk.draft.kind.is_none() {
            return Spot::default();
        }
        let (done, of) = crate::domain::rows::done(&self.desk.draft, &self.desk.form());
        Spot { done, of, focus: self.desk.last_focus.clone(), ..Spot::default() }
    }
    /// Gives the draft to be written down where it has changed.
    fn keep(&mut self) {
        // What was taken up again is written down as it was left, until it stands so.
        if let Some(spot) = self.spot() {
            self.desk.keep(self.desk.left.clone().unwrap_or(spot));
        }
    }

    /// An order that was written down has come, or cannot be had.
    fn opened(&mut self, key: OrderKey, result: Result<Box<Opened>, NotOpened>) {
        if !matches!(self.step, Step::Home(_)) {
            // Whoever has begun something else meanwhile is not thrown out of it.
            return self.desk.effects.push(Effect::Close(key));
        }
        match result {
            Err(NotOpened::Held(by)) => {
                self.desk.drop_ahead();
                self.desk.effects.push(Effect::Drain);
                if !self.tells() {
                    self.behind = None;
                    self.overlay = Some(Overlay::Held(key, by, 0));
                }
            }
            Err(NotOpened::Gone(why)) => self.desk.complain(&why),
            Ok(opened) => {
                self.keep();
                let state = opened.state;
                self.desk.open(key, *opened);
                self.close();
                if state.open() {
                    self.resume();
                } else {
                    self.step = Step::Submit(Box::new(submit::State::checking(&mut self.desk)));
                }
            }
        }
    }
    /// To where the draft was left.
    fn resume(&mut self) {
        let spot = self.desk.left.clone().unwrap_or_default();
        match spot.place {
            _ if self.desk.draft.kind.is_none() => {
                self.desk.left = None;
                self.step = Step::Kind(kind::State::enter(&self.desk));
            }
            Place::Who | Place::Kind => {
                self.desk.left = None;
                self.go(Move::Details(None));
            }
            Place::Details | Place::Review => {
                self.go(Move::Details(spot.focus));
                if let (Step::Details(state), false) = (&mut self.step, self.desk.refused.is_empty()) {
                    state.show_errors(&mut self.desk);
                }
            }
        }
    }
    /// A draft that was left at its review goes there again, as soon as its fields are there: the server is asked anew.
    fn back_to_review(&mut self) {
        let waits = self.desk.left.as_ref().is_some_and(|l| l.place == Place::Review);
        if !waits || !matches!(self.step, Step::Details(_)) {
            return;
        }
        let rows = self.desk.form();
        if rows.iter().any(|r| r.state == crate::domain::rows::State::Loading) {
            return;
        }
        self.desk.left = None;
        let open = crate::domain::rows::problems(&self.desk.draft, &rows);
        match open.first() {
            None => self.go(Move::Review),
            Some((_, label, why)) => {
                self.desk.warn(&format!("{label}: {}. Then ^O asks the server again.", why.trim_end_matches('.')));
            }
        }
    }
    /// Another session goes on with this draft; what was typed here stands in the list as a copy.
    fn overtaken(&mut self, key: OrderKey) {
        if self.desk.key == key {
            self.desk.fresh();
            self.step = Step::Home(Box::default());
            self.tell(Clean::new(
                "Another session goes on with this draft. What you typed here is kept as a draft of its own; it stands in the list.",
            ));
        }
    }
    /// Says what must be read before anything else; what was typed meanwhile means nothing to it.
    fn tell(&mut self, text: Clean) {
        self.desk.drop_ahead();
        self.desk.effects.push(Effect::Drain);
        self.close();
        let before = match self.overlay.take() {
            Some(Overlay::Told(before)) if before != text => format!("{before} "),
            Some(_) | None => String::new(),
        };
        self.overlay = Some(Overlay::Told(Clean::new(&format!("{before}{text}"))));
    }
    /// Another screen has come: a dialog about the one before goes, what must be read stays.
    fn close(&mut self) {
        let open = [self.overlay.take(), self.behind.take()];
        self.overlay = open.into_iter().flatten().find(|o| matches!(o, Overlay::Told(_)));
    }
    /// Whether something must be read before anything else, if only after the question before leaving.
    fn tells(&self) -> bool {
        [&self.overlay, &self.behind].into_iter().any(|o| matches!(o, Some(Overlay::Told(_))))
    }

    /// The highlight has rested on what that says more about.
    fn rested(&mut self, key: LookupKey) {
        if self.highlighted().as_ref() == Some(&key) {
            self.desk.fetch(key);
        }
    }
    /// Whether the screen is too small to be drawn; what cannot be seen must not be acted on.
    #[must_use]
    pub fn too_small(&self) -> bool {
        self.desk.size.0 < SMALLEST.0 || self.desk.size.1 < SMALLEST.1
    }
}

/// Takes an event: changes the model and returns the work to do.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key, at) => model.key(key, at),
        // A secret may come all at once, from whoever keeps it.
        Event::Together(_) if model.asks() => {}
        Event::Together(at) => model.desk.last_input = at,
        Event::Paste(text, at) => model.paste(text, at),
        Event::Resized(columns, rows) => {
            model.desk.size = (columns, rows);
            if model.too_small() {
                model.desk.drop_ahead();
            }
        }
        Event::Second => model.desk.second(),
        Event::Keeping(keeping) => model.desk.session.keeping = keeping,
        Event::LastUsed(all) => model.desk.last_used(all),
        Event::Painted(at) => model.painted(at),
        Event::Today(day) => model.desk.today = day,
        Event::Number(bits, key) => model.desk.number(bits, key),
        Event::Journal(all) => {
            model.desk.journal(all);
            if let Step::Submit(state) = &mut model.step {
                state.refresh(&mut model.desk);
            }
        }
        Event::Saved(key, result) => model.desk.written(key, result),
        Event::Overtaken(key) => model.overtaken(key),
        Event::Opened(key, result) => model.opened(key, result),
        Event::Free(number, at) => {
            model.desk.free(&number, at);
            if let Step::Review(state) = &mut model.step {
                state.free(&number, at);
            }
        }
        Event::SignIn(question) => {
            model.desk.drop_ahead();
            signin::ask(model, question);
        }
        Event::SignedIn => model.sign_in = model.sign_in.take().filter(signin::State::waits),
        Event::News(text) => model.desk.warn(&text),
        Event::Alarm(text) => model.tell(text),
        Event::Page(key, page) => model.desk.cache.part(&key, page),
        Event::Found(key, result) => model.desk.found(key, result),
        Event::People(now) => model.desk.people_are(*now),
        Event::Lines(now) => model.desk.lines_are(*now),
        Event::Searched(found) => {
            if let Step::Home(state) = &mut model.step {
                state.searched(*found, &model.desk);
            }
        }
        Event::Rested(key) => model.rested(key),
        Event::Confirmed(number, ticket, result) => model.confirmed(&number, ticket, result),
        Event::Verdict(number, verdict) => model.verdict(&number, verdict),
        Event::Status(id, result) => model.status(&id, result),
    }
    model.settled()
}
