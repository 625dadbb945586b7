//! Confirming and sending: the one place from which an order leaves. The journal holds the intent before the first byte
//! does, one attempt sends one request, and its outcome is written under its own token or not at all.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::journal::{ENDED, Journal, sha256};
use crate::api::{self, Answer, Ready, Sending};
use crate::app::message::{Event, Order};
use crate::crash;
use crate::domain::attempt::{Confirmed, Verdict};
use crate::domain::draft::Reference;
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderKey, OrderNumber};
use crate::domain::journal::State;
use crate::domain::kept::Kept;
use crate::domain::reply::Resolved;
use crate::domain::request;
use crate::domain::text::{Body, Clean};
use crate::domain::wish::{Kinship, Listed, Wish};
use crate::log::Step;
use crate::store::{Intent, NoIntent, Outcome, Trouble, Wrote, clock};

/// A number from outside is looked for so far back.
const USED_WITHIN: Duration = Duration::from_secs(90 * 24 * 3600);
/// Where the server wants fewer calls and does not say when, it is left alone so long.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// A longer wish to be left alone is not waited for: the looks settle it.
const WAITS: Duration = Duration::from_secs(120);

/// An order that is to leave.
struct Outgoing {
    key: OrderKey,
    number: OrderNumber,
    actor: Option<Id>,
    wish: Wish,
    /// What is sent.
    body: Vec<u8>,
    /// What is written down of it: without its secrets.
    shown: Vec<u8>,
    /// Those, should the server repeat one.
    secrets: Vec<String>,
}

impl Journal {
    /// Asks how the server reads the order; it is written down that it was asked.
    pub async fn confirm(&self, order: Order) -> Result<Confirmed, Fault> {
        self.write(order.key).await;
        if order.wish.reference == Reference::Given {
            let free = self.unused(&order).await?;
            self.tell(Event::Free(order.number.clone(), free));
        }
        let body = order.body.to_string().into_bytes();
        let (key, sum) = (order.key, sha256(&body));
        let correlation = api::correlation();
        if let Some(placed) = self.ordered_by_an_earlier_one(&order).await? {
            return Ok(Confirmed::Ordered(placed));
        }
        let number = order.number.clone();
        let step = Step { correlation: Some(&correlation), ..Step::of(&order.number) };
        // Where it cannot be written down it is asked all the same: it orders nothing, and sending is refused then.
        if let Some(Err(Trouble::Moved)) = self.change(key, move |s, rev| s.confirm_sent(key, rev, &number, sum)).await
        {
            return Err(elsewhere("Another session has moved this order on."));
        }
        self.log.order(&Step { to: Some(State::ConfirmSent), ..step });
        crash::point("confirm-sent");
        let sending =
            Sending { number: &order.number, actor: order.actor.as_ref(), correlation: &correlation, body: &body };
        let result = self.api.confirm(&sending).await;
        crash::point("confirm-answered");
        // What cannot be noted is asked for again before anything is sent.
        match &result {
            Ok((Confirmed::Confirmed(_), _)) => {
                self.log.order(&Step { from: Some(State::ConfirmSent), to: Some(State::Confirmed), ..step });
                self.change(key, move |s, rev| s.confirmed(key, rev, "{}")).await;
            }
            Ok((Confirmed::Ordered(placed), date)) => {
                self.found(key, placed.order_id.clone(), "a confirmation was answered with an order", *date).await;
            }
            Err(Fault::Refused(_)) => {
                self.log.order(&Step { from: Some(State::ConfirmSent), to: Some(State::Drafted), ..step });
                self.change(key, move |s, rev| s.confirm_refused(key, rev)).await;
            }
            Ok((Confirmed::OrderedOther(_), _)) | Err(_) => {}
        }
        result.map(|(confirmed, _)| confirmed)
    }

    /// A confirmation whose answer was never read may have ordered: then the order stands in the list.
    async fn ordered_by_an_earlier_one(&self, order: &Order) -> Result<Option<Box<Resolved>>, Fault> {
        let key = order.key;
        match self.store.run(move |s| s.get(key)).await {
            Some(Ok(Some(row))) if row.state == State::ConfirmSent => {}
            Some(Ok(_) | Err(_)) | None => return Ok(None),
        }
        let Order { wish, number, actor, .. } = order.clone();
        let none = Vec::new();
        let outgoing = Outgoing { key, number, actor, wish, body: none.clone(), shown: none, secrets: Vec::new() };
        self.placed_already(&outgoing).await
    }

    /// Looks whether another order has the number that was given from outside; the server's clock then.
    async fn unused(&self, order: &Order) -> Result<Option<Timestamp>, Fault> {
        let (key, number) = (order.key, order.number.clone());
        let in_use = |by: &str| Fault::NumberInUse { number: Clean::new(order.number.as_str()), by: Clean::new(by) };
        if let Some(Ok(Some(row))) = self.store.run(move |s| s.find(&number)).await
            && row.key != key
        {
            let who = Kept::read(&row.draft).and_then(|k| k.draft.who).map(|w| w.name.to_string()).unwrap_or_default();
            return Err(in_use(&format!("another order in the list here, for {who}")));
        }
        let unchecked = |fault: Fault| Fault::Unchecked { why: Clean::new(fault.to_string().trim_end_matches('.')) };
        let scan = self.api.scan(&order.number, None, api::Back::For(USED_WITHIN)).await.map_err(unchecked)?;
        match scan.found.first() {
            Some(other) => Err(in_use(&other.spoken())),
            None if !scan.complete => {
                Err(Fault::Unchecked { why: Clean::new("the list of orders moves too fast to be seen whole") })
            }
            None => Ok(scan.date),
        }
    }

    /// Sends an order that was confirmed.
    pub async fn submit(&self, order: Order) -> Verdict {
        self.write(order.key).await;
        let shown = request::shown(&order.body).to_string().into_bytes();
        let body = order.body.to_string().into_bytes();
        let Order { key, wish, number, actor, secrets, .. } = order;
        self.send(Outgoing { key, number, actor, wish, body, shown, secrets }).await
    }
    /// Sends once more what certainly was not placed: the same bytes under the same number.
    pub async fn resend(&self, key: OrderKey) -> Verdict {
        let row = match self.store.run(move |s| s.get(key)).await {
            Some(Ok(Some(row))) => row,
            Some(Ok(None)) | None => return Verdict::NotSent(elsewhere("It is not in the journal any more.")),
            Some(Err(trouble)) => return Verdict::NotSent(unrecorded(&trouble.to_string())),
        };
        self.set_rev(key, row.rev);
        let number = row.number.clone();
        let whole = row.body.filter(|b| Some(sha256(b)) == row.sha256);
        let (Some(body), Some(kept)) = (whole, Kept::read(&row.draft)) else {
            let why = "Its PIN or password was never written down: it must be typed, and the order confirmed again.";
            return Verdict::NotSent(elsewhere(why));
        };
        let shown = body.clone();
        let wish = Wish { number: number.clone(), ..kept.wish };
        self.send(Outgoing { key, number, actor: row.actor, wish, body, shown, secrets: Vec::new() }).await
    }

    /// One attempt; where the server did not take the token, one more, which is an attempt of its own.
    async fn send(&self, order: Outgoing) -> Verdict {
        let first = self.attempt(&order).await;
        if let Verdict::NotApplied(Fault::NotSignedIn(_), _) = first {
            self.api.drop_token().await;
            if self.api.renewable() {
                return self.attempt(&order).await;
            }
        }
        first
    }

    async fn attempt(&self, order: &Outgoing) -> Verdict {
        let key = order.key;
        let durable = self.store.run(|s| s.durable().map_err(str::to_owned)).await;
        if let Err(why) = durable.unwrap_or_else(|| Err(ENDED.to_owned())) {
            return Verdict::NotSent(unrecorded(&why));
        }
        if let Err(fault) = self.api.ready(self.server.timing.token_age).await {
            return Verdict::NotSent(fault);
        }
        crash::point("token-ready");
        // The lock is a courtesy; what makes it safe is the compare-and-set below.
        let lock = self.store.run(move |s| s.lock_sending(key)).await;
        let lock = match lock {
            Some(Ok(held)) => held,
            Some(Err(by)) => {
                return Verdict::NotSent(elsewhere(&format!("Another session is sending this order: {by}.")));
            }
            None => return Verdict::NotSent(unrecorded(ENDED)),
        };
        let verdict = match self.placed_already(order).await {
            Err(fault) => Verdict::NotSent(fault),
            Ok(Some(placed)) => Verdict::Accepted(placed),
            // The look may have drawn another token meanwhile.
            Ok(None) => match self.api.ready(self.server.timing.token_age).await {
                Ok(ready) => self.dispatched(order, &ready).await,
                Err(fault) => Verdict::NotSent(fault),
            },
        };
        self.store.run(move |_| drop(lock)).await;
        verdict
    }

    /// The look before the sending: an order that stands there under our number is not sent.
    async fn placed_already(&self, order: &Outgoing) -> Result<Option<Box<Resolved>>, Fault> {
        let unchecked = |fault: Fault| Fault::Unchecked { why: Clean::new(fault.to_string().trim_end_matches('.')) };
        let scan = self.api.scan(&order.number, order.actor.as_ref(), api::Back::All).await.map_err(unchecked)?;
        crash::point("looked-first");
        let kin = |k: Kinship| scan.found.iter().find(|l| order.wish.judge(l) == k);
        if let Some(ours) = kin(Kinship::Ours) {
            self.found(order.key, Some(ours.id.clone()), "it stood in the order list before it was sent", scan.date)
                .await;
            return Ok(Some(self.read_again(ours, order).await));
        }
        if let Some(other) = kin(Kinship::Namesake) {
            return Err(Fault::NumberInUse { number: Clean::new(order.number.as_str()), by: other.spoken() });
        }
        if !scan.complete {
            let why = Clean::new("the list of orders moves too fast, or cannot be read whole");
            return Err(Fault::Unchecked { why });
        }
        // Looks after the sending go back to here, by the server's clock.
        if let Some(date) = scan.date {
            let name = sent_after(order.key);
            self.store.run(move |s| s.set_meta(&name, &date.to_string())).await;
        }
        Ok(None)
    }
    /// A listed order as `GET /orders/{id}` shows it, or as much of it as the list has.
    async fn read_again(&self, listed: &Listed, order: &Outgoing) -> Box<Resolved> {
        if let Ok(resolved) = self.api.order(&listed.id, order.actor.as_ref(), &order.number).await {
            return resolved;
        }
        let body = Body::from(json!({"order": {"orderId": listed.id.as_str(), "status": &*listed.status,
            "externalOrderNumber": listed.number, "transactionType": &*listed.kind}}));
        Resolved::order(body.view()).map(Box::new).unwrap_or_default()
    }

    /// Intent, guard, one request, outcome.
    async fn dispatched(&self, order: &Outgoing, ready: &Ready) -> Verdict {
        let (key, correlation, this) = (order.key, api::correlation(), self.clone());
        let (shown, sum, id) = (order.shown.clone(), sha256(&order.body), correlation.clone());
        let intent = self.store.run(move |s| {
            let sending = crate::store::Sending { body: &shown, sha256: sum, correlation: &id };
            s.intent(key, this.rev(key), sending).inspect(|intent| this.set_rev(key, intent.rev()))
        });
        let intent = intent.await;
        let intent = match intent {
            Some(Ok(intent)) => Arc::new(intent),
            Some(Err(NoIntent::Moved(row))) => {
                let placed = row.order_id.map(|id| format!("was placed as order {id}"));
                let what = placed.unwrap_or_else(|| format!("is {} now", row.state.name()));
                return Verdict::NotSent(elsewhere(&format!("Another session has moved this order on: it {what}.")));
            }
            Some(Err(NoIntent::Unconfirmed)) => {
                return Verdict::NotSent(elsewhere("It is not as it was confirmed, so it must be confirmed again."));
            }
            Some(Err(NoIntent::NotDurable(why))) => return Verdict::NotSent(unrecorded(&why)),
            None => return Verdict::NotSent(unrecorded(ENDED)),
        };
        let step = Step { correlation: Some(&correlation), ..Step::of(&order.number) };
        self.log.order(&Step { to: Some(State::Submitting), ..step });
        if let Some(late) = self.too_late(&intent).await {
            self.write_outcome(&intent, &Verdict::NotSent(late.clone()), step, None).await;
            return Verdict::NotSent(late);
        }
        crash::point("before-connecting");
        let sending = Sending {
            number: &order.number,
            actor: order.actor.as_ref(),
            correlation: &correlation,
            body: &order.body,
        };
        let Answer { verdict, status, date } = self.api.submit(&sending, ready, self.server.timing.submit).await;
        crash::point("reply-read");
        if status == Some(403) {
            // With this token it is not allowed; another may allow it.
            self.api.drop_token().await;
        }
        let verdict = match verdict {
            Verdict::NotApplied(Fault::TooMany, wait) => self.after_too_many(order, wait).await,
            other => other,
        };
        let verdict = verdict.without(&order.secrets);
        self.write_outcome(&intent, &verdict, Step { status, ..step }, date).await;
        crash::point("outcome-untold");
        verdict
    }

    /// A process that was stopped or suspended between its record and its sending does not send.
    async fn too_late(&self, intent: &Arc<Intent>) -> Option<Fault> {
        let most = self.server.timing.send_guard;
        let mine = Arc::clone(intent);
        let mine = self.store.run(move |s| s.still_mine(&mine)).await;
        let (boot, wall) = intent.written();
        let by_wall = Timestamp::now().duration_since(wall);
        // A clock that was set back tells nothing; the other one cannot be set.
        let age = clock::boottime().saturating_sub(boot).max(Duration::try_from(by_wall).unwrap_or_default());
        if age > most {
            return Some(unrecorded(&format!("more than {} seconds passed before it could leave", most.as_secs())));
        }
        match mine {
            Some(Ok(true)) => None,
            Some(Ok(false)) => Some(elsewhere("Another session has taken this order over.")),
            Some(Err(trouble)) => Some(unrecorded(&trouble.to_string())),
            None => Some(unrecorded(ENDED)),
        }
    }

    /// 429: not taken, where two whole looks after the wait find nothing.
    async fn after_too_many(&self, order: &Outgoing, wait: Option<Duration>) -> Verdict {
        let timing = &self.server.timing;
        if wait.is_some_and(|w| w > WAITS) {
            return Verdict::Unknown(Clean::new("the server wants no calls for a long time (429)"));
        }
        tokio::time::sleep(wait.unwrap_or_default().max(LEFT_ALONE.min(timing.spacing))).await;
        for look in 0..2 {
            if look > 0 {
                tokio::time::sleep(timing.list_lag.min(LEFT_ALONE)).await;
            }
            match self.api.scan(&order.number, None, api::Back::All).await {
                Ok(scan) if scan.complete && scan.found.is_empty() => {}
                Ok(_) | Err(_) => {
                    return Verdict::Unknown(Clean::new(
                        "the server wants fewer calls (429), and it is not certain that it did not take this one",
                    ));
                }
            }
        }
        Verdict::NotApplied(Fault::TooMany, wait)
    }

    async fn write_outcome(&self, intent: &Arc<Intent>, verdict: &Verdict, step: Step<'_>, date: Option<Timestamp>) {
        let status = step.status;
        self.log.order(&outcome_step(verdict, step));
        let outcome = match verdict {
            Verdict::Accepted(order) => match order.order_id.clone() {
                Some(order_id) => Outcome::Accepted { order_id, note: None },
                None => Outcome::Unknown { why: "an order without an id".into(), at: clock::moment(date) },
            },
            Verdict::Rejected(errors) => {
                Outcome::Rejected { errors: serde_json::to_string(errors).unwrap_or_else(|_| "[]".into()) }
            }
            Verdict::NotSent(_) => Outcome::NotSent,
            Verdict::NotApplied(..) => Outcome::NotApplied,
            Verdict::Unknown(why) => Outcome::Unknown { why: why.to_string(), at: clock::moment(date) },
        };
        let (mine, key, number) = (Arc::clone(intent), intent.key(), intent.number().clone());
        let wrote = self.store.run({
            let this = self.clone();
            move |s| {
                let wrote = s.outcome(&mine, &outcome, status, date);
                if let (Ok(Wrote::Done), Outcome::Accepted { .. }) = (&wrote, &outcome) {
                    this.keep_last_used(s, key);
                }
                this.resync(s, key);
                wrote
            }
        });
        let wrote = wrote.await;
        match wrote {
            Some(Ok(Wrote::Done | Wrote::NoLongerMine)) | None => {}
            Some(Ok(Wrote::Duplicate { first })) => self.tell(Event::Alarm(Clean::new(&format!(
                "DUPLICATE: {number} was placed twice, first as order {first}. Call the carrier desk."
            )))),
            Some(Err(trouble)) => {
                let what = match verdict {
                    Verdict::Accepted(order) => {
                        order.order_id.as_ref().map(|id| format!("order {id}")).unwrap_or_default()
                    }
                    Verdict::Rejected(_) | Verdict::NotSent(_) | Verdict::NotApplied(..) | Verdict::Unknown(_) => {
                        "not an order".into()
                    }
                };
                self.tell(Event::Alarm(Clean::new(&format!(
                    "Note this down: {number} is {what}, and that could not be written down. {trouble}"
                ))));
            }
        }
    }
}

/// What came of a sending, for the log.
fn outcome_step<'a>(verdict: &'a Verdict, step: Step<'a>) -> Step<'a> {
    let (to, order_id, note) = match verdict {
        Verdict::Accepted(order) => (State::Accepted, order.order_id.as_ref(), None),
        Verdict::Rejected(_) => (State::Rejected, None, None),
        Verdict::NotSent(_) => (State::Confirmed, None, Some("not a byte was sent")),
        Verdict::NotApplied(..) => (State::Confirmed, None, Some("turned away unread")),
        Verdict::Unknown(_) => (State::Unknown, None, None),
    };
    Step { from: Some(State::Submitting), to: Some(to), order_id, note, ..step }
}

/// Where the journal keeps the server's clock of just before an order was sent.
pub(super) fn sent_after(key: OrderKey) -> String {
    format!("sent after {:032x}", key.0)
}

fn unrecorded(why: &str) -> Fault {
    Fault::Unrecorded { why: Clean::new(why.trim_end_matches('.')) }
}
fn elsewhere(what: &str) -> Fault {
    Fault::Elsewhere { what: Clean::new(what) }
}
