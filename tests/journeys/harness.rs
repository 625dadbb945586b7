//! The harness of the journeys: the real sandbox on a port of its own, the real client, the real state machine, drawn on a
//! test backend, and played by key scripts. It waits for conditions and never for time.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mobproc::api::Api;
use mobproc::app::Model;
use mobproc::app::desk::{self, Desk};
use mobproc::app::keys::Key;
use mobproc::app::message::Event;
use mobproc::domain::date::Date;
use mobproc::domain::journal::Timing;
use mobproc::domain::prefill::Prefill;
use mobproc::domain::text::Clean;
use mobproc::runtime::effects::Runner;
use mobproc::runtime::journal::{Journal, Server};
use mobproc::runtime::prompt::Prompt;
use mobproc::runtime::{Ask, Drawn, Loop, Wake};
use mobproc::sandbox::{Options, Sandbox};
use mobproc::store::{self, Store};
use mobproc::view::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

type OnTerminal = Box<dyn FnMut(&mut Terminal<TestBackend>, Ask) -> std::io::Result<()>>;

/// A program under test.
pub struct Harness {
    pub sandbox: Arc<Sandbox>,
    pub program: Loop,
    pub terminal: Drawn<TestBackend, OnTerminal>,
    pub asked: Arc<std::sync::Mutex<Vec<Ask>>>,
    /// Where the journal lies.
    pub state: Arc<tempfile::TempDir>,
    wake: tokio::sync::mpsc::UnboundedSender<Wake>,
    clock: u64,
    pub keys_pressed: usize,
}

/// What one session has of its own.
struct Session {
    api: Api,
    state: Arc<tempfile::TempDir>,
    timing: Timing,
    /// What its first order numbers are made of.
    bits: u64,
}

/// The day of every test.
pub fn today() -> Date {
    Date::constant(2026, 11, 23)
}

/// A sandbox that remembers all that it answered, to be held to the API's description.
fn remembering() -> Options {
    Options { replies: 64 << 20, ..Options::default() }
}

impl Harness {
    /// The program in its default mode, 80x24.
    pub async fn start() -> Self {
        Self::with(&[], (80, 24)).await
    }
    /// With faults in the sandbox, as its command line takes them, and another screen.
    pub async fn with(faults: &[&str], size: (u16, u16)) -> Self {
        let options = Options { faults: faults.iter().map(|f| f.parse().expect("a fault")).collect(), ..remembering() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let api = Api::sandbox(&sandbox.base_url());
        Self::of(sandbox, api, size).await
    }
    /// With answers given from outside.
    pub async fn begun(prefill: Prefill) -> Self {
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), remembering()).unwrap();
        let api = Api::sandbox(&sandbox.base_url());
        Self::from(sandbox, api, (80, 24), Some(prefill)).await
    }
    /// With a client of one's own.
    pub async fn of(sandbox: Sandbox, api: Api, size: (u16, u16)) -> Self {
        Self::from(sandbox, api, size, None).await
    }
    async fn from(sandbox: Sandbox, api: Api, size: (u16, u16), prefill: Option<Prefill>) -> Self {
        let session =
            Session { api, state: Arc::new(tempfile::tempdir().unwrap()), timing: Timing::sandbox(), bits: 7 };
        Self::session(Arc::new(sandbox), session, size, prefill).await
    }
    /// Another session of the same user on the same journal and server, or the next one after this has gone.
    pub async fn another(&self, timing: Timing, bits: u64) -> Self {
        let api = Api::sandbox(&self.sandbox.base_url());
        let session = Session { api, state: self.state.clone(), timing, bits };
        Self::session(self.sandbox.clone(), session, (80, 24), None).await
    }
    async fn session(sandbox: Arc<Sandbox>, mut with: Session, size: (u16, u16), prefill: Option<Prefill>) -> Self {
        let (wake, events) = tokio::sync::mpsc::unbounded_channel();
        let prompt = Prompt::new(wake.clone());
        with.api.ask_with(prompt.asker());
        with.api.tell_ended(prompt.ended());
        let store = Store::open(&with.state.path().join("journal"), store::Options::default()).unwrap().store;
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
        let server = Server { name: "sandbox".into(), account: String::new(), timing: with.timing, calibrated: true };
        let journal = Journal::new(Arc::new(with.api), store, server, Clean::new("jdoe"), wake.clone()).unwrap();
        let desk = Desk::new(session, size, today(), [with.bits, with.bits + 1]);
        let (model, first) = match prefill {
            Some(prefill) => Model::prefilled(desk, prefill),
            None => Model::start(desk),
        };
        let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
        let log = asked.clone();
        let on_terminal: OnTerminal = Box::new(move |_, ask| {
            log.lock().unwrap().push(ask);
            Ok(())
        });
        let program = Loop {
            model,
            runner: Runner::new(journal, wake.clone(), Duration::ZERO).prompted(prompt),
            since: Instant::now(),
            wake: events,
            today,
        };
        let terminal = Drawn {
            screen: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
            theme: Theme { colour: false, ascii: false, lines: true },
            on_terminal,
            aside: false,
        };
        let state = with.state;
        let mut harness = Self { sandbox, program, terminal, asked, state, wake, clock: 60_000, keys_pressed: 0 };
        harness.program.draw(&mut harness.terminal).unwrap();
        harness.program.runner.begin();
        harness.program.work(&mut harness.terminal, first).unwrap();
        harness.settle().await;
        harness
    }

    /// Ends the session, as the program does.
    pub fn leave(&self) {
        self.program.runner.journal.end();
    }
    /// Waits until the screen shows the text, which something in the background brings.
    pub async fn until(&mut self, text: &str) -> &mut Self {
        self.until_so(text, |h| h.screen().contains(text)).await
    }
    /// Waits until something is so that the background brings about.
    pub async fn until_so(&mut self, text: &str, holds: impl Fn(&Self) -> bool) -> &mut Self {
        while !holds(self) {
            let next = tokio::time::timeout(Duration::from_secs(60), self.program.wake.recv()).await;
            let Ok(Some(wake)) = next else { panic!("{text:?} did not come within a minute:\n{}", self.screen()) };
            self.program.handle(&mut self.terminal, wake).unwrap();
        }
        self.settle().await;
        self
    }

    /// Waits until no call is on its way and nothing is left to handle, or a secret is asked for, which calls wait for.
    pub async fn settle(&mut self) {
        loop {
            while let Ok(wake) = self.program.wake.try_recv() {
                self.program.handle(&mut self.terminal, wake).unwrap();
            }
            self.program.draw(&mut self.terminal).unwrap();
            let asks = self.program.model.sign_in.as_ref().is_some_and(mobproc::app::signin::State::waits);
            let waits = asks || self.program.runner.in_flight() == 0;
            if waits && self.program.wake.is_empty() {
                return;
            }
            let next = tokio::time::timeout(Duration::from_secs(60), self.program.wake.recv()).await;
            let Ok(Some(wake)) = next else { panic!("nothing came for a minute:\n{}", self.screen()) };
            self.program.handle(&mut self.terminal, wake).unwrap();
        }
    }

    /// Presses keys, a second apart, and waits after each until all is quiet. `<enter>`, `<down>`, `<C-o>` are named.
    pub async fn keys(&mut self, script: &str) -> &mut Self {
        for key in parse(script) {
            self.press_and_settle(key).await;
        }
        self
    }
    /// Presses keys without waiting for anything between them, 10 ms apart.
    pub async fn burst(&mut self, script: &str) -> &mut Self {
        for key in parse(script) {
            self.press(key, 10);
            while let Ok(wake) = self.program.wake.try_recv() {
                self.program.handle(&mut self.terminal, wake).unwrap();
            }
        }
        self.settle().await;
        self
    }
    /// Presses one key, a second after the one before, and waits until all is quiet.
    pub async fn press_and_settle(&mut self, key: Key) {
        self.press(key, 1000);
        self.settle().await;
    }
    /// Presses one key so many milliseconds after the one before, and waits for nothing.
    pub fn press(&mut self, key: Key, after: u64) {
        self.clock += after;
        self.keys_pressed += 1;
        self.wake.send(Wake::Event(Event::Key(key, self.clock))).unwrap();
    }
    /// Lets so much time pass before the next key.
    pub fn later(&mut self, millis: u64) -> &mut Self {
        self.clock += millis;
        self
    }
    /// Pastes.
    pub async fn paste(&mut self, text: &str) -> &mut Self {
        self.clock += 1000;
        self.wake.send(Wake::Event(Event::Paste(text.into(), self.clock))).unwrap();
        self.settle().await;
        self
    }
    /// Changes the size of the screen.
    pub async fn resize(&mut self, size: (u16, u16)) -> &mut Self {
        self.terminal.screen.backend_mut().resize(size.0, size.1);
        self.wake.send(Wake::Resize).unwrap();
        self.settle().await;
        self
    }

    /// The present screen in another theme, in cells, and where the cursor is.
    ///
    /// Drawn on an empty backend: the test backend keeps what stood under the second half of a wide character, which no
    /// terminal does.
    pub fn drawn(&self, theme: Theme) -> (Buffer, Position) {
        let area = *self.terminal.screen.backend().buffer().area();
        let mut fresh = Terminal::new(TestBackend::new(area.width, area.height)).unwrap();
        fresh.draw(|frame| mobproc::view::render(&self.program.model, &theme, frame)).unwrap();
        let cursor = fresh.get_cursor_position().unwrap();
        (fresh.backend().buffer().clone(), cursor)
    }
    /// The text on the normal screen of the terminal, where that is what is seen.
    pub fn aside(&self) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        let last =
            asked.iter().rev().find_map(|ask| if let Ask::Aside(lines) = ask { Some(lines.join("\n")) } else { None });
        last.filter(|_| self.terminal.aside)
    }
    /// The screen as text, without blanks at line ends.
    pub fn screen(&self) -> String {
        if let Some(text) = self.aside() {
            return text;
        }
        // When it was saved is another every time.
        let saved = regex::Regex::new(r"saved \d\d:\d\d:\d\d").unwrap();
        saved.replace_all(&text(&self.drawn(self.terminal.theme).0), "saved 10:42:07").into_owned()
    }
    /// The screen in another theme, with what is another every time made the same: the port, times of day, ids of calls.
    pub fn steady_in(&self, theme: Theme) -> String {
        self.same(&text(&self.drawn(theme).0))
    }
    /// A screen with what is another every time made the same.
    pub fn same(&self, screen: &str) -> String {
        let port = self.sandbox.addr().port().to_string();
        let mut screen = screen.replace(&port, "55555");
        for (pattern, same) in [
            (r"\d\d:\d\d:\d\d", "10:42:07"),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "0198f2c1-1111-4222-8333-0123456789ab"),
        ] {
            screen = regex::Regex::new(pattern).unwrap().replace_all(&screen, same).into_owned();
        }
        screen
    }
    /// Asserts that the screen shows the text.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let squeezed = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = self.screen().contains(text) || squeezed(&self.screen()).contains(&squeezed(text));
        assert!(shown, "the screen does not show {text:?}:\n{}", self.screen());
        self
    }
    /// Asserts that the screen does not show the text.
    #[track_caller]
    pub fn hides(&mut self, text: &str) -> &mut Self {
        assert!(!self.screen().contains(text), "the screen shows {text:?}:\n{}", self.screen());
        self
    }
    /// The line of the screen that holds the text.
    #[track_caller]
    pub fn line(&self, text: &str) -> String {
        let screen = self.screen();
        let line = screen.lines().find(|l| l.contains(text));
        line.unwrap_or_else(|| panic!("no line shows {text:?}:\n{screen}")).to_owned()
    }
    /// The form's row with that label.
    #[track_caller]
    pub fn row(&self, label: &str) -> String {
        let screen = self.screen();
        let row = screen.lines().find(|l| l.get(4..).is_some_and(|l| l.starts_with(label)));
        row.unwrap_or_else(|| panic!("no row is called {label:?}:\n{screen}")).to_owned()
    }
    /// The form's row in focus.
    #[track_caller]
    pub fn focus(&self) -> String {
        let screen = self.screen();
        screen
            .lines()
            .find(|l| l.starts_with('>'))
            .unwrap_or_else(|| panic!("no row has the focus:\n{screen}"))
            .to_owned()
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

/// Cells as text, without blanks at line ends.
fn text(buffer: &Buffer) -> String {
    let lines = (0..buffer.area.height).map(|y| {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A key script: characters, and keys in angle brackets.
pub fn parse(script: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let named =
            rest.strip_prefix('<').and_then(|r| r.split_once('>')).and_then(|(name, tail)| Some((named(name)?, tail)));
        let (key, tail) = named.unwrap_or((Key::Char(c), &rest[c.len_utf8()..]));
        keys.push(key);
        rest = tail;
    }
    keys
}

fn named(name: &str) -> Option<Key> {
    Some(match name {
        "enter" => Key::Enter,
        "esc" => Key::Esc,
        "tab" => Key::Tab,
        "S-tab" => Key::BackTab,
        "up" => Key::Up,
        "down" => Key::Down,
        "left" => Key::Left,
        "right" => Key::Right,
        "home" => Key::Home,
        "end" => Key::End,
        "pgup" => Key::PageUp,
        "pgdn" => Key::PageDown,
        "bs" => Key::Backspace,
        "del" => Key::Delete,
        "f1" => Key::F(1),
        "f4" => Key::F(4),
        ctrl => Key::Ctrl(ctrl.strip_prefix("C-")?.chars().next()?),
    })
}

/// Whatever was sent and answered in a journey is as the description of the API says.
impl Drop for Harness {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let odd = super::schema::violations(&self.sandbox.seen());
            assert!(odd.is_empty(), "not as described:\n{}", odd.join("\n"));
        }
    }
}
