//! Every setting of a profile, in one table: its key, what it means, and how it is read. A new one is an entry here,
//! and a field of [`Values`] that something makes use of.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

use super::readers::{
    absolute, base_url, confirm_parameter, header, line, one_of, proxy, scope, time_of, token_url, without_credentials,
};
use super::{ConfirmParameter, Manners};
use crate::domain::journal::Timing;

/// The longest time that can be asked for.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// One setting of a profile.
pub struct Setting {
    /// Its key in the file; `timing.` stands before those of the table `timing`.
    pub key: &'static str,
    /// What it means, in a few words.
    pub means: &'static str,
    /// What counts where it is not given, as people read it.
    pub default: &'static str,
    /// Whether its value may hold a name and a password, which are never shown.
    hides: bool,
    read: Read,
}

/// How a value is read, and where it goes.
enum Read {
    /// A text; what is wrong with it follows the name of the key.
    Text(fn(&str, &mut Values) -> Result<(), &'static str>),
    /// True or false.
    Flag(fn(&mut Values) -> &mut bool),
    /// A program and its arguments.
    Command(fn(&mut Values) -> &mut Sources),
    /// A time in seconds.
    Seconds(fn(&mut Timing) -> &mut Duration, Least),
}

/// How short a time may be.
#[derive(Clone, Copy)]
enum Least {
    Nothing,
    /// As the published API wants it; a server on this machine, which is one for tries, may be told anything.
    Usual,
}

/// What was read of a profile, before it is known whether it fits together.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) base_url: Option<String>,
    pub(super) token_url: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) username: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) in_query: bool,
    pub(super) password: Sources,
    pub(super) client_secret: Sources,
    pub(super) access_token: Sources,
    pub(super) allow_env_secrets: bool,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) ca_only: bool,
    pub(super) proxy: Option<String>,
    pub(super) employee_id: Option<String>,
    pub(super) company_employee_id: Option<String>,
    pub(super) hierarchy_id: Option<String>,
    pub(super) confirm_parameter: ConfirmParameter,
    pub(super) state_dir: Option<PathBuf>,
    pub(super) allow_network_state: bool,
    pub(super) manners: Manners,
    pub(super) timing: Timing,
}

/// Where a secret is to be found, as far as settings say.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    pub(super) command: Option<Vec<String>>,
    pub(super) file: Option<PathBuf>,
}

/// All settings, in the order in which they are read and shown.
pub static SETTINGS: &[Setting] = &[
    text("base_url", "the API's address; https, or http to this machine", "", |t, v| {
        put(&mut v.base_url, base_url(t)?)
    }),
    text("tenant", "the tenant's code", "", |t, v| put(&mut v.tenant, header(t)?)),
    text("client_id", "who the program is to the API", "", |t, v| put(&mut v.client_id, header(t)?)),
    text(
        "token_url",
        "where tokens are drawn with a user's password; without it a ready access token is used",
        "",
        |t, v| put(&mut v.token_url, token_url(t)?),
    ),
    text("username", "who signs in at token_url, with the source system: command://name", "", |t, v| {
        put(&mut v.username, line(t)?)
    }),
    command("password_command", "a program that prints the user's password", |v| &mut v.password),
    file("password_file", "a file that holds it", |t, v| put(&mut v.password.file, absolute(t)?)),
    command("client_secret_command", "a program that prints the client's secret, where token_url wants one", |v| {
        &mut v.client_secret
    }),
    file("client_secret_file", "a file that holds it", |t, v| put(&mut v.client_secret.file, absolute(t)?)),
    command("access_token_command", "a program that prints a ready access token", |v| &mut v.access_token),
    file("access_token_file", "a file that holds it", |t, v| put(&mut v.access_token.file, absolute(t)?)),
    flag(
        "allow_env_secrets",
        "whether secrets may come from the environment, which other programs of yours inherit",
        |v| &mut v.allow_env_secrets,
    ),
    text("scope", "what a token is asked for", "MOBPROC", |t, v| put(&mut v.scope, scope(t)?)),
    text(
        "token_params",
        "form, or query: secrets in the address, which servers and proxies write down",
        "form",
        |t, v| {
            v.in_query = one_of(t, &[("form", false), ("query", true)], "must be \"form\" or \"query\"")?;
            Ok(())
        },
    ),
    text("ca_file", "certificates (PEM) of authorities that are trusted beside the system's", "", |t, v| {
        put(&mut v.ca_file, absolute(t)?)
    }),
    flag("ca_only", "whether they are the only ones", |v| &mut v.ca_only),
    Setting {
        hides: true,
        ..text("proxy", "the proxy; without it the one that HTTPS_PROXY names", "", |t, v| put(&mut v.proxy, proxy(t)?))
    },
    text("employee_id", "the agent, as whom calls are made before somebody is chosen", "", |t, v| {
        put(&mut v.employee_id, header(t)?)
    }),
    text("company_employee_id", "the same by the company's id; counts only without employee_id", "", |t, v| {
        put(&mut v.company_employee_id, header(t)?)
    }),
    text("hierarchy_id", "which organizational hierarchy", "", |t, v| put(&mut v.hierarchy_id, header(t)?)),
    text("confirm_parameter", "how a confirmation is asked for: both, confirm or confirmation", "both", |t, v| {
        v.confirm_parameter = confirm_parameter(t)?;
        Ok(())
    }),
    text("state_dir", "where the journal lies", "", |t, v| put(&mut v.state_dir, absolute(t)?)),
    flag(
        "allow_network_state",
        "whether it may lie on a network file system, whose locks and syncs you answer for",
        |v| &mut v.allow_network_state,
    ),
    usual("keep_directory", "whether the people and lines that were read are kept for the next start", |v| {
        &mut v.manners.keep_directory
    }),
    usual("bell", "whether the bell rings where something typed ahead is not done", |v| &mut v.manners.bell),
    usual("motion", "whether the seconds of what takes long are counted on the screen", |v| &mut v.manners.motion),
    flag("plain", "whether the wizard talks line by line, as with --plain", |v| &mut v.manners.plain),
    seconds(
        "timing.send_guard",
        "a sending begins within this time of its record, or not at all",
        "10",
        Least::Nothing,
        |t| &mut t.send_guard,
    ),
    seconds("timing.submit", "a whole submission; not less", "310", Least::Usual, |t| &mut t.submit),
    seconds(
        "timing.server_time_limit",
        "a received request is carried out within this time or never",
        "3600",
        Least::Nothing,
        |t| &mut t.server_time_limit,
    ),
    seconds("timing.list_lag", "a placed order is listed within this time; not less", "120", Least::Usual, |t| {
        &mut t.list_lag
    }),
    seconds("timing.spacing", "between looks that count; not less", "60", Least::Usual, |t| &mut t.spacing),
    seconds("timing.give_up", "after this people must find out", "259200", Least::Nothing, |t| &mut t.give_up),
    seconds("timing.token_age", "an older token is drawn anew before an order is sent", "1800", Least::Nothing, |t| {
        &mut t.token_age
    }),
];

type Put = fn(&str, &mut Values) -> Result<(), &'static str>;

const fn text(key: &'static str, means: &'static str, default: &'static str, put: Put) -> Setting {
    Setting { key, means, default, hides: false, read: Read::Text(put) }
}
const fn file(key: &'static str, means: &'static str, put: Put) -> Setting {
    text(key, means, "", put)
}
const fn flag(key: &'static str, means: &'static str, to: fn(&mut Values) -> &mut bool) -> Setting {
    Setting { key, means, default: "false", hides: false, read: Read::Flag(to) }
}
/// A flag that counts unless it is taken away.
const fn usual(key: &'static str, means: &'static str, to: fn(&mut Values) -> &mut bool) -> Setting {
    Setting { default: "true", ..flag(key, means, to) }
}
const fn command(key: &'static str, means: &'static str, to: fn(&mut Values) -> &mut Sources) -> Setting {
    Setting { key, means, default: "", hides: false, read: Read::Command(to) }
}
const fn seconds(
    key: &'static str,
    means: &'static str,
    default: &'static str,
    least: Least,
    to: fn(&mut Timing) -> &mut Duration,
) -> Setting {
    Setting { key, means, default, hides: false, read: Read::Seconds(to, least) }
}

impl Setting {
    /// The setting of that key.
    #[must_use]
    pub fn named(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|s| s.key == key)
    }

    /// The variable that it can be given by.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("MOBPROC_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// Whether a text is a value for it.
    ///
    /// # Errors
    /// Why not, as what follows the name of the key.
    pub fn accepts(&self, text: &str) -> Result<(), String> {
        self.take_outside(text, &mut Values::default()).map(|_| ())
    }

    /// Takes a value of the file; how it is shown. What is answered otherwise follows the name of the key, and never
    /// quotes the value: it may be a secret put in the wrong place.
    pub(super) fn take(&self, value: &DeValue<'_>, values: &mut Values) -> Result<String, String> {
        match self.read {
            Read::Text(put) => {
                let text =
                    value.as_str().ok_or_else(|| format!("must be a text in quotes, not {}", value.type_str()))?;
                self.text(text, put, values)
            }
            Read::Flag(to) => {
                *to(values) = value.as_bool().ok_or("must be true or false, without quotes")?;
                Ok(to(values).to_string())
            }
            Read::Command(to) => {
                let words = value.as_array().and_then(|words| {
                    words.iter().map(|word| word.get_ref().as_str().map(String::from)).collect::<Option<Vec<_>>>()
                });
                let words = words.filter(|words| words.first().is_some_and(|program| !program.is_empty()));
                let words = words.ok_or("must be a list of texts, as in [\"program\", \"argument\"]")?;
                // Arguments stay out of sight: who knows what they hold.
                let rest = if words.len() > 1 { " ..." } else { "" };
                let shown = format!("{}{rest}", words.first().map_or("", String::as_str));
                to(values).command = Some(words);
                Ok(shown)
            }
            Read::Seconds(to, least) => {
                let (time, usual) = (to(&mut values.timing), *to(&mut Timing::default()));
                // Where the address is wrong, that is what is to be told.
                let tries = values.base_url.as_ref().is_none_or(|url| url.starts_with("http://"));
                let least = if matches!(least, Least::Usual) && !tries { usual } else { Duration::ZERO };
                *time = time_of(value)
                    .filter(|t| *t >= least && *t <= LONGEST)
                    .ok_or_else(|| format!("must be seconds, {} at least", least.as_secs()))?;
                Ok(time.as_secs_f64().to_string())
            }
        }
    }

    /// The same for a value of a flag or of a variable.
    pub(super) fn take_outside(&self, text: &str, values: &mut Values) -> Result<String, String> {
        match self.read {
            Read::Text(put) => self.text(text, put, values),
            Read::Flag(to) => {
                *to(values) = text.parse().map_err(|_| "must be true or false")?;
                Ok(text.into())
            }
            Read::Command(_) | Read::Seconds(..) => Err("can be set in the file only".into()),
        }
    }

    fn text(&self, text: &str, put: Put, values: &mut Values) -> Result<String, String> {
        put(text, values)?;
        Ok(if self.hides { without_credentials(text) } else { text.into() })
    }

    /// Whether a value holds what must not stand in a program's arguments.
    pub(super) fn tells(&self, text: &str) -> bool {
        self.hides && without_credentials(text) != text
    }
}

fn put<T>(to: &mut Option<T>, value: T) -> Result<(), &'static str> {
    *to = Some(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(key: &str, text: &str) -> String {
        Setting::named(key).unwrap().accepts(text).err().unwrap_or_else(|| "taken".into())
    }

    #[test]
    fn what_a_setting_cannot_be_is_told_in_its_own_terms() {
        for (key, text, told) in [
            ("tenant", "a b", "without blanks"),
            ("username", " jdoe", "without blanks at its ends"),
            ("username", "a\u{1b}[31m", "a line of text"),
            ("scope", "A  B", "a blank between them"),
            ("scope", "\"", "plain words"),
            ("ca_file", "ca.pem", "a full path"),
            ("token_params", "body", "\"form\" or \"query\""),
            ("ca_only", "yes", "true or false"),
            ("proxy", "proxy:3128", "the address of a proxy"),
            ("proxy", "http://proxy/path", "the address of a proxy"),
            ("proxy", "socks5://proxy", "the address of a proxy"),
            ("password_command", "pass", "in the file only"),
            ("timing.submit", "1", "in the file only"),
        ] {
            let why = refused(key, text);
            assert!(why.contains(told), "{key}: {why}");
        }
        for (key, text) in
            [("scope", "MOBPROC openid"), ("username", "command://j doe"), ("proxy", "http://u:p@proxy:3128")]
        {
            assert_eq!(refused(key, text), "taken");
        }
    }

    #[test]
    fn the_defaults_that_are_shown_are_those_that_count() {
        for setting in SETTINGS {
            if let Read::Seconds(to, _) = setting.read {
                assert_eq!(to(&mut Timing::default()).as_secs().to_string(), setting.default, "{}", setting.key);
            }
        }
        assert_eq!(
            confirm_parameter(Setting::named("confirm_parameter").unwrap().default),
            Ok(ConfirmParameter::default())
        );
    }
}
