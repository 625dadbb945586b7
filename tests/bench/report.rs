//! The table of what was measured, and the machine that it was measured on.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Failed;

/// What was measured so far.
#[derive(Default)]
pub struct Report {
    rows: Vec<String>,
}

/// In what a figure is told.
#[derive(Clone, Copy)]
pub enum Unit {
    Milliseconds,
    Seconds,
    Bytes,
    Mebibytes,
    Count,
    Instructions,
}

impl Unit {
    fn shown(self, value: f64) -> String {
        match self {
            Self::Milliseconds if value < 10.0 => format!("{value:.3} ms"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Bytes => format!("{value:.1} bytes"),
            Self::Mebibytes => format!("{value:.1} MiB"),
            Self::Count => format!("{value:.0}"),
            Self::Instructions => format!("{} instructions", thousands(value)),
        }
    }
}

fn thousands(value: f64) -> String {
    mobproc::domain::text::thousands(value.round().max(0.0) as usize)
}

impl Report {
    /// A figure that was taken many times.
    pub fn add(&mut self, what: &str, rows: usize, unit: Unit, mut values: Vec<f64>) {
        if values.is_empty() {
            return self.missing(what, rows, "not measured");
        }
        values.sort_by(f64::total_cmp);
        let place = |share: usize| values[((values.len() - 1) * share).div_ceil(100)];
        let (median, runs) = (unit.shown(place(50)), values.len());
        let (p99, most) = if runs > 1 { (unit.shown(place(99)), unit.shown(place(100))) } else { Default::default() };
        self.line(&[what, &counted(rows), &median, &p99, &most, &runs.to_string()]);
    }
    /// Times that were taken.
    pub fn times(&mut self, what: &str, rows: usize, times: &[Duration]) {
        self.add(what, rows, Unit::Milliseconds, times.iter().map(|t| t.as_secs_f64() * 1e3).collect());
    }
    /// A figure that could not be taken.
    pub fn missing(&mut self, what: &str, rows: usize, why: &str) {
        self.line(&[what, &counted(rows), why, "", "", ""]);
    }
    fn line(&mut self, cells: &[&str]) {
        let row = format!("| {} |", cells.join(" | "));
        // Whoever waits sees how far it is.
        eprintln!("{row}");
        self.rows.push(row);
    }
    /// The table, with the machine above it.
    pub fn table(&self) -> String {
        let mut out = machine();
        out.push_str("\n| What | Rows | Median | p99 | Most | Runs |\n|---|---:|---:|---:|---:|---:|\n");
        for row in &self.rows {
            let _ = writeln!(out, "{row}");
        }
        out
    }
}

fn counted(rows: usize) -> String {
    if rows == 0 { String::new() } else { thousands(rows as f64) }
}

fn said(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What it was measured on, when, and of which commit.
fn machine() -> String {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let info = file("/proc/cpuinfo");
    let model = info.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |m| m.1);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = file("/proc/sys/kernel/osrelease");
    let commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "no commit".into());
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"]).is_some_and(|s| !s.is_empty());
    let changed = if changed { ", with changes" } else { "" };
    let build = if cfg!(debug_assertions) { "debug build" } else { "release build" };
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let load = file("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    format!(
        "{model}, {cores} cores, Linux {}, load {load}; {build}, commit {commit}{changed}; {date}.\n",
        kernel.trim()
    )
}

/// Where the tables are kept.
const PAGE: &str = "docs/benchmarks.md";

/// Puts a table into its part of the page; the others stay.
pub fn write(part: &str, report: &Report) -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path)?;
    let (begins, ends) = (format!("<!-- {part} -->\n"), format!("<!-- end of {part} -->"));
    let (before, rest) = page.split_once(&begins).ok_or("the page has no place for this table")?;
    let (_, after) = rest.split_once(&ends).ok_or("the page has no end for this table")?;
    std::fs::write(&path, format!("{before}{begins}\n{}\n{ends}{after}", report.table()))?;
    Ok(())
}
