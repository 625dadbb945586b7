//! The terminal: taken, given back whatever happens, and its keys as ours. Nothing is ever asked of it: answers come late
//! over SSH and turn into typed text.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, terminal};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::event::{PollFd, PollFlags};
use tokio::sync::mpsc::UnboundedSender;

use super::Wake;
use crate::app::keys::Key;
use crate::app::message::{Event, Millis};

/// The screen: one write a frame.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the terminal: raw mode, alternate screen, bracketed paste.
///
/// # Errors
/// What the terminal refused; it is given back then.
pub fn take() -> io::Result<Screen> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout());
    execute!(out, terminal::EnterAlternateScreen, event::EnableBracketedPaste)?;
    Terminal::new(CrosstermBackend::new(out))
}

/// Gives the terminal back, once; errors are of no use to anybody here.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), event::DisableBracketedPaste, terminal::LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
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
    rustix::termios::isatty(rustix::stdio::stdin()) && rustix::termios::isatty(rustix::stdio::stdout())
}

/// Columns and rows, by ioctl; 80x24 where the terminal does not say.
#[must_use]
pub fn size() -> (u16, u16) {
    terminal::size().ok().filter(|&(w, h)| w > 0 && h > 0).unwrap_or((80, 24))
}

/// Throws away what was typed and not yet read.
pub fn drain() {
    let _ = rustix::termios::tcflush(rustix::stdio::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// Hands the terminal to the shell until it continues us.
///
/// # Errors
/// What the terminal refused when it was taken again.
pub fn suspend(screen: &mut Screen) -> io::Result<()> {
    screen.backend_mut().flush()?;
    give_back();
    rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
    *screen = take()?;
    Ok(())
}

/// Asks the terminal to copy (OSC 52); whether it did, nobody can know.
///
/// # Errors
/// Where the terminal cannot be written to.
pub fn copy(text: &str) -> io::Result<()> {
    execute!(io::stdout(), crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))
}

/// Reads keys on a thread of its own, which nobody joins; it also notices when the terminal is gone.
///
/// crossterm's own waiting never returns once the terminal is gone and burns a core instead, so the waiting is done
/// here, and crossterm is given only what has arrived.
pub fn read_keys(wake: UnboundedSender<Wake>, since: Instant) -> io::Result<()> {
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        loop {
            let stdin = rustix::stdio::stdin();
            let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
            let gone = match rustix::event::poll(&mut fds, None) {
                Ok(_) => fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL),
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
