//! From one step to another: where a step wants to go, and what its screen was left like for whoever comes back.

use super::keys::Action;
use super::overlay::{self, Overlay};
use super::{Model, Step, details, home, kind, order, review, submit};
use crate::domain::draft::FieldId;
use crate::domain::ids::{Id, OrderKey};

/// Where a step wants to go.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Nowhere.
    Stay,
    /// To who.
    Home,
    /// To the types.
    Kind,
    /// To the fields, to that one where it is named.
    Details(Option<FieldId>),
    /// To the review: the server is asked.
    Review,
    /// Send it.
    Submit,
    /// Put the draft on the shelf and go home.
    Shelve,
    /// The draft has ended: home, with a new one.
    Finish,
    /// A new draft for the same person.
    Another,
    /// A new draft with the same answers for somebody else.
    SameAgain,
    /// To an order that was placed.
    Order(Id),
    /// From there back to where it was opened.
    Return,
    /// The exact body that would be sent, over the review.
    Body,
    /// Nowhere; but that is done.
    Does(Action),
}

/// What screens were left like, for whoever goes back and on again.
#[derive(Clone, Debug, Default)]
pub(super) struct Recall {
    /// Who was looked for, and for which draft.
    who: Option<(OrderKey, home::State)>,
    /// Where the highlight stood among the types, and for which person.
    kind: Option<(Option<Id>, kind::State)>,
}

impl Model {
    pub(super) fn go(&mut self, step: Move) {
        if step != Move::Stay {
            self.desk.want(Vec::new());
            self.leaves(&step);
        }
        match step {
            Move::Stay => {}
            Move::Does(action) => drop(overlay::everywhere(self, action)),
            Move::Body => self.overlay = Some(Overlay::Body(0)),
            Move::Home => {
                let there = self.recall.who.take().filter(|(key, _)| *key == self.desk.key);
                self.step = Step::Home(there.map(|(_, state)| Box::new(state.recalled())).unwrap_or_default());
            }
            Move::Kind => {
                let person = self.desk.draft.actor().cloned();
                // Going on from the person restores what was highlighted; going back goes to the draft's type.
                let forth = matches!(self.step, Step::Home(_));
                let there = self.recall.kind.take().filter(|(who, _)| forth && *who == person);
                let there = there.map(|(_, state)| kind::State { digit: None, ..state });
                self.step = Step::Kind(there.unwrap_or_else(|| kind::State::enter(&self.desk)));
            }
            Move::Details(focus) => self.step = Step::Details(Box::new(details::State::enter(&self.desk, focus))),
            Move::Review => {
                // Nothing that was typed before the review was seen may act on it.
                self.forget_going_on();
                self.desk.drop_ahead();
                self.step = Step::Review(Box::new(review::State::enter(&mut self.desk)));
            }
            Move::Submit => {
                if let Step::Review(state) = &self.step {
                    let order = Box::new(state.order().clone());
                    self.step = Step::Submit(Box::new(submit::State::send(order, &mut self.desk)));
                }
            }
            Move::Finish => {
                self.desk.fresh();
                self.step = Step::Home(Box::default());
            }
            Move::Shelve => {
                self.keep();
                self.desk.shelve();
                self.step = Step::Home(Box::default());
            }
            Move::Another => {
                self.desk.another();
                self.step = Step::Kind(kind::State::enter(&self.desk));
            }
            Move::SameAgain => {
                self.desk.same_again();
                self.step = Step::Home(Box::default());
            }
            Move::Order(id) => {
                let before = std::mem::replace(&mut self.step, Step::Home(Box::default()));
                self.step = Step::Order(order::State::enter(id, before, &mut self.desk));
            }
            Move::Return => {
                if let Step::Order(state) = &self.step {
                    self.step = state.before();
                }
            }
        }
    }

    /// Notes what the present screen is left like.
    fn leaves(&mut self, step: &Move) {
        let on = matches!(step, Move::Home | Move::Kind | Move::Details(_));
        match &self.step {
            Step::Home(state) if on => self.recall.who = Some((self.desk.key, (**state).clone())),
            Step::Kind(state) if on => {
                self.recall.kind = Some((self.desk.draft.actor().cloned(), state.clone()));
            }
            Step::Home(_) | Step::Kind(_) | Step::Details(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => {}
        }
    }
}
