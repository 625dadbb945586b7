//! Orders of earlier times (`assets/sandbox/orders.json`): what `GET /orders` and its resources tell besides what is placed in
//! this run.

use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{Answers, FeatureChange, ShipTo};
use super::goods::Goods;
use super::kept::{Entry, Record};
use super::reply::{self, ELSEWHERE, put};
use super::shown::{self, Place};
use super::world::World;

/// An earlier order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Earlier {
    /// Its id.
    pub id: String,
    /// The customer's own number; some have none.
    pub number: Option<String>,
    /// Its transaction type.
    #[serde(rename = "type")]
    pub code: String,
    /// What has become of it.
    pub status: String,
    /// When it was placed.
    pub submitted: String,
    /// When it last changed.
    pub updated: String,
    /// Whose order it is.
    pub holder: String,
    /// The carrier.
    pub vendor: String,
    /// The line.
    pub service: Option<String>,
    /// The answers, by group.
    pub properties: Vec<Answers>,
    /// Where to.
    pub ship_to: Option<ShipTo>,
    /// Who may approve it.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// Its parts.
    pub segments: Vec<Segment>,
    /// What happened, oldest first.
    pub history: Vec<Step>,
}

/// A part of an earlier order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Segment {
    /// Its id.
    pub id: String,
    /// What has become of it.
    pub status: String,
    /// The catalog's device.
    pub device: Option<String>,
    /// The catalog's plan.
    pub plan: Option<String>,
    /// Features of the plan.
    #[serde(default)]
    pub optional_features: Vec<String>,
    /// Accessories.
    #[serde(default)]
    pub accessories: Vec<String>,
    /// Features to add and to remove.
    #[serde(default)]
    pub features: Vec<FeatureChange>,
    /// What was shipped of it.
    #[serde(default)]
    pub shipments: Vec<Shipment>,
}

/// A parcel.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shipment {
    /// Who carries it.
    pub carrier: String,
    /// Its number there.
    pub tracking_number: String,
    /// When it left.
    pub date_shipped: String,
}

/// Something that happened.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When.
    pub date: String,
    /// The status from then on.
    pub status: String,
    /// In words.
    pub comment: String,
    /// To which segment, where it did not happen to all.
    pub segment: Option<String>,
}

fn goods<'w>(world: &'w World, of: &Segment) -> Goods<'w> {
    let changed = |c: &FeatureChange| Some((world.feature(&c.id)?, c.action.clone()));
    Goods {
        device: of.device.as_ref().and_then(|id| world.device(id)),
        plan: of.plan.as_ref().and_then(|id| world.plan(id)),
        features: of.optional_features.iter().filter_map(|id| world.feature(id)).collect(),
        accessories: of.accessories.iter().filter_map(|id| world.accessory(id)).collect(),
        changes: of.features.iter().filter_map(changed).collect(),
    }
}

fn order(world: &World, of: &Earlier) -> Value {
    let segment = |s: &Segment| {
        let place = Place { order: &of.id, segment: &s.id, status: &s.status };
        shown::segment(world, &goods(world, s), world.vendor(&of.vendor), &place)
    };
    let segments: Vec<Value> = of.segments.iter().map(segment).collect();
    let set = world.properties(&of.code, &of.vendor);
    let ship_to = of.ship_to.as_ref().and_then(|s| Some(shown::ship_to(s, world.country(&s.region_id)?)));
    let mut shown = json!({
        "_meta": {"href": format!("{ELSEWHERE}/orders/{}", of.id)},
        "orderId": of.id, "transactionType": of.code, "status": of.status,
        "dateSubmitted": of.submitted, "updated": of.updated,
        "properties": shown::properties(set, &of.properties, &[]),
        "orderSegments": {"items": segments},
        "shipTo": ship_to.unwrap_or_else(|| json!({"address": []})),
    });
    let person = |id: &str| world.employee(id).map(|e| reply::person(world, &e));
    put(&mut shown, "externalOrderNumber", of.number.as_ref());
    put(&mut shown, "accountHolder", person(&of.holder));
    put(&mut shown, "requestedBy", person(&world.agent));
    let line = of.service.as_ref().and_then(|id| world.service(id));
    put(&mut shown, "serviceNumber", line.as_ref().map(|s| &s.service_number));
    shown
}

fn record(world: &World, of: &Earlier) -> Record {
    let step = |s: &Step| Entry {
        segment: s.segment.clone(),
        shown: json!({"date": s.date, "status": s.status, "comment": s.comment}),
    };
    let parcel = |id: &str, s: &Shipment| Entry {
        segment: Some(id.to_owned()),
        shown: json!({"carrier": s.carrier, "trackingNumber": s.tracking_number, "dateShipped": s.date_shipped}),
    };
    let parcels = of.segments.iter().flat_map(|s| s.shipments.iter().map(|p| parcel(&s.id, p)));
    let approvers = of.approvers.iter().filter_map(|id| world.employee(id));
    Record {
        order: order(world, of),
        history: of.history.iter().map(step).collect(),
        shipments: parcels.collect(),
        approvers: approvers.map(|e| reply::person(world, &e)).collect(),
        listed_from: None,
    }
}

/// All of them, oldest first.
pub fn orders(world: &World) -> Vec<Record> {
    world.earlier.iter().map(|o| record(world, o)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::world::Size;
    use super::*;

    #[test]
    fn every_id_of_an_earlier_order_leads_somewhere() {
        let world = World::load(Size::default()).unwrap();
        let mut ids = BTreeSet::new();
        for o in &world.earlier {
            assert!(world.rule(&o.code).is_some() && world.vendor(&o.vendor).is_some(), "{}", o.id);
            assert!(world.employee(&o.holder).is_some(), "{}", o.id);
            assert!(o.approvers.iter().all(|a| world.employee(a).is_some()), "{}", o.id);
            let owned = |id: &String| world.service(id).is_some_and(|s| s.owner == o.holder);
            assert!(o.service.as_ref().is_none_or(owned), "{}", o.id);
            let number: u64 = o.id.parse().unwrap();
            assert!(number < 8_711_000 && ids.insert(number), "{}", o.id);
            for s in &o.segments {
                let found = goods(&world, s);
                assert_eq!(found.device.is_some(), s.device.is_some(), "{}", s.id);
                assert_eq!(found.plan.is_some(), s.plan.is_some(), "{}", s.id);
                let counts = (found.features.len(), found.accessories.len(), found.changes.len());
                assert_eq!(counts, (s.optional_features.len(), s.accessories.len(), s.features.len()), "{}", s.id);
                assert!(ids.insert(s.id.parse().unwrap()), "{}", s.id);
            }
            let segment = |id: &String| o.segments.iter().any(|s| &s.id == id);
            assert!(o.history.iter().all(|h| h.segment.as_ref().is_none_or(segment)), "{}", o.id);
            let dates: Vec<&str> = o.history.iter().map(|h| h.date.as_str()).collect();
            assert!(dates.is_sorted() && dates.first() == Some(&o.submitted.as_str()), "{}", o.id);
            assert_eq!(dates.last(), Some(&o.updated.as_str()), "{}", o.id);
            if let Some(ship) = &o.ship_to {
                let country = world.country(&ship.region_id).unwrap();
                assert!(crate::sandbox::fields::address(&world, country, &ship.address).is_empty(), "{}", o.id);
            }
        }
        let days: Vec<&String> = world.earlier.iter().map(|o| &o.submitted).collect();
        assert!(days.is_sorted() && world.earlier.iter().all(|o| o.updated.as_str() < "2026-11-21"));
    }
}
