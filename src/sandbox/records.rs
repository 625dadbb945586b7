//! What the sandbox's world is made of: the records of `assets/sandbox`, each an own strict type. Some hold more than the
//! API shows (a person's country, a property's checks): that is what only the server knows.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An id with a name: a department, a manufacturer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The platform's id; of manufacturers often the name itself.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// An employee (WIRE 6).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Employee {
    /// The platform's id: the reliable one.
    pub id: String,
    /// The company's id, which is a login here and not unique.
    pub company_employee_id: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// The id of a country; the API does not show it, but the catalog depends on it.
    pub country: String,
    /// When the record last changed.
    pub updated: String,
    /// The id of a department.
    pub department: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Office phone, in whatever form somebody typed it.
    pub office_phone: Option<String>,
    /// Transaction types that this employee may not order.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Whether he approves orders (`/me`).
    #[serde(default)]
    pub approver: bool,
    /// Whether he may move services (`/me`).
    #[serde(default)]
    pub mover: bool,
    /// What the company keeps about him besides; some have none, of some nothing is said.
    pub custom_attributes: Option<Vec<CustomAttribute>>,
}

/// Something that a company keeps about its people.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CustomAttribute {
    /// Its id.
    pub id: String,
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: String,
}

impl Employee {
    /// Whether he may act at all.
    pub fn active(&self) -> bool {
        self.status == "ACTIVE"
    }
    /// The digits of the office phone, as the fields' default.
    pub fn phone_digits(&self) -> Option<String> {
        let digits: String = self.office_phone.iter().flat_map(|p| p.chars()).filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    }
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// The dates of a line's contract.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contract {
    /// Start of the present contract.
    pub start: String,
    /// Its end.
    pub end: String,
    /// When the line was first activated.
    pub activated: String,
    /// When its device was last replaced.
    pub last_device_upgrade: Option<String>,
}

/// A device's serial number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serial {
    /// `IMEI`, `MEID`, `ESN`…
    #[serde(rename = "type")]
    pub kind: String,
    /// The number, sometimes with blanks in it (WIRE 9).
    pub value: String,
}

/// The device of a line.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Handset {
    /// The device's id.
    pub id: String,
    /// Who made it.
    pub manufacturer: Named,
    /// The model's name.
    pub model: String,
    /// Where present, the model is shown as an object, otherwise as a string (WIRE 9).
    pub model_id: Option<String>,
    /// The SIM's number.
    pub sim_id: Option<String>,
    /// `CDMA`, `GSM`…
    pub access_method: Option<String>,
    /// The MAC address.
    pub mac_address: Option<String>,
    /// The company's own tag.
    pub company_asset_id: Option<String>,
    /// The serial number.
    pub serial_number: Serial,
    /// What may be ordered for the device; absent allows all.
    pub order_actions: Option<Vec<String>>,
    /// Which device of the catalog it is; the API does not show it, but accessories depend on it.
    pub catalog_id: Option<String>,
}

/// A line (WIRE 6, `/assets/services`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Service {
    /// The line's id.
    pub id: String,
    /// The phone number.
    pub service_number: String,
    /// `ACTIVE`, `SUSPENDED`, `DEACTIVATED`, `PENDING`.
    pub status: String,
    /// The id of the employee whose line it is.
    pub owner: String,
    /// The carrier's id.
    pub vendor: String,
    /// Who bills, where it is not the carrier.
    pub billing: Option<String>,
    /// The plan's name.
    pub plan: Option<String>,
    /// The contract.
    pub contract: Contract,
    /// The phone, where there is one.
    pub device: Option<Handset>,
    /// What may be ordered for the line; absent allows all.
    pub order_actions: Option<Vec<String>>,
    /// When an upgrade is due.
    pub upgrade_eligibility_date: Option<String>,
    /// When the record last changed.
    pub updated: String,
}

/// A device that somebody has without a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spare {
    /// Whose it is.
    pub owner: String,
    /// When the record last changed.
    pub updated: String,
    /// The device.
    pub device: Handset,
}

/// A currency as `/regions` shows it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    /// ISO code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its sign.
    pub symbol: String,
}

/// One of an address part's options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressOption {
    /// What is shown.
    pub label: String,
    /// What is sent.
    pub value: String,
}

/// A part of a country's address (WIRE 8).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddressPart {
    /// The part's id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// `REQUIRED` or `OPTIONAL`.
    pub validation: String,
    /// Fewest characters.
    pub min_length: usize,
    /// Most characters.
    pub max_length: usize,
    /// A hint.
    pub pattern: Option<String>,
    /// The form, in Java's dialect.
    pub reg_ex: Option<String>,
    /// The only values, where there are such.
    pub options: Option<Vec<AddressOption>>,
    /// Whether it is the short form of a part of the country: `/regions?parentRegion=` tells which there are.
    #[serde(default)]
    pub subdivision: bool,
}

/// A country.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Country {
    /// The region's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// ISO code.
    pub abbreviation: String,
    /// The phone prefix.
    pub country_code: String,
    /// Its money.
    pub currency: Currency,
    /// Whether orders may be placed there, not only shipped to.
    #[serde(default)]
    pub procurement: bool,
    /// Whether an order must name a postal code (WIRE 7: the United States only).
    #[serde(default)]
    pub postal_code_needed: bool,
    /// What every order costs on top of its items, once.
    #[serde(default)]
    pub order_tax: Decimal,
    /// A hint.
    pub postal_code_pattern: Option<String>,
    /// The form; a country without one has no postal codes.
    pub postal_code_reg_ex: Option<String>,
    /// The parts of an address, in order.
    pub address_format: Vec<AddressPart>,
}

/// A state, province or prefecture.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subdivision {
    /// The region's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its short form.
    pub abbreviation: String,
    /// The country's id.
    pub parent_id: String,
}

/// A carrier, or somebody else who sells.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vendor {
    /// The vendor's id.
    pub id: String,
    /// Its name, not unique.
    pub name: String,
    /// Whether it is a carrier.
    pub carrier: bool,
    /// `CDMA`, `GSM`…
    pub access_method: Option<String>,
    /// What its prices are in.
    pub currency: String,
    /// The countries it serves.
    pub regions: Vec<String>,
}

/// A device in the catalog.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The catalog's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who makes it; id and name are the same.
    pub manufacturer: String,
    /// The carrier's id.
    pub vendor: String,
    /// Once.
    pub price: Decimal,
    /// What it is, in a sentence or two.
    pub description: String,
    /// What comes with it.
    pub accessories: Vec<String>,
}

/// A plan in the catalog.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The catalog's id.
    pub id: String,
    /// Its name, not unique.
    pub name: String,
    /// The carrier's id.
    pub vendor: String,
    /// A month.
    pub price: Decimal,
    /// What comes with it.
    pub included: Vec<String>,
    /// Ids of the features that may be added.
    pub optional: Vec<String>,
}

/// A feature that a plan may hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The feature's id.
    pub id: String,
    /// The carrier's id.
    pub vendor: String,
    /// What it is.
    pub description: String,
    /// A month.
    pub price: Decimal,
}

/// An accessory in the catalog.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accessory {
    /// The catalog's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who makes it; id and name are the same.
    pub manufacturer: String,
    /// The carrier's id.
    pub vendor: String,
    /// Once.
    pub price: Decimal,
    /// The devices it fits; absent fits all of the carrier's.
    pub fits: Option<Vec<String>>,
}

impl Accessory {
    /// Whether it fits the device of that catalog id.
    pub fn fits(&self, device: &str) -> bool {
        self.fits.as_ref().is_none_or(|fits| fits.iter().any(|f| f == device))
    }
}

/// A manufacturer (WIRE 6, `/manufacturers`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manufacturer {
    /// Its id: often the name, with blanks or a slash in it.
    pub id: String,
    /// Its name, not unique.
    pub name: String,
    /// Models of devices.
    pub devices: Vec<Named>,
    /// Models of accessories.
    pub accessories: Vec<Named>,
}
