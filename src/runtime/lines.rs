//! Line by line on a terminal or a pipe: lines in on a thread, lines out, and an echo that is taken away for secrets. The
//! terminal stays as the shell left it; nothing but text is written to it.

use std::io::{self, BufRead, Read, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rustix::stdio;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc::UnboundedSender;
use zeroize::Zeroizing;

use super::terminal::{self, Tty};
use super::{Ask, Front, Wake};
use crate::app::Model;
use crate::app::message::{Event, Millis};
use crate::domain::text::Clean;
use crate::plain::{Heard, Plain, SIZE, Said};
use crate::view::transliterated;

/// The longest line that is read (bytes).
const LONGEST: u64 = 1 << 16;
/// So many ends in a row come from no hand.
const ENDS: u32 = 100;

/// The front that talks in lines.
pub struct Lines<W: Write> {
    plain: Plain,
    out: W,
    ascii: bool,
    since: Instant,
    /// Whether a prompt stands on the last line.
    open: bool,
}

/// On standard output.
#[must_use]
pub fn standard(hand: bool, ascii: bool, since: Instant) -> Lines<Tty> {
    Lines::new(Tty, hand, ascii, since)
}

impl<W: Write> Lines<W> {
    /// On what is written there. `hand` where somebody sits at a terminal.
    pub fn new(out: W, hand: bool, ascii: bool, since: Instant) -> Self {
        Self { plain: Plain::new(hand), out, ascii, since, open: false }
    }

    /// Writes text, made clean.
    fn write(&mut self, text: &str, end: &str) -> io::Result<()> {
        if std::mem::take(&mut self.open) {
            self.out.write_all(b"\n")?;
        }
        let text = Clean::new(text);
        let text = if self.ascii { transliterated(&text) } else { text.to_string() };
        write!(self.out, "{text}{end}")
    }
}

impl<W: Write> Front for Lines<W> {
    fn show(&mut self, model: &Model) -> io::Result<(u16, u16)> {
        let said = self.plain.say(model, terminal::millis(self.since));
        if self.plain.secret() && self.plain.hand() {
            unseen();
        }
        for part in said {
            match part {
                Said::Line(line) => self.write(&line, "\n")?,
                Said::Prompt(prompt) => {
                    self.write(prompt.trim_end(), " ")?;
                    self.open = true;
                }
            }
        }
        self.out.flush()?;
        Ok(SIZE)
    }
    fn ask(&mut self, ask: Ask) -> io::Result<()> {
        match ask {
            // What is copied elsewhere was said here.
            Ask::Copy(_) => {}
            Ask::Drain if self.plain.hand() => {
                terminal::drain();
                self.plain.drain();
            }
            Ask::Drain | Ask::Bell => {}
            Ask::Suspend | Ask::Stop => {
                seen(OptionalActions::Flush);
                terminal::pause(ask == Ask::Suspend)?;
                self.plain.again();
            }
            Ask::Retake => {
                if !terminal::continued_as_expected() {
                    self.plain.again();
                }
            }
        }
        Ok(())
    }
    fn anew(&mut self) -> io::Result<(u16, u16)> {
        Ok(SIZE)
    }
    fn hear(&mut self, heard: Heard) {
        if self.plain.hand() {
            // Enter was echoed, but not behind a secret; should that fail, the next word tells.
            if seen(OptionalActions::Now) && self.open {
                let _ = self.out.write_all(b"\n");
            }
            self.open = false;
        }
        self.plain.hear(heard);
    }
    fn press(&mut self, model: &Model) -> Option<Event> {
        self.plain.press(model)
    }
    fn unsaid(&self) -> bool {
        self.plain.unsaid()
    }
    fn due(&self) -> Option<Millis> {
        self.plain.due()
    }
    fn scripted(&self) -> bool {
        !self.plain.hand()
    }
}

/// However it ends, what is typed is seen again, and the prompt has a line of its own.
impl<W: Write> Drop for Lines<W> {
    fn drop(&mut self) {
        over();
        if self.open && !terminal::gone() {
            let _ = self.out.write_all(b"\n");
        }
    }
}

/// The terminal's modes while nothing that is typed is seen.
static MODES: Mutex<Option<Termios>> = Mutex::new(None);

/// From now on what is typed is not seen.
fn unseen() {
    let mut kept = MODES.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.is_none()
        && let Ok(modes) = tcgetattr(stdio::stdin())
    {
        let mut without = modes.clone();
        without.local_modes.remove(LocalModes::ECHO);
        if tcsetattr(stdio::stdin(), OptionalActions::Now, &without).is_ok() {
            *kept = Some(modes);
        }
    }
}

/// What is typed is seen again; whether it was not.
fn seen(action: OptionalActions) -> bool {
    let kept = MODES.lock().unwrap_or_else(PoisonError::into_inner).take();
    kept.is_some_and(|modes| tcsetattr(stdio::stdin(), action, &modes).is_ok())
}

/// Nothing is asked any more: what is typed is seen again, and what was typed of a secret reaches nobody else.
pub fn over() {
    seen(OptionalActions::Flush);
}

/// From now on a panic of any thread lets what is typed be seen again before its report is printed.
pub fn seen_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        over();
        report(info);
    }));
}

/// Reads lines on a thread of its own, which nobody joins; it also notices when the terminal is gone.
///
/// # Errors
/// The system has no thread left.
pub fn read_lines(wake: UnboundedSender<Wake>, since: Instant) -> io::Result<()> {
    std::thread::Builder::new().name("lines".into()).spawn(move || {
        let mut ends = 0;
        loop {
            let heard = match line(since) {
                Ok(Some(heard)) => {
                    ends = 0;
                    heard
                }
                Ok(None) if terminal::gone() || ends > ENDS => break drop(wake.send(Wake::Hangup)),
                Ok(None) => {
                    ends += 1;
                    Heard::End(terminal::millis(since))
                }
                Err(_) if terminal::gone() => break drop(wake.send(Wake::Hangup)),
                Err(_) => Heard::End(terminal::millis(since)),
            };
            let over = matches!(heard, Heard::End(_)) && !rustix::termios::isatty(stdio::stdin());
            if wake.send(Wake::Heard(heard)).is_err() || over {
                break;
            }
        }
    })?;
    Ok(())
}

/// The next line; `None` at the end of what is typed.
fn line(since: Instant) -> io::Result<Option<Heard>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let mut input = io::stdin().lock();
    if Read::take(&mut input, LONGEST).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let at = terminal::millis(since);
    let whole = bytes.last() == Some(&b'\n') || (bytes.len() as u64) < LONGEST;
    if !whole {
        // Its rest is no answer to anything.
        input.skip_until(b'\n')?;
        return Ok(Some(Heard::Garbled(at)));
    }
    while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Some(match std::str::from_utf8(&bytes) {
        Ok(text) => Heard::Line(Zeroizing::new(text.to_owned()), at),
        Err(_) => Heard::Garbled(at),
    }))
}
