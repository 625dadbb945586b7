//! The answers of lookups, each under its own key: a late one can never land in the wrong place. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::choice::Choice;
use super::fault::Fault;
use super::lookups::{Found, Lookup, LookupKey, Page};

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
pub struct Cache {
    answers: BTreeMap<LookupKey, Progress>,
    /// How many entries of an answer could not be read, where some could not.
    unreadable: BTreeMap<LookupKey, usize>,
}

impl Cache {
    /// How far the answer is; `None` where it was never asked.
    #[must_use]
    pub fn progress(&self, key: &LookupKey) -> Option<&Progress> {
        self.answers.get(key)
    }
    /// The whole answer.
    #[must_use]
    pub fn ready(&self, key: &LookupKey) -> Option<&Found> {
        match self.answers.get(key)? {
            Progress::Ready(found) => Some(found),
            Progress::Loading { .. } | Progress::Failed(_) => None,
        }
    }
    /// Rows that have come, the answer being whole or not.
    #[must_use]
    pub fn rows(&self, key: &LookupKey) -> &[Arc<Choice>] {
        match self.answers.get(key) {
            Some(Progress::Ready(found) | Progress::Loading { so_far: found, .. }) => found.choices(),
            Some(Progress::Failed(_)) | None => &[],
        }
    }
    /// How many entries of what has come could not be read, and are missing in it.
    #[must_use]
    pub fn unreadable(&self, key: &LookupKey) -> usize {
        self.unreadable.get(key).copied().unwrap_or(0)
    }
    /// Whether anything is on its way.
    #[must_use]
    pub fn loading(&self) -> bool {
        self.answers.values().any(|p| matches!(p, Progress::Loading { .. }))
    }
    /// Notes that it was asked.
    pub fn asked(&mut self, key: LookupKey) {
        self.unreadable.remove(&key);
        self.answers.insert(key, Progress::Loading { so_far: Found::Choices(Vec::new()), total: None });
    }
    /// Adds a page to an answer that is on its way.
    pub fn part(&mut self, key: &LookupKey, page: Page) {
        if let Some(Progress::Loading { so_far: Found::Choices(all), total }) = self.answers.get_mut(key) {
            all.extend(page.rows);
            *total = page.total;
        }
        if page.unreadable > 0 {
            *self.unreadable.entry(key.clone()).or_default() += page.unreadable;
        }
    }
    /// Ends an answer: whole (rows that came before stay), or failed.
    pub fn end(&mut self, key: LookupKey, result: Result<Option<Found>, Fault>) {
        let before = self.answers.remove(&key);
        let progress = match (result, before) {
            (Ok(Some(found)), _) => Progress::Ready(found),
            (Ok(None), Some(Progress::Loading { so_far, .. } | Progress::Ready(so_far))) => Progress::Ready(so_far),
            (Ok(None), _) => Progress::Ready(Found::Choices(Vec::new())),
            (Err(fault), _) => Progress::Failed(Box::new(fault)),
        };
        self.answers.insert(key, progress);
    }
    /// Forgets every failure, so that it is asked again.
    pub fn forget_failed(&mut self) {
        self.answers.retain(|_, p| !matches!(p, Progress::Failed(_)));
    }
    /// Forgets the answers of lookups, so that they are asked again.
    pub fn forget_all(&mut self, lookups: &[&Lookup]) {
        self.answers
            .retain(|key, p| matches!(p, Progress::Loading { .. }) || !lookups.iter().any(|l| l.id == key.lookup));
    }
    /// Forgets an answer, so that it is asked again.
    pub fn forget(&mut self, key: &LookupKey) {
        // One that is on its way comes anyway; asking twice would mix the pages.
        if !matches!(self.answers.get(key), Some(Progress::Loading { .. })) {
            self.answers.remove(key);
        }
    }
}
