//! The server's confirmation, line by line, scrolled; the layout itself is data of the step.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::Canvas;
use super::theme::Role;
use crate::app::desk::Desk;
use crate::app::layout::NARROW;
use crate::app::lines::wrap;
use crate::app::review::{Phase, State, body_rows, width};
use crate::domain::slots::SlotId;

pub(super) fn render(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let across = usize::from(area.width);
    match &state.phase {
        Phase::Asking => {
            canvas.put(
                (1, area.y + 1),
                across - 2,
                "Asking the server to check the order. Nothing is ordered yet.",
                Role::Plain,
            );
        }
        Phase::Failed(fault, during) => {
            // What mends it stands below, where nothing hides it.
            let text = [fault.to_string(), fault.means(*during).to_owned(), "Esc goes back to the fields.".to_owned()];
            let mut y = area.y + 1;
            for (at, part) in text.iter().enumerate() {
                for line in wrap(part, across.min(100) - 4).iter().take(usize::from(area.bottom().saturating_sub(y))) {
                    canvas.put((2, y), across - 3, line, if at == 0 { Role::Error } else { Role::Plain });
                    y += 1;
                }
                y += u16::from(at == 0);
            }
        }
        Phase::Shown(shown) => {
            let narrow = area.width < NARROW;
            let place = if desk.session.sandbox { "SANDBOX. " } else { "" };
            let offers = ["The server checked the order and read it so:", "The server read it so:", ""];
            let texts = offers.map(|what| format!("{place}Nothing is ordered yet. {what}"));
            let text = texts.iter().find(|t| t.width() < across - 1).unwrap_or(&texts[2]);
            canvas.put((1, area.y), across - 2, text, Role::Strong);
            let all = shown.lines(width(desk.size));
            let rows = body_rows(desk.size);
            let top = area.y + if narrow { 1 } else { 2 };
            let below = Rect::new(area.x, top, area.width, area.bottom().saturating_sub(top));
            super::toned(canvas, below, (state.scroll, rows), &all);
            super::more_below(canvas, area, all.len().saturating_sub(state.scroll + rows));
        }
    }
    None
}

pub(super) fn hint(state: &State, desk: &Desk) -> String {
    if let Some(typed) = state.guard.as_ref().map(|g| &g.typed) {
        let line = desk.draft.one(SlotId::Service).map(|l| l.name.to_string()).unwrap_or_default();
        return format!("Last 4 digits of {line}: {}_", typed.text());
    }
    if let Phase::Failed(fault, _) = &state.phase {
        return fault.mend().to_owned();
    }
    let Some(shown) = state.shown() else { return String::new() };
    if let Some(why) = shown.review.blocks.first() {
        return format!("! Cannot be submitted: {why}");
    }
    if !state.read_to_the_end(desk.size) {
        return if desk.size.0 < NARROW {
            "PgDn shows the rest; then y submits.".into()
        } else {
            "Down or PgDn shows the rest; y works once the last line was shown.".into()
        };
    }
    let warnings = shown.review.cautions.len();
    if warnings > 0 {
        let s = if warnings == 1 { "" } else { "s" };
        return format!(
            "{warnings} warning{s}, marked !, and {} differences. Read them before you submit.",
            shown.review.differences()
        );
    }
    match shown.review.differences() {
        0 if desk.draft.kind.is_some_and(|k| k.guarded) => {
            "! It cannot be taken back. y asks for the line's last digits, then submits.".into()
        }
        0 => "Everything is as you asked. y submits.".into(),
        1 => "1 line is marked and needs a look. Ask the caller before you submit.".into(),
        n => format!("{n} lines are marked and need a look. Ask the caller before you submit."),
    }
}
