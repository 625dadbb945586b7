//! What is known of a placed order and of a person beside the lists: segments, history, shipments, attributes. All of it
//! is read tolerantly (WIRE 6 gives the resources, their entries' members are assumed). Pure.

use super::date;
use super::reply::Resolved;
use super::text::{Clean, Untrusted};

/// A placed order with what becomes of its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    /// The order.
    pub order: Resolved,
    /// Our number, or the one that somebody else gave it.
    pub number: Option<Clean>,
    /// Who asked for it.
    pub requested_by: Option<Clean>,
    /// When it last changed, readable.
    pub updated: Option<Clean>,
    /// Its parts: each carrier's share goes its own way.
    pub segments: Vec<Segment>,
}

/// A part of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its id.
    pub id: Clean,
    /// Its status.
    pub status: Clean,
    /// Its carrier.
    pub vendor: Option<Clean>,
    /// What is in it.
    pub items: Vec<Clean>,
}

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When, readable.
    pub when: Clean,
    /// What it is since then.
    pub status: Clean,
    /// What somebody said about it.
    pub comment: Option<Clean>,
}

/// A parcel.
#[derive(Clone, Debug, PartialEq)]
pub struct Shipment {
    /// Who carries it.
    pub carrier: Option<Clean>,
    /// The number to follow it by.
    pub tracking: Option<Clean>,
    /// When it left, readable.
    pub when: Option<Clean>,
}

/// Labelled values about a person.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Profile(pub Vec<(Clean, Clean)>);

impl Tracked {
    /// Reads `{"order": …}`; `None` where there is no order with an id.
    #[must_use]
    pub fn read(body: Untrusted<'_>) -> Option<Self> {
        let from = body.at("order");
        let segments = from.at("orderSegments");
        let segments = if segments.at("items").present() { segments.at("items") } else { segments };
        let by = super::choice::Person::read(from.at("requestedBy"));
        Some(Self {
            order: Resolved::order(body)?,
            number: from.at("externalOrderNumber").text(),
            requested_by: by.map(|p| p.with_login()),
            updated: from.at("updated").text().map(readable),
            segments: segments.items().map(Segment::read).collect(),
        })
    }
}

impl Segment {
    fn read(from: Untrusted<'_>) -> Self {
        let name = |of: Untrusted<'_>| of.at("name").text().or_else(|| of.at("description").text());
        let action = |of: Untrusted<'_>| match of.at("action").text() {
            Some(action) => name(of).map(|n| Clean::new(&format!("{} {n}", action.to_lowercase()))),
            None => name(of),
        };
        let plan = from.at("plan");
        let items = name(from.at("device")).into_iter().chain(name(plan));
        let rest = [plan.at("optionalFeatures"), from.at("features"), from.at("accessories")];
        Self {
            id: from.at("orderSegmentId").text().unwrap_or_default(),
            status: from.at("status").text().unwrap_or_default(),
            vendor: from.pointer("/vendor/name").text(),
            items: items.chain(rest.iter().flat_map(|r| r.items()).filter_map(action)).collect(),
        }
    }
}

impl Entry {
    /// Reads an entry; one that says nothing is none.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        let (status, comment) = (from.at("status").text(), from.at("comment").text());
        (status.is_some() || comment.is_some()).then(|| Self {
            when: from.at("date").text().map(readable).unwrap_or_default(),
            status: status.unwrap_or_default(),
            comment,
        })
    }
}

impl Shipment {
    /// Reads a shipment; one that says nothing is none.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        let shipment = Self {
            carrier: from.at("carrier").text().or_else(|| from.pointer("/carrier/name").text()),
            tracking: from.at("trackingNumber").text(),
            when: from.at("dateShipped").text().map(readable),
        };
        (shipment.carrier.is_some() || shipment.tracking.is_some() || shipment.when.is_some()).then_some(shipment)
    }
}

impl Profile {
    /// The custom attributes of an employee: a list of labelled values, or an object of them.
    #[must_use]
    pub fn attributes(from: Untrusted<'_>) -> Self {
        let from = from.at("customAttributes");
        let listed = from.items().filter_map(|a| {
            let label = a.at("label").text().or_else(|| a.at("name").text()).or_else(|| a.at("id").text())?;
            Some((label, a.at("value").text().or_else(|| a.at("text").text())?))
        });
        Self(listed.chain(from.entries().filter_map(|(name, value)| Some((name, value.text()?)))).collect())
    }
    /// The booleans of `/diagnostics`: those that hold, by name; others do not matter.
    #[must_use]
    pub fn diagnostics(body: Untrusted<'_>) -> Self {
        let inner = body.at("diagnostics");
        let from = if inner.present() { inner } else { body };
        let words = |flag: bool| Clean::new(if flag { "yes" } else { "no" });
        Self(from.entries().filter_map(|(name, value)| Some((name, words(value.flag()?)))).collect())
    }
    /// The value of that label.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&Clean> {
        self.0.iter().find(|(l, _)| &**l == label).map(|(_, value)| value)
    }
}

/// A moment as people read it, or as the server wrote it.
fn readable(text: Clean) -> Clean {
    date::instant_from_wire(&text).map_or(text, |t| Clean::new(&t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;
    use serde_json::json;

    #[test]
    fn attributes_are_read_from_a_list_and_from_an_object() {
        for body in [
            json!({"customAttributes": [{"id": "CC", "label": "Cost Center", "value": "4711"}, {"id": "EMPTY"}]}),
            json!({"customAttributes": {"Cost Center": 4711, "EMPTY": null}}),
        ] {
            let profile = Profile::attributes(Body::from(body.clone()).view());
            assert_eq!(profile.0, [(Clean::new("Cost Center"), Clean::new("4711"))], "{body}");
        }
    }
    #[test]
    fn an_order_of_two_parts_says_what_is_in_each() {
        let body = json!({"order": {"orderId": "1", "orderSegments": [
            {"orderSegmentId": "11", "status": "SHIPPED", "device": {"name": "Phone"}, "plan": {"optionalFeatures": []}},
            {"orderSegmentId": "12", "status": "BACKORDERED", "features": [{"action": "ADD", "description": "Roaming"}]}]}});
        let read = Tracked::read(Body::from(body).view()).unwrap();
        let parts: Vec<_> =
            read.segments.iter().map(|s| (&*s.status, s.items.iter().map(|i| &**i).collect::<Vec<_>>())).collect();
        assert_eq!(parts, [("SHIPPED", vec!["Phone"]), ("BACKORDERED", vec!["add Roaming"])]);
    }
    #[test]
    fn what_says_nothing_is_left_out() {
        let read = |json| Shipment::read(Body::from(json).view());
        assert_eq!(read(json!({"dateShipped": null})), None);
        assert_eq!(read(json!({"trackingNumber": 794_611})).unwrap().tracking.as_deref(), Some("794611"));
        assert_eq!(Entry::read(Body::from(json!({"date": "2016-01-27T22:17:37Z"})).view()), None);
    }
}
