//! Orders that are killed, dropped, answered late or not at all: whatever happens, a number is ordered once or not at all,
//! and nothing that was written down is lost. Real processes, the real store, the real client; the server's list of orders
//! is the witness. `MOBPROC_FULL=1` runs the full figures.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

#[path = "crash/at_once.rs"]
mod at_once;
#[path = "crash/child.rs"]
mod child;
#[path = "crash/cron.rs"]
mod cron;
#[path = "crash/desk.rs"]
mod desk;
#[path = "crash/looks.rs"]
mod looks;
#[path = "crash/points.rs"]
mod points;
#[path = "signin/profile.rs"]
mod profile;
#[path = "crash/relay.rs"]
mod relay;
#[path = "crash/scenes.rs"]
mod scenes;
#[path = "crash/tokens.rs"]
mod tokens;
