//! The token endpoint (WIRE 2, RFC 6749): the grants `password` and `refresh_token`. Strict: the parameters stand in a form, or
//! in the address as the vendor's examples have them, never in both and never twice.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::issued::{Issued, Pair};
use super::locked;

/// Where it is, beside the API and not below it.
pub const PATH: &str = "/as/token.oauth2";
/// What a fault calls it.
pub const RESOURCE: &str = "/token";
/// What may be asked for.
const SCOPE: &str = "MOBPROC";
/// The parameters and members that nobody but client and server may know.
const SECRET: [&str; 4] = ["password", "client_secret", "refresh_token", "access_token"];
/// The clients, each with what proves it; one that keeps no secret has none.
const CLIENTS: [(&str, Option<&str>); 2] = [("mobproc", Some("sandbox-client-secret")), ("mobproc-public", None)];
/// The users, with the source system in their names, each with a password of his own.
const USERS: [(&str, &str); 3] =
    [("command://jdoe", "open-sesame-1"), ("rivermine://jdoe", "p&ss=w+rd %41 \u{e9}"), ("helpdesk", "desk-555-0100")];

/// The codes of a refusal (RFC 6749, 5.2).
pub const CODES: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// A refusal: its code, and why, in words without quotes and backslashes.
struct Refusal(&'static str, String);

/// The endpoint's route.
pub fn router(issued: Arc<Mutex<Issued>>) -> Router {
    Router::new().route("/as/token.oauth2", post(token)).with_state(issued)
}

async fn token(
    State(issued): State<Arc<Mutex<Issued>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    match Form::read(query.as_deref(), kind, &body).and_then(|form| granted(&form, &mut locked(&issued))) {
        Ok(Ok(pair)) => kept_by_nobody(
            StatusCode::OK,
            json!({"token_type": "Bearer", "expires_in": pair.life.as_secs(),
            "refresh_token": pair.refresh, "access_token": pair.access}),
        ),
        Ok(Err(why)) => kept_by_nobody(
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({"error": "server_error", "error_description": why.to_string()}),
        ),
        Err(Refusal(code, why)) => refused(code, &why),
    }
}

/// A refusal in OAuth's form.
pub fn refused(code: &str, why: &str) -> Response {
    let status = if code == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    kept_by_nobody(status, json!({"error": code, "error_description": why}))
}

fn kept_by_nobody(status: StatusCode, body: Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")], Json(body)).into_response()
}

fn granted(form: &Form, issued: &mut Issued) -> Result<Result<Pair, getrandom::Error>, Refusal> {
    let grant = form.needed("grant_type")?;
    if !["password", "refresh_token"].contains(&grant) {
        return Err(Refusal("unsupported_grant_type", "Only password and refresh_token are granted.".into()));
    }
    let client = client(form)?;
    let scope = form.get("scope");
    if scope.is_some_and(|s| s != SCOPE) || (grant == "password" && scope.is_none()) {
        return Err(Refusal("invalid_scope", format!("The scope is {SCOPE}.")));
    }
    if grant == "refresh_token" {
        let refreshed = issued.refresh(form.needed("refresh_token")?, client).transpose();
        let not_good =
            || Refusal("invalid_grant", "The refresh token has ended, was used, or was never issued.".into());
        return refreshed.ok_or_else(not_good);
    }
    let (user, password) = (form.needed("username")?, form.needed("password")?);
    if !USERS.contains(&(user, password)) {
        return Err(Refusal("invalid_grant", "The user is not known, or the password is another.".into()));
    }
    Ok(issued.sign_in(client))
}

/// The client, which has proved that it is the one.
fn client(form: &Form) -> Result<&'static str, Refusal> {
    let known = CLIENTS.iter().find(|(id, _)| form.get("client_id") == Some(id));
    match known {
        Some((id, secret)) if *secret == form.get("client_secret") => Ok(id),
        Some(_) => Err(Refusal("invalid_client", "The client has not proved that it is this one.".into())),
        None => Err(Refusal("invalid_client", "The client is not known.".into())),
    }
}

/// The parameters of a request.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(query: Option<&str>, kind: Option<&[u8]>, body: &[u8]) -> Result<Self, Refusal> {
        let bad = |why: &str| Refusal("invalid_request", why.to_owned());
        let query = query.unwrap_or_default();
        let text = match (query.is_empty(), body.is_empty()) {
            (false, false) => return Err(bad("The parameters stand in the form or in the address, not in both.")),
            (false, true) => query,
            (true, _) if kind.is_some_and(is_form) => {
                std::str::from_utf8(body).map_err(|_| bad("The form is no text."))?
            }
            (true, _) => return Err(bad("The content type is application/x-www-form-urlencoded.")),
        };
        let pairs = pairs(text).ok_or_else(|| bad("A parameter is no text in UTF-8."))?;
        for (i, (name, _)) in pairs.iter().enumerate() {
            if pairs.iter().take(i).any(|(n, _)| n == name) {
                return Err(bad("A parameter came twice."));
            }
        }
        Ok(Self(pairs))
    }
    /// A parameter; without a value it counts as left out.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
    fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal("invalid_request", format!("The parameter {name} must be passed in.")))
    }
}

fn is_form(kind: &[u8]) -> bool {
    let essence = kind.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// Names and values; nothing where one is no text.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let decoded = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    };
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(name)?, decoded(value)?))
    };
    text.split('&').filter(|p| !p.is_empty()).map(pair).collect()
}

/// A form as it may be remembered: a JSON object without the secrets in it; nothing where it is no form.
pub fn remembered(form: &[u8]) -> Option<Value> {
    let pairs = pairs(std::str::from_utf8(form).ok()?)?;
    let members: Map<String, Value> =
        pairs.into_iter().map(|(name, value)| (name.clone(), Value::from(masked(&name, value)))).collect();
    Some(Value::Object(members)).filter(|_| !form.is_empty())
}
/// A reply as it may be remembered.
pub fn reply_remembered(reply: &Bytes) -> Bytes {
    let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(reply) else { return reply.clone() };
    let masked = |(name, value): (String, Value)| match value {
        Value::String(text) => (name.clone(), Value::from(masked(&name, text))),
        other => (name, other),
    };
    Value::Object(members.into_iter().map(masked).collect()).to_string().into()
}
/// A parameter's value, where it is no secret.
pub fn masked(name: &str, value: String) -> String {
    if SECRET.contains(&name) && !value.is_empty() { "***".to_owned() } else { value }
}
