//! `mobproc reconcile`: one look for every order whose outcome is not known.

use std::process::ExitCode;
use std::sync::Arc;

use color_eyre::eyre;
use mobproc::app::message::Event;
use mobproc::domain::fault::Fault;
use mobproc::domain::journal::State;
use mobproc::domain::kept::Standing;
use mobproc::domain::text::Clean;
use mobproc::exits;
use mobproc::runtime::Wake;
use mobproc::runtime::journal::Journal;

use super::connect::{aside, chosen, close_log, connect_plainly, login, open_journal, open_log};
use crate::{Arguments, out};

/// `mobproc reconcile`: one look for every order whose outcome is not known.
pub(crate) async fn reconcile(arguments: &Arguments) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let mut connected = connect_plainly(choice)?;
    let (store, notices) = open_journal(&connected.state, connected.allow_network)?;
    for notice in &notices {
        out::complain(&Clean::new(notice));
    }
    if store.durable().is_err() {
        return Ok(ExitCode::FAILURE);
    }
    let log = open_log(arguments, &mut connected, aside);
    log.started(None);
    let (wake, mut events) = tokio::sync::mpsc::unbounded_channel();
    let journal = Journal::new(Arc::new(connected.api), store, connected.server, login(), wake)?.logged(log.clone());
    let looked = journal.recover().await;
    for (key, _) in &looked {
        let failed =
            |fault: &Fault| out::complain(&Clean::new(&format!("The order list cannot be looked through. {fault}")));
        journal.look_or(*key, failed).await;
    }
    let left = journal.standings_now().await?;
    while let Ok(wake) = events.try_recv() {
        if let Wake::Event(Event::Alarm(text)) = wake {
            out::complain(&text);
        }
    }
    close_log(&log);
    // Whom cron writes to wants to know what is left and what this round has settled.
    for standing in left.iter().filter(|s| s.unresolved() || looked.iter().any(|(key, _)| *key == s.key)) {
        out::lines(&reconciled(standing));
    }
    Ok(if left.iter().any(Standing::unresolved) { ExitCode::from(exits::UNKNOWN) } else { ExitCode::SUCCESS })
}

/// An order as `mobproc reconcile` tells it.
pub(crate) fn reconciled(standing: &Standing) -> String {
    let what = match (&standing.order_id, standing.state) {
        (Some(id), _) => format!("placed as order {id}"),
        (None, State::NotPlaced) => "not placed; it may be sent again".to_owned(),
        (None, State::NeedsHuman) => "UNKNOWN, and not to be settled from here: ask the API's support".to_owned(),
        (None, _) => "UNKNOWN: it may have been placed. Do not enter it again".to_owned(),
    };
    format!("{} {} {}  {what}", standing.number, standing.kind_name(), standing.login())
}
