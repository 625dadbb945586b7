//! The watchdog: when the terminal goes away or the program is asked to end, it sees to it that the program does, also
//! where everything else is stuck: drafts are written down, an order on its way gets its outcome, and then it is over.
//! It sleeps in the kernel until then; nothing wakes an idle program.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::epoll;
use rustix::process::Signal;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use super::effects::Runner;
use super::{Wake, lines, terminal};

/// How long the program may take to end by itself. Two seconds are promised; the rest is for writing down.
const ORDERLY: Duration = Duration::from_millis(1500);
/// How long it may take to say what came of an order that was on its way.
const TELLING: Duration = Duration::from_millis(500);
/// What a program ends with whose terminal went away.
pub const STOPPED: u8 = 129;

/// What an interrupt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// The wish that the program end: where keys are read, nobody types one.
    Ends,
    /// That somebody typed `^C`.
    Asks,
}

/// Whether the program has been told to end.
#[derive(Clone, Debug, Default)]
pub struct Watchdog(Arc<AtomicBool>);

impl Watchdog {
    /// Starts watching the terminal and the signals, which also become wake-ups. Where an interrupt is a question, it is
    /// what somebody typed and ends nothing by itself.
    ///
    /// # Errors
    /// The system has no thread, file or signal left.
    pub fn start(runner: Runner, wake: &UnboundedSender<Wake>, interrupt: Interrupt) -> io::Result<Self> {
        let (listener, bell) = io::pipe()?;
        forward_signals(wake.clone(), bell, interrupt)?;
        let (this, wake, runtime) = (Self::default(), wake.clone(), Handle::current());
        let asked = Arc::clone(&this.0);
        std::thread::Builder::new().name("watchdog".into()).spawn(move || {
            let Some(notice) = wait(listener) else { return };
            asked.store(true, Ordering::SeqCst);
            if matches!(notice, Wake::Hangup) {
                runner.journal.log.hung_up();
            } else {
                runner.journal.log.terminated();
            }
            let _ = wake.send(notice);
            end(&runner, &runtime);
        })?;
        Ok(this)
    }

    /// Whether the terminal has gone away or a signal has asked for the end.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Waits until the terminal hangs up or somebody rings; `None` where neither can be waited for any more.
///
/// The terminal is looked at whenever it takes on something again, not as long as it does: a plain poll for nothing but the
/// hang-up sleeps through the end of the session, which wakes readers and writers only; and whoever waits to read is woken by
/// every key.
fn wait(mut listener: PipeReader) -> Option<Wake> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).ok()?;
    let (tty, bell) = (epoll::EventData::new_u64(0), epoll::EventData::new_u64(1));
    let stdin = rustix::stdio::stdin();
    // A pipe or a file that ends is no terminal that is gone; of devices some cannot be waited for.
    if terminal::device(stdin) {
        let watched = epoll::add(&poll, stdin, tty, epoll::EventFlags::OUT | epoll::EventFlags::ET);
        if watched.is_err_and(|e| e != rustix::io::Errno::PERM) {
            return None;
        }
    }
    epoll::add(&poll, &listener, bell, epoll::EventFlags::IN).ok()?;
    let mut room = [MaybeUninit::<epoll::Event>::uninit(); 2];
    loop {
        let events = match epoll::wait(&poll, &mut room, None) {
            Ok((events, _)) => events,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        };
        for event in events {
            // A copy: the structure is packed.
            let (flags, data) = (event.flags, event.data);
            if data.u64() == 1 {
                return listener.read_exact(&mut [0]).is_ok().then_some(Wake::Terminate);
            }
            if flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
                return Some(Wake::Hangup);
            }
        }
    }
}

/// Ends the program where it does not do so itself.
fn end(runner: &Runner, runtime: &Handle) -> ! {
    // Nobody is there to answer any more: what waits for a secret goes on without it.
    runner.prompt.close();
    std::thread::sleep(ORDERLY);
    // Kept until the end: whoever reads from the terminal sleeps as long as this end is open.
    let silence = terminal::let_go();
    let was_sending = runner.sending();
    while !runner.close() {
        runner.journal.write_all();
        runtime.block_on(runner.sent());
    }
    if was_sending {
        std::thread::sleep(TELLING);
    }
    // What was typed last may have been taken only now that nothing is stuck any more.
    runner.journal.write_all();
    lines::over();
    terminal::cut_loose();
    drop(silence);
    leave()
}

/// The end, here and now: nobody who could return an exit code from main can be reached.
fn leave() -> ! {
    #[expect(
        clippy::disallowed_methods,
        reason = "main is stuck; the terminal has been let go, and nothing is held up"
    )]
    std::process::exit(i32::from(STOPPED))
}

/// Signals as wake-ups: another size, stopping and continuing, and the wish that the program end, which also rings.
fn forward_signals(wake: UnboundedSender<Wake>, mut bell: PipeWriter, on: Interrupt) -> io::Result<()> {
    let kind = |signal: Signal| SignalKind::from_raw(signal.as_raw());
    let mut resize = signal(SignalKind::window_change())?;
    let mut stop = signal(kind(Signal::TSTP))?;
    let mut go_on = signal(kind(Signal::CONT))?;
    let mut ends = [signal(SignalKind::terminate())?, signal(SignalKind::hangup())?, signal(SignalKind::interrupt())?];
    tokio::spawn(async move {
        let [terminate, hangup, interrupt] = &mut ends;
        loop {
            let notice = tokio::select! {
                _ = resize.recv() => Wake::Resize,
                _ = stop.recv() => Wake::Stop,
                _ = go_on.recv() => Wake::Continued,
                _ = terminate.recv() => Wake::Terminate,
                _ = hangup.recv() => Wake::Terminate,
                _ = interrupt.recv() => if on == Interrupt::Asks { Wake::Interrupted } else { Wake::Terminate },
            };
            if matches!(notice, Wake::Terminate) {
                // One byte never fills it; who has rung before rings for nobody.
                let _ = bell.write_all(b"!");
            }
            // The receiver is gone only when the program ends.
            let _ = wake.send(notice);
        }
    });
    Ok(())
}
