//! What the order placed last has answered, field by field: the next form offers it beside an empty box. Never a secret,
//! never what belongs to one person, one device or one order. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::choice::{Choice, digits};
use super::draft::{Answer, By, Draft, FieldId};
use super::field::{masked, of_one_order, personal};
use super::ids::Id;
use super::slots::SlotId;
use super::text::Clean;

/// The answers by the names of their fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastUsed(BTreeMap<String, Clean>);

/// The property that says where questions about an order are answered.
const CONTACT: &str = "CONTACT_NUMBER";

/// The name of the order's country; it is kept by its id.
const REGION: &str = "REGION";

/// What a field is known by in any order: the id that the server describes it by, or the ingredient. `None` where its
/// answer belongs to one person, one device or one order.
fn name(field: &FieldId) -> Option<String> {
    match (&field.part, field.slot) {
        // The help desk's own number is the one value that nearly every order has.
        (Some(part), SlotId::Properties)
            if part.id.as_str() == CONTACT || !(masked(&part.id) || personal(&part.id) || of_one_order(&part.id)) =>
        {
            let other = if part.other { "/other" } else { "" };
            Some(format!("PROPERTY {}{other}", part.id))
        }
        (None, SlotId::PostalCode) => Some("POSTAL_CODE".into()),
        (Some(_) | None, _) => None,
    }
}

/// Whether a text is whom the order was for, or reaches them.
fn theirs(draft: &Draft, text: &str) -> bool {
    let line = draft.one(SlotId::Service).and_then(|c| c.line()).map(|l| digits(&l.number)).unwrap_or_default();
    draft.who.as_ref().and_then(|w| w.person()).is_some_and(|p| p.is_called(text))
        || line.len() >= 7 && line == digits(text)
}

impl LastUsed {
    /// What was written down.
    #[must_use]
    pub fn read(all: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(all.into_iter().map(|(name, value)| (name, Clean::new(&value))).collect())
    }
    /// What an order has to offer to the next one: name and value, as they are written down.
    #[must_use]
    pub fn of_order(draft: &Draft) -> Vec<(String, String)> {
        let typed = draft.all().filter(|(_, given)| given.by == By::User);
        let texts = typed.filter_map(|(field, given)| match &given.answer {
            Answer::Text(text) if !text.is_empty() && !theirs(draft, text) => Some((name(field)?, text.clone())),
            Answer::Text(_) | Answer::One(_) | Answer::Many(_) | Answer::Flag(_) => None,
        });
        let region = draft.one(SlotId::Region).map(|row| (REGION.to_owned(), row.id.to_string()));
        texts.chain(region).collect()
    }
    /// What was answered last in that field.
    #[must_use]
    pub fn of(&self, field: &FieldId) -> Option<&Clean> {
        self.0.get(&name(field)?)
    }
    /// The country of the order placed last.
    #[must_use]
    pub fn region(&self) -> Option<Arc<Choice>> {
        let id = self.0.get(REGION)?;
        Some(Arc::new(Choice::plain(Id::new(id)?, id.clone())))
    }
}
