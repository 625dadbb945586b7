//! The only `POST /orders` of the program: confirmations, which order nothing, and submissions, which are sent once.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder};
use secrecy::SecretString;

use super::call::Purpose;
use super::{Api, Whose, correlation};
use crate::domain::attempt::{self, Confirmed, Verdict};
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderNumber};
use crate::domain::lookups::Query;
use crate::domain::reply::Resolved;
use crate::domain::text::Clean;
use crate::profile::ConfirmParameter;

/// An order on its way: its number is the ACTIVITYID of its calls, and the body goes out as it is.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// `externalOrderNumber`.
    pub number: &'a OrderNumber,
    /// The actor's platform id.
    pub actor: Option<&'a Id>,
    /// CORRELATIONID of this call.
    pub correlation: &'a str,
    /// The bytes to send (WIRE 7).
    pub body: &'a [u8],
}

impl<'a> Sending<'a> {
    fn whose(&self, token: &'a SecretString) -> Whose<'a> {
        Whose { actor: self.actor, activity: self.number, token, correlation: self.correlation }
    }
}

/// What a submission needs, made ready before it is written down that it is sent.
pub struct Ready {
    client: Client,
    token: SecretString,
}

/// What came of a submission.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it means.
    pub verdict: Verdict,
    /// HTTP status, where one came.
    pub status: Option<u16>,
    /// The server's clock, where it says.
    pub date: Option<Timestamp>,
}

impl Api {
    /// Asks the server how it reads the order; nothing is ordered. A correlation id of its own names each call.
    ///
    /// # Errors
    /// What the server refused or what went wrong.
    pub async fn confirm(&self, order: &Sending<'_>) -> Result<(Confirmed, Option<Timestamp>), Fault> {
        let mut refused = None;
        loop {
            let own = correlation();
            let (token, correlation) = match &refused {
                None => (self.token.get(self).await?, order.correlation),
                Some(refused) => (self.token.other_than(self, refused).await?, own.as_str()),
            };
            let sending = Sending { correlation, ..*order };
            let client = self.clients.orders(&self.base).await?;
            let request = self.orders(client, &sending, &token).query(self.parameters());
            let limit = self.clients.limits.confirming;
            let going = self.going(Purpose::Confirm, (request, limit), "/orders", sending.whose(&token));
            let reply = self.call(going).await.map_err(|lost| lost.fault)?;
            match attempt::confirmed(order.number, reply.head.status, reply.body()) {
                Err(Fault::NotSignedIn(_)) if self.token.renewable() && refused.is_none() && reply.plain() => {
                    refused = Some(token);
                }
                Ok(Confirmed::Confirmed(_)) if !reply.head.json => {
                    return Err(Fault::Garbled { why: Clean::new("what came back is not called JSON") });
                }
                other => return other.map(|confirmed| (confirmed, reply.head.date)),
            }
        }
    }

    /// Makes ready what a submission needs, so that nothing slow stands between its record and its first byte: a token
    /// that is not too old, and the client with its trust store.
    ///
    /// # Errors
    /// Why nothing can be sent; nothing was.
    pub async fn ready(&self, token_age: Duration) -> Result<Ready, Fault> {
        let token = self.token.lasting(self, token_age).await?;
        Ok(Ready { client: self.clients.orders(&self.base).await?.clone(), token })
    }

    /// Sends the order, once: a fresh connection, no retry, no redirect. Only `runtime::sending` may call it, with a
    /// record of the attempt in the journal.
    pub async fn submit(&self, order: &Sending<'_>, ready: &Ready, limit: Duration) -> Answer {
        let request = self.orders(&ready.client, order, &ready.token);
        let going = self.going(Purpose::Submit, (request, limit), "/orders", order.whose(&ready.token));
        let arrived = match self.send(going).await {
            Ok(arrived) => arrived,
            Err(lost) => {
                // On a fresh connection a failure to connect means that not a byte of the order has left.
                let verdict = if lost.reached { unknown(&lost.fault) } else { Verdict::NotSent(lost.fault) };
                return Answer { verdict, status: None, date: None };
            }
        };
        crate::crash::point("reply-begun");
        let head = arrived.head.clone();
        let verdict = match arrived.read().await {
            Ok(reply) => match attempt::verdict(order.number, head.status, reply.body()) {
                // An order may stand in a reply of any status: what cannot be read denies nothing.
                Verdict::Rejected(_) | Verdict::NotApplied(..) if !reply.plain() => Verdict::Unknown(Clean::new(
                    &format!("the server answered with {}, and what came with it cannot be read", head.status),
                )),
                // What does not pass for JSON is not the API's refusal; an order with our number is one in any dress.
                Verdict::Rejected(_) if !head.json => Verdict::Unknown(Clean::new(&format!(
                    "the server answered with {}, and what came is not called JSON",
                    head.status
                ))),
                Verdict::NotApplied(fault, _) => Verdict::NotApplied(fault, head.wait),
                verdict => verdict,
            },
            Err(lost) => unknown(&lost.fault),
        };
        Answer { verdict, status: Some(head.status), date: head.date }
    }

    /// The token is drawn anew before the next call: the server did not take it.
    pub async fn drop_token(&self) {
        self.token.spoil().await;
    }

    /// Reads an order again.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn order(&self, id: &Id, actor: Option<&Id>, activity: &OrderNumber) -> Result<Box<Resolved>, Fault> {
        let body = self.get(&Query::new("/orders", Some(id), actor), &[], activity).await?;
        Resolved::order(body.view()).map(Box::new).ok_or(Fault::Garbled { why: Clean::new("there is no order in it") })
    }

    fn orders(&self, client: &Client, order: &Sending<'_>, token: &SecretString) -> RequestBuilder {
        self.request(client, Method::POST, "/orders", order.whose(token))
            .header(CONTENT_TYPE, "application/json")
            .body(order.body.to_owned())
    }

    /// Both names, since a server that knows only one of them must never take a confirmation for an order (WIRE 7).
    fn parameters(&self) -> &'static [(&'static str, &'static str)] {
        match self.confirm {
            ConfirmParameter::Both => &[("confirm", "true"), ("confirmation", "true")],
            ConfirmParameter::Confirm => &[("confirm", "true")],
            ConfirmParameter::Confirmation => &[("confirmation", "true")],
        }
    }
}

fn unknown(fault: &Fault) -> Verdict {
    let text = fault.to_string();
    Verdict::Unknown(Clean::new(text.trim_end_matches('.')))
}
