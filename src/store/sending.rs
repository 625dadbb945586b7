//! Sending: the one permission to send, written by compare-and-set before a byte leaves, and the outcome, which only the
//! attempt itself may write; but that an order exists is taken from anybody (SUBMIT 2.2, R1 and R2).

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::clock::{boottime, written};
use super::drafts::{Note, note, row_of};
use super::intents::{self, Line, Mark};
use super::rows::{Row, Token, blob_of, boot_columns};
use super::{Store, Trouble, place};
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::journal::{Moment, State};

/// What is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// The body as it may be kept: secrets masked.
    pub body: &'a [u8],
    /// The hash of the true body; it must be the confirmed one.
    pub sha256: [u8; 32],
    /// The call's correlation id.
    pub correlation: &'a str,
}

/// The permission to send an order once. Only the journal makes one, after it is durable in both records.
#[derive(Debug, PartialEq, Eq)]
pub struct Intent {
    key: OrderKey,
    number: OrderNumber,
    token: Token,
    rev: i64,
    written: (Duration, Timestamp),
}

impl Intent {
    /// The order.
    #[must_use]
    pub fn key(&self) -> OrderKey {
        self.key
    }
    /// Its number.
    #[must_use]
    pub fn number(&self) -> &OrderNumber {
        &self.number
    }
    /// The attempt's token.
    #[must_use]
    pub fn token(&self) -> Token {
        self.token
    }
    /// The order's revision with this intent.
    #[must_use]
    pub fn rev(&self) -> i64 {
        self.rev
    }
    /// When its writing began: the time since the machine started ([`boottime`]) and the clock's. The send guard counts
    /// from here.
    #[must_use]
    pub fn written(&self) -> (Duration, Timestamp) {
        self.written
    }
}

/// Why nothing may be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum NoIntent {
    /// The order is no longer as this session last saw it; this is how it is now.
    Moved(Box<Row>),
    /// The body is not the one that was confirmed: it must be confirmed again.
    Unconfirmed,
    /// The permission could not be made durable; why, in a sentence.
    NotDurable(String),
}

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
struct Reply {
    status: Option<u16>,
    date: Option<Timestamp>,
}

impl Store {
    /// Permits the sending of an order that was confirmed, or that certainly was not placed. After `Ok` the permission is
    /// in the database and in `intents.log`, synced; only then may a byte leave.
    ///
    /// # Errors
    /// Why nothing may be sent.
    pub fn intent(&mut self, key: OrderKey, rev: i64, sending: Sending<'_>) -> Result<Intent, NoIntent> {
        self.durable().map_err(|why| NoIntent::NotDurable(why.to_owned()))?;
        let lost = |e: Trouble| NoIntent::NotDurable(format!("Nothing was sent. {e}"));
        let token = Token::random().map_err(lost)?;
        let tried = self.using(|store| {
            let tried = store.try_intent((key, rev), token, &sending);
            if let Err(Trouble::Damaged(_)) = tried {
                return tried;
            }
            Ok(tried.unwrap_or_else(|trouble| {
                store.take_back((key, token), sending.sha256);
                Err(lost(trouble))
            }))
        });
        match tried {
            Ok(intent) => intent,
            Err(trouble) => Err(lost(trouble)),
        }
    }

    fn try_intent(
        &mut self,
        (key, rev): (OrderKey, i64),
        token: Token,
        sending: &Sending<'_>,
    ) -> Result<Result<Intent, NoIntent>, Trouble> {
        let written = (boottime(), Timestamp::now());
        let permitted = self.transact("intent-before-commit", |tx| permit(tx, (key, rev), token, sending))?;
        crate::crash::point("intent-committed");
        let row = match permitted {
            Ok(row) => row,
            Err(no) => return Ok(Err(no)),
        };
        if let Some(dir) = self.dir() {
            let line = Line {
                at: written.1,
                number: row.number.clone(),
                token: Some(token),
                sha256: Some(sending.sha256),
                mark: Mark::Intent,
            };
            intents::append(dir, &line)?;
        }
        crate::crash::point("intent-logged");
        Ok(Ok(Intent { key, number: row.number, token, rev: row.rev, written }))
    }

    /// After an error nothing is sent. Should the permission have landed all the same, it is put back under its own
    /// token; where even that fails, recovery will make it unknown.
    fn take_back(&mut self, (key, token): (OrderKey, Token), sha256: [u8; 32]) {
        let landed = row_of(&self.conn, key);
        if let Ok(Some(row)) = landed
            && row.state == State::Submitting
            && row.token == Some(token)
        {
            let (line, reply) = (line_of(&row, Some(sha256), &Outcome::NotSent), Reply::default());
            let _ = self.put((key, token), &Outcome::NotSent, reply, line);
        }
    }

    /// Whether the order still is at this attempt: looked up again right before sending.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn still_mine(&mut self, intent: &Intent) -> Result<bool, Trouble> {
        let row = self.get(intent.key)?;
        Ok(row.is_some_and(|r| r.state == State::Submitting && r.token == Some(intent.token)))
    }

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
        self.store_outcome(intent.key, Some(intent.token), outcome, Reply { status, date: server_date })
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
        self.store_outcome(key, None, &outcome, Reply { status: None, date: server_date })
    }

    fn store_outcome(
        &mut self,
        key: OrderKey,
        token: Option<Token>,
        outcome: &Outcome,
        reply: Reply,
    ) -> Result<Wrote, Trouble> {
        let first = self.once(key, token, outcome, reply);
        let freed = match (&first, self.dir()) {
            (Err(Trouble::Full | Trouble::Broken(_)), Some(dir)) => place::drop_ballast(dir),
            (Ok(_) | Err(_), _) => false,
        };
        if freed { self.once(key, token, outcome, reply) } else { first }
    }

    fn once(&mut self, key: OrderKey, token: Option<Token>, outcome: &Outcome, reply: Reply) -> Result<Wrote, Trouble> {
        let wrote = self.using(|store| {
            let row = row_of(&store.conn, key)?.ok_or(Trouble::Moved)?;
            let token = token.or(row.token);
            let line = line_of(&row, row.sha256, outcome);
            match token {
                Some(token) => store.put((key, token), outcome, reply, line),
                None => store.put((key, Token([0; 16])), outcome, reply, line),
            }
        })?;
        crate::crash::point("outcome-committed");
        Ok(wrote)
    }

    /// The outcome's transaction, then its line.
    fn put(
        &mut self,
        of: (OrderKey, Token),
        outcome: &Outcome,
        reply: Reply,
        line: Option<Line>,
    ) -> Result<Wrote, Trouble> {
        let wrote = self.transact("outcome-before-commit", |tx| settle(tx, of, outcome, reply))?;
        if let (Wrote::Done, Some(mut line), Some(dir)) = (&wrote, line, self.dir()) {
            line.token = Some(of.1).filter(|t| t.0 != [0; 16]);
            // The database has it; the next opening completes the log.
            let _ = intents::append(dir, &line);
        }
        Ok(wrote)
    }
}

fn line_of(row: &Row, sha256: Option<[u8; 32]>, outcome: &Outcome) -> Option<Line> {
    let mark = outcome.mark()?;
    Some(Line { at: Timestamp::now(), number: row.number.clone(), token: row.token, sha256, mark })
}

/// The compare-and-set of step 4 of SUBMIT 2.4.
fn permit(
    tx: &Transaction<'_>,
    (key, rev): (OrderKey, i64),
    token: Token,
    sending: &Sending<'_>,
) -> Result<Result<Row, NoIntent>, Trouble> {
    let Some(row) = row_of(tx, key)? else {
        return Ok(Err(NoIntent::NotDurable("Nothing was sent: the journal does not know this order.".into())));
    };
    let now = written(Timestamp::now());
    let changed = tx.execute(
        "UPDATE orders SET state = 'Submitting', attempt_token = ?3, body = ?4, correlation = ?5, intent_at = ?6,
           attempt = attempt + 1, rev = rev + 1, updated_at = ?6, errors = NULL,
           unknown_srv = NULL, unknown_boot = NULL, unknown_boot_ms = NULL
         WHERE id = ?1 AND rev = ?2 AND state IN ('Confirmed', 'NotPlaced') AND discarded_at IS NULL
           AND body_sha256 = ?7",
        params![blob_of(key), rev, token, sending.body, sending.correlation, now, sending.sha256],
    )?;
    if changed != 1 {
        let sendable = matches!(row.state, State::Confirmed | State::NotPlaced) && row.discarded.is_none();
        let unconfirmed = sendable && row.rev == rev && row.sha256 != Some(sending.sha256);
        return Ok(Err(if unconfirmed { NoIntent::Unconfirmed } else { NoIntent::Moved(Box::new(row)) }));
    }
    let correlation = Some(sending.correlation);
    let (from, to) = (Some(row.state), Some(State::Submitting));
    note(tx, key, &Note { from, to, token: Some(token), correlation, ..Note::default() })?;
    row_of(tx, key)?.map(Ok).ok_or(Trouble::Moved)
}

/// Writes an outcome with its event.
fn settle(
    tx: &Transaction<'_>,
    (key, token): (OrderKey, Token),
    outcome: &Outcome,
    reply: Reply,
) -> Result<Wrote, Trouble> {
    let row = row_of(tx, key)?.ok_or(Trouble::Moved)?;
    let changed = match outcome {
        Outcome::Accepted { order_id, .. } => {
            if let Some(first) = row.order_id.clone().filter(|_| row.state == State::Accepted) {
                return again(tx, &row, first, (token, order_id), reply);
            }
            accept(tx, key, order_id)?
        }
        Outcome::Rejected { errors } => leave(tx, (key, token), outcome.state(), Some(errors), &Moment::default())?,
        Outcome::NotSent | Outcome::NotApplied => leave(tx, (key, token), outcome.state(), None, &Moment::default())?,
        Outcome::Unknown { at, .. } => leave(tx, (key, token), outcome.state(), None, at)?,
    };
    if !changed {
        return Ok(Wrote::NoLongerMine);
    }
    let noted = Note {
        from: Some(row.state),
        to: Some(outcome.state()),
        token: Some(token),
        correlation: row.correlation.as_deref(),
        status: reply.status,
        server_date: reply.date,
        note: outcome.told(),
    };
    note(tx, key, &noted)?;
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
    (token, second): (Token, &Id),
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
        let noted = Note {
            token: Some(token),
            status: reply.status,
            server_date: reply.date,
            note: Some(&text),
            ..Note::default()
        };
        note(tx, row.key, &noted)?;
    }
    Ok(Wrote::Duplicate { first })
}

/// Leaves `Submitting` under one's own token: one row or no effect.
fn leave(
    tx: &Transaction<'_>,
    (key, token): (OrderKey, Token),
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
