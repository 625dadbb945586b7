//! The sandbox's resources (WIRE 6): all routes, and what people, regions and vendors answer.

use std::sync::{Arc, Mutex};

use axum::extract::{Extension, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::faults::{Kind, Shift, shifts};
use super::issued::Issued;
use super::kept::Orders;
use super::params::{Actor, NARROWING, PAGING, Params, SORTING, Segment, nothing};
use super::people::Change;
use super::reply::{self, Refusal, put};
use super::roll::Wanted;
use super::world::World;
use super::{assets, catalog, ordering};

/// What the resources serve from.
pub struct Site {
    /// The world.
    pub world: World,
    /// The orders that were placed.
    pub orders: Arc<Mutex<Orders>>,
    /// The tokens that were issued.
    pub issued: Arc<Mutex<Issued>>,
    /// The most items that a page may be asked to hold.
    pub longest_page: u32,
}

/// What strikes the present call.
#[derive(Clone, Default)]
pub struct Struck(pub Vec<Kind>);

/// What a resource answers.
pub type Answer = Result<Json<Value>, Refusal>;
/// What a resource answers from.
pub type At = State<Arc<Site>>;

/// Every route.
pub fn router(site: Arc<Site>) -> Router {
    let nowhere = || async { Refusal::missing("There is no such resource.") };
    Router::new()
        .route("/ping", get(ping))
        .route("/me", get(me))
        .route("/diagnostics", get(diagnostics))
        .route("/employees", get(employees))
        .route("/employees/{id}", get(employee))
        .route("/regions", get(regions))
        .route("/regions/{id}", get(region))
        .route("/vendors", get(vendors))
        .route("/vendors/{id}", get(vendor))
        .merge(assets::routes())
        .merge(catalog::routes())
        .merge(ordering::routes())
        .fallback(nowhere)
        .method_not_allowed_fallback(nowhere)
        .with_state(site)
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
    let agent = world.employee(&world.agent).unwrap_or_else(|| Arc::clone(&actor));
    let may = |code: &&String| actor.active() && !actor.lacks.contains(code);
    let types: Vec<&String> = world.rules.iter().map(|r| &r.code).filter(may).collect();
    let mut shown = json!({
        "authenticatedUser": reply::person(world, &agent),
        "actor": reply::person(world, &actor),
        "transactionTypes": types,
        "isApprover": actor.approver,
        "canMoveService": actor.mover,
    });
    put(&mut shown, "customAttributes", actor.custom_attributes.as_ref());
    Ok(Json(shown))
}

async fn diagnostics(State(site): At, actor: Actor, params: Params) -> Answer {
    params.only(&[])?;
    let actor = actor.of(&site.world)?;
    Ok(Json(json!({"diagnostics": {
        "IS_ACTOR_APPROVER": actor.approver,
        "CAN_ACTOR_MOVE_SERVICE": actor.mover,
        "IS_ACTOR_ACTIVE": actor.active(),
        "IS_ACTOR_AUTHENTICATED_USER": actor.id == site.world.agent,
    }})))
}

/// Changes the list under the one who pages through it.
fn shift(world: &World, shift: Shift, wanted: &Wanted) {
    match shift {
        Shift::Add => {
            world.people.add(&Change::default());
        }
        Shift::Drop => {
            // The signed-in user stays, so the first of two who goes.
            let (_, first) = world.people.part(wanted, 0, 2);
            first.into_iter().any(|place| world.remove(&world.people.who(place).id));
        }
        Shift::Touch => {
            let oldest = Wanted { by_update: true, descending: false, since: wanted.since, only: wanted.only.clone() };
            for place in world.people.part(&oldest, 0, 1).1 {
                world.people.change(&world.people.who(place).id, &Change::default());
            }
        }
    }
}

async fn employees(State(site): At, _: Actor, params: Params, Extension(Struck(faults)): Extension<Struck>) -> Answer {
    params.only(&[&PAGING, &SORTING, &NARROWING, &["dateTimeUpdatedOnOrAfter"]])?;
    let page = params.page()?;
    let world = &site.world;
    let wanted = Wanted { only: params.named(world), ..params.wanted("dateTimeUpdatedOnOrAfter")? };
    shifts(&faults).into_iter().for_each(|s| shift(world, s, &wanted));
    let (total, places) = world.people.part(&wanted, page.offset, page.limit);
    let shown = places.into_iter().map(|place| reply::employee(world, &world.people.who(place))).collect();
    Ok(Json(json!({"employees": page.with("/employees", "", total, shown)})))
}

async fn employee(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[])?;
    let found = site.world.employee(&id).ok_or_else(|| nothing("employee", &id))?;
    let mut shown = reply::employee(&site.world, &found);
    put(&mut shown, "customAttributes", found.custom_attributes.as_ref());
    Ok(Json(shown))
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

async fn region(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
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

async fn vendor(State(site): At, _: Actor, params: Params, Segment(id): Segment) -> Answer {
    params.only(&[])?;
    let found = site.world.vendor(&id).ok_or_else(|| nothing("vendor", &id))?;
    Ok(Json(reply::vendor(&site.world, found)))
}
