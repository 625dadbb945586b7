//! The order of a long list of which little is held: first the records of the world's own, then those that are computed, and
//! before them all what came while it ran. By place or by update, any part of it is found without walking to it.

use super::spread::Spread;

/// How a list is wanted.
#[derive(Debug, Default)]
pub struct Wanted {
    /// By update, where it is not by place.
    pub by_update: bool,
    /// Turned round.
    pub descending: bool,
    /// Only what was updated at that second or later.
    pub since: Option<i64>,
    /// Only these places.
    pub only: Option<Vec<u32>>,
}

/// The places of a list.
#[derive(Debug)]
pub struct Roll {
    /// When the world's own last changed.
    own: Vec<i64>,
    computed: Spread,
    /// What left, of the places that were there from the start.
    gone: Vec<u32>,
    /// The ranks of computed ones that are not where they were by update.
    moved: Vec<u32>,
    /// By update, all that is not computed.
    few: Vec<(i64, u32)>,
    /// What came, and is still there.
    came: Vec<u32>,
    /// The place of what comes next.
    next: u32,
}

fn size(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The number of that position among those that do not stand in a sorted list.
fn past(missing: &[u32], position: u32) -> u32 {
    let (mut low, mut high) = (0, missing.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if missing.get(middle).is_some_and(|m| m - size(middle) <= position) { low = middle + 1 } else { high = middle }
    }
    position + size(low)
}

fn insert<T: Ord>(sorted: &mut Vec<T>, item: T) {
    if let Err(at) = sorted.binary_search(&item) {
        sorted.insert(at, item);
    }
}

impl Roll {
    /// The list at the start.
    pub fn new(own: Vec<i64>, computed: Spread) -> Self {
        let mut few: Vec<(i64, u32)> = own.iter().zip(0..).map(|(time, place)| (*time, place)).collect();
        few.sort_unstable();
        let next = size(own.len()) + computed.count;
        Self { own, computed, gone: Vec::new(), moved: Vec::new(), few, came: Vec::new(), next }
    }
    fn own(&self) -> u32 {
        size(self.own.len())
    }
    fn base(&self) -> u32 {
        self.own() + self.computed.count
    }
    /// The number of a computed one, by its place.
    fn computed(&self, place: u32) -> Option<u32> {
        place.checked_sub(self.own()).filter(|i| *i < self.computed.count)
    }
    /// Whether somebody is there.
    pub fn holds(&self, place: u32) -> bool {
        if place < self.base() { self.gone.binary_search(&place).is_err() } else { self.came.contains(&place) }
    }
    /// How many there are.
    pub fn len(&self) -> u32 {
        self.base() - size(self.gone.len()) + size(self.came.len())
    }
    /// The last change of all.
    pub fn latest(&self) -> i64 {
        let few = self.few.last().map_or(i64::MIN, |(time, _)| *time);
        self.computed.count.checked_sub(1).map_or(few, |last| few.max(self.computed.time(last)))
    }
    /// When that place last changed.
    pub fn time(&self, place: u32) -> i64 {
        let few = || self.few.iter().find(|(_, p)| *p == place).map_or(i64::MIN, |(time, _)| *time);
        let rank = self.computed(place).map(|i| self.computed.rank(i));
        let rank = rank.filter(|r| self.moved.binary_search(r).is_err());
        rank.map_or_else(few, |rank| self.computed.time(rank))
    }
    /// Takes a place out of the order by update.
    fn lift(&mut self, place: u32) {
        self.few.retain(|(_, p)| *p != place);
        if let Some(index) = self.computed(place) {
            insert(&mut self.moved, self.computed.rank(index));
        }
    }
    /// Somebody comes: the new place.
    pub fn add(&mut self, time: i64) -> u32 {
        let place = self.next;
        self.next += 1;
        self.came.push(place);
        insert(&mut self.few, (time, place));
        place
    }
    /// Somebody goes.
    pub fn remove(&mut self, place: u32) {
        self.lift(place);
        if place < self.base() {
            insert(&mut self.gone, place);
        } else {
            self.came.retain(|p| *p != place);
        }
    }
    /// Somebody changes.
    pub fn touch(&mut self, place: u32, time: i64) {
        self.lift(place);
        insert(&mut self.few, (time, place));
    }
    fn nth(&self, position: u32) -> u32 {
        let came = size(self.came.len());
        match position.checked_sub(came) {
            Some(on) => past(&self.gone, on),
            None => self.came.iter().rev().nth(position as usize).copied().unwrap_or_default(),
        }
    }
    /// How many computed ones, of those that are where they were, changed before a time.
    fn computed_before(&self, time: i64) -> u32 {
        let rank = self.computed.before(time);
        rank - size(self.moved.partition_point(|m| *m < rank))
    }
    fn nth_by_update(&self, position: u32) -> u32 {
        let (mut low, mut high) = (0, self.few.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let Some((time, place)) = self.few.get(middle) else { break };
            let at = size(middle) + self.computed_before(*time);
            if at == position {
                return *place;
            }
            if at < position { low = middle + 1 } else { high = middle }
        }
        self.own() + self.computed.index(past(&self.moved, position - size(low)))
    }
    fn before(&self, time: i64) -> u32 {
        size(self.few.partition_point(|(t, _)| *t < time)) + self.computed_before(time)
    }
    /// Sorts places as the list has them.
    fn by_place(&self, places: &mut [u32]) {
        let base = self.base();
        places.sort_unstable_by_key(|p| if *p < base { (1, *p) } else { (0, u32::MAX - p) });
    }
    /// What is wanted, where it has to be gathered first.
    fn gathered(&self, wanted: &Wanted) -> Option<Vec<u32>> {
        let since = wanted.since.unwrap_or(i64::MIN);
        let mut found: Vec<u32> = match &wanted.only {
            Some(only) => only.iter().copied().filter(|p| self.holds(*p) && self.time(*p) >= since).collect(),
            None if wanted.since.is_some() && !wanted.by_update => {
                (self.before(since)..self.len()).map(|at| self.nth_by_update(at)).collect()
            }
            None => return None,
        };
        self.by_place(&mut found);
        if wanted.by_update {
            found.sort_by_key(|p| self.time(*p));
        }
        Some(found)
    }
    /// How many are wanted, and the places of a part of them.
    pub fn part(&self, wanted: &Wanted, offset: usize, limit: usize) -> (usize, Vec<u32>) {
        let gathered = self.gathered(wanted);
        let first = wanted.since.filter(|_| gathered.is_none()).map_or(0, |since| self.before(since));
        let total = gathered.as_ref().map_or((self.len() - first) as usize, Vec::len);
        let place = |at: usize| match &gathered {
            Some(places) => places.get(at).copied().unwrap_or_default(),
            None if wanted.by_update => self.nth_by_update(first + size(at)),
            None => self.nth(size(at)),
        };
        let part = offset.min(total)..offset.saturating_add(limit).min(total);
        let places = part.map(|at| place(if wanted.descending { total - 1 - at } else { at }));
        (total, places.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::spread::chance;
    use super::*;

    /// The same list, held whole.
    fn plain(roll: &Roll, all: &[(u32, i64)], wanted: &Wanted) -> Vec<u32> {
        let base = roll.base();
        let mut all: Vec<(u32, i64)> = all.to_vec();
        all.sort_by_key(|(p, _)| if *p < base { (1, *p) } else { (0, u32::MAX - p) });
        all.retain(|(p, t)| {
            wanted.since.is_none_or(|since| *t >= since) && wanted.only.as_ref().is_none_or(|o| o.contains(p))
        });
        if wanted.by_update {
            all.sort_by_key(|(p, t)| (*t, *p));
        }
        if wanted.descending {
            all.reverse();
        }
        all.into_iter().map(|(p, _)| p).collect()
    }

    #[test]
    fn every_part_is_what_a_list_held_whole_would_give_while_people_come_change_and_go() {
        let own = vec![5, 1_500_000_000, 1_600_000_000, 9];
        let spread = Spread::new(3, 60);
        let mut all: Vec<(u32, i64)> = own.iter().zip(0..).map(|(t, p)| (p, *t)).collect();
        all.extend((0..60).map(|i| (4 + i, spread.time(spread.rank(i)))));
        let mut roll = Roll::new(own, spread);
        let mut now = roll.latest();
        for step in 0..120 {
            let pick = usize::try_from(chance(1, step, 0)).unwrap() % all.len();
            now += 1;
            match chance(1, step, 1) % 3 {
                0 => all.push((roll.add(now), now)),
                1 => {
                    let (place, _) = all.swap_remove(pick);
                    roll.remove(place);
                    assert!(!roll.holds(place));
                }
                _ => {
                    all[pick].1 = now;
                    roll.touch(all[pick].0, now);
                }
            }
            assert!(all.iter().all(|(p, t)| roll.holds(*p) && roll.time(*p) == *t));
            for case in 0..16 {
                let since = (case & 4 != 0).then(|| all[pick].1);
                let only = (case & 8 != 0).then(|| all.iter().map(|(p, _)| *p).filter(|p| p % 3 == 0).collect());
                let wanted = Wanted { by_update: case & 1 != 0, descending: case & 2 != 0, since, only };
                let whole = plain(&roll, &all, &wanted);
                for (offset, limit) in [(0, 7), (7, 7), (whole.len().saturating_sub(3), 7), (whole.len() + 5, 7)] {
                    let part: Vec<u32> = whole.iter().copied().skip(offset).take(limit).collect();
                    assert_eq!(roll.part(&wanted, offset, limit), (whole.len(), part), "{step} {wanted:?} {offset}");
                }
            }
        }
    }
}
