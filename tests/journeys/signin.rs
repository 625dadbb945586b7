//! Signing in over whatever is on the screen: what was being done waits, goes on, and nothing that was typed is lost.

use std::net::TcpListener;
use std::time::Duration;

use mobproc::api::Api;
use mobproc::profile::SignIn;
use mobproc::sandbox::{Lives, Options, Sandbox};
use mobproc::secret::Source;

use super::harness::Harness;
use super::profile::{PASSWORD, bare, profile};

/// A program whose access token is given by whoever sits there.
async fn asking(faults: &[&str]) -> Harness {
    asking_on((80, 24), faults).await
}

/// The same on a screen of that size.
pub async fn asking_on(size: (u16, u16), faults: &[&str]) -> Harness {
    let options = Options {
        faults: faults.iter().map(|f| f.parse().unwrap()).collect(),
        replies: 64 << 20,
        ..Options::default()
    };
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
    let api = Api::new(bare(&sandbox.base_url(), SignIn::Token(Source::Ask)));
    Harness::of(sandbox, api, size).await
}

/// The bearers that the server has seen, each once, in turn.
fn bearers(h: &Harness) -> Vec<String> {
    let of = |s: mobproc::sandbox::Seen| s.headers.into_iter().find(|(n, _)| n == "authorization").map(|(_, v)| v);
    let mut all: Vec<String> = h.sandbox.seen().into_iter().filter_map(of).collect();
    all.dedup();
    all
}

#[tokio::test]
async fn whoever_sits_there_is_asked_once_for_all_that_waits_and_the_secret_is_never_shown() {
    let mut h = asking(&[]).await;
    assert!(bearers(&h).is_empty());
    h.keys("first-secret").await.hides("first-secret").hides("secret").shows("> ************");
    h.keys("<enter>").await.hides("Access token").hides("first-secret");
    h.keys("s/edw dev<enter>+7<C-o>").await.shows("REVIEW").keys("y").await.shows("DONE");
    assert_eq!(bearers(&h), ["Bearer first-secret"]);
    let kept = std::fs::read_dir(h.state.path().join("journal")).unwrap().map(|e| e.unwrap().path());
    for file in kept.filter(|p| p.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(12).any(|w| w == b"first-secret"), "{}", file.display());
    }
}

#[tokio::test]
async fn a_sign_in_that_runs_out_anywhere_is_renewed_over_the_screen_and_the_order_is_placed_once() {
    let calls = ["GET orders/properties@1", "POST orders@1", "GET orders@2", "GET orders@3", "POST orders@2"];
    for call in calls {
        let mut h = asking(&[&format!("{call}=status:401")]).await;
        h.keys("first<enter>").await;
        let mut asked = 0;
        // Each key as often as it takes: a question that comes in between is answered first.
        for script in ["s/edw dev<enter>", "+7", "<C-o>", "y"] {
            h.keys(script).await;
            if h.program.model.asks() {
                h.shows("not taken any more").shows("What you were doing is kept");
                h.keys("second<enter>").await;
                asked += 1;
            }
        }
        h.shows("DONE");
        assert_eq!((asked, h.sandbox.orders().len()), (1, 1), "{call}");
        assert_eq!(bearers(&h), ["Bearer first", "Bearer second"], "{call}");
    }
}

#[tokio::test]
async fn what_was_typed_into_a_field_stays_there_and_does_not_run_into_the_question() {
    let mut h = asking(&["GET regions@1=status:401"]).await;
    h.keys("first<enter>").await;
    h.keys("n/edw acc<enter>").await;
    assert!(h.program.model.asks(), "{}", h.screen());
    // A hand that goes on typing has not seen it.
    h.burst("united").await.shows("read, then type").shows("Access token for");
    assert!(!h.screen().contains("> *"), "{}", h.screen());
    h.later(2000);
    h.paste("second\n").await.shows("> ******");
    h.keys("<enter>").await.shows("Step 3 of 5");
    assert_eq!(bearers(&h).last().unwrap(), "Bearer second");
}

#[tokio::test]
async fn whoever_would_rather_not_is_not_asked_again_until_something_is_wanted_of_the_server() {
    let mut h = asking(&[]).await;
    h.keys("half<esc>").await.shows("Esc once more").shows("Access token for");
    h.keys("<esc>").await.hides("Access token for").shows("No access token: it was not given").shows("^R tries again");
    h.keys("<C-r>").await.shows("Access token for");
    h.keys("<enter>").await.shows("Type the access token");
    h.keys("<C-c>").await.shows("Leave mobproc?").keys("1").await.shows("Access token for");
    h.keys("wrong<C-u>third<enter>").await.hides("Access token for");
    h.keys("edw").await.shows("Edwards");
    assert_eq!(bearers(&h), ["Bearer third"]);
}

#[tokio::test]
async fn a_token_that_cannot_be_one_and_several_lines_are_told_and_not_sent() {
    let mut h = asking(&[]).await;
    h.paste("one\ntwo").await.shows("several lines");
    h.keys("a b<enter>").await.shows("No access token").shows("cannot be one");
    assert!(bearers(&h).is_empty());
}

#[tokio::test]
async fn what_is_typed_while_a_secret_is_tried_does_not_reach_the_screen_below() {
    let options =
        Options { latency: Duration::from_millis(300), sign_in: Some(Lives::default()), ..Options::default() };
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
    let profile = profile(&sandbox.base_url(), &sandbox.token_url(), |grant| grant.password = Source::Ask);
    let mut h = Harness::of(sandbox, Api::new(profile), (80, 24)).await;
    h.keys("wrong").await.burst(&format!("<enter>{PASSWORD}")).await.shows("does not take the password");
    h.hides(PASSWORD)
        .keys(&format!("{PASSWORD}<enter>"))
        .await
        .hides("Password of")
        .hides(PASSWORD)
        .shows("241 people");
}
