//! `mobproc doctor`: everything that an order needs is looked at once, a line each.

pub(crate) mod machine;
mod server;

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use color_eyre::eyre;
use mobproc::api::Api;
use mobproc::domain::text::Clean;
use mobproc::profile::{self, Choice, ProfileError, SignIn, told};
use mobproc::sandbox::{Options, Sandbox};
use mobproc::secret::Source;
use mobproc::store::{self, Store};

use super::connect::{asked, connect_plainly, variable};
use crate::{Arguments, out};

/// The checks that need a configuration and are made without the network, and those that need it, in their order.
const LOCAL: [&str; 4] = ["state directory", "secrets", "proxy", "TLS"];
const REMOTE: [&str; 5] = ["sign-in", "ping", "me", "diagnostics", "clock"];

/// What is printed, and whether something is wrong.
#[derive(Default)]
struct Report {
    bad: bool,
}

impl Report {
    fn line(mark: &str, what: &str) {
        out::line(&Clean::new(&format!("{mark:<3} {what}")));
    }
    /// All is well.
    fn ok(&self, what: &str) {
        Self::line("ok", what);
    }
    /// Something is wrong: what, and how to mend it.
    fn bad(&mut self, what: &str) {
        self.bad = true;
        Self::line("--", what);
    }
    /// Something is not as it might be, and orders can be placed nevertheless.
    fn warn(&self, what: &str) {
        Self::line("!", what);
    }
    /// A check that cannot be made.
    fn skip(&self, what: &str, why: &str) {
        Self::line("..", &format!("{what}: skipped; {why}"));
    }
}

/// `mobproc doctor`.
pub(crate) async fn doctor(arguments: &Arguments, offline: bool) -> eyre::Result<ExitCode> {
    let mut report = Report::default();
    match config(&mut report, arguments) {
        None => {
            for what in LOCAL.into_iter().chain(REMOTE) {
                report.skip(what, "the configuration comes first");
            }
        }
        Some(choice) => {
            state(&mut report, &choice);
            secrets(&mut report, &choice);
            machine::proxy(&mut report, &choice);
            machine::tls(&mut report, &choice);
            if offline {
                for what in REMOTE {
                    report.skip(what, "--offline");
                }
            } else {
                remote(&mut report, choice).await?;
            }
        }
    }
    machine::terminal(&mut report, arguments);
    machine::cores(&mut report);
    Ok(if report.bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn remote(report: &mut Report, choice: Choice) -> eyre::Result<()> {
    if let Choice::Profile(profile) = &choice {
        let ready = matches!(profile.sign_in, SignIn::Token(_));
        server::checks(report, &connect_plainly(choice)?.api, ready).await;
        return Ok(());
    }
    // One that keeps nothing: looking must leave nothing behind.
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0")?, Options::default())?;
    server::checks(report, &Api::sandbox(&sandbox.base_url()), true).await;
    Ok(())
}

/// What is meant, with every mistake of it.
fn config(report: &mut Report, arguments: &Arguments) -> Option<Choice> {
    let asked = asked(arguments);
    let told = |mistake: &ProfileError| format!("config: {}", mistake.plainly());
    let mut config = match profile::read(&asked) {
        Ok(Some(config)) => config,
        Ok(None) => {
            report.ok("config: there is none, so the sandbox is used; mobproc init writes a first profile");
            return Some(Choice::Sandbox);
        }
        Err(mistake) => {
            report.bad(&told(&mistake));
            return None;
        }
    };
    for mistake in &config.mistakes {
        report.bad(&told(mistake));
    }
    if !config.mistakes.is_empty() {
        return None;
    }
    let at = config.position(asked.wanted().as_deref()).map_err(|mistake| report.bad(&told(&mistake))).ok()?;
    let path = config.path.clone();
    match config.profiles.swap_remove(at).profile {
        Ok(profile) => {
            report.ok(&format!("config: profile {} of {}", profile.name, path.display()));
            for warning in &profile.warnings {
                report.warn(&format!("config: {warning}"));
            }
            Some(Choice::Profile(Box::new(profile)))
        }
        Err(mistakes) => {
            for mistake in &mistakes {
                report.bad(&told(mistake));
            }
            None
        }
    }
}

/// Whether the journal can be kept where it should lie. Nothing is made there.
fn state(report: &mut Report, choice: &Choice) {
    let (profile, allow_network) = match choice {
        Choice::Profile(profile) => (Some(&**profile), profile.allow_network_state),
        Choice::Sandbox => (None, false),
    };
    let dir = match profile::state_dir(profile, &variable) {
        Ok(dir) => dir,
        Err(why) => return report.bad(&format!("state directory: {why} Set HOME, or state_dir in the profile")),
    };
    let shown = dir.display();
    match store::place::look(&dir, allow_network) {
        Err(refused) => report.bad(&format!("state directory: {refused}")),
        Ok(false) => report.ok(&format!("state directory: {shown} will be made with the first start")),
        Ok(true) if !dir.join("state.db").exists() => report.ok(&format!("state directory: {shown}, still empty")),
        Ok(true) => journal(report, &dir, allow_network),
    }
}

fn journal(report: &mut Report, dir: &Path, allow_network: bool) {
    match Store::open(dir, store::Options { allow_network }) {
        Err(refused) => report.bad(&format!("state directory: {refused}")),
        Ok(opened) => {
            for notice in &opened.notices {
                report.warn(&format!("state directory: {notice}"));
            }
            match opened.store.durable() {
                Ok(()) => report.ok(&format!("state directory: {}, and the journal in it opens", dir.display())),
                Err(why) => report.bad(&format!("state directory: {why}")),
            }
        }
    }
}

/// Why a secret is not to be had, with what mends it where that is not said already.
pub(crate) fn mended(why: &str) -> String {
    if why.ends_with(" mends it") { why.to_owned() } else { format!("{why}; correct the profile or what it names") }
}

/// Whether each secret can be expected to be there; it is fetched with the signing in only.
fn secrets(report: &mut Report, choice: &Choice) {
    let Choice::Profile(profile) = choice else {
        return report.ok("secrets: the sandbox takes none");
    };
    for (wanted, source) in profile.sign_in.secrets() {
        let name = wanted.name();
        match source.check(wanted.key()) {
            Ok(()) if *source == Source::Ask && !super::ask::possible() => {
                let key = wanted.key();
                report.bad(&format!(
                    "{name}: it would be asked for, and there is no terminal; give it by {key}_command or {key}_file"
                ));
            }
            Ok(()) => report.ok(&format!("{name}: {}", told(source))),
            Err(why) => report.bad(&format!("{name}: {}", mended(&why))),
        }
    }
}
