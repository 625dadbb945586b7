//! Asking the terminal to copy (OSC 52): what has to be written for it to reach the terminal whoever sits at, also through
//! tmux or GNU screen. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::text::Clean;

/// Who sits between us and the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Nobody that is known.
    Nobody,
    /// tmux, which takes a copy for itself or not at all, but may let one through to the terminal.
    Tmux,
    /// GNU screen, which knows no copying, but lets strings through.
    Screen,
}

impl Between {
    /// From the environment, which both of them set. Over SSH only the name of the terminal is left.
    #[must_use]
    pub fn of(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        let named = env("TERM").is_some_and(|term| term.starts_with("tmux"));
        match (set("TMUX"), set("STY")) {
            _ if named => Self::Tmux,
            (true, false) => Self::Tmux,
            (false, true) => Self::Screen,
            // One runs in the other, and nobody knows which in which: what the one lets through would be text to the other.
            (true, true) | (false, false) => Self::Nobody,
        }
    }
}

/// GNU screen cuts longer strings off (bytes).
const CHUNK: usize = 256;

/// The bytes that ask for a text to be copied.
#[must_use]
pub fn sequence(text: &str, between: Between) -> Vec<u8> {
    let clean: Vec<_> = text.lines().map(|line| Clean::new(line).to_string()).collect();
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(clean.join("\n")));
    match between {
        Between::Nobody => plain.into_bytes(),
        // It takes the one or lets the other through, as it was told; where it was told neither, nothing can be done.
        Between::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")).into_bytes(),
        Between::Screen => {
            plain.as_bytes().chunks(CHUNK).flat_map(|part| [b"\x1bP", part, b"\x1b\\"].concat()).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(vars: &'static [(&str, &str)]) -> Between {
        Between::of(&|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn what_is_between_us_and_the_terminal_is_told_by_the_environment() {
        assert_eq!(between(&[("TERM", "xterm-256color")]), Between::Nobody);
        assert_eq!(between(&[("TERM", "screen"), ("TMUX", "/tmp/tmux-0/default,1,0")]), Between::Tmux);
        assert_eq!(between(&[("TERM", "tmux-256color")]), Between::Tmux);
        assert_eq!(between(&[("TERM", "screen"), ("STY", "123.pts-0.host")]), Between::Screen);
        assert_eq!(between(&[("TERM", "screen"), ("STY", "")]), Between::Nobody);
        let nested = &[("TERM", "screen"), ("STY", "123.pts-0.host"), ("TMUX", "/tmp/tmux-0/default,1,0")];
        assert_eq!(between(nested), Between::Nobody, "a prefix of the one is text to the other");
    }
    #[test]
    fn each_of_them_is_given_what_it_lets_through() {
        assert_eq!(sequence("8711660", Between::Nobody), b"\x1b]52;c;ODcxMTY2MA==\x07");
        assert_eq!(
            sequence("8711660", Between::Tmux),
            b"\x1b]52;c;ODcxMTY2MA==\x07\x1bPtmux;\x1b\x1b]52;c;ODcxMTY2MA==\x07\x1b\\"
        );
        assert_eq!(sequence("8711660", Between::Screen), b"\x1bP\x1b]52;c;ODcxMTY2MA==\x07\x1b\\");
        let long = String::from_utf8(sequence(&"x".repeat(1000), Between::Screen)).unwrap();
        let parts: Vec<_> = long.split_terminator("\x1b\\").map(|part| part.strip_prefix("\x1bP").unwrap()).collect();
        assert!(parts.len() > 5 && parts.iter().all(|part| part.len() <= CHUNK));
        assert_eq!(parts.concat().into_bytes(), sequence(&"x".repeat(1000), Between::Nobody));
    }
    #[test]
    fn nothing_that_is_copied_can_leave_its_quotes() {
        let bytes = sequence("a\x1b\\b\x07c\nd", Between::Nobody);
        let inner = &bytes[7..bytes.len() - 1];
        assert!(inner.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)));
        assert_eq!(STANDARD.decode(inner).unwrap(), b"a^[\\b^Gc\nd");
    }
}
