//! The question for a secret.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::Canvas;
use super::theme::Role;
use crate::app::lines::wrap;
use crate::app::signin::State;
use crate::domain::grant::Wanted;

pub(super) fn render(state: &State, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let width = usize::from(area.width).min(100).saturating_sub(4);
    let asked = &state.question;
    let what = match asked.wanted {
        Wanted::Password => format!("Password of {} at {}", asked.user, asked.host),
        Wanted::ClientSecret => format!("Client secret of {} at {}", asked.user, asked.host),
        Wanted::AccessToken => format!("Access token for {}", asked.host),
    };
    let said = |text: &str, role| wrap(text, width).into_iter().map(move |line| (line, role)).collect::<Vec<_>>();
    let mut lines = said("Sign in", Role::Strong);
    lines.extend(asked.why.iter().flat_map(|why| said(why, Role::Error)));
    lines.extend(said("What you were doing is kept, and goes on when you are signed in.", Role::Plain));
    let what = said(&what, Role::Plain);
    // Whose secret it is, and where it is typed, has room whatever else has none.
    let room = usize::from(area.height).saturating_sub(what.len() + 1);
    lines.truncate(room);
    lines.extend((lines.len() < room).then(|| (String::new(), Role::Plain)));
    lines.extend(what);
    let (mut y, mut place) = (area.y, None);
    for (line, role) in &lines {
        canvas.put((1, y), width + 2, line, *role);
        y += 1;
    }
    if y < area.bottom() && !state.waits() {
        canvas.put((1, y), width, "Signing in...", Role::Strong);
    } else if y < area.bottom() {
        // How long it is stays on this screen; what it is does not reach it.
        let room = width.saturating_sub(2);
        let shown = "*".repeat(state.typed().min(room));
        canvas.put((1, y), 1, ">", Role::Strong);
        canvas.put((3, y), room, &shown, Role::Plain);
        place = Some(Position::new(3 + u16::try_from(shown.width()).unwrap_or(0), y));
    }
    place
}
