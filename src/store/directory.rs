//! What is known of people and lines, kept between runs: beside the journal, in files of their own, which can be lost without
//! harm. A file is written whole and then put in its place, and read only where every byte of it is as it was written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::place::{judge, prepare, private_dir, private_file, sync_dir};
use super::rows::hex;
use crate::domain::directory::Listed;
use crate::domain::search::{Chunk, Table};

/// What every file begins with; the number is the form's.
const MAGIC: &[u8; 12] = b"mobproc-dir1";
/// What the names begin and end with.
const NAME: (&str, &str) = ("directory-", ".kept");
/// No block, and no head, is longer (bytes).
const BLOCK: u32 = 64 << 20;
/// Most blocks are not longer (bytes).
const ROOM: usize = 4 << 20;
/// Nor are there more blocks.
const BLOCKS: u32 = 100_000;
/// What nobody has opened or written for so long goes.
const OLD: Duration = Duration::from_secs(30 * 24 * 3600);
/// A file that is read by two is read in half the time.
const READERS: usize = 2;
/// How far those who read stand behind others who want a processor.
const BEHIND: i32 = 10;

/// Whose directory it is: nobody else ever sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The server, and the company on it.
    pub server: String,
    /// The user who is signed in.
    pub user: String,
    /// Whatever else decides who is listed.
    pub view: String,
}

/// What is known of a kept directory beside its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// How many entries of it could not be read.
    pub unreadable: u64,
    /// When it was last known to be as it is on the server.
    pub current: Timestamp,
    /// When it was last read whole.
    pub whole: Timestamp,
    /// From when on changes have to be asked for, by the server's clock.
    pub since: Option<Timestamp>,
}

/// A kept directory.
#[derive(Debug)]
pub struct Kept<R> {
    /// Its rows.
    pub table: Table<R>,
    /// What is known of it.
    pub about: About,
}

/// A kept file, as its head tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where it lies.
    pub path: PathBuf,
    /// What its rows are called.
    pub label: String,
    /// The server, and the company on it.
    pub server: String,
    /// The user who was signed in.
    pub user: String,
    /// How many rows.
    pub rows: u64,
    /// How many bytes.
    pub bytes: u64,
    /// What is known of it.
    pub about: About,
}

impl Told {
    /// Looks through the file whether every byte of it is as it was written.
    ///
    /// # Errors
    /// Why it cannot be trusted, in a clause.
    pub fn sound(&self) -> Result<(), String> {
        let (mut file, head) = opened(&self.path)?;
        (0..head.blocks).try_for_each(|_| block(&mut file).map(drop))?;
        ends(&mut file)
    }
}

/// Why a file was not read.
#[derive(Debug, PartialEq, Eq)]
pub enum NotRead {
    /// There is none.
    None,
    /// It cannot be trusted, and was removed; why, in a clause.
    Removed(String),
}

/// Where directories are kept.
#[derive(Clone, Debug)]
pub struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    /// The shelf in a state directory, which is made and checked as for the journal.
    ///
    /// # Errors
    /// Why it cannot be used, in sentences.
    pub fn open(state: &Path, allow_network: bool) -> Result<Self, String> {
        let dir = prepare(state, allow_network).map_err(|refused| refused.to_string())?;
        Ok(Self { dir })
    }

    fn path<R: Listed>(&self, whose: &Whose) -> PathBuf {
        self.dir.join(format!("{}{}-{}{}", NAME.0, R::LABEL, &whose.digest()[..16], NAME.1))
    }

    /// Whether something is kept of one kind and user.
    #[must_use]
    pub fn has<R: Listed>(&self, whose: &Whose) -> bool {
        fs::symlink_metadata(self.path::<R>(whose)).is_ok()
    }
    /// Reads what is kept; what cannot be trusted is removed.
    ///
    /// # Errors
    /// Why there is nothing.
    pub fn read<R: Listed>(&self, whose: &Whose) -> Result<Kept<R>, NotRead> {
        let path = self.path::<R>(whose);
        if fs::symlink_metadata(&path).is_err() {
            return Err(NotRead::None);
        }
        read(&path, whose).map_err(|why| {
            // What cannot be removed is not read the next time either.
            let _ = fs::remove_file(&path);
            NotRead::Removed(why)
        })
    }

    /// Keeps a directory, unless another session is just keeping it or has kept a newer one; whether it did.
    ///
    /// # Errors
    /// What the disk said; what was kept before is as it was.
    pub fn write<R: Listed>(&self, whose: &Whose, about: &About, table: &Table<R>) -> io::Result<bool> {
        private_dir(&self.dir.join("locks"))?;
        let lock = self.dir.join("locks/directory");
        let lock = private_file(&lock, OpenOptions::new().write(true).create(true).truncate(false))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(e)) => return Err(e),
            Ok(()) => {}
        }
        let path = self.path::<R>(whose);
        // What says that it is of a time to come was written by a clock that went wrong.
        let now = Timestamp::now();
        let sane = |there: &About| there.whole <= now && there.current <= now;
        let newer = told(&path).is_ok_and(|there| sane(&there.about) && there.about.newer(about));
        if newer {
            return Ok(false);
        }
        let draft = path.with_extension("new");
        let written = write(&draft, whose, about, table).and_then(|()| fs::rename(&draft, &path));
        written.inspect_err(|_| {
            let _ = fs::remove_file(&draft);
        })?;
        // It is in its place; should the name be lost with the power, it is read anew.
        let _ = sync_dir(&self.dir);
        self.clear_old();
        Ok(true)
    }

    /// What is kept, whoever it is for; a file that is none is told of by its path and why.
    #[must_use]
    pub fn all(&self) -> Vec<Result<Told, (PathBuf, String)>> {
        self.files().map(|path| told(&path).map_err(|why| (path, why))).collect()
    }
    /// Removes what is kept of one kind and user.
    ///
    /// # Errors
    /// What the disk said.
    pub fn forget<R: Listed>(&self, whose: &Whose) -> io::Result<()> {
        gone(fs::remove_file(self.path::<R>(whose)))
    }
    /// Removes all that is kept, and what was being written; how many files that were.
    ///
    /// # Errors
    /// What the disk said.
    pub fn forget_all(&self) -> io::Result<usize> {
        let all: Vec<PathBuf> = self.ours().collect();
        all.iter().try_for_each(|path| gone(fs::remove_file(path)))?;
        Ok(all.iter().filter(|path| is_kept(path)).count())
    }

    /// Of users, and of servers, who are not used any more nothing stays.
    fn clear_old(&self) {
        for path in self.ours() {
            let used = fs::symlink_metadata(&path).and_then(|meta| meta.modified());
            if used.is_ok_and(|used| SystemTime::now().duration_since(used).is_ok_and(|age| age > OLD)) {
                let _ = fs::remove_file(&path);
            }
        }
    }
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.ours().filter(|path| is_kept(path))
    }
    fn ours(&self) -> impl Iterator<Item = PathBuf> {
        let mut paths: Vec<PathBuf> = fs::read_dir(&self.dir)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(NAME.0)))
            .collect();
        paths.sort();
        paths.into_iter()
    }
}

fn is_kept(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(NAME.1))
}

/// What is not there need not be removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

impl Whose {
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.server, &self.user, &self.view] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hex(&hash.finalize())
    }
}

impl About {
    /// Whether it is of a later time.
    fn newer(&self, than: &Self) -> bool {
        self.whole > than.whole || self.whole == than.whole && self.current > than.current
    }
}

/// The head of a file, as lines.
struct Head {
    digest: String,
    columns: u32,
    blocks: u32,
    told: Told,
}

impl Head {
    fn text(&self) -> String {
        let Told { label, server, user, rows, about, .. } = &self.told;
        let About { unreadable, current, whole, since } = about;
        let since = since.map(|since| since.to_string()).unwrap_or_default();
        let plain = |text: &str| text.replace(['\n', '\t'], " ");
        format!(
            "{}\t{}\t{}\t{label}\t{rows}\t{unreadable}\t{current}\t{whole}\t{since}\t{}\t{}",
            self.digest,
            self.columns,
            self.blocks,
            plain(server),
            plain(user)
        )
    }
    fn read(text: &str, path: &Path, bytes: u64) -> Option<Self> {
        let parts: Vec<&str> = text.split('\t').collect();
        let [digest, columns, blocks, label, rows, unreadable, current, whole, since, server, user] = parts[..] else {
            return None;
        };
        let since = if since.is_empty() { None } else { Some(since.parse().ok()?) };
        let about = About {
            unreadable: unreadable.parse().ok()?,
            current: current.parse().ok()?,
            whole: whole.parse().ok()?,
            since,
        };
        let told = Told {
            path: path.to_owned(),
            label: label.into(),
            server: server.into(),
            user: user.into(),
            rows: rows.parse().ok()?,
            bytes,
            about,
        };
        Some(Self { digest: digest.into(), columns: columns.parse().ok()?, blocks: blocks.parse().ok()?, told })
    }
}

/// How many fields a row has: a file of another form of them is not read.
fn columns<R: Listed>(table: &Table<R>) -> u32 {
    table.records().next().map_or(0, |row| u32::try_from(row.fields().len()).unwrap_or(0))
}

/// Writes a block behind its length and sum.
fn put(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= BLOCK);
    let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&crc32fast::hash(bytes).to_le_bytes())?;
    to.write_all(bytes)
}

fn write<R: Listed>(path: &Path, whose: &Whose, about: &About, table: &Table<R>) -> io::Result<()> {
    // What a session left that died while it wrote.
    gone(fs::remove_file(path))?;
    let file = private_file(path, OpenOptions::new().write(true).create_new(true))?;
    let chunks: Vec<&Arc<Chunk>> = table.chunks().iter().filter(|chunk| !chunk.is_empty()).collect();
    let told = Told {
        path: path.to_owned(),
        label: R::LABEL.into(),
        server: whose.server.clone(),
        user: whose.user.clone(),
        rows: table.len() as u64,
        bytes: 0,
        about: about.clone(),
    };
    let blocks = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
    let head = Head { digest: whose.digest(), columns: columns(table), blocks, told };
    let mut to = BufWriter::with_capacity(1 << 20, file);
    to.write_all(MAGIC)?;
    put(&mut to, head.text().as_bytes())?;
    let mut text = String::new();
    for chunk in chunks {
        text.clear();
        for line in chunk.lines() {
            text.push_str(line);
            text.push('\n');
        }
        put(&mut to, text.as_bytes())?;
    }
    to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Opens a file that is ours alone, and reads its head.
fn opened(path: &Path) -> Result<(File, Head), String> {
    let cannot = |e: io::Error| format!("it cannot be read ({e})");
    let mut file = private_file(path, OpenOptions::new().read(true)).map_err(cannot)?;
    let meta = file.metadata().map_err(cannot)?;
    judge(&meta, rustix::process::geteuid().as_raw(), false)
        .map_err(|fault| super::place::described(path, fault, false).0)?;
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic).map_err(|_| "it is no kept directory")?;
    if magic != *MAGIC {
        return Err("it is of another version, or no kept directory".into());
    }
    let head = block(&mut file)?;
    let head = Head::read(&head, path, meta.len()).ok_or("its head cannot be read")?;
    Ok((file, head))
}

fn told(path: &Path) -> Result<Told, String> {
    opened(path).map(|(_, head)| head.told)
}

/// Reads a block.
fn block(from: &mut impl Read) -> Result<String, String> {
    let (sum, bytes) = raw(from)?;
    checked(sum, bytes)
}
/// What the sum of a block's bytes is to be, and the bytes.
fn raw(from: &mut impl Read) -> Result<(u32, Vec<u8>), String> {
    let torn = |_| "it ends in the middle".to_owned();
    let mut word = [0; 4];
    from.read_exact(&mut word).map_err(torn)?;
    let length = u32::from_le_bytes(word);
    if length > BLOCK {
        return Err("it is damaged".into());
    }
    from.read_exact(&mut word).map_err(torn)?;
    // A length that is made up is not given room to: only what is there is.
    let mut bytes = Vec::with_capacity((length as usize).min(ROOM));
    let read = from.take(length.into()).read_to_end(&mut bytes);
    if !read.is_ok_and(|read| read == length as usize) {
        return Err("it ends in the middle".into());
    }
    Ok((u32::from_le_bytes(word), bytes))
}
fn checked(sum: u32, bytes: Vec<u8>) -> Result<String, String> {
    let sound = crc32fast::hash(&bytes) == sum;
    String::from_utf8(bytes).ok().filter(|_| sound).ok_or_else(|| "it is damaged".into())
}

/// Nothing follows the last block.
fn ends(from: &mut impl Read) -> Result<(), String> {
    if matches!(from.read(&mut [0]), Ok(0)) { Ok(()) } else { Err("it goes on behind its end".into()) }
}

/// A file that is read by several, block after block.
struct Reading {
    file: File,
    next: u32,
}

fn read<R: Listed>(path: &Path, whose: &Whose) -> Result<Kept<R>, String> {
    let (file, head) = opened(path)?;
    if head.digest != whose.digest() || head.told.label != R::LABEL {
        return Err("it is somebody else's".into());
    }
    if head.blocks > BLOCKS {
        return Err("it is damaged".into());
    }
    let shared = Mutex::new(Reading { file, next: 0 });
    let (blocks, shared) = (head.blocks, &shared);
    let parts: Vec<Result<Vec<(u32, Chunk)>, String>> = std::thread::scope(|scope| {
        let reader = || {
            // Whoever draws or takes keys meanwhile, here or at the other end of the terminal, goes first. These threads
            // end with their work, and where that is refused all is as it was.
            let _ = rustix::process::nice(BEHIND);
            chunks::<R>(shared, blocks)
        };
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(reader)).collect();
        readers.into_iter().map(|reader| reader.join().unwrap_or_else(|_| Err("it cannot be taken".into()))).collect()
    });
    let mut all: Vec<(u32, Chunk)> = parts.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(at, _)| *at);
    let mut reading = shared.lock().unwrap_or_else(PoisonError::into_inner);
    ends(&mut reading.file)?;
    let table = Table::of(all.into_iter().map(|(_, chunk)| Arc::new(chunk)).collect());
    if table.len() as u64 != head.told.rows || columns::<R>(&table) != head.columns {
        return Err("its rows are not those that were written".into());
    }
    Ok(Kept { table, about: head.told.about })
}

/// Reads blocks, each in its turn, and makes them ready beside the others.
fn chunks<R: Listed>(shared: &Mutex<Reading>, blocks: u32) -> Result<Vec<(u32, Chunk)>, String> {
    let mut all = Vec::new();
    loop {
        let (at, (sum, bytes)) = {
            let mut reading = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if reading.next >= blocks {
                return Ok(all);
            }
            let at = reading.next;
            reading.next += 1;
            (at, raw(&mut reading.file)?)
        };
        all.push((at, Chunk::of_lines::<R>(checked(sum, bytes)?)));
    }
}
