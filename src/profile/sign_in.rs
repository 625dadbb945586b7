//! How a profile signs in, and where each of its secrets comes from: the first place of several that there is.

use std::path::{Path, PathBuf};

use super::settings::{Sources, Values};
use super::{Grant, SignIn};
use crate::domain::grant::Wanted;
use crate::secret::Source;

/// What a token is asked for, where the profile does not say.
const SCOPE: &str = "MOBPROC";
/// The settings that are of use with `token_url` only.
const GRANT: [&str; 7] = [
    "username",
    "password_command",
    "password_file",
    "client_secret_command",
    "client_secret_file",
    "scope",
    "token_params",
];
/// The settings that give a ready access token.
const READY: [&str; 2] = ["access_token_command", "access_token_file"];

/// What is known beside the settings.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The profile's name.
    pub(super) name: &'a str,
    /// The variables.
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    /// Whether a setting was given, rightly or not.
    pub(super) has: &'a dyn Fn(&str) -> bool,
}

impl Around<'_> {
    /// What does not fit together, as clauses about the profile.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let given = |keys: &'static [&'static str]| keys.iter().filter(|key| (self.has)(key));
        if !(self.has)("token_url") {
            return given(&GRANT).map(|key| format!("has `{key}`, but no `token_url` to sign in at")).collect();
        }
        let both = |key| format!("has both `token_url` and `{key}`: it signs in with a password or with a ready token");
        let mut all: Vec<String> = given(&READY).map(both).collect();
        if !(self.has)("username") {
            all.push("has `token_url`, but no `username` to sign in as".into());
        }
        all
    }

    /// How it signs in; the settings fit together.
    pub(super) fn sign_in(&self, values: &Values, client_id: &str) -> SignIn {
        let source = |wanted, given| self.source(wanted, given, values.allow_env_secrets);
        let (Some(token_url), Some(username)) = (&values.token_url, &values.username) else {
            return SignIn::Token(source(Wanted::AccessToken, &values.access_token).unwrap_or(Source::Ask));
        };
        SignIn::Password(Box::new(Grant {
            token_url: token_url.clone(),
            client_id: client_id.to_owned(),
            client_secret: source(Wanted::ClientSecret, &values.client_secret),
            username: username.clone(),
            password: source(Wanted::Password, &values.password).unwrap_or(Source::Ask),
            scope: values.scope.clone().unwrap_or_else(|| SCOPE.into()),
            in_query: values.in_query,
        }))
    }

    /// The first place of a secret that there is; nobody is asked here.
    fn source(&self, wanted: Wanted, given: &Sources, environment: bool) -> Option<Source> {
        let variable = Some(variable(wanted)).filter(|name| environment && (self.env)(name).is_some());
        let command = given.command.clone().map(Source::Command);
        command
            .or_else(|| given.file.clone().map(Source::File))
            .or_else(|| self.credential(wanted.key()).map(Source::Credential))
            .or_else(|| variable.map(Source::Environment))
    }

    /// What the service manager hands over, for this profile alone or for all.
    fn credential(&self, key: &str) -> Option<PathBuf> {
        let folder = (self.env)("CREDENTIALS_DIRECTORY").map(PathBuf::from).filter(|f| f.is_absolute())?;
        // A name that leads out of the folder names nothing in it.
        let own = Some(format!("{key}-{}", self.name)).filter(|_| !self.name.contains('/'));
        own.into_iter().chain([key.to_owned()]).map(|name| folder.join(name)).find(|path| path.exists())
    }

    /// The secrets of the environment that nothing makes use of.
    pub(super) fn unused(&self, allowed: bool) -> impl Iterator<Item = &'static str> {
        let all = [Wanted::Password, Wanted::ClientSecret, Wanted::AccessToken].map(variable);
        all.into_iter().filter(move |name| !allowed && (self.env)(name).is_some())
    }
}

/// The variable that may hold a secret.
fn variable(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Password => "MOBPROC_PASSWORD",
        Wanted::ClientSecret => "MOBPROC_CLIENT_SECRET",
        Wanted::AccessToken => "MOBPROC_ACCESS_TOKEN",
    }
}

impl SignIn {
    /// The secrets that it takes, and where they come from.
    #[must_use]
    pub fn secrets(&self) -> Vec<(Wanted, &Source)> {
        match self {
            Self::Token(source) => vec![(Wanted::AccessToken, source)],
            Self::Password(grant) => {
                let secret = grant.client_secret.iter().map(|source| (Wanted::ClientSecret, source));
                std::iter::once((Wanted::Password, &grant.password)).chain(secret).collect()
            }
        }
    }
}

/// A source in words, without the arguments of a program: who knows what they hold.
#[must_use]
pub fn told(source: &Source) -> String {
    let path = |path: &Path| path.display().to_string();
    match source {
        Source::Command(words) => format!("the program {}", words.first().map_or("", String::as_str)),
        Source::File(file) => format!("the file {}", path(file)),
        Source::Credential(file) => format!("the service manager's {}", path(file)),
        Source::Environment(name) => format!("the variable {name}"),
        Source::Ask => "asked for when it is needed".into(),
    }
}
