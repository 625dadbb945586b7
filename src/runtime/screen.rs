//! Cells out, as few bytes as that takes: over a slow link every one of them is waited for. What the terminal looks like is
//! remembered here; it is never asked.

use std::io::{self, Write};

use crossterm::Command;
use crossterm::cursor::{Hide, MoveRight, MoveTo, Show};
use crossterm::terminal::Clear;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

use super::terminal;

/// A command to the terminal, as it is written.
pub(super) fn said(command: impl Command) -> String {
    let mut text = String::new();
    // Nothing can fail that is written into memory.
    let _ = command.write_ansi(&mut text);
    text
}

/// A screen that is written to `W` at the end of each frame, in one piece.
#[derive(Debug)]
pub struct Cells<W> {
    out: W,
    frame: Vec<u8>,
    pen: Pen,
    /// Where the terminal's cursor is; not known at first, and behind the last column.
    at: Option<Position>,
    /// Whether it shows; not known at first.
    cursor: Option<bool>,
    /// Whether this frame has cleared the terminal and drawn nothing since.
    blank: bool,
}

/// How the next character looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pen {
    text: Option<u8>,
    back: Option<u8>,
    marks: Modifier,
}

/// The attributes that are drawn, and what turns each on. Nothing is dim, and nothing blinks.
const MARKS: [(Modifier, &str); 3] = [(Modifier::BOLD, "1"), (Modifier::UNDERLINED, "4"), (Modifier::REVERSED, "7")];

impl Pen {
    fn of(cell: &Cell) -> Self {
        let known = MARKS.iter().fold(Modifier::empty(), |all, (mark, _)| all | *mark);
        Self { text: palette(cell.fg), back: palette(cell.bg), marks: cell.modifier & known }
    }
    /// What makes one into the other. What is taken away is taken away by taking everything away: every terminal can.
    fn becomes(self, next: Self) -> String {
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
    let named =
        [Color::Black, Color::Red, Color::Green, Color::Yellow, Color::Blue, Color::Magenta, Color::Cyan, Color::Gray];
    match colour {
        Color::Indexed(index) => Some(index),
        other => named.iter().position(|n| *n == other).and_then(|at| u8::try_from(at).ok()),
    }
}

/// Blanks up to the end of a row, which one sequence can draw.
#[derive(Clone, Copy)]
struct Blanks {
    at: Position,
    count: u16,
}

/// So many blanks are cheaper than the sequence that clears a row up to its end.
const FEW: u16 = 3;

impl<W: Write> Cells<W> {
    /// A screen of which nothing is known.
    pub fn new(out: W) -> Self {
        Self { out, frame: Vec::new(), pen: Pen::default(), at: None, cursor: None, blank: false }
    }

    fn say(&mut self, text: &str) {
        self.frame.extend_from_slice(text.as_bytes());
    }
    fn pen(&mut self, pen: Pen) {
        if pen != self.pen {
            let change = self.pen.becomes(pen);
            self.say(&change);
            self.pen = pen;
        }
    }
    fn go(&mut self, to: Position) {
        if self.at == Some(to) {
            return;
        }
        let way = match self.at {
            Some(at) if at.y == to.y && to.x > at.x => said(MoveRight(to.x - at.x)),
            Some(at) if at.y == to.y && to.x == 0 => "\r".to_owned(),
            Some(at) if at.y + 1 == to.y && to.x == 0 => "\r\n".to_owned(),
            _ => said(MoveTo(to.x, to.y)),
        };
        self.say(&way);
        self.at = Some(to);
    }
    /// Writes a cell where the cursor is; `columns` is the width of the screen.
    fn put(&mut self, at: Position, cell: &Cell, columns: u16) {
        self.blank = false;
        self.go(at);
        self.pen(Pen::of(cell));
        let symbol = cell.symbol();
        self.say(symbol);
        let width = u16::try_from(unicode_width::UnicodeWidthStr::width(symbol)).unwrap_or(1);
        let next = at.x.saturating_add(width);
        // Where the cursor stands behind the last column, terminals do not agree; nor on letters of several characters.
        let sure = next < columns && symbol.chars().nth(1).is_none();
        self.at = sure.then_some(Position { x: next, y: at.y });
    }
    /// Draws blanks that have been put off.
    fn blanks(&mut self, blanks: Blanks, columns: u16) {
        let to_the_end = blanks.at.x + blanks.count >= columns;
        if to_the_end && blanks.count > FEW {
            self.go(blanks.at);
            self.pen(Pen::default());
            self.say(&said(Clear(terminal_part(ClearType::UntilNewLine))));
            return;
        }
        let blank = Cell::EMPTY;
        for x in 0..blanks.count {
            self.put(Position { x: blanks.at.x + x, y: blanks.at.y }, &blank, columns);
        }
    }
}

/// What is cleared, in the words of the terminal's commands.
fn terminal_part(region: ClearType) -> crossterm::terminal::ClearType {
    use crossterm::terminal::ClearType as Part;
    match region {
        ClearType::All => Part::All,
        ClearType::AfterCursor => Part::FromCursorDown,
        ClearType::BeforeCursor => Part::FromCursorUp,
        ClearType::CurrentLine => Part::CurrentLine,
        ClearType::UntilNewLine => Part::UntilNewLine,
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Pen::of(cell) == Pen::default()
}

impl<W: Write> Backend for Cells<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let columns = self.size()?.width;
        let mut put_off: Option<Blanks> = None;
        for (x, y, cell) in content {
            let at = Position { x, y };
            if is_blank(cell) {
                match &mut put_off {
                    Some(b) if b.at.y == y && b.at.x + b.count == x => b.count += 1,
                    Some(_) | None => {
                        if let Some(done) = put_off.replace(Blanks { at, count: 1 }) {
                            self.blanks(done, columns);
                        }
                    }
                }
                continue;
            }
            if let Some(done) = put_off.take() {
                self.blanks(done, columns);
            }
            self.put(at, cell, columns);
        }
        if let Some(done) = put_off {
            self.blanks(done, columns);
        }
        Ok(())
    }
    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor.replace(false) != Some(false) {
            self.say(&said(Hide));
        }
        Ok(())
    }
    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor.replace(true) != Some(true) {
            self.say(&said(Show));
        }
        Ok(())
    }
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at.unwrap_or_default())
    }
    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go(position.into());
        Ok(())
    }
    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }
    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        // A screen that grows narrower is cleared twice.
        if self.blank && region == ClearType::All {
            return Ok(());
        }
        // After a change of size, or when somebody else has written to the terminal, nothing is as it was.
        (self.pen, self.at, self.cursor) = (Pen::default(), None, None);
        self.say("\x1b[m");
        self.say(&said(Clear(terminal_part(region))));
        self.blank = region == ClearType::All;
        Ok(())
    }
    fn size(&self) -> io::Result<Size> {
        let (width, height) = terminal::size();
        Ok(Size { width, height })
    }
    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }
    fn flush(&mut self) -> io::Result<()> {
        self.blank = false;
        let frame = std::mem::take(&mut self.frame);
        self.out.write_all(&frame)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::style::Style;

    use super::*;

    /// A screen of 80x24, as where the terminal does not say.
    fn screen() -> Terminal<Cells<Vec<u8>>> {
        Terminal::new(Cells::new(Vec::new())).unwrap()
    }
    /// Draws texts; the bytes that it took.
    fn draw(screen: &mut Terminal<Cells<Vec<u8>>>, texts: &[(u16, u16, &str, Style)]) -> Vec<u8> {
        screen
            .draw(|frame| {
                for (x, y, text, style) in texts {
                    frame.buffer_mut().set_string(*x, *y, text, *style);
                }
                frame.set_cursor_position((2, 3));
            })
            .unwrap();
        std::mem::take(&mut screen.backend_mut().out)
    }
    fn told(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn a_letter_typed_costs_the_letter_and_what_did_not_change_costs_nothing() {
        let mut screen = screen();
        let plain = Style::new();
        assert_eq!(told(draw(&mut screen, &[(0, 3, "> ", plain)])), "^[4;1H>^[?25h^[1C");
        assert_eq!(told(draw(&mut screen, &[(0, 3, "> a", plain)])), "a^[4;3H");
        assert_eq!(told(draw(&mut screen, &[(0, 3, "> a", plain)])), "");
    }
    #[test]
    fn a_row_that_grows_empty_is_cleared_and_one_that_keeps_its_end_is_not() {
        let mut screen = screen();
        let plain = Style::new();
        draw(&mut screen, &[(0, 0, "some words here", plain), (0, 1, "some words here", plain), (79, 1, "|", plain)]);
        let bytes = draw(&mut screen, &[(0, 0, "some", plain), (0, 1, "some", plain), (79, 1, "|", plain)]);
        assert_eq!(told(bytes), "^[1;6H     ^[1C    ^[2;6H     ^[1C    ^[4;3H", "only what changed: blanks stay");
        let reverse = Style::new().add_modifier(Modifier::REVERSED);
        let full = format!("{:80}", "x");
        draw(&mut screen, &[(0, 0, &full, reverse)]);
        assert_eq!(told(draw(&mut screen, &[])), "^[1;1H^[K^[4;3H");
    }
    #[test]
    fn behind_letters_of_two_columns_and_of_several_characters_everything_is_in_its_place() {
        let mut screen = screen();
        let bytes = draw(&mut screen, &[(0, 0, "鈴e\u{301}x", Style::new()), (78, 1, "ab", Style::new())]);
        assert_eq!(told(bytes), "^[1;1H鈴e\u{301}^[1;4Hx^[2;79Hab^[?25h^[4;3H");
    }
    #[test]
    fn a_colour_is_one_of_the_eight_that_every_terminal_has() {
        let mut screen = screen();
        let error = Style::new().fg(Color::Indexed(1)).add_modifier(Modifier::BOLD);
        let changed = Style::new().fg(Color::Indexed(5)).add_modifier(Modifier::BOLD);
        let texts = [(0, 0, "a", error), (1, 0, "b", changed), (2, 0, "c", Style::new())];
        assert_eq!(told(draw(&mut screen, &texts)), "^[1;1H^[1;31ma^[35mb^[mc^[?25h^[4;3H");
    }
    #[test]
    fn a_screen_drawn_anew_trusts_nothing_that_was_there() {
        let mut screen = screen();
        let plain = Style::new();
        draw(&mut screen, &[(0, 0, "a", plain)]);
        screen.resize(ratatui::layout::Rect::new(0, 0, 80, 24)).unwrap();
        assert_eq!(told(draw(&mut screen, &[(0, 0, "a", plain)])), "^[m^[2J^[1;1Ha^[?25h^[4;3H");
    }

    fn styles() -> impl Strategy<Value = Style> {
        let marks = prop::sample::subsequence(vec![Modifier::BOLD, Modifier::UNDERLINED, Modifier::REVERSED], 0..=3);
        let colours =
            || prop::sample::select(vec![Color::Reset, Color::Indexed(1), Color::Indexed(5), Color::Indexed(9)]);
        (marks, colours(), colours())
            .prop_map(|(marks, text, back)| marks.into_iter().fold(Style::new().fg(text).bg(back), Style::add_modifier))
    }

    proptest! {
        #[test]
        fn after_each_frame_the_terminal_shows_what_was_drawn(
            frames in prop::collection::vec(
                prop::collection::vec((0..90_u16, 0..24_u16, "[ a-z]{0,90}|[é─ ]{0,50}", styles()), 0..8), 1..6),
        ) {
            let mut screen = screen();
            let mut shown = vt100::Parser::new(NonZero::new(24).unwrap(), NonZero::new(80).unwrap(), 0);
            for texts in &frames {
                let texts: Vec<_> = texts.iter().map(|(x, y, text, style)| (*x, *y, text.as_str(), *style)).collect();
                let texts: Vec<_> = texts.into_iter().filter(|(x, ..)| *x < 80).collect();
                shown.process(&draw(&mut screen, &texts));
                let mut wanted = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
                for (x, y, text, style) in texts {
                    wanted.set_string(x, y, text, style);
                }
                prop_assert_eq!(shown.screen().cursor_position(), (3, 2));
                for (x, y) in (0..24).flat_map(|y| (0..80).map(move |x| (x, y))) {
                    let (cell, given) = (&wanted[(x, y)], shown.screen().cell(y, x).unwrap());
                    let text = if given.has_contents() { given.contents() } else { " " };
                    prop_assert_eq!(text, cell.symbol(), "{} {}", x, y);
                    let pen = Pen::of(cell);
                    let marks = [given.bold(), given.underline(), given.inverse()];
                    prop_assert_eq!(marks, MARKS.map(|(mark, _)| pen.marks.contains(mark)), "{} {}", x, y);
                    let colour = |index: Option<u8>| index.map_or(vt100::Color::Default, vt100::Color::Idx);
                    prop_assert_eq!((given.fgcolor(), given.bgcolor()), (colour(pen.text), colour(pen.back)));
                }
            }
        }
    }
}
