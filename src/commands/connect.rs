//! What a command works with: the profile that is meant, its server, its journal.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use color_eyre::eyre::{self, WrapErr};
use mobproc::api::Api;
use mobproc::app::desk::Manners;
use mobproc::domain::journal::Timing;
use mobproc::domain::text::Clean;
use mobproc::log::Log;
use mobproc::profile::{self, Asked, Choice, SignIn};
use mobproc::report;
use mobproc::runtime::directory::Keeping;
use mobproc::runtime::journal::Server;
use mobproc::sandbox::{Options, Sandbox};
use mobproc::store::{self, Store};

use super::ask;
use crate::{Arguments, out};

/// The profile that is meant, or the sandbox; where the configuration is wrong, the sentence is printed.
pub(crate) fn chosen(arguments: &Arguments) -> Option<Choice> {
    match profile::choose(&asked(arguments)) {
        Ok(choice) => Some(choice),
        Err(error) => {
            out::complain(&Clean::new(&error.to_string()));
            None
        }
    }
}

/// What the flags and the environment ask for.
pub(crate) fn asked(arguments: &Arguments) -> Asked<'_> {
    Asked {
        config: arguments.config.as_deref(),
        profile: arguments.profile.as_deref(),
        options: &arguments.option,
        env: &variable,
    }
}

/// A variable of the environment; one that is not text is not taken for one that is absent.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.into_string().unwrap_or_else(|_| "\u{fffd}".into()))
}

/// What is spoken to: the server of the profile, or a sandbox that lives as long as it is kept.
pub(crate) struct Connected {
    pub(crate) api: Api,
    pub(crate) name: String,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) server: Server,
    /// Where the journal lies, or why it cannot.
    pub(crate) state: Result<PathBuf, String>,
    pub(crate) allow_network: bool,
    /// Where directories are kept between runs; nothing where there is no place for them.
    pub(crate) keeping: Option<Keeping>,
    pub(crate) manners: Manners,
    pub(crate) warning: Vec<String>,
}

/// Connects for a command that prints: a secret that only whoever sits there can give is asked for on its terminal.
pub(crate) fn connect_plainly(choice: Choice) -> eyre::Result<Connected> {
    let mut connected = connect(choice)?;
    if ask::possible() {
        connected.api.ask_with(ask::asker());
    }
    Ok(connected)
}

/// Connects to what was chosen.
pub(crate) fn connect(choice: Choice) -> eyre::Result<Connected> {
    let env = |name: &str| std::env::var(name).ok();
    Ok(match choice {
        Choice::Profile(profile) => Connected {
            keeping: keeping(&Choice::Profile(profile.clone()), &env),
            state: profile::state_dir(Some(&profile), &env),
            server: Server {
                name: format!("{} {}", profile.base_url, profile.tenant),
                account: profile.client_id.clone(),
                timing: profile.timing,
                calibrated: false,
            },
            allow_network: profile.allow_network_state,
            manners: Manners { bell: profile.manners.bell, motion: profile.manners.motion },
            warning: profile.warnings.clone(),
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
                keeping: keeping(&Choice::Sandbox, &env),
                state,
                allow_network: false,
                manners: Manners::default(),
                warning: Vec::new(),
            }
        }
    })
}

/// Where directories of that server are kept, and for whom.
pub(crate) fn keeping(choice: &Choice, env: &dyn Fn(&str) -> Option<String>) -> Option<Keeping> {
    let profile = match choice {
        Choice::Profile(profile) => Some(&**profile),
        Choice::Sandbox => None,
    };
    let state = profile::state_dir(profile, env).ok()?;
    let Some(profile) = profile else {
        let (server, view) = ("sandbox".to_owned(), String::new());
        return Some(Keeping { keep: true, state, allow_network: false, server, user: None, view });
    };
    let user = match &profile.sign_in {
        SignIn::Password(grant) => Some(grant.username.clone()),
        SignIn::Token(_) => None,
    };
    let agent = [&profile.employee_id, &profile.company_employee_id, &profile.hierarchy_id];
    let agent = agent.map(|id| id.as_deref().unwrap_or_default());
    Some(Keeping {
        keep: profile.manners.keep_directory,
        state,
        allow_network: profile.allow_network_state,
        server: format!("{} {}", profile.base_url, profile.tenant),
        user,
        view: format!("{}\n{}", profile.client_id, agent.join("\n")),
    })
}

/// The file of the sandbox's orders, beside its journal.
pub(crate) const ORDERS: &str = "orders.jsonl";

/// Opens the journal; where that cannot be, one in memory, and what is to be said about it.
pub(crate) fn open_journal(state: &Result<PathBuf, String>, allow_network: bool) -> eyre::Result<(Store, Vec<String>)> {
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

/// How long the end of the program waits for the log.
const LOGGING: Duration = Duration::from_millis(500);

/// Starts the log, and has the client tell it of its calls. Where it cannot be written that is told, once, and
/// everything else works.
pub(crate) fn open_log(
    arguments: &Arguments,
    connected: &mut Connected,
    told: impl Fn(Clean) + Clone + Send + 'static,
) -> Log {
    // Without a home there is no place for anything, which was said of the journal.
    let Ok(state) = &connected.state else { return Log::default() };
    let started = Log::start(state, connected.allow_network, &Clean::new(&connected.name), Box::new(told.clone()));
    let log = match started {
        Ok(log) => {
            report::keep_in(state, &log);
            log
        }
        Err(why) => {
            told(Clean::new(&why));
            Log::default()
        }
    };
    let (calls, sign_ins) = (log.clone(), log.clone());
    connected.api.observe(Box::new(move |call| calls.call(&call)));
    if arguments.debug_http {
        connected.api.outline();
    }
    connected.api.observe_sign_ins(Box::new(move |signed| sign_ins.signed_in(&signed)));
    log
}

/// The program ends, and with it the log, which is waited for a moment.
pub(crate) fn close_log(log: &Log) {
    log.ended();
    log.finish(LOGGING);
}

/// Says on stderr what went wrong beside the work itself.
pub(crate) fn aside(text: Clean) {
    out::complain(&text);
}

/// The login of whoever works here.
pub(crate) fn login() -> Clean {
    let env = |name: &str| std::env::var(name).ok();
    let uid = || format!("uid {}", rustix::process::getuid().as_raw());
    Clean::new(&env("LOGNAME").or_else(|| env("USER")).unwrap_or_else(uid))
}
