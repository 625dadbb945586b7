//! The sandbox's faults: what may go wrong on purpose, how it is written, and when it strikes.

use std::str::FromStr;

const GRAMMAR: &str = "write a fault as [METHOD ]RESOURCE[@N]=KIND, for example \
`GET catalog/plans@2=status:500`; KIND is one of status:NNN, html:NNN, status-after:NNN, \
html-after:NNN, empty, cut[:BYTES], cut-head:BYTES, latency:MS, stall:SECS, hang, hang-before, drop, \
drop-before, date:none, date:garbled, date:+SECS, date:-SECS, premium, refuse:PROPERTY[:message], \
refuse-plain:message, change:PROPERTY=text, omit:PROPERTY, holder:EMPLOYEEID, ordered, number:TEXT, \
late:SECS, shift:add, shift:drop, shift:touch";
/// How far a clock may be off, in seconds: a hundred years.
const FARTHEST: i64 = 3_155_760_000;

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
    /// `cut[:BYTES]`: carried out, the reply's body ends in the middle or after so many bytes.
    Cut(Option<usize>),
    /// `cut-head:BYTES`: carried out, the reply ends after so many bytes of its head.
    CutHead(usize),
    /// `latency:MS`: waits before carrying it out.
    Latency(u64),
    /// `stall:SECS`: carried out, then holds the reply.
    Stall(u64),
    /// `hang`: carried out, then never answers.
    Hang,
    /// `hang-before`: never answers, and nothing done.
    HangBefore,
    /// `drop`: carried out, then hangs up without a reply.
    Drop,
    /// `drop-before`: hangs up, and nothing done.
    DropBefore,
    /// `date:…`: the reply's `Date`.
    Date(Clock),
    /// `premium`: a page is the one that holds the offset, not the one that starts there (WIRE 5).
    Premium,
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
    /// `late:SECS`: the placed order stands in lists only so much later.
    Late(u32),
    /// `shift:…`: the list changes under the one who pages through it.
    Shift(Shift),
}

/// What a reply's `Date` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `none`: it is missing.
    Missing,
    /// `garbled`: it is no date.
    Garbled,
    /// `+SECS`, `-SECS`: so many seconds too much or too little.
    Off(i64),
}

/// How a list changes just before a page of it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// `add`: an order of somebody else comes.
    Add,
    /// `drop`: the oldest listed order that was not placed here goes.
    Drop,
    /// `touch`: the order that changed longest ago changes now.
    Touch,
}

/// Which calls a kind means something for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Every call.
    Every,
    /// Reading.
    Reading,
    /// The list of orders.
    Listing,
    /// Ordering.
    Ordering,
}

impl Scope {
    /// The only method there is.
    fn method(self) -> Option<&'static str> {
        match self {
            Self::Every => None,
            Self::Reading | Self::Listing => Some("GET"),
            Self::Ordering => Some("POST"),
        }
    }
    /// Why it strikes nothing there.
    fn wrong(self, method: Option<&str>, path: &[String]) -> Option<&'static str> {
        let other = method.is_some_and(|m| self.method().is_some_and(|only| only != m));
        match self {
            Self::Every => None,
            Self::Reading => other.then_some("this kind strikes only GET"),
            Self::Listing => (other || path != ["orders"]).then_some("this kind strikes only GET orders"),
            Self::Ordering => (other || path != ["orders"]).then_some("this kind strikes only POST orders"),
        }
    }
}

impl Kind {
    fn scope(&self) -> Scope {
        match self {
            Self::Refuse(..)
            | Self::RefusePlain(_)
            | Self::Change(..)
            | Self::Omit(_)
            | Self::Holder(_)
            | Self::Ordered
            | Self::Number(_)
            | Self::Late(_) => Scope::Ordering,
            Self::Shift(_) => Scope::Listing,
            Self::Premium => Scope::Reading,
            Self::Status(_)
            | Self::Html(_)
            | Self::StatusAfter(_)
            | Self::HtmlAfter(_)
            | Self::Empty
            | Self::Cut(_)
            | Self::CutHead(_)
            | Self::Latency(_)
            | Self::Stall(_)
            | Self::Hang
            | Self::HangBefore
            | Self::Drop
            | Self::DropBefore
            | Self::Date(_) => Scope::Every,
        }
    }
}

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

/// What stands after a kind's name.
struct Rest<'t> {
    name: &'t str,
    text: &'t str,
}

impl Rest<'_> {
    fn status(&self) -> Result<u16, String> {
        let n = self.text.parse::<u16>().ok().filter(|n| (200..600).contains(n));
        n.ok_or_else(|| format!("{name} needs a status, as {name}:503", name = self.name))
    }
    fn number<N: FromStr>(&self) -> Result<N, String> {
        let n = self.text.parse::<N>();
        n.map_err(|_| format!("{name} needs a whole number, as {name}:3", name = self.name))
    }
    fn words(&self) -> Result<String, String> {
        match self.text {
            "" => Err(format!("{name} needs a text, as {name}:TEXT", name = self.name)),
            some => Ok(some.to_owned()),
        }
    }
    fn bare(&self, kind: Kind) -> Result<Kind, String> {
        match self.text {
            "" => Ok(kind),
            _ => Err(format!("{} takes nothing after it", self.name)),
        }
    }
    fn clock(&self) -> Result<Clock, String> {
        match self.text {
            "none" => Ok(Clock::Missing),
            "garbled" => Ok(Clock::Garbled),
            off => {
                let signed = off.starts_with(['+', '-']).then(|| off.parse::<i64>().ok()).flatten();
                let near = signed.filter(|n| (-FARTHEST..=FARTHEST).contains(n));
                near.map(Clock::Off).ok_or_else(|| "date needs none, garbled, or seconds, as date:+90".into())
            }
        }
    }
    fn shift(&self) -> Result<Shift, String> {
        match self.text {
            "add" => Ok(Shift::Add),
            "drop" => Ok(Shift::Drop),
            "touch" => Ok(Shift::Touch),
            _ => Err("shift needs add, drop or touch".into()),
        }
    }
    fn cut(&self) -> Result<Option<usize>, String> {
        if self.text.is_empty() { Ok(None) } else { self.number().map(Some) }
    }
    fn refusal(&self) -> Result<Kind, String> {
        let words = self.words()?;
        Ok(match words.split_once(':') {
            Some((id, message)) => Kind::Refuse(id.to_owned(), Some(message.to_owned())),
            None => Kind::Refuse(words, None),
        })
    }
    fn change(&self) -> Result<Kind, String> {
        match self.text.split_once('=') {
            Some((id, text)) if !id.is_empty() => Ok(Kind::Change(id.into(), text.into())),
            Some(_) | None => Err("change needs a property and a text, as change:ID=text".into()),
        }
    }
}

fn kind_of(text: &str) -> Result<Kind, String> {
    let (name, text) = text.split_once(':').unwrap_or((text, ""));
    let rest = Rest { name, text };
    match name {
        "status" => rest.status().map(Kind::Status),
        "html" => rest.status().map(Kind::Html),
        "status-after" => rest.status().map(Kind::StatusAfter),
        "html-after" => rest.status().map(Kind::HtmlAfter),
        "empty" => rest.bare(Kind::Empty),
        "cut" => rest.cut().map(Kind::Cut),
        "cut-head" => rest.number().map(Kind::CutHead),
        "latency" => rest.number().map(Kind::Latency),
        "stall" => rest.number().map(Kind::Stall),
        "hang" => rest.bare(Kind::Hang),
        "hang-before" => rest.bare(Kind::HangBefore),
        "drop" => rest.bare(Kind::Drop),
        "drop-before" => rest.bare(Kind::DropBefore),
        "date" => rest.clock().map(Kind::Date),
        "premium" => rest.bare(Kind::Premium),
        "refuse" => rest.refusal(),
        "refuse-plain" => rest.words().map(Kind::RefusePlain),
        "change" => rest.change(),
        "omit" => rest.words().map(Kind::Omit),
        "holder" => rest.words().map(Kind::Holder),
        "ordered" => rest.bare(Kind::Ordered),
        "number" => rest.words().map(Kind::Number),
        "late" => rest.number().map(Kind::Late),
        "shift" => rest.shift().map(Kind::Shift),
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
    fn a_kind_of_lists_counts_only_their_reading() {
        let mut faults = Faults::default();
        faults.add("orders@1=shift:touch".parse().unwrap());
        faults.add("employees@1=premium".parse().unwrap());
        assert!(faults.strike("POST", "/orders").is_empty());
        assert_eq!(faults.strike("GET", "/orders"), [Kind::Shift(Shift::Touch)]);
        assert_eq!(faults.strike("GET", "/employees"), [Kind::Premium]);
    }

    #[test]
    fn a_clock_is_off_by_a_signed_number() {
        for (text, kind) in [
            ("date:none", Clock::Missing),
            ("date:garbled", Clock::Garbled),
            ("date:+90", Clock::Off(90)),
            ("date:-315360000", Clock::Off(-315_360_000)),
        ] {
            assert_eq!(kind_of(text), Ok(Kind::Date(kind)));
        }
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
        ] {
            let told = wrong.parse::<Fault>().unwrap_err();
            assert!(told.contains("[METHOD ]RESOURCE[@N]=KIND"), "{wrong}: {told}");
        }
    }
}
