//! Sending: the one permission to send, written by compare-and-set and durable in both records before a byte leaves
//! (the submit protocol).

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::clock::{boottime, written};
use super::drafts::row_of;
use super::intents::{self, Line, Mark};
use super::life::{Note, note};
use super::outcome::{Of, Outcome, Reply};
use super::rows::{Row, Token, blob_of};
use super::{Store, Trouble};
use crate::domain::ids::{OrderKey, OrderNumber};
use crate::domain::journal::State;

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
                store.take_back(key, token);
                store.distrust(&trouble);
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
    fn take_back(&mut self, key: OrderKey, token: Token) {
        let landed = row_of(&self.conn, key);
        if let Ok(Some(row)) = landed
            && row.state == State::Submitting
            && row.token == Some(token)
        {
            let of = Of { key, number: Some(&row.number), token: Some(token) };
            let _ = self.put(of, &Outcome::NotSent, Reply::default());
        }
    }

    /// After the disk has reported an error, what it says later cannot be trusted: a second sync may claim what the first
    /// could not do.
    fn distrust(&mut self, trouble: &Trouble) {
        if let Trouble::Broken(what) = trouble {
            self.durable = Err(format!("{what} Nothing more is submitted until mobproc is started again."));
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
}

/// The compare-and-set by which one session alone may send.
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
