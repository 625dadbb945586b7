//! What is typed before its question was heard, secrets that look like signs, and texts that no box takes as they are.

use mobproc::app::Step;
use mobproc::app::message::{Effect, Event};
use mobproc::domain::text::Clean;

use super::talk::Talk;

const NOT_TAKEN: &str = "What was typed ahead was not taken.";

/// Types lines while the server has the order, and waits for what comes of it.
async fn meanwhile(talk: &mut Talk, waits: &str, lines: &[&str]) -> String {
    talk.until_said(waits).await;
    let before = talk.all().len();
    for line in lines {
        talk.type_in(line);
    }
    talk.settle().await;
    talk.all().split_off(before)
}

#[tokio::test]
async fn what_is_typed_while_the_server_checks_answers_nothing_whatever_it_says() {
    for (fault, prompt) in [
        ("POST orders@1=latency:300", "Submit? Type yes, or e to edit, or < back: "),
        ("POST orders@1=refuse:CONTACT_NUMBER:Call it another day", "Answer, or < back: "),
        ("POST orders@1=refuse-plain:Region missing", "Answer, or < back: "),
        ("POST orders@1=status:500", "Enter asks again, or < back: "),
        ("POST orders@1=drop", "Enter asks again, or < back: "),
    ] {
        let mut talk = Talk::start(&["POST orders@1=latency:300", fault]).await;
        talk.answers(&["s/edw dev", "+7"]).await;
        talk.type_in("");
        let said = meanwhile(&mut talk, "Checking with the server.", &["yes", ""]).await;
        assert!(said.contains(NOT_TAKEN) && said.ends_with(prompt), "{fault}:\n{}", talk.all());
        assert_eq!((talk.posts().len(), talk.submissions()), (1, 0), "{fault}:\n{}", talk.all());
        let form = talk.program.model.desk.form();
        let all: Vec<_> = form.iter().filter_map(|row| talk.held(&row.label)).collect();
        assert!(!all.iter().any(|answer| answer == "yes"), "{fault}: {all:?}");
    }
}

#[tokio::test]
async fn what_is_typed_while_the_order_is_sent_answers_nothing_whatever_comes_of_it() {
    for (fault, says) in [
        ("POST orders@9=empty", "Order ID 8711660"),
        ("POST orders@2=refuse:CONTACT_NUMBER:Call it another day", "Call it another day"),
        ("POST orders@2=status:400", "Error:"),
        ("POST orders@2=drop", "UNCONFIRMED"),
        ("POST orders@2=drop-before", "UNCONFIRMED"),
    ] {
        let mut talk = Talk::start(&["POST orders@2=latency:150", fault]).await;
        talk.answers(&["s/edw dev", "+7", ""]).await;
        talk.clock += 1000;
        talk.type_in("yes");
        let lines = ["3", "yes", "n", ""];
        let said = meanwhile(&mut talk, "Sending the order. It is sent once.", &lines).await;
        assert!(said.contains(NOT_TAKEN) && said.contains(says), "{fault}:\n{}", talk.all());
        assert_eq!(talk.submissions(), 1, "{fault}:\n{}", talk.all());
        assert!(!matches!(talk.program.model.step, Step::Kind(_)), "{fault}:\n{}", talk.all());
        let form = talk.program.model.desk.form();
        assert!(
            !form.iter().any(|row| talk.held(&row.label).is_some_and(|a| lines.contains(&a.as_str()) && !a.is_empty()))
        );
    }
}

#[tokio::test]
async fn a_dialog_is_not_answered_by_what_was_typed_before_it_was_said() {
    // One burst: the second line waits when the question comes.
    let mut talk = Talk::start(&[]).await;
    talk.answer("s/edw dev").await;
    talk.type_in(":discard");
    talk.type_in("2");
    talk.settle().await;
    assert!(talk.all().ends_with("1 or 2: ") && talk.all().contains(NOT_TAKEN), "{}", talk.all());
    // And one that was read before, and handled after.
    talk.type_at("2", 0);
    talk.settle().await;
    assert!(talk.all().ends_with("1 or 2: "), "{}", talk.all());
    talk.answer("1").await;
    assert!(talk.field().is_some(), "{}", talk.all());
    talk.interrupt().await;
    for line in ["2", "3"] {
        talk.type_at(line, 0);
        talk.settle().await;
        assert!(!talk.left() && talk.all().ends_with("1, 2 or 3: "), "{}", talk.all());
    }
    talk.answer("1").await;
    talk.event(Event::Alarm(Clean::new("The order list is odd"))).await;
    talk.type_at("", 0);
    talk.settle().await;
    assert!(talk.all().ends_with("Enter when you have read it: "), "{}", talk.all());
    talk.answer("").await;
    assert_eq!(talk.field().unwrap(), "Preferred Suspension Date");
}

#[tokio::test]
async fn a_draft_in_use_is_not_taken_over_by_what_was_typed_before_that_was_said() {
    let mut first = Talk::start(&[]).await;
    first.answers(&["s/edw dev", "+7"]).await;
    let mut second = first.another().await;
    let row = second.all().lines().find(|l| l.contains("Draft, in use")).unwrap().split('.').next().unwrap().to_owned();
    second.type_in(&row);
    second.type_in("2");
    second.settle().await;
    assert!(second.all().contains(NOT_TAKEN) && second.all().ends_with("1 or 2: "), "{}", second.all());
    second.type_at("2", 0);
    second.settle().await;
    assert!(second.all().ends_with("1 or 2: "), "{}", second.all());
    assert!(first.field().is_some());
}

#[tokio::test]
async fn neither_yes_nor_the_last_digits_count_when_they_were_typed_before_their_question() {
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["d/edw dev", "."]).await;
    talk.type_at("yes", 0);
    talk.settle().await;
    assert!(talk.all().contains(NOT_TAKEN), "{}", talk.all());
    assert!(talk.all().ends_with("Submit? Type yes, or e to edit, or < back: "), "{}", talk.all());
    let digits = "Last 4 digits of 203-555-4468, or < back: ";
    talk.clock += 1000;
    talk.type_in("yes");
    talk.type_in("4468");
    talk.settle().await;
    assert!(talk.all().ends_with(digits), "{}", talk.all());
    talk.type_at("4468", 0);
    talk.settle().await;
    assert!(talk.all().ends_with(digits) && talk.submissions() == 0, "{}", talk.all());
    assert!(talk.answer("4468").await.contains("Order ID"), "{}", talk.all());
}

#[tokio::test]
async fn what_is_agreed_to_is_not_agreed_to_before_it_was_said() {
    let mut talk = Talk::start(&[]).await;
    to(&mut talk, "yes or no, or < back: ").await;
    assert!(talk.all().contains("Do you agree to this? Required."), "{}", talk.all());
    talk.answer("<").await;
    talk.type_in("");
    talk.type_in("yes");
    talk.settle().await;
    assert!(talk.all().ends_with("yes or no, or < back: ") && talk.all().contains(NOT_TAKEN), "{}", talk.all());
    assert!(!talk.all().contains("Agreed."), "{}", talk.all());
}

/// Takes a number over, up to that prompt.
async fn to(talk: &mut Talk, prompt: &str) {
    talk.answer("i/edw acc").await;
    for _ in 0..40 {
        if talk.all().ends_with(prompt) {
            return;
        }
        let answer = match talk.field().unwrap_or_default().as_str() {
            "Current carrier" | "Country" | "Ship to" => "1",
            "Postal code" => "06477",
            "Number to be transferred" => "2035550123",
            _ if talk.all().ends_with("yes or no, or < back: ") => "yes",
            _ => "",
        };
        talk.answer(answer).await;
    }
    panic!("{prompt:?} does not come:\n{}", talk.all());
}

#[tokio::test]
async fn a_pin_that_looks_like_a_sign_is_a_pin_and_is_said_nowhere() {
    for pin in [":Secret9", "/Secret9", "!Secret9", "!3", "m", "q", "-", ".", "=", "7", r"\q"] {
        let mut talk = Talk::start(&[]).await;
        to(&mut talk, "Answer, not shown, or < back: ").await;
        let label = talk.field().unwrap();
        let before = talk.all().len();
        let help = talk.answer("?").await;
        assert!(help.contains("goes back") && !help.contains(":reload"), "{help}");
        talk.answer(pin).await;
        let said = talk.all().split_off(before);
        assert!(!said.contains("Secret9"), "{pin}: {said}");
        assert!(!talk.left() && !said.contains("means nothing"), "{pin}: {said}");
        let held = talk.program.model.desk.form().into_iter().find(|r| *r.label == *label).unwrap();
        let answer = talk.program.model.desk.draft.answer(&held.id).cloned();
        assert_eq!(answer, Some(mobproc::domain::draft::Answer::Text(pin.into())), "{pin}: {said}");
    }
}

#[tokio::test]
async fn a_search_that_no_box_takes_as_it_is_finds_its_row_all_the_same() {
    for words in ["s4\tblack", "s4 bl\u{200b}ack", "s4 black\u{7}"] {
        let mut talk = Talk::start(&[]).await;
        talk.answers(&["n/edw acc", "1", "06477"]).await;
        assert_eq!(talk.field().unwrap(), "Device");
        let said = talk.answer(words).await;
        assert!(talk.held("Device").is_some() && !said.contains("Error:"), "{words:?}: {said}");
    }
    let mut talk = Talk::start(&[]).await;
    talk.answers(&["n/edw acc", "1", "06477"]).await;
    let many = format!("s4{}black", " ".repeat(20_000));
    let said = talk.answer(&many).await;
    assert!(said.contains("Error: The list cannot be searched for that."), "{said}");
}

#[tokio::test]
async fn numbers_at_home_go_on_meaning_their_rows_when_the_list_changes_behind_the_hand() {
    let mut first = Talk::start(&[]).await;
    first.answers(&["s/edw dev", "+7", "q"]).await;
    first.leave();
    let mut talk = first.another().await;
    let row = talk.all().lines().find(|l| l.contains("Draft, ")).unwrap().to_owned();
    let number = row.split('.').next().unwrap().to_owned();
    let mut other = first.another().await;
    other.answers(&["d/gonc", "q"]).await;
    other.leave();
    talk.work(Effect::List);
    talk.until("2 unfinished orders.").await;
    let again = talk.all().lines().filter(|l| l.starts_with(&format!("{number}. "))).count();
    assert!(again >= 2 && talk.all().contains("DEACTIVATE, "), "{}", talk.all());
    talk.answer(&number).await;
    assert!(talk.all().contains("SUSPEND for Edwards, Peter"), "{}", talk.all());
}
