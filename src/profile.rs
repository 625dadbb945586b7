//! Which server, as whom: the profile file, the environment, and which of them wins.
//! The edge of the program: reads one file, once. Defaults are never written to disk.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use std::time::Duration;

use reqwest::Url;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use crate::domain::journal::Timing;
use crate::secret::Source;

/// Bytes; a longer file is not a profile file.
const MAX_FILE: u64 = 1 << 20;

/// One server and the way to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name of its table.
    pub name: String,
    /// `https`, or `http` to this machine; without a slash at the end (WIRE 1).
    pub base_url: String,
    /// `X-TNGO-TENANT` (WIRE 3).
    pub tenant: String,
    /// The header `client_id` (WIRE 3).
    pub client_id: String,
    /// How the program comes by an access token (WIRE 2).
    pub sign_in: SignIn,
    /// The way to the server.
    pub network: Network,
    /// The actor by the platform's id, where it is not the signed-in user (WIRE 3).
    pub employee_id: Option<String>,
    /// The actor by the company's id; counts only without `employee_id` (WIRE 3).
    pub company_employee_id: Option<String>,
    /// Which organizational hierarchy (WIRE 3).
    pub hierarchy_id: Option<String>,
    /// How a confirmation is asked for.
    pub confirm_parameter: ConfirmParameter,
    /// Where the journal lies, where it is not below the user's state directory.
    pub state_dir: Option<PathBuf>,
    /// Whether the journal may lie on a network file system: whoever says so answers for its locks and its syncing.
    pub allow_network_state: bool,
    /// The times that an order's safety hangs on.
    pub timing: Timing,
    /// What is risky in it, in a sentence.
    pub warning: Option<String>,
}

/// How the program comes by an access token (WIRE 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Somebody else has drawn it.
    Token(Source),
    /// The grants `password` and `refresh_token`.
    Password(Box<Grant>),
}

/// What a token is asked for with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Where: `https`, or `http` to this machine.
    pub token_url: String,
    /// Who the program is.
    pub client_id: String,
    /// What proves it, where the server wants that.
    pub client_secret: Option<Source>,
    /// Who signs in; the name carries its source system, as in `command://name`.
    pub username: String,
    /// The user's password.
    pub password: Source,
    /// What is asked for.
    pub scope: String,
    /// Whether the parameters stand in the address, which servers and proxies write down: only on explicit wish.
    pub in_query: bool,
}

/// The way to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Certificates (PEM) of authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether they are the only ones.
    pub ca_only: bool,
    /// The proxy, where it is not the one that the environment names.
    pub proxy: Option<String>,
}

/// The query parameters that make `POST /orders` a question (WIRE 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConfirmParameter {
    /// Both, for the published pages disagree.
    #[default]
    Both,
    /// `confirm` alone.
    Confirm,
    /// `confirmation` alone.
    Confirmation,
}

/// What the program will speak to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The built-in server: no configuration is there, and none was asked for.
    Sandbox,
    /// A real one.
    Profile(Box<Profile>),
}

/// Why nothing could be chosen. Always the end of the program: whoever meant a real server must
/// not find himself in the sandbox, nor the other way round.
#[derive(Debug, thiserror::Error)]
#[error("{what} Nothing was started; no order can be placed. {remedy}")]
pub struct ProfileError {
    /// What happened, with the file's path: a sentence.
    what: String,
    /// What to do: a sentence.
    remedy: String,
}

impl ProfileError {
    fn new(what: String, remedy: impl Into<String>) -> Self {
        Self { what, remedy: remedy.into() }
    }
}

/// Chooses by flag, then environment (`MOBPROC_CONFIG`, `MOBPROC_PROFILE`), then
/// `$XDG_CONFIG_HOME/mobproc/config.toml` or `$HOME/.config/mobproc/config.toml`. All four
/// variables come from `env`. A variable that is set but empty counts as given, and fails: a
/// script that lost a value must not order somewhere else.
///
/// # Errors
/// Whatever keeps the file from being found, read or understood. The sandbox is chosen only
/// where the default file does not exist and nothing was asked for.
pub fn choose(
    config: Option<&Path>,
    profile: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Choice, ProfileError> {
    let named = config.map(PathBuf::from).or_else(|| env("MOBPROC_CONFIG").map(PathBuf::from));
    let wanted = profile.map(String::from).or_else(|| env("MOBPROC_PROFILE"));
    let asked = named.is_some() || wanted.is_some();
    let path = named.map_or_else(|| default_path(env), Ok)?;
    let Some(text) = read(&path)? else {
        return if asked { Err(absent(&path)) } else { Ok(Choice::Sandbox) };
    };
    let source = Written { path: &path, text: &text };
    source.profiles()?.choose(&source, wanted.as_deref()).map(|p| Choice::Profile(Box::new(p)))
}

/// A relative `XDG_CONFIG_HOME` is ignored, as its specification wants.
fn default_path(env: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, ProfileError> {
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    folder.map(|folder| folder.join("mobproc").join("config.toml")).ok_or_else(|| {
        ProfileError::new(
            "The profile file cannot be looked for: neither HOME nor XDG_CONFIG_HOME is set to \
             a full path."
                .into(),
            "Set HOME, or name the file with --config.",
        )
    })
}

fn absent(path: &Path) -> ProfileError {
    ProfileError::new(
        format!("There is no profile file {}, but one was asked for.", path.display()),
        "Correct --config (or MOBPROC_CONFIG), or write the file.",
    )
}

/// `None` where there is no file. A link that leads nowhere is a file that cannot be read.
fn read(path: &Path) -> Result<Option<String>, ProfileError> {
    let fault = |why: &str| {
        let what = format!("The profile file {} cannot be read: {why}.", path.display());
        ProfileError::new(what, "Correct the file, or name another with --config.")
    };
    let mut bytes = Vec::new();
    let taken = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes));
    match taken {
        Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            return Ok(None);
        }
        Err(error) => return Err(fault(&error.kind().to_string())),
        Ok(_) if bytes.len() as u64 > MAX_FILE => return Err(fault("it is larger than 1 MiB")),
        Ok(_) => {}
    }
    String::from_utf8(bytes).map(Some).map_err(|_| fault("it is not text in UTF-8"))
}

/// A file as read, for errors that name the place.
#[derive(Clone, Copy)]
struct Written<'a> {
    path: &'a Path,
    text: &'a str,
}

/// The content of the file.
struct Profiles {
    default: Option<String>,
    all: Vec<Profile>,
}

const TOP_KEYS: &[&str] = &["default", "profile"];
const KEYS: &[&str] = &[
    "base_url",
    "tenant",
    "client_id",
    "access_token_command",
    "employee_id",
    "company_employee_id",
    "hierarchy_id",
    "confirm_parameter",
    "state_dir",
    "allow_network_state",
    "timing",
];
/// The times of `[profile.NAME.timing]`, in seconds.
const TIMES: &[&str] = &["send_guard", "submit", "server_time_limit", "list_lag", "spacing", "give_up", "token_age"];

impl Profiles {
    fn choose(self, source: &Written<'_>, wanted: Option<&str>) -> Result<Profile, ProfileError> {
        let path = source.path.display();
        let names: Vec<String> = self.all.iter().map(|p| format!("`{}`", p.name)).collect();
        let names = names.join(", ");
        let Some(name) = wanted.or(self.default.as_deref()) else {
            return match <[Profile; 1]>::try_from(self.all) {
                Ok([only]) => Ok(only),
                Err(none) if none.is_empty() => Err(ProfileError::new(
                    format!("The profile file {path} holds no profile."),
                    "Write a table such as [profile.qa] into it.",
                )),
                Err(_) => Err(ProfileError::new(
                    format!("The profile file {path} holds several profiles: {names}."),
                    "Name one with --profile, or write default = \"NAME\" at the top of the file.",
                )),
            };
        };
        let found = self.all.into_iter().find(|profile| profile.name == name);
        found.ok_or_else(|| {
            let held = if names.is_empty() { "none" } else { &names };
            ProfileError::new(
                format!("There is no profile `{name}` in {path}; it holds {held}."),
                "Correct --profile (or MOBPROC_PROFILE, or `default` in the file).",
            )
        })
    }
}

impl Written<'_> {
    fn profiles(&self) -> Result<Profiles, ProfileError> {
        let (parsed, errors) = DeTable::parse_recoverable(self.text);
        // The parser reports in its own order; people read a file from the top.
        let begin = |error: &Error| error.span().map_or(0, |span| span.start);
        if let Some(first) = errors.iter().min_by_key(|error| begin(error)) {
            return Err(self.fault(begin(first), &first.message().replace('\n', ", ")));
        }
        let top = Section::new(self, 0, "the file", parsed.get_ref(), TOP_KEYS)?;
        let default = top.text("default")?;
        let mut all = Vec::new();
        if let Some((_, value)) = top.find("profile") {
            for (name, value) in self.table(value, "profile")? {
                let whole = format!("profile.{}", name.get_ref());
                let keys = self.table(value, &whole)?;
                let section = Section::new(self, name.span().start, &whole, keys, KEYS)?;
                all.push(section.profile(name.get_ref())?);
            }
        }
        Ok(Profiles { default, all })
    }

    fn table<'t>(&self, value: &'t Spanned<DeValue<'t>>, name: &str) -> Result<&'t DeTable<'t>, ProfileError> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| {
            let kind = value.get_ref().type_str();
            self.fault(value.span().start, &format!("`{name}` must be a table, not {kind}"))
        })
    }

    /// An error at a byte of the file. Never quotes a value: it may be a secret put in the wrong
    /// place.
    fn fault(&self, at: usize, what: &str) -> ProfileError {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let path = self.path.display();
        ProfileError::new(
            format!("The profile file {path} has a mistake in line {line}, column {column}: {what}."),
            "Correct that line.",
        )
    }
}

/// A table of the file, of which every key is known.
struct Section<'a> {
    source: &'a Written<'a>,
    /// Where it is named: the place of what is missing from it.
    at: usize,
    name: &'a str,
    keys: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    fn new(
        source: &'a Written<'a>,
        at: usize,
        name: &'a str,
        keys: &'a DeTable<'a>,
        known: &[&str],
    ) -> Result<Self, ProfileError> {
        match keys.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
            None => Ok(Self { source, at, name, keys }),
            Some(key) => {
                let (key, at, known) = (key.get_ref(), key.span().start, known.join(", "));
                let what = format!("unknown key `{key}` in {name}; the keys there are {known}");
                Err(source.fault(at, &what))
            }
        }
    }

    fn profile(&self, name: &str) -> Result<Profile, ProfileError> {
        let base_url = self.checked("base_url", base_url)?.ok_or_else(|| self.lacks("base_url"))?;
        let (timing, warning) = self.timing(base_url.starts_with("http://"))?;
        Ok(Profile {
            name: name.into(),
            base_url,
            state_dir: self.checked("state_dir", absolute)?,
            allow_network_state: self.flag("allow_network_state")?,
            timing,
            warning,
            tenant: self.checked("tenant", header)?.ok_or_else(|| self.lacks("tenant"))?,
            client_id: self.checked("client_id", header)?.ok_or_else(|| self.lacks("client_id"))?,
            sign_in: SignIn::Token(Source::Command(self.command("access_token_command")?)),
            network: Network::default(),
            employee_id: self.checked("employee_id", header)?,
            company_employee_id: self.checked("company_employee_id", header)?,
            hierarchy_id: self.checked("hierarchy_id", header)?,
            confirm_parameter: self.checked("confirm_parameter", confirm_parameter)?.unwrap_or_default(),
        })
    }

    /// The place of a value, and the value.
    fn find(&self, key: &str) -> Option<(usize, &'a Spanned<DeValue<'a>>)> {
        self.keys.get(key).map(|value| (value.span().start, value))
    }

    fn text(&self, key: &str) -> Result<Option<String>, ProfileError> {
        self.checked(key, |text| Ok(text.into()))
    }

    /// A text that `read` takes; what it answers otherwise follows the name of the key.
    fn checked<T>(&self, key: &str, read: fn(&str) -> Result<T, &'static str>) -> Result<Option<T>, ProfileError> {
        let Some((at, value)) = self.find(key) else {
            return Ok(None);
        };
        let fault = |what: &str| self.source.fault(at, &format!("`{key}` {what}"));
        let Some(text) = value.get_ref().as_str() else {
            let kind = value.get_ref().type_str();
            return Err(fault(&format!("must be a text in quotes, not {kind}")));
        };
        read(text).map(Some).map_err(fault)
    }

    fn command(&self, key: &str) -> Result<Vec<String>, ProfileError> {
        let (at, value) = self.find(key).ok_or_else(|| self.lacks(key))?;
        let words = value
            .get_ref()
            .as_array()
            .and_then(|words| words.iter().map(|word| word.get_ref().as_str().map(String::from)).collect());
        words.filter(|words: &Vec<String>| words.first().is_some_and(|program| !program.is_empty())).ok_or_else(|| {
            let what = format!("`{key}` must be a list of texts, as in [\"program\", \"argument\"]");
            self.source.fault(at, &what)
        })
    }

    fn flag(&self, key: &str) -> Result<bool, ProfileError> {
        let Some((at, value)) = self.find(key) else { return Ok(false) };
        value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.source.fault(at, &format!("`{key}` must be true or false, without quotes")))
    }

    /// The times, and what is risky in them. For a server on this machine, which is one for tries and tests, they may be
    /// anything; for others none may be shorter than what is known of the gateway in front of the API.
    fn timing(&self, tries: bool) -> Result<(Timing, Option<String>), ProfileError> {
        let mut timing = Timing::default();
        let Some((at, value)) = self.find("timing") else { return Ok((timing, None)) };
        let name = format!("{}.timing", self.name);
        let section = Section::new(self.source, at, &name, self.source.table(value, &name)?, TIMES)?;
        let floor = |time: &Duration| if tries { Duration::ZERO } else { *time };
        let (least, usual) = (timing, timing.server_time_limit);
        section.seconds("send_guard", &mut timing.send_guard, Duration::ZERO)?;
        section.seconds("submit", &mut timing.submit, floor(&least.submit))?;
        section.seconds("server_time_limit", &mut timing.server_time_limit, Duration::ZERO)?;
        section.seconds("list_lag", &mut timing.list_lag, floor(&least.list_lag))?;
        section.seconds("spacing", &mut timing.spacing, floor(&least.spacing))?;
        section.seconds("give_up", &mut timing.give_up, Duration::ZERO)?;
        section.seconds("token_age", &mut timing.token_age, Duration::ZERO)?;
        let warning = (!tries && timing.server_time_limit < usual).then(|| {
            format!(
                "server_time_limit is {} s: an order that the server takes longer for may count as not placed, and be sent twice",
                timing.server_time_limit.as_secs()
            )
        });
        Ok((timing, warning))
    }
    /// A time in whole or broken seconds; absent keeps what there is.
    fn seconds(&self, key: &str, time: &mut Duration, least: Duration) -> Result<(), ProfileError> {
        let Some((at, value)) = self.find(key) else { return Ok(()) };
        let text = value.get_ref().as_integer().map(ToString::to_string);
        let text = text.or_else(|| value.get_ref().as_float().map(ToString::to_string));
        let given = text.and_then(|t| t.parse::<f64>().ok()).and_then(|s| Duration::try_from_secs_f64(s).ok());
        *time = given
            .filter(|t| *t >= least && *t <= Duration::from_secs(30 * 24 * 3600))
            .ok_or_else(|| self.source.fault(at, &format!("`{key}` must be seconds, {} at least", least.as_secs())))?;
        Ok(())
    }

    fn lacks(&self, key: &str) -> ProfileError {
        self.source.fault(self.at, &format!("{} has no `{key}`", self.name))
    }
}

/// The address without slashes at its end. What was checked is what is used, so it is the parsed
/// form that is kept.
fn base_url(text: &str) -> Result<String, &'static str> {
    if text.contains(['@', '?', '#', '\\']) {
        return Err("must hold no user name or password, no ? and no #");
    }
    let url = Url::parse(text).map_err(|_| "is not an address such as https://host/path")?;
    match url.scheme() {
        "https" => {}
        // Everything that is sent carries a token.
        "http" if url.host_str().is_some_and(is_this_machine) => {}
        _ => {
            return Err("must begin with https:// (http:// only to this machine: 127.0.0.1, [::1] or localhost)");
        }
    }
    Ok(url.as_str().trim_end_matches('/').into())
}

/// The address parser has brought `127.1` and `0x7f.0.0.1` into the usual form.
fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback())
}

/// A value that travels in a header (WIRE 3): nothing that could end or disguise it.
fn header(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("must be plain letters, digits and signs (ASCII), without blanks, and not empty");
    }
    Ok(text.into())
}

fn absolute(text: &str) -> Result<PathBuf, &'static str> {
    Some(PathBuf::from(text)).filter(|p| p.is_absolute()).ok_or("must be a full path, beginning with /")
}

/// Where the journal of a profile lies, or the sandbox's where it is none: `$XDG_STATE_HOME/mobproc/NAME`, else
/// `$HOME/.local/state/mobproc/NAME`.
///
/// # Errors
/// Why there is no such place, in a sentence.
pub fn state_dir(profile: Option<&Profile>, env: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
    if let Some(dir) = profile.and_then(|p| p.state_dir.clone()) {
        return Ok(dir);
    }
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let state =
        state.ok_or("Neither HOME nor XDG_STATE_HOME is set to a full path, so there is no place to write to.")?;
    let name = profile.map_or_else(|| "_sandbox".to_owned(), |p| folder(&p.name));
    Ok(state.join("mobproc").join(name))
}

/// A profile's name as that of a folder.
fn folder(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let plain = !name.starts_with('.') && name.chars().all(safe);
    let spelled = |c: char| if safe(c) { c.to_string() } else { format!("_{:x}_", c as u32) };
    if plain && !name.is_empty() {
        name.to_owned()
    } else {
        format!("_{}", name.chars().map(spelled).collect::<String>())
    }
}

fn confirm_parameter(text: &str) -> Result<ConfirmParameter, &'static str> {
    match text {
        "both" => Ok(ConfirmParameter::Both),
        "confirm" => Ok(ConfirmParameter::Confirm),
        "confirmation" => Ok(ConfirmParameter::Confirmation),
        _ => Err("must be \"both\", \"confirm\" or \"confirmation\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    const QA: &str = "[profile.qa]\nbase_url = \"https://qa.example.com/v1.qa/\"\ntenant = \"ACME\"\nclient_id = \"c-1\"\naccess_token_command = [\"pass\", \"show\"]\n";

    /// A home directory, and the variables of the process that is not there.
    struct Home {
        folder: TempDir,
        env: Vec<(&'static str, String)>,
    }

    impl Home {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let env = vec![("HOME", folder.path().display().to_string())];
            Self { folder, env }
        }

        fn with(file: &str) -> Self {
            let home = Self::new();
            home.write(".config/mobproc/config.toml", file.as_bytes());
            home
        }

        fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
            self.env.insert(0, (name, value.into()));
            self
        }

        fn path(&self, file: &str) -> PathBuf {
            self.folder.path().join(file)
        }

        fn write(&self, file: &str, content: &[u8]) {
            fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
            fs::write(self.path(file), content).unwrap();
        }

        fn choose(&self, config: Option<&str>, profile: Option<&str>) -> Result<Choice, ProfileError> {
            let config = config.map(|file| self.path(file));
            choose(config.as_deref(), profile, &|name| {
                self.env.iter().find(|(set, _)| *set == name).map(|(_, value)| value.clone())
            })
        }

        fn name(&self, config: Option<&str>, profile: Option<&str>) -> String {
            match self.choose(config, profile) {
                Ok(Choice::Profile(profile)) => profile.name,
                Ok(Choice::Sandbox) => "(sandbox)".into(),
                Err(error) => error.to_string(),
            }
        }

        fn error(&self, config: Option<&str>, profile: Option<&str>) -> String {
            let error = self.choose(config, profile).unwrap_err().to_string();
            assert!(error.contains(". Nothing was started; no order can be placed. "), "{error}");
            error
        }
    }

    fn named(names: &[&str]) -> String {
        names.iter().map(|name| QA.replace("qa]", &format!("{name}]"))).collect()
    }

    #[test]
    fn a_full_profile_is_read_as_written() {
        let more = "employee_id = \"e\"\ncompany_employee_id = \"ce\"\nhierarchy_id = \"h\"\nconfirm_parameter = \"confirm\"\n";
        let profile = Profile {
            name: "qa".into(),
            base_url: "https://qa.example.com/v1.qa".into(),
            tenant: "ACME".into(),
            client_id: "c-1".into(),
            sign_in: SignIn::Token(Source::Command(vec!["pass".into(), "show".into()])),
            network: Network::default(),
            employee_id: Some("e".into()),
            company_employee_id: Some("ce".into()),
            hierarchy_id: Some("h".into()),
            confirm_parameter: ConfirmParameter::Confirm,
            state_dir: None,
            allow_network_state: false,
            timing: Timing::default(),
            warning: None,
        };
        let home = Home::with(&format!("{QA}{more}"));
        assert_eq!(home.choose(None, None).unwrap(), Choice::Profile(Box::new(profile.clone())));
        let least = Profile {
            employee_id: None,
            company_employee_id: None,
            hierarchy_id: None,
            confirm_parameter: ConfirmParameter::Both,
            ..profile
        };
        assert_eq!(Home::with(QA).choose(None, None).unwrap(), Choice::Profile(Box::new(least)));
    }

    #[test]
    fn the_sandbox_is_chosen_only_where_nothing_is_configured_and_nothing_asked_for() {
        assert_eq!(Home::new().choose(None, None).unwrap(), Choice::Sandbox);
        for (home, config, profile) in [
            (Home::new(), Some("no.toml"), None),
            (Home::new(), None, Some("qa")),
            (Home::new().set("MOBPROC_CONFIG", "/nowhere/no.toml"), None, None),
            (Home::new().set("MOBPROC_CONFIG", ""), None, None),
            (Home::new().set("MOBPROC_PROFILE", "qa"), None, None),
            (Home::new().set("MOBPROC_PROFILE", ""), None, None),
        ] {
            let error = home.error(config, profile);
            assert!(error.contains("There is no profile file "), "{error}");
        }
        let homeless = choose(None, None, &|_| None).unwrap_err().to_string();
        assert!(homeless.contains("neither HOME nor XDG_CONFIG_HOME"), "{homeless}");
        Home::with("").error(None, None);
        let dangling = Home::new().set("XDG_CONFIG_HOME", "relative");
        fs::create_dir_all(dangling.path(".config/mobproc")).unwrap();
        let link = dangling.path(".config/mobproc/config.toml");
        std::os::unix::fs::symlink("/nowhere/at-all", link).unwrap();
        assert!(dangling.error(None, None).contains("cannot be read: "));
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_default_path() {
        let home = Home::with(&named(&["default-path"]));
        home.write("env.toml", named(&["env", "other"]).as_bytes());
        home.write("flag.toml", named(&["flag", "other"]).as_bytes());
        home.write("xdg/mobproc/config.toml", named(&["xdg"]).as_bytes());
        let (env, xdg) = (home.path("env.toml"), home.path("xdg"));
        assert_eq!(home.name(None, None), "default-path");
        let home = home.set("XDG_CONFIG_HOME", xdg.display().to_string());
        assert_eq!(home.name(None, None), "xdg");
        let home = home.set("MOBPROC_CONFIG", env.display().to_string());
        let home = home.set("MOBPROC_PROFILE", "env");
        assert_eq!(home.name(None, None), "env");
        assert_eq!(home.name(None, Some("other")), "other");
        assert_eq!(home.name(Some("flag.toml"), Some("flag")), "flag");
        let error = home.error(Some("flag.toml"), None);
        assert!(error.contains("no profile `env` in ") && error.contains("it holds `flag`, `other`."));
    }

    #[test]
    fn one_of_several_profiles_must_be_named() {
        let two = named(&["qa", "live"]);
        let error = Home::with(&two).error(None, None);
        assert!(error.contains("several profiles: `live`, `qa`."), "{error}");
        assert_eq!(Home::with(&two).name(None, Some("qa")), "qa");
        assert_eq!(Home::with(&format!("default = \"qa\"\n{two}")).name(None, None), "qa");
        assert_eq!(Home::with(&format!("default = \"qa\"\n{two}")).name(None, Some("live")), "live");
        let error = Home::with(&format!("default = \"prod\"\n{two}")).error(None, None);
        assert!(error.contains("no profile `prod`"), "{error}");
        assert!(Home::with(&two).error(None, Some("")).contains("no profile ``"));
    }

    /// Each change of [`QA`] must be answered with the text beside it.
    fn refused(changes: &[(&str, &str)]) {
        for (file, told) in changes {
            let error = Home::with(file).error(None, None);
            assert!(error.contains(told), "{told}\n{error}");
            assert!(error.contains("/mobproc/config.toml has a mistake in line "), "{error}");
        }
    }

    fn and(line: &str) -> String {
        format!("{QA}{line}\n")
    }

    #[test]
    fn a_mistaken_key_is_named_with_its_line_and_the_keys_there_are() {
        let top = "the keys there are default, profile.";
        let keys = "6, column 1: unknown key `tennant` in profile.qa; the keys there are base_url,";
        refused(&[
            (&and("tennant = \"x\""), keys),
            (&format!("defualt = 1\n{QA}"), "line 1, column 1: unknown key `defualt` in the file"),
            ("defualt = 1", top),
            (&and("tenant = \"twice\""), "line 6, column 1: duplicate key."),
            (&QA.replace("tenant", "#"), "line 1, column 10: profile.qa has no `tenant`."),
            ("a = \nb", "line 1, column 5: string values must be quoted"),
            ("[profile.qa", "line 1, column 12: "),
        ]);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_told_with_its_line_and_the_right_type() {
        let (no_text, no_table) = ("a text in quotes, not integer.", "a table, not integer.");
        let no_list = "line 5, column 24: `access_token_command` must be a list of texts";
        refused(&[
            (&and("employee_id = 12"), &format!("line 6, column 15: `employee_id` must be {no_text}")),
            ("\ndefault = 1", &format!("line 2, column 11: `default` must be {no_text}")),
            ("profile = 1", &format!("line 1, column 11: `profile` must be {no_table}")),
            ("[profile]\nqa = 1", &format!("line 2, column 6: `profile.qa` must be {no_table}")),
            (&QA.replace("[\"pass\", \"show\"]", "\"pass\""), no_list),
            (&QA.replace("\"pass\", \"show\"", ""), no_list),
            (&QA.replace("\"show\"", "1"), no_list),
            (&QA.replace("\"pass\"", "\"\""), no_list),
        ]);
    }

    #[test]
    fn a_value_that_could_not_be_sent_is_refused() {
        let plain = "must be plain letters, digits and signs (ASCII)";
        refused(&[
            (&and("employee_id = \"\""), plain),
            (&and("employee_id = \"a b\""), plain),
            (&and("hierarchy_id = \"a\\r\\nX: 1\""), plain),
            (&and("company_employee_id = \"\u{e9}\""), plain),
            (&QA.replace("c-1", "\\u0007"), plain),
            (&QA.replace("ACME", ""), plain),
            (&and("confirm_parameter = \"none\""), "must be \"both\", \"confirm\" or \"confirmation\""),
        ]);
    }

    #[test]
    fn a_file_that_is_no_text_or_too_long_is_refused() {
        let home = Home::new();
        home.write("long", &vec![b'#'; (1 << 20) + 1]);
        home.write("full", &vec![b'#'; 1 << 20]);
        home.write("bytes", b"\xff");
        assert!(home.error(Some("long"), None).contains("cannot be read: it is larger than 1 MiB."));
        assert!(home.error(Some("full"), None).contains("holds no profile."));
        assert!(home.error(Some("bytes"), None).contains("it is not text in UTF-8."));
        assert!(home.error(Some(""), None).contains("cannot be read: is a directory."));
    }

    #[test]
    fn an_address_is_https_or_this_machine() {
        for (text, kept) in [
            ("https://Host.example.com/mobproc/v1.qa//", Some("https://host.example.com/mobproc/v1.qa")),
            ("https://host:8443", Some("https://host:8443")),
            ("http://127.0.0.1:8080/v1", Some("http://127.0.0.1:8080/v1")),
            ("http://127.9.9.9/", Some("http://127.9.9.9")),
            ("http://[::1]:80/v1", Some("http://[::1]/v1")),
            ("http://localhost/v1", Some("http://localhost/v1")),
            ("http://host.example.com/", None),
            ("http://localhost.example.com/", None),
            ("http://127.0.0.1.example.com/", None),
            ("http://10.0.0.1/", None),
            ("http://[::ffff:127.0.0.1]/", None),
            ("http://[::]/", None),
            ("http://0.0.0.0/", None),
            ("http://127.0.0.1@example.com/", None),
            ("https://user:word@host/", None),
            ("https://host/?a=b", None),
            ("https://host/#a", None),
            ("https:\\\\host\\", None),
            ("ftp://host/", None),
            ("file:///etc/passwd", None),
            ("host.example.com/v1", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(base_url(text).ok().as_deref(), kept, "{text}");
        }
        let error = Home::with(&QA.replace("https", "http")).error(None, None);
        assert!(error.contains("line 2, column 12: `base_url` must begin with https://"), "{error}");
        let error = Home::with(&QA.replace("qa.ex", "me:hunter2@ex")).error(None, None);
        assert!(!error.contains("hunter2"), "{error}");
    }
}
