//! What was typed, taken apart: the words that a row must hold, and how well a row fits.

use memchr::memmem::{self, Finder};

use super::fuzzy::Typo;
use super::{FEW, FIELD, TELLS, WORD, digits, mark};

/// How a row fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// How far what was typed is from what stands there; nothing where every word begins a word of the row.
    pub off: u8,
    /// How much of a field was typed.
    pub part: Part,
    /// Where the word that was found worst stands: at the beginning of the first field or of the second, further back in
    /// these, or in another one.
    pub field: u8,
}

impl Fit {
    /// What a row counts by before its name, the least first: slips, whether it is the very one that was typed, whether its
    /// person has left or was chosen before, how much of a field was typed, and where.
    #[must_use]
    pub fn rank(self, left: bool, known: bool) -> u32 {
        u32::from(self.off) << 8
            | u32::from(self.part != Part::Telling) << 7
            | u32::from(left) << 6
            | u32::from(!known) << 5
            | u32::from(self.part == Part::Some) << 4
            | u32::from(self.field)
    }
    /// Whether every word was found as it was typed.
    #[must_use]
    pub fn sure(self) -> bool {
        self.off == 0
    }
}

/// How much of a field a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of one that tells the row from all others; of a mail address its first half.
    Telling,
    /// All of another.
    Whole,
    /// Not all of any.
    Some,
}

/// How a word counts by where it stands: at the beginning of one of the first fields, further back in these, elsewhere.
fn class(row: &[u8], at: usize) -> u8 {
    let field = row[..at].iter().filter(|b| **b == FIELD).count().saturating_sub(1);
    let begins = at > 0 && row[at - 1] == FIELD || row.get(at) == Some(&FIELD);
    match (field, begins) {
        (0, true) => 0,
        (1, true) => 1,
        (0 | 1, false) => 2,
        _ => 3,
    }
}

/// One word of a query.
#[derive(Clone, Debug)]
struct Word {
    /// Any of these in a row is the word.
    needles: Vec<Finder<'static>>,
    /// What it may have been meant for, where it is long enough to tell.
    typo: Option<Typo>,
}

/// A query; nothing fits one without words, and everything an empty one.
#[derive(Clone, Debug)]
pub struct Query {
    typed: Box<str>,
    words: Vec<Word>,
    /// What a field looks like that begins with all of it.
    whole: Option<Finder<'static>>,
}

impl Query {
    /// Takes apart what was typed: blanks and commas part words, in a number neither they nor its punctuation count.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        let numeric = typed.bytes().any(|b| b.is_ascii_digit())
            && typed.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
        let number = digits(typed);
        let whole = if numeric { number.clone() } else { typed.trim().to_owned() };
        let words: Vec<&str> = if numeric {
            vec![&number]
        } else {
            typed.split(|c: char| c == ',' || c.is_whitespace()).filter(|w| !w.is_empty()).collect()
        };
        let words: Vec<_> = words.into_iter().map(Word::new).collect();
        let mut field = vec![FIELD];
        mark(&mut field, &whole);
        let whole = (!words.is_empty()).then(|| Finder::new(&field).into_owned());
        Self { typed: typed.trim().into(), words, whole }
    }
    /// What was typed, without the blanks around it.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }
    /// Whether nothing is asked for, so that everything fits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
    /// Whether whatever fits this fits another, rightly typed, too: each of the other's words stands in one of these.
    #[must_use]
    pub fn narrows(&self, other: &Self) -> bool {
        !other.is_empty() && other.words.iter().all(|word| self.words.iter().any(|mine| mine.holds(word)))
    }
    /// Whether a word is long enough that a slip in it can be told.
    fn guesses(&self) -> bool {
        self.words.iter().any(|w| w.typo.is_some())
    }
    /// Whether rows that only resemble it are looked for, where so many fit.
    #[must_use]
    pub fn guesses_beside(&self, fits: usize) -> bool {
        fits < FEW && self.guesses()
    }
    /// How a row's text fits, every word as it was typed; `None` where one is missing.
    #[must_use]
    pub fn fit(&self, row: &[u8]) -> Option<Fit> {
        let mut worst = 0;
        for word in &self.words {
            worst = worst.max(class(row, word.at(row)?));
        }
        Some(self.judged(row, 0, worst))
    }
    /// How a row's text fits, slips allowed.
    #[must_use]
    pub fn resembles(&self, row: &[u8]) -> Option<Fit> {
        let (mut off, mut worst) = (0_u8, 0);
        for word in &self.words {
            let at = match word.at(row) {
                Some(at) => at,
                None => {
                    let (slips, at) = word.typo.as_ref()?.in_row(row)?;
                    off = off.saturating_add(slips);
                    at
                }
            };
            worst = worst.max(class(row, at));
        }
        Some(self.judged(row, off, worst))
    }
    fn judged(&self, row: &[u8], off: u8, field: u8) -> Fit {
        let part = if off == 0 { self.part(row) } else { Part::Some };
        Fit { off, part, field }
    }
    fn part(&self, row: &[u8]) -> Part {
        let Some(whole) = &self.whole else { return Part::Some };
        let ends = whole.find_iter(row).filter_map(|at| row.get(at + whole.needle().len()));
        let parts = ends.map(|end| match *end {
            TELLS | b'@' => Part::Telling,
            FIELD => Part::Whole,
            _ => Part::Some,
        });
        parts.min().unwrap_or(Part::Some)
    }
    /// How a row's text fits in which the leading word stands there.
    pub(super) fn fit_led(&self, row: &[u8], at: usize) -> Option<Fit> {
        if self.words.len() == 1 { Some(self.judged(row, 0, class(row, at))) } else { self.fit(row) }
    }
    /// The word to look for over many rows at once: the longest one is the rarest. `None` where nothing is asked for.
    pub(super) fn leading(&self) -> Option<&[Finder<'static>]> {
        let length = |w: &&Word| w.needles.iter().map(|n| n.needle().len()).min().unwrap_or(0);
        self.words.iter().max_by_key(length).map(|w| w.needles.as_slice())
    }
    /// The word to look for over many rows at once, where slips are put up with: a row without it, or what it may have been
    /// meant for, resembles nothing that was typed.
    pub(super) fn leading_typo(&self) -> Option<&Typo> {
        self.words.iter().filter_map(|w| w.typo.as_ref()).max_by_key(|t| t.len())
    }
}

impl Word {
    fn new(typed: &str) -> Self {
        let mut needles = Vec::new();
        let number = digits(typed);
        let grouped = !number.is_empty() && typed.chars().all(|c| c.is_ascii_digit() || "+-()./".contains(c));
        if grouped && number.len() > 2 {
            // A phone number is also known by its last digits, and begins at home without its country.
            let national = number.strip_prefix('1').filter(|n| n.len() == 10).map(str::to_owned);
            needles.push(number.clone().into_bytes());
            needles.extend(national.map(String::into_bytes));
        }
        if !grouped || number.len() <= 2 || number != typed {
            let mut needle = Vec::new();
            mark(&mut needle, typed);
            needles.push(needle);
        }
        let needles = needles.iter().map(|n| Finder::new(n).into_owned()).collect();
        Self { needles, typo: Typo::of(typed).filter(|_| !grouped) }
    }
    /// Whether a row with this word has the other too.
    fn holds(&self, other: &Self) -> bool {
        let within =
            |mine: &Finder<'_>| other.needles.iter().any(|n| memmem::find(mine.needle(), n.needle()).is_some());
        self.needles.iter().all(within)
    }
    /// Where in the row it stands first.
    fn at(&self, row: &[u8]) -> Option<usize> {
        self.needles.iter().find_map(|n| n.find(row))
    }
}

/// Whether a byte begins or ends a word, and is none of its letters.
pub(super) const fn between(byte: u8) -> bool {
    byte == WORD || byte < 0x80 && !byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_surely_fits_the_other_too_narrows_it() {
        for (query, other, narrows) in [
            ("edwa", "edw", true),
            ("edw pe", "edw", true),
            ("pe edw", "edw", true),
            ("edwards, peter", "edw", true),
            ("o'neil", "o'", true),
            ("20355", "203", true),
            ("(203) 555-0100", "203", true),
            ("edw", "edwa", false),
            ("edw", "pe", false),
            ("redwood", "edw", false),
            ("edw", "", false),
            // Two digits begin a word, three stand anywhere.
            ("123", "12", false),
            // What would be found without its country has not this beginning.
            ("12035550100", "1203555010", false),
        ] {
            assert_eq!(Query::new(query).narrows(&Query::new(other)), narrows, "{query} {other}");
        }
    }
}
