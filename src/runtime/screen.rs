//! Cells out, as few bytes as that takes: over a slow link every one of them is waited for. What the terminal shows is
//! remembered here; it is never asked.

use std::io::{self, Write};

use crossterm::Command;
use crossterm::cursor::{Hide, MoveRight, MoveTo, Show};
use crossterm::terminal::{Clear, ClearType as Part};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use unicode_width::UnicodeWidthStr;

use super::pen::Pen;
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
    /// What the terminal shows once the frame is written.
    shown: Buffer,
    hand: Hand,
    /// Whether the cursor shows; not known at first.
    cursor: Option<bool>,
    /// Whether this frame has cleared the terminal and drawn nothing since.
    blank: bool,
    /// Whether the terminal shows its normal screen instead, with a text.
    pub aside: bool,
}

impl<W: Write> Cells<W> {
    /// A screen on which nothing stands.
    pub fn new(out: W) -> Self {
        let shown = Buffer::empty(Rect::default());
        Self { out, frame: Vec::new(), shown, hand: Hand::default(), cursor: None, blank: false, aside: false }
    }
    fn say(&mut self, text: &str) {
        self.frame.extend_from_slice(text.as_bytes());
    }
    /// Remembers a cell. A letter of two columns has a half that is nothing by itself, and goes with it.
    fn keep(&mut self, x: u16, y: u16, cell: &Cell) {
        let width = self.shown.area.width;
        let half = |buffer: &Buffer, x: u16| x < width && buffer[(x, y)].symbol().is_empty();
        if half(&self.shown, x) {
            self.shown[(x.saturating_sub(1), y)] = Cell::EMPTY;
        }
        if half(&self.shown, x.saturating_add(1)) {
            self.shown[(x + 1, y)] = Cell::EMPTY;
        }
        self.shown[(x, y)] = cell.clone();
        if cell.symbol().width() == 2 && x + 1 < width {
            self.shown[(x + 1, y)] = Cell::new("");
        }
    }
    /// Draws what has changed in a row.
    fn row(&mut self, y: u16, changed: &[u16]) {
        let row = Row::of(&self.shown, y);
        let mut best = self.hand.clone();
        best.change(&row, changed);
        if changed.len() > usize::from(FEW) {
            let mut anew = self.hand.clone();
            anew.begin_again(&row, changed[0]);
            if anew.wrote.len() < best.wrote.len() {
                best = anew;
            }
        }
        self.frame.append(&mut best.wrote);
        self.hand = best;
        self.blank = false;
    }
}

/// A row as it is to be.
struct Row<'a> {
    y: u16,
    cells: &'a [Cell],
    /// From here on it is blank.
    tail: u16,
}

impl<'a> Row<'a> {
    fn of(shown: &'a Buffer, y: u16) -> Self {
        let width = usize::from(shown.area.width);
        let cells = &shown.content[usize::from(y) * width..][..width];
        let tail = cells.iter().rposition(|cell| !is_blank(cell)).map_or(0, |at| at + 1);
        Self { y, cells, tail: u16::try_from(tail).unwrap_or(u16::MAX) }
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Pen::of(cell) == Pen::default()
}

/// So many blanks are cheaper than the sequence that clears a row up to its end.
const FEW: u16 = 3;

/// The shortest sequence that goes to a place of the screen has so many bytes.
const DIRECT: usize = 6;

/// What writes: where it is, how it writes, and what it has written.
#[derive(Clone, Debug, Default)]
struct Hand {
    pen: Pen,
    /// Where the terminal's cursor is; not known at first, and behind the last column.
    at: Option<Position>,
    wrote: Vec<u8>,
}

impl Hand {
    fn say(&mut self, text: &str) {
        self.wrote.extend_from_slice(text.as_bytes());
    }
    fn pen(&mut self, pen: Pen) {
        if pen != self.pen {
            self.say(&self.pen.becomes(pen));
            self.pen = pen;
        }
    }
    /// The changed cells one after the other.
    fn change(&mut self, row: &Row<'_>, changed: &[u16]) {
        let cleared = changed.partition_point(|x| *x < row.tail);
        let clears = changed.len() - cleared > usize::from(FEW);
        for &x in if clears { &changed[..cleared] } else { changed } {
            self.put(row, x);
        }
        if clears {
            self.clear(row, changed[cleared]);
        }
    }
    /// The row cleared from there on, and what is not blank in it.
    fn begin_again(&mut self, row: &Row<'_>, from: u16) {
        self.clear(row, from);
        for x in from..row.tail {
            if !is_blank(&row.cells[usize::from(x)]) {
                self.put(row, x);
            }
        }
    }
    /// Clears the row from there on. Blanks before it may go too: the beginning of a row is near.
    fn clear(&mut self, row: &Row<'_>, from: u16) {
        let before = row.cells[..usize::from(from)].iter().rposition(|cell| !is_blank(cell));
        let from = before.map_or(0, |at| u16::try_from(at + 1).unwrap_or(from));
        self.go(Position { x: from, y: row.y }, Some(row));
        self.pen(Pen::default());
        self.say(&said(Clear(Part::UntilNewLine)));
    }
    fn put(&mut self, row: &Row<'_>, x: u16) {
        let cell = &row.cells[usize::from(x)];
        let symbol = cell.symbol();
        // The second half of a letter of two columns.
        if symbol.is_empty() {
            return;
        }
        self.go(Position { x, y: row.y }, Some(row));
        if !(symbol == " " && self.pen.blank_as(Pen::of(cell))) {
            self.pen(Pen::of(cell));
        }
        self.say(symbol);
        let next = usize::from(x) + symbol.width();
        // Where the cursor stands behind the last column, terminals do not agree; nor on letters of several characters.
        let sure = next < row.cells.len() && symbol.chars().nth(1).is_none();
        self.at = sure.then_some(Position { x: u16::try_from(next).unwrap_or(u16::MAX), y: row.y });
    }
    /// Goes there, the shortest way; `row` is what stands in that row, which may be written again on the way.
    fn go(&mut self, to: Position, row: Option<&Row<'_>>) {
        if self.at == Some(to) {
            return;
        }
        let ahead = match self.at {
            Some(at) if at.y == to.y && at.x < to.x => Some(self.ahead(at.x, to.x, row)),
            Some(at) if at.y == to.y => Some(format!("\r{}", self.ahead(0, to.x, row))),
            Some(at) if at.y + 1 == to.y => Some(format!("\r\n{}", self.ahead(0, to.x, row))),
            Some(_) | None => None,
        };
        let direct = || said(MoveTo(to.x, to.y));
        let way = match ahead {
            Some(way) if way.len() < DIRECT => way,
            Some(way) => Some(direct()).filter(|direct| direct.len() <= way.len()).unwrap_or(way),
            None => direct(),
        };
        self.say(&way);
        self.at = Some(to);
    }
    /// Goes ahead in a row: over what stands there, or past it.
    fn ahead(&self, from: u16, to: u16, row: Option<&Row<'_>>) -> String {
        let Some(digits) = (to - from).checked_ilog10() else { return String::new() };
        let past = || said(MoveRight(to - from));
        let Some(row) = row else { return past() };
        // The escape, the bracket and the letter around the number.
        let length = 3 + 1 + digits as usize;
        let mut over = String::new();
        for cell in &row.cells[usize::from(from)..usize::from(to)] {
            let simple = cell.symbol().chars().count() == 1 && cell.symbol().width() == 1;
            let same = Pen::of(cell) == self.pen || cell.symbol() == " " && self.pen.blank_as(Pen::of(cell));
            if !simple || !same || over.len() >= length {
                return past();
            }
            over.push_str(cell.symbol());
        }
        if over.len() < length { over } else { past() }
    }
}

impl<W: Write> Backend for Cells<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let size = self.size()?;
        if self.shown.area.as_size() != size {
            self.shown = Buffer::empty(Rect::from((Position::ORIGIN, size)));
        }
        let mut changed: Vec<Position> = Vec::new();
        for (x, y, cell) in content.filter(|(x, y, _)| *x < size.width && *y < size.height) {
            self.keep(x, y, cell);
            changed.push(Position { x, y });
        }
        for row in changed.chunk_by(|a, b| a.y == b.y) {
            let columns: Vec<u16> = row.iter().map(|at| at.x).collect();
            self.row(row[0].y, &columns);
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
        Ok(self.hand.at.unwrap_or_default())
    }
    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let to = position.into();
        let row = self.shown.area.contains(to).then(|| Row::of(&self.shown, to.y));
        self.hand.go(to, row.as_ref());
        self.frame.append(&mut self.hand.wrote);
        Ok(())
    }
    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }
    /// All of it, whichever part is meant: there is one viewport, and it is drawn as a whole then.
    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        // A screen that grows narrower is cleared twice.
        if !std::mem::replace(&mut self.blank, true) {
            // After a change of size, or when somebody else has written to the terminal, nothing is as it was.
            (self.hand, self.cursor) = (Hand::default(), None);
            self.say("\x1b[m");
            self.say(&said(Clear(Part::All)));
            self.shown.reset();
        }
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
    use ratatui::style::{Color, Modifier, Style};

    use super::super::pen::MARKS;
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
        String::from_utf8(bytes).unwrap().replace('\x1b', "^").replace('\r', "\\r").replace('\n', "\\n")
    }

    #[test]
    fn a_letter_typed_costs_the_letter_and_what_did_not_change_costs_nothing() {
        let mut screen = screen();
        let plain = Style::new();
        assert_eq!(told(draw(&mut screen, &[(0, 3, "> ", plain)])), "^[4;1H>^[?25h ");
        assert_eq!(told(draw(&mut screen, &[(0, 3, "> a", plain)])), "a\\r> ");
        assert_eq!(told(draw(&mut screen, &[(0, 3, "> a", plain)])), "");
    }
    #[test]
    fn a_row_that_grows_empty_is_cleared_and_what_stands_at_its_end_is_written_again_where_that_is_shorter() {
        let mut screen = screen();
        let plain = Style::new();
        let end = (79, 1, "|", plain);
        draw(&mut screen, &[(0, 0, "some words here", plain), (0, 1, "some words here", plain), end]);
        let bytes = draw(&mut screen, &[(0, 0, "some", plain), (0, 1, "some", plain), end]);
        assert_eq!(told(bytes), "^[1;5H^[K^[2;5H^[K^[75C|^[4;3H");
        draw(&mut screen, &[(0, 0, "a b c d e", plain)]);
        let bytes = draw(&mut screen, &[(0, 0, "A b C d E", plain)]);
        assert_eq!(told(bytes), "^[1;1HA b C d E^[4;3H", "a short way is gone over what stands there");
        let reverse = Style::new().add_modifier(Modifier::REVERSED);
        let full = format!("{:80}", "x");
        draw(&mut screen, &[(0, 0, &full, reverse)]);
        assert_eq!(told(draw(&mut screen, &[])), "^[1;1H^[m^[K^[4;3H");
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
                    let wanted_marks = MARKS.map(|(mark, _)| pen.marks.contains(mark));
                    prop_assert_eq!(marks[1..].to_vec(), wanted_marks[1..].to_vec(), "{} {}", x, y);
                    let colour = |index: Option<u8>| index.map_or(vt100::Color::Default, vt100::Color::Idx);
                    prop_assert_eq!(given.bgcolor(), colour(pen.back));
                    // Of a blank nobody sees these.
                    if text != " " || marks[1..] != [false, false] {
                        prop_assert_eq!((marks[0], given.fgcolor()), (wanted_marks[0], colour(pen.text)), "{} {}", x, y);
                    }
                }
            }
        }
    }
}
