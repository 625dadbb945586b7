//! A call as the log may know it: what was asked and how it went, and nothing of what anybody wrote or is. Pure.

use std::time::Duration;

use serde::Serialize;

use super::text::Clean;

/// One call, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// ACTIVITYID: the number of the order that it is part of (WIRE 3).
    pub activity: Clean,
    /// CORRELATIONID, by which the API's support finds it (WIRE 3).
    pub correlation: Clean,
    /// HTTP method.
    pub method: &'static str,
    /// The resource, its ids left out: `/employees/{id}`.
    pub path: Clean,
    /// HTTP status, where one came.
    pub status: Option<u16>,
    /// Bytes of the body that were read.
    pub bytes: u64,
    /// How long it took (milliseconds).
    pub millis: u64,
    /// `errorCode` of the first error in the reply (WIRE 4).
    pub code: Option<Clean>,
    /// `id` of that error.
    pub error: Option<Clean>,
    /// What went wrong, where no readable reply came: one word of a fixed list, such as `unreachable` or `garbled`.
    pub fault: Option<&'static str>,
    /// What it was made of, where that is wanted.
    pub http: Option<Outline>,
}

/// What a call was made of: names, types and lengths, never a value (`Body::shape`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outline {
    /// Names of the headers that were sent, without those that every call has by the client (`user-agent`, `host`).
    pub sent_headers: Clean,
    /// Shape of the body that was sent, where there was one; of a call for a token the names of its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Clean>,
    /// Names of the reply's headers, where one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came_headers: Option<Clean>,
    /// Shape of the reply's body, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came: Option<Clean>,
}

/// An access token was asked for: the answer as the log may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// How it was asked for: `password`, `refresh_token`, or `access_token` for one that is given ready.
    pub grant: &'static str,
    /// How long the new token lives, where it was granted and the server says.
    pub life: Option<Duration>,
    /// The server's code, where it refused.
    pub refused: Option<Clean>,
    /// What went wrong, where no readable answer came: one word of a fixed list.
    pub fault: Option<&'static str>,
}
