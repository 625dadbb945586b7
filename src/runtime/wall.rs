//! The clock and the calendar on the wall here. The zone is read once, from the one file that holds it: whoever asks the
//! whole database of zones for it reads its folders first, one by one, and the first frame waits for that.

use std::path::Path;
use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::date::Date;
use crate::domain::text::Clean;

/// Where the system keeps its zone.
const LOCALTIME: &str = "/etc/localtime";

/// The time zone of the clock on the wall here, as it was when it was first asked for.
pub fn zone() -> &'static TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| {
        // Where a zone is asked for by name, the database knows what is meant.
        let named = std::env::var_os("TZ").is_some();
        let local = if named { None } else { of_file(Path::new(LOCALTIME)) };
        local.unwrap_or_else(TimeZone::system)
    })
}

/// The zone that a file describes.
fn of_file(path: &Path) -> Option<TimeZone> {
    let bytes = std::fs::read(path).ok()?;
    // Nothing is shown of the name.
    TimeZone::tzif("Local", &bytes).ok()
}

/// The calendar day where the program runs.
#[must_use]
pub fn today() -> Date {
    zone().to_datetime(Timestamp::now()).date()
}

/// The time of day here.
pub(super) fn clock() -> Clean {
    Clean::new(&zone().to_datetime(Timestamp::now()).strftime("%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_of_a_file_is_that_of_the_database_and_a_file_that_holds_none_gives_none() {
        let place = tempfile::tempdir().unwrap();
        let zone = Path::new("/usr/share/zoneinfo/Europe/Berlin");
        if !zone.exists() {
            println!("SKIPPED: this system has no files of time zones");
            return;
        }
        let link = place.path().join("localtime");
        std::os::unix::fs::symlink(zone, &link).unwrap();
        let (read, known) = (of_file(&link).unwrap(), TimeZone::get("Europe/Berlin").unwrap());
        for at in ["2026-01-15T11:30:00Z", "2026-07-15T11:30:00Z", "2126-07-15T11:30:00Z"] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(read.to_datetime(at), known.to_datetime(at), "{at}");
        }
        std::fs::write(place.path().join("other"), "no zone").unwrap();
        assert!(of_file(&place.path().join("other")).is_none());
        assert!(of_file(&place.path().join("none")).is_none());
    }
}
