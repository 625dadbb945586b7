//! After a sending whose end is not known: recovery at the start, the looks into the order list, and where they lead.
//! Also what is known beside orders.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::clock::written;
use super::drafts::row_of;
use super::life::{Note, note};
use super::rows::{self, blob_of, boot_columns, moment};
use super::{Store, Trouble, locks};
use crate::domain::ids::OrderKey;
use crate::domain::journal::{Look, Moment, State};

impl Store {
    /// Makes an order that was left `Submitting` unknown, where nobody is sending it any more. Quiescence begins now.
    /// Whether it did.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn recover(&mut self, key: OrderKey, at: &Moment) -> Result<bool, Trouble> {
        let held = self.dir().map(|dir| locks::lock(dir, key, locks::Use::Send));
        if let Some(Err(_)) = held {
            return Ok(false);
        }
        let (boot, since) = boot_columns(at);
        self.write(|tx| {
            let Some(row) = row_of(tx, key)?.filter(|r| r.state == State::Submitting) else { return Ok(false) };
            tx.execute(
                "UPDATE orders SET state = 'Unknown', unknown_srv = ?2, unknown_boot = ?3, unknown_boot_ms = ?4,
                   rev = rev + 1, updated_at = ?5 WHERE id = ?1 AND state = 'Submitting'",
                params![blob_of(key), at.server.map(written), boot, since, written(Timestamp::now())],
            )?;
            let (from, to) = (Some(State::Submitting), Some(State::Unknown));
            let why = Some("the session that sent it is gone");
            note(tx, key, &Note { from, to, token: row.token, note: why, ..Note::default() })?;
            Ok(true)
        })
    }

    /// Keeps a look into the order list.
    ///
    /// # Errors
    /// There is no such order (`Moved`), or the journal cannot be written.
    pub fn look(&mut self, key: OrderKey, look: &Look) -> Result<(), Trouble> {
        let (boot, since) = boot_columns(&look.at);
        self.using(|store| {
            store.transact("scan-in-transaction", |tx| {
                let row = row_of(tx, key)?.ok_or(Trouble::Moved)?;
                tx.execute(
                    "INSERT INTO scans(order_key, attempt, state, srv_date, boot, boot_ms, broad, complete, pages, total, matches)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    params![
                        blob_of(key),
                        row.attempt,
                        row.state.name(),
                        look.at.server.map(written),
                        boot,
                        since,
                        look.broad,
                        look.complete,
                        look.pages,
                        i64::try_from(look.total).unwrap_or(i64::MAX),
                        look.matches
                    ],
                )?;
                Ok(())
            })
        })
    }

    /// The looks of the present attempt since its end is unknown, the oldest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn looks(&mut self, key: OrderKey) -> Result<Vec<Look>, Trouble> {
        let sql = "SELECT s.srv_date, s.boot, s.boot_ms, s.broad, s.complete, s.pages, s.total, s.matches
                   FROM scans s JOIN orders o ON o.id = s.order_key AND o.attempt = s.attempt
                   WHERE s.order_key = ?1 AND s.state IN ('Unknown', 'NeedsHuman') ORDER BY s.seq";
        self.using(|store| {
            let mut statement = store.conn.prepare(sql)?;
            let looks = statement.query_map([blob_of(key)], |row| {
                Ok(Look {
                    at: moment(row, 0)?,
                    broad: row.get(3)?,
                    complete: row.get(4)?,
                    pages: row.get(5)?,
                    total: row.get::<_, i64>(6).map(|n| u64::try_from(n).unwrap_or_default())?,
                    matches: row.get(7)?,
                })
            })?;
            Ok(looks.collect::<Result<Vec<_>, _>>()?)
        })
    }

    /// Notes that enough looks have shown that an unknown order was not placed. Gives the revision.
    ///
    /// # Errors
    /// It is not unknown any more (`Moved`), or the journal cannot be written.
    pub fn not_placed(&mut self, key: OrderKey) -> Result<i64, Trouble> {
        self.out_of_unknown(key, State::NotPlaced)
    }

    /// Notes that the program cannot find out what came of an unknown order. Gives the revision.
    ///
    /// # Errors
    /// It is not unknown any more (`Moved`), or the journal cannot be written.
    pub fn needs_human(&mut self, key: OrderKey) -> Result<i64, Trouble> {
        self.out_of_unknown(key, State::NeedsHuman)
    }

    fn out_of_unknown(&mut self, key: OrderKey, to: State) -> Result<i64, Trouble> {
        self.write(|tx| {
            let rev = tx
                .query_row(
                    "UPDATE orders SET state = ?2, rev = rev + 1, updated_at = ?3
                     WHERE id = ?1 AND state = 'Unknown' RETURNING rev",
                    params![blob_of(key), to.name(), written(Timestamp::now())],
                    |row| row.get(0),
                )
                .optional()?
                .ok_or(Trouble::Moved)?;
            note(tx, key, &Note { from: Some(State::Unknown), to: Some(to), ..Note::default() })?;
            Ok(rev)
        })
    }

    /// What is known under a name, beside orders: calibration, the worst list lag.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn meta(&mut self, name: &str) -> Result<Option<String>, Trouble> {
        self.using(|store| {
            let sql = "SELECT v FROM meta WHERE k = 'user:' || ?1";
            Ok(store.conn.query_row(sql, [name], |row| rows::parsed(row, 0)).optional()?.flatten())
        })
    }

    /// Keeps something under a name.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn set_meta(&mut self, name: &str, value: &str) -> Result<(), Trouble> {
        self.write(|tx| {
            tx.execute("INSERT OR REPLACE INTO meta(k, v) VALUES ('user:' || ?1, ?2)", [name, value])?;
            Ok(())
        })
    }
}
