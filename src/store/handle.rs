//! The thread that the journal lives on. Jobs are sent to it one by one; between them it sleeps, and nothing wakes it.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use tokio::sync::oneshot;

use super::Store;

type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// A way to the journal's thread. With the last handle gone the thread does what is still queued and ends.
#[derive(Clone, Debug)]
pub struct Handle {
    jobs: Sender<Job>,
}

impl Handle {
    /// Gives the journal a thread of its own.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(store: Store) -> io::Result<Self> {
        Self::open(move || Some(store))
    }

    /// Gives a journal a thread of its own that is opened there: no job is done before it is open. Where it cannot be
    /// opened the thread ends, and no job is ever done.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open(open: impl FnOnce() -> Option<Store> + Send + 'static) -> io::Result<Self> {
        let (jobs, queue) = channel::<Job>();
        thread::Builder::new().name("journal".into()).spawn(move || {
            let Some(mut store) = open() else { return };
            for job in queue {
                job(&mut store);
            }
        })?;
        Ok(Self { jobs })
    }

    /// Queues a job at once, also where the result is never waited for; the result comes when it is done. Nothing comes
    /// where the thread is gone.
    pub fn run<T, F>(&self, job: F) -> impl Future<Output = Option<T>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut Store) -> T + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        self.queue(move |store| {
            let _ = answer.send(job(store));
        });
        async move { result.await.ok() }
    }

    /// Does a job and waits for it, on a thread that may block. Nothing comes where the journal's thread is gone.
    pub fn now<T: Send + 'static>(&self, job: impl FnOnce(&mut Store) -> T + Send + 'static) -> Option<T> {
        let (answer, result) = channel();
        self.queue(move |store| {
            let _ = answer.send(job(store));
        });
        result.recv().ok()
    }

    fn queue(&self, job: impl FnOnce(&mut Store) + Send + 'static) {
        // Where the thread is gone the job is dropped, and with it the sender that is waited on.
        let _ = self.jobs.send(Box::new(job));
    }
}
