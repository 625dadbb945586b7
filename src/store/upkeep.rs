//! What is done now and then: the daily backup, and what the journal need not know any longer goes.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};

use super::clock::{stamped, written};
use super::drafts::days_ago;
use super::last::LAST;
use super::rows::blob_of;
use super::{Gate, Store, Trouble, intents, locks, mend};
use crate::domain::ids::OrderKey;

impl Store {
    /// Makes the daily backup; removes drafts that were thrown away 7 days ago, and what orders that ended 30 days ago hold
    /// beside number, id and dates. Unfinished drafts and unresolved orders are never touched.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn housekeep(&mut self) -> Result<(), Trouble> {
        self.tidy(days_ago(7), days_ago(30))?;
        let Some(dir) = self.dir().map(Path::to_owned) else { return Ok(()) };
        self.using(|store| {
            let yesterday = format!("state-{}.db", stamped(days_ago(1)));
            let newest = mend::backups(&dir)?.into_iter().next();
            let due = newest.and_then(|p| p.file_name().map(|n| n.to_owned())).is_none_or(|n| *n < *yesterday);
            if due { mend::backup(&store.conn, &dir, Timestamp::now()) } else { Ok(()) }
        })?;
        let _alone = Gate::alone(&dir)?;
        intents::rotate(&dir)?;
        locks::clear(&dir, |key| self.ended(key))
    }

    /// The same at once for everything that has ended or was thrown away, the backups included.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn purge(&mut self) -> Result<(), Trouble> {
        let now = Timestamp::now();
        self.tidy(now, now)?;
        self.write(|tx| Ok(tx.execute("DELETE FROM meta WHERE substr(k, 1, length(?1)) = ?1", [LAST])?))?;
        let Some(dir) = self.dir().map(Path::to_owned) else { return Ok(()) };
        self.using(|store| {
            let old = mend::backups(&dir)?;
            mend::backup(&store.conn, &dir, now)?;
            let fresh = format!("state-{}.db", stamped(now));
            for path in old.into_iter().filter(|p| p.file_name().is_some_and(|n| *n != *fresh) && p.exists()) {
                fs::remove_file(path)?;
            }
            Ok(())
        })
    }

    fn tidy(&mut self, discarded: Timestamp, ended: Timestamp) -> Result<(), Trouble> {
        self.write(|tx| {
            forget_discarded(tx, discarded)?;
            tx.execute(
                "UPDATE orders SET draft = '{}', body = NULL, confirm = NULL, errors = NULL, actor_id = NULL
                 WHERE state IN ('Accepted', 'Abandoned') AND updated_at <= ?1
                   AND (draft <> '{}' OR coalesce(body, confirm, errors, actor_id) IS NOT NULL)",
                [written(ended)],
            )?;
            Ok(())
        })
    }

    fn ended(&self, key: OrderKey) -> Result<bool, Trouble> {
        let sql = "SELECT state IN ('Accepted', 'Abandoned') FROM orders WHERE id = ?1";
        let ended = self.conn.query_row(sql, params![blob_of(key)], |row| row.get(0)).optional()?;
        Ok(ended.unwrap_or(true))
    }
}

/// Only drafts are deleted, so what was confirmed or refused becomes one first.
fn forget_discarded(tx: &Transaction<'_>, before: Timestamp) -> Result<(), Trouble> {
    let old = "discarded_at IS NOT NULL AND discarded_at <= ?1";
    tx.execute(
        &format!(
            "UPDATE orders SET state = 'Drafted' WHERE {old} AND state IN ('ConfirmSent', 'Confirmed', 'Rejected')"
        ),
        [written(before)],
    )?;
    tx.execute(&format!("DELETE FROM orders WHERE {old} AND state = 'Drafted'"), [written(before)])?;
    Ok(())
}
