//! Tolerant reading of what `POST /orders` and `GET /orders/{id}` answer: confirmation, order, errors (WIRE 4, 7, 9). Pure.

use serde::{Deserialize, Serialize};

use super::choice::{Named, Person};
use super::date;
use super::ids::{Id, OrderNumber};
use super::money::Money;
use super::text::{Clean, Untrusted, folded};

/// One problem as the server states it (WIRE 4). Every part may be missing, but not all.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServerError {
    /// `errorCode`.
    pub code: Option<Clean>,
    /// Its words.
    pub message: Option<Clean>,
    /// Names this occurrence for the API's support.
    pub id: Option<Clean>,
    /// The field that it names outright.
    pub field: Option<Clean>,
}

impl ServerError {
    /// `"words" [code, ref id]`, in the server's own words.
    #[must_use]
    pub fn spoken(&self) -> Clean {
        let words = self.message.as_ref().map(|m| format!("\"{m}\""));
        let tags: Vec<_> =
            self.code.iter().map(|c| c.to_string()).chain(self.id.iter().map(|i| format!("ref {i}"))).collect();
        let tags = (!tags.is_empty()).then(|| format!("[{}]", tags.join(", ")));
        Clean::new(&words.into_iter().chain(tags).collect::<Vec<_>>().join(" "))
    }

    /// The same without secrets, should the server repeat one.
    #[must_use]
    pub fn without<'a>(mut self, secrets: impl Iterator<Item = &'a str>) -> Self {
        for secret in secrets {
            for part in [&mut self.code, &mut self.message, &mut self.id, &mut self.field].into_iter().flatten() {
                if part.contains(secret) {
                    *part = Clean::new(&part.replace(secret, super::field::MASK));
                }
            }
        }
        self
    }

    fn read(from: Untrusted<'_>) -> Option<Self> {
        if from.is_text() {
            return from.text().map(|message| Self { message: Some(message), ..Self::default() });
        }
        let first = |names: &[&str]| names.iter().find_map(|n| from.at(n).text());
        let error = Self {
            code: first(&["errorCode", "code"]),
            message: first(&["message", "description"]),
            id: first(&["id"]),
            field: first(&["field", "property", "path"]),
        };
        (error.code.is_some() || error.message.is_some()).then_some(error)
    }

    /// Which of these fields it is about: named outright, else an id standing as a word in code or message,
    /// else a label in the message (WIRE 4). `None` belongs to the order as a whole.
    pub fn locate<'a, F>(&self, fields: impl Iterator<Item = (&'a str, &'a str, F)> + Clone) -> Option<F> {
        let outright =
            |id: &str| self.field.as_ref().is_some_and(|f| f.rsplit(['/', '.', '[', ']']).any(|part| part == id));
        let words = [self.code.as_deref(), self.message.as_deref()];
        let word = |id: &str| words.iter().flatten().any(|text| stands_in(text, id));
        let message = folded(self.message.as_deref().unwrap_or_default());
        let label = |label: &str| label.chars().count() > 2 && stands_in(&message, &folded(label));
        let mut found = fields.clone().find(|(id, _, _)| outright(id));
        if found.is_none() {
            found = fields.clone().find(|(id, _, _)| word(id));
        }
        if found.is_none() {
            found = fields.clone().find(|(_, l, _)| label(l));
        }
        found.map(|(_, _, field)| field)
    }
}

/// Whether the needle stands as a word: no letter, digit or underscore touches it.
fn stands_in(text: &str, needle: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !needle.is_empty()
        && text
            .match_indices(needle)
            .any(|(at, m)| !part(text[..at].chars().next_back()) && !part(text[at + m.len()..].chars().next()))
}

/// Every error in a body, in any published or seeded form; none is dropped. Arrays count only where the server says
/// `ERROR` or the call failed: a successful answer may carry `messages` too.
#[must_use]
pub fn errors(body: Untrusted<'_>, failed: bool) -> Vec<ServerError> {
    let said_error = body.at("status").text().is_some_and(|s| s.eq_ignore_ascii_case("ERROR"));
    let places = [body, body.at("order"), body.at("orderConfirmation"), body.at("orderRequest"), body.at("error")];
    let arrays =
        places.iter().filter(|_| failed || said_error).flat_map(|p| ["errors", "faults", "messages"].map(|n| p.at(n)));
    let mut all: Vec<_> = arrays.flat_map(|a| a.items().collect::<Vec<_>>()).filter_map(ServerError::read).collect();
    if all.is_empty() && (body.at("errorCode").present() || said_error || body.at("error").present()) {
        all.extend([body, body.at("error")].into_iter().filter_map(ServerError::read));
    }
    if all.is_empty() && said_error {
        all.push(ServerError { message: Some(Clean::new("the server gives no reason")), ..ServerError::default() });
    }
    all
}

/// A confirmation or a placed order, every id resolved by the server.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Resolved {
    /// Whether it is an order and not a confirmation.
    pub placed: bool,
    /// The order's id, once there is one.
    pub order_id: Option<Id>,
    /// `externalOrderNumber` as it came back, for comparing byte for byte.
    number: Option<String>,
    /// The order's status.
    pub status: Option<Clean>,
    /// When it was submitted, readable.
    pub submitted: Option<Clean>,
    /// Whose order it is.
    pub holder: Option<Person>,
    /// The line, by number where there is no id.
    pub service: Option<Item>,
    /// The country.
    pub region: Option<Item>,
    /// Its postal code.
    pub postal_code: Option<Clean>,
    /// The type that it is read as.
    pub transaction_type: Option<Clean>,
    /// How many of the cart; none where it does not say.
    pub quantity: Option<u64>,
    /// Whether the reply has a place for the cart's items.
    pub has_cart: bool,
    /// The device.
    pub device: Option<Item>,
    /// The plan.
    pub plan: Option<Item>,
    /// Optional features of the plan.
    pub features: Vec<Item>,
    /// Features that are added to the line or taken from it.
    pub changes: Vec<Item>,
    /// What was said about them.
    pub feature_comment: Option<Clean>,
    /// The carrier of the cart's items.
    pub cart_vendor: Option<Item>,
    /// The carrier that the line leaves or stays with.
    pub current_vendor: Option<Item>,
    /// The device in use, as the order names it.
    pub existing_device: Option<Device>,
    /// The device that takes its place.
    pub new_device: Option<Device>,
    /// What was agreed to; `None` where the reply has no place for it.
    pub acknowledgements: Option<Vec<Told>>,
    /// Accessories.
    pub accessories: Vec<Item>,
    /// Where it is shipped.
    pub ship: Option<Ship>,
    /// The order's fields; `None` where the reply has no place for them.
    pub properties: Option<Vec<Told>>,
    /// The server's totals; `None` where it gives none.
    pub costs: Option<Vec<Money>>,
}

/// Something bought or meant, by id, by name, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its id; placed orders leave it out.
    pub id: Option<Id>,
    /// Its name.
    pub name: Clean,
    /// Its price.
    pub price: Option<Money>,
    /// What becomes of it, where it is a feature that changes: `ADD`, `REMOVE`.
    pub action: Option<Clean>,
}

/// A device of a swap, every id resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Its manufacturer.
    pub maker: Option<Item>,
    /// Its model.
    pub model: Option<Item>,
    /// Maker and model where it is in no list.
    pub other_name: Option<Clean>,
    /// What its serial number is.
    pub serial_type: Option<Clean>,
    /// Its serial number.
    pub serial: Option<Clean>,
    /// Its SIM.
    pub sim: Option<Clean>,
}

/// Where an order is shipped.
#[derive(Clone, Debug, PartialEq)]
pub struct Ship {
    /// Addressee.
    pub name: Option<Clean>,
    /// Country.
    pub region: Option<Item>,
    /// Address components.
    pub parts: Vec<Told>,
    /// Faster.
    pub expedite: Option<bool>,
}

/// A field with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its id.
    pub id: Id,
    /// Its label, sometimes left out.
    pub label: Option<Clean>,
    /// Its value.
    pub value: Value,
}

/// The value of a field in a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, or an address component's value.
    Text(Clean),
    /// A date, as a day where it can be read.
    Date(Option<date::Date>, Clean),
    /// A choice by id, with the text of one's own.
    Choice(Id, Option<Clean>),
    /// A box, ticked or not.
    Flag(bool),
}

impl Resolved {
    /// Reads `{"orderConfirmation": …}`; `None` where there is none.
    #[must_use]
    pub fn confirmation(body: Untrusted<'_>) -> Option<Self> {
        let from = body.at("orderConfirmation");
        let cart = from.at("shoppingCart");
        let carts: &[Untrusted<'_>] = if cart.present() { &[cart] } else { &[] };
        from.present().then(|| Self::read(from, carts, false))
    }
    /// Reads `{"order": …}`; its items stand in segments. `None` where there is no order with an id.
    #[must_use]
    pub fn order(body: Untrusted<'_>) -> Option<Self> {
        let from = body.at("order");
        let order_id = Some(from.at("orderId").id()?);
        let segments = from.at("orderSegments");
        let segments = if segments.at("items").present() { segments.at("items") } else { segments };
        let mut carts: Vec<_> = segments.items().collect();
        if carts.is_empty() {
            carts.extend(Some(from.at("shoppingCart")).filter(|c| c.present()));
        }
        Some(Self { order_id, ..Self::read(from, &carts, true) })
    }

    fn read(from: Untrusted<'_>, carts: &[Untrusted<'_>], placed: bool) -> Self {
        let number = from.at("serviceNumber").text().map(|name| Item { id: None, name, price: None, action: None });
        let mut devices = carts.iter().filter_map(|c| item(c.at("device")));
        let mut plans = carts.iter().filter_map(|c| item(c.at("plan")));
        let (device, plan) = (devices.next(), plans.next());
        let features =
            carts.iter().flat_map(|c| c.pointer("/plan/optionalFeatures").items().chain(c.at("features").items()));
        // Of a line's own features the reply says what becomes of each; a plan's are simply there.
        let (changes, features) = features.filter_map(item).partition(|f| f.action.is_some());
        let accessories = carts.iter().flat_map(|c| c.at("accessories").items()).filter_map(item);
        let groups = from.at("properties");
        let groups = if groups.at("items").present() { groups.at("items") } else { groups };
        Self {
            placed,
            order_id: None,
            number: from.at("externalOrderNumber").bytes(),
            status: from.at("status").text(),
            submitted: from
                .at("dateSubmitted")
                .text()
                .map(|t| date::instant_from_wire(&t).map_or(t, |t| Clean::new(&t))),
            holder: Person::read(from.at("accountHolder")),
            transaction_type: from.at("transactionType").text(),
            service: service(from.at("service")).or(number),
            region: item(from.at("region")).or_else(|| id_only(from.at("regionId"))),
            postal_code: from.at("postalCode").text(),
            quantity: carts.iter().find_map(|c| c.at("quantity").count()),
            has_cart: !carts.is_empty(),
            device,
            plan,
            features,
            changes,
            feature_comment: carts.iter().find_map(|c| c.at("featureRequestComment").verbatim()),
            cart_vendor: carts.iter().find_map(|c| {
                let items = [c.at("device"), c.at("plan")].into_iter().chain(c.at("accessories").items());
                items.map(|i| i.at("vendor")).chain([c.at("vendor")]).find_map(item)
            }),
            current_vendor: item(from.at("currentVendor")).or_else(|| id_only(from.at("currentVendorId"))),
            existing_device: handset(from.at("existingDevice")),
            new_device: handset(from.at("newDevice")),
            acknowledgements: from.at("acknowledgements").is_array().then(|| told(from.at("acknowledgements"))),
            // A second device or plan has no place of its own; here it is seen.
            accessories: accessories.chain(devices).chain(plans).collect(),
            ship: ship(from.at("shipTo")),
            properties: groups.is_array().then(|| groups.items().flat_map(|g| told(g.at("fields"))).collect()),
            costs: from
                .at("costSummary")
                .is_array()
                .then(|| from.at("costSummary").items().filter_map(Money::read).collect()),
        }
    }

    /// Whether the number came back byte for byte; `None` where none came back.
    #[must_use]
    pub fn echoes(&self, number: &OrderNumber) -> Option<bool> {
        self.number.as_ref().map(|n| n == number.as_str())
    }
    /// The number that came back, for showing.
    #[must_use]
    pub fn number_shown(&self) -> Clean {
        Clean::new(self.number.as_deref().unwrap_or("none"))
    }
    /// Everything that has a price, in the order of the review.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.device.iter().chain(&self.plan).chain(&self.features).chain(&self.changes).chain(&self.accessories)
    }
}

/// An item; the plan of an order without one is published as `{"optionalFeatures": []}` and is none.
fn item(from: Untrusted<'_>) -> Option<Item> {
    let id = from.at("id").id();
    let name = from
        .at("name")
        .text()
        .or_else(|| from.at("description").text())
        .or_else(|| id.as_ref().map(|i| Clean::new(i.as_str())))?;
    Some(Item { id, name, price: Money::read(from.at("price")), action: from.at("action").text() })
}

fn handset(from: Untrusted<'_>) -> Option<Device> {
    from.present().then(|| Device {
        maker: item(from.at("manufacturer")).or_else(|| id_only(from.at("manufacturerId"))),
        model: item(from.at("model")).or_else(|| id_only(from.at("model"))).or_else(|| id_only(from.at("modelId"))),
        other_name: from.at("otherMakeModelName").verbatim(),
        serial_type: from.pointer("/serialNumber/type").text(),
        serial: from.pointer("/serialNumber/value").text(),
        sim: from.at("simId").text(),
    })
}

fn service(from: Untrusted<'_>) -> Option<Item> {
    let id = from.at("id").id();
    let name = from.at("serviceNumber").text().or_else(|| id.as_ref().map(|i| Clean::new(i.as_str())))?;
    Some(Item { id, name, price: None, action: None })
}

fn id_only(from: Untrusted<'_>) -> Option<Item> {
    let id = from.id()?;
    Some(Item { name: Clean::new(id.as_str()), id: Some(id), price: None, action: None })
}

/// `shipTo: {"address": []}` stands on orders without shipping.
fn ship(from: Untrusted<'_>) -> Option<Ship> {
    let parts = told(from.at("address"));
    let region =
        Named::read(from.at("region")).map(|n| Item { id: Some(n.id), name: n.name, price: None, action: None });
    let ship = Ship {
        name: from.at("name").verbatim(),
        region: region.or_else(|| id_only(from.at("regionId"))),
        parts,
        expedite: from.at("expedite").flag(),
    };
    (ship.name.is_some() || ship.region.is_some() || !ship.parts.is_empty() || ship.expedite == Some(true))
        .then_some(ship)
}

fn told(fields: Untrusted<'_>) -> Vec<Told> {
    fields
        .items()
        .filter_map(|f| Some(Told { id: f.at("id").id()?, label: f.at("label").text(), value: value(f)? }))
        .collect()
}

fn value(from: Untrusted<'_>) -> Option<Value> {
    let choice = from.at("choice");
    if let Some(id) = choice.at("id").id().or_else(|| choice.id()) {
        return Some(Value::Choice(id, choice.at("otherText").verbatim()));
    }
    if let Some(text) = from.at("date").text() {
        return Some(Value::Date(date::from_wire(&text), text));
    }
    if let Some(flag) = from.at("boolean").flag() {
        return Some(Value::Flag(flag));
    }
    from.at("text").verbatim().or_else(|| from.at("value").verbatim()).map(Value::Text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;
    use serde_json::json;

    fn read(json: serde_json::Value) -> Vec<ServerError> {
        errors(Body::from(json).view(), false)
    }

    #[test]
    fn an_error_is_found_in_every_form_and_place() {
        let member = json!({"code": "C1", "description": "Bad.", "id": "abcde"});
        for (body, count) in [
            (json!({"errorCode": "C1", "id": "tghwn", "message": "Bad.", "status": 400}), 1),
            (json!({"status": "ERROR", "errors": [member, "plain words"]}), 2),
            (json!({"status": "ERROR", "faults": [member]}), 1),
            (json!({"status": "ERROR", "order": {"messages": [member]}}), 1),
            (json!({"orderConfirmation": {"errors": [member]}, "status": "ERROR"}), 1),
            (json!({"status": "ERROR"}), 1),
            (json!({"status": "SUCCESS", "order": {"orderId": "1"}}), 0),
        ] {
            assert_eq!(read(body.clone()).len(), count, "{body}");
        }
    }
    #[test]
    fn a_field_is_found_outright_by_id_as_a_word_or_by_label() {
        let fields = [
            ("CONTACT_NUMBER", "Contact Phone Number", 1),
            ("CONTACT_NUMBER_EXT", "Ext", 2),
            ("LINE_1", "Line 1", 3),
            ("Reason", "Why", 4),
        ];
        let locate = |json| read(json)[0].locate(fields.into_iter());
        assert_eq!(locate(json!({"errorCode": "x", "message": "m", "field": "properties/CONTACT_NUMBER"})), Some(1));
        assert_eq!(locate(json!({"errorCode": "400-CONTACT_NUMBER_EXT-long", "message": "m"})), Some(2));
        assert_eq!(locate(json!({"errorCode": "x", "message": "The LINE_1 is missing."})), Some(3));
        assert_eq!(locate(json!({"errorCode": "x", "message": "contact phone number has too few digits"})), Some(1));
        assert_eq!(locate(json!({"errorCode": "x", "message": "Text is extra long"})), None);
        assert_eq!(locate(json!({"errorCode": "x", "message": "Region ID or Service ID must be passed in."})), None);
    }
    #[test]
    fn odd_published_forms_are_read() {
        let order = json!({"order": {"orderId": 8711660, "shipTo": {"address": []}, "serviceNumber": "2035554468",
            "orderSegments": {"items": [{"plan": {"optionalFeatures": []}}]}}});
        let order = Resolved::order(Body::from(order).view()).unwrap();
        assert_eq!((order.plan, order.ship), (None, None));
        assert_eq!(order.order_id.unwrap().as_str(), "8711660");
        let bare = Resolved::order(Body::from(json!({"order": {"orderId": "1", "shipTo": {"regionId": "7"}}})).view())
            .unwrap();
        assert!(!bare.has_cart && bare.ship.unwrap().region.unwrap().id.unwrap().as_str() == "7");
        assert!(Resolved::order(Body::from(json!({"order": {}})).view()).is_none());
    }
}
