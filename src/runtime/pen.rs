//! How characters look on a terminal, and the shortest way from one look to the next. Colours are the eight that every
//! terminal has, by their own numbers.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// How the next character looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    pub(super) text: Option<u8>,
    pub(super) back: Option<u8>,
    pub(super) marks: Modifier,
}

/// The attributes that are drawn, and what turns each on. Nothing is dim, and nothing blinks.
pub(super) const MARKS: [(Modifier, &str); 3] =
    [(Modifier::BOLD, "1"), (Modifier::UNDERLINED, "4"), (Modifier::REVERSED, "7")];

impl Pen {
    pub(super) fn of(cell: &Cell) -> Self {
        let known = MARKS.iter().fold(Modifier::empty(), |all, (mark, _)| all | *mark);
        Self { text: palette(cell.fg), back: palette(cell.bg), marks: cell.modifier & known }
    }
    /// Whether a blank looks the same with both: nobody sees its weight and its colour.
    pub(super) fn blank_as(self, other: Self) -> bool {
        let seen = Modifier::UNDERLINED | Modifier::REVERSED;
        let plain = !self.marks.intersects(seen) && !other.marks.intersects(seen);
        plain && self.back == other.back
    }
    /// What makes one into the other. What is taken away is taken away by taking everything away: every terminal can.
    pub(super) fn becomes(self, next: Self) -> String {
        let kept = next.marks.contains(self.marks)
            && (next.text == self.text || next.text.is_some())
            && (next.back == self.back || next.back.is_some());
        let from = if kept { self } else { Self::default() };
        let mut codes = Vec::new();
        if !kept && next != Self::default() {
            codes.push("0".to_owned());
        }
        for (mark, code) in MARKS {
            if next.marks.contains(mark) && !from.marks.contains(mark) {
                codes.push(code.to_owned());
            }
        }
        for (colour, now, base) in [(next.text, from.text, 30), (next.back, from.back, 40)] {
            match colour.filter(|_| colour != now) {
                Some(index @ 0..8) => codes.push(format!("{}", base + u16::from(index))),
                Some(index) => codes.push(format!("{};5;{index}", base + 8)),
                None => {}
            }
        }
        format!("\x1b[{}m", codes.join(";"))
    }
}

/// A colour of the palette by its number. The theme knows no others.
fn palette(colour: Color) -> Option<u8> {
    match colour {
        Color::Indexed(index) => Some(index),
        Color::Black => Some(0),
        Color::Red => Some(1),
        Color::Green => Some(2),
        Color::Yellow => Some(3),
        Color::Blue => Some(4),
        Color::Magenta => Some(5),
        Color::Cyan => Some(6),
        Color::Gray => Some(7),
        _ => None,
    }
}
