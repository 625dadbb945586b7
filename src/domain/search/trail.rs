//! What a search leaves behind for the next one: a letter more asks for fewer rows, and those are among the ones before.

use std::sync::{Arc, Weak};

use super::query::Query;
use super::table::{Chunk, ROWS};

/// To look at more rows than these one by one takes as long as to look over the whole chunk.
const ONE_BY_ONE: usize = ROWS / 32;

/// Which rows fit a query, chunk by chunk, where these were looked for and are few. It keeps no chunk in memory.
#[derive(Debug)]
pub struct Trail {
    query: Query,
    chunks: Vec<(Weak<Chunk>, Option<Vec<u16>>)>,
}

impl Trail {
    /// Of a search in these chunks nothing is known yet.
    #[must_use]
    pub fn new(query: &Query, chunks: &[Arc<Chunk>]) -> Self {
        let chunks = chunks.iter().map(|chunk| (Arc::downgrade(chunk), None)).collect();
        Self { query: query.clone(), chunks }
    }
    /// Notes which rows of a chunk fit.
    pub fn note(&mut self, at: usize, mut rows: Vec<u16>) {
        if let Some((_, noted)) = self.chunks.get_mut(at).filter(|_| rows.len() <= ONE_BY_ONE) {
            rows.shrink_to_fit();
            *noted = Some(rows);
        }
    }
    /// Whether whatever fits a query is among what fits this one's.
    #[must_use]
    pub fn leads_to(&self, query: &Query) -> bool {
        query.narrows(&self.query)
    }
    /// The only rows of a chunk that may fit; `None` where that is not known of this very chunk.
    #[must_use]
    pub fn rows(&self, at: usize, chunk: &Arc<Chunk>) -> Option<&[u16]> {
        let (of, rows) = self.chunks.get(at)?;
        rows.as_deref().filter(|_| std::ptr::eq(of.as_ptr(), Arc::as_ptr(chunk)))
    }
}
