//! The resources of ordering (WIRE 6, 7): what is asked for, what has to be agreed to, `POST /orders`, and the orders so far.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::asker::Asker;
use super::orders::{self, Kept, Listing, Orders};
use super::params::{Actor, NARROWING, PAGING, Params, SORTING, Segment, nothing, text};
use super::records::Employee;
use super::reply::{self, Refusal, put};
use super::resources::{Answer, At, Site, Struck};
use super::terms::{Item, Rule, VendorFrom};
use super::world::World;
use super::{body, rules};

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/orders", get(list_orders).post(post_order))
        .route("/orders/properties", get(properties))
        .route("/orders/{id}", get(order))
        .route("/orders/{id}/history", get(history))
        .route("/orders/{id}/shipments", get(shipments))
        .route("/acknowledgements", get(acknowledgements))
}

async fn properties(State(site): At, actor: Actor, params: Params) -> Answer {
    params.only(&[&["transactionType", "vendor", "service", "orderExcludesDevice", "orderExcludesPlan"]])?;
    let world = &site.world;
    let code = params.needed("transactionType")?;
    let unknown = || Refusal::bad("Transaction-Type", format!("transactionType \"{code}\" is not known."));
    let rule = world.rule(code).ok_or_else(unknown)?;
    let vendor = params.known("vendor", |id| world.vendor(id).filter(|v| v.carrier))?;
    let service = params.service(world)?;
    let of = match (vendor, service) {
        (Some(v), None) if rule.vendor_from != VendorFrom::Service => &v.id,
        (None, Some(s)) if rule.vendor_from == VendorFrom::Service => &s.vendor,
        (Some(_), Some(_)) => return Err(Refusal::bad("Parameter", "Pass in vendor or service, not both.")),
        (None, None) => return Err(Refusal::bad("Parameter-Missing", "Vendor ID or service ID must be passed in.")),
        (Some(_), None) | (None, Some(_)) => {
            let wanted = if vendor.is_some() { "service" } else { "vendor" };
            return Err(Refusal::bad("Parameter", format!("{code} asks for its properties by {wanted}.")));
        }
    };
    let without = left_out(rule, &params)?;
    let none = || Refusal::bad("Properties", format!("{code} asks for nothing with {of}."));
    let set = world.properties(code, of).ok_or_else(none)?;
    let asker = Asker { world, actor: actor.of(world)?, service };
    Ok(Json(asker.properties(set, &without)))
}

/// The items that an order leaves out, where its type tells them apart.
fn left_out(rule: &Rule, params: &Params) -> Result<Vec<Item>, Refusal> {
    let mut items = Vec::new();
    for (name, item) in [("orderExcludesDevice", Item::Device), ("orderExcludesPlan", Item::Plan)] {
        let excluded = params.flag(name)?;
        if excluded.is_some() && !rule.by_items {
            return Err(Refusal::bad("Parameter", format!("{} does not take the parameter {name}.", rule.code)));
        }
        items.extend((excluded == Some(true)).then_some(item));
    }
    Ok(items)
}

async fn acknowledgements(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&["transactionType", "vendor"]])?;
    let world = &site.world;
    let (code, vendor) = (params.needed("transactionType")?, params.needed("vendor")?);
    params.known("transactionType", |code| world.rule(code))?;
    params.known("vendor", |id| world.vendor(id).filter(|v| v.carrier))?;
    let set = world.acknowledgements(code, vendor);
    let blocks = set.iter().flat_map(|s| &s.infoblocks).map(|b| {
        let paragraphs: Vec<Value> = b.paragraphs.iter().map(|p| json!({"text": p.text})).collect();
        json!({"header": b.header, "paragraphs": paragraphs})
    });
    let asked = set.iter().flat_map(|s| &s.acknowledgements);
    let asked = asked.map(|a| json!({"id": a.id, "label": a.label, "type": a.kind, "validation": a.validation}));
    let (blocks, asked): (Vec<Value>, Vec<Value>) = (blocks.collect(), asked.collect());
    Ok(Json(json!({"infoblocks": blocks, "acknowledgements": asked})))
}

fn locked(orders: &Mutex<Orders>) -> std::sync::MutexGuard<'_, Orders> {
    orders.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an order waits for the approval of whoever the parameters name.
fn waits(world: &World, params: &Params, kept: &Kept) -> bool {
    let id = params.get("eligibleToApproveEmployeeId");
    let company = params.get("eligibleToApproveCompanyEmployeeId").map(|id| world.by_company_id(id));
    let company = company.map(|e| e.map_or("", |e| e.id.as_str()));
    id.is_none_or(|id| kept.waits_for(id)) && company.is_none_or(|id| kept.waits_for(id))
}

async fn list_orders(State(site): At, _: Actor, params: Params) -> Answer {
    const INCLUDES: [&str; 6] = [
        "includeShipToAddress",
        "includeOrderProperties",
        "includeOrderSegments",
        "includeApprovers",
        "includeOrderShipments",
        "includeOrderHistory",
    ];
    const APPROVING: [&str; 2] = ["eligibleToApproveEmployeeId", "eligibleToApproveCompanyEmployeeId"];
    params.only(&[&PAGING, &SORTING, &NARROWING, &INCLUDES, &APPROVING, &["dateTimeUpdated"]])?;
    let (world, page) = (&site.world, params.page()?);
    let since = params.since("dateTimeUpdated")?;
    let newest_first = params.descending()?;
    params.sort::<Employee>(&mut [], |e| &e.updated)?;
    let mut asked = Vec::new();
    for name in INCLUDES {
        asked.extend(params.flag(name)?.filter(|yes| *yes).map(|_| name));
    }
    let list = Listing { page, by_update: params.get("sortBy").is_some(), newest_first, asked: &asked };
    let holder = |k: &Kept| k.order["accountHolder"]["id"].as_str().and_then(|id| world.employee(id));
    let kept =
        |k: &Kept| holder(k).is_some_and(|e| params.keeps(e)) && since(k.text("updated")) && waits(world, &params, k);
    Ok(Json(json!({"orders": locked(&site.orders).page(&list, kept)})))
}

/// The segments of an order.
fn segments(order: &Value) -> Vec<&Value> {
    order["orderSegments"]["items"].as_array().into_iter().flatten().collect()
}

/// The segment that is asked for, which must be one of the order's.
fn segment<'p>(params: &'p Params, kept: &Kept) -> Result<Option<&'p str>, Refusal> {
    params.only(&[&["orderSegment"]])?;
    let Some(id) = params.get("orderSegment") else { return Ok(None) };
    let unknown =
        || Refusal::bad("Unknown-Id", format!("The parameter orderSegment names \"{id}\", which is not known."));
    let known = segments(&kept.order).iter().any(|s| s["orderSegmentId"] == id);
    known.then_some(Some(id)).ok_or_else(unknown)
}

async fn order(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    let orders = locked(&site.orders);
    let found = orders.get(&id).ok_or_else(|| nothing("order", &id))?;
    let mut shown = found.order.clone();
    if let Some(segment) = segment(&params, found)? {
        let only: Vec<&Value> = segments(&found.order).into_iter().filter(|s| s["orderSegmentId"] == segment).collect();
        put(&mut shown, "orderSegments", Some(json!({"items": only})));
    }
    Ok(Json(json!({"order": shown, "status": "SUCCESS"})))
}

async fn history(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    let orders = locked(&site.orders);
    let found = orders.get(&id).ok_or_else(|| nothing("order", &id))?;
    let shown = found.history(segment(&params, found)?).into_iter().cloned().collect();
    Ok(Json(json!({"history": reply::whole(&format!("/orders/{id}/history"), shown)})))
}

async fn shipments(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    let orders = locked(&site.orders);
    let found = orders.get(&id).ok_or_else(|| nothing("order", &id))?;
    let shown = found.shipments(segment(&params, found)?).into_iter().cloned().collect();
    Ok(Json(json!({"shipments": reply::whole(&format!("/orders/{id}/shipments"), shown)})))
}

async fn post_order(
    State(site): At,
    actor: Actor,
    params: Params,
    Extension(Struck(faults)): Extension<Struck>,
    (headers, bytes): (HeaderMap, Bytes),
) -> Answer {
    params.only(&[&["confirm", "confirmation"]])?;
    let confirms = params.flag("confirm")? == Some(true) || params.flag("confirmation")? == Some(true);
    let json = text(&headers, header::CONTENT_TYPE.as_str()).is_some_and(|t| t.starts_with("application/json"));
    if !json {
        return Err(Refusal::bad("Content-Type", "The body must be application/json."));
    }
    let malformed = |problems| Refusal { status: 400, problems, as_order: false };
    let sent = body::read(&bytes).map_err(malformed)?;
    let world = &site.world;
    let resolved = rules::resolve(world, actor.of(world)?, sent)?;
    if let Some(refusal) = orders::refusal(&faults) {
        return Err(refusal);
    }
    if confirms && !orders::orders_anyway(&faults) {
        return Ok(Json(orders::confirmation(&resolved, &faults)));
    }
    Ok(Json(locked(&site.orders).place(&resolved, &faults)))
}
