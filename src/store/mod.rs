//! The journal: drafts, the intents to send them and what came of it, in a SQLite file of one's own, with `intents.log`
//! beside it as a second record. Nothing is sent that is not in both. All of it blocks; see `handle` for the thread it
//! lives on. Layers: it uses `domain` and the crash points, nothing else of ours.

pub mod clock;
pub mod directory;
mod drafts;
pub mod handle;
mod intents;
mod last;
mod life;
pub mod locks;
mod looks;
mod mend;
mod outcome;
pub mod place;
mod rows;
pub mod schema;
mod sending;
mod trouble;
mod upkeep;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use drafts::{Saved, Saving};
pub use handle::Handle;
pub use locks::{Held, HeldBy};
pub use outcome::{Outcome, Wrote};
pub use rows::{Event, Row, Token};
pub use sending::{Intent, NoIntent, Sending};
pub use trouble::{Refused, Trouble};

use schema::Found;

/// How many orders the bytes of an `intents.log` tell of, and how many of its lines cannot be read. Takes any bytes.
#[must_use]
pub fn read_intents(bytes: &[u8]) -> (usize, usize) {
    let mut told = intents::Told::default();
    told.read(bytes);
    (told.last.len(), told.unreadable)
}

/// What the profile says about the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// The administrator's `allow_network_state`: the directory may lie on a network file system.
    pub allow_network: bool,
}

/// An opened journal.
#[derive(Debug)]
pub struct Opened {
    /// The journal.
    pub store: Store,
    /// What was found and done on opening, in sentences for the user.
    pub notices: Vec<String>,
}

/// The journal. One belongs to one thread.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
    /// The directory and the file that is open; nothing where the journal lives in memory only.
    home: Option<Home>,
    durable: Result<(), String>,
    notices: Vec<String>,
}

/// Where a journal on disk lies.
#[derive(Debug, Clone)]
struct Home {
    dir: PathBuf,
    /// Device and inode of the open `state.db`: another session may have set a damaged one aside.
    file: (u64, u64),
}

/// Held while a session uses the files (shared) or exchanges them (alone).
struct Gate {
    _file: Option<File>,
}

impl Store {
    /// Opens the journal of a directory, and makes both where they are not there. A damaged file is set aside and
    /// rebuilt; one of a newer schema, or on a disk that cannot be written, is left as it is, and the journal lives in
    /// memory, with [`Store::durable`] saying so.
    ///
    /// # Errors
    /// Why the directory is not used, in sentences with the command that mends it.
    pub fn open(dir: &Path, options: Options) -> Result<Opened, Refused> {
        let dir = place::prepare(dir, options.allow_network)?;
        match Self::on_disk(&dir) {
            Ok(mut store) => {
                let notices = std::mem::take(&mut store.notices);
                Ok(Opened { store, notices })
            }
            Err(trouble) => {
                let why = format!(
                    "{trouble} Drafts of this session will not survive, and nothing can be submitted. (The journal lies in {}.)",
                    dir.display()
                );
                let store = Self::copied(&dir, why.clone()).map_err(|e| Refused(e.to_string()))?;
                Ok(Opened { store, notices: vec![why] })
            }
        }
    }

    /// A journal in memory: everything works within the run, and nothing can be submitted, for the reason given.
    ///
    /// # Errors
    /// There is no memory even for that.
    pub fn memory(why: String) -> Result<Self, Trouble> {
        let mut conn = Connection::open_in_memory()?;
        schema::settle(&mut conn)?;
        schema::migrate(&mut conn, 0)?;
        Ok(Self { conn, home: None, durable: Err(why), notices: Vec::new() })
    }

    /// Whether orders can be submitted; where not, why, in a sentence.
    ///
    /// # Errors
    /// The sentence.
    pub fn durable(&self) -> Result<(), &str> {
        self.durable.as_ref().copied().map_err(String::as_str)
    }

    /// What the journal has found and done since this was last asked, in sentences for the user.
    #[must_use]
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    fn on_disk(dir: &Path) -> Result<Self, Trouble> {
        place::private_dir(&dir.join("locks"))?;
        place::private_dir(&dir.join("backup"))?;
        place::ballast(dir)?;
        let mut notices = Vec::new();
        let (gate, conn) = match Self::as_it_is(dir)? {
            Some(ready) => ready,
            None => Self::made_ready(dir, &mut notices)?,
        };
        let home = Home { dir: dir.to_owned(), file: identity(&state_file(dir))? };
        let mut store = Self { conn, home: Some(home), durable: Ok(()), notices };
        match schema::probe(&mut store.conn, Timestamp::now()) {
            // The next who writes is as likely to wait; that is no reason to refuse.
            Ok(()) | Err(Trouble::Busy) => {}
            Err(e) => return Err(e),
        }
        store.compare_with_log()?;
        drop(gate);
        Ok(store)
    }

    /// Opens `state.db` where nothing is to be done about it: then it need not be had alone.
    fn as_it_is(dir: &Path) -> Result<Option<(Gate, Connection)>, Trouble> {
        let gate = Gate::shared(dir)?;
        let path = state_file(dir);
        if fs::symlink_metadata(&path).map_or(0, |m| m.len()) == 0 {
            return Ok(None);
        }
        let ready = schema::connect(&path, true).and_then(|conn| {
            schema::writable(&conn, &path)?;
            Ok((schema::inspect(&conn)? == Found::Known(schema::SCHEMA)).then_some(conn))
        });
        Ok(ready.ok().flatten().map(|conn| (gate, conn)))
    }

    fn made_ready(dir: &Path, notices: &mut Vec<String>) -> Result<(Gate, Connection), Trouble> {
        let gate = Gate::alone(dir)?;
        match Self::connected(dir, notices) {
            Err(Trouble::Damaged(what)) => {
                mend::set_aside(dir, &what, notices)?;
                Self::connected(dir, notices).map(|conn| (gate, conn))
            }
            other => other.map(|conn| (gate, conn)),
        }
    }

    /// Opens `state.db`, restored where it is gone, made where it never was, brought to the present schema.
    fn connected(dir: &Path, notices: &mut Vec<String>) -> Result<Connection, Trouble> {
        let path = state_file(dir);
        let fresh = match fs::symlink_metadata(&path) {
            Ok(meta) => meta.len() == 0,
            Err(e) if e.kind() == io::ErrorKind::NotFound => true,
            Err(e) => return Err(e.into()),
        };
        if fresh && !mend::restored(dir, notices)? {
            let file = place::private_file(&path, OpenOptions::new().write(true).create(true).truncate(false))?;
            file.sync_all()?;
            place::sync_dir(dir)?;
        }
        let mut conn = schema::connect(&path, true)?;
        schema::writable(&conn, &path)?;
        match schema::inspect(&conn)? {
            Found::Newer(version) => Err(Trouble::Broken(format!(
                "The journal was written by a newer mobproc (schema {version}, this one knows {}); it is left untouched. \
                 Use the newer mobproc.",
                schema::SCHEMA
            ))),
            Found::Known(schema::SCHEMA) => Ok(conn),
            Found::Known(older) => {
                mend::backup(&conn, dir, Timestamp::now())?;
                schema::migrate(&mut conn, older).map(|()| conn)
            }
            Found::Nothing => schema::migrate(&mut conn, 0).map(|()| conn),
        }
    }

    /// A journal in memory that begins with what a file holds that cannot be written.
    fn copied(dir: &Path, why: String) -> Result<Self, Trouble> {
        let mut store = Self::memory(why)?;
        let readable = schema::connect(&state_file(dir), false)
            .and_then(|from| schema::inspect(&from).map(|found| (from, found)))
            .ok()
            .filter(|(_, found)| *found == Found::Known(schema::SCHEMA));
        if let Some((from, _)) = readable {
            let copied = rusqlite::backup::Backup::new(&from, &mut store.conn).and_then(|copy| copy.step(-1));
            if copied.is_err() {
                return Self::memory(store.durable.err().unwrap_or_default());
            }
        }
        Ok(store)
    }

    /// Does something with the files: none is exchanged meanwhile, the right one is open, and one that turns out damaged
    /// is set aside and rebuilt, which the caller learns as `Broken`.
    fn using<T>(&mut self, job: impl FnOnce(&mut Self) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let result = match self.enter() {
            Ok(_gate) => job(self),
            Err(trouble) => Err(trouble),
        };
        match result {
            Err(Trouble::Damaged(what)) => Err(self.rebuild(&what)),
            other => other,
        }
    }

    fn enter(&mut self) -> Result<Gate, Trouble> {
        let Some(home) = &self.home else { return Ok(Gate { _file: None }) };
        let gate = Gate::shared(&home.dir)?;
        if identity(&state_file(&home.dir)).is_ok_and(|file| file == home.file) {
            return Ok(gate);
        }
        // Another session has set the file aside, or somebody has taken it away.
        drop(gate);
        let dir = home.dir.clone();
        self.go_over_to(Self::on_disk(&dir)?);
        self.notices.push("The journal's file was exchanged by another session; the new one is used.".into());
        Gate::shared(&dir)
    }

    fn rebuild(&mut self, what: &str) -> Trouble {
        let Some(home) = self.home.clone() else {
            return Trouble::Broken(format!("The journal in memory failed: {what}."));
        };
        let aside = Gate::alone(&home.dir).and_then(|_gate| {
            // Another session may have been quicker; and a disk that failed once must not cost a good file.
            let ours = identity(&state_file(&home.dir)).is_ok_and(|file| file == home.file);
            if ours && matches!(schema::sound(&state_file(&home.dir)), Err(Trouble::Damaged(_))) {
                mend::set_aside(&home.dir, what, &mut self.notices)?;
                return Ok(true);
            }
            Ok(!ours)
        });
        match aside.and_then(|aside| Self::on_disk(&home.dir).map(|store| (aside, store))) {
            Ok((aside, store)) => {
                self.go_over_to(store);
                let then = if aside { "it was set aside and rebuilt" } else { "it is whole, so the disk is in doubt" };
                Trouble::Broken(format!(
                    "The journal's file could not be read ({what}); {then}, and this was not done. Look at the orders, \
                     then try again."
                ))
            }
            Err(trouble) => {
                self.durable = Err(format!("The journal is damaged and cannot be rebuilt: {trouble}"));
                trouble
            }
        }
    }

    /// Takes another opening of the same journal; what was to be said is still said, and a disk that was in doubt still is.
    fn go_over_to(&mut self, store: Self) {
        let before = std::mem::replace(self, store);
        self.notices.splice(0..0, before.notices);
        if before.durable.is_err() {
            self.durable = before.durable;
        }
    }

    /// One writing transaction, all or nothing.
    fn write<T>(&mut self, job: impl FnOnce(&Transaction<'_>) -> Result<T, Trouble>) -> Result<T, Trouble> {
        self.using(|store| store.transact("", job))
    }

    /// The same within [`Store::using`], with a crash point before the commit.
    fn transact<T>(
        &mut self,
        point: &str,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = job(&tx)?;
        crate::crash::point(point);
        tx.commit()?;
        Ok(result)
    }

    fn dir(&self) -> Option<&Path> {
        self.home.as_ref().map(|h| h.dir.as_path())
    }
}

impl Gate {
    fn shared(dir: &Path) -> Result<Self, Trouble> {
        Self::lock(dir, File::try_lock_shared)
    }
    fn alone(dir: &Path) -> Result<Self, Trouble> {
        Self::lock(dir, File::try_lock)
    }
    fn lock(dir: &Path, lock: impl Fn(&File) -> Result<(), fs::TryLockError>) -> Result<Self, Trouble> {
        let path = dir.join("locks/files");
        let file = place::private_file(&path, OpenOptions::new().write(true).create(true).truncate(false))?;
        let begun = Instant::now();
        loop {
            match lock(&file) {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(fs::TryLockError::Error(e)) => return Err(e.into()),
                Err(fs::TryLockError::WouldBlock) if begun.elapsed() > schema::PATIENCE => return Err(Trouble::Busy),
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(schema::PAUSE),
            }
        }
    }
}

fn state_file(dir: &Path) -> PathBuf {
    dir.join("state.db")
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|m| (m.dev(), m.ino()))
}
