//! `mobproc purge`.

use std::process::ExitCode;

use color_eyre::eyre;
use mobproc::domain::text::Clean;
use mobproc::log::file;
use mobproc::profile::{self, Choice};

use super::connect::{aside, chosen, open_journal};
use crate::{Arguments, out};

/// `mobproc purge`: the content of what has ended is emptied at once, and not after 30 days.
pub(crate) fn purge(arguments: &Arguments) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let env = |name: &str| std::env::var(name).ok();
    let (profile, allow_network) = match &choice {
        Choice::Profile(profile) => (Some(&**profile), profile.allow_network_state),
        Choice::Sandbox => (None, false),
    };
    let state = profile::state_dir(profile, &env);
    let (mut store, notices) = open_journal(&state, allow_network)?;
    for notice in &notices {
        out::complain(&Clean::new(notice));
    }
    let purged = store.durable().map_err(str::to_owned).map(|()| store.purge().map_err(|t| t.to_string()));
    match purged {
        Ok(Ok(())) => {
            if let Ok(Err(e)) = state.map(|dir| file::clear(&file::folder(&dir))) {
                aside(Clean::new(&format!("Old files of the log cannot be removed: {e}.")));
            }
            out::lines(
                "Orders that have ended are emptied, drafts thrown away are gone; unfinished and unresolved ones stay.",
            );
            Ok(ExitCode::SUCCESS)
        }
        Ok(Err(why)) => {
            out::complain(&Clean::new(&why));
            Ok(ExitCode::FAILURE)
        }
        Err(_) => Ok(ExitCode::FAILURE),
    }
}
