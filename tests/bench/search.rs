//! Finding somebody among many: key by key, as it is typed; and what it costs that they can be found.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use mobproc::app::message::Search;
use mobproc::domain::choice::Person;
use mobproc::domain::search::{Chunk, Table};
use mobproc::runtime::searching::Hunting;
use mobproc::store::directory::{About, Shelf, Whose};

use crate::people;
use crate::program::resident;
use crate::report::{Report, Unit};
use crate::{Failed, Size};

/// The first screen searches so many itself; more of them beside the loop.
const AT_ONCE: usize = 10_000;
/// That of every search.
const TICKET: u64 = 1;
/// How many things are typed.
const QUERIES: usize = 30;
/// How many letters are taken back behind each.
const BACK: usize = 3;

pub fn measure(report: &mut Report, size: &Size) -> Result<(), Failed> {
    let most = size.people.iter().copied().max().unwrap_or_default();
    let texts = people::lines(most)?;
    // Before anything else is taken and given back, so that all of it is seen.
    let before = resident(std::process::id())?;
    let table = loaded(&texts);
    let taken = resident(std::process::id())? - before;
    report.add("index: resident memory, text and all", table.len(), Unit::Mebibytes, vec![taken]);
    drop(table);
    for count in size.people {
        let chunks = count.div_ceil(8_192);
        let texts = &texts[..chunks.min(texts.len())];
        let texts: Vec<String> = cut(texts, *count);
        build(report, &texts, *count, size.runs)?;
        kept(report, &texts, *count, size.runs)?;
        typing(report, &texts, *count)?;
    }
    Ok(())
}

/// The first so many rows.
fn cut(texts: &[String], count: usize) -> Vec<String> {
    let mut left = count;
    let mut cut = Vec::new();
    for text in texts {
        let lines: Vec<&str> = text.split_inclusive('\n').take(left).collect();
        left -= lines.len();
        cut.push(lines.concat());
    }
    cut
}

/// What the index costs: time and room.
fn build(report: &mut Report, texts: &[String], count: usize, runs: usize) -> Result<(), Failed> {
    let text: usize = texts.iter().map(String::len).sum();
    let (mut adding, mut loading) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let mut took = Duration::ZERO;
        let mut table = Table::<Person>::default();
        for text in texts {
            let chunk = Chunk::of_lines::<Person>(text.clone());
            let people: Vec<Person> = (0..chunk.len()).filter_map(|row| chunk.record(row)).collect();
            let begun = Instant::now();
            people.iter().for_each(|p| table.add(p));
            took += begun.elapsed();
        }
        adding.push(took);
        if run == 0 {
            let beyond = table.bytes().saturating_sub(text) as f64 / table.len() as f64;
            report.add(
                "index: bytes per person, their text",
                count,
                Unit::Bytes,
                vec![text as f64 / table.len() as f64],
            );
            report.add("index: bytes per person, beyond their text", count, Unit::Bytes, vec![beyond]);
        }
        drop(table);
        let begun = Instant::now();
        let table = loaded(texts);
        loading.push(begun.elapsed());
        drop(table);
    }
    report.times("index: build from records, one thread", count, &adding);
    report.times("index: load from text, two threads", count, &loading);
    Ok(())
}

/// What is kept between runs: written and read as the program does it.
fn kept(report: &mut Report, texts: &[String], count: usize, runs: usize) -> Result<(), Failed> {
    let state = tempfile::tempdir()?;
    let shelf = Shelf::open(&state.path().join("state"), true)?;
    let whose = Whose { server: "server".into(), user: "user".into(), view: String::new() };
    let now = jiff::Timestamp::now();
    let about = About { unreadable: 0, current: now, whole: now, since: None };
    let table = people::table(texts);
    let (mut writing, mut reading) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let begun = Instant::now();
        shelf.write(&whose, &about, &table)?;
        writing.push(begun.elapsed());
        let begun = Instant::now();
        let read = shelf.read::<Person>(&whose).map_err(|_| "what was kept cannot be read")?;
        reading.push(begun.elapsed());
        if read.table.len() != table.len() {
            return Err("what was kept is not what was read".into());
        }
    }
    report.times("kept file: written", count, &writing);
    report.times("kept file: read, and ready to be searched", count, &reading);
    Ok(())
}

/// As the program takes what it has kept: a text per chunk, on two threads.
fn loaded(texts: &[String]) -> Table<Person> {
    let half = texts.len().div_ceil(2);
    let load = |texts: &[String]| -> Vec<Arc<Chunk>> {
        texts.iter().map(|t| Arc::new(Chunk::of_lines::<Person>(t.clone()))).collect()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| load(&texts[half..]));
        let mut chunks = load(&texts[..half]);
        chunks.extend(other.join().unwrap_or_default());
        Table::of(chunks)
    })
}

/// How long until something was told, and until all was.
type Took = (Duration, Duration);

fn typing(report: &mut Report, texts: &[String], count: usize) -> Result<(), Failed> {
    let table = people::table(texts);
    let (mut first, mut further, mut back) = (Vec::new(), Vec::new(), Vec::new());
    let hunting = Hunting::default();
    hunting.want(TICKET);
    for query in people::queries(texts, QUERIES)? {
        let letters: Vec<char> = query.chars().collect();
        for end in 1..=letters.len() {
            let took = search(&hunting, &table, &letters[..end]);
            if end == 1 { first.push(took) } else { further.push(took) }
        }
        for end in (letters.len().saturating_sub(BACK).max(1)..letters.len()).rev() {
            back.push(search(&hunting, &table, &letters[..end]));
        }
    }
    for (what, took) in [("first key", first), ("further key", further), ("backspace", back)] {
        let (told, whole): (Vec<_>, Vec<_>) = took.into_iter().unzip();
        report.times(&format!("search: {what}, something found"), count, &told);
        report.times(&format!("search: {what}, everything found"), count, &whole);
    }
    Ok(())
}

/// One key, once what the last one has begun is over.
fn search(hunting: &Hunting, people: &Table<Person>, typed: &[char]) -> Took {
    let typed: String = typed.iter().collect::<String>().trim().to_owned();
    let search = Search { ticket: TICKET, typed, people: people.clone(), lines: Table::default(), known: Vec::new() };
    let begun = Instant::now();
    if people.len() <= AT_ONCE {
        std::hint::black_box(search.now());
        return (begun.elapsed(), begun.elapsed());
    }
    let told: Mutex<Option<Duration>> = Mutex::default();
    hunting.run(&search, &|found| {
        std::hint::black_box(&found);
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.get_or_insert(begun.elapsed());
    });
    let whole = begun.elapsed();
    (told.into_inner().ok().flatten().unwrap_or(whole), whole)
}
