//! Step 4, the server's confirmation beside what was asked. Nothing is ordered before one deliberate key, and that key
//! works only when the last line has been on the screen and the keyboard was quiet.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::desk::Desk;
use super::keys::{Action, Key};
use super::message::{Effect, Millis, Order};
use super::picker::stepped;
use super::{Input, Move};
use crate::domain::attempt::Confirmed;
use crate::domain::compare::{self, Line, Mark, Review};
use crate::domain::fault::{During, Fault};
use crate::domain::money::{Recurrence, Totals, digits};
use crate::domain::text::Clean;

/// The screen must have stood this long before `y` works.
const READ: Millis = 600;
/// And the keyboard must have been quiet this long.
const QUIET: Millis = 250;
/// A confirmation older than this is asked for again.
const STALE: Millis = 15 * 60 * 1000;

/// The items of the key line that Tab walks.
pub const BUTTONS: [(Action, &str); 4] =
    [(Action::Submit, "y SUBMIT"), (Action::Edit, "e edit"), (Action::Copy, "c copy"), (Action::Back, "Esc back")];

/// The review.
#[derive(Clone, Debug)]
pub struct State {
    /// What was sent for confirmation, and will be submitted as it is.
    order: Box<Order>,
    ticket: u64,
    /// How far it is.
    pub phase: Phase,
    /// The first line on the screen.
    pub scroll: usize,
    /// The item of the key line under the cursor.
    pub button: Option<usize>,
}

/// How far the confirmation is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// The server is asked.
    Asking,
    /// It failed; the order is as it was.
    Failed(Fault, During),
    /// It came.
    Shown(Box<Shown>),
}

/// A confirmation on the screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The answer beside what was asked.
    pub review: Review,
    /// When the last line was first on a painted screen.
    read_from: Option<Millis>,
}

/// How a line is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As text.
    Plain,
    /// As what matters.
    Strong,
    /// As a difference.
    Changed,
}

impl State {
    /// Asks the server.
    #[must_use]
    pub fn enter(desk: &mut Desk) -> Self {
        let (order, ticket) = desk.order();
        desk.effects.push(Effect::Confirm(order.clone(), ticket));
        Self { order, ticket, phase: Phase::Asking, scroll: 0, button: None }
    }
    /// Whether this answer is waited for.
    #[must_use]
    pub fn awaits(&self, ticket: u64) -> bool {
        matches!(self.phase, Phase::Asking) && self.ticket == ticket
    }
    /// The confirmation, once it is there.
    #[must_use]
    pub fn shown(&self) -> Option<&Shown> {
        match &self.phase {
            Phase::Shown(shown) => Some(shown),
            Phase::Asking | Phase::Failed(..) => None,
        }
    }
    /// The exact order that was confirmed.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Takes the answer.
    pub fn answered(&mut self, result: Result<Confirmed, Fault>, desk: &mut Desk) -> Move {
        match result {
            Ok(Confirmed::Confirmed(reply)) => {
                let review = compare::review(&desk.draft, &desk.cache, &reply);
                self.phase = Phase::Shown(Box::new(Shown { review, read_from: None }));
                desk.hush();
                desk.effects.push(Effect::Drain);
            }
            Ok(Confirmed::Ordered(_)) => {} // The model has recorded it before.
            Ok(Confirmed::OrderedOther(id)) => {
                let why = format!(
                    "The server answered the confirmation with order {id}, under another reference. Ask the carrier desk before you go on."
                );
                self.phase = Phase::Failed(Fault::Garbled { why: Clean::new(&why) }, During::Confirming);
                desk.complain(&why);
            }
            Err(Fault::Refused(errors)) => {
                desk.refused = errors;
                return Move::Details(None);
            }
            Err(fault) => self.failed(fault, During::Confirming, desk),
        }
        Move::Stay
    }
    /// Shows a failure with its way out.
    pub fn failed(&mut self, fault: Fault, during: During, desk: &mut Desk) {
        desk.complain(&fault.to_string());
        // The asking that entering this screen began is not wanted any more.
        desk.effects.retain(|e| !matches!(e, Effect::Confirm(..)));
        self.phase = Phase::Failed(fault, during);
    }

    /// Whether the last line is or was on the screen.
    #[must_use]
    pub fn read_to_the_end(&self, size: (u16, u16)) -> bool {
        self.shown().is_some_and(|s| s.read_from.is_some() || self.last_line_shows(s, size))
    }
    /// Whether the time of the next frame is wanted.
    #[must_use]
    pub fn wants_painted(&self, size: (u16, u16)) -> bool {
        self.shown().is_some_and(|s| s.read_from.is_none() && self.last_line_shows(s, size))
    }
    /// The frame was written at that time.
    pub fn painted(&mut self, at: Millis, size: (u16, u16)) {
        if self.wants_painted(size)
            && let Phase::Shown(shown) = &mut self.phase
        {
            shown.read_from = Some(at);
        }
    }
    fn last_line_shows(&self, shown: &Shown, size: (u16, u16)) -> bool {
        size.0 >= 40 && size.1 >= 12 && self.scroll + body_rows(size) >= lines(&shown.review, width(size)).len()
    }

    /// Takes an input.
    pub fn on(&mut self, input: Input, desk: &mut Desk) -> Move {
        match (input, self.button) {
            (Input::Do(Action::Accept), Some(at)) => match BUTTONS.get(at) {
                Some((action, _)) => self.act(*action, desk),
                None => Move::Stay,
            },
            (Input::Do(Action::Accept), None) if self.shown().is_some() => {
                desk.say("Enter never submits. Read it, then press y; Tab walks the keys below.");
                Move::Stay
            }
            (Input::Do(action), _) => self.act(action, desk),
            (Input::Type(Key::Home), _) => {
                self.scroll = 0;
                Move::Stay
            }
            (Input::Type(Key::End), _) => self.act(Action::PageDown, desk),
            (Input::Type(_) | Input::Paste(_), _) => Move::Stay,
        }
    }

    fn act(&mut self, action: Action, desk: &mut Desk) -> Move {
        match action {
            Action::Back => return Move::Details(None),
            Action::Reload => return Move::Review,
            Action::GoHome => return Move::Shelve,
            Action::Edit => return Move::Details(self.first_difference()),
            Action::Submit => return self.submit(desk),
            Action::Copy => {
                desk.effects.push(Effect::Copy(self.text(desk)));
                desk.say("Asked the terminal to copy the review.");
            }
            Action::Next => self.button = Some(self.button.map_or(0, |b| (b + 1).min(BUTTONS.len() - 1))),
            Action::Previous => self.button = self.button.and_then(|b| b.checked_sub(1)),
            Action::Up | Action::Down | Action::PageUp | Action::PageDown => self.scroll_by(action, desk),
            _ => {}
        }
        Move::Stay
    }

    fn scroll_by(&mut self, action: Action, desk: &Desk) {
        if let Some(shown) = self.shown() {
            let rows = body_rows(desk.size);
            let len = lines(&shown.review, width(desk.size)).len();
            self.scroll = stepped(self.scroll, action, (len + 1).saturating_sub(rows), rows);
        }
    }

    fn first_difference(&self) -> Option<crate::domain::draft::FieldId> {
        self.shown()?.review.lines().find(|l| l.mark != Mark::Same).map(|l| l.field.clone())
    }

    fn submit(&mut self, desk: &mut Desk) -> Move {
        let Some(shown) = self.shown() else { return Move::Stay };
        if let Some(why) = shown.review.blocks.first() {
            desk.complain(&format!("Not submitted. {why}"));
            return Move::Stay;
        }
        let Some(from) = shown.read_from else {
            desk.warn("Read it first, to the last line, then press y.");
            return Move::Stay;
        };
        if desk.now.saturating_sub(from) > STALE {
            desk.warn("That confirmation was over 15 minutes old, so the server is asked again. Read it once more.");
            return Move::Review;
        }
        let read = desk.now >= from + READ;
        let quiet = desk.now.saturating_sub(desk.quiet_since) >= QUIET;
        if !(read && quiet) {
            desk.warn("Read it first, then press y.");
            return Move::Stay;
        }
        Move::Submit
    }

    /// The review as text, for copying.
    #[must_use]
    pub fn text(&self, desk: &Desk) -> String {
        let Some(shown) = self.shown() else { return String::new() };
        let mut out = String::new();
        if desk.session.sandbox {
            out.push_str("SANDBOX: nothing is really ordered\n");
        }
        let kind = desk.draft.kind.map_or("", |k| k.id);
        let who = desk
            .draft
            .who
            .as_ref()
            .and_then(|w| w.person())
            .map(crate::domain::choice::Person::with_login)
            .unwrap_or_default();
        out.push_str(&format!("{kind} for {who}, ref {}, not submitted yet\n", desk.draft.number));
        out.extend(lines(&shown.review, 78).into_iter().map(|(text, _)| format!("{}\n", text.trim_end())));
        out
    }
}

/// Columns that the review's lines may use: never more than 100, so that the eye finds the next line.
#[must_use]
pub fn width(size: (u16, u16)) -> usize {
    usize::from(size.0).saturating_sub(2).min(100)
}
/// Rows between the head and the foot of the screen.
#[must_use]
pub fn body_rows(size: (u16, u16)) -> usize {
    usize::from(size.1).saturating_sub(if size.0 < 60 { 7 } else { 8 })
}

/// The review line by line, laid out for that width.
#[must_use]
pub fn lines(review: &Review, width: usize) -> Vec<(String, Tone)> {
    let mut out = Vec::new();
    for why in &review.blocks {
        wrapped(&mut out, "! ", why, width, Tone::Changed);
    }
    if !review.blocks.is_empty() {
        out.push((String::new(), Tone::Plain));
    }
    let label = label_columns(review, width);
    money_lines(&mut out, review, width);
    if !review.items.is_empty() || review.totals.is_some() {
        out.push((String::new(), Tone::Plain));
    }
    for line in &review.rest {
        rest_line(&mut out, line, (width, label));
    }
    if review.totals.is_none() && review.items.iter().all(|i| i.price.is_none()) {
        out.push((String::new(), Tone::Plain));
        out.push(("  No cost information returned.".into(), Tone::Plain));
    }
    out
}

/// The label column: wide enough for the longest, as long as values keep most of the row.
fn label_columns(review: &Review, width: usize) -> usize {
    let longest = review.rest.iter().map(|l| l.label.width()).max().unwrap_or(0);
    (longest + 2).clamp(12, (width / 3).max(12))
}

fn money_lines(out: &mut Vec<(String, Tone)>, review: &Review, width: usize) {
    if review.items.is_empty() && review.totals.is_none() {
        return;
    }
    let all = Totals::of(review.items.iter().filter_map(|l| l.price.as_ref()));
    let mut currencies = review.totals.as_ref().unwrap_or(&all).currencies();
    currencies.extend(all.currencies().into_iter().filter(|c| !currencies.contains(c)).collect::<Vec<_>>());
    let single = match currencies.as_slice() {
        [only] => only.clone(),
        _ => Clean::default(),
    };
    out.push((amounts("", &format!("{single} once"), "monthly", width), Tone::Plain));
    for line in &review.items {
        item_lines(out, line, single.is_empty(), width);
    }
    for currency in &currencies {
        if let Some(totals) = &review.totals {
            let label = if single.is_empty() { format!("SERVER TOTAL {currency}") } else { "SERVER TOTAL".into() };
            out.push((total_line(&label, totals, currency, width), Tone::Strong));
        }
    }
    if let Some(sum) = &review.other_sum {
        for currency in sum.currencies() {
            let part = |r, word| sum.get(&currency, r).map(|a| format!("{} {word}", digits(a, &currency)));
            let parts: Vec<_> =
                [part(Recurrence::Once, "once"), part(Recurrence::Monthly, "monthly")].into_iter().flatten().collect();
            let note = format!(
                "Items add up to {currency} {}. The server's total counts; it may hold taxes.",
                parts.join(" and ")
            );
            wrapped(out, "  ", &note, width, Tone::Plain);
        }
    }
}

fn total_line(label: &str, totals: &Totals, currency: &Clean, width: usize) -> String {
    let cell = |r| totals.get(currency, r).map(|a| digits(a, currency)).unwrap_or_default();
    amounts(&format!("  {label}"), &cell(Recurrence::Once), &cell(Recurrence::Monthly), width)
}

/// The label column of what is bought: `Accessory` is the longest.
const ITEM: usize = 11;

fn item_lines(out: &mut Vec<(String, Tone)>, line: &Line, named: bool, width: usize) {
    let column = ITEM;
    let wide = width >= 58;
    let price = line.price.as_ref();
    let cell = |r| {
        let money = price.filter(|p| p.recurrence == r)?;
        Some(if named { format!("{} {}", money.currency, money.digits()) } else { money.digits() })
    };
    let (once, monthly) = (cell(Recurrence::Once).unwrap_or_default(), cell(Recurrence::Monthly).unwrap_or_default());
    let name = line.told.clone().unwrap_or_else(|| Clean::new("(missing)"));
    let head = format!("{} {}", sign(line.mark), fitted(&line.label, column));
    let tone = if line.mark == Mark::Same { Tone::Plain } else { Tone::Changed };
    let room = width.saturating_sub(column + 2 + if wide { 24 } else { 0 });
    let mut parts = wrap(&name, room).into_iter();
    let first = parts.next().unwrap_or_default();
    if wide {
        out.push((amounts(&format!("{head}{first}"), &once, &monthly, width), tone));
    } else {
        out.push((format!("{head}{first}"), tone));
    }
    out.extend(parts.map(|p| (format!("{}{p}", " ".repeat(column + 2)), tone)));
    if !wide && price.is_some() {
        out.push((amounts("", &once, &monthly, width), tone));
    }
    if let Some(why) = remark(line) {
        wrapped(out, &" ".repeat(column + 2), &why, width, tone);
    }
}

fn rest_line(out: &mut Vec<(String, Tone)>, line: &Line, (width, column): (usize, usize)) {
    let tone = if line.mark == Mark::Same { Tone::Plain } else { Tone::Changed };
    let head = format!("{} {}", sign(line.mark), fitted(&line.label, column));
    let value = line.told.clone().unwrap_or_else(|| Clean::new("(missing)"));
    let text = match remark(line) {
        Some(why) => format!("{value}   {why}"),
        None => value.to_string(),
    };
    let mut parts = wrap(&text, width.saturating_sub(column + 2)).into_iter();
    out.push((format!("{head}{}", parts.next().unwrap_or_default()), tone));
    out.extend(parts.map(|p| (format!("{}{p}", " ".repeat(column + 2)), tone)));
}

/// What is to be said about a difference.
fn remark(line: &Line) -> Option<String> {
    let asked = line.asked.as_deref().unwrap_or_default();
    match line.mark {
        Mark::Same => None,
        Mark::Changed => Some(format!("you asked for {asked}; changed by the server")),
        Mark::Missing => Some(format!("you asked for {asked}; not in the server's answer")),
        Mark::Added => Some("added by the server".into()),
    }
}

/// The sign of a difference.
#[must_use]
pub fn sign(mark: Mark) -> char {
    match mark {
        Mark::Same => ' ',
        Mark::Changed | Mark::Missing => '~',
        Mark::Added => '+',
    }
}

fn amounts(left: &str, once: &str, monthly: &str, width: usize) -> String {
    let room = width.saturating_sub(24);
    let pad = room.saturating_sub(left.width());
    format!("{left}{}{once:>12}{monthly:>12}", " ".repeat(pad))
}

/// Text cut or filled to that many columns.
#[must_use]
pub fn fitted(text: &str, columns: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in text.graphemes(true) {
        let w = c.width();
        if used + w >= columns {
            break;
        }
        out.push_str(c);
        used += w;
    }
    out.push_str(&" ".repeat(columns - used));
    out
}

fn wrapped(out: &mut Vec<(String, Tone)>, indent: &str, text: &str, width: usize, tone: Tone) {
    let blank = " ".repeat(indent.chars().count());
    for (at, part) in wrap(text, width.saturating_sub(indent.chars().count())).into_iter().enumerate() {
        out.push((format!("{}{part}", if at == 0 { indent } else { &blank }), tone));
    }
}

/// Text in lines of at most that many columns, broken at blanks, and inside a word only where it must be.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        if used > 0 && used + word.trim_end().width() > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        for c in word.graphemes(true) {
            if used + c.width() > columns {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
            }
            line.push_str(c);
            used += c.width();
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_at_blanks_and_wide_letters_are_counted_as_two() {
        assert_eq!(wrap("alpha beta gamma", 11), ["alpha beta", "gamma"]);
        assert_eq!(wrap("鈴木鈴木鈴木", 8), ["鈴木鈴木", "鈴木"]);
        assert!(wrap(&"x".repeat(30), 10).iter().all(|l| l.len() <= 10));
    }
    #[test]
    fn a_label_is_cut_or_filled_to_its_columns() {
        assert_eq!(fitted("Line", 6), "Line  ");
        assert_eq!(fitted("Additional Instructions", 10), "Additiona ");
        assert_eq!(fitted("鈴木鈴木", 6), "鈴木  ");
    }
}
