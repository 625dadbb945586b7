//! One module a command.

pub(crate) mod connect;
pub(crate) mod purge;
pub(crate) mod reconcile;
pub(crate) mod sandbox;
pub(crate) mod status;
pub(crate) mod wizard;
