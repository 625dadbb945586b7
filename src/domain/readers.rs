//! What the rows of lookups are made of: items of collections read into choices, tolerantly (WIRE 6, 9). Pure.

use super::choice::{About, Address, Choice, Handset, Named, Person, Placed, dashed, model_name};
use super::date;
use super::field::Field;
use super::ids::Id;
use super::money::Money;
use super::search;
use super::text::{Clean, Untrusted};

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

/// How many of its entries have nothing that can be their id, and so cannot be shown or chosen.
#[must_use]
pub fn unreadable(body: Untrusted<'_>, name: &str) -> usize {
    collection(body, name).filter(|entry| entry.at("id").id().or_else(|| entry.at("orderId").id()).is_none()).count()
}

pub(super) fn region(from: Untrusted<'_>) -> Option<Choice> {
    let named = Named::read(from)?;
    let abbreviation = from.at("abbreviation").text();
    let mut choice = Choice::plain(named.id, named.name);
    choice.find = search::with(&choice.find, &[(abbreviation.as_deref().unwrap_or_default(), true)]);
    choice.about = About::Region(abbreviation);
    Some(choice)
}

pub(super) fn country(from: Untrusted<'_>) -> Option<Choice> {
    let is_country = from.at("type").text().is_none_or(|t| &*t == "COUNTRY");
    region(from).filter(|_| is_country)
}

/// A state or province: its abbreviation is what an address holds.
pub(super) fn state(from: Untrusted<'_>) -> Option<Choice> {
    let mut choice = region(from)?;
    let About::Region(Some(abbreviation)) = &choice.about else { return Some(choice) };
    choice.id = Id::new(abbreviation)?;
    Some(choice)
}

pub(super) fn carrier(from: Untrusted<'_>) -> Option<Choice> {
    let named = Named::read(from)?;
    let mut choice = Choice::plain(named.id, named.name);
    let access = from.at("accessMethod").text();
    let region = from.pointer("/region/name").text().unwrap_or_default();
    choice.find = search::with(&choice.find, &[(choice.id.as_str(), true), (&region, false)]);
    choice.cells = vec![access.clone().unwrap_or_default(), region];
    choice.about = About::Carrier(access);
    Some(choice)
}

/// A manufacturer or a model: published ids are mostly the names, and where they are not, they tell two of one name apart.
pub(super) fn maker(from: Untrusted<'_>) -> Option<Choice> {
    let named = Named::read(from)?;
    let mut choice = Choice::plain(named.id, named.name);
    choice.find = search::with(&choice.find, &[(choice.id.as_str(), true)]);
    if choice.id.as_str() != &*choice.name {
        choice.cells = vec![Clean::new(choice.id.as_str())];
    }
    Some(choice)
}

/// Two orders that went to one place give one row: the place itself is its id.
pub(super) fn earlier_address(from: Untrusted<'_>) -> Option<Choice> {
    let part = |p: Untrusted<'_>| Some((p.at("id").id()?, p.at("value").text()?));
    let parts: Vec<_> = from.at("address").items().filter_map(part).collect();
    let region = Named::read(from.at("region")).or_else(|| {
        let id = from.at("regionId").id()?;
        Some(Named { name: Clean::new(id.as_str()), id })
    });
    let address = Address { name: from.at("name").text(), region, parts };
    let words: Vec<_> = address.name.iter().chain(address.parts.iter().map(|(_, value)| value)).map(|p| &**p).collect();
    let text = Clean::new(&words.join(", "));
    let mut hash = std::hash::DefaultHasher::new();
    std::hash::Hash::hash(&(&text, address.region.as_ref().map(|r| &r.id)), &mut hash);
    let id = Id::new(&format!("{:016x}", std::hash::Hasher::finish(&hash)))?;
    (!address.parts.is_empty()).then(|| Choice { about: About::Address(Box::new(address)), ..Choice::plain(id, text) })
}

pub(super) fn placed(from: Untrusted<'_>) -> Option<Choice> {
    let id = from.at("orderId").id()?;
    let holder = Person::read(from.at("accountHolder"));
    let order = Placed {
        kind: from.at("transactionType").text().unwrap_or_default(),
        status: from.at("status").text().unwrap_or_default(),
        when: from
            .at("dateSubmitted")
            .text()
            .map(|t| date::from_wire(&t).map_or(t, |day| Clean::new(&date::short(day))))
            .unwrap_or_default(),
        number: from.at("externalOrderNumber").text().unwrap_or_default(),
        submitted: from.at("dateSubmitted").text().and_then(|t| t.parse().ok()),
        line: from.at("serviceNumber").text(),
        holder,
    };
    let who = order.holder.as_ref().map(Person::listed).unwrap_or_default();
    let mut choice = Choice::plain(id.clone(), Clean::new(id.as_str()));
    choice.find = search::with(&choice.find, &[(&order.number, true), (&who, false)]);
    choice.cells = vec![order.kind.clone(), who, order.status.clone(), order.when.clone()];
    choice.about = About::Order(Box::new(order));
    Some(choice)
}

pub(super) fn device_in_use(from: Untrusted<'_>) -> Option<Choice> {
    let id = from.at("id").id()?;
    let name = model_name(from).unwrap_or_else(|| Clean::new(id.as_str()));
    let mut choice = Choice::plain(id, name);
    let serial = Handset::read(from)?;
    let line = from.pointer("/service/serviceNumber").text().map(|n| dashed(&n));
    choice.cells = vec![
        Clean::new(&format!("{} {}", serial.serial_type.unwrap_or_default(), serial.serial.unwrap_or_default())),
        line.map_or_else(|| Clean::new("no line"), |l| Clean::new(&l)),
    ];
    Some(choice)
}

/// What a device's own resource says beside its row.
pub(super) fn device_lines(body: Untrusted<'_>) -> Vec<Clean> {
    let maker = body.pointer("/manufacturer/name").text();
    let access = body.at("accessMethod").text();
    let head: Vec<_> =
        [body.pointer("/vendor/name").text(), maker, access].into_iter().flatten().map(|p| p.to_string()).collect();
    let with = described(body.at("includedAccessories"));
    let first = (!head.is_empty()).then(|| Clean::new(&head.join(", ")));
    let with = (!with.is_empty()).then(|| Clean::new(&format!("In the box: {}.", with.join(", "))));
    first.into_iter().chain(body.at("description").text()).chain(with).collect()
}

/// What a plan holds, and how much can be added.
pub(super) fn plan_lines(body: Untrusted<'_>) -> Vec<Clean> {
    let included = described(body.at("includedFeatures"));
    let optional = body.at("optionalFeatures").items().count();
    let s = if optional == 1 { "" } else { "s" };
    let included = if included.is_empty() { "nothing more".to_owned() } else { included.join(", ") };
    let vendor = body.pointer("/vendor/name").text();
    vendor.into_iter().chain([Clean::new(&format!("Includes: {included}. {optional} optional feature{s}."))]).collect()
}

pub(super) fn described(list: Untrusted<'_>) -> Vec<String> {
    list.items().filter_map(|i| i.at("description").text()).map(|d| d.to_string()).collect()
}

pub(super) fn postal_field(body: Untrusted<'_>) -> Option<Field> {
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
pub(super) fn item(from: Untrusted<'_>) -> Option<Choice> {
    let id = from.at("id").id()?;
    let name =
        from.at("name").text().or_else(|| from.at("description").text()).unwrap_or_else(|| Clean::new(id.as_str()));
    let mut choice = Choice::plain(id, name);
    choice.vendor = Named::read(from.at("vendor"));
    choice.price = Money::read(from.at("price"));
    let carrier = choice.vendor.as_ref().map(|v| v.name.clone()).unwrap_or_default();
    let maker = from.pointer("/manufacturer/name").text().unwrap_or_default();
    choice.find = search::with(&choice.find, &[(&maker, false), (&carrier, false), (choice.id.as_str(), true)]);
    choice.cells =
        vec![carrier, Clean::new(&format!("{:>19}", choice.price.as_ref().map(Money::spoken).unwrap_or_default()))];
    Some(choice)
}
