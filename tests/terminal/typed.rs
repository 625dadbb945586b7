//! What arrives from a keyboard over a bad link, from other terminals, and from a clipboard.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::shell::{PATIENCE, PLACED, Server, Shell, Watched, kill};

/// Types text one byte at a time, each written and read by itself.
fn byte_by_byte(shell: &mut Shell, text: &str) {
    for byte in text.bytes() {
        shell.type_bytes(&[byte]);
        shell.until_moment(Instant::now() + Duration::from_millis(4));
    }
}

#[test]
fn an_order_is_placed_whose_keys_arrive_one_byte_at_a_time() {
    let mut shell = Shell::start((80, 24));
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    byte_by_byte(&mut shell, "s/gonç");
    shell.until("> s/gonç");
    byte_by_byte(&mut shell, "\x15s/edw\x1b[B\x1b\x1b[A\x1bOB\x1bOA dev\r");
    shell.until("3 of 4 required done");
    // Down and up among the fields, by the arrows of three terminals.
    byte_by_byte(&mut shell, "\x1b[B\x1b[A\x1bOB\x1b\x1b[A+7\x0f");
    let review = shell.until("Everything is as you asked");
    assert!(!review.contains("[A") && !review.contains("[B"), "{review}");
    shell.quiet(Duration::from_millis(800));
    byte_by_byte(&mut shell, "y");
    shell.until("DONE");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn a_line_feed_is_enter_08_is_backspace_alt_is_esc_and_what_a_terminal_answers_is_nothing() {
    let mut shell = Shell::start((80, 24));
    shell.command("$M");
    shell.until("yourself");
    byte_by_byte(&mut shell, "ed\x1b[12;5R\x1b[?1;2c\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\\x1b[I\x1bP>|xterm(370)\x1b\\");
    shell.type_in("\x1b[12;5R\x1b]10;rgb:ffff/ffff/ffff\x07\x1b[<0;5;5Mw");
    shell.until("> edw  ");
    // Esc does nothing here, and the letter is a letter.
    shell.type_in("\x1bx");
    shell.until("> edwx");
    shell.type_in("\x08\x15s/edw dez\x08v\n");
    shell.until("required done");
    // Back by Esc, and at once by its twin.
    shell.type_in("\x1b");
    shell.until("Step 2 of 5");
    shell.leave();
}

#[test]
fn how_long_an_esc_is_held_can_be_told_and_its_twin_never_waits() {
    let mut shell = Shell::start((80, 24));
    shell.command("MOBPROC_ESC_MS=1000 $M; echo code=$?");
    shell.until("yourself");
    shell.type_in("s/edw dev\r");
    shell.until("required done");
    let field = shell.screen.screen().cursor_position();
    shell.type_in("\x1b");
    shell.until_moment(Instant::now() + Duration::from_millis(400));
    shell.type_in("[");
    shell.until_moment(Instant::now() + Duration::from_millis(400));
    shell.type_in("B");
    shell.quiet(Duration::from_millis(200));
    assert!(shell.screen.screen().cursor_position().0 > field.0, "the arrow was not put together");
    let since = Instant::now();
    shell.type_in("\x07");
    shell.until("Step 2 of 5");
    assert!(since.elapsed() < Duration::from_millis(700), "^G waits");
    shell.leave();
    shell.until("code=0");
    // What makes no sense is as if nothing had been said.
    shell.command("clear; MOBPROC_ESC_MS=soon $M; echo code=$?");
    shell.until("yourself");
    shell.type_in("s/edw dev\r");
    shell.until("required done");
    let since = Instant::now();
    shell.type_in("\x1b");
    shell.until("Step 2 of 5");
    assert!(since.elapsed() >= Duration::from_millis(100), "it is not held");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn three_lines_pasted_are_one_text_and_without_brackets_they_come_no_further_than_the_review() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &[]);
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    shell.type_in("s/edw dev\r");
    shell.until("required done");
    shell.type_in("+7\r");
    byte_by_byte(&mut shell, "\x1b[200~please suspend\rthe line\ty\r\ny\x1b[201~");
    shell.until("please suspend the line y y");
    shell.type_in("\x15");
    shell.wait("an empty field", |screen| !screen.contains("please suspend"));
    // The same from a terminal that marks nothing: line ends are Enter.
    shell.type_in("please suspend\ry\ry\r\x0fyyyy\ryyyy\r");
    shell.quiet(Duration::from_millis(1000));
    let shown = shell.until("please suspend");
    assert!(!shown.contains("SENDING") && !shown.contains("DONE"), "{shown}");
    assert_eq!(Server::placed(shell.home.path()), 0, "a paste has ordered");
    shell.leave();
    shell.until("code=0");
}

#[test]
fn a_text_that_is_pasted_over_the_review_orders_nothing_and_one_key_alone_does() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &[]);
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    shell.type_in("s/edw dev/+7\r");
    shell.until("Everything is as you asked");
    shell.quiet(Duration::from_millis(1000));
    // From a terminal that marks nothing, all at once.
    shell.type_in("you saw it");
    shell.quiet(Duration::from_millis(500));
    // In pieces.
    for piece in ["y", "ou ", "sa", "w"] {
        shell.type_in(piece);
    }
    shell.quiet(Duration::from_millis(500));
    // From one that marks it, over a link that stalls in the middle.
    shell.type_in("\x1b[200~Hi Bob,\n");
    shell.quiet(Duration::from_millis(2500));
    shell.type_in("you saw it\x1b[201~");
    shell.quiet(Duration::from_millis(500));
    assert_eq!(Server::placed(shell.home.path()), 0, "a paste has ordered");
    shell.type_in("y");
    shell.until("DONE");
    assert_eq!(Server::placed(shell.home.path()), 1);
    shell.leave();
    shell.until("code=0");
}

#[test]
fn an_order_whose_answer_is_lost_is_looked_for_and_sent_once_also_after_a_kill() {
    let mut shell = Shell::start((80, 24));
    let _server = Server::start(shell.home.path(), &["POST orders@2=drop", "POST orders@2=late:600"]);
    shell.command("$M");
    shell.until("yourself");
    shell.type_in(PLACED);
    shell.send_off();
    let shown = shell.until("CHECKING");
    assert!(shown.contains("Do not enter it again"), "{shown}");
    let pid = shell.pid_of_mobproc();
    let watched = Watched::of(pid);
    kill("KILL", pid);
    assert!(watched.ended(PATIENCE));
    let mut next = Shell::at_home((80, 24), Arc::clone(&shell.home));
    next.command("$M");
    next.until("UNCONFIRMED");
    next.until("yourself");
    // It stands above everything else.
    next.type_in("\x1b[A\x1b[A\x1b[A\r");
    next.until("CHECKING");
    next.leave();
    assert_eq!(Server::placed(shell.home.path()), 1, "it was sent more than once");
}
