//! Every transaction type as a golden pair: the keys of an order, and the body that they must give, both written by hand
//! from WIRE 7. The world is the sandbox's as shipped.

use serde_json::{Value, json};

/// An order by keys: to the review, and from there to its id.
pub struct Journey {
    pub kind: &'static str,
    /// Keys up to the review; the first Enter has chosen the person.
    pub fill: &'static str,
    /// Keys from the review on: read to its end, and sent.
    pub send: &'static str,
    /// The most keys that it may take, scrolling counted.
    pub keys: usize,
    /// `orderRequest` without its number.
    pub body: fn() -> Value,
}

fn j(kind: &'static str, (fill, send): (&'static str, &'static str), keys: usize, body: fn() -> Value) -> Journey {
    Journey { kind, fill, send, keys, body }
}

/// One order of each type.
pub fn journeys() -> Vec<Journey> {
    procurement().into_iter().chain(care()).collect()
}

fn procurement() -> [Journey; 4] {
    [
        j(
            "NEW_ACTIVATION",
            ("n/edw acc<enter>106477<enter>s4 bl<enter>nati<enter>1<enter>veh<enter><enter>512<C-o>1<C-o>", "<pgdn>y"),
            50,
            new_activation,
        ),
        j("UPGRADE", ("u/gonc<enter>iphone 5<enter>6698<enter>12<enter><C-o>1<C-o>", "<pgdn>y"), 29, upgrade),
        j(
            "PORT_NUMBER",
            (
                "p/edw dev<enter>1106477<enter>s4 bl<enter>nati<enter><C-o>1 Example Plaza<C-o>Orange<C-o>CT<enter>06477<C-o>",
                "<pgdn>y",
            ),
            64,
            port_number,
        ),
        j(
            "ORDER_ACCESSORIES",
            ("a/gonc<enter>3628940914<enter>headset<enter><enter><C-o>1<C-o>", "<pgdn>y"),
            32,
            order_accessories,
        ),
    ]
}

fn care() -> [Journey; 8] {
    [
        j("SUSPEND", ("s/edw dev<enter>+7<C-o>", "y"), 16, suspend),
        j("UNSUSPEND", ("r/lef<enter><C-o>", "y"), 8, unsuspend),
        j("DEACTIVATE", ("d/edw dev<enter><C-o>", "y4468<enter>"), 17, deactivate),
        j(
            "UPDATE_FEATURES",
            ("f/edw dev<enter><enter>155<enter>Please also add Caller ID<C-o>", "y"),
            42,
            update_features,
        ),
        j(
            "SWAP_DEVICES",
            ("w/gonc<enter>apple<enter>space gray<down><enter>490154203237518<C-o>", "<pgdn>y"),
            43,
            swap_devices,
        ),
        j("XFER_SERVICE_OUT", ("o/gonc<enter><enter>y<C-o>", "y7676<enter>"), 16, xfer_service_out),
        j(
            "XFER_SERVICE_IN",
            (
                "i/edw acc<enter>1106477<enter>s4 bl<enter>nati<enter><C-o><enter><enter><enter>y<C-o>y<C-o>y<C-o>\
                 2035550123<C-o>s3cr3t<C-o>1<C-o>",
                "<pgdn><pgdn>y",
            ),
            62,
            xfer_service_in,
        ),
        j(
            "XFER_SERVICE_IN_AND_PORT",
            (
                "b/edw acc<enter>21106477<enter>s4 bl<enter>nati<enter><enter><enter><enter>y<C-o>y<C-o>y<C-o>\
                 2035550123<C-o>s3cr3t<C-o>1<C-o>",
                "<pgdn><pgdn>y",
            ),
            62,
            xfer_service_in_and_port,
        ),
    ]
}

fn text(id: &str, text: &str) -> Value {
    json!({"id": id, "type": "TEXT", "text": text})
}
fn properties(fields: &[Value]) -> Value {
    json!([{"groupId": "MISCELLANEOUS", "fields": fields}])
}
fn ship_to(name: &str) -> Value {
    json!({"name": name, "regionId": "70144640", "address": [
        {"id": "LINE_1", "value": "1 Example Plaza"}, {"id": "CITY", "value": "Orange"},
        {"id": "STATE", "value": "CT"}, {"id": "POSTAL_CODE", "value": "06477"}]})
}
fn agreed() -> Value {
    let yes = |id: &str| json!({"id": id, "type": "BOOLEAN", "boolean": true});
    json!([yes("FAMILY_SHARED_MINUTE_PLAN"), yes("AUTHORIZATION_OF_TRANSFER"), yes("TERMINATION_FEES")])
}

fn new_activation() -> Value {
    json!({"transactionType": "NEW_ACTIVATION", "regionId": "70144640", "postalCode": "06477",
        "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494", "optionalFeatureIds": ["951"], "accessoryIds": ["3628935899"]},
        "properties": properties(&[text("PREFERRED_AREA_CODE", "512"), text("CONTACT_NUMBER", "2035550199"),
            json!({"id": "URGENCY", "type": "CHOICE", "choice": {"id": "2"}})]),
        "shipTo": ship_to("Peter Edwards")})
}
fn upgrade() -> Value {
    json!({"transactionType": "UPGRADE", "serviceId": "38382349",
        "shoppingCart": {"deviceId": "9194713904", "planId": "6568886698", "optionalFeatureIds": ["122", "293"]},
        "existingDevice": {"manufacturerId": "LG", "modelId": "Cookie Plus",
            "serialNumber": {"type": "ESN", "value": "4289183847832"}, "simId": "83924758342478392342"},
        "properties": properties(&[text("CONTACT_NUMBER", "2035550176"), text("SERVICE_NUMBER", "2035557676")]),
        "shipTo": ship_to("Maria Gonçalves")})
}
fn port_number() -> Value {
    json!({"transactionType": "PORT_NUMBER", "serviceId": "38382335", "regionId": "70144640", "postalCode": "06477",
        "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494"},
        "properties": properties(&[text("CONTACT_NUMBER", "2035550160")]),
        "shipTo": ship_to("Peter Edwards")})
}
fn order_accessories() -> Value {
    json!({"transactionType": "ORDER_ACCESSORIES", "serviceId": "38382349",
        "shoppingCart": {"accessoryIds": ["3628940914", "3628940047"]},
        "properties": properties(&[text("CONTACT_NUMBER", "2035550176"), text("SERVICE_NUMBER", "2035557676")]),
        "shipTo": ship_to("Maria Gonçalves")})
}
fn suspend() -> Value {
    json!({"transactionType": "SUSPEND", "serviceId": "38382335",
        "properties": properties(&[text("CONTACT_NUMBER", "2035550160"), text("SERVICE_NUMBER", "2035554468"),
            json!({"id": "PREFERRED_SUSPENSION_DATE", "type": "DATE", "date": "2026-11-30T00:00:00+00:00"})])})
}
fn unsuspend() -> Value {
    json!({"transactionType": "UNSUSPEND", "serviceId": "38390236",
        "properties": properties(&[text("CONTACT_NUMBER", "2125550102"), text("SERVICE_NUMBER", "3125551295"), text("USER", "zoe.lefevre.acme")])})
}
fn deactivate() -> Value {
    json!({"transactionType": "DEACTIVATE", "serviceId": "38382335",
        "properties": properties(&[text("CONTACT_NUMBER", "2035550160"), text("SERVICE_NUMBER", "2035554468")])})
}
fn update_features() -> Value {
    json!({"transactionType": "UPDATE_FEATURES", "serviceId": "38382335",
        "shoppingCart": {"features": [{"id": "518", "action": "ADD"}, {"id": "2096", "action": "REMOVE"}],
            "featureRequestComment": "Please also add Caller ID"},
        "properties": properties(&[text("CONTACT_NUMBER", "2035550160"), text("SERVICE_NUMBER", "2035554468")])})
}
fn swap_devices() -> Value {
    json!({"transactionType": "SWAP_DEVICES", "serviceId": "38382349",
        "newDevice": {"manufacturerId": "Apple", "modelId": "iPhone 6 (64GB) - Space Gray",
            "serialNumber": {"type": "IMEI", "value": "490154203237518"}},
        "existingDevice": {"manufacturerId": "LG", "modelId": "Cookie Plus",
            "serialNumber": {"type": "ESN", "value": "4289183847832"}, "simId": "83924758342478392342"},
        "properties": properties(&[text("CONTACT_NUMBER", "2035550176"), text("SERVICE_NUMBER", "2035557676")])})
}
fn xfer_service_out() -> Value {
    json!({"transactionType": "XFER_SERVICE_OUT", "serviceId": "38382349",
        "acknowledgements": [{"id": "PERSONAL_LIABILITY", "type": "BOOLEAN", "boolean": true}],
        "properties": properties(&[text("CONTACT_NUMBER", "2035550176"), text("SERVICE_NUMBER", "2035557676")])})
}
fn xfer_service_in() -> Value {
    json!({"transactionType": "XFER_SERVICE_IN", "currentVendorId": "98", "regionId": "70144640", "postalCode": "06477",
        "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494"}, "acknowledgements": agreed(),
        "properties": properties(&[text("SERVICE_NUMBER", "2035550123"), text("PIN_PASSWORD", "s3cr3t"), text("CONTACT_NUMBER", "2035550199")]),
        "shipTo": ship_to("Peter Edwards")})
}
fn xfer_service_in_and_port() -> Value {
    json!({"transactionType": "XFER_SERVICE_IN_AND_PORT", "currentVendorId": "105", "regionId": "70144640", "postalCode": "06477",
        "shoppingCart": {"deviceId": "9194791812", "planId": "6568886494", "quantity": 1}, "acknowledgements": agreed(),
        "properties": properties(&[text("SERVICE_NUMBER", "2035550123"), text("PIN_PASSWORD", "s3cr3t"), text("CONTACT_NUMBER", "2035550199")]),
        "shipTo": ship_to("Peter Edwards")})
}
