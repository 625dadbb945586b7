//! What leaves the program when an order is submitted, seen from a bare TCP server that breaks off at every byte, stalls,
//! points elsewhere, or answers anything at all: one request each time, and the verdict that the reply allows.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails there and then")]

use std::time::Duration;

use mobproc::api::{Api, Sending};
use mobproc::domain::attempt::Verdict;
use mobproc::domain::ids::OrderNumber;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time;

/// How long a client may keep a connection that it has no use for.
const LETTING_GO: Duration = Duration::from_secs(10);

const ACCEPTED: &str = "accepted";
const REJECTED: &str = "rejected";
const NOT_APPLIED: &str = "not applied";
const NOT_SENT: &str = "not sent";
const UNKNOWN: &str = "unknown";

/// The verdict's name.
fn read(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted(_) => ACCEPTED,
        Verdict::Rejected(_) => REJECTED,
        Verdict::NotApplied(..) => NOT_APPLIED,
        Verdict::NotSent(_) => NOT_SENT,
        Verdict::Unknown(_) => UNKNOWN,
    }
}

async fn submit(api: &Api, number: &OrderNumber) -> &'static str {
    let body = order().to_string().into_bytes();
    let sending = Sending { number, actor: None, correlation: "c-1", body: &body };
    let ready = api.ready(Duration::from_secs(1800)).await.unwrap();
    read(api.submit(&sending, &ready, Duration::from_secs(310)).await.verdict)
}

fn order() -> Value {
    let reason = "Lost \u{1f4f1} in Zürich, \"near the lake\". ".repeat(4);
    json!({"transactionType": "SUSPEND", "serviceId": "28671599", "reason": reason})
}

/// How the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It resets it before anything has come.
    Refuse,
    /// It resets it.
    Reset,
    /// It says that nothing more will come.
    Finish,
    /// It leaves that to the client.
    Wait,
    /// It says nothing more, and keeps it open until the client's time is up.
    Stall,
    /// It says the rest of the reply, which begins there, only after so long.
    Late(usize, Duration),
}

/// What the server does with a request.
#[derive(Clone, Copy)]
struct Plan<'a> {
    /// How many of its bytes are waited for.
    read: usize,
    reply: &'a [u8],
    end: End,
}

impl<'a> Plan<'a> {
    fn reply(reply: &'a [u8], end: End) -> Self {
        Self { read: usize::MAX, reply, end }
    }
}

/// A server, and the program's client for it.
struct Wire {
    listener: TcpListener,
    api: Api,
    number: OrderNumber,
}

impl Wire {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Api::sandbox(&format!("http://{}", listener.local_addr().unwrap()));
        Self { listener, api, number: OrderNumber::from_random(7) }
    }

    /// Submits once: the verdict, and what every connection brought until the call had ended.
    async fn submit(&self, plan: Plan<'_>) -> (&'static str, Vec<Vec<u8>>) {
        let last = Last::new();
        let address = last.0.local_addr().unwrap();
        let client = async {
            let verdict = submit(&self.api, &self.number).await;
            (verdict, last.connect(&self.listener).await)
        };
        let server = async {
            let mut requests = Vec::new();
            loop {
                let (stream, from) = self.listener.accept().await.unwrap();
                if from == address {
                    return requests;
                }
                requests.push(serve(stream, plan).await);
            }
        };
        let ((verdict, _open), requests) = tokio::join!(client, server);
        (verdict, requests)
    }

    /// Submits once, and expects that verdict and one request.
    async fn expect(&self, plan: Plan<'_>, verdict: &str, case: &str) -> Vec<u8> {
        let (read, mut requests) = self.submit(plan).await;
        assert_eq!(read, verdict, "{case}");
        assert_eq!(requests.len(), 1, "{case}: each connection is a request");
        let request = requests.remove(0);
        let heads = String::from_utf8_lossy(&request).matches("HTTP/1.1\r\n").count();
        assert!(heads <= 1, "{case}: {heads} requests on one connection");
        request
    }

    /// A whole reply that orders.
    fn placed(&self, framing: Framing) -> Vec<u8> {
        let body = json!({"order": {"orderId": "8710840", "externalOrderNumber": self.number.as_str(),
            "status": "SUBMITTED"}, "status": "SUCCESS"});
        reply("200 OK", Some("application/json"), body.to_string().as_bytes(), framing)
    }
}

/// The connection that comes after all others: once the server sees it, it has seen them all.
struct Last(TcpSocket);

impl Last {
    fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }
    async fn connect(self, listener: &TcpListener) -> TcpStream {
        self.0.connect(listener.local_addr().unwrap()).await.unwrap()
    }
}

/// Reads as much of a request as wanted, answers, and ends; what was read is given back.
async fn serve(mut stream: TcpStream, plan: Plan<'_>) -> Vec<u8> {
    let mut got = Vec::new();
    if plan.end == End::Refuse {
        stream.set_zero_linger().unwrap();
        return got;
    }
    stream.peek(&mut [0]).await.unwrap();
    while got.len() < plan.read && !is_whole(&got) {
        let wanted = (plan.read - got.len()).min(4096) as u64;
        if (&mut stream).take(wanted).read_buf(&mut got).await.unwrap() == 0 {
            return got;
        }
    }
    let (now, late) = match plan.end {
        End::Late(from, _) => plan.reply.split_at(from),
        End::Refuse | End::Reset | End::Finish | End::Wait | End::Stall => (plan.reply, &[][..]),
    };
    // A client that has had enough goes before the end.
    if stream.write_all(now).await.is_err() {
        return got;
    }
    match plan.end {
        End::Refuse | End::Reset => {
            stream.set_zero_linger().unwrap();
            return got;
        }
        End::Finish => stream.shutdown().await.unwrap(),
        End::Wait => {}
        // The clock runs by itself from one timer to the next: minutes are over at once.
        End::Stall => time::pause(),
        End::Late(_, after) => {
            time::pause();
            time::sleep(after).await;
            stream.write_all(late).await.unwrap();
        }
    }
    let rest = stream.read_to_end(&mut got);
    // A client that has had enough may reset; what came before counts.
    if matches!(plan.end, End::Stall | End::Late(..)) {
        rest.await.ok();
        time::resume();
    } else {
        time::timeout(LETTING_GO, rest).await.expect("the client lets go of its connection").ok();
    }
    got
}

/// Head and body of a request.
fn parts(request: &[u8]) -> Option<(&str, &[u8])> {
    let end = request.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((std::str::from_utf8(&request[..end]).unwrap(), &request[end + 4..]))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .skip(1)
        .filter_map(|l| l.split_once(':'))
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|h| h.1.trim())
}

fn is_whole(request: &[u8]) -> bool {
    parts(request).is_some_and(|(head, body)| header(head, "content-length").unwrap() == body.len().to_string())
}

/// How a reply says where its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length,
    Chunks,
    Close,
}

fn reply(status: &str, content_type: Option<&str>, body: &[u8], framing: Framing) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {status}\r\n").into_bytes();
    if let Some(content_type) = content_type {
        out.extend(format!("Content-Type: {content_type}\r\n").bytes());
    }
    match framing {
        Framing::Length => out.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes()),
        Framing::Chunks => out.extend(b"Transfer-Encoding: chunked\r\n\r\n"),
        Framing::Close => out.extend(b"Connection: close\r\n\r\n"),
    }
    if framing == Framing::Chunks {
        for chunk in body.chunks(40) {
            out.extend(format!("{:x}\r\n", chunk.len()).bytes());
            out.extend(chunk);
            out.extend(b"\r\n");
        }
        out.extend(b"0\r\n\r\n");
    } else {
        out.extend(body);
    }
    out
}

#[tokio::test]
async fn a_connection_that_breaks_at_any_byte_carries_one_request_and_leaves_the_order_unknown() {
    let wire = Wire::new().await;
    let whole = wire.expect(Plan::reply(&wire.placed(Framing::Length), End::Wait), ACCEPTED, "whole").await.len();
    let mut offsets = 0;
    for end in [End::Reset, End::Finish] {
        for read in 0..=whole {
            let case = format!("{end:?} after {read} bytes of the request");
            let request = wire.expect(Plan { read, reply: &[], end }, UNKNOWN, &case).await;
            assert!(request.len() >= read, "{case}");
            offsets += 1;
        }
        for framing in [Framing::Length, Framing::Chunks, Framing::Close] {
            let reply = wire.placed(framing);
            for written in 0..=reply.len() {
                // Without length and chunks a reset cannot be told from a reply that goes on.
                let ended = written == reply.len() && (framing != Framing::Close || end == End::Finish);
                let case = format!("{end:?} after {written} bytes of a reply by {framing:?}");
                let verdict = if ended { ACCEPTED } else { UNKNOWN };
                wire.expect(Plan::reply(&reply[..written], end), verdict, &case).await;
                offsets += 1;
            }
        }
    }
    println!("{offsets} offsets");
    assert!(offsets >= 2_000);
}

#[tokio::test]
async fn a_server_that_stalls_anywhere_leaves_the_order_unknown() {
    let wire = Wire::new().await;
    let reply = wire.placed(Framing::Length);
    for written in [0, 1, 20, reply.len() - 40, reply.len() - 1] {
        let case = format!("stalled after {written} bytes of the reply");
        wire.expect(Plan::reply(&reply[..written], End::Stall), UNKNOWN, &case).await;
    }
}

#[tokio::test]
async fn a_slow_answer_is_an_answer() {
    let wire = Wire::new().await;
    let reply = wire.placed(Framing::Length);
    for from in [0, 20, reply.len() - 1] {
        let case = format!("five minutes after {from} bytes of the reply");
        wire.expect(Plan::reply(&reply, End::Late(from, Duration::from_secs(300))), ACCEPTED, &case).await;
    }
}

#[tokio::test]
async fn a_refused_connection_is_an_order_that_was_not_sent() {
    let wire = Wire::new().await;
    let Wire { listener, api, number } = wire;
    drop(listener);
    assert_eq!(submit(&api, &number).await, NOT_SENT);
}

/// The client may see the reset while it connects, or only when it sends.
#[tokio::test]
async fn a_connection_that_is_reset_at_once_is_not_made_again() {
    let wire = Wire::new().await;
    let (verdict, requests) = wire.submit(Plan { read: 0, reply: &[], end: End::Refuse }).await;
    assert!([NOT_SENT, UNKNOWN].contains(&verdict), "{verdict}");
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let wire = Wire::new().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let [here, there] = [&wire.listener, &elsewhere].map(|l| format!("http://{}/orders", l.local_addr().unwrap()));
    for status in [301, 302, 303, 307, 308] {
        for to in [&here, &there, "/orders"] {
            let reply = format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
            wire.expect(Plan::reply(reply.as_bytes(), End::Wait), UNKNOWN, &format!("{status} to {to}")).await;
        }
    }
    let last = Last::new();
    let address = last.0.local_addr().unwrap();
    let _open = last.connect(&elsewhere).await;
    assert_eq!(elsewhere.accept().await.unwrap().1, address, "nobody came before");
}

const JSON: Option<&str> = Some("application/json");

/// A reply, and the verdict that it allows.
type Row = (u16, Option<&'static str>, Vec<u8>, &'static str);

fn json_row(status: u16, body: &Value, verdict: &'static str) -> Row {
    (status, JSON, body.to_string().into_bytes(), verdict)
}

/// Whatever else there is, an order with our number is ours.
fn rows_with_an_order(number: &OrderNumber) -> Vec<Row> {
    let ours = json!({"order": {"orderId": "8710840", "externalOrderNumber": number.as_str()}, "status": "SUCCESS"});
    let mut odd = ours.clone();
    odd["status"] = json!("ERROR");
    odd["errors"] = json!([{"errorCode": "C", "message": "An approver could not be told."}]);
    let nameless = json!({"order": {"orderId": "8710840"}});
    let other = json!({"order": {"orderId": "8710840", "externalOrderNumber": "MP00000000000X"}});
    let mut rows: Vec<Row> =
        [200, 201, 202, 203, 302, 400, 401, 403, 404, 408, 409, 410, 418, 422, 429, 500, 502, 503, 504]
            .into_iter()
            .flat_map(|s| [json_row(s, &ours, ACCEPTED), json_row(s, &odd, ACCEPTED), json_row(s, &other, UNKNOWN)])
            .collect();
    rows.extend([200, 201, 202].map(|status| json_row(status, &nameless, ACCEPTED)));
    rows.extend([302, 400, 404, 409, 500, 504].map(|status| json_row(status, &nameless, UNKNOWN)));
    rows.push((200, Some("text/html"), ours.to_string().into_bytes(), ACCEPTED));
    // An order that stands where none is published is no proof, and no refusal either.
    let hidden = json!({"status": "ERROR", "errors": ["m"], "data": [{"orderId": "8710840"}]});
    rows.extend([200, 400, 403, 404, 500].map(|status| json_row(status, &hidden, UNKNOWN)));
    rows
}

/// Readable refusals, in every form of WIRE 4.
fn refusals() -> Vec<Value> {
    let member = json!({"code": "C1", "description": "Bad.", "id": "abcde"});
    vec![
        json!({"errorCode": "400-Region", "id": "tghwn", "message": "Region ID must be passed in.", "status": 400}),
        json!({"status": "ERROR", "errors": [member]}),
        json!({"status": "ERROR", "errors": ["plain words"]}),
        json!({"status": "ERROR", "faults": [member]}),
        json!({"status": "ERROR", "messages": [member]}),
        json!({"status": "ERROR", "order": {"messages": [member]}}),
    ]
}

fn rows_without_an_order() -> Vec<Row> {
    let mut rows = Vec::new();
    for refusal in refusals() {
        rows.extend([200, 201, 400, 403, 404].map(|status| json_row(status, &refusal, REJECTED)));
        rows.extend([401, 429].map(|status| json_row(status, &refusal, NOT_APPLIED)));
        let unlisted = [300, 301, 302, 303, 307, 308, 402, 405, 408, 409, 410, 413, 415, 422, 500, 501, 502, 503, 504];
        rows.extend(unlisted.map(|status| json_row(status, &refusal, UNKNOWN)));
    }
    let success =
        [json!({"status": "SUCCESS"}), json!({"status": "SUCCESS", "messages": ["queued"]}), json!({}), json!([])];
    for neither in &success {
        rows.extend([200, 202, 400, 403, 404, 500].map(|status| json_row(status, neither, UNKNOWN)));
    }
    let garbled: [(Option<&'static str>, &[u8]); 9] = [
        (Some("text/html"), b"<html><body>Please sign in.</body></html>"),
        (JSON, b"<html><body>Please sign in.</body></html>"),
        (JSON, b""),
        (None, b""),
        (JSON, b"{\"status\":\"ERROR\",\"errors\":[\"m\""),
        (JSON, b"{\"status\":\"ERROR\",\"errors\":[\"m\"]} and more"),
        (JSON, b"{\"status\":\"ERROR\",\"errors\":[\"\xff\xfe\"]}"),
        (Some("text/html"), b"{\"status\":\"ERROR\",\"errors\":[\"m\"]}"),
        (Some("text/plain"), b"{\"status\":\"ERROR\",\"errors\":[\"m\"]}"),
    ];
    for (content_type, body) in garbled {
        rows.extend([200, 302, 400, 403, 404, 500, 502].map(|status| (status, content_type, body.to_vec(), UNKNOWN)));
        // What cannot be read may hold an order, whatever its status denies.
        let read = body.is_empty() || body.starts_with(b"<") || body.ends_with(b"[\"m\"]}");
        let verdict = if read { NOT_APPLIED } else { UNKNOWN };
        rows.extend([401, 429].map(|status| (status, content_type, body.to_vec(), verdict)));
    }
    rows.push((400, Some("application/json; charset=utf-8"), refusals()[0].to_string().into_bytes(), REJECTED));
    rows.push((400, Some("Application/JSON"), refusals()[0].to_string().into_bytes(), REJECTED));
    rows
}

#[tokio::test]
async fn every_reply_has_the_verdict_that_it_allows() {
    let wire = Wire::new().await;
    for (status, content_type, body, verdict) in [rows_with_an_order(&wire.number), rows_without_an_order()].concat() {
        let bytes = reply(&format!("{status} Said"), content_type, &body, Framing::Length);
        let case = format!("{status} {content_type:?} {}", String::from_utf8_lossy(&body));
        wire.expect(Plan::reply(&bytes, End::Wait), verdict, &case).await;
    }
}

#[tokio::test]
async fn a_reply_of_more_than_a_mebibyte_is_not_read() {
    let wire = Wire::new().await;
    let mut body = json!({"order": {"orderId": "8710840", "externalOrderNumber": wire.number.as_str()}, "pad": ""});
    let bare = body.to_string().len();
    for (length, verdict) in [(1 << 20, ACCEPTED), ((1 << 20) + 1, UNKNOWN), (4 << 20, UNKNOWN)] {
        body["pad"] = json!("x".repeat(length - bare));
        for framing in [Framing::Length, Framing::Close] {
            let bytes = reply("200 OK", JSON, body.to_string().as_bytes(), framing);
            let case = format!("{length} bytes by {framing:?}");
            let end = if framing == Framing::Close { End::Finish } else { End::Wait };
            wire.expect(Plan::reply(&bytes, end), verdict, &case).await;
        }
    }
}

#[tokio::test]
async fn an_order_in_a_reply_that_cannot_be_read_is_not_denied_by_its_status() {
    let wire = Wire::new().await;
    let placed = json!({"order": {"orderId": "8710840", "externalOrderNumber": wire.number.as_str()}}).to_string();
    let long = format!("{placed}{}", " ".repeat(1 << 20));
    for status in ["401 Unauthorized", "429 Too Many Requests"] {
        for (case, head, body) in [
            ("too long", "", long.as_str()),
            ("compressed", "Content-Encoding: gzip\r\n", placed.as_str()),
            ("cut", "", &placed[..placed.len() - 2]),
            ("in a page", "", &format!("<pre>{placed}</pre>")),
        ] {
            let length = body.len();
            let bytes = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{head}Content-Length: {length}\r\n\r\n{body}"
            );
            wire.expect(Plan::reply(bytes.as_bytes(), End::Wait), UNKNOWN, &format!("{status} {case}")).await;
        }
    }
}

#[tokio::test]
async fn the_request_is_plain_http_1_1_and_its_body_is_what_was_given() {
    let wire = Wire::new().await;
    let request = wire.expect(Plan::reply(&wire.placed(Framing::Length), End::Wait), ACCEPTED, "whole").await;
    let (head, body) = parts(&request).unwrap();
    assert!(head.starts_with("POST /orders HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, order().to_string().as_bytes());
    assert_eq!(header(head, "content-type"), Some("application/json"));
    assert_eq!(header(head, "x-tngo-context-activityid"), Some(wire.number.as_str()));
    for absent in ["upgrade", "http2-settings", "expect", "transfer-encoding"] {
        assert_eq!(header(head, absent), None, "{absent}");
    }
    assert!(matches!(header(head, "accept-encoding"), None | Some("identity")), "{head}");
}

#[tokio::test]
async fn every_submission_has_a_connection_of_its_own() {
    let wire = Wire::new().await;
    // The server would gladly keep it open; a second request on it would be counted as one too many.
    for round in ["first", "second", "third"] {
        wire.expect(Plan::reply(&wire.placed(Framing::Length), End::Wait), ACCEPTED, round).await;
    }
}
