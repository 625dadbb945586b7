//! What the tests of the journal share: a place, an order, and the usual steps of its life.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mobproc::domain::ids::{Id, OrderKey, OrderNumber};
use mobproc::domain::journal::State;
use mobproc::store::{Intent, NoIntent, Options, Outcome, Row, Saved, Saving, Sending, Store, Wrote};

/// The server of all these orders.
pub const SERVER: &str = "https://api.example.com/mobproc/v1 acme";
/// The hash of the one body.
pub const SHA: [u8; 32] = [7; 32];
/// The one body.
pub const BODY: &[u8] = b"{\"orderRequest\":{}}";

/// A state directory that goes with the test.
pub struct Place {
    _home: tempfile::TempDir,
    pub dir: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("mobproc/test");
        std::fs::create_dir(home.path().join("mobproc")).unwrap();
        Self { _home: home, dir }
    }
    pub fn store(&self) -> Store {
        open(&self.dir)
    }
}

/// Opens a journal in which nothing is wrong.
pub fn open(dir: &Path) -> Store {
    let opened = Store::open(dir, Options::default()).unwrap();
    assert_eq!(opened.notices, Vec::<String>::new());
    opened.store.durable().unwrap();
    opened.store
}

pub fn key(n: u64) -> OrderKey {
    OrderKey(u128::from(n) + 1)
}
pub fn number(n: u64) -> OrderNumber {
    OrderNumber::from_random(n * 7919 + 1)
}
pub fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// The n-th order, as it is saved first; its spare is far away.
pub fn saving(n: u64, draft: &str, rev: i64) -> Saving {
    Saving {
        key: key(n),
        number: number(n),
        server: SERVER.into(),
        actor: Some(id("7001")),
        draft: draft.into(),
        changed: false,
        rev,
        spare: (key(n + 1_000_000), number(n + 1_000_000)),
    }
}

pub fn save(store: &mut Store, n: u64, draft: &str, rev: i64) -> i64 {
    match store.save(&saving(n, draft, rev)).unwrap() {
        Saved::Kept { rev } => rev,
        Saved::Elsewhere { .. } => panic!("it was moved on"),
    }
}

/// The n-th order, confirmed; gives its revision.
pub fn confirmed(store: &mut Store, n: u64) -> i64 {
    let rev = save(store, n, "{\"n\":1}", 0);
    let rev = store.confirm_sent(key(n), rev, &number(n), SHA).unwrap();
    store.confirmed(key(n), rev, "{\"read\":1}").unwrap()
}

pub fn sending() -> Sending<'static> {
    Sending { body: BODY, sha256: SHA, correlation: "c-1" }
}

pub fn intent(store: &mut Store, n: u64, rev: i64) -> Result<Intent, NoIntent> {
    store.intent(key(n), rev, sending())
}

/// The n-th order, about to be sent.
pub fn submitting(store: &mut Store, n: u64) -> Intent {
    let rev = confirmed(store, n);
    intent(store, n, rev).unwrap()
}

pub fn end(store: &mut Store, intent: &Intent, outcome: &Outcome) -> Wrote {
    store.outcome(intent, outcome, Some(200), None).unwrap()
}

pub fn accepted(text: &str) -> Outcome {
    Outcome::Accepted { order_id: id(text), note: None }
}

pub fn row(store: &mut Store, n: u64) -> Row {
    store.get(key(n)).unwrap().unwrap()
}
pub fn state(store: &mut Store, n: u64) -> State {
    row(store, n).state
}

/// Whether the full figures are asked for, instead of the suite's.
pub fn full() -> bool {
    std::env::var_os("MOBPROC_FULL").is_some()
}

/// Random numbers from a seed, good enough to choose by.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

/// This test program again, as another session that plays a part of [`crate::processes::another_session`]. The words
/// before it may be a program that starts it.
pub fn session(before: &[&str], part: &str, dir: &Path) -> Command {
    let me = std::env::current_exe().unwrap();
    let me = me.to_str().unwrap();
    let words = ["processes::another_session", "--exact", "--nocapture", "--test-threads=1"];
    let mut all = before.iter().copied().chain([me]).chain(words);
    let mut command = Command::new(all.next().unwrap());
    command.args(all).env("MOBPROC_PART", part).env("MOBPROC_PART_DIR", dir).env_remove("FAILPOINTS");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The words that a session has said, one a line, after its mark.
pub fn said(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    text.lines().filter_map(|l| l.split_once("SAYS ")).map(|(_, word)| word.to_owned()).collect()
}
