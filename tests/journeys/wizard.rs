//! The wizard's ways, its faults and its screens.

use super::harness::Harness;
use mobproc::app::Step;
use mobproc::runtime::Ask;
use serde_json::json;

/// To the review of a SUSPEND for the Peter Edwards of Development, who has one line.
pub(crate) const SUSPEND: &str = "s/edw dev<enter>+7<C-o>";
/// To the review of the published NEW_ACTIVATION.
const NEW_ACTIVATION: &str = "n/edw acc<enter>united st<enter>06477<enter>s4 black<enter>nationwide<enter>1<enter>\
    vehicle ch<enter><enter>512<C-o>3<C-o>1 Example Plaza<C-o>Orange<C-o>CT<enter>06477<C-o>";

fn number(body: &serde_json::Value) -> String {
    body["orderRequest"]["externalOrderNumber"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn suspend_from_first_key_to_order_id() {
    let mut h = Harness::start().await;
    h.keys(SUSPEND)
        .await
        .shows("REVIEW")
        .shows("203-555-4468")
        .shows("Mon 30 Nov 2026")
        .shows("No cost information returned");
    h.shows("Everything is as you asked").keys("y").await;
    h.shows("DONE").shows("SANDBOX: nothing was really ordered");
    assert!(h.screen().lines().any(|l| l == "8711660"), "the id stands alone on its line:\n{}", h.screen());
    let posts = h.posts();
    assert_eq!(posts.iter().map(|p| p.0).collect::<Vec<_>>(), [true, false], "one confirmation, one submission");
    let wanted = json!({"orderRequest": {
        "externalOrderNumber": number(&posts[0].1), "transactionType": "SUSPEND", "serviceId": "38382335",
        "properties": [{"groupId": "MISCELLANEOUS", "fields": [
            {"id": "CONTACT_NUMBER", "type": "TEXT", "text": "2035550160"},
            {"id": "SERVICE_NUMBER", "type": "TEXT", "text": "2035554468"},
            {"id": "PREFERRED_SUSPENSION_DATE", "type": "DATE", "date": "2026-11-30T00:00:00+00:00"}]}]}});
    assert_eq!(posts[0].1, wanted);
    assert_eq!(posts[1].1, wanted, "what is submitted is what was confirmed");
    assert!(h.keys_pressed <= 16, "{} keys", h.keys_pressed);
}

#[tokio::test]
async fn new_activation_from_first_key_to_order_id() {
    let mut h = Harness::start().await;
    h.keys(NEW_ACTIVATION).await.shows("REVIEW").shows("SERVER TOTAL").shows("Items add up to USD 222.48 once");
    h.keys("<pgdn>").await.shows("Connecticut").keys("y").await.shows("DONE");
    let posts = h.posts();
    let wanted = json!({"orderRequest": {
        "externalOrderNumber": number(&posts[0].1), "transactionType": "NEW_ACTIVATION", "regionId": "70144640", "postalCode": "06477",
        "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494", "optionalFeatureIds": ["951"], "accessoryIds": ["3628935899"]},
        "properties": [{"groupId": "MISCELLANEOUS", "fields": [
            {"id": "PREFERRED_AREA_CODE", "type": "TEXT", "text": "512"},
            {"id": "CONTACT_NUMBER", "type": "TEXT", "text": "2035550199"},
            {"id": "URGENCY", "type": "CHOICE", "choice": {"id": "2"}}]}],
        "shipTo": {"name": "Peter Edwards", "regionId": "70144640", "address": [
            {"id": "LINE_1", "value": "1 Example Plaza"}, {"id": "CITY", "value": "Orange"},
            {"id": "STATE", "value": "CT"}, {"id": "POSTAL_CODE", "value": "06477"}]}}});
    assert_eq!(posts[0].1, wanted);
    assert_eq!((posts.len(), h.sandbox.orders().len()), (2, 1));
}

#[tokio::test]
async fn every_call_about_the_order_carries_its_actor_its_activity_and_a_correlation_of_its_own() {
    let mut h = Harness::start().await;
    h.keys(SUSPEND).await.keys("y").await.shows("DONE");
    let number = number(&h.posts()[0].1);
    let seen = h.sandbox.seen();
    let header =
        |s: &mobproc::sandbox::Seen, name: &str| s.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let actor = |s: &mobproc::sandbox::Seen| header(s, "x-tngo-context-employeeid");
    // From the choice of the person on; before it the highlight has rested on somebody else.
    let about = seen.iter().filter(|s| actor(s).is_some()).skip_while(|s| actor(s).as_deref() != Some("28673732"));
    let about: Vec<_> = about.collect();
    assert!(about.len() >= 5, "/me, lines, properties, and two orders");
    assert!(about.iter().all(|s| header(s, "x-tngo-context-employeeid").unwrap() == "28673732"));
    // Reading everybody is no work on an order.
    let directory = |s: &mobproc::sandbox::Seen| s.path == "/employees" && actor(s).is_none();
    let activity = |s: &mobproc::sandbox::Seen| header(s, "x-tngo-context-activityid").unwrap();
    assert!(seen.iter().all(|s| (activity(s) == number) != directory(s)));
    let mut correlations: Vec<_> = seen.iter().map(|s| header(s, "x-tngo-context-correlationid").unwrap()).collect();
    correlations.sort();
    correlations.dedup();
    assert_eq!(correlations.len(), seen.len());
    let confirmation = seen.iter().find(|s| s.method == "POST").unwrap();
    for name in ["confirm", "confirmation"] {
        assert!(confirmation.query.contains(&(name.into(), "true".into())), "{name}");
    }
    assert!(seen.iter().rev().find(|s| s.method == "POST").unwrap().query.is_empty());
}

#[tokio::test]
async fn pages_are_asked_at_multiples_of_the_limit_and_everybody_comes_once() {
    let h = Harness::start().await;
    let people: Vec<_> = h.sandbox.seen().into_iter().filter(|s| s.path == "/employees").collect();
    assert!(people.len() >= 3);
    for call in &people {
        let number = |name: &str| call.query.iter().find(|(n, _)| n == name).unwrap().1.parse::<u64>().unwrap();
        assert_eq!(number("offset") % number("limit"), 0);
    }
    let people = &h.program.model.desk.people.table;
    let mut ids: Vec<_> =
        people.chunks().iter().flat_map(|c| c.lines()).map(|l| l.split('\u{1f}').next().unwrap()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert!(all >= 200 && ids.len() == all);
    assert!(h.sandbox.seen().iter().all(|s| s.status == 200));
}

#[tokio::test]
async fn a_refused_property_is_shown_at_its_field_and_corrected_inline() {
    let mut h = Harness::with(&["orders@1=refuse:CONTACT_NUMBER:CONTACT_NUMBER is not in service"], (80, 24)).await;
    h.keys(SUSPEND)
        .await
        .shows("Step 3 of 5")
        .shows("1 problem from the server. Nothing was ordered")
        .shows("not in service");
    assert!(h.focus().contains("Contact Phone Number"), "{}", h.screen());
    h.keys("<bs>9<C-o>").await.shows("REVIEW").keys("y").await.shows("DONE");
    assert_eq!(h.submissions(), 1);
}

#[tokio::test]
async fn a_submission_that_is_refused_comes_back_to_the_form_and_placed_nothing() {
    let mut h = Harness::with(&["orders@2=refuse-plain:The account is closed for the month"], (80, 24)).await;
    h.keys(SUSPEND)
        .await
        .keys("y")
        .await
        .shows("Step 3 of 5")
        .shows("closed for the month")
        .shows("Not tied to one field");
    assert!(h.sandbox.orders().is_empty() && h.program.model.desk.receipts.is_empty());
    h.keys("<C-o>y").await.shows("DONE");
    assert_eq!(h.sandbox.orders().len(), 1);
}

#[tokio::test]
async fn a_lookup_that_fails_once_says_why_and_is_tried_again_with_everything_kept() {
    let mut h = Harness::with(&["GET catalog/plans@2=status:500"], (80, 24)).await;
    h.keys("n/edw acc<enter>united st<enter>06477<enter>")
        .await
        .shows("not loaded: The server failed (500)")
        .shows("^R tries again");
    h.keys("<C-r>").await.hides("not loaded").shows("06477");
}

#[tokio::test]
async fn a_confirmation_that_differs_is_marked_and_so_is_one_that_lacks_something() {
    let faults = ["orders@1=change:PREFERRED_AREA_CODE=203", "orders@1=omit:URGENCY"];
    let mut h = Harness::with(&faults, (100, 40)).await;
    h.keys(NEW_ACTIVATION).await.shows("2 lines are marked");
    assert!(h.line("Preferred Area Code").contains("~") && h.line("Preferred Area Code").contains("you asked for 512"));
    assert!(h.line("Urgency").contains("(missing)   you asked for Normal"));
    h.keys("e").await.shows("Step 3 of 5");
    assert!(h.focus().contains("Preferred Area Code"), "the first difference has the focus:\n{}", h.screen());
}

#[tokio::test]
async fn an_order_for_somebody_else_cannot_be_submitted() {
    let mut h = Harness::with(&["orders=holder:123456781"], (80, 24)).await;
    h.keys(SUSPEND).await.shows("Andrews, Barbara").keys("y").await.shows("Not submitted").shows("Edwards, Peter");
    assert_eq!(h.submissions(), 0);
}

#[tokio::test]
async fn a_server_that_orders_on_a_confirmation_is_believed() {
    let mut h = Harness::with(&["orders@1=ordered"], (80, 24)).await;
    h.keys(SUSPEND).await.shows("DONE").shows("only asked to confirm").shows("8711660");
    assert_eq!((h.submissions(), h.sandbox.orders().len()), (0, 1));
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_the_outcome_unknown_and_nothing_is_sent_again() {
    let mut h = Harness::with(&["POST orders@2=drop", "POST orders@2=late:2"], (80, 24)).await;
    h.keys(SUSPEND)
        .await
        .keys("y")
        .await
        .until("check 1")
        .await
        .shows("CHECKING")
        .shows("It may have been placed")
        .shows("Do not enter it again");
    h.keys("yrs345").await;
    assert_eq!((h.submissions(), h.sandbox.orders().len()), (1, 1));
    h.keys("<esc>").await.shows("? UNCONFIRMED").keys("<down><up><enter>").await.shows("CHECKING");
    // Once the list shows it, a look finds it: it is placed, and the screen says so.
    h.until("DONE").await.shows("8711660").shows("found after no answer");
    assert_eq!((h.submissions(), h.sandbox.orders().len()), (1, 1));
}

#[tokio::test]
async fn changing_the_device_to_another_carrier_clears_the_plan_by_name_and_changing_back_restores_it() {
    let mut h = Harness::start().await;
    h.keys("n/edw acc<enter>united st<enter>06477<enter>s4 black<enter>nationwide<enter>1<enter>").await;
    h.shows("Unlimited Push to Talk").keys("<S-tab><S-tab><S-tab>").await;
    let other = |h: &Harness| {
        let desk = &h.program.model.desk;
        let devices = desk.rows_of(&mobproc::domain::lookups::DEVICES);
        devices.iter().find(|d| d.vendor.as_ref().is_some_and(|v| v.id.as_str() == "105")).unwrap().id.to_string()
    };
    let id = other(&h);
    h.keys(&id).await.keys("<enter>").await.shows("No longer offered").shows("Nationwide for Business");
    assert!(!h.row("Plan").contains("Nationwide"), "{}", h.screen());
    h.keys("<S-tab>9194791812<enter>").await;
    assert!(h.row("Plan").contains("Nationwide"), "{}", h.screen());
    h.shows("Unlimited Push to Talk");
}

#[tokio::test]
async fn another_country_has_its_own_fields_and_the_first_ones_come_back() {
    let mut h = Harness::start().await;
    h.keys("n/edw acc<enter>united st<enter>06477<enter>s4 black<enter>").await.shows("Postal code").shows("State");
    h.keys("<S-tab><S-tab><S-tab>japan<enter>").await.hides("06477").shows("Country");
    h.keys("<S-tab>united st<enter>").await.shows("06477").shows("Samsung Galaxy S4 (16GB) - Bl");
}

#[tokio::test]
async fn a_changed_mind_about_the_person_keeps_what_still_fits() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<enter>please call first<enter><esc><esc><esc>").await.shows("as before");
    h.keys("barbara.andrews.acme<enter>").await.shows("please call first").shows("Andrews, Barbara");
    h.shows("404-555-3104");
    h.keys("<C-o>y").await.shows("DONE");
    let order = &h.posts()[1].1["orderRequest"];
    assert_eq!(order["serviceId"], "99034551");
}

#[tokio::test]
async fn keys_hammered_through_the_whole_wizard_send_nothing_by_accident() {
    let mut h = Harness::start().await;
    h.burst("s/edw dev<enter>+7<C-o>yyyyyyyyyy<enter><enter><enter>yyyy").await;
    assert_eq!(h.submissions(), 0, "{}", h.screen());
}

#[tokio::test]
async fn a_paste_of_several_lines_and_escapes_is_one_harmless_line() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<enter>").await.paste("first\nsecond\x1b[31m\ty\u{202e}").await;
    h.shows("first second[31m y").keys("<C-o>").await.shows("REVIEW");
    assert_eq!(h.submissions(), 0);
}

#[tokio::test]
async fn every_bad_reply_is_a_sentence_and_loses_nothing() {
    for (fault, sentence) in [
        ("POST orders=status:401", "does not accept the sign-in"),
        ("POST orders=status:403", "does not allow this"),
        ("POST orders=status:404", "does not know this"),
        ("POST orders=status:500", "failed (500)"),
        ("POST orders=html:502", "web page"),
        ("POST orders=empty", "the reply is empty"),
        ("POST orders=cut", "broke"),
        ("POST orders=drop-before", "No answer"),
    ] {
        let mut h = Harness::with(&[fault], (80, 24)).await;
        h.keys(SUSPEND).await.shows("Nothing was ordered");
        assert!(h.screen().replace('\n', " ").contains(sentence), "{fault}:\n{}", h.screen());
        h.sandbox.clear_faults();
        h.keys("<esc>").await.shows("2026-11-30").keys("<C-o>y").await.shows("DONE");
        assert_eq!(h.sandbox.orders().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn an_unreachable_server_is_said_so_from_the_first_screen_on() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/mobproc/v1", listener.local_addr().unwrap());
    drop(listener);
    let sandbox = mobproc::sandbox::Sandbox::start(
        std::net::TcpListener::bind("127.0.0.1:0").unwrap(),
        mobproc::sandbox::Options::default(),
    );
    let mut h = Harness::of(sandbox.unwrap(), mobproc::api::Api::sandbox(&nobody), (80, 24)).await;
    h.shows("cannot be reached").shows("nothing was sent").shows("^R tries again");
}

#[tokio::test]
async fn a_type_that_turns_out_not_to_be_allowed_goes_back_to_the_types_with_the_reason() {
    for (who, why) in [("halloran", "not allowed"), ("lefevre", "is SUSPENDED"), ("zolc", "no line")] {
        let mut h = Harness::start().await;
        h.keys(&format!("s/{who}<enter>")).await.shows("Step 2 of 5").shows("cannot be ordered here").shows(why);
    }
}

#[tokio::test]
async fn everything_that_a_change_clears_is_named_until_the_next_key() {
    let mut h = Harness::with(&[], (120, 40)).await;
    h.keys("n/edw acc<enter>united st<enter>06477<enter>s4 black<enter>nationwide<enter>1<enter>").await;
    h.keys("vehicle ch<enter><enter>512<enter>").await;
    h.keys(&"<S-tab>".repeat(7)).await;
    assert!(h.focus().contains("Country"), "{}", h.screen());
    h.keys("hong<enter>").await;
    for label in
        ["Device (Samsung", "Plan (Nationwide", "Features (Unlimited", "Accessories (", "Preferred Area Code (512)"]
    {
        h.shows(label);
    }
    h.keys("<S-tab>united st<enter>").await;
    for value in ["Samsung Galaxy S4", "Nationwide for Business", "Unlimited Push", "Vehicle Charger", "512", "06477"] {
        h.shows(value);
    }
}

#[tokio::test]
async fn asking_the_server_again_leaves_what_was_typed_alone() {
    let mut h = Harness::start().await;
    h.keys("s/edw dev<enter>+7<S-tab><S-tab><S-tab>").await;
    assert!(h.focus().contains("Contact Phone"), "{}", h.screen());
    h.keys("9e<tab><C-r>").await.shows("20355501609e").hides("cleared");
}

#[tokio::test]
async fn an_optional_list_that_fails_does_not_hold_the_order_up() {
    let mut h = Harness::with(&["GET catalog/accessories=status:500"], (80, 24)).await;
    let without = NEW_ACTIVATION.replace("vehicle ch<enter><enter>", "<enter><tab>");
    h.keys(&without).await.shows("REVIEW");
}

#[tokio::test]
async fn what_is_copied_says_sandbox_too() {
    let mut h = Harness::start().await;
    h.keys(SUSPEND).await.keys("c").await.keys("y").await.keys("c").await.keys("t").await;
    let copied = |ask: &Ask| matches!(ask, Ask::Copy(text) if text.contains("SANDBOX"));
    let all: Vec<_> = h.asked.lock().unwrap().iter().filter(|a| matches!(a, Ask::Copy(_))).cloned().collect();
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(copied), "{all:?}");
    assert!(matches!(&all[1], Ask::Copy(id) if id.starts_with("8711660")));
}

#[tokio::test]
async fn an_other_reason_is_sent_with_its_text_and_is_no_difference() {
    let mut h = Harness::with(&[], (100, 40)).await;
    h.keys(NEW_ACTIVATION).await.keys("<esc>").await;
    let row =
        |h: &Harness| h.program.model.desk.form().iter().position(|r| &*r.label == "Reason for the Order").unwrap();
    let here = |h: &Harness| {
        let Step::Details(form) = &h.program.model.step else { panic!("{}", h.screen()) };
        h.program.model.desk.form().iter().position(|r| r.id == form.focus).unwrap()
    };
    let up = here(&h) - row(&h);
    h.keys(&"<S-tab>".repeat(up)).await.keys("other<enter>").await.shows("which");
    h.keys("Current phone recalled<C-o>").await.shows("Current phone recalled").shows("Everything is as you asked");
    let choice = h.posts().last().unwrap().1["orderRequest"]["properties"][0]["fields"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        choice,
        json!({"id": "ORDER_REASON", "type": "CHOICE", "choice": {"id": "7", "otherText": "Current phone recalled"}})
    );
}

#[tokio::test]
async fn no_size_is_too_small_to_survive() {
    let mut h = Harness::start().await;
    h.keys("n/edw acc<enter>").await;
    for size in [(10, 3), (1, 1), (39, 12), (40, 11), (200, 60), (40, 12), (5, 50), (80, 24)] {
        h.resize(size).await;
    }
    h.shows("Country");
    h.resize((31, 9)).await.shows("31x9 is too").resize((80, 24)).await.shows("Country");
}
