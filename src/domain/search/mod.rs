//! Finding rows by typing: what a row can be found by, what a query asks, and which rows are best. Pure.
//!
//! A row's text holds its fields one after the other, folded, each behind a mark, and every word in it behind another:
//! so the beginning of a word is found by looking for bytes, which is what processors do best.

mod fuzzy;
mod query;
mod table;
mod top;
mod trail;

pub use query::{Fit, Part, Query};
pub use table::{Chunk, ROWS, Record, Rows, Table};
pub use top::{Best, Hit, KEPT, Top};
pub use trail::Trail;

use super::text::fold;

/// With fewer rows that fit, those that only resemble are looked for too, and so many of them.
pub const FEW: usize = 9;

/// Stands before every field and behind the last; no clean text holds it.
pub(super) const FIELD: u8 = 0x1e;
/// Stands behind a field that tells a row from all others: an id, a login, a number; no clean text holds it.
pub(super) const TELLS: u8 = 0x1d;
/// Stands before every word; no clean text holds it.
pub(super) const WORD: u8 = 0x1f;

/// The text of a row with these fields, and whether each tells it from all others; the first ones count more. Empty ones are
/// left out.
#[must_use]
pub fn text(fields: &[(&str, bool)]) -> Box<str> {
    let mut out = Vec::with_capacity(fields.iter().map(|(f, _)| f.len() + 4).sum::<usize>() + 1);
    for (field, tells) in fields {
        add_field(&mut out, &[field], *tells);
    }
    end(&mut out);
    finished(out)
}

/// The text of a record.
#[must_use]
pub fn text_of<R: Record>(record: &R) -> Box<str> {
    let mut out = Vec::new();
    R::found_by(&record.fields(), &mut |field, tells| add_field(&mut out, field, tells));
    end(&mut out);
    finished(out)
}

/// A row's text with further fields.
#[must_use]
pub fn with(text: &str, fields: &[(&str, bool)]) -> Box<str> {
    let mut out = text.as_bytes().to_vec();
    out.truncate(out.len().saturating_sub(1));
    for (field, tells) in fields {
        add_field(&mut out, &[field], *tells);
    }
    end(&mut out);
    finished(out)
}

/// Adds a field to the text of a row, of parts that begin with no letter but the first; whether it tells the row from all
/// others.
pub(super) fn add_field(out: &mut Vec<u8>, parts: &[&str], tells: bool) {
    if parts.iter().any(|part| !part.is_empty()) {
        out.push(FIELD);
        parts.iter().for_each(|part| mark(out, part));
        out.extend(tells.then_some(TELLS));
    }
}
/// Ends the text of a row.
pub(super) fn end(out: &mut Vec<u8>) {
    out.push(FIELD);
}

/// Only whole characters are ever added.
fn finished(out: Vec<u8>) -> Box<str> {
    String::from_utf8(out).unwrap_or_default().into()
}

/// What a byte of an ASCII text is held as: in lower case, and above that whether it is a letter or a digit.
const HELD: [u8; 128] = {
    let mut held = [0; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        let word = if byte.is_ascii_alphanumeric() { 0x80 } else { 0 };
        held[byte as usize] = byte.to_ascii_lowercase() | word;
        byte += 1;
    }
    held
};

/// Adds a text, folded, with its words marked.
pub(super) fn mark(out: &mut Vec<u8>, text: &str) {
    if text.is_ascii() {
        mark_ascii(out, text);
        return;
    }
    let mut inside = false;
    fold(text, &mut |c, word| {
        if word && !inside {
            out.push(WORD);
        }
        inside = word;
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => out.push(byte),
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    });
}

/// The same for most texts: a million people's are marked before anybody can search.
fn mark_ascii(out: &mut Vec<u8>, text: &str) {
    let from = out.len();
    out.resize(from + 2 * text.len(), 0);
    let room = &mut out[from..];
    let (mut end, mut inside) = (0, 0);
    for byte in text.bytes() {
        let held = HELD[usize::from(byte & 0x7f)];
        let word = held >> 7;
        room[end] = WORD;
        end += usize::from(word & !inside);
        room[end] = held & 0x7f;
        end += 1;
        inside = word;
    }
    out.truncate(from + end);
}

/// The digits of a number, in whatever form it was written.
#[must_use]
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
