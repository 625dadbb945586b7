//! The journal: what it stores, what it refuses, and what it says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there and then")]

#[path = "store/common.rs"]
mod common;
#[path = "store/drafts.rs"]
mod drafts;
#[path = "store/sending.rs"]
mod sending;
