//! The terminal: taken, given back whatever happens, and its keys as ours. Nothing is ever asked of it: answers come late
//! over SSH and turn into typed text.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::cursor::{MoveTo, SavePosition, Show};
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::Terminal;
use ratatui::backend::Backend;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::Signal;
use rustix::stdio;
use rustix::termios::{OptionalActions, QueueSelector};
use tokio::sync::mpsc::UnboundedSender;

use super::input::{Keyboard, Typed};
use super::screen::{Cells, said};
use super::{Wake, copy};
use crate::app::message::{Event, Millis};

/// The screen: one write a frame.
pub type Screen = Terminal<Cells<Tty>>;

static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether a stop of our own was continued, and the signal that says so has not been heard yet.
static EXPECTED: AtomicBool = AtomicBool::new(false);
/// Whether the reader is to forget what it has read in part.
static FORGET: AtomicBool = AtomicBool::new(false);

/// What makes a terminal mark what is pasted, and what ends that; crossterm has it only together with its reading of keys.
const PASTES: (&str, &str) = ("\x1b[?2004h", "\x1b[?2004l");

/// Takes the terminal: raw mode, alternate screen, bracketed paste.
///
/// # Errors
/// What the terminal refused; it is given back then.
pub fn take() -> io::Result<Screen> {
    crossterm::terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    // Some terminals do not clear an alternate screen that they are already on.
    let clear = Clear(ClearType::All);
    Tty.write_all([said(EnterAlternateScreen), said(clear), PASTES.0.to_owned()].concat().as_bytes())?;
    Terminal::new(Cells::new(Tty))
}

/// What gives back all of it but the modes.
fn given_back() -> String {
    [said(SetAttribute(Attribute::Reset)), PASTES.1.to_owned(), said(LeaveAlternateScreen), said(Show)].concat()
}

/// Gives the terminal back, once; errors are of no use to anybody here. One that is gone is not written to.
pub fn give_back() {
    if TAKEN.load(Ordering::SeqCst) && !gone() {
        let _ = Tty.write_all(given_back().as_bytes());
        let _ = crossterm::terminal::disable_raw_mode();
    }
    // Only now: whoever is stuck above has not given it back.
    TAKEN.store(false, Ordering::SeqCst);
}

/// The terminal's output, as it comes: what is given to it is a whole frame or a word of ours.
#[derive(Clone, Copy, Debug)]
pub struct Tty;

/// How long a terminal that somebody has made impatient is waited for before it is tried again.
const FULL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(stdio::stdout(), bytes) {
                Err(Errno::INTR) => {}
                // The terminal's open file is everybody's who runs on it, and so is this mode of it.
                Err(Errno::AGAIN) => {
                    let _ = rustix::event::poll(&mut [PollFd::new(&stdio::stdout(), PollFlags::OUT)], Some(&FULL));
                }
                written => return Ok(written?),
            }
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the terminal has hung up. Never waits. A pipe that ends is no terminal that is gone.
#[must_use]
pub fn gone() -> bool {
    let stdin = stdio::stdin();
    if !device(stdin) {
        return false;
    }
    let mut fds = [PollFd::new(&stdin, PollFlags::empty())];
    let looked = rustix::event::poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    looked.is_ok() && hung_up(&fds[0])
}

/// Whether a file is a device, as a terminal still is when it has hung up.
#[must_use]
pub(super) fn device(file: impl rustix::fd::AsFd) -> bool {
    rustix::fs::fstat(file).is_ok_and(|s| rustix::fs::FileType::from_raw_mode(s.st_mode).is_char_device())
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
        unblock(given_back().as_bytes());
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
        let _ = crossterm::terminal::disable_raw_mode();
        if let Ok(modes) = rustix::termios::tcgetattr(&tty) {
            let _ = rustix::termios::tcsetattr(&tty, OptionalActions::Now, &modes);
        }
        match rustix::io::write(&tty, last) {
            Err(Errno::AGAIN | Errno::INTR) => std::thread::sleep(TRIES.1),
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

/// Whether what comes in is typed at a terminal.
#[must_use]
pub fn typed() -> bool {
    rustix::termios::isatty(stdio::stdin())
}

/// What is drawn at most: a terminal may say anything, and every cell has its place in memory.
const LARGEST: (u16, u16) = (1000, 500);

/// Columns and rows, by ioctl; 80x24 where the terminal does not say.
#[must_use]
pub fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(stdio::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.min(LARGEST.0), size.ws_row.min(LARGEST.1)),
        Ok(_) | Err(_) => (80, 24),
    }
}

/// Throws away what was typed and not yet read; also what has begun to be read.
pub fn drain() {
    FORGET.store(true, Ordering::SeqCst);
    let _ = rustix::termios::tcflush(stdio::stdin(), QueueSelector::IFlush);
}

/// Whether whoever reads is to forget what it has begun to read; told once.
pub(super) fn forgets() -> bool {
    FORGET.swap(false, Ordering::SeqCst)
}

/// Hands the terminal to the shell until it continues us: with everything that was started with us, or alone.
///
/// # Errors
/// What the terminal refused when it was taken again.
pub fn suspend(screen: &mut Screen, together: bool) -> io::Result<()> {
    screen.backend_mut().flush()?;
    give_back();
    pause(together)?;
    retake(screen)
}

/// Shows a text on the normal screen, where it stays when the program has ended; once, until the terminal is taken again.
///
/// # Errors
/// Where the terminal cannot be written to.
pub fn aside(screen: &mut Screen, lines: &[String]) -> io::Result<()> {
    if std::mem::replace(&mut screen.backend_mut().aside, true) {
        return Ok(());
    }
    let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    // Some terminals have no other screen than the one that was drawn on.
    let wiped = [said(SetAttribute(Attribute::Reset)), said(Clear(ClearType::All)), said(MoveTo(0, 0))].concat();
    // Who gives the terminal back from here leaves the alternate screen once more: to the place behind the text.
    let whole = [wiped, said(LeaveAlternateScreen), said(Show), text, said(SavePosition)];
    Tty.write_all(whole.concat().as_bytes())
}

/// Draws on the alternate screen again.
///
/// # Errors
/// What the terminal refused.
pub fn back(screen: &mut Screen) -> io::Result<()> {
    if screen.backend_mut().aside {
        *screen = take()?;
    }
    Ok(())
}

/// Stops until the shell continues us, where there is one: with everything that was started with us, or alone.
///
/// # Errors
/// What the system refused.
pub fn pause(together: bool) -> io::Result<()> {
    if continued_by_somebody() {
        EXPECTED.store(true, Ordering::SeqCst);
        stop(together)?;
    }
    Ok(())
}

/// Whether the program was continued after a stop of its own; told once.
#[must_use]
pub fn continued_as_expected() -> bool {
    EXPECTED.swap(false, Ordering::SeqCst)
}

/// Takes the terminal anew after the program was continued, unless that was told already.
///
/// # Errors
/// What the terminal refused.
pub fn continued(screen: &mut Screen) -> io::Result<()> {
    if continued_as_expected() { Ok(()) } else { retake(screen) }
}

/// Waits until the shell lends us the terminal.
pub(super) fn in_front() -> io::Result<()> {
    let behind = || {
        let front = rustix::termios::tcgetpgrp(stdio::stdin()).ok()?;
        Some(Standing::of("self")?.group != front.as_raw_pid())
    };
    while behind() == Some(true) && continued_by_somebody() {
        // The system itself stops who asks this from behind: it looks and stops at once, so that a shell that brings us
        // to the front at that very moment is not followed by a stop. Where SIGTTOU is ignored it does not stop us.
        let _ = rustix::termios::tcdrain(stdio::stdin());
        if behind() == Some(true) {
            stop(true)?;
        }
    }
    Ok(())
}

/// Takes the terminal anew, as soon as the shell lends it: its modes are not those that we left.
fn retake(screen: &mut Screen) -> io::Result<()> {
    in_front()?;
    let _ = crossterm::terminal::disable_raw_mode();
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
pub fn ring() -> io::Result<()> {
    Tty.write_all(b"\x07")
}

/// Asks the terminal to copy; whether it did, nobody can know.
///
/// # Errors
/// Where the terminal cannot be written to.
pub fn copy(text: &str) -> io::Result<()> {
    Tty.write_all(&copy::sequence(text, copy::Between::of(&|name| std::env::var(name).ok())))
}

/// How long an Esc is held, unless `MOBPROC_ESC_MS` says something else.
const HOLD: Duration = Duration::from_millis(100);
/// The longest time that is taken (milliseconds).
const LONGEST_HOLD: u64 = 1000;

/// How long an Esc is held, from what `MOBPROC_ESC_MS` says. What makes no sense says nothing.
#[must_use]
pub fn hold(said: Option<&str>) -> Duration {
    let number = said.and_then(|text| text.trim().parse().ok());
    number.filter(|ms| *ms <= LONGEST_HOLD).map_or(HOLD, Duration::from_millis)
}

/// Reads keys on a thread of its own, which nobody joins; it also notices when the terminal is gone.
///
/// # Errors
/// The system has no thread left.
pub fn read_keys(wake: UnboundedSender<Wake>, since: Instant) -> io::Result<()> {
    let hold = hold(std::env::var("MOBPROC_ESC_MS").ok().as_deref());
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        let mut keyboard = Keyboard::default();
        while let Some(typed) = next_typed(&mut keyboard, hold) {
            let at = millis(since);
            // Terminals that do not mark what is pasted type it, all at once.
            let together = typed.len() > 1 || keyboard.late();
            let events = typed.into_iter().map(|typed| match typed {
                Typed::Key(key) => Event::Key(key, at),
                Typed::Paste(text) => Event::Paste(text, at),
            });
            for event in together.then_some(Event::Together(at)).into_iter().chain(events) {
                if wake.send(Wake::Event(event)).is_err() {
                    return;
                }
            }
        }
        let _ = wake.send(Wake::Hangup);
    })?;
    Ok(())
}

/// Waits for what is typed next, or for the time to be over in which what has begun may go on; `None` where the terminal
/// is gone.
fn next_typed(keyboard: &mut Keyboard, hold: Duration) -> Option<Vec<Typed>> {
    let mut typed = Vec::new();
    let stdin = stdio::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let patience = keyboard.patience(hold).and_then(|time| Timespec::try_from(time).ok());
    let arrived = rustix::event::poll(&mut fds, patience.as_ref());
    if forgets() {
        keyboard.forget();
    }
    match arrived {
        Ok(0) => keyboard.expire(&mut typed),
        Ok(_) if hung_up(&fds[0]) => return None,
        Ok(_) => {
            let mut buffer = [0; 4096];
            match rustix::io::read(stdin, &mut buffer) {
                Ok(0) => return None,
                Ok(count) => keyboard.feed(&buffer[..count], &mut typed),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return None,
            }
        }
        Err(Errno::INTR) => {}
        Err(_) => return None,
    }
    Some(typed)
}

/// Milliseconds since the program began.
#[must_use]
pub fn millis(since: Instant) -> Millis {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_an_esc_is_held_is_told_in_milliseconds_and_nonsense_is_not_heard() {
        let of = |said| u64::try_from(hold(said).as_millis()).unwrap();
        assert_eq!([Some("0"), Some("250"), Some(" 1000 ")].map(of), [0, 250, 1000]);
        for nonsense in
            [None, Some(""), Some("soon"), Some("-1"), Some("1001"), Some("99999999999999999999"), Some("1.5")]
        {
            assert_eq!(of(nonsense), 100, "{nonsense:?}");
        }
    }
}
