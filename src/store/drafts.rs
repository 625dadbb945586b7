//! Orders while they are filled in: saved under their revision, listed, thrown away, taken back.

use jiff::{Timestamp, ToSpan};
use rusqlite::{OptionalExtension, Transaction, params};

use super::clock::written;
use super::life::{Change, Note, change, note};
use super::rows::{self, Row, blob_of};
use super::{Store, Trouble};
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::journal::State;

/// States in which a draft may be changed, as SQL; `NotPlaced` only becomes a draft again by a real change.
const EDITABLE: &str = "('Drafted', 'ConfirmSent', 'Confirmed', 'Rejected', 'NotPlaced')";

/// A draft to save.
#[derive(Clone, Debug, PartialEq)]
pub struct Saving {
    /// The order.
    pub key: OrderKey,
    /// Its number; it may still be another than before while nothing was sent.
    pub number: OrderNumber,
    /// The server and tenant it is for.
    pub server: String,
    /// Who orders.
    pub actor: Option<Id>,
    /// What is filled in, in the caller's own form.
    pub draft: String,
    /// Whether the order itself is another than the one that was confirmed or refused (and not only the cursor's place).
    pub changed: bool,
    /// The revision that this session last saw; 0 where it is new.
    pub rev: i64,
    /// Key and number for a copy, should another session have moved the order on.
    pub spare: (OrderKey, OrderNumber),
}

/// Where a draft was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// In its place.
    Kept {
        /// Its revision now.
        rev: i64,
    },
    /// Another session has moved the order on; the draft is a new order of its own.
    Elsewhere {
        /// The copy: the spare key.
        copy: OrderKey,
        /// The copy's revision.
        copy_rev: i64,
    },
}

pub(super) fn row_of(tx: &rusqlite::Connection, key: OrderKey) -> Result<Option<Row>, Trouble> {
    let sql = format!("SELECT {} FROM orders WHERE id = ?1", rows::COLUMNS);
    Ok(tx.query_row(&sql, [blob_of(key)], rows::row).optional()?)
}

pub(super) fn row_under(tx: &rusqlite::Connection, number: &OrderNumber) -> Result<Option<Row>, Trouble> {
    let sql = format!("SELECT {} FROM orders WHERE ext_no = ?1", rows::COLUMNS);
    Ok(tx.query_row(&sql, [number.as_str()], rows::row).optional()?)
}

impl Store {
    /// Saves a draft. Nothing that was typed is lost: what cannot stand in its place becomes a copy.
    ///
    /// # Errors
    /// The number is another order's, or the journal cannot be written.
    pub fn save(&mut self, saving: &Saving) -> Result<Saved, Trouble> {
        let saved = self.using(|store| {
            store.transact("autosave-in-transaction", |tx| {
                free(tx, &saving.number, saving.key)?;
                if let Some(rev) = in_place(tx, saving)? {
                    return Ok(Saved::Kept { rev });
                }
                elsewhere(tx, saving)
            })
        })?;
        crate::crash::point("draft-committed");
        Ok(saved)
    }

    /// The orders of a server that want attention: being filled in, unresolved, not placed, and those that have ended
    /// within 7 days; the latest change first. What was recovered without its server is among them.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn orders(&mut self, server: &str) -> Result<Vec<Row>, Trouble> {
        let since = written(days_ago(7));
        let sql = format!(
            "SELECT {} FROM orders WHERE server IN (?1, '') AND discarded_at IS NULL
             AND (state NOT IN ('Accepted', 'Abandoned') OR updated_at > ?2) ORDER BY updated_at DESC, id",
            rows::COLUMNS
        );
        self.list(&sql, [server, &since])
    }

    /// The drafts of a server that were thrown away and can still be taken back, the latest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn discarded(&mut self, server: &str) -> Result<Vec<Row>, Trouble> {
        let sql = format!(
            "SELECT {} FROM orders WHERE server = ?1 AND discarded_at IS NOT NULL ORDER BY discarded_at DESC, id",
            rows::COLUMNS
        );
        self.list(&sql, [server])
    }

    fn list(&mut self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Row>, Trouble> {
        self.using(|store| {
            let mut statement = store.conn.prepare(sql)?;
            let rows = statement.query_map(parameters, rows::row)?.collect::<Result<Vec<_>, _>>()?;
            Ok(rows)
        })
    }

    /// An order.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn get(&mut self, key: OrderKey) -> Result<Option<Row>, Trouble> {
        self.using(|store| row_of(&store.conn, key))
    }

    /// The order of a number.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn find(&mut self, number: &OrderNumber) -> Result<Option<Row>, Trouble> {
        self.using(|store| row_under(&store.conn, number))
    }

    /// Throws a draft away: hidden now, gone after 7 days. Gives its revision.
    ///
    /// # Errors
    /// It is not an open draft of this revision, or the journal cannot be written.
    pub fn discard(&mut self, key: OrderKey, rev: i64) -> Result<i64, Trouble> {
        self.set_discarded("discarded_at IS NULL AND rev = ?3", (key, rev), Some(Timestamp::now()))
    }

    /// Takes a thrown away draft back. Gives its revision.
    ///
    /// # Errors
    /// It was not thrown away, or the journal cannot be written.
    pub fn restore(&mut self, key: OrderKey) -> Result<i64, Trouble> {
        self.set_discarded("discarded_at IS NOT NULL AND ?3 = 0", (key, 0), None)
    }

    fn set_discarded(&mut self, only: &str, of: (OrderKey, i64), at: Option<Timestamp>) -> Result<i64, Trouble> {
        let sql = format!(
            "UPDATE orders SET discarded_at = ?2, updated_at = ?4, rev = rev + 1 WHERE id = ?1 AND {only}
             AND state IN ('Drafted', 'ConfirmSent', 'Confirmed', 'Rejected') RETURNING rev"
        );
        self.write(|tx| {
            let now = written(Timestamp::now());
            let parameters = params![blob_of(of.0), at.map(written), of.1, now];
            let rev = tx.query_row(&sql, parameters, |row| row.get(0)).optional()?;
            rev.ok_or(Trouble::Moved)
        })
    }

    /// Takes a draft over from the session that holds it: what that one saves from now on becomes a copy. Gives the
    /// revision.
    ///
    /// # Errors
    /// It is not a draft that can be changed, or the journal cannot be written.
    pub fn takeover(&mut self, key: OrderKey) -> Result<i64, Trouble> {
        let sql = format!(
            "UPDATE orders SET rev = rev + 1, updated_at = ?2 WHERE id = ?1 AND state IN {EDITABLE} RETURNING rev"
        );
        self.write(|tx| {
            let now = written(Timestamp::now());
            let rev = tx.query_row(&sql, params![blob_of(key), now], |row| row.get(0)).optional()?;
            let rev = rev.ok_or(Trouble::Moved)?;
            note(tx, key, &Note { note: Some("taken over by another session"), ..Note::default() })?;
            Ok(rev)
        })
    }
}

pub(super) fn days_ago(days: i64) -> Timestamp {
    Timestamp::now().checked_sub((days * 24).hours()).unwrap_or(Timestamp::MIN)
}

/// The number is nobody else's.
pub(super) fn free(tx: &Transaction<'_>, number: &OrderNumber, key: OrderKey) -> Result<(), Trouble> {
    let taken = tx
        .query_row("SELECT id FROM orders WHERE ext_no = ?1", [number.as_str()], |row| rows::key(row, 0))
        .optional()?;
    taken.filter(|other| *other != key).map_or(Ok(()), |other| Err(Trouble::NumberInUse(other)))
}

/// Saves where this session's revision is the latest, or the same was saved already; gives the revision.
fn in_place(tx: &Transaction<'_>, saving: &Saving) -> Result<Option<i64>, Trouble> {
    let Some(row) = row_of(tx, saving.key)? else {
        return if saving.rev == 0 { insert(tx, saving, (saving.key, &saving.number)).map(Some) } else { Ok(None) };
    };
    let editable = row.discarded.is_none() && (row.state.open() || row.state == State::NotPlaced);
    if !editable {
        return Ok(None);
    }
    if row.rev != saving.rev {
        // An earlier save whose answer was lost, and not another session's work.
        let same = row.draft == saving.draft && row.number == saving.number && !saving.changed;
        return Ok(same.then_some(row.rev));
    }
    if row.number != saving.number && row.attempt > 0 {
        return Err(Trouble::NumberFixed);
    }
    let rev = tx.query_row(
        "UPDATE orders SET draft = ?2, server = ?3, actor_id = ?4, ext_no = ?5, rev = rev + 1, updated_at = ?6
         WHERE id = ?1 AND rev = ?7 RETURNING rev",
        params![
            blob_of(saving.key),
            saving.draft,
            saving.server,
            saving.actor.as_ref().map(Id::as_str),
            saving.number.as_str(),
            written(Timestamp::now()),
            saving.rev
        ],
        |row| row.get(0),
    )?;
    if saving.changed && row.state != State::Drafted {
        return change(tx, &Change { key: saving.key, rev, from: &[row.state], to: State::Drafted }, "changed")
            .map(Some);
    }
    Ok(Some(rev))
}

fn insert(tx: &Transaction<'_>, saving: &Saving, (key, number): (OrderKey, &OrderNumber)) -> Result<i64, Trouble> {
    let now = written(Timestamp::now());
    let actor = saving.actor.as_ref().map(Id::as_str);
    tx.execute(
        "INSERT INTO orders(id, ext_no, server, actor_id, state, rev, draft, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, 'Drafted', 1, ?5, ?6, ?6)",
        params![blob_of(key), number.as_str(), saving.server, actor, saving.draft, now],
    )?;
    note(tx, key, &Note { to: Some(State::Drafted), ..Note::default() })?;
    Ok(1)
}

/// Saves as a copy.
fn elsewhere(tx: &Transaction<'_>, saving: &Saving) -> Result<Saved, Trouble> {
    let (copy, number) = (saving.spare.0, &saving.spare.1);
    free(tx, number, copy)?;
    let copy_rev = match row_of(tx, copy)? {
        // A copy that was made before, of the same session: its answer was lost.
        Some(row) if row.state == State::Drafted => tx.query_row(
            "UPDATE orders SET draft = ?2, rev = rev + 1, updated_at = ?3 WHERE id = ?1 RETURNING rev",
            params![blob_of(copy), saving.draft, written(Timestamp::now())],
            |row| row.get(0),
        )?,
        Some(_) => return Err(Trouble::Moved),
        None => insert(tx, saving, (copy, number))?,
    };
    note(tx, copy, &Note { note: Some("a copy: another session had moved the order on"), ..Note::default() })?;
    Ok(Saved::Elsewhere { copy, copy_rev })
}
