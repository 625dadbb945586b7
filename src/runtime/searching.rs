//! Searching beside the loop: on all processors, chunk by chunk, cut short by the next search, and telling what is known so
//! far.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crate::app::message::{Search, Searched};
use crate::domain::ids::Id;
use crate::domain::search::{Chunk, FEW, KEPT, Query, Record, Rows, Table, Top};

/// More processors than this are left to others: the machine has other users.
const PROCESSORS: usize = 4;
/// After so many chunks what is known is told, if it is anything: a few thousandths of a second. To look for slips takes
/// longer.
const FIRST: (usize, usize) = (6, 2);

/// One search; it ends without an answer as soon as another is wanted.
pub struct Hunt<'a> {
    search: &'a Search,
    query: Query,
    /// The ticket of the search that is wanted.
    wanted: &'a AtomicU64,
    processors: usize,
}

/// Where rows of people who were ordered for before are, by chunk.
type Known = BTreeMap<u32, Vec<u32>>;
/// How many rows are kept, after how many chunks what is known is told, and what is done with each.
type Scan = (usize, usize, fn(&Chunk, &Query, u32, &[u32], &mut Top));

impl<'a> Hunt<'a> {
    /// A search that ends when another ticket is wanted.
    #[must_use]
    pub fn new(search: &'a Search, wanted: &'a AtomicU64) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get).min(PROCESSORS);
        Self { search, query: Query::new(&search.typed), wanted, processors }
    }

    /// Searches; what is known so far is told on the way, and at the end all of it.
    pub fn run(&self, tell: &(dyn Fn(Searched) + Sync)) {
        let known = self.search.people.places(self.search.known.iter().map(Id::as_str));
        let so_far = |people: Rows, lines: Rows, whole| Searched { ticket: self.search.ticket, whole, people, lines };
        let (people, lines) = (&self.search.people, &self.search.lines);
        let first = |rows: Rows| tell(so_far(rows, Rows::default(), false));
        let Some(found) = self.rows(people, &known, &first) else { return };
        let none = Known::new();
        let Some(numbers) = self.rows(lines, &none, &|rows| tell(so_far(found.clone(), rows, false))) else { return };
        tell(so_far(found, numbers, true));
    }

    /// The best rows of a table; `None` where another search is wanted.
    fn rows<R: Record>(&self, table: &Table<R>, known: &Known, first: &(dyn Fn(Rows) + Sync)) -> Option<Rows> {
        let none = || Top::new(1).best();
        let tell = |top: &Top| first(table.rows(top.clone().best(), none()));
        let mut sure = self.pass(table.chunks(), known, (KEPT, FIRST.0, Chunk::scan), &tell)?;
        table.by_id(&self.query, &mut sure);
        let mut similar = Top::new(FEW);
        if R::FORGIVES && self.query.guesses_beside(sure.fits()) {
            if sure.fits() > 0 {
                tell(&sure);
            }
            similar = self.pass(table.chunks(), known, (FEW, FIRST.1, Chunk::guess), &|similar| {
                first(table.rows(sure.clone().best(), similar.clone().best()));
            })?;
        }
        Some(table.rows(sure.best(), similar.best()))
    }

    /// Every chunk once, on all processors.
    fn pass(
        &self,
        chunks: &[std::sync::Arc<Chunk>],
        known: &Known,
        (at_most, after, scan): Scan,
        first: &(dyn Fn(&Top) + Sync),
    ) -> Option<Top> {
        let (next, told) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let mut top = Top::new(at_most);
            let mut done = 0;
            while self.wanted.load(Ordering::Relaxed) == self.search.ticket
                && let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some(chunk) = chunks.get(at)
            {
                let number = u32::try_from(at).unwrap_or(u32::MAX);
                scan(chunk, &self.query, number, known.get(&number).map(Vec::as_slice).unwrap_or_default(), &mut top);
                done += 1;
                if done >= after && top.fits() > 0 && at + 1 < chunks.len() && !told.swap(true, Ordering::Relaxed) {
                    first(&top);
                }
            }
            top
        };
        let helpers = self.processors.min(chunks.len()).saturating_sub(1);
        let mut all = Top::new(at_most);
        thread::scope(|scope| {
            let others: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
            all.merge(&work());
            for other in others {
                match other.join() {
                    Ok(top) => all.merge(&top),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        (self.wanted.load(Ordering::Relaxed) == self.search.ticket).then_some(all)
    }
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
    fn search(typed: &str, known: &[&str]) -> Search {
        let known = known.iter().filter_map(|id| Id::new(id)).collect();
        Search { ticket: 1, typed: typed.into(), people: people(ROWS * 10), lines: Table::default(), known }
    }
    fn told(search: &Search, wanted: u64) -> Vec<Searched> {
        let told: Mutex<Vec<Searched>> = Mutex::default();
        Hunt::new(search, &AtomicU64::new(wanted)).run(&|found| told.lock().unwrap().push(found));
        told.into_inner().unwrap()
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
