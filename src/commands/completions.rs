//! `mobproc completions`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{Arguments, out};

/// The shells that a script is made for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum For {
    /// GNU bash
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
}

/// `mobproc completions`: the script by which a shell completes our commands and options.
pub(crate) fn completions(shell: For) -> ExitCode {
    let shell = match shell {
        For::Bash => Shell::Bash,
        For::Zsh => Shell::Zsh,
        For::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "mobproc", &mut script);
    out::generated(&script);
    ExitCode::SUCCESS
}
