//! `mobproc completions`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use mobproc::domain::kinds::KINDS;

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
    // A type that there is not is refused in our own words; here the names are only offered.
    let types = PossibleValuesParser::new(KINDS.iter().map(|kind| kind.id));
    let mut command = Arguments::command().mut_subcommand("order", |o| o.mut_arg("kind", |k| k.value_parser(types)));
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "mobproc", &mut script);
    out::generated(&script);
    ExitCode::SUCCESS
}
