//! Holds requests and replies to `assets/openapi.yaml`: whatever the sandbox has seen is compared with the description,
//! and what does not fit comes back as sentences. Everything is compiled once, at the first use.

#![expect(clippy::expect_used, clippy::panic, reason = "a description that cannot be read fails every test")]

use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError, Validator};
use mobproc::sandbox::Seen;
use percent_encoding::percent_decode_str;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::Value;

/// Everything in these calls that is not as described. A call without a reply (status 0) is held to the description of
/// the request alone, and so is one whose reply was not JSON: only a fault leaves such a thing.
pub fn violations(seen: &[Seen]) -> Vec<String> {
    seen.iter().flat_map(call).collect()
}

/// The description as JSON.
pub fn description() -> &'static Value {
    static READ: OnceLock<Value> = OnceLock::new();
    READ.get_or_init(|| {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/openapi.yaml"));
        let documents = Yaml::load_from_str(text).unwrap_or_else(|e| panic!("assets/openapi.yaml is no YAML: {e}"));
        json(documents.first().expect("assets/openapi.yaml holds a document"))
    })
}

fn json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(b)) => Value::from(*b),
        Yaml::Value(Scalar::Integer(n)) => Value::from(*n),
        Yaml::Value(Scalar::FloatingPoint(n)) => Value::from(n.into_inner()),
        Yaml::Value(Scalar::String(s)) => Value::from(s.as_ref()),
        Yaml::Sequence(items) => items.iter().map(json).collect(),
        Yaml::Mapping(members) => {
            let name = |key: &Yaml<'_>| key.as_str().unwrap_or_else(|| panic!("{key:?} is no text")).to_owned();
            Value::Object(members.iter().map(|(key, value)| (name(key), json(value))).collect())
        }
        odd => panic!("assets/openapi.yaml holds {odd:?}"),
    }
}

/// What a `$ref` stands for; anything else stands for itself.
pub fn resolved(node: &'static Value) -> &'static Value {
    match node["$ref"].as_str() {
        None => node,
        Some(to) => {
            let pointer = to.strip_prefix('#').unwrap_or_else(|| panic!("{to} leads out of the description"));
            resolved(description().pointer(pointer).unwrap_or_else(|| panic!("{to} leads nowhere")))
        }
    }
}

/// A validator of a schema that stands somewhere in the description.
pub fn compiled(schema: &Value) -> Validator {
    let mut root = schema.clone();
    root["components"] = description()["components"].clone();
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&root).unwrap_or_else(|e| panic!("{schema} is no schema: {e}"))
}

/// The media types of bodies.
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A parameter of a query, a path or the headers.
struct Parameter {
    name: String,
    place: String,
    required: bool,
    /// The JSON type that its text is read as.
    kind: String,
    validator: Validator,
}

/// An operation with everything that it is held to.
struct Operation {
    id: String,
    method: String,
    segments: Vec<String>,
    parameters: Vec<Parameter>,
    exactly_one_of: Vec<String>,
    /// Whether it needs a bearer.
    signed_in: bool,
    body: Option<(&'static str, Validator)>,
    /// By status, which may be a class such as `5XX`; none for replies that are not JSON.
    replies: Vec<(String, Option<Validator>)>,
}

fn texts(node: &Value) -> Vec<String> {
    node.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(Into::into)).collect()
}

/// Whether a member of a path is an operation.
pub fn is_method(name: &str) -> bool {
    ["get", "post", "put", "patch", "delete"].contains(&name)
}

fn members(node: &'static Value) -> impl Iterator<Item = (&'static String, &'static Value)> {
    node.as_object().into_iter().flatten()
}

fn operations() -> &'static [Operation] {
    static ALL: OnceLock<Vec<Operation>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::new();
        for (path, item) in members(&description()["paths"]) {
            for (method, node) in members(item).filter(|(name, _)| is_method(name)) {
                all.push(operation(path, method, &item["parameters"], node));
            }
        }
        // A segment that stands fast comes before one that is a parameter: `orders/properties` is no order.
        all.sort_by_key(|o| o.segments.iter().filter(|s| s.starts_with('{')).count());
        all
    })
}

fn operation(path: &str, method: &str, shared: &'static Value, node: &'static Value) -> Operation {
    let listed = shared.as_array().into_iter().chain(node["parameters"].as_array()).flatten();
    let schema = |of: &'static Value, kind: &str| {
        let schema = &of["content"][kind]["schema"];
        schema.is_object().then(|| compiled(schema))
    };
    let content = |of: &'static Value| schema(of, JSON);
    let body = |of| [JSON, FORM].into_iter().find_map(|kind| Some((kind, schema(of, kind)?)));
    Operation {
        id: node["operationId"].as_str().unwrap_or_default().to_owned(),
        method: method.to_uppercase(),
        segments: segments(path),
        parameters: listed.map(|p| parameter(resolved(p))).collect(),
        exactly_one_of: texts(&node["x-exactly-one-of"]),
        signed_in: node["security"].as_array().is_none_or(|s| !s.is_empty()),
        body: body(resolved(&node["requestBody"])),
        replies: members(&node["responses"]).map(|(status, r)| (status.clone(), content(resolved(r)))).collect(),
    }
}

fn parameter(node: &'static Value) -> Parameter {
    let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
    Parameter {
        name: text("name"),
        place: text("in"),
        required: node["required"] == true,
        kind: resolved(&node["schema"])["type"].as_str().unwrap_or("string").to_owned(),
        validator: compiled(&node["schema"]),
    }
}

fn segments(path: &str) -> Vec<String> {
    path.trim_start_matches('/').split('/').map(|s| percent_decode_str(s).decode_utf8_lossy().into_owned()).collect()
}

impl Operation {
    /// The values of the path's parameters, where the path is this operation's.
    fn matches(&self, method: &str, path: &[String]) -> Option<Vec<(String, String)>> {
        let name = |s: &str| s.strip_prefix('{').and_then(|s| s.strip_suffix('}')).map(str::to_owned);
        let pairs = || self.segments.iter().zip(path);
        let fits = self.method == method
            && self.segments.len() == path.len()
            && pairs().all(|(wanted, given)| name(wanted).is_some() || wanted == given);
        fits.then(|| pairs().filter_map(|(wanted, given)| Some((name(wanted)?, given.clone()))).collect())
    }

    fn parameter(&self, place: &str, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.place == place && p.name.eq_ignore_ascii_case(name))
    }

    /// What is wrong with the parameters of one place.
    fn parameters(&self, place: &str, given: &[(String, String)]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (i, (name, value)) in given.iter().enumerate() {
            let twice = given.iter().take(i).any(|(n, _)| n == name);
            match self.parameter(place, name) {
                None => wrong.push(format!("the {place} parameter {name} is not described")),
                Some(_) if twice => wrong.push(format!("the {place} parameter {name} is there twice")),
                Some(p) => wrong.extend(p.wrong(value)),
            }
        }
        let there = |name: &str| given.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let needed = self.parameters.iter().filter(|p| p.place == place && p.required && !there(&p.name));
        wrong.extend(needed.map(|p| format!("the {place} parameter {} is missing", p.name)));
        if place == "query" && !self.exactly_one_of.is_empty() {
            let count = self.exactly_one_of.iter().filter(|n| there(n)).count();
            let wanted = self.exactly_one_of.join(" and ");
            wrong.extend((count != 1).then(|| format!("of {wanted} exactly one must be there, not {count}")));
        }
        wrong
    }

    fn headers(&self, seen: &Seen) -> Vec<String> {
        // Of other headers HTTP is full; those of the API are known by their names.
        let ours = |name: &str| name.starts_with("x-tngo-") || self.parameter("header", name).is_some();
        let given: Vec<_> = seen.headers.iter().filter(|(name, _)| ours(name)).cloned().collect();
        let mut wrong = self.parameters("header", &given);
        let header = |name: &str| seen.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        if self.signed_in && header("authorization").is_none_or(|v| v.strip_prefix("Bearer ").is_none_or(str::is_empty))
        {
            wrong.push("the bearer token is missing".into());
        }
        if let Some((kind, _)) = &self.body
            && header("content-type").is_none_or(|v| !v.starts_with(kind))
        {
            wrong.push(format!("the content type is not {kind}"));
        }
        wrong
    }

    fn body(&self, seen: &Seen) -> Vec<String> {
        match (&self.body, &seen.body) {
            (Some((_, validator)), Some(body)) => misfits("the body", validator, body),
            (Some(_), None) => vec!["the body is missing or no JSON".into()],
            (None, Some(_)) => vec!["there is a body, and none is described".into()],
            (None, None) => Vec::new(),
        }
    }

    fn reply(&self, seen: &Seen) -> Vec<String> {
        let (status, class) = (seen.status.to_string(), format!("{}XX", seen.status / 100));
        let described = |wanted: &str| self.replies.iter().find(|(s, _)| s == wanted);
        match (described(&status).or_else(|| described(&class)), &seen.reply) {
            _ if seen.status == 0 => Vec::new(),
            (None, _) => vec![format!("the status {status} is not described")],
            (Some((_, Some(validator))), Some(reply)) => misfits("the reply", validator, reply),
            (Some((_, None)), Some(_)) => vec!["the reply is JSON, and none is described".into()],
            (Some(_), None) => Vec::new(),
        }
    }
}

impl Parameter {
    fn wrong(&self, text: &str) -> Vec<String> {
        let value = match self.kind.as_str() {
            "integer" => text.parse::<i64>().ok().map(Value::from),
            "boolean" => text.parse::<bool>().ok().map(Value::from),
            _ => None,
        };
        let value = value.unwrap_or_else(|| Value::from(text));
        misfits(&format!("the {} parameter {}", self.place, self.name), &self.validator, &value)
    }
}

/// What is wrong with one call.
fn call(seen: &Seen) -> Vec<String> {
    let path = segments(&seen.path);
    let found = operations().iter().find_map(|o| Some((o, o.matches(&seen.method, &path)?)));
    let Some((operation, path)) = found else {
        return vec![format!("{} {} is not described", seen.method, seen.path)];
    };
    let mut wrong = operation.parameters("path", &path);
    wrong.extend(operation.parameters("query", &seen.query));
    wrong.extend(operation.headers(seen));
    wrong.extend(operation.body(seen));
    wrong.extend(operation.reply(seen));
    let told = |w: String| format!("{} {} ({}), answered {}: {w}", seen.method, seen.path, operation.id, seen.status);
    wrong.into_iter().map(told).collect()
}

fn misfits(what: &str, validator: &Validator, value: &Value) -> Vec<String> {
    let mut told = Vec::new();
    validator.iter_errors(value).for_each(|e| tell(what, &e, &mut told));
    told
}

/// Tells an error; of several alternatives only what is wrong with the one that was meant.
fn tell(what: &str, error: &ValidationError<'_>, told: &mut Vec<String>) {
    if let Kind::OneOfNotValid { context } | Kind::AnyOf { context } = error.kind() {
        // A constant that does not fit is the type that tells the alternatives apart.
        let other = |e: &ValidationError<'_>| matches!(e.kind(), Kind::Constant { .. });
        let meant = context.iter().min_by_key(|errors| (errors.iter().any(other), errors.len()));
        return meant.into_iter().flatten().for_each(|e| tell(what, e, told));
    }
    let at = error.instance_path().as_str();
    let place = if at.is_empty() { String::new() } else { format!(" at {at}") };
    let why: String = error.to_string().chars().take(300).collect();
    told.push(format!("{what} does not fit{place}: {why}"));
}
