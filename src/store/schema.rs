//! The database's form: how a connection is set up, what schema it has, and the ways from older schemas to this one.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::rows;
use super::trouble::Trouble;

/// "MOBP": what kind of SQLite file this is.
const APPLICATION: i64 = 0x4D4F_4250;
/// The steps from nothing to the present schema. A released step is never changed; a new one is added at the end.
const STEPS: [&str; 1] = [include_str!("v1.sql")];
/// The present schema.
pub const SCHEMA: i64 = 1;
/// How long another session may hold the file.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long is waited between two tries to have it.
pub(super) const PAUSE: Duration = Duration::from_millis(2);

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
    let mut conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NOFOLLOW)?;
    settle(&mut conn)?;
    Ok(conn)
}

/// Whether the file may be written. A header that says no, in a file and on a disk that can be written, is damaged.
pub(super) fn writable(conn: &Connection, path: &Path) -> Result<(), Trouble> {
    conn.pragma_update(None, "journal_mode", "DELETE")?;
    // Reads the header.
    number(conn, "schema_version")?;
    if !conn.is_readonly(rusqlite::MAIN_DB)? {
        return Ok(());
    }
    // The lock file beside it was just opened for writing.
    let mine = std::fs::symlink_metadata(path).is_ok_and(|meta| !meta.permissions().readonly());
    Err(if mine { Trouble::Damaged("its header forbids writing".into()) } else { Trouble::ReadOnly })
}

/// Settings that belong to a connection and not to the file.
pub(super) fn settle(conn: &mut Connection) -> Result<(), Trouble> {
    conn.busy_handler(Some(wait))?;
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
    if version <= SCHEMA && shape(conn)? != shape(&planned(version)?)? {
        return Err(Trouble::Damaged("its tables are not what they were".into()));
    }
    let verdict: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Trouble::Damaged(verdict.lines().next().unwrap_or_default().to_owned()));
    }
    Ok(if version > SCHEMA { Found::Newer(version) } else { Found::Known(version) })
}

/// The tables, indexes and triggers, as their SQL: a damaged one could let an order go a forbidden way.
fn shape(conn: &Connection) -> Result<Vec<(String, Option<String>)>, Trouble> {
    let mut all = conn.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
    let all = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(all.collect::<Result<_, _>>()?)
}

/// An empty database of this schema.
fn planned(version: i64) -> Result<Connection, Trouble> {
    let conn = Connection::open_in_memory()?;
    for step in &STEPS[..usize::try_from(version).unwrap_or_default().min(STEPS.len())] {
        conn.execute_batch(step)?;
    }
    Ok(conn)
}

/// Waits for another session. Evenly: whoever waits longest must not be asked least often.
fn wait(tries: i32) -> bool {
    std::thread::sleep(PAUSE);
    PAUSE * tries.unsigned_abs() < PATIENCE
}

/// Whether a file is whole, down to every order in it, looked at anew.
pub(super) fn sound(path: &Path) -> Result<(), Trouble> {
    let conn = connect(path, true)?;
    writable(&conn, path)?;
    inspect(&conn)?;
    let mut orders = conn.prepare(&format!("SELECT {} FROM orders", rows::COLUMNS))?;
    orders.query_map([], rows::row)?.try_for_each(|row| row.map(|_| ()))?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journal::{STATES, State};

    /// An order that is brought into a state against all rules, by taking the rules away for it.
    fn in_state(conn: &Connection, state: State) {
        let triggers: Vec<(String, String)> = conn
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (name, _) in &triggers {
            conn.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        conn.execute("DELETE FROM orders", []).unwrap();
        conn.execute(
            "INSERT INTO orders(id, ext_no, server, state, rev, attempt, attempt_token, draft, body, order_id, created_at,
               updated_at) VALUES (zeroblob(16), 'MP1', '', ?1, 1, 1, zeroblob(16), '{}', x'00', '1', '', '')",
            [state.name()],
        )
        .unwrap();
        for (_, sql) in &triggers {
            conn.execute_batch(sql).unwrap();
        }
    }

    fn new() -> Connection {
        let mut conn = Connection::open_in_memory().unwrap();
        settle(&mut conn).unwrap();
        migrate(&mut conn, 0).unwrap();
        assert_eq!(inspect(&conn), Ok(Found::Known(SCHEMA)));
        conn
    }

    #[test]
    fn the_database_lets_an_order_go_the_ways_of_the_domain_and_no_others() {
        let conn = new();
        for from in STATES {
            for to in STATES {
                in_state(&conn, from);
                let went = conn.execute("UPDATE orders SET state = ?1, order_id = '1'", [to.name()]).is_ok();
                assert_eq!(went, from == to || from.leads_to(to), "{from:?} to {to:?}");
            }
        }
    }
    #[test]
    fn an_order_is_deleted_only_where_nothing_can_come_of_it_any_more() {
        let conn = new();
        for state in STATES {
            in_state(&conn, state);
            conn.execute("INSERT INTO events(order_key, at) VALUES (zeroblob(16), '')", []).unwrap();
            assert!(conn.execute("DELETE FROM events", []).is_err(), "{state:?}");
            let gone = conn.execute("DELETE FROM orders", []).is_ok();
            assert_eq!(gone, matches!(state, State::Drafted | State::Accepted | State::Abandoned), "{state:?}");
            let left: i64 = conn.query_row("SELECT count(*) FROM events", [], |r| r.get(0)).unwrap();
            assert_eq!(left, i64::from(!gone), "{state:?}");
        }
    }
    #[test]
    fn what_the_fate_of_an_order_hangs_on_is_not_changed() {
        let conn = new();
        for state in [State::Submitting, State::Unknown, State::NeedsHuman] {
            in_state(&conn, state);
            for change in ["draft = 'x'", "body = x'01'", "discarded_at = 'x'", "ext_no = 'MP2'"] {
                assert!(conn.execute(&format!("UPDATE orders SET {change}"), []).is_err(), "{state:?} {change}");
            }
        }
        in_state(&conn, State::Submitting);
        assert!(conn.execute("UPDATE orders SET attempt_token = randomblob(16)", []).is_err());
        in_state(&conn, State::Accepted);
        assert!(conn.execute("UPDATE orders SET order_id = '2'", []).is_err());
        conn.execute("INSERT INTO events(order_key, at) VALUES (zeroblob(16), '')", []).unwrap();
        assert!(conn.execute("UPDATE events SET note = 'x'", []).is_err());
        let begun = "INSERT INTO orders(id, ext_no, server, state, rev, draft, created_at, updated_at)
                     VALUES (randomblob(16), 'MP3', '', 'Confirmed', 1, '', '', '')";
        assert!(conn.execute(begun, []).is_err());
    }
    #[test]
    fn a_schema_number_that_was_changed_is_damage_and_not_a_newer_program() {
        let conn = new();
        conn.pragma_update(None, "user_version", 9).unwrap();
        assert!(matches!(inspect(&conn), Err(Trouble::Damaged(_))));
        conn.execute("UPDATE meta SET v = '9' WHERE k = 'schema'", []).unwrap();
        assert_eq!(inspect(&conn), Ok(Found::Newer(9)));
    }
}
