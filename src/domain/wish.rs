//! What an order is looked for by in the order list (WIRE 6, `GET /orders`), and what a listed order is to it. Pure.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::choice::{Person, digits};
use super::draft::{Draft, Reference};
use super::ids::{Id, OrderNumber};
use super::slots::SlotId;
use super::text::{Clean, Untrusted};

/// What makes an order ours: number, type, and whose line it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// `externalOrderNumber`.
    pub number: OrderNumber,
    /// The transaction type.
    pub kind: String,
    /// The line's number; blank where the order is about none that has one.
    pub line: String,
    /// The account holder's platform id.
    pub holder: Option<Id>,
    /// Where the number comes from.
    pub reference: Reference,
}

/// An order of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its id.
    pub id: Id,
    /// `externalOrderNumber`, byte for byte.
    pub number: String,
    /// The transaction type.
    pub kind: Clean,
    /// Its status.
    pub status: Clean,
    /// The line's number, where it is listed.
    pub line: Option<Clean>,
    /// The account holder, where it is listed.
    pub holder: Option<Person>,
    /// When it was submitted.
    pub submitted: Option<Timestamp>,
}

/// What a listed order is to a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinship {
    /// It has another number.
    Stranger,
    /// It is the order that was wished for.
    Ours,
    /// It has our number, and is another order.
    Namesake,
}

/// An update time may be written in any time zone, and clocks go wrong: so much earlier still counts.
pub const SLACK: Duration = Duration::from_secs(26 * 3600);

impl Listed {
    /// Reads an item; without an id there is none.
    #[must_use]
    pub fn read(from: Untrusted<'_>) -> Option<Self> {
        let holder = Person::read(from.at("accountHolder")).or_else(|| Person::read(from.at("employee")));
        Some(Self {
            id: from.at("orderId").id()?,
            number: from.at("externalOrderNumber").bytes().unwrap_or_default(),
            kind: from.at("transactionType").text().unwrap_or_default(),
            status: from.at("status").text().unwrap_or_default(),
            line: from.at("serviceNumber").text(),
            holder,
            submitted: from.at("dateSubmitted").text().and_then(|t| t.parse().ok()),
        })
    }
    /// `order 8711660, SUSPEND for Edwards, Peter, ORDER_SUBMITTED`.
    #[must_use]
    pub fn spoken(&self) -> Clean {
        let holder = self.holder.as_ref().map(|p| format!(" for {}", p.listed())).unwrap_or_default();
        let when = self.submitted.map(|t| format!(", submitted {}", t.strftime("%-d %b %Y"))).unwrap_or_default();
        Clean::new(&format!("order {}, {}{holder}, {}{when}", self.id, self.kind, self.status))
    }
}

impl Wish {
    /// What a draft wishes for.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        let line = draft.one(SlotId::Service).and_then(|l| l.line()).map(|l| digits(&l.number)).unwrap_or_default();
        Self {
            number: draft.number.clone(),
            kind: draft.kind.map(|k| k.id.to_owned()).unwrap_or_default(),
            line,
            holder: draft.actor().cloned(),
            reference: draft.reference,
        }
    }
    /// What a listed order is to it: ours where the number, the type and the line (else the account holder) agree, and
    /// where it is not older than the draft. What the list does not say does not speak against it.
    #[must_use]
    pub fn judge(&self, listed: &Listed) -> Kinship {
        if listed.number != self.number.as_str() {
            return Kinship::Stranger;
        }
        let kind = self.kind.is_empty() || listed.kind.is_empty() || *listed.kind == self.kind;
        let line = listed.line.as_deref().map(digits).filter(|l| !l.is_empty() && !self.line.is_empty());
        let whose = match (line, &listed.holder, &self.holder) {
            (Some(line), _, _) => line == self.line,
            (None, Some(holder), Some(ours)) => holder.id == *ours,
            (None, Some(_) | None, _) => true,
        };
        // A number of ours is nobody else's; one from outside may have been used before.
        let older = match (self.reference, listed.submitted) {
            (Reference::Free(Some(free)), Some(at)) => free.checked_sub(SLACK).is_ok_and(|from| at < from),
            // Nobody has looked yet whether another order has it.
            (Reference::Given, _) => true,
            (Reference::Ours | Reference::Free(_), _) => false,
        };
        if kind && whose && !older { Kinship::Ours } else { Kinship::Namesake }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;
    use serde_json::json;

    fn wish(reference: Reference) -> Wish {
        Wish {
            number: OrderNumber::given("AZ-1").unwrap(),
            kind: "SUSPEND".into(),
            line: "2035554468".into(),
            holder: Id::new("28673732"),
            reference,
        }
    }
    fn listed(change: serde_json::Value) -> Listed {
        let mut item = json!({"orderId": "1", "externalOrderNumber": "AZ-1", "transactionType": "SUSPEND",
            "serviceNumber": "203-555-4468", "accountHolder": {"id": "28673732"}, "dateSubmitted": "2026-11-24T10:00:00Z"});
        for (name, value) in change.as_object().unwrap() {
            item[name] = value.clone();
        }
        Listed::read(Body::from(item).view()).unwrap()
    }

    #[test]
    fn an_order_is_ours_by_number_type_and_line_and_age() {
        let judge = |change| wish(Reference::Ours).judge(&listed(change));
        assert_eq!(judge(json!({})), Kinship::Ours);
        assert_eq!(judge(json!({"externalOrderNumber": "az-1"})), Kinship::Stranger);
        assert_eq!(judge(json!({"externalOrderNumber": "AZ-1 "})), Kinship::Stranger);
        assert_eq!(judge(json!({"transactionType": "DEACTIVATE"})), Kinship::Namesake);
        assert_eq!(judge(json!({"serviceNumber": "2035550000"})), Kinship::Namesake);
        assert_eq!(judge(json!({"serviceNumber": null})), Kinship::Ours);
        assert_eq!(judge(json!({"serviceNumber": null, "accountHolder": {"id": "9"}})), Kinship::Namesake);
        assert_eq!(judge(json!({"serviceNumber": null, "accountHolder": null})), Kinship::Ours);
    }
    #[test]
    fn a_number_from_outside_is_not_ours_where_the_order_is_older() {
        let free = Reference::Free("2026-11-20T10:00:00Z".parse().ok());
        let old = json!({"dateSubmitted": "2026-08-01T10:00:00Z"});
        assert_eq!(wish(free).judge(&listed(old.clone())), Kinship::Namesake);
        assert_eq!(wish(free).judge(&listed(json!({}))), Kinship::Ours);
        assert_eq!(wish(Reference::Given).judge(&listed(json!({}))), Kinship::Namesake, "nobody has looked yet");
        // The local clock has no part in it: a random number is nobody else's.
        assert_eq!(wish(Reference::Ours).judge(&listed(old)), Kinship::Ours);
    }
}
