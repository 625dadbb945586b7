//! What is said of a failure of the program itself: below the prompt and in a file of one's own, every line of it
//! clean, with no more of what it failed on than a line or two. Edge.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::time::Duration;

use color_eyre::config::{HookBuilder, Theme};
use color_eyre::eyre;
use color_eyre::section::PanicMessage;
use jiff::Timestamp;

use crate::domain::text::Clean;
use crate::log::{Log, file};
use crate::store::place;

/// The most of a panic's own words that is repeated (characters): they may quote what somebody wrote.
const WORDS: usize = 300;
/// How long a disk may take to store the report.
const STORING: Duration = Duration::from_millis(500);

/// Where reports are kept, and the log that mentions them.
static KEPT: OnceLock<(PathBuf, Log)> = OnceLock::new();

/// From now on failures are reported this way, printed by that. To be called before anything that takes the terminal puts its own hook
/// before this one.
///
/// # Errors
/// There are such hooks already.
pub fn install(print: fn(&str)) -> eyre::Result<()> {
    let hooks = HookBuilder::default()
        .theme(Theme::new())
        .display_env_section(false)
        .panic_message(Message)
        .try_into_hooks()?;
    let (panic, eyre) = hooks;
    eyre.install()?;
    std::panic::set_hook(Box::new(move |info| {
        let report = clean(&panic.panic_report(info).to_string());
        print(&report);
        if let Some((dir, log)) = KEPT.get() {
            log.panicked(&place_of(info));
            let text = format!("mobproc {} {}\n{report}\n", env!("CARGO_PKG_VERSION"), Timestamp::now());
            if let Some(path) = stored(dir, text) {
                print(&format!("This report is kept in {}", path.display()));
            }
        }
    }));
    Ok(())
}

/// From now on reports are also kept in the log's directory in that state directory.
pub fn keep_in(state: &Path, log: &Log) {
    // Whoever said so first is right: a program works in one directory.
    let _ = KEPT.set((file::folder(state), log.clone()));
}

/// An error that ends the program, as it is printed.
#[must_use]
pub fn of_error(error: &eyre::Report) -> String {
    clean(&format!("Error: {error:?}"))
}

/// Each line as a terminal may be given it.
fn clean(text: &str) -> String {
    text.lines().map(|line| Clean::new(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// Writes the report to a file of its own, on another thread: a stuck disk must not keep the program from ending.
fn stored(dir: &Path, text: String) -> Option<PathBuf> {
    let name = format!("crash-{}.txt", Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ"));
    let path = dir.join(name);
    let (done, stored) = channel();
    let into = path.clone();
    std::thread::Builder::new()
        .spawn(move || {
            let opened = place::private_file(&into, std::fs::OpenOptions::new().write(true).create_new(true));
            let _ = done.send(opened.and_then(|mut file| file.write_all(text.as_bytes())).is_ok());
        })
        .ok()?;
    stored.recv_timeout(STORING).is_ok_and(|done| done).then_some(path)
}

/// File and line of a failure; where the crate was built is nobody's business.
fn place_of(info: &PanicHookInfo<'_>) -> String {
    let Some(at) = info.location() else { return "somewhere".into() };
    let file = at.file().rsplit_once("/src/").map_or(at.file(), |(above, file)| {
        let from = above.rfind('/').map_or(0, |at| at + 1);
        &at.file()[from..above.len() + "/src/".len() + file.len()]
    });
    format!("{file}:{}", at.line())
}

/// A failure in the user's terms.
struct Message;

impl PanicMessage for Message {
    fn display(&self, info: &PanicHookInfo<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = std::thread::current();
        let words = info.payload_as_str().unwrap_or("it does not say why");
        writeln!(
            f,
            "mobproc has failed; this is a mistake of the program. What was typed is in the journal, and so is"
        )?;
        writeln!(f, "every order that was sent: start it again and look at the first screen before ordering anew.")?;
        writeln!(f, "  At:     {} (thread {})", place_of(info), thread.name().unwrap_or("without a name"))?;
        let mut shown = String::new();
        for c in words.chars().take(WORDS) {
            // One line: what it quotes must not look like lines of the report.
            write!(shown, "{}", if c == '\n' { ' ' } else { c })?;
        }
        write!(f, "  Reason: {}", Clean::new(&shown))
    }
}
