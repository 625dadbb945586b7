//! Tokens that are not taken any more in the middle of an order, and programs that give none.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mobproc::api::{Api, Clock};
use mobproc::domain::attempt::Verdict;
use mobproc::domain::fault::Fault;
use mobproc::domain::journal::{State, Timing};
use mobproc::sandbox::{Lives, Options, Sandbox};
use mobproc::secret::Source;

use super::child::api_with;
use super::desk::{Desk, LONG, Want, journal_in, timing};
use super::points::{Tally, sandbox};
use super::profile::{PASSWORD, profile};

struct Scene {
    home: tempfile::TempDir,
    sandbox: Sandbox,
    desk: Desk,
    want: Want,
}

/// How often somebody was asked for a password, and how often he types it.
struct Person {
    asked: AtomicUsize,
    answers: AtomicUsize,
}

impl Scene {
    fn new(faults: &[&str], timing: Timing) -> Self {
        let (home, sandbox) = (tempfile::tempdir().unwrap(), sandbox(faults, Duration::ZERO));
        let desk = Desk::new(home.path(), api_with(&sandbox.base_url(), tokens(home.path())), timing);
        Self { home, sandbox, desk, want: Want::of(6) }
    }
    /// At a server that takes only what its token endpoint has issued, with somebody who types his password.
    fn signing(faults: &[&str], clock: Option<Clock>) -> (Self, Arc<Person>) {
        let faults = faults.iter().map(|f| f.parse().expect("a fault")).collect();
        let options = Options { faults, sign_in: Some(Lives::default()), ..Options::default() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let profile = profile(&sandbox.base_url(), &sandbox.token_url(), |g| g.password = Source::Ask);
        let (mut api, person) =
            (Api::new(profile), Arc::new(Person { asked: AtomicUsize::new(0), answers: AtomicUsize::new(usize::MAX) }));
        let asked = Arc::clone(&person);
        api.ask_with(Box::new(move |_| {
            let before = asked.asked.fetch_add(1, Ordering::SeqCst);
            let answer = (before < asked.answers.load(Ordering::SeqCst)).then(|| PASSWORD.into());
            Box::pin(async move { answer })
        }));
        if let Some(clock) = clock {
            api.count_by(clock);
        }
        let home = tempfile::tempdir().unwrap();
        let desk = Desk::new(home.path(), api, timing());
        (Self { home, sandbox, desk, want: Want::of(6) }, person)
    }
    /// The grants that were asked for, with their answers: `password 200, refresh_token 400`.
    fn grants(&self) -> String {
        let seen = self.sandbox.seen().into_iter().filter(|s| s.path == "/as/token.oauth2");
        let told = seen.map(|s| format!("{} {}", s.body.unwrap()["grant_type"].as_str().unwrap(), s.status));
        told.collect::<Vec<_>>().join(", ")
    }
    /// How many tokens were drawn.
    fn drawn(&self) -> usize {
        std::fs::read_to_string(self.home.path().join("drawn")).unwrap_or_default().lines().count()
    }
    fn count(&self, method: &str, confirms: bool) -> usize {
        let seen = self.sandbox.seen();
        let calls = seen.iter().filter(|s| s.method == method && s.path == "/orders");
        calls.filter(|s| method == "GET" || s.query.is_empty() != confirms).count()
    }
    /// The bearers of all calls, in turn.
    fn bearers(&self) -> Vec<String> {
        let of = |s: mobproc::sandbox::Seen| s.headers.into_iter().find(|(n, _)| n == "authorization").map(|(_, v)| v);
        self.sandbox.seen().into_iter().filter_map(of).collect()
    }
    async fn save_and_confirm(&self) -> Result<(), Fault> {
        self.desk.save(self.want.saving("", true)).await;
        self.desk.journal.confirm(self.want.fresh_order()).await.map(|_| ())
    }
    async fn submit(&self) -> Verdict {
        self.desk.journal.submit(self.want.fresh_order()).await
    }
    async fn state(&self) -> Option<State> {
        self.desk.state(self.want.key).await
    }
    fn log(&self) -> String {
        std::fs::read_to_string(journal_in(self.home.path()).join("intents.log")).unwrap_or_default()
    }
    /// It ends in one order, whatever was before.
    async fn ends_well(&mut self) {
        self.sandbox.clear_faults();
        let _ = std::fs::remove_file(self.home.path().join("broken"));
        self.desk.finish(&self.want).await;
        let tally = Tally::of(self.home.path(), &self.want, &self.sandbox);
        assert_eq!(tally, Tally { runs: 1, ..Tally::default() });
    }
}

/// A program that gives another token each time, and fails while a file `broken` is there.
fn tokens(home: &Path) -> Vec<String> {
    let script = "cd \"$0\" || exit 1; echo x >> drawn; [ -e broken ] && exit 1; echo token-$(($(wc -l < drawn)))";
    ["sh", "-c", script, &home.display().to_string()].map(String::from).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_expires_at_any_call_is_drawn_anew_and_the_order_placed_once() {
    for fault in ["POST orders@1=status:401", "GET orders@1=status:401", "POST orders@2=status:401"] {
        let mut scene = Scene::new(&[fault], timing());
        scene.save_and_confirm().await.unwrap();
        let verdict = scene.submit().await;
        assert!(matches!(verdict, Verdict::Accepted(_)), "{fault}: {verdict:?}");
        assert_eq!(scene.drawn(), 2, "{fault}");
        assert_eq!(scene.bearers().last().unwrap(), "Bearer token-2", "{fault}");
        scene.ends_well().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submission_that_is_not_let_in_is_followed_by_one_attempt_with_a_record_and_a_look_of_its_own() {
    let mut scene = Scene::new(&["POST orders@2=status:401"], timing());
    scene.save_and_confirm().await.unwrap();
    assert!(matches!(scene.submit().await, Verdict::Accepted(_)));
    assert_eq!(scene.count("POST", false), 2, "submissions");
    assert_eq!(scene.count("GET", false), 2, "looks before sending");
    let log = scene.log();
    assert_eq!(log.matches(" INTENT ").count(), 2, "{log}");
    assert_eq!((log.matches(" NOTSENT ").count(), log.matches(" SENT_OK:").count()), (1, 1), "{log}");
    scene.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_not_let_in_twice_waits_confirmed() {
    let mut scene = Scene::new(&["POST orders@2=status:401", "POST orders@3=status:401"], timing());
    scene.save_and_confirm().await.unwrap();
    let verdict = scene.submit().await;
    assert!(matches!(verdict, Verdict::NotApplied(Fault::NotSignedIn(_), _)), "{verdict:?}");
    assert_eq!((scene.state().await, scene.count("POST", false)), (Some(State::Confirmed), 2));
    assert!(scene.sandbox.orders().is_empty());
    scene.ends_well().await;

    let mut scene = Scene::new(&["GET orders@1=status:401", "GET orders@2=status:401"], timing());
    scene.save_and_confirm().await.unwrap();
    let verdict = scene.submit().await;
    assert!(matches!(verdict, Verdict::NotSent(Fault::Unchecked { .. })), "{verdict:?}");
    assert_eq!((scene.state().await, scene.count("POST", false)), (Some(State::Confirmed), 0));
    scene.ends_well().await;

    let mut scene = Scene::new(&["POST orders@1=status:401", "POST orders@2=status:401"], timing());
    let fault = scene.save_and_confirm().await;
    assert!(matches!(fault, Err(Fault::NotSignedIn(_))), "{fault:?}");
    assert_eq!(scene.state().await, Some(State::ConfirmSent));
    scene.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_nothing_is_sent_and_the_draft_stays() {
    // The token is too old for sending, and no other can be had.
    let mut scene = Scene::new(&[], Timing { token_age: Duration::ZERO, ..timing() });
    scene.save_and_confirm().await.unwrap();
    std::fs::write(scene.home.path().join("broken"), "").unwrap();
    let verdict = scene.submit().await;
    assert!(matches!(verdict, Verdict::NotSent(Fault::Token { .. })), "{verdict:?}");
    assert_eq!((scene.state().await, scene.count("POST", false)), (Some(State::Confirmed), 0));
    assert_eq!(scene.log(), "");
    scene.ends_well().await;

    // It is not taken, and no other can be had.
    let mut scene = Scene::new(&["POST orders@2=status:401"], timing());
    scene.save_and_confirm().await.unwrap();
    std::fs::write(scene.home.path().join("broken"), "").unwrap();
    let verdict = scene.submit().await;
    assert!(matches!(verdict, Verdict::NotSent(Fault::Token { .. })), "{verdict:?}");
    assert_eq!((scene.state().await, scene.count("POST", false)), (Some(State::Confirmed), 1));
    scene.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_for_want_of_rights_drops_the_token() {
    let mut scene = Scene::new(&["POST orders@2=status:403"], timing());
    scene.save_and_confirm().await.unwrap();
    let verdict = scene.submit().await;
    assert!(matches!(verdict, Verdict::Rejected(_)), "{verdict:?}");
    assert_eq!((scene.state().await, scene.drawn()), (Some(State::Rejected), 1));
    scene.ends_well().await;
    assert_eq!(scene.bearers().last().unwrap(), "Bearer token-2");
}

/// The steps of an order that call the server, each with how its call is named.
const STEPS: [(&str, &str); 3] =
    [("the confirmation", "POST orders@1"), ("the look", "GET orders@1"), ("the sending", "POST orders@2")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_ends_at_any_step_costs_no_order_no_draft_and_no_second_question() {
    let mut orders = 0;
    for (step, call) in STEPS {
        for end in ["expire", "sign-out"] {
            let (mut scene, person) = Scene::signing(&[&format!("{call}={end}")], None);
            scene.save_and_confirm().await.unwrap();
            let verdict = scene.submit().await;
            assert!(matches!(verdict, Verdict::Accepted(_)), "{step}, {end}: {verdict:?}");
            let refreshed = if end == "expire" { "refresh_token 200" } else { "refresh_token 400, password 200" };
            assert_eq!(scene.grants(), format!("password 200, {refreshed}"), "{step}, {end}");
            scene.ends_well().await;
            assert_eq!(person.asked.load(Ordering::SeqCst), 1, "{step}, {end}");
            orders += 1;
        }
    }
    println!("sign-ins ended at {orders} steps: {orders} orders, 0 duplicates, 0 lost drafts, 1 question each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_cannot_be_renewed_at_once_keeps_the_order_which_is_placed_once_later() {
    let troubles = [
        "token@2=drop",
        "token@2=drop-before",
        "token@2=status:503",
        "token@2=html:502",
        "token@2=grant:invalid_request",
    ];
    let mut orders = 0;
    for (step, call) in STEPS {
        for (end, trouble) in ["expire", "sign-out"].into_iter().flat_map(|end| troubles.map(|t| (end, t))) {
            let (mut scene, person) = Scene::signing(&[&format!("{call}={end}"), trouble], None);
            let verdict = match scene.save_and_confirm().await {
                Ok(()) => Some(scene.submit().await),
                Err(_) => None,
            };
            let about = format!("{step}, {end}, {trouble}: {verdict:?}");
            assert!(scene.sandbox.orders().len() <= 1, "{about}");
            assert!(!matches!(verdict, Some(Verdict::Unknown(_))), "{about}");
            assert_eq!(scene.grants().matches("refresh_token").count(), 1, "{about}: {}", scene.grants());
            scene.ends_well().await;
            assert_eq!(person.asked.load(Ordering::SeqCst), 1, "{about}");
            orders += 1;
        }
    }
    println!("{orders} renewals that failed: {orders} orders, 0 duplicates, 0 lost drafts, 1 question each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_will_not_type_his_password_again_keeps_the_order_unsent() {
    for (step, call) in STEPS {
        let faults = [format!("{call}=sign-out"), "token@3=grant:invalid_grant".into()];
        let (mut scene, person) = Scene::signing(&[&faults[0], &faults[1]], None);
        person.answers.store(1, Ordering::SeqCst);
        let why = match scene.save_and_confirm().await {
            Err(fault) => fault.to_string(),
            Ok(()) => match scene.submit().await {
                Verdict::NotSent(fault) => fault.to_string(),
                other => panic!("{step}: {other:?}"),
            },
        };
        assert!(why.contains("it was not given"), "{step}: {why}");
        assert_eq!((person.asked.load(Ordering::SeqCst), scene.sandbox.orders().len()), (2, 0), "{step}");
        assert_eq!(scene.grants(), "password 200, refresh_token 400, password 400", "{step}");
        person.answers.store(usize::MAX, Ordering::SeqCst);
        scene.ends_well().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_grows_old_during_the_look_is_renewed_before_the_intent() {
    let moved = Arc::new(AtomicU64::new(0));
    let (clock, begun) = (Arc::clone(&moved), Instant::now());
    let clock: Clock = Box::new(move || begun.elapsed() + Duration::from_secs(clock.load(Ordering::SeqCst)));
    let (mut scene, person) = Scene::signing(&["GET orders@1=latency:200"], Some(clock));
    scene.save_and_confirm().await.unwrap();
    let looking = async {
        while scene.count("GET", false) == 0 {
            tokio::task::yield_now().await;
        }
        moved.store(6900, Ordering::SeqCst);
    };
    let (verdict, ()) = tokio::join!(scene.submit(), looking);
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    assert_eq!((scene.grants().as_str(), scene.count("POST", false)), ("password 200, refresh_token 200", 1));
    assert_eq!(scene.log().matches(" INTENT ").count(), 1);
    assert_eq!(person.asked.load(Ordering::SeqCst), 1);
    scene.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_wants_fewer_calls_is_left_alone_as_long_as_it_says_and_then_looked_at() {
    let mut scene = Scene::new(&["POST orders@2=status:429", "POST orders@2=retry-after:1"], timing());
    scene.save_and_confirm().await.unwrap();
    let watching = async {
        let answered = |s: &mobproc::sandbox::Seen| s.method == "POST" && s.status == 429;
        while !scene.sandbox.seen().iter().any(answered) {
            tokio::task::yield_now().await;
        }
        let (refused, looks) = (Instant::now(), scene.count("GET", false));
        while scene.count("GET", false) == looks {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        (looks, refused.elapsed())
    };
    let (verdict, watched) = tokio::join!(scene.submit(), tokio::time::timeout(LONG, watching));
    let (looks, wait) = watched.unwrap();
    assert_eq!(looks, 1, "the look before the sending");
    assert!(wait >= Duration::from_millis(900), "looked at after {wait:?}");
    let wanted = Some(Duration::from_secs(1));
    assert!(matches!(verdict, Verdict::NotApplied(Fault::TooMany, w) if w == wanted), "{verdict:?}");
    assert_eq!((scene.state().await, scene.count("GET", false)), (Some(State::Confirmed), 3));
    assert!(scene.sandbox.orders().is_empty());
    scene.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_placed_despite_the_wish_for_fewer_calls_is_found_and_not_sent_again() {
    let mut scene = Scene::new(&["POST orders@2=status-after:429", "POST orders@2=retry-after:1"], timing());
    scene.save_and_confirm().await.unwrap();
    let verdict = scene.submit().await;
    assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    scene.ends_well().await;
    assert_eq!(scene.count("POST", false), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_to_be_left_alone_for_longer_than_two_minutes_is_not_waited_for() {
    let mut scene = Scene::new(&["POST orders@2=status:429", "POST orders@2=retry-after:121"], timing());
    scene.save_and_confirm().await.unwrap();
    let verdict = tokio::time::timeout(LONG, scene.submit()).await.expect("nobody waits for two minutes");
    assert!(matches!(&verdict, Verdict::Unknown(why) if why.contains("429")), "{verdict:?}");
    scene.ends_well().await;
}
