//! What the screen is given of a form, and of its open list, is what stands there now: nothing of before is shown.

use mobproc::app::details::Edit;
use mobproc::app::picker::find;
use mobproc::domain::choice::Choice;
use mobproc::domain::ids::Id;
use mobproc::domain::lookups::Page;
use mobproc::domain::rows;
use proptest::prelude::*;

use super::*;

fn named(names: &[&str]) -> Vec<Arc<Choice>> {
    let row = |name: &&str| Arc::new(Choice::plain(Id::new(name).unwrap(), Clean::new(name)));
    names.iter().map(row).collect()
}
/// Answers a lookup that is held back.
fn comes(d: &mut Desktop, lookup: &str, names: &[&str]) {
    let at = d.held.iter().position(|k| k.lookup == lookup).unwrap_or_else(|| panic!("{lookup} is not asked for"));
    let key = d.held.remove(at);
    d.event(Event::Found(key, Ok(Some(Found::Choices(named(names))))));
}
/// A page of a lookup that is held back.
fn page(d: &mut Desktop, lookup: &str, names: &[&str]) {
    let key = d.held.iter().find(|k| k.lookup == lookup).expect("it is asked for").clone();
    d.event(Event::Page(key, Page { rows: named(names), total: None, unreadable: 0 }));
}

/// A form that begins with its countries.
fn form() -> Desktop {
    let mut d = start_holding(&["regions", "devices", "plans", "accessories", "postal code"]);
    d.keys("edw\nn");
    comes(&mut d, "regions", &["Japan", "Jersey"]);
    d
}
/// The same with its devices open.
fn devices(names: &[&str]) -> Desktop {
    let mut d = form();
    d.keys("jap\n");
    comes(&mut d, "devices", names);
    d.keys("\n");
    d
}

fn details(d: &Desktop) -> &mobproc::app::details::State {
    let Step::Details(form) = &d.model.step else { panic!("{}: {}", d.step(), d.notice()) };
    form
}
/// The rows of the open list, and how many there are without a filter.
fn listed(d: &Desktop) -> Option<(Vec<String>, usize)> {
    details(d).listing().map(|list| (list.found.iter().map(|c| c.name.to_string()).collect(), list.of()))
}
fn shown(names: &[&str], of: usize) -> Option<(Vec<String>, usize)> {
    Some((names.iter().map(|n| (*n).to_owned()).collect(), of))
}

#[test]
fn an_open_list_shows_what_fits_what_is_typed_now() {
    let mut d = devices(&["Alpha", "Axis", "Gamma"]);
    assert_eq!(listed(&d), shown(&["Alpha", "Axis", "Gamma"], 3));
    d.keys("a");
    assert_eq!(listed(&d), shown(&["Alpha", "Axis"], 3));
    d.keys("x");
    assert_eq!(listed(&d), shown(&["Axis"], 3));
    d.key(Key::Backspace, 1000);
    assert_eq!(listed(&d), shown(&["Alpha", "Axis"], 3));
    d.key(Key::Ctrl('u'), 1000);
    assert_eq!(listed(&d), shown(&["Alpha", "Axis", "Gamma"], 3));
    d.event(Event::Paste("gam".into(), d.now));
    assert_eq!(listed(&d), shown(&["Gamma"], 3));
    d.keys("\x1b");
    assert_eq!(listed(&d), None, "it is closed");
}

#[test]
fn an_open_list_follows_every_page_that_arrives() {
    let mut d = devices(&["Alpha", "Beta", "Gamma"]);
    d.keys("a");
    d.key(Key::Ctrl('r'), 1000);
    assert_eq!(listed(&d), shown(&[], 0), "asked again, nothing of before is offered");
    page(&mut d, "devices", &["Alpine", "Bora"]);
    assert_eq!(listed(&d), shown(&["Alpine"], 2));
    page(&mut d, "devices", &["Area"]);
    assert_eq!(listed(&d), shown(&["Alpine", "Area"], 3));
    comes(&mut d, "devices", &["Alpha", "Beta", "Arc"]);
    assert_eq!(listed(&d), shown(&["Alpha", "Arc"], 3), "the same number of others");
    d.keys("\n");
    let device = d.model.desk.draft.one(mobproc::domain::slots::SlotId::Device).map(|c| c.name.to_string());
    assert_eq!(device.as_deref(), Some("Alpha"), "and what is chosen is what stands there");
}

#[test]
fn a_list_whose_field_depends_on_another_answer_is_that_of_the_present_answer() {
    let mut d = devices(&["Alpha", "Beta"]);
    d.keys("\x1b");
    d.key(Key::BackTab, 1000);
    assert_eq!(&*details(&d).focused().unwrap().label, "Country");
    d.keys("jer\n");
    comes(&mut d, "devices", &["Gamma", "Delta"]);
    d.keys("\n");
    assert_eq!(listed(&d), shown(&["Gamma", "Delta"], 2));
    // It changes under the open list too.
    let japan = d.model.desk.rows_of(&mobproc::domain::lookups::REGIONS)[0].clone();
    let country = d.model.desk.form()[0].id.clone();
    d.model.desk.draft.set(country, mobproc::domain::draft::Answer::One(japan));
    d.event(Event::Resized(80, 24));
    assert_eq!(listed(&d), shown(&["Alpha", "Beta"], 2));
}

#[test]
fn another_field_has_a_list_of_its_own() {
    let mut d = devices(&["Lens", "Beta"]);
    comes(&mut d, "plans", &["Large", "Little"]);
    d.keys("l");
    assert_eq!(listed(&d), shown(&["Lens"], 2));
    d.keys("\x1b");
    d.key(Key::Tab, 1000);
    assert_eq!(listed(&d), None);
    d.keys("l");
    assert_eq!(listed(&d), shown(&["Large", "Little"], 2), "the same is typed");
}

/// What may happen while a form is open.
#[derive(Clone, Debug)]
enum Happens {
    Pressed(Key),
    Page(u8),
    Comes(u8),
    Second,
    Painted,
}

fn happens() -> impl Strategy<Value = Happens> {
    let keys = [Key::Enter, Key::Tab, Key::BackTab, Key::Esc, Key::Down, Key::Up, Key::Backspace, Key::Right];
    let more = ['o', 'r', 'u', 'x', 'g'].map(Key::Ctrl);
    let letters = ['a', 'b', 'j', 'l', '1', '2', 'y', ' '].map(Key::Char);
    prop_oneof![
        6 => prop::sample::select([&keys[..], &letters[..]].concat()).prop_map(Happens::Pressed),
        1 => prop::sample::select(more.to_vec()).prop_map(Happens::Pressed),
        1 => any::<u8>().prop_map(Happens::Page),
        3 => any::<u8>().prop_map(Happens::Comes),
        1 => Just(Happens::Second),
        1 => Just(Happens::Painted),
    ]
}

fn happen(d: &mut Desktop, what: &Happens) {
    let names = ["Alpha", "Beta", "Jab", "Label", "12 bit", "All", "Ball", "Large"];
    let few = |n: u8| &names[usize::from(n % 8)..][..usize::from(n / 8) % 4 % (8 - usize::from(n % 8) + 1)];
    let first = d.held.first().map(|k| k.lookup);
    match (what, first) {
        (Happens::Pressed(key), _) => d.key(*key, 1000),
        (Happens::Page(n), Some(lookup)) => page(d, lookup, few(*n)),
        (Happens::Comes(n), Some(lookup)) => comes(d, lookup, few(*n)),
        (Happens::Page(_) | Happens::Comes(_), None) => {}
        (Happens::Second, _) => d.event(Event::Second),
        (Happens::Painted, _) => d.event(Event::Painted(d.now)),
    }
}

proptest! {
    #[test]
    fn after_every_event_the_screen_is_given_the_form_and_the_list_as_they_are(
        all in prop::collection::vec(happens(), 0..80),
    ) {
        let mut d = form();
        for what in &all {
            happen(&mut d, what);
            let Step::Details(form) = &d.model.step else { continue };
            let desk = &d.model.desk;
            prop_assert_eq!(format!("{:?}", form.form()), format!("{:?}", desk.form()), "after {:?}", what);
            let open = if let Edit::Pick(picker, true) = &form.edit { Some(picker.filter.text()) } else { None };
            let now = open.zip(form.row(desk)).map(|(typed, row)| {
                let offered = rows::offered(&desk.draft, &desk.cache, &row);
                (find(&offered, typed).rows, offered.len(), typed.is_empty() && !row.required)
            });
            let given = form.listing().map(|list| (list.found.clone(), list.of(), list.lead.is_some()));
            prop_assert_eq!(given, now, "after {:?}", what);
        }
    }
}
