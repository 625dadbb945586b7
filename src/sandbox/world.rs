//! The sandbox's world: people, lines, countries, carriers, catalog, questions and rules, read
//! once from `assets/sandbox`. Nothing here is shared with the client: a mistake must not be made
//! at both ends.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::records::{
    Accessory, Country, Device, Employee, Feature, Named, Plan, PropertySet, Rule, Service, Subdivision, Vendor,
};

macro_rules! asset {
    ($name:literal) => {
        ($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sandbox/", $name)))
    };
}

/// Everything the sandbox knows.
#[derive(Debug)]
pub struct World {
    /// The signed-in user.
    pub agent: String,
    /// Departments.
    pub departments: Vec<Named>,
    /// Employees, in the order `/employees` gives them.
    pub employees: Vec<Employee>,
    /// Lines.
    pub services: Vec<Service>,
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
    /// The rules by type.
    pub rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    agent: String,
    departments: Vec<Named>,
    employees: Vec<Employee>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    services: Vec<Service>,
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
    pub fn load() -> Result<Self, String> {
        let people: People = read(asset!("people.json"))?;
        let lines: Lines = read(asset!("services.json"))?;
        let regions: Regions = read(asset!("regions.json"))?;
        let vendors: Vendors = read(asset!("vendors.json"))?;
        let catalog: Catalog = read(asset!("catalog.json"))?;
        let properties: Properties = read(asset!("properties.json"))?;
        let rules: Rules = read(asset!("rules.json"))?;
        Ok(Self {
            agent: people.agent,
            departments: people.departments,
            employees: people.employees,
            services: lines.services,
            countries: regions.countries,
            states: regions.states,
            vendors: vendors.vendors,
            devices: catalog.devices,
            plans: catalog.plans,
            features: catalog.features,
            accessories: catalog.accessories,
            property_sets: properties.sets,
            rules: rules.types,
        })
    }
    /// The employee of that platform id.
    pub fn employee(&self, id: &str) -> Option<&Employee> {
        self.employees.iter().find(|e| e.id == id)
    }
    /// The first employee of that company id: it is not unique (WIRE 3).
    pub fn by_company_id(&self, id: &str) -> Option<&Employee> {
        self.employees.iter().find(|e| e.company_employee_id == id)
    }
    /// The line of that id.
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.id == id)
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
    /// The properties that a type asks for with a carrier (WIRE 8).
    pub fn properties(&self, code: &str, vendor: &str) -> Option<&PropertySet> {
        let of_type = |s: &&PropertySet| s.types.iter().any(|t| t == code);
        let of_vendor = |s: &&PropertySet| s.vendors.iter().any(|v| v == vendor || v == "*");
        self.property_sets.iter().find(|s| of_type(s) && of_vendor(s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_in_the_world_leads_somewhere() {
        let world = World::load().unwrap();
        for e in &world.employees {
            assert!(world.country(&e.country).is_some(), "{}", e.id);
            let known = |d: &String| world.departments.iter().any(|k| &k.id == d);
            assert!(e.department.as_ref().is_none_or(known), "{}", e.id);
            assert!(e.lacks.iter().all(|t| world.rule(t).is_some()), "{}", e.id);
        }
        for s in &world.services {
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
        assert!(world.vendors.iter().all(|v| v.regions.iter().all(|r| world.country(r).is_some())));
        assert!(world.states.iter().all(|s| world.country(&s.parent_id).is_some()));
    }

    #[test]
    fn every_served_type_asks_every_carrier_for_something_and_every_form_is_checked() {
        let world = World::load().unwrap();
        assert_eq!(world.rules.len(), 12);
        for rule in world.rules.iter().filter(|r| r.served) {
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
