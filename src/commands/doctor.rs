//!
use crate::Arguments;
use color_eyre::eyre;
use std::process::ExitCode;
pub(crate) async fn doctor(_: &Arguments, _: bool) -> eyre::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
