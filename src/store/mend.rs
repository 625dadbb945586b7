//! Backups, and what is done with a damaged file: it is set aside, never deleted, and rebuilt from the newest good backup;
//! and what `intents.log` knows of sendings that the database does not is put right at every opening.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::clock::{moment, stamped, written};
use super::drafts::row_under;
use super::intents::{self, Line, Mark};
use super::life::{Note, note};
use super::outcome::accept;
use super::place::{private_file, sync_dir};
use super::rows::{Row, blob_of, boot_columns};
use super::schema::{self, Found};
use super::{Store, Trouble, state_file};
use crate::crash::point;
use crate::domain::ids::OrderKey;
use crate::domain::journal::State;
use crate::domain::text::Clean;

/// How many backups are kept.
const KEPT: usize = 3;

/// The backups, the newest first.
pub(super) fn backups(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let named = |path: &PathBuf| {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        name.starts_with("state-") && name.ends_with(".db")
    };
    let mut found: Vec<PathBuf> =
        fs::read_dir(dir.join("backup"))?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    found.retain(named);
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Makes a backup: whole under its name, or not there. Older ones beyond three go.
pub(super) fn backup(conn: &Connection, dir: &Path, now: Timestamp) -> Result<(), Trouble> {
    let folder = dir.join("backup");
    let (making, made) = (folder.join("making.db"), folder.join(format!("state-{}.db", stamped(now))));
    // It takes over the modes of an empty file.
    let file = private_file(&making, OpenOptions::new().write(true).create(true).truncate(true))?;
    #[expect(clippy::disallowed_methods, reason = "SQLite takes names as text only")]
    conn.execute("VACUUM INTO ?1", [making.to_string_lossy()])?;
    file.sync_all()?;
    point("backing-up");
    fs::rename(&making, &made)?;
    sync_dir(&folder)?;
    for old in backups(dir)?.into_iter().skip(KEPT) {
        fs::remove_file(old)?;
    }
    Ok(())
}

/// Sets a damaged `state.db` aside. Its journal goes first: beside another file it would be taken for that one's.
pub(super) fn set_aside(dir: &Path, what: &str, notices: &mut Vec<String>) -> Result<(), Trouble> {
    let stamp = stamped(Timestamp::now());
    let free = (0..1000).map(|n| if n == 0 { stamp.clone() } else { format!("{stamp}-{n}") });
    let aside = free
        .map(|stamp| dir.join(format!("state.db.corrupt-{stamp}")))
        .find(|path| fs::symlink_metadata(path).is_err())
        .ok_or_else(|| {
            Trouble::Broken("Too many damaged journals lie in the state directory; move them away.".into())
        })?;
    let journal = dir.join("state.db-journal");
    if fs::symlink_metadata(&journal).is_ok() {
        fs::rename(&journal, aside.with_file_name(format!("{}-journal", name_of(&aside))))?;
    }
    point("quarantining");
    fs::rename(state_file(dir), &aside)?;
    sync_dir(dir)?;
    notices
        .push(format!("The journal was damaged ({what}). It was set aside as {} and is not deleted.", name_of(&aside)));
    Ok(())
}

fn name_of(path: &Path) -> String {
    Clean::of_bytes(path.file_name().unwrap_or_default().as_encoded_bytes()).to_string()
}

/// Puts the newest good backup in the place of a `state.db` that is not there. Whether there was one.
pub(super) fn restored(dir: &Path, notices: &mut Vec<String>) -> Result<bool, Trouble> {
    let lost = fs::read_dir(dir)?.flatten().any(|e| e.file_name().as_encoded_bytes().starts_with(b"state.db.corrupt-"));
    for backup in backups(dir)? {
        let good = schema::connect(&backup, false).and_then(|conn| schema::inspect(&conn));
        if !matches!(good, Ok(Found::Known(_))) {
            continue;
        }
        let path = dir.join("state.db.restoring");
        let mut copy = private_file(&path, OpenOptions::new().write(true).create(true).truncate(true))?;
        io::copy(&mut fs::File::open(&backup)?, &mut copy)?;
        copy.sync_all()?;
        let _ = fs::remove_file(dir.join("state.db-journal"));
        fs::rename(&path, state_file(dir))?;
        sync_dir(dir)?;
        notices.push(format!(
            "The journal was restored from its backup {}: what was typed after it is missing. Orders that were sent are not.",
            name_of(&backup)
        ));
        return Ok(true);
    }
    if lost {
        notices
            .push("There is no good backup of the journal: drafts are missing. Orders that were sent are not.".into());
    }
    Ok(false)
}

/// What is put right, by number.
#[derive(Default)]
struct Righted {
    unknown: Vec<String>,
    accepted: Vec<String>,
}

impl Store {
    /// Holds the database against `intents.log`: what was permitted to be sent and is not known to have ended is unknown,
    /// what was placed is accepted, whatever an older copy of the database says.
    pub(super) fn compare_with_log(&mut self) -> Result<(), Trouble> {
        let Some(dir) = self.dir().map(Path::to_owned) else { return Ok(()) };
        // Read before the database: a line is written after its commit, so what it tells of must be there.
        let told = intents::read(&dir)?;
        let mut missing = Vec::new();
        let mut wrong = false;
        for (line, _) in told.last.values() {
            match judge(&self.conn, line)? {
                Judged::Right => {}
                Judged::Wrong => wrong = true,
                Judged::LogBehind(mark) => missing.push(Line { mark, at: Timestamp::now(), ..line.clone() }),
            }
        }
        if wrong {
            let lines: Vec<_> = told.last.into_values().collect();
            let righted = self.transact("", |tx| {
                tx.execute("INSERT OR REPLACE INTO meta(k, v) VALUES ('mending', '1')", [])?;
                let mut righted = Righted::default();
                for (line, intent) in &lines {
                    // Judged again: another session may have written meanwhile.
                    if matches!(judge(tx, line)?, Judged::Wrong) {
                        put_right(tx, line, intent.as_ref(), &mut righted)?;
                    }
                }
                tx.execute("DELETE FROM meta WHERE k = 'mending'", [])?;
                Ok(righted)
            })?;
            self.tell(&righted);
        }
        if told.unreadable > 0 {
            self.notices.push(format!("{} lines of intents.log cannot be read.", told.unreadable));
        }
        for line in missing {
            // The database has it; the next opening completes the log.
            let _ = intents::append(&dir, &line);
        }
        Ok(())
    }

    fn tell(&mut self, righted: &Righted) {
        if !righted.unknown.is_empty() {
            self.notices.push(format!(
                "These orders were sent, or may have been, after the journal's last good state, so they count as unknown. \
                 Do not enter them again: {}.",
                righted.unknown.join(", ")
            ));
        }
        if !righted.accepted.is_empty() {
            self.notices.push(format!(
                "These orders were placed after the journal's last good state: {}.",
                righted.accepted.join(", ")
            ));
        }
    }
}

/// How a number's last line and its row agree.
enum Judged {
    Right,
    /// The row is older than the line.
    Wrong,
    /// The row has ended; the line that says so is missing.
    LogBehind(Mark),
}

fn judge(conn: &Connection, line: &Line) -> Result<Judged, Trouble> {
    let row = row_under(conn, &line.number)?;
    match (&line.mark, row) {
        (Mark::SentOk(_), Some(row)) => Ok(if row.state == State::Accepted { Judged::Right } else { Judged::Wrong }),
        (Mark::SentOk(_) | Mark::Intent, None) => Ok(Judged::Wrong),
        // It ended without an order, and its row was thrown away or is older than that: nothing is owed.
        (Mark::Rejected | Mark::NotSent, None | Some(_)) => Ok(Judged::Right),
        (Mark::Intent, Some(row)) => judge_intent(conn, line, &row),
    }
}

fn judge_intent(conn: &Connection, line: &Line, row: &Row) -> Result<Judged, Trouble> {
    if row.state == State::Accepted {
        return Ok(row.order_id.clone().map_or(Judged::Right, |id| Judged::LogBehind(Mark::SentOk(id))));
    }
    let Some(token) = line.token else { return Ok(Judged::Wrong) };
    let sql = "SELECT EXISTS (SELECT 1 FROM events WHERE order_key = ?1 AND attempt_token = ?2)";
    let known = conn.query_row(sql, params![blob_of(row.key), token], |r| r.get(0))?;
    let sql = "SELECT to_state FROM events WHERE order_key = ?1 AND attempt_token = ?2 AND from_state = 'Submitting'
               AND to_state IN ('Confirmed', 'Rejected')";
    let ended = conn
        .query_row(sql, params![blob_of(row.key), token], |r| r.get::<_, String>(0))
        .optional()?
        .and_then(|state| State::named(&state));
    match ended {
        Some(State::Rejected) => return Ok(Judged::LogBehind(Mark::Rejected)),
        Some(_) => return Ok(Judged::LogBehind(Mark::NotSent)),
        None => {}
    }
    // With its token the row tells the attempt's own story, as far as the triggers let it: but never one that could be
    // sent without the attempt having ended.
    let sendable = matches!(row.state, State::Drafted | State::ConfirmSent | State::Confirmed | State::Rejected);
    let went_on = sendable && passed(conn, row, State::NotPlaced)?;
    Ok(if known && (!sendable || went_on) { Judged::Right } else { Judged::Wrong })
}

/// Whether an order has once left `Unknown` as not placed after its last attempt.
fn passed(conn: &Connection, row: &Row, state: State) -> Result<bool, Trouble> {
    let sql = "SELECT EXISTS (SELECT 1 FROM events WHERE order_key = ?1 AND to_state = ?2 AND seq >
               (SELECT coalesce(max(seq), 0) FROM events WHERE order_key = ?1 AND to_state = 'Submitting'))";
    Ok(conn.query_row(sql, params![blob_of(row.key), state.name()], |r| r.get(0))?)
}

fn put_right(tx: &Transaction<'_>, line: &Line, intent: Option<&Line>, righted: &mut Righted) -> Result<(), Trouble> {
    let row = row_under(tx, &line.number)?;
    let (key, from) = match &row {
        Some(row) => (row.key, Some(row.state)),
        None => (insert(tx, line)?, None),
    };
    let because = Some("as intents.log has it; the journal was older");
    match &line.mark {
        Mark::SentOk(id) => {
            if from.is_some() {
                accept(tx, key, id)?;
            }
            righted.accepted.push(format!("{} as {id}", line.number));
            let noted = Note { from, to: Some(State::Accepted), token: line.token, note: because, ..Note::default() };
            note(tx, key, &noted)
        }
        Mark::Intent | Mark::Rejected | Mark::NotSent => {
            if from.is_some() {
                doubt(tx, key, intent.unwrap_or(line))?;
            }
            righted.unknown.push(line.number.to_string());
            let noted = Note { from, to: Some(State::Unknown), token: line.token, note: because, ..Note::default() };
            note(tx, key, &noted)
        }
    }
}

/// Makes an order unknown under the attempt that the log knows. A new attempt: earlier looks prove nothing about it.
fn doubt(tx: &Transaction<'_>, key: OrderKey, line: &Line) -> Result<(), Trouble> {
    let at = moment(None);
    let (boot, since) = boot_columns(&at);
    tx.execute(
        "UPDATE orders SET state = 'Unknown', discarded_at = NULL, unknown_srv = NULL, unknown_boot = ?2,
           unknown_boot_ms = ?3, updated_at = ?4, rev = rev + 1, attempt = attempt + 1 WHERE id = ?1",
        params![blob_of(key), boot, since, written(Timestamp::now())],
    )?;
    tx.execute(
        "UPDATE orders SET attempt_token = ?2, intent_at = ?3 WHERE id = ?1",
        params![blob_of(key), line.token, written(line.at)],
    )?;
    Ok(())
}

/// A row for an order of which only the log knows.
fn insert(tx: &Transaction<'_>, line: &Line) -> Result<OrderKey, Trouble> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|e| Trouble::Broken(format!("The system gives no random bytes ({e}).")))?;
    let (state, id) = match &line.mark {
        Mark::SentOk(id) => (State::Accepted, Some(id.as_str())),
        Mark::Intent | Mark::Rejected | Mark::NotSent => (State::Unknown, None),
    };
    let at = moment(None);
    let (boot, since) = boot_columns(&at);
    tx.execute(
        "INSERT INTO orders(id, ext_no, server, state, rev, attempt, attempt_token, intent_at, draft, body_sha256,
           order_id, unknown_boot, unknown_boot_ms, created_at, updated_at)
         VALUES (?1, ?2, '', ?3, 1, 1, ?4, ?5, '{}', ?6, ?7, ?8, ?9, ?5, ?10)",
        params![
            key,
            line.number.as_str(),
            state.name(),
            line.token,
            written(line.at),
            line.sha256,
            id,
            boot,
            since,
            written(Timestamp::now())
        ],
    )?;
    Ok(OrderKey(u128::from_be_bytes(key)))
}
