//! The embedded sandbox: a strict HTTP server of the Mobile Procurement API with a world of its
//! own, on the loopback interface. It owns the accept loop and the connections, because some of
//! its faults are connections that end too early. It shares no code with the client.

mod asker;
mod assets;
mod body;
mod catalog;
mod earlier;
mod faults;
mod fields;
mod goods;
mod log;
mod ordering;
mod orders;
mod params;
mod phones;
mod records;
mod reply;
mod resources;
mod rules;
mod shown;
mod terms;
mod world;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OnceCell, watch};
use tokio::task::{AbortHandle, JoinSet};

pub use faults::Fault;
use faults::{Faults, Kind};
pub use log::Seen;
use log::{Log, seen};
use orders::Orders;
use reply::Refusal;
use resources::{Site, Struck};
use world::World;

/// Where the API starts.
const BASE: &str = "/mobproc/v1";
/// The longest body that is read.
const LONGEST_BODY: usize = 1 << 20;

/// How the sandbox is to behave.
#[derive(Default, Clone)]
pub struct Options {
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
    /// How long every request waits.
    pub latency: Duration,
    /// How many bytes of replies `Sandbox::seen` remembers, the latest; none unless asked for.
    pub replies: usize,
}

/// What the requests share.
struct Hub {
    latency: Duration,
    faults: Mutex<Faults>,
    seen: Mutex<Log>,
    orders: Arc<Mutex<Orders>>,
    errors: AtomicU32,
    routes: OnceCell<Result<Router, String>>,
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
            orders: Arc::default(),
            errors: AtomicU32::new(0),
            routes: OnceCell::new(),
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
    /// `GET /orders/{id}` answers with.
    #[must_use]
    pub fn orders(&self) -> Vec<Value> {
        locked(&self.hub.orders).placed()
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
        early.routes().await;
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
    // Without it a reply in two writes waits for the client's delayed acknowledgement.
    stream.set_nodelay(true).ok();
    let serve = service_fn(move |request| {
        let hub = Arc::clone(&hub);
        async move { hub.serve(request).await }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new());
    // A connection that ends in an error was ended on purpose or by the client.
    http.serve_connection(TokioIo::new(stream), serve).await.ok();
}

/// The connection is closed without a reply.
#[derive(Debug)]
struct HungUp;

impl std::fmt::Display for HungUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed without a reply")
    }
}

impl std::error::Error for HungUp {}

impl Hub {
    async fn routes(&self) -> &Result<Router, String> {
        let orders = Arc::clone(&self.orders);
        let load = || async {
            let world = tokio::task::spawn_blocking(World::load).await;
            let world = world.map_err(|e| e.to_string())??;
            locked(&orders).remember(earlier::orders(&world));
            Ok(resources::router(Arc::new(Site { world, orders })))
        };
        self.routes.get_or_init(load).await
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

    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, HungUp> {
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(Body::new(body), LONGEST_BODY).await.map_err(|_| HungUp)?;
        let whole = parts.uri.path().to_owned();
        let inside = whole.strip_prefix(BASE).filter(|p| p.starts_with('/'));
        let path = inside.unwrap_or(&whole);
        let number = locked(&self.seen).note(seen(&parts, path, &body));
        let struck = match inside {
            Some(path) => locked(&self.faults).strike(parts.method.as_str(), path),
            None => Vec::new(),
        };
        if inside.is_some() {
            let query = parts.uri.query().map(|q| format!("?{q}")).unwrap_or_default();
            parts.uri = format!("{path}{query}").parse::<Uri>().unwrap_or_default();
        }
        let request = Request::from_parts(parts, Body::from(body));
        let (reply, text) = match self.answer(request, inside.is_some(), &struck).await {
            Ok(reply) => read(reply).await,
            Err(e) => (Err(e), Bytes::new()),
        };
        let status = reply.as_ref().map_or(0, |r| r.status().as_u16());
        locked(&self.seen).answered(number, status, text);
        reply
    }

    /// Carries the request out, with whatever strikes it before and after.
    async fn answer(
        &self,
        mut request: Request<Body>,
        inside: bool,
        struck: &[Kind],
    ) -> Result<Response<Body>, HungUp> {
        tokio::time::sleep(self.latency + before(struck)).await;
        if struck.contains(&Kind::DropBefore) {
            return Err(HungUp);
        }
        let early = struck.iter().find_map(|k| self.instead(k));
        if let Some(reply) = early {
            return Ok(reply);
        }
        request.extensions_mut().insert(Struck(struck.to_vec()));
        let mut reply = match self.routes().await {
            Ok(_) if !inside => reply::error(404, "404-Not-Found", "There is no such resource.", &self.error_id()),
            Ok(routes) => {
                let called = TowerToHyperService::new(routes.clone()).call(request).await;
                called.unwrap_or_else(|e: Infallible| match e {})
            }
            Err(why) => reply::error(500, "500-World", why, &self.error_id()),
        };
        if let Some(refusal) = reply.extensions_mut().remove::<Refusal>() {
            reply = refusal.reply(|| self.error_id());
        }
        self.spoiled(reply, struck).await
    }

    /// The reply of a fault under which nothing is done.
    fn instead(&self, kind: &Kind) -> Option<Response<Body>> {
        if let Kind::Status(status) = kind {
            return Some(self.failure(*status));
        }
        if let Kind::Html(status) = kind {
            return Some(page(*status));
        }
        None
    }

    fn failure(&self, status: u16) -> Response<Body> {
        reply::error(status, &format!("{status}-Sandbox-Fault"), "A fault that was asked for.", &self.error_id())
    }

    /// What is left of a reply after the faults that strike afterwards.
    async fn spoiled(&self, mut reply: Response<Body>, struck: &[Kind]) -> Result<Response<Body>, HungUp> {
        for kind in struck {
            if let Kind::Stall(seconds) = kind {
                tokio::time::sleep(Duration::from_secs(*seconds)).await;
            }
            if let Kind::StatusAfter(status) = kind {
                reply = self.failure(*status);
            }
            if let Kind::HtmlAfter(status) = kind {
                reply = page(*status);
            }
            if *kind == Kind::Empty {
                reply = Response::default();
            }
        }
        if struck.contains(&Kind::Drop) {
            return Err(HungUp);
        }
        if struck.contains(&Kind::Cut) {
            return Cut::in_two(reply).await;
        }
        Ok(reply)
    }
}

fn before(struck: &[Kind]) -> Duration {
    let waits = struck.iter().filter_map(|k| {
        let Kind::Latency(ms) = k else { return None };
        Some(Duration::from_millis(*ms))
    });
    waits.sum()
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

/// An error page as a gateway gives it (WIRE 4).
fn page(status: u16) -> Response<Body> {
    let text = format!(
        "<html>\r\n<head><title>{status} Gateway</title></head>\r\n<body><center><h1>{status} Gateway</h1></center></body>\r\n</html>\r\n"
    );
    let mut reply = Response::new(Body::from(text));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    reply
}

/// The first half of a body, then the end of the connection.
struct Cut {
    half: Option<Bytes>,
    flushed: bool,
}

impl Cut {
    async fn in_two(reply: Response<Body>) -> Result<Response<Body>, HungUp> {
        let (mut parts, body) = reply.into_parts();
        let whole = to_bytes(body, usize::MAX).await.map_err(|_| HungUp)?;
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
        let half = Some(whole.slice(..whole.len() / 2));
        Ok(Response::from_parts(parts, Body::new(Self { half, flushed: false })))
    }
}

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = HungUp;
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HungUp>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !self.flushed {
            // One round of waiting, in which the half is really written.
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(HungUp)))
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
