//! Which server, as whom: the config file, flags and the environment, and which of them wins.
//! The edge of the program: reads one file, once. Defaults are never written to disk.

mod asked;
mod file;
mod fit;
mod readers;
mod settings;
mod sign_in;
mod state;

use std::path::{Path, PathBuf};

use crate::domain::journal::Timing;
use crate::secret::Source;
pub use asked::{Asked, Origin};
use file::Written;
pub use readers::without_credentials;
pub use settings::{SETTINGS, Setting};
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
    /// How the wizard shows itself.
    pub manners: Manners,
    /// The times that an order's safety hangs on.
    pub timing: Timing,
    /// What is risky in it, each in a clause that can stand as a sentence.
    pub warnings: Vec<String>,
}

/// What the screen may do beside showing text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manners {
    /// Ring where something typed ahead is not done.
    pub bell: bool,
    /// Count the seconds of what takes long.
    pub motion: bool,
    /// Whether the wizard talks line by line.
    pub plain: bool,
    /// Whether people and lines are kept for the next start.
    pub keep_directory: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { bell: true, motion: true, plain: false, keep_directory: true }
    }
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
    /// What is wrong, what that means (a sentence), and how to mend it.
    #[must_use]
    pub fn meaning(&self, means: &str) -> String {
        format!("{} {means} {}", self.what, self.remedy)
    }
    /// What is wrong and how to mend it, for whoever only checks.
    #[must_use]
    pub fn plainly(&self) -> String {
        format!("{} {}", self.what, self.remedy)
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
            manners: Manners::default(),
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
        assert!(dangling.error(None, None).contains("cannot be read: there is no such file."));
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

    const GRANT: &str = "[profile.qa]\nbase_url = \"https://qa.example.com/v1\"\ntenant = \"ACME\"\nclient_id = \"c-1\"\n\
         token_url = \"https://login.example.com/token\"\nusername = \"command://jdoe\"\n";

    #[test]
    fn a_flag_wins_over_a_variable_and_that_over_the_file_setting_by_setting() {
        let home = Home::with(&and("hierarchy_id = \"7\"\nca_file = \"/etc/ca.pem\"\nca_only = true"));
        let home = home.set("MOBPROC_TENANT", "ENV").set("MOBPROC_CLIENT_ID", "env").set("MOBPROC_CA_ONLY", "false");
        let options = ["tenant=FIRST", "tenant=FLAG", "allow_network_state=true"];
        let profile = home.profile(&options);
        assert_eq!((&*profile.tenant, &*profile.client_id), ("FLAG", "env"));
        assert_eq!(profile.hierarchy_id.as_deref(), Some("7"));
        assert!(profile.allow_network_state && !profile.network.ca_only);
        let config = home.asked(None, &options, |asked| read(asked).unwrap().unwrap());
        let origin = |key| config.profiles[0].given.iter().find(|g| g.key == key).unwrap().origin.to_string();
        let origins = [origin("tenant"), origin("client_id"), origin("scope")];
        assert_eq!(origins, ["-o tenant", "MOBPROC_CLIENT_ID", "default"]);
        assert!(origin("hierarchy_id").ends_with("/.config/mobproc/config.toml:6"), "{}", origin("hierarchy_id"));
    }

    #[test]
    fn a_mistaken_flag_or_variable_is_named_and_never_passed_over() {
        let with = |name, value: &str| Home::with(QA).set(name, value).wrong(&[]);
        assert!(with("MOBPROC_TENANT", "").contains("The variable MOBPROC_TENANT must be plain letters"));
        assert!(with("MOBPROC_CA_ONLY", "1").contains("The variable MOBPROC_CA_ONLY must be true or false"));
        assert!(
            with("MOBPROC_PASSWORD_COMMAND", "pass").contains("MOBPROC_PASSWORD_COMMAND can be set in the file only")
        );
        for (option, told) in [
            ("tenant", "not of the form KEY=VALUE"),
            ("tennant=x", "There is no setting `tennant` for -o; there are base_url, tenant,"),
            ("password=hunter2", "-o password would hold a secret: everybody on this machine"),
            ("token=hunter2", "-o token would hold a secret"),
            ("proxy=http://jdoe:hunter2@proxy:3128", "-o proxy holds a name or a password"),
            ("timing.submit=1", "The option -o timing.submit can be set in the file only"),
            ("access_token_command=pass", "The option -o access_token_command can be set in the file only"),
            ("base_url=http://api.example.com", "The option -o base_url must begin with https://"),
        ] {
            let error = Home::with(QA).wrong(&[option]);
            assert!(error.contains(told) && !error.contains("hunter2"), "{option}: {error}");
        }
        // Where there is no file, a setting is not dropped for the sandbox.
        let told = " is a setting for a profile of it. Nothing was started;";
        assert!(Home::new().wrong(&["tenant=x"]).contains(&format!("-o tenant{told}")));
        assert!(Home::new().set("MOBPROC_TENANT", "").wrong(&[]).contains(&format!("MOBPROC_TENANT{told}")));
    }

    #[test]
    fn a_secret_in_the_file_is_refused_with_what_to_write_instead_and_never_quoted() {
        for (key, instead) in [
            ("password", "password_command = [\"program\", \"argument\"] or password_file"),
            ("client_secret", "client_secret_command"),
            ("secret", "client_secret_command"),
            ("access_token", "access_token_command"),
            ("token", "access_token_file"),
        ] {
            let error = Home::with(&and(&format!("{key} = \"hunter2\""))).error(None, None);
            assert!(error.contains("In line 6 of the profile file /") && error.contains(instead), "{error}");
            assert!(error.contains(&format!("stands `{key}`: secrets are not kept there.")), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_profile_signs_in_with_a_ready_token_or_with_a_password_and_not_with_both() {
        let asked = QA.replace("access_token_command", "#");
        assert_eq!(Home::with(&asked).profile(&[]).sign_in, SignIn::Token(Source::Ask));
        let grant = Grant {
            token_url: "https://login.example.com/token".into(),
            client_id: "c-1".into(),
            client_secret: None,
            username: "command://jdoe".into(),
            password: Source::Ask,
            scope: "MOBPROC".into(),
            in_query: false,
        };
        assert_eq!(Home::with(GRANT).profile(&[]).sign_in, SignIn::Password(Box::new(grant)));
        let both = "token_url = \"https://login.example.com/token\"\nusername = \"u\"";
        for (file, told) in [
            (and(both), "has both `token_url` and `access_token_command`"),
            (and("username = \"u\""), "has `username`, but no `token_url`"),
            (and("password_file = \"/p\""), "has `password_file`, but no `token_url`"),
            (GRANT.replace("username", "#"), "has `token_url`, but no `username`"),
            (and("ca_only = true"), "has `ca_only`, but no `ca_file`"),
            (GRANT.replace("https://login", "http://login"), "`token_url` must begin with https://"),
            (GRANT.replace("/token", "/token?a=b"), "`token_url` must hold no user name or password, no ?"),
        ] {
            let error = Home::with(&file).error(None, None);
            assert!(error.contains(told), "{told}\n{error}");
        }
    }

    #[test]
    fn each_secret_comes_from_the_first_place_that_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let handed = |name: &str| folder.path().join(name);
        for name in ["password", "client_secret", "client_secret-qa"] {
            fs::write(handed(name), "x").unwrap();
        }
        let sources = |lines: &str, variables: bool, credentials: bool| {
            let mut home = Home::with(&format!("{GRANT}{lines}"));
            if variables {
                home = home.set("MOBPROC_PASSWORD", "x").set("MOBPROC_CLIENT_SECRET", "x");
            }
            if credentials {
                home = home.set("CREDENTIALS_DIRECTORY", folder.path().display().to_string());
            }
            match home.profile(&[]).sign_in {
                SignIn::Password(grant) => (grant.password, grant.client_secret),
                SignIn::Token(_) => panic!(),
            }
        };
        let allowed = "allow_env_secrets = true\n";
        let file = format!("{allowed}password_file = \"/p\"\n");
        let command = format!("{file}password_command = [\"pass\"]\n");
        assert_eq!(sources(&command, true, true).0, Source::Command(vec!["pass".into()]));
        assert_eq!(sources(&file, true, true).0, Source::File("/p".into()));
        let credentials =
            (Source::Credential(handed("password")), Some(Source::Credential(handed("client_secret-qa"))));
        assert_eq!(sources(allowed, true, true), credentials);
        let variables = (Source::Environment("MOBPROC_PASSWORD"), Some(Source::Environment("MOBPROC_CLIENT_SECRET")));
        assert_eq!(sources(allowed, true, false), variables);
        assert_eq!(sources("", true, false), (Source::Ask, None));
        assert_eq!(sources(allowed, false, false), (Source::Ask, None));
    }

    #[test]
    fn what_is_risky_in_a_profile_is_said() {
        let warned = |home: &Home, options: &[&str]| home.profile(options).warnings.join("\n");
        assert_eq!(warned(&Home::with(GRANT), &["tenant=x"]), "");
        assert_eq!(
            warned(&Home::with(GRANT), &["base_url=https://other.example.com/"]),
            "base_url is https://other.example.com/, which comes from -o base_url and not from the profile's file"
        );
        let home = Home::with(GRANT).set("MOBPROC_TOKEN_URL", "https://other.example.com/t");
        assert!(warned(&home, &[]).contains("which comes from MOBPROC_TOKEN_URL"));
        let query = Home::with(&format!("{GRANT}token_params = \"query\"\n"));
        assert!(warned(&query, &[]).contains("which servers and proxies write down"));
        let told = warned(&Home::with(GRANT).set("MOBPROC_PASSWORD", "hunter2"), &[]);
        assert!(told.contains("MOBPROC_PASSWORD is set and is not used") && !told.contains("hunter2"), "{told}");
        let short = Home::with(&format!("{GRANT}[profile.qa.timing]\nserver_time_limit = 60\n"));
        assert!(warned(&short, &[]).contains("server_time_limit is 60 s"));
    }

    #[test]
    fn times_are_as_the_api_wants_them_and_anything_for_a_server_on_this_machine() {
        let with = |lines: &str| format!("{QA}[profile.qa.timing]\n{lines}\n");
        let here = with("submit = 0.5").replace("https://qa.example.com", "http://127.0.0.1:1");
        assert_eq!(Home::with(&here).profile(&[]).timing.submit, std::time::Duration::from_millis(500));
        refused(&[
            (&with("submit = 30"), "line 7, column 10: `submit` must be seconds, 310 at least"),
            (&with("give_up = \"long\""), "`give_up` must be seconds, 0 at least"),
            (&with("sbmit = 30"), "unknown key `sbmit` in profile.qa.timing; the keys there are send_guard, submit,"),
            (&and("timing = 1"), "`profile.qa.timing` must be a table, not integer"),
        ]);
    }

    #[test]
    fn a_file_that_others_could_read_or_change_is_refused_with_the_command_that_mends_it() {
        let config = ".config/mobproc/config.toml";
        let read = "can be read by others (mode ";
        for (mode, told) in [(0o640, read), (0o604, read), (0o620, "can be changed by others (mode 620)")] {
            let home = Home::with(QA);
            home.mode(config, mode);
            let error = home.error(None, None);
            assert!(error.contains(told), "{error}");
            assert!(error.ends_with(&format!("Run: chmod 600 {}", home.path(config).display())), "{error}");
            home.mode(config, 0o600);
            assert_eq!(home.name(None, None), "qa");
        }
        let home = Home::with(QA);
        home.mode(".config/mobproc", 0o770);
        let error = home.error(None, None);
        assert!(error.contains("The directory /") && error.contains("Run: chmod go-w /"), "{error}");
        // As in a folder of dotfiles, which counts as well.
        let home = Home::new();
        home.write("dotfiles/mobproc.toml", QA.as_bytes());
        fs::create_dir_all(home.path(".config/mobproc")).unwrap();
        std::os::unix::fs::symlink(home.path("dotfiles/mobproc.toml"), home.path(config)).unwrap();
        assert_eq!(home.name(None, None), "qa");
        home.mode("dotfiles", 0o777);
        assert!(home.error(None, None).contains("dotfiles of the profile file can be changed by others (mode 777)"));
    }

    #[test]
    fn all_mistakes_are_found_and_those_of_one_profile_do_not_keep_another_from_working() {
        let live = "[profile.live]\nbase_url = \"x\"\ntennant = \"x\"\nemployee_id = 1\n";
        let home = Home::with(&format!("default = \"qa\"\n{QA}{live}"));
        assert_eq!(home.name(None, None), "qa");
        let config = home.asked(None, &[], |asked| read(asked).unwrap().unwrap());
        let live = config.profiles.into_iter().find(|p| p.name == "live").unwrap();
        let told: Vec<String> = live.profile.unwrap_err().iter().map(ProfileError::plainly).collect();
        let expected = [
            "unknown key `tennant`",
            "`base_url` is not an address",
            "`employee_id` must be",
            "has no `tenant`",
            "has no `client_id`",
        ];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        assert!(told.iter().zip(expected).all(|(told, part)| told.contains(part)), "{told:?}");
    }
}
