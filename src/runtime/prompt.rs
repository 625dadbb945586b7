//! Secrets that only whoever sits there can give: the client asks, the screen answers, and the call goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::Wake;
use crate::api::{Asker, Ended};
use crate::app::message::Event;
use crate::domain::grant::{Question, Wanted};

/// The one who asks.
#[derive(Clone)]
pub struct Prompt {
    wake: UnboundedSender<Wake>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What is asked, and who waits for it.
    asked: Option<(Wanted, oneshot::Sender<SecretString>)>,
    /// What was typed for a call that was given up meanwhile: the next one that wants it has it.
    kept: Option<(Wanted, SecretString)>,
    /// Whether something was typed, and the screen waits for what comes of it.
    answered: bool,
    /// Whether somebody would rather not: nobody is asked again before something else is wanted of the server.
    unwilling: bool,
    /// Whether nobody is there any more.
    closed: bool,
}

impl Prompt {
    /// One whose questions go to that sender.
    #[must_use]
    pub fn new(wake: UnboundedSender<Wake>) -> Self {
        Self { wake, state: Arc::default() }
    }

    /// What a client asks with.
    #[must_use]
    pub fn asker(&self) -> Asker {
        let this = self.clone();
        Box::new(move |question| {
            let this = this.clone();
            Box::pin(async move { this.ask(question).await })
        })
    }

    /// What a client tells that a token has been asked for.
    #[must_use]
    pub fn ended(&self) -> Ended {
        let this = self.clone();
        Box::new(move || this.over())
    }

    /// The screen need not wait any more for what comes of what was typed.
    fn over(&self) {
        if std::mem::take(&mut self.state().answered) {
            let _ = self.wake.send(Wake::Event(Event::SignedIn));
        }
    }

    async fn ask(&self, question: Question) -> Option<SecretString> {
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.state();
            let wanted = question.wanted;
            // One that was not taken is not what is wanted.
            if let Some((_, secret)) = state.kept.take().filter(|(w, _)| *w == wanted && question.why.is_none()) {
                return Some(secret);
            }
            if state.unwilling || state.closed {
                return None;
            }
            state.asked = Some((wanted, answer));
        }
        // The receiver is gone only when the program ends.
        let _ = self.wake.send(Wake::Event(Event::SignIn(question)));
        answered.await.ok()
    }

    /// This was typed; `None` where somebody would rather not.
    pub fn answer(&self, secret: Option<SecretString>) {
        let given_up = {
            let mut state = self.state();
            (state.unwilling, state.answered) = (secret.is_none(), secret.is_some());
            match (state.asked.take(), secret) {
                // Without an answer whoever waits is told by the end of the channel.
                (_, None) => false,
                (None, Some(_)) => true,
                (Some((wanted, answer)), Some(secret)) => {
                    state.kept = answer.send(secret).err().map(|secret| (wanted, secret));
                    state.kept.is_some()
                }
            }
        };
        if given_up {
            self.over();
        }
    }

    /// Something is wanted of the server: whoever would rather not sign in may be asked again.
    pub fn willing(&self) {
        self.state().unwilling = false;
    }

    /// Nobody is there any more: whoever waits, and whoever comes, goes on without.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.asked = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Clean;
    use secrecy::ExposeSecret;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    fn question() -> Question {
        Question { wanted: Wanted::Password, user: "jdoe".into(), host: Clean::default(), why: None }
    }
    fn prompt() -> (Prompt, UnboundedReceiver<Wake>) {
        let (wake, woken) = unbounded_channel();
        (Prompt::new(wake), woken)
    }
    async fn asked(woken: &mut UnboundedReceiver<Wake>) {
        assert!(matches!(woken.recv().await, Some(Wake::Event(Event::SignIn(_)))));
    }

    #[tokio::test]
    async fn what_is_typed_reaches_the_call_that_waits_and_after_a_no_nobody_is_asked_until_something_is_wanted() {
        let (prompt, mut woken) = prompt();
        let ask = || tokio::spawn(prompt.asker()(question()));
        let waits = ask();
        asked(&mut woken).await;
        prompt.answer(Some("hunter2".into()));
        assert_eq!(waits.await.unwrap().unwrap().expose_secret(), "hunter2");
        let waits = ask();
        asked(&mut woken).await;
        prompt.answer(None);
        assert!(waits.await.unwrap().is_none());
        assert!(ask().await.unwrap().is_none() && woken.is_empty());
        prompt.willing();
        let waits = ask();
        asked(&mut woken).await;
        prompt.close();
        assert!(waits.await.unwrap().is_none());
        assert!(ask().await.unwrap().is_none() && woken.is_empty());
    }
    #[tokio::test]
    async fn what_was_typed_for_a_call_that_was_given_up_serves_the_next_one_once() {
        let (prompt, mut woken) = prompt();
        let waits = tokio::spawn(prompt.asker()(question()));
        asked(&mut woken).await;
        waits.abort();
        assert!(waits.await.is_err());
        prompt.answer(Some("hunter2".into()));
        assert!(matches!(woken.recv().await, Some(Wake::Event(Event::SignedIn))), "the screen does not wait for it");
        assert_eq!(prompt.asker()(question()).await.unwrap().expose_secret(), "hunter2");
        assert!(woken.is_empty());
        let waits = tokio::spawn(prompt.asker()(question()));
        asked(&mut woken).await;
        prompt.answer(None);
        assert!(waits.await.unwrap().is_none());
    }
}
