//! Sending, the order id, or what is known where nothing is certain.

use ratatui::layout::{Position, Rect};

use super::Canvas;
use super::theme::Role;
use crate::app::desk::Desk;
use crate::app::lines::{sign, wrap};
use crate::app::submit::{Done, MENU, Phase, State, what};

/// The step's name in the header.
pub(super) fn title(state: &State) -> &'static str {
    match state.phase {
        Phase::Sending => "SENDING",
        Phase::Done(_) => "DONE",
        Phase::Unknown(_) => "UNKNOWN",
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
                    "It is sent once, however often a key is pressed.",
                ],
            );
            None
        }
        Phase::Unknown(why) => {
            let reference = format!("Reference and activity id for the API's support: {}", desk.draft.number);
            paragraphs(
                canvas,
                area,
                &[
                    "? Sent, no usable answer. It may have been placed.",
                    &reference,
                    "Do not enter it again, here or in the web portal. It is not sent again from here.",
                    &format!("What happened: {why}."),
                    &what(desk),
                    "Look for this reference in the order list, or ask the carrier desk.",
                ],
            );
            None
        }
        Phase::Done(done) => Some(placed(state, done, desk, canvas, area)),
    }
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
    canvas.put((0, area.y), width, done.id.as_str(), Role::Strong);
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
        Phase::Unknown(_) => "Do not enter it again. Enter goes home; it stays marked there.".into(),
    }
}
