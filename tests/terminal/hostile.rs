//! A server whose every text holds what terminals obey: the terminal is given text and our own sequences, whatever is done.

use std::sync::Arc;

use super::sequences::take_apart;
use super::shell::{PLACED, Server, Shell};

/// The same fault for every resource.
const TAINTED: [&str; 4] = ["*=taint", "*/*=taint", "*/*/*=taint", "*/*/*/*=taint"];

#[test]
fn a_hostile_server_reaches_the_terminal_as_text_and_nothing_else() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let _server = Server::start(home.path(), &TAINTED);
    let mut shell = Shell::at_home((100, 40), home);
    shell.command("$M --profile qa; echo code=$?");
    shell.until("yourself");
    shell.type_in(PLACED);
    assert!(shell.until("Everything is as you asked").contains("]0;owned"), "nothing hostile is shown");
    shell.type_in("b");
    shell.until("orderRequest");
    shell.type_in("\x1b");
    shell.submit();
    shell.until("8711660");
    for (key, shows) in [("c", "copy the order id"), ("t", "copy"), ("s", "DONE"), ("\x18", "leave"), ("\x1b", "DONE")]
    {
        shell.type_in(key);
        shell.until(shows);
    }
    shell.type_in("h");
    shell.until("yourself");
    shell.leave();
    shell.until("code=0");
    // What is typed after the name of the program may come out of a ticket.
    let odd = "\"$(printf '\\033]0;owned\\007\\302\\233\\342\\200\\256')\"";
    let served = ["status 8711660", "status 1", "reconcile", "purge", "status X", "order --set X", "order --type X"];
    let served = served.map(|command| format!("--profile qa {command}"));
    let local = ["--profile X", "--config X", "--X", "order --json X", "sandbox --reset --orders X/y"];
    for (n, command) in served.into_iter().chain(local.map(str::to_owned)).enumerate() {
        shell.command(&format!("$M {}; echo said{n}=$?", command.replace('X', odd)));
        let mark = format!("said{n}=");
        let ended = |l: &str| l.strip_prefix(&mark).is_some_and(|code| code.starts_with(|c: char| c.is_ascii_digit()));
        shell.wait(&command, |screen| screen.lines().any(ended));
    }
    let given = take_apart(&shell.raw).unwrap_or_else(|why| panic!("the terminal was given {why}"));
    assert!(given.sequences > 100, "{} sequences", given.sequences);
    assert_eq!(given.copied.first().map(String::as_str), Some("8711660"));
    assert!(given.copied.iter().all(|t| !t.contains('\u{1b}')), "{:?}", given.copied);
}
