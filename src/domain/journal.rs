//! The life of an order in the journal: its states and the only ways between them, the times that its safety hangs on,
//! and what a series of looks into the order list proves. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Being filled in.
    Drafted,
    /// The server is being asked how it reads the order.
    ConfirmSent,
    /// The server has said how it reads it; nothing is ordered.
    Confirmed,
    /// It may be sent, or is on its way, under the attempt that is noted with it.
    Submitting,
    /// It was sent, or may have been, and nobody knows what came of it.
    Unknown,
    /// Enough time and enough looks say that it was not placed.
    NotPlaced,
    /// The server refused it.
    Rejected,
    /// The server has it under an id. Nothing leaves this state.
    Accepted,
    /// The user has given it up.
    Abandoned,
    /// The program cannot find out; people must.
    NeedsHuman,
}

/// Every state.
pub const STATES: [State; 10] = [
    State::Drafted,
    State::ConfirmSent,
    State::Confirmed,
    State::Submitting,
    State::Unknown,
    State::NotPlaced,
    State::Rejected,
    State::Accepted,
    State::Abandoned,
    State::NeedsHuman,
];

/// The ways between states, beside the one that leads from everywhere to `Accepted`. The database refuses all others.
pub const EDGES: [(State, State); 17] = [
    (State::Drafted, State::ConfirmSent),
    (State::ConfirmSent, State::Drafted),
    (State::ConfirmSent, State::Confirmed),
    (State::ConfirmSent, State::ConfirmSent),
    (State::Confirmed, State::ConfirmSent),
    (State::Confirmed, State::Drafted),
    (State::Confirmed, State::Submitting),
    (State::Submitting, State::Confirmed),
    (State::Submitting, State::Rejected),
    (State::Submitting, State::Unknown),
    (State::Rejected, State::Drafted),
    (State::Rejected, State::Abandoned),
    (State::Unknown, State::NotPlaced),
    (State::Unknown, State::NeedsHuman),
    (State::NotPlaced, State::Submitting),
    (State::NotPlaced, State::Drafted),
    (State::NotPlaced, State::Abandoned),
];

impl State {
    /// As the journal writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Drafted => "Drafted",
            Self::ConfirmSent => "ConfirmSent",
            Self::Confirmed => "Confirmed",
            Self::Submitting => "Submitting",
            Self::Unknown => "Unknown",
            Self::NotPlaced => "NotPlaced",
            Self::Rejected => "Rejected",
            Self::Accepted => "Accepted",
            Self::Abandoned => "Abandoned",
            Self::NeedsHuman => "NeedsHuman",
        }
    }
    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        STATES.into_iter().find(|s| s.name() == name)
    }
    /// Whether an order may go from here to there.
    #[must_use]
    pub fn leads_to(self, to: Self) -> bool {
        to == Self::Accepted || EDGES.contains(&(self, to))
    }
    /// Whether the order may be filled in, changed and thrown away.
    #[must_use]
    pub fn open(self) -> bool {
        matches!(self, Self::Drafted | Self::ConfirmSent | Self::Confirmed | Self::Rejected)
    }
    /// Whether nobody knows yet what came of it.
    #[must_use]
    pub fn unresolved(self) -> bool {
        matches!(self, Self::Submitting | Self::Unknown | Self::NeedsHuman)
    }
}

/// The times that the safety of an order hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A sending begins within this time of its record, or not at all.
    pub send_guard: Duration,
    /// The whole of a submission: connecting, writing, waiting, reading.
    pub submit: Duration,
    /// A received request is carried out within this time or never.
    pub server_time_limit: Duration,
    /// A placed order stands in the order list within this time.
    pub list_lag: Duration,
    /// Looks that count lie this far apart.
    pub spacing: Duration,
    /// After this time people must find out.
    pub give_up: Duration,
    /// An access token is used for sending only up to this age.
    pub token_age: Duration,
}

impl Default for Timing {
    /// For the published API and the gateway in front of it.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            send_guard: seconds(10),
            submit: seconds(310),
            server_time_limit: seconds(3600),
            list_lag: seconds(120),
            spacing: seconds(60),
            give_up: seconds(72 * 3600),
            token_age: seconds(30 * 60),
        }
    }
}

/// The quiescence of the defaults: 75 minutes.
const USUAL: Duration = Duration::from_secs(4500);

impl Timing {
    /// For the sandbox, whose limits are known.
    #[must_use]
    pub fn sandbox() -> Self {
        let seconds = Duration::from_secs;
        Self {
            send_guard: seconds(5),
            submit: seconds(30),
            server_time_limit: seconds(5),
            list_lag: seconds(5),
            spacing: seconds(5),
            ..Self::default()
        }
    }
    /// How long looks must stay empty before an order counts as not placed: send guard, submission, the server's time
    /// limit and the list's lag, and a ninth more; whole minutes where it is many. `worst_lag` is the longest time that a
    /// placed order of ours has needed to show.
    #[must_use]
    pub fn quiescence(&self, worst_lag: Duration) -> Duration {
        let lag = self.list_lag.max(worst_lag * 10);
        let sum = (self.send_guard + self.submit + self.server_time_limit + lag) * 10 / 9;
        match sum.as_secs() {
            secs @ 600.. => Duration::from_secs(secs.div_ceil(60) * 60),
            _ => sum,
        }
    }
    /// How long to wait for the next look, so long after the first: eager at first, hourly in the end. For a server whose
    /// limits are short everything is quicker in proportion.
    #[must_use]
    pub fn next_look(&self, elapsed: Duration) -> Duration {
        let quiescence = self.quiescence(Duration::ZERO);
        let scale = (quiescence.as_secs_f64() / USUAL.as_secs_f64()).min(1.0);
        let at = elapsed.as_secs_f64() / scale;
        let wait = match at {
            t if t < 4.0 => 5.0,
            t if t < 14.0 => 10.0,
            t if t < 29.0 => 15.0,
            t if t < 59.0 => 30.0,
            t if t < 900.0 => 120.0,
            t if t < USUAL.as_secs_f64() => 600.0,
            _ => 3600.0,
        };
        Duration::from_secs_f64((wait * scale).max(5.0_f64.min(self.spacing.as_secs_f64())))
    }
}

/// When a look was taken, by clocks that nobody here can set: the server's, and the time since this machine started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The `Date` header of the reply.
    pub server: Option<Timestamp>,
    /// Which start of which machine, and the time since then.
    pub boot: Option<(String, Duration)>,
}

impl Moment {
    /// How much time has certainly passed since an earlier moment; nothing where no clock can tell.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Duration {
        let server = match (self.server, earlier.server) {
            (Some(now), Some(then)) => Some(Duration::try_from(now.duration_since(then)).unwrap_or_default()),
            (Some(_) | None, _) => None,
        };
        let boot = match (&self.boot, &earlier.boot) {
            (Some((id, now)), Some((then_id, then))) if id == then_id => Some(now.saturating_sub(*then)),
            (Some(_) | None, _) => None,
        };
        match (server, boot) {
            // A clock that jumps ahead must not shorten the waiting.
            (Some(a), Some(b)) => a.min(b),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Duration::ZERO,
        }
    }
}

/// A look into the order list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When its last page came.
    pub at: Moment,
    /// Whether the list was not narrowed to one employee.
    pub broad: bool,
    /// Whether the list was certainly seen whole.
    pub complete: bool,
    /// How many pages were read.
    pub pages: u32,
    /// How many orders there were.
    pub total: u64,
    /// How many of them carry our number.
    pub matches: u32,
}

impl Look {
    /// Whether it says that the order is not there.
    #[must_use]
    pub fn empty(&self) -> bool {
        self.broad && self.complete && self.matches == 0
    }
}

/// The least number of empty looks.
pub const LOOKS: usize = 3;

/// What the looks since the order became unknown prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Not enough yet: at least this long more.
    NotYet(Duration),
    /// It was not placed.
    NotPlaced,
}

/// What the looks prove. They count where they are complete, broad, empty and far enough apart, and a look that found
/// anything under our number undoes those before it.
#[must_use]
pub fn proof(looks: &[Look], timing: &Timing, worst_lag: Duration) -> Proof {
    let after = looks.iter().rposition(|l| l.matches > 0).map_or(0, |at| at + 1);
    let mut counted: Vec<&Look> = Vec::new();
    for look in looks[after..].iter().filter(|l| l.empty()) {
        if counted.last().is_none_or(|last| look.at.since(&last.at) >= timing.spacing) {
            counted.push(look);
        }
    }
    let quiescence = timing.quiescence(worst_lag);
    let (Some(first), Some(last)) = (counted.first(), counted.last()) else { return Proof::NotYet(quiescence) };
    let passed = last.at.since(&first.at);
    if counted.len() >= LOOKS && passed >= quiescence {
        return Proof::NotPlaced;
    }
    Proof::NotYet(quiescence.saturating_sub(passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment { server: Timestamp::from_second(1_800_000_000 + seconds).ok(), boot: None }
    }
    fn empty(at: Moment) -> Look {
        Look { at, broad: true, complete: true, pages: 1, total: 40, matches: 0 }
    }
    fn proved(looks: &[Look]) -> bool {
        proof(looks, &Timing::default(), Duration::ZERO) == Proof::NotPlaced
    }

    #[test]
    fn the_default_quiescence_is_75_minutes_and_grows_with_the_lag_that_was_seen() {
        let timing = Timing::default();
        assert_eq!(timing.quiescence(Duration::ZERO), Duration::from_secs(4500));
        assert_eq!(timing.quiescence(Duration::from_secs(12)), Duration::from_secs(4500));
        assert!(timing.quiescence(Duration::from_secs(60)) > Duration::from_secs(5000));
    }
    #[test]
    fn three_empty_looks_over_the_whole_time_prove_that_nothing_was_placed() {
        let looks: Vec<Look> = [0, 2000, 4500].map(|t| empty(at(t))).into();
        assert!(proved(&looks));
        assert!(!proved(&looks[..2]), "two looks are too few");
        assert!(!proved(&[0, 2000, 4499].map(|t| empty(at(t)))), "a second is missing");
        assert!(!proved(&[0, 4470, 4500].map(|t| empty(at(t)))), "the last two are too close");
    }
    #[test]
    fn a_look_that_is_narrow_or_not_whole_or_found_something_proves_nothing() {
        for spoil in [|l: &mut Look| l.broad = false, |l: &mut Look| l.complete = false, |l: &mut Look| l.matches = 1] {
            let mut looks: Vec<Look> = [0, 2000, 4500].map(|t| empty(at(t))).into();
            spoil(&mut looks[1]);
            assert!(!proved(&looks));
        }
    }
    #[test]
    fn no_clock_and_a_clock_that_jumps_shorten_nothing() {
        let boot = |t: i64, b: u64| Moment { boot: Some(("a".into(), Duration::from_secs(b))), ..at(t) };
        let ten_years = 315_360_000;
        assert!(!proved(&[empty(boot(0, 0)), empty(boot(ten_years, 100)), empty(boot(ten_years, 200))]));
        assert!(!proved(&[empty(at(0)), empty(at(-5000)), empty(at(-4000))]), "a clock that goes back");
        let blind = Moment::default();
        assert!(!proved(&[empty(blind.clone()), empty(blind.clone()), empty(blind)]));
        let only_boot = |b: u64| Moment { server: None, ..boot(0, b) };
        assert!(proved(&[empty(only_boot(0)), empty(only_boot(60)), empty(only_boot(4500))]));
        let other = Moment { boot: Some(("b".into(), Duration::from_secs(9000))), server: None };
        assert!(!proved(&[empty(only_boot(0)), empty(only_boot(60)), empty(other)]), "another start of the machine");
    }
    #[test]
    fn accepted_is_reached_from_everywhere_and_left_for_nowhere() {
        for state in STATES {
            assert!(state.leads_to(State::Accepted));
            assert_eq!(State::Accepted.leads_to(state), state == State::Accepted);
            assert_eq!(State::named(state.name()), Some(state));
        }
        assert!(!State::Unknown.leads_to(State::Submitting) && !State::Unknown.leads_to(State::Drafted));
        assert!(!State::Drafted.leads_to(State::Submitting) && !State::NeedsHuman.leads_to(State::Submitting));
    }
    #[test]
    fn looks_are_eager_at_first_and_hourly_in_the_end() {
        let timing = Timing::default();
        let waits = [0, 5, 15, 30, 60, 1000, 5000].map(|s| timing.next_look(Duration::from_secs(s)).as_secs());
        assert_eq!(waits, [5, 10, 15, 30, 120, 600, 3600]);
        let quick = Timing::sandbox();
        assert!(quick.quiescence(Duration::ZERO) < Duration::from_secs(60));
        assert!(quick.next_look(Duration::ZERO) <= Duration::from_secs(5));
    }
}
