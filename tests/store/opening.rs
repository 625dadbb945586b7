//! Opening: what a place must be like, what is made there, and what is said where it is not so.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use mobproc::domain::journal::State;
use mobproc::store::{Handle, NoIntent, Options, Store};
use rusqlite::Connection;

use crate::common::*;

fn refused(dir: &Path) -> String {
    Store::open(dir, Options::default()).unwrap_err().to_string()
}
fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn everything_that_is_made_is_for_this_user_alone() {
    let place = Place::new();
    let mut store = place.store();
    let sent = submitting(&mut store, 1);
    end(&mut store, &sent, &accepted("8710840"));
    let _lease = store.lease(key(1)).unwrap();
    store.housekeep().unwrap();
    let mut folders = vec![place.dir.clone()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700, "{}", folder.display());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files >= 6, "{files}");
}

#[test]
fn a_directory_or_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let place = Place::new();
    drop(place.store());
    set_mode(&place.dir, 0o755);
    let why = refused(&place.dir);
    assert!(why.ends_with(&format!("Mend it with: chmod 700 {}", place.dir.display())), "{why}");
    set_mode(&place.dir, 0o700);
    for file in ["state.db", "intents.log", "ballast.bin"] {
        let path = place.dir.join(file);
        if !path.exists() {
            fs::write(&path, "").unwrap();
        }
        set_mode(&path, 0o640);
        let why = refused(&place.dir);
        assert!(why.ends_with(&format!("Mend it with: chmod 600 {}", path.display())), "{why}");
        set_mode(&path, 0o600);
    }
    place.store();
}

#[test]
fn a_symbolic_link_is_refused_wherever_it_stands() {
    let place = Place::new();
    drop(place.store());
    let link = place.dir.with_file_name("link");
    symlink(&place.dir, &link).unwrap();
    assert!(refused(&link).contains(&format!("{} is a symbolic link", link.display())));
    let above = place.dir.parent().unwrap().with_file_name("above");
    symlink(place.dir.parent().unwrap(), &above).unwrap();
    assert!(refused(&above.join("test")).contains(&format!("{} is a symbolic link", above.display())));
    let file = place.dir.join("intents.log");
    symlink("/dev/null", &file).unwrap();
    assert!(refused(&place.dir).contains(&format!("Mend it with: rm {}", file.display())));
}

#[test]
fn a_newer_schema_is_left_untouched_and_nothing_is_submitted() {
    let place = Place::new();
    save(&mut place.store(), 1, "a", 0);
    let path = place.dir.join("state.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("UPDATE meta SET v = '9' WHERE k = 'schema'; PRAGMA user_version = 9").unwrap();
    drop(conn);
    let before = fs::read(&path).unwrap();
    let mut opened = Store::open(&place.dir, Options::default()).unwrap();
    let why = opened.store.durable().unwrap_err().to_owned();
    assert!(why.contains("newer mobproc (schema 9, this one knows 1)"), "{why}");
    assert!(why.contains("nothing can be submitted"), "{why}");
    assert_eq!(opened.notices, std::slice::from_ref(&why));
    let rev = confirmed(&mut opened.store, 2);
    assert_eq!(intent(&mut opened.store, 2, rev), Err(NoIntent::NotDurable(why)));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_journal_in_memory_does_everything_but_send() {
    let mut store = Store::memory("The directory is refused.".into()).unwrap();
    let rev = confirmed(&mut store, 1);
    assert_eq!(store.durable(), Err("The directory is refused."));
    assert_eq!(intent(&mut store, 1, rev), Err(NoIntent::NotDurable("The directory is refused.".into())));
    assert_eq!(state(&mut store, 1), State::Confirmed);
    store.housekeep().unwrap();
    let (_one, _two) = (store.lease(key(1)).unwrap(), store.lock_sending(key(1)).unwrap());
}

#[test]
fn the_first_released_schema_opens_and_lists_its_drafts() {
    let place = Place::new();
    fs::create_dir(&place.dir).unwrap();
    set_mode(&place.dir, 0o700);
    let path = place.dir.join("state.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("state-v1.sql")).unwrap();
    drop(conn);
    set_mode(&path, 0o600);
    let mut store = place.store();
    let rows = store.orders("https://api.example.com/mobproc/v1 acme").unwrap();
    let mut states: Vec<_> = rows.iter().map(|r| (r.draft.as_str(), r.state)).collect();
    states.sort_unstable_by_key(|(draft, _)| *draft);
    assert_eq!(
        states,
        [("{\"draft\":1}", State::Drafted), ("{\"draft\":2}", State::Confirmed), ("{\"draft\":3}", State::Unknown)]
    );
}

#[test]
fn the_thread_of_the_journal_does_what_is_queued_and_ends_with_its_last_handle() {
    let place = Place::new();
    let handle = Handle::start(place.store()).unwrap();
    let other = handle.clone();
    assert_eq!(handle.now(|store| save(store, 1, "a", 0)), Some(1));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let rows = runtime.block_on(handle.run(|store| store.orders(SERVER).unwrap().len()));
    assert_eq!(rows, Some(1));
    // Queued, never waited for; its end is seen when the thread lets go of the sender.
    let (ended, end) = std::sync::mpsc::channel::<()>();
    drop(other.run(move |store| {
        save(store, 2, "b", 0);
        drop(ended);
    }));
    drop((handle, other));
    assert!(end.recv().is_err());
    assert_eq!(place.store().orders(SERVER).unwrap().len(), 2);
}

#[test]
fn whatever_is_asked_of_a_journal_that_is_still_being_opened_waits_and_where_it_cannot_be_nothing_is_done() {
    let place = Place::new();
    let (go_on, gate) = std::sync::mpsc::channel::<bool>();
    let there = place.store();
    let opening = Handle::open(move || gate.recv().unwrap().then_some(there)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut asked = Box::pin(opening.run(|store| save(store, 1, "a", 0)));
    let early = runtime.block_on(async {
        tokio::select! { biased; done = &mut asked => done, () = async {} => None }
    });
    assert_eq!(early, None, "it is not open yet");
    go_on.send(true).unwrap();
    assert_eq!(runtime.block_on(asked), Some(1));
    let (go_on, gate) = std::sync::mpsc::channel::<bool>();
    let never = Handle::open(move || gate.recv().unwrap().then(|| unreachable!())).unwrap();
    let asked = never.run(|_| 1);
    go_on.send(false).unwrap();
    assert_eq!(runtime.block_on(asked), None);
    assert_eq!(never.now(|_| 1), None);
}
