//! Behind a pipe everything works but what places an order: nobody there can have heard the review.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, Command, Output, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec};

use super::talk::Talk;

#[tokio::test]
async fn a_pipe_fills_an_order_in_to_its_review_and_places_nothing() {
    let mut talk = Talk::piped().await;
    for line in ["s/edw dev", "+7", "Stolen", "yes", "YES", "y"] {
        talk.type_in(line);
    }
    talk.end().await;
    let all = talk.all();
    assert!(all.contains("Monday 30 November 2026, in 7 days."), "{all}");
    assert!(all.contains("Step 4 of 5. Review.") && all.contains("Additional Instructions: Stolen."), "{all}");
    assert_eq!(all.matches("Error: An order is submitted only where standard input is a terminal").count(), 2, "{all}");
    assert!(talk.left(), "the end of the lines leaves");
    assert_eq!(talk.submissions(), 0);
    assert!(talk.another().await.all().contains("1 unfinished order."));
}

#[tokio::test]
async fn a_pipe_is_guarded_before_a_second_sending_too() {
    let mut talk = Talk::start(&["POST orders@2=drop-before"]).await;
    talk.answers(&["s/edw dev", "+7", "", "yes"]).await;
    talk.until("not placed. You may send it again").await;
    let mut piped = talk.another_piped().await;
    let row = piped.all().lines().find(|l| l.contains("Not placed")).unwrap().split('.').next().unwrap().to_owned();
    let said = piped.answer(&row).await;
    assert!(said.contains("You may send it again."), "{}", piped.all());
    let said = piped.answer("3").await;
    assert!(said.contains("Error: An order is submitted only where"), "{said}");
    assert_eq!(talk.submissions(), 1);
}

/// The real program with lines on its standard input.
fn program(arguments: &[&str], env: &[(&str, &str)], lines: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mobproc"))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("LANG", "C.UTF-8")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have refused before it reads.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn the_program_behind_a_pipe_says_all_and_keeps_the_draft() {
    let output = program(&["--plain"], &[], "s/edw dev\n+7\n\nyes\n");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        said.contains("Step 4 of 5. Review.") && said.contains("Error: An order is submitted only where"),
        "{said}"
    );
    assert!(said.contains("The draft is kept; it is listed when mobproc starts."), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn without_a_terminal_lines_are_talked_in_only_where_that_is_wished() {
    for (arguments, env, plain) in [
        (&[][..], &[("TERM", "xterm")][..], false),
        (&[], &[], false),
        (&[], &[("TERM", "dumb")], false),
        (&[], &[("ACCESSIBLE", "0")], false),
        (&[], &[("ACCESSIBLE", "False")], false),
        (&[], &[("ACCESSIBLE", "")], false),
        (&[], &[("ACCESSIBLE", "1")], true),
        (&["--plain"], &[("TERM", "xterm")], true),
    ] {
        let output = program(arguments, env, "q\n");
        let (said, told) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        assert_eq!(said.contains("Who is the order for?"), plain, "{arguments:?} {env:?}: {said}{told}");
        assert_eq!(output.status.code(), Some(if plain { 0 } else { 1 }), "{arguments:?} {env:?}: {told}");
        assert!(plain || told.contains("must be a terminal") && told.contains("--plain"), "{told}");
    }
}

#[test]
fn a_profile_can_want_lines_and_bytes_that_are_no_text_are_told() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let text = "[profile.qa]\nbase_url = \"http://127.0.0.1:9/v1\"\ntenant = \"T\"\nclient_id = \"C\"\nplain = true\naccess_token_command = [\"echo\", \"t\"]\n";
    std::fs::write(&config, text).unwrap();
    std::fs::set_permissions(&config, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let output = program(&["--config", config.to_str().unwrap()], &[], "edw\nq\n");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Profile qa.") && said.contains("Error: People cannot be loaded."), "{said}");
    assert!(said.contains(":reload tries again") && !said.contains("^R"), "{said}");
}

/// Whether a pipe takes more within a second.
fn takes_more(input: &ChildStdin) -> bool {
    let wait = Timespec { tv_sec: 1, tv_nsec: 0 };
    rustix::event::poll(&mut [PollFd::new(input, PollFlags::OUT)], Some(&wait)).unwrap() > 0
}

#[test]
fn lines_without_end_are_read_no_faster_than_they_are_taken() {
    // A server that takes calls and answers none.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let address = server.local_addr().unwrap();
    let text = format!(
        "[profile.qa]\nbase_url = \"http://{address}/v1\"\ntenant = \"T\"\nclient_id = \"C\"\naccess_token_command = [\"echo\", \"t\"]\n"
    );
    std::fs::write(&config, text).unwrap();
    std::fs::set_permissions(&config, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mobproc"))
        .args(["--plain", "--config", config.to_str().unwrap()])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    rustix::fs::fcntl_setfl(&input, rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    input.write_all(b"edw\n").unwrap();
    let waits = said.by_ref().map(Result::unwrap).find(|line| line.contains("Loading.") || line.contains("Error:"));
    assert_eq!(waits.as_deref(), Some("Loading."), "it waits for the server");
    let mut taken = 0;
    while taken < 4 << 20 && takes_more(&input) {
        taken += input.write("xq\n".repeat(1000).as_bytes()).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(taken < 1 << 20, "{taken} bytes were read and wait in memory");
}

#[test]
fn without_utf_8_nothing_but_ascii_is_written() {
    let output = program(&["--plain"], &[("LANG", "C"), ("LC_ALL", "C")], "/gonc\n/suzuki\nm\nq\n");
    assert!(output.stdout.is_ascii(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Goncalves, Maria"));
}
