//! What a reply to `POST /orders` means for the order. Only positive evidence makes an order; what is not certain is
//! unknown, and an unknown one is never sent again. Pure.

use std::time::Duration;

use super::fault::Fault;
use super::ids::OrderNumber;
use super::reply::{self, Resolved, ServerError};
use super::text::{Body, Clean};

/// The outcome of sending an order.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It was placed; the order has an id.
    Accepted(Box<Resolved>),
    /// The server refused it and says why; nothing was placed.
    Rejected(Vec<ServerError>),
    /// It never left: nothing reached the server.
    NotSent(Fault),
    /// It was turned away before it was looked at (401, 429); how long the server wants to be left alone.
    NotApplied(Fault, Option<Duration>),
    /// It may have been placed.
    Unknown(Clean),
}

impl Verdict {
    /// The same without secrets, should the server repeat one.
    #[must_use]
    pub fn without(self, secrets: &[String]) -> Self {
        match self {
            Self::Rejected(errors) => {
                let without = |e: ServerError| e.without(secrets.iter().map(String::as_str));
                Self::Rejected(errors.into_iter().map(without).collect())
            }
            Self::Unknown(why) => {
                let hidden =
                    secrets.iter().fold(why.to_string(), |text, s| text.replace(s.as_str(), super::field::MASK));
                Self::Unknown(Clean::new(&hidden))
            }
            other @ (Self::Accepted(_) | Self::NotSent(_) | Self::NotApplied(..)) => other,
        }
    }
}

/// The outcome of asking for a confirmation.
#[derive(Clone, Debug, PartialEq)]
pub enum Confirmed {
    /// Nothing is ordered; this is how the server read it.
    Confirmed(Box<Resolved>),
    /// The server answered with an order: it **has** ordered (WIRE 7).
    Ordered(Box<Resolved>),
    /// The server ordered something under another number.
    OrderedOther(Clean),
}

/// Reads the reply to a submission.
#[must_use]
pub fn verdict(number: &OrderNumber, status: u16, body: Result<&Body, &str>) -> Verdict {
    let odd = |why: &str| Verdict::Unknown(Clean::new(&format!("the server answered with {status}, and {why}")));
    let body = match body {
        Ok(body) => body,
        Err(why) => return with_no_body(status, why),
    };
    if let Some(order) = Resolved::order(body.view()) {
        return match order.echoes(number) {
            Some(true) => Verdict::Accepted(Box::new(order)),
            None if (200..300).contains(&status) => Verdict::Accepted(Box::new(order)),
            Some(false) => odd(&format!("the order in it has another number, {}", order.number_shown())),
            None => odd("the order in it has no number"),
        };
    }
    if body.view().holds("orderId") {
        return odd("there is an order id in it that cannot be read as ours");
    }
    // A refusal says ERROR or is an envelope; a list of words alone, beside any status, refuses nothing for sure.
    let refusal = reply::errors(body.view(), false);
    match status {
        401 | 429 => {
            Fault::of_reply(status, Ok(body)).map_or_else(|| odd("nothing more"), |f| Verdict::NotApplied(f, None))
        }
        200..=299 | 400 | 403 | 404 if !refusal.is_empty() => Verdict::Rejected(refusal),
        _ => match reply::errors(body.view(), status >= 300).first() {
            Some(error) => odd(&format!("says {}", error.spoken())),
            None => odd("neither an order nor a reason is in it"),
        },
    }
}

fn with_no_body(status: u16, why: &str) -> Verdict {
    match status {
        401 => Verdict::NotApplied(Fault::NotSignedIn(Vec::new()), None),
        429 => Verdict::NotApplied(Fault::TooMany, None),
        _ => Verdict::Unknown(Clean::new(&format!("the server answered with {status}, and {why}"))),
    }
}

/// Reads the reply to a confirmation.
///
/// # Errors
/// What the server refused or what went wrong; nothing was ordered.
pub fn confirmed(number: &OrderNumber, status: u16, body: Result<&Body, &str>) -> Result<Confirmed, Fault> {
    if let Some(order) = body.ok().and_then(|b| Resolved::order(b.view())) {
        return Ok(match order.echoes(number) {
            Some(false) => {
                Confirmed::OrderedOther(order.order_id.as_ref().map(|i| Clean::new(i.as_str())).unwrap_or_default())
            }
            Some(true) | None => Confirmed::Ordered(Box::new(order)),
        });
    }
    if body.is_ok_and(|b| b.view().holds("orderId")) {
        return Ok(Confirmed::OrderedOther("that cannot be read".into()));
    }
    if let Some(fault) = Fault::of_reply(status, body) {
        return Err(fault);
    }
    let read = body.ok().and_then(|b| Resolved::confirmation(b.view()));
    read.map(|r| Confirmed::Confirmed(Box::new(r)))
        .ok_or(Fault::Garbled { why: Clean::new("there is no confirmation in it") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(status: u16, body: Result<serde_json::Value, &str>) -> &'static str {
        let number = OrderNumber::from_random(7);
        let body = body.map(|mut b| {
            if b.pointer("/order/externalOrderNumber") == Some(&json!("OURS")) {
                b["order"]["externalOrderNumber"] = json!(number.as_str());
            }
            Body::from(b)
        });
        match verdict(&number, status, body.as_ref().map_err(|e| *e)) {
            Verdict::Accepted(_) => "accepted",
            Verdict::Rejected(_) => "rejected",
            Verdict::NotSent(_) => "not sent",
            Verdict::NotApplied(..) => "not applied",
            Verdict::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn each_observation_has_its_verdict() {
        let ours = || Ok(json!({"order": {"orderId": "1", "externalOrderNumber": "OURS"}, "status": "SUCCESS"}));
        let error = || Ok(json!({"errorCode": "X", "message": "m", "id": "i", "status": 400}));
        let listed = || Ok(json!({"status": "ERROR", "errors": ["m"]}));
        for (status, body, wanted) in [
            (200, ours(), "accepted"),
            (500, ours(), "accepted"),
            (200, Ok(json!({"order": {"orderId": "1"}})), "accepted"),
            (500, Ok(json!({"order": {"orderId": "1"}})), "unknown"),
            (200, Ok(json!({"order": {"orderId": "1", "externalOrderNumber": "ANOTHER"}})), "unknown"),
            (200, Ok(json!({"deep": [{"orderId": "1"}]})), "unknown"),
            (200, listed(), "rejected"),
            (400, error(), "rejected"),
            (403, error(), "rejected"),
            (404, listed(), "rejected"),
            (400, Ok(json!({})), "unknown"),
            (401, error(), "not applied"),
            (401, Err("empty"), "not applied"),
            (429, error(), "not applied"),
            (500, error(), "unknown"),
            (502, Err("a web page came back"), "unknown"),
            (409, error(), "unknown"),
            (302, Err("empty"), "unknown"),
            (200, Err("ends in the middle"), "unknown"),
            (200, Ok(json!({"status": "SUCCESS"})), "unknown"),
            (200, Ok(json!({"status": "SUCCESS", "messages": ["Your order has been queued"]})), "unknown"),
            (200, Ok(json!({"errorCode": "X", "message": "m"})), "rejected"),
            (400, Ok(json!({"errors": ["m"]})), "unknown"),
            (400, Ok(json!({"status": "SUCCESS", "messages": ["Your order has been queued"]})), "unknown"),
        ] {
            assert_eq!(read(status, body.clone()), wanted, "{status} {body:?}");
        }
    }
    #[test]
    fn a_confirmation_that_answers_with_an_order_has_ordered() {
        let number = OrderNumber::from_random(7);
        let body = Body::from(json!({"order": {"orderId": "9", "externalOrderNumber": number.as_str()}}));
        assert!(
            matches!(confirmed(&number, 200, Ok(&body)), Ok(Confirmed::Ordered(o)) if o.order_id.as_ref().unwrap().as_str() == "9")
        );
        for hidden in [json!({"data": {"order": {"orderId": "9"}}}), json!({"orderConfirmation": {"orderId": "9"}})] {
            assert!(matches!(confirmed(&number, 200, Ok(&Body::from(hidden))), Ok(Confirmed::OrderedOther(_))));
        }
        let none = Body::from(json!({"status": "SUCCESS"}));
        assert!(matches!(confirmed(&number, 200, Ok(&none)), Err(Fault::Garbled { .. })));
    }
}
