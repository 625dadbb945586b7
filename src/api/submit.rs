//! The only `POST /orders` of the program: confirmations, which order nothing, and submissions, which are sent once.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::SecretString;

use super::{Api, Whose, broken, correlation, date, read};
use crate::domain::attempt::{self, Confirmed, Verdict};
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderNumber};
use crate::domain::lookups::Query;
use crate::domain::reply::Resolved;
use crate::domain::text::Clean;
use crate::profile::ConfirmParameter;

/// A whole confirmation.
const CONFIRMING: Duration = Duration::from_secs(120);
/// Waiting for a confirmation's head, and between its bytes.
const CONFIRM_SILENCE: Duration = Duration::from_secs(60);
/// The longest reply to an order or a confirmation (bytes).
const REPLY: usize = 1 << 20;

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
            let request = self
                .orders(self.confirms().await?, &Sending { correlation, ..*order }, &token)
                .query(self.parameters())
                .timeout(CONFIRMING);
            let reply = request.send().await.map_err(|e| broken(&self.host, e))?;
            let date = date(&reply);
            let (status, body) = read(reply, REPLY, &self.host).await?;
            match attempt::confirmed(order.number, status, body.as_ref().map_err(String::as_str)) {
                Err(Fault::NotSignedIn(_)) if self.token.renewable() && refused.is_none() => refused = Some(token),
                other => return other.map(|confirmed| (confirmed, date)),
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
        Ok(Ready { client: self.sends().await?.clone(), token })
    }

    /// Sends the order, once: a fresh connection, no retry, no redirect. Only `runtime::sending` may call it, with a
    /// record of the attempt in the journal.
    pub async fn submit(&self, order: &Sending<'_>, ready: &Ready, limit: Duration) -> Answer {
        let none = |verdict| Answer { verdict, status: None, date: None };
        let reply = match self.orders(&ready.client, order, &ready.token).timeout(limit).send().await {
            Ok(reply) => reply,
            // On a fresh connection a failure to connect means that not a byte of the order has left.
            Err(e) if e.is_connect() || e.is_builder() => return none(Verdict::NotSent(broken(&self.host, e))),
            Err(e) => return none(unknown(&broken(&self.host, e))),
        };
        crate::crash::point("reply-begun");
        let date = date(&reply);
        let wait =
            reply.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        let status = reply.status().as_u16();
        let json = is_json(&reply);
        let verdict = match read(reply, REPLY, &self.host).await {
            Ok((status, body)) => match attempt::verdict(order.number, status, body.as_ref().map_err(String::as_str)) {
                // What does not pass for JSON is not the API's refusal; an order with our number is one in any dress.
                Verdict::Rejected(_) if !json => Verdict::Unknown(Clean::new(&format!(
                    "the server answered with {status}, and what came is not called JSON"
                ))),
                verdict => verdict,
            },
            Err(fault) => unknown(&fault),
        };
        let verdict = match verdict {
            Verdict::NotApplied(fault, _) => Verdict::NotApplied(fault, wait),
            other => other,
        };
        Answer { verdict, status: Some(status), date }
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
        let whose = Whose { actor: order.actor, activity: order.number, token, correlation: order.correlation };
        self.request(client, Method::POST, "/orders", whose)
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

    /// A confirmation has a timeout between bytes too: it can be asked again.
    async fn confirms(&self) -> Result<&Client, Fault> {
        let builder = || Client::builder().pool_max_idle_per_host(0).read_timeout(CONFIRM_SILENCE);
        self.confirms.get_or_try_init(|| async { self.build(builder(), &self.base) }).await
    }

    /// No connection is ever used twice here, and there is no timeout between bytes: a slow answer is an answer.
    async fn sends(&self) -> Result<&Client, Fault> {
        self.sends
            .get_or_try_init(|| async { self.build(Client::builder().pool_max_idle_per_host(0), &self.base) })
            .await
    }
}

/// Whether the reply calls itself JSON, or nothing at all.
fn is_json(reply: &Response) -> bool {
    let named = reply.headers().get(CONTENT_TYPE).map(|t| String::from_utf8_lossy(t.as_bytes()).to_ascii_lowercase());
    named.is_none_or(|t| t.split(';').next().is_some_and(|t| t.trim().ends_with("json")))
}

fn unknown(fault: &Fault) -> Verdict {
    let text = fault.to_string();
    Verdict::Unknown(Clean::new(text.trim_end_matches('.')))
}
