//! Flags, error hooks, then the terminal; the subcommands; exit codes.

use std::io::Write;
use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use color_eyre::eyre::{self, WrapErr, eyre};
use mobproc::api::Api;
use mobproc::app::desk::{Desk, Session};
use mobproc::app::lines::{self, Part};
use mobproc::app::message::Event;
use mobproc::app::{Model, order};
use mobproc::domain::ids::{Id, OrderNumber};
use mobproc::domain::journal::{State, Timing};
use mobproc::domain::kept::Standing;
use mobproc::domain::kinds::{self, KINDS};
use mobproc::domain::lookups::{Found, Lookup};
use mobproc::domain::prefill::{Given, Prefill};
use mobproc::domain::text::Clean;
use mobproc::profile::{self, Choice};
use mobproc::runtime::effects::{REST, Runner, random};
use mobproc::runtime::journal::{Journal, Server};
use mobproc::runtime::watchdog::{self, Watchdog};
use mobproc::runtime::{Ask, End, Loop, Wake, terminal, today};
use mobproc::sandbox::{self, Fault, Options, Sandbox};
use mobproc::store::{self, Store};
use mobproc::view::theme::Theme;
use tokio::signal::unix::{SignalKind, signal};

/// Order mobile phones, plans and changes to phone lines for other employees.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Examples:\n  mobproc                      the wizard; without a config file with its own sandbox\n  mobproc --profile qa         with the profile qa of the config file\n  mobproc order --type SUSPEND --employee 28673732 --service 2035554468 --set CONTACT_NUMBER=2035550100\n  mobproc order --json order.json\n  mobproc status 8711660\n  mobproc sandbox --listen 127.0.0.1:8080\n\nExit codes: 0 left; 1 an error; 2 wrong arguments; 3 an order's outcome is unknown; 129 the terminal went away."
)]
struct Arguments {
    /// The config file; default $XDG_CONFIG_HOME/mobproc/config.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The profile in it
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Draw with plain characters only
    #[arg(long)]
    ascii: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Open the wizard with answers given; what does not fit is shown at its field
    Order(Begun),
    /// Print an order's status, history and parcels
    Status {
        /// The order's id, for example 8711660
        order: String,
    },
    /// Look for orders whose outcome is not known, once; for cron: exit code 3 while any is left
    Reconcile,
    /// Empty what the journal keeps of orders that have ended, and drafts thrown away; their numbers stay
    Purge,
    /// Run the sandbox server alone
    Sandbox {
        /// Where to listen; loopback only
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
        listen: std::net::SocketAddr,
        /// Delay every reply by so many milliseconds
        #[arg(long, value_name = "MS", default_value_t = 0)]
        latency: u64,
        /// A fault, for training: `GET catalog/plans@2=status:500`, `orders@1=refuse:CONTACT_NUMBER`
        #[arg(long, value_name = "FAULT")]
        fault: Vec<Fault>,
        /// Keep placed orders in this file, for the next run and for others at the same time
        #[arg(long, value_name = "FILE")]
        orders: Option<PathBuf>,
        /// Forget the kept orders, and end: those of the file, else those of the wizard's own sandbox
        #[arg(long)]
        reset: bool,
    },
}

/// What a ticket system can say about an order before somebody sits down to it.
#[derive(clap::Args)]
struct Begun {
    /// The transaction type, for example SUSPEND
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// The employee's platform id
    #[arg(long, value_name = "ID")]
    employee: Option<String>,
    /// The line, by its number or id
    #[arg(long, value_name = "NUMBER")]
    service: Option<String>,
    /// A field's answer, for example CONTACT_NUMBER=2035550100; as often as wanted
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// externalOrderNumber: your own reference; one of a listed order of the person is refused at the review
    #[arg(long = "ref", value_name = "REFERENCE")]
    reference: Option<String>,
    /// A whole orderRequest as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Begun {
    /// What is given to the wizard; a sentence where it cannot be taken.
    fn read(&self) -> Result<Prefill, String> {
        let kind = match &self.kind {
            Some(name) => Some(kinds::named(&name.to_uppercase()).ok_or_else(|| {
                let all: Vec<_> = KINDS.iter().map(|k| k.id).collect();
                format!("There is no transaction type \"{}\". There are {}.", Clean::new(name), all.join(", "))
            })?),
            None => None,
        };
        let mut prefill = match &self.json {
            Some(file) => {
                let unread = |why: String| format!("{} cannot be taken. {why}", file.display());
                let bytes = std::fs::read(file).map_err(|e| unread(format!("It cannot be read: {e}.")))?;
                let body = serde_json::from_slice(&bytes).map_err(|e| unread(format!("It is not JSON: {e}.")))?;
                Prefill::of_body(&body, kind).map_err(unread)?
            }
            None => Prefill { kind, ..Prefill::default() },
        };
        for text in &self.set {
            prefill.given.push(Given::set(text)?);
        }
        prefill.employee = self.employee.clone();
        prefill.service = self.service.clone().or(prefill.service);
        prefill.reference = self.reference.clone().or(prefill.reference);
        if let Some(reference) = &prefill.reference {
            OrderNumber::given(reference)?;
        }
        if kind.or(prefill.kind).is_none() && !prefill.given.is_empty() {
            return Err("Answers need a transaction type: pass --type.".into());
        }
        Ok(prefill)
    }
}

fn main() -> eyre::Result<ExitCode> {
    // First of all: nothing that is written is for other users, whatever their settings say.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    color_eyre::config::HookBuilder::default().display_env_section(false).install()?;
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match arguments.command {
        Some(Command::Sandbox { orders, reset: true, .. }) => {
            let env = |name: &str| std::env::var(name).ok();
            let own = || profile::state_dir(None, &env).map(|dir| dir.join(ORDERS));
            match orders.map_or_else(own, Ok) {
                Ok(file) => reset(&file),
                Err(why) => Err(eyre!(why)),
            }
        }
        Some(Command::Sandbox { listen, latency, fault, orders, reset: _ }) => {
            let latency = Duration::from_millis(latency);
            let options = Options { faults: fault, latency, orders, ..Options::default() };
            runtime.block_on(serve(listen, options))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Reconcile) => {
            let code = runtime.block_on(reconcile(&arguments));
            runtime.shutdown_background();
            code
        }
        Some(Command::Purge) => purge(&arguments),
        Some(Command::Status { ref order }) => {
            let code = runtime.block_on(status(&arguments, order));
            runtime.shutdown_background();
            code
        }
        Some(Command::Order(ref begun)) => match begun.read() {
            Ok(prefill) => {
                let code = runtime.block_on(wizard(&arguments, Some(prefill)));
                runtime.shutdown_background();
                code
            }
            Err(why) => {
                let _ = writeln!(std::io::stderr(), "mobproc: {why} Nothing was started and nothing was sent.");
                Ok(ExitCode::from(2))
            }
        },
        None => {
            let code = runtime.block_on(wizard(&arguments, None));
            // Whatever still runs (a call whose answer nobody waits for) ends with the program.
            runtime.shutdown_background();
            code
        }
    }
}

/// `mobproc sandbox --reset`: the kept orders are forgotten.
fn reset(file: &Path) -> eyre::Result<ExitCode> {
    let unforgotten = || format!("The orders kept in {} cannot be forgotten", file.display());
    let there = sandbox::forget(file).wrap_err_with(unforgotten)?;
    let file = file.display();
    let told = if there {
        format!("The orders kept in {file} are forgotten.")
    } else {
        format!("No orders are kept in {file}.")
    };
    let _ = writeln!(std::io::stdout(), "{told}");
    Ok(ExitCode::SUCCESS)
}

/// `mobproc sandbox`: the same server alone, until it is stopped.
async fn serve(listen: std::net::SocketAddr, options: Options) -> eyre::Result<()> {
    if !listen.ip().is_loopback() {
        return Err(eyre!(
            "The sandbox listens on loopback addresses only, not on {listen}. Use for example --listen 127.0.0.1:8080."
        ));
    }
    let listener = TcpListener::bind(listen).wrap_err_with(|| format!("The sandbox cannot listen on {listen}"))?;
    let sandbox = Sandbox::start(listener, options)?;
    // Whoever started it with its output in a pipe may have closed that by now.
    let _ = writeln!(std::io::stdout(), "listening on {}", sandbox.base_url());
    let (mut terminate, mut hangup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        () = sandbox.finished() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

/// The profile that is meant, or the sandbox; where the configuration is wrong, the sentence is printed.
fn chosen(arguments: &Arguments) -> Option<Choice> {
    let env = |name: &str| std::env::var(name).ok();
    match profile::choose(arguments.config.as_deref(), arguments.profile.as_deref(), &env) {
        Ok(choice) => Some(choice),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "mobproc: {error}");
            None
        }
    }
}

/// What is spoken to: the server of the profile, or a sandbox that lives as long as it is kept.
struct Connected {
    api: Api,
    name: String,
    sandbox: Option<Sandbox>,
    server: Server,
    /// Where the journal lies, or why it cannot.
    state: Result<PathBuf, String>,
    allow_network: bool,
    warning: Option<String>,
}

fn connect(choice: Choice) -> eyre::Result<Connected> {
    let env = |name: &str| std::env::var(name).ok();
    Ok(match choice {
        Choice::Profile(profile) => Connected {
            state: profile::state_dir(Some(&profile), &env),
            server: Server {
                name: format!("{} {}", profile.base_url, profile.tenant),
                account: profile.client_id.clone(),
                timing: profile.timing,
                calibrated: false,
            },
            allow_network: profile.allow_network_state,
            warning: profile.warning.clone(),
            name: profile.name.clone(),
            api: Api::new(*profile),
            sandbox: None,
        },
        Choice::Sandbox => {
            let state = profile::state_dir(None, &env);
            // Its orders lie beside its journal, so that it is the same server whenever it is started.
            let orders = state.as_ref().ok().map(|dir| dir.join(ORDERS));
            let options = Options { orders, ..Options::default() };
            let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0")?, options)?;
            Connected {
                api: Api::sandbox(&sandbox.base_url()),
                name: "SANDBOX".to_owned(),
                sandbox: Some(sandbox),
                server: Server {
                    name: "sandbox".into(),
                    account: String::new(),
                    timing: Timing::sandbox(),
                    calibrated: true,
                },
                state,
                allow_network: false,
                warning: None,
            }
        }
    })
}

/// The file of the sandbox's orders, beside its journal.
const ORDERS: &str = "orders.jsonl";

/// Opens the journal; where that cannot be, one in memory, and what is to be said about it.
fn open_journal(state: &Result<PathBuf, String>, allow_network: bool) -> eyre::Result<(Store, Vec<String>)> {
    let opened = match state {
        Ok(dir) => store::Store::open(dir, store::Options { allow_network }).map_err(|refused| refused.to_string()),
        Err(why) => Err(format!("{why} Drafts will not survive, and nothing can be submitted.")),
    };
    match opened {
        Ok(mut opened) => {
            // What is old is cleared away; should that fail, it is tried again with the next start.
            if let Err(trouble) = opened.store.housekeep() {
                opened.notices.push(trouble.to_string());
            }
            Ok((opened.store, opened.notices))
        }
        Err(why) => Ok((Store::memory(why.clone()).wrap_err("No journal can be kept, not even in memory")?, vec![why])),
    }
}

/// The login of whoever works here.
fn login() -> Clean {
    let env = |name: &str| std::env::var(name).ok();
    let uid = || format!("uid {}", rustix::process::getuid().as_raw());
    Clean::new(&env("LOGNAME").or_else(|| env("USER")).unwrap_or_else(uid))
}

/// `mobproc purge`: the content of what has ended is emptied at once, and not after 30 days.
fn purge(arguments: &Arguments) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let env = |name: &str| std::env::var(name).ok();
    let (profile, allow_network) = match &choice {
        Choice::Profile(profile) => (Some(&**profile), profile.allow_network_state),
        Choice::Sandbox => (None, false),
    };
    let (mut store, notices) = open_journal(&profile::state_dir(profile, &env), allow_network)?;
    for notice in &notices {
        let _ = writeln!(std::io::stderr(), "mobproc: {}", Clean::new(notice));
    }
    let purged = store.durable().map_err(str::to_owned).map(|()| store.purge().map_err(|t| t.to_string()));
    match purged {
        Ok(Ok(())) => {
            let _ = writeln!(
                std::io::stdout(),
                "Orders that have ended are emptied, drafts thrown away are gone; unfinished and unresolved ones stay."
            );
            Ok(ExitCode::SUCCESS)
        }
        Ok(Err(why)) => {
            let _ = writeln!(std::io::stderr(), "mobproc: {why}");
            Ok(ExitCode::FAILURE)
        }
        Err(_) => Ok(ExitCode::FAILURE),
    }
}

/// `mobproc reconcile`: one look for every order whose outcome is not known.
async fn reconcile(arguments: &Arguments) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let connected = connect(choice)?;
    let (store, notices) = open_journal(&connected.state, connected.allow_network)?;
    let mut err = std::io::stderr();
    for notice in &notices {
        let _ = writeln!(err, "mobproc: {}", Clean::new(notice));
    }
    if store.durable().is_err() {
        return Ok(ExitCode::FAILURE);
    }
    let (wake, mut events) = tokio::sync::mpsc::unbounded_channel();
    let journal = Journal::new(Arc::new(connected.api), store, connected.server, login(), wake)?;
    let mut out = std::io::stdout();
    let looked = journal.recover().await;
    for (key, _) in &looked {
        journal.look(*key).await;
    }
    let left = journal.standings_now().await?;
    while let Ok(wake) = events.try_recv() {
        if let Wake::Event(Event::Alarm(text)) = wake {
            let _ = writeln!(err, "mobproc: {text}");
        }
    }
    // Whom cron writes to wants to know what is left and what this round has settled.
    for standing in left.iter().filter(|s| s.unresolved() || looked.iter().any(|(key, _)| *key == s.key)) {
        let _ = writeln!(out, "{}", reconciled(standing));
    }
    Ok(if left.iter().any(Standing::unresolved) { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

/// An order as `mobproc reconcile` tells it.
fn reconciled(standing: &Standing) -> String {
    let what = match (&standing.order_id, standing.state) {
        (Some(id), _) => format!("placed as order {id}"),
        (None, State::NotPlaced) => "not placed; it may be sent again".to_owned(),
        (None, State::NeedsHuman) => "UNKNOWN, and not to be settled from here: ask the API's support".to_owned(),
        (None, _) => "UNKNOWN: it may have been placed. Do not enter it again".to_owned(),
    };
    format!("{} {} {}  {what}", standing.number, standing.kind_name(), standing.login())
}

/// `mobproc status`: what the order's screen shows, printed.
async fn status(arguments: &Arguments, order: &str) -> eyre::Result<ExitCode> {
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    let Some(id) = Id::new(order) else {
        let _ = writeln!(std::io::stderr(), "mobproc: \"{}\" is no order id. Nothing was asked.", Clean::new(order));
        return Ok(ExitCode::from(2));
    };
    let Connected { api, sandbox, .. } = connect(choice)?;
    let activity = OrderNumber::from_random(random());
    let mut parts: Vec<Part> = Vec::new();
    for key in order::keys(&id) {
        let Some(lookup) = Lookup::named(key.lookup) else { continue };
        let found = api.fetch(lookup, &key.query, &activity, |_, _| ()).await;
        match found {
            Err(fault) if parts.is_empty() => {
                let _ = writeln!(std::io::stderr(), "mobproc: Order {id} cannot be shown. {fault}");
                return Ok(ExitCode::FAILURE);
            }
            found => parts.push(found.map(|f| f.unwrap_or(Found::Text(Vec::new()))).map_err(|f| f.to_string())),
        }
    }
    let Ok(parts) = <[Part; 3]>::try_from(parts) else { return Ok(ExitCode::FAILURE) };
    let mut out = std::io::stdout();
    let note = if sandbox.is_some() { "  SANDBOX" } else { "" };
    // Whoever reads only the first lines closes the pipe: that is no error.
    let _ = writeln!(out, "Order {id}{note}");
    for (line, _) in lines::tracked(&parts, 100) {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    Ok(if parts.iter().all(Result::is_ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The wizard, with the profile's server or with a sandbox of its own, perhaps with answers given.
async fn wizard(arguments: &Arguments, prefill: Option<Prefill>) -> eyre::Result<ExitCode> {
    let env = |name: &str| std::env::var(name).ok();
    let Some(choice) = chosen(arguments) else { return Ok(ExitCode::FAILURE) };
    if !terminal::present() {
        let _ = writeln!(
            std::io::stderr(),
            "mobproc: standard input and output must be a terminal. Nothing was started; no order can be placed. Run it in a terminal, over SSH with ssh -t."
        );
        return Ok(ExitCode::FAILURE);
    }
    let since = Instant::now();
    let (wake, events) = tokio::sync::mpsc::unbounded_channel();
    let connected = connect(choice)?;
    let (store, notices) = open_journal(&connected.state, connected.allow_network)?;
    let session = Session {
        profile: Clean::new(&connected.name),
        sandbox: connected.sandbox.is_some(),
        login: login(),
        unkept: store.durable().err().map(Clean::new),
        started: jiff::Timestamp::now(),
        zone: jiff::tz::TimeZone::system(),
    };
    let journal = Journal::new(Arc::new(connected.api), store, connected.server, login(), wake.clone())?;
    let desk = Desk::new(session, terminal::size(), today(), [random(), random()]);
    for said in notices.iter().chain(&connected.warning) {
        let _ = wake.send(Wake::Event(Event::Alarm(Clean::new(said))));
    }
    let (model, first) = match prefill {
        Some(prefill) => Model::prefilled(desk, prefill),
        None => Model::start(desk),
    };
    let runner = Runner::new(journal, wake.clone(), REST);
    runner.begin();
    let theme = Theme::of(&env, arguments.ascii);
    terminal::restore_on_panic();
    let guard = terminal::Guard;
    // Before the terminal is taken: a signal that comes in between must not leave it as it is then.
    let watchdog = Watchdog::start(runner.clone(), &wake)?;
    let mut screen = terminal::take().wrap_err("The terminal cannot be used")?;
    terminal::read_keys(wake, since)?;
    let on_terminal = |screen: &mut terminal::Screen, ask: Ask| match ask {
        Ask::Copy(text) => terminal::copy(&text),
        Ask::Suspend => terminal::suspend(screen, true),
        Ask::Stop => terminal::suspend(screen, false),
        Ask::Retake => terminal::continued(screen),
        Ask::Drain => {
            terminal::drain();
            Ok(())
        }
    };
    let mut program = Loop { model, runner, since, wake: events, today, theme, on_terminal };
    let end = unless_it_panics(program.drive(&mut screen, first)).await;
    drop(guard);
    let code = leave(&mut program, end).await;
    // A terminal that goes away is noticed by whoever writes to it, too.
    if watchdog.asked() || terminal::gone() { Ok(ExitCode::from(watchdog::STOPPED)) } else { code }
}

/// A panic of the loop ends it like any other end: an order on its way still gets its outcome, and is printed.
async fn unless_it_panics(driving: impl Future<Output = std::io::Result<End>>) -> std::io::Result<End> {
    let mut driving = std::pin::pin!(driving);
    std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| driving.as_mut().poll(cx)));
        polled.unwrap_or(Poll::Ready(Ok(End::Panicked)))
    })
    .await
}

/// After the terminal is given back: an order on its way gets its outcome, and what was ordered is printed.
async fn leave<F>(program: &mut Loop<F>, end: std::io::Result<End>) -> eyre::Result<ExitCode> {
    // What was typed last is written down before anything else.
    program.runner.journal.end();
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
        Ok(End::Left) if unknown => ExitCode::from(3),
        Ok(End::Left) => ExitCode::SUCCESS,
        Err(error) => return Err(error).wrap_err("The terminal cannot be written to"),
    })
}

/// A line below the prompt; where no terminal is left, for nobody.
fn say(line: &str) {
    if !terminal::gone() {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}
