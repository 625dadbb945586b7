//! Ways through the questions: back, search, more, resume, what is wrong, what comes in between, and out.

use std::net::TcpListener;
use std::sync::Arc;

use mobproc::api::Api;
use mobproc::app::Step;
use mobproc::app::message::Event;
use mobproc::domain::text::Clean;
use mobproc::profile::SignIn;
use mobproc::sandbox::{Options, Sandbox};
use mobproc::secret::Source;

use super::profile::bare;
use super::talk::Talk;

#[track_caller]
fn says(said: &str, text: &str) {
    // Lines are broken at blanks.
    let squeezed = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed(said).contains(&squeezed(text)), "{text:?} is not said:\n{said}");
}

#[tokio::test]
async fn back_leads_out_of_every_field_and_what_was_typed_wrong_stays() {
    let mut talk = Talk::start(&[]).await;
    let said = talk.answers(&["s/edw dev", "soonish"]).await;
    says(&said, "Error: Preferred Suspension Date: That is not a date: type t, +7, fri");
    assert_eq!(talk.field().unwrap(), "Preferred Suspension Date");
    let mut passed = Vec::new();
    while let Some(label) = talk.field() {
        passed.push(label);
        talk.answer("<").await;
        assert!(passed.len() < 20, "{}", talk.all());
    }
    assert_eq!(passed, ["Preferred Suspension Date", "Hold Service", "Service Number", "Contact Phone Number", "Line"]);
    assert!(matches!(talk.program.model.step, Step::Kind(_)), "{}", talk.all());
    let said = talk.answer("<").await;
    says(&said, "Enter keeps Edwards, Peter");
    says(&talk.answer("<").await, "Error: This is the first question.");
    let said = talk.answers(&["", ""]).await;
    assert_eq!(talk.held("Preferred Suspension Date").unwrap(), "soonish", "{said}");
}

#[tokio::test]
async fn every_field_takes_wrong_answers_with_a_sentence_and_loses_none() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["s/edw dev", "<", "<", "<"]).await;
    assert_eq!(talk.field().unwrap(), "Contact Phone Number");
    says(&talk.answer("203555").await, "Error: Contact Phone Number: needs 10 digits, has 6.");
    assert_eq!(talk.field().unwrap(), "Contact Phone Number");
    assert_eq!(talk.held("Contact Phone Number").unwrap(), "203555");
    talk.answer("2035550199").await;
    assert_eq!(talk.held("Contact Phone Number").unwrap(), "2035550199");
    says(&talk.answers(&["!1", "x"]).await, "Error: Nothing in the list fits");
    says(&talk.answer("77").await, "Error: There is no such number in what was listed.");
    says(&talk.answer("!99").await, "Error: There is no field of that number");
    says(&talk.answer(":dance").await, "Error: :dance means nothing here");
    assert!(talk.posts().is_empty());
}

#[tokio::test]
async fn a_dot_goes_on_to_what_is_missing_and_then_to_the_review() {
    let mut talk = Talk::start(&[]).await;
    says(&talk.answers(&["s/edw dev", "."]).await, "Error: Preferred Suspension Date: is required.");
    talk.answers(&["<", "."]).await;
    assert_eq!(talk.field().unwrap(), "Preferred Suspension Date");
    talk.answer("+7").await;
    says(&talk.answer(".").await, "Step 4 of 5. Review.");
}

#[tokio::test]
async fn long_lists_are_searched_and_said_eight_at_a_time_with_numbers_that_stay() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["n/edw acc", "1", "06477"]).await;
    assert_eq!(talk.field().unwrap(), "Device");
    assert!(!talk.all().contains("1. Acer"), "a long list is not said before it is asked for");
    let said = talk.answer("m").await;
    let numbered = |n: usize| said.lines().any(|l| l.starts_with(&format!("{n}. ")));
    assert_eq!((numbered(1), numbered(8), numbered(9)), (true, true, false), "{said}");
    says(&said, "m for more:");
    let said = talk.answer("m").await;
    says(&said, "16. ");
    let third = talk.all().lines().find(|l| l.starts_with("3. ")).unwrap().to_owned();
    says(&talk.answer("/galaxy s4").await, "match.");
    talk.answer("m").await;
    says(&talk.answer("zzz").await, "Error: Nothing in the list fits \"zzz\"");
    talk.answers(&["/", "3"]).await;
    let held = talk.held("Device").unwrap();
    assert!(third.contains(held.split('(').next().unwrap().trim()) || !held.is_empty(), "{third}: {held}");
}

#[tokio::test]
async fn several_are_taken_in_and_out_by_number() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["n/edw acc", "1", "06477", "s4 black", "nationwide for business talk share", "1"]).await;
    assert_eq!(talk.field().unwrap(), "Features");
    talk.answers(&["1", "2"]).await;
    assert_eq!(talk.held("Features").unwrap().matches(", ").count(), 1, "{}", talk.all());
    says(&talk.answer("-1").await, "Features:");
    says(&talk.answer("-1").await, "Error: It is not chosen.");
    talk.answer("2").await;
    assert_eq!(talk.held("Features"), None);
    says(&talk.answer("+99").await, "Error: There is no such number");
    talk.answers(&["1", "-"]).await;
    assert_eq!(talk.held("Features"), None, "{}", talk.all());
}

#[tokio::test]
async fn signs_can_be_answers_with_a_backslash_and_every_field_can_be_emptied() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["s/edw dev", "+7", r"\q"]).await;
    says(&talk.answer("e").await, "Step 3 of 5");
    assert_eq!(talk.held("Additional Instructions").unwrap(), "q");
    let at = talk.program.model.desk.form().iter().position(|r| &*r.label == "Additional Instructions").unwrap() + 1;
    says(&talk.answer(&format!("!{at}")).await, "Now q. Enter keeps it");
    talk.answer("-").await;
    assert_eq!(talk.held("Additional Instructions"), None, "{}", talk.all());
    talk.answers(&["!1", "-"]).await;
    assert_eq!(talk.held("Line"), None, "{}", talk.all());
    says(&talk.answer("").await, "Error: Line is required");
    says(&talk.answer("1").await, "Line: 203-555-4468");
}

#[tokio::test]
async fn what_is_left_is_listed_next_time_and_goes_on_where_it_was() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["s/edw dev", "+7"]).await;
    assert_eq!(talk.field().unwrap(), "Additional Instructions");
    talk.answer("q").await;
    assert!(talk.left());
    talk.leave();
    let mut again = talk.another().await;
    says(&again.all(), "1 unfinished order.");
    let row = again.all().lines().find(|l| l.contains("Draft, ")).unwrap().to_owned();
    says(&row, "4 of 4 required done");
    again.answer(row.split('.').next().unwrap()).await;
    assert_eq!(again.field().unwrap(), "Additional Instructions", "{}", again.all());
    assert!(again.held("Preferred Suspension Date").is_some());
}

#[tokio::test]
async fn yes_typed_ahead_of_the_review_places_nothing() {
    let mut talk = Talk::start(&[]).await;
    for line in ["s/edw dev", "+7", "", "yes", "yes", "yes"] {
        talk.type_in(line);
    }
    talk.settle().await;
    says(&talk.all(), "What was typed ahead was not taken.");
    assert!(talk.all().ends_with("Submit? Type yes, or e to edit, or < back: "), "{}", talk.all());
    assert_eq!((talk.submissions(), talk.posts().len()), (0, 1));
    for line in ["y", "ye", "yes please", ""] {
        says(&talk.answer(line).await, "Error: Nothing is ordered. Type the whole word yes");
    }
    says(&talk.answer("yes").await, "Order ID 8711660");
    assert_eq!(talk.submissions(), 1);
}

#[tokio::test]
async fn what_cannot_be_taken_back_wants_the_last_digits() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["d/edw dev", "."]).await;
    says(&talk.answers(&["yes", "4469"]).await, "Error: Not sent: those are not the last digits of the line.");
    says(&talk.answer("<").await, "Not submitted.");
    says(&talk.answers(&["yes", "4468"]).await, "Order ID 8711660");
    assert_eq!(talk.submissions(), 1);
}

#[tokio::test]
async fn what_the_server_refuses_is_said_at_its_field_and_nothing_is_lost() {
    let mut talk = Talk::start(&["POST orders@1=refuse:CONTACT_NUMBER:Call it another day"]).await;
    let said = talk.answers(&["s/edw dev", "+7", "Stolen"]).await;
    says(&said, "Error: The server refused: 1 problem.");
    says(&said, "Call it another day");
    assert_eq!(talk.field().unwrap(), "Contact Phone Number");
    assert_eq!(talk.held("Additional Instructions").unwrap(), "Stolen");
    says(&talk.answers(&["2035550199", "."]).await, "Step 4 of 5. Review.");
}

#[tokio::test]
async fn a_refusal_that_is_tied_to_no_field_is_said_and_the_fields_are_asked() {
    let mut talk = Talk::start(&["POST orders@1=refuse-plain:Region missing"]).await;
    let said = talk.answers(&["s/edw dev", "+7", ""]).await;
    says(&said, "Refused. Not tied to one field:");
    says(&said, "Region missing");
    assert!(talk.field().is_some(), "{said}");
    says(&talk.answer(".").await, "Step 4 of 5. Review.");
}

#[tokio::test]
async fn a_review_that_fails_says_what_to_do_and_is_asked_for_again() {
    let mut talk = Talk::start(&["POST orders@1=status:500"]).await;
    let said = talk.answers(&["s/edw dev", "+7", ""]).await;
    says(&said, "Error: The server failed (500)");
    says(&said, "Nothing was ordered. What you typed is kept.");
    says(&said, ":reload tries again");
    says(&talk.answer("").await, "4 lines, 0 differences, no costs.");
}

#[tokio::test]
async fn differences_are_counted_and_named() {
    let mut talk = Talk::start(&["POST orders@1=change:CONTACT_NUMBER=2035550000"]).await;
    let said = talk.answers(&["s/edw dev", "+7", ""]).await;
    says(&said, "4 lines, 1 difference, no costs.");
    says(&said, "Difference. Contact Phone Number: 2035550000; you asked for 2035550160; changed by the server.");
    talk.answer("e").await;
    assert_eq!(talk.field().unwrap(), "Contact Phone Number", "{}", talk.all());
}

#[tokio::test]
async fn an_order_without_an_answer_is_unconfirmed_first_of_all_and_looked_for() {
    let mut talk = Talk::start(&["POST orders@2=drop"]).await;
    talk.answers(&["s/edw dev", "+7", "", "yes"]).await;
    talk.until("found after no answer").await;
    says(&talk.all(), "UNCONFIRMED. It was sent, and no answer came.");
    says(&talk.all(), "Order submitted. Order ID 8711660");
    assert_eq!(talk.submissions(), 1);
}

#[tokio::test]
async fn what_was_not_placed_is_sent_again_with_the_characters_of_its_reference() {
    let mut talk = Talk::start(&["POST orders@2=drop-before"]).await;
    talk.answers(&["s/edw dev", "+7", "", "yes"]).await;
    talk.until("You may send it again").await;
    let number = talk.program.model.desk.draft.number.to_string();
    says(&talk.answers(&["3", "xxxx"]).await, "Error: Not sent: those are not the last characters");
    says(&talk.answer(&number[number.len() - 4..]).await, "Order ID 8711660");
    assert_eq!(talk.submissions(), 2);
}

#[tokio::test]
async fn behind_an_order_the_next_one_begins_and_placed_ones_can_be_read() {
    let mut talk = Talk::start(&[]).await;
    says(&talk.answers(&["s/edw dev", "+7", "", "yes", "c"]).await, "digits 8 7 1 1 6 6 0");
    says(&talk.answer("t").await, "Order 8711660 ORDER_SUBMITTED");
    says(&talk.answer("5").await, "Status now: ORDER_SUBMITTED");
    says(&talk.answer("9").await, "Error: Type 1 to 6");
    says(&talk.answer("n").await, "Step 2 of 5. What is needed for Edwards, Peter");
    let said = talk.answer("m").await;
    says(&said, "Cost Center:");
    let row = said.lines().find(|l| l.contains("Order 8711660")).unwrap().split('.').next().unwrap().to_owned();
    says(&talk.answer(&row).await, "Order 8711660, digits 8 7 1 1 6 6 0.");
    says(&talk.answer("<").await, "Step 2 of 5");
    says(&talk.answer("z").await, "Error: z is no letter, code or name of a type.");
    says(&talk.answer("22").await, "Error: 22 Resume a suspended line: 203-555-4468 is ACTIVE.");
    says(&talk.answer("deact").await, "DEACTIVATE for Edwards, Peter");
    let said = talk.answer(":home").await;
    says(&said, "The draft is kept and stands in the list.");
    says(&said, "1 unfinished order.");
    let said = talk.answers(&["m", "m"]).await;
    says(&said, "Order ");
}

#[tokio::test]
async fn the_same_for_somebody_else_asks_for_whom_and_goes_on() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["u/gonc", "iphone 5", "6698", "", ".", "1", ".", "yes"]).await;
    assert!(talk.all().contains("Order ID"), "{}", talk.all());
    says(&talk.answer("2").await, "Same type and answers; choose for whom.");
    says(&talk.answer("ortiz gr").await, "Step 3 of 5, details. UPGRADE for Ortiz");
}

#[tokio::test]
async fn people_are_listed_while_several_fit_and_placed_orders_are_found_by_number() {
    let mut talk = Talk::start(&[]).await;
    let said = talk.answer("edw").await;
    says(&said, "2 match.");
    says(&said, "2. Edwards, Peter, peter.edwards.acme, Development");
    says(&talk.answer("nobodyofthatname").await, "Error: Nobody fits that");
    says(&talk.answer("8694063").await, "Order 8694063, digits 8 6 9 4 0 6 3.");
    says(&talk.answer("").await, "Who is the order for?");
    says(&talk.answers(&["/edw", "2"]).await, "Step 2 of 5. What is needed for Edwards, Peter");
    let mut talk = Talk::start(&[]).await;
    says(&talk.answer("/鈴木").await, "1. 鈴木, 太郎");
}

#[tokio::test]
async fn leaving_is_asked_about_and_can_be_thrown_away() {
    let mut talk = Talk::start(&[]).await;
    talk.answer("s/edw dev").await;
    says(&talk.interrupt().await, "Leave mobproc? 1: stay.");
    talk.answer("1").await;
    assert_eq!(talk.field().unwrap(), "Preferred Suspension Date");
    talk.interrupt().await;
    says(&talk.answer("3").await, "The draft was thrown away");
    says(&talk.answer(":restore").await, "1 unfinished order.");
    talk.interrupt().await;
    talk.interrupt().await;
    assert!(talk.left());
}

#[tokio::test]
async fn what_must_be_known_comes_at_once_and_is_acknowledged() {
    let mut talk = Talk::start(&[]).await;
    talk.answer("s/edw dev").await;
    talk.event(Event::Alarm(Clean::new("The order list is odd"))).await;
    assert!(talk.all().ends_with("The order list is odd.\nEnter when you have read it: "), "{}", talk.all());
    says(&talk.answer("+7").await, "Error: What was typed was not taken.");
    says(&talk.answer("").await, "Preferred Suspension Date. Required.");
    assert_eq!(talk.held("Preferred Suspension Date"), None);
    talk.event(Event::News(Clean::new("Order 1 was found"))).await;
    assert!(talk.all().ends_with("Note: Order 1 was found.\nAnswer, or < back: "), "{}", talk.all());
}

#[tokio::test]
async fn a_draft_in_use_elsewhere_is_left_or_taken_over() {
    let mut first = Talk::start(&[]).await;
    first.answers(&["s/edw dev", "+7"]).await;
    let mut second = first.another().await;
    let row = second.all().lines().find(|l| l.contains("Draft, in use")).unwrap().split('.').next().unwrap().to_owned();
    says(&second.answer(&row).await, "This draft is in use");
    says(&second.answer("1").await, "Who, or a number:");
    second.answers(&[&row, "2"]).await;
    assert_eq!(second.field().unwrap(), "Additional Instructions", "{}", second.all());
    says(&first.answer("Stolen").await, "Another session goes on with this draft.");
}

#[tokio::test]
async fn a_secret_is_asked_for_unseen_and_never_said() {
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), Options::default()).unwrap();
    let api = Api::new(bare(&sandbox.base_url(), SignIn::Token(Source::Ask)));
    let mut talk = Talk::of(Arc::new(sandbox), api, true).await;
    assert!(talk.all().ends_with("Access token, not shown: "), "{}", talk.all());
    says(&talk.answer("").await, "Not signed in. What you typed is kept; :reload asks again.");
    says(&talk.answer(":reload").await, "Access token, not shown:");
    // Nothing that is typed here is a sign.
    talk.answer(r"\q/first-secret").await;
    says(&talk.answer("edw dev").await, "Step 2 of 5");
    assert!(!talk.all().contains("first-secret"));
    let bearers =
        talk.sandbox.seen().into_iter().filter_map(|s| s.headers.into_iter().find(|(n, _)| n == "authorization"));
    assert!(bearers.into_iter().all(|(_, v)| v == r"Bearer \q/first-secret"));
}

#[tokio::test]
async fn everywhere_it_is_said_what_can_be_typed_and_what_was_answered() {
    let mut talk = Talk::start(&[]).await;
    says(&talk.answer("?").await, "s/edw pe is short for");
    says(&talk.answer("!").await, "Nothing is answered so far.");
    says(&talk.answers(&["edw dev", "?"]).await, "The letter or the two digits of a type");
    says(&talk.answers(&["s", "?"]).await, "A date: t for today");
    says(&talk.answer("!").await, "SUSPEND for Edwards, Peter");
    says(&talk.all(), "Contact Phone Number: 2035550160.");
    says(&talk.answers(&["+7", ".", "?"]).await, "yes, the whole word, submits the order.");
    says(&talk.answer(":json").await, "\"transactionType\": \"SUSPEND\"");
    says(&talk.answer("m").await, "Step 4 of 5. Review.");
    says(&talk.answer("<").await, "Additional Instructions");
}
