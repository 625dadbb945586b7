//! `kill -9` at each of the 18 crash points of the protocol, what the next start finds, and how it ends.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mobproc::api::Api;
use mobproc::domain::draft::Answer;
use mobproc::domain::journal::State;
use mobproc::sandbox::{Options, Sandbox};
use mobproc::store::clock::boottime;
use tokio::sync::Semaphore;

use super::child::{Part, Play, Running, kill};
use super::desk::{Desk, Dice, LONG, Want, journal_in, kept, row, timing};
use super::relay::{Call, Plan, Relay, Strike};

/// So many runs at a time.
const AT_ONCE: usize = 12;

/// The runs of a crash point.
pub fn runs() -> u64 {
    if std::env::var_os("MOBPROC_FULL").is_some() { 1000 } else { 50 }
}

/// How a process is killed there.
#[derive(Clone, Copy, Debug)]
enum How {
    /// By itself, when it comes to that crash point.
    At(&'static str),
    /// By the relay, in the middle of that call.
    In(Call, Strike),
    /// By the test, while a token is drawn.
    Token,
}
use How::{At, In, Token};

/// A row of the table of crash points that an order's session comes to: what the file holds then, and what the next start
/// makes of it. Rows 1, 2, 3, 17 and 18 are told by their own tests.
fn table(number: u8, dice: &mut Dice) -> (How, State, State) {
    let request = Strike::Request(1 + dice.below(998));
    let reply = Strike::Reply(dice.below(1000));
    let written = Strike::Written(Duration::from_millis(dice.below(40) as u64));
    let (confirm, submit, list) = (Call::Confirm, Call::Submit, Call::List);
    let (ways, left, found): (Vec<How>, _, _) = match number {
        4 => (
            vec![At("confirm-sent"), In(confirm, request), In(confirm, written)],
            State::ConfirmSent,
            State::ConfirmSent,
        ),
        5 => (vec![At("confirm-answered"), In(confirm, reply)], State::ConfirmSent, State::ConfirmSent),
        6 => (vec![At("confirmed-committed")], State::Confirmed, State::Confirmed),
        7 => (vec![At("token-ready"), Token], State::Confirmed, State::Confirmed),
        8 => {
            let ways = vec![At("looked-first"), In(list, request), In(list, written), In(list, reply)];
            (ways, State::Confirmed, State::Confirmed)
        }
        9 => (vec![At("intent-before-commit")], State::Confirmed, State::Confirmed),
        10 | 11 => (vec![At("intent-committed")], State::Submitting, State::Unknown),
        12 => {
            let ways = vec![At("intent-logged"), At("before-connecting"), In(submit, Strike::Request(0))];
            (ways, State::Submitting, State::Unknown)
        }
        13 => (vec![In(submit, request)], State::Submitting, State::Unknown),
        14 => (vec![In(submit, written)], State::Submitting, State::Unknown),
        15 => {
            let ways = vec![At("reply-begun"), At("reply-read"), At("outcome-before-commit"), In(submit, reply)];
            (ways, State::Submitting, State::Unknown)
        }
        other => panic!("there is no row {other} here"),
    };
    (dice.of(&ways), left, found)
}

/// What came of the runs of a row.
#[derive(Default, Debug, PartialEq)]
pub struct Tally {
    pub runs: u64,
    pub duplicates: usize,
    pub lost_orders: usize,
    pub lost_drafts: usize,
}

impl Tally {
    fn add(&mut self, one: &Self) {
        self.runs += one.runs;
        self.duplicates += one.duplicates;
        self.lost_orders += one.lost_orders;
        self.lost_drafts += one.lost_drafts;
    }
    /// Holds the journal against the server's list: what is accepted exists, once, and the draft can be read.
    pub fn of(home: &Path, want: &Want, sandbox: &Sandbox) -> Self {
        let row = row(home, want.key);
        let placed: Vec<_> =
            sandbox.orders().into_iter().filter(|o| o["externalOrderNumber"] == want.number.as_str()).collect();
        let known = row.as_ref().and_then(|r| r.order_id.as_ref()).map(|id| id.as_str().to_owned());
        let same = known.as_deref() == placed.first().and_then(|o| o["orderId"].as_str());
        let draft = row.as_ref().is_some_and(|r| has_answers(r, want));
        Self {
            runs: 1,
            duplicates: placed.len().saturating_sub(1),
            lost_orders: usize::from(!same),
            lost_drafts: usize::from(!draft),
        }
    }
}

fn has_answers(row: &mobproc::store::Row, want: &Want) -> bool {
    let draft = kept(row).draft;
    draft.number == want.number && draft.answer(&Want::contact_field()) == Some(&Answer::Text(want.contact.clone()))
}

pub fn sandbox(faults: &[&str], latency: Duration) -> Sandbox {
    let faults = faults.iter().map(|f| f.parse().expect("a fault")).collect();
    let options = Options { faults, latency, ..Options::default() };
    Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

/// Plays a row with all its seeds, several at a time.
async fn all<F: Future<Output = Tally> + Send + 'static>(number: u8, what: &str, one: impl Fn(u64) -> F) {
    let (begun, free) = (std::time::Instant::now(), Arc::new(Semaphore::new(AT_ONCE)));
    let mut tasks = Vec::new();
    for seed in 0..runs() {
        let place = Arc::clone(&free).acquire_owned().await.unwrap();
        let run = one(u64::from(number) * 1_000_000 + seed);
        tasks.push(tokio::spawn(async move {
            let _place = place;
            run.await
        }));
    }
    let mut tally = Tally::default();
    for task in tasks {
        tally.add(&task.await.unwrap());
    }
    println!(
        "crash point {number} ({what}): {} runs, {} duplicates, {} lost orders, {} lost drafts, {:.1} s",
        tally.runs,
        tally.duplicates,
        tally.lost_orders,
        tally.lost_drafts,
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(tally, Tally { runs: runs(), ..Tally::default() }, "crash point {number}");
}

/// After the kill: what is found is as the table says, and it ends in one order.
async fn next_start(case: &str, home: &Path, want: &Want, sandbox: &Sandbox, (left, found): (State, State)) -> Tally {
    let there = row(home, want.key).unwrap_or_else(|| panic!("{case}: the draft is gone"));
    assert_eq!(there.state, left, "{case}: what was left");
    assert!(has_answers(&there, want), "{case}: the draft");
    sandbox.clear_faults();
    let mut desk = Desk::new(home, Api::sandbox(&sandbox.base_url()), timing());
    let taken_up = desk.journal.recover().await;
    assert_eq!(desk.state(want.key).await, Some(found), "{case}: what the next start finds");
    let looked_for = found.unresolved() || there.attempt > 0 && found != State::Accepted;
    assert_eq!(taken_up.contains(&(want.key, found)), looked_for, "{case}");
    desk.finish(want).await;
    assert!(desk.alarms().is_empty(), "{case}: {:?}", desk.alarms());
    Tally::of(home, want, sandbox)
}

/// A line that was being written when the process died.
fn tear(home: &Path) {
    let log = journal_in(home).join("intents.log");
    let mut options = std::fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(options.append(true).create(true), 0o600);
    options.open(log).unwrap().write_all(b"v1 2026-11-24T10:00:00Z MP0000").unwrap();
}

/// A program that gives a token, and from the second on none for as long as the directory is there.
fn slow_tokens(home: &Path) -> Vec<String> {
    let script = "cd \"$0\" || exit; if [ -e one ]; then touch two; while [ -d \"$0\" ]; do sleep 0.05; done; fi; \
                  touch one; echo token";
    ["sh", "-c", script, &home.display().to_string()].map(String::from).into()
}

async fn kill_while_a_token_is_drawn(home: &Path, child: &Running) {
    let two = home.join("two");
    tokio::time::timeout(LONG, async {
        while !two.exists() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("a second token is asked for");
    kill(child.pid);
}

/// One order, killed as a row says, and ended by the next start.
async fn one(number: u8, seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    let (how, left, found) = table(number, &mut dice);
    let (home, want) = (tempfile::tempdir().unwrap(), Want::of(seed));
    let sandbox = sandbox(&[], Duration::from_millis(dice.below(20) as u64));
    let case = format!("row {number}, seed {seed}, {how:?}");
    let plan = match how {
        In(call, strike) => Some(Plan { call, nth: 1, strike }),
        At(_) | Token => None,
    };
    let relay = match plan {
        Some(plan) => Some(Relay::start(sandbox.addr(), plan).await),
        None => None,
    };
    let base_url = relay.as_ref().map_or_else(|| sandbox.base_url(), Relay::base_url);
    let mut part = Part::new(Play::Order(dice.below(4)), home.path(), &base_url, seed);
    if matches!(how, Token) {
        part.tokens = slow_tokens(home.path());
    }
    let child = part.start(&if let At(point) = how { format!("{point}=return") } else { String::new() });
    if let Some(relay) = &relay {
        relay.victim(child.pid);
    }
    if matches!(how, Token) {
        kill_while_a_token_is_drawn(home.path(), &child).await;
    }
    child.killed(&case).await;
    if number == 11 {
        tear(home.path());
    }
    if number <= 9 {
        assert!(sandbox.orders().is_empty(), "{case}: nothing may have been ordered");
    }
    next_start(&case, home.path(), &want, &sandbox, (left, found)).await
}

macro_rules! rows {
    ($($name:ident: $number:literal, $what:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            all($number, $what, |seed| one($number, seed)).await;
        }
    )*};
}
rows! {
    a_confirmation_that_was_never_answered_is_asked_for_again: 4, "confirm sent, no reply";
    a_confirmation_whose_answer_was_not_kept_is_asked_for_again: 5, "confirm reply not committed";
    a_confirmed_order_is_found_confirmed: 6, "confirmed, and committed";
    a_session_that_dies_while_it_draws_a_token_has_sent_nothing: 7, "during a token refresh";
    a_session_that_dies_in_its_look_before_sending_has_sent_nothing: 8, "during the pre-submit check";
    an_intent_that_was_not_committed_is_none: 9, "intent before its commit";
    an_intent_that_was_committed_and_never_seen_is_unknown: 10, "intent committed, not seen";
    an_intent_that_is_missing_in_the_log_is_unknown: 11, "between the intent and the log";
    an_order_that_dies_before_it_connects_is_unknown: 12, "before and while connecting";
    an_order_that_was_written_in_part_is_unknown: 13, "request partly written";
    an_order_that_was_written_and_not_answered_is_unknown: 14, "request written, no reply";
    an_order_whose_reply_was_not_kept_is_unknown: 15, "reply partly read or not committed";
}

/// Row 1: dies at any moment while somebody types.
async fn typed(seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    let (home, want, sandbox) = (tempfile::tempdir().unwrap(), Want::of(seed), sandbox(&[], Duration::ZERO));
    let case = format!("row 1, seed {seed}");
    let mut child = Part::new(Play::Type, home.path(), &sandbox.base_url(), seed).start("");
    child.until("typing").await;
    tokio::time::sleep(Duration::from_millis(dice.below(2500) as u64)).await;
    let killed = boottime();
    kill(child.pid);
    child.killed(&case).await;
    let there = row(home.path(), want.key).unwrap();
    let (typed, _) = kept(&there).spot.typed.unwrap();
    let age = killed.as_millis().saturating_sub(typed.parse().unwrap());
    assert!(age <= 2000, "{case}: {age} ms of typing are lost");
    next_start(&case, home.path(), &want, &sandbox, (State::Drafted, State::Drafted)).await
}

/// Rows 2 and 3: dies in the n-th saving, or right after it.
async fn saved(number: u8, seed: u64) -> Tally {
    let (point, behind) = if number == 2 { ("autosave-in-transaction", 1) } else { ("draft-committed", 0) };
    let mut dice = Dice::new(seed);
    let (home, want, sandbox) = (tempfile::tempdir().unwrap(), Want::of(seed), sandbox(&[], Duration::ZERO));
    let n = 1 + dice.below(5);
    let case = format!("row {number}, seed {seed}, saving {n}");
    let child =
        Part::new(Play::Order(8), home.path(), &sandbox.base_url(), seed).start(&format!("{point}={n}*off->return"));
    child.killed(&case).await;
    let there = row(home.path(), want.key).unwrap();
    assert_eq!(kept(&there).spot.typed.unwrap().0, (n - behind).to_string(), "{case}: which saving is found");
    next_start(&case, home.path(), &want, &sandbox, (State::Drafted, State::Drafted)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_until_two_seconds_before_the_end_is_found() {
    all(1, "typing, before autosave", typed).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_dies_inside_a_saving_leaves_the_saving_before() {
    all(2, "inside the autosave", |seed| saved(2, seed)).await;
}
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_dies_after_a_saving_leaves_it() {
    all(3, "draft committed, UI not told", |seed| saved(3, seed)).await;
}

/// Row 16: the outcome is committed, and nobody was told.
async fn ended(seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    let point = dice.of(&["outcome-committed", "outcome-untold"]);
    let (fault, state) = dice.of(&[
        (None, State::Accepted),
        (Some("POST orders@2=refuse:CONTACT_NUMBER"), State::Rejected),
        (Some("POST orders@2=status:401"), State::Confirmed),
    ]);
    let (home, want) = (tempfile::tempdir().unwrap(), Want::of(seed));
    let sandbox = sandbox(&fault.into_iter().collect::<Vec<_>>(), Duration::ZERO);
    let case = format!("row 16, seed {seed}, {point} {fault:?}");
    let part = Part::new(Play::Order(0), home.path(), &sandbox.base_url(), seed);
    part.start(&format!("{point}=return")).killed(&case).await;
    next_start(&case, home.path(), &want, &sandbox, (state, state)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_was_committed_and_not_told_is_found() {
    all(16, "outcome committed, UI not told", ended).await;
}

/// Row 17: dies in a look, or in its commit.
async fn looked(seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    let cut = Strike::Reply(dice.below(900));
    let how = dice.of(&[
        At("scan-in-transaction"),
        At("look-noted"),
        In(Call::List, cut),
        In(Call::List, Strike::Request(500)),
    ]);
    // What was placed is found by the first look: then only that one can be struck.
    let (fault, before) = match (how, dice.below(2)) {
        (In(..), 0) => ("POST orders@2=drop", 0),
        (At(_) | In(..) | Token, _) => ("POST orders@2=drop-before", dice.below(4)),
    };
    let (home, want, sandbox) = (tempfile::tempdir().unwrap(), Want::of(seed), sandbox(&[fault], Duration::ZERO));
    let case = format!("row 17, seed {seed}, {how:?} after {before} looks, {fault}");
    Desk::new(home.path(), Api::sandbox(&sandbox.base_url()), timing()).send(&want).await;
    let strike = if let In(_, strike) = how { strike } else { cut };
    let relay = Relay::start(sandbox.addr(), Plan { call: Call::List, nth: before + 1, strike }).await;
    let through = if matches!(how, In(..)) { relay.base_url() } else { sandbox.base_url() };
    let points = if let At(point) = how { format!("{point}={before}*off->return") } else { String::new() };
    let child = Part::new(Play::Look, home.path(), &through, seed).start(&points);
    relay.victim(child.pid);
    child.killed(&case).await;
    next_start(&case, home.path(), &want, &sandbox, (State::Unknown, State::Unknown)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_dies_leaves_the_order_unknown() {
    all(17, "during a scan or its commit", looked).await;
}

/// Row 18: dies while the journal's file is made, copied or set aside; opening it once more is all that it needs.
async fn mended(seed: u64) -> Tally {
    let mut dice = Dice::new(seed);
    let point = dice.of(&["migrating", "backing-up", "quarantining"]);
    let (home, want, sandbox) = (tempfile::tempdir().unwrap(), Want::of(seed), sandbox(&[], Duration::ZERO));
    let case = format!("row 18, seed {seed}, {point}");
    let open = Part::new(Play::Open, home.path(), &sandbox.base_url(), seed);
    let mut states = (State::Drafted, State::Drafted);
    if point == "migrating" {
        open.start("migrating=return").killed(&case).await;
        let desk = Desk::new(home.path(), Api::sandbox(&sandbox.base_url()), timing());
        desk.save(want.saving("", true)).await;
    } else {
        let mut desk = Desk::new(home.path(), Api::sandbox(&sandbox.base_url()), timing());
        desk.save(want.saving("", true)).await;
        if point == "quarantining" {
            let (status, said) = open.start("").ended().await;
            assert!(status.success(), "{case}: the backup: {said}");
            sandbox.fault(dice.of(&["POST orders@2=drop", "POST orders@2=drop-before"]).parse().unwrap());
            desk.finish_until_unknown(&want).await;
            damage(home.path(), &mut dice);
            states = (State::Unknown, State::Unknown);
        }
        drop(desk);
        open.start(&format!("{point}=return")).killed(&case).await;
    }
    next_start(&case, home.path(), &want, &sandbox, states).await
}

/// Spoils what the file is known by, its version, or its first table.
fn damage(home: &Path, dice: &mut Dice) {
    let path = journal_in(home).join("state.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = dice.of(&[0, 8, 60, 98]);
    bytes[at..at + 10].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_being_made_copied_or_set_aside_is_the_old_or_the_new_one() {
    all(18, "migration, backup, quarantine", mended).await;
}
