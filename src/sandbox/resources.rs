//! The sandbox's resources (WIRE 6): routes, headers, parameters, and what each answers. A
//! parameter, header or id that is not as published is refused, never passed over in silence.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Extension, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::faults::Kind;
use super::orders::{self, Orders};
use super::records::{Employee, Service, VendorFrom};
use super::reply::{self, Asker, Page, Refusal};
use super::world::World;
use super::{body, fields, rules};

/// The longest page.
const LONGEST_PAGE: usize = 500;
/// What pages take.
const PAGING: [&str; 2] = ["limit", "offset"];
/// What sorts.
const SORTING: [&str; 2] = ["sortBy", "sortAscending"];
/// What narrows a collection to a person.
const NARROWING: [&str; 2] = ["employee", "companyEmployeeId"];

/// What the resources serve from.
pub struct Site {
    /// The world.
    pub world: World,
    /// The orders that were placed.
    pub orders: Arc<Mutex<Orders>>,
}

/// What strikes the present call.
#[derive(Clone, Default)]
pub struct Struck(pub Vec<Kind>);

type Answer = Result<Json<Value>, Refusal>;
type At = State<Arc<Site>>;

/// Every route.
pub fn router(site: Arc<Site>) -> Router {
    let nowhere = || async { Refusal::missing("There is no such resource.") };
    Router::new()
        .route("/ping", get(ping))
        .route("/me", get(me))
        .route("/employees", get(employees))
        .route("/employees/{id}", get(employee))
        .route("/assets/services", get(services))
        .route("/assets/services/{id}", get(service))
        .route("/regions", get(regions))
        .route("/regions/{id}", get(region))
        .route("/vendors", get(vendors))
        .route("/vendors/{id}", get(vendor))
        .route("/catalog/devices", get(devices))
        .route("/catalog/devices/{id}", get(device))
        .route("/catalog/plans", get(plans))
        .route("/catalog/plans/{id}", get(plan))
        .route("/catalog/accessories", get(accessories))
        .route("/orders", get(list_orders).post(post_order))
        .route("/orders/properties", get(properties))
        .route("/orders/{id}", get(order))
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .with_state(site)
}

/// The actor of a call (WIRE 3), by platform id; the extractor checks all headers.
struct Actor(String);

impl Actor {
    fn of<'w>(&self, world: &'w World) -> Result<&'w Employee, Refusal> {
        let gone = || Refusal::bad("Actor", format!("There is no employee {}.", self.0));
        world.employee(&self.0).ok_or_else(gone)
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|v| v.to_str().unwrap_or("").trim())
}

impl FromRequestParts<Arc<Site>> for Actor {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Refusal> {
        let headers = &parts.headers;
        let bearer = text(headers, "authorization").and_then(|a| a.strip_prefix("Bearer "));
        match bearer.map(str::trim).filter(|t| !t.is_empty()) {
            None => return Err(Refusal::one(401, "Unauthorized", "Authorization must hold a bearer token.")),
            Some("expired") => return Err(Refusal::one(401, "Unauthorized", "The access token has expired.")),
            Some(_) => {}
        }
        for needed in ["X-TNGO-TENANT", "client_id"] {
            if text(headers, needed).is_none_or(str::is_empty) {
                return Err(Refusal::bad("Header-Missing", format!("The header {needed} must be passed in.")));
            }
        }
        let unknown = |id: &str| Refusal::bad("Actor", format!("There is no employee \"{id}\" to act for."));
        let world = &site.world;
        let id = match (text(headers, "x-tngo-context-employeeid"), text(headers, "x-tngo-context-companyemployeeid")) {
            (Some(id), _) => world.employee(id).ok_or_else(|| unknown(id))?.id.clone(),
            (None, Some(id)) => world.by_company_id(id).ok_or_else(|| unknown(id))?.id.clone(),
            (None, None) => world.agent.clone(),
        };
        Ok(Self(id))
    }
}

/// The query parameters of a call.
struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(all) = read.map_err(|e| Refusal::bad("Query", format!("The query is ill-formed: {e}.")))?;
        Ok(Self(all))
    }
}

impl Params {
    /// Refuses parameters that the resource does not have, and those passed twice.
    fn only(&self, known: &[&[&str]]) -> Result<(), Refusal> {
        for (i, (name, _)) in self.0.iter().enumerate() {
            if !known.iter().any(|k| k.contains(&name.as_str())) {
                return Err(Refusal::bad("Parameter-Unknown", format!("The parameter {name} is not known here.")));
            }
            if self.0.iter().take(i).any(|(n, _)| n == name) {
                return Err(Refusal::bad("Parameter-Twice", format!("The parameter {name} was passed in twice.")));
            }
        }
        Ok(())
    }
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    fn needed(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal::bad("Parameter-Missing", format!("The parameter {name} must be passed in."));
        self.get(name).filter(|v| !v.is_empty()).ok_or_else(missing)
    }
    fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::bad("Parameter", format!("The parameter {name} is true or false."))),
        }
    }
    fn page(&self) -> Result<Page, Refusal> {
        let number = |name: &str| {
            let wrong = || Refusal::bad("Parameter", format!("The parameter {name} is not a number that is taken."));
            self.needed(name)?.parse::<u32>().map(|n| n as usize).map_err(|_| wrong())
        };
        let page = Page { limit: number("limit")?, offset: number("offset")? };
        if page.limit == 0 || page.limit > LONGEST_PAGE {
            return Err(Refusal::bad("Parameter", format!("The parameter limit is 1 to {LONGEST_PAGE}.")));
        }
        Ok(page)
    }
    /// Whether the collection is turned round.
    fn descending(&self) -> Result<bool, Refusal> {
        Ok(self.flag("sortAscending")? == Some(false))
    }
    fn sort<T>(&self, items: &mut [&T], updated: fn(&T) -> &str) -> Result<(), Refusal> {
        match self.get("sortBy") {
            None => {}
            Some("UPDATED_DATE") => items.sort_by_key(|i| updated(i).parse::<Timestamp>().unwrap_or_default()),
            Some(_) => return Err(Refusal::bad("Parameter", "The parameter sortBy takes UPDATED_DATE.")),
        }
        if self.descending()? {
            items.reverse();
        }
        Ok(())
    }
    /// Whether a record was updated at the parameter's time or later.
    fn since(&self, name: &str) -> Result<impl Fn(&str) -> bool + use<>, Refusal> {
        let wrong = |_| Refusal::bad("Parameter", format!("The parameter {name} is not a time with an offset."));
        let since = self.get(name).map(str::parse::<Timestamp>).transpose().map_err(wrong)?;
        Ok(move |updated: &str| since.is_none_or(|since| updated.parse::<Timestamp>().is_ok_and(|at| at >= since)))
    }
    /// Whether the narrowing parameters keep a person's records.
    fn keeps(&self, e: &Employee) -> bool {
        self.get("employee").is_none_or(|id| id == e.id)
            && self.get("companyEmployeeId").is_none_or(|id| id == e.company_employee_id)
    }
    /// A line named by the parameter `service`.
    fn service<'w>(&self, world: &'w World) -> Result<Option<&'w Service>, Refusal> {
        self.known("service", |id| world.service(id))
    }
    /// What a parameter names; an unknown id is refused.
    fn known<'w, T>(&self, name: &str, find: impl Fn(&str) -> Option<&'w T>) -> Result<Option<&'w T>, Refusal> {
        let Some(id) = self.get(name) else { return Ok(None) };
        let unknown =
            || Refusal::bad("Unknown-Id", format!("The parameter {name} names \"{id}\", which is not known."));
        find(id).map(Some).ok_or_else(unknown)
    }
}

fn nothing(what: &str, id: &str) -> Refusal {
    Refusal::missing(format!("There is no {what} \"{id}\"."))
}

async fn ping(_: Actor, params: Params) -> Answer {
    params.only(&[&["echoText"]])?;
    let echo = params.get("echoText").unwrap_or("");
    Ok(Json(json!({"echoText": echo, "backend": "SANDBOX"})))
}

async fn me(State(site): At, actor: Actor, params: Params) -> Answer {
    params.only(&[])?;
    let world = &site.world;
    let actor = actor.of(world)?;
    let agent = world.employee(&world.agent).unwrap_or(actor);
    let may = |code: &&String| actor.active() && !actor.lacks.contains(code);
    let types: Vec<&String> = world.rules.iter().map(|r| &r.code).filter(may).collect();
    Ok(Json(json!({
        "authenticatedUser": reply::person(world, agent),
        "actor": reply::person(world, actor),
        "transactionTypes": types,
        "isApprover": actor.approver,
        "canMoveService": actor.mover,
    })))
}

async fn employees(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &SORTING, &NARROWING, &["dateTimeUpdatedOnOrAfter"]])?;
    let page = params.page()?;
    let since = params.since("dateTimeUpdatedOnOrAfter")?;
    let world = &site.world;
    let kept = |e: &&Employee| params.keeps(e) && since(&e.updated);
    let mut found: Vec<&Employee> = world.employees.iter().filter(kept).collect();
    params.sort(&mut found, |e| &e.updated)?;
    let shown = page.of("/employees", "", &found, |e| reply::employee(world, e));
    Ok(Json(json!({"employees": shown})))
}

async fn employee(State(site): At, _: Actor, params: Params, Path(id): Path<String>) -> Answer {
    params.only(&[])?;
    let found = site.world.employee(&id).ok_or_else(|| nothing("employee", &id))?;
    Ok(Json(reply::employee(&site.world, found)))
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

async fn service(State(site): At, _: Actor, params: Params, Path(id): Path<String>) -> Answer {
    params.only(&[])?;
    let found = site.world.service(&id).ok_or_else(|| nothing("service", &id))?;
    Ok(Json(reply::service(&site.world, found)))
}

async fn regions(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&["type", "parentRegion"]])?;
    let world = &site.world;
    let only_procurement = match params.get("type") {
        None | Some("ALL") => false,
        Some("PROCUREMENT") => true,
        Some(_) => return Err(Refusal::bad("Parameter", "The parameter type is ALL or PROCUREMENT.")),
    };
    let shown: Vec<Value> = match params.known("parentRegion", |id| world.country(id))? {
        Some(parent) => world.states.iter().filter(|s| s.parent_id == parent.id).map(reply::state).collect(),
        None => {
            let countries = world.countries.iter().filter(|c| c.procurement || !only_procurement);
            countries.map(|c| reply::country(c, false)).collect()
        }
    };
    Ok(Json(json!({"regions": shown})))
}

async fn region(State(site): At, _: Actor, params: Params, Path(id): Path<String>) -> Answer {
    params.only(&[])?;
    let country = site.world.country(&id).map(|c| reply::country(c, true));
    let state = || site.world.states.iter().find(|s| s.id == id).map(reply::state);
    Ok(Json(country.or_else(state).ok_or_else(|| nothing("region", &id))?))
}

async fn vendors(State(site): At, _: Actor, params: Params) -> Answer {
    params.only(&[&["type"]])?;
    let carriers = match params.get("type") {
        None => false,
        Some("CARRIER") => true,
        Some(_) => return Err(Refusal::bad("Parameter", "The parameter type takes CARRIER.")),
    };
    let world = &site.world;
    let found = world.vendors.iter().filter(|v| v.carrier || !carriers);
    let shown = found.map(|v| reply::vendor(world, v)).collect();
    Ok(Json(json!({"vendors": reply::whole("/vendors", shown)})))
}

async fn vendor(State(site): At, _: Actor, params: Params, Path(id): Path<String>) -> Answer {
    params.only(&[])?;
    let found = site.world.vendor(&id).ok_or_else(|| nothing("vendor", &id))?;
    Ok(Json(reply::vendor(&site.world, found)))
}

/// What the catalog's resources take.
const CATALOG: [&str; 5] = ["transactionType", "vendor", "service", "region", "postalCode"];

/// Whose items a call of the catalog is shown.
struct Offer<'w> {
    world: &'w World,
    vendor: Option<&'w str>,
    country: Option<&'w str>,
}

impl<'w> Offer<'w> {
    /// Reads the catalog's parameters; with none that narrows, the actor's country does.
    fn read(world: &'w World, actor: &'w Employee, params: &Params) -> Result<Self, Refusal> {
        params.known("transactionType", |code| world.rule(code))?;
        let vendor = params.known("vendor", |id| world.vendor(id))?.map(|v| v.id.as_str());
        let service = params.service(world)?.map(|s| s.vendor.as_str());
        let region = params.known("region", |id| world.country(id))?;
        let form = region.and_then(|r| r.postal_code_reg_ex.as_ref());
        if let (Some(code), Some(form)) = (params.get("postalCode"), form)
            && !fields::has_form(form, code)
        {
            return Err(Refusal::bad("Postal-Code", format!("The postalCode \"{code}\" is not one of the region.")));
        }
        let vendor = vendor.or(service);
        let own = vendor.is_none().then_some(actor.country.as_str());
        Ok(Self { world, vendor, country: region.map(|r| r.id.as_str()).or(own) })
    }
    fn holds(&self, vendor: &str) -> bool {
        let serves = |country: &str| {
            let vendor = self.world.vendor(vendor);
            vendor.is_some_and(|v| v.regions.iter().any(|r| r == country))
        };
        self.vendor.is_none_or(|v| v == vendor) && self.country.is_none_or(serves)
    }
}

async fn devices(State(site): At, actor: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &CATALOG])?;
    let (world, page) = (&site.world, params.page()?);
    let offer = Offer::read(world, actor.of(world)?, &params)?;
    let found: Vec<_> = world.devices.iter().filter(|d| offer.holds(&d.vendor)).collect();
    let shown = page.of("/catalog/devices", "", &found, |d| reply::device(world, d));
    Ok(Json(json!({"devices": shown})))
}

async fn device(State(site): At, _: Actor, params: Params, Path(id): Path<String>) -> Answer {
    params.only(&[&CATALOG])?;
    let found = site.world.device(&id).ok_or_else(|| nothing("device", &id))?;
    Ok(Json(reply::device(&site.world, found)))
}

async fn plans(State(site): At, actor: Actor, params: Params) -> Answer {
    params.only(&[&PAGING, &CATALOG])?;
    let (world, page) = (&site.world, params.page()?);
    let offer = Offer::read(world, actor.of(world)?, &params)?;
    let found: Vec<_> = world.plans.iter().filter(|p| offer.holds(&p.vendor)).collect();
    let shown = page.of("/catalog/plans", "", &found, |p| reply::plan(world, p));
    Ok(Json(json!({"plans": shown})))
}

async fn plan(State(site): At, _: Actor, params: Params, Path(id): Path<String>) -> Answer {
    params.only(&[&CATALOG])?;
    let world = &site.world;
    let found = world.plan(&id).ok_or_else(|| nothing("plan", &id))?;
    let optional = found.optional.iter().filter_map(|f| world.feature(f));
    Ok(Json(reply::plan_with(world, found, optional)))
}

async fn accessories(State(site): At, actor: Actor, params: Params) -> Answer {
    const DEVICES: [&str; 2] = ["compatibleWithDeviceId", "compatibleWithDeviceAssetId"];
    params.only(&[&PAGING, &CATALOG, &DEVICES])?;
    let (world, page) = (&site.world, params.page()?);
    let mut offer = Offer::read(world, actor.of(world)?, &params)?;
    let device = params.known("compatibleWithDeviceId", |id| world.device(id))?;
    let of_asset = |s: &&Service, id: &str| s.device.as_ref().is_some_and(|d| d.id == id);
    let asset = |id: &str| world.services.iter().find(|s| of_asset(s, id));
    // Nothing tells which catalog device a line's device is: its carrier's accessories are shown.
    let line = params.known("compatibleWithDeviceAssetId", asset)?;
    offer.vendor = offer.vendor.or(device.map(|d| d.vendor.as_str())).or(line.map(|s| s.vendor.as_str()));
    let fits = |a: &super::records::Accessory| device.is_none_or(|d| a.vendor == d.vendor && a.fits(&d.id));
    let found = world.accessories.iter().filter(|a| offer.holds(&a.vendor) && fits(a));
    let found: Vec<_> = found.collect();
    let shown = page.of("/catalog/accessories", "", &found, |a| reply::accessory(world, a));
    Ok(Json(json!({"accessories": shown})))
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
    let none = || Refusal::bad("Not-Served", format!("{code} is not served by this sandbox yet."));
    let set = world.properties(code, of).filter(|_| rule.served).ok_or_else(none)?;
    let asker = Asker { world, actor: actor.of(world)?, service };
    Ok(Json(asker.properties(set)))
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
