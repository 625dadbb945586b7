//! Slips: a letter too many or too few, a wrong one, two in the wrong order, or letters left out on purpose.

use super::query::between;
use super::{FIELD, TELLS, WORD, folded};

/// What letters a row has, and what letters its words begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    any: u32,
    first: u32,
}

/// Each letter's own bit; everything that is no letter of a to z shares few, and the marks have none.
const BITS: [u32; 256] = {
    let mut bits = [0; 256];
    let mut byte = 0_u8;
    loop {
        bits[byte as usize] = match byte {
            b'a'..=b'z' => 1 << (byte - b'a'),
            b'0'..=b'9' => 1 << 26,
            FIELD | TELLS | WORD => 0,
            _ => 1 << (27 + byte % 5),
        };
        if byte == u8::MAX {
            break bits;
        }
        byte += 1;
    }
};
fn bit(byte: u8) -> u32 {
    BITS[usize::from(byte)]
}

impl Letters {
    /// Those of a row's text.
    #[must_use]
    pub fn of(row: &[u8]) -> Self {
        let mut all = Self::default();
        let mut before = 0;
        for &byte in row {
            let letter = bit(byte);
            all.any |= letter;
            all.first |= letter & u32::from(before == WORD).wrapping_neg();
            before = byte;
        }
        all
    }
}

/// A word that may have been meant for another.
#[derive(Clone, Debug)]
pub(super) struct Typo {
    word: Box<[u8]>,
    any: u32,
    first: u32,
    /// So many slips are put up with.
    slips: u32,
}

/// Shorter words resemble everything.
const SHORTEST: usize = 3;
/// From so many letters on two slips are put up with.
const LONG: usize = 8;
/// What a text is looked at of one field.
const LOOKED_AT: usize = 64;
/// The letters of a word stand within so many times its length.
const WITHIN: usize = 3;
/// How far letters that were left out on purpose count.
const SKIPPED: u8 = 4;

impl Typo {
    pub(super) fn of(typed: &str) -> Option<Self> {
        let word: Box<[u8]> = folded(typed).bytes().filter(|b| !between(*b)).collect();
        let letters = word.iter().fold(0, |all, b| all | bit(*b));
        let first = word.iter().take(2).fold(0, |all, b| all | bit(*b));
        let slips = if word.len() >= LONG { 2 } else { 1 };
        (word.len() >= SHORTEST).then_some(Self { word, any: letters, first, slips })
    }
    /// Whether a row of these letters may hold it.
    pub(super) fn possible(&self, letters: Letters) -> bool {
        (self.any & !letters.any).count_ones() <= self.slips && self.first & letters.first != 0
    }
    /// How many slips lie between the word and what stands in a row, and where that begins.
    pub(super) fn in_row(&self, row: &[u8]) -> Option<(u8, usize)> {
        let mut best: Option<(u8, usize)> = None;
        for begins in memchr::memchr_iter(WORD, row).map(|mark| mark + 1) {
            // Few words begin so, and only these are looked at.
            if row.get(begins).is_some_and(|first| self.word[..2].contains(first))
                && let Some(off) = self.from(self.letters(&row[begins..], &mut [0; LOOKED_AT]))
                && best.is_none_or(|(before, _)| off < before)
            {
                best = Some((off, begins));
            }
        }
        best
    }
    /// The letters of the field from here on, as far as the word can reach.
    fn letters<'a>(&self, row: &[u8], room: &'a mut [u8; LOOKED_AT]) -> &'a [u8] {
        let field = row.iter().take_while(|byte| **byte != FIELD);
        let letters = field.filter(|byte| !between(**byte)).take(self.word.len() * WITHIN);
        let mut count = 0;
        for (place, letter) in room.iter_mut().zip(letters) {
            *place = *letter;
            count += 1;
        }
        &room[..count]
    }
    /// What the words begin with that it may have been meant for.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = [u8; 2]> {
        let second = (self.word[1] != self.word[0]).then_some(self.word[1]);
        std::iter::once(self.word[0]).chain(second).map(|letter| [WORD, letter])
    }
    /// Whether it may have been meant for what begins here.
    pub(super) fn begins(&self, row: &[u8]) -> bool {
        self.from(self.letters(row, &mut [0; LOOKED_AT])).is_some()
    }
    /// How many letters it has.
    pub(super) fn len(&self) -> usize {
        self.word.len()
    }
    /// How far the word is from what begins here.
    fn from(&self, text: &[u8]) -> Option<u8> {
        let begins = text.first().filter(|first| self.word[..2].contains(first))?;
        let slips = (0..=self.slips).find(|most| begins_with(text, &self.word, *most));
        let skipped = || (*begins == self.word[0] && holds(text, &self.word)).then_some(SKIPPED);
        // A word that stands there without a slip was typed with other punctuation.
        slips.map(|n| u8::try_from(n).unwrap_or(1).max(1)).or_else(skipped)
    }
}

/// Whether a text begins with a word in which at most so many slips were made.
fn begins_with(text: &[u8], word: &[u8], slips: u32) -> bool {
    let same = text.iter().zip(word).take_while(|(a, b)| a == b).count();
    let (text, word) = (&text[same..], &word[same..]);
    if word.is_empty() {
        return true;
    }
    if slips == 0 {
        return false;
    }
    let rest = |of: &'_ [u8], from: usize| -> Option<usize> { (from <= of.len()).then_some(from) };
    let goes_on = |t: usize, w: usize| {
        rest(text, t).zip(rest(word, w)).is_some_and(|(t, w)| begins_with(&text[t..], &word[w..], slips - 1))
    };
    let swapped = word.len() > 1 && text.len() > 1 && word[0] == text[1] && word[1] == text[0];
    goes_on(1, 1) || goes_on(0, 1) || goes_on(1, 0) || swapped && goes_on(2, 2)
}

/// Whether the letters of a word stand in a text in its order, not too far apart.
fn holds(text: &[u8], word: &[u8]) -> bool {
    let near = text.len().min(word.len() * WITHIN);
    let mut letters = text[..near].iter();
    word.iter().all(|w| letters.any(|t| t == w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::choice::Person;
    use crate::domain::ids::Id;
    use crate::domain::search::{Query, Table, Top, text};
    use crate::domain::text::Clean;

    fn off(typed: &str, fields: &[&str]) -> Option<u8> {
        let row = text(&fields.iter().map(|f| (*f, false)).collect::<Vec<_>>());
        let query = Query::new(typed);
        let fit = query.resembles(row.as_bytes())?;
        assert!(query.may_resemble(Letters::of(row.as_bytes())), "{typed} is passed over");
        Some(fit.off)
    }

    #[test]
    fn one_slip_is_put_up_with_and_two_in_a_long_word() {
        for typed in ["edwards", "edward", "edwrads", "edwads", "edwarrds", "edwarts", "dewards", "edwrds"] {
            assert!(off(typed, &["Edwards", "Peter"]).is_some_and(|off| off <= 1), "{typed}");
        }
        assert_eq!(off("edwrdas", &["Edwards"]), None);
        assert_eq!(off("zimermann", &["Zimmermann"]), Some(1));
        assert_eq!(off("zimermnan", &["Zimmermann"]), Some(2));
        assert_eq!(off("ed", &["Adams"]), None);
    }
    #[test]
    fn punctuation_in_a_name_need_not_be_typed_and_letters_may_be_left_out() {
        assert_eq!(off("oneil", &["O'Neil"]), Some(1));
        assert_eq!(off("pedwards", &["x", "peter.edwards"]), Some(1));
        assert_eq!(off("jsmt", &["john.smith"]), Some(SKIPPED));
        assert_eq!(off("xyz", &["Edwards"]), None);
    }
    #[test]
    fn a_look_over_all_rows_at_once_finds_what_a_look_at_each_of_them_finds() {
        let (firsts, lasts) =
            (["Ann", "Łukasz", "Bo-Ann", "Jörg"], ["O'Neil", "Edwards", "Eddison", "van der Berg", "Öztürk"]);
        let mut all = Table::default();
        for at in 0..2_000 {
            let (first, last) = (firsts[at % 4], lasts[at % 5]);
            all.add(&Person {
                id: Id::new(&format!("6000{at}")).unwrap(),
                login: Some(Clean::new(&format!("{}{at}", last.to_lowercase()))),
                first: Clean::new(first),
                last: Clean::new(&format!("{last}{}", ["", "-Moss", " Reed"][at % 3])),
                email: Some(Clean::new(&format!("{first}.{at}@example.com"))),
                phone: Some(Clean::new(&format!("203-555-{at:04}"))),
                department: Some(Clean::new(["Sales", "Development"][at % 2])),
                status: Clean::new("ACTIVE"),
            });
        }
        let typed = "oneil o'niel edwrads eddisno vnader ozturk özturk dewards developmnet anm lukasz.17 e6001 mos'sx \
            edwrads,sales edw,develpoment 600017x boann ned";
        for typed in typed.split_whitespace().map(|t| t.replace(',', " ")) {
            let query = Query::new(&typed);
            let each = all.records().map(|p| crate::domain::search::text_of(&p));
            let each = each.filter(|row| query.resembles(row.as_bytes()).is_some_and(|fit| !fit.sure())).count();
            let mut top = Top::new(1);
            all.chunks()[0].guess(&query, 0, &[], &mut top);
            assert_eq!(top.fits(), each, "{typed}");
        }
    }
    #[test]
    fn what_was_typed_rightly_is_no_slip() {
        assert_eq!(off("edw pe", &["Edwards", "Peter"]), Some(0));
        assert_eq!(off("edw petre", &["Edwards", "Peter"]), Some(1));
    }
}
