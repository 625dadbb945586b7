//! Directories read whole, and what has changed in them (WIRE 5, 6): four pages at once, without holes or doubles whatever
//! happens to the list meanwhile. Usable from the first page on.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use tokio::time::{Instant, sleep};

use super::pages::{Brought, Queue, Then};
use super::{Api, LIMIT, Manner, aside};
use crate::domain::directory::{Directory, Listed, Reading};
use crate::domain::fault::Fault;
use crate::domain::ids::OrderNumber;
use crate::domain::lookups::Query;
use crate::domain::readers::collection;
use crate::domain::search::Table;
use crate::domain::text::{Body, Clean, Untrusted};

/// So often a list that moves is read, before what is missing is called so.
const PASSES: usize = 3;
/// A list that takes more bytes than this is not one of people: a million of them take a quarter of it.
const MOST: usize = 1 << 30;
/// What came is shown no more often than this.
const SHOWN: Duration = Duration::from_millis(200);
/// A connection can be used again a moment after its reply was read; whoever asks at once opens another one.
const BACK: Duration = Duration::from_millis(2);
/// Changes are asked for from so long before they were last known: what tells the server's time and what writes it down
/// may be two clocks, and what was being written then may have been seen later.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);
/// So far what tells the time and what writes it down are apart on a server that is well.
const TWO_CLOCKS: SignedDuration = SignedDuration::from_secs(30);

/// A directory as it was read.
#[derive(Debug)]
pub struct Whole<R> {
    /// What came.
    pub directory: Directory<R>,
    /// From when on changes have to be asked for, by the server's clock; nothing where it tells no time.
    pub since: Option<Timestamp>,
}

/// A directory with the changes in it.
#[derive(Debug)]
pub struct Changed<R> {
    /// Its rows.
    pub table: Table<R>,
    /// How many are new or not as they were.
    pub count: usize,
    /// How many of these are new.
    pub new: usize,
    /// From when on changes have to be asked for.
    pub since: Option<Timestamp>,
}

/// Why changes are not known.
#[derive(Debug)]
pub enum Unasked {
    /// The server gives everybody, or nobody, whatever time is asked for.
    Ignored,
    /// It went wrong.
    Failed(Fault),
}

/// One time through a list.
struct Pass<R> {
    rows: Rows<R>,
    total: Option<u64>,
    steady: bool,
    /// How many entries a page has.
    limit: u64,
    start: Start,
    ended: Result<(), Fault>,
}

impl<R: Listed> Pass<R> {
    /// Whether the list held still: as many came as there are, there always were so many, and nobody came to it whom `known`
    /// does not hold. Who goes while another comes is seen by that alone, and takes somebody behind him out of sight.
    fn still(&self, known: &Table<R>) -> bool {
        let rows = &self.rows;
        let all = self.total.is_none_or(|total| (rows.table.len() + rows.unreadable) as u64 == total);
        all && self.steady && rows.late.iter().all(|id| known.has(id))
    }
}

/// What the first page of a list tells beside its entries.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    /// The server's clock.
    date: Option<Timestamp>,
    newest: Option<Timestamp>,
    oldest: Option<Timestamp>,
    /// Whether there are more pages.
    more: bool,
}

impl Start {
    /// What has changed since the list was begun has changed after this. Without a clock the newest change that was
    /// known then is as sure, though it may be long ago.
    fn since(&self) -> Option<Timestamp> {
        self.date.or(self.newest)
    }
}

/// The rows that came, and the entries that are none.
struct Rows<R> {
    table: Table<R>,
    seen: Seen,
    unreadable: usize,
    /// Who has changed since the list was begun, or came to it.
    late: Vec<String>,
}

impl<R: Listed> Default for Rows<R> {
    fn default() -> Self {
        Self { table: Table::default(), seen: Seen::default(), unreadable: 0, late: Vec::new() }
    }
}

impl<R: Listed> Rows<R> {
    /// Takes a page of a list that was begun then; nobody is taken twice.
    fn take(&mut self, body: &Body, begun: Option<Timestamp>) -> Result<(Brought, Start), Fault> {
        let list = body.view().at(R::COLLECTION);
        if !list.at("items").is_array() && !list.is_array() && !body.view().is_array() {
            return Err(Fault::Garbled { why: Clean::new(&format!("there is no list of {} in it", R::LABEL)) });
        }
        let meta = list.at("_meta");
        let (limit, total) = (meta.at("limit").count(), meta.at("totalCount").count());
        let (mut page, mut start) = (Brought { limit, total, ..Brought::default() }, Start::default());
        if self.table.bytes() > MOST {
            let why = format!("there are more {} in it than can be held", R::LABEL);
            return Err(Fault::Garbled { why: Clean::new(&why) });
        }
        for entry in collection(body.view(), R::COLLECTION) {
            page.count += 1;
            let updated = updated(entry);
            start.newest = start.newest.max(updated);
            start.oldest = start.oldest.into_iter().chain(updated).min();
            match R::read(entry) {
                None => self.unreadable += 1,
                Some(row) if row.fields().first().is_none_or(|id| self.seen.maybe(id) && self.table.has(id)) => {}
                Some(row) => {
                    self.table.add(&row);
                    page.fresh += 1;
                    if updated.zip(begun).is_some_and(|(updated, begun)| updated >= begun) {
                        self.late.extend(row.fields().first().map(|id| (*id).to_owned()));
                    }
                }
            }
        }
        Ok((page, start))
    }
}

/// Ids that came, by a number each: whose number is not among them is new, and need not be looked for in a whole table.
#[derive(Default)]
struct Seen {
    numbers: HashSet<u64>,
    of: RandomState,
}

impl Seen {
    /// Whether that id may have come before; it has now.
    fn maybe(&mut self, id: &str) -> bool {
        !self.numbers.insert(self.of.hash_one(id))
    }
}

fn updated(entry: Untrusted<'_>) -> Option<Timestamp> {
    entry.at("updated").text()?.parse().ok()
}

/// Is told of what has come so far.
type Told<'a, R> = &'a (dyn Fn(Directory<R>) + Send + Sync);

/// What those who read one list share.
struct Shared<'a, R> {
    api: &'a Api,
    query: &'a Query,
    activity: OrderNumber,
    queue: Mutex<Queue>,
    /// Empty only while a page is taken.
    rows: tokio::sync::Mutex<Option<Rows<R>>>,
    start: Mutex<Option<Start>>,
    told: Option<Told<'a, R>>,
    shown: Mutex<Option<Instant>>,
    /// Ends the reading after the first page.
    enough: &'a (dyn Fn(&Start, Option<u64>) -> bool + Send + Sync),
}

impl<R: Listed> Shared<'_, R> {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn start(&self) -> MutexGuard<'_, Option<Start>> {
        self.start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads page after page, as long as there are any.
    async fn work(&self) {
        while !self.stops() && self.one().await {}
    }
    /// Reads the next page; whether there was one.
    async fn one(&self) -> bool {
        // Whoever has a page in hand keeps his turn, so that no more pages lie about than are on their way at most.
        let Ok(_turn) = self.api.clients.pages.acquire().await else { return false };
        let page = self.queue().next();
        let Some(page) = page else { return false };
        let came = match self.fetch(page).await {
            Ok((body, date)) => self.take(body, date).await,
            Err(fault) => Err(fault),
        };
        match came {
            Ok(brought) => {
                self.queue().came(page, &brought);
                self.show().await;
                sleep(BACK).await;
            }
            Err(fault) => self.queue().failed(page, fault),
        }
        true
    }
    /// Whether what the first page says is enough.
    fn stops(&self) -> bool {
        let total = self.queue().total();
        self.start().is_some_and(|start| (self.enough)(&start, total))
    }

    async fn fetch(&self, (offset, limit): (u64, u64)) -> Result<(Body, Option<Timestamp>), Fault> {
        let paging = [("limit", limit.to_string()), ("offset", offset.to_string())];
        // The first page is told of like any other call.
        let manner = Manner { until: None, many: self.start().is_some() };
        self.api.get_dated(self.query, &paging, &self.activity, manner).await
    }

    /// Takes a page, on a thread for which nobody waits.
    async fn take(&self, body: Body, date: Option<Timestamp>) -> Result<Brought, Fault> {
        let mut place = self.rows.lock().await;
        let mut rows = place.take().unwrap_or_default();
        let begun = self.start().as_ref().map_or(date, |start| start.date);
        let begun = begun.and_then(|begun| begun.saturating_sub(TWO_CLOCKS).ok());
        let (rows, taken) = aside(move || {
            let taken = rows.take(&body, begun);
            (rows, taken)
        })
        .await;
        *place = Some(rows);
        let (brought, start) = taken?;
        let more = brought.total.is_some_and(|total| total > brought.count);
        self.start().get_or_insert(Start { date, more, ..start });
        Ok(brought)
    }

    /// Shows what has come, where it is time.
    async fn show(&self) {
        let Some(told) = self.told else { return };
        {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            if shown.is_some_and(|shown| shown.elapsed() < SHOWN) {
                return;
            }
            *shown = Some(Instant::now());
        }
        let total = self.queue().total();
        if let Some(rows) = &*self.rows.lock().await {
            let (table, unreadable) = (rows.table.clone(), rows.unreadable);
            told(Directory { table, reading: Reading::Underway { total }, unreadable, as_of: None });
        }
    }

    /// Reads all that is to be read, by four at once.
    async fn read(&self) -> Result<(), Fault> {
        // The first page tells how many there are; nothing is asked for before.
        self.one().await;
        loop {
            if self.stops() {
                return Ok(());
            }
            tokio::join!(self.work(), self.work(), self.work(), self.work());
            let then = self.queue().then();
            match then {
                Then::Done => return Ok(()),
                Then::On => {}
                Then::Pause => sleep(self.api.clients.limits.longest_pause).await,
                Then::Over(fault) => return Err(fault),
            }
        }
    }
}

impl Api {
    /// Reads a directory whole; `told` learns of the first page, then several times a second, what has come. Where the
    /// list moves while it is read, it is read again, a few times. `known` is who is known to have been there before.
    pub async fn read_all<R: Listed>(&self, known: Table<R>, told: impl Fn(Directory<R>) + Send + Sync) -> Whole<R> {
        let query = Query::new(R::PATH, None, None);
        let (mut limit, mut known, mut before) = (LIMIT, known, None::<Table<R>>);
        let mut passes = 0;
        loop {
            passes += 1;
            let shown = before.is_none().then_some(&told as Told<'_, R>);
            let mut pass = self.pass(&query, limit, shown, &|_, _| false).await;
            limit = pass.limit;
            let failed = pass.ended.clone().err();
            let mut sure = failed.is_none() && pass.still(&known);
            let mut since = pass.start.since();
            if failed.is_none() && pass.start.more {
                // Whoever came, or was changed, on a page that had been read already.
                let new;
                (pass, new, since) = self.caught_up(pass).await;
                sure &= new == 0;
            }
            let (mut table, mut unreadable) = (pass.rows.table, pass.rows.unreadable);
            // Where it is not sure who is there, nobody who was is left out.
            if let Some(before) = before.take().filter(|_| !sure) {
                table = aside(move || joined(table, &before)).await;
            }
            if failed.is_none() && !sure && passes < PASSES {
                (known, before) = (table.clone(), Some(table));
                continue;
            }
            if failed.is_none() {
                let total = usize::try_from(pass.total.unwrap_or(0)).unwrap_or(usize::MAX);
                unreadable = unreadable.max(total.saturating_sub(table.len()));
            }
            let reading = failed.map_or(Reading::Whole, |fault| Reading::Failed(Box::new(fault)));
            return Whole { directory: Directory { table, reading, unreadable, as_of: None }, since };
        }
    }

    /// What has changed in a directory since then, put into it.
    ///
    /// # Errors
    /// Why that is not known; the directory is as it was.
    pub async fn read_changes<R: Listed>(&self, table: Table<R>, since: Timestamp) -> Result<Changed<R>, Unasked> {
        let from = since.saturating_sub(MARGIN).unwrap_or(since);
        let from = from.round(Unit::Second).unwrap_or(from);
        let had = table.len() as u64;
        // What changed before is not given by a server that reads the time; without any times everybody tells it.
        let ignored = |start: &Start, total: Option<u64>| match start.oldest {
            Some(oldest) => oldest < from,
            None => had > 0 && total.is_some_and(|total| total >= had),
        };
        let plain = Query::new(R::PATH, None, None).with(R::CHANGED_SINCE, Some(&from.to_string()));
        let sorted = plain.clone().with("sortBy", Some("UPDATED_DATE")).with("sortAscending", Some("true"));
        let mut queries = vec![plain, sorted];
        let (mut table, mut count, mut new, mut begun) = (table, 0, 0, None);
        for _ in 0..PASSES {
            let pass: Pass<R> = loop {
                let Some(query) = queries.last() else { return Err(Unasked::Ignored) };
                let pass = self.pass(query, LIMIT, None, &ignored).await;
                match &pass.ended {
                    // The name of the parameter that sorts is not published.
                    Err(Fault::Refused(_) | Fault::NotFound(_)) => drop(queries.pop()),
                    Err(fault) => return Err(Unasked::Failed(fault.clone())),
                    Ok(()) => break pass,
                }
            };
            if ignored(&pass.start, pass.total) {
                return Err(Unasked::Ignored);
            }
            begun = begun.or(pass.start.since());
            // Whoever changes meanwhile goes to the end, and somebody behind him out of sight.
            let sure = !pass.start.more || pass.still(&pass.rows.table);
            let (rows, put) = aside(move || put_into(table, &pass.rows.table)).await;
            (table, count, new) = (rows, count + put.0, new + put.1);
            if sure {
                break;
            }
        }
        Ok(Changed { table, count, new, since: begun.or(Some(since)) })
    }

    /// Once through a list.
    async fn pass<R: Listed>(
        &self,
        query: &Query,
        limit: u64,
        told: Option<Told<'_, R>>,
        enough: &(dyn Fn(&Start, Option<u64>) -> bool + Send + Sync),
    ) -> Pass<R> {
        let shared = Shared {
            api: self,
            query,
            activity: OrderNumber::from_random(getrandom::u64().unwrap_or_default()),
            queue: Mutex::new(Queue::new(limit)),
            rows: tokio::sync::Mutex::new(None),
            start: Mutex::new(None),
            told,
            shown: Mutex::new(None),
            enough,
        };
        let ended = shared.read().await;
        let start = shared.start().unwrap_or_default();
        let (total, steady, limit) = {
            let queue = shared.queue();
            (queue.total(), queue.steady(), queue.limit())
        };
        let rows = shared.rows.into_inner().unwrap_or_default();
        Pass { rows, total, steady, limit, start, ended }
    }

    /// With what has changed since the list was begun, as far as that is told; how many came to it, and from when on changes
    /// are to be asked for.
    async fn caught_up<R: Listed>(&self, mut pass: Pass<R>) -> (Pass<R>, usize, Option<Timestamp>) {
        let Some(since) = pass.start.since() else { return (pass, 0, None) };
        match self.read_changes(pass.rows.table.clone(), since).await {
            Ok(changed) => {
                pass.rows.table = changed.table;
                (pass, changed.new, changed.since)
            }
            // It is asked for again when changes are.
            Err(_) => (pass, 0, Some(since)),
        }
    }
}

/// Both, with everybody once: as they are in the first.
fn joined<R: Listed>(mut table: Table<R>, before: &Table<R>) -> Table<R> {
    let kept = table.clone();
    for row in before.records().filter(|row| row.fields().first().is_some_and(|id| !kept.has(id))) {
        table.add(&row);
    }
    table
}

/// Puts the rows into a table; how many of them were not there as they are, and how many of these not at all.
fn put_into<R: Listed>(mut table: Table<R>, rows: &Table<R>) -> (Table<R>, (usize, usize)) {
    let (mut count, mut new) = (0, 0);
    for row in rows.records() {
        let old = row.fields().first().and_then(|id| table.get(id));
        if old.as_ref().is_none_or(|old| old.fields() != row.fields()) {
            table.put(&row);
            count += 1;
            new += usize::from(old.is_none());
        }
    }
    (table, (count, new))
}
