//! The form: marks in the first columns, label, value, and on the right what is known about it. A list opens under its row.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::theme::Role;
use super::{Canvas, picker, window};
use crate::app::desk::Desk;
use crate::app::details::{Edit, State, changes, ghost, numbered, panel_rows, reading};
use crate::app::input::TextBox;
use crate::app::layout::NARROW;
use crate::app::lines::wrap;
use crate::domain::cautions;
use crate::domain::choice::About;
use crate::domain::date::{self, Date};
use crate::domain::draft::{Answer, By};
use crate::domain::field::MASK;
use crate::domain::money::Money;
use crate::domain::rows::{Entry, Row, State as RowState};
use crate::domain::slots::SlotId;
use crate::domain::text::Clean;

/// Columns of the marks.
const MARKS: u16 = 4;

/// Where an answer is from that nobody typed.
const SOURCES: [&str; 2] = ["filled in", "the only one"];

/// The form; its open list stands under its field, unless it stands beside the form.
pub(super) fn render(
    state: &State,
    desk: &Desk,
    canvas: &mut Canvas<'_>,
    area: Rect,
    beside: bool,
) -> Option<Position> {
    if area.width < NARROW
        && let (Some(row), Some(listing)) = (state.focused(), state.listing())
    {
        return picker::alone((state, desk), canvas, row, listing, area);
    }
    let form: Vec<&Row> = state.form().iter().filter(|r| state.shows(desk, r)).collect();
    let cautions = cautions::all(&desk.draft, &desk.cache, desk.today);
    // What is read page by page has the rows that its pages are counted in.
    let used = if state.reads() { 0 } else { pending(desk, canvas, area) };
    let area = Rect::new(area.x, area.y + used, area.width, area.height.saturating_sub(used));
    let shut = state.reads() && state.list.is_none();
    let (used, listed) = if shut { (0, None) } else { refusals(state, &form, canvas, area) };
    let used = used.min(area.height.saturating_sub(3));
    let area = Rect::new(area.x, area.y + used, area.width, area.height.saturating_sub(used));
    let narrow = area.width < NARROW;
    let per_row = if narrow { 2 } else { 1 };
    let focus = form.iter().position(|r| r.id == state.focus).unwrap_or(0);
    let listing = state.listing().filter(|_| !beside && !form.is_empty());
    let panel =
        form.get(focus).map(|r| reading(r, desk)).filter(|_| matches!(state.edit, Edit::Read(_))).unwrap_or_default();
    let frame = listing.map_or(0, |l| picker::height(l, form.get(focus).copied(), desk))
        + u16::try_from(panel.len().min(panel_rows(desk))).unwrap_or(0);
    // With a list open the rows above give way to it, and the rows below to both.
    let room = usize::from(area.height.saturating_sub(frame)).max(per_row) / per_row;
    let shown = if frame > 0 { focus.saturating_sub(room - 1)..form.len() } else { window(focus, form.len(), room) };
    // Wide enough for the longest label that leaves values most of the row; whole sentences are cut.
    let most = usize::from(area.width) * 9 / 20;
    let longest = form.iter().map(|r| r.label.width() + 2).filter(|w| *w <= most).max().unwrap_or(0);
    let label = u16::try_from(longest).unwrap_or(0).max(14);
    let mut y = area.y;
    let (mut cursor, mut drawn) = (listed, 0);
    for (at, row) in form.iter().enumerate().skip(shown.start).take(shown.len()) {
        if y + per_row as u16 > area.bottom() {
            break;
        }
        let here = at == focus && state.list.is_none();
        let place =
            draw((state, desk), canvas, row, Rect::new(0, y, area.width, per_row as u16), (label, here, &cautions));
        y += per_row as u16;
        drawn = at + 1;
        if here {
            cursor = Some(place);
            let below = Rect::new(0, y, area.width, area.bottom().saturating_sub(y));
            y += read(state, desk, canvas, &panel, below);
            if let Some(listing) = listing {
                let below = Rect::new(3, y, area.width - 4, area.bottom().saturating_sub(y));
                y += picker::render((state, desk), canvas, row, listing, below);
            }
        }
    }
    let below = form.len().saturating_sub(drawn);
    let reads_on = matches!(state.edit, Edit::Read(from) if from + panel_rows(desk) < panel.len());
    if below > 0 && !reads_on {
        let more = format!(" {below} more below ");
        let from = area.width.saturating_sub(u16::try_from(more.width()).unwrap_or(0) + 2);
        canvas.put((from, area.bottom()), more.width(), &more, Role::Strong);
    }
    cursor
}

/// What is to be read, below its field; returns how many rows it took.
fn read(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, text: &[String], area: Rect) -> u16 {
    let Edit::Read(from) = state.edit else { return 0 };
    let side = canvas.theme.frame()[4].to_string();
    let mut rows = 0;
    for (y, line) in (area.y..area.bottom()).zip(text.iter().skip(from).take(panel_rows(desk))) {
        canvas.put((MARKS, y), 1, &side, Role::Plain);
        canvas.put((MARKS + 2, y), usize::from(area.width.saturating_sub(MARKS + 3)), line, Role::Plain);
        rows += 1;
    }
    let more = text.len().saturating_sub(from + usize::from(rows));
    if more > 0 {
        let more = format!(" {more} more to read: PgDn ");
        let x = area.width.saturating_sub(u16::try_from(more.width()).unwrap_or(0) + 2);
        canvas.put((x, area.bottom()), more.width(), &more, Role::Strong);
    }
    rows
}

/// What was given from outside and no field has taken, above the form; returns how many rows it took.
fn pending(desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> u16 {
    let all: Vec<_> = desk.draft.pending.iter().filter_map(|g| Some(g.spoken()?.to_string())).collect();
    if all.is_empty() {
        return 0;
    }
    let text = format!("! Given, and no field takes it so far: {}", all.join(", "));
    let lines = wrap(&text, usize::from(area.width).saturating_sub(2));
    let rows = lines.len().min(usize::from(area.height / 6).max(1));
    for (y, line) in (area.y..area.bottom()).zip(lines.iter().take(rows)) {
        canvas.put((1, y), usize::from(area.width) - 2, line, Role::Strong);
    }
    u16::try_from(rows + 1).unwrap_or(0)
}

/// The list of what the server refused, above the form; how many rows it took, and where it has the cursor.
fn refusals(state: &State, form: &[&Row], canvas: &mut Canvas<'_>, area: Rect) -> (u16, Option<Position>) {
    let width = usize::from(area.width);
    let open: Vec<_> = state.refusals.iter().collect();
    if open.is_empty() {
        return (0, None);
    }
    let s = if open.len() == 1 { "" } else { "s" };
    canvas.put(
        (1, area.y),
        width - 2,
        &format!("! {} problem{s} from the server. Nothing was ordered. Correct, then ^O.", open.len()),
        Role::Error,
    );
    let most = usize::from(area.height / 6).max(1);
    let mut y = area.y + 1;
    let from = state.list.map_or(0, |at| (at + 1).saturating_sub(most));
    let mut place = None;
    for (at, refusal) in open.iter().enumerate().skip(from).take(most) {
        let label = refusal.field.as_ref().and_then(|f| form.iter().find(|r| r.id == *f)).map(|r| r.label.to_string());
        let since = if refusal.changed { "  (changed since)" } else { "" };
        let words = refusal.error.spoken();
        let text = match label {
            Some(label) => format!("{} {label}: {words}{since}", at + 1),
            None => format!("{} {words}  Not tied to one field.", at + 1),
        };
        let here = state.list == Some(at);
        if here {
            canvas.put((1, y), 1, ">", Role::Strong);
            place = Some(Position::new(1, y));
        }
        for part in crate::app::lines::wrap(&text, width - 5).into_iter().take(2) {
            canvas.put((3, y), width - 4, &part, if here { Role::Reverse } else { Role::Plain });
            y += 1;
        }
    }
    if open.len() > most {
        canvas.put((3, y), width - 4, &format!("and {} more, each at its field", open.len() - most), Role::Plain);
        y += 1;
    }
    (y + 1 - area.y, place)
}

/// One row; returns where the cursor stands if it has the focus.
fn draw(
    (state, desk): (&State, &Desk),
    canvas: &mut Canvas<'_>,
    row: &Row,
    area: Rect,
    (label, here, cautions): (u16, bool, &[(SlotId, Clean)]),
) -> Position {
    let problem = state.problem(desk, row);
    let role = if here { Role::Reverse } else { Role::Plain };
    // Blanks are left as they are: each style costs bytes on a slow link.
    let marks = [(here, ">", Role::Strong), (problem.is_some(), "!", Role::Error), (row.required, "*", Role::Plain)];
    for (x, (_, mark, role)) in (0..).zip(marks).filter(|(_, (shown, ..))| *shown) {
        canvas.put((x, area.y), 1, mark, role);
    }
    let narrow = area.height > 1;
    let label_room = if narrow { usize::from(area.width) - 5 } else { usize::from(label) - 1 };
    let used = canvas.put((MARKS, area.y), label_room, &row.label, role);
    if here {
        canvas.fill((MARKS, area.y), used.max(if narrow { 10 } else { label - 1 }), Role::Reverse);
    }
    let (x, y) = if narrow { (MARKS + 2, area.y + 1) } else { (MARKS + label, area.y) };
    let room = usize::from(area.width.saturating_sub(x + 1));
    let text_box = match &state.edit {
        Edit::Text(text) if here => Some(text),
        Edit::Pick(picker, open) if here && (*open || !picker.filter.is_empty()) => Some(&picker.filter),
        Edit::Text(_) | Edit::Pick(..) | Edit::Flag | Edit::Read(_) | Edit::Idle => None,
    };
    // A secret is typed unseen.
    let hidden = text_box.filter(|_| row.id.masked()).map(|t| TextBox::new(&"*".repeat(t.text().chars().count())));
    let (mut note, note_role) = note(desk, row, problem.as_deref(), text_box.filter(|_| here), cautions);
    if here && let Some(picks) = picks(state, desk, row) {
        note = if note.is_empty() { format!("{picks} picks") } else { format!("{note}, {picks}") };
    }
    // The note has what the value leaves; where one types there is room to type.
    let taken = text_box.map_or_else(|| value(desk, row).width(), |t| t.text().width().max(12));
    let note_room = if narrow { room / 2 } else { (room * 3 / 5).max(room.saturating_sub(taken + 2)) };
    // Where a value is from matters less than the value.
    if note == SOURCES[0] && value(desk, row).width() + note.width() + 2 > room {
        note.clear();
    }
    let note = super::cut_to(&note, note_room);
    let value_room = room.saturating_sub(note.width() + usize::from(!note.is_empty()) * 2);
    let at = match hidden.as_ref().or(text_box) {
        Some(text) => typed(canvas, text, (x, y), value_room),
        None => {
            canvas.put((x, y), value_room, &value(desk, row), Role::Plain);
            0
        }
    };
    let from = area.width.saturating_sub(u16::try_from(note.width()).unwrap_or(0) + 1);
    canvas.put((from, y), note.width(), &note, note_role);
    Position::new(x + at, y)
}

/// The digits that pick a row of the closed list, where nothing is chosen or typed yet.
fn picks(state: &State, desk: &Desk, row: &Row) -> Option<String> {
    let empty = matches!(&state.edit, Edit::Pick(picker, false) if picker.filter.is_empty());
    let looked_up = matches!(row.entry, Entry::Pick { field: None, .. });
    let rows =
        numbered(desk, row, false).filter(|&n| n > 1 && empty && looked_up && desk.draft.answer(&row.id).is_none())?;
    Some(format!("1-{rows}"))
}

fn typed(canvas: &mut Canvas<'_>, text: &TextBox, at: (u16, u16), room: usize) -> u16 {
    let (shown, cursor) = text.visible(room.saturating_sub(1));
    canvas.put(at, room, &shown, Role::Plain);
    u16::try_from(cursor.min(room)).unwrap_or(0)
}

/// What a row holds, as people read it.
pub(super) fn value(desk: &Desk, row: &Row) -> String {
    match (&row.state, desk.draft.answer(&row.id), &row.entry) {
        (RowState::Waits(what), None, _) => format!("after {what} is chosen"),
        (RowState::Loading, None, _) => "loading ...".into(),
        (RowState::Nothing, None, _) => "nothing is offered".into(),
        (RowState::Failed(fault), None, _) => format!("not loaded: {fault}"),
        (_, None, Entry::Flag) => "no".into(),
        (_, None, Entry::Tick(_)) => "[ ]".into(),
        (_, Some(_), Entry::Tick(_)) => "[x]".into(),
        (_, None, Entry::Note(_)) => "to be read".into(),
        (_, Some(_), Entry::Note(_)) => "read".into(),
        (_, Some(_), _) if row.id.masked() => MASK.into(),
        (_, None, Entry::Pick { many: true, .. }) => "none".into(),
        (_, None, Entry::Pick { .. } | Entry::Text { .. } | Entry::Date(_)) => String::new(),
        (_, Some(Answer::Many(set)), _) if set.len() > 1 => {
            format!("{}: {}", set.len(), set.iter().map(|c| c.spoken().to_string()).collect::<Vec<_>>().join(", "))
        }
        (_, Some(Answer::One(line)), _) if line.line().is_some() => {
            let cells = line.cells.iter().map(|c| &**c).filter(|c| !c.is_empty());
            [&*line.name].into_iter().chain(cells).collect::<Vec<_>>().join("  ")
        }
        (_, Some(Answer::One(row)), _) if matches!(row.about, About::Carrier(Some(_))) => {
            format!("{}  {}", row.name, row.cells.first().map_or("", |c| c))
        }
        (_, Some(answer), _) => answer.spoken().unwrap_or_default().to_string(),
    }
}

/// What stands on the right: what is wrong, else what a date means, a price, a count, or who filled it in.
fn note(
    desk: &Desk,
    row: &Row,
    problem: Option<&str>,
    typing: Option<&TextBox>,
    cautions: &[(SlotId, Clean)],
) -> (String, Role) {
    if let RowState::Failed(_) = row.state {
        return ("^R tries again".into(), Role::Error);
    }
    let date = |text: &str, field: &crate::domain::field::Field| {
        date::typed(text, desk.today, date::Order::of(field.hint.as_deref()))
    };
    if let (Some(ghost), true) = (ghost(desk, row), typing.is_some_and(TextBox::is_empty) && problem.is_none()) {
        return (ghost.spoken(), Role::Plain);
    }
    if let (Entry::Date(field), Some(text)) = (&row.entry, typing) {
        return match (text.is_empty(), date(text.text(), field)) {
            (true, _) => ("for example +7, fri, 22 dec".into(), Role::Plain),
            (false, Ok(day)) => (spoken(desk, day), Role::Plain),
            (false, Err(_)) => ("not a date yet".into(), Role::Plain),
        };
    }
    if let Some(problem) = problem {
        return (problem.to_owned(), Role::Error);
    }
    if let Some((_, caution)) = cautions.iter().find(|(slot, _)| *slot == row.id.slot) {
        return (format!("! {caution}"), Role::Strong);
    }
    let given = desk.draft.given(&row.id);
    let upgrade = cautions::upgrade_from(&desk.draft, &desk.cache).filter(|_| row.id.slot == SlotId::Service);
    if let Some(day) = upgrade {
        return (format!("upgrade since {}", date::named(day)), Role::Plain);
    }
    let text = match (&row.entry, given.map(|g| &g.answer)) {
        (Entry::Date(_), Some(Answer::Text(text))) => text.parse::<Date>().map(|d| spoken(desk, d)).unwrap_or_default(),
        (Entry::Text { field: Some(field), .. }, _) if typing.is_some() => {
            field.guide(typing.map_or(0, |t| t.text().chars().count()))
        }
        (Entry::Text { field: None, max: Some(max) }, _) if typing.is_some() => {
            format!("{} of {max}", typing.map_or(0, |t| t.text().chars().count()))
        }
        (Entry::Pick { many: false, field: Some(field) }, None)
            if field.options().len() <= 9 && inline(field).width() <= 40 =>
        {
            inline(field)
        }
        (_, Some(Answer::One(choice))) if choice.price.is_some() => {
            choice.price.as_ref().map(Money::spoken).unwrap_or_default()
        }
        _ => String::new(),
    };
    let source = match given.map(|g| g.by) {
        Some(By::Default) if !given.is_some_and(|g| g.answer.is_empty()) => SOURCES[0],
        Some(By::Only) => SOURCES[1],
        Some(By::Default | By::User) | None => "",
    };
    (if text.is_empty() { source.into() } else { text }, Role::Plain)
}

fn spoken(desk: &Desk, day: Date) -> String {
    let past = if day < desk.today { "! " } else { "" };
    format!("{past}{}", date::spoken(day, desk.today))
}

/// A short choice's options, numbered: a digit picks.
fn inline(field: &crate::domain::field::Field) -> String {
    let all: Vec<_> = field.options().iter().enumerate().map(|(i, o)| format!("{} {}", i + 1, o.named.name)).collect();
    all.join("  ")
}

pub(super) fn hint(state: &State, desk: &Desk) -> String {
    let Some(row) = state.focused() else { return String::new() };
    if state.list.is_some() {
        return "1-9 or Enter goes to the field; Tab or Esc to the fields below.".into();
    }
    if let Some(problem) = state.problem(desk, row) {
        return format!("! {}: {problem}", row.label);
    }
    let cautions = cautions::all(&desk.draft, &desk.cache, desk.today);
    if let Some((_, caution)) = cautions.iter().find(|(slot, _)| *slot == row.id.slot) {
        return format!("! {caution}");
    }
    let required = if row.required { "Required. " } else { "" };
    let changes = changes(row, desk);
    let how = match (&row.state, &row.entry, &state.edit) {
        (RowState::Failed(fault), ..) => return fault.spoken(crate::domain::fault::During::Reading),
        (RowState::Loading, ..) => "Being loaded; what you type is kept for it.",
        (RowState::Waits(_) | RowState::Nothing, ..) => "",
        (_, Entry::Note(_), _) => "Enter: read it, and go on. PgDn where it is longer than the screen.",
        (_, Entry::Tick(_), _) => "y agrees, n does not; Enter goes on.",
        (_, Entry::Pick { many: true, .. }, Edit::Pick(_, true)) if changes => {
            "Enter: add, remove, leave alone; + and - do it outright."
        }
        (_, Entry::Pick { many: true, .. }, _) if changes => {
            "Enter opens the list. Nothing tells which features the line has."
        }
        (_, Entry::Pick { many: true, .. }, Edit::Pick(_, true)) => {
            "Enter adds or removes the highlighted row; the Done row ends it."
        }
        (_, Entry::Pick { .. }, Edit::Pick(_, true)) => "Type to narrow the list; Enter chooses, Esc closes.",
        (_, Entry::Pick { .. }, _) if desk.draft.answer(&row.id).is_some() => {
            "Enter keeps it; type to choose another, ^U clears."
        }
        (_, Entry::Pick { .. }, _) if numbered(desk, row, false).is_some() => "A digit picks; Enter opens the list.",
        (_, Entry::Pick { .. }, _) => "Type to search; Enter opens the list.",
        (_, Entry::Date(_), _) => "A date: t, +7, fri, 22, 22 dec, 12/22 or 2026-12-22.",
        (_, Entry::Flag, _) => "y or n; Space changes it.",
        (_, Entry::Text { .. }, _) => "Enter takes it and goes on; ^U clears.",
    };
    format!("{required}{how}")
}
