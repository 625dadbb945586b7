//! mobproc: order mobile phones, plans and changes to phone lines for other employees, from a terminal.
//!
//! A pure core (`domain`, `app`, `view`, `plain`) turns events into state and effects-as-data, inside a thin async shell
//! (`runtime`, `api`, `store`, `log`, `sandbox`). `domain` uses nothing of ours; `app` uses `domain`; `view` and `plain`
//! use both and show the state, as cells or as lines; `api` and `store` use `domain`, `log` and `report` these; the sandbox shares nothing with the wizard, so that both
//! ends cannot share one mistake.

#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods))]

pub mod api;
pub mod app;
pub mod clock;
pub mod crash;
pub mod domain;
pub mod exits;
pub mod harden;
pub mod log;
pub mod plain;
pub mod profile;
pub mod report;
pub mod runtime;
#[expect(clippy::disallowed_methods, reason = "a server of its own, which reads the requests of others")]
pub mod sandbox;
pub mod secret;
pub mod store;
pub mod view;
