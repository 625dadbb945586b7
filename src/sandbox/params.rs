//! What comes with a call (WIRE 3, 5): the actor in its headers, and its query parameters. A parameter, header or id that is not
//! as published is refused, never passed over in silence.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::faults::Kind;
use super::locked;
use super::records::{Employee, Service};
use super::reply::{Page, Refusal};
use super::resources::{Site, Struck};
use super::roll::Wanted;
use super::world::World;

/// What pages take.
pub const PAGING: [&str; 2] = ["limit", "offset"];
/// What sorts.
pub const SORTING: [&str; 2] = ["sortBy", "sortAscending"];
/// What narrows a collection to a person.
pub const NARROWING: [&str; 2] = ["employee", "companyEmployeeId"];

/// The actor of a call (WIRE 3), by platform id; the extractor checks all headers.
pub struct Actor(String);

impl Actor {
    /// The employee.
    pub fn of(&self, world: &World) -> Result<Arc<Employee>, Refusal> {
        let gone = || Refusal::bad("Actor", format!("There is no employee {}.", self.0));
        world.employee(&self.0).ok_or_else(gone)
    }
}

/// The id in a path, decoded; one that is no text names nothing.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Path::<String>::from_request_parts(parts, state).await;
        read.map(|Path(id)| Self(id)).map_err(|_| Refusal::missing("The path is no text, so it names nothing."))
    }
}

/// A header's text.
pub fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|v| v.to_str().unwrap_or("").trim())
}

impl FromRequestParts<Arc<Site>> for Actor {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Refusal> {
        let headers = &parts.headers;
        let bearer = text(headers, "authorization").and_then(|a| a.strip_prefix("Bearer "));
        match bearer.map(str::trim).filter(|t| !t.is_empty()) {
            None => return Err(Refusal::one(401, "Unauthorized", "Authorization must hold a bearer token.")),
            Some(token) if !locked(&site.issued).takes(token) => {
                return Err(Refusal::one(401, "Unauthorized", "The access token has expired, or was never issued."));
            }
            Some(_) => {}
        }
        for needed in ["X-TNGO-TENANT", "client_id"] {
            if text(headers, needed).is_none_or(str::is_empty) {
                return Err(Refusal::bad("Header-Missing", format!("The header {needed} must be passed in.")));
            }
        }
        let unknown = |id: &str| Refusal::bad("Actor", format!("There is no employee \"{id}\" to act for."));
        let world = &site.world;
        let id = match (text(headers, "x-tngo-context-employeeid"), text(headers, "x-tngo-context-companyemployeeid")) {
            (Some(id), _) => world.people.has(id).then(|| id.to_owned()).ok_or_else(|| unknown(id))?,
            (None, Some(id)) => world.by_company_id(id).ok_or_else(|| unknown(id))?.id.clone(),
            (None, None) => world.agent.clone(),
        };
        Ok(Self(id))
    }
}

/// The query parameters of a call.
pub struct Params {
    given: Vec<(String, String)>,
    /// A page is the one that holds the offset, as one backend reads it (WIRE 5).
    holding: bool,
    /// How many items a page holds at most, whatever is asked for.
    short: usize,
    /// The most items that a page may be asked to hold.
    longest: usize,
}

impl FromRequestParts<Arc<Site>> for Params {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Refusal> {
        let read = Query::<Vec<(String, String)>>::from_request_parts(parts, site).await;
        let Query(given) = read.map_err(|e| Refusal::bad("Query", format!("The query is ill-formed: {e}.")))?;
        let struck = parts.extensions.get::<Struck>().map_or(&[][..], |Struck(all)| all);
        let holding = struck.contains(&Kind::Premium);
        let short = struck.iter().filter_map(|kind| {
            let Kind::Short(items) = kind else { return None };
            Some(items.get() as usize)
        });
        let short = short.min().unwrap_or(usize::MAX);
        Ok(Self { given, holding, short, longest: site.longest_page as usize })
    }
}

impl Params {
    /// Refuses parameters that the resource does not have, and those passed twice.
    pub fn only(&self, known: &[&[&str]]) -> Result<(), Refusal> {
        for (i, (name, _)) in self.given.iter().enumerate() {
            if !known.iter().any(|k| k.contains(&name.as_str())) {
                return Err(Refusal::bad("Parameter-Unknown", format!("The parameter {name} is not known here.")));
            }
            if self.given.iter().take(i).any(|(n, _)| n == name) {
                return Err(Refusal::bad("Parameter-Twice", format!("The parameter {name} was passed in twice.")));
            }
        }
        Ok(())
    }
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// The value of a parameter that must be there.
    pub fn needed(&self, name: &str) -> Result<&str, Refusal> {
        let missing = || Refusal::bad("Parameter-Missing", format!("The parameter {name} must be passed in."));
        self.get(name).filter(|v| !v.is_empty()).ok_or_else(missing)
    }
    /// A parameter that is true or false.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::bad("Parameter", format!("The parameter {name} is true or false."))),
        }
    }
    /// The page that is asked for.
    pub fn page(&self) -> Result<Page, Refusal> {
        let number = |name: &str| {
            let wrong = || Refusal::bad("Parameter", format!("The parameter {name} is not a number that is taken."));
            let digits = self.needed(name)?;
            // Rust's reading would take a sign too.
            let number = digits.parse::<u32>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
            number.map(|n| n as usize).ok_or_else(wrong)
        };
        let mut page = Page { limit: number("limit")?, offset: number("offset")? };
        if page.limit == 0 || page.limit > self.longest {
            return Err(Refusal::bad("Parameter", format!("The parameter limit is 1 to {}.", self.longest)));
        }
        page.limit = page.limit.min(self.short);
        if self.holding {
            page.offset -= page.offset % page.limit;
        }
        Ok(page)
    }
    /// Whether the collection is turned round.
    pub fn descending(&self) -> Result<bool, Refusal> {
        Ok(self.flag("sortAscending")? == Some(false))
    }
    /// Whether the collection is sorted by update.
    pub fn by_update(&self) -> Result<bool, Refusal> {
        match self.get("sortBy") {
            None => Ok(false),
            Some("UPDATED_DATE") => Ok(true),
            Some(_) => Err(Refusal::bad("Parameter", "The parameter sortBy takes UPDATED_DATE.")),
        }
    }
    /// How a collection is wanted, with the name of what asks for what changed lately.
    pub fn wanted(&self, since: &str) -> Result<Wanted, Refusal> {
        // The records hold whole seconds: what changed within the asked one changed before it.
        let whole = |at: Timestamp| at.as_second() + i64::from(at.subsec_nanosecond() > 0);
        let since = self.time(since)?.map(whole);
        Ok(Wanted { by_update: self.by_update()?, descending: self.descending()?, since, only: None })
    }
    /// A parameter that is a time.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let wrong = |_| Refusal::bad("Parameter", format!("The parameter {name} is not a time with an offset."));
        self.get(name).map(str::parse::<Timestamp>).transpose().map_err(wrong)
    }
    /// The places of those whom the narrowing parameters name; none where they do not narrow.
    pub fn named(&self, world: &World) -> Option<Vec<u32>> {
        let by_id = self.get("employee").map(|id| world.people.place(id).into_iter().collect::<Vec<u32>>());
        let by_login = self.get("companyEmployeeId").map(|id| world.people.by_company_id(id));
        match (by_id, by_login) {
            (Some(one), Some(others)) => Some(one.into_iter().filter(|p| others.contains(p)).collect()),
            (one, others) => one.or(others),
        }
    }
    /// A line named by the parameter `service`.
    pub fn service(&self, world: &World) -> Result<Option<Arc<Service>>, Refusal> {
        self.known("service", |id| world.service(id))
    }
    /// What a parameter names; an unknown id is refused.
    pub fn known<T>(&self, name: &str, find: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(id) = self.get(name) else { return Ok(None) };
        let unknown =
            || Refusal::bad("Unknown-Id", format!("The parameter {name} names \"{id}\", which is not known."));
        find(id).map(Some).ok_or_else(unknown)
    }
}

/// A resource that is not there.
pub fn nothing(what: &str, id: &str) -> Refusal {
    Refusal::missing(format!("There is no {what} \"{id}\"."))
}
