//! A program without a screen, a server or a disk: an event in, the state and the effects out. Lookups are answered from a few
//! constants.

use std::sync::Arc;

use mobproc::app::desk::{Desk, Keeping, Session};
use mobproc::app::keys::Key;
use mobproc::app::message::{Effect, Event, Opened, Order, Part, Saving};
use mobproc::app::{Model, Step, update};
use mobproc::domain::attempt::Confirmed;
use mobproc::domain::date::Date;
use mobproc::domain::directory::{Directory, Listed, Reading};
use mobproc::domain::fault::Fault;
use mobproc::domain::journal::State;
use mobproc::domain::kept::{Kept, Standing};
use mobproc::domain::lookups::{Found, Lookup, LookupKey, Query, Read};
use mobproc::domain::readers::collection;
use mobproc::domain::reply::Resolved;
use mobproc::domain::text::{Body, Clean};
use serde_json::{Value, json};

/// A program whose lookups are answered at once.
pub struct Desktop {
    pub model: Model,
    pub now: u64,
    /// Effects other than lookups, in order.
    pub effects: Vec<Effect>,
    /// Lookups that are held back, by name.
    pub hold: Vec<&'static str>,
    pub held: Vec<LookupKey>,
    /// Directories that are held back: everybody as "people", everybody's lines as "all lines".
    pub parts: Vec<Part>,
    /// What was given to be written down, the latest of each draft.
    pub kept: Vec<Saving>,
}

/// What comes back of a draft that was written down.
pub fn kept(saving: &Saving) -> Kept {
    Kept::read(&Kept::of(&saving.draft, &saving.spot, &Clean::new("jdoe")).text()).unwrap()
}

pub fn standing(saving: &Saving) -> Standing {
    let text = kept(saving).text();
    Standing::of(
        saving.key,
        saving.draft.number.clone(),
        State::Drafted,
        &text,
        "2026-11-23T09:00:00Z".parse().unwrap(),
    )
}

pub fn start() -> Desktop {
    start_holding(&[])
}

pub fn start_holding(hold: &[&'static str]) -> Desktop {
    let session = Session {
        profile: Clean::new("qa"),
        sandbox: false,
        login: Clean::new("jdoe"),
        keeping: Keeping::Kept,
        started: "2026-11-23T09:00:00Z".parse().unwrap(),
        zone: jiff::tz::TimeZone::UTC,
    };
    let (model, effects) = Model::start(Desk::new(session, (80, 24), Date::constant(2026, 11, 23), [1, 2]));
    let mut desktop = Desktop {
        model,
        now: 10_000,
        effects: Vec::new(),
        hold: hold.to_vec(),
        held: Vec::new(),
        parts: Vec::new(),
        kept: Vec::new(),
    };
    desktop.work(effects);
    desktop
}

impl Desktop {
    pub fn event(&mut self, event: Event) {
        let effects = update(&mut self.model, event);
        self.work(effects);
    }
    pub fn work(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Fetch(key, _) if self.hold.contains(&key.lookup) => self.held.push(key),
                Effect::Fetch(key, _) => self.answer(key),
                Effect::Read(part) if self.hold.contains(&named(part)) => self.parts.push(part),
                Effect::Read(part) => self.read(part),
                Effect::Rest(_) => {}
                Effect::Save(saving) => {
                    self.kept.retain(|s| s.key != saving.key);
                    self.kept.push(*saving);
                }
                Effect::Close(_) => self.event(Event::Journal(self.kept.iter().map(standing).collect())),
                Effect::Open(key, _) => {
                    let saving = self.kept.iter().find(|s| s.key == key).unwrap();
                    let opened = Opened {
                        kept: kept(saving),
                        number: saving.draft.number.clone(),
                        state: State::Drafted,
                        sent: false,
                        refused: Vec::new(),
                    };
                    self.event(Event::Opened(key, Ok(Box::new(opened))));
                }
                other => self.effects.push(other),
            }
        }
    }
    pub fn answer(&mut self, key: LookupKey) {
        let found = found(&key);
        self.event(Event::Found(key, found));
    }
    pub fn read(&mut self, part: Part) {
        let event = match part {
            Part::People => Event::People(Box::new(directory(part))),
            Part::Lines => Event::Lines(Box::new(directory(part))),
        };
        self.event(event);
    }
    /// Nothing has been looked up yet.
    pub fn forget(&mut self) {
        let desk = &mut self.model.desk;
        (desk.cache, desk.people, desk.lines) = Default::default();
    }
    pub fn release(&mut self) {
        self.hold.clear();
        for part in std::mem::take(&mut self.parts) {
            self.read(part);
        }
        for key in std::mem::take(&mut self.held) {
            self.answer(key);
        }
    }
    pub fn key(&mut self, key: Key, after: u64) {
        // What came of an order is on the screen when the next key is pressed.
        if !matches!(self.model.step, Step::Review(_)) && self.model.sign_in.is_none() && self.model.wants_painted() {
            self.event(Event::Painted(self.now));
        }
        self.press(key, after);
    }
    /// Presses a key, whatever has been drawn.
    pub fn press(&mut self, key: Key, after: u64) {
        self.now += after;
        self.event(Event::Key(key, self.now));
    }
    pub fn keys(&mut self, text: &str) {
        for c in text.chars() {
            let key = match c {
                '\n' => Key::Enter,
                '\t' => Key::Tab,
                '\x1b' => Key::Esc,
                '^' => Key::Ctrl('o'),
                c => Key::Char(c),
            };
            self.key(key, 1000);
        }
    }
    /// To the review of a SUSPEND, confirmed as asked.
    pub fn reviewed() -> Self {
        let mut desktop = start();
        desktop.keys("edw\ns");
        desktop.keys("+7\n^");
        desktop.confirm(|_| {});
        desktop.paint();
        desktop
    }
    pub fn asked(&self) -> Vec<&Order> {
        self.effects
            .iter()
            .filter_map(|e| if let Effect::Confirm(order, _) = e { Some(&**order) } else { None })
            .collect()
    }
    pub fn sent(&self) -> Vec<&Order> {
        self.effects.iter().filter_map(|e| if let Effect::Submit(order) = e { Some(&**order) } else { None }).collect()
    }
    pub fn ticket(&self) -> u64 {
        self.effects
            .iter()
            .rev()
            .find_map(|e| if let Effect::Confirm(_, ticket) = e { Some(*ticket) } else { None })
            .expect("it was confirmed")
    }
    pub fn reply(&self) -> Value {
        let order = self.asked().last().expect("it was confirmed").body["orderRequest"].clone();
        json!({"externalOrderNumber": order["externalOrderNumber"], "properties": order["properties"],
            "service": {"id": order["serviceId"], "serviceNumber": "2035554468"}, "accountHolder": {"id": "1", "lastName": "Edwards", "firstName": "Peter"}})
    }
    pub fn confirm(&mut self, change: impl FnOnce(&mut Value)) {
        let mut reply = self.reply();
        change(&mut reply);
        let body = Body::from(json!({ "orderConfirmation": reply }));
        let confirmation = Resolved::confirmation(body.view()).unwrap();
        let number = self.model.desk.draft.number.clone();
        self.event(Event::Confirmed(number, self.ticket(), Ok(Confirmed::Confirmed(Box::new(confirmation)))));
    }
    pub fn paint(&mut self) {
        assert!(self.model.wants_painted());
        self.event(Event::Painted(self.now));
    }
    pub fn order(&self) -> Box<Resolved> {
        let mut order = self.reply();
        order["orderId"] = json!("8711660");
        Box::new(Resolved::order(Body::from(json!({ "order": order })).view()).unwrap())
    }
    pub fn notice(&self) -> String {
        self.model.desk.notice.as_ref().map(|(_, text)| text.to_string()).unwrap_or_default()
    }
    pub fn step(&self) -> &'static str {
        match &self.model.step {
            Step::Home(_) => "home",
            Step::Kind(_) => "kind",
            Step::Details(_) => "details",
            Step::Review(_) => "review",
            Step::Submit(s) if s.sending() => "sending",
            Step::Submit(s) if s.done().is_some() => "done",
            Step::Submit(_) => "unknown",
            Step::Order(_) => "order",
        }
    }
}

pub fn found(key: &LookupKey) -> Result<Option<Found>, Fault> {
    let lookup = Lookup::named(key.lookup).expect("a lookup");
    let body = Body::from(world(key));
    Ok(Some(match lookup.read {
        Read::Whole(read) => read(body.view()),
        Read::Items(read) => {
            Found::Choices(collection(body.view(), lookup.collection).filter_map(read).map(Arc::new).collect())
        }
    }))
}

pub fn named(part: Part) -> &'static str {
    match part {
        Part::People => "people",
        Part::Lines => "all lines",
    }
}

/// All that the world has of a directory.
pub fn directory<R: Listed>(part: Part) -> Directory<R> {
    let key = LookupKey { lookup: named(part), query: Query::new("", None, None) };
    let body = Body::from(world(&key));
    let mut all = Directory::<R> { reading: Reading::Whole, ..Directory::default() };
    collection(body.view(), R::COLLECTION).filter_map(R::read).for_each(|one| all.table.add(&one));
    all
}

pub fn world(key: &LookupKey) -> Value {
    let service = key.query.params.iter().any(|(n, v)| *n == "service" && v == "200");
    match key.lookup {
        "people" => json!({"employees": [
            {"id": "1", "firstName": "Peter", "lastName": "Edwards", "companyEmployeeId": "peter", "status": "ACTIVE"},
            {"id": "2", "firstName": "Ann", "lastName": "Lee", "companyEmployeeId": "ann", "status": "INACTIVE"},
            {"id": "3", "firstName": "Edda", "lastName": "Moss", "companyEmployeeId": "edda", "status": "ACTIVE"}]}),
        "all lines" | "lines" => json!({"services": [
            {"id": "100", "serviceNumber": "2035554468", "status": "ACTIVE", "employee": {"id": "1", "firstName": "Peter", "lastName": "Edwards"}},
            {"id": "300", "serviceNumber": "2035554469", "status": "SUSPENDED", "employee": {"id": "1", "firstName": "Peter", "lastName": "Edwards"}}]}),
        "me" if key.query.actor.is_none() => {
            json!({"authenticatedUser": {"id": "9", "firstName": "Jo", "lastName": "Doe", "companyEmployeeId": "jdoe"}})
        }
        "me" => json!({"transactionTypes": ["SUSPEND", "NEW_ACTIVATION"]}),
        "properties" if !service => json!({"properties": [{"groupId": "G", "fields": [
            {"id": "CONTACT_NUMBER", "label": "Contact number", "type": "TEXT", "validation": "REQUIRED", "text": "2035550160", "minLength": 10, "maxLength": 10},
            {"id": "WHEN", "label": "Suspend on", "type": "DATE", "validation": "REQUIRED"},
            {"id": "HOLD", "label": "Hold", "type": "CHOICE", "validation": "OPTIONAL", "choices": [{"id": "a", "label": "Alpha"}, {"id": "b", "label": "Other", "isOther": true}]}]}]}),
        _ => json!([]),
    }
}
