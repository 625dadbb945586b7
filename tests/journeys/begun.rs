//! Orders begun from outside: published bodies as files, and answers of a command line.

use std::path::{Path, PathBuf};

use mobproc::app::Step;
use mobproc::domain::kinds;
use mobproc::domain::prefill::{Given, Prefill};
use serde_json::{Value, json};

use super::harness::Harness;

/// A body as far as it means something: empty texts left out, and what has an id in the order of ids.
fn settled(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, v)| v.as_str() != Some(""))
            .map(|(name, v)| (name.clone(), settled(v)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(settled).collect();
            items.sort_by_key(|i| i["id"].as_str().or(i.as_str()).unwrap_or_default().to_owned());
            items.into()
        }
        other => other.clone(),
    }
}

/// The order that such a body begins, played to its review: what is asked again here is what no body may decide.
async fn begun(body: &Value) -> Harness {
    let mut prefill = Prefill::of_body(body, None).unwrap();
    let kind = prefill.kind.unwrap();
    let service = body["orderRequest"]["serviceId"].as_str();
    // The published line of one body belongs to another employee in this world.
    prefill.employee = Some(if service == Some("38382349") { "28674410" } else { "28673732" }.to_owned());
    let mut h = Harness::begun(prefill).await;
    assert!(matches!(h.program.model.step, Step::Details(_)), "{}:\n{}", kind.id, h.screen());
    h.keys("<C-o>").await;
    h
}

async fn orders_as_published(folder: &Path) {
    for name in ["new_activation", "suspend", "swap_devices", "update_features", "upgrade"] {
        let path = folder.join(format!("{name}.request.json"));
        let mut body: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        // A fixture names a login of nobody here.
        for group in body["orderRequest"]["properties"].as_array_mut().unwrap() {
            for field in group["fields"].as_array_mut().unwrap().iter_mut().filter(|f| f["id"] == "HOLD_SERVICE") {
                field["choice"]["id"] = "peter.edwards.acme".into();
            }
        }
        let h = begun(&body).await;
        let posts = h.posts();
        assert_eq!(posts.len(), 1, "{name} was not confirmed:\n{}", h.screen());
        assert_eq!(settled(&posts[0].1), settled(&body), "{name}");
        assert!(matches!(&h.program.model.step, Step::Review(r) if r.shown().is_some()), "{name}:\n{}", h.screen());
    }
}

#[tokio::test]
async fn the_answers_of_the_fixtures_give_their_bodies_member_for_member() {
    orders_as_published(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")).await;
}

#[tokio::test]
#[cfg_attr(not(published_samples), ignore = "set MOBPROC_SAMPLES to a folder of published bodies")]
async fn the_answers_of_the_published_bodies_give_them_member_for_member() {
    let folder: PathBuf = std::env::var_os("MOBPROC_SAMPLES").expect("MOBPROC_SAMPLES is set").into();
    orders_as_published(&folder).await;
}

fn given(kind: &str, employee: &str, sets: &[&str]) -> Prefill {
    Prefill {
        kind: kinds::named(kind),
        employee: Some(employee.into()),
        given: sets.iter().map(|s| Given::set(s).unwrap()).collect(),
        ..Prefill::default()
    }
}

#[tokio::test]
async fn a_ticket_system_begins_an_order_and_it_takes_three_keys_more() {
    let sets = ["CONTACT_NUMBER=2035559999", "PREFERRED_SUSPENSION_DATE=+7"];
    let prefill = Prefill {
        service: Some("203-555-4468".into()),
        reference: Some("AZ99087547-001".into()),
        ..given("SUSPEND", "28673732", &sets)
    };
    let mut h = Harness::begun(prefill).await;
    h.shows("Step 3 of 5").shows("2035559999").shows("Mon 30 Nov 2026");
    h.keys("<C-o>y").await.shows("8711660");
    let body = &h.posts()[1].1["orderRequest"];
    assert_eq!((&body["externalOrderNumber"], &body["serviceId"]), (&json!("AZ99087547-001"), &json!("38382335")));
}

#[tokio::test]
async fn what_does_not_fit_is_shown_at_its_field_and_what_has_no_field_stays_in_sight() {
    let sets = ["CONTACT_NUMBER=12", "HOLD_SERVICE=nobody", "PREFERRED_SUSPENSION_DATE=soonish", "NO_SUCH_FIELD=kept"];
    let mut h = Harness::begun(given("SUSPEND", "28673732", &sets)).await;
    assert!(h.row("Contact Phone Number").contains("12"), "{}", h.screen());
    assert!(
        h.row("Hold Service").contains("nobody") && h.row("Hold Service").contains("not in the list"),
        "{}",
        h.screen()
    );
    assert!(h.row("Preferred Suspension Date").contains("soonish"), "{}", h.screen());
    h.shows("NO_SUCH_FIELD=kept");
    h.keys("<C-o>").await;
    assert_eq!(h.posts().len(), 0, "nothing is asked with answers that do not fit");
}

#[tokio::test]
async fn an_employee_or_line_that_is_not_there_is_said_and_the_rest_is_kept() {
    let mut h = Harness::begun(given("SUSPEND", "1234", &["PREFERRED_SUSPENSION_DATE=+7"])).await;
    h.shows("There is no employee 1234").keys("<C-u>edw dev<enter>").await.shows("Mon 30 Nov 2026");
    let prefill = Prefill { employee: None, service: Some("2035554468".into()), ..given("SUSPEND", "", &[]) };
    Harness::begun(prefill).await.shows("Step 3 of 5").shows("Edwards, Peter").shows("203-555-4468");
    let nowhere = Prefill { employee: None, service: Some("9995550000".into()), ..given("SUSPEND", "", &[]) };
    Harness::begun(nowhere).await.shows("No line has the number or id 9995550000");
}

#[test]
fn a_secret_is_refused_on_a_command_line_and_not_taken_from_a_file() {
    assert!(Given::set("PIN_PASSWORD=1234").unwrap_err().contains("secret"));
    assert!(Given::set("no equals sign").unwrap_err().contains("ID=VALUE"));
    let of = |json: Value| Prefill::of_body(&json, None).unwrap_err();
    assert!(of(json!({"orderRequest": {"transactionType": "NOPE"}})).contains("NOPE"));
    assert!(of(json!({"orderRequest": {}})).contains("transactionType"));
    assert!(of(json!([])).contains("no orderRequest"));
    let other = Prefill::of_body(&json!({"transactionType": "SUSPEND"}), kinds::named("UPGRADE"));
    assert!(other.unwrap_err().contains("SUSPEND, not UPGRADE"));
}

#[tokio::test]
async fn members_of_a_file_that_the_type_does_not_have_stay_in_sight() {
    let body = json!({"orderRequest": {"transactionType": "SUSPEND", "serviceId": "38382335", "regionId": "70144640",
        "properties": [{"groupId": "MISCELLANEOUS", "fields": [{"id": "PREFERRED_SUSPENSION_DATE", "type": "DATE", "date": "2026-12-22T00:00:00Z"}]}]}});
    let mut h = begun(&body).await;
    h.shows("22 Dec 2026").keys("<esc>").await.shows("regionId=70144640");
}

#[tokio::test]
async fn a_file_that_names_a_line_needs_no_employee() {
    let body = json!({"orderRequest": {"transactionType": "SUSPEND", "serviceId": "38382335"}});
    let mut h = Harness::begun(Prefill::of_body(&body, None).unwrap()).await;
    h.shows("Step 3 of 5").shows("Edwards, Peter").shows("203-555-4468");
}

#[tokio::test]
async fn a_secret_and_the_boxes_of_a_file_wait_for_whoever_sits_here() {
    let body = json!({"orderRequest": {"transactionType": "XFER_SERVICE_IN", "currentVendorId": "98",
        "regionId": "70144640", "postalCode": "06477", "shoppingCart": {"planId": "6568886494"},
        "acknowledgements": [{"id": "AUTHORIZATION_OF_TRANSFER", "type": "BOOLEAN", "boolean": true}],
        "properties": [{"groupId": "MISCELLANEOUS", "fields": [
            {"id": "SERVICE_NUMBER", "type": "TEXT", "text": "2035550123"},
            {"id": "PIN_PASSWORD", "type": "TEXT", "text": "from-a-file"}]}]}});
    let prefill = Prefill { employee: Some("28671599".into()), ..Prefill::of_body(&body, None).unwrap() };
    let mut h = Harness::begun(prefill).await;
    // What is read has the whole screen.
    h.keys("<S-tab>")
        .await
        .shows("PIN_PASSWORD, which must be typed here")
        .shows("AUTHORIZATION_OF_TRANSFER=true")
        .hides("[x]");
    h.keys("<tab><enter><enter><enter>y<C-o>y<C-o>y<C-o>typed<C-o>").await.shows("REVIEW").hides("Given, and");
    let sent = h.posts()[0].1.to_string();
    assert!(sent.contains("\"typed\"") && !sent.contains("from-a-file"), "{sent}");
}

#[tokio::test]
async fn what_could_mean_two_things_or_says_too_little_stays_in_sight() {
    let sets = ["simId=123", "newDevice.simId=8900000000000000001"];
    let mut h = Harness::begun(given("SWAP_DEVICES", "28674410", &sets)).await;
    h.shows("no field takes it so far: simId=123");
    assert!(h.row("New SIM id").contains("8900000000000000001"), "{}", h.screen());
    let mut h = Harness::begun(given("UPDATE_FEATURES", "28673732", &["features=518"])).await;
    h.shows("Features=[\"518\"]");
    let sets = ["CONTACT_NUMBER=2035550111", "CONTACT_NUMBER=2035550222"];
    let mut h = Harness::begun(given("SUSPEND", "28673732", &sets)).await;
    assert!(h.row("Contact Phone Number").contains("2035550111"), "{}", h.screen());
    h.shows("2035550222");
}

#[tokio::test]
async fn members_that_are_null_say_nothing_and_odd_ones_stay_in_sight() {
    let body = json!({"orderRequest": {"transactionType": "SUSPEND", "serviceId": "38382335", "regionId": null,
        "properties": [{"groupId": "MISCELLANEOUS", "fields": [
            {"id": "CONTACT_NUMBER", "text": "2035550111", "date": null, "choice": null},
            {"id": "ADDITIONAL_INSTRUCTIONS"}]}]}});
    let mut h = Harness::begun(Prefill::of_body(&body, None).unwrap()).await;
    assert!(h.row("Contact Phone Number").contains("2035550111"), "{}", h.screen());
    h.shows("ADDITIONAL_INSTRUCTIONS").hides("null");
}

#[tokio::test]
async fn neither_yes_nor_no_is_marked_at_its_field() {
    let sets = ["accessoryIds=3628940914", "expedite=maybe"];
    let h = Harness::begun(given("ORDER_ACCESSORIES", "28674410", &sets)).await;
    assert!(h.row("Expedite").contains("\"maybe\" is neither y nor n"), "{}", h.screen());
}

#[tokio::test]
async fn a_reference_of_a_known_order_is_shown_with_it_and_not_taken() {
    let prefill = Prefill {
        reference: Some("MP7HF06WK8QV10".into()),
        ..given(
            "NEW_ACTIVATION",
            "28671599",
            &["regionId=70144640", "postalCode=06477", "planId=6568886494", "PREFERRED_AREA_CODE=512"],
        )
    };
    let mut h = Harness::begun(prefill).await;
    h.keys("<C-o>").await.shows("is used by order 8694063, NEW_ACTIVATION").shows("12 Nov 2026");
    assert_eq!(h.posts().len(), 0, "nothing is asked under a number that another order has");
    // It has a number of its own from now on, and goes on with that.
    h.keys("<C-r>").await.shows("REVIEW").shows("ref MP8").keys("<pgdn>y").await.shows("8711660");
    assert_eq!(h.posts()[1].1["orderRequest"]["externalOrderNumber"], "MP80000000000G");
}

#[tokio::test]
async fn what_means_several_rows_opens_them() {
    let prefill = Prefill { service: Some("212".into()), ..given("SUSPEND", "28675001", &[]) };
    Harness::begun(prefill).await.shows("3 of 8 match").shows("212-555-3969").shows("212-555-7308");
}

#[tokio::test]
async fn a_reference_can_be_typed_and_taken_back_until_the_order_is_sent() {
    let mut h = Harness::start().await;
    h.keys("edw dev<enter>s+7<enter><enter>").await.keys("two words<C-o>").await.shows("no blanks");
    h.keys("<C-u>INC-4711<C-o>").await.shows("REVIEW").shows("ref INC-4711").keys("<esc>").await;
    let again = h.program.model.desk.draft.reference;
    assert!(matches!(again, mobproc::domain::draft::Reference::Free(Some(_))), "{again:?}");
    h.keys("<C-u><C-o>").await.shows("ref MP70000000000J").keys("y").await.shows("8711660");
    let numbers: Vec<_> = h.posts().iter().map(|p| p.1["orderRequest"]["externalOrderNumber"].clone()).collect();
    assert_eq!(numbers, ["INC-4711", "MP70000000000J", "MP70000000000J"]);
}
