//! The clock that nobody can set, and which start of this machine it counts from. Edge.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time since this machine started, suspended time included. Nobody can set it.
#[must_use]
pub fn boottime() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Which start of this machine this is; nothing where the system does not say.
#[must_use]
pub fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}
