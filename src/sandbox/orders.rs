//! What an order comes to (WIRE 7): its confirmation, the placed order, and the orders kept.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::faults::Kind;
use super::phones;
use super::reply::{self, ELSEWHERE, Page, Problem, Refusal, put, without};
use super::rules::Resolved;
use super::shown::{Place, changes, properties, segment, ship_to};

/// The published example's number, from which placed orders are counted.
const FIRST_ORDER: u64 = 8_711_660;

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
        "accountHolder": reply::person(world, holder.unwrap_or(of.holder)),
        "properties": properties(of.set, &of.order.properties, faults),
    });
    let agent = world.employee(&world.agent);
    put(&mut shown, "requestedBy", agent.map(|e| reply::person(world, e)));
    put(&mut shown, "region", of.region.map(reply::region_mention));
    put(&mut shown, "postalCode", of.order.postal_code.as_ref());
    put(&mut shown, "shoppingCart", cart(of));
    put(&mut shown, "costSummary", costs(of));
    put(&mut shown, "shipTo", shipped(of));
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

/// Something that happened to an order, or to one segment of it.
pub struct Entry {
    /// The segment; none where it concerns them all.
    pub segment: Option<String>,
    /// What is shown.
    pub shown: Value,
}

/// An order with what other resources tell of it.
pub struct Kept {
    /// The order as `GET /orders/{id}` shows it.
    pub order: Value,
    /// Its history, oldest first.
    pub history: Vec<Entry>,
    /// Its shipments, oldest first.
    pub shipments: Vec<Entry>,
    /// Who may approve it, as persons.
    pub approvers: Vec<Value>,
}

fn of_segment<'k>(entries: &'k [Entry], segment: Option<&str>) -> Vec<&'k Value> {
    let concerns = |e: &&Entry| segment.is_none() || e.segment.is_none() || e.segment.as_deref() == segment;
    entries.iter().filter(concerns).map(|e| &e.shown).collect()
}

impl Kept {
    /// What happened to it, or to a segment.
    pub fn history(&self, segment: Option<&str>) -> Vec<&Value> {
        of_segment(&self.history, segment)
    }
    /// What was shipped of it, or of a segment.
    pub fn shipments(&self, segment: Option<&str>) -> Vec<&Value> {
        of_segment(&self.shipments, segment)
    }
    /// A text of the order.
    pub fn text(&self, member: &str) -> &str {
        self.order.get(member).and_then(Value::as_str).unwrap_or("")
    }
    /// Whether it waits for that person's approval.
    pub fn waits_for(&self, employee: &str) -> bool {
        self.text("status") == "APPROVAL_PENDING" && self.approvers.iter().any(|a| a["id"] == employee)
    }
    /// The order in a list: `asked` are the include parameters that are true.
    fn listed(&self, asked: &[&str]) -> Value {
        let hidden = ON_REQUEST.iter().filter(|(ask, _)| !asked.contains(ask));
        let hidden: Vec<&str> = hidden.map(|(_, member)| *member).collect();
        let mut shown = without(self.order.clone(), &hidden);
        let wants = |name: &str| asked.contains(&name);
        put(&mut shown, "orderHistory", wants("includeOrderHistory").then(|| self.history(None)));
        put(&mut shown, "orderShipments", wants("includeOrderShipments").then(|| self.shipments(None)));
        put(&mut shown, "approvers", wants("includeApprovers").then_some(&self.approvers));
        shown
    }
}

/// The orders: those of earlier times, and those that were really placed in this run.
#[derive(Default)]
pub struct Orders {
    earlier: Vec<Kept>,
    placed: Vec<Kept>,
}

/// What `GET /orders` leaves out unless its parameter asks for it (WIRE 6).
const ON_REQUEST: [(&str, &str); 3] = [
    ("includeShipToAddress", "shipTo"),
    ("includeOrderProperties", "properties"),
    ("includeOrderSegments", "orderSegments"),
];

impl Orders {
    /// Takes up the orders of earlier times, oldest first.
    pub fn remember(&mut self, earlier: Vec<Kept>) {
        self.earlier = earlier;
    }
    /// Those placed in this run, oldest first.
    pub fn placed(&self) -> Vec<Value> {
        self.placed.iter().map(|k| k.order.clone()).collect()
    }
    /// The order of that id.
    pub fn get(&self, id: &str) -> Option<&Kept> {
        self.earlier.iter().chain(&self.placed).find(|k| k.text("orderId") == id)
    }
    /// Places an order: `{"order":{…},"status":"SUCCESS"}`.
    pub fn place(&mut self, of: &Resolved<'_>, faults: &[Kind]) -> Value {
        let world = of.asker.world;
        let id = (FIRST_ORDER + self.placed.len() as u64).to_string();
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default().to_string();
        let place = Place { order: &id, segment: &format!("{id}1"), status: "ORDER_SUBMITTED" };
        let mut shown = json!({
            "_meta": {"href": format!("{ELSEWHERE}/orders/{id}")},
            "orderId": id,
            "externalOrderNumber": number(of, faults),
            "transactionType": of.rule.code,
            "status": "ORDER_SUBMITTED",
            "dateSubmitted": now,
            "updated": now,
            "accountHolder": reply::person(world, of.holder),
            "properties": properties(of.set, &of.order.properties, faults),
            "orderSegments": {"items": [segment(world, &of.cart, of.seller.or(of.vendor), &place)]},
            "shipTo": shipped(of).unwrap_or_else(|| json!({"address": []})),
        });
        let agent = world.employee(&world.agent);
        put(&mut shown, "requestedBy", agent.map(|e| reply::person(world, e)));
        put(&mut shown, "serviceNumber", of.asker.service.map(|s| &s.service_number));
        let told = json!({"date": now, "status": "ORDER_SUBMITTED", "comment": "The order was submitted."});
        let history = vec![Entry { segment: None, shown: told }];
        self.placed.push(Kept { order: shown.clone(), history, shipments: Vec::new(), approvers: Vec::new() });
        json!({"order": shown, "status": "SUCCESS"})
    }
    /// The orders that `keep` keeps, as a page shows them: the earlier ones before those of this run.
    pub fn page(&self, list: &Listing<'_>, keep: impl Fn(&Kept) -> bool) -> Value {
        let mut found: Vec<&Kept> = self.earlier.iter().filter(|k| keep(k)).collect();
        if list.by_update {
            found.sort_by_key(|k| k.text("updated").parse::<Timestamp>().unwrap_or_default());
        }
        found.extend(self.placed.iter().filter(|k| keep(k)));
        if list.newest_first {
            found.reverse();
        }
        list.page.of("/orders", "", &found, |k| k.listed(list.asked))
    }
}

/// How a list of orders is wanted.
pub struct Listing<'p> {
    /// Which part of it.
    pub page: Page,
    /// By update, where it is not by number.
    pub by_update: bool,
    /// Turned round.
    pub newest_first: bool,
    /// The include parameters that are true.
    pub asked: &'p [&'p str],
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
