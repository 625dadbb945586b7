//! `intents.log`: one line for every permission to send and for what came of it, apart from the database, so that a
//! damaged or older database forgets nothing that was sent. A line is
//! `v1 <utc> <number> <token> <sha256> INTENT|SENT_OK:<order id>|REJECTED|NOTSENT <crc32>`; a torn one is ignored.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::clock::written;
use super::place::{private_file, sync_dir};
use super::rows::{Token, from_hex, hex};
use crate::domain::ids::{Id, OrderNumber};

/// The size at which the log is begun anew, in bytes; the one before is kept.
const ROTATE: u64 = 1024 * 1024;

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// It may be sent from now on.
    Intent,
    /// It was placed under this id.
    SentOk(Id),
    /// The server refused it.
    Rejected,
    /// It was certainly not placed.
    NotSent,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// When it was written.
    pub(super) at: Timestamp,
    /// The order's number.
    pub(super) number: OrderNumber,
    /// The attempt's token; none where an order was found by a look.
    pub(super) token: Option<Token>,
    /// The hash of the true body.
    pub(super) sha256: Option<[u8; 32]>,
    /// What it says.
    pub(super) mark: Mark,
}

impl Line {
    fn shown(&self) -> String {
        let mark = match &self.mark {
            Mark::Intent => "INTENT".to_owned(),
            Mark::SentOk(id) => format!("SENT_OK:{id}"),
            Mark::Rejected => "REJECTED".to_owned(),
            Mark::NotSent => "NOTSENT".to_owned(),
        };
        let token = self.token.map_or_else(|| "-".to_owned(), |t| t.to_string());
        let sha = self.sha256.map_or_else(|| "-".to_owned(), |s| hex(&s));
        let text = format!("v1 {} {} {token} {sha} {mark}", written(self.at), self.number);
        let sum = crc32fast::hash(text.as_bytes());
        format!("{text} {sum:08x}\n")
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (text, sum) = std::str::from_utf8(bytes).ok()?.rsplit_once(' ')?;
        if u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(text.as_bytes()) {
            return None;
        }
        // An order id may hold blanks; nothing before it does.
        let mut parts = text.splitn(6, ' ');
        let mut next = || parts.next();
        let ("v1", at, number, token, sha, mark) = (next()?, next()?, next()?, next()?, next()?, next()?) else {
            return None;
        };
        let mark = match mark.split_once(':') {
            None if mark == "INTENT" => Mark::Intent,
            None if mark == "REJECTED" => Mark::Rejected,
            None if mark == "NOTSENT" => Mark::NotSent,
            Some(("SENT_OK", id)) => Mark::SentOk(Id::new(id)?),
            None | Some(_) => return None,
        };
        let (token, sha256) = (Token::from_hex(token), from_hex(sha));
        Some(Self { at: at.parse().ok()?, number: OrderNumber::given(number).ok()?, token, sha256, mark })
    }
}

fn log(dir: &Path) -> PathBuf {
    dir.join("intents.log")
}
fn before(dir: &Path) -> PathBuf {
    dir.join("intents.log.1")
}

/// Appends a line and makes it durable.
pub(super) fn append(dir: &Path, line: &Line) -> io::Result<()> {
    let path = log(dir);
    let fresh = fs::symlink_metadata(&path).is_err();
    let mut file = private_file(&path, OpenOptions::new().read(true).append(true).create(true))?;
    let mut text = line.shown();
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    if last != [b'\n'] {
        // A write was cut short here once; this line must not become its tail.
        text.insert(0, '\n');
    }
    // One write: lines of two sessions never mix.
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    if fresh {
        sync_dir(dir)?;
    }
    Ok(())
}

/// What the log says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Every number's last line, and the line of its last permission.
    pub(super) last: BTreeMap<OrderNumber, (Line, Option<Line>)>,
    /// How many lines cannot be read, a torn last one not counted.
    pub(super) unreadable: usize,
}

/// Reads the log and the one before it.
pub(super) fn read(dir: &Path) -> io::Result<Told> {
    let mut told = Told::default();
    for path in [before(dir), log(dir)] {
        let bytes = match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            bytes => bytes?,
        };
        told.read(&bytes);
    }
    Ok(told)
}

impl Told {
    /// Reads a log's bytes, whatever they are.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let mut lines = bytes.split(|b| *b == b'\n').peekable();
        while let Some(bytes) = lines.next() {
            match Line::read(bytes) {
                Some(line) => self.take(line),
                None if bytes.is_empty() || lines.peek().is_none() => {}
                None => self.unreadable += 1,
            }
        }
    }
    fn take(&mut self, line: Line) {
        let intent = match line.mark {
            Mark::Intent => Some(line.clone()),
            Mark::SentOk(_) | Mark::Rejected | Mark::NotSent => {
                self.last.get(&line.number).and_then(|(_, i)| i.clone())
            }
        };
        match self.last.get(&line.number) {
            // Nothing that is said later takes an order's id away.
            Some((known, _)) if matches!(known.mark, Mark::SentOk(_)) && !matches!(line.mark, Mark::SentOk(_)) => {}
            Some(_) | None => {
                self.last.insert(line.number.clone(), (line, intent));
            }
        }
    }
}

/// Begins the log anew where it has grown long: with the lines of numbers that nothing was heard of. The caller has the
/// files alone.
pub(super) fn rotate(dir: &Path) -> io::Result<()> {
    if fs::symlink_metadata(log(dir)).map_or(0, |m| m.len()) < ROTATE {
        return Ok(());
    }
    let told = read(dir)?;
    let fresh = dir.join("intents.log.new");
    let mut file = private_file(&fresh, OpenOptions::new().write(true).create(true).truncate(true))?;
    for (line, _) in told.last.values().filter(|(line, _)| line.mark == Mark::Intent) {
        file.write_all(line.shown().as_bytes())?;
    }
    file.sync_all()?;
    // Between the two the log is missing, and the one before holds everything.
    fs::rename(log(dir), before(dir))?;
    fs::rename(fresh, log(dir))?;
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64, mark: Mark) -> Line {
        let at = "2026-01-02T03:04:05.000006Z".parse().unwrap();
        let (token, sha256) = (Some(Token([9; 16])), Some([7; 32]));
        Line { at, number: OrderNumber::from_random(number), token, sha256, mark }
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_not_at_all_where_a_byte_differs() {
        for mark in [Mark::Intent, Mark::Rejected, Mark::NotSent, Mark::SentOk(Id::new("A 1: é").unwrap())] {
            let line = line(5, mark);
            let text = line.shown();
            let text = text.trim_end().as_bytes();
            assert_eq!(Line::read(text), Some(line));
            for at in 0..text.len() {
                let mut wrong = text.to_vec();
                wrong[at] ^= 1;
                assert_eq!(Line::read(&wrong), None, "{at}");
            }
        }
    }
    #[test]
    fn a_torn_line_costs_nothing_but_itself() {
        let home = tempfile::tempdir().unwrap();
        append(home.path(), &line(1, Mark::Intent)).unwrap();
        let mut torn = fs::read(log(home.path())).unwrap();
        torn.extend_from_slice(b"v1 2026-01");
        fs::write(log(home.path()), torn).unwrap();
        let told = read(home.path()).unwrap();
        assert_eq!((told.last.len(), told.unreadable), (1, 0));
        append(home.path(), &line(2, Mark::Intent)).unwrap();
        assert_eq!(read(home.path()).unwrap().last.len(), 2);
    }
    #[test]
    fn the_last_line_counts_but_an_order_id_is_never_taken_back() {
        let home = tempfile::tempdir().unwrap();
        let ok = Mark::SentOk(Id::new("8710840").unwrap());
        for mark in [Mark::Intent, Mark::NotSent, Mark::Intent, ok.clone(), Mark::NotSent] {
            append(home.path(), &line(1, mark)).unwrap();
        }
        append(home.path(), &line(2, Mark::NotSent)).unwrap();
        append(home.path(), &line(2, Mark::Intent)).unwrap();
        let told = read(home.path()).unwrap();
        assert_eq!(told.last[&OrderNumber::from_random(1)].0.mark, ok);
        assert_eq!(told.last[&OrderNumber::from_random(2)].0.mark, Mark::Intent);
    }
    #[test]
    fn a_log_that_has_grown_long_is_begun_anew_and_forgets_nothing_open() {
        let home = tempfile::tempdir().unwrap();
        append(home.path(), &line(0, Mark::Intent)).unwrap();
        let mut long = fs::read(log(home.path())).unwrap();
        let ended = line(1, Mark::NotSent).shown();
        while long.len() < usize::try_from(ROTATE).unwrap() {
            long.extend_from_slice(ended.as_bytes());
        }
        fs::write(log(home.path()), &long).unwrap();
        let before = read(home.path()).unwrap();
        rotate(home.path()).unwrap();
        assert_eq!(read(home.path()).unwrap(), before);
        fs::write(log(home.path()), [&fs::read(log(home.path())).unwrap()[..], &long].concat()).unwrap();
        rotate(home.path()).unwrap();
        let after = read(home.path()).unwrap();
        assert_eq!(after.last[&OrderNumber::from_random(0)].0.mark, Mark::Intent);
        assert!(fs::metadata(log(home.path())).unwrap().len() < 1000);
    }
}
