//! Signing in: the real client against the sandbox's token endpoint, in a sandbox that takes only what it has issued.
//! Whatever tokens do, a refresh token is sent once, a refused password of the profile too, and nobody is asked for the
//! same thing twice. Lives are counted by a clock that the tests move; the one of this machine cannot be set here, and has
//! no part in it: the server's `Date` is a day off in both directions instead.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails there and then")]

#[path = "signin/asking.rs"]
mod asking;
#[path = "signin/endpoint.rs"]
mod endpoint;
#[path = "signin/grants.rs"]
mod grants;
#[path = "signin/house.rs"]
mod house;
#[path = "signin/profile.rs"]
mod profile;
#[path = "signin/refresh.rs"]
mod refresh;
