//! What is offered to shells and readers: completions that load and complete, a page that is well made, and one table of
//! exit codes in three places.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use mobproc::exits::EXITS;

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mobproc")).args(arguments).env_clear().output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a program says to that input, both ways out; `None`, and why, where it is not installed.
fn said(program: &str, arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
    let home = tempfile::tempdir().unwrap();
    command.env("HOME", home.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("SKIPPED: {program} is not installed here");
        return None;
    };
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(input.as_bytes()).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let both = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(both).unwrap()))
}

#[test]
fn bash_zsh_and_fish_load_their_completions_and_complete_commands_and_options() {
    let folder = tempfile::tempdir().unwrap();
    let script = |shell: &str| {
        let at = folder.path().join(shell);
        std::fs::write(&at, printed(&["completions", shell])).unwrap();
        at.display().to_string()
    };
    let (bash, zsh, fish) = (script("bash"), script("zsh"), script("fish"));
    for (program, file) in [("bash", &bash), ("zsh", &zsh), ("fish", &fish)] {
        if let Some(told) = said(program, &["-n", file], "") {
            assert_eq!(told, (true, String::new()), "{program}");
        }
    }
    let complete = "COMP_WORDS=(mobproc order --em) COMP_CWORD=2; _mobproc mobproc --em order; echo ${COMPREPLY[@]}";
    if let Some((well, told)) = said("bash", &["--norc", "-c", &format!(". {bash}; {complete}")], "") {
        assert!(well && told.trim() == "--employee", "{told}");
    }
    let complete =
        "COMP_WORDS=(mobproc order --type DE) COMP_CWORD=3; _mobproc mobproc DE --type; echo ${COMPREPLY[@]}";
    if let Some((well, told)) = said("bash", &["--norc", "-c", &format!(". {bash}; {complete}")], "") {
        assert!(well && told.trim() == "DEACTIVATE", "{told}");
    }
    for kind in &mobproc::domain::kinds::KINDS {
        for file in [&bash, &zsh, &fish] {
            assert!(std::fs::read_to_string(file).unwrap().contains(kind.id), "{file} lacks {}", kind.id);
        }
    }
    let complete = format!("source {fish}; complete -C 'mobproc sand'");
    if let Some((well, told)) = said("fish", &["--no-config", "-c", &complete], "") {
        assert!(well && told.starts_with("sandbox\t"), "{told}");
    }
    let load = format!(
        "fpath=({} $fpath); autoload -Uz compinit; compinit -u -d $HOME/dump; . {zsh}; whence -w _mobproc",
        folder.path().display()
    );
    if let Some((well, told)) = said("zsh", &["-f", "-c", &load], "") {
        assert!(well && told.trim() == "_mobproc: function", "{told}");
    }
}

#[test]
fn the_page_is_well_made_and_holds_what_it_should() {
    let page = printed(&["man"]);
    if let Some((well, told)) = said("groff", &["-man", "-Tutf8", "-ww", "-z"], &page) {
        assert_eq!((well, told.as_str()), (true, ""), "groff has something to say");
    }
    let Some((_, shown)) = said("groff", &["-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=200n"], &page) else {
        return;
    };
    for heading in ["SYNOPSIS", "OPTIONS", "COMMANDS", "EXAMPLES", "ENVIRONMENT", "FILES", "EXIT STATUS"] {
        assert!(shown.lines().any(|line| line == heading), "{heading} is missing:\n{shown}");
    }
    for held in [
        "NO_COLOR",
        "NO_MOTION",
        "ACCESSIBLE",
        "--plain",
        "LC_ALL",
        "COLORTERM",
        "MOBPROC_ESC_MS",
        "MOBPROC_TENANT",
        "config.toml",
        "--json FILE",
    ] {
        assert!(shown.contains(held), "{held} is missing:\n{shown}");
    }
    for exit in EXITS {
        assert!(shown.contains(exit.means), "{}", exit.code);
    }
}

#[test]
fn the_help_has_examples_and_the_exit_codes_are_the_same_everywhere() {
    let help = printed(&["--help"]);
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for exit in EXITS {
        assert!(help.contains(&format!("{:>3}  {}", exit.code, exit.means)), "{help}");
        let row = format!("| {} | {} |", exit.code, exit.means);
        assert!(readme.contains(&row), "the README lacks this row:\n{row}");
    }
    let commands = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let names = commands.filter(|l| !l.starts_with("   ")).map(|l| l.split_whitespace().next().unwrap());
    for name in names.filter(|name| !["purge", "help"].contains(name)) {
        let own = printed(&[name, "--help"]);
        assert!(own.contains("Examples:\n  mobproc"), "{name} has no example:\n{own}");
    }
}
