//! The submit protocol as a model: one order number, two sessions, one store, and every way in which steps, crashes,
//! lost, late and refused messages can follow one another, until nothing new is left. As designed nothing is ordered
//! twice and no order is lost; with any one of its parts taken out, one of the two is found. Ticks stand for time.
//! The largest variant is walked through by `cargo test --test model -- --ignored`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there and then")]

use std::sync::{Mutex, PoisonError};

use stateright::{Checker, HasDiscoveries, Model, Property};

/// A request is processed within this many ticks of being sent, or never.
const PROCESSED: usize = 2;
/// An order is in the list after at most this many ticks.
const LISTED: u8 = 2;
/// Ticks that are looked at.
const TICKS: u8 = 12;
/// Requests, of both sessions together.
const SENDS: u8 = 3;
/// Crashes, of both sessions together.
const CRASHES: u8 = 2;

const ONE_ORDER: &str = "there are never two orders";
const NOT_PLACED_IS_TRUE: &str = "an order that is said not to be placed does not exist";
const REJECTED_IS_TRUE: &str = "an order that is said to be rejected does not exist";

/// The protocol, or what is wrong with it.
#[derive(Clone, Copy)]
struct Protocol {
    /// Ticks for which empty scans do not count.
    quiescence: u8,
    /// Ticks after the intent within which the request must leave; without a guard it may leave at any time.
    guard: Option<u8>,
    /// One session at a time.
    lock: bool,
    /// The intent is written only where the order still stands where it was read.
    cas: bool,
    /// The list is looked at before the intent.
    precheck: bool,
    /// A written intent survives the crash of its session.
    durable: bool,
    /// An outcome is written by the attempt that it belongs to, or not at all.
    own_token: bool,
    /// The intent is written before the request leaves.
    intent_first: bool,
    /// No answer leaves the order unknown; otherwise it is as if nothing had been sent.
    silence_is_unknown: bool,
    /// A failure of the server leaves the order unknown; otherwise it counts as a refusal.
    failure_is_unknown: bool,
    /// One call is one request.
    one_request: bool,
    /// A received request is processed once.
    processed_once: bool,
    /// A session keeps its lock while it is stopped.
    lock_kept: bool,
}

const DESIGNED: Protocol = Protocol {
    quiescence: PROCESSED as u8 + LISTED + 1,
    guard: None,
    lock: true,
    cas: true,
    precheck: true,
    durable: true,
    own_token: true,
    intent_first: true,
    silence_is_unknown: true,
    failure_is_unknown: true,
    one_request: true,
    processed_once: true,
    lock_kept: true,
};
const GUARDED: Protocol = Protocol { guard: Some(1), quiescence: DESIGNED.quiescence + 1, ..DESIGNED };

/// Everything there is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct World {
    now: u8,
    order: Order,
    unknown_since: Option<u8>,
    /// The session whose attempt is the last one.
    attempt: Option<Who>,
    lock: Option<Who>,
    sessions: [Session; 2],
    /// Requests that were sent and not yet processed, by session and by age in ticks.
    on_the_wire: [[u8; PROCESSED + 1]; 2],
    /// Orders that exist; no more than two are told apart.
    placed: [Option<Placed>; 2],
    sends: u8,
    crashes: u8,
}

type Who = usize;

/// What the store says of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Order {
    Confirmed,
    Submitting,
    Unknown,
    NotPlaced,
    Rejected,
    Accepted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Session {
    at: At,
    /// When it wrote its intent, where it has not sent since.
    intent: Option<u8>,
    reply: Option<Reply>,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Idle,
    Locked,
    Checked,
    Intent,
    Sent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reply {
    Placed,
    Refused,
    Failed,
}

/// An order at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Placed {
    at: u8,
    listed: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Does(Who, Step),
    /// What becomes of a request of that session and age.
    Becomes(Who, usize, Fate),
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    TakeLock,
    FindBeforehand,
    FindNothing,
    WriteIntent,
    LoseRace,
    GiveUpLate,
    Send,
    FailToConnect,
    LoseLock,
    ReadReply(Reply),
    TimeOut,
    Crash,
    Recover,
    FindInScan,
    ConcludeNotPlaced,
    Edit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Placed { lag: u8, reply: Reply },
    PlacedTwice { lag: u8 },
    Refused,
    Lost,
}

impl World {
    fn listed(&self) -> bool {
        self.placed.iter().flatten().any(|order| order.listed <= self.now)
    }
    fn release(&mut self, who: Who) {
        if self.lock == Some(who) {
            self.lock = None;
        }
        self.sessions[who].at = At::Idle;
    }
    fn place(&mut self, lag: u8) {
        if let Some(free) = self.placed.iter_mut().find(|p| p.is_none()) {
            *free = Some(Placed { at: self.now, listed: self.now + lag });
        }
    }
}

impl Protocol {
    /// Whether the session may write an outcome.
    fn owns(&self, world: &World, who: Who) -> bool {
        world.order == Order::Submitting && (world.attempt == Some(who) || !self.own_token)
    }

    fn steps(&self, world: &World, who: Who, mut to: impl FnMut(Step)) {
        let session = &world.sessions[who];
        match session.at {
            At::Idle => return self.idle(world, to),
            At::Locked if self.precheck && world.listed() => to(Step::FindBeforehand),
            At::Locked => to(Step::FindNothing),
            At::Checked if !self.cas || matches!(world.order, Order::Confirmed | Order::NotPlaced) => {
                to(Step::WriteIntent);
            }
            At::Checked => to(Step::LoseRace),
            At::Intent => {
                if self.guard.is_some_and(|ticks| session.intent.is_some_and(|at| world.now > at + ticks)) {
                    to(Step::GiveUpLate);
                } else if world.sends < SENDS {
                    to(Step::Send);
                }
                to(Step::FailToConnect);
                if !self.lock_kept && world.lock == Some(who) {
                    to(Step::LoseLock);
                }
            }
            At::Sent => {
                session.reply.into_iter().for_each(|reply| to(Step::ReadReply(reply)));
                to(Step::TimeOut);
            }
        }
        if world.crashes < CRASHES {
            to(Step::Crash);
        }
    }

    fn idle(&self, world: &World, mut to: impl FnMut(Step)) {
        if world.lock.is_some() && self.lock {
            return;
        }
        match world.order {
            Order::Confirmed | Order::NotPlaced if world.sends < SENDS => to(Step::TakeLock),
            Order::Submitting if world.lock.is_none() => to(Step::Recover),
            Order::Unknown if world.listed() => to(Step::FindInScan),
            Order::Unknown if world.unknown_since.is_some_and(|t| world.now >= t + self.quiescence) => {
                to(Step::ConcludeNotPlaced);
            }
            Order::Rejected => to(Step::Edit),
            Order::Confirmed | Order::NotPlaced | Order::Submitting | Order::Unknown | Order::Accepted => {}
        }
    }

    fn fates(&self, mut to: impl FnMut(Fate)) {
        for lag in 0..=LISTED {
            to(Fate::Placed { lag, reply: Reply::Placed });
            to(Fate::Placed { lag, reply: Reply::Failed });
            if !self.processed_once {
                to(Fate::PlacedTwice { lag });
            }
        }
        to(Fate::Refused);
        to(Fate::Lost);
    }

    fn step(&self, world: &mut World, who: Who, step: Step) {
        match step {
            Step::TakeLock => (world.lock, world.sessions[who].at) = (Some(who), At::Locked),
            Step::FindBeforehand => {
                (world.order, world.lock, world.sessions[who].at) = (Order::Accepted, None, At::Idle);
            }
            Step::FindNothing => world.sessions[who].at = At::Checked,
            Step::WriteIntent => {
                if self.intent_first {
                    world.order = Order::Submitting;
                }
                world.attempt = Some(who);
                world.sessions[who] = Session { at: At::Intent, intent: Some(world.now), ..world.sessions[who] };
            }
            Step::LoseRace => world.release(who),
            Step::GiveUpLate | Step::FailToConnect => {
                if self.owns(world, who) {
                    world.order = Order::Confirmed;
                }
                if step == Step::GiveUpLate {
                    world.sessions[who].intent = None;
                }
                world.release(who);
            }
            Step::Send => {
                world.on_the_wire[who][0] += if self.one_request { 1 } else { 2 };
                world.sends += 1;
                world.sessions[who] = Session { at: At::Sent, intent: None, ..world.sessions[who] };
            }
            Step::LoseLock => world.lock = None,
            Step::ReadReply(reply) => self.end(world, who, Some(reply)),
            Step::TimeOut => self.end(world, who, None),
            Step::Crash => {
                if !self.durable && world.order == Order::Submitting && world.lock == Some(who) {
                    world.order = Order::Confirmed;
                }
                world.crashes += 1;
                world.sessions[who].reply = None;
                world.release(who);
            }
            Step::Recover => (world.order, world.unknown_since) = (Order::Unknown, Some(world.now)),
            Step::FindInScan => world.order = Order::Accepted,
            Step::ConcludeNotPlaced => world.order = Order::NotPlaced,
            Step::Edit => world.order = Order::Confirmed,
        }
    }

    /// The end of a call: a reply, or none within the time. That an order exists may be written by anybody.
    fn end(&self, world: &mut World, who: Who, reply: Option<Reply>) {
        let outcome = match reply {
            Some(Reply::Placed) => Order::Accepted,
            Some(Reply::Refused) => Order::Rejected,
            Some(Reply::Failed) if !self.failure_is_unknown => Order::Rejected,
            None if !self.silence_is_unknown => Order::Confirmed,
            Some(Reply::Failed) | None => Order::Unknown,
        };
        if outcome == Order::Accepted || self.owns(world, who) || !self.cas {
            if outcome == Order::Unknown && world.order == Order::Submitting {
                world.unknown_since = Some(world.now);
            }
            world.order = outcome;
        }
        world.sessions[who].reply = None;
        world.release(who);
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            now: 0,
            order: Order::Confirmed,
            unknown_since: None,
            attempt: None,
            lock: None,
            sessions: [Session { at: At::Idle, intent: None, reply: None }; 2],
            on_the_wire: [[0; PROCESSED + 1]; 2],
            placed: [None; 2],
            sends: 0,
            crashes: 0,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Event>) {
        for who in 0..2 {
            self.steps(world, who, |step| actions.push(Event::Does(who, step)));
            for age in (0..=PROCESSED).filter(|&age| world.on_the_wire[who][age] > 0) {
                self.fates(|fate| actions.push(Event::Becomes(who, age, fate)));
            }
        }
        // A request that may wait no longer is processed, or lost, before time goes on.
        if world.now < TICKS && world.on_the_wire.iter().all(|requests| requests[PROCESSED] == 0) {
            actions.push(Event::Tick);
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = *world;
        match event {
            Event::Does(who, step) => self.step(&mut next, who, step),
            Event::Becomes(who, age, fate) => {
                next.on_the_wire[who][age] -= 1;
                let reply = match fate {
                    Fate::Placed { lag, reply } => {
                        next.place(lag);
                        Some(reply)
                    }
                    Fate::PlacedTwice { lag } => {
                        next.place(lag);
                        next.place(lag);
                        Some(Reply::Placed)
                    }
                    Fate::Refused => Some(Reply::Refused),
                    Fate::Lost => None,
                };
                if reply.is_some() && next.sessions[who].at == At::Sent {
                    next.sessions[who].reply = reply;
                }
            }
            Event::Tick => {
                next.now += 1;
                next.on_the_wire.iter_mut().for_each(|requests| requests.rotate_right(1));
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONE_ORDER, |_, world: &World| world.placed[1].is_none()),
            Property::always(NOT_PLACED_IS_TRUE, |_, w: &World| w.order != Order::NotPlaced || w.placed[0].is_none()),
            Property::always(REJECTED_IS_TRUE, |_, w: &World| w.order != Order::Rejected || w.placed[0].is_none()),
        ]
    }
}

/// Variants take turns: each of them has both cores, and the memory, to itself.
static TURN: Mutex<()> = Mutex::new(());

fn walk(protocol: Protocol, until: HasDiscoveries) -> impl Checker<Protocol> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    protocol.checker().threads(2).finish_when(until).spawn_bfs().join()
}

/// Nothing goes wrong in any state, and these many states there are.
fn holds(protocol: Protocol, states: usize) {
    let checker = walk(protocol, HasDiscoveries::Any);
    checker.assert_properties();
    assert_eq!(checker.unique_state_count(), states);
}

/// It goes wrong like this.
fn breaks(protocol: Protocol, property: &'static str) {
    let checker = walk(protocol, HasDiscoveries::AnyOf([property].into()));
    let path = checker.discovery(property).unwrap();
    println!("{property}, but: {:?}", path.into_actions());
}

#[test]
fn as_designed_nothing_is_ordered_twice_and_nothing_is_lost() {
    holds(DESIGNED, 860_869);
}

#[test]
fn with_the_send_guard_it_holds_too() {
    holds(GUARDED, 762_099);
}

#[test]
fn a_lock_lost_while_its_holder_is_stopped_does_no_harm() {
    holds(Protocol { lock_kept: false, ..GUARDED }, 2_020_379);
}

#[test]
#[ignore = "4.9 million states, half a gigabyte: cargo test --test model -- --ignored"]
fn without_any_lock_it_holds_by_token_and_guard_alone() {
    holds(Protocol { lock: false, ..GUARDED }, 4_933_603);
}

/// It never fires while the assumptions hold; it lessens the harm where they do not.
#[test]
fn without_the_check_before_the_intent_the_same_states_are_reached() {
    holds(Protocol { precheck: false, ..DESIGNED }, 860_869);
}

#[test]
fn an_outcome_written_by_another_attempt_orders_twice() {
    breaks(Protocol { lock_kept: false, own_token: false, ..GUARDED }, ONE_ORDER);
}

#[test]
fn without_lock_and_guard_an_order_is_said_not_to_be_placed() {
    breaks(Protocol { lock: false, ..DESIGNED }, NOT_PLACED_IS_TRUE);
}

#[test]
fn a_lock_lost_without_a_guard_makes_an_order_said_not_to_be_placed() {
    breaks(Protocol { lock_kept: false, ..DESIGNED }, NOT_PLACED_IS_TRUE);
}

#[test]
fn too_short_a_quiescence_makes_an_order_said_not_to_be_placed() {
    breaks(Protocol { quiescence: 2, ..DESIGNED }, NOT_PLACED_IS_TRUE);
    breaks(Protocol { lock: false, quiescence: 4, ..GUARDED }, NOT_PLACED_IS_TRUE);
}

#[test]
fn sending_again_after_silence_orders_twice() {
    breaks(Protocol { silence_is_unknown: false, ..DESIGNED }, ONE_ORDER);
}

#[test]
fn an_intent_that_a_crash_takes_back_orders_twice() {
    breaks(Protocol { durable: false, ..DESIGNED }, ONE_ORDER);
}

#[test]
fn an_intent_written_after_the_request_orders_twice() {
    breaks(Protocol { intent_first: false, ..DESIGNED }, ONE_ORDER);
}

#[test]
fn without_lock_and_comparison_two_sessions_order_twice() {
    breaks(Protocol { lock: false, cas: false, ..DESIGNED }, ONE_ORDER);
}

#[test]
fn a_client_that_sends_again_by_itself_orders_twice() {
    breaks(Protocol { one_request: false, ..DESIGNED }, ONE_ORDER);
}

#[test]
fn a_failure_of_the_server_taken_for_a_refusal_loses_the_order_and_orders_twice() {
    breaks(Protocol { failure_is_unknown: false, ..DESIGNED }, REJECTED_IS_TRUE);
    breaks(Protocol { failure_is_unknown: false, ..DESIGNED }, ONE_ORDER);
}

/// This is outside of what the protocol assumes, and no protocol of a client can see it coming.
#[test]
fn a_gateway_that_processes_a_request_twice_orders_twice() {
    breaks(Protocol { processed_once: false, ..DESIGNED }, ONE_ORDER);
}
