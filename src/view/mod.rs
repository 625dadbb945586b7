//! `&Model` in, cells out. Views are pure: the cursor is a result, nothing is remembered between frames.
//!
//! ```text
//!  mobproc  SANDBOX  SUSPEND                        Step 3 of 5  details    <- reversed
//!  FOR Edwards, Peter (peter.edwards.acme)  Development
//! -------------------------------------------------------------------
//!  (the screen of the step)                        | (where there is room: the order so far)
//! -------------------------------------------------------------------
//!  one message line
//!  Enter next   ^O review   Esc back   ^X actions and help              <- keys reversed
//! ```

mod details;
pub mod help;
mod home;
mod keys;
mod kind;
mod order;
mod picker;
mod review;
mod signin;
mod submit;
mod summary;
pub mod theme;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::app::desk::{Keeping, Level};

use crate::app::layout;
use crate::app::lines::Tone;
use crate::app::{Model, SMALLEST, Step};
use crate::domain::text::Clean;
use theme::{Role, Theme};

/// What every screen draws with.
struct Canvas<'a> {
    buf: &'a mut Buffer,
    theme: &'a Theme,
}

impl Canvas<'_> {
    /// Writes text, made clean, into at most so many columns; returns how many it took. What does not fit ends in `..`.
    #[expect(clippy::disallowed_methods, reason = "the only way onto the screen")]
    fn put(&mut self, at: (u16, u16), room: usize, text: &str, role: Role) -> u16 {
        let area = *self.buf.area();
        if at.1 >= area.bottom() || at.0 >= area.right() || room == 0 {
            return 0;
        }
        let room = room.min(usize::from(area.right() - at.0));
        if text.len() <= room && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.spell(at, text.chars(), role);
        }
        // Whatever it is, a name from afar or a letter just typed: cells hold clean text only.
        let text = Clean::new(text);
        let text = if self.theme.ascii { transliterated(&text) } else { text.to_string() };
        let shown = cut_to(&text, room);
        let style = self.theme.style(role);
        let (x, _) = self.buf.set_stringn(at.0, at.1, &shown, room, style);
        x - at.0
    }
    /// Writes clean letters of one column each, which there is room for: nobody has to look how they go together.
    fn spell(&mut self, (from, y): (u16, u16), letters: impl Iterator<Item = char>, role: Role) -> u16 {
        let style: Style = self.theme.style(role);
        let mut x = from;
        for letter in letters {
            if let Some(cell) = self.buf.cell_mut((x, y)) {
                cell.set_char(letter).set_style(style);
            }
            x += 1;
        }
        x - from
    }
    /// A role over a whole stretch of a row.
    fn fill(&mut self, at: (u16, u16), width: u16, role: Role) {
        let style: Style = self.theme.style(role);
        self.buf.set_style(Rect::new(at.0, at.1, width, 1).intersection(*self.buf.area()), style);
    }
    /// A rule across.
    fn rule(&mut self, y: u16, from: u16, width: u16) {
        let width = width.min(self.buf.area().right().saturating_sub(from));
        self.spell((from, y), std::iter::repeat_n(self.theme.rule(), usize::from(width)), Role::Plain);
    }
}

/// Text for the plain character set: accents taken off, the unknown as `?`, the same number of cells.
#[must_use]
pub fn transliterated(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for grapheme in text.graphemes(true) {
        let plain: String = grapheme.nfkd().filter(char::is_ascii).collect();
        match (plain.width() == grapheme.width(), grapheme) {
            (true, _) => out.push_str(&plain),
            (false, "ł") => out.push('l'),
            (false, "Ł") => out.push('L'),
            (false, "ø") => out.push('o'),
            (false, "Ø") => out.push('O'),
            (false, "–" | "—") => out.push('-'),
            (false, "’" | "‘") => out.push('\''),
            (false, _) => out.push_str(&"?".repeat(grapheme.width())),
        }
    }
    out
}

/// The beginning of a text, with two dots for the rest.
fn cut(text: &str, room: usize) -> String {
    let keep = room.saturating_sub(2);
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        if used + grapheme.width() > keep {
            break;
        }
        used += grapheme.width();
        out.push_str(grapheme);
    }
    out.push_str(&".."[..room.min(2)]);
    out
}

/// The text itself where it fits, else its beginning.
fn cut_to(text: &str, room: usize) -> String {
    if text.width() > room { cut(text, room) } else { text.to_owned() }
}

/// The rows of a list that are on the screen: page-aligned, so that no scroll offset needs to be remembered.
#[must_use]
pub fn window(cursor: usize, len: usize, rows: usize) -> std::ops::Range<usize> {
    let rows = rows.max(1);
    let start = cursor / rows * rows;
    start..len.min(start + rows)
}

/// Lines with their tones, from one of them on.
fn toned(canvas: &mut Canvas<'_>, area: Rect, (from, rows): (usize, usize), all: &[(String, Tone)]) {
    for (y, (text, tone)) in (area.y..area.bottom()).zip(all.iter().skip(from).take(rows)) {
        let role = match tone {
            Tone::Plain => Role::Plain,
            Tone::Strong => Role::Strong,
            Tone::Changed => Role::Changed,
        };
        canvas.put((1, y), usize::from(area.width) - 1, text, role);
    }
}

/// In the rule below: how much there is that has no room.
fn more_below(canvas: &mut Canvas<'_>, area: Rect, lines: usize) {
    if lines > 0 {
        let s = if lines == 1 { "" } else { "s" };
        let more = format!(" {lines} more line{s}: Down or PgDn ");
        let from = area.width.saturating_sub(u16::try_from(more.width()).unwrap_or(0) + 2);
        canvas.put((from, area.bottom()), more.width(), &more, Role::Strong);
    }
}

/// Draws the model.
pub fn render(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut canvas = Canvas { buf: frame.buffer_mut(), theme };
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 || model.too_small() {
        return too_small(model, &mut canvas, area);
    }
    header(model, &mut canvas, area);
    let head = if matches!(model.step, Step::Home(_)) { 1 } else { 3 };
    let body = Rect::new(0, head, area.width, area.height - head - 3);
    canvas.rule(area.height - 3, 0, area.width);
    let asked = model.sign_in.as_ref().filter(|_| model.asks());
    let (main, pane) = if asked.is_some() || model.overlay.is_some() { (body, None) } else { panes(&model.step, body) };
    let cursor = match (&model.overlay, &model.step) {
        _ if let Some(asked) = asked => signin::render(asked, &mut canvas, body),
        (Some(overlay), _) => help::render(model, overlay, &mut canvas, body),
        (None, Step::Home(s)) => home::render(s, &model.desk, &mut canvas, main),
        (None, Step::Kind(s)) => kind::render(s, &model.desk, &mut canvas, main),
        (None, Step::Details(s)) => details::render(s, &model.desk, &mut canvas, main, pane.is_some()),
        (None, Step::Review(s)) => review::render(s, &model.desk, &mut canvas, main),
        (None, Step::Submit(s)) => submit::render(s, &model.desk, &mut canvas, main),
        (None, Step::Order(s)) => order::render(s, &model.desk, &mut canvas, main),
    };
    if let Some(pane) = pane {
        summary::render(model, &mut canvas, pane);
    }
    footer(model, &mut canvas, area);
    let cursor = cursor.unwrap_or(Position::new(0, head.min(area.height - 1)));
    frame.set_cursor_position(cursor);
}

/// What one works in, and beside it the pane that only repeats what can be had without it, where there is room.
fn panes(step: &Step, body: Rect) -> (Rect, Option<Rect>) {
    let columns = match step {
        Step::Home(_) | Step::Kind(_) => layout::list(body.width),
        Step::Details(_) | Step::Review(_) | Step::Submit(_) => layout::main(body.width),
        // It has what it shows from nowhere else.
        Step::Order(_) => body.width,
    };
    let main = Rect { width: columns, ..body };
    let rest = body.width - columns;
    (main, (rest > 0).then_some(Rect { x: columns, width: rest, ..body }))
}

fn too_small(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let name = if model.desk.session.sandbox { "mobproc SANDBOX" } else { "mobproc" };
    let size = format!("{name}: {}x{} is too small, {}x{} needed.", area.width, area.height, SMALLEST.0, SMALLEST.1);
    let text = if model.leaving() {
        format!("{name}: ^C again leaves, Esc stays.")
    } else if area.height > 2 {
        format!("{size} All is kept. Keys are ignored except ^C.")
    } else {
        format!("{name}: too small, all kept")
    };
    let lines = crate::app::lines::wrap(&text, usize::from(area.width).max(8));
    for (y, line) in (0..area.height).zip(&lines) {
        canvas.put((0, y), usize::from(area.width), line.trim_end(), Role::Plain);
    }
}

fn header(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let desk = &model.desk;
    let kind = desk
        .draft
        .kind
        .filter(|_| !matches!(model.step, Step::Home(_) | Step::Kind(_) | Step::Order(_)))
        .map_or("", |k| k.id);
    let (number, name) = match &model.step {
        Step::Order(_) => (0, "ORDER"),
        Step::Home(_) => (1, "who"),
        Step::Kind(_) => (2, "what"),
        Step::Details(_) => (3, "details"),
        Step::Review(_) => (4, "REVIEW"),
        Step::Submit(s) => (5, submit::title(s)),
    };
    let place = if desk.session.sandbox { "SANDBOX".into() } else { desk.session.profile.clone() };
    let wide = area.width >= layout::NARROW;
    let left = if wide { format!(" mobproc  {place}  {kind}") } else { format!(" {place} {kind}") };
    let right = match (number, wide) {
        (0, _) => format!("{name} "),
        (_, true) => format!("Step {number} of 5  {name} "),
        (_, false) => format!("{number}/5 {name} "),
    };
    let from = area.width.saturating_sub(u16::try_from(right.width()).unwrap_or(0));
    canvas.put((0, 0), usize::from(from), &left, Role::Reverse);
    canvas.fill((0, 0), area.width, Role::Reverse);
    canvas.put((from, 0), right.width(), &right, Role::Reverse);
    if matches!(model.step, Step::Home(_)) {
        return;
    }
    if let Step::Order(state) = &model.step {
        // Alone on its line and from the first column on, so that a double click takes the id and nothing else.
        canvas.put((0, 1), usize::from(area.width), state.id.as_str(), Role::Strong);
    } else {
        whom(model, canvas, area);
    }
    canvas.rule(2, 0, area.width);
}

/// The second row: for whom, and what stands on the right of it.
fn whom(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let desk = &model.desk;
    let person = desk.draft.who.as_ref().and_then(|w| w.person());
    let wide = area.width >= layout::NARROW;
    let name = person.map(|p| if wide { p.with_login() } else { p.listed() }).unwrap_or_default();
    let right = match &model.step {
        Step::Details(s) => {
            let (done, of) = crate::domain::rows::done(&desk.draft, s.form());
            format!("{done} of {of} required done ")
        }
        Step::Review(_) | Step::Submit(_) if wide => format!("by {}  ref {} ", desk.session.login, desk.draft.number),
        Step::Home(_) | Step::Kind(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => String::new(),
    };
    let from = area.width.saturating_sub(u16::try_from(right.width()).unwrap_or(0));
    let lead = if wide { " FOR " } else { " " };
    let at = canvas.put((0, 1), usize::from(from), lead, Role::Plain);
    let name_room = usize::from(from.saturating_sub(at + 1));
    let at = at + canvas.put((at, 1), name_room, &name, Role::Strong);
    // As much as fits, and never without saying that somebody has left: names and logins repeat.
    let line = desk.draft.one(crate::domain::slots::SlotId::Service).map(|l| format!("  line {}", l.name));
    let inactive = person.filter(|p| p.inactive()).map(|p| format!("  {}", p.status)).unwrap_or_default();
    let department = person.and_then(|p| p.department.as_ref()).map(|d| format!("  {d}")).unwrap_or_default();
    let offers = [
        format!("{department}{inactive}{}", line.clone().unwrap_or_default()),
        format!("{department}{inactive}"),
        inactive,
        line.unwrap_or_default(),
    ];
    // Two blanks keep it apart from what stands on the right.
    let room = usize::from(from.saturating_sub(at)).saturating_sub(if right.is_empty() { 0 } else { 2 });
    if let Some(more) = offers.iter().find(|o| !o.is_empty() && o.width() <= room) {
        canvas.put((at, 1), more.width(), more, Role::Plain);
    }
    canvas.put((from, 1), right.width(), &right, Role::Plain);
}

/// When the draft was written down, beside the hint, where it has room.
fn saved(model: &Model, canvas: &mut Canvas<'_>, area: Rect, used: usize) {
    let text = match (&model.desk.saved, &model.desk.session.keeping) {
        (Some(Ok(at)), Keeping::Kept | Keeping::Opening) => format!("saved {at}"),
        (Some(Ok(_)), Keeping::Unkept(_)) => "kept until you leave".to_owned(),
        (Some(Err(_)), _) => "NOT SAVED".to_owned(),
        (None, _) => return,
    };
    let from = usize::from(area.width).saturating_sub(text.width() + 1);
    if used + 4 <= from {
        canvas.put((u16::try_from(from).unwrap_or(0), area.height - 2), text.width(), &text, Role::Plain);
    }
}

fn footer(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let width = usize::from(area.width);
    if let Some((level, text)) = &model.desk.message() {
        let (mark, role) = match level {
            Level::Help => ("", Role::Plain),
            Level::Warning => ("! ", Role::Strong),
            Level::Error => ("! ", Role::Error),
        };
        // The rule gives way to the first line of a message that needs two.
        let lines = crate::app::lines::wrap(&format!("{mark}{text}"), width.saturating_sub(2));
        // On the review the last row above must stay in sight: it is what `y` stands for.
        let rows = lines.len().min(if matches!(model.step, Step::Review(_)) { 2 } else { 4 });
        for (at, line) in lines.iter().take(rows).enumerate() {
            let y = area.height - 2 - u16::try_from(rows - 1 - at).unwrap_or(0);
            canvas.put((0, y), width, &" ".repeat(width), Role::Plain);
            // What has no room is not passed over in silence.
            let more = at + 1 == rows && rows < lines.len();
            let shown = if more { format!("{} ..", cut_to(line, width.saturating_sub(5))) } else { line.clone() };
            canvas.put((1, y), width - 2, &shown, role);
        }
    } else if model.overlay.is_none() && !model.asks() {
        let hint = match &model.step {
            Step::Home(s) => home::hint(s, &model.desk),
            Step::Kind(s) => kind::hint(s, &model.desk),
            Step::Details(s) => details::hint(s, &model.desk),
            Step::Review(s) => review::hint(s, &model.desk),
            Step::Submit(s) => submit::hint(s),
            Step::Order(s) => order::hint(s, &model.desk),
        };
        // A hint that needs two lines has them where no count stands in the rule above.
        let lines = crate::app::lines::wrap(&hint, width - 2);
        let free = match &model.step {
            Step::Kind(_) | Step::Home(_) => true,
            Step::Review(s) => s.shown().is_none(),
            Step::Details(_) | Step::Submit(_) | Step::Order(_) => false,
        };
        let two = lines.len() == 2 && free;
        let shown = if two { lines } else { vec![hint] };
        for (line, y) in shown.iter().zip(area.height - 1 - u16::from(two) - 1..) {
            canvas.put((0, y), width, &" ".repeat(width), Role::Plain);
            canvas.put((1, y), width - 2, line, Role::Plain);
        }
        if let (Step::Details(_), [line]) = (&model.step, shown.as_slice()) {
            saved(model, canvas, area, line.width());
        }
    }
    key_line(model, canvas, area);
}

/// The last row: keys, reversed, and what they do.
fn key_line(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let y = area.height - 1;
    let mut x = 0;
    for (at, (key, label)) in keys::items(model, area.width).iter().enumerate() {
        x += if at == 0 { 1 } else { keys::gap(area.width) };
        let room = |x: u16| usize::from(area.width.saturating_sub(x));
        let from = x;
        x += canvas.put((x, y), room(x), key, Role::Reverse) + 1;
        x += canvas.put((x, y), room(x), label, Role::Plain);
        // The item that Tab is on is reversed as a whole, as any focus is.
        if matches!(&model.step, Step::Review(s) if s.shown().is_some() && s.button == Some(at) && !s.typing())
            && model.overlay.is_none()
            && !model.asks()
        {
            canvas.put((from - 1, y), 1, ">", Role::Strong);
            canvas.fill((from, y), x - from, Role::Reverse);
        }
    }
}
