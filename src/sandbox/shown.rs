//! How replies show what is in an order, be it only confirmed, placed in this run, or placed earlier (WIRE 7, 9).

use serde_json::{Value, json};

use super::body::{Answer, Answers, Part, ShipTo};
use super::faults::Kind;
use super::fields::day;
use super::goods::Goods;
use super::records::{Country, Feature, Vendor};
use super::reply::{self, ELSEWHERE, put, without};
use super::terms::{Property, PropertySet};
use super::world::World;

/// The property that answers an id.
fn property<'w>(set: Option<&'w PropertySet>, id: &str) -> Option<&'w Property> {
    let mut fields = set.iter().flat_map(|s| &s.groups).flat_map(|g| &g.fields);
    fields.find(|p| p.id == id)
}

fn changed(fault: &Kind, id: &str) -> Option<String> {
    let Kind::Change(of, text) = fault else {
        return None;
    };
    (of == id).then(|| text.clone())
}

/// An answer as replies show it: a choice by its id alone, a date at midnight UTC.
fn answer(set: Option<&PropertySet>, a: &Answer, faults: &[Kind]) -> Option<Value> {
    if faults.contains(&Kind::Omit(a.id.clone())) {
        return None;
    }
    let text = faults.iter().find_map(|f| changed(f, &a.id));
    let mut shown = json!({"id": a.id, "type": a.kind});
    let known = property(set, &a.id).filter(|p| !p.unlabelled);
    put(&mut shown, "label", known.map(|p| &p.label));
    let sent_day = a.date.as_ref().and_then(|d| day(d)).map(|d| format!("{d}T00:00:00Z"));
    match a.kind.as_str() {
        "TEXT" => put(&mut shown, "text", text.or_else(|| a.text.clone())),
        "DATE" => put(&mut shown, "date", text.or(sent_day)),
        _ => {
            let chosen = text.or_else(|| a.choice.as_ref().map(|c| c.id.clone()));
            put(&mut shown, "choice", chosen.map(|id| json!({"id": id})));
        }
    }
    Some(shown)
}

/// The answers of an order, by group.
pub fn properties(set: Option<&PropertySet>, answers: &[Answers], faults: &[Kind]) -> Value {
    let group = |g: &Answers| {
        let fields: Vec<Value> = g.fields.iter().filter_map(|a| answer(set, a, faults)).collect();
        json!({"groupId": g.group_id, "fields": fields})
    };
    answers.iter().map(group).collect()
}

/// `shipTo` in full.
pub fn ship_to(sent: &ShipTo, country: &Country) -> Value {
    let part = |p: &Part| {
        let known = country.address_format.iter().find(|w| w.id == p.id);
        let mut shown = json!({"id": p.id, "value": p.value});
        put(&mut shown, "label", known.map(|w| &w.label));
        shown
    };
    let address: Vec<Value> = sent.address.iter().map(part).collect();
    let mut shown = json!({"name": sent.name, "region": reply::region_mention(country), "address": address});
    put(&mut shown, "expedite", sent.expedite);
    shown
}

/// Features that are added and removed, as confirmations and orders show them.
pub fn changes(world: &World, goods: &Goods<'_>) -> Vec<Value> {
    let change = |(f, action): &(&Feature, String)| {
        let mut shown = reply::feature(world, f);
        put(&mut shown, "action", Some(action));
        shown
    };
    goods.changes.iter().map(change).collect()
}

/// A cart's item as an order shows it: by name, without ids.
fn by_name(item: Value) -> Value {
    without(item, &["_meta", "id", "vendor"])
}

/// Where a segment stands: its order, its own id, and its status.
pub struct Place<'p> {
    /// The order's id.
    pub order: &'p str,
    /// The segment's id.
    pub segment: &'p str,
    /// The segment's status.
    pub status: &'p str,
}

/// A segment of an order, with its goods by name.
pub fn segment(world: &World, goods: &Goods<'_>, vendor: Option<&Vendor>, place: &Place<'_>) -> Value {
    let Place { order, segment, status } = place;
    let mut plan = json!({"optionalFeatures": []});
    if let Some(p) = goods.plan {
        let features = goods.features.iter().map(|f| by_name(reply::feature(world, f)));
        let features: Vec<Value> = features.collect();
        plan = by_name(reply::plan(world, p));
        put(&mut plan, "optionalFeatures", Some(features));
    }
    let accessories = goods.accessories.iter().map(|a| by_name(reply::accessory(world, a)));
    let accessories: Vec<Value> = accessories.collect();
    let mut shown = json!({
        "orderSegmentId": segment, "status": status,
        "accessories": accessories, "features": changes(world, goods), "plan": plan,
    });
    let device = goods.device.map(|d| by_name(reply::device(world, d)));
    put(&mut shown, "device", device);
    let of_segment = |what: &str| format!("{ELSEWHERE}/orders/{order}/{what}?orderSegment={segment}");
    let links = json!({"hrefHistory": of_segment("history"), "hrefShipments": of_segment("shipments")});
    put(&mut shown, "_meta", Some(links));
    put(&mut shown, "vendor", vendor.map(|v| reply::vendor_mention(world, &v.id)));
    shown
}
