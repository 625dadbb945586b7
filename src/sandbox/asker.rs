//! What an order is asked for, as whoever asks sees it: defaults and choices that depend on the actor and on the line (WIRE 8).

use std::sync::Arc;

use serde_json::{Value, json};

use super::records::{Employee, Service};
use super::reply::{put, whole};
use super::terms::{Choice, Item, Property, PropertySet};
use super::world::World;

/// Who asks about which line: what defaults and choices come from.
#[derive(Clone)]
pub struct Asker<'w> {
    /// The world.
    pub world: &'w World,
    /// The actor.
    pub actor: Arc<Employee>,
    /// The line, where the order is about one.
    pub service: Option<Arc<Service>>,
}

impl Asker<'_> {
    /// The choices of a property, those that depend on people included.
    pub fn choices(&self, p: &Property) -> Vec<Choice> {
        if p.choices_from.as_deref() != Some("LOGINS") {
            return p.choices.clone().unwrap_or_default();
        }
        let holder = self.service.as_ref().map(|s| s.owner.as_str());
        let mut people: Vec<Arc<Employee>> = Vec::new();
        for id in holder.into_iter().chain([self.world.agent.as_str()]) {
            let known = |e: &Employee| people.iter().any(|p| p.id == e.id);
            if let Some(e) = self.world.employee(id).filter(|e| !known(e)) {
                people.push(e);
            }
        }
        let choice = |e: &Arc<Employee>| Choice { id: e.company_employee_id.clone(), label: e.name(), is_other: false };
        people.iter().map(choice).collect()
    }
    fn default_text(&self, p: &Property) -> Option<String> {
        let text = match p.default.as_deref()? {
            "ACTOR_PHONE" => self.actor.phone_digits()?,
            "ACTOR_COMPANY_ID" => self.actor.company_employee_id.clone(),
            "SERVICE_NUMBER" => self.service.as_ref()?.service_number.clone(),
            fixed => fixed.to_owned(),
        };
        let length = text.chars().count();
        let fits = length >= p.min_length.unwrap_or(0) && length <= p.max_length.unwrap_or(length);
        fits.then_some(text)
    }
    fn property(&self, p: &Property) -> Value {
        let mut shown = json!({"id": p.id, "label": p.label, "type": p.kind, "validation": p.validation});
        put(&mut shown, "minLength", p.min_length);
        put(&mut shown, "maxLength", p.max_length);
        put(&mut shown, "pattern", p.pattern.as_ref());
        put(&mut shown, "regEx", p.reg_ex.as_ref());
        put(&mut shown, "text", self.default_text(p));
        put(&mut shown, "date", p.default_date.as_ref());
        let default = p.default_choice.as_ref().map(|id| json!({"id": id}));
        put(&mut shown, "choice", default);
        if p.kind == "CHOICE" {
            let shape = |c: &Choice| json!({"id": c.id, "label": c.label, "isOther": c.is_other});
            let choices: Vec<Value> = self.choices(p).iter().map(shape).collect();
            put(&mut shown, "choices", Some(choices));
        }
        shown
    }
    /// `{"properties":{"_meta":…,"items":[groups]}}` (WIRE 8).
    pub fn properties(&self, set: &PropertySet, without: &[Item]) -> Value {
        let groups = set.groups.iter().map(|g| {
            let asked = g.fields.iter().filter(|p| p.asked(without));
            let fields: Vec<Value> = asked.map(|p| self.property(p)).collect();
            json!({"groupId": g.group_id, "fields": fields})
        });
        json!({"properties": whole("/orders/properties", groups.collect())})
    }
}
