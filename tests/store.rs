//! The journal: what it stores, what it refuses, what it says, and what is left after crashes, faults and damage.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there and then")]

#[path = "store/common.rs"]
mod common;
#[path = "store/crashes.rs"]
mod crashes;
#[path = "store/damage.rs"]
mod damage;
#[path = "store/drafts.rs"]
mod drafts;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/opening.rs"]
mod opening;
#[path = "store/processes.rs"]
mod processes;
#[path = "store/sending.rs"]
mod sending;
