//! The rules of ordering (WIRE 7): what a request must and may hold by its type, and whether
//! its ids exist and fit together. The rules by type are data: `assets/sandbox/rules.json`.

use std::sync::Arc;

use super::asker::Asker;
use super::body::Order;
use super::goods::{self, Frame, Goods, unknown};
use super::records::{Country, Employee, Service, Vendor};
use super::reply::{Problem, Refusal};
use super::terms::{AcknowledgementSet, Item, PropertySet, Rule, Shipping, VendorFrom};
use super::world::World;
use super::{fields, phones};

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
    pub holder: Arc<Employee>,
    /// The carrier that asks.
    pub vendor: Option<&'w Vendor>,
    /// The carrier of the cart's items.
    pub seller: Option<&'w Vendor>,
    /// The carrier of `currentVendorId`.
    pub current: Option<&'w Vendor>,
    /// The country.
    pub region: Option<&'w Country>,
    /// Where it is shipped to.
    pub ship_to: Option<&'w Country>,
    /// The cart.
    pub cart: Goods<'w>,
    /// What was asked for.
    pub set: Option<&'w PropertySet>,
    /// What had to be agreed to.
    pub agreements: Option<&'w AcknowledgementSet>,
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

/// The line, which must exist, be the actor's, have the right status and allow the type.
fn line(world: &World, actor: &Employee, rule: &Rule, id: &str) -> Result<Arc<Service>, Problem> {
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
    if rule.unlisted || lists(own) || device.is_some_and(lists) {
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
        Some(country) => problems.extend(fields::address(world, country, &ship.address)),
        None => problems.push(unknown("shipTo.regionId", &ship.region_id)),
    }
    country
}

/// The line of the order, where its type is about one.
fn about(world: &World, actor: &Employee, rule: &Rule, order: &Order) -> Result<Option<Arc<Service>>, Problem> {
    let id = order.service_id.as_ref().filter(|_| rule.takes("serviceId"));
    id.map(|id| line(world, actor, rule, id)).transpose()
}

/// The carrier of `currentVendorId`, where the type takes it.
fn current<'w>(world: &'w World, rule: &Rule, order: &Order) -> Result<Option<&'w Vendor>, Problem> {
    let id = order.current_vendor_id.as_ref().filter(|_| rule.takes("currentVendorId"));
    let carrier = |id: &String| {
        let found = world.vendor(id).filter(|v| v.carrier);
        found.ok_or_else(|| unknown("currentVendorId", id))
    };
    id.map(carrier).transpose()
}

/// The items that an order leaves out, where what is asked for depends on them.
fn left_out(rule: &Rule, order: &Order) -> Vec<Item> {
    let cart = order.shopping_cart.as_ref().filter(|_| rule.by_items);
    let device = cart.filter(|c| c.device_id.is_none()).map(|_| Item::Device);
    let plan = cart.filter(|c| c.plan_id.is_none()).map(|_| Item::Plan);
    device.into_iter().chain(plan).collect()
}

/// Whether a member is not taken, or is missing and told to be missing.
fn absent(rule: &Rule, order: &Order, member: &str) -> bool {
    let needed = rule.required.iter().any(|r| r == member);
    !rule.takes(member) || (needed && !order.sent.iter().any(|s| s == member))
}

fn noted<T>(read: Result<Option<T>, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    read.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    })
}

/// Checks an order and resolves its ids.
///
/// # Errors
/// Everything that is wrong with it.
pub fn resolve(world: &World, actor: Arc<Employee>, order: Order) -> Result<Resolved<'_>, Refusal> {
    let rule = permitted(world, &actor, &order.transaction_type)?;
    let mut problems: Vec<Problem> = number_problem(&order.external_order_number).into_iter().collect();
    problems.extend(member_problems(rule, &order));
    let region = region(world, rule, &order, &mut problems);
    let service = noted(about(world, &actor, rule, &order), &mut problems);
    let current = noted(current(world, rule, &order), &mut problems);
    let frame = Frame { world, rule, line: service.clone(), current, region };
    let cart = order.shopping_cart.as_ref().filter(|_| rule.takes("shoppingCart"));
    let (cart, seller) = cart.map(|c| goods::read(&frame, c, &mut problems)).unwrap_or_default();
    let vendor = match rule.vendor_from {
        VendorFrom::Cart => seller,
        VendorFrom::Current => current,
        VendorFrom::Service => service.as_ref().and_then(|s| world.vendor(&s.vendor)),
    };
    let asker = Asker { world, actor, service };
    let set = vendor.and_then(|v| world.properties(&rule.code, &v.id));
    if let Some(set) = set {
        problems.extend(fields::properties(set, &left_out(rule, &order), &order.properties, &asker));
    }
    problems.extend(phones::problems(world, rule, &order));
    let agreements = vendor.and_then(|v| world.acknowledgements(&rule.code, &v.id));
    if vendor.is_some() && !absent(rule, &order, "acknowledgements") {
        problems.extend(fields::acknowledgements(agreements, order.acknowledgements.as_deref()));
    }
    let ship_to = shipping(world, rule, &order, &mut problems);
    if !problems.is_empty() {
        return Err(Refusal { status: 400, problems, as_order: false });
    }
    let owner = asker.service.as_ref().and_then(|s| world.employee(&s.owner));
    let holder = owner.unwrap_or_else(|| Arc::clone(&asker.actor));
    let region = region.or_else(|| world.country(&holder.country));
    Ok(Resolved { order, rule, asker, holder, vendor, seller, current, region, ship_to, cart, set, agreements })
}
