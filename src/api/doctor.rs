//! What is asked of a server to see whether it can be worked with (WIRE 6).

use std::time::Duration;

use jiff::Timestamp;

use super::{Api, Manner};
use crate::clock::boottime;
use crate::domain::fault::Fault;
use crate::domain::ids::OrderNumber;
use crate::domain::lookups::Query;
use crate::domain::text::{Clean, Untrusted};

/// What came back of an echo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pong {
    /// Whether what was sent came back.
    pub echoed: bool,
    /// What the server calls what stands behind it.
    pub backend: Option<Clean>,
    /// How long it took.
    pub took: Duration,
    /// The server's clock, where it says.
    pub date: Option<Timestamp>,
}

impl Api {
    /// Sends a text that must come back.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn ping(&self, activity: &OrderNumber) -> Result<Pong, Fault> {
        let echo = activity.as_str();
        let query = Query::new("/ping", None, None).with("echoText", Some(echo));
        let begun = boottime();
        let (body, date) = self.get_dated(&query, &[], activity, Manner::default()).await?;
        let took = boottime().saturating_sub(begun);
        let backend = ["backend", "backendName", "name"].into_iter().find_map(|key| body.view().at(key).text());
        Ok(Pong { echoed: stands_in(body.view(), echo), backend, took, date })
    }

    /// What the server says of the actor's rights: names, and whether they hold.
    ///
    /// # Errors
    /// What went wrong.
    pub async fn diagnostics(&self, activity: &OrderNumber) -> Result<Vec<(Clean, bool)>, Fault> {
        let body = self.get(&Query::new("/diagnostics", None, None), &[], activity).await?;
        let all = body.view();
        let inner = Some(all.at("diagnostics")).filter(|inner| inner.present()).unwrap_or(all);
        Ok(inner.entries().filter_map(|(name, value)| Some((name, value.flag()?))).collect())
    }

    /// The host that is spoken to.
    #[must_use]
    pub fn host(&self) -> &Clean {
        &self.host
    }
}

/// Whether a text stands anywhere in a reply: the name of its member is not published.
fn stands_in(value: Untrusted<'_>, text: &str) -> bool {
    let here = value.text().is_some_and(|t| t.contains(text));
    here || value.items().chain(value.members()).any(|inner| stands_in(inner, text))
}
