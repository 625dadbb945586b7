//! Dialogs over the screen: actions and help, built from the same table as the keys; and questions with their answers.

use ratatui::layout::{Position, Rect};

use super::theme::{Role, Theme};
use super::{Canvas, transliterated};
use crate::app::layout::NARROW;
use crate::app::overlay::{self, Overlay};
use crate::app::question::Question;
use crate::app::{Model, text_of};
use crate::domain::text::Clean;

pub(super) fn render(model: &Model, overlay: &Overlay, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    match overlay {
        Overlay::Menu(cursor) => Some(actions(model, *cursor, canvas, area)),
        Overlay::Told(text) => {
            let width = usize::from(area.width).min(100).saturating_sub(4);
            let mut lines = crate::app::lines::wrap(text, width);
            lines.extend([String::new(), "Enter goes on.".to_owned()]);
            said(&lines, canvas, area);
            None
        }
        Overlay::Leave(_) | Overlay::Discard(_) | Overlay::Held(..) => {
            Question::of(model, overlay).map(|asked| question(&asked, canvas, area))
        }
        Overlay::Body(from) => body(model, *from, canvas, area),
        // It is not drawn, but written beside all drawing.
        Overlay::Aside => None,
    }
}

/// The exact body that would be sent.
fn body(model: &Model, from: usize, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let width = usize::from(area.width);
    canvas.put(
        (1, area.y),
        width - 2,
        if area.width < NARROW {
            "The JSON that y sends"
        } else {
            "The JSON that y sends; a secret stands there as ********."
        },
        Role::Strong,
    );
    let lines = overlay::body_lines(model);
    let (from, _) = overlay::body_from(model, from);
    for (y, line) in (area.y + 1..area.bottom()).zip(lines.iter().skip(from)) {
        canvas.put((1, y), width - 1, line, Role::Plain);
    }
    super::more_below(canvas, area, lines.len().saturating_sub(from + usize::from(area.height) - 1));
    None
}

/// The screen below as plain text, line by line: for selecting, and for magnifiers.
#[must_use]
pub fn aside(model: &Model, theme: &Theme) -> Vec<String> {
    let text = text_of::fitted(&text_of::text(model), usize::from(model.desk.size.0));
    let last = [String::new(), "Press Enter or Esc to go back.".to_owned()];
    // What others wrote is in it.
    let clean = text.into_iter().chain(last).map(|line| Clean::new(line.trim_end()).to_string());
    clean.map(|line| if theme.ascii { transliterated(&line) } else { line }).collect()
}

fn actions(model: &Model, cursor: usize, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let width = usize::from(area.width);
    let page = overlay::menu_page(model, cursor);
    let (at, of) = page.of;
    let more = if of > 1 { format!(", page {at} of {of}") } else { String::new() };
    canvas.put((1, area.y), width - 2, &format!("Actions and help{more}"), Role::Strong);
    let mut place = Position::new(1, area.y);
    let mut y = area.y + 1;
    for (at, (digit, binding)) in page.lines.iter().enumerate() {
        let here = page.cursor == Some(at);
        let key = binding.keys.first().map(|k| k.name()).unwrap_or_default();
        if here {
            canvas.put((1, y), 1, ">", Role::Strong);
            place = Position::new(1, y);
        }
        let role = if here { Role::Reverse } else { Role::Plain };
        canvas.put((3, y), width - 4, &format!("{digit} {key:<4} {}", binding.label), role);
        y += 1;
    }
    y += u16::from(!page.lines.is_empty());
    for note in &page.notes {
        canvas.put((3, y), width - 3, note, Role::Plain);
        y += 1;
    }
    place
}

/// Lines of their own, the first of which says what it is about.
fn said(lines: &[String], canvas: &mut Canvas<'_>, area: Rect) {
    let width = usize::from(area.width);
    for (y, text) in (area.y + 1..area.bottom()).zip(lines) {
        canvas.put((3, y), width - 4, text, if y == area.y + 1 { Role::Strong } else { Role::Plain });
    }
}

/// A question and its numbered answers, one of them highlighted.
fn question(question: &Question, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    said(&question.asked, canvas, area);
    let first = area.y.saturating_add(1).saturating_add(u16::try_from(question.asked.len()).unwrap_or(u16::MAX));
    let mut place = Position::new(1, first);
    for (y, (at, answer)) in (first..area.bottom()).zip(question.answers.iter().enumerate()) {
        let here = at == question.cursor;
        if here {
            canvas.put((1, y), 1, ">", Role::Strong);
            place = Position::new(1, y);
        }
        let role = if here { Role::Reverse } else { Role::Plain };
        canvas.put((3, y), usize::from(area.width) - 4, &format!("{}  {answer}", at + 1), role);
    }
    place
}
