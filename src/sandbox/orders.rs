//! What an order comes to (WIRE 7): its confirmation, the placed order, and the orders kept.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::body::Answer;
use super::faults::Kind;
use super::fields::day;
use super::phones;
use super::records::Feature;
use super::reply::{self, ELSEWHERE, Page, Problem, Refusal, put, without};
use super::rules::Resolved;
use super::terms::Property;

/// The published example's number, from which placed orders are counted.
const FIRST_ORDER: u64 = 8_711_660;

/// The property that answers an id.
fn property<'w>(of: &Resolved<'w>, id: &str) -> Option<&'w Property> {
    let mut fields = of.set.iter().flat_map(|s| &s.groups).flat_map(|g| &g.fields);
    fields.find(|p| p.id == id)
}

fn changed(fault: &Kind, id: &str) -> Option<String> {
    let Kind::Change(of, text) = fault else {
        return None;
    };
    (of == id).then(|| text.clone())
}

/// An answer as replies show it: a choice by its id alone, a date at midnight UTC.
fn answer(of: &Resolved<'_>, a: &Answer, faults: &[Kind]) -> Option<Value> {
    if faults.contains(&Kind::Omit(a.id.clone())) {
        return None;
    }
    let text = faults.iter().find_map(|f| changed(f, &a.id));
    let mut shown = json!({"id": a.id, "type": a.kind});
    let known = property(of, &a.id).filter(|p| !p.unlabelled);
    put(&mut shown, "label", known.map(|p| &p.label));
    let sent_day = a.date.as_ref().and_then(|d| day(d)).map(|d| format!("{d}T00:00:00Z"));
    match a.kind.as_str() {
        "TEXT" => put(&mut shown, "text", text.or_else(|| a.text.clone())),
        "DATE" => put(&mut shown, "date", text.or(sent_day)),
        _ => {
            let chosen = text.or_else(|| a.choice.as_ref().map(|c| c.id.clone()));
            put(&mut shown, "choice", chosen.map(|id| json!({"id": id})));
        }
    }
    Some(shown)
}

fn properties(of: &Resolved<'_>, faults: &[Kind]) -> Value {
    let group = |g: &super::body::Answers| {
        let fields: Vec<Value> = g.fields.iter().filter_map(|a| answer(of, a, faults)).collect();
        json!({"groupId": g.group_id, "fields": fields})
    };
    of.order.properties.iter().map(group).collect()
}

/// `shipTo` in full; none where nothing is shipped.
fn ship_to(of: &Resolved<'_>) -> Option<Value> {
    let (sent, country) = (of.order.ship_to.as_ref()?, of.ship_to?);
    let part = |p: &super::body::Part| {
        let known = country.address_format.iter().find(|w| w.id == p.id);
        let mut shown = json!({"id": p.id, "value": p.value});
        put(&mut shown, "label", known.map(|w| &w.label));
        shown
    };
    let address: Vec<Value> = sent.address.iter().map(part).collect();
    let mut shown = json!({"name": sent.name, "region": reply::region_mention(country), "address": address});
    put(&mut shown, "expedite", sent.expedite);
    Some(shown)
}

/// What it costs: the items and, once, a regulatory tax of the order's own country that no item shows.
fn costs(of: &Resolved<'_>) -> Option<Value> {
    let vendor = of.seller.or(of.vendor).filter(|_| of.rule.costs)?;
    let cart = &of.cart;
    let tax = of.region.filter(|_| of.rule.takes("regionId")).map_or(Decimal::ZERO, |r| r.order_tax);
    let devices = cart.device.iter().map(|d| d.price);
    let once: Decimal = devices.chain(cart.accessories.iter().map(|a| a.price)).sum();
    let plans = cart.plan.iter().map(|p| p.price);
    let added = cart.changes.iter().filter(|(_, action)| action == "ADD").map(|(f, _)| f.price);
    let monthly: Decimal = plans.chain(cart.features.iter().map(|f| f.price)).chain(added).sum();
    let once = reply::price(once + tax, &vendor.currency, "ONETIME");
    Some(json!([once, reply::price(monthly, &vendor.currency, "MONTHLY")]))
}

/// Features that are added and removed, as confirmations and orders show them.
fn changes(of: &Resolved<'_>) -> Vec<Value> {
    let change = |(f, action): &(&Feature, String)| {
        let mut shown = reply::feature(of.asker.world, f);
        put(&mut shown, "action", Some(action));
        shown
    };
    of.cart.changes.iter().map(change).collect()
}

fn cart(of: &Resolved<'_>) -> Option<Value> {
    let sent = of.order.shopping_cart.as_ref()?;
    let world = of.asker.world;
    let goods = &of.cart;
    let mut shown = json!({"quantity": of.rule.quantity});
    put(&mut shown, "device", goods.device.map(|d| reply::device(world, d)));
    let plan = goods.plan.map(|p| reply::plan_with(world, p, goods.features.iter().copied()));
    put(&mut shown, "plan", plan);
    let accessories: Vec<Value> = goods.accessories.iter().map(|a| reply::accessory(world, a)).collect();
    put(&mut shown, "accessories", (!accessories.is_empty()).then_some(accessories));
    put(&mut shown, "features", (!goods.changes.is_empty()).then(|| changes(of)));
    put(&mut shown, "featureRequestComment", sent.feature_request_comment.as_ref());
    Some(shown)
}

/// What was agreed to, with its label.
fn agreements(of: &Resolved<'_>) -> Option<Vec<Value>> {
    let known = |id: &str| of.agreements.iter().flat_map(|s| &s.acknowledgements).find(|a| a.id == id);
    let agreement = |a: &super::body::Agreement| {
        let mut shown = json!({"id": a.id, "type": a.kind, "boolean": a.boolean});
        put(&mut shown, "label", known(&a.id).map(|k| &k.label));
        shown
    };
    Some(of.order.acknowledgements.as_ref()?.iter().map(agreement).collect())
}

fn number<'o>(of: &'o Resolved<'_>, faults: &'o [Kind]) -> &'o str {
    let other = faults.iter().find_map(|f| {
        let Kind::Number(text) = f else { return None };
        Some(text.as_str())
    });
    other.unwrap_or(&of.order.external_order_number)
}

/// `{"orderConfirmation":{…},"status":"SUCCESS"}`.
pub fn confirmation(of: &Resolved<'_>, faults: &[Kind]) -> Value {
    let world = of.asker.world;
    let holder = faults.iter().find_map(|f| {
        let Kind::Holder(id) = f else { return None };
        world.employee(id)
    });
    let mut shown = json!({
        "externalOrderNumber": number(of, faults),
        "transactionType": of.rule.code,
        "accountHolder": reply::person(world, holder.unwrap_or(of.holder)),
        "properties": properties(of, faults),
    });
    let agent = world.employee(&world.agent);
    put(&mut shown, "requestedBy", agent.map(|e| reply::person(world, e)));
    put(&mut shown, "region", of.region.map(reply::region_mention));
    put(&mut shown, "postalCode", of.order.postal_code.as_ref());
    put(&mut shown, "shoppingCart", cart(of));
    put(&mut shown, "costSummary", costs(of));
    put(&mut shown, "shipTo", ship_to(of));
    let service = of.asker.service;
    put(&mut shown, "service", service.map(reply::service_mention));
    let device = service.and_then(|s| s.device.as_ref());
    put(&mut shown, "device", device.map(|d| reply::handset(d, true)));
    let phone = |p: &super::body::Phone| phones::shown(world, p);
    put(&mut shown, "existingDevice", of.order.existing_device.as_ref().map(phone));
    put(&mut shown, "newDevice", of.order.new_device.as_ref().map(phone));
    put(&mut shown, "currentVendor", of.current.map(|v| reply::vendor_mention(world, &v.id)));
    put(&mut shown, "acknowledgements", agreements(of));
    json!({"orderConfirmation": shown, "status": "SUCCESS"})
}

/// A cart's item as an order shows it: by name, without ids.
fn by_name(item: Value) -> Value {
    without(item, &["_meta", "id", "vendor"])
}

fn segment(of: &Resolved<'_>, order: u64) -> Value {
    let world = of.asker.world;
    let goods = &of.cart;
    let mut plan = json!({"optionalFeatures": []});
    if let Some(p) = goods.plan {
        let features = goods.features.iter().map(|f| by_name(reply::feature(world, f)));
        let features: Vec<Value> = features.collect();
        plan = by_name(reply::plan(world, p));
        put(&mut plan, "optionalFeatures", Some(features));
    }
    let accessories = goods.accessories.iter().map(|a| by_name(reply::accessory(world, a)));
    let accessories: Vec<Value> = accessories.collect();
    let mut shown = json!({
        "orderSegmentId": format!("{order}1"), "status": "ORDER_SUBMITTED",
        "accessories": accessories, "features": changes(of), "plan": plan,
    });
    let device = goods.device.map(|d| by_name(reply::device(world, d)));
    put(&mut shown, "device", device);
    let of_segment = |what: &str| format!("{ELSEWHERE}/orders/{order}/{what}?orderSegment={order}1");
    let links = json!({"hrefHistory": of_segment("history"), "hrefShipments": of_segment("shipments")});
    put(&mut shown, "_meta", Some(links));
    put(&mut shown, "vendor", of.seller.or(of.vendor).map(|v| reply::vendor_mention(world, &v.id)));
    shown
}

/// The orders that were really placed.
#[derive(Default)]
pub struct Orders(Vec<Value>);

/// What `GET /orders` leaves out unless its parameter asks for it (WIRE 6).
const ON_REQUEST: [(&str, &str); 3] = [
    ("includeShipToAddress", "shipTo"),
    ("includeOrderProperties", "properties"),
    ("includeOrderSegments", "orderSegments"),
];

impl Orders {
    /// All of them, oldest first.
    pub fn all(&self) -> &[Value] {
        &self.0
    }
    /// The order of that id.
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.0.iter().find(|o| o["orderId"] == id)
    }
    /// Places an order: `{"order":{…},"status":"SUCCESS"}`.
    pub fn place(&mut self, of: &Resolved<'_>, faults: &[Kind]) -> Value {
        let world = of.asker.world;
        let id = FIRST_ORDER + self.0.len() as u64;
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
        let mut shown = json!({
            "_meta": {"href": format!("{ELSEWHERE}/orders/{id}")},
            "orderId": id.to_string(),
            "externalOrderNumber": number(of, faults),
            "transactionType": of.rule.code,
            "status": "ORDER_SUBMITTED",
            "dateSubmitted": now.to_string(),
            "updated": now.to_string(),
            "accountHolder": reply::person(world, of.holder),
            "properties": properties(of, faults),
            "orderSegments": {"items": [segment(of, id)]},
            "shipTo": ship_to(of).unwrap_or_else(|| json!({"address": []})),
        });
        let agent = world.employee(&world.agent);
        put(&mut shown, "requestedBy", agent.map(|e| reply::person(world, e)));
        put(&mut shown, "serviceNumber", of.asker.service.map(|s| &s.service_number));
        self.0.push(shown.clone());
        json!({"order": shown, "status": "SUCCESS"})
    }
    /// A page of those that `keep` keeps; `asked` are the include parameters that are true.
    pub fn page(&self, page: Page, newest_first: bool, asked: &[&str], keep: impl Fn(&Value) -> bool) -> Value {
        let mut found: Vec<&Value> = self.0.iter().filter(|o| keep(o)).collect();
        if newest_first {
            found.reverse();
        }
        let hidden = ON_REQUEST.iter().filter(|(ask, _)| !asked.contains(ask));
        let hidden: Vec<&str> = hidden.map(|(_, member)| *member).collect();
        page.of("/orders", "", &found, |o| without((*o).clone(), &hidden))
    }
}

/// The refusal that a fault asks for.
pub fn refusal(faults: &[Kind]) -> Option<Refusal> {
    faults.iter().find_map(|f| {
        let problem = if let Kind::Refuse(id, message) = f {
            let told = || format!("{id} was refused by the carrier.");
            // Where the message is the tester's own, the id stands in the code (WIRE 4).
            Problem::new(format!("400-{id}-Refused"), message.clone().unwrap_or_else(told))
        } else if let Kind::RefusePlain(message) = f {
            Problem::new("400-Order-Refused", message)
        } else {
            return None;
        };
        Some(Refusal { status: 200, problems: vec![problem], as_order: true })
    })
}

/// Whether a fault makes a confirmation order.
pub fn orders_anyway(faults: &[Kind]) -> bool {
    faults.contains(&Kind::Ordered)
}
