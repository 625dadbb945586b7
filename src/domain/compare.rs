//! Asked against confirmed, and against the placed order: text exactly, dates by calendar day, ids and features as sets,
//! empty as absent (WIRE 9). Differences are marked, never corrected. Pure.

use std::sync::Arc;

use super::cache::Cache;
use super::cautions;
use super::choice::{Change, Choice, Person, dashed};
use super::date;
use super::draft::{Answer, Draft, FieldId};
use super::field::{Field, FieldKind, MASK, masked};
use super::ingredients;
use super::money::{Money, Totals};
use super::prefill;
use super::reply::{Item, Resolved, Told, Value};
use super::slots::{self, Echo, Slot, SlotId, Source};
use super::text::Clean;

/// How a line of the answer stands to what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As asked.
    Same,
    /// Another value.
    Changed,
    /// Asked, and not in the answer.
    Missing,
    /// In the answer, and not asked.
    Added,
}

/// One line of the review.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The field, to go back to.
    pub field: FieldId,
    /// Its label.
    pub label: Clean,
    /// What was asked.
    pub asked: Option<Clean>,
    /// What the server answered.
    pub told: Option<Clean>,
    /// How they stand to each other.
    pub mark: Mark,
    /// Its price.
    pub price: Option<Money>,
    /// The price in the list that it was chosen from, where that was another one.
    pub was: Option<Money>,
}

/// The server's answer beside what was asked.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Review {
    /// What is bought.
    pub items: Vec<Line>,
    /// Everything else.
    pub rest: Vec<Line>,
    /// The server's totals; `None` where it gave none.
    pub totals: Option<Totals>,
    /// What the items add up to, where that differs from the server's totals.
    pub other_sum: Option<Totals>,
    /// Whose order it is, in the server's answer.
    pub holder: Option<Clean>,
    /// Why it must not be submitted.
    pub blocks: Vec<Clean>,
    /// What should be known before it is submitted.
    pub cautions: Vec<Clean>,
}

impl Review {
    /// How many lines differ.
    #[must_use]
    pub fn differences(&self) -> usize {
        self.lines().filter(|l| l.mark != Mark::Same).count()
    }
    /// All lines.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.items.iter().chain(&self.rest)
    }
}

/// Holds the server's answer against the draft.
#[must_use]
pub fn review(draft: &Draft, cache: &Cache, today: date::Date, reply: &Resolved) -> Review {
    let mut all = Review {
        cautions: cautions(draft, cache, today),
        holder: reply.holder.as_ref().map(whose),
        blocks: blocks(draft, reply),
        totals: reply.costs.as_ref().map(Totals::of).filter(|t| !t.currencies().is_empty()),
        ..Review::default()
    };
    let sum = Totals::of(reply.items().filter_map(|i| i.price.as_ref()));
    all.other_sum = all.totals.as_ref().filter(|t| !t.agrees(&sum)).map(|_| sum);
    let asks: Vec<_> = draft.kind.iter().flat_map(|k| k.asks()).map(|(s, _)| s).collect();
    let active: Vec<SlotId> = draft.kind.iter().flat_map(|k| k.asked(draft)).map(|(s, _)| s.id).collect();
    for &slot in &asks {
        let mut lines = slot_lines(draft, cache, slot, active.contains(&slot.id), reply);
        let bought = matches!(
            slot.id,
            SlotId::Device | SlotId::Plan | SlotId::Features | SlotId::Accessories | SlotId::FeatureChanges
        );
        if bought { all.items.append(&mut lines) } else { all.rest.append(&mut lines) }
    }
    for slot in ingredients::UNASKED.iter().filter(|s| !asks.iter().any(|a| a.id == s.id)) {
        all.rest.extend(slot_lines(draft, cache, slot, false, reply));
    }
    all
}

/// What should be known, and what was given from outside and is not part of the order.
fn cautions(draft: &Draft, cache: &Cache, today: date::Date) -> Vec<Clean> {
    let left = draft.pending.iter().filter_map(prefill::Given::spoken);
    let left = left.map(|g| Clean::new(&format!("Given, and not part of this order: {g}")));
    let label = |slot| draft.kind.and_then(|k| k.slot(slot)).map_or("", |s| s.label);
    let known = cautions::all(draft, cache, today).into_iter();
    let known = known.map(|(slot, text)| Clean::new(&format!("{}: {text}", label(slot))));
    known.chain(past(draft, cache, today)).chain(left).collect()
}

/// Days that have passed: the server decides whether they are taken.
fn past(draft: &Draft, cache: &Cache, today: date::Date) -> Vec<Clean> {
    let slots = draft.kind.iter().flat_map(|k| k.asked(draft)).filter(|(s, _)| matches!(s.source, Source::Server(..)));
    let fields = slots.flat_map(|(s, _)| slots::fields(s, draft, cache).into_iter().map(|f| (s.id, f)));
    let days = fields.filter(|(_, f)| f.kind == FieldKind::Date).filter_map(|(slot, field)| {
        let Some(Answer::Text(text)) = draft.answer(&FieldId::of(slot, &field, false)) else { return None };
        let day = text.parse::<date::Date>().ok().filter(|day| *day < today)?;
        Some(Clean::new(&format!("{}: {} has passed.", field.label, date::named(day))))
    });
    days.collect()
}

fn slot_lines(draft: &Draft, cache: &Cache, slot: &Slot, active: bool, reply: &Resolved) -> Vec<Line> {
    let id = FieldId::from(slot.id);
    let answer = draft.answer(&id).filter(|_| active);
    match (slot.echo)(reply) {
        Echo::Silent => Vec::new(),
        Echo::Items(told) => {
            let asked = match answer {
                Some(Answer::One(row)) => std::slice::from_ref(row),
                Some(Answer::Many(rows)) => rows,
                Some(Answer::Text(_) | Answer::Flag(_)) | None => &[],
            };
            item_lines(slot, asked, &told)
        }
        Echo::Text(told) => {
            let asked = answer.and_then(Answer::spoken);
            compared(id, slot.label, asked, told.cloned()).into_iter().collect()
        }
        Echo::Flag(told) => {
            let yes = |flag: bool| flag.then(|| Clean::new("yes"));
            compared(id, slot.label, yes(answer.is_some()), yes(told == Some(true))).into_iter().collect()
        }
        Echo::Told(told) => told_lines(draft, cache, slot, active, told),
    }
}

fn compared(field: FieldId, label: &str, asked: Option<Clean>, told: Option<Clean>) -> Option<Line> {
    let agrees = asked == told;
    line(field, label, (asked, told), agrees)
}

fn line(field: FieldId, label: &str, (asked, told): (Option<Clean>, Option<Clean>), agrees: bool) -> Option<Line> {
    let mark = match (&asked, &told) {
        (None, None) => return None,
        (Some(_), Some(_)) if agrees => Mark::Same,
        (Some(_), Some(_)) => Mark::Changed,
        (Some(_), None) => Mark::Missing,
        (None, Some(_)) => Mark::Added,
    };
    Some(Line { field, label: Clean::new(label), asked, told, mark, price: None, was: None })
}

/// Sets of items: by id where the answer has ids, else by name (a line by its number).
fn item_lines(slot: &Slot, asked: &[Arc<Choice>], told: &[&Item]) -> Vec<Line> {
    let label = match slot.id {
        SlotId::Features | SlotId::FeatureChanges => "Feature",
        SlotId::Accessories => "Accessory",
        _ => slot.label,
    };
    let mut left: Vec<&Item> = told.to_vec();
    let mut lines = Vec::new();
    let mut missing = Vec::new();
    for choice in asked {
        match left.iter().position(|item| same(choice, item)) {
            Some(at) => lines.push(item_line(slot, label, Some(choice), Some(left.remove(at)))),
            None => missing.push(choice),
        }
    }
    let single = matches!(slot.source, Source::One(_));
    for choice in missing {
        // Of a single thing the other one in the answer stands in its place.
        let instead = if single && !left.is_empty() { Some(left.remove(0)) } else { None };
        lines.push(item_line(slot, label, Some(choice), instead));
    }
    lines.extend(left.into_iter().map(|item| item_line(slot, label, None, Some(item))));
    lines
}

fn same(choice: &Choice, item: &Item) -> bool {
    if choice.change().map(Change::action) != item.action.as_deref() {
        return false;
    }
    match &item.id {
        Some(id) => *id == choice.id,
        None => item.name == choice.name || choice.line().is_some_and(|l| l.number == item.name),
    }
}

fn item_line(slot: &Slot, label: &str, asked: Option<&Arc<Choice>>, told: Option<&Item>) -> Line {
    let prices = asked.and_then(|a| a.price.as_ref()).zip(told.and_then(|t| t.price.as_ref()));
    let was = prices.filter(|(listed, told)| listed != told).map(|(listed, _)| listed.clone());
    let mark = match (asked, told) {
        (Some(a), Some(t)) if same(a, t) && was.is_none() => Mark::Same,
        (Some(_), Some(_)) => Mark::Changed,
        (Some(_), None) => Mark::Missing,
        (None, _) => Mark::Added,
    };
    let shown = |item: &Item| match &item.action {
        _ if slot.id == SlotId::Service => Clean::new(&dashed(&item.name)),
        Some(action) => Clean::new(&format!("{} {}", action.to_lowercase(), item.name)),
        None => item.name.clone(),
    };
    Line {
        field: slot.id.into(),
        label: Clean::new(label),
        asked: asked.map(|a| a.spoken()),
        told: told.map(shown),
        mark,
        price: told.and_then(|i| i.price.clone()),
        was,
    }
}

fn told_lines(draft: &Draft, cache: &Cache, slot: &Slot, active: bool, told: &[Told]) -> Vec<Line> {
    let fields = if active { slots::fields(slot, draft, cache) } else { Vec::new() };
    let mut left: Vec<&Told> = told.iter().collect();
    let mut lines = Vec::new();
    for field in &fields {
        let id = FieldId::of(slot.id, field, false);
        let answer = draft.answer(&id);
        let other = draft.answer(&FieldId::of(slot.id, field, true)).and_then(Answer::spoken);
        let other = other.filter(|_| matches!(answer, Some(Answer::One(row)) if field.asks_other(&row.id)));
        let asked = answer.and_then(|a| asked_value(field, a, other.as_ref()));
        let told = left.iter().position(|t| t.id == field.id).map(|at| &left.remove(at).value);
        // A box that nobody ticked, and that is told so, is as asked.
        let told = told.filter(|t| **t != Value::Flag(false) || answer.is_some());
        let agrees = answer.zip(told).is_some_and(|(a, t)| agree(a, other.as_ref(), t));
        let shown = told.map(|t| told_value(field, t, other.as_ref().filter(|_| agrees)));
        let (asked, shown) = if field.masked() { secret(asked, shown, agrees) } else { (asked, shown) };
        lines.extend(line(id, &field.label, (asked, shown), agrees));
    }
    lines.extend(left.into_iter().filter_map(|t| {
        let id =
            FieldId { slot: slot.id, part: Some(super::draft::Part { group: None, id: t.id.clone(), other: false }) };
        let label = t.label.clone().unwrap_or_else(|| Clean::new(t.id.as_str()));
        let told = if masked(&t.id) { Clean::new(MASK) } else { unlabelled(&t.value) };
        // A box that is not ticked was not agreed to, said or not.
        if t.value == Value::Flag(false) { None } else { compared(id, &label, None, Some(told)) }
    }));
    lines
}

/// A secret is compared like everything, and shown as a mark only.
fn secret(asked: Option<Clean>, told: Option<Clean>, agrees: bool) -> (Option<Clean>, Option<Clean>) {
    let other = if agrees { MASK } else { "******** (another value)" };
    (asked.map(|_| Clean::new(MASK)), told.map(|_| Clean::new(other)))
}

/// Text exactly, days by the calendar, choices by id: two options may share a label.
fn agree(asked: &Answer, other: Option<&Clean>, told: &Value) -> bool {
    match (asked, told) {
        (Answer::Text(asked), Value::Text(told)) => Clean::new(asked) == *told,
        (Answer::Text(asked), Value::Date(Some(told), _)) => asked.parse::<date::Date>().is_ok_and(|day| day == *told),
        // Replies name a choice by its id alone (WIRE 8): a text that is not repeated says nothing.
        (Answer::One(row), Value::Choice(id, told)) => row.id == *id && (told.is_none() || other == told.as_ref()),
        (Answer::One(row), Value::Text(told)) => row.id.as_str() == &**told,
        (Answer::Flag(asked), Value::Flag(told)) => asked == told,
        (Answer::Text(_), Value::Date(None, _) | Value::Choice(..) | Value::Flag(_))
        | (Answer::One(_), Value::Date(..) | Value::Flag(_))
        | (Answer::Flag(_), Value::Text(_) | Value::Date(..) | Value::Choice(..))
        | (Answer::Many(_), _) => false,
    }
}

fn asked_value(field: &Field, answer: &Answer, other: Option<&Clean>) -> Option<Clean> {
    match answer {
        Answer::Text(text) => Some(text.parse().map_or_else(|_| Clean::new(text), |day| named_day(field, day, text))),
        Answer::One(row) => Some(with_other(&row.name, other)),
        // That something was read is not part of the order.
        Answer::Flag(_) if field.kind != FieldKind::Tick => None,
        Answer::Many(_) | Answer::Flag(_) => answer.spoken(),
    }
}

fn named_day(field: &Field, day: date::Date, text: &str) -> Clean {
    if field.kind == FieldKind::Date { Clean::new(&date::named(day)) } else { Clean::new(text) }
}

fn with_other(name: &str, other: Option<&Clean>) -> Clean {
    other.map_or_else(|| Clean::new(name), |text| Clean::new(&format!("{name}: {text}")))
}

/// A reply names a choice by id alone: its label comes from what was looked up.
fn told_value(field: &Field, value: &Value, own: Option<&Clean>) -> Clean {
    let label = |id: &str| field.options().iter().find(|o| o.named.id.as_str() == id).map(|o| o.named.name.clone());
    match value {
        Value::Choice(id, None) if own.is_some() => {
            let text = own.map(|o| format!("{o} (your text; the answer does not repeat it)"));
            with_other(
                &label(id.as_str()).unwrap_or_else(|| quoted(id.as_str())),
                text.map(|t| Clean::new(&t)).as_ref(),
            )
        }
        Value::Choice(id, other) => {
            with_other(&label(id.as_str()).unwrap_or_else(|| quoted(id.as_str())), other.as_ref())
        }
        Value::Text(text) => label(text).unwrap_or_else(|| text.clone()),
        Value::Date(..) | Value::Flag(_) => unlabelled(value),
    }
}

fn unlabelled(value: &Value) -> Clean {
    match value {
        Value::Text(text) => text.clone(),
        Value::Date(Some(day), _) => Clean::new(&date::named(*day)),
        Value::Date(None, text) => text.clone(),
        Value::Choice(id, other) => with_other(&quoted(id.as_str()), other.as_ref()),
        Value::Flag(flag) => Clean::new(if *flag { "yes" } else { "no" }),
    }
}

fn quoted(id: &str) -> Clean {
    Clean::new(&format!("\"{id}\""))
}

/// A person beyond doubt: two may share a name and even a login.
fn whose(person: &Person) -> Clean {
    let department = person.department.as_ref().map(|d| format!(", {d}")).unwrap_or_default();
    Clean::new(&format!("{}{department}, id {}", person.with_login(), person.id))
}

/// Why the draft must not be submitted on this answer.
fn blocks(draft: &Draft, reply: &Resolved) -> Vec<Clean> {
    let mut all = Vec::new();
    let kind = draft.kind.map_or("", |k| k.id);
    if let Some(other) = reply.transaction_type.as_ref().filter(|t| &***t != kind) {
        all.push(Clean::new(&format!("The server reads it as {other}, not as {kind}.")));
    }
    // Published confirmations say 0 where the order has no quantity of its own.
    let counts = draft.kind.is_some_and(|k| k.slot(SlotId::Quantity).is_some());
    if let Some(count) = reply.quantity.filter(|&q| q > 1 || q == 0 && counts) {
        all.push(Clean::new(&format!("The server reads a quantity of {count}; you asked for one.")));
    }
    match reply.echoes(&draft.number) {
        Some(true) => {}
        None if reply.placed => {}
        Some(false) | None => all.push(Clean::new(&format!(
            "The server answers for reference {}, not {}: the order could not be found again.",
            reply.number_shown(),
            draft.number
        ))),
    }
    let line = draft.one(SlotId::Service).and_then(|c| c.line());
    let owner = line.and_then(|l| l.holder.as_ref()).or_else(|| draft.who.as_ref().and_then(|w| w.person()));
    match (&reply.holder, owner) {
        (Some(holder), Some(owner)) if holder.id != owner.id => {
            all.push(Clean::new(&format!(
                "The server would order this for {} ({}), not for {} ({}).",
                holder.with_login(),
                holder.id,
                owner.with_login(),
                owner.id
            )));
        }
        // A line says whose order it is; without one the actor's header alone decides, so the answer must name them.
        (None, Some(owner)) if line.is_none() && !reply.placed => {
            all.push(Clean::new(&format!(
                "The server does not say whose order this is; it should be {}.",
                owner.with_login()
            )));
        }
        (Some(_) | None, _) => {}
    }
    all
}
