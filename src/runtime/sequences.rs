//! Which sequence of bytes is which key: xterm, PuTTY, rxvt, the Linux console, the keypads of a VT100, and terminals that
//! report every key with its number. What stands in none of these tables is no key.

use crate::app::keys::Key;

/// `ESC [` and a letter, `ESC O` and a letter.
const LETTERS: [(u8, Key); 16] = [
    (b'A', Key::Up),
    (b'B', Key::Down),
    (b'C', Key::Right),
    (b'D', Key::Left),
    // With Shift or Ctrl in rxvt.
    (b'a', Key::Up),
    (b'b', Key::Down),
    (b'c', Key::Right),
    (b'd', Key::Left),
    (b'F', Key::End),
    (b'H', Key::Home),
    (b'P', Key::F(1)),
    (b'Q', Key::F(2)),
    (b'R', Key::F(3)),
    (b'S', Key::F(4)),
    (b'Z', Key::BackTab),
    (b'I', Key::Tab),
];

/// `ESC [`, a number and `~`.
const NUMBERS: [(u32, Key); 19] = [
    (1, Key::Home),
    (3, Key::Delete),
    (4, Key::End),
    (5, Key::PageUp),
    (6, Key::PageDown),
    (7, Key::Home),
    (8, Key::End),
    (11, Key::F(1)),
    (12, Key::F(2)),
    (13, Key::F(3)),
    (14, Key::F(4)),
    (15, Key::F(5)),
    (17, Key::F(6)),
    (18, Key::F(7)),
    (19, Key::F(8)),
    (20, Key::F(9)),
    (21, Key::F(10)),
    (23, Key::F(11)),
    (24, Key::F(12)),
];

/// `ESC O` and what stands on a key of the keypad.
const KEYPAD: &[u8] = b"j*k+l,m-n.o/p0q1r2s3t4u5v6w7x8y9X=  ";

/// A single character as a key. Some terminals send 08 for Backspace, some a line feed for Return.
pub fn typed(letter: char) -> Option<Key> {
    Some(match letter {
        '\r' | '\n' => Key::Enter,
        '\t' => Key::Tab,
        '\x1b' => Key::Esc,
        '\x08' | '\x7f' => Key::Backspace,
        '\x01'..='\x1a' => Key::Ctrl(char::from(letter as u8 | 0x60)),
        c if c.is_control() => return None,
        c => Key::Char(c),
    })
}

/// Whether what stands behind `ESC [` can only be an answer of the terminal.
pub fn is_answer(body: &[u8]) -> bool {
    matches!(body.first(), Some(b'<'..=b'?'))
}

/// Whether a byte ends what stands behind `ESC [`.
pub fn ends(body: &[u8], byte: u8) -> bool {
    let number = !body.is_empty() && body.iter().all(u8::is_ascii_digit);
    // The dollar is Shift in rxvt; in answers it is followed by a letter.
    matches!(byte, 0x40..=0x7e) || byte == b'$' && number
}

/// The keys of `ESC [`, a body and its last byte.
pub fn control(body: &[u8], last: u8) -> [Option<Key>; 2] {
    let Some(numbers) = Numbers::read(body) else { return [linux(body, last), None] };
    let key = match (last, numbers) {
        (b'u', Numbers { first, second, .. }) => return modified(first, second),
        (b'~', Numbers { first: 27, second, third }) => return modified(third, second),
        (b'~' | b'^' | b'$' | b'@', Numbers { first, .. }) => find(&NUMBERS, first),
        // The place of the cursor, the focus: answers and reports.
        (b'R', _) if !body.is_empty() => None,
        (b'I', _) => None,
        (letter, _) => find(&LETTERS, letter),
    };
    [key, None]
}

/// The key of `ESC O` and a byte.
pub fn single(byte: u8) -> Option<Key> {
    let pad = || KEYPAD.chunks_exact(2).find(|pair| pair[0] == byte).map(|pair| Key::Char(char::from(pair[1])));
    if byte == b'M' { Some(Key::Enter) } else { find(&LETTERS, byte).or_else(pad) }
}

fn find<T: PartialEq>(table: &[(T, Key)], wanted: T) -> Option<Key> {
    table.iter().find(|(given, _)| *given == wanted).map(|(_, key)| *key)
}

/// `ESC [ [` and a letter: the first function keys of the Linux console.
fn linux(body: &[u8], last: u8) -> Option<Key> {
    (body == b"[" && matches!(last, b'A'..=b'E')).then(|| Key::F(last - b'A' + 1))
}

/// The first numbers of a sequence; 0 where there is none.
struct Numbers {
    first: u32,
    second: u32,
    third: u32,
}

impl Numbers {
    /// `None` where there is something else than numbers, and for a key that was let go.
    fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let mut all = [0; 3];
        for (at, group) in text.split(';').enumerate() {
            let mut parts = group.split(':');
            let number = parts.next().unwrap_or_default();
            let value = if number.is_empty() { 0 } else { number.parse().ok()? };
            let rest: Vec<_> = parts.collect();
            if at == 1 && rest == ["3"] || rest.iter().any(|p| !p.bytes().all(|b| b.is_ascii_digit())) {
                return None;
            }
            if let Some(place) = all.get_mut(at) {
                *place = value;
            }
        }
        let [first, second, third] = all;
        Some(Self { first, second, third })
    }
}

/// A character by its number, with Shift, Alt and Ctrl as bits behind one.
fn modified(code: u32, modifiers: u32) -> [Option<Key>; 2] {
    let bits = modifiers.saturating_sub(1);
    let (shift, alt, control) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
    let Some(letter) = char::from_u32(code).filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c)) else {
        return [None, None];
    };
    let key = match letter {
        '\0' => None,
        '\t' if shift => Some(Key::BackTab),
        'a'..='z' | 'A'..='Z' if control => typed(char::from(letter as u8 & 0x1f)),
        ' '..='~' if control => None,
        c if shift => typed(c.to_uppercase().next().unwrap_or(c)),
        c => typed(c),
    };
    // Nothing is bound to Alt, and a fast Esc looks the same.
    let chord = alt && matches!(key, Some(Key::Char(_)));
    if chord { [Some(Key::Esc), key] } else { [key, None] }
}
