//! The ways of an order between states before and after its sending, each under its revision and with its event.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::clock::written;
use super::drafts::{free, row_of};
use super::rows::{self, Event, blob_of};
use super::{Store, Trouble};
use crate::domain::ids::{OrderKey, OrderNumber};
use crate::domain::journal::State;

/// An event to note.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Note<'a> {
    pub(super) from: Option<State>,
    pub(super) to: Option<State>,
    pub(super) token: Option<rows::Token>,
    pub(super) correlation: Option<&'a str>,
    pub(super) status: Option<u16>,
    pub(super) server_date: Option<Timestamp>,
    pub(super) note: Option<&'a str>,
}

pub(super) fn note(tx: &Transaction<'_>, key: OrderKey, note: &Note<'_>) -> Result<(), Trouble> {
    tx.execute(
        "INSERT INTO events(order_key, at, srv_date, from_state, to_state, attempt_token, correlation, http_status, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            blob_of(key),
            written(Timestamp::now()),
            note.server_date.map(written),
            note.from.map(State::name),
            note.to.map(State::name),
            note.token,
            note.correlation,
            note.status,
            note.note
        ],
    )?;
    Ok(())
}

/// A change of one order: from some states to another, under its revision.
pub(super) struct Change<'a> {
    pub(super) key: OrderKey,
    pub(super) rev: i64,
    pub(super) from: &'a [State],
    pub(super) to: State,
}

impl Store {
    /// Notes that the server is being asked to confirm the order, under this number and with a body of this hash. Gives
    /// the revision.
    ///
    /// # Errors
    /// It is not an order of this revision that may be confirmed, or the journal cannot be written.
    pub fn confirm_sent(
        &mut self,
        key: OrderKey,
        rev: i64,
        number: &OrderNumber,
        sha256: [u8; 32],
    ) -> Result<i64, Trouble> {
        self.write(|tx| {
            free(tx, number, key)?;
            let row = row_of(tx, key)?.filter(|r| r.rev == rev && r.discarded.is_none()).ok_or(Trouble::Moved)?;
            if row.number != *number && row.attempt > 0 {
                return Err(Trouble::NumberFixed);
            }
            let mut rev = rev;
            if matches!(row.state, State::Rejected | State::NotPlaced) {
                rev = change(tx, &Change { key, rev, from: &[row.state], to: State::Drafted }, "")?;
            }
            let from = [State::Drafted, State::ConfirmSent, State::Confirmed];
            let rev = change(tx, &Change { key, rev, from: &from, to: State::ConfirmSent }, "confirmation asked for")?;
            tx.execute(
                "UPDATE orders SET ext_no = ?2, body_sha256 = ?3, confirm = NULL, errors = NULL WHERE id = ?1",
                params![blob_of(key), number.as_str(), sha256],
            )?;
            Ok(rev)
        })
    }

    /// Notes how the server read the order. Gives the revision.
    ///
    /// # Errors
    /// No confirmation was asked for at this revision, or the journal cannot be written.
    pub fn confirmed(&mut self, key: OrderKey, rev: i64, confirm: &str) -> Result<i64, Trouble> {
        let rev = self.write(|tx| {
            let rev = change(tx, &Change { key, rev, from: &[State::ConfirmSent], to: State::Confirmed }, "")?;
            tx.execute("UPDATE orders SET confirm = ?2 WHERE id = ?1", params![blob_of(key), confirm])?;
            Ok(rev)
        })?;
        crate::crash::point("confirmed-committed");
        Ok(rev)
    }

    /// Notes that the server would not confirm the order. Gives the revision.
    ///
    /// # Errors
    /// No confirmation was asked for at this revision, or the journal cannot be written.
    pub fn confirm_refused(&mut self, key: OrderKey, rev: i64) -> Result<i64, Trouble> {
        self.write(|tx| change(tx, &Change { key, rev, from: &[State::ConfirmSent], to: State::Drafted }, "refused"))
    }

    /// Gives up an order that was refused or not placed. It is still looked for. Gives its revision.
    ///
    /// # Errors
    /// It is not such an order of this revision, or the journal cannot be written.
    pub fn abandon(&mut self, key: OrderKey, rev: i64) -> Result<i64, Trouble> {
        let from = [State::NotPlaced, State::Rejected];
        self.write(|tx| change(tx, &Change { key, rev, from: &from, to: State::Abandoned }, ""))
    }

    /// What happened to an order, the oldest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn events(&mut self, key: OrderKey) -> Result<Vec<Event>, Trouble> {
        self.using(|store| {
            let sql = "SELECT at, from_state, to_state, note, correlation, http_status FROM events
                       WHERE order_key = ?1 ORDER BY seq";
            let mut statement = store.conn.prepare(sql)?;
            let events = statement.query_map([blob_of(key)], rows::event)?.collect::<Result<Vec<_>, _>>()?;
            Ok(events)
        })
    }

    /// Notes something about an order that changes nothing.
    ///
    /// # Errors
    /// There is no such order, or the journal cannot be written.
    pub fn note_event(&mut self, key: OrderKey, text: &str) -> Result<(), Trouble> {
        self.write(|tx| note(tx, key, &Note { note: Some(text), ..Note::default() }))
    }
}

/// Moves an order from one state to another; `Moved` where it is not there. What belonged to a confirmation goes with it.
pub(super) fn change(tx: &Transaction<'_>, change: &Change<'_>, why: &str) -> Result<i64, Trouble> {
    let row = row_of(tx, change.key)?.filter(|r| r.rev == change.rev && r.discarded.is_none()).ok_or(Trouble::Moved)?;
    if !change.from.contains(&row.state) {
        return Err(Trouble::Moved);
    }
    let rev = tx.query_row(
        "UPDATE orders SET state = ?3, rev = rev + 1, updated_at = ?4,
           confirm = iif(?3 = 'Drafted', NULL, confirm), body_sha256 = iif(?3 = 'Drafted', NULL, body_sha256)
         WHERE id = ?1 AND rev = ?2 RETURNING rev",
        params![blob_of(change.key), change.rev, change.to.name(), written(Timestamp::now())],
        |row| row.get(0),
    )?;
    let why = Some(why).filter(|w| !w.is_empty());
    note(tx, change.key, &Note { from: Some(row.state), to: Some(change.to), note: why, ..Note::default() })?;
    Ok(rev)
}
