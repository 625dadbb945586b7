//! The plain text of a screen is printed on the normal screen of the terminal: below what stood there, where it can be
//! selected, scrolled to and kept, and nothing is drawn over it until a key comes back.

use std::time::Duration;

use crate::shell::{PLACED, Server, Shell, kill};

const LAST: &str = "Press Enter or Esc to go back.";

/// At the review, with its text printed below what stood on the screen before.
fn printed(shell: &mut Shell, command: &str) -> u32 {
    shell.command(&format!("clear; echo what stood before; {command}; echo code=$?"));
    shell.until("yourself");
    shell.type_in(PLACED);
    shell.until("Everything is as you asked");
    let pid = shell.pid_of_mobproc();
    shell.type_in("p");
    beside(shell);
    pid
}

/// Waits for the text, on the normal screen.
fn beside(shell: &mut Shell) {
    let text = shell.until(LAST);
    let screen = shell.screen.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{text}");
    assert!(text.contains(", SUSPEND") && !text.contains('─'), "{text}");
}

fn drawn_again(shell: &mut Shell, shows: &str) {
    shell.until(shows);
    assert!(shell.screen.screen().alternate_screen());
}

#[test]
fn a_printed_screen_stands_below_what_was_there_and_stays_when_the_program_has_ended() {
    let mut shell = Shell::start((80, 50));
    let before = shell.stty("before");
    printed(&mut shell, "$M");
    assert!(shell.screen.screen().contents().contains("what stood before"));
    assert!(!shell.cooked(), "keys are still read one by one");
    for key in ["\r", "\x1b", "p"] {
        shell.type_in(key);
        drawn_again(&mut shell, "y submit");
        shell.type_in("p");
        beside(&mut shell);
    }
    shell.type_in("\x03");
    drawn_again(&mut shell, "Leave mobproc?");
    shell.type_in("\x03");
    let said = shell.until("code=0");
    let place = |part: &str| said.rfind(part).unwrap_or_else(|| panic!("{part}: {said}"));
    assert!(place("mobproc SANDBOX, SUSPEND") < place(LAST) && place(LAST) < place("code=0"), "{said}");
    assert_eq!(shell.stty("after"), before);
}

#[test]
fn nothing_is_written_over_a_printed_screen_whatever_is_typed_and_however_large_it_becomes() {
    let mut shell = Shell::start((80, 24));
    printed(&mut shell, "$M");
    let text = shell.screen.screen().contents();
    shell.raw.clear();
    shell.type_in("yyx\t\x0c");
    shell.resize_unseen((120, 40));
    shell.resize_unseen((70, 20));
    shell.quiet(Duration::from_millis(300));
    assert!(shell.raw.is_empty(), "{}", String::from_utf8_lossy(&shell.raw).escape_debug());
    assert_eq!(shell.screen.screen().contents(), text);
    // As large as the terminal is by now.
    shell.resize((70, 20));
    shell.type_in("\r");
    drawn_again(&mut shell, "REVIEW");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn a_printed_screen_is_printed_anew_for_whoever_was_away() {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    let pid = printed(&mut shell, "$M");
    for by_key in [true, false] {
        if by_key {
            shell.type_in("\x1a");
        } else {
            kill("TSTP", pid);
        }
        shell.until("Stopped");
        assert_eq!(shell.stty("stopped"), before, "by key: {by_key}");
        shell.raw.clear();
        shell.command("clear; fg; echo code=$?");
        beside(&mut shell);
        shell.quiet(Duration::from_millis(300));
        let times = String::from_utf8_lossy(&shell.raw).matches(LAST).count();
        assert_eq!(times, 1, "by key: {by_key}");
    }
    shell.type_in("\r");
    drawn_again(&mut shell, "y submit");
    shell.leave();
    shell.until("code=0");
    assert_eq!(shell.stty("after"), before);
}

#[test]
fn whoever_ends_the_program_at_a_printed_screen_finds_the_prompt_below_it() {
    for signal in ["TERM", "HUP", "INT"] {
        let mut shell = Shell::start((80, 50));
        let before = shell.stty("before");
        let pid = printed(&mut shell, "$M");
        kill(signal, pid);
        let said = shell.until("code=129");
        let place = |part: &str| said.rfind(part).unwrap_or_else(|| panic!("{signal}, {part}: {said}"));
        assert!(place("what stood before") < place("mobproc SANDBOX, SUSPEND"), "{signal}: {said}");
        assert!(place(LAST) < place("code=129"), "{signal}: {said}");
        assert_eq!(shell.stty("after"), before, "{signal}");
    }
}

#[test]
fn what_becomes_of_an_order_is_drawn_although_a_screen_is_printed() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &["POST orders@2=stall:2"]);
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    shell.type_in(PLACED);
    shell.send_off();
    shell.until("SENDING");
    shell.type_in("p");
    beside(&mut shell);
    drawn_again(&mut shell, "DONE");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn on_a_terminal_without_a_second_screen_nothing_of_the_drawing_is_left_beside_the_text() {
    let mut shell = Shell::start((80, 24));
    shell.command("clear");
    shell.raw.clear();
    printed(&mut shell, "$M");
    let given = String::from_utf8_lossy(&shell.raw).replace("\x1b[?1049h", "").replace("\x1b[?1049l", "");
    let mut plain = vt100::Parser::default();
    plain.process(given.as_bytes());
    let text = plain.screen().contents();
    assert!(text.starts_with("mobproc SANDBOX, SUSPEND") && text.trim_end().ends_with(LAST), "{text}");
    assert!(!text.contains('─') && !text.contains("y submit"), "{text}");
    shell.leave();
    shell.until("code=0");
}
