//! The client: headers (WIRE 3), paging (WIRE 5), timeouts, and replies read into bodies or faults. Edge: the network.

mod doctor;
mod scan;
mod submit;
mod token;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, DATE, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::domain::calls::Call;
use crate::domain::choice::Choice;
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderNumber};
use crate::domain::lookups::{Found, Lookup, Pages, Query, Read};
use crate::domain::readers::collection;
use crate::domain::text::{Body, Clean};
use crate::profile::{ConfirmParameter, Profile};
pub use doctor::Pong;
pub use scan::{Back, Scan};
pub use submit::{Answer, Ready, Sending};
use token::Token;
pub use token::{Answered, Asker, Clock};

/// DNS, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(10);
/// Waiting for the reply's head, and between its bytes.
const SILENCE: Duration = Duration::from_secs(20);
/// A whole GET.
const READING: Duration = Duration::from_secs(60);
/// The largest body that is read (bytes); catalogs with images inside are legitimately megabytes.
const BODY: usize = 16 << 20;
/// Items a page.
const LIMIT: u64 = 100;
/// A collection that goes on for longer than this many pages is not one.
const PAGES: u64 = 20_000;

/// A server, and as whom it is spoken to.
pub struct Api {
    base: String,
    host: Clean,
    tenant: String,
    client_id: String,
    hierarchy: Option<String>,
    agent: Agent,
    confirm: ConfirmParameter,
    token: Token,
    reads: OnceCell<Client>,
    confirms: OnceCell<Client>,
    sends: OnceCell<Client>,
    tokens: OnceCell<Client>,
    observer: Option<Observer>,
}

/// Is told of every call that has ended.
pub type Observer = Box<dyn Fn(Call) + Send + Sync>;

/// Whose call it is.
#[derive(Clone, Copy)]
struct Whose<'a> {
    actor: Option<&'a Id>,
    activity: &'a OrderNumber,
    token: &'a SecretString,
    correlation: &'a str,
}

/// As whom calls are made before somebody is chosen (WIRE 3).
#[derive(Default)]
struct Agent {
    employee: Option<String>,
    company_employee: Option<String>,
}

impl Api {
    /// The server of a profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let token = Token::of(profile.sign_in);
        let agent = Agent { employee: profile.employee_id, company_employee: profile.company_employee_id };
        Self {
            host: host(&profile.base_url),
            base: profile.base_url,
            tenant: profile.tenant,
            client_id: profile.client_id,
            hierarchy: profile.hierarchy_id,
            agent,
            confirm: profile.confirm_parameter,
            token,
            reads: OnceCell::new(),
            confirms: OnceCell::new(),
            sends: OnceCell::new(),
            tokens: OnceCell::new(),
            observer: None,
        }
    }
    /// The sandbox at that address; it takes any token.
    #[must_use]
    pub fn sandbox(base_url: &str) -> Self {
        Self {
            base: base_url.to_owned(),
            host: host(base_url),
            tenant: "SANDBOX".into(),
            client_id: "mobproc".into(),
            hierarchy: None,
            agent: Agent::default(),
            confirm: ConfirmParameter::Both,
            token: Token::fixed("sandbox"),
            reads: OnceCell::new(),
            confirms: OnceCell::new(),
            sends: OnceCell::new(),
            tokens: OnceCell::new(),
            observer: None,
        }
    }

    /// Whether a token that is not taken can be drawn anew.
    #[must_use]
    pub fn renewable(&self) -> bool {
        self.token.renewable()
    }

    /// From now on secrets that only somebody can give are asked for by this; without it whatever wants one fails.
    pub fn ask_with(&mut self, asker: Asker) {
        self.token.ask_with(asker);
    }
    /// From now on the lives of tokens are counted by this clock, instead of the one that nobody can set.
    pub fn count_by(&mut self, clock: Clock) {
        self.token.count_by(clock);
    }
    /// From now on this is told of every call that has ended.
    pub fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }
    /// Signs in, where that was not done yet; how long the token lives, where it is known.
    ///
    /// # Errors
    /// Why there is no token.
    pub async fn sign_in(&self) -> Result<Option<Duration>, Fault> {
        self.token.get(self).await?;
        Ok(self.token.left().await)
    }

    /// Fetches a lookup; pages are handed on as they come.
    ///
    /// # Errors
    /// What went wrong; pages that came before are kept by whoever took them.
    pub async fn fetch(
        &self,
        lookup: &Lookup,
        query: &Query,
        activity: &OrderNumber,
        page: impl Fn(Vec<Arc<Choice>>, Option<u64>),
    ) -> Result<Option<Found>, Fault> {
        match lookup.read {
            Read::Whole(read) => Ok(Some(read(self.get(query, &[], activity).await?.view()))),
            Read::Items(read) => {
                self.pages(lookup, query, activity, |body, seen| {
                    let mut rows: Vec<Arc<Choice>> =
                        collection(body.view(), lookup.collection).filter_map(read).map(Arc::new).collect();
                    rows.retain(|r| seen.insert(r.id.clone()));
                    page(rows, body.view().at(lookup.collection).pointer("/_meta/totalCount").count());
                })
                .await?;
                Ok(None)
            }
        }
    }

    /// Reads all pages, at offsets that are multiples of the limit: one backend gives the page that *contains* the offset.
    async fn pages(
        &self,
        lookup: &Lookup,
        query: &Query,
        activity: &OrderNumber,
        mut take: impl FnMut(&Body, &mut HashSet<Id>),
    ) -> Result<(), Fault> {
        let mut seen = HashSet::new();
        let (mut limit, mut offset) = (if let Pages::First(items) = lookup.pages { items } else { LIMIT }, 0);
        for _ in 0..PAGES {
            let paging = [("limit", limit.to_string()), ("offset", offset.to_string())];
            let body = self.get(query, if lookup.pages == Pages::Whole { &[] } else { &paging }, activity).await?;
            let before = seen.len();
            take(&body, &mut seen);
            let meta = body.view().at(lookup.collection).at("_meta");
            // A server that gives smaller pages than asked for is followed, so that none are skipped.
            limit = meta.at("limit").count().filter(|&given| given > 0 && given < limit).unwrap_or(limit);
            offset += limit;
            // A collection without a total is whole.
            let last = meta.at("totalCount").count().is_none_or(|total| offset >= total);
            if lookup.pages != Pages::All || last || seen.len() == before {
                break;
            }
        }
        Ok(())
    }

    /// One GET. After a 401 the token is drawn anew and the call made once more.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn get(&self, query: &Query, paging: &[(&str, String)], activity: &OrderNumber) -> Result<Body, Fault> {
        Ok(self.get_dated(query, paging, activity).await?.0)
    }

    /// One GET, with the server's clock.
    async fn get_dated(
        &self,
        query: &Query,
        paging: &[(&str, String)],
        activity: &OrderNumber,
    ) -> Result<(Body, Option<Timestamp>), Fault> {
        let mut refused = None;
        loop {
            let token = match &refused {
                None => self.token.get(self).await?,
                Some(refused) => self.token.other_than(self, refused).await?,
            };
            let whose = Whose { actor: query.actor.as_ref(), activity, token: &token, correlation: &correlation() };
            let request = self.request(self.reads().await?, Method::GET, &query.path, whose);
            let sent = request.query(&query.params).query(paging).timeout(READING).send().await;
            let reply = sent.map_err(|e| broken(&self.host, e))?;
            let date = date(&reply);
            let (status, body) = read(reply, BODY, &self.host).await?;
            match Fault::of_reply(status, body.as_ref().map_err(String::as_str)) {
                None => return body.map(|b| (b, date)).map_err(|why| Fault::Garbled { why: Clean::new(&why) }),
                Some(Fault::NotSignedIn(_)) if self.token.renewable() && refused.is_none() => refused = Some(token),
                Some(other) => return Err(other),
            }
        }
    }

    /// A request with every header of WIRE 3: one ACTIVITYID an order, a new CORRELATIONID a call.
    fn request(&self, client: &Client, method: Method, path: &str, whose: Whose<'_>) -> RequestBuilder {
        let mut bearer = header(&Zeroizing::new(format!("Bearer {}", whose.token.expose_secret())));
        bearer.set_sensitive(true);
        let mut request = client
            .request(method, format!("{}{path}", self.base))
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json")
            .header(name("x-tngo-tenant"), header(&self.tenant))
            .header(name("client_id"), header(&self.client_id))
            .header(name("x-tngo-context-activityid"), header(whose.activity.as_str()))
            .header(name("x-tngo-context-correlationid"), header(whose.correlation));
        let employee = whose.actor.map(Id::as_str).or(self.agent.employee.as_deref());
        if let Some(id) = employee {
            request = request.header(name("x-tngo-context-employeeid"), header(id));
        } else if let Some(id) = &self.agent.company_employee {
            request = request.header(name("x-tngo-context-companyemployeeid"), header(id));
        }
        match &self.hierarchy {
            Some(id) => request.header(name("x-tngo-context-hierarchyid"), header(id)),
            None => request,
        }
    }

    async fn reads(&self) -> Result<&Client, Fault> {
        self.reads.get_or_try_init(|| async { self.build(Client::builder().read_timeout(SILENCE), &self.base) }).await
    }

    /// The client for a token endpoint.
    async fn tokens(&self, url: &str) -> Result<&Client, Fault> {
        let builder = || Client::builder().pool_max_idle_per_host(0).read_timeout(SILENCE);
        self.tokens.get_or_try_init(|| async { self.build(builder(), url) }).await
    }

    /// Reading the trust store takes time, so a client is built at its first use and not before the first frame.
    fn build(&self, builder: reqwest::ClientBuilder, url: &str) -> Result<Client, Fault> {
        install_tls();
        let mut builder =
            builder.connect_timeout(CONNECT).redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
        builder = builder.user_agent(concat!("mobproc/", env!("CARGO_PKG_VERSION")));
        if url.starts_with("http://") {
            // Plain http goes to loopback only (the profile sees to that): no trust store, and never through a proxy.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        builder.build().map_err(|e| Fault::Unreachable {
            host: host(url),
            why: Clean::new(&format!(
                "TLS cannot be set up ({}); is a CA bundle installed, or SSL_CERT_FILE set?",
                innermost(&e.without_url())
            )),
        })
    }
}

/// Status and body; a body that is not JSON, or longer than that many bytes, is said why.
async fn read(mut reply: Response, most: usize, host: &Clean) -> Result<(u16, Result<Body, String>), Fault> {
    let status = reply.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(|e| broken(host, e))? {
        if bytes.len() + chunk.len() > most {
            return Ok((status, Err(format!("the reply is longer than {} KiB", most >> 10))));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((status, Body::parse(&bytes)))
}

/// What the client's error means. The address is left out: it may hold more than a name.
fn broken(host: &Clean, error: reqwest::Error) -> Fault {
    let (connecting, timeout) = (error.is_connect(), error.is_timeout());
    let why = Clean::new(&innermost(&error.without_url()));
    match (connecting, timeout) {
        (true, true) => {
            let why = Clean::new(&format!("no connection within {} seconds", CONNECT.as_secs()));
            Fault::Unreachable { host: host.clone(), why }
        }
        (true, false) => Fault::Unreachable { host: host.clone(), why },
        (false, true) => Fault::NoAnswer { why: Clean::new(&format!("{host} was silent for too long")) },
        (false, false) => Fault::NoAnswer { why: Clean::new(&format!("the connection to {host} broke: {why}")) },
    }
}

/// Installs the one TLS provider; a client cannot be built before.
fn install_tls() {
    // A second call is told that there is one already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The id of one call, by which the API's support finds it.
#[must_use]
pub fn correlation() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The server's clock, where it says.
fn date(reply: &Response) -> Option<Timestamp> {
    let text = reply.headers().get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp())
}

fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// Ids may be non-ASCII, which a header's value may be too; what it cannot hold is refused by an empty value at the server.
fn header(value: &str) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn host(base_url: &str) -> Clean {
    Clean::new(base_url.split('/').nth(2).unwrap_or(base_url))
}

/// The last cause of an error chain: `Connection refused (os error 111)`.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut here = error;
    while let Some(source) = here.source() {
        here = source;
    }
    here.to_string()
}
