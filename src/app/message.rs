//! Every way into the state machine (`Event`) and every way out (`Effect`). Both are data.

use std::sync::Arc;

use serde_json::Value;

use super::keys::Key;
use crate::domain::attempt::{Confirmed, Verdict};
use crate::domain::choice::Choice;
use crate::domain::date::Date;
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderNumber};
use crate::domain::lookups::{Found, LookupKey};
use crate::domain::reply::Resolved;

/// Milliseconds of a clock that never goes back.
pub type Millis = u64;

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed.
    Key(Key, Millis),
    /// Text was pasted, as it came.
    Paste(String, Millis),
    /// The terminal has this many columns and rows.
    Resized(u16, u16),
    /// The frame that shows the present state was written.
    Painted(Millis),
    /// The calendar day is this.
    Today(Date),
    /// Random bits for the next order number.
    Number(u64),
    /// Some rows of a lookup came, and how many there will be.
    Page(LookupKey, Vec<Arc<Choice>>, Option<u64>),
    /// A lookup ended; `None` means that the pages were all.
    Found(LookupKey, Result<Option<Found>, Fault>),
    /// The highlight of a list has rested on the row that this says more about.
    Rested(LookupKey),
    /// A confirmation was answered.
    Confirmed(OrderNumber, u64, Result<Confirmed, Fault>),
    /// A submission ended.
    Verdict(OrderNumber, Verdict),
    /// An order was read again.
    Status(Id, Result<Box<Resolved>, Fault>),
}

/// Work to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Fetch a lookup, as part of the work on that order.
    Fetch(LookupKey, OrderNumber),
    /// Say so when the highlight has rested on a row for a while.
    Rest(LookupKey),
    /// Ask for a confirmation; nothing is ordered.
    Confirm(Box<Order>, u64),
    /// Send the order, once.
    Submit(Box<Order>),
    /// Read an order again.
    Status(Id, Option<Id>, OrderNumber),
    /// Draw random bits for an order number.
    Number,
    /// Ask the terminal to copy this.
    Copy(String),
    /// Throw away what was typed and not yet read.
    Drain,
    /// Draw everything anew.
    Repaint,
    /// Hand the terminal back to the shell until it continues us.
    Suspend,
}

/// An order ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Its number, also the ACTIVITYID of its calls.
    pub number: OrderNumber,
    /// The actor's platform id.
    pub actor: Option<Id>,
    /// The body (WIRE 7).
    pub body: Value,
}
