//! The second pane, where there is room: the open list, else the order so far and what was said last; on the first screen
//! whoever is highlighted. It only repeats what can be had without it.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::theme::Role;
use super::{Canvas, details, home, picker};
use crate::app::desk::{Desk, Level};
use crate::app::layout::READABLE;
use crate::app::lines::{fitted, wrap};
use crate::app::{Model, Step};
use crate::domain::cautions;
use crate::domain::date::{self, Date};
use crate::domain::draft::Answer;
use crate::domain::money::{Recurrence, Totals, digits};
use crate::domain::rows::{self, Entry, Row};

/// Rows of what was said last, at most.
const SAID: usize = 6;

pub(super) fn render(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let desk = &model.desk;
    let inner = Rect { x: area.x + 2, width: (area.width - 3).min(READABLE), ..area };
    let lines = match &model.step {
        Step::Home(s) => home::about_highlighted(s, desk),
        Step::Details(s) => {
            if let (Some(row), Some(listing)) = (s.focused(), s.listing()) {
                picker::render((s, desk), canvas, row, listing, Rect { x: area.x + 1, width: area.width - 2, ..inner });
                return;
            }
            order(desk, usize::from(inner.width))
        }
        Step::Kind(_) | Step::Review(_) | Step::Submit(_) | Step::Order(_) => order(desk, usize::from(inner.width)),
    };
    divider(model, canvas, area);
    // What was said has the rows that the order leaves.
    let left = match &model.step {
        Step::Submit(_) => 0,
        Step::Home(_) | Step::Kind(_) | Step::Details(_) | Step::Review(_) | Step::Order(_) => {
            usize::from(inner.height).saturating_sub(lines.len() + 2).min(SAID)
        }
    };
    let said = said(desk, usize::from(inner.width), left);
    let below = u16::try_from(said.len()).unwrap_or(0);
    let room = inner.height.saturating_sub(if below > 0 { below + 2 } else { 0 });
    let shown = usize::from(room);
    for (at, (y, (text, role))) in (inner.y..inner.y + room).zip(&lines).enumerate() {
        // What has no room ends in dots.
        let more = at + 1 == shown && lines.len() > shown;
        canvas.put((inner.x, y), usize::from(inner.width), if more { ".." } else { text }, *role);
    }
    if below == 0 {
        return;
    }
    canvas.put((inner.x, inner.bottom() - below - 1), usize::from(inner.width), "Said so far", Role::Strong);
    for (y, text) in (inner.bottom() - below..).zip(&said) {
        canvas.put((inner.x, y), usize::from(inner.width), text, Role::Plain);
    }
}

/// The rule between the panes; it meets those above and below.
fn divider(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let side = canvas.theme.frame()[4].to_string();
    for y in area.y..area.bottom() {
        canvas.put((area.x, y), 1, &side, Role::Plain);
    }
    let [above, below] = canvas.theme.joints();
    if !matches!(model.step, Step::Home(_)) {
        canvas.put((area.x, area.y - 1), 1, above, Role::Plain);
    }
    canvas.put((area.x, area.bottom()), 1, below, Role::Plain);
}

/// The warnings and errors of this run, as many as have room, the latest last.
fn said(desk: &Desk, width: usize, rows: usize) -> Vec<String> {
    let mark = |level: &Level| if *level == Level::Error { "!" } else { " " };
    let lines: Vec<String> = desk
        .told
        .iter()
        .flat_map(|(level, text)| {
            let parts = wrap(text, width.saturating_sub(2)).into_iter().enumerate();
            parts.map(move |(at, part)| format!("{} {part}", if at == 0 { mark(level) } else { " " }))
        })
        .collect();
    lines.into_iter().rev().take(rows).rev().collect()
}

/// The order so far: for whom, what, every answer whole, and what the lists say that it costs.
fn order(desk: &Desk, width: usize) -> Vec<(String, Role)> {
    let draft = &desk.draft;
    let form = if draft.kind.is_some() { desk.form() } else { Vec::new() };
    let longest = answers(desk, &form).iter().map(|(name, _)| name.width() + 2).max().unwrap_or(0);
    let label = longest.max(14).min(width / 2);
    let mut out = vec![
        (draft.kind.map_or("The order so far", |k| k.label).to_owned(), Role::Strong),
        (String::new(), Role::Plain),
    ];
    for (name, value) in answers(desk, &form) {
        let name = super::cut_to(&name, label - 2);
        for (at, part) in wrap(&value, width - label).into_iter().enumerate() {
            out.push((format!("{}{part}", fitted(if at == 0 { &name } else { "" }, label)), Role::Plain));
        }
    }
    out.extend(costs(desk, &form).into_iter().enumerate().flat_map(|(at, cost)| {
        let head = if at == 0 { "By the lists" } else { "" };
        let blank = (at == 0).then(|| (String::new(), Role::Plain));
        blank.into_iter().chain([(format!("{}{cost}", fitted(head, label)), Role::Strong)])
    }));
    let open: Vec<_> = rows::problems(draft, &form).into_iter().map(|(_, label, _)| label.to_string()).collect();
    let open = (!open.is_empty()).then(|| (format!("Open: {}", open.join(", ")), Role::Plain));
    let cautions = cautions::all(draft, &desk.cache, desk.today);
    for (text, role) in cautions.into_iter().map(|(_, text)| (format!("! {text}"), Role::Strong)).chain(open) {
        out.push((String::new(), Role::Plain));
        out.extend(wrap(&text, width).into_iter().map(|line| (line, role)));
    }
    out
}

/// For whom it is, and every answer that was given, whole.
fn answers(desk: &Desk, form: &[Row]) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if let Some(who) = desk.draft.who.as_ref().and_then(|w| w.person()) {
        out.push(("For".into(), who.with_login().to_string()));
        out.extend(who.department.as_ref().map(|d| (String::new(), d.to_string())));
    }
    for row in form.iter().filter(|r| !matches!(r.entry, Entry::Note(_))) {
        let Some(answer) = desk.draft.answer(&row.id).filter(|a| !a.is_empty()) else { continue };
        let day: Option<Date> = match (&row.entry, answer) {
            (Entry::Date(_), Answer::Text(text)) => text.parse().ok(),
            _ => None,
        };
        let value = day.map_or_else(|| details::value(desk, row), |day| date::spoken(day, desk.today));
        out.push((row.label.to_string(), value));
    }
    out
}

/// What the prices of the lists add up to; the server's own total is not known before the review.
fn costs(desk: &Desk, form: &[Row]) -> Vec<String> {
    let prices = form.iter().flat_map(|row| match desk.draft.answer(&row.id) {
        Some(Answer::One(choice)) => choice.price.iter().collect(),
        Some(Answer::Many(set)) => set.iter().filter_map(|c| c.price.as_ref()).collect(),
        Some(Answer::Text(_) | Answer::Flag(_)) | None => Vec::new(),
    });
    let totals = Totals::of(prices);
    let kinds = [(Recurrence::Once, "once"), (Recurrence::Monthly, "monthly")];
    let all = totals.currencies().into_iter().flat_map(|currency| {
        let part = |(r, word): (Recurrence, &str)| {
            totals.get(&currency, r).map(|a| format!("{currency} {} {word}", digits(a, &currency)))
        };
        kinds.into_iter().filter_map(part).collect::<Vec<_>>()
    });
    all.collect()
}
