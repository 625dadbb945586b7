//! The best rows of many, held while more are looked at.

use super::query::Fit;

/// So many rows are held at most; whoever wants others types another letter.
pub const KEPT: usize = 200;

/// A row that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// What counts before the name: the least first.
    pub rank: u32,
    /// How its text begins, as a number that sorts as the text does.
    pub begins: u64,
    /// Its chunk and its place there.
    pub place: (u32, u32),
}

impl Hit {
    /// A row that fits, whose text is that; whether its person has left, and whether it was chosen before.
    #[must_use]
    pub fn new(fit: Fit, (left, known): (bool, bool), row: &[u8], place: (u32, u32)) -> Self {
        let mut first = [0; 8];
        // The two marks before the first word are the same in all rows.
        let from = row.get(2..).unwrap_or_default();
        let length = from.len().min(8);
        first[..length].copy_from_slice(&from[..length]);
        Self { rank: fit.rank(left, known), begins: u64::from_be_bytes(first), place }
    }
}

/// The best rows of those that were looked at.
#[derive(Clone, Debug)]
pub struct Top {
    kept: Vec<Hit>,
    /// Nothing behind it is kept.
    worst: Option<Hit>,
    /// How many fit.
    fits: usize,
    at_most: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Best {
    /// The best rows, the best first.
    pub hits: Vec<Hit>,
    /// How many rows fit in all.
    pub fits: usize,
}

impl Top {
    /// Holds at most so many.
    #[must_use]
    pub fn new(at_most: usize) -> Self {
        Self { kept: Vec::new(), worst: None, fits: 0, at_most: at_most.max(1) }
    }
    /// A row fits.
    pub fn add(&mut self, hit: Hit) {
        self.fits += 1;
        if self.worst.is_some_and(|worst| hit > worst) {
            return;
        }
        self.kept.push(hit);
        if self.kept.len() >= self.at_most * 2 {
            self.shrink();
        }
    }
    /// Takes what another has found.
    pub fn merge(&mut self, other: &Self) {
        self.fits += other.fits;
        self.kept.extend_from_slice(&other.kept);
        self.shrink();
    }
    fn shrink(&mut self) {
        if self.kept.len() > self.at_most {
            let (_, worst, _) = self.kept.select_nth_unstable(self.at_most - 1);
            self.worst = Some(*worst);
            self.kept.truncate(self.at_most);
        }
    }
    /// How many fit.
    #[must_use]
    pub fn fits(&self) -> usize {
        self.fits
    }
    /// The best, in order.
    #[must_use]
    pub fn best(mut self) -> Best {
        self.shrink();
        self.kept.sort_unstable();
        Best { hits: self.kept, fits: self.fits }
    }
}
