//! What is asked for outside the file: by flags, then by variables.

use std::fmt;
use std::path::{Path, PathBuf};

use super::settings::{SETTINGS, Setting};
use super::{ProfileError, file};

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
    pub(super) fn told(&self) -> String {
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
    pub(super) fn absent(&self, path: &Path) -> Option<ProfileError> {
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
    pub(super) fn outside(&self, setting: &Setting) -> Option<(String, Origin)> {
        let pairs = self.options.iter().rev().filter_map(|option| option.split_once('='));
        let flag = pairs.into_iter().find(|(key, _)| *key == setting.key);
        let flag = flag.map(|(_, value)| (value.to_owned(), Origin::Flag(setting.key)));
        flag.or_else(|| {
            let name = setting.variable();
            (self.env)(&name).map(|value| (value, Origin::Variable(name)))
        })
    }

    pub(super) fn mistaken_option(&self) -> Option<ProfileError> {
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
