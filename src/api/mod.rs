//! The client: headers (WIRE 3), paging (WIRE 5), and what is tried again. Edge: the network.

mod call;
mod client;
mod doctor;
mod pages;
mod scan;
mod submit;
mod sync;
mod token;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout_at};
use zeroize::Zeroizing;

use crate::domain::calls::{Call, SignedIn};
use crate::domain::choice::Choice;
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderNumber};
use crate::domain::lookups::{Found, Lookup, Page, Pages, Query, Read};
use crate::domain::readers::{collection, unreadable};
use crate::domain::text::{Body, Clean};
use crate::profile::{ConfirmParameter, Network, Profile};
use call::{Going, Purpose, Reply};
pub use client::Limits;
use client::{Clients, Lost};
pub use doctor::Pong;
pub use scan::{Back, Scan};
pub use submit::{Answer, Ready, Sending};
pub use sync::{Changed, Unasked, Whole};
use token::Token;
pub use token::{Answered, Asker, Clock, Ended};

/// Items a page.
const LIMIT: u64 = 100;
/// A collection that goes on for longer than this many pages is not one.
const PAGES: u64 = 20_000;
/// Nor is one with more items than this: what they take of the memory must end somewhere.
const ITEMS: usize = 2_000_000;

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
    clients: Clients,
    observer: Option<Observer>,
    sign_ins: Option<SignInObserver>,
    /// Whether the observer is also told what calls are made of.
    outlined: bool,
}

/// Is told of every call that has ended.
pub type Observer = Box<dyn Fn(Call) + Send + Sync>;
/// Is told whenever a token was asked for.
pub type SignInObserver = Box<dyn Fn(SignedIn) + Send + Sync>;

/// Whose call it is.
#[derive(Clone, Copy)]
struct Whose<'a> {
    actor: Option<&'a Id>,
    activity: &'a OrderNumber,
    token: &'a SecretString,
    correlation: &'a str,
}

/// How a GET is made.
#[derive(Clone, Copy, Default)]
struct Manner {
    /// It is to be over by then.
    until: Option<Instant>,
    /// Whether it is one of very many: they have turns of their own, and are told of only where they fail.
    many: bool,
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
            clients: Clients::new(profile.network, Limits::default()),
            observer: None,
            sign_ins: None,
            outlined: false,
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
            clients: Clients::new(Network::default(), Limits::default()),
            observer: None,
            sign_ins: None,
            outlined: false,
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
    /// From now on this is told when a token has been asked for, whatever came of it: the question is over then.
    pub fn tell_ended(&mut self, ended: Ended) {
        self.token.tell_ended(ended);
    }
    /// From now on the lives of tokens are counted by this clock, instead of the one that nobody can set.
    pub fn count_by(&mut self, clock: Clock) {
        self.token.count_by(clock);
    }
    /// From now on a server is put up with so far and no further.
    pub fn limit(&mut self, limits: Limits) {
        self.clients.limit(limits);
    }
    /// From now on this is told of every call that has ended.
    pub fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }
    /// From now on that observer is also told what calls are made of.
    pub fn outline(&mut self) {
        self.outlined = true;
    }
    /// From now on this is told whenever a token was asked for.
    pub fn observe_sign_ins(&mut self, observer: SignInObserver) {
        self.sign_ins = Some(observer);
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
        page: impl Fn(Page),
    ) -> Result<Option<Found>, Fault> {
        match lookup.read {
            Read::Whole(read) => Ok(Some(read(self.get(query, &[], activity).await?.view()))),
            Read::Items(read) => {
                self.pages(lookup, query, activity, |body, seen| {
                    let mut rows: Vec<Arc<Choice>> =
                        collection(body.view(), lookup.collection).filter_map(read).map(Arc::new).collect();
                    rows.retain(|r| seen.insert(r.id.clone()));
                    let total = body.view().at(lookup.collection).pointer("/_meta/totalCount").count();
                    page(Page { rows, total, unreadable: unreadable(body.view(), lookup.collection) });
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
            if lookup.pages != Pages::All || last || seen.len() == before || seen.len() > ITEMS {
                break;
            }
        }
        Ok(())
    }

    /// A GET. What got no answer, or one that says "not now", is tried again. After a 401 the token is drawn anew and
    /// the call made once more.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn get(&self, query: &Query, paging: &[(&str, String)], activity: &OrderNumber) -> Result<Body, Fault> {
        Ok(self.get_dated(query, paging, activity, Manner::default()).await?.0)
    }

    /// A GET, with the server's clock.
    async fn get_dated(
        &self,
        query: &Query,
        paging: &[(&str, String)],
        activity: &OrderNumber,
        manner: Manner,
    ) -> Result<(Body, Option<Timestamp>), Fault> {
        let mut refused = None;
        loop {
            let begun = Instant::now();
            let token = match &refused {
                None => self.token.get(self).await?,
                Some(refused) => self.token.other_than(self, refused).await?,
            };
            // Somebody may have been asked: his time is not the server's.
            let until = manner.until.map(|until| until + begun.elapsed());
            let reply = self.tried((query, paging), activity, &token, Manner { until, ..manner }).await?;
            match Fault::of_reply(reply.head.status, reply.body()) {
                None => {
                    let date = reply.head.date;
                    return reply.body.map(|b| (b, date)).map_err(|why| Fault::Garbled { why: Clean::new(&why) });
                }
                Some(Fault::NotSignedIn(_)) if self.token.renewable() && refused.is_none() => refused = Some(token),
                Some(other) => return Err(other),
            }
        }
    }

    /// The reply to a GET that is tried as often as the limits allow, within its time.
    async fn tried(
        &self,
        (query, paging): (&Query, &[(&str, String)]),
        activity: &OrderNumber,
        token: &SecretString,
        manner: Manner,
    ) -> Result<Reply, Fault> {
        let limits = &self.clients.limits;
        let mut until = manner.until;
        let mut tries = 0;
        loop {
            let turn = match until {
                _ if manner.many => None,
                None => Some(self.clients.turns.acquire().await),
                Some(until) => match timeout_at(until, self.clients.turns.acquire()).await {
                    Ok(turn) => Some(turn),
                    Err(_) => return Err(Lost::unanswered("too many calls are on their way").fault),
                },
            };
            // The time runs from its turn on, for it is the server's.
            let until = *until.get_or_insert_with(|| Instant::now() + limits.reading);
            let correlation = correlation();
            let whose = Whose { actor: query.actor.as_ref(), activity, token, correlation: &correlation };
            let client = self.clients.reads(&self.base).await?;
            let request = self.request(client, Method::GET, &query.path, whose).query(&query.params).query(paging);
            let limit = limits.reading.min(until.saturating_duration_since(Instant::now()));
            let going = self.going(Purpose::Read, (request, limit), &query.path, whose);
            let going = Going { quiet: manner.many, ..going };
            let came = self.call(going).await;
            drop(turn);
            tries += 1;
            let wait = match &came {
                Ok(reply) => reply.again().then(|| reply.head.wait.unwrap_or_else(|| pause(limits, tries))),
                Err(lost) => lost.again.then(|| pause(limits, tries)),
            };
            let wait = wait.filter(|w| tries < limits.tries && *w <= limits.left_alone && Instant::now() + *w < until);
            match wait {
                Some(wait) => sleep(wait).await,
                None => return came.map_err(|lost| lost.fault),
            }
        }
    }

    fn going<'a>(
        &'a self,
        purpose: Purpose,
        (request, limit): (RequestBuilder, Duration),
        path: &'a str,
        whose: Whose<'a>,
    ) -> Going<'a> {
        let (activity, correlation) = (whose.activity.as_str(), whose.correlation);
        Going {
            purpose,
            request,
            limit,
            host: &self.host,
            path,
            activity,
            correlation,
            token: Some(whose.token),
            quiet: false,
        }
    }

    /// Sends a request, once, and reads its reply.
    async fn call(&self, going: Going<'_>) -> Result<Reply, Lost> {
        self.send(going).await?.read().await
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
}

/// Does what takes long on a thread for which nothing waits.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // It was left undone because the program ends, and nothing comes of it any more.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Some time before the next try, another one for each client: whoever was turned away together must not come again
/// together.
fn pause(limits: &Limits, tries: u32) -> Duration {
    let most = limits.pause.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(limits.longest_pause);
    // Without randomness of the system the whole time is waited.
    most.mul_f64(getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX)))
}

/// The id of one call, by which the API's support finds it.
#[must_use]
pub fn correlation() -> String {
    uuid::Uuid::new_v4().to_string()
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
