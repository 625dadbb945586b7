//! What came of a sending: only the attempt itself may write it, but that an order exists is taken from anybody
//! (the submit protocol). On a full disk the space that was kept back is used.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::clock::written;
use super::drafts::{row_of, row_under};
use super::intents::{self, Line, Mark};
use super::life::{Note, note};
use super::rows::{Row, Token, blob_of, boot_columns};
use super::sending::Intent;
use super::{Store, Trouble, place};
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::journal::{Moment, State};

/// What came of a sending.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was placed.
    Accepted {
        /// The server's id.
        order_id: Id,
        /// What is worth saying about it.
        note: Option<String>,
    },
    /// The server refused it.
    Rejected {
        /// Why, in the caller's own form.
        errors: String,
    },
    /// Not a byte of it left.
    NotSent,
    /// The server turned it away before looking at it.
    NotApplied,
    /// Nobody knows.
    Unknown {
        /// What happened, in a sentence.
        why: String,
        /// When: quiescence is counted from looks after this.
        at: Moment,
    },
}

impl Outcome {
    fn state(&self) -> State {
        match self {
            Self::Accepted { .. } => State::Accepted,
            Self::Rejected { .. } => State::Rejected,
            Self::NotSent | Self::NotApplied => State::Confirmed,
            Self::Unknown { .. } => State::Unknown,
        }
    }
    fn told(&self) -> Option<&str> {
        match self {
            Self::Accepted { note, .. } => note.as_deref(),
            Self::Rejected { .. } => None,
            Self::NotSent => Some("not a byte was sent"),
            Self::NotApplied => Some("turned away unread"),
            Self::Unknown { why, .. } => Some(why),
        }
    }
    fn mark(&self) -> Option<Mark> {
        match self {
            Self::Accepted { order_id, .. } => Some(Mark::SentOk(order_id.clone())),
            Self::Rejected { .. } => Some(Mark::Rejected),
            Self::NotSent | Self::NotApplied => Some(Mark::NotSent),
            Self::Unknown { .. } => None,
        }
    }
}

/// What became of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// It is stored.
    Done,
    /// The order is no longer at this attempt; nothing was changed.
    NoLongerMine,
    /// The order was accepted before under another id, which it keeps: there are two orders. The second is noted.
    Duplicate {
        /// The first id.
        first: Id,
    },
}

/// The reply that an outcome was read from.
#[derive(Clone, Copy, Default)]
pub(super) struct Reply {
    status: Option<u16>,
    date: Option<Timestamp>,
}

/// Whose outcome it is.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) key: OrderKey,
    /// Known with an attempt: a journal that was rebuilt meanwhile knows the order by its number alone.
    pub(super) number: Option<&'a OrderNumber>,
    /// Known with an attempt.
    pub(super) token: Option<Token>,
}

impl Store {
    /// Stores what came of a sending. `Accepted` is stored whatever the order's state; everything else only while it is at
    /// this attempt. On a full disk the space that was kept back is used.
    ///
    /// # Errors
    /// It cannot be stored: the order stays as it was, and recovery will make it unknown.
    pub fn outcome(
        &mut self,
        intent: &Intent,
        outcome: &Outcome,
        status: Option<u16>,
        server_date: Option<Timestamp>,
    ) -> Result<Wrote, Trouble> {
        let of = Of { key: intent.key(), number: Some(intent.number()), token: Some(intent.token()) };
        self.store_outcome(of, outcome, Reply { status, date: server_date })
    }

    /// Stores that the server has the order: a look has found it, or a confirmation has ordered it.
    ///
    /// # Errors
    /// It cannot be stored, or there is no such order (`Moved`).
    pub fn accepted(
        &mut self,
        key: OrderKey,
        order_id: &Id,
        note: Option<&str>,
        server_date: Option<Timestamp>,
    ) -> Result<Wrote, Trouble> {
        let outcome = Outcome::Accepted { order_id: order_id.clone(), note: note.map(str::to_owned) };
        let of = Of { key, number: None, token: None };
        self.store_outcome(of, &outcome, Reply { status: None, date: server_date })
    }

    fn store_outcome(&mut self, of: Of<'_>, outcome: &Outcome, reply: Reply) -> Result<Wrote, Trouble> {
        let mut result = self.once(of, outcome, reply);
        let dir = self.dir().map(Path::to_owned);
        if matches!(result, Err(Trouble::Full | Trouble::Broken(_))) && dir.as_deref().is_some_and(place::drop_ballast)
        {
            result = self.once(of, outcome, reply);
        }
        if let (Err(_), Outcome::Accepted { .. }, Some(number), Some(dir)) = (&result, outcome, of.number, dir) {
            // At least the second record has the id: the next opening takes it from there.
            let line = outcome.mark().map(|mark| Line {
                at: Timestamp::now(),
                number: number.clone(),
                token: of.token,
                sha256: None,
                mark,
            });
            let _ = line.map(|line| intents::append(&dir, &line));
        }
        result
    }

    fn once(&mut self, of: Of<'_>, outcome: &Outcome, reply: Reply) -> Result<Wrote, Trouble> {
        self.using(|store| store.put(of, outcome, reply))
    }

    /// The outcome's transaction, then its line. Within [`Store::using`].
    pub(super) fn put(&mut self, of: Of<'_>, outcome: &Outcome, reply: Reply) -> Result<Wrote, Trouble> {
        let (wrote, row) = self.transact("outcome-before-commit", |tx| {
            let row = match (row_of(tx, of.key)?, of.number) {
                (None, Some(number)) => row_under(tx, number)?,
                (found, _) => found,
            };
            let row = row.ok_or(Trouble::Moved)?;
            settle(tx, &row, of.token, outcome, reply).map(|wrote| (wrote, row))
        })?;
        crate::crash::point("outcome-committed");
        if let (Wrote::Done, Some(mark), Some(dir)) = (&wrote, outcome.mark(), self.dir()) {
            let token = of.token.or(row.token);
            let line = Line { at: Timestamp::now(), number: row.number, token, sha256: row.sha256, mark };
            // The database has it; the next opening completes the log.
            let _ = intents::append(dir, &line);
        }
        Ok(wrote)
    }
}

/// Writes an outcome with its event.
fn settle(
    tx: &Transaction<'_>,
    row: &Row,
    token: Option<Token>,
    outcome: &Outcome,
    reply: Reply,
) -> Result<Wrote, Trouble> {
    let mine = (row.key, token);
    let changed = match outcome {
        Outcome::Accepted { order_id, .. } => {
            if let Some(first) = row.order_id.clone().filter(|_| row.state == State::Accepted) {
                return again(tx, row, first, (token, order_id), reply);
            }
            accept(tx, row.key, order_id)?
        }
        Outcome::Rejected { errors } => leave(tx, mine, outcome.state(), Some(errors), &Moment::default())?,
        Outcome::NotSent | Outcome::NotApplied => leave(tx, mine, outcome.state(), None, &Moment::default())?,
        Outcome::Unknown { at, .. } => leave(tx, mine, outcome.state(), None, at)?,
    };
    if !changed {
        // A commit that was answered with an error may have landed; then this is its repetition.
        let landed = tx.query_row(
            "SELECT EXISTS (SELECT 1 FROM events WHERE order_key = ?1 AND attempt_token = ?2 AND to_state = ?3
               AND from_state = 'Submitting' AND note IS ?4)",
            params![blob_of(row.key), token, outcome.state().name(), outcome.told()],
            |r| r.get(0),
        )?;
        return Ok(if landed { Wrote::Done } else { Wrote::NoLongerMine });
    }
    let noted = Note {
        from: Some(row.state),
        to: Some(outcome.state()),
        token: token.or(row.token),
        correlation: row.correlation.as_deref(),
        status: reply.status,
        server_date: reply.date,
        note: outcome.told(),
    };
    note(tx, row.key, &noted)?;
    Ok(Wrote::Done)
}

/// Only evidence gets here, from every state.
pub(super) fn accept(tx: &Transaction<'_>, key: OrderKey, order_id: &Id) -> Result<bool, Trouble> {
    let changed = tx.execute(
        "UPDATE orders SET state = 'Accepted', order_id = ?2, discarded_at = NULL, rev = rev + 1, updated_at = ?3
         WHERE id = ?1 AND state <> 'Accepted'",
        params![blob_of(key), order_id.as_str(), written(Timestamp::now())],
    )?;
    Ok(changed == 1)
}

/// The order was accepted before; with another id now, there are two of it.
fn again(
    tx: &Transaction<'_>,
    row: &Row,
    first: Id,
    (token, second): (Option<Token>, &Id),
    reply: Reply,
) -> Result<Wrote, Trouble> {
    if first == *second {
        return Ok(Wrote::Done);
    }
    let text = format!("DUPLICATE: the server also has it as {second}");
    let known = tx
        .query_row("SELECT 1 FROM events WHERE order_key = ?1 AND note = ?2", params![blob_of(row.key), text], |_| {
            Ok(())
        })
        .optional()?;
    if known.is_none() {
        let noted = Note { token, status: reply.status, server_date: reply.date, note: Some(&text), ..Note::default() };
        note(tx, row.key, &noted)?;
    }
    Ok(Wrote::Duplicate { first })
}

/// Leaves `Submitting` under one's own token: one row or no effect.
fn leave(
    tx: &Transaction<'_>,
    (key, token): (OrderKey, Option<Token>),
    to: State,
    errors: Option<&str>,
    at: &Moment,
) -> Result<bool, Trouble> {
    let (boot, since) = boot_columns(at);
    let changed = tx.execute(
        "UPDATE orders SET state = ?3, errors = ?4, unknown_srv = ?5, unknown_boot = ?6, unknown_boot_ms = ?7,
           rev = rev + 1, updated_at = ?8
         WHERE id = ?1 AND state = 'Submitting' AND attempt_token = ?2",
        params![blob_of(key), token, to.name(), errors, at.server.map(written), boot, since, written(Timestamp::now())],
    )?;
    Ok(changed == 1)
}
