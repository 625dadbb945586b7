//! Sessions in processes of their own, which can be killed: this test's own binary, run again.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use mobproc::api::Api;
use mobproc::domain::journal::{State, Timing};
use mobproc::profile::{ConfirmParameter, Network, Profile, SignIn};
use mobproc::runtime::journal::Journal;
use mobproc::secret::Source;
use mobproc::store::{Options, Store, clock};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::desk::{Desk, LONG, Want, journal_in, timing};

/// The variable by which the child knows what to do.
const PART: &str = "MOBPROC_TEST_PART";
/// What stands before a line that is for the parent.
const SAID: &str = "said ";

/// What a child plays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Play {
    /// Types in a draft until it is killed.
    Type,
    /// Drafts, saves a few times, confirms and sends.
    Order(usize),
    /// Takes up what is unknown, and looks for it.
    Look,
    /// Opens the journal, and keeps house.
    Open,
    /// Waits for the word, then presses the key for each of these orders.
    Press(Vec<u64>),
}

/// The part of a child.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    pub play: Play,
    pub home: PathBuf,
    pub base_url: String,
    pub seed: u64,
    /// A program that gives tokens, instead of one that is there already.
    pub tokens: Vec<String>,
}

/// A client with tokens of a program.
pub fn api_with(base_url: &str, tokens: Vec<String>) -> Api {
    Api::new(Profile {
        name: "test".into(),
        base_url: base_url.to_owned(),
        tenant: "SANDBOX".into(),
        client_id: "mobproc".into(),
        sign_in: SignIn::Token(Source::Command(tokens)),
        network: Network::default(),
        employee_id: None,
        company_employee_id: None,
        hierarchy_id: None,
        confirm_parameter: ConfirmParameter::Both,
        state_dir: None,
        allow_network_state: false,
        manners: mobproc::profile::Manners::default(),
        timing: Timing::default(),
        warnings: Vec::new(),
    })
}

impl Part {
    pub fn new(play: Play, home: &Path, base_url: &str, seed: u64) -> Self {
        Self { play, home: home.to_owned(), base_url: base_url.to_owned(), seed, tokens: Vec::new() }
    }
    /// Starts the child; `points` are its crash points.
    pub fn start(&self, points: &str) -> Running {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["child::a_part_is_played_where_one_is_given", "--exact", "--nocapture"])
            .env(PART, serde_json::to_string(self).unwrap())
            .env("FAILPOINTS", points)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let pid = child.id().unwrap();
        Running { child, pid }
    }
    fn api(&self) -> Api {
        match self.tokens.is_empty() {
            true => Api::sandbox(&self.base_url),
            false => api_with(&self.base_url, self.tokens.clone()),
        }
    }
    /// Patient where it sends: what dies here dies at its crash point.
    fn desk(&self) -> Desk {
        let patient = Duration::from_secs(20);
        Desk::new(
            &self.home,
            self.api(),
            Timing { send_guard: patient, submit: patient, token_age: Duration::ZERO, ..timing() },
        )
    }
    async fn play(self) {
        match &self.play {
            Play::Type => self.types().await,
            Play::Order(saves) => self.orders(*saves).await,
            Play::Look => {
                let desk = Desk::new(&self.home, self.api(), timing());
                for (key, _) in desk.journal.recover().await {
                    desk.journal.watch(key, Duration::ZERO).await;
                }
            }
            Play::Open => {
                let mut store = Store::open(&journal_in(&self.home), Options::default()).unwrap().store;
                store.housekeep().unwrap();
            }
            Play::Press(seeds) => self.presses(seeds).await,
        }
    }
    /// What is being typed is the time at which it was typed.
    async fn types(&self) {
        let (desk, want) = (self.desk(), Want::of(self.seed));
        desk.save(want.saving(&now(), true)).await;
        say("typing");
        loop {
            if let Some(wait) = desk.journal.take(want.saving(&now(), false)) {
                let journal = desk.journal.clone();
                let key = want.key;
                tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    journal.write(key).await;
                });
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    async fn orders(&self, saves: usize) {
        let (desk, want) = (self.desk(), Want::of(self.seed));
        for n in 0..=saves {
            desk.save(want.saving(&n.to_string(), true)).await;
        }
        let order = want.fresh_order();
        let confirmed = desk.journal.confirm(order.clone()).await;
        confirmed.unwrap();
        say("confirmed");
        say(&format!("{:?}", desk.journal.submit(order).await));
    }
    async fn presses(&self, seeds: &[u64]) {
        let desk = self.desk();
        desk.journal.recover().await;
        say("ready");
        let word = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
        word.await.unwrap().unwrap();
        let pressed = seeds.iter().map(|seed| tokio::spawn(press(desk.journal.clone(), Want::of(*seed))));
        for pressed in pressed.collect::<Vec<_>>() {
            pressed.await.unwrap();
        }
        desk.journal.recover().await;
        say("pressed");
    }
}

/// As long as the key can be pressed, it is: more often than anybody would.
async fn press(journal: Journal, want: Want) {
    for _ in 0..50 {
        let all = journal.standings_now().await.unwrap();
        match all.iter().find(|s| s.key == want.key).map(|s| s.state) {
            Some(State::Confirmed) => {
                journal.open(want.key, true).await;
                journal.submit(want.fresh_order()).await;
            }
            Some(State::NotPlaced) => {
                journal.resend(want.key).await;
            }
            Some(_) | None => return,
        }
    }
}

/// The time of the machine, the same in all its processes (ms).
pub fn now() -> String {
    clock::boottime().as_millis().to_string()
}

fn say(what: &str) {
    println!("\n{SAID}{what}");
}

/// A child that runs.
pub struct Running {
    pub child: Child,
    pub pid: u32,
}

/// Ends a process as nothing else does.
pub fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

impl Running {
    /// Waits until it has said that.
    pub async fn until(&mut self, what: &str) {
        let out = BufReader::new(self.child.stdout.take().unwrap());
        let mut lines = out.lines();
        loop {
            let line = tokio::time::timeout(LONG, lines.next_line()).await.expect("the child says something").unwrap();
            let line = line.unwrap_or_else(|| panic!("the child ended before it said {what:?}"));
            if line.strip_prefix(SAID) == Some(what) {
                break;
            }
        }
        self.child.stdout = Some(lines.into_inner().into_inner());
    }
    /// Waits until it has ended; what it said.
    pub async fn ended(self) -> (ExitStatus, String) {
        let ended = tokio::time::timeout(LONG, self.child.wait_with_output()).await.expect("the child ends").unwrap();
        (ended.status, String::from_utf8_lossy(&ended.stdout).into_owned())
    }
    /// Waits until it was killed.
    pub async fn killed(self, case: &str) {
        let (status, said) = self.ended().await;
        assert_eq!(status.signal(), Some(9), "{case}: it should have been killed there: {status:?} {said}");
    }
}

/// Nothing where no part is given: then this is a test of the suite.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_is_played_where_one_is_given() {
    let Ok(part) = std::env::var(PART) else { return };
    let _points = fail::FailScenario::setup();
    let part: Part = serde_json::from_str(&part).unwrap();
    part.play().await;
}
