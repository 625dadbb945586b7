//! Whole orders by key scripts, through the real client and the real sandbox: every type, the ways, the faults, the
//! screens, and what is begun from outside.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

mod back;
mod begun;
mod budget;
mod ended;
mod golden;
mod harness;
mod kept;
mod keys;
mod missing;
mod orders;
mod pictures;
#[path = "../signin/profile.rs"]
mod profile;
#[path = "../openapi/schema.rs"]
mod schema;
mod screens;
mod signin;
mod wizard;
