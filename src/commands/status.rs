//! `mobproc status`: what the order's screen shows, printed.

use std::process::ExitCode;

use color_eyre::eyre;
use mobproc::app::lines::{self, Part};
use mobproc::app::order;
use mobproc::domain::ids::{Id, OrderNumber};
use mobproc::domain::lookups::{Found, Lookup};
use mobproc::domain::text::Clean;
use mobproc::exits;
use mobproc::runtime::effects::random;

use super::connect::{Connected, aside, chosen, close_log, connect_plainly, open_log};
use crate::{Arguments, out};

/// `mobproc status`: what the order's screen shows, printed.
pub(crate) async fn status(arguments: &Arguments, order: &str) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let Some(id) = Id::new(order) else {
        out::complain(&Clean::new(&format!("\"{order}\" is no order id. Nothing was asked.")));
        return Ok(ExitCode::from(exits::USAGE));
    };
    let mut connected = connect_plainly(choice)?;
    let log = open_log(arguments, &mut connected, aside);
    log.started(None);
    let code = printed(connected, &id).await;
    close_log(&log);
    Ok(code)
}

async fn printed(connected: Connected, id: &Id) -> ExitCode {
    let Connected { api, sandbox, .. } = connected;
    let activity = OrderNumber::from_random(random());
    let mut parts: Vec<Part> = Vec::new();
    for key in order::keys(id) {
        let Some(lookup) = Lookup::named(key.lookup) else { continue };
        let found = api.fetch(lookup, &key.query, &activity, |_| ()).await;
        match found {
            Err(fault) if parts.is_empty() => {
                out::complain(&Clean::new(&format!("Order {id} cannot be shown. {fault}")));
                return ExitCode::FAILURE;
            }
            found => parts.push(found.map(|f| f.unwrap_or(Found::Text(Vec::new()))).map_err(|f| f.to_string())),
        }
    }
    let Ok(parts) = <[Part; 3]>::try_from(parts) else { return ExitCode::FAILURE };
    let note = if sandbox.is_some() { "  SANDBOX" } else { "" };
    out::lines(&format!("Order {id}{note}"));
    for (line, _) in lines::tracked(&parts, 100) {
        out::line(&Clean::new(line.trim_end()));
    }
    if parts.iter().all(Result::is_ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
