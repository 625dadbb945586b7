//! What a lookup offers: a row of a picker, with what the program must know about it. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::date;
use super::ids::Id;
use super::money::Money;
use super::search;
pub use super::search::digits;
use super::text::{Clean, Untrusted, folded};

/// One thing that can be picked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// What is sent for it.
    pub id: Id,
    /// What people call it.
    pub name: Clean,
    /// Further columns of its row, as its lookup lays them out.
    pub cells: Vec<Clean>,
    /// The carrier that sells it, where it has one.
    pub vendor: Option<Named>,
    /// Its price.
    pub price: Option<Money>,
    /// What only its own kind has.
    pub about: About,
    /// Everything that it can be found by, as the search has it.
    pub find: Box<str>,
}

/// What only one kind of choice has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum About {
    /// Nothing more.
    Nothing,
    /// An employee.
    Person(Box<Person>),
    /// A service asset.
    Line(Box<Line>),
    /// A country; its abbreviation tells the United States (WIRE 7 on `postalCode`).
    Region(Option<Clean>),
    /// A carrier; its access method (`CDMA`, `GSM`), where it has one.
    Carrier(Option<Clean>),
    /// Where an earlier order was shipped.
    Address(Box<Address>),
    /// An optional feature, and what is to become of it.
    Feature(Change),
    /// An order that was placed.
    Order(Box<Placed>),
}

/// What is to become of a line's optional feature (WIRE 7, UPDATE_FEATURES).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// `ADD`.
    Add,
    /// `REMOVE`.
    Remove,
}

impl Change {
    /// As the request names it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Remove => "REMOVE",
        }
    }
    /// As people say it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

/// Where an earlier order was shipped (WIRE 6, `includeShipToAddress`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// Whom it was addressed to.
    pub name: Option<Clean>,
    /// The country.
    pub region: Option<Named>,
    /// Its components, by id.
    pub parts: Vec<(Id, Clean)>,
}

/// An order of the list (WIRE 6, `GET /orders`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Its transaction type.
    pub kind: Clean,
    /// Its status.
    pub status: Clean,
    /// `externalOrderNumber`; blank where it has none.
    pub number: Clean,
    /// Whose it is.
    pub holder: Option<Person>,
    /// The day on which it was submitted; blank where the server does not say.
    pub when: Clean,
    /// When exactly, where the server says.
    pub submitted: Option<Timestamp>,
    /// The number of the line that it is about, where the server says.
    pub line: Option<Clean>,
}

/// Something with an id and a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The server's id.
    pub id: Id,
    /// Its readable name; the id where the server gave none.
    pub name: Clean,
}

impl Named {
    /// Reads `{id, name}`.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        let id = from.at("id").id()?;
        let name = from.at("name").text().unwrap_or_else(|| Clean::new(id.as_str()));
        Some(Self { id, name })
    }
}

impl Choice {
    /// A row that has only an id and a name.
    #[must_use]
    pub fn plain(id: Id, name: Clean) -> Self {
        let find = search::text(&[(&name, false)]);
        Self { id, name, cells: Vec::new(), vendor: None, price: None, about: About::Nothing, find }
    }

    /// The employee, where it is one.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        if let About::Person(p) = &self.about { Some(p) } else { None }
    }
    /// The line, where it is one.
    #[must_use]
    pub fn line(&self) -> Option<&Line> {
        if let About::Line(l) = &self.about { Some(l) } else { None }
    }
    /// The earlier address, where it is one.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        if let About::Address(a) = &self.about { Some(a) } else { None }
    }
    /// The placed order, where it is one.
    #[must_use]
    pub fn placed(&self) -> Option<&Placed> {
        if let About::Order(o) = &self.about { Some(o) } else { None }
    }
    /// What is to become of the feature, where it is one that changes.
    #[must_use]
    pub fn change(&self) -> Option<Change> {
        if let About::Feature(change) = self.about { Some(change) } else { None }
    }
    /// The same feature with that change.
    #[must_use]
    pub fn changed(&self, change: Change) -> Self {
        Self { about: About::Feature(change), ..self.clone() }
    }
    /// As people read it: a feature says what becomes of it.
    #[must_use]
    pub fn spoken(&self) -> Clean {
        match self.change() {
            Some(change) => Clean::new(&format!("{} {}", change.spoken(), self.name)),
            None => self.name.clone(),
        }
    }
    /// Whether it is the United States, the one region whose postal code an order holds.
    #[must_use]
    pub fn is_united_states(&self) -> bool {
        matches!(&self.about, About::Region(Some(abbreviation)) if matches!(&**abbreviation, "US" | "USA"))
    }
}

/// An employee (WIRE 6, `/employees`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The platform's id: reliable, and the actor of every call about the order.
    pub id: Id,
    /// `companyEmployeeId`: what people know; it may repeat.
    pub login: Option<Clean>,
    /// First name.
    pub first: Clean,
    /// Last name.
    pub last: Clean,
    /// Mail address.
    pub email: Option<Clean>,
    /// Office phone.
    pub phone: Option<Clean>,
    /// Department's name.
    pub department: Option<Clean>,
    /// `ACTIVE`, `INACTIVE`, or blank.
    pub status: Clean,
}

impl Person {
    /// Reads an employee; without an id there is none.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        Some(Self {
            id: from.at("id").id()?,
            login: from.at("companyEmployeeId").text(),
            first: from.at("firstName").text().unwrap_or_default(),
            last: from.at("lastName").text().unwrap_or_default(),
            email: from.at("email").text(),
            phone: from.at("officePhone").text(),
            department: from.pointer("/department/name").text(),
            status: from.at("status").text().unwrap_or_default(),
        })
    }
    /// Whether a text is nothing but them: their login, their name, or what reaches them.
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let same = |other: &str| !other.is_empty() && folded(other) == folded(text.trim());
        let number = |phone: &Clean| digits(phone).len() >= 7 && digits(phone) == digits(text);
        [&self.login, &self.email].into_iter().flatten().any(|own| same(own))
            || self.phone.as_ref().is_some_and(number)
            || same(&self.listed())
            || same(&self.spoken())
    }
    /// `Edwards, Peter`, as lists show it.
    #[must_use]
    pub fn listed(&self) -> Clean {
        match (self.last.is_empty(), self.first.is_empty()) {
            (false, false) => Clean::new(&format!("{}, {}", self.last, self.first)),
            (false, true) => self.last.clone(),
            (true, false) => self.first.clone(),
            (true, true) => self.login.clone().unwrap_or_else(|| Clean::new(self.id.as_str())),
        }
    }
    /// `Peter Edwards`, as a parcel is addressed.
    #[must_use]
    pub fn spoken(&self) -> Clean {
        Clean::new(format!("{} {}", self.first, self.last).trim())
    }
    /// `Edwards, Peter (peter.edwards.acme)`.
    #[must_use]
    pub fn with_login(&self) -> Clean {
        match &self.login {
            Some(login) => Clean::new(&format!("{} ({login})", self.listed())),
            None => self.listed(),
        }
    }
    /// Whether the server says that the person has left.
    #[must_use]
    pub fn inactive(&self) -> bool {
        !self.status.is_empty() && &*self.status != "ACTIVE"
    }
    /// As a row of the picker; phones are found with and without their punctuation.
    #[must_use]
    pub fn into_choice(self) -> Choice {
        let find = search::text_of(&self);
        Choice {
            id: self.id.clone(),
            name: self.listed(),
            cells: vec![
                self.login.clone().unwrap_or_default(),
                self.department.clone().unwrap_or_default(),
                self.status.clone(),
            ],
            vendor: None,
            price: None,
            find,
            about: About::Person(Box::new(self)),
        }
    }
}

/// A service asset: somebody's line (WIRE 6, `/assets/services`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its id, which an order names.
    pub id: Id,
    /// Its number, or blank.
    pub number: Clean,
    /// `ACTIVE`, `SUSPENDED` and so on, or blank.
    pub status: Clean,
    /// The device's name.
    pub device: Option<Clean>,
    /// What else is known of the device.
    pub handset: Option<Box<Handset>>,
    /// The day from which the device may be upgraded, where the server says.
    pub upgrade_from: Option<date::Date>,
    /// The present carrier.
    pub vendor: Option<Named>,
    /// Whose it is.
    pub holder: Option<Person>,
    /// What its own list and its device's allow; `None` where a list is missing, which allows all (WIRE 7).
    pub actions: Option<BTreeSet<Clean>>,
}

impl Line {
    /// Reads a service; without an id there is none.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        let device = from.at("device");
        let lists = [from.at("orderActions"), device.at("orderActions")];
        let actions = lists
            .iter()
            .all(|l| l.is_array())
            .then(|| lists.iter().flat_map(|l| l.items()).filter_map(Untrusted::text).collect());
        Some(Self {
            id: from.at("id").id()?,
            number: from.at("serviceNumber").text().unwrap_or_default(),
            status: from.at("status").text().unwrap_or_default(),
            device: model_name(device),
            handset: Handset::read(device).map(Box::new),
            upgrade_from: from.at("upgradeEligibilityDate").text().and_then(|d| date::from_wire(&d)),
            vendor: Named::read(from.pointer("/vendor/current"))
                .or_else(|| Named::read(from.pointer("/vendor/billing"))),
            holder: Person::read(from.at("employee")),
            actions,
        })
    }
    /// Whether its lists name the transaction type.
    #[must_use]
    pub fn lists(&self, transaction_type: &str) -> bool {
        self.actions.as_ref().is_none_or(|all| all.iter().any(|a| &**a == transaction_type))
    }
    /// `203-555-4468`, or the number as it is where it has not ten digits.
    #[must_use]
    pub fn shown_number(&self) -> String {
        dashed(&self.number)
    }
    /// As a row of the picker.
    #[must_use]
    pub fn into_choice(self) -> Choice {
        let carrier = self.vendor.as_ref().map(|v| v.name.clone()).unwrap_or_default();
        let device = self.device.clone().unwrap_or_default();
        let find = search::text_of(&self);
        Choice {
            id: self.id.clone(),
            name: Clean::new(&if self.number.is_empty() { self.id.to_string() } else { self.shown_number() }),
            cells: vec![device, carrier, self.status.clone()],
            vendor: None,
            price: None,
            find,
            about: About::Line(Box::new(self)),
        }
    }
}

/// A device in use (WIRE 6, `/assets/devices`): what an order repeats of it.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Handset {
    /// Its asset id.
    pub id: Option<Id>,
    /// Who made it.
    pub maker: Option<Named>,
    /// Its model: published as a string and as an object; the string is its id too.
    pub model: Option<Named>,
    /// `IMEI`, `ESN` and so on.
    pub serial_type: Option<Clean>,
    /// The serial number, published with blanks inside.
    pub serial: Option<Clean>,
    /// The SIM's number.
    pub sim: Option<Clean>,
    /// `CDMA`, `GSM` and so on.
    pub access: Option<Clean>,
    /// The day from which it may be upgraded, where the server says.
    pub upgrade_from: Option<date::Date>,
}

impl Handset {
    /// Reads a device; `None` where there is none.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        let name = from.at("model");
        let named = || name.id().zip(name.text()).map(|(id, name)| Named { id, name });
        from.present().then(|| Self {
            id: from.at("id").id(),
            maker: Named::read(from.at("manufacturer")),
            model: Named::read(name).or_else(named),
            serial_type: from.pointer("/serialNumber/type").text(),
            serial: from.pointer("/serialNumber/value").text(),
            sim: from.at("simId").text(),
            access: from.at("accessMethod").text(),
            upgrade_from: from.at("upgradeEligibilityDate").text().and_then(|d| date::from_wire(&d)),
        })
    }
    /// What is said here, and where nothing is said, what the other says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // A number without its kind is no more than that: the two belong together.
        let serial =
            if self.serial.is_some() { (self.serial_type, self.serial) } else { (other.serial_type, other.serial) };
        Self {
            id: self.id.or(other.id),
            maker: self.maker.or(other.maker),
            model: self.model.or(other.model),
            serial_type: serial.0,
            serial: serial.1,
            sim: self.sim.or(other.sim),
            access: self.access.or(other.access),
            upgrade_from: self.upgrade_from.or(other.upgrade_from),
        }
    }
}

/// A device's name: `model` is published as a string and as an object, with the manufacturer apart.
#[must_use]
pub fn model_name(device: Untrusted<'_>) -> Option<Clean> {
    let model = device.at("model").text().or_else(|| device.pointer("/model/name").text());
    model.or_else(|| device.at("name").text())
}

/// Ten digits as people read them; anything else as it is.
#[must_use]
pub fn dashed(number: &str) -> String {
    if number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}-{}-{}", &number[..3], &number[3..6], &number[6..])
    } else {
        number.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;
    use serde_json::json;

    fn person(json: serde_json::Value) -> Choice {
        Person::read(Body::from(json).view()).unwrap().into_choice()
    }

    #[test]
    fn several_words_in_any_order_find_a_person() {
        let peter = person(
            json!({"id": "1", "firstName": "Péter", "lastName": "Edwards", "companyEmployeeId": "peter.edwards.acme",
            "email": "p@example.com", "officePhone": "203-555-0160"}),
        );
        let fits = |query: &str| search::Query::new(query).fit(peter.find.as_bytes()).is_some();
        for query in [
            "edw pe",
            "pe edw",
            "PETER.edw",
            "2035550160",
            "203 555 0160",
            "0160",
            "(203) 555",
            "edw 203-555",
            "1 (203) 555-0160",
            "edwards, peter",
            "edwards,peter",
            "p@ex",
        ] {
            assert!(fits(query), "{query}");
        }
        for query in ["ter", "edwin", "0161", "edw pa"] {
            assert!(!fits(query), "{query}");
        }
    }
    #[test]
    fn a_missing_list_of_actions_allows_all_and_two_lists_are_one() {
        let both =
            json!({"id": "1", "orderActions": ["SUSPEND"], "device": {"model": "X", "orderActions": ["UPGRADE"]}});
        let line = Line::read(Body::from(both).view()).unwrap();
        assert!(line.lists("SUSPEND") && line.lists("UPGRADE") && !line.lists("DEACTIVATE"));
        assert!(Line::read(Body::from(json!({"id": "1"})).view()).unwrap().lists("DEACTIVATE"));
    }
    #[test]
    fn a_model_is_read_as_a_string_and_as_an_object() {
        for model in [json!("iPhone"), json!({"id": "7", "name": "iPhone"})] {
            let line = Line::read(Body::from(json!({"id": "1", "device": {"model": model}})).view()).unwrap();
            assert_eq!(line.device.as_deref(), Some("iPhone"));
        }
    }
}
