//! Secrets are planted wherever they come from, an order is placed, and then they are looked for wherever one could leak to.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::shell::{Server, Shell};

/// What must be found nowhere: each differs in every run, and is known by its name.
struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    fn new() -> Self {
        let names = ["password", "client-secret", "access-1", "access-2", "refresh-1", "refresh-2", "typed", "pin"];
        let of = |name: &'static str| {
            let chance = uuid::Uuid::new_v4().simple().to_string();
            // A PIN must have room in its field.
            (name, if name == "pin" { format!("p{}", &chance[..12]) } else { format!("canary-{chance}") })
        };
        Self(names.map(of).into())
    }
    fn of(&self, name: &str) -> &str {
        &self.0.iter().find(|(n, _)| *n == name).unwrap().1
    }
    /// Those that are in there.
    fn found(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let holds = |secret: &str| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        self.0.iter().filter(|(_, secret)| holds(secret)).map(|(name, _)| *name).collect()
    }
}

/// A token endpoint: the second of each token comes where the first was given. What it was sent.
fn token_server(canaries: &Canaries) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/as/token.oauth2", listener.local_addr().unwrap());
    let pair = |n| (canaries.of(&format!("access-{n}")).to_owned(), canaries.of(&format!("refresh-{n}")).to_owned());
    let pairs = [pair(1), pair(2)];
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                let lower = line.to_ascii_lowercase();
                if let Some(given) = lower.strip_prefix("content-length:") {
                    length = given.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let at = {
                let mut log = log.lock().unwrap();
                log.push(String::from_utf8(body).unwrap());
                log.len() - 1
            };
            let (access, refresh) = &pairs[at.min(1)];
            let reply = format!(
                "{{\"token_type\":\"Bearer\",\"expires_in\":7199,\"refresh_token\":\"{refresh}\",\"access_token\":\"{access}\"}}"
            );
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", reply.len());
            let _ = reader.get_mut().write_all(format!("{head}{reply}").as_bytes());
        }
    });
    (url, seen)
}

/// Arguments and environment of everything that runs below a process, as often as one can look.
fn watch(root: u32, end: Arc<AtomicBool>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut seen = BTreeSet::new();
        while !end.load(Ordering::SeqCst) {
            let mut all = vec![root];
            while let Some(pid) = all.pop() {
                let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
                all.extend(children.split_whitespace().filter_map(|c| c.parse::<u32>().ok()));
                for file in ["cmdline", "environ"] {
                    seen.insert(std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default());
                }
            }
            std::thread::yield_now();
        }
        seen.into_iter().flatten().collect()
    })
}

/// Files below a folder that were written since then; those that cannot be read are none of ours.
fn written_since(folder: &Path, then: SystemTime, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(meta) = entry.path().symlink_metadata() else { continue };
        let new = meta.modified().is_ok_and(|at| at >= then);
        if meta.is_dir() && new {
            written_since(&entry.path(), then, out);
        } else if meta.is_file() && new && meta.len() < 32 << 20 {
            out.push(entry.path());
        }
    }
}

/// A home with a profile that signs in by password; whether the password is a program's, or asked for.
fn prepare(home: &Path, vault: &Path, canaries: &Canaries, url: &str, asks: bool) -> String {
    let write = |path: &Path, text: &str, mode| {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let evidence = home.join("evidence");
    let program = vault.join("password");
    let (secret, evidence) = (canaries.of("password"), evidence.display());
    write(&program, &format!("#!/bin/sh\nenv >> {evidence}\necho \"$0 $*\" >> {evidence}\necho {secret}\n"), 0o700);
    let file = vault.join("client-secret");
    write(&file, canaries.of("client-secret"), 0o600);
    let config = home.join(".config/mobproc/config.toml");
    let before = std::fs::read_to_string(&config).unwrap();
    let base = before.lines().find(|l| l.starts_with("base_url")).unwrap().to_owned();
    let command = format!("password_command = [\"{}\"]\n", program.display());
    let password = if asks { "" } else { &command };
    let text = format!(
        "[profile.qa]\n{base}\ntoken_url = \"{url}\"\ntenant = \"T\"\nclient_id = \"C\"\nusername = \"command://jdoe\"\n\
         {password}client_secret_file = \"{}\"\n",
        file.display()
    );
    write(&config, &text, 0o600);
    text
}

/// Places an order of a type that wants a PIN; the question for a password is answered where it comes.
fn order(shell: &mut Shell, canaries: &Canaries, asks: bool) {
    shell.command("$M; echo code=$?");
    if asks {
        shell.until("Password of command://jdoe");
        shell.quiet(Duration::from_millis(900));
        shell.type_in(canaries.of("typed"));
        shell.until("> ****");
        shell.type_in("\r");
    }
    shell.until("yourself");
    shell.type_in("i/edw acc\r");
    shell.until("Step 3 of 5");
    // Several plans match: what is typed blind does not choose among them.
    shell.type_in("1106477\rs4 bl\rnati");
    shell.until("match \"nati\"");
    shell.type_in("\r\x0f");
    // What is agreed to is read first.
    for (keys, open) in [("\r", "to be read"), ("y\x0f", "must be ticked")] {
        shell.until(open);
        while shell.screen.screen().contents().contains(open) {
            shell.type_in(keys);
            // What is typed while a text is still coming is not taken for having read it.
            shell.quiet(Duration::from_millis(150));
        }
    }
    shell.type_in("2035550123\x0f");
    shell.type_in(canaries.of("pin"));
    shell.type_in("\x0f1\x0f");
    shell.until("SERVER TOTAL");
    shell.type_in("b");
    shell.until("********");
    shell.type_in("b\x1b[6~");
    shell.quiet(Duration::from_millis(800));
    shell.type_in("\x1b[6~");
    shell.submit();
    shell.leave();
    shell.until("code=0");
}

#[test]
fn no_secret_leaks_to_arguments_environment_files_logs_or_the_terminal() {
    for asks in [false, true] {
        let canaries = Canaries::new();
        let begun = SystemTime::now();
        let vault = tempfile::tempdir().unwrap();
        let mut shell = Shell::start((80, 24));
        let home = shell.home.path().to_owned();
        // A call in the middle is not let in, so that a refresh token is used too.
        let _server = Server::start(&home, &["GET regions@1=status:401"]);
        let (url, asked) = token_server(&canaries);
        prepare(&home, vault.path(), &canaries, &url, asks);
        let end = Arc::new(AtomicBool::new(false));
        let watching = watch(shell.child.process_id().unwrap(), end.clone());
        order(&mut shell, &canaries, asks);
        shell.command("$M status 8694063; echo status=$?");
        if asks {
            shell.until("(not shown)");
            shell.type_in(&format!("{}\r", canaries.of("typed")));
        }
        shell.until("status=0");
        shell.command("$M profile show; $M logs; $M logs --json; $M reconcile; echo all=$?");
        shell.until("all=0");
        end.store(true, Ordering::SeqCst);

        // They were in use: what is found nowhere else was there.
        let asked = asked.lock().unwrap().join("\n");
        let used = if asks { "typed" } else { "password" };
        let used: BTreeSet<&str> = [used, "client-secret", "refresh-1"].into();
        assert_eq!(canaries.found(asked.as_bytes()), used, "the sign-in server was sent these");
        assert_eq!(Server::placed(&home), 1);

        let seen = watching.join().unwrap();
        assert!(!seen.is_empty());
        assert_eq!(canaries.found(&seen), BTreeSet::new(), "arguments and environments");
        assert_eq!(canaries.found(&shell.raw), BTreeSet::new(), "the terminal");
        let mut files = Vec::new();
        for folder in [&home, Path::new("/tmp"), Path::new("/dev/shm"), Path::new("/var/tmp")] {
            written_since(folder, begun, &mut files);
        }
        // The sandbox keeps what it was sent, as a server does.
        files.retain(|f| !f.starts_with(vault.path()) && !f.ends_with("orders.jsonl"));
        assert!(files.iter().any(|f| f.ends_with("state.db")) && files.iter().any(|f| f.ends_with("intents.log")));
        for file in files {
            let found = canaries.found(&std::fs::read(&file).unwrap_or_default());
            assert_eq!(found, BTreeSet::new(), "{}", file.display());
        }
    }
}
