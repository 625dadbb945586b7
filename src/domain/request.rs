//! Draft -> the body of `POST /orders` (WIRE 7): a walk over the slots that the type asks for, with no branch per type. Pure.

use serde_json::{Map, Value, json};

use super::cache::Cache;
use super::choice::Choice;
use super::date;
use super::draft::{Answer, Draft, FieldId};
use super::field::{Field, FieldKind, MASK, masked};
use super::ids::Id;
use super::slots::{self, Shape, Slot, Source};

/// The body that confirms or submits the draft. Members left empty are not sent.
#[must_use]
pub fn build(draft: &Draft, cache: &Cache) -> Value {
    let mut order = json!({ "externalOrderNumber": draft.number.as_str() });
    if let Some(kind) = draft.kind {
        put(&mut order, "/transactionType", kind.id.into());
        for (slot, _) in kind.asked(draft).filter(|(s, _)| !s.at.is_empty()) {
            if let Some(value) = member(draft, cache, slot) {
                put(&mut order, slot.at, value);
            }
        }
    }
    json!({ "orderRequest": order })
}

fn member(draft: &Draft, cache: &Cache, slot: &Slot) -> Option<Value> {
    match slot.source {
        Source::Server(lookup, shape) => {
            cache.ready(&lookup.key(draft)?)?;
            let fields = slots::fields(slot, draft, cache);
            let entries: Vec<_> = fields.iter().filter_map(|f| Some((&**f, entry(draft, slot, f, shape)?))).collect();
            match shape {
                Shape::Parts => Some(Value::Array(entries.into_iter().map(|(_, e)| e).collect())),
                Shape::Ticks => Some(entries.into_iter().map(|(_, e)| e).collect())
                    .filter(|t: &Vec<_>| !t.is_empty())
                    .map(Value::Array),
                Shape::Groups => Some(grouped(entries)).filter(|g| !g.is_empty()).map(Value::Array),
            }
        }
        Source::Fixed(number) => Some(number.into()),
        Source::One(_)
        | Source::Many(_)
        | Source::Changes(_)
        | Source::OneOf(_)
        | Source::Text(_)
        | Source::Described(_)
        | Source::Flag => Some(match draft.answer(&slot.id.into())? {
            Answer::One(row) => row.id.as_str().into(),
            Answer::Many(rows) => rows.iter().map(|r| row(r)).collect(),
            Answer::Text(text) => text.as_str().into(),
            Answer::Flag(yes) => (*yes).into(),
        }),
    }
}

/// A row of a set: its id, and what becomes of it where that is asked.
fn row(row: &Choice) -> Value {
    match row.change() {
        Some(change) => json!({ "id": row.id.as_str(), "action": change.action() }),
        None => row.id.as_str().into(),
    }
}

/// The body as it may be shown, copied and printed: a secret is there as a mark only.
#[must_use]
pub fn shown(body: &Value) -> Value {
    let mut body = body.clone();
    let groups = body.pointer_mut("/orderRequest/properties").and_then(Value::as_array_mut);
    for field in groups.into_iter().flatten().filter_map(|g| g["fields"].as_array_mut()).flatten() {
        if field["id"].as_str().and_then(Id::new).is_some_and(|id| masked(&id)) {
            for member in ["text", "date", "choice"] {
                if let Some(value) = field.get_mut(member) {
                    *value = MASK.into();
                }
            }
        }
    }
    body
}

fn entry(draft: &Draft, slot: &Slot, field: &Field, shape: Shape) -> Option<Value> {
    let answer = draft.answer(&FieldId::of(slot.id, field, false))?;
    if shape == Shape::Ticks {
        let ticked = field.kind == FieldKind::Tick && *answer == Answer::Flag(true);
        return ticked.then(|| json!({ "id": field.id.as_str(), "type": "BOOLEAN", "boolean": true }));
    }
    if shape == Shape::Parts {
        let value = match answer {
            Answer::One(row) => row.id.as_str(),
            Answer::Text(text) => text,
            Answer::Many(_) | Answer::Flag(_) => return None,
        };
        return Some(json!({ "id": field.id.as_str(), "value": value }));
    }
    let (name, member, value) = match (&field.kind, answer) {
        (FieldKind::Text, Answer::Text(text)) => ("TEXT", "text", json!(text)),
        (FieldKind::Date, Answer::Text(text)) => ("DATE", "date", json!(date::to_wire(text.parse().ok()?))),
        (FieldKind::Choice(_), Answer::One(row)) => {
            let other = match draft.answer(&FieldId::of(slot.id, field, true)).filter(|_| field.asks_other(&row.id)) {
                Some(Answer::Text(text)) => json!({ "id": row.id.as_str(), "otherText": text }),
                Some(Answer::One(_) | Answer::Many(_) | Answer::Flag(_)) | None => json!({ "id": row.id.as_str() }),
            };
            ("CHOICE", "choice", other)
        }
        // An answer of another type than its field is a problem of the form and never gets here.
        (FieldKind::Text | FieldKind::Date | FieldKind::Choice(_) | FieldKind::Tick | FieldKind::Note(_), _) => {
            return None;
        }
    };
    Some(json!({ "id": field.id.as_str(), "type": name, member: value }))
}

/// Every field under its own group, the groups in the order in which they were described.
fn grouped(entries: Vec<(&Field, Value)>) -> Vec<Value> {
    let mut groups: Vec<(Option<&str>, Vec<Value>)> = Vec::new();
    for (field, value) in entries {
        let id = field.group.as_ref().map(super::ids::Id::as_str);
        match groups.iter_mut().find(|(group, _)| *group == id) {
            Some((_, fields)) => fields.push(value),
            None => groups.push((id, vec![value])),
        }
    }
    let group = |(id, fields): (Option<&str>, Vec<Value>)| match id {
        Some(id) => json!({ "groupId": id, "fields": fields }),
        None => json!({ "fields": fields }),
    };
    groups.into_iter().map(group).collect()
}

/// Puts a value at a pointer, making the objects on the way.
fn put(root: &mut Value, pointer: &str, value: Value) {
    let mut here = root;
    for key in pointer.trim_start_matches('/').split('/') {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        here = &mut here[key];
    }
    *here = value;
}
