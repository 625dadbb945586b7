//! What a key and a frame cost on every screen, in instructions: counted by valgrind, so that it does not matter what else
//! the machine does. This program counts itself: a case that is done so often, and twice as often.

use std::process::Command;
use std::sync::Arc;

use mobproc::app::Step;
use mobproc::app::keys::Key;
use mobproc::app::message::{Effect, Event, Searched};
use mobproc::domain::choice::{Choice, Person};
use mobproc::domain::directory::{Directory, Reading};
use mobproc::domain::ids::Id;
use mobproc::domain::lookups::{Found, LookupKey};
use mobproc::domain::search::{ROWS, Rows, Table};
use mobproc::domain::text::Clean;
use mobproc::runtime::screen::Cells;
use mobproc::view::render;
use mobproc::view::theme::Theme;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::desktop::{Desktop, start, start_holding};
use crate::report::{Report, Unit};
use crate::{Failed, Size};

/// Goes to a screen.
type Reach = fn() -> Result<Desktop, Failed>;

/// The screens, and how each is reached.
const SCREENS: [(&str, Reach); 8] = [
    ("home, nothing typed", || Ok(start())),
    ("home, 200 shown of a million", home_found),
    ("kind", || Ok(typed("edw\n", "kind"))),
    ("form, SUSPEND", || Ok(typed("edw\ns", "details"))),
    ("form, NEW_ACTIVATION", cart),
    ("form, a list of 2,000 open", devices),
    ("review", || Ok(Desktop::reviewed())),
    ("done", done),
];
const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];
/// So often a case is done, and twice as often.
const TIMES: usize = 20;

/// How many devices there are.
const DEVICES: usize = 2_000;

/// What is done: a key that is taken, or a frame of that size that is drawn.
#[derive(Clone, Copy)]
enum What {
    Key,
    Frame((u16, u16)),
}

pub fn measure(report: &mut Report, size: &Size) -> Result<(), Failed> {
    let counted = size.instructions && Command::new("valgrind").arg("--version").output().is_ok();
    for (screen, _) in SCREENS {
        let frames = SIZES.into_iter().map(What::Frame);
        for what in std::iter::once(What::Key).chain(frames) {
            let case = match what {
                What::Key => format!("{screen}: a key"),
                What::Frame((columns, rows)) => format!("{screen}: a frame, {columns}x{rows}"),
            };
            if counted {
                let once = (count(&case, TIMES * 2)? - count(&case, TIMES)?) / TIMES as f64;
                report.add(&case, 0, Unit::Instructions, vec![once]);
            } else {
                run(&case, 1)?;
                report.missing(&case, 0, "not measured");
            }
        }
    }
    Ok(())
}

/// How many instructions this program needs for a case that is done so often.
fn count(case: &str, times: usize) -> Result<f64, Failed> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--case", case, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(|line| line.split_once("refs:")).filter(|_| output.status.success());
    let (_, number) = counted.ok_or_else(|| format!("{case}: {said}"))?;
    Ok(number.trim().replace(',', "").parse()?)
}

/// Does a case so often.
pub fn run(case: &str, times: usize) -> Result<(), Failed> {
    let (screen, what) = case.split_once(": ").ok_or("a case is a screen and what is done")?;
    let (_, reach) = SCREENS.into_iter().find(|(name, _)| *name == screen).ok_or("there is no such screen")?;
    let mut desktop = reach()?;
    match SIZES.into_iter().find(|(columns, rows)| what.ends_with(&format!("{columns}x{rows}"))) {
        Some(size) => frames(&mut desktop, size, times),
        None => {
            keys(&mut desktop, times);
            Ok(())
        }
    }
}

/// A letter, and the next time the one that takes it away.
fn keys(desktop: &mut Desktop, times: usize) {
    for time in 0..times {
        desktop.now += 1_000;
        let key = if time % 2 == 0 { Key::Char('m') } else { Key::Backspace };
        let effects = mobproc::app::update(&mut desktop.model, Event::Key(key, desktop.now));
        std::hint::black_box(effects);
    }
}

/// Frames of what stands there and of what stands there after a key, in turn.
fn frames(desktop: &mut Desktop, size: (u16, u16), times: usize) -> Result<(), Failed> {
    desktop.event(Event::Resized(size.0, size.1));
    let before = desktop.model.clone();
    keys(desktop, 1);
    let models = [&before, &desktop.model];
    let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
    let mut terminal = Terminal::with_options(Cells::new(std::io::sink()), TerminalOptions { viewport })?;
    let theme = Theme { colour: true, ascii: false, lines: true };
    for time in 0..times {
        terminal.draw(|frame| render(models[time % 2], &theme, frame))?;
    }
    Ok(())
}

fn typed(keys: &str, step: &str) -> Desktop {
    let mut desktop = start();
    desktop.keys(keys);
    assert_eq!(desktop.step(), step, "{}", desktop.notice());
    desktop
}

/// The first screen after a search of a million: which rows they are makes no difference here.
fn home_found() -> Result<Desktop, Failed> {
    let mut desktop = start_holding(&["people"]);
    let mut chunk = Table::<Person>::default();
    for at in 0..ROWS {
        chunk.add(&Person {
            id: Id::new(&at.to_string()).ok_or("an id")?,
            login: Some(Clean::new(&format!("name{at}"))),
            first: Clean::new(["Ann", "Bo", "Cy"][at % 3]),
            last: Clean::new(&format!("Name{at}")),
            email: Some(Clean::new(&format!("name{at}@example.com"))),
            phone: Some(Clean::new("203-555-0100")),
            department: Some(Clean::new("Development")),
            status: Clean::new("ACTIVE"),
        });
    }
    let chunks = chunk.chunks().iter().cycle().take(1_000_000 / ROWS).cloned().collect();
    let all = Directory { table: Table::of(chunks), reading: Reading::Whole, ..Directory::default() };
    desktop.event(Event::People(Box::new(all)));
    desktop.keys("nam");
    let ticket = desktop.effects.iter().filter_map(|e| if let Effect::Search(s) = e { Some(s.ticket) } else { None });
    let ticket = ticket.max().ok_or("nothing is searched")?;
    let rows: Vec<_> = chunk.records().take(200).map(|p| Arc::new(p.into_choice())).collect();
    let people = Rows { sure: rows.len(), fits: 999_424, rows };
    desktop.event(Event::Searched(Box::new(Searched { ticket, whole: true, people, lines: Rows::default() })));
    let Step::Home(home) = &desktop.model.step else { return Err("not the first screen".into()) };
    if home.entries.len() == 200 { Ok(desktop) } else { Err(format!("{} are shown", home.entries.len()).into()) }
}

/// The form of a new device, at the country, for which the line does not stand.
fn cart() -> Result<Desktop, Failed> {
    let mut desktop = start_holding(&["regions", "devices", "plans", "accessories", "postal code"]);
    desktop.keys("edw\nn");
    answer(&mut desktop);
    Ok(desktop)
}
/// The same form with its devices open.
fn devices() -> Result<Desktop, Failed> {
    let mut desktop = cart()?;
    desktop.keys("m\n");
    answer(&mut desktop);
    desktop.keys("\n");
    let Step::Details(form) = &desktop.model.step else { return Err("not the form".into()) };
    let of = form.listing().ok_or("no list is open")?.of();
    if of == DEVICES { Ok(desktop) } else { Err(format!("{of} rows are offered").into()) }
}
fn answer(desktop: &mut Desktop) {
    while let Some(key) = desktop.held.pop() {
        let found = answered(&key);
        desktop.event(Event::Found(key, Ok(Some(found))));
    }
}

fn answered(key: &LookupKey) -> Found {
    let count = if key.lookup == "devices" { DEVICES } else { 20 };
    let row = |n: usize| Some(Arc::new(Choice::plain(Id::new(&n.to_string())?, Clean::new(&format!("Model {n}")))));
    Found::Choices((0..count).filter_map(row).collect())
}

fn done() -> Result<Desktop, Failed> {
    let mut desktop = Desktop::reviewed();
    desktop.key(Key::Char('y'), 2_000);
    let (number, order) = (desktop.model.desk.draft.number.clone(), desktop.order());
    desktop.event(Event::Verdict(number, mobproc::domain::attempt::Verdict::Accepted(order)));
    if desktop.step() == "done" { Ok(desktop) } else { Err(desktop.notice().into()) }
}
