//! Line by line in a real terminal: orders, what is typed ahead, secrets, signals and hang-ups, without one escape sequence.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::shell::{self, Server, Shell, Watched, kill};

/// A terminal that shows enough for a whole talk.
const TALL: (u16, u16) = (80, 200);
/// The prompts that stand at the end of a talk so far.
const WHO: &str = "Who, or a number: ";
const REVIEW: &str = "Submit? Type yes, or e to edit, or < back: ";

fn talk(command: &str) -> Shell {
    let mut shell = Shell::start(TALL);
    shell.command(command);
    shell.until(WHO.trim_end());
    shell
}

/// Types a line where that prompt stands, and no sooner.
fn at(shell: &mut Shell, prompt: &str, line: &str) {
    let prompt = prompt.trim_end();
    shell.wait(&format!("{prompt:?} for {line:?}"), |screen| screen.trim_end().ends_with(prompt));
    shell.command(line);
}

fn to_the_review(shell: &mut Shell) {
    at(shell, WHO, "s/edw dev");
    at(shell, "Answer, or < back: ", "+7");
    shell.until("in 7 days.");
    at(shell, "Answer, or < back: ", "");
    shell.wait("the review", |screen| screen.trim_end().ends_with(REVIEW.trim_end()));
    // What is read in no time was not read.
    shell.quiet(Duration::from_millis(800));
}

#[track_caller]
fn no_escapes(shell: &Shell) {
    assert!(!shell.raw.contains(&0x1b), "{}", String::from_utf8_lossy(&shell.raw));
}

#[test]
fn orders_of_two_types_are_placed_without_one_escape_sequence() {
    let mut shell = Shell::start(TALL);
    let before = shell.stty("before");
    shell.raw.clear();
    shell.command("TERM=dumb $M; echo code=$?");
    to_the_review(&mut shell);
    shell.command("yes");
    shell.until("Order ID 8711660, digits 8 7 1 1 6 6 0.");
    // An answer that comes at once was not meant for what has just come.
    at(&mut shell, "What next, or q to leave: ", "h");
    shell.until("Read it, then type it again.");
    shell.quiet(Duration::from_millis(800));
    at(&mut shell, "What next, or q to leave: ", "h");
    at(&mut shell, WHO, "d/edw dev");
    at(&mut shell, "Answer, or < back: ", ".");
    shell.wait("the review", |screen| screen.trim_end().ends_with(REVIEW.trim_end()));
    shell.quiet(Duration::from_millis(800));
    shell.command("yes");
    shell.until("Last 4 digits of 203-555-4468, or < back:");
    shell.quiet(Duration::from_millis(800));
    shell.command("4468");
    shell.until("Order ID 8711661");
    at(&mut shell, "What next, or q to leave: ", "q");
    let said = shell.until("code=0");
    assert!(said.contains("Order 8711660 SUSPEND") && said.contains("Order 8711661 DEACTIVATE"), "{said}");
    no_escapes(&shell);
    assert_eq!(shell.stty("after"), before);
}

#[test]
fn yes_typed_before_the_review_was_heard_places_nothing() {
    let mut shell = talk("$M --plain; echo code=$?");
    // One burst, as from a keyboard macro: the review is none of what it has seen.
    shell.type_in("s/edw dev\r+7\r\ryes\r");
    shell.wait("the review", |screen| screen.trim_end().ends_with(REVIEW.trim_end()));
    // And a hand that is too quick.
    shell.command("yes");
    shell.until("Read it first, then type yes.");
    at(&mut shell, REVIEW, "q");
    let said = shell.until("code=0");
    assert!(!said.contains("Order ID") && said.contains("The draft is kept"), "{said}");
    let rows = shell::journal(shell.home.path(), "_sandbox");
    assert!(rows.iter().all(|(row, _)| row.state.open()), "{:?}", rows.iter().map(|r| r.0.state).collect::<Vec<_>>());
}

#[test]
fn a_killed_talk_goes_on_where_it_was() {
    let mut shell = talk("$M --plain");
    at(&mut shell, WHO, "s/edw dev");
    at(&mut shell, "Answer, or < back: ", "+7");
    shell.until("Additional Instructions. Optional.");
    // A field that was accepted is written down at once; a moment is still needed for it.
    let end = Instant::now() + shell::PATIENCE;
    // Where the cursor is stands there before the day does.
    let day = regex::Regex::new(r#""20\d\d-\d\d-\d\d""#).unwrap();
    let written = || shell::journal(shell.home.path(), "_sandbox").iter().any(|(_, kept)| day.is_match(&kept.text()));
    while !written() {
        assert!(Instant::now() < end, "the draft is not written down");
    }
    kill("KILL", shell.pid_of_mobproc());
    shell.until("Killed");
    shell.command("clear; $M --plain; echo code=$?");
    let said = shell.until("m for more");
    let row = said.lines().find(|l| l.contains("Draft, 4 of 4 required done")).unwrap_or_else(|| panic!("{said}"));
    at(&mut shell, WHO, row.trim().split('.').next().unwrap());
    shell.until("Additional Instructions. Optional.");
    at(&mut shell, "Answer, or < back: ", "q");
    shell.until("code=0");
}

#[test]
fn interrupts_ask_and_the_end_of_input_leaves() {
    let mut shell = talk("$M --plain; echo code=$?");
    at(&mut shell, WHO, "s/edw dev");
    shell.until("Answer, or < back:");
    shell.type_in("half a li\x03");
    shell.until("Leave mobproc?");
    at(&mut shell, "1, 2 or 3: ", "1");
    shell.wait("the field again", |screen| screen.trim_end().ends_with("Answer, or < back:"));
    shell.type_in("\x03");
    shell.wait("the question", |screen| screen.trim_end().ends_with("1, 2 or 3:"));
    shell.type_in("\x03");
    assert!(shell.until("code=0").contains("The draft is kept"));
    shell.command("clear; $M --plain; echo code=$?");
    shell.wait("the first question", |screen| screen.trim_end().ends_with(WHO.trim_end()));
    shell.type_in("\x04");
    shell.until("code=0");
    no_escapes_but_clear(&shell);
}

/// The shell itself has cleared the screen.
#[track_caller]
fn no_escapes_but_clear(shell: &Shell) {
    let text = String::from_utf8_lossy(&shell.raw).into_owned();
    let text =
        ["\x1b[H\x1b[2J\x1b[3J", "\x1b[H\x1b[2J", "\x1b[H\x1b[J"].iter().fold(text, |t, clear| t.replace(clear, ""));
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn a_stopped_talk_goes_on_with_its_prompt_and_every_signal_ends_it_as_it_was() {
    let mut shell = talk("$M --plain; echo code=$?");
    let pid = shell.pid_of_mobproc();
    shell.type_in("\x1a");
    shell.until("Stopped");
    shell.command("clear; fg; echo code=$?");
    shell.wait("the prompt", |screen| screen.trim_end().ends_with(WHO.trim_end()));
    at(&mut shell, WHO, "edw dev");
    shell.until("Step 2 of 5");
    kill("TERM", pid);
    shell.until("code=129");
    assert!(shell.cooked());
}

/// A server that wants a password, which only whoever sits there has; it ends with the test.
struct SignIn(std::process::Child);

impl SignIn {
    fn start(shell: &Shell) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mobproc"));
        command.args(["sandbox", "--listen", "127.0.0.1:0", "--sign-in"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = || lines.next().unwrap().unwrap().rsplit(' ').next().unwrap().to_owned();
        let (base, token) = (address(), address());
        let config = format!(
            "[profile.qa]\nbase_url = \"{base}\"\ntoken_url = \"{token}\"\ntenant = \"T\"\nclient_id = \"mobproc\"\nusername = \"command://jdoe\"\nclient_secret_command = [\"echo\", \"sandbox-client-secret\"]\n"
        );
        shell::configure(shell.home.path(), &config);
        Self(child)
    }
}

impl Drop for SignIn {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const PASSWORD: &str = "Password, not shown:";

#[test]
fn a_password_is_typed_unseen_and_the_terminal_is_as_it_was_however_that_ends() {
    for end in ["answer", "TERM", "^C", "^Z", "STOP"] {
        let mut shell = Shell::start(TALL);
        let before = shell.stty("before");
        let _server = SignIn::start(&shell);
        shell.command("$M --plain; echo code=$?");
        shell.until(PASSWORD);
        match end {
            "answer" => {
                shell.quiet(Duration::from_millis(800));
                shell.command("open-sesame-1");
                at(&mut shell, WHO, "edw dev");
                shell.until("Step 2 of 5");
                assert!(
                    !shell.screen.screen().contents().contains("open-sesame"),
                    "{}",
                    shell.screen.screen().contents()
                );
                shell.type_in("\x04");
                shell.until("code=0");
            }
            "TERM" => {
                shell.type_in("half");
                shell.quiet(Duration::from_millis(300));
                kill("TERM", shell.pid_of_mobproc());
                shell.until("code=129");
            }
            "^C" => {
                shell.type_in("half\x03");
                shell.wait("the question", |screen| screen.trim_end().ends_with("1, 2 or 3:"));
                // The question before leaving is no secret.
                shell.type_in("1");
                shell.wait("the echo", |screen| screen.trim_end().ends_with("1, 2 or 3: 1"));
                shell.type_in("\x03");
                shell.until("code=0");
            }
            _ => {
                if end == "^Z" {
                    shell.type_in("\x1a");
                    shell.until("Stopped");
                    assert_eq!(shell.stty("stopped"), before);
                } else {
                    kill("STOP", shell.pid_of_mobproc());
                    shell.until("Stopped");
                }
                // As shells do that have modes of their own.
                shell.command("stty echo; clear; fg; echo code=$?");
                shell.until(PASSWORD);
                shell.type_in("unseen");
                shell.quiet(Duration::from_millis(300));
                assert!(!shell.screen.screen().contents().contains("unseen"), "{}", shell.screen.screen().contents());
                shell.type_in("\x03");
                shell.until("Leave mobproc?");
                shell.type_in("\x03");
                shell.until("code=");
            }
        }
        assert_eq!(shell.stty("after"), before, "{end}");
        assert!(!shell.screen.screen().contents().contains("half"), "{end}");
    }
}

#[test]
fn a_terminal_that_somebody_has_made_impatient_is_read_to_its_lines() {
    let mut shell = talk("$M --plain; echo code=$?");
    let impatient = shell::impatient(shell.pid_of_mobproc());
    at(&mut shell, WHO, "edw dev");
    shell.until("Step 2 of 5");
    at(&mut shell, "Letter or code, m for more, or < back: ", "s");
    shell.until("Preferred Suspension Date. Required.");
    // Half a line is handed over, and the rest later.
    shell.type_in("+\x04");
    shell.quiet(Duration::from_millis(300));
    shell.type_in("7\r");
    shell.until("in 7 days.");
    let pid = shell.pid_of_mobproc();
    let before = shell::ticks(pid);
    shell.quiet(Duration::from_millis(500));
    assert!(shell::ticks(pid) - before <= 5, "the program is busy with nothing to do");
    drop(impatient);
    at(&mut shell, "Answer, or < back: ", "q");
    shell.until("code=0");
}

#[test]
fn a_slow_server_is_said_to_be_waited_for() {
    let mut shell = Shell::start(TALL);
    let _server = Server::start(shell.home.path(), &["POST orders@1=latency:11500"]);
    shell.command("$M --plain; echo code=$?");
    shell.until(WHO.trim_end());
    to_the_review(&mut shell);
    let said = shell.screen.screen().contents();
    let parts = ["Checking with the server.", "Still checking, 10 seconds.", "Done.", "Step 4 of 5."];
    let places: Vec<_> = parts.iter().map(|p| said.find(p).unwrap_or_else(|| panic!("{p}: {said}"))).collect();
    assert!(places.is_sorted(), "{said}");
    at(&mut shell, REVIEW, "q");
    shell.until("code=0");
}

#[test]
fn leaving_while_an_order_is_sent_waits_for_its_outcome() {
    for way in ["q\r", "\x03"] {
        let mut shell = Shell::start(TALL);
        let _server = Server::start(shell.home.path(), &["POST orders@2=stall:3"]);
        shell.command("$M --plain; echo code=$?");
        shell.until(WHO.trim_end());
        to_the_review(&mut shell);
        shell.command("yes");
        shell.until("Sending the order. It is sent once.");
        shell.type_in(way);
        if way == "\x03" {
            shell.until("2: leave as soon as");
            shell.type_in(way);
        }
        let said = shell.until("code=0");
        assert!(said.contains("waiting for its answer") && said.contains("Order 8711660 SUSPEND"), "{said}");
    }
}

#[test]
fn a_talk_whose_terminal_hangs_up_ends_and_keeps_its_draft() {
    let mut shell = talk("exec $M --plain");
    at(&mut shell, WHO, "s/edw dev");
    at(&mut shell, "Answer, or < back: ", "+7");
    shell.until("Additional Instructions. Optional.");
    let gone = Watched::of(shell.child.process_id().unwrap());
    shell.hang_up_typing("x");
    assert!(gone.ended(Duration::from_secs(2)), "it outlives its terminal");
    let rows = shell::journal(shell.home.path(), "_sandbox");
    assert_eq!(rows.len(), 1);
    assert!(rows[0].1.text().contains("PREFERRED_SUSPENSION_DATE"), "{}", rows[0].1.text());
}

#[test]
fn a_terminal_of_no_kind_is_talked_to_in_lines() {
    for term in ["unset TERM; exec sh -c '$M; echo code=$?'", "export TERM=dumb; exec sh -c '$M; echo code=$?'"] {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", &format!("printf '$ '; {term}")]);
        let mut shell = Shell::running(TALL, std::sync::Arc::new(tempfile::tempdir().unwrap()), command);
        at(&mut shell, WHO, "q");
        shell.until("code=0");
        no_escapes(&shell);
    }
}
