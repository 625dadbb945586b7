//! Sending: one permission, one outcome, and what is found again after a crash.

use std::time::{Duration, Instant};

use mobproc::domain::journal::{Look, Moment, State};
use mobproc::store::{NoIntent, Outcome, Wrote, clock};

use crate::common::*;

fn unknown() -> Outcome {
    Outcome::Unknown { why: "no answer came".into(), at: clock::moment(None) }
}

#[test]
fn an_order_is_sent_and_accepted_and_both_records_say_so() {
    let place = Place::new();
    let mut store = place.store();
    let sent = submitting(&mut store, 1);
    assert_eq!((sent.key(), sent.number()), (key(1), &number(1)));
    assert!(clock::boottime() - sent.written().0 < Duration::from_secs(10));
    assert!(store.still_mine(&sent).unwrap());
    let row = row(&mut store, 1);
    assert_eq!((row.state, row.attempt, row.token), (State::Submitting, 1, Some(sent.token())));
    assert_eq!((row.body.as_deref(), row.correlation.as_deref()), (Some(BODY), Some("c-1")));
    assert_eq!(end(&mut store, &sent, &accepted("8710840")), Wrote::Done);
    assert!(!store.still_mine(&sent).unwrap());
    let log = std::fs::read_to_string(place.dir.join("intents.log")).unwrap();
    let lines: Vec<_> = log.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains(" INTENT ") && lines[1].contains(" SENT_OK:8710840 "), "{log}");
    assert!(lines.iter().all(|l| l.contains(number(1).as_str()) && l.contains(&sent.token().to_string())));
    let ways: Vec<_> = store.events(key(1)).unwrap().into_iter().map(|e| (e.from, e.to, e.status)).collect();
    assert_eq!(ways.last(), Some(&(Some(State::Submitting), Some(State::Accepted), Some(200))));
}

#[test]
fn of_two_sessions_that_press_at_once_one_may_send() {
    let place = Place::new();
    let rev = confirmed(&mut place.store(), 1);
    let press = || {
        let mut store = place.store();
        move || intent(&mut store, 1, rev)
    };
    let (one, other) = (press(), press());
    let (one, other) = (std::thread::spawn(one), std::thread::spawn(other));
    let both = [one.join().unwrap(), other.join().unwrap()];
    assert_eq!(both.iter().filter(|i| i.is_ok()).count(), 1, "{both:?}");
    assert!(both.iter().any(|i| matches!(i, Err(NoIntent::Moved(row)) if row.state == State::Submitting)));
}

#[test]
fn a_body_that_was_not_confirmed_is_not_sent() {
    let place = Place::new();
    let mut store = place.store();
    let rev = confirmed(&mut store, 1);
    let other = mobproc::store::Sending { sha256: [8; 32], ..sending() };
    assert_eq!(store.intent(key(1), rev, other), Err(NoIntent::Unconfirmed));
    assert_eq!(state(&mut store, 1), State::Confirmed);
}

#[test]
fn an_outcome_of_another_attempt_has_no_effect_but_acceptance() {
    let place = Place::new();
    let mut store = place.store();
    let first = submitting(&mut store, 1);
    end(&mut store, &first, &Outcome::NotApplied);
    let rev = row(&mut store, 1).rev;
    let second = intent(&mut store, 1, rev).unwrap();
    assert_eq!(end(&mut store, &first, &Outcome::NotApplied), Wrote::Done, "it is stored since it was told first");
    for outcome in [Outcome::NotSent, Outcome::Rejected { errors: "[]".into() }, unknown()] {
        assert_eq!(end(&mut store, &first, &outcome), Wrote::NoLongerMine);
        assert!(store.still_mine(&second).unwrap());
    }
    assert_eq!(end(&mut store, &first, &accepted("8710840")), Wrote::Done);
    assert_eq!(end(&mut store, &second, &unknown()), Wrote::NoLongerMine);
    let twice = Wrote::Duplicate { first: id("8710840") };
    assert_eq!(end(&mut store, &second, &accepted("8710841")), twice);
    assert_eq!(end(&mut store, &second, &accepted("8710840")), Wrote::Done);
    assert_eq!(row(&mut store, 1).order_id, Some(id("8710840")));
    let notes: Vec<_> = store.events(key(1)).unwrap().into_iter().filter_map(|e| e.note).collect();
    assert!(notes.iter().any(|n| n.contains("DUPLICATE") && n.contains("8710841")), "{notes:?}");
}

#[test]
fn an_order_left_submitting_becomes_unknown_once_nobody_sends_it() {
    let place = Place::new();
    let mut store = place.store();
    let sent = submitting(&mut store, 1);
    let held = store.lock_sending(key(1)).unwrap();
    let by = place.store().lock_sending(key(1)).unwrap_err();
    assert_eq!(by.pid, std::process::id());
    assert!(by.to_string().contains(&format!("pid {}, since ", std::process::id())), "{by}");
    assert!(!place.store().recover(key(1), &clock::moment(None)).unwrap());
    drop(held);
    let at = Moment { server: Some("2026-01-02T03:04:05Z".parse().unwrap()), ..clock::moment(None) };
    // A process that another test starts just now has the lock, too, until it is another program.
    let begun = Instant::now();
    while !place.store().recover(key(1), &at).unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody sends it any more");
        std::thread::yield_now();
    }
    let row = row(&mut store, 1);
    assert_eq!(row.state, State::Unknown);
    let since = row.unknown_since.unwrap();
    assert_eq!(since.server, at.server);
    assert!(at.boot.unwrap().1 - since.boot.unwrap().1 < Duration::from_millis(2));
    assert_eq!(end(&mut store, &sent, &Outcome::NotSent), Wrote::NoLongerMine);
}

#[test]
fn looks_count_from_the_moment_an_order_is_unknown_and_for_one_attempt() {
    let place = Place::new();
    let mut store = place.store();
    let look = Look { at: clock::moment(None), broad: true, complete: true, pages: 1, total: 40, matches: 0 };
    let sent = submitting(&mut store, 1);
    store.look(key(1), &look).unwrap();
    assert!(store.looks(key(1)).unwrap().is_empty());
    end(&mut store, &sent, &unknown());
    store.look(key(1), &look).unwrap();
    let kept = store.looks(key(1)).unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].empty() && kept[0].total == 40);
    let rev = store.not_placed(key(1)).unwrap();
    let again = intent(&mut store, 1, rev).unwrap();
    end(&mut store, &again, &unknown());
    assert!(store.looks(key(1)).unwrap().is_empty());
    store.needs_human(key(1)).unwrap();
    assert_eq!(store.accepted(key(1), &id("8710840"), None, None), Ok(Wrote::Done));
}

#[test]
fn an_order_that_the_server_has_is_accepted_from_every_state_and_stays_so() {
    let place = Place::new();
    let mut store = place.store();
    let send = |store: &mut mobproc::store::Store, n, outcome: &Outcome| {
        let sent = submitting(store, n);
        end(store, &sent, outcome);
        row(store, n).rev
    };
    save(&mut store, 0, "", 0);
    let rev = save(&mut store, 1, "", 0);
    store.confirm_sent(key(1), rev, &number(1), SHA).unwrap();
    confirmed(&mut store, 2);
    submitting(&mut store, 3);
    send(&mut store, 4, &unknown());
    send(&mut store, 5, &unknown());
    store.not_placed(key(5)).unwrap();
    send(&mut store, 6, &unknown());
    store.needs_human(key(6)).unwrap();
    let rejected = Outcome::Rejected { errors: "[]".into() };
    send(&mut store, 7, &rejected);
    let rev = send(&mut store, 8, &rejected);
    store.abandon(key(8), rev).unwrap();
    let rev = send(&mut store, 9, &rejected);
    store.discard(key(9), rev).unwrap();
    let mut before: Vec<_> = (0..9).map(|n| state(&mut store, n).name()).collect();
    before.sort_unstable();
    before.dedup();
    assert_eq!(before.len(), 9, "every state but the last");
    for n in 0..10 {
        assert_eq!(store.accepted(key(n), &id("8710840"), Some("found"), None), Ok(Wrote::Done));
        let row = row(&mut store, n);
        assert_eq!((row.state, row.discarded), (State::Accepted, None));
        assert!(store.discard(key(n), row.rev).is_err() && store.abandon(key(n), row.rev).is_err());
        assert!(store.confirm_sent(key(n), row.rev, &row.number, SHA).is_err() && store.not_placed(key(n)).is_err());
        assert!(matches!(intent(&mut store, n, row.rev), Err(NoIntent::Moved(_))));
        assert!(!store.recover(key(n), &clock::moment(None)).unwrap());
    }
    assert!(store.orders(SERVER).unwrap().len() >= 10);
}

#[test]
fn a_session_that_has_seen_an_older_revision_may_not_send() {
    let place = Place::new();
    let mut store = place.store();
    let rev = confirmed(&mut store, 1);
    let seen = save(&mut place.store(), 1, "the cursor was moved in another session", rev);
    assert!(matches!(intent(&mut store, 1, rev), Err(NoIntent::Moved(row)) if row.rev == seen));
    assert!(intent(&mut store, 1, seen).is_ok());
}
