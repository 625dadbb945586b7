//! The first screen: the box, what it finds, and whose it is that is highlighted.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::theme::Role;
use super::{Canvas, window};
use crate::app::desk::{Desk, Keeping};
use crate::app::home::{Entry, State, latest, page};
use crate::app::layout;
use crate::domain::cache::Progress;
use crate::domain::choice::{Choice, Person};
use crate::domain::directory::{Reading, by_number};
use crate::domain::journal::State as Stage;
use crate::domain::kept::Standing;
use crate::domain::lookups::{self, Found, Lookup};
use crate::domain::text::thousands;

pub(super) fn render(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let width = usize::from(area.width);
    let (kind, query) = state.parts();
    // An order that is repeated for somebody else has its type already.
    let kind = kind.or(desk.draft.kind.filter(|_| desk.draft.who.is_none()));
    let asks = kind.map_or_else(|| "Who is the order for?".to_owned(), |k| format!("{}: who is it for?", k.label));
    let used = canvas.put((1, area.y), width - 2, &asks, Role::Strong);
    let how = "name, login, e-mail or phone number";
    if usize::from(used) + 7 + how.len() <= width {
        canvas.put((used + 6, area.y), width, how, Role::Plain);
    }
    let count = counted(state, desk, query);
    canvas.put((1, area.y + 1), 1, ">", Role::Strong);
    let room = width.saturating_sub(count.width() + 6);
    let (shown, at) = state.who.visible(room);
    canvas.put((3, area.y + 1), room, &shown, Role::Plain);
    let right = width.saturating_sub(count.width() + 1);
    canvas.put((u16::try_from(right).unwrap_or(0), area.y + 1), count.width(), &count, Role::Plain);
    if query.trim().is_empty() && area.width >= layout::NARROW {
        canvas.put(
            (3, area.y + 2),
            width,
            "Quick: type/who, for example   s/edw pe   = suspend, Edwards Peter",
            Role::Plain,
        );
    }
    list(state, desk, canvas, area);
    Some(Position::new(3 + u16::try_from(at.min(room)).unwrap_or(0), area.y + 1))
}

fn counted(state: &State, desk: &Desk, query: &str) -> String {
    let people = &desk.people;
    let there = thousands(people.table.len());
    let missing = missing(people.unreadable);
    let all = match &people.reading {
        Reading::Underway { total: Some(total) } => {
            format!("loading, {there} of {}", thousands(usize::try_from(*total).unwrap_or(usize::MAX)))
        }
        Reading::Underway { total: None } => "loading".into(),
        Reading::Failed(_) if people.table.is_empty() => return "people not loaded, ^R tries again".into(),
        Reading::Failed(_) => format!("only {there} people, ^R tries again"),
        Reading::Whole => match people.as_of {
            Some(since) => format!("{there} people, as of {}{missing}", desk.session.when(since, desk.today)),
            None => format!("{there} people{missing}"),
        },
        Reading::Not => String::new(),
    };
    if query.trim().is_empty() {
        return all;
    }
    let lines = &desk.lines;
    if let Reading::Underway { total } = lines.reading
        && by_number(query)
        && !people.underway()
    {
        let of =
            total.and_then(|t| usize::try_from(t).ok()).map_or_else(String::new, |t| format!(" of {}", thousands(t)));
        return format!("{} match, lines {}{of}", thousands(state.total), thousands(lines.table.len()));
    }
    let found = thousands(state.total);
    let similar = super::picker::similar(state.similar);
    let more = if state.searching() { "..." } else { "" };
    match people.reading {
        Reading::Whole if people.as_of.is_none() && by_number(query) => {
            format!("{found} match{more}{similar}{missing}")
        }
        Reading::Whole if people.as_of.is_none() => format!("{found} of {there} match{more}{similar}{missing}"),
        Reading::Whole | Reading::Not | Reading::Underway { .. } | Reading::Failed(_) => {
            format!("{found} match{more}{similar}, {all}")
        }
    }
}

/// What is said behind a list's count or name where entries of it could not be read.
fn unreadable(desk: &Desk, lookup: &Lookup) -> String {
    missing(lookup.key(&desk.nobody()).map_or(0, |key| desk.cache.unreadable(&key)))
}
fn missing(count: usize) -> String {
    if count == 0 { String::new() } else { format!(", {count} unreadable") }
}

fn list(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) {
    let top = area.y + if area.width >= layout::NARROW { 4 } else { 3 };
    let rows = page(desk);
    let found = !state.parts().1.trim().is_empty();
    if found && area.width >= layout::NARROW {
        columns(
            canvas,
            top - 1,
            area.width,
            &["#", "Name"],
            &lookups::PERSON_COLUMNS.iter().map(|c| c.0).collect::<Vec<_>>(),
        );
    }
    let last = format!("Last orders{}", unreadable(desk, &lookups::ORDERS));
    let shown = window(state.cursor, state.entries.len(), rows);
    let mut y = top;
    for (at, entry) in state.entries.iter().enumerate().skip(shown.start).take(shown.len()) {
        let first_open = matches!(entry, Entry::Unfinished(_))
            && (at == shown.start || !matches!(state.entries.get(at - 1), Some(Entry::Unfinished(_))));
        if first_open && !found && y + 1 < area.bottom() && area.width >= layout::NARROW {
            let kept = match desk.session.keeping {
                Keeping::Kept | Keeping::Opening => "kept automatically",
                Keeping::Unkept(_) => "kept until mobproc ends",
            };
            canvas.put((1, y), usize::from(area.width) - 2, &format!("Unfinished orders ({kept})"), Role::Strong);
            y += 1;
        }
        let first_order = matches!(entry, Entry::Order(_))
            && (at == shown.start || !matches!(state.entries.get(at - 1), Some(Entry::Order(_))));
        if first_order && !found && y + 1 < area.bottom() {
            canvas.put((1, y), usize::from(area.width) - 2, &last, Role::Strong);
            y += 1;
        }
        if y >= area.bottom() {
            break;
        }
        let digit = (at - shown.start) % rows + 1;
        row(entry, desk, canvas, Rect::new(0, y, area.width, 1), (digit, at == state.cursor, state.in_list));
        if state.resembles(at) {
            canvas.put((7, y), 1, "?", if at == state.cursor { Role::Reverse } else { Role::Plain });
        }
        y += 1;
    }
    let orders = lookups::ORDERS.key(&desk.nobody()).and_then(|k| desk.cache.progress(&k));
    if let (Some(Progress::Failed(_)), false) = (orders, found || y + 1 >= area.bottom()) {
        canvas.put((1, y + 1), usize::from(area.width) - 2, "Last orders: not loaded, ^R tries again", Role::Strong);
        y += 2;
    }
    if let Some(Entry::Hit(who, _) | Entry::Keep(who) | Entry::Agent(who)) = state.entries.get(state.cursor)
        && y + 3 < area.bottom()
        && layout::list(desk.size.0) == desk.size.0
    {
        detail(who, desk, canvas, Rect::new(3, (y + 1).max(area.bottom() - 3), area.width - 3, 2));
    }
}

/// Where a person's columns stand: name, login, department, status.
fn places(width: u16) -> [(u16, usize); 4] {
    if width >= 100 { [(8, 30), (40, 26), (68, 20), (90, 10)] } else { [(8, 22), (31, 23), (55, 13), (69, 10)] }
}

fn columns(canvas: &mut Canvas<'_>, y: u16, width: u16, first: &[&str], rest: &[&str]) {
    canvas.put((5, y), 2, first.first().unwrap_or(&""), Role::Plain);
    for ((x, room), text) in places(width).into_iter().zip(first.iter().skip(1).chain(rest)) {
        canvas.put((x, y), room, text, Role::Plain);
    }
}

fn row(
    entry: &Entry,
    desk: &Desk,
    canvas: &mut Canvas<'_>,
    area: Rect,
    (digit, focused, numbered): (usize, bool, bool),
) {
    let role = if focused { Role::Reverse } else { Role::Plain };
    if focused {
        canvas.put((1, area.y), 1, ">", Role::Reverse);
        canvas.fill((1, area.y), area.width.saturating_sub(2), Role::Reverse);
    }
    let label = if numbered && digit <= 9 { digit.to_string() } else { String::new() };
    canvas.put((5, area.y), 2, &label, role);
    match entry {
        Entry::Hit(who, line) => person_row(who, line.as_deref(), canvas, area, role),
        Entry::Agent(who) => {
            canvas.put((8, area.y), usize::from(area.width) - 9, &format!("{}, yourself", named(who)), role);
        }
        Entry::Keep(who) => {
            canvas.put((8, area.y), usize::from(area.width) - 9, &format!("{}, as before", named(who)), role);
        }
        Entry::Order(order) => order_row(order, canvas, Rect::new(8, area.y, area.width.saturating_sub(9), 1), role),
        Entry::Unfinished(key) => {
            if let Some(standing) = desk.standing(*key) {
                unfinished((standing, desk), canvas, Rect::new(8, area.y, area.width.saturating_sub(9), 1), role);
            }
        }
    }
}

/// An order that has not ended: what it is, whose, and how far.
fn unfinished((standing, desk): (&Standing, &Desk), canvas: &mut Canvas<'_>, area: Rect, role: Role) {
    let (done, of) = standing.done;
    let state = match standing.state {
        Stage::Submitting | Stage::Unknown | Stage::NeedsHuman => "? UNCONFIRMED",
        Stage::NotPlaced => "! not placed",
        Stage::Drafted
        | Stage::ConfirmSent
        | Stage::Confirmed
        | Stage::Rejected
        | Stage::Accepted
        | Stage::Abandoned => {
            if standing.held.is_some() {
                "- in use"
            } else {
                "  draft"
            }
        }
    };
    let far = match (&standing.held, &standing.sending) {
        (Some(by), _) => by.to_string(),
        (None, Some(sent)) if standing.unresolved() => {
            let at = sent.at.map(|t| format!("sent {}, ", desk.session.when(t, desk.today))).unwrap_or_default();
            format!("{at}no answer yet")
        }
        (None, Some(_) | None) if standing.unreadable => "of another version; it is kept".to_owned(),
        (None, Some(_) | None) if standing.state == Stage::NotPlaced => "may be sent again".to_owned(),
        (None, Some(_) | None) if !standing.refused.is_empty() => {
            let n = standing.refused.len();
            format!(
                "{n} server error{}, {}",
                if n == 1 { "" } else { "s" },
                desk.session.when(standing.updated, desk.today)
            )
        }
        (None, Some(_) | None) if of == 0 => desk.session.when(standing.updated, desk.today),
        (None, Some(_) | None) => {
            format!("{done} of {of} done, {}", desk.session.when(standing.updated, desk.today))
        }
    };
    let kind = standing.kind.map_or("no type yet", |k| k.id);
    let name = standing.name();
    let columns: &[(u16, &str)] = if area.width < 50 {
        &[(0, state), (14, &name), (30, kind)]
    } else if area.width >= 90 {
        &[(0, state), (14, kind), (40, &name), (64, &far)]
    } else {
        &[(0, state), (14, kind), (31, &name), (47, &far)]
    };
    for (at, (x, text)) in columns.iter().enumerate() {
        let end = columns.get(at + 1).map_or(area.width, |(next, _)| next - 1);
        if *x < area.width {
            canvas.put((area.x + x, area.y), usize::from(end.min(area.width) - x), text, role);
        }
    }
}

/// An order of a list: its id, whose it is, what it is about and how far.
pub(super) fn order_row(order: &Choice, canvas: &mut Canvas<'_>, area: Rect, role: Role) {
    let width = usize::from(area.width);
    let Some(placed) = order.placed() else {
        canvas.put((area.x, area.y), width, &order.name, role);
        return;
    };
    let who = placed.holder.as_ref().map(Person::listed).unwrap_or_default();
    let columns: &[(u16, &str)] = if area.width < 50 {
        &[(0, &order.name), (9, &placed.status), (25, &who)]
    } else if area.width >= 90 {
        &[(0, &order.name), (9, &placed.status), (27, &placed.kind), (53, &who), (78, &placed.when)]
    } else {
        &[(0, &order.name), (9, &placed.status), (26, &placed.kind), (44, &who), (60, &placed.when)]
    };
    for (at, (x, text)) in columns.iter().enumerate() {
        let end = columns.get(at + 1).map_or(area.width, |(next, _)| next - 1);
        if *x < area.width {
            canvas.put((area.x + x, area.y), usize::from(end.min(area.width) - x), text, role);
        }
    }
}

fn named(who: &Choice) -> String {
    who.person().map(Person::with_login).unwrap_or_default().to_string()
}

fn person_row(who: &Choice, line: Option<&Choice>, canvas: &mut Canvas<'_>, area: Rect, role: Role) {
    let status = who.person().map(|p| p.status.clone()).unwrap_or_default();
    if area.width < layout::NARROW {
        let login = who.cells.first().cloned().unwrap_or_default();
        let department = who.cells.get(1).cloned().unwrap_or_default();
        let mark = if who.person().is_some_and(Person::inactive) { " INACTIVE" } else { "" };
        let text = line.map_or_else(
            || format!("{}{mark}  {department}  {login}", who.name),
            |l| format!("{}  {}", who.name, l.name),
        );
        canvas.put((8, area.y), usize::from(area.width) - 9, &text, role);
        return;
    }
    let [name, login, department, last] = places(area.width);
    canvas.put((name.0, area.y), name.1, &who.name, role);
    canvas.put((login.0, area.y), login.1, who.cells.first().map_or("", |c| c), role);
    match line {
        Some(line) => {
            let state = line.line().map(|l| l.status.clone()).unwrap_or_default();
            canvas.put((department.0, area.y), department.1, &line.name, role);
            canvas.put((last.0, area.y), last.1, &state, role);
        }
        None => {
            canvas.put((department.0, area.y), department.1, who.cells.get(1).map_or("", |c| c), role);
            canvas.put((last.0, area.y), last.1, &status, role);
        }
    }
}

/// All that is known so far about the highlighted person: how to reach them, their lines, their latest orders.
pub(super) fn about_highlighted(state: &State, desk: &Desk) -> Vec<(String, Role)> {
    let Some(Entry::Hit(who, _) | Entry::Keep(who) | Entry::Agent(who)) = state.entries.get(state.cursor) else {
        return Vec::new();
    };
    let Some(person) = who.person() else { return Vec::new() };
    let mut out = vec![(person.spoken().to_string(), Role::Strong)];
    let parts = [person.login.as_deref(), Some(person.id.as_str()), person.email.as_deref(), person.phone.as_deref()];
    let rest = [person.department.as_deref(), Some(&*person.status)];
    out.extend(parts.into_iter().chain(rest).flatten().map(|p| (p.to_owned(), Role::Plain)));
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.extend([(String::new(), Role::Plain), (title.to_owned(), Role::Strong)]);
            out.extend(lines.into_iter().map(|l| (l, Role::Plain)));
        }
    };
    let lines = lines_of(person, desk).unwrap_or_default().iter().map(|line| {
        let cells: Vec<_> = line.cells.iter().map(|c| &**c).filter(|c| !c.is_empty()).collect();
        format!("{}  {}", line.name, cells.join("  "))
    });
    section("Lines", lines.collect());
    let placed = latest(desk).iter().filter_map(|o| Some((o, o.placed()?)));
    let own = placed.filter(|(_, p)| p.holder.as_ref().is_some_and(|h| h.id == person.id));
    section("Last orders", own.map(|(o, p)| format!("{}  {}  {}  {}", o.name, p.kind, p.status, p.when)).collect());
    out
}

/// A person's lines, once they have come.
fn lines_of<'a>(person: &Person, desk: &'a Desk) -> Option<&'a [Arc<Choice>]> {
    desk.cache.ready(&lookups::lines_of(&person.id)).map(Found::choices)
}

/// Two lines about the highlighted person: how to reach them, and their lines once these have come.
fn detail(who: &Choice, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(person) = who.person() else { return };
    let parts = [
        Some(person.spoken()),
        Some(crate::domain::text::Clean::new(person.id.as_str())),
        person.email.clone(),
        person.phone.clone(),
    ];
    let text: Vec<_> = parts.into_iter().flatten().map(|p| p.to_string()).collect();
    canvas.put((area.x, area.y), usize::from(area.width), &text.join("   "), Role::Plain);
    let Some(lines) = lines_of(person, desk) else { return };
    let mut text = format!("Lines: {}", lines.len());
    for line in lines.iter().take(3) {
        let cells: Vec<_> = line.cells.iter().map(|c| &**c).collect();
        text.push_str(&format!("   {} {}", line.name, cells.join(" ")));
    }
    canvas.put((area.x, area.y + 1), usize::from(area.width), &text, Role::Plain);
}

pub(super) fn hint(state: &State, desk: &Desk) -> String {
    match state.entries.get(state.cursor) {
        _ if state.in_list => "1-9 picks a row; / or Tab goes back to the box.".into(),
        Some(Entry::Agent(_)) => "Type to find somebody, or Enter for yourself.".into(),
        Some(Entry::Keep(_)) => {
            "Enter keeps the person; type to choose somebody else. Answers that still fit stay.".into()
        }
        Some(Entry::Unfinished(key)) => match desk.standing(*key) {
            Some(s) if s.unresolved() => {
                "! Sent without an answer: do not enter it again. Enter shows what is known.".into()
            }
            Some(s) if s.state == Stage::NotPlaced => {
                "It was not placed. Enter: send it again, change it, give it up.".into()
            }
            Some(s) if s.held.is_some() => "Somebody works on it; Enter says who, and offers to take it over.".into(),
            Some(_) | None => "Enter goes on with this draft.".into(),
        },
        Some(Entry::Order(_)) => "Enter shows the order: status, history, parcels.".into(),
        Some(Entry::Hit(who, _)) if who.person().is_some_and(Person::inactive) => {
            let similar = if state.resembles(state.cursor) {
                "? Only similar to what you typed, and"
            } else {
                "! This person is"
            };
            format!("{similar} INACTIVE: the server may refuse orders for them.")
        }
        Some(Entry::Hit(..)) if state.resembles(state.cursor) => {
            "? Only similar to what you typed: look twice. Enter chooses.".into()
        }
        Some(Entry::Hit(..)) => "Enter chooses; Up and Down move; Tab, then 1-9.".into(),
        None if state.who.is_empty() => String::new(),
        None if state.searching() => "Searching.".into(),
        None => match desk.people.reading {
            Reading::Underway { .. } => "Nobody yet; the list is still being loaded.".into(),
            Reading::Whole | Reading::Failed(_) | Reading::Not => "Nobody fits that. ^U clears.".into(),
        },
    }
}
