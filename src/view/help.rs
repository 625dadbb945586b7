//! Dialogs over the screen: actions and help, built from the same table as the keys; and the question before leaving.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::theme::Role;
use crate::app::layout::NARROW;
use crate::app::overlay::{self, Overlay, Page};
use crate::app::{Model, Step};

pub(super) fn render(model: &Model, overlay: &Overlay, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    match overlay {
        Overlay::Menu(cursor) => Some(actions(model, *cursor, canvas, area)),
        Overlay::Leave => leave(model, canvas, area),
        Overlay::Told(text) => {
            let width = usize::from(area.width).min(100).saturating_sub(4);
            let mut lines = crate::app::lines::wrap(text, width);
            lines.extend([String::new(), "Enter goes on.".to_owned()]);
            question(&lines, canvas, area);
            None
        }
        Overlay::Held(_, by) => {
            let lines = [
                "Somebody else works on this draft.".to_owned(),
                format!("   {by}"),
                "1  leave it to them".into(),
                "2  take it over; what they type from now on becomes a copy of its own".into(),
            ];
            Some(question(&lines, canvas, area))
        }
        Overlay::Discard => {
            let lines = [
                "Throw this draft away?".to_owned(),
                "1  keep it".into(),
                "2  throw it away; for 7 days ^X on the first screen brings it back".into(),
            ];
            Some(question(&lines, canvas, area))
        }
        Overlay::Text(Page::Json, from) => body(model, *from, canvas, area),
        Overlay::Text(Page::Screen, from) => plain(model, *from, canvas),
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
    let lines = overlay::text_lines(model, Page::Json);
    let from = overlay::text_from(model, Page::Json, from);
    for (y, line) in (area.y + 1..area.bottom()).zip(lines.iter().skip(from)) {
        canvas.put((1, y), width - 1, line, Role::Plain);
    }
    super::more_below(canvas, area, lines.len().saturating_sub(from + usize::from(area.height) - 1));
    None
}

/// The screen below as plain text, from the first column on and with nothing beside it: for selecting, and for magnifiers.
fn plain(model: &Model, from: usize, canvas: &mut Canvas<'_>) -> Option<Position> {
    canvas.buf.reset();
    let area = *canvas.buf.area();
    let lines = overlay::text_lines(model, Page::Screen);
    let rows = overlay::text_rows(model, Page::Screen);
    let from = overlay::text_from(model, Page::Screen, from);
    let area = Rect::new(area.x, area.y, area.width, u16::try_from(rows).unwrap_or(area.height));
    for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(from).take(rows)) {
        canvas.put((0, y), usize::from(area.width), line, Role::Plain);
    }
    super::more_below(canvas, area, lines.len().saturating_sub(from + rows));
    Some(Position::new(0, 0))
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

fn leave(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let desk = &model.desk;
    let open =
        desk.unfinished().count() + usize::from(desk.draft.who.is_some() && !matches!(model.step, Step::Submit(_)));
    let lost = match (open, &desk.session.unkept) {
        (0, _) => "",
        (_, None) => "; what is unfinished is kept",
        (_, Some(_)) => ": what is unfinished is LOST, for it cannot be written down",
    };
    let lines = if model.sending() {
        vec![
            "An order is being sent.".to_owned(),
            "1  stay and see the answer".into(),
            "2  leave the screen; mobproc waits for the answer and prints it".into(),
        ]
    } else {
        let mut lines = vec!["Leave mobproc?".to_owned(), "1  stay".into(), format!("2  leave{lost}")];
        if !matches!(model.step, Step::Submit(_)) && desk.draft.who.is_some() {
            lines.push("3  throw this draft away and go home".into());
        }
        lines
    };
    Some(question(&lines, canvas, area))
}

/// A question and its numbered answers.
fn question(lines: &[String], canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let width = usize::from(area.width);
    for (y, text) in (area.y + 1..area.bottom()).zip(lines) {
        canvas.put((3, y), width - 4, text, if y == area.y + 1 { Role::Strong } else { Role::Plain });
    }
    Position::new(1, area.y + 2)
}
