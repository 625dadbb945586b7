//! Every signal on every screen: the terminal is as it was, what is stopped goes on where it was, and no size is too
//! small or comes too often.

use std::time::Duration;

use crate::shell::{PLACED, Random, Server, Shell, full, kill};

/// A screen: the keys that lead to it, and what it shows.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Who,
    Kind,
    Form,
    Review,
    Sending,
    Done,
}

impl At {
    fn shows(self) -> &'static str {
        match self {
            Self::Who => "yourself",
            Self::Kind => "Step 2 of 5",
            Self::Form => "required done",
            Self::Review => "Everything is as you asked",
            Self::Sending => "SENDING",
            Self::Done => "DONE",
        }
    }
    /// Starts mobproc and goes there; its process, and the server that it needs.
    fn reach(self, shell: &mut Shell) -> (u32, Option<Server>) {
        let server = (self == Self::Sending).then(|| Server::start(shell.home.path(), &["POST orders@2=stall:2"]));
        shell.command("$M; echo code=$?");
        shell.until("yourself");
        match self {
            Self::Who => {}
            Self::Kind => shell.type_in("edw dev\r"),
            Self::Form => shell.type_in("s/edw dev\r"),
            Self::Review => shell.type_in(PLACED),
            Self::Sending | Self::Done => {
                shell.type_in(PLACED);
                shell.send_off();
            }
        }
        shell.until(self.shows());
        (shell.pid_of_mobproc(), server)
    }
}

fn as_it_was(shell: &mut Shell, before: &str, mark: &str, what: &str) {
    let screen = shell.screen.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor(), "{what}");
    assert_eq!(shell.stty(mark), before, "{what}");
}

fn every_signal(at: At) {
    for signal in ["TERM", "HUP", "INT"] {
        let mut shell = Shell::start((80, 24));
        let before = shell.stty("before");
        let (pid, _server) = at.reach(&mut shell);
        kill(signal, pid);
        let said = shell.until("code=129");
        assert!(at != At::Sending || said.contains("Order 8711660"), "{said}");
        as_it_was(&mut shell, &before, "after", &format!("{signal}, {}", at.shows()));
    }
    stopped_and_continued(at);
}

fn stopped_and_continued(at: At) {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    let (pid, _server) = at.reach(&mut shell);
    kill("TSTP", pid);
    if at == At::Sending {
        shell.until("mobproc is not suspended");
        shell.until("DONE");
    } else {
        // The shell's own word, written once it has the terminal again.
        shell.until("Stopped");
        as_it_was(&mut shell, &before, "stopped", at.shows());
        shell.command("clear; fg; echo code=$?");
        shell.until(at.shows());
        assert!(shell.screen.screen().alternate_screen() && shell.screen.screen().bracketed_paste());
    }
    shell.leave();
    shell.until("code=0");
    as_it_was(&mut shell, &before, "after", at.shows());
}

#[test]
fn every_signal_on_the_first_screen() {
    every_signal(At::Who);
}
#[test]
fn every_signal_among_the_types() {
    every_signal(At::Kind);
}
#[test]
fn every_signal_in_the_form() {
    every_signal(At::Form);
}
#[test]
fn every_signal_on_the_review() {
    every_signal(At::Review);
}
#[test]
fn every_signal_while_an_order_is_sent() {
    every_signal(At::Sending);
}
#[test]
fn every_signal_behind_the_order() {
    every_signal(At::Done);
}

#[test]
fn suspending_by_key_and_continuing_behind_and_in_front_repaints() {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    shell.type_in("edw\x1a");
    shell.until("Stopped");
    as_it_was(&mut shell, &before, "stopped", "key");
    // Continued behind the shell it leaves the terminal alone.
    shell.command("clear; bg; jobs");
    shell.until("$ ");
    as_it_was(&mut shell, &before, "behind", "bg");
    shell.command("clear; fg; echo code=$?");
    shell.until("of 24");
    shell.until("> edw");
    shell.leave();
    shell.until("code=0");
    as_it_was(&mut shell, &before, "after", "fg");
}

#[test]
fn continued_behind_the_shell_and_at_once_in_front_it_is_not_stopped_again() {
    let mut shell = Shell::start((80, 24));
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    shell.type_in("edw");
    for _ in 0..20 {
        shell.type_in("\x1a");
        shell.until("Stopped");
        shell.command("clear; bg; fg; echo code=$?");
        shell.until("> edw");
    }
    shell.leave();
    shell.until("code=0");
}

#[test]
fn suspending_by_key_while_an_order_is_sent_is_refused_with_a_sentence() {
    let mut shell = Shell::start((80, 24));
    let (_, _server) = At::Sending.reach(&mut shell);
    shell.type_in("\x1a");
    shell.until("An order is being sent; mobproc is not suspended.");
    shell.until("DONE");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn nobody_is_left_suspended_who_could_not_be_continued() {
    let mut shell = Shell::start((80, 24));
    // In the place of the shell: there is nobody who could bring it back.
    shell.command("exec $M");
    shell.until("yourself");
    shell.type_in("edw\x1a");
    shell.until("> edw");
    shell.type_in("x");
    shell.until("> edwx");
}

#[test]
fn a_container_whose_leader_is_outside_is_a_terminal_like_any_other() {
    let mut shell = Shell::start((80, 24));
    // There the numbers of its group, its session and its parent are 0.
    let contained = "unshare --pid --fork --mount-proc";
    shell.command(&format!("{contained} true && echo may; echo asked=$?"));
    let answer = shell.wait("an answer", |s| s.contains("asked=0") || s.contains("asked=1"));
    if answer.contains("asked=1") {
        println!("SKIPPED: no namespace can be made here");
        return;
    }
    shell.command(&format!("clear; {contained} $M; echo code=$?"));
    shell.until("yourself");
    shell.type_in("edw\x1a");
    shell.until("> edw");
    shell.type_in("x");
    shell.until("> edwx");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn what_was_stopped_without_asking_draws_everything_when_it_goes_on() {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    let (pid, _) = At::Form.reach(&mut shell);
    kill("STOP", pid);
    shell.until("Stopped");
    // The modes are still those of mobproc, in which Enter ends no line.
    shell.type_in("fg; echo code=$?\n");
    shell.wait("the form alone", |screen| screen.contains("required done") && !screen.contains("Stopped"));
    shell.leave();
    shell.until("code=0");
    as_it_was(&mut shell, &before, "after", "STOP");
}

#[test]
fn no_size_is_too_small_or_comes_too_often() {
    let mut random = Random(0x5EED_0F51_2E50_0001);
    let mut shell = Shell::start((80, 24));
    let (pid, _) = At::Form.reach(&mut shell);
    for round in 0..if full() { 1000 } else { 200 } {
        let mut any = |most: u64| u16::try_from(random.below(most + 1)).unwrap();
        let size = if round % 10 == 0 { (0, 0) } else { (any(500), any(200)) };
        shell.resize_unseen(size);
        // Some come one after the other, some at once.
        if round % 3 != 0 {
            shell.ignore(Duration::from_millis(20));
        }
    }
    shell.ignore(Duration::from_millis(300));
    shell.resize((80, 24));
    shell.type_in("\x0c");
    shell.until("required done");
    assert_eq!(shell.pid_of_mobproc(), pid);
    shell.leave();
    shell.until("code=0");
}

/// Sizes one after the other, down to nothing or none in which the keyboard is not listened to; the last is 80x24.
fn storm(shell: &mut Shell, random: &mut Random, times: usize, smallest: (u64, u64)) {
    for round in 0..times {
        let mut any = |least: u64, most: u64| u16::try_from(least + random.below(most + 1 - least)).unwrap();
        shell.resize_unseen((any(smallest.0, 200), any(smallest.1, 60)));
        if round % 3 == 0 {
            shell.ignore(Duration::from_millis(5));
        }
    }
    shell.resize((80, 24));
}

/// The screen as it is now, whatever it was drawn for.
fn drawn_anew(shell: &mut Shell, shows: &str) {
    shell.ignore(Duration::from_millis(150));
    shell.type_in("\x0c");
    shell.until(shows);
}

#[test]
fn a_storm_of_sizes_while_an_order_is_typed_and_sent_changes_neither() {
    let mut random = Random(0x5EED_0F51_2E50_0002);
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &["POST orders@2=stall:2"]);
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    for key in "s/edw dev".chars() {
        storm(&mut shell, &mut random, 5, (40, 12));
        shell.type_in(&key.to_string());
    }
    drawn_anew(&mut shell, "> s/edw dev  ");
    shell.type_in("\r");
    shell.until("3 of 4 required done");
    storm(&mut shell, &mut random, 40, (0, 0));
    drawn_anew(&mut shell, "3 of 4 required done");
    for key in "+7\x0f".chars() {
        storm(&mut shell, &mut random, 5, (40, 12));
        shell.type_in(&key.to_string());
    }
    drawn_anew(&mut shell, "Everything is as you asked");
    shell.send_off();
    shell.until("SENDING");
    storm(&mut shell, &mut random, 60, (0, 0));
    shell.ignore(Duration::from_millis(150));
    shell.type_in("\x0c");
    let done = shell.until("DONE");
    assert!(done.contains("8711660") && done.contains("Step 5 of 5"), "{done}");
    assert_eq!(Server::placed(shell.home.path()), 1);
    shell.leave();
    shell.until("code=0");
}
