//! What went wrong with a call, in the user's terms: what happened, what it means for the order, what to do. Pure.

use super::reply::ServerError;
use super::text::Clean;

/// A call that did not give what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection could be made: name resolution, TCP, proxy or TLS. Nothing reached the server.
    #[error("{host} cannot be reached: {why}.")]
    Unreachable {
        /// Host and port of the profile.
        host: Clean,
        /// The innermost reason.
        why: Clean,
    },
    /// The connection broke or the time was up after the call had begun.
    #[error("No answer: {why}.")]
    NoAnswer {
        /// What ended the waiting.
        why: Clean,
    },
    /// 401: the token is not taken.
    #[error("The server does not accept the sign-in (401){}.", said(.0))]
    NotSignedIn(Vec<ServerError>),
    /// 403: signed in, but not allowed.
    #[error("The server does not allow this (403){}.", said(.0))]
    Forbidden(Vec<ServerError>),
    /// 404: the server has no such thing.
    #[error("The server does not know this (404){}.", said(.0))]
    NotFound(Vec<ServerError>),
    /// 429: too many calls.
    #[error("The server wants fewer calls (429).")]
    TooMany,
    /// The server says what is wrong with the request.
    #[error("The server refused it{}.", said(.0))]
    Refused(Vec<ServerError>),
    /// A status that is a failure of the server or of what stands before it.
    #[error("The server failed ({status}): {why}.")]
    Broken {
        /// HTTP status.
        status: u16,
        /// What came in its body.
        why: Clean,
    },
    /// A reply that cannot be read.
    #[error("The answer cannot be read: {why}.")]
    Garbled {
        /// What is wrong with it.
        why: Clean,
    },
    /// The sending could not be written down, so it was not begun.
    #[error("The sending could not be recorded: {why}.")]
    Unrecorded {
        /// What the journal said.
        why: Clean,
    },
    /// Another session is sending it, or has sent or changed it.
    #[error("{what}")]
    Elsewhere {
        /// Who, or what has become of it: a sentence.
        what: Clean,
    },
    /// The order number is used by another order.
    #[error("The reference {number} is used by {by}.")]
    NumberInUse {
        /// Our number.
        number: Clean,
        /// The other order.
        by: Clean,
    },
    /// The look into the order list that must come first could not be taken.
    #[error("The order list cannot be looked through first: {why}.")]
    Unchecked {
        /// What went wrong.
        why: Clean,
    },
    /// No token could be had: the sign-in server, or whatever gives its secrets, did not play along.
    #[error("No access token: {why}.")]
    Token {
        /// What happened.
        why: Clean,
    },
}

/// What was being done when it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum During {
    /// A list or a description was read.
    Reading,
    /// The order was being confirmed.
    Confirming,
    /// The order was being submitted, and certainly was not placed.
    NotPlaced,
}

impl Fault {
    /// What it means for the order.
    #[must_use]
    pub fn means(&self, during: During) -> &'static str {
        match during {
            During::Reading => "The order is as you left it; nothing was sent.",
            During::Confirming => "Nothing was ordered. What you typed is kept.",
            During::NotPlaced => "The order was not placed. What you typed is kept.",
        }
    }
    /// What to do about it.
    #[must_use]
    pub fn mend(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "Check the network, and the address in the profile; ^R tries again.",
            Self::NoAnswer { .. } => "^R tries again.",
            Self::NotSignedIn(_) | Self::Token { .. } => {
                "^R tries again; mobproc doctor says what is wrong with the profile."
            }
            Self::Forbidden(_) => "Ask for the permission, or check tenant and client_id; ^R tries again.",
            Self::NotFound(_) => "Check base_url and tenant of the profile; ^R tries again.",
            Self::TooMany => "Wait half a minute, then ^R tries again.",
            Self::Refused(_) => "Correct what it names, or ^R tries again.",
            Self::Unrecorded { .. } => "Make room, or mend what it names; ^R asks for the confirmation again.",
            Self::Elsewhere { .. } => "Esc, then ^X and home: it stands in the list there.",
            Self::NumberInUse { .. } => "It is not taken. This order has a number of its own now; ^R goes on with it.",
            Self::Unchecked { .. } => "^R tries again.",
            Self::Broken { .. } | Self::Garbled { .. } => "^R tries again; if it stays, tell the API's support.",
        }
    }
    /// The three sentences as one line.
    #[must_use]
    pub fn spoken(&self, during: During) -> String {
        format!("{self} {} {}", self.means(during), self.mend())
    }
    /// What the server said, where it said something readable.
    #[must_use]
    pub fn errors(&self) -> &[ServerError] {
        match self {
            Self::NotSignedIn(e) | Self::Forbidden(e) | Self::NotFound(e) | Self::Refused(e) => e,
            Self::Unreachable { .. }
            | Self::NoAnswer { .. }
            | Self::TooMany
            | Self::Broken { .. }
            | Self::Garbled { .. }
            | Self::Unrecorded { .. }
            | Self::Elsewhere { .. }
            | Self::NumberInUse { .. }
            | Self::Unchecked { .. }
            | Self::Token { .. } => &[],
        }
    }

    /// Reads a status and what could be read of the body as a failure; `None` for a 2xx that holds no error.
    #[must_use]
    pub fn of_reply(status: u16, body: Result<&super::text::Body, &str>) -> Option<Self> {
        let errors = body.map(|b| super::reply::errors(b.view(), status >= 300)).unwrap_or_default();
        let why = |fallback: &str| match (&body, errors.first()) {
            (_, Some(e)) => e.spoken(),
            (Err(why), None) => Clean::new(why),
            (Ok(_), None) => Clean::new(fallback),
        };
        match status {
            200..=299 if errors.is_empty() => body.err().map(|why| Self::Garbled { why: Clean::new(why) }),
            200..=299 => Some(Self::Refused(errors)),
            300..=399 => {
                let elsewhere = "it points elsewhere, and that is never followed";
                Some(Self::Broken { status, why: Clean::new(body.err().unwrap_or(elsewhere)) })
            }
            400 if errors.is_empty() => Some(Self::Broken { status, why: why("it does not say why") }),
            400 => Some(Self::Refused(errors)),
            401 => Some(Self::NotSignedIn(errors)),
            403 => Some(Self::Forbidden(errors)),
            404 => Some(Self::NotFound(errors)),
            429 => Some(Self::TooMany),
            _ => Some(Self::Broken { status, why: why("it does not say why") }),
        }
    }
}

fn said(errors: &[ServerError]) -> String {
    errors.first().map(|e| format!(": {}", e.spoken().trim_end_matches('.'))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;
    use serde_json::json;

    #[test]
    fn every_status_reads_as_its_own_fault() {
        let error = Body::from(json!({"errorCode": "X-1", "id": "tghwn", "message": "Said so.", "status": 400}));
        let of = |status| Fault::of_reply(status, Ok(&error)).unwrap().to_string();
        assert!(of(400).contains("refused it: \"Said so.\" [X-1, ref tghwn]"), "{}", of(400));
        assert!(of(401).contains("sign-in (401)"));
        assert!(of(403).contains("not allow"));
        assert!(of(404).contains("not know"));
        assert!(of(500).contains("failed (500)"));
        assert!(of(302).contains("never followed"));
        assert!(Fault::of_reply(500, Err("a web page came back")).unwrap().to_string().contains("web page"));
        assert!(Fault::of_reply(200, Err("the reply is empty")).unwrap().to_string().contains("empty"));
        assert_eq!(Fault::of_reply(200, Ok(&Body::from(json!({"employees": []})))), None);
    }
    #[test]
    fn each_fault_says_what_happened_what_it_means_and_what_to_do() {
        let fault = Fault::Unreachable { host: "example.com".into(), why: "refused".into() };
        let text = fault.spoken(During::Confirming);
        assert!(
            text.contains("cannot be reached") && text.contains("Nothing was ordered") && text.contains("^R"),
            "{text}"
        );
    }
}
