//! A program in a pseudo-terminal of its own, and when it wrote what.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::Failed;

/// So long anything may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(900);
/// What looks after a program that does nothing may do that now and then, in the system's ticks.
const A_LITTLE: u64 = 3;
const SIZE: (u16, u16) = (100, 30);

pub struct Program {
    child: Box<dyn Child + Send + Sync>,
    /// What it writes, and when that was there to be read.
    output: Receiver<(Instant, Vec<u8>)>,
    input: Box<dyn Write + Send>,
    _terminal: Box<dyn MasterPty + Send>,
    screen: vt100::Parser,
    pub begun: Instant,
}

/// What stood on the screen from some moment on.
pub struct Frame {
    pub at: Instant,
    pub text: String,
}

impl Program {
    pub fn start(program: &str, args: &[&str], home: &Path) -> Result<Self, Failed> {
        let size = PtySize { rows: SIZE.1, cols: SIZE.0, pixel_width: 0, pixel_height: 0 };
        let terminal = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        for (name, value) in
            [("PATH", "/usr/bin:/bin"), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("USER", "jdoe")]
        {
            command.env(name, value);
        }
        command.env("HOME", home);
        let (mut reader, input) = (terminal.master.try_clone_reader()?, terminal.master.take_writer()?);
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut room = vec![0; 65_536];
            while let Ok(count) = reader.read(&mut room)
                && count > 0
                && send.send((Instant::now(), room[..count].to_vec())).is_ok()
            {}
        });
        let begun = Instant::now();
        let child = terminal.slave.spawn_command(command)?;
        let screen = vt100::Parser::new(cells(SIZE.1), cells(SIZE.0), 0);
        Ok(Self { child, output, input, _terminal: terminal.master, screen, begun })
    }
    pub fn pid(&self) -> Result<u32, Failed> {
        Ok(self.child.process_id().ok_or("no process")?)
    }
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }
    /// Waits until the screen is like that; when it was.
    pub fn until(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> Result<Instant, Failed> {
        let mut at = self.begun;
        while !holds(&self.text()) {
            let (came, bytes) =
                self.output.recv_timeout(PATIENCE).map_err(|_| format!("{what} did not come:\n{}", self.text()))?;
            self.screen.process(&bytes);
            at = came;
        }
        Ok(at)
    }
    /// Presses keys while other things happen on the screen, too; when it was like that, and so long nothing is pressed then.
    pub fn type_on(&mut self, keys: &str, holds: impl Fn(&str) -> bool, rest: Duration) -> Result<Duration, Failed> {
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.screen.process(&bytes);
        }
        let begun = Instant::now();
        self.input.write_all(keys.as_bytes())?;
        self.input.flush()?;
        let shown = self.until(keys, holds)? - begun;
        let end = Instant::now() + rest;
        while let Ok((_, bytes)) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.screen.process(&bytes);
        }
        Ok(shown)
    }
    /// Presses keys; what stands on the screen from which moment on, until it is as it is to be and nothing has been written
    /// for so long. Nothing is looked at before all of that has come, for whoever looks takes a processor away.
    pub fn press(
        &mut self,
        keys: &str,
        silence: Duration,
        over: impl Fn(&str) -> bool,
    ) -> Result<(Instant, Vec<Frame>), Failed> {
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.screen.process(&bytes);
        }
        let begun = Instant::now();
        self.input.write_all(keys.as_bytes())?;
        self.input.flush()?;
        let mut frames = Vec::new();
        loop {
            let mut came = Vec::new();
            while let Ok(part) = self.output.recv_timeout(silence) {
                came.push(part);
            }
            for (at, bytes) in came {
                self.screen.process(&bytes);
                frames.push(Frame { at, text: self.text() });
            }
            if over(&self.text()) {
                return Ok((begun, frames));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{keys:?} was not answered:\n{}", self.text()).into());
            }
        }
    }
    /// Waits until it has done nothing for so long.
    pub fn idle(&mut self, silence: Duration) -> Result<(), Failed> {
        let pid = self.pid()?;
        let mut before = work(pid)?;
        loop {
            while let Ok((_, bytes)) = self.output.recv_timeout(silence) {
                self.screen.process(&bytes);
            }
            let now = work(pid)?;
            if now - before <= A_LITTLE {
                return Ok(());
            }
            before = now;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(count).unwrap_or(std::num::NonZero::<u16>::MIN)
}

/// How long a process has worked, in the system's ticks.
fn work(pid: u32) -> Result<u64, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(')').ok_or("no stat")?;
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok());
    Ok(ticks.sum())
}

/// Resident memory of a process, in MiB.
pub fn resident(pid: u32) -> Result<f64, Failed> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kib / 1024.0)
}

/// A sandbox of its own process.
pub struct Server {
    child: std::process::Child,
    pub url: String,
}

impl Server {
    pub fn start(program: &Path, people: usize, latency: u64) -> Result<Self, Failed> {
        let mut child = Command::new(program)
            .args(["sandbox", "--listen", "127.0.0.1:0", "--seed", "7", "--employees", &people.to_string()])
            .args(["--latency", &latency.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = child.stdout.take();
        let mut server = Self { child, url: String::new() };
        BufReader::new(output.ok_or("no output")?).read_line(&mut line)?;
        server.url = line.trim().strip_prefix("listening on ").ok_or("no address")?.to_owned();
        Ok(server)
    }
    /// Somebody who works with it: where they are at home.
    pub fn home(&self) -> Result<tempfile::TempDir, Failed> {
        let home = tempfile::tempdir()?;
        let (folder, token) = (home.path().join(".config/mobproc"), home.path().join("token"));
        std::fs::create_dir_all(&folder)?;
        let config = format!(
            "[profile.qa]\nbase_url = \"{}\"\ntenant = \"T\"\nclient_id = \"C\"\naccess_token_file = \"{}\"\n",
            self.url,
            token.display()
        );
        for (path, text) in [(folder.join("config.toml"), config.as_str()), (token, "token\n")] {
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(home)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
