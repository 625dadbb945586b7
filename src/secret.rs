//! Secrets: where they come from, and how they are held. Edge. None is ever taken from a flag or from the config file, none
//! is written to disk, and programs that are started see only the variables of `INHERITED`.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal};
use secrecy::SecretString;
use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use crate::domain::text::{Clean, shell_word};

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(30);
/// How long is waited for what a command has printed once it has ended.
const LEFT: Duration = Duration::from_millis(300);
/// The longest secret (bytes); access tokens that carry claims run to several kilobytes.
const AT_MOST: usize = crate::domain::grant::AT_MOST;
/// What a command may see of the environment: enough for a password manager, nothing that holds a secret, and no terminal
/// (GPG_TTY) on which it could draw over the screen: an agent must be unlocked before.
const INHERITED: [&str; 18] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TERM",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "SSH_AUTH_SOCK",
    "GNUPGHOME",
    "PASSWORD_STORE_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "KRB5CCNAME",
];

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The first line that a program prints: the program and its arguments, never a shell.
    Command(Vec<String>),
    /// The first line of a file, which nobody else may read.
    File(PathBuf),
    /// The same, handed over by the service manager (`$CREDENTIALS_DIRECTORY`).
    Credential(PathBuf),
    /// A variable; only where the profile allows it.
    Environment(&'static str),
    /// Whoever sits there.
    Ask,
}

impl Source {
    /// Fetches the secret; `what` names it in the sentence that says why not. Nobody is asked here.
    ///
    /// # Errors
    /// What went wrong, as a clause that never holds the secret.
    pub async fn fetch(&self, what: &str) -> Result<SecretString, String> {
        let (bytes, from) = match self {
            Self::Command(command) => {
                let program = command.first().map(String::as_str).unwrap_or_default();
                let from = format!("{what}_command ({})", Clean::new(program));
                (printed(command).await.map_err(|why| format!("{from} {why}"))?, from)
            }
            Self::File(_) | Self::Credential(_) | Self::Environment(_) | Self::Ask => self.at_hand(what)?,
        };
        first_line(&bytes).map_err(|why| format!("{from} {why}"))
    }

    /// What can be had without starting a program, and how it is called in a sentence.
    fn at_hand(&self, what: &str) -> Result<(Zeroizing<Vec<u8>>, String), String> {
        match self {
            Self::Command(_) => Ok((Zeroizing::default(), String::new())),
            Self::File(path) | Self::Credential(path) => {
                let from = format!("{what}_file ({})", Clean::new(&path.display().to_string()));
                let handed = matches!(self, Self::Credential(_));
                Ok((held(path, handed).map_err(|why| format!("{from} {why}"))?, from))
            }
            Self::Environment(name) => {
                let value = std::env::var(name).map_err(|_| format!("{name} is not set, or is not text"))?;
                Ok((Zeroizing::new(value.into_bytes()), (*name).to_owned()))
            }
            Self::Ask => Err(format!("there is no terminal to ask for the {} at", what.replace('_', " "))),
        }
    }

    /// Whether the secret can be expected to be there, without fetching it: no program is started, and nobody asked.
    ///
    /// # Errors
    /// Why not, as for [`Source::fetch`]. Where a command mends it, the clause ends with it and `mends it`.
    pub fn check(&self, what: &str) -> Result<(), String> {
        match self {
            Self::Command(command) => {
                let program = command.first().map(String::as_str).unwrap_or_default();
                let why = |why| format!("{what}_command ({}) {why}", Clean::new(program));
                found(program).map(|_| ()).map_err(why)
            }
            Self::File(_) | Self::Credential(_) | Self::Environment(_) => {
                let (bytes, from) = self.at_hand(what)?;
                first_line(&bytes).map(|_| ()).map_err(|why| format!("{from} {why}"))
            }
            Self::Ask => Ok(()),
        }
    }
}

/// The first line, which is the secret.
fn first_line(bytes: &[u8]) -> Result<SecretString, &'static str> {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > AT_MOST {
        return Err("gives a line that is too long for a secret");
    }
    let line = std::str::from_utf8(line).map_err(|_| "gives something that is not text")?;
    match line {
        "" => Err("gives nothing"),
        odd if odd.chars().any(char::is_control) => Err("gives something with control characters"),
        line => Ok(line.into()),
    }
}

/// Why something could not be done with a file, as people say it: a clause.
#[must_use]
pub fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        kind => kind.to_string(),
    }
}

/// What a file holds, which must be of one's own, or of the system, and closed to others. One that the service manager
/// hands over is the system's, and open to its user by a list of access rights, which shows as the group's.
fn held(path: &Path, handed: bool) -> Result<Zeroizing<Vec<u8>>, String> {
    use std::io::Read as _;
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(|e| match e.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
            "is a link; name the file that it leads to".into()
        }
        _ => format!("cannot be read: {}", why(&e)),
    })?;
    let meta = file.metadata().map_err(|e| format!("cannot be read: {}", why(&e)))?;
    if !meta.is_file() {
        return Err("is not a file".into());
    }
    if meta.uid() != rustix::process::getuid().as_raw() && meta.uid() != 0 {
        return Err("belongs to somebody else".into());
    }
    let open = if handed && meta.uid() == 0 { 0o037 } else { 0o077 };
    if meta.mode() & open != 0 {
        return Err(format!("may be read by others; chmod 600 {} mends it", shell_word(&path.display().to_string())));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(AT_MOST + 2));
    file.take(AT_MOST as u64 + 2).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {}", why(&e)))?;
    Ok(bytes)
}

/// Everything that a command has started, which ends with it.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

/// What a program prints, as far as a secret can reach.
async fn printed(command: &[String]) -> Result<Zeroizing<Vec<u8>>, String> {
    let (program, arguments) = command.split_first().ok_or("is empty")?;
    let mut child = alone(&found(program)?);
    child.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    child.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let mut child = child.kill_on_drop(true).spawn().map_err(|e| format!("cannot be started: {e}"))?;
    let _group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let mut out = Zeroizing::new(Vec::with_capacity(AT_MOST + 2));
    let mut err = Vec::new();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = {
        let mut reading = std::pin::pin!(async { tokio::join!(all_of(stdout, &mut out), all_of(stderr, &mut err)) });
        let ending = async {
            tokio::select! {
                _ = &mut reading => child.wait().await,
                // Whatever it has left running may hold the pipe: its own words are there by now.
                status = child.wait() => {
                    let _ = tokio::time::timeout(LEFT, &mut reading).await;
                    status
                }
            }
        };
        tokio::time::timeout(COMMAND, ending).await
    };
    match ended {
        Err(_) => Err(format!("did not end within {} seconds", COMMAND.as_secs())),
        Ok(Err(e)) => Err(format!("cannot be waited for: {e}")),
        // Whoever prints more than a secret can be was not listened to any further, and may have ended of that.
        Ok(Ok(_)) if out.len() > AT_MOST => Ok(out),
        Ok(Ok(status)) if !status.success() => {
            let said = err.split(|b| *b == b'\n').map(Clean::of_bytes);
            let line = said.into_iter().find(|l| !l.trim().is_empty()).unwrap_or_default();
            let line = Clean::new(&line.chars().take(200).collect::<String>());
            let colon = if line.is_empty() { "" } else { ": " };
            Err(format!("failed with {status}{colon}{line}"))
        }
        Ok(Ok(_)) => Ok(out),
    }
}

/// A program in a session of its own, where it has no terminal to take keys from or to draw on; without the tool for that,
/// in a group of its own, from which it can at least take no keys.
fn alone(program: &Path) -> tokio::process::Command {
    match found("setsid") {
        Ok(setsid) => {
            let mut command = tokio::process::Command::new(setsid);
            command.arg(program);
            command
        }
        Err(_) => {
            let mut command = tokio::process::Command::new(program);
            command.process_group(0);
            command
        }
    }
}

/// What comes through a pipe, as far as a secret can reach.
async fn all_of(pipe: Option<impl tokio::io::AsyncRead + Unpin>, into: &mut Vec<u8>) {
    if let Some(pipe) = pipe {
        // What broke off is judged by what came.
        let _ = pipe.take(AT_MOST as u64 + 2).read_to_end(into).await;
    }
}

/// The program that a name means, which nobody else may change.
fn found(name: &str) -> Result<PathBuf, String> {
    let named = Path::new(name);
    let path = if named.is_absolute() {
        named.to_owned()
    } else if name.contains('/') {
        return Err("must be a full path, or a name that is looked for in PATH".into());
    } else {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let mut all = std::env::split_paths(&folders).filter(|f| f.is_absolute()).map(|f| f.join(name));
        all.find(|p| p.is_file()).ok_or("cannot be started: it is not in PATH")?
    };
    let me = rustix::process::getuid().as_raw();
    // A program may go by the name of the link that leads to it.
    let real = path.canonicalize().map_err(|e| format!("cannot be started: {}", why(&e)))?;
    let folder = |of: &'_ Path| of.parent().unwrap_or(Path::new("/")).to_owned();
    for (part, sticky) in [(real.clone(), false), (folder(&real), true), (folder(&path), true)] {
        let meta = std::fs::metadata(&part).map_err(|e| format!("cannot be started: {}", why(&e)))?;
        if meta.uid() != me && meta.uid() != 0 {
            return Err(format!("cannot be trusted: {} belongs to somebody else", part.display()));
        }
        if meta.mode() & 0o022 != 0 && !(sticky && meta.mode() & 0o1000 != 0) {
            let part = shell_word(&part.display().to_string());
            return Err(format!("may be changed by others; chmod go-w {part} mends it"));
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    async fn said(source: Source) -> String {
        match source.fetch("password").await {
            Ok(secret) => secret.expose_secret().to_owned(),
            Err(why) => why,
        }
    }
    async fn prints(command: &[&str]) -> String {
        said(Source::Command(command.iter().map(|s| (*s).to_owned()).collect())).await
    }

    #[tokio::test]
    async fn the_first_line_of_a_command_is_the_secret_and_every_failure_says_what_it_was() {
        assert_eq!(prints(&["printf", "a b\\r\\nrest"]).await, "a b");
        assert!(prints(&["false"]).await.contains("password_command (false) failed with exit status"));
        assert!(prints(&["true"]).await.contains("gives nothing"));
        assert!(prints(&["/does/not/exist"]).await.contains("cannot be started"));
        assert!(prints(&["no-such-program-anywhere"]).await.contains("not in PATH"));
        assert!(prints(&["./here"]).await.contains("full path"));
        assert!(prints(&["printf", "a\\033[31m"]).await.contains("control characters"));
        assert!(prints(&["printf", "\\377"]).await.contains("not text"));
        assert!(prints(&["sh", "-c", "printf '\\033]0;locked\\007' >&2; exit 3"]).await.contains("^[]0;locked^G"));
        // What is left running neither delays nor outlives it, and there is no terminal to write to.
        let begun = std::time::Instant::now();
        assert_eq!(prints(&["sh", "-c", "sleep 20 & echo word"]).await, "word");
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(
            prints(&["sh", "-c", "(echo x > /dev/tty) 2> /dev/null && echo terminal || echo none"]).await,
            "none"
        );
        // One that never ends printing is not read for ever.
        assert!(prints(&["sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; exit 3"]).await.contains("too long"));
    }

    #[tokio::test]
    async fn a_command_sees_nothing_but_what_a_password_manager_needs() {
        let seen = prints(&["sh", "-c", "env | cut -d= -f1 | sort | tr '\\n' ' '"]).await;
        // The shell adds these of itself.
        let others =
            seen.split_whitespace().filter(|n| !INHERITED.contains(n) && !["PWD", "OLDPWD", "SHLVL", "_"].contains(n));
        assert_eq!(others.count(), 0, "{seen}");
    }

    #[tokio::test]
    async fn a_file_is_taken_only_where_nobody_else_can_read_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("password");
        std::fs::write(&path, "hunter2\nrest").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o640);
        assert!(said(Source::File(path.clone())).await.contains("chmod 600 "));
        mode(0o600);
        assert_eq!(said(Source::File(path.clone())).await, "hunter2");
        let link = home.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(said(Source::File(link)).await.contains("is a link"));
        assert!(said(Source::File(home.path().to_owned())).await.contains("not a file"));
        assert!(said(Source::File(home.path().join("none"))).await.contains("cannot be read: there is no such file"));
        assert_eq!(
            Source::Ask.fetch("access_token").await.unwrap_err(),
            "there is no terminal to ask for the access token at"
        );
        let program = home.path().join("program");
        std::fs::write(&program, "#!/bin/sh\necho x\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o777)).unwrap();
        let path = program.display().to_string();
        assert!(prints(&[&path]).await.contains("chmod go-w "));
    }
}
