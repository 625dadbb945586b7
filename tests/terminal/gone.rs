//! The terminal goes away, or takes nothing any more: two seconds later what was typed is written down and the program
//! is gone.

use std::time::{Duration, Instant};

use mobproc::domain::journal::State;

use crate::shell::{PATIENCE, PLACED, Server, Shell, Watched, full, journal, kill, side_by_side, ticks};

/// What is promised.
const SOON: Duration = Duration::from_secs(2);
/// Processor time after the hang-up, in hundredths of a second.
const BUSY: u64 = 20;

/// Types an answer and does not finish it.
fn half_typed(shell: &mut Shell) -> u32 {
    shell.until("yourself");
    shell.type_in("s/edw dev\r");
    shell.until("SUSPEND");
    shell.until("required done");
    shell.type_in("+1");
    shell.until("+1");
    shell.pid_of_mobproc()
}

/// The command that runs mobproc and writes down its exit code and its processor time.
const NOTED: &str = "$M; echo $? > $HOME/code; times > $HOME/times";

/// How each of the three ways of starting treats the hang-up's signal. The shell that writes things down minds neither
/// the signal nor the terminal.
const STARTED: [(&str, &str, &str); 3] =
    [("delivered", "", "trap : HUP; "), ("ignored", "", "trap \"\" HUP; "), ("ignored above", "trap '' HUP; ", "")];

fn start(shell: &mut Shell, (_, outer, inner): (&str, &str, &str)) {
    // Without that character the library that holds the other end types nothing more when it is closed.
    shell.command(&format!("stty eof undef; {outer}sh -c '{inner}{NOTED}'"));
}

/// The shell that writes things down.
fn noting(pid: u32) -> Watched {
    Watched::of(crate::shell::parent(pid))
}

fn the_draft_is_there(shell: &Shell, what: &str) {
    let orders = journal(shell.home.path(), "_sandbox");
    let [(row, kept)] = &orders[..] else { panic!("{what}: {} orders", orders.len()) };
    assert_eq!(row.state, State::Drafted, "{what}");
    assert_eq!(kept.spot.typed, Some(("+1".to_owned(), 2)), "{what}: {:?}", kept.spot);
}

/// Waits for the end, and holds it to what is promised.
fn ends_in_time(shell: &Shell, [watched, noting]: &[Watched; 2], since: Instant, before: u64, what: &str) {
    assert!(watched.ended(SOON.saturating_sub(since.elapsed())), "{what}: mobproc still runs after two seconds");
    let took = since.elapsed();
    assert!(noting.ended(PATIENCE));
    let read = |name: &str| std::fs::read_to_string(shell.home.path().join(name)).unwrap();
    assert_eq!(read("code").trim(), "129", "{what}");
    let busy = of_children(&read("times")).saturating_sub(before);
    assert!(busy <= BUSY, "{what}: {busy} hundredths of a second after the hang-up");
    println!("{what}: gone after {took:?}, {busy} hundredths of processor time");
    the_draft_is_there(shell, what);
}

/// What `times` says of a shell's children, in hundredths of a second.
fn of_children(times: &str) -> u64 {
    let seconds = |t: &str| {
        let (minutes, seconds) = t.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    let sum: f64 = times.lines().nth(1).unwrap().split_whitespace().map(seconds).sum();
    (sum * 100.0).round() as u64
}

#[test]
fn a_terminal_that_goes_away_ends_the_program_whatever_becomes_of_the_signal() {
    let runs = if full() { 67 } else { 10 };
    side_by_side(runs * 3, 4, |job| {
        let how = STARTED[usize::try_from(job % 3).unwrap()];
        let mut shell = Shell::start((80, 24));
        start(&mut shell, how);
        let pid = half_typed(&mut shell);
        let (watched, busy) = ([Watched::of(pid), noting(pid)], ticks(pid));
        let since = shell.hang_up();
        ends_in_time(&shell, &watched, since, busy, how.0);
    });
}

#[test]
fn a_session_that_is_killed_ends_the_program_although_the_signal_is_ignored() {
    let mut shell = Shell::start((80, 24));
    shell.command("trap '' HUP; $M");
    let pid = half_typed(&mut shell);
    let (watched, since) = (Watched::of(pid), Instant::now());
    // The leader of the session ends, and the terminal's other end stays open.
    shell.child.kill().unwrap();
    assert!(watched.ended(SOON.saturating_sub(since.elapsed())), "mobproc still runs after two seconds");
    the_draft_is_there(&shell, "session");
}

#[test]
fn what_is_suspended_when_the_terminal_goes_away_ends_too() {
    for how in STARTED {
        let mut shell = Shell::start((80, 24));
        start(&mut shell, how);
        let pid = half_typed(&mut shell);
        let (watched, busy) = ([Watched::of(pid), noting(pid)], ticks(pid));
        shell.type_in("\x1a");
        shell.until("Stopped");
        let since = shell.hang_up_typing("x");
        ends_in_time(&shell, &watched, since, busy, &format!("suspended, {}", how.0));
    }
}

#[test]
fn what_hangs_in_a_terminal_that_takes_nothing_ends_all_the_same() {
    side_by_side(4, 4, |job| {
        let how = STARTED[usize::try_from(job % 2).unwrap()];
        let mut shell = Shell::start((80, 24));
        start(&mut shell, how);
        let pid = half_typed(&mut shell);
        let watched = [Watched::of(pid), noting(pid)];
        shell.stall(pid);
        let busy = ticks(pid);
        let (what, since) = if job < 2 {
            ("hang-up", shell.hang_up())
        } else {
            kill("TERM", pid);
            ("SIGTERM", Instant::now())
        };
        ends_in_time(&shell, &watched, since, busy, &format!("stuck, {what}, {}", how.0));
    });
}

/// Sends an order whose answer takes four seconds.
fn sent_off(shell: &mut Shell, how: (&str, &str, &str)) -> u32 {
    start(shell, how);
    shell.until("yourself");
    shell.type_in(PLACED);
    shell.send_off();
    shell.until("SENDING");
    shell.pid_of_mobproc()
}

/// Ends once the outcome is stored, and not before.
fn ends_with_the_outcome(shell: &Shell, watched: &Watched) {
    assert!(watched.ended(Duration::from_secs(20)), "mobproc never ends");
    let orders = journal(shell.home.path(), "qa");
    assert_eq!(orders.iter().map(|(row, _)| row.state).collect::<Vec<_>>(), [State::Accepted]);
    assert_eq!(Server::placed(shell.home.path()), 1);
}

#[test]
fn an_order_on_its_way_gets_its_outcome_after_the_terminal_is_gone() {
    for how in STARTED {
        let mut shell = Shell::start((80, 24));
        let _server = Server::start(shell.home.path(), &["POST orders@2=stall:4"]);
        let pid = sent_off(&mut shell, how);
        let (watched, noting, busy) = (Watched::of(pid), noting(pid), ticks(pid));
        let since = shell.hang_up();
        let held = || {
            let open = |fd| std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap_or_default();
            [0, 1, 2].iter().any(|fd| open(fd).starts_with("/dev/pts"))
        };
        while held() {
            assert!(since.elapsed() < SOON, "the terminal is not let go");
            std::thread::yield_now();
        }
        assert!(!watched.ended(Duration::ZERO), "it ends before the outcome is known");
        ends_with_the_outcome(&shell, &watched);
        assert!(noting.ended(PATIENCE));
        let code = std::fs::read_to_string(shell.home.path().join("code")).unwrap();
        let times = std::fs::read_to_string(shell.home.path().join("times")).unwrap();
        assert_eq!(code.trim(), "129");
        assert!(of_children(&times).saturating_sub(busy) <= BUSY, "{times}");
    }
}

#[test]
fn a_program_that_is_told_to_end_while_it_sends_lets_the_terminal_go_and_says_what_came_of_it() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &["POST orders@2=stall:4"]);
    let pid = sent_off(&mut shell, STARTED[0]);
    let watched = Watched::of(pid);
    kill("TERM", pid);
    let since = Instant::now();
    shell.until("waiting for its answer");
    assert!(!shell.screen.screen().alternate_screen() && since.elapsed() < SOON);
    assert!(!watched.ended(Duration::ZERO), "it ends before the outcome is known");
    shell.until("Order 8711660");
    shell.until("$ ");
    ends_with_the_outcome(&shell, &watched);
    assert_eq!(std::fs::read_to_string(shell.home.path().join("code")).unwrap().trim(), "129");
}

#[test]
fn an_order_on_its_way_gets_its_outcome_also_where_the_terminal_takes_nothing() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &["POST orders@2=stall:6"]);
    let pid = sent_off(&mut shell, STARTED[0]);
    let watched = Watched::of(pid);
    shell.stall(pid);
    kill("TERM", pid);
    let since = Instant::now();
    assert!(!shell.cooked());
    while !shell.cooked() {
        assert!(since.elapsed() < SOON, "the terminal is not let go");
        std::thread::yield_now();
    }
    assert!(!watched.ended(Duration::ZERO), "it ends before the outcome is known");
    ends_with_the_outcome(&shell, &watched);
}
