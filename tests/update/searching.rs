//! Among many people the search runs beside the loop: what is typed meanwhile, what has come so far, and what Enter takes.

use super::*;
use mobproc::app::home::Entry;
use mobproc::app::message::{Search, Searched};
use mobproc::domain::choice::Person;

/// A desk with more people than are searched at once.
fn many() -> Desktop {
    let mut d = start_holding(&["people"]);
    let mut all = Directory { reading: Reading::Whole, ..Directory::default() };
    for at in 0..12_000 {
        let first = ["Ann", "Bo"][at % 2];
        let json = json!({"id": format!("{at}"), "firstName": first, "lastName": format!("Name{at}"),
            "companyEmployeeId": format!("login{at}"), "status": "ACTIVE"});
        all.table.add(&Person::read(Body::from(json).view()).unwrap());
    }
    d.parts.clear();
    d.event(Event::People(Box::new(all)));
    d
}
/// The search that was wanted last.
fn wanted(d: &Desktop) -> Search {
    let searches = d.effects.iter().filter_map(|e| if let Effect::Search(s) = e { Some(s) } else { None });
    (**searches.max_by_key(|s| s.ticket).expect("a search")).clone()
}
fn found(d: &Desktop) -> Vec<String> {
    let Step::Home(state) = &d.model.step else { panic!("{}", d.step()) };
    state
        .entries
        .iter()
        .filter_map(|e| if let Entry::Hit(who, _) = e { Some(who.id.to_string()) } else { None })
        .collect()
}

#[test]
fn the_best_so_far_is_shown_and_enter_waits_for_the_rest() {
    let mut d = many();
    d.keys("login77");
    let search = wanted(&d);
    assert_eq!(search.typed, "login77");
    let whole = search.now();
    let mut part = whole.clone();
    (part.whole, part.people.rows, part.people.sure) = (false, vec![whole.people.rows[3].clone()], 1);
    d.event(Event::Searched(Box::new(part)));
    assert_eq!(found(&d).len(), 1);
    d.keys("\n");
    assert_eq!((d.step(), d.model.desk.ahead.len()), ("home", 1), "{}", d.notice());
    d.event(Event::Searched(Box::new(whole)));
    assert_eq!(d.model.desk.draft.actor().map(|id| id.as_str()), Some("77"), "{}", d.notice());
}
#[test]
fn enter_before_the_answer_takes_nobody_where_several_match() {
    let mut d = many();
    d.keys("bo\n");
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    assert_eq!(d.step(), "home");
    assert!(d.notice().contains("6,000 match: choose one."), "{}", d.notice());
    d.keys("\n");
    assert_eq!(d.step(), "kind", "seen, it is chosen");
}
#[test]
fn the_answer_of_an_earlier_search_is_not_shown() {
    let mut d = many();
    d.keys("login7");
    let before = wanted(&d);
    d.keys("8");
    d.event(Event::Searched(Box::new(Searched { ticket: before.ticket, ..before.now() })));
    assert_eq!(found(&d), Vec::<String>::new());
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    assert_eq!(found(&d)[0], "78");
}
#[test]
fn whoever_only_resembles_what_was_typed_is_never_taken_blind() {
    let mut d = many();
    d.keys("nmae777\n");
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    let Step::Home(state) = &d.model.step else { panic!("{}", d.step()) };
    assert_eq!((state.total, state.similar > 0), (0, true));
    assert!(d.notice().contains("Nothing fits exactly: choose one."), "{}", d.notice());
    d.keys("\n");
    assert_eq!(d.step(), "kind", "seen, it is chosen");
}
#[test]
fn whom_was_ordered_for_before_comes_first() {
    let mut d = many();
    d.keys("login4242");
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    d.keys("\n");
    d.key(Key::Esc, 1000);
    assert_eq!(d.step(), "home", "back to the first question");
    d.key(Key::Ctrl('x'), 1000);
    let at = mobproc::app::overlay::menu(&d.model).iter().position(|b| b.label.starts_with("put this")).unwrap();
    d.keys(&((at + 1) % 10).to_string());
    d.keys("ann");
    assert!(wanted(&d).known.is_empty(), "a draft is no order");
    let mut placed = standing(&d.kept[0]);
    placed.state = State::Accepted;
    d.event(Event::Journal(vec![placed]));
    d.key(Key::Ctrl('u'), 1000);
    d.keys("ann");
    assert_eq!(wanted(&d).known.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["4242"]);
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    assert_eq!(found(&d)[0], "4242");
}
#[test]
fn a_search_goes_on_in_what_has_come_meanwhile_and_the_highlight_stays() {
    let mut d = many();
    d.keys("name11");
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    d.key(Key::Down, 100);
    let chosen = found(&d)[1].clone();
    let mut more = d.model.desk.people.clone();
    let json = json!({"id": "new", "firstName": "Al", "lastName": "Name11", "status": "ACTIVE"});
    more.table.add(&Person::read(Body::from(json).view()).unwrap());
    d.event(Event::People(Box::new(more)));
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    let Step::Home(state) = &d.model.step else { panic!("{}", d.step()) };
    assert_eq!(state.total, 1112);
    let Entry::Hit(who, _) = &state.entries[state.cursor] else { panic!() };
    assert_eq!(who.id.as_str(), chosen);
}
#[test]
fn a_digit_takes_no_row_that_was_not_on_the_screen() {
    let mut d = many();
    d.keys("name1");
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    d.keys("1");
    d.keys("\t");
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    d.press(Key::Char('3'), 1);
    assert_eq!(d.step(), "home");
    assert!(d.notice().contains("The rows have just moved"), "{}", d.notice());
    d.keys("3");
    assert_eq!(d.step(), "kind", "seen, it is chosen");
}
#[test]
fn the_highlight_never_slips_to_somebody_else() {
    let mut d = many();
    d.keys("name11");
    d.event(Event::Searched(Box::new(wanted(&d).now())));
    (0..5).for_each(|_| d.key(Key::Down, 100));
    let chosen = found(&d)[5].clone();
    let more = d.model.desk.people.clone();
    d.event(Event::People(Box::new(Directory { table: renewed(&more), ..more })));
    // What is known so far lacks whom the highlight is on.
    let whole = wanted(&d).now();
    let mut part = whole.clone();
    (part.whole, part.people.sure) = (false, 3);
    part.people.rows.truncate(3);
    d.event(Event::Searched(Box::new(part)));
    d.event(Event::Searched(Box::new(whole)));
    let Step::Home(state) = &d.model.step else { panic!("{}", d.step()) };
    let Entry::Hit(who, _) = &state.entries[state.cursor] else { panic!() };
    assert_eq!(who.id.as_str(), chosen);
}
/// The same rows in other chunks.
fn renewed(of: &Directory<Person>) -> mobproc::domain::search::Table<Person> {
    let mut all = mobproc::domain::search::Table::default();
    of.table.records().for_each(|one| all.add(&one));
    all
}
#[test]
fn an_exact_login_is_honoured_blind_only_where_the_highlight_is_on_it() {
    let mut d = many();
    d.keys("login77");
    let search = wanted(&d);
    d.press(Key::Down, 1);
    d.press(Key::Enter, 1);
    d.event(Event::Searched(Box::new(search.now())));
    assert_ne!(d.model.desk.draft.actor().map(|id| id.as_str()), Some("770"), "{}", d.notice());
}
#[test]
fn among_few_people_too_nobody_who_is_only_similar_is_taken_unseen() {
    let mut d = start();
    for c in "edwrads".chars() {
        d.press(Key::Char(c), 1);
    }
    d.press(Key::Enter, 1);
    assert_eq!((d.step(), d.notice().as_str()), ("home", "Nothing fits exactly: choose one."));
    d.keys("\n");
    assert_eq!(d.model.desk.draft.actor().map(|id| id.as_str()), Some("1"), "seen, it is chosen");
}
