//! Every way into the state machine (`Event`) and every way out (`Effect`). Both are data.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::desk::Keeping;
use super::keys::Key;
use super::signin::Typed;
use crate::domain::attempt::{Confirmed, Verdict};
use crate::domain::choice::{Line, Person};
use crate::domain::date::Date;
use crate::domain::directory::{Lines, People};
use crate::domain::draft::Draft;
use crate::domain::fault::Fault;
use crate::domain::grant::Question;
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::journal::State;
use crate::domain::kept::{Kept, Spot, Standing};
use crate::domain::last::LastUsed;
use crate::domain::lookups::{Found, LookupKey, Page};
use crate::domain::reply::{Resolved, ServerError};
use crate::domain::search::{Query, Rows, Table};
use crate::domain::text::Clean;
use crate::domain::wish::Wish;

/// Milliseconds of a clock that never goes back.
pub type Millis = u64;

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed.
    Key(Key, Millis),
    /// The keys that follow came all at once, as no hand types: none of them is an answer to a question.
    Together(Millis),
    /// Text was pasted, as it came.
    Paste(String, Millis),
    /// The terminal has this many columns and rows.
    Resized(u16, u16),
    /// The frame that shows the present state was written.
    Painted(Millis),
    /// A second has passed in which something was waited for.
    Second,
    /// The journal was opened, or cannot be.
    Keeping(Keeping),
    /// What the orders placed last have answered, by field.
    LastUsed(LastUsed),
    /// The calendar day is this.
    Today(Date),
    /// Random bits for the next order number and the next key in the journal.
    Number(u64, u128),
    /// What the journal holds now, of all sessions.
    Journal(Vec<Standing>),
    /// The draft was written down, at that time of day; or it could not be, and why.
    Saved(OrderKey, Result<Clean, Clean>),
    /// Another session has moved the draft on: what was typed here is kept as a copy of its own.
    Overtaken(OrderKey),
    /// An order that was written down is here; or who has it, or why it cannot be had.
    Opened(OrderKey, Result<Box<Opened>, NotOpened>),
    /// No other order of the last 90 days has the number, as of that time of the server's clock.
    Free(OrderNumber, Option<Timestamp>),
    /// A secret is wanted that only whoever sits here can give.
    SignIn(Question),
    /// What was typed has been tried, whatever came of it.
    SignedIn,
    /// Something good to know about an order.
    News(Clean),
    /// Something about an order that must be known, whatever is on the screen.
    Alarm(Clean),
    /// Some rows of a lookup came.
    Page(LookupKey, Page),
    /// A lookup ended; `None` means that the pages were all.
    Found(LookupKey, Result<Option<Found>, Fault>),
    /// What is known of everybody now.
    People(Box<People>),
    /// What is known of everybody's lines now.
    Lines(Box<Lines>),
    /// What a search has found.
    Searched(Box<Searched>),
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
    /// Read a directory: first what is kept of it, then what the server has. One that was read is compared with the server
    /// from beginning to end.
    Read(Part),
    /// Search beside the loop; a search that is under way ends without an answer.
    Search(Box<Search>),
    /// Say so when the highlight has rested on a row for a while.
    Rest(LookupKey),
    /// Ask for a confirmation; nothing is ordered.
    Confirm(Box<Order>, u64),
    /// Send the order, once.
    Submit(Box<Order>),
    /// Read an order again.
    Status(Id, Option<Id>, OrderNumber),
    /// Draw random bits for an order number and a key.
    Number,
    /// Write the draft down.
    Save(Box<Saving>),
    /// Bring an order that was written down; `true` takes it over from whoever has it.
    Open(OrderKey, bool),
    /// Somebody else may have it now.
    Close(OrderKey),
    /// Throw a draft away; it can be had back for a week.
    Discard(OrderKey),
    /// Bring back the draft that was thrown away last, within its week.
    Restore,
    /// Give up an order that was not placed.
    Abandon(OrderKey),
    /// Tell what the journal holds now.
    List,
    /// Look for it in the order list now.
    Look(OrderKey),
    /// Send once more, byte for byte, what certainly was not placed.
    Resend(OrderKey, OrderNumber),
    /// This is the secret that was asked for; `None` where nobody gives it.
    SignIn(Option<Typed>),
    /// Ask the terminal to copy this.
    Copy(String),
    /// Throw away what was typed and not yet read.
    Drain,
    /// Ring the bell, once.
    Bell,
    /// Tell each second that passes from now on; or no more.
    Seconds(bool),
    /// Draw everything anew.
    Repaint,
    /// Hand the terminal back to the shell until it continues us.
    Suspend,
}

/// A directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everybody.
    People,
    /// Everybody's lines.
    Lines,
}

/// What is to be searched, and for what.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What tells its answer from others.
    pub ticket: u64,
    /// What was typed.
    pub typed: String,
    /// Everybody.
    pub people: Table<Person>,
    /// Everybody's lines, where a number is searched for; else none.
    pub lines: Table<Line>,
    /// Who was ordered for before.
    pub known: Vec<Id>,
}

impl Search {
    /// Searches at once, from beginning to end.
    #[must_use]
    pub fn now(&self) -> Searched {
        let query = Query::new(&self.typed);
        let known = self.people.places(self.known.iter().map(Id::as_str));
        let (people, lines) = (self.people.find(&query, &known), self.lines.find(&query, &BTreeMap::new()));
        Searched { ticket: self.ticket, whole: true, people, lines }
    }
}

/// What a search has found so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Searched {
    /// That of the search.
    pub ticket: u64,
    /// Whether nothing more comes.
    pub whole: bool,
    /// Among everybody.
    pub people: Rows,
    /// Among everybody's lines.
    pub lines: Rows,
}

/// A draft to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Saving {
    /// What the journal knows it by.
    pub key: OrderKey,
    /// The draft.
    pub draft: Draft,
    /// Where the cursor is.
    pub spot: Spot,
    /// Whether it differs from what the server has confirmed or refused.
    pub changed: bool,
    /// Whether it is written at once, and not with what is typed next.
    pub at_once: bool,
    /// Key and number for a copy, should another session have moved it on.
    pub spare: (OrderKey, OrderNumber),
}

/// An order that was written down, taken up again.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// As it was written down.
    pub kept: Kept,
    /// Its number.
    pub number: OrderNumber,
    /// Where it is in its life.
    pub state: State,
    /// Whether it was sent, or may have been.
    pub sent: bool,
    /// What the server refused.
    pub refused: Vec<ServerError>,
}

/// Why an order that was written down cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub enum NotOpened {
    /// Somebody else works on it: who.
    Held(Clean),
    /// It cannot be read: a sentence.
    Gone(Clean),
}

/// An order ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What the journal knows it by.
    pub key: OrderKey,
    /// What it is looked for by.
    pub wish: Wish,
    /// Its number, also the ACTIVITYID of its calls.
    pub number: OrderNumber,
    /// The actor's platform id.
    pub actor: Option<Id>,
    /// The body (WIRE 7).
    pub body: Value,
    /// What stands in it that must not be written down, should the server repeat it.
    pub secrets: Vec<String>,
}
