//! The only `POST /orders` of the program: confirmations, which order nothing, and submissions, which are sent once.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, Response};

use super::Api;
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
/// A whole submission; the gateway in front of the API gives up at 300 seconds.
const SUBMITTING: Duration = Duration::from_secs(310);
/// The largest confirmation or order that is read (bytes).
const ORDER: usize = 1 << 20;

impl Api {
    /// Asks the server how it reads the order; nothing is ordered.
    ///
    /// # Errors
    /// What the server refused or what went wrong.
    pub async fn confirm(
        &self,
        number: &OrderNumber,
        actor: Option<&Id>,
        body: &serde_json::Value,
    ) -> Result<Confirmed, Fault> {
        let mut fault = None;
        for fresh in [false, true] {
            let token = self.token.get(fresh).await?;
            let request = self
                .orders(self.confirms().await?, (actor, number, &token), body)
                .query(self.parameters())
                .timeout(CONFIRMING);
            let reply = request.send().await.map_err(|e| self.broken(&e))?;
            let (status, body) = self.read(reply, ORDER).await?;
            match attempt::confirmed(number, status, body.as_ref().map_err(String::as_str)) {
                Err(Fault::NotSignedIn(errors)) if self.token.renewable() => fault = Some(Fault::NotSignedIn(errors)),
                other => return other,
            }
        }
        Err(fault.unwrap_or(Fault::NotSignedIn(Vec::new())))
    }

    /// Sends the order, once: a fresh connection, no retry, no redirect.
    pub async fn submit(&self, number: &OrderNumber, actor: Option<&Id>, body: &serde_json::Value) -> Verdict {
        let (client, token) = match (self.sends().await, self.token.get(false).await) {
            (Ok(client), Ok(token)) => (client, token),
            (Err(fault), _) | (_, Err(fault)) => return Verdict::NotPlaced(fault),
        };
        let request = self.orders(client, (actor, number, &token), body).timeout(SUBMITTING);
        let reply = match request.send().await {
            Ok(reply) => reply,
            // On a fresh connection a failure to connect means that not a byte of the order has left.
            Err(e) if e.is_connect() || e.is_builder() => return Verdict::NotPlaced(self.broken(&e)),
            Err(e) => return unknown(&self.broken(&e)),
        };
        let json = is_json(&reply);
        match self.read(reply, ORDER).await {
            Ok((status, body)) => match attempt::verdict(number, status, body.as_ref().map_err(String::as_str)) {
                // What does not pass for JSON is not the API's refusal; an order with our number is one in any dress.
                Verdict::Rejected(_) if !json => Verdict::Unknown(Clean::new(&format!(
                    "the server answered with {status}, and what came is not called JSON"
                ))),
                verdict => verdict,
            },
            Err(fault) => unknown(&fault),
        }
    }

    /// Reads an order again.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn order(&self, id: &Id, actor: Option<&Id>, activity: &OrderNumber) -> Result<Box<Resolved>, Fault> {
        let body = self.get(&Query::new("/orders", Some(id), actor), &[], activity).await?;
        Resolved::order(body.view()).map(Box::new).ok_or(Fault::Garbled { why: Clean::new("there is no order in it") })
    }

    fn orders(
        &self,
        client: &Client,
        whose: (Option<&Id>, &OrderNumber, &str),
        body: &serde_json::Value,
    ) -> RequestBuilder {
        self.request(client, Method::POST, "/orders", whose)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
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
        self.confirms.get_or_try_init(|| async { self.build(builder()) }).await
    }

    /// No connection is ever used twice here, and there is no timeout between bytes: a slow answer is an answer.
    async fn sends(&self) -> Result<&Client, Fault> {
        self.sends.get_or_try_init(|| async { self.build(Client::builder().pool_max_idle_per_host(0)) }).await
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
