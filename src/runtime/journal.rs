//! The journal as the program works with it: drafts written down in the background, taken up again, and what the first
//! screen tells of them. Everything goes through the store's one thread; nothing here waits for a disk on a key's way.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::Wake;
use super::wall::clock;
use crate::api::Api;
use crate::app::message::{Event, NotOpened, Opened, Saving};
use crate::domain::ids::{OrderKey, OrderNumber};
use crate::domain::journal::{Proof, State, Timing, proof};
use crate::domain::kept::{self, Kept, Noted, Sent, Standing};
use crate::domain::last::LastUsed;
use crate::domain::text::Clean;
use crate::log::Log;
use crate::store::{self, Handle, Held, Row, Saved, Store};

/// Text being typed is written down after so much time.
const TYPING: Duration = Duration::from_secs(1);

/// Which server the orders are for, and how it is known in the journal.
#[derive(Clone, Debug)]
pub struct Server {
    /// The base URL and tenant of a profile; the sandbox in the process is one and the same whatever its port.
    pub name: String,
    /// The times that safety hangs on.
    pub timing: Timing,
    /// As whom it is spoken to: what is known of the order list is known for this account.
    pub account: String,
    /// Whether its order list is known to show our orders, so that not finding one means something.
    pub calibrated: bool,
}

/// What this session holds.
#[derive(Default)]
struct Session {
    revs: HashMap<OrderKey, i64>,
    leases: HashMap<OrderKey, Held>,
    pending: HashMap<OrderKey, Saving>,
    timers: HashSet<OrderKey>,
    watched: HashMap<OrderKey, Arc<Watched>>,
    next: HashMap<OrderKey, Timestamp>,
}

/// An order that somebody looks for.
pub(super) struct Watched {
    pub(super) woken: Notify,
    /// How long it rests after it was woken.
    rest: Mutex<Duration>,
}

impl Watched {
    pub(super) fn rest(&self) -> Duration {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The journal, and the server that its orders are sent to.
#[derive(Clone)]
pub struct Journal {
    pub(super) api: Arc<Api>,
    pub(super) store: Handle,
    pub(super) server: Arc<Server>,
    pub(super) log: Log,
    by: Clean,
    wake: UnboundedSender<Wake>,
    session: Arc<Mutex<Session>>,
}

/// The thread of the store has ended; that happens only when the program does.
pub(super) const ENDED: &str = "the journal is closed";

impl Journal {
    /// A journal whose events go to that sender; `by` is the login of whoever works here.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn new(
        api: Arc<Api>,
        store: Store,
        server: Server,
        by: Clean,
        wake: UnboundedSender<Wake>,
    ) -> std::io::Result<Self> {
        Ok(Self::on(Handle::start(store)?, api, server, by, wake))
    }
    /// The same on a store that has its thread already, and may still be opened there: whatever is asked of it waits.
    #[must_use]
    pub fn on(store: Handle, api: Arc<Api>, server: Server, by: Clean, wake: UnboundedSender<Wake>) -> Self {
        Self { api, store, server: Arc::new(server), log: Log::default(), by, wake, session: Arc::default() }
    }
    /// The same, and what happens to orders is also logged there.
    #[must_use]
    pub fn logged(self, log: Log) -> Self {
        Self { log, ..self }
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) fn tell(&self, event: Event) {
        // The receiver is gone only when the program ends.
        let _ = self.wake.send(Wake::Event(event));
    }
    /// The revision that this session last saw of an order.
    pub(super) fn rev(&self, key: OrderKey) -> i64 {
        self.session().revs.get(&key).copied().unwrap_or(0)
    }
    pub(super) fn set_rev(&self, key: OrderKey, rev: i64) {
        self.session().revs.insert(key, rev);
    }
    /// Changes an order at the revision that this session last saw. Both are read and written on the store's thread, where
    /// nothing of this session can come between.
    pub(super) async fn change(
        &self,
        key: OrderKey,
        job: impl FnOnce(&mut Store, i64) -> Result<i64, store::Trouble> + Send + 'static,
    ) -> Option<Result<(), store::Trouble>> {
        let this = self.clone();
        self.store.run(move |store| job(store, this.rev(key)).map(|rev| this.set_rev(key, rev))).await
    }
    /// The revision after a change that nobody else can have made.
    pub(super) fn resync(&self, store: &mut Store, key: OrderKey) {
        if let Ok(Some(row)) = store.get(key) {
            self.set_rev(key, row.rev);
        }
    }
    pub(super) fn set_next(&self, key: OrderKey, at: Option<Timestamp>) {
        match at {
            Some(at) => self.session().next.insert(key, at),
            None => self.session().next.remove(&key),
        };
    }
    /// Where nobody watches the order yet, somebody does from now on, after a rest, and is woken by this; who does already
    /// is woken, and rests anew.
    pub(super) fn begin_watching(&self, key: OrderKey, rest: Duration) -> Option<Arc<Watched>> {
        match self.session().watched.entry(key) {
            Entry::Vacant(place) => {
                Some(Arc::clone(place.insert(Arc::new(Watched { woken: Notify::new(), rest: Mutex::new(rest) }))))
            }
            Entry::Occupied(there) => {
                let there = there.get();
                *there.rest.lock().unwrap_or_else(PoisonError::into_inner) = rest;
                there.woken.notify_one();
                None
            }
        }
    }
    /// How long it takes until an order that is not listed was not placed.
    pub(super) fn quiescence(&self) -> Duration {
        self.server.timing.quiescence(Duration::ZERO)
    }
    pub(super) fn end_watching(&self, key: OrderKey) {
        self.session().watched.remove(&key);
        self.set_next(key, None);
    }

    /// Takes a draft to be written down; what was taken before and is not written yet gives way. How long to wait with
    /// it, where nobody waits already.
    pub fn take(&self, saving: Saving) -> Option<Duration> {
        let mut session = self.session();
        let (key, now) = (saving.key, saving.at_once);
        session.pending.insert(key, saving);
        match now {
            true => Some(Duration::ZERO),
            false => session.timers.insert(key).then_some(TYPING),
        }
    }
    /// Writes down what was taken.
    pub async fn write(&self, key: OrderKey) {
        let this = self.clone();
        let told = self.store.run(move |store| this.write_now(store, key)).await;
        if let Some(Some(event)) = told {
            self.tell(event);
        }
    }
    /// Writes down everything that was taken: the program ends.
    pub fn write_all(&self) {
        let keys: Vec<OrderKey> = self.session().pending.keys().copied().collect();
        let this = self.clone();
        self.store.now(move |store| {
            for key in keys {
                this.write_now(store, key);
            }
        });
    }

    /// The session ends: everything is written down, and others may have what it held.
    pub fn end(&self) {
        self.write_all();
        self.session().leases.clear();
    }

    fn write_now(&self, store: &mut Store, key: OrderKey) -> Option<Event> {
        let (saving, rev, leased) = {
            let mut session = self.session();
            session.timers.remove(&key);
            let saving = session.pending.remove(&key)?;
            (saving, session.revs.get(&key).copied().unwrap_or(0), session.leases.contains_key(&key))
        };
        if !leased && let Ok(held) = store.lease(key) {
            self.session().leases.insert(key, held);
        }
        let written = |number: &OrderNumber| store::Saving {
            key,
            number: number.clone(),
            server: self.server.name.clone(),
            actor: saving.draft.actor().cloned(),
            draft: Kept::of(&saving.draft, &saving.spot, &self.by).text(),
            changed: saving.changed,
            rev,
            spare: saving.spare.clone(),
        };
        let result = match store.save(&written(&saving.draft.number)) {
            // The reference is another order's, which is said before the confirmation: until then nothing typed is lost.
            Err(store::Trouble::NumberInUse(_)) => store.save(&written(saving.draft.own())),
            other => other,
        };
        match result {
            Ok(Saved::Kept { rev }) => {
                self.set_rev(key, rev);
                Some(Event::Saved(key, Ok(clock())))
            }
            Ok(Saved::Elsewhere { .. }) => {
                self.session().leases.remove(&key);
                Some(Event::Overtaken(key))
            }
            Err(trouble) => {
                // With what is typed next, or at the end, it is tried again.
                self.session().pending.entry(key).or_insert(saving);
                Some(Event::Saved(key, Err(Clean::new(&trouble.to_string()))))
            }
        }
    }

    /// Takes up an order that was written down; `over` takes it from whoever has it.
    pub async fn open(&self, key: OrderKey, over: bool) {
        let this = self.clone();
        let opened = self.store.run(move |store| this.open_now(store, key, over)).await;
        let gone = || Err(NotOpened::Gone(Clean::new(ENDED)));
        self.tell(Event::Opened(key, opened.unwrap_or_else(gone)));
    }
    fn open_now(&self, store: &mut Store, key: OrderKey, over: bool) -> Result<Box<Opened>, NotOpened> {
        let gone = |why: &str| NotOpened::Gone(Clean::new(why));
        let find = |store: &mut Store| match store.get(key) {
            Ok(Some(row)) => Ok(row),
            Ok(None) => Err(gone("It is not in the journal any more: another session has thrown it away.")),
            Err(trouble) => Err(gone(&trouble.to_string())),
        };
        let mut row = find(store)?;
        if row.state.open() && !self.session().leases.contains_key(&key) {
            match store.lease(key) {
                Ok(held) => {
                    self.session().leases.insert(key, held);
                }
                Err(by) if !over => return Err(NotOpened::Held(Clean::new(&by.to_string()))),
                Err(_) => {
                    store.takeover(key).map_err(|t| gone(&t.to_string()))?;
                    row = find(store)?;
                }
            }
        }
        let kept = Kept::read(&row.draft).ok_or_else(|| {
            gone("It was written by another version of mobproc; it is kept, and that version opens it.")
        })?;
        self.set_rev(key, row.rev);
        let refused = kept::refusals(row.errors.as_deref().filter(|_| row.state == State::Rejected));
        Ok(Box::new(Opened { kept, number: row.number, state: row.state, sent: row.attempt > 0, refused }))
    }
    /// The draft is left: it is written down, and others may have it.
    pub async fn close(&self, key: OrderKey) {
        self.write(key).await;
        let lease = self.session().leases.remove(&key);
        // Unlocking is the disk's business too.
        self.store.run(move |_| drop(lease)).await;
        self.list().await;
    }
    /// Throws a draft away.
    pub async fn discard(&self, key: OrderKey) {
        self.write(key).await;
        let this = self.clone();
        let discarded = self.store.run(move |store| match store.get(key)? {
            // What was never written down is gone already.
            None => Ok(0),
            Some(_) => store.discard(key, this.rev(key)),
        });
        self.told(discarded.await);
        self.list().await;
    }
    /// Brings back the draft that was thrown away last.
    pub async fn restore(&self) {
        let server = self.server.name.clone();
        let restored = self.store.run(move |store| match store.discarded(&server)?.first() {
            Some(row) => store.restore(row.key).map(|_| true),
            None => Ok(false),
        });
        match self.told(restored.await) {
            Some(false) => self.tell(Event::Alarm(Clean::new("No draft was thrown away within the last 7 days."))),
            Some(true) | None => self.list().await,
        }
    }
    /// Gives up an order that was not placed.
    pub async fn abandon(&self, key: OrderKey) {
        self.told(self.change(key, move |store, rev| store.abandon(key, rev)).await);
        self.list().await;
    }
    /// Says what the store could not do.
    pub(super) fn told<T>(&self, result: Option<Result<T, store::Trouble>>) -> Option<T> {
        match result? {
            Ok(done) => Some(done),
            Err(trouble) => {
                self.tell(Event::Alarm(Clean::new(&trouble.to_string())));
                None
            }
        }
    }

    /// Tells what the journal holds.
    pub async fn list(&self) {
        let this = self.clone();
        if let Some(all) = self.told(self.store.run(move |store| this.standings(store)).await) {
            self.tell(Event::Journal(all));
        }
    }
    /// What the journal holds, for whoever has no screen.
    ///
    /// # Errors
    /// What the store could not do.
    pub async fn standings_now(&self) -> Result<Vec<Standing>, store::Trouble> {
        let this = self.clone();
        let all = self.store.run(move |store| this.standings(store)).await;
        all.unwrap_or_else(|| Err(store::Trouble::Broken(ENDED.to_owned())))
    }
    /// What the journal holds.
    ///
    /// # Errors
    /// What the store could not do.
    pub fn standings(&self, store: &mut Store) -> Result<Vec<Standing>, store::Trouble> {
        let rows = store.orders(&self.server.name)?;
        rows.iter().map(|row| self.standing(store, row)).collect()
    }
    fn standing(&self, store: &mut Store, row: &Row) -> Result<Standing, store::Trouble> {
        let mut standing = Standing::of(row.key, row.number.clone(), row.state, &row.draft, row.updated);
        standing.order_id = row.order_id.clone();
        if row.state == State::Rejected {
            standing.refused = kept::refusals(row.errors.as_deref());
        }
        let own = self.session().leases.contains_key(&row.key);
        if row.state.open()
            && !own
            && let Err(by) = store.lease(row.key)
        {
            standing.held = Some(Clean::new(&by.to_string()));
        }
        if row.state.unresolved() || row.state == State::NotPlaced {
            standing.sending = Some(self.sent(store, row)?);
        }
        Ok(standing)
    }
    fn sent(&self, store: &mut Store, row: &Row) -> Result<Sent, store::Trouble> {
        let calibrated = self.calibrated(store)?;
        let settled_by = match proof(&store.looks(row.key)?, &self.server.timing, self.worst_lag(store)?) {
            Proof::NotYet(left) => Timestamp::now().checked_add(left).ok(),
            Proof::NotPlaced => None,
        };
        let noted = |e: &store::Event| {
            let what = match (e.to, &e.note) {
                (Some(State::Submitting), _) => format!("the order is sent, reference {}", row.number),
                (_, Some(note)) => note.clone(),
                (Some(State::NotPlaced), None) => "not found in all checks: not placed".to_owned(),
                (Some(State::NeedsHuman), None) => "not to be settled from here".to_owned(),
                (Some(to), None) if Some(to) != e.from => to.name().to_owned(),
                (Some(_) | None, None) => return None,
            };
            Some(Noted { at: e.at, what: Clean::new(&what) })
        };
        let events = store.events(row.key)?;
        let from = events.iter().rposition(|e| e.to == Some(State::Submitting)).unwrap_or(0);
        Ok(Sent {
            at: row.intent_at,
            correlation: row.correlation.as_deref().map(Clean::new),
            trail: events[from..].iter().filter_map(noted).collect(),
            next: self.session().next.get(&row.key).copied(),
            settled_by,
            lacks_secret: row.body.as_deref().map(sha256) != row.sha256,
            calibrated,
        })
    }

    /// What orders answered last, for the forms to come.
    pub async fn last_used(&self) {
        let this = self.clone();
        if let Some(Some(event)) = self.store.run(move |store| this.last_used_now(store)).await {
            self.tell(event);
        }
    }
    fn last_used_now(&self, store: &mut Store) -> Option<Event> {
        // Where it cannot be read nothing is offered, and whatever else is wrong with the journal is told elsewhere.
        let all = store.last_used(&self.server.name).ok()?;
        Some(Event::LastUsed(LastUsed::read(all)))
    }
    /// Notes what a placed order has answered, and tells it.
    pub(super) fn keep_last_used(&self, store: &mut Store, key: OrderKey) {
        let draft = store.get(key).ok().flatten().and_then(|row| Kept::read(&row.draft)).map(|kept| kept.draft);
        let kept = draft.map(|d| store.keep_last_used(&self.server.name, &LastUsed::of_order(&d)));
        if let Some(Ok(())) = kept
            && let Some(event) = self.last_used_now(store)
        {
            self.tell(event);
        }
    }

    /// Whether an order of ours was ever found in this server's list.
    pub(super) fn calibrated(&self, store: &mut Store) -> Result<bool, store::Trouble> {
        Ok(self.server.calibrated || store.meta(&self.meta("calibrated"))?.is_some())
    }
    /// The longest time that a placed order of ours has needed to stand in the list.
    pub(super) fn worst_lag(&self, store: &mut Store) -> Result<Duration, store::Trouble> {
        let seconds = store.meta(&self.meta("worst lag"))?.and_then(|v| v.parse().ok());
        Ok(seconds.map(Duration::from_secs).unwrap_or_default())
    }
    /// The name of what is known about this server.
    pub(super) fn meta(&self, what: &str) -> String {
        format!("{what} {} {}", self.server.name, self.server.account)
    }
}

/// The checksum by which a body is known without being kept.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
