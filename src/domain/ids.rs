//! Ids: the server's, kept byte for byte, and the order number that is ours to choose. Pure.

use std::fmt;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An id of the API: 1 to 128 characters without control, bidi or zero-width characters, and none that could not be read.
/// Inner spaces and non-ASCII are published (`Verizon Wireless`, `iPhone 6 (64GB) - Space Gray`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Arc<str>);

impl Id {
    /// The id, where the text can be one. What cannot is not an id, so an item that carries it is dropped.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mended = text.contains(char::REPLACEMENT_CHARACTER);
        let fits = !text.is_empty() && text.chars().count() <= 128 && !mended && super::text::plain(text);
        fits.then(|| Self(text.into()))
    }
    /// The bytes to send back.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Serialize for Id {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::new(&text).ok_or_else(|| D::Error::custom("no id"))
    }
}
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What the journal knows an order by: random, and never shown. The order number may still be exchanged before the first
/// sending, this stays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct OrderKey(pub u128);

/// The longest reference that is taken (characters); the API states no limit, and published ones have 14 at most.
pub const REFERENCE_AT_MOST: usize = 50;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `externalOrderNumber` (WIRE 7): `MP`, 11 random Crockford base32 characters and a check character.
/// Made with the draft and kept for its life: it is how an order is found again.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderNumber(Arc<str>);

impl OrderNumber {
    /// A number from 55 random bits (the upper nine are not used).
    #[must_use]
    pub fn from_random(bits: u64) -> Self {
        let digits: Vec<usize> = (0..11).map(|i| (bits >> (5 * i)) as usize & 31).collect();
        let mut text = String::from("MP");
        text.extend(digits.iter().map(|&d| letter(d)));
        text.push(letter(check_digit(&digits)));
        Self(text.into())
    }
    /// A number that was chosen outside (`--ref`): 1 to 50 letters, digits and marks of ASCII, because it also travels in
    /// a header.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn given(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        if text.is_empty() || length > REFERENCE_AT_MOST {
            return Err(format!("A reference has 1 to 50 characters, this one has {length}."));
        }
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err("A reference holds letters, digits and marks of ASCII only, and no blanks.".into());
        }
        Ok(Self(text.into()))
    }
    /// Whether it has the form of the random ones.
    #[must_use]
    pub fn is_random(&self) -> bool {
        let digits: Option<Vec<usize>> = self
            .0
            .strip_prefix("MP")
            .and_then(|rest| rest.bytes().map(|b| CROCKFORD.iter().position(|c| *c == b)).collect());
        digits.is_some_and(|d| d.len() == 12 && d.last() == Some(&check_digit(&d[..11])))
    }
    /// The number as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl Serialize for OrderNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for OrderNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::given(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl fmt::Debug for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn letter(digit: usize) -> char {
    CROCKFORD.get(digit).map_or('0', |&b| char::from(b))
}

/// Luhn's check for base 32: one wrong or two swapped neighbours are noticed when it is read out on the phone.
fn check_digit(digits: &[usize]) -> usize {
    let sum: usize =
        digits.iter().rev().enumerate().map(|(i, &d)| if i % 2 == 0 { d * 2 / 32 + d * 2 % 32 } else { d }).sum();
    (32 - sum % 32) % 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_inner_spaces_and_refuse_what_could_deceive() {
        assert_eq!(Id::new("Verizon Wireless").unwrap().as_str(), "Verizon Wireless");
        for bad in ["", "a\u{202e}b", "a\x1bb", "zero\u{200b}width", &"x".repeat(129)] {
            assert!(Id::new(bad).is_none(), "{bad:?}");
        }
    }
    #[test]
    fn a_number_has_fourteen_characters_without_lookalikes() {
        let number = OrderNumber::from_random(0x1234_5678_9abc_def0);
        assert_eq!(number.as_str().len(), 14);
        assert!(number.as_str().starts_with("MP"));
        assert!(!number.as_str()[2..].contains(['I', 'L', 'O', 'U']));
        assert_ne!(number, OrderNumber::from_random(0x1234_5678_9abc_def1));
        assert!(number.is_random());
        assert!(["MP7K2Q9XR4TD00", "AZ-1", "MP"].iter().all(|n| !OrderNumber::given(n).unwrap().is_random()));
    }
    #[test]
    fn a_reference_from_outside_is_taken_as_it_is_or_refused_with_a_reason() {
        assert_eq!(OrderNumber::given("AZ99087547-001").unwrap().as_str(), "AZ99087547-001");
        for bad in ["", "two words", "no\ttab", "Straße", &"x".repeat(51)] {
            assert!(OrderNumber::given(bad).is_err(), "{bad:?}");
        }
    }
    #[test]
    fn every_single_wrong_digit_changes_the_check_character() {
        let digits = [3, 31, 0, 7, 16, 15, 9, 22, 1, 30, 12];
        for at in 0..11 {
            for other in (0..32).filter(|&d| d != digits[at]) {
                let mut wrong = digits;
                wrong[at] = other;
                assert_ne!(check_digit(&digits), check_digit(&wrong), "{at} {other}");
            }
        }
    }
}
