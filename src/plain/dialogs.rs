//! What comes over a question line by line: leaving, what must be known, who else has a draft, and signing in.

use super::grammar::Answer;
use super::moves::Intent;
use super::words::sentence;
use super::{Question, Reply};
use crate::app::keys::Key;
use crate::domain::grant::{self, Wanted};

fn ask(intro: Vec<String>, prompt: &str) -> Question {
    Question { intro, prompt: prompt.into(), secret: false }
}

/// Leave?
#[must_use]
pub fn leave(sending: bool) -> Question {
    let mut intro = vec!["Leave mobproc?".to_owned(), "1: stay.".into()];
    if sending {
        intro.push("2: leave as soon as the order that is being sent has its answer.".into());
        return ask(intro, "1 or 2: ");
    }
    intro.extend(["2: leave; everything is kept.".to_owned(), "3: throw this draft away, and go home.".into()]);
    ask(intro, "1, 2 or 3: ")
}

/// Throw the draft away?
#[must_use]
pub fn discard() -> Question {
    let intro = vec![
        "Throw this draft away?".to_owned(),
        "1: keep it.".into(),
        "2: throw it away; it rests for 7 days before it is gone.".into(),
    ];
    ask(intro, "1 or 2: ")
}

/// What must be known before anything else.
#[must_use]
pub fn told(text: &str) -> Question {
    ask(vec![sentence(&super::words::said(text))], "Enter when you have read it: ")
}

/// Somebody else has the draft.
#[must_use]
pub fn held(by: &str) -> Question {
    let intro = vec![
        format!("This draft is in use: {}", sentence(by)),
        "1: leave it to them.".to_owned(),
        "2: take it over. What they type from now on becomes a draft of its own.".into(),
    ];
    ask(intro, "1 or 2: ")
}

/// A secret is asked for.
#[must_use]
pub fn sign_in(question: &grant::Question) -> Question {
    let mut intro = vec!["Sign in.".to_owned()];
    intro.extend(question.why.as_ref().map(|why| sentence(why)));
    intro.push("What you were doing is kept. An empty line does without.".into());
    let whose = if question.user.is_empty() { String::new() } else { format!(" of {}", question.user) };
    let what = match question.wanted {
        Wanted::Password => "Password",
        Wanted::ClientSecret => "Client secret",
        Wanted::AccessToken => "Access token",
    };
    intro.push(format!("{what}{whose} for {}.", question.host));
    Question { intro, prompt: format!("{what}, not shown: "), secret: true }
}

/// What an answer to a dialog with numbers does: its keys are the screen's.
#[must_use]
pub fn numbered(typed: Answer, most: u32) -> Reply {
    match typed {
        Answer::Back => Reply::does([Intent::Key(Key::Esc)]),
        Answer::Number(n, _) if (1..=most).any(|m| usize::try_from(m) == Ok(n)) => {
            let digit = u32::try_from(n).ok().and_then(|n| char::from_digit(n, 10)).unwrap_or('1');
            Reply::does([Intent::Key(Key::Char(digit))])
        }
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
        Answer::Empty
        | Answer::Number(..)
        | Answer::Value(_)
        | Answer::Search(_)
        | Answer::More
        | Answer::Onward
        | Answer::Clear
        | Answer::Used
        | Answer::Field(_) => Reply::error(&format!("Type a number from 1 to {most}.")),
    }
}

/// What an answer to what must be known does.
#[must_use]
pub fn acknowledged(typed: Answer) -> Reply {
    match typed {
        Answer::Help | Answer::All | Answer::Leave | Answer::Word(_) => Reply::default(),
        Answer::Empty | Answer::Back => Reply::does([Intent::Key(Key::Enter)]),
        Answer::Number(..)
        | Answer::Value(_)
        | Answer::Search(_)
        | Answer::More
        | Answer::Onward
        | Answer::Clear
        | Answer::Used
        | Answer::Field(_) => Reply::error("What was typed was not taken. Enter when you have read it."),
    }
}
