//! Faults of the disk: every call on the journal's files fails once, the disk is full, a file may not grow; and the order
//! of the calls before an order may leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use mobproc::domain::journal::State;
use mobproc::store::{Options, Store};

use crate::common::*;

/// Whether a program can be started with these words and ends well; else the test says that it was skipped.
fn works(words: &[&str]) -> bool {
    let fine = Command::new(words[0]).args(&words[1..]).output().is_ok_and(|o| o.status.success());
    if !fine {
        println!("SKIPPED: `{}` does not work here", words.join(" "));
    }
    fine
}

/// The journal's files, as strace's filter.
fn paths(dir: &Path) -> Vec<String> {
    let names = ["", "state.db", "state.db-journal", "intents.log", "ballast.bin", "locks", "locks/files", "backup"];
    let path = |name: &str| if name.is_empty() { dir.to_owned() } else { dir.join(name) };
    names.iter().flat_map(|name| ["-P".to_owned(), path(name).to_str().unwrap().to_owned()]).collect()
}

/// What must hold after a session that met a fault: no sending without a durable record, no saved draft lost.
fn holds(dir: &Path, said: &[String], case: &str) {
    let said_it = |word: &str| said.iter().any(|s| s == word);
    let log = fs::read_to_string(dir.join("intents.log")).unwrap_or_default();
    let mut store = Store::open(dir, Options::default()).unwrap_or_else(|e| panic!("{case}: {e}")).store;
    assert_eq!(store.durable(), Ok(()), "{case}");
    let row = store.find(&number(1)).unwrap();
    if said_it("SAVED") {
        let row = row.as_ref().unwrap_or_else(|| panic!("{case}: the draft is lost"));
        assert_eq!(row.draft, "typed", "{case}");
    }
    if said_it("SENT") {
        let row = row.as_ref().unwrap_or_else(|| panic!("{case}: it was sent and is forgotten"));
        assert!(matches!(row.state, State::Submitting | State::Unknown | State::Accepted), "{case}: {:?}", row.state);
        assert!(row.token.is_some_and(|t| log.contains(&format!("{t} "))) && log.contains(" INTENT "), "{case}: {log}");
    } else if let Some(row) = row {
        // What may not be sent may be on record as sent, and costs a wait then; but it is never accepted.
        assert_ne!(row.state, State::Accepted, "{case}");
    }
    if said_it("STORED") {
        assert_eq!(store.find(&number(1)).unwrap().unwrap().state, State::Accepted, "{case}");
    }
}

struct Run {
    said: Vec<String>,
    injected: bool,
}

/// One order in a new directory, with this fault.
fn with_fault(fault: &str, made: bool) -> Run {
    let place = Place::new();
    if made {
        drop(place.store());
    }
    let trace = place.dir.with_file_name("trace");
    let mut words = vec!["strace".to_owned(), "-f".into(), "-o".into(), trace.to_str().unwrap().into()];
    words.extend(["-e".into(), format!("inject={fault}")]);
    words.extend(paths(&place.dir));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = session(&words, "order", &place.dir).output().unwrap();
    let case = format!("{fault}: {}", String::from_utf8_lossy(&output.stderr));
    let said = said(&output.stdout);
    assert!(output.status.success(), "{case}");
    let injected = fs::read_to_string(&trace).unwrap().contains("(INJECTED)");
    holds(&place.dir, &said, &format!("{case} {said:?}"));
    if injected && fault.contains("ENOSPC") && said.iter().any(|s| s == "SENT") {
        let mut store = place.store();
        assert_eq!(store.find(&number(1)).unwrap().unwrap().state, State::Accepted, "{case} {said:?}");
    }
    Run { said, injected }
}

const CALLS: [&str; 9] = [
    "pwrite64",
    "write",
    "fdatasync",
    "fsync",
    "openat",
    "unlink",
    "ftruncate",
    "pread64",
    "newfstatat,statx,lstat,fstat",
];

#[test]
fn whichever_call_fails_nothing_is_sent_unrecorded_and_no_draft_is_lost() {
    if !works(&["strace", "-f", "-o", "/dev/null", "true"]) {
        return;
    }
    let errors = ["ENOSPC", "EIO", "EROFS"];
    let jobs: Vec<(&str, &str, bool)> =
        CALLS.iter().flat_map(|c| errors.map(|e| (*c, e, true))).chain(CALLS.map(|c| (c, "EIO", false))).collect();
    let (next, runs, sent) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some((call, error, made)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            for n in 1.. {
                let run = with_fault(&format!("{call}:error={error}:when={n}"), *made);
                runs.fetch_add(1, Ordering::Relaxed);
                sent.fetch_add(usize::from(run.said.iter().any(|s| s == "SENT")), Ordering::Relaxed);
                if !run.injected {
                    assert_eq!(run.said, ["SAVED", "SENT", "STORED"], "{call}");
                    break;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    println!("{runs:?} runs with one fault each, {sent:?} sent: 0 unrecorded, 0 drafts lost");
}

#[test]
fn on_a_full_disk_nothing_is_sent_and_an_outcome_can_still_be_stored() {
    if !works(&["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o size=1m,mode=700 tmpfs {0} && exec \"$@\"", home.path().display());
    for (step, words) in [
        (0, &["not sent"][..]),
        (1, &["not saved: Err(Full)"][..]),
        (2, &["SAVED", "not confirmed: "][..]),
        (3, &["SAVED", "not sent: NotDurable(\"Nothing was sent. The disk is full"][..]),
        (4, &["SAVED", "SENT", "STORED", "STATE Accepted"][..]),
    ] {
        let output: Output =
            session(&["unshare", "-rm", "sh", "-c", &script, "sh"], &format!("fill {step}"), home.path())
                .output()
                .unwrap();
        let said = said(&output.stdout);
        let as_said = said.len() == words.len() && said.iter().zip(words).all(|(s, w)| s.starts_with(w));
        assert!(as_said, "{step}: {said:?} {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn where_a_file_may_not_grow_nothing_is_sent_unrecorded() {
    let mut sent = 0;
    for blocks in (0..).step_by(4) {
        let place = Place::new();
        drop(place.store());
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let output = session(&["sh", "-c", &limit, "sh"], "order", &place.dir).output().unwrap();
        let said = said(&output.stdout);
        let case = format!("{blocks} blocks: {said:?} {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{case}");
        holds(&place.dir, &said, &case);
        sent += usize::from(said.iter().any(|s| s == "SENT"));
        if said == ["SAVED", "SENT", "STORED"] {
            assert!(blocks > 0, "{case}");
            break;
        }
    }
    assert!(sent > 0);
}

#[test]
fn both_records_are_synced_before_an_order_may_leave() {
    if !works(&["strace", "-f", "-o", "/dev/null", "true"]) {
        return;
    }
    let place = Place::new();
    let trace: PathBuf = place.dir.with_file_name("trace");
    let calls = "trace=pwrite64,write,fdatasync,fsync,unlink";
    let words = ["strace", "-f", "-y", "-s", "400", "-o", trace.to_str().unwrap(), "-e", calls];
    let output = session(&words, "order", &place.dir).output().unwrap();
    assert_eq!(said(&output.stdout), ["SAVED", "SENT", "STORED"]);
    let text = fs::read_to_string(&trace).unwrap();
    let all: Vec<&str> = text.lines().collect();
    let sent = all.iter().position(|l| l.contains("\"SAYS SENT")).unwrap();
    let is = |line: &str, call: &[&str], file: &str| {
        let path = place.dir.join(file).display().to_string();
        let path = path.trim_end_matches('/');
        let named = [format!("<{path}>"), format!("\"{path}\"")].iter().any(|name| line.contains(name));
        named && call.iter().any(|c| line.contains(&format!(" {c}(")))
    };
    let syncs = &["fdatasync", "fsync"][..];
    // The transaction of the intent: from the unlink of the one before.
    let unlinks: Vec<usize> = (0..sent).filter(|at| is(all[*at], &["unlink"], "state.db-journal")).collect();
    let mut at = unlinks[unlinks.len() - 2];
    for (what, call, file) in [
        ("the rollback journal is written", &["pwrite64"][..], "state.db-journal"),
        ("and synced", syncs, "state.db-journal"),
        ("then the database is written", &["pwrite64"], "state.db"),
        ("and synced", syncs, "state.db"),
        ("then the rollback journal goes", &["unlink"], "state.db-journal"),
        ("and the directory is synced", syncs, ""),
        ("then intents.log is written", &["write"], "intents.log"),
        ("and synced", syncs, "intents.log"),
    ] {
        let found = (at + 1..sent).find(|at| is(all[*at], call, file));
        at = found.unwrap_or_else(|| panic!("{what}: not found after\n{}\n{text}", all[at]));
    }
    assert!(all[at..sent].iter().all(|l| !l.contains("pwrite64(")), "nothing is written after the last sync");
    assert!(all[..at].iter().any(|l| is(l, &["write"], "intents.log") && l.contains(" INTENT ")));
}
