//! The catalog's resources (WIRE 6): devices, plans, accessories and features, narrowed to who may sell them, and the
//! manufacturers with their models.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::fields;
use super::lines::Asset;
use super::params::{Actor, PAGING, Params, Segment, nothing};
use super::records::{Accessory, Employee, Feature, Manufacturer, Named, Service};
use super::reply::{self, Refusal};
use super::resources::{Answer, At, Site};
use super::terms::CartVendor;
use super::world::World;

/// The routes.
pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/catalog/devices", get(devices))
        .route("/catalog/devices/{id}", get(device))
        .route("/catalog/plans", get(plans))
        .route("/catalog/plans/{id}", get(plan))
        .route("/catalog/accessories", get(accessories))
        .route("/catalog/features", get(features))
        .route("/manufacturers", get(manufacturers))
        .route("/manufacturers/{id}/models", get(manufacturer_models))
}

/// What the catalog's resources take.
const CATALOG: [&str; 5] = ["transactionType", "vendor", "service", "region", "postalCode"];

/// Whose items a call of the catalog is shown.
struct Offer<'w> {
    world: &'w World,
    vendor: Option<&'w str>,
    line: Option<Arc<Service>>,
    barred: Option<String>,
    country: Option<String>,
}

impl<'w> Offer<'w> {
    /// Reads the catalog's parameters; with none that narrows, the actor's country does.
    fn read(world: &'w World, actor: &Employee, params: &Params) -> Result<Self, Refusal> {
        let rule = params.known("transactionType", |code| world.rule(code))?;
        let vendor = params.known("vendor", |id| world.vendor(id))?.map(|v| v.id.as_str());
        let line = params.service(world)?;
        let region = params.known("region", |id| world.country(id))?;
        let form = region.and_then(|r| r.postal_code_reg_ex.as_ref());
        if let (Some(code), Some(form)) = (params.get("postalCode"), form)
            && !fields::has_form(form, code)
        {
            return Err(Refusal::bad("Postal-Code", format!("The postalCode \"{code}\" is not one of the region.")));
        }
        // Where a line goes to another carrier, it only bars what its present one sells (WIRE 7).
        let leaves = rule.is_some_and(|r| r.cart_vendor == CartVendor::NotLine);
        let barred = line.as_ref().filter(|_| leaves).map(|s| s.vendor.clone());
        let line = line.filter(|_| !leaves && vendor.is_none());
        let own = (vendor.is_none() && line.is_none()).then(|| actor.country.clone());
        Ok(Self { world, vendor, line, barred, country: region.map(|r| r.id.clone()).or(own) })
    }
    fn holds(&self, vendor: &str) -> bool {
        self.vendor.is_none_or(|v| v == vendor)
            && self.line.as_ref().is_none_or(|l| self.world.offered(l, vendor))
            && self.barred.as_ref().is_none_or(|b| b != vendor)
            && self.country.as_ref().is_none_or(|c| self.world.serves(vendor, c))
    }
}

async fn devices(State(site): At, actor: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &CATALOG])?;
    let (world, page) = (&site.world, params.page()?);
    let offer = Offer::read(world, &*actor.of(world)?, &params)?;
    let found: Vec<_> = world.devices.iter().filter(|d| offer.holds(&d.vendor)).collect();
    let shown = page.of("/catalog/devices", "", &found, |d| reply::device(world, d));
    Ok(Json(json!({"devices": shown})))
}

async fn device(State(site): At, actor: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[&CATALOG])?;
    Offer::read(&site.world, &*actor.of(&site.world)?, &params)?;
    let found = site.world.device(&id).ok_or_else(|| nothing("device", &id))?;
    Ok(Json(reply::device_detail(&site.world, found)))
}

async fn plans(State(site): At, actor: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &CATALOG])?;
    let (world, page) = (&site.world, params.page()?);
    let offer = Offer::read(world, &*actor.of(world)?, &params)?;
    let found: Vec<_> = world.plans.iter().filter(|p| offer.holds(&p.vendor)).collect();
    let shown = page.of("/catalog/plans", "", &found, |p| reply::plan(world, p));
    Ok(Json(json!({"plans": shown})))
}

async fn plan(State(site): At, actor: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[&CATALOG])?;
    Offer::read(&site.world, &*actor.of(&site.world)?, &params)?;
    let world = &site.world;
    let found = world.plan(&id).ok_or_else(|| nothing("plan", &id))?;
    let optional = found.optional.iter().filter_map(|f| world.feature(f));
    Ok(Json(reply::plan_with(world, found, optional)))
}

async fn accessories(State(site): At, actor: Actor, params: Params) -> Answer {
    const DEVICES: [&str; 2] = ["compatibleWithDeviceId", "compatibleWithDeviceAssetId"];
    params.only(&[&PAGING, &CATALOG, &DEVICES])?;
    let (world, page) = (&site.world, params.page()?);
    let mut offer = Offer::read(world, &*actor.of(world)?, &params)?;
    let device = params.known("compatibleWithDeviceId", |id| world.device(id))?;
    let asset = params.known("compatibleWithDeviceAssetId", |id| world.asset(id))?;
    if offer.vendor.is_none() && offer.line.is_none() {
        offer.vendor = device.map(|d| d.vendor.as_str());
        offer.line = asset.as_ref().and_then(|a| a.line().cloned()).filter(|_| device.is_none());
    }
    let line = params.service(world)?;
    let of_line = || line.as_ref().and_then(|s| s.device.as_ref());
    let in_use = asset.as_ref().and_then(Asset::handset).or_else(of_line);
    // Of a device in use it is not always known which one of the catalog it is.
    let fitted = device.map(|d| d.id.as_str()).or_else(|| in_use?.catalog_id.as_deref());
    let fits = |a: &Accessory| fitted.is_none_or(|d| a.fits(d)) && device.is_none_or(|d| a.vendor == d.vendor);
    let found: Vec<_> = world.accessories.iter().filter(|a| offer.holds(&a.vendor) && fits(a)).collect();
    let shown = page.of("/catalog/accessories", "", &found, |a| reply::accessory(world, a));
    Ok(Json(json!({"accessories": shown})))
}

async fn features(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&["service", "vendor"]])?;
    let world = &site.world;
    let vendor = params.known("vendor", |id| world.vendor(id))?;
    let line = params.service(world)?;
    if vendor.is_some() == line.is_some() {
        return Err(Refusal::bad("Parameter", "Either service or vendor must be passed in."));
    }
    let holds = |f: &&Feature| {
        vendor.is_none_or(|v| v.id == f.vendor) && line.as_ref().is_none_or(|l| world.offered(l, &f.vendor))
    };
    let shown = world.features.iter().filter(holds).map(|f| reply::feature(world, f)).collect();
    Ok(Json(json!({"features": reply::whole("/catalog/features", shown)})))
}

/// Whether devices and whether accessories are asked for.
fn goods(params: &Params) -> Result<(bool, bool), Refusal> {
    match params.get("type") {
        None | Some("ALL") => Ok((true, true)),
        Some("DEVICE") => Ok((true, false)),
        Some("ACCESSORY") => Ok((false, true)),
        Some(_) => Err(Refusal::bad("Parameter", "The parameter type is ALL, DEVICE or ACCESSORY.")),
    }
}

fn models(of: &Manufacturer, (devices, accessories): (bool, bool)) -> impl Iterator<Item = &Named> {
    let devices = of.devices.iter().filter(move |_| devices);
    devices.chain(of.accessories.iter().filter(move |_| accessories))
}

async fn manufacturers(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&["type"]])?;
    let goods = goods(&params)?;
    let makes = |m: &&Manufacturer| models(m, goods).next().is_some();
    let found = site.world.manufacturers.iter().filter(makes);
    let shown = found.map(|m| reply::maker(&m.id, &m.name)).collect();
    Ok(Json(json!({"manufacturers": reply::whole("/manufacturers", shown)})))
}

async fn manufacturer_models(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[&["type"]])?;
    let goods = goods(&params)?;
    let found = site.world.manufacturer(&id).ok_or_else(|| nothing("manufacturer", &id))?;
    let shown = models(found, goods).map(|m| reply::model(&id, m)).collect();
    Ok(Json(json!({"models": reply::whole("/manufacturers", shown)})))
}
