//! What an order comes to (WIRE 7): its confirmation, the placed order, a refusal.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::faults::Kind;
use super::kept::{self, Record};
use super::phones;
use super::reply::{self, ELSEWHERE, Problem, Refusal, put};
use super::rules::Resolved;
use super::shown::{Place, changes, properties, segment, ship_to};

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
    put(&mut shown, "features", (!goods.changes.is_empty()).then(|| changes(world, goods)));
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

fn shipped(of: &Resolved<'_>) -> Option<Value> {
    of.order.ship_to.as_ref().zip(of.ship_to).map(|(sent, country)| ship_to(sent, country))
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
        "accountHolder": reply::person(world, holder.as_ref().unwrap_or(&of.holder)),
        "properties": properties(of.set, &of.order.properties, faults),
    });
    let agent = world.employee(&world.agent);
    put(&mut shown, "requestedBy", agent.map(|e| reply::person(world, &e)));
    put(&mut shown, "region", of.region.map(reply::region_mention));
    put(&mut shown, "postalCode", of.order.postal_code.as_ref());
    put(&mut shown, "shoppingCart", cart(of));
    put(&mut shown, "costSummary", costs(of));
    put(&mut shown, "shipTo", shipped(of));
    let service = of.asker.service.as_deref();
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

/// The order as it is kept (WIRE 7), with the number that it is given.
pub fn order(of: &Resolved<'_>, id: &str, faults: &[Kind]) -> Record {
    let world = of.asker.world;
    let now = kept::now().to_string();
    let place = Place { order: id, segment: &format!("{id}1"), status: "ORDER_SUBMITTED" };
    let mut shown = json!({
        "_meta": {"href": format!("{ELSEWHERE}/orders/{id}")},
        "orderId": id,
        "externalOrderNumber": number(of, faults),
        "transactionType": of.rule.code,
        "status": "ORDER_SUBMITTED",
        "dateSubmitted": now,
        "updated": now,
        "accountHolder": reply::person(world, &of.holder),
        "properties": properties(of.set, &of.order.properties, faults),
        "orderSegments": {"items": [segment(world, &of.cart, of.seller.or(of.vendor), &place)]},
        "shipTo": shipped(of).unwrap_or_else(|| json!({"address": []})),
    });
    let agent = world.employee(&world.agent);
    put(&mut shown, "requestedBy", agent.map(|e| reply::person(world, &e)));
    put(&mut shown, "serviceNumber", of.asker.service.as_ref().map(|s| &s.service_number));
    let history = vec![kept::submitted(&now)];
    Record { order: shown, history, listed_from: listed_from(faults), ..Record::default() }
}

/// When an order comes into the lists that a fault keeps out of them at first.
fn listed_from(faults: &[Kind]) -> Option<Timestamp> {
    let late = faults.iter().filter_map(|f| {
        let Kind::Late(seconds) = f else { return None };
        Some(SignedDuration::from_secs((*seconds).into()))
    });
    late.max().and_then(|wait| Timestamp::now().checked_add(wait).ok())
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
