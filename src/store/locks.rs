//! Locks between sessions, as locks of the operating system on files: gone with their process, with nothing to renew. In
//! the file stands who holds it, for the message alone; safety does not hang on them.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::clock::boot_id;
use super::place::private_file;
use super::rows::{blob_of, hex};
use super::{Store, Trouble};
use crate::domain::ids::OrderKey;

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Held {
    _file: Option<File>,
}

/// Who holds a lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldBy {
    /// The machine's name.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// The terminal, as `pts/3`; empty where there is none.
    pub tty: String,
    /// Since when; nothing where the holder has not written it yet.
    pub since: Option<Timestamp>,
}

impl fmt::Display for HeldBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(since) = self.since else { return f.write_str("another session") };
        if !self.tty.is_empty() {
            write!(f, "{}, ", self.tty)?;
        }
        write!(f, "pid {}, since {}", self.pid, TimeZone::system().to_datetime(since).strftime("%H:%M"))
    }
}

/// What a lock is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Sending an order.
    Send,
    /// Filling it in.
    Edit,
}

impl Use {
    fn ending(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Edit => "edit",
        }
    }
}

impl Store {
    /// Takes the lock for sending an order. It is a courtesy to the user: what keeps an order from being sent twice is the
    /// intent.
    ///
    /// # Errors
    /// Who holds it.
    pub fn lock_sending(&self, key: OrderKey) -> Result<Held, HeldBy> {
        self.dir().map_or(Ok(Held { _file: None }), |dir| lock(dir, key, Use::Send))
    }

    /// Takes the lease of a draft.
    ///
    /// # Errors
    /// Who holds it.
    pub fn lease(&self, key: OrderKey) -> Result<Held, HeldBy> {
        self.dir().map_or(Ok(Held { _file: None }), |dir| lock(dir, key, Use::Edit))
    }
}

fn path_of(dir: &Path, key: OrderKey, what: Use) -> PathBuf {
    dir.join("locks").join(format!("{}.{}", hex(&blob_of(key)), what.ending()))
}

/// Takes a lock; where the file cannot be had at all there is none, and none is needed for safety.
pub(super) fn lock(dir: &Path, key: OrderKey, what: Use) -> Result<Held, HeldBy> {
    let path = path_of(dir, key, what);
    loop {
        let Ok(mut file) = private_file(&path, OpenOptions::new().read(true).write(true).create(true).truncate(false))
        else {
            return Ok(Held { _file: None });
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(holder(&mut file)),
            Err(TryLockError::Error(_)) => return Ok(Held { _file: None }),
            Ok(()) => {}
        }
        // The file may have been cleared away between opening and locking.
        let same = fs::symlink_metadata(&path).ok().zip(file.metadata().ok()).is_some_and(|(a, b)| a.ino() == b.ino());
        if same {
            let _ = sign(&mut file);
            return Ok(Held { _file: Some(file) });
        }
    }
}

fn sign(file: &mut File) -> std::io::Result<()> {
    let pid = std::process::id();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold blanks; the start time is the 20th field after it.
    let start = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)).unwrap_or("-");
    let tty = fs::read_link("/proc/self/fd/0").ok().and_then(|p| p.strip_prefix("/dev").ok().map(Path::to_owned));
    let tty = tty
        .filter(|t| t.starts_with("pts") || t.as_os_str().as_encoded_bytes().starts_with(b"tty"))
        .unwrap_or_default();
    let boot = boot_id().unwrap_or_default();
    let text = format!("{}\t{boot}\t{pid}\t{start}\t{}\t{}\n", host.trim(), tty.display(), Timestamp::now());
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

fn holder(file: &mut File) -> HeldBy {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    let parts: Vec<&str> = text.trim_end_matches('\n').split('\t').collect();
    let [host, _boot, pid, _start, tty, since] = parts[..] else { return HeldBy::default() };
    HeldBy {
        host: host.to_owned(),
        pid: pid.parse().unwrap_or_default(),
        tty: tty.to_owned(),
        since: since.parse().ok(),
    }
}

/// Removes the lock files of an order that has ended, where nobody holds them.
pub(super) fn clear(dir: &Path, ended: impl Fn(OrderKey) -> Result<bool, Trouble>) -> Result<(), Trouble> {
    for entry in fs::read_dir(dir.join("locks"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let Some((digits, "send" | "edit")) = name.split_once('.') else { continue };
        let Ok(key) = u128::from_str_radix(digits, 16) else { continue };
        if ended(OrderKey(key))?
            && let Ok(file) = private_file(&path, OpenOptions::new().write(true))
            && file.try_lock().is_ok()
        {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
