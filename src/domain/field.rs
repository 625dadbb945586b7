//! Fields that the server describes: order properties and address components (WIRE 8), and their checks. Pure.

use std::sync::Arc;

use super::choice::{Choice, Named};
use super::date;
use super::ids::Id;
use super::pattern::{Pattern, Verdict};
use super::text::{Clean, Untrusted};

/// A field to ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The group that it is given back under; `None` for an address component.
    pub group: Option<Id>,
    /// Its id, not always upper case.
    pub id: Id,
    /// Its label; the id where the server gave none.
    pub label: Clean,
    /// Text, date or choice.
    pub kind: FieldKind,
    /// Whether the server wants it.
    pub required: bool,
    /// Fewest characters of a filled field.
    pub min: usize,
    /// Most characters.
    pub max: Option<usize>,
    /// A hint to show.
    pub hint: Option<Clean>,
    /// What the text must look like.
    pub pattern: Option<Pattern>,
    /// What the server fills in: text, a date as written, or a choice's id.
    pub default: Option<Clean>,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A calendar day.
    Date,
    /// One of these.
    Choice(Vec<Offer>),
    /// A box to tick, never ticked beforehand (WIRE 7, acknowledgements).
    Tick,
    /// Nothing to fill in: paragraphs to read.
    Note(Vec<Clean>),
}

/// One option of a CHOICE field or of an address component.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Id and label.
    pub named: Named,
    /// Whether choosing it asks for a text of one's own.
    pub is_other: bool,
}

impl Field {
    /// Reads one entry of `/orders/properties` under its group, or of `addressFormat` without one.
    #[must_use]
    pub fn read(from: Untrusted<'_>, group: Option<&Id>) -> Option<Self> {
        let id = from.at("id").id()?;
        let kind = match from.at("type").text().as_deref() {
            Some("DATE") => FieldKind::Date,
            Some("CHOICE") => FieldKind::Choice(from.at("choices").items().filter_map(option).collect()),
            _ if from.at("options").items().next().is_some() => {
                FieldKind::Choice(from.at("options").items().filter_map(address_option).collect())
            }
            _ => FieldKind::Text,
        };
        let default = match &kind {
            FieldKind::Text => from.at("text").text(),
            FieldKind::Date => from.at("date").text(),
            FieldKind::Choice(_) => from.pointer("/choice/id").text().or_else(|| from.at("choice").text()),
            FieldKind::Tick | FieldKind::Note(_) => None,
        };
        Some(Self {
            group: group.cloned(),
            label: from.at("label").text().unwrap_or_else(|| Clean::new(id.as_str())),
            id,
            kind,
            required: from.at("validation").text().is_some_and(|v| v.eq_ignore_ascii_case("REQUIRED")),
            min: from.at("minLength").count().map_or(0, cap),
            max: from.at("maxLength").count().map(cap).filter(|&n| n > 0),
            hint: from.at("pattern").text(),
            pattern: from.at("regEx").text().map(|p| Pattern::new(&p)),
            default,
        })
    }

    /// The groups of `/orders/properties`, flattened in the server's order.
    pub fn read_groups<'a>(groups: impl Iterator<Item = Untrusted<'a>>) -> Vec<Self> {
        groups
            .flat_map(|g| {
                let group = g.at("groupId").id();
                g.at("fields").items().filter_map(|f| Self::read(f, group.as_ref())).collect::<Vec<_>>()
            })
            .collect()
    }

    /// `/acknowledgements`: what must be read, then the boxes.
    pub fn read_acknowledgements(body: Untrusted<'_>) -> Vec<Self> {
        let blocks = body.at("infoblocks").items().enumerate().filter_map(|(at, block)| {
            let paragraphs: Vec<_> = block.at("paragraphs").items().filter_map(|p| p.at("text").text()).collect();
            let label = block.at("header").text().unwrap_or_else(|| Clean::new("Please read"));
            let kind = FieldKind::Note(paragraphs);
            Some(Self { kind, ..Self::plain(Id::new(&format!("infoblock {}", at + 1))?, label) })
        });
        let boxes = body.at("acknowledgements").items().filter_map(|a| {
            // Whatever it is called, it is answered with a boolean (WIRE 7).
            Some(Self { kind: FieldKind::Tick, default: None, ..Self::read(a, None)? })
        });
        blocks.chain(boxes).collect()
    }
    fn plain(id: Id, label: Clean) -> Self {
        Self {
            group: None,
            id,
            label,
            kind: FieldKind::Text,
            required: true,
            min: 0,
            max: None,
            hint: None,
            pattern: None,
            default: None,
        }
    }
    /// The same field with these rows to choose from, where it names a state or province and has no options of its own.
    #[must_use]
    pub fn among(&self, states: &[Arc<Choice>]) -> Option<Self> {
        const STATES: [&str; 4] = ["STATE", "PROVINCE", "PREFECTURE", "STATE_PROVINCE"];
        let wanted = self.kind == FieldKind::Text && STATES.contains(&self.id.as_str()) && !states.is_empty();
        let offer =
            |c: &Arc<Choice>| Offer { named: Named { id: c.id.clone(), name: c.name.clone() }, is_other: false };
        wanted.then(|| Self { kind: FieldKind::Choice(states.iter().map(offer).collect()), ..self.clone() })
    }
    /// Whether what is typed here is a secret: it is never shown, copied or printed.
    #[must_use]
    pub fn masked(&self) -> bool {
        masked(&self.id)
    }

    /// The option that asks for a text of one's own, if that is the one.
    #[must_use]
    pub fn asks_other(&self, chosen: &Id) -> bool {
        self.options().iter().any(|o| o.is_other && o.named.id == *chosen)
    }
    /// Its options; none unless it is a choice.
    #[must_use]
    pub fn options(&self) -> &[Offer] {
        match &self.kind {
            FieldKind::Choice(options) => options,
            FieldKind::Text | FieldKind::Date | FieldKind::Tick | FieldKind::Note(_) => &[],
        }
    }
    /// Its options as a picker's rows; an address option is also found by its value (`CT`).
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let row = |o: &Offer| {
            let mut choice = Choice::plain(o.named.id.clone(), o.named.name.clone());
            choice.find = super::search::with(&choice.find, &[(o.named.id.as_str(), true)]);
            choice
        };
        self.options().iter().map(row).collect()
    }

    /// What is wrong with a filled-in text, in a sentence's middle; a date must have been resolved already.
    #[must_use]
    pub fn misfit(&self, text: &str) -> Option<String> {
        let length = text.chars().count();
        match self.kind {
            FieldKind::Date => {
                return text
                    .parse::<date::Date>()
                    .err()
                    .map(|_| "not a date; type for example +7, fri or 22 dec".into());
            }
            FieldKind::Choice(_) => return Some(format!("\"{}\" is not in the list", Clean::new(text))),
            FieldKind::Tick | FieldKind::Note(_) => return Some("is a box to tick: y or n".into()),
            FieldKind::Text => {}
        }
        let unit = if self.digits_only() { "digits" } else { "characters" };
        if length < self.min {
            return Some(format!("needs {}{} {unit}, has {length}", at_least(self.min, self.max), self.min));
        }
        if let Some(max) = self.max.filter(|&max| length > max) {
            return Some(format!("takes at most {max} {unit}, has {length}"));
        }
        match self.pattern.as_ref().map(|p| p.check(text)) {
            Some(Verdict::Misfits) => Some(self.wanted()),
            Some(Verdict::Fits | Verdict::Unchecked) | None => None,
        }
    }

    fn wanted(&self) -> String {
        match (&self.hint, &self.pattern) {
            (Some(hint), _) => format!("does not look like {hint}"),
            (None, Some(pattern)) => format!("does not fit the server's pattern {}", Clean::new(pattern.source())),
            (None, None) => "does not fit".into(),
        }
    }

    fn digits_only(&self) -> bool {
        self.pattern.as_ref().is_some_and(|p| {
            p.check(&"0".repeat(self.min.clamp(1, 64))) == Verdict::Fits && p.check("x") == Verdict::Misfits
        })
    }

    /// What stands beside an empty or growing text: its hint, and how many characters are wanted.
    #[must_use]
    pub fn guide(&self, length: usize) -> String {
        let count = match (self.min, self.max) {
            (min, Some(max)) if min == max => format!("{length} of {max}"),
            (_, Some(max)) => format!("{length} of {max}"),
            (0, None) => String::new(),
            (min, None) => format!("{length}, at least {min}"),
        };
        // A pattern that cannot be run here says at least what the server will look for.
        let unchecked = self.pattern.as_ref().filter(|p| p.is_left_to_the_server());
        match (&self.hint, unchecked) {
            (Some(hint), _) if self.kind == FieldKind::Text => format!("{hint}  {count}").trim_end().to_owned(),
            (None, Some(pattern)) if self.kind == FieldKind::Text => {
                format!("the server checks {}  {count}", Clean::new(pattern.source())).trim_end().to_owned()
            }
            _ => count,
        }
    }
}

/// What stands for a secret wherever it would be shown.
pub const MASK: &str = "********";

/// Whether a property of that id is a secret: the carrier's PIN or password of the line (`PIN_PASSWORD`).
#[must_use]
pub fn masked(id: &Id) -> bool {
    let mut words = id.as_str().split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|w| ["PIN", "PASSWORD", "PASSCODE"].iter().any(|secret| w.eq_ignore_ascii_case(secret)))
}

/// Whether a property of that id belongs to one person or their line, names them or reaches them, so that nobody else's
/// order may have it.
#[must_use]
pub fn personal(id: &Id) -> bool {
    const BEGIN: [&str; 5] = ["CONTACT", "USER", "EMAIL", "FURIGANA", "ADDRESS"];
    const END: [&str; 2] = ["NAME", "MAIL"];
    const WHOLE: [&str; 5] = ["EXT", "PHONE", "LOGIN", "EMPLOYEE", "STREET"];
    let upper = id.as_str().to_ascii_uppercase();
    let of_one = |word: &str| {
        BEGIN.iter().any(|b| word.starts_with(b)) || END.iter().any(|e| word.ends_with(e)) || WHOLE.contains(&word)
    };
    masked(id)
        || matches!(&*upper, "SERVICE_NUMBER" | "ACCOUNT_NUMBER")
        || upper.split(|c: char| !c.is_ascii_alphanumeric()).any(of_one)
}

/// Whether a property of that id is free text about one order: it fits the same order for somebody else, and no other.
#[must_use]
pub fn of_one_order(id: &Id) -> bool {
    const WORDS: [&str; 7] = ["INSTRUCTION", "INSTRUCTIONS", "COMMENT", "COMMENTS", "NOTE", "NOTES", "REMARKS"];
    let mut words = id.as_str().split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|w| WORDS.iter().any(|free| w.eq_ignore_ascii_case(free)))
}

fn at_least(min: usize, max: Option<usize>) -> &'static str {
    if max == Some(min) { "" } else { "at least " }
}

fn cap(n: u64) -> usize {
    usize::try_from(n.min(1_000_000)).unwrap_or(usize::MAX)
}

fn option(from: Untrusted<'_>) -> Option<Offer> {
    let id = from.at("id").id()?;
    let name = from.at("label").text().unwrap_or_else(|| Clean::new(id.as_str()));
    Some(Offer { named: Named { id, name }, is_other: from.at("isOther").flag().unwrap_or(false) })
}

fn address_option(from: Untrusted<'_>) -> Option<Offer> {
    let id = from.at("value").id()?;
    let name = from.at("label").text().unwrap_or_else(|| Clean::new(id.as_str()));
    Some(Offer { named: Named { id, name }, is_other: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Body;
    use serde_json::json;

    fn field(json: serde_json::Value) -> Field {
        Field::read(Body::from(json).view(), None).unwrap()
    }

    #[test]
    fn lengths_count_characters_and_say_what_is_wanted() {
        let area = field(json!({"id": "A", "type": "TEXT", "minLength": 3, "maxLength": 3, "regEx": "\\d{3}"}));
        assert_eq!(area.misfit("51").unwrap(), "needs 3 digits, has 2");
        assert_eq!(area.misfit("5123").unwrap(), "takes at most 3 digits, has 4");
        assert!(area.misfit("51x").unwrap().contains("pattern"));
        assert_eq!(area.misfit("512"), None);
        let name = field(json!({"id": "N", "type": "TEXT", "minLength": 2, "maxLength": 4}));
        assert_eq!(name.misfit("鈴木"), None);
        assert_eq!(name.misfit("é").unwrap(), "needs at least 2 characters, has 1");
    }
    #[test]
    fn a_pattern_that_cannot_run_here_is_left_to_the_server() {
        let look = field(json!({"id": "A", "type": "TEXT", "regEx": "(?=.*\\d).+"}));
        assert_eq!(look.misfit("no digit"), None);
        assert_eq!(look.guide(3), "the server checks (?=.*\\d).+");
        let hinted = field(json!({"id": "A", "type": "TEXT", "regEx": "(?=.*\\d).+", "pattern": "one digit"}));
        assert_eq!(hinted.guide(3), "one digit");
    }
    #[test]
    fn a_pin_or_password_is_a_secret_and_a_pinned_thing_is_not() {
        for (id, secret) in
            [("PIN_PASSWORD", true), ("ACCOUNT_PIN", true), ("Passcode", true), ("SHIPPING", false), ("PINNED", false)]
        {
            assert_eq!(masked(&Id::new(id).unwrap()), secret, "{id}");
        }
    }
    #[test]
    fn what_names_or_reaches_a_person_is_theirs_and_what_the_order_is_about_is_not() {
        let theirs = ["CONTACT_NUMBER", "CONTACT_NUMBER_EXT", "CONTACT_NAME", "FURIGANA", "USER", "NEW_OWNER_EMAIL"];
        for id in theirs.into_iter().chain(["EXT", "contactName", "E-Mail", "SERVICE_NUMBER", "PIN_PASSWORD"]) {
            assert!(personal(&Id::new(id).unwrap()), "{id}");
        }
        for id in
            ["PREFERRED_SUSPENSION_DATE", "ADDITIONAL_INSTRUCTIONS", "Reason", "COST_CENTER", "GL_CODE", "URGENCY"]
        {
            assert!(!personal(&Id::new(id).unwrap()), "{id}");
        }
        assert!(of_one_order(&Id::new("ADDITIONAL_INSTRUCTIONS").unwrap()));
    }
    #[test]
    fn what_must_be_read_comes_before_the_boxes_and_nothing_is_ticked() {
        let body = json!({"infoblocks": [{"header": "Fees", "paragraphs": [{"text": "One."}, {"text": "Two."}]}],
            "acknowledgements": [{"id": "A", "label": "I agree", "type": "BOOLEAN", "validation": "REQUIRED"},
                {"id": "B", "label": "Send me mail", "type": "BOOLEAN", "validation": "OPTIONAL"}]});
        let fields = Field::read_acknowledgements(Body::from(body).view());
        assert!(matches!(&fields[0].kind, FieldKind::Note(p) if p.len() == 2));
        assert_eq!(fields.iter().map(|f| f.required).collect::<Vec<_>>(), [true, true, false]);
        assert!(fields.iter().all(|f| f.default.is_none()));
    }
    #[test]
    fn an_address_part_with_options_is_a_choice_found_by_value_and_label() {
        let state = field(
            json!({"id": "STATE", "validation": "REQUIRED", "options": [{"label": "Connecticut", "value": "CT"}]}),
        );
        let rows = state.choices();
        assert!(state.required && rows[0].id.as_str() == "CT" && &*rows[0].name == "Connecticut");
        assert!(crate::domain::search::Query::new("ct").fit(rows[0].find.as_bytes()).is_some());
    }
}
