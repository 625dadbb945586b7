//! What a line of the log may hold. The fields are the allow-list: there is none for bodies, headers, query strings,
//! names, addresses, phone numbers or secrets, and what comes from outside must look like the code or id that it is.
//! Of bodies and headers there is what they are made of, where that was asked for.

use jiff::{Timestamp, Unit};
use serde::{Serialize, Serializer};

use crate::domain::calls::{Call, Outline, SignedIn};
use crate::domain::ids::{Id, OrderNumber};
use crate::domain::journal::State;
use crate::domain::text::{Body, Clean};

/// The longest text in a record (characters).
const TEXT: usize = 200;
/// The longest code, id or path in a record (characters).
const WORD: usize = 100;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The program began to work.
    Started,
    /// The program has ended.
    Ended,
    /// A token was asked for.
    SignIn,
    /// A call of the API has ended.
    Call,
    /// An order has gone from one state to another.
    Order,
    /// Somebody looked through the order list for an order.
    Look,
    /// People or lines were read or kept, or could not be.
    Directory,
    /// The terminal went away.
    HungUp,
    /// A signal asked for the end.
    Terminated,
    /// A part of the program failed.
    Panicked,
}

const WHATS: [(What, &str); 10] = [
    (What::Started, "started"),
    (What::Ended, "ended"),
    (What::SignIn, "sign-in"),
    (What::Call, "call"),
    (What::Order, "order"),
    (What::Look, "look"),
    (What::Directory, "directory"),
    (What::HungUp, "hung-up"),
    (What::Terminated, "terminated"),
    (What::Panicked, "panicked"),
];

impl What {
    fn name(self) -> &'static str {
        WHATS.iter().find(|(what, _)| *what == self).map_or("", |(_, name)| name)
    }
}
impl Serialize for What {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Info,
    /// Something did not work.
    Warn,
    /// Somebody should look at it.
    Error,
}

/// One line. Nothing but what stands here is ever written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// When, in UTC.
    pub time: Timestamp,
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub event: What,
    /// The process.
    pub pid: u64,
    /// The run of the program: process numbers come again.
    pub session: Clean,
    /// The profile's name.
    pub profile: Clean,
    /// `externalOrderNumber` of the order that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ext_no: Option<Clean>,
    /// The server's id of the order, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Clean>,
    /// CORRELATIONID of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Clean>,
    /// HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Clean>,
    /// The resource, its ids left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Clean>,
    /// HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u64>,
    /// Bytes of the reply's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How long it took (milliseconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// `errorCode` of the reply (WIRE 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Clean>,
    /// `id` of that error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_id: Option<Clean>,
    /// One word for what went wrong where no readable reply came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Clean>,
    /// The order's state before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Clean>,
    /// The order's state after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Clean>,
    /// How the token was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Clean>,
    /// How long the token lives (seconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life_s: Option<u64>,
    /// The program's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Clean>,
    /// Columns of the terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<u64>,
    /// Rows of the terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// File and line of the source where the program failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Clean>,
    /// What is worth saying: one of the program's own sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Clean>,
    /// How many records before this one could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
    /// What the call was made of, without a value; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Outline>,
}

/// Who writes: the same in every record of a run.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub(super) profile: Clean,
    pub(super) session: Clean,
}

impl Record {
    pub(super) fn new(by: &Writer, level: Level, event: What) -> Self {
        let now = Timestamp::now();
        Self {
            time: now.round(Unit::Millisecond).unwrap_or(now),
            level,
            event,
            pid: u64::from(std::process::id()),
            session: by.session.clone(),
            profile: by.profile.clone(),
            ext_no: None,
            order_id: None,
            correlation: None,
            method: None,
            path: None,
            status: None,
            bytes: None,
            ms: None,
            error_code: None,
            error_id: None,
            fault: None,
            from: None,
            to: None,
            grant: None,
            life_s: None,
            version: None,
            columns: None,
            rows: None,
            place: None,
            note: None,
            dropped: None,
            http: None,
        }
    }
    pub(super) fn call(by: &Writer, call: &Call) -> Self {
        let fine = call.fault.is_none() && call.code.is_none() && call.status.is_some_and(|s| s < 400);
        Self {
            ext_no: Some(word(&call.activity)).filter(|w| !w.is_empty()),
            correlation: Some(word(&call.correlation)).filter(|w| !w.is_empty()),
            method: Some(Clean::new(call.method)),
            path: Some(word(&call.path)),
            status: call.status.map(u64::from),
            bytes: Some(call.bytes),
            ms: Some(call.millis),
            error_code: call.code.as_deref().map(word),
            error_id: call.error.as_deref().map(word),
            fault: call.fault.map(Clean::new),
            http: call.http.clone(),
            ..Self::new(by, if fine { Level::Info } else { Level::Warn }, What::Call)
        }
    }
    pub(super) fn order(by: &Writer, order: &Step<'_>) -> Self {
        let level = match order.to {
            Some(State::NeedsHuman) => Level::Error,
            Some(State::Rejected | State::Unknown | State::NotPlaced) => Level::Warn,
            Some(_) | None => Level::Info,
        };
        let event = if order.to.is_some() { What::Order } else { What::Look };
        Self {
            ext_no: Some(word(order.number.as_str())),
            order_id: order.order_id.map(|id| text(id.as_str())),
            correlation: order.correlation.map(word),
            status: order.status.map(u64::from),
            from: order.from.map(|s| Clean::new(s.name())),
            to: order.to.map(|s| Clean::new(s.name())),
            note: order.note.map(text),
            ..Self::new(by, level, event)
        }
    }
    pub(super) fn sign_in(by: &Writer, signed: &SignedIn) -> Self {
        let level = if signed.fault.is_none() && signed.refused.is_none() { Level::Info } else { Level::Warn };
        Self {
            grant: Some(Clean::new(signed.grant)),
            life_s: signed.life.map(|life| life.as_secs()),
            error_code: signed.refused.as_deref().map(word),
            fault: signed.fault.map(Clean::new),
            ..Self::new(by, level, What::SignIn)
        }
    }

    /// A line that was read back; nothing where it is none of ours. What stands in it is cleaned like anybody's text,
    /// and what no field of ours is for is left out.
    #[must_use]
    pub fn read(line: &[u8]) -> Option<Self> {
        let body = Body::parse(line).ok()?;
        let view = body.view();
        let read = |name: &str| view.at(name).text().map(|t| text(&t));
        let count = |name: &str| view.at(name).count();
        let http = view.at("http");
        let event = read("event")?;
        let by = Writer { profile: read("profile").unwrap_or_default(), session: read("session").unwrap_or_default() };
        let level = match read("level").as_deref() {
            Some("error") => Level::Error,
            Some("warn") => Level::Warn,
            Some(_) | None => Level::Info,
        };
        let what = WHATS.iter().find(|(_, name)| *name == &*event)?.0;
        Some(Self {
            time: read("time")?.parse().ok()?,
            pid: count("pid")?,
            ext_no: read("ext_no"),
            order_id: read("order_id"),
            correlation: read("correlation"),
            method: read("method"),
            path: read("path"),
            status: count("status"),
            bytes: count("bytes"),
            ms: count("ms"),
            error_code: read("error_code"),
            error_id: read("error_id"),
            fault: read("fault"),
            from: read("from"),
            to: read("to"),
            grant: read("grant"),
            life_s: count("life_s"),
            version: read("version"),
            columns: count("columns"),
            rows: count("rows"),
            place: read("place"),
            note: read("note"),
            dropped: count("dropped"),
            http: http.present().then(|| Outline {
                sent_headers: http.at("sent_headers").text().unwrap_or_default(),
                sent: http.at("sent").text(),
                came_headers: http.at("came_headers").text(),
                came: http.at("came").text(),
            }),
            ..Self::new(&by, level, what)
        })
    }

    /// The line, with its end.
    pub(super) fn line(&self) -> Vec<u8> {
        // Text and numbers cannot fail to become JSON.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

/// Something that happened to an order.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Its number.
    pub number: &'a OrderNumber,
    /// The server's id, where it has one.
    pub order_id: Option<&'a Id>,
    /// The call that it came of.
    pub correlation: Option<&'a str>,
    /// The reply's status.
    pub status: Option<u16>,
    /// The state before, where it changed and is known.
    pub from: Option<State>,
    /// The state after, where it changed.
    pub to: Option<State>,
    /// A sentence of the program's own.
    pub note: Option<&'static str>,
}

impl<'a> Step<'a> {
    /// A step of that order, of which nothing is said yet.
    #[must_use]
    pub fn of(number: &'a OrderNumber) -> Self {
        Self { number, order_id: None, correlation: None, status: None, from: None, to: None, note: None }
    }
}

/// A code, an id or a path. What holds blanks or odd characters is none, whoever calls it so: a sentence in its place
/// could hold anything.
fn word(text: &str) -> Clean {
    if text.chars().all(|c| c.is_ascii_graphic()) && text.len() <= WORD {
        Clean::new(text)
    } else {
        Clean::new("(not-a-code)")
    }
}

/// As much of a text as a record takes.
pub(super) fn text(text: &str) -> Clean {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => Clean::new(&text[..end]),
        None => Clean::new(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by() -> Writer {
        Writer { profile: "qa".into(), session: "5e55".into() }
    }

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let call = Call {
            activity: "MP70000000000J".into(),
            correlation: "0198f2c1-1111-4222-8333-0123456789ab".into(),
            method: "GET",
            path: "/employees/{id}".into(),
            status: Some(400),
            bytes: 17,
            millis: 42,
            code: Some("400-Region_id-Account-Id-error".into()),
            error: Some("tghwn".into()),
            fault: Some("refused"),
            http: Some(Outline {
                sent_headers: "accept, authorization".into(),
                sent: Some("{orderId: text(7)}".into()),
                came_headers: Some("date".into()),
                came: None,
            }),
        };
        let record = Record::call(&by(), &call);
        assert_eq!(Record::read(&record.line()), Some(record.clone()));
        assert_eq!(record.level, Level::Warn);
        let text = String::from_utf8(record.line()).unwrap();
        assert!(text.ends_with("}\n") && text.matches('\n').count() == 1 && text.contains("\"ms\":42"), "{text}");
        for (what, name) in WHATS {
            assert_eq!(what.name(), name);
            let record = Record::new(&by(), Level::Info, what);
            assert_eq!(Record::read(&record.line()), Some(record));
        }
    }
    #[test]
    fn a_sentence_is_not_taken_for_a_code() {
        for sentence in ["No employee Peter Edwards", "caf\u{e9}", "a\nb", "\u{1b}[2J", &"x".repeat(101)] {
            assert_eq!(&*word(sentence), "(not-a-code)", "{sentence:?}");
        }
        assert_eq!(&*word("400-Region_id-Account-Id-error"), "400-Region_id-Account-Id-error");
    }
    #[test]
    fn what_is_no_record_is_none_and_odd_text_in_one_is_cleaned() {
        for line in ["", "{", "[]", "null", "{\"event\":\"call\"}", "{\"event\":\"x\",\"pid\":1}", "\u{1b}]0;x\u{7}"] {
            assert_eq!(Record::read(line.as_bytes()), None, "{line:?}");
        }
        let line = br#"{"time":"2026-11-25T12:00:00Z","event":"call","pid":1,"path":"\u001b[2J\u202e","secret":"x"}"#;
        let record = Record::read(line).unwrap();
        assert_eq!(record.path.as_deref(), Some("^[[2J\\u{202e}"));
        assert!(!String::from_utf8(record.line()).unwrap().contains("secret"));
    }
}
