//! Signing in (WIRE 2): the bearer token, drawn by one caller at a time, renewed before its end, kept in memory only.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::call::{Going, Purpose};
use super::{Api, host};
use crate::clock::boottime;
use crate::domain::calls::SignedIn;
use crate::domain::fault::Fault;
use crate::domain::grant::{self, Granted, Question, Reply, Wanted};
use crate::domain::text::Clean;
use crate::profile::{Grant, SignIn};
use crate::secret::Source;

/// So much of a token's life must be left when an order is sent: longer than a submission can take.
const MARGIN: Duration = Duration::from_secs(6 * 60);
/// After a failure the present token is used on for so long before another is asked for.
const REST: Duration = Duration::from_secs(30);
/// How often somebody may mistype.
const TRIES: usize = 3;

/// What somebody answered; `None` where he would rather not.
pub type Answered = Pin<Box<dyn Future<Output = Option<SecretString>> + Send>>;
/// Asks whoever sits there for a secret.
pub type Asker = Box<dyn Fn(Question) -> Answered + Send + Sync>;
/// Is told when a token has been asked for, whatever came of it.
pub type Ended = Box<dyn Fn() + Send + Sync>;
/// The time since some moment; it never goes back.
pub type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// How the program comes by its token, and the one in use.
pub(super) struct Token {
    way: Way,
    state: Mutex<State>,
    asker: Option<Asker>,
    ended: Option<Ended>,
    clock: Clock,
}

enum Way {
    /// One that is there already and cannot be renewed.
    Fixed(SecretString),
    SignIn(SignIn),
}

#[derive(Default)]
struct State {
    present: Option<Present>,
    /// What may be asked with for the next one, once.
    refresh: Option<SecretString>,
    /// What somebody typed is used until it is refused: nobody is asked twice for the same.
    password: Option<SecretString>,
    client_secret: Option<SecretString>,
    /// Whether there was a ready token before.
    given: bool,
    /// Whether the password of the profile's source was refused: trying it again could lock the account.
    refused: bool,
    /// Whether somebody would rather not type a secret, and no token has come since.
    declined: bool,
    /// When asking failed last, and how: whoever waited until then is told the same.
    failed: Option<(Duration, Fault)>,
}

/// A token in use; times are of the clock that nobody can set.
struct Present {
    access: SecretString,
    drawn: Duration,
    life: Option<Duration>,
}

impl Present {
    fn left(&self, now: Duration) -> Option<Duration> {
        Some((self.drawn + self.life?).saturating_sub(now))
    }
    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.drawn)
    }
    /// Whether four fifths of its life are over.
    fn stale(&self, now: Duration) -> bool {
        self.life.is_some_and(|life| self.age(now) >= life.mul_f64(0.8))
    }
    /// Whether an order may be sent with it; one whose life is not known must not be older than that.
    fn lasts(&self, now: Duration, age: Duration) -> bool {
        match self.life {
            // A server whose tokens live shorter is taken at its best.
            Some(life) => self.left(now).is_some_and(|left| left >= MARGIN.min(life.mul_f64(0.8))),
            None => self.age(now) <= age,
        }
    }
}

/// Tells that asking has ended, also where whoever asked was given up.
struct Telling<'a>(Option<&'a Ended>);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if let Some(ended) = self.0 {
            ended();
        }
    }
}

/// What came of a call to the token endpoint.
enum Asked {
    Granted(Granted),
    Refused {
        code: Clean,
        why: Clean,
    },
    /// Not a byte has reached the server.
    NotReached(Fault),
    Broken(Fault),
}

impl Token {
    /// A token that is there already and cannot be renewed.
    pub(super) fn fixed(token: &str) -> Self {
        Self::by(Way::Fixed(token.into()))
    }
    pub(super) fn of(sign_in: SignIn) -> Self {
        Self::by(Way::SignIn(sign_in))
    }
    fn by(way: Way) -> Self {
        Self { way, state: Mutex::default(), asker: None, ended: None, clock: Box::new(boottime) }
    }
    /// From now on the lives of tokens are counted by this, instead of the clock that nobody can set.
    pub(super) fn count_by(&mut self, clock: Clock) {
        self.clock = clock;
    }
    /// From now on secrets that only somebody can give are asked for by this.
    pub(super) fn ask_with(&mut self, asker: Asker) {
        self.asker = Some(asker);
    }
    /// From now on this is told when a token has been asked for.
    pub(super) fn tell_ended(&mut self, ended: Ended) {
        self.ended = Some(ended);
    }
    /// Whether a token that is not taken can be drawn anew.
    pub(super) fn renewable(&self) -> bool {
        matches!(self.way, Way::SignIn(_))
    }
    /// How much longer the present token lives, where there is one and it is known.
    pub(super) async fn left(&self) -> Option<Duration> {
        self.state.lock().await.present.as_ref().and_then(|p| p.left((self.clock)()))
    }

    /// A token to make a call with; one that should be renewed and cannot be is used to its end.
    pub(super) async fn get(&self, api: &Api) -> Result<SecretString, Fault> {
        self.good(api, |present, now| !present.stale(now), true).await
    }
    /// Another one than that, which the server did not take.
    pub(super) async fn other_than(&self, api: &Api, refused: &SecretString) -> Result<SecretString, Fault> {
        let same = |p: &Present| p.access.expose_secret() == refused.expose_secret();
        {
            // Whoever else has heard so before has drawn another one already.
            let mut state = self.state.lock().await;
            state.present = state.present.take().filter(|p| !same(p));
        }
        self.get(api).await
    }
    /// One that lasts for a submission; where its life is not known, one that is not older than that.
    pub(super) async fn lasting(&self, api: &Api, age: Duration) -> Result<SecretString, Fault> {
        self.good(api, |present, now| present.lasts(now, age), false).await
    }
    /// The present one is not used again, where another can be drawn.
    pub(super) async fn spoil(&self) {
        if self.renewable() {
            self.state.lock().await.present = None;
        }
    }

    /// The present token where it will do, else a new one. The lock is held while it is drawn: many callers draw one.
    async fn good(
        &self,
        api: &Api,
        will_do: impl Fn(&Present, Duration) -> bool,
        else_present: bool,
    ) -> Result<SecretString, Fault> {
        let sign_in = match &self.way {
            Way::Fixed(token) => return Ok(token.clone()),
            Way::SignIn(sign_in) => sign_in,
        };
        let begun = (self.clock)();
        let mut state = self.state.lock().await;
        let now = (self.clock)();
        if let Some(present) = state.present.as_ref().filter(|p| will_do(p, now)) {
            return Ok(present.access.clone());
        }
        let works =
            else_present && state.present.as_ref().is_some_and(|p| p.left(now).is_none_or(|left| !left.is_zero()));
        // Whoever waited while it failed does not try again, and nobody is asked again for what still can wait.
        let shared =
            |(at, _): &&(Duration, Fault)| *at >= begun || works && (state.declined || now.saturating_sub(*at) < REST);
        let drawn = match state.failed.as_ref().filter(shared) {
            Some((_, fault)) => Err(fault.clone()),
            None => {
                let told = Telling(self.ended.as_ref());
                let drawn = self.draw(api, sign_in, &mut state).await;
                drop(told);
                state.failed = drawn.as_ref().err().map(|fault| ((self.clock)(), fault.clone()));
                drawn
            }
        };
        match (drawn, &state.present) {
            (Ok(granted), _) => {
                let access = granted.access.clone();
                state.declined = false;
                state.refresh = granted.refresh.or_else(|| state.refresh.take());
                state.present = Some(Present { access: granted.access, drawn: (self.clock)(), life: granted.life });
                Ok(access)
            }
            // One that still works is used to its end.
            (Err(_), Some(present)) if works => Ok(present.access.clone()),
            (Err(fault), _) => Err(fault),
        }
    }

    async fn draw(&self, api: &Api, sign_in: &SignIn, state: &mut State) -> Result<Granted, Fault> {
        match sign_in {
            SignIn::Token(source) => {
                let why = state.given.then(|| Clean::new("The last one is not taken any more."));
                let question =
                    Question { wanted: Wanted::AccessToken, user: Clean::default(), host: api.host.clone(), why };
                let access = self.secret(source, question, state).await?;
                if !grant::is_token(access.expose_secret()) {
                    return Err(no_token("what was given holds blanks or odd characters, and cannot be one"));
                }
                state.given = true;
                let granted = Granted { access, life: None, refresh: None };
                api.signed_in("access_token", &Asked::Granted(granted.clone()));
                Ok(granted)
            }
            SignIn::Password(grant) => self.granted(api, grant, state).await,
        }
    }

    /// By the refresh token, else by the password.
    async fn granted(&self, api: &Api, grant: &Grant, state: &mut State) -> Result<Granted, Fault> {
        if state.refresh.is_some() {
            let proof = self.client_secret(grant, state).await?;
            let named = [("grant_type", "refresh_token")];
            // Taken out: it is never sent twice, for a server may take the second time for a theft and end them all.
            if let Some(refresh) = state.refresh.take() {
                match post(api, grant, &named, &[("refresh_token", &refresh)], proof.as_ref()).await {
                    Asked::Granted(mut granted) => {
                        // A server that gives no other one goes on taking this.
                        granted.refresh = granted.refresh.or(Some(refresh));
                        return Ok(granted);
                    }
                    Asked::NotReached(fault) => {
                        state.refresh = Some(refresh);
                        return Err(fault);
                    }
                    Asked::Broken(fault) => return Err(fault),
                    // The password is not sent with a proof that was refused: its source may have another by now.
                    Asked::Refused { code, .. } if &*code == "invalid_client" => state.client_secret = None,
                    Asked::Refused { .. } => {}
                }
            }
        }
        self.by_password(api, grant, state).await
    }

    async fn by_password(&self, api: &Api, grant: &Grant, state: &mut State) -> Result<Granted, Fault> {
        let host = host(&grant.token_url);
        let named = [("grant_type", "password"), ("scope", &grant.scope), ("username", &grant.username)];
        let mut why: Option<Clean> = None;
        for _ in 0..TRIES {
            let proof = self.client_secret(grant, state).await?;
            let password = self.password(grant, state, why.take()).await?;
            match post(api, grant, &named, &[("password", &password)], proof.as_ref()).await {
                Asked::Granted(granted) => return Ok(granted),
                Asked::Refused { code, why: said } if &*code == "invalid_grant" => {
                    // What was typed is kept; one that was not kept is the source's.
                    state.refused |= state.password.take().is_none();
                    let told = format!("{host} does not take the password of {}: {said}.", grant.username);
                    if self.asker.is_none() {
                        return Err(no_token(told.trim_end_matches('.')));
                    }
                    why = Some(Clean::new(&told));
                }
                Asked::Refused { why, .. } => {
                    state.client_secret = None;
                    return Err(no_token(&format!("{host}: {why}")));
                }
                Asked::NotReached(fault) | Asked::Broken(fault) => return Err(fault),
            }
        }
        Err(no_token(why.as_deref().unwrap_or_default().trim_end_matches('.')))
    }

    async fn password(&self, grant: &Grant, state: &mut State, why: Option<Clean>) -> Result<SecretString, Fault> {
        if let Some(password) = &state.password {
            return Ok(password.clone());
        }
        let (user, host) = (Clean::new(&grant.username), host(&grant.token_url));
        if state.refused && self.asker.is_none() {
            return Err(no_token(&format!(
                "{host} has refused the password of {user}, which is not sent again before the next start"
            )));
        }
        let source = if state.refused { &Source::Ask } else { &grant.password };
        let why = why.or_else(|| state.refused.then(|| Clean::new("The profile's password was not taken before.")));
        let question = Question { wanted: Wanted::Password, user, host, why };
        let password = self.secret(source, question, state).await?;
        if *source == Source::Ask {
            state.password = Some(password.clone());
        }
        Ok(password)
    }

    /// What proves the client, where the server wants that.
    async fn client_secret(&self, grant: &Grant, state: &mut State) -> Result<Option<SecretString>, Fault> {
        let Some(source) = &grant.client_secret else { return Ok(None) };
        if state.client_secret.is_none() {
            let (user, host) = (Clean::new(&grant.client_id), host(&grant.token_url));
            let question = Question { wanted: Wanted::ClientSecret, user, host, why: None };
            state.client_secret = Some(self.secret(source, question, state).await?);
        }
        Ok(state.client_secret.clone())
    }

    /// A secret from its source; whoever sits there is asked where that is the source.
    async fn secret(&self, source: &Source, question: Question, state: &mut State) -> Result<SecretString, Fault> {
        let key = question.wanted.key();
        match (&self.asker, source) {
            (Some(asker), Source::Ask) => match asker(question).await {
                Some(secret) if !secret.expose_secret().is_empty() => Ok(secret),
                Some(_) | None => {
                    state.declined = true;
                    Err(no_token("it was not given"))
                }
            },
            (_, source) => source.fetch(key).await.map_err(|why| no_token(&why)),
        }
    }
}

impl Api {
    /// Tells whoever wants to know that a token was asked for.
    fn signed_in(&self, grant: &'static str, asked: &Asked) {
        let Some(observer) = &self.sign_ins else { return };
        let (life, refused, fault) = match asked {
            Asked::Granted(granted) => (granted.life, None, None),
            Asked::Refused { code, .. } => (None, Some(code.clone()), None),
            Asked::NotReached(_) => (None, None, Some("unreachable")),
            Asked::Broken(Fault::NoAnswer { .. }) => (None, None, Some("no-answer")),
            Asked::Broken(_) => (None, None, Some("garbled")),
        };
        observer(SignedIn { grant, life, refused, fault });
    }
}

/// One call to the token endpoint, of which whoever wants to know is told.
async fn post(
    api: &Api,
    grant: &Grant,
    named: &[(&str, &str)],
    secret: &[(&str, &SecretString)],
    proof: Option<&SecretString>,
) -> Asked {
    let asked = posted(api, grant, named, secret, proof).await;
    let refreshed = named.iter().any(|(_, value)| *value == "refresh_token");
    api.signed_in(if refreshed { "refresh_token" } else { "password" }, &asked);
    asked
}

/// The call: the parameters in the body, or in the address where the profile wants that.
async fn posted(
    api: &Api,
    grant: &Grant,
    named: &[(&str, &str)],
    secret: &[(&str, &SecretString)],
    proof: Option<&SecretString>,
) -> Asked {
    let secret: Vec<(&str, &str)> = secret
        .iter()
        .map(|(name, value)| (*name, *value))
        .chain(proof.map(|p| ("client_secret", p)))
        .map(|(name, value)| (name, value.expose_secret()))
        .collect();
    let params = [named, &[("client_id", grant.client_id.as_str())], &secret].concat();
    let host = host(&grant.token_url);
    let Ok(url) = Url::parse(&grant.token_url) else {
        return Asked::NotReached(no_token("token_url is not an address"));
    };
    let client = match api.clients.tokens(&grant.token_url).await {
        Ok(client) => client,
        Err(fault) => return Asked::NotReached(fault),
    };
    let request = client.post(url).header(reqwest::header::ACCEPT, "application/json");
    let request = if grant.in_query { request.query(&params) } else { request.form(&params) };
    let limit = api.clients.limits.token;
    let (path, correlation) = ("/token", "");
    let going = Going {
        purpose: Purpose::Token,
        request,
        limit,
        host: &host,
        path,
        activity: "",
        correlation,
        token: None,
        quiet: false,
    };
    // A server that repeats what it was sent must not bring it to the screen or the log.
    let secrets: Vec<&str> = secret.iter().map(|(_, value)| *value).collect();
    match api.call(going).await {
        Ok(reply) => match grant::reply(reply.head.status, reply.body(), &secrets) {
            Reply::Granted(granted) => Asked::Granted(granted),
            Reply::Refused(code, why) => Asked::Refused { why, code },
            Reply::Broken(why) => Asked::Broken(no_token(&format!("{host}: {why}"))),
        },
        Err(lost) if lost.reached => Asked::Broken(lost.fault),
        Err(lost) => Asked::NotReached(lost.fault),
    }
}

fn no_token(why: &str) -> Fault {
    Fault::Token { why: Clean::new(why) }
}
