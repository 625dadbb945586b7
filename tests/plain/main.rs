//! The wizard line by line: whole orders of every type, the ways back and out, and what is said on the way, in process
//! against the sandbox; and the real program behind a pipe. In a terminal it is tried in `terminal.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

#[expect(dead_code, reason = "the journeys use the rest of it")]
#[path = "../journeys/golden.rs"]
mod golden;
mod haste;
mod orders;
mod piped;
#[expect(dead_code, reason = "signing in by password is tested elsewhere")]
#[path = "../signin/profile.rs"]
mod profile;
mod readme;
mod talk;
mod ways;
mod words;
