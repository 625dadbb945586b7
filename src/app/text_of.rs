//! Every screen as plain text: without frames and with nothing cut, from the first column on. It is what the text screen
//! shows, for selecting and for magnifiers, and what is read out where no screen is drawn. Secrets are masked. Pure.

use super::desk::{Desk, Level};
use super::details::{self, Edit};
use super::home::{self, Entry as Hit};
use super::review::Phase;
use super::{Model, Step, kind, lines, submit};
use crate::domain::choice::{Choice, Person};
use crate::domain::date::{self, Date};
use crate::domain::directory::Reading;
use crate::domain::draft::Answer;
use crate::domain::fault::During;
use crate::domain::field::MASK;
use crate::domain::kept::Standing;
use crate::domain::kinds::KINDS;
use crate::domain::lookups::{self, Found};
use crate::domain::rows::{self, Entry, Row, State as RowState};
use crate::domain::text::{Clean, thousands};

/// Columns of what is laid out in columns; everything else takes as many as it needs.
fn columns(desk: &Desk) -> usize {
    usize::from(desk.size.0).clamp(40, 100)
}

/// The whole present screen, line by line: where one is and for whom, what stands there, and the message.
#[must_use]
pub fn text(model: &Model) -> Vec<String> {
    let desk = &model.desk;
    let mut out = heading(model);
    out.push(String::new());
    out.extend(match &model.step {
        Step::Home(state) => who(state, desk),
        Step::Kind(_) => what(desk),
        Step::Details(state) => form(state, desk),
        Step::Review(state) => match &state.phase {
            Phase::Asking => vec!["The server is asked to check the order. Nothing is ordered yet.".to_owned()],
            Phase::Failed(fault, during) => vec![fault.spoken(*during), "Esc goes back to the fields.".to_owned()],
            Phase::Shown(shown) => {
                let mut all = vec!["Nothing is ordered yet. The server checked the order and read it so:".to_owned()];
                all.extend(shown.lines(columns(desk)).into_iter().map(|(line, _)| line.trim_end().to_owned()));
                all
            }
        },
        Step::Submit(state) => sent(state, desk),
        Step::Order(state) => {
            let lines = state.lines(desk, columns(desk)).into_iter().map(|(line, _)| line.trim_end().to_owned());
            std::iter::once(format!("Order {}", state.id)).chain(lines).collect()
        }
    });
    if let Some((level, said)) = &desk.notice {
        let mark = if *level == Level::Help { "" } else { "! " };
        out.extend([String::new(), format!("{mark}{said}")]);
    }
    out
}

/// All answers of the draft so far, a line each: whom it is for, the type, the fields.
#[must_use]
pub fn answers(desk: &Desk) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(desk.draft.who.as_ref().and_then(|w| w.person()).map(|p| format!("For: {}", p.with_login())));
    out.extend(desk.draft.kind.map(|k| format!("Type: {} ({})", k.label, k.id)));
    let form = desk.form();
    out.extend(form.iter().map(|row| format!("{}: {}", row.label, answer(desk, row))));
    out.extend(pending(desk));
    out
}

/// What a field holds, as people read it; `none` or why there is nothing where it is empty, `********` for a secret.
#[must_use]
pub fn answer(desk: &Desk, row: &Row) -> String {
    match (desk.draft.answer(&row.id), &row.state, &row.entry) {
        (Some(_), _, _) if row.id.masked() => MASK.to_owned(),
        (Some(_), _, Entry::Note(_)) => "read".to_owned(),
        (Some(Answer::Text(text)), _, Entry::Date(_)) => match text.parse::<Date>() {
            Ok(day) => date::spoken(day, desk.today),
            Err(_) => Clean::new(text).to_string(),
        },
        (Some(Answer::One(row)), ..) => {
            let cells = row.line().map(|_| row.cells.iter().map(|c| &**c).collect::<Vec<_>>()).unwrap_or_default();
            let price = row.price.as_ref().map(crate::domain::money::Money::spoken);
            let more = cells.into_iter().map(str::to_owned).chain(price).filter(|c| !c.is_empty());
            std::iter::once(row.name.to_string()).chain(more).collect::<Vec<_>>().join(", ")
        }
        (Some(answer), ..) => answer.spoken().unwrap_or_default().to_string(),
        (None, RowState::Waits(what), _) => format!("none, after {what} is chosen"),
        (None, RowState::Loading, _) => "none, it is being loaded".to_owned(),
        (None, RowState::Nothing, _) => "none, nothing is offered".to_owned(),
        (None, RowState::Failed(fault), _) => format!("none, not loaded: {fault}"),
        (None, RowState::Open, Entry::Flag) => "no".to_owned(),
        (None, RowState::Open, Entry::Tick(_)) => "not ticked".to_owned(),
        (None, RowState::Open, Entry::Note(_)) => "to be read".to_owned(),
        (None, RowState::Open, Entry::Text { .. } | Entry::Date(_) | Entry::Pick { .. }) => "none".to_owned(),
    }
}

fn heading(model: &Model) -> Vec<String> {
    let desk = &model.desk;
    let place = if desk.session.sandbox { "SANDBOX".to_owned() } else { desk.session.profile.to_string() };
    let (step, with_order) = match &model.step {
        Step::Home(_) => ("step 1 of 5, who", false),
        Step::Kind(_) => ("step 2 of 5, what", true),
        Step::Details(_) => ("step 3 of 5, details", true),
        Step::Review(_) => ("step 4 of 5, review", true),
        Step::Submit(state) => match state.phase {
            submit::Phase::Sending => ("step 5 of 5, sending", true),
            submit::Phase::Done(_) => ("step 5 of 5, done", true),
            submit::Phase::Checking => ("step 5 of 5, checking", true),
        },
        Step::Order(_) => ("an order", false),
    };
    let kind = desk.draft.kind.filter(|_| with_order).map(|k| format!(", {}", k.id)).unwrap_or_default();
    let mut out = vec![format!("mobproc {place}{kind}, {step}")];
    let person = desk.draft.who.as_ref().filter(|_| with_order).and_then(|w| w.person());
    if let Some(person) = person {
        let more = [person.department.as_deref(), person.inactive().then_some(&*person.status)];
        let more: String = more.into_iter().flatten().map(|m| format!(", {m}")).collect();
        out.push(format!("For {}{more}", person.with_login()));
        out.push(format!("By {}, reference {}", desk.session.login, desk.draft.number));
    }
    out
}

fn who(state: &home::State, desk: &Desk) -> Vec<String> {
    let mut out = vec![format!("Who is the order for? Typed: {}", typed(state.who.text()))];
    let count = thousands(desk.people.table.len());
    out.extend(match &desk.people.reading {
        Reading::Not => None,
        Reading::Underway { .. } => Some(format!("{count} people loaded so far, more are coming")),
        Reading::Whole => {
            let since = desk.people.as_of.map(|since| format!(", as of {}", desk.session.when(since, desk.today)));
            Some(format!("{count} people{}", since.unwrap_or_default()))
        }
        Reading::Failed(fault) => Some(format!("People cannot be loaded: {}", fault.spoken(During::Reading))),
    });
    if !state.parts().1.trim().is_empty() {
        let similar = if state.similar > 0 { format!(", {} are similar", state.similar) } else { String::new() };
        out.push(format!("{} match{similar}", thousands(state.total)));
    }
    out.extend(state.entries.iter().map(|entry| match entry {
        Hit::Hit(who, line) => {
            let line = line.as_ref().map(|l| format!(", line {}", l.name)).unwrap_or_default();
            format!("{}{line}", cells(who))
        }
        Hit::Agent(who) => format!("{}, yourself", named(who)),
        Hit::Keep(who) => format!("{}, as before", named(who)),
        Hit::Unfinished(key) => desk.standing(*key).map(|s| unfinished(s, desk)).unwrap_or_default(),
        Hit::Order(order) => placed(order),
    }));
    out
}

fn typed(text: &str) -> Clean {
    Clean::new(if text.is_empty() { "nothing" } else { text })
}

fn named(who: &Choice) -> String {
    who.person().map_or_else(|| who.name.to_string(), |p| p.with_login().to_string())
}

fn cells(row: &Choice) -> String {
    let status = row.person().map(|p| &*p.status).filter(|s| !row.cells.iter().any(|c| &**c == *s));
    let all = std::iter::once(&*row.name).chain(row.cells.iter().map(|c| &**c)).chain(status);
    all.filter(|c| !c.is_empty()).collect::<Vec<_>>().join(", ")
}

fn unfinished(standing: &Standing, desk: &Desk) -> String {
    let kind = standing.kind.map_or("no type yet", |k| k.id);
    let far = if standing.unresolved() {
        "UNCONFIRMED: sent, no answer yet".to_owned()
    } else {
        format!("draft, {} of {} required done", standing.done.0, standing.done.1)
    };
    let held = standing.held.as_ref().map(|by| format!(", in use: {by}")).unwrap_or_default();
    let when = desk.session.when(standing.updated, desk.today);
    format!("{kind} for {}, reference {}, {far}{held}, {when}", standing.name(), standing.number)
}

fn placed(order: &Choice) -> String {
    let Some(placed) = order.placed() else { return order.name.to_string() };
    let who = placed.holder.as_ref().map(Person::listed).unwrap_or_default();
    let parts = [&*order.name, &*placed.status, &*placed.kind, &*who, &*placed.when];
    format!("Order {}", parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", "))
}

fn what(desk: &Desk) -> Vec<String> {
    let mut out = vec!["What is needed?".to_owned()];
    out.extend(KINDS.iter().map(|kind| {
        let guarded = if kind.guarded { ", its last digits are asked" } else { "" };
        let why = kind::refusal(desk, kind).map(|w| format!(", not available: {w}")).unwrap_or_default();
        format!("{} {} {}{guarded}{why}", kind.code, kind.letter.to_ascii_uppercase(), kind.label)
    }));
    for lookup in [&lookups::PROFILE, &lookups::DIAGNOSTICS] {
        if let Some(Found::Profile(profile)) = desk.found_of(lookup) {
            out.extend(profile.0.iter().map(|(label, value)| format!("{label}: {value}")));
        }
    }
    let devices = desk.draft.who.as_ref().map(|_| desk.rows_of(&lookups::DEVICES_IN_USE)).unwrap_or_default();
    out.extend(devices.iter().map(|d| format!("Device: {}", cells(d))));
    out.extend(kind::orders(desk).iter().map(|order| placed(order)));
    out
}

/// The whole form: fields that have no room on the screen too, what is wrong at each, what is to be read, the open list.
fn form(state: &details::State, desk: &Desk) -> Vec<String> {
    let rows = desk.form();
    let (done, of) = rows::done(&desk.draft, &rows);
    let mut out = vec![format!("{done} of {of} required done")];
    out.extend(pending(desk));
    for (at, refusal) in state.refusals.iter().enumerate() {
        let label = refusal.field.as_ref().and_then(|f| rows.iter().find(|r| r.id == *f));
        let label = label.map_or_else(|| "not tied to one field".to_owned(), |r| r.label.to_string());
        let since = if refusal.changed { " (changed since)" } else { "" };
        out.push(format!("! Server, {}: {label}: {}{since}", at + 1, refusal.error.spoken()));
    }
    for row in &rows {
        let here = row.id == state.focus;
        let required = if row.required { " (required)" } else { "" };
        let typed = match &state.edit {
            Edit::Text(typed) if here => Some(typed),
            Edit::Pick(picker, _) if here && !picker.filter.is_empty() => Some(&picker.filter),
            Edit::Text(_) | Edit::Pick(..) | Edit::Flag | Edit::Read(_) | Edit::Idle => None,
        };
        let value = match typed {
            Some(typed) if typed.is_empty() => "none".to_owned(),
            Some(_) if row.id.masked() => MASK.to_owned(),
            Some(typed) => Clean::new(typed.text()).to_string(),
            None => answer(desk, row),
        };
        let mark = if here { "> " } else { "" };
        out.push(format!("{mark}{}{required}: {value}", row.label));
        out.extend(state.problem(desk, row).map(|why| format!("  ! {why}")));
        out.extend(details::paragraphs(row).into_iter().map(|text| format!("  {text}")));
        if here && let Some(list) = state.listing() {
            out.push(format!("  {} of {} to choose from:", list.found.len(), list.of()));
            out.extend(list.found.iter().map(|choice| format!("  - {}", cells(choice))));
        }
    }
    out
}

/// What was given from outside and no field has taken.
fn pending(desk: &Desk) -> Option<String> {
    let all: Vec<_> = desk.draft.pending.iter().filter_map(|g| Some(g.spoken()?.to_string())).collect();
    (!all.is_empty()).then(|| format!("! Given, and no field takes it so far: {}", all.join(", ")))
}

fn sent(state: &submit::State, desk: &Desk) -> Vec<String> {
    let mut out = match &state.phase {
        submit::Phase::Sending => vec!["The order is being sent, once. Wait for the answer.".to_owned()],
        submit::Phase::Done(done) => submit::ticket(done, desk).lines().map(str::to_owned).collect(),
        submit::Phase::Checking => {
            let mut all = vec!["Sent, no certain answer. It may have been placed. Do not enter it again.".to_owned()];
            all.extend(submit::details(desk));
            all
        }
    };
    if let submit::Phase::Done(done) = &state.phase {
        out.extend(done.order.submitted.as_ref().map(|when| format!("Submitted {when}")));
    }
    out.extend(state.why.as_ref().map(|why| format!("{why}.")));
    // What can be done is part of the screen too.
    out.extend(match &state.phase {
        submit::Phase::Sending => Vec::new(),
        submit::Phase::Done(_) => numbered(submit::MENU.iter().map(|(_, words)| (*words).to_owned())),
        submit::Phase::Checking => numbered(submit::CHOICES.iter().map(|(action, words)| {
            let why = submit::barred(*action, desk).map(|w| format!(" (not now: {w})")).unwrap_or_default();
            format!("{words}{why}")
        })),
    });
    out
}

fn numbered(lines: impl Iterator<Item = String>) -> Vec<String> {
    lines.enumerate().map(|(at, line)| format!("{} {line}", at + 1)).collect()
}

/// A text as it fits so many columns, broken at blanks where it can be.
#[must_use]
pub fn fitted(text: &[String], columns: usize) -> Vec<String> {
    let lines = text.iter().flat_map(|line| {
        // What is laid out in columns stays so wherever it has room.
        if unicode_width::UnicodeWidthStr::width(line.as_str()) <= columns {
            vec![line.clone()]
        } else {
            lines::wrap(line, columns)
        }
    });
    lines.collect()
}
