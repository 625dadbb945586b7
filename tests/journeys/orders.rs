//! Every transaction type from first key to order id, by keys through the real client and sandbox: the body that is sent,
//! written by hand from WIRE 7, the keys that it takes, and its screens. A type without an entry here is a failure.

use std::path::Path;

use mobproc::app::Step;
use mobproc::app::submit::Phase;
use mobproc::domain::kinds::KINDS;
use serde_json::{Value, json};

use super::golden::{Journey, journeys};
use super::harness::{Harness, parse};

/// A body without its number, which is made with each draft.
fn unnumbered(mut body: Value) -> Value {
    let order = body["orderRequest"].as_object_mut().expect("an orderRequest");
    assert!(order.remove("externalOrderNumber").is_some(), "an order has a number");
    body["orderRequest"].take()
}

#[tokio::test]
async fn every_type_is_ordered_by_keys_with_the_body_that_its_golden_pair_says() {
    for Journey { kind, fill, send, keys, body } in journeys() {
        let mut h = Harness::start().await;
        h.keys(fill).await;
        let Step::Review(state) = &h.program.model.step else { panic!("{kind} is not at its review:\n{}", h.screen()) };
        let review = &state.shown().unwrap_or_else(|| panic!("{kind} has no review:\n{}", h.screen())).review;
        assert_eq!((review.differences(), review.blocks.len()), (0, 0), "{kind}:\n{}", h.screen());
        h.keys(send).await;
        assert!(h.screen().lines().any(|l| l == "8711660"), "{kind} has no order id:\n{}", h.screen());
        let posts = h.posts();
        assert_eq!(posts.iter().map(|p| p.0).collect::<Vec<_>>(), [true, false], "{kind}");
        assert_eq!(posts[0].1, posts[1].1, "{kind}: what is submitted is what was confirmed");
        let wanted = body();
        assert_eq!(wanted["transactionType"], kind);
        assert_eq!(unnumbered(posts[1].1.clone()), wanted, "{kind}");
        assert!(h.keys_pressed <= keys, "{kind} takes {} keys, not {keys}", h.keys_pressed);
        let refused: Vec<_> = h.sandbox.seen().into_iter().filter(|s| ![0, 200].contains(&s.status)).collect();
        assert!(refused.is_empty(), "{kind}: {refused:?}");
    }
}

#[test]
fn no_type_is_without_a_journey_a_golden_pair_and_snapshots() {
    let all = journeys();
    for kind in &KINDS {
        assert!(all.iter().any(|j| j.kind == kind.id), "{} has no journey", kind.id);
        for screen in ["form", "review"] {
            let name = format!("journeys__orders__{}_{screen}.snap", kind.id.to_lowercase());
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journeys/snapshots").join(name);
            assert!(path.exists(), "{} has no snapshot {}", kind.id, path.display());
        }
    }
    assert_eq!(all.len(), KINDS.len());
}

#[tokio::test]
async fn the_form_and_the_review_of_every_type() {
    for journey in journeys() {
        let name = |screen: &str| format!("{}_{screen}", journey.kind.to_lowercase());
        let mut h = Harness::with(&[], (80, 24)).await;
        let (who, rest) = journey.fill.split_once("<enter>").expect("whom it is for");
        h.keys(&format!("{who}<enter>")).await;
        insta::assert_snapshot!(name("form"), h.screen());
        h.keys(rest).await;
        insta::assert_snapshot!(name("review"), h.screen());
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_taken_back_wants_the_last_digits_of_its_line() {
    let mut h = Harness::start().await;
    h.keys("d/edw dev<enter><C-o>y").await.shows("Last 4 digits of 203-555-4468");
    h.keys("4469<enter>").await.shows("those are not the last digits");
    h.keys("<esc>").await.shows("Not submitted");
    assert_eq!(h.submissions(), 0);
    h.keys("y").await.paste("4468").await.keys("<enter>").await.shows("those are not the last digits");
    assert_eq!(h.submissions(), 0, "a paste is no deliberate hand");
    h.keys("4468<enter>").await.shows("DONE");
    assert_eq!(h.submissions(), 1);
}

#[tokio::test]
async fn digits_hammered_ahead_of_the_question_send_nothing() {
    let mut h = Harness::start().await;
    h.keys("d/edw dev<enter><C-o>").await;
    h.burst("y4468<enter>").await;
    assert_eq!(h.submissions(), 0, "{}", h.screen());
}

#[tokio::test]
async fn a_secret_is_never_on_the_screen_nor_copied_nor_printed() {
    let journey = journeys().into_iter().find(|j| j.kind == "XFER_SERVICE_IN").unwrap();
    let mut h = Harness::start().await;
    for key in parse(journey.fill) {
        h.press_and_settle(key).await;
        assert!(!h.screen().contains("s3cr3t"), "{}", h.screen());
    }
    assert!(h.posts()[0].1.to_string().contains("s3cr3t"), "the server gets it");
    h.keys("c").await.keys("b").await.shows("The JSON that y sends").hides("s3cr3t").keys("p<esc>").await;
    h.keys("<end><pgdn><pgdn>").await.shows("********").hides("s3cr3t");
    let asked = format!("{:?}", h.asked.lock().unwrap());
    assert!(asked.contains("XFER_SERVICE_IN") && !asked.contains("s3cr3t"), "{asked}");
    let printed = h.program.model.desk.print[0].1.clone();
    assert!(printed.contains("PIN_PASSWORD") && !printed.contains("s3cr3t"), "{printed}");
    h.keys(journey.send).await.keys("r").await;
    let again = format!("{:?}", h.program.model.desk.draft);
    assert!(!again.contains("s3cr3t"), "the same order for somebody else asks for it again");
}

#[tokio::test]
async fn what_the_json_says_is_what_is_sent() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<C-o>b").await.shows("\"orderRequest\": {").keys("p").await;
    h.shows("printed below the prompt").keys("<esc>y").await.shows("8711660");
    let printed: Value = serde_json::from_str(&h.program.model.desk.print[0].1).unwrap();
    assert_eq!(printed, h.posts()[1].1);
}

#[tokio::test]
async fn boxes_are_never_ticked_beforehand_and_only_after_reading() {
    let mut h = Harness::start().await;
    h.keys("o/gonc<enter>").await.shows("to be read").shows("[ ]");
    h.keys("<tab>y").await.shows("Read \"Personal Ownership\" first");
    h.keys("<S-tab><enter>y").await;
    assert!(h.screen().contains("[x]"), "{}", h.screen());
    h.keys("n").await.hides("[x]").keys("<C-o>").await.shows("must be ticked");
    assert!(h.posts().is_empty());
}

#[tokio::test]
async fn a_long_text_is_read_to_its_end_on_a_small_screen() {
    let mut h = Harness::with(&[], (40, 12)).await;
    h.keys("o/gonc<enter>").await.shows("1 more to read");
    h.keys("<enter>").await;
    let form = h.program.model.desk.form();
    let note = &form[1];
    let read = |h: &Harness| h.program.model.desk.draft.answer(&note.id).is_some();
    assert!(!read(&h), "the first Enter turned the page only:\n{}", h.screen());
    h.keys("<enter>").await;
    assert!(read(&h), "{}", h.screen());
}

#[tokio::test]
async fn an_upgrade_before_its_time_and_a_plan_of_another_access_method_are_warned_of() {
    let mut h = Harness::with(&[], (120, 40)).await;
    h.keys("u/ortiz gr<enter>").await.shows("! Upgrade from Sat 19 Dec 2026, in 26 days");
    let mut h = Harness::with(&[], (120, 40)).await;
    h.keys("u/carpenter log<enter><tab>").await;
    h.keys("nationwide<enter><S-tab>").await.shows("uses CDMA, the present device GSM: a device may be needed too");
    h.keys("<S-tab>iphone 5<enter><tab>").await.hides("a device may be needed too");
}

#[tokio::test]
async fn a_wrong_check_digit_is_warned_of_and_does_not_hold_the_order_up() {
    let mut h = Harness::with(&[], (120, 40)).await;
    h.keys("w/gonc<enter>apple<enter>space gray<down><enter>490154203237517<enter>")
        .await
        .shows("The check digit of this IMEI is wrong");
    h.keys("<C-o>")
        .await
        .shows("REVIEW")
        .shows("The check digit of this IMEI is wrong")
        .keys("<pgdn>y")
        .await
        .shows("8711660");
}

#[tokio::test]
async fn a_device_that_is_in_no_list_has_a_name_of_its_own() {
    let mut h = Harness::with(&[], (120, 40)).await;
    h.keys("w/gonc<enter>other<enter>").await.shows("New make and model");
    h.keys("<C-o>Acme StarPhone 2000<C-o>490154203237518<C-o>").await.shows("REVIEW");
    let device = &h.posts()[0].1["orderRequest"]["newDevice"];
    assert_eq!(
        *device,
        json!({"manufacturerId": "Other", "modelId": "Other", "otherMakeModelName": "Acme StarPhone 2000",
            "serialNumber": {"type": "IMEI", "value": "490154203237518"}})
    );
}

#[tokio::test]
async fn another_line_brings_its_own_device_and_the_corrections_of_the_first_come_back() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys("w/28675001<enter><enter><down><down><enter>").await;
    let sim = |h: &Harness| h.row("Existing SIM id");
    let first = sim(&h);
    assert!(first.contains("filled in"), "{}", h.screen());
    let up = h.program.model.desk.form().iter().position(|r| &*r.label == "Existing SIM id").unwrap();
    h.keys(&"<tab>".repeat(up - 1)).await.keys("<C-u>corrected<enter>").await;
    assert!(sim(&h).contains("corrected"), "{}", h.screen());
    h.keys(&"<S-tab>".repeat(up + 1)).await;
    assert!(h.focus().contains("Line"), "{}", h.screen());
    h.keys("<C-u><enter><down><down><down><enter>").await;
    assert!(!sim(&h).contains("corrected"), "another line has another SIM:\n{}", h.screen());
}

#[tokio::test]
async fn addresses_of_earlier_orders_are_offered_first_and_each_once() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys("n/edw acc<enter>1 06477<enter>s4 black<enter>").await;
    let row = h.program.model.desk.form().iter().find(|r| &*r.label == "Ship to").unwrap().clone();
    let desk = &h.program.model.desk;
    let offered = mobproc::domain::rows::offered(&desk.draft, &desk.cache, &row);
    assert_eq!(
        offered.len(),
        3,
        "two places and another one: {:?}",
        offered.iter().map(|c| &c.name).collect::<Vec<_>>()
    );
    assert!(offered[0].name.starts_with("Peter Edwards, 1 Example Plaza"));
    let calls = h
        .sandbox
        .seen()
        .into_iter()
        .filter(|s| s.path == "/orders" && s.query.contains(&("includeShipToAddress".into(), "true".into())));
    assert_eq!(calls.count(), 1);
}

#[tokio::test]
async fn an_address_typed_before_an_earlier_one_was_chosen_comes_back() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys("n/edw acc<enter>1 06477<enter>s4 black<enter>nationwide<enter><enter><enter><tab>512<C-o>3").await;
    h.keys("<C-o>7 Other Street<C-o>").await;
    let up = |h: &Harness| {
        let Step::Details(form) = &h.program.model.step else { panic!("{}", h.screen()) };
        let rows = h.program.model.desk.form();
        let at = |label: &str| rows.iter().position(|r| &*r.label == label).unwrap();
        rows.iter().position(|r| r.id == form.focus).unwrap() - at("Ship to")
    };
    let way = up(&h);
    h.keys(&"<S-tab>".repeat(way)).await.keys("example<enter>").await;
    assert!(h.row("Line 1").contains("1 Example Plaza"), "{}", h.screen());
    h.shows("7 Other Street");
    let way = up(&h);
    h.keys(&"<S-tab>".repeat(way)).await.keys("another<enter>").await;
    assert!(h.row("Line 1").contains("7 Other Street"), "{}", h.screen());
}

#[tokio::test]
async fn a_country_without_a_list_of_its_own_has_its_provinces_from_the_regions() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys("a/edw dev<enter>1<enter><C-o>").await;
    assert!(h.focus().contains("Ship country"), "{}", h.screen());
    h.keys("canada<enter>").await;
    h.keys("1 Main Street<C-o>Toronto<C-o>ontar<enter>M5V 2T6<C-o>").await.shows("REVIEW");
    let address = &h.posts()[0].1["orderRequest"]["shipTo"]["address"];
    assert!(address.as_array().unwrap().contains(&json!({"id": "PROVINCE", "value": "ON"})), "{address}");
}

#[tokio::test]
async fn where_is_my_phone_is_answered_from_the_last_orders() {
    let mut h = Harness::with(&[], (80, 30)).await;
    h.shows("Last orders").keys("edw acc<enter>").await.shows("Last orders").shows("SHIPPED");
    h.keys("<tab><enter>")
        .await
        .shows("Parcels")
        .shows("History")
        .shows("1 Example Plaza")
        .keys("<esc>")
        .await
        .shows("Step 2 of 5");
    let mut h = Harness::with(&[], (80, 30)).await;
    h.keys("<down><down><enter>")
        .await
        .shows("ORDER")
        .shows("Submitted")
        .keys("<esc>")
        .await
        .shows("Who is the order for?");
    let mut h = Harness::with(&[], (80, 30)).await;
    h.keys("8600000<enter>").await.shows("8600000").shows("does not know this (404)");
}

#[tokio::test]
async fn custom_attributes_and_devices_stand_under_the_chosen_person() {
    let mut h = Harness::start().await;
    h.keys("edw acc<enter>").await.shows("Cost Center: 4739").shows("Approver: no").shows("Devices:");
}

#[tokio::test]
async fn an_order_placed_here_is_the_first_of_the_last_orders() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<C-o>y").await.shows("8711660").keys("h").await.shows("Last orders");
    assert!(h.line("8711660").contains("SUSPEND"), "{}", h.screen());
}

#[tokio::test]
async fn a_row_on_which_the_highlight_rests_says_more_and_one_that_is_passed_does_not() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys("n/edw acc<enter>1 06477<enter>s4 black<enter>tal<down>").await.shows("Includes:");
    let details = |h: &Harness| h.sandbox.seen().iter().filter(|s| s.path.starts_with("/catalog/plans/")).count();
    let before = details(&h);
    h.keys("<up>").await;
    assert_eq!(details(&h), before, "what was looked up is not asked again");
}

#[tokio::test]
async fn no_size_is_too_small_for_an_order_a_body_or_a_note() {
    for keys in [
        "8694063<enter>",
        "d/edw dev<enter><C-o>b",
        "d/edw dev<enter><C-o>y4",
        "o/gonc<enter>",
        "f/edw dev<enter><enter>",
    ] {
        let mut h = Harness::start().await;
        h.keys(keys).await;
        for size in [(10, 3), (1, 1), (40, 12), (200, 60), (5, 50), (40, 13), (80, 24)] {
            h.resize(size).await;
        }
        h.hides("is too");
    }
}

#[tokio::test]
async fn a_status_that_is_read_again_is_the_orders_own() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<C-o>ys").await.shows("Status now: ORDER_SUBMITTED");
    let Step::Submit(state) = &h.program.model.step else { panic!("{}", h.screen()) };
    assert!(matches!(&state.phase, Phase::Done(done) if &*done.status == "ORDER_SUBMITTED"));
}

#[tokio::test]
async fn what_is_put_back_is_put_back_only_as_far_as_it_is_still_offered() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys("u/gonc<enter><tab>6698<enter>1<enter><S-tab>").await;
    assert!(h.focus().contains("Roadside Assistance"), "{}", h.screen());
    h.keys("<C-u><S-tab>talk share 900<enter>").await;
    assert!(h.focus().contains("Features"), "{}", h.screen());
    h.keys("<C-u>").await;
    assert!(!h.focus().contains("Roadside"), "a feature of another plan came back:\n{}", h.screen());
}

#[tokio::test]
async fn another_person_has_neither_the_secret_nor_the_number_of_the_first() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys("i/edw acc<enter>1106477<enter><tab>nati<enter><C-o><enter><enter><enter>y<C-o>y<C-o>y<C-o>2035550123<C-o>s3cr3t<enter>").await;
    let held = |h: &Harness| {
        format!(
            "{:?}",
            h.program
                .model
                .desk
                .form()
                .iter()
                .map(|r| h.program.model.desk.draft.answer(&r.id).cloned())
                .collect::<Vec<_>>()
        )
    };
    assert!(held(&h).contains("s3cr3t") && held(&h).contains("2035550123"), "{}", h.screen());
    h.keys("<esc><esc><esc>gonc<enter>").await.shows("Step 3 of 5").shows("No longer offered").hides("s3cr3t");
    assert!(!held(&h).contains("s3cr3t") && !held(&h).contains("2035550123"), "{}", h.screen());
    assert!(!h.screen().contains("[x]"), "nobody agreed for Maria:\n{}", h.screen());
}

#[tokio::test]
async fn the_last_digits_of_a_line_do_not_send_what_was_confirmed_long_ago() {
    let mut h = Harness::start().await;
    h.keys("d/edw dev<enter><C-o>y4468").await;
    h.later(16 * 60 * 1000).keys("<enter>").await.shows("over 15 minutes old");
    assert_eq!((h.submissions(), h.posts().len()), (0, 2), "{}", h.screen());
}

#[tokio::test]
async fn nothing_is_agreed_to_before_it_was_on_the_screen() {
    let mut h = Harness::with(&["GET acknowledgements=latency:300"], (80, 24)).await;
    h.burst("o/gonc<enter><enter><enter>y<enter>y").await;
    assert!(!h.screen().contains("[x]") && h.screen().contains("to be read"), "{}", h.screen());
}

#[tokio::test]
async fn a_hyphen_in_a_search_changes_no_feature() {
    let mut h = Harness::start().await;
    h.keys("f/edw dev<enter><enter>call-").await;
    assert!(h.focus().contains("call-"), "{}", h.screen());
    h.keys("<C-u><down>-").await.shows("[-] Call Forwarding").keys("<down>+").await.shows("[+] Call Forwarding");
}

#[tokio::test]
async fn acknowledgements_that_a_server_has_not_got_do_not_hold_a_transfer_out_up() {
    let mut h = Harness::with(&["GET acknowledgements=status:400"], (80, 24)).await;
    h.keys("o/edw dev<enter><C-o>").await.shows("REVIEW");
}

#[tokio::test]
async fn a_box_in_which_nothing_was_typed_follows_the_person() {
    let mut h = Harness::start().await;
    h.keys("s/gonc<enter><up><up><up>").await;
    assert!(h.focus().contains("Contact Phone Number"), "{}", h.screen());
    h.keys("<esc><esc>edw dev<enter>s").await;
    assert!(h.row("Contact Phone Number").contains("2035550160"), "{}", h.screen());
    h.keys("<tab><S-tab><tab>").await;
    assert!(
        h.row("Contact Phone Number").contains("2035550160") && h.row("Contact Phone Number").contains("filled in"),
        "{}",
        h.screen()
    );
}

#[tokio::test]
async fn what_is_kept_for_another_person_is_said() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<enter>Stolen, call Peter<esc><esc>gonc<enter>").await;
    h.shows("What you typed for Edwards, Peter is kept where it fits");
}

#[tokio::test]
async fn a_digit_exchanges_nothing_that_is_chosen_and_is_a_number_among_lines() {
    let mut h = Harness::start().await;
    h.keys("u/gonc<enter>").await.keys(&"<tab>".repeat(4)).await;
    assert!(h.focus().contains("Existing model") && h.focus().contains("Cookie Plus"), "{}", h.screen());
    h.keys("2<esc>").await;
    assert!(h.row("Existing model").contains("Cookie Plus"), "{}", h.screen());
    let mut h = Harness::start().await;
    h.keys("s/28675001<enter><enter>2035557246").await.shows("1 of 8 match").keys("<enter>").await;
    assert!(h.row("Line").contains("203-555-7246"), "{}", h.screen());
}

#[tokio::test]
async fn what_is_printed_is_what_was_confirmed_last() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<C-o>bp<esc><esc>")
        .await
        .keys("<C-u>+8<C-o>")
        .await
        .shows("REVIEW")
        .shows("Tue 1 Dec 2026");
    let printed: Value = serde_json::from_str(&h.program.model.desk.print[0].1).unwrap();
    assert_eq!(printed, h.posts().last().unwrap().1);
}

#[tokio::test]
async fn boxes_that_were_ticked_do_not_come_back_ticked() {
    let mut h = Harness::start().await;
    h.keys("o/gonc<enter><enter>y").await.shows("[x]").keys("<esc><esc>edw acc<enter>").await;
    h.keys("<esc>gonc<enter>o").await.shows("to be read").hides("[x]");
}

#[tokio::test]
async fn going_on_leads_to_what_can_be_filled() {
    let mut h = Harness::start().await;
    h.keys("u/gonc<enter><C-o>").await;
    assert!(h.focus().contains("Device"), "{}", h.screen());
    h.shows("choose at least one of device, plan");
}

#[tokio::test]
async fn a_day_that_has_passed_is_warned_of_at_the_review_too() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>-1<C-o>")
        .await
        .shows("Preferred Suspension Date: Sun 22 Nov 2026 has passed")
        .shows("1 warning, marked !");
}

#[tokio::test]
async fn the_same_order_for_somebody_else_goes_on_to_its_fields() {
    let journey = journeys().into_iter().find(|j| j.kind == "UPGRADE").unwrap();
    let mut h = Harness::start().await;
    h.keys(journey.fill).await.keys(journey.send).await.keys("r").await.hides("No longer offered");
    h.keys("ortiz gr<enter>").await.shows("UPGRADE").shows("Step 3 of 5");
}

#[tokio::test]
async fn the_same_order_for_somebody_else_has_their_own_contact_number() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<up><up><up>").await;
    assert!(h.focus().contains("Contact Phone Number"), "{}", h.screen());
    let hers = |h: &Harness| h.row("Contact Phone Number");
    h.keys("<C-u>2035559999<C-o>y").await.shows("8711660").keys("r").await.shows("Left out, for it belongs to");
    h.keys("gonc<enter>").await.shows("Step 3 of 5");
    assert!(!hers(&h).contains("2035559999") && hers(&h).contains("filled in"), "{}", h.screen());
    assert!(h.row("Preferred Suspension").contains("2026"), "{}", h.screen());
}

#[tokio::test]
async fn last_orders_that_cannot_be_loaded_are_said_and_asked_again() {
    let mut h = Harness::with(&["GET orders@1=status:500"], (80, 24)).await;
    h.shows("Last orders: not loaded").keys("<C-r>").await.hides("not loaded").shows("8694423");
}
