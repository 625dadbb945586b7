//! Dialogs over the screen: the list of what works here, which also runs it, texts to read, and what must be read.

use super::desk::Level;
use super::keys::{Action, BINDINGS, Binding, Group, Key};
use super::lines::{broken, wrap};
use super::message::Effect;
use super::picker::stepped;
use super::{Model, Step, question};
use crate::domain::ids::OrderKey;
use crate::domain::request;
use crate::domain::text::Clean;

/// A dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Actions and help, with the highlighted line; the pages of notes that have no room below them count on.
    Menu(usize),
    /// Leave? With the highlighted answer, as all questions.
    Leave(usize),
    /// Throw the draft away?
    Discard(usize),
    /// Something that must be read before anything else is done.
    Told(Clean),
    /// Somebody else works on this draft: who. Take it over?
    Held(OrderKey, Clean, usize),
    /// The exact body that would be sent, from that line on.
    Body(usize),
    /// The screen below as plain text, on the normal screen of the terminal.
    Aside,
}

/// What the menu says below its actions.
const NOTES: [&str; 6] = [
    "Moving   Tab Enter Down = next      Shift-Tab Up = back",
    "Lists    type = filter   Tab then 1-9 = that row   Enter = highlighted row",
    "Dates    t  +7  fri  22  22 dec  12/22  2026-12-22",
    "Beside   Right in an empty box takes what was used last there, or today",
    "Esc      one level back. Never loses data, never leaves.  ^G does the same.",
    "Marks    * required   ! wrong   ~ server differs   + added   - not available",
];

/// So many lines of the menu have a digit.
const DIGITS: usize = 10;

/// A page of the menu.
#[derive(Debug)]
pub struct MenuPage {
    /// Its actions, each with its digit.
    pub lines: Vec<(usize, &'static Binding)>,
    /// The highlighted one among them.
    pub cursor: Option<usize>,
    /// What is said below.
    pub notes: Vec<String>,
    /// Which page it is, from 1 on, and of how many.
    pub of: (usize, usize),
}

/// The lines of the menu: what works on the screen below, moving left out. While it is open they stay what they were, so
/// that no digit changes its meaning under the hand.
#[must_use]
pub fn menu(model: &Model) -> Vec<&'static Binding> {
    if matches!(model.overlay, Some(Overlay::Menu(_))) {
        return model.listed.clone();
    }
    let all = BINDINGS.iter().filter(|b| (b.when)(model) && b.action != Action::Menu);
    all.filter(|b| b.group != Group::Moving || b.action == Action::Onward && b.footer).collect()
}

/// Rows between the head and the foot of the screen.
fn body_rows(model: &Model) -> usize {
    let head = if matches!(model.step, Step::Home(_)) { 1 } else { 3 };
    usize::from(model.desk.size.1).saturating_sub(head + 3)
}

/// How the menu falls into pages: actions a page, the notes, and how many of their lines a page has.
struct Pages {
    actions: usize,
    each: usize,
    notes: Vec<String>,
    rows: usize,
}

impl Pages {
    fn of(model: &Model) -> Self {
        let rows = body_rows(model).saturating_sub(1).max(1);
        let width = usize::from(model.desk.size.0).saturating_sub(4);
        let notes = NOTES.iter().flat_map(|note| {
            // What lines up in columns does so only where it has room.
            if note.len() <= width {
                return vec![(*note).to_owned()];
            }
            wrap(&note.split_whitespace().collect::<Vec<_>>().join(" "), width)
        });
        Self { actions: menu(model).len(), each: rows.min(DIGITS), notes: notes.collect(), rows }
    }
    fn of_actions(&self) -> usize {
        self.actions.div_ceil(self.each)
    }
    /// Whether the notes have room below the actions.
    fn below(&self) -> bool {
        self.actions.min(self.each) + 1 + self.notes.len() <= self.rows
    }
    fn of_notes(&self) -> usize {
        if self.below() { 0 } else { self.notes.len().div_ceil(self.rows) }
    }
    fn count(&self) -> usize {
        self.of_actions() + self.of_notes()
    }
    fn page(&self, cursor: usize) -> usize {
        if cursor < self.actions { cursor / self.each } else { self.of_actions() + cursor - self.actions }
    }
    /// Where the highlight stands when a page is turned to.
    fn first(&self, page: usize) -> usize {
        if page < self.of_actions() { page * self.each } else { self.actions + page - self.of_actions() }
    }
}

/// The page of the menu with the highlight.
#[must_use]
pub fn menu_page(model: &Model, cursor: usize) -> MenuPage {
    let pages = Pages::of(model);
    let page = pages.page(cursor);
    let of = (page + 1, pages.count());
    if page < pages.of_actions() {
        let from = page * pages.each;
        let lines = menu(model).into_iter().enumerate().skip(from).take(pages.each);
        let lines = lines.map(|(at, binding)| ((at - from + 1) % DIGITS, binding)).collect();
        let notes = if pages.below() { pages.notes } else { Vec::new() };
        return MenuPage { lines, cursor: Some(cursor - from), notes, of };
    }
    let from = (page - pages.of_actions()) * pages.rows;
    let notes = pages.notes.into_iter().skip(from).take(pages.rows).collect();
    MenuPage { lines: Vec::new(), cursor: None, notes, of }
}

/// Takes a key for the dialog.
pub fn on(model: &mut Model, overlay: Overlay, key: Key) {
    match overlay {
        Overlay::Menu(cursor) => on_menu(model, cursor, key),
        Overlay::Told(text) => on_told(model, text, key),
        overlay @ (Overlay::Leave(_) | Overlay::Discard(_) | Overlay::Held(..)) => question::on(model, overlay, key),
        Overlay::Body(from) => on_body(model, from, key),
        Overlay::Aside => on_aside(model, key),
    }
}

/// What is sent, byte for byte but for its blanks and its secrets.
#[must_use]
pub fn body(model: &Model) -> Vec<String> {
    match &model.step {
        Step::Review(state) => pretty(&state.order().body),
        Step::Home(_) | Step::Kind(_) | Step::Details(_) | Step::Submit(_) | Step::Order(_) => Vec::new(),
    }
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

/// The first line that is shown: where the screen has grown no room is left behind the end. And how many have room.
#[must_use]
pub fn body_from(model: &Model, from: usize) -> (usize, usize) {
    let rows = body_rows(model).saturating_sub(1).max(1);
    (from.min(body_lines(model).len().saturating_sub(rows)), rows)
}

fn on_body(model: &mut Model, from: usize, key: Key) {
    let (from, rows) = body_from(model, from);
    model.overlay = Some(Overlay::Body(from));
    let step = match key {
        Key::Up | Key::Char('k') => Action::Up,
        Key::Down | Key::Char('j') => Action::Down,
        Key::PageUp => Action::PageUp,
        Key::PageDown | Key::Char(' ') => Action::PageDown,
        Key::Home | Key::Char('g') => Action::First,
        Key::End | Key::Char('G') => Action::Last,
        Key::Char('p' | 'P') => return print(model),
        Key::Ctrl('c') => return model.overlay = Some(Overlay::Leave(0)),
        Key::Ctrl('l') => return model.desk.effects.push(Effect::Repaint),
        Key::Esc | Key::Ctrl('g') | Key::Enter | Key::Char('b') | Key::F(3 | 12) => {
            // What was said of the printing is over; what went wrong stays in sight.
            let helps = |(level, _): &(Level, Clean)| *level == Level::Help;
            model.desk.notice = model.desk.notice.take().filter(|notice| !helps(notice));
            return model.overlay = None;
        }
        _ => return,
    };
    let last = (body_lines(model).len() + 1).saturating_sub(rows);
    model.overlay = Some(Overlay::Body(stepped(from, step, last, rows)));
}

/// Has the body printed below the prompt when the program ends, or not any more.
fn print(model: &mut Model) {
    model.desk.hush();
    let text = body(model).join("\n");
    let number = model.desk.draft.number.clone();
    let desk = &mut model.desk;
    match desk.print.iter().position(|(n, _)| *n == number) {
        Some(at) => {
            desk.print.remove(at);
            desk.say("It is not printed.");
        }
        None => {
            desk.print.push((number, text));
            desk.say("It is printed below the prompt when you leave.");
        }
    }
}

/// Nothing that is typed there can be seen, so that little of it means anything.
fn on_aside(model: &mut Model, key: Key) {
    match key {
        Key::Enter | Key::Esc | Key::Ctrl('g') | Key::Char('p' | 'P') | Key::F(3 | 12) => {}
        Key::Ctrl('c') => model.overlay = Some(Overlay::Leave(0)),
        other => {
            if other == Key::Ctrl('z') {
                model.desk.effects.push(Effect::Suspend);
            }
            model.overlay = Some(Overlay::Aside);
        }
    }
}

fn on_menu(model: &mut Model, cursor: usize, key: Key) {
    model.overlay = Some(Overlay::Menu(cursor));
    let lines = menu(model);
    let pages = Pages::of(model);
    let end = lines.len() + pages.of_notes();
    let page = pages.page(cursor);
    let to = match key {
        Key::Up | Key::Char('k') | Key::BackTab => cursor.saturating_sub(1),
        Key::Down | Key::Char('j') | Key::Tab => (cursor + 1).min(end.saturating_sub(1)),
        Key::PageUp if page == 0 => 0,
        Key::PageUp => pages.first(page - 1),
        Key::PageDown | Key::Char(' ') if page + 1 >= pages.count() => end.saturating_sub(1),
        Key::PageDown | Key::Char(' ') => pages.first(page + 1),
        Key::Home | Key::Char('g') => 0,
        Key::End | Key::Char('G') => end.saturating_sub(1),
        Key::Enter => return run(model, lines.get(cursor).copied()),
        Key::Char(c) if c.is_ascii_digit() => {
            let at = if c == '0' { DIGITS - 1 } else { c as usize - '1' as usize };
            let line = lines.get(page * pages.each + at).filter(|_| at < pages.each && page < pages.of_actions());
            return run(model, line.copied());
        }
        Key::Ctrl('c') => return model.overlay = Some(Overlay::Leave(0)),
        Key::Esc | Key::Ctrl('g' | 'x') | Key::F(1 | 3 | 12) => return model.overlay = None,
        _ => cursor,
    };
    model.overlay = Some(Overlay::Menu(to));
}

/// Does a line of the menu; a number that has none leaves the menu as it is.
fn run(model: &mut Model, line: Option<&'static Binding>) {
    let Some(line) = line else { return };
    model.overlay = None;
    // Something may have come since the menu was opened.
    if !(line.when)(model) {
        return model.desk.warn(&format!("Not done: \"{}\" does not work here any more.", line.label));
    }
    if let Some(action) = everywhere(model, line.action) {
        model.desk.hush();
        model.input(super::Input::Do(action));
    }
}

/// Does what means the same on every screen; what is the step's is given back.
pub(super) fn everywhere(model: &mut Model, action: Action) -> Option<Action> {
    match action {
        Action::Menu => {
            model.listed = menu(model);
            model.overlay = Some(Overlay::Menu(0));
        }
        Action::Leave => model.overlay = Some(Overlay::Leave(0)),
        Action::Discard => model.overlay = Some(Overlay::Discard(0)),
        Action::Plain => model.overlay = Some(Overlay::Aside),
        Action::Repaint => model.desk.effects.push(Effect::Repaint),
        Action::Suspend => model.desk.effects.push(Effect::Suspend),
        other => return Some(other),
    }
    None
}

fn on_told(model: &mut Model, text: Clean, key: Key) {
    match key {
        // A hand that was typing has not read it.
        Key::Enter | Key::Esc | Key::Ctrl('g') if model.desk.quiet() => {}
        Key::Ctrl('c') => question::leave(model, Some(Overlay::Told(text))),
        _ => model.overlay = Some(Overlay::Told(text)),
    }
}
