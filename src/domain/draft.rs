//! An order being filled in: who, what, and the answers by field. When what an answer depends on changes, the answer
//! is settled anew: still offered stays, the rest is put aside, named, and comes back when the change is undone. Pure.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::cache::Cache;
use super::choice::{Choice, Named};
use super::date;
use super::field::{Field, FieldKind, MASK, masked, personal};
use super::ids::{Id, OrderNumber};
use super::kinds::Kind;
use super::lookups::{Lookup, LookupKey, Query};
use super::prefill;
use super::slots::{self, Slot, SlotId, Source};
use super::text::{Clean, folded};

/// The name of one field of the form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FieldId {
    /// The ingredient.
    pub slot: SlotId,
    /// Which part of it, where the server describes several.
    pub part: Option<Part>,
}

/// One field of an ingredient that the server describes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

impl Context {
    /// Whether an answer of before belongs to something else: to another answer, or, being personal, to somebody else.
    fn belongs_elsewhere(&self, before: &Self, personal: bool) -> bool {
        self.under != before.under || personal && self.who != before.who
    }
}

impl FieldId {
    /// The field of a description.
    #[must_use]
    pub fn of(slot: SlotId, field: &Field, other: bool) -> Self {
        Self { slot, part: Some(Part { group: field.group.clone(), id: field.id.clone(), other }) }
    }
    /// Whether what it holds is a secret.
    #[must_use]
    pub fn masked(&self) -> bool {
        self.part.as_ref().is_some_and(|p| masked(&p.id))
    }
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Whether it was typed or chosen, and not only agreed to.
    fn is_text(&self) -> bool {
        !matches!(self, Self::Flag(_))
    }
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
            Self::Many(rows) => Clean::new(&rows.iter().map(|r| r.spoken().to_string()).collect::<Vec<_>>().join(", ")),
            Self::Flag(_) => Clean::new("yes"),
        })
    }
}

/// Who gave an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum By {
    /// The user.
    User,
    /// The server's or the form's default; it follows what it depends on.
    Default,
    /// It was the only one offered.
    Only,
}

/// An answer and who gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// The answer that it belongs to (`Slot::under`).
    under: Option<Id>,
    /// Whom the order was for.
    who: Option<Id>,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Its number for life; also the ACTIVITYID of its calls.
    pub number: OrderNumber,
    /// Whom it is for.
    pub who: Option<Arc<Choice>>,
    /// The transaction type.
    #[serde(with = "kind_by_name")]
    pub kind: Option<&'static Kind>,
    /// The random number that it was made with.
    own: OrderNumber,
    /// Whether it was sent, or may have been: its number stays then, whatever becomes of it.
    pub sent: bool,
    /// Whether the number was chosen outside, and what is known of its use.
    pub reference: Reference,
    /// The country to begin with: that of the order before.
    pub usual_region: Option<Arc<Choice>>,
    /// Answers from outside that have no field yet.
    pub pending: Vec<prefill::Given>,
    #[serde(with = "answers_without_secrets")]
    answers: BTreeMap<FieldId, Given>,
    // What comes back is settled anew under what is offered then.
    #[serde(skip)]
    settled: BTreeMap<SlotId, Context>,
    #[serde(skip)]
    aside: HashMap<(FieldId, Context), Given>,
}

/// Where the order number comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reference {
    /// It is random: nobody else has it.
    #[default]
    Ours,
    /// It was chosen outside, and may be in use.
    Given,
    /// It was chosen outside; at that time of the server's clock no other order of 90 days had it.
    Free(Option<Timestamp>),
}

/// A type by the name that it has in the API.
mod kind_by_name {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::kinds::{self, Kind};

    pub fn serialize<S: Serializer>(kind: &Option<&'static Kind>, to: S) -> Result<S::Ok, S::Error> {
        kind.map(|k| k.id).serialize(to)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'static Kind>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.and_then(|name| kinds::named(&name)))
    }
}

/// Answers as pairs; secrets are never written down.
mod answers_without_secrets {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{FieldId, Given};

    pub fn serialize<S: Serializer>(answers: &BTreeMap<FieldId, Given>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(answers.iter().filter(|(id, _)| !id.masked()))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<FieldId, Given>, D::Error> {
        Ok(Vec::<(FieldId, Given)>::deserialize(from)?.into_iter().collect())
    }
}

impl Draft {
    /// An empty draft.
    #[must_use]
    pub fn new(number: OrderNumber) -> Self {
        Self {
            own: number.clone(),
            sent: false,
            number,
            who: None,
            kind: None,
            reference: Reference::Ours,
            usual_region: None,
            pending: Vec::new(),
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
    /// The carrier that this order is asked for and placed with.
    #[must_use]
    pub fn carrier(&self) -> Option<Named> {
        slots::carrier(self)
    }
    /// What was answered, if anything.
    #[must_use]
    pub fn given(&self, field: &FieldId) -> Option<&Given> {
        self.answers.get(field)
    }
    /// Every answer that the present type has a use for.
    pub fn all(&self) -> impl Iterator<Item = (&FieldId, &Given)> {
        self.answers.iter().filter(|(id, _)| self.kind.is_some_and(|k| k.slot(id.slot).is_some()))
    }
    /// The answer, unless it counts as absent.
    #[must_use]
    pub fn answer(&self, field: &FieldId) -> Option<&Answer> {
        self.answers.get(field).map(|g| &g.answer).filter(|a| !a.is_empty())
    }
    /// The answer of a slot, unless the present type has no use for it: what was answered for another type is kept,
    /// but must not steer this one.
    fn active(&self, slot: SlotId) -> Option<&Answer> {
        self.answer(&slot.into()).filter(|_| self.kind.is_none_or(|k| k.slot(slot).is_some()))
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
    /// A new draft of the same type with the user's answers, for somebody else: all but what belongs to one person, and
    /// secrets. Beside it the labels of what was answered and is left out.
    #[must_use]
    pub fn again(&self, number: OrderNumber, cache: &Cache) -> (Self, Vec<Clean>) {
        let mut new = Self { kind: self.kind, ..Self::new(number) };
        let mut left_out = Vec::new();
        for (id, given) in self.all().filter(|(_, g)| g.by == By::User) {
            let Some(slot) = self.kind.and_then(|k| k.slot(id.slot)) else { continue };
            let fields = if id.part.is_some() { slots::fields(slot, self, cache) } else { Vec::new() };
            let field = id.part.as_ref().and_then(|p| fields.iter().find(|f| f.id == p.id && f.group == p.group));
            let of_one = slot.personal || id.part.as_ref().is_some_and(|p| personal(&p.id));
            // What the server fills in, it fills in for this person: the next one has a filling of their own.
            let filled = field.is_some_and(|f| f.kind == FieldKind::Text && f.default.is_some());
            if !(of_one || filled || self.names_them(&given.answer)) {
                new.answers.insert(id.clone(), given.clone());
                continue;
            }
            let label = field.filter(|_| !slot.personal).map_or_else(|| Clean::new(slot.label), |f| f.label.clone());
            if !given.answer.is_empty() && !left_out.contains(&label) {
                left_out.push(label);
            }
        }
        (new, left_out)
    }
    /// Whether an answer is the chosen person: their name, or something that reaches them.
    fn names_them(&self, answer: &Answer) -> bool {
        let Some(person) = self.who.as_ref().and_then(|w| w.person()) else { return false };
        match answer {
            Answer::One(row) => person.is_called(row.id.as_str()) || person.is_called(&row.name),
            Answer::Text(text) => person.is_called(text),
            Answer::Many(_) | Answer::Flag(_) => false,
        }
    }
    /// The user's answer. An empty one is kept as such: it stands against defaults.
    pub fn set(&mut self, field: FieldId, answer: Answer) {
        self.answers.insert(field, Given { answer, by: By::User });
    }

    /// A slot whose answer was put back is settled again: what is not offered any more does not come back.
    pub fn resettle(&mut self, slot: SlotId) {
        self.settled.remove(&slot);
    }
    /// Secrets that were typed, to keep them out of what others say.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.answers.iter().filter(|(id, _)| id.masked()).filter_map(|(_, given)| {
            if let Answer::Text(text) = &given.answer { Some(text.as_str()).filter(|t| !t.is_empty()) } else { None }
        })
    }
    /// The answers of that lookup are asked for again, so what was chosen from them is settled again when they come.
    pub fn unsettle(&mut self, key: &LookupKey) {
        self.settled.retain(|_, context| context.key.as_ref() != Some(key));
    }

    /// Settles every answer under what is known now. What the user had answered and cannot stay is returned.
    pub fn settle(&mut self, cache: &Cache) -> Vec<Cleared> {
        let mut cleared = Vec::new();
        // Nothing is settled before it is known for whom.
        let Some(kind) = self.kind.filter(|_| self.who.is_some()) else { return cleared };
        for slot in kind.asks().map(|(s, _)| s) {
            // Each slot's need may hang on the answer before it, so it is asked in turn.
            let Some((_, required)) = kind.asked(self).find(|(a, _)| a.id == slot.id) else { continue };
            match slot.source {
                Source::Text(_) | Source::OneOf(_) | Source::Flag => self.settle_plain(slot, cache, &mut cleared),
                Source::Fixed(_) => {}
                Source::One(lookup) | Source::Many(lookup) | Source::Changes(lookup) => {
                    self.settle_rows(slot, lookup, required, cache, &mut cleared);
                }
                Source::Described(lookup) | Source::Server(lookup, _) => {
                    self.settle_fields(slot, lookup, cache, &mut cleared)
                }
            }
        }
        self.settle_number();
        cleared
    }

    /// The order number is the reference that was typed, else the random one.
    fn settle_number(&mut self) {
        if self.sent {
            return;
        }
        let typed = self.text(SlotId::Reference).and_then(|t| OrderNumber::given(t).ok());
        let (number, reference) = match typed {
            Some(typed) if typed != self.own => (typed, Reference::Given),
            Some(_) | None => (self.own.clone(), Reference::Ours),
        };
        if number != self.number {
            self.number = number;
            self.reference = reference;
        }
    }
    /// The random number that it was made with.
    #[must_use]
    pub fn own(&self) -> &OrderNumber {
        &self.own
    }
    /// Takes that number as its own, and no reference: the one that it had is another order's.
    pub fn renumber(&mut self, own: OrderNumber) {
        self.answers.remove(&SlotId::Reference.into());
        self.number = own.clone();
        self.own = own;
        self.reference = Reference::Ours;
    }
    /// The same under the reference that was chosen for it.
    pub fn refer(&mut self, reference: OrderNumber) {
        self.set(SlotId::Reference.into(), Answer::Text(reference.to_string()));
        self.number = reference;
        self.reference = Reference::Given;
    }

    /// What nothing is looked up for: it starts with what is known, and goes with the answer that it belongs to.
    fn settle_plain(&mut self, slot: &Slot, cache: &Cache, cleared: &mut Vec<Cleared>) {
        let id = FieldId::from(slot.id);
        if let Some((now, Some(before))) = self.enter_context(slot, None, cache)
            && now.belongs_elsewhere(&before, slot.personal)
        {
            let old = self.answers.remove(&id);
            self.aside.extend(old.clone().map(|old| ((id.clone(), before), old)));
            let new = self.aside.get(&(id.clone(), now)).filter(|g| g.by == By::User).cloned();
            note_lost((slot.label, ""), old.as_ref(), new.as_ref(), cleared);
            self.answers.extend(new.map(|new| (id.clone(), new)));
        }
        if self.answers.get(&id).is_none_or(|g| g.by != By::User) {
            match (slot.prefill)(self, cache) {
                Some(answer) => self.answers.insert(id, Given { answer, by: By::Default }),
                None => self.answers.remove(&id),
            };
        }
    }

    /// The context that the slot is in now; `None` where that is not known yet or where it is settled already.
    fn enter_context(
        &mut self,
        slot: &Slot,
        lookup: Option<&Lookup>,
        cache: &Cache,
    ) -> Option<(Context, Option<Context>)> {
        let under = slot.under.and_then(|s| self.one(s)).map(|c| c.id.clone());
        let key = lookup.and_then(|l| l.key(self));
        let now = Context { kind: self.kind?.id, key, under, who: self.actor().cloned() };
        let before = self.settled.get(&slot.id).cloned();
        // What came with the draft waits until it is known what it hangs on: before that nothing tells whether it fits.
        let waits = lookup.is_some() && now.key.is_none() && (slot.besides)(self).is_none();
        if waits && before.is_none() {
            return None;
        }
        if before.as_ref() == Some(&now) || !slots::known_by(slot, self, cache, now.key.as_ref()) {
            return None;
        }
        self.settled.insert(slot.id, now.clone());
        Some((now, before))
    }

    fn settle_rows(&mut self, slot: &Slot, lookup: &Lookup, required: bool, cache: &Cache, cleared: &mut Vec<Cleared>) {
        let id = FieldId::from(slot.id);
        // What the form filled in itself follows what it was taken from.
        let filled = self.answers.get(&id).filter(|g| g.by == By::Default).map(|g| &g.answer);
        if let (Some(Answer::One(row)), wanted) = (filled, (slot.prefill)(self, cache))
            && !matches!(wanted, Some(Answer::One(w)) if slots::names(row, &w))
        {
            self.settled.remove(&slot.id);
        }
        let Some((now, before)) = self.enter_context(slot, Some(lookup), cache) else { return };
        let offered: Vec<_> = slots::offered(slot, self, cache).collect();
        let moved = before.as_ref().is_some_and(|b| now.belongs_elsewhere(b, slot.personal));
        let whole = lookup.key(self).is_none_or(|key| cache.unreadable(&key) == 0);
        let old = self.answers.remove(&id);
        if let (Some(old), Some(before)) = (&old, before) {
            self.aside.insert((id.clone(), before), old.clone());
        }
        let kept = old.as_ref().filter(|g| g.by == By::User && !moved).and_then(|g| still_offered(g, &offered));
        let new = kept
            .or_else(|| self.aside.get(&(id.clone(), now.clone())).and_then(|g| still_offered(g, &offered)))
            .or_else(|| filled_in((slot.prefill)(self, cache)?, &offered))
            // Where another one could not be read, it is not the only one.
            .or_else(|| only_one(slot, required, &offered).filter(|_| whole));
        note_lost((slot.label, ""), old.as_ref(), new.as_ref(), cleared);
        if let Some(new) = new {
            self.answers.insert(id, new);
        }
    }

    fn settle_fields(&mut self, slot: &Slot, lookup: &Lookup, cache: &Cache, cleared: &mut Vec<Cleared>) {
        let Some((now, before)) = self.enter_context(slot, Some(lookup), cache) else { return };
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
        let first = before.is_none();
        let elsewhere = |personal| before.as_ref().is_some_and(|b: &Context| now.belongs_elsewhere(b, personal));
        let elsewhere = [elsewhere(slot.personal), elsewhere(true)];
        let known = before.as_ref().and_then(|b| b.key.as_ref()).and_then(|k| cache.ready(k));
        let labels = known.map(|f| f.fields()).unwrap_or_default();
        if let Some(before) = before {
            // What was agreed to is agreed to anew.
            let kept = old.iter().filter(|(_, given)| given.answer.is_text());
            self.aside.extend(kept.map(|(id, given)| ((id.clone(), before.clone()), given.clone())));
        }
        for field in &slots::fields(slot, self, cache) {
            for other in [false, true] {
                let id = match slot.source {
                    Source::Described(_) => FieldId::from(slot.id),
                    Source::One(_)
                    | Source::Many(_)
                    | Source::Changes(_)
                    | Source::OneOf(_)
                    | Source::Text(_)
                    | Source::Fixed(_)
                    | Source::Flag
                    | Source::Server(..) => FieldId::of(slot.id, field, other),
                };
                let was = old.remove(&id);
                // What stood in place of the server's own filling does not stand in place of another one.
                let filled = moved && labels.iter().any(|l| l.id == field.id && l.default != field.default);
                let lost = filled || elsewhere[usize::from(personal(&field.id))];
                let own = was.as_ref().filter(|g| g.by == By::User && !lost);
                let kept = own.and_then(|g| still_valid(g, field, other, moved || first && !g.answer.is_text()));
                let aside = self.aside.get(&(id.clone(), now.clone())).and_then(|g| still_valid(g, field, true, false));
                let part = (slot.part)(self, field).map(|answer| Given { answer, by: By::Default });
                let new = kept.or(aside).or_else(|| part.or_else(|| default_of(field)).filter(|_| !other));
                let known = if field.masked() { MASK } else { "" };
                note_lost((&field.label, known), was.as_ref(), new.as_ref(), cleared);
                if let Some(new) = new {
                    self.answers.entry(id).or_insert(new);
                }
            }
        }
        for (id, given) in old {
            let known = if id.masked() { MASK } else { "" };
            let label = id.part.map_or_else(
                || slot.label.to_owned(),
                |p| labels.iter().find(|f| f.id == p.id).map_or_else(|| p.id.to_string(), |f| f.label.to_string()),
            );
            note_lost((&label, known), Some(&given), None, cleared);
        }
    }
}

/// The answer with the rows as they are offered now; `None` where nothing of it is left.
fn still_offered(given: &Given, offered: &[Arc<Choice>]) -> Option<Given> {
    let row = |old: &Choice| {
        let now = offered.iter().find(|c| c.id == old.id)?;
        // What becomes of a feature is the answer's own.
        Some(old.change().map_or_else(|| now.clone(), |change| Arc::new(now.changed(change))))
    };
    let answer = match &given.answer {
        Answer::One(chosen) => Answer::One(row(chosen)?),
        Answer::Many(chosen) if !chosen.is_empty() => {
            let kept: Vec<_> = chosen.iter().filter_map(|c| row(c)).collect();
            Some(Answer::Many(kept)).filter(|a| !a.is_empty())?
        }
        Answer::Many(_) | Answer::Text(_) | Answer::Flag(_) => given.answer.clone(),
    };
    Some(Given { answer, by: given.by })
}

/// What the form fills in, among the rows that are offered: by id, else by name; a device that is in no list is `Other`.
fn filled_in(answer: Answer, offered: &[Arc<Choice>]) -> Option<Given> {
    let Answer::One(wanted) = answer else { return Some(Given { answer, by: By::Default }) };
    let by_id = offered.iter().find(|c| c.id == wanted.id);
    let row = by_id.or_else(|| offered.iter().find(|c| slots::names(c, &wanted)));
    let row = row.or_else(|| offered.iter().find(|c| c.id.as_str() == slots::OTHER))?;
    Some(Given { answer: Answer::One(row.clone()), by: By::Default })
}

/// The answer where the field can hold it: `any_text` where text is not judged, `moved` where the field is of another
/// description than before, and then a box must be ticked again.
fn still_valid(given: &Given, field: &Field, any_text: bool, moved: bool) -> Option<Given> {
    let mut answer = given.answer.clone();
    // A list of options may come after the text was filled in.
    if let Answer::Text(text) = &answer
        && let Some(option) =
            field.choices().into_iter().find(|c| c.id.as_str() == text || folded(&c.name) == folded(text))
        && !any_text
    {
        answer = Answer::One(Arc::new(option));
    }
    let valid = match &answer {
        Answer::Text(text) => text.is_empty() || any_text || !moved || field.misfit(text).is_none(),
        Answer::One(row) => field.options().iter().any(|o| o.named.id == row.id),
        Answer::Flag(_) => !moved && matches!(field.kind, FieldKind::Tick | FieldKind::Note(_)),
        Answer::Many(_) => false,
    };
    valid.then_some(Given { answer, by: given.by })
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
        FieldKind::Tick | FieldKind::Note(_) => return None,
    };
    Some(Given { answer, by: By::Default })
}

/// Names what the user had answered and cannot stay; a secret is named without its value.
fn note_lost((label, secret): (&str, &str), old: Option<&Given>, new: Option<&Given>, cleared: &mut Vec<Cleared>) {
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
    let named = |was| if secret.is_empty() { was } else { Clean::new(secret) };
    cleared.extend(lost.map(|was| Cleared { label: Clean::new(label), was: named(was) }));
}
