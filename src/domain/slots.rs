//! The ingredients that a transaction type may ask for: label, place in the request, where answers come from,
//! and where the server's reply repeats them. No slot knows a type. Pure.

use super::choice::{Choice, Named};
use super::draft::{Answer, Draft};
use super::lookups::{self, Lookup};
use super::reply::{Item, Resolved, Told};
use super::text::Clean;

/// Which ingredient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SlotId {
    /// The line that the order is about.
    Service,
    /// The country of the order.
    Region,
    /// Its postal code.
    PostalCode,
    /// The cart's device.
    Device,
    /// The cart's plan.
    Plan,
    /// Optional features of the plan.
    Features,
    /// The cart's accessories.
    Accessories,
    /// The fields that the server describes.
    Properties,
    /// Whom a parcel is addressed to.
    ShipName,
    /// The country that is shipped to.
    ShipRegion,
    /// The address components of that country.
    ShipAddress,
    /// Faster shipping.
    Expedite,
}

/// One ingredient.
#[derive(Debug)]
pub struct Slot {
    /// Which.
    pub id: SlotId,
    /// What the form calls it.
    pub label: &'static str,
    /// JSON pointer inside `orderRequest` (WIRE 7).
    pub at: &'static str,
    /// Where its answer comes from.
    pub source: Source,
    /// What must be answered first, in words; shown while the source cannot be asked yet.
    pub waits_for: &'static str,
    /// What it starts with.
    pub prefill: fn(&Draft) -> Option<Answer>,
    /// Whether a row may be offered.
    pub fits: fn(&Draft, &Choice) -> bool,
    /// Where a reply repeats it.
    pub echo: for<'a> fn(&'a Resolved) -> Echo<'a>,
}

/// Where an answer comes from, and so what it is.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// One row of a lookup; its id is sent.
    One(&'static Lookup),
    /// Several rows; their ids are sent as a set.
    Many(&'static Lookup),
    /// Text of at most so many characters.
    Text(usize),
    /// Text whose form a lookup describes.
    Described(&'static Lookup),
    /// Yes or no; sent only where yes.
    Flag,
    /// Fields that a lookup describes, given back in that shape.
    Server(&'static Lookup, Shape),
}

/// How described fields stand in the request (WIRE 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `[{groupId, fields: [{id, type, text | date | choice}]}]`.
    Groups,
    /// `[{id, value}]`.
    Parts,
}

impl Source {
    /// The lookup behind it, if any.
    #[must_use]
    pub fn lookup(&self) -> Option<&'static Lookup> {
        match self {
            Self::One(l) | Self::Many(l) | Self::Described(l) | Self::Server(l, _) => Some(l),
            Self::Text(_) | Self::Flag => None,
        }
    }
}

/// What a reply says about an ingredient.
#[derive(Debug)]
pub enum Echo<'a> {
    /// The reply has no place for it, so its absence says nothing.
    Silent,
    /// Items, none where the reply leaves them out.
    Items(Vec<&'a Item>),
    /// Text.
    Text(Option<&'a Clean>),
    /// Yes or no.
    Flag(Option<bool>),
    /// Fields.
    Told(&'a [Told]),
}

fn nothing(_: &Draft) -> Option<Answer> {
    None
}
fn any(_: &Draft, _: &Choice) -> bool {
    true
}
/// A confirmation has a place for everything; a placed order says less, and then its silence means nothing.
fn items<'a>(reply: &Resolved, has_place: bool, items: impl IntoIterator<Item = &'a Item>) -> Echo<'a> {
    let items: Vec<_> = items.into_iter().collect();
    if items.is_empty() && reply.placed && !has_place { Echo::Silent } else { Echo::Items(items) }
}

/// A slot that waits for nothing, starts with nothing and takes any row; entries say only what they do differently.
const SLOT: Slot = Slot {
    id: SlotId::Service,
    label: "",
    at: "",
    source: Source::Flag,
    waits_for: "",
    prefill: nothing,
    fits: any,
    echo: |_| Echo::Silent,
};

/// The line, among those of the person that allow the type.
pub static SERVICE: Slot = Slot {
    id: SlotId::Service,
    label: "Line",
    at: "/serviceId",
    source: Source::One(&lookups::LINES),
    waits_for: "the person",
    fits: |d, c| c.line().is_some_and(|line| d.kind.is_none_or(|k| k.allows(line).is_ok())),
    echo: |r| items(r, false, &r.service),
    ..SLOT
};
/// The country of an order that is for no line yet.
pub static REGION: Slot = Slot {
    id: SlotId::Region,
    label: "Country",
    at: "/regionId",
    source: Source::One(&lookups::REGIONS),
    waits_for: "the person",
    prefill: |d| d.usual_region.clone().map(Answer::One),
    echo: |r| items(r, false, &r.region),
    ..SLOT
};
/// Asked only for the United States.
pub static POSTAL_CODE: Slot = Slot {
    id: SlotId::PostalCode,
    label: "Postal code",
    at: "/postalCode",
    source: Source::Described(&lookups::POSTAL),
    waits_for: "the country",
    echo: |r| match (&r.postal_code, r.placed) {
        (None, true) => Echo::Silent,
        (told, _) => Echo::Text(told.as_ref()),
    },
    ..SLOT
};
/// The device; it decides the carrier of the cart.
pub static DEVICE: Slot = Slot {
    id: SlotId::Device,
    label: "Device",
    at: "/shoppingCart/deviceId",
    source: Source::One(&lookups::DEVICES),
    waits_for: "the country",
    echo: |r| items(r, r.has_cart, &r.device),
    ..SLOT
};
/// The plan.
pub static PLAN: Slot = Slot {
    id: SlotId::Plan,
    label: "Plan",
    at: "/shoppingCart/planId",
    source: Source::One(&lookups::PLANS),
    waits_for: "the country",
    echo: |r| items(r, r.has_cart, &r.plan),
    ..SLOT
};
/// Optional features of the chosen plan.
pub static FEATURES: Slot = Slot {
    id: SlotId::Features,
    label: "Features",
    at: "/shoppingCart/optionalFeatureIds",
    source: Source::Many(&lookups::FEATURES),
    waits_for: "the plan",
    echo: |r| items(r, r.has_cart, &r.features),
    ..SLOT
};
/// Accessories of the cart's carrier.
pub static ACCESSORIES: Slot = Slot {
    id: SlotId::Accessories,
    label: "Accessories",
    at: "/shoppingCart/accessoryIds",
    source: Source::Many(&lookups::ACCESSORIES),
    waits_for: "the country",
    echo: |r| items(r, r.has_cart, &r.accessories),
    ..SLOT
};
/// What the server describes for this type and carrier or line.
pub static PROPERTIES: Slot = Slot {
    id: SlotId::Properties,
    label: "Order fields",
    at: "/properties",
    source: Source::Server(&lookups::PROPERTIES, Shape::Groups),
    waits_for: "the line or the cart",
    echo: |r| match &r.properties {
        None if r.placed => Echo::Silent,
        told => Echo::Told(told.as_deref().unwrap_or_default()),
    },
    ..SLOT
};
/// The person's own name to begin with.
pub static SHIP_NAME: Slot = Slot {
    id: SlotId::ShipName,
    label: "Ship to",
    at: "/shipTo/name",
    source: Source::Text(100),
    prefill: |d| Some(Answer::Text(d.who.as_ref()?.person()?.spoken().to_string())),
    echo: |r| match &r.ship {
        None if r.placed => Echo::Silent,
        ship => Echo::Text(ship.as_ref().and_then(|s| s.name.as_ref())),
    },
    ..SLOT
};
/// The order's country to begin with.
pub static SHIP_REGION: Slot = Slot {
    id: SlotId::ShipRegion,
    label: "Ship country",
    at: "/shipTo/regionId",
    source: Source::One(&lookups::SHIP_REGIONS),
    waits_for: "the country",
    prefill: |d| d.one(SlotId::Region).map(|c| Answer::One(c.clone())),
    echo: |r| items(r, false, r.ship.as_ref().and_then(|s| s.region.as_ref())),
    ..SLOT
};
/// The components of that country, in its order.
pub static SHIP_ADDRESS: Slot = Slot {
    id: SlotId::ShipAddress,
    label: "Address",
    at: "/shipTo/address",
    source: Source::Server(&lookups::ADDRESS, Shape::Parts),
    waits_for: "the country to ship to",
    echo: |r| match &r.ship {
        None if r.placed => Echo::Silent,
        ship => Echo::Told(ship.as_ref().map(|s| s.parts.as_slice()).unwrap_or_default()),
    },
    ..SLOT
};
/// Faster shipping.
pub static EXPEDITE: Slot = Slot {
    id: SlotId::Expedite,
    label: "Expedite",
    at: "/shipTo/expedite",
    source: Source::Flag,
    echo: |r| match &r.ship {
        None if r.placed => Echo::Silent,
        ship => Echo::Flag(ship.as_ref().and_then(|s| s.expedite)),
    },
    ..SLOT
};

/// What a reply must not hold unless it was asked for: everything that is bought, a line, and a parcel.
pub static UNASKED: [&Slot; 9] =
    [&SERVICE, &DEVICE, &PLAN, &FEATURES, &ACCESSORIES, &SHIP_NAME, &SHIP_REGION, &SHIP_ADDRESS, &EXPEDITE];

/// The carrier whose properties are asked for: the cart's (WIRE 7, assumed).
#[must_use]
pub fn cart_carrier(draft: &Draft) -> Option<&Named> {
    let single = [SlotId::Device, SlotId::Plan].into_iter().find_map(|s| draft.one(s)?.vendor.as_ref());
    single.or_else(|| draft.many(SlotId::Accessories).iter().find_map(|a| a.vendor.as_ref()))
}
