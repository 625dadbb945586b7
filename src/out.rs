//! What the commands print: lines of clean text, by no other way. Nobody reading is no error.

use std::io::Write;
use std::process::ExitCode;

use mobproc::domain::text::Clean;

/// A line on standard output.
#[expect(clippy::disallowed_methods, reason = "standard output: clean text only")]
pub(crate) fn line(text: &Clean) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The beginning of a line on standard output, which somebody goes on with.
#[expect(clippy::disallowed_methods, reason = "standard output: clean text only")]
pub(crate) fn prompt(text: &Clean) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// A text of several lines on standard output.
pub(crate) fn lines(text: &str) {
    text.lines().map(Clean::new).for_each(|l| line(&l));
}

/// A script or a page made of the program's own words, as it is.
#[expect(clippy::disallowed_methods, reason = "standard output: nothing foreign is in it")]
pub(crate) fn generated(text: &[u8]) {
    let _ = std::io::stdout().write_all(text);
}

/// A sentence on standard error, after the program's name.
pub(crate) fn complain(text: &Clean) {
    report(&format!("mobproc: {text}"));
}

/// A text of several lines on standard error.
#[expect(clippy::disallowed_methods, reason = "standard error: clean text only")]
pub(crate) fn report(text: &str) {
    for line in text.lines().map(Clean::new) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// The help, or what is wrong with the arguments: they may come out of a ticket or a link.
pub(crate) fn usage(text: &clap::Error) -> ExitCode {
    let shown = text.render().to_string();
    if text.use_stderr() {
        report(&shown)
    } else {
        lines(&shown)
    }
    ExitCode::from(u8::try_from(text.exit_code()).unwrap_or(2))
}
