//!
use crate::Arguments;
use color_eyre::eyre;
use std::process::ExitCode;
pub(crate) async fn init(_: &Arguments) -> eyre::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
