//! The resources of ordering (WIRE 6, 7): what is asked for, what has to be agreed to, `POST /orders`, and the orders so far.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, header};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::asker::Asker;
use super::orders::{self, Orders};
use super::params::{Actor, NARROWING, PAGING, Params, SORTING, nothing, text};
use super::records::Employee;
use super::reply::Refusal;
use super::resources::{Answer, At, Site, Struck};
use super::terms::{Item, Rule, VendorFrom};
use super::{body, rules};

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/orders", get(list_orders).post(post_order))
        .route("/orders/properties", get(properties))
        .route("/orders/{id}", get(order))
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

async fn list_orders(State(site): At, _: Actor, params: Params) -> Answer {
    const INCLUDES: [&str; 6] = [
        "includeShipToAddress",
        "includeOrderProperties",
        "includeOrderSegments",
        "includeApprovers",
        "includeOrderShipments",
        "includeOrderHistory",
    ];
    params.only(&[&PAGING, &SORTING, &NARROWING, &INCLUDES, &["dateTimeUpdated"]])?;
    let page = params.page()?;
    let since = params.since("dateTimeUpdated")?;
    let newest_first = params.descending()?;
    // By update or by number: with nothing ever updated it is the same order.
    params.sort::<Employee>(&mut [], |e| &e.updated)?;
    let mut asked = Vec::new();
    for name in INCLUDES {
        asked.extend(params.flag(name)?.filter(|yes| *yes).map(|_| name));
    }
    let holder = |o: &Value| o["accountHolder"]["id"].as_str().and_then(|id| site.world.employee(id));
    let kept = |o: &Value| holder(o).is_some_and(|e| params.keeps(e)) && since(o["updated"].as_str().unwrap_or(""));
    let shown = locked(&site.orders).page(page, newest_first, &asked, kept);
    Ok(Json(json!({"orders": shown})))
}

async fn order(State(site): At, _: Actor, params: Params, Path(id): Path<String>) -> Answer {
    params.only(&[&["orderSegment"]])?;
    let orders = locked(&site.orders);
    let found = orders.get(&id).ok_or_else(|| nothing("order", &id))?;
    Ok(Json(json!({"order": found, "status": "SUCCESS"})))
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
