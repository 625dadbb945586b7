//! People and lines as the program has them: taken from what was kept, brought up to date, read whole once a day, and kept
//! again. All of it happens beside the loop, one step after the other.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::api::{Api, Unasked, Whole, aside};
use crate::domain::choice::{Line, Person};
use crate::domain::directory::{Directory, Listed, Reading};
use crate::domain::fault::Fault;
use crate::domain::ids::OrderNumber;
use crate::domain::lookups::{Found, ME, Query};
use crate::log::Log;
use crate::store::directory::{About, Kept, NotRead, Shelf, Whose};

/// A directory is compared with the server's after so long.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Where nothing has changed, what was kept is not written again for so long.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Where directories are kept, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Whether they are; else what there is, is removed.
    pub keep: bool,
    /// The state directory.
    pub state: PathBuf,
    /// Whether it may lie on a network file system.
    pub allow_network: bool,
    /// The server, and the company on it.
    pub server: String,
    /// Who signs in, where the profile says; else the server does.
    pub user: Option<String>,
    /// Whatever else decides who is listed.
    pub view: String,
}

/// The directories of one server.
#[derive(Clone)]
pub struct Directories {
    api: Arc<Api>,
    keeping: Option<Arc<Keeping>>,
    log: Log,
    people: Arc<Part<Person>>,
    lines: Arc<Part<Line>>,
}

/// One directory.
pub struct Part<R> {
    known: Mutex<Known<R>>,
    /// Whether somebody waits already for the reading that is going on.
    waiting: AtomicBool,
}

/// What is known of it.
struct Known<R> {
    directory: Directory<R>,
    about: Option<About>,
    /// Where it is kept; nothing before that is known.
    place: Option<Place>,
    written: Option<Timestamp>,
    /// Whose it is taken for, as long as nobody says who is signed in; and what is known of it.
    presumed: Option<(String, About)>,
}

/// Where a directory is kept, if it is.
type Place = Option<(Shelf, Whose)>;

impl<R: Listed> Default for Part<R> {
    fn default() -> Self {
        let known = Known { directory: Directory::default(), about: None, place: None, written: None, presumed: None };
        Self { known: Mutex::new(known), waiting: AtomicBool::new(false) }
    }
}

/// A record that has a directory of its own.
pub trait Held: Listed {
    /// The directory.
    fn part(of: &Directories) -> &Arc<Part<Self>>;
}
impl Held for Person {
    fn part(of: &Directories) -> &Arc<Part<Self>> {
        &of.people
    }
}
impl Held for Line {
    fn part(of: &Directories) -> &Arc<Part<Self>> {
        &of.lines
    }
}

/// Is told whenever more is known.
type Told<'a, R> = &'a (dyn Fn(Directory<R>) + Send + Sync);

impl Directories {
    /// Directories that are not kept.
    #[must_use]
    pub fn new(api: Arc<Api>, log: Log) -> Self {
        Self { api, keeping: None, log, people: Arc::default(), lines: Arc::default() }
    }
    /// The same, kept there.
    #[must_use]
    pub fn kept(self, keeping: Keeping) -> Self {
        Self { keeping: Some(Arc::new(keeping)), ..self }
    }

    /// Brings a directory up to date. The first time that is what was kept, with what has changed since; after that it is
    /// compared with the server's whole.
    pub async fn read<R: Held>(&self, told: impl Fn(Directory<R>) + Send + Sync) {
        let part = R::part(self);
        // Whoever asks while another waits gets what that one gets.
        if part.waiting.swap(true, Ordering::SeqCst) {
            return;
        }
        let mut known = part.known.lock().await;
        part.waiting.store(false, Ordering::SeqCst);
        if self.presume(&mut known).await {
            told(known.directory.clone());
        }
        if !self.begun(&mut known).await || known.about.is_none() {
            return self.compare(&mut known, &told).await;
        }
        told(known.directory.clone());
        self.catch_up(&mut known).await;
        told(known.directory.clone());
        let whole = known.about.as_ref().map(|about| about.whole);
        let now = Timestamp::now();
        if whole.is_none_or(|whole| now.duration_since(whole) > DAY || whole > now) {
            self.compare(&mut known, &told).await;
        }
    }

    /// Compares a directory with the server's now; what is known then, and whether that is kept.
    pub async fn refresh<R: Held>(&self, told: impl Fn(Directory<R>) + Send + Sync) -> (Directory<R>, bool) {
        let mut known = R::part(self).known.lock().await;
        self.begun(&mut known).await;
        let whole = self.whole(&mut known, &told).await;
        let kept = known.written.is_some() && known.written == known.about.as_ref().map(|about| about.current);
        (whole.unwrap_or_else(|fault| Directory { reading: Reading::Failed(fault), ..known.directory.clone() }), kept)
    }

    /// Takes what was kept, where that was not done; whether it was only done now.
    async fn begun<R: Held>(&self, known: &mut Known<R>) -> bool {
        let first = known.place.is_none() && known.about.is_none();
        if known.place.is_none() {
            known.place = self.place().await;
        }
        if first && let Some(place) = &known.place {
            let user = place.as_ref().map(|(_, whose)| &whose.user);
            match known.presumed.take() {
                Some((presumed, about)) if user == Some(&presumed) => {
                    (known.written, known.about) = (Some(about.current), Some(about));
                }
                _ => {
                    known.directory = Directory::default();
                    self.take_kept(known).await;
                }
            }
        }
        first
    }
    /// Where only the server says who is signed in, it is taken to be whom the only directory is kept for that there is of
    /// this server: nobody waits for the answer, or does without where none comes. Whether there is one.
    async fn presume<R: Held>(&self, known: &mut Known<R>) -> bool {
        let Some(keeping) = self.keeping.clone().filter(|k| k.keep && k.user.is_none()) else { return false };
        if known.place.is_some() || known.about.is_some() || !known.directory.table.is_empty() {
            return false;
        }
        let found = aside(move || {
            let shelf = Shelf::open(&keeping.state, keeping.allow_network).ok()?;
            let whose = |user| Whose { server: keeping.server.clone(), user, view: keeping.view.clone() };
            let all = shelf.all().into_iter().flatten().map(|told| whose(told.user));
            let mut all: Vec<Whose> = all.filter(|whose| shelf.has::<R>(whose)).collect();
            all.dedup();
            let [whose] = all.as_slice() else { return None };
            shelf.read::<R>(whose).ok().map(|kept| (whose.user.clone(), kept))
        });
        let Some((user, Kept { table, about })) = found.await else { return false };
        let unreadable = usize::try_from(about.unreadable).unwrap_or(usize::MAX);
        known.directory = Directory { table, reading: Reading::Whole, unreadable, as_of: Some(about.current) };
        known.presumed = Some((user, about));
        true
    }

    async fn compare<R: Held>(&self, known: &mut Known<R>, told: Told<'_, R>) {
        // What is there stays in use until all has come.
        let first = known.about.is_none() && known.directory.table.is_empty();
        let show = |directory| {
            if first {
                told(directory);
            }
        };
        if self.whole(known, &show).await.is_err() {
            known.directory.as_of = known.about.as_ref().map(|about| about.current).or(known.directory.as_of);
        }
        told(known.directory.clone());
    }

    /// Reads a directory whole, and keeps it; what did not come whole takes the place of nothing that was.
    async fn whole<R: Held>(&self, known: &mut Known<R>, told: Told<'_, R>) -> Result<Directory<R>, Box<Fault>> {
        let begun = Timestamp::now();
        let Whole { directory, since } = self.api.read_all(known.directory.table.clone(), told).await;
        if let Reading::Failed(fault) = &directory.reading {
            let fault = fault.clone();
            self.log.directory(true, R::LABEL, "could not be read whole");
            if known.about.is_none() && known.presumed.is_none() {
                known.directory = directory;
            }
            return Err(fault);
        }
        let unreadable = directory.unreadable as u64;
        known.directory = directory;
        known.about = Some(About { unreadable, current: begun, whole: begun, since });
        self.keep(known).await;
        Ok(known.directory.clone())
    }

    /// What was kept, as it was then.
    async fn take_kept<R: Held>(&self, known: &mut Known<R>) {
        let Some(Some((shelf, whose))) = known.place.clone() else { return };
        match aside(move || shelf.read::<R>(&whose)).await {
            Ok(Kept { table, about }) => {
                let unreadable = usize::try_from(about.unreadable).unwrap_or(usize::MAX);
                let as_of = Some(about.current);
                known.directory = Directory { table, reading: Reading::Whole, unreadable, as_of };
                known.written = Some(about.current);
                known.about = Some(about);
            }
            Err(NotRead::None) => {}
            Err(NotRead::Removed(_)) => {
                self.log.directory(true, R::LABEL, "what was kept could not be trusted, and was removed");
            }
        }
    }

    /// Fetches what has changed since it was kept.
    async fn catch_up<R: Held>(&self, known: &mut Known<R>) {
        let Some(about) = &mut known.about else { return };
        let begun = Timestamp::now();
        let changed = match about.since {
            Some(since) => self.api.read_changes(known.directory.table.clone(), since).await,
            None => Err(Unasked::Ignored),
        };
        match changed {
            Ok(changed) => {
                (about.current, about.since) = (begun, changed.since);
                (known.directory.table, known.directory.as_of) = (changed.table, None);
                if changed.count > 0 || known.written.is_none_or(|written| begun.duration_since(written) > HOUR) {
                    self.keep(known).await;
                }
            }
            Err(Unasked::Ignored) => {
                known.directory.as_of = Some(about.whole);
                self.log.directory(true, R::LABEL, "the server does not tell changes; the whole is read once a day");
            }
            Err(Unasked::Failed(_)) => self.log.directory(true, R::LABEL, "what has changed could not be asked for"),
        }
    }

    /// Writes a directory down; where that cannot be, everything else works.
    async fn keep<R: Held>(&self, known: &mut Known<R>) {
        let (Some(Some((shelf, whose))), Some(about)) = (known.place.clone(), known.about.clone()) else { return };
        let (table, current) = (known.directory.table.clone(), about.current);
        match aside(move || shelf.write(&whose, &about, &table)).await {
            Ok(written) => known.written = written.then_some(current).or(known.written),
            Err(e) => self.log.directory(true, R::LABEL, &cannot(&e)),
        }
    }

    /// Where directories are kept for whoever is signed in, if they are; nothing where that could not be found out.
    async fn place(&self) -> Option<Place> {
        let Some(keeping) = self.keeping.clone() else { return Some(None) };
        let Keeping { keep, state, allow_network, .. } = (*keeping).clone();
        let shelf = aside(move || {
            let shelf = Shelf::open(&state, allow_network);
            if let (Ok(shelf), false) = (&shelf, keep) {
                // Whoever turns keeping off wants nothing kept; what cannot be removed is not read.
                let _ = shelf.forget_all();
            }
            shelf
        })
        .await;
        let Ok(shelf) = shelf else {
            self.log.directory(true, "directories", "nothing is kept: the state directory is not used");
            return Some(None);
        };
        if !keep {
            return Some(None);
        }
        let user = match &keeping.user {
            Some(user) => user.clone(),
            None => self.signed_in().await?,
        };
        Some(Some((shelf, Whose { server: keeping.server.clone(), user, view: keeping.view.clone() })))
    }

    /// Who is signed in, as the server says.
    async fn signed_in(&self) -> Option<String> {
        let query = Query::new("/me", None, None);
        let activity = OrderNumber::from_random(super::effects::random());
        let found = self.api.fetch(&ME, &query, &activity, |_| ()).await;
        let Ok(Some(Found::Me(me))) = found else { return None };
        let user = me.user.map(|user| user.id.as_str().to_owned());
        if user.is_none() {
            self.log.directory(true, "directories", "nothing is kept: the server does not say who is signed in");
        }
        user
    }
}

/// Why nothing could be written, without the names of anything.
fn cannot(e: &io::Error) -> String {
    format!("cannot be kept ({}); everything else works", e.kind())
}
