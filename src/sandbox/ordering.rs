//! The resources of ordering (WIRE 6, 7): what is asked for, what has to be agreed to, `POST /orders`, and the orders so far.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::asker::Asker;
use super::faults::{self, Kind};
use super::kept::{Kept, Listing, Orders, Record};
use super::params::{Actor, NARROWING, PAGING, Params, SORTING, Segment, nothing, text};
use super::reply::{self, Refusal, put};
use super::resources::{Answer, At, Site, Struck};
use super::terms::{Item, Rule, VendorFrom};
use super::world::World;
use super::{body, locked, orders, rules};

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
    let of = match (vendor, service.as_ref()) {
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

/// Does what may have to wait for a file, on a thread that may wait. It is done even where nobody waits for it any more.
async fn elsewhere(work: impl FnOnce() -> Result<Value, Refusal> + Send + 'static) -> Answer {
    let gone = |_| Refusal::one(500, "Orders", "The orders cannot be reached.");
    tokio::task::spawn_blocking(work).await.map_err(gone)?.map(Json)
}

/// The orders as they are now, those that other processes have placed among them.
fn current(orders: &Mutex<Orders>) -> Result<MutexGuard<'_, Orders>, Refusal> {
    let mut orders = locked(orders);
    let unread = |e| Refusal::one(500, "Orders", format!("The kept orders cannot be read: {e}."));
    orders.read_on().map_err(unread)?;
    Ok(orders)
}

/// Whose approval the parameters ask about: an order must wait for all of them.
fn approvers(world: &World, params: &Params) -> Vec<String> {
    let id = params.get("eligibleToApproveEmployeeId");
    let company = params.get("eligibleToApproveCompanyEmployeeId").map(|id| world.by_company_id(id));
    let company = company.map(|e| e.map_or_else(String::new, |e| e.id.clone()));
    id.map(str::to_owned).into_iter().chain(company).collect()
}

/// Whom the parameters narrow the list to; none where they do not.
fn holders(world: &World, params: &Params) -> Option<Vec<String>> {
    let ids = |places: Vec<u32>| places.into_iter().map(|place| world.people.who(place).id.clone()).collect();
    params.named(world).map(ids)
}

async fn list_orders(
    State(site): At,
    _: Actor,
    params: Params,
    Extension(Struck(faults)): Extension<Struck>,
) -> Answer {
    elsewhere(move || listed(&site, &params, &faults)).await
}

fn listed(site: &Site, params: &Params, faults: &[Kind]) -> Result<Value, Refusal> {
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
    let since = params.time("dateTimeUpdated")?;
    let newest_first = params.descending()?;
    let by_update = params.by_update()?;
    let mut asked = Vec::new();
    for name in INCLUDES {
        asked.extend(params.flag(name)?.filter(|yes| *yes).map(|_| name));
    }
    let (holders, approvers) = (holders(world, params), approvers(world, params));
    let kept = |k: &Kept| {
        holders.as_ref().is_none_or(|of| of.contains(&k.holder))
            && since.is_none_or(|since| k.updated >= since)
            && approvers.iter().all(|a| k.waits_for(a))
    };
    let list = Listing { page, by_update, newest_first, asked: &asked, shifts: &faults::shifts(faults) };
    Ok(json!({"orders": current(&site.orders)?.page(&list, kept)}))
}

/// The segments of an order.
fn segments(order: &Value) -> Vec<&Value> {
    order["orderSegments"]["items"].as_array().into_iter().flatten().collect()
}

/// The segment that is asked for, which must be one of the order's.
fn segment<'p>(params: &'p Params, of: &Record) -> Result<Option<&'p str>, Refusal> {
    params.only(&[&["orderSegment"]])?;
    let Some(id) = params.get("orderSegment") else { return Ok(None) };
    let unknown =
        || Refusal::bad("Unknown-Id", format!("The parameter orderSegment names \"{id}\", which is not known."));
    let known = segments(&of.order).iter().any(|s| s["orderSegmentId"] == id);
    known.then_some(Some(id)).ok_or_else(unknown)
}

/// Shows something of the order of that id, or of the segment that is asked for.
async fn shown(
    (site, params, id): (Arc<Site>, Params, String),
    show: fn(&str, &Record, Option<&str>) -> Value,
) -> Answer {
    elsewhere(move || {
        let found = current(&site.orders)?.get(&id).ok_or_else(|| nothing("order", &id))?;
        Ok(show(&id, &found, segment(&params, &found)?))
    })
    .await
}

async fn order(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    shown((site, params, id), |_, of, segment| {
        let mut shown = of.order.clone();
        let only = |id: &str| -> Vec<&Value> {
            segments(&of.order).into_iter().filter(|s| s["orderSegmentId"] == id).collect()
        };
        put(&mut shown, "orderSegments", segment.map(|id| json!({"items": only(id)})));
        json!({"order": shown, "status": "SUCCESS"})
    })
    .await
}

async fn history(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    shown((site, params, id), |id, of, segment| {
        let shown = of.history(segment).into_iter().cloned().collect();
        json!({"history": reply::whole(&format!("/orders/{id}/history"), shown)})
    })
    .await
}

async fn shipments(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    shown((site, params, id), |id, of, segment| {
        let shown = of.shipments(segment).into_iter().cloned().collect();
        json!({"shipments": reply::whole(&format!("/orders/{id}/shipments"), shown)})
    })
    .await
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
    elsewhere(move || {
        let world = &site.world;
        let resolved = rules::resolve(world, actor.of(world)?, sent)?;
        if let Some(refusal) = orders::refusal(&faults) {
            return Err(refusal);
        }
        if confirms && !orders::orders_anyway(&faults) {
            return Ok(orders::confirmation(&resolved, &faults));
        }
        let placed = locked(&site.orders).place(|id| orders::order(&resolved, id, &faults));
        let unkept =
            |e| Refusal::one(500, "Order-Not-Kept", format!("The order cannot be kept, so it was not placed: {e}."));
        Ok(json!({"order": placed.map_err(unkept)?, "status": "SUCCESS"}))
    })
    .await
}
