//! Questions over the screen: which answer is highlighted, how the highlight moves, and what Enter takes.

use mobproc::app::message::NotOpened;
use mobproc::app::overlay::Overlay;
use mobproc::app::question::Question;
use mobproc::domain::grant;

use super::*;

/// The highlighted answer of what is asked now.
fn highlighted(d: &Desktop) -> String {
    let overlay = d.model.overlay.as_ref().expect("something is asked");
    let question = Question::of(&d.model, overlay).expect("it has answers");
    question.answers[question.cursor].clone()
}

/// A form with a question over it.
fn asked(overlay: Overlay) -> Desktop {
    let mut d = start();
    d.keys("edw\ns");
    d.model.overlay = Some(overlay);
    d
}

fn asked_to_leave() -> Desktop {
    let mut d = start();
    d.keys("edw\ns");
    d.key(Key::Ctrl('c'), 1000);
    d
}

/// A draft that was begun and that somebody else has now.
fn held() -> Desktop {
    let mut d = start();
    d.keys("edw\ns\x1b\x1b");
    assert_eq!(d.step(), "home");
    d.event(Event::Opened(d.model.desk.key, Err(NotOpened::Held(Clean::new("ann on host7")))));
    d
}

#[test]
fn arrows_and_tab_walk_the_answers_and_stop_at_their_ends() {
    for (down, up) in [(Key::Down, Key::Up), (Key::Tab, Key::BackTab)] {
        let mut d = asked_to_leave();
        assert_eq!(highlighted(&d), "stay");
        d.key(up, 100);
        assert_eq!(highlighted(&d), "stay", "nothing is above it");
        let walked = (0..3).map(|_| {
            d.key(down, 100);
            highlighted(&d)
        });
        let last = "throw this draft away and go home";
        assert_eq!(walked.collect::<Vec<_>>(), ["leave; what is unfinished is kept", last, last], "{down:?}");
        d.key(up, 100);
        assert_eq!(highlighted(&d), "leave; what is unfinished is kept", "{up:?}");
        assert!(!d.model.quit && d.model.desk.draft.who.is_some(), "to walk is not to choose");
    }
}

#[test]
fn enter_takes_the_highlighted_answer_and_a_digit_its_own_whatever_is_highlighted() {
    let mut d = asked_to_leave();
    d.keys("\t\n");
    assert!(d.model.quit);
    let mut d = asked_to_leave();
    d.keys("\t\t\n");
    assert_eq!((d.step(), d.model.quit, d.model.desk.draft.who.is_some()), ("home", false, false));
    let mut d = asked_to_leave();
    d.keys("\t1");
    assert_eq!((d.step(), d.model.quit, d.model.overlay.is_none()), ("details", false, true));
    let mut d = asked(Overlay::Discard(0));
    d.keys("\t\n");
    assert_eq!(d.step(), "home");
    let mut d = held();
    d.keys("\t\n");
    assert_eq!(d.step(), "details", "it is taken over");
}

#[test]
fn at_each_opening_the_safe_answer_is_highlighted() {
    let mut d = asked_to_leave();
    d.keys("\t\t\x1b");
    d.key(Key::Ctrl('c'), 1000);
    assert_eq!(highlighted(&d), "stay");
    d.keys("\n");
    assert_eq!((d.step(), d.model.quit, d.model.overlay.is_none()), ("details", false, true));
    // What the question before leaving stood over is opened again, too.
    let mut d = held();
    d.keys("\t");
    d.key(Key::Ctrl('c'), 1000);
    d.keys("\n");
    assert_eq!(highlighted(&d), "leave it to them");
    d.keys("\n");
    assert_eq!((d.step(), d.model.overlay.is_none()), ("home", true));
}

#[test]
fn after_a_secret_was_asked_for_the_safe_answer_is_highlighted_again() {
    let mut d = asked(Overlay::Discard(0));
    d.keys("\t");
    d.event(Event::SignIn(grant::Question {
        wanted: grant::Wanted::Password,
        user: Clean::new("jdoe"),
        host: Clean::new("example.com"),
        why: None,
    }));
    d.paint();
    d.keys("s3cr3t\n");
    assert!(d.effects.iter().any(|e| matches!(e, Effect::SignIn(_))));
    d.event(Event::SignedIn);
    d.keys("\n");
    assert_eq!((d.step(), d.model.overlay.is_none()), ("details", true), "a second Enter keeps the draft");
}

#[test]
fn a_draft_is_taken_over_by_enter_only_where_the_keyboard_was_quiet() {
    let mut d = held();
    d.keys("\t");
    d.key(Key::Enter, 100);
    assert!(matches!(d.model.overlay, Some(Overlay::Held(..))) && d.step() == "home");
    d.key(Key::Enter, 1000);
    assert_eq!((d.step(), d.model.overlay.is_none()), ("details", true));
}

#[test]
fn where_the_question_has_no_room_no_highlight_moves_and_enter_does_not_leave() {
    let mut d = asked_to_leave();
    d.event(Event::Resized(30, 8));
    d.keys("\t\n");
    assert!(!d.model.quit && d.model.overlay.is_none(), "Enter stays, for nothing was walked");
    let mut d = asked_to_leave();
    d.keys("\t");
    d.event(Event::Resized(30, 8));
    d.keys("\n");
    assert!(!d.model.quit);
    d.key(Key::Ctrl('c'), 100);
    assert!(d.model.quit);
}

#[test]
fn while_an_order_is_being_sent_no_draft_can_be_thrown_away() {
    let mut d = Desktop::reviewed();
    d.key(Key::Char('y'), 1000);
    d.key(Key::Ctrl('c'), 1000);
    d.keys("\t\t\t");
    assert!(highlighted(&d).starts_with("leave the screen"), "{}", highlighted(&d));
    d.keys("3");
    assert!(matches!(d.model.overlay, Some(Overlay::Leave(_))) && d.model.sending());
}
