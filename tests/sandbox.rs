//! The sandbox over real HTTP: what it promises to whoever writes against it. The published
//! requests stand here as literals; nothing of the client is used.

#![expect(clippy::unwrap_used, reason = "a test's helper that fails fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mobproc::sandbox::{Change, Options, Sandbox};
use reqwest::{Client, Method};
use serde_json::{Value, json};

const PETER_DEV: &str = "28673732";
const PETER_ACC: &str = "28671599";
const INACTIVE: &str = "28675008";

struct House {
    sandbox: Sandbox,
    client: Client,
}

impl House {
    fn new() -> Self {
        Self::with(&[])
    }
    fn with(faults: &[&str]) -> Self {
        Self::keeping(None, faults)
    }
    fn keeping(orders: Option<&Path>, faults: &[&str]) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let faults = faults.iter().map(|f| f.parse().unwrap()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let orders = orders.map(Path::to_owned);
        let options = Options { faults, replies: 32 << 20, orders, ..Options::default() };
        let sandbox = Sandbox::start(listener, options).unwrap();
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { sandbox, client }
    }
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<(u16, String), reqwest::Error> {
        let mut call = self.client.request(method, format!("{}{path}", self.sandbox.base_url()));
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        if let Some(body) = body {
            call = call.header("Content-Type", "application/json").body(body.to_string());
        }
        let reply = call.send().await?;
        Ok((reply.status().as_u16(), reply.text().await?))
    }
    async fn call(
        &self,
        method: Method,
        path: &str,
        actor: &str,
        body: Option<&Value>,
    ) -> Result<(u16, String), reqwest::Error> {
        let mut headers = HEADERS.to_vec();
        if !actor.is_empty() {
            headers.push(("X-TNGO-CONTEXT-EMPLOYEEID", actor));
        }
        self.send(method, path, &headers, body).await
    }
    async fn ask(&self, path: &str, actor: &str) -> (u16, Value) {
        let (status, text) = self.call(Method::GET, path, actor, None).await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(path, "").await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
    async fn post(&self, actor: &str, query: &str, body: &Value) -> (u16, Value) {
        let (status, text) = self.call(Method::POST, &format!("/orders{query}"), actor, Some(body)).await.unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }
    async fn confirm(&self, actor: &str, body: &Value) -> Value {
        let (status, reply) = self.post(actor, BOTH, body).await;
        assert_eq!(status, 200, "{reply}");
        assert_eq!(reply["status"], "SUCCESS", "{reply}");
        reply["orderConfirmation"].clone()
    }
    async fn all(&self, path: &str, name: &str) -> Vec<Value> {
        let sep = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        loop {
            let page = self.get(&format!("{path}{sep}limit=100&offset={}", all.len())).await;
            all.extend(page[name]["items"].as_array().unwrap().iter().cloned());
            if all.len() as u64 >= page[name]["_meta"]["totalCount"].as_u64().unwrap() {
                return all;
            }
        }
    }
}

const BOTH: &str = "?confirm=true&confirmation=true";
const HEADERS: [(&str, &str); 3] =
    [("Authorization", "Bearer some-token"), ("X-TNGO-TENANT", "ACME"), ("client_id", "mobproc")];

/// The published request for a new line.
fn activation() -> Value {
    json!({"orderRequest": {
        "externalOrderNumber": "AZ99087547-001", "transactionType": "NEW_ACTIVATION",
        "regionId": "70144640", "postalCode": "06477",
        "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494",
            "optionalFeatureIds": ["951", "88"], "accessoryIds": ["3628935899", "3628939022"]},
        "properties": [{"groupId": "MISCELLANEOUS", "fields": [
            {"id": "CONTACT_NUMBER", "type": "TEXT", "text": "2035559999"},
            {"id": "ADDITIONAL_INSTRUCTIONS", "type": "TEXT", "text": "Please ship via FedEx"},
            {"id": "PREFERRED_AREA_CODE", "type": "TEXT", "text": "512"},
            {"id": "URGENCY", "type": "CHOICE", "choice": {"id": "2"}},
            {"id": "ORDER_REASON", "type": "CHOICE", "choice": {"id": "7", "otherText": "Current phone recalled for battery issue"}},
        ]}],
        "shipTo": {"name": "Peter Edwards", "regionId": "70144640", "address": [
            {"id": "LINE_1", "value": "1 Example Plaza"}, {"id": "CITY", "value": "Orange"},
            {"id": "STATE", "value": "CT"}, {"id": "POSTAL_CODE", "value": "06477"}], "expedite": true},
    }})
}

/// The published request to suspend a line.
fn suspension() -> Value {
    json!({"orderRequest": {
        "externalOrderNumber": "AZ99087547-001", "transactionType": "SUSPEND", "serviceId": "38382335",
        "properties": [{"groupId": "MISCELLANEOUS", "fields": [
            {"id": "CONTACT_NUMBER", "type": "TEXT", "text": "2035559999"},
            {"id": "ADDITIONAL_INSTRUCTIONS", "type": "TEXT", "text": "Please confirm with account holder that service has been successfully suspended."},
            {"id": "SERVICE_NUMBER", "type": "TEXT", "text": "2035554468"},
            {"id": "HOLD_SERVICE", "type": "CHOICE", "choice": {"id": "peter.edwards.acme"}},
            {"id": "PREFERRED_SUSPENSION_DATE", "type": "DATE", "date": "2016-12-22T00:00:00+00:00"},
        ]}],
    }})
}

/// The members of a field of the first group, by id.
fn field<'v>(of: &'v Value, id: &str) -> &'v Value {
    let fields = of["properties"][0]["fields"].as_array().unwrap();
    fields.iter().find(|f| f["id"] == id).unwrap_or(&Value::Null)
}

// ------------------------------------------------------------------ ordering

#[tokio::test]
async fn the_published_activation_is_confirmed_with_every_id_resolved() {
    let house = House::new();
    let shown = house.confirm(PETER_ACC, &activation()).await;
    assert_eq!(shown["accountHolder"]["id"], PETER_ACC);
    assert_eq!(shown["accountHolder"]["department"]["name"], "Accounting");
    assert_eq!(shown["requestedBy"]["companyEmployeeId"], "jdoe");
    assert_eq!(shown["externalOrderNumber"], "AZ99087547-001");
    assert_eq!(shown["region"]["name"], "United States");
    assert_eq!(shown["postalCode"], "06477");
    let cart = &shown["shoppingCart"];
    assert_eq!(cart["quantity"], 1);
    assert_eq!(cart["device"]["name"], "Samsung Galaxy S4 (16GB) - Black Mist");
    assert_eq!(cart["plan"]["includedFeatures"], json!([{"description": "Base Package"}]));
    assert_eq!(cart["plan"]["optionalFeatures"][1]["price"]["amount"], json!(200.44));
    assert_eq!(
        cart["accessories"][1]["price"],
        json!({"amount": 22.49, "currencyCode": "USD", "recurrence": "ONETIME"})
    );
    assert_eq!(
        shown["costSummary"],
        json!([
        {"amount": 244.99, "currencyCode": "USD", "recurrence": "ONETIME"},
        {"amount": 539.38, "currencyCode": "USD", "recurrence": "MONTHLY"}]),
        "the items and two cents of tax"
    );
    assert_eq!(field(&shown, "ORDER_REASON")["choice"], json!({"id": "7"}));
    assert_eq!(field(&shown, "CONTACT_NUMBER")["label"], "Contact Phone Number");
    assert_eq!(field(&shown, "URGENCY")["label"], Value::Null);
    assert_eq!(shown["shipTo"]["region"]["id"], "70144640");
    assert_eq!(shown["shipTo"]["address"][0], json!({"id": "LINE_1", "label": "Line 1", "value": "1 Example Plaza"}));
    assert!(house.sandbox.orders().is_empty(), "a confirmation orders nothing");
}

#[tokio::test]
async fn the_published_activation_is_ordered_by_name_without_ids() {
    let house = House::new();
    let (status, reply) = house.post(PETER_ACC, "", &activation()).await;
    assert_eq!((status, &reply["status"]), (200, &json!("SUCCESS")), "{reply}");
    let order = &reply["order"];
    assert_eq!((&order["orderId"], &order["status"]), (&json!("8711660"), &json!("ORDER_SUBMITTED")));
    let segment = &order["orderSegments"]["items"][0];
    assert_eq!(segment["device"]["name"], "Samsung Galaxy S4 (16GB) - Black Mist");
    assert_eq!(segment["device"]["id"], Value::Null);
    assert_eq!(segment["plan"]["optionalFeatures"][0]["description"], "Unlimited Push to Talk");
    assert_eq!(segment["vendor"]["id"], "98");
    assert_eq!(order["shipTo"]["name"], "Peter Edwards");
    let (_, second) = house.post(PETER_ACC, "?confirm=false", &activation()).await;
    assert_eq!(second["order"]["orderId"], "8711661", "nothing is idempotent");
    let kept = house.get("/orders/8711660").await;
    assert_eq!(kept, reply);
    assert_eq!(house.sandbox.orders()[0], kept["order"]);
}

#[tokio::test]
async fn the_published_suspension_is_confirmed_and_ordered() {
    let house = House::new();
    let shown = house.confirm(PETER_DEV, &suspension()).await;
    assert_eq!(shown["accountHolder"]["id"], PETER_DEV);
    assert_eq!(shown["service"]["serviceNumber"], "2035554468");
    assert_eq!(shown["device"]["model"], "iPhone 6 Plus (16GB) gold");
    assert_eq!(shown["costSummary"], Value::Null);
    assert_eq!(shown["shoppingCart"], Value::Null);
    assert_eq!(field(&shown, "PREFERRED_SUSPENSION_DATE")["date"], "2016-12-22T00:00:00Z");
    let (_, reply) = house.post(PETER_DEV, "", &suspension()).await;
    let order = &reply["order"];
    assert_eq!(order["serviceNumber"], "2035554468", "{reply}");
    assert_eq!(order["shipTo"], json!({"address": []}));
    assert_eq!(order["orderSegments"]["items"][0]["plan"], json!({"optionalFeatures": []}));
    assert_eq!(house.get("/assets/services/38382335").await["status"], "ACTIVE", "the line's data stay");
}

#[tokio::test]
async fn either_confirm_parameter_keeps_an_order_from_being_placed() {
    let house = House::new();
    for query in ["?confirm=true", "?confirmation=true", "?confirm=false&confirmation=true"] {
        let (_, reply) = house.post(PETER_DEV, query, &suspension()).await;
        assert!(reply["orderConfirmation"].is_object(), "{query}");
    }
    let (status, reply) = house.post(PETER_DEV, "?confirm=yes", &suspension()).await;
    assert_eq!(status, 400, "{reply}");
    assert!(house.sandbox.orders().is_empty());
}

#[tokio::test]
async fn the_agent_may_order_for_anybodys_line_and_the_owner_is_the_holder() {
    let house = House::new();
    let shown = house.confirm("", &suspension()).await;
    assert_eq!(shown["accountHolder"]["id"], PETER_DEV);
}

#[tokio::test]
async fn an_actor_who_is_inactive_or_lacks_the_type_is_forbidden() {
    let house = House::new();
    for (actor, body) in [(INACTIVE, activation()), ("28675009", activation()), ("28675010", suspension())] {
        let (status, reply) = house.post(actor, BOTH, &body).await;
        assert_eq!(status, 403, "{reply}");
        assert!(reply["message"].as_str().unwrap().contains(actor));
    }
}

// ------------------------------------------------------------------ refusals

/// Sets a member by its JSON pointer, or with null removes it.
fn mutate(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(&format!("/orderRequest{parent}")).unwrap() {
        Value::Object(map) if value.is_null() => drop(map.remove(name)),
        Value::Object(map) => drop(map.insert(name.into(), value)),
        Value::Array(list) if value.is_null() => drop(list.remove(name.parse().unwrap())),
        Value::Array(list) if name == "-" => list.push(value),
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => assert!(value.is_null(), "{pointer}"),
    }
    body
}

/// Posts each mutation and expects one problem whose message holds the word.
async fn refused(actor: &str, of: fn() -> Value, table: Vec<(&str, Value, &str)>) {
    let house = House::new();
    for (pointer, value, word) in table {
        for query in [BOTH, ""] {
            let told = format!("{pointer} = {value}");
            let (status, reply) = house.post(actor, query, &mutate(of(), pointer, value.clone())).await;
            assert_eq!(status, 400, "{told}: {reply}");
            assert_eq!(reply["status"], 400, "{told}: {reply}");
            assert_eq!(reply["id"].as_str().map(str::len), Some(5), "{told}: {reply}");
            assert!(reply["errorCode"].as_str().unwrap().starts_with("400-"), "{told}: {reply}");
            assert!(reply["message"].as_str().unwrap().contains(word), "{told}: {reply}");
        }
    }
    assert!(house.sandbox.orders().is_empty(), "nothing that was refused was ordered");
}

#[tokio::test]
async fn a_wrong_member_of_an_activation_is_refused_by_its_name() {
    refused(
        PETER_ACC,
        activation,
        vec![
            ("/colour", json!("red"), "orderRequest.colour"),
            ("/shoppingCart/size", json!("XL"), "orderRequest.shoppingCart.size"),
            ("/shipTo/region", json!({"id": "70144640"}), "shipTo.region"),
            ("/regionId", json!(70144640), "orderRequest.regionId must be a text"),
            ("/shoppingCart/accessoryIds", json!("3628935899"), "accessoryIds must be a list"),
            ("/shipTo/expedite", json!("true"), "expedite must be true or false"),
            ("/properties", json!({}), "properties must be a list"),
            ("/transactionType", json!("NEW_PHONE"), "NEW_PHONE"),
            ("/transactionType", Value::Null, "transactionType"),
            ("/externalOrderNumber", Value::Null, "externalOrderNumber"),
            ("/externalOrderNumber", json!(""), "externalOrderNumber"),
            ("/externalOrderNumber", json!("x".repeat(51)), "externalOrderNumber"),
            ("/serviceId", json!("38382335"), "serviceId"),
            ("/shoppingCart/quantity", json!(1), "quantity"),
            ("/regionId", Value::Null, "regionId"),
            ("/regionId", json!("70144702"), "regionId"),
            ("/postalCode", Value::Null, "postalCode"),
            ("/postalCode", json!("6477"), "postalCode"),
            ("/shoppingCart", Value::Null, "shoppingCart"),
            ("/shoppingCart/deviceId", json!("1"), "deviceId"),
            ("/shoppingCart/planId", json!(""), "planId"),
            ("/shoppingCart/optionalFeatureIds", json!(["122"]), "optionalFeatureIds"),
            ("/shoppingCart/optionalFeatureIds", json!([]), "optionalFeatureIds"),
            ("/shoppingCart/optionalFeatureIds", json!(["88", "88"]), "optionalFeatureIds"),
            ("/shoppingCart/accessoryIds", json!(["12"]), "accessoryIds"),
            ("/shoppingCart/deviceId", json!("9194713904"), "3628939022"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_property_is_refused_by_its_id() {
    let text = |id: &str, text: &str| json!({"id": id, "type": "TEXT", "text": text});
    refused(
        PETER_ACC,
        activation,
        vec![
            ("/properties/0/groupId", json!("MISC"), "MISC"),
            ("/properties/0/fields/0", Value::Null, "CONTACT_NUMBER"),
            ("/properties/0/fields/0/text", json!(""), "CONTACT_NUMBER"),
            ("/properties/0/fields/0/text", json!("203555O160"), "CONTACT_NUMBER"),
            ("/properties/0/fields/0/text", json!("1".repeat(21)), "CONTACT_NUMBER"),
            ("/properties/0/fields/1/text", json!("x".repeat(4001)), "ADDITIONAL_INSTRUCTIONS"),
            ("/properties/0/fields/2/text", json!("51"), "PREFERRED_AREA_CODE"),
            ("/properties/0/fields/2/text", json!("5123"), "PREFERRED_AREA_CODE"),
            ("/properties/0/fields/2/text", json!("٥١٢"), "PREFERRED_AREA_CODE"),
            ("/properties/0/fields/2/type", json!("DATE"), "PREFERRED_AREA_CODE"),
            ("/properties/0/fields/2/text", Value::Null, "PREFERRED_AREA_CODE"),
            ("/properties/0/fields/2/date", json!("2016-12-22T00:00:00Z"), "PREFERRED_AREA_CODE"),
            ("/properties/0/fields/3/choice/id", json!("9"), "URGENCY"),
            ("/properties/0/fields/3/choice/otherText", json!("now"), "URGENCY"),
            ("/properties/0/fields/4/choice/otherText", Value::Null, "ORDER_REASON"),
            ("/properties/0/fields/4/choice/otherText", json!(""), "ORDER_REASON"),
            ("/properties/0/fields/-", text("CONTACT_NUMBER", "203"), "CONTACT_NUMBER"),
            ("/properties/0/fields/-", text("SHOE_SIZE", "43"), "SHOE_SIZE"),
            ("/properties/0/fields/-", text("contact_number_ext", "43"), "contact_number_ext"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_address_is_refused_by_its_part() {
    let part = |id: &str, value: &str| json!({"id": id, "value": value});
    refused(
        PETER_ACC,
        activation,
        vec![
            ("/shipTo", Value::Null, "shipTo"),
            ("/shipTo/name", Value::Null, "shipTo.name"),
            ("/shipTo/regionId", json!("1"), "shipTo.regionId"),
            ("/shipTo/address/0", Value::Null, "LINE_1"),
            ("/shipTo/address/0/value", json!("x".repeat(101)), "LINE_1"),
            ("/shipTo/address/1/value", json!(" "), "CITY"),
            ("/shipTo/address/2/value", json!("XX"), "STATE"),
            ("/shipTo/address/2/value", json!("ct"), "STATE"),
            ("/shipTo/address/3/value", json!("O6477"), "POSTAL_CODE"),
            ("/shipTo/address/-", part("CITY", "Orange"), "CITY"),
            ("/shipTo/address/-", part("COUNTY", "New Haven"), "COUNTY"),
            ("/shipTo/address/-", part("LINE_2", "after the rest"), "order of its country"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_suspension_is_refused_by_its_part() {
    refused(
        PETER_DEV,
        suspension,
        vec![
            ("/serviceId", Value::Null, "serviceId"),
            ("/serviceId", json!("1"), "serviceId"),
            ("/serviceId", json!("38382349"), "38382349 is not a line of employee"),
            ("/regionId", json!("70144640"), "regionId"),
            ("/shipTo", json!({"name": "Peter"}), "shipTo"),
            ("/shoppingCart", json!({}), "shoppingCart"),
            ("/properties/0/fields/0/text", json!("203-555-01"), "CONTACT_NUMBER"),
            ("/properties/0/fields/2", Value::Null, "SERVICE_NUMBER"),
            ("/properties/0/fields/3/choice/id", json!("barbara.andrews.acme"), "HOLD_SERVICE"),
            ("/properties/0/fields/4/date", json!("2016-02-30T00:00:00Z"), "PREFERRED_SUSPENSION_DATE"),
            ("/properties/0/fields/4/date", json!("12/22/2016"), "PREFERRED_SUSPENSION_DATE"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_line_in_the_wrong_status_or_without_the_action_is_refused() {
    let house = House::new();
    let lines = house.all("/assets/services", "services").await;
    let lacks = |s: &Value, of: &str| {
        s["orderActions"].is_array() && !s["orderActions"].as_array().unwrap().contains(&json!(of))
    };
    let closed = lines.iter().find(|s| s["status"] == "SUSPENDED").unwrap();
    let barred = lines.iter().find(|s| s["status"] == "ACTIVE" && lacks(s, "SUSPEND")).unwrap();
    for (line, why) in [(closed, "SUSPENDED"), (barred, "does not take SUSPEND")] {
        let mut body = mutate(suspension(), "/serviceId", line["id"].clone());
        body["orderRequest"]["properties"][0]["fields"].as_array_mut().unwrap().remove(3);
        let (status, reply) = house.post("", BOTH, &body).await;
        assert_eq!(status, 400);
        assert!(reply["message"].as_str().unwrap().contains(why), "{reply}");
    }
}

#[tokio::test]
async fn several_problems_come_as_an_array_and_some_name_their_field() {
    let house = House::new();
    let mut body = mutate(activation(), "/shoppingCart/planId", json!("nope"));
    body = mutate(body, "/properties/0/fields/2/text", json!("1"));
    body = mutate(body, "/shipTo/address/2/value", json!("ZZ"));
    let (status, reply) = house.post(PETER_ACC, BOTH, &body).await;
    assert_eq!((status, &reply["status"]), (200, &json!("ERROR")), "{reply}");
    let errors = reply["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 3, "{reply}");
    let about = |word: &str| errors.iter().find(|e| e["message"].as_str().unwrap().contains(word)).unwrap();
    assert_eq!(about("nope")["field"], "planId");
    assert_eq!(about("PREFERRED_AREA_CODE")["field"], Value::Null);
    assert_eq!(about("STATE")["field"], Value::Null);
    assert!(errors.iter().all(|e| e["errorCode"].is_string() && e["id"].is_string()));
    assert_ne!(errors[0]["id"], errors[1]["id"]);
}

#[tokio::test]
async fn a_cart_holds_the_items_of_one_carrier_and_at_least_one() {
    let house = House::new();
    let sprint = house.get("/catalog/plans?limit=1&offset=0&vendor=105").await["plans"]["items"][0]["id"].clone();
    let mut mixed = mutate(activation(), "/shoppingCart/planId", sprint);
    mixed = mutate(mixed, "/shoppingCart/optionalFeatureIds", Value::Null);
    let (_, reply) = house.post(PETER_ACC, BOTH, &mixed).await;
    assert!(reply["message"].as_str().unwrap().contains("more than one carrier"), "{reply}");
    let abroad = mutate(mutate(activation(), "/postalCode", Value::Null), "/regionId", json!("70144651"));
    let (_, reply) = house.post(PETER_ACC, BOTH, &abroad).await;
    assert!(reply["message"].as_str().unwrap().contains("does not serve the regionId"), "{reply}");
    let empty = mutate(activation(), "/shoppingCart", json!({}));
    let (_, reply) = house.post(PETER_ACC, BOTH, &mutate(empty, "/shipTo", Value::Null)).await;
    assert!(reply["message"].as_str().unwrap().contains("shoppingCart must hold"), "{reply}");
}

#[tokio::test]
async fn nothing_physical_is_not_shipped() {
    let house = House::new();
    let plan_only = mutate(activation(), "/shoppingCart", json!({"planId": "6568886494"}));
    let (status, reply) = house.post(PETER_ACC, BOTH, &plan_only).await;
    assert_eq!(status, 400);
    assert!(reply["message"].as_str().unwrap().contains("shipTo"), "{reply}");
    let shown = house.confirm(PETER_ACC, &mutate(plan_only, "/shipTo", Value::Null)).await;
    assert_eq!(shown["shipTo"], Value::Null);
    assert_eq!(shown["costSummary"][0]["amount"], json!(0.02));
}

#[tokio::test]
async fn a_date_comes_back_at_midnight_utc_whatever_its_offset() {
    let house = House::new();
    for sent in ["2027-03-01T00:00:00Z", "2027-03-01T00:00:00+09:00", "2027-03-01T10:30:00-05:00"] {
        let body = mutate(suspension(), "/properties/0/fields/4/date", json!(sent));
        let shown = house.confirm(PETER_DEV, &body).await;
        assert_eq!(field(&shown, "PREFERRED_SUSPENSION_DATE")["date"], "2027-03-01T00:00:00Z");
    }
}

#[tokio::test]
async fn a_body_that_is_no_order_is_refused() {
    let house = House::new();
    for body in [json!([]), json!({}), json!({"order": {}}), json!({"orderRequest": 1})] {
        let (status, reply) = house.post(PETER_DEV, BOTH, &body).await;
        assert!(status == 400 || reply["status"] == "ERROR", "{body}: {reply}");
    }
    let mut headers = HEADERS.to_vec();
    headers.push(("Content-Type", "text/plain"));
    let (status, text) = house.send(Method::POST, "/orders", &headers, None).await.unwrap();
    assert_eq!(status, 400);
    assert!(text.contains("application/json"));
}

// ------------------------------------------------------------------ the other ten types

const MARIA: &str = "28674410";
const ZOE: &str = "28675002";
const BARBARA: &str = "123456781";

type Body = fn() -> Value;

fn text(id: &str, text: &str) -> Value {
    json!({"id": id, "type": "TEXT", "text": text})
}

/// An order with answers in the one group, and the members that its type adds.
fn order(code: &str, fields: &Value, members: &Value) -> Value {
    let mut request = json!({"externalOrderNumber": "AZ99087547-001", "transactionType": code,
        "properties": [{"groupId": "MISCELLANEOUS", "fields": fields}]});
    for (name, value) in members.as_object().unwrap() {
        request[name] = value.clone();
    }
    json!({"orderRequest": request})
}

fn address() -> Value {
    json!({"name": "Peter Edwards", "regionId": "70144640", "address": [
        {"id": "LINE_1", "value": "1 Example Plaza"}, {"id": "CITY", "value": "Orange"},
        {"id": "STATE", "value": "CT"}, {"id": "POSTAL_CODE", "value": "06477"}], "expedite": true})
}

fn agreed(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"id": id, "type": "BOOLEAN", "boolean": true})).collect()
}

const THREE: [&str; 3] = ["FAMILY_SHARED_MINUTE_PLAN", "AUTHORIZATION_OF_TRANSFER", "TERMINATION_FEES"];

/// The published request for an upgrade.
fn upgrade() -> Value {
    order(
        "UPGRADE",
        &json!([text("CONTACT_NUMBER", "2035559999"), text("SERVICE_NUMBER", "2035557676"),
            {"id": "Reason", "type": "CHOICE", "choice": {"id": "21"}}]),
        &json!({"serviceId": "38382349", "shipTo": address(),
            "existingDevice": {"manufacturerId": "LG", "modelId": "Cookie Plus",
                "serialNumber": {"type": "ESN", "value": "4289183847832"}, "simId": "83924758342478392342"},
            "shoppingCart": {"deviceId": "9194713904", "planId": "6568886698", "optionalFeatureIds": ["122", "293"]}}),
    )
}

fn porting() -> Value {
    order(
        "PORT_NUMBER",
        &json!([text("CONTACT_NUMBER", "2035559999"), text("ACCOUNT_NUMBER", "44-1020")]),
        &json!({"serviceId": "38382335", "regionId": "70144640", "postalCode": "06477", "shipTo": address(),
            "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494", "optionalFeatureIds": ["951"]}}),
    )
}

fn accessories() -> Value {
    order(
        "ORDER_ACCESSORIES",
        &json!([text("CONTACT_NUMBER", "2035559999"), text("SERVICE_NUMBER", "2035557676")]),
        &json!({"serviceId": "38382349", "shipTo": address(), "shoppingCart": {"accessoryIds": ["3628940914"]}}),
    )
}

fn awakening() -> Value {
    order(
        "UNSUSPEND",
        &json!([text("CONTACT_NUMBER", "2035559999"), text("SERVICE_NUMBER", "3125551295"), text("USER", "jdoe")]),
        &json!({"serviceId": "38390236"}),
    )
}

fn ending() -> Value {
    order(
        "DEACTIVATE",
        &json!([text("CONTACT_NUMBER", "2035559999"), text("SERVICE_NUMBER", "2035557676")]),
        &json!({"serviceId": "38382349"}),
    )
}

/// The published request to change features.
fn features() -> Value {
    order(
        "UPDATE_FEATURES",
        &json!([
            text("CONTACT_NUMBER", "2035559999"),
            text("SERVICE_NUMBER", "2035554468"),
            text("ADDITIONAL_INSTRUCTIONS", "Please confirm with account holder that feature has been added.")
        ]),
        &json!({"serviceId": "38382335", "shoppingCart": {"features": [{"id": "518", "action": "ADD"}],
            "featureRequestComment": "Please also add Caller ID"}}),
    )
}

/// The published request to swap devices.
fn swap() -> Value {
    order(
        "SWAP_DEVICES",
        &json!([
            text("CONTACT_NUMBER", "2035559999"),
            text("ADDITIONAL_INSTRUCTIONS", "Please confirm serial number for new device"),
            text("SERVICE_NUMBER", "2035557676"),
            text("PREFERRED_AREA_CODE", "203")
        ]),
        &json!({"serviceId": "38382349",
            "newDevice": {"manufacturerId": "Apple", "modelId": "iPhone 6 (64GB) - Space Gray", "otherMakeModelName": "",
                "serialNumber": {"type": "IMEI", "value": "123456789001230"}},
            "existingDevice": {"manufacturerId": "Other", "modelId": "Other", "otherMakeModelName": "Acme StarPhone 2000",
                "serialNumber": {"type": "IMEI", "value": "012345678901007"}, "simId": "89 91 10 1200 00 320451 3"}}),
    )
}

fn leaving() -> Value {
    order(
        "XFER_SERVICE_OUT",
        &json!([text("CONTACT_NUMBER", "2035559999"), text("SERVICE_NUMBER", "2035557676")]),
        &json!({"serviceId": "38382349", "acknowledgements": agreed(&["PERSONAL_LIABILITY"])}),
    )
}

fn joining() -> Value {
    order(
        "XFER_SERVICE_IN",
        &json!([
            text("SERVICE_NUMBER", "2035550142"),
            text("PIN_PASSWORD", "0042"),
            text("CONTACT_NUMBER", "2035559999")
        ]),
        &json!({"currentVendorId": "98", "regionId": "70144640", "postalCode": "06477", "shipTo": address(),
            "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494", "accessoryIds": ["3628935899"]},
            "acknowledgements": agreed(&THREE)}),
    )
}

fn joining_and_porting() -> Value {
    order(
        "XFER_SERVICE_IN_AND_PORT",
        &json!([
            text("SERVICE_NUMBER", "2035550142"),
            text("PIN_PASSWORD", "0042"),
            text("CONTACT_NUMBER", "2035559999")
        ]),
        &json!({"currentVendorId": "105", "regionId": "70144640", "postalCode": "06477",
            "shoppingCart": {"planId": "6568886494", "quantity": 1}, "acknowledgements": agreed(&THREE)}),
    )
}

#[tokio::test]
async fn every_type_is_confirmed_and_ordered_as_its_line_or_its_actor_wants_it() {
    let table: [(Body, &str); 12] = [
        (activation, PETER_ACC),
        (suspension, PETER_DEV),
        (upgrade, MARIA),
        (porting, PETER_DEV),
        (accessories, MARIA),
        (awakening, ZOE),
        (ending, MARIA),
        (features, PETER_DEV),
        (swap, MARIA),
        (leaving, MARIA),
        (joining, PETER_ACC),
        (joining_and_porting, PETER_ACC),
    ];
    let house = House::new();
    let mut codes = Vec::new();
    for (body, actor) in table {
        let body = body();
        let sent = &body["orderRequest"];
        let shown = house.confirm(actor, &body).await;
        assert_eq!(shown["accountHolder"]["id"], actor);
        assert_eq!(shown["transactionType"], sent["transactionType"]);
        let answers = |of: &Value| of["properties"][0]["fields"].as_array().unwrap().len();
        assert_eq!(answers(&shown), answers(sent), "{shown}");
        let cart_without_costs = shown["shoppingCart"].is_object() != shown["costSummary"].is_array();
        assert!(!cart_without_costs, "costs come with a cart: {shown}");
        assert_eq!(sent["shoppingCart"].is_object(), shown["shoppingCart"].is_object());
        let (status, reply) = house.post(actor, "", &body).await;
        assert_eq!((status, &reply["status"]), (200, &json!("SUCCESS")), "{reply}");
        let order = &reply["order"];
        for member in ["existingDevice", "newDevice", "acknowledgements", "currentVendor"] {
            assert_eq!(shown[member].is_null(), sent[member].is_null() && sent[format!("{member}Id")].is_null());
            assert!(order[member].is_null(), "{member} does not come back: {order}");
        }
        codes.push(order["transactionType"].clone());
    }
    let (_, me) = house.ask("/me", PETER_ACC).await;
    assert!(me["transactionTypes"].as_array().unwrap().iter().all(|code| codes.contains(code)), "{me}");
    assert_eq!(house.sandbox.orders().len(), 12);
}

#[tokio::test]
async fn every_request_of_the_fixtures_is_taken_as_it_is_but_for_a_login_of_nobody_here() {
    let house = House::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    for (name, actor) in [
        ("new_activation", PETER_ACC),
        ("suspend", PETER_DEV),
        ("upgrade", MARIA),
        ("swap_devices", MARIA),
        ("update_features", PETER_DEV),
    ] {
        let body = std::fs::read_to_string(format!("{folder}/{name}.request.json")).unwrap();
        let mut body: Value = serde_json::from_str(&body).unwrap();
        if name == "suspend" {
            body = mutate(body, "/properties/0/fields/3/choice/id", json!("peter.edwards.acme"));
        }
        house.confirm(actor, &body).await;
        let (_, reply) = house.post(actor, "", &body).await;
        assert_eq!(reply["status"], "SUCCESS", "{name}: {reply}");
    }
}

#[tokio::test]
async fn the_published_upgrade_is_confirmed_as_published() {
    let house = House::new();
    let shown = house.confirm(MARIA, &upgrade()).await;
    assert_eq!(shown["shoppingCart"]["quantity"], 0);
    assert_eq!(shown["costSummary"][0]["amount"], json!(199.99), "no tax without a region of its own");
    assert_eq!(shown["costSummary"][1]["amount"], json!(558.67));
    let existing = &shown["existingDevice"];
    assert_eq!(existing["manufacturer"]["name"], "LG");
    assert_eq!(existing["model"]["id"], "Cookie Plus");
    assert!(existing["model"]["_meta"]["href"].as_str().unwrap().ends_with("/manufacturers/LG/models/Cookie%20Plus"));
    assert_eq!(existing["otherMakeModelName"], Value::Null);
    assert_eq!(existing["serialNumber"], json!({"type": "ESN", "value": "4289183847832"}));
    assert_eq!(field(&shown, "Reason")["choice"], json!({"id": "21"}));
    assert_eq!(field(&shown, "Reason")["label"], Value::Null);
    assert_eq!(shown["region"]["id"], "70144640", "the owner's country");
}

#[tokio::test]
async fn the_published_swap_and_feature_change_are_confirmed_as_published() {
    let house = House::new();
    let shown = house.confirm(MARIA, &swap()).await;
    assert_eq!(shown["newDevice"]["model"]["name"], "iPhone 6 (64GB) - Space Gray");
    assert_eq!(shown["newDevice"]["simId"], Value::Null);
    assert_eq!(shown["existingDevice"]["otherMakeModelName"], "Acme StarPhone 2000");
    assert_eq!(shown["existingDevice"]["simId"], "89 91 10 1200 00 320451 3");
    assert_eq!((&shown["costSummary"], &shown["shoppingCart"]), (&Value::Null, &Value::Null));
    let shown = house.confirm(PETER_DEV, &features()).await;
    let feature = json!({"action": "ADD", "description": "Call Forwarding ($0.20 per minute)", "id": "518",
        "price": {"amount": 0, "currencyCode": "USD", "recurrence": "MONTHLY"}});
    let wanted = json!({"featureRequestComment": "Please also add Caller ID", "features": [feature], "quantity": 0});
    assert_eq!(shown["shoppingCart"], wanted);
    let (_, reply) = house.post(PETER_DEV, "", &features()).await;
    assert_eq!(reply["order"]["orderSegments"]["items"][0]["features"], json!([feature]));
}

#[tokio::test]
async fn transfers_show_who_the_line_comes_from_and_what_was_agreed_to() {
    let house = House::new();
    let shown = house.confirm(PETER_ACC, &joining_and_porting()).await;
    assert_eq!((&shown["currentVendor"]["id"], &shown["currentVendor"]["name"]), (&json!("105"), &json!("Sprint")));
    assert_eq!(shown["shoppingCart"]["quantity"], 1);
    assert_eq!(field(&shown, "PIN_PASSWORD")["text"], "0042");
    let agreed = shown["acknowledgements"].as_array().unwrap();
    assert_eq!(agreed.len(), 3);
    assert!(agreed.iter().all(|a| a["boolean"] == true && a["type"] == "BOOLEAN" && a["label"].is_string()));
    let unasked = order(
        "XFER_SERVICE_OUT",
        &json!([text("CONTACT_NUMBER", "2035559999"), text("SERVICE_NUMBER", "2035554468")]),
        &json!({"serviceId": "38382335"}),
    );
    let shown = house.confirm(PETER_DEV, &unasked).await;
    assert_eq!(shown["acknowledgements"], Value::Null, "this carrier asks for none");
    let refusing = mutate(unasked, "/acknowledgements", agreed_to_nothing());
    let (status, reply) = house.post(PETER_DEV, BOTH, &refusing).await;
    assert!(status == 400 && reply["message"].as_str().unwrap().contains("KEEPS_DEVICE"), "{reply}");
    let kept =
        mutate(leaving(), "/acknowledgements/-", json!({"id": "KEEPS_DEVICE", "type": "BOOLEAN", "boolean": false}));
    let shown = house.confirm(MARIA, &kept).await;
    assert_eq!(shown["acknowledgements"][1]["boolean"], false, "what is optional may be declined");
}

fn agreed_to_nothing() -> Value {
    json!([{"id": "KEEPS_DEVICE", "type": "BOOLEAN", "boolean": false}])
}

#[tokio::test]
async fn a_wrong_upgrade_is_refused_by_its_part() {
    let table = vec![
        ("/serviceId", Value::Null, "serviceId"),
        ("/existingDevice", Value::Null, "existingDevice"),
        ("/existingDevice/simId", Value::Null, "existingDevice.simId"),
        ("/existingDevice/simId", json!(" "), "existingDevice.simId"),
        ("/existingDevice/manufacturerId", json!("Nokla"), "existingDevice.manufacturerId"),
        ("/existingDevice/manufacturerId", json!("CaseWorks"), "existingDevice.manufacturerId"),
        ("/existingDevice/modelId", json!("Cookie"), "existingDevice.modelId"),
        ("/existingDevice/modelId", Value::Null, "existingDevice.modelId"),
        ("/existingDevice/otherMakeModelName", json!("Cookie"), "otherMakeModelName"),
        ("/existingDevice/serialNumber/type", json!("SERIAL"), "serialNumber.type"),
        ("/existingDevice/serialNumber/type", Value::Null, "serialNumber.type"),
        ("/existingDevice/serialNumber/value", json!(""), "serialNumber.value"),
        ("/existingDevice/colour", json!("red"), "existingDevice.colour"),
        ("/newDevice", json!({"manufacturerId": "LG"}), "newDevice"),
        ("/shoppingCart/deviceId", json!("9194801992"), "more than one carrier"),
        ("/shoppingCart/accessoryIds", json!(["3628935899"]), "accessoryIds"),
        ("/shoppingCart/quantity", json!(1), "quantity"),
        ("/shoppingCart", json!({"deviceId": "9194801992"}), "of the line's carrier"),
        ("/shoppingCart", json!({"deviceId": "9194713904", "optionalFeatureIds": ["122"]}), "optionalFeatureIds"),
        ("/regionId", json!("70144640"), "regionId"),
        ("/acknowledgements", json!([]), "acknowledgements"),
        ("/shipTo", Value::Null, "shipTo"),
        ("/properties/0/fields/1", Value::Null, "SERVICE_NUMBER"),
        ("/properties/0/fields/2/choice/id", json!("99"), "Reason"),
    ];
    refused(MARIA, upgrade, table).await;
}

#[tokio::test]
async fn a_plan_of_another_network_needs_a_device_with_it() {
    let house = House::new();
    let body = |line: &str, cart: Value| {
        let sent = order(
            "UPGRADE",
            &json!([text("CONTACT_NUMBER", "2035559999"), text("SERVICE_NUMBER", "5125555010")]),
            &json!({"serviceId": line, "shoppingCart": cart, "existingDevice": {"manufacturerId": "Other",
                "modelId": "Other", "otherMakeModelName": "Acme StarPhone 2000", "simId": "8991"}}),
        );
        let shipped = sent["orderRequest"]["shoppingCart"]["deviceId"].is_string();
        if shipped { mutate(sent, "/shipTo", address()) } else { sent }
    };
    for (line, actor) in [("38390492", "28675017"), ("99034551", BARBARA)] {
        let (status, reply) = house.post(actor, BOTH, &body(line, json!({"planId": "6568886698"}))).await;
        assert_eq!((status, &reply["errorCode"]), (400, &json!("400-Access-Method")), "{reply}");
        let both = json!({"planId": "6568886698", "deviceId": "9194713904"});
        let shown = house.confirm(actor, &body(line, both)).await;
        assert_eq!(shown["shoppingCart"]["device"]["vendor"]["id"], "98", "also where its own carrier has no catalog");
    }
    let (_, reply) = house.post(BARBARA, BOTH, &body("99034551", json!({"deviceId": "9194802189"}))).await;
    assert!(reply["message"].as_str().unwrap().contains("of the line's carrier"), "Canada's: {reply}");
    let plan = mutate(upgrade(), "/shoppingCart", json!({"planId": "6568886698"}));
    house.confirm(MARIA, &mutate(plan, "/shipTo", Value::Null)).await;
}

#[tokio::test]
async fn a_wrong_change_of_carrier_is_refused_by_its_part() {
    let table = vec![
        ("/serviceId", json!("38382349"), "is not a line of"),
        ("/regionId", Value::Null, "regionId"),
        ("/postalCode", Value::Null, "postalCode"),
        ("/shoppingCart", json!({"deviceId": "9194801992"}), "of another carrier than the line's"),
        ("/shoppingCart", json!({"deviceId": "9194802189"}), "does not serve the regionId"),
        ("/shoppingCart", json!({}), "shoppingCart must hold one of deviceId, planId"),
        ("/shoppingCart/accessoryIds", json!(["3628935899"]), "accessoryIds"),
        ("/existingDevice", json!({"simId": "1"}), "existingDevice"),
        ("/shipTo", Value::Null, "shipTo"),
        ("/properties/0/fields/1/text", json!("1"), "ACCOUNT_NUMBER"),
    ];
    // An empty cart has nothing to ship and no carrier to ask.
    let (empty, rest): (Vec<_>, Vec<_>) = table.into_iter().partition(|(_, value, _)| *value == json!({}));
    refused(PETER_DEV, porting, rest).await;
    refused(PETER_DEV, || mutate(porting(), "/shipTo", Value::Null), empty).await;
}

#[tokio::test]
async fn wrong_accessories_are_refused_by_their_part() {
    let table = vec![
        ("/shoppingCart/accessoryIds", json!([]), "accessoryIds must not be sent empty"),
        ("/shoppingCart/accessoryIds", json!(["3628935899", "3628935899"]), "accessoryIds names an id twice"),
        ("/shoppingCart/accessoryIds", json!(["3628939022"]), "does not fit the device"),
        ("/shoppingCart/accessoryIds", json!(["1"]), "accessoryIds"),
        ("/shoppingCart", json!({}), "shoppingCart must hold one of accessoryIds"),
        ("/shoppingCart/deviceId", json!("9194800363"), "deviceId"),
        ("/shipTo", Value::Null, "shipTo"),
        ("/regionId", json!("70144640"), "regionId"),
    ];
    refused(MARIA, accessories, table).await;
}

#[tokio::test]
async fn a_line_is_ended_awakened_and_given_away_only_in_the_right_status() {
    let wrong = |line: &str, status: &'static str| vec![("/serviceId", json!(line), status)];
    refused("", awakening, wrong("38382349", "is ACTIVE, which UNSUSPEND cannot be ordered for")).await;
    refused("", ending, wrong("38390236", "is SUSPENDED, which DEACTIVATE cannot be ordered for")).await;
    refused("", leaving, wrong("38390236", "is SUSPENDED, which XFER_SERVICE_OUT cannot be ordered for")).await;
    refused(ZOE, awakening, vec![("/properties/0/fields/2", Value::Null, "USER")]).await;
    let mut agreements = vec![
        ("/acknowledgements", Value::Null, "PERSONAL_LIABILITY"),
        ("/acknowledgements/0/boolean", json!(false), "PERSONAL_LIABILITY"),
        ("/shoppingCart", json!({}), "shoppingCart"),
    ];
    agreements.push(("/currentVendorId", json!("98"), "currentVendorId"));
    refused(MARIA, leaving, agreements).await;
}

#[tokio::test]
async fn a_wrong_change_of_features_is_refused_by_its_part() {
    let table = vec![
        ("/shoppingCart", Value::Null, "shoppingCart"),
        ("/shoppingCart/features", Value::Null, "shoppingCart.features"),
        ("/shoppingCart/features", json!([]), "features must not be sent empty"),
        ("/shoppingCart/features/-", json!({"id": "518", "action": "REMOVE"}), "features names an id twice"),
        ("/shoppingCart/features/0/id", json!("951"), "\"951\" is not a feature of the line's carrier"),
        ("/shoppingCart/features/0/action", json!("CHANGE"), "ADD or REMOVE"),
        ("/shoppingCart/features/0/action", Value::Null, "ADD or REMOVE"),
        ("/shoppingCart/featureRequestComment", json!(""), "featureRequestComment"),
        ("/shoppingCart/featureRequestComment", json!("x".repeat(4001)), "featureRequestComment"),
        ("/shoppingCart/planId", json!("6568891209"), "planId"),
        ("/shoppingCart/quantity", json!(0), "quantity"),
        ("/shipTo", address(), "shipTo"),
    ];
    let (twice, rest): (Vec<_>, Vec<_>) = table.into_iter().partition(|(pointer, ..)| pointer.ends_with("quantity"));
    refused(PETER_DEV, features, rest).await;
    let house = House::new();
    let (_, reply) = house.post(PETER_DEV, BOTH, &mutate(features(), twice[0].0, twice[0].1.clone())).await;
    assert_eq!(reply["errors"].as_array().unwrap().len(), 2, "it is not taken, and not 1: {reply}");
}

#[tokio::test]
async fn wrong_devices_of_a_swap_are_refused_by_their_part() {
    let table = vec![
        ("/newDevice", Value::Null, "newDevice"),
        ("/existingDevice", Value::Null, "existingDevice"),
        ("/existingDevice/simId", Value::Null, "existingDevice.simId"),
        ("/existingDevice/modelId", json!("StarPhone"), "existingDevice.modelId"),
        ("/existingDevice/otherMakeModelName", json!(""), "existingDevice.otherMakeModelName must be passed in"),
        ("/newDevice/otherMakeModelName", json!("x"), "newDevice.otherMakeModelName must not be passed in"),
        ("/newDevice/simId", json!(""), "newDevice.simId"),
        ("/newDevice/modelId", json!("Other"), "newDevice.modelId"),
        ("/newDevice/serialNumber/value", json!(" "), "newDevice.serialNumber.value"),
        ("/shoppingCart", json!({}), "shoppingCart"),
        ("/properties/0/fields/3/text", json!("20"), "PREFERRED_AREA_CODE"),
    ];
    refused(MARIA, swap, table).await;
}

#[tokio::test]
async fn a_wrong_transfer_is_refused_by_its_part() {
    let table = vec![
        ("/serviceId", json!("38382349"), "serviceId"),
        ("/currentVendorId", Value::Null, "currentVendorId"),
        ("/currentVendorId", json!("900"), "currentVendorId"),
        ("/regionId", Value::Null, "regionId"),
        ("/postalCode", json!("O6477"), "postalCode"),
        ("/shoppingCart/quantity", json!(1), "quantity"),
        ("/shoppingCart/optionalFeatureIds", json!(["951"]), "optionalFeatureIds"),
        ("/shipTo", Value::Null, "shipTo"),
        ("/acknowledgements", Value::Null, "acknowledgements"),
        ("/acknowledgements/2", Value::Null, "TERMINATION_FEES"),
        ("/acknowledgements/0/boolean", json!(false), "FAMILY_SHARED_MINUTE_PLAN"),
        ("/acknowledgements/0/boolean", Value::Null, "FAMILY_SHARED_MINUTE_PLAN"),
        ("/acknowledgements/0/type", json!("TEXT"), "FAMILY_SHARED_MINUTE_PLAN"),
        ("/acknowledgements/-", agreed(&["TERMINATION_FEES"])[0].clone(), "TERMINATION_FEES was passed in twice"),
        ("/acknowledgements/-", agreed(&["ELECTRONIC_NOTICES"])[0].clone(), "ELECTRONIC_NOTICES"),
        ("/properties/0/fields/0/text", json!("203555014"), "SERVICE_NUMBER"),
        ("/properties/0/fields/1", Value::Null, "PIN_PASSWORD"),
    ];
    refused(PETER_ACC, joining, table).await;
    let sprint = json!({"deviceId": "9194801992"});
    refused(PETER_ACC, joining, vec![("/shoppingCart", sprint, "of the carrier of currentVendorId")]).await;
    let table = vec![
        ("/currentVendorId", json!("98"), "of another carrier than that of currentVendorId"),
        ("/shoppingCart/quantity", Value::Null, "shoppingCart.quantity"),
        ("/shoppingCart/quantity", json!(2), "quantity must be 1"),
        ("/shoppingCart/accessoryIds", json!(["3628935899"]), "accessoryIds"),
        ("/acknowledgements/1", Value::Null, "AUTHORIZATION_OF_TRANSFER"),
        ("/properties/0/fields/1", Value::Null, "PIN_PASSWORD"),
    ];
    let (shipped, rest): (Vec<_>, Vec<_>) =
        table.into_iter().partition(|(pointer, ..)| pointer.ends_with("accessoryIds"));
    refused(PETER_ACC, joining_and_porting, rest).await;
    refused(PETER_ACC, || mutate(joining_and_porting(), "/shipTo", address()), shipped).await;
}

// ------------------------------------------------------------------ resources

#[tokio::test]
async fn a_call_needs_a_token_a_tenant_and_a_client() {
    let house = House::new();
    for (header, value, status, word) in [
        ("Authorization", "", 401, "bearer token"),
        ("Authorization", "Bearer ", 401, "bearer token"),
        ("Authorization", "Basic abc", 401, "bearer token"),
        ("Authorization", "Bearer expired", 401, "expired"),
        ("X-TNGO-TENANT", "", 400, "X-TNGO-TENANT"),
        ("client_id", "", 400, "client_id"),
    ] {
        let mut headers: Vec<_> = HEADERS.into_iter().filter(|h| h.0 != header).collect();
        if !value.is_empty() {
            headers.push((header, value));
        }
        let (got, text) = house.send(Method::GET, "/me", &headers, None).await.unwrap();
        let reply: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((got, &reply["status"]), (status, &json!(status)), "{header}: {text}");
        assert!(reply["message"].as_str().unwrap().contains(word), "{text}");
    }
}

#[tokio::test]
async fn the_actor_is_the_header_or_else_the_agent() {
    let house = House::new();
    let me = house.get("/me").await;
    assert_eq!(me["authenticatedUser"]["companyEmployeeId"], "jdoe");
    assert_eq!(me["actor"], me["authenticatedUser"]);
    assert_eq!(me["transactionTypes"].as_array().unwrap().len(), 12);
    let (_, other) = house.ask("/me", PETER_DEV).await;
    assert_eq!(other["actor"]["id"], PETER_DEV);
    assert_eq!(other["authenticatedUser"]["companyEmployeeId"], "jdoe");
    let (_, idle) = house.ask("/me", INACTIVE).await;
    assert_eq!(idle["transactionTypes"], json!([]));
    let (_, limited) = house.ask("/me", "28675009").await;
    assert!(!limited["transactionTypes"].as_array().unwrap().contains(&json!("NEW_ACTIVATION")));
    let (status, unknown) = house.ask("/me", "1").await;
    assert_eq!(status, 400, "{unknown}");
    let company = ("X-TNGO-CONTEXT-COMPANYEMPLOYEEID", "barbara.andrews.acme");
    let mut headers = HEADERS.to_vec();
    headers.push(company);
    let (_, text) = house.send(Method::GET, "/me", &headers, None).await.unwrap();
    assert!(text.contains("123456781"));
    headers.push(("X-TNGO-CONTEXT-EMPLOYEEID", PETER_DEV));
    let (_, text) = house.send(Method::GET, "/me", &headers, None).await.unwrap();
    assert!(!text.contains("123456781"), "the platform's id wins");
}

#[tokio::test]
async fn a_collection_is_paged_from_its_offset_with_links_to_elsewhere() {
    let house = House::new();
    for (path, word) in [
        ("/employees?offset=0", "limit"),
        ("/employees?limit=10", "offset"),
        ("/employees?limit=0&offset=0", "limit"),
        ("/employees?limit=501&offset=0", "limit"),
        ("/employees?limit=10&offset=-1", "offset"),
    ] {
        let (status, reply) = house.ask(path, "").await;
        assert_eq!(status, 400);
        assert!(reply["message"].as_str().unwrap().contains(word), "{reply}");
    }
    let all = house.all("/employees", "employees").await;
    let page = house.get("/employees?limit=7&offset=14").await;
    assert_eq!(page["employees"]["items"].as_array().unwrap()[..], all[14..21]);
    let meta = &page["employees"]["_meta"];
    assert_eq!((&meta["limit"], &meta["offset"], &meta["totalCount"]), (&json!(7), &json!(14), &json!(all.len())));
    assert!(meta["hrefNext"].as_str().unwrap().starts_with("http://elsewhere.example.com/"));
    assert!(meta["hrefNext"].as_str().unwrap().contains("offset=21"));
    let first = house.get("/employees?limit=500&offset=0").await;
    let meta = &first["employees"]["_meta"];
    for link in ["hrefStart", "hrefPrevious", "hrefNext", "hrefEnd"] {
        assert_eq!(meta[link], Value::Null, "{link} would lead here");
    }
    let beyond = house.get("/employees?limit=10&offset=5000").await;
    assert_eq!(beyond["employees"]["items"], json!([]));
}

#[tokio::test]
async fn what_is_not_published_is_not_there() {
    let house = House::new();
    for path in ["/nothing", "/catalog", "/orders/1", "/employees/1", "/assets/service/38382335"] {
        let (status, reply) = house.ask(path, "").await;
        assert_eq!((status, &reply["status"]), (404, &json!(404)), "{path}");
        assert!(reply["errorCode"].is_string());
    }
    let (status, _) = house.call(Method::DELETE, "/orders/1", "", None).await.unwrap();
    assert_eq!(status, 404);
    for path in [
        "/me?who=1",
        "/vendors?type=ALL",
        "/regions?type=SOME",
        "/ping?echoText=a&echoText=b",
        "/catalog/plans?limit=1&offset=0&carrier=98",
        "/catalog/plans?limit=1&offset=0&sortAscending=false",
    ] {
        assert_eq!(house.ask(path, "").await.0, 400, "{path}");
    }
    assert_eq!(house.get("/ping?echoText=caf%C3%A9").await["echoText"], "café");
}

#[tokio::test]
async fn the_catalog_is_narrowed_by_what_is_asked_for() {
    let house = House::new();
    let everywhere = "limit=500&offset=0";
    let vendors = |page: &Value, name: &str| -> Vec<String> {
        let items = page[name]["items"].as_array().unwrap();
        let mut ids: Vec<String> = items.iter().map(|i| i["vendor"]["id"].as_str().unwrap().into()).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let page = house
        .get(&format!(
            "/catalog/plans?{everywhere}&vendor=98&region=70144640&postalCode=06477&transactionType=NEW_ACTIVATION"
        ))
        .await;
    assert_eq!(vendors(&page, "plans"), ["98"]);
    let page = house.get(&format!("/catalog/devices?{everywhere}&service=38382335")).await;
    assert_eq!(vendors(&page, "devices"), ["105"]);
    let (_, page) = house.ask(&format!("/catalog/devices?{everywhere}"), "28675004").await;
    assert_eq!(vendors(&page, "devices"), ["440", "441"], "an actor in Japan sees what is sold there");
    let page = house.get(&format!("/catalog/devices?{everywhere}&region=70144703")).await;
    assert_eq!(vendors(&page, "devices"), ["330", "331", "441"]);
    let all = house.get(&format!("/catalog/accessories?{everywhere}&vendor=98")).await;
    let fit = house.get(&format!("/catalog/accessories?{everywhere}&compatibleWithDeviceId=9194713904")).await;
    assert!(
        fit["accessories"]["items"].as_array().unwrap().len() < all["accessories"]["items"].as_array().unwrap().len()
    );
    for wrong in ["vendor=1", "service=1", "region=1", "transactionType=X", "region=70144640&postalCode=AB"] {
        assert_eq!(house.ask(&format!("/catalog/plans?{everywhere}&{wrong}"), "").await.0, 400, "{wrong}");
    }
    let plan = house.get("/catalog/plans/6568886494").await;
    assert!(plan["optionalFeatures"].as_array().unwrap().len() >= 4, "{plan}");
    assert_eq!(plan["price"]["amount"], json!(38.69));
}

#[tokio::test]
async fn a_line_is_shown_in_full_depth_also_in_the_list() {
    let house = House::new();
    let page = house.get(&format!("/assets/services?limit=10&offset=0&employee={PETER_DEV}")).await;
    let lines = page["services"]["items"].as_array().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0], house.get("/assets/services/38382335").await);
    assert_eq!(lines[0]["device"]["model"], "iPhone 6 Plus (16GB) gold");
    assert_eq!(lines[0]["vendor"]["current"]["name"], "Sprint");
    let barbara = house.get("/assets/services/99034551").await;
    assert_eq!(barbara["device"]["model"]["name"], "iPhone 6 (16GB) - Space Gray");
    assert_eq!(barbara["device"]["simId"], "89 91 10 1200 00 320451 0");
    assert_eq!(barbara["employee"]["companyEmployeeId"], "barbara.andrews.acme");
    let page = house.get("/assets/services?limit=10&offset=0&companyEmployeeId=peter.edwards.acme").await;
    assert_eq!(page["services"]["_meta"]["totalCount"], 1, "the other Peter has none");
    let recent = house.get("/assets/services?limit=5&offset=0&dateTimeUpdated=2016-06-01T00:00:00Z&sortBy=UPDATED_DATE&sortAscending=false").await;
    let times: Vec<&str> =
        recent["services"]["items"].as_array().unwrap().iter().map(|s| s["updated"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b) && times.iter().all(|t| *t >= "2016-06"), "{times:?}");
}

#[tokio::test]
async fn regions_are_a_plain_array_and_alone_show_their_address() {
    let house = House::new();
    let offered = house.get("/regions?type=PROCUREMENT").await;
    assert_eq!(offered["regions"].as_array().unwrap().len(), 4);
    assert!(offered["regions"][0]["addressFormat"].is_null());
    let all = house.get("/regions?type=ALL").await;
    assert!(all["regions"].as_array().unwrap().len() >= 7);
    let states = house.get("/regions?parentRegion=70144640").await;
    assert_eq!(states["regions"].as_array().unwrap().len(), 51);
    assert_eq!(states["regions"][0]["type"], "STATE_PROVINCE");
    let us = house.get("/regions/70144640").await;
    assert_eq!(us["postalCodeRegEx"], "^\\d{5}$");
    let parts = us["addressFormat"].as_array().unwrap();
    let state = parts.iter().find(|p| p["id"] == "STATE").unwrap();
    assert_eq!(state["options"].as_array().unwrap().len(), 51);
    let hong_kong = house.get("/regions/70144703").await;
    assert!(hong_kong["postalCodeRegEx"].is_null());
    assert_eq!(house.get("/regions/158385987").await["name"], "Alabama");
}

#[tokio::test]
async fn properties_are_asked_for_by_vendor_or_by_service_with_defaults() {
    let house = House::new();
    let path = "/orders/properties?transactionType=NEW_ACTIVATION&vendor=98";
    let (_, reply) = house.ask(path, PETER_ACC).await;
    let groups = reply["properties"]["items"].clone();
    let group = json!({"properties": groups});
    assert_eq!(field(&group, "CONTACT_NUMBER")["text"], "2035550199");
    assert_eq!(field(&group, "URGENCY")["choice"], json!({"id": "2"}));
    let reasons = field(&group, "ORDER_REASON")["choices"].as_array().unwrap();
    assert!(reasons.len() > 9);
    assert_eq!(reasons.iter().filter(|c| c["isOther"] == true).count(), 1);
    let (_, reply) = house.ask("/orders/properties?transactionType=SUSPEND&service=38382335", PETER_DEV).await;
    let group = json!({"properties": reply["properties"]["items"]});
    assert_eq!(field(&group, "SERVICE_NUMBER")["text"], "2035554468");
    assert_eq!(
        field(&group, "HOLD_SERVICE")["choices"],
        json!([
        {"id": "peter.edwards.acme", "label": "Peter Edwards", "isOther": false},
        {"id": "jdoe", "label": "Jo Doe", "isOther": false}])
    );
    assert_eq!(field(&group, "PREFERRED_SUSPENSION_DATE")["pattern"], "mm/dd/yyyy");
    for wrong in ["", "&vendor=98&service=38382335", "&vendor=1", "&service=38382335", "&vendor=900"] {
        let path = format!("/orders/properties?transactionType=NEW_ACTIVATION{wrong}");
        assert_eq!(house.ask(&path, "").await.0, 400, "{path}");
    }
    assert_eq!(house.ask("/orders/properties?vendor=98", "").await.0, 400);
}

#[tokio::test]
async fn the_orders_of_other_carriers_have_rules_of_their_own() {
    let house = House::new();
    let plan = house.get("/catalog/plans?limit=1&offset=0&vendor=105").await["plans"]["items"][0]["id"].clone();
    let body = |code: &str, center: &str| {
        json!({"orderRequest": {
        "externalOrderNumber": "S-1", "transactionType": "NEW_ACTIVATION", "regionId": "70144640", "postalCode": "06477",
        "shoppingCart": {"planId": plan},
        "properties": [
            {"groupId": "MISCELLANEOUS", "fields": [
                {"id": "CONTACT_NUMBER", "type": "TEXT", "text": "(203) 555-0160"},
                {"id": "Reason", "type": "CHOICE", "choice": {"id": "19"}},
                {"id": "DELIVERY_DATE", "type": "DATE", "date": "2027-01-04T00:00:00Z"},
                {"id": "PROMO_CODE", "type": "TEXT", "text": code}]},
            {"groupId": "BILLING", "fields": [{"id": "COST_CENTER", "type": "TEXT", "text": center}]}]}})
    };
    let shown = house.confirm("", &body("SPRING27", "111111111111111111111111111111")).await;
    assert_eq!(shown["properties"][1]["groupId"], "BILLING");
    for (code, center, word) in [
        ("12345678", "1", "COST_CENTER"),
        ("SPRING", "12", "PROMO_CODE"),
        ("SPRING27", "11111111111111111111111111111x", "COST_CENTER"),
    ] {
        let (_, reply) = house.post("", BOTH, &body(code, center)).await;
        assert!(reply.to_string().contains(word), "{reply}");
    }
}

#[tokio::test]
async fn an_order_in_japan_is_shipped_to_a_prefecture_and_costs_whole_yen() {
    let house = House::new();
    let device = house.get("/catalog/devices?limit=1&offset=0&vendor=440").await["devices"]["items"][0].clone();
    let body = json!({"orderRequest": {
        "externalOrderNumber": "注文-1", "transactionType": "NEW_ACTIVATION", "regionId": "70144718",
        "shoppingCart": {"deviceId": device["id"]},
        "properties": [{"groupId": "お客様情報", "fields": [
            {"id": "CONTACT_NUMBER", "type": "TEXT", "text": "8135550104"},
            {"id": "FURIGANA", "type": "TEXT", "text": "タナカ ハナコ"},
            {"id": "DELIVERY_SLOT", "type": "CHOICE", "choice": {"id": "am"}}]}],
        "shipTo": {"name": "田中 花子", "regionId": "70144718", "address": [
            {"id": "POSTAL_CODE", "value": "100-0001"}, {"id": "PREFECTURE", "value": "13"},
            {"id": "CITY", "value": "千代田区"}, {"id": "LINE_1", "value": "1-1"}]}}});
    let shown = house.confirm("28675004", &body).await;
    assert_eq!(shown["costSummary"][0]["currencyCode"], "JPY");
    assert!(shown["costSummary"][0]["amount"].is_u64(), "{}", shown["costSummary"]);
}

#[tokio::test]
async fn every_type_has_its_properties_with_every_carrier() {
    let house = House::new();
    let asked = async |query: &str, actor: &str| -> Vec<Value> {
        let (status, reply) = house.ask(&format!("/orders/properties?transactionType={query}"), actor).await;
        assert_eq!(status, 200, "{query}: {reply}");
        let groups = reply["properties"]["items"].as_array().unwrap().clone();
        groups.iter().flat_map(|g| g["fields"].as_array().unwrap().clone()).collect()
    };
    let ids = |fields: &[Value]| fields.iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    for code in ["NEW_ACTIVATION", "PORT_NUMBER", "XFER_SERVICE_IN", "XFER_SERVICE_IN_AND_PORT"] {
        for vendor in ["98", "105", "8516701", "220", "221", "330", "331", "440", "441"] {
            let fields = asked(&format!("{code}&vendor={vendor}"), "").await;
            assert!(ids(&fields).contains(&"CONTACT_NUMBER".into()), "{code} {vendor}");
        }
    }
    let care = ["SUSPEND", "UNSUSPEND", "DEACTIVATE", "UPDATE_FEATURES", "SWAP_DEVICES", "XFER_SERVICE_OUT"];
    for code in care.into_iter().chain(["UPGRADE", "ORDER_ACCESSORIES"]) {
        let fields = asked(&format!("{code}&service=38382349"), MARIA).await;
        let number = fields.iter().find(|f| f["id"] == "SERVICE_NUMBER").unwrap();
        assert_eq!(number["text"], "2035557676", "{code}");
        let open = fields.iter().filter(|f| f["validation"] == "REQUIRED" && f["text"].is_null()).count();
        assert_eq!(open, usize::from(code == "SUSPEND"), "{code} asks for little that it does not know");
    }
    let user = asked("UNSUSPEND&service=38390236", "28675017").await;
    assert_eq!(user.iter().find(|f| f["id"] == "USER").unwrap()["text"], "james.carpenter.acme", "the actor's");
    let pin = async |vendor: &str| {
        let fields = asked(&format!("XFER_SERVICE_IN&vendor={vendor}"), "").await;
        fields.iter().find(|f| f["id"] == "PIN_PASSWORD").unwrap()["validation"].clone()
    };
    assert_eq!((pin("98").await, pin("105").await), (json!("REQUIRED"), json!("OPTIONAL")));
}

#[tokio::test]
async fn an_upgrade_is_not_asked_about_what_it_leaves_out() {
    let house = House::new();
    let ids = async |flags: &str| {
        let path = format!("/orders/properties?transactionType=UPGRADE&service=38382349{flags}");
        house.get(&path).await["properties"]["items"][0]["fields"].to_string()
    };
    let all = ids("&orderExcludesDevice=false").await;
    assert!(all.contains("OLD_DEVICE") && all.contains("PLAN_START_DATE"), "{all}");
    assert!(!ids("&orderExcludesDevice=true").await.contains("OLD_DEVICE"));
    assert!(!ids("&orderExcludesPlan=true").await.contains("PLAN_START_DATE"));
    for wrong in
        ["UPGRADE&service=38382349&orderExcludesPlan=yes", "SWAP_DEVICES&service=38382349&orderExcludesPlan=true"]
    {
        assert_eq!(house.ask(&format!("/orders/properties?transactionType={wrong}"), "").await.0, 400, "{wrong}");
    }
    let start = json!({"id": "PLAN_START_DATE", "type": "DATE", "date": "2027-01-04T00:00:00Z"});
    let with = mutate(upgrade(), "/properties/0/fields/-", start);
    house.confirm(MARIA, &with).await;
    let (status, reply) =
        house.post(MARIA, BOTH, &mutate(with, "/shoppingCart", json!({"deviceId": "9194713904"}))).await;
    assert!(status == 400 && reply["message"].as_str().unwrap().contains("PLAN_START_DATE"), "{reply}");
}

#[tokio::test]
async fn acknowledgements_are_asked_for_by_type_and_carrier() {
    let house = House::new();
    let ask = async |code: &str, vendor: &str| {
        let reply = house.get(&format!("/acknowledgements?transactionType={code}&vendor={vendor}")).await;
        let ids: Vec<String> = reply["acknowledgements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| format!("{} {}", a["id"].as_str().unwrap(), a["validation"].as_str().unwrap()))
            .collect();
        (ids.join(", "), reply)
    };
    let three = "FAMILY_SHARED_MINUTE_PLAN REQUIRED, AUTHORIZATION_OF_TRANSFER REQUIRED, TERMINATION_FEES REQUIRED";
    for code in ["XFER_SERVICE_IN", "XFER_SERVICE_IN_AND_PORT"] {
        assert_eq!(ask(code, "441").await.0, three);
        assert_eq!(ask(code, "220").await.0, format!("{three}, ELECTRONIC_NOTICES OPTIONAL"));
    }
    let (_, reply) = ask("XFER_SERVICE_IN", "98").await;
    assert_eq!(reply["infoblocks"].as_array().unwrap().len(), 3);
    assert!(
        reply["infoblocks"][0]["paragraphs"][1]["text"].is_string() && reply["infoblocks"][0]["header"].is_string()
    );
    assert_eq!(reply["acknowledgements"][0]["type"], "BOOLEAN");
    assert_eq!(ask("XFER_SERVICE_OUT", "98").await.0, "PERSONAL_LIABILITY REQUIRED, KEEPS_DEVICE OPTIONAL");
    let nothing = json!({"infoblocks": [], "acknowledgements": []});
    assert_eq!(ask("XFER_SERVICE_OUT", "105").await.1, nothing);
    assert_eq!(ask("SUSPEND", "98").await.1, nothing);
    for wrong in
        ["transactionType=SUSPEND", "vendor=98", "transactionType=X&vendor=98", "transactionType=SUSPEND&vendor=900"]
    {
        assert_eq!(house.ask(&format!("/acknowledgements?{wrong}"), "").await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_line_that_goes_to_another_carrier_bars_what_its_present_one_sells() {
    let house = House::new();
    let vendors = async |query: &str| {
        let path = format!("/catalog/devices?limit=500&offset=0&transactionType=PORT_NUMBER&service=38382335{query}");
        let page = house.get(&path).await;
        let items = page["devices"]["items"].as_array().unwrap().clone();
        items.iter().map(|i| i["vendor"]["id"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let set = |ids: &[&str]| ids.iter().map(|i| (*i).to_owned()).collect();
    assert_eq!(vendors("&vendor=98&region=70144640&postalCode=06477").await, set(&["98"]));
    assert_eq!(vendors("&vendor=105").await, set(&[]));
    assert_eq!(vendors("&region=70144640").await, set(&["98", "221"]));
    let barbara = house.get("/catalog/plans?limit=500&offset=0&transactionType=UPGRADE&service=99034551").await;
    assert!(
        barbara["plans"]["items"].as_array().unwrap().iter().any(|p| p["vendor"]["id"] == "98"),
        "no catalog of its own"
    );
}

#[tokio::test]
async fn accessories_are_narrowed_to_the_device_in_use_where_it_is_known() {
    let house = House::new();
    let ids = async |query: &str| -> Vec<String> {
        let page = house.get(&format!("/catalog/accessories?limit=500&offset=0&{query}")).await;
        page["accessories"]["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().into()).collect()
    };
    let all = ids("vendor=98").await;
    let of_line = ids("service=38382349").await;
    assert_eq!(of_line, ids("compatibleWithDeviceAssetId=35362377").await);
    assert_eq!(of_line, ids("compatibleWithDeviceId=9194800363").await);
    assert!(of_line.len() < all.len() && of_line.iter().all(|id| all.contains(id)));
    assert!(of_line.contains(&"3628940914".into()) && !of_line.contains(&"3628939022".into()), "{of_line:?}");
    let sprint = ids("service=38382335").await;
    assert_eq!(sprint.len(), ids("vendor=105").await.len(), "nothing is known of that device");
    assert_eq!(house.ask("/catalog/accessories/3628940914", "").await.0, 404);
}

#[tokio::test]
async fn features_are_those_of_the_one_carrier_that_is_asked_for() {
    let house = House::new();
    let features = house.get("/catalog/features?service=38382335").await;
    assert_eq!(features, house.get("/catalog/features?vendor=105").await);
    let items = features["features"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 7);
    assert_eq!(
        items[0],
        json!({"id": "518", "description": "Call Forwarding ($0.20 per minute)",
        "price": {"amount": 0, "currencyCode": "USD", "recurrence": "MONTHLY"}})
    );
    assert_eq!(features["features"]["_meta"]["totalCount"], Value::Null, "it is whole");
    for wrong in ["", "?vendor=105&service=38382335", "?vendor=1", "?service=1", "?vendor=105&limit=1&offset=0"] {
        assert_eq!(house.ask(&format!("/catalog/features{wrong}"), "").await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn manufacturers_and_their_models_may_hold_blanks_and_slashes() {
    let house = House::new();
    let ids = |page: &Value, name: &str| -> Vec<String> {
        page[name]["items"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().into()).collect()
    };
    let devices = house.get("/manufacturers?type=DEVICE").await;
    let found = ids(&devices, "manufacturers");
    for id in ["LG", "Apple", "2455765", "TCL / Alcatel", "Other"] {
        assert!(found.contains(&id.into()), "{id}");
    }
    let apple = devices["manufacturers"]["items"].as_array().unwrap().iter().find(|m| m["id"] == "2455765").unwrap();
    assert!(apple["name"] == "Apple" && apple["logoUrl"].is_string(), "{apple}");
    let accessories = ids(&house.get("/manufacturers?type=ACCESSORY").await, "manufacturers");
    assert!(accessories.contains(&"Verizon Wireless".into()) && !accessories.contains(&"LG".into()));
    assert_eq!(ids(&house.get("/manufacturers").await, "manufacturers").len(), found.len() + accessories.len());
    let tcl = house.get("/manufacturers/TCL%20%2F%20Alcatel/models?type=DEVICE").await;
    assert!(ids(&tcl, "models").contains(&"Pop 4 / Plus".into()), "{tcl}");
    assert!(tcl["models"]["items"][0]["_meta"]["href"].as_str().unwrap().contains("/TCL%20%2F%20Alcatel/models/"));
    assert!(ids(&house.get("/manufacturers/LG/models").await, "models").contains(&"Cookie Plus".into()));
    assert!(
        ids(&house.get("/manufacturers/Apple/models").await, "models").contains(&"iPhone 6 (64GB) - Space Gray".into())
    );
    assert_eq!(ids(&house.get("/manufacturers/2455765/models").await, "models"), ["2346152"]);
    assert_eq!(ids(&house.get("/manufacturers/Other/models").await, "models"), ["Other"]);
    for (wrong, status) in [
        ("/manufacturers?type=PHONE", 400),
        ("/manufacturers/TCL%20/%20Alcatel/models", 404),
        ("/manufacturers/Nokla/models", 404),
    ] {
        assert_eq!(house.ask(wrong, "").await.0, status, "{wrong}");
    }
}

#[tokio::test]
async fn orders_are_listed_newest_first_for_one_person_and_without_what_was_not_asked_for() {
    let house = House::new();
    house.post(PETER_DEV, "", &suspension()).await;
    house.post(PETER_ACC, "", &activation()).await;
    let newest = house.get("/orders?limit=10&offset=0&sortBy=UPDATED_DATE&sortAscending=false").await;
    let items = newest["orders"]["items"].as_array().unwrap();
    assert_eq!((&items[0]["orderId"], &items[1]["orderId"]), (&json!("8711661"), &json!("8711660")));
    let updated: Vec<&str> = items[2..].iter().map(|o| o["updated"].as_str().unwrap()).collect();
    assert!(updated.is_sorted_by(|a, b| a >= b), "{updated:?}");
    for absent in ["shipTo", "properties", "orderSegments", "orderHistory", "orderShipments", "approvers"] {
        assert!(items.iter().all(|o| o[absent].is_null()), "{absent}");
    }
    for member in ["orderId", "externalOrderNumber", "transactionType", "status", "dateSubmitted", "updated"] {
        assert!(items[0][member].is_string(), "{member}");
    }
    let mine = house.get(&format!("/orders?limit=10&offset=0&employee={PETER_DEV}&includeShipToAddress=true")).await;
    assert_eq!(mine["orders"]["_meta"]["totalCount"], 2, "one of earlier times and one of now");
    assert_eq!(mine["orders"]["items"][1]["shipTo"], json!({"address": []}));
    let both = house.get("/orders?limit=1&offset=5&companyEmployeeId=peter.edwards.acme").await;
    assert_eq!(both["orders"]["_meta"]["totalCount"], 6);
    assert_eq!(both["orders"]["items"][0]["orderId"], "8711661");
}

#[tokio::test]
async fn there_are_orders_of_earlier_times() {
    let house = House::new();
    let all = house.all("/orders?includeShipToAddress=true&includeOrderSegments=true", "orders").await;
    assert_eq!(all.len(), 40);
    assert!(house.sandbox.orders().is_empty(), "none of them was placed in this run");
    for status in [
        "ORDER_SUBMITTED",
        "APPROVAL_PENDING",
        "IN_PROCESS",
        "BACKORDERED",
        "SHIPPED",
        "COMPLETED",
        "CANCELLED",
        "REJECTED",
    ] {
        assert!(all.iter().any(|o| o["status"] == status), "{status}");
    }
    let people: std::collections::BTreeSet<&str> =
        all.iter().map(|o| o["accountHolder"]["id"].as_str().unwrap()).collect();
    let types: std::collections::BTreeSet<&str> = all.iter().map(|o| o["transactionType"].as_str().unwrap()).collect();
    assert!(people.len() >= 20 && types.len() >= 8, "{people:?} {types:?}");
    assert_eq!(all.iter().filter(|o| o["externalOrderNumber"].is_null()).count(), 1);
    let ids: Vec<u64> = all.iter().map(|o| o["orderId"].as_str().unwrap().parse().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b) && ids.iter().all(|id| *id < 8_711_000));
    let lines = |of: &str| -> Vec<String> {
        let shipped = all.iter().rev().filter(|o| o["accountHolder"]["id"] == of);
        let to = shipped.map(|o| o["shipTo"]["address"][0]["value"].as_str().unwrap_or("none").to_owned());
        to.collect()
    };
    assert_eq!(lines(PETER_ACC), ["1 Example Plaza", "1 Example Plaza", "77 Sample Road"], "newest first");
    assert_eq!(lines(PETER_DEV), ["none"]);
    assert_eq!(lines(MARIA).iter().filter(|l| *l == "1 Example Plaza").count(), 1);
    let newest = all.iter().rev().find(|o| o["accountHolder"]["id"] == PETER_ACC).unwrap();
    assert_eq!(newest["shipTo"]["region"]["id"], "70144640");
    assert_eq!(newest["orderSegments"]["items"][0]["device"]["name"], "Samsung Galaxy S4 (16GB) - Black Mist");
    let id = newest["orderId"].as_str().unwrap();
    let alone = house.get(&format!("/orders/{id}")).await;
    assert_eq!(field(&alone["order"], "PREFERRED_AREA_CODE")["label"], "Preferred Area Code");
    assert_eq!(alone["order"]["shipTo"], newest["shipTo"]);
    house.post(PETER_DEV, "", &suspension()).await;
    assert_eq!(house.sandbox.orders()[0]["orderId"], "8711660", "numbers go on where they did");
}

#[tokio::test]
async fn an_order_tells_its_history_and_its_shipments_whole_and_by_segment() {
    let house = House::new();
    let all = house
        .all("/orders?includeOrderSegments=true&includeOrderHistory=true&includeOrderShipments=true", "orders")
        .await;
    let split = all.iter().find(|o| o["orderSegments"]["items"].as_array().unwrap().len() == 2).unwrap();
    let id = split["orderId"].as_str().unwrap();
    let segment = |n: usize| split["orderSegments"]["items"][n]["orderSegmentId"].as_str().unwrap().to_owned();
    let items =
        async |what: &str, query: &str| house.get(&format!("/orders/{id}/{what}{query}")).await[what]["items"].clone();
    assert_eq!(items("history", "").await, split["orderHistory"]);
    assert_eq!(items("shipments", "").await, split["orderShipments"]);
    let statuses = |entries: &Value| -> Vec<String> {
        entries.as_array().unwrap().iter().map(|e| e["status"].as_str().unwrap().into()).collect()
    };
    assert_eq!(statuses(&split["orderHistory"]), ["ORDER_SUBMITTED", "IN_PROCESS", "SHIPPED", "BACKORDERED"]);
    let (first, second) = (format!("?orderSegment={}", segment(0)), format!("?orderSegment={}", segment(1)));
    assert_eq!(statuses(&items("history", &second).await), ["ORDER_SUBMITTED", "IN_PROCESS", "BACKORDERED"]);
    let parcels = items("shipments", &first).await;
    assert_eq!(
        parcels,
        json!([{"carrier": "FedEx", "trackingNumber": "7000 0000 0114", "dateShipped": "2026-10-22T15:00:00Z"}])
    );
    assert_eq!(items("shipments", &second).await, json!([]));
    let alone = house.get(&format!("/orders/{id}{second}")).await;
    assert_eq!(alone["order"]["orderSegments"]["items"], json!([split["orderSegments"]["items"][1]]));
    for path in [format!("/orders/{id}/history?orderSegment=1"), format!("/orders/{id}/shipments?limit=1")] {
        assert_eq!(house.ask(&path, "").await.0, 400, "{path}");
    }
    for path in ["/orders/1/history", "/orders/1/shipments"] {
        assert_eq!(house.ask(path, "").await.0, 404, "{path}");
    }
    let (_, placed) = house.post(PETER_DEV, "", &suspension()).await;
    let history = house.get("/orders/8711660/history").await;
    assert_eq!(history["history"]["items"][0]["date"], placed["order"]["dateSubmitted"]);
    assert_eq!(house.get("/orders/8711660/shipments").await["shipments"]["items"], json!([]));
}

#[tokio::test]
async fn orders_that_wait_for_approval_are_found_by_their_approver() {
    let house = House::new();
    let mine = house.all("/orders?includeApprovers=true&eligibleToApproveEmployeeId=28670001", "orders").await;
    assert_eq!(mine.len(), 2);
    assert!(mine.iter().all(|o| o["status"] == "APPROVAL_PENDING" && o["approvers"][0]["companyEmployeeId"] == "jdoe"));
    let hers = house.all("/orders?eligibleToApproveCompanyEmployeeId=barbara.andrews.acme", "orders").await;
    assert_eq!(hers.len(), 1);
    assert_eq!(house.all("/orders?eligibleToApproveEmployeeId=28673732", "orders").await.len(), 0);
}

#[tokio::test]
async fn a_person_alone_shows_what_the_company_keeps_and_the_actor_is_diagnosed() {
    let house = House::new();
    let people = house.all("/employees", "employees").await;
    assert!(people.iter().all(|e| e["customAttributes"].is_null()), "only alone");
    let (mut some, mut empty, mut absent) = (0, 0, 0);
    for person in people.iter().take(24) {
        let alone = house.get(&format!("/employees/{}", person["id"].as_str().unwrap())).await;
        match alone["customAttributes"].as_array().map(Vec::len) {
            None => absent += 1,
            Some(0) => empty += 1,
            Some(_) => some += 1,
        }
    }
    assert!(some > 8 && empty > 0 && absent > 0, "{some} {empty} {absent}");
    let (_, me) = house.ask("/me", PETER_ACC).await;
    let alone = house.get(&format!("/employees/{PETER_ACC}")).await;
    assert_eq!(me["customAttributes"], alone["customAttributes"]);
    assert_eq!(
        (&me["customAttributes"][0]["id"], &me["customAttributes"][0]["label"]),
        (&json!("COST_CENTER"), &json!("Cost Center"))
    );
    let flags = |approver: bool, mover: bool, active: bool, user: bool| {
        json!({"diagnostics": {"IS_ACTOR_APPROVER": approver,
        "CAN_ACTOR_MOVE_SERVICE": mover, "IS_ACTOR_ACTIVE": active, "IS_ACTOR_AUTHENTICATED_USER": user}})
    };
    assert_eq!(house.get("/diagnostics").await, flags(true, true, true, true));
    assert_eq!(house.ask("/diagnostics", BARBARA).await.1, flags(true, false, true, false));
    assert_eq!(house.ask("/diagnostics", INACTIVE).await.1, flags(false, false, false, false));
}

#[tokio::test]
async fn devices_are_listed_with_and_without_their_lines() {
    let house = House::new();
    let all = house.all("/assets/devices", "devices").await;
    let lines = house.all("/assets/services", "services").await;
    let with_device = lines.iter().filter(|s| s["device"].is_object()).count();
    assert!(all.len() > with_device, "there are spare ones");
    assert!(
        all.iter().all(|d| d["service"].is_null() && d["upgradeEligibilityDate"].is_null()),
        "only where asked for"
    );
    let mine =
        house.get(&format!("/assets/devices?limit=10&offset=0&employee={PETER_DEV}&includeServiceDetails=true")).await;
    let items = mine["devices"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let line = house.get("/assets/services/38382335").await;
    for member in [
        "id",
        "manufacturer",
        "model",
        "simId",
        "accessMethod",
        "macAddress",
        "companyAssetId",
        "serialNumber",
        "orderActions",
        "_meta",
    ] {
        assert_eq!(items[0][member], line["device"][member], "{member}");
        assert!(!items[0][member].is_null(), "{member}");
    }
    assert_eq!(items[0]["employee"], line["employee"]);
    assert_eq!(items[0]["service"]["serviceNumber"], "2035554468");
    assert!(items[0]["service"]["device"].is_null() && items[1]["service"].is_null());
    let due = house.get(&format!("/assets/devices/{}?includeUpgradeEligibleDate=true", "35362361")).await;
    assert!(due["upgradeEligibilityDate"].is_null(), "its line has none");
    let later = lines.iter().find(|s| s["id"] == "38390447").unwrap();
    let path = format!("/assets/devices/{}", later["device"]["id"].as_str().unwrap());
    let alone = house.get(&format!("{path}?includeUpgradeEligibleDate=true")).await;
    assert_eq!(alone["upgradeEligibilityDate"], "2027-02-01T06:00:00Z");
    assert_eq!(house.get(&path).await["upgradeEligibilityDate"], Value::Null);
    let recent =
        house.get("/assets/devices?limit=500&offset=0&dateTimeUpdated=2016-06-01T00:00:00Z&sortBy=UPDATED_DATE").await;
    let times: Vec<&str> =
        recent["devices"]["items"].as_array().unwrap().iter().map(|d| d["updated"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && !times.is_empty() && times.len() < all.len());
    for (path, status) in [
        ("/assets/devices", 400),
        ("/assets/devices/1", 404),
        ("/assets/devices/35362361?includeServiceDetails=1", 400),
    ] {
        assert_eq!(house.ask(path, "").await.0, status, "{path}");
    }
    let accessories =
        house.get("/catalog/accessories?limit=500&offset=0&vendor=105&compatibleWithDeviceAssetId=35499004").await;
    assert!(accessories["accessories"]["items"].as_array().unwrap().len() >= 2, "a spare one counts too");
}

#[tokio::test]
async fn a_device_of_the_catalog_alone_tells_what_comes_with_it() {
    let house = House::new();
    let alone = house.get("/catalog/devices/9194713904").await;
    assert_eq!(alone["accessMethod"], "CDMA");
    assert!(alone["description"].as_str().unwrap().ends_with('.'));
    assert!(alone["includedAccessories"][0]["description"].is_string());
    let listed = house.get("/catalog/devices?limit=500&offset=0&vendor=98").await;
    let listed =
        listed["devices"]["items"].as_array().unwrap().iter().find(|d| d["id"] == "9194713904").unwrap().clone();
    for member in ["name", "manufacturer", "vendor", "price", "imageUrl"] {
        assert_eq!(alone[member], listed[member], "{member}");
    }
    assert!(listed["description"].is_null() && listed["includedAccessories"].is_null());
}

#[tokio::test]
async fn a_province_of_canada_is_one_of_its_children() {
    let house = House::new();
    let canada = house.get("/regions/70144651").await;
    let province = canada["addressFormat"].as_array().unwrap().iter().find(|p| p["id"] == "PROVINCE").unwrap();
    assert!(province["options"].is_null() && province["subdivision"].is_null(), "{province}");
    let children = house.get("/regions?parentRegion=70144651").await;
    assert!(children["regions"].as_array().unwrap().iter().any(|r| r["abbreviation"] == "QC"));
    let body = |value: &str| {
        json!({"orderRequest": {"externalOrderNumber": "C-1", "transactionType": "NEW_ACTIVATION", "regionId": "70144651",
            "postalCode": "H2X 1Y4", "shoppingCart": {"deviceId": "9194802189"},
            "properties": [{"groupId": "CONTACT", "fields": [text("CONTACT_NUMBER", "4165550113"),
                text("CONTACT_NAME", "Clotilde Tremblay"), {"id": "LANGUAGE", "type": "CHOICE", "choice": {"id": "fr"}}]}],
            "shipTo": {"name": "Clotilde Tremblay", "regionId": "70144651", "address": [
                {"id": "LINE_1", "value": "25, rue de l’Exemple"}, {"id": "CITY", "value": "Montréal"},
                {"id": "PROVINCE", "value": value}, {"id": "POSTAL_CODE", "value": "H2X 1Y4"}]}}})
    };
    house.confirm("28675013", &body("QC")).await;
    for wrong in ["qc", "CT", "XX", "Québec"] {
        let (status, reply) = house.post("28675013", BOTH, &body(wrong)).await;
        assert!(status == 400 && reply["message"].as_str().unwrap().contains("PROVINCE"), "{wrong}: {reply}");
    }
}

// ------------------------------------------------------------------ faults

#[tokio::test]
async fn a_status_or_a_gateways_page_comes_instead_and_nothing_is_done() {
    let house = House::with(&["GET vendors@1=status:503", "vendors@2=html:504", "POST orders=status:500"]);
    let (status, reply) = house.ask("/vendors", "").await;
    assert_eq!((status, &reply["status"]), (503, &json!(503)));
    let (status, text) = house.call(Method::GET, "/vendors", "", None).await.unwrap();
    assert!(status == 504 && text.starts_with("<html>"), "{text}");
    assert_eq!(house.ask("/vendors", "").await.0, 200, "only the calls that were counted");
    assert_eq!(house.post(PETER_DEV, "", &suspension()).await.0, 500);
    assert!(house.sandbox.orders().is_empty());
    house.sandbox.clear_faults();
    assert_eq!(house.post(PETER_DEV, "", &suspension()).await.0, 200);
}

#[tokio::test]
async fn a_failure_afterwards_hides_an_order_that_was_placed() {
    let house = House::with(&["POST orders@1=html-after:504", "POST orders@2=status-after:500", "POST orders@3=empty"]);
    for expected in [504, 500, 200] {
        let (status, text) = house.call(Method::POST, "/orders", PETER_DEV, Some(&suspension())).await.unwrap();
        assert_eq!((status, text.is_empty()), (expected, expected == 200));
    }
    assert_eq!(house.sandbox.orders().len(), 3);
}

#[tokio::test]
async fn a_cut_reply_ends_in_the_middle() {
    let house = House::with(&["me=cut", "POST orders=cut"]);
    let url = format!("{}/me", house.sandbox.base_url());
    let mut call = house.client.get(url);
    for (name, value) in HEADERS {
        call = call.header(name, value);
    }
    let mut reply = call.send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert!(reply.chunk().await.unwrap().is_some_and(|half| half.starts_with(b"{")), "a half comes");
    assert!(reply.chunk().await.is_err(), "the rest does not");
    assert!(house.call(Method::POST, "/orders", PETER_DEV, Some(&suspension())).await.is_err());
    assert_eq!(house.sandbox.orders().len(), 1);
}

/// What a connection brings until it ends, sent without any client's help.
fn raw(house: &House, method: &str, path: &str, body: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(house.sandbox.addr()).unwrap();
    let mut call = format!("{method} /mobproc/v1{path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in HEADERS.into_iter().chain([("X-TNGO-CONTEXT-EMPLOYEEID", PETER_DEV)]) {
        call += &format!("{name}: {value}\r\n");
    }
    call += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(call.as_bytes()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    reply
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_cut_after_any_byte_of_its_body() {
    let house = House::new();
    let whole = house.call(Method::GET, "/me", PETER_DEV, None).await.unwrap().1;
    for bytes in [0, 1, 17, whole.len() - 1] {
        house.sandbox.clear_faults();
        house.sandbox.fault(format!("GET me=cut:{bytes}").parse().unwrap());
        let reply = String::from_utf8(raw(&house, "GET", "/me", "")).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", whole.len())), "{head}");
        assert_eq!(body, &whole[..bytes]);
    }
    house.sandbox.fault("POST orders=cut:5".parse().unwrap());
    let reply = raw(&house, "POST", "/orders", &suspension().to_string());
    assert!(reply.ends_with(b"\r\n\r\n{\"ord"), "{reply:?}");
    assert_eq!(house.sandbox.orders().len(), 1, "it was carried out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_is_cut_after_any_byte_of_its_head() {
    let house = House::new();
    house.get("/ping").await;
    for (placed, bytes) in [0, 1, 12, 40].into_iter().enumerate() {
        house.sandbox.clear_faults();
        house.sandbox.fault(format!("POST orders=cut-head:{bytes}").parse().unwrap());
        let reply = raw(&house, "POST", "/orders", &suspension().to_string());
        assert_eq!(reply.len(), bytes);
        assert!(reply.starts_with(&b"HTTP/1.1 200"[..bytes.min(12)]));
        assert_eq!(house.sandbox.orders().len(), placed + 1, "it was carried out");
    }
}

#[tokio::test]
async fn a_call_that_hangs_was_carried_out_or_not_and_is_never_answered() {
    let house = House::with(&["POST orders@1=hang-before", "POST orders@2=hang"]);
    house.get("/ping").await;
    for placed in [0, 1] {
        let body = suspension();
        let mut call = std::pin::pin!(house.call(Method::POST, "/orders", PETER_DEV, Some(&body)));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut call).await.is_err());
        while house.sandbox.orders().len() < placed {
            assert!(tokio::time::timeout(Duration::from_millis(5), &mut call).await.is_err());
        }
        assert_eq!(house.sandbox.orders().len(), placed);
    }
    assert!(house.sandbox.seen().iter().skip(1).all(|s| s.status == 0));
    house.get("/orders/8711660").await;
}

#[tokio::test]
async fn a_date_is_missing_garbled_or_off_and_else_right() {
    let house =
        House::with(&["ping@2=date:none", "ping@3=date:garbled", "ping@4=date:+7200", "ping@5=date:-315360000"]);
    let date = async || {
        let mut call = house.client.get(format!("{}/ping", house.sandbox.base_url()));
        for (name, value) in HEADERS {
            call = call.header(name, value);
        }
        let reply = call.send().await.unwrap();
        reply.headers().get("date").map(|d| d.to_str().unwrap().to_owned())
    };
    // How far the clock is off; the date was read before, so that it is not later than now.
    let off = |date: Option<String>| {
        let date = date.unwrap();
        assert!(date.ends_with(" GMT"), "{date}");
        jiff::Timestamp::now().as_second() - jiff::fmt::rfc2822::parse(&date).unwrap().timestamp().as_second()
    };
    assert!((0..5).contains(&off(date().await)));
    assert_eq!(date().await, None);
    let garbled = date().await.unwrap();
    assert!(jiff::fmt::rfc2822::parse(&garbled).is_err(), "{garbled}");
    assert!((-7200..-7195).contains(&off(date().await)));
    assert!((315_360_000..315_360_005).contains(&off(date().await)));
}

#[tokio::test]
async fn a_token_that_is_refused_in_the_middle_is_refused_in_the_error_form() {
    let house = House::with(&["GET employees@2=status:401"]);
    let page = "/employees?limit=10&offset=10";
    house.get(page).await;
    let (status, reply) = house.ask(page, "").await;
    assert_eq!((status, &reply["status"]), (401, &json!(401)));
    for member in ["errorCode", "id", "message"] {
        assert!(reply[member].is_string(), "{reply}");
    }
    house.get(page).await;
}

#[tokio::test]
async fn a_page_is_the_one_that_holds_the_offset_where_the_backend_reads_it_so() {
    let house = House::with(&["employees@2=premium", "orders=premium"]);
    let page = async |path: &str, name: &str| {
        let page = house.get(path).await[name].clone();
        let ids = page["items"].as_array().unwrap().iter().map(|e| e["_meta"]["href"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>(), page["_meta"]["offset"].clone())
    };
    let (from, _) = page("/employees?limit=10&offset=14", "employees").await;
    let (holding, offset) = page("/employees?limit=10&offset=14", "employees").await;
    assert_eq!((&holding[4..], offset), (&from[..6], json!(10)));
    let (all, _) = page("/orders?limit=50&offset=0", "orders").await;
    assert_eq!(page("/orders?limit=8&offset=15", "orders").await.0, all[8..16]);
}

/// The orders of two pages of ten, and the totals that they tell.
async fn two_pages(house: &House, ascending: bool) -> (Vec<Value>, [u64; 2]) {
    let (mut all, mut totals) = (Vec::new(), [0; 2]);
    for (total, offset) in totals.iter_mut().zip([0, 10]) {
        let query = format!("limit=10&offset={offset}&sortBy=UPDATED_DATE&sortAscending={ascending}");
        let page = house.get(&format!("/orders?{query}")).await["orders"].clone();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        *total = page["_meta"]["totalCount"].as_u64().unwrap();
    }
    (all, totals)
}

fn ids(orders: &[Value]) -> Vec<&str> {
    orders.iter().map(|o| o["orderId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_order_that_comes_while_pages_are_read_shows_another_one_twice() {
    let house = House::with(&["GET orders@2=shift:add"]);
    house.post(PETER_DEV, "", &suspension()).await;
    let (all, totals) = two_pages(&house, false).await;
    assert_eq!(totals, [41, 42]);
    assert_eq!(all[9], all[10], "the last of the first page comes again");
    let newest = house.get("/orders?limit=1&offset=0&sortBy=UPDATED_DATE&sortAscending=false").await;
    let added = &newest["orders"]["items"][0];
    assert_ne!(added["accountHolder"]["id"], PETER_DEV);
    assert_eq!(added["externalOrderNumber"], "ELSEWHERE-1");
    let id = added["orderId"].as_str().unwrap();
    let alone = house.get(&format!("/orders/{id}")).await;
    assert_eq!((&alone["order"]["orderId"], &alone["order"]["updated"]), (&added["orderId"], &added["updated"]));
    assert_eq!(house.sandbox.orders().len(), 1, "it was not placed here");
    house.post(PETER_DEV, "", &suspension()).await;
    assert_eq!(house.sandbox.orders()[1]["orderId"], "8711661");
}

#[tokio::test]
async fn an_order_that_goes_while_pages_are_read_lets_another_one_be_missed() {
    let house = House::with(&[]);
    let (before, _) = two_pages(&house, true).await;
    house.sandbox.fault("GET orders@2=shift:drop".parse().unwrap());
    let (all, totals) = two_pages(&house, true).await;
    assert_eq!(totals, [40, 39]);
    let (before, all) = (ids(&before), ids(&all));
    assert!(all[..10] == before[..10] && all[10..19] == before[11..]);
    assert!(!all.contains(&before[10]), "never seen");
    house.get(&format!("/orders/{}", before[0])).await;
}

#[tokio::test]
async fn an_order_that_changes_while_pages_are_read_lets_another_one_be_missed_in_silence() {
    let house = House::with(&[]);
    house.post(PETER_DEV, "", &suspension()).await;
    let (before, _) = two_pages(&house, true).await;
    house.sandbox.fault("GET orders@2=shift:touch".parse().unwrap());
    let (all, totals) = two_pages(&house, true).await;
    assert_eq!(totals, [41, 41], "nothing tells");
    let (before, all) = (ids(&before), ids(&all));
    assert!(all[..10] == before[..10] && all[10..19] == before[11..]);
    let last = house.get("/orders?limit=10&offset=40&sortBy=UPDATED_DATE").await["orders"]["items"].clone();
    assert_eq!(ids(last.as_array().unwrap()), [before[0]], "it went to the end");
    let alone = house.get(&format!("/orders/{}", before[0])).await;
    assert_eq!(alone["order"]["updated"], last[0]["updated"]);
}

#[tokio::test]
async fn an_order_can_be_listed_late_also_by_the_next_sandbox() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    let house = House::keeping(Some(&file), &["POST orders@1=late:1", "POST orders@2=late:3600"]);
    let since = Instant::now();
    for _ in 0..2 {
        assert_eq!(house.post(PETER_DEV, "", &suspension()).await.0, 200);
    }
    house.post(PETER_DEV, "", &suspension()).await;
    let listed = async |house: &House| {
        let all = house.all("/orders", "orders").await;
        all.iter().skip(40).map(|o| o["orderId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    if since.elapsed() < Duration::from_secs(1) {
        assert_eq!(listed(&house).await, ["8711662"]);
    }
    assert_eq!(house.sandbox.orders().len(), 3);
    drop(house);
    let next = House::keeping(Some(&file), &[]);
    while listed(&next).await != ["8711660", "8711662"] {}
    assert!(since.elapsed() >= Duration::from_millis(900));
    assert_eq!(next.get("/orders/8711661").await["order"]["orderId"], "8711661");
}

#[tokio::test]
async fn a_dropped_submission_was_ordered_and_one_dropped_before_was_not() {
    let house = House::with(&["POST orders@1=drop", "POST orders@2=drop-before"]);
    assert!(house.call(Method::POST, "/orders", PETER_DEV, Some(&suspension())).await.is_err());
    assert_eq!(house.sandbox.orders().len(), 1);
    assert!(house.call(Method::POST, "/orders", PETER_DEV, Some(&suspension())).await.is_err());
    assert_eq!(house.sandbox.orders().len(), 1);
    let statuses: Vec<u16> = house.sandbox.seen().iter().map(|s| s.status).collect();
    assert_eq!(statuses, [0, 0], "no second try was made by anybody");
}

#[tokio::test]
async fn a_late_or_stalled_reply_still_comes() {
    let house = House::with(&["me=latency:30", "vendors=stall:0"]);
    let start = Instant::now();
    house.get("/me").await;
    assert!(start.elapsed() >= Duration::from_millis(30));
    house.get("/vendors").await;
    house.sandbox.fault("ping=stall:60".parse().unwrap());
    let ping = house.call(Method::GET, "/ping", "", None);
    assert!(tokio::time::timeout(Duration::from_millis(50), ping).await.is_err());
}

#[tokio::test]
async fn a_refusal_names_the_property_or_nothing() {
    let house = House::with(&[
        "orders@1=refuse:CONTACT_NUMBER",
        "orders@2=refuse:CONTACT_NUMBER:Not a company number",
        "orders@3=refuse-plain:Budget exceeded",
    ]);
    let error = async || {
        let (status, reply) = house.post(PETER_DEV, "", &suspension()).await;
        assert_eq!((status, &reply["status"]), (200, &json!("ERROR")), "{reply}");
        reply["errors"][0].clone()
    };
    assert!(error().await["message"].as_str().unwrap().contains("CONTACT_NUMBER"));
    let own = error().await;
    assert_eq!(own["message"], "Not a company number");
    assert!(own["errorCode"].as_str().unwrap().contains("CONTACT_NUMBER"));
    assert_eq!(error().await["message"], "Budget exceeded");
    assert!(house.sandbox.orders().is_empty());
}

#[tokio::test]
async fn a_confirmation_can_differ_from_what_was_asked() {
    let house = House::with(&[
        "orders=change:CONTACT_NUMBER=2035550000",
        "orders=omit:ADDITIONAL_INSTRUCTIONS",
        "orders=holder:28671599",
        "orders=number:AZ-OTHER",
    ]);
    let shown = house.confirm(PETER_DEV, &suspension()).await;
    assert_eq!(field(&shown, "CONTACT_NUMBER")["text"], "2035550000");
    assert!(field(&shown, "ADDITIONAL_INSTRUCTIONS").is_null());
    assert_eq!(shown["accountHolder"]["department"]["name"], "Accounting");
    assert_eq!(shown["externalOrderNumber"], "AZ-OTHER");
    let (_, reply) = house.post(PETER_DEV, "", &suspension()).await;
    assert_eq!(field(&reply["order"], "CONTACT_NUMBER")["text"], "2035550000");
    assert_eq!(reply["order"]["accountHolder"]["id"], PETER_DEV);
}

#[tokio::test]
async fn a_server_that_knows_no_confirmation_orders_at_once() {
    let house = House::with(&["POST orders@1=ordered"]);
    let (_, reply) = house.post(PETER_DEV, BOTH, &suspension()).await;
    assert_eq!(reply["order"]["orderId"], "8711660");
    assert_eq!(house.sandbox.orders().len(), 1);
    house.confirm(PETER_DEV, &suspension()).await;
    assert_eq!(house.sandbox.orders().len(), 1);
}

// ------------------------------------------------------------------ kept orders

/// All that is told of an order.
async fn told(house: &House, id: &str) -> [Value; 4] {
    let includes = "includeShipToAddress=true&includeOrderProperties=true&includeOrderSegments=true\
        &includeApprovers=true&includeOrderShipments=true&includeOrderHistory=true";
    let all = house.all(&format!("/orders?{includes}"), "orders").await;
    [
        all.into_iter().find(|o| o["orderId"] == id).unwrap(),
        house.get(&format!("/orders/{id}")).await,
        house.get(&format!("/orders/{id}/history")).await,
        house.get(&format!("/orders/{id}/shipments")).await,
    ]
}

#[tokio::test]
async fn kept_orders_are_served_by_another_sandbox_at_once_and_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    let (one, other) = (House::keeping(Some(&file), &[]), House::keeping(Some(&file), &[]));
    assert_eq!(other.all("/orders", "orders").await.len(), 40);
    assert!(!file.exists(), "it is made when it is needed");
    let (_, placed) = one.post(PETER_ACC, "", &activation()).await;
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(other.get("/orders/8711660").await, placed);
    assert_eq!(other.all("/orders", "orders").await.len(), 41);
    let (_, second) = other.post(PETER_DEV, "", &suspension()).await;
    assert_eq!(second["order"]["orderId"], "8711661", "numbers go on");
    let before = [told(&one, "8711660").await, told(&other, "8711661").await];
    assert_eq!(one.sandbox.orders(), other.sandbox.orders());
    drop((one, other));
    let next = House::keeping(Some(&file), &[]);
    assert_eq!([told(&next, "8711660").await, told(&next, "8711661").await], before);
    assert_eq!(next.post(PETER_DEV, "", &suspension()).await.1["order"]["orderId"], "8711662");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sandboxes_that_share_a_file_give_every_order_a_number_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    let houses: Vec<House> = (0..4).map(|_| House::keeping(Some(&file), &[])).collect();
    let placing = houses.into_iter().map(|house| {
        tokio::spawn(async move {
            for _ in 0..25 {
                assert_eq!(house.post(PETER_DEV, "", &suspension()).await.0, 200);
            }
            house
        })
    });
    let placing: Vec<_> = placing.collect();
    let mut houses = Vec::new();
    for task in placing {
        houses.push(task.await.unwrap());
    }
    for house in houses {
        let orders = house.sandbox.orders();
        let expected: Vec<String> = (8_711_660..8_711_760).map(|id| id.to_string()).collect();
        assert_eq!(ids(&orders), expected);
    }
}

/// A process that ends when it is dropped.
struct Process(Child);

impl Process {
    /// As if by `kill -9`.
    fn end(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// `mobproc sandbox` in a process of its own, and its address.
fn process(arguments: &[&str]) -> (Process, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mobproc"))
        .arg("sandbox")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Process(child), line.trim().strip_prefix("listening on ").unwrap().to_owned())
}

#[tokio::test]
async fn an_order_is_in_the_file_before_its_answer_and_survives_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    let house = House::keeping(Some(&file), &[]);
    let (mut child, url) = process(&["--orders", file.to_str().unwrap(), "--fault", "POST orders=hang"]);
    let mut call = house.client.post(format!("{url}/orders")).header("X-TNGO-CONTEXT-EMPLOYEEID", PETER_DEV);
    for (name, value) in HEADERS {
        call = call.header(name, value);
    }
    let call = call.header("Content-Type", "application/json").body(suspension().to_string()).send();
    let call = tokio::spawn(call);
    while house.sandbox.orders().is_empty() {
        tokio::task::yield_now().await;
    }
    child.end();
    assert!(call.await.unwrap().is_err(), "it was never answered");
    let found = house.get("/orders?limit=50&offset=0&sortBy=UPDATED_DATE").await;
    assert_eq!(found["orders"]["items"][40]["orderId"], "8711660");
}

#[tokio::test]
async fn a_torn_or_foreign_line_of_the_file_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    House::keeping(Some(&file), &[]).post(PETER_DEV, "", &suspension()).await;
    let line = std::fs::read_to_string(&file).unwrap();
    let torn = line.replace("8711660", "8711669");
    let garbage = [&line, "no JSON\n", "{}\n", "\n", torn.trim_end()].concat();
    std::fs::write(&file, [garbage.as_bytes(), b"\xff"].concat()).unwrap();
    let house = House::keeping(Some(&file), &[]);
    assert_eq!(house.all("/orders", "orders").await.len(), 41);
    assert_eq!(house.post(PETER_DEV, "", &suspension()).await.1["order"]["orderId"], "8711661");
    let next = House::keeping(Some(&file), &[]);
    assert_eq!(ids(&next.sandbox.orders()), ["8711660", "8711661"]);
}

#[tokio::test]
async fn an_order_that_cannot_be_kept_is_not_placed_and_orders_that_cannot_be_read_are_not_denied() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = House::keeping(Some(&dir.path().join("no/such/directory/orders")), &[]);
    let (status, reply) = nowhere.post(PETER_DEV, "", &suspension()).await;
    assert_eq!((status, &reply["status"]), (500, &json!(500)), "{reply}");
    assert!(nowhere.sandbox.orders().is_empty());
    assert_eq!(nowhere.all("/orders", "orders").await.len(), 40);
    nowhere.confirm(PETER_DEV, &suspension()).await;
    let (target, link) = (dir.path().join("target"), dir.path().join("link"));
    std::fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let linked = House::keeping(Some(&link), &[]);
    assert_eq!(linked.post(PETER_DEV, "", &suspension()).await.0, 500);
    for path in ["/orders?limit=10&offset=0", "/orders/8711660"] {
        assert_eq!(linked.ask(path, "").await.0, 500, "{path}");
    }
    linked.get("/me").await;
    assert_eq!(std::fs::read(&target).unwrap(), b"");
}

#[tokio::test]
async fn forgotten_orders_are_gone_also_for_a_sandbox_that_runs() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    let house = House::keeping(Some(&file), &[]);
    house.post(PETER_DEV, "", &suspension()).await;
    let reset = || {
        let arguments = ["sandbox", "--orders", file.to_str().unwrap(), "--reset"];
        let done = Command::new(env!("CARGO_BIN_EXE_mobproc")).args(arguments).output().unwrap();
        assert!(done.status.success());
        String::from_utf8(done.stdout).unwrap()
    };
    assert_eq!(reset(), format!("The orders kept in {} are forgotten.\n", file.display()));
    assert!(!file.exists());
    assert_eq!(house.ask("/orders/8711660", "").await.0, 404);
    assert_eq!(house.all("/orders", "orders").await.len(), 40);
    assert_eq!(reset(), format!("No orders are kept in {}.\n", file.display()));
    house.post(PETER_DEV, "", &suspension()).await;
    assert_eq!(ids(&house.sandbox.orders()), ["8711660"]);
}

/// A file with an order for each of the times.
async fn filled(file: &Path, times: impl Iterator<Item = String>) {
    House::keeping(Some(file), &[]).post(PETER_DEV, "", &suspension()).await;
    let line = std::fs::read_to_string(file).unwrap();
    let order: Value = serde_json::from_str(&line).unwrap();
    let updated = format!("\"updated\":{}", order["order"]["updated"]);
    let lines = (8_711_660..).zip(times).map(|(id, time)| {
        line.replace("8711660", &format!("{id}")).replace(&updated, &format!("\"updated\":\"{time}\""))
    });
    std::fs::write(file, lines.collect::<String>()).unwrap();
}

#[tokio::test]
async fn placed_orders_are_sorted_by_their_update_among_the_earlier_ones() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    let times = ["2026-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2030-01-01T00:00:00Z"];
    filled(&file, times.into_iter().map(str::to_owned)).await;
    let house = House::keeping(Some(&file), &[]);
    let sorted = house.all("/orders?sortBy=UPDATED_DATE", "orders").await;
    let time = |o: &Value| o["updated"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(sorted.is_sorted_by_key(time) && sorted.len() == 44);
    let sorted = ids(&sorted);
    assert_eq!((sorted[0], sorted[43]), ("8711661", "8711663"));
    let first = sorted.iter().position(|id| *id == "8711660").unwrap();
    assert!((2..42).contains(&first) && sorted[first + 1] == "8711662", "at the same time: by number");
    let turned = house.all("/orders?sortBy=UPDATED_DATE&sortAscending=false", "orders").await;
    assert!(ids(&turned).into_iter().rev().eq(sorted.iter().copied()));
    let plain = house.all("/orders", "orders").await;
    assert_eq!(ids(&plain)[40..], ["8711660", "8711661", "8711662", "8711663"], "else by number");
    let since = house.all("/orders?sortBy=UPDATED_DATE&dateTimeUpdated=2026-01-01T00:00:00Z", "orders").await;
    assert_eq!(ids(&since), sorted[first..], "on that time or after it");
    let after = house.all("/orders?sortBy=UPDATED_DATE&dateTimeUpdated=2026-01-01T00:00:01Z", "orders").await;
    assert_eq!(ids(&after), sorted[first + 2..]);
}

#[tokio::test]
async fn a_page_of_ten_thousand_orders_is_quick() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orders");
    let start: jiff::Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let at = |n: i64| (start + jiff::SignedDuration::from_secs(n)).to_string();
    filled(&file, (0..10_000).map(at)).await;
    let house = House::keeping(Some(&file), &[]);
    let query = "limit=50&sortBy=UPDATED_DATE&dateTimeUpdated=2026-10-31T00:00:00Z";
    let mut found = std::collections::BTreeSet::new();
    let mut times = Vec::new();
    for offset in (0..10_050).step_by(50) {
        let since = Instant::now();
        let page = house.get(&format!("/orders?{query}&offset={offset}")).await;
        times.push(since.elapsed());
        let items = page["orders"]["items"].as_array().unwrap();
        found.extend(items.iter().map(|o| o["orderId"].as_str().unwrap().to_owned()));
    }
    assert!((8_711_660..8_721_660).all(|id| found.contains(&id.to_string())));
    times.sort();
    // The quickest, because others may be busy on the machine; the bound is far above what it takes.
    assert!(times[0] < Duration::from_millis(100), "{times:?}");
}

// ------------------------------------------------------------------ the server and its world

#[tokio::test]
async fn every_request_is_remembered_as_it_came() {
    let house = House::new();
    house.get("/ping?echoText=a%20b").await;
    house.confirm(PETER_DEV, &suspension()).await;
    house.ask("/nowhere", "").await;
    let seen = house.sandbox.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str(), seen[0].status), ("GET", "/ping", 200));
    assert_eq!(seen[0].query, [("echoText".to_owned(), "a b".to_owned())]);
    assert!(seen[0].body.is_none());
    assert_eq!(seen[1].body, Some(suspension()));
    assert!(seen[1].headers.contains(&("x-tngo-context-employeeid".into(), PETER_DEV.into())));
    assert_eq!(seen[2].status, 404);
}

#[tokio::test]
async fn a_reply_is_remembered_as_it_was_sent_where_it_was_whole_json() {
    let house = House::with(&[
        "vendors@1=html:504",
        "vendors@2=cut",
        "vendors@3=empty",
        "vendors@4=drop",
        "vendors@5=status:503",
    ]);
    let people = house.get("/employees?limit=500&offset=0").await;
    for _ in 0..5 {
        house.call(Method::GET, "/vendors", "", None).await.ok();
    }
    let (_, refused) = house.ask("/nowhere", "").await;
    let seen = house.sandbox.seen();
    assert_eq!(seen[0].reply, Some(people), "long ones too");
    assert!(seen[1..5].iter().all(|s| s.reply.is_none()), "{:?}", &seen[1..5]);
    assert_eq!(seen[5].reply.as_ref().unwrap()["status"], 503);
    assert_eq!(seen[6].reply, Some(refused));
}

#[tokio::test]
async fn it_starts_at_once_and_stops_when_dropped() {
    let house = House::new();
    let url = house.sandbox.base_url();
    assert_eq!(url, format!("http://127.0.0.1:{}/mobproc/v1", house.sandbox.addr().port()));
    house.get("/ping").await;
    let still = tokio::time::timeout(Duration::from_millis(20), house.sandbox.finished()).await;
    assert!(still.is_err(), "it runs");
    let client = house.client.clone();
    drop(house);
    tokio::task::yield_now().await;
    let call = async || client.get(format!("{url}/ping")).send().await;
    while call().await.is_ok() {}
}

#[tokio::test]
async fn the_world_is_rich_in_people() {
    let house = House::new();
    let people = house.all("/employees", "employees").await;
    assert!(people.len() >= 220);
    let count = |kept: &dyn Fn(&Value) -> bool| people.iter().filter(|e| kept(e)).count();
    assert!(count(&|e| e["status"] == "INACTIVE") >= 8);
    assert!(count(&|e| e["email"].is_null()) >= 3);
    assert!(count(&|e| e["officePhone"].is_null()) >= 3);
    assert!(count(&|e| e["department"].is_null()) >= 3);
    assert_eq!(count(&|e| e["companyEmployeeId"] == "peter.edwards.acme"), 2);
    let name = |e: &Value| format!("{} {}", e["firstName"].as_str().unwrap(), e["lastName"].as_str().unwrap());
    assert!(count(&|e| name(e).chars().count() >= 60) >= 2);
    for script in ['é', 'ü', 'ł', 'ø', 'ş', '田', 'Н', 'ل'] {
        assert!(count(&|e| name(e).contains(script)) >= 1, "{script}");
    }
    let lines = house.all("/assets/services", "services").await;
    for status in ["ACTIVE", "SUSPENDED", "DEACTIVATED", "PENDING"] {
        assert!(lines.iter().filter(|s| s["status"] == status).count() >= 5, "{status}");
    }
    assert!(lines.iter().any(|s| s["device"].is_null()) && lines.iter().any(|s| s["orderActions"].is_null()));
    assert!(
        lines.iter().any(|s| s["device"]["model"].is_object())
            && lines.iter().any(|s| s["device"]["model"].is_string())
    );
    let of = |id: &str| lines.iter().filter(|s| s["employee"]["id"] == id).count();
    assert_eq!((of("28675001"), of("28675003"), of(PETER_DEV)), (12, 0, 1));
    let closed: Vec<&Value> =
        lines.iter().filter(|s| s["employee"]["id"] == "28675002").map(|s| &s["status"]).collect();
    assert_eq!(closed, ["SUSPENDED"]);
}

#[tokio::test]
async fn the_world_is_rich_in_goods() {
    let house = House::new();
    let everywhere = ["70144640", "70144651", "70144703", "70144718"];
    for (name, least) in [("devices", 60), ("plans", 40), ("accessories", 80)] {
        let mut ids = Vec::new();
        let mut verizon = 0;
        for region in everywhere {
            for item in house.all(&format!("/catalog/{name}?region={region}"), name).await {
                verizon += usize::from(item["vendor"]["id"] == "98");
                ids.push(item["id"].as_str().unwrap().to_owned());
            }
        }
        ids.sort();
        ids.dedup();
        assert!(ids.len() >= least, "{name}: {}", ids.len());
        assert!(verizon * 2 > ids.len(), "{name}: {verizon} of {}", ids.len());
    }
    let vendors = house.get("/vendors?type=CARRIER").await;
    let shown = vendors["vendors"]["items"].as_array().unwrap();
    assert_eq!(shown.iter().find(|v| v["id"] == "98").unwrap()["accessMethod"], "CDMA");
    assert!(shown.iter().all(|v| v["id"] != "900"), "no carrier");
}

#[tokio::test]
async fn what_is_no_text_or_no_plain_number_is_refused_in_the_error_form() {
    let house = House::new();
    for (path, status) in [
        ("/employees/%FF", 404),
        ("/employees?limit=%2B5&offset=0", 400),
        ("/catalog/devices/9194791812?vendor=nobody", 400),
        ("/catalog/plans/6568886494?transactionType=FOO", 400),
    ] {
        let (told, body) = house.ask(path, "").await;
        assert_eq!((told, body["status"].as_u64()), (status, Some(u64::from(status))), "{path}: {body}");
    }
}

// ------------------------------------------------------------------ a world of any size

const OWN: usize = 241;

impl House {
    fn of(employees: u32, seed: u64, faults: &[&str]) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let faults = faults.iter().map(|f| f.parse().unwrap()).collect();
        let options = Options { faults, employees, seed, longest_page: Some(50_000), ..Options::default() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { sandbox, client }
    }
    /// The items of a page, and how many there are in all.
    async fn page(&self, path: &str) -> (Vec<Value>, usize) {
        let page = self.get(path).await;
        let (_, page) = page.as_object().unwrap().iter().next().unwrap();
        let total = page["_meta"]["totalCount"].as_u64().unwrap();
        (page["items"].as_array().unwrap().clone(), usize::try_from(total).unwrap())
    }
}

fn distinct<'v>(of: impl IntoIterator<Item = &'v Value>) -> usize {
    of.into_iter().map(Value::to_string).collect::<std::collections::HashSet<_>>().len()
}

#[tokio::test]
async fn a_million_people_begin_with_the_worlds_own_and_are_the_same_whenever_they_are_asked_for() {
    const MILLION: u32 = 1_000_000;
    let (house, small) = (House::of(MILLION, 7, &[]), House::new());
    let (again, other) = (House::of(MILLION, 7, &[]), House::of(MILLION, 8, &[]));
    let (own, total) = house.page(&format!("/employees?limit={OWN}&offset=0")).await;
    assert_eq!((own, total), (small.all("/employees", "employees").await, MILLION as usize));
    for offset in [200, 500_000, 999_900] {
        let path = format!("/employees?limit=100&offset={offset}");
        let (people, _) = house.page(&path).await;
        assert_eq!(people.len(), 100);
        assert_eq!(people, again.page(&path).await.0);
        assert_ne!(people, other.page(&path).await.0);
        for e in people.iter().step_by(9) {
            let id = e["id"].as_str().unwrap();
            let mut alone = house.get(&format!("/employees/{id}")).await;
            alone.as_object_mut().unwrap().remove("customAttributes");
            assert_eq!(&alone, e);
            let login = e["companyEmployeeId"].as_str().unwrap().replace('@', "%40");
            for narrowed in [format!("employee={id}"), format!("companyEmployeeId={login}")] {
                let (found, total) = house.page(&format!("/employees?limit=100&offset=0&{narrowed}")).await;
                assert!(found.contains(e) && found.len() == total && total < 5, "{narrowed}");
            }
            assert_eq!(house.ask("/me", id).await.1["actor"]["id"], e["id"]);
        }
    }
    for nobody in ["600999760", "0600000000", "599999999", "1600000000"] {
        assert_eq!(house.ask(&format!("/employees/{nobody}"), "").await.0, 404, "{nobody}");
    }
}

#[tokio::test]
async fn people_who_are_made_have_names_of_many_scripts_and_what_is_missing_of_some() {
    let house = House::of(12_000, 1, &[]);
    let (people, _) = house.page("/employees?limit=12000&offset=0").await;
    let made = &people[OWN..];
    assert_eq!(distinct(people.iter().map(|e| &e["id"])), people.len());
    let logins = distinct(made.iter().map(|e| &e["companyEmployeeId"]));
    assert_eq!(made.len() - logins, made.len() / 5000, "a few share a login");
    let count = |kept: &dyn Fn(&Value) -> bool| made.iter().filter(|e| kept(e)).count();
    let inactive = count(&|e| e["status"] == "INACTIVE");
    assert!((made.len() / 25..made.len() / 15).contains(&inactive), "{inactive}");
    for member in ["email", "officePhone", "department"] {
        let missing = count(&|e| e[member].is_null());
        assert!((made.len() / 100..made.len() / 10).contains(&missing), "{member}: {missing}");
    }
    let name = |e: &Value| format!("{} {}", e["firstName"].as_str().unwrap(), e["lastName"].as_str().unwrap());
    for part in ["é", "ü", "ł", "ø", "ş", "田", "王", "김", "Н", "ης", "O'", "Anne-Marie ", "van der ", "-"]
    {
        assert!(count(&|e| name(e).contains(part)) >= 1, "{part}");
    }
    assert!(distinct(made.iter().map(|e| &e["firstName"])) > 500);
    assert!(distinct(made.iter().map(|e| &e["lastName"])) > 500);
    assert!(distinct(made.iter().map(|e| &e["department"]["name"])) >= 24);
    let phone = |e: &Value| e["officePhone"].as_str().is_none_or(|p| p.contains("555"));
    let mail = |e: &Value| e["email"].as_str().is_none_or(|m| m.is_ascii() && m.contains("example."));
    assert!(made.iter().all(|e| phone(e) && mail(e) && name(e).len() > 2));
    let years: std::collections::HashSet<&str> = made.iter().map(|e| &e["updated"].as_str().unwrap()[..4]).collect();
    assert_eq!(years.len(), 10);
}

#[tokio::test]
async fn people_are_sorted_and_narrowed_by_their_update_however_many_there_are() {
    let house = House::of(200_000, 2, &[]);
    let sorted = "/employees?sortBy=UPDATED_DATE&limit=1000";
    let updated = |e: &Value| e["updated"].as_str().unwrap().to_owned();
    let mut last = String::new();
    for offset in [0, 1000, 150_000, 199_000] {
        let (people, _) = house.page(&format!("{sorted}&offset={offset}")).await;
        assert!(people.iter().map(updated).is_sorted() && updated(&people[0]) > last, "{offset}");
        last = updated(&people[999]);
        let (back, _) = house.page(&format!("{sorted}&sortAscending=false&offset={}", 199_000 - offset)).await;
        assert!(back.iter().rev().eq(&people), "{offset}");
    }
    let (before, _) = house.page(&format!("{sorted}&offset=197000")).await;
    let since = updated(&before[500]);
    let (late, total) = house.page(&format!("{sorted}&offset=0&dateTimeUpdatedOnOrAfter={since}")).await;
    assert_eq!((total, &late[..500]), (2500, &before[500..]));
    let (by_place, total) =
        house.page(&format!("/employees?limit=2500&offset=0&dateTimeUpdatedOnOrAfter={since}")).await;
    assert_eq!(total, 2500);
    assert!(by_place.iter().all(|e| updated(e) >= since) && by_place.iter().map(|e| e["id"].as_str()).is_sorted());
    let (all, _) = house.page("/employees?sortBy=UPDATED_DATE&limit=9000&offset=0").await;
    assert_eq!(distinct(all.iter().map(|e| &e["id"])), 9000);
}

#[tokio::test]
async fn people_who_are_made_have_about_a_line_each_that_is_found_from_either_end() {
    let house = House::of(5000, 3, &[]);
    let (lines, total) = house.page("/assets/services?limit=50000&offset=0").await;
    let own = small_lines().await;
    assert_eq!((lines.len(), &lines[..own.len()]), (total, &own[..]));
    let made = &lines[own.len()..];
    assert!(made.len().abs_diff(5000 - OWN) < 16, "{}", made.len());
    assert_eq!(distinct(lines.iter().map(|s| &s["id"])), lines.len());
    assert_eq!(distinct(made.iter().map(|s| &s["serviceNumber"])), made.len());
    let mut of = std::collections::HashMap::<&str, Vec<&Value>>::new();
    for s in made {
        assert!(s["device"].is_object() && s["vendor"]["current"]["name"].is_string(), "{s}");
        of.entry(s["employee"]["id"].as_str().unwrap()).or_default().push(s);
    }
    let most = of.values().map(Vec::len).max();
    assert_eq!(most, Some(3));
    for (owner, lines) in of.iter().take(12) {
        let (found, _) = house.page(&format!("/assets/services?limit=10&offset=0&employee={owner}")).await;
        assert!(found.iter().eq(lines.iter().copied()), "{owner}");
        let (devices, _) = house.page(&format!("/assets/devices?limit=10&offset=0&employee={owner}")).await;
        assert!(devices.iter().map(|d| &d["id"]).eq(lines.iter().map(|s| &s["device"]["id"])), "{owner}");
        for s in lines {
            assert_eq!(&&house.get(&format!("/assets/services/{}", s["id"].as_str().unwrap())).await, s);
            let device = house.get(&format!("/assets/devices/{}", s["device"]["id"].as_str().unwrap())).await;
            assert_eq!(device["serialNumber"], s["device"]["serialNumber"]);
        }
    }
    let (late, total) = house
        .page("/assets/services?limit=500&offset=0&sortBy=UPDATED_DATE&dateTimeUpdated=2025-06-01T00:00:00Z")
        .await;
    assert!(late.len() == total.min(500) && total > 100);
    assert!(late.iter().map(|s| s["updated"].as_str().unwrap()).is_sorted());
    for status in ["ACTIVE", "SUSPENDED", "DEACTIVATED", "PENDING"] {
        assert!(made.iter().filter(|s| s["status"] == status).count() > 20, "{status}");
    }
}

async fn small_lines() -> Vec<Value> {
    House::new().all("/assets/services", "services").await
}

#[tokio::test]
async fn every_type_is_ordered_for_people_who_are_made_as_for_the_others() {
    let house = House::of(6000, 4, &[]);
    let (lines, _) = house.page("/assets/services?limit=50000&offset=0").await;
    let (people, _) = house.page("/employees?limit=500&offset=300").await;
    let american = people.iter().find(|e| e["status"] == "ACTIVE").unwrap()["id"].as_str().unwrap();
    let table: [Body; 12] = [
        activation,
        suspension,
        upgrade,
        porting,
        accessories,
        awakening,
        ending,
        features,
        swap,
        leaving,
        joining,
        joining_and_porting,
    ];
    for body in table {
        let mut body = body();
        let mut actor = american;
        if let Some(id) = body["orderRequest"]["serviceId"].as_str() {
            let own = lines.iter().find(|s| s["id"] == id).unwrap();
            let alike = |s: &Value| {
                let same = |at: &str| s.pointer(at) == own.pointer(at);
                let members =
                    ["/vendor/current/id", "/status", "/orderActions", "/device/model", "/device/orderActions"];
                members.into_iter().all(same) && s["employee"]["status"] == "ACTIVE"
            };
            let made = lines.iter().find(|s| s["id"].as_str().unwrap().starts_with('7') && alike(s)).unwrap();
            let text = body.to_string().replace(id, made["id"].as_str().unwrap());
            let login = made["employee"]["companyEmployeeId"].as_str().unwrap();
            body = serde_json::from_str(&text.replace("peter.edwards.acme", login)).unwrap();
            actor = made["employee"]["id"].as_str().unwrap();
        }
        let shown = house.confirm(actor, &body).await;
        assert_eq!(shown["accountHolder"]["id"], actor, "{shown}");
        let (status, reply) = house.post(actor, "", &body).await;
        assert_eq!((status, &reply["status"]), (200, &json!("SUCCESS")), "{reply}");
    }
    assert_eq!(house.sandbox.orders().len(), 12);
}

#[tokio::test]
async fn people_come_change_and_go_while_it_runs() {
    let house = House::of(1000, 5, &[]);
    let newest = "/employees?limit=1&offset=0&sortBy=UPDATED_DATE&sortAscending=false";
    let like =
        Change { last_name: Some("Newcomer".into()), company_employee_id: Some("newco".into()), ..Change::default() };
    let id = house.sandbox.add_employee(&like).await.unwrap();
    let (first, total) = house.page("/employees?limit=1&offset=0").await;
    assert_eq!((&first[0]["id"], &first[0]["lastName"], total), (&json!(id), &json!("Newcomer"), 1001));
    assert!(first[0]["firstName"].as_str().is_some_and(|n| !n.is_empty()), "what is not said is made");
    assert_eq!(house.page(newest).await.0, first);
    assert_eq!(house.page("/employees?limit=9&offset=0&companyEmployeeId=newco").await.0, first);
    for other in ["600000100", PETER_DEV] {
        let path = format!("/employees/{other}");
        let before = house.get(&path).await;
        let change =
            Change { status: Some("INACTIVE".into()), email: Some("gone@example.com".into()), ..Change::default() };
        assert!(house.sandbox.change_employee(other, &change).await);
        let after = house.get(&path).await;
        assert_eq!((&after["status"], &after["email"]), (&json!("INACTIVE"), &json!("gone@example.com")));
        assert_eq!(after["firstName"], before["firstName"]);
        assert!(after["updated"].as_str() > before["updated"].as_str());
        let since = after["updated"].as_str().unwrap();
        let (late, _) = house.page(&format!("/employees?limit=9&offset=0&dateTimeUpdatedOnOrAfter={since}")).await;
        assert!(late.iter().any(|e| e["id"] == other));
        let lines = house.page(&format!("/assets/services?limit=9&offset=0&employee={other}")).await.0;
        assert!(house.sandbox.remove_employee(other).await);
        assert_eq!(house.ask(&path, "").await.0, 404);
        for line in lines {
            assert_eq!(house.ask(&format!("/assets/services/{}", line["id"].as_str().unwrap()), "").await.0, 404);
        }
        assert!(!house.sandbox.remove_employee(other).await && !house.sandbox.change_employee(other, &change).await);
    }
    assert!(house.sandbox.remove_employee(&id).await);
    assert!(!house.sandbox.remove_employee("28670001").await, "the signed-in user stays");
    let (left, total) = house.page("/employees?limit=1000&offset=0").await;
    assert_eq!((left.len(), total, distinct(left.iter().map(|e| &e["id"]))), (998, 998, 998));
}

#[tokio::test]
async fn connections_are_counted_and_the_most_at_once_is_remembered() {
    let house = House::new();
    house.get("/ping").await;
    let open: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(house.sandbox.addr()).unwrap()).collect();
    while house.sandbox.connections() < 6 {
        tokio::task::yield_now().await;
    }
    drop(open);
    while house.sandbox.connections() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.sandbox.peak_connections(), 6);
}

#[tokio::test]
async fn a_page_of_sixteen_mebibytes_is_made_where_it_is_allowed() {
    let house = House::of(100_000, 6, &[]);
    let (status, text) = house.call(Method::GET, "/employees?limit=50000&offset=0", "", None).await.unwrap();
    assert!(status == 200 && text.len() >= 16 << 20, "{status} {}", text.len());
    let (status, text) = house.call(Method::GET, "/employees?limit=50001&offset=0", "", None).await.unwrap();
    assert!(status == 400 && text.contains("limit"), "{text}");
}

/// The ids of the employees of three pages of ten, and the total that the last one tells.
async fn three_pages(house: &House, query: &str) -> (Vec<String>, usize) {
    let (mut all, mut last) = (Vec::new(), 0);
    for offset in [0, 10, 20] {
        let (people, total) = house.page(&format!("/employees?limit=10&offset={offset}{query}")).await;
        all.extend(people.iter().map(|e| e["id"].as_str().unwrap().to_owned()));
        last = total;
    }
    (all, last)
}

#[tokio::test]
async fn people_who_come_while_pages_are_read_show_others_twice() {
    let house = House::of(300, 1, &[]);
    let (before, _) = three_pages(&house, "").await;
    house.sandbox.fault("employees@2..=shift:add".parse().unwrap());
    let (all, total) = three_pages(&house, "").await;
    assert_eq!((&all[..10], &all[10..20], &all[20..], total), (&before[..10], &before[9..19], &before[18..28], 302));
}

#[tokio::test]
async fn people_who_go_or_change_while_pages_are_read_let_others_be_missed() {
    for (kind, query, left) in
        [("drop", "", 298), ("drop", "&sortBy=UPDATED_DATE", 298), ("touch", "&sortBy=UPDATED_DATE", 300)]
    {
        let house = House::of(300, 1, &[]);
        let (before, _) = three_pages(&house, query).await;
        house.sandbox.fault(format!("GET employees@2..=shift:{kind}").parse().unwrap());
        let (all, total) = three_pages(&house, query).await;
        assert_eq!((&all[..10], &all[10..19], total), (&before[..10], &before[11..20], left), "{kind}{query}");
        assert!(!all.contains(&before[10]), "never seen");
        let (first, _) = house.ask(&format!("/employees/{}", before[1]), "").await;
        assert_eq!(first, if kind == "drop" { 404 } else { 200 });
        assert_eq!(house.ask("/me", "").await.0, 200, "the signed-in user stays");
    }
}

#[tokio::test]
async fn a_page_is_shorter_than_asked_for_where_the_backend_wants_it_so() {
    let house = House::with(&["employees=short:4", "GET orders@1=short:600"]);
    let (people, total) = house.page("/employees?limit=100&offset=4").await;
    let meta = house.get("/employees?limit=100&offset=4").await["employees"]["_meta"].clone();
    assert_eq!((people.len(), total, &meta["limit"], &meta["offset"]), (4, OWN, &json!(4), &json!(4)));
    assert!(meta["hrefNext"].as_str().unwrap().contains("limit=4&offset=8"));
    assert_eq!(house.page("/orders?limit=5&offset=0").await.0.len(), 5);
    assert_eq!(house.page("/employees?limit=3&offset=0").await.0.len(), 3);
}

#[tokio::test]
async fn one_page_fails_once_or_always_and_the_others_are_answered() {
    let house = House::with(&["employees#3=status:503", "GET employees#5@1=html:502"]);
    for (offset, statuses) in [(0, [200, 200]), (20, [503, 503]), (30, [200, 200]), (40, [502, 200])] {
        for status in statuses {
            assert_eq!(house.ask(&format!("/employees?limit=10&offset={offset}"), "").await.0, status, "{offset}");
        }
    }
}

#[test]
fn the_world_is_as_large_as_the_command_line_says_or_is_refused_with_a_sentence() {
    let run =
        |n: &str| Command::new(env!("CARGO_BIN_EXE_mobproc")).args(["sandbox", "--employees", n]).output().unwrap();
    for n in ["240", "10000001", "-1", "many"] {
        let told = run(n);
        let text = String::from_utf8(told.stderr).unwrap();
        assert!(!told.status.success() && told.stdout.is_empty());
        assert!(n == "-1" || text.contains("ask for 241 to 10000000"), "{text}");
    }
}

#[tokio::test]
async fn the_command_line_makes_the_same_people_as_the_same_options() {
    let (_process, url) = process(&["--employees", "100000", "--seed", "9", "--longest-page", "1000"]);
    let house = House::of(100_000, 9, &[]);
    let ask = async |query: &str| {
        let mut call = house.client.get(format!("{url}/employees?{query}"));
        for (name, value) in HEADERS {
            call = call.header(name, value);
        }
        call.send().await.unwrap().text().await.unwrap()
    };
    let here: Value = serde_json::from_str(&ask("limit=1000&offset=50000").await).unwrap();
    assert_eq!(here, house.get("/employees?limit=1000&offset=50000").await);
    assert!(ask("limit=1001&offset=0").await.contains("1 to 1000"));
}
