//! What whoever works with the program feels, measured in a pseudo-terminal beside the least that a ratatui program does:
//! the first frame, a key, what stays in memory, and what wakes an idle program. All of it with a profile, whose server
//! is a sandbox of another process.
//!
//! `cargo build --release --examples && cargo build --release && target/release/examples/figures [ROUNDS]`: the program last,
//! for what the examples need beside it is not in what people are given.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

type Failed = Box<dyn Error>;

/// Keys of a round, to each program.
const KEYS: usize = 100;
/// Between two keys: whatever the last one has caused is over.
const BETWEEN: Duration = Duration::from_millis(8);

fn main() -> Result<(), Failed> {
    let rounds = std::env::args().nth(1).map_or(Ok(20), |text| text.parse::<usize>())?;
    let here = std::env::current_exe()?;
    let examples = here.parent().ok_or("no folder")?;
    let programs = examples.parent().ok_or("no folder")?;
    let (ours, echo) = (programs.join("mobproc"), examples.join("echo_key"));
    let home = tempfile::tempdir()?;
    let _server = Server::start(&ours, home.path())?;
    let mut found: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        // One after the other: neither begins while the other does.
        let mut echoing = Program::start(&echo, home.path())?;
        found.entry("first frame of the reference, ms").or_default().push(echoing.until("ready")?);
        let mut ordering = Program::start(&ours, home.path())?;
        found.entry("first frame, ms").or_default().push(ordering.until("Who is the order for?")?);
        ordering.until("yourself")?;
        // Whom it is for, which type, the date, and then the box of the instructions.
        ordering.press("s/edw dev\r+7\r")?;
        ordering.until("Additional")?;
        ordering.quiet(Duration::from_millis(400));
        for key in 0..KEYS {
            let letter = ["a", "b", "c", "d", "e"][key % 5];
            // In turn first and second, so that what else the machine does meets both.
            for first in [key % 2 == 0, key % 2 == 1] {
                let (program, name) = if first {
                    (&mut echoing, "a key of the reference, ms")
                } else {
                    (&mut ordering, "a key in a form, ms")
                };
                let took = program.key(letter)?;
                found.entry(name).or_default().push(took);
            }
        }
        found.entry("resident at most, MiB").or_default().push(ordering.resident()?);
        if round == 0 {
            ordering.quiet(Duration::from_secs(3));
            let before = ordering.turns()?;
            std::thread::sleep(Duration::from_secs(5));
            let woken = ordering.turns()? - before;
            println!("wake-ups of an idle form within 5 s: {woken}");
        }
    }
    println!("{rounds} rounds, {KEYS} keys each\n{:36} {:>8} {:>8} {:>8}", "", "p50", "p99", "most");
    for (name, mut all) in found {
        all.sort_by(f64::total_cmp);
        let at = |share: usize| all[(all.len() * share / 100).min(all.len() - 1)];
        println!("{name:36} {:8.3} {:8.3} {:8.3}", at(50), at(99), at(100));
    }
    Ok(())
}

/// A program in a terminal of its own.
struct Program {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    /// What it writes, and when that was there to be read.
    output: Receiver<(Instant, Vec<u8>)>,
    input: Box<dyn Write + Send>,
    _terminal: Box<dyn MasterPty + Send>,
    begun: Instant,
    /// When what came last was there.
    at: Instant,
    shown: Vec<u8>,
}

impl Program {
    fn start(program: &Path, home: &Path) -> Result<Self, Failed> {
        let terminal = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("USER", "jdoe")] {
            command.env(name, value);
        }
        command.env("HOME", home);
        let (mut reader, input) = (terminal.master.try_clone_reader()?, terminal.master.take_writer()?);
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut room = [0; 8192];
            while let Ok(count) = reader.read(&mut room)
                && count > 0
                && send.send((Instant::now(), room[..count].to_vec())).is_ok()
            {}
        });
        let begun = Instant::now();
        let child = terminal.slave.spawn_command(command)?;
        Ok(Self { child, output, input, _terminal: terminal.master, begun, at: begun, shown: Vec::new() })
    }
    /// Takes what is written next, where something is within so much time.
    fn read(&mut self, within: Duration) -> bool {
        let Ok((at, bytes)) = self.output.recv_timeout(within) else { return false };
        self.at = at;
        self.shown.extend(bytes);
        true
    }
    /// Waits until that was written; when, since the program was started, in milliseconds.
    fn until(&mut self, text: &str) -> Result<f64, Failed> {
        while !self.shown.windows(text.len()).any(|part| part == text.as_bytes()) {
            if !self.read(Duration::from_secs(20)) {
                return Err(format!("{text:?} did not come").into());
            }
        }
        Ok((self.at - self.begun).as_secs_f64() * 1e3)
    }
    fn quiet(&mut self, silence: Duration) {
        while self.read(silence) {}
    }
    fn press(&mut self, keys: &str) -> Result<(), Failed> {
        self.shown.clear();
        self.input.write_all(keys.as_bytes())?;
        Ok(self.input.flush()?)
    }
    /// A key; how long its letter takes to come, in milliseconds.
    fn key(&mut self, letter: &str) -> Result<f64, Failed> {
        self.quiet(BETWEEN);
        let begun = Instant::now();
        self.press(letter)?;
        while !self.shown.windows(letter.len()).any(|part| part == letter.as_bytes()) {
            if !self.read(Duration::from_secs(5)) {
                return Err("a key was not answered".into());
            }
        }
        Ok((self.at - begun).as_secs_f64() * 1e3)
    }
    fn pid(&self) -> Result<u32, Failed> {
        Ok(self.child.process_id().ok_or("no process")?)
    }
    /// The most that was resident at any time, in MiB.
    fn resident(&self) -> Result<f64, Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status.lines().find(|line| line.starts_with("VmHWM")).ok_or("no VmHWM")?;
        let kib: f64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
        Ok(kib / 1024.0)
    }
    /// How often its threads have been given a processor.
    fn turns(&self) -> Result<u64, Failed> {
        let mut turns = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid()?))? {
            let status = std::fs::read_to_string(thread?.path().join("status"))?;
            let counts = status.lines().filter(|line| line.contains("ctxt_switches"));
            turns += counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>();
        }
        Ok(turns)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A sandbox of its own process, and the profile that names it.
struct Server(std::process::Child);

impl Server {
    fn start(ours: &Path, home: &Path) -> Result<Self, Failed> {
        let mut child =
            Command::new(ours).args(["sandbox", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let server = Self(child);
        let url = line.trim().strip_prefix("listening on ").ok_or("no address")?;
        let (folder, token) = (home.join(".config/mobproc"), home.join("token"));
        std::fs::create_dir_all(&folder)?;
        let config = format!(
            "[profile.qa]\nbase_url = \"{url}\"\ntenant = \"T\"\nclient_id = \"C\"\naccess_token_file = \"{}\"\n",
            token.display()
        );
        for (path, text) in [(folder.join("config.toml"), config.as_str()), (token, "token\n")] {
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
