//! What the program costs, in one table: finding somebody among many, reading everybody, and every screen.
//!
//! ```text
//! cargo bench                     all of it, to the terminal
//! cargo bench -- --write          the same, into docs/benchmarks.md
//! cargo bench -- --terminal       what is felt: keys in a real terminal, beside fzf over the same people
//! cargo bench -- --terminal --write
//! cargo test --bench figures -- --smoke   a small size of everything, in seconds
//! ```

mod people;
mod program;
mod report;
mod screens;
mod search;
mod server;
mod terminal;

#[path = "../update/desktop.rs"]
#[expect(dead_code, reason = "other tests of the state machine press keys that are not measured")]
#[expect(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on fails there and then")]
mod desktop;

use std::error::Error;

use report::Report;

/// Why a figure could not be taken.
type Failed = Box<dyn Error>;

/// How much is measured.
struct Size {
    /// So many people are searched.
    people: &'static [usize],
    /// So often what takes long is done.
    runs: usize,
    /// How many people are read from a server, and how late it answers.
    read: (u32, u64),
    /// About how many bytes the page has that is decoded.
    page: usize,
    /// Whether instructions are counted; else every screen is only drawn once.
    instructions: bool,
}

const WHOLE: Size =
    Size { people: &[10_000, 100_000, 1_000_000], runs: 5, read: (100_000, 50), page: 16 << 20, instructions: true };
const SMOKE: Size = Size { people: &[10_000], runs: 1, read: (2_000, 5), page: 1 << 20, instructions: false };

fn main() -> Result<(), Failed> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let given = |name: &str| args.iter().any(|a| a == name);
    if let Some(at) = args.iter().position(|a| a == "--case") {
        let [case, times] = args.get(at + 1..at + 3).ok_or("--case NAME TIMES")? else { return Err("--case".into()) };
        return screens::run(case, times.parse()?);
    }
    let part = if given("--terminal") { "terminal" } else { "library" };
    let mut report = Report::default();
    if given("--terminal") {
        terminal::measure(&mut report, given("--smoke"))?;
    } else {
        let size = if given("--smoke") { SMOKE } else { WHOLE };
        search::measure(&mut report, &size)?;
        server::measure(&mut report, &size)?;
        screens::measure(&mut report, &size)?;
    }
    if given("--write") {
        report::write(part, &report)?;
    }
    println!("{}", report.table());
    Ok(())
}
