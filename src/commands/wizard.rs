//! The wizard, from the first frame to what is printed below the prompt.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use color_eyre::eyre::{self, WrapErr};
use mobproc::app::desk::{Desk, Keeping, Session};
use mobproc::app::message::{Effect, Event};
use mobproc::app::{Model, Step};
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::kept::Standing;
use mobproc::domain::prefill::Prefill;
use mobproc::domain::text::Clean;
use mobproc::exits;
use mobproc::plain::SIZE;
use mobproc::profile::Choice;
use mobproc::runtime::effects::{REST, Runner, random};
use mobproc::runtime::journal::Journal;
use mobproc::runtime::prompt::Prompt;
use mobproc::runtime::wall::zone;
use mobproc::runtime::watchdog::{self, Interrupt, Watchdog};
use mobproc::runtime::{Ask, Drawn, End, Loop, Wake, lines, terminal, today};
use mobproc::store::Handle;
use mobproc::view::theme::Theme;
use tokio::sync::mpsc::UnboundedSender;

use super::connect::{Connected, chosen, close_log, connect, login, open_journal, open_log};
use super::reconcile::reconciled;
use crate::{Arguments, out};

/// The wizard, with the profile's server or with a sandbox of its own, perhaps with answers given.
pub(crate) async fn wizard(arguments: &Arguments, prefill: Option<Prefill>) -> eyre::Result<ExitCode> {
    let env = |name: &str| std::env::var(name).ok();
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let Some(way) = way(arguments, &choice, &env) else {
        out::complain(&Clean::new(
            "standard input and output must be a terminal. Nothing was started; no order can be placed. Run it in a \
             terminal, over SSH with ssh -t; or line by line with --plain.",
        ));
        return Ok(ExitCode::FAILURE);
    };
    let since = Instant::now();
    let (wake, events) = tokio::sync::mpsc::unbounded_channel();
    let mut connected = connect(choice)?;
    let prompt = Prompt::new(wake.clone());
    connected.api.ask_with(prompt.asker());
    connected.api.tell_ended(prompt.ended());
    let store = opening(&connected, wake.clone())?;
    let alarm = wake.clone();
    let log = open_log(arguments, &mut connected, move |text| drop(alarm.send(Wake::Event(Event::Alarm(text)))));
    let size = if way == Way::Screen { terminal::size() } else { SIZE };
    log.started(Some(size));
    let session = session(&connected);
    let journal = Journal::on(store, Arc::new(connected.api), connected.server, login(), wake.clone());
    let journal = journal.logged(log.clone());
    let mut desk = Desk::new(session, size, today(), [random(), random()]);
    desk.manners = connected.manners;
    // A variable that many programs know counts beside the profile.
    desk.manners.motion &= env("NO_MOTION").is_none_or(|value| value.is_empty() || value == "0");
    for said in &connected.warning {
        let _ = wake.send(Wake::Event(Event::Alarm(Clean::new(&format!("{said}.")))));
    }
    let (model, first) = match prefill {
        Some(prefill) => Model::prefilled(desk, prefill),
        None => Model::start(desk),
    };
    let runner = Runner::new(journal, wake.clone(), REST).prompted(prompt).keeping(connected.keeping);
    let theme = Theme::of(&env, arguments.ascii);
    let mut program = Loop { model, runner, since, wake: events, today };
    let (end, watchdog) = match way {
        Way::Screen => on_screen(&mut program, theme, wake, first).await?,
        Way::Lines { hand } => in_lines(&mut program, (hand, theme.ascii), wake, first).await?,
    };
    let unsure = program.model.desk.session.keeping == Keeping::Opening;
    if unsure {
        // Whoever leaves so early has not been told yet what becomes of what was typed.
        program.runner.journal.write_all();
        program.hear_out();
    }
    if unsure || way != Way::Screen {
        farewell(&program.model);
    }
    let code = leave(&mut program, end).await;
    close_log(&log);
    // A terminal that goes away is noticed by whoever writes to it, too.
    if watchdog.asked() || terminal::gone() { Ok(ExitCode::from(watchdog::STOPPED)) } else { code }
}

/// How the wizard is worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// On a whole screen.
    Screen,
    /// Line by line; whether at a terminal.
    Lines { hand: bool },
}

/// How the wizard is to be worked with; `None` where a screen is wanted and there is no terminal. A terminal that can do
/// nothing is talked to in lines; that alone is no wish to do without a terminal.
fn way(arguments: &Arguments, choice: &Choice, env: &dyn Fn(&str) -> Option<String>) -> Option<Way> {
    let set = |name: &str| env(name).filter(|v| !v.is_empty());
    let accessible = set("ACCESSIBLE").is_some_and(|v| v != "0" && !v.eq_ignore_ascii_case("false"));
    let configured = matches!(choice, Choice::Profile(profile) if profile.manners.plain);
    let dumb = set("TERM").is_none_or(|term| term == "dumb");
    let wished = arguments.plain || accessible || configured;
    match (wished, terminal::present()) {
        (false, false) => None,
        (false, true) if !dumb => Some(Way::Screen),
        (_, _) => Some(Way::Lines { hand: terminal::typed() }),
    }
}

/// Runs on a whole screen.
async fn on_screen(
    program: &mut Loop,
    theme: Theme,
    wake: UnboundedSender<Wake>,
    first: Vec<Effect>,
) -> eyre::Result<(std::io::Result<End>, Watchdog)> {
    terminal::restore_on_panic();
    let guard = terminal::Guard;
    // Before the terminal is taken: a signal that comes in between must not leave it as it is then.
    let watchdog = Watchdog::start(program.runner.clone(), &wake, Interrupt::Ends)?;
    let screen = terminal::take().wrap_err("The terminal cannot be used")?;
    terminal::read_keys(wake, program.since)?;
    let on_terminal = |screen: &mut terminal::Screen, ask: Ask| match ask {
        Ask::Copy(text) => terminal::copy(&text),
        Ask::Bell => terminal::ring(),
        Ask::Suspend => terminal::suspend(screen, true),
        Ask::Stop => terminal::suspend(screen, false),
        Ask::Retake => terminal::continued(screen),
        Ask::Aside(lines) => terminal::aside(screen, &lines),
        Ask::Back => terminal::back(screen),
        Ask::Drain => {
            terminal::drain();
            Ok(())
        }
    };
    let end = unless_it_panics(program.drive(&mut Drawn { screen, theme, on_terminal, aside: false }, first)).await;
    drop(guard);
    Ok((end, watchdog))
}

/// Runs line by line.
async fn in_lines(
    program: &mut Loop,
    (hand, ascii): (bool, bool),
    wake: UnboundedSender<Wake>,
    first: Vec<Effect>,
) -> eyre::Result<(std::io::Result<End>, Watchdog)> {
    lines::seen_on_panic();
    let watchdog = Watchdog::start(program.runner.clone(), &wake, Interrupt::Asks)?;
    let mut front = lines::standard(hand, ascii, program.since);
    front.read(wake)?;
    let end = unless_it_panics(program.drive(&mut front, first)).await;
    Ok((end, watchdog))
}

/// What becomes of the draft, where somebody leaves it who sees no list of it.
fn farewell(model: &Model) {
    let begun = !matches!(model.step, Step::Submit(_)) && model.desk.draft.who.is_some();
    match (&model.desk.session.keeping, begun) {
        (_, false) => {}
        (Keeping::Opening | Keeping::Kept, true) => say("The draft is kept; it is listed when mobproc starts."),
        (Keeping::Unkept(_), true) => say("The draft is gone: nothing outlives the program here."),
    }
}

/// Has the journal opened on its own thread, for a disk may need longer than a first frame has. Nothing is written down,
/// asked of it or sent before it is open, and what is to be said of it comes first of all that it tells.
fn opening(connected: &Connected, wake: UnboundedSender<Wake>) -> std::io::Result<Handle> {
    let (state, allow_network) = (connected.state.clone(), connected.allow_network);
    Handle::open(move || {
        let tell = |event| drop(wake.send(Wake::Event(event)));
        let alarm = |said: &str| tell(Event::Alarm(Clean::new(said)));
        let unkept = |why: &str| tell(Event::Keeping(Keeping::Unkept(Clean::new(why))));
        match open_journal(&state, allow_network) {
            Ok((store, notices)) => {
                match store.durable() {
                    Ok(()) => tell(Event::Keeping(Keeping::Kept)),
                    Err(why) => unkept(why),
                }
                notices.iter().for_each(|said| alarm(said));
                Some(store)
            }
            Err(error) => {
                let why = format!("{error}. Drafts will not survive, and nothing can be submitted.");
                unkept(&why);
                alarm(&why);
                None
            }
        }
    })
}

/// What the screens say of this run.
fn session(connected: &Connected) -> Session {
    Session {
        profile: Clean::new(&connected.name),
        sandbox: connected.sandbox.is_some(),
        login: login(),
        keeping: Keeping::Opening,
        started: jiff::Timestamp::now(),
        zone: zone().clone(),
    }
}

/// A panic of the loop ends it like any other end: an order on its way still gets its outcome, and is printed.
pub(crate) async fn unless_it_panics(driving: impl Future<Output = std::io::Result<End>>) -> std::io::Result<End> {
    let mut driving = std::pin::pin!(driving);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| driving.as_mut().poll(cx)));
        polled.unwrap_or(Poll::Ready(Ok(End::Panicked)))
    })
    .await
}

/// After the terminal is given back: an order on its way gets its outcome, and what was ordered is printed.
pub(crate) async fn leave(program: &mut Loop, end: std::io::Result<End>) -> eyre::Result<ExitCode> {
    // What was typed last is written down before anything else.
    program.runner.journal.end();
    program.runner.prompt.close();
    if program.runner.sending() {
        say("mobproc: an order is being sent; waiting for its answer. Do not enter it again.");
        program.settle().await;
    }
    let desk = &program.model.desk;
    let sent = |number: &OrderNumber| desk.receipts.iter().any(|r| r.number == *number);
    for (number, text) in &desk.print {
        say(&format!("{number}, {}:\n{text}", if sent(number) { "as sent" } else { "NOT SENT" }));
    }
    for receipt in desk.receipts.iter().rev() {
        say(&receipt.line(desk.session.sandbox));
    }
    for standing in desk.ledger.iter().filter(|s| s.unresolved() && !sent(&s.number)) {
        say(&reconciled(standing));
    }
    let unknown = desk.receipts.iter().any(|r| r.order_id.is_none()) || desk.ledger.iter().any(Standing::unresolved);
    Ok(match end {
        Ok(End::Panicked) => ExitCode::FAILURE,
        Ok(End::Stopped) => ExitCode::from(watchdog::STOPPED),
        Ok(End::Left) if unknown => ExitCode::from(exits::UNKNOWN),
        Ok(End::Left) => ExitCode::SUCCESS,
        Err(error) => return Err(error).wrap_err("The terminal cannot be written to"),
    })
}

/// A line below the prompt; where no terminal is left, for nobody.
pub(crate) fn say(line: &str) {
    if !terminal::gone() {
        out::lines(line);
    }
}
