//! What makes the program quick and keeps it so, counted and not timed: what happens before the first frame, what an idle
//! program does, and what it has in memory. `examples/figures.rs` has the times.

use std::process::Command;
use std::time::Duration;

use super::shell::{Server, Shell, journal, turns};

/// What whoever is on the way to the first frame may ask of the system: the program's libraries, its config file and its
/// zone, its threads, the terminal.
const CALLS: usize = 320;

/// The first start of all makes the state directory, and makes it durable.
fn made(shell: &mut Shell) {
    shell.command("clear; $M; echo made=$?");
    shell.until("yourself");
    shell.leave();
    shell.until("made=0");
}

#[test]
fn nothing_that_can_be_slow_is_on_the_way_to_the_first_frame() {
    if !Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|s| s.success()) {
        println!("SKIPPED: calls of the system cannot be seen without strace");
        return;
    }
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &[]);
    made(&mut shell);
    let trace = shell.home.path().join("trace");
    shell.command(&format!("clear; strace -f -s 2000 -o {} $M; echo traced=$?", trace.display()));
    shell.until("yourself");
    shell.leave();
    shell.until("traced=0");
    let trace = std::fs::read_to_string(&trace).unwrap();
    let main = trace.split_whitespace().next().unwrap();
    let mine: Vec<&str> = trace.lines().filter(|line| line.split_whitespace().next() == Some(main)).collect();
    let frame = mine.iter().position(|line| line.contains("Who is the order for?")).expect("a first frame");
    let before = &mine[..frame];
    for slow in ["sync(", "connect(", "state.db", "intents.log", "/zoneinfo\"", "wait4("] {
        // A folder's entries are looked at, and nothing of them is opened.
        let found: Vec<_> = before.iter().filter(|l| l.contains(slow) && !l.contains("statx(")).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
    assert!(before.len() <= CALLS, "{} calls:\n{}", before.len(), before.join("\n"));
    // It is opened all the same; and plain http has nobody to trust.
    assert!(trace.contains("state.db"));
    assert!(!trace.contains("/certs") && !trace.contains("ca-certificates"), "the trust store was read");
}

#[test]
fn the_first_frame_comes_while_another_session_has_the_journal_and_what_is_typed_is_written_down_behind_it() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &[]);
    made(&mut shell);
    let files = shell.home.path().join(".local/state/mobproc/qa/locks/files");
    let held = std::fs::File::open(files).unwrap();
    held.lock().unwrap();
    shell.command("clear; $M; echo code=$?");
    shell.until("Who is the order for?");
    held.unlock().unwrap();
    shell.until("yourself");
    shell.type_in("s/edw dev\r+7\r");
    shell.until("saved ");
    shell.leave();
    shell.until("code=0");
    assert_eq!(journal(shell.home.path(), "qa").len(), 1);
}

#[test]
fn an_idle_program_sleeps_on_every_screen_and_has_little_in_memory() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &[]);
    shell.command("$M");
    shell.until("yourself");
    let pid = shell.pid_of_mobproc();
    let sleeps = |shell: &mut Shell, screen: &str| {
        // What was typed last is written down, and connections that are not used any more have been closed.
        shell.quiet(Duration::from_secs(3));
        let before = turns(pid);
        shell.quiet(Duration::from_secs(2));
        assert_eq!(turns(pid) - before, 0, "something wakes an idle program: {screen}");
    };
    sleeps(&mut shell, "first screen");
    shell.type_in("s/edw dev\r+7\r");
    shell.until("Additional");
    sleeps(&mut shell, "form");
    shell.type_in("\x0f");
    shell.until("Everything is as you asked");
    sleeps(&mut shell, "review");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let own = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    let own: usize = own.split_whitespace().nth(1).unwrap().parse().unwrap();
    // The program's file is not counted: it is a hundred times as large without its optimizations.
    assert!(own <= OWN, "{own} KiB");
    shell.leave();
}

/// KiB of its own memory, without what it has from its file.
const OWN: usize = 8 << 10;

#[test]
fn the_figures_are_measured_beside_the_yardstick() {
    let deps = std::env::current_exe().unwrap();
    let figures = deps.parent().unwrap().with_file_name("examples").join("figures");
    let output = Command::new(figures).arg("1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for figure in
        ["an idle form within 5 s: 0\n", "a key in a form", "a key of the reference", "first frame, ms", "MiB"]
    {
        assert!(said.contains(figure), "{figure}:\n{said}");
    }
}
