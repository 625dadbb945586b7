//! What all steps share: the draft on the desk, what the journal holds, what has been looked up, and the message line.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use serde_json::Value;

use super::busy::Busy;
pub use super::busy::Manners;
use super::message::{Effect, Millis, Opened, Order, Part, Saving};
use crate::domain::cache::Cache;
use crate::domain::choice::{Choice, Person};
use crate::domain::date::Date;
use crate::domain::directory::{Lines, People};
use crate::domain::draft::{Cleared, Draft, FieldId, Reference};
use crate::domain::fault::{During, Fault};
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::journal::State;
use crate::domain::kept::{Spot, Standing};
use crate::domain::last::LastUsed;
use crate::domain::lookups::{self, Found, Lookup, LookupKey, Me};
use crate::domain::prefill::{self, Prefill};
use crate::domain::reply::ServerError;
use crate::domain::request;
use crate::domain::rows::{self, Row};
use crate::domain::slots::SlotId;
use crate::domain::text::Clean;
use crate::domain::wish::Wish;

/// Whether what is typed outlives the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// The journal is still being opened: what is typed waits for it.
    Opening,
    /// The journal is open.
    Kept,
    /// Nothing does, and nothing can be submitted: why, in a sentence.
    Unkept(Clean),
}

/// Who works here, and with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The profile's name.
    pub profile: Clean,
    /// Whether nothing is really ordered.
    pub sandbox: bool,
    /// The local login: who places the order.
    pub login: Clean,
    /// Whether what is typed outlives the program.
    pub keeping: Keeping,
    /// When the program began, by this machine's clock.
    pub started: Timestamp,
    /// The time zone of the clock on the wall here.
    pub zone: TimeZone,
}

impl Session {
    /// A moment as the clock on the wall here says it.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        at.to_zoned_datetime(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }
    /// A moment of the last days as a list says it: `09:14`, `Tue 09:14`, `12 Nov`.
    #[must_use]
    pub fn when(&self, at: Timestamp, today: Date) -> String {
        let at = at.to_zoned_datetime(self.zone.clone());
        let form = match (today - at.date()).get_days() {
            0 => "%H:%M",
            1..=6 => "%a %H:%M",
            _ => "%-d %b",
        };
        at.strftime(form).to_string()
    }
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Help.
    Help,
    /// Something to know.
    Warning,
    /// Something that went wrong.
    Error,
}

/// An order of this run whose fate is known or honestly unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// Our number.
    pub number: OrderNumber,
    /// The order's id; `None` while nobody knows whether it was placed.
    pub order_id: Option<Id>,
    /// The transaction type's name.
    pub kind: &'static str,
    /// Whom it is for.
    pub who: Clean,
    /// Their login.
    pub login: Clean,
}

impl Receipt {
    /// What is printed on leaving.
    #[must_use]
    pub fn line(&self, sandbox: bool) -> String {
        let note = if sandbox { "  SANDBOX" } else { "" };
        match &self.order_id {
            Some(id) => format!("Order {id} {} {}  ref {}{note}", self.kind, self.login, self.number),
            None => format!(
                "UNKNOWN {} {}  ref {}: sent, no answer; it may have been placed. Do not enter it again.{note}",
                self.kind, self.login, self.number
            ),
        }
    }
}

/// So many messages are remembered.
const REMEMBERED: usize = 50;

/// Said until an answer comes.
const ASKING: &str = "Asking the server again.";

/// What is asked about a person as soon as they are chosen: it shows who they are, and says what can be ordered.
const OF_A_PERSON: [&Lookup; 6] = [
    &lookups::ME,
    &lookups::LINES,
    &lookups::PROFILE,
    &lookups::DIAGNOSTICS,
    &lookups::DEVICES_IN_USE,
    &lookups::ORDERS,
];

/// What all steps share.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Who works here.
    pub session: Session,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The calendar day.
    pub today: Date,
    /// The draft being worked on.
    pub draft: Draft,
    /// What the journal knows it by.
    pub key: OrderKey,
    /// What the journal holds: what nobody knows the outcome of first, then the latest.
    pub ledger: Vec<Standing>,
    /// When the draft was written down, or why it was not.
    pub saved: Option<Result<Clean, Clean>>,
    /// The draft and the place that were given to be written down last.
    kept: Option<(Draft, Spot)>,
    /// The draft as the server last confirmed or refused it.
    answered: Option<Draft>,
    /// The lines of the confirmation that was read last.
    pub read: Vec<String>,
    /// Where a draft that was taken up again was left, until the form is there.
    pub left: Option<Spot>,
    /// The order that was warned of because another like it stands in the lists.
    pub alike: Option<Clean>,
    /// What was ordered in this run, the latest first.
    pub receipts: Vec<Receipt>,
    /// What has been looked up.
    pub cache: Cache,
    /// Everybody.
    pub people: People,
    /// Everybody's lines, once a number was searched for.
    pub lines: Lines,
    /// The message line.
    pub notice: Option<(Level, Clean)>,
    /// The warnings and errors of this run, the latest last.
    pub told: Vec<(Level, Clean)>,
    /// The field that had focus when the form was left.
    pub last_focus: Option<FieldId>,
    /// What the server refused, until the form shows it.
    pub refused: Vec<ServerError>,
    /// What the orders placed last have answered, by field.
    last: LastUsed,
    /// Whether only fields are shown that are required, or that hold something.
    pub only_required: bool,
    /// What may ring and move.
    pub manners: Manners,
    /// What is waited for, and for how many seconds.
    pub(super) busy: Option<(Busy, u64)>,
    /// How long it is waited for, in a sentence, once that takes long.
    pub(super) progress: Option<Clean>,
    /// When the last key came.
    pub last_input: Millis,
    /// When the key before it came.
    pub quiet_since: Millis,
    /// When the present key came.
    pub now: Millis,
    /// When the frame was written whose time was wanted last.
    pub drawn: Millis,
    /// Every order that the server was asked about, as it was then.
    asked: Vec<Receipt>,
    /// Answers that were put aside since the last key.
    cleared: Vec<Cleared>,
    /// What the present screen shows beside what the draft implies.
    wanted: Vec<LookupKey>,
    /// What the highlight of a list stands on.
    resting: Option<LookupKey>,
    /// What was given from outside before the wizard began, until it is taken.
    pub prefill: Option<Prefill>,
    /// What is printed when the program ends, beside the receipts.
    pub print: Vec<(OrderNumber, String)>,
    /// What was typed ahead of a lookup.
    pub ahead: Vec<super::Ahead>,
    /// Whether more was typed ahead than is kept, and the hand has not paused since.
    pub(super) spilt: bool,
    /// Work to do, collected while an event is handled.
    pub effects: Vec<Effect>,
    spare: (OrderKey, OrderNumber),
    tickets: u64,
}

impl Desk {
    /// An empty desk; the bits make the numbers of the first two drafts.
    #[must_use]
    pub fn new(session: Session, size: (u16, u16), today: Date, bits: [u64; 2]) -> Self {
        Self {
            session,
            size,
            today,
            draft: Draft::new(OrderNumber::from_random(bits[0])),
            key: OrderKey(u128::from(bits[0])),
            ledger: Vec::new(),
            saved: None,
            kept: None,
            answered: None,
            read: Vec::new(),
            left: None,
            alike: None,
            receipts: Vec::new(),
            cache: Cache::default(),
            people: People::default(),
            lines: Lines::default(),
            notice: None,
            told: Vec::new(),
            last_focus: None,
            refused: Vec::new(),
            last: LastUsed::default(),
            only_required: false,
            manners: Manners::default(),
            busy: None,
            progress: None,
            last_input: 0,
            quiet_since: 0,
            now: 0,
            drawn: 0,
            asked: Vec::new(),
            cleared: Vec::new(),
            wanted: Vec::new(),
            resting: None,
            prefill: None,
            print: Vec::new(),
            ahead: Vec::new(),
            spilt: false,
            effects: Vec::new(),
            spare: (OrderKey(u128::from(bits[1])), OrderNumber::from_random(bits[1])),
            tickets: 0,
        }
    }

    /// Says something helpful.
    pub fn say(&mut self, text: &str) {
        self.notice = Some((Level::Help, Clean::new(text)));
    }
    /// Says something that should be known.
    pub fn warn(&mut self, text: &str) {
        self.tell(Level::Warning, text);
    }
    /// Says what went wrong.
    pub fn complain(&mut self, text: &str) {
        self.tell(Level::Error, text);
    }
    fn tell(&mut self, level: Level, text: &str) {
        let message = (level, Clean::new(text));
        if self.told.last() != Some(&message) {
            self.told.push(message.clone());
            let old = self.told.len().saturating_sub(REMEMBERED);
            self.told.drain(..old);
        }
        self.notice = Some(message);
    }
    /// Drops what was typed ahead, and rings, where there is any.
    pub fn drop_ahead(&mut self) {
        if !self.ahead.is_empty() {
            self.ahead.clear();
            self.ring();
        }
    }
    /// Does not do what was typed ahead, says why, and drops the rest of it.
    pub fn refuse(&mut self, why: &str) {
        self.ahead.clear();
        self.ring();
        self.warn(why);
    }
    fn ring(&mut self) {
        if self.manners.bell && !self.effects.contains(&Effect::Bell) {
            self.effects.push(Effect::Bell);
        }
    }
    /// What the orders placed last have answered.
    pub fn last_used(&mut self, all: LastUsed) {
        self.last = all;
        // A draft that has begun stays what it is: it may be confirmed already.
        if self.draft.usual_region.is_none() && self.draft.who.is_none() {
            self.draft.usual_region = self.last.region();
        }
    }
    /// What the order placed last has answered in that field.
    #[must_use]
    pub fn last_in(&self, field: &FieldId) -> Option<&Clean> {
        self.last.of(field)
    }
    /// Whether the keyboard was quiet before the present key, so that it is an answer and not the end of something.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.now.saturating_sub(self.quiet_since) >= 250
    }
    /// A key that changes something ends the message.
    pub fn hush(&mut self) {
        self.notice = None;
        self.cleared.clear();
    }
    /// The work collected so far.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// A draft for nobody yet: what it implies is asked as the agent.
    #[must_use]
    pub fn nobody(&self) -> Draft {
        Draft::new(self.spare.1.clone())
    }
    /// The rows that have come of a lookup that the draft implies.
    #[must_use]
    pub fn rows_of(&self, lookup: &Lookup) -> &[Arc<Choice>] {
        (lookup.ask)(&self.draft)
            .map(|query| self.cache.rows(&LookupKey { lookup: lookup.id, query }))
            .unwrap_or_default()
    }
    /// The signed-in employee, where the server names one.
    #[must_use]
    pub fn agent(&self) -> Option<&Person> {
        self.me_of(None)?.user.as_ref()
    }
    /// What the server says of the chosen person.
    #[must_use]
    pub fn me(&self) -> Option<&Me> {
        self.me_of(self.draft.actor())
    }
    fn me_of(&self, actor: Option<&Id>) -> Option<&Me> {
        let query = lookups::Query::new("/me", None, actor);
        if let Found::Me(me) = self.cache.ready(&LookupKey { lookup: lookups::ME.id, query })? {
            Some(me)
        } else {
            None
        }
    }
    /// The form.
    #[must_use]
    pub fn form(&self) -> Vec<Row> {
        rows::rows(&self.draft, &self.cache)
    }

    /// Settles the draft's answers, gives it those from outside that have a field by now, and names what had to be put
    /// aside.
    pub fn settle(&mut self) {
        let mut cleared = self.draft.settle(&self.cache);
        while prefill::apply(&mut self.draft, &self.cache, self.today) {
            cleared.extend(self.draft.settle(&self.cache));
        }
        if !cleared.is_empty() {
            // Lookups come one by one; what they clear is named together until the next key.
            self.cleared.extend(cleared);
            let all: Vec<_> = self.cleared.iter().map(|c| format!("{} ({})", c.label, c.was)).collect();
            self.warn(&format!("No longer offered, so cleared: {}. Change back and it returns.", all.join(", ")));
        }
    }
    /// Asks for everything that is needed now and was never asked.
    pub fn ask(&mut self) {
        let nobody = self.nobody();
        let always = [&lookups::ME, &lookups::ORDERS];
        let mut keys: Vec<_> = always.iter().filter_map(|l| l.key(&nobody)).collect();
        if self.draft.who.is_some() {
            keys.extend(OF_A_PERSON.iter().filter_map(|l| l.key(&self.draft)));
        }
        // Nothing about an order is asked before it is known on whose behalf.
        if let Some(kind) = self.draft.kind.filter(|_| self.draft.who.is_some()) {
            let asked = kind
                .asked(&self.draft)
                .flat_map(|(slot, _)| slot.source.lookup().into_iter().chain(slot.also.iter().copied()));
            keys.extend(asked.filter_map(|l| l.key(&self.draft)));
        }
        keys.extend(self.wanted.iter().cloned());
        for key in keys {
            self.fetch(key);
        }
        self.read(Part::People);
    }
    /// The draft was written down, or could not be.
    pub fn written(&mut self, key: OrderKey, result: Result<Clean, Clean>) {
        if self.key != key {
            return;
        }
        if let Err(why) = &result {
            self.complain(&format!("The draft is not written down: {why}"));
        }
        self.saved = Some(result);
    }
    /// What was asked again has come; whether something was.
    pub(super) fn asked_again(&mut self) -> bool {
        let asked = self.notice.as_ref().is_some_and(|(_, text)| &**text == ASKING);
        self.notice = self.notice.take().filter(|_| !asked);
        asked
    }
    /// Asks for that, unless it was asked already.
    pub fn fetch(&mut self, key: LookupKey) {
        if self.cache.progress(&key).is_none() {
            self.cache.asked(key.clone());
            self.effects.push(Effect::Fetch(key, self.draft.number.clone()));
        }
    }
    /// The highlight of a list stands on what that says more about; it is asked for if the highlight rests there.
    pub fn rest(&mut self, key: Option<LookupKey>) {
        if self.resting != key {
            let unknown = key.clone().filter(|k| self.cache.progress(k).is_none());
            self.effects.extend(unknown.map(Effect::Rest));
            self.resting = key;
        }
    }
    /// Takes what was given from outside before the wizard began.
    pub fn begin(&mut self, prefill: Prefill) {
        if let Some(number) = prefill.reference.as_deref().and_then(|r| OrderNumber::given(r).ok()) {
            self.draft.refer(number);
        }
        self.draft.kind = prefill.kind;
        self.draft.pending = prefill.given.clone();
        self.prefill = Some(prefill);
    }
    /// A lookup ended.
    pub fn found(&mut self, key: LookupKey, result: Result<Option<Found>, Fault>) {
        let lookup = Lookup::named(key.lookup);
        // About somebody whom the highlight only rests on nothing is told before they are chosen.
        let elsewhere = key.lookup == lookups::LINES.id && key.query.actor.as_ref() != self.draft.actor();
        if !elsewhere && !lookup.is_some_and(|l| l.quiet) {
            if result.is_err() {
                self.drop_ahead();
            }
            self.report(lookup.map_or("", |l| l.label), &result, self.cache.unreadable(&key));
        }
        self.asked_again();
        self.cache.end(key, result);
    }
    /// Says what a lookup lacks: everything, or the entries that could not be read.
    pub(super) fn report(&mut self, label: &str, result: &Result<Option<Found>, Fault>, unreadable: usize) {
        let are = if unreadable == 1 { "entry cannot be read, and is" } else { "entries cannot be read, and are" };
        match result {
            // What concerns all that is loaded is not told as if it were about one list.
            Err(fault @ (Fault::Token { .. } | Fault::NotSignedIn(_) | Fault::Unreachable { .. })) => {
                self.complain(&fault.spoken(During::Reading));
            }
            Err(fault) => self.complain(&format!("Cannot load {label}. {}", fault.spoken(During::Reading))),
            Ok(_) if unreadable == 0 || matches!(self.notice, Some((Level::Error, _))) => {}
            Ok(_) => self.warn(&format!("Among {label}: {unreadable} {are} missing here.")),
        }
    }
    /// Asks again for a lookup, and for everything that failed.
    pub fn reload(&mut self, key: Option<LookupKey>) {
        self.cache.forget_failed();
        if let Some(key) = key {
            self.cache.forget(&key);
            self.draft.unsettle(&key);
        }
        self.say(ASKING);
    }

    /// What tells one search from another.
    pub fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
    /// Chooses the person, perhaps with a line.
    pub fn choose(&mut self, who: &Arc<Choice>, line: Option<&Arc<Choice>>) {
        let before = self.draft.who.replace(who.clone()).filter(|b| b.id != who.id);
        self.draft.pending.extend(
            self.prefill
                .iter()
                .filter(|_| line.is_none())
                .filter_map(|p| p.service.as_deref())
                .map(prefill::Given::service),
        );
        self.prefill = None;
        self.tell_of_lines(&lookups::lines_of(&who.id));
        // Colleagues order too: whether the same was ordered today is asked anew.
        if let Some(key) = lookups::ORDERS.key(&self.draft).filter(|k| self.cache.ready(k).is_some()) {
            self.cache.forget(&key);
        }
        if let Some(line) = line {
            self.draft.set(SlotId::Service.into(), crate::domain::draft::Answer::One(line.clone()));
        }
        if let Some(before) = before.filter(|_| self.draft.touched()) {
            self.warn(&format!(
                "What you typed for {} is kept where it fits; look at it before you go on.",
                before.name
            ));
        }
        if let Some(person) = who.person().filter(|p| p.inactive()) {
            self.warn(&format!("{} is {}: the server may refuse orders for them.", person.listed(), person.status));
        }
    }
    /// What a lookup of the chosen person has found, once it is there.
    #[must_use]
    pub fn found_of(&self, lookup: &Lookup) -> Option<&Found> {
        lookup.key(&self.draft).and_then(|key| self.cache.ready(&key))
    }
    /// Keeps asking for these as long as nothing else is wanted: what a screen shows beside the draft.
    pub fn want(&mut self, keys: Vec<LookupKey>) {
        self.wanted = keys;
    }
    /// An order was placed or changed: lists of orders are not true any more.
    pub fn forget_orders(&mut self) {
        self.cache.forget_all(&[&lookups::ORDERS, &lookups::EARLIER]);
    }

    /// The order as it would be sent now, and the ticket of this asking.
    pub fn order(&mut self) -> (Box<Order>, u64) {
        self.tickets += 1;
        let receipt = self.receipt();
        self.asked.retain(|r| *r != receipt);
        self.asked.push(receipt);
        let body = self.body();
        // What is to be printed is what was confirmed last.
        for (_, text) in self.print.iter_mut().filter(|(number, _)| *number == self.draft.number) {
            *text = super::overlay::pretty(&body).join("\n");
        }
        let (number, actor) = (self.draft.number.clone(), self.draft.actor().cloned());
        self.answered = Some(self.draft.clone());
        let secrets = self.draft.secrets().map(str::to_owned).collect();
        let order = Order { key: self.key, wish: Wish::of(&self.draft), number, actor, body, secrets };
        (Box::new(order), self.tickets)
    }
    fn body(&self) -> Value {
        request::build(&self.draft, &self.cache)
    }

    /// Random bits for the next draft's number and key came.
    pub fn number(&mut self, bits: u64, key: u128) {
        self.spare = (OrderKey(key), OrderNumber::from_random(bits));
    }
    /// A new, empty draft takes the place of the present one, which ended or is written down.
    pub fn fresh(&mut self) {
        self.effects.push(Effect::Close(self.key));
        self.effects.push(Effect::Number);
        self.last_focus = None;
        self.answered = None;
        self.kept = None;
        self.saved = None;
        self.left = None;
        self.alike = None;
        self.read.clear();
        let (key, number) = self.spare.clone();
        self.key = key;
        self.draft = Draft::new(number);
        self.draft.usual_region = self.last.region();
        self.only_required = false;
    }
    /// Takes a new draft; the present one is written down and stays in the list.
    pub fn shelve(&mut self) {
        let kept = self.draft.who.is_some();
        self.fresh();
        if kept {
            match &self.session.keeping {
                Keeping::Opening => self.warn("The draft is not written down yet; then it stands in the list below."),
                Keeping::Kept => self.say("The draft is kept and stands in the list below."),
                Keeping::Unkept(_) => self.warn("The draft stands in the list below, until mobproc ends."),
            }
        }
    }
    /// Takes up an order that was written down.
    pub fn open(&mut self, key: OrderKey, opened: Opened) {
        let present = self.draft.who.is_some();
        self.fresh();
        if present {
            self.hush();
        }
        self.key = key;
        self.draft = opened.kept.draft;
        // A copy of a draft has a number of its own; one whose reference another order here has is written down under the
        // random number that it was made with.
        if ![&self.draft.number, self.draft.own()].contains(&&opened.number) {
            self.draft.renumber(opened.number);
        }
        self.draft.sent |= opened.sent;
        self.kept = Some((self.draft.clone(), opened.kept.spot.clone()));
        self.answered = (opened.state != State::Drafted).then(|| self.draft.clone());
        self.refused = opened.refused;
        self.read = opened.kept.spot.read.clone();
        self.left = Some(opened.kept.spot);
    }
    /// Gives the draft to be written down where it or the place has changed.
    pub fn keep(&mut self, spot: Spot) {
        if self.draft.who.is_none() || self.kept.as_ref().is_some_and(|(d, s)| *d == self.draft && *s == spot) {
            return;
        }
        let same = self.kept.as_mut().filter(|(d, _)| *d == self.draft);
        let at_once = same.as_ref().is_none_or(|(_, s)| s.place != spot.place);
        match same {
            Some((_, before)) => *before = spot.clone(),
            None => self.kept = Some((self.draft.clone(), spot.clone())),
        }
        let changed = !self.unchanged();
        let (key, draft, spare) = (self.key, self.draft.clone(), self.spare.clone());
        self.effects.push(Effect::Save(Box::new(Saving { key, draft, spot, changed, at_once, spare })));
    }
    /// No other order has the number that was given from outside.
    pub fn free(&mut self, number: &OrderNumber, at: Option<Timestamp>) {
        for draft in [Some(&mut self.draft), self.answered.as_mut()].into_iter().flatten() {
            if draft.number == *number {
                draft.reference = Reference::Free(at);
            }
        }
    }
    /// Whether the draft is as the server last confirmed or refused it.
    #[must_use]
    pub fn unchanged(&self) -> bool {
        self.answered.as_ref() == Some(&self.draft)
    }
    /// The number is another order's: this one gets a number of its own.
    pub fn renumber(&mut self) {
        self.draft.renumber(self.spare.1.clone());
        self.effects.push(Effect::Number);
    }
    /// What the journal holds now.
    pub fn journal(&mut self, mut all: Vec<Standing>) {
        let rank = |s: &Standing| match s.state {
            State::Submitting | State::Unknown | State::NeedsHuman => 0,
            State::NotPlaced => 1,
            State::Drafted | State::ConfirmSent | State::Confirmed | State::Rejected => 2,
            State::Accepted | State::Abandoned => 3,
        };
        all.sort_by_key(|s| (rank(s), std::cmp::Reverse(s.updated)));
        for standing in &all {
            let receipt = self.receipts.iter_mut().find(|r| r.number == standing.number && r.order_id.is_none());
            if let (Some(receipt), Some(id)) = (receipt, &standing.order_id) {
                receipt.order_id = Some(id.clone());
            }
        }
        let placed = |ledger: &[Standing]| ledger.iter().filter(|s| s.order_id.is_some()).count();
        if placed(&all) > placed(&self.ledger) {
            self.forget_orders();
        }
        self.ledger = all;
    }
    /// What the journal tells of an order.
    #[must_use]
    pub fn standing(&self, key: OrderKey) -> Option<&Standing> {
        self.ledger.iter().find(|s| s.key == key)
    }
    /// Those that the first screen lists: unresolved ones, and those that can be gone on with, but for the present one.
    pub fn unfinished(&self) -> impl Iterator<Item = &Standing> {
        let here = self.draft.who.is_some().then_some(self.key);
        self.ledger
            .iter()
            .filter(move |s| Some(s.key) != here && (s.unresolved() || s.state == State::NotPlaced || s.state.open()))
    }
    /// Another order of this person, type and line within a day, where one is known; the lists and the journal are asked.
    #[must_use]
    pub fn same_wish(&self) -> Option<Clean> {
        let wish = Wish::of(&self.draft);
        let now = self.session.started.checked_add(std::time::Duration::from_millis(self.now)).ok()?;
        let recent = |at: Timestamp| now.duration_since(at).as_hours().abs() < 24;
        let ours = self.ledger.iter().find(|s| {
            let sent = s.unresolved() || s.state == State::Accepted;
            let whose = s.who.as_ref().map(|p| &p.id) == wish.holder.as_ref();
            sent && s.key != self.key && whose && s.kind_name() == wish.kind && s.line == wish.line && recent(s.updated)
        });
        if let Some(s) = ours {
            return Some(match &s.order_id {
                Some(id) => Clean::new(&format!("order {id}, reference {}", s.number)),
                None => Clean::new(&format!("an order whose outcome is not known yet, reference {}", s.number)),
            });
        }
        let listed = self.rows_of(&lookups::ORDERS).iter().find(|o| {
            o.placed().is_some_and(|p| {
                let line = p.line.as_deref().map(crate::domain::choice::digits).unwrap_or_default();
                *p.kind == wish.kind
                    && *p.number != *wish.number.as_str()
                    && (line.is_empty() || line == wish.line)
                    && p.submitted.is_some_and(recent)
            })
        });
        listed.map(|o| Clean::new(&format!("order {}", o.id)))
    }
    /// Throws the draft away.
    pub fn discard(&mut self) {
        self.effects.push(Effect::Discard(self.key));
        self.fresh();
    }
    /// A new draft for the same person.
    pub fn another(&mut self) {
        let who = self.draft.who.clone();
        self.fresh();
        self.draft.who = who;
    }
    /// A new draft with the same type and answers, for somebody else.
    pub fn same_again(&mut self) {
        let old = self.draft.clone();
        self.fresh();
        let (draft, left_out) = old.again(self.draft.number.clone(), &self.cache);
        self.draft = draft;
        self.draft.usual_region = self.last.region();
        // As with answers from outside, it goes on to the fields whatever is left of them.
        self.prefill = Some(Prefill::default());
        if left_out.is_empty() {
            return self.say("Same type and answers; choose for whom.");
        }
        let labels = left_out.iter().map(|l| &**l).collect::<Vec<_>>().join(", ");
        let whose = old.who.map(|w| w.name.to_string()).unwrap_or_default();
        self.warn(&format!("Same type and answers; choose for whom. Left out, for it belongs to {whose}: {labels}."));
    }
    fn receipt(&self) -> Receipt {
        let person = self.draft.who.as_ref().and_then(|w| w.person());
        Receipt {
            number: self.draft.number.clone(),
            order_id: None,
            kind: self.draft.kind.map_or("", |k| k.id),
            who: person.map(Person::listed).unwrap_or_default(),
            login: person
                .and_then(|p| p.login.clone())
                .or_else(|| person.map(|p| Clean::new(p.id.as_str())))
                .unwrap_or_default(),
        }
    }
    /// Notes that the draft is being sent: should nothing more be heard, it may have been placed.
    pub fn note_sent(&mut self) {
        self.draft.sent = true;
        let receipt = self.receipt();
        self.note(receipt);
    }
    /// Notes what came of an order that the server was asked about, whatever has become of its draft since.
    pub fn note_asked(&mut self, number: &OrderNumber, order_id: Option<&Id>) {
        if let Some(asked) = self.asked.iter().rfind(|r| r.number == *number).cloned() {
            self.note(Receipt { order_id: order_id.cloned(), ..asked });
        }
    }
    /// A second id under one number stands beside the first; only the unknown gives way.
    fn note(&mut self, receipt: Receipt) {
        self.receipts
            .retain(|r| r.number != receipt.number || (r.order_id.is_some() && r.order_id != receipt.order_id));
        self.receipts.insert(0, receipt);
    }
    /// Takes back the note of a sending that certainly placed nothing.
    pub fn unrecord(&mut self) {
        let number = self.draft.number.clone();
        self.take_back(&number);
    }
    /// The same for an order whose screen was left.
    pub fn take_back(&mut self, number: &OrderNumber) {
        self.receipts.retain(|r| r.number != *number || r.order_id.is_some());
    }
}
