//! The sandbox's faults: what may go wrong on purpose, how it is written, and when it strikes.

use std::str::FromStr;

use super::kinds::kind_of;
pub use super::kinds::{Clock, Kind, Shift};

const GRAMMAR: &str = "write a fault as [METHOD ]RESOURCE[#PAGE][@N]=KIND, for example \
`GET catalog/plans@2=status:500`; @N.. is every call from the N-th on, @/N every N-th; KIND is one of status:NNN, html:NNN, status-after:NNN, \
html-after:NNN, empty, cut[:BYTES], cut-head:BYTES, latency:MS, stall:SECS, hang, hang-before, drop, \
drop-before, taint, date:none, date:garbled, date:+SECS, date:-SECS, premium, short:N, refuse:PROPERTY[:message], \
refuse-plain:message, change:PROPERTY=text, omit:PROPERTY, holder:EMPLOYEEID, ordered, number:TEXT, \
late:SECS, shift:add, shift:drop, shift:touch, retry-after:SECS, expire, sign-out, grant:CODE";

/// How the list changes, of all that strikes.
pub fn shifts(struck: &[Kind]) -> Vec<Shift> {
    let shift = |k: &Kind| {
        let Kind::Shift(shift) = k else { return None };
        Some(*shift)
    };
    struck.iter().filter_map(shift).collect()
}

/// Which of the matching calls are struck, counted since the fault was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nth {
    /// All of them.
    All,
    /// `@N`: the N-th.
    Only(u64),
    /// `@N..`: the N-th and all after it.
    From(u64),
    /// `@/N`: every N-th.
    Each(u64),
}

impl Nth {
    fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|n| *n > 0);
        if let Some(each) = text.strip_prefix('/') {
            return number(each).map(Self::Each);
        }
        text.strip_suffix("..").map_or_else(|| number(text).map(Self::Only), |from| number(from).map(Self::From))
    }
    fn strikes(self, call: u64) -> bool {
        match self {
            Self::All => true,
            Self::Only(n) => call == n,
            Self::From(n) => call >= n,
            Self::Each(n) => call.is_multiple_of(n),
        }
    }
}

/// Which page of a list a query asks for, counted from 1.
fn page_of(query: &str) -> Option<u64> {
    let value = |name: &str| {
        let mut members = query.split('&').filter_map(|pair| pair.split_once('='));
        members.find(|(n, _)| *n == name).and_then(|(_, value)| value.parse::<u64>().ok())
    };
    Some(value("offset")?.checked_div(value("limit")?)? + 1)
}

/// A fault and the calls it strikes: `[METHOD ]RESOURCE[#PAGE][@N]=KIND`.
///
/// RESOURCE is the path after the base, `*` stands for one segment. `#PAGE` matches only the calls for that page of a list,
/// counted from 1. `@N` strikes the N-th matching call since the fault was set, `@N..` that and all after it, `@/N` every
/// N-th; without it every matching call is struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    method: Option<String>,
    path: Vec<String>,
    page: Option<u64>,
    nth: Nth,
    kind: Kind,
}

impl Fault {
    fn matches(&self, method: &str, path: &[&str], page: Option<u64>) -> bool {
        let wanted = self.method.as_deref();
        wanted.is_none_or(|m| m == method)
            && (self.page.is_none() || self.page == page)
            && self.path.len() == path.len()
            && self.path.iter().zip(path).all(|(w, p)| w == "*" || w == p)
    }
}

impl FromStr for Fault {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("\"{text}\": {why}; {GRAMMAR}.");
        let (calls, kind) = text.split_once('=').ok_or_else(|| wrong("there is no \"=\""))?;
        let kind = kind_of(kind).map_err(|why| wrong(&why))?;
        let (method, rest) = match calls.trim().split_once(' ') {
            Some((method, rest)) => (Some(method.to_ascii_uppercase()), rest.trim()),
            None => (None, calls.trim()),
        };
        let (rest, nth) = match rest.split_once('@') {
            Some((rest, n)) => (rest, Nth::read(n).ok_or_else(|| wrong("after \"@\" comes a number from 1"))?),
            None => (rest, Nth::All),
        };
        let (path, page) = match rest.split_once('#') {
            Some((path, n)) => {
                let n = n.parse::<u64>().ok().filter(|n| *n > 0);
                (path, Some(n.ok_or_else(|| wrong("after \"#\" comes the number of a page, from 1"))?))
            }
            None => (rest, None),
        };
        let path: Vec<String> = path.trim_matches('/').split('/').map(Into::into).collect();
        if path.iter().any(|p| p.is_empty() || p.contains(' ')) {
            return Err(wrong("the resource is missing or has an empty part"));
        }
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
        if method.as_deref().is_some_and(|m| !methods.contains(&m)) {
            return Err(wrong("the method is none of HTTP's"));
        }
        let scope = kind.scope();
        if let Some(why) = scope.wrong(method.as_deref(), &path) {
            return Err(wrong(why));
        }
        let method = method.or_else(|| scope.method().map(str::to_owned));
        Ok(Self { method, path, page, nth, kind })
    }
}

/// The faults that are set, each with the calls it has matched.
#[derive(Debug, Default)]
pub struct Faults(Vec<(Fault, u64)>);

impl Faults {
    /// Sets one.
    pub fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }
    /// Takes all away.
    pub fn clear(&mut self) {
        self.0.clear();
    }
    /// Counts a call, and tells what strikes it.
    pub fn strike(&mut self, method: &str, path: &str, query: &str) -> Vec<Kind> {
        let page = page_of(query);
        let path: Vec<&str> = path.trim_matches('/').split('/').collect();
        let mut struck = Vec::new();
        for (fault, calls) in &mut self.0 {
            if fault.matches(method, &path, page) {
                *calls += 1;
                if fault.nth.strikes(*calls) {
                    struck.push(fault.kind.clone());
                }
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_the_call_it_counts_to() {
        let mut faults = Faults::default();
        faults.add("GET catalog/plans/*@2=status:500".parse().unwrap());
        assert!(faults.strike("GET", "/catalog/plans/1", "").is_empty());
        assert!(faults.strike("GET", "/catalog/plans", "").is_empty());
        assert!(faults.strike("POST", "/catalog/plans/1", "").is_empty());
        assert_eq!(faults.strike("GET", "/catalog/plans/2", ""), [Kind::Status(500)]);
        assert!(faults.strike("GET", "/catalog/plans/3", "").is_empty());
    }

    #[test]
    fn a_fault_strikes_from_a_call_on_every_so_many_calls_or_one_page() {
        let struck = |fault: &str, queries: &[&str]| -> Vec<usize> {
            let mut faults = Faults::default();
            faults.add(fault.parse().unwrap());
            let mut strike = |query: &str| faults.strike("GET", "/employees", query).len();
            queries.iter().map(|query| strike(query)).collect()
        };
        assert_eq!(struck("employees@3..=drop", &[""; 5]), [0, 0, 1, 1, 1]);
        assert_eq!(struck("employees@/2=shift:add", &[""; 5]), [0, 1, 0, 1, 0]);
        let pages = [
            "limit=10&offset=0",
            "offset=20&limit=10",
            "limit=10&offset=29",
            "limit=10&offset=30",
            "limit=0&offset=20",
        ];
        assert_eq!(struck("employees#3=status:503", &pages), [0, 1, 1, 0, 0]);
        assert_eq!(struck("employees#3@2=status:503", &pages), [0, 0, 1, 0, 0]);
        assert_eq!(struck("employees#1=status:503", &["", "limit=10", "limit=x&offset=0"]), [0, 0, 0]);
    }

    #[test]
    fn a_kind_of_orders_counts_only_their_posts() {
        let mut faults = Faults::default();
        faults.add("orders@1=refuse:CONTACT_NUMBER:Call: later".parse().unwrap());
        assert!(faults.strike("GET", "/orders", "").is_empty());
        let refused = Kind::Refuse("CONTACT_NUMBER".into(), Some("Call: later".into()));
        assert_eq!(faults.strike("POST", "/orders", ""), [refused]);
    }

    #[test]
    fn a_kind_of_lists_counts_only_their_reading() {
        let mut faults = Faults::default();
        faults.add("orders@1=shift:touch".parse().unwrap());
        faults.add("employees@1=premium".parse().unwrap());
        assert!(faults.strike("POST", "/orders", "").is_empty());
        assert_eq!(faults.strike("GET", "/orders", ""), [Kind::Shift(Shift::Touch)]);
        assert_eq!(faults.strike("GET", "/employees", ""), [Kind::Premium]);
    }

    #[test]
    fn a_wrong_fault_is_told_with_the_grammar() {
        for wrong in [
            "",
            "orders",
            "orders=",
            "orders=nonsense",
            "orders@0=drop",
            "orders@x=drop",
            "orders@..=drop",
            "orders@/0=drop",
            "orders#0=drop",
            "orders#=drop",
            "orders=short:0",
            "POST orders=short:5",
            "POST employees=shift:add",
            "=drop",
            "FETCH orders=drop",
            "orders=status:abc",
            "orders=status:99",
            "orders=cut:x",
            "orders=cut-head",
            "orders=hang:1",
            "orders=date",
            "orders=date:60",
            "orders=date:+",
            "orders=date:+99999999999",
            "POST orders=premium",
            "orders=late",
            "GET orders=late:1",
            "orders=late:4294967296",
            "orders=shift:away",
            "POST orders=shift:add",
            "me=shift:add",
            "orders=change:X",
            "GET orders=ordered",
            "me=omit:X",
            "orders=latency:-1",
            "orders=retry-after:soon",
            "orders=grant:invalid_grant",
            "GET token=grant:invalid_grant",
            "token=grant:nonsense",
            "me=expire:1",
        ] {
            let told = wrong.parse::<Fault>().unwrap_err();
            assert!(told.contains("[METHOD ]RESOURCE[#PAGE][@N]=KIND"), "{wrong}: {told}");
        }
    }
}
