//! What is typed before its field is there, what is honoured of it, and how long it takes.

use super::*;

/// Countries, so many and so called, for the lookup that is held back.
fn countries(d: &mut Desktop, names: &[&str]) {
    let key = d.held.iter().find(|k| k.lookup == "regions").expect("countries were asked for").clone();
    let item = |(at, name): (usize, &&str)| json!({"id": format!("r{at}"), "name": name, "abbreviation": "XX"});
    let body = Body::from(json!({"regions": names.iter().enumerate().map(item).collect::<Vec<_>>()}));
    let Read::Items(read) = Lookup::named("regions").unwrap().read else { unreachable!() };
    let rows = collection(body.view(), "regions").filter_map(read).map(Arc::new).collect();
    d.held.retain(|k| *k != key);
    d.event(Event::Found(key, Ok(Some(Found::Choices(rows)))));
}

/// A new activation whose countries have not come.
fn waiting() -> Desktop {
    let mut d = start_holding(&["regions", "devices", "plans", "accessories"]);
    d.keys("edw\nn");
    d
}

fn bells(d: &Desktop) -> usize {
    d.effects.iter().filter(|e| **e == Effect::Bell).count()
}

fn country(d: &Desktop) -> Option<String> {
    d.model.desk.draft.one(mobproc::domain::slots::SlotId::Region).map(|c| c.name.to_string())
}

#[test]
fn in_a_form_too_enter_typed_blind_never_chooses_among_several() {
    for last in ["\n", "^"] {
        let mut d = waiting();
        d.keys(&format!("united{last}06477"));
        countries(&mut d, &["United States", "United Kingdom", "Japan"]);
        assert_eq!((d.notice().as_str(), bells(&d)), ("2 match: choose one.", 1));
        assert!(country(&d).is_none() && d.model.desk.ahead.is_empty(), "the rest is dropped");
        let Step::Details(form) = &d.model.step else { panic!("{}", d.step()) };
        let mobproc::app::details::Edit::Pick(picker, true) = &form.edit else { panic!("{:?}", form.edit) };
        assert_eq!(picker.filter.text(), "united", "what was typed went to the list's filter");
        d.keys("\n");
        assert_eq!(country(&d).as_deref(), Some("United States"), "seen, Enter chooses");
        assert_eq!(bells(&d), 1);
    }
}

#[test]
fn enter_typed_blind_is_honoured_for_one_match_and_for_an_exact_one() {
    for (typed, names, chosen) in
        [("jap\n", &["United States", "Japan"][..], "Japan"), ("jersey\n", &["Jersey", "New Jersey"][..], "Jersey")]
    {
        let mut d = waiting();
        d.keys(typed);
        countries(&mut d, names);
        assert_eq!((country(&d).as_deref(), bells(&d)), (Some(chosen), 0), "{}", d.notice());
    }
}

#[test]
fn enter_typed_blind_on_a_list_that_has_nothing_of_it_is_refused() {
    let mut d = waiting();
    d.keys("zzz\n1");
    countries(&mut d, &["United States", "Japan"]);
    assert_eq!((d.notice().as_str(), bells(&d)), ("Nothing fits exactly: choose one.", 1));
    assert!(d.model.desk.ahead.is_empty() && country(&d).is_none());
}

#[test]
fn the_bell_can_be_taken_away() {
    let mut d = waiting();
    d.model.desk.manners.bell = false;
    d.keys("united\n");
    countries(&mut d, &["United States", "United Kingdom"]);
    assert!(d.notice().contains("2 match") && bells(&d) == 0);
}

#[test]
fn more_than_is_kept_is_dropped_as_a_whole_with_a_bell_and_so_is_its_end() {
    let mut d = waiting();
    let ahead = |d: &Desktop| d.model.desk.ahead.len();
    (0..1000).for_each(|_| d.press(Key::Char('x'), 30));
    assert_eq!((ahead(&d), bells(&d)), (1000, 0));
    d.press(Key::Char('x'), 30);
    assert_eq!((ahead(&d), bells(&d)), (0, 1));
    assert_eq!(d.notice(), "Too much was typed ahead; it was dropped.");
    (0..20).for_each(|_| d.press(Key::Char('x'), 30));
    countries(&mut d, &["Japan", "Mexico"]);
    (0..20).for_each(|_| d.press(Key::Char('x'), 30));
    let Step::Details(form) = &d.model.step else { panic!("{}", d.step()) };
    let mobproc::app::details::Edit::Pick(picker, _) = &form.edit else { panic!("{:?}", form.edit) };
    assert!(picker.filter.is_empty() && ahead(&d) == 0 && bells(&d) == 1, "the end of it is taken by nothing");
    d.press(Key::Char('j'), 300);
    d.press(Key::Enter, 30);
    assert_eq!(country(&d).as_deref(), Some("Japan"), "after a pause it is typed anew");
}

/// Something that comes over whoever is typing.
type Happening = Box<dyn Fn(&mut Desktop)>;

#[test]
fn what_was_typed_ahead_is_dropped_by_whatever_the_user_did_not_open() {
    let question = mobproc::domain::grant::Question {
        wanted: mobproc::domain::grant::Wanted::Password,
        user: Clean::new("jdoe"),
        host: Clean::new("api.example.com"),
        why: None,
    };
    let failed = |d: &mut Desktop| {
        let key = d.held.iter().find(|k| k.lookup == "regions").unwrap().clone();
        d.event(Event::Found(key, Err(Fault::TooMany)));
    };
    let cases: [(&str, Happening); 4] = [
        ("an alarm", Box::new(|d| d.event(Event::Alarm(Clean::new("Read this."))))),
        ("a sign-in that has run out", Box::new(move |d| d.event(Event::SignIn(question.clone())))),
        ("a screen too small", Box::new(|d| d.event(Event::Resized(39, 12)))),
        ("an error", Box::new(failed)),
    ];
    for (what, happens) in cases {
        let mut d = waiting();
        d.keys("japan\n");
        assert_eq!(d.model.desk.ahead.len(), 6, "{what}");
        happens(&mut d);
        assert!(d.model.desk.ahead.is_empty(), "{what}");
        assert_eq!(bells(&d), 1, "{what}");
    }
    let mut d = waiting();
    d.keys("japan\n\x1b");
    assert!(d.model.desk.ahead.is_empty() && bells(&d) == 0, "whoever drops it needs no bell");
}

#[test]
fn answers_behind_a_second_slash_fill_what_is_missing_and_stop_at_the_review() {
    let mut d = start();
    d.keys("s/edw/+7\n");
    assert_eq!(d.step(), "review", "{}", d.notice());
    let fields = &d.asked()[0].body["orderRequest"]["properties"][0]["fields"];
    assert_eq!(fields[1]["date"], "2026-11-30T00:00:00+00:00");
    d.keys("yyyy");
    assert!(d.sent().is_empty());
}

#[test]
fn answers_are_divided_by_semicolons_because_dates_hold_slashes() {
    let mut d = start_holding(&["properties"]);
    d.keys("s/edw/12/22;too much\n");
    d.release();
    assert_eq!(d.step(), "details");
    assert!(d.notice().contains("\"too much\" is left over"), "{}", d.notice());
    let form = d.model.desk.form();
    let date = form.iter().find(|r| &*r.label == "Suspend on").unwrap();
    assert_eq!(d.model.desk.draft.answer(&date.id).unwrap().spoken().unwrap(), Clean::new("2026-12-22"));
    assert!(d.asked().is_empty() && bells(&d) == 1, "the rest, with it the way to the review, is dropped");
}

#[test]
fn an_answer_that_does_not_fit_stops_at_its_field_and_is_kept() {
    let mut d = start();
    d.keys("s/edw/someday;x\n");
    assert_eq!((d.step(), bells(&d)), ("details", 1));
    assert!(d.notice().starts_with("Suspend on: "), "{}", d.notice());
    let Step::Details(form) = &d.model.step else { panic!() };
    let row = form.row(&d.model.desk).unwrap();
    assert_eq!(&*row.label, "Suspend on");
    assert_eq!(d.model.desk.draft.answer(&row.id).unwrap().spoken().unwrap(), Clean::new("someday"));
}

#[test]
fn an_answer_from_a_list_does_not_swallow_the_warning_of_another_order_like_it() {
    use mobproc::app::keys::Action;
    use mobproc::domain::draft::Answer;
    let mut d = start();
    d.keys("edw\ns+7\n");
    let text = kept(d.kept.last().unwrap()).text();
    let number = mobproc::domain::ids::OrderNumber::from_random(77);
    let at = "2026-11-23T09:00:00Z".parse().unwrap();
    let other = Standing::of(mobproc::domain::ids::OrderKey(77), number, State::Accepted, &text, at);
    d.event(Event::Journal(vec![other]));
    // Of the fields that are shown the list is the last one.
    d.key(Key::Ctrl('x'), 1000);
    let narrow = mobproc::app::overlay::menu(&d.model).iter().position(|b| b.action == Action::Narrow).unwrap();
    d.keys(&(narrow + 1).to_string());
    let hold = d.model.desk.form().into_iter().find(|r| &*r.label == "Hold").unwrap().id;
    d.model.desk.draft.set(hold.clone(), Answer::Text("zzz".into()));
    d.model.desk.ahead = vec![mobproc::app::Ahead::Answer("alpha".into()), mobproc::app::Ahead::Key(Key::Ctrl('o'))];
    d.event(Event::Resized(80, 24));
    assert_eq!(d.model.desk.draft.answer(&hold).unwrap().spoken().unwrap(), Clean::new("Alpha"));
    assert!(d.step() == "details" && d.notice().contains("Within 24 hours"), "{} {}", d.step(), d.notice());
    d.keys("^");
    assert_eq!(d.step(), "review", "told once, it goes on");
}

#[test]
fn answers_for_several_people_wait_until_one_is_chosen() {
    let mut d = start();
    d.keys("s/ed/+7");
    let Step::Home(home) = &d.model.step else { panic!() };
    assert_eq!(home.total, 2);
    d.keys("\n");
    assert_eq!(d.step(), "review", "seen and chosen, the answers follow: {}", d.notice());
}

#[test]
fn what_takes_long_is_counted_and_nothing_wakes_afterwards() {
    let mut d = start_holding(&["me"]);
    d.forget();
    d.event(Event::Resized(80, 24));
    assert_eq!(d.effects, [Effect::Seconds(true)]);
    assert_eq!(d.model.desk.message(), None);
    for _ in 0..12 {
        d.event(Event::Second);
    }
    let (level, text) = d.model.desk.message().unwrap();
    assert_eq!((level, &*text), (Level::Help, "Loading. 12 s"));
    d.model.desk.warn("This matters more.");
    assert_eq!(&*d.model.desk.message().unwrap().1, "This matters more.");
    d.model.desk.hush();
    d.release();
    assert_eq!(d.effects, [Effect::Seconds(true), Effect::Seconds(false)]);
    assert_eq!(d.model.desk.message(), None);
    d.event(Event::Second);
    assert_eq!(d.model.desk.message(), None, "one that was on its way counts nothing");
}

#[test]
fn a_confirmation_and_a_sending_are_counted_each_from_its_beginning() {
    let mut d = start();
    d.keys("edw\ns+7\n^");
    d.event(Event::Second);
    assert_eq!(&*d.model.desk.message().unwrap().1, "Asking the server. 1 s");
    d.confirm(|_| {});
    d.paint();
    assert_eq!(d.model.desk.message(), None);
    d.key(Key::Char('y'), 1000);
    d.event(Event::Second);
    d.event(Event::Second);
    assert_eq!(&*d.model.desk.message().unwrap().1, "Sending the order; wait for the answer. 2 s");
}

#[test]
fn without_motion_it_is_said_once_and_no_second_is_told_any_more() {
    let mut d = start();
    d.model.desk.manners.motion = false;
    d.keys("edw\ns+7\n^");
    d.effects.clear();
    d.event(Event::Second);
    let said = d.model.desk.message().unwrap().1;
    assert_eq!(
        (&*said, d.effects.as_slice()),
        ("Asking the server. It is still working.", &[Effect::Seconds(false)][..])
    );
    d.event(Event::Second);
    assert_eq!(d.model.desk.message().unwrap().1, said);
}

#[test]
fn without_motion_each_thing_that_takes_long_is_said_once_though_one_follows_the_other() {
    let mut d = start_holding(&["orders"]);
    d.model.desk.manners.motion = false;
    d.event(Event::Second);
    assert_eq!(&*d.model.desk.message().unwrap().1, "Loading. It is still working.");
    d.keys("edw\ns+7\n");
    d.effects.clear();
    d.keys("^");
    assert!(d.effects.contains(&Effect::Seconds(true)), "{:?}", d.effects);
    d.event(Event::Second);
    assert_eq!(&*d.model.desk.message().unwrap().1, "Asking the server. It is still working.");
}

#[test]
fn on_the_first_screen_too_an_exact_login_is_honoured_blind() {
    let mut d = start();
    d.forget();
    d.hold = vec!["people", "all lines", "orders"];
    d.event(Event::Resized(80, 24));
    d.keys("edda\n");
    let person = |id: &str, login: &str| {
        let json = json!({"id": id, "firstName": "Edda", "lastName": "Moss", "companyEmployeeId": login});
        mobproc::domain::choice::Person::read(Body::from(json).view()).unwrap()
    };
    let mut both = Directory { reading: Reading::Whole, ..Directory::default() };
    [person("4", "edda.two"), person("3", "edda")].iter().for_each(|one| both.table.add(one));
    d.parts.retain(|part| *part != Part::People);
    d.event(Event::People(Box::new(both)));
    d.release();
    assert_eq!(d.model.desk.draft.actor().map(|id| id.as_str()), Some("3"), "{}", d.notice());
    assert_eq!(bells(&d), 0);
}

#[test]
fn whoever_wants_to_go_on_while_a_draft_goes_back_to_its_review_by_itself_hears_nothing() {
    let mut d = Desktop::reviewed();
    d.key(Key::Ctrl('x'), 1000);
    let at = mobproc::app::overlay::menu(&d.model).iter().position(|b| b.label.starts_with("save")).unwrap();
    d.keys(&((at + 1) % 10).to_string());
    d.forget();
    d.hold = vec!["people", "all lines", "me", "lines", "properties"];
    let at = |d: &Desktop| {
        let Step::Home(s) = &d.model.step else { panic!("{}", d.step()) };
        s.entries.iter().position(|e| matches!(e, mobproc::app::home::Entry::Unfinished(_))).unwrap()
    };
    (0..at(&d)).for_each(|_| d.key(Key::Down, 100));
    d.keys("\n^");
    assert_eq!((d.step(), d.model.desk.ahead.len()), ("details", 1), "{}", d.notice());
    while !d.held.is_empty() || !d.parts.is_empty() {
        d.release();
    }
    assert_eq!((d.step(), bells(&d), d.model.desk.ahead.len()), ("review", 0, 0), "{}", d.notice());
    assert_eq!(d.asked().len(), 2, "the server is asked once more, and once only");
}
