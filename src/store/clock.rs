//! The clocks of this machine that matter to the journal, and who this process is.

use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

use crate::domain::journal::Moment;

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

/// Now by the clock that nobody can set, and by the server's `Date` header where a reply brought one.
#[must_use]
pub fn moment(server: Option<Timestamp>) -> Moment {
    Moment { server, boot: boot_id().map(|id| (id, boottime())) }
}

/// As the journal writes times: of one length, so that they sort as text.
pub(super) fn written(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// As file names carry times.
pub(super) fn stamped(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
