//! The description of the API (`assets/openapi.yaml`): that it is whole, that the sandbox is as it says, and that it
//! refuses what is not so.

#![expect(clippy::unwrap_used, reason = "a test's helper that fails fails the test")]

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;

use mobproc::sandbox::{Options, Sandbox, Seen};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method};
use serde_json::{Value, json};

mod schema;

const HEADERS: [(&str, &str); 3] =
    [("authorization", "Bearer some-token"), ("x-tngo-tenant", "ACME"), ("client_id", "mobproc")];

/// A sandbox and its client.
struct House {
    sandbox: Sandbox,
    client: Client,
    actor: Option<&'static str>,
}

impl House {
    fn new() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sandbox = Sandbox::start(listener, Options { replies: 32 << 20, ..Options::default() }).unwrap();
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { sandbox, client, actor: None }
    }
    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut call = self.client.request(method, format!("{}{path}", self.sandbox.base_url()));
        for (name, value) in HEADERS {
            call = call.header(name, value);
        }
        if let Some(actor) = self.actor {
            call = call.header("x-tngo-context-employeeid", actor);
        }
        if let Some(body) = body {
            call = call.header("content-type", "application/json").body(body.to_string());
        }
        let reply = call.send().await.unwrap();
        let status = reply.status().as_u16();
        (status, serde_json::from_str(&reply.text().await.unwrap()).unwrap())
    }
    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
    /// A collection to its end.
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
    /// Everything that is not as described.
    fn violations(&self) -> Vec<String> {
        let seen = self.sandbox.seen();
        assert!(seen.iter().all(|s| s.reply.is_some()), "every reply is still there");
        schema::violations(&seen)
    }
}

/// A call as the sandbox would remember it, without a reply.
fn seen(method: &str, path: &str, query: &[(&str, &str)], body: Option<Value>) -> Seen {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut headers: Vec<_> = HEADERS.iter().map(pair).collect();
    if body.is_some() {
        headers.push(("content-type".into(), "application/json".into()));
    }
    let query = query.iter().map(pair).collect();
    Seen { method: method.into(), path: path.into(), query, headers, body, status: 0, reply: None }
}

fn order(body: Value) -> Vec<String> {
    schema::violations(&[seen("POST", "/orders", &[], Some(body))])
}

fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn operations() -> Vec<(String, String, &'static Value)> {
    let mut all = Vec::new();
    for (path, item) in schema::description()["paths"].as_object().unwrap() {
        for (method, node) in item.as_object().unwrap().iter().filter(|(name, _)| schema::is_method(name)) {
            all.push((path.clone(), method.clone(), node));
        }
    }
    all
}

/// Every node of the description, depth first.
fn walk(node: &'static Value, visit: &mut impl FnMut(&'static Value)) {
    visit(node);
    let inner: Vec<&Value> = match node {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    };
    inner.into_iter().for_each(|n| walk(n, visit));
}

// ------------------------------------------------------------------ the description itself

#[test]
fn every_reference_leads_somewhere_and_everything_is_used() {
    let mut used = BTreeSet::new();
    walk(schema::description(), &mut |node| {
        if let Some(to) = node["$ref"].as_str() {
            schema::resolved(node);
            used.insert(to.to_owned());
        }
    });
    for kind in ["parameters", "responses", "schemas", "examples"] {
        for name in schema::description()["components"][kind].as_object().unwrap().keys() {
            assert!(used.contains(&format!("#/components/{kind}/{name}")), "{name} is used nowhere");
        }
    }
}

#[test]
fn every_schema_is_one() {
    for (name, node) in schema::description()["components"]["schemas"].as_object().unwrap() {
        if let Err(e) = jsonschema::draft202012::meta::validate(node) {
            panic!("{name}: {e}");
        }
        schema::compiled(node);
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_answers() {
    assert_eq!(schema::description()["openapi"], "3.1.0");
    let tags: Vec<&Value> = schema::description()["tags"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    let mut names = BTreeSet::new();
    for (path, method, node) in operations() {
        let at = format!("{method} {path}");
        assert!(names.insert(node["operationId"].as_str().expect(&at)), "{at}");
        assert!(node["summary"].as_str().is_some_and(|s| !s.is_empty()), "{at}");
        assert!(node["tags"].as_array().unwrap().iter().all(|t| tags.contains(&t)), "{at}");
        for status in ["200", "400", "401", "5XX"] {
            assert!(schema::resolved(&node["responses"][status])["description"].is_string(), "{at}: {status}");
        }
        let of_path = |p: &&&Value| p["in"] == "path";
        let named = node["parameters"].as_array().into_iter().flatten().map(schema::resolved);
        let named: Vec<&Value> = named.collect();
        let named: Vec<String> =
            named.iter().filter(of_path).map(|p| format!("{{{}}}", p["name"].as_str().unwrap())).collect();
        let wanted: Vec<&str> = path.split('/').filter(|s| s.starts_with('{')).collect();
        assert_eq!(named, wanted, "{at}");
    }
}

#[test]
fn what_nobody_documents_is_marked_with_the_reading() {
    let mut readings = 0;
    walk(schema::description(), &mut |node| {
        if let Some(reading) = node.get("x-assumed") {
            assert!(reading.as_str().is_some_and(|r| r.len() > 3), "{node}");
            readings += 1;
        }
    });
    assert!(readings > 15, "{readings}");
    for name in ["SortBy", "Region", "PostalCode", "CompatibleWithDevice"] {
        assert!(schema::description()["components"]["parameters"][name]["x-assumed"].is_string(), "{name}");
    }
}

/// The routes of the sandbox, as its source declares them: `get /employees/{id}`.
fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sandbox")).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for route in source.split(".route(\"").skip(1) {
            let (path, handlers) = route.split_once('"').unwrap();
            let handlers = handlers.split(".route(").next().unwrap().lines().next().unwrap();
            let methods = ["get", "post", "put", "patch", "delete"].into_iter();
            routes.extend(methods.filter(|m| handlers.contains(&format!("{m}("))).map(|m| format!("{m} {path}")));
        }
    }
    routes
}

#[test]
fn the_description_and_the_sandbox_know_the_same_resources() {
    let described: BTreeSet<String> = operations().iter().map(|(path, method, _)| format!("{method} {path}")).collect();
    assert_eq!(described, routes());
}

// ------------------------------------------------------------------ orders

#[test]
fn every_published_order_is_one() {
    let mut count = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let body = fixture(&name);
        if name.ends_with(".request.json") && body.get("orderRequest").is_some() {
            assert_eq!(order(body), Vec::<String>::new(), "{name}");
            count += 1;
        }
    }
    assert!(count >= 5, "{count}");
}

/// A published order, what is changed in it (null takes it away), and what is told.
const SPOILED: [(&str, &str, &str, &str); 21] = [
    ("suspend", "/externalOrderNumber", "null", "\"externalOrderNumber\" is a required property"),
    ("suspend", "/externalOrderNumber", "\" \"", "does not match"),
    ("suspend", "/transactionType", "\"RESUME\"", "/orderRequest/transactionType"),
    ("suspend", "/transactionType", "\"SWAP_DEVICES\"", "\"newDevice\" is a required property"),
    ("suspend", "/serviceId", "38382335", "not of type \"string\""),
    ("suspend", "/serviceId", "null", "\"serviceId\" is a required property"),
    ("suspend", "/regionId", "\"70144640\"", "'regionId' was unexpected"),
    ("suspend", "/shoppingCart", "{\"planId\": \"1\"}", "'shoppingCart' was unexpected"),
    ("suspend", "/acknowledgements", "[]", "'acknowledgements' was unexpected"),
    ("suspend", "/properties/0/fields/0/text", "null", "\"text\" is a required property"),
    ("suspend", "/properties/0/fields/0/label", "\"Contact\"", "'label' was unexpected"),
    ("suspend", "/properties/0/fields/4/date", "\"12/22/2016\"", "is not a \"date-time\""),
    ("new_activation", "/shoppingCart", "{\"optionalFeatureIds\": [\"951\"]}", "is a required property"),
    ("new_activation", "/shoppingCart/accessoryIds", "[]", "[] has less than 1 item"),
    ("new_activation", "/shoppingCart/quantity", "1", "'quantity' was unexpected"),
    ("new_activation", "/shipTo/regionId", "{\"id\": \"70144640\"}", "not of type \"string\""),
    ("new_activation", "/shipTo/expedite", "\"yes\"", "not of type \"boolean\""),
    ("upgrade", "/existingDevice/simId", "null", "\"simId\" is a required property"),
    ("upgrade", "/existingDevice/serialNumber/type", "\"EAN\"", "is not one of"),
    ("upgrade", "/shoppingCart/accessoryIds", "[\"3628935899\"]", "'accessoryIds' was unexpected"),
    ("update_features", "/shoppingCart/features/0/action", "\"KEEP\"", "is not one of"),
];

fn change(body: &mut Value, at: &str, to: Value) {
    let (parent, member) = at.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match to {
        Value::Null => drop(parent.remove(member)),
        some => drop(parent.insert(member.to_owned(), some)),
    }
}

#[test]
fn an_order_that_is_not_as_its_type_is_told_where() {
    for (name, at, to, told) in SPOILED {
        let mut body = fixture(&format!("{name}.request.json"));
        change(&mut body, &format!("/orderRequest{at}"), serde_json::from_str(to).unwrap());
        let found = order(body);
        assert!(found.iter().any(|f| f.contains(told)), "{name} {at} {to}: {found:#?}");
        assert!(found.len() <= 2, "{name} {at} {to}: {found:#?}");
    }
}

// ------------------------------------------------------------------ calls

#[test]
fn a_call_that_is_not_as_described_is_told() {
    let page = [("limit", "5"), ("offset", "0")];
    let told = |method: &str, path: &str, query: &[(&str, &str)]| {
        schema::violations(&[seen(method, path, query, None)]).join("; ")
    };
    assert_eq!(told("GET", "/employees", &page), "");
    assert!(told("GET", "/nowhere", &[]).contains("GET /nowhere is not described"));
    assert!(told("DELETE", "/employees", &page).contains("is not described"));
    assert!(told("GET", "/employees", &page[..1]).contains("the query parameter offset is missing"));
    assert!(told("GET", "/employees", &[page[0], page[1], ("name", "x")]).contains("name is not described"));
    assert!(told("GET", "/employees", &[page[0], page[1], page[0]]).contains("limit is there twice"));
    assert!(told("GET", "/employees", &[("limit", "0"), page[1]]).contains("less than the minimum"));
    assert!(told("GET", "/employees", &[("limit", "many"), page[1]]).contains("not of type \"integer\""));
    assert!(told("GET", "/vendors", &[("type", "SHOP")]).contains("the query parameter type does not fit"));
    let activation = ("transactionType", "NEW_ACTIVATION");
    assert!(told("GET", "/orders/properties", &[activation]).contains("exactly one must be there, not 0"));
    assert_eq!(told("GET", "/orders/properties", &[activation, ("vendor", "98")]), "");
    assert!(told("POST", "/orders", &[("confirm", "yes")]).contains("not of type \"boolean\""));
    assert!(told("POST", "/orders", &[]).contains("the body is missing"));
}

#[test]
fn a_call_without_its_headers_is_told() {
    for (name, _) in HEADERS {
        let mut call = seen("GET", "/me", &[], None);
        call.headers.retain(|(n, _)| n != name);
        assert_eq!(schema::violations(&[call]).len(), 1, "{name}");
    }
    let mut call = seen("GET", "/me", &[], None);
    call.headers.push(("x-tngo-context-mood".into(), "good".into()));
    assert!(schema::violations(&[call])[0].contains("x-tngo-context-mood is not described"));
}

#[test]
fn a_reply_that_is_not_as_described_is_told() {
    let me = json!({"echoText": "", "backend": "SANDBOX"});
    let told = |status: u16, reply: Value| {
        schema::violations(&[Seen { status, reply: Some(reply), ..seen("GET", "/ping", &[], None) }]).join("; ")
    };
    assert_eq!(told(200, me.clone()), "");
    let mut more = me.clone();
    change(&mut more, "/mood", json!("good"));
    assert!(told(200, more).contains("'mood' was unexpected"));
    assert!(told(200, json!({"echoText": 1, "backend": "SANDBOX"})).contains("not of type \"string\""));
    assert!(told(204, me.clone()).contains("the status 204 is not described"));
    assert!(told(400, me).contains("\"errorCode\" is a required property"));
    let error = json!({"errorCode": "503-Sandbox-Fault", "id": "aaaab", "message": "Away.", "status": 503});
    assert_eq!(told(503, error), "");
}

// ------------------------------------------------------------------ the sandbox

/// Paged resources, with the name of the collection and the resource of one item, where there is one.
const PAGED: [(&str, &str, &str); 13] = [
    ("/employees", "employees", "/employees/{}"),
    ("/employees?sortBy=UPDATED_DATE&sortAscending=false", "employees", ""),
    ("/assets/services", "services", "/assets/services/{}"),
    ("/assets/devices", "devices", "/assets/devices/{}"),
    (
        "/assets/devices?includeServiceDetails=true&includeUpgradeEligibleDate=true",
        "devices",
        "/assets/devices/{}?includeServiceDetails=true&includeUpgradeEligibleDate=true",
    ),
    ("/orders?sortBy=UPDATED_DATE&sortAscending=false", "orders", ""),
    (
        "/orders?includeOrderHistory=true&includeOrderShipments=true&includeApprovers=true&includeOrderSegments=true",
        "orders",
        "",
    ),
    ("/catalog/devices?region=70144640&postalCode=06477", "devices", "/catalog/devices/{}"),
    ("/catalog/plans?vendor=98&transactionType=UPGRADE", "plans", "/catalog/plans/{}"),
    ("/catalog/plans?service=38382335", "plans", "/catalog/plans/{}"),
    ("/catalog/accessories", "accessories", ""),
    ("/catalog/accessories?compatibleWithDeviceId=9194791812", "accessories", ""),
    ("/catalog/accessories?compatibleWithDeviceAssetId=35362377", "accessories", ""),
];

/// Resources that are whole, without those that are asked by type and carrier.
const ASKED: [&str; 12] = [
    "/ping?echoText=a%20b",
    "/me",
    "/diagnostics",
    "/regions?type=PROCUREMENT",
    "/regions?parentRegion=70144640",
    "/regions?parentRegion=70144651",
    "/vendors?type=CARRIER",
    "/catalog/features?vendor=98",
    "/catalog/features?service=38382335",
    "/manufacturers?type=DEVICE",
    "/manufacturers/Other/models",
    "/orders/properties?transactionType=UPGRADE&service=38382335&orderExcludesPlan=true",
];

/// What `path` has in its collection, which is whole, each at `one`.
async fn ask_each(house: &House, path: &str, name: &str, one: &str) {
    let reply = house.get(path).await;
    let items = reply[name]["items"].as_array().or(reply[name].as_array()).unwrap().clone();
    assert!(!items.is_empty(), "{path}");
    for item in items {
        let id = utf8_percent_encode(item["id"].as_str().unwrap(), NON_ALPHANUMERIC).to_string();
        house.get(&one.replace("{}", &id)).await;
    }
}

#[tokio::test]
async fn a_list_that_changes_and_calls_that_fail_are_as_described() {
    let house = House::new();
    for fault in ["orders@1=shift:add", "orders@2=shift:touch", "orders@3=shift:drop", "orders@4=premium"] {
        house.sandbox.fault(fault.parse().unwrap());
    }
    for fault in ["GET orders@5=status:401", "POST orders@1=late:60", "POST orders@2=status:401"] {
        house.sandbox.fault(fault.parse().unwrap());
    }
    let includes = "includeShipToAddress=true&includeOrderProperties=true&includeOrderSegments=true\
        &includeApprovers=true&includeOrderShipments=true&includeOrderHistory=true";
    for status in [200, 200, 200, 200, 401] {
        let path = format!("/orders?limit=50&offset=10&sortBy=UPDATED_DATE&{includes}");
        assert_eq!(house.send(Method::GET, &path, None).await.0, status);
    }
    let added = house.all("/orders", "orders").await;
    let added = added.iter().find(|o| o["externalOrderNumber"] == "ELSEWHERE-1").unwrap();
    let id = added["orderId"].as_str().unwrap();
    for path in [format!("/orders/{id}"), format!("/orders/{id}/history"), format!("/orders/{id}/shipments")] {
        house.get(&path).await;
    }
    for status in [200, 401] {
        let body = fixture("new_activation.request.json");
        assert_eq!(house.send(Method::POST, "/orders", Some(&body)).await.0, status);
    }
    assert_eq!(house.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_sandbox_answers_as_described() {
    let house = House::new();
    for path in ASKED {
        house.get(path).await;
    }
    for (list, name, one) in PAGED {
        let items = house.all(list, name).await;
        assert!(!items.is_empty(), "{list}");
        for item in items.iter().step_by(5).filter(|_| !one.is_empty()) {
            house.get(&one.replace("{}", item["id"].as_str().unwrap())).await;
        }
    }
    ask_each(&house, "/regions", "regions", "/regions/{}").await;
    ask_each(&house, "/vendors", "vendors", "/vendors/{}").await;
    ask_each(&house, "/manufacturers", "manufacturers", "/manufacturers/{}/models").await;
    assert_eq!(house.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_became_of_every_order_is_as_described() {
    let house = House::new();
    let mut parcels = 0;
    for order in house.all("/orders?includeOrderSegments=true", "orders").await {
        let id = order["orderId"].as_str().unwrap();
        house.get(&format!("/orders/{id}")).await;
        let history = house.get(&format!("/orders/{id}/history")).await;
        assert_eq!(history["history"]["items"][0]["status"], "ORDER_SUBMITTED", "{id}");
        for segment in order["orderSegments"]["items"].as_array().unwrap() {
            let of = format!("orderSegment={}", segment["orderSegmentId"].as_str().unwrap());
            house.get(&format!("/orders/{id}?{of}")).await;
            house.get(&format!("/orders/{id}/history?{of}")).await;
            let shipments = house.get(&format!("/orders/{id}/shipments?{of}")).await;
            parcels += shipments["shipments"]["items"].as_array().unwrap().len();
        }
    }
    assert!(parcels > 3, "{parcels}");
    assert_eq!(house.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_every_type_asks_of_every_carrier_is_as_described() {
    let house = House::new();
    let carriers = house.get("/vendors?type=CARRIER").await["vendors"]["items"].as_array().unwrap().clone();
    let types = house.get("/me").await["transactionTypes"].as_array().unwrap().clone();
    assert_eq!(types.len(), 12);
    for code in types.iter().map(|t| t.as_str().unwrap()) {
        for carrier in carriers.iter().map(|c| c["id"].as_str().unwrap()) {
            house.get(&format!("/acknowledgements?transactionType={code}&vendor={carrier}")).await;
            // Types about a line are asked by line, and refuse this in the described form.
            let path = format!("/orders/properties?transactionType={code}&vendor={carrier}");
            house.send(Method::GET, &path, None).await;
        }
        for line in ["38382335", "38382349", "99034551"] {
            let path = format!("/orders/properties?transactionType={code}&service={line}");
            house.send(Method::GET, &path, None).await;
        }
    }
    let asked = house.sandbox.seen().iter().filter(|s| s.path == "/orders/properties" && s.status == 200).count();
    assert!(asked > 50, "{asked}");
    assert_eq!(house.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn every_order_that_the_description_shows_is_confirmed_and_placed() {
    let house = House::new();
    let shown = schema::description()["components"]["examples"].as_object().unwrap();
    for (name, example) in shown {
        for (query, member) in [("?confirm=true&confirmation=true", "orderConfirmation"), ("", "order")] {
            let reply = house.send(Method::POST, &format!("/orders{query}"), Some(&example["value"])).await;
            assert_eq!((reply.0, &reply.1["status"]), (200, &json!("SUCCESS")), "{name}: {}", reply.1);
            assert!(reply.1[member].is_object(), "{name}: {}", reply.1);
        }
    }
    let types: BTreeSet<&str> =
        shown.values().filter_map(|e| e["value"]["orderRequest"]["transactionType"].as_str()).collect();
    assert_eq!(types.len(), 12);
    let asked = "&includeOrderSegments=true&includeShipToAddress=true&includeOrderProperties=true";
    let listed = house.get(&format!("/orders?limit=100&offset=0{asked}")).await;
    for order in listed["orders"]["items"].as_array().unwrap() {
        house.get(&format!("/orders/{}", order["orderId"].as_str().unwrap())).await;
    }
    house.get("/orders?limit=5&offset=0&sortBy=UPDATED_DATE&sortAscending=false").await;
    assert_eq!(house.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_sandbox_refuses_is_refused_as_described() {
    let house = House::new();
    for path in ["/employees/0", "/regions/0", "/catalog/devices/0", "/orders/1", "/manufacturers/a%2Fb/models"] {
        assert_eq!(house.send(Method::GET, path, None).await.0, 404, "{path}");
    }
    for path in ["/employees?limit=0&offset=0", "/vendors?type=SHOP", "/orders/properties?transactionType=UPGRADE"] {
        assert_eq!(house.send(Method::GET, path, None).await.0, 400, "{path}");
    }
    let nobody = house.client.get(format!("{}/me", house.sandbox.base_url())).send().await.unwrap();
    assert_eq!(nobody.status().as_u16(), 401);
    let example = &schema::description()["components"]["examples"]["Suspend"]["value"];
    let mut forbidden = House::new();
    forbidden.actor = Some("28675008");
    assert_eq!(forbidden.send(Method::POST, "/orders", Some(example)).await.0, 403);
    let several = json!({"orderRequest": {"transactionType": "SUSPEND"}});
    assert_eq!(house.send(Method::POST, "/orders?confirm=true", Some(&several)).await.1["status"], "ERROR");
    let told: Vec<String> = house.violations().into_iter().chain(forbidden.violations()).collect();
    let wrong: Vec<&String> = told.iter().filter(|t| t.contains("the reply") || t.contains("the status")).collect();
    assert_eq!(wrong, Vec::<&String>::new());
    assert!(told.iter().any(|t| t.contains("the bearer token is missing")), "{told:#?}");
    assert!(told.iter().any(|t| t.contains("limit does not fit: 0 is less than the minimum")), "{told:#?}");
}

/// A form for a token as the sandbox would remember it.
fn drawn(form: Value) -> Seen {
    let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    Seen { headers, ..seen("POST", "/as/token.oauth2", &[], Some(form)) }
}

#[tokio::test]
async fn tokens_are_drawn_and_refused_as_described() {
    let house = House::new();
    let whole = [("grant_type", "password"), ("client_id", "mobproc"), ("client_secret", "sandbox-client-secret")];
    let who = [("scope", "MOBPROC"), ("username", "command://jdoe"), ("password", "open-sesame-1")];
    let whole = [whole, who].concat();
    for (changed, value, status) in [
        ("", "", 200),
        ("password", "another", 400),
        ("client_id", "nobody", 401),
        ("username", "jdoe", 400),
        ("client_secret", "another", 401),
    ] {
        let form: Vec<_> = whole.iter().map(|(n, v)| (*n, if *n == changed { value } else { *v })).collect();
        let reply = house.client.post(house.sandbox.token_url()).form(&form).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{changed} {value}");
    }
    assert_eq!(house.violations(), Vec::<String>::new());
    let form = json!({"grant_type": "password", "client_id": "mobproc", "scope": "MOBPROC", "username": "jdoe"});
    let told = schema::violations(&[drawn(form.clone())]);
    assert!(told.len() == 1 && told[0].contains("\"password\" is a required property"), "{told:?}");
    let mut json = drawn(form);
    json.headers[0].1 = "application/json".into();
    assert!(schema::violations(&[json])[0].contains("the content type is not application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn what_faults_leave_of_a_reply_is_no_violation() {
    for fault in ["GET me=status:503", "GET me=html:502", "GET me=status:429", "GET me=empty", "GET me=cut"] {
        let house = House::new();
        house.sandbox.fault(fault.parse().unwrap());
        let url = format!("{}/me", house.sandbox.base_url());
        let call = HEADERS.iter().fold(house.client.get(url), |call, (name, value)| call.header(*name, *value));
        call.send().await.unwrap();
        assert_eq!(schema::violations(&house.sandbox.seen()), Vec::<String>::new(), "{fault}");
    }
}
