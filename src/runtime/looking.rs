//! Looking for orders whose outcome is not known: only reading, as often as it makes sense, until they are found or it is
//! proved that they were not placed. The wizard and `mobproc reconcile` do the same.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::journal::Journal;
use super::sending::sent_after;
use crate::api;
use crate::app::message::Event;
use crate::crash;
use crate::domain::draft::Reference;
use crate::domain::fault::Fault;
use crate::domain::ids::{Id, OrderKey};
use crate::domain::journal::{Look, Proof, State, proof};
use crate::domain::kept::Kept;
use crate::domain::text::Clean;
use crate::domain::wish::{Kinship, Listed, SLACK, Wish};
use crate::log::Step;
use crate::store::{Row, Store, Trouble, Wrote, clock};

/// What is over is looked for so long all the same, once a day.
const LATE: Duration = Duration::from_secs(7 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// What the log says of a look that did not find the order.
const LOOKED: &str = "looked through the order list: not in it";
const MOVED: &str = "looked through the order list: it moved meanwhile";
/// When a placed order is looked for, so that it is known how long the list takes to show one.
const AUDIT: [Duration; 4] = [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];

impl Journal {
    /// What an earlier run has left is taken up: what was being sent when it ended is unknown from now on.
    pub async fn recover(&self) -> Vec<(OrderKey, State)> {
        let (server, now, log) = (self.server.name.clone(), clock::moment(None), self.log.clone());
        let found = self.store.run(move |store| {
            for row in store.orders(&server)?.iter().filter(|r| r.state == State::Submitting) {
                if store.recover(row.key, &now)? {
                    log.order(&taken_up(row));
                }
            }
            // Whatever has become of an order that was sent once, a late one must not stay hidden.
            let late = |row: &Row| {
                let age = Timestamp::now().duration_since(row.updated).unsigned_abs();
                row.state != State::Accepted && row.attempt > 0 && age < LATE
            };
            let mut rows = store.orders(&server)?;
            rows.extend(store.discarded(&server)?);
            let wanted = rows.iter().filter(|r| r.state.unresolved() || late(r));
            Ok(wanted.map(|r| (r.key, r.state)).collect())
        });
        self.told(found.await).unwrap_or_default()
    }

    /// Looks for an order until it is settled, as often as it makes sense; in the background. Whoever watches it already is
    /// made to look at once.
    pub async fn watch(&self, key: OrderKey, rest: Duration) {
        let Some(watched) = self.begin_watching(key, rest) else { return };
        let mut begun = Instant::now();
        let mut wait = rest;
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // It was sent anew: what was waited for is too long, or too short, by now.
                () = watched.woken.notified() => {
                    (begun, wait) = (Instant::now(), watched.rest());
                    continue;
                }
            }
            let state = self.look(key).await;
            let unresolved = state.is_some_and(State::unresolved);
            wait = spread(if unresolved { self.server.timing.next_look(begun.elapsed()) } else { DAY });
            self.set_next(key, Timestamp::now().checked_add(wait).ok());
            self.list().await;
            if state.is_none_or(|s| s == State::Accepted) {
                break;
            }
        }
        self.end_watching(key);
        self.list().await;
    }

    /// One look; the state that the order is in then, where it is still there.
    pub async fn look(&self, key: OrderKey) -> Option<State> {
        self.look_or(key, |_| ()).await
    }
    /// The same; where the list could not be looked through, that is told of.
    pub async fn look_or(&self, key: OrderKey, failed: impl FnOnce(&Fault) + Send) -> Option<State> {
        let (now, log) = (clock::moment(None), self.log.clone());
        let found = self.store.run(move |store| {
            // Whoever was sending it may have ended: then the waiting begins now.
            if let Some(row) = store.get(key)?.filter(|r| r.state == State::Submitting)
                && store.recover(key, &now)?
            {
                log.order(&taken_up(&row));
            }
            store.get(key)
        });
        let row = self.told(found.await)??;
        if row.state == State::Accepted {
            return Some(row.state);
        }
        let wish =
            Kept::read(&row.draft).map_or_else(|| by_number(&row), |k| Wish { number: row.number.clone(), ..k.wish });
        let name = sent_after(key);
        let after = self.told(self.store.run(move |s| s.meta(&name)).await)?;
        // A server's clock that was ahead then must not make the look too short; one that was behind makes it longer.
        let sent = after.and_then(|t| t.parse::<Timestamp>().ok()).map(|t| row.intent_at.map_or(t, |at| at.min(t)));
        let since = sent.and_then(|t| t.checked_sub(SLACK).ok());
        let back = since.map_or(api::Back::All, api::Back::To);
        let scan = match self.api.scan(&row.number, None, back).await {
            Ok(scan) => scan,
            Err(fault) => {
                self.log.order(&Step { note: Some("a check failed"), ..Step::of(&row.number) });
                self.note(key, format!("a check failed: {fault}")).await;
                failed(&fault);
                return Some(row.state);
            }
        };
        let ours: Vec<&Listed> = scan.found.iter().filter(|l| wish.judge(l) == Kinship::Ours).collect();
        if let Some(first) = ours.first() {
            // Having found one of its own, the program knows that this list shows them.
            let this = self.clone();
            self.told(self.store.run(move |store| store.set_meta(&this.meta("calibrated"), "yes")).await);
            self.found(key, Some(first.id.clone()), "found in the order list", scan.date).await;
            self.found_several(&row, &ours);
            if row.state.unresolved() {
                let text =
                    format!("Order {} is placed, reference {}: found after no answer had come.", first.id, row.number);
                self.tell(Event::News(Clean::new(&text)));
            }
            if !row.state.unresolved() {
                let text =
                    format!("Order {} exists after all, reference {}; do not send it again.", first.id, row.number);
                self.tell(Event::Alarm(Clean::new(&text)));
            }
            return Some(State::Accepted);
        }
        let look = Look {
            at: clock::moment(scan.date),
            broad: true,
            complete: scan.complete,
            pages: scan.pages,
            total: scan.total,
            matches: u32::try_from(scan.found.len()).unwrap_or(u32::MAX),
        };
        let other = scan.found.first().map(|l| l.spoken());
        let this = self.clone();
        self.told(self.store.run(move |store| this.conclude(store, &row, &look, other)).await)
    }

    /// Writes a look that did not find the order, and what all of them prove.
    fn conclude(&self, store: &mut Store, row: &Row, look: &Look, other: Option<Clean>) -> Result<State, Trouble> {
        let (key, timing) = (row.key, &self.server.timing);
        // Another session may have settled it meanwhile, and sent it anew: the look was not about that.
        let now = store.get(key)?.ok_or(Trouble::Moved)?;
        if !now.state.unresolved() || (now.state, now.attempt) != (row.state, row.attempt) {
            return Ok(now.state);
        }
        store.look(key, look)?;
        let looks = store.looks(key)?;
        let what = match other {
            Some(other) => format!("check {}: another order has this number: {other}", looks.len()),
            None if !look.complete => format!("check {}: the list moved while it was read", looks.len()),
            None => format!("check {}: not in the order list ({} orders)", looks.len(), look.total),
        };
        store.note_event(key, &what)?;
        let step = Step::of(&row.number);
        self.log.order(&Step { note: Some(if look.complete { LOOKED } else { MOVED }), ..step });
        crash::point("look-noted");
        if row.state != State::Unknown {
            return Ok(row.state);
        }
        let proved = proof(&looks, timing, self.worst_lag(store)?) == Proof::NotPlaced;
        let (first, last) = (row.unknown_since.clone().unwrap_or_default(), &look.at);
        let concluded = if proved && self.calibrated(store)? {
            store.not_placed(key)?;
            Some(State::NotPlaced)
        } else if proved || last.since(&first) >= timing.give_up {
            store.needs_human(key)?;
            Some(State::NeedsHuman)
        } else {
            None
        };
        if concluded.is_some() {
            self.log.order(&Step { from: Some(State::Unknown), to: concluded, ..step });
        }
        self.resync(store, key);
        Ok(store.get(key)?.map_or(row.state, |r| r.state))
    }

    /// The order exists.
    pub(super) async fn found(&self, key: OrderKey, id: Option<Id>, how: &'static str, date: Option<Timestamp>) {
        let Some(id) = id else { return };
        let this = self.clone();
        let wrote = self.store.run(move |store| {
            let wrote = store.accepted(key, &id, Some(how), date)?;
            if let Ok(Some(row)) = store.get(key) {
                let step = Step::of(&row.number);
                this.log.order(&Step { to: Some(State::Accepted), order_id: Some(&id), note: Some(how), ..step });
            }
            if wrote == Wrote::Done {
                this.keep_last_used(store, key);
            }
            this.resync(store, key);
            Ok((wrote, id))
        });
        if let Some((Wrote::Duplicate { first }, id)) = self.told(wrote.await) {
            self.tell(Event::Alarm(Clean::new(&format!(
                "DUPLICATE: orders {first} and {id} carry the same number. Call the carrier desk; nothing is sent from here."
            ))));
        }
    }
    fn found_several(&self, row: &Row, ours: &[&Listed]) {
        if ours.len() > 1 {
            let ids: Vec<_> = ours.iter().map(|l| l.id.to_string()).collect();
            self.tell(Event::Alarm(Clean::new(&format!(
                "DUPLICATE: {} was placed as orders {}. Call the carrier desk; nothing is sent from here.",
                row.number,
                ids.join(" and ")
            ))));
        }
    }
    async fn note(&self, key: OrderKey, what: String) {
        self.told(self.store.run(move |store| store.note_event(key, &what)).await);
    }

    /// After an order was placed: how long the list takes to show it, and whether it is there twice.
    pub async fn audit(&self, key: OrderKey) {
        let placed = Instant::now();
        let mut seen = false;
        for at in AUDIT {
            tokio::time::sleep(at.saturating_sub(placed.elapsed())).await;
            seen = self.audited(key, placed).await;
            if seen {
                break;
            }
        }
        tokio::time::sleep(self.server.timing.quiescence(Duration::ZERO)).await;
        // One that shows so late is a measure too.
        let since = if seen { Instant::now() } else { placed };
        if self.audited(key, since).await {
            let name = audited(key);
            self.told(self.store.run(move |store| store.set_meta(&name, "yes")).await);
        }
    }
    /// Orders that were placed and whose last look was never taken, for the program ended before.
    pub async fn audit_earlier(&self) {
        let (server, quiescence) = (self.server.name.clone(), self.server.timing.quiescence(Duration::ZERO));
        let due = self.store.run(move |store| {
            let mut due = Vec::new();
            for row in store.orders(&server)?.iter().filter(|r| r.state == State::Accepted && r.attempt > 0) {
                let age = Timestamp::now().duration_since(row.updated).unsigned_abs();
                if age > quiescence && age < LATE && store.meta(&audited(row.key))?.is_none() {
                    due.push(row.key);
                }
            }
            Ok(due)
        });
        for key in self.told(due.await).unwrap_or_default() {
            self.audited(key, Instant::now()).await;
            let name = audited(key);
            self.told(self.store.run(move |store| store.set_meta(&name, "yes")).await);
        }
    }
    /// One look for a placed order among everybody's; whether it is there.
    async fn audited(&self, key: OrderKey, placed: Instant) -> bool {
        let Some(Some(row)) = self.told(self.store.run(move |s| s.get(key)).await) else { return false };
        let Ok(scan) = self.api.scan(&row.number, None, api::Back::For(LATE)).await else { return false };
        let wish =
            Kept::read(&row.draft).map_or_else(|| by_number(&row), |k| Wish { number: row.number.clone(), ..k.wish });
        let ours: Vec<&Listed> = scan.found.iter().filter(|l| wish.judge(l) == Kinship::Ours).collect();
        self.found_several(&row, &ours);
        let seen = ours.iter().any(|l| Some(&l.id) == row.order_id.as_ref());
        if seen {
            let (this, lag) = (self.clone(), placed.elapsed().as_secs());
            self.told(self.store.run(move |store| this.seen_after(store, lag)).await);
        }
        seen
    }
    fn seen_after(&self, store: &mut Store, seconds: u64) -> Result<(), Trouble> {
        store.set_meta(&self.meta("calibrated"), "yes")?;
        if Duration::from_secs(seconds) > self.worst_lag(store)? {
            store.set_meta(&self.meta("worst lag"), &seconds.to_string())?;
        }
        Ok(())
    }
}

/// What an earlier run has left in the middle of a sending.
fn taken_up(row: &Row) -> Step<'_> {
    let (from, to) = (Some(State::Submitting), Some(State::Unknown));
    Step { from, to, correlation: row.correlation.as_deref(), ..Step::of(&row.number) }
}

/// Where the journal keeps that the last look for a placed order was taken.
fn audited(key: OrderKey) -> String {
    format!("audited {:032x}", key.0)
}

/// What is looked for where nothing but the number is known.
fn by_number(row: &Row) -> Wish {
    Wish {
        number: row.number.clone(),
        kind: String::new(),
        line: String::new(),
        holder: row.actor.clone(),
        // A number of ours is nobody else's; what is older than the sending is not it.
        reference: if row.number.is_random() { Reference::Ours } else { Reference::Free(row.intent_at) },
    }
}

/// A fifth more or less, so that many programs do not ask at the same moment.
fn spread(wait: Duration) -> Duration {
    let part = (super::effects::random() % 1000) as f64 / 1000.0;
    wait.mul_f64(0.8 + 0.4 * part)
}
