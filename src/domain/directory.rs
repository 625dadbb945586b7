//! Who works in the company, and whose lines there are, as far as that is known here: held in little room, so that a million
//! can be searched. Pure.

use jiff::Timestamp;

use super::choice::{Choice, Line, Named, Person};
use super::fault::Fault;
use super::ids::Id;
use super::search::{Record, Table, digits};
use super::text::{Clean, Untrusted};

/// A directory as the program has it now.
#[derive(Debug, PartialEq)]
pub struct Directory<R> {
    /// Its rows; they can be searched whatever else comes.
    pub table: Table<R>,
    /// How far it has been read.
    pub reading: Reading,
    /// How many entries could not be read, and are none of the rows.
    pub unreadable: usize,
    /// Since when nobody knows what has changed, where that could not be asked: it is as it was kept then.
    pub as_of: Option<Timestamp>,
}

/// How far a directory has been read.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reading {
    /// Not asked for yet.
    #[default]
    Not,
    /// Page by page, for the first time.
    Underway {
        /// How many there will be, where the server says.
        total: Option<u64>,
    },
    /// To its end.
    Whole,
    /// It could not be read to its end; what came is there.
    Failed(Box<Fault>),
}

impl<R> Clone for Directory<R> {
    fn clone(&self) -> Self {
        Self {
            table: self.table.clone(),
            reading: self.reading.clone(),
            unreadable: self.unreadable,
            as_of: self.as_of,
        }
    }
}
impl<R> Default for Directory<R> {
    fn default() -> Self {
        Self { table: Table::default(), reading: Reading::Not, unreadable: 0, as_of: None }
    }
}

impl<R> Directory<R> {
    /// Whether more of it is on its way.
    #[must_use]
    pub fn underway(&self) -> bool {
        matches!(self.reading, Reading::Underway { .. })
    }
}

/// A record that a collection of the API lists (WIRE 6).
pub trait Listed: Record + Clone + Send + Sync + 'static {
    /// What its rows are called.
    const LABEL: &'static str;
    /// Where they are.
    const PATH: &'static str;
    /// The member that holds the collection (WIRE 5).
    const COLLECTION: &'static str;
    /// The parameter that leaves out what has not changed since then.
    const CHANGED_SINCE: &'static str;
    /// Reads an entry; without an id there is none.
    fn read(from: Untrusted<'_>) -> Option<Self>;
}

impl Listed for Person {
    const LABEL: &'static str = "people";
    const PATH: &'static str = "/employees";
    const COLLECTION: &'static str = "employees";
    const CHANGED_SINCE: &'static str = "dateTimeUpdatedOnOrAfter";
    fn read(from: Untrusted<'_>) -> Option<Self> {
        Self::read(from)
    }
}

impl Listed for Line {
    const LABEL: &'static str = "lines";
    const PATH: &'static str = "/assets/services";
    const COLLECTION: &'static str = "services";
    const CHANGED_SINCE: &'static str = "dateTimeUpdated";
    fn read(from: Untrusted<'_>) -> Option<Self> {
        Self::read(from)
    }
}

/// Everybody (WIRE 6, `/employees`).
pub type People = Directory<Person>;
/// Everybody's lines (WIRE 6, `/assets/services`).
pub type Lines = Directory<Line>;

fn text(field: Option<&Clean>) -> &str {
    field.map(|f| &**f).unwrap_or_default()
}
fn field(from: &str) -> Option<Clean> {
    (!from.is_empty()).then(|| Clean::new(from))
}
fn id(from: &str) -> Option<Id> {
    Id::new(from)
}

impl Record for Person {
    fn fields(&self) -> Vec<&str> {
        vec![
            self.id.as_str(),
            text(self.login.as_ref()),
            &self.first,
            &self.last,
            text(self.email.as_ref()),
            text(self.phone.as_ref()),
            text(self.department.as_ref()),
            &self.status,
        ]
    }
    fn of_fields(fields: &[&str]) -> Option<Self> {
        let [who, login, first, last, email, phone, department, status] = fields else { return None };
        Some(Self {
            id: id(who)?,
            login: field(login),
            first: Clean::new(first),
            last: Clean::new(last),
            email: field(email),
            phone: field(phone),
            department: field(department),
            status: Clean::new(status),
        })
    }
    fn found_by(fields: &[&str], add: &mut dyn FnMut(&str, bool)) {
        let [who, login, first, last, email, phone, department, _] = fields else { return };
        add(last, false);
        add(first, false);
        // A login that is the first half of the mail address is found in that.
        let (name, said) = (login.as_bytes(), email.as_bytes());
        if !(said.len() > name.len() && said[name.len()] == b'@' && said[..name.len()].eq_ignore_ascii_case(name)) {
            add(login, true);
        }
        add(email, true);
        number(phone, add);
        add(department, false);
        add(who, true);
    }
    fn last(fields: &[&str]) -> bool {
        fields.last().is_some_and(|status| !status.is_empty() && *status != "ACTIVE")
    }
    fn into_choice(self) -> Choice {
        self.into_choice()
    }
}

/// A number is found by its digits, in whatever form it was written.
fn number(written: &str, add: &mut dyn FnMut(&str, bool)) {
    if written.bytes().all(|b| b.is_ascii_digit()) {
        return add(written, true);
    }
    let (mut kept, mut length) = ([0; 32], 0);
    for digit in written.bytes().filter(u8::is_ascii_digit).take(kept.len()) {
        kept[length] = digit;
        length += 1;
    }
    add(std::str::from_utf8(&kept[..length]).unwrap_or_default(), true);
}

/// A line here is what a list shows of it and whom it leads to; what can be done with it is asked when it is chosen.
impl Record for Line {
    fn fields(&self) -> Vec<&str> {
        let (vendor, holder) = (self.vendor.as_ref(), self.holder.as_ref());
        vec![
            self.id.as_str(),
            &self.number,
            &self.status,
            text(self.device.as_ref()),
            vendor.map(|v| v.id.as_str()).unwrap_or_default(),
            vendor.map(|v| &*v.name).unwrap_or_default(),
            holder.map(|h| h.id.as_str()).unwrap_or_default(),
            holder.and_then(|h| h.login.as_deref()).unwrap_or_default(),
            holder.map(|h| &*h.first).unwrap_or_default(),
            holder.map(|h| &*h.last).unwrap_or_default(),
            holder.map(|h| &*h.status).unwrap_or_default(),
        ]
    }
    fn of_fields(fields: &[&str]) -> Option<Self> {
        let [line, number, status, device, vendor, vendor_name, holder, login, first, last, holder_status] = fields
        else {
            return None;
        };
        let person = |id| Person {
            id,
            login: field(login),
            first: Clean::new(first),
            last: Clean::new(last),
            email: None,
            phone: None,
            department: None,
            status: Clean::new(holder_status),
        };
        Some(Self {
            id: id(line)?,
            number: Clean::new(number),
            status: Clean::new(status),
            device: field(device),
            handset: None,
            upgrade_from: None,
            vendor: id(vendor).map(|id| Named { id, name: Clean::new(vendor_name) }),
            holder: id(holder).map(person),
            actions: None,
        })
    }
    fn found_by(fields: &[&str], add: &mut dyn FnMut(&str, bool)) {
        let [line, digits, _, device, _, vendor, ..] = fields else { return };
        number(digits, add);
        add(line, true);
        add(device, false);
        add(vendor, false);
    }
    fn last(_: &[&str]) -> bool {
        false
    }
    fn into_choice(self) -> Choice {
        self.into_choice()
    }
}

/// Whether lines are searched too: three digits are the least that a number is known by.
#[must_use]
pub fn by_number(query: &str) -> bool {
    digits(query).len() >= 3
}
