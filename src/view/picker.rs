//! The open list of a field, in a frame of its own: under its field, or beside the form where there is room.
//!
//! ```text
//!  +- Plan ------------------------------- 3 of 41 match "tal" -+
//!  |> 1 Nationwide for Business Talk Share Plan   38.69 monthly |
//!  |  Includes: Base Package. 2 optional features.              |
//!  +- Enter choose  Tab then 1-9  Esc close --------------------+
//! ```

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::theme::Role;
use super::{Canvas, window};
use crate::app::desk::Desk;
use crate::app::details::{Edit, Lead, Listing, State, changes, item_lines, list_rows, numbered};
use crate::app::layout::READABLE;
use crate::app::lines::wrap;
use crate::domain::choice::{Change, Choice};
use crate::domain::lookups::Found;
use crate::domain::rows::{Entry, Row};

/// How many rows the open list has for what is known about its highlighted row.
fn more_rows(row: Option<&Row>, desk: &Desk) -> usize {
    let has_more = row.and_then(|r| r.lookup).is_some_and(|l| l.more.is_some());
    if has_more && desk.size.1 >= 22 { 2 } else { 0 }
}

/// Rows of the open list with its frame and what is known of its highlighted row.
pub(super) fn height(listing: &Listing, row: Option<&Row>, desk: &Desk) -> u16 {
    let Some(row) = row else { return 0 };
    let rows = (listing.found.len() + usize::from(listing.lead.is_some())).clamp(1, list_rows(desk, row));
    u16::try_from(rows * item_lines(desk, row) + more_rows(Some(row), desk)).unwrap_or(1) + 2
}

/// The open list in its frame; returns how many rows it took.
pub(super) fn render(
    (state, desk): (&State, &Desk),
    canvas: &mut Canvas<'_>,
    row: &Row,
    listing: &Listing,
    area: Rect,
) -> u16 {
    let (x, width) = (area.x, area.width.min(READABLE));
    let [tl, tr, bl, br, side] = canvas.theme.frame();
    let count = count(state, desk, row, listing);
    border(canvas, (x, area.y), width, (tl, tr), (&format!(" {} ", row.label), &format!(" {count} ")));
    let inner = Rect::new(x + 1, area.y + 1, width - 2, area.height.saturating_sub(2));
    let mut y = inner.y + items((state, desk), canvas, row, listing, inner);
    y += about(state, desk, canvas, row, Rect { y, height: inner.bottom().saturating_sub(y), ..inner });
    for y in inner.y..y {
        for x in [x, inner.right()] {
            canvas.put((x, y), 1, &side.to_string(), Role::Plain);
        }
    }
    let short = numbered(desk, row, true).filter(|_| matches!(&state.edit, Edit::Pick(p, _) if p.filter.is_empty()));
    let digits = short.map_or_else(|| "Tab then 1-9".to_owned(), |rows| format!("1-{rows}"));
    let keys =
        if width < 50 { " Enter choose  Esc close ".into() } else { format!(" Enter choose  {digits}  Esc close ") };
    border(canvas, (x, y), width, (bl, br), (&keys, ""));
    y + 1 - area.y
}

/// The open list where the screen is narrow: it has all of it, what is typed above it.
pub(super) fn alone(
    (state, desk): (&State, &Desk),
    canvas: &mut Canvas<'_>,
    row: &Row,
    listing: &Listing,
    area: Rect,
) -> Option<Position> {
    let Edit::Pick(picker, _) = &state.edit else { return None };
    let width = usize::from(area.width);
    canvas.put((0, area.y), 1, ">", Role::Strong);
    let named = super::cut_to(&row.label, (width / 2).saturating_sub(2));
    let label = canvas.put((2, area.y), width / 2, &format!("{named}: "), Role::Strong);
    let room = width.saturating_sub(usize::from(label) + 3);
    let (shown, at) = picker.filter.visible(room.saturating_sub(1));
    canvas.put((2 + label, area.y), room, &shown, Role::Plain);
    let below = Rect::new(0, area.y + 1, area.width, area.height.saturating_sub(1));
    let y = below.y + items((state, desk), canvas, row, listing, below);
    about(state, desk, canvas, row, Rect { y, height: below.bottom().saturating_sub(y), ..below });
    let count = format!(" {} ", count(state, desk, row, listing));
    let from = area.width.saturating_sub(u16::try_from(count.width()).unwrap_or(0) + 2);
    canvas.put((from, area.bottom()), count.width(), &count, Role::Strong);
    Some(Position::new(2 + label + u16::try_from(at).unwrap_or(0), area.y))
}

/// How many there are, and how many of them fit what is typed.
fn count(state: &State, desk: &Desk, row: &Row, listing: &Listing) -> String {
    let typed = if let Edit::Pick(picker, _) = &state.edit { picker.filter.text() } else { "" };
    let count = if typed.is_empty() {
        format!("{} to choose from", listing.of())
    } else {
        let similar = similar(listing.found.len() - listing.sure);
        format!("{} of {} match \"{typed}\"{similar}", listing.sure, listing.of())
    };
    let key = row.lookup.and_then(|lookup| lookup.key(&desk.draft));
    match key.map_or(0, |key| desk.cache.unreadable(&key)) {
        0 => count,
        missing => format!("{count}, {missing} unreadable"),
    }
}

/// How many rows only resemble what is typed, behind the number of those that match.
pub(super) fn similar(count: usize) -> String {
    if count == 0 { String::new() } else { format!(", {count} similar") }
}

/// The rows of the page that is shown; returns how many rows of the screen they took.
fn items((state, desk): (&State, &Desk), canvas: &mut Canvas<'_>, row: &Row, listing: &Listing, area: Rect) -> u16 {
    let Edit::Pick(picker, _) = &state.edit else { return 0 };
    let lead = usize::from(listing.lead.is_some());
    let (total, rows) = (listing.found.len() + lead, list_rows(desk, row));
    let shown = window(picker.cursor, total, rows);
    if total == 0 {
        let room = usize::from(area.width) - 3;
        canvas.put((area.x + 2, area.y), room, "Nothing fits. ^U clears what you typed.", Role::Plain);
        return 1;
    }
    // Further columns are shown as long as the longest name, or half of the row, has its room.
    let names = listing.found.iter().skip(shown.start.saturating_sub(lead)).take(rows).map(|c| c.name.width() + 2);
    let names = u16::try_from(names.max().unwrap_or(0)).unwrap_or(u16::MAX).min(area.width / 2);
    // The numbers that digits take: those of a short list never move, those of a page are the page's.
    let short = picker.filter.is_empty() && numbered(desk, row, true).is_some();
    let paged = |at: usize| (picker.in_list && !short).then_some(at - shown.start + 1).filter(|d| *d <= 9);
    let lines = u16::try_from(item_lines(desk, row)).unwrap_or(1);
    let mut y = area.y;
    for at in shown.clone() {
        let focused = at == picker.cursor;
        let role = if focused { Role::Reverse } else { Role::Plain };
        let choice = at.checked_sub(lead).and_then(|found| listing.found.get(found).map(|c| (found, c)));
        let height = if choice.is_some() { lines } else { 1 };
        if y + height > area.bottom() {
            break;
        }
        for y in (y..y + height).filter(|_| focused) {
            canvas.fill((area.x, y), area.width, Role::Reverse);
        }
        canvas.put((area.x, y), 1, if focused { ">" } else { " " }, role);
        let place = Rect::new(area.x, y, area.width, height);
        match choice {
            Some((found, choice)) => {
                if found >= listing.sure {
                    canvas.put((area.x + 1, y), 1, "?", role);
                }
                let digit = if short { Some(found + 1) } else { paged(at) };
                choice_row(canvas, desk, row, choice, place, (digit, role, names));
            }
            None => {
                let digit = paged(at).map_or_else(String::new, |d| format!("{d} "));
                let chosen = desk.draft.many(row.id.slot).len();
                let text = format!("{digit}{}", lead_text(listing.lead, chosen, changes(row, desk)));
                canvas.put((area.x + 2, y), usize::from(area.width) - 2, &text, role);
            }
        }
        y += height;
    }
    y - area.y
}

/// What is known about the highlighted row, below the list; returns how many rows it took.
fn about(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, row: &Row, area: Rect) -> u16 {
    let rows = more_rows(Some(row), desk).min(usize::from(area.height));
    let width = usize::from(area.width).saturating_sub(4);
    let more = state.more(desk);
    let text = match more.as_ref().and_then(|k| desk.cache.ready(k)) {
        Some(Found::Text(lines)) => lines.iter().map(|l| &**l).collect::<Vec<_>>().join("  "),
        _ => String::new(),
    };
    let lines = wrap(&text, width);
    for (at, (y, line)) in (area.y..).zip(lines.iter().take(rows)).enumerate() {
        // What has no room ends in dots.
        let cut = if at + 1 == rows && lines.len() > rows { format!("{line} ..") } else { line.to_owned() };
        canvas.put((area.x + 3, y), width, &cut, Role::Plain);
    }
    u16::try_from(rows).unwrap_or(0)
}

/// The row above the matches.
fn lead_text(lead: Option<Lead>, chosen: usize, changes: bool) -> String {
    match lead {
        Some(Lead::Done) if changes => {
            format!("Done ({chosen} to change; nothing tells which ones the line has)")
        }
        Some(Lead::Done) => format!("Done ({chosen} chosen)"),
        Some(Lead::Empty) | None => "(leave it empty)".into(),
    }
}

/// One row of the list: its name, and what else is known of it beside it or below it.
fn choice_row(
    canvas: &mut Canvas<'_>,
    desk: &Desk,
    row: &Row,
    choice: &Choice,
    area: Rect,
    (digit, role, names): (Option<usize>, Role, u16),
) {
    let mut x = area.x + 2;
    if let Some(digit) = digit {
        canvas.put((x, area.y), 2, &digit.to_string(), role);
    }
    x += 2;
    if matches!(row.entry, Entry::Pick { many: true, .. }) {
        let chosen = desk.draft.many(row.id.slot).iter().find(|c| c.id == choice.id);
        let mark = match chosen.map(|c| c.change()) {
            None => "[ ]",
            Some(None) => "[x]",
            Some(Some(Change::Add)) => "[+]",
            Some(Some(Change::Remove)) => "[-]",
        };
        canvas.put((x, area.y), 3, mark, role);
        x += 4;
    }
    if area.height > 1 {
        canvas.put((x, area.y), usize::from(area.right().saturating_sub(x + 1)), &choice.name, role);
        let cells: Vec<_> = choice.cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).collect();
        let room = usize::from(area.right().saturating_sub(x + 1));
        let text = super::cut_to(&cells.join("  "), room);
        let from = area.right().saturating_sub(u16::try_from(text.width()).unwrap_or(0) + 1);
        canvas.put((from, area.y + 1), room, &text, role);
        return;
    }
    let columns = row.lookup.map(|l| l.columns).unwrap_or_default();
    // Columns from the right as long as the name keeps half of the row.
    let mut end = area.right();
    for ((_, width), cell) in columns.iter().zip(&choice.cells).rev() {
        if cell.is_empty() && choice.cells.len() < columns.len() || end.saturating_sub(*width + 1) < x + names {
            continue;
        }
        end -= width + 1;
        canvas.put((end, area.y), usize::from(*width), cell, role);
    }
    canvas.put((x, area.y), usize::from(end.saturating_sub(x + 1)), &choice.name, role);
}

fn border(
    canvas: &mut Canvas<'_>,
    at: (u16, u16),
    width: u16,
    (left, right): (char, char),
    (title, note): (&str, &str),
) {
    let inner = usize::from(width) - 2;
    let rule = canvas.theme.rule();
    let note = if title.width() + note.width() + 2 > inner { "" } else { note };
    let fill = inner.saturating_sub(title.width() + note.width() + 2);
    let line: String = [rule]
        .into_iter()
        .chain(title.chars())
        .chain(std::iter::repeat_n(rule, fill))
        .chain(note.chars())
        .chain([rule])
        .collect();
    canvas.put(at, usize::from(width), &format!("{left}{line}{right}"), Role::Plain);
}
