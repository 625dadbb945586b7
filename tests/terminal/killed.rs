//! Killed while somebody types.
