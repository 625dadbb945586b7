//! Effect -> task -> event. The only spawned tasks but the sandbox's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::Wake;
use super::directory::{Directories, Held, Keeping};
use super::journal::Journal;
use super::prompt::Prompt;
use super::searching::Hunting;
use crate::app::message::{Effect, Event, Order, Part, Saving, Search};
use crate::domain::attempt::Verdict;
use crate::domain::directory::Directory;
use crate::domain::ids::{OrderKey, OrderNumber};
use crate::domain::journal::State;
use crate::domain::lookups::Lookup;
use crate::domain::text::Clean;

/// Runs effects that need the network, the journal or randomness.
#[derive(Clone)]
pub struct Runner {
    /// The journal, and with it the server.
    pub journal: Journal,
    /// Where secrets come from that only somebody can give.
    pub prompt: Prompt,
    directories: Directories,
    wake: UnboundedSender<Wake>,
    in_flight: Arc<AtomicUsize>,
    sending: watch::Sender<Outbox>,
    rest: Duration,
    seconds: Arc<Mutex<Option<AbortHandle>>>,
    /// The search that is wanted.
    hunting: Arc<Hunting>,
}

/// What takes long is counted by it.
const SECOND: Duration = Duration::from_secs(1);
/// The highlight has rested when it has not moved for this long.
pub const REST: Duration = Duration::from_millis(300);

impl Runner {
    /// A runner whose events go to that sender; a highlight that stays for `rest` has rested.
    #[must_use]
    pub fn new(journal: Journal, wake: UnboundedSender<Wake>, rest: Duration) -> Self {
        let sending = watch::Sender::new(Outbox::default());
        Self {
            directories: Directories::new(journal.api.clone(), journal.log.clone()),
            journal,
            prompt: Prompt::new(wake.clone()),
            wake,
            in_flight: Arc::default(),
            sending,
            rest,
            seconds: Arc::default(),
            hunting: Arc::default(),
        }
    }
    /// The same runner with the prompt that the server's client asks with.
    #[must_use]
    pub fn prompted(self, prompt: Prompt) -> Self {
        Self { prompt, ..self }
    }
    /// The same runner, that keeps directories there between runs.
    #[must_use]
    pub fn keeping(self, keeping: Option<Keeping>) -> Self {
        match keeping {
            Some(keeping) => Self { directories: self.directories.clone().kept(keeping), ..self },
            None => self,
        }
    }
    /// How many tasks have not ended yet; those that only wait for their time do not count.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
    /// Whether an order is on its way: its task runs on until its outcome is written down, whatever the screen shows.
    #[must_use]
    pub fn sending(&self) -> bool {
        self.sending.borrow().on_their_way > 0
    }
    /// Waits until no order is on its way.
    pub async fn sent(&self) {
        let mut sending = self.sending.subscribe();
        // It fails only where the sender is gone, and with it whatever could be on its way.
        let _ = sending.wait_for(|o| o.on_their_way == 0).await;
    }
    /// From now on no order leaves any more; false, and nothing changed, where one is on its way.
    #[must_use]
    pub fn close(&self) -> bool {
        let idle = |o: &Outbox| o.on_their_way == 0;
        self.sending.send_if_modified(|o| idle(o) && !std::mem::replace(&mut o.closed, true));
        self.sending.borrow().closed
    }
    /// Takes up what an earlier run has left, and tells what the journal holds.
    pub fn begin(&self) {
        let this = self.clone();
        self.spawn(async move {
            let left = this.journal.recover().await;
            this.journal.last_used().await;
            this.journal.list().await;
            for (key, _) in left {
                this.watch(key, Duration::ZERO);
            }
            let journal = this.journal.clone();
            tokio::spawn(async move { journal.audit_earlier().await });
        });
    }
    fn watch(&self, key: OrderKey, rest: Duration) {
        let journal = self.journal.clone();
        tokio::spawn(async move { journal.watch(key, rest).await });
    }

    /// Starts the work of an effect. What belongs to the terminal is given back.
    pub fn run(&self, effect: Effect) -> Option<Effect> {
        let this = self.clone();
        if asks_the_server(&effect) {
            self.prompt.willing();
        }
        match effect {
            Effect::SignIn(typed) => self.prompt.answer(typed.map(|t| t.0)),
            Effect::Fetch(key, activity) => self.spawn(async move {
                let Some(lookup) = Lookup::named(key.lookup) else { return };
                let page = |page| this.send(Event::Page(key.clone(), page));
                let result = this.journal.api.fetch(lookup, &key.query, &activity, page).await;
                this.send(Event::Found(key.clone(), result));
            }),
            Effect::Read(part) => self.read(part),
            Effect::Search(search) => self.search(search),
            Effect::Rest(key) => self.spawn(async move {
                tokio::time::sleep(this.rest).await;
                this.send(Event::Rested(key));
            }),
            Effect::Confirm(order, ticket) => self.spawn(async move {
                let number = order.number.clone();
                let result = this.journal.confirm(*order).await;
                this.send(Event::Confirmed(number, ticket, result));
            }),
            Effect::Submit(order) => self.submit(*order),
            Effect::Resend(key, number) => self.resend(key, number),
            Effect::Status(id, actor, activity) => self.spawn(async move {
                let result = this.journal.api.order(&id, actor.as_ref(), &activity).await;
                this.send(Event::Status(id, result));
            }),
            Effect::Number => self.send(Event::Number(random(), random_key())),
            Effect::Save(saving) => self.save(*saving),
            Effect::Open(key, over) => self.spawn(async move { this.journal.open(key, over).await }),
            Effect::Close(key) => self.spawn(async move { this.journal.close(key).await }),
            Effect::Discard(key) => self.spawn(async move { this.journal.discard(key).await }),
            Effect::Restore => self.spawn(async move { this.journal.restore().await }),
            Effect::List => self.spawn(async move { this.journal.list().await }),
            Effect::Abandon(key) => self.spawn(async move { this.journal.abandon(key).await }),
            Effect::Look(key) => self.spawn(async move {
                this.journal.look(key).await;
                this.journal.list().await;
            }),
            Effect::Seconds(on) => self.count_seconds(on),
            Effect::Copy(_) | Effect::Drain | Effect::Bell | Effect::Repaint | Effect::Suspend => return Some(effect),
        }
        None
    }

    /// Tells each second that passes, or no more. Nothing wakes while nothing is waited for.
    fn count_seconds(&self, on: bool) {
        let this = self.clone();
        let count = on.then(|| {
            let counting = tokio::spawn(async move {
                loop {
                    tokio::time::sleep(SECOND).await;
                    this.send(Event::Second);
                }
            });
            counting.abort_handle()
        });
        let before = std::mem::replace(&mut *self.seconds.lock().unwrap_or_else(PoisonError::into_inner), count);
        if let Some(before) = before {
            before.abort();
        }
    }

    fn search(&self, search: Box<Search>) {
        self.hunting.want(search.ticket);
        let this = self.clone();
        self.spawn(async move {
            let searching = tokio::task::spawn_blocking(move || {
                let tell = |found| this.send(Event::Searched(Box::new(found)));
                this.hunting.run(&search, &tell);
            });
            if let Err(failed) = searching.await
                && let Ok(panic) = failed.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        });
    }
    fn read(&self, part: Part) {
        match part {
            Part::People => self.read_of(|all| Event::People(Box::new(all))),
            Part::Lines => self.read_of(|all| Event::Lines(Box::new(all))),
        }
    }
    fn read_of<R: Held>(&self, event: impl Fn(Directory<R>) -> Event + Send + Sync + 'static) {
        let this = self.clone();
        self.spawn(async move { this.directories.read::<R>(|all| this.send(event(all))).await });
    }
    fn save(&self, saving: Saving) {
        let key = saving.key;
        let Some(wait) = self.journal.take(saving) else { return };
        let journal = self.journal.clone();
        if wait.is_zero() {
            return self.spawn(async move { journal.write(key).await });
        }
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            journal.write(key).await;
        });
    }
    fn submit(&self, order: Order) {
        let (this, key, number) = (self.clone(), order.key, order.number.clone());
        self.dispatch(key, number, async move { this.journal.submit(order).await });
    }
    fn resend(&self, key: OrderKey, number: OrderNumber) {
        let this = self.clone();
        self.dispatch(key, number, async move { this.journal.resend(key).await });
    }
    /// Starts a sending, which nothing cancels.
    fn dispatch(&self, key: OrderKey, number: OrderNumber, work: impl Future<Output = Verdict> + Send + 'static) {
        let this = self.clone();
        let mut closed = false;
        self.sending.send_modify(|o| {
            closed = o.closed;
            o.on_their_way += usize::from(!closed);
        });
        if closed {
            return;
        }
        let done = SendingEnds(self.sending.clone());
        let died = Event::Verdict(number.clone(), Verdict::Unknown(Clean::new("the program failed while it was sent")));
        self.spawn_or(Some(died), async move {
            let _done = done;
            let verdict = work.await;
            let next = match verdict {
                Verdict::Accepted(_) => Some(State::Accepted),
                Verdict::Unknown(_) => Some(State::Unknown),
                Verdict::Rejected(_) => Some(State::Rejected),
                Verdict::NotSent(_) | Verdict::NotApplied(..) => None,
            };
            this.journal.list().await;
            this.send(Event::Verdict(number, verdict));
            match next {
                Some(State::Accepted) => {
                    let journal = this.journal.clone();
                    tokio::spawn(async move { journal.audit(key).await });
                }
                // What was refused is looked for all the same, once it could stand there.
                Some(State::Rejected) => this.watch(key, this.journal.quiescence()),
                Some(_) => this.watch(key, Duration::ZERO),
                None => {}
            }
        });
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

/// Whether somebody wants something of the server: whoever would rather not sign in then is asked again.
fn asks_the_server(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Fetch(..)
            | Effect::Read(_)
            | Effect::Confirm(..)
            | Effect::Submit(_)
            | Effect::Resend(..)
            | Effect::Status(..)
            | Effect::Look(_)
    )
}

/// The orders that are being sent.
#[derive(Debug, Default)]
struct Outbox {
    on_their_way: usize,
    /// The program ends at once: what began now would be cut off.
    closed: bool,
}

/// One sending fewer, however its task ends.
struct SendingEnds(watch::Sender<Outbox>);

impl Drop for SendingEnds {
    fn drop(&mut self) {
        self.0.send_modify(|o| o.on_their_way = o.on_their_way.saturating_sub(1));
    }
}

/// Random bits for a key of the journal.
#[must_use]
pub fn random_key() -> u128 {
    u128::from(random()) << 64 | u128::from(random())
}

/// Random bits of the system.
#[must_use]
pub fn random() -> u64 {
    // Without randomness of the system the hash map's own seed still differs from run to run.
    getrandom::u64().unwrap_or_else(|_| {
        std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), std::process::id())
    })
}
