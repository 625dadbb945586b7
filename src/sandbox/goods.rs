//! The shopping cart (WIRE 7): what a type's cart may and must hold, whether its ids exist and fit together, and whose items
//! they may be.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::body::{Cart, FeatureChange};
use super::records::{Accessory, Country, Device, Feature, Plan, Service, Vendor};
use super::reply::Problem;
use super::terms::{CartVendor, Rule};
use super::world::World;

/// The longest comment on features.
const LONGEST_COMMENT: usize = 4000;

/// What a cart is judged by, besides itself.
pub struct Frame<'w> {
    /// The world.
    pub world: &'w World,
    /// The rules of its type.
    pub rule: &'w Rule,
    /// The line, where there is one.
    pub line: Option<Arc<Service>>,
    /// The carrier of `currentVendorId`.
    pub current: Option<&'w Vendor>,
    /// The country of the order.
    pub region: Option<&'w Country>,
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
    /// Features of the line to add and to remove, with the action.
    pub changes: Vec<(&'w Feature, String)>,
}

impl Goods<'_> {
    fn vendors(&self) -> BTreeSet<&str> {
        let device = self.device.iter().map(|d| d.vendor.as_str());
        let plan = self.plan.iter().map(|p| p.vendor.as_str());
        let accessories = self.accessories.iter().map(|a| a.vendor.as_str());
        device.chain(plan).chain(accessories).collect()
    }
}

/// An id that is not known, of a member.
pub fn unknown(what: &str, id: &str) -> Problem {
    Problem::new("400-Unknown-Id", format!("There is no {what} \"{id}\".")).at(what)
}

fn problem(code: &str, message: impl Into<String>) -> Problem {
    Problem::new(format!("400-{code}"), message)
}

/// The members of a cart against what its type's cart may and must hold.
fn members(rule: &Rule, cart: &Cart) -> Vec<Problem> {
    let code = &rule.code;
    let barred = cart.sent.iter().filter(|n| !rule.cart.contains(n)).map(|name| {
        problem("Member-Not-Allowed", format!("shoppingCart.{name} is not part of an order of type {code}.")).at(name)
    });
    let missing =
        rule.cart_needs.iter().filter(|n| !cart.sent.contains(n)).map(|name| {
            problem("Member-Missing", format!("shoppingCart.{name} must be passed in for {code}.")).at(name)
        });
    let mut problems: Vec<Problem> = barred.chain(missing).collect();
    let items = ["deviceId", "planId", "accessoryIds"];
    let wanted: Vec<&str> = items.into_iter().filter(|i| rule.cart.iter().any(|m| m == i)).collect();
    if !wanted.is_empty() && !cart.sent.iter().any(|m| items.contains(&m.as_str())) {
        let message = format!("shoppingCart must hold one of {}.", wanted.join(", "));
        problems.push(problem("Cart-Empty", message).at("shoppingCart"));
    }
    problems
}

/// What can be told of a cart's members one by one.
fn values(cart: &Cart) -> Vec<Problem> {
    let ids = |changes: &Vec<FeatureChange>| changes.iter().map(|c| c.id.clone()).collect();
    let lists: [(&str, Option<Vec<String>>); 3] = [
        ("optionalFeatureIds", cart.optional_feature_ids.clone()),
        ("accessoryIds", cart.accessory_ids.clone()),
        ("features", cart.features.as_ref().map(ids)),
    ];
    let mut problems = Vec::new();
    for (name, list) in lists {
        let Some(ids) = list else { continue };
        let distinct: BTreeSet<&String> = ids.iter().collect();
        if ids.is_empty() {
            problems.push(problem("Empty", format!("{name} must not be sent empty.")));
        } else if distinct.len() < ids.len() {
            problems.push(problem("Twice", format!("{name} names an id twice.")));
        }
    }
    let comment = cart.feature_request_comment.as_ref().map(|c| c.trim().chars().count());
    if comment.is_some_and(|length| length == 0 || length > LONGEST_COMMENT) {
        let message = format!("featureRequestComment needs 1 to {LONGEST_COMMENT} characters where it is sent.");
        problems.push(problem("Comment", message).at("featureRequestComment"));
    }
    if cart.quantity.is_some_and(|q| q != 1) {
        problems.push(problem("Quantity", "quantity must be 1.").at("quantity"));
    }
    problems
}

fn changes<'w>(frame: &Frame<'w>, cart: &Cart, goods: &mut Goods<'w>, problems: &mut Vec<Problem>) {
    for FeatureChange { id, action } in cart.features.iter().flatten() {
        let offered = |f: &&Feature| frame.line.as_ref().is_none_or(|l| frame.world.offered(l, &f.vendor));
        if !["ADD", "REMOVE"].contains(&action.as_str()) {
            let message = format!("features: the action of \"{id}\" is ADD or REMOVE, not \"{action}\".");
            problems.push(problem("Feature-Action", message));
        } else if let Some(feature) = frame.world.feature(id).filter(offered) {
            goods.changes.push((feature, action.clone()));
        } else {
            let message = format!("features: \"{id}\" is not a feature of the line's carrier.");
            problems.push(problem("Feature", message));
        }
    }
}

fn accessories<'w>(frame: &Frame<'w>, cart: &Cart, goods: &mut Goods<'w>, problems: &mut Vec<Problem>) {
    let in_use = frame.line.as_ref().and_then(|l| l.device.as_ref()?.catalog_id.as_deref());
    let device = goods.device.map(|d| d.id.as_str()).or(in_use);
    for id in cart.accessory_ids.iter().flatten() {
        match frame.world.accessory(id) {
            None => problems.push(unknown("accessoryIds", id)),
            Some(a) if !device.is_none_or(|d| a.fits(d)) => {
                let message = format!("accessoryIds: \"{id}\" does not fit the device.");
                problems.push(problem("Accessory-Fit", message));
            }
            Some(a) => goods.accessories.push(a),
        }
    }
}

/// Resolves the cart's ids.
fn resolved<'w>(frame: &Frame<'w>, cart: &Cart, problems: &mut Vec<Problem>) -> Goods<'w> {
    let world = frame.world;
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
                problems.push(problem("Feature", message));
            }
        }
    }
    accessories(frame, cart, &mut goods, problems);
    changes(frame, cart, &mut goods, problems);
    goods
}

/// Why a carrier is not one whose items this cart may hold.
fn misplaced(frame: &Frame<'_>, vendor: &Vendor) -> Option<Problem> {
    let Frame { world, rule, line, current, region } = frame;
    let told = format!("{} ({})", vendor.name, vendor.id);
    if region.is_some_and(|r| !vendor.regions.contains(&r.id)) {
        return Some(problem("Cart-Region", format!("{told} does not serve the regionId.")).at("regionId"));
    }
    let (fits, wanted) = match rule.cart_vendor {
        CartVendor::Any => (true, ""),
        CartVendor::Line => (line.as_ref().is_none_or(|l| world.offered(l, &vendor.id)), "of the line's carrier"),
        CartVendor::NotLine => {
            (line.as_ref().is_none_or(|l| l.vendor != vendor.id), "of another carrier than the line's")
        }
        CartVendor::Current => (current.is_none_or(|c| c.id == vendor.id), "of the carrier of currentVendorId"),
        CartVendor::NotCurrent => {
            (current.is_none_or(|c| c.id != vendor.id), "of another carrier than that of currentVendorId")
        }
    };
    let message = || format!("shoppingCart holds items of {told}; for {} they must be {wanted}.", rule.code);
    (!fits).then(|| problem("Cart-Carrier", message()).at("shoppingCart"))
}

/// The one carrier of the cart.
fn seller<'w>(frame: &Frame<'w>, goods: &Goods<'_>, problems: &mut Vec<Problem>) -> Option<&'w Vendor> {
    let vendors = goods.vendors();
    if vendors.len() > 1 {
        let message = "shoppingCart holds items of more than one carrier.";
        problems.push(problem("Cart-Carrier", message).at("shoppingCart"));
        return None;
    }
    let vendor = frame.world.vendor(vendors.first()?)?;
    let misplaced = misplaced(frame, vendor);
    let fits = misplaced.is_none();
    problems.extend(misplaced);
    fits.then_some(vendor)
}

/// `CDMA` of `CDMA_PCS`: names of the same kind of network (WIRE 7).
fn family(access_method: &str) -> &str {
    access_method.split('_').next().unwrap_or(access_method)
}

/// Whether a plan without a device runs on the line's present one.
fn network(frame: &Frame<'_>, cart: &Cart, goods: &Goods<'_>) -> Option<Problem> {
    let plan = goods.plan.filter(|_| frame.rule.plan_fits_device && cart.device_id.is_none())?;
    let of_plan = frame.world.vendor(&plan.vendor)?.access_method.as_deref()?;
    let of_device = frame.line.as_ref()?.device.as_ref()?.access_method.as_deref()?;
    let message = format!(
        "The plan is for {of_plan} and the line's device is for {of_device}: deviceId must be passed in with it."
    );
    (family(of_plan) != family(of_device)).then(|| problem("Access-Method", message).at("planId"))
}

/// Checks a cart and resolves its ids; the carrier is the one of its items.
pub fn read<'w>(frame: &Frame<'w>, cart: &Cart, problems: &mut Vec<Problem>) -> (Goods<'w>, Option<&'w Vendor>) {
    problems.extend(members(frame.rule, cart));
    problems.extend(values(cart));
    let goods = resolved(frame, cart, problems);
    let seller = seller(frame, &goods, problems);
    problems.extend(network(frame, cart, &goods));
    (goods, seller)
}
