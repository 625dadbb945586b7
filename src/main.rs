//! Flags, error hooks, then the terminal; the subcommands; exit codes.

#![cfg_attr(not(test), deny(clippy::disallowed_macros, clippy::disallowed_methods))]

mod commands;
mod out;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use color_eyre::eyre::{self, eyre};
use commands::completions::{For, completions};
use commands::connect::ORDERS;
use commands::directory::{What, directory};
use commands::doctor::doctor;
use commands::init::init;
use commands::logs::{Wanted, logs};
use commands::man::{after_help, man};
use commands::profile::profiles;
use commands::purge::purge;
use commands::reconcile::reconcile;
use commands::sandbox::{Signing, Size, reset, serve};
use commands::status::status;
use commands::wizard::wizard;
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::kinds::{self, KINDS};
use mobproc::domain::prefill::{Given, Prefill};
use mobproc::domain::text::Clean;
use mobproc::exits;
use mobproc::harden;
use mobproc::profile;
use mobproc::report;
use mobproc::sandbox::{Fault, Options};

/// Order mobile phones, plans and changes to phone lines for other employees.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = after_help("")
)]
struct Arguments {
    /// The config file; default $XDG_CONFIG_HOME/mobproc/config.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The profile in it
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// A setting, instead of the profile's own; as often as wanted
    #[arg(global = true, short = 'o', long, value_name = "KEY=VALUE")]
    option: Vec<String>,
    /// Log also what calls are made of: names, types and lengths, never a value
    #[arg(long, global = true)]
    debug_http: bool,
    /// Draw with plain characters only
    #[arg(long, global = true)]
    ascii: bool,
    /// Line by line, for screen readers, dumb terminals and scripts: no drawing, no colours, no moving about
    #[arg(long, global = true)]
    plain: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Open the wizard with answers given; what does not fit is shown at its field
    #[command(after_help = after_help("order"))]
    Order(Begun),
    /// Print an order's status, history and parcels
    #[command(after_help = after_help("status"))]
    Status {
        /// The order's id, for example 8711660
        order: String,
    },
    /// Look for orders whose outcome is not known, once; for cron: exit code 3 while any is left
    #[command(after_help = after_help("reconcile"))]
    Reconcile,
    /// The profiles of the config file
    #[command(after_help = after_help("profile"))]
    Profile {
        #[command(subcommand)]
        what: Profiles,
    },
    /// Write a first profile, or another one, by asking
    #[command(after_help = after_help("init"))]
    Init,
    /// Check everything that an order needs, a line each; exit code 1 where something is wrong
    #[command(after_help = after_help("doctor"))]
    Doctor {
        /// Only what can be checked without the network
        #[arg(long)]
        offline: bool,
    },
    /// Empty what the journal keeps of orders that have ended, and drafts thrown away; their numbers stay
    Purge,
    /// What is kept of people and lines for the next start: show it, read it anew, forget it
    #[command(after_help = after_help("directory"))]
    Directory {
        #[command(subcommand)]
        what: What,
    },
    /// Print what was done lately, by order, with the ids by which the API's support finds a call
    #[command(after_help = after_help("logs"))]
    Logs(Wanted),
    /// Run the sandbox server alone
    #[command(after_help = after_help("sandbox"))]
    Sandbox {
        /// Where to listen; loopback only
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
        listen: std::net::SocketAddr,
        /// Delay every reply by so many milliseconds
        #[arg(long, value_name = "MS", default_value_t = 0)]
        latency: u64,
        /// A fault, for training: `GET catalog/plans@2=status:500`, `orders@1=refuse:CONTACT_NUMBER`, `employees@/40=shift:drop`
        #[arg(long, value_name = "FAULT")]
        fault: Vec<Fault>,
        /// Keep placed orders in this file, for the next run and for others at the same time
        #[arg(long, value_name = "FILE")]
        orders: Option<PathBuf>,
        #[command(flatten)]
        size: Size,
        #[command(flatten)]
        signing: Signing,
        /// Forget the kept orders, and end: those of the file, else those of the wizard's own sandbox
        #[arg(long)]
        reset: bool,
    },
    /// Print the script by which a shell completes commands and options
    #[command(after_help = after_help("completions"))]
    Completions {
        /// The shell
        shell: For,
    },
    /// Print the manual page
    #[command(after_help = after_help("man"))]
    Man,
}

#[derive(Subcommand)]
enum Profiles {
    /// List them: the server, and how they sign in; * marks the default
    List,
    /// Show every setting in force, and where it is from; never a secret
    Show {
        /// The profile; else the one that would be used
        name: Option<String>,
    },
    /// Read them all, and name every mistake; nothing is asked of a server
    Check {
        /// Only this one
        name: Option<String>,
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
                #[expect(clippy::disallowed_methods, reason = "a file of whoever sits there, read into a draft")]
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

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        out::report(&report::of_error(&error));
        ExitCode::FAILURE
    })
}

fn run() -> eyre::Result<ExitCode> {
    // Before anything is read that could be a secret.
    harden::begin();
    report::install(out::report)?;
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => return Ok(out::usage(&usage)),
    };
    waiting_beside(work(&arguments))?
}

/// Does the work on this thread; whatever waits for a server, a clock or a signal does so on one other: each thread that works
/// keeps memory of its own, and keys are answered here. What still runs in the end (a call whose answer nobody waits for, a
/// question that was left) ends with the program.
fn waiting_beside<T>(work: impl Future<Output = T>) -> io::Result<T> {
    // Threads that search or read a disk end soon after their work: an idle program wakes for nothing.
    let runtime =
        tokio::runtime::Builder::new_current_thread().thread_keep_alive(Duration::from_secs(1)).enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new().name("waits".into()).spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle.block_on(work))
}

async fn work(arguments: &Arguments) -> eyre::Result<ExitCode> {
    match &arguments.command {
        None => wizard(arguments, None).await,
        Some(Command::Order(begun)) => match begun.read() {
            Ok(prefill) => wizard(arguments, Some(prefill)).await,
            Err(why) => {
                out::complain(&Clean::new(&format!("{why} Nothing was started and nothing was sent.")));
                Ok(ExitCode::from(exits::USAGE))
            }
        },
        Some(Command::Status { order }) => status(arguments, order).await,
        Some(Command::Reconcile) => reconcile(arguments).await,
        Some(Command::Profile { what }) => Ok(profiles(arguments, what)),
        Some(Command::Init) => init(arguments).await,
        Some(Command::Doctor { offline }) => doctor(arguments, *offline).await,
        Some(Command::Purge) => purge(arguments),
        Some(Command::Directory { what }) => directory(arguments, what).await,
        Some(Command::Logs(wanted)) => logs(arguments, wanted),
        Some(Command::Completions { shell }) => Ok(completions(*shell)),
        Some(Command::Man) => Ok(man()),
        Some(Command::Sandbox { orders, reset: true, .. }) => {
            let env = |name: &str| std::env::var(name).ok();
            let own = || profile::state_dir(None, &env).map(|dir| dir.join(ORDERS));
            reset(&orders.clone().map_or_else(own, Ok).map_err(|why| eyre!(why))?)
        }
        Some(Command::Sandbox { listen, latency, fault, orders, size, signing, reset: _ }) => {
            let latency = Duration::from_millis(*latency);
            let (faults, orders) = (fault.clone(), orders.clone());
            let options = Options { faults, latency, orders, sign_in: signing.lives(), ..Options::default() };
            serve(*listen, size.of(options)).await
        }
    }
}
