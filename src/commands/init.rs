//! `mobproc init`: a profile is written by asking, line by line, so that it works in every terminal. No secret is asked
//! for, and none is written.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::eyre;
use mobproc::domain::text::{Clean, shell_word};
use mobproc::profile::{self, Asked, Config, ProfileError, Setting};
use mobproc::runtime::terminal;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::connect::asked;
use crate::{Arguments, out};

/// The longest answer (bytes).
const ANSWER: u64 = 4096;
const NOTHING: &str = "Nothing was written.";

/// `mobproc init`.
pub(crate) async fn init(arguments: &Arguments) -> eyre::Result<ExitCode> {
    if !terminal::present() {
        return Ok(failed("mobproc init asks, so standard input and output must be a terminal (over SSH: ssh -t)."));
    }
    let path = match asked(arguments).path() {
        Ok(path) => path,
        Err(mistake) => return Ok(mistaken(&mistake)),
    };
    let old = match profile::text(&path) {
        Ok(old) => old,
        Err(mistake) => return Ok(mistaken(&mistake)),
    };
    let config = read(&path, old.as_deref().unwrap_or_default());
    if let Some(mistake) = config.mistakes.first() {
        return Ok(mistaken(mistake));
    }
    let into = if old.is_some() { "adds a profile to" } else { "writes a first profile into" };
    say(&format!("This {into} {}.", path.display()));
    say("No secret is asked for, and none is written. ^C leaves, and nothing is written.\n");
    let mut asking = Asking { interrupted: signal(SignalKind::interrupt())? };
    let Some((name, block)) = asking.profile(&config).await else {
        say("");
        return Ok(failed("Left before the end."));
    };
    Ok(match put(&path, old.as_deref(), &name, &block) {
        Ok(()) => {
            next(&path, &name, &config, arguments);
            ExitCode::SUCCESS
        }
        Err(why) => failed(&why),
    })
}

/// A line or more on the terminal.
fn say(text: &str) {
    text.split('\n').for_each(|line| out::line(&Clean::new(line)));
}

fn failed(why: &str) -> ExitCode {
    out::complain(&Clean::new(&format!("{why} {NOTHING}")));
    ExitCode::FAILURE
}

/// The same for what is wrong with the file: a command that mends it stands last.
fn mistaken(mistake: &ProfileError) -> ExitCode {
    out::complain(&Clean::new(&mistake.meaning(NOTHING)));
    ExitCode::FAILURE
}

/// A text as a config file, without anything that flags or the environment say.
fn read(path: &Path, text: &str) -> Config {
    profile::parsed(path, text, &Asked { config: None, profile: None, options: &[], env: &|_| None })
}

/// What comes next.
fn next(path: &Path, name: &str, before: &Config, arguments: &Arguments) {
    say(&format!("\nWritten: profile {name} in {}. A check of it, signing in and all, comes next.", path.display()));
    let word = |file: &PathBuf| shell_word(&file.display().to_string());
    let config = arguments.config.as_ref().map(|file| format!(" --config {}", word(file))).unwrap_or_default();
    let others = !before.profiles.is_empty() && before.default.as_deref() != Some(name);
    let profile = if others { format!(" --profile {name}") } else { String::new() };
    if others && before.default.is_none() {
        say("There are several profiles now: --profile NAME chooses one, or default = \"NAME\" as the");
        say("first line of the file.");
    }
    say(&format!("Next: mobproc{config}{profile} doctor"));
    say(&format!("Then: mobproc{config}{profile}"));
}

/// Whoever sits there, as long as he answers.
struct Asking {
    interrupted: Signal,
}

impl Asking {
    /// An answer without blanks at its ends; nothing where he has left.
    async fn line(&mut self, prompt: &str) -> Option<String> {
        out::prompt(&Clean::new(prompt));
        let reading = tokio::task::spawn_blocking(|| {
            let (mut line, mut byte) = (Vec::new(), [0]);
            // Byte by byte: what is typed ahead stays for the next question.
            let mut input = io::stdin().lock().take(ANSWER);
            loop {
                match input.read(&mut byte) {
                    Ok(1..) if byte == *b"\n" => return Some(line),
                    Ok(1..) => line.extend(byte),
                    Ok(0) | Err(_) => return None,
                }
            }
        });
        let line = tokio::select! {
            line = reading => line.ok().flatten()?,
            _ = self.interrupted.recv() => return None,
        };
        // What is not text is no answer.
        Some(String::from_utf8(line).unwrap_or_default().trim().to_owned())
    }

    /// Asks until the answer will do; why one will not is said.
    async fn until<T>(&mut self, prompt: &str, accept: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        loop {
            match accept(&self.line(prompt).await?) {
                Ok(answer) => return Some(answer),
                Err(why) => say(&format!("  {why}.")),
            }
        }
    }

    /// The value of a setting, as a line of the file.
    async fn setting(&mut self, key: &str, prompt: &str) -> Option<String> {
        let setting = Setting::named(key)?;
        let accept = |text: &str| setting.accepts(text).map_err(|why| format!("{key} {why}"));
        let text = self.until(prompt, |text| accept(text).map(|()| text.to_owned())).await?;
        Some(format!("{key} = {}\n", quoted(&text)))
    }

    /// One of several, by its number.
    async fn choice(&mut self, question: &str, all: &[&str]) -> Option<usize> {
        say(question);
        for (at, what) in all.iter().enumerate() {
            say(&format!("  {} {what}", at + 1));
        }
        let numbers: Vec<String> = (1..=all.len()).map(|n| n.to_string()).collect();
        let wrong = || format!("Answer with one of {}", numbers.join(", "));
        self.until("Number: ", |text| numbers.iter().position(|n| n == text).ok_or_else(wrong)).await
    }

    /// The whole profile: its name, and its table.
    async fn profile(&mut self, config: &Config) -> Option<(String, String)> {
        let taken = |name: &str| config.profiles.iter().any(|p| p.name == name);
        let name = self
            .until("A name for the profile, for example qa: ", |text| match name(text) {
                Err(why) => Err(why.to_owned()),
                Ok(()) if taken(text) => Err(format!("The file has a profile {text} already; choose another name")),
                Ok(()) => Ok(text.to_owned()),
            })
            .await?;
        let mut block = format!("[profile.{name}]\n");
        for (key, prompt) in [
            ("base_url", "The API's address, such as https://api.example.com/v1: "),
            ("tenant", "The tenant's code: "),
            ("client_id", "The client_id that the API's owner gave you: "),
        ] {
            block += &self.setting(key, prompt).await?;
        }
        block += &self.sign_in().await?;
        Some((name, block))
    }

    async fn sign_in(&mut self) -> Option<String> {
        let ways = ["with a user's name and password", "with an access token that you have from elsewhere"];
        if self.choice("How does it sign in?", &ways).await? == 1 {
            return self.source("access_token", "Where is the access token?", true).await;
        }
        let mut lines = String::new();
        for (key, prompt) in [
            ("token_url", "Where tokens are drawn, such as https://login.example.com/token: "),
            ("username", "The user's name with its source system, such as command://jdoe: "),
        ] {
            lines += &self.setting(key, prompt).await?;
        }
        lines += &self.source("password", "Where is the password?", true).await?;
        lines += &self.source("client_secret", "Where is the client's secret?", false).await?;
        Some(lines)
    }

    /// Where a secret is to be found, never the secret: perhaps a line of the file.
    async fn source(&mut self, key: &str, question: &str, asked: bool) -> Option<String> {
        let none = if asked { "nowhere: ask for it at each start" } else { "there is none" };
        let ways =
            [none, "a program prints it, such as: pass show mobproc/qa", "a file holds it, which only you can read"];
        match self.choice(question, &ways).await? {
            0 => Some(String::new()),
            1 => {
                let words = self.until("The program and its arguments: ", command).await?;
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                Some(format!("{key}_command = [{}]\n", words.join(", ")))
            }
            _ => self.setting(&format!("{key}_file"), "The file's full path: ").await,
        }
    }
}

/// Whether a profile can be called so without quotes in the file.
fn name(text: &str) -> Result<(), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match text {
        "" => Err("It must not be empty"),
        text if text.len() > 40 => Err("It must not be longer than 40 letters"),
        text if text.chars().all(plain) => Ok(()),
        _ => Err("It must be plain letters, digits, - and _"),
    }
}

/// The words of a command. No shell reads them, so nothing of a shell's is taken.
fn command(text: &str) -> Result<Vec<String>, String> {
    if let Some(sign) = text.chars().find(|c| "\"'`$|<>&;\\~*".contains(*c)) {
        let shell = "no shell reads this, so words are parted by blanks and nothing else. A program with other \
                     arguments can be written into the file later";
        return Err(format!("It holds {sign}, and {shell}"));
    }
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() || words.iter().any(|word| word.chars().any(char::is_control)) {
        return Err("It must be a program, and perhaps its arguments".into());
    }
    Ok(words)
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Writes the profile: into a new file, or behind what stands in the file, of which not a byte changes. What would not
/// be read again is not written.
fn put(path: &Path, old: Option<&str>, name: &str, block: &str) -> Result<(), String> {
    let added = match old {
        None => format!("# Profiles of mobproc. No secrets belong here.\ndefault = {}\n\n{block}", quoted(name)),
        Some(text) if text.is_empty() || text.ends_with('\n') => format!("\n{block}"),
        Some(_) => format!("\n\n{block}"),
    };
    let config = read(path, &format!("{}{added}", old.unwrap_or_default()));
    let written = config.profiles.iter().find(|p| p.name == name);
    if config.mistakes.is_empty() && written.is_some_and(|p| p.profile.is_ok()) {
        let done = if let Some(old) = old { append(path, old, &added) } else { create(path, &added) };
        return done.map_err(|e| format!("{} cannot be written: {e}.", path.display()));
    }
    let wrong = config.mistakes.first().map_or_else(
        || written.and_then(|p| p.profile.as_ref().err()?.first().map(|m| m.plainly())).unwrap_or_default(),
        |mistake| mistake.plainly(),
    );
    Err(format!("The profile does not fit into {}: {wrong}", path.display()))
}

/// A new file: never over another, and gone again where it cannot be written whole.
fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = std::fs::remove_file(path);
    })
}

fn append(path: &Path, old: &str, added: &str) -> io::Result<()> {
    let mut file = File::options().append(true).open(path)?;
    let length = old.len() as u64;
    if file.metadata()?.size() != length {
        return Err(io::Error::other("it has changed meanwhile"));
    }
    file.write_all(added.as_bytes()).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = file.set_len(length);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const BLOCK: &str = "[profile.qa]\nbase_url = \"https://api.example.com\"\ntenant = \"T\"\nclient_id = \"C\"\n";

    #[test]
    fn what_stands_in_the_file_stays_byte_for_byte_and_the_new_profile_behind_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.toml");
        for old in ["# mine\r\n[profile.live]\nbase_url='https://live.example.com'", "", "# only a comment\n"] {
            std::fs::write(&path, old).unwrap();
            put(&path, Some(old), "qa", BLOCK).unwrap();
            let now = std::fs::read_to_string(&path).unwrap();
            assert!(now.starts_with(old) && now.ends_with(BLOCK), "{now}");
        }
    }

    #[test]
    fn nothing_is_written_over_another_file_nor_where_it_could_not_be_read_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("sub/dir/config.toml");
        put(&path, None, "qa", BLOCK).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(put(&path, None, "qa", BLOCK).unwrap_err().contains("exists"), "the file came meanwhile");
        assert!(put(&path, Some("shorter"), "qa", BLOCK).is_err(), "it changed meanwhile");
        let inline = "profile = { live = {} }\n";
        std::fs::write(&path, inline).unwrap();
        let why = put(&path, Some(inline), "qa", BLOCK).unwrap_err();
        assert!(why.contains("does not fit into"), "{why}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), inline);
        assert!(text.contains("default = \"qa\""), "{text}");
    }

    #[test]
    fn a_command_is_words_and_nothing_of_a_shell() {
        assert_eq!(command(" pass  show mobproc/qa "), Ok(vec!["pass".into(), "show".into(), "mobproc/qa".into()]));
        for odd in ["", "pass 'a b'", "cat $HOME/x", "a | b", "~/x"] {
            assert!(command(odd).is_err(), "{odd}");
        }
        assert!(command("echo \"x\"").unwrap_err().contains("It holds \""));
    }

    #[test]
    fn a_name_needs_no_quotes() {
        assert_eq!([name("qa"), name("v1-qa_2")], [Ok(()), Ok(())]);
        for odd in ["", "a.b", "a b", "\u{e9}", "a]"] {
            assert!(name(odd).is_err(), "{odd}");
        }
    }
}
