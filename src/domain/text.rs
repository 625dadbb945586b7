//! `Untrusted` -> `Clean`: the only door through which foreign text enters the program.
//! A received body is kept in `Body`, looked at through `Untrusted`, and leaves it as `Clean` text,
//! as an `Id`, as a number or not at all. Pasted text takes the same way. Pure.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::error::Category;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_width::UnicodeWidthChar;

mod fold;

pub use fold::{fold, folded};

use super::ids::Id;

/// Longer texts are cut when shown (bytes); the raw value goes back to the server untouched.
const SHOWN_AT_MOST: usize = 4096;
/// Stands at the end of a text that was cut.
const CUT: &str = "...";
/// How much is told of what a body is made of, and of names (characters).
const SHAPE_AT_MOST: usize = 2000;
const NAMES_AT_MOST: usize = 500;
/// So many items of a list are told of; they stand for all.
const ITEMS_TOLD: usize = 3;
/// Marks that one base character may carry; more is a flood that would cover other rows.
const MARKS_AT_MOST: usize = 4;

/// One line of text that a terminal may be given: NFC, no control, bidi or zero-width characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Clean(Arc<str>);

impl Clean {
    /// Makes foreign text safe to show: controls are spelled out (`^[`, `\u{9b}`), line ends and tabs become blanks.
    #[must_use]
    pub fn new(foreign: &str) -> Self {
        if foreign.len() <= SHOWN_AT_MOST && foreign.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Self(foreign.into());
        }
        // Spelled out first: a mark behind what a control becomes makes one letter with it.
        let spelled = foreign.chars().flat_map(Shown::of);
        let mut out = String::with_capacity(foreign.len().min(SHOWN_AT_MOST + 4));
        let mut end = 0;
        // Few marks before, for a flood of them is held in memory; and after, for one mark may be short for two.
        for c in few_marks(few_marks(spelled).nfc()) {
            out.push(c);
            if out.len() <= SHOWN_AT_MOST - CUT.len() {
                end = out.len();
            } else if out.len() > SHOWN_AT_MOST {
                out.truncate(end);
                out.push_str(CUT);
                break;
            }
        }
        Self(out.into())
    }
    /// The same of bytes, of which what is no text becomes U+FFFD: what a program printed, a file's name.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the door itself")]
    pub fn of_bytes(foreign: &[u8]) -> Self {
        Self::new(&String::from_utf8_lossy(foreign))
    }
}

/// What is shown for one character.
enum Shown {
    /// Itself, or a blank for a tab or a line end.
    Plain(Option<char>),
    /// `^X`.
    Caret(std::array::IntoIter<char, 2>),
    /// `\u{9b}`.
    Code(std::char::EscapeUnicode),
}

impl Shown {
    fn of(c: char) -> Self {
        match c {
            '\t' | '\n' | '\r' => Self::Plain(Some(' ')),
            '\0'..='\x1f' => Self::Caret(['^', char::from(c as u8 + 0x40)].into_iter()),
            '\x7f' => Self::Caret(['^', '?'].into_iter()),
            c if hidden(c) => Self::Code(c.escape_unicode()),
            c => Self::Plain(Some(c)),
        }
    }
}
impl Iterator for Shown {
    type Item = char;
    fn next(&mut self) -> Option<char> {
        match self {
            Self::Plain(c) => c.take(),
            Self::Caret(two) => two.next(),
            Self::Code(escape) => escape.next(),
        }
    }
}

/// Characters that change what the reader sees without being seen themselves, and those that stand for nothing.
fn hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c as u32 & 0xfffe) == 0xfffe
        || matches!(c, '\u{fdd0}'..='\u{fdef}')
}

/// Whether it stands on the character before it and takes no room of its own.
fn is_mark(c: char) -> bool {
    is_combining_mark(c) || c.width() == Some(0)
}

/// Without the marks that are too many for one character.
fn few_marks(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut marks = 0;
    chars.filter(move |&c| {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        marks <= MARKS_AT_MOST
    })
}

/// Whether a text can be shown byte for byte.
#[must_use]
pub(super) fn plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || hidden(c)) && few_marks(text.chars()).eq(text.chars())
}

impl Serialize for Clean {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}
/// What was written down comes back through the same door.
impl<'de> Deserialize<'de> for Clean {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(from)?))
    }
}
impl Deref for Clean {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}
impl From<&str> for Clean {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// Pasted text as it may enter a one-line box: line ends and tabs become blanks, other controls are dropped.
#[must_use]
pub fn pasted(foreign: &str) -> String {
    let ends = foreign.trim_end_matches(['\r', '\n']).replace("\r\n", "\n");
    let line = ends.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c });
    few_marks(few_marks(line.filter(|&c| !c.is_control() && !hidden(c))).nfc()).collect()
}

/// A number as people read it: `12,400`.
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A text as one word of a command that somebody copies into a shell.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    let whole = !text.is_empty() && text.chars().all(plain);
    if whole { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// The body with everything that is no text replaced; `None` where all of it is, or where hardly anything is.
fn mended(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut broken = 0;
    for part in bytes.utf8_chunks() {
        text.push_str(part.valid());
        if !part.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            broken += 1;
            if broken > bounded::MEMBERS {
                return None;
            }
        }
    }
    let whole = text.trim_start_matches('\u{feff}');
    let mut out = String::with_capacity(whole.len());
    let mut rest = whole;
    // A backslash stands in strings only, and takes the character behind it along.
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let (taken, shown) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, &escape[..12]),
            (Some(0xd800..=0xdfff), _) => (6, "\\ufffd"),
            (Some(_), _) => (6, &escape[..6]),
            (None, _) => {
                let next = escape.chars().nth(1).map_or(0, char::len_utf8);
                (1 + next, &escape[..1 + next])
            }
        };
        out.push_str(shown);
        rest = &escape[taken..];
    }
    out.push_str(rest);
    (out.as_bytes() != bytes).then_some(out)
}

/// JSON of a stranger: no list, and no whole, takes more room than replies do. How deep it may be, `serde_json` bounds.
mod bounded {
    use std::cell::Cell;
    use std::fmt;

    use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
    use serde_json::{Map, Value};

    /// Members of one list or object.
    pub(super) const MEMBERS: usize = 10_000;
    /// Bytes that all values may take beside the texts in them.
    const ROOM: usize = 24 << 20;
    /// Bytes of a value, and of a map with its first members.
    const VALUE: usize = size_of::<Value>();
    const MAP: usize = 640;

    const TOO_MANY: &str = "a list in it has more than 10,000 items";
    const TOO_MUCH: &str = "there is too much in it";
    /// What these errors begin with, and what they are called.
    pub(super) const LIMITS: [(&str, &str); 3] =
        [(TOO_MANY, TOO_MANY), (TOO_MUCH, TOO_MUCH), ("recursion limit exceeded", "it is nested more than 128 deep")];

    /// Reads the bytes as one value.
    #[expect(clippy::disallowed_methods, reason = "the door itself")]
    pub(super) fn read(bytes: &[u8]) -> serde_json::Result<Value> {
        let mut from = serde_json::Deserializer::from_slice(bytes);
        let value = Bounded(&Cell::new(ROOM)).deserialize(&mut from)?;
        from.end().map(|()| value)
    }

    /// Reads a value into the room that is left.
    #[derive(Clone, Copy)]
    struct Bounded<'a>(&'a Cell<usize>);

    impl Bounded<'_> {
        fn take<E: Error>(self, bytes: usize) -> Result<(), E> {
            let left = self.0.get().checked_sub(bytes).ok_or_else(|| E::custom(TOO_MUCH))?;
            self.0.set(left);
            Ok(())
        }
    }
    impl<'de> DeserializeSeed<'de> for Bounded<'_> {
        type Value = Value;
        fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
            from.deserialize_any(self)
        }
    }
    impl<'de> Visitor<'de> for Bounded<'_> {
        type Value = Value;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }
        fn visit_unit<E>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }
        fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
            Ok(flag.into())
        }
        fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
            Ok(number.into())
        }
        fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
            Ok(number.into())
        }
        fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
            Ok(number.into())
        }
        fn visit_str<E>(self, text: &str) -> Result<Value, E> {
            Ok(text.into())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
            let mut all = Vec::new();
            while let Some(value) = from.next_element_seed(self)? {
                self.take(VALUE)?;
                all.push(value);
                if all.len() > MEMBERS {
                    return Err(A::Error::custom(TOO_MANY));
                }
            }
            Ok(all.into())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
            let mut all = Map::new();
            self.take(MAP)?;
            while let Some(name) = from.next_key::<String>()? {
                self.take(VALUE + size_of::<String>())?;
                all.insert(name, from.next_value_seed(self)?);
                if all.len() > MEMBERS {
                    return Err(A::Error::custom(TOO_MANY));
                }
            }
            Ok(all.into())
        }
    }
}

/// A received JSON body. Nothing shows it; `Untrusted` looks into it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Body {
    value: Value,
    mended: bool,
}

impl Body {
    /// Reads a body as JSON. What is no text in it, bytes that are not UTF-8 and halves of surrogates, becomes U+FFFD: one
    /// broken name hides nothing else. It equals no number of ours, and no id holds it.
    ///
    /// # Errors
    /// One clause that says what is wrong with the bytes, without quoting them.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err("the reply is empty".into());
        }
        let read = bounded::read(bytes).map(Self::from);
        let again = |text: String| bounded::read(text.as_bytes()).map(|value| Self { value, mended: true });
        read.or_else(|error| mended(bytes).map_or(Err(error), again)).map_err(|e| {
            let said = e.to_string();
            if let Some((_, limit)) = bounded::LIMITS.iter().find(|(begins, _)| said.starts_with(begins)) {
                return format!("the reply is not taken: {limit}");
            }
            match e.classify() {
                Category::Eof => "the reply ends in the middle".into(),
                Category::Syntax if bytes.trim_ascii_start().starts_with(b"<") => {
                    "a web page came back, perhaps from a proxy or a login page".into()
                }
                Category::Syntax | Category::Data | Category::Io => "the reply is not JSON".into(),
            }
        })
    }

    /// The whole body, to look into.
    #[must_use]
    pub fn view(&self) -> Untrusted<'_> {
        Untrusted(Some(&self.value))
    }
    /// Whether something in it was no text, so that it is not what was sent.
    #[must_use]
    pub fn mended(&self) -> bool {
        self.mended
    }
    /// The body without a secret that the server repeats.
    #[must_use]
    pub fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() {
            forget(&mut self.value, secret);
        }
        self
    }
    /// What it is made of, without a value: the names of members, types, and the lengths of texts (characters) and lists,
    /// as in `{name: text(12), items: [2: {id: number}, {id: null}]}`; at most 2,000 characters.
    #[must_use]
    pub fn shape(&self) -> Clean {
        let mut out = String::new();
        add_shape(&self.value, &mut out);
        cut(out, SHAPE_AT_MOST)
    }
}

fn forget(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) if text.contains(secret) => *text = text.replace(secret, "***"),
        Value::Array(all) => all.iter_mut().for_each(|v| forget(v, secret)),
        Value::Object(all) => all.values_mut().for_each(|v| forget(v, secret)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn add_shape(value: &Value, out: &mut String) {
    if out.len() > SHAPE_AT_MOST {
        return;
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(_) => out.push_str("flag"),
        Value::Number(_) => out.push_str("number"),
        Value::String(text) => out.push_str(&format!("text({})", text.chars().count())),
        Value::Array(items) => {
            out.push_str(&format!("[{}", items.len()));
            for (at, item) in items.iter().take(ITEMS_TOLD).enumerate() {
                out.push_str(if at == 0 { ": " } else { ", " });
                add_shape(item, out);
            }
            out.push_str(if items.len() > ITEMS_TOLD { ", ...]" } else { "]" });
        }
        Value::Object(members) => {
            for (at, (name, member)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "{" } else { ", " });
                out.push_str(told(name));
                out.push_str(": ");
                add_shape(member, out);
            }
            out.push_str(if members.is_empty() { "{}" } else { "}" });
        }
    }
}

/// Names of headers or parameters as the log may hold them, the odd ones as `?`; at most 500 characters.
#[must_use]
pub fn names<'a>(all: impl Iterator<Item = &'a str>) -> Clean {
    let all: Vec<_> = all.map(told).collect();
    cut(all.join(", "), NAMES_AT_MOST)
}

/// A name that looks like one; what may be data in the place of a name, such as a phone number or an id, is `?`.
fn told(name: &str) -> &str {
    let letters = name.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    if plain && name.len() <= 40 && letters > 0 && digits <= 3 { name } else { "?" }
}

/// ASCII cut to that length.
fn cut(mut text: String, most: usize) -> Clean {
    if text.len() > most {
        text.truncate(most - CUT.len());
        text.push_str(CUT);
    }
    Clean::new(&text)
}

impl From<Value> for Body {
    fn from(value: Value) -> Self {
        Self { value, mended: false }
    }
}

/// A part of a received body, perhaps absent. Every reading is tolerant (WIRE 9): the wrong type reads as absent.
#[derive(Clone, Copy, Debug)]
pub struct Untrusted<'a>(Option<&'a Value>);

impl<'a> Untrusted<'a> {
    /// The member of that name.
    #[must_use]
    pub fn at(self, key: &str) -> Self {
        Self(self.0.and_then(|v| v.get(key)).filter(|v| !v.is_null()))
    }
    /// The part at a JSON pointer.
    #[must_use]
    pub fn pointer(self, pointer: &str) -> Self {
        Self(self.0.and_then(|v| v.pointer(pointer)).filter(|v| !v.is_null()))
    }
    /// Whether something is there that is not null.
    #[must_use]
    pub fn present(self) -> bool {
        self.0.is_some_and(|v| !v.is_null())
    }
    /// Text or a number as text; blank is absent.
    #[must_use]
    pub fn text(self) -> Option<Clean> {
        self.scalar().filter(|s| !s.trim().is_empty()).map(|s| Clean::new(s.trim()))
    }
    /// Text as it is, blanks around it included, for comparing; empty is absent (WIRE 9).
    #[must_use]
    pub fn verbatim(self) -> Option<Clean> {
        self.scalar().filter(|s| !s.is_empty()).map(|s| Clean::new(&s))
    }
    /// The string itself, to be compared byte for byte; never shown.
    #[must_use]
    pub fn bytes(self) -> Option<String> {
        self.scalar()
    }
    /// An id, byte for byte, where it is one (see `Id`).
    #[must_use]
    pub fn id(self) -> Option<Id> {
        self.scalar().and_then(|s| Id::new(&s))
    }
    fn scalar(self) -> Option<String> {
        match self.0? {
            Value::String(s) => Some(s.clone()),
            Value::Number(n) => Some(n.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
    /// Whether a member of that name stands anywhere inside.
    #[must_use]
    pub fn holds(self, key: &str) -> bool {
        self.at(key).present() || self.items().chain(self.members()).any(|inner| inner.holds(key))
    }
    /// A boolean, or the words for one.
    #[must_use]
    pub fn flag(self) -> Option<bool> {
        match self.0? {
            Value::Bool(b) => Some(*b),
            Value::String(s) => s.parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
    /// A count.
    #[must_use]
    pub fn count(self) -> Option<u64> {
        self.scalar()?.parse().ok()
    }
    /// An exact decimal: the number's shortest printed form, never arithmetic on floats.
    #[must_use]
    pub fn decimal(self) -> Option<Decimal> {
        let text = self.scalar()?;
        Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()
    }
    /// The members of an array; of anything else none.
    pub fn items(self) -> impl Iterator<Item = Untrusted<'a>> {
        self.0.and_then(Value::as_array).into_iter().flatten().map(|v| Untrusted(Some(v)))
    }
    /// Whether this is an array.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.0.is_some_and(Value::is_array)
    }
    /// Whether this is a string.
    #[must_use]
    pub fn is_text(self) -> bool {
        self.0.is_some_and(Value::is_string)
    }
    /// The members of an object by name; of anything else none.
    pub fn entries(self) -> impl Iterator<Item = (Clean, Untrusted<'a>)> {
        self.0.and_then(Value::as_object).into_iter().flatten().map(|(name, v)| (Clean::new(name), Untrusted(Some(v))))
    }
    /// The values of an object's members; of anything else none.
    pub fn members(self) -> impl Iterator<Item = Untrusted<'a>> {
        self.0.and_then(Value::as_object).into_iter().flatten().map(|(_, v)| Untrusted(Some(v)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn accents_and_wide_letters_stay() {
        assert_eq!(&*Clean::new("Łukasz 鈴木 e\u{301}"), "Łukasz 鈴木 é");
    }
    #[test]
    fn escape_sequences_bidi_and_zero_width_are_spelled_out() {
        assert_eq!(&*Clean::new("a\x1b[31mb"), "a^[[31mb");
        assert_eq!(&*Clean::new("x\u{202e}y\u{200b}z"), "x\\u{202e}y\\u{200b}z");
        assert_eq!(&*Clean::new("c1 \u{9b}2J"), "c1 \\u{9b}2J");
        assert_eq!(&*Clean::new("two\nlines\tand \x7f"), "two lines and ^?");
    }
    #[test]
    fn a_flood_of_marks_is_cut_to_four() {
        let flood = format!("e{}", "\u{301}".repeat(50));
        assert!(Clean::new(&flood).chars().count() <= 5);
    }
    #[test]
    fn a_paste_becomes_one_line_without_controls() {
        assert_eq!(pasted("one\r\ntwo\tthree\x1b[0m\u{202e}\n"), "one two three[0m");
    }
    #[test]
    fn amounts_are_read_exactly() {
        let body = Body::parse(br#"{"a":200.44,"b":300,"c":"0.10","d":1e2}"#).unwrap();
        assert_eq!(body.view().at("a").decimal().unwrap().to_string(), "200.44");
        assert_eq!(body.view().at("b").decimal().unwrap().to_string(), "300");
        assert_eq!(body.view().at("c").decimal().unwrap().to_string(), "0.10");
        assert_eq!(body.view().at("d").decimal().unwrap().normalize().to_string(), "100");
    }
    #[test]
    fn what_a_control_becomes_takes_no_mark_along_and_a_mark_that_is_short_for_two_counts_as_two() {
        let twice = |text: &str| assert_eq!(Clean::new(&Clean::new(text)), Clean::new(text), "{text:?}");
        assert_eq!(&*Clean::new("\x01\u{300}"), "^\u{c0}");
        twice("\x01\u{300}");
        twice("e\u{344}\u{344}\u{344}\u{344}\u{344}");
        assert!(Clean::new(&"\u{344}".repeat(9)).chars().count() <= 4);
        assert_eq!(Clean::new(&format!("\u{1100}{}", "\u{1161}".repeat(50))).chars().count(), 4, "letters of no width");
        assert!(Clean::new(&"\u{202e}".repeat(9)).ends_with("\\u{202e}\\u{202e}"));
    }
    #[test]
    fn a_text_longer_than_4_kib_is_cut_where_a_character_ends() {
        for (text, length) in [("x".repeat(4096), 4096), ("x".repeat(4097), 4096), ("\u{9234}".repeat(9999), 4095)] {
            let shown = Clean::new(&text);
            assert_eq!((shown.len(), shown.ends_with("...")), (length, text.len() > 4096));
            assert_eq!(Clean::new(&shown), shown);
        }
        assert_eq!(Clean::new(&"\u{301}".repeat(1 << 20)).chars().count(), 4, "a flood is not held in memory");
    }
    #[test]
    fn one_broken_name_hides_nothing_else() {
        let listed = b"\xef\xbb\xbf[{\"id\":\"1\",\"name\":\"\\ud800x\"},{\"id\":\"2\",\"name\":\"caf\xe9\"},\
            {\"id\":\"3\\udc00\",\"name\":\"\\ud83d\\ude00 \\\\ud800 \\\"\"}]";
        let body = Body::parse(listed).unwrap();
        let names: Vec<_> = body.view().items().map(|i| i.at("name").text().unwrap().to_string()).collect();
        assert_eq!(names, ["\u{fffd}x", "caf\u{fffd}", "\u{1f600} \\ud800 \""]);
        let ids: Vec<_> = body.view().items().map(|i| i.at("id").id().is_some()).collect();
        assert_eq!(ids, [true, true, false], "what could not be read whole is no id");
    }
    #[test]
    fn a_reply_that_holds_too_much_is_not_taken() {
        let why = |body: String| Body::parse(body.as_bytes()).map_or_else(|why| why, |_| "taken".into());
        let list = |items| format!("{{\"employees\":[{}]}}", vec!["1"; items].join(","));
        assert_eq!(why(list(10_000)), "taken");
        assert!(why(list(10_001)).contains("more than 10,000 items"), "{}", why(list(10_001)));
        let nest = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(why(nest(127)), "taken");
        for depth in [128, 1_000_000] {
            assert!(why(nest(depth)).contains("not taken"), "{}", why(nest(depth)));
        }
        let lists = vec![list(9_000); 200].join(",");
        assert!(why(format!("[{lists}]")).contains("too much"), "16 MiB of digits are far more values");
    }
    #[test]
    fn a_shape_tells_names_types_and_lengths_and_no_value() {
        let shape = |text: &str| Body::parse(text.as_bytes()).unwrap().shape().to_string();
        let body =
            r#"{"employee":[{"id":28673732,"name":"\u9234\u6728"},{"id":null},3,4],"ok":true,"none":[],"empty":{}}"#;
        assert_eq!(
            shape(body),
            "{employee: [4: {id: number, name: text(2)}, {id: null}, number, ...], empty: {}, none: [0], ok: flag}"
        );
        for odd in
            ["2035554468", "a b", "\u{1b}[2J", "", "x@example.com", "0198f2c1-1111", "caf\u{e9}", &"x".repeat(41)]
        {
            assert_eq!(&*Body::from(json!({odd: 1})).shape(), "{?: number}", "{odd:?}");
        }
        assert_eq!(shape(r#"{"addressLine1":1,"x-y_z.0":1}"#), "{addressLine1: number, x-y_z.0: number}");
        let deep = shape(&format!("{}{}", "[".repeat(127), "]".repeat(127)));
        assert!(deep.starts_with("[1: [1: ") && deep.ends_with(&format!("[0{}", "]".repeat(127))), "{deep}");
        let letter = |n: u8| char::from(b'a' + n);
        let many: Map<_, _> = (0..255).map(|n| (format!("{}{}", letter(n / 26), letter(n % 26)), json!("x"))).collect();
        let wide = Body::from(json!({"first": many})).shape();
        assert!(wide.len() == 2000 && wide.ends_with("..."), "{wide}");
        assert_eq!(&*names(["accept", "X-203555", "user agent"].into_iter()), "accept, ?, ?");
        assert_eq!(names(std::iter::repeat_n("authorization", 999)).len(), 500);
    }
    #[test]
    fn a_path_is_one_word_to_a_shell() {
        let words = ["/home/jdoe/.config/a-b_1.toml", "/j doe/it's", "~x", ""].map(shell_word);
        assert_eq!(words, ["/home/jdoe/.config/a-b_1.toml", r"'/j doe/it'\''s'", "'~x'", "''"]);
    }
    #[test]
    fn a_bad_body_says_what_it_is_without_quoting_it() {
        assert!(Body::parse(b"  ").unwrap_err().contains("empty"));
        assert!(Body::parse(b"<html>").unwrap_err().contains("web page"));
        assert!(Body::parse(b"{\"a\":").unwrap_err().contains("middle"));
        assert!(Body::parse(b"\xff").unwrap_err().contains("not JSON"));
        assert!(Body::parse(b"{\"a\":\"\\ud800").unwrap_err().contains("middle"));
    }
}
