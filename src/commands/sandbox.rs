//! `mobproc sandbox`: the server alone, and forgetting what it keeps.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{self, WrapErr};
use mobproc::domain::text::Clean;
use mobproc::exits;
use mobproc::sandbox::{self, Lives, MOST_PEOPLE, OWN_PEOPLE, Options, Sandbox};
use mobproc::secret::why;
use tokio::signal::unix::{SignalKind, signal};

use crate::out;

/// What `mobproc sandbox` is told of its tokens.
#[derive(clap::Args)]
pub(crate) struct Signing {
    /// Take only tokens that its token endpoint has issued, while they live; else any is taken
    #[arg(long)]
    sign_in: bool,
    /// How long its access tokens live
    #[arg(long, value_name = "SECS", requires = "sign_in", default_value_t = 7199)]
    token_life: u32,
    /// How long its refresh tokens live
    #[arg(long, value_name = "SECS", requires = "sign_in", default_value_t = 1_209_600)]
    refresh_life: u32,
    /// Take a refresh token again and again; else each is good for one time and gives the next
    #[arg(long, requires = "sign_in")]
    keep_refresh: bool,
}

impl Signing {
    /// How long tokens live, where they count.
    pub(crate) fn lives(&self) -> Option<Lives> {
        let seconds = |s| Duration::from_secs(u64::from(s));
        let (access, refresh) = (seconds(self.token_life), seconds(self.refresh_life));
        self.sign_in.then_some(Lives { access, refresh, keep_refresh: self.keep_refresh })
    }
}

/// What `mobproc sandbox` is told of its world.
#[derive(clap::Args)]
pub(crate) struct Size {
    /// How many employees there are: 241 of the sandbox's own, and beyond them others, who are made as they are asked for
    #[arg(long, value_name = "N", default_value_t = OWN_PEOPLE, value_parser = people)]
    employees: u32,
    /// What the others are made from: the same number makes the same people
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// The most items that a page may be asked to hold
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    longest_page: u32,
}

fn people(text: &str) -> Result<u32, String> {
    let n = text.parse::<u32>().ok().filter(|n| (OWN_PEOPLE..=MOST_PEOPLE).contains(n));
    n.ok_or_else(|| format!("the sandbox has {OWN_PEOPLE} people of its own; ask for {OWN_PEOPLE} to {MOST_PEOPLE}"))
}

impl Size {
    /// The same as options.
    pub(crate) fn of(&self, options: Options) -> Options {
        let Self { employees, seed, longest_page } = *self;
        Options { employees, seed, longest_page: Some(longest_page), ..options }
    }
}

/// `mobproc sandbox --reset`: the kept orders are forgotten.
pub(crate) fn reset(file: &Path) -> eyre::Result<ExitCode> {
    let unforgotten = || format!("The orders kept in {} cannot be forgotten", file.display());
    let there = sandbox::forget(file).wrap_err_with(unforgotten)?;
    let file = file.display();
    let told = if there {
        format!("The orders kept in {file} are forgotten.")
    } else {
        format!("No orders are kept in {file}.")
    };
    out::lines(&told);
    Ok(ExitCode::SUCCESS)
}

/// `mobproc sandbox`: the same server alone, until it is stopped.
pub(crate) async fn serve(listen: SocketAddr, options: Options) -> eyre::Result<ExitCode> {
    let listener = match begun(listen, options.orders.as_deref()) {
        Ok(listener) => listener,
        Err(why) => {
            out::complain(&Clean::new(&why));
            return Ok(ExitCode::from(exits::USAGE));
        }
    };
    let sandbox = Sandbox::start(listener, options)?;
    out::lines(&format!("listening on {}\ntoken_url {}", sandbox.base_url(), sandbox.token_url()));
    let (mut terminate, mut hangup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        () = sandbox.finished() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Where it listens; a sentence or two where its arguments will not do.
fn begun(listen: SocketAddr, orders: Option<&Path>) -> Result<TcpListener, String> {
    if !listen.ip().is_loopback() {
        return Err(format!(
            "The sandbox listens on loopback addresses only, not on {listen}. Use for example --listen 127.0.0.1:8080"
        ));
    }
    if let Some(file) = orders {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unkept = |why: &str| {
            let file = file.display();
            Err(format!("The orders cannot be kept in {file}: {why}. Name another file with --orders."))
        };
        if !folder.is_dir() {
            return unkept(&format!("there is no directory {}", folder.display()));
        }
        if file.exists() && !file.is_file() {
            return unkept("it is not a plain file");
        }
    }
    TcpListener::bind(listen).map_err(|e| {
        let why = if e.kind() == ErrorKind::AddrInUse { "something listens there already".into() } else { why(&e) };
        format!(
            "The sandbox cannot listen on {listen}: {why}. Use another address; --listen 127.0.0.1:0 takes any port."
        )
    })
}
