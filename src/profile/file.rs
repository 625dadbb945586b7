//! The config file: whose it must be, and its tables read by the table of settings. Every mistake is told with its
//! place, and no value is ever quoted: it may be a secret put in the wrong place.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::fit::fit;
use super::settings::{SETTINGS, Setting, Values};
use super::{Asked, Config, Given, Origin, ProfileError, Reading};
use crate::domain::text::shell_word;
use crate::secret::why;

/// Bytes; a longer file is not a profile file.
const MAX_FILE: u64 = 1 << 20;
const TOP_KEYS: [&str; 2] = ["default", "profile"];

/// `None` where there is no file. A link that leads nowhere is a file that cannot be read.
pub(super) fn read(path: &Path) -> Result<Option<String>, ProfileError> {
    let fault = |what: &str| {
        let what = format!("The profile file {} cannot be read: {what}.", path.display());
        ProfileError::new(what, "Correct the file, or name another with --config.")
    };
    // A pipe in its place must not be waited for.
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let mut file = match File::options().read(true).custom_flags(flags).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => return Ok(None),
        opened => opened.map_err(|error| fault(&why(&error)))?,
    };
    let meta = file.metadata().map_err(|error| fault(&why(&error)))?;
    if !meta.is_file() {
        return Err(fault(if meta.is_dir() { "is a directory" } else { "is not a plain file" }));
    }
    private(path, &meta)?;
    let mut bytes = Vec::new();
    let taken = file.by_ref().take(MAX_FILE + 1).read_to_end(&mut bytes);
    taken.map_err(|error| fault(&why(&error)))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(fault("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| fault("it is not text in UTF-8"))
}

/// The file decides where tokens go and which programs are started: nobody else may change it, nor put another in its
/// place; and it names accounts, which are nobody else's business.
fn private(path: &Path, meta: &Metadata) -> Result<(), ProfileError> {
    let me = rustix::process::geteuid().as_raw();
    let refused = |what: String, mend: String| Err(ProfileError::new(format!("{what}."), format!("Run: {mend}")));
    let (shown, word) = (path.display(), shell_word(&path.display().to_string()));
    match (meta.uid(), meta.mode()) {
        (uid, _) if uid != me && uid != 0 => {
            return refused(
                format!("The profile file {shown} belongs to somebody else (uid {uid})"),
                format!("sudo chown \"$(id -u)\" {word}"),
            );
        }
        (_, mode) if mode & 0o022 != 0 => {
            return refused(
                format!("The profile file {shown} can be changed by others (mode {:03o})", mode & 0o777),
                format!("chmod 600 {word}"),
            );
        }
        // One that the administrator wrote for everybody can be read by everybody.
        (uid, mode) if mode & 0o077 != 0 && uid == me => {
            return refused(
                format!(
                    "The profile file {shown}, which names accounts and programs, can be read by others (mode {:03o})",
                    mode & 0o777
                ),
                format!("chmod 600 {word}"),
            );
        }
        _ => {}
    }
    // Where it is a link, both places count.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    for folder in [path, &real].into_iter().filter_map(Path::parent) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(meta) = folder.metadata() else { continue };
        let (shown, word) = (folder.display(), shell_word(&folder.display().to_string()));
        if meta.uid() != me && meta.uid() != 0 {
            return refused(
                format!("The directory {shown} of the profile file belongs to somebody else (uid {})", meta.uid()),
                format!("sudo chown \"$(id -u)\" {word}"),
            );
        }
        // In one such as /tmp others can add files, but not replace this one.
        if meta.mode() & 0o022 != 0 && meta.mode() & 0o1000 == 0 {
            return refused(
                format!(
                    "The directory {shown} of the profile file can be changed by others (mode {:03o})",
                    meta.mode() & 0o777
                ),
                format!("chmod go-w {word}"),
            );
        }
    }
    Ok(())
}

/// A file as read, for errors that name the place.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

/// A value of a profile's table.
struct Entry<'t> {
    /// As the table of settings has it.
    key: String,
    at: usize,
    value: &'t DeValue<'t>,
}

type Table<'t> = Result<&'t DeTable<'t>, ProfileError>;

impl Written<'_> {
    /// Everything in the file, with every mistake in it.
    pub(super) fn config(&self, asked: &Asked<'_>) -> Config {
        let mut config = Config { path: self.path.into(), default: None, profiles: Vec::new(), mistakes: Vec::new() };
        let (parsed, mut errors) = DeTable::parse_recoverable(self.text);
        // The parser reports in its own order; people read a file from the top.
        let begin = |error: &Error| error.span().map_or(0, |span| span.start);
        errors.sort_by_key(begin);
        if !errors.is_empty() {
            config.mistakes = errors.iter().map(|e| self.fault(begin(e), &e.message().replace('\n', ", "))).collect();
            return config;
        }
        let top = parsed.get_ref();
        config.mistakes.extend(self.unknown("the file", top, &TOP_KEYS));
        match top.get("default").map(|value| (value, value.get_ref().as_str())) {
            None => {}
            Some((_, Some(name))) => config.default = Some(name.into()),
            Some((value, None)) => {
                let what = format!("`default` must be a text in quotes, not {}", value.get_ref().type_str());
                config.mistakes.push(self.fault(value.span().start, &what));
            }
        }
        match top.get("profile").map(|value| self.table(value, "profile")) {
            None => {}
            Some(Err(mistake)) => config.mistakes.push(mistake),
            Some(Ok(table)) => {
                config.profiles = table.iter().map(|(name, value)| self.reading(name, value, asked)).collect()
            }
        }
        config
    }

    fn table<'t>(&self, value: &'t Spanned<DeValue<'t>>, name: &str) -> Table<'t> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| {
            let kind = value.get_ref().type_str();
            self.fault(value.span().start, &format!("`{name}` must be a table, not {kind}"))
        })
    }

    /// One profile: settings of a flag win over those of a variable, and those over the file's.
    fn reading(
        &self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        asked: &Asked<'_>,
    ) -> Reading {
        let whole = format!("profile.{}", name.get_ref());
        let mut mistakes = Vec::new();
        let entries = match self.table(value, &whole) {
            Ok(table) => self.entries(&whole, table, &mut mistakes),
            Err(mistake) => {
                return Reading { name: name.get_ref().to_string(), given: Vec::new(), profile: Err(vec![mistake]) };
            }
        };
        let (mut values, mut given) = (Values::default(), Vec::new());
        for setting in SETTINGS {
            let written = entries.iter().find(|entry| entry.key == setting.key);
            match self.value(setting, written, asked, &mut values) {
                Ok((value, origin)) => given.push(Given { key: setting.key, value, origin }),
                Err((mistake, origin)) => {
                    given.push(Given { key: setting.key, value: String::new(), origin });
                    mistakes.push(mistake);
                }
            }
        }
        let faulty = |what: String| self.fault(name.span().start, &format!("{whole} {what}"));
        let profile = fit(name.get_ref(), values, &given, asked, mistakes, &faulty);
        Reading { name: name.get_ref().to_string(), given, profile }
    }

    /// The value of a setting that counts, as it is shown, and where it is from.
    fn value(
        &self,
        setting: &Setting,
        written: Option<&Entry<'_>>,
        asked: &Asked<'_>,
        values: &mut Values,
    ) -> Result<(String, Origin), (ProfileError, Origin)> {
        if let Some((text, origin)) = asked.outside(setting) {
            return match setting.take_outside(&text, values) {
                Ok(shown) => Ok((shown, origin)),
                Err(why) => {
                    let what = format!("{} {why}.", origin.told());
                    Err((ProfileError::new(what, "Correct it, or leave it out."), origin))
                }
            };
        }
        let Some(entry) = written else { return Ok((setting.default.into(), Origin::Default)) };
        let origin = Origin::File(self.path.into(), self.place(entry.at).0);
        match setting.take(entry.value, values) {
            Ok(shown) => Ok((shown, origin)),
            Err(why) => {
                let key = setting.key.rsplit('.').next().unwrap_or(setting.key);
                Err((self.fault(entry.at, &format!("`{key}` {why}")), origin))
            }
        }
    }

    /// The values of a profile's table, those of its table `timing` among them.
    fn entries<'t>(&self, name: &str, table: &'t DeTable<'t>, mistakes: &mut Vec<ProfileError>) -> Vec<Entry<'t>> {
        let split = |prefix: &str| SETTINGS.iter().filter_map(move |s| s.key.strip_prefix(prefix)).collect::<Vec<_>>();
        let mut own: Vec<&str> = split("").into_iter().filter(|key| !key.contains('.')).collect();
        own.push("timing");
        mistakes.extend(self.unknown(name, table, &own));
        let mut entries = Vec::new();
        for (key, value) in table.iter() {
            let key = key.get_ref();
            if key != "timing" {
                entries.push(Entry { key: key.to_string(), at: value.span().start, value: value.get_ref() });
                continue;
            }
            let name = format!("{name}.timing");
            match self.table(value, &name) {
                Err(mistake) => mistakes.push(mistake),
                Ok(times) => {
                    mistakes.extend(self.unknown(&name, times, &split("timing.")));
                    entries.extend(times.iter().map(|(key, value)| Entry {
                        key: format!("timing.{}", key.get_ref()),
                        at: value.span().start,
                        value: value.get_ref(),
                    }));
                }
            }
        }
        entries
    }

    fn unknown(&self, name: &str, table: &DeTable<'_>, known: &[&str]) -> Vec<ProfileError> {
        let odd = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        odd.map(|key| {
            let at = key.span().start;
            let key = key.get_ref();
            if let Some(secret) = secret(key) {
                let (line, _) = self.place(at);
                return ProfileError::new(
                    format!(
                        "In line {line} of the profile file {} stands `{key}`: secrets are not kept there.",
                        self.path.display()
                    ),
                    format!(
                        "Take the line out, and write {secret}_command = [\"program\", \"argument\"] or \
                         {secret}_file = \"/full/path\" instead."
                    ),
                );
            }
            self.fault(at, &format!("unknown key `{key}` in {name}; the keys there are {}", known.join(", ")))
        })
        .collect()
    }

    /// Line and column of a byte.
    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        (line, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
    }

    /// An error at a byte of the file.
    fn fault(&self, at: usize, what: &str) -> ProfileError {
        let ((line, column), path) = (self.place(at), self.path.display());
        ProfileError::new(
            format!("The profile file {path} has a mistake in line {line}, column {column}: {what}."),
            "Correct that line.",
        )
    }
}

/// The settings that take the place of a key that would hold a secret.
pub(super) fn secret(key: &str) -> Option<&'static str> {
    Some(match key {
        "password" => "password",
        "client_secret" | "secret" => "client_secret",
        "access_token" | "token" | "bearer" => "access_token",
        _ => return None,
    })
}
