//! Whose turn it is: what is asked now or waited for, and where its question and its answers are made.

use super::grammar::Answer;
use super::list::List;
use super::{Heard, Question, Reply, details, dialogs, fill, home, kind, review, submit};
use crate::app::desk::Desk;
use crate::app::overlay::Overlay;
use crate::app::review::Phase as Reviewing;
use crate::app::submit::Phase as Submitting;
use crate::app::{Model, Step, order};
use crate::domain::cache::Progress;
use crate::domain::draft::FieldId;
use crate::domain::grant;
use crate::domain::ids::{Id, OrderKey};
use crate::domain::journal::State as Stage;
use crate::domain::lookups::{self, Lookup};
use crate::domain::rows::{Entry, State as RowState};
use crate::domain::text::Clean;

/// What is asked: whatever differs is another question.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// For whom; with what is unfinished, which is told where it changes.
    Home(Vec<(OrderKey, Stage)>),
    /// Which type.
    Kind,
    /// A field.
    Field(FieldId),
    /// The review, which was shown or failed.
    Review(bool),
    /// The last digits of the line.
    Digits,
    /// What next, behind an order.
    Done,
    /// What to do about an order whose outcome is not known, as far as that is.
    Checking(Option<crate::app::submit::Known>),
    /// The last characters of the reference.
    Reference,
    /// A placed order was opened.
    Order(Id),
    /// Leave?
    Leave,
    /// Throw the draft away?
    Discard,
    /// Something to be read.
    Told(Clean),
    /// Somebody else has it.
    Held(OrderKey),
    /// A secret, and why it is asked for.
    SignIn(grant::Question),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// Lists and descriptions.
    Loading,
    /// The confirmation.
    Checking,
    /// The order's outcome.
    Sending,
    /// What comes of a secret.
    SigningIn,
}

/// Whether something is asked now.
#[derive(Clone, Debug, PartialEq)]
pub enum Now {
    /// That is waited for.
    Busy(Busy),
    /// That is asked.
    Asks(Which),
}

/// Where the state machine is: keys that were meant for one place mean something else in another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place(Option<(std::mem::Discriminant<Step>, Option<std::mem::Discriminant<Overlay>>, bool)>);

/// Where the state machine is.
#[must_use]
pub fn place(model: &Model) -> Place {
    let overlay = model.overlay.as_ref().map(std::mem::discriminant);
    Place(Some((std::mem::discriminant(&model.step), overlay, model.asks())))
}

/// Whether a line is taken while something is waited for.
#[must_use]
pub fn interrupts(heard: &Heard) -> bool {
    match heard {
        Heard::Line(text, _) => matches!(text.trim(), "<" | "q" | "Q"),
        Heard::Garbled(_) => false,
        Heard::End(_) => true,
    }
}

/// Whether a question must have been heard before it is answered: it comes uncalled, may cost something, or is agreed to.
#[must_use]
pub fn unforeseen(which: &Which, model: &Model) -> bool {
    match which {
        Which::Home(_) | Which::Kind | Which::Order(_) => false,
        Which::Field(_) => match &model.step {
            Step::Details(state) => {
                state.row(&model.desk).is_some_and(|row| matches!(row.entry, Entry::Tick(_) | Entry::Note(_)))
            }
            Step::Home(_) | Step::Kind(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => false,
        },
        Which::Review(_)
        | Which::Digits
        | Which::Done
        | Which::Checking(_)
        | Which::Reference
        | Which::Leave
        | Which::Discard
        | Which::Told(_)
        | Which::Held(_)
        | Which::SignIn(_) => true,
    }
}

/// What is asked now, or waited for. `working` where what was answered has not had its whole effect yet.
#[must_use]
pub fn now(model: &Model, working: bool) -> Now {
    if let Some(asked) = model.sign_in.as_ref().filter(|_| model.asks()) {
        return if asked.waits() {
            Now::Asks(Which::SignIn(asked.question.clone()))
        } else {
            Now::Busy(Busy::SigningIn)
        };
    }
    match &model.overlay {
        Some(Overlay::Leave(_)) => return Now::Asks(Which::Leave),
        Some(Overlay::Told(text)) => return Now::Asks(Which::Told(text.clone())),
        Some(Overlay::Held(key, ..)) => return Now::Asks(Which::Held(*key)),
        Some(Overlay::Discard(_)) => return Now::Asks(Which::Discard),
        Some(Overlay::Menu(_) | Overlay::Body(_) | Overlay::Aside) => return Now::Busy(Busy::Loading),
        None => {}
    }
    // Answers given with the first line wait for their fields.
    if working || !model.desk.ahead.is_empty() {
        return Now::Busy(Busy::Loading);
    }
    in_step(model)
}

fn in_step(model: &Model) -> Now {
    let desk = &model.desk;
    let asks = |which: Which, waits: bool| if waits { Now::Busy(Busy::Loading) } else { Now::Asks(which) };
    match &model.step {
        Step::Home(_) => {
            let unfinished = desk.unfinished().map(|s| (s.key, s.state)).collect();
            let nobody = desk.nobody();
            let waits = [&lookups::ME, &lookups::ORDERS].iter().any(|l| on_the_way(l, desk, &nobody));
            asks(Which::Home(unfinished), waits || desk.prefill.as_ref().is_some_and(|p| p.employee.is_some()))
        }
        Step::Kind(_) => {
            let of = [&lookups::ME, &lookups::LINES, &lookups::ORDERS, &lookups::PROFILE, &lookups::DEVICES_IN_USE];
            asks(Which::Kind, of.iter().any(|l| on_the_way(l, desk, &desk.draft)))
        }
        Step::Details(state) => match state.row(desk).filter(|_| !cornered(model)) {
            Some(row) => {
                let left = desk.left.is_some() && desk.form().iter().any(|r| r.state == RowState::Loading);
                asks(Which::Field(row.id), row.state == RowState::Loading || left)
            }
            None => Now::Busy(Busy::Loading),
        },
        Step::Review(state) if state.guard.is_some() => Now::Asks(Which::Digits),
        Step::Review(state) => match &state.phase {
            Reviewing::Asking => Now::Busy(Busy::Checking),
            Reviewing::Failed(..) => Now::Asks(Which::Review(false)),
            Reviewing::Shown(_) => Now::Asks(Which::Review(true)),
        },
        Step::Submit(state) if state.guard.is_some() => Now::Asks(Which::Reference),
        Step::Submit(state) => match &state.phase {
            Submitting::Sending => Now::Busy(Busy::Sending),
            Submitting::Done(_) => Now::Asks(Which::Done),
            Submitting::Checking => Now::Asks(Which::Checking(crate::app::submit::known(desk))),
        },
        Step::Order(state) => {
            let waits = order::keys(&state.id)
                .iter()
                .any(|key| matches!(desk.cache.progress(key), None | Some(Progress::Loading { .. })));
            asks(Which::Order(state.id.clone()), waits)
        }
    }
}

/// Whether the list of what the server refused has the keys. It was said; the fields are what is asked for.
#[must_use]
pub fn cornered(model: &Model) -> bool {
    model.overlay.is_none() && !model.asks() && matches!(&model.step, Step::Details(s) if s.list.is_some())
}

fn on_the_way(lookup: &Lookup, desk: &Desk, draft: &crate::domain::draft::Draft) -> bool {
    let progress = lookup.key(draft).and_then(|key| desk.cache.progress(&key));
    matches!(progress, Some(Progress::Loading { .. }))
}

/// The question as it is said.
pub(super) fn question(which: &Which, model: &Model, list: &mut List) -> Question {
    let desk = &model.desk;
    match (which, &model.overlay, &model.step) {
        (Which::SignIn(asked), ..) => dialogs::sign_in(asked),
        (Which::Leave, ..) => dialogs::leave(model.sending()),
        (Which::Discard, ..) => dialogs::discard(),
        (Which::Told(text), ..) => dialogs::told(text),
        (Which::Held(_), Some(Overlay::Held(_, by, _)), _) => dialogs::held(by),
        (Which::Home(_), _, Step::Home(state)) => home::question(state, desk, list),
        (Which::Kind, _, Step::Kind(_)) => kind::question(desk),
        (Which::Field(_), _, Step::Details(state)) => match state.row(desk) {
            Some(row) => details::question(state, desk, &row, list),
            None => Question::default(),
        },
        (Which::Digits, ..) => review::digits_wanted(desk),
        (Which::Review(_), _, Step::Review(state)) => match &state.phase {
            Reviewing::Shown(shown) => review::shown(shown, desk),
            Reviewing::Failed(fault, during) => review::failed(fault, *during),
            Reviewing::Asking => Question::default(),
        },
        (Which::Reference, ..) => submit::reference_wanted(desk),
        (Which::Checking(_), _, Step::Submit(state)) => submit::checking(state, desk),
        (Which::Done, _, Step::Submit(state)) => state.done().map(|done| submit::done(done, desk)).unwrap_or_default(),
        (Which::Order(_), _, Step::Order(state)) => submit::placed(state, desk),
        // What is asked is read from the same model: nothing else comes together.
        _ => Question::default(),
    }
}

/// The rows that a number can take here.
pub(super) fn listed(which: &Which, model: &Model, query: &str) -> Vec<(super::list::RowId, String)> {
    match (which, &model.step) {
        (Which::Home(_), Step::Home(state)) => home::listed(state, &model.desk),
        (Which::Kind, _) => kind::listed(&model.desk),
        (Which::Field(_), Step::Details(state)) => {
            state.row(&model.desk).map(|row| details::listed(&model.desk, &row, query)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// What can be typed here.
pub(super) fn help(which: &Which, model: &Model) -> Vec<String> {
    match (which, &model.step) {
        (Which::Home(_), _) => home::help(&model.desk),
        (Which::Kind, _) => kind::help(),
        (Which::Field(_), Step::Details(state)) => {
            state.row(&model.desk).map(|row| details::help(&model.desk, &row)).unwrap_or_default()
        }
        (Which::Review(true), _) => review::help(),
        _ => Vec::new(),
    }
}

/// What an answer does.
pub(super) fn answer(which: &Which, model: &Model, typed: Answer, list: &List, hand: bool) -> Reply {
    let desk = &model.desk;
    match (which, &model.step) {
        (Which::Home(_), Step::Home(state)) => home::answer(state, desk, typed, list),
        (Which::Kind, _) => kind::answer(desk, typed, list),
        (Which::Field(_), Step::Details(state)) => match state.row(desk) {
            Some(row) => fill::answer(state, desk, &row, typed, list),
            None => Reply::default(),
        },
        (Which::Review(_), Step::Review(state)) => review::answer(state, typed, hand),
        (Which::Digits | Which::Reference, _) => review::guard(typed, hand),
        (Which::Checking(_), _) => submit::answer_checking(desk, typed, hand),
        (Which::Done, Step::Submit(state)) => {
            state.done().map(|done| submit::answer_done(done, desk, typed)).unwrap_or_default()
        }
        (Which::Order(_), _) => submit::answer_placed(typed),
        (Which::Leave, _) => dialogs::numbered(typed, 3),
        (Which::Held(_) | Which::Discard, _) => dialogs::numbered(typed, 2),
        (Which::Told(_), _) => dialogs::acknowledged(typed),
        _ => Reply::default(),
    }
}
