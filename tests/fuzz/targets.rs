//! What is fuzzed: every reader of bytes that others write. A target takes any bytes, and panics where a promise is
//! broken. Built twice: for libFuzzer (`tests/fuzz.sh`), and into the suite.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::{Duration, Instant};

use mobproc::domain::attempt::{self, Confirmed, Verdict};
use mobproc::domain::cache::Cache;
use mobproc::domain::choice::Choice;
use mobproc::domain::compare;
use mobproc::domain::draft::{Draft, Reference};
use mobproc::domain::fault::{During, Fault};
use mobproc::domain::field::{Field, FieldKind};
use mobproc::domain::grant::{self, Reply};
use mobproc::domain::ids::{Id, OrderNumber};
use mobproc::domain::lookups::{Found, LOOKUPS, Read};
use mobproc::domain::pattern::Pattern;
use mobproc::domain::readers::collection;
use mobproc::domain::reply::{self, Resolved};
use mobproc::domain::text::{self, Body, Clean};
use mobproc::domain::tracking::Tracked;
use mobproc::domain::wish::{Listed, Wish};
use mobproc::profile::{self, Asked};
use mobproc::store;
use secrecy::ExposeSecret;

/// Takes any bytes, and panics where a promise is broken.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const ALL: [(&str, Target); 8] = [
    ("reply", reply),
    ("errors", errors),
    ("page", page),
    ("token", token),
    ("text", text),
    ("config", config),
    ("intents", intents),
    ("pattern", pattern),
];

/// Longer texts are cut when shown (bytes).
const SHOWN: usize = 4096;
/// Stands in seeds where a secret would; it must never come out in an error.
const SECRET: &str = "Canary-7f3a-Secret";

fn number() -> OrderNumber {
    OrderNumber::from_random(7)
}
/// The first two bytes are a status, the rest is a body.
fn answer(data: &[u8]) -> (u16, Result<Body, String>) {
    let (head, body) = data.split_at(data.len().min(2));
    let known = [200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503];
    let pick = head.iter().fold(0_u16, |n, b| n << 8 | u16::from(*b));
    let status = known.get(usize::from(pick & 15)).copied().unwrap_or(pick);
    (status, Body::parse(body))
}

/// Whether a terminal would take it for more than a letter, or the reader not see it. Written apart from the program.
fn foul(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || matches!(code, 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff)
        || matches!(code, 0xfdd0..=0xfdef | 0xe0000..=0xe0fff | 0xfff9..=0xfffb)
        || code & 0xffff >= 0xfffe
}
/// A mark that stands on the character before it, of the blocks that floods are made of.
fn mark(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x483..=0x489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff
        | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f)
}
/// Panics where a text is not fit for a terminal.
pub fn clean(shown: &str) {
    assert!(!shown.chars().any(foul), "a character that is not text: {shown:?}");
    let mut marks = 0;
    for c in shown.chars() {
        marks = if mark(c) { marks + 1 } else { 0 };
        assert!(marks <= 4, "a flood of marks: {shown:?}");
    }
}

fn checked_choice(row: &Choice) {
    clean(&row.name);
    clean(&row.spoken());
    clean(row.id.as_str());
    row.cells.iter().for_each(|cell| clean(cell));
}
fn checked_field(field: &Field) {
    clean(&field.label);
    clean(&field.guide(3));
    field.hint.iter().chain(&field.default).for_each(|t| clean(t));
    if let FieldKind::Note(paragraphs) = &field.kind {
        paragraphs.iter().for_each(|p| clean(p));
    }
    field.choices().iter().for_each(checked_choice);
    for typed in ["", "1", "203-555-0100", "\u{e9}"] {
        field.misfit(typed).iter().for_each(|why| clean(why));
    }
}
fn checked_order(order: &Resolved) {
    clean(&order.number_shown());
    order.items().for_each(|item| clean(&item.name));
    order.items().filter_map(|i| i.price.as_ref()).for_each(|p| clean(&p.spoken()));
    order.holder.iter().for_each(|h| clean(&h.spoken()));
    let draft = Draft::new(number());
    let review = compare::review(&draft, &Cache::default(), "2026-01-02".parse().unwrap_or_default(), order);
    for line in review.lines() {
        [Some(&line.label), line.asked.as_ref(), line.told.as_ref()].into_iter().flatten().for_each(|t| clean(t));
    }
}
fn checked_fault(fault: &Fault) {
    clean(&fault.spoken(During::Confirming));
    clean(&fault.to_string());
    fault.errors().iter().for_each(|e| clean(&e.spoken()));
}
fn checked(found: &Found) {
    found.choices().iter().for_each(|row| checked_choice(row));
    found.fields().iter().for_each(|field| checked_field(field));
    match found {
        Found::Order(tracked) => checked_tracked(tracked),
        Found::Text(lines) => lines.iter().for_each(|l| clean(l)),
        Found::History(entries) => entries.iter().for_each(|e| clean(&format!("{}{}", e.when, e.status))),
        Found::Profile(profile) => profile.0.iter().for_each(|(name, value)| clean(&format!("{name}{value}"))),
        Found::Me(me) => me.types.iter().flatten().for_each(|t| clean(t)),
        Found::Choices(_) | Found::Fields(_) | Found::Handset(_) | Found::Shipments(_) => {}
    }
}
fn checked_tracked(tracked: &Tracked) {
    checked_order(&tracked.order);
    tracked.segments.iter().flat_map(|s| s.items.iter().chain([&s.id, &s.status])).for_each(|t| clean(t));
}

/// Replies to confirmations, submissions and single resources.
pub fn reply(data: &[u8]) {
    let (status, body) = answer(data);
    let read = body.as_ref().map_err(String::as_str);
    match attempt::verdict(&number(), status, read) {
        Verdict::Accepted(order) => {
            assert!(order.order_id.is_some(), "an order without an id was taken for one");
            assert_ne!(order.echoes(&number()), Some(false), "an order of another number was taken for ours");
            checked_order(&order);
        }
        Verdict::Rejected(errors) => {
            assert!(!errors.is_empty(), "a refusal without a reason");
            assert!(!body.as_ref().is_ok_and(|b| b.view().holds("orderId")), "an order was taken for a refusal");
            errors.iter().for_each(|e| clean(&e.spoken()));
        }
        Verdict::NotApplied(fault, _) | Verdict::NotSent(fault) => checked_fault(&fault),
        Verdict::Unknown(why) => clean(&why),
    }
    match attempt::confirmed(&number(), status, read) {
        Ok(Confirmed::Confirmed(r) | Confirmed::Ordered(r)) => checked_order(&r),
        Ok(Confirmed::OrderedOther(id)) => clean(&id),
        Err(fault) => checked_fault(&fault),
    }
    let Ok(body) = &body else { return };
    for lookup in LOOKUPS {
        if let Read::Whole(read) = lookup.read {
            checked(&read(body.view()));
        }
    }
}

/// Error envelopes, with any status.
pub fn errors(data: &[u8]) {
    let (status, body) = answer(data);
    if let Err(why) = &body {
        clean(why);
    }
    if let Some(fault) = Fault::of_reply(status, body.as_ref().map_err(String::as_str)) {
        checked_fault(&fault);
    }
    let Ok(body) = &body else { return };
    for failed in [false, true] {
        for error in reply::errors(body.view(), failed) {
            clean(&error.spoken());
            error.locate([("LINE_1", "Line 1", 1), ("Reason", "Why", 2)].into_iter());
            let secret = error.message.clone().filter(|m| !m.is_empty());
            let hidden = error.without(secret.iter().map(|s| &**s));
            assert!(secret.is_none_or(|s| s.len() < 4 || !hidden.spoken().contains(&*s)), "a secret is repeated");
        }
    }
}

/// Pages of lists: the rows of every lookup, and orders that are looked for.
pub fn page(data: &[u8]) {
    let Ok(body) = Body::parse(data) else { return };
    for lookup in LOOKUPS {
        if let Read::Items(read) = lookup.read {
            collection(body.view(), lookup.collection).filter_map(read).for_each(|row| checked_choice(&row));
        }
    }
    let wish = Wish {
        number: number(),
        kind: "SUSPEND".into(),
        line: "2035550100".into(),
        holder: Id::new("28673732"),
        reference: Reference::Free("2026-11-20T10:00:00Z".parse().ok()),
    };
    for listed in collection(body.view(), "orders").filter_map(Listed::read) {
        clean(&listed.spoken());
        let _ = wish.judge(&listed);
    }
}

/// Answers of a token endpoint.
pub fn token(data: &[u8]) {
    let (status, body) = answer(data);
    match grant::reply(status, body.as_ref().map_err(String::as_str), &[SECRET]) {
        Reply::Granted(granted) => {
            assert!(grant::is_token(granted.access.expose_secret()), "no token");
            assert!(
                !format!("{granted:?}").contains(granted.access.expose_secret())
                    || granted.access.expose_secret().len() < 8
            );
            assert!(granted.life.is_none_or(|l| (60..=86_400).contains(&l.as_secs())), "a life beyond belief");
        }
        Reply::Refused(code, why) => {
            clean(&code);
            clean(&why);
        }
        Reply::Broken(why) => clean(&why),
    }
}

/// The door for text.
pub fn text(data: &[u8]) {
    let foreign = String::from_utf8_lossy(data);
    let shown = Clean::new(&foreign);
    clean(&shown);
    assert!(shown.len() <= SHOWN, "{} bytes", shown.len());
    assert_eq!(Clean::new(&shown), shown, "cleaning twice is not cleaning once");
    assert!(foreign.trim().is_empty() || !shown.is_empty(), "something became nothing");
    let pasted = text::pasted(&foreign);
    assert!(!pasted.chars().any(foul), "{pasted:?}");
    assert_eq!(text::pasted(&pasted), pasted, "pasting twice is not pasting once");
    let folded = text::folded(&foreign);
    assert_eq!(text::folded(&folded), folded, "folding twice is not folding once");
    if let Some(id) = Id::new(&foreign) {
        clean(id.as_str());
        assert_eq!(id.as_str(), foreign, "an id is kept byte for byte");
        assert!((1..=128).contains(&id.as_str().chars().count()) && !foreign.contains('\u{fffd}'));
    }
}

/// Profile files. Where a line is nothing but a key and the planted secret, an error does not repeat it.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // The name of the default profile is no secret, and what stands in a text of several lines is no line.
    let planted = |line: &&str| {
        let key = line.strip_suffix(&format!(" = \"{SECRET}\"")).unwrap_or_default();
        !key.is_empty() && key != "default" && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let fair = text.lines().filter(|l| l.contains(SECRET)).all(|l| planted(&l)) && !text.contains("\"\"\"");
    let fair = fair && !text.contains("'''");
    let folder = std::env::temp_dir().join(format!("mobproc-fuzz-{}", std::process::id()));
    let file = folder.join("config.toml");
    let open = || File::options().write(true).create(true).truncate(true).mode(0o600).open(&file);
    let written = std::fs::create_dir_all(&folder).and_then(|()| open()?.write_all(data));
    written.unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    for profile in [None, Some("qa")] {
        let asked = Asked { config: Some(&file), profile, options: &[], env: &|_| None };
        if let Err(error) = profile::choose(&asked) {
            assert!(!fair || !error.to_string().contains(SECRET), "a secret is repeated: {error}");
            clean(&Clean::new(&error.to_string()));
        }
    }
    let _ = std::fs::remove_file(&file);
    let _ = std::fs::remove_dir(&folder);
}

/// The log of what was permitted to be sent: as it is, and with every line's sum made right.
pub fn intents(data: &[u8]) {
    let lines = data.split(|b| *b == b'\n').count();
    let (numbers, unreadable) = store::read_intents(data);
    assert!(numbers + unreadable <= lines, "more was read than is there");
    let mut right = Vec::new();
    for line in data.split(|b| *b == b'\n') {
        right.extend_from_slice(line);
        right.extend_from_slice(format!(" {:08x}\n", crc32(line)).as_bytes());
    }
    let (numbers, unreadable) = store::read_intents(&right);
    assert!(numbers + unreadable <= lines, "more was read than is there");
}
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (sum & 1).wrapping_neg() & 0xedb8_8320)
    })
}

/// A server's regular expression (all but the last line), and a text (the last line).
pub fn pattern(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (java, typed) = text.rsplit_once('\n').unwrap_or((&text, "203-555-0100"));
    let begun = Instant::now();
    let pattern = Pattern::new(java);
    pattern.check(typed);
    pattern.check(&"1".repeat(4096));
    pattern.check(&format!("{}x", "a".repeat(4095)));
    assert!(begun.elapsed() < Duration::from_secs(20), "{java:?} took {:?}", begun.elapsed());
}
