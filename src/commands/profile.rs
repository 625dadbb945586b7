//! `mobproc profile`: what stands in the config file, and what counts.

use std::process::ExitCode;

use mobproc::domain::text::Clean;
use mobproc::profile::{self, Config, Origin, Profile, ProfileError, Reading, SignIn, told};

use super::connect::{asked, variable};
use super::doctor::machine::authorities;
use super::doctor::mended;
use crate::{Arguments, Profiles, out};

/// `mobproc profile list`, `show` and `check`.
pub(crate) fn profiles(arguments: &Arguments, what: &Profiles) -> ExitCode {
    let asked = asked(arguments);
    let config = match profile::read(&asked) {
        Ok(Some(config)) => config,
        Ok(None) => {
            print("No profile file: the sandbox is used. mobproc init writes a first profile.");
            return ExitCode::SUCCESS;
        }
        Err(mistake) => return failed(&[&mistake]),
    };
    let wanted = match what {
        Profiles::List => return list(&config, asked.wanted().as_deref()),
        Profiles::Check { name: None } => return check(&config, config.profiles.iter()),
        Profiles::Check { name } | Profiles::Show { name } => name.clone().or_else(|| asked.wanted()),
    };
    if !config.mistakes.is_empty() {
        return failed(&config.mistakes.iter().collect::<Vec<_>>());
    }
    let reading = match config.position(wanted.as_deref()) {
        Ok(at) => config.profiles.get(at),
        Err(mistake) => return failed(&[&mistake]),
    };
    match (reading, what) {
        (Some(reading), Profiles::Show { .. }) => show(&config, reading),
        (reading, _) => check(&config, reading.into_iter()),
    }
}

/// A line on standard output, for whoever still reads it. What a file or a variable says is made clean here.
fn print(line: &str) {
    out::line(&Clean::new(line));
}

fn failed(mistakes: &[&ProfileError]) -> ExitCode {
    for mistake in mistakes {
        out::complain(&Clean::new(&mistake.plainly()));
    }
    ExitCode::FAILURE
}

fn list(config: &Config, wanted: Option<&str>) -> ExitCode {
    let used = config.position(wanted).ok();
    for (at, reading) in config.profiles.iter().enumerate() {
        let mark = if used == Some(at) { '*' } else { ' ' };
        match &reading.profile {
            Ok(profile) => {
                print(&format!("{mark} {:<12} {}  {}", reading.name, profile.base_url, way(profile)));
            }
            Err(_) => print(&format!("{mark} {:<12} has mistakes: see mobproc profile check", reading.name)),
        }
    }
    if config.profiles.is_empty() && config.mistakes.is_empty() {
        print("The file holds no profile. mobproc init adds one.");
    }
    // Several profiles of which none is meant are no mistake; one that is meant and is not there is one.
    let lost = wanted.or(config.default.as_deref()).and_then(|name| config.position(Some(name)).err());
    let mistakes: Vec<_> = config.mistakes.iter().chain(&lost).collect();
    if mistakes.is_empty() { ExitCode::SUCCESS } else { failed(&mistakes) }
}

/// How a profile signs in, in a word or two.
fn way(profile: &Profile) -> String {
    match &profile.sign_in {
        SignIn::Token(source) => format!("ready token: {}", told(source)),
        SignIn::Password(grant) => format!("password of {}: {}", grant.username, told(&grant.password)),
    }
}

fn show(config: &Config, reading: &Reading) -> ExitCode {
    let profile = match &reading.profile {
        Ok(profile) => profile,
        Err(mistakes) => return failed(&mistakes.iter().collect::<Vec<_>>()),
    };
    print(&format!("Profile {} of {}", reading.name, config.path.display()));
    let mut unset = Vec::new();
    for given in &reading.given {
        let value = match (given.key, &given.origin) {
            ("state_dir", Origin::Default) => {
                profile::state_dir(Some(profile), &variable).map_or_else(|why| why, |dir| dir.display().to_string())
            }
            (_, _) => given.value.clone(),
        };
        if value.is_empty() {
            unset.push(given.key);
        } else {
            print(&format!("{:<25} {value}  [{}]", given.key, given.origin));
        }
    }
    print(&format!("Not set: {}", unset.join(", ")));
    print("Secrets, whose values are never shown:");
    for (wanted, source) in profile.sign_in.secrets() {
        print(&format!("{:<25} {}", wanted.key(), told(source)));
    }
    for warning in &profile.warnings {
        print(&format!("Warning: {warning}."));
    }
    ExitCode::SUCCESS
}

/// What is wrong with the files and programs that a profile names. No secret is fetched, and no program started.
fn files(profile: &Profile) -> Vec<String> {
    let secrets = profile.sign_in.secrets().into_iter();
    let secrets = secrets.filter_map(|(wanted, source)| source.check(wanted.key()).err()).map(|why| mended(&why));
    let ca_file = profile.network.ca_file.iter();
    let ca_file = ca_file.filter_map(|file| Some(format!("ca_file {} {}", file.display(), authorities(file).err()?)));
    secrets.chain(ca_file).collect()
}

fn check<'a>(config: &'a Config, readings: impl Iterator<Item = &'a Reading>) -> ExitCode {
    let mut mistakes: Vec<&ProfileError> = config.mistakes.iter().collect();
    let readings: Vec<_> = readings.collect();
    let mut beside = Vec::new();
    for reading in &readings {
        match &reading.profile {
            Ok(profile) => {
                let wrong = files(profile);
                if wrong.is_empty() {
                    print(&format!("ok  {}", reading.name));
                }
                beside.extend(wrong.iter().map(|what| format!("Profile {}: {what}", reading.name)));
                for warning in &profile.warnings {
                    print(&format!("!   {}: {warning}", reading.name));
                }
            }
            Err(wrong) => mistakes.extend(wrong),
        }
    }
    // A default that is not there is a mistake of the file, too.
    let lost = config.default.as_deref().and_then(|name| config.position(Some(name)).err());
    mistakes.extend(&lost);
    let empty = readings.is_empty().then(|| config.position(None).err()).flatten();
    if mistakes.is_empty() {
        mistakes.extend(&empty);
    }
    for what in &beside {
        out::complain(&Clean::new(what));
    }
    if mistakes.is_empty() && beside.is_empty() { ExitCode::SUCCESS } else { failed(&mistakes) }
}
