//! What a terminal sends, byte by byte, as keys and pastes. Pure: whoever reads the terminal also keeps the time, and says
//! when it is over.
//!
//! Over a slow link a key that is several bytes long arrives in pieces. A lone Esc is therefore held for a moment; whatever
//! follows in time is read as a sequence, and a sequence is a key or nothing, never text. So are the answers to questions
//! that another program has asked the terminal. Everything else is handed on at once.

use std::time::Duration;

use super::sequences;
use crate::app::keys::Key;

/// How long an answer may pause that nobody here has asked for.
const ANSWER: Duration = Duration::from_secs(1);
/// How long a paste may pause; then its end is not waited for any more, and what comes next is typed.
const PASTE: Duration = Duration::from_secs(2);
/// How long one may pause that is thrown away: whoever waits to type again is not kept waiting for its end.
const FORGOTTEN: Duration = Duration::from_millis(300);
/// What a paste holds at most (bytes); no field takes nearly as much.
const PASTED: usize = 1 << 20;
/// What a sequence holds that may still turn out to be keys (bytes).
const HELD: usize = 64;
/// What ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

const ESC: u8 = 0x1b;
/// Ctrl-C, which nobody pastes.
const CTRL_C: u8 = 0x03;
const BEL: u8 = 0x07;

/// What somebody has typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A key.
    Key(Key),
    /// A text that the terminal has marked as pasted.
    Paste(String),
}

/// The reader of what a terminal sends.
#[derive(Debug, Default)]
pub struct Keyboard {
    state: State,
    /// The bytes of a sequence that has begun, from its first Esc on.
    held: Vec<u8>,
    letters: Utf8,
    /// Whether what has begun is thrown away when it ends.
    forgotten: bool,
    /// Whether the end of a paste has not come in time, and may still.
    overdue: bool,
    /// Whether what was read last may be the rest of a paste.
    late: bool,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing has begun.
    #[default]
    Ground,
    /// One Esc, or two of them.
    Escape,
    /// `ESC ]`, `ESC P` or `ESC _`: an answer, or Alt and that character.
    Opening,
    /// Behind `ESC [`.
    Control,
    /// Behind `ESC O`.
    Single,
    /// A report of the mouse: so many bytes are left.
    Mouse(u8),
    /// An answer in words, up to BEL or `ESC \`.
    Answer,
    /// An Esc in it.
    AnswerEscape,
    /// A paste, and how many bytes of its end have come.
    Paste(String, usize),
}

impl Keyboard {
    /// Reads what has arrived.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Typed>) {
        if std::mem::take(&mut self.overdue) {
            // What comes at once is the rest of it; one byte alone is a hand, or so it seems.
            if bytes.len() > 1 && bytes[0] != ESC {
                self.state = State::Paste(String::new(), 0);
            } else {
                self.late = true;
            }
        }
        for &byte in bytes {
            self.take(byte, out);
        }
    }

    /// Whether what was read last may be the rest of a paste that paused too long, and so answers no question.
    pub fn late(&mut self) -> bool {
        std::mem::take(&mut self.late)
    }

    /// How long the next byte may take; `None` where nothing has begun. `esc` is the time that an Esc is held.
    #[must_use]
    pub fn patience(&self, esc: Duration) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            // No hand types these three in so short a time.
            State::Control if sequences::is_answer(self.body()) => Some(esc.max(ANSWER)),
            State::Escape | State::Opening | State::Control | State::Single | State::Mouse(_) | State::AnswerEscape => {
                Some(esc)
            }
            State::Answer => Some(esc.max(ANSWER)),
            State::Paste(..) if self.forgotten => Some(FORGOTTEN),
            State::Paste(..) => Some(PASTE),
        }
    }

    /// The next byte has not come in time: keys that only looked like a sequence are keys.
    pub fn expire(&mut self, out: &mut Vec<Typed>) {
        match std::mem::take(&mut self.state) {
            State::Escape | State::Opening | State::Single => self.replay(out),
            State::Control if sequences::is_answer(self.body()) => {}
            State::Control => self.replay(out),
            State::AnswerEscape => self.key(Key::Esc, out),
            State::Paste(text, _) => {
                self.pasted(text, out);
                self.overdue = true;
            }
            State::Ground | State::Mouse(_) | State::Answer => {}
        }
        self.end();
    }

    /// Throws away what has begun and not ended: it was typed before something that it must not answer.
    pub fn forget(&mut self) {
        self.forgotten = !matches!(self.state, State::Ground);
    }

    fn take(&mut self, byte: u8, out: &mut Vec<Typed>) {
        match &mut self.state {
            State::Ground => self.ground(byte, out),
            State::Escape => self.after_escape(byte, out),
            State::Opening => self.opening(byte, out),
            State::Control => self.control(byte, out),
            State::Single => self.single(byte, out),
            State::Mouse(left) => {
                *left -= 1;
                if *left == 0 {
                    self.end();
                }
            }
            State::Answer => self.answer(byte, out),
            State::AnswerEscape => match byte {
                b'\\' => self.end(),
                _ => {
                    self.begin(State::Escape, ESC);
                    self.after_escape(byte, out);
                }
            },
            State::Paste(..) => self.paste(byte, out),
        }
    }

    fn ground(&mut self, byte: u8, out: &mut Vec<Typed>) {
        let (_, letter) = self.letters.push(byte);
        match letter {
            Some('\x1b') => self.begin(State::Escape, ESC),
            Some(letter) => {
                if let Some(key) = sequences::typed(letter) {
                    self.key(key, out);
                }
            }
            None => {}
        }
    }

    fn after_escape(&mut self, byte: u8, out: &mut Vec<Typed>) {
        match byte {
            // The third one shows that the first one was a key.
            ESC if self.held.len() > 1 => self.key(Key::Esc, out),
            ESC => self.held.push(byte),
            b'[' => self.go_on(State::Control, byte),
            b'O' => self.go_on(State::Single, byte),
            b']' | b'P' | b'_' => self.go_on(State::Opening, byte),
            _ => self.keys_then(byte, out),
        }
    }

    fn opening(&mut self, byte: u8, out: &mut Vec<Typed>) {
        let answers = match self.held.last() {
            Some(b']') => byte.is_ascii_digit() || byte == b'l' || byte == b'L',
            Some(b'P') => byte.is_ascii_digit() || b">!+$|".contains(&byte),
            Some(b'_') => byte == b'G',
            Some(_) | None => false,
        };
        if answers {
            self.state = State::Answer;
        } else {
            self.keys_then(byte, out);
        }
    }

    fn control(&mut self, byte: u8, out: &mut Vec<Typed>) {
        let body = self.body();
        let ends = sequences::ends(body, byte);
        match byte {
            // F1 of the Linux console has a second bracket.
            b'[' if body.is_empty() => self.held.push(byte),
            b'M' if body.is_empty() => self.state = State::Mouse(3),
            b'~' if body == b"200" => self.state = State::Paste(String::new(), 0),
            0x20..=0x7e if ends => {
                for key in sequences::control(body, byte).into_iter().flatten() {
                    self.key(key, out);
                }
                self.end();
            }
            0x20..=0x7e => self.hold(byte),
            _ => self.nothing_then(byte, out),
        }
    }

    fn single(&mut self, byte: u8, out: &mut Vec<Typed>) {
        match byte {
            b'0'..=b';' => self.hold(byte),
            0x20..=0x7e => {
                if let Some(key) = sequences::single(byte) {
                    self.key(key, out);
                }
                self.end();
            }
            _ => self.nothing_then(byte, out),
        }
    }

    fn answer(&mut self, byte: u8, out: &mut Vec<Typed>) {
        match byte {
            BEL => self.end(),
            ESC => self.state = State::AnswerEscape,
            0x20..=0x7e | 0x80.. => {}
            // Answers hold no other controls: somebody is typing.
            _ => self.nothing_then(byte, out),
        }
    }

    fn paste(&mut self, byte: u8, out: &mut Vec<Typed>) {
        if byte == CTRL_C && self.forgotten {
            return self.nothing_then(byte, out);
        }
        let State::Paste(text, matched) = &mut self.state else { return };
        if byte == PASTE_END[*matched] {
            *matched += 1;
            if *matched == PASTE_END.len() {
                let text = std::mem::take(text);
                self.pasted(text, out);
                self.end();
            }
            return;
        }
        let begun = std::mem::replace(matched, 0);
        if byte == PASTE_END[0] {
            *matched = 1;
        }
        let last = (*matched == 0).then_some(&byte);
        for &byte in PASTE_END[..begun].iter().chain(last) {
            let (bad, letter) = self.letters.push(byte);
            let letters = bad.then_some(char::REPLACEMENT_CHARACTER).into_iter().chain(letter);
            text.extend(letters.take(PASTED.saturating_sub(text.len())));
        }
    }

    /// What stands behind `ESC [`.
    fn body(&self) -> &[u8] {
        let start = self.held.iter().position(|b| *b != ESC).map_or(self.held.len(), |at| at + 1);
        &self.held[start..]
    }
    fn begin(&mut self, state: State, byte: u8) {
        self.held.clear();
        self.go_on(state, byte);
    }
    fn go_on(&mut self, state: State, byte: u8) {
        self.held.push(byte);
        self.state = state;
    }
    fn hold(&mut self, byte: u8) {
        if self.held.len() <= HELD {
            self.held.push(byte);
        }
    }
    fn end(&mut self) {
        self.state = State::Ground;
        self.held.clear();
        self.forgotten = false;
    }
    /// What has begun was keys, and here is another one.
    fn keys_then(&mut self, byte: u8, out: &mut Vec<Typed>) {
        self.replay(out);
        self.nothing_then(byte, out);
    }
    /// What has begun was nothing, and here is something else.
    fn nothing_then(&mut self, byte: u8, out: &mut Vec<Typed>) {
        self.end();
        self.ground(byte, out);
    }
    fn replay(&mut self, out: &mut Vec<Typed>) {
        // What is longer was typed by nobody.
        if self.held.len() <= HELD {
            for byte in std::mem::take(&mut self.held) {
                if let Some(key) = sequences::typed(char::from(byte)) {
                    self.key(key, out);
                }
            }
        }
    }
    fn key(&self, key: Key, out: &mut Vec<Typed>) {
        if !self.forgotten {
            out.push(Typed::Key(key));
        }
    }
    fn pasted(&mut self, mut text: String, out: &mut Vec<Typed>) {
        if std::mem::take(&mut self.letters).len > 0 {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        if !self.forgotten {
            out.push(Typed::Paste(text));
        }
    }
}

/// Letters that are several bytes long.
#[derive(Debug, Default)]
struct Utf8 {
    held: [u8; 4],
    len: usize,
}

impl Utf8 {
    /// Takes a byte: whether something before it was no letter, and the letter that it ends.
    fn push(&mut self, byte: u8) -> (bool, Option<char>) {
        self.held[self.len] = byte;
        self.len += 1;
        let read = std::str::from_utf8(&self.held[..self.len]);
        match read.map(|text| text.chars().next()).map_err(|e| e.error_len()) {
            Ok(letter) => {
                self.len = 0;
                (false, letter)
            }
            Err(None) => (false, None),
            Err(Some(_)) => {
                let alone = std::mem::take(&mut self.len) == 1;
                (true, if alone { None } else { self.push(byte).1 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOLD: Duration = Duration::from_millis(100);

    /// What is typed where each piece arrives in time.
    fn in_time(pieces: &[&[u8]]) -> Vec<Typed> {
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        pieces.iter().for_each(|piece| keyboard.feed(piece, &mut out));
        if keyboard.patience(HOLD).is_some() {
            keyboard.expire(&mut out);
        }
        assert_eq!(keyboard.patience(HOLD), None, "something is waited for when all is over");
        out
    }
    /// What is typed where each piece arrives too late for the one before.
    fn too_late(pieces: &[&str]) -> Vec<Typed> {
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        for piece in pieces {
            keyboard.feed(piece.as_bytes(), &mut out);
            keyboard.expire(&mut out);
        }
        out
    }
    fn typed(bytes: &str) -> Vec<Typed> {
        in_time(&[bytes.as_bytes()])
    }
    fn keys<const N: usize>(keys: [Key; N]) -> Vec<Typed> {
        keys.map(Typed::Key).into()
    }
    fn text(text: &str) -> Vec<Typed> {
        text.chars().map(|c| Typed::Key(Key::Char(c))).collect()
    }

    /// Everything that a terminal sends for one key.
    const ONE_KEY: &[(Key, &[&str])] = &[
        (Key::Up, &["\x1b[A", "\x1bOA", "\x1b\x1b[A", "\x1b\x1bOA", "\x1b[1;5A", "\x1b[1;3A", "\x1b[a", "\x1bOa"]),
        (Key::Down, &["\x1b[B", "\x1bOB", "\x1b[1;2B"]),
        (Key::Right, &["\x1b[C", "\x1bOC", "\x1b[1;6C", "\x1bO5C"]),
        (Key::Left, &["\x1b[D", "\x1bOD", "\x1b\x1b[D"]),
        (Key::Home, &["\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x1b[7$", "\x1b[7^", "\x1b[1;5H"]),
        (Key::End, &["\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x1b[8@"]),
        (Key::PageUp, &["\x1b[5~", "\x1b[5;2~", "\x1b[5$"]),
        (Key::PageDown, &["\x1b[6~", "\x1b[6^"]),
        (Key::Delete, &["\x1b[3~", "\x1b[3;5~"]),
        (Key::BackTab, &["\x1b[Z", "\x1b[1;2Z", "\x1b[9;2u", "\x1b[27;2;9~"]),
        (Key::Tab, &["\t", "\x1bOI", "\x1b[9u"]),
        (Key::Enter, &["\r", "\n", "\x1bOM", "\x1b[13u", "\x1b[27;5;13~"]),
        (Key::Backspace, &["\x7f", "\x08", "\x1b[127u"]),
        (Key::Esc, &["\x1b", "\x1b[27u", "\x1b[27;1;27~"]),
        (Key::F(1), &["\x1bOP", "\x1b[11~", "\x1b[[A", "\x1b[P", "\x1b[1;2P"]),
        (Key::F(3), &["\x1bOR", "\x1b[13~", "\x1b[[C", "\x1b[R"]),
        (Key::F(5), &["\x1b[15~", "\x1b[[E"]),
        (Key::F(12), &["\x1b[24~", "\x1b[24;5~"]),
        (Key::Ctrl('o'), &["\x0f", "\x1b[111;5u", "\x1b[27;5;111~", "\x1b[79;6u"]),
        (Key::Ctrl('g'), &["\x07"]),
        (Key::Char('7'), &["7", "\x1bOw", "\x1b[55u"]),
        (Key::Char('A'), &["A", "\x1b[97;2u", "\x1b[65;2u", "\x1b[27;2;65~"]),
        (Key::Char('é'), &["é", "\x1b[233u"]),
        (Key::Char('鈴'), &["鈴"]),
        (Key::Char('😀'), &["😀"]),
    ];
    /// What a terminal sends that is no key: answers, reports, and keys that nothing is bound to.
    const NO_KEY: &[&str] = &[
        "\x1b[12;5R",
        "\x1b[?1;2c",
        "\x1b[>0;276;0c",
        "\x1b[?2026;2$y",
        "\x1b[4;2$y",
        "\x1b[?1u",
        "\x1b[8;24;80t",
        "\x1b[I",
        "\x1b[O",
        "\x1b[<0;12;5M",
        "\x1b[<0;12;5m",
        "\x1b[32;12;5M",
        "\x1b[M !!",
        "\x1b[0n",
        "\x1b[2~",
        "\x1b[201~",
        "\x1b[97;5:3u",
        "\x1b[57441u",
        "\x1b[99999999999999999999u",
        "\x1bO\\",
        "\x1b]11;rgb:0000/0000/0000\x07",
        "\x1b]10;rgb:ffff/ffff/ffff\x1b\\",
        "\x1b]4;1;rgb:cd/00/00\x1b\\",
        "\x1b]52;c;aGk=\x07",
        "\x1b]lthe title\x1b\\",
        "\x1bP>|xterm(370)\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1b_Gi=1;OK\x1b\\",
        "\0",
        "\x1c",
    ];

    #[test]
    fn every_way_in_which_terminals_send_a_key_is_that_key() {
        for (key, ways) in ONE_KEY {
            for way in *ways {
                assert_eq!(typed(way), keys([*key]), "{way:?}");
            }
        }
    }
    #[test]
    fn what_a_terminal_answers_to_questions_of_others_is_never_text() {
        for answer in NO_KEY {
            assert_eq!(typed(&format!("a{answer}b")), text("ab"), "{answer:?}");
        }
    }
    #[test]
    fn a_key_is_handed_on_at_once_and_only_an_esc_is_held() {
        for (key, ways) in ONE_KEY.iter().filter(|(key, _)| *key != Key::Esc) {
            let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
            keyboard.feed(ways[0].as_bytes(), &mut out);
            assert_eq!((&out, keyboard.patience(HOLD)), (&keys([*key]), None), "{:?}", ways[0]);
        }
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        keyboard.feed(b"\x1b", &mut out);
        assert_eq!((out.len(), keyboard.patience(HOLD)), (0, Some(HOLD)));
    }
    #[test]
    fn alt_and_a_key_are_esc_and_the_key_as_a_fast_hand_types_them() {
        assert_eq!(typed("\x1bx"), keys([Key::Esc, Key::Char('x')]));
        assert_eq!(typed("\x1bé"), keys([Key::Esc, Key::Char('é')]));
        assert_eq!(typed("\x1b\r"), keys([Key::Esc, Key::Enter]));
        assert_eq!(typed("\x1b\x0f"), keys([Key::Esc, Key::Ctrl('o')]));
        assert_eq!(typed("\x1b[120;3u"), keys([Key::Esc, Key::Char('x')]));
        assert_eq!(typed("\x1b\x1b"), keys([Key::Esc, Key::Esc]));
        assert_eq!(typed("\x1b\x1b\x1b"), keys([Key::Esc; 3]));
        assert_eq!(typed("\x1b\x1b\x1b[A"), keys([Key::Esc, Key::Up]));
        assert_eq!(typed("\x1bPlan"), [keys([Key::Esc]), text("Plan")].concat());
        assert_eq!(typed("\x1b]x"), [keys([Key::Esc]), text("]x")].concat());
    }
    #[test]
    fn what_only_looked_like_a_sequence_is_esc_and_keys_when_nothing_follows_in_time() {
        assert_eq!(too_late(&["\x1b", "[", "A"]), [keys([Key::Esc]), text("[A")].concat());
        assert_eq!(too_late(&["\x1b[", "A"]), [keys([Key::Esc]), text("[A")].concat());
        assert_eq!(too_late(&["\x1b[1;", "5A"]), [keys([Key::Esc]), text("[1;5A")].concat());
        assert_eq!(too_late(&["\x1bO", "A"]), [keys([Key::Esc]), text("OA")].concat());
        assert_eq!(too_late(&["\x1bP", "1"]), [keys([Key::Esc]), text("P1")].concat());
        assert_eq!(too_late(&["\x1b\x1b", "[A"]), [keys([Key::Esc, Key::Esc]), text("[A")].concat());
    }
    #[test]
    fn an_answer_in_words_may_pause_for_longer_than_a_key_and_what_somebody_types_ends_it() {
        let waits = |begun: &str| {
            let mut keyboard = Keyboard::default();
            keyboard.feed(begun.as_bytes(), &mut Vec::new());
            keyboard.patience(HOLD)
        };
        for begun in ["\x1b]11;rgb:00", "\x1bP>|x", "\x1b[?1;", "\x1b[<0;1"] {
            assert_eq!((waits(begun), too_late(&[begun])), (Some(ANSWER), vec![]), "{begun:?}");
        }
        assert_eq!(waits("\x1b[12;5"), Some(HOLD));
        assert_eq!(typed("\x1b]11;rgb:00\rab"), [keys([Key::Enter]), text("ab")].concat());
        assert_eq!(typed("\x1b]11;rgb:00\x1b[Aab"), [keys([Key::Up]), text("ab")].concat());
        assert_eq!(typed("\x1b]11;rgb:00\x1b"), keys([Key::Esc]));
        assert_eq!(
            typed("\x1b[12\x1b[Aa\x1b[1\rb"),
            [keys([Key::Up]), text("a"), keys([Key::Enter]), text("b")].concat()
        );
    }
    #[test]
    fn a_paste_is_one_text_whatever_is_in_it() {
        let paste = |text: &str| vec![Typed::Paste(text.to_owned())];
        assert_eq!(typed("\x1b[200~one\rtwo\tthr\u{e9}e\x1b[201~"), paste("one\rtwo\tthr\u{e9}e"));
        assert_eq!(typed("\x1b[200~\x1b[A\x1b\x1b[20\x1b[201~x"), [paste("\x1b[A\x1b\x1b[20"), text("x")].concat());
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        keyboard.feed(b"\x1b[200~M\xfcller \xe9\x1b[201~", &mut out);
        assert_eq!(out, paste("M\u{fffd}ller \u{fffd}"), "what is no letter is seen");
        let long = "x".repeat(PASTED + 10);
        assert_eq!(typed(&format!("\x1b[200~{long}\x1b[201~y")), [paste(&long[..PASTED]), text("y")].concat());
    }
    #[test]
    fn a_paste_whose_end_never_comes_ends_after_a_pause_and_the_keyboard_works_again() {
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        keyboard.feed(b"\x1b[200~2035550100\x1b[20", &mut out);
        assert_eq!((out.len(), keyboard.patience(HOLD)), (0, Some(PASTE)));
        keyboard.expire(&mut out);
        keyboard.feed(b"\x0f", &mut out);
        assert_eq!(out, [Typed::Paste("2035550100".into()), Typed::Key(Key::Ctrl('o'))]);
    }
    #[test]
    fn the_rest_of_a_paste_that_paused_too_long_is_pasted_too_and_a_key_behind_it_answers_nothing() {
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        keyboard.feed(b"\x1b[200~Hi Bob,\n", &mut out);
        keyboard.expire(&mut out);
        keyboard.feed(b"you can order it\x1b[201~", &mut out);
        assert_eq!(out, ["Hi Bob,\n", "you can order it"].map(|text| Typed::Paste(text.into())));
        assert!(!keyboard.late());
        keyboard.feed(b"\x1b[200~Hi", &mut out);
        keyboard.expire(&mut out);
        keyboard.feed(b"y", &mut out);
        assert_eq!((out.last(), keyboard.late()), (Some(&Typed::Key(Key::Char('y'))), true));
        keyboard.feed(b"y", &mut out);
        assert!(!keyboard.late());
    }
    #[test]
    fn a_paste_that_is_thrown_away_keeps_nobody_waiting() {
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        keyboard.feed(b"\x1b[200~yes", &mut out);
        keyboard.forget();
        assert_eq!(keyboard.patience(HOLD), Some(FORGOTTEN));
        keyboard.feed(b"more\x03", &mut out);
        assert_eq!(out, keys([Key::Ctrl('c')]));
    }
    #[test]
    fn what_had_begun_when_everything_typed_was_to_be_forgotten_is_forgotten_as_a_whole() {
        for begun in ["\x1b", "\x1b[", "\x1b[200~y", "\x1b[200~y\ry", "\x1b]11;r"] {
            let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
            keyboard.feed(begun.as_bytes(), &mut out);
            keyboard.forget();
            keyboard.expire(&mut out);
            keyboard.feed(b"b", &mut out);
            assert_eq!(out, text("b"), "{begun:?}");
        }
        let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
        keyboard.feed(b"\x1b[200~yyy", &mut out);
        keyboard.forget();
        keyboard.feed(b"y\x1b[201~b", &mut out);
        assert_eq!(out, text("b"));
    }
    #[test]
    fn letters_of_several_bytes_are_put_together_and_what_is_none_is_dropped() {
        assert_eq!(in_time(&[b"\xc3", b"\xa9\xe9", b"\x88", b"\xb4", b"a\xc3b\xff\x80c"]), text("é鈴abc"));
    }

    proptest! {
        #[test]
        fn however_a_stream_is_cut_the_same_is_typed(
            picks in prop::collection::vec((0..100_usize, 0..10_usize), 1..12),
            cuts in prop::collection::vec(0..200_usize, 0..8),
        ) {
            let all: Vec<&str> = ONE_KEY.iter().flat_map(|(_, ways)| *ways).copied()
                .filter(|way| *way != "\x1b")
                .chain(NO_KEY.iter().copied())
                .chain(["\x1b[200~one\rtwo\x1b[A\x1b[201~", "\x1bx", "\x1b\x1bx"])
                .collect();
            let stream: Vec<u8> = picks.iter().flat_map(|(a, b)| all[(a * 10 + b) % all.len()].bytes()).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (stream.len() + 1)).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            let whole = in_time(&[&stream]);
            prop_assert_eq!(in_time(&pieces), whole.clone());
            prop_assert_eq!(in_time(&bytes), whole);
        }
        #[test]
        fn nothing_that_arrives_breaks_the_reader_or_leaves_it_waiting(
            bytes in prop::collection::vec(prop_oneof![Just(ESC), Just(b'['), Just(b'O'), Just(b']'), any::<u8>()], 0..60),
        ) {
            let _ = in_time(&[&bytes]);
            let (mut keyboard, mut out) = (Keyboard::default(), Vec::new());
            keyboard.feed(&bytes, &mut out);
            keyboard.expire(&mut out);
            out.clear();
            keyboard.feed(b"ok", &mut out);
            prop_assert_eq!(out, text("ok"));
        }
    }
}
