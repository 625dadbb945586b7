//! What an authorization server answers (WIRE 2, RFC 6749), and what is asked of whoever sits there. Pure.

use std::time::Duration;

use rust_decimal::Decimal;
use secrecy::SecretString;

use super::text::{Body, Clean};

/// A token is never believed to live shorter or longer than this.
const LIFE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(24 * 3600));
/// The longest token (bytes).
pub const AT_MOST: usize = 16 << 10;

/// A token that was granted.
#[derive(Clone, Debug)]
pub struct Granted {
    /// What is sent as the bearer.
    pub access: SecretString,
    /// How long it lives from now on, where the server says.
    pub life: Option<Duration>,
    /// What the next one may be asked for with, once.
    pub refresh: Option<SecretString>,
}

/// What came of asking for a token.
#[derive(Clone, Debug)]
pub enum Reply {
    /// It is here.
    Granted(Granted),
    /// The server says no: its code (`invalid_grant`, `invalid_client` and so on), and a clause that says so.
    Refused(Clean, Clean),
    /// The server failed, or something else answered: a clause.
    Broken(Clean),
}

/// The codes of a refusal (RFC 6749, 5.2): nothing else is repeated as one, for it could be anything.
const CODES: [&str; 8] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
];

/// Reads the answer of a token endpoint; what was sent in secret is left out of what it says.
#[must_use]
pub fn reply(status: u16, body: Result<&Body, &str>, secrets: &[&str]) -> Reply {
    let broken = |why: &str| Reply::Broken(Clean::new(&format!("it answered with {status}: {why}")));
    let body = match body {
        Ok(body) => body.view(),
        Err(why) => return broken(why),
    };
    if status != 200 {
        let code = body.at("error").bytes();
        let known = code.as_deref().and_then(|c| CODES.into_iter().find(|known| *known == c.trim()));
        return match (status, code) {
            (400..=499, Some(_)) => {
                let code = known.unwrap_or("another_error");
                let said = body.at("error_description").bytes().map(|d| described(d, secrets)).unwrap_or_default();
                Reply::Refused(Clean::new(code), Clean::new(&format!("it refuses with {code}{said}")))
            }
            (_, _) => broken(known.unwrap_or("it does not say why")),
        };
    }
    let token = |name| body.at(name).bytes().filter(|t| is_token(t)).map(SecretString::from);
    let Some(access) = token("access_token") else { return broken("there is no access token in it") };
    if body.at("token_type").text().is_some_and(|t| !t.eq_ignore_ascii_case("bearer")) {
        return broken("its token is not a bearer token");
    }
    let whole = |s: Decimal| u64::try_from(s.trunc()).unwrap_or(if s.is_sign_negative() { 0 } else { u64::MAX });
    let seconds = body.at("expires_in").decimal().map(whole);
    let life = seconds.map(|s| Duration::from_secs(s).clamp(LIFE.0, LIFE.1));
    Reply::Granted(Granted { access, life, refresh: token("refresh_token") })
}

/// What a server says of its refusal, in quotes. What was sent is left out first: what is cut or cleaned is not the same.
fn described(mut text: String, secrets: &[&str]) -> String {
    for secret in secrets.iter().filter(|s| !s.is_empty()) {
        text = text.replace(secret, "***");
    }
    let text = Clean::new(text.trim().trim_end_matches('.'));
    if text.is_empty() { String::new() } else { format!(" \"{}\"", text.chars().take(200).collect::<String>()) }
}

/// Whether it can travel in a header.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= AT_MOST && text.bytes().all(|b| b.is_ascii_graphic())
}

/// A secret that only whoever sits there can give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which.
    pub wanted: Wanted,
    /// Whose, where it is somebody's.
    pub user: Clean,
    /// The server that it goes to.
    pub host: Clean,
    /// Why it is asked for, where that is not plain: a sentence.
    pub why: Option<Clean>,
}

/// The secrets that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The password of the user.
    Password,
    /// The client's secret.
    ClientSecret,
    /// A ready access token.
    AccessToken,
}

impl Wanted {
    /// As the profile's keys name it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientSecret => "client_secret",
            Self::AccessToken => "access_token",
        }
    }
    /// As people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::ClientSecret => "client secret",
            Self::AccessToken => "access token",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use serde_json::json;

    fn granted(body: serde_json::Value) -> Option<Granted> {
        match reply(200, Ok(&Body::from(body)), &[]) {
            Reply::Granted(granted) => Some(granted),
            Reply::Refused(..) | Reply::Broken(_) => None,
        }
    }
    fn life(seconds: &serde_json::Value) -> Option<u64> {
        granted(json!({"access_token": "t", "expires_in": seconds})).and_then(|g| g.life).map(|l| l.as_secs())
    }

    #[test]
    fn a_grant_is_read_with_its_life_between_a_minute_and_a_day() {
        let body = json!({"token_type": "bearer", "expires_in": 7199, "refresh_token": "r", "access_token": "a"});
        let granted = granted(body).unwrap();
        assert_eq!(granted.access.expose_secret(), "a");
        assert_eq!(granted.refresh.unwrap().expose_secret(), "r");
        assert_eq!(granted.life, Some(Duration::from_secs(7199)));
        let lives = [json!("3600"), json!(0), json!(-5), json!(1e25), json!(90.5), json!(null), json!("soon")];
        assert_eq!(lives.map(|l| life(&l)), [Some(3600), Some(60), Some(60), Some(86400), Some(90), None, None]);
        assert_eq!(life(&json!(1_000_000)), Some(86400));
    }
    #[test]
    fn what_is_no_token_is_none() {
        let long = "x".repeat(AT_MOST + 1);
        for odd in [json!(""), json!("a b"), json!("a\r\nX: 1"), json!("\u{e9}"), json!(long), json!([1]), json!(null)]
        {
            assert!(granted(json!({"access_token": odd})).is_none(), "{odd}");
        }
        assert!(granted(json!({"access_token": "a", "token_type": "mac"})).is_none());
    }
    #[test]
    fn what_was_sent_in_secret_is_not_repeated_wherever_it_stands() {
        let password = "Canary-99.";
        let long = format!("{}{password}", "x".repeat(195));
        for (code, said) in [(password, "no"), ("invalid_grant", "not Canary-99."), ("invalid_grant", &long)] {
            let body = Body::from(json!({"error": code, "error_description": said}));
            let Reply::Refused(code, why) = reply(400, Ok(&body), &[password]) else { panic!() };
            assert!(!code.contains("Canary") && !why.contains("Canary"), "{code}: {why}");
        }
        let body = Body::from(json!({"error": password}));
        let Reply::Broken(why) = reply(500, Ok(&body), &[password]) else { panic!() };
        assert!(!why.contains("Canary"), "{why}");
    }
    #[test]
    fn a_refusal_gives_its_code_and_everything_else_is_a_failure_of_the_server() {
        let body = Body::from(json!({"error": "invalid_grant", "error_description": "No such\u{1b}[31m user"}));
        let Reply::Refused(code, why) = reply(400, Ok(&body), &[]) else { panic!() };
        assert_eq!((&*code, &*why), ("invalid_grant", "it refuses with invalid_grant \"No such^[[31m user\""));
        let failed = |status, body: Result<&Body, &str>| match reply(status, body, &[]) {
            Reply::Broken(why) => why.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(failed(500, Ok(&body)).contains("500: invalid_grant"));
        assert!(failed(302, Ok(&body)).contains("302"));
        assert!(failed(200, Ok(&body)).contains("no access token"));
        assert!(failed(404, Err("a web page came back")).contains("web page"));
    }
}
