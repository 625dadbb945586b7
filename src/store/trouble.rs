//! What can go wrong in the journal, in the user's terms: what happened, what it means, what to do.

use std::io;

use rusqlite::ErrorCode;

use crate::domain::ids::OrderKey;

/// Why the journal did not do what was asked. Nothing was changed then, unless the variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No space is left, or a quota is used up.
    #[error(
        "The disk is full, so the journal cannot be written; what was typed last is not saved. Free some space and go on."
    )]
    Full,
    /// The file system has become read-only.
    #[error(
        "The journal cannot be written, because its file system is read-only; what was typed last is not saved. \
             Nothing can be submitted until it is writable again."
    )]
    ReadOnly,
    /// Another session holds the file.
    #[error("Another session has been using the journal for more than 5 seconds; nothing was changed. Try again.")]
    Busy,
    /// The order is no longer as this session last saw it, or is in a state that does not allow this.
    #[error(
        "Another session has moved this order on, so nothing was changed here. Open it again to see how it stands."
    )]
    Moved,
    /// The number belongs to this other order of the journal.
    #[error(
        "Another order of yours already has this reference, so nothing was changed. Look at that order, or take another reference."
    )]
    NumberInUse(OrderKey),
    /// The order was sent under its number before.
    #[error("This order was sent once under its reference, so it keeps it; nothing was changed.")]
    NumberFixed,
    /// The file was found damaged in the middle of the work. The caller never sees it: the store mends the file.
    #[error("The journal's file is damaged: {0}.")]
    Damaged(String),
    /// Everything else, in a sentence.
    #[error("{0}")]
    Broken(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            // A header that only a flipped bit can have made: this program writes no other format.
            Some(ErrorCode::Unknown) if error.to_string().contains("unsupported file format") => {
                Self::Damaged(error.to_string())
            }
            Some(ErrorCode::ConstraintViolation) => Self::Broken(format!("The journal refuses this: {error}.")),
            // A value that is not what the schema promises was not written by this program.
            None if matches!(
                error,
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::Utf8Error(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
            ) =>
            {
                Self::Damaged(error.to_string())
            }
            None | Some(_) => Self::Broken(format!(
                "The journal cannot be written ({error}); nothing is submitted that it does not hold. Look at the disk."
            )),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Broken(format!(
                "A file of the journal cannot be used ({error}); nothing is submitted that it does not hold. \
                 Look at the disk."
            )),
        }
    }
}

/// Why a state directory is not used: what is wrong, what still works, and the command that mends it. The program goes on
/// with [`super::Store::memory`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub(super) String);
