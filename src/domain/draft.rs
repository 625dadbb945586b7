//! An order being filled in: who, what, and the answers by field. When what an answer depends on changes, the answer
//! is settled anew: still offered stays, the rest is put aside, named, and comes back when the change is undone. Pure.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::choice::{Choice, Named};
use super::date;
use super::field::{Field, FieldKind};
use super::ids::{Id, OrderNumber};
use super::kinds::Kind;
use super::lookups::{Cache, Lookup, LookupKey, Query};
use super::slots::{self, Slot, SlotId, Source};
use super::text::Clean;

/// The name of one field of the form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId {
    /// The ingredient.
    pub slot: SlotId,
    /// Which part of it, where the server describes several.
    pub part: Option<Part>,
}

/// One field of an ingredient that the server describes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// Its group, `None` for an address component.
    pub group: Option<Id>,
    /// Its id.
    pub id: Id,
    /// Whether it is the text of one's own beside an "other" choice.
    pub other: bool,
}

impl From<SlotId> for FieldId {
    fn from(slot: SlotId) -> Self {
        Self { slot, part: None }
    }
}

impl FieldId {
    /// The field of a description.
    #[must_use]
    pub fn of(slot: SlotId, field: &Field, other: bool) -> Self {
        Self { slot, part: Some(Part { group: field.group.clone(), id: field.id.clone(), other }) }
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Text as it will be sent; a day as `2016-12-22`; in a list's field, text that is not in the list.
    Text(String),
    /// One row.
    One(Arc<Choice>),
    /// A set of rows.
    Many(Vec<Arc<Choice>>),
    /// Yes or no.
    Flag(bool),
}

impl Answer {
    /// Whether it counts as absent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(t) => t.is_empty(),
            Self::Many(rows) => rows.is_empty(),
            Self::Flag(yes) => !yes,
            Self::One(_) => false,
        }
    }
    /// As people read it; `None` where it is absent.
    #[must_use]
    pub fn spoken(&self) -> Option<Clean> {
        if self.is_empty() {
            return None;
        }
        Some(match self {
            Self::Text(t) => Clean::new(t),
            Self::One(row) => row.name.clone(),
            Self::Many(rows) => Clean::new(&rows.iter().map(|r| &*r.name).collect::<Vec<_>>().join(", ")),
            Self::Flag(_) => Clean::new("yes"),
        })
    }
}

/// Who gave an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The user.
    User,
    /// The server's or the form's default; it follows what it depends on.
    Default,
    /// It was the only one offered.
    Only,
}

/// An answer and who gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The answer.
    pub answer: Answer,
    /// Who gave it.
    pub by: By,
}

/// What an answer was settled under: the type and the lookup that its slot implied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Context {
    kind: &'static str,
    key: Option<LookupKey>,
}

/// An answer that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The field's label.
    pub label: Clean,
    /// What it said.
    pub was: Clean,
}

/// An order being filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its number for life; also the ACTIVITYID of its calls.
    pub number: OrderNumber,
    /// Whom it is for.
    pub who: Option<Arc<Choice>>,
    /// The transaction type.
    pub kind: Option<&'static Kind>,
    /// The country to begin with: that of the order before.
    pub usual_region: Option<Arc<Choice>>,
    answers: BTreeMap<FieldId, Given>,
    settled: BTreeMap<SlotId, Context>,
    aside: HashMap<(FieldId, Context), Given>,
}

impl Draft {
    /// An empty draft.
    #[must_use]
    pub fn new(number: OrderNumber) -> Self {
        Self {
            number,
            who: None,
            kind: None,
            usual_region: None,
            answers: BTreeMap::new(),
            settled: BTreeMap::new(),
            aside: HashMap::new(),
        }
    }
    /// The platform's id of the chosen employee: the actor of every call about the order.
    #[must_use]
    pub fn actor(&self) -> Option<&Id> {
        self.who.as_ref().map(|w| &w.id)
    }
    /// A call on behalf of the actor.
    #[must_use]
    pub fn query(&self, path: &str) -> Query {
        Query::new(path, None, self.actor())
    }
    /// The carrier of the cart.
    #[must_use]
    pub fn carrier(&self) -> Option<&Named> {
        slots::cart_carrier(self)
    }
    /// What was answered, if anything.
    #[must_use]
    pub fn given(&self, field: &FieldId) -> Option<&Given> {
        self.answers.get(field)
    }
    /// The answer, unless it counts as absent.
    #[must_use]
    pub fn answer(&self, field: &FieldId) -> Option<&Answer> {
        self.answers.get(field).map(|g| &g.answer).filter(|a| !a.is_empty())
    }
    /// The answer of a slot, unless the present type has no use for it: what was answered for another type is kept,
    /// but must not steer this one.
    fn active(&self, slot: SlotId) -> Option<&Answer> {
        let asked = self.kind.is_none_or(|k| k.asks.iter().any(|(s, _)| s.id == slot));
        self.answer(&slot.into()).filter(|_| asked)
    }
    /// The one row of a slot.
    #[must_use]
    pub fn one(&self, slot: SlotId) -> Option<&Arc<Choice>> {
        match self.active(slot)? {
            Answer::One(row) => Some(row),
            Answer::Text(_) | Answer::Many(_) | Answer::Flag(_) => None,
        }
    }
    /// The rows of a slot.
    #[must_use]
    pub fn many(&self, slot: SlotId) -> &[Arc<Choice>] {
        match self.active(slot) {
            Some(Answer::Many(rows)) => rows,
            Some(Answer::Text(_) | Answer::One(_) | Answer::Flag(_)) | None => &[],
        }
    }
    /// The text of a slot.
    #[must_use]
    pub fn text(&self, slot: SlotId) -> Option<&str> {
        match self.active(slot)? {
            Answer::Text(text) => Some(text),
            Answer::One(_) | Answer::Many(_) | Answer::Flag(_) => None,
        }
    }
    /// Whether anything was answered by the user.
    #[must_use]
    pub fn touched(&self) -> bool {
        self.answers.values().any(|g| g.by == By::User && !g.answer.is_empty())
    }
    /// A new draft of the same type with the user's answers, for somebody else: all but the line and the parcel.
    #[must_use]
    pub fn again(&self, number: OrderNumber) -> Self {
        let personal = [SlotId::Service, SlotId::ShipName, SlotId::ShipRegion, SlotId::ShipAddress];
        let answers = self.answers.iter().filter(|(id, g)| g.by == By::User && !personal.contains(&id.slot));
        Self { kind: self.kind, answers: answers.map(|(id, g)| (id.clone(), g.clone())).collect(), ..Self::new(number) }
    }
    /// The user's answer. An empty one is kept as such: it stands against defaults.
    pub fn set(&mut self, field: FieldId, answer: Answer) {
        self.answers.insert(field, Given { answer, by: By::User });
    }

    /// The answers of that lookup are asked for again, so what was chosen from them is settled again when they come.
    pub fn unsettle(&mut self, key: &LookupKey) {
        self.settled.retain(|_, context| context.key.as_ref() != Some(key));
    }

    /// Settles every answer under what is known now. What the user had answered and cannot stay is returned.
    pub fn settle(&mut self, cache: &Cache) -> Vec<Cleared> {
        let mut cleared = Vec::new();
        let Some(kind) = self.kind else { return cleared };
        for at in 0..kind.asks.len() {
            // Each slot's need may hang on the answer before it, so it is asked in turn.
            let Some((slot, required)) =
                kind.asks.get(at).and_then(|(s, _)| kind.asked(self).find(|(a, _)| a.id == s.id))
            else {
                continue;
            };
            match slot.source {
                Source::Text(_) | Source::Flag => self.prefill(slot),
                Source::One(lookup) | Source::Many(lookup) => {
                    self.settle_rows(slot, lookup, required, cache, &mut cleared);
                }
                Source::Described(lookup) | Source::Server(lookup, _) => {
                    self.settle_fields(slot, lookup, cache, &mut cleared)
                }
            }
        }
        cleared
    }

    fn prefill(&mut self, slot: &Slot) {
        let id = FieldId::from(slot.id);
        if self.answers.get(&id).is_none_or(|g| g.by != By::User)
            && let Some(answer) = (slot.prefill)(self)
        {
            self.answers.insert(id, Given { answer, by: By::Default });
        }
    }

    /// The context that the slot is in now; `None` where that is not known yet or where it is settled already.
    fn enter_context(&mut self, slot: &Slot, lookup: &Lookup, cache: &Cache) -> Option<(Context, Option<Context>)> {
        let now = Context { kind: self.kind?.id, key: lookup.key(self) };
        let before = self.settled.get(&slot.id).cloned();
        let known = now.key.as_ref().is_none_or(|k| cache.ready(k).is_some());
        if !known || before.as_ref() == Some(&now) {
            return None;
        }
        self.settled.insert(slot.id, now.clone());
        Some((now, before))
    }

    fn settle_rows(&mut self, slot: &Slot, lookup: &Lookup, required: bool, cache: &Cache, cleared: &mut Vec<Cleared>) {
        let id = FieldId::from(slot.id);
        // What the form filled in itself follows what it was taken from.
        let filled = self.answers.get(&id).filter(|g| g.by == By::Default).map(|g| &g.answer);
        if filled.is_some_and(|answer| (slot.prefill)(self).as_ref() != Some(answer)) {
            self.settled.remove(&slot.id);
        }
        let Some((now, before)) = self.enter_context(slot, lookup, cache) else { return };
        let offered: Vec<_> =
            now.key.iter().flat_map(|k| cache.rows(k)).filter(|c| (slot.fits)(self, c)).cloned().collect();
        let old = self.answers.remove(&id);
        if let (Some(old), Some(before)) = (&old, before) {
            self.aside.insert((id.clone(), before), old.clone());
        }
        let kept = old.as_ref().filter(|g| g.by == By::User).and_then(|g| still_offered(g, &offered));
        let new = kept
            .or_else(|| self.aside.get(&(id.clone(), now.clone())).and_then(|g| still_offered(g, &offered)))
            .or_else(|| {
                (slot.prefill)(self).and_then(|answer| still_offered(&Given { answer, by: By::Default }, &offered))
            })
            .or_else(|| only_one(slot, required, &offered));
        note_lost(slot.label, old.as_ref(), new.as_ref(), cleared);
        if let Some(new) = new {
            self.answers.insert(id, new);
        }
    }

    fn settle_fields(&mut self, slot: &Slot, lookup: &Lookup, cache: &Cache, cleared: &mut Vec<Cleared>) {
        let Some((now, before)) = self.enter_context(slot, lookup, cache) else { return };
        let mut old: BTreeMap<FieldId, Given> = BTreeMap::new();
        self.answers.retain(|id, given| {
            let mine = id.slot == slot.id;
            if mine {
                old.insert(id.clone(), given.clone());
            }
            !mine
        });
        // Asked again and the same: what was typed is not judged anew.
        let moved = before.as_ref().is_some_and(|b| b.key != now.key);
        let known = before.as_ref().and_then(|b| b.key.as_ref()).and_then(|k| cache.ready(k));
        let labels = known.map(|f| f.fields()).unwrap_or_default();
        if let Some(before) = before {
            self.aside.extend(old.iter().map(|(id, given)| ((id.clone(), before.clone()), given.clone())));
        }
        let fields = now.key.as_ref().and_then(|k| cache.ready(k)).map(|f| f.fields()).unwrap_or_default();
        for field in fields {
            for other in [false, true] {
                let id = match slot.source {
                    Source::Described(_) => FieldId::from(slot.id),
                    Source::One(_) | Source::Many(_) | Source::Text(_) | Source::Flag | Source::Server(..) => {
                        FieldId::of(slot.id, field, other)
                    }
                };
                let was = old.remove(&id);
                let kept =
                    was.as_ref().filter(|g| g.by == By::User).and_then(|g| still_valid(g, field, other || !moved));
                let aside = self.aside.get(&(id.clone(), now.clone())).and_then(|g| still_valid(g, field, true));
                let new = kept.or(aside).or_else(|| default_of(field).filter(|_| !other));
                note_lost(&field.label, was.as_ref(), new.as_ref(), cleared);
                if let Some(new) = new {
                    self.answers.entry(id).or_insert(new);
                }
            }
        }
        for (id, given) in old {
            let label = id.part.map_or_else(
                || slot.label.to_owned(),
                |p| labels.iter().find(|f| f.id == p.id).map_or_else(|| p.id.to_string(), |f| f.label.to_string()),
            );
            note_lost(&label, Some(&given), None, cleared);
        }
    }
}

/// The answer with the rows as they are offered now; `None` where nothing of it is left.
fn still_offered(given: &Given, offered: &[Arc<Choice>]) -> Option<Given> {
    let row = |id: &Id| offered.iter().find(|c| c.id == *id).cloned();
    let answer = match &given.answer {
        Answer::One(chosen) => Answer::One(row(&chosen.id)?),
        Answer::Many(chosen) if !chosen.is_empty() => {
            let kept: Vec<_> = chosen.iter().filter_map(|c| row(&c.id)).collect();
            Some(Answer::Many(kept)).filter(|a| !a.is_empty())?
        }
        Answer::Many(_) | Answer::Text(_) | Answer::Flag(_) => given.answer.clone(),
    };
    Some(Given { answer, by: given.by })
}

/// The answer where the field can hold it; `any_text` where text is not judged.
fn still_valid(given: &Given, field: &Field, any_text: bool) -> Option<Given> {
    let valid = match &given.answer {
        Answer::Text(text) => text.is_empty() || any_text || field.misfit(text).is_none(),
        Answer::One(row) => field.options().iter().any(|o| o.named.id == row.id),
        Answer::Many(_) | Answer::Flag(_) => false,
    };
    valid.then(|| given.clone())
}

fn only_one(slot: &Slot, required: bool, offered: &[Arc<Choice>]) -> Option<Given> {
    match (slot.source, offered) {
        (Source::One(_), [only]) if required => Some(Given { answer: Answer::One(only.clone()), by: By::Only }),
        _ => None,
    }
}

fn default_of(field: &Field) -> Option<Given> {
    let text = field.default.as_ref()?;
    let answer = match field.kind {
        FieldKind::Text => Answer::Text(text.to_string()),
        FieldKind::Date => Answer::Text(date::from_wire(text)?.to_string()),
        FieldKind::Choice(_) => Answer::One(Arc::new(field.choices().into_iter().find(|c| c.id.as_str() == &**text)?)),
    };
    Some(Given { answer, by: By::Default })
}

fn note_lost(label: &str, old: Option<&Given>, new: Option<&Given>, cleared: &mut Vec<Cleared>) {
    let Some(was) = old.filter(|g| g.by == By::User).and_then(|g| g.answer.spoken()) else { return };
    let lost = match (old.map(|g| &g.answer), new.map(|g| &g.answer)) {
        (_, None) => Some(was),
        (Some(Answer::Many(before)), Some(Answer::Many(after))) => {
            let gone: Vec<_> = before.iter().filter(|b| !after.iter().any(|a| a.id == b.id)).cloned().collect();
            Answer::Many(gone).spoken()
        }
        (Some(Answer::One(before)), Some(Answer::One(after))) => (before.id != after.id).then_some(was),
        (before, after) => (before != after).then_some(was),
    };
    cleared.extend(lost.map(|was| Cleared { label: Clean::new(label), was }));
}
