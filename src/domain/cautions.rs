//! What should be known about a draft before it is ordered, and does not keep it from being ordered: the server decides. Pure.

use super::cache::Cache;
use super::choice::About;
use super::date::{self, Date};
use super::draft::Draft;
use super::lookups;
use super::slots::{self, Side, SlotId};
use super::text::Clean;

/// Everything that should be known, each with the ingredient that it is about.
#[must_use]
pub fn all(draft: &Draft, cache: &Cache, today: Date) -> Vec<(SlotId, Clean)> {
    let Some(kind) = draft.kind else { return Vec::new() };
    let found = [
        (SlotId::Service, early_upgrade(draft, cache, today)),
        (SlotId::Plan, other_access(draft, cache)),
        (SlotId::Serial(Side::New), serial(draft, Side::New)),
        (SlotId::Serial(Side::Existing), serial(draft, Side::Existing)),
    ];
    let mine = found.into_iter().filter(|(slot, _)| kind.slot(*slot).is_some());
    mine.filter_map(|(slot, text)| Some((slot, Clean::new(&text?)))).collect()
}

/// The day from which the line's device may be upgraded, where the type is about upgrading it and the server names one.
#[must_use]
pub fn upgrade_from(draft: &Draft, cache: &Cache) -> Option<Date> {
    draft.kind.filter(|k| k.excludes)?;
    let line = draft.one(SlotId::Service)?.line()?;
    line.upgrade_from.or_else(|| slots::present_device(draft, cache)?.upgrade_from)
}

fn early_upgrade(draft: &Draft, cache: &Cache, today: Date) -> Option<String> {
    let from = upgrade_from(draft, cache).filter(|from| *from > today)?;
    let when = date::spoken(from, today);
    Some(format!("Upgrade from {when}; before that the carrier may refuse or charge it."))
}

/// Access methods are compared by name only to warn (WIRE 7: CDMA and CDMA_PCS are published for the same kind of line).
fn other_access(draft: &Draft, cache: &Cache) -> Option<String> {
    if draft.one(SlotId::Device).is_some() {
        return None;
    }
    let present = slots::present_device(draft, cache)?.access?;
    let key = lookups::PLAN_CARRIER.key(draft)?;
    let carrier = cache.rows(&key).first()?;
    let About::Carrier(Some(wanted)) = &carrier.about else { return None };
    let agree = wanted.eq_ignore_ascii_case(&present);
    (!agree)
        .then(|| format!("{} uses {wanted}, the present device {present}: a device may be needed too.", carrier.name))
}

fn serial(draft: &Draft, side: Side) -> Option<String> {
    let number = draft.text(SlotId::Serial(side))?;
    let kind = draft.one(SlotId::SerialType(side))?;
    check(kind.id.as_str(), number)
}

/// What is odd about a serial number of that type: its length, its characters or its check digit.
fn check(kind: &str, number: &str) -> Option<String> {
    let bare: Vec<char> = number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let digits = |radix| bare.iter().map(|c| c.to_digit(radix)).collect::<Option<Vec<u32>>>();
    let wrong = |kind| Some(format!("The check digit of this {kind} is wrong; one of its digits may be, too."));
    match (kind, bare.len()) {
        ("IMEI", _) if digits(10).is_none() => Some("An IMEI holds digits only.".into()),
        // Without its check digit, and with the two digits of a software version instead of it.
        ("IMEI", 14 | 16) => None,
        ("IMEI", 15) if !luhn(&digits(10)?, 10) => wrong("IMEI"),
        ("IMEI", length) if length != 15 => Some(format!("An IMEI has 15 digits, this one has {length}.")),
        ("MEID", 18) if digits(10).is_some() => None,
        ("MEID", _) if digits(16).is_none() => Some("An MEID holds the digits 0 to 9 and A to F only.".into()),
        ("MEID", 14) => None,
        // One of decimal digits only is an IMEI as well, and checked as such.
        ("MEID", 15) if !digits(10).map_or_else(|| luhn(&digits(16).unwrap_or_default(), 16), |d| luhn(&d, 10)) => {
            wrong("MEID")
        }
        ("MEID", length) if length != 15 => {
            Some(format!("An MEID has 14 digits and a check digit, this one has {length}."))
        }
        _ => None,
    }
}

/// Luhn's check in that base: from the right every second digit is doubled and its digits added.
fn luhn(digits: &[u32], base: u32) -> bool {
    let doubled = |d: u32| d * 2 / base + d * 2 % base;
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, &d)| if at % 2 == 1 { doubled(d) } else { d }).sum();
    sum.is_multiple_of(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_imei_and_meid_are_checked_and_other_numbers_left_alone() {
        for (kind, number, fine) in [
            ("IMEI", "490154203237518", true),
            ("IMEI", "49 015420 323751 8", true),
            ("IMEI", "490154203237517", false),
            ("IMEI", "490154203237581", false),
            ("IMEI", "49015420323751", true),
            ("IMEI", "7738293847839", false),
            ("IMEI", "49015420323751X", false),
            ("MEID", "AF0123450ABCDEC", true),
            ("MEID", "AF0123450ABCDED", false),
            ("MEID", "A10000009296F2", true),
            ("MEID", "293608736500703710", true),
            ("MEID", "XYZ", false),
            ("ESN", "4289183847832", true),
            ("UNKNOWN", "whatever", true),
        ] {
            assert_eq!(check(kind, number).is_none(), fine, "{kind} {number}: {:?}", check(kind, number));
        }
    }
}
