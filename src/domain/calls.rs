//! A call as the log may know it: what was asked and how it went, and nothing of what anybody wrote or is. Pure.

use std::time::Duration;

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
