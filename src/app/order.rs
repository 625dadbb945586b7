//! An order that was placed, opened from a list: "where is my phone?" Its status, parts, history and parcels. Reads only.
//!
//! ```text
//!  8710840
//!  NEW_ACTIVATION  SHIPPED            submitted 27 Jan 2016 22:17 UTC
//!  Parcels   FedEx 794611111111, sent 28 Jan 2016 15:02 UTC
//! ```

use super::desk::Desk;
use super::keys::Action;
use super::lines::{self, Tone};
use super::message::Effect;
use super::picker::stepped;
use super::{Input, Move, Step};
use crate::domain::cache::Progress;
use crate::domain::ids::Id;
use crate::domain::lookups::{self, Found, Lookup, LookupKey};

/// The screen of one order.
#[derive(Clone, Debug)]
pub struct State {
    /// Its id.
    pub id: Id,
    /// The first line on the screen.
    pub scroll: usize,
    /// Where it was opened from, to go back to.
    before: Box<Step>,
}

/// The three resources of an order: itself, its history, its shipments.
#[must_use]
pub fn keys(id: &Id) -> [LookupKey; 3] {
    let below = |lookup: &Lookup, what| lookup.of("/orders", id, what, None);
    [below(&lookups::ORDER, ""), below(&lookups::HISTORY, "/history"), below(&lookups::SHIPMENTS, "/shipments")]
}

impl State {
    /// Opens the order, and asks for what it shows.
    #[must_use]
    pub fn enter(id: Id, before: Step, desk: &mut Desk) -> Self {
        desk.want(keys(&id).to_vec());
        Self { id, scroll: 0, before: Box::new(before) }
    }
    /// Where it was opened from.
    #[must_use]
    pub fn before(&self) -> Step {
        (*self.before).clone()
    }
    /// The screen line by line, laid out for that width.
    #[must_use]
    pub fn lines(&self, desk: &Desk, width: usize) -> Vec<(String, Tone)> {
        let [order, history, shipments] = keys(&self.id);
        let part = |key: &LookupKey| match desk.cache.progress(key) {
            Some(Progress::Ready(found)) => Ok(found.clone()),
            Some(Progress::Failed(fault)) => Err(fault.to_string()),
            Some(Progress::Loading { .. }) | None => Err("loading ...".to_owned()),
        };
        lines::tracked(&[part(&order), part(&history), part(&shipments)], width)
    }
    /// The placed order, once it is there.
    #[must_use]
    pub fn found<'a>(&self, desk: &'a Desk) -> Option<&'a crate::domain::tracking::Tracked> {
        let [order, ..] = keys(&self.id);
        if let Found::Order(order) = desk.cache.ready(&order)? { Some(order) } else { None }
    }

    /// Takes an input.
    pub fn on(&mut self, input: &Input, desk: &mut Desk) -> Move {
        let rows = super::review::body_rows(desk.size);
        let all = self.lines(desk, super::review::width(desk.size));
        match input {
            Input::Do(Action::Back | Action::GoHome) => return Move::Return,
            Input::Do(Action::Reload) => {
                for key in keys(&self.id) {
                    desk.reload(Some(key));
                }
            }
            Input::Do(Action::Copy) => {
                desk.effects.push(Effect::Copy(self.id.to_string()));
                desk.say("Asked the terminal to copy the order id.");
            }
            Input::Do(Action::CopyText) => {
                let text: Vec<_> =
                    self.lines(desk, 78).into_iter().map(|(line, _)| line.trim_end().to_owned()).collect();
                desk.effects.push(Effect::Copy(format!("Order {}\n{}", self.id, text.join("\n"))));
                desk.say("Asked the terminal to copy the text.");
            }
            Input::Do(action) if action.moves() => {
                self.scroll = stepped(self.scroll, *action, (all.len() + 1).saturating_sub(rows), rows);
            }
            Input::Do(_) | Input::Type(_) | Input::Paste(_) | Input::Answer(_) => {}
        }
        Move::Stay
    }
}
