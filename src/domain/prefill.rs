//! An order that somebody else has begun: answers from a command line or a whole `orderRequest`. Each is given to its
//! field as soon as the form has it; what fits nowhere yet stays visible and is never dropped. Pure.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use serde_json::Value;

use super::cache::Cache;
use super::choice::{Change, Choice, digits};
use super::date::{self, Date};
use super::draft::{Answer, By, Draft};
use super::field::masked;
use super::ids::Id;
use super::kinds::{self, Kind};
use super::rows::{self, Entry, Row, State};
use super::slots::{Shape, Slot, SlotId, Source};
use super::text::{Clean, folded, pasted};

/// What was given before the wizard began.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prefill {
    /// The transaction type.
    pub kind: Option<&'static Kind>,
    /// An employee's platform id.
    pub employee: Option<String>,
    /// A line's number or id.
    pub service: Option<String>,
    /// `externalOrderNumber`, where it was chosen outside.
    pub reference: Option<String>,
    /// The answers.
    pub given: Vec<Given>,
}

/// One answer that waits for its field.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Given {
    place: Place,
    value: Value,
}

/// Where an answer belongs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Place {
    /// The field or member that is called so, wherever it stands.
    Named(String),
    /// An ingredient, and the member that it is in the request.
    Slot(SlotId, String),
    /// A described field of an ingredient; `true` is the text beside an "other" choice.
    Part(SlotId, Option<String>, String, bool),
    /// A member that this type's order does not have.
    Nowhere(String),
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.spoken())
    }
}

impl Given {
    /// `ID=VALUE` of a command line.
    ///
    /// # Errors
    /// Why it cannot be taken, in a sentence.
    pub fn set(text: &str) -> Result<Self, String> {
        let (id, value) = text.split_once('=').filter(|(id, _)| !id.trim().is_empty()).ok_or_else(|| {
            format!("\"{}\" is not ID=VALUE, for example CONTACT_NUMBER=2035550100.", Clean::new(text))
        })?;
        let id = id.trim();
        if Id::new(id).is_some_and(|id| masked(&id)) {
            return Err(format!(
                "{id} is a secret and is not taken from a command line, where others can read it; type it in its field."
            ));
        }
        Ok(Self { place: Place::Named(id.to_owned()), value: Value::String(value.to_owned()) })
    }
    /// A line by its number or id.
    #[must_use]
    pub fn service(text: &str) -> Self {
        Self { place: Place::Slot(SlotId::Service, "serviceId".into()), value: text.into() }
    }
    /// What it says, for people; a secret is named without its value. `None` where it was nobody's wish.
    #[must_use]
    pub fn spoken(&self) -> Option<Clean> {
        let name = match &self.place {
            Place::Named(id) | Place::Nowhere(id) | Place::Part(_, _, id, _) => id.as_str(),
            Place::Slot(_, member) => member,
        };
        if self.secret() {
            return Some(Clean::new(&format!("{name}, which must be typed here")));
        }
        let value = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        (!name.is_empty()).then(|| Clean::new(&format!("{name}={value}")))
    }
    /// As it may be written down: a secret without its value.
    #[must_use]
    pub fn without_secret(&self) -> Self {
        let value = if self.secret() { Value::Null } else { self.value.clone() };
        Self { place: self.place.clone(), value }
    }
    fn secret(&self) -> bool {
        matches!(&self.place, Place::Part(_, _, id, _) | Place::Named(id) if Id::new(id).is_some_and(|i| masked(&i)))
    }
    /// Whether it is meant for that row. A member is named by its place, or by its last word where no other has the same.
    fn is_for(&self, kind: &Kind, row: &Row) -> bool {
        let part = row.id.part.as_ref();
        match &self.place {
            Place::Nowhere(_) => false,
            Place::Slot(slot, _) => row.id.slot == *slot && part.is_none(),
            Place::Part(slot, group, id, other) => {
                row.id.slot == *slot
                    && part.is_some_and(|p| {
                        p.id.as_str() == id && p.other == *other && p.group.as_ref().map(Id::as_str) == group.as_deref()
                    })
            }
            Place::Named(name) => match part {
                Some(part) => part.id.as_str().eq_ignore_ascii_case(name) && !part.other,
                None => kind.slot(row.id.slot).is_some_and(|s| {
                    let last = |slot: &Slot| slot.at.rsplit('/').next().is_some_and(|m| m.eq_ignore_ascii_case(name));
                    let place = name.replace('.', "/");
                    s.at.trim_start_matches('/') == place
                        || last(s) && kind.asks().filter(|(a, _)| last(a)).count() == 1
                }),
            },
        }
    }
}

impl Prefill {
    /// A whole body of `POST /orders`, with or without its `orderRequest` around it.
    ///
    /// # Errors
    /// Why it cannot be one, in a sentence.
    pub fn of_body(body: &Value, kind: Option<&'static Kind>) -> Result<Self, String> {
        let order = body.get("orderRequest").unwrap_or(body);
        let Value::Object(members) = order else { return Err("It holds no orderRequest.".into()) };
        let said = order.get("transactionType").and_then(Value::as_str);
        let kind = match (said.map(|t| (t, kinds::named(t))), kind) {
            (Some((other, None)), _) => return Err(format!("There is no transaction type \"{}\".", Clean::new(other))),
            (Some((_, Some(said))), Some(kind)) if said != kind => {
                return Err(format!("It is an order of type {}, not {}.", said.id, kind.id));
            }
            (Some((_, said)), None) => said,
            (_, kind) => kind,
        };
        let kind = kind.ok_or("It names no transactionType; pass --type.")?;
        let mut given: Vec<Given> = kind.asks().flat_map(|(slot, _)| of_slot(slot, order)).collect();
        if order.get("shipTo").is_some() {
            // An address of one's own: none of the earlier ones.
            given.push(Given { place: Place::Slot(SlotId::Earlier, String::new()), value: "another".into() });
        }
        for name in members.keys() {
            leftovers(kind, &format!("/{name}"), &order[name], &mut given);
        }
        // Whose line it is need not be said: the line has its holder.
        given.retain(|g| !matches!(g.place, Place::Slot(SlotId::Service, _)));
        let service = order.get("serviceId").and_then(Value::as_str).map(str::to_owned);
        let service = service.filter(|_| kind.slot(SlotId::Service).is_some());
        let reference = order.get("externalOrderNumber").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { kind: Some(kind), service, reference, given, ..Self::default() })
    }
}

fn of_slot(slot: &Slot, order: &Value) -> Vec<Given> {
    let Some(value) = order.pointer(slot.at).filter(|v| !slot.at.is_empty() && !v.is_null()) else { return Vec::new() };
    if value.as_str() == Some("") {
        return Vec::new();
    }
    let listed = value.get("items").unwrap_or(value);
    if matches!(slot.source, Source::Server(..)) && !listed.is_array() {
        return vec![Given { place: Place::Nowhere(slot.at.trim_start_matches('/').to_owned()), value: value.clone() }];
    }
    let entries = || listed.as_array().into_iter().flatten();
    let part = |group: Option<&str>, field: &Value, value: &Value, other| Given {
        place: Place::Part(
            slot.id,
            group.map(str::to_owned),
            field["id"].as_str().unwrap_or_default().to_owned(),
            other,
        ),
        value: value.clone(),
    };
    match slot.source {
        Source::Server(_, Shape::Groups) => {
            let fields = entries().flat_map(|g| {
                let group = g["groupId"].as_str();
                g["fields"].as_array().into_iter().flatten().map(move |f| (group, f))
            });
            fields
                .flat_map(|(group, field)| {
                    let there = |v: &&Value| !v.is_null();
                    let choice = field.pointer("/choice/id").or_else(|| field.get("choice")).filter(there);
                    let value = choice.or_else(|| field.get("date").filter(there)).or_else(|| field.get("text"));
                    let other = field.pointer("/choice/otherText").filter(there);
                    let value = value.filter(there).map(|v| part(group, field, v, false));
                    let odd = || Given {
                        place: Place::Nowhere(slot.at.trim_start_matches('/').into()),
                        value: field.clone(),
                    };
                    [Some(value.unwrap_or_else(odd)), other.map(|v| part(group, field, v, true))]
                })
                .flatten()
                .collect()
        }
        Source::Server(_, Shape::Parts) => entries().map(|f| part(None, f, &f["value"], false)).collect(),
        Source::Server(_, Shape::Ticks) => entries().map(|f| part(None, f, &f["boolean"], false)).collect(),
        Source::Fixed(number) if *value == number => Vec::new(),
        Source::Fixed(_)
        | Source::One(_)
        | Source::Many(_)
        | Source::Changes(_)
        | Source::OneOf(_)
        | Source::Text(_)
        | Source::Described(_)
        | Source::Flag => {
            vec![Given {
                place: Place::Slot(slot.id, slot.at.trim_start_matches('/').to_owned()),
                value: value.clone(),
            }]
        }
    }
}

/// Members that no ingredient of the type is made of.
fn leftovers(kind: &Kind, at: &str, value: &Value, given: &mut Vec<Given>) {
    let on_the_way = kind.asks().any(|(s, _)| s.at.starts_with(&format!("{at}/")));
    match value {
        _ if ["/externalOrderNumber", "/transactionType"].contains(&at) || kind.asks().any(|(s, _)| s.at == at) => {}
        Value::Object(members) if on_the_way => {
            for (name, value) in members {
                leftovers(kind, &format!("{at}/{name}"), value, given);
            }
        }
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        _ => given.push(Given { place: Place::Nowhere(at.trim_start_matches('/').to_owned()), value: value.clone() }),
    }
}

/// Gives the draft what its form can take now; the rest keeps waiting. Returns whether anything was given.
pub fn apply(draft: &mut Draft, cache: &Cache, today: Date) -> bool {
    let Some(kind) = draft.kind.filter(|_| !draft.pending.is_empty() && draft.who.is_some()) else { return false };
    let form = rows::rows(draft, cache);
    let waits = |slot: SlotId| draft.pending.iter().any(|g| matches!(g.place, Place::Slot(s, _) if s == slot));
    for row in form.iter().filter(|r| matches!(r.state, State::Open)) {
        // What an answer belongs to is given first, or it would be put aside with the next one.
        let under = kind.slot(row.id.slot).and_then(|s| s.under).filter(|s| *s != row.id.slot);
        let Some(at) = draft.pending.iter().position(|g| g.is_for(kind, row)) else { continue };
        let meant = form.iter().filter(|r| draft.pending[at].is_for(kind, r)).count();
        if under.is_some_and(waits) || meant > 1 {
            continue;
        }
        let answered = draft.given(&row.id).is_some_and(|g| g.by == By::User && !g.answer.is_empty());
        // Secrets are typed, and what must be read is agreed to, by whoever sits here; then nothing waits any more.
        if draft.pending[at].secret() || matches!(row.entry, Entry::Tick(_) | Entry::Note(_)) {
            if answered {
                draft.pending.remove(at);
                return true;
            }
            continue;
        }
        let given = draft.pending.remove(at);
        let nowhere = |value| Given { place: Place::Nowhere(row.label.to_string()), value };
        // A second answer takes the place of none.
        if answered {
            draft.pending.push(nowhere(given.value));
            return true;
        }
        let offered = rows::offered(draft, cache, row);
        let changes = kind.slot(row.id.slot).is_some_and(|s| matches!(s.source, Source::Changes(_)));
        let (answer, rest) = answer(row, &given.value, (&offered, changes), today);
        draft.set(row.id.clone(), answer);
        draft.pending.extend(rest.map(nowhere));
        return true;
    }
    false
}

/// The answer that a value is to a row; what does not fit is kept as text, which the form marks.
fn answer(
    row: &Row,
    value: &Value,
    (offered, changes): (&[Arc<Choice>], bool),
    today: Date,
) -> (Answer, Option<Value>) {
    // What comes from outside comes as a paste does.
    let text = value.as_str().map_or_else(|| value.to_string(), pasted);
    match &row.entry {
        Entry::Pick { many: true, .. } => several(value, offered, changes),
        Entry::Pick { many: false, .. } => (one(&text, offered).map_or(Answer::Text(text), Answer::One), None),
        Entry::Date(field) => {
            let order = date::Order::of(field.hint.as_deref());
            let day = date::from_wire(&text).or_else(|| date::typed(&text, today, order).ok());
            (Answer::Text(day.map_or(text, |d| d.to_string())), None)
        }
        Entry::Flag | Entry::Tick(_) | Entry::Note(_) => match &*folded(&text) {
            "true" | "yes" | "y" | "1" => (Answer::Flag(true), None),
            "false" | "no" | "n" | "0" => (Answer::Flag(false), None),
            _ => (Answer::Text(text), None),
        },
        Entry::Text { .. } => (Answer::Text(text), None),
    }
}

/// The one row that is meant: by id, by name, or a line by its number. Two that are meant are none.
fn one(text: &str, offered: &[Arc<Choice>]) -> Option<Arc<Choice>> {
    let number =
        |c: &Choice| c.line().is_some_and(|l| !digits(&l.number).is_empty() && digits(&l.number) == digits(text));
    let mut meant = offered.iter().filter(|c| c.id.as_str() == text || folded(&c.name) == folded(text) || number(c));
    let by_id = |c: &Arc<Choice>| c.id.as_str() == text && c.line().is_none();
    let first = meant.next()?;
    match meant.next() {
        None => Some(first.clone()),
        // Names repeat and ids do not; but a number that is also another line's id is asked about.
        Some(second) => [first, second].into_iter().find(|c| by_id(c)).cloned(),
    }
}

fn several(value: &Value, offered: &[Arc<Choice>], changes: bool) -> (Answer, Option<Value>) {
    let entries: Vec<Value> = match value {
        Value::Array(entries) => entries.clone(),
        Value::String(text) => text.split(',').map(|t| Value::String(t.trim().to_owned())).collect(),
        other => vec![other.clone()],
    };
    let row = |entry: &Value| {
        let id = entry["id"].as_str().or_else(|| entry.as_str())?;
        let row = one(id, offered)?;
        // What is to become of a feature is said, or it is not taken; elsewhere there is nothing to say.
        match (entry["action"].as_str(), changes) {
            (Some("ADD"), true) => Some(Arc::new(row.changed(Change::Add))),
            (Some("REMOVE"), true) => Some(Arc::new(row.changed(Change::Remove))),
            (None, false) => Some(row),
            (Some(_) | None, _) => None,
        }
    };
    let (found, lost): (Vec<_>, Vec<_>) = entries.iter().map(|e| (e, row(e))).partition(|(_, row)| row.is_some());
    let lost: Vec<Value> = lost.into_iter().map(|(e, _)| e.clone()).collect();
    (Answer::Many(found.into_iter().filter_map(|(_, row)| row).collect()), (!lost.is_empty()).then(|| lost.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::choice::Line;
    use crate::domain::text::Body;
    use serde_json::json;

    fn line(id: &str, number: &str) -> Arc<Choice> {
        Arc::new(Line::read(Body::from(json!({"id": id, "serviceNumber": number})).view()).unwrap().into_choice())
    }

    #[test]
    fn a_number_that_is_also_another_lines_id_means_neither() {
        let lines = [line("100", "2035554468"), line("2035554468", "2035550001"), line("300", "2035550002")];
        assert_eq!(one("2035554468", &lines), None);
        assert_eq!(one("203-555-0001", &lines).unwrap().id.as_str(), "2035554468");
        assert_eq!(one("300", &lines).unwrap().id.as_str(), "300");
        assert_eq!(one("", &[line("1", "")]), None, "a line without a number is not meant by nothing");
    }
    #[test]
    fn of_two_of_one_name_the_id_tells() {
        let row = |id: &str| Arc::new(Choice::plain(Id::new(id).unwrap(), Clean::new("Apple")));
        let makers = [row("2455765"), row("Apple")];
        assert_eq!(one("Apple", &makers).unwrap().id.as_str(), "Apple");
        assert_eq!(one("2455765", &makers).unwrap().id.as_str(), "2455765");
        assert_eq!(one("apple", &makers), None);
    }
}
