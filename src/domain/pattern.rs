//! The server's `regEx` (WIRE 8) checked here: Java's dialect, from a stranger, in linear time.
//! A verdict is never wrong: what the two dialects do not surely share is `Unchecked`, and the
//! server decides. Pure.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

/// Bytes of source beyond which a pattern is not run.
const MAX_SOURCE: usize = 1024;
/// Bytes of text beyond which it is not checked.
const MAX_TEXT: usize = 4096;
/// Bytes that a compiled pattern may take.
const MAX_COMPILED: usize = 1 << 20;
/// Groups within groups.
const MAX_DEPTH: u32 = 64;

/// A `regEx` as the server sent it, compiled once where it can be run here. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Arc<str>,
    runnable: Option<Arc<Runnable>>,
}

/// Whether a text fits a [`Pattern`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The whole text fits.
    Fits,
    /// It does not: the server would refuse it.
    Misfits,
    /// The pattern cannot be run here, or not on this text; the server decides.
    Unchecked,
}

impl Pattern {
    /// Takes any text; one that cannot be run here answers [`Verdict::Unchecked`] to everything.
    pub fn new(java: &str) -> Self {
        Self { source: java.into(), runnable: Runnable::new(java).map(Arc::new) }
    }

    /// Whether the whole of `text` fits, as Java's `String.matches` has it.
    pub fn check(&self, text: &str) -> Verdict {
        match &self.runnable {
            Some(runnable) if runnable.holds_for(text) => {
                if runnable.regex.is_match(text) {
                    Verdict::Fits
                } else {
                    Verdict::Misfits
                }
            }
            Some(_) | None => Verdict::Unchecked,
        }
    }

    /// Whether there is a pattern, and it can be run on no text at all: whoever types must read it himself.
    pub fn is_left_to_the_server(&self) -> bool {
        self.runnable.is_none() && !self.source.is_empty()
    }

    /// The pattern as the server wrote it. Foreign text: clean it before it is shown.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

#[derive(Debug)]
struct Runnable {
    regex: Regex,
    limits: Limits,
}

/// The texts for which the translation means what Java means.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// No character beyond this one.
    last: char,
    /// No line break: Java's `$` also matches before one that ends the text.
    one_line: bool,
}

/// Java's `\b` asks for Unicode letters before release 19 and for ASCII after; `(?i)` folds
/// ASCII only, the regex crate all of Unicode. On ASCII texts all of them agree.
const ASCII: char = '\x7F';
/// Up to here no release of Java since 8 has another idea of what a letter is.
const LATIN: char = '\u{24F}';
const LINE_BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

impl Runnable {
    fn new(java: &str) -> Option<Self> {
        // An empty pattern would refuse every text: more likely it stands for "none".
        if java.is_empty() || java.len() > MAX_SOURCE {
            return None;
        }
        let (translated, limits) = Translator::new(java).run()?;
        let regex = RegexBuilder::new(&format!(r"\A(?:{translated})\z"))
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .nest_limit(MAX_DEPTH)
            .build();
        Some(Self { regex: regex.ok()?, limits })
    }

    fn holds_for(&self, text: &str) -> bool {
        text.len() <= MAX_TEXT
            && text.chars().all(|c| c <= self.limits.last)
            && !(self.limits.one_line && text.contains(LINE_BREAKS))
    }
}

/// Reads Java's dialect and writes the regex crate's. It passes on only what it knows: every
/// method answers `None` at the first construct that it does not, or that Java would refuse.
/// Groups lose their numbers and quantifiers their laziness, for neither changes which whole
/// texts match.
struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    limits: Limits,
    /// Groups open.
    depth: u32,
    /// Whether `(?i)` stands at the start.
    folds: bool,
}

/// What a backslash stands for.
enum Escape {
    /// One character.
    Char(char),
    /// The inside of a class, positive or negated.
    Class { inside: &'static str, negated: bool },
}

impl<'a> Translator<'a> {
    fn new(java: &'a str) -> Self {
        let folded = java.strip_prefix("(?i)");
        let folds = folded.is_some();
        Self {
            rest: folded.unwrap_or(java).chars().peekable(),
            out: String::from(if folds { "(?i)" } else { "" }),
            limits: Limits { last: if folds { ASCII } else { char::MAX }, one_line: false },
            depth: 0,
            folds,
        }
    }

    fn run(mut self) -> Option<(String, Limits)> {
        while let Some(c) = self.rest.next() {
            if self.item(c)? {
                self.quantifier()?;
            }
        }
        // `self.out` stands inside a group: one that is left open or closed too often would
        // take its anchors along.
        (self.depth == 0).then_some((self.out, self.limits))
    }

    /// Writes one item; whether it may be repeated. A quantifier that stands where none may
    /// (`a|*`, `^{2}`) arrives here and is refused, for the dialects read it differently.
    fn item(&mut self, c: char) -> Option<bool> {
        match c {
            '*' | '+' | '?' | '{' => return None,
            '|' => self.out.push('|'),
            '^' => self.out.push_str(r"\A"),
            '$' => self.end_of_line(),
            '(' => self.open()?,
            ')' => return self.close(),
            '[' => return self.class(),
            '.' => return self.write(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
            '\\' => return self.escaped(),
            c => return self.literal(c),
        }
        Some(false)
    }

    fn end_of_line(&mut self) {
        self.limits.one_line = true;
        self.out.push_str(r"\z");
    }

    fn write(&mut self, text: &str) -> Option<bool> {
        self.out.push_str(text);
        Some(true)
    }

    /// As a code point, which no context gives another meaning.
    fn literal(&mut self, c: char) -> Option<bool> {
        if self.folds && !c.is_ascii() {
            return None;
        }
        write!(self.out, r"\x{{{:X}}}", u32::from(c)).ok()?;
        Some(true)
    }

    /// `(` and `(?:`. Look-around, atomic and named groups, and flags inside are not taken.
    fn open(&mut self) -> Option<()> {
        if self.rest.next_if_eq(&'?').is_some() {
            self.rest.next_if_eq(&':')?;
        }
        self.depth += 1;
        self.out.push_str("(?:");
        Some(())
    }

    fn close(&mut self) -> Option<bool> {
        self.depth = self.depth.checked_sub(1)?;
        self.write(")")
    }

    /// A quantifier, if one follows. A second one after it makes it possessive in Java (`a++`)
    /// or stands for something else altogether (`a{2}{3}`).
    fn quantifier(&mut self) -> Option<()> {
        match self.rest.next_if(|c| matches!(c, '*' | '+' | '?' | '{')) {
            None => return Some(()),
            Some('{') => self.counts()?,
            Some(sign) => self.out.push(sign),
        }
        self.rest.next_if_eq(&'?'); // lazy: the same texts match
        let again = self.rest.next_if(|c| matches!(c, '*' | '+' | '?' | '{'));
        again.is_none().then_some(())
    }

    /// `{2}`, `{2,}`, `{2,3}`, after the brace.
    fn counts(&mut self) -> Option<()> {
        self.out.push('{');
        self.number()?;
        if self.rest.next_if_eq(&',').is_some() {
            self.out.push(',');
            if self.rest.peek() != Some(&'}') {
                self.number()?;
            }
        }
        self.rest.next_if_eq(&'}')?;
        self.out.push('}');
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let before = self.out.len();
        while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
            self.out.push(digit);
        }
        (self.out.len() > before).then_some(())
    }

    /// After a backslash, outside a class.
    fn escaped(&mut self) -> Option<bool> {
        match self.rest.peek()? {
            'Q' => self.quoted(),
            'b' => {
                self.limits.last = self.limits.last.min(ASCII);
                self.anchor(r"\b")
            }
            'A' => self.anchor(r"\A"),
            'z' => self.anchor(r"\z"),
            'Z' => {
                self.rest.next();
                self.end_of_line();
                Some(false)
            }
            _ => match self.escape()? {
                Escape::Char(c) => self.literal(c),
                Escape::Class { inside, negated } => {
                    let not = if negated { "^" } else { "" };
                    self.write(&format!("[{not}{inside}]"))
                }
            },
        }
    }

    fn anchor(&mut self, text: &str) -> Option<bool> {
        self.rest.next();
        self.out.push_str(text);
        Some(false)
    }

    /// `\Q..\E`: as it stands, to the end of the pattern where `\E` is missing.
    fn quoted(&mut self) -> Option<bool> {
        self.rest.next();
        let mut repeatable = false;
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                break;
            }
            repeatable = self.literal(c)?;
        }
        Some(repeatable)
    }

    /// What follows a backslash and means the same inside and outside a class. `\h`, `\v`, `\R`,
    /// `\X`, `\G`, `\B`, `\cX`, octal numbers and back-references are not taken.
    fn escape(&mut self) -> Option<Escape> {
        let class = |inside, negated| Escape::Class { inside, negated };
        Some(match self.rest.next()? {
            'd' => class("0-9", false),
            'D' => class("0-9", true),
            'w' => class("a-zA-Z_0-9", false),
            'W' => class("a-zA-Z_0-9", true),
            's' => class(r" \t\n\x0B\f\r", false),
            'S' => class(r" \t\n\x0B\f\r", true),
            'p' => class(self.property()?, false),
            'P' => class(self.property()?, true),
            't' => Escape::Char('\t'),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            'f' => Escape::Char('\x0C'),
            'a' => Escape::Char('\x07'),
            'e' => Escape::Char('\x1B'),
            'x' => Escape::Char(self.hex(2)?),
            'u' => Escape::Char(self.hex(4)?),
            c if c.is_ascii_punctuation() || c == ' ' => Escape::Char(c),
            _ => return None,
        })
    }

    /// A surrogate is not taken: half a character means nothing here.
    fn hex(&mut self, digits: u32) -> Option<char> {
        let code = (0..digits).try_fold(0, |code, _| Some(code * 16 + self.rest.next()?.to_digit(16)?));
        char::from_u32(code?)
    }

    /// `{Alpha}` and the like: Java's POSIX classes are ASCII. Those of one case are not taken
    /// under `(?i)`, where releases of Java differ.
    fn property(&mut self) -> Option<&'static str> {
        self.rest.next_if_eq(&'{')?;
        let mut name = String::new();
        while let Some(letter) = self.rest.next_if(char::is_ascii_alphabetic) {
            name.push(letter);
        }
        self.rest.next_if_eq(&'}')?;
        let (inside, last) = match name.as_str() {
            "Alpha" => ("a-zA-Z", char::MAX),
            "Digit" => ("0-9", char::MAX),
            "Alnum" => ("a-zA-Z0-9", char::MAX),
            "XDigit" => ("0-9a-fA-F", char::MAX),
            "Punct" => (r"!-/:-@\[-`{-~", char::MAX),
            "Space" => (r" \t\n\x0B\f\r", char::MAX),
            "Blank" => (r" \t", char::MAX),
            "ASCII" => (r"\x00-\x7F", char::MAX),
            "Upper" if !self.folds => ("A-Z", char::MAX),
            "Lower" if !self.folds => ("a-z", char::MAX),
            "Lu" if !self.folds => (r"\p{Lu}", LATIN),
            "Ll" if !self.folds => (r"\p{Ll}", LATIN),
            "L" => (r"\p{L}", LATIN),
            "N" => (r"\p{N}", LATIN),
            "Nd" => (r"\p{Nd}", LATIN),
            _ => return None,
        };
        self.limits.last = self.limits.last.min(last);
        Some(inside)
    }

    /// `[...]`, after the bracket. Not taken: a class within a class, `&&`, a bracket that comes
    /// first (releases of Java differ), a quotation.
    fn class(&mut self) -> Option<bool> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        if self.rest.peek() == Some(&']') {
            return None;
        }
        loop {
            match self.rest.next()? {
                ']' => return self.write("]"),
                '[' => return None,
                '&' if self.rest.peek() == Some(&'&') => return None,
                '\\' => match self.escape()? {
                    Escape::Char(c) => self.range(c)?,
                    Escape::Class { inside, negated: false } => self.out.push_str(inside),
                    Escape::Class { inside, negated: true } => write!(self.out, "[^{inside}]").ok()?,
                },
                c => self.range(c)?,
            }
        }
    }

    /// A character of a class, or a range from it. A hyphen before the closing bracket is itself,
    /// and so is one after a class (`[\w-.]`), which arrives here as a character.
    fn range(&mut self, from: char) -> Option<()> {
        self.literal(from)?;
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || ahead.peek() == Some(&']') {
            return Some(());
        }
        self.rest = ahead;
        self.out.push('-');
        let to = match self.rest.next()? {
            '[' => return None,
            '\\' => match self.escape()? {
                Escape::Char(c) => c,
                Escape::Class { .. } => return None,
            },
            c => c,
        };
        self.literal(to)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Fits, Misfits, Unchecked};
    use super::*;
    use std::time::{Duration, Instant};

    fn check(pattern: &str, text: &str) -> Verdict {
        Pattern::new(pattern).check(text)
    }

    #[test]
    fn published_patterns_are_checked_against_the_whole_text() {
        for (pattern, text, verdict) in [
            ("[A-Za-z][A-Za-z]", "TX", Fits),
            ("[A-Za-z][A-Za-z]", "TXX", Misfits),
            ("[0-9]{4,5}(-[0-9]{4})?", "12345", Fits),
            ("[0-9]{4,5}(-[0-9]{4})?", "1234-6789", Fits),
            ("[0-9]{4,5}(-[0-9]{4})?", "12345-", Misfits),
            ("[0-9]{4,5}(-[0-9]{4})?", "x12345", Misfits),
            (r"^\d{5}$", "06477", Fits),
            (r"^\d{5}$", "06477-1", Misfits),
            ("a|ab", "ab", Fits),
            ("^a|b$", "ab", Misfits),
            ("a", "", Misfits),
            ("a*", "", Fits),
        ] {
            assert_eq!(check(pattern, text), verdict, "{pattern} {text}");
        }
    }

    #[test]
    fn the_short_classes_are_ascii_as_in_java() {
        for (pattern, text, verdict) in [
            (r"^\d$", "\u{661}", Misfits),
            (r"[\d]", "\u{661}", Misfits),
            (r"\D", "\u{661}", Fits),
            (r"[^\d]", "\u{661}", Fits),
            (r"[x\D]", "\u{661}", Fits),
            (r"[x\D]", "1", Misfits),
            (r"\w+", "a_1", Fits),
            (r"\w", "\u{e9}", Misfits),
            (r"\W", "\u{e9}", Fits),
            (r"\s", "\x0B", Fits),
            (r"\s", "\u{a0}", Misfits),
            (r"\S", "\u{a0}", Fits),
            (r"\p{Alpha}+", "ab", Fits),
            (r"\p{Alpha}", "\u{e9}", Misfits),
            (r"[\p{L} '-]+", "Ren\u{e9}e O'Neil-Fay", Fits),
            (r"\p{L}+", "Ren\u{e9}e1", Misfits),
            (r"\p{L}", "\u{1e900}", Unchecked),
            (r"[\p{Punct}]", "]", Fits),
            (r"\P{Punct}", "[", Misfits),
        ] {
            assert_eq!(check(pattern, text), verdict, "{pattern} {text:?}");
        }
    }

    #[test]
    fn what_the_dialects_share_only_on_some_texts_is_checked_only_on_those() {
        for (pattern, text, verdict) in [
            (r"\bab\b.*", "ab c", Fits),
            (r"\bab\b.*", "abc", Misfits),
            (r"\bab\b.*", "ab\u{e9}", Unchecked),
            ("(?i)yes|no", "YES", Fits),
            ("(?i)yes|no", "nO", Fits),
            ("(?i)yes|no", "si", Misfits),
            ("(?i)k", "\u{212a}", Unchecked),
            ("(?i)\u{e9}", "x", Unchecked),
            (r"a$\s?", "a\n", Unchecked),
            (r"a\Z", "a", Fits),
            (r"a\z", "a\n", Misfits),
            (".+", "a\u{e9}\u{1f600}", Fits),
            (".+", "a\r", Misfits),
            (".", "\u{2028}", Misfits),
        ] {
            assert_eq!(check(pattern, text), verdict, "{pattern} {text:?}");
        }
    }

    #[test]
    fn brackets_escapes_and_quotations_mean_what_they_mean_in_java() {
        for (pattern, text, verdict) in [
            (r"\Qa.b\E", "a.b", Fits),
            (r"\Qa.b\E", "axb", Misfits),
            (r"\Q(\E\d+", "(12", Fits),
            (r"\Qab\E+", "abb", Fits),
            (r"\Q[x", "[x", Fits),
            (r"[\w-.]+", "a-b.c", Fits),
            (r"[\w.-]+", "a-b.c", Fits),
            (r"[-a]+", "a-", Fits),
            (r"[+--]", ",", Fits),
            (r"[a^$.]+", "a^$.", Fits),
            (r"[\]\\]+", r"]\", Fits),
            (r"[&#~]+", "&~#", Fits),
            (r"[~~--]+", "~-", Unchecked),
            (r"\x41\u0042\.", "AB.", Fits),
            (r"[\x41-\x43]", "B", Fits),
            ("a # b", "a # b", Fits),
            ("a]}", "a]}", Fits),
            (r"\$\{\}", "${}", Fits),
            ("(a|(?:b)){2}?", "ab", Fits),
            ("(|a)b", "b", Fits),
            ("\u{1f600}{2}", "\u{1f600}\u{1f600}", Fits),
        ] {
            assert_eq!(check(pattern, text), verdict, "{pattern} {text:?}");
        }
    }

    /// Divided by blanks.
    const REFUSED: &str = r"
        (?=.*\d).+ (?!a).* (?<=a)b (?<!a)b (?>a|ab)c (a)\1 (?<n>a)\k<n>
        a++ a*+ a?+ a{2}+ a** a{2}{3} a{,3} a{x} {2} *a (*a) a|+ ^* \Qa\E++
        \b{g} \h \R \v \X \G \B \07 \cA \E \y \ \é \x4 \x{41} \uD83D\uDE00
        [ [] []a] [^]a] [a[bc]] [a-[b]] [a-z&&[^b]] [\b] [\Qa\E] [a-\d] [b-a]
        (a a) )( a)|(?:b (?x)a (?s). (?m)^a$ a(?i)b (?i:a) (?-i)a (?u)a
        \p{javaLowerCase} \p{IsLatin} \p{InGreek} \pL \p{L \p{} (?i)\p{Lower}
        a{2,1} a{99999999999} (?:a{1000}){1000}";

    #[test]
    fn what_is_not_surely_the_same_is_left_to_the_server() {
        assert_eq!(check("", "a"), Unchecked);
        for pattern in REFUSED.split_whitespace() {
            assert_eq!(check(pattern, "a"), Unchecked, "{pattern}");
        }
    }

    #[test]
    fn the_caps_are_on_the_sizes_of_pattern_text_and_nesting() {
        assert_eq!(check(&"a".repeat(1024), &"a".repeat(1024)), Fits);
        assert_eq!(check(&"a".repeat(1025), &"a".repeat(1025)), Unchecked);
        assert_eq!(check("a*", &"a".repeat(4096)), Fits);
        assert_eq!(check("a*", &"a".repeat(4097)), Unchecked);
        let nested = format!("{}a{}", "(".repeat(100), ")".repeat(100));
        assert_eq!(check(&nested, "a"), Unchecked);
    }

    /// Such as make a backtracking engine go on for longer than anybody lives.
    const CATASTROPHES: [&str; 12] = [
        r"^(\d+)+$",
        r"(\d*)*(\d*)*y",
        r"(1?){300}1{300}",
        "(.*1){20}",
        r"((1|1?)+)+",
        r"(1|11)+",
        r"(1+1+)+y",
        r"([0-9]+)*y",
        r"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)y",
        r"(1?){500}1{500}",
        r"((((1*)*)*)*)*y",
        r"(\d|\w|1)+y",
    ];

    #[test]
    fn a_hostile_pattern_costs_no_more_than_a_moment() {
        let text = format!("{}x", "1".repeat(4095));
        for pattern in CATASTROPHES {
            let pattern = Pattern::new(pattern);
            let begun = Instant::now();
            assert_eq!(pattern.check(&text), Misfits, "{}", pattern.source());
            // A fiftieth of a second where nothing else runs; the rest is for machines that are busy.
            assert!(begun.elapsed() < Duration::from_secs(1), "{}: {:?}", pattern.source(), begun.elapsed());
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_run_is_known_and_refuses_nothing() {
        for pattern in [r"(?=.*\d).+", r"(a)\1", r"(?<!a)b", "(", &"a".repeat(1025)] {
            let pattern = Pattern::new(pattern);
            assert!(pattern.is_left_to_the_server(), "{}", pattern.source());
            assert_eq!(pattern.check("anything"), Unchecked);
        }
        assert!(!Pattern::new("[0-9]+").is_left_to_the_server() && !Pattern::new("").is_left_to_the_server());
    }

    #[test]
    fn two_patterns_are_equal_where_their_sources_are() {
        assert_eq!(Pattern::new("a"), Pattern::new("a"));
        assert_ne!(Pattern::new("a"), Pattern::new("b"));
        assert_eq!(Pattern::new("(?=a)").source(), "(?=a)");
    }
}
