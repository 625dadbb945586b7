//! What keys mean, what the menu lists and runs, what an empty box offers, and where the server's errors are jumped to.

use mobproc::app::keys::{Action, BINDINGS, Group};
use mobproc::app::overlay::{self, Overlay};
use mobproc::app::text_of;
use mobproc::domain::last::LastUsed;

use super::*;

/// Programs at each screen that can be reached here.
fn screens() -> Vec<(&'static str, Desktop)> {
    let at = |keys: &str| {
        let mut d = start();
        d.keys(keys);
        d
    };
    let mut done = Desktop::reviewed();
    done.key(Key::Char('y'), 1000);
    let (number, order) = (done.model.desk.draft.number.clone(), done.order());
    done.event(Event::Verdict(number, Verdict::Accepted(order)));
    vec![
        ("home", at("")),
        ("kind", at("edw\n")),
        ("form", at("edw\ns")),
        ("review", Desktop::reviewed()),
        ("done", done),
    ]
}

#[test]
fn the_menu_lists_everything_that_works_and_runs_it_by_the_digit_of_its_page() {
    for size in [(80, 24), (40, 12)] {
        for (name, d) in screens() {
            let mut d = d;
            d.event(Event::Resized(size.0, size.1));
            let wanted: Vec<_> = BINDINGS
                .iter()
                .filter(|b| (b.when)(&d.model) && b.group != Group::Moving && b.action != Action::Menu)
                .map(|b| b.label)
                .collect();
            d.key(Key::Ctrl('x'), 1000);
            let mut seen = Vec::new();
            let mut notes = Vec::new();
            let mut leave = None;
            loop {
                let Some(Overlay::Menu(cursor)) = d.model.overlay else { panic!("{name}: the menu is gone") };
                let page = overlay::menu_page(&d.model, cursor);
                seen.extend(page.lines.iter().map(|(_, b)| b.label));
                notes.extend(page.notes.clone());
                assert!(
                    page.lines.len() <= 10 && page.notes.iter().all(|n| n.len() <= usize::from(size.0) - 4),
                    "{name}"
                );
                leave = leave.or(page
                    .lines
                    .iter()
                    .find(|(_, b)| b.action == Action::Leave)
                    .map(|(digit, _)| (page.of.0, *digit)));
                if page.of.0 == page.of.1 {
                    break;
                }
                d.key(Key::PageDown, 100);
            }
            assert!(wanted.iter().all(|label| seen.contains(label)), "{name} {size:?}: {wanted:?} {seen:?}");
            assert!(
                notes.iter().any(|n| n.contains("Dates")) && notes.iter().any(|n| n.contains("not available")),
                "{name}"
            );
            // Another page has other digits.
            let (page, digit) = leave.expect("leaving is listed");
            d.key(Key::Home, 100);
            (1..page).for_each(|_| d.key(Key::PageDown, 100));
            d.keys(&digit.to_string());
            assert_eq!(d.model.overlay, Some(Overlay::Leave(0)), "{name} {size:?}");
        }
    }
}

#[test]
fn a_digit_without_a_line_and_a_key_without_a_meaning_leave_the_menu_open() {
    let mut d = start();
    for key in [Key::Ctrl('x'), Key::Char('0'), Key::Char('z'), Key::Delete] {
        d.key(key, 100);
        assert!(matches!(d.model.overlay, Some(Overlay::Menu(_))), "{key:?}");
    }
    d.key(Key::Ctrl('g'), 100);
    assert_eq!(d.model.overlay, None);
    d.key(Key::F(1), 100);
    d.key(Key::Ctrl('c'), 100);
    assert_eq!(d.model.overlay, Some(Overlay::Leave(0)));
}

#[test]
fn the_menu_never_wraps_at_its_ends() {
    let mut d = start();
    d.key(Key::Ctrl('x'), 100);
    d.key(Key::Up, 100);
    assert_eq!(d.model.overlay, Some(Overlay::Menu(0)));
    (0..100).for_each(|_| d.key(Key::Down, 10));
    let end = d.model.overlay.clone();
    d.key(Key::PageDown, 100);
    d.key(Key::Down, 100);
    assert_eq!(d.model.overlay, end);
}

#[test]
fn the_lines_of_an_open_menu_stay_what_they_were_whatever_comes() {
    let labels = |d: &Desktop| overlay::menu(&d.model).iter().map(|b| b.label).collect::<Vec<_>>();
    let mut d = start_holding(&["regions", "devices", "plans", "accessories"]);
    d.keys("edw\nn");
    d.key(Key::Ctrl('x'), 1000);
    let before = labels(&d);
    assert!(!before.contains(&"open the list for this field"), "{before:?}");
    d.release();
    assert_eq!(labels(&d), before);
    let at = before.iter().position(|l| l.starts_with("discard")).unwrap();
    d.keys(&((at + 1) % 10).to_string());
    assert_eq!(d.model.overlay, Some(Overlay::Discard(0)), "the digit does what stood beside it");
}

#[test]
fn what_works_no_more_since_the_menu_was_opened_is_refused() {
    let mut d = start_holding(&["me"]);
    d.keys("edw\nr");
    assert_eq!(d.step(), "details");
    d.key(Key::Ctrl('x'), 1000);
    let at = overlay::menu(&d.model).iter().position(|b| b.action == Action::Narrow).unwrap();
    d.release();
    assert_eq!(d.step(), "kind", "the type is not allowed after all");
    d.keys(&((at + 1) % 10).to_string());
    assert!(d.notice().contains("\"show required fields only\" does not work here any more"), "{}", d.notice());
    assert!(d.model.overlay.is_none() && d.step() == "kind");
}

#[test]
fn a_menu_over_an_order_that_is_looked_for_is_closed_when_it_is_found() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let (number, order) = (d.model.desk.draft.number.clone(), d.order());
    d.event(Event::Verdict(number, Verdict::Unknown(Clean::new("the connection broke"))));
    d.key(Key::Ctrl('x'), 1000);
    assert!(matches!(d.model.overlay, Some(Overlay::Menu(_))));
    d.event(Event::Status(mobproc::domain::ids::Id::new("8711660").unwrap(), Ok(order)));
    assert_eq!((d.step(), d.model.overlay.is_none()), ("done", true));
}

#[test]
fn what_must_be_read_is_there_again_for_whoever_does_not_leave() {
    let alarm = |text: &str| Event::Alarm(Clean::new(text));
    for stays in [Key::Esc, Key::Char('1'), Key::Enter, Key::Char('3')] {
        let mut d = start();
        d.keys("edw\ns");
        d.event(alarm("Two orders have one reference."));
        d.key(Key::Ctrl('c'), 1000);
        assert_eq!(d.model.overlay, Some(Overlay::Leave(0)));
        d.key(stays, 1000);
        assert_eq!(d.model.overlay, Some(Overlay::Told(Clean::new("Two orders have one reference."))), "{stays:?}");
        d.key(Key::Enter, 1000);
        assert_eq!(d.model.overlay, None);
    }
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    d.event(alarm("One."));
    d.key(Key::Ctrl('c'), 1000);
    let (number, order) = (d.model.desk.draft.number.clone(), d.order());
    d.event(Event::Verdict(number, Verdict::Accepted(order)));
    assert_eq!(d.model.overlay, Some(Overlay::Told(Clean::new("One."))), "a screen that comes takes only the question");
    d.key(Key::Ctrl('c'), 1000);
    d.event(alarm("Two."));
    assert_eq!(d.model.overlay, Some(Overlay::Told(Clean::new("One. Two."))));
}

#[test]
fn whoever_does_not_leave_is_asked_again_whether_to_take_a_draft_over() {
    let mut d = start();
    let (key, by) = (d.model.desk.key, Clean::new("ann on host7"));
    d.event(Event::Opened(key, Err(mobproc::app::message::NotOpened::Held(by.clone()))));
    d.key(Key::Ctrl('c'), 1000);
    d.keys("\x1b");
    assert_eq!(d.model.overlay, Some(Overlay::Held(key, by, 0)));
    d.keys("1");
    assert_eq!(d.model.overlay, None);
}

#[test]
fn nothing_but_y_submits_at_the_review_whatever_is_under_the_cursor() {
    let mut d = Desktop::reviewed();
    d.keys("\t");
    for key in [Key::Ctrl('o'), Key::Ctrl('o'), Key::F(5)] {
        d.key(key, 2000);
        assert!(d.sent().is_empty(), "{key:?}");
    }
    let mut d = Desktop::reviewed();
    d.key(Key::Ctrl('o'), 2000);
    assert!(d.notice().contains("^O never submits"), "{}", d.notice());
    d.key(Key::Enter, 2000);
    assert!(d.notice().contains("Enter never submits") && d.sent().is_empty());
}

#[test]
fn the_first_screen_is_never_left_by_escape() {
    let mut d = start();
    d.keys("edw\t\x1b\x1b\x1b\x1b");
    (0..20).for_each(|_| d.key(Key::Ctrl('g'), 10));
    assert!(d.step() == "home" && !d.model.quit && d.model.overlay.is_none());
    d.key(Key::Ctrl('s'), 100);
    assert!(d.notice().starts_with("Everything typed is kept"), "{}", d.notice());
}

#[test]
fn home_and_end_move_in_lists_and_edit_in_boxes() {
    let mut d = start();
    d.keys("ed\t");
    d.keys("G");
    let cursor = |d: &Desktop| if let Step::Home(s) = &d.model.step { s.cursor } else { panic!() };
    assert_eq!(cursor(&d), 1);
    d.keys("g");
    assert_eq!(cursor(&d), 0);
    d.key(Key::End, 100);
    assert_eq!(cursor(&d), 1);
    d.keys("\t");
    d.key(Key::Home, 100);
    d.keys("x");
    let Step::Home(s) = &d.model.step else { panic!() };
    assert_eq!(s.who.text(), "xed", "in the box they edit");
    let mut d = start();
    d.keys("edw\ns+7\n");
    d.key(Key::F(4), 100);
    d.key(Key::End, 100);
    let Step::Details(form) = &d.model.step else { panic!() };
    let mobproc::app::details::Edit::Pick(picker, true) = &form.edit else { panic!("{:?}", form.edit) };
    assert_eq!(picker.cursor, 2, "the row that leaves it empty, and two to choose from");
}

#[test]
fn what_begins_with_a_colon_is_a_command_of_few() {
    let run = |command: &str| {
        let mut d = start();
        d.keys(command);
        d.keys("\n");
        d
    };
    assert_eq!(run(":q").model.overlay, Some(Overlay::Leave(0)));
    assert_eq!(run(":help").model.overlay, Some(Overlay::Menu(0)));
    assert_eq!(run(":plain").model.overlay, Some(Overlay::Aside));
    assert!(run(":drafts").notice().contains("No draft"));
    let d = run(":wq!");
    assert!(d.notice().contains("There is no command :wq!") && d.step() == "home" && !d.model.quit, "{}", d.notice());
    let mut d = start();
    d.keys("edw\ns+7\n");
    d.key(Key::Ctrl('x'), 100);
    let at = overlay::menu(&d.model).iter().position(|b| b.action == Action::GoHome).unwrap();
    d.keys(&((at + 1) % 10).to_string());
    d.keys(":drafts\n");
    let Step::Home(s) = &d.model.step else { panic!() };
    assert!(s.in_list && matches!(s.entries[s.cursor], mobproc::app::home::Entry::Unfinished(_)));
}

#[test]
fn a_draft_is_thrown_away_only_after_a_question() {
    let mut d = start();
    d.keys("edw\ns");
    let discard = |d: &mut Desktop| {
        d.key(Key::Ctrl('x'), 100);
        let at = overlay::menu(&d.model).iter().position(|b| b.action == Action::Discard).unwrap();
        if at >= 10 {
            d.key(Key::PageDown, 100);
        }
        d.keys(&((at + 1) % 10).to_string());
        assert_eq!(d.model.overlay, Some(Overlay::Discard(0)));
    };
    for stays in ["\x1b", "1", "\n"] {
        discard(&mut d);
        d.keys(stays);
        assert_eq!((d.step(), d.model.overlay.is_none()), ("details", true), "{stays:?}");
    }
    let key = d.model.desk.key;
    discard(&mut d);
    d.keys("2");
    assert_eq!(d.step(), "home");
    assert!(d.effects.contains(&Effect::Discard(key)) && d.notice().contains("7 days"), "{}", d.notice());
}

#[test]
fn the_person_and_the_type_can_be_changed_from_the_form_and_what_fits_stays() {
    let choose = |d: &mut Desktop, action: Action| {
        d.key(Key::Ctrl('x'), 100);
        let at = overlay::menu(&d.model).iter().position(|b| b.action == action).unwrap();
        (0..at / 10).for_each(|_| d.key(Key::PageDown, 100));
        d.keys(&((at % 10 + 1) % 10).to_string());
    };
    let mut d = start();
    d.keys("edw\ns+7");
    choose(&mut d, Action::ChangeKind);
    assert_eq!(d.step(), "kind");
    d.keys("s");
    choose(&mut d, Action::ChangeWho);
    assert_eq!(d.step(), "home");
    d.keys("\n^");
    assert_eq!(d.step(), "review", "the date that was being typed is kept: {}", d.notice());
}

#[test]
fn going_back_to_the_person_and_on_again_finds_what_was_typed_and_highlighted() {
    let mut d = start();
    d.keys("ed");
    d.key(Key::Down, 100);
    d.keys("\n");
    assert_eq!(d.model.desk.draft.actor().unwrap().as_str(), "3");
    d.keys("\x1b");
    let Step::Home(s) = &d.model.step else { panic!() };
    assert_eq!((s.who.text(), s.cursor), ("ed", 1));
    d.keys("\n");
    assert_eq!(d.model.desk.draft.actor().unwrap().as_str(), "3");
    d.keys("\x1bann");
    let Step::Home(s) = &d.model.step else { panic!() };
    assert_eq!(s.who.text(), "ann", "the first character takes the place of what stood there");
    let mut d = start();
    d.keys("edw\n\x1b");
    d.key(Key::End, 100);
    d.keys("x");
    let Step::Home(s) = &d.model.step else { panic!() };
    assert_eq!(s.who.text(), "edwx", "whoever moves in it edits it");
}

#[test]
fn an_empty_box_takes_what_was_used_last_and_a_date_takes_today() {
    let mut d = start();
    let last = [("PROPERTY CONTACT_NUMBER".to_owned(), "2035559999".to_owned())];
    d.event(Event::LastUsed(LastUsed::read(last)));
    d.keys("edw\ns");
    d.key(Key::Right, 100);
    d.keys("\t");
    let date = d.model.desk.form().into_iter().find(|r| &*r.label == "Suspend on").unwrap();
    assert_eq!(d.model.desk.draft.answer(&date.id).unwrap().spoken().unwrap(), Clean::new("2026-11-23"));
    (0..2).for_each(|_| d.key(Key::BackTab, 100));
    d.key(Key::Ctrl('u'), 100);
    let Step::Details(form) = &d.model.step else { panic!() };
    let row = form.row(&d.model.desk).unwrap();
    let ghost = mobproc::app::details::ghost(&d.model.desk, &row).unwrap();
    assert_eq!(ghost.spoken(), "last used 2035559999");
    d.key(Key::End, 100);
    d.keys("\t");
    assert_eq!(d.model.desk.draft.answer(&row.id).unwrap().spoken().unwrap(), Clean::new("2035559999"));
}

#[test]
fn the_usual_country_comes_to_a_draft_that_has_not_begun_and_changes_none_that_is_confirmed() {
    let last = || Event::LastUsed(LastUsed::read([("REGION".to_owned(), "US".to_owned())]));
    let mut d = start();
    d.event(last());
    assert_eq!(d.model.desk.draft.usual_region.as_ref().map(|r| r.id.as_str()), Some("US"));
    let mut d = Desktop::reviewed();
    let before = d.model.desk.draft.clone();
    d.event(last());
    assert!(d.model.desk.unchanged() && d.model.desk.draft == before);
}

#[test]
fn what_is_used_again_is_neither_a_secret_nor_one_persons() {
    let mut d = start();
    d.keys("edw\ns+7");
    let slot = mobproc::domain::slots::SlotId::Properties;
    let field = |id: &str| {
        let part =
            mobproc::domain::draft::Part { group: None, id: mobproc::domain::ids::Id::new(id).unwrap(), other: false };
        mobproc::domain::draft::FieldId { slot, part: Some(part) }
    };
    let theirs = ["PIN_PASSWORD", "SERVICE_NUMBER", "CONTACT_NAME", "FURIGANA", "USER", "CONTACT_NUMBER_EXT"];
    for id in theirs.into_iter().chain(["ADDITIONAL_INSTRUCTIONS", "CONTACT_NUMBER", "COST_CENTER"]) {
        d.model.desk.draft.set(field(id), mobproc::domain::draft::Answer::Text(format!("of {id}")));
    }
    let used = |d: &Desktop| LastUsed::of_order(&d.model.desk.draft).into_iter().map(|(_, v)| v).collect::<Vec<_>>();
    assert_eq!(used(&d), ["of CONTACT_NUMBER", "of COST_CENTER"]);
    for own in ["203-555-4468", "Peter Edwards", "peter"] {
        d.model.desk.draft.set(field("CONTACT_NUMBER"), mobproc::domain::draft::Answer::Text(own.into()));
        assert_eq!(used(&d), ["of COST_CENTER"], "{own}");
    }
}

#[test]
fn the_same_order_for_somebody_else_leaves_out_what_reaches_the_first_person_and_says_so() {
    let mut d = start();
    d.keys("edw\ns");
    d.key(Key::BackTab, 1000);
    d.key(Key::Ctrl('u'), 1000);
    d.keys("2035559999\n+7\n1");
    d.keys("^");
    d.confirm(|_| {});
    d.paint();
    d.key(Key::Char('y'), 1000);
    let (number, order) = (d.model.desk.draft.number.clone(), d.order());
    d.event(Event::Verdict(number, Verdict::Accepted(order)));
    d.keys("r");
    assert_eq!(d.step(), "home");
    let (level, said) = d.model.desk.notice.clone().unwrap();
    assert_eq!(level, Level::Warning);
    assert!(said.contains("Left out") && said.contains("Peter") && said.contains("Contact number"), "{said}");
    d.keys("edw\n");
    let values = |d: &Desktop| {
        let form = d.model.desk.form();
        let value = |label: &str| {
            let row = form.iter().find(|r| &*r.label == label).unwrap();
            d.model.desk.draft.answer(&row.id).unwrap().spoken().unwrap().to_string()
        };
        ["Contact number", "Suspend on", "Hold"].map(value)
    };
    assert_eq!(values(&d), ["2035550160", "2026-11-30", "Alpha"], "the server's own filling, and what was asked for");
}

/// A form with two refusals, the second of which is tied to no field.
fn refused(errors: Value) -> Desktop {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    let number = d.model.desk.draft.number.clone();
    let errors = reply::errors(Body::from(json!({"status": "ERROR", "errors": errors})).view(), false);
    d.event(Event::Verdict(number, Verdict::Rejected(errors)));
    d
}

fn focus(d: &Desktop) -> String {
    let Step::Details(form) = &d.model.step else { panic!("{}", d.step()) };
    match form.list {
        Some(at) => format!("error {}", at + 1),
        None => form.row(&d.model.desk).unwrap().label.to_string(),
    }
}

#[test]
fn the_servers_errors_are_above_the_first_field_and_digits_jump_from_them() {
    let mut d = refused(json!(["CONTACT_NUMBER is not in service.", "Something else."]));
    assert_eq!(focus(&d), "Contact number");
    d.key(Key::BackTab, 100);
    d.key(Key::Up, 100);
    assert_eq!(focus(&d), "error 2", "above the first field");
    d.keys("\n");
    assert!(focus(&d) == "error 2" && d.notice().contains("tied to no field"), "{}", d.notice());
    d.key(Key::Up, 100);
    d.key(Key::Up, 100);
    assert_eq!(focus(&d), "error 1", "it stops at the end");
    d.keys("\n");
    assert_eq!(focus(&d), "Contact number");
    (0..2).for_each(|_| d.key(Key::BackTab, 100));
    d.keys("1");
    assert_eq!(focus(&d), "Contact number");
    (0..2).for_each(|_| d.key(Key::BackTab, 100));
    d.keys("9");
    assert!(focus(&d).starts_with("error") && d.notice().contains("There are 2 problems"), "{}", d.notice());
    d.keys("\t\t");
    assert_eq!(focus(&d), "Contact number", "behind the list the fields begin");
}

#[test]
fn where_no_error_is_tied_to_a_field_the_list_has_the_focus_and_going_on_still_works() {
    let mut d = refused(json!(["The account is closed."]));
    assert_eq!(focus(&d), "error 1");
    d.keys("x");
    assert!(d.notice().contains("goes to the field"), "{}", d.notice());
    d.keys("\x1b");
    assert!(!focus(&d).starts_with("error"));
    let mut d = refused(json!(["The account is closed."]));
    d.keys("^");
    assert_eq!(d.step(), "review");
}

#[test]
fn only_required_fields_can_be_shown_and_nothing_that_is_sent_is_hidden() {
    let mut d = start();
    d.keys("edw\ns+7\n");
    let narrow = |d: &mut Desktop| {
        d.key(Key::Ctrl('x'), 100);
        let at = overlay::menu(&d.model).iter().position(|b| b.action == Action::Narrow).unwrap();
        d.keys(&(at + 1).to_string());
    };
    let labels = |d: &Desktop| -> Vec<String> {
        let Step::Details(form) = &d.model.step else { panic!() };
        form.rows(&d.model.desk).iter().map(|r| r.label.to_string()).collect()
    };
    assert!(labels(&d).contains(&"Reference".to_owned()));
    d.key(Key::BackTab, 100);
    narrow(&mut d);
    assert_eq!(labels(&d), ["Line", "Contact number", "Suspend on"]);
    assert!(d.notice().contains("not shown"), "{}", d.notice());
    d.keys("\n");
    assert_eq!(d.step(), "review", "Enter on the last field shown goes on: {}", d.notice());
    d.keys("\x1b");
    narrow(&mut d);
    assert!(labels(&d).contains(&"Hold".to_owned()), "{:?}", labels(&d));
}

#[test]
fn the_text_of_a_screen_is_whole_and_without_frames() {
    for (name, d) in screens() {
        let text = text_of::text(&d.model).join("\n");
        assert!(text.starts_with("mobproc qa") && !text.contains(['─', '│', '┌']), "{name}: {text}");
    }
    let mut d = start();
    d.event(Event::Resized(40, 12));
    d.keys("edw\ns+7");
    let text = text_of::text(&d.model).join("\n");
    for part in ["Line (required): 203-555-4468", "> Suspend on (required): +7", "Hold: none", "Reference: none"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text_of::answers(&d.model.desk)[0], "For: Edwards, Peter (peter)");
}
