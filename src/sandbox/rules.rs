//! The rules of ordering (WIRE 7): what a request must and may hold by its type, and whether
//! its ids exist and fit together. The rules by type are data: `assets/sandbox/rules.json`.

use std::collections::BTreeSet;

use super::body::{Cart, Order};
use super::fields;
use super::records::{
    Accessory, Country, Device, Employee, Feature, Plan, PropertySet, Rule, Service, Shipping, Vendor, VendorFrom,
};
use super::reply::{Asker, Problem, Refusal};
use super::world::World;

/// Members that every order has.
const COMMON: [&str; 3] = ["externalOrderNumber", "transactionType", "properties"];
/// The longest number of the client's own.
const LONGEST_NUMBER: usize = 50;

/// An order whose every id is resolved.
pub struct Resolved<'w> {
    /// What was sent.
    pub order: Order,
    /// The rules of its type.
    pub rule: &'w Rule,
    /// Who asks, and about which line.
    pub asker: Asker<'w>,
    /// Whose order it is: the line's owner, where there is a line, else the actor.
    pub holder: &'w Employee,
    /// The carrier.
    pub vendor: Option<&'w Vendor>,
    /// The country.
    pub region: Option<&'w Country>,
    /// Where it is shipped to.
    pub ship_to: Option<&'w Country>,
    /// The cart.
    pub cart: Goods<'w>,
    /// What was asked for.
    pub set: Option<&'w PropertySet>,
}

/// The goods in a cart.
#[derive(Default)]
pub struct Goods<'w> {
    /// The device.
    pub device: Option<&'w Device>,
    /// The plan.
    pub plan: Option<&'w Plan>,
    /// The plan's chosen features.
    pub features: Vec<&'w Feature>,
    /// The accessories.
    pub accessories: Vec<&'w Accessory>,
}

impl Goods<'_> {
    fn vendors(&self) -> BTreeSet<&str> {
        let device = self.device.iter().map(|d| d.vendor.as_str());
        let plan = self.plan.iter().map(|p| p.vendor.as_str());
        let accessories = self.accessories.iter().map(|a| a.vendor.as_str());
        device.chain(plan).chain(accessories).collect()
    }
}

fn unknown(what: &str, id: &str) -> Problem {
    Problem::new("400-Unknown-Id", format!("There is no {what} \"{id}\".")).at(what)
}

/// The type's rules, where the actor may order it here at all.
fn permitted<'w>(world: &'w World, actor: &Employee, code: &str) -> Result<&'w Rule, Refusal> {
    let Some(rule) = world.rule(code) else {
        return Err(Refusal::bad("Transaction-Type", format!("transactionType \"{code}\" is not known.")));
    };
    if !actor.active() {
        let message = format!("Employee {} is not active and may not order.", actor.id);
        return Err(Refusal::one(403, "Actor-Inactive", message));
    }
    if actor.lacks.iter().any(|t| t == code) {
        let message = format!("Employee {} may not order {code}.", actor.id);
        return Err(Refusal::one(403, "Transaction-Type", message));
    }
    if !rule.served {
        return Err(Refusal::bad("Not-Served", format!("{code} is not served by this sandbox yet.")));
    }
    Ok(rule)
}

fn number_problem(number: &str) -> Option<Problem> {
    let length = number.chars().count();
    let why = if number.trim().is_empty() {
        "externalOrderNumber must be passed in.".to_owned()
    } else if length > LONGEST_NUMBER {
        format!("externalOrderNumber has {length} characters, at most {LONGEST_NUMBER} are taken.")
    } else {
        return None;
    };
    Some(Problem::new("400-Order-Number", why))
}

fn member_problems(rule: &Rule, order: &Order) -> Vec<Problem> {
    let code = &rule.code;
    let may =
        |name: &String| COMMON.contains(&name.as_str()) || rule.required.contains(name) || rule.optional.contains(name);
    let barred = order.sent.iter().filter(|n| !may(n)).map(|name| {
        Problem::new("400-Member-Not-Allowed", format!("{name} is not part of an order of type {code}.")).at(name)
    });
    let missing = rule
        .required
        .iter()
        .filter(|n| !order.sent.contains(n))
        .map(|name| Problem::new("400-Member-Missing", format!("{name} must be passed in for {code}.")).at(name));
    barred.chain(missing).collect()
}

fn cart_problems(rule: &Rule, cart: &Cart) -> Vec<Problem> {
    let code = &rule.code;
    let mut problems: Vec<Problem> = cart
        .sent
        .iter()
        .filter(|n| !rule.cart.contains(n))
        .map(|name| {
            let message = format!("shoppingCart.{name} is not part of an order of type {code}.");
            Problem::new("400-Member-Not-Allowed", message).at(name)
        })
        .collect();
    let lists = [("optionalFeatureIds", &cart.optional_feature_ids), ("accessoryIds", &cart.accessory_ids)];
    for (name, list) in lists {
        let Some(ids) = list else { continue };
        let distinct: BTreeSet<&String> = ids.iter().collect();
        if ids.is_empty() {
            problems.push(Problem::new("400-Empty", format!("{name} must not be sent empty.")));
        } else if distinct.len() < ids.len() {
            problems.push(Problem::new("400-Twice", format!("{name} names an id twice.")));
        }
    }
    let items = cart.device_id.is_some() || cart.plan_id.is_some() || cart.accessory_ids.is_some();
    if !items {
        let message = "shoppingCart must hold a device, a plan or an accessory.";
        problems.push(Problem::new("400-Cart-Empty", message).at("shoppingCart"));
    }
    problems
}

/// Resolves the cart's ids.
fn goods<'w>(world: &'w World, cart: &Cart, problems: &mut Vec<Problem>) -> Goods<'w> {
    let mut goods = Goods::default();
    if let Some(id) = &cart.device_id {
        goods.device = world.device(id);
        problems.extend(goods.device.is_none().then(|| unknown("deviceId", id)));
    }
    if let Some(id) = &cart.plan_id {
        goods.plan = world.plan(id);
        problems.extend(goods.plan.is_none().then(|| unknown("planId", id)));
    }
    // Of a plan that is not known, nobody can say which features it has.
    let features =
        cart.optional_feature_ids.iter().flatten().filter(|_| cart.plan_id.is_none() || goods.plan.is_some());
    for id in features {
        let fits = goods.plan.is_some_and(|p| p.optional.contains(id));
        match world.feature(id).filter(|_| fits) {
            Some(feature) => goods.features.push(feature),
            None => {
                let message = format!("optionalFeatureIds: \"{id}\" is not a feature of the plan.");
                problems.push(Problem::new("400-Feature", message));
            }
        }
    }
    for id in cart.accessory_ids.iter().flatten() {
        match world.accessory(id) {
            None => problems.push(unknown("accessoryIds", id)),
            Some(a) if !goods.device.is_none_or(|d| a.fits(&d.id)) => {
                let message = format!("accessoryIds: \"{id}\" does not fit the device.");
                problems.push(Problem::new("400-Accessory-Fit", message));
            }
            Some(a) => goods.accessories.push(a),
        }
    }
    goods
}

/// The one carrier of the cart, which must serve the country.
fn carrier<'w>(
    world: &'w World,
    goods: &Goods<'_>,
    region: Option<&Country>,
    problems: &mut Vec<Problem>,
) -> Option<&'w Vendor> {
    let vendors = goods.vendors();
    if vendors.len() > 1 {
        let message = "shoppingCart holds items of more than one carrier.";
        problems.push(Problem::new("400-Cart-Carrier", message).at("shoppingCart"));
        return None;
    }
    let vendor = world.vendor(vendors.first()?)?;
    let serves = region.is_none_or(|r| vendor.regions.contains(&r.id));
    if !serves {
        let message = format!("{} ({}) does not serve the regionId.", vendor.name, vendor.id);
        problems.push(Problem::new("400-Cart-Region", message).at("regionId"));
    }
    serves.then_some(vendor)
}

/// The line, which must exist, be the actor's, have the right status and allow the type.
fn line<'w>(world: &'w World, actor: &Employee, rule: &Rule, id: &str) -> Result<&'w Service, Problem> {
    let code = &rule.code;
    let service = world.service(id).ok_or_else(|| unknown("serviceId", id))?;
    if service.owner != actor.id && world.agent != actor.id {
        let message = format!("serviceId {id} is not a line of employee {}.", actor.id);
        return Err(Problem::new("400-Service-Owner", message));
    }
    if !rule.service_status.contains(&service.status) {
        let message = format!("serviceId {id} is {}, which {code} cannot be ordered for.", service.status);
        return Err(Problem::new("400-Service-Status", message).at("serviceId"));
    }
    let own = service.order_actions.as_ref();
    let device = service.device.as_ref().map(|d| d.order_actions.as_ref());
    let lists = |list: Option<&Vec<String>>| list.is_none_or(|l| l.contains(code));
    // A missing list allows all, but a line without a device has only its own list (WIRE 7).
    if lists(own) || device.is_some_and(lists) {
        return Ok(service);
    }
    let message = format!("serviceId {id} does not take {code}.");
    Err(Problem::new("400-Service-Action", message))
}

/// The country of the order, with its postal code where it has one. What the type does not take is not looked at.
fn region<'w>(world: &'w World, rule: &Rule, order: &Order, problems: &mut Vec<Problem>) -> Option<&'w Country> {
    let id = order.region_id.as_ref().filter(|_| rule.takes("regionId"))?;
    let found = world.country(id).filter(|c| c.procurement);
    let Some(country) = found else {
        problems.push(unknown("regionId", id));
        return None;
    };
    let form = country.postal_code_reg_ex.as_ref();
    let why = match (&order.postal_code, form) {
        (None, _) if country.postal_code_needed => format!("postalCode must be passed in for {}.", country.name),
        (Some(_), None) => format!("postalCode is not known in {}.", country.name),
        (Some(code), Some(form)) if !fields::has_form(form, code) => {
            format!("postalCode \"{code}\" is not one of {}.", country.name)
        }
        (None, _) | (Some(_), Some(_)) => return Some(country),
    };
    problems.push(Problem::new("400-Postal-Code", why));
    Some(country)
}

/// Where to ship, which must be there exactly where something is shipped.
fn shipping<'w>(world: &'w World, rule: &Rule, order: &Order, problems: &mut Vec<Problem>) -> Option<&'w Country> {
    // What was asked for, found or not: an unknown device is one problem and not two.
    let physical = order.shopping_cart.as_ref().is_some_and(|c| c.device_id.is_some() || c.accessory_ids.is_some());
    let shipped = match rule.ship_to {
        Shipping::Never => return None,
        Shipping::Physical => physical,
        Shipping::Always => true,
    };
    let Some(ship) = &order.ship_to else {
        let missing = || Problem::new("400-Ship-To", "shipTo must be passed in where something is shipped.");
        problems.extend((shipped && !rule.required.iter().any(|r| r == "shipTo")).then(missing));
        return None;
    };
    if !shipped && order.shopping_cart.is_some() {
        let message = "shipTo must not be passed in where nothing is shipped.";
        problems.push(Problem::new("400-Ship-To", message));
    }
    if ship.name.trim().is_empty() {
        problems.push(Problem::new("400-Ship-To", "shipTo.name must be passed in.").at("shipTo.name"));
    }
    let country = world.country(&ship.region_id);
    match country {
        Some(country) => problems.extend(fields::address(country, &ship.address)),
        None => problems.push(unknown("shipTo.regionId", &ship.region_id)),
    }
    country
}

/// Checks an order and resolves its ids.
///
/// # Errors
/// Everything that is wrong with it.
pub fn resolve<'w>(world: &'w World, actor: &'w Employee, order: Order) -> Result<Resolved<'w>, Refusal> {
    let rule = permitted(world, actor, &order.transaction_type)?;
    let mut problems: Vec<Problem> = number_problem(&order.external_order_number).into_iter().collect();
    problems.extend(member_problems(rule, &order));
    let region = region(world, rule, &order, &mut problems);
    let mut service = None;
    if let Some(id) = order.service_id.as_ref().filter(|_| rule.takes("serviceId")) {
        match line(world, actor, rule, id) {
            Ok(found) => service = Some(found),
            Err(problem) => problems.push(problem),
        }
    }
    let mut cart = Goods::default();
    if let Some(sent) = order.shopping_cart.as_ref().filter(|_| !rule.cart.is_empty()) {
        problems.extend(cart_problems(rule, sent));
        cart = goods(world, sent, &mut problems);
    }
    let vendor = match rule.vendor_from {
        VendorFrom::Cart => carrier(world, &cart, region, &mut problems),
        VendorFrom::Current => order.current_vendor_id.as_ref().and_then(|id| {
            let vendor = world.vendor(id).filter(|v| v.carrier);
            problems.extend(vendor.is_none().then(|| unknown("currentVendorId", id)));
            vendor
        }),
        VendorFrom::Service => service.and_then(|s| world.vendor(&s.vendor)),
    };
    let asker = Asker { world, actor, service };
    let set = vendor.and_then(|v| world.properties(&rule.code, &v.id));
    if let Some(set) = set {
        problems.extend(fields::properties(set, &order.properties, &asker));
    }
    let ship_to = shipping(world, rule, &order, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal { status: 400, problems, as_order: false });
    }
    let holder = service.and_then(|s| world.employee(&s.owner)).unwrap_or(actor);
    let region = region.or_else(|| world.country(&holder.country));
    Ok(Resolved { order, rule, asker, holder, vendor, region, ship_to, cart, set })
}
