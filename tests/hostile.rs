//! A hostile world: whatever bytes others write, nothing panics, and nothing reaches the terminal but text.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

#[path = "hostile/sequences.rs"]
mod sequences;
#[path = "hostile/smoke.rs"]
mod smoke;
#[path = "fuzz/targets.rs"]
mod targets;
#[path = "hostile/view.rs"]
mod view;
