//! Everybody there is: the world's own, those that are made, and what became of them while the sandbox ran.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::crowd::{Crowd, stamp};
use super::locked;
use super::records::Employee;
use super::roll::{Roll, Wanted};

/// Where the numbers begin of people who come while it runs: beyond all that are made.
const NEWCOMERS: u32 = 65_000_000;

/// What becomes of an employee, or what a new one is like: what is none stays as it was, or is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The company's id.
    pub company_employee_id: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Office phone.
    pub office_phone: Option<String>,
    /// `ACTIVE` or `INACTIVE`.
    pub status: Option<String>,
}

impl Change {
    fn of(&self, mut e: Employee) -> Employee {
        let put = |to: &mut String, from: &Option<String>| to.clone_from(from.as_ref().unwrap_or(&to.clone()));
        put(&mut e.first_name, &self.first_name);
        put(&mut e.last_name, &self.last_name);
        put(&mut e.company_employee_id, &self.company_employee_id);
        put(&mut e.status, &self.status);
        e.email = self.email.clone().or(e.email);
        e.office_phone = self.office_phone.clone().or(e.office_phone);
        e
    }
}

/// What changes.
#[derive(Debug)]
struct Now {
    roll: Roll,
    /// Those who changed or came, by place.
    changed: HashMap<u32, Arc<Employee>>,
    came: u32,
}

/// The people.
#[derive(Debug)]
pub struct People {
    own: Vec<Arc<Employee>>,
    by_id: HashMap<String, u32>,
    crowd: Arc<Crowd>,
    now: Mutex<Now>,
}

/// A time of a record, in seconds.
pub fn seconds(updated: &str) -> i64 {
    updated.parse::<Timestamp>().map_or(i64::MIN, Timestamp::as_second)
}

impl People {
    /// The world's own, and those that are made.
    pub fn new(own: Vec<Arc<Employee>>, crowd: Arc<Crowd>) -> Self {
        let times = own.iter().map(|e| seconds(&e.updated)).collect();
        let by_id = own.iter().zip(0..).map(|(e, place)| (e.id.clone(), place)).collect();
        let roll = Roll::new(times, crowd.people_by_update());
        Self { own, by_id, crowd, now: Mutex::new(Now { roll, changed: HashMap::new(), came: 0 }) }
    }
    fn first_made(&self) -> u32 {
        u32::try_from(self.own.len()).unwrap_or(u32::MAX)
    }
    fn at(&self, now: &Now, place: u32) -> Arc<Employee> {
        if let Some(changed) = now.changed.get(&place) {
            return Arc::clone(changed);
        }
        match self.own.get(place as usize) {
            Some(own) => Arc::clone(own),
            None => Arc::new(self.crowd.person(place - self.first_made(), now.roll.time(place))),
        }
    }
    fn place_in(&self, now: &Now, id: &str) -> Option<u32> {
        let own = || self.by_id.get(id).copied();
        let made = || self.crowd.number(id).map(|n| self.first_made() + n);
        let came = || now.changed.iter().find(|(_, e)| e.id == id).map(|(place, _)| *place);
        own().or_else(made).or_else(came).filter(|place| now.roll.holds(*place))
    }
    /// Who has that platform id.
    pub fn get(&self, id: &str) -> Option<Arc<Employee>> {
        let now = locked(&self.now);
        self.place_in(&now, id).map(|place| self.at(&now, place))
    }
    /// Whether somebody has that platform id.
    pub fn has(&self, id: &str) -> bool {
        self.place_in(&locked(&self.now), id).is_some()
    }
    /// Where somebody stands.
    pub fn place(&self, id: &str) -> Option<u32> {
        self.place_in(&locked(&self.now), id)
    }
    /// Where those stand who have that company id: it is not unique (WIRE 3).
    pub fn by_company_id(&self, id: &str) -> Vec<u32> {
        let now = locked(&self.now);
        let own = 0..self.first_made();
        let made = self.crowd.numbers_by_login(id).map(|n| self.first_made() + n);
        let mut places: Vec<u32> = own.chain(made).chain(now.changed.keys().copied()).collect();
        places.sort_unstable();
        places.dedup();
        places.retain(|place| now.roll.holds(*place) && self.at(&now, *place).company_employee_id == id);
        places
    }
    /// Who stands there.
    pub fn who(&self, place: u32) -> Arc<Employee> {
        self.at(&locked(&self.now), place)
    }
    /// How many are wanted, and the places of a part of them.
    pub fn part(&self, wanted: &Wanted, offset: usize, limit: usize) -> (usize, Vec<u32>) {
        locked(&self.now).roll.part(wanted, offset, limit)
    }
    /// Somebody comes; his id.
    pub fn add(&self, like: &Change) -> String {
        let mut now = locked(&self.now);
        let time = now.moment();
        let (place, n) = (now.roll.add(time), now.came);
        now.came += 1;
        let new = like.of(self.crowd.person(NEWCOMERS + n, time));
        let id = new.id.clone();
        now.changed.insert(place, Arc::new(new));
        id
    }
    /// Somebody changes; false where there is nobody of that id.
    pub fn change(&self, id: &str, change: &Change) -> bool {
        let mut now = locked(&self.now);
        let Some(place) = self.place_in(&now, id) else { return false };
        let time = now.moment();
        let mut changed = change.of(Employee::clone(&self.at(&now, place)));
        changed.updated = stamp(time);
        now.roll.touch(place, time);
        now.changed.insert(place, Arc::new(changed));
        true
    }
    /// Somebody goes; where he stood.
    pub fn remove(&self, id: &str) -> Option<u32> {
        let mut now = locked(&self.now);
        let place = self.place_in(&now, id)?;
        now.roll.remove(place);
        now.changed.remove(&place);
        Some(place)
    }
}

impl Now {
    /// The time of a change: never before the last one.
    fn moment(&self) -> i64 {
        Timestamp::now().as_second().max(self.roll.latest())
    }
}
