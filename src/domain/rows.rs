//! The form as it stands: one row a field, derived from the draft and what is known. Also what is wrong with it. Pure.

use std::sync::Arc;

use super::cache::{Cache, Progress};
use super::choice::Choice;
use super::draft::{Answer, Draft, FieldId};
use super::fault::Fault;
use super::field::{Field, FieldKind};
use super::ids::OrderNumber;
use super::lookups::Lookup;
use super::slots::{self, Slot, SlotId, Source};
use super::text::Clean;

/// One row of the form.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its field.
    pub id: FieldId,
    /// Its label.
    pub label: Clean,
    /// Whether it must be filled.
    pub required: bool,
    /// How it is filled.
    pub entry: Entry,
    /// Whether it can be filled now.
    pub state: State,
    /// The lookup behind it, which can be asked again.
    pub lookup: Option<&'static Lookup>,
}

/// How a row is filled.
#[derive(Clone, Debug)]
pub enum Entry {
    /// By typing; described by a field where the server does.
    Text {
        /// The description.
        field: Option<Arc<Field>>,
        /// Most characters.
        max: Option<usize>,
    },
    /// By typing a day.
    Date(Arc<Field>),
    /// From a list; `many` makes a set.
    Pick {
        /// Whether several can be picked.
        many: bool,
        /// The description, where the options come with it.
        field: Option<Arc<Field>>,
    },
    /// Yes or no.
    Flag,
    /// A box to tick; described by a field.
    Tick(Arc<Field>),
    /// Something to read to its end.
    Note(Arc<Field>),
}

/// Whether a row can be filled now.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Yes.
    Open,
    /// Something else must be answered first.
    Waits(&'static str),
    /// Its lookup is on its way.
    Loading,
    /// Its lookup failed.
    Failed(Box<Fault>),
    /// Its lookup came and offers nothing.
    Nothing,
}

/// The rows of the draft's form, in its type's order.
#[must_use]
pub fn rows(draft: &Draft, cache: &Cache) -> Vec<Row> {
    let Some(kind) = draft.kind else { return Vec::new() };
    kind.asked(draft).flat_map(|(slot, required)| slot_rows(draft, cache, slot, required)).collect()
}

/// What must be answered before a slot's source can be asked.
fn waits_for(slot: &Slot, draft: &Draft) -> &'static str {
    let asked = |id: SlotId| draft.kind.is_some_and(|k| k.slot(id).is_some());
    let first = slot.waits_for.iter().find(|(id, _)| asked(*id)).or(slot.waits_for.last());
    first.map_or("the person", |(_, words)| words)
}

fn slot_rows(draft: &Draft, cache: &Cache, slot: &'static Slot, required: bool) -> Vec<Row> {
    let lookup = slot.source.lookup();
    let key = lookup.and_then(|l| l.key(draft));
    let progress = key.as_ref().and_then(|k| cache.progress(k));
    let state = match (lookup, &key) {
        (None, _) => State::Open,
        (Some(_), None) if (slot.besides)(draft).is_some() => State::Open,
        (Some(_), None) => State::Waits(waits_for(slot, draft)),
        (Some(_), Some(_)) => match progress {
            _ if slots::known_by(slot, draft, cache, key.as_ref()) => State::Open,
            Some(Progress::Failed(fault)) => State::Failed(fault.clone()),
            Some(Progress::Ready(_) | Progress::Loading { .. }) | None => State::Loading,
        },
    };
    let row = |entry, state| Row { id: slot.id.into(), label: Clean::new(slot.label), required, entry, state, lookup };
    match slot.source {
        Source::Fixed(_) => Vec::new(),
        Source::Text(max) => vec![row(Entry::Text { field: None, max: Some(max) }, state)],
        Source::Flag => vec![row(Entry::Flag, state)],
        Source::One(_) | Source::Many(_) | Source::Changes(_) | Source::OneOf(_) => {
            let mut it = row(Entry::Pick { many: slot.source.many(), field: None }, state);
            // Asked for every row of every frame: it stops at the first that fits.
            if it.state == State::Open && slots::offered_by(slot, draft, cache, key.as_ref()).next().is_none() {
                it.state = State::Nothing;
            }
            vec![it]
        }
        Source::Described(_) => {
            let field = slots::fields(slot, draft, cache).first().cloned();
            let max = field.as_ref().and_then(|f| f.max);
            vec![row(Entry::Text { field, max }, state)]
        }
        // A description that has not come stands as one row; one that asks for nothing as none.
        Source::Server(..) if state != State::Open => {
            // Whether it asks for something is known only when it has come.
            let required = required || state == State::Loading;
            vec![Row { required, ..row(Entry::Text { field: None, max: None }, state) }]
        }
        Source::Server(..) => {
            let fields = slots::fields(slot, draft, cache);
            fields.iter().flat_map(|f| described(draft, slot.id, f, lookup)).collect()
        }
    }
}

fn described(draft: &Draft, slot: SlotId, field: &Arc<Field>, lookup: Option<&'static Lookup>) -> Vec<Row> {
    let id = FieldId::of(slot, field, false);
    let entry = match field.kind {
        FieldKind::Text => Entry::Text { field: Some(field.clone()), max: field.max },
        FieldKind::Date => Entry::Date(field.clone()),
        FieldKind::Choice(_) => Entry::Pick { many: false, field: Some(field.clone()) },
        FieldKind::Tick => Entry::Tick(field.clone()),
        FieldKind::Note(_) => Entry::Note(field.clone()),
    };
    let asks_other = matches!(draft.answer(&id), Some(Answer::One(row)) if field.asks_other(&row.id));
    let mut all =
        vec![Row { id, label: field.label.clone(), required: field.required, entry, state: State::Open, lookup }];
    if asks_other {
        let label = Clean::new(&format!("{}, which", field.label));
        let entry = Entry::Text { field: None, max: None };
        all.push(Row { id: FieldId::of(slot, field, true), label, required: true, entry, state: State::Open, lookup });
    }
    all
}

/// What a row can be filled with; none unless it is filled from a list.
#[must_use]
pub fn offered(draft: &Draft, cache: &Cache, row: &Row) -> Vec<Arc<Choice>> {
    first_offered(draft, cache, row, usize::MAX)
}
/// So many of these, at most.
#[must_use]
pub fn first_offered(draft: &Draft, cache: &Cache, row: &Row, most: usize) -> Vec<Arc<Choice>> {
    match &row.entry {
        Entry::Pick { field: Some(field), .. } => field.choices().into_iter().take(most).map(Arc::new).collect(),
        Entry::Pick { field: None, .. } => {
            let slot = draft.kind.and_then(|k| k.slot(row.id.slot));
            slot.map(|s| slots::offered(s, draft, cache).take(most).collect()).unwrap_or_default()
        }
        Entry::Text { .. } | Entry::Date(_) | Entry::Flag | Entry::Tick(_) | Entry::Note(_) => Vec::new(),
    }
}

/// How much a form wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// On leaving a field: only what is there is looked at.
    Format,
    /// On going on: what is required must be there.
    Complete,
}

/// What is wrong with a row, in a sentence's middle.
#[must_use]
pub fn problem(draft: &Draft, row: &Row, strictness: Strictness) -> Option<String> {
    let complete = strictness == Strictness::Complete;
    let wanted = row.required || draft.answer(&row.id).is_some();
    match &row.state {
        // What is optional and empty does not hold the order up.
        State::Loading => return (complete && wanted).then(|| "is still being loaded".into()),
        State::Failed(fault) => return (complete && wanted).then(|| fault.to_string()),
        State::Waits(what) => return (complete && row.required).then(|| format!("needs {what} first")),
        State::Nothing => return (complete && row.required).then(|| "nothing is offered".into()),
        State::Open => {}
    }
    match (draft.answer(&row.id), &row.entry) {
        (None, Entry::Pick { .. }) => (complete && row.required).then(|| "choose one".into()),
        (None, Entry::Tick(_)) => (complete && row.required).then(|| "must be ticked: y".into()),
        (None, Entry::Note(_)) => (complete && row.required).then(|| "read it first: Enter".into()),
        (None, Entry::Text { .. } | Entry::Date(_) | Entry::Flag) => {
            (complete && row.required).then(|| "is required".into())
        }
        (Some(Answer::Text(text)), Entry::Pick { .. }) => Some(format!("\"{}\" is not in the list", Clean::new(text))),
        (Some(Answer::Text(text)), Entry::Text { field: Some(field), .. } | Entry::Date(field)) => field.misfit(text),
        (Some(Answer::Text(text)), Entry::Text { .. }) if row.id.slot == SlotId::Reference => {
            OrderNumber::given(text).err()
        }
        (Some(Answer::Text(text)), Entry::Text { field: None, max: Some(max) }) if text.chars().count() > *max => {
            Some(format!("takes at most {max} characters, has {}", text.chars().count()))
        }
        (Some(Answer::Text(_)), Entry::Tick(field) | Entry::Note(field)) => field.misfit(""),
        (Some(Answer::Text(text)), Entry::Flag) => Some(format!("\"{}\" is neither y nor n", Clean::new(text))),
        (Some(Answer::Text(_)), Entry::Text { .. }) | (Some(Answer::One(_) | Answer::Many(_) | Answer::Flag(_)), _) => {
            None
        }
    }
}

/// Everything that keeps the draft from being confirmed, in the form's order.
#[must_use]
pub fn problems(draft: &Draft, rows: &[Row]) -> Vec<(FieldId, Clean, String)> {
    let one_of = draft.kind.map(|k| k.one_of).unwrap_or_default();
    let empty = !one_of.is_empty() && one_of.iter().all(|&s| draft.answer(&s.into()).is_none());
    let found: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let first_of_empty = empty && one_of.first() == Some(&row.id.slot);
            let found = problem(draft, row, Strictness::Complete);
            let found =
                found.or_else(|| first_of_empty.then(|| format!("choose at least one of {}", named(draft, one_of))));
            Some((matches!(row.state, State::Waits(_)), (row.id.clone(), row.label.clone(), found?)))
        })
        .collect();
    // What waits for something else cannot be mended itself, as long as something can.
    let all_wait = found.iter().all(|(waits, _)| *waits);
    found.into_iter().filter(|(waits, _)| all_wait || !waits).map(|(_, problem)| problem).collect()
}

fn named(draft: &Draft, slots: &[SlotId]) -> String {
    let labels: Vec<_> = slots.iter().filter_map(|&s| draft.kind?.slot(s)).map(|s| s.label.to_lowercase()).collect();
    labels.join(", ")
}

/// How many required rows there are, and how many of them are filled and right.
#[must_use]
pub fn done(draft: &Draft, rows: &[Row]) -> (usize, usize) {
    let required: Vec<_> = rows.iter().filter(|r| r.required).collect();
    let done = required.iter().filter(|r| problem(draft, r, Strictness::Complete).is_none()).count();
    (done, required.len())
}
