//! What the sandbox remembers of the calls it got, for whoever tests against it.

use std::collections::VecDeque;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use serde_json::Value;

use super::signing::{PATH, masked, remembered};

/// How many requests are remembered.
const REMEMBERED: usize = 10_000;

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The HTTP method.
    pub method: String,
    /// The path after `/mobproc/v1`; the whole path where it is outside.
    pub path: String,
    /// The query, decoded, in order; secrets are masked.
    pub query: Vec<(String, String)>,
    /// The headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body, where it was JSON; a form for a token as an object, its secrets masked.
    pub body: Option<Value>,
    /// The reply's status; 0 where there was none, or none yet.
    pub status: u16,
    /// The reply's body as it was sent (tokens in it masked), where it was whole JSON and `Options::replies` had room for it.
    pub reply: Option<Value>,
}

/// The requests so far with the bodies of their replies, which are read only by whoever asks: most never are.
#[derive(Default)]
pub struct Log {
    /// How many came in all.
    count: u64,
    /// The last of them.
    entries: VecDeque<(Seen, Bytes)>,
    /// How many bytes of replies are kept.
    held: usize,
    /// How many may be.
    room: usize,
}

impl Log {
    /// A log with so many bytes of room for replies.
    pub fn new(room: usize) -> Self {
        Self { room, ..Self::default() }
    }
    /// Notes a request; the number is for its answer.
    pub fn note(&mut self, seen: Seen) -> u64 {
        if self.entries.len() == REMEMBERED
            && let Some((_, reply)) = self.entries.pop_front()
        {
            self.held -= reply.len();
        }
        self.entries.push_back((seen, Bytes::new()));
        self.count += 1;
        self.count
    }
    /// Notes the answer to a request that is still remembered.
    pub fn answered(&mut self, number: u64, status: u16, reply: Bytes) {
        let back = usize::try_from(self.count - number).unwrap_or(usize::MAX);
        let at = self.entries.len().checked_sub(back + 1);
        let Some(entry) = at.and_then(|i| self.entries.get_mut(i)) else { return };
        self.held += reply.len();
        (entry.0.status, entry.1) = (status, reply);
        // The oldest replies go first; the requests themselves stay.
        for (_, old) in &mut self.entries {
            if self.held <= self.room {
                break;
            }
            self.held -= std::mem::take(old).len();
        }
    }
    /// The requests that are remembered, oldest first.
    pub fn all(&self) -> Vec<Seen> {
        let read = |(seen, reply): &(Seen, Bytes)| Seen { reply: serde_json::from_slice(reply).ok(), ..seen.clone() };
        self.entries.iter().map(read).collect()
    }
}

/// A request as it came, not answered yet.
pub fn seen(parts: &Parts, path: &str, body: &Bytes) -> Seen {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let header = |(name, value): (&header::HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    };
    let mask = |(name, value): (String, String)| (name.clone(), masked(&name, value));
    let form = || remembered(body).filter(|_| path == PATH);
    Seen {
        method: parts.method.as_str().to_owned(),
        path: path.to_owned(),
        query: query.map(|q| q.0.into_iter().map(mask).collect()).unwrap_or_default(),
        headers: parts.headers.iter().map(header).collect(),
        body: serde_json::from_slice(body).ok().or_else(form),
        status: 0,
        reply: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Seen {
        let (parts, ()) = axum::http::Request::new(()).into_parts();
        seen(&parts, "/ping", &Bytes::new())
    }

    #[test]
    fn the_oldest_replies_and_then_the_oldest_requests_are_forgotten() {
        const ROOM: usize = 3000;
        let mut log = Log::new(ROOM);
        let long = Bytes::from(format!("\"{}\"", "x".repeat(ROOM / 3)));
        for _ in 0..4 {
            let number = log.note(call());
            log.answered(number, 200, long.clone());
        }
        let kept: Vec<bool> = log.all().iter().map(|s| s.reply.is_some()).collect();
        assert_eq!(kept, [false, false, true, true]);
        assert!(log.all().iter().all(|s| s.status == 200), "the requests stay");
        for _ in 0..REMEMBERED {
            log.note(call());
        }
        log.answered(1, 500, long);
        assert_eq!((log.entries.len(), log.held), (REMEMBERED, 0), "an answer that comes too late is not noted");
    }
}
