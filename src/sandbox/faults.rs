//! The sandbox's faults: what may go wrong on purpose, how it is written, and when it strikes.

use std::str::FromStr;

const GRAMMAR: &str = "write a fault as [METHOD ]RESOURCE[@N]=KIND, for example \
`GET catalog/plans@2=status:500`; KIND is one of status:NNN, html:NNN, status-after:NNN, \
html-after:NNN, empty, cut, latency:MS, stall:SECS, drop, drop-before, refuse:PROPERTY[:message], \
refuse-plain:message, change:PROPERTY=text, omit:PROPERTY, holder:EMPLOYEEID, ordered, number:TEXT";

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `status:NNN`: an error in the published form, and nothing done.
    Status(u16),
    /// `html:NNN`: a gateway's page, and nothing done.
    Html(u16),
    /// `status-after:NNN`: the error form, although the request was carried out.
    StatusAfter(u16),
    /// `html-after:NNN`: a gateway's page, although the request was carried out.
    HtmlAfter(u16),
    /// `empty`: carried out, answered 200 without a body.
    Empty,
    /// `cut`: carried out, the reply ends in the middle.
    Cut,
    /// `latency:MS`: waits before carrying it out.
    Latency(u64),
    /// `stall:SECS`: carried out, then holds the reply.
    Stall(u64),
    /// `drop`: carried out, then hangs up without a reply.
    Drop,
    /// `drop-before`: hangs up, and nothing done.
    DropBefore,
    /// `refuse:PROPERTY[:message]`: refuses the order, naming the property.
    Refuse(String, Option<String>),
    /// `refuse-plain:message`: refuses the order, naming nothing.
    RefusePlain(String),
    /// `change:PROPERTY=text`: replies show another text, date or choice.
    Change(String, String),
    /// `omit:PROPERTY`: replies leave the property out.
    Omit(String),
    /// `holder:EMPLOYEEID`: confirmations name another account holder.
    Holder(String),
    /// `ordered`: a confirmation request places the order.
    Ordered,
    /// `number:TEXT`: the order's number comes back as another.
    Number(String),
}

impl Kind {
    /// Whether it means something for `POST /orders` alone.
    fn of_orders(&self) -> bool {
        match self {
            Self::Refuse(..)
            | Self::RefusePlain(_)
            | Self::Change(..)
            | Self::Omit(_)
            | Self::Holder(_)
            | Self::Ordered
            | Self::Number(_) => true,
            Self::Status(_)
            | Self::Html(_)
            | Self::StatusAfter(_)
            | Self::HtmlAfter(_)
            | Self::Empty
            | Self::Cut
            | Self::Latency(_)
            | Self::Stall(_)
            | Self::Drop
            | Self::DropBefore => false,
        }
    }
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
        if kind.of_orders() && (path != ["orders"] || method.as_deref().is_some_and(|m| m != "POST")) {
            return Err(wrong("this kind strikes only POST orders"));
        }
        let method = method.or_else(|| kind.of_orders().then(|| "POST".to_owned()));
        Ok(Self { method, path, nth, kind })
    }
}

fn kind_of(text: &str) -> Result<Kind, String> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let status = || {
        let n = rest.parse::<u16>().ok().filter(|n| (200..600).contains(n));
        n.ok_or_else(|| format!("{name} needs a status, as {name}:503"))
    };
    let number = || {
        let n = rest.parse::<u64>();
        n.map_err(|_| format!("{name} needs a whole number, as {name}:3"))
    };
    let words = || match rest {
        "" => Err(format!("{name} needs a text, as {name}:TEXT")),
        some => Ok(some.to_owned()),
    };
    let bare = |kind: Kind| match rest {
        "" => Ok(kind),
        _ => Err(format!("{name} takes nothing after it")),
    };
    match name {
        "status" => status().map(Kind::Status),
        "html" => status().map(Kind::Html),
        "status-after" => status().map(Kind::StatusAfter),
        "html-after" => status().map(Kind::HtmlAfter),
        "empty" => bare(Kind::Empty),
        "cut" => bare(Kind::Cut),
        "latency" => number().map(Kind::Latency),
        "stall" => number().map(Kind::Stall),
        "drop" => bare(Kind::Drop),
        "drop-before" => bare(Kind::DropBefore),
        "refuse" => words().map(|w| match w.split_once(':') {
            Some((id, message)) => Kind::Refuse(id.to_owned(), Some(message.to_owned())),
            None => Kind::Refuse(w, None),
        }),
        "refuse-plain" => words().map(Kind::RefusePlain),
        "change" => match rest.split_once('=') {
            Some((id, text)) if !id.is_empty() => Ok(Kind::Change(id.into(), text.into())),
            Some(_) | None => Err("change needs a property and a text, as change:ID=text".into()),
        },
        "omit" => words().map(Kind::Omit),
        "holder" => words().map(Kind::Holder),
        "ordered" => bare(Kind::Ordered),
        "number" => words().map(Kind::Number),
        _ => Err(format!("\"{name}\" is no kind of fault")),
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
            "orders=cut:1",
            "orders=change:X",
            "GET orders=ordered",
            "me=omit:X",
            "orders=latency:-1",
        ] {
            let told = wrong.parse::<Fault>().unwrap_err();
            assert!(told.contains("[METHOD ]RESOURCE[@N]=KIND"), "{wrong}: {told}");
        }
    }
}
