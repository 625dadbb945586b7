//! Signals on every screen.
