//! The people beyond the world's own, and their lines, made from a seed. Nobody is held: whoever is asked for is computed from
//! the seed and his number, the same in every run.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::records::{Contract, CustomAttribute, Employee, Handset, Named, Serial, Service};
use super::spread::{Spread, chance};

/// Where the ids of people begin that are made, of their lines, and of their devices.
const PEOPLE: u32 = 600_000_000;
const LINES: u32 = 700_000_000;
const DEVICES: u32 = 800_000_000;
/// The ids of a person's lines lie in so many.
const LINES_EACH: u32 = 4;
/// How many lines each of sixteen people have, in some order: as many lines as people.
const SHARES: [u8; 16] = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3];
/// How many numbers of the form AAA-555-NNNN there are, with area codes from 200.
const NUMBERS: u64 = 8_000_000;

/// What chance decides of a person or of a line; each is drawn for itself.
#[derive(Clone, Copy)]
enum Draw {
    Group,
    First,
    Last,
    Second,
    Doubled,
    Land,
    Status,
    Department,
    Login,
    Mail,
    Phone,
    Rights,
    Cost,
    Shuffle,
    Template,
    Start,
    Serial,
    Sim,
    Mac,
    People,
    Lines,
}

/// Names that go together; after a `|` how a name is written in ASCII.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    /// How many of a hundred people have them.
    share: u64,
    first: Vec<String>,
    last: Vec<String>,
}

/// What people are made of: `assets/sandbox/crowd.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stuff {
    names: Vec<Names>,
    /// Their departments, beside those of the world's own.
    pub departments: Vec<Named>,
}

/// A country as the world's own people make it likely, and the lines that people have there.
#[derive(Debug)]
struct Land {
    country: String,
    people: u64,
    lines: Vec<Arc<Service>>,
}

/// The people that are made.
#[derive(Debug)]
pub struct Crowd {
    seed: u64,
    count: u32,
    stuff: Stuff,
    lands: Vec<Land>,
}

fn written(name: &str) -> (&str, String) {
    let (shown, ascii) = name.split_once('|').unwrap_or((name, name));
    (shown, ascii.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect())
}

/// Any of a list.
fn any<T>(of: &[T], by: u64) -> Option<&T> {
    let len = u64::try_from(of.len()).unwrap_or(1).max(1);
    of.get(usize::try_from(by % len).unwrap_or_default())
}

/// Digits that look like chance.
fn digits(by: u64, many: usize) -> String {
    let number = format!("{by:020}");
    number.get(20 - many.min(19)..).unwrap_or_default().to_owned()
}

/// Area, exchange and number of a phone; no two below `NUMBERS` are the same.
fn phone(number: u64) -> (u64, u64) {
    // A factor without a divisor in common with how many there are.
    let n = (number * 4_748_557) % NUMBERS;
    (200 + n / 10_000, n % 10_000)
}

/// A time as the world's own records have it.
pub fn stamp(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap_or_default().to_string()
}

/// First and last name of somebody, each as shown and as a login has it.
struct Called {
    first: (String, String),
    last: (String, String),
}

impl Crowd {
    /// So many people, after the manner of the world's own.
    pub fn new((seed, count): (u64, u32), stuff: Stuff, people: &[Arc<Employee>], lines: &[Arc<Service>]) -> Self {
        let mut lands: Vec<Land> = Vec::new();
        for e in people {
            if let Some(land) = lands.iter_mut().find(|l| l.country == e.country) {
                land.people += 1;
                continue;
            }
            let there = |s: &&Arc<Service>| {
                let owner = people.iter().find(|p| p.id == s.owner);
                s.device.is_some() && owner.is_some_and(|o| o.country == e.country)
            };
            let lines = lines.iter().filter(there).cloned().collect();
            lands.push(Land { country: e.country.clone(), people: 1, lines });
        }
        Self { seed, count, stuff, lands }
    }
    fn draw(&self, of: u32, what: Draw) -> u64 {
        chance(self.seed, of.into(), what as u64)
    }
    /// The order in which they changed.
    pub fn people_by_update(&self) -> Spread {
        Spread::new(self.draw(0, Draw::People), self.count)
    }
    /// The order in which their lines changed.
    pub fn lines_by_update(&self) -> Spread {
        Spread::new(self.draw(0, Draw::Lines), self.lines_before(self.count))
    }
    /// The number of whoever has that id.
    pub fn number(&self, id: &str) -> Option<u32> {
        let n = id.parse::<u32>().ok()?.checked_sub(PEOPLE)?;
        (n < self.count && id.len() == 9).then_some(n)
    }
    /// The numbers of those who may have that login: it ends in the number of its first owner.
    pub fn numbers_by_login(&self, login: &str) -> impl Iterator<Item = u32> + use<'_> {
        let tail = login.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let n = login.get(tail..).and_then(|digits| digits.parse::<u32>().ok());
        n.into_iter().flat_map(|n| [n, n.saturating_add(1)]).filter(|n| *n < self.count)
    }
    fn named(&self, n: u32) -> Called {
        let mut left = self.draw(n, Draw::Group) % 100;
        let within = |g: &&Names| {
            let found = left < g.share;
            left = left.saturating_sub(g.share);
            found
        };
        let group = self.stuff.names.iter().find(within);
        let name = |of: fn(&Names) -> &Vec<String>, what| {
            let (shown, ascii) =
                group.and_then(|g| any(of(g), self.draw(n, what))).map_or(("", String::new()), |n| written(n));
            (shown.to_owned(), ascii)
        };
        let (first, mut last) = (name(|g| &g.first, Draw::First), name(|g| &g.last, Draw::Last));
        let other = name(|g| &g.last, Draw::Second);
        let latin = group.is_some_and(|g| g.share > 50);
        if latin && self.draw(n, Draw::Doubled).is_multiple_of(20) && other != last {
            last = (format!("{}-{}", last.0, other.0), last.1);
        }
        Called { first, last }
    }
    /// One in five thousand has the login of the one before him (WIRE 3).
    fn login(&self, n: u32) -> String {
        let n = if n % 5000 == 4999 { n - 1 } else { n };
        let Called { first: (_, first), last: (_, last) } = self.named(n);
        match self.draw(n, Draw::Login) % 10 {
            0 => format!("E{n:07}"),
            1 | 2 => format!("{first}.{last}.{n}"),
            _ => format!("{}{}{n}", first.get(..1).unwrap_or_default(), last.get(..8).unwrap_or(&last)),
        }
    }
    fn mail(&self, n: u32, name: &Called) -> Option<String> {
        const HOSTS: [&str; 4] = ["example.com", "example.org", "mail.example.net", "staff.example.com"];
        let by = self.draw(n, Draw::Mail);
        let host = any(&HOSTS, by >> 8)?;
        (!by.is_multiple_of(50)).then(|| format!("{}.{}{n}@{host}", name.first.1, name.last.1))
    }
    /// A phone as somebody or other typed it; a few have none.
    fn office(&self, n: u32) -> Option<String> {
        let (area, number) = phone(u64::from(n) + self.seed % NUMBERS + NUMBERS / 2);
        match self.draw(n, Draw::Phone) % 16 {
            0 => None,
            1..=6 => Some(format!("{area}-555-{number:04}")),
            7..=9 => Some(format!("{area}555{number:04}")),
            10 | 11 => Some(format!("({area}) 555-{number:04}")),
            12 | 13 => Some(format!("+1 {area} 555 {number:04}")),
            14 => Some(format!("{area}.555.{number:04}")),
            _ => Some(format!("{area}-555-{number:04} x{}", n % 900 + 100)),
        }
    }
    fn land(&self, n: u32) -> Option<&Land> {
        let all: u64 = self.lands.iter().map(|l| l.people).sum();
        let mut left = self.draw(n, Draw::Land) % all.max(1);
        self.lands.iter().find(|l| {
            let found = left < l.people;
            left = left.saturating_sub(l.people);
            found
        })
    }
    /// Who has that number, as he is when he last changed at that second.
    pub fn person(&self, n: u32, updated: i64) -> Employee {
        let name = self.named(n);
        let department = self.draw(n, Draw::Department);
        let cost = self.draw(n, Draw::Cost);
        let attribute = |value| CustomAttribute { id: "COST_CENTER".into(), label: "Cost Center".into(), value };
        let rights = self.draw(n, Draw::Rights);
        Employee {
            id: (PEOPLE + n).to_string(),
            company_employee_id: self.login(n),
            status: if self.draw(n, Draw::Status).is_multiple_of(20) { "INACTIVE" } else { "ACTIVE" }.into(),
            country: self.land(n).map(|l| l.country.clone()).unwrap_or_default(),
            updated: stamp(updated),
            department: any(&self.stuff.departments, department >> 8)
                .filter(|_| !department.is_multiple_of(32))
                .map(|d| d.id.clone()),
            email: self.mail(n, &name),
            office_phone: self.office(n),
            lacks: Vec::new(),
            approver: rights.is_multiple_of(50),
            mover: (rights / 50).is_multiple_of(20),
            custom_attributes: (!cost.is_multiple_of(3)).then(|| vec![attribute((4000 + cost / 3 % 1000).to_string())]),
            first_name: name.first.0,
            last_name: name.last.0,
        }
    }
    /// How many lines each of sixteen people have.
    fn shares(&self, sixteen: u32) -> [u8; 16] {
        let mut shares = SHARES;
        let mut by = self.draw(sixteen, Draw::Shuffle);
        for last in (1..16_u64).rev() {
            let (one, other) = (usize::try_from(by % (last + 1)), usize::try_from(last));
            shares.swap(one.unwrap_or_default(), other.unwrap_or_default());
            by /= last + 1;
        }
        shares
    }
    /// How many lines there are before those of that number.
    fn lines_before(&self, n: u32) -> u32 {
        let before = self.shares(n / 16).into_iter().take((n % 16) as usize);
        n / 16 * 16 + before.map(u32::from).sum::<u32>()
    }
    /// The places of somebody's lines among all of theirs.
    pub fn lines_of(&self, n: u32) -> std::ops::Range<u32> {
        self.lines_before(n)..self.lines_before(n + 1)
    }
    /// Whose line that is, and the how manieth of his.
    fn owner(&self, line: u32) -> (u32, u32) {
        let (mut n, mut left) = (line / 16 * 16, line % 16);
        for share in self.shares(line / 16) {
            if left < share.into() {
                break;
            }
            left -= u32::from(share);
            n += 1;
        }
        (n, left)
    }
    fn line_by(&self, id: &str, from: u32) -> Option<u32> {
        let n = id.parse::<u32>().ok()?.checked_sub(from).filter(|_| id.len() == 9)?;
        let (owner, nth) = (n / LINES_EACH, n % LINES_EACH);
        let lines = (owner < self.count).then(|| self.lines_of(owner))?;
        Some(lines.start + nth).filter(|line| lines.contains(line))
    }
    /// The place of the line of that id.
    pub fn line_number(&self, id: &str) -> Option<u32> {
        self.line_by(id, LINES)
    }
    /// The place of the line whose device has that id.
    pub fn device_number(&self, id: &str) -> Option<u32> {
        self.line_by(id, DEVICES)
    }
    /// A line by its place, as it is when it last changed at that second; made like one of the world's own in that country.
    pub fn line(&self, line: u32, updated: i64) -> Option<Service> {
        let (owner, nth) = self.owner(line);
        let like = any(&self.land(owner)?.lines, self.draw(line, Draw::Template))?;
        let (area, number) = phone(u64::from(line) + self.seed % NUMBERS);
        let start = self.draw(line, Draw::Start);
        let (year, month, day) = (2018 + start % 7, 1 + start / 7 % 12, 1 + start / 84 % 28);
        let date = |year: u64| format!("{year}-{month:02}-{day:02}T06:00:00Z");
        let id = owner * LINES_EACH + nth;
        Some(Service {
            id: (LINES + id).to_string(),
            service_number: format!("{area}555{number:04}"),
            status: like.status.clone(),
            owner: (PEOPLE + owner).to_string(),
            vendor: like.vendor.clone(),
            billing: like.billing.clone(),
            plan: like.plan.clone(),
            contract: Contract {
                start: date(year),
                end: date(year + 2),
                activated: date(year - start / 2352 % 4),
                last_device_upgrade: like.contract.last_device_upgrade.as_ref().map(|_| date(year)),
            },
            device: like.device.as_ref().map(|d| self.device(line, (DEVICES + id).to_string(), d)),
            order_actions: like.order_actions.clone(),
            upgrade_eligibility_date: like.upgrade_eligibility_date.as_ref().map(|_| date(year + 2)),
            updated: stamp(updated),
        })
    }
    fn device(&self, line: u32, id: String, like: &Handset) -> Handset {
        let mac = |_| {
            let [a, b, c, d, e, ..] = self.draw(line, Draw::Mac).to_be_bytes();
            format!("{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}")
        };
        let Named { id: maker, name } = &like.manufacturer;
        Handset {
            id,
            manufacturer: Named { id: maker.clone(), name: name.clone() },
            model: like.model.clone(),
            model_id: like.model_id.clone(),
            sim_id: like.sim_id.as_ref().map(|_| format!("8901{}", digits(self.draw(line, Draw::Sim), 15))),
            access_method: like.access_method.clone(),
            mac_address: like.mac_address.as_ref().map(mac),
            company_asset_id: like.company_asset_id.as_ref().map(|_| format!("T{line:07}")),
            serial_number: Serial {
                kind: like.serial_number.kind.clone(),
                value: digits(self.draw(line, Draw::Serial), 15),
            },
            order_actions: like.order_actions.clone(),
            catalog_id: like.catalog_id.clone(),
        }
    }
}
