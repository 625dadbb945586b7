//! A server of employees whose list changes when a test says so.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use mobproc::api::{Api, Limits};
use mobproc::domain::journal::Timing;
use mobproc::profile::{ConfirmParameter, Manners, Network, Profile, SignIn};
use mobproc::secret::Source;
use serde_json::{Value, json};

/// Somebody of the company.
#[derive(Clone)]
pub struct Somebody {
    pub id: u64,
    pub last: String,
    pub updated: Timestamp,
}

/// What the server has, and how it gives it.
#[derive(Clone)]
pub struct World {
    pub people: Vec<Somebody>,
    /// The longest page.
    pub most: usize,
    /// A page is the one that holds the offset.
    pub holding: bool,
    /// Whether it says how long a page is, how many there are, what changed when, and what time it is.
    pub says: Says,
    /// Whether it knows the parameters that filter and sort.
    pub filters: bool,
    pub sorts: bool,
    /// So long every page takes.
    pub latency: Duration,
    /// Whether it cannot say who is signed in.
    pub nobody: bool,
    /// The bearer that is taken; any where there is none.
    pub bearer: Option<String>,
}

#[derive(Clone, Copy)]
pub struct Says {
    pub limit: bool,
    pub total: bool,
    pub updated: bool,
    pub date: bool,
}

impl World {
    /// So many people, who have not changed for long.
    pub fn of(count: u64) -> Self {
        Self {
            people: (1..=count).map(somebody).collect(),
            most: 500,
            holding: false,
            says: Says { limit: true, total: true, updated: true, date: true },
            filters: true,
            sorts: true,
            latency: Duration::ZERO,
            nobody: false,
            bearer: None,
        }
    }
    /// Somebody comes, at that place of the list.
    pub fn hire(&mut self, at: usize, id: u64) {
        self.people.insert(at, Somebody { updated: Timestamp::now(), ..somebody(id) });
    }
    pub fn rename(&mut self, id: u64, last: &str) {
        let who = self.people.iter_mut().find(|p| p.id == id).unwrap();
        (who.last, who.updated) = (last.to_owned(), Timestamp::now());
    }
}

pub fn somebody(id: u64) -> Somebody {
    Somebody { id, last: format!("Last{id}"), updated: "2026-01-05T08:00:00Z".parse().unwrap() }
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub nth: usize,
    pub params: HashMap<String, String>,
}

impl Asked {
    pub fn offset(&self) -> usize {
        self.params.get("offset").unwrap().parse().unwrap()
    }
    pub fn limit(&self) -> usize {
        self.params.get("limit").unwrap().parse().unwrap()
    }
    pub fn since(&self) -> Option<&String> {
        self.params.get("dateTimeUpdatedOnOrAfter")
    }
}

/// What happens before a request is answered; a status is answered instead.
type Happens = Box<dyn FnMut(&mut World, &Asked) -> Option<u16> + Send>;

#[derive(Default)]
struct Seen {
    asked: Vec<Asked>,
    peers: BTreeSet<SocketAddr>,
    now: usize,
    most: usize,
}

struct Site {
    world: Mutex<World>,
    happens: Mutex<Happens>,
    seen: Mutex<Seen>,
}

pub struct Server {
    addr: SocketAddr,
    site: Arc<Site>,
}

impl Server {
    pub async fn start(world: World) -> Self {
        Self::with(world, |_, _| None).await
    }
    /// Before every answer that happens.
    pub async fn with(world: World, happens: impl FnMut(&mut World, &Asked) -> Option<u16> + Send + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (world, happens) = (Mutex::new(world), Mutex::new(Box::new(happens) as Happens));
        let site = Arc::new(Site { world, happens, seen: Mutex::default() });
        let routes = Router::new()
            .route("/employees", get(employees))
            .route("/me", get(me))
            .with_state(Arc::clone(&site))
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { addr, site }
    }
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }
    /// A client whose pauses are short.
    pub fn api(&self) -> Api {
        let mut api = Api::sandbox(&self.base_url());
        let short = Duration::from_millis(5);
        api.limit(Limits { pause: short, longest_pause: short, ..Limits::default() });
        api
    }
    /// A client that draws tokens, each with the next number, and how many it has drawn.
    pub fn signing_in(&self, name: &'static str) -> (Api, Arc<AtomicUsize>) {
        let mut api = Api::new(profile(&self.base_url()));
        let short = Duration::from_millis(5);
        api.limit(Limits { pause: short, longest_pause: short, ..Limits::default() });
        let drawn = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&drawn);
        api.ask_with(Box::new(move |_| {
            let nth = count.fetch_add(1, Ordering::SeqCst) + 1;
            Box::pin(async move { Some(format!("{name}-{nth}").into()) })
        }));
        (api, drawn)
    }
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.site.world.lock().unwrap()
    }
    /// From now on that happens instead.
    pub fn then(&self, happens: impl FnMut(&mut World, &Asked) -> Option<u16> + Send + 'static) {
        *self.site.happens.lock().unwrap() = Box::new(happens);
    }
    /// What was asked for people since this was last called.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.site.seen.lock().unwrap().asked)
    }
    /// How many connections there were, and how many requests at once.
    pub fn most(&self) -> (usize, usize) {
        let seen = self.site.seen.lock().unwrap();
        (seen.peers.len(), seen.most)
    }
}

/// A profile of that server, whose access token is asked for.
pub fn profile(base_url: &str) -> Profile {
    Profile {
        name: "test".into(),
        base_url: base_url.into(),
        tenant: "TENANT".into(),
        client_id: "mobproc".into(),
        sign_in: SignIn::Token(Source::Ask),
        network: Network::default(),
        employee_id: None,
        company_employee_id: None,
        hierarchy_id: None,
        confirm_parameter: ConfirmParameter::Both,
        state_dir: None,
        allow_network_state: false,
        manners: Manners::default(),
        timing: Timing::default(),
        warnings: Vec::new(),
    }
}

async fn me(State(site): State<Arc<Site>>) -> Response {
    if site.world.lock().unwrap().nobody {
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({}))).into_response();
    }
    Json(
        json!({"authenticatedUser": {"id": "1", "companyEmployeeId": "desk.one", "firstName": "Desk", "lastName": "One"}}),
    )
    .into_response()
}

async fn employees(
    State(site): State<Arc<Site>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(params): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let asked = {
        let mut seen = site.seen.lock().unwrap();
        seen.peers.insert(peer);
        seen.now += 1;
        seen.most = seen.most.max(seen.now);
        let asked = Asked { nth: seen.asked.len() + 1, params };
        seen.asked.push(asked.clone());
        asked
    };
    let latency = site.world.lock().unwrap().latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let answer = answer(&site, &asked, &headers);
    site.seen.lock().unwrap().now -= 1;
    answer
}

fn answer(site: &Site, asked: &Asked, headers: &HeaderMap) -> Response {
    let mut world = site.world.lock().unwrap();
    let status = (site.happens.lock().unwrap())(&mut world, asked);
    let bearer = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ");
    let status = status.or(world.bearer.as_ref().filter(|taken| *taken != bearer).map(|_| 401));
    if let Some(status) = status {
        return (StatusCode::from_u16(status).unwrap(), Json(json!({"message": "No."}))).into_response();
    }
    let unknown = !world.sorts && asked.params.contains_key("sortBy");
    if unknown {
        return (StatusCode::BAD_REQUEST, Json(json!({"errorCode": "400-Parameter", "message": "sortBy"})))
            .into_response();
    }
    let since = asked.since().filter(|_| world.filters).map(|s| s.parse::<Timestamp>().unwrap());
    let mut found: Vec<_> = world.people.iter().filter(|p| since.is_none_or(|s| p.updated >= s)).collect();
    if asked.params.contains_key("sortBy") {
        found.sort_by_key(|p| p.updated);
    }
    let limit = asked.limit().min(world.most);
    let offset = if world.holding { asked.offset() - asked.offset() % limit } else { asked.offset() };
    let items: Vec<Value> = found.iter().skip(offset).take(limit).map(|p| shown(p, world.says.updated)).collect();
    let mut meta = json!({"offset": offset});
    if world.says.limit {
        meta["limit"] = limit.into();
    }
    if world.says.total {
        meta["totalCount"] = found.len().into();
    }
    let mut answer = Json(json!({"employees": {"items": items, "_meta": meta}})).into_response();
    if !world.says.date {
        answer.headers_mut().insert("date", "long ago".parse().unwrap());
    }
    answer
}

fn shown(who: &Somebody, updated: bool) -> Value {
    let mut shown = json!({
        "id": who.id.to_string(), "companyEmployeeId": format!("login{}", who.id), "firstName": "First",
        "lastName": who.last, "email": format!("p{}@example.com", who.id), "officePhone": "203-555-0100",
        "status": "ACTIVE", "department": {"id": "1", "name": "Sales"},
    });
    if updated {
        shown["updated"] = who.updated.to_string().into();
    }
    shown
}
