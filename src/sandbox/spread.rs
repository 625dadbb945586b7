//! When the people and the lines that are only computed last changed: each at a second of its own, spread over ten years, in
//! an order that can be computed from either end. So a list of a million is sorted without being held.

/// The first second: the beginning of 2016.
const FIRST: i64 = 1_451_606_400;
/// How long it goes on.
const SPAN: i64 = 315_532_800;
/// How often the halves of a number are mixed.
const ROUNDS: u64 = 4;

/// A number that looks like chance and is the same in every run: `SplitMix64` over a seed and what it is for.
pub fn chance(seed: u64, of: u64, what: u64) -> u64 {
    let mut z = seed ^ of.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ what.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// So many things by the order in which they changed: a Feistel network, walked on where it leaves the range.
#[derive(Clone, Debug)]
pub struct Spread {
    /// How many things.
    pub count: u32,
    seed: u64,
    half: u32,
}

impl Spread {
    /// The order of so many things.
    pub fn new(seed: u64, count: u32) -> Self {
        let bits = u32::BITS - count.saturating_sub(1).leading_zeros();
        Self { count, seed, half: bits.div_ceil(2).max(1) }
    }
    fn mixed(&self, half: u64, round: u64) -> u64 {
        chance(self.seed, half, round) & ((1 << self.half) - 1)
    }
    fn walked(&self, from: u32, step: impl Fn(u64, u64) -> (u64, u64)) -> u32 {
        let mut at = u64::from(from);
        loop {
            let (left, right) = step(at >> self.half, at & ((1 << self.half) - 1));
            at = (left << self.half) | right;
            if at < u64::from(self.count) {
                return u32::try_from(at).unwrap_or_default();
            }
        }
    }
    /// How many changed before that one.
    pub fn rank(&self, index: u32) -> u32 {
        let there = |(left, right), round| (right, left ^ self.mixed(right, round));
        self.walked(index, |left, right| (0..ROUNDS).fold((left, right), there))
    }
    /// The one that so many changed before.
    pub fn index(&self, rank: u32) -> u32 {
        let back = |(left, right), round| (right ^ self.mixed(left, round), left);
        self.walked(rank, |left, right| (0..ROUNDS).rev().fold((left, right), back))
    }
    /// When the one of that rank changed, in seconds of Unix time.
    pub fn time(&self, rank: u32) -> i64 {
        FIRST + i64::from(rank) * SPAN / i64::from(self.count.max(1))
    }
    /// How many changed before a time.
    pub fn before(&self, time: i64) -> u32 {
        let past = time.saturating_sub(FIRST).clamp(0, SPAN);
        let rank = (past * i64::from(self.count) + SPAN - 1) / SPAN;
        u32::try_from(rank).unwrap_or(self.count).min(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_has_a_rank_and_a_second_of_its_own() {
        for count in [1, 2, 3, 100, 759, 4096, 4097] {
            let spread = Spread::new(7, count);
            let mut ranks: Vec<u32> = (0..count).map(|i| spread.rank(i)).collect();
            assert!((0..count).all(|i| spread.index(spread.rank(i)) == i), "{count}");
            assert!(count < 100 || !ranks.is_sorted(), "{count}");
            ranks.sort_unstable();
            assert!(ranks.iter().copied().eq(0..count), "{count}");
            let times: Vec<i64> = (0..count).map(|r| spread.time(r)).collect();
            assert!(times.is_sorted_by(|a, b| a < b), "{count}");
            for rank in 0..count {
                let time = spread.time(rank);
                assert_eq!([spread.before(time), spread.before(time + 1)], [rank, rank + 1], "{count}");
            }
            assert_eq!([spread.before(i64::MIN), spread.before(i64::MAX)], [0, count]);
        }
    }
}
