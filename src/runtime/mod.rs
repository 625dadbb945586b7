//! The async shell around the pure core: events in, one frame or a few lines a batch, effects out.

pub mod copy;
pub mod directory;
pub mod effects;
pub mod input;
pub mod journal;
pub mod lines;
pub mod looking;
mod pen;
pub mod prompt;
pub mod screen;
pub mod searching;
pub mod sending;
mod sequences;
pub mod terminal;
pub mod wall;
pub mod watchdog;

use std::io;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::Backend;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::app::keys::Key;
use crate::app::message::{Effect, Event, Millis};
use crate::app::{Model, update};
use crate::domain::date::Date;
use crate::plain::Heard;
use crate::view::{self, theme::Theme};
use effects::Runner;
pub use wall::today;

/// Why the loop wakes.
#[derive(Debug)]
pub enum Wake {
    /// Something happened.
    Event(Event),
    /// A line came in, where lines are read.
    Heard(Heard),
    /// Whoever sits there would rather leave: a signal where lines are read, as a key is elsewhere.
    Interrupted,
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
pub struct Loop {
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
}

/// What shows the state to somebody and does what only a terminal can do: the screen, or line by line.
pub trait Front {
    /// Shows the state as it is now; on how many columns and rows.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    fn show(&mut self, model: &Model) -> io::Result<(u16, u16)>;
    /// Does what only a terminal can do.
    ///
    /// # Errors
    /// What the terminal refused.
    fn ask(&mut self, ask: Ask) -> io::Result<()>;
    /// Has everything shown anew the next time; how many columns and rows there are.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    fn anew(&mut self) -> io::Result<(u16, u16)>;
    /// Takes a line.
    fn hear(&mut self, _heard: Heard) {}
    /// What a line that was heard does to the state next.
    fn press(&mut self, _model: &Model) -> Option<Event> {
        None
    }
    /// Whether it has something to show although the state has not changed.
    fn unsaid(&self) -> bool {
        false
    }
    /// When it has something to show although nothing happens.
    fn due(&self) -> Option<Millis> {
        None
    }
    /// Whether its lines were written beforehand by a program, and none of them is typed ahead.
    fn scripted(&self) -> bool {
        false
    }
}

/// What a terminal is asked to do beside showing the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Copy this.
    Copy(String),
    /// Ring its bell, once.
    Bell,
    /// Forget what was typed.
    Drain,
    /// Be handed to the shell, which the user wants.
    Suspend,
    /// Be handed to the shell, which was asked of this process alone.
    Stop,
    /// Be taken anew: somebody else has had it.
    Retake,
    /// Show these lines on its normal screen, where they stay; once, until it is taken anew.
    Aside(Vec<String>),
    /// Be drawn on again.
    Back,
}

/// The screen: frames on a backend, and what only its terminal can do.
pub struct Drawn<B: Backend, F> {
    /// What is drawn on.
    pub screen: Terminal<B>,
    /// How things look.
    pub theme: Theme,
    /// What only a real terminal can do.
    pub on_terminal: F,
    /// Whether it shows a text on its normal screen, on which nothing is drawn.
    pub aside: bool,
}

impl<B, F> Front for Drawn<B, F>
where
    B: Backend<Error: std::error::Error + Send + Sync + 'static>,
    F: FnMut(&mut Terminal<B>, Ask) -> io::Result<()>,
{
    fn show(&mut self, model: &Model) -> io::Result<(u16, u16)> {
        if model.aside() {
            // The terminal may have been taken anew meanwhile; else this does nothing.
            self.ask(Ask::Aside(view::help::aside(model, &self.theme)))?;
            self.aside = true;
            return self.anew();
        }
        if std::mem::take(&mut self.aside) {
            self.ask(Ask::Back)?;
        }
        let drawn = self.screen.draw(|frame| view::render(model, &self.theme, frame)).map_err(io::Error::other)?;
        Ok((drawn.area.width, drawn.area.height))
    }
    fn ask(&mut self, ask: Ask) -> io::Result<()> {
        (self.on_terminal)(&mut self.screen, ask)
    }
    fn anew(&mut self) -> io::Result<(u16, u16)> {
        let size = self.screen.size().map_err(io::Error::other)?;
        if !self.aside {
            let whole = ratatui::layout::Rect::new(0, 0, size.width, size.height);
            self.screen.resize(whole).map_err(io::Error::other)?;
        }
        Ok((size.width, size.height))
    }
}

/// How long a key that sends an order waits for others behind it; no hand is so fast, and no answer of the server.
const BEHIND: Duration = Duration::from_millis(60);

impl Loop {
    /// Runs until the user leaves or the terminal does. Before the first frame is written nothing else is begun.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub async fn drive(&mut self, front: &mut impl Front, first: Vec<Effect>) -> io::Result<End> {
        self.draw(front)?;
        self.runner.begin();
        self.work(front, first)?;
        loop {
            let Some(wake) = self.next(front.due()).await else { return Ok(End::Stopped) };
            if let Some(end) = self.batch(front, wake)? {
                return Ok(end);
            }
            self.draw(front)?;
            // A line that waited for its question is taken as soon as that was shown.
            while self.pressed(front)? {
                if self.model.quit {
                    return Ok(End::Left);
                }
                self.draw(front)?;
            }
        }
    }

    /// Takes everything that has already arrived, before the one frame that shows it; not what arrives meanwhile, and of
    /// many changes of size the first and the last, or a window that is being dragged shows nothing.
    fn batch(&mut self, front: &mut impl Front, first: Wake) -> io::Result<Option<End>> {
        let (mut first, mut resizes) = (Some(first), 0_u32);
        for _ in 0..=self.wake.len() {
            let Some(wake) = first.take().or_else(|| self.wake.try_recv().ok()) else { break };
            if matches!(wake, Wake::Resize) {
                resizes += 1;
                if resizes > 1 {
                    continue;
                }
            }
            if let Some(end) = self.handle(front, wake)? {
                return Ok(Some(end));
            }
        }
        if resizes > 1 {
            return self.handle(front, Wake::Resize);
        }
        Ok(None)
    }

    /// The next wake-up, or one that means nothing where something is to be shown before.
    async fn next(&mut self, due: Option<Millis>) -> Option<Wake> {
        let Some(due) = due else { return self.wake.recv().await };
        let due = self.since + Duration::from_millis(due);
        tokio::time::timeout_at(due.into(), self.wake.recv()).await.unwrap_or(Some(Wake::Ended))
    }

    /// Takes one wake-up; `Some` where it ends the program.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn handle(&mut self, front: &mut impl Front, wake: Wake) -> io::Result<Option<End>> {
        let event = match wake {
            Wake::Event(event) => event,
            Wake::Heard(heard) => {
                front.hear(heard);
                self.pressed(front)?;
                return Ok(self.model.quit.then_some(End::Left));
            }
            Wake::Interrupted => Event::Key(Key::Ctrl('c'), terminal::millis(self.since)),
            Wake::Resize => anew(front)?,
            Wake::Stop if !self.may_stop() => return Ok(None),
            Wake::Stop => asked(front, Ask::Stop)?,
            Wake::Continued => asked(front, Ask::Retake)?,
            Wake::Ended => return Ok(None),
            Wake::Panicked => return Ok(Some(End::Panicked)),
            Wake::Hangup | Wake::Terminate => return Ok(Some(End::Stopped)),
        };
        if let Event::Key(key, at) = event
            && self.model.submits(key)
            && self.followed()
        {
            self.take(front, Event::Together(at))?;
        }
        self.take(front, event)?;
        self.pressed(front)?;
        Ok(self.model.quit.then_some(End::Left))
    }

    /// Whether more is typed right behind what is handled now. A text that a terminal does not mark as pasted may come in
    /// pieces, and its first letter alone is no answer.
    fn followed(&mut self) -> bool {
        std::thread::sleep(BEHIND);
        let mut arrived = Vec::new();
        while let Ok(wake) = self.wake.try_recv() {
            arrived.push(wake);
        }
        let typed = arrived.iter().any(|wake| matches!(wake, Wake::Event(Event::Key(..) | Event::Paste(..))));
        for wake in arrived {
            self.runner.wake_again(wake);
        }
        typed
    }

    /// Does what the front has to do to the state; whether there is anything new to show.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn pressed(&mut self, front: &mut impl Front) -> io::Result<bool> {
        let mut any = false;
        while !self.model.quit
            && let Some(event) = front.press(&self.model)
        {
            any = true;
            self.take(front, event)?;
        }
        Ok(any || front.unsaid())
    }

    /// Takes an event, and starts the work that comes of it.
    fn take(&mut self, front: &mut impl Front, event: Event) -> io::Result<()> {
        let mut effects = Vec::new();
        if matches!(event, Event::Key(..)) && self.model.desk.today != (self.today)() {
            effects = update(&mut self.model, Event::Today((self.today)()));
        }
        effects.extend(update(&mut self.model, event));
        self.work(front, effects)
    }

    /// Starts the work of effects.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn work(&mut self, front: &mut impl Front, effects: Vec<Effect>) -> io::Result<()> {
        for effect in effects {
            let ask = match self.runner.run(effect) {
                Some(Effect::Copy(text)) => Ask::Copy(text),
                Some(Effect::Drain) => {
                    self.drop_typed(front);
                    Ask::Drain
                }
                Some(Effect::Bell) => Ask::Bell,
                Some(Effect::Suspend) => {
                    if self.may_stop() {
                        let resized = asked(front, Ask::Suspend)?;
                        self.runner.wake_again(Wake::Event(resized));
                    }
                    continue;
                }
                Some(Effect::Repaint) => {
                    front.anew()?;
                    continue;
                }
                Some(
                    Effect::Seconds(_)
                    | Effect::Fetch(..)
                    | Effect::Read(_)
                    | Effect::Search(_)
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
            front.ask(ask)?;
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

    /// What has been typed, read and not handled yet is thrown away; everything else stays. Lines go to the front, which
    /// throws them away with those that it has, and tells.
    fn drop_typed(&mut self, front: &mut impl Front) {
        let mut kept = Vec::new();
        while let Ok(wake) = self.wake.try_recv() {
            match wake {
                Wake::Event(Event::Key(..) | Event::Paste(..)) => {}
                Wake::Heard(heard) if !front.scripted() => front.hear(heard),
                wake => kept.push(wake),
            }
        }
        for wake in kept {
            self.runner.wake_again(wake);
        }
    }

    /// Shows the state.
    ///
    /// # Errors
    /// Where the terminal cannot be written to.
    pub fn draw(&mut self, front: &mut impl Front) -> io::Result<()> {
        let drawn = front.show(&self.model)?;
        // On another size than is reckoned with, the last line may have had no room.
        if drawn == self.model.desk.size && self.model.wants_painted() {
            let at = terminal::millis(self.since);
            let effects = update(&mut self.model, Event::Painted(at));
            self.work(front, effects)?;
        }
        Ok(())
    }

    /// Waits until every order that is on its way has its outcome. The terminal has been let go by then.
    pub async fn settle(&mut self) {
        let runner = self.runner.clone();
        let mut sent = std::pin::pin!(runner.sent());
        loop {
            tokio::select! {
                () = &mut sent => break,
                wake = self.wake.recv() => match wake {
                    Some(Wake::Event(event)) => {
                        update(&mut self.model, event);
                    }
                    Some(
                        Wake::Heard(_)
                        | Wake::Interrupted
                        | Wake::Resize
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
        self.hear_out();
    }

    /// Takes what has been told and not been heard, where the terminal has been let go.
    pub fn hear_out(&mut self) {
        while let Ok(wake) = self.wake.try_recv() {
            if let Wake::Event(event) = wake {
                update(&mut self.model, event);
            }
        }
    }
}

/// Has the terminal handed over or taken anew; how large it is then.
fn asked(front: &mut impl Front, ask: Ask) -> io::Result<Event> {
    front.ask(ask)?;
    anew(front)
}

/// Has everything shown anew; how large the terminal is.
fn anew(front: &mut impl Front) -> io::Result<Event> {
    let (columns, rows) = front.anew()?;
    Ok(Event::Resized(columns, rows))
}
