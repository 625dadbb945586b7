//! The list of what the server refused, while it has the keys: a digit or Enter goes to the field.

use super::State;
use crate::app::desk::Desk;
use crate::app::keys::{Action, Key};
use crate::app::picker::stepped;
use crate::app::{Input, Move};

impl State {
    pub(super) fn on_errors(&mut self, at: usize, input: &Input, desk: &mut Desk) -> Move {
        let last = self.refusals.len().saturating_sub(1);
        match input {
            Input::Do(Action::Accept) => self.go_to_refusal(at, desk),
            Input::Type(Key::Char(c @ '1'..='9')) => self.go_to_refusal(*c as usize - '1' as usize, desk),
            // Behind the last one the fields begin.
            Input::Do(Action::Next | Action::Down) if at >= last => self.go_to_first_field(desk),
            Input::Do(action) if action.moves() || matches!(action, Action::Next | Action::Previous) => {
                self.list = Some(stepped(at, *action, self.refusals.len(), self.refusals.len()));
            }
            Input::Do(Action::Back) => self.list = None,
            Input::Do(action) => {
                self.list = None;
                if let Some(row) = self.row(desk) {
                    return self.act(*action, &row, desk);
                }
            }
            Input::Type(_) | Input::Paste(_) | Input::Answer(_) => {
                desk.say("1-9 or Enter goes to the field; Tab or Esc to the fields below.");
            }
        }
        Move::Stay
    }

    /// To the field of a refusal, where it could be tied to one.
    fn go_to_refusal(&mut self, at: usize, desk: &mut Desk) {
        let Some(refusal) = self.refusals.get(at) else {
            return desk.say(&format!("There are {} problems.", self.refusals.len()));
        };
        match refusal.field.clone().filter(|f| desk.form().iter().any(|r| r.id == *f)) {
            Some(field) => {
                self.list = None;
                self.focus_on(field, desk);
            }
            None => {
                self.list = Some(at);
                desk.say("It is tied to no field. Correct what it means, then ^O asks again.");
            }
        }
    }

    fn go_to_first_field(&mut self, desk: &mut Desk) {
        self.list = None;
        if let Some(row) = self.rows(desk).first() {
            self.focus_on(row.id.clone(), desk);
        }
    }
}
