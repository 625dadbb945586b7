//! Who works in the company, and whose lines there are, as far as that is known here: held in little room, so that a million
//! can be searched. Pure.

use std::borrow::Cow;

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

/// Most mail addresses begin with the login, and are held without it then. What begins with the sign itself is no address.
impl Record for Person {
    const FORGIVES: bool = true;
    fn fields(&self) -> Vec<&str> {
        let (login, email) = (text(self.login.as_ref()), text(self.email.as_ref()));
        let email = if email.starts_with('@') { "" } else { email };
        let rest = email.strip_prefix(login).filter(|rest| rest.starts_with('@'));
        vec![
            self.id.as_str(),
            text(self.login.as_ref()),
            &self.first,
            &self.last,
            rest.unwrap_or(email),
            text(self.phone.as_ref()),
            text(self.department.as_ref()),
            held(&self.status),
        ]
    }
    fn of_fields(fields: &[&str]) -> Option<Self> {
        let [who, login, first, last, email, phone, department, status] = fields else { return None };
        Some(Self {
            id: id(who)?,
            login: field(login),
            first: Clean::new(first),
            last: Clean::new(last),
            email: field(&address(login, email)),
            phone: field(phone),
            department: field(department),
            status: Clean::new(said(status)),
        })
    }
    fn found_by(fields: &[&str], add: &mut impl FnMut(&[&str], bool)) {
        let [_, login, first, last, email, phone, department, _] = fields else { return };
        add(&[last], false);
        add(&[first], false);
        if email.starts_with('@') {
            // A login that is the first half of the mail address is found in that.
            add(&[login, email], true);
        } else {
            add(&[login], true);
            add(&[email], true);
        }
        number(phone, add);
        add(&[department], false);
    }
    fn last(fields: &[&str]) -> bool {
        fields.last().is_some_and(|status| !status.is_empty() && said(status) != "ACTIVE")
    }
    fn into_choice(self) -> Choice {
        self.into_choice()
    }
}

/// The two statuses that nearly everybody has, by one character each; whose status is nothing but such a one has none.
const STATUSES: [(&str, &str); 2] = [("ACTIVE", "+"), ("INACTIVE", "-")];

/// A status as it is held.
fn held(said: &str) -> &str {
    let short = STATUSES.iter().find(|(long, _)| *long == said).map(|(_, short)| *short);
    short.unwrap_or(if STATUSES.iter().any(|(_, short)| *short == said) { "" } else { said })
}
/// A status as the server says it.
fn said(held: &str) -> &str {
    STATUSES.iter().find(|(_, short)| *short == held).map_or(held, |(long, _)| long)
}

/// A mail address as people write it, of what is held of it.
fn address<'a>(login: &str, held: &'a str) -> Cow<'a, str> {
    if !held.starts_with('@') {
        return Cow::Borrowed(held);
    }
    if login.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!("{login}{held}")) }
}

/// A number is found by its digits, in whatever form it was written.
fn number(written: &str, add: &mut impl FnMut(&[&str], bool)) {
    if written.bytes().all(|b| b.is_ascii_digit()) {
        return add(&[written], true);
    }
    let (mut kept, mut length) = ([0; 32], 0);
    for digit in written.bytes().filter(u8::is_ascii_digit).take(kept.len()) {
        kept[length] = digit;
        length += 1;
    }
    add(&[std::str::from_utf8(&kept[..length]).unwrap_or_default()], true);
}

/// A line here is what a list shows of it and whom it leads to; what can be done with it is asked when it is chosen.
impl Record for Line {
    /// Another number is another line.
    const FORGIVES: bool = false;
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
    fn found_by(fields: &[&str], add: &mut impl FnMut(&[&str], bool)) {
        let [line, digits, _, device, _, vendor, ..] = fields else { return };
        number(digits, add);
        add(&[line], true);
        add(&[device], false);
        add(&[vendor], false);
    }
    fn last(_: &[&str]) -> bool {
        false
    }
    fn into_choice(self) -> Choice {
        self.into_choice()
    }
}

/// Whether lines are searched too: three digits are the least that a number is known by, and a login may have as many.
#[must_use]
pub fn by_number(query: &str) -> bool {
    let (numbers, letters) = (digits(query).len(), query.chars().filter(|c| c.is_alphabetic()).count());
    numbers >= 3 && letters <= numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::search::{Query, text_of};
    use crate::domain::text::Body;
    use serde_json::json;

    fn person(login: &str, email: &str) -> Person {
        let json =
            json!({"id": "1", "firstName": "Ann", "lastName": "Lee", "companyEmployeeId": login, "email": email});
        Person::read(Body::from(json).view()).unwrap()
    }

    #[test]
    fn a_status_is_held_by_one_character_and_comes_back() {
        for status in ["ACTIVE", "INACTIVE", "ON LEAVE", ""] {
            let ann = Person { status: Clean::new(status), ..person("ann", "") };
            assert_eq!(Person::of_fields(&ann.fields()).as_ref(), Some(&ann));
            assert_eq!(Person::last(&ann.fields()), ann.inactive(), "{status}");
        }
    }
    #[test]
    fn somebody_is_found_by_all_of_their_id_and_not_by_half_of_it() {
        let mut all = Table::default();
        all.add(&person("ann", "ann@example.com"));
        all.add(&Person { id: Id::new("28673732").unwrap(), ..person("bo", "bo@example.com") });
        let found = |typed: &str| all.find(&Query::new(typed), &std::collections::BTreeMap::new());
        let ids = |typed: &str| found(typed).rows.iter().map(|r| r.id.to_string()).collect::<Vec<_>>();
        assert_eq!((ids(" 28673732"), found("28673732").fits), (vec!["28673732".to_owned()], 1));
        assert_eq!(ids("2867373"), Vec::<String>::new());
    }
    #[test]
    fn a_person_is_held_and_comes_back_as_they_were() {
        for (login, email) in [
            ("ann.lee", "ann.lee@example.com"),
            ("ann.lee", "lee@example.com"),
            ("Ann.Lee", "ann.lee@example.com"),
            ("", "ann@example.com"),
            ("ann", ""),
            ("", ""),
        ] {
            let ann = person(login, email);
            let fields: Vec<String> = ann.fields().iter().map(|f| (*f).to_owned()).collect();
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            assert_eq!(Person::of_fields(&fields).as_ref(), Some(&ann), "{login} {email}");
            for typed in [login, email].into_iter().filter(|t| !t.is_empty()) {
                assert!(Query::new(typed).fit(text_of(&ann).as_bytes()).is_some(), "{login} {email}: {typed}");
            }
        }
        assert_eq!(Person::of_fields(&person("ann", "@example.com").fields()).unwrap().email, None);
    }
}
