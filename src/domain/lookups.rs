//! LOOKUPS: every list or description that is fetched for a form, one entry each, and the cache of their answers.
//! An answer is stored under its own key, so a late one can never land in the wrong place. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::choice::{About, Choice, Line, Named, Person};
use super::draft::Draft;
use super::fault::Fault;
use super::field::Field;
use super::ids::Id;
use super::money::Money;
use super::slots::SlotId;
use super::text::{Clean, Untrusted, folded};

/// What may stand unencoded in a path's segment (RFC 3986 unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One thing to fetch: where, how it is read, and how its rows look. A new lookup is an entry here.
#[derive(Debug)]
pub struct Lookup {
    /// Its name in keys, faults and tests.
    pub id: &'static str,
    /// What it gives, for people: `devices`.
    pub label: &'static str,
    /// The member that holds the collection (WIRE 5); blank for a single resource.
    pub collection: &'static str,
    /// Whether it takes `limit` and `offset`.
    pub paged: bool,
    /// The call that the draft implies; `None` while it lacks what the call needs.
    pub ask: fn(&Draft) -> Option<Query>,
    /// How the reply is read.
    pub read: Read,
    /// The headings of the cells behind the name, with their widths.
    pub columns: &'static [(&'static str, u16)],
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
}

impl Found {
    /// The rows; none where it is something else.
    #[must_use]
    pub fn choices(&self) -> &[Arc<Choice>] {
        match self {
            Self::Choices(rows) => rows,
            Self::Fields(_) | Self::Me(_) => &[],
        }
    }
    /// The fields; none where it is something else.
    #[must_use]
    pub fn fields(&self) -> &[Arc<Field>] {
        match self {
            Self::Fields(fields) => fields,
            Self::Choices(_) | Self::Me(_) => &[],
        }
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LookupKey {
    /// `Lookup::id`.
    pub lookup: &'static str,
    /// The call.
    pub query: Query,
}

impl Lookup {
    /// The key that the draft implies.
    #[must_use]
    pub fn key(&self, draft: &Draft) -> Option<LookupKey> {
        (self.ask)(draft).map(|query| LookupKey { lookup: self.id, query })
    }
    /// The entry of that name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        LOOKUPS.iter().copied().find(|l| l.id == id)
    }
}

/// How far an answer is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// On its way; what came so far can be used.
    Loading {
        /// Rows of the pages that have come.
        so_far: Found,
        /// How many there will be, where the server says.
        total: Option<u64>,
    },
    /// Whole.
    Ready(Found),
    /// It failed; it can be asked again.
    Failed(Box<Fault>),
}

/// Every answer of this run.
#[derive(Clone, Debug, Default)]
pub struct Cache(HashMap<LookupKey, Progress>);

impl Cache {
    /// How far the answer is; `None` where it was never asked.
    #[must_use]
    pub fn progress(&self, key: &LookupKey) -> Option<&Progress> {
        self.0.get(key)
    }
    /// The whole answer.
    #[must_use]
    pub fn ready(&self, key: &LookupKey) -> Option<&Found> {
        match self.0.get(key)? {
            Progress::Ready(found) => Some(found),
            Progress::Loading { .. } | Progress::Failed(_) => None,
        }
    }
    /// Rows that have come, the answer being whole or not.
    #[must_use]
    pub fn rows(&self, key: &LookupKey) -> &[Arc<Choice>] {
        match self.0.get(key) {
            Some(Progress::Ready(found) | Progress::Loading { so_far: found, .. }) => found.choices(),
            Some(Progress::Failed(_)) | None => &[],
        }
    }
    /// Notes that it was asked.
    pub fn asked(&mut self, key: LookupKey) {
        self.0.insert(key, Progress::Loading { so_far: Found::Choices(Vec::new()), total: None });
    }
    /// Adds a page to an answer that is on its way.
    pub fn part(&mut self, key: &LookupKey, rows: Vec<Arc<Choice>>, of: Option<u64>) {
        if let Some(Progress::Loading { so_far: Found::Choices(all), total }) = self.0.get_mut(key) {
            all.extend(rows);
            *total = of;
        }
    }
    /// Ends an answer: whole (rows that came before stay), or failed.
    pub fn end(&mut self, key: LookupKey, result: Result<Option<Found>, Fault>) {
        let before = self.0.remove(&key);
        let progress = match (result, before) {
            (Ok(Some(found)), _) => Progress::Ready(found),
            (Ok(None), Some(Progress::Loading { so_far, .. } | Progress::Ready(so_far))) => Progress::Ready(so_far),
            (Ok(None), _) => Progress::Ready(Found::Choices(Vec::new())),
            (Err(fault), _) => Progress::Failed(Box::new(fault)),
        };
        self.0.insert(key, progress);
    }
    /// Forgets every failure, so that it is asked again.
    pub fn forget_failed(&mut self) {
        self.0.retain(|_, p| !matches!(p, Progress::Failed(_)));
    }
    /// Forgets an answer, so that it is asked again.
    pub fn forget(&mut self, key: &LookupKey) {
        // One that is on its way comes anyway; asking twice would mix the pages.
        if !matches!(self.0.get(key), Some(Progress::Loading { .. })) {
            self.0.remove(key);
        }
    }
}

/// All lookups.
pub static LOOKUPS: [&Lookup; 13] = [
    &PEOPLE,
    &ALL_LINES,
    &ME,
    &LINES,
    &REGIONS,
    &SHIP_REGIONS,
    &POSTAL,
    &ADDRESS,
    &DEVICES,
    &PLANS,
    &FEATURES,
    &ACCESSORIES,
    &PROPERTIES,
];
/// The fields that the server wants of this order, by type and carrier or line (WIRE 8).
pub static PROPERTIES: Lookup = Lookup {
    id: "properties",
    label: "fields of this order",
    collection: "properties",
    paged: false,
    ask: |d| {
        let kind = d.kind?;
        let base = d.query("/orders/properties").with("transactionType", Some(kind.id));
        match d.one(SlotId::Service) {
            Some(line) => Some(base.with("service", Some(line.id.as_str()))),
            None => Some(base.with("vendor", Some(d.carrier()?.id.as_str()))),
        }
    },
    read: Read::Whole(|body| {
        Found::Fields(Field::read_groups(collection(body, "properties")).into_iter().map(Arc::new).collect())
    }),
    columns: &[],
};

/// Everybody: the picker of the first screen.
pub static PEOPLE: Lookup = Lookup {
    id: "people",
    label: "people",
    collection: "employees",
    paged: true,
    ask: |_| Some(Query::new("/employees", None, None)),
    read: Read::Items(|i| Some(Person::read(i)?.into_choice())),
    columns: &[("Login", 24), ("Department", 18), ("Status", 9)],
};
/// Everybody's lines: a number finds its holder.
pub static ALL_LINES: Lookup = Lookup {
    id: "all lines",
    label: "lines",
    collection: "services",
    paged: true,
    ask: |_| Some(Query::new("/assets/services", None, None)),
    read: Read::Items(|i| Some(Line::read(i)?.into_choice())),
    columns: LINE_COLUMNS,
};
/// Who is signed in, and what the actor may order.
pub static ME: Lookup = Lookup {
    id: "me",
    label: "permissions",
    collection: "",
    paged: false,
    ask: |d| Some(d.query("/me")),
    read: Read::Whole(|body| {
        let user = Person::read(body.at("authenticatedUser"))
            .or_else(|| Person::read(body.pointer("/authenticatedUser/employee")));
        let types = body.at("transactionTypes");
        let name = |t: Untrusted<'_>| t.text().or_else(|| t.at("id").text()).or_else(|| t.at("transactionType").text());
        Found::Me(Box::new(Me { user, types: types.is_array().then(|| types.items().filter_map(name).collect()) }))
    }),
    columns: &[],
};
const LINE_COLUMNS: &[(&str, u16)] = &[("Device", 26), ("Carrier", 16), ("Status", 9)];
/// The chosen person's lines.
pub static LINES: Lookup = Lookup {
    id: "lines",
    label: "lines",
    collection: "services",
    paged: true,
    ask: |d| Some(d.query("/assets/services").with("employee", Some(d.actor()?.as_str()))),
    read: Read::Items(|i| Some(Line::read(i)?.into_choice())),
    columns: LINE_COLUMNS,
};
/// Countries that can be ordered for.
pub static REGIONS: Lookup = Lookup {
    id: "regions",
    label: "countries",
    collection: "regions",
    paged: false,
    ask: |d| Some(d.query("/regions").with("type", Some("PROCUREMENT"))),
    read: Read::Items(region),
    columns: &[],
};
/// Countries that can be shipped to.
pub static SHIP_REGIONS: Lookup = Lookup {
    id: "shipping regions",
    label: "countries",
    collection: "regions",
    paged: false,
    ask: |d| Some(d.query("/regions").with("type", Some("ALL"))),
    read: Read::Items(country),
    columns: &[],
};
/// What a postal code of the order's country looks like.
pub static POSTAL: Lookup = Lookup {
    id: "postal code",
    label: "the postal code's form",
    collection: "",
    paged: false,
    ask: |d| Some(Query::new("/regions", Some(&d.one(SlotId::Region)?.id), d.actor())),
    read: Read::Whole(|body| Found::Fields(postal_field(body).into_iter().map(Arc::new).collect())),
    columns: &[],
};
/// The address components of the country that is shipped to.
pub static ADDRESS: Lookup = Lookup {
    id: "address",
    label: "the address format",
    collection: "",
    paged: false,
    ask: |d| Some(Query::new("/regions", Some(&d.one(SlotId::ShipRegion)?.id), d.actor())),
    read: Read::Whole(|body| {
        Found::Fields(body.at("addressFormat").items().filter_map(|f| Field::read(f, None)).map(Arc::new).collect())
    }),
    columns: &[],
};
/// Devices; the first thing of a cart, so nothing narrows them to a carrier yet.
pub static DEVICES: Lookup = Lookup {
    id: "devices",
    label: "devices",
    collection: "devices",
    paged: true,
    ask: |d| catalog(d, "/catalog/devices", None),
    read: Read::Items(item),
    columns: CATALOG_COLUMNS,
};
/// Plans of the device's carrier, or all where no device is chosen.
pub static PLANS: Lookup = Lookup {
    id: "plans",
    label: "plans",
    collection: "plans",
    paged: true,
    ask: |d| catalog(d, "/catalog/plans", carrier_of(d, &[SlotId::Device]).as_ref()),
    read: Read::Items(item),
    columns: CATALOG_COLUMNS,
};
/// The optional features of the chosen plan.
pub static FEATURES: Lookup = Lookup {
    id: "features",
    label: "features",
    collection: "",
    paged: false,
    ask: |d| Some(Query::new("/catalog/plans", Some(&d.one(SlotId::Plan)?.id), d.actor())),
    read: Read::Whole(|body| {
        Found::Choices(body.at("optionalFeatures").items().filter_map(item).map(Arc::new).collect())
    }),
    columns: CATALOG_COLUMNS,
};
/// Accessories of the cart's carrier that fit the chosen device.
pub static ACCESSORIES: Lookup = Lookup {
    id: "accessories",
    label: "accessories",
    collection: "accessories",
    paged: true,
    ask: |d| {
        let device = d.one(SlotId::Device).map(|c| c.id.clone());
        let query = catalog(d, "/catalog/accessories", carrier_of(d, &[SlotId::Device, SlotId::Plan]).as_ref())?;
        Some(query.with("compatibleWithDeviceId", device.as_ref().map(Id::as_str)))
    },
    read: Read::Items(item),
    columns: CATALOG_COLUMNS,
};
const CATALOG_COLUMNS: &[(&str, u16)] = &[("Carrier", 16), ("Price", 19)];

/// A catalog's call: the type, and the line or the country that it is for (WIRE 6).
fn catalog(d: &Draft, path: &str, vendor: Option<&Id>) -> Option<Query> {
    let query = d.query(path).with("transactionType", d.kind.map(|k| k.id));
    let query = match (d.one(SlotId::Service), d.one(SlotId::Region)) {
        (Some(line), _) => query.with("service", Some(line.id.as_str())),
        (None, Some(region)) => {
            let code = d.text(SlotId::PostalCode).filter(|_| region.is_united_states());
            query.with("region", Some(region.id.as_str())).with("postalCode", code)
        }
        (None, None) => return None,
    };
    Some(query.with("vendor", vendor.map(Id::as_str)))
}

/// The carrier of the first of these that is chosen: one carrier a cart (WIRE 7).
fn carrier_of(d: &Draft, slots: &[SlotId]) -> Option<Id> {
    slots.iter().find_map(|&s| d.one(s)?.vendor.as_ref().map(|v| v.id.clone()))
}

/// The entries of a collection in any of its three published shapes (WIRE 5).
pub fn collection<'a>(body: Untrusted<'a>, name: &str) -> impl Iterator<Item = Untrusted<'a>> {
    let inner = body.at(name);
    let list = if inner.at("items").present() {
        inner.at("items")
    } else if inner.present() {
        inner
    } else {
        body
    };
    list.items()
}

fn region(from: Untrusted<'_>) -> Option<Choice> {
    let named = Named::read(from)?;
    let abbreviation = from.at("abbreviation").text();
    let mut choice = Choice::plain(named.id, named.name);
    choice.find = format!("{} {}", choice.find, folded(abbreviation.as_deref().unwrap_or_default())).into();
    choice.about = About::Region(abbreviation);
    Some(choice)
}

fn country(from: Untrusted<'_>) -> Option<Choice> {
    let is_country = from.at("type").text().is_none_or(|t| &*t == "COUNTRY");
    region(from).filter(|_| is_country)
}

fn postal_field(body: Untrusted<'_>) -> Option<Field> {
    Some(Field {
        group: None,
        id: Id::new("postalCode")?,
        label: Clean::new("Postal code"),
        kind: super::field::FieldKind::Text,
        required: true,
        min: 0,
        max: None,
        hint: body.at("postalCodePattern").text(),
        pattern: body.at("postalCodeRegEx").text().map(|p| super::pattern::Pattern::new(&p)),
        default: None,
    })
}

/// An item of a catalog, or a feature, whose name is its `description`.
fn item(from: Untrusted<'_>) -> Option<Choice> {
    let id = from.at("id").id()?;
    let name =
        from.at("name").text().or_else(|| from.at("description").text()).unwrap_or_else(|| Clean::new(id.as_str()));
    let mut choice = Choice::plain(id, name);
    choice.vendor = Named::read(from.at("vendor"));
    choice.price = Money::read(from.at("price"));
    let carrier = choice.vendor.as_ref().map(|v| v.name.clone()).unwrap_or_default();
    let maker = from.pointer("/manufacturer/name").text().unwrap_or_default();
    choice.find = format!("{} {} {} {}", choice.find, folded(&maker), folded(&carrier), choice.id).into();
    choice.cells =
        vec![carrier, Clean::new(&format!("{:>19}", choice.price.as_ref().map(Money::spoken).unwrap_or_default()))];
    Some(choice)
}
