//! What comes first of all in a process that will hold secrets: what it writes is for its owner alone, and nobody else of
//! the same user can look into it or make it leave its memory on a disk. Edge.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Hardens this process. What the system does not let us do stays as it is: [`dumps`] tells.
pub fn begin() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    // Both: the first also closes /proc/PID/mem, environ and the like to other processes of the same user.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Whether a crash could leave the memory on a disk.
#[must_use]
pub fn dumps() -> bool {
    let dumpable = rustix::process::dumpable_behavior();
    let closed = dumpable.is_ok_and(|d| d == DumpableBehavior::NotDumpable);
    !closed || getrlimit(Resource::Core).current != Some(0)
}
