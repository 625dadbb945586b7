//! Keys, what they mean, and BINDINGS: the only place that names a key. Footer, help and the README's table follow it.

use super::{Model, Step};

/// A key as the input adapter gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A printable character.
    Char(char),
    /// Ctrl and a letter.
    Ctrl(char),
    /// Return; line feed too.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Backspace; Ctrl-H too.
    Backspace,
    /// Delete.
    Delete,
    /// A function key.
    F(u8),
}

impl Key {
    /// As people write it: `^O`, `Shift-Tab`, `y`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Char(c) => c.to_string(),
            Self::Ctrl(c) => format!("^{}", c.to_ascii_uppercase()),
            Self::F(n) => format!("F{n}"),
            Self::BackTab => "Shift-Tab".into(),
            Self::PageUp => "PgUp".into(),
            Self::PageDown => "PgDn".into(),
            Self::Enter
            | Self::Esc
            | Self::Tab
            | Self::Up
            | Self::Down
            | Self::Left
            | Self::Right
            | Self::Home
            | Self::End
            | Self::Backspace
            | Self::Delete => {
                format!("{self:?}")
            }
        }
    }
}

/// What the user means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Take what is highlighted, or accept the field and go on.
    Accept,
    /// One level back; loses nothing.
    Back,
    /// The next problem, or the review.
    Onward,
    /// To the next pane, field or button.
    Next,
    /// To the previous one.
    Previous,
    /// Up.
    Up,
    /// Down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Clear the box or the field; again puts it back.
    Clear,
    /// Ask the server again.
    Reload,
    /// Draw the screen anew.
    Repaint,
    /// The list of what works here.
    Menu,
    /// Ask whether to leave.
    Leave,
    /// Hand the terminal back to the shell.
    Suspend,
    /// Put the draft on the shelf and go home.
    GoHome,
    /// Send the order.
    Submit,
    /// Back to the fields, differences first.
    Edit,
    /// Copy the order's id or reference.
    Copy,
    /// Copy a text for the ticket.
    CopyText,
    /// Another order for the same person.
    Another,
    /// The same order for somebody else.
    SameAgain,
    /// Read the order's status again.
    Status,
    /// Show the exact body that will be sent.
    Body,
    /// Look for the order in the order list now.
    Look,
    /// Send again what certainly was not placed.
    SendAgain,
    /// Give up what was not placed.
    GiveUp,
    /// Bring back the draft that was thrown away last.
    Restore,
}

/// Where a binding stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Moving about.
    Moving,
    /// Working on what is in focus.
    Working,
    /// The program as a whole.
    Program,
}

/// One line of the key map.
#[derive(Debug)]
pub struct Binding {
    /// The keys, the one to show first.
    pub keys: &'static [Key],
    /// What they mean.
    pub action: Action,
    /// In words.
    pub label: &'static str,
    /// Where it stands in the help.
    pub group: Group,
    /// Whether the key line shows it.
    pub footer: bool,
    /// Whether it works now.
    pub when: fn(&Model) -> bool,
}

fn always(_: &Model) -> bool {
    true
}
fn on_review(m: &Model) -> bool {
    matches!(&m.step, Step::Review(s) if s.shown().is_some())
}
fn on_done(m: &Model) -> bool {
    matches!(&m.step, Step::Submit(s) if s.done().is_some())
}
fn in_form(m: &Model) -> bool {
    matches!(m.step, Step::Details(_))
}
fn on_order(m: &Model) -> bool {
    matches!(m.step, Step::Order(_))
}
fn has_choice(m: &Model) -> bool {
    has_moves(m) && !on_order(m)
}
fn has_moves(m: &Model) -> bool {
    !m.sending()
}
fn has_draft(m: &Model) -> bool {
    matches!(m.step, Step::Home(_) | Step::Kind(_)) && m.desk.draft.who.is_some()
}
fn at_home(m: &Model) -> bool {
    matches!(m.step, Step::Home(_))
}
fn checks(m: &Model) -> bool {
    matches!(&m.step, Step::Submit(s) if matches!(s.phase, super::submit::Phase::Checking))
}

const fn binding(keys: &'static [Key], action: Action, label: &'static str, group: Group) -> Binding {
    Binding { keys, action, label, group, footer: false, when: always }
}
const fn shown(keys: &'static [Key], action: Action, label: &'static str, group: Group) -> Binding {
    Binding { keys, action, label, group, footer: true, when: always }
}

/// Every key that means something. A key that stands in several lines takes the first that works now.
pub static BINDINGS: [Binding; 33] = [
    Binding { when: on_review, ..shown(&[Key::Char('y')], Action::Submit, "submit", Group::Working) },
    Binding { when: on_review, ..shown(&[Key::Char('e')], Action::Edit, "edit, differences first", Group::Working) },
    Binding { when: on_review, ..shown(&[Key::Char('c')], Action::Copy, "copy", Group::Working) },
    Binding {
        when: on_review,
        ..binding(&[Key::Char('b')], Action::Body, "show the JSON that will be sent", Group::Working)
    },
    Binding { when: on_order, ..shown(&[Key::Char('c')], Action::Copy, "copy id", Group::Working) },
    Binding { when: checks, ..shown(&[Key::Char('c')], Action::Copy, "copy the details", Group::Working) },
    Binding { when: on_order, ..shown(&[Key::Char('t')], Action::CopyText, "copy as text", Group::Working) },
    Binding {
        when: on_done,
        ..binding(&[Key::Char('n'), Key::Char('1')], Action::Another, "another order for this person", Group::Working)
    },
    Binding {
        when: on_done,
        ..binding(&[Key::Char('r'), Key::Char('2')], Action::SameAgain, "same order for somebody else", Group::Working)
    },
    Binding {
        when: on_done,
        ..binding(&[Key::Char('c'), Key::Char('3')], Action::Copy, "copy the order id", Group::Working)
    },
    Binding {
        when: on_done,
        ..binding(&[Key::Char('t'), Key::Char('4')], Action::CopyText, "copy a text for the ticket", Group::Working)
    },
    Binding {
        when: on_done,
        ..binding(&[Key::Char('s'), Key::Char('5')], Action::Status, "read the status again", Group::Working)
    },
    Binding { when: on_done, ..binding(&[Key::Char('h'), Key::Char('6')], Action::GoHome, "home", Group::Working) },
    Binding { when: has_choice, ..shown(&[Key::Enter], Action::Accept, "next, or choose", Group::Moving) },
    Binding { when: in_form, ..shown(&[Key::Ctrl('o')], Action::Onward, "next missing or review", Group::Moving) },
    Binding { when: has_moves, ..binding(&[Key::Ctrl('o')], Action::Accept, "same as Enter", Group::Moving) },
    Binding {
        when: always,
        ..shown(&[Key::Esc, Key::Ctrl('g'), Key::F(12), Key::F(3)], Action::Back, "back, loses nothing", Group::Moving)
    },
    Binding { when: has_moves, ..binding(&[Key::Tab], Action::Next, "next field, list or button", Group::Moving) },
    Binding { when: has_moves, ..binding(&[Key::BackTab], Action::Previous, "previous one", Group::Moving) },
    Binding { when: has_moves, ..binding(&[Key::Up, Key::Char('k')], Action::Up, "up", Group::Moving) },
    Binding { when: has_moves, ..binding(&[Key::Down, Key::Char('j')], Action::Down, "down", Group::Moving) },
    Binding { when: has_moves, ..binding(&[Key::PageUp], Action::PageUp, "a page up", Group::Moving) },
    Binding { when: has_moves, ..binding(&[Key::PageDown], Action::PageDown, "a page down", Group::Moving) },
    Binding {
        when: has_moves,
        ..binding(&[Key::Ctrl('u')], Action::Clear, "clear; again puts it back", Group::Working)
    },
    Binding {
        when: has_moves,
        ..binding(&[Key::Ctrl('r'), Key::F(5)], Action::Reload, "ask the server again", Group::Working)
    },
    Binding { when: in_form, ..binding(&[], Action::GoHome, "save and go home (the draft stays)", Group::Program) },
    shown(&[Key::Ctrl('x'), Key::Char('?'), Key::F(1)], Action::Menu, "actions and help", Group::Program),
    shown(&[Key::Ctrl('c')], Action::Leave, "leave", Group::Program),
    binding(&[Key::Ctrl('l')], Action::Repaint, "draw the screen anew", Group::Program),
    Binding { when: has_draft, ..binding(&[], Action::GoHome, "put this draft aside (it stays)", Group::Program) },
    Binding { when: at_home, ..binding(&[], Action::Restore, "bring back the draft thrown away last", Group::Program) },
    binding(&[Key::Ctrl('z')], Action::Suspend, "suspend to the shell", Group::Program),
    Binding { when: on_review, ..binding(&[], Action::GoHome, "save and go home (the draft stays)", Group::Program) },
];

/// The bindings that work now.
pub fn live(model: &Model) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(|b| (b.when)(model))
}

/// What a key means now; printable keys mean themselves while a text box has focus.
#[must_use]
pub fn resolve(model: &Model, key: Key) -> Option<Action> {
    if matches!(key, Key::Char(_)) && model.typing() {
        return None;
    }
    let lower = match key {
        Key::Char(c) => Key::Char(c.to_ascii_lowercase()),
        other => other,
    };
    live(model).find(|b| b.keys.contains(&lower)).map(|b| b.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_bound_that_a_terminal_between_may_eat() {
        let never = "abdhijmqsvwtny\\]^_";
        for binding in &BINDINGS {
            for key in binding.keys {
                assert!(!matches!(key, Key::Ctrl(c) if never.contains(*c)), "{key:?}");
            }
        }
    }
    #[test]
    fn every_action_can_be_reached_without_a_function_key() {
        for binding in BINDINGS.iter().filter(|b| !b.keys.is_empty()) {
            assert!(binding.keys.iter().any(|k| !matches!(k, Key::F(_))), "{}", binding.label);
        }
    }
}
