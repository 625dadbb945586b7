//! `mobproc purge`.

use std::io::Write;
use std::process::ExitCode;

use color_eyre::eyre;
use mobproc::domain::text::Clean;
use mobproc::profile::{self, Choice};

use super::connect::{chosen, open_journal};
use crate::Arguments;

/// `mobproc purge`: the content of what has ended is emptied at once, and not after 30 days.
pub(crate) fn purge(arguments: &Arguments) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let env = |name: &str| std::env::var(name).ok();
    let (profile, allow_network) = match &choice {
        Choice::Profile(profile) => (Some(&**profile), profile.allow_network_state),
        Choice::Sandbox => (None, false),
    };
    let (mut store, notices) = open_journal(&profile::state_dir(profile, &env), allow_network)?;
    for notice in &notices {
        let _ = writeln!(std::io::stderr(), "mobproc: {}", Clean::new(notice));
    }
    let purged = store.durable().map_err(str::to_owned).map(|()| store.purge().map_err(|t| t.to_string()));
    match purged {
        Ok(Ok(())) => {
            let _ = writeln!(
                std::io::stdout(),
                "Orders that have ended are emptied, drafts thrown away are gone; unfinished and unresolved ones stay."
            );
            Ok(ExitCode::SUCCESS)
        }
        Ok(Err(why)) => {
            let _ = writeln!(std::io::stderr(), "mobproc: {why}");
            Ok(ExitCode::FAILURE)
        }
        Err(_) => Ok(ExitCode::FAILURE),
    }
}
