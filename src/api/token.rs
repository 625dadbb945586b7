//! The bearer token: given, or the first line that the profile's command prints. Kept in memory only.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::domain::fault::Fault;
use crate::domain::text::Clean;

/// How long the command may take.
const COMMAND: Duration = Duration::from_secs(30);
/// The longest token (bytes).
const AT_MOST: usize = 4096;

/// Where the token comes from, and the one in use.
pub struct Token {
    command: Vec<String>,
    present: Mutex<Option<(String, Instant)>>,
}

impl Token {
    /// A token that is there already and cannot be renewed.
    #[must_use]
    pub fn ready(token: &str) -> Self {
        Self { command: Vec::new(), present: Mutex::new(Some((token.to_owned(), Instant::now()))) }
    }
    /// The first line that a program prints; an argv array, never a shell.
    #[must_use]
    pub fn command(command: Vec<String>) -> Self {
        Self { command, present: Mutex::new(None) }
    }
    /// Whether a new one can be drawn.
    #[must_use]
    pub fn renewable(&self) -> bool {
        !self.command.is_empty()
    }
    /// The token; a fresh one is drawn where none is there or where the present one was refused.
    pub(super) async fn get(&self, fresh: bool) -> Result<String, Fault> {
        // The lock is held while the command runs, so that many calls at once draw one token.
        let mut present = self.present.lock().await;
        match &*present {
            Some((token, _)) if !fresh || !self.renewable() => Ok(token.clone()),
            Some(_) | None => {
                *present = None;
                let token = run(&self.command).await.map_err(|why| Fault::Token { why: Clean::new(&why) })?;
                *present = Some((token.clone(), Instant::now()));
                Ok(token)
            }
        }
    }
    /// Draws a fresh one where the present one is older than that.
    pub(super) async fn renewed(&self, age: Duration) -> Result<(), Fault> {
        let old = self.present.lock().await.as_ref().is_none_or(|(_, drawn)| drawn.elapsed() > age);
        self.get(old).await.map(|_| ())
    }
    /// The present one is not used again, where another can be drawn.
    pub(super) async fn spoil(&self) {
        if self.renewable() {
            *self.present.lock().await = None;
        }
    }
}

async fn run(command: &[String]) -> Result<String, String> {
    let (program, arguments) = command.split_first().ok_or("access_token_command is empty")?;
    let child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(COMMAND, child).await {
        Err(_) => {
            return Err(format!("access_token_command ({program}) did not end within {} seconds", COMMAND.as_secs()));
        }
        Ok(Err(e)) => return Err(format!("access_token_command ({program}) cannot be started: {e}")),
        Ok(Ok(output)) => output,
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said =
            said.lines().next().map(|l| format!(": {}", l.chars().take(200).collect::<String>())).unwrap_or_default();
        return Err(format!("access_token_command ({program}) failed with {}{said}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let token = text.lines().next().unwrap_or_default().trim();
    match token {
        "" => Err(format!("access_token_command ({program}) printed nothing")),
        long if long.len() > AT_MOST => {
            Err(format!("access_token_command ({program}) printed a line of over {AT_MOST} bytes"))
        }
        odd if !odd.bytes().all(|b| b.is_ascii_graphic()) => {
            Err(format!("access_token_command ({program}) printed something that cannot be a token"))
        }
        token => Ok(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(command: &[&str]) -> String {
        let token = Token::command(command.iter().map(|s| (*s).to_owned()).collect());
        match token.get(false).await {
            Ok(token) => token,
            Err(fault) => fault.to_string(),
        }
    }

    #[tokio::test]
    async fn the_first_line_is_the_token_and_every_failure_says_what_it_was() {
        assert_eq!(said(&["printf", "abc\\nrest"]).await, "abc");
        assert!(said(&["false"]).await.contains("failed with exit status"));
        assert!(said(&["true"]).await.contains("printed nothing"));
        assert!(said(&["/does/not/exist"]).await.contains("cannot be started"));
        assert!(said(&["printf", "a b"]).await.contains("cannot be a token"));
        assert!(said(&["sh", "-c", "echo locked >&2; exit 3"]).await.contains("locked"));
    }
}
