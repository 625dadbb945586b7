//! The state machine by itself: an event in, the state and the effects out. Lookups are answered from a few constants.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

#[path = "update/ahead.rs"]
mod ahead;
#[path = "update/desktop.rs"]
mod desktop;
#[path = "update/keys.rs"]
mod keys;
#[path = "update/lists.rs"]
mod lists;
#[path = "update/questions.rs"]
mod questions;
#[path = "update/searching.rs"]
mod searching;

use std::sync::Arc;

use mobproc::app::Step;
use mobproc::app::desk::Level;
use mobproc::app::keys::{Key, resolve};
use mobproc::app::message::{Effect, Event, Part};
use mobproc::domain::attempt::{Confirmed, Verdict};
use mobproc::domain::directory::{Directory, Reading};
use mobproc::domain::fault::Fault;
use mobproc::domain::journal::State;
use mobproc::domain::kept::Standing;
use mobproc::domain::lookups::{Found, Lookup, LookupKey, Read};
use mobproc::domain::readers::collection;
use mobproc::domain::reply;
use mobproc::domain::text::{Body, Clean};
use serde_json::{Value, json};

use desktop::*;

#[test]
fn a_person_and_a_type_are_chosen_and_everything_for_them_is_asked_as_the_actor() {
    let mut d = start();
    d.hold = vec!["lines", "me", "properties"];
    d.keys("edw\n");
    assert_eq!(d.step(), "kind");
    assert_eq!(d.held.len(), 2);
    assert!(d.held.iter().all(|k| k.query.actor.as_ref().unwrap().as_str() == "1"), "{:?}", d.held);
    d.keys("s");
    assert_eq!(d.step(), "details");
}

#[test]
fn what_is_typed_while_a_lookup_runs_is_kept_for_its_field() {
    let mut d = start();
    d.hold = vec!["lines", "properties"];
    d.keys("edw\ns+7\n");
    assert_eq!(d.step(), "details");
    d.release();
    d.release();
    d.keys("^");
    assert_eq!(d.step(), "review", "{}", d.notice());
    let body = &d.asked()[0].body["orderRequest"];
    assert_eq!(body["serviceId"], "100");
    assert_eq!(body["properties"][0]["fields"][1]["date"], "2026-11-30T00:00:00+00:00");
}

#[test]
fn a_whole_order_typed_before_anything_has_come_stops_at_the_review() {
    let mut d = start();
    d.forget();
    d.hold = vec!["people", "all lines", "me", "lines", "properties"];
    d.event(Event::Resized(80, 24));
    d.keys("s/edw\n+7\n^yyyy");
    assert_eq!(d.step(), "home");
    while !d.held.is_empty() || !d.parts.is_empty() {
        d.release();
    }
    assert_eq!(d.step(), "review", "{}", d.notice());
    assert!(d.sent().is_empty());
    assert_eq!(d.asked()[0].body["orderRequest"]["properties"][0]["fields"][1]["date"], "2026-11-30T00:00:00+00:00");
}

#[test]
fn enter_typed_blind_never_chooses_among_several() {
    let mut d = start();
    d.forget();
    d.hold = vec!["people"];
    d.event(Event::Resized(80, 24));
    d.keys("e\ns");
    d.release();
    assert_eq!(d.step(), "home");
    assert!(d.notice().contains("2 match: choose one"), "{}", d.notice());
    assert!(d.model.desk.draft.who.is_none());
}

#[test]
fn only_the_line_that_allows_the_type_is_offered_and_being_the_only_one_it_is_chosen() {
    let mut d = start();
    d.keys("edw\ns");
    assert_eq!(&*d.model.desk.draft.one(mobproc::domain::slots::SlotId::Service).unwrap().name, "203-555-4468");
}

#[test]
fn enter_on_an_empty_box_means_the_agent() {
    let mut d = start();
    d.keys("\n");
    assert_eq!(d.model.desk.draft.actor().unwrap().as_str(), "9");
}

#[test]
fn the_number_of_a_line_finds_its_holder_and_chooses_the_line() {
    let mut d = start();
    d.keys("4468\n");
    let draft = &d.model.desk.draft;
    assert_eq!(draft.actor().unwrap().as_str(), "1");
    assert_eq!(draft.one(mobproc::domain::slots::SlotId::Service).unwrap().id.as_str(), "100");
}

#[test]
fn an_inactive_person_is_warned_of() {
    let mut d = start();
    d.keys("lee\n");
    assert!(d.notice().contains("INACTIVE"), "{}", d.notice());
}

#[test]
fn y_submits_once_however_often_it_is_pressed() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    for _ in 0..20 {
        d.key(Key::Char('y'), 30);
        d.key(Key::Enter, 30);
    }
    assert_eq!(d.step(), "sending");
    assert_eq!(d.sent().len(), 1);
    assert_eq!(d.sent()[0].body, d.asked()[0].body, "what is submitted is what was confirmed");
}

#[test]
fn a_held_key_never_submits_before_it_is_let_go() {
    let mut d = Desktop::reviewed();
    for _ in 0..100 {
        d.key(Key::Char('y'), 30);
    }
    assert_eq!(d.step(), "review");
    assert!(d.notice().contains("Read it first"), "{}", d.notice());
    d.key(Key::Char('y'), 300);
    assert_eq!(d.sent().len(), 1);
}

#[test]
fn nothing_is_submitted_before_the_last_line_was_on_the_screen_for_a_while() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    d.confirm(|_| {});
    d.key(Key::Char('y'), 5000);
    assert_eq!(d.step(), "review", "it was never painted");
    d.event(Event::Painted(d.now));
    d.key(Key::Char('y'), 500);
    assert_eq!(d.step(), "review", "half a second is too short");
    d.key(Key::Char('y'), 500);
    assert_eq!(d.step(), "sending");
}

#[test]
fn an_old_confirmation_is_asked_for_again() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 16 * 60 * 1000);
    assert_eq!((d.step(), d.sent().len(), d.asked().len()), ("review", 0, 2));
}

#[test]
fn enter_never_submits_but_tab_and_enter_do() {
    let mut d = Desktop::reviewed();
    d.keys("\n\n\n");
    assert_eq!(d.sent().len(), 0);
    d.keys("\t\n");
    assert_eq!(d.sent().len(), 1);
}

#[test]
fn an_answer_that_is_not_waited_for_any_more_is_not_shown() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    let (number, ticket) = (d.model.desk.draft.number.clone(), d.ticket());
    d.keys("\x1b^");
    d.event(Event::Confirmed(number, ticket, Err(Fault::TooMany)));
    assert!(matches!(&d.model.step, Step::Review(s) if s.awaits(ticket + 1)));
}

#[test]
fn what_is_typed_while_the_server_has_the_order_is_dropped_whatever_it_says() {
    let drains = |d: &Desktop| d.effects.iter().filter(|e| matches!(e, Effect::Drain)).count();
    for fault in [Fault::TooMany, Fault::Refused(Vec::new())] {
        let mut d = start();
        d.keys("edw\ns+7\n^");
        let (number, ticket, before) = (d.model.desk.draft.number.clone(), d.ticket(), drains(&d));
        d.event(Event::Confirmed(number, ticket, Err(fault)));
        assert_eq!(drains(&d), before + 1);
    }
    for verdict in [
        Verdict::Rejected(Vec::new()),
        Verdict::NotSent(Fault::TooMany),
        Verdict::NotApplied(Fault::TooMany, None),
        Verdict::Unknown(Clean::new("the connection broke")),
    ] {
        let mut d = Desktop::reviewed();
        d.keys("y");
        let (number, before) = (d.model.desk.draft.number.clone(), drains(&d));
        assert_eq!(d.step(), "sending");
        d.event(Event::Verdict(number, verdict));
        assert_eq!(drains(&d), before + 1);
    }
}

#[test]
fn a_confirmation_that_ordered_is_recorded_even_after_going_away() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    let (number, ticket, order) = (d.model.desk.draft.number.clone(), d.ticket(), d.order());
    d.keys("\x1b\x1b\x1b");
    assert_eq!(d.step(), "home");
    d.event(Event::Confirmed(number, ticket, Ok(Confirmed::Ordered(order))));
    assert_eq!(d.step(), "done");
    assert_eq!(d.model.desk.receipts[0].order_id.as_ref().unwrap().as_str(), "8711660");
    assert_eq!(d.sent().len(), 0);
}

#[test]
fn another_account_holder_blocks_submission_and_both_are_named() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    d.confirm(|reply| reply["accountHolder"] = json!({"id": "77", "firstName": "Mallory", "lastName": "Moe"}));
    d.paint();
    d.key(Key::Char('y'), 2000);
    assert_eq!(d.step(), "review");
    assert!(d.notice().contains("Moe, Mallory") && d.notice().contains("Edwards, Peter"), "{}", d.notice());
}

#[test]
fn another_reference_in_the_answer_blocks_submission() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    d.confirm(|reply| reply["externalOrderNumber"] = json!("mp0"));
    d.paint();
    d.key(Key::Char('y'), 2000);
    assert_eq!(d.step(), "review");
    assert!(d.notice().contains("could not be found again"), "{}", d.notice());
}

#[test]
fn an_accepted_order_shows_its_id_and_takes_the_place_of_the_unknown_one() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    assert_eq!(d.model.desk.receipts[0].order_id, None);
    let (number, order) = (d.model.desk.draft.number.clone(), d.order());
    d.event(Event::Verdict(number, Verdict::Accepted(order)));
    assert_eq!(d.step(), "done");
    assert_eq!(d.model.desk.receipts.len(), 1);
    assert!(d.model.desk.receipts[0].line(false).starts_with("Order 8711660 SUSPEND peter"));
}

#[test]
fn a_key_for_the_screen_before_does_nothing_to_an_order_that_has_just_been_placed() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let (number, order, draft) = (d.model.desk.draft.number.clone(), d.order(), d.model.desk.draft.clone());
    d.key(Key::Ctrl('c'), 1000);
    d.event(Event::Verdict(number, Verdict::Accepted(order)));
    d.press(Key::Char('2'), 5000);
    assert_eq!((d.step(), d.model.quit), ("done", false), "it was never painted");
    assert!(d.notice().contains("just come"), "{}", d.notice());
    d.paint();
    for _ in 0..10 {
        d.press(Key::Char('2'), 100);
        d.press(Key::Enter, 100);
    }
    assert!(d.step() == "done" && d.model.desk.draft == draft, "the hand has not paused");
    d.press(Key::Char('c'), 300);
    d.press(Key::Char('t'), 10);
    assert_eq!(d.effects.iter().filter(|e| matches!(e, Effect::Copy(_))).count(), 2, "once awake it stays awake");
}

#[test]
fn keys_for_the_screen_before_do_nothing_to_an_order_that_is_looked_for_but_leaving_is_asked() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let number = d.model.desk.draft.number.clone();
    d.event(Event::Verdict(number, Verdict::Unknown(Clean::new("the connection broke"))));
    d.paint();
    d.press(Key::Char('1'), 300);
    d.press(Key::Esc, 200);
    assert!(d.step() == "unknown" && !d.effects.iter().any(|e| matches!(e, Effect::Look(_))));
    d.press(Key::Ctrl('c'), 10);
    assert_eq!(d.model.overlay, Some(mobproc::app::overlay::Overlay::Leave(0)));
    d.press(Key::Esc, 10);
    d.press(Key::Char('1'), 700);
    assert!(d.effects.iter().any(|e| matches!(e, Effect::Look(_))));
}

#[test]
fn the_last_characters_count_only_when_what_asks_for_them_was_on_the_screen() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let (number, key) = (d.model.desk.draft.number.clone(), d.model.desk.key);
    d.event(Event::Verdict(number.clone(), Verdict::Unknown(Clean::new("the connection broke"))));
    let text = kept(d.kept.last().unwrap()).text();
    let at = "2026-11-23T09:00:00Z".parse().unwrap();
    d.event(Event::Journal(vec![Standing::of(key, number.clone(), State::NotPlaced, &text, at)]));
    d.key(Key::Char('3'), 1000);
    assert!(d.model.guarded() && d.model.wants_painted(), "{}", d.notice());
    let last = number.as_str()[number.as_str().len() - 4..].to_owned();
    let types = |d: &mut Desktop, after: u64| {
        last.chars().for_each(|c| d.press(Key::Char(c), after));
        d.press(Key::Enter, after);
    };
    let typed = |d: &Desktop| {
        let Step::Submit(s) = &d.model.step else { panic!("{}", d.step()) };
        s.guard.as_ref().map(|g| g.typed.text().to_owned())
    };
    types(&mut d, 1000);
    assert!(typed(&d).as_deref() == Some("") && d.notice().contains("Read it first"), "never painted: {}", d.notice());
    d.paint();
    types(&mut d, 100);
    assert_eq!(typed(&d).as_deref(), Some(""), "half a second is too short, and nothing stays typed");
    assert!(!d.effects.iter().any(|e| matches!(e, Effect::Resend(..))));
    types(&mut d, 100);
    assert_eq!((d.step(), typed(&d)), ("sending", None));
    assert!(d.effects.iter().any(|e| matches!(e, Effect::Resend(..))));
}

#[test]
fn an_unknown_outcome_says_so_and_offers_no_resend() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let number = d.model.desk.draft.number.clone();
    d.event(Event::Verdict(number, Verdict::Unknown(Clean::new("the connection broke"))));
    assert_eq!(d.step(), "unknown");
    for key in ['y', 'r', 's', '1', '2', '3'] {
        d.key(Key::Char(key), 1000);
    }
    assert_eq!(d.sent().len(), 1);
    d.keys("\x1b");
    assert_eq!(d.step(), "home");
    assert!(d.model.desk.receipts[0].line(false).contains("Do not enter it again"));
}

#[test]
fn an_order_that_was_certainly_not_placed_can_be_tried_again() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let number = d.model.desk.draft.number.clone();
    let fault = Fault::Unreachable { host: "api.example.com".into(), why: "refused".into() };
    d.event(Event::Verdict(number, Verdict::NotSent(fault)));
    assert_eq!(d.step(), "review");
    assert!(d.model.desk.receipts.is_empty());
    assert_eq!(d.asked().len(), 1, "nothing is asked before the user says so");
    d.key(Key::Ctrl('r'), 1000);
    assert_eq!(d.asked().len(), 2);
}

#[test]
fn what_the_server_refuses_stands_at_its_field_until_that_is_changed() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let number = d.model.desk.draft.number.clone();
    let errors = reply::errors(
        Body::from(json!({"status": "ERROR", "errors": [
        {"errorCode": "400-X", "message": "CONTACT_NUMBER is not in service.", "id": "abcde"}, "Something else."]}))
        .view(),
        false,
    );
    d.event(Event::Verdict(number, Verdict::Rejected(errors)));
    assert_eq!(d.step(), "details");
    let Step::Details(form) = &d.model.step else { unreachable!() };
    assert_eq!(form.refusals.len(), 2);
    assert_eq!(form.refusals[1].field, None);
    let row = form.row(&d.model.desk).unwrap();
    assert_eq!(&*row.label, "Contact number");
    assert!(form.problem(&d.model.desk, &row).unwrap().contains("not in service"));
    d.key(Key::Backspace, 100);
    d.keys("7\t");
    let Step::Details(form) = &d.model.step else { unreachable!() };
    assert!(form.refusals[0].changed);
    assert_eq!(form.problem(&d.model.desk, &row), None);
}

#[test]
fn going_back_keeps_what_was_typed_right_or_wrong() {
    let mut d = start();
    d.keys("edw\ns");
    d.keys("nonsense\x1b");
    assert_eq!(d.step(), "kind");
    d.keys("\x1b");
    assert_eq!(d.step(), "home");
    d.keys("\ns");
    let form = d.model.desk.form();
    let date = form.iter().find(|r| &*r.label == "Suspend on").unwrap();
    assert_eq!(d.model.desk.draft.answer(&date.id).unwrap().spoken().unwrap(), Clean::new("nonsense"));
    d.keys("^");
    assert_eq!(d.step(), "details", "a wrong date does not go on");
}

#[test]
fn the_other_choice_opens_a_text_of_its_own() {
    let mut d = start();
    d.keys("edw\ns+7\n2");
    let labels: Vec<_> = d.model.desk.form().iter().map(|r| r.label.to_string()).collect();
    assert_eq!(labels[labels.len() - 2..], ["Hold, which", "Reference"], "{labels:?}");
    d.keys("^");
    assert_eq!(d.step(), "details", "the text is required");
    d.keys("Because^");
    assert_eq!(d.step(), "review");
    let choice = &d.asked()[0].body["orderRequest"]["properties"][0]["fields"][2]["choice"];
    assert_eq!(*choice, json!({"id": "b", "otherText": "Because"}));
}

#[test]
fn a_type_that_is_not_allowed_says_why_and_is_not_entered() {
    let mut d = start();
    d.keys("edw\nr");
    assert_eq!(d.step(), "kind");
    assert!(d.notice().contains("not allowed for Peter Edwards"), "{}", d.notice());
}

#[test]
fn a_lookup_that_failed_is_said_and_asked_again_on_demand() {
    let mut d = start();
    d.hold = vec!["properties"];
    d.keys("edw\ns");
    let key = d.held.pop().unwrap();
    d.event(Event::Found(key.clone(), Err(Fault::TooMany)));
    assert_eq!(d.model.desk.notice.as_ref().unwrap().0, Level::Error);
    d.hold.clear();
    d.key(Key::Ctrl('r'), 1000);
    assert!(d.model.desk.cache.ready(&key).is_some());
}

#[test]
fn letters_are_text_in_a_box_and_keys_elsewhere() {
    let mut d = start();
    assert_eq!(resolve(&d.model, Key::Char('?')), None);
    d.keys("edw\n");
    assert!(resolve(&d.model, Key::Char('?')).is_some());
}

#[test]
fn leaving_asks_and_a_second_ctrl_c_leaves() {
    let mut d = start();
    d.key(Key::Ctrl('c'), 100);
    assert!(!d.model.quit && d.model.overlay.is_some());
    d.keys("\x1b");
    assert!(d.model.overlay.is_none());
    d.key(Key::Ctrl('c'), 100);
    d.key(Key::Ctrl('c'), 100);
    assert!(d.model.quit);
}

#[test]
fn a_draft_that_is_put_aside_comes_back_from_the_journal() {
    let mut d = start();
    d.keys("edw\ns+7\n");
    d.key(Key::Ctrl('x'), 100);
    let lines = mobproc::app::overlay::menu(&d.model);
    let at = lines.iter().position(|b| b.label.starts_with("save")).unwrap();
    d.keys(&((at + 1) % 10).to_string());
    assert_eq!((d.step(), d.model.desk.unfinished().count()), ("home", 1));
    let number = d.model.desk.unfinished().next().unwrap().number.clone();
    d.key(Key::Down, 100);
    d.keys("\n");
    assert_eq!((d.step(), d.model.desk.unfinished().count()), ("details", 0));
    assert_eq!(d.model.desk.draft.number, number);
}

#[test]
fn a_review_behind_a_dialog_is_not_read_and_the_menu_does_not_turn_into_submit() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    d.key(Key::Ctrl('x'), 100);
    d.confirm(|_| {});
    assert!(d.model.overlay.is_none(), "the menu was about another screen");
    d.key(Key::Ctrl('c'), 100);
    assert!(!d.model.wants_painted(), "a dialog hides the review");
    d.keys("\x1b");
    d.key(Key::Char('y'), 5000);
    assert_eq!(d.step(), "review");
}

#[test]
fn a_screen_too_small_to_read_takes_no_key_but_leaving() {
    let mut d = Desktop::reviewed();
    d.event(Event::Resized(39, 24));
    d.key(Key::Char('y'), 5000);
    assert_eq!((d.step(), d.sent().len()), ("review", 0));
    d.key(Key::Ctrl('c'), 100);
    let key = d.model.desk.key;
    d.keys("321");
    assert!(!d.model.quit && d.model.overlay.is_none() && d.model.desk.key == key, "numbers that nobody sees");
    assert!(!d.effects.contains(&Effect::Discard(key)) && d.step() == "review");
    d.key(Key::Ctrl('c'), 100);
    d.key(Key::Ctrl('c'), 100);
    assert!(d.model.quit);
}

#[test]
fn an_answer_for_another_type_steers_nothing() {
    let mut d = start();
    d.keys("edw\ns");
    let line = mobproc::domain::slots::SlotId::Service;
    assert!(d.model.desk.draft.one(line).is_some());
    d.keys("\x1bn");
    assert_eq!(d.model.desk.draft.one(line), None, "a new activation is for no line");
    d.keys("\x1bs");
    assert!(d.model.desk.draft.one(line).is_some(), "and it is kept for the type that asks for it");
}

#[test]
fn a_confirmation_answered_by_an_unreadable_order_is_unknown_and_is_not_asked_again() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    let (number, ticket) = (d.model.desk.draft.number.clone(), d.ticket());
    d.event(Event::Confirmed(number, ticket, Ok(Confirmed::OrderedOther("9".into()))));
    assert_eq!(d.step(), "unknown");
    d.key(Key::Ctrl('r'), 100);
    d.keys("y^");
    assert_eq!((d.asked().len(), d.sent().len()), (1, 0));
    assert!(d.model.desk.receipts[0].line(false).starts_with("UNKNOWN"));
}

#[test]
fn an_order_of_a_draft_that_was_thrown_away_is_noted() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    let (number, ticket, order) = (d.model.desk.draft.number.clone(), d.ticket(), d.order());
    d.key(Key::Ctrl('c'), 100);
    d.keys("3");
    assert_eq!(d.step(), "home");
    d.event(Event::Confirmed(number, ticket, Ok(Confirmed::Ordered(order))));
    let receipt = &d.model.desk.receipts[0];
    assert_eq!((receipt.kind, receipt.order_id.as_ref().unwrap().as_str()), ("SUSPEND", "8711660"));
    assert!(d.notice().contains("order 8711660"), "{}", d.notice());
}

#[test]
fn another_type_or_quantity_in_the_answer_blocks_and_an_unasked_parcel_is_marked() {
    for (member, value, sentence) in [
        ("transactionType", json!("DEACTIVATE"), "reads it as DEACTIVATE"),
        ("shoppingCart", json!({"quantity": 2}), "quantity of 2"),
    ] {
        let mut d = start();
        d.keys("edw\ns+7\n^");
        d.confirm(|reply| reply[member] = value.clone());
        d.paint();
        d.key(Key::Char('y'), 5000);
        assert!(d.sent().is_empty() && d.notice().contains(sentence), "{}", d.notice());
    }
    let mut d = start();
    d.keys("edw\ns+7\n^");
    d.confirm(|reply| reply["shipTo"] = json!({"name": "Somebody Else", "address": []}));
    let Step::Review(state) = &d.model.step else { unreachable!() };
    assert_eq!(state.shown().unwrap().review.differences(), 1);
}

#[test]
fn asking_again_while_a_list_comes_does_not_empty_it() {
    let mut d = start();
    d.forget();
    d.hold = vec!["people"];
    d.event(Event::Resized(80, 24));
    d.key(Key::Ctrl('r'), 100);
    assert_eq!(d.parts.len(), 1, "one call is enough");
    d.release();
    assert_eq!(d.model.desk.people.table.len(), 3);
}

#[test]
fn the_digits_in_a_list_take_the_row_that_they_stand_beside() {
    let mut d = start();
    d.hold = vec!["devices", "regions"];
    d.keys("edw\nn");
    let rows = |name: &str, n: usize| {
        let item = |i: usize| json!({"id": format!("{name}{i}"), "name": format!("{name} {i}"), "abbreviation": "XX"});
        json!((0..n).map(item).collect::<Vec<_>>())
    };
    let lookup = |key: &LookupKey, body: Value| {
        let Read::Items(read) = Lookup::named(key.lookup).unwrap().read else { unreachable!() };
        let body = Body::from(body);
        Found::Choices(collection(body.view(), "").filter_map(read).map(Arc::new).collect())
    };
    let regions = d.held.iter().find(|k| k.lookup == "regions").unwrap().clone();
    let found = lookup(&regions, rows("Country", 1));
    d.event(Event::Found(regions, Ok(Some(found))));
    let devices = d.held.iter().find(|k| k.lookup == "devices").unwrap().clone();
    let found = lookup(&devices, rows("Device", 30));
    d.event(Event::Found(devices, Ok(Some(found))));
    let Step::Details(form) = &d.model.step else { unreachable!() };
    assert_eq!(&*form.row(&d.model.desk).unwrap().label, "Device", "{}", d.notice());
    // The first row of the page leaves the field empty; the second is the first device.
    d.keys("\n\t2");
    assert_eq!(&*d.model.desk.draft.one(mobproc::domain::slots::SlotId::Device).unwrap().name, "Device 0");
}

#[test]
fn a_number_typed_while_people_come_waits_for_them_and_opens_no_order() {
    let mut d = start_holding(&["people", "all lines"]);
    d.keys("2035554468\n");
    assert_eq!(d.step(), "home");
    d.release();
    assert_ne!(d.step(), "order");
    assert_eq!(d.model.desk.draft.who.as_ref().map(|w| w.id.as_str()), Some("1"), "{}", d.notice());
}
