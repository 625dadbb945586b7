//! The types: both categories side by side, codes and letters that never move, the disabled with their reason.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::theme::Role;
use crate::app::desk::Desk;
use crate::app::kind::{State, orders, refusal};
use crate::app::lines::wrap;
use crate::domain::cache::Progress;
use crate::domain::choice::Choice;
use crate::domain::kinds::{Category, KINDS, Kind};
use crate::domain::lookups::{self, Found};

pub(super) fn render(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let width = usize::from(area.width);
    // What has the keys must be seen: where there is no room for both, the orders take the place of the types.
    if state.order.is_some() && (area.width < 76 || area.height < 18) {
        let mut y = area.y;
        for line in person(desk, width - 4, 2).iter().take(usize::from(area.height / 2)) {
            canvas.put((3, y), width - 4, line, Role::Plain);
            y += 1;
        }
        return orders_of(state, desk, canvas, Rect::new(0, y, area.width, area.bottom().saturating_sub(y)));
    }
    let used = canvas.put((1, area.y), width - 2, "What is needed?", Role::Strong);
    canvas.put((used + 4, area.y), width, "letter, or two digits", Role::Plain);
    let wide = area.width >= 76;
    let mut cursor = None;
    let first = area.y + if area.height > 8 { 2 } else { 1 };
    let mut places = [first, if wide { first } else { 0 }];
    let half = if wide { area.width / 2 } else { area.width };
    // Narrow and low screens show the page that holds the highlight.
    let rows = usize::from(area.bottom().saturating_sub(first));
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
            row(kind, desk, canvas, Rect::new(x, y, half, 1), at == state.cursor && state.order.is_none());
            if at == state.cursor {
                cursor = Some(Position::new(x + 1, y));
            }
            places[column] += 1;
        }
    }
    let gap = u16::from(area.height >= 18 || !wide);
    let mut y = (places[0].max(places[1]) + gap).min(area.bottom());
    let below = KINDS.len() - page.end;
    if below > 0 {
        let more = format!(" {below} more types: Down ");
        let from = area.width.saturating_sub(u16::try_from(more.len()).unwrap_or(0) + 2);
        canvas.put((from, area.bottom()), more.len(), &more, Role::Strong);
    }
    // The rows are needed: further blank ones only where there are many.
    let blank = u16::from(area.height > 22);
    if wide {
        y = reasons(desk, canvas, Rect::new(3, y, area.width - 4, area.bottom().saturating_sub(y))) + blank;
        let lines = person(desk, usize::from(area.width).min(100) - 5, 1 + usize::from(blank));
        for line in lines.iter().take(usize::from(area.bottom().saturating_sub(y + 3))) {
            canvas.put((3, y), width - 4, line, Role::Plain);
            y += 1;
        }
        y += gap;
    }
    orders_of(state, desk, canvas, Rect::new(0, y, area.width, area.bottom().saturating_sub(y))).or(cursor)
}

/// What is known of the chosen person: custom attributes, rights, devices.
fn person(desk: &Desk, width: usize, rows: usize) -> Vec<String> {
    let profile = |lookup| if let Some(Found::Profile(p)) = desk.found_of(lookup) { Some(p) } else { None };
    let mut parts: Vec<String> = profile(&lookups::PROFILE)
        .iter()
        .flat_map(|p| &p.0)
        .map(|(label, value)| format!("{label}: {value}"))
        .collect();
    let approver = profile(&lookups::DIAGNOSTICS).and_then(|p| p.get("IS_ACTOR_APPROVER"));
    parts.extend(approver.map(|yes| format!("Approver: {yes}")));
    let devices = desk.rows_of(&lookups::DEVICES_IN_USE);
    let device = |d: &std::sync::Arc<Choice>| {
        let cells: Vec<_> = d.cells.iter().map(|c| &**c).filter(|c| !c.is_empty()).collect();
        format!("{} ({})", d.name, cells.join(", "))
    };
    let devices = devices.iter().map(device).collect::<Vec<_>>().join("; ");
    let texts = [parts.join("   "), if devices.is_empty() { devices } else { format!("Devices: {devices}") }];
    let mut out = Vec::new();
    for text in texts.iter().filter(|t| !t.is_empty()) {
        // What has no room ends in dots, as everywhere.
        let lines = if rows == 1 { vec![text.clone()] } else { wrap(text, width) };
        out.extend(lines.into_iter().take(rows));
    }
    out
}

/// The person's latest orders; Tab gives them the keys.
fn orders_of(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let all = orders(desk);
    let rows = usize::from(area.height.saturating_sub(1));
    let title = match desk
        .draft
        .who
        .is_some()
        .then_some(())
        .and(lookups::ORDERS.key(&desk.draft))
        .and_then(|k| desk.cache.progress(&k))
    {
        Some(Progress::Failed(_)) => "Last orders: not loaded, ^R tries again",
        Some(Progress::Ready(_)) if all.is_empty() => "No orders so far",
        Some(Progress::Ready(_) | Progress::Loading { .. }) | None if all.is_empty() => "",
        Some(Progress::Ready(_) | Progress::Loading { .. }) | None => "Last orders   Tab, then Enter",
    };
    // A heading alone says nothing.
    if area.height < 1 + u16::from(!all.is_empty()) {
        return None;
    }
    canvas.put((3, area.y), usize::from(area.width) - 4, title, Role::Strong);
    let shown = super::window(state.order.unwrap_or(0), all.len(), rows.max(1));
    let mut cursor = None;
    for (y, at) in (area.y + 1..area.bottom()).zip(shown) {
        let Some(order) = all.get(at) else { break };
        let focused = state.order == Some(at);
        let role = if focused { Role::Reverse } else { Role::Plain };
        if focused {
            canvas.put((1, y), 1, ">", Role::Reverse);
            canvas.fill((1, y), area.width.saturating_sub(2), Role::Reverse);
            cursor = Some(Position::new(1, y));
        }
        super::home::order_row(order, canvas, Rect::new(5, y, area.width.saturating_sub(6), 1), role);
    }
    cursor
}

/// Why types are not available, where the reason had no room beside them. Returns the row below.
fn reasons(desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
    let mut grouped: Vec<(String, Vec<&str>)> = Vec::new();
    for kind in &KINDS {
        let Some(why) = refusal(desk, kind) else { continue };
        match grouped.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, codes)) => codes.push(kind.code),
            None => grouped.push((why, vec![kind.code])),
        }
    }
    let mut below = area.y;
    for (y, (why, codes)) in (area.y..area.bottom()).zip(grouped) {
        canvas.put((area.x, y), usize::from(area.width), &format!("- {}: {why}", codes.join(" ")), Role::Plain);
        below = y + 1;
    }
    below
}

fn row(kind: &Kind, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
    let why = refusal(desk, kind);
    let role = if focused { Role::Reverse } else { Role::Plain };
    for (x, shown, mark) in [(1, focused, ">"), (2, why.is_some(), "-")] {
        if shown {
            canvas.put((area.x + x, area.y), 1, mark, Role::Strong);
        }
    }
    let letter = kind.letter.to_ascii_uppercase();
    let room = usize::from(area.width).saturating_sub(5);
    let mark = if kind.guarded { "  !" } else { "" };
    canvas.put((area.x + 3, area.y), room, &format!("{} {letter}  {}{mark}", kind.code, kind.label), role);
}

pub(super) fn hint(state: &State, desk: &Desk) -> String {
    if state.order.is_some() {
        return "Enter shows the order: status, history, parcels. Esc goes back to the types.".into();
    }
    if let Some(digit) = state.digit {
        return format!("{digit}_  the second digit of the code");
    }
    let Some(kind) = KINDS.get(state.cursor) else { return String::new() };
    match refusal(desk, kind) {
        Some(why) => format!("- {} {}: {why}.", kind.code, kind.label),
        None if kind.guarded => {
            format!("! {} It cannot be taken back.", kind.blurb)
        }
        None => kind.blurb.to_owned(),
    }
}
