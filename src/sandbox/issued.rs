//! The tokens that the sandbox has issued (WIRE 2): when each ends, and which sign-in it comes from. Refresh tokens are good for
//! one time: one that comes again was stolen by somebody, and ends all that came of the same sign-in (RFC 9700, 4.14.2).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Bytes of chance in a token.
const CHANCE: usize = 32;

/// How long tokens live, by a clock that nobody can set.
#[derive(Clone, Copy, Debug)]
pub struct Lives {
    /// An access token.
    pub access: Duration,
    /// A refresh token.
    pub refresh: Duration,
    /// A refresh token is taken as often as it comes; else each gives the next one.
    pub keep_refresh: bool,
}

impl Default for Lives {
    /// As the published example has them; refresh tokens for a fortnight.
    fn default() -> Self {
        Self { access: Duration::from_secs(7199), refresh: Duration::from_secs(14 * 24 * 3600), keep_refresh: false }
    }
}

/// A sign-in with everything that was refreshed from it.
type Family = u64;

/// What is known of a refresh token.
struct Refresh {
    family: Family,
    client: &'static str,
    ends: Instant,
    used: bool,
}

/// What a client is given.
pub struct Pair {
    /// The access token.
    pub access: String,
    /// The refresh token; the one that came, where it goes on being taken.
    pub refresh: String,
    /// How long the access token lives.
    pub life: Duration,
}

/// Everything that was issued and has not ended.
pub struct Issued {
    /// Whether nothing else is taken.
    strict: bool,
    lives: Lives,
    families: Family,
    access: HashMap<String, (Family, Instant)>,
    refresh: HashMap<String, Refresh>,
}

impl Issued {
    /// Nothing yet; with lives, only what is issued will be taken.
    pub fn new(lives: Option<Lives>) -> Self {
        let (access, refresh) = (HashMap::new(), HashMap::new());
        Self { strict: lives.is_some(), lives: lives.unwrap_or_default(), families: 0, access, refresh }
    }
    /// A new sign-in of a client.
    ///
    /// # Errors
    /// Where the system gives no random numbers.
    pub fn sign_in(&mut self, client: &'static str) -> Result<Pair, getrandom::Error> {
        self.families += 1;
        let (family, now) = (self.families, Instant::now());
        let (access, refresh) = (self.access(family, now)?, random()?);
        let ends = now + self.lives.refresh;
        self.refresh.insert(refresh.clone(), Refresh { family, client, ends, used: false });
        Ok(Pair { access, refresh, life: self.lives.access })
    }
    /// The next pair; nothing where the refresh token is not good. One that was used before ends its family.
    ///
    /// # Errors
    /// Where the system gives no random numbers.
    pub fn refresh(&mut self, token: &str, client: &'static str) -> Result<Option<Pair>, getrandom::Error> {
        let now = Instant::now();
        let lives = self.lives;
        let Some(known) = self.refresh.get_mut(token).filter(|r| r.client == client && r.ends > now) else {
            return Ok(None);
        };
        let family = known.family;
        if lives.keep_refresh {
            let access = self.access(family, now)?;
            return Ok(Some(Pair { access, refresh: token.to_owned(), life: lives.access }));
        }
        if known.used {
            self.refresh.retain(|_, r| r.family != family);
            self.access.retain(|_, (f, _)| *f != family);
            return Ok(None);
        }
        known.used = true;
        let (access, refresh) = (self.access(family, now)?, random()?);
        self.refresh.insert(refresh.clone(), Refresh { family, client, ends: now + lives.refresh, used: false });
        Ok(Some(Pair { access, refresh, life: lives.access }))
    }
    /// Whether a bearer is taken.
    pub fn takes(&self, bearer: &str) -> bool {
        match self.strict {
            true => self.access.get(bearer).is_some_and(|(_, ends)| *ends > Instant::now()),
            false => bearer != "expired",
        }
    }
    /// Every access token ends.
    pub fn end_access(&mut self) {
        self.access.clear();
    }
    /// Every sign-in ends: access and refresh tokens.
    pub fn end_all(&mut self) {
        self.access.clear();
        self.refresh.clear();
    }

    /// A new access token. What has ended is forgotten.
    fn access(&mut self, family: Family, now: Instant) -> Result<String, getrandom::Error> {
        self.access.retain(|_, (_, ends)| *ends > now);
        self.refresh.retain(|_, r| r.ends > now);
        let token = random()?;
        self.access.insert(token.clone(), (family, now + self.lives.access));
        Ok(token)
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; CHANCE];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::with_capacity(2 * CHANCE), |mut text, b| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{b:02x}");
        text
    }))
}
