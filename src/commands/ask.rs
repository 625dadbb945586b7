//! Asking for a secret where there is no screen of ours: a line on the terminal, without an echo.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mobproc::api::Asker;
use mobproc::domain::grant::{Question, Wanted};
use mobproc::domain::text::Clean;
use rpassword::{ConfigBuilder, read_password_with_config};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::SecretString;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The terminal, whatever standard input and output are.
const TERMINAL: &str = "/dev/tty";

/// How many times the terminal is given back to whoever left, and after how long each.
const AGAIN: (u32, Duration) = (20, Duration::from_millis(2));

/// The terminal for reading and writing, where there is one.
fn terminal() -> Option<File> {
    File::options().read(true).write(true).open(TERMINAL).ok()
}

/// Whether there is somebody to ask.
pub(crate) fn possible() -> bool {
    terminal().is_some()
}

/// Asks on the terminal; where there is none, or nothing is typed, nothing is given.
pub(crate) fn asker() -> Asker {
    let seat = Arc::new(Seat::default());
    Box::new(move |question| {
        let seat = Arc::clone(&seat);
        Box::pin(async move { seat.ask(&prompt(&question)).await })
    })
}

/// Whoever sits there, who may leave while he is asked: by ^C, or because the program is to end.
#[derive(Default)]
struct Seat {
    heard: OnceLock<()>,
    asking: AtomicBool,
    left: watch::Sender<bool>,
}

impl Seat {
    async fn ask(self: Arc<Self>, prompt: &str) -> Option<SecretString> {
        self.heard.get_or_init(|| self.listen());
        let mut left = self.left.subscribe();
        let mut terminal = terminal().filter(|_| !*left.borrow())?;
        let modes = tcgetattr(&terminal).ok()?;
        // Before the question: whoever is quick must not see what he types.
        let mut unseen = modes.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Now, &unseen).ok()?;
        let _ = terminal.write_all(prompt.as_bytes());
        self.asking.store(true, Ordering::SeqCst);
        let reading = || read_password_with_config(ConfigBuilder::new().output_discard().build());
        let typed = tokio::select! {
            read = tokio::task::spawn_blocking(reading) => match read {
                Ok(Err(e)) if e.kind() == ErrorKind::Interrupted => {
                    // ^C was read as a key and made a signal, which is on its way.
                    gone(&mut left).await;
                    None
                }
                Ok(Ok(typed)) => Some(typed),
                Ok(Err(_)) | Err(_) => None,
            },
            () = gone(&mut left) => None,
        };
        // Whoever left at once was quicker than what reads, which takes the echo away only when it begins.
        for _ in 0..AGAIN.0 {
            if !*left.borrow() {
                break;
            }
            let _ = tcsetattr(&terminal, OptionalActions::Now, &modes);
            tokio::time::sleep(AGAIN.1).await;
        }
        // What still reads does not give the terminal back before it ends; and Enter was not echoed.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &modes);
        let _ = terminal.write_all(b"\n");
        self.asking.store(false, Ordering::SeqCst);
        typed.filter(|typed| !typed.is_empty()).map(SecretString::from)
    }

    /// Hears the signals that end the program. From now on they do not do so of themselves.
    fn listen(self: &Arc<Self>) {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        for kind in kinds {
            if let Ok(signal) = signal(kind) {
                tokio::spawn(Arc::clone(self).hear(kind, signal));
            }
        }
    }

    async fn hear(self: Arc<Self>, kind: SignalKind, mut signal: Signal) {
        while signal.recv().await.is_some() {
            if !self.asking.load(Ordering::SeqCst) {
                #[expect(clippy::disallowed_methods, reason = "as the signal would end it; nothing is asked")]
                std::process::exit(128 + kind.as_raw_value());
            }
            self.left.send_replace(true);
        }
    }
}

/// Waits until whoever sits there has left.
async fn gone(left: &mut watch::Receiver<bool>) {
    let _ = left.wait_for(|left| *left).await;
}

fn prompt(question: &Question) -> String {
    let Question { wanted, user, host, why } = question;
    let why = why.as_ref().map(|why| format!("{why}\n")).unwrap_or_default();
    let whose = if user.is_empty() { String::new() } else { format!(" of {user}") };
    let what = match wanted {
        Wanted::Password => "Password",
        Wanted::ClientSecret => "Client secret",
        Wanted::AccessToken => "Access token",
    };
    // What comes from outside is clean already; the whole is so once more, line by line.
    let text = format!("{why}{what}{whose} for {host} (not shown): ");
    text.split('\n').map(|line| Clean::new(line).to_string()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_whose_secret_goes_where_and_why_it_is_asked_for() {
        let mut question = Question {
            wanted: Wanted::Password,
            user: Clean::new("command://jdoe"),
            host: Clean::new("login.example.com"),
            why: None,
        };
        assert_eq!(prompt(&question), "Password of command://jdoe for login.example.com (not shown): ");
        question = Question {
            wanted: Wanted::AccessToken,
            user: Clean::default(),
            why: Some(Clean::new("It is over.")),
            ..question
        };
        assert_eq!(prompt(&question), "It is over.\nAccess token for login.example.com (not shown): ");
    }
}
