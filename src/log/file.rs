//! The files of the log: the one that grows, which sessions share, and the older ones. A record is one write at the end
//! of the file; only whoever puts the file aside takes a lock, and nobody waits for it. Edge: the disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::record::Record;
use crate::store::place;

/// A file is put aside when it has grown to this size (bytes).
pub const MOST: u64 = 10_000_000;
/// How many files there are at most, the growing one among them.
const FILES: usize = 5;
/// A file whose first record is older is put aside, so that old records go.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Files that were written to last before so much time go.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// A longer line is not one of ours (bytes).
const LINE: usize = 8 << 10;

/// The directory of the log in a state directory.
#[must_use]
pub fn folder(state: &Path) -> PathBuf {
    state.join("log")
}

/// The file that records are appended to.
#[derive(Debug)]
pub struct Sheet {
    dir: PathBuf,
    most: u64,
    file: Option<File>,
    /// Whether the last write may have left a line without its end.
    torn: bool,
}

impl Sheet {
    /// Makes and checks the directory, puts aside what is old and opens the file, which may grow to `most` bytes.
    ///
    /// # Errors
    /// Why there can be no log, in a clause, and how to mend that.
    pub fn open(dir: &Path, most: u64) -> Result<Self, String> {
        let unusable = |e: io::Error| format!("{} cannot be used: {e}.", dir.display());
        place::private_dir(dir).map_err(unusable)?;
        fine(dir, true)?;
        let mut sheet = Self { dir: dir.to_owned(), most, file: None, torn: false };
        if fs::symlink_metadata(sheet.path()).is_ok() {
            fine(&sheet.path(), false)?;
        }
        let mut file = sheet.opened().map_err(unusable)?;
        let first = first_record(&mut file);
        sheet.file = Some(file);
        if first.is_some_and(|r| Timestamp::now().duration_since(r.time) > WEEK) {
            // What cannot be put aside now is when the next session starts.
            let _ = sheet.put_aside(0);
        }
        Ok(sheet)
    }

    fn path(&self) -> PathBuf {
        self.dir.join("mobproc.jsonl")
    }
    fn older(&self, n: usize) -> PathBuf {
        self.dir.join(format!("mobproc.jsonl.{n}"))
    }

    /// Opens the growing file; a pipe or a link in its place is refused, and not waited for.
    fn opened(&mut self) -> io::Result<File> {
        let mut file = place::private_file(&self.path(), OpenOptions::new().read(true).append(true).create(true))?;
        let meta = file.metadata()?;
        place::judge(&meta, rustix::process::geteuid().as_raw(), false)
            .map_err(|_| io::Error::other("the log's file was exchanged for something else"))?;
        if meta.len() > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            self.torn = last != *b"\n";
        }
        Ok(file)
    }

    /// Appends a line, in one write.
    ///
    /// # Errors
    /// It could not be written, or not as a whole.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        // Another session may have put the file aside.
        let ours = self.file.take().filter(|file| is_at(file, &self.path()));
        let file = match ours {
            Some(file) => file,
            None => self.opened()?,
        };
        let full = file.metadata()?.len() + line.len() as u64 > self.most;
        self.file = Some(file);
        if full {
            self.put_aside(self.most.saturating_sub(line.len() as u64))?;
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.opened()?,
        };
        let whole = if self.torn { [b"\n", line].concat() } else { line.to_owned() };
        let written = file.write(&whole);
        self.file = Some(file);
        match written {
            Ok(n) if n == whole.len() => {
                self.torn = false;
                Ok(())
            }
            Ok(n) => {
                self.torn |= n > 0;
                Err(io::ErrorKind::StorageFull.into())
            }
            Err(e) => Err(e),
        }
    }

    /// Puts the growing file aside where it still is ours and larger than that; the oldest file goes.
    fn put_aside(&mut self, larger: u64) -> io::Result<()> {
        let lock = locked(&self.dir)?;
        match lock.try_lock() {
            Ok(()) => {}
            // Whoever holds it is putting it aside just now.
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(e)) => return Err(e),
        }
        let same =
            self.file.as_ref().is_some_and(|f| is_at(f, &self.path()) && f.metadata().is_ok_and(|m| m.len() > larger));
        if same {
            for n in (1..FILES - 1).rev() {
                let _ = fs::rename(self.older(n), self.older(n + 1));
            }
            fs::rename(self.path(), self.older(1))?;
        }
        self.file = None;
        Ok(())
    }
}

/// What was read back of the log.
#[derive(Debug, Default)]
pub struct Pages {
    /// The records, in the order of their files.
    pub records: Vec<Record>,
    /// How many lines are none: torn, or somebody else's.
    pub skipped: usize,
}

/// Reads all files of a log, the oldest first. Where there is none nothing is read.
///
/// # Errors
/// Why a file is not read, in a sentence.
pub fn read(dir: &Path) -> Result<Pages, String> {
    let mut read = Pages::default();
    if fs::symlink_metadata(dir).is_err() {
        return Ok(read);
    }
    fine(dir, true)?;
    let mut files = Vec::new();
    {
        // All are opened before one is read: meanwhile none changes its name.
        let lock = locked(dir).and_then(|f| f.lock_shared().map(|()| f));
        let _lock = lock.map_err(|e| format!("{} cannot be read: {e}.", dir.display()))?;
        for n in (0..FILES).rev() {
            let path = dir.join(if n == 0 { "mobproc.jsonl".to_owned() } else { format!("mobproc.jsonl.{n}") });
            if fs::symlink_metadata(&path).is_ok() {
                fine(&path, false)?;
                let opened = place::private_file(&path, OpenOptions::new().read(true));
                files.push(opened.map_err(|e| format!("{} cannot be read: {e}.", path.display()))?);
            }
        }
    }
    for file in files {
        // A file that fails in the middle has been read so far.
        let _ = records(io::BufReader::new(file), &mut read);
    }
    Ok(read)
}

fn records(mut from: impl BufRead, read: &mut Pages) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = LINE as u64 + 1;
        if from.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let long = line.len() > LINE;
        if long && line.last() != Some(&b'\n') {
            from.skip_until(b'\n')?;
        }
        match Record::read(&line) {
            Some(record) if !long => read.records.push(record),
            None if line.trim_ascii().is_empty() => {}
            Some(_) | None => read.skipped += 1,
        }
    }
}

/// The first record of the growing file, where it can be read.
fn first_record(file: &mut File) -> Option<Record> {
    let mut head = vec![0; LINE];
    file.rewind().ok()?;
    let n = file.read(&mut head).ok()?;
    let line = head[..n].split(|b| *b == b'\n').next()?;
    Record::read(line)
}

/// Removes files of the log and reports of crashes that were last written to more than 30 days ago.
///
/// # Errors
/// The directory cannot be read, or a file not be removed.
pub fn clear(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|n| n.starts_with("mobproc.jsonl") || n.starts_with("crash-"));
        // Another session may have been quicker.
        let Ok(meta) = entry.path().symlink_metadata() else { continue };
        let old = meta.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > KEPT));
        if ours && old && meta.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn locked(dir: &Path) -> io::Result<File> {
    place::private_file(&dir.join("lock"), OpenOptions::new().write(true).create(true).truncate(false))
}

fn is_at(file: &File, path: &Path) -> bool {
    let at = fs::symlink_metadata(path).ok().zip(file.metadata().ok());
    at.is_some_and(|(a, b)| (a.dev(), a.ino()) == (b.dev(), b.ino()))
}

/// Whether a file or directory is one's own and nobody else's.
fn fine(path: &Path, directory: bool) -> Result<(), String> {
    let meta = fs::symlink_metadata(path).map_err(|e| format!("{} cannot be looked at: {e}.", path.display()))?;
    let judged = place::judge(&meta, rustix::process::geteuid().as_raw(), directory);
    judged.map_err(|fault| {
        let (what, mend) = place::described(path, fault, directory);
        format!("{what}. Mend it with: {mend}")
    })
}
