//! The lines that people have, and their devices with and without a line: the world's own, then those of the people who are
//! made.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::crowd::Crowd;
use super::locked;
use super::people::seconds;
use super::records::{Handset, Service, Spare};
use super::roll::{Roll, Wanted};

/// A device with whose it is.
#[derive(Clone, Debug)]
pub enum Asset {
    /// That of a line, which has one.
    Line(Arc<Service>),
    /// One without a line.
    Spare(Arc<Spare>),
}

impl Asset {
    /// The device.
    pub fn handset(&self) -> Option<&Handset> {
        match self {
            Self::Line(line) => line.device.as_ref(),
            Self::Spare(spare) => Some(&spare.device),
        }
    }
    /// The id of whose it is.
    pub fn owner(&self) -> &str {
        match self {
            Self::Line(line) => &line.owner,
            Self::Spare(spare) => &spare.owner,
        }
    }
    /// When the record last changed.
    pub fn updated(&self) -> &str {
        match self {
            Self::Line(line) => &line.updated,
            Self::Spare(spare) => &spare.updated,
        }
    }
    /// Its line.
    pub fn line(&self) -> Option<&Arc<Service>> {
        match self {
            Self::Line(line) => Some(line),
            Self::Spare(_) => None,
        }
    }
}

/// The records of the world's own, and how to find them.
#[derive(Debug)]
struct Own<T> {
    all: Vec<T>,
    by_id: HashMap<String, u32>,
    of: HashMap<String, Vec<u32>>,
}

impl<T> Own<T> {
    fn new(all: Vec<T>, id: impl Fn(&T) -> &str, owner: impl Fn(&T) -> &str) -> Self {
        let by_id = all.iter().zip(0..).map(|(t, place)| (id(t).to_owned(), place)).collect();
        let mut of: HashMap<String, Vec<u32>> = HashMap::new();
        for (t, place) in all.iter().zip(0..) {
            of.entry(owner(t).to_owned()).or_default().push(place);
        }
        Self { all, by_id, of }
    }
    fn len(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }
    fn roll(&self, updated: impl Fn(&T) -> &str, crowd: &Crowd) -> Mutex<Roll> {
        Mutex::new(Roll::new(self.all.iter().map(|t| seconds(updated(t))).collect(), crowd.lines_by_update()))
    }
    /// The places of what somebody has; those that are made follow.
    fn places(&self, owner: &str, crowd: &Crowd) -> Vec<u32> {
        let own = self.of.get(owner).cloned().unwrap_or_default();
        let made = crowd.number(owner).map(|n| crowd.lines_of(n)).unwrap_or_default();
        own.into_iter().chain(made.map(|line| self.len() + line)).collect()
    }
}

/// The lines and the devices.
#[derive(Debug)]
pub struct Lines {
    services: Own<Arc<Service>>,
    assets: Own<Asset>,
    crowd: Arc<Crowd>,
    services_now: Mutex<Roll>,
    assets_now: Mutex<Roll>,
}

impl Lines {
    /// The world's own, and those of the people who are made: of these every line has a device.
    pub fn new(services: Vec<Arc<Service>>, spares: Vec<Spare>, crowd: Arc<Crowd>) -> Self {
        let of_lines = services.iter().filter(|s| s.device.is_some()).cloned().map(Asset::Line);
        let spares = spares.into_iter().map(|s| Asset::Spare(Arc::new(s)));
        let assets = Own::new(of_lines.chain(spares).collect(), |a| a.handset().map_or("", |d| &d.id), Asset::owner);
        let services = Own::new(services, |s| &s.id, |s| &s.owner);
        let (services_now, assets_now) = (services.roll(|s| &s.updated, &crowd), assets.roll(Asset::updated, &crowd));
        Self { services, assets, crowd, services_now, assets_now }
    }
    fn made(&self, line: u32) -> Option<Arc<Service>> {
        let time = locked(&self.services_now).time(self.services.len() + line);
        self.crowd.line(line, time).map(Arc::new)
    }
    /// The line that stands there.
    pub fn service_at(&self, place: u32) -> Option<Arc<Service>> {
        let own = self.services.all.get(place as usize).cloned();
        own.or_else(|| self.made(place.checked_sub(self.services.len())?))
    }
    /// The device that stands there.
    pub fn asset_at(&self, place: u32) -> Option<Asset> {
        let own = self.assets.all.get(place as usize).cloned();
        own.or_else(|| self.made(place.checked_sub(self.assets.len())?).map(Asset::Line))
    }
    /// The line of that id.
    pub fn service(&self, id: &str) -> Option<Arc<Service>> {
        let made = || self.crowd.line_number(id).map(|line| self.services.len() + line);
        let place = self.services.by_id.get(id).copied().or_else(made)?;
        locked(&self.services_now).holds(place).then_some(())?;
        self.service_at(place)
    }
    /// The device of that id, which is its own and not the catalog's.
    pub fn asset(&self, id: &str) -> Option<Asset> {
        let made = || self.crowd.device_number(id).map(|line| self.assets.len() + line);
        let place = self.assets.by_id.get(id).copied().or_else(made)?;
        locked(&self.assets_now).holds(place).then_some(())?;
        self.asset_at(place)
    }
    /// The places of somebody's lines.
    pub fn services_of(&self, owner: &str) -> Vec<u32> {
        self.services.places(owner, &self.crowd)
    }
    /// The places of somebody's devices.
    pub fn assets_of(&self, owner: &str) -> Vec<u32> {
        self.assets.places(owner, &self.crowd)
    }
    /// How many lines are wanted, and the places of a part of them.
    pub fn services(&self, wanted: &Wanted, offset: usize, limit: usize) -> (usize, Vec<u32>) {
        locked(&self.services_now).part(wanted, offset, limit)
    }
    /// How many devices are wanted, and the places of a part of them.
    pub fn assets(&self, wanted: &Wanted, offset: usize, limit: usize) -> (usize, Vec<u32>) {
        locked(&self.assets_now).part(wanted, offset, limit)
    }
    /// What somebody had goes with him.
    pub fn remove_of(&self, owner: &str) {
        let (services, assets) = (self.services_of(owner), self.assets_of(owner));
        let (mut services_now, mut assets_now) = (locked(&self.services_now), locked(&self.assets_now));
        services.into_iter().for_each(|place| services_now.remove(place));
        assets.into_iter().for_each(|place| assets_now.remove(place));
    }
}
