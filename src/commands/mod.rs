//! One module a command.

pub(crate) mod ask;
pub(crate) mod completions;
pub(crate) mod connect;
pub(crate) mod directory;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod profile;
pub(crate) mod purge;
pub(crate) mod reconcile;
pub(crate) mod sandbox;
pub(crate) mod status;
pub(crate) mod wizard;
