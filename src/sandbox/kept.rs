//! The orders kept (WIRE 6): those of earlier times, those placed, and those that a fault lets come from elsewhere. An order
//! is held as its JSON, with what finds and sorts it beside it, so that a list of thousands is quick.

use std::io;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::faults::Shift;
use super::ledger::Ledger;
use super::reply::{Page, put, without};

/// The published example's number, from which placed orders are counted.
const FIRST_ORDER: u64 = 8_711_660;
/// Where the numbers begin of orders that come from elsewhere: far from those that are placed.
const FIRST_FOREIGN: u64 = 9_711_660;

/// Something that happened to an order, or to one segment of it.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    /// The segment; none where it concerns them all.
    pub segment: Option<String>,
    /// What is shown.
    pub shown: Value,
}

/// An order with what other resources tell of it: a line of the file.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The order as `GET /orders/{id}` shows it.
    pub order: Value,
    /// Its history, oldest first.
    pub history: Vec<Entry>,
    /// Its shipments, oldest first.
    pub shipments: Vec<Entry>,
    /// Who may approve it, as persons.
    pub approvers: Vec<Value>,
    /// From when on it stands in lists; absent where it always does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_from: Option<Timestamp>,
}

fn of_segment<'k>(entries: &'k [Entry], segment: Option<&str>) -> Vec<&'k Value> {
    let concerns = |e: &&Entry| segment.is_none() || e.segment.is_none() || e.segment.as_deref() == segment;
    entries.iter().filter(concerns).map(|e| &e.shown).collect()
}

/// What `GET /orders` leaves out unless its parameter asks for it (WIRE 6).
const ON_REQUEST: [(&str, &str); 3] = [
    ("includeShipToAddress", "shipTo"),
    ("includeOrderProperties", "properties"),
    ("includeOrderSegments", "orderSegments"),
];

impl Record {
    /// What happened to it, or to a segment.
    pub fn history(&self, segment: Option<&str>) -> Vec<&Value> {
        of_segment(&self.history, segment)
    }
    /// What was shipped of it, or of a segment.
    pub fn shipments(&self, segment: Option<&str>) -> Vec<&Value> {
        of_segment(&self.shipments, segment)
    }
    /// The order in a list: `asked` are the include parameters that are true.
    fn listed(self, asked: &[&str]) -> Value {
        let hidden = ON_REQUEST.iter().filter(|(ask, _)| !asked.contains(ask));
        let hidden: Vec<&str> = hidden.map(|(_, member)| *member).collect();
        let wants = |name: &str| asked.contains(&name);
        let history = wants("includeOrderHistory").then(|| json!(self.history(None)));
        let shipments = wants("includeOrderShipments").then(|| json!(self.shipments(None)));
        let mut shown = without(self.order, &hidden);
        put(&mut shown, "orderHistory", history);
        put(&mut shown, "orderShipments", shipments);
        put(&mut shown, "approvers", wants("includeApprovers").then_some(self.approvers));
        shown
    }
}

/// An order, and what it is found and sorted by.
pub struct Kept {
    id: u64,
    /// When it last changed.
    pub updated: Timestamp,
    /// The platform's id of whoever's order it is.
    pub holder: String,
    /// By their ids, whose approval it waits for.
    waits_for: Vec<String>,
    listed_from: Option<Timestamp>,
    /// It was changed after it was written.
    touched: bool,
    /// It has vanished from the lists.
    gone: bool,
    text: String,
}

impl Kept {
    /// An order from its line; none where the line is none.
    pub fn read(text: String) -> Option<Self> {
        let record: Record = serde_json::from_str(&text).ok()?;
        let member = |name: &str| record.order[name].as_str();
        let pending = member("status") == Some("APPROVAL_PENDING");
        let approvers = record.approvers.iter().filter(|_| pending).filter_map(|a| a["id"].as_str());
        Some(Self {
            id: member("orderId")?.parse::<u32>().ok()?.into(),
            updated: member("updated")?.parse().ok()?,
            holder: record.order["accountHolder"]["id"].as_str()?.to_owned(),
            waits_for: approvers.map(str::to_owned).collect(),
            listed_from: record.listed_from,
            touched: false,
            gone: false,
            text,
        })
    }
    /// All of it.
    pub fn record(&self) -> Record {
        let mut record: Record = serde_json::from_str(&self.text).unwrap_or_default();
        put(&mut record.order, "updated", self.touched.then(|| self.updated.to_string()));
        record
    }
    /// Whether it waits for that person's approval.
    pub fn waits_for(&self, employee: &str) -> bool {
        self.waits_for.iter().any(|a| a == employee)
    }
    fn listed_at(&self, now: Timestamp) -> bool {
        !self.gone && self.listed_from.is_none_or(|from| from <= now)
    }
}

/// The orders.
#[derive(Default)]
pub struct Orders {
    earlier: Vec<Kept>,
    placed: Vec<Kept>,
    foreign: Vec<Kept>,
    ledger: Option<Ledger>,
}

impl Orders {
    /// The orders, those placed kept in a file or for this run only.
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { ledger: file.map(Ledger::new), ..Self::default() }
    }
    /// Takes up the orders of earlier times, oldest first.
    pub fn remember(&mut self, earlier: Vec<Record>) {
        self.earlier = earlier.iter().filter_map(|r| Kept::read(json!(r).to_string())).collect();
    }
    /// Reads on what others have placed.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn read_on(&mut self) -> io::Result<()> {
        let Some(ledger) = &mut self.ledger else { return Ok(()) };
        let news = ledger.news()?;
        if news.anew {
            self.placed.clear();
        }
        self.placed.extend(news.lines.into_iter().filter_map(Kept::read));
        Ok(())
    }
    /// Those placed, oldest first.
    pub fn placed(&self) -> Vec<Value> {
        self.placed.iter().map(|k| k.record().order).collect()
    }
    fn all(&self) -> impl Iterator<Item = &Kept> {
        self.earlier.iter().chain(&self.placed).chain(&self.foreign)
    }
    fn all_mut(&mut self) -> impl Iterator<Item = &mut Kept> {
        self.earlier.iter_mut().chain(&mut self.placed).chain(&mut self.foreign)
    }
    /// The order of that id.
    pub fn get(&self, id: &str) -> Option<Record> {
        let number = id.parse().ok().filter(|n: &u64| n.to_string() == id)?;
        self.all().find(|k| k.id == number).map(Kept::record)
    }
    /// Places the order that `write` writes, which is given its id. It is in the file before this returns.
    ///
    /// # Errors
    /// Where it cannot be kept: then it is not placed.
    pub fn place(&mut self, write: impl FnOnce(&str) -> Record) -> io::Result<Value> {
        let held = self.ledger.as_ref().map(Ledger::lock).transpose()?;
        self.read_on()?;
        let id = self.placed.iter().map(|k| k.id + 1).fold(FIRST_ORDER, u64::max);
        let record = write(&id.to_string());
        let line = json!(record).to_string();
        match (&self.ledger, held) {
            (Some(ledger), Some(held)) => {
                ledger.append(&held, &line)?;
                // It is placed now, whether or not this process can read it again.
                self.read_on().ok();
            }
            (None, _) | (_, None) => self.placed.extend(Kept::read(line)),
        }
        Ok(record.order)
    }
    /// The orders that `keep` keeps, as a page shows them.
    pub fn page(&mut self, list: &Listing<'_>, keep: impl Fn(&Kept) -> bool) -> Value {
        let now = Timestamp::now();
        let kept = |k: &Kept| k.listed_at(now) && keep(k);
        list.shifts.iter().for_each(|s| self.shift(*s, &kept));
        let mut found: Vec<&Kept> = self.all().filter(|k| kept(k)).collect();
        if list.by_update {
            found.sort_by_key(|k| (k.updated, k.id));
        } else {
            found.sort_by_key(|k| k.id);
        }
        if list.newest_first {
            found.reverse();
        }
        list.page.of("/orders", "", &found, |k| k.record().listed(list.asked))
    }
    /// Changes the list under the one who pages through it.
    fn shift(&mut self, shift: Shift, kept: &impl Fn(&Kept) -> bool) {
        let rank = |k: &Kept| (k.updated, k.id);
        match shift {
            Shift::Add => {
                let stranger = |k: &&Kept| self.placed.iter().all(|p| p.holder != k.holder);
                let like = self.earlier.iter().find(stranger).or(self.earlier.first());
                let added = like.and_then(|k| foreign(k, self.foreign.len() as u64));
                self.foreign.extend(added);
            }
            Shift::Drop => {
                let others = self.earlier.iter_mut().chain(&mut self.foreign).filter(|k| kept(k));
                if let Some(oldest) = others.min_by_key(|k| rank(k)) {
                    oldest.gone = true;
                }
            }
            Shift::Touch => {
                let Some(last) = self.all().map(|k| k.updated).max() else { return };
                let now = now();
                let later = last.checked_add(SignedDuration::from_secs(1)).unwrap_or(last);
                if let Some(first) = self.all_mut().filter(|k| kept(k)).min_by_key(|k| rank(k)) {
                    (first.updated, first.touched) = (if now > last { now } else { later }, true);
                }
            }
        }
    }
}

/// Now, as the API writes it: whole seconds.
pub fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}

/// An order that comes from elsewhere just now, like one of earlier times.
fn foreign(like: &Kept, before: u64) -> Option<Kept> {
    let id = (FIRST_FOREIGN + before).to_string();
    let mut record: Record = serde_json::from_str(&like.text.replace(&like.id.to_string(), &id)).ok()?;
    let now = now().to_string();
    let order = &mut record.order;
    put(order, "externalOrderNumber", Some(format!("ELSEWHERE-{}", before + 1)));
    put(order, "status", Some("ORDER_SUBMITTED"));
    put(order, "dateSubmitted", Some(&now));
    put(order, "updated", Some(&now));
    for segment in order["orderSegments"]["items"].as_array_mut().into_iter().flatten() {
        put(segment, "status", Some("ORDER_SUBMITTED"));
    }
    (record.history, record.shipments, record.approvers) = (vec![submitted(&now)], Vec::new(), Vec::new());
    Kept::read(json!(record).to_string())
}

/// The first thing that happens to an order.
pub fn submitted(when: &str) -> Entry {
    Entry {
        segment: None,
        shown: json!({"date": when, "status": "ORDER_SUBMITTED", "comment": "The order was submitted."}),
    }
}

/// How a list of orders is wanted.
pub struct Listing<'p> {
    /// Which part of it.
    pub page: Page,
    /// By update and then by number, where it is not by number alone.
    pub by_update: bool,
    /// Turned round.
    pub newest_first: bool,
    /// The include parameters that are true.
    pub asked: &'p [&'p str],
    /// What happens to it just before.
    pub shifts: &'p [Shift],
}
