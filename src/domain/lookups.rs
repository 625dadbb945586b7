//! LOOKUPS: every list, description or resource that is fetched, one entry each. Pure.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::choice::{Choice, Handset, Line, Person};
use super::draft::Draft;
use super::field::Field;
use super::ids::Id;
use super::kinds::Vendor;
use super::readers::{
    carrier, collection, country, device_in_use, device_lines, earlier_address, item, maker, placed, plan_lines,
    postal_field, region, state,
};
use super::slots::{OTHER, Side, SlotId};
use super::text::{Clean, Untrusted};
use super::tracking::{Entry, Profile, Shipment, Tracked};

/// What may stand unencoded in a path's segment (RFC 3986 unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One thing to fetch: where, how it is read, and how its rows look. A new lookup is an entry here.
#[derive(Debug)]
pub struct Lookup {
    /// Its name in keys, faults and tests.
    pub id: &'static str,
    /// What it gives, for people: `devices`.
    pub label: &'static str,
    /// The member that holds the collection (WIRE 5); of a row's single resource the path that it is below.
    pub collection: &'static str,
    /// Whether it takes `limit` and `offset`, and how much of it is read.
    pub pages: Pages,
    /// Whether a form can do without it: then its failure is shown where it is missing and not complained of.
    pub quiet: bool,
    /// The single resource that says more about one of its rows.
    pub more: Option<&'static Lookup>,
    /// The call that the draft implies; `None` while it lacks what the call needs.
    pub ask: fn(&Draft) -> Option<Query>,
    /// How the reply is read.
    pub read: Read,
    /// The headings of the cells behind the name, with their widths.
    pub columns: &'static [(&'static str, u16)],
}

/// How much of a collection is read (WIRE 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// It is not paged.
    Whole,
    /// All pages.
    All,
    /// The first page, of so many items.
    First(u64),
}

/// How a reply is read.
#[derive(Debug, Clone, Copy)]
pub enum Read {
    /// A collection, item by item.
    Items(fn(Untrusted<'_>) -> Option<Choice>),
    /// A single resource, or a collection that is read as one.
    Whole(fn(Untrusted<'_>) -> Found),
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Rows to pick from.
    Choices(Vec<Arc<Choice>>),
    /// Fields to fill.
    Fields(Vec<Arc<Field>>),
    /// Who is signed in and what the actor may order.
    Me(Box<Me>),
    /// What is known of an employee beside the list's columns.
    Profile(Box<Profile>),
    /// A device in use.
    Handset(Box<Handset>),
    /// More about a row, in lines.
    Text(Vec<Clean>),
    /// An order that was placed.
    Order(Box<Tracked>),
    /// What happened to an order.
    History(Vec<Entry>),
    /// What was sent to somebody.
    Shipments(Vec<Shipment>),
}

impl Found {
    /// The rows; none where it is something else.
    #[must_use]
    pub fn choices(&self) -> &[Arc<Choice>] {
        if let Self::Choices(rows) = self { rows } else { &[] }
    }
    /// The fields; none where it is something else.
    #[must_use]
    pub fn fields(&self) -> &[Arc<Field>] {
        if let Self::Fields(fields) = self { fields } else { &[] }
    }
}

/// `/me` (WIRE 6): the member names are assumed, so all of it may be absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Me {
    /// The employee that the sign-in belongs to.
    pub user: Option<Person>,
    /// The transaction types that the actor may order; `None` where the server does not say.
    pub types: Option<Vec<Clean>>,
}

/// A GET: path, parameters and the employee on whose behalf it is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    /// Below the base URL, ids encoded.
    pub path: String,
    /// Query parameters in order.
    pub params: Vec<(&'static str, String)>,
    /// The actor's platform id; `None` is the agent.
    pub actor: Option<Id>,
}

impl Query {
    /// A path whose last segment is an id, or has none.
    #[must_use]
    pub fn new(path: &str, id: Option<&Id>, actor: Option<&Id>) -> Self {
        let tail = id.map(|id| format!("/{}", utf8_percent_encode(id.as_str(), SEGMENT))).unwrap_or_default();
        Self { path: format!("{path}{tail}"), params: Vec::new(), actor: actor.cloned() }
    }
    /// Adds a parameter where there is a value for it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.params.extend(value.map(|v| (name, v.to_owned())));
        self
    }
}

/// The name of an answer: which lookup, asked how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupKey {
    /// `Lookup::id`.
    pub lookup: &'static str,
    /// The call.
    pub query: Query,
}

/// A page of a collection, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<Arc<Choice>>,
    /// How many rows the collection has, where the server says.
    pub total: Option<u64>,
    /// How many entries could not be read, and are none of the rows.
    pub unreadable: usize,
}

impl Lookup {
    /// The key that the draft implies.
    #[must_use]
    pub fn key(&self, draft: &Draft) -> Option<LookupKey> {
        (self.ask)(draft).map(|query| LookupKey { lookup: self.id, query })
    }
    /// The key of the single resource below its path, for lookups that no draft implies.
    #[must_use]
    pub fn of(&self, path: &str, id: &Id, below: &str, actor: Option<&Id>) -> LookupKey {
        let mut query = Query::new(path, Some(id), actor);
        query.path.push_str(below);
        LookupKey { lookup: self.id, query }
    }
    /// The key of the resource that says more about one of its rows.
    #[must_use]
    pub fn more_about(&self, row: &Choice, actor: Option<&Id>) -> Option<LookupKey> {
        self.more.map(|more| more.of(more.collection, &row.id, "", actor))
    }
    /// The entry of that name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        LOOKUPS.iter().copied().find(|l| l.id == id)
    }
}

/// A lookup that is no collection and that everything can do without; entries say only what they do differently.
pub const LOOKUP: Lookup = Lookup {
    id: "",
    label: "",
    collection: "",
    pages: Pages::Whole,
    quiet: false,
    more: None,
    ask: |_| None,
    read: Read::Items(item),
    columns: &[],
};

/// All lookups.
pub static LOOKUPS: [&Lookup; 32] = [
    &ORDERS,
    &ME,
    &PROFILE,
    &PERSON,
    &DIAGNOSTICS,
    &DEVICES_IN_USE,
    &LINES,
    &CARRIERS,
    &REGIONS,
    &SHIP_REGIONS,
    &POSTAL,
    &ADDRESS,
    &STATES,
    &DEVICES,
    &DEVICE,
    &PLANS,
    &PLAN,
    &FEATURES,
    &LINE_FEATURES,
    &ACCESSORIES,
    &PROPERTIES,
    &ACKNOWLEDGEMENTS,
    &MANUFACTURERS,
    &EXISTING_MODELS,
    &NEW_MODELS,
    &ASSET_SERVICE,
    &ASSET_DEVICE,
    &PLAN_CARRIER,
    &EARLIER,
    &ORDER,
    &HISTORY,
    &SHIPMENTS,
];

/// The fields that the server wants of this order, by type and carrier or line (WIRE 8).
pub static PROPERTIES: Lookup = Lookup {
    id: "properties",
    label: "fields of this order",
    collection: "properties",
    ask: |d| {
        let kind = d.kind?;
        let query = d.query("/orders/properties").with("transactionType", Some(kind.id));
        if kind.vendor != Vendor::Line {
            return Some(query.with("vendor", Some(d.carrier()?.id.as_str())));
        }
        let query = query.with("service", Some(d.one(SlotId::Service)?.id.as_str()));
        if !kind.excludes {
            return Some(query);
        }
        let lacks = |slot| d.one(slot).is_none().then_some("true");
        let (device, plan) = (lacks(SlotId::Device), lacks(SlotId::Plan));
        (device.is_none() || plan.is_none())
            .then(|| query.with("orderExcludesDevice", device).with("orderExcludesPlan", plan))
    },
    read: Read::Whole(|body| {
        Found::Fields(Field::read_groups(collection(body, "properties")).into_iter().map(Arc::new).collect())
    }),
    ..LOOKUP
};
/// What must be read and agreed to, by type and carrier.
pub static ACKNOWLEDGEMENTS: Lookup = Lookup {
    id: "acknowledgements",
    label: "acknowledgements",
    ask: |d| {
        let query = d.query("/acknowledgements").with("transactionType", Some(d.kind?.id));
        Some(query.with("vendor", Some(d.carrier()?.id.as_str())))
    },
    read: Read::Whole(|body| Found::Fields(Field::read_acknowledgements(body).into_iter().map(Arc::new).collect())),
    ..LOOKUP
};

/// The headings of the cells of a person's row behind the name, with their widths.
pub const PERSON_COLUMNS: &[(&str, u16)] = &[("Login", 24), ("Department", 18), ("Status", 9)];
/// The latest orders: of the chosen person, else of everybody.
pub static ORDERS: Lookup = Lookup {
    id: "orders",
    label: "orders",
    collection: "orders",
    pages: Pages::First(20),
    quiet: true,
    ask: |d| Some(latest(Query::new("/orders", None, d.actor()).with("employee", d.actor().map(Id::as_str)))),
    read: Read::Items(placed),
    ..LOOKUP
};
/// Who is signed in, and what the actor may order.
pub static ME: Lookup = Lookup {
    id: "me",
    label: "permissions",
    ask: |d| Some(d.query("/me")),
    read: Read::Whole(|body| {
        let user = Person::read(body.at("authenticatedUser"))
            .or_else(|| Person::read(body.pointer("/authenticatedUser/employee")));
        let types = body.at("transactionTypes");
        let name = |t: Untrusted<'_>| t.text().or_else(|| t.at("id").text()).or_else(|| t.at("transactionType").text());
        Found::Me(Box::new(Me { user, types: types.is_array().then(|| types.items().filter_map(name).collect()) }))
    }),
    ..LOOKUP
};
/// The chosen person's custom attributes.
pub static PROFILE: Lookup = Lookup {
    id: "profile",
    label: "the person's attributes",
    quiet: true,
    ask: |d| Some(Query::new("/employees", Some(d.actor()?), d.actor())),
    read: Read::Whole(|body| Found::Profile(Box::new(Profile::attributes(body)))),
    ..LOOKUP
};
/// One employee, by id.
pub static PERSON: Lookup = Lookup {
    id: "person",
    label: "the employee",
    quiet: true,
    read: Read::Whole(|body| {
        Found::Choices(Person::read(body).map(|p| Arc::new(p.into_choice())).into_iter().collect())
    }),
    ..LOOKUP
};
/// What the server says of the actor's rights: booleans.
pub static DIAGNOSTICS: Lookup = Lookup {
    id: "diagnostics",
    label: "diagnostics",
    quiet: true,
    ask: |d| d.actor().map(|_| d.query("/diagnostics")),
    read: Read::Whole(|body| Found::Profile(Box::new(Profile::diagnostics(body)))),
    ..LOOKUP
};
/// The devices that the chosen person has, with a line or without.
pub static DEVICES_IN_USE: Lookup = Lookup {
    id: "devices in use",
    label: "the person's devices",
    collection: "devices",
    pages: Pages::All,
    quiet: true,
    ask: |d| {
        let query = d.query("/assets/devices").with("employee", Some(d.actor()?.as_str()));
        Some(query.with("includeServiceDetails", Some("true")))
    },
    read: Read::Items(device_in_use),
    ..LOOKUP
};
const LINE_COLUMNS: &[(&str, u16)] = &[("Device", 26), ("Carrier", 16), ("Status", 9)];
/// The chosen person's lines.
pub static LINES: Lookup = Lookup {
    id: "lines",
    label: "lines",
    collection: "services",
    pages: Pages::All,
    ask: |d| d.actor().map(lines_of).map(|key| key.query),
    read: Read::Items(|i| Some(Line::read(i)?.into_choice())),
    columns: LINE_COLUMNS,
    ..LOOKUP
};
/// The key of somebody's lines, whether they are chosen or not.
#[must_use]
pub fn lines_of(who: &Id) -> LookupKey {
    let query = Query::new("/assets/services", None, Some(who)).with("employee", Some(who.as_str()));
    LookupKey { lookup: LINES.id, query }
}
/// Carriers, with their access methods.
pub static CARRIERS: Lookup = Lookup {
    id: "carriers",
    label: "carriers",
    collection: "vendors",
    ask: |d| Some(d.query("/vendors").with("type", Some("CARRIER"))),
    read: Read::Items(carrier),
    columns: &[("Access", 10), ("Country", 18)],
    ..LOOKUP
};
/// Countries that can be ordered for.
pub static REGIONS: Lookup = Lookup {
    id: "regions",
    label: "countries",
    collection: "regions",
    ask: |d| Some(d.query("/regions").with("type", Some("PROCUREMENT"))),
    read: Read::Items(region),
    ..LOOKUP
};
/// Countries that can be shipped to.
pub static SHIP_REGIONS: Lookup = Lookup {
    id: "shipping regions",
    label: "countries",
    collection: "regions",
    ask: |d| Some(d.query("/regions").with("type", Some("ALL"))),
    read: Read::Items(country),
    ..LOOKUP
};
/// What a postal code of the order's country looks like.
pub static POSTAL: Lookup = Lookup {
    id: "postal code",
    label: "the postal code's form",
    ask: |d| Some(Query::new("/regions", Some(&d.one(SlotId::Region)?.id), d.actor())),
    read: Read::Whole(|body| Found::Fields(postal_field(body).into_iter().map(Arc::new).collect())),
    ..LOOKUP
};
/// The address components of the country that is shipped to.
pub static ADDRESS: Lookup = Lookup {
    id: "address",
    label: "the address format",
    ask: |d| Some(Query::new("/regions", Some(&d.one(SlotId::ShipRegion)?.id), d.actor())),
    read: Read::Whole(|body| {
        Found::Fields(body.at("addressFormat").items().filter_map(|f| Field::read(f, None)).map(Arc::new).collect())
    }),
    ..LOOKUP
};
/// The states or provinces of the country that is shipped to.
pub static STATES: Lookup = Lookup {
    id: "states",
    label: "states",
    collection: "regions",
    quiet: true,
    ask: |d| Some(d.query("/regions").with("parentRegion", Some(d.one(SlotId::ShipRegion)?.id.as_str()))),
    read: Read::Items(state),
    ..LOOKUP
};
/// Devices of the carrier, where one is chosen before; else it is the first thing of a cart, and nothing narrows it.
pub static DEVICES: Lookup = Lookup {
    id: "devices",
    label: "devices",
    collection: "devices",
    pages: Pages::All,
    more: Some(&DEVICE),
    ask: |d| catalog(d, "/catalog/devices", &[]),
    columns: CATALOG_COLUMNS,
    ..LOOKUP
};
/// One device of the catalog.
pub static DEVICE: Lookup = Lookup {
    id: "device",
    label: "the device",
    collection: "/catalog/devices",
    quiet: true,
    read: Read::Whole(|body| Found::Text(device_lines(body))),
    ..LOOKUP
};
/// Plans of the device's carrier, or all where no device is chosen.
pub static PLANS: Lookup = Lookup {
    id: "plans",
    label: "plans",
    collection: "plans",
    pages: Pages::All,
    more: Some(&PLAN),
    ask: |d| catalog(d, "/catalog/plans", &[SlotId::Device]),
    columns: CATALOG_COLUMNS,
    ..LOOKUP
};
/// One plan of the catalog.
pub static PLAN: Lookup = Lookup {
    id: "plan",
    label: "the plan",
    collection: "/catalog/plans",
    quiet: true,
    read: Read::Whole(|body| Found::Text(plan_lines(body))),
    ..LOOKUP
};
/// The optional features of the chosen plan.
pub static FEATURES: Lookup = Lookup {
    id: "features",
    label: "features",
    ask: |d| Some(Query::new("/catalog/plans", Some(&d.one(SlotId::Plan)?.id), d.actor())),
    read: Read::Whole(|body| {
        Found::Choices(body.at("optionalFeatures").items().filter_map(item).map(Arc::new).collect())
    }),
    columns: CATALOG_COLUMNS,
    ..LOOKUP
};
/// The features that the line's carrier has.
pub static LINE_FEATURES: Lookup = Lookup {
    id: "line features",
    label: "features",
    collection: "features",
    ask: |d| Some(d.query("/catalog/features").with("service", Some(d.one(SlotId::Service)?.id.as_str()))),
    columns: CATALOG_COLUMNS,
    ..LOOKUP
};
/// Accessories of the cart's carrier that fit the chosen device, or of the line's that fit the device in use.
pub static ACCESSORIES: Lookup = Lookup {
    id: "accessories",
    label: "accessories",
    collection: "accessories",
    pages: Pages::All,
    ask: |d| {
        let query = catalog(d, "/catalog/accessories", &[SlotId::Device, SlotId::Plan])?;
        let device = d.one(SlotId::Device).map(|c| c.id.as_str());
        let in_use = d.one(SlotId::Service).and_then(|s| s.line()?.handset.as_ref()?.id.as_ref());
        Some(
            query
                .with("compatibleWithDeviceId", device)
                .with("compatibleWithDeviceAssetId", in_use.filter(|_| device.is_none()).map(Id::as_str)),
        )
    },
    columns: CATALOG_COLUMNS,
    ..LOOKUP
};
const CATALOG_COLUMNS: &[(&str, u16)] = &[("Carrier", 16), ("Price", 19)];
/// Who makes devices.
pub static MANUFACTURERS: Lookup = Lookup {
    id: "manufacturers",
    label: "makers",
    collection: "manufacturers",
    ask: |d| Some(d.query("/manufacturers").with("type", Some("DEVICE"))),
    read: Read::Items(maker),
    columns: &[("Id", 12)],
    ..LOOKUP
};
/// The models of the maker of the device in use.
pub static EXISTING_MODELS: Lookup = Lookup { id: "existing models", ask: |d| models(d, Side::Existing), ..MODELS };
/// The models of the maker of the device that takes its place.
pub static NEW_MODELS: Lookup = Lookup { id: "new models", ask: |d| models(d, Side::New), ..MODELS };
const MODELS: Lookup =
    Lookup { label: "models", collection: "models", read: Read::Items(maker), columns: &[("Id", 12)], ..LOOKUP };
/// The line's device: the list of lines need not say all of it (WIRE 6: the list's depth is assumed).
pub static ASSET_DEVICE: Lookup = Lookup {
    id: "asset device",
    label: "the line's device",
    quiet: true,
    ask: |d| {
        let device = d.one(SlotId::Service)?.line()?.handset.as_ref()?.id.as_ref()?;
        Some(Query::new("/assets/devices", Some(device), d.actor()).with("includeUpgradeEligibleDate", Some("true")))
    },
    read: Read::Whole(|body| {
        let inner = body.at("device");
        let device = Handset::read(if inner.present() { inner } else { body });
        device.map_or(Found::Text(Vec::new()), |h| Found::Handset(Box::new(h)))
    }),
    ..LOOKUP
};
/// The line in full, where the list of lines does not say which device it has.
pub static ASSET_SERVICE: Lookup = Lookup {
    id: "asset service",
    label: "the line",
    quiet: true,
    ask: |d| {
        let line = d.one(SlotId::Service)?;
        line.line()?.handset.is_none().then(|| Query::new("/assets/services", Some(&line.id), d.actor()))
    },
    read: Read::Whole(|body| Found::Choices(Line::read(body).map(|l| Arc::new(l.into_choice())).into_iter().collect())),
    ..LOOKUP
};
/// The chosen plan's carrier, whose access method the present device should have.
pub static PLAN_CARRIER: Lookup = Lookup {
    id: "plan carrier",
    label: "the plan's carrier",
    quiet: true,
    ask: |d| Some(Query::new("/vendors", Some(&d.one(SlotId::Plan)?.vendor.as_ref()?.id), d.actor())),
    read: Read::Whole(|body| Found::Choices(carrier(body).map(Arc::new).into_iter().collect())),
    ..LOOKUP
};
/// Where earlier orders of the person went, each place once, the latest first.
pub static EARLIER: Lookup = Lookup {
    id: "earlier addresses",
    label: "earlier addresses",
    collection: "orders",
    pages: Pages::First(50),
    quiet: true,
    ask: |d| {
        let query = d.query("/orders").with("employee", Some(d.actor()?.as_str()));
        Some(latest(query).with("includeShipToAddress", Some("true")))
    },
    read: Read::Items(|order| earlier_address(order.at("shipTo"))),
    ..LOOKUP
};
/// One order.
pub static ORDER: Lookup = Lookup {
    id: "order",
    label: "the order",
    read: Read::Whole(|body| Tracked::read(body).map_or(Found::Text(Vec::new()), |o| Found::Order(Box::new(o)))),
    ..LOOKUP
};
/// What happened to an order.
pub static HISTORY: Lookup = Lookup {
    id: "history",
    label: "the order's history",
    read: Read::Whole(|body| Found::History(collection(body, "history").filter_map(Entry::read).collect())),
    ..LOOKUP
};
/// What of an order is on its way.
pub static SHIPMENTS: Lookup = Lookup {
    id: "shipments",
    label: "the order's shipments",
    read: Read::Whole(|body| Found::Shipments(collection(body, "shipments").filter_map(Shipment::read).collect())),
    ..LOOKUP
};

/// The newest first; a server that does not know the parameters gives its own order.
fn latest(query: Query) -> Query {
    query.with("sortBy", Some("UPDATED_DATE")).with("sortAscending", Some("false"))
}

fn models(d: &Draft, side: Side) -> Option<Query> {
    // A device that is in no list has no models either.
    let maker = d.one(SlotId::Maker(side)).filter(|m| m.id.as_str() != OTHER)?;
    let mut query = Query::new("/manufacturers", Some(&maker.id), d.actor());
    query.path.push_str("/models");
    Some(query.with("type", Some("DEVICE")))
}

/// A catalog's call: the type, the line or the country that it is for, and the carrier: the type's own, else that of the
/// first of these slots that is chosen (WIRE 6; one carrier a cart, WIRE 7).
fn catalog(d: &Draft, path: &str, before: &[SlotId]) -> Option<Query> {
    let kind = d.kind?;
    let vendor = match kind.vendor {
        Vendor::Cart => before.iter().find_map(|&s| d.one(s)?.vendor.as_ref().map(|v| v.id.clone())),
        Vendor::Line => None,
        Vendor::Answer(slot) => Some(d.one(slot)?.id.clone()),
    };
    let query = d.query(path).with("transactionType", Some(kind.id));
    let query = if kind.slot(SlotId::Service).is_some() {
        query.with("service", Some(d.one(SlotId::Service)?.id.as_str()))
    } else {
        let region = d.one(SlotId::Region)?;
        let code = d.text(SlotId::PostalCode).filter(|_| region.is_united_states());
        query.with("region", Some(region.id.as_str())).with("postalCode", code)
    };
    Some(query.with("vendor", vendor.as_ref().map(Id::as_str)))
}
