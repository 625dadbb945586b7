//! Text laid out in lines: wrapping and fitting by columns, and the review as it is shown, copied and scrolled. Pure.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::compare::{Line, Mark, Review};
use crate::domain::lookups::Found;
use crate::domain::money::{Recurrence, Totals, digits};
use crate::domain::reply::Value;
use crate::domain::text::Clean;
use crate::domain::tracking::Tracked;

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

/// What of an order is shown where it is no answer yet: why.
pub type Part = Result<Found, String>;

/// A placed order line by line: itself, its history and its shipments.
#[must_use]
pub fn tracked([order, history, shipments]: &[Part; 3], width: usize) -> Vec<(String, Tone)> {
    let mut out = Vec::new();
    match order {
        Ok(Found::Order(order)) => order_lines(&mut out, order, width),
        Ok(_) => wrapped(&mut out, "  ", "The server's answer holds no order.", width, Tone::Changed),
        Err(why) => {
            // Without the order nothing else is worth saying.
            wrapped(&mut out, "  ", why, width, Tone::Plain);
            return out;
        }
    }
    heading(&mut out, "Parcels");
    match shipments {
        Ok(Found::Shipments(all)) if !all.is_empty() => {
            for parcel in all {
                let words = [parcel.carrier.as_deref(), parcel.tracking.as_deref()];
                let when = parcel.when.as_ref().map_or_else(|| "not sent yet".to_owned(), |w| format!("sent {w}"));
                let text = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
                wrapped(&mut out, "  ", &format!("{text}  {when}"), width, Tone::Strong);
            }
        }
        Ok(_) => out.push(("  none so far".into(), Tone::Plain)),
        Err(why) => wrapped(&mut out, "  ", why, width, Tone::Plain),
    }
    heading(&mut out, "History");
    match history {
        Ok(Found::History(all)) if !all.is_empty() => {
            // What happened last is what is asked for.
            for entry in all.iter().rev() {
                let comment = entry.comment.as_ref().map(|c| format!("  {c}")).unwrap_or_default();
                let text = format!("{}{comment}", fitted(&entry.status, 18.max(entry.status.width() + 1)));
                wrapped(&mut out, &format!("  {:<22}", entry.when), text.trim_end(), width, Tone::Plain);
            }
        }
        Ok(_) => out.push(("  nothing".into(), Tone::Plain)),
        Err(why) => wrapped(&mut out, "  ", why, width, Tone::Plain),
    }
    out
}

fn heading(out: &mut Vec<(String, Tone)>, text: &str) {
    out.push((String::new(), Tone::Plain));
    out.push((format!(" {text}"), Tone::Strong));
}

fn order_lines(out: &mut Vec<(String, Tone)>, tracked: &Tracked, width: usize) {
    let order = &tracked.order;
    let kind = order.transaction_type.clone().unwrap_or_default();
    let status = order.status.clone().unwrap_or_default();
    out.push((format!("  {kind}  {status}"), Tone::Strong));
    let ship = order.ship.as_ref().map(|s| {
        let parts = s.parts.iter().filter_map(|p| if let Value::Text(t) = &p.value { Some(&**t) } else { None });
        s.name.iter().map(|n| &**n).chain(parts).collect::<Vec<_>>().join(", ")
    });
    let rows = [
        ("For", order.holder.as_ref().map(|p| p.with_login().to_string())),
        ("Line", order.service.as_ref().map(|s| crate::domain::choice::dashed(&s.name))),
        ("Submitted", order.submitted.as_ref().map(|s| s.to_string())),
        ("Last change", tracked.updated.as_ref().map(|s| s.to_string())),
        ("By", tracked.requested_by.as_ref().map(|s| s.to_string())),
        ("Reference", tracked.number.as_ref().map(|s| s.to_string())),
        ("Ship to", ship),
    ];
    for (label, value) in rows {
        if let Some(value) = value {
            wrapped(out, &format!("  {label:<13}"), &value, width, Tone::Plain);
        }
    }
    for segment in &tracked.segments {
        heading(out, &format!("Part {}", segment.id));
        let vendor = segment.vendor.as_ref().map(|v| format!("  {v}")).unwrap_or_default();
        wrapped(out, "  ", &format!("{}{vendor}", segment.status), width, Tone::Strong);
        for item in &segment.items {
            wrapped(out, "    ", item, width, Tone::Plain);
        }
    }
}

/// The review line by line, laid out for that width.
#[must_use]
pub fn review(review: &Review, width: usize) -> Vec<(String, Tone)> {
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
    let most = (width * 9 / 20).max(12);
    let longest = review.rest.iter().map(|l| l.label.width() + 2).filter(|w| *w <= most).max().unwrap_or(0);
    longest.max(12)
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
    amounts(out, ("", &format!("{single} once"), "monthly"), width, Tone::Plain);
    for line in &review.items {
        item_lines(out, line, single.is_empty(), width);
    }
    for currency in &currencies {
        if let Some(totals) = &review.totals {
            let label = if single.is_empty() { format!("SERVER TOTAL {currency}") } else { "SERVER TOTAL".into() };
            let cell = |r| totals.get(currency, r).map(|a| digits(a, currency)).unwrap_or_default();
            let cells = (cell(Recurrence::Once), cell(Recurrence::Monthly));
            amounts(out, (&format!("  {label}"), &cells.0, &cells.1), width, Tone::Strong);
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
        amounts(out, (&format!("{head}{first}"), &once, &monthly), width, tone);
    } else {
        out.push((format!("{head}{first}"), tone));
    }
    out.extend(parts.map(|p| (format!("{}{p}", " ".repeat(column + 2)), tone)));
    if !wide && price.is_some() {
        amounts(out, ("", &once, &monthly), width, tone);
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
    if line.label.width() >= column {
        // A whole sentence, as acknowledgements have it: nothing of it may be missing.
        return wrapped(
            out,
            &format!("{} ", sign(line.mark)),
            &match &*value {
                "yes" => format!("{text}: {}", line.label),
                _ => format!("{}: {text}", line.label),
            },
            width,
            tone,
        );
    }
    let mut parts = wrap(&text, width.saturating_sub(column + 2)).into_iter();
    out.push((format!("{head}{}", parts.next().unwrap_or_default()), tone));
    out.extend(parts.map(|p| (format!("{}{p}", " ".repeat(column + 2)), tone)));
}

/// What is to be said about a difference.
#[must_use]
pub fn remark(line: &Line) -> Option<String> {
    let asked = line.asked.as_deref().unwrap_or_default();
    match line.mark {
        Mark::Same => None,
        Mark::Changed if line.was.is_some() && line.asked == line.told => {
            line.was.as_ref().map(|was| format!("the list said {}", was.spoken()))
        }
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

/// A line with amounts at its end; amounts that have no room there follow on lines of their own, never cut.
fn amounts(out: &mut Vec<(String, Tone)>, (left, once, monthly): (&str, &str, &str), width: usize, tone: Tone) {
    let room = width.saturating_sub(24);
    if left.width() <= room && once.width() < 12 && monthly.width() < 12 {
        out.push((format!("{left}{}{once:>12}{monthly:>12}", " ".repeat(room - left.width())), tone));
        return;
    }
    wrapped(out, "", left, width, tone);
    for (amount, when) in [(once, "once"), (monthly, "monthly")].into_iter().filter(|(a, _)| !a.is_empty()) {
        wrapped(out, "    ", &format!("{amount} {when}"), width, tone);
    }
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

/// Adds a text in wrapped lines, the first behind the indent and the others below it.
pub fn wrapped(out: &mut Vec<(String, Tone)>, indent: &str, text: &str, width: usize, tone: Tone) {
    let blank = " ".repeat(indent.chars().count());
    for (at, part) in wrap(text, width.saturating_sub(indent.chars().count())).into_iter().enumerate() {
        out.push((format!("{}{part}", if at == 0 { indent } else { &blank }), tone));
    }
}

/// Text in lines of at most that many columns, broken wherever a line is full: nothing is left out, blanks neither.
#[must_use]
pub fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.graphemes(true) {
        if used + c.width() > columns.max(2) {
            lines.push(String::new());
            used = 0;
        }
        used += c.width();
        if let Some(line) = lines.last_mut() {
            line.push_str(c);
        }
    }
    lines
}

/// Text in lines of at most that many columns, broken at blanks, and inside a word only where it must be.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    // Most texts that a screen shows have room, and every frame asks.
    if text.len() <= columns && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return vec![text.trim_end().to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        if used > 0 && used + word.trim_end().width() > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        for c in word.graphemes(true) {
            // The blank at which a line is broken belongs to neither.
            if c == " " && (used + 1 > columns || used == 0 && !lines.is_empty()) {
                continue;
            }
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
        assert_eq!(wrap("  alpha  beta ", 14), ["  alpha  beta"]);
        assert_eq!(wrap("", 14), [""]);
        assert_eq!(wrap("鈴木鈴木鈴木", 8), ["鈴木鈴木", "鈴木"]);
        assert!(wrap(&"x".repeat(30), 10).iter().all(|l| l.len() <= 10));
    }
    #[test]
    fn what_is_broken_anywhere_is_whole_again_when_put_together() {
        let text = "  \"name\": \"鈴木 鈴木\"";
        assert_eq!(broken(text, 7).concat(), text);
        assert!(broken(text, 7).iter().all(|l| l.width() <= 7));
    }
    #[test]
    fn a_label_is_cut_or_filled_to_its_columns() {
        assert_eq!(fitted("Line", 6), "Line  ");
        assert_eq!(fitted("Additional Instructions", 10), "Additiona ");
        assert_eq!(fitted("鈴木鈴木", 6), "鈴木  ");
    }
}
