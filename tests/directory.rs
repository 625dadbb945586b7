//! Everybody of a company, read page by page whatever happens to the list meanwhile, and kept between runs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there and then")]

#[path = "directory/command.rs"]
mod command;
#[path = "directory/keeping.rs"]
mod keeping;
#[path = "directory/reading.rs"]
mod reading;
#[path = "directory/sandbox.rs"]
mod sandbox;
#[path = "directory/server.rs"]
mod server;
