//! Which pages of a long collection are still to be asked for (WIRE 5): offsets are multiples of the limit, for one backend
//! gives the page that *contains* the offset; a server that gives smaller pages is followed without a hole.

use super::ITEMS;
use crate::domain::fault::Fault;
use crate::domain::text::Clean;

/// So many failures in a row end a round: the server is away, and every further page would only wait.
const IN_A_ROW: u32 = 4;
/// So many rounds may bring nothing.
const ROUNDS: u32 = 3;
/// So many pages in a row may hold nobody new; after that it is not a list.
const BARREN: u32 = 50;

/// What a page brought.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brought {
    /// How many entries.
    pub(super) count: u64,
    /// How many of them were not there before.
    pub(super) fresh: usize,
    /// How many a page has, where the server says.
    pub(super) limit: Option<u64>,
    /// How many there are in all, where it says.
    pub(super) total: Option<u64>,
}

/// The pages that are left.
#[derive(Debug)]
pub(super) struct Queue {
    limit: u64,
    /// From and to; the last is asked for first.
    ranges: Vec<(u64, u64)>,
    failed: Vec<(u64, u64)>,
    end: u64,
    totals: Option<(u64, u64)>,
    fault: Option<Fault>,
    in_a_row: u32,
    barren: u32,
    came: u32,
    idle: u32,
}

/// What is to be done when nobody asks any more.
#[derive(Debug)]
pub(super) enum Then {
    /// All came.
    Done,
    /// There are more.
    On,
    /// Some failed, and are asked for again after a while.
    Pause,
    /// It is given up.
    Over(Fault),
}

impl Queue {
    /// The first page, of so many entries.
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            ranges: vec![(0, 1)],
            failed: Vec::new(),
            end: 0,
            totals: None,
            fault: None,
            in_a_row: 0,
            barren: 0,
            came: 0,
            idle: 0,
        }
    }
    /// How many entries a page has.
    pub(super) fn limit(&self) -> u64 {
        self.limit
    }
    /// How many there are, where the server says.
    pub(super) fn total(&self) -> Option<u64> {
        self.totals.map(|(_, last)| last)
    }
    /// Whether it said the same with every page.
    pub(super) fn steady(&self) -> bool {
        self.totals.is_none_or(|(first, last)| first == last && last == self.end.max(last))
    }

    /// The next page: its offset and limit.
    pub(super) fn next(&mut self) -> Option<(u64, u64)> {
        if self.in_a_row >= IN_A_ROW || self.barren >= BARREN {
            return None;
        }
        let (from, to) = self.ranges.pop()?;
        let offset = from - from % self.limit;
        if offset + self.limit < to {
            self.ranges.push((offset + self.limit, to));
        }
        Some((offset, self.limit))
    }

    /// A page has come.
    pub(super) fn came(&mut self, (offset, asked): (u64, u64), page: &Brought) {
        (self.in_a_row, self.came) = (0, self.came + 1);
        self.barren = if page.fresh == 0 { self.barren + 1 } else { 0 };
        if let Some(total) = page.total {
            self.totals = Some((self.totals.map_or(total, |(first, _)| first), total));
            let end = total.min(ITEMS as u64);
            if end > self.end {
                // What this page holds of them has come.
                let held = (offset..offset + asked).contains(&self.end);
                let from = if held { offset + asked } else { self.end };
                if from < end {
                    self.ranges.insert(0, (from, end));
                }
                self.end = end;
            }
        }
        let short = (page.limit.is_none() && page.count > 0 && offset + asked < self.end).then_some(page.count);
        let given = page.limit.or(short).filter(|given| *given > 0 && *given < asked).unwrap_or(asked);
        self.limit = self.limit.min(given);
        let to = self.end.min(offset + asked);
        if given < asked && offset + given < to {
            self.ranges.push((offset + given, to));
        }
    }
    /// A page did not come.
    pub(super) fn failed(&mut self, (offset, asked): (u64, u64), fault: Fault) {
        self.in_a_row += 1;
        self.failed.push((offset, offset + asked));
        self.fault = Some(fault);
    }

    /// What is to be done now.
    pub(super) fn then(&mut self) -> Then {
        if self.barren >= BARREN {
            let why = "its pages repeat themselves and bring nothing new";
            return Then::Over(Fault::Garbled { why: Clean::new(why) });
        }
        let Some(fault) = &self.fault else {
            return if self.ranges.is_empty() { Then::Done } else { Then::On };
        };
        self.idle = if self.came == 0 { self.idle + 1 } else { 0 };
        if self.end == 0 || self.idle >= ROUNDS || !passes(fault) {
            return Then::Over(fault.clone());
        }
        (self.in_a_row, self.came, self.fault) = (0, 0, None);
        self.ranges.append(&mut self.failed);
        Then::Pause
    }
}

/// Whether what went wrong may be over after a while.
fn passes(fault: &Fault) -> bool {
    match fault {
        Fault::Unreachable { .. }
        | Fault::NoAnswer { .. }
        | Fault::TooMany
        | Fault::Broken { .. }
        | Fault::Garbled { .. }
        | Fault::NotFound(_)
        | Fault::Refused(_) => true,
        Fault::NotSignedIn(_)
        | Fault::Forbidden(_)
        | Fault::Unrecorded { .. }
        | Fault::Elsewhere { .. }
        | Fault::NumberInUse { .. }
        | Fault::Unchecked { .. }
        | Fault::Token { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which entries of so many are read, where a page is never longer than `most` from the `nth` page on.
    fn read(total: u64, most: u64, nth: usize, holding: bool) -> (Vec<bool>, usize) {
        let mut queue = Queue::new(100);
        let mut seen = vec![false; usize::try_from(total).unwrap()];
        let mut pages = 0;
        while let Some((offset, asked)) = queue.next() {
            assert_eq!(offset % asked, 0, "a multiple of the limit");
            pages += 1;
            let limit = if pages >= nth { asked.min(most) } else { asked };
            let from = if holding { offset - offset % limit } else { offset };
            let to = (from + limit).min(total);
            let mut fresh = 0;
            for at in from..to {
                fresh += usize::from(!std::mem::replace(&mut seen[usize::try_from(at).unwrap()], true));
            }
            let count = to.saturating_sub(from);
            queue.came((offset, asked), &Brought { count, fresh, limit: Some(limit), total: Some(total) });
        }
        assert!(matches!(queue.then(), Then::Done));
        (seen, pages)
    }

    #[test]
    fn every_entry_is_read_however_short_the_pages_become() {
        for total in [0, 1, 99, 100, 101, 1000, 1037] {
            for (most, nth) in [(100, 1), (30, 1), (30, 3), (7, 2), (1, 1), (64, 5)] {
                for holding in [false, true] {
                    let (seen, pages) = read(total, most, nth, holding);
                    assert!(seen.iter().all(|s| *s), "{total} {most} {nth} {holding}");
                    assert!(pages as u64 <= total.div_ceil(most) + total.div_ceil(100) + 8, "{total} {most}: {pages}");
                }
            }
        }
    }
    #[test]
    fn a_page_that_fails_is_asked_for_again_and_again_and_then_given_up() {
        let mut queue = Queue::new(100);
        let away = || Fault::Broken { status: 503, why: Clean::new("away") };
        let first = queue_next(&mut queue);
        queue.came(first, &Brought { count: 100, fresh: 100, limit: None, total: Some(300) });
        let (second, third) = (queue_next(&mut queue), queue_next(&mut queue));
        queue.failed(second, away());
        queue.came(third, &Brought { count: 100, fresh: 100, limit: None, total: Some(300) });
        for _ in 0..ROUNDS {
            assert!(matches!(queue.then(), Then::Pause));
            assert_eq!(queue_next(&mut queue), second);
            queue.failed(second, away());
        }
        assert!(matches!(queue.then(), Then::Over(Fault::Broken { .. })));
    }
    fn queue_next(queue: &mut Queue) -> (u64, u64) {
        queue.next().unwrap()
    }
    #[test]
    fn a_list_that_repeats_itself_without_end_is_not_one() {
        let mut queue = Queue::new(100);
        let mut pages = 0;
        while let Some(page) = queue.next() {
            queue.came(page, &Brought { count: 100, fresh: 0, limit: None, total: Some(u64::MAX) });
            pages += 1;
        }
        assert!(pages <= BARREN && matches!(queue.then(), Then::Over(Fault::Garbled { .. })));
    }
}
