//! What the journal holds, as it is given out: orders, their events, the token of an attempt.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use super::trouble::Trouble;
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::journal::{Moment, State};

/// The permission to send once: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub(super) [u8; 16]);

impl Token {
    pub(super) fn random() -> Result<Self, Trouble> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|e| Trouble::Broken(format!("The system gives no random bytes ({e}); nothing is submitted.")))?;
        Ok(Self(bytes))
    }
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }
}
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}
impl ToSql for Token {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(&self.0[..]))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    <[u8; N]>::try_from(bytes).ok().filter(|_| digits.len() == 2 * N)
}

/// An order as the journal holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the journal knows it by.
    pub key: OrderKey,
    /// Its `externalOrderNumber`.
    pub number: OrderNumber,
    /// The server and tenant it is for, as the caller wrote them; empty where it was recovered from `intents.log` alone.
    pub server: String,
    /// Who orders.
    pub actor: Option<Id>,
    /// Where it is in its life.
    pub state: State,
    /// Goes up with every change; who has seen an older one may not write.
    pub rev: i64,
    /// How many sendings were permitted.
    pub attempt: i64,
    /// The permission of the latest sending.
    pub token: Option<Token>,
    /// The latest sending's correlation id.
    pub correlation: Option<String>,
    /// When the latest sending was permitted, by this machine's clock.
    pub intent_at: Option<Timestamp>,
    /// What was filled in, in the caller's own form.
    pub draft: String,
    /// The latest sending's body, secrets masked.
    pub body: Option<Vec<u8>>,
    /// The hash of the true body that was confirmed.
    pub sha256: Option<[u8; 32]>,
    /// How the server read it, in the caller's own form.
    pub confirm: Option<String>,
    /// The server's id, once accepted.
    pub order_id: Option<Id>,
    /// Why the server refused it, in the caller's own form.
    pub errors: Option<String>,
    /// Since when nobody knows what came of it.
    pub unknown_since: Option<Moment>,
    /// When it was begun.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// When the user threw it away.
    pub discarded: Option<Timestamp>,
}

/// The columns that [`row`] reads, in its order.
pub(super) const COLUMNS: &str = "id, ext_no, server, actor_id, state, rev, attempt, attempt_token, correlation, \
     intent_at, draft, body, body_sha256, confirm, order_id, errors, unknown_srv, unknown_boot, unknown_boot_ms, \
     created_at, updated_at, discarded_at";

/// Text as it is, and where it is damaged as much of it as can be read: a draft is never lost to one bad byte.
#[expect(clippy::disallowed_methods, reason = "written by the program; whoever shows it cleans it")]
fn text(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Null => None,
        ValueRef::Integer(n) => Some(n.to_string()),
        ValueRef::Real(n) => Some(n.to_string()),
    })
}
pub(super) fn parsed<T: FromStr>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    Ok(text(row, column)?.and_then(|t| t.parse().ok()))
}
fn blob<const N: usize>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<[u8; N]>> {
    row.get(column)
}

/// Reads an order; `at` is the first of three columns: the server's time, the boot and the milliseconds since it.
pub(super) fn moment(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Moment> {
    let since = row.get::<_, Option<i64>>(at + 2)?.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    Ok(Moment { server: parsed(row, at)?, boot: text(row, at + 1)?.zip(since) })
}
pub(super) fn boot_columns(at: &Moment) -> (Option<&str>, Option<i64>) {
    at.boot.as_ref().map_or((None, None), |(id, since)| (Some(id), i64::try_from(since.as_millis()).ok()))
}

pub(super) fn key(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<OrderKey> {
    Ok(OrderKey(u128::from_be_bytes(row.get(column)?)))
}

pub(super) fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let odd = |column: usize, what: &str| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
    };
    let epoch = Timestamp::UNIX_EPOCH;
    let unknown = moment(row, 16)?;
    Ok(Row {
        key: key(row, 0)?,
        number: OrderNumber::given(&text(row, 1)?.unwrap_or_default()).map_err(|e| odd(1, &e))?,
        server: text(row, 2)?.unwrap_or_default(),
        actor: text(row, 3)?.as_deref().and_then(Id::new),
        state: text(row, 4)?.as_deref().and_then(State::named).ok_or_else(|| odd(4, "no state of ours"))?,
        rev: row.get(5)?,
        attempt: row.get(6)?,
        token: blob(row, 7)?.map(Token),
        correlation: text(row, 8)?,
        intent_at: parsed(row, 9)?,
        draft: text(row, 10)?.unwrap_or_default(),
        body: row.get(11)?,
        sha256: blob(row, 12)?,
        confirm: text(row, 13)?,
        order_id: text(row, 14)?.as_deref().and_then(Id::new),
        errors: text(row, 15)?,
        unknown_since: Some(unknown).filter(|m| *m != Moment::default()),
        created: parsed(row, 19)?.unwrap_or(epoch),
        updated: parsed(row, 20)?.unwrap_or(epoch),
        discarded: parsed(row, 21)?,
    })
}

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// The state before, where it changed.
    pub from: Option<State>,
    /// The state after, where it changed.
    pub to: Option<State>,
    /// What is worth saying.
    pub note: Option<String>,
    /// The correlation id of the call.
    pub correlation: Option<String>,
    /// The status of the reply.
    pub status: Option<u16>,
}

pub(super) fn event(row: &rusqlite::Row<'_>) -> rusqlite::Result<Event> {
    let state = |column| Ok::<_, rusqlite::Error>(text(row, column)?.as_deref().and_then(State::named));
    Ok(Event {
        at: parsed(row, 0)?.unwrap_or(Timestamp::UNIX_EPOCH),
        from: state(1)?,
        to: state(2)?,
        note: text(row, 3)?,
        correlation: text(row, 4)?,
        status: row.get::<_, Option<i64>>(5)?.and_then(|s| u16::try_from(s).ok()),
    })
}

/// An order's key as the database holds it.
pub(super) fn blob_of(key: OrderKey) -> [u8; 16] {
    key.0.to_be_bytes()
}
