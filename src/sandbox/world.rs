//! The sandbox's world: people, lines, countries, carriers, catalog, questions and rules, read
//! once from `assets/sandbox`. Nothing here is shared with the client: a mistake must not be made
//! at both ends.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::crowd::{Crowd, Stuff};
use super::earlier::Earlier;
use super::lines::{Asset, Lines};
use super::people::People;
use super::records::{
    Accessory, Country, Device, Employee, Feature, Manufacturer, Named, Plan, Service, Spare, Subdivision, Vendor,
};
use super::terms::{AcknowledgementSet, PropertySet, Rule};

macro_rules! asset {
    ($name:literal) => {
        ($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sandbox/", $name)))
    };
}

/// How many people the sandbox has of its own.
pub const OWN_PEOPLE: u32 = 241;
/// The most people that it can have.
pub const MOST_PEOPLE: u32 = 10_000_000;

/// How many people there are, and the seed of those that are made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    /// How many there are; the world's own are always there.
    pub employees: u32,
    /// What those beyond the world's own are made from.
    pub seed: u64,
}

/// Everything the sandbox knows.
#[derive(Debug)]
pub struct World {
    /// The signed-in user.
    pub agent: String,
    /// Departments.
    pub departments: Vec<Named>,
    /// Employees.
    pub people: People,
    /// Lines, and devices with and without one.
    pub lines: Lines,
    /// Orders of earlier times, oldest first.
    pub earlier: Vec<Earlier>,
    /// Countries.
    pub countries: Vec<Country>,
    /// States, provinces, prefectures.
    pub states: Vec<Subdivision>,
    /// Vendors.
    pub vendors: Vec<Vendor>,
    /// The catalog's devices.
    pub devices: Vec<Device>,
    /// The catalog's plans.
    pub plans: Vec<Plan>,
    /// The catalog's features.
    pub features: Vec<Feature>,
    /// The catalog's accessories.
    pub accessories: Vec<Accessory>,
    /// What to ask for.
    pub property_sets: Vec<PropertySet>,
    /// What to agree to.
    pub acknowledgement_sets: Vec<AcknowledgementSet>,
    /// Manufacturers with their models.
    pub manufacturers: Vec<Manufacturer>,
    /// The rules by type.
    pub rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Staff {
    agent: String,
    departments: Vec<Named>,
    employees: Vec<Arc<Employee>>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assets {
    services: Vec<Arc<Service>>,
    spares: Vec<Spare>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Regions {
    countries: Vec<Country>,
    states: Vec<Subdivision>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vendors {
    vendors: Vec<Vendor>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalog {
    devices: Vec<Device>,
    plans: Vec<Plan>,
    features: Vec<Feature>,
    accessories: Vec<Accessory>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    sets: Vec<PropertySet>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acknowledgements {
    sets: Vec<AcknowledgementSet>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manufacturers {
    manufacturers: Vec<Manufacturer>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EarlierOrders {
    orders: Vec<Earlier>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    types: Vec<Rule>,
}

fn read<T: DeserializeOwned>((name, text): (&str, &str)) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("assets/sandbox/{name}: {e}"))
}

impl World {
    /// Reads the world.
    ///
    /// # Errors
    /// Says which asset is not as it should be.
    pub fn load(size: Size) -> Result<Self, String> {
        let mut people: Staff = read(asset!("people.json"))?;
        let lines: Assets = read(asset!("services.json"))?;
        let regions: Regions = read(asset!("regions.json"))?;
        let vendors: Vendors = read(asset!("vendors.json"))?;
        let catalog: Catalog = read(asset!("catalog.json"))?;
        let properties: Properties = read(asset!("properties.json"))?;
        let acknowledgements: Acknowledgements = read(asset!("acknowledgements.json"))?;
        let manufacturers: Manufacturers = read(asset!("manufacturers.json"))?;
        let earlier: EarlierOrders = read(asset!("orders.json"))?;
        let rules: Rules = read(asset!("rules.json"))?;
        let stuff: Stuff = read(asset!("crowd.json"))?;
        people.departments.extend(stuff.departments.iter().map(Named::clone));
        let made = size.employees.saturating_sub(OWN_PEOPLE).min(MOST_PEOPLE - OWN_PEOPLE);
        let crowd = Arc::new(Crowd::new((size.seed, made), stuff, &people.employees, &lines.services));
        Ok(Self {
            agent: people.agent,
            departments: people.departments,
            people: People::new(people.employees, Arc::clone(&crowd)),
            lines: Lines::new(lines.services, lines.spares, crowd),
            earlier: earlier.orders,
            countries: regions.countries,
            states: regions.states,
            vendors: vendors.vendors,
            devices: catalog.devices,
            plans: catalog.plans,
            features: catalog.features,
            accessories: catalog.accessories,
            property_sets: properties.sets,
            acknowledgement_sets: acknowledgements.sets,
            manufacturers: manufacturers.manufacturers,
            rules: rules.types,
        })
    }
    /// The employee of that platform id.
    pub fn employee(&self, id: &str) -> Option<Arc<Employee>> {
        self.people.get(id)
    }
    /// The first employee of that company id: it is not unique (WIRE 3).
    pub fn by_company_id(&self, id: &str) -> Option<Arc<Employee>> {
        self.people.by_company_id(id).first().map(|place| self.people.who(*place))
    }
    /// The line of that id.
    pub fn service(&self, id: &str) -> Option<Arc<Service>> {
        self.lines.service(id)
    }
    /// The country of that region id.
    pub fn country(&self, id: &str) -> Option<&Country> {
        self.countries.iter().find(|c| c.id == id)
    }
    /// The vendor of that id.
    pub fn vendor(&self, id: &str) -> Option<&Vendor> {
        self.vendors.iter().find(|v| v.id == id)
    }
    /// The catalog's device of that id.
    pub fn device(&self, id: &str) -> Option<&Device> {
        self.devices.iter().find(|d| d.id == id)
    }
    /// The catalog's plan of that id.
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|p| p.id == id)
    }
    /// The catalog's feature of that id.
    pub fn feature(&self, id: &str) -> Option<&Feature> {
        self.features.iter().find(|f| f.id == id)
    }
    /// The catalog's accessory of that id.
    pub fn accessory(&self, id: &str) -> Option<&Accessory> {
        self.accessories.iter().find(|a| a.id == id)
    }
    /// The rules of a transaction type.
    pub fn rule(&self, code: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| r.code == code)
    }
    /// The manufacturer of that id.
    pub fn manufacturer(&self, id: &str) -> Option<&Manufacturer> {
        self.manufacturers.iter().find(|m| m.id == id)
    }
    /// The device that somebody has, by its own id.
    pub fn asset(&self, id: &str) -> Option<Asset> {
        self.lines.asset(id)
    }
    /// Somebody goes, and what he had with him; false where there is nobody of that id. The signed-in user stays.
    pub fn remove(&self, id: &str) -> bool {
        let gone = id != self.agent && self.people.remove(id).is_some();
        if gone {
            self.lines.remove_of(id);
        }
        gone
    }
    /// The properties that a type asks for with a carrier (WIRE 8).
    pub fn properties(&self, code: &str, vendor: &str) -> Option<&PropertySet> {
        self.property_sets.iter().find(|s| fits(&s.types, &s.vendors, code, vendor))
    }
    /// What a type with a carrier wants agreed to.
    pub fn acknowledgements(&self, code: &str, vendor: &str) -> Option<&AcknowledgementSet> {
        self.acknowledgement_sets.iter().find(|s| fits(&s.types, &s.vendors, code, vendor))
    }
    /// Whether a vendor serves a country.
    pub fn serves(&self, vendor: &str, country: &str) -> bool {
        self.vendor(vendor).is_some_and(|v| v.regions.iter().any(|r| r == country))
    }
    /// Whether a vendor's items are offered for a line: its carrier's, or where that one has no catalog, those of every
    /// carrier that serves its owner's country.
    pub fn offered(&self, line: &Service, vendor: &str) -> bool {
        let own = &line.vendor;
        let has_catalog = self.devices.iter().any(|d| &d.vendor == own) || self.plans.iter().any(|p| &p.vendor == own);
        let served = || self.employee(&line.owner).is_some_and(|e| self.serves(vendor, &e.country));
        own == vendor || (!has_catalog && served())
    }
}

/// Whether a set for some types and vendors is one for this type and vendor.
fn fits(types: &[String], vendors: &[String], code: &str, vendor: &str) -> bool {
    types.iter().any(|t| t == code) && vendors.iter().any(|v| v == vendor || v == "*")
}

#[cfg(test)]
mod tests {
    use super::super::roll::Wanted;
    use super::*;

    #[test]
    fn every_id_in_the_world_leads_somewhere() {
        let size = Size { employees: 3000, seed: 5 };
        let world = World::load(size).unwrap();
        let (total, people) = world.people.part(&Wanted::default(), 0, usize::MAX);
        assert_eq!(total, 3000);
        for e in people.into_iter().map(|place| world.people.who(place)) {
            assert!(world.country(&e.country).is_some(), "{}", e.id);
            let known = |d: &String| world.departments.iter().any(|k| &k.id == d);
            assert!(e.department.as_ref().is_none_or(known), "{}", e.id);
            assert!(e.lacks.iter().all(|t| world.rule(t).is_some()), "{}", e.id);
        }
        let (_, lines) = world.lines.services(&Wanted::default(), 0, usize::MAX);
        for s in lines.into_iter().map(|place| world.lines.service_at(place).unwrap()) {
            let vendors = [Some(&s.vendor), s.billing.as_ref()];
            assert!(vendors.into_iter().flatten().all(|v| world.vendor(v).is_some()), "{}", s.id);
            assert!(world.employee(&s.owner).is_some(), "{}", s.id);
        }
        for p in &world.plans {
            let feature = |id: &String| world.feature(id).is_some_and(|f| f.vendor == p.vendor);
            assert!(p.optional.iter().all(feature), "{}", p.id);
        }
        for a in &world.accessories {
            let device = |id: &String| world.device(id).is_some_and(|d| d.vendor == a.vendor);
            assert!(a.fits.iter().flatten().all(device), "{}", a.id);
        }
        for (id, models) in world
            .devices
            .iter()
            .map(|d| (&d.manufacturer, true))
            .chain(world.accessories.iter().map(|a| (&a.manufacturer, false)))
        {
            let has = |m: &Manufacturer| if models { !m.devices.is_empty() } else { !m.accessories.is_empty() };
            assert!(world.manufacturer(id).is_some_and(has), "{id}");
        }
        let (_, assets) = world.lines.assets(&Wanted::default(), 0, usize::MAX);
        for asset in assets.into_iter().map(|place| world.lines.asset_at(place).unwrap()) {
            assert!(world.employee(asset.owner()).is_some(), "{}", asset.owner());
            let d = asset.handset().unwrap();
            let model = d.model_id.as_ref().unwrap_or(&d.model);
            let known = |m: &Manufacturer| m.devices.iter().any(|k| &k.id == model && k.name == d.model);
            assert!(world.manufacturer(&d.manufacturer.id).is_some_and(known), "{}", d.id);
            assert!(d.catalog_id.as_ref().is_none_or(|c| world.device(c).is_some()), "{}", d.id);
        }
        assert!(world.vendors.iter().all(|v| v.regions.iter().all(|r| world.country(r).is_some())));
        assert!(world.states.iter().all(|s| world.country(&s.parent_id).is_some()));
    }

    #[test]
    fn every_type_asks_every_carrier_for_something_and_every_form_is_checked() {
        let world = World::load(Size::default()).unwrap();
        let codes: std::collections::BTreeSet<_> = world.rules.iter().map(|r| &r.code).collect();
        assert_eq!(codes.len(), world.rules.len(), "each type has one rule");
        for rule in &world.rules {
            for vendor in world.vendors.iter().filter(|v| v.carrier) {
                assert!(world.properties(&rule.code, &vendor.id).is_some(), "{} {}", rule.code, vendor.id);
            }
        }
        for p in world.property_sets.iter().flat_map(|s| &s.groups).flat_map(|g| &g.fields) {
            let runs = |r: &String| regex::Regex::new(r).is_ok() || !p.checks.is_empty();
            assert!(p.reg_ex.as_ref().is_none_or(runs), "{}", p.id);
        }
        for part in world.countries.iter().flat_map(|c| &c.address_format) {
            assert!(part.reg_ex.as_ref().is_none_or(|r| regex::Regex::new(r).is_ok()), "{}", part.id);
        }
    }
}
