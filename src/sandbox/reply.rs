//! What the sandbox's replies are made of: error forms (WIRE 4), pages (WIRE 5), and the shapes
//! in which people, lines, catalog items and regions are shown (WIRE 6, the published bodies).

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::records::{
    Accessory, Country, Device, Employee, Feature, Handset, Named, Plan, Service, Subdivision, Vendor,
};
use super::world::World;

/// Links name a host that is not this one: a client must never follow them (WIRE 5).
pub const ELSEWHERE: &str = "http://elsewhere.example.com/mobproc/v1";

/// One thing that is wrong with a request.
#[derive(Clone, Debug)]
pub struct Problem {
    /// `400-…`.
    pub code: String,
    /// What is wrong, in words.
    pub message: String,
    /// The member, for the kinds of error that name it outside their message.
    pub field: Option<String>,
}

impl Problem {
    /// A problem that only its message places.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), field: None }
    }
    /// The same, naming the member.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }
}

/// A refusal: the outer layer writes its body, because it deals out the error ids.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The HTTP status where there is one problem.
    pub status: u16,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Answers in the ERROR form even where there is one problem.
    pub as_order: bool,
}

impl Refusal {
    /// One problem with a status.
    pub fn one(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, problems: vec![Problem::new(format!("{status}-{code}"), message)], as_order: false }
    }
    /// A bad request.
    pub fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::one(400, code, message)
    }
    /// Nothing there.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::one(404, "Not-Found", message)
    }
    /// The reply, with an id from `next` for every problem.
    pub fn reply(&self, mut next: impl FnMut() -> String) -> Response {
        if let ([only], false) = (self.problems.as_slice(), self.as_order) {
            return error(self.status, &only.code, &only.message, &next());
        }
        let errors: Vec<Value> = self
            .problems
            .iter()
            .map(|p| {
                let mut e = json!({"errorCode": p.code, "message": p.message, "id": next()});
                put(&mut e, "field", p.field.as_ref());
                e
            })
            .collect();
        Json(json!({"status": "ERROR", "errors": errors})).into_response()
    }
}

/// The published error form.
pub fn error(status: u16, code: &str, message: &str, id: &str) -> Response {
    let body = json!({"errorCode": code, "id": id, "message": message, "status": status});
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

/// Adds a member where there is a value.
pub fn put<T: serde::Serialize>(to: &mut Value, name: &str, value: Option<T>) {
    if let (Some(map), Some(value)) = (to.as_object_mut(), value) {
        map.insert(name.to_owned(), json!(value));
    }
}

fn link(path: &str) -> Value {
    json!({"href": format!("{ELSEWHERE}{path}")})
}

/// An amount as the server writes it: `38.69`, `300`, `0` (WIRE 9).
pub fn amount(value: Decimal) -> Value {
    match value.normalize() {
        whole if whole.scale() == 0 => json!(whole.to_i64()),
        broken => json!(broken.to_f64()),
    }
}

/// `{amount, currencyCode, recurrence}`.
pub fn price(value: Decimal, currency: &str, recurrence: &str) -> Value {
    json!({"amount": amount(value), "currencyCode": currency, "recurrence": recurrence})
}

/// A page's place in its collection (WIRE 5).
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many items at most.
    pub limit: usize,
    /// How many to leave out.
    pub offset: usize,
}

impl Page {
    /// `{"_meta":…,"items":[…]}` of the items on this page; `query` is the rest of the call's.
    pub fn of<T>(self, path: &str, query: &str, all: &[T], show: impl FnMut(&T) -> Value) -> Value {
        let items = all.iter().skip(self.offset).take(self.limit).map(show).collect();
        self.with(path, query, all.len(), items)
    }
    /// The same of what is on this page already, of so many in all.
    pub fn with(self, path: &str, query: &str, total: usize, items: Vec<Value>) -> Value {
        let href = |offset: usize| {
            let limit = self.limit;
            format!("{ELSEWHERE}{path}?limit={limit}&offset={offset}{query}")
        };
        let last = total.saturating_sub(1) / self.limit * self.limit;
        let mut meta = json!({
            "totalCount": total, "limit": self.limit, "offset": self.offset, "href": href(self.offset),
        });
        let back = self.offset.saturating_sub(self.limit);
        let on = self.offset + self.limit;
        put(&mut meta, "hrefStart", (self.offset != 0).then(|| href(0)));
        put(&mut meta, "hrefPrevious", (self.offset != 0).then(|| href(back)));
        put(&mut meta, "hrefNext", (on < total).then(|| href(on)));
        put(&mut meta, "hrefEnd", (self.offset != last).then(|| href(last)));
        json!({"_meta": meta, "items": items})
    }
}

/// A collection that is whole: `{"_meta":{"href":…},"items":[…]}`.
pub fn whole(path: &str, items: Vec<Value>) -> Value {
    json!({"_meta": link(path), "items": items})
}

/// A person as confirmations show him.
pub fn person(world: &World, e: &Employee) -> Value {
    let mut shown = json!({
        "_meta": link(&format!("/employees/{}", e.id)),
        "companyEmployeeId": e.company_employee_id, "firstName": e.first_name, "id": e.id,
        "lastName": e.last_name, "status": e.status,
    });
    let department = e.department.as_ref().and_then(|d| world.departments.iter().find(|k| &k.id == d));
    put(&mut shown, "department", department.map(|d| json!({"id": d.id, "name": d.name})));
    put(&mut shown, "email", e.email.as_ref());
    put(&mut shown, "officePhone", e.office_phone.as_ref());
    shown
}

/// A person as `/employees` lists him.
pub fn employee(world: &World, e: &Employee) -> Value {
    let mut shown = person(world, e);
    let of = |what: &str| format!("{ELSEWHERE}/assets/{what}?limit=10&offset=0&employee={}", e.id);
    if let Some(meta) = shown.get_mut("_meta") {
        put(meta, "hrefDevices", Some(of("devices")));
        put(meta, "hrefServices", Some(of("services")));
    }
    put(&mut shown, "updated", Some(&e.updated));
    shown
}

/// An id in a path: it may hold blanks and slashes.
fn segment(id: &str) -> String {
    id.replace(' ', "%20").replace('/', "%2F")
}

/// A manufacturer.
pub fn maker(id: &str, name: &str) -> Value {
    let path = format!("/manufacturers/{}", segment(id));
    let logo = format!("http://cdn.example.com/manufacturers/{}.gif", name.replace(' ', ""));
    json!({"_meta": link(&path), "id": id, "name": name, "logoUrl": logo})
}

/// A model of a manufacturer.
pub fn model(maker: &str, model: &Named) -> Value {
    let path = format!("/manufacturers/{}/models/{}", segment(maker), segment(&model.id));
    json!({"_meta": link(&path), "id": model.id, "name": model.name})
}

/// A vendor where it is mentioned.
pub fn vendor_mention(world: &World, id: &str) -> Value {
    let name = world.vendor(id).map_or("", |v| v.name.as_str());
    json!({"_meta": link(&format!("/vendors/{id}")), "id": id, "name": name,
        "logoUrl": format!("http://cdn.example.com/vendors/{id}.gif")})
}

/// A region where it is mentioned.
pub fn region_mention(country: &Country) -> Value {
    json!({"_meta": link(&format!("/regions/{}", country.id)), "id": country.id, "name": country.name})
}

/// A vendor as `/vendors` lists it.
pub fn vendor(world: &World, v: &Vendor) -> Value {
    let mut shown = vendor_mention(world, &v.id);
    put(&mut shown, "accessMethod", v.access_method.as_ref());
    let region = v.regions.first().and_then(|r| world.country(r));
    put(&mut shown, "region", region.map(region_mention));
    shown
}

/// A line's device; confirmations show the model as a string and no actions.
pub fn handset(d: &Handset, in_confirmation: bool) -> Value {
    let mut shown = json!({
        "id": d.id, "manufacturer": maker(&d.manufacturer.id, &d.manufacturer.name), "model": d.model,
        "serialNumber": {"type": d.serial_number.kind, "value": d.serial_number.value},
    });
    put(&mut shown, "simId", d.sim_id.as_ref());
    put(&mut shown, "accessMethod", d.access_method.as_ref());
    put(&mut shown, "macAddress", d.mac_address.as_ref());
    put(&mut shown, "companyAssetId", d.company_asset_id.as_ref());
    if !in_confirmation {
        put(&mut shown, "_meta", Some(link(&format!("/assets/devices/{}", d.id))));
        let model = |id: &String| json!({"id": id, "name": d.model});
        put(&mut shown, "model", d.model_id.as_ref().map(model));
        put(&mut shown, "orderActions", d.order_actions.as_ref());
    }
    shown
}

fn contract(s: &Service) -> Value {
    let c = &s.contract;
    let mut dates = json!({"start": c.start, "end": c.end, "activated": c.activated});
    put(&mut dates, "lastDeviceUpgrade", c.last_device_upgrade.as_ref());
    dates
}

/// A line as confirmations show it.
pub fn service_mention(s: &Service) -> Value {
    json!({"_meta": link(&format!("/assets/services/{}", s.id)), "contractDates": contract(s),
        "id": s.id, "serviceNumber": s.service_number, "status": s.status})
}

/// A line in full depth, alone or in a list.
pub fn service(world: &World, s: &Service) -> Value {
    let mut shown = service_mention(s);
    let billing = s.billing.as_deref().unwrap_or(&s.vendor);
    let vendor = json!({"billing": vendor_mention(world, billing), "current": vendor_mention(world, &s.vendor)});
    put(&mut shown, "vendor", Some(vendor));
    put(&mut shown, "plan", s.plan.as_ref().map(|p| json!({"name": p})));
    put(&mut shown, "device", s.device.as_ref().map(|d| handset(d, false)));
    let owner = world.employee(&s.owner).map(|e| person(world, &e));
    put(&mut shown, "employee", owner);
    put(&mut shown, "orderActions", s.order_actions.as_ref());
    put(&mut shown, "upgradeEligibilityDate", s.upgrade_eligibility_date.as_ref());
    put(&mut shown, "updated", Some(&s.updated));
    shown
}

/// What the catalog's items have in common.
fn item(world: &World, kind: &str, (id, name): (&str, &str), vendor: &str, cost: Value) -> Value {
    json!({"_meta": link(&format!("/catalog/{kind}/{id}")), "id": id, "name": name,
        "price": cost, "vendor": vendor_mention(world, vendor)})
}

fn currency<'w>(world: &'w World, vendor: &str) -> &'w str {
    world.vendor(vendor).map_or("", |v| v.currency.as_str())
}

/// A device of the catalog.
pub fn device(world: &World, d: &Device) -> Value {
    let cost = price(d.price, currency(world, &d.vendor), "ONETIME");
    let mut shown = item(world, "devices", (&d.id, &d.name), &d.vendor, cost);
    let maker = maker(&d.manufacturer, &d.manufacturer);
    put(&mut shown, "manufacturer", Some(maker));
    put(&mut shown, "imageUrl", Some(format!("http://cdn.example.com/devices/{}.jpg", d.id)));
    shown
}

/// A device of the catalog, alone.
pub fn device_detail(world: &World, d: &Device) -> Value {
    let mut shown = device(world, d);
    let included: Vec<Value> = d.accessories.iter().map(|a| json!({"description": a})).collect();
    put(&mut shown, "description", Some(&d.description));
    put(&mut shown, "accessMethod", world.vendor(&d.vendor).and_then(|v| v.access_method.as_ref()));
    put(&mut shown, "includedAccessories", Some(included));
    shown
}

/// An accessory of the catalog.
pub fn accessory(world: &World, a: &Accessory) -> Value {
    let cost = price(a.price, currency(world, &a.vendor), "ONETIME");
    let mut shown = item(world, "accessories", (&a.id, &a.name), &a.vendor, cost);
    let maker = maker(&a.manufacturer, &a.manufacturer);
    put(&mut shown, "manufacturer", Some(maker));
    put(&mut shown, "imageUrl", Some(format!("http://cdn.example.com/accessories/{}.jpg", a.id)));
    shown
}

/// A plan of the catalog, as a list shows it.
pub fn plan(world: &World, p: &Plan) -> Value {
    let cost = price(p.price, currency(world, &p.vendor), "MONTHLY");
    item(world, "plans", (&p.id, &p.name), &p.vendor, cost)
}

/// A plan with its features: all optional ones in the detail, the chosen ones in an order.
pub fn plan_with<'w>(world: &'w World, p: &Plan, optional: impl IntoIterator<Item = &'w Feature>) -> Value {
    let mut shown = plan(world, p);
    let included: Vec<Value> = p.included.iter().map(|d| json!({"description": d})).collect();
    let optional: Vec<Value> = optional.into_iter().map(|f| feature(world, f)).collect();
    put(&mut shown, "includedFeatures", Some(included));
    put(&mut shown, "optionalFeatures", Some(optional));
    shown
}

/// A feature with its price.
pub fn feature(world: &World, f: &Feature) -> Value {
    let cost = price(f.price, currency(world, &f.vendor), "MONTHLY");
    json!({"id": f.id, "description": f.description, "price": cost})
}

/// A country; alone it shows its address format too.
pub fn country(c: &Country, detail: bool) -> Value {
    let children = format!("{ELSEWHERE}/regions?parentRegion={}", c.id);
    let mut shown = json!({
        "_meta": {"href": format!("{ELSEWHERE}/regions/{}", c.id), "hrefChildren": children},
        "id": c.id, "name": c.name, "abbreviation": c.abbreviation, "type": "COUNTRY",
        "countryCode": c.country_code,
        "currency": {"code": c.currency.code, "name": c.currency.name, "symbol": c.currency.symbol},
    });
    if detail {
        let parts: Vec<Value> = c.address_format.iter().map(address_part).collect();
        put(&mut shown, "addressFormat", Some(parts));
        put(&mut shown, "postalCodePattern", c.postal_code_pattern.as_ref());
        put(&mut shown, "postalCodeRegEx", c.postal_code_reg_ex.as_ref());
    }
    shown
}

fn address_part(p: &super::records::AddressPart) -> Value {
    let mut shown = json!({"id": p.id, "label": p.label, "validation": p.validation,
        "minLength": p.min_length, "maxLength": p.max_length});
    put(&mut shown, "pattern", p.pattern.as_ref());
    put(&mut shown, "regEx", p.reg_ex.as_ref());
    let options = p
        .options
        .as_ref()
        .map(|all| all.iter().map(|o| json!({"label": o.label, "value": o.value})).collect::<Vec<_>>());
    put(&mut shown, "options", options);
    shown
}

/// A state, province or prefecture.
pub fn state(s: &Subdivision) -> Value {
    let of = |path: String| format!("{ELSEWHERE}/regions{path}");
    let links = json!({"href": of(format!("/{}", s.id)), "hrefParent": of(format!("/{}", s.parent_id))});
    json!({"_meta": links, "id": s.id, "name": s.name, "abbreviation": s.abbreviation,
        "type": "STATE_PROVINCE", "parentId": s.parent_id})
}

/// Leaves out the named members: orders show items by name, without ids.
pub fn without(mut value: Value, names: &[&str]) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.retain(|name, _| !names.contains(&name.as_str()));
    }
    value
}
