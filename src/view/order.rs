//! A placed order: its id alone on its line, then what is known of it, scrolled; the layout itself is data of the step.

use ratatui::layout::{Position, Rect};

use super::{Canvas, more_below};
use crate::app::desk::Desk;
use crate::app::order::State;
use crate::app::review::{body_rows, width};

pub(super) fn render(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let all = state.lines(desk, width(desk.size));
    let rows = body_rows(desk.size).min(usize::from(area.height));
    super::toned(canvas, area, (state.scroll, rows), &all);
    more_below(canvas, area, all.len().saturating_sub(state.scroll + rows));
    None
}

pub(super) fn hint(state: &State, desk: &Desk) -> String {
    match state.found(desk) {
        Some(_) => "^R reads it again; Esc goes back.".into(),
        None => "Esc goes back.".into(),
    }
}
