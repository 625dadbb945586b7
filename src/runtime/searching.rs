//! Searching beside the loop: on all processors, chunk by chunk, cut short by the next search, and telling what is known so
//! far.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::app::message::{Search, Searched};
use crate::domain::ids::Id;
use crate::domain::search::{Chunk, FEW, KEPT, Query, Record, Rows, Table, Top, Trail};

/// More processors than this are left to others: the machine has other users.
const PROCESSORS: usize = 4;
/// Once a search has taken so long, what is known is told, if it is anything.
const FIRST: Duration = Duration::from_millis(1);
/// So long, or until something was told, one processor searches: the others are free for what shows it. Most searches for
/// a letter more end within that.
const ALONE: Duration = Duration::from_millis(2);

/// The searches, one after the other: which one is wanted, and what the last ones have left behind.
#[derive(Debug, Default)]
pub struct Hunting {
    /// The ticket of the search that is wanted.
    wanted: AtomicU64,
    people: Left,
    lines: Left,
}

impl Hunting {
    /// Wants the search of that ticket: any other ends without an answer.
    pub fn want(&self, ticket: u64) {
        self.wanted.store(ticket, Ordering::Relaxed);
    }
    /// Searches; what is known so far is told on the way, and at the end all of it.
    pub fn run(&self, search: &Search, tell: &(dyn Fn(Searched) + Sync)) {
        let processors = thread::available_parallelism().map_or(1, NonZero::get).min(PROCESSORS);
        let hunt = Hunt { search, query: Query::new(&search.typed), wanted: &self.wanted, processors, alone: ALONE };
        hunt.run((&self.people, &self.lines), tell);
    }
}

/// What a search of one table has left behind.
type Left = Mutex<Option<Trail>>;
/// Where rows of people who were ordered for before are, by chunk.
type Known = BTreeMap<u32, Vec<u32>>;

/// One search.
struct Hunt<'a> {
    search: &'a Search,
    query: Query,
    wanted: &'a AtomicU64,
    processors: usize,
    alone: Duration,
}

impl Hunt<'_> {
    fn run(&self, (people_left, lines_left): (&Left, &Left), tell: &(dyn Fn(Searched) + Sync)) {
        let known = self.search.people.places(self.search.known.iter().map(Id::as_str));
        let so_far = |people: Rows, lines: Rows, whole| Searched { ticket: self.search.ticket, whole, people, lines };
        let (people, lines) = (&self.search.people, &self.search.lines);
        let first = |rows: Rows| tell(so_far(rows, Rows::default(), false));
        let Some(found) = self.rows(people, &known, people_left, &first) else { return };
        let first = |rows| tell(so_far(found.clone(), rows, false));
        let Some(numbers) = self.rows(lines, &Known::new(), lines_left, &first) else { return };
        tell(so_far(found, numbers, true));
    }

    fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) == self.search.ticket
    }

    /// The best rows of a table; `None` where another search is wanted.
    fn rows<R: Record>(
        &self,
        table: &Table<R>,
        known: &Known,
        left: &Left,
        first: &(dyn Fn(Rows) + Sync),
    ) -> Option<Rows> {
        let none = || Top::new(1).best();
        let tell = |top: &Top| first(table.rows(top.clone().best(), none()));
        let mut sure = self.those_that_fit(table.chunks(), known, left, &tell)?;
        table.by_id(&self.query, &mut sure);
        let mut similar = Top::new(FEW);
        if R::FORGIVES && self.query.guesses_beside(sure.fits()) {
            if sure.fits() > 0 {
                tell(&sure);
            }
            let guess = |at: usize, chunk: &Arc<Chunk>, top: &mut Top| {
                let (number, known) = numbered(at, known);
                chunk.guess(&self.query, number, known, top);
            };
            similar = self.pass(table.chunks(), FEW, &guess, &|similar| {
                first(table.rows(sure.clone().best(), similar.clone().best()));
            })?;
        }
        Some(table.rows(sure.best(), similar.best()))
    }

    /// The rows that fit: among those that fitted a search for less, where that was the last one.
    fn those_that_fit(
        &self,
        chunks: &[Arc<Chunk>],
        known: &Known,
        left: &Left,
        tell: &(dyn Fn(&Top) + Sync),
    ) -> Option<Top> {
        let locked = || left.lock().unwrap_or_else(PoisonError::into_inner);
        let before = locked().take().filter(|trail| trail.leads_to(&self.query));
        let trail = Mutex::new(Trail::new(&self.query, chunks));
        let scan = |at: usize, chunk: &Arc<Chunk>, top: &mut Top| {
            let among = before.as_ref().and_then(|trail| trail.rows(at, chunk));
            let (number, known) = numbered(at, known);
            let fits = chunk.scan(&self.query, among, number, known, top);
            trail.lock().unwrap_or_else(PoisonError::into_inner).note(at, fits);
        };
        let found = self.pass(chunks, KEPT, &scan, tell);
        *locked() = trail.into_inner().ok();
        found
    }

    /// Every chunk once, on all processors, and the best so many.
    fn pass(
        &self,
        chunks: &[Arc<Chunk>],
        at_most: usize,
        look: &(dyn Fn(usize, &Arc<Chunk>, &mut Top) + Sync),
        first: &(dyn Fn(&Top) + Sync),
    ) -> Option<Top> {
        let (begun, next, told) = (Instant::now(), AtomicUsize::new(0), AtomicBool::new(false));
        let work = |goes_on: &dyn Fn() -> bool| {
            let mut top = Top::new(at_most);
            while self.wanted()
                && goes_on()
                && let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some(chunk) = chunks.get(at)
            {
                look(at, chunk, &mut top);
                let soon = begun.elapsed() < FIRST || top.fits() == 0 || at + 1 >= chunks.len();
                if !soon && !told.swap(true, Ordering::Relaxed) {
                    first(&top);
                }
            }
            top
        };
        let mut all = work(&|| begun.elapsed() < self.alone && !told.load(Ordering::Relaxed));
        let left = chunks.len().saturating_sub(next.load(Ordering::Relaxed));
        let helpers = self.processors.min(left).saturating_sub(1);
        thread::scope(|scope| {
            let others: Vec<_> = (0..helpers).map(|_| scope.spawn(|| work(&|| true))).collect();
            all.merge(&work(&|| true));
            for other in others {
                match other.join() {
                    Ok(top) => all.merge(&top),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        self.wanted().then_some(all)
    }
}

/// A chunk's number, and the rows in it of people who were ordered for before.
fn numbered(at: usize, known: &Known) -> (u32, &[u32]) {
    let number = u32::try_from(at).unwrap_or(u32::MAX);
    (number, known.get(&number).map(Vec::as_slice).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::choice::Person;
    use crate::domain::search::ROWS;
    use crate::domain::text::Clean;

    fn people(count: usize) -> Table<Person> {
        let mut all = Table::default();
        for at in 0..count {
            let status = if at % 20 == 0 { "INACTIVE" } else { "ACTIVE" };
            all.add(&Person {
                id: Id::new(&format!("{at}")).unwrap(),
                login: Some(Clean::new(&format!("login{at}"))),
                first: Clean::new(["Ann", "Bo", "Cy"][at % 3]),
                last: Clean::new(&format!("Name{}", at % 1000)),
                email: None,
                phone: None,
                department: None,
                status: Clean::new(status),
            });
        }
        all
    }
    fn search_among(people: Table<Person>, typed: &str, known: &[&str]) -> Search {
        let known = known.iter().filter_map(|id| Id::new(id)).collect();
        Search { ticket: 1, typed: typed.into(), people, lines: Table::default(), known }
    }
    fn search(typed: &str, known: &[&str]) -> Search {
        search_among(people(ROWS * 10), typed, known)
    }
    /// What is told of a search behind others.
    fn told_by(hunting: &Hunting, search: &Search, alone: Duration) -> Vec<Searched> {
        let told: Mutex<Vec<Searched>> = Mutex::default();
        let query = Query::new(&search.typed);
        let hunt = Hunt { search, query, wanted: &hunting.wanted, processors: 3, alone };
        hunt.run((&hunting.people, &hunting.lines), &|found| told.lock().unwrap().push(found));
        told.into_inner().unwrap()
    }
    fn told(search: &Search, wanted: u64) -> Vec<Searched> {
        let hunting = Hunting::default();
        hunting.want(wanted);
        told_by(&hunting, search, Duration::ZERO)
    }

    #[test]
    fn all_processors_find_what_one_would() {
        for typed in ["a", "name7", "bo name42", "login81", "nmae77", "zzz"] {
            let search = search(typed, &["7", "42", "77"]);
            let told = told(&search, 1);
            let last = told.last().unwrap();
            assert_eq!(*last, search.now(), "{typed}");
            assert!(told.iter().rev().skip(1).all(|t| !t.whole && t.people.fits <= last.people.fits), "{typed}");
        }
    }
    #[test]
    fn a_letter_more_or_less_or_a_change_of_people_finds_what_a_search_by_itself_would() {
        let hunting = Hunting::default();
        hunting.want(1);
        let few = people(400);
        let everybody = Table::of(few.chunks().iter().cycle().take(2).cloned().collect());
        let mut fewer = everybody.clone();
        fewer.remove("201");
        let mut more = fewer.clone();
        more.add(&Person { id: Id::new("x1").unwrap(), ..everybody.get("201").unwrap() });
        let typed = "c|cy|cy |cy n|cy na|cy name1|l|login|login2|login20|login201|2|20|201|+201|bo|name1 bo|login2 b|zz|login201";
        for (at, typed) in typed.split('|').enumerate() {
            for people in [&everybody, &fewer, &more, &everybody, &Table::default()].into_iter().take(1 + at % 5) {
                let search = search_among(people.clone(), typed, &["7", "42"]);
                let alone = [Duration::ZERO, Duration::from_secs(60)][at % 2];
                assert_eq!(*told_by(&hunting, &search, alone).last().unwrap(), search.now(), "{typed}");
            }
        }
    }
    #[test]
    fn whom_was_ordered_for_before_comes_first_but_not_before_an_exact_login() {
        let ids = |search: &Search| -> Vec<String> {
            search.now().people.rows.iter().take(2).map(|r| r.id.to_string()).collect()
        };
        assert_eq!(ids(&search("name7", &["78", "777"])), ["777", "78"]);
        assert_eq!(ids(&search("login7", &["777"])), ["7", "777"]);
    }
    #[test]
    fn a_search_that_nobody_wants_any_more_tells_nothing() {
        assert!(told(&search("name", &[]), 2).is_empty());
    }
}
