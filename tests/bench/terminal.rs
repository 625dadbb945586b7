//! What is felt: the program in a real terminal, with a server of another process, and beside it fzf over the same people.
//! One query is typed into the one, then into the other, and so on, so that what else the machine does meets both.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use mobproc::domain::text::thousands;

use crate::Failed;
use crate::people;
use crate::program::{Frame, Program, Server, resident};
use crate::report::{Report, Unit};

/// Nothing that a key has caused comes so late; fzf tells after a fifth of a second that it still works.
const SILENCE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_millis(450));
/// So long nothing is done by a program that has nothing to do.
const IDLE: Duration = Duration::from_secs(2);
/// How many things are typed.
const QUERIES: usize = 35;
/// How often the program is started.
const STARTS: usize = 20;
/// The key that clears what is typed.
const CLEAR: &str = "\x15";

pub fn measure(report: &mut Report, smoke: bool) -> Result<(), Failed> {
    let program = built()?;
    let sizes: &[usize] = if smoke { &[20_000] } else { &[100_000, 1_000_000] };
    meanwhile(report, &program, if smoke { 2_000 } else { 100_000 })?;
    let few = Server::start(&program, 241, 0)?;
    for count in sizes {
        let texts = people::lines(*count)?;
        let queries = people::queries(&texts, if smoke { 5 } else { QUERIES })?;
        let server = Server::start(&program, *count, 0)?;
        let home = server.home()?;
        keys(report, &program, home.path(), &texts, &queries)?;
        starts(report, &program, (home.path(), *count), &few)?;
    }
    Ok(())
}

/// The program as it is given to people: what this was built with lets tests crash it, and is not that. Or another build of
/// it, to compare the two.
fn built() -> Result<PathBuf, Failed> {
    if let Some(program) = std::env::var_os("MOBPROC_PROGRAM") {
        return Ok(program.into());
    }
    let root = env!("CARGO_MANIFEST_DIR");
    let args = ["build", "--release", "--locked", "--bin", "mobproc"];
    if !Command::new(env!("CARGO")).args(args).current_dir(root).status()?.success() {
        return Err("the program cannot be built".into());
    }
    let exe = std::env::current_exe()?;
    let target = exe.ancestors().nth(3).ok_or("no target directory")?;
    Ok(target.join("release/mobproc"))
}

/// What was measured of one program.
#[derive(Default)]
struct Felt {
    letter: Vec<Duration>,
    first: Vec<Duration>,
    whole: Vec<Duration>,
}

fn keys(report: &mut Report, program: &Path, home: &Path, texts: &[String], queries: &[String]) -> Result<(), Failed> {
    let count: usize = texts.iter().map(|t| t.lines().count()).sum();
    let mut ours = Program::start(&program.display().to_string(), &[], home)?;
    let began = ours.begun;
    let all = format!("{} people", thousands(count));
    let loaded = ours.until("everybody", |text| text.contains(&all))?;
    report.times("terminal: everybody read for the first time", count, &[loaded - began]);
    ours.idle(IDLE)?;
    report.add("terminal: resident memory with everybody", count, Unit::Mebibytes, vec![resident(ours.pid()?)?]);
    // The lines are read when a number is first looked for; nobody types meanwhile.
    ours.press("203", SILENCE.0, |_| true)?;
    ours.idle(IDLE)?;
    ours.press(CLEAR, SILENCE.0, |_| true)?;
    report.add("terminal: the same, with all lines too", count, Unit::Mebibytes, vec![resident(ours.pid()?)?]);
    let mut other = fzf(home, texts, count)?;
    let (mut us, mut them) = (Felt::default(), Felt::default());
    for query in queries {
        typed(&mut ours, query, &OURS, &mut us)?;
        if let Some(other) = &mut other {
            typed(other, query, &FZF, &mut them)?;
        }
    }
    report.times("terminal: the typed letter", count, &us.letter);
    report.times("terminal: a first result", count, &us.first);
    report.times("terminal: the final result", count, &us.whole);
    report.times("fzf: the typed letter", count, &them.letter);
    report.times("fzf: settled", count, &them.whole);
    match other {
        Some(other) => {
            report.add("fzf: resident memory", count, Unit::Mebibytes, vec![resident(other.pid()?)?]);
        }
        None => report.missing("fzf: resident memory", count, "not measured"),
    }
    Ok(())
}

/// A server's delay, and what is typed while everybody is read from it: letter by letter, not too fast for hands.
const LATENCY: u64 = 50;
const NAME: &str = "edwards";
const BETWEEN: Duration = Duration::from_millis(60);

/// Letters that are typed while everybody is read, and the same ones once everybody is there.
fn meanwhile(report: &mut Report, program: &Path, count: usize) -> Result<(), Failed> {
    let server = Server::start(program, count, LATENCY)?;
    let home = server.home()?;
    let mut ours = Program::start(&program.display().to_string(), &[], home.path())?;
    ours.until("a first frame", |text| text.contains("Who is the order for?"))?;
    let everybody = format!("{} people", thousands(count));
    let (mut during, mut behind) = (Vec::new(), Vec::new());
    while !ours.text().contains(&everybody) {
        name(&mut ours, &mut during)?;
    }
    ours.idle(IDLE)?;
    while behind.len() < during.len() {
        name(&mut ours, &mut behind)?;
    }
    report.times("terminal: the typed letter, while everybody is read", count, &during);
    report.times("terminal: the typed letter, once everybody is there", count, &behind);
    Ok(())
}

/// Types a name letter by letter, and clears the box.
fn name(program: &mut Program, took: &mut Vec<Duration>) -> Result<(), Failed> {
    for end in 1..=NAME.len() {
        let (letter, typed) = (&NAME[end - 1..end], &NAME[..end]);
        took.push(program.type_on(letter, |text| (OURS.shows)(text, typed), BETWEEN)?);
    }
    program.type_on(CLEAR, |text| !(OURS.shows)(text, &NAME[..1]), BETWEEN)?;
    Ok(())
}

/// So many rows of the screen tell one list from another.
const TOP: usize = 12;

/// How a program's screen is read.
struct Reading {
    silence: Duration,
    /// Whether that stands in the box.
    shows: fn(&str, &str) -> bool,
    /// What was found, as far as that is on the screen.
    found: fn(&str) -> String,
    /// Whether nothing more is searched.
    over: fn(&str) -> bool,
}

const OURS: Reading = Reading {
    silence: SILENCE.0,
    shows: |text, typed| line(text, "> ").is_some_and(|l| l.starts_with(typed)),
    found: |text| {
        let rows: Vec<&str> = text.lines().collect();
        let count = line(text, "> ").and_then(|l| l.trim_end().rsplit("  ").next()).unwrap_or_default();
        // What stands below belongs to whoever is highlighted, and comes once the keyboard has rested.
        let list = rows.get(3..3 + TOP).unwrap_or_default();
        format!("{}\n{}", count.replace("...", ""), list.join("\n"))
    },
    over: |text| line(text, "> ").is_some_and(|l| !l.contains("...")),
};
const FZF: Reading = Reading {
    silence: SILENCE.1,
    shows: |text, typed| text.lines().any(|l| l.strip_prefix("> ").is_some_and(|l| l.trim_end() == typed)),
    found: str::to_owned,
    over: |text| !text.lines().any(|l| l.contains('/') && l.contains("%)")),
};

/// What stands behind a mark at the beginning of the third row: there the program's box is.
fn line<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.lines().take(4).find_map(|l| l.trim_start().strip_prefix(mark))
}

/// Types a query letter by letter, each once all that came of the one before is over. A blank means nothing by itself and
/// goes with the letter behind it.
fn typed(program: &mut Program, query: &str, reading: &Reading, felt: &mut Felt) -> Result<(), Failed> {
    let (mut typed, mut keys) = (String::new(), String::new());
    for letter in query.chars() {
        keys.push(letter);
        typed.push(letter);
        if letter == ' ' {
            continue;
        }
        let before = (reading.found)(&program.text());
        let (begun, frames) = program.press(&keys, reading.silence, reading.over)?;
        took(&frames, (begun, &typed, &before), reading, felt)?;
        keys.clear();
    }
    // Not before: on an empty box the key brings back what was cleared.
    program.press(CLEAR, reading.silence, reading.over)?;
    Ok(())
}

fn took(
    frames: &[Frame],
    (begun, typed, before): (Instant, &str, &str),
    reading: &Reading,
    felt: &mut Felt,
) -> Result<(), Failed> {
    let shown = frames.iter().position(|f| (reading.shows)(&f.text, typed));
    let shown = shown.ok_or_else(|| format!("{typed:?} did not come:\n{}", frames.last().map_or("", |f| &f.text)))?;
    let frames = &frames[shown..];
    let last = frames.last().map(|f| &f.text).ok_or("no frame")?;
    // The first of those that show what the last one shows.
    let same = |f: &&Frame| (reading.over)(&f.text) && (reading.found)(&f.text) == (reading.found)(last);
    let whole = frames.iter().rev().take_while(same).last().ok_or("it is not over")?;
    // What stays as it was is what was found, as soon as the letter is there.
    let stays = (reading.found)(last) == before;
    let first =
        frames.iter().find(|f| stays || (reading.found)(&f.text) != before).map_or(whole.at, |f| f.at.min(whole.at));
    felt.letter.push(frames[0].at - begun);
    felt.first.push(first - begun);
    felt.whole.push(whole.at - begun);
    Ok(())
}

/// fzf with a line for each person, of what they are found by here too; none where it is not installed.
fn fzf(home: &Path, texts: &[String], count: usize) -> Result<Option<Program>, Failed> {
    if !Command::new("fzf").arg("--version").output().is_ok_and(|o| o.status.success()) {
        return Ok(None);
    }
    let file = home.join("people");
    std::fs::write(&file, texts.concat().replace('\x1f', "  "))?;
    let mut program = Program::start("sh", &["-c", "exec fzf < \"$HOME/people\""], home)?;
    program.until("fzf's list", |text| text.contains(&format!("{count}/{count}")))?;
    program.idle(IDLE)?;
    Ok(Some(program))
}

/// The first frame, where everybody is kept and where nobody is; and when everybody can be searched.
fn starts(report: &mut Report, program: &Path, (home, count): (&Path, usize), few: &Server) -> Result<(), Failed> {
    let state = home.join(".local/state/mobproc/qa");
    let kept =
        std::fs::read_dir(&state)?.flatten().any(|f| f.file_name().as_encoded_bytes().starts_with(b"directory-people"));
    let other = few.home()?;
    let name = program.display().to_string();
    let (mut with, mut without, mut searchable) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        for (home, first, all) in [(home, &mut with, Some(&mut searchable)), (other.path(), &mut without, None)] {
            let mut started = Program::start(&name, &[], home)?;
            let begun = started.begun;
            first.push(started.until("a first frame", |text| text.contains("Who is the order for?"))? - begun);
            if let Some(all) = all.filter(|_| kept) {
                let people = format!("{} people", thousands(count));
                all.push(started.until("everybody", |text| text.contains(&people))? - begun);
            }
        }
    }
    report.times("start: first frame, everybody kept", count, if kept { &with } else { &[] });
    report.times("start: first frame, nobody kept", 0, &without);
    report.times("start: everybody can be searched", count, &searchable);
    Ok(())
}
