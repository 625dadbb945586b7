//! The real binary in a real pseudo-terminal: it starts, places an order, and gives the terminal back whatever happens.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

use std::path::PathBuf;
use std::time::Duration;

use shell::Shell;

#[path = "terminal/aside.rs"]
mod aside;
#[path = "terminal/busy.rs"]
mod busy;
#[path = "terminal/canary.rs"]
mod canary;
#[path = "terminal/carried.rs"]
mod carried;
#[path = "terminal/failing.rs"]
mod failing;
#[path = "terminal/gone.rs"]
mod gone;
#[path = "terminal/hardened.rs"]
mod hardened;
#[path = "terminal/hostile.rs"]
mod hostile;
#[path = "terminal/killed.rs"]
mod killed;
#[path = "terminal/offered.rs"]
mod offered;
#[path = "terminal/plain.rs"]
mod plain;
#[path = "terminal/quick.rs"]
mod quick;
#[path = "hostile/sequences.rs"]
mod sequences;
#[path = "terminal/shell.rs"]
mod shell;
#[path = "terminal/signals.rs"]
mod signals;
#[path = "terminal/terms.rs"]
mod terms;
#[path = "terminal/typed.rs"]
mod typed;

#[test]
fn an_order_is_placed_and_the_terminal_is_as_it_was() {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    shell.command("$M; echo code=$?");
    shell.until("yourself");
    shell.type_in(shell::PLACED);
    shell.submit();
    shell.until("8711660");
    shell.type_in("\x03\x03");
    let after = shell.until("code=0");
    assert!(after.contains("Order 8711660 SUSPEND peter.edwards.acme"), "the id is printed below the prompt:\n{after}");
    assert!(after.contains("SANDBOX"), "{after}");
    assert_eq!(shell.stty("after"), before);
    let output = String::from_utf8_lossy(&shell.raw).into_owned();
    for question in ["\x1b[6n", "\x1b]10;?", "\x1b]11;?", "\x1b[c", "\x1b[?u", "\x1b[?1000h"] {
        assert!(!output.contains(question), "the terminal was asked {question:?}");
    }
    assert!(!shell.home.path().join(".config").exists(), "nothing is written to the home");
}

/// Not a test by itself: the child of the next one, run in a pseudo-terminal.
#[test]
#[ignore = "run by another test, in a terminal of its own"]
fn panics_with_the_terminal_taken() {
    mobproc::runtime::terminal::restore_on_panic();
    let _screen = mobproc::runtime::terminal::take().unwrap();
    let panicked = std::thread::spawn(|| panic!("the bottom fell out")).join();
    assert!(panicked.is_err());
}

#[test]
fn a_panic_of_any_thread_gives_the_terminal_back_before_its_report() {
    let mut shell = Shell::start((80, 24));
    let before = shell.stty("before");
    let this = std::env::current_exe().unwrap();
    shell.command(&format!("{} --ignored --exact --nocapture panics_with_the_terminal_taken", this.display()));
    shell.until("the bottom fell out");
    shell.until("test result");
    assert!(!shell.screen.screen().alternate_screen());
    assert_eq!(shell.stty("after"), before);
}

#[test]
fn a_screen_of_ten_by_three_says_what_is_needed_and_grows() {
    let mut shell = Shell::start((10, 3));
    shell.command("$M");
    shell.until("10x3");
    shell.resize((80, 24));
    shell.until("yourself");
    // One key right after the change of size is answered by itself.
    shell.type_in("e");
    shell.until("> e");
    shell.type_in("\x03\x03");
}

#[test]
fn what_stands_in_the_config_decides_and_never_a_sandbox_instead() {
    for (config, arguments, sentence) in [
        (Some("[profile.qa\n"), "", "line 1"),
        (Some("[profile.qa]\nbase_url = \"http://api.example.com/v1\"\n"), "", "http"),
        (Some("[profile.qa]\nbase_ur = \"x\"\n"), "", "base_ur"),
        (None, "--profile qa", "one was asked for"),
        (None, "--config /does/not/exist.toml", "/does/not/exist.toml"),
    ] {
        let home = tempfile::tempdir().unwrap();
        if let Some(config) = config {
            shell::configure(home.path(), config);
        }
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mobproc"));
        let output = command.args(arguments.split_whitespace()).env_clear().env("HOME", home.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(sentence) && said.contains("no order can be placed"), "{arguments}: {said}");
    }
}

#[test]
fn a_token_command_that_fails_is_a_sentence_on_the_first_screen() {
    let mut shell = Shell::start((80, 24));
    let config = "[profile.qa]\nbase_url = \"http://127.0.0.1:9/mobproc/v1\"\ntenant = \"T\"\nclient_id = \"C\"\naccess_token_command = [\"false\"]\n";
    shell::configure(shell.home.path(), config);
    shell.command("$M");
    shell.until("No access token: access_token_command (false) failed");
    assert!(!shell.screen.screen().contents().contains("SANDBOX"));
    shell.type_in("\x03\x03");
}

#[test]
fn a_flood_of_input_is_read_to_its_end_and_leaves_the_program_idle() {
    let mut shell = Shell::start((80, 24));
    shell.command("$M");
    shell.until("yourself");
    let pid = shell.pid_of_mobproc();
    // More than the terminal hands over in one read, and without a key behind it that would fetch the rest.
    for _ in 0..3 {
        shell.type_in(&"x".repeat(1300));
    }
    shell.type_in("END");
    shell.until("xEND");
    shell.quiet(Duration::from_millis(300));
    let before = shell::ticks(pid);
    shell.quiet(Duration::from_millis(500));
    assert!(shell::ticks(pid) - before <= 5, "the program is busy with nothing to do");
    let turns = shell::turns(pid);
    shell.quiet(Duration::from_millis(1000));
    assert!(shell::turns(pid) - turns <= 2, "something wakes an idle program");
    shell.type_in("\x03\x03");
}

#[test]
fn the_yardstick_for_key_latency_echoes_keys() {
    let mut shell = Shell::start((80, 24));
    let deps = std::env::current_exe().unwrap();
    let example = deps.parent().unwrap().with_file_name("examples").join("echo_key");
    shell.command(&example.display().to_string());
    shell.until("ready");
    shell.type_in("abc");
    shell.until("abc");
    shell.type_in("\x03");
}

#[test]
fn the_sandbox_alone_says_where_it_listens_first() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_mobproc"))
        .args(["sandbox", "--listen", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:") && line.ends_with("/mobproc/v1\n"), "{line}");
    let said = PathBuf::from(env!("CARGO_BIN_EXE_mobproc"));
    let refused = std::process::Command::new(said).args(["sandbox", "--listen", "0.0.0.0:0"]).output().unwrap();
    assert!(!refused.status.success(), "only loopback is listened on");
}

#[test]
fn an_order_of_a_ticket_system_is_finished_by_hand_and_its_json_is_printed_on_leaving() {
    let mut shell = Shell::start((80, 24));
    shell.command(
        "$M order --type SUSPEND --employee 28673732 --service 2035554468 --set PREFERRED_SUSPENSION_DATE=+7 --ref AZ99087547-001; echo code=$?",
    );
    shell.until("4 of 4 required done");
    shell.type_in("\x0f");
    shell.until("REVIEW");
    shell.until("ref AZ99087547-001");
    shell.until("Everything is as you asked");
    shell.type_in("b");
    shell.until("The JSON that y sends");
    shell.type_in("p");
    shell.until("printed below the prompt");
    shell.type_in("b");
    shell.submit();
    shell.type_in("\x03\x03");
    let after = shell.until("code=0");
    assert!(after.contains("ref AZ99087547-001"), "{after}");
    assert!(after.contains("\"transactionType\": \"SUSPEND\""), "{after}");
}

#[test]
fn what_cannot_be_begun_or_shown_is_a_sentence_and_an_exit_code() {
    let run = |args: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mobproc"));
        let output = command.args(args).env_clear().env("HOME", home.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    for (args, code, sentence) in [
        (&["order", "--type", "NOPE"][..], 2, "There is no transaction type \"NOPE\""),
        (&["order", "--type", "XFER_SERVICE_IN", "--set", "PIN_PASSWORD=1"], 2, "is a secret"),
        (&["order", "--set", "A=1"], 2, "pass --type"),
        (&["order", "--json", "/nonexistent/order.json"], 2, "cannot be read"),
        (&["order", "--type", "SUSPEND", "--ref", "two words"], 2, "no blanks"),
        (&["status", "99"], 1, "does not know this (404)"),
    ] {
        let (told, _, said) = run(args);
        assert!(told == code && said.contains(sentence), "{args:?}: {told}: {said}");
    }
    let (code, printed, _) = run(&["status", "8694063"]);
    assert!(
        code == 0 && printed.contains("SHIPPED") && printed.contains("Parcels") && printed.contains("SANDBOX"),
        "{printed}"
    );
}
