//! The file in which placed orders are kept, a line each: several processes share it and are one server. It only grows, and
//! whoever lets it grow holds its lock. What it says is read on from where it was read to; a torn last line counts for nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

/// How long the lock is waited for: whoever holds it does so for one line.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long between two tries.
const PAUSE: Duration = Duration::from_millis(2);
/// How much of what was read last is looked at again, to see that it is still the same file's beginning.
const MARK: usize = 64;

/// The file, as far as it was read.
pub struct Ledger {
    path: PathBuf,
    open: Option<Open>,
}

struct Open {
    file: File,
    /// Up to here it was read: always the end of a line.
    read: u64,
    /// What stands before that place.
    mark: Vec<u8>,
}

/// What a reading brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The lines are all there are: what was read before, if anything, counts no more.
    pub anew: bool,
    /// The lines that came, without their ends; those that are no text are left out.
    pub lines: Vec<String>,
}

/// The lock on the file; dropping it gives it back.
pub struct Held(File);

/// Opens a regular file, and nothing through a link; a pipe does not make it wait.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits();
    let file = options.mode(0o600).custom_flags(i32::try_from(flags).unwrap_or_default()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// What names a file on this machine. An open file keeps its number from being used again.
fn number(file: &File) -> io::Result<(u64, u64)> {
    file.metadata().map(|of| (of.dev(), of.ino()))
}

/// Whether the path still leads to that file.
fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(now) => Ok((now.dev(), now.ino()) == number(file)?),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// The path's file with its lock; opened again where it was replaced while the lock was waited for.
fn locked(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let since = Instant::now();
    loop {
        let file = open(path, options)?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(ErrorKind::TimedOut, "another process holds its lock"));
                }
                Err(TryLockError::Error(e)) => return Err(e),
            }
        }
        if leads_to(path, &file)? {
            return Ok(file);
        }
    }
}

impl Ledger {
    /// The file of that path, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// What was written since the last reading.
    ///
    /// # Errors
    /// Where it is there and cannot be read.
    pub fn news(&mut self) -> io::Result<News> {
        let same = self.open.as_ref().map(|o| leads_to(&self.path, &o.file)).transpose()?;
        if same == Some(false) {
            self.open = None;
        }
        // Also after a reading that failed: what comes now is all there is.
        let anew = self.open.as_ref().is_none_or(|o| o.read == 0);
        let mut news = News { anew, lines: Vec::new() };
        let now = match self.open.take() {
            Some(open) => open,
            None => match open(&self.path, OpenOptions::new().read(true)) {
                Ok(file) => Open { file, read: 0, mark: Vec::new() },
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(news),
                Err(e) => return Err(e),
            },
        };
        self.open.insert(now).read_on(&mut news)?;
        Ok(news)
    }

    /// Waits for the right to write.
    ///
    /// # Errors
    /// Where the file can neither be opened nor made, or the lock is not given.
    pub fn lock(&self) -> io::Result<Held> {
        locked(&self.path, OpenOptions::new().read(true).append(true).create(true)).map(Held)
    }

    /// Writes one line after what was read last. The caller holds the lock and has read on since.
    ///
    /// # Errors
    /// Where it cannot be written: then nothing of it is left, or only a torn line.
    pub fn append(&self, held: &Held, line: &str) -> io::Result<()> {
        let mut file = &held.0;
        // Without this a file that was moved away in between would lose its lines below.
        let open =
            self.open.as_ref().map(|o| Ok::<_, io::Error>((number(&o.file)? == number(file)?).then_some(o.read)));
        let Some(end) = open.transpose()?.flatten() else {
            return Err(io::Error::new(ErrorKind::NotFound, "it was replaced just now"));
        };
        // Somebody died while writing: what he left was never answered, and goes.
        if file.metadata()?.len() != end {
            file.set_len(end)?;
        }
        let written = file.write_all(format!("{line}\n").as_bytes());
        if written.is_err() {
            file.set_len(end).ok();
        }
        written
    }
}

impl Open {
    fn read_on(&mut self, news: &mut News) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length == self.read {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let from = self.read - self.mark.len() as u64;
        self.file.seek(SeekFrom::Start(from))?;
        self.file.read_to_end(&mut bytes)?;
        if length < self.read || !bytes.starts_with(&self.mark) {
            // Cut short or written over.
            (self.read, self.mark) = (0, Vec::new());
            (news.anew, bytes) = (true, Vec::new());
            self.file.rewind()?;
            self.file.read_to_end(&mut bytes)?;
        }
        let known = self.mark.len();
        let Some(end) = bytes.iter().rposition(|b| *b == b'\n').map(|at| at + 1).filter(|end| *end > known) else {
            return Ok(());
        };
        let (whole, fresh) = (bytes.get(..end).unwrap_or_default(), bytes.get(known..end).unwrap_or_default());
        let lines = fresh.split(|b| *b == b'\n').filter(|l| !l.is_empty());
        news.lines.extend(lines.filter_map(|l| std::str::from_utf8(l).ok()).map(str::to_owned));
        self.read += fresh.len() as u64;
        self.mark = whole.get(end.saturating_sub(MARK)..).unwrap_or_default().to_vec();
        Ok(())
    }
}

/// Deletes the file; whether there was one.
///
/// # Errors
/// Where it cannot be deleted, or is no regular file.
pub fn forget(path: &Path) -> io::Result<bool> {
    match locked(path, OpenOptions::new().read(true)) {
        Ok(_held) => fs::remove_file(path).map(|()| true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn write(ledger: &mut Ledger, line: &str) -> News {
        let held = ledger.lock().unwrap();
        let news = ledger.news().unwrap();
        ledger.append(&held, line).unwrap();
        news
    }

    fn lines(lines: &[&str], anew: bool) -> News {
        News { anew, lines: lines.iter().map(|l| (*l).to_owned()).collect() }
    }

    #[test]
    fn two_who_share_it_read_what_the_other_wrote_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders");
        let (mut a, mut b) = (Ledger::new(path.clone()), Ledger::new(path.clone()));
        assert_eq!(a.news().unwrap(), lines(&[], true), "it need not exist");
        assert!(!path.exists(), "and reading does not make it");
        write(&mut a, "one");
        assert_eq!(write(&mut b, "two"), lines(&["one"], true));
        assert_eq!(a.news().unwrap(), lines(&["one", "two"], true));
        assert_eq!(a.news().unwrap(), lines(&[], false));
        assert_eq!(b.news().unwrap(), lines(&["two"], false));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_torn_last_line_counts_for_nothing_and_the_next_line_replaces_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders");
        let (mut a, mut b) = (Ledger::new(path.clone()), Ledger::new(path.clone()));
        write(&mut a, "one");
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"a line that is long and has no en").unwrap();
        assert_eq!(b.news().unwrap(), lines(&["one"], true));
        assert_eq!(write(&mut a, "two"), lines(&["one"], true));
        assert_eq!(b.news().unwrap(), lines(&["two"], false));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn another_file_in_its_place_is_read_from_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("orders");
        let mut a = Ledger::new(path.clone());
        write(&mut a, "one");
        a.news().unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(a.news().unwrap(), lines(&[], true), "deleted");
        fs::write(&path, "two\nthree\n").unwrap();
        assert_eq!(a.news().unwrap(), lines(&["two", "three"], true));
        fs::write(&path, "four\n").unwrap();
        assert_eq!(a.news().unwrap(), lines(&["four"], true), "cut short");
        fs::write(&path, "five\nsix\n").unwrap();
        assert_eq!(a.news().unwrap(), lines(&["five", "six"], true), "written over, and longer");
        fs::write(dir.path().join("other"), "seven\n").unwrap();
        fs::rename(dir.path().join("other"), &path).unwrap();
        assert_eq!(a.news().unwrap(), lines(&["seven"], true), "replaced");
    }

    #[test]
    fn only_a_regular_file_is_opened_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, "one\n").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut through = Ledger::new(link.clone());
        assert!(through.news().is_err() && through.lock().is_err() && forget(&link).is_err());
        assert!(Ledger::new(dir.path().to_owned()).news().is_err() && forget(dir.path()).is_err());
        assert!(forget(&target).unwrap() && !target.exists());
        assert!(!forget(&target).unwrap(), "there is nothing more to forget");
        let mut moved = Ledger::new(target.clone());
        let held = moved.lock().unwrap();
        moved.news().unwrap();
        let away = dir.path().join("away");
        fs::rename(&target, &away).unwrap();
        moved.news().unwrap();
        assert!(moved.append(&held, "two").is_err(), "it was moved away while it was locked");
        assert_eq!(fs::read_to_string(&away).unwrap(), "");
        let nowhere = Ledger::new(dir.path().join("no/such/directory"));
        assert!(nowhere.lock().is_err());
    }
}
