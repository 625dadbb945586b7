//! The items of the key line: from the table of keys; where it is narrow words are left out, then whole items, and what
//! leads everywhere (on, back, the menu) stays.

use unicode_width::UnicodeWidthStr;

use crate::app::keys::{Action, Binding, live};
use crate::app::layout::NARROW;
use crate::app::overlay::{self, MenuPage, Overlay};
use crate::app::question::Question;
use crate::app::{Model, Step, review};

/// A key and what it does.
type Item = (String, String);

/// The columns between two items. Keys are reversed, so one is enough to tell them apart.
pub(super) fn gap(width: u16) -> u16 {
    if width < NARROW { 1 } else { 3 }
}

/// What the key line says now.
pub(super) fn items(model: &Model, width: u16) -> Vec<Item> {
    let fixed: &[(&str, &str)] = match (model.sign_in.as_ref().filter(|_| model.asks()), &model.overlay) {
        (Some(asked), _) if asked.waits() => {
            &[("Enter", "signs in"), ("^U", "clear"), ("Esc", "not now"), ("^C", "leave")]
        }
        (Some(_), _) => &[("Esc", "does not wait for it"), ("^C", "leave")],
        (None, Some(Overlay::Menu(cursor))) => return of_menu(overlay::menu_page(model, *cursor)),
        (None, Some(Overlay::Aside)) => &[("Enter", "goes back"), ("^C", "leave")],
        (None, Some(Overlay::Body(_))) => &[("PgDn", "goes on"), ("p", "print when leaving"), ("Esc", "close")],
        (None, Some(Overlay::Told(_))) => &[("Enter", "goes on"), ("^C", "leave")],
        (None, Some(overlay @ (Overlay::Leave(_) | Overlay::Held(..) | Overlay::Discard(_)))) => {
            return of_question(model, overlay, width);
        }
        (None, None) => match &model.step {
            Step::Review(s) if s.typing() => &[("Enter", "submits"), ("Esc", "does not")],
            Step::Review(s) if s.shown().is_some() => return of_review(width),
            Step::Details(s) if s.list.is_some() => {
                &[("1-9", "jump"), ("Enter", "goes to the field"), ("^X", "actions and help"), ("Esc", "the fields")]
            }
            Step::Home(_) | Step::Kind(_) | Step::Details(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => {
                return from_table(model, width);
            }
        },
    };
    fitted(fixed.iter().map(|(k, l)| ((*k).to_owned(), (*l).to_owned())).collect(), width)
}

/// Those that have room; the last one always has.
fn fitted(mut items: Vec<Item>, width: u16) -> Vec<Item> {
    while !fits(&items, width) && items.len() > 2 {
        items.remove(items.len() - 2);
    }
    items
}

/// The digits of its answers, how they are chosen otherwise, and the way out.
fn of_question(model: &Model, overlay: &Overlay, width: u16) -> Vec<Item> {
    let answers = Question::of(model, overlay).map_or(0, |question| question.answers.len());
    let digits = format!("1-{answers}");
    let keys = [(&*digits, "choose"), ("Enter", "highlighted"), ("Up Down", "move"), ("Esc", "stays")];
    let again = model.leaving().then_some(("^C", "leaves"));
    fitted(keys.into_iter().chain(again).map(|(k, l)| (k.to_owned(), l.to_owned())).collect(), width)
}

/// The digits that the page has, and whether there is another.
fn of_menu(page: MenuPage) -> Vec<Item> {
    let digits = match page.lines.len() {
        0 => None,
        10 => Some("1-9 0".to_owned()),
        n => Some(format!("1-{n}")),
    };
    let more = (page.of.1 > 1).then(|| ("PgDn".to_owned(), "more"));
    let does = digits.map(|digits| (digits, "do it"));
    let close = ("Esc".to_owned(), "close");
    does.into_iter().chain(more).chain([close]).map(|(key, label)| (key, label.to_owned())).collect()
}

/// Tab walks the first ones of the review; those that have no room are left out whole.
fn of_review(width: u16) -> Vec<Item> {
    let split = |b: &str| b.split_once(' ').map(|(k, l)| (k.to_owned(), l.to_owned()));
    let mut items: Vec<Item> = review::buttons(usize::from(width)).filter_map(split).collect();
    items.push(("^X".into(), if width < NARROW { "help" } else { "actions and help" }.into()));
    if !fits(&items, width) {
        items.pop();
    }
    items
}

/// What can be left out first where there is no room: it stands in the menu too.
const LEFT_OUT: [Action; 5] = [Action::Leave, Action::CopyText, Action::Copy, Action::Accept, Action::Back];

fn from_table(model: &Model, width: u16) -> Vec<Item> {
    // From the first screen nothing leads back.
    let nowhere = |action: Action| action == Action::Back && matches!(&model.step, Step::Home(s) if s.typing());
    let (menu, mut shown): (Vec<_>, Vec<_>) =
        live(model).filter(|b| b.footer && !nowhere(b.action)).partition(|b| b.action == Action::Menu);
    shown.extend(menu);
    let whole = labelled(&shown, false);
    if fits(&whole, width) {
        return whole;
    }
    for (at, action) in LEFT_OUT.into_iter().enumerate() {
        shown.retain(|b| b.action != action);
        // The first one goes before words do.
        let items = labelled(&shown, at > 0 || width < NARROW);
        if fits(&items, width) {
            return items;
        }
    }
    labelled(&shown, true)
}

/// Keys with what they do: the first of what is said, or a word of it.
fn labelled(bindings: &[&Binding], short: bool) -> Vec<Item> {
    let label = |b: &Binding| {
        let first = b.label.split(&[',', ';'][..]).next().unwrap_or(b.label);
        match b.action {
            _ if !short => first,
            Action::Onward => "review",
            Action::Up => "to errors",
            Action::Menu => "help",
            _ => first.split(' ').next().unwrap_or(first),
        }
    };
    bindings.iter().filter_map(|b| Some((b.keys.first()?.name(), label(b).to_owned()))).collect()
}

fn fits(items: &[Item], width: u16) -> bool {
    let gaps = usize::from(gap(width)) * items.len().saturating_sub(1);
    let words: usize = items.iter().map(|(key, label)| key.width() + 1 + label.width()).sum();
    1 + gaps + words <= usize::from(width)
}
