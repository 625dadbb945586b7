//! The sandbox's token endpoint by itself: it refuses what RFC 6749 refuses, with its codes, and ends what was stolen.

use std::io::{BufRead, BufReader};

use mobproc::sandbox::{Lives, Sandbox};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use super::house::{Setup, sandbox};
use super::profile::{CLIENT_SECRET, PASSWORD};

struct Endpoint {
    sandbox: Sandbox,
    client: Client,
}

type Form<'a> = Vec<(&'a str, &'a str)>;

/// A whole form of the grant `password`.
fn whole() -> Form<'static> {
    let by = [("grant_type", "password"), ("client_id", "mobproc"), ("client_secret", CLIENT_SECRET)];
    let who = [("scope", "MOBPROC"), ("username", "command://jdoe"), ("password", PASSWORD)];
    by.into_iter().chain(who).collect()
}

/// The same with parameters changed; without a value one is left out.
fn with(changes: &[(&'static str, Option<&'static str>)]) -> Form<'static> {
    let kept = whole().into_iter().filter(|(name, _)| changes.iter().all(|(n, _)| n != name));
    kept.chain(changes.iter().filter_map(|(n, v)| Some((*n, (*v)?)))).collect()
}

fn by_refresh<'a>(token: &'a str) -> Form<'a> {
    let by = [("grant_type", "refresh_token"), ("client_id", "mobproc"), ("client_secret", CLIENT_SECRET)];
    by.into_iter().chain([("refresh_token", token)]).collect()
}

impl Endpoint {
    fn new(setup: &Setup) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { sandbox: sandbox(setup), client }
    }
    async fn post(&self, form: &Form<'_>) -> Response {
        self.client.post(self.sandbox.token_url()).form(form).send().await.unwrap()
    }
    /// Status and what it says.
    async fn asked(&self, form: &Form<'_>) -> (u16, Value) {
        read(self.post(form).await).await
    }
    /// The tokens of a grant: access and refresh.
    async fn granted(&self, form: &Form<'_>) -> (String, String) {
        let (status, body) = self.asked(form).await;
        assert_eq!(status, 200, "{body}");
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }
    async fn refused(&self, form: &Form<'_>) -> String {
        let (status, body) = self.asked(form).await;
        let code = body["error"].as_str().unwrap_or_default().to_owned();
        assert_eq!(status, if code == "invalid_client" { 401 } else { 400 }, "{form:?}: {body}");
        assert!(body["error_description"].as_str().is_some_and(|d| d.len() > 10), "{body}");
        code
    }
    /// What `/me` answers to a bearer.
    async fn me(&self, bearer: &str) -> (u16, Value) {
        let call = self.client.get(format!("{}/me", self.sandbox.base_url())).bearer_auth(bearer);
        read(call.header("X-TNGO-TENANT", "ACME").header("client_id", "mobproc").send().await.unwrap()).await
    }
}

/// A sandbox in a process of its own, which ends with this.
struct Process(std::process::Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

async fn read(reply: Response) -> (u16, Value) {
    let status = reply.status().as_u16();
    (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn a_grant_is_as_published_and_kept_by_nobody() {
    let endpoint = Endpoint::new(&Setup::default());
    let reply = endpoint.post(&whole()).await;
    assert_eq!((reply.headers()["cache-control"].as_bytes(), reply.status()), (&b"no-store"[..], StatusCode::OK));
    let (_, body) = read(reply).await;
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &7199.into()));
    assert_eq!(endpoint.me(body["access_token"].as_str().unwrap()).await.0, 200);
    let refused = endpoint.post(&with(&[("password", Some("x"))])).await;
    assert_eq!(refused.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn every_ill_formed_request_is_refused_with_its_code() {
    let endpoint = Endpoint::new(&Setup::default());
    let table: [(&str, Option<&str>, &str); 16] = [
        ("grant_type", None, "invalid_request"),
        ("grant_type", Some(""), "invalid_request"),
        ("grant_type", Some("authorization_code"), "unsupported_grant_type"),
        ("client_id", None, "invalid_client"),
        ("client_id", Some("nobody"), "invalid_client"),
        ("client_secret", None, "invalid_client"),
        ("client_secret", Some("of-last-year"), "invalid_client"),
        ("client_id", Some("mobproc-public"), "invalid_client"),
        ("scope", None, "invalid_scope"),
        ("scope", Some("MOBPROC ADMIN"), "invalid_scope"),
        ("username", None, "invalid_request"),
        ("password", Some(""), "invalid_request"),
        ("password", Some("open-sesame-2"), "invalid_grant"),
        ("username", Some("jdoe"), "invalid_grant"),
        ("username", Some("rivermine://jdoe"), "invalid_grant"),
        ("username", Some("command://JDOE"), "invalid_grant"),
    ];
    for (name, value, code) in table {
        assert_eq!(endpoint.refused(&with(&[(name, value)])).await, code, "{name} {value:?}");
    }
    let twice = [whole(), vec![("password", PASSWORD)]].concat();
    assert_eq!(endpoint.refused(&twice).await, "invalid_request");
    assert_eq!(endpoint.refused(&by_refresh("made-up")).await, "invalid_grant");
    assert_eq!(endpoint.refused(&by_refresh("")).await, "invalid_request");
    // What nobody knows is passed over, as the standard wants.
    endpoint.granted(&with(&[("audience", Some("x"))])).await;
}

#[tokio::test]
async fn only_a_form_or_the_published_query_is_read_and_only_by_post() {
    let endpoint = Endpoint::new(&Setup::default());
    let url = endpoint.sandbox.token_url();
    let post = || endpoint.client.post(&url);
    assert_eq!(read(post().query(&whole()).send().await.unwrap()).await.0, 200);
    let wrong = [
        post().header("content-type", "application/json").body("{\"grant_type\": \"password\"}"),
        post().query(&whole()).form(&whole()),
        post().header("content-type", "application/x-www-form-urlencoded").body("grant_type=%ff"),
        post().header("content-type", "application/x-www-form-urlencoded").body(vec![0xff]),
        post(),
    ];
    for call in wrong {
        let (status, body) = read(call.send().await.unwrap()).await;
        assert_eq!((status, &body["error"]), (400, &"invalid_request".into()), "{body}");
    }
    let got = endpoint.client.get(&url).query(&whole()).send().await.unwrap();
    assert_eq!(got.status(), StatusCode::METHOD_NOT_ALLOWED);
    let below = format!("{}/as/token.oauth2", endpoint.sandbox.base_url());
    assert_eq!(endpoint.client.post(below).form(&whole()).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_what_was_issued_is_taken_and_the_refusal_is_in_the_apis_form() {
    let endpoint = Endpoint::new(&Setup::default());
    let (status, body) = endpoint.me("made-up").await;
    assert_eq!((status, &body["errorCode"], &body["status"]), (401, &"401-Unauthorized".into(), &401.into()));
    let (access, refresh) = endpoint.granted(&whole()).await;
    assert_eq!(endpoint.me(&refresh).await.0, 401, "a refresh token is no bearer");
    assert_eq!(endpoint.me(&access).await.0, 200);
    endpoint.sandbox.end_tokens(false);
    assert_eq!(endpoint.me(&access).await.0, 401);
    let (access, refresh) = endpoint.granted(&by_refresh(&refresh)).await;
    assert_eq!(endpoint.me(&access).await.0, 200);
    endpoint.sandbox.end_tokens(true);
    assert_eq!(
        (endpoint.me(&access).await.0, endpoint.refused(&by_refresh(&refresh)).await),
        (401, "invalid_grant".into())
    );
}

#[tokio::test]
async fn a_used_refresh_token_that_comes_again_ends_everything_of_its_sign_in_and_nothing_else() {
    let endpoint = Endpoint::new(&Setup::default());
    let (other, _) = endpoint.granted(&whole()).await;
    let (first, used) = endpoint.granted(&whole()).await;
    let (second, next) = endpoint.granted(&by_refresh(&used)).await;
    assert_eq!((endpoint.me(&first).await.0, endpoint.me(&second).await.0), (200, 200));
    assert_eq!(endpoint.refused(&by_refresh(&used)).await, "invalid_grant");
    assert_eq!(endpoint.refused(&by_refresh(&next)).await, "invalid_grant");
    assert_eq!((endpoint.me(&first).await.0, endpoint.me(&second).await.0), (401, 401));
    assert_eq!(endpoint.me(&other).await.0, 200);
}

#[tokio::test]
async fn a_kept_refresh_token_is_taken_again_and_another_clients_never() {
    let lives = Lives { keep_refresh: true, ..Lives::default() };
    let endpoint = Endpoint::new(&Setup { lives, ..Setup::default() });
    let (_, refresh) = endpoint.granted(&whole()).await;
    for _ in 0..3 {
        assert_eq!(endpoint.granted(&by_refresh(&refresh)).await.1, refresh);
    }
    let stolen = vec![("grant_type", "refresh_token"), ("client_id", "mobproc-public"), ("refresh_token", &refresh)];
    assert_eq!(endpoint.refused(&stolen).await, "invalid_grant");
}

#[tokio::test]
async fn tokens_end_by_themselves() {
    let second = std::time::Duration::from_secs(1);
    let lives = Lives { access: second, refresh: second, ..Lives::default() };
    let endpoint = Endpoint::new(&Setup { lives, ..Setup::default() });
    let begun = std::time::Instant::now();
    let (access, refresh) = endpoint.granted(&whole()).await;
    while endpoint.me(&access).await.0 == 200 {
        assert!(begun.elapsed() < super::house::LONG);
    }
    assert!(begun.elapsed() >= second, "{:?}", begun.elapsed());
    assert_eq!(endpoint.refused(&by_refresh(&refresh)).await, "invalid_grant");
}

#[tokio::test]
async fn faults_strike_the_endpoint_as_they_strike_the_api() {
    let endpoint =
        Endpoint::new(&Setup { faults: &["token@2=grant:invalid_scope", "token@3=status:503"], ..Setup::default() });
    let (access, refresh) = endpoint.granted(&whole()).await;
    assert_eq!(endpoint.refused(&by_refresh(&refresh)).await, "invalid_scope");
    assert_eq!(endpoint.asked(&by_refresh(&refresh)).await.1["errorCode"], "503-Sandbox-Fault");
    let (_, refresh) = endpoint.granted(&by_refresh(&refresh)).await;
    endpoint.sandbox.fault("me@1=expire".parse().unwrap());
    endpoint.sandbox.fault("me@3=sign-out".parse().unwrap());
    assert_eq!(endpoint.me(&access).await.0, 401);
    let (access, refresh) = endpoint.granted(&by_refresh(&refresh)).await;
    assert_eq!((endpoint.me(&access).await.0, endpoint.me(&access).await.0), (200, 401));
    assert_eq!(endpoint.refused(&by_refresh(&refresh)).await, "invalid_grant");
    endpoint.sandbox.fault("token=status:429".parse().unwrap());
    endpoint.sandbox.fault("token=retry-after:7".parse().unwrap());
    let reply = endpoint.post(&whole()).await;
    assert_eq!((reply.status().as_u16(), reply.headers()["retry-after"].as_bytes()), (429, &b"7"[..]));
}

#[tokio::test]
async fn the_command_tells_where_tokens_are_drawn_and_takes_only_them_where_it_is_told_to() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mobproc"));
    command.args(["sandbox", "--sign-in", "--token-life", "90"]).stdout(std::process::Stdio::piped());
    let mut child = Process(command.spawn().unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (base, token) = (lines.next().unwrap(), lines.next().unwrap());
    let base = base.strip_prefix("listening on ").unwrap().to_owned();
    let token = token.strip_prefix("token_url ").unwrap();
    assert_eq!(Some(token), base.strip_suffix("/mobproc/v1").map(|o| format!("{o}/as/token.oauth2")).as_deref());
    let client = Endpoint::new(&Setup::default()).client;
    let (status, body) = read(client.post(token).form(&whole()).send().await.unwrap()).await;
    assert_eq!((status, &body["expires_in"]), (200, &90.into()));
    let me = |bearer: &str| {
        let call = client.get(format!("{base}/me")).bearer_auth(bearer);
        call.header("X-TNGO-TENANT", "ACME").header("client_id", "mobproc").send()
    };
    assert_eq!(me(body["access_token"].as_str().unwrap()).await.unwrap().status(), StatusCode::OK);
    assert_eq!(me("made-up").await.unwrap().status(), StatusCode::UNAUTHORIZED);

    let mut alone = std::process::Command::new(env!("CARGO_BIN_EXE_mobproc"));
    let ended = alone.args(["sandbox", "--token-life", "90"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("--sign-in"));
}
