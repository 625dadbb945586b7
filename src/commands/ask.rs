//! Asking for a secret where there is no screen of ours: a line on the terminal, without an echo.

use std::fs::File;

use mobproc::api::Asker;
use mobproc::domain::grant::{Question, Wanted};
use mobproc::domain::text::Clean;
use secrecy::SecretString;

/// The terminal, whatever standard input and output are.
const TERMINAL: &str = "/dev/tty";

/// Whether there is somebody to ask.
pub(crate) fn possible() -> bool {
    File::options().read(true).write(true).open(TERMINAL).is_ok()
}

/// Asks on the terminal; where there is none, or nothing is typed, nothing is given.
pub(crate) fn asker() -> Asker {
    Box::new(|question| {
        Box::pin(async move {
            let prompt = prompt(&question);
            let asked = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt)).await;
            asked.ok()?.ok().filter(|typed| !typed.is_empty()).map(SecretString::from)
        })
    })
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
