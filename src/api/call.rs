//! One call: it goes out, its reply is read within limits, and the observer is told of it. Edge: the network.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout};

use super::client::{Limits, Lost};
use super::{Api, Observer, aside};
use crate::domain::calls::{Call, Outline};
use crate::domain::reply;
use crate::domain::text::{Body, Clean, names};

/// A longer body (bytes) takes its reader longer than another task should wait.
const LONG: usize = 256 << 10;

/// What a call is for, by which its limits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Confirm,
    Submit,
    Token,
}

impl Purpose {
    fn method(self) -> &'static str {
        if self == Self::Read { "GET" } else { "POST" }
    }
    /// How much of a reply is read (bytes). An order may stand in a reply of any status, and must not be overlooked.
    fn most(self, status: u16, limits: &Limits) -> usize {
        match self {
            Self::Read if (200..300).contains(&status) => limits.list,
            Self::Read | Self::Token => limits.short,
            Self::Confirm | Self::Submit => limits.order,
        }
    }
    /// Whether a reply that does not call itself JSON can be passed over: one to an order may say all the same that
    /// something was ordered.
    fn strict(self) -> bool {
        matches!(self, Self::Read | Self::Token)
    }
}

/// A call before it goes out.
pub(super) struct Going<'a> {
    pub(super) purpose: Purpose,
    pub(super) request: RequestBuilder,
    /// The whole of it.
    pub(super) limit: Duration,
    pub(super) host: &'a Clean,
    /// Below the base URL.
    pub(super) path: &'a str,
    pub(super) activity: &'a str,
    pub(super) correlation: &'a str,
    /// The token that goes along: a server that repeats it must not bring it to a screen or a disk.
    pub(super) token: Option<&'a SecretString>,
    /// Whether the observer is told only where it does not go well.
    pub(super) quiet: bool,
}

/// What is known as soon as a reply begins.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    /// The server's clock, where it says.
    pub(super) date: Option<Timestamp>,
    /// How long the server wants to be left alone, where it says.
    pub(super) wait: Option<Duration>,
    /// Whether the reply calls itself JSON, or nothing at all.
    pub(super) json: bool,
    /// Whether the body is not what it looks like (Content-Encoding).
    packed: bool,
}

/// A reply that has begun.
pub(super) struct Arrived<'a> {
    pub(super) head: Head,
    reply: Response,
    purpose: Purpose,
    host: &'a Clean,
    limits: &'a Limits,
    token: Option<&'a SecretString>,
    record: Record<'a>,
}

/// A reply; a body that cannot be read is said why.
pub(super) struct Reply {
    pub(super) head: Head,
    pub(super) body: Result<Body, String>,
    /// Whether there is nothing in it that anything could be read from: no body, or a web page.
    blank: bool,
}

impl Reply {
    pub(super) fn body(&self) -> Result<&Body, &str> {
        self.body.as_ref().map_err(String::as_str)
    }
    /// Whether it was read whole and as it was sent, so that what does not stand in it was not said.
    pub(super) fn plain(&self) -> bool {
        self.body.as_ref().map_or(self.blank, |body| !body.mended())
    }
    /// Whether the server, or what stands before it, says "not now".
    pub(super) fn again(&self) -> bool {
        matches!(self.head.status, 429 | 502 | 503 | 504)
    }
}

impl Api {
    /// Sends a request, once, and waits for its reply to begin.
    pub(super) async fn send<'a>(&'a self, going: Going<'a>) -> Result<Arrived<'a>, Lost> {
        let mut record = Record::new(self.observer.as_ref(), &going);
        let limits = &self.clients.limits;
        let request = going.request.header(ACCEPT_ENCODING, "identity").timeout(going.limit);
        record.call.http = self.outlined.then(|| outline(going.purpose, &request));
        match request.send().await {
            Ok(reply) => {
                let head = Head::of(&reply);
                record.call.status = Some(head.status);
                if let Some(outline) = &mut record.call.http {
                    outline.came_headers = Some(names(reply.headers().keys().map(HeaderName::as_str)));
                }
                Ok(Arrived {
                    head,
                    reply,
                    purpose: going.purpose,
                    host: going.host,
                    limits,
                    token: going.token,
                    record,
                })
            }
            Err(error) => Err(record.lost(Lost::of(going.host, error, limits))),
        }
    }
}

impl Arrived<'_> {
    /// Reads the body, as far as it is let.
    pub(super) async fn read(mut self) -> Result<Reply, Lost> {
        let most = self.purpose.most(self.head.status, self.limits);
        let mut blank = false;
        let body = match self.head.packed {
            // Nothing but the plain text was asked for, and nothing is unpacked: a small reply could become a huge one.
            true => Err("the reply is compressed, which nobody asked for".into()),
            false => match self.bytes(most).await.map_err(|lost| self.record.lost(lost))? {
                None => Err(format!("the reply is longer than {} KiB", most >> 10)),
                Some(bytes) if self.purpose.strict() && !self.head.json => Err(not_json(&self.reply, &bytes)),
                Some(bytes) => {
                    blank = says_nothing(&bytes);
                    parsed(bytes).await
                }
            },
        };
        let body = match elsewhere(&self.reply) {
            Some(why) if body.is_err() || self.purpose.strict() => Err(why),
            _ => body,
        };
        // What a list holds is shown as what it is; a failure's words are written down and logged, too.
        let repeated = self.token.filter(|_| self.purpose != Purpose::Read || !(200..300).contains(&self.head.status));
        let body = match repeated {
            Some(token) => body.map(|b| b.without(token.expose_secret())),
            None => body,
        };
        self.record.read(self.head.status, &body);
        Ok(Reply { head: self.head, body, blank })
    }

    /// The body's bytes; `None` where there are more.
    #[expect(clippy::disallowed_methods, reason = "the door for bodies, with its bound")]
    async fn bytes(&mut self, most: usize) -> Result<Option<Vec<u8>>, Lost> {
        if self.reply.content_length().is_some_and(|length| length > most as u64) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        loop {
            let next = self.reply.chunk();
            let came = match self.purpose {
                Purpose::Submit => Ok(next.await),
                Purpose::Read | Purpose::Confirm | Purpose::Token => timeout(self.limits.silence, next).await,
            };
            let came = came.map_err(|_| Lost::unanswered(&format!("{} was silent for too long", self.host)))?;
            let Some(chunk) = came.map_err(|e| Lost::of(self.host, e, self.limits))? else { return Ok(Some(bytes)) };
            self.record.call.bytes += chunk.len() as u64;
            if bytes.len() + chunk.len() > most {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
    }
}

/// Reads a body; a long one where nobody waits for the thread that it keeps busy.
async fn parsed(bytes: Vec<u8>) -> Result<Body, String> {
    if bytes.len() < LONG {
        return Body::parse(&bytes);
    }
    aside(move || Body::parse(&bytes)).await
}

/// Whether bytes are none, or a web page that tells of no order.
fn says_nothing(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii();
    bytes.is_empty() || bytes.starts_with(b"<") && !bytes.windows(7).any(|w| w.eq_ignore_ascii_case(b"orderid"))
}

/// What a request is made of.
fn outline(purpose: Purpose, request: &RequestBuilder) -> Outline {
    // Its body is shared, not copied.
    let Some(Ok(request)) = request.try_clone().map(RequestBuilder::build) else { return Outline::default() };
    let body = request.body().and_then(|body| body.as_bytes());
    let sent = match purpose {
        Purpose::Token => {
            let form = body.map(|bytes| std::str::from_utf8(bytes).unwrap_or_default());
            let pairs = request.url().query().into_iter().chain(form).flat_map(|text| text.split('&'));
            Some(names(pairs.map(|pair| pair.split('=').next().unwrap_or_default())))
        }
        Purpose::Read | Purpose::Confirm | Purpose::Submit => {
            body.and_then(|bytes| Body::parse(bytes).ok()).map(|body| body.shape())
        }
    };
    let sent_headers = names(request.headers().keys().map(HeaderName::as_str));
    Outline { sent_headers, sent, ..Outline::default() }
}

fn not_json(reply: &Response, bytes: &[u8]) -> String {
    let called = text(reply, CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    if called.contains("html") || bytes.trim_ascii_start().starts_with(b"<") {
        "a web page came back, perhaps from a proxy or a login page".into()
    } else {
        "what came back is not called JSON; perhaps a proxy answered".into()
    }
}

#[expect(clippy::disallowed_methods, reason = "looked at, and never shown")]
fn text(reply: &Response, name: HeaderName) -> Option<&str> {
    reply.headers().get(name)?.to_str().ok()
}

impl Head {
    fn of(reply: &Response) -> Self {
        let status = reply.status().as_u16();
        let date = text(reply, DATE).and_then(time);
        let wait = text(reply, RETRY_AFTER).and_then(|said| wait(said, date));
        let named = reply.headers().get(CONTENT_TYPE).map(|t| t.as_bytes().to_ascii_lowercase());
        let json =
            named.is_none_or(|t| t.split(|b| *b == b';').next().is_some_and(|t| t.trim_ascii().ends_with(b"json")));
        let packed = reply.headers().get_all(CONTENT_ENCODING).iter().any(|e| e != "identity");
        Self { status, date, wait, json, packed }
    }
}

/// Where a redirect points, by its host alone: the rest may hold anything.
fn elsewhere(reply: &Response) -> Option<String> {
    let to = |to: &str| Some(format!("to {}", reply.url().join(to).ok()?.host_str()?));
    reply.status().is_redirection().then(|| {
        let host = text(reply, LOCATION).and_then(to).unwrap_or_else(|| "elsewhere".into());
        format!("it points {host}, and that is never followed")
    })
}

fn time(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp())
}

/// `Retry-After` in both its forms: seconds, or a time by the server's clock.
fn wait(said: &str, now: Option<Timestamp>) -> Option<Duration> {
    let seconds = said.trim().parse().ok().map(Duration::from_secs);
    let until = || {
        let wait = time(said)?.duration_since(now.unwrap_or_else(Timestamp::now));
        Some(Duration::try_from(wait).unwrap_or_default())
    };
    seconds.or_else(until)
}

/// What the observer is told, whatever becomes of the call: it is told when this is dropped.
struct Record<'a> {
    observer: Option<&'a Observer>,
    begun: Instant,
    quiet: bool,
    call: Call,
}

impl<'a> Record<'a> {
    fn new(observer: Option<&'a Observer>, going: &Going<'_>) -> Self {
        let call = Call {
            activity: Clean::new(going.activity),
            correlation: Clean::new(going.correlation),
            method: going.purpose.method(),
            path: template(going.path),
            status: None,
            bytes: 0,
            millis: 0,
            code: None,
            error: None,
            // Whoever wanted it may let go of it before it has ended.
            fault: Some("cancelled"),
            http: None,
        };
        Self { observer, begun: Instant::now(), quiet: going.quiet, call }
    }
    fn lost(&mut self, lost: Lost) -> Lost {
        self.call.fault = Some(lost.word);
        lost
    }
    fn read(&mut self, status: u16, body: &Result<Body, String>) {
        self.call.fault = body.is_err().then_some("garbled");
        if let (Some(outline), Ok(body)) = (&mut self.call.http, body) {
            outline.came = Some(body.shape());
        }
        let error = body.iter().flat_map(|b| reply::errors(b.view(), status >= 300)).next();
        (self.call.code, self.call.error) = error.map_or((None, None), |e| (e.code, e.id));
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let well = self.call.fault.is_none() && self.call.status == Some(200);
        if let Some(observer) = self.observer.filter(|_| !(self.quiet && well)) {
            self.call.millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            observer(self.call.clone());
        }
    }
}

/// The words of the API's paths (WIRE 6); whatever else stands in one is an id.
const WORDS: [&str; 23] = [
    "accessories",
    "acknowledgements",
    "approval",
    "assets",
    "catalog",
    "devices",
    "diagnostics",
    "employees",
    "features",
    "history",
    "manufacturers",
    "me",
    "models",
    "orders",
    "ping",
    "plans",
    "properties",
    "regions",
    "services",
    "shipments",
    "token",
    "vendors",
    "",
];

/// A path without its ids.
fn template(path: &str) -> Clean {
    let shown: Vec<_> = path.split('/').map(|s| if WORDS.contains(&s) { s } else { "{id}" }).collect();
    Clean::new(&shown.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_without_its_ids() {
        for (path, told) in [
            ("/orders", "/orders"),
            ("/employees/10000001", "/employees/{id}"),
            ("/manufacturers/Apple%2FInc/models", "/manufacturers/{id}/models"),
            ("/orders/8710840/history", "/orders/{id}/history"),
            ("/assets/services/203-555-0100", "/assets/services/{id}"),
            ("/token", "/token"),
        ] {
            assert_eq!(&*template(path), told);
        }
    }
    #[test]
    fn every_path_of_the_api_is_its_own_template() {
        let described = include_str!("../../assets/openapi.yaml");
        let paths: Vec<_> = described.lines().filter_map(|l| l.strip_prefix("  /")?.strip_suffix(':')).collect();
        assert!(paths.len() > 20, "{paths:?}");
        // The token endpoint lies beside the API.
        for path in paths.iter().filter(|p| !p.starts_with("as/")).map(|p| format!("/{p}")) {
            assert_eq!(*template(&path), path);
        }
    }
    #[test]
    fn the_wait_that_a_server_wants_is_read_in_both_forms() {
        let now = time("Wed, 25 Nov 2026 10:00:00 GMT");
        assert_eq!(wait("12", now), Some(Duration::from_secs(12)));
        assert_eq!(wait(" 0 ", now), Some(Duration::ZERO));
        assert_eq!(wait("Wed, 25 Nov 2026 10:00:40 GMT", now), Some(Duration::from_secs(40)));
        assert_eq!(wait("Wed, 25 Nov 2026 09:00:00 GMT", now), Some(Duration::ZERO), "that time is over");
        for odd in ["", "-1", "soon", "1e3", "99999999999999999999"] {
            assert_eq!(wait(odd, now), None, "{odd}");
        }
    }
}
