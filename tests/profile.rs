//! The config file from the outside: what the commands make of it, and the one that writes it by asking.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use mobproc::profile::SETTINGS;
use shell::{Server, Shell, configure, kill};

#[expect(dead_code, reason = "the tests in a terminal use the rest")]
#[path = "terminal/shell.rs"]
mod shell;

const TWO: &str = "default = \"qa\"

[profile.qa]
base_url = \"https://qa.example.com/v1\"
tenant = \"ACME\"
client_id = \"c-1\"
token_url = \"https://login.example.com/token\"
username = \"command://jdoe\"
password_command = [\"pass\", \"hunter2\"]
proxy = \"http://jdoe:hunter2@proxy.example.com:3128\"

[profile.live]
base_url = \"https://live.example.com/v1\"
tenant = \"ACME\"
client_id = \"c-2\"
";

/// What the program ends with, and all that it prints.
fn run(home: &Path, variables: &[(&str, &str)], line: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mobproc"));
    command.args(line.split_whitespace()).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin");
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn home(config: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    configure(home.path(), config);
    home
}

#[track_caller]
fn says(told: &str, lines: &[&str]) {
    for line in lines {
        assert!(told.contains(line), "{line:?} is not in:\n{told}");
    }
}

#[test]
fn the_list_names_each_profile_with_its_server_and_its_way_to_sign_in() {
    let home = home(TWO);
    let (code, told) = run(home.path(), &[], "profile list");
    assert_eq!(code, 0, "{told}");
    says(
        &told,
        &[
            "  live         https://live.example.com/v1  ready token: asked for when it is needed",
            "* qa           https://qa.example.com/v1  password of command://jdoe: the program pass",
        ],
    );
    let (_, told) = run(home.path(), &[], "--profile live profile list");
    says(&told, &["* live", "  qa"]);
    // One that is meant and is not there is told, below those that are.
    let (code, told) = run(home.path(), &[("MOBPROC_PROFILE", "nope")], "profile list");
    assert_eq!(code, 1, "{told}");
    says(&told, &["  live", "  qa", "There is no profile `nope` in "]);
    let (code, told) = run(tempfile::tempdir().unwrap().path(), &[], "profile list");
    assert_eq!(code, 0);
    says(&told, &["No profile file: the sandbox is used. mobproc init writes a first profile."]);
}

#[test]
fn what_is_in_force_is_shown_with_where_it_is_from_and_without_a_secret() {
    let home = home(TWO);
    let variables = [("MOBPROC_TENANT", "ENV"), ("MOBPROC_HIERARCHY_ID", "9"), ("MOBPROC_PASSWORD", "hunter2")];
    let (code, told) =
        run(home.path(), &variables, "-o hierarchy_id=17 -o base_url=https://other.example.com profile show");
    assert_eq!(code, 0, "{told}");
    let config = home.path().join(".config/mobproc/config.toml");
    let row = |key: &str, value: &str, origin: &str| format!("{key:<25} {value}  [{origin}]\n");
    says(
        &told,
        &[
            &row("tenant", "ENV", "MOBPROC_TENANT"),
            &row("hierarchy_id", "17", "-o hierarchy_id"),
            &row("client_id", "c-1", &format!("{}:6", config.display())),
            &row("proxy", "http://proxy.example.com:3128", &format!("{}:10", config.display())),
            &row("scope", "MOBPROC", "default"),
            "\nNot set: password_file, client_secret_command, client_secret_file, ",
            &row("state_dir", &home.path().join(".local/state/mobproc/qa").display().to_string(), "default"),
            "\npassword                  the program pass\n",
            "base_url is https://other.example.com, which comes from -o base_url and not from the profile's file",
            "MOBPROC_PASSWORD is set and is not used",
        ],
    );
    assert!(!told.contains("hunter2"), "{told}");
    let (code, told) = run(home.path(), &[], "profile show nope");
    assert_eq!(code, 1);
    says(&told, &["There is no profile `nope` in ", "it holds `live`, `qa`."]);
}

#[test]
fn a_check_names_every_mistake_of_every_profile_and_asks_no_server() {
    let two = TWO.replace("\"pass\"", "\"echo\"");
    let good = home(&two);
    let (code, told) = run(good.path(), &[], "profile check");
    assert_eq!((code, told.as_str()), (0, "ok  live\nok  qa\n"));
    let bad = home(&format!(
        "{two}password = \"hunter2\"\nstate_dir = \"here\"\n[profile.third]\ntenant = \"\\u001b[31m\"\n"
    ));
    let (code, told) = run(bad.path(), &[], "profile check");
    assert_eq!(code, 1);
    says(
        &told,
        &[
            "ok  qa\n",
            "In line 16 of the profile file ",
            "stands `password`: secrets are not kept there.",
            "line 17, column 13: `state_dir` must be a full path",
            "profile.third has no `base_url`",
            "line 19, column 10: `tenant` must be plain letters",
        ],
    );
    assert!(!told.contains("hunter2") && !told.contains('\u{1b}'), "{told}");
    assert_eq!(told.lines().count(), 6, "{told}");
    assert_eq!(run(bad.path(), &[], "profile check qa").0, 0);
    let (code, told) = run(home("default = \"no\"\n").path(), &[], "profile check");
    assert_eq!(code, 1);
    says(&told, &["There is no profile `no` in "]);
}

#[test]
fn a_check_looks_at_what_a_profile_names() {
    let place = tempfile::tempdir().unwrap();
    let token = place.path().join("my token");
    let ca_file = place.path().join("ca.pem");
    configure(
        place.path(),
        &format!(
            "{}access_token_file = \"{}\"\nca_file = \"{}\"\n",
            TWO.replace("\"pass\"", "\"no-such-program\""),
            token.display(),
            ca_file.display()
        ),
    );
    let check = || {
        let (code, told) = run(place.path(), &[], "profile check");
        assert_eq!(code, 1, "{told}");
        assert!(!told.contains("ok "), "{told}");
        told
    };
    says(
        &check(),
        &[
            "Profile live: access_token_file (",
            "my token) cannot be read: there is no such file; correct the profile or what it names",
            "ca.pem cannot be read: there is no such file; name a file with certificates (PEM)",
            "Profile qa: password_command (no-such-program) cannot be started: it is not in PATH",
        ],
    );
    // A command that mends it can be copied as it stands.
    std::fs::write(&token, "t\n").unwrap();
    std::fs::set_permissions(&token, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::write(&ca_file, "nothing").unwrap();
    let told = check();
    says(&told, &[&format!("may be read by others; chmod 600 '{}' mends it\n", token.display())]);
    says(&told, &["ca.pem holds no certificate; name a file"]);
    let odd = place.path().join("it's odd.toml");
    std::fs::write(&odd, TWO).unwrap();
    std::fs::set_permissions(&odd, PermissionsExt::from_mode(0o644)).unwrap();
    let (code, told) = run(place.path(), &[("MOBPROC_CONFIG", odd.to_str().unwrap())], "profile list");
    assert_eq!(code, 1);
    let word = odd.display().to_string().replace('\'', r"'\''");
    assert!(told.ends_with(&format!("Run: chmod 600 '{word}'\n")), "{told}");
}

#[test]
fn the_doctor_finds_nothing_wrong_with_a_good_profile_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let _server = Server::start(home.path(), &[]);
    let (code, told) = run(home.path(), &[("LANG", "C.UTF-8")], "doctor");
    assert_eq!(code, 0, "{told}");
    says(
        &told,
        &[
            "ok  config: profile qa of /",
            "ok  state directory: /",
            "/.local/state/mobproc/qa will be made with the first start\n",
            "ok  access token: the program echo\n",
            "ok  proxy: none is used to this machine\n",
            "ok  TLS: is not used to this machine\n",
            "ok  sign-in: a token is there; how long it lives is not known\n",
            "ok  ping: 127.0.0.1:",
            " with SANDBOX behind it\n",
            "ok  me: ",
            "of the 12 types\n",
            "ok  diagnostics: ",
            "IS_ACTOR_ACTIVE true",
            "ok  clock: ",
            "!   terminal: none here",
        ],
    );
    assert!(!home.path().join(".local").exists(), "{told}");
    let (code, told) = run(tempfile::tempdir().unwrap().path(), &[], "doctor");
    assert_eq!(code, 0, "{told}");
    says(&told, &["ok  config: there is none, so the sandbox is used", "ok  me: "]);
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_could_not_be_looked_at() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(place.path(), &["ping=date:+7200"]);
    let (code, told) = run(place.path(), &[], "doctor");
    assert_eq!(code, 0, "a clock that is off is a warning: {told}");
    says(&told, &["!   clock: this machine is ", "behind the server; set its clock."]);
    let file = place.path().join(".config/mobproc/config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let with = |from: &str, to: &str, line: &str| {
        configure(place.path(), &config.replace(from, to));
        let (code, told) = run(place.path(), &[], line);
        assert_eq!(code, 1, "{told}");
        told
    };
    let expired = with("\"t\"", "\"expired\"", "doctor");
    says(
        &expired,
        &[
            "--  ping: The server does not accept the sign-in (401)",
            "; fetch a new token; ",
            "..  me: skipped; the server must answer first",
        ],
    );
    let failing = with("\"echo\", \"t\"", "\"no-such-program\"", "doctor");
    says(
        &failing,
        &[
            "--  access token: access_token_command (no-such-program) cannot be started: it is not in PATH; ",
            "--  sign-in: No access token: ",
            "..  ping: skipped; signing in comes first",
            "..  clock: skipped",
        ],
    );
    let offline = with("\"echo\", \"t\"", "\"no-such-program\"", "doctor --offline");
    says(&offline, &["--  access token: ", "..  sign-in: skipped; --offline"]);
    let mistaken = with("tenant", "tennant", "doctor");
    says(
        &mistaken,
        &[
            "--  config: ",
            "unknown key `tennant`",
            "has no `tenant`",
            "..  sign-in: skipped; the configuration comes first",
        ],
    );
    drop(server);
    let unreachable = with("", "", "doctor");
    says(
        &unreachable,
        &["--  ping: 127.0.0.1:", "cannot be reached: ", "; check the network, the proxy, and base_url"],
    );
    std::fs::create_dir_all(place.path().join(".local/state/mobproc/qa")).unwrap();
    std::fs::set_permissions(place.path().join(".local/state/mobproc/qa"), PermissionsExt::from_mode(0o755)).unwrap();
    let open = with("", "", "doctor --offline");
    says(&open, &["--  state directory: The journal is not used: ", "is open to others (mode 755)", "chmod 700 /"]);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let (code, told) = run(place.path(), &[], "doctor --offline");
    assert_eq!(code, 1);
    says(&told, &["--  config: The profile file ", "can be read by others (mode 644). Run: chmod 600 /"]);
}

#[test]
fn the_doctor_tells_a_server_that_is_down_for_a_while_from_a_wrong_profile() {
    let place = tempfile::tempdir().unwrap();
    let _server = Server::start(place.path(), &["ping=status:503"]);
    let (code, told) = run(place.path(), &[], "doctor");
    assert_eq!(code, 1, "{told}");
    says(
        &told,
        &["--  ping: The server failed (503)", "; try again in a while; if it stays, tell the API's support\n"],
    );
    let config = std::fs::read_to_string(place.path().join(".config/mobproc/config.toml")).unwrap();
    let https = config.replace("http:", "https:").replace("tenant", "ca_file = \"/nonexistent/ca.pem\"\ntenant");
    configure(place.path(), &https);
    let (code, told) = run(place.path(), &[], "doctor");
    assert_eq!(code, 1, "{told}");
    says(&told, &["--  ping: 127.0.0.1:", "the certificates of ca_file, /nonexistent/ca.pem, ", "; correct ca_file\n"]);
}

#[test]
fn a_command_that_mends_the_file_stands_last_where_a_profile_was_to_be_written() {
    let mut shell = Shell::start((200, 24));
    configure(shell.home.path(), TWO);
    shell.command("chmod 644 ~/.config/mobproc/config.toml; $M init; echo code=$?");
    let shown = shell.until("code=1");
    let file = shell.home.path().join(".config/mobproc/config.toml");
    let end = format!("Nothing was written. Run: chmod 600 {}", file.display());
    assert!(shown.lines().any(|l| l.trim_end().ends_with(&end)), "{shown}");
}

#[test]
fn a_first_profile_is_written_by_asking_and_a_second_one_behind_it() {
    let mut shell = Shell::start((80, 24));
    shell.command("$M init; echo code=$?");
    for (question, answer) in [
        ("A name for the profile", "my qa"),
        ("plain letters, digits, - and _.", "qa"),
        ("The API's address", "http://api.example.com/v1"),
        ("base_url must begin with https://", "https://api.example.com/v1"),
        ("The tenant's code", "ACME"),
        ("client_id that", "c-1"),
        ("How does it sign in?", "1"),
        ("Where tokens are drawn", "https://login.example.com/token"),
        ("source system", "command://jdoe"),
        ("Where is the password?", "2"),
        ("The program and its arguments", "echo show 'mobproc qa'"),
        ("It holds '", "echo show mobproc/qa"),
        ("Where is the client's secret?", "1"),
    ] {
        shell.until(question);
        shell.quiet(std::time::Duration::from_millis(20));
        shell.command(answer);
    }
    shell.until("Next: mobproc doctor");
    shell.until("code=0");
    let config = shell.home.path().join(".config/mobproc/config.toml");
    let first = std::fs::read_to_string(&config).unwrap();
    assert_eq!(
        first,
        "# Profiles of mobproc. No secrets belong here.\ndefault = \"qa\"\n\n[profile.qa]\n\
         base_url = \"https://api.example.com/v1\"\ntenant = \"ACME\"\nclient_id = \"c-1\"\n\
         token_url = \"https://login.example.com/token\"\nusername = \"command://jdoe\"\n\
         password_command = [\"echo\", \"show\", \"mobproc/qa\"]\n"
    );
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&config), mode(config.parent().unwrap())), (0o600, 0o700));
    // Whoever leaves in between has written nothing.
    for leave in ["\x03", "\x04"] {
        shell.command("clear; $M init; echo code=$?");
        shell.until("A name for the profile");
        shell.command("live");
        shell.until("The API's address");
        shell.type_in(leave);
        shell.until("Left before the end. Nothing was written.");
        shell.until("code=1");
        assert_eq!(std::fs::read_to_string(&config).unwrap(), first);
    }
    shell.command("clear; $M init; echo code=$?");
    shell.until("A name for the profile");
    for answer in ["qa", "live", "https://live.example.com", "ACME", "c-2", "2", "1"] {
        shell.command(answer);
    }
    shell.until("Next: mobproc --profile live doctor");
    let second = std::fs::read_to_string(&config).unwrap();
    assert!(second.starts_with(&first), "{second}");
    assert_eq!(run(shell.home.path(), &[], "profile check").1, "ok  live\nok  qa\n");
}

#[test]
fn what_asks_wants_a_terminal() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let (code, told) = run(home.path(), &[], "init");
    assert_eq!(code, 1);
    says(&told, &["must be a terminal (over SSH: ssh -t). Nothing was written."]);
    // A command that prints asks on the terminal, without an echo.
    let _server = Server::start(home.path(), &[]);
    let file = home.path().join(".config/mobproc/config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    configure(home.path(), &config.replace("access_token_command", "#"));
    let mut shell = Shell::at_home((80, 24), Arc::clone(&home));
    shell.command("$M status 8694063; echo code=$?");
    shell.until("Access token for 127.0.0.1:");
    shell.quiet(std::time::Duration::from_millis(50));
    shell.command("typed-token");
    let shown = shell.until("code=0");
    assert!(shown.contains("SHIPPED") && !shown.contains("typed-token"), "{shown}");
}

#[test]
fn whoever_leaves_while_a_secret_is_asked_for_finds_the_terminal_as_it_was() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let _server = Server::start(home.path(), &["*/*=hang"]);
    let file = home.path().join(".config/mobproc/config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    configure(home.path(), &config.replace("access_token_command", "#"));
    let mut shell = Shell::at_home((100, 24), home);
    let asked = |shell: &mut Shell| {
        shell.command("clear; $M status 8694063; echo code=$?");
        shell.until("(not shown):");
        while shell.cooked() {
            std::thread::yield_now();
        }
    };
    let left = |shell: &mut Shell, code: &str, how: &str| {
        let shown = shell.wait(how, |screen| screen.lines().any(|l| l.trim_end().ends_with(code)));
        let modes = shell.stty(&format!("modes{}", how.len()));
        for mode in ["echo", "icanon", "isig"] {
            assert!(modes.split_whitespace().any(|m| m == mode), "{how:?}: {mode} is off:\n{modes}");
        }
        shown
    };
    let told = |shown: &str| {
        let line = "mobproc: Order 8694063 cannot be shown. No access token: it was not given.";
        assert!(shown.lines().any(|l| l.trim_end() == line), "{shown}");
    };
    for key in ["\x03", "\x04", "\r"] {
        asked(&mut shell);
        shell.type_in(key);
        told(&left(&mut shell, "code=1", key));
    }
    for signal in ["TERM", "HUP", "INT"] {
        asked(&mut shell);
        kill(signal, shell.pid_of_mobproc());
        told(&left(&mut shell, "code=1", signal));
    }
    // Whoever has answered can leave as before.
    asked(&mut shell);
    shell.command("typed-token");
    while !shell.cooked() {
        std::thread::yield_now();
    }
    shell.quiet(std::time::Duration::from_millis(100));
    shell.type_in("\x03");
    left(&mut shell, "code=130", "while it waits");
}

#[test]
fn arguments_that_a_sandbox_cannot_take_are_a_sentence_and_a_code() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let nowhere = home.path().join("nowhere/orders.jsonl");
    for (line, sentence) in [
        ("--listen 0.0.0.0:1".to_owned(), "listens on loopback addresses only, not on 0.0.0.0:1. "),
        (format!("--listen 127.0.0.1:{port}"), "something listens there already. "),
        (format!("--orders {}", nowhere.display()), "there is no directory "),
        (format!("--orders {}", home.path().display()), "it is not a plain file. "),
    ] {
        let (code, told) = run(home.path(), &[], &format!("sandbox {line}"));
        assert_eq!(code, 2, "{told}");
        assert!(told.starts_with("mobproc: ") && told.contains(sentence) && told.lines().count() == 1, "{told}");
    }
}

#[test]
fn the_readme_names_every_setting() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for setting in SETTINGS {
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        let row = format!("| `{}` | {} | {default} |", setting.key, setting.means);
        assert!(readme.contains(&row), "the README lacks this row:\n{row}");
    }
}
