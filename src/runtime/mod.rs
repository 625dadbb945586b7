//! The async shell around the pure core: events in, one frame a batch, effects out.

pub mod effects;
pub mod journal;
pub mod looking;
pub mod prompt;
pub mod sending;
pub mod terminal;
pub mod watchdog;

use std::io;
use std::time::Instant;

use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::app::message::{Effect, Event};
use crate::app::{Model, update};
use crate::domain::date::Date;
use crate::view::{self, theme::Theme};
use effects::Runner;

/// Why the loop wakes.
#[derive(Debug)]
pub enum Wake {
    /// Something happened.
    Event(Event),
    /// The terminal has another size.
    Resize,
    /// A task ended.
    Ended,
    /// A task panicked; its report is on the terminal.
    Panicked,
    /// Somebody outside wants the program to stop for a while.
    Stop,
    /// The program was stopped and goes on.
    Continued,
    /// The terminal is gone.
    Hangup,
    /// The program is asked to end.
    Terminate,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The user left.
    Left,
    /// The terminal is gone or the program was asked to end.
    Stopped,
    /// A task panicked.
    Panicked,
}

/// The program between its events.
pub struct Loop<F> {
    /// The state.
    pub model: Model,
    /// Works on effects.
    pub runner: Runner,
    /// The clock of keys and frames.
    pub since: Instant,
    /// Where events come from.
    pub wake: UnboundedReceiver<Wake>,
    /// The calendar.
    pub today: fn() -> Date,
    /// How things look.
    pub theme: Theme,
    /// What only a real terminal can do.
    pub on_terminal: F,
}

/// What a terminal is asked to do beside drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Copy this.
    Copy(String),
    /// Forget what was typed.
    Drain,
    /// Be handed to the shell, which the user wants.
    Suspend,
    /// Be handed to the shell, which was asked of this process alone.
    Stop,
    /// Be taken anew: somebody else has had it.
    Retake,
}

impl<F> Loop<F> {
    /// Runs until the user leaves or the terminal does.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub async fn drive<B: Backend<Error: std::error::Error + Send + Sync + 'static>>(
        &mut self,
        terminal: &mut Terminal<B>,
        first: Vec<Effect>,
    ) -> io::Result<End>
    where
        F: FnMut(&mut Terminal<B>, Ask) -> io::Result<()>,
    {
        self.draw(terminal)?;
        self.work(terminal, first)?;
        loop {
            let Some(wake) = self.wake.recv().await else { return Ok(End::Stopped) };
            let mut next = Some(wake);
            // Everything that has already arrived is handled before the one frame that shows it.
            while let Some(wake) = next {
                if let Some(end) = self.handle(terminal, wake)? {
                    return Ok(end);
                }
                next = self.wake.try_recv().ok();
            }
            self.draw(terminal)?;
        }
    }

    /// Takes one wake-up; `Some` where it ends the program.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn handle<B: Backend<Error: std::error::Error + Send + Sync + 'static>>(
        &mut self,
        terminal: &mut Terminal<B>,
        wake: Wake,
    ) -> io::Result<Option<End>>
    where
        F: FnMut(&mut Terminal<B>, Ask) -> io::Result<()>,
    {
        let event = match wake {
            Wake::Event(event) => event,
            Wake::Resize => self.repaint(terminal)?,
            Wake::Stop if !self.may_stop() => return Ok(None),
            Wake::Stop => self.ask(terminal, Ask::Stop)?,
            Wake::Continued => self.ask(terminal, Ask::Retake)?,
            Wake::Ended => return Ok(None),
            Wake::Panicked => return Ok(Some(End::Panicked)),
            Wake::Hangup | Wake::Terminate => return Ok(Some(End::Stopped)),
        };
        let mut effects = Vec::new();
        if matches!(event, Event::Key(..)) && self.model.desk.today != (self.today)() {
            effects = update(&mut self.model, Event::Today((self.today)()));
        }
        effects.extend(update(&mut self.model, event));
        self.work(terminal, effects)?;
        Ok(self.model.quit.then_some(End::Left))
    }

    /// Starts the work of effects.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn work<B: Backend<Error: std::error::Error + Send + Sync + 'static>>(
        &mut self,
        terminal: &mut Terminal<B>,
        effects: Vec<Effect>,
    ) -> io::Result<()>
    where
        F: FnMut(&mut Terminal<B>, Ask) -> io::Result<()>,
    {
        for effect in effects {
            let ask = match self.runner.run(effect) {
                Some(Effect::Copy(text)) => Ask::Copy(text),
                Some(Effect::Drain) => {
                    self.drop_typed();
                    Ask::Drain
                }
                Some(Effect::Suspend) => {
                    if self.may_stop() {
                        let resized = self.ask(terminal, Ask::Suspend)?;
                        self.runner.wake_again(Wake::Event(resized));
                    }
                    continue;
                }
                Some(Effect::Repaint) => {
                    self.repaint(terminal)?;
                    continue;
                }
                Some(
                    Effect::Fetch(..)
                    | Effect::Rest(_)
                    | Effect::Confirm(..)
                    | Effect::Submit(_)
                    | Effect::Status(..)
                    | Effect::Number
                    | Effect::Save(_)
                    | Effect::Open(..)
                    | Effect::Close(_)
                    | Effect::Discard(_)
                    | Effect::Abandon(_)
                    | Effect::Restore
                    | Effect::List
                    | Effect::Look(_)
                    | Effect::Resend(..)
                    | Effect::SignIn(_),
                )
                | None => continue,
            };
            (self.on_terminal)(terminal, ask)?;
        }
        Ok(())
    }

    /// Whether the program may be stopped now. A stopped program could neither send in time nor read the answer; whoever
    /// stops it may never continue it, so what was typed is written down first.
    fn may_stop(&mut self) -> bool {
        if self.runner.sending() {
            self.model.desk.say("An order is being sent; mobproc is not suspended.");
            return false;
        }
        self.runner.journal.write_all();
        true
    }

    /// Has the terminal handed over or taken anew; how large it is then.
    fn ask<B: Backend<Error: std::error::Error + Send + Sync + 'static>>(
        &mut self,
        terminal: &mut Terminal<B>,
        ask: Ask,
    ) -> io::Result<Event>
    where
        F: FnMut(&mut Terminal<B>, Ask) -> io::Result<()>,
    {
        (self.on_terminal)(terminal, ask)?;
        self.repaint(terminal)
    }

    /// Has the next frame drawn as a whole; how large the terminal is.
    fn repaint<B: Backend<Error: std::error::Error + Send + Sync + 'static>>(
        &self,
        terminal: &mut Terminal<B>,
    ) -> io::Result<Event> {
        let size = terminal.size().map_err(io::Error::other)?;
        terminal.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height)).map_err(io::Error::other)?;
        Ok(Event::Resized(size.width, size.height))
    }

    /// Keys that have been read and not handled yet are thrown away; everything else stays.
    fn drop_typed(&mut self) {
        let mut kept = Vec::new();
        while let Ok(wake) = self.wake.try_recv() {
            if !matches!(wake, Wake::Event(Event::Key(..) | Event::Paste(..))) {
                kept.push(wake);
            }
        }
        for wake in kept {
            self.runner.wake_again(wake);
        }
    }

    /// Draws one frame.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn draw<B: Backend<Error: std::error::Error + Send + Sync + 'static>>(
        &mut self,
        terminal: &mut Terminal<B>,
    ) -> io::Result<()> {
        terminal.draw(|frame| view::render(&self.model, &self.theme, frame)).map_err(io::Error::other)?;
        if self.model.wants_painted() {
            let at = terminal::millis(self.since);
            update(&mut self.model, Event::Painted(at));
        }
        Ok(())
    }

    /// Waits until every order that is on its way has its outcome. The terminal has been let go by then.
    pub async fn settle(&mut self) {
        let sent = self.runner.sent();
        let mut sent = std::pin::pin!(sent);
        loop {
            tokio::select! {
                () = &mut sent => break,
                wake = self.wake.recv() => match wake {
                    Some(Wake::Event(event)) => {
                        update(&mut self.model, event);
                    }
                    Some(
                        Wake::Resize
                        | Wake::Ended
                        | Wake::Panicked
                        | Wake::Stop
                        | Wake::Continued
                        | Wake::Hangup
                        | Wake::Terminate,
                    ) => {}
                    None => break,
                },
            }
        }
        while let Ok(wake) = self.wake.try_recv() {
            if let Wake::Event(event) = wake {
                update(&mut self.model, event);
            }
        }
    }
}

/// The calendar day where the program runs.
#[must_use]
pub fn today() -> Date {
    jiff::ZonedDateTime::now().date()
}
