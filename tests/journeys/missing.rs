//! Entries of lists that cannot be read: they can be neither shown nor chosen, and whoever looks at the list is told so.

use std::net::TcpListener;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, HOST};
use mobproc::api::Api;
use mobproc::sandbox::{Options, Sandbox};
use reqwest::Client;
use serde_json::{Value, json};

use super::harness::Harness;

/// The collections that get another entry.
const LISTS: [&str; 3] = ["/employees", "/orders", "/assets/services"];

/// Hands every call on to a server, and puts an entry whose id is none at the end of each list; its address.
async fn relay(server: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let handed_on = move |request: Request| {
        let (client, server) = (client.clone(), server.clone());
        async move {
            let (mut parts, body) = request.into_parts();
            parts.headers.remove(HOST);
            let list = parts.method == Method::GET && LISTS.contains(&parts.uri.path());
            let call = client.request(parts.method, format!("{server}{}", parts.uri)).headers(parts.headers);
            let reply = call.body(to_bytes(body, usize::MAX).await.unwrap()).send().await.unwrap();
            let (status, mut text) = (reply.status(), reply.text().await.unwrap());
            if list && let Ok(mut value) = serde_json::from_str::<Value>(&text) {
                for collection in value.as_object_mut().unwrap().values_mut() {
                    let odd = json!({"id": "\u{7}1", "orderId": "\u{202e}", "firstName": "Ann"});
                    collection["items"].as_array_mut().unwrap().push(odd);
                }
                text = value.to_string();
            }
            (status, [(CONTENT_TYPE, "application/json")], text)
        }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handed_on)).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_at_a_list_is_told_how_many_of_its_entries_cannot_be_read() {
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), Options::default()).unwrap();
    let api = Api::sandbox(&relay(sandbox.base_url()).await);
    let mut h = Harness::of(sandbox, api, (80, 30)).await;
    // Three pages of people, and four of lines.
    h.shows("241 people, 3 unreadable").shows("Last orders, 1 unreadable");
    h.keys("203").await.shows("Among lines: 4 entries cannot be read, and are missing here.").keys("<C-u>").await;
    h.keys("edw dev").await.shows("of 241 match, 3 unreadable").keys("<C-u>").await;
    h.keys("s/edw dev<enter>").await.shows("Among lines: 1 entry cannot be read").hides("the only one");
    h.keys("<enter>").await.shows("1 to choose from, 1 unreadable").keys("<enter>").await.shows("203-555-4468");
}

#[tokio::test]
async fn of_lists_that_were_read_whole_nothing_is_said() {
    let mut h = Harness::start().await;
    h.hides("unreadable").hides("cannot be read");
    h.keys("s/edw dev<enter>").await.shows("the only one").hides("unreadable").hides("cannot be read");
}
