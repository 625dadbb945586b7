//! A damaged or older `state.db`: it is set aside or put right, and nothing that was sent is forgotten or sent again.

use std::fs;
use std::path::Path;

use mobproc::domain::journal::State;
use mobproc::store::{NoIntent, Options, Outcome, Store, clock};

use crate::common::*;

/// What became of the orders of [`life`], by their numbers: what `intents.log` says last.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Told {
    /// Nothing: it was never sent.
    Nothing,
    /// It may have been sent.
    Intent,
    /// The same; enough looks then said that it was not placed.
    NotPlaced,
    Ok(&'static str),
    /// It ended without an order.
    Ended,
}

const ORDERS: [Told; 10] = [
    Told::Nothing,
    Told::Nothing,
    Told::Intent,
    Told::Intent,
    Told::Ok("8710840"),
    Told::Ended,
    Told::Ended,
    Told::NotPlaced,
    Told::Intent,
    Told::Ok("8710841"),
];

/// A scripted life of ten orders; after each step a copy of the database is put away.
fn life(dir: &Path, copies: &Path) {
    let mut store = open(dir);
    let mut steps = 0;
    let mut keep = || {
        fs::copy(dir.join("state.db"), copies.join(format!("{steps}.db"))).unwrap();
        steps += 1;
    };
    save(&mut store, 0, "{\"unfinished\":true}", 0);
    let revs: Vec<i64> = (1..10).map(|n| confirmed(&mut store, n)).collect();
    keep();
    store.housekeep().unwrap();
    let sent: Vec<_> = (2..10).map(|n| intent(&mut store, n, revs[usize::try_from(n).unwrap() - 1]).unwrap()).collect();
    keep();
    let unknown = || Outcome::Unknown { why: "no answer came".into(), at: clock::moment(None) };
    let by = |n: usize| &sent[n - 2];
    end(&mut store, by(3), &unknown());
    end(&mut store, by(4), &accepted("8710840"));
    keep();
    end(&mut store, by(5), &Outcome::Rejected { errors: "[]".into() });
    end(&mut store, by(6), &Outcome::NotSent);
    keep();
    for n in [7, 8] {
        end(&mut store, by(n), &unknown());
        store.not_placed(key(n as u64)).unwrap();
    }
    let rev = row(&mut store, 8).rev;
    keep();
    intent(&mut store, 8, rev).unwrap();
    end(&mut store, by(9), &accepted("8710841"));
    keep();
}

fn copy_of(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_of(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}

/// Every number that the log knows is there and says what it must; what may have been sent cannot be sent.
fn nothing_is_forgotten(dir: &Path, case: &str) {
    let mut store = match Store::open(dir, Options::default()) {
        Ok(opened) => opened.store,
        Err(refused) => panic!("{case}: {refused}"),
    };
    assert_eq!(store.durable(), Ok(()), "{case}");
    for (n, told) in ORDERS.into_iter().enumerate() {
        let found = store.find(&number(n as u64)).unwrap();
        let state = found.as_ref().map(|r| r.state);
        let well = match told {
            Told::Nothing => matches!(state, None | Some(State::Drafted | State::ConfirmSent | State::Confirmed)),
            Told::Intent => matches!(state, Some(State::Submitting | State::Unknown)),
            Told::NotPlaced => matches!(state, Some(State::Submitting | State::Unknown | State::NotPlaced)),
            Told::Ok(text) => state == Some(State::Accepted) && found.as_ref().unwrap().order_id == Some(id(text)),
            // An older copy may not know that it ended; it is not sent without being looked for.
            Told::Ended => true,
        };
        assert!(well, "{case}: order {n} ({told:?}) is {state:?}");
        if let (Some(row), Told::Intent | Told::Ok(_)) = (found, told) {
            let again = store.intent(row.key, row.rev, sending());
            assert!(matches!(again, Err(NoIntent::Moved(_))), "{case}: order {n}: {again:?}");
        }
    }
    drop(store);
    // A second opening finds nothing more to say.
    assert_eq!(Store::open(dir, Options::default()).unwrap().notices, Vec::<String>::new(), "{case}");
}

/// Damages the database somehow; says how.
fn damage(dir: &Path, copies: &Path, dice: &mut Dice) -> String {
    let path = dir.join("state.db");
    let mut bytes = fs::read(&path).unwrap();
    let at = dice.roll(bytes.len());
    let page = at / 4096 * 4096;
    let what = match dice.roll(10) {
        0..=2 => {
            let bit = dice.roll(8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} flipped")
        }
        3 => {
            let bit = dice.roll(8);
            bytes[at % 100] ^= 1 << bit;
            format!("bit {bit} of byte {} of the header flipped", at % 100)
        }
        4 => {
            (0..32).for_each(|_| {
                let at = dice.roll(bytes.len());
                bytes[at] ^= 0xFF;
            });
            "32 bytes turned over".into()
        }
        5 => {
            bytes.truncate(at);
            format!("cut at byte {at}")
        }
        6 => {
            bytes[page..page + 4096].fill(0);
            format!("page at {page} zeroed")
        }
        7 => {
            let copy = dice.roll(6);
            fs::copy(copies.join(format!("{copy}.db")), &path).unwrap();
            return format!("exchanged for copy {copy}");
        }
        8 => {
            let journal = dir.join("state.db-journal");
            fs::write(&journal, &bytes[page..page + 4096]).unwrap();
            fs::set_permissions(&journal, fs::metadata(&path).unwrap().permissions()).unwrap();
            return format!("page at {page} left as a journal");
        }
        _ => {
            fs::remove_file(&path).unwrap();
            return "deleted".into();
        }
    };
    fs::write(&path, bytes).unwrap();
    what
}

#[test]
fn nothing_that_was_sent_is_forgotten_whatever_happens_to_the_database() {
    let cases = if full() { 10_000 } else { 300 };
    let (place, copies) = (Place::new(), tempfile::tempdir().unwrap());
    life(&place.dir, copies.path());
    nothing_is_forgotten(&place.dir, "untouched");
    let fresh = |case: u64| {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("journal");
        copy_of(&place.dir, &dir);
        let mut dice = Dice(case);
        let mut how = vec![damage(&dir, copies.path(), &mut dice)];
        if dice.roll(8) == 0 {
            // The newest backup is of no use either.
            for backup in fs::read_dir(dir.join("backup")).unwrap() {
                fs::write(backup.unwrap().path(), b"SQLite format 3\0 and nothing more").unwrap();
            }
            how.push("no good backup".into());
        }
        let corrupt = || {
            fs::read_dir(&dir).unwrap().filter(|e| e.as_ref().unwrap().path().to_string_lossy().contains(".corrupt-"))
        };
        nothing_is_forgotten(&dir, &format!("case {case}, {}", how.join(", ")));
        usize::from(corrupt().count() > 0)
    };
    let (one, other) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| (0..cases / 2).map(|n| fresh(2 * n + 1)).sum::<usize>());
        ((0..cases / 2).map(|n| fresh(2 * n)).sum::<usize>(), odd.join().unwrap())
    });
    assert!(one + other > 0);
    println!("{cases} damages: {} set aside, 0 panics, nothing forgotten", one + other);
}

#[test]
fn damage_that_is_met_in_the_middle_of_the_work_is_mended_and_said() {
    let place = Place::new();
    let mut store = place.store();
    let mut late = place.store();
    store.housekeep().unwrap();
    let sent = submitting(&mut store, 1);
    let path = place.dir.join("state.db");
    let length = fs::metadata(&path).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0xA5; usize::try_from(length).unwrap()], 0).unwrap();
    drop(file);
    // The attempt's outcome finds its order again by its number.
    let told = store.outcome(&sent, &accepted("8710840"), Some(200), None);
    assert!(told.is_ok(), "{told:?}");
    let notices = store.notices().join(" ");
    assert!(notices.contains("state.db.corrupt-") && notices.contains("restored from its backup"), "{notices}");
    assert_eq!(store.find(&number(1)).unwrap().unwrap().order_id, Some(id("8710840")));
    // A session that had the old file open goes over to the new one.
    assert_eq!(late.find(&number(1)).unwrap().unwrap().state, State::Accepted);
    assert!(late.notices().join(" ").contains("exchanged by another session"));
}

#[test]
fn an_older_copy_of_the_database_makes_what_was_sent_since_unknown_and_says_so() {
    let (place, copies) = (Place::new(), tempfile::tempdir().unwrap());
    life(&place.dir, copies.path());
    fs::copy(copies.path().join("0.db"), place.dir.join("state.db")).unwrap();
    let opened = Store::open(&place.dir, Options::default()).unwrap();
    let said = opened.notices.join(" ");
    assert!(said.contains("Do not enter them again") && said.contains(number(2).as_str()), "{said}");
    assert!(said.contains(&format!("{} as 8710840", number(4))), "{said}");
    let mut store = opened.store;
    assert_eq!(state(&mut store, 2), State::Unknown);
    assert_eq!(row(&mut store, 2).draft, "{\"n\":1}");
    let why: Vec<_> = store.events(key(2)).unwrap().into_iter().filter_map(|e| e.note).collect();
    assert!(why.iter().any(|n| n.contains("intents.log")), "{why:?}");
    assert!(!said.contains(number(6).as_str()), "it was certainly not sent");
}
