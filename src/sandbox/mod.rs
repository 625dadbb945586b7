//! The embedded sandbox: a strict HTTP server of the Mobile Procurement API with a world of its
//! own, on the loopback interface. It owns the accept loop and the connections, because some of
//! its faults are connections that end too early. It shares no code with the client.

mod asker;
mod assets;
mod body;
mod catalog;
mod crowd;
mod earlier;
mod faults;
mod fields;
mod goods;
mod issued;
mod kept;
mod kinds;
mod ledger;
mod lines;
mod log;
mod ordering;
mod orders;
mod params;
mod people;
mod phones;
mod records;
mod reply;
mod resources;
mod roll;
mod rules;
mod shown;
mod signing;
mod spoil;
mod spread;
mod terms;
mod wire;
mod world;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, watch};
use tokio::task::{AbortHandle, JoinSet};

pub use faults::Fault;
use faults::{Faults, Kind};
use issued::Issued;
pub use issued::Lives;
use kept::Orders;
pub use ledger::forget;
pub use log::Seen;
use log::{Log, seen};
pub use people::Change;
use reply::Refusal;
use resources::{Site, Struck};
use wire::{Connections, HungUp, Limit, Wire};
pub use world::{MOST_PEOPLE, OWN_PEOPLE};
use world::{Size, World};

/// Where the API starts.
const BASE: &str = "/mobproc/v1";
/// The longest body that is read.
const LONGEST_BODY: usize = 1 << 20;
/// The most items on a page, unless told otherwise.
const LONGEST_PAGE: u32 = 500;

/// How the sandbox is to behave.
#[derive(Default, Clone)]
pub struct Options {
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
    /// How long every request waits.
    pub latency: Duration,
    /// How many bytes of replies `Sandbox::seen` remembers, the latest; none unless asked for.
    pub replies: usize,
    /// Where placed orders are kept, so that later sandboxes and others at the same time serve them too; without it they
    /// are gone with this one. The file is made when it is needed, its directory is not; `forget` deletes it.
    pub orders: Option<PathBuf>,
    /// Bearers are taken only where the token endpoint has issued them, and as long as they live; else every one is.
    pub sign_in: Option<Lives>,
    /// How many employees there are: the world's own `OWN_PEOPLE`, and beyond them others, who are made from the seed.
    pub employees: u32,
    /// What the others are made from; the same seed makes the same people.
    pub seed: u64,
    /// The most items that a page may be asked to hold; 500 unless told otherwise.
    pub longest_page: Option<u32>,
}

/// What the requests share.
struct Hub {
    latency: Duration,
    faults: Mutex<Faults>,
    seen: Mutex<Log>,
    orders: Arc<Mutex<Orders>>,
    issued: Arc<Mutex<Issued>>,
    size: Size,
    longest_page: u32,
    errors: AtomicU32,
    peak: Arc<Connections>,
    open: OnceCell<Result<Open, String>>,
}

/// What is served, once the world is read.
struct Open {
    site: Arc<Site>,
    routes: Router,
}

/// A running sandbox; it stops when this is dropped.
pub struct Sandbox {
    addr: SocketAddr,
    hub: Arc<Hub>,
    accepting: AbortHandle,
    stopped: watch::Receiver<()>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Sandbox {
    /// Serves on a listener that is already bound; call it within a tokio runtime. It returns at
    /// once: the world is read on another thread, and requests wait for it.
    ///
    /// # Errors
    /// Where the listener cannot be made asynchronous.
    pub fn start(listener: std::net::TcpListener, options: Options) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let mut faults = Faults::default();
        options.faults.into_iter().for_each(|f| faults.add(f));
        let hub = Arc::new(Hub {
            latency: options.latency,
            faults: Mutex::new(faults),
            seen: Mutex::new(Log::new(options.replies)),
            orders: Arc::new(Mutex::new(Orders::new(options.orders))),
            issued: Arc::new(Mutex::new(Issued::new(options.sign_in))),
            size: Size { employees: options.employees, seed: options.seed },
            longest_page: options.longest_page.unwrap_or(LONGEST_PAGE),
            errors: AtomicU32::new(0),
            peak: Arc::default(),
            open: OnceCell::new(),
        });
        let (alive, stopped) = watch::channel(());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&hub), alive)).abort_handle();
        Ok(Self { addr, hub, accepting, stopped })
    }
    /// `http://127.0.0.1:PORT/mobproc/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{BASE}", self.addr)
    }
    /// `http://127.0.0.1:PORT/as/token.oauth2`.
    #[must_use]
    pub fn token_url(&self) -> String {
        format!("http://{}{}", self.addr, signing::PATH)
    }
    /// Ends every access token; with `refresh`, every refresh token too.
    pub fn end_tokens(&self, refresh: bool) {
        let mut issued = locked(&self.hub.issued);
        if refresh { issued.end_all() } else { issued.end_access() }
    }
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
    /// Sets one more fault.
    pub fn fault(&self, fault: Fault) {
        locked(&self.hub.faults).add(fault);
    }
    /// Takes all faults away.
    pub fn clear_faults(&self) {
        locked(&self.hub.faults).clear();
    }
    /// The requests so far, in the order they came; at most the last 10,000.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        locked(&self.hub.seen).all()
    }
    /// The orders that were really placed, oldest first: each is the `order` object that
    /// `GET /orders/{id}` answers with. Where they are kept in a file, that is all of them, whoever placed them.
    #[must_use]
    pub fn orders(&self) -> Vec<Value> {
        let mut orders = locked(&self.hub.orders);
        // What can be read no more is shown as it was.
        orders.read_on().ok();
        orders.placed()
    }
    /// Somebody is employed, made from the seed but for what is said of him: his platform id. None where the world cannot be
    /// read.
    pub async fn add_employee(&self, like: &Change) -> Option<String> {
        self.hub.open().await.as_ref().ok().map(|open| open.site.world.people.add(like))
    }
    /// An employee's record changes now; false where there is nobody of that platform id.
    pub async fn change_employee(&self, id: &str, change: &Change) -> bool {
        self.hub.open().await.as_ref().is_ok_and(|open| open.site.world.people.change(id, change))
    }
    /// An employee goes, and his lines and devices with him; false where there is nobody of that platform id, and for the
    /// signed-in user, who stays.
    pub async fn remove_employee(&self, id: &str) -> bool {
        self.hub.open().await.as_ref().is_ok_and(|open| open.site.world.remove(id))
    }
    /// How many connections are open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.hub.peak.open()
    }
    /// How many connections were open at once, at most.
    #[must_use]
    pub fn peak_connections(&self) -> usize {
        self.hub.peak.peak()
    }
    /// Waits until the server has stopped.
    pub async fn finished(&self) {
        let mut stopped = self.stopped.clone();
        while stopped.changed().await.is_ok() {}
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes connections until it is aborted, which ends them too. `_alive` tells that it runs.
async fn accept(listener: TcpListener, hub: Arc<Hub>, _alive: watch::Sender<()>) {
    let mut connections = JoinSet::new();
    let early = Arc::clone(&hub);
    connections.spawn(async move {
        early.open().await;
        // A long file is read before anybody asks for what is in it; whether it can be read is said to who does.
        tokio::task::spawn_blocking(move || locked(&early.orders).read_on()).await.ok();
    });
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(converse(stream, Arc::clone(&hub)));
            }
            // Out of descriptors, or the peer has already gone: neither is worth dying of.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, hub: Arc<Hub>) {
    let _counted = hub.peak.count();
    // Without it a reply in two writes waits for the client's delayed acknowledgement.
    stream.set_nodelay(true).ok();
    let limit = Limit::default();
    let wire = Wire::new(stream, limit.clone());
    let serve = service_fn(move |request| {
        let (hub, limit) = (Arc::clone(&hub), limit.clone());
        async move { hub.serve(request, &limit).await }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    // The date is a thing that can be wrong.
    http.timer(TokioTimer::new()).auto_date_header(false);
    // A connection that ends in an error was ended on purpose or by the client.
    http.serve_connection(TokioIo::new(wire), serve).await.ok();
}

impl Hub {
    async fn open(&self) -> &Result<Open, String> {
        let (orders, issued, size) = (Arc::clone(&self.orders), Arc::clone(&self.issued), self.size);
        let load = || async {
            let world = tokio::task::spawn_blocking(move || World::load(size)).await;
            let world = world.map_err(|e| e.to_string())??;
            locked(&orders).remember(earlier::orders(&world));
            let site = Arc::new(Site { world, orders, issued, longest_page: self.longest_page });
            Ok(Open { routes: resources::router(Arc::clone(&site)), site })
        };
        self.open.get_or_init(load).await
    }

    /// Five letters that name an error (WIRE 4), the same in every run.
    fn error_id(&self) -> String {
        let mut n = self.errors.fetch_add(1, Ordering::Relaxed);
        let mut letters = [b'a'; 5];
        for letter in letters.iter_mut().rev() {
            *letter = b'a' + u8::try_from(n % 26).unwrap_or(0);
            n /= 26;
        }
        letters.iter().map(|b| char::from(*b)).collect()
    }

    async fn serve(self: Arc<Self>, request: Request<Incoming>, limit: &Limit) -> Result<Response<Body>, HungUp> {
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(Body::new(body), LONGEST_BODY).await.map_err(|_| HungUp)?;
        let whole = parts.uri.path().to_owned();
        let inside = whole.strip_prefix(BASE).filter(|p| p.starts_with('/'));
        let path = inside.unwrap_or(&whole);
        let number = locked(&self.seen).note(seen(&parts, path, &body));
        let site = match inside {
            Some(_) => Where::Api,
            None if whole == signing::PATH => Where::Token,
            None => Where::Nowhere,
        };
        let query = parts.uri.query().unwrap_or_default();
        let struck = match site {
            Where::Api => locked(&self.faults).strike(parts.method.as_str(), path, query),
            Where::Token => locked(&self.faults).strike(parts.method.as_str(), signing::RESOURCE, query),
            Where::Nowhere => Vec::new(),
        };
        if inside.is_some() {
            let query = parts.uri.query().map(|q| format!("?{q}")).unwrap_or_default();
            parts.uri = format!("{path}{query}").parse::<Uri>().unwrap_or_default();
        }
        let request = Request::from_parts(parts, Body::from(body));
        let (mut reply, text) = match self.answer(request, site, &struck).await {
            Ok(reply) => read(reply).await,
            Err(e) => (Err(e), Bytes::new()),
        };
        if let Ok(reply) = &mut reply {
            spoil::date(reply, &struck);
            spoil::retry_after(reply, &struck);
            spoil::limit(limit, &struck);
        }
        let status = reply.as_ref().map_or(0, |r| r.status().as_u16());
        let text = if site == Where::Token { signing::reply_remembered(&text) } else { text };
        locked(&self.seen).answered(number, status, text);
        reply
    }

    /// Ends tokens, where a fault does.
    fn end_tokens(&self, struck: &[Kind]) {
        let mut issued = locked(&self.issued);
        if struck.contains(&Kind::SignOut) {
            issued.end_all();
        } else if struck.contains(&Kind::Expire) {
            issued.end_access();
        }
    }

    /// Carries the request out, with whatever strikes it before and after.
    async fn answer(&self, mut request: Request<Body>, site: Where, struck: &[Kind]) -> Result<Response<Body>, HungUp> {
        tokio::time::sleep(self.latency + spoil::wait(struck)).await;
        if struck.contains(&Kind::HangBefore) {
            // Until the client gives up: that ends the connection, and this with it.
            std::future::pending::<()>().await;
        }
        if struck.contains(&Kind::DropBefore) {
            return Err(HungUp);
        }
        let early = struck.iter().find_map(|k| spoil::instead(k, || self.error_id()));
        if let Some(reply) = early {
            return Ok(reply);
        }
        self.end_tokens(struck);
        request.extensions_mut().insert(Struck(struck.to_vec()));
        let called = |routes: Router| TowerToHyperService::new(routes).call(request);
        let mut reply = match (site, self.open().await) {
            (Where::Token, _) => called(signing::router(Arc::clone(&self.issued))).await.unwrap_or_else(|e| match e {}),
            (Where::Nowhere, Ok(_)) => {
                reply::error(404, "404-Not-Found", "There is no such resource.", &self.error_id())
            }
            (Where::Api, Ok(open)) => called(open.routes.clone()).await.unwrap_or_else(|e: Infallible| match e {}),
            (_, Err(why)) => reply::error(500, "500-World", why, &self.error_id()),
        };
        if let Some(refusal) = reply.extensions_mut().remove::<Refusal>() {
            reply = refusal.reply(|| self.error_id());
        }
        spoil::afterwards(reply, struck, || self.error_id()).await
    }
}

/// What a call is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Api,
    /// The token endpoint.
    Token,
    Nowhere,
}

/// A reply, and the bytes of its body where it is whole.
async fn read(reply: Response<Body>) -> (Result<Response<Body>, HungUp>, Bytes) {
    if reply.body().size_hint().exact().is_none() {
        return (Ok(reply), Bytes::new());
    }
    let (parts, body) = reply.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(whole) => (Ok(Response::from_parts(parts, Body::from(whole.clone()))), whole),
        Err(_) => (Err(HungUp), Bytes::new()),
    }
}
