//! Which server, as whom: the config file, flags and the environment, and which of them wins.
//! The edge of the program: reads one file, once. Defaults are never written to disk.

mod file;
mod settings;
mod sign_in;
mod state;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::domain::journal::Timing;
use crate::secret::Source;
use file::Written;
use settings::Values;
pub use settings::{SETTINGS, Setting, without_credentials};
use sign_in::Around;
pub use sign_in::told;
pub use state::state_dir;

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
    /// What is risky in it, each in a clause that can stand as a sentence.
    pub warnings: Vec<String>,
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
    /// What is wrong and how to mend it, for whoever only checks.
    #[must_use]
    pub fn plainly(&self) -> String {
        format!("{} {}", self.what, self.remedy)
    }
}

/// What is asked for outside the file.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The file, by a flag.
    pub config: Option<&'a Path>,
    /// The profile, by a flag.
    pub profile: Option<&'a str>,
    /// Settings by flags, each `KEY=VALUE`; the last of a key counts.
    pub options: &'a [String],
    /// The variables: `MOBPROC_CONFIG`, `MOBPROC_PROFILE`, one for each setting, and those that the user's directories
    /// have. One that is set but empty counts as given, and fails: a script that lost a value must not order somewhere
    /// else.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag, for this setting.
    Flag(&'static str),
    /// The variable of this name.
    Variable(String),
    /// The file, with the line.
    File(PathBuf, usize),
    /// Nobody gave one.
    Default,
}

impl Origin {
    /// As the subject of a sentence about a value from outside the file.
    fn told(&self) -> String {
        match self {
            Self::Flag(_) => format!("The option {self}"),
            Self::Variable(_) => format!("The variable {self}"),
            Self::File(..) | Self::Default => self.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(key) => write!(f, "-o {key}"),
            Self::Variable(name) => f.write_str(name),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The setting's key.
    pub key: &'static str,
    /// Its value as it may be shown; empty where there is none, or where it is mistaken.
    pub value: String,
    /// Where it is from.
    pub origin: Origin,
}

/// A profile as read, with every mistake in it.
#[derive(Debug)]
pub struct Reading {
    /// Its name.
    pub name: String,
    /// Its settings, in the order of [`SETTINGS`].
    pub given: Vec<Given>,
    /// What they make.
    pub profile: Result<Profile, Vec<ProfileError>>,
}

/// The whole config file.
#[derive(Debug)]
pub struct Config {
    /// Where it lies.
    pub path: PathBuf,
    /// The profile that is meant where none is named.
    pub default: Option<String>,
    /// Its profiles, by name.
    pub profiles: Vec<Reading>,
    /// What is wrong outside the profiles.
    pub mistakes: Vec<ProfileError>,
}

/// Chooses by flag, then environment (`MOBPROC_CONFIG`, `MOBPROC_PROFILE`), then `$XDG_CONFIG_HOME/mobproc/config.toml`
/// or `$HOME/.config/mobproc/config.toml`. Of the other profiles in the file nothing is judged.
///
/// # Errors
/// Whatever keeps the file from being found, read or understood. The sandbox is chosen only
/// where the default file does not exist and nothing was asked for.
pub fn choose(asked: &Asked<'_>) -> Result<Choice, ProfileError> {
    let Some(mut config) = read(asked)? else { return Ok(Choice::Sandbox) };
    if !config.mistakes.is_empty() {
        return Err(config.mistakes.swap_remove(0));
    }
    let at = config.position(asked.wanted().as_deref())?;
    match config.profiles.swap_remove(at).profile {
        Ok(profile) => Ok(Choice::Profile(Box::new(profile))),
        Err(mut mistakes) => Err(mistakes.swap_remove(0)),
    }
}

/// The whole file, with every mistake in it; `None` where the sandbox is meant.
///
/// # Errors
/// Why there is no file, though one is meant, or why it must not or cannot be read.
pub fn read(asked: &Asked<'_>) -> Result<Option<Config>, ProfileError> {
    if let Some(mistake) = asked.mistaken_option() {
        return Err(mistake);
    }
    let path = asked.path()?;
    match file::read(&path)? {
        Some(text) => Ok(Some(parsed(&path, &text, asked))),
        None => asked.absent(&path).map_or(Ok(None), Err),
    }
}

/// The same for a text that is, or is to be, the content of a file.
#[must_use]
pub fn parsed(path: &Path, text: &str, asked: &Asked<'_>) -> Config {
    Written { path, text }.config(asked)
}

/// The text of the file, where there is one.
///
/// # Errors
/// Why it must not or cannot be read.
pub fn text(path: &Path) -> Result<Option<String>, ProfileError> {
    file::read(path)
}

impl Asked<'_> {
    fn named(&self) -> Option<PathBuf> {
        self.config.map(PathBuf::from).or_else(|| (self.env)("MOBPROC_CONFIG").map(PathBuf::from))
    }
    /// The profile that is named.
    #[must_use]
    pub fn wanted(&self) -> Option<String> {
        self.profile.map(String::from).or_else(|| (self.env)("MOBPROC_PROFILE"))
    }

    /// The file that is meant. A relative `XDG_CONFIG_HOME` is ignored, as its specification wants.
    ///
    /// # Errors
    /// Why there is no such place.
    pub fn path(&self) -> Result<PathBuf, ProfileError> {
        if let Some(named) = self.named() {
            return Ok(named);
        }
        let absolute = |name: &str| (self.env)(name).map(PathBuf::from).filter(|path| path.is_absolute());
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

    /// What is wrong where there is no file; nothing where nothing was asked for.
    fn absent(&self, path: &Path) -> Option<ProfileError> {
        let path = path.display();
        if self.named().is_some() || self.wanted().is_some() {
            return Some(ProfileError::new(
                format!("There is no profile file {path}, but one was asked for."),
                "Correct --config (or MOBPROC_CONFIG), or write the file: mobproc init asks what belongs in it.",
            ));
        }
        let (_, origin) = SETTINGS.iter().find_map(|setting| self.outside(setting))?;
        Some(ProfileError::new(
            format!("There is no profile file {path}, and {origin} is a setting for a profile of it."),
            "Write the file (mobproc init asks what belongs in it), or leave the setting out: the sandbox takes none.",
        ))
    }

    /// A value from outside the file.
    fn outside(&self, setting: &Setting) -> Option<(String, Origin)> {
        let pairs = self.options.iter().rev().filter_map(|option| option.split_once('='));
        let flag = pairs.into_iter().find(|(key, _)| *key == setting.key);
        let flag = flag.map(|(_, value)| (value.to_owned(), Origin::Flag(setting.key)));
        flag.or_else(|| {
            let name = setting.variable();
            (self.env)(&name).map(|value| (value, Origin::Variable(name)))
        })
    }

    fn mistaken_option(&self) -> Option<ProfileError> {
        self.options.iter().find_map(|option| {
            let Some((key, value)) = option.split_once('=') else {
                let what = "An option -o is not of the form KEY=VALUE.".into();
                return Some(ProfileError::new(what, "Write for example -o tenant=XYZ."));
            };
            let open = "everybody on this machine can read a program's arguments";
            if file::secret(key).is_some() {
                let what = format!("-o {key} would hold a secret: {open}.");
                return Some(ProfileError::new(what, "Use a setting such as password_command in the file."));
            }
            let Some(setting) = Setting::named(key) else {
                let keys: Vec<_> = SETTINGS.iter().map(|s| s.key).collect();
                let what = format!("There is no setting `{key}` for -o; there are {}.", keys.join(", "));
                return Some(ProfileError::new(what, "Correct it."));
            };
            setting.tells(value).then(|| {
                let what = format!("-o {key} holds a name or a password: {open}.");
                ProfileError::new(what, format!("Write {key} into the file, or leave them out."))
            })
        })
    }
}

impl Config {
    /// Which of the profiles is meant.
    ///
    /// # Errors
    /// Why that is none.
    pub fn position(&self, wanted: Option<&str>) -> Result<usize, ProfileError> {
        let path = self.path.display();
        let names: Vec<String> = self.profiles.iter().map(|p| format!("`{}`", p.name)).collect();
        let names = names.join(", ");
        let Some(name) = wanted.or(self.default.as_deref()) else {
            return match self.profiles.len() {
                1 => Ok(0),
                0 => Err(ProfileError::new(
                    format!("The profile file {path} holds no profile."),
                    "Write a table such as [profile.qa] into it; mobproc init asks what belongs in it.",
                )),
                _ => Err(ProfileError::new(
                    format!("The profile file {path} holds several profiles: {names}."),
                    "Name one with --profile, or write default = \"NAME\" at the top of the file.",
                )),
            };
        };
        self.profiles.iter().position(|profile| profile.name == name).ok_or_else(|| {
            let held = if names.is_empty() { "none" } else { &names };
            ProfileError::new(
                format!("There is no profile `{name}` in {path}; it holds {held}."),
                "Correct --profile (or MOBPROC_PROFILE, or `default` in the file).",
            )
        })
    }
}

/// A profile of the values, where nothing is wrong with them; `faulty` makes a mistake of a clause about the profile.
fn fit(
    name: &str,
    values: Values,
    given: &[Given],
    asked: &Asked<'_>,
    mut mistakes: Vec<ProfileError>,
    faulty: &dyn Fn(String) -> ProfileError,
) -> Result<Profile, Vec<ProfileError>> {
    let has = |key: &str| given.iter().any(|g| g.key == key && g.origin != Origin::Default);
    let around = Around { name, env: asked.env, has: &has };
    let lacking = ["base_url", "tenant", "client_id"].into_iter().filter(|key| !has(key));
    mistakes.extend(lacking.map(|key| faulty(format!("has no `{key}`"))));
    mistakes.extend(around.contradictions().into_iter().map(faulty));
    if values.ca_only && !has("ca_file") {
        mistakes.push(faulty("has `ca_only`, but no `ca_file`: nobody would be trusted".into()));
    }
    let (Some(base_url), Some(tenant), Some(client_id), true) =
        (values.base_url.clone(), values.tenant.clone(), values.client_id.clone(), mistakes.is_empty())
    else {
        return Err(mistakes);
    };
    Ok(Profile {
        name: name.into(),
        sign_in: around.sign_in(&values, &client_id),
        warnings: warnings(&values, given, &around),
        base_url,
        tenant,
        client_id,
        network: Network { ca_file: values.ca_file, ca_only: values.ca_only, proxy: values.proxy },
        employee_id: values.employee_id,
        company_employee_id: values.company_employee_id,
        hierarchy_id: values.hierarchy_id,
        confirm_parameter: values.confirm_parameter,
        state_dir: values.state_dir,
        allow_network_state: values.allow_network_state,
        timing: values.timing,
    })
}

/// What is risky in a profile that fits together.
fn warnings(values: &Values, given: &[Given], around: &Around<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for address in given.iter().filter(|g| matches!(g.key, "base_url" | "token_url")) {
        if matches!(address.origin, Origin::Flag(_) | Origin::Variable(_)) {
            let Given { key, value, origin } = address;
            all.push(format!("{key} is {value}, which comes from {origin} and not from the profile's file"));
        }
    }
    if values.in_query {
        all.push(
            "token_params is \"query\": the password stands in the address, which servers and proxies write down"
                .into(),
        );
    }
    for name in around.unused(values.allow_env_secrets) {
        all.push(format!("{name} is set and is not used: it would need allow_env_secrets = true in the profile"));
    }
    let (timing, usual) = (values.timing, Timing::default());
    let tries = values.base_url.as_ref().is_none_or(|url| url.starts_with("http://"));
    if !tries && timing.server_time_limit < usual.server_time_limit {
        let seconds = timing.server_time_limit.as_secs();
        all.push(format!(
            "server_time_limit is {seconds} s: an order that the server takes longer for may count as not placed, and be sent twice"
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
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
            self.mode(file, 0o600);
        }

        fn mode(&self, file: &str, mode: u32) {
            fs::set_permissions(self.path(file), fs::Permissions::from_mode(mode)).unwrap();
        }

        fn env(&self, name: &str) -> Option<String> {
            self.env.iter().find(|(set, _)| *set == name).map(|(_, value)| value.clone())
        }

        fn asked<T>(&self, config: Option<&Path>, options: &[&str], then: impl Fn(&Asked<'_>) -> T) -> T {
            let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
            then(&Asked { config, profile: None, options: &options, env: &|name| self.env(name) })
        }

        /// The only profile of the file, with these options.
        fn profile(&self, options: &[&str]) -> Profile {
            match self.asked(None, options, choose) {
                Ok(Choice::Profile(profile)) => *profile,
                other => panic!("{other:?}"),
            }
        }

        /// What is wrong with it.
        fn wrong(&self, options: &[&str]) -> String {
            self.asked(None, options, choose).unwrap_err().to_string()
        }

        fn choose(&self, config: Option<&str>, profile: Option<&str>) -> Result<Choice, ProfileError> {
            let config = config.map(|file| self.path(file));
            choose(&Asked { config: config.as_deref(), profile, options: &[], env: &|name| self.env(name) })
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
            warnings: Vec::new(),
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
        let homeless = choose(&Asked { config: None, profile: None, options: &[], env: &|_| None });
        let homeless = homeless.unwrap_err().to_string();
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
    fn a_mistaken_address_is_told_with_its_line_and_not_quoted() {
        let error = Home::with(&QA.replace("https", "http")).error(None, None);
        assert!(error.contains("line 2, column 12: `base_url` must begin with https://"), "{error}");
        let error = Home::with(&QA.replace("qa.ex", "me:hunter2@ex")).error(None, None);
        assert!(!error.contains("hunter2"), "{error}");
    }
}
