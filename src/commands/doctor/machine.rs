//! What this machine says: the way to the network, the terminal, what a crash would leave.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use mobproc::app::SMALLEST;
use mobproc::domain::text::shell_word;
use mobproc::profile::{Choice, Network, Profile, without_credentials};
use mobproc::runtime::terminal as tty;
use mobproc::secret::why;
use mobproc::view::theme::Theme;
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

use super::super::connect::variable;
use super::Report;
use crate::Arguments;

/// The profile, where its server is on another machine.
fn far(choice: &Choice) -> Option<&Profile> {
    match choice {
        Choice::Profile(profile) if profile.base_url.starts_with("https://") => Some(profile),
        Choice::Profile(_) | Choice::Sandbox => None,
    }
}

pub(super) fn proxy(report: &mut Report, choice: &Choice) {
    let Some(profile) = far(choice) else {
        return report.ok("proxy: none is used to this machine");
    };
    if let Some(proxy) = &profile.network.proxy {
        return report.ok(&format!("proxy: {}, by the profile", without_credentials(proxy)));
    }
    let set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let but = ["NO_PROXY", "no_proxy"].into_iter().find(set).and_then(variable);
    let but = but.map(|hosts| format!("; not for {hosts}")).unwrap_or_default();
    let named = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find(set);
    match named.and_then(|name| Some((name, variable(name)?))) {
        Some((name, proxy)) => report.ok(&format!("proxy: {}, by {name}{but}", without_credentials(&proxy))),
        None => report.ok("proxy: none; the profile's proxy or HTTPS_PROXY would name one"),
    }
}

pub(super) fn tls(report: &mut Report, choice: &Choice) {
    let Some(profile) = far(choice) else {
        return report.ok("TLS: is not used to this machine");
    };
    let Network { ca_file, ca_only, .. } = &profile.network;
    let Some(file) = ca_file else {
        return report.ok("TLS: the system's authorities are trusted");
    };
    match authorities(file) {
        Ok(count) => {
            let beside = if *ca_only { "alone are" } else { "beside the system's are" };
            report.ok(&format!("TLS: {count} of ca_file {beside} trusted"));
        }
        Err(wrong) => report.bad(&format!("TLS: ca_file {} {wrong}", file.display())),
    }
}

/// How many certificates a file holds.
///
/// # Errors
/// What is wrong with it, and how to mend it: a clause after the name.
pub(crate) fn authorities(file: &Path) -> Result<usize, String> {
    let again = "name a file with certificates (PEM)";
    let unread = |e: std::io::Error| format!("cannot be read: {}; {again}", why(&e));
    let meta = file.metadata().map_err(unread)?;
    if meta.mode() & 0o022 != 0 {
        let word = shell_word(&file.display().to_string());
        return Err(format!("can be changed by others, who could then read everything. Run: chmod go-w {word}"));
    }
    let bytes = std::fs::read(file).map_err(unread)?;
    match reqwest::Certificate::from_pem_bundle(&bytes) {
        Ok(all) if !all.is_empty() => Ok(all.len()),
        Ok(_) | Err(_) => Err(format!("holds no certificate; {again}")),
    }
}

pub(super) fn terminal(report: &mut Report, arguments: &Arguments) {
    if !tty::present() {
        return report.warn("terminal: none here; the wizard needs one (over SSH: ssh -t)");
    }
    let name = variable("TERM").filter(|name| !name.is_empty());
    let Some(name) = name.filter(|name| name != "dumb") else {
        return report.bad("terminal: TERM names none that can be drawn on; set it, for example to xterm-256color");
    };
    let (width, height) = tty::size();
    if width < SMALLEST.0 || height < SMALLEST.1 {
        let (w, h) = SMALLEST;
        return report.bad(&format!("terminal: {width}x{height} is too small; make it {w}x{h} at least"));
    }
    let plain = Theme::of(&variable, arguments.ascii).ascii;
    if plain && !arguments.ascii {
        return report.warn(&format!(
            "terminal: {name}, {width}x{height}; without a UTF-8 locale it is drawn with plain characters: \
             export LANG=C.UTF-8"
        ));
    }
    report.ok(&format!("terminal: {name}, {width}x{height}"));
}

/// What a crash would write to disk could hold a token.
pub(super) fn cores(report: &mut Report) {
    let limited = getrlimit(Resource::Core).current == Some(0);
    let closed = matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    if limited || closed {
        report.ok("core dumps: off");
    } else {
        report.warn("core dumps: on; a crash could write a token to disk. Run: ulimit -c 0");
    }
}
