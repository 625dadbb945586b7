//! What is written down comes back: drafts at the field they were left at, orders whose outcome nobody knows before
//! anything else, and two sessions that do not lose each other's work.

use std::time::Duration;

use mobproc::domain::journal::Timing;

use super::golden::journeys;
use super::harness::{Harness, parse};

const SUSPEND: &str = "edw dev<enter>s+7<C-o>";

/// A server whose limits are tiny, so that nothing takes long to be proved.
fn quick() -> Timing {
    Timing {
        send_guard: Duration::from_secs(1),
        submit: Duration::from_millis(400),
        server_time_limit: Duration::from_millis(20),
        list_lag: Duration::from_millis(20),
        spacing: Duration::from_millis(20),
        ..Timing::sandbox()
    }
}

#[tokio::test]
async fn a_draft_comes_back_with_its_cursor_at_the_same_field_and_what_was_being_typed() {
    let mut h = Harness::start().await;
    h.keys("n/edw acc<enter>united st<enter>0647<left>").await;
    h.leave();
    let mut next = h.another(Timing::sandbox(), 80).await;
    next.shows("Unfinished orders (kept automatically)").shows("1 of 3 done").keys("<down><enter>").await;
    assert!(next.focus().contains("Postal code   0647"), "{}", next.screen());
    next.keys("7<bs>").await;
    assert!(next.focus().contains("Postal code   0647"), "the cursor stands before the last digit: {}", next.focus());
    next.keys("<end>7<enter>").await;
    assert!(next.row("Postal code").contains("06477"), "{}", next.screen());
}

#[tokio::test]
async fn a_draft_left_at_its_review_is_confirmed_again_before_it_can_be_sent() {
    let mut h = Harness::start().await;
    h.keys(SUSPEND).await.shows("REVIEW");
    h.leave();
    let mut next = h.another(Timing::sandbox(), 80).await;
    next.keys("<down><enter>").await.shows("REVIEW").shows("ref MP70000000000J");
    assert_eq!(next.posts().len(), 2, "the server is asked again");
    next.keys("y").await.shows("8711660");
}

#[tokio::test]
async fn what_changed_since_the_confirmation_was_read_is_marked_and_must_be_seen() {
    let mut h = Harness::with(&["orders@2=change:CONTACT_NUMBER=2035550777"], (80, 24)).await;
    h.keys(SUSPEND).await.shows("REVIEW").hides("Changed since");
    h.keys("<C-r>").await.shows("Changed since it was last read").shows("2035550777");
}

#[tokio::test]
async fn a_second_session_is_told_who_has_a_draft_and_what_the_first_types_on_becomes_a_copy() {
    let mut first = Harness::start().await;
    first.keys("edw dev<enter>s").await;
    let mut second = first.another(Timing::sandbox(), 70).await;
    second.keys("<down><enter>").await.shows("Somebody else works on this draft").shows("pid ");
    second.keys("1").await.shows("Who is the order for?").keys("<enter>").await.keys("2").await;
    assert!(second.focus().contains("Suspension Date"), "{}", second.screen());
    second.keys("+7<enter>").await;
    first.keys("+9<enter>").await.shows("Another session goes on with this draft");
    first.keys("yy<enter>").await.shows("Unfinished orders");
    let drafts = first.screen().lines().filter(|l| l.contains("SUSPEND") && l.contains("done")).count();
    assert_eq!(drafts, 2, "the draft and the copy:\n{}", first.screen());
    second.keys("<C-o>").await.shows("REVIEW").keys("y").await.shows("8711660");
    assert_eq!(second.sandbox.orders().len(), 1);
}

#[tokio::test]
async fn a_draft_that_is_thrown_away_is_gone_from_the_list_and_can_be_brought_back() {
    let mut h = Harness::start().await;
    h.keys("edw dev<enter>s<C-c>3").await.shows("rests for 7 days").hides("Unfinished");
    // Until the week is over it can be had back.
    let back = |h: &Harness| {
        let lines = mobproc::app::overlay::menu(&h.program.model);
        (lines.iter().position(|b| b.label.starts_with("bring back")).unwrap() + 1).to_string()
    };
    h.keys("<C-x>").await;
    let key = back(&h);
    h.keys(&key).await.shows("Unfinished orders").shows("SUSPEND");
    h.keys("<C-x>").await.keys(&key).await.shows("No draft was thrown away").keys("<enter>").await.shows("SUSPEND");
}

#[tokio::test]
async fn an_order_that_was_not_placed_is_sent_again_only_with_its_last_characters_typed() {
    let h = Harness::with(&["POST orders@2=drop-before"], (80, 24)).await;
    let mut h = h.another(quick(), 70).await;
    h.keys(SUSPEND).await.keys("y").await.shows("CHECKING").shows("Do not enter it again");
    h.keys("3").await.shows("not now");
    h.until("it was not placed").await;
    h.keys("3").await.shows("last 4 characters").keys("y<enter>").await.shows("those are not the last characters");
    assert_eq!(h.submissions(), 1);
    let number = h.program.model.desk.draft.number.as_str().to_owned();
    h.keys(&format!("{}<enter>", &number[number.len() - 4..])).await.shows("8711660");
    let posts = h.posts();
    assert_eq!(posts[1].1, posts[2].1, "the same bytes under the same number");
    assert_eq!(h.sandbox.orders().len(), 1);
}

#[tokio::test]
async fn an_order_that_was_not_placed_can_be_changed_or_given_up() {
    let h = Harness::with(&["POST orders@2=drop-before", "POST orders@4=drop-before"], (80, 24)).await;
    let mut h = h.another(quick(), 70).await;
    h.keys(SUSPEND).await.keys("y").await.until("it was not placed").await;
    h.keys("4").await.shows("Step 3 of 5").keys("<C-o>").await.shows("REVIEW").keys("y").await.shows("CHECKING");
    h.until("it was not placed").await.keys("5").await.shows("Given up").hides("UNCONFIRMED").hides("not placed  ");
    assert_eq!((h.submissions(), h.sandbox.orders().len()), (2, 0));
}

#[tokio::test]
async fn the_screen_may_be_left_while_it_is_sent_and_the_outcome_is_told() {
    let mut h = Harness::with(&["POST orders@2=drop"], (80, 24)).await;
    h.keys(SUSPEND).await.keys("y").await.shows("CHECKING").keys("<esc>").await;
    // It is found in the background, and home says so by itself.
    h.until_so("the order", |h| h.screen().contains("8711660") && !h.screen().contains("UNCONFIRMED")).await;
}

#[tokio::test]
async fn the_same_wish_within_a_day_is_asked_about_before_the_server_is() {
    let mut h = Harness::start().await;
    h.keys(SUSPEND).await.keys("y").await.shows("8711660").keys("h").await;
    h.keys("edw dev<enter>s+9<C-o>").await.shows("Within 24 hours there was order 8711660");
    assert_eq!(h.posts().len(), 2, "nothing is asked yet");
    h.keys("<C-o>").await.shows("REVIEW").shows("Within 24 hours there was order 8711660");
    // Another line, another type, somebody else: nothing is said.
    let mut other = Harness::start().await;
    other.keys(SUSPEND).await.keys("y").await.keys("h").await;
    other.keys("edw acc<enter>s+9<C-o>").await.hides("Within 24 hours");
}

/// Every file below a folder, as text.
fn files(folder: &std::path::Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&files(&path));
        } else {
            all.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    all
}

#[tokio::test]
async fn a_pin_is_never_written_down_and_is_asked_for_again_before_it_is_sent_again() {
    let journey = journeys().into_iter().find(|j| j.kind == "XFER_SERVICE_IN").unwrap();
    let h = Harness::with(&["POST orders@2=drop-before"], (80, 24)).await;
    let mut h = h.another(quick(), 70).await;
    for key in parse(journey.fill) {
        h.press_and_settle(key).await;
        h.leave();
        assert!(!files(h.state.path()).contains("s3cr3t"), "{}", h.screen());
    }
    h.keys(journey.send).await.until("it was not placed").await;
    assert!(!files(h.state.path()).contains("s3cr3t"));
    h.keys("3").await.shows("was never written down");
    // In the session that still knows it, it goes back to the form and on; another one must have it typed again.
    h.keys("<esc>").await;
    let mut next = h.another(quick(), 90).await;
    next.keys("<down><enter>").await.shows("not placed").keys("4").await.shows("Step 3 of 5").keys("<C-o>").await;
    let desk = &next.hides("REVIEW").program.model.desk;
    let missing = mobproc::domain::rows::problems(&desk.draft, &desk.form());
    assert!(missing.iter().any(|(id, _, _)| id.masked()), "{missing:?}");
    assert_eq!(next.posts().len(), 2);
}

#[tokio::test]
async fn a_stuck_key_and_pasted_lines_send_one_order_and_no_second() {
    let mut h = Harness::start().await;
    h.keys(SUSPEND).await.shows("REVIEW").paste("y\ny\ny\n").await;
    // Thirty times a second for five seconds.
    h.burst(&"y".repeat(150)).await;
    h.burst(&"<enter>".repeat(150)).await;
    assert_eq!(h.submissions(), 0, "{}", h.screen());
    h.keys("y").await.shows("8711660");
    h.burst(&"<enter>".repeat(150)).await;
    h.burst(&"y".repeat(150)).await;
    assert_eq!((h.submissions(), h.sandbox.orders().len()), (1, 1));
}

#[tokio::test]
async fn a_secret_that_the_server_repeats_is_not_written_down() {
    let journey = journeys().into_iter().find(|j| j.kind == "XFER_SERVICE_IN").unwrap();
    for fault in ["POST orders@2=refuse-plain:PIN s3cr3t is wrong", "POST orders@2=status-after:500"] {
        let mut h = Harness::with(&[fault], (80, 24)).await;
        h.keys(journey.fill).await.keys(journey.send).await;
        assert!(!files(h.state.path()).contains("s3cr3t"), "{fault}:\n{}", h.screen());
    }
}

#[tokio::test]
async fn what_was_half_typed_survives_a_resume_while_the_server_fails() {
    let mut h = Harness::start().await;
    h.keys("edw dev<enter>s+7<enter>Call before noon").await;
    h.leave();
    h.sandbox.fault("GET assets/services=status:500".parse().unwrap());
    let mut blind = h.another(Timing::sandbox(), 80).await;
    blind.keys("<down><enter>").await.shows("Step 3 of 5");
    blind.leave();
    h.sandbox.clear_faults();
    let mut next = h.another(Timing::sandbox(), 90).await;
    next.keys("<down><enter>").await;
    assert!(next.focus().contains("Call before noon"), "{}", next.screen());
}

#[tokio::test]
async fn a_draft_is_put_aside_from_any_step_and_the_next_order_does_not_touch_it() {
    let mut h = Harness::start().await;
    h.keys("edw dev<enter>s+7<esc>").await.shows("Step 2 of 5").keys("<C-x>").await;
    let lines = mobproc::app::overlay::menu(&h.program.model);
    let at = lines.iter().position(|b| b.label.starts_with("put this draft aside")).unwrap() + 1;
    h.keys(&at.to_string()).await.shows("Who is the order for?").shows("Unfinished orders").shows("SUSPEND");
    h.keys("barbara.andrews.acme<enter>d<C-x>").await.keys("<esc>").await.shows("DEACTIVATE");
    assert_eq!(h.program.model.desk.unfinished().count(), 1, "the SUSPEND stands as it was");
}
