//! The terminal: taken, given back whatever happens, and its keys as ours. Nothing is ever asked of it: answers come late
//! over SSH and turn into typed text.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, terminal};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::process::Signal;
use rustix::stdio;
use rustix::termios::QueueSelector;
use tokio::sync::mpsc::UnboundedSender;

use super::Wake;
use crate::app::keys::Key;
use crate::app::message::{Event, Millis};
use crate::domain::text::Clean;

/// The screen: one write a frame.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether a stop of our own was continued, and the signal that says so has not been heard yet.
static EXPECTED: AtomicBool = AtomicBool::new(false);

/// Takes the terminal: raw mode, alternate screen, bracketed paste.
///
/// # Errors
/// What the terminal refused; it is given back then.
#[expect(clippy::disallowed_methods, reason = "the screen: views draw clean text only")]
pub fn take() -> io::Result<Screen> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout());
    // Some terminals do not clear an alternate screen that they are already on.
    let clear = terminal::Clear(terminal::ClearType::All);
    execute!(out, terminal::EnterAlternateScreen, clear, event::EnableBracketedPaste)?;
    Terminal::new(CrosstermBackend::new(out))
}

/// Gives the terminal back, once; errors are of no use to anybody here. One that is gone is not written to.
#[expect(clippy::disallowed_methods, reason = "our own sequences")]
pub fn give_back() {
    if TAKEN.load(Ordering::SeqCst) && !gone() {
        let _ = execute!(io::stdout(), event::DisableBracketedPaste, terminal::LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
    // Only now: whoever is stuck above has not given it back.
    TAKEN.store(false, Ordering::SeqCst);
}

/// Whether the terminal has hung up. Never waits.
#[must_use]
pub fn gone() -> bool {
    let stdin = stdio::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::empty())];
    let looked = rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    looked.is_ok() && hung_up(&fds[0])
}

fn hung_up(fd: &PollFd<'_>) -> bool {
    fd.revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// Gives the terminal back where its owner is stuck, without ever waiting for it, and cuts the program off from it. What
/// reads from it sleeps as long as the end that is returned stays open.
#[must_use]
pub fn let_go() -> Option<OwnedFd> {
    let stuck = TAKEN.swap(false, Ordering::SeqCst);
    if gone() {
        cut_loose();
    } else if stuck {
        unblock(b"\x1b[?2004l\x1b[?1049l\x1b[?25h");
    } else {
        // It was given back, and whoever did so may still have something to say.
        return None;
    }
    let (reader, writer) = rustix::pipe::pipe().ok()?;
    stdio::dup2_stdin(reader).ok()?;
    Some(writer)
}

/// From now on nothing that is written can wait for the terminal.
pub fn cut_loose() {
    unblock(b"");
}

/// How often a terminal that somebody else writes to just now is tried again, and after how long.
const TRIES: (u32, Duration) = (20, Duration::from_millis(5));

/// Frees whoever waits for a terminal that takes nothing, says a last word to it, and puts nothing in its place.
fn unblock(last: &[u8]) {
    let Ok(tty) = rustix::io::dup(stdio::stdout()) else { return };
    let there = rustix::termios::isatty(&tty) && !gone();
    let flags = rustix::fs::fcntl_getfl(&tty).ok().filter(|_| there);
    if let Some(flags) = flags {
        let _ = rustix::fs::fcntl_setfl(&tty, flags | OFlags::NONBLOCK);
    }
    if let Ok(null) = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, rustix::fs::Mode::empty()) {
        let _ = stdio::dup2_stdout(&null);
        let _ = stdio::dup2_stderr(&null);
    }
    let Some(flags) = flags else { return };
    for _ in 0..TRIES.0 {
        let _ = rustix::termios::tcflush(&tty, QueueSelector::OFlush);
        // A change of modes is what wakes those who wait for room.
        let _ = terminal::disable_raw_mode();
        if let Ok(modes) = rustix::termios::tcgetattr(&tty) {
            let _ = rustix::termios::tcsetattr(&tty, rustix::termios::OptionalActions::Now, &modes);
        }
        match rustix::io::write(&tty, last) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => std::thread::sleep(TRIES.1),
            Ok(_) | Err(_) => break,
        }
    }
    // The shell has the same open file.
    let _ = rustix::fs::fcntl_setfl(&tty, flags);
}

/// Gives the terminal back when it goes out of scope.
pub struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// From now on a panic of any thread gives the terminal back before its report is printed.
pub fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        give_back();
        report(info);
    }));
}

/// Whether a terminal is there to work with.
#[must_use]
pub fn present() -> bool {
    rustix::termios::isatty(stdio::stdin()) && rustix::termios::isatty(stdio::stdout())
}

/// Columns and rows, by ioctl; 80x24 where the terminal does not say.
#[must_use]
pub fn size() -> (u16, u16) {
    terminal::size().ok().filter(|&(w, h)| w > 0 && h > 0).unwrap_or((80, 24))
}

/// Throws away what was typed and not yet read.
pub fn drain() {
    let _ = rustix::termios::tcflush(stdio::stdin(), QueueSelector::IFlush);
}

/// Hands the terminal to the shell until it continues us: with everything that was started with us, or alone.
///
/// # Errors
/// What the terminal refused when it was taken again.
pub fn suspend(screen: &mut Screen, together: bool) -> io::Result<()> {
    screen.backend_mut().flush()?;
    give_back();
    if continued_by_somebody() {
        EXPECTED.store(true, Ordering::SeqCst);
        stop(together)?;
    }
    retake(screen)
}

/// Takes the terminal anew after the program was continued, unless that was told already.
///
/// # Errors
/// What the terminal refused.
pub fn continued(screen: &mut Screen) -> io::Result<()> {
    if EXPECTED.swap(false, Ordering::SeqCst) { Ok(()) } else { retake(screen) }
}

/// Takes the terminal anew, as soon as the shell lends it: its modes are not those that we left.
fn retake(screen: &mut Screen) -> io::Result<()> {
    let behind = || {
        let front = rustix::termios::tcgetpgrp(stdio::stdin()).ok()?;
        Some(Standing::of("self")?.group != front.as_raw_pid())
    };
    while behind() == Some(true) && continued_by_somebody() {
        stop(true)?;
    }
    let _ = terminal::disable_raw_mode();
    *screen = take()?;
    Ok(())
}

/// Stops us until somebody continues us. Not with SIGTSTP, which we hear as a wish.
fn stop(together: bool) -> io::Result<()> {
    if together {
        rustix::process::kill_current_process_group(Signal::STOP)?;
    } else {
        rustix::process::kill_process(rustix::process::getpid(), Signal::STOP)?;
    }
    Ok(())
}

/// Whether somebody is there who can continue us: an ancestor in our session, but not of our group. The system itself
/// does not stop others on SIGTSTP either.
fn continued_by_somebody() -> bool {
    let Some(own) = Standing::of("self") else { return false };
    let mut next = own.parent;
    while let Some(ancestor) = Standing::of(next) {
        if ancestor.group != own.group {
            return ancestor.session == own.session;
        }
        next = ancestor.parent;
    }
    false
}

/// A process among others, by number. One that is outside our namespace has the number 0 here, as happens in a container;
/// the calls of the system that tell the same cannot say that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    parent: i32,
    group: i32,
    session: i32,
}

impl Standing {
    /// That of a process, by its number or as `self`.
    fn of(process: impl std::fmt::Display) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name before the last bracket may hold anything.
        let mut numbers = stat.rsplit_once(')')?.1.split_whitespace().skip(1).map(|n| n.parse().ok());
        let mut number = || numbers.next().flatten();
        Some(Self { parent: number()?, group: number()?, session: number()? })
    }
}

/// Rings the bell, once.
///
/// # Errors
/// Where the terminal cannot be written to.
pub fn ring(screen: &mut Screen) -> io::Result<()> {
    screen.backend_mut().write_all(b"\x07")?;
    screen.backend_mut().flush()
}

/// Asks the terminal to copy (OSC 52); whether it did, nobody can know.
///
/// # Errors
/// Where the terminal cannot be written to.
#[expect(clippy::disallowed_methods, reason = "one sequence of our own, with clean text in base64")]
pub fn copy(text: &str) -> io::Result<()> {
    let clean: Vec<_> = text.lines().map(|l| Clean::new(l).to_string()).collect();
    execute!(io::stdout(), crossterm::clipboard::CopyToClipboard::to_clipboard_from(clean.join("\n")))
}

/// Reads keys on a thread of its own, which nobody joins; it also notices when the terminal is gone.
///
/// crossterm's own waiting never returns once the terminal is gone and burns a core instead, so the waiting is done
/// here, and crossterm is given only what has arrived.
pub fn read_keys(wake: UnboundedSender<Wake>, since: Instant) -> io::Result<()> {
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        loop {
            let stdin = stdio::stdin();
            let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
            let gone = match rustix::event::poll(&mut fds, None) {
                Ok(_) => hung_up(&fds[0]),
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => true,
            };
            if gone || !forward(&wake, since) {
                let _ = wake.send(Wake::Hangup);
                return;
            }
        }
    })?;
    Ok(())
}

/// A look at what has arrived. With no time at all crossterm does not look, and whole milliseconds it would spin away
/// on the core that is to draw the answer.
const LOOK: Duration = Duration::from_micros(20);

/// Hands on what has arrived; false where the terminal cannot be read.
///
/// crossterm's default source waits for edges: of a flood it reads one buffer, and the rest lies there unseen until the
/// next key while our own waiting says that there is something to read. Its other source (`use-dev-tty`) looks at levels.
fn forward(wake: &UnboundedSender<Wake>, since: Instant) -> bool {
    let mut empty = 0;
    loop {
        match event::poll(LOOK) {
            Ok(true) => empty = 0,
            // Whoever was interrupted during so short a look has not looked: only the second one counts.
            Ok(false) if empty == 0 => {
                empty += 1;
                continue;
            }
            Ok(false) => return true,
            Err(_) => return false,
        }
        let Ok(event) = event::read() else { return false };
        let at = millis(since);
        let sent = match event {
            event::Event::Key(key) => {
                keys(key).into_iter().flatten().all(|k| wake.send(Wake::Event(Event::Key(k, at))).is_ok())
            }
            event::Event::Paste(text) => wake.send(Wake::Event(Event::Paste(text, at))).is_ok(),
            event::Event::Resize(..) | event::Event::FocusGained | event::Event::FocusLost | event::Event::Mouse(_) => {
                true
            }
        };
        if !sent {
            return false;
        }
    }
}

/// Milliseconds since the program began.
#[must_use]
pub fn millis(since: Instant) -> Millis {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A key as ours. Alt chords are Esc and the key: we bind none, and a fast Esc arrives as one.
fn keys(event: KeyEvent) -> [Option<Key>; 2] {
    if event.kind == KeyEventKind::Release {
        return [None, None];
    }
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let key = match event.code {
        // Some terminals send these for Backspace and Return.
        KeyCode::Char('h') if control => Key::Backspace,
        KeyCode::Char('j') if control => Key::Enter,
        KeyCode::Char(c) if control => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::F(n) => Key::F(n),
        _ => return [None, None],
    };
    let alt = event.modifiers.contains(KeyModifiers::ALT) && matches!(key, Key::Char(_));
    [alt.then_some(Key::Esc), Some(key)]
}
