//! A server whose every text holds what terminals obey: the terminal is given text and our own sequences, whatever is done.

use std::sync::Arc;

use super::sequences::take_apart;
use super::shell::{PATIENCE, PLACED, Server, Shell, Watched, kill};

/// The same fault for every resource.
const TAINTED: [&str; 4] = ["*=taint", "*/*=taint", "*/*/*=taint", "*/*/*/*=taint"];

/// Runs each command to its end.
fn run_each(shell: &mut Shell, commands: impl Iterator<Item = String>) {
    for (n, command) in commands.enumerate() {
        shell.command(&format!("$M {command}; echo said{n}=$?"));
        let mark = format!("said{n}=");
        let ended = |l: &str| l.strip_prefix(&mark).is_some_and(|code| code.starts_with(|c: char| c.is_ascii_digit()));
        // What is typed before the prompt stands there stands before it.
        let prompt = |l: &str| l.trim_end() == "$";
        shell.wait(&command, |screen| screen.lines().any(ended) && screen.lines().last().is_some_and(prompt));
    }
}

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
    let all: Vec<_> = served.into_iter().chain(local.map(str::to_owned)).collect();
    run_each(&mut shell, all.iter().map(|command| command.replace('X', odd)));
    let given = take_apart(&shell.raw).unwrap_or_else(|why| panic!("the terminal was given {why}"));
    // Where typing was refused we have rung it; each of the server's texts would.
    assert!(given.sequences > 100 && given.bells <= 2, "{} sequences, {} bells", given.sequences, given.bells);
    assert_eq!(given.copied.first().map(String::as_str), Some("8711660"));
    assert!(given.copied.iter().all(|t| !t.contains('\u{1b}')), "{:?}", given.copied);
}

#[test]
fn what_a_hostile_server_has_said_earlier_reaches_the_terminal_as_text_too() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let refused = [TAINTED.as_slice(), &["POST orders@1=refuse:CONTACT_NUMBER:No such number"]].concat();
    let _server = Server::start(home.path(), &refused);
    let mut killed = Shell::at_home((100, 40), Arc::clone(&home));
    killed.command("$M --profile qa");
    killed.until("yourself");
    killed.type_in(PLACED);
    let shown = killed.until("problem from the server");
    assert!(shown.contains("No such number^[]0;owned"), "the server's words are not shown:\n{shown}");
    let pid = killed.pid_of_mobproc();
    let watched = Watched::of(pid);
    kill("KILL", pid);
    assert!(watched.ended(PATIENCE), "it outlives a kill");
    let mut shell = Shell::at_home((100, 40), home);
    shell.command("$M --debug-http --profile qa; echo code=$?");
    shell.until("Unfinished orders");
    shell.until("Last orders");
    shell.type_in("\x1b[B\r");
    let shown = shell.until("required done");
    assert!(shown.contains("]0;owned"), "nothing hostile is shown:\n{shown}");
    shell.type_in("\x0f");
    shell.submit();
    shell.until("8711660");
    shell.type_in("h");
    // The order that was just placed stands first of the last ones, below the box and whoever sits there.
    shell.wait("the last orders", |screen| screen.contains("Last orders") && screen.contains("8711660"));
    shell.type_in("\x1b[B\r");
    let shown = shell.wait("the order", |screen| screen.contains("History") && screen.contains("Parcels"));
    assert!(shown.contains("]0;owned"), "nothing hostile is shown:\n{shown}");
    shell.type_in("p");
    let printed = shell.until("Press Enter or Esc to go back.");
    assert!(printed.contains("]0;owned"), "nothing hostile is printed:\n{printed}");
    shell.type_in("\r");
    shell.until("Parcels");
    shell.type_in("\x1b");
    shell.until("Last orders");
    shell.leave();
    shell.until("code=0");
    let commands =
        ["logs", "logs --all", "logs --json", "logs 8711660 --all", "doctor", "doctor --offline", "profile show"];
    run_each(&mut shell, commands.iter().map(|command| format!("--profile qa {command}")));
    for (what, raw) in [("the one that was killed", &killed.raw), ("the next one", &shell.raw)] {
        let given = take_apart(raw).unwrap_or_else(|why| panic!("{what}: the terminal was given {why}"));
        assert!(given.sequences > 50 && given.bells <= 2 && given.copied.is_empty(), "{what}: {given:?}");
    }
    let logged = std::fs::read_to_string(shell.home.path().join(".local/state/mobproc/qa/log/mobproc.jsonl")).unwrap();
    assert!(logged.contains("\"came\":") && !logged.contains("owned"), "{logged}");
}
