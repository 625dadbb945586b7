//! A talk: the real sandbox, the real client, the real state machine, and the front that talks in lines.

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mobproc::api::Api;
use mobproc::app::desk::{self, Desk};
use mobproc::app::message::{Effect, Event};
use mobproc::app::{Model, Step};
use mobproc::domain::date::Date;
use mobproc::domain::journal::Timing;
use mobproc::domain::text::Clean;
use mobproc::plain::{COLUMNS, Heard, SIZE};
use mobproc::runtime::effects::Runner;
use mobproc::runtime::journal::{Journal, Server};
use mobproc::runtime::lines::Lines;
use mobproc::runtime::prompt::Prompt;
use mobproc::runtime::{Loop, Wake};
use mobproc::sandbox::{Options, Sandbox};
use mobproc::store::{self, Store};
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

/// What was written, shared with the test.
#[derive(Clone, Default)]
pub struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A program that talks in lines.
pub struct Talk {
    pub sandbox: Arc<Sandbox>,
    pub program: Loop,
    front: Lines<Paper>,
    paper: Paper,
    wake: tokio::sync::mpsc::UnboundedSender<Wake>,
    pub clock: u64,
    hand: bool,
    /// Where the journal lies.
    state: Arc<tempfile::TempDir>,
}

/// The day of every test.
pub fn today() -> Date {
    Date::constant(2026, 11, 23)
}

impl Talk {
    /// With faults in the sandbox, as its command line takes them.
    pub async fn start(faults: &[&str]) -> Self {
        let options =
            Options { faults: faults.iter().map(|f| f.parse().expect("a fault")).collect(), ..Options::default() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let api = Api::sandbox(&sandbox.base_url());
        Self::of(Arc::new(sandbox), api, true).await
    }
    /// The same behind a pipe.
    pub async fn piped() -> Self {
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), Options::default()).unwrap();
        let api = Api::sandbox(&sandbox.base_url());
        Self::of(Arc::new(sandbox), api, false).await
    }
    /// With a client of one's own.
    pub async fn of(sandbox: Arc<Sandbox>, api: Api, hand: bool) -> Self {
        Self::at(sandbox, api, hand, Arc::new(tempfile::tempdir().unwrap())).await
    }
    /// Another session on the same journal and server.
    pub async fn another(&self) -> Self {
        Self::at(self.sandbox.clone(), Api::sandbox(&self.sandbox.base_url()), true, self.state.clone()).await
    }
    /// The same behind a pipe.
    pub async fn another_piped(&self) -> Self {
        Self::at(self.sandbox.clone(), Api::sandbox(&self.sandbox.base_url()), false, self.state.clone()).await
    }
    async fn at(sandbox: Arc<Sandbox>, mut api: Api, hand: bool, state: Arc<tempfile::TempDir>) -> Self {
        let (wake, events) = tokio::sync::mpsc::unbounded_channel();
        let prompt = Prompt::new(wake.clone());
        api.ask_with(prompt.asker());
        api.tell_ended(prompt.ended());
        let store = Store::open(&state.path().join("journal"), store::Options::default()).unwrap().store;
        let session = desk::Session {
            profile: Clean::new("SANDBOX"),
            sandbox: true,
            login: Clean::new("jdoe"),
            keeping: store
                .durable()
                .map_or_else(|why| desk::Keeping::Unkept(Clean::new(why)), |()| desk::Keeping::Kept),
            started: jiff::Timestamp::now(),
            zone: jiff::tz::TimeZone::UTC,
        };
        // Limits are tiny, so that nothing takes long to be proved.
        let timing = Timing {
            send_guard: Duration::from_secs(1),
            submit: Duration::from_millis(400),
            server_time_limit: Duration::from_millis(20),
            list_lag: Duration::from_millis(20),
            spacing: Duration::from_millis(20),
            ..Timing::sandbox()
        };
        let server = Server { name: "sandbox".into(), account: String::new(), timing, calibrated: true };
        let journal = Journal::new(Arc::new(api), store, server, Clean::new("jdoe"), wake.clone()).unwrap();
        let bits = mobproc::runtime::effects::random();
        let (model, first) = Model::start(Desk::new(session, SIZE, today(), [bits, bits ^ 1]));
        let since = Instant::now();
        let runner = Runner::new(journal, wake.clone(), Duration::ZERO).prompted(prompt);
        let program = Loop { model, runner, since, wake: events, today };
        let paper = Paper::default();
        let front = Lines::new(paper.clone(), hand, false, since);
        let mut talk = Self { sandbox, program, front, paper, wake, clock: 60_000, hand, state };
        talk.program.draw(&mut talk.front).unwrap();
        talk.program.runner.begin();
        talk.program.work(&mut talk.front, first).unwrap();
        talk.settle().await;
        talk
    }

    /// Waits until no call is on its way and nothing is left to handle, or a secret is asked for, which calls wait for.
    pub async fn settle(&mut self) {
        loop {
            while let Ok(wake) = self.program.wake.try_recv() {
                self.program.handle(&mut self.front, wake).unwrap();
            }
            self.show();
            let asks = self.program.model.sign_in.as_ref().is_some_and(mobproc::app::signin::State::waits);
            if (asks || self.program.runner.in_flight() == 0) && self.program.wake.is_empty() {
                return;
            }
            let next = tokio::time::timeout(Duration::from_secs(60), self.program.wake.recv()).await;
            let Ok(Some(wake)) = next else { panic!("nothing came for a minute:\n{}", self.all()) };
            self.program.handle(&mut self.front, wake).unwrap();
        }
    }
    fn show(&mut self) {
        loop {
            self.program.draw(&mut self.front).unwrap();
            if !self.program.pressed(&mut self.front).unwrap() || self.program.model.quit {
                return;
            }
        }
    }
    /// Waits until something was said that the background brings.
    pub async fn until(&mut self, text: &str) -> &mut Self {
        self.until_said(text).await;
        self.settle().await;
        self
    }
    /// The same while other things are on their way.
    pub async fn until_said(&mut self, text: &str) {
        while !self.all().contains(text) {
            let next = tokio::time::timeout(Duration::from_secs(60), self.program.wake.recv()).await;
            let Ok(Some(wake)) = next else { panic!("{text:?} did not come within a minute:\n{}", self.all()) };
            self.program.handle(&mut self.front, wake).unwrap();
            self.show();
        }
    }

    /// Answers, a second after what came before, and waits until all is quiet; what was said then.
    pub async fn answer(&mut self, line: &str) -> String {
        self.clock += 1000;
        let before = self.all().len();
        self.type_in(line);
        self.settle().await;
        self.all().split_off(before)
    }
    /// Answers one after another.
    pub async fn answers(&mut self, lines: &[&str]) -> String {
        let mut said = String::new();
        for line in lines {
            said = self.answer(line).await;
        }
        said
    }
    /// Types a line without waiting for anything.
    pub fn type_in(&mut self, line: &str) {
        self.clock += 10;
        self.type_at(line, self.clock);
    }
    /// The same at that time of the program's own clock.
    pub fn type_at(&mut self, line: &str, at: u64) {
        if self.hand {
            // As a terminal echoes it, behind a mark: it is none of what the program says.
            let seen = if self.all().lines().last().is_some_and(|l| l.contains("not shown")) { "" } else { line };
            self.paper.write_all(format!("\u{1}{seen}\n").as_bytes()).unwrap();
        }
        self.wake.send(Wake::Heard(Heard::Line(Zeroizing::new(line.into()), at))).unwrap();
    }
    /// Lets the lines come to their end.
    pub async fn end(&mut self) {
        self.wake.send(Wake::Heard(Heard::End(self.clock))).unwrap();
        self.settle().await;
    }
    /// Something happens elsewhere.
    pub async fn event(&mut self, event: Event) {
        self.wake.send(Wake::Event(event)).unwrap();
        self.settle().await;
    }
    /// Work that the program comes to do sooner or later.
    pub fn work(&mut self, effect: Effect) {
        self.program.work(&mut self.front, vec![effect]).unwrap();
    }
    /// Ends the session, as the program does.
    pub fn leave(&self) {
        self.program.runner.journal.end();
    }
    /// `^C`.
    pub async fn interrupt(&mut self) -> String {
        self.wake.send(Wake::Interrupted).unwrap();
        let before = self.all().len();
        self.settle().await;
        self.all().split_off(before)
    }

    /// Everything that was said so far, held to what is promised of every line.
    pub fn all(&self) -> String {
        let all = String::from_utf8(self.paper.0.lock().unwrap().clone()).unwrap();
        assert!(!all.contains('\u{1b}') && !all.contains('\r') && !all.contains('\u{8}'), "{all}");
        for line in all.lines().map(|l| l.split('\u{1}').next().unwrap().trim_end()) {
            assert!(line.width() <= COLUMNS, "{} columns: {line}", line.width());
        }
        all.replace('\u{1}', "")
    }
    /// The label of the field that is asked for.
    pub fn field(&self) -> Option<String> {
        let Step::Details(state) = &self.program.model.step else { return None };
        state.row(&self.program.model.desk).map(|r| r.label.to_string())
    }
    /// What the field of that label holds.
    pub fn held(&self, label: &str) -> Option<String> {
        let desk = &self.program.model.desk;
        let row = desk.form().into_iter().find(|r| &*r.label == label)?;
        desk.draft.answer(&row.id)?.spoken().map(|s| s.to_string())
    }
    /// Whether it has come to its end.
    pub fn left(&self) -> bool {
        self.program.model.quit
    }
    /// The bodies of `POST /orders` so far: whether each was a confirmation, and what was sent.
    pub fn posts(&self) -> Vec<(bool, serde_json::Value)> {
        let confirms = |q: &[(String, String)]| q.iter().any(|(n, v)| n.starts_with("confirm") && v == "true");
        let posts = self.sandbox.seen().into_iter().filter(|s| s.method == "POST" && s.path == "/orders");
        posts.map(|s| (confirms(&s.query), s.body.unwrap_or_default())).collect()
    }
    /// How many submissions the server has seen.
    pub fn submissions(&self) -> usize {
        self.posts().iter().filter(|(confirm, _)| !confirm).count()
    }
}
