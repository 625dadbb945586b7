//! What people have (WIRE 6): their lines, and their devices with and without a line.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::params::{Actor, NARROWING, PAGING, Params, SORTING, Segment, nothing};
use super::records::{Handset, Service, Spare};
use super::reply::{self, Refusal, put, without};
use super::resources::{Answer, At, Site};
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
    let since = params.since("dateTimeUpdated")?;
    let world = &site.world;
    let owned = |s: &Service| world.employee(&s.owner).is_some_and(|e| params.keeps(e));
    let kept = |s: &&Service| owned(s) && since(&s.updated);
    let mut found: Vec<&Service> = world.services.iter().filter(kept).collect();
    params.sort(&mut found, |s| &s.updated)?;
    let shown = page.of("/assets/services", "", &found, |s| reply::service(world, s));
    Ok(Json(json!({"services": shown})))
}

async fn service(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[])?;
    let found = site.world.service(&id).ok_or_else(|| nothing("service", &id))?;
    Ok(Json(reply::service(&site.world, found)))
}

/// A device with whose it is.
struct Asset<'w> {
    handset: &'w Handset,
    owner: &'w str,
    updated: &'w str,
    line: Option<&'w Service>,
}

impl<'w> Asset<'w> {
    fn of_line(s: &'w Service) -> Option<Self> {
        Some(Self { handset: s.device.as_ref()?, owner: &s.owner, updated: &s.updated, line: Some(s) })
    }
    fn spare(s: &'w Spare) -> Self {
        Self { handset: &s.device, owner: &s.owner, updated: &s.updated, line: None }
    }
}

/// The devices of lines, then those without one.
fn assets(world: &World) -> impl Iterator<Item = Asset<'_>> {
    let of_lines = world.services.iter().filter_map(Asset::of_line);
    of_lines.chain(world.spares.iter().map(Asset::spare))
}

fn flags(params: &Params) -> Result<(bool, bool), Refusal> {
    let [service, date] = INCLUDES.map(|name| params.flag(name));
    Ok((service? == Some(true), date? == Some(true)))
}

fn shown(world: &World, asset: &Asset<'_>, (service, date): (bool, bool)) -> Value {
    let mut shown = reply::handset(asset.handset, false);
    put(&mut shown, "employee", world.employee(asset.owner).map(|e| reply::person(world, e)));
    put(&mut shown, "updated", Some(asset.updated));
    let line = asset.line.filter(|_| service);
    put(&mut shown, "service", line.map(|s| without(reply::service(world, s), &["device"])));
    let due = asset.line.filter(|_| date).and_then(|s| s.upgrade_eligibility_date.as_ref());
    put(&mut shown, "upgradeEligibilityDate", due);
    shown
}

async fn devices(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &SORTING, &NARROWING, &INCLUDES, &["dateTimeUpdated"]])?;
    let (page, flags) = (params.page()?, flags(&params)?);
    let since = params.since("dateTimeUpdated")?;
    let world = &site.world;
    let owned = |a: &Asset<'_>| world.employee(a.owner).is_some_and(|e| params.keeps(e));
    let kept: Vec<Asset<'_>> = assets(world).filter(|a| owned(a) && since(a.updated)).collect();
    let mut found: Vec<&Asset<'_>> = kept.iter().collect();
    params.sort(&mut found, |a| a.updated)?;
    let shown = page.of("/assets/devices", "", &found, |a| shown(world, a, flags));
    Ok(Json(json!({"devices": shown})))
}

async fn device(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[&INCLUDES])?;
    let flags = flags(&params)?;
    let found = assets(&site.world).find(|a| a.handset.id == id).ok_or_else(|| nothing("device", &id))?;
    Ok(Json(shown(&site.world, &found, flags)))
}
