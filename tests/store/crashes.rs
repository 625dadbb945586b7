//! A session is killed at each of the journal's crash points; what the next opening finds is what the protocol says.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use mobproc::domain::journal::State;
use mobproc::store::{Options, Store, clock};

use crate::common::*;

fn killed_at(point: &str, part: &str, dir: &Path) {
    let output = session(&[], part, dir).env("FAILPOINTS", format!("{point}=return")).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "{point}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_order_whose_session_is_killed_is_found_as_the_protocol_says() {
    for (point, found, logged) in [
        ("migrating", None, 0),
        ("autosave-in-transaction", None, 0),
        ("draft-committed", Some(State::Drafted), 0),
        ("confirmed-committed", Some(State::Confirmed), 0),
        ("intent-before-commit", Some(State::Confirmed), 0),
        ("intent-committed", Some(State::Submitting), 0),
        ("intent-logged", Some(State::Submitting), 1),
        ("outcome-before-commit", Some(State::Submitting), 1),
        // The line of the outcome is missing until the next opening.
        ("outcome-committed", Some(State::Accepted), 1),
    ] {
        let place = Place::new();
        killed_at(point, "order", &place.dir);
        let lines = || fs::read_to_string(place.dir.join("intents.log")).unwrap_or_default().lines().count();
        assert_eq!(lines(), logged, "{point}");
        let mut store = place.store();
        let row = store.get(key(1)).unwrap();
        assert_eq!(row.as_ref().map(|r| r.state), found, "{point}");
        assert_eq!(lines(), if found == Some(State::Accepted) { 2 } else { logged }, "{point}");
        let recovered = store.recover(key(1), &clock::moment(None)).unwrap();
        assert_eq!(recovered, found == Some(State::Submitting), "{point}");
    }
}

#[test]
fn a_look_that_was_cut_short_did_not_happen() {
    let place = Place::new();
    let mut store = place.store();
    submitting(&mut store, 1);
    store.recover(key(1), &clock::moment(None)).unwrap();
    killed_at("scan-in-transaction", "look", &place.dir);
    assert!(store.looks(key(1)).unwrap().is_empty());
    assert_eq!(state(&mut store, 1), State::Unknown);
}

#[test]
fn a_backup_or_quarantine_that_was_cut_short_is_done_by_the_next_session() {
    let place = Place::new();
    let mut store = place.store();
    save(&mut store, 1, "typed", 0);
    killed_at("backing-up", "open", &place.dir);
    assert_eq!(fs::read_dir(place.dir.join("backup")).unwrap().filter(|e| named(e, "state-")).count(), 0);
    store.housekeep().unwrap();
    assert_eq!(fs::read_dir(place.dir.join("backup")).unwrap().filter(|e| named(e, "state-")).count(), 1);
    submitting(&mut store, 2);
    drop(store);
    fs::write(place.dir.join("state.db"), [0xA5; 8192]).unwrap();
    killed_at("quarantining", "open", &place.dir);
    let opened = Store::open(&place.dir, Options::default()).unwrap();
    assert!(opened.notices.iter().any(|n| n.contains("restored from its backup")), "{:?}", opened.notices);
    assert_eq!(fs::read_dir(&place.dir).unwrap().filter(|e| named(e, "state.db.corrupt-")).count(), 1);
    let mut store = opened.store;
    assert_eq!(row(&mut store, 1).draft, "typed");
    assert_eq!(store.find(&number(2)).unwrap().unwrap().state, State::Unknown);
}

fn named(entry: &std::io::Result<fs::DirEntry>, begins: &str) -> bool {
    entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(begins)
}
