//! Strings that nobody would think of in every text of every reply, drawn by the real views: the terminal is given text and
//! our own sequences, and every row is as wide as the screen.

use std::io::Write;
use std::sync::{Arc, Mutex};

use mobproc::app::desk::{Desk, Session};
use mobproc::app::keys::Key;
use mobproc::app::message::{Effect, Event, Part};
use mobproc::app::{Model, update};
use mobproc::domain::attempt::{self, Verdict};
use mobproc::domain::date::Date;
use mobproc::domain::directory::{Directory, Listed, Reading};
use mobproc::domain::fault::Fault;
use mobproc::domain::lookups::{Found, Lookup, LookupKey, Query, Read};
use mobproc::domain::readers::collection;
use mobproc::domain::text::{Body, Clean};
use mobproc::runtime::screen::Cells;
use mobproc::view::{render, theme::Theme};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::sequences::{take_apart, unseen};

const SIZE: (u16, u16) = (80, 24);
/// Strings of one run of the program; each stands in several places.
const STRINGS: usize = 60;

/// What the program works with, and what must stay for the order to be placed.
const KEPT: [&str; 9] =
    ["id", "type", "validation", "orderId", "externalOrderNumber", "groupId", "date", "text", "transactionTypes"];

/// Puts the strings behind every text that is there to be read.
fn spoiled(value: &mut Value, name: &str, strings: &mut impl Iterator<Item = String>) {
    match value {
        Value::String(text) if !KEPT.contains(&name) && text != "ACTIVE" => text.push_str(&strings.next().unwrap()),
        Value::Array(items) => items.iter_mut().for_each(|i| spoiled(i, name, strings)),
        Value::Object(members) => members.iter_mut().for_each(|(name, m)| spoiled(m, name, strings)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn world(key: &LookupKey) -> Value {
    match key.lookup {
        "people" => json!({"employees": [
            {"id": "1", "firstName": "Peter", "lastName": "Edwards", "companyEmployeeId": "peter", "status": "ACTIVE", "department": "D"},
            {"id": "2", "firstName": "Ann", "lastName": "Lee", "companyEmployeeId": "ann", "status": "INACTIVE"}]}),
        "all lines" | "lines" => json!({"services": [{"id": "100", "serviceNumber": "2035554468", "status": "ACTIVE",
            "device": {"model": "M"}, "vendor": {"id": "v", "name": "V"}, "employee": {"id": "1", "lastName": "Edwards"}}]}),
        "orders" => json!({"orders": [{"orderId": "8711660", "transactionType": "SUSPEND", "status": "NEW",
            "serviceNumber": "2035554468", "dateSubmitted": "2026-11-20", "accountHolder": {"id": "1", "lastName": "Edwards"}}]}),
        "me" => json!({"transactionTypes": ["SUSPEND"], "authenticatedUser": {"id": "9", "lastName": "Doe"}}),
        "profile" => json!({"customAttributes": [{"label": "Cost", "value": "4711"}], "status": "ACTIVE"}),
        "properties" => json!({"properties": [{"groupId": "G", "fields": [
            {"id": "CONTACT_NUMBER", "label": "Contact", "type": "TEXT", "validation": "REQUIRED", "text": "2035550160", "hint": "h"},
            {"id": "WHEN", "label": "On", "type": "DATE", "validation": "REQUIRED"},
            {"id": "HOLD", "label": "Hold", "type": "CHOICE", "validation": "OPTIONAL", "choices": [{"id": "a", "label": "A"}]}]}]}),
        "order" => json!({"order": {"orderId": "8711660", "status": "NEW", "externalOrderNumber": "X-1",
            "requestedBy": {"id": "9", "lastName": "Doe"}, "accountHolder": {"id": "1", "lastName": "Edwards"},
            "orderSegments": [{"orderSegmentId": "1", "status": "NEW", "vendor": {"name": "V"}, "device": {"id": "d", "name": "Phone"}}]}}),
        "history" => json!({"history": [{"date": "2026-11-20T10:00:00Z", "status": "NEW", "comment": "c"}]}),
        "shipments" => json!({"shipments": [{"carrier": "Carrier", "trackingNumber": "1Z"}]}),
        _ => json!([]),
    }
}

fn directory<R: Listed>(name: &'static str, strings: &mut impl Iterator<Item = String>) -> Directory<R> {
    let mut world = world(&LookupKey { lookup: name, query: Query::new("", None, None) });
    spoiled(&mut world, "", strings);
    let body = Body::parse(world.to_string().as_bytes()).expect("JSON");
    let mut all = Directory { reading: Reading::Whole, ..Directory::default() };
    collection(body.view(), R::COLLECTION).filter_map(R::read).for_each(|one: R| all.table.add(&one));
    all
}

fn found(key: &LookupKey, strings: &mut impl Iterator<Item = String>) -> Result<Option<Found>, Fault> {
    let lookup = Lookup::named(key.lookup).expect("a lookup");
    let mut world = world(key);
    spoiled(&mut world, "", strings);
    let body = Body::parse(world.to_string().as_bytes()).expect("JSON");
    Ok(Some(match lookup.read {
        Read::Whole(read) => read(body.view()),
        Read::Items(read) => {
            Found::Choices(collection(body.view(), lookup.collection).filter_map(read).map(Arc::new).collect())
        }
    }))
}

/// Where the bytes for the terminal go.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The program, drawn after every event.
struct Program<S> {
    model: Model,
    now: u64,
    strings: S,
    wire: Wire,
    screen: Terminal<Cells<Wire>>,
    cells: Terminal<TestBackend>,
    confirming: Option<Box<mobproc::app::message::Order>>,
    ticket: u64,
    sent: bool,
}

impl<S: Iterator<Item = String>> Program<S> {
    fn start(strings: S) -> Result<Self, TestCaseError> {
        let session = Session {
            profile: Clean::new("qa"),
            sandbox: false,
            login: Clean::new("jdoe"),
            keeping: mobproc::app::desk::Keeping::Kept,
            started: "2026-11-23T09:00:00Z".parse().unwrap(),
            zone: jiff::tz::TimeZone::UTC,
        };
        let (model, effects) = Model::start(Desk::new(session, SIZE, Date::constant(2026, 11, 23), [1, 2]));
        let wire = Wire::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
        let screen = Terminal::with_options(Cells::new(wire.clone()), TerminalOptions { viewport }).unwrap();
        let cells = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
        let mut program =
            Self { model, now: 10_000, strings, wire, screen, cells, confirming: None, ticket: 0, sent: false };
        program.work(effects);
        program.drawn()?;
        Ok(program)
    }
    fn event(&mut self, event: Event) {
        let effects = update(&mut self.model, event);
        self.work(effects);
    }
    fn work(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Fetch(key, _) => {
                    let found = found(&key, &mut self.strings);
                    self.event(Event::Found(key, found));
                }
                Effect::Confirm(order, ticket) => {
                    (self.confirming, self.ticket) = (Some(order), ticket);
                }
                Effect::Read(part) => {
                    let event = match part {
                        Part::People => Event::People(Box::new(directory("people", &mut self.strings))),
                        Part::Lines => Event::Lines(Box::new(directory("all lines", &mut self.strings))),
                    };
                    self.event(event);
                }
                Effect::Submit(_) => self.sent = true,
                _ => {}
            }
        }
    }
    fn keys(&mut self, text: &str) -> Result<(), TestCaseError> {
        for c in text.chars() {
            let key = match c {
                '\n' => Key::Enter,
                '\x1b' => Key::Esc,
                '^' => Key::Ctrl('o'),
                '!' => Key::Ctrl('x'),
                c => Key::Char(c),
            };
            self.now += 1000;
            self.event(Event::Key(key, self.now));
            self.drawn()?;
        }
        Ok(())
    }
    /// The reply to the confirmation or the submission, with strings in all of it.
    fn reply(&mut self, member: &str) -> Body {
        let order = self.confirming.as_ref().expect("it was confirmed").body["orderRequest"].clone();
        let mut reply = json!({"externalOrderNumber": order["externalOrderNumber"], "properties": order["properties"],
            "service": {"id": order["serviceId"], "serviceNumber": "2035554468"}, "status": "NEW",
            "accountHolder": {"id": "1", "lastName": "Edwards", "firstName": "Peter"}});
        for field in reply["properties"][0]["fields"].as_array_mut().into_iter().flatten() {
            field["label"] = json!("Label");
        }
        if member == "order" {
            reply["orderId"] = json!("8711660");
        }
        spoiled(&mut reply, "", &mut self.strings);
        Body::from(json!({ member: reply }))
    }
    /// Draws, and looks at what came of it.
    fn drawn(&mut self) -> Result<(), TestCaseError> {
        let theme = Theme { colour: true, ascii: false, lines: true };
        self.screen.draw(|frame| render(&self.model, &theme, frame)).unwrap();
        let bytes = std::mem::take(&mut *self.wire.0.lock().unwrap());
        let given = take_apart(&bytes).map_err(TestCaseError::fail)?;
        prop_assert_eq!(given.bells, 0, "what is drawn rings the bell");
        let mut fresh = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
        std::mem::swap(&mut self.cells, &mut fresh);
        self.cells.draw(|frame| render(&self.model, &theme, frame)).unwrap();
        if self.model.wants_painted() {
            self.event(Event::Painted(self.now));
        }
        let buffer = self.cells.backend().buffer();
        for y in 0..SIZE.1 {
            let mut x = 0;
            while x < SIZE.0 {
                let symbol = buffer[(x, y)].symbol();
                let room = u16::try_from(symbol.width()).unwrap();
                prop_assert!(!symbol.chars().any(unseen), "{symbol:?} in a cell");
                prop_assert!(symbol.chars().count() <= 10, "{symbol:?} floods a cell");
                // A wide letter may carry marks that take room of their own.
                prop_assert!(room <= 6, "{symbol:?} is {room} wide");
                x += room.max(1);
            }
            prop_assert_eq!(x, SIZE.0, "row {} is not as wide as the screen", y);
        }
        Ok(())
    }
}

/// Any text, and the kinds of it that terminals obey or measure differently.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<String>(),
        2 => "\\PC{0,8}",
        1 => "[\u{1b}\u{9b}\u{90}\u{9d}\u{7}\u{8}\r\n\t]{1,4}",
        1 => "\u{1b}(\\[[0-9;?]{0,6}[A-Za-z]|\\][0-9]{1,2};[a-z]{0,5}\u{7}|P[a-z]{1,3}\u{1b}\\\\)",
        1 => "[\u{300}-\u{36f}\u{20d0}-\u{20dc}\u{fe00}-\u{fe0f}]{1,40}",
        1 => "[\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2069}\u{feff}\u{e0020}-\u{e007f}]{1,6}",
        1 => "[\u{1100}-\u{11ff}\u{4e00}-\u{4e40}\u{ff01}-\u{ff5e}\u{e01}-\u{e5b}\u{900}-\u{97f}]{1,12}",
        1 => "([\u{1f1e6}-\u{1f1ff}]|[\u{1f466}-\u{1f469}][\u{1f3fb}-\u{1f3ff}]?\u{200d}?|[#*0-9]\u{fe0f}\u{20e3}){1,6}",
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// A whole order: home, the type, the form, the menu, the review, the order's own screen.
fn placed(strings: &[String]) -> Result<(), TestCaseError> {
    let mut program = Program::start(strings.iter().cloned().cycle())?;
    program.keys("edw!\x1b\ns")?;
    program.keys("+7\n!\x1b^")?;
    let number = program.model.desk.draft.number.clone();
    prop_assert!(program.confirming.is_some(), "it is not confirmed:\n{}", program.cells.backend());
    let body = program.reply("orderConfirmation");
    let confirmed = attempt::confirmed(&number, 200, Ok(&body));
    program.event(Event::Confirmed(number.clone(), program.ticket, confirmed));
    program.drawn()?;
    program.keys("!\x1bb\x1by")?;
    prop_assert!(program.sent, "it was not sent: {:?}", program.model.desk.notice);
    let refused =
        Body::from(json!({"status": "ERROR", "errors": [strings[0], {"code": strings[1], "message": strings[2]}]}));
    let verdict = if strings[3].len().is_multiple_of(3) {
        attempt::verdict(&number, 200, Ok(&refused))
    } else {
        attempt::verdict(&number, 200, Ok(&program.reply("order")))
    };
    let accepted = matches!(verdict, Verdict::Accepted(_));
    program.event(Event::Verdict(number, verdict));
    program.drawn()?;
    program.keys(if accepted { "ct!\x1bh" } else { "!\x1b" })?;
    Ok(())
}

#[test]
fn no_string_of_a_reply_reaches_the_terminal_as_anything_but_text() {
    let cases = if std::env::var_os("MOBPROC_FULL").is_some() { 1_700 } else { 170 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()));
    let held = runner.run(&proptest::collection::vec(string(), STRINGS), |strings| placed(&strings));
    held.unwrap_or_else(|e| panic!("{e}"));
}
