//! The kinds of the sandbox's faults: what each does, how it is written, and which calls it means something for.

use std::num::NonZeroU32;
use std::str::FromStr;

use super::signing::CODES;

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
    /// `taint`: carried out, and every text of the reply that is there to be read ends in what a terminal would obey.
    Taint,
    /// `date:…`: the reply's `Date`.
    Date(Clock),
    /// `premium`: a page is the one that holds the offset, not the one that starts there (WIRE 5).
    Premium,
    /// `short:N`: a page holds at most so many items, whatever is asked for.
    Short(NonZeroU32),
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
    /// `expire`: just before the call every access token that was issued ends.
    Expire,
    /// `sign-out`: the same, and every refresh token too.
    SignOut,
    /// `grant:CODE`: the token endpoint refuses with that code of OAuth's, and nothing is done.
    Grant(&'static str),
    /// `retry-after:SECS`: the reply has that header.
    RetryAfter(u32),
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
    /// `add`: an order of somebody else, or another employee, comes.
    Add,
    /// `drop`: the oldest listed order that was not placed here goes, or the first listed employee but the signed-in one.
    Drop,
    /// `touch`: the order or the employee that changed longest ago changes now.
    Touch,
}

/// Which calls a kind means something for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every call.
    Every,
    /// Reading.
    Reading,
    /// The lists of orders and of employees.
    Listing,
    /// Ordering.
    Ordering,
    /// Signing in.
    Signing,
}

impl Scope {
    /// The only method there is.
    pub fn method(self) -> Option<&'static str> {
        match self {
            Self::Every => None,
            Self::Reading | Self::Listing => Some("GET"),
            Self::Ordering | Self::Signing => Some("POST"),
        }
    }
    /// Why it strikes nothing there.
    pub fn wrong(self, method: Option<&str>, path: &[String]) -> Option<&'static str> {
        let other = method.is_some_and(|m| self.method().is_some_and(|only| only != m));
        match self {
            Self::Every => None,
            Self::Reading => other.then_some("this kind strikes only GET"),
            Self::Listing => {
                let list = path == ["orders"] || path == ["employees"];
                (other || !list).then_some("this kind strikes only GET orders and GET employees")
            }
            Self::Ordering => (other || path != ["orders"]).then_some("this kind strikes only POST orders"),
            Self::Signing => (other || path != ["token"]).then_some("this kind strikes only POST token"),
        }
    }
}

impl Kind {
    /// Which calls it means something for.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Refuse(..)
            | Self::RefusePlain(_)
            | Self::Change(..)
            | Self::Omit(_)
            | Self::Holder(_)
            | Self::Ordered
            | Self::Number(_)
            | Self::Late(_) => Scope::Ordering,
            Self::Grant(_) => Scope::Signing,
            Self::Shift(_) => Scope::Listing,
            Self::Premium | Self::Short(_) => Scope::Reading,
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
            | Self::Taint
            | Self::Date(_)
            | Self::Expire
            | Self::SignOut
            | Self::RetryAfter(_) => Scope::Every,
        }
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
    fn grant(&self) -> Result<Kind, String> {
        let code = CODES.iter().find(|c| **c == self.text);
        code.map(|c| Kind::Grant(c)).ok_or_else(|| format!("grant needs one of {}", CODES.join(", ")))
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

/// A kind from its text.
///
/// # Errors
/// What is wrong with it.
pub fn kind_of(text: &str) -> Result<Kind, String> {
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
        "taint" => rest.bare(Kind::Taint),
        "date" => rest.clock().map(Kind::Date),
        "premium" => rest.bare(Kind::Premium),
        "short" => rest.number().map(Kind::Short),
        "refuse" => rest.refusal(),
        "refuse-plain" => rest.words().map(Kind::RefusePlain),
        "change" => rest.change(),
        "omit" => rest.words().map(Kind::Omit),
        "holder" => rest.words().map(Kind::Holder),
        "ordered" => rest.bare(Kind::Ordered),
        "number" => rest.words().map(Kind::Number),
        "late" => rest.number().map(Kind::Late),
        "shift" => rest.shift().map(Kind::Shift),
        "expire" => rest.bare(Kind::Expire),
        "sign-out" => rest.bare(Kind::SignOut),
        "grant" => rest.grant(),
        "retry-after" => rest.number().map(Kind::RetryAfter),
        _ => Err(format!("\"{name}\" is no kind of fault")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
