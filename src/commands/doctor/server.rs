//! What only the server can say.

use std::time::Duration;

use jiff::Timestamp;
use mobproc::api::{Api, Pong};
use mobproc::domain::fault::Fault;
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::kinds::KINDS;
use mobproc::domain::lookups::{Found, ME, Me, Query};
use mobproc::runtime::effects::random;

use super::{REMOTE, Report};

/// A clock that is further off than this (seconds) is told.
const OFF: i64 = 60;

/// Signs in, and asks what every start asks; `ready` where the token is one from elsewhere.
pub(super) async fn checks(report: &mut Report, api: &Api, ready: bool) {
    let activity = OrderNumber::from_random(random());
    let [sign_in, ping, me, diagnostics, clock] = REMOTE;
    let skip = |report: &Report, checks: &[&str], why: &str| checks.iter().for_each(|what| report.skip(what, why));
    match api.sign_in().await {
        Ok(Some(life)) => report.ok(&format!("{sign_in}: a token is there that lives {}", spelled(life))),
        Ok(None) => report.ok(&format!("{sign_in}: a token is there; how long it lives is not known")),
        Err(fault) => {
            report.bad(&told(sign_in, &fault, ready));
            return skip(report, &[ping, me, diagnostics, clock], "signing in comes first");
        }
    }
    let date = match api.ping(&activity).await {
        Ok(pong) => ponged(report, api, ping, &pong),
        Err(fault) => {
            report.bad(&told(ping, &fault, ready));
            return skip(report, &[me, diagnostics, clock], "the server must answer first");
        }
    };
    match api.fetch(&ME, &Query::new("/me", None, None), &activity, |_| ()).await {
        Ok(Some(Found::Me(found))) => who(report, me, &found),
        Ok(_) => report.warn(&format!("{me}: the server does not say who is signed in")),
        Err(fault) => report.bad(&told(me, &fault, ready)),
    }
    match api.diagnostics(&activity).await {
        Ok(all) => {
            let all: Vec<_> = all.iter().map(|(name, holds)| format!("{name} {holds}")).collect();
            let all = if all.is_empty() { "nothing is said".to_owned() } else { all.join(", ") };
            report.ok(&format!("{diagnostics}: {all}"));
        }
        Err(fault) => report.bad(&told(diagnostics, &fault, ready)),
    }
    time(report, clock, date);
}

/// The answer to an echo; the server's clock and ours at that moment.
fn ponged(report: &mut Report, api: &Api, ping: &str, pong: &Pong) -> Option<(Timestamp, Timestamp)> {
    let backend = pong.backend.as_ref().map(|name| format!(", with {name} behind it")).unwrap_or_default();
    let host = api.host();
    if pong.echoed {
        report.ok(&format!("{ping}: {host} answers in {} ms{backend}", pong.took.as_millis()));
    } else {
        report.bad(&format!("{ping}: what was sent to {host} did not come back; is base_url the API's address?"));
    }
    let half = jiff::SignedDuration::try_from(pong.took / 2).unwrap_or_default();
    Some((pong.date?, Timestamp::now() - half))
}

fn who(report: &mut Report, what: &str, me: &Me) {
    let user = me.user.as_ref().map_or_else(
        || "somebody whom the server does not name".to_owned(),
        |p| format!("{} {} ({})", p.first, p.last, p.login.as_ref().map_or(p.id.as_str(), |login| login)),
    );
    let all = KINDS.len();
    match &me.types {
        None => report.warn(&format!("{what}: {user}; the server does not say what may be ordered")),
        Some(types) => {
            let may = KINDS.iter().filter(|kind| types.iter().any(|t| **t == *kind.id)).count();
            match may {
                0 => report.bad(&format!("{what}: {user} may order nothing; ask for the permission")),
                _ => report.ok(&format!("{what}: {user} may order {may} of the {all} types")),
            }
        }
    }
}

fn time(report: &mut Report, clock: &str, date: Option<(Timestamp, Timestamp)>) {
    let Some((theirs, ours)) = date else {
        return report.warn(&format!("{clock}: the server does not tell its time"));
    };
    let off = ours.as_second() - theirs.as_second();
    let way = if off > 0 { "ahead of" } else { "behind" };
    if off.abs() <= OFF {
        report.ok(&format!("{clock}: with the server's within {OFF} seconds"));
    } else {
        report.warn(&format!(
            "{clock}: this machine is {} {way} the server; set its clock. Days such as +7 may be wrong; whether an \
             order is sent twice does not hang on it",
            spelled(Duration::from_secs(off.unsigned_abs()))
        ));
    }
}

/// A fault as a line: what is wrong, and how to mend it.
fn told(what: &str, fault: &Fault, ready: bool) -> String {
    let mend = match fault {
        Fault::Unreachable { why, .. } if why.starts_with("the certificates of ca_file") => "correct ca_file",
        Fault::Unreachable { .. } => "check the network, the proxy, and base_url or token_url in the profile",
        Fault::NoAnswer { .. } | Fault::TooMany => "try again in a while; if it stays, check the network and the proxy",
        Fault::NotSignedIn(_) if ready => "fetch a new token; it must be one for this server, tenant and client_id",
        Fault::NotSignedIn(_) => "check that token_url is the one of this server, and tenant and client_id",
        Fault::Token { why } => token(why),
        Fault::Forbidden(_) => "ask for the permission, or check tenant and client_id",
        Fault::NotFound(_) => "check base_url and tenant in the profile",
        Fault::Refused(_) => "correct what it names",
        Fault::Broken { status: 502..=504, .. } => "try again in a while; if it stays, tell the API's support",
        Fault::Broken { .. } | Fault::Garbled { .. } => {
            "check base_url in the profile; if it is right, tell the API's support"
        }
        Fault::Unrecorded { .. } | Fault::Elsewhere { .. } | Fault::NumberInUse { .. } | Fault::Unchecked { .. } => {
            "try again"
        }
    };
    format!("{what}: {}; {mend}", fault.to_string().trim_end_matches('.'))
}

/// How to mend what kept a token away. An answer that is none of a sign-in server comes from a wrong address, unless what
/// stands there fails.
fn token(why: &str) -> &'static str {
    match why.split_once(": it answered with ") {
        Some((_, answer)) if answer.starts_with('5') => {
            "try again in a while; if it stays, check token_url in the profile, or tell whoever runs that server"
        }
        Some(_) => "check token_url in the profile",
        None if why.ends_with(" mends it") => "then try again",
        None => "correct what it names, in the profile or beside it",
    }
}

/// A time in the two largest units that it has.
fn spelled(time: Duration) -> String {
    let all = time.as_secs();
    let (days, hours, minutes, seconds) = (all / 86400, all / 3600 % 24, all / 60 % 60, all % 60);
    let parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")];
    let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).take(2).map(|(n, unit)| format!("{n} {unit}")).collect();
    if parts.is_empty() { "0 s".into() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_to_mend_fits_what_kept_the_token_away() {
        let told = |why: &str| told("sign-in", &Fault::Token { why: why.into() }, false);
        let wrong = ["404: it does not say why", "200: a web page came back"];
        for answer in wrong.map(|a| told(&format!("login.example.com: it answered with {a}"))) {
            assert!(answer.ends_with("; check token_url in the profile"), "{answer}");
        }
        assert!(told("login.example.com: it answered with 503: a web page came back").contains("try again in a while"));
        assert!(told("login.example.com: it refuses with invalid_client").contains("correct what it names"));
    }

    #[test]
    fn a_time_is_told_in_its_two_largest_units() {
        let times = [0, 59, 3600, 7199, 90061].map(|s| spelled(Duration::from_secs(s)));
        assert_eq!(times, ["0 s", "59 s", "1 h", "1 h 59 min", "1 d 1 h"]);
    }
}
