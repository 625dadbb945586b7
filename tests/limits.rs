//! A hostile or broken server, byte by byte: whatever it sends, every call ends in a sentence within its time, memory stays
//! small, keys are answered, and only what may be asked twice is. `MOBPROC_FULL=1` runs with the program's own times.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

#[expect(dead_code, reason = "the journeys use the rest of it")]
#[path = "journeys/harness.rs"]
mod harness;
#[path = "limits/hostile.rs"]
mod hostile;
#[path = "openapi/schema.rs"]
mod schema;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::Harness;
use hostile::{CASES, Case, Ends, Server};
use mobproc::api::{Api, Back, Limits, Sending};
use mobproc::app::keys::Key;
use mobproc::app::message::Event;
use mobproc::domain::attempt::Verdict;
use mobproc::domain::calls::Call;
use mobproc::domain::fault::Fault;
use mobproc::domain::ids::{Id, OrderNumber};
use mobproc::domain::journal::Timing;
use mobproc::domain::lookups::{LOOKUPS, Query};
use mobproc::profile::{ConfirmParameter, Grant, Network, Profile, SignIn};
use mobproc::runtime::Wake;
use mobproc::sandbox::{Options, Sandbox};
use mobproc::secret::Source;

fn full() -> bool {
    std::env::var_os("MOBPROC_FULL").is_some()
}

/// The program's own limits, the times a hundredth of them.
fn hundredth() -> Limits {
    let own = Limits::default();
    let [silence, reading, token, confirming, looking, pause, longest_pause, left_alone] = [
        own.silence,
        own.reading,
        own.token,
        own.confirming,
        own.looking,
        own.pause,
        own.longest_pause,
        own.left_alone,
    ]
    .map(|time| time / 100);
    Limits { silence, reading, token, confirming, looking, pause, longest_pause, left_alone, ..own }
}

/// The program's own limits, with short pauses between tries.
fn patient() -> Limits {
    Limits { pause: Duration::from_millis(5), ..Limits::default() }
}

/// So much longer than its limit a call may take on a machine that is busy.
const BUSY: Duration = Duration::from_secs(5);
const SUBMITTING: Duration = Duration::from_secs(310);

fn limited(server: &Server, limits: Limits) -> Api {
    let mut api = Api::sandbox(&server.base_url());
    api.limit(limits);
    api
}

fn ping() -> Query {
    Query::new("/ping", None, None)
}

async fn get(api: &Api) -> Result<(), Fault> {
    api.get(&ping(), &[], &OrderNumber::from_random(7)).await.map(|_| ())
}

/// A client that signs in there.
fn signing_in(server: &Server, limits: Limits) -> Api {
    let grant = Grant {
        token_url: format!("{}/token", server.base_url()),
        client_id: "mobproc".into(),
        client_secret: None,
        username: "command://desk".into(),
        password: Source::Command(vec!["echo".into(), "a password".into()]),
        scope: "openid".into(),
        in_query: false,
    };
    let mut api = Api::new(Profile {
        name: "test".into(),
        base_url: server.base_url(),
        tenant: "TENANT".into(),
        client_id: "mobproc".into(),
        sign_in: SignIn::Password(Box::new(grant)),
        network: Network::default(),
        employee_id: None,
        company_employee_id: None,
        hierarchy_id: None,
        confirm_parameter: ConfirmParameter::Both,
        state_dir: None,
        allow_network_state: false,
        manners: mobproc::profile::Manners::default(),
        timing: Timing::default(),
        warnings: Vec::new(),
    });
    api.limit(limits);
    api
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Get,
    Confirm,
    Submit,
    Look,
    SignIn,
}

/// Makes a call: how it ends where it does not give what was asked for, and its limit.
async fn act(act: Act, api: &Api, limits: &Limits, submitting: Duration) -> (Option<Ends>, Duration) {
    let number = OrderNumber::from_random(7);
    let order = Sending { number: &number, actor: None, correlation: "c-1", body: b"{}" };
    let ends = |fault: Fault| match fault {
        Fault::Garbled { .. } => Ends::Garbled,
        Fault::NoAnswer { .. } => Ends::Unanswered,
        other => panic!("{other}"),
    };
    match act {
        Act::Get => (get(api).await.err().map(ends), limits.reading),
        Act::Confirm => (api.confirm(&order).await.err().map(ends), limits.confirming),
        Act::Look => (api.scan(&number, None, Back::All).await.err().map(ends), limits.looking),
        Act::SignIn => {
            let fault = api.sign_in().await.unwrap_err();
            assert!(!fault.to_string().contains("a password"), "{fault}");
            (None, limits.token)
        }
        Act::Submit => {
            let ready = api.ready(Duration::from_secs(1800)).await.unwrap();
            let verdict = api.submit(&order, &ready, submitting).await.verdict;
            assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
            (None, submitting)
        }
    }
}

#[test]
fn the_limits_are_the_documented_ones() {
    let own = Limits::default();
    let times = [own.connecting, own.silence, own.reading, own.token, own.confirming, own.looking, own.left_alone];
    assert_eq!(times.map(|t| t.as_secs()), [10, 30, 60, 30, 120, 120, 60]);
    assert_eq!([own.pause, own.longest_pause].map(|t| t.as_millis()), [500, 8000]);
    assert_eq!((own.tries, own.at_once), (3, 4));
    assert_eq!([own.short, own.order, own.list], [65_536, 1_048_576, 16_777_216]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_server_sends_every_call_ends_in_a_sentence_within_its_time() {
    let times = |by_size: bool| match full() || by_size {
        true => (Limits::default(), SUBMITTING),
        false => (hundredth(), SUBMITTING / 100),
    };
    let mut all = Vec::new();
    for case in CASES {
        // What ends by its size must not end by its time on a machine that is busy.
        let (limits, submitting) = times(case.large && case.ends == Ends::Garbled);
        let mut going = Vec::new();
        for call in [Act::Get, Act::Confirm, Act::Submit, Act::Look, Act::SignIn] {
            let one = tokio::spawn(ends_well(case, call, limits, submitting));
            // Floods one after the other: several at once take all of the machine.
            if case.large { all.push(one.await.unwrap()) } else { going.push(one) }
        }
        for one in going {
            all.push(one.await.unwrap());
        }
    }
    let (_, longest) = all.iter().max().unwrap();
    println!("{} calls, the longest: {longest}", all.len());
}

/// Makes a call against a case: how long it took, and what it was.
async fn ends_well(case: &'static Case, call: Act, limits: Limits, submitting: Duration) -> (Duration, String) {
    let drip = limits.reading / 12;
    let server = Server::start(move |stream, _| (case.send)(stream, drip));
    let api = if call == Act::SignIn { signing_in(&server, limits) } else { limited(&server, limits) };
    let begun = Instant::now();
    let (ends, limit) = act(call, &api, &limits, submitting).await;
    let took = begun.elapsed();
    let name = format!("{} to {call:?} after {took:?}", case.name);
    assert!(ends.is_none_or(|e| e == case.ends), "{name}: {ends:?}");
    assert!(ends.is_some() || matches!(call, Act::Submit | Act::SignIn), "{name}: it was taken");
    assert!(took <= limit + BUSY, "{name}: its time is {limit:?}");
    let tries = if matches!(call, Act::Get | Act::Look) { 3 } else { 1 };
    assert!((1..=tries).contains(&server.requests()), "{name}: {} requests", server.requests());
    (took, name)
}

#[tokio::test]
async fn a_list_is_read_to_16_mebibytes_and_a_failure_to_64_kibibytes() {
    for (status, most) in [(200, 16 << 20), (500, 64 << 10)] {
        for length in [most, most + 1] {
            let begin = r#"{"errorCode": "X-1", "message": "#;
            let body = if status == 200 { String::from("[]") } else { format!("{begin}\"Said so.\"}}") };
            let body: &'static str = format!("{body}{}", " ".repeat(length - body.len())).leak();
            let server = Server::start(move |stream, _| hostile::with_status(stream, status, body));
            let said = get(&limited(&server, patient())).await.err().map(|f| f.to_string()).unwrap_or_default();
            let wanted = match (length > most, status) {
                (true, 200) => "longer than 16384 KiB",
                (true, _) => "longer than 64 KiB",
                (false, 200) => "",
                (false, _) => "Said so.",
            };
            assert!(said.contains(wanted) && said.is_empty() == wanted.is_empty(), "{status} {length}: {said}");
        }
    }
}

/// JSON that is nothing of what is asked for.
const ODD: [&str; 12] = [
    "null",
    "true",
    "3",
    "\"text\"",
    "[]",
    "[null, 1, \"x\", [[]], {}]",
    "{\"employees\": 3, \"orders\": \"x\", \"order\": [], \"services\": null, \"_meta\": []}",
    "{\"orders\": {\"items\": {\"orderId\": {}}, \"_meta\": {\"totalCount\": -1, \"limit\": \"x\"}}}",
    "{\"orders\": {\"items\": [{\"orderId\": [], \"updated\": 5}], \"_meta\": {\"totalCount\": 1e400}}}",
    "{\"order\": {\"orderId\": {}, \"externalOrderNumber\": 5}, \"status\": [], \"errors\": {\"a\": 1}}",
    "{\"orderConfirmation\": {\"properties\": 1, \"costSummary\": {}, \"accountHolder\": [], \"quantity\": \"-\"}}",
    "{\"a\": 1, \"a\": 2, \"\\ud800\": \"\\udfff\", \"\\u0000\": 1e-400}",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_of_the_wrong_shape_ends_every_lookup_and_every_order_without_harm() {
    let number = OrderNumber::from_random(7);
    let order = Sending { number: &number, actor: None, correlation: "c-1", body: b"{}" };
    for odd in ODD {
        let server = Server::start(move |stream, _| hostile::json(stream, odd));
        let api = limited(&server, Limits::default());
        for lookup in LOOKUPS {
            let query = Query::new("/employees", Id::new("1").as_ref(), None);
            // Much of it may be absent, so some of it is even taken.
            let _ = api.fetch(lookup, &query, &number, |_| {}).await;
        }
        let _ = api.scan(&number, None, Back::All).await;
        let _ = api.confirm(&order).await;
        let ready = api.ready(Duration::from_secs(1800)).await.unwrap();
        let verdict = api.submit(&order, &ready, SUBMITTING).await.verdict;
        assert!(matches!(verdict, Verdict::Unknown(_) | Verdict::Rejected(_)), "{odd}: {verdict:?}");
    }
}

/// The variable by which a process of its own knows its part.
const PART: &str = "MOBPROC_TEST_PART";

/// A figure of this process in KiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn a_server_without_end_costs_less_than_64_mebibytes() {
    const MOST: u64 = 64 << 10;
    if std::env::var_os(PART).is_none() {
        // By itself, so that nothing else is measured.
        let this = "a_server_without_end_costs_less_than_64_mebibytes";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let out = child.args([this, "--exact", "--nocapture"]).env(PART, "child").output().unwrap();
        print!("{}", String::from_utf8_lossy(&out.stdout));
        return assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    let some = Duration::from_secs(5);
    let (limits, submitting) = match full() {
        true => (Limits::default(), SUBMITTING),
        false => (Limits { silence: some, reading: some, ..Limits::default() }, some),
    };
    let calm = Server::start(|stream, _| hostile::json(stream, "{}"));
    get(&limited(&calm, limits)).await.unwrap();
    for case in CASES.iter().filter(|c| c.large) {
        for call in [Act::Get, Act::Submit] {
            // The high-water mark begins anew.
            std::fs::write("/proc/self/clear_refs", "5").unwrap();
            let before = memory("VmRSS");
            let server = Server::start(move |stream, _| (case.send)(stream, Duration::from_millis(50)));
            act(call, &limited(&server, limits), &limits, submitting).await;
            let grown = memory("VmHWM").saturating_sub(before);
            println!("{} to {call:?}: +{grown} KiB", case.name);
            assert!(grown <= MOST, "{} to {call:?}: +{grown} KiB", case.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_answered_while_a_server_floods_the_program() {
    let server = Server::start(|stream, _| hostile::flood(stream));
    let sandbox = Sandbox::start(std::net::TcpListener::bind("127.0.0.1:0").unwrap(), Options::default()).unwrap();
    let mut h = Harness::of(sandbox, limited(&server, Limits::default()), (80, 24)).await;
    h.shows("cannot be read");
    let mut times = Vec::new();
    let mut clock = 1_000_000;
    while times.len() < 100 {
        // Asked for again, then a key is typed as long as it comes.
        for key in [Key::Ctrl('r'), Key::Char('?'), Key::Esc] {
            clock += 1000;
            let begun = Instant::now();
            h.program.handle(&mut h.terminal, Wake::Event(Event::Key(key, clock))).unwrap();
            h.program.draw(&mut h.terminal).unwrap();
            if h.program.runner.in_flight() > 0 {
                times.push(begun.elapsed());
            }
        }
        let Ok(wake) = tokio::time::timeout(Duration::from_secs(60), h.program.wake.recv()).await else {
            panic!("nothing came for a minute")
        };
        h.program.handle(&mut h.terminal, wake.unwrap()).unwrap();
    }
    times.sort();
    println!("{} keys, nine of ten within {:?}, all within {:?}", times.len(), times[90], times.last().unwrap());
    // One of ten may meet a machine that is busy with something else.
    assert!(times[90] <= Duration::from_millis(100), "{:?}", times[90]);
    h.settle().await;
}

#[tokio::test]
async fn a_get_that_was_turned_away_is_tried_three_times_and_any_other_once() {
    for (status, tries) in
        [(502, 3), (503, 3), (504, 3), (429, 3), (500, 1), (501, 1), (400, 1), (403, 1), (404, 1), (302, 1), (200, 1)]
    {
        let server = Server::start(move |stream, _| hostile::status(stream, status, ""));
        let _ = get(&limited(&server, patient())).await;
        assert_eq!(server.requests(), tries, "{status}");
    }
    // It goes well as soon as the server does, and what breaks off counts as turned away.
    let server = Server::start(|stream, nth| match nth {
        1 => Ok(()),
        2 => hostile::status(stream, 503, ""),
        _ => hostile::json(stream, "{}"),
    });
    get(&limited(&server, patient())).await.unwrap();
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn a_post_is_never_tried_again() {
    let number = OrderNumber::from_random(7);
    let order = Sending { number: &number, actor: None, correlation: "c-1", body: b"{}" };
    for status in [0, 429, 500, 502, 503, 504] {
        let server = Server::start(move |stream, _| match status {
            0 => Ok(()),
            status => hostile::status(stream, status, "Retry-After: 0\r\n"),
        });
        let api = limited(&server, patient());
        api.confirm(&order).await.unwrap_err();
        assert_eq!(server.requests(), 1, "confirmation, {status}");
        let ready = api.ready(Duration::from_secs(1800)).await.unwrap();
        api.submit(&order, &ready, Duration::from_secs(60)).await;
        assert_eq!(server.requests(), 2, "submission, {status}");
    }
}

#[tokio::test]
async fn a_server_that_says_when_is_asked_again_then_and_not_at_all_where_that_is_too_late() {
    let limits = Limits { left_alone: Duration::from_secs(3), ..patient() };
    let date = "Date: Wed, 25 Nov 2026 10:00:00 GMT\r\n";
    for (wait, least, tries) in [
        ("Retry-After: 1\r\n".to_owned(), 1, 2),
        (format!("{date}Retry-After: Wed, 25 Nov 2026 10:00:02 GMT\r\n"), 2, 2),
        (format!("{date}Retry-After: Wed, 25 Nov 2026 09:00:00 GMT\r\n"), 0, 2),
        ("Retry-After: 4\r\n".to_owned(), 0, 1),
        (format!("{date}Retry-After: Wed, 25 Nov 2026 11:00:00 GMT\r\n"), 0, 1),
        ("Retry-After: 18446744073709551615\r\n".to_owned(), 0, 1),
    ] {
        let headers = wait.clone();
        let server = Server::start(move |stream, nth| match nth {
            1 => hostile::status(stream, 429, &headers),
            _ => hostile::json(stream, "{}"),
        });
        let begun = Instant::now();
        let came = get(&limited(&server, limits)).await;
        assert!(begun.elapsed() >= Duration::from_secs(least), "{wait}");
        assert_eq!((server.requests(), came.is_ok()), (tries, tries == 2), "{wait}");
    }
}

#[tokio::test]
async fn a_wait_that_does_not_fit_into_the_calls_time_is_not_begun() {
    let limits = Limits { reading: Duration::from_secs(2), ..Limits::default() };
    let server = Server::start(|stream, _| hostile::status(stream, 503, "Retry-After: 10\r\n"));
    let begun = Instant::now();
    let fault = get(&limited(&server, limits)).await.unwrap_err();
    assert!(begun.elapsed() < BUSY && fault.to_string().contains("503"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_than_four_gets_are_on_their_way_and_all_have_their_turn() {
    // Each is answered only once four are there, so a fifth that came would be seen, and a third alone would hang.
    let server = Server::gathering(4);
    let api = Arc::new(limited(&server, Limits::default()));
    let calls: Vec<_> = (0..20).map(|_| api.clone()).map(|api| tokio::spawn(async move { get(&api).await })).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((server.requests(), server.most_at_once()), (20, 4));
}

#[tokio::test]
async fn a_call_that_nobody_wants_any_more_is_not_tried_again() {
    let server = Server::start(|stream, _| hostile::status(stream, 503, "Retry-After: 1\r\n"));
    let mut api = limited(&server, Limits::default());
    let (ends, mut ended) = tokio::sync::mpsc::unbounded_channel();
    api.observe(Box::new(move |call: Call| ends.send(call).unwrap()));
    tokio::select! {
        _ = get(&api) => panic!("it waits a second"),
        call = ended.recv() => assert_eq!(call.unwrap().status, Some(503)),
    }
    // The second try would come within a second.
    assert!(tokio::time::timeout(Duration::from_secs(2), ended.recv()).await.is_err());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn every_call_is_told_with_nothing_of_what_anybody_is_or_wrote() {
    let body = r#"{"errorCode": "X-1", "id": "tghwn", "message": "No such employee, Jane Canary."}"#;
    let server = Server::start(move |stream, nth| match nth {
        1 => Ok(()),
        2 => hostile::json(stream, "{}"),
        3 => hostile::with_status(stream, 404, body),
        4 => hostile::with_status(stream, 400, body),
        _ => hostile::html(stream),
    });
    let mut api = limited(&server, patient());
    let calls = Arc::new(Mutex::new(Vec::<Call>::new()));
    let log = calls.clone();
    api.observe(Box::new(move |call| log.lock().unwrap().push(call)));
    let number = OrderNumber::from_random(7);
    let employee = Query::new("/employees", Id::new("canary").as_ref(), None).with("employee", Some("canary"));
    api.get(&employee, &[], &number).await.unwrap();
    api.get(&employee, &[], &number).await.unwrap_err();
    let order = Sending { number: &number, actor: None, correlation: "c-1", body: br#"{"reason": "canary"}"# };
    api.confirm(&order).await.unwrap_err();
    let ready = api.ready(Duration::from_secs(1800)).await.unwrap();
    api.submit(&order, &ready, Duration::from_secs(60)).await;
    let calls = calls.lock().unwrap();
    let told: Vec<_> =
        calls.iter().map(|c| (c.method, &*c.path, c.status, c.code.as_deref(), c.error.as_deref(), c.fault)).collect();
    let (code, id) = (Some("X-1"), Some("tghwn"));
    assert_eq!(
        told,
        [
            ("GET", "/employees/{id}", None, None, None, Some("no-answer")),
            ("GET", "/employees/{id}", Some(200), None, None, None),
            ("GET", "/employees/{id}", Some(404), code, id, None),
            ("POST", "/orders", Some(400), code, id, None),
            ("POST", "/orders", Some(200), None, None, Some("garbled")),
        ]
    );
    assert!(calls.iter().all(|c| &*c.activity == number.as_str() && !c.correlation.is_empty()));
    assert_ne!(calls[0].correlation, calls[1].correlation, "each try has an id of its own");
    assert_eq!((&*calls[3].correlation, calls[2].bytes), ("c-1", body.len() as u64));
    assert!(!format!("{calls:?}").to_lowercase().contains("canary"));
}
