//! The answers of lookups, each under its own key: a late one can never land in the wrong place. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use super::choice::Choice;
use super::fault::Fault;
use super::lookups::{Found, Lookup, LookupKey};

/// How far an answer is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// On its way; what came so far can be used.
    Loading {
        /// Rows of the pages that have come.
        so_far: Found,
        /// How many there will be, where the server says.
        total: Option<u64>,
    },
    /// Whole.
    Ready(Found),
    /// It failed; it can be asked again.
    Failed(Box<Fault>),
}

/// Every answer of this run.
#[derive(Clone, Debug, Default)]
pub struct Cache(HashMap<LookupKey, Progress>);

impl Cache {
    /// How far the answer is; `None` where it was never asked.
    #[must_use]
    pub fn progress(&self, key: &LookupKey) -> Option<&Progress> {
        self.0.get(key)
    }
    /// The whole answer.
    #[must_use]
    pub fn ready(&self, key: &LookupKey) -> Option<&Found> {
        match self.0.get(key)? {
            Progress::Ready(found) => Some(found),
            Progress::Loading { .. } | Progress::Failed(_) => None,
        }
    }
    /// Rows that have come, the answer being whole or not.
    #[must_use]
    pub fn rows(&self, key: &LookupKey) -> &[Arc<Choice>] {
        match self.0.get(key) {
            Some(Progress::Ready(found) | Progress::Loading { so_far: found, .. }) => found.choices(),
            Some(Progress::Failed(_)) | None => &[],
        }
    }
    /// Notes that it was asked.
    pub fn asked(&mut self, key: LookupKey) {
        self.0.insert(key, Progress::Loading { so_far: Found::Choices(Vec::new()), total: None });
    }
    /// Adds a page to an answer that is on its way.
    pub fn part(&mut self, key: &LookupKey, rows: Vec<Arc<Choice>>, of: Option<u64>) {
        if let Some(Progress::Loading { so_far: Found::Choices(all), total }) = self.0.get_mut(key) {
            all.extend(rows);
            *total = of;
        }
    }
    /// Ends an answer: whole (rows that came before stay), or failed.
    pub fn end(&mut self, key: LookupKey, result: Result<Option<Found>, Fault>) {
        let before = self.0.remove(&key);
        let progress = match (result, before) {
            (Ok(Some(found)), _) => Progress::Ready(found),
            (Ok(None), Some(Progress::Loading { so_far, .. } | Progress::Ready(so_far))) => Progress::Ready(so_far),
            (Ok(None), _) => Progress::Ready(Found::Choices(Vec::new())),
            (Err(fault), _) => Progress::Failed(Box::new(fault)),
        };
        self.0.insert(key, progress);
    }
    /// Forgets every failure, so that it is asked again.
    pub fn forget_failed(&mut self) {
        self.0.retain(|_, p| !matches!(p, Progress::Failed(_)));
    }
    /// Forgets the answers of lookups, so that they are asked again.
    pub fn forget_all(&mut self, lookups: &[&Lookup]) {
        self.0.retain(|key, p| matches!(p, Progress::Loading { .. }) || !lookups.iter().any(|l| l.id == key.lookup));
    }
    /// Forgets an answer, so that it is asked again.
    pub fn forget(&mut self, key: &LookupKey) {
        // One that is on its way comes anyway; asking twice would mix the pages.
        if !matches!(self.0.get(key), Some(Progress::Loading { .. })) {
            self.0.remove(key);
        }
    }
}
