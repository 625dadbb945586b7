//! Tokens that are not taken any more in the middle of an order, and programs that give none.

use std::path::Path;
use std::time::Duration;

use mobproc::domain::attempt::Verdict;
use mobproc::domain::fault::Fault;
use mobproc::domain::journal::{State, Timing};
use mobproc::sandbox::Sandbox;

use super::child::api_with;
use super::desk::{Desk, Want, journal_in, timing};
use super::points::{Tally, sandbox};

struct Scene {
    home: tempfile::TempDir,
    sandbox: Sandbox,
    desk: Desk,
    want: Want,
}

impl Scene {
    fn new(faults: &[&str], timing: Timing) -> Self {
        let (home, sandbox) = (tempfile::tempdir().unwrap(), sandbox(faults, Duration::ZERO));
        let desk = Desk::new(home.path(), api_with(&sandbox.base_url(), tokens(home.path())), timing);
        Self { home, sandbox, desk, want: Want::of(6) }
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
