//! `mobproc directory`: what is kept of people and lines, read anew, and forgotten.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Subcommand;
use color_eyre::eyre;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use mobproc::domain::choice::{Line, Person};
use mobproc::domain::directory::{Directory, Listed, Reading};
use mobproc::domain::text::{Clean, thousands};
use mobproc::runtime::directory::{Directories, Held, Keeping};
use mobproc::store::directory::{Shelf, Told};

use super::connect::{aside, chosen, close_log, connect_plainly, keeping, open_log, variable};
use crate::{Arguments, out};

/// What is to be done.
#[derive(Subcommand)]
pub(crate) enum What {
    /// Show what is kept, for whom, how many and of when; exit code 1 where a file is damaged
    Status,
    /// Read everybody anew now, and what is kept of lines; removed people disappear
    Refresh,
    /// Delete what is kept of this profile; the next start reads it anew
    Forget,
}

/// Progress is told no more often than this.
const TOLD: Duration = Duration::from_secs(1);

/// `mobproc directory`.
pub(crate) async fn directory(arguments: &Arguments, what: &What) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let Some(keeping) = keeping(&choice, &variable) else {
        out::complain(&Clean::new(
            "Neither HOME nor XDG_STATE_HOME is set to a full path, so nothing is kept. Orders are not affected.",
        ));
        return Ok(ExitCode::FAILURE);
    };
    let shelf = match Shelf::open(&keeping.state, keeping.allow_network) {
        Ok(shelf) => shelf,
        Err(why) => {
            out::complain(&Clean::new(&format!("Nothing is kept of people and lines. {why}")));
            return Ok(ExitCode::FAILURE);
        }
    };
    match what {
        What::Status => Ok(status(&shelf, &keeping)),
        What::Forget => Ok(forget(&shelf)),
        What::Refresh if !keeping.keep => {
            out::complain(&Clean::new(
                "Nothing is kept, for the profile says keep_directory = false; so there is nothing to refresh.",
            ));
            Ok(ExitCode::FAILURE)
        }
        What::Refresh => {
            let mut connected = connect_plainly(choice)?;
            let log = open_log(arguments, &mut connected, aside);
            log.started(None);
            let all = Directories::new(Arc::new(connected.api), log.clone()).kept(keeping);
            let mut fine = refreshed::<Person>(&all).await;
            let lines = |kept: &Result<Told, _>| kept.as_ref().is_ok_and(|told| told.label == Line::LABEL);
            if fine && shelf.all().iter().any(lines) {
                fine = refreshed::<Line>(&all).await;
            }
            close_log(&log);
            Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn status(shelf: &Shelf, keeping: &Keeping) -> ExitCode {
    let all = shelf.all();
    if !keeping.keep {
        out::lines("keep_directory is false: nothing is kept, and what is there is removed with the next start.");
    } else if all.is_empty() {
        out::lines("Nothing is kept of people and lines. The wizard keeps them, or mobproc directory refresh.");
    }
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let mut code = ExitCode::SUCCESS;
    for kept in all {
        let sound = |told: Told| match told.sound() {
            Ok(()) => Ok(told),
            Err(why) => Err((told.path, why)),
        };
        match kept.and_then(sound) {
            Ok(told) => described(&told, now, &zone).iter().for_each(|line| out::line(&Clean::new(line))),
            Err((path, why)) => {
                code = ExitCode::FAILURE;
                out::complain(&Clean::new(&format!(
                    "{}: {why}. It is not used; the next start reads everybody anew. mobproc directory forget deletes it.",
                    path.display()
                )));
            }
        }
    }
    code
}

fn described(told: &Told, now: Timestamp, zone: &TimeZone) -> [String; 3] {
    let at = |time: Timestamp| {
        let written = ZonedDateTime::new(time, zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
        format!("{written} ({})", ago(now, time))
    };
    let rows = thousands(usize::try_from(told.rows).unwrap_or(usize::MAX));
    let unread = match told.about.unreadable {
        0 => String::new(),
        n => format!(", {} unreadable", thousands(usize::try_from(n).unwrap_or(usize::MAX))),
    };
    [
        format!("{rows} {}{unread}: {} at {}", told.label, told.user, told.server),
        format!("  changes known until {}, read whole {}", at(told.about.current), at(told.about.whole)),
        format!(
            "  {} KiB in {}",
            thousands(usize::try_from(told.bytes.div_ceil(1024)).unwrap_or(0)),
            told.path.display()
        ),
    ]
}

/// How long ago that was, in the largest unit that fits.
fn ago(now: Timestamp, then: Timestamp) -> String {
    let minutes = now.duration_since(then).as_mins();
    let of = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match minutes {
        i64::MIN..=-2 => "by a clock that was ahead".into(),
        -1..=0 => "just now".into(),
        1..60 => of(minutes, "minute"),
        60..2880 => of(minutes / 60, "hour"),
        _ => of(minutes / 1440, "day"),
    }
}

fn forget(shelf: &Shelf) -> ExitCode {
    match shelf.forget_all() {
        Ok(0) => out::lines("Nothing was kept of people and lines."),
        Ok(count) => {
            let what = if count == 1 {
                "What was kept is deleted: 1 file".into()
            } else {
                format!("What was kept is deleted: {count} files")
            };
            out::lines(&format!(
                "{what}. A wizard that runs still has it, and may keep it again; keep_directory = false ends that."
            ));
        }
        Err(e) => {
            out::complain(&Clean::new(&format!("Not all that is kept of people and lines can be deleted: {e}.")));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Reads a directory anew and says what came of it; whether all did.
async fn refreshed<R: Held>(all: &Directories) -> bool {
    let last = Mutex::new(None::<Instant>);
    let counts = rustix::stdio::stderr().is_terminal();
    let (directory, kept) = all
        .refresh::<R>(|so_far: Directory<R>| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if counts && last.is_none_or(|last| last.elapsed() >= TOLD) {
                *last = Some(Instant::now());
                aside(Clean::new(&progress(&so_far)));
            }
        })
        .await;
    let rows = thousands(directory.table.len());
    match &directory.reading {
        Reading::Failed(fault) => {
            let why = fault.to_string();
            let kept = "What was kept before stays in use.";
            out::complain(&Clean::new(&format!("The {} could not be read whole. {why} {kept}", R::LABEL)));
            false
        }
        Reading::Whole | Reading::Not | Reading::Underway { .. } if kept => {
            out::line(&Clean::new(&format!("{rows} {}, read whole and kept.", R::LABEL)));
            true
        }
        Reading::Whole | Reading::Not | Reading::Underway { .. } => {
            out::complain(&Clean::new(&format!(
                "{rows} {}, read whole, but not kept: another session was just keeping them, or it cannot be done. \
                 mobproc logs says more.",
                R::LABEL
            )));
            false
        }
    }
}

fn progress<R: Listed>(so_far: &Directory<R>) -> String {
    let rows = thousands(so_far.table.len());
    match so_far.reading {
        Reading::Underway { total: Some(total) } => {
            format!("{rows} of {}", thousands(usize::try_from(total).unwrap_or(usize::MAX)))
        }
        Reading::Underway { total: None } | Reading::Not | Reading::Whole | Reading::Failed(_) => rows,
    }
}
