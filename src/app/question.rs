//! Questions with numbered answers over the screen: leave, throw the draft away, take it over from somebody else. The first
//! answer is the safe one and has the highlight at first; a digit chooses at once, Enter takes what is highlighted.

use super::desk::Keeping;
use super::keys::{Action, Key};
use super::message::Effect;
use super::overlay::Overlay;
use super::picker::stepped;
use super::{Model, Step};
use crate::domain::ids::OrderKey;
use crate::domain::text::Clean;

/// What is asked, and what can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked, by line.
    pub asked: Vec<String>,
    /// The answers, from 1 on.
    pub answers: Vec<String>,
    /// The highlighted one.
    pub cursor: usize,
}

impl Question {
    /// The question that a dialog asks, where it asks one.
    #[must_use]
    pub fn of(model: &Model, overlay: &Overlay) -> Option<Self> {
        let (asked, answers, cursor) = match overlay {
            Overlay::Leave(cursor) if model.sending() => ("An order is being sent.", leave_sending(), cursor),
            Overlay::Leave(cursor) => ("Leave mobproc?", leave_kept(model), cursor),
            Overlay::Discard(cursor) => ("Throw this draft away?", throw_or_keep(), cursor),
            Overlay::Held(_, _, cursor) => ("Somebody else works on this draft.", take_or_leave(), cursor),
            Overlay::Menu(_) | Overlay::Told(_) | Overlay::Body(_) | Overlay::Aside => return None,
        };
        let mut asked = vec![asked.to_owned()];
        if let Overlay::Held(_, by, _) = overlay {
            asked.push(format!("   {by}"));
        }
        // An answer that is there no more is not taken for its neighbour.
        let cursor = Some(*cursor).filter(|at| *at < answers.len()).unwrap_or(0);
        Some(Self { asked, answers, cursor })
    }
    /// What a key means to it: a digit for Enter, and where the highlight goes.
    fn takes(&self, key: Key) -> (Key, usize) {
        let step = match key {
            Key::Enter => {
                let digit = (1..).zip('1'..='9').find(|(n, _)| *n == self.cursor + 1);
                return (digit.map_or(key, |(_, c)| Key::Char(c)), self.cursor);
            }
            Key::Up | Key::BackTab | Key::Char('k') => Action::Up,
            Key::Down | Key::Tab | Key::Char('j') => Action::Down,
            _ => return (key, self.cursor),
        };
        (key, stepped(self.cursor, step, self.answers.len(), self.answers.len()))
    }
}

fn leave_sending() -> Vec<String> {
    ["stay and see the answer", "leave the screen; mobproc waits for the answer and prints it"].map(Into::into).into()
}

fn leave_kept(model: &Model) -> Vec<String> {
    let desk = &model.desk;
    let begun = desk.draft.who.is_some() && !matches!(model.step, Step::Submit(_));
    let lost = match (desk.unfinished().count() + usize::from(begun), &desk.session.keeping) {
        (0, _) => "",
        (_, Keeping::Opening) => "; what is unfinished is still to be written down",
        (_, Keeping::Kept) => "; what is unfinished is kept",
        (_, Keeping::Unkept(_)) => ": what is unfinished is LOST, for it cannot be written down",
    };
    let away = begun.then(|| "throw this draft away and go home".to_owned());
    ["stay".to_owned(), format!("leave{lost}")].into_iter().chain(away).collect()
}

fn throw_or_keep() -> Vec<String> {
    ["keep it", "throw it away; for 7 days ^X on the first screen brings it back"].map(Into::into).into()
}

fn take_or_leave() -> Vec<String> {
    ["leave it to them", "take it over; what they type from now on becomes a copy of its own"].map(Into::into).into()
}

/// Takes a key for a question.
pub(super) fn on(model: &mut Model, overlay: Overlay, key: Key) {
    let asked = Question::of(model, &overlay);
    let (key, to) = asked.map_or((key, 0), |asked| asked.takes(key));
    match overlay {
        Overlay::Leave(cursor) => on_leave(model, key, cursor, to),
        Overlay::Discard(_) => on_discard(model, key, to),
        Overlay::Held(order, by, _) => on_held(model, (order, by), key, to),
        other @ (Overlay::Menu(_) | Overlay::Told(_) | Overlay::Body(_) | Overlay::Aside) => {
            model.overlay = Some(other)
        }
    }
}

fn on_held(model: &mut Model, (order, by): (OrderKey, Clean), key: Key, to: usize) {
    match key {
        Key::Char('2') if model.desk.quiet() => model.desk.effects.push(Effect::Open(order, true)),
        Key::Char('1') | Key::Esc | Key::Ctrl('g') => {}
        Key::Ctrl('c') => leave(model, Some(Overlay::Held(order, by, 0))),
        _ => model.overlay = Some(Overlay::Held(order, by, to)),
    }
}

fn on_discard(model: &mut Model, key: Key, to: usize) {
    match key {
        Key::Char('2') => throw_away(model),
        Key::Char('1') | Key::Esc | Key::Ctrl('g') | Key::F(3 | 12) => {}
        Key::Ctrl('c') => leave(model, None),
        _ => model.overlay = Some(Overlay::Discard(to)),
    }
}

/// Throws the draft away; an order that was sent is none.
fn throw_away(model: &mut Model) {
    if matches!(&model.step, Step::Submit(_)) || model.desk.draft.who.is_none() {
        return;
    }
    model.desk.discard();
    model.step = Step::Home(Box::default());
    model.desk.say("The draft was thrown away; it rests for 7 days before it is gone. ^X brings it back.");
}

/// Asks before leaving, over a dialog that is there again for whoever stays.
pub(super) fn leave(model: &mut Model, over: Option<Overlay>) {
    model.behind = over.map(anew);
    model.overlay = Some(Overlay::Leave(0));
}

/// A dialog as it is when it is opened: the safe answer is highlighted.
pub(super) fn anew(overlay: Overlay) -> Overlay {
    match overlay {
        Overlay::Leave(_) => Overlay::Leave(0),
        Overlay::Discard(_) => Overlay::Discard(0),
        Overlay::Held(order, by, _) => Overlay::Held(order, by, 0),
        other @ (Overlay::Menu(_) | Overlay::Told(_) | Overlay::Body(_) | Overlay::Aside) => other,
    }
}

fn on_leave(model: &mut Model, key: Key, cursor: usize, to: usize) {
    // Where the question has no room, its answers are not seen: only the key that opened it leaves.
    let seen = !model.too_small();
    match key {
        Key::Ctrl('c') => model.quit = true,
        Key::Char('2') if seen => model.quit = true,
        Key::Char('3') if seen && !model.sending() => {
            throw_away(model);
            model.overlay = model.behind.take();
        }
        // Whatever it stood over is there again.
        Key::Char('1') | Key::Esc | Key::Ctrl('g') => model.overlay = model.behind.take(),
        _ => model.overlay = Some(Overlay::Leave(if seen { to } else { cursor })),
    }
}
