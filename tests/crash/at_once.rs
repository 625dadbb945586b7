//! Several processes that press the key for the same orders at the same moment.

use std::path::Path;
use std::time::Duration;

use mobproc::api::Api;
use mobproc::domain::journal::State;
use mobproc::runtime::journal::sha256;
use mobproc::store::{Options, Outcome, Sending, Store, clock};
use tokio::io::AsyncWriteExt;

use super::child::{Part, Play};
use super::desk::{Desk, Want, journal_in, timing};
use super::points::{Tally, sandbox};

/// Processes, and orders.
fn figures() -> (usize, u64) {
    if std::env::var_os("MOBPROC_FULL").is_some() { (8, 200) } else { (4, 20) }
}

/// An order that was sent once and certainly not placed.
pub fn not_placed(home: &Path, want: &Want) {
    let mut store = Store::open(&journal_in(home), Options::default()).unwrap().store;
    unknown(&mut store, want);
    store.not_placed(want.key).unwrap();
}

/// An order of which nobody knows what came of it.
pub fn unknown(store: &mut Store, want: &Want) {
    let body = want.fresh_order().body.to_string().into_bytes();
    let rev = store.get(want.key).unwrap().unwrap().rev;
    let sending = Sending { body: &body, sha256: sha256(&body), correlation: "c-1" };
    let intent = store.intent(want.key, rev, sending).unwrap();
    let outcome = Outcome::Unknown { why: "nobody answered".into(), at: clock::moment(None) };
    store.outcome(&intent, &outcome, None, None).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_many_processes_send_at_once_are_placed_once_each() {
    let (processes, orders) = figures();
    let (home, sandbox) = (tempfile::tempdir().unwrap(), sandbox(&[], Duration::from_millis(3)));
    let wants: Vec<Want> = (0..orders).map(Want::of).collect();
    let desk = Desk::new(home.path(), Api::sandbox(&sandbox.base_url()), timing());
    for (n, want) in wants.iter().enumerate() {
        desk.save(want.saving("", true)).await;
        desk.journal.confirm(want.fresh_order()).await.unwrap();
        if n % 2 == 0 {
            not_placed(home.path(), want);
        }
    }
    drop(desk);
    let part = Part::new(Play::Press((0..orders).collect()), home.path(), &sandbox.base_url(), 0);
    let mut children: Vec<_> = (0..processes).map(|_| part.start("")).collect();
    for child in &mut children {
        child.until("ready").await;
    }
    for child in &mut children {
        child.child.stdin.as_mut().unwrap().write_all(b"now\n").await.unwrap();
    }
    for child in children {
        let (status, said) = child.ended().await;
        assert!(status.success(), "{said}");
    }
    // Whoever was too slow for the send guard has sent nothing, and was in the others' way: that one is sent now.
    let mut desk = Desk::new(home.path(), Api::sandbox(&sandbox.base_url()), timing());
    for want in &wants {
        desk.finish(want).await;
    }
    let submissions = sandbox.seen().iter().filter(|s| s.method == "POST" && s.query.is_empty()).count();
    println!("{processes} processes, {orders} orders: {submissions} submissions, {} placed", sandbox.orders().len());
    assert_eq!(sandbox.orders().len() as u64, orders);
    for want in &wants {
        assert_eq!(desk.state(want.key).await, Some(State::Accepted), "{}", want.number);
        assert_eq!(Tally::of(home.path(), want, &sandbox), Tally { runs: 1, ..Tally::default() });
    }
}
