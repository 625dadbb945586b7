//! The log: what the program did, for whoever must find out later, a JSON line a record (`record` holds what one may
//! contain). It is written by a thread of its own behind a bounded queue, so a slow or stuck disk delays neither a key
//! nor a sending; what finds no room is counted, and the next record says so. Edge: the disk.

pub mod file;
pub mod record;

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::calls::{Call, SignedIn};
use crate::domain::text::Clean;
use crate::store::place;
use file::Sheet;
use record::{Level, Record, Writer};
pub use record::{Step, What};

/// How many records wait at most.
const WAITING: usize = 1024;

/// Writes a record where it belongs.
pub type Sink = Box<dyn FnMut(&Record) -> io::Result<()> + Send>;
/// Is told, once, that records cannot be written.
pub type Told = Box<dyn Fn(Clean) + Send>;

/// A way to the log; without one that was started, to nowhere. With the last one gone its thread ends.
#[derive(Clone, Debug, Default)]
pub struct Log(Option<Arc<Way>>);

#[derive(Debug)]
struct Way {
    by: Writer,
    shared: Arc<Shared>,
}

impl Drop for Way {
    fn drop(&mut self) {
        self.shared.queue().closed = true;
        self.shared.changed.notify_all();
    }
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    records: VecDeque<Record>,
    /// How many found no room or could not be written since one was.
    dropped: u64,
    /// Whether one is being written.
    busy: bool,
    closed: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Waits for the next record; nothing comes any more where the last way to here is gone.
    fn next(&self) -> Option<Record> {
        let idle = |q: &mut Queue| q.records.is_empty() && !q.closed;
        let mut queue = self.changed.wait_while(self.queue(), idle).unwrap_or_else(PoisonError::into_inner);
        let mut record = queue.records.pop_front()?;
        record.dropped = Some(std::mem::take(&mut queue.dropped)).filter(|n| *n > 0);
        queue.busy = true;
        Some(record)
    }
    fn done(&self, lost: u64) {
        let mut queue = self.queue();
        queue.busy = false;
        queue.dropped += lost;
        self.changed.notify_all();
    }
}

impl Log {
    /// The log in a state directory, which is made where it is not there, and what is old there goes. `told` learns when
    /// a record could not be written for the first time.
    ///
    /// # Errors
    /// Why there is no log, in sentences; everything else works without.
    pub fn start(state: &Path, allow_network: bool, profile: &Clean, told: Told) -> Result<Self, String> {
        let none = |why: String| format!("No log is written; orders are not affected. {why}");
        // What is wrong with the directory is said at length of the journal, which lies in it.
        let state = place::prepare(state, allow_network)
            .map_err(|_| none("Its place is the journal's directory, which is not used.".into()))?;
        let dir = file::folder(&state);
        let mut sheet = Sheet::open(&dir, file::MOST).map_err(none)?;
        // What cannot go now goes with a later start.
        let _ = file::clear(&dir);
        Self::with(Box::new(move |record| sheet.append(&record.line())), profile, told)
            .map_err(|e| none(format!("The system has no thread left: {e}.")))
    }

    /// A log whose records go there.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn with(mut sink: Sink, profile: &Clean, told: Told) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = Arc::clone(&shared);
        std::thread::Builder::new().name("log".into()).spawn(move || {
            let mut said = false;
            while let Some(record) = thread.next() {
                let written = sink(&record);
                thread.done(if written.is_ok() { 0 } else { record.dropped.unwrap_or(0) + 1 });
                if let Err(e) = written
                    && !std::mem::replace(&mut said, true)
                {
                    told(Clean::new(&format!("The log cannot be written ({e}). Orders are not affected.")));
                }
            }
        })?;
        let session = Clean::new(&format!("{:08x}", getrandom::u32().unwrap_or_default()));
        Ok(Self(Some(Arc::new(Way { by: Writer { profile: profile.clone(), session }, shared }))))
    }

    fn put(&self, record: impl FnOnce(&Writer) -> Record) {
        let Some(way) = &self.0 else { return };
        let record = record(&way.by);
        way.shared.queue().take(record);
        way.shared.changed.notify_all();
    }

    /// The program begins to work, with a terminal of that size where it has one.
    pub fn started(&self, size: Option<(u16, u16)>) {
        self.put(|by| Record {
            version: Some(Clean::new(env!("CARGO_PKG_VERSION"))),
            columns: size.map(|(columns, _)| columns.into()),
            rows: size.map(|(_, rows)| rows.into()),
            ..Record::new(by, Level::Info, What::Started)
        });
    }
    /// The program has ended by itself.
    pub fn ended(&self) {
        self.put(|by| Record::new(by, Level::Info, What::Ended));
    }
    /// The terminal went away.
    pub fn hung_up(&self) {
        self.put(|by| Record::new(by, Level::Warn, What::HungUp));
    }
    /// A signal asked for the end.
    pub fn terminated(&self) {
        self.put(|by| Record::new(by, Level::Warn, What::Terminated));
    }
    /// A call of the API has ended.
    pub fn call(&self, call: &Call) {
        self.put(|by| Record::call(by, call));
    }
    /// A token was asked for.
    pub fn signed_in(&self, signed: &SignedIn) {
        self.put(|by| Record::sign_in(by, signed));
    }
    /// Something happened to an order.
    pub fn order(&self, step: &Step<'_>) {
        self.put(|by| Record::order(by, step));
    }
    /// Something about a directory, in the program's own words.
    pub fn directory(&self, warns: bool, label: &str, note: &str) {
        let level = if warns { Level::Warn } else { Level::Info };
        let note = Some(record::text(&format!("{label}: {note}")));
        self.put(|by| Record { note, ..Record::new(by, level, What::Directory) });
    }
    /// A part of the program failed, at that place of its source. Never waits: it may have failed in here.
    pub fn panicked(&self, place: &str) {
        let Some(way) = &self.0 else { return };
        if let Ok(mut queue) = way.shared.queue.try_lock() {
            queue.take(Record {
                place: Some(record::text(place)),
                ..Record::new(&way.by, Level::Error, What::Panicked)
            });
            way.shared.changed.notify_all();
        }
    }

    /// Waits until everything is written, but not longer than that; whether it is.
    pub fn finish(&self, within: Duration) -> bool {
        let Some(way) = &self.0 else { return true };
        let busy = |q: &mut Queue| q.busy || !q.records.is_empty();
        let waited = way.shared.changed.wait_timeout_while(way.shared.queue(), within, busy);
        waited.is_ok_and(|(_, late)| !late.timed_out())
    }
}

impl Queue {
    fn take(&mut self, record: Record) {
        if self.records.len() < WAITING {
            self.records.push_back(record);
        } else {
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn quiet() -> Told {
        Box::new(|_| ())
    }
    /// A log whose writer sleeps until it is told to go on, and then hands on what it got.
    fn slow(gate: Receiver<()>) -> (Log, Receiver<Record>) {
        let (send, records) = channel();
        let sink: Sink = Box::new(move |record| {
            let _ = gate.recv();
            send.send(record.clone()).map_err(io::Error::other)
        });
        (Log::with(sink, &"qa".into(), quiet()).unwrap(), records)
    }

    #[test]
    fn a_writer_that_is_stuck_delays_nobody_and_what_finds_no_room_is_counted() {
        let (open, gate) = channel();
        let (log, records) = slow(gate);
        // The writer has taken one and is stuck in it; so many wait, and the rest finds no room.
        log.started(None);
        while !log.0.as_ref().unwrap().shared.queue().busy {
            std::thread::yield_now();
        }
        let begun = Instant::now();
        for _ in 0..WAITING + 500 {
            log.hung_up();
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert!(!log.finish(Duration::from_millis(20)), "it cannot be done");
        for _ in 0..=WAITING {
            open.send(()).unwrap();
        }
        assert_eq!(records.recv_timeout(LONG).unwrap().event, What::Started);
        assert_eq!(records.recv_timeout(LONG).unwrap().dropped, Some(500), "the next one says so");
        assert!(log.finish(LONG));
        assert_eq!(records.try_iter().filter(|r| r.dropped.is_none()).count(), WAITING - 1);
    }
    #[test]
    fn what_cannot_be_written_is_said_once_and_counted_in_the_next_record() {
        let (send, records) = channel();
        let (say, said) = channel();
        let mut left = 3;
        let sink: Sink = Box::new(move |record| {
            if left > 0 {
                left -= 1;
                return Err(io::ErrorKind::StorageFull.into());
            }
            send.send(record.clone()).map_err(io::Error::other)
        });
        let log = Log::with(sink, &"qa".into(), Box::new(move |text| drop(say.send(text)))).unwrap();
        for _ in 0..4 {
            log.ended();
        }
        assert!(log.finish(LONG));
        assert_eq!(records.try_iter().map(|r| r.dropped).collect::<Vec<_>>(), [Some(3)]);
        drop(log);
        let said: Vec<Clean> = said.iter().collect();
        assert!(said.len() == 1 && said[0].contains("Orders are not affected"), "{said:?}");
    }
    #[test]
    fn with_the_last_way_gone_everything_is_written_and_the_thread_ends() {
        let (open, gate) = channel();
        let (log, records) = slow(gate);
        log.started(None);
        log.ended();
        drop(log);
        drop(open);
        assert_eq!(records.iter().map(|r| r.event).collect::<Vec<_>>(), [What::Started, What::Ended]);
    }
}
