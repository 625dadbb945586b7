//! `mobproc logs`: what the log says, by order, and the ids by which the API's support finds a call.

use std::process::ExitCode;

use color_eyre::eyre;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use mobproc::app::lines::wrap;
use mobproc::domain::calls::Outline;
use mobproc::domain::journal::State;
use mobproc::domain::text::Clean;
use mobproc::log::What;
use mobproc::log::file;
use mobproc::log::record::{Level, Record};
use mobproc::profile::{self, Choice};

use super::connect::{aside, chosen};
use crate::{Arguments, out};

/// So many are shown where nothing else is asked for.
const LAST: usize = 20;

/// What is wanted of the log.
#[derive(clap::Args)]
pub(crate) struct Wanted {
    /// An order: its externalOrderNumber, or its id; without it the last 20 orders and failures
    order: Option<String>,
    /// Every one of them; with an order every call, also those that went well
    #[arg(long)]
    all: bool,
    /// The records themselves, a JSON line each
    #[arg(long)]
    json: bool,
}

/// What belongs together: the records of one order number, or one that belongs to none.
struct Activity {
    number: Option<Clean>,
    records: Vec<Record>,
}

/// `mobproc logs`: the last activity, the newest first.
pub(crate) fn logs(arguments: &Arguments, wanted: &Wanted) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let env = |name: &str| std::env::var(name).ok();
    let profile = match &choice {
        Choice::Profile(profile) => Some(&**profile),
        Choice::Sandbox => None,
    };
    let pages = profile::state_dir(profile, &env).and_then(|dir| file::read(&file::folder(&dir)));
    let pages = match pages {
        Ok(pages) => pages,
        Err(why) => {
            aside(Clean::new(&format!("The log cannot be shown. {why}")));
            return Ok(ExitCode::FAILURE);
        }
    };
    if pages.skipped > 0 {
        let s = if pages.skipped == 1 { "" } else { "s" };
        aside(Clean::new(&format!("{} line{s} of the log cannot be read; left out.", pages.skipped)));
    }
    let mut found = by_order(pages.records);
    if let Some(order) = &wanted.order {
        found.retain(|a| a.is(order));
        if found.is_empty() {
            let order = Clean::new(order);
            aside(Clean::new(&format!(
                "The log holds nothing about order {order}. It knows orders by their number and id, for some weeks, and \
                 only what was done on this machine with this profile."
            )));
            return Ok(ExitCode::FAILURE);
        }
    } else if !wanted.all {
        found.retain(Activity::worth_a_line);
        found.truncate(LAST);
    }
    lines(&found, wanted).iter().for_each(|line| out::line(&Clean::new(line)));
    Ok(ExitCode::SUCCESS)
}

fn lines(found: &[Activity], wanted: &Wanted) -> Vec<String> {
    let zone = TimeZone::system();
    if wanted.json {
        return found.iter().rev().flat_map(|a| &a.records).filter_map(|r| serde_json::to_string(r).ok()).collect();
    }
    if found.is_empty() {
        return vec!["Nothing is in the log of this profile yet.".into()];
    }
    if wanted.order.is_none() {
        let mut lines: Vec<String> = found.iter().map(|a| a.line(&zone)).collect();
        lines
            .extend([String::new(), "mobproc logs NUMBER shows one order, with the ids for the API's support.".into()]);
        return lines;
    }
    let mut lines: Vec<String> = found.iter().flat_map(|a| a.story(wanted.all, &zone)).collect();
    lines.extend(
        [
            "",
            "The API's support finds a call by its id (CORRELATIONID): give them the id below",
            "the line in question, its date and time with the zone, and the order's number",
            "(ACTIVITYID). None of these names a person.",
        ]
        .map(str::to_owned),
    );
    lines
}

/// The records by order, the order with the newest record first.
fn by_order(records: Vec<Record>) -> Vec<Activity> {
    let mut all: Vec<Activity> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for record in records {
        match &record.ext_no {
            Some(number) => {
                let at = *known.entry(number.clone()).or_insert(all.len());
                if at == all.len() {
                    all.push(Activity { number: Some(number.clone()), records: Vec::new() });
                }
                all[at].records.push(record);
            }
            None => all.push(Activity { number: None, records: vec![record] }),
        }
    }
    for activity in &mut all {
        activity.records.sort_by_key(|r| r.time);
    }
    all.sort_by_key(|a| std::cmp::Reverse(a.records.last().map(|r| r.time)));
    all
}

impl Activity {
    /// Whether it is of that order, by number or id.
    fn is(&self, order: &str) -> bool {
        let same = |text: &Option<Clean>| text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(order.trim()));
        same(&self.number) || self.number.is_some() && self.records.iter().any(|r| same(&r.order_id))
    }
    /// Orders are, and of the rest what went wrong.
    fn worth_a_line(&self) -> bool {
        // What came of asking for a token has a record of its own.
        let asked = |r: &Record| r.event == What::Call && r.path.as_deref() == Some("/token");
        self.number.is_some() || self.records.iter().any(|r| r.level != Level::Info && !asked(r))
    }
    /// One line for all of it.
    fn line(&self, zone: &TimeZone) -> String {
        let last = self.records.last();
        let time = last.map(|r| at(r.time, zone, "%d %b %H:%M:%S")).unwrap_or_default();
        let Some(number) = &self.number else {
            let status = last.and_then(|r| r.status).map(|s| format!(" {s}")).unwrap_or_default();
            return format!("{time}  {:<14}  {}{status}", "-", last.map(what).unwrap_or_default());
        };
        let calls = self.records.iter().filter(|r| r.event == What::Call);
        let failed = calls.clone().filter(|r| r.level != Level::Info).count();
        let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        let told = self.records.iter().rev().find(|r| r.event == What::Order).map(what);
        let told = told.unwrap_or_else(|| "looked up, not ordered".into());
        let calls = calls.count();
        let s = if calls == 1 { "" } else { "s" };
        format!("{time}  {number:<14}  {told}; {calls} call{s}{failed}")
    }
    /// All of it, the oldest first; calls that went well only where they were for ordering, or all are wanted.
    fn story(&self, all: bool, zone: &TimeZone) -> Vec<String> {
        let number = self.number.as_deref().unwrap_or_default();
        let id = self.records.iter().rev().find_map(|r| r.order_id.as_ref());
        let mut lines = vec![format!("{number}{}", id.map(|id| format!("  order {id}")).unwrap_or_default())];
        let (mut day, mut shown, mut left) = (String::new(), None, 0);
        for record in &self.records {
            let tells =
                record.event != What::Call || record.level != Level::Info || record.method.as_deref() == Some("POST");
            if !all && !tells {
                left += 1;
                continue;
            }
            let today = at(record.time, zone, "%a %-d %b %Y, %Z");
            if today != day {
                lines.push(format!(" {today}"));
                day = today;
            }
            let status = record.status.map(|s| s.to_string()).unwrap_or_default();
            let ms = record.ms.map(|ms| format!("{ms} ms")).unwrap_or_default();
            let time = at(record.time, zone, "%H:%M:%S");
            lines.push(format!(" {time}  {:<50} {status:>4} {ms:>10}", what(record)).trim_end().to_owned());
            if let Some(code) = &record.error_code {
                let named = record.error_id.as_ref().map(|id| format!(", ref {id}")).unwrap_or_default();
                lines.push(format!("           error {code}{named}"));
            }
            let own = record.event == What::Call || shown != record.correlation.as_ref();
            if record.correlation.is_some() && own {
                shown = record.correlation.as_ref();
                lines.push(format!("           id {}", record.correlation.as_deref().unwrap_or_default()));
            }
            if let Some(outline) = record.http.as_ref().filter(|_| all) {
                lines.extend(made_of(outline));
            }
            if let Some(dropped) = record.dropped {
                lines.push(format!("           before this {dropped} records could not be written"));
            }
        }
        if left > 0 {
            let calls = if left == 1 { "call" } else { "calls" };
            lines.push(format!(" {left} more {calls} went well; --all shows them too."));
        }
        lines
    }
}

/// What a call was made of, below its line.
fn made_of(outline: &Outline) -> Vec<String> {
    let parts = [
        ("sent headers", Some(&outline.sent_headers)),
        ("sent", outline.sent.as_ref()),
        ("came headers", outline.came_headers.as_ref()),
        ("came", outline.came.as_ref()),
    ];
    let told = parts.into_iter().filter_map(|(name, text)| Some(format!("{name}: {}", text?)));
    let indent = |(at, line)| format!("{}{line}", " ".repeat(if at == 0 { 11 } else { 13 }));
    told.flat_map(|text| wrap(&text, 66).into_iter().enumerate().map(indent).collect::<Vec<_>>()).collect()
}

fn at(time: Timestamp, zone: &TimeZone, form: &str) -> String {
    ZonedDateTime::new(time, zone.clone()).strftime(form).to_string()
}

/// What a record says, in a few words.
fn what(record: &Record) -> String {
    let or = |text: &Option<Clean>| text.as_deref().unwrap_or("?").to_owned();
    let why = record.fault.as_ref().or(record.error_code.as_ref()).map(|f| format!(": {f}")).unwrap_or_default();
    match record.event {
        What::Started => match (&record.columns, &record.rows) {
            (Some(columns), Some(rows)) => format!("mobproc {} started, {columns}x{rows}", or(&record.version)),
            _ => format!("mobproc {} started", or(&record.version)),
        },
        What::Ended => "ended".into(),
        What::SignIn if record.level == Level::Info => format!("signed in ({})", or(&record.grant)),
        What::SignIn => format!("sign-in failed ({}){why}", or(&record.grant)),
        What::Call => {
            let fault = record.fault.as_ref().map(|f| format!(": {f}")).unwrap_or_default();
            format!("{} {}{fault}", or(&record.method), or(&record.path))
        }
        What::Order => ordered(record),
        What::Look => record.note.as_deref().unwrap_or("looked for it").to_owned(),
        What::Directory => record.note.as_deref().unwrap_or("a directory was read").to_owned(),
        What::HungUp => "the terminal went away".into(),
        What::Terminated => "was told to end".into(),
        What::Panicked => format!("mobproc failed at {}", or(&record.place)),
    }
}

/// A step of an order.
fn ordered(record: &Record) -> String {
    let to = record.to.as_deref().and_then(State::named);
    let note = record.note.as_ref().map(|n| format!(", {n}")).unwrap_or_default();
    let told = match to {
        Some(State::Drafted) => "not confirmed: the server refused it",
        Some(State::ConfirmSent) => "confirmation asked for",
        Some(State::Confirmed) if record.from.as_deref() == Some("Submitting") => return format!("not sent{note}"),
        Some(State::Confirmed) => "confirmed, nothing is ordered yet",
        Some(State::Submitting) => "being sent",
        Some(State::Unknown) => "sent, outcome UNKNOWN",
        Some(State::NotPlaced) => "not placed, as all looks show",
        Some(State::Rejected) => "refused by the server",
        Some(State::Accepted) => {
            return format!("placed as order {}", record.order_id.as_deref().unwrap_or("?"));
        }
        Some(State::Abandoned) => "given up",
        Some(State::NeedsHuman) => "UNKNOWN, people must find out",
        None => "changed",
    };
    told.to_owned()
}
