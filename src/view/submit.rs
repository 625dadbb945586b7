//! Sending, the order id, or what is known where nothing is certain.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::theme::Role;
use crate::app::desk::Desk;
use crate::app::guard::LAST;
use crate::app::layout::NARROW;
use crate::app::lines::{sign, wrap};
use crate::app::submit::{CHOICES, Done, Known, MENU, Phase, State, barred, known, what};

/// The step's name in the header.
pub(super) fn title(state: &State) -> &'static str {
    match state.phase {
        Phase::Sending => "SENDING",
        Phase::Done(_) => "DONE",
        Phase::Checking => "CHECKING",
    }
}

pub(super) fn render(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    match &state.phase {
        Phase::Sending => {
            paragraphs(
                canvas,
                area,
                &[
                    "Sending the order. Wait for the answer; it can take some minutes.",
                    "It is sent once, however often a key is pressed. You may leave with Esc; it will finish.",
                ],
            );
            None
        }
        Phase::Checking => Some(checking(state, desk, canvas, area)),
        Phase::Done(done) => Some(placed(state, done, desk, canvas, area)),
    }
}

/// What is known of an order that was sent without an answer, and what can be done.
fn checking(state: &State, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let width = usize::from(area.width);
    // On a low screen the menu gives way first: what is known must be read.
    let menu = u16::try_from(CHOICES.len()).unwrap_or(5).min((area.height / 2).max(2));
    let room = area.bottom().saturating_sub(menu);
    let rows = usize::from(room.saturating_sub(area.y + u16::from(area.height > 8)));
    for (y, (text, role)) in (area.y..).zip(told(state, desk, (width.min(100) - 3, rows))) {
        canvas.put((1, y), width - 2, text.trim_end(), role);
    }
    let y = room;
    if let Some(typed) = state.guard.as_ref().map(|g| &g.typed) {
        let low = area.width < NARROW;
        let asks = if low {
            format!("Type the last {LAST} of {}:", desk.draft.number)
        } else {
            format!("To send again type the last {LAST} characters of {}:", desk.draft.number)
        };
        canvas.put((1, y), width - 2, &asks, Role::Strong);
        let (shown, at) = typed.visible(LAST + 1);
        canvas.put((1, y + 1), 1, ">", Role::Strong);
        canvas.put((3, y + 1), LAST + 1, &shown, Role::Plain);
        return Position::new(3 + u16::try_from(at).unwrap_or(0), y + 1);
    }
    let mut place = Position::new(1, y);
    let shown = super::window(state.cursor, CHOICES.len(), usize::from(menu));
    let lines = CHOICES.iter().enumerate().skip(shown.start).take(shown.len());
    for (y, (at, (action, words))) in (room..).zip(lines) {
        let barred = barred(*action, desk);
        let focused = at == state.cursor;
        let mark = if focused {
            ">"
        } else if barred.is_some() {
            "-"
        } else {
            " "
        };
        if focused {
            place = Position::new(1, y);
        }
        let why = barred.map(|w| format!("  ({w})")).unwrap_or_default();
        canvas.put((1, y), 1, mark, Role::Strong);
        let role = if focused { Role::Reverse } else { Role::Plain };
        canvas.put((3, y), width - 4, &format!("{} {words}{why}", at + 1), role);
    }
    place
}

/// The text of the checking screen, in so many columns and rows; of what has happened the latest is kept.
fn told(state: &State, desk: &Desk, (columns, rows): (usize, usize)) -> Vec<(String, Role)> {
    let head = match known(desk) {
        Some(Known::NotPlaced) => "Not found in all checks: it was not placed. You may send it again.",
        Some(Known::NeedsHuman) => {
            "? Sent, and not to be settled from here. It may have been placed. Do not enter it again; ask the API's support."
        }
        Some(Known::NothingPlaced) => "It was refused, or not sent: nothing was placed. Esc, then open it in the list.",
        Some(Known::Sending) => "? It is being sent now, here or by another session. Do not enter it again.",
        Some(Known::Unknown | Known::Ended) | None => {
            "? Sent, no answer yet. It may have been placed. Do not enter it again, here or in the web portal."
        }
    };
    let sent = desk.standing(desk.key).and_then(|s| s.sending.as_ref());
    let mut trail: Vec<String> =
        sent.iter().flat_map(|s| &s.trail).map(|n| format!("{}  {}", desk.session.clock(n.at), n.what)).collect();
    if trail.is_empty() {
        trail.extend(state.why.as_ref().map(|w| format!("{w}.")));
    }
    trail.extend(sent.and_then(|s| s.next).map(|t| format!("{}  the next check", desk.session.clock(t))));
    let correlation =
        sent.and_then(|s| s.correlation.as_ref()).map(|c| format!(", correlation {c}")).unwrap_or_default();
    let support = format!("For the API's support: activity {}{correlation}", desk.draft.number);
    let plain = |line: String| (line, Role::Plain);
    let mut all: Vec<_> = wrap(head, columns).into_iter().map(|l| (l, Role::Strong)).collect();
    let support = wrap(&support, columns);
    // The ids are needed by whoever must find out, so what has happened gives way to them, the oldest first.
    let room = rows.saturating_sub(all.len() + support.len() + 3);
    if rows > all.len() + support.len() {
        all.push(plain(String::new()));
        all.extend(wrap(&what(desk), columns).into_iter().map(plain));
        let lines: Vec<String> = trail.iter().flat_map(|t| wrap(t, columns - 4)).map(|l| format!("  {l}")).collect();
        all.extend(lines.iter().skip(lines.len().saturating_sub(room)).cloned().map(plain));
        all.push(plain(String::new()));
        all.extend(support.into_iter().map(plain));
    }
    all.truncate(rows);
    all
}

fn paragraphs(canvas: &mut Canvas<'_>, area: Rect, all: &[&str]) {
    let width = usize::from(area.width);
    let mut y = area.y;
    for (at, text) in all.iter().enumerate() {
        for line in wrap(text, width.min(100) - 3) {
            if y < area.bottom() {
                canvas.put((1, y), width - 2, line.trim_end(), if at == 0 { Role::Strong } else { Role::Plain });
                y += 1;
            }
        }
        y += u16::from(area.height > 12);
    }
}

fn placed(state: &State, done: &Done, desk: &Desk, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let width = usize::from(area.width);
    // Alone on its line and from the first column on, so that a double click takes the id and nothing else.
    canvas.put((0, area.y), width, done.id.as_str(), Role::Outcome);
    let mut y = area.y + 1;
    let mut say = |canvas: &mut Canvas<'_>, text: &str, role: Role| {
        for line in wrap(text, width.min(100) - 3) {
            // Two rows are left for the menu.
            if y + 2 < area.bottom() {
                canvas.put((1, y), width - 2, line.trim_end(), role);
                y += 1;
            }
        }
    };
    let when = done.order.submitted.as_ref().map(|t| format!(", {t}")).unwrap_or_default();
    say(canvas, &format!("OK, this order is submitted{when}  {}", done.status), Role::Plain);
    if desk.session.sandbox {
        say(canvas, "SANDBOX: nothing was really ordered.", Role::Strong);
    }
    if done.by_confirmation {
        say(canvas, "~ The server ordered when it was only asked to confirm. It is not sent again.", Role::Changed);
    }
    if done.late {
        say(canvas, "It was found after no answer had come. Do not enter it again.", Role::Strong);
    }
    for alarm in &done.alarms {
        say(canvas, &format!("~ {alarm}"), Role::Changed);
    }
    // The rest of the screen is needed too; what has no room is in the text for the ticket.
    let most = usize::from(area.height.saturating_sub(14)).max(2);
    for line in done.differences.iter().take(most) {
        let told = line.told.as_deref().unwrap_or("(missing)");
        let asked = line.asked.as_deref().map_or_else(|| "not asked for".to_owned(), |a| format!("you asked for {a}"));
        say(canvas, &format!("{} {}: {told}; {asked}", sign(line.mark), line.label), Role::Changed);
    }
    if done.differences.len() > most {
        let more = format!("~ {} more lines differ; T copies all of them.", done.differences.len() - most);
        say(canvas, &more, Role::Changed);
    }
    say(canvas, &what(desk), Role::Plain);
    say(canvas, &format!("by {}, reference {}", desk.session.login, desk.draft.number), Role::Plain);
    menu(state, canvas, {
        let top = (y + 1).min(area.bottom() - 2);
        Rect::new(0, top, area.width, area.bottom() - top)
    })
}

fn menu(state: &State, canvas: &mut Canvas<'_>, area: Rect) -> Position {
    let width = usize::from(area.width);
    let mut place = Position::new(1, area.y);
    let shown = super::window(state.cursor, MENU.len(), usize::from(area.height).max(1));
    for (y, (at, (_, label))) in (area.y..area.bottom()).zip(MENU.iter().enumerate().skip(shown.start)) {
        let focused = at == state.cursor;
        if focused {
            canvas.put((1, y), 1, ">", Role::Strong);
            place = Position::new(1, y);
        }
        let role = if focused { Role::Reverse } else { Role::Plain };
        canvas.put((3, y), width - 4, &format!("{} {label}", at + 1), role);
    }
    place
}

pub(super) fn hint(state: &State) -> String {
    match state.phase {
        Phase::Sending => "Waiting for the server.".into(),
        Phase::Done(_) => "The order id is printed below the prompt when you leave.".into(),
        Phase::Checking if state.guard.is_some() => "Enter sends it, Esc does not.".into(),
        Phase::Checking => "Checking is safe: it only reads the order list. 1-5 or Enter chooses.".into(),
    }
}
