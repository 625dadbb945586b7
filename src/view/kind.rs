//! The types: both categories side by side, codes and letters that never move, the disabled with their reason.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::theme::Role;
use crate::app::desk::Desk;
use crate::app::kind::{State, refusal};
use crate::domain::kinds::{Category, KINDS, Kind};

pub(super) fn render(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let width = usize::from(area.width);
    let used = canvas.put((1, area.y), width - 2, "What is needed?", Role::Strong);
    canvas.put((used + 4, area.y), width, "letter, or two digits", Role::Plain);
    let wide = area.width >= 76;
    let mut cursor = None;
    let first = area.y + if area.height > 8 { 2 } else { 1 };
    let mut places = [first, if wide { first } else { 0 }];
    let half = if wide { area.width / 2 } else { area.width };
    // Narrow and low screens show the page that holds the highlight.
    let rows = usize::from(area.bottom().saturating_sub(first + 2));
    let page = if wide { 0..KINDS.len() } else { super::window(state.cursor, KINDS.len(), rows) };
    for category in [Category::Procurement, Category::Care] {
        let column = usize::from(wide && category == Category::Care);
        let x = if column == 1 { half } else { 0 };
        let title = if category == Category::Procurement { "1 Procurement" } else { "2 Care" };
        if wide {
            canvas.put((x + 3, places[column]), 20, title, Role::Strong);
            places[column] += 1;
        }
        for (at, kind) in KINDS.iter().enumerate().filter(|(at, k)| k.category == category && page.contains(at)) {
            let y = places[column];
            row(kind, desk, canvas, Rect::new(x, y, half, 1), at == state.cursor);
            if at == state.cursor {
                cursor = Some(Position::new(x + 1, y));
            }
            places[column] += 1;
        }
    }
    let below = (places[0].max(places[1]) + 1).min(area.bottom() - 1);
    if let Some(kind) = KINDS.get(state.cursor)
        && below < area.bottom()
    {
        let text = match refusal(desk, kind) {
            Some(why) => format!("- {}: {why}", kind.code),
            None => kind.blurb.to_owned(),
        };
        canvas.put((3, below), width - 4, &text, Role::Plain);
    }
    if wide {
        reasons(desk, canvas, Rect::new(3, below + 2, area.width - 4, area.bottom().saturating_sub(below + 2)));
    }
    cursor
}

/// Why types are not available, where the reason had no room beside them.
fn reasons(desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) {
    let mut grouped: Vec<(String, Vec<&str>)> = Vec::new();
    for kind in &KINDS {
        let Some(why) = refusal(desk, kind) else { continue };
        match grouped.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, codes)) => codes.push(kind.code),
            None => grouped.push((why, vec![kind.code])),
        }
    }
    for (y, (why, codes)) in (area.y..area.bottom()).zip(grouped) {
        canvas.put((area.x, y), usize::from(area.width), &format!("- {}: {why}", codes.join(" ")), Role::Plain);
    }
}

fn row(kind: &Kind, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    let why = refusal(desk, kind);
    let role = if focused { Role::Reverse } else { Role::Plain };
    canvas.put(
        (area.x + 1, area.y),
        1,
        if focused {
            ">"
        } else if why.is_some() {
            "-"
        } else {
            " "
        },
        Role::Strong,
    );
    let letter = kind.letter.to_ascii_uppercase();
    let room = usize::from(area.width).saturating_sub(5);
    canvas.put((area.x + 3, area.y), room, &format!("{} {letter}  {}", kind.code, kind.label), role);
}

pub(super) fn hint(state: &State) -> String {
    match state.digit {
        Some(digit) => format!("{digit}_  the second digit of the code"),
        None => "Enter chooses the highlighted type; its letter or code chooses at once.".into(),
    }
}
