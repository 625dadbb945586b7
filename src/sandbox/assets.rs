//! What people have (WIRE 6): their lines, and their devices with and without a line.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::lines::Asset;
use super::params::{Actor, NARROWING, PAGING, Params, SORTING, Segment, nothing};
use super::reply::{self, Refusal, put, without};
use super::resources::{Answer, At, Site};
use super::roll::Wanted;
use super::world::World;

/// What tells more of a device.
const INCLUDES: [&str; 2] = ["includeServiceDetails", "includeUpgradeEligibleDate"];

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/assets/services", get(services))
        .route("/assets/services/{id}", get(service))
        .route("/assets/devices", get(devices))
        .route("/assets/devices/{id}", get(device))
}

async fn services(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &SORTING, &NARROWING, &["dateTimeUpdated"]])?;
    let page = params.page()?;
    let world = &site.world;
    let only = owned(world, &params, |id| world.lines.services_of(id));
    let wanted = Wanted { only, ..params.wanted("dateTimeUpdated")? };
    let (total, places) = world.lines.services(&wanted, page.offset, page.limit);
    let lines = places.into_iter().filter_map(|place| world.lines.service_at(place));
    let shown = lines.map(|s| reply::service(world, &s)).collect();
    Ok(Json(json!({"services": page.with("/assets/services", "", total, shown)})))
}

/// The places of what those have whom the parameters name; none where they do not narrow.
fn owned(world: &World, params: &Params, of: impl Fn(&str) -> Vec<u32>) -> Option<Vec<u32>> {
    let people = params.named(world)?;
    Some(people.into_iter().flat_map(|place| of(&world.people.who(place).id)).collect())
}

async fn service(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[])?;
    let found = site.world.service(&id).ok_or_else(|| nothing("service", &id))?;
    Ok(Json(reply::service(&site.world, &found)))
}

fn flags(params: &Params) -> Result<(bool, bool), Refusal> {
    let [service, date] = INCLUDES.map(|name| params.flag(name));
    Ok((service? == Some(true), date? == Some(true)))
}

fn shown(world: &World, asset: &Asset, (service, date): (bool, bool)) -> Value {
    let mut shown = asset.handset().map_or_else(|| json!({}), |d| reply::handset(d, false));
    put(&mut shown, "employee", world.employee(asset.owner()).map(|e| reply::person(world, &e)));
    put(&mut shown, "updated", Some(asset.updated()));
    let line = asset.line().filter(|_| service);
    put(&mut shown, "service", line.map(|s| without(reply::service(world, s), &["device"])));
    let due = asset.line().filter(|_| date).and_then(|s| s.upgrade_eligibility_date.as_ref());
    put(&mut shown, "upgradeEligibilityDate", due);
    shown
}

async fn devices(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &SORTING, &NARROWING, &INCLUDES, &["dateTimeUpdated"]])?;
    let (page, flags) = (params.page()?, flags(&params)?);
    let world = &site.world;
    let only = owned(world, &params, |id| world.lines.assets_of(id));
    let wanted = Wanted { only, ..params.wanted("dateTimeUpdated")? };
    let (total, places) = world.lines.assets(&wanted, page.offset, page.limit);
    let assets = places.into_iter().filter_map(|place| world.lines.asset_at(place));
    let shown = assets.map(|a| shown(world, &a, flags)).collect();
    Ok(Json(json!({"devices": page.with("/assets/devices", "", total, shown)})))
}

async fn device(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[&INCLUDES])?;
    let flags = flags(&params)?;
    let found = site.world.asset(&id).ok_or_else(|| nothing("device", &id))?;
    Ok(Json(shown(&site.world, &found, flags)))
}
