//! What a terminal was given, taken apart by a list of what it may be given: text, and the dozen sequences of our own.

/// What was found in bytes for a terminal.
#[derive(Default, Debug)]
pub struct Given {
    /// How many sequences there were.
    pub sequences: usize,
    /// How often its bell was rung.
    pub bells: usize,
    /// What it was asked to copy, decoded.
    pub copied: Vec<String>,
}

/// Takes bytes apart.
///
/// # Errors
/// The first thing that is not allowed, with what stands around it.
pub fn take_apart(bytes: &[u8]) -> Result<Given, String> {
    let mut given = Given::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        let around = || String::from_utf8_lossy(&bytes[at.saturating_sub(40)..bytes.len().min(at + 40)]).into_owned();
        let taken = match rest {
            [0x1b, b'[', sequence @ ..] => control_sequence(sequence).map(|n| n + 2),
            [0x1b, b']', command @ ..] => copying(command, &mut given.copied).map(|n| n + 2),
            // Where the cursor is to be when the terminal is given back.
            [0x1b, b'7', ..] => Ok(2),
            [0x1b, ..] => Err("an escape of another kind".to_owned()),
            // We ring it ourselves, seldom; a text that could would ring it wherever it stands.
            [7, ..] => {
                given.bells += 1;
                Ok(1)
            }
            text => character(text),
        };
        let taken = taken.map_err(|why| format!("{why} at byte {at}: {:?}", around()))?;
        given.sequences += usize::from(rest[0] == 0x1b);
        rest = &rest[taken..];
    }
    Ok(given)
}

/// After `ESC [`: colours and attributes, the cursor's place, clearing, and the modes that we set.
fn control_sequence(sequence: &[u8]) -> Result<usize, String> {
    let end = sequence.iter().position(|b| (0x40..=0x7e).contains(b)).ok_or("a sequence without an end")?;
    let parameters = std::str::from_utf8(&sequence[..end]).map_err(|_| "a sequence that is not ASCII")?;
    let numbers = parameters.bytes().all(|b| b.is_ascii_digit() || b == b';' || b == b':');
    let allowed = match sequence[end] {
        b'm' | b'H' | b'C' => numbers,
        b'J' => parameters == "2",
        b'K' => parameters.is_empty(),
        b'h' | b'l' => ["?25", "?1049", "?2004"].contains(&parameters),
        _ => false,
    };
    allowed.then_some(end + 1).ok_or_else(|| format!("the sequence CSI {parameters} {}", char::from(sequence[end])))
}

/// After `ESC ]`: only copying, of base64.
fn copying(command: &[u8], copied: &mut Vec<String>) -> Result<usize, String> {
    let payload = command.strip_prefix(b"52;c;").ok_or("an operating system command that is not copying")?;
    let end = payload.iter().position(|b| !b.is_ascii_alphanumeric() && !b"+/=".contains(b)).ok_or("no end")?;
    let ended = if payload[end..].starts_with(b"\x1b\\") { 2 } else { usize::from(payload[end] == 7) };
    if ended == 0 {
        return Err("a copying that does not end where its text does".into());
    }
    copied.push(decoded(&payload[..end]).ok_or("what is copied is no text")?);
    Ok(5 + end + ended)
}

fn decoded(base64: &[u8]) -> Option<String> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for c in base64.iter().filter(|c| **c != b'=') {
        bits = bits << 6 | u32::try_from(alphabet.iter().position(|a| a == c)?).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

/// One character of text, or a line end.
fn character(bytes: &[u8]) -> Result<usize, String> {
    let width = match bytes[0] {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let text = bytes.get(..width).and_then(|b| std::str::from_utf8(b).ok()).ok_or("bytes that are no text")?;
    match text.chars().next() {
        Some('\r' | '\n') => Ok(1),
        Some(c) if unseen(c) => Err(format!("the character {}", c.escape_unicode())),
        Some(_) | None => Ok(width),
    }
}

/// Controls, and what turns the text around, takes no room, or is no character.
pub fn unseen(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || matches!(code, 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff)
        || matches!(code, 0xfdd0..=0xfdef | 0xe0000..=0xe0fff | 0xfff9..=0xfffb)
        || code & 0xffff >= 0xfffe
}

#[test]
fn only_our_own_sequences_pass() {
    let ours =
        b"\x1b[?1049h\x1b[2J\x1b[?2004h\x1b[?25l\x1b[3;10H\x1b[1;38;5;9mtext \xe9\x88\xb4\x1b[0m\r\n\x1b]52;c;aGk=\x07";
    let given = take_apart(ours).unwrap();
    assert_eq!((given.sequences, given.copied), (8, vec!["hi".to_owned()]));
    assert_eq!(take_apart(b"a\x07b\x07").unwrap().bells, 2);
    for foul in [
        "\x1b]0;title\x07",
        "\x1b]8;;http://example.com\x1b\\",
        "\x1b]52;c;?\x07",
        "\x1bP$q\x1b\\",
        "\x1b_x\x1b\\",
        "\x1b^x\x1b\\",
        "\x1bc",
        "\x1b[6n",
        "\x1b[?1000h",
        "\x1b[5i",
        "\x1b[3J",
        "\x1b[",
        "\u{9b}31m",
        "\x08",
        "a\u{202e}b",
        "\u{200b}",
        "\u{feff}",
    ] {
        assert!(take_apart(foul.as_bytes()).is_err(), "{foul:?}");
    }
    assert!(take_apart(b"\xff").is_err());
}
