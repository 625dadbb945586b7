//! Keys, what they mean, and BINDINGS: the only place that names a key. Footer, help and the README's table follow it.

use Action as A;
use Group::{Moving, Program, Working};
use Key::{Char, Ctrl, F};

use super::details::Edit;
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
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// To the text box, which takes the key as it is.
    Edits,
    /// Open the list of the field in focus.
    List,
    /// Show the fields that are required, or all of them again.
    Narrow,
    /// Choose another person; answers that still fit stay.
    ChangeWho,
    /// Choose another type; answers that still fit stay.
    ChangeKind,
    /// Show the screen as plain text.
    Plain,
    /// Ask whether to throw the draft away.
    Discard,
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

impl Action {
    /// Whether it moves a highlight or a page.
    #[must_use]
    pub fn moves(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::PageUp | Self::PageDown | Self::First | Self::Last)
    }
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
fn before_review(m: &Model) -> bool {
    matches!(m.step, Step::Review(_)) || m.guarded()
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
/// What is read and not filled in: letters are free there.
fn to_read(m: &Model) -> bool {
    matches!(m.step, Step::Review(_) | Step::Submit(_) | Step::Order(_))
}
fn to_fill(m: &Model) -> bool {
    !to_read(m)
}
/// A text box has the keys, and no list below it.
fn in_box(m: &Model) -> bool {
    m.typing() && !matches!(&m.step, Step::Details(s) if matches!(s.edit, Edit::Pick(_, true)))
}
fn closed_list(m: &Model) -> bool {
    matches!(&m.step, Step::Details(s) if matches!(s.edit, Edit::Pick(_, false)))
}
/// The server refused something, and the list of that stands above the fields.
fn below_errors(m: &Model) -> bool {
    let open = |edit: &Edit| matches!(edit, Edit::Pick(_, true));
    matches!(&m.step, Step::Details(s) if !s.refusals.is_empty() && s.list.is_none() && !open(&s.edit))
}
/// Something is typed or chosen that can be taken back.
fn can_clear(m: &Model) -> bool {
    at_home(m) || in_form(m) || m.guarded()
}
fn can_reload(m: &Model) -> bool {
    has_moves(m) && !on_done(m)
}
fn all_fields(m: &Model) -> bool {
    in_form(m) && !m.desk.only_required
}
fn some_fields(m: &Model) -> bool {
    in_form(m) && m.desk.only_required
}
fn has_person(m: &Model) -> bool {
    matches!(m.step, Step::Kind(_) | Step::Details(_) | Step::Review(_))
}
fn has_kind(m: &Model) -> bool {
    matches!(m.step, Step::Details(_) | Step::Review(_))
}
fn can_discard(m: &Model) -> bool {
    m.desk.draft.who.is_some() && (at_home(m) || has_person(m))
}

const fn binding(keys: &'static [Key], action: Action, label: &'static str, group: Group) -> Binding {
    Binding { keys, action, label, group, footer: false, when: always }
}
const fn shown(keys: &'static [Key], action: Action, label: &'static str, group: Group) -> Binding {
    Binding { keys, action, label, group, footer: true, when: always }
}

const fn when(when: fn(&Model) -> bool, binding: Binding) -> Binding {
    Binding { when, ..binding }
}

/// Every key that means something, in the order in which the menu lists what works. A key that stands in several lines
/// takes the first that works now.
pub static BINDINGS: [Binding; 52] = [
    when(on_review, shown(&[Char('y')], A::Submit, "submit", Working)),
    when(on_review, shown(&[Char('e')], A::Edit, "edit, differences first", Working)),
    when(on_review, shown(&[Char('c')], A::Copy, "copy", Working)),
    when(on_review, binding(&[Char('b')], A::Body, "show the JSON that is sent", Working)),
    when(on_order, shown(&[Char('c')], A::Copy, "copy id", Working)),
    when(checks, shown(&[Char('c')], A::Copy, "copy the details", Working)),
    when(on_order, shown(&[Char('t')], A::CopyText, "copy as text", Working)),
    when(on_done, binding(&[Char('n'), Char('1')], A::Another, "another order for this person", Working)),
    when(on_done, binding(&[Char('r'), Char('2')], A::SameAgain, "same order for somebody else", Working)),
    when(on_done, binding(&[Char('c'), Char('3')], A::Copy, "copy the order id", Working)),
    when(on_done, binding(&[Char('t'), Char('4')], A::CopyText, "copy a text for the ticket", Working)),
    when(on_done, binding(&[Char('s'), Char('5')], A::Status, "read the status again", Working)),
    when(on_done, binding(&[Char('h'), Char('6')], A::GoHome, "home", Working)),
    when(has_choice, shown(&[Key::Enter], A::Accept, "next, or choose", Moving)),
    when(in_form, shown(&[Ctrl('o')], A::Onward, "next missing or review", Moving)),
    when(before_review, binding(&[Ctrl('o')], A::Onward, "says how to go on; never submits", Moving)),
    when(has_moves, binding(&[Ctrl('o')], A::Accept, "same as Enter", Moving)),
    when(always, shown(&[Key::Esc, Ctrl('g'), F(12), F(3)], A::Back, "back, loses nothing", Moving)),
    when(has_moves, binding(&[Key::Tab], A::Next, "next field, list or button", Moving)),
    when(has_moves, binding(&[Key::BackTab], A::Previous, "previous one", Moving)),
    when(below_errors, shown(&[Key::Up], A::Up, "to the server's errors; from the first field", Moving)),
    when(has_moves, binding(&[Key::Up, Char('k')], A::Up, "up", Moving)),
    when(has_moves, binding(&[Key::Down, Char('j')], A::Down, "down", Moving)),
    when(has_moves, binding(&[Key::PageUp], A::PageUp, "a page up", Moving)),
    when(has_moves, binding(&[Key::PageDown], A::PageDown, "a page down", Moving)),
    when(in_box, binding(&[Key::Home], A::Edits, "in a box: to its beginning", Moving)),
    when(in_box, binding(&[Key::End], A::Edits, "in a box: to its end; in an empty one as Right", Moving)),
    when(has_moves, binding(&[Key::Home, Char('g')], A::First, "to the first line", Moving)),
    when(has_moves, binding(&[Key::End, Char('G')], A::Last, "to the last line", Moving)),
    when(Model::typing, binding(&[Key::Left], A::Edits, "in a box: back by one", Moving)),
    when(Model::typing, binding(&[Key::Right], A::Edits, RIGHT, Moving)),
    when(Model::typing, binding(&[Key::Backspace], A::Edits, "in a box: take away what is before the cursor", Moving)),
    when(Model::typing, binding(&[Key::Delete], A::Edits, "in a box: take away what is under the cursor", Moving)),
    when(Model::typing, binding(&[Ctrl('k')], A::Edits, "in a box: take away the rest", Moving)),
    when(closed_list, binding(&[F(4)], A::List, "open the list for this field", Working)),
    when(can_reload, binding(&[Ctrl('r'), F(5)], A::Reload, "ask the server again", Working)),
    when(can_clear, binding(&[Ctrl('u')], A::Clear, "clear; again puts it back", Working)),
    when(all_fields, binding(&[], A::Narrow, "show required fields only", Working)),
    when(some_fields, binding(&[], A::Narrow, "show all fields", Working)),
    when(in_form, binding(&[], A::GoHome, "save and go home", Program)),
    when(on_review, binding(&[], A::GoHome, "save and go home", Program)),
    when(has_draft, binding(&[], A::GoHome, "put this draft aside", Program)),
    when(has_person, binding(&[], A::ChangeWho, "change who it is for", Program)),
    when(has_kind, binding(&[], A::ChangeKind, "change the type", Program)),
    when(to_read, binding(&[Char('p')], A::Plain, "plain text of this screen", Program)),
    when(to_fill, binding(&[], A::Plain, "plain text of this screen", Program)),
    when(can_discard, binding(&[], A::Discard, "discard this draft ...", Program)),
    when(at_home, binding(&[], A::Restore, "bring back a discarded draft", Program)),
    shown(&[Ctrl('x'), Char('?'), F(1)], A::Menu, "actions and help", Program),
    shown(&[Ctrl('c')], A::Leave, "leave", Program),
    binding(&[Ctrl('l')], A::Repaint, "draw the screen anew", Program),
    binding(&[Ctrl('z')], A::Suspend, "suspend to the shell", Program),
];

/// Right moves, opens, or takes what stands beside the box.
const RIGHT: &str = "in a box: on by one; in an empty one: opens its list, or takes what stands beside it";

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
    let bound = |key: Key| BINDINGS.iter().find(|b| b.keys.contains(&key) && (b.when)(model));
    bound(key).or_else(|| bound(lower)).map(|b| b.action).filter(|a| *a != Action::Edits)
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
        // What the menu lists is reached by a digit.
        for binding in BINDINGS.iter().filter(|b| !b.keys.is_empty() && b.group == Group::Moving) {
            assert!(binding.keys.iter().any(|k| !matches!(k, Key::F(_))), "{}", binding.label);
        }
    }
}
