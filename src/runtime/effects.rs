//! Effect -> task -> event. The only spawned tasks but the sandbox's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::Wake;
use crate::api::Api;
use crate::app::message::{Effect, Event};
use crate::domain::attempt::Verdict;
use crate::domain::lookups::Lookup;
use crate::domain::text::Clean;

/// Runs effects that need the network or randomness.
#[derive(Clone)]
pub struct Runner {
    api: Arc<Api>,
    wake: UnboundedSender<Wake>,
    in_flight: Arc<AtomicUsize>,
    rest: Duration,
}

/// The highlight has rested when it has not moved for this long.
pub const REST: Duration = Duration::from_millis(300);

impl Runner {
    /// A runner whose events go to that sender; a highlight that stays for `rest` has rested.
    #[must_use]
    pub fn new(api: Arc<Api>, wake: UnboundedSender<Wake>, rest: Duration) -> Self {
        Self { api, wake, in_flight: Arc::default(), rest }
    }
    /// How many tasks have not ended yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// Starts the work of an effect. What belongs to the terminal is given back.
    pub fn run(&self, effect: Effect) -> Option<Effect> {
        let this = self.clone();
        match effect {
            Effect::Fetch(key, activity) => self.spawn(async move {
                let Some(lookup) = Lookup::named(key.lookup) else { return };
                let result = this
                    .api
                    .fetch(lookup, &key.query, &activity, |rows, total| {
                        this.send(Event::Page(key.clone(), rows, total))
                    })
                    .await;
                this.send(Event::Found(key.clone(), result));
            }),
            Effect::Rest(key) => self.spawn(async move {
                tokio::time::sleep(this.rest).await;
                this.send(Event::Rested(key));
            }),
            Effect::Confirm(order, ticket) => self.spawn(async move {
                let result = this.api.confirm(&order.number, order.actor.as_ref(), &order.body).await;
                this.send(Event::Confirmed(order.number, ticket, result));
            }),
            Effect::Submit(order) => {
                let why = Clean::new("the program failed while it was sent");
                let died = Event::Verdict(order.number.clone(), Verdict::Unknown(why));
                self.spawn_or(Some(died), async move {
                    let verdict = this.api.submit(&order.number, order.actor.as_ref(), &order.body).await;
                    this.send(Event::Verdict(order.number, verdict));
                });
            }
            Effect::Status(id, actor, activity) => self.spawn(async move {
                let result = this.api.order(&id, actor.as_ref(), &activity).await;
                this.send(Event::Status(id, result));
            }),
            Effect::Number => self.send(Event::Number(random())),
            Effect::Copy(_) | Effect::Drain | Effect::Repaint | Effect::Suspend => return Some(effect),
        }
        None
    }

    /// Puts a wake-up back to the end of the queue.
    pub(super) fn wake_again(&self, wake: Wake) {
        let _ = self.wake.send(wake);
    }

    fn send(&self, event: Event) {
        // The receiver is gone only when the program ends.
        let _ = self.wake.send(Wake::Event(event));
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.spawn_or(None, work);
    }

    /// Starts a task; should it panic, that is what is known of it.
    fn spawn_or(&self, died: Option<Event>, work: impl Future<Output = ()> + Send + 'static) {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let this = self.clone();
        tokio::spawn(async move {
            let ended = tokio::spawn(work).await;
            this.in_flight.fetch_sub(1, Ordering::SeqCst);
            if let (Err(_), Some(event)) = (&ended, died) {
                this.send(event);
            }
            // The panic's hook has restored the terminal and printed its report: the program must not draw on.
            let _ = this.wake.send(if ended.is_ok() { Wake::Ended } else { Wake::Panicked });
        });
    }
}

/// Random bits of the system.
#[must_use]
pub fn random() -> u64 {
    // Without randomness of the system the hash map's own seed still differs from run to run.
    getrandom::u64().unwrap_or_else(|_| {
        std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), std::process::id())
    })
}
