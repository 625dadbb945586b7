//! What faults make of replies: another one, none, a late one, half of one, one with a wrong date.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

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
