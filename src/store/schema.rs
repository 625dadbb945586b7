//! The database's form: how a connection is set up, what schema it has, and the ways from older schemas to this one.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::trouble::Trouble;

/// "MOBP": what kind of SQLite file this is.
const APPLICATION: i64 = 0x4D4F_4250;
/// The steps from nothing to the present schema. A released step is never changed; a new one is added at the end.
const STEPS: [&str; 1] = [include_str!("v1.sql")];
/// The present schema.
pub const SCHEMA: i64 = 1;
/// How long another session may hold the file.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What schema a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// None: a file without anything in it.
    Nothing,
    /// This one, or an older one.
    Known(i64),
    /// One that only a newer program knows.
    Newer(i64),
}

pub(super) fn connect(path: &Path, writing: bool) -> Result<Connection, Trouble> {
    let access = if writing { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NOFOLLOW)?;
    settle(&conn)?;
    Ok(conn)
}

/// Settings that belong to a connection and not to the file.
pub(super) fn settle(conn: &Connection) -> Result<(), Trouble> {
    conn.busy_timeout(PATIENCE)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.pragma_update(None, "cell_size_check", true)?;
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "secure_delete", true)?;
    // EXTRA also syncs the directory after the rollback journal is gone: else a power cut could take an intent back.
    conn.pragma_update(None, "synchronous", "EXTRA")?;
    Ok(())
}

fn number(conn: &Connection, pragma: &str) -> Result<i64, Trouble> {
    Ok(conn.pragma_query_value(None, pragma, |row| row.get(0))?)
}

/// Looks a file through. The schema's number stands in two places, so that a damaged one is not taken for a newer one.
pub(super) fn inspect(conn: &Connection) -> Result<Found, Trouble> {
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let (application, version) = (number(conn, "application_id")?, number(conn, "user_version")?);
    if objects == 0 && application == 0 && version == 0 {
        return Ok(Found::Nothing);
    }
    if application != APPLICATION {
        return Err(Trouble::Damaged("it is not marked as a journal of mobproc".into()));
    }
    let again: String = conn.query_row("SELECT coalesce(max(v), '') FROM meta WHERE k = 'schema'", [], |r| r.get(0))?;
    if again.parse() != Ok(version) || version < 1 {
        return Err(Trouble::Damaged("its schema's number is not what it was".into()));
    }
    let verdict: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Trouble::Damaged(verdict.lines().next().unwrap_or_default().to_owned()));
    }
    Ok(if version > SCHEMA { Found::Newer(version) } else { Found::Known(version) })
}

/// Brings a file from this schema to the present one, all or nothing.
pub(super) fn migrate(conn: &mut Connection, from: i64) -> Result<(), Trouble> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in &STEPS[usize::try_from(from).unwrap_or_default().min(STEPS.len())..] {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", SCHEMA)?;
    tx.execute("INSERT OR REPLACE INTO meta(k, v) VALUES ('schema', ?1)", [SCHEMA.to_string()])?;
    crate::crash::point("migrating");
    Ok(tx.commit()?)
}

/// Whether the file can really be written to, by writing.
pub(super) fn probe(conn: &mut Connection, now: Timestamp) -> Result<(), Trouble> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute("INSERT OR REPLACE INTO meta(k, v) VALUES ('opened', ?1)", [now.to_string()])?;
    Ok(tx.commit()?)
}
