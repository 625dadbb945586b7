//! The ingredients themselves, one entry each: label, place in the request, where answers come from, and where a reply
//! repeats them. What a type asks for is in KINDS; no entry knows a type. Pure.

use std::sync::Arc;

use super::cache::Cache;
use super::choice::{Choice, Handset, Named};
use super::draft::{Answer, Draft};
use super::ids::Id;
use super::lookups;
use super::reply::{Device, Item, Resolved, Told};
use super::slots::{Echo, OTHER, Shape, Side, Slot, SlotId, Source, present_device, word_choice};
use super::text::Clean;

fn nothing(_: &Draft, _: &Cache) -> Option<Answer> {
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
/// Text that a confirmation repeats and a placed order may leave out.
fn text<'a>(reply: &Resolved, told: Option<&'a Clean>) -> Echo<'a> {
    if told.is_none() && reply.placed { Echo::Silent } else { Echo::Text(told) }
}
/// Fields that a confirmation repeats and a placed order may leave out.
fn told<'a>(reply: &Resolved, told: Option<&'a [Told]>) -> Echo<'a> {
    if told.is_none() && reply.placed { Echo::Silent } else { Echo::Told(told.unwrap_or_default()) }
}

/// What a catalog's call may be for.
const CATALOG: &[(SlotId, &str)] =
    &[(SlotId::Service, "the line"), (SlotId::CurrentVendor, "the carrier"), (SlotId::Region, "the country")];

/// A slot that waits for nothing, starts with nothing and takes any row; entries say only what they do differently.
const SLOT: Slot = Slot {
    id: SlotId::Service,
    label: "",
    at: "",
    source: Source::Flag,
    waits_for: &[],
    prefill: nothing,
    part: |_, _| None,
    fits: any,
    besides: |_| None,
    under: None,
    also: &[],
    personal: false,
    echo: |_| Echo::Silent,
};

/// The line, among those of the person that allow the type.
pub static SERVICE: Slot = Slot {
    id: SlotId::Service,
    label: "Line",
    at: "/serviceId",
    source: Source::One(&lookups::LINES),
    waits_for: &[],
    personal: true,
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
    waits_for: &[],
    prefill: |d, _| d.usual_region.clone().map(Answer::One),
    echo: |r| items(r, false, &r.region),
    ..SLOT
};
/// The carrier that a line comes from.
pub static CURRENT_VENDOR: Slot = Slot {
    id: SlotId::CurrentVendor,
    label: "Current carrier",
    at: "/currentVendorId",
    source: Source::One(&lookups::CARRIERS),
    waits_for: &[],
    echo: |r| items(r, false, &r.current_vendor),
    ..SLOT
};
/// The carrier that a number is taken to: any but the one that it is with.
pub static NEW_CARRIER: Slot = Slot {
    id: SlotId::NewCarrier,
    label: "New carrier",
    source: Source::One(&lookups::CARRIERS),
    waits_for: &[],
    fits: |d, c| {
        let present = d.one(SlotId::Service).and_then(|s| s.line()).and_then(|l| l.vendor.as_ref()).map(|v| &v.id);
        present.or(d.one(SlotId::CurrentVendor).map(|v| &v.id)) != Some(&c.id)
    },
    echo: |r| items(r, false, &r.cart_vendor),
    ..SLOT
};
/// Asked only for the United States.
pub static POSTAL_CODE: Slot = Slot {
    id: SlotId::PostalCode,
    label: "Postal code",
    at: "/postalCode",
    source: Source::Described(&lookups::POSTAL),
    waits_for: &[(SlotId::Region, "the country")],
    echo: |r| text(r, r.postal_code.as_ref()),
    ..SLOT
};
/// The device; it decides the carrier of the cart.
pub static DEVICE: Slot = Slot {
    id: SlotId::Device,
    label: "Device",
    at: "/shoppingCart/deviceId",
    source: Source::One(&lookups::DEVICES),
    waits_for: CATALOG,
    echo: |r| items(r, r.has_cart, &r.device),
    ..SLOT
};
/// The plan.
pub static PLAN: Slot = Slot {
    id: SlotId::Plan,
    label: "Plan",
    at: "/shoppingCart/planId",
    source: Source::One(&lookups::PLANS),
    waits_for: CATALOG,
    echo: |r| items(r, r.has_cart, &r.plan),
    ..SLOT
};
/// Optional features of the chosen plan.
pub static FEATURES: Slot = Slot {
    id: SlotId::Features,
    label: "Features",
    at: "/shoppingCart/optionalFeatureIds",
    source: Source::Many(&lookups::FEATURES),
    waits_for: &[(SlotId::Plan, "the plan")],
    echo: |r| items(r, r.has_cart, &r.features),
    ..SLOT
};
/// Accessories of the cart's carrier.
pub static ACCESSORIES: Slot = Slot {
    id: SlotId::Accessories,
    label: "Accessories",
    at: "/shoppingCart/accessoryIds",
    source: Source::Many(&lookups::ACCESSORIES),
    waits_for: CATALOG,
    echo: |r| items(r, r.has_cart, &r.accessories),
    ..SLOT
};
/// How many of the cart (WIRE 7): always one, and sent only where the published body has it.
pub static QUANTITY: Slot =
    Slot { id: SlotId::Quantity, label: "Quantity", at: "/shoppingCart/quantity", source: Source::Fixed(1), ..SLOT };
/// Features to add to the line or to take from it. Nothing tells which ones it has.
pub static FEATURE_CHANGES: Slot = Slot {
    id: SlotId::FeatureChanges,
    label: "Features",
    at: "/shoppingCart/features",
    source: Source::Changes(&lookups::LINE_FEATURES),
    waits_for: &[(SlotId::Service, "the line")],
    personal: true,
    echo: |r| items(r, r.has_cart, &r.changes),
    ..SLOT
};
/// What the carrier should know about the features.
pub static FEATURE_COMMENT: Slot = Slot {
    id: SlotId::FeatureComment,
    label: "Comment",
    at: "/shoppingCart/featureRequestComment",
    source: Source::Text(4000),
    echo: |r| text(r, r.feature_comment.as_ref()),
    ..SLOT
};

/// What serial numbers there are (WIRE 7).
pub const SERIAL_TYPES: [&str; 7] = ["IMEI", "MEID", "ESN", "CAP_CODE", "PIN", "MSN", "UNKNOWN"];

/// The six slots of one of a swap's devices.
macro_rules! device {
    ($side:expr, $told:ident, $words:literal, $at:literal, $models:ident, $under:expr, $also:expr, $personal:expr,
     [$maker:ident $model:ident $name:ident $kind:ident $serial:ident $sim:ident], $prefill:expr) => {
        #[doc = concat!("Who made the ", $words, " device.")]
        pub static $maker: Slot = Slot {
            id: SlotId::Maker($side),
            label: concat!($words, " maker"),
            at: concat!($at, "/manufacturerId"),
            source: Source::One(&lookups::MANUFACTURERS),
            waits_for: &[],
            besides: |_| other(),
            prefill: |d, c| $prefill(d, c).and_then(|h| named(h.maker.as_ref())),
            under: $under,
            also: $also,
            personal: $personal,
            echo: |r| device(r, &r.$told, |d| items(r, false, &d.maker)),
            ..SLOT
        };
        #[doc = concat!("The model of the ", $words, " device, among those of its maker.")]
        pub static $model: Slot = Slot {
            id: SlotId::Model($side),
            label: concat!($words, " model"),
            at: concat!($at, "/modelId"),
            source: Source::One(&lookups::$models),
            waits_for: &[(SlotId::Maker($side), "the maker")],
            besides: |d| other().filter(|_| d.one(SlotId::Maker($side)).is_some_and(|m| m.id.as_str() == OTHER)),
            prefill: |d, c| $prefill(d, c).and_then(|h| named(h.model.as_ref())),
            under: Some(SlotId::Maker($side)),
            personal: $personal,
            echo: |r| device(r, &r.$told, |d| items(r, false, &d.model)),
            ..SLOT
        };
        #[doc = concat!("Maker and model of the ", $words, " device where it is in no list.")]
        pub static $name: Slot = Slot {
            id: SlotId::OtherName($side),
            label: concat!($words, " make and model"),
            at: concat!($at, "/otherMakeModelName"),
            source: Source::Text(100),
            prefill: |d, c| $prefill(d, c).and_then(|h| make_and_model(&h)),
            under: $under,
            personal: $personal,
            echo: |r| device(r, &r.$told, |d| text(r, d.other_name.as_ref())),
            ..SLOT
        };
        #[doc = concat!("What the serial number of the ", $words, " device is.")]
        pub static $kind: Slot = Slot {
            id: SlotId::SerialType($side),
            label: concat!($words, " serial type"),
            at: concat!($at, "/serialNumber/type"),
            source: Source::OneOf(&SERIAL_TYPES),
            prefill: |d, c| {
                // A number of which nobody says what it is may be anything.
                let device = $prefill(d, c).filter(|h| h.serial.is_some());
                let known = |h: &Handset| SERIAL_TYPES.into_iter().find(|t| Some(*t) == h.serial_type.as_deref());
                word(device.map_or(SERIAL_TYPES[0], |h| known(&h).unwrap_or("UNKNOWN")))
            },
            under: $under,
            personal: $personal,
            echo: |r| device(r, &r.$told, |d| text(r, d.serial_type.as_ref())),
            ..SLOT
        };
        #[doc = concat!("The serial number of the ", $words, " device.")]
        pub static $serial: Slot = Slot {
            id: SlotId::Serial($side),
            label: concat!($words, " serial number"),
            at: concat!($at, "/serialNumber/value"),
            source: Source::Text(64),
            prefill: |d, c| $prefill(d, c).and_then(|h| h.serial.as_ref().map(|s| Answer::Text(s.to_string()))),
            under: $under,
            personal: true,
            echo: |r| device(r, &r.$told, |d| text(r, d.serial.as_ref())),
            ..SLOT
        };
        #[doc = concat!("The number of the SIM in the ", $words, " device.")]
        pub static $sim: Slot = Slot {
            id: SlotId::Sim($side),
            label: concat!($words, " SIM id"),
            at: concat!($at, "/simId"),
            source: Source::Text(64),
            prefill: |d, c| $prefill(d, c).and_then(|h| h.sim.as_ref().map(|s| Answer::Text(s.to_string()))),
            under: $under,
            personal: true,
            echo: |r| device(r, &r.$told, |d| text(r, d.sim.as_ref())),
            ..SLOT
        };
    };
}

device!(
    Side::Existing, existing_device, "Existing", "/existingDevice", EXISTING_MODELS, Some(SlotId::Service),
    &[&lookups::ASSET_SERVICE, &lookups::ASSET_DEVICE, &lookups::PLAN_CARRIER], true,
    [EXISTING_MAKER EXISTING_MODEL EXISTING_NAME EXISTING_SERIAL_TYPE EXISTING_SERIAL EXISTING_SIM], present_device
);
device!(
    Side::New, new_device, "New", "/newDevice", NEW_MODELS, None, &[], false,
    [NEW_MAKER NEW_MODEL NEW_NAME NEW_SERIAL_TYPE NEW_SERIAL NEW_SIM], unknown_device
);

/// Of the device that takes its place nothing is known.
fn unknown_device(_: &Draft, _: &Cache) -> Option<Handset> {
    None
}
/// The maker, and the model, of a device that is in no list; offered whether the lists name it or not.
fn other() -> Option<Choice> {
    Id::new(OTHER).map(|id| Choice::plain(id, Clean::new("Other (named below)")))
}
fn named(of: Option<&Named>) -> Option<Answer> {
    of.map(|n| Answer::One(Arc::new(Choice::plain(n.id.clone(), n.name.clone()))))
}
fn make_and_model(of: &Handset) -> Option<Answer> {
    let parts: Vec<_> = [&of.maker, &of.model].into_iter().flatten().map(|n| &*n.name).collect();
    (!parts.is_empty()).then(|| Answer::Text(parts.join(" ")))
}
fn word(word: &str) -> Option<Answer> {
    word_choice(word).map(Answer::One)
}
/// Replies that have no place for the device say nothing about it where the order is placed.
fn device<'a>(reply: &Resolved, told: &'a Option<Device>, of: impl FnOnce(&'a Device) -> Echo<'a>) -> Echo<'a> {
    static NONE: Device =
        Device { maker: None, model: None, other_name: None, serial_type: None, serial: None, sim: None };
    if told.is_none() && reply.placed { Echo::Silent } else { of(told.as_ref().unwrap_or(&NONE)) }
}

/// What the server describes for this type and carrier or line.
pub static PROPERTIES: Slot = Slot {
    id: SlotId::Properties,
    label: "Order fields",
    at: "/properties",
    source: Source::Server(&lookups::PROPERTIES, Shape::Groups),
    waits_for: &[(SlotId::Service, "the line"), (SlotId::Device, "the device or the plan")],
    echo: |r| told(r, r.properties.as_deref()),
    ..SLOT
};
/// Where earlier orders of the person went, the latest first; or another address, which is typed.
pub static EARLIER: Slot = Slot {
    id: SlotId::Earlier,
    label: "Ship to",
    source: Source::One(&lookups::EARLIER),
    waits_for: &[],
    besides: another_address,
    personal: true,
    ..SLOT
};
/// The row for an address that no earlier order had.
fn another_address(_: &Draft) -> Option<Choice> {
    Id::new("another").map(|id| Choice::plain(id, Clean::new("another address, typed below")))
}
fn earlier(draft: &Draft) -> Option<&super::choice::Address> {
    draft.one(SlotId::Earlier)?.address()
}
/// The earlier order's addressee, else the person's own name to begin with.
pub static SHIP_NAME: Slot = Slot {
    id: SlotId::ShipName,
    label: "Ship to name",
    at: "/shipTo/name",
    source: Source::Text(100),
    prefill: |d, _| {
        let before = earlier(d).and_then(|a| a.name.clone());
        Some(Answer::Text(before.or_else(|| Some(d.who.as_ref()?.person()?.spoken()))?.to_string()))
    },
    under: Some(SlotId::Earlier),
    personal: true,
    echo: |r| match &r.ship {
        None if r.placed => Echo::Silent,
        ship => Echo::Text(ship.as_ref().and_then(|s| s.name.as_ref())),
    },
    ..SLOT
};
/// The earlier order's country, else the order's, else the one before.
pub static SHIP_REGION: Slot = Slot {
    id: SlotId::ShipRegion,
    label: "Ship country",
    at: "/shipTo/regionId",
    source: Source::One(&lookups::SHIP_REGIONS),
    waits_for: &[(SlotId::Region, "the country")],
    prefill: |d, _| {
        let before = named(earlier(d).and_then(|a| a.region.as_ref()));
        before.or_else(|| d.one(SlotId::Region).or(d.usual_region.as_ref()).cloned().map(Answer::One))
    },
    under: Some(SlotId::Earlier),
    personal: true,
    echo: |r| items(r, false, r.ship.as_ref().and_then(|s| s.region.as_ref())),
    ..SLOT
};
/// The components of that country, in its order.
pub static SHIP_ADDRESS: Slot = Slot {
    id: SlotId::ShipAddress,
    label: "Address",
    at: "/shipTo/address",
    source: Source::Server(&lookups::ADDRESS, Shape::Parts),
    waits_for: &[(SlotId::ShipRegion, "the country to ship to")],
    part: |d, field| {
        let value = earlier(d)?.parts.iter().find(|(id, _)| *id == field.id).map(|(_, value)| value)?;
        let option = field.choices().into_iter().find(|c| c.id.as_str() == &**value);
        Some(option.map_or_else(|| Answer::Text(value.to_string()), |c| Answer::One(Arc::new(c))))
    },
    under: Some(SlotId::Earlier),
    also: &[&lookups::STATES],
    personal: true,
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

/// What the carrier wants read and agreed to.
pub static ACKNOWLEDGEMENTS: Slot = Slot {
    id: SlotId::Acknowledgements,
    label: "Acknowledgements",
    at: "/acknowledgements",
    source: Source::Server(&lookups::ACKNOWLEDGEMENTS, Shape::Ticks),
    waits_for: &[(SlotId::Service, "the line"), (SlotId::CurrentVendor, "the carrier")],
    personal: true,
    echo: |r| told(r, r.acknowledgements.as_deref()),
    ..SLOT
};

/// A reference of one's own; it takes the place of the order number, which every reply repeats.
pub static REFERENCE: Slot = Slot {
    id: SlotId::Reference,
    label: "Reference",
    source: Source::Text(super::ids::REFERENCE_AT_MOST),
    personal: true,
    ..SLOT
};

/// What a reply must not hold unless it was asked for: everything that is bought or changed, a line, and a parcel.
pub static UNASKED: [&Slot; 16] = [
    &SERVICE,
    &CURRENT_VENDOR,
    &DEVICE,
    &PLAN,
    &FEATURES,
    &ACCESSORIES,
    &FEATURE_CHANGES,
    &FEATURE_COMMENT,
    &NEW_MODEL,
    &NEW_SERIAL,
    &NEW_SIM,
    &ACKNOWLEDGEMENTS,
    &SHIP_NAME,
    &SHIP_REGION,
    &SHIP_ADDRESS,
    &EXPEDITE,
];
