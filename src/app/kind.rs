//! Step 2, what: both categories on one screen, with codes and letters that never move.

use std::sync::Arc;

use super::desk::Desk;
use super::keys::{Action, Key};
use super::picker::stepped;
use super::{Input, Move};
use crate::domain::cache::Progress;
use crate::domain::choice::Choice;
use crate::domain::kinds::{Category, KINDS, Kind};
use crate::domain::lookups::{self, LookupKey};

/// The second screen.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The highlighted type, by its place in KINDS.
    pub cursor: usize,
    /// The first digit of a code, waiting for the second.
    pub digit: Option<char>,
    /// The highlighted one of the person's latest orders, while their list has the keys.
    pub order: Option<usize>,
}

/// Why a type cannot be ordered for the chosen person, in a sentence's middle; `None` where it can, or nobody knows yet.
#[must_use]
pub fn refusal(desk: &Desk, kind: &Kind) -> Option<String> {
    let allowed = desk.me().and_then(|me| me.types.as_ref()).is_none_or(|types| types.iter().any(|t| &**t == kind.id));
    if !allowed {
        let who = desk.draft.who.as_ref().and_then(|w| w.person()).map(|p| p.spoken().to_string()).unwrap_or_default();
        return Some(format!("not allowed for {who} (server list)"));
    }
    kind.statuses?;
    let query = (lookups::LINES.ask)(&desk.draft)?;
    let Progress::Ready(found) = desk.cache.progress(&LookupKey { lookup: lookups::LINES.id, query })? else {
        return None;
    };
    let lines: Vec<_> = found.choices().iter().filter_map(|c| c.line()).collect();
    let mut why = lines.iter().map(|line| kind.allows(line));
    if why.clone().any(|w| w.is_ok()) {
        return None;
    }
    Some(match (lines.len(), why.find_map(Result::err)) {
        (1, Some(why)) => why,
        (0, _) | (_, None) => "no line".into(),
        (n, Some(_)) => format!("none of {n} lines allows it"),
    })
}

impl State {
    /// The highlight starts at the draft's type, else at the first that can be ordered.
    #[must_use]
    pub fn enter(desk: &Desk) -> Self {
        let present = desk.draft.kind.and_then(|k| KINDS.iter().position(|x| x == k));
        let first = KINDS.iter().position(|k| refusal(desk, k).is_none());
        Self { cursor: present.or(first).unwrap_or(0), digit: None, order: None }
    }

    /// Takes an input.
    pub fn on(&mut self, input: Input, desk: &mut Desk) -> Move {
        let digit = self.digit.take();
        if let Some(at) = self.order {
            return self.on_orders(at, &input, desk);
        }
        match input {
            Input::Do(Action::Next) => {
                self.order = Some(0);
                Move::Stay
            }
            Input::Do(Action::Accept) => self.choose(self.cursor, desk),
            Input::Do(Action::Back | Action::ChangeWho) => Move::Home,
            Input::Do(Action::GoHome) => Move::Shelve,
            Input::Do(Action::Up | Action::Previous) => self.to(self.cursor.saturating_sub(1)),
            Input::Do(Action::Down) => self.to(self.cursor + 1),
            Input::Do(Action::PageUp | Action::First) => self.to(0),
            Input::Do(Action::PageDown | Action::Last) => self.to(KINDS.len()),
            Input::Type(Key::Left | Key::Right) => self.to(across(self.cursor)),
            Input::Do(Action::Reload) => {
                let key = lookups::LINES.key(&desk.draft);
                desk.reload(key);
                Move::Stay
            }
            Input::Type(Key::Char(c)) if c.is_ascii_digit() => match digit {
                None => {
                    self.digit = Some(c);
                    self.by_key(&c.to_string(), desk, true)
                }
                Some(first) => self.by_key(&format!("{first}{c}"), desk, false),
            },
            Input::Type(Key::Char(c)) => self.by_key(&c.to_string(), desk, false),
            Input::Do(_) | Input::Type(_) | Input::Paste(_) | Input::Answer(_) => Move::Stay,
        }
    }

    /// The person's latest orders have the keys.
    fn on_orders(&mut self, at: usize, input: &Input, desk: &Desk) -> Move {
        let all = orders(desk);
        match input {
            Input::Do(Action::Accept) => return all.get(at).map_or(Move::Stay, |o| Move::Order(o.id.clone())),
            Input::Do(Action::Back | Action::Next | Action::Previous) => self.order = None,
            Input::Do(action) if action.moves() => {
                self.order = Some(stepped(at, *action, all.len(), 5));
            }
            Input::Do(Action::ChangeWho) => return Move::Home,
            Input::Do(Action::GoHome) => return Move::Shelve,
            Input::Do(_) | Input::Type(_) | Input::Paste(_) | Input::Answer(_) => {}
        }
        Move::Stay
    }

    fn to(&mut self, at: usize) -> Move {
        self.cursor = at.min(KINDS.len() - 1);
        Move::Stay
    }

    fn by_key(&mut self, key: &str, desk: &mut Desk, half: bool) -> Move {
        match KINDS.iter().position(|k| {
            k.code == key
                || key == k.letter.to_ascii_lowercase().to_string()
                || key == k.letter.to_ascii_uppercase().to_string()
        }) {
            Some(at) => {
                self.cursor = at;
                self.choose(at, desk)
            }
            None if half => Move::Stay,
            None => {
                desk.complain(&format!("{key} is no code or letter of this list."));
                Move::Stay
            }
        }
    }

    fn choose(&mut self, at: usize, desk: &mut Desk) -> Move {
        let Some(kind) = KINDS.get(at) else { return Move::Stay };
        if let Some(why) = refusal(desk, kind) {
            desk.complain(&format!("{} {}: {why}.", kind.code, kind.label));
            return Move::Stay;
        }
        if desk.draft.kind != Some(kind) {
            desk.last_focus = None;
            desk.refused.clear();
        }
        desk.draft.kind = Some(kind);
        Move::Details(None)
    }
}

/// The chosen person's latest orders, as far as they have come.
#[must_use]
pub fn orders(desk: &Desk) -> &[Arc<Choice>] {
    desk.draft.who.as_ref().map(|_| desk.rows_of(&lookups::ORDERS)).unwrap_or_default()
}

/// The type beside this one in the other category's column.
fn across(cursor: usize) -> usize {
    let split = KINDS.iter().take_while(|k| k.category == Category::Procurement).count();
    if cursor < split { (cursor + split).min(KINDS.len() - 1) } else { (cursor - split).min(split - 1) }
}
