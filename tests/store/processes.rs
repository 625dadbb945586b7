//! Several sessions, as processes of their own, on one journal.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::Stdio;

use mobproc::domain::ids::{OrderKey, OrderNumber};
use mobproc::domain::journal::{Look, Moment, State};
use mobproc::store::{Options, Outcome, Saved, Saving, Store, Trouble};

use crate::common::*;

/// Says a word in one write, so that it stands before or after what the files were told.
fn say(word: &str) {
    std::io::stdout().write_all(format!("SAYS {word}\n").as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

/// Not a test of its own: what other tests start as another session.
#[test]
fn another_session() {
    let Ok(part) = std::env::var("MOBPROC_PART") else { return };
    let dir = std::env::var("MOBPROC_PART_DIR").unwrap();
    let words: Vec<&str> = part.split(' ').collect();
    let number = |at: usize| words[at].parse::<u64>().unwrap();
    // Where a session is to be killed, as the starting process says.
    let _points = fail::FailScenario::setup();
    match words[0] {
        "edit" => edit(Path::new(&dir), number(1), number(2)),
        "race" => race(Path::new(&dir), number(1)),
        "open" => drop(Store::open(Path::new(&dir), Options::default()).map(|mut opened| {
            opened.store.housekeep().unwrap();
            say("opened");
        })),
        "look" => {
            let mut store = Store::open(Path::new(&dir), Options::default()).unwrap().store;
            let look = Look { at: Moment::default(), broad: true, complete: true, pages: 1, total: 1, matches: 0 };
            store.look(key(1), &look).unwrap();
        }
        "order" => order(Path::new(&dir), None),
        "fill" => order(Path::new(&dir), Some(usize::try_from(number(1)).unwrap())),
        other => panic!("{other}"),
    }
}

/// Blocks until the starting process lets all sessions go at once.
fn ready(store: &mut Store) {
    store.durable().unwrap();
    say("ready");
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

/// Edits drafts at random, each edit a mark of its own that is added to the text; says every mark that was saved.
fn edit(dir: &Path, me: u64, drafts: u64) {
    let mut store = Store::open(dir, Options::default()).unwrap().store;
    ready(&mut store);
    let mut dice = Dice(me);
    let mut seen: Vec<(OrderKey, OrderNumber, i64, String)> =
        (0..drafts).map(|n| (key(n), number(n), 1, "begun".into())).collect();
    for edit in 0..drafts * 10 {
        let at = dice.roll(seen.len());
        let n = at as u64;
        match dice.roll(8) {
            0 | 1 => {
                let row = row(&mut store, n);
                seen[at] = (row.key, row.number, row.rev, row.draft);
            }
            2 => {
                let taken = store.takeover(seen[at].0).unwrap();
                let row = store.get(seen[at].0).unwrap().unwrap();
                // Another session may have been between the two; then this one is late again.
                seen[at] = (row.key, row.number, taken, row.draft);
            }
            _ => {}
        }
        let (key, number, rev, text) = seen[at].clone();
        let text = format!("{text} <{me}.{edit}>");
        let spare = (me << 40) + edit;
        let spare = (OrderKey(u128::from(spare) << 32), OrderNumber::from_random(spare));
        let saving = Saving { key, number, draft: text.clone(), changed: true, rev, spare, ..saving(0, "", 0) };
        let saved = loop {
            match store.save(&saving) {
                Err(Trouble::Busy) => {}
                other => break other.unwrap(),
            }
        };
        say(&format!("<{me}.{edit}>"));
        seen[at] = match saved {
            Saved::Kept { rev } => (saving.key, saving.number, rev, text),
            Saved::Elsewhere { copy, copy_rev } => (copy, saving.spare.1, copy_rev, text),
        };
    }
}

/// Presses submit on every order, in the same order as all others do.
fn race(dir: &Path, orders: u64) {
    let mut store = Store::open(dir, Options::default()).unwrap().store;
    ready(&mut store);
    for n in 0..orders {
        // Every session has seen the same confirmation.
        if let Ok(sent) = intent(&mut store, n, 3) {
            say(&format!("SENT {n}"));
            assert!(store.still_mine(&sent).unwrap());
            end(&mut store, &sent, &accepted(&format!("87{n}")));
        }
    }
}

/// One order from its draft to its id. Whatever fails is said, and what follows is tried. Before step `full` the disk is
/// filled to the last byte.
fn order(dir: &Path, full: Option<usize>) {
    if full.is_some() {
        drop(Store::open(dir, Options::default()).unwrap());
    }
    let fill = |step| {
        if full == Some(step) {
            let mut file = std::fs::File::create(dir.join("filler")).unwrap();
            while file.write_all(&[0; 4096]).is_ok() {}
            while file.write_all(&[0]).is_ok() {}
        }
    };
    fill(0);
    let mut store = match Store::open(dir, Options::default()) {
        Ok(opened) => opened.store,
        Err(refused) => return say(&format!("refused: {refused}")),
    };
    let survives = store.durable().is_ok();
    fill(1);
    let rev = match store.save(&saving(1, "typed", 0)) {
        Ok(Saved::Kept { rev }) => rev,
        other => return say(&format!("not saved: {other:?}")),
    };
    if survives {
        say("SAVED");
    }
    fill(2);
    let confirmed = store.confirm_sent(key(1), rev, &number(1), SHA).and_then(|rev| store.confirmed(key(1), rev, "{}"));
    let rev = match confirmed {
        Ok(rev) => rev,
        Err(trouble) => return say(&format!("not confirmed: {trouble}")),
    };
    fill(3);
    let sent = match intent(&mut store, 1, rev) {
        Ok(sent) => sent,
        Err(no) => return say(&format!("not sent: {no:?}")),
    };
    say("SENT");
    fill(4);
    match store.outcome(&sent, &Outcome::Accepted { order_id: id("8710840"), note: None }, Some(200), None) {
        Ok(_) => say("STORED"),
        Err(trouble) => say(&format!("not stored: {trouble}")),
    }
    if full.is_some() {
        // What is left there goes with this process, so it looks itself.
        drop(store);
        let mut store = Store::open(dir, Options::default()).unwrap().store;
        say(&format!("STATE {}", state(&mut store, 1).name()));
    }
}

/// Starts sessions, lets them go at once, and gives what each has said.
fn together(part: impl Fn(u64) -> String, sessions: u64, dir: &Path) -> Vec<Vec<String>> {
    let mut all: Vec<_> = (1..=sessions)
        .map(|me| {
            let mut session =
                session(&[], &part(me), dir).stdin(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
            let mut output = std::io::BufReader::new(session.stdout.take().unwrap());
            let mut line = String::new();
            while !line.contains("SAYS ready") {
                line.clear();
                assert!(output.read_line(&mut line).unwrap() > 0, "a session has ended early");
            }
            (session, output)
        })
        .collect();
    for (session, _) in &mut all {
        session.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let listen = |(mut session, mut output): (std::process::Child, std::io::BufReader<std::process::ChildStdout>)| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut output, &mut text).unwrap();
            assert!(session.wait().unwrap().success(), "{}", String::from_utf8_lossy(&text));
            said(&text)
        })
    };
    let listening: Vec<_> = all.into_iter().map(listen).collect();
    listening.into_iter().map(|l| l.join().unwrap()).collect()
}

#[test]
fn no_edit_of_several_sessions_on_the_same_drafts_is_lost() {
    let (sessions, drafts) = if full() { (8, 200) } else { (4, 20) };
    let place = Place::new();
    let mut store = place.store();
    for n in 0..drafts {
        save(&mut store, n, "begun", 0);
    }
    let said = together(|me| format!("edit {me} {drafts}"), sessions, &place.dir);
    let rows = store.orders(SERVER).unwrap();
    let edits: Vec<_> = said.iter().flatten().collect();
    assert_eq!(edits.len() as u64, sessions * drafts * 10);
    let lost: Vec<_> = edits.iter().filter(|mark| !rows.iter().any(|r| r.draft.contains(mark.as_str()))).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let copies = rows.len() as u64 - drafts;
    assert!(copies > 0, "the sessions never met");
    println!("{sessions} sessions x {drafts} drafts: {} edits, {copies} copies, 0 lost", edits.len());
}

#[test]
fn of_several_sessions_that_press_submit_on_the_same_orders_one_sends_each() {
    let (sessions, orders) = if full() { (8, 200) } else { (4, 20) };
    let place = Place::new();
    let mut store = place.store();
    for n in 0..orders {
        assert_eq!(confirmed(&mut store, n), 3);
    }
    let said = together(|_| format!("race {orders}"), sessions, &place.dir);
    let mut sent: Vec<_> = said.into_iter().flatten().collect();
    assert_eq!(sent.len() as u64, orders);
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len() as u64, orders);
    assert!((0..orders).all(|n| state(&mut store, n) == State::Accepted));
    println!("{sessions} sessions x {orders} orders: {} sent", sent.len());
}
