//! The clocks of this machine that matter to the journal, and who this process is.

use jiff::Timestamp;

pub use crate::clock::{boot_id, boottime};
use crate::domain::journal::Moment;

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
