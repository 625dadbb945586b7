//! Looking for orders whose sending got no answer that says anything: what is there is found, what is not is sent again only
//! when that is certain, whatever the list, the clock and the connection do. The clock of this machine
//! cannot be set here: it only ever lengthens a send guard, and has no part in the waiting, which the unit tests show.

use std::time::Duration;

use mobproc::api::{Api, Back};
use mobproc::domain::attempt::Verdict;
use mobproc::domain::draft::Reference;
use mobproc::domain::fault::Fault;
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::journal::{State, Timing};
use mobproc::runtime::journal::sha256;
use mobproc::store::{Options, Outcome, Sending, Store, clock};
use serde_json::json;

use super::desk::{journal_in, timing};
use super::scenes::{Scene, hours, others};

/// A list that may be a second and a half behind.
fn behind() -> Timing {
    Timing { list_lag: Duration::from_millis(1500), ..timing() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_placed_and_badly_answered_is_found_and_not_sent_again() {
    let after = [
        "drop",
        "hang",
        "empty",
        "status-after:500",
        "status-after:503",
        "html-after:502",
        "html-after:200",
        "status-after:429",
        "status-after:302",
        "cut",
        "cut-head:40",
    ];
    for fault in after {
        let mut scene = Scene::new(&[&format!("POST orders@2={fault}")]).lost().await;
        assert_eq!(scene.settled().await.0, State::Accepted, "{fault}");
        assert_eq!((scene.placed(), scene.submissions()), (1, 1), "{fault}");
        scene.whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_placed_is_sent_again_only_after_the_whole_wait_and_under_the_same_number() {
    for fault in ["drop-before", "hang-before", "status:500", "status:503", "html:502", "html:404", "status:409"] {
        let mut scene = Scene::new(&[&format!("POST orders@2={fault}")]).lost().await;
        let (state, after) = scene.settled().await;
        assert_eq!(state, State::NotPlaced, "{fault}");
        assert!(after >= scene.timing.quiescence(Duration::ZERO), "{fault}: after {after:?}");
        assert_eq!(scene.placed(), 0, "{fault}");
        let verdict = scene.desk.journal.resend(scene.want.key).await;
        assert!(matches!(verdict, Verdict::Accepted(_)), "{fault}: {verdict:?}");
        assert_eq!((scene.placed(), scene.submissions()), (1, 2), "{fault}");
        scene.whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_sent_again_and_lost_again_is_looked_for_again() {
    let mut scene = Scene::new(&["POST orders@2=drop-before", "POST orders@3=drop"]).lost().await;
    let (journal, key) = (scene.desk.journal.clone(), scene.want.key);
    tokio::spawn(async move { journal.watch(key, Duration::ZERO).await });
    scene.desk.at_rest(key).await;
    assert_eq!(scene.state().await, State::NotPlaced);
    let verdict = scene.desk.journal.resend(scene.want.key).await;
    assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    assert_eq!(scene.settled().await.0, State::Accepted);
    scene.whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_refused_and_is_sent_again_and_lost_is_looked_for() {
    let mut scene = Scene::new(&["POST orders@2=refuse:CONTACT_NUMBER", "POST orders@4=drop"]);
    let want = scene.want.clone();
    let verdict = scene.desk.send(&want).await;
    assert!(matches!(verdict, Verdict::Rejected(_)), "{verdict:?}");
    // The late watch, which every start begins.
    let looks = |scene: &Scene| scene.sandbox.seen().iter().filter(|s| s.method == "GET").count();
    let (journal, before) = (scene.desk.journal.clone(), looks(&scene));
    tokio::spawn(async move { journal.watch(want.key, Duration::ZERO).await });
    while looks(&scene) == before {
        tokio::task::yield_now().await;
    }
    let again = scene.want.fresh_order();
    scene.desk.journal.confirm(again.clone()).await.unwrap();
    let verdict = scene.desk.journal.submit(again).await;
    assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    assert_eq!(scene.settled().await.0, State::Accepted);
    scene.whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_lost_while_a_refused_one_of_its_number_still_rests_is_looked_for_at_once() {
    let mut scene = Scene::new(&["POST orders@2=refuse:CONTACT_NUMBER", "POST orders@4=drop"]);
    let want = scene.want.clone();
    let verdict = scene.desk.send(&want).await;
    assert!(matches!(verdict, Verdict::Rejected(_)), "{verdict:?}");
    // What was refused is looked for all the same, once it could stand in the list.
    let journal = scene.desk.journal.clone();
    let mut late = Box::pin(async move { journal.watch(want.key, Duration::from_secs(3600)).await });
    assert!(tokio::time::timeout(Duration::ZERO, &mut late).await.is_err());
    tokio::spawn(late);
    let again = scene.want.fresh_order();
    scene.desk.journal.confirm(again.clone()).await.unwrap();
    let verdict = scene.desk.journal.submit(again).await;
    assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    assert_eq!(scene.settled().await.0, State::Accepted);
    scene.whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_from_outside_that_is_in_use_is_found_although_the_server_s_clock_is_ahead() {
    let mut orders = others(60, hours(1));
    let scene = Scene::with(&["GET orders=date:+315360000"], &orders, timing(), true);
    orders = vec![scene.namesake(&json!({"updated": hours(-1).to_string(), "accountHolder": {"id": "28675001"}}))];
    scene.add(&orders[0]);
    scene.desk.save(scene.want.saving("", true)).await;
    let mut order = scene.want.fresh_order();
    order.wish.reference = Reference::Given;
    let confirmed = scene.desk.journal.confirm(order).await;
    assert!(matches!(confirmed, Err(Fault::NumberInUse { .. })), "{confirmed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_that_began_before_an_order_was_sent_again_proves_nothing_about_it() {
    let scene = Scene::new(&["POST orders@2=drop-before"]).lost().await;
    let before = scene.sandbox.seen().len();
    scene.sandbox.fault("GET orders=latency:400".parse().unwrap());
    let (journal, key) = (scene.desk.journal.clone(), scene.want.key);
    let look = tokio::spawn(async move { journal.look(key).await });
    while scene.sandbox.seen().len() == before {
        tokio::task::yield_now().await;
    }
    // Another session, which has looked for longer.
    let mut store = Store::open(&journal_in(scene.home.path()), Options::default()).unwrap().store;
    let rev = store.not_placed(key).unwrap();
    let body = scene.want.fresh_order().body.to_string().into_bytes();
    let intent = store.intent(key, rev, Sending { body: &body, sha256: sha256(&body), correlation: "c-2" }).unwrap();
    let outcome = Outcome::Unknown { why: "nobody answered".into(), at: clock::moment(None) };
    store.outcome(&intent, &outcome, None, None).unwrap();
    assert_eq!(look.await.unwrap(), Some(State::Unknown));
    assert_eq!(store.looks(key).unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_listed_late_is_waited_for_whatever_the_server_says_the_time_is() {
    let ten_years = 315_360_000;
    for date in ["none".to_owned(), "garbled".to_owned(), format!("+{ten_years}"), format!("-{ten_years}")] {
        let dates = format!("orders=date:{date}");
        let faults = ["POST orders@2=late:1", "POST orders@2=drop", &dates];
        let mut scene = Scene::with(&faults, &[], behind(), true).lost().await;
        assert_eq!(scene.settled().await.0, State::Accepted, "{date}");
        assert_eq!((scene.placed(), scene.submissions()), (1, 1), "{date}");
        scene.whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_of_the_server_that_jumps_shortens_no_waiting() {
    let mut cases = Vec::new();
    for jump in ["date:+315360000", "date:-315360000", "date:none", "date:garbled", "date:+90000"] {
        for first in [1, 2, 3, 4, 6] {
            // In that call alone, or from it on.
            cases.extend([first, 400].map(|last| tokio::spawn(jumps(jump, first, last))));
        }
    }
    for case in cases {
        case.await.unwrap();
    }
}

async fn jumps(jump: &str, first: usize, last: usize) {
    let faults: Vec<String> = (first..=last).map(|n| format!("GET orders@{n}={jump}")).collect();
    let mut faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    faults.push("POST orders@2=drop-before");
    let scene = Scene::new(&faults).lost().await;
    let (state, after) = scene.looked_long().await;
    let early = state != State::Unknown && after < scene.timing.quiescence(Duration::ZERO);
    assert!(!early && state != State::Accepted, "{jump} in calls {first} to {last}: {state:?} after {after:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_of_the_server_that_is_ahead_does_not_make_looks_too_short() {
    for dates in ["orders=date:+315360000", "GET orders@1=date:+315360000"] {
        let faults = ["POST orders@2=drop", dates];
        // More than a page of orders that changed after ours.
        let scene = Scene::with(&faults, &others(60, hours(1)), timing(), true).lost().await;
        assert_eq!(scene.look().await, State::Accepted, "{dates}");
        scene.whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_moves_while_it_is_read_hides_nothing() {
    for shift in ["touch", "add", "drop"] {
        for call in 1..=8 {
            let scene = Scene::with(&["POST orders@2=drop"], &others(120, hours(1)), timing(), true).lost().await;
            let api = Api::sandbox(&scene.sandbox.base_url());
            let other = OrderNumber::from_random(1);
            let list = || api.scan(&other, None, Back::All);
            // Ours is to be the one that changed longest ago: each touch takes it from the last page to the first.
            let older = list().await.unwrap().total - 121;
            (1..=older).for_each(|n| scene.sandbox.fault(format!("GET orders@{n}=shift:touch").parse().unwrap()));
            let looks = || scene.sandbox.seen().iter().filter(|s| s.method == "GET").count() as u64;
            let before = looks();
            while looks() < before + older {
                list().await.unwrap();
            }
            scene.sandbox.clear_faults();
            scene.sandbox.fault(format!("GET orders@{call}=shift:{shift}").parse().unwrap());
            assert_eq!(scene.look().await, State::Accepted, "{shift} before page {call}");
            scene.whole();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_never_stands_still_proves_nothing() {
    for shift in ["touch", "add"] {
        let shift = format!("GET orders=shift:{shift}");
        let faults = ["POST orders@2=drop-before", &shift];
        let scene = Scene::with(&faults, &others(400, hours(1)), timing(), true).lost().await;
        assert_eq!(scene.looked_long().await.0, State::Unknown, "{shift}");
        scene.sandbox.clear_faults();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_whose_pages_hold_the_offset_is_read_whole() {
    for (fault, wanted) in [("POST orders@2=drop", State::Accepted), ("POST orders@2=drop-before", State::NotPlaced)] {
        let faults = [fault, "GET orders=premium"];
        let mut scene = Scene::with(&faults, &others(120, hours(1)), timing(), true).lost().await;
        assert_eq!(scene.settled().await.0, wanted, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_orders_under_one_number_are_said_aloud() {
    let mut scene = Scene::new(&["POST orders@2=drop"]).lost().await;
    scene.add(&scene.namesake(&json!({"orderId": "9999999"})));
    assert_eq!(scene.look().await, State::Accepted);
    let alarms = scene.desk.alarms().join("\n");
    assert!(alarms.contains("DUPLICATE") && alarms.contains("9999999") && alarms.contains("8711660"), "{alarms}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_order_with_the_same_number_keeps_ours_from_being_sent() {
    for change in [json!({"transactionType": "SUSPEND"}), json!({"serviceNumber": "2035550000"})] {
        let mut scene = Scene::new(&[]);
        scene.add(&scene.namesake(&change));
        let want = scene.want.clone();
        let verdict = scene.desk.send(&want).await;
        assert!(matches!(&verdict, Verdict::NotSent(Fault::NumberInUse { .. })), "{change}: {verdict:?}");
        assert_eq!((scene.state().await, scene.submissions()), (State::Confirmed, 0), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_stands_in_the_list_already_is_not_sent() {
    let mut scene = Scene::new(&[]);
    scene.add(&scene.namesake(&json!({})));
    let want = scene.want.clone();
    let verdict = scene.desk.send(&want).await;
    assert!(matches!(&verdict, Verdict::Accepted(_)), "{verdict:?}");
    assert_eq!((scene.state().await, scene.submissions(), scene.placed()), (State::Accepted, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_list_never_showed_an_order_of_ours_proves_nothing() {
    let mut scene = Scene::with(&["POST orders@2=drop-before"], &[], timing(), false).lost().await;
    assert_eq!(scene.settled().await.0, State::NeedsHuman);
    let verdict = scene.desk.journal.resend(scene.want.key).await;
    assert!(matches!(verdict, Verdict::NotSent(_)), "{verdict:?}");
    assert_eq!((scene.submissions(), scene.placed()), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_calls_are_not_applied_where_two_looks_find_nothing() {
    let mut scene = Scene::new(&["POST orders@2=status:429"]);
    let want = scene.want.clone();
    let verdict = scene.desk.send(&want).await;
    assert!(matches!(verdict, Verdict::NotApplied(Fault::TooMany, _)), "{verdict:?}");
    assert_eq!((scene.state().await, scene.placed()), (State::Confirmed, 0));
    let looks = scene.sandbox.seen().iter().filter(|s| s.method == "GET").count();
    assert_eq!(looks, 3, "one before, two after");
    scene.desk.finish(&want).await;
    scene.whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_is_cut_at_any_byte_loses_no_order() {
    let step = if std::env::var_os("MOBPROC_FULL").is_some() { 1 } else { 23 };
    let (mut cut, mut cuts) = (0, 0);
    loop {
        let mut scene = Scene::new(&[&format!("POST orders@2=cut:{cut}")]);
        let want = scene.want.clone();
        let verdict = scene.desk.send(&want).await;
        let whole = matches!(verdict, Verdict::Accepted(_));
        assert!(whole || matches!(verdict, Verdict::Unknown(_)), "cut at {cut}: {verdict:?}");
        if whole {
            break;
        }
        assert_eq!(scene.look().await, State::Accepted, "cut at {cut}");
        assert_eq!((scene.placed(), scene.submissions()), (1, 1), "cut at {cut}");
        scene.whole();
        (cut, cuts) = (cut + step, cuts + 1);
    }
    assert!(cuts > 10, "{cuts} cuts");
    println!("replies cut at {cuts} places");
}
