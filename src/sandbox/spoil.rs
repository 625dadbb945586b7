//! What faults make of replies: another one, none, a late one, half of one, one with a wrong date.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::faults::{Clock, Kind};
use super::reply;
use super::signing;
use super::wire::{Cut, HungUp, Limit};

/// How long a call waits before it is carried out.
pub fn wait(struck: &[Kind]) -> Duration {
    let waits = struck.iter().filter_map(|k| {
        let Kind::Latency(ms) = k else { return None };
        Some(Duration::from_millis(*ms))
    });
    waits.sum()
}

/// The reply of a fault under which nothing is done.
pub fn instead(kind: &Kind, id: impl FnOnce() -> String) -> Option<Response<Body>> {
    if let Kind::Status(status) = kind {
        return Some(failure(*status, &id()));
    }
    if let Kind::Html(status) = kind {
        return Some(page(*status));
    }
    if let Kind::Grant(code) = kind {
        return Some(signing::refused(code, "A fault that was asked for."));
    }
    None
}

fn failure(status: u16, id: &str) -> Response<Body> {
    reply::error(status, &format!("{status}-Sandbox-Fault"), "A fault that was asked for.", id)
}

/// An error page as a gateway gives it (WIRE 4).
fn page(status: u16) -> Response<Body> {
    let text = format!(
        "<html>\r\n<head><title>{status} Gateway</title></head>\r\n<body><center><h1>{status} Gateway</h1></center></body>\r\n</html>\r\n"
    );
    let mut reply = Response::new(Body::from(text));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    reply
}

/// What is left of a reply after the faults that strike afterwards.
pub async fn afterwards(
    mut reply: Response<Body>,
    struck: &[Kind],
    id: impl Fn() -> String,
) -> Result<Response<Body>, HungUp> {
    for kind in struck {
        if let Kind::Stall(seconds) = kind {
            tokio::time::sleep(Duration::from_secs(*seconds)).await;
        }
        if let Kind::StatusAfter(status) = kind {
            reply = failure(*status, &id());
        }
        if let Kind::HtmlAfter(status) = kind {
            reply = page(*status);
        }
        if *kind == Kind::Empty {
            reply = Response::default();
        }
    }
    if struck.contains(&Kind::Taint) {
        reply = tainted(reply).await?;
    }
    if struck.contains(&Kind::Hang) {
        std::future::pending::<()>().await;
    }
    if struck.contains(&Kind::Drop) {
        return Err(HungUp);
    }
    let cut = struck.iter().find_map(|k| {
        let Kind::Cut(bytes) = k else { return None };
        Some(*bytes)
    });
    match cut {
        Some(bytes) => Cut::after(reply, bytes).await,
        None => Ok(reply),
    }
}

/// What a terminal, or whoever looks at it, would take for something else: titles, links, the clipboard, colours, questions,
/// a device's string, a bell, line ends, C1, another direction, what takes no room, and a flood of marks.
const TAINT: &str = "\u{1b}]0;owned\u{7}\u{1b}]8;;http://elsewhere.example.com\u{1b}\\\u{1b}]52;c;b3duZWQ=\u{7}\u{1b}[2J\u{1b}[31m\
    \u{1b}[6n\u{1b}[?1049l\u{1b}P$q\u{1b}\\\u{1b}_x\u{1b}\\\u{1b}c\r\n\u{8}\u{9b}31m\u{9d}0;x\u{9c}\u{202e}\u{2066}\u{200b}\u{200d}\u{feff}\
    \u{e0041}\u{fe0f}\u{fe0f}\u{fe0f}\u{fe0f}\u{fe0f}\u{fe0f}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}";

/// What the client works with instead of showing it: ids, dates, words of the API, and what it has sent itself.
const WORKED_WITH: [&str; 19] = [
    "id",
    "type",
    "text",
    "value",
    "date",
    "serviceNumber",
    "orderActions",
    "status",
    "validation",
    "recurrence",
    "transactionType",
    "transactionTypes",
    "externalOrderNumber",
    "currencyCode",
    "accessMethod",
    "abbreviation",
    "action",
    "token_type",
    "access_token",
];

async fn tainted(reply: Response<Body>) -> Result<Response<Body>, HungUp> {
    let (mut parts, body) = reply.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|_| HungUp)?;
    let bytes = match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut value) => {
            taint(&mut value, "");
            value.to_string().into()
        }
        Err(_) => bytes,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn taint(value: &mut Value, name: &str) {
    match value {
        Value::String(text) => {
            let dated = text.parse::<Timestamp>().is_ok() || text.parse::<jiff::civil::Date>().is_ok();
            if !WORKED_WITH.contains(&name) && !name.ends_with("Id") && !name.ends_with("egEx") && !dated {
                text.push_str(TAINT);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| taint(item, name)),
        Value::Object(members) => members.iter_mut().for_each(|(name, member)| taint(member, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Gives a reply its date (RFC 9110, 6.6.1), or what a fault has in place of it.
pub fn date(reply: &mut Response<Body>, struck: &[Kind]) {
    let clock = struck.iter().find_map(|k| {
        let Kind::Date(clock) = k else { return None };
        Some(*clock)
    });
    let off = match clock {
        Some(Clock::Missing) => return,
        Some(Clock::Garbled) => {
            reply.headers_mut().insert(header::DATE, HeaderValue::from_static("the day before yesterday, about noon"));
            return;
        }
        Some(Clock::Off(seconds)) => seconds,
        None => 0,
    };
    let at = Timestamp::now().saturating_add(SignedDuration::from_secs(off)).unwrap_or_default();
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default();
    if let Ok(text) = HeaderValue::try_from(text) {
        reply.headers_mut().insert(header::DATE, text);
    }
}

/// Says when the next call is welcome, where a fault does.
pub fn retry_after(reply: &mut Response<Body>, struck: &[Kind]) {
    for kind in struck {
        if let Kind::RetryAfter(seconds) = kind {
            reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
    }
}

/// Limits what is still written to a connection, where a fault cuts a reply's head.
pub fn limit(limit: &Limit, struck: &[Kind]) {
    let bytes = struck.iter().find_map(|k| {
        let Kind::CutHead(bytes) = k else { return None };
        Some(*bytes)
    });
    if let Some(bytes) = bytes {
        limit.set(bytes);
    }
}
