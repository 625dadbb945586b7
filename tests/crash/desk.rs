//! A session without a screen: the real journal and the real client at a sandbox, and the orders that it works on, each
//! made from a seed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mobproc::api::Api;
use mobproc::app::message::{Event, Opened, Order, Saving};
use mobproc::domain::attempt::Verdict;
use mobproc::domain::choice::{Line, Person};
use mobproc::domain::draft::{Answer, Draft, FieldId, Part};
use mobproc::domain::fault::Fault;
use mobproc::domain::ids::{Id, OrderKey, OrderNumber};
use mobproc::domain::journal::{State, Timing};
use mobproc::domain::kept::{Kept, Place, Spot, Standing};
use mobproc::domain::kinds;
use mobproc::domain::slots::SlotId;
use mobproc::domain::text::{Body, Clean};
use mobproc::domain::wish::Wish;
use mobproc::runtime::Wake;
use mobproc::runtime::journal::{Journal, Server};
use mobproc::store::{Options, Row, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Quick: the quiescence is a little more than a second.
pub fn timing() -> Timing {
    let millis = Duration::from_millis;
    Timing {
        send_guard: millis(300),
        submit: millis(500),
        server_time_limit: millis(100),
        list_lag: millis(100),
        spacing: millis(20),
        ..Timing::default()
    }
}

/// So often somebody goes on with an order that does not end.
const PATIENCE: usize = 12;
/// Nothing that is waited for here takes so long.
pub const LONG: Duration = Duration::from_secs(60);

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.roll() % (n as u64)).unwrap()
    }
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// An order of a seed: the end of somebody's line.
#[derive(Clone, Debug)]
pub struct Want {
    pub key: OrderKey,
    pub number: OrderNumber,
    pub contact: String,
}

impl Want {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let key = OrderKey(u128::from(dice.roll()) << 64 | u128::from(seed));
        let number = OrderNumber::from_random(dice.roll());
        Self { key, number, contact: format!("203555{:04}", dice.below(10_000)) }
    }
    pub fn contact_field() -> FieldId {
        let part = Part { group: Id::new("MISCELLANEOUS"), id: Id::new("CONTACT_NUMBER").unwrap(), other: false };
        FieldId { slot: SlotId::Properties, part: Some(part) }
    }
    pub fn draft(&self) -> Draft {
        let person = json!({"id": "28673732", "companyEmployeeId": "peter.edwards.acme", "firstName": "Peter", "lastName": "Edwards"});
        let line = json!({"id": "38382335", "serviceNumber": "2035554468", "status": "ACTIVE"});
        let mut draft = Draft::new(self.number.clone());
        draft.who = Some(Arc::new(Person::read(Body::from(person).view()).unwrap().into_choice()));
        draft.kind = kinds::named("DEACTIVATE");
        let line = Line::read(Body::from(line).view()).unwrap().into_choice();
        draft.set(SlotId::Service.into(), Answer::One(Arc::new(line)));
        draft.set(Self::contact_field(), Answer::Text(self.contact.clone()));
        draft
    }
    /// The draft with the cursor in a field where that is being typed.
    pub fn saving(&self, typed: &str, at_once: bool) -> Saving {
        let spot = Spot {
            place: Place::Details,
            focus: Some(Self::contact_field()),
            typed: Some((typed.to_owned(), typed.chars().count())),
            ..Spot::default()
        };
        let mut dice = Dice::new(self.key.0 as u64 ^ 0xC0FFEE);
        let spare = (OrderKey(u128::from(dice.roll())), OrderNumber::from_random(dice.roll()));
        Saving { key: self.key, draft: self.draft(), spot, changed: false, at_once, spare }
    }
    /// The order of a draft that was read back.
    pub fn order(&self, draft: &Draft) -> Order {
        let Some(Answer::Text(contact)) = draft.answer(&Self::contact_field()) else { panic!("no contact: {draft:?}") };
        Order {
            key: self.key,
            wish: Wish::of(draft),
            number: draft.number.clone(),
            actor: draft.actor().cloned(),
            body: body(draft.number.as_str(), contact),
            secrets: Vec::new(),
        }
    }
    pub fn fresh_order(&self) -> Order {
        self.order(&self.draft())
    }
}

fn body(number: &str, contact: &str) -> Value {
    let text = |id: &str, text: &str| json!({"id": id, "type": "TEXT", "text": text});
    json!({"orderRequest": {"externalOrderNumber": number, "transactionType": "DEACTIVATE", "serviceId": "38382335",
        "properties": [{"groupId": "MISCELLANEOUS",
            "fields": [text("CONTACT_NUMBER", contact), text("SERVICE_NUMBER", "2035554468")]}]}})
}

/// The journal's directory below a test's own.
pub fn journal_in(home: &Path) -> std::path::PathBuf {
    home.join("journal")
}

/// A session.
pub struct Desk {
    pub journal: Journal,
    events: UnboundedReceiver<Wake>,
    pub alarms: Vec<String>,
}

impl Desk {
    pub fn new(home: &Path, api: Api, timing: Timing) -> Self {
        Self::at(home, api, timing, true)
    }
    pub fn at(home: &Path, api: Api, timing: Timing, calibrated: bool) -> Self {
        let store = Store::open(&journal_in(home), Options::default()).unwrap().store;
        store.durable().unwrap();
        Self::with(store, api, Server { name: "the server".into(), account: String::new(), timing, calibrated })
    }
    pub fn with(store: Store, api: Api, server: Server) -> Self {
        let (wake, events) = unbounded_channel();
        let journal = Journal::new(Arc::new(api), store, server, Clean::new("jdoe"), wake).unwrap();
        Self { journal, events, alarms: Vec::new() }
    }
    /// The next event that is wanted.
    async fn event<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            let next = tokio::time::timeout(LONG, self.events.recv()).await;
            let Ok(Some(Wake::Event(event))) = next else { panic!("nothing came: {next:?}") };
            if let Event::Alarm(text) = &event {
                self.alarms.push(text.to_string());
            }
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }
    /// The alarms so far.
    pub fn alarms(&mut self) -> &[String] {
        while let Ok(wake) = self.events.try_recv() {
            if let Wake::Event(Event::Alarm(text)) = wake {
                self.alarms.push(text.to_string());
            }
        }
        &self.alarms
    }
    pub async fn standing(&self, key: OrderKey) -> Option<Standing> {
        self.journal.standings_now().await.unwrap().into_iter().find(|s| s.key == key)
    }
    pub async fn state(&self, key: OrderKey) -> Option<State> {
        self.standing(key).await.map(|s| s.state)
    }
    pub async fn save(&self, saving: Saving) {
        let key = saving.key;
        self.journal.take(saving);
        self.journal.write(key).await;
    }
    /// Takes an order up.
    pub async fn open(&mut self, key: OrderKey) -> Opened {
        self.journal.open(key, true).await;
        let opened = self.event(|e| {
            let Event::Opened(of, opened) = e else { return None };
            (*of == key).then(|| opened.clone())
        });
        *opened.await.unwrap()
    }
    /// Looks in the background until it is settled one way or another.
    pub async fn settled(&mut self, key: OrderKey) -> State {
        // What was told before is over.
        self.alarms();
        let journal = self.journal.clone();
        tokio::spawn(async move { journal.watch(key, Duration::ZERO).await });
        let over = |s: State| !matches!(s, State::Submitting | State::Unknown);
        self.event(|e| {
            let Event::Journal(all) = e else { return None };
            all.iter().find(|s| s.key == key).map(|s| s.state).filter(|s| over(*s))
        })
        .await
    }
    /// Waits until the next look for it is a day away.
    pub async fn at_rest(&mut self, key: OrderKey) {
        let far = Timestamp::now().checked_add(SignedDuration::from_hours(12)).unwrap();
        self.event(|e| {
            let Event::Journal(all) = e else { return None };
            let sent = all.iter().find(|s| s.key == key).and_then(|s| s.sending.as_ref());
            sent.and_then(|s| s.next).filter(|next| *next > far).map(|_| ())
        })
        .await;
    }
    /// Saves, confirms and sends an order.
    pub async fn send(&mut self, want: &Want) -> Verdict {
        self.save(want.saving("", true)).await;
        self.journal.confirm(want.fresh_order()).await.unwrap();
        self.journal.submit(want.fresh_order()).await
    }
    /// Confirms and sends a draft that was saved, whose sending gets no answer.
    pub async fn finish_until_unknown(&mut self, want: &Want) {
        self.journal.confirm(want.fresh_order()).await.unwrap();
        let verdict = self.journal.submit(want.fresh_order()).await;
        assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    }
    /// What somebody does who finds the order in that state.
    async fn go_on(&mut self, want: &Want, state: State) {
        match state {
            State::Drafted | State::ConfirmSent | State::Confirmed | State::Rejected => {
                let opened = self.open(want.key).await;
                let order = want.order(&opened.kept.draft);
                if self.journal.confirm(order.clone()).await.is_ok() {
                    self.journal.submit(order).await;
                }
            }
            State::Unknown | State::Submitting => {
                self.settled(want.key).await;
            }
            State::NotPlaced => {
                let verdict = self.journal.resend(want.key).await;
                // What was sent is not in a restored journal: then it is confirmed again.
                if let Verdict::NotSent(Fault::Elsewhere { .. }) = verdict {
                    let opened = self.open(want.key).await;
                    self.journal.confirm(want.order(&opened.kept.draft)).await.ok();
                }
            }
            State::Accepted | State::NeedsHuman | State::Abandoned => panic!("nothing to do: {state:?}"),
        }
    }
    /// Goes on with an order until it is placed; the states that it was found in.
    pub async fn finish(&mut self, want: &Want) -> Vec<State> {
        let mut states = Vec::new();
        for _ in 0..PATIENCE {
            let state = self.state(want.key).await.unwrap();
            states.push(state);
            if state == State::Accepted {
                return states;
            }
            self.go_on(want, state).await;
        }
        panic!("{} does not end: {states:?}", want.number);
    }
}

/// The order as it lies in the journal, read by a session of its own.
pub fn row(home: &Path, key: OrderKey) -> Option<Row> {
    let mut store = Store::open(&journal_in(home), Options::default()).unwrap().store;
    store.get(key).unwrap()
}
pub fn kept(row: &Row) -> Kept {
    Kept::read(&row.draft).expect("a draft that can be read")
}
