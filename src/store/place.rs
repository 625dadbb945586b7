//! Where the journal lies: a directory of one's own, on a disk of this machine, that nobody else can read. What is not
//! so is refused with the command that mends it.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::trouble::Refused;
use crate::domain::text::shell_word;

/// What still works wherever the journal cannot be used.
const STILL: &str =
    "You can look things up and fill orders in, but drafts will not survive and nothing can be submitted.";
/// The space that is kept back so that an outcome can be stored on a full disk, in bytes.
const BALLAST: usize = 256 * 1024;

/// The file system of this type, where it lies on another machine or is driven by a program, so that locks or syncs may
/// not mean what they should. Types are the magic numbers of statfs(2).
#[must_use]
pub fn network_fs(f_type: u64) -> Option<&'static str> {
    Some(match f_type & 0xFFFF_FFFF {
        0x6969 => "NFS",
        0xFF53_4D42 | 0xFE53_4D42 | 0x517B => "SMB (cifs)",
        0x6573_5546 => "FUSE",
        0x0102_1997 => "9p",
        0x0BD0_0BD0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x5346_414F | 0x6B41_4653 => "AFS",
        0x00C3_6400 => "Ceph",
        0x0116_1970 => "GFS2",
        0x7461_636F => "OCFS2",
        0x7375_7245 => "Coda",
        0x564C => "NCP",
        0x1983_0326 => "BeeGFS",
        0xAAD7_AAEA => "PanFS",
        0x786F_4256 => "vboxsf",
        _ => return None,
    })
}

/// What may be wrong with a file or directory of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A symbolic link: it could lead anywhere.
    Link,
    /// Neither a directory nor a plain file, as it should be.
    Kind,
    /// It belongs to this user.
    Owner(u32),
    /// Others can read or write it; these are the mode bits.
    Mode(u32),
}

/// Judges a file or directory by what `lstat` says of it.
///
/// # Errors
/// What is wrong.
pub fn judge(meta: &Metadata, me: u32, directory: bool) -> Result<(), Fault> {
    judged((meta.mode(), meta.uid()), me, directory)
}

/// Judges by mode (with the file type's bits) and owner.
///
/// # Errors
/// What is wrong.
pub fn judged((mode, owner): (u32, u32), me: u32, directory: bool) -> Result<(), Fault> {
    let kind = if directory { 0o040_000 } else { 0o100_000 };
    match mode & 0o170_000 {
        0o120_000 => Err(Fault::Link),
        found if found != kind => Err(Fault::Kind),
        _ if owner != me => Err(Fault::Owner(owner)),
        _ if mode & 0o077 != 0 => Err(Fault::Mode(mode & 0o777)),
        _ => Ok(()),
    }
}

/// The sentences for a fault, with the command that mends it.
#[must_use]
pub fn refusal(path: &Path, fault: Fault, directory: bool) -> Refused {
    let (what, fix) = described(path, fault, directory);
    Refused(format!("The journal is not used: {what}. {STILL} Mend it with: {fix}"))
}

/// A fault in a clause, and the command that mends it.
#[must_use]
pub fn described(path: &Path, fault: Fault, directory: bool) -> (String, String) {
    let shown = quoted(path);
    match fault {
        Fault::Link => (format!("{shown} is a symbolic link, which could lead anywhere"), format!("rm {shown}")),
        Fault::Kind if directory => (format!("{shown} is not a directory"), format!("mv {shown} {shown}.old")),
        Fault::Kind => (format!("{shown} is not a plain file"), format!("mv {shown} {shown}.old")),
        Fault::Owner(uid) => {
            (format!("{shown} belongs to another user (uid {uid})"), format!("sudo chown -R \"$(id -u)\" {shown}"))
        }
        Fault::Mode(mode) => {
            let right = if directory { 700 } else { 600 };
            (format!("{shown} is open to others (mode {mode:03o})"), format!("chmod {right} {shown}"))
        }
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    shell_word(&path.display().to_string())
}

/// Makes the directory where it is not there, checks it and what lies in it, and gives its path without links.
pub(crate) fn prepare(dir: &Path, allow_network: bool) -> Result<PathBuf, Refused> {
    let cannot = |e: io::Error| cannot(dir, &e);
    if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        check_parent(parent)?;
    }
    match fs::symlink_metadata(dir) {
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(cannot)?;
            // A power cut must not take the new directory with all that is in it; not every one above is ours to sync.
            for above in dir.ancestors().skip(1).take(4) {
                let _ = sync_dir(above);
            }
        }
        Err(e) => return Err(cannot(e)),
    }
    checked(dir, allow_network)
}

/// Checks the directory and what lies in it as opening would, and makes nothing; whether it is there.
///
/// # Errors
/// The sentences of opening.
pub fn look(dir: &Path, allow_network: bool) -> Result<bool, Refused> {
    if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        check_parent(parent)?;
    }
    let there = fs::symlink_metadata(dir).is_ok();
    let Some(nearest) = dir.ancestors().find(|above| fs::symlink_metadata(above).is_ok()) else { return Ok(false) };
    if there {
        checked(dir, allow_network)?;
    } else {
        let kind = rustix::fs::statfs(nearest).map_err(|e| cannot(dir, &e.into()))?;
        on_this_machine(dir, kind.f_type.cast_unsigned(), allow_network)?;
    }
    let may = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::access(nearest, may).map_err(|e| cannot(dir, &e.into()))?;
    Ok(there)
}

fn cannot(dir: &Path, e: &io::Error) -> Refused {
    let shown = quoted(dir);
    let mend = match e.kind() {
        io::ErrorKind::ReadOnlyFilesystem => {
            "Name a place that can be written, in the profile: state_dir = \"/var/lib/mobproc/$USER\"".to_owned()
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "Free some space, and start again.".to_owned(),
        _ => format!("Mend it with: mkdir -p -m 700 {shown}"),
    };
    Refused(format!("The journal's directory {shown} cannot be used: {e}. {STILL} {mend}"))
}

/// Checks a directory that is there, and gives its path without links.
fn checked(dir: &Path, allow_network: bool) -> Result<PathBuf, Refused> {
    let cannot = |e: io::Error| cannot(dir, &e);
    let me = rustix::process::geteuid().as_raw();
    check(dir, me, true)?;
    let dir = fs::canonicalize(dir).map_err(cannot)?;
    let kind = rustix::fs::statfs(&dir).map_err(|e| cannot(e.into()))?;
    on_this_machine(&dir, kind.f_type.cast_unsigned(), allow_network)?;
    for entry in fs::read_dir(&dir).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let directory = matches!(name, "locks" | "backup" | "log");
        if directory || name.starts_with("state.db") || matches!(name, "intents.log" | "intents.log.1" | "ballast.bin")
        {
            match check(&path, me, directory) {
                // A journal of SQLite may go at any moment.
                Err(_) if fs::symlink_metadata(&path).is_err() => {}
                checked => checked?,
            }
        }
    }
    Ok(dir)
}

/// The directory above may be the system's, but no link, and nobody else may put another in our place.
fn check_parent(parent: &Path) -> Result<(), Refused> {
    let Ok(meta) = fs::symlink_metadata(parent) else { return Ok(()) };
    if meta.is_symlink() {
        return Err(refusal(parent, Fault::Link, true));
    }
    let sticky = meta.mode() & 0o1000 != 0;
    let mine = [0, rustix::process::geteuid().as_raw()].contains(&meta.uid());
    match meta.mode() & 0o022 {
        0 if mine => Ok(()),
        _ if sticky => Ok(()),
        0 => Err(refusal(parent, Fault::Owner(meta.uid()), true)),
        _ => {
            let shown = quoted(parent);
            Err(Refused(format!(
                "The journal is not used: others can write to {shown}. {STILL} Mend it with: chmod go-w {shown}"
            )))
        }
    }
}

fn check(path: &Path, me: u32, directory: bool) -> Result<(), Refused> {
    let meta = fs::symlink_metadata(path).map_err(|e| {
        Refused(format!("The journal is not used: {} cannot be looked at ({e}). {STILL}", quoted(path)))
    })?;
    judge(&meta, me, directory).map_err(|fault| refusal(path, fault, directory))
}

/// Refuses a directory on a file system of another machine, unless the administrator has allowed it.
///
/// # Errors
/// The sentences, with the setting that mends it.
pub fn on_this_machine(dir: &Path, f_type: u64, allow_network: bool) -> Result<(), Refused> {
    match network_fs(f_type) {
        Some(name) if !allow_network => Err(Refused(format!(
            "The journal is not used: {} lies on a network file system ({name}), where locks and syncs cannot be relied \
             on. {STILL} Mend it with a directory on a disk of this machine, in the profile: \
             state_dir = \"/var/lib/mobproc/$USER\"",
            quoted(dir)
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Makes a directory for this user alone, where it is not there.
pub(crate) fn private_dir(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Opens or makes a file for this user alone; never through a link.
pub(crate) fn private_file(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // A pipe in its place must not be waited for.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(i32::try_from(flags.bits()).unwrap_or_default()).open(path)
}

/// Makes what is in a directory (names, not contents) durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Keeps space back on the disk.
pub(super) fn ballast(dir: &Path) -> io::Result<()> {
    let path = dir.join("ballast.bin");
    if fs::symlink_metadata(&path).is_ok_and(|m| m.len() >= BALLAST as u64) {
        return Ok(());
    }
    let mut file = private_file(&path, OpenOptions::new().write(true).create(true).truncate(true))?;
    let made = file.write_all(&vec![0x5A; BALLAST]).and_then(|()| file.sync_all());
    made.inspect_err(|_| {
        let _ = fs::remove_file(&path);
    })
}

/// Gives the space back; whether there was any.
pub(super) fn drop_ballast(dir: &Path) -> bool {
    fs::remove_file(dir.join("ballast.bin")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_refused_with_the_setting_that_mends_it() {
        let dir = Path::new("/home/jdoe/.local/state/mobproc/acme");
        for (f_type, name) in [
            (0x6969, "NFS"),
            (0xFF53_4D42, "SMB (cifs)"),
            (0x6573_5546, "FUSE"),
            (0x0102_1997, "9p"),
            (0x0BD0_0BD0, "Lustre"),
            (0x4750_4653, "GPFS"),
        ] {
            let refused = on_this_machine(dir, f_type, false).unwrap_err().to_string();
            assert!(refused.contains(name) && refused.contains("/home/jdoe/.local/state/mobproc/acme"), "{refused}");
            assert!(refused.contains("state_dir = \"/var/lib/mobproc/$USER\""), "{refused}");
            assert_eq!(on_this_machine(dir, f_type, true), Ok(()), "the administrator allows it");
        }
        // A negative 32-bit number where the system's type is signed.
        assert_eq!(network_fs(0xFFFF_FFFF_FF53_4D42), Some("SMB (cifs)"));
        // ext4, xfs, btrfs, tmpfs, overlay, zfs.
        for f_type in [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0x2FC1_2FC1] {
            assert_eq!(on_this_machine(dir, f_type, false), Ok(()));
        }
    }
    #[test]
    fn what_others_own_or_can_read_is_refused_with_the_command_that_mends_it() {
        let dir = Path::new("/home/j doe/mobproc");
        let said = |meta, directory| refusal(dir, judged(meta, 1000, directory).unwrap_err(), directory).to_string();
        assert_eq!(judged((0o040_700, 1000), 1000, true), Ok(()));
        assert_eq!(judged((0o100_600, 1000), 1000, false), Ok(()));
        assert!(said((0o040_750, 1000), true).ends_with(
            "(mode 750). You can look things up and fill orders in, but drafts \
            will not survive and nothing can be submitted. Mend it with: chmod 700 '/home/j doe/mobproc'"
        ));
        assert!(said((0o100_604, 1000), false).ends_with("chmod 600 '/home/j doe/mobproc'"));
        assert!(said((0o040_700, 33), true).ends_with("sudo chown -R \"$(id -u)\" '/home/j doe/mobproc'"));
        assert!(said((0o120_777, 1000), true).ends_with("rm '/home/j doe/mobproc'"));
        assert!(said((0o100_600, 1000), true).ends_with("mv '/home/j doe/mobproc' '/home/j doe/mobproc'.old"));
    }
}
