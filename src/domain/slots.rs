//! What an ingredient of an order is, and what it offers now: its rows, its fields, its carrier. Pure.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::cache::{Cache, Progress};
use super::choice::{Choice, Handset, Named};
use super::draft::{Answer, Draft};
use super::field::Field;
use super::ids::Id;
use super::kinds::Vendor;
use super::lookups::{self, Found, Lookup, LookupKey};
use super::reply::{Item, Resolved, Told};
use super::text::{Clean, folded};

/// Which ingredient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SlotId {
    /// The line that the order is about.
    Service,
    /// The carrier that a line leaves or stays with.
    CurrentVendor,
    /// The carrier that a number is taken to; it steers the catalogs and is not sent.
    NewCarrier,
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
    /// How many of the cart; always one.
    Quantity,
    /// Features of the line to add or to remove.
    FeatureChanges,
    /// What else is to be said about them.
    FeatureComment,
    /// Who made a device.
    Maker(Side),
    /// A device's model.
    Model(Side),
    /// The name of a device that is in no list.
    OtherName(Side),
    /// What kind of serial number a device has.
    SerialType(Side),
    /// A device's serial number.
    Serial(Side),
    /// The number of a device's SIM.
    Sim(Side),
    /// The fields that the server describes.
    Properties,
    /// Where earlier orders were shipped; it fills the parcel's fields and is not sent.
    Earlier,
    /// Whom a parcel is addressed to.
    ShipName,
    /// The country that is shipped to.
    ShipRegion,
    /// The address components of that country.
    ShipAddress,
    /// Faster shipping.
    Expedite,
    /// What must be read and agreed to.
    Acknowledgements,
    /// A reference of one's own in place of the random order number.
    Reference,
}

/// Which of a swap's two devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// The one in use.
    Existing,
    /// The one that takes its place.
    New,
}

/// One ingredient.
#[derive(Debug)]
pub struct Slot {
    /// Which.
    pub id: SlotId,
    /// What the form calls it.
    pub label: &'static str,
    /// JSON pointer inside `orderRequest` (WIRE 7); blank where it is not sent.
    pub at: &'static str,
    /// Where its answer comes from.
    pub source: Source,
    /// What must be answered first, in words: the first of these that the type asks for. Shown while the source cannot be
    /// asked yet; nothing here is the person.
    pub waits_for: &'static [(SlotId, &'static str)],
    /// What it starts with.
    pub prefill: fn(&Draft, &Cache) -> Option<Answer>,
    /// What a described field of it starts with, before the server's own default.
    pub part: fn(&Draft, &Field) -> Option<Answer>,
    /// Whether a row may be offered.
    pub fits: fn(&Draft, &Choice) -> bool,
    /// A row that is offered besides, whatever the lookup gives.
    pub besides: fn(&Draft) -> Option<Choice>,
    /// The slot whose answer it belongs to: another one there, and this one is settled anew.
    pub under: Option<SlotId>,
    /// What else is worth asking for; the form does not wait for it.
    pub also: &'static [&'static Lookup],
    /// Whether the answer belongs to one person, so that the same order for somebody else starts without it.
    pub personal: bool,
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
    /// Several rows, each with what becomes of it.
    Changes(&'static Lookup),
    /// One of a list that everybody knows; its word is sent.
    OneOf(&'static [&'static str]),
    /// A number that is always the same; nobody is asked.
    Fixed(u64),
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
    /// `[{id, type: BOOLEAN, boolean}]`.
    Ticks,
}

impl Source {
    /// The lookup behind it, if any.
    #[must_use]
    pub fn lookup(&self) -> Option<&'static Lookup> {
        match self {
            Self::One(l) | Self::Many(l) | Self::Changes(l) | Self::Described(l) | Self::Server(l, _) => Some(l),
            Self::Text(_) | Self::OneOf(_) | Self::Fixed(_) | Self::Flag => None,
        }
    }
    /// Whether its answer is a set.
    #[must_use]
    pub fn many(&self) -> bool {
        matches!(self, Self::Many(_) | Self::Changes(_))
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

/// The carrier of the cart: that of its first item (WIRE 7: one carrier a cart).
fn cart_carrier(draft: &Draft) -> Option<&Named> {
    let single = [SlotId::Device, SlotId::Plan].into_iter().find_map(|s| draft.one(s)?.vendor.as_ref());
    single.or_else(|| draft.many(SlotId::Accessories).iter().find_map(|a| a.vendor.as_ref()))
}

/// The carrier whose properties and acknowledgements are asked for (WIRE 7, assumed), as the type says where it is found.
#[must_use]
pub fn carrier(draft: &Draft) -> Option<Named> {
    match draft.kind?.vendor {
        Vendor::Cart => cart_carrier(draft).cloned(),
        Vendor::Line => draft.one(SlotId::Service)?.line()?.vendor.clone(),
        Vendor::Answer(slot) => draft.one(slot).map(|c| Named { id: c.id.clone(), name: c.name.clone() }),
    }
}

/// The rows that a slot offers now, as far as they have come.
pub fn offered<'a>(slot: &'a Slot, draft: &'a Draft, cache: &'a Cache) -> impl Iterator<Item = Arc<Choice>> + 'a {
    let key = slot.source.lookup().and_then(|l| l.key(draft));
    offered_by(slot, draft, cache, key.as_ref())
}
/// The same, where it is known already what its source is asked for.
pub(super) fn offered_by<'a>(
    slot: &'a Slot,
    draft: &'a Draft,
    cache: &'a Cache,
    key: Option<&LookupKey>,
) -> impl Iterator<Item = Arc<Choice>> + use<'a> {
    let words: &[&str] = if let Source::OneOf(words) = slot.source { words } else { &[] };
    let looked_up = key.map(|k| cache.rows(k)).unwrap_or_default();
    let rows = looked_up.iter().filter(|c| (slot.fits)(draft, c)).cloned();
    // A server that lists such a row itself has its own words for it.
    let besides = (slot.besides)(draft).into_iter().filter(|b| !looked_up.iter().any(|c| c.id == b.id));
    rows.chain(besides.map(Arc::new)).chain(words.iter().filter_map(|w| word_choice(w)))
}

/// Whether everything is known that the slot can offer: a row that is offered besides is there even if the rest failed.
#[must_use]
pub fn known(slot: &Slot, draft: &Draft, cache: &Cache) -> bool {
    known_by(slot, draft, cache, slot.source.lookup().and_then(|l| l.key(draft)).as_ref())
}
/// The same, where it is known already what its source is asked for.
pub(super) fn known_by(slot: &Slot, draft: &Draft, cache: &Cache, key: Option<&LookupKey>) -> bool {
    let Some(key) = key else { return true };
    // The options of a description may come from elsewhere.
    let on_the_way =
        |l: &&Lookup| l.key(draft).is_some_and(|k| matches!(cache.progress(&k), Some(Progress::Loading { .. }) | None));
    if matches!(slot.source, Source::Server(..)) && slot.also.iter().copied().any(|l| on_the_way(&l)) {
        return false;
    }
    match cache.progress(key) {
        Some(Progress::Ready(_)) => true,
        // Where it can do without, what is offered besides is enough.
        Some(Progress::Failed(_)) => slot.source.lookup().is_some_and(|l| l.quiet) && (slot.besides)(draft).is_some(),
        Some(Progress::Loading { .. }) | None => false,
    }
}

/// The fields that the server describes for the slot. An address part that names a state and comes without options has
/// those of the country's own list, where it has one (WIRE 6, `parentRegion`).
#[must_use]
pub fn fields(slot: &Slot, draft: &Draft, cache: &Cache) -> Vec<Arc<Field>> {
    let key = slot.source.lookup().and_then(|l| l.key(draft));
    let fields = key.as_ref().and_then(|k| cache.ready(k)).map(Found::fields).unwrap_or_default();
    if slot.id != SlotId::ShipAddress {
        return fields.to_vec();
    }
    let states = lookups::STATES.key(draft).map(|k| cache.rows(&k)).unwrap_or_default();
    fields.iter().map(|f| f.among(states).map_or_else(|| f.clone(), Arc::new)).collect()
}

/// Whether a row names what a form filled in: by id, else by name (published ids of one thing differ).
#[must_use]
pub fn names(row: &Choice, wanted: &Choice) -> bool {
    row.id == wanted.id || folded(&row.name) == folded(&wanted.name)
}

/// A word of a list that everybody knows, as a row.
#[must_use]
pub fn word_choice(word: &str) -> Option<Arc<Choice>> {
    Id::new(word).map(|id| Arc::new(Choice::plain(id, Clean::new(word))))
}

/// The device that the line has now, member by member as its own resource says it, else as the line's own, else as the
/// list of lines: how much each of them says is nowhere promised (WIRE 6).
#[must_use]
pub fn present_device(draft: &Draft, cache: &Cache) -> Option<Handset> {
    let line = draft.one(SlotId::Service)?.line()?;
    let ready = |lookup: &Lookup| lookup.key(draft).and_then(|k| cache.ready(&k));
    let own = if let Some(Found::Handset(handset)) = ready(&lookups::ASSET_DEVICE) { Some(&**handset) } else { None };
    let detail = ready(&lookups::ASSET_SERVICE).and_then(|f| f.choices().first()?.line()?.handset.as_deref());
    [own, detail, line.handset.as_deref()].into_iter().flatten().cloned().reduce(Handset::or)
}

/// The manufacturer, and the model, of a device that is in no list (WIRE 7).
pub const OTHER: &str = "Other";
