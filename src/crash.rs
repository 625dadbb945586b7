//! Places where a test may end the process as a power cut would. In every build but the tests' they are nothing at all:
//! the one thing in `src` that only tests use, for what they show cannot be shown from outside.

/// A crash point; `FAILPOINTS="name=return"` in a test's process ends it here, at once and without a word.
pub fn point(name: &str) {
    let _ = name;
    fail::fail_point!(name, |_| {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    });
}
