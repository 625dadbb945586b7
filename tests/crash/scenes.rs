//! What the tests of looking share: an order whose sending got no answer, and a server with many orders of others.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use mobproc::api::Api;
use mobproc::domain::attempt::Verdict;
use mobproc::domain::journal::{State, Timing};
use mobproc::sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use super::desk::{Desk, Want, timing};
use super::points::Tally;

/// A server, a session, and an order.
pub struct Scene {
    pub home: tempfile::TempDir,
    pub sandbox: Sandbox,
    pub desk: Desk,
    pub want: Want,
    pub timing: Timing,
    begun: Instant,
}

/// An order of somebody else, as the sandbox keeps it.
pub fn foreign(id: usize, updated: Timestamp) -> Value {
    let at = updated.to_string();
    json!({"order": {"orderId": (9_000_000 + id).to_string(), "externalOrderNumber": format!("OTHER-{id}"),
        "transactionType": "SUSPEND", "status": "ORDER_SUBMITTED", "dateSubmitted": at, "updated": at,
        "accountHolder": {"id": "28675001", "firstName": "Maria", "lastName": "Gonçalves"}},
        "history": [], "shipments": [], "approvers": []})
}
/// So many hours from now.
pub fn hours(n: i64) -> Timestamp {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    now.checked_add(SignedDuration::from_hours(n)).unwrap()
}
/// As many orders of others, that changed then, a second apart.
pub fn others(count: usize, from: Timestamp) -> Vec<Value> {
    let at = |n: usize| from.checked_add(SignedDuration::from_secs(n as i64)).unwrap();
    (0..count).map(|n| foreign(n, at(n))).collect()
}

impl Scene {
    pub fn new(faults: &[&str]) -> Self {
        Self::with(faults, &[], timing(), true)
    }
    pub fn with(faults: &[&str], orders: &[Value], timing: Timing, calibrated: bool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("orders.jsonl");
        let lines: String = orders.iter().map(|o| format!("{o}\n")).collect();
        std::fs::write(&file, lines).unwrap();
        let faults = faults.iter().map(|f| f.parse().expect("a fault")).collect();
        let options = Options { faults, orders: Some(file), ..Options::default() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let desk = Desk::at(home.path(), Api::sandbox(&sandbox.base_url()), timing, calibrated);
        Self { home, sandbox, desk, want: Want::of(4711), timing, begun: Instant::now() }
    }
    /// Puts one more order into the server's list.
    pub fn add(&self, order: &Value) {
        let mut file = std::fs::OpenOptions::new().append(true).open(self.home.path().join("orders.jsonl")).unwrap();
        std::io::Write::write_all(&mut file, format!("{order}\n").as_bytes()).unwrap();
    }
    /// Sends it, and gets no answer that says anything.
    pub async fn lost(mut self) -> Self {
        let verdict = self.desk.send(&self.want).await;
        assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
        assert_eq!(self.state().await, State::Unknown);
        self.begun = Instant::now();
        self
    }
    pub async fn state(&self) -> State {
        self.desk.state(self.want.key).await.unwrap()
    }
    /// One look.
    pub async fn look(&self) -> State {
        self.desk.journal.look(self.want.key).await.unwrap()
    }
    /// Looks until it is settled; how long that took.
    pub async fn settled(&mut self) -> (State, Duration) {
        let state = self.desk.settled(self.want.key).await;
        (state, self.begun.elapsed())
    }
    /// Looks until it is settled, or for half as long again as it takes to be sure.
    pub async fn looked_long(&self) -> (State, Duration) {
        let long = self.timing.quiescence(Duration::ZERO) * 3 / 2;
        loop {
            let state = self.look().await;
            if state != State::Unknown || self.begun.elapsed() > long {
                return (state, self.begun.elapsed());
            }
            tokio::time::sleep(self.timing.spacing).await;
        }
    }
    /// How many orders of the number the server has.
    pub fn placed(&self) -> usize {
        self.sandbox.orders().iter().filter(|o| o["externalOrderNumber"] == self.want.number.as_str()).count()
    }
    pub fn submissions(&self) -> usize {
        self.sandbox.seen().iter().filter(|s| s.method == "POST" && s.query.is_empty()).count()
    }
    pub fn whole(&self) {
        assert_eq!(Tally::of(self.home.path(), &self.want, &self.sandbox), Tally { runs: 1, ..Tally::default() });
    }
    /// An order of the server with our number.
    pub fn namesake(&self, change: &Value) -> Value {
        let mut order = foreign(500, hours(0));
        for (name, value) in json!({"externalOrderNumber": self.want.number.as_str(), "transactionType": "DEACTIVATE",
            "serviceNumber": "2035554468", "accountHolder": {"id": "28673732"}})
        .as_object()
        .unwrap()
        .iter()
        .chain(change.as_object().unwrap())
        {
            order["order"][name] = value.clone();
        }
        order
    }
}
