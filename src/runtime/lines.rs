//! Line by line on a terminal or a pipe: lines in on a thread, lines out, and an echo that is taken away for secrets. The
//! terminal stays as the shell left it; nothing but text is written to it.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::stdio;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc::UnboundedSender;
use zeroize::{Zeroize, Zeroizing};

use super::terminal::{self, Tty};
use super::{Ask, Front, Wake};
use crate::app::Model;
use crate::app::message::{Event, Millis};
use crate::domain::text::Clean;
use crate::plain::{Heard, Plain, SIZE, Said};
use crate::view::transliterated;

/// The longest line that is read (bytes).
const LONGEST: usize = 1 << 16;
/// So much is read at once.
const CHUNK: usize = 4096;
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
    /// Where a pipe is told that its line was taken, and whether one was not yet.
    taken: Option<Sender<()>>,
    lent: bool,
}

/// On standard output.
#[must_use]
pub fn standard(hand: bool, ascii: bool, since: Instant) -> Lines<Tty> {
    Lines::new(Tty, hand, ascii, since)
}

impl<W: Write> Lines<W> {
    /// On what is written there. `hand` where somebody sits at a terminal.
    pub fn new(out: W, hand: bool, ascii: bool, since: Instant) -> Self {
        Self { plain: Plain::new(hand), out, ascii, since, open: false, taken: None, lent: false }
    }

    /// Reads lines on a thread of its own, which nobody joins; it also notices when the terminal is gone. A pipe's next
    /// line is read when the one before was taken: it may never end.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn read(&mut self, wake: UnboundedSender<Wake>) -> io::Result<()> {
        let (taken, turn) = channel();
        self.taken = Some(taken);
        let (turn, reader) = ((!self.plain.hand()).then_some(turn), Reader::new(self.since));
        std::thread::Builder::new().name("lines".into()).spawn(move || reader.pass_on(&wake, turn.as_ref()))?;
        Ok(())
    }

    /// What is typed is seen, or not, as the question wants it; and it is said when nothing that was typed before can be
    /// taken for its answer.
    fn veil(&self) {
        if self.plain.secret() {
            unseen();
        } else {
            // A secret that was begun, where its question went away, reaches nothing else.
            seen(OptionalActions::Flush);
        }
        while self.plain.barred().is_some_and(|at| at >= terminal::millis(self.since)) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Writes text, made clean.
    fn write(&mut self, text: &str, end: &str) -> io::Result<()> {
        if std::mem::take(&mut self.open) {
            self.out.write_all(b"\n")?;
        }
        let text = Clean::new(text);
        let text = if self.ascii { transliterated(&text) } else { text.to_string() };
        // In one write: what is typed meanwhile must not be echoed into it.
        self.out.write_all(format!("{text}{end}").as_bytes())
    }
}

impl<W: Write> Front for Lines<W> {
    fn show(&mut self, model: &Model) -> io::Result<(u16, u16)> {
        let said = self.plain.say(model, terminal::millis(self.since));
        if self.plain.hand() {
            self.veil();
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
            // Nothing is drawn here, so that nothing is printed beside it either.
            Ask::Drain | Ask::Bell | Ask::Aside(_) | Ask::Back => {}
            Ask::Suspend | Ask::Stop => {
                seen(OptionalActions::Flush);
                terminal::pause(ask == Ask::Suspend)?;
                terminal::in_front()?;
                self.plain.again();
            }
            Ask::Retake => {
                if !terminal::continued_as_expected() {
                    terminal::in_front()?;
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
        self.lent = true;
        self.plain.hear(heard);
    }
    fn press(&mut self, model: &Model) -> Option<Event> {
        let event = self.plain.press(model);
        if self.lent && self.plain.took_all() {
            self.lent = false;
            // Whoever reads may have come to the end.
            let _ = self.taken.as_ref().map(|taken| taken.send(()));
        }
        event
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

/// From now on what is typed is not seen, whatever the shell has made of the modes meanwhile. Those that were found first
/// are the ones that come back.
fn unseen() {
    let mut kept = MODES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Ok(modes) = tcgetattr(stdio::stdin()) {
        let mut without = modes.clone();
        without.local_modes.remove(LocalModes::ECHO);
        if tcsetattr(stdio::stdin(), OptionalActions::Now, &without).is_ok() {
            kept.get_or_insert(modes);
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

/// What comes in, and what of it is no whole line yet.
struct Reader {
    since: Instant,
    kept: Zeroizing<Vec<u8>>,
    /// Whether the line has become too long, and its rest is no answer to anything.
    endless: bool,
}

/// What came in.
enum Came {
    Line(Heard),
    /// There is no more; on a terminal there may be later.
    End,
    /// Nothing more can be read.
    Broken,
}

impl Reader {
    fn new(since: Instant) -> Self {
        // It never grows: what a growing one leaves behind would not be wiped.
        Self { since, kept: Zeroizing::new(Vec::with_capacity(LONGEST + CHUNK)), endless: false }
    }

    /// Passes on what comes in until nothing more does. `turn` tells when a line was taken, where that is waited for.
    fn pass_on(mut self, wake: &UnboundedSender<Wake>, turn: Option<&Receiver<()>>) {
        let mut ends = 0;
        loop {
            let came = self.next();
            ends = if matches!(came, Came::End) { ends + 1 } else { 0 };
            let over = match &came {
                Came::Line(_) => false,
                Came::End => !rustix::termios::isatty(stdio::stdin()),
                Came::Broken => true,
            };
            let heard = match came {
                Came::Line(heard) => heard,
                Came::End | Came::Broken if terminal::gone() || ends > ENDS => break drop(wake.send(Wake::Hangup)),
                Came::End | Came::Broken => Heard::End(terminal::millis(self.since)),
            };
            let sent = wake.send(Wake::Heard(heard)).is_ok();
            if !sent || over || turn.is_some_and(|turn| turn.recv().is_err()) {
                break;
            }
        }
    }

    /// The next line, or what became of them.
    fn next(&mut self) -> Came {
        loop {
            if let Some(end) = self.kept.iter().position(|byte| *byte == b'\n') {
                return Came::Line(self.line(end + 1));
            }
            if self.kept.len() >= LONGEST {
                self.kept.zeroize();
                self.endless = true;
            }
            match self.more() {
                Ok(0) if self.kept.is_empty() && !self.endless => return Came::End,
                Ok(0) => return Came::Line(self.line(self.kept.len())),
                // The terminal's open file is everybody's who runs on it, and so is the mode that makes it impatient.
                Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return Came::Broken,
            }
        }
    }

    /// Waits for more of it; how much came.
    fn more(&mut self) -> Result<usize, Errno> {
        rustix::event::poll(&mut [PollFd::new(&stdio::stdin(), PollFlags::IN)], None)?;
        if terminal::forgets() {
            self.kept.zeroize();
        }
        let before = self.kept.len();
        self.kept.resize(before + CHUNK, 0);
        let read = rustix::io::read(stdio::stdin(), self.kept.get_mut(before..).unwrap_or_default());
        self.kept.truncate(before + read.unwrap_or(0));
        read
    }

    /// Takes so many bytes as a line.
    fn line(&mut self, length: usize) -> Heard {
        let at = terminal::millis(self.since);
        let text = self.kept.get(..length).unwrap_or_default();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let heard = match std::str::from_utf8(text) {
            Ok(text) if !self.endless => Heard::Line(Zeroizing::new(text.to_owned()), at),
            Ok(_) | Err(_) => Heard::Garbled(at),
        };
        self.endless = false;
        let left = self.kept.len() - length;
        self.kept.copy_within(length.., 0);
        self.kept.get_mut(left..).unwrap_or_default().zeroize();
        self.kept.truncate(left);
        heard
    }
}
