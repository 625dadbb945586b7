//! Many rows in little room: their fields as text, what they are found by beside it, in chunks that are shared and never
//! changed in place.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use memchr::memmem;

use super::query::Query;
use super::top::{Best, Hit, KEPT, Top};
use super::{FEW, WORD, end};
use crate::domain::choice::Choice;

/// So many rows make a chunk.
pub const ROWS: usize = 8192;
/// Stands between the fields of a row; no clean text holds it.
const BETWEEN: char = WORD as char;
/// Stands behind every row; no clean text holds it.
const BEHIND: char = '\n';
/// No record has more fields.
const FIELDS: usize = 16;
/// More places than rows, so that what is looked for is near.
const PLACES: usize = ROWS * 5 / 4;
/// No row is there.
const NONE: u8 = 0;

/// What a table holds: fields that are texts, the id first.
pub trait Record: Sized {
    /// Whether a slip is forgiven that was made in what finds it.
    const FORGIVES: bool;
    /// Its fields, in order, the id first.
    fn fields(&self) -> Vec<&str>;
    /// The record of these fields.
    fn of_fields(fields: &[&str]) -> Option<Self>;
    /// What it is found by, of these fields: each is given on, in parts, what counts most first; and whether it tells the
    /// record from all others.
    fn found_by(fields: &[&str], add: &mut impl FnMut(&[&str], bool));
    /// Whether it comes behind those like it: somebody who has left.
    fn last(fields: &[&str]) -> bool;
    /// As a row of a picker.
    fn into_choice(self) -> Choice;
}

/// Rows that are held together.
#[derive(Clone, Debug)]
pub struct Chunk {
    text: String,
    text_at: Vec<u32>,
    find: Vec<u8>,
    find_at: Vec<u32>,
    /// What the id that has its row there looks like, so that few others are looked at; none is zero.
    looks: Vec<u8>,
    by_id: Vec<u16>,
    last: Bits,
    gone: Bits,
}

/// One bit a row.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
    fn set(&mut self, at: usize) {
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        self.0[at / 64] |= 1 << (at % 64);
    }
    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

impl Default for Chunk {
    fn default() -> Self {
        Self {
            text: String::new(),
            text_at: vec![0],
            find: Vec::new(),
            find_at: vec![0],
            looks: vec![NONE; PLACES],
            by_id: vec![0; PLACES],
            last: Bits::default(),
            gone: Bits::default(),
        }
    }
}

/// Where an id's row is looked for first, and what the id looks like. Ids are mostly numbers one after the other, so all of it
/// is mixed at the end.
fn hashed(id: &str) -> (usize, u8) {
    let hash =
        id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [first, second, third, looks, ..] = mixed.to_be_bytes();
    (u32::from_be_bytes([0, first, second, third]) as usize % PLACES, looks.max(NONE + 1))
}

fn at(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl Chunk {
    /// The rows that [`Chunk::lines`] gave, each with a line end behind it; what has none, or is more than a chunk holds, is
    /// left out.
    #[must_use]
    pub fn of_lines<R: Record>(lines: String) -> Self {
        let mut chunk = Self::default();
        chunk.find.reserve(lines.len() + lines.len() / 3);
        let (mut end, mut fields, mut count, mut from) = (0, [""; FIELDS], 0, 0);
        for at in memchr::memchr2_iter(WORD, BEHIND as u8, lines.as_bytes()) {
            if let Some(place) = fields.get_mut(count) {
                *place = &lines[from..at];
                count += 1;
            }
            from = at + 1;
            if lines.as_bytes()[at] == WORD {
                continue;
            }
            chunk.index::<R>(&fields[..count], from);
            (end, count) = (from, 0);
            if chunk.is_full() {
                break;
            }
        }
        chunk.text = lines;
        chunk.text.truncate(end);
        chunk.fit();
        chunk
    }
    /// The rows that are there, as text.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.places().map(|row| self.line(row))
    }
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all() - self.gone.count()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many rows there were at any time.
    fn all(&self) -> usize {
        self.text_at.len() - 1
    }
    fn is_full(&self) -> bool {
        self.all() >= ROWS
    }
    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.capacity()
            + self.find.capacity()
            + 4 * (self.text_at.capacity() + self.find_at.capacity())
            + self.looks.capacity()
            + 2 * self.by_id.capacity()
            + 8 * (self.last.0.capacity() + self.gone.0.capacity())
    }
    fn places(&self) -> impl Iterator<Item = usize> {
        (0..self.all()).filter(|row| !self.gone.has(*row))
    }
    fn line(&self, row: usize) -> &str {
        let (from, to) = (self.text_at[row] as usize, self.text_at[row + 1] as usize);
        &self.text[from..to - BEHIND.len_utf8()]
    }
    fn id(&self, row: usize) -> &str {
        self.line(row).split(BETWEEN).next().unwrap_or_default()
    }
    fn found_by(&self, row: usize) -> &[u8] {
        &self.find[self.find_at[row] as usize..self.find_at[row + 1] as usize]
    }
    /// What was read there.
    #[must_use]
    pub fn record<R: Record>(&self, row: usize) -> Option<R> {
        if row >= self.all() {
            return None;
        }
        R::of_fields(&self.line(row).split(BETWEEN).collect::<Vec<_>>())
    }
    /// The row of that id.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<usize> {
        self.placed(id, hashed(id))
    }
    /// The same, where it is known where it is looked for first and what it looks like.
    fn placed(&self, id: &str, (first, looks): (usize, u8)) -> Option<usize> {
        let mut place = first;
        while self.looks[place] != NONE {
            if self.looks[place] == looks {
                let row = usize::from(self.by_id[place]);
                if self.id(row) == id && !self.gone.has(row) {
                    return Some(row);
                }
            }
            place = (place + 1) % PLACES;
        }
        None
    }
    fn push<R: Record>(&mut self, record: &R) {
        let fields = record.fields();
        for (nth, field) in fields.iter().enumerate() {
            if nth > 0 {
                self.text.push(BETWEEN);
            }
            self.text.push_str(field);
        }
        self.text.push(BEHIND);
        self.index::<R>(&fields, self.text.len());
    }
    /// Notes what a row of these fields is found by, whose line ends there in the text.
    fn index<R: Record>(&mut self, fields: &[&str], ends: usize) {
        let row = self.all();
        let find = &mut self.find;
        R::found_by(fields, &mut |field, tells| super::add_field(find, field, tells));
        end(find);
        self.find_at.push(at(self.find.len()));
        self.text_at.push(at(ends));
        if R::last(fields) {
            self.last.set(row);
        }
        let (mut place, looks) = hashed(fields.first().copied().unwrap_or_default());
        while self.looks[place] != NONE {
            place = (place + 1) % PLACES;
        }
        self.looks[place] = looks;
        self.by_id[place] = u16::try_from(row).unwrap_or(u16::MAX);
    }
    /// Gives back the room that is not needed any more.
    fn fit(&mut self) {
        self.text.shrink_to_fit();
        self.find.shrink_to_fit();
        self.text_at.shrink_to_fit();
        self.find_at.shrink_to_fit();
    }

    /// Adds its rows that fit, and gives them; `among` are the only ones that may, where that is known, and `known` the rows of
    /// people who were ordered for before.
    pub fn scan(&self, query: &Query, among: Option<&[u16]>, number: u32, known: &[u32], top: &mut Top) -> Vec<u16> {
        let mut fits = Vec::new();
        let mut add = |row: usize, fit| {
            top.add(self.hit(fit, number, row, known));
            fits.extend(u16::try_from(row));
        };
        let Some(among) = among else {
            self.each_fit(query, &mut add);
            return fits;
        };
        for row in among.iter().map(|row| usize::from(*row)) {
            if let Some(fit) = query.fit(self.found_by(row)) {
                add(row, fit);
            }
        }
        fits
    }
    /// Its rows that fit: the leading word is looked for over all of them at once.
    fn each_fit(&self, query: &Query, add: &mut impl FnMut(usize, super::Fit)) {
        let mut seen = Bits::default();
        let needles = query.leading().unwrap_or_default();
        for (nth, needle) in needles.iter().enumerate() {
            let (mut from, mut row) = (0, 0);
            while let Some(found) = needle.find(&self.find[from..]) {
                let place = from + found;
                row = self.row_of(place, row);
                from = self.find_at[row + 1] as usize;
                if nth > 0 && seen.has(row) {
                    continue;
                }
                if needles.len() > 1 {
                    seen.set(row);
                }
                let start = self.find_at[row] as usize;
                if !self.gone.has(row)
                    && let Some(fit) = query.fit_led(self.found_by(row), place - start)
                {
                    add(row, fit);
                }
            }
        }
    }
    /// Adds its rows that do not fit, but would without a slip.
    pub fn guess(&self, query: &Query, number: u32, known: &[u32], top: &mut Top) {
        let Some(typo) = query.leading_typo() else { return };
        let mut seen = Bits::default();
        // Wherever a word begins like it, over all rows at once: to look into each of them takes longer.
        for begins in typo.beginnings() {
            let mut row = 0;
            for place in memmem::find_iter(&self.find, &begins) {
                if !typo.begins(&self.find[place + 1..]) {
                    continue;
                }
                row = self.row_of(place, row);
                if seen.has(row) || self.gone.has(row) {
                    continue;
                }
                seen.set(row);
                if let Some(fit) = query.resembles(self.found_by(row)).filter(|fit| !fit.sure()) {
                    top.add(self.hit(fit, number, row, known));
                }
            }
        }
    }
    fn hit(&self, fit: super::Fit, number: u32, row: usize, known: &[u32]) -> Hit {
        let known = known.contains(&at(row));
        Hit::new(fit, (self.last.has(row), known), self.found_by(row), (number, at(row)))
    }
    /// The row of a place in what is found; the one before it is known to be no further.
    fn row_of(&self, place: usize, before: usize) -> usize {
        let ends = &self.find_at[before + 1..];
        let near = ends.iter().take(4).take_while(|end| **end as usize <= place).count();
        if near < 4 { before + near } else { before + ends.partition_point(|end| *end as usize <= place) }
    }
}

/// Rows of one kind. Copies share what they hold.
pub struct Table<R> {
    chunks: Vec<Arc<Chunk>>,
    len: usize,
    holds: PhantomData<fn() -> R>,
}

impl<R> Clone for Table<R> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks.clone(), len: self.len, holds: PhantomData }
    }
}
impl<R> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows", self.len)
    }
}
impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0, holds: PhantomData }
    }
}
impl<R> PartialEq for Table<R> {
    /// Whether both hold the very same rows.
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&Arc<Chunk>, &Arc<Chunk>)| Arc::ptr_eq(a, b);
        self.chunks.len() == other.chunks.len() && self.chunks.iter().zip(&other.chunks).all(same)
    }
}

/// What was found in a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The best: those that fit, then those that only resemble what was typed.
    pub rows: Vec<Arc<Choice>>,
    /// How many of these fit.
    pub sure: usize,
    /// How many fit in all.
    pub fits: usize,
}

impl<R: Record> Table<R> {
    /// The table of these chunks.
    #[must_use]
    pub fn of(chunks: Vec<Arc<Chunk>>) -> Self {
        let len = chunks.iter().map(|c| c.len()).sum();
        Self { chunks, len, holds: PhantomData }
    }
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Its chunks.
    #[must_use]
    pub fn chunks(&self) -> &[Arc<Chunk>] {
        &self.chunks
    }
    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(|c| c.bytes()).sum()
    }
    /// The row of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<R> {
        let first = hashed(id);
        self.chunks.iter().find_map(|c| c.record(c.placed(id, first)?))
    }
    /// Whether there is a row of that id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        let first = hashed(id);
        self.chunks.iter().any(|c| c.placed(id, first).is_some())
    }
    /// Its rows, one after the other.
    pub fn records(&self) -> impl Iterator<Item = R> {
        self.chunks.iter().flat_map(|c| c.places().filter_map(|row| c.record(row)))
    }
    /// Adds a row, in place of one of the same id.
    pub fn put(&mut self, record: &R) {
        let id = record.fields().first().map(|id| (*id).to_owned()).unwrap_or_default();
        self.remove(&id);
        self.add(record);
    }
    /// Adds a row whose id no other has.
    pub fn add(&mut self, record: &R) {
        if self.chunks.last().is_none_or(|c| c.is_full()) {
            self.chunks.push(Arc::default());
        }
        if let Some(last) = self.chunks.last_mut().map(Arc::make_mut) {
            last.push(record);
            self.len += 1;
            if last.is_full() {
                last.fit();
            }
        }
    }
    /// Removes the row of an id; whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let first = hashed(id);
        for chunk in &mut self.chunks {
            if let Some(row) = chunk.placed(id, first) {
                Arc::make_mut(chunk).gone.set(row);
                self.len -= 1;
                return true;
            }
        }
        false
    }
    /// The rows of these ids, by chunk.
    #[must_use]
    pub fn places<'a>(&self, ids: impl Iterator<Item = &'a str>) -> BTreeMap<u32, Vec<u32>> {
        let mut all: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for id in ids {
            let first = hashed(id);
            let found = self.chunks.iter().enumerate().find_map(|(n, c)| Some((at(n), at(c.placed(id, first)?))));
            if let Some((chunk, row)) = found {
                all.entry(chunk).or_default().push(row);
            }
        }
        all
    }
    /// What fits best, and where that is little, what resembles.
    #[must_use]
    pub fn find(&self, query: &Query, known: &BTreeMap<u32, Vec<u32>>) -> Rows {
        let mut sure = Top::new(KEPT);
        self.each(known, |chunk, number, known| drop(chunk.scan(query, None, number, known, &mut sure)));
        self.by_id(query, &mut sure);
        let mut similar = Top::new(FEW);
        if R::FORGIVES && query.guesses_beside(sure.fits()) {
            self.each(known, |chunk, number, known| chunk.guess(query, number, known, &mut similar));
        }
        self.rows(sure.best(), similar.best())
    }
    /// Adds the row whose id is what was typed, where it does not fit by what it is found by. Nobody knows half of an id.
    pub fn by_id(&self, query: &Query, top: &mut Top) {
        let first = hashed(query.typed());
        let place = self.chunks.iter().enumerate().find_map(|(n, c)| Some((n, c, c.placed(query.typed(), first)?)));
        if let Some((number, chunk, row)) = place.filter(|(_, c, row)| query.fit(c.found_by(*row)).is_none()) {
            let fit = super::Fit { off: 0, part: super::Part::Telling, field: 0 };
            top.add(chunk.hit(fit, at(number), row, &[]));
        }
    }
    fn each(&self, known: &BTreeMap<u32, Vec<u32>>, mut scan: impl FnMut(&Chunk, u32, &[u32])) {
        for (number, chunk) in self.chunks.iter().enumerate() {
            let number = at(number);
            scan(chunk, number, known.get(&number).map(Vec::as_slice).unwrap_or_default());
        }
    }
    /// What was found, as rows of a picker.
    #[must_use]
    pub fn rows(&self, mut sure: Best, mut similar: Best) -> Rows {
        let row = |hit: &Hit| {
            let chunk = self.chunks.get(hit.place.0 as usize)?;
            chunk.record::<R>(hit.place.1 as usize).map(|r| Arc::new(r.into_choice()))
        };
        // Among those that are as good as each other names begin alike; what follows puts them in order.
        let text = |hit: &Hit| {
            self.chunks.get(hit.place.0 as usize).map(|c| c.found_by(hit.place.1 as usize)).unwrap_or_default()
        };
        for hits in [&mut sure.hits, &mut similar.hits] {
            hits.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| text(a).cmp(text(b))));
        }
        let mut rows: Vec<_> = sure.hits.iter().filter_map(row).collect();
        let count = rows.len();
        rows.extend(similar.hits.iter().filter_map(row));
        Rows { rows, sure: count, fits: sure.fits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_follow_each_other_are_looked_for_in_places_of_their_own() {
        for from in [0, 38_382_349, 600_000_000] {
            let ids: Vec<_> = (from..from + ROWS).map(|id| hashed(&id.to_string())).collect();
            let places: std::collections::HashSet<_> = ids.iter().map(|(place, _)| place).collect();
            let alike = ids.iter().filter(|(_, looks)| *looks == ids[0].1).count();
            // By chance it would be 69 of 100.
            assert!(places.len() > ROWS * 2 / 3, "{from}: {}", places.len());
            assert!(alike < ROWS / 128, "{from}: {alike}");
        }
    }
}
