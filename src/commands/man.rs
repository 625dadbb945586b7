//! `mobproc man`, and the examples that the help shows too: what is told of the program as a whole, in tables.

use std::io;
use std::process::ExitCode;

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use mobproc::exits::EXITS;
use mobproc::profile::SETTINGS;

use crate::{Arguments, out};

/// A command line, and what it does.
struct Example {
    /// The subcommand whose help shows it; none for the wizard.
    of: &'static str,
    line: &'static str,
    does: &'static str,
}

const EXAMPLES: [Example; 17] = [
    Example { of: "", line: "mobproc", does: "the wizard; without a config file with a sandbox of its own" },
    Example { of: "", line: "mobproc --profile qa", does: "with the profile qa of the config file" },
    Example { of: "", line: "mobproc --plain", does: "line by line, for screen readers and scripts" },
    Example {
        of: "order",
        line: "mobproc order --type SUSPEND --service 2035554468 --set PREFERRED_SUSPENSION_DATE=+7",
        does: "the wizard with answers given; nothing is sent before the review",
    },
    Example { of: "order", line: "mobproc order --json order.json", does: "the same from a whole orderRequest" },
    Example { of: "status", line: "mobproc status 8711660", does: "where the phone is" },
    Example {
        of: "reconcile",
        line: "mobproc reconcile || echo look",
        does: "one look for orders without an outcome, for cron",
    },
    Example { of: "init", line: "mobproc init", does: "writes a first profile by asking; mobproc doctor checks it" },
    Example { of: "doctor", line: "mobproc --profile qa doctor", does: "checks everything that an order needs" },
    Example { of: "profile", line: "mobproc profile show qa", does: "every setting in force, and where it is from" },
    Example {
        of: "directory",
        line: "mobproc directory status",
        does: "what is kept of people and lines, for whom and of when",
    },
    Example { of: "directory", line: "mobproc directory refresh", does: "reads everybody anew, as from cron at night" },
    Example { of: "logs", line: "mobproc logs MP70000000000J", does: "what was done for one order" },
    Example {
        of: "sandbox",
        line: "mobproc sandbox --listen 127.0.0.1:8080 --latency 300",
        does: "a slow server for training",
    },
    Example {
        of: "sandbox",
        line: "mobproc sandbox --listen 127.0.0.1:8080 --employees 1000000 --seed 7",
        does: "a company of a million",
    },
    Example {
        of: "completions",
        line: "mobproc completions bash > ~/.local/share/bash-completion/completions/mobproc",
        does: "Tab completes commands and options",
    },
    Example { of: "man", line: "mobproc man | man -l -", does: "reads the manual" },
];

/// What counts in the environment.
const VARIABLES: [(&str, &str); 14] = [
    ("MOBPROC_CONFIG, MOBPROC_PROFILE", "stand for --config and --profile"),
    (
        "MOBPROC_PASSWORD, MOBPROC_CLIENT_SECRET, MOBPROC_ACCESS_TOKEN",
        "secrets; taken only where the profile says allow_env_secrets = true",
    ),
    (
        "MOBPROC_ESC_MS",
        "how long an Esc is held because it may begin a longer key: 0 to 1000 milliseconds, 100 unless told otherwise; \
         more where arrows arrive as letters",
    ),
    ("NO_COLOR", "where it is set and not empty there is no colour: bold and reverse only"),
    (
        "TERM, COLORTERM",
        "colour only where TERM holds 256color or COLORTERM is set; where TERM is dumb the wizard talks line by line",
    ),
    ("ACCESSIBLE", "where it is set, and neither 0 nor false, the wizard talks line by line, as with --plain"),
    ("NO_MOTION", "where it is set and not 0, what takes long counts no seconds"),
    ("LC_ALL, LC_CTYPE, LANG", "lines and accents only where the first that is set names UTF-8; else plain ASCII"),
    ("TMUX, STY", "whether copying has to pass through tmux or GNU screen"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, HOME", "where files lie"),
    ("CREDENTIALS_DIRECTORY", "secrets that a service manager hands over"),
    ("HTTPS_PROXY, NO_PROXY", "the proxy, where the profile names none"),
    ("TZ", "the time zone of dates and times"),
    ("USER, LOGNAME", "who is named on the screens"),
];

/// Where files lie.
const FILES: [(&str, &str); 4] = [
    ("$XDG_CONFIG_HOME/mobproc/config.toml, else ~/.config/mobproc/config.toml", "the profiles; mode 0600"),
    (
        "$XDG_STATE_HOME/mobproc/PROFILE, else ~/.local/state/mobproc/PROFILE",
        "the journal: drafts and orders, state.db and intents.log; the sandbox's in _sandbox",
    ),
    ("directory-*.kept beside the journal", "people and lines as they were read last; mobproc directory shows it"),
    ("log/mobproc.jsonl beside the journal", "the log; mobproc logs reads it"),
];

/// What stands below a command's help: its examples; below that of the whole program all of them, and the exit codes.
pub(crate) fn after_help(of: &str) -> String {
    let shown = EXAMPLES.iter().filter(|e| of.is_empty() || e.of == of);
    let examples: Vec<_> = shown.map(|e| format!("  {}\n      {}", e.line, e.does)).collect();
    let mut text = format!("Examples:\n{}", examples.join("\n"));
    if of.is_empty() {
        text += "\n\nExit codes:";
        for exit in EXITS {
            text += &format!("\n  {:>3}  {}", exit.code, exit.means);
        }
    }
    text
}

/// `mobproc man`: the manual page.
pub(crate) fn man() -> ExitCode {
    match page() {
        Ok(page) => {
            out::generated(&page);
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}

fn page() -> io::Result<Vec<u8>> {
    let mut command = Arguments::command().after_help("");
    command.build();
    let man = Man::new(command.clone()).title("mobproc").section("1").manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    commands(&mut roff, &command, "mobproc");
    let examples = EXAMPLES.map(|e| (e.line, e.does.to_owned()));
    section(&mut roff, "EXAMPLES", &examples);
    section(&mut roff, "ENVIRONMENT", &VARIABLES.map(|(name, means)| (name, means.to_owned())));
    settings(&mut roff);
    section(&mut roff, "FILES", &FILES.map(|(name, means)| (name, means.to_owned())));
    let codes = EXITS.map(|exit| (exit.code.to_string(), exit.means.to_owned()));
    section(&mut roff, "EXIT STATUS", &codes.each_ref().map(|(code, means)| (code.as_str(), means.clone())));
    roff.to_writer(&mut page)?;
    Ok(page)
}

/// A list of names, and what each means.
fn section(roff: &mut Roff, title: &str, entries: &[(&str, String)]) {
    roff.control("SH", [title]);
    for (name, means) in entries {
        entry(roff, name, means);
    }
}

fn entry(roff: &mut Roff, name: &str, means: &str) {
    roff.control("TP", []);
    roff.text([bold(name)]);
    roff.text([roman(means)]);
}

/// The variables of the settings that can be given so.
fn settings(roff: &mut Roff) {
    for setting in SETTINGS.iter().filter(|s| !s.key.ends_with("_command") && !s.key.starts_with("timing.")) {
        let default = if setting.default.is_empty() { String::new() } else { format!("; {}", setting.default) };
        entry(roff, &setting.variable(), &format!("the setting {}: {}{default}", setting.key, setting.means));
    }
}

/// Every command below this one, with its arguments and options.
fn commands(roff: &mut Roff, command: &Command, path: &str) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let path = format!("{path} {}", sub.get_name());
        let places: Vec<_> = sub.get_positionals().map(shape).collect();
        roff.control("SS", [format!("{path} {}", places.join(" ")).trim_end()]);
        roff.text([roman(sub.get_about().map(ToString::to_string).unwrap_or_default())]);
        for arg in sub.get_arguments().filter(|arg| !arg.is_global_set() && arg.get_id() != "help") {
            entry(roff, &shape(arg), &means(arg));
        }
        commands(roff, sub, &path);
    }
}

/// `--listen ADDR`, `[ID]`.
fn shape(arg: &Arg) -> String {
    let values: Vec<_> = arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let takes = arg.get_action().takes_values();
    let value = if takes { values.join(" ") } else { String::new() };
    match (arg.get_long(), arg.is_required_set()) {
        (Some(long), _) if takes => format!("--{long} {value}"),
        (Some(long), _) => format!("--{long}"),
        (None, true) => value,
        (None, false) => format!("[{value}]"),
    }
}

/// What an argument means, and what may be given.
fn means(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<_> = arg.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
    let values = Some(values).filter(|v| !v.is_empty() && arg.get_action().takes_values());
    values.map_or_else(|| help.clone(), |values| format!("{help}: {}", values.join(", ")))
}
