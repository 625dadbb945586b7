//! What the program ends with: the one table that the help, the man page and the README follow.

use crate::runtime::watchdog;

/// Wrong arguments.
pub const USAGE: u8 = 2;
/// An order may or may not have been placed.
pub const UNKNOWN: u8 = 3;

/// An exit code.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// The code.
    pub code: u8,
    /// What it means.
    pub means: &'static str,
}

/// All of them.
pub const EXITS: [Exit; 5] = [
    Exit { code: 0, means: "left, or all is well" },
    Exit { code: 1, means: "an error, or a check that found something wrong" },
    Exit { code: USAGE, means: "wrong arguments; nothing was started" },
    Exit { code: UNKNOWN, means: "the outcome of an order is unknown; mobproc reconcile looks for it" },
    Exit { code: watchdog::STOPPED, means: "the terminal went away, or a signal asked for the end" },
];
