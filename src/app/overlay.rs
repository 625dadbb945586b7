//! Dialogs over the screen: the list of what works here, which also runs it, and the question before leaving.

use super::Model;
use super::keys::{Action, BINDINGS, Binding, Group, Key};
use super::picker::stepped;

/// A dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Actions and help, with the highlighted line.
    Menu(usize),
    /// Leave?
    Leave,
}

/// The lines of the menu: what works on the screen below, moving left out.
#[must_use]
pub fn menu(model: &Model) -> Vec<&'static Binding> {
    let all = BINDINGS.iter().filter(|b| (b.when)(model) && b.action != Action::Menu);
    all.filter(|b| b.group != Group::Moving || b.action == Action::Onward).take(10).collect()
}

/// Takes a key for the dialog.
pub fn on(model: &mut Model, overlay: Overlay, key: Key) {
    match overlay {
        Overlay::Menu(cursor) => on_menu(model, cursor, key),
        Overlay::Leave => on_leave(model, key),
    }
}

fn on_menu(model: &mut Model, cursor: usize, key: Key) {
    let lines = menu(model);
    let step = match key {
        Key::Up | Key::Char('k') | Key::BackTab => Action::Up,
        Key::Down | Key::Char('j') | Key::Tab => Action::Down,
        Key::Enter => return run(model, lines.get(cursor).map(|b| b.action)),
        Key::Char(c) if c.is_ascii_digit() => {
            let at = if c == '0' { 9 } else { c as usize - '1' as usize };
            return run(model, lines.get(at).map(|b| b.action));
        }
        Key::Ctrl('c') => return run(model, Some(Action::Leave)),
        _ => return,
    };
    model.overlay = Some(Overlay::Menu(stepped(cursor, step, lines.len(), 10)));
}

fn run(model: &mut Model, action: Option<Action>) {
    match action {
        None => {}
        Some(Action::Leave) => model.overlay = Some(Overlay::Leave),
        Some(Action::Repaint) => model.desk.effects.push(super::message::Effect::Repaint),
        Some(Action::Suspend) => model.desk.effects.push(super::message::Effect::Suspend),
        Some(action) => {
            model.desk.hush();
            model.input(super::Input::Do(action));
        }
    }
}

fn on_leave(model: &mut Model, key: Key) {
    match key {
        Key::Char('2') | Key::Ctrl('c') => model.quit = true,
        Key::Char('3') if !model.sending() => {
            let done = matches!(&model.step, super::Step::Submit(_));
            if !done {
                model.desk.discard();
                model.desk.say("The draft was thrown away.");
                model.step = super::Step::Home(super::home::State::default());
            }
        }
        Key::Char('1') | Key::Esc | Key::Ctrl('g') | Key::Enter => {}
        _ => model.overlay = Some(Overlay::Leave),
    }
}
