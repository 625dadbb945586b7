//! Drafts: saved, listed, thrown away, confirmed; two sessions on one.

use mobproc::domain::journal::State;
use mobproc::store::{Saved, Trouble};

use crate::common::*;

#[test]
fn a_draft_is_there_again_after_reopening() {
    let place = Place::new();
    let rev = save(&mut place.store(), 1, "{\"step\":\"who\"}", 0);
    let mut store = place.store();
    let rows = store.orders(SERVER).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].draft.as_str(), rows[0].rev, rows[0].state), ("{\"step\":\"who\"}", rev, State::Drafted));
    assert_eq!((&rows[0].number, &rows[0].actor), (&number(1), &Some(id("7001"))));
    assert!(store.orders("https://other.example.com").unwrap().is_empty());
}

#[test]
fn the_session_that_comes_too_late_keeps_its_text_in_a_copy() {
    let place = Place::new();
    let (mut one, mut other) = (place.store(), place.store());
    let seen = save(&mut one, 1, "a", 0);
    let rev = save(&mut one, 1, "ab", seen);
    let late = saving(1, "ax", seen);
    let Saved::Elsewhere { copy, copy_rev } = other.save(&late).unwrap() else { panic!("it took the other's place") };
    assert_eq!((copy, copy_rev), (late.spare.0, 1));
    let row = other.get(copy).unwrap().unwrap();
    assert_eq!((row.draft.as_str(), row.number, row.state), ("ax", late.spare.1, State::Drafted));
    assert_eq!((row_of(&mut other, 1), rev), (("ab".into(), 2), 2));
}

fn row_of(store: &mut mobproc::store::Store, n: u64) -> (String, i64) {
    let row = row(store, n);
    (row.draft, row.rev)
}

#[test]
fn a_taken_over_draft_is_no_longer_the_first_sessions() {
    let place = Place::new();
    let (mut one, mut other) = (place.store(), place.store());
    let seen = save(&mut one, 1, "a", 0);
    let rev = other.takeover(key(1)).unwrap();
    assert!(rev > seen);
    assert!(matches!(one.save(&saving(1, "typed meanwhile", seen)).unwrap(), Saved::Elsewhere { .. }));
    save(&mut other, 1, "b", rev);
}

#[test]
fn moving_the_cursor_keeps_a_confirmation_and_a_change_ends_it() {
    let place = Place::new();
    let mut store = place.store();
    let rev = confirmed(&mut store, 1);
    let rev = save(&mut store, 1, "cursor elsewhere", rev);
    assert_eq!(state(&mut store, 1), State::Confirmed);
    assert!(row(&mut store, 1).confirm.is_some());
    let changed = mobproc::store::Saving { changed: true, ..saving(1, "another order", rev) };
    assert!(matches!(store.save(&changed).unwrap(), Saved::Kept { .. }));
    let row = row(&mut store, 1);
    assert_eq!((row.state, row.confirm, row.sha256), (State::Drafted, None, None));
}

#[test]
fn a_number_may_be_exchanged_until_the_order_was_sent_and_belongs_to_one_order() {
    let place = Place::new();
    let mut store = place.store();
    let rev = save(&mut store, 1, "a", 0);
    save(&mut store, 2, "b", 0);
    let other = mobproc::store::Saving { number: number(2), ..saving(1, "a", rev) };
    assert_eq!(store.save(&other), Err(Trouble::NumberInUse(key(2))));
    let free = mobproc::store::Saving { number: number(3), ..saving(1, "a", rev) };
    assert_eq!(store.save(&free), Ok(Saved::Kept { rev: rev + 1 }));
    assert_eq!(row(&mut store, 1).number, number(3));
    let rev = store.confirm_sent(key(1), rev + 1, &number(3), SHA).unwrap();
    let rev = store.confirmed(key(1), rev, "{}").unwrap();
    let sent = intent(&mut store, 1, rev).unwrap();
    end(&mut store, &sent, &mobproc::store::Outcome::NotSent);
    let rev = row(&mut store, 1).rev;
    assert_eq!(store.save(&saving(1, "a", rev)), Err(Trouble::NumberFixed));
}

#[test]
fn a_discarded_draft_is_hidden_and_can_be_taken_back() {
    let place = Place::new();
    let mut store = place.store();
    let rev = save(&mut store, 1, "a", 0);
    let rev = store.discard(key(1), rev).unwrap();
    assert!(store.orders(SERVER).unwrap().is_empty());
    assert_eq!(store.discarded(SERVER).unwrap().len(), 1);
    assert_eq!(store.discard(key(1), rev), Err(Trouble::Moved));
    store.restore(key(1)).unwrap();
    assert_eq!(store.orders(SERVER).unwrap().len(), 1);
    assert_eq!(store.restore(key(1)), Err(Trouble::Moved));
}

#[test]
fn purging_leaves_the_receipt_of_an_ended_order_and_everything_of_an_unended_one() {
    let place = Place::new();
    let mut store = place.store();
    let sent = submitting(&mut store, 1);
    end(&mut store, &sent, &accepted("8710840"));
    submitting(&mut store, 2);
    let rev = save(&mut store, 3, "thrown away", 0);
    store.discard(key(3), rev).unwrap();
    save(&mut store, 4, "unfinished", 0);
    store.housekeep().unwrap();
    assert_eq!(row(&mut store, 1).draft, "{\"n\":1}", "30 days have not passed");
    store.purge().unwrap();
    let ended = row(&mut store, 1);
    assert_eq!((ended.draft.as_str(), ended.body, ended.confirm, ended.actor), ("{}", None, None, None));
    assert_eq!((ended.number, ended.order_id), (number(1), Some(id("8710840"))));
    assert!(row(&mut store, 2).body.is_some());
    assert_eq!(store.get(key(3)).unwrap(), None);
    assert!(store.events(key(3)).unwrap().is_empty());
    assert_eq!(row(&mut store, 4).draft, "unfinished");
    assert_eq!(std::fs::read_dir(place.dir.join("backup")).unwrap().count(), 1);
    drop(store);
    place.store();
}

#[test]
fn what_orders_answered_last_is_kept_for_each_server_and_forgotten_by_a_purge() {
    let place = Place::new();
    let mut store = place.store();
    let pair = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    store.keep_last_used(SERVER, &[pair("A", "1"), pair("B", "2")]).unwrap();
    store.keep_last_used("another", &[pair("A", "9")]).unwrap();
    store.keep_last_used(SERVER, &[pair("A", "3")]).unwrap();
    drop(store);
    let mut store = place.store();
    let mut all = store.last_used(SERVER).unwrap();
    all.sort();
    assert_eq!(all, [pair("A", "3"), pair("B", "2")], "the latest of each field");
    assert_eq!(store.last_used("another").unwrap(), [pair("A", "9")]);
    store.housekeep().unwrap();
    assert_eq!(store.last_used(SERVER).unwrap().len(), 2);
    store.purge().unwrap();
    assert!(store.last_used(SERVER).unwrap().is_empty() && store.last_used("another").unwrap().is_empty());
    store.set_meta("calibrated x", "yes").unwrap();
    store.purge().unwrap();
    assert_eq!(store.meta("calibrated x").unwrap().as_deref(), Some("yes"), "what safety hangs on stays");
}
