//! The sandbox's faults: what may go wrong on purpose, how it is written, and when it strikes.

use std::str::FromStr;

use super::kinds::kind_of;
pub use super::kinds::{Clock, Kind, Shift};

const GRAMMAR: &str = "write a fault as [METHOD ]RESOURCE[@N]=KIND, for example \
`GET catalog/plans@2=status:500`; KIND is one of status:NNN, html:NNN, status-after:NNN, \
html-after:NNN, empty, cut[:BYTES], cut-head:BYTES, latency:MS, stall:SECS, hang, hang-before, drop, \
drop-before, taint, date:none, date:garbled, date:+SECS, date:-SECS, premium, refuse:PROPERTY[:message], \
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

/// A fault and the calls it strikes: `[METHOD ]RESOURCE[@N]=KIND`.
///
/// RESOURCE is the path after the base, `*` stands for one segment. `@N` strikes the N-th
/// matching call since the fault was set, without it every call is struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    method: Option<String>,
    path: Vec<String>,
    nth: Option<u64>,
    kind: Kind,
}

impl Fault {
    fn matches(&self, method: &str, path: &[&str]) -> bool {
        let wanted = self.method.as_deref();
        wanted.is_none_or(|m| m == method)
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
        let (path, nth) = match rest.split_once('@') {
            Some((path, n)) => {
                let n = n.parse::<u64>().ok().filter(|n| *n > 0);
                let n = n.ok_or_else(|| wrong("after \"@\" comes a number from 1"))?;
                (path, Some(n))
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
        Ok(Self { method, path, nth, kind })
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
    pub fn strike(&mut self, method: &str, path: &str) -> Vec<Kind> {
        let path: Vec<&str> = path.trim_matches('/').split('/').collect();
        let mut struck = Vec::new();
        for (fault, calls) in &mut self.0 {
            if fault.matches(method, &path) {
                *calls += 1;
                if fault.nth.is_none_or(|n| n == *calls) {
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
        assert!(faults.strike("GET", "/catalog/plans/1").is_empty());
        assert!(faults.strike("GET", "/catalog/plans").is_empty());
        assert!(faults.strike("POST", "/catalog/plans/1").is_empty());
        assert_eq!(faults.strike("GET", "/catalog/plans/2"), [Kind::Status(500)]);
        assert!(faults.strike("GET", "/catalog/plans/3").is_empty());
    }

    #[test]
    fn a_kind_of_orders_counts_only_their_posts() {
        let mut faults = Faults::default();
        faults.add("orders@1=refuse:CONTACT_NUMBER:Call: later".parse().unwrap());
        assert!(faults.strike("GET", "/orders").is_empty());
        let refused = Kind::Refuse("CONTACT_NUMBER".into(), Some("Call: later".into()));
        assert_eq!(faults.strike("POST", "/orders"), [refused]);
    }

    #[test]
    fn a_kind_of_lists_counts_only_their_reading() {
        let mut faults = Faults::default();
        faults.add("orders@1=shift:touch".parse().unwrap());
        faults.add("employees@1=premium".parse().unwrap());
        assert!(faults.strike("POST", "/orders").is_empty());
        assert_eq!(faults.strike("GET", "/orders"), [Kind::Shift(Shift::Touch)]);
        assert_eq!(faults.strike("GET", "/employees"), [Kind::Premium]);
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
            assert!(told.contains("[METHOD ]RESOURCE[@N]=KIND"), "{wrong}: {told}");
        }
    }
}
