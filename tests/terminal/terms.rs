//! An order in terminals of every kind: what they are given is text and the few sequences of our own, never a question,
//! colour only where it is promised, ASCII where the locale knows no more, and the focus is always to be seen.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::sequences::take_apart;
use crate::shell::{Shell, side_by_side};

/// A kind of terminal, and what it must be given.
#[derive(Clone, Copy)]
struct Kind {
    environment: &'static str,
    colour: bool,
    ascii: bool,
}

const fn kind(environment: &'static str, colour: bool, ascii: bool) -> Kind {
    Kind { environment, colour, ascii }
}

const KINDS: [Kind; 11] = [
    kind("TERM=xterm-256color", true, false),
    kind("TERM=tmux-256color", true, false),
    kind("TERM=xterm COLORTERM=truecolor", true, false),
    kind("TERM=xterm-256color NO_COLOR=1", false, false),
    kind("TERM=xterm-256color LANG=C", true, true),
    kind("TERM=xterm-256color LC_ALL=POSIX NO_COLOR=1", false, true),
    kind("TERM=screen", false, false),
    kind("TERM=linux", false, false),
    kind("TERM=vt100 LANG=C", false, true),
    kind("TERM=putty", false, false),
    kind("TERM=putty LANG=C NO_COLOR=1", false, true),
];

/// The numbers of everything that sets a look.
fn looks(given: &str) -> Vec<u16> {
    let sequences = given.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        (rest.as_bytes()[end] == b'm').then(|| &rest[..end])
    });
    sequences.flat_map(|numbers| numbers.split(';').filter_map(|n| n.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Whether the row that the mark stands before is reversed.
fn focus_is_seen(shell: &Shell, row: &str) -> bool {
    let screen = shell.screen.screen();
    let columns = screen.size().1.get();
    let at = screen.rows(0, columns).position(|text| text.starts_with(" > ") && text.contains(row));
    at.is_some_and(|at| (0..columns).any(|x| screen.cell(u16::try_from(at).unwrap(), x).unwrap().inverse()))
}

/// Places an order, with a mistake on the way that is shown in red where there is red, and leaves.
fn placed(shell: &mut Shell, command: &str) {
    shell.command(&format!("{command}; echo code=$?"));
    shell.until("yourself");
    shell.type_in("edw dev");
    shell.until("1 of 241 match");
    shell.wait("the focus", |screen| screen.contains(" > ") && screen.contains("Edwards, Peter"));
    assert!(focus_is_seen(shell, "Edwards, Peter"), "{command}: the focus is not to be seen");
    shell.type_in("\x15s/edw dev\r");
    shell.until("3 of 4 required done");
    shell.type_in("zzz\r");
    shell.until("!");
    shell.type_in("\x1b[A");
    shell.quiet(Duration::from_millis(50));
    shell.type_in("\x15+7\x0f");
    shell.submit();
    shell.until("8711660");
}

#[test]
fn an_order_is_placed_in_terminals_of_every_kind_and_none_is_given_what_it_does_not_know() {
    side_by_side(u64::try_from(KINDS.len()).unwrap(), 4, |job| {
        let Kind { environment, colour, ascii } = KINDS[usize::try_from(job).unwrap()];
        let mut shell = Shell::start((80, 24));
        placed(&mut shell, &format!("{environment} $M"));
        shell.leave();
        shell.until("code=0");
        let given = String::from_utf8(shell.raw.clone()).unwrap();
        let ours = given.split_once("\x1b[?1049h").unwrap().1.split_once("\x1b[?1049l").unwrap().0;
        let whole = format!("\x1b[?1049h{ours}\x1b[?1049l");
        take_apart(whole.as_bytes()).unwrap_or_else(|why| panic!("{environment}: the terminal was given {why}"));
        let looks = looks(ours);
        assert!(looks.contains(&7), "{environment}: nothing is reversed");
        let coloured: Vec<_> = looks.iter().filter(|n| (30..=49).contains(*n) || **n >= 90).collect();
        assert_eq!(!coloured.is_empty(), colour, "{environment}: {coloured:?}");
        assert!(coloured.iter().all(|n| [31, 35].contains(*n)), "{environment}: {coloured:?}");
        assert_eq!(ours.is_ascii(), ascii, "{environment}");
    });
}

/// A program between us and the terminal, which ends with the test.
struct Between<'a> {
    end: [&'a str; 3],
    folder: &'a Path,
}

impl Drop for Between<'_> {
    fn drop(&mut self) {
        let [program, option, name] = self.end;
        let mut command = Command::new(program);
        command.env("SCREENDIR", self.folder).args([option, name]);
        command.args(if program == "tmux" { &["kill-server"][..] } else { &["-X", "quit"] });
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn there(program: &str) -> bool {
    let there = Path::new("/usr/bin").join(program).exists();
    if !there {
        println!("SKIPPED: {program} is not installed here");
    }
    there
}

/// What the terminal itself is asked to copy when the order's id is.
fn copied(shell: &mut Shell) -> Vec<String> {
    let before = shell.raw.len();
    shell.type_in("3");
    shell.until("Asked the terminal to copy");
    shell.quiet(Duration::from_millis(200));
    let given = String::from_utf8_lossy(&shell.raw[before..]).into_owned();
    given.split("\x1b]52;").skip(1).map(|rest| rest.split(['\x07', '\x1b']).next().unwrap().to_owned()).collect()
}

/// The order's id as it is copied: `8711660 (SANDBOX)`.
const ID: &str = "ODcxMTY2MCAoU0FOREJPWCk=";

#[test]
fn an_order_is_placed_within_tmux_which_passes_a_copy_on_as_it_was_told() {
    if !there("tmux") {
        return;
    }
    for (told, passes) in [("", 0), ("set -s set-clipboard on", 1), ("set -g allow-passthrough on", 1)] {
        let mut shell = Shell::start((80, 25));
        let home = std::sync::Arc::clone(&shell.home);
        let (config, socket) = (home.path().join("tmux.conf"), home.path().join("tmux.socket"));
        std::fs::write(&config, format!("{told}\n")).unwrap();
        let socket = socket.display().to_string();
        let _between = Between { end: ["tmux", "-S", &socket], folder: home.path() };
        shell.command(&format!("clear; tmux -f {} -S {socket} new-session sh; echo left", config.display()));
        shell.until("[0] 0:sh");
        placed(&mut shell, "$M");
        let copies = copied(&mut shell);
        assert_eq!(copies.len(), passes, "{told:?}: {copies:?}");
        assert!(copies.iter().all(|copy| copy.ends_with(ID)), "{copies:?}");
        shell.leave();
        shell.until("code=0");
        shell.command("exit");
        shell.until("left");
    }
}

#[test]
fn an_order_is_placed_within_gnu_screen_and_its_id_is_copied_by_the_terminal() {
    if !there("screen") {
        return;
    }
    let mut shell = Shell::start((80, 24));
    let home = std::sync::Arc::clone(&shell.home);
    let folder = tempfile::tempdir().unwrap();
    let name = format!("mobproc-{}", std::process::id());
    let _between = Between { end: ["screen", "-S", &name], folder: folder.path() };
    std::fs::write(home.path().join(".screenrc"), "startup_message off\n").unwrap();
    shell.command(&format!(
        "clear; export SCREENDIR={}; chmod 700 $SCREENDIR; screen -U -S {name} sh; echo left",
        folder.path().display()
    ));
    shell.wait("a prompt", |screen| screen.trim() == "$");
    shell.command("echo $TERM $STY");
    shell.until(&name);
    placed(&mut shell, "$M");
    assert_eq!(copied(&mut shell), [format!("c;{ID}")]);
    shell.leave();
    shell.until("code=0");
    shell.command("exit");
    shell.until("left");
}
