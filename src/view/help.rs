//! Dialogs over the screen: actions and help, built from the same table as the keys; and the question before leaving.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::theme::Role;
use crate::app::overlay::{self, Overlay, menu};
use crate::app::{Model, Step};

/// What the menu says below its actions.
const NOTES: [&str; 5] = [
    "Moving   Tab Enter Down = next      Shift-Tab Up = back",
    "Lists    type = filter   Tab then 1-9 = that row   Enter = highlighted row",
    "Dates    t  +7  fri  22  22 dec  2026-12-22",
    "Esc      one level back. Never loses data, never leaves.  ^G does the same.",
    "Marks    * required   ! wrong   ~ server differs   + added   - not available",
];

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
        Overlay::Body(from) => body(model, *from, canvas, area),
    }
}

/// The exact body that would be sent.
fn body(model: &Model, from: usize, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let width = usize::from(area.width);
    canvas.put(
        (1, area.y),
        width - 2,
        if area.width < 60 {
            "The JSON that y sends"
        } else {
            "The JSON that y sends; a secret stands there as ********."
        },
        Role::Strong,
    );
    let lines = overlay::body_lines(model);
    for (y, line) in (area.y + 1..area.bottom()).zip(lines.iter().skip(from)) {
        canvas.put((1, y), width - 1, line, Role::Plain);
    }
    super::more_below(canvas, area, lines.len().saturating_sub(from + usize::from(area.height) - 1));
    None
}

fn actions(model: &Model, cursor: usize, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let width = usize::from(area.width);
    canvas.put((1, area.y), width - 2, "Actions and help", Role::Strong);
    let lines = menu(model);
    let rows = usize::from(area.height.saturating_sub(1));
    let shown = super::window(cursor, lines.len(), rows);
    let mut place = Position::new(1, area.y);
    let mut y = area.y + 1;
    for (at, binding) in lines.iter().enumerate().skip(shown.start).take(shown.len()) {
        let role = if at == cursor { Role::Reverse } else { Role::Plain };
        let key = binding.keys.first().map(|k| k.name()).unwrap_or_default();
        if at == cursor {
            canvas.put((1, y), 1, ">", Role::Strong);
            place = Position::new(1, y);
        }
        canvas.put((3, y), width - 4, &format!("{} {key:<4} {}", (at + 1) % 10, binding.label), role);
        y += 1;
    }
    for note in NOTES {
        y += u16::from(note == NOTES[0]);
        if y < area.bottom() {
            canvas.put((3, y), width - 4, note, Role::Plain);
        }
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
