//! The terms of ordering as data (WIRE 7, 8): what each transaction type's request holds, which properties it asks for, and
//! what has to be agreed to. Written from WIRE alone; the client's tables are no source of it.

use serde::Deserialize;

/// A choice of a property (WIRE 8).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// What is sent.
    pub id: String,
    /// What is shown.
    pub label: String,
    /// Whether it opens a text field.
    pub is_other: bool,
}

/// A property to ask for (WIRE 8), with what only the sandbox knows of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Property {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// `TEXT`, `DATE` or `CHOICE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `REQUIRED` or `OPTIONAL`.
    pub validation: String,
    /// Fewest characters.
    pub min_length: Option<usize>,
    /// Most characters.
    pub max_length: Option<usize>,
    /// A hint.
    pub pattern: Option<String>,
    /// The form, in Java's dialect.
    pub reg_ex: Option<String>,
    /// The choices, where they are the same for all.
    pub choices: Option<Vec<Choice>>,
    /// `LOGINS`: the line's holder and the signed-in user are the choices.
    pub choices_from: Option<String>,
    /// Where the default text comes from: `ACTOR_PHONE`, `ACTOR_COMPANY_ID`, `SERVICE_NUMBER`.
    pub default: Option<String>,
    /// The chosen default.
    pub default_choice: Option<String>,
    /// The default date.
    pub default_date: Option<String>,
    /// Patterns that must all be found, in place of a `regEx` that a linear engine cannot run.
    #[serde(default)]
    pub checks: Vec<String>,
    /// Replies leave its label out (WIRE 9).
    #[serde(default)]
    pub unlabelled: bool,
    /// Asked for only where the cart holds that item.
    pub only: Option<Item>,
}

impl Property {
    /// Whether an order without those items is asked for it.
    pub fn asked(&self, without: &[Item]) -> bool {
        self.only.is_none_or(|item| !without.contains(&item))
    }
}

/// One of the items that an order may leave out (`orderExcludesDevice`, `orderExcludesPlan`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Item {
    /// The device.
    Device,
    /// The plan.
    Plan,
}

/// A group of properties.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// The group's id.
    pub group_id: String,
    /// Its properties.
    pub fields: Vec<Property>,
}

/// The properties of some types with some carriers; the first that fits counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertySet {
    /// Transaction types.
    pub types: Vec<String>,
    /// Carriers' ids; `*` is any.
    pub vendors: Vec<String>,
    /// The groups, in order.
    pub groups: Vec<Group>,
}

/// A block of text above acknowledgements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InfoBlock {
    /// Its header.
    pub header: String,
    /// Its paragraphs.
    pub paragraphs: Vec<Paragraph>,
}

/// A paragraph of a block.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paragraph {
    /// The text.
    pub text: String,
}

/// Something to agree to (WIRE 6, `/acknowledgements`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Its id.
    pub id: String,
    /// What is agreed to.
    pub label: String,
    /// `BOOLEAN`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `REQUIRED` or `OPTIONAL`.
    pub validation: String,
}

/// What some types with some carriers want agreed to; the first that fits counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgementSet {
    /// Transaction types.
    pub types: Vec<String>,
    /// Carriers' ids; `*` is any.
    pub vendors: Vec<String>,
    /// What to read.
    pub infoblocks: Vec<InfoBlock>,
    /// What to agree to.
    pub acknowledgements: Vec<Acknowledgement>,
}

/// Whether an order of a type is shipped (WIRE 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Shipping {
    /// Nothing is shipped.
    Never,
    /// Where the cart holds something physical.
    Physical,
    /// Always.
    Always,
}

/// Whose properties a type asks for (WIRE 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VendorFrom {
    /// The cart's carrier.
    Cart,
    /// `currentVendorId`.
    Current,
    /// The line's carrier: `/orders/properties` wants `service`.
    Service,
}

/// Whose items a type's cart may hold (WIRE 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CartVendor {
    /// Any carrier's that serves the country.
    #[default]
    Any,
    /// The line's carrier's.
    Line,
    /// Another carrier's than the line's.
    NotLine,
    /// `currentVendorId`'s.
    Current,
    /// Another carrier's than `currentVendorId`'s.
    NotCurrent,
}

fn one() -> u8 {
    1
}

/// What a transaction type's request holds (WIRE 7): a row of the rules.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The type's code.
    pub code: String,
    /// Members it must have, besides those every order has.
    pub required: Vec<String>,
    /// Members it may have.
    pub optional: Vec<String>,
    /// The statuses its line may have.
    pub service_status: Vec<String>,
    /// Members its cart may have.
    pub cart: Vec<String>,
    /// Members its cart must have, besides one item.
    #[serde(default)]
    pub cart_needs: Vec<String>,
    /// Whose items its cart may hold.
    #[serde(default)]
    pub cart_vendor: CartVendor,
    /// The quantity that its confirmation shows.
    #[serde(default = "one")]
    pub quantity: u8,
    /// Whether what it asks for depends on what its cart holds.
    #[serde(default)]
    pub by_items: bool,
    /// Whether a plan of another kind of network needs a device with it.
    #[serde(default)]
    pub plan_fits_device: bool,
    /// Whether no line's list of actions ever names it: then the lists are not looked at.
    #[serde(default)]
    pub unlisted: bool,
    /// Whether it is shipped.
    pub ship_to: Shipping,
    /// Whose properties it asks for.
    pub vendor_from: VendorFrom,
    /// Whether its confirmation has a cost summary.
    pub costs: bool,
}

impl Rule {
    /// Whether a request of the type may have the member.
    pub fn takes(&self, member: &str) -> bool {
        self.required.iter().chain(&self.optional).any(|m| m == member)
    }
}
