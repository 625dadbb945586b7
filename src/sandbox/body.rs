//! Reading an `orderRequest` strictly (WIRE 7): a member that is not published, or of another
//! JSON type, is a problem that names where it stands.

use serde::Deserialize;
use serde_json::Value;

use super::reply::Problem;

/// What a member may be.
enum Shape {
    Text,
    Flag,
    Whole,
    List(&'static Shape),
    Members(&'static [(&'static str, Shape)]),
}

use Shape::{Flag, List, Members, Text, Whole};

const SERIAL: Shape = Members(&[("type", Text), ("value", Text)]);
const DEVICE: Shape = Members(&[
    ("manufacturerId", Text),
    ("modelId", Text),
    ("otherMakeModelName", Text),
    ("serialNumber", SERIAL),
    ("simId", Text),
]);
const CART: Shape = Members(&[
    ("deviceId", Text),
    ("planId", Text),
    ("optionalFeatureIds", List(&Text)),
    ("accessoryIds", List(&Text)),
    ("features", List(&Members(&[("id", Text), ("action", Text)]))),
    ("featureRequestComment", Text),
    ("quantity", Whole),
]);
const FIELD: Shape = Members(&[
    ("id", Text),
    ("type", Text),
    ("text", Text),
    ("date", Text),
    ("choice", Members(&[("id", Text), ("otherText", Text)])),
]);
const SHIP_TO: Shape = Members(&[
    ("name", Text),
    ("regionId", Text),
    ("address", List(&Members(&[("id", Text), ("value", Text)]))),
    ("expedite", Flag),
]);
const REQUEST: Shape = Members(&[
    ("externalOrderNumber", Text),
    ("transactionType", Text),
    ("serviceId", Text),
    ("regionId", Text),
    ("postalCode", Text),
    ("currentVendorId", Text),
    ("shoppingCart", CART),
    ("existingDevice", DEVICE),
    ("newDevice", DEVICE),
    ("properties", List(&Members(&[("groupId", Text), ("fields", List(&FIELD))]))),
    ("shipTo", SHIP_TO),
    ("acknowledgements", List(&Members(&[("id", Text), ("type", Text), ("boolean", Flag)]))),
]);
const BODY: Shape = Members(&[("orderRequest", REQUEST)]);

/// The request, where its shape is right. Which members a type may have is the rules' business.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Order {
    /// The client's own number.
    pub external_order_number: String,
    /// The type's code.
    pub transaction_type: String,
    /// The line.
    pub service_id: Option<String>,
    /// The country of the order.
    pub region_id: Option<String>,
    /// The postal code of the order.
    pub postal_code: Option<String>,
    /// The carrier that a line is moved from or stays with.
    pub current_vendor_id: Option<String>,
    /// What is wanted.
    pub shopping_cart: Option<Cart>,
    /// The line's present device.
    pub existing_device: Option<Phone>,
    /// The device that takes its place.
    pub new_device: Option<Phone>,
    /// The answers, by group.
    pub properties: Vec<Answers>,
    /// Where to.
    pub ship_to: Option<ShipTo>,
    /// What was agreed to.
    pub acknowledgements: Option<Vec<Agreement>>,
    /// The members that were sent, by name.
    #[serde(skip)]
    pub sent: Vec<String>,
}

/// The shopping cart.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cart {
    /// The catalog's device.
    pub device_id: Option<String>,
    /// The catalog's plan.
    pub plan_id: Option<String>,
    /// Features of the plan.
    pub optional_feature_ids: Option<Vec<String>>,
    /// Accessories.
    pub accessory_ids: Option<Vec<String>>,
    /// Features to add and to remove.
    pub features: Option<Vec<FeatureChange>>,
    /// What else is wanted of the features, in words.
    pub feature_request_comment: Option<String>,
    /// How many.
    pub quantity: Option<u64>,
    /// The members that were sent, by name.
    #[serde(skip)]
    pub sent: Vec<String>,
}

/// A feature to add or to remove.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FeatureChange {
    /// The feature.
    pub id: String,
    /// `ADD` or `REMOVE`.
    pub action: String,
}

/// A device that is not from the cart.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Phone {
    /// Who makes it, or `Other`.
    pub manufacturer_id: String,
    /// Its model, or `Other`.
    pub model_id: String,
    /// What it is, where it is neither.
    pub other_make_model_name: Option<String>,
    /// Its serial number.
    pub serial_number: Option<SerialNumber>,
    /// Its SIM's number.
    pub sim_id: Option<String>,
}

/// A serial number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SerialNumber {
    /// `IMEI`, `MEID`…
    #[serde(rename = "type")]
    pub kind: String,
    /// The number.
    pub value: String,
}

/// An acknowledgement.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Agreement {
    /// Which.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it was agreed to.
    pub boolean: Option<bool>,
}

/// A group's answers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Answers {
    /// The group.
    pub group_id: String,
    /// Its fields.
    pub fields: Vec<Answer>,
}

/// One answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The property.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Of a TEXT.
    pub text: Option<String>,
    /// Of a DATE.
    pub date: Option<String>,
    /// Of a CHOICE.
    pub choice: Option<Chosen>,
}

/// A chosen choice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Chosen {
    /// The choice.
    pub id: String,
    /// What the "other" choice is.
    pub other_text: Option<String>,
}

/// Where to ship.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ShipTo {
    /// To whom.
    pub name: String,
    /// The country.
    pub region_id: String,
    /// The parts of the address.
    pub address: Vec<Part>,
    /// In a hurry.
    pub expedite: Option<bool>,
}

/// A part of an address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Part {
    /// Which.
    pub id: String,
    /// Its value.
    pub value: String,
}

fn misfit(at: &str, wanted: &str) -> Problem {
    let at = if at.is_empty() { "The body" } else { at };
    Problem::new("400-Malformed", format!("{at} must be {wanted}."))
}

/// Compares a value with its shape; `problems` gets whatever does not fit.
fn check(value: &Value, shape: &Shape, at: &str, problems: &mut Vec<Problem>) {
    match (shape, value) {
        (Text, Value::String(_)) | (Flag, Value::Bool(_)) => {}
        (Whole, Value::Number(n)) if n.is_u64() => {}
        (List(of), Value::Array(items)) => {
            for (i, item) in items.iter().enumerate() {
                check(item, of, &format!("{at}[{i}]"), problems);
            }
        }
        (Members(known), Value::Object(map)) => {
            for (name, value) in map {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                match known.iter().find(|(n, _)| n == name) {
                    Some((_, shape)) => check(value, shape, &at, problems),
                    None => problems
                        .push(Problem::new("400-Unknown-Member", format!("{at} is not a known member.")).at(name)),
                }
            }
        }
        (Text, _) => problems.push(misfit(at, "a text")),
        (Flag, _) => problems.push(misfit(at, "true or false")),
        (Whole, _) => problems.push(misfit(at, "a whole number")),
        (List(_), _) => problems.push(misfit(at, "a list")),
        (Members(_), _) => problems.push(misfit(at, "an object")),
    }
}

fn names(value: Option<&Value>) -> Vec<String> {
    let map = value.and_then(Value::as_object);
    map.map(|m| m.keys().cloned().collect()).unwrap_or_default()
}

/// Reads a body.
///
/// # Errors
/// Everything in it that is not of the published shape.
pub fn read(bytes: &[u8]) -> Result<Order, Vec<Problem>> {
    let malformed =
        |e: serde_json::Error| vec![Problem::new("400-Malformed", format!("The body is not as it should be: {e}."))];
    let mut value: Value = serde_json::from_slice(bytes).map_err(malformed)?;
    let mut problems = Vec::new();
    check(&value, &BODY, "", &mut problems);
    let Some(request) = value.get_mut("orderRequest").map(Value::take) else {
        problems.push(Problem::new("400-Malformed", "orderRequest must be passed in."));
        return Err(problems);
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let sent = names(Some(&request));
    let in_cart = names(request.get("shoppingCart"));
    let mut order: Order = serde_json::from_value(request).map_err(malformed)?;
    order.sent = sent;
    if let Some(cart) = &mut order.shopping_cart {
        cart.sent = in_cart;
    }
    Ok(order)
}
