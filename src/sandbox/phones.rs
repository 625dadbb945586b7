//! Devices that are not from the cart (WIRE 7): `existingDevice` and `newDevice`, whether they are known, and how replies show
//! them.

use serde_json::{Value, json};

use super::body::{Order, Phone};
use super::reply::{self, Problem, put};
use super::terms::Rule;
use super::world::World;

/// The manufacturer and the model of a device that is not known.
const OTHER: &str = "Other";
/// The serial numbers that there are.
const SERIALS: [&str; 7] = ["IMEI", "MEID", "ESN", "CAP_CODE", "PIN", "MSN", "UNKNOWN"];

fn problem(at: &str, member: &str, message: String) -> Problem {
    Problem::new("400-Device", message).at(&format!("{at}.{member}"))
}

/// Why a device's manufacturer, model and name do not go together.
fn make_problems(world: &World, at: &str, phone: &Phone) -> Vec<Problem> {
    let (maker, model) = (&phone.manufacturer_id, &phone.model_id);
    let mut problems = Vec::new();
    match world.manufacturer(maker).filter(|m| !m.devices.is_empty()) {
        None => {
            let message = format!("{at}.manufacturerId: there is no manufacturer \"{maker}\" of devices.");
            problems.push(problem(at, "manufacturerId", message));
        }
        Some(m) if !m.devices.iter().any(|d| &d.id == model) => {
            let message = format!("{at}.modelId: {maker} has no model \"{model}\".");
            problems.push(problem(at, "modelId", message));
        }
        Some(_) => {}
    }
    let name = phone.other_make_model_name.as_deref().unwrap_or("").trim();
    if (maker == OTHER) == name.is_empty() {
        let must = if maker == OTHER { "must be passed in" } else { "must not be passed in" };
        let message = format!("{at}.otherMakeModelName {must} where the manufacturer is \"{maker}\".");
        problems.push(problem(at, "otherMakeModelName", message));
    }
    problems
}

fn serial_problem(at: &str, phone: &Phone) -> Option<Problem> {
    let serial = phone.serial_number.as_ref()?;
    let message = if !SERIALS.contains(&serial.kind.as_str()) {
        format!("{at}.serialNumber.type \"{}\" is none of {}.", serial.kind, SERIALS.join(", "))
    } else if serial.value.trim().is_empty() {
        format!("{at}.serialNumber.value must be passed in with its type.")
    } else {
        return None;
    };
    Some(problem(at, "serialNumber", message))
}

/// Everything that is wrong with the devices of an order; of the existing one the SIM's number is needed.
pub fn problems(world: &World, rule: &Rule, order: &Order) -> Vec<Problem> {
    let mut problems = Vec::new();
    let phones = [("existingDevice", &order.existing_device, true), ("newDevice", &order.new_device, false)];
    for (at, phone, needs_sim) in phones {
        let Some(phone) = phone.as_ref().filter(|_| rule.takes(at)) else { continue };
        problems.extend(make_problems(world, at, phone));
        problems.extend(serial_problem(at, phone));
        let no_sim = phone.sim_id.as_ref().map_or(needs_sim, |sim| sim.trim().is_empty());
        if no_sim {
            problems.push(problem(at, "simId", format!("{at}.simId must be passed in and not be empty.")));
        }
    }
    problems
}

/// A device as confirmations show it.
pub fn shown(world: &World, phone: &Phone) -> Value {
    let maker = world.manufacturer(&phone.manufacturer_id);
    let model = maker.and_then(|m| m.devices.iter().find(|d| d.id == phone.model_id));
    let mut shown = json!({});
    put(&mut shown, "manufacturer", maker.map(|m| reply::maker(&m.id, &m.name)));
    put(&mut shown, "model", maker.zip(model).map(|(maker, model)| reply::model(&maker.id, model)));
    let name = phone.other_make_model_name.as_ref().filter(|n| !n.is_empty());
    put(&mut shown, "otherMakeModelName", name);
    let serial = phone.serial_number.as_ref();
    put(&mut shown, "serialNumber", serial.map(|s| json!({"type": s.kind, "value": s.value})));
    put(&mut shown, "simId", phone.sim_id.as_ref());
    shown
}
