//! What must be read, and what may be ticked only then.

use super::{Edit, State};
use crate::app::desk::Desk;
use crate::app::keys::Action;
use crate::app::layout;
use crate::app::lines::wrap;
use crate::domain::draft::Answer;
use crate::domain::field::FieldKind;
use crate::domain::rows::{Entry, Row};

impl State {
    /// Whether what is read goes on below or above, and then it is turned to.
    pub(super) fn scrolls(&mut self, action: Action, row: &Row, desk: &Desk) -> bool {
        let (len, page) = (reading(row, desk).len(), panel_rows(desk));
        let Edit::Read(from) = &mut self.edit else { return false };
        let to = match action {
            Action::PageUp => from.saturating_sub(page),
            _ if *from + page < len => *from + page,
            _ => *from,
        };
        std::mem::replace(from, to) != to
    }

    /// Ticks a box or takes the tick off; only what was read can be agreed to.
    pub(super) fn tick(&mut self, yes: bool, row: &Row, desk: &mut Desk) {
        let Edit::Read(from) = self.edit else { return };
        let unread = desk.form().into_iter().find(|r| {
            r.id.slot == row.id.slot && matches!(r.entry, Entry::Note(_)) && desk.draft.answer(&r.id).is_none()
        });
        if !yes {
            self.set(row, Answer::Flag(false), desk);
        } else if let Some(unread) = unread {
            desk.complain(&format!("Read \"{}\" first: Shift-Tab goes up, Enter reads it.", unread.label));
        } else if from + panel_rows(desk) < reading(row, desk).len() {
            desk.complain("Read it to its end first: PgDn.");
        } else {
            self.set(row, Answer::Flag(true), desk);
        }
    }
}

/// How many rows what is read has below its field.
#[must_use]
pub fn panel_rows(desk: &Desk) -> usize {
    usize::from(desk.size.1).saturating_sub(9).clamp(3, 12)
}

/// What stands at a field to be read, paragraph by paragraph.
#[must_use]
pub fn paragraphs(row: &Row) -> Vec<String> {
    let FieldKind::Note(paragraphs) = (match &row.entry {
        Entry::Note(field) => &field.kind,
        Entry::Text { .. } | Entry::Date(_) | Entry::Pick { .. } | Entry::Flag | Entry::Tick(_) => return Vec::new(),
    }) else {
        return Vec::new();
    };
    paragraphs.iter().map(ToString::to_string).collect()
}

/// What stands below a field to be read, line by line: a note's paragraphs, or the whole text of a box.
#[must_use]
pub fn reading(row: &Row, desk: &Desk) -> Vec<String> {
    let width = usize::from(layout::main(desk.size.0)).saturating_sub(8);
    match &row.entry {
        Entry::Tick(field) => wrap(&field.label, width),
        Entry::Note(field) => {
            let FieldKind::Note(paragraphs) = &field.kind else { return Vec::new() };
            paragraphs.iter().flat_map(|p| wrap(p, width)).collect()
        }
        _ => Vec::new(),
    }
}
