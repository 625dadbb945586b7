//! A sandbox that takes only what it has issued, and a client that signs in to it.

use std::collections::VecDeque;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mobproc::api::{Api, Sending};
use mobproc::domain::fault::Fault;
use mobproc::domain::grant::Question;
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::lookups::Query;
use mobproc::domain::text::Body;
use mobproc::profile::Profile;
use mobproc::sandbox::{Lives, Options, Sandbox, Seen};
use mobproc::secret::Source;
use serde_json::json;

use super::profile::{CLIENT_SECRET, PASSWORD, printed};

/// Nothing that is waited for here takes so long.
pub const LONG: Duration = Duration::from_secs(60);

/// What a test wants otherwise than usual.
pub struct Setup {
    pub lives: Lives,
    pub faults: &'static [&'static str],
    pub password: Source,
    pub client_secret: Option<Source>,
    pub client_id: &'static str,
    pub username: &'static str,
    pub in_query: bool,
    /// Where the token endpoint seems to be; else where it is.
    pub token_url: Option<String>,
    /// What whoever sits there answers in turn, and then nothing more; without it nobody sits there.
    pub answers: Option<Vec<Option<&'static str>>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            lives: Lives::default(),
            faults: &[],
            password: printed(PASSWORD),
            client_secret: Some(printed(CLIENT_SECRET)),
            client_id: "mobproc",
            username: "command://jdoe",
            in_query: false,
            token_url: None,
            answers: None,
        }
    }
}

pub struct House {
    pub sandbox: Sandbox,
    pub api: Arc<Api>,
    /// What was asked of whoever sits there.
    pub asked: Arc<Mutex<Vec<Question>>>,
    /// How far the client's clock was moved, in milliseconds.
    moved: Arc<AtomicU64>,
}

/// The profile of a setup.
pub fn profile(base_url: &str, token_url: &str, setup: &Setup) -> Profile {
    super::profile::profile(base_url, token_url, |grant| {
        grant.client_id = setup.client_id.into();
        grant.client_secret = setup.client_secret.clone();
        grant.username = setup.username.into();
        grant.password = setup.password.clone();
        grant.in_query = setup.in_query;
    })
}

pub fn sandbox(setup: &Setup) -> Sandbox {
    let faults = setup.faults.iter().map(|f| f.parse().expect("a fault")).collect();
    let options = Options { faults, sign_in: Some(setup.lives), replies: 1 << 20, ..Options::default() };
    Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap()
}

impl House {
    pub fn new(setup: Setup) -> Self {
        let sandbox = sandbox(&setup);
        Self::at(sandbox, setup)
    }
    /// At a sandbox that runs already.
    pub fn at(sandbox: Sandbox, setup: Setup) -> Self {
        let token_url = setup.token_url.clone().unwrap_or_else(|| sandbox.token_url());
        let mut api = Api::new(profile(&sandbox.base_url(), &token_url, &setup));
        let (asked, moved) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU64::new(0)));
        if let Some(answers) = setup.answers {
            let (asked, answers) = (Arc::clone(&asked), Mutex::new(VecDeque::from(answers)));
            api.ask_with(Box::new(move |question| {
                asked.lock().unwrap().push(question);
                let answer = answers.lock().unwrap().pop_front().flatten();
                Box::pin(async move { answer.map(Into::into) })
            }));
        }
        let offset = Arc::clone(&moved);
        let base = std::time::Instant::now();
        api.count_by(Box::new(move || base.elapsed() + Duration::from_millis(offset.load(Ordering::SeqCst))));
        Self { sandbox, api: Arc::new(api), asked, moved }
    }
    /// Lets so many seconds pass on the client's clock.
    pub fn later(&self, seconds: f64) {
        self.moved.fetch_add(Duration::from_secs_f64(seconds).as_millis() as u64, Ordering::SeqCst);
    }
    pub async fn me(&self) -> Result<Body, Fault> {
        me(&self.api).await
    }
    /// So many calls at once.
    pub async fn at_once(&self, calls: usize) -> Vec<Result<Body, Fault>> {
        let mut tasks = Vec::new();
        for _ in 0..calls {
            let api = Arc::clone(&self.api);
            tasks.push(tokio::spawn(async move { me(&api).await }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        all
    }
    /// The calls of the token endpoint.
    pub fn tokens(&self) -> Vec<Seen> {
        self.sandbox.seen().into_iter().filter(|s| s.path == "/as/token.oauth2").collect()
    }
    /// What was asked of it and the status of each answer: `password 200, refresh_token 400`.
    pub fn grants(&self) -> String {
        let told = |s: &Seen| {
            let in_query = s.query.iter().find(|(n, _)| n == "grant_type").map(|(_, v)| v.clone());
            let in_form = s.body.as_ref().and_then(|b| b["grant_type"].as_str()).map(str::to_owned);
            format!("{} {}", in_form.or(in_query).unwrap_or_default(), s.status)
        };
        self.tokens().iter().map(told).collect::<Vec<_>>().join(", ")
    }
    pub fn questions(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
    /// The calls of a resource.
    pub fn calls(&self, method: &str, path: &str) -> Vec<Seen> {
        self.sandbox.seen().into_iter().filter(|s| s.method == method && s.path == path).collect()
    }
}

async fn me(api: &Api) -> Result<Body, Fault> {
    let number = OrderNumber::from_random(7);
    let call = async { api.get(&Query::new("/me", None, None), &[], &number).await };
    tokio::time::timeout(LONG, call).await.expect("an answer")
}

/// An order that ends a line.
pub fn order(number: &OrderNumber) -> Vec<u8> {
    let text = |id: &str, text: &str| json!({"id": id, "type": "TEXT", "text": text});
    json!({"orderRequest": {"externalOrderNumber": number.as_str(), "transactionType": "DEACTIVATE",
        "serviceId": "38382335", "properties": [{"groupId": "MISCELLANEOUS",
        "fields": [text("CONTACT_NUMBER", "2035550100"), text("SERVICE_NUMBER", "2035554468")]}]}})
    .to_string()
    .into_bytes()
}

pub fn sending<'a>(number: &'a OrderNumber, body: &'a [u8]) -> Sending<'a> {
    Sending { number, actor: None, correlation: "one", body }
}

/// What a fault says.
pub fn told(result: Result<Body, Fault>) -> String {
    match result {
        Ok(_) => "it went well".into(),
        Err(fault) => fault.to_string(),
    }
}
