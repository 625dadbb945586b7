//! Slips: a letter too many or too few, a wrong one, two in the wrong order, or letters left out on purpose.

use super::query::between;
use super::{FIELD, WORD};
use crate::domain::text::folded;

/// Each letter's own bit; everything that is no letter of a to z shares few, and what stands between letters has none.
const BITS: [u32; 256] = {
    let mut bits = [0; 256];
    let mut byte = 0_u8;
    loop {
        bits[byte as usize] = match byte {
            b'a'..=b'z' => 1 << (byte - b'a'),
            b'0'..=b'9' => 1 << 26,
            _ if between(byte) => 0,
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

/// A word that may have been meant for another.
#[derive(Clone, Debug)]
pub(super) struct Typo {
    word: Box<[u8]>,
    /// Its letters' bits.
    any: u32,
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
        let any = word.iter().fold(0, |all, letter| all | bit(*letter));
        let slips = if word.len() >= LONG { 2 } else { 1 };
        (word.len() >= SHORTEST).then_some(Self { word, any, slips })
    }
    /// How many slips lie between the word and what stands in a row, and where that begins.
    pub(super) fn in_row(&self, row: &[u8]) -> Option<(u8, usize)> {
        let mut best: Option<(u8, usize)> = None;
        for begins in memchr::memchr_iter(WORD, row).map(|mark| mark + 1) {
            if let Some(off) = self.from(&row[begins..])
                && best.is_none_or(|(before, _)| off < before)
            {
                best = Some((off, begins));
            }
        }
        best
    }
    /// What the words begin with that it may have been meant for.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = [u8; 2]> {
        let second = (self.word[1] != self.word[0]).then_some(self.word[1]);
        std::iter::once(self.word[0]).chain(second).map(|letter| [WORD, letter])
    }
    /// Whether it may have been meant for what begins here.
    pub(super) fn begins(&self, row: &[u8]) -> bool {
        self.from(row).is_some()
    }
    /// How many letters it has.
    pub(super) fn len(&self) -> usize {
        self.word.len()
    }
    /// How far the word is from what begins here. Few words begin so, and only these are looked at; of them, only those that
    /// have its letters.
    fn from(&self, row: &[u8]) -> Option<u8> {
        let begins = row.first().filter(|first| self.word[..2].contains(first))?;
        let (mut room, mut count, mut any) = ([0; LOOKED_AT], 0, 0);
        let far = (self.word.len() + self.slips as usize).min(LOOKED_AT);
        for byte in row.iter().take_while(|byte| **byte != FIELD) {
            room[count] = *byte;
            any |= bit(*byte);
            count += usize::from(bit(*byte) != 0);
            if count == far {
                break;
            }
        }
        if (self.any & !any).count_ones() <= self.slips {
            let text = &room[..count];
            if let Some(slips) = (0..=self.slips).find(|most| begins_with(text, &self.word, *most)) {
                // A word that stands there without a slip was typed with other punctuation.
                return Some(u8::try_from(slips).unwrap_or(1).max(1));
            }
        }
        (*begins == self.word[0] && self.stands_in(row)).then_some(SKIPPED)
    }
    /// Whether its letters stand in the field in their order, not too far apart.
    fn stands_in(&self, row: &[u8]) -> bool {
        let (mut found, mut left) = (0, (self.word.len() * WITHIN).min(LOOKED_AT));
        for byte in row.iter().take_while(|byte| **byte != FIELD) {
            found += usize::from(self.word[found] == *byte);
            left -= usize::from(bit(*byte) != 0);
            if found == self.word.len() || left == 0 {
                break;
            }
        }
        found == self.word.len()
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
        query.resembles(row.as_bytes()).map(|fit| fit.off)
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
