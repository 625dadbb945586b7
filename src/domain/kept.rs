//! What is written down of an order while it is worked on, and what a list tells about one that was written down. Pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::choice::Person;
use super::draft::{Draft, FieldId};
use super::ids::{Id, OrderKey, OrderNumber};
use super::journal::State;
use super::kinds::{self, Kind};
use super::reply::ServerError;
use super::text::Clean;
use super::wish::Wish;

/// The form of what is written down; one that is not known is not read.
const FORM: u32 = 1;

/// Where in the wizard somebody was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Choosing for whom.
    Who,
    /// Choosing the type.
    #[default]
    Kind,
    /// Among the fields.
    Details,
    /// Before the server's confirmation, or behind it.
    Review,
}

/// Where the cursor was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The step.
    pub place: Place,
    /// The field in focus.
    pub focus: Option<FieldId>,
    /// What was being typed there and not yet taken, and the cursor in it (characters). Never a secret.
    pub typed: Option<(String, usize)>,
    /// The lines of the confirmation that was read last.
    pub read: Vec<String>,
    /// How many required fields are done.
    pub done: usize,
    /// Of how many.
    pub of: usize,
}

/// A draft as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    form: u32,
    /// What the order is looked for by.
    pub wish: Wish,
    /// The order as it is filled in.
    pub draft: Draft,
    /// Where the cursor was.
    pub spot: Spot,
    /// The login of whoever worked on it.
    pub by: Clean,
}

impl Kept {
    /// What is written down of a draft: everything but its secrets.
    #[must_use]
    pub fn of(draft: &Draft, spot: &Spot, by: &Clean) -> Self {
        let mut draft = draft.clone();
        draft.pending = draft.pending.iter().map(super::prefill::Given::without_secret).collect();
        Self { form: FORM, wish: Wish::of(&draft), draft, spot: spot.clone(), by: by.clone() }
    }
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        // Nothing in it can fail to be written; an empty text would be read as nothing kept.
        serde_json::to_string(self).unwrap_or_default()
    }
    /// What was written down. `None` where it is of another form.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "written by the program; ids and clean texts check themselves")]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|k: &Self| k.form == FORM)
    }
}

/// The refusals that were written down; none where there are none, or where they are of another form.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "written by the program; its texts are cleaned again")]
pub fn refusals(text: Option<&str>) -> Vec<ServerError> {
    text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// Something that happened to an order, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// What.
    pub what: Clean,
}

/// What the list on the first screen tells about an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// What the journal knows it by.
    pub key: OrderKey,
    /// Its number.
    pub number: OrderNumber,
    /// Where it is in its life.
    pub state: State,
    /// Its id, once the server has given one.
    pub order_id: Option<Id>,
    /// The transaction type.
    pub kind: Option<&'static Kind>,
    /// Whom it is for.
    pub who: Option<Person>,
    /// The line's number, digits only; blank where it is about none.
    pub line: String,
    /// How many required fields are done, and of how many.
    pub done: (usize, usize),
    /// What the server refused.
    pub refused: Vec<ServerError>,
    /// When it last changed, by this machine's clock.
    pub updated: Timestamp,
    /// Who else is working on it.
    pub held: Option<Clean>,
    /// What is known of its sending.
    pub sending: Option<Sent>,
    /// Whether it cannot be read by this version; it is kept all the same.
    pub unreadable: bool,
}

/// What is known of a sending.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sent {
    /// When it was written down that it is sent.
    pub at: Option<Timestamp>,
    /// CORRELATIONID of the call.
    pub correlation: Option<Clean>,
    /// What has happened since, oldest first.
    pub trail: Vec<Noted>,
    /// When the next look is taken.
    pub next: Option<Timestamp>,
    /// Before this it cannot be known not to be placed.
    pub settled_by: Option<Timestamp>,
    /// Whether sending it again needs a secret that was never written down.
    pub lacks_secret: bool,
    /// Whether the program has ever found an order of its own in this server's list.
    pub calibrated: bool,
}

impl Standing {
    /// What is told of an order that was written down.
    #[must_use]
    pub fn of(key: OrderKey, number: OrderNumber, state: State, draft: &str, updated: Timestamp) -> Self {
        let kept = Kept::read(draft);
        let unreadable = kept.is_none();
        let (wish, spot, who) = match kept {
            Some(k) => (Some(k.wish), k.spot, k.draft.who.and_then(|w| w.person().cloned())),
            None => (None, Spot::default(), None),
        };
        Self {
            key,
            number,
            state,
            order_id: None,
            kind: wish.as_ref().and_then(|w| kinds::named(&w.kind)),
            who,
            line: wish.map(|w| w.line).unwrap_or_default(),
            done: (spot.done, spot.of),
            refused: Vec::new(),
            updated,
            held: None,
            sending: None,
            unreadable,
        }
    }
    /// Whom it is for, as lists show it.
    #[must_use]
    pub fn name(&self) -> Clean {
        self.who.as_ref().map(Person::listed).unwrap_or_default()
    }
    /// The login, or the id, of whom it is for.
    #[must_use]
    pub fn login(&self) -> Clean {
        let person = self.who.as_ref();
        person.and_then(|p| p.login.clone()).or_else(|| person.map(|p| Clean::new(p.id.as_str()))).unwrap_or_default()
    }
    /// The transaction type's name.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        self.kind.map_or("", |k| k.id)
    }
    /// Whether it must be seen before anything else: nobody knows what came of it.
    #[must_use]
    pub fn unresolved(&self) -> bool {
        self.state.unresolved()
    }
}
