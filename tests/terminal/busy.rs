//! What takes long is counted, the bell rings for what was typed blind and is not done, and afterwards all is still.

use std::sync::Arc;
use std::time::Duration;

use super::shell::{self, Server, Shell};

/// How often the terminal was rung: nothing else here ends in that byte.
fn rung(shell: &Shell) -> usize {
    shell.raw.iter().filter(|byte| **byte == 7).count()
}

#[test]
fn a_long_lookup_is_counted_what_was_typed_blind_rings_once_and_then_nothing_wakes_the_program() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let _server = Server::start(home.path(), &["GET regions@1=latency:2500"]);
    let mut shell = Shell::at_home((80, 24), home);
    shell.command("$M --profile qa; echo code=$?");
    shell.until("241 people");
    shell.type_in("n/edw acc\r");
    shell.until("Loading. 1 s");
    assert_eq!(rung(&shell), 0);
    shell.type_in("\r\rnot this");
    shell.until("match: choose one.");
    shell.quiet(Duration::from_millis(500));
    assert_eq!(rung(&shell), 1, "once, however much is dropped");
    assert!(!shell.screen.screen().contents().contains("Loading."), "{}", shell.screen.screen().contents());
    let (pid, written) = (shell.pid_of_mobproc(), shell.raw.len());
    let turns = shell::turns(pid);
    shell.quiet(Duration::from_millis(2200));
    assert!(shell::turns(pid) - turns <= 2, "something wakes an idle program");
    assert_eq!(shell.raw.len(), written, "something is written although nothing happens");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn without_motion_and_bell_it_is_said_once_and_silently() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let _server = Server::start(home.path(), &["GET regions@1=latency:3500"]);
    let mut shell = Shell::at_home((80, 24), home);
    shell.command("NO_MOTION=1 $M --profile qa -o bell=false; echo code=$?");
    shell.until("241 people");
    shell.type_in("n/edw acc\r");
    shell.until("Loading. It is still working.");
    shell.type_in("\r\rnot this");
    shell.until("match: choose one.");
    shell.quiet(Duration::from_millis(300));
    assert_eq!(rung(&shell), 0);
    let drawn = String::from_utf8_lossy(&shell.raw).into_owned();
    assert!(!drawn.contains("Loading. 2 s") && !drawn.contains("Loading. 3 s"), "the seconds are not counted");
    shell.leave();
    shell.until("code=0");
}
