//! The real client at an authorization server of others' making. tests/authserver.sh installs it, starts it, and runs this.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there and then")]

use std::time::{Duration, Instant};

use mobproc::api::Api;
use mobproc::domain::fault::Fault;
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::lookups::Query;
use mobproc::domain::text::Body;
use mobproc::profile::Grant;
use mobproc::secret::Source;

#[path = "signin/profile.rs"]
mod profile;
use profile::{CLIENT_SECRET, PASSWORD, printed, profile};

/// Nothing that is waited for here takes so long.
const LONG: Duration = Duration::from_secs(60);

/// One client; what the server was asked is counted under its label.
struct Client {
    api: Api,
    asked_at: String,
}

impl Client {
    fn new(label: &str, mode: &str, change: impl FnOnce(&mut Grant)) -> Self {
        let server = std::env::var("MOBPROC_AUTHSERVER").unwrap_or_default();
        assert!(server.starts_with("http://127.0.0.1:"), "run tests/authserver.sh, which starts the server");
        rustls::crypto::ring::default_provider().install_default().ok();
        let (base, token) = (format!("{server}/{label}/api"), format!("{server}/{label}/{mode}/token"));
        Self { api: Api::new(profile(&base, &token, change)), asked_at: format!("{server}/{label}/asked") }
    }
    async fn me(&self) -> Result<Body, Fault> {
        self.api.get(&Query::new("/me", None, None), &[], &OrderNumber::from_random(7)).await
    }
    /// What the server was asked, with its answers: `password 200, me 200`.
    async fn asked(&self) -> String {
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let text = client.get(&self.asked_at).send().await.unwrap().text().await.unwrap();
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        told["asked"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect::<Vec<_>>().join(", ")
    }
    /// The same without the calls of the API.
    async fn grants(&self) -> String {
        let asked = self.asked().await;
        asked.split(", ").filter(|a| !a.starts_with("me ")).collect::<Vec<_>>().join(", ")
    }
}

fn why(result: Result<Body, Fault>) -> String {
    result.err().map(|fault| fault.to_string()).unwrap_or_default()
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn a_password_gives_a_token_that_opens_the_api() {
    let users = [("one", "command://jdoe", PASSWORD), ("two", "rivermine://jdoe", "p&ss=w+rd %41 \u{e9}")];
    for (label, username, password) in users {
        let client = Client::new(label, "rotating", |g| {
            g.username = username.into();
            g.password = printed(password);
        });
        client.me().await.unwrap();
        client.me().await.unwrap();
        assert_eq!(client.asked().await, "password 200, me 200, me 200", "{username}");
    }
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn refresh_tokens_that_change_are_followed_and_none_is_sent_twice() {
    let mut client = Client::new("rotates", "rotating", |_| {});
    let moved = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (clock, begun) = (moved.clone(), Instant::now());
    client.api.count_by(Box::new(move || {
        begun.elapsed() + Duration::from_secs(clock.load(std::sync::atomic::Ordering::SeqCst))
    }));
    for _ in 0..4 {
        client.me().await.unwrap();
        moved.fetch_add(6000, std::sync::atomic::Ordering::SeqCst);
    }
    // This server forgets a refresh token with its first use: a second one would be a 400.
    assert_eq!(client.grants().await, "password 200, refresh_token 200, refresh_token 200, refresh_token 200");
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn a_refresh_that_brings_no_other_refresh_token_leaves_the_first_one_good() {
    let client = Client::new("keeps", "kept", |_| {});
    for _ in 0..4 {
        client.me().await.unwrap();
        client.api.drop_token().await;
    }
    assert_eq!(client.grants().await, "password 200, refresh_token 200, refresh_token 200, refresh_token 200");
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn a_wrong_password_is_refused_and_not_sent_again() {
    let client = Client::new("mistyped", "rotating", |g| g.password = printed("of-last-year"));
    let first = why(client.me().await);
    assert!(first.contains("does not take the password") && first.contains("user credentials are invalid"), "{first}");
    let again = why(client.me().await);
    assert!(again.contains("not sent again"), "{again}");
    assert_eq!(client.asked().await, "password 400");
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn a_wrong_client_secret_is_told_as_one_and_fetched_anew() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("secret");
    std::fs::write(&file, "of-last-year").unwrap();
    let command = ["cat", file.to_str().unwrap()].map(String::from).into();
    let client = Client::new("proof", "rotating", |g| g.client_secret = Some(Source::Command(command)));
    let why = why(client.me().await);
    assert!(why.contains("invalid_client") && !why.contains("password"), "{why}");
    std::fs::write(&file, CLIENT_SECRET).unwrap();
    client.me().await.unwrap();
    assert_eq!(client.asked().await, "password 400, password 200, me 200");
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn tokens_that_end_by_the_servers_clock_are_renewed_and_the_call_repeated() {
    let client = Client::new("short", "short", |_| {});
    let begun = Instant::now();
    while client.asked().await.matches("refresh_token 200").count() < 2 {
        assert!(begun.elapsed() < LONG);
        client.me().await.unwrap();
    }
    let asked = client.asked().await;
    assert_eq!((asked.matches("me 401").count(), asked.matches("password").count()), (2, 1), "{asked}");
    assert_eq!(asked.matches("me 401, refresh_token 200, me 200").count(), 2, "{asked}");
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn a_used_refresh_token_is_refused_and_the_password_follows() {
    // A refresh that is not ours, as of a thief.
    let client = Client::new("used", "rotating", |_| {});
    client.me().await.unwrap();
    client.api.drop_token().await;
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let spend = client.asked_at.replace("/asked", "/spend");
    assert!(http.post(spend).send().await.unwrap().status().is_success());
    client.me().await.unwrap();
    assert_eq!(client.grants().await, "password 200, refresh_token 400, password 200");
}

#[tokio::test]
#[ignore = "tests/authserver.sh runs it"]
async fn a_strict_server_does_not_take_the_parameters_in_the_address() {
    let client = Client::new("query", "rotating", |g| g.in_query = true);
    let why = why(client.me().await);
    assert!(why.contains("invalid_request"), "{why}");
}
