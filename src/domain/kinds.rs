//! KINDS: the twelve transaction types, one entry each. A new type is an entry here. Pure.

use super::choice::Line;
use super::draft::Draft;
use super::ingredients;
use super::slots::{self, Side, Slot, SlotId};

/// Where the API files a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Something is bought.
    Procurement,
    /// Something is changed on a line.
    Care,
}

/// Whether a type needs an answer.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// Always.
    Required,
    /// If the user likes.
    Optional,
    /// Required where this holds, and not asked where it does not.
    When(fn(&Draft) -> bool),
    /// Optional where this holds, and not asked where it does not.
    OptionalWhen(fn(&Draft) -> bool),
}

/// The carrier that a type asks its properties, acknowledgements and catalogs for (WIRE 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// That of the cart's first item.
    Cart,
    /// That of the line; properties are then asked by the line.
    Line,
    /// The one that was chosen there.
    Answer(SlotId),
}

/// An ingredient, and whether it is needed.
pub type Ask = (&'static Slot, Need);
/// Ingredients that go together.
pub type Group = &'static [Ask];

/// A transaction type (WIRE 7).
#[derive(Debug)]
pub struct Kind {
    /// The API's name: `SUSPEND`.
    pub id: &'static str,
    /// Two digits, fixed for ever.
    pub code: &'static str,
    /// One letter, fixed for ever; never j, k or g, which move.
    pub letter: char,
    /// Its category.
    pub category: Category,
    /// What people call it.
    pub label: &'static str,
    /// What it does, in a sentence.
    pub blurb: &'static str,
    /// The statuses of a line that it can be ordered for; `None` where it is for no present line.
    pub statuses: Option<&'static [&'static str]>,
    /// Whether lines' lists of actions ever name it; where not, `/me` alone decides (WIRE 7).
    pub listed: bool,
    /// Whose properties it asks for.
    pub vendor: Vendor,
    /// Whether its properties depend on what the cart leaves out (`orderExcludesDevice`, `orderExcludesPlan`).
    pub excludes: bool,
    /// Whether the last digits of the line are asked before it is submitted: it cannot be taken back.
    pub guarded: bool,
    /// What it asks for, in the form's order, by groups that several types share.
    pub asks: &'static [Group],
    /// Of these at least one must be answered.
    pub one_of: &'static [SlotId],
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Kind {
    /// Whether it can be ordered for the line; else why not, in a sentence's middle.
    ///
    /// # Errors
    /// The reason.
    pub fn allows(&self, line: &Line) -> Result<(), String> {
        let Some(statuses) = self.statuses else { return Ok(()) };
        if !line.status.is_empty() && !statuses.contains(&&*line.status) {
            return Err(format!("{} is {}", line.shown_number(), line.status));
        }
        if self.listed && !line.lists(self.id) {
            return Err(format!("{} does not list it", line.shown_number()));
        }
        Ok(())
    }
    /// Everything that it may ask for, in the form's order: what is its own, and what belongs to every order.
    pub fn asks(&self) -> impl Iterator<Item = Ask> {
        // A number that was sent once is kept for life.
        let reference: Ask = (&ingredients::REFERENCE, Need::OptionalWhen(|d| !d.sent));
        self.asks.iter().copied().flatten().copied().chain([reference])
    }
    /// What it asks for in that slot, if anything.
    #[must_use]
    pub fn slot(&self, id: SlotId) -> Option<&'static Slot> {
        self.asks().find(|(s, _)| s.id == id).map(|(s, _)| s)
    }
    /// The slots that the draft's answers call for, and whether each is required.
    pub fn asked<'d>(&'static self, draft: &'d Draft) -> impl Iterator<Item = (&'static Slot, bool)> + 'd {
        self.asks().filter_map(|(slot, need)| match need {
            Need::Required => Some((slot, true)),
            Need::Optional => Some((slot, false)),
            Need::When(holds) => holds(draft).then_some((slot, true)),
            Need::OptionalWhen(holds) => holds(draft).then_some((slot, false)),
        })
    }
}

const ACTIVE: Option<&[&str]> = Some(&["ACTIVE"]);
const SUSPENDED: Option<&[&str]> = Some(&["SUSPENDED"]);

/// Only the United States want a postal code beside the country (WIRE 7).
fn in_the_united_states(draft: &Draft) -> bool {
    draft.one(SlotId::Region).is_some_and(|c| c.is_united_states())
}
/// Devices and accessories travel in a parcel.
fn physical(draft: &Draft) -> bool {
    draft.one(SlotId::Device).is_some() || !draft.many(SlotId::Accessories).is_empty()
}
/// A device that is in no list has a name instead (WIRE 7).
fn other(draft: &Draft, side: Side) -> bool {
    [SlotId::Maker(side), SlotId::Model(side)]
        .iter()
        .any(|&s| draft.one(s).is_some_and(|c| c.id.as_str() == slots::OTHER))
}
fn other_existing(draft: &Draft) -> bool {
    other(draft, Side::Existing)
}
fn other_new(draft: &Draft) -> bool {
    other(draft, Side::New)
}
/// A serial number says what kind it is.
fn serial_existing(draft: &Draft) -> bool {
    draft.text(SlotId::Serial(Side::Existing)).is_some()
}

/// The line that it is about.
const LINE: Group = &[(&ingredients::SERVICE, Need::Required)];
/// What the server describes.
const FIELDS: Group = &[(&ingredients::PROPERTIES, Need::Required)];
/// Where the order is for.
const COUNTRY: Group =
    &[(&ingredients::REGION, Need::Required), (&ingredients::POSTAL_CODE, Need::When(in_the_united_states))];
/// A device, a plan, or both.
const GOODS: Group = &[(&ingredients::DEVICE, Need::Optional), (&ingredients::PLAN, Need::Optional)];
/// Features of the plan.
const FEATURES: Group = &[(&ingredients::FEATURES, Need::Optional)];
/// Accessories.
const ACCESSORIES: Group = &[(&ingredients::ACCESSORIES, Need::Optional)];
/// Where a parcel goes, if there is one.
const PARCEL: Group = &[
    (&ingredients::EARLIER, Need::When(physical)),
    (&ingredients::SHIP_NAME, Need::When(physical)),
    (&ingredients::SHIP_REGION, Need::When(physical)),
    (&ingredients::SHIP_ADDRESS, Need::When(physical)),
    (&ingredients::EXPEDITE, Need::OptionalWhen(physical)),
];
/// The device in use.
const EXISTING_DEVICE: Group = &[
    (&ingredients::EXISTING_MAKER, Need::Required),
    (&ingredients::EXISTING_MODEL, Need::Required),
    (&ingredients::EXISTING_NAME, Need::When(other_existing)),
    (&ingredients::EXISTING_SERIAL, Need::Optional),
    (&ingredients::EXISTING_SERIAL_TYPE, Need::When(serial_existing)),
    (&ingredients::EXISTING_SIM, Need::Required),
];
/// The carrier that it goes to.
const NEW_CARRIER: Group = &[(&ingredients::NEW_CARRIER, Need::Required)];
/// The device that takes its place.
const NEW_DEVICE: Group = &[
    (&ingredients::NEW_MAKER, Need::Required),
    (&ingredients::NEW_MODEL, Need::Required),
    (&ingredients::NEW_NAME, Need::When(other_new)),
    (&ingredients::NEW_SERIAL, Need::Required),
    (&ingredients::NEW_SERIAL_TYPE, Need::Required),
    (&ingredients::NEW_SIM, Need::Optional),
];
/// What must be read and agreed to.
const AGREEMENT: Group = &[(&ingredients::ACKNOWLEDGEMENTS, Need::Required)];
/// The carrier that the line comes from.
const CURRENT_CARRIER: Group = &[(&ingredients::CURRENT_VENDOR, Need::Required)];

/// A change on an active line that asks for nothing but the server's fields; entries say only what they do differently.
const CARE: Kind = Kind {
    id: "",
    code: "",
    letter: ' ',
    category: Category::Care,
    label: "",
    blurb: "",
    statuses: ACTIVE,
    listed: true,
    vendor: Vendor::Line,
    excludes: false,
    guarded: false,
    asks: &[LINE, FIELDS],
    one_of: &[],
};
const PROCUREMENT: Kind = Kind { category: Category::Procurement, ..CARE };

/// All transaction types, in the order of their codes.
pub static KINDS: [Kind; 12] = [
    Kind {
        id: "NEW_ACTIVATION",
        code: "11",
        letter: 'n',
        label: "New device / service",
        blurb: "Obtain a new device, plan and accessories. A parcel needs an address.",
        statuses: None,
        vendor: Vendor::Cart,
        one_of: &[SlotId::Device, SlotId::Plan, SlotId::Accessories],
        asks: &[COUNTRY, GOODS, FEATURES, ACCESSORIES, FIELDS, PARCEL],
        ..PROCUREMENT
    },
    Kind {
        id: "UPGRADE",
        code: "12",
        letter: 'u',
        label: "Upgrade device or plan",
        blurb: "Another device, another plan, or both, for a line in use.",
        excludes: true,
        one_of: &[SlotId::Device, SlotId::Plan],
        asks: &[LINE, GOODS, FEATURES, EXISTING_DEVICE, FIELDS, PARCEL],
        ..PROCUREMENT
    },
    Kind {
        id: "PORT_NUMBER",
        code: "13",
        letter: 'p',
        label: "Port number to new carrier",
        blurb: "Take a line and its number to another carrier.",
        vendor: Vendor::Answer(SlotId::NewCarrier),
        one_of: &[SlotId::Device, SlotId::Plan],
        asks: &[LINE, NEW_CARRIER, COUNTRY, GOODS, FEATURES, FIELDS, PARCEL],
        ..PROCUREMENT
    },
    Kind {
        id: "ORDER_ACCESSORIES",
        code: "14",
        letter: 'a',
        label: "Accessories only",
        blurb: "Accessories for a device in use. They are shipped.",
        asks: &[LINE, &[(&ingredients::ACCESSORIES, Need::Required)], FIELDS, PARCEL],
        ..PROCUREMENT
    },
    Kind {
        id: "SUSPEND",
        code: "21",
        letter: 's',
        label: "Suspend a line",
        blurb: "Suspend an active line, for example while a phone is lost.",
        ..CARE
    },
    Kind {
        id: "UNSUSPEND",
        code: "22",
        letter: 'r',
        label: "Resume a suspended line",
        blurb: "Reactivate a suspended line.",
        statuses: SUSPENDED,
        ..CARE
    },
    Kind {
        id: "DEACTIVATE",
        code: "23",
        letter: 'd',
        label: "Deactivate a line",
        blurb: "End an active line for good. Its last digits are asked.",
        guarded: true,
        ..CARE
    },
    Kind {
        id: "UPDATE_FEATURES",
        code: "24",
        letter: 'f',
        label: "Features: add or remove",
        blurb: "Add optional features to a line, or remove them.",
        asks: &[
            LINE,
            &[(&ingredients::FEATURE_CHANGES, Need::Required), (&ingredients::FEATURE_COMMENT, Need::Optional)],
            FIELDS,
        ],
        ..CARE
    },
    Kind {
        id: "SWAP_DEVICES",
        code: "25",
        letter: 'w',
        label: "Swap devices",
        blurb: "Move a line to another device.",
        asks: &[LINE, NEW_DEVICE, EXISTING_DEVICE, FIELDS],
        ..CARE
    },
    Kind {
        id: "XFER_SERVICE_OUT",
        code: "26",
        letter: 'o',
        label: "Transfer service out",
        blurb: "From corporate to personal ownership. The line's last digits are asked.",
        listed: false,
        guarded: true,
        // That it asks for any is assumed: a server that has none for it does not hold the order up (WIRE 7).
        asks: &[LINE, &[(&ingredients::ACKNOWLEDGEMENTS, Need::Optional)], FIELDS],
        ..CARE
    },
    Kind {
        id: "XFER_SERVICE_IN",
        code: "27",
        letter: 'i',
        label: "Transfer service in",
        blurb: "From personal to corporate ownership, same carrier.",
        statuses: None,
        vendor: Vendor::Answer(SlotId::CurrentVendor),
        one_of: &[SlotId::Device, SlotId::Plan, SlotId::Accessories],
        asks: &[CURRENT_CARRIER, COUNTRY, GOODS, ACCESSORIES, AGREEMENT, FIELDS, PARCEL],
        ..CARE
    },
    Kind {
        id: "XFER_SERVICE_IN_AND_PORT",
        code: "28",
        letter: 'b',
        label: "Transfer in and port",
        blurb: "From personal to corporate ownership, and to another carrier.",
        statuses: None,
        vendor: Vendor::Answer(SlotId::NewCarrier),
        one_of: &[SlotId::Device, SlotId::Plan],
        asks: &[
            CURRENT_CARRIER,
            NEW_CARRIER,
            COUNTRY,
            GOODS,
            &[(&ingredients::QUANTITY, Need::Required)],
            AGREEMENT,
            FIELDS,
            PARCEL,
        ],
        ..CARE
    },
];

/// The type of that name, as the API writes it.
#[must_use]
pub fn named(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.id == id)
}
/// The type with that letter or code.
#[must_use]
pub fn find(key: &str) -> Option<&'static Kind> {
    let mut letters = key.chars();
    let letter = letters.next().filter(|_| letters.next().is_none()).map(|c| c.to_ascii_lowercase());
    KINDS.iter().find(|k| k.code == key || Some(k.letter) == letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_letters_are_unique_and_no_letter_is_one_that_moves() {
        let codes: BTreeSet<_> = KINDS.iter().map(|k| k.code).collect();
        let letters: BTreeSet<_> = KINDS.iter().map(|k| k.letter).collect();
        assert_eq!((codes.len(), letters.len()), (KINDS.len(), KINDS.len()));
        assert!(KINDS.iter().all(|k| !"jkg".contains(k.letter) && k.code.len() == 2));
        assert!(KINDS.iter().all(|k| k.code.starts_with('1') == (k.category == Category::Procurement)));
    }
    #[test]
    fn slots_are_asked_after_those_that_their_lookups_need() {
        for kind in &KINDS {
            let ids: Vec<_> = kind.asks().map(|(s, _)| s.id).collect();
            assert!(kind.one_of.iter().all(|s| ids.contains(s)), "{}", kind.id);
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{}", kind.id);
        }
    }
}
