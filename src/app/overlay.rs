//! Dialogs over the screen: the list of what works here, which also runs it, and the question before leaving.

use super::keys::{Action, BINDINGS, Binding, Group, Key};
use super::lines::broken;
use super::message::Effect;
use super::picker::stepped;
use super::{Model, Step};
use crate::domain::ids::OrderKey;
use crate::domain::request;
use crate::domain::text::Clean;

/// A dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Actions and help, with the highlighted line.
    Menu(usize),
    /// Leave?
    Leave,
    /// Something that must be read before anything else is done.
    Told(Clean),
    /// Somebody else works on this draft: who. Take it over?
    Held(OrderKey, Clean),
    /// The exact body that would be sent, from that line on.
    Body(usize),
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
        Overlay::Told(text) => on_told(model, text, key),
        Overlay::Held(order, by) => on_held(model, order, by, key),
        Overlay::Body(from) => on_body(model, from, key),
    }
}

/// The body of the order under review, line by line: what is sent, byte for byte but for its blanks and its secrets.
#[must_use]
pub fn body(model: &Model) -> Vec<String> {
    let Step::Review(state) = &model.step else { return Vec::new() };
    pretty(&state.order().body)
}

/// A body as people read it, its secrets masked.
pub(super) fn pretty(body: &serde_json::Value) -> Vec<String> {
    let text = serde_json::to_string_pretty(&request::shown(body)).unwrap_or_default();
    // It holds what others wrote: only clean text is shown.
    text.lines().map(|line| Clean::new(line).to_string()).collect()
}

/// The body as the screen shows it: long lines go on below.
#[must_use]
pub fn body_lines(model: &Model) -> Vec<String> {
    let columns = usize::from(model.desk.size.0).saturating_sub(2);
    body(model).iter().flat_map(|line| broken(line, columns)).collect()
}

fn on_body(model: &mut Model, from: usize, key: Key) {
    let (lines, rows) = (body_lines(model), usize::from(model.desk.size.1).saturating_sub(7));
    let step = match key {
        Key::Up | Key::Char('k') => Action::Up,
        Key::Down | Key::Char('j') => Action::Down,
        Key::PageUp => Action::PageUp,
        Key::PageDown | Key::Char(' ') => Action::PageDown,
        Key::Char('p' | 'P') => {
            let text = body(model).join("\n");
            let number = model.desk.draft.number.clone();
            let printed = model.desk.print.iter().position(|(n, _)| *n == number);
            match printed {
                Some(at) => {
                    model.desk.print.remove(at);
                    model.desk.say("It is not printed.");
                }
                None => {
                    model.desk.print.push((number, text));
                    model.desk.say("It is printed below the prompt when you leave.");
                }
            }
            return model.overlay = Some(Overlay::Body(from));
        }
        Key::Ctrl('c') => return model.overlay = Some(Overlay::Leave),
        Key::Esc | Key::Ctrl('g') | Key::Enter | Key::Char('b') | Key::F(3 | 12) => return model.desk.hush(),
        _ => return model.overlay = Some(Overlay::Body(from)),
    };
    let last = (lines.len() + 1).saturating_sub(rows);
    model.overlay = Some(Overlay::Body(stepped(from, step, last, rows)));
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
        Some(Action::Repaint) => model.desk.effects.push(Effect::Repaint),
        Some(Action::Suspend) => model.desk.effects.push(Effect::Suspend),
        Some(action) => {
            model.desk.hush();
            model.input(super::Input::Do(action));
        }
    }
}

fn on_told(model: &mut Model, text: Clean, key: Key) {
    match key {
        // A hand that was typing has not read it.
        Key::Enter | Key::Esc | Key::Ctrl('g') if model.desk.quiet() => {}
        Key::Ctrl('c') => model.overlay = Some(Overlay::Leave),
        _ => model.overlay = Some(Overlay::Told(text)),
    }
}

fn on_held(model: &mut Model, order: OrderKey, by: Clean, key: Key) {
    match key {
        Key::Char('2') if model.desk.quiet() => model.desk.effects.push(Effect::Open(order, true)),
        Key::Char('1') | Key::Esc | Key::Ctrl('g') | Key::Enter => {}
        Key::Ctrl('c') => model.overlay = Some(Overlay::Leave),
        _ => model.overlay = Some(Overlay::Held(order, by)),
    }
}

fn on_leave(model: &mut Model, key: Key) {
    match key {
        Key::Char('2') | Key::Ctrl('c') => model.quit = true,
        Key::Char('3') if !model.sending() => {
            let done = matches!(&model.step, Step::Submit(_));
            if !done && model.desk.draft.who.is_some() {
                model.desk.discard();
                model.desk.say("The draft was thrown away; it rests for 7 days before it is gone.");
                model.step = Step::Home(super::home::State::default());
            }
        }
        Key::Char('1') | Key::Esc | Key::Ctrl('g') | Key::Enter => {}
        _ => model.overlay = Some(Overlay::Leave),
    }
}
