//! A shell in a pseudo-terminal, in which mobproc is started as a user would, and what lies in that user's journal.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use mobproc::domain::kept::Kept;
use mobproc::store::{Options, Row, Store};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags};

/// A shell in a pseudo-terminal.
pub struct Shell {
    pub screen: vt100::Parser,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    reader: Arc<(Mutex<Reading>, Condvar)>,
    reading: Option<std::thread::JoinHandle<()>>,
    pub raw: Vec<u8>,
    pub home: Arc<tempfile::TempDir>,
}

/// What the reader of the terminal does.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    On,
    /// It takes nothing: what is written waits, and then whoever writes.
    Paused,
    /// It closes its end of the terminal after the next read.
    Ended,
}

/// How long anything may take before the test gives up; a condition is waited for, never this time.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The keys that place a first order, up to the review.
pub const PLACED: &str = "s/edw dev\r+7\x0f";

impl Shell {
    pub fn start(size: (u16, u16)) -> Self {
        Self::at_home(size, Arc::new(tempfile::tempdir().unwrap()))
    }
    /// A shell of somebody who was here before.
    pub fn at_home(size: (u16, u16), home: Arc<tempfile::TempDir>) -> Self {
        Self::running(size, home, CommandBuilder::new("sh"))
    }
    /// A terminal with that command in it, which comes to show a prompt.
    pub fn running(size: (u16, u16), home: Arc<tempfile::TempDir>, mut command: CommandBuilder) -> Self {
        let pty = native_pty_system().openpty(pty_size(size)).unwrap();
        command.env_clear();
        for (name, value) in [
            ("PATH", "/usr/bin:/bin"),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("PS1", "$ "),
            ("USER", "jdoe"),
        ] {
            command.env(name, value);
        }
        command.env("HOME", home.path());
        command.env("M", env!("CARGO_BIN_EXE_mobproc"));
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let reader = Arc::new((Mutex::new(Reading::On), Condvar::new()));
        let (send, output) = channel();
        let (from, how) = (pty.master.try_clone_reader().unwrap(), Arc::clone(&reader));
        let reading = Some(std::thread::spawn(move || read_on(from, &how, &send)));
        let input = pty.master.take_writer().unwrap();
        let screen = vt100::Parser::new(nonzero(size.1), nonzero(size.0), 500);
        let mut shell =
            Self { screen, output, input, child, master: Some(pty.master), reader, reading, raw: Vec::new(), home };
        shell.until("$ ");
        shell
    }
    pub fn type_in(&mut self, text: &str) {
        self.type_bytes(text.as_bytes());
    }
    pub fn type_bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
        self.input.flush().unwrap();
    }
    /// Runs a command.
    pub fn command(&mut self, line: &str) {
        self.type_in(&format!("{line}\r"));
    }
    /// Waits until the screen shows the text.
    pub fn until(&mut self, text: &str) -> String {
        self.wait(&format!("{text:?}"), |screen| screen.contains(text))
    }
    pub fn wait(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let contents = self.screen.screen().contents();
            if holds(&contents) {
                return contents;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.took(bytes),
                Err(e) => panic!("{what} did not come ({e}):\n{contents}"),
            }
        }
    }
    fn took(&mut self, bytes: Vec<u8>) {
        self.screen.process(&bytes);
        self.raw.extend(bytes);
    }
    /// Waits until nothing has been written for so long.
    pub fn quiet(&mut self, silence: Duration) {
        while let Ok(bytes) = self.output.recv_timeout(silence) {
            self.took(bytes);
        }
    }
    /// Takes what is written until a moment has come.
    pub fn until_moment(&mut self, moment: Instant) {
        loop {
            match self.output.recv_timeout(moment.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.took(bytes),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("the terminal is gone"),
            }
        }
    }
    /// Takes what is written without showing it, until nothing has been written for so long.
    pub fn ignore(&mut self, silence: Duration) {
        while self.output.recv_timeout(silence).is_ok() {}
    }
    pub fn pid_of_mobproc(&self) -> u32 {
        descendant(self.child.process_id().unwrap(), "mobproc").expect("mobproc runs")
    }
    pub fn stty(&mut self, mark: &str) -> String {
        self.command(&format!("clear; stty -a; echo {mark}'='"));
        let shown = self.until(&format!("{mark}="));
        shown
            .lines()
            // What the shell says of its jobs comes when it likes.
            .filter(|l| !l.contains("stty -a") && !l.contains(mark) && !l.starts_with(['$', '[']))
            .collect::<Vec<_>>()
            .join("\n")
    }
    pub fn resize(&mut self, size: (u16, u16)) {
        self.screen.screen_mut().set_size(nonzero(size.1), nonzero(size.0));
        self.resize_unseen(size);
    }
    pub fn resize_unseen(&self, size: (u16, u16)) {
        self.master.as_ref().unwrap().resize(pty_size(size)).unwrap();
    }
    /// Submits: the review must have been on the screen, and the keyboard quiet, for a moment.
    pub fn submit(&mut self) {
        self.send_off();
        self.until("DONE");
        // And so must what came of it, before a key counts for it.
        self.quiet(Duration::from_millis(800));
    }
    pub fn send_off(&mut self) {
        self.until("Everything is as you asked");
        self.quiet(Duration::from_millis(800));
        self.type_in("y");
    }
    pub fn leave(&mut self) {
        self.type_in("\x03\x03");
    }
    fn reader_is(&self, reading: Reading) {
        *self.reader.0.lock().unwrap() = reading;
        self.reader.1.notify_all();
    }
    /// Nothing that is written is taken any more, until what writes is stuck.
    pub fn stall(&mut self, pid: u32) {
        self.reader_is(Reading::Paused);
        let end = Instant::now() + PATIENCE;
        let mut size = 0;
        while !stuck_in_write(pid) {
            assert!(Instant::now() < end, "mobproc does not come to be stuck");
            // Every other size is a screen drawn anew; a program that is still drawing is not asked again.
            size = (size + 1) % 2;
            self.resize_unseen((200 + size, 60));
            std::thread::yield_now();
        }
    }
    /// Whether the terminal is as a shell wants it: lines, not keys.
    pub fn cooked(&self) -> bool {
        let modes = self.master.as_ref().unwrap().get_termios().unwrap();
        format!("{:?}", modes.local_flags).contains("ICANON")
    }
    /// Closes the terminal's other end, as a dropped connection does.
    pub fn hang_up(&mut self) -> Instant {
        self.hang_up_typing("")
    }
    /// The same, typing something that is echoed, where mobproc does not draw.
    pub fn hang_up_typing(&mut self, text: &str) -> Instant {
        self.reader_is(Reading::Ended);
        // What makes the reader take a last look; where it waits for the word it has it.
        self.resize_unseen((79, 23));
        self.type_in(text);
        self.reading.take().unwrap().join().unwrap();
        self.input = Box::new(std::io::sink());
        self.master = None;
        Instant::now()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn nonzero(n: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(n).unwrap_or(std::num::NonZero::<u16>::MIN)
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn read_on(mut from: Box<dyn Read + Send>, how: &(Mutex<Reading>, Condvar), send: &Sender<Vec<u8>>) {
    let mut buffer = [0; 65536];
    loop {
        let reading = how.1.wait_while(how.0.lock().unwrap(), |r| *r == Reading::Paused).unwrap();
        if *reading == Reading::Ended {
            return;
        }
        drop(reading);
        match from.read(&mut buffer) {
            Ok(n @ 1..) if send.send(buffer[..n].to_vec()).is_ok() => {}
            Ok(_) | Err(_) => return,
        }
    }
}

/// Whether the program's first thread waits for a terminal that takes nothing.
fn stuck_in_write(pid: u32) -> bool {
    let write = if cfg!(target_arch = "x86_64") { "1" } else { "64" };
    let look = || {
        let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        let mut words = call.split_whitespace().map(str::to_owned);
        (words.next().as_deref() == Some(write)).then(|| words.collect::<Vec<_>>())
    };
    // The same call, still there after others had their turn.
    let first = look();
    first.is_some()
        && (0..200).all(|_| {
            std::thread::yield_now();
            look() == first
        })
}

/// The process below another that runs that program.
pub fn descendant(pid: u32, name: &str) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let children = children.split_whitespace().filter_map(|c| c.parse::<u32>().ok());
    for child in children {
        let comm = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
        if comm.trim() == name {
            return Some(child);
        }
        if let Some(found) = descendant(child, name) {
            return Some(found);
        }
    }
    None
}

/// The numbers that the system tells of a process, from its parent on.
fn stat(pid: u32) -> Vec<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().split_whitespace().skip(1).map(|n| n.parse().unwrap_or(0)).collect()
}

/// The processor time of a process so far, in hundredths of a second.
pub fn ticks(pid: u32) -> u64 {
    let stat = stat(pid);
    stat[10] + stat[11]
}

/// How often the threads of a process have been given a processor so far.
pub fn turns(pid: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let of = |thread: std::fs::DirEntry| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap();
        let lines = status.lines().filter(|l| l.contains("ctxt_switches"));
        lines.map(|l| l.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()).sum::<u64>()
    };
    threads.map(|thread| of(thread.unwrap())).sum()
}

/// Who has started a process.
pub fn parent(pid: u32) -> u32 {
    u32::try_from(stat(pid)[0]).unwrap()
}

/// The terminal that a process reads from, whose reads do not wait until this goes.
pub struct Impatient(rustix::fd::OwnedFd);

/// Has the reads of a process from its terminal not wait: the open file is everybody's who runs on it.
pub fn impatient(pid: u32) -> Impatient {
    let process = Watched::of(pid).0;
    let tty = rustix::process::pidfd_getfd(process, 0, rustix::process::PidfdGetfdFlags::empty()).unwrap();
    let flags = rustix::fs::fcntl_getfl(&tty).unwrap();
    rustix::fs::fcntl_setfl(&tty, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    Impatient(tty)
}

impl Drop for Impatient {
    fn drop(&mut self) {
        let flags = rustix::fs::fcntl_getfl(&self.0).unwrap();
        rustix::fs::fcntl_setfl(&self.0, flags - rustix::fs::OFlags::NONBLOCK).unwrap();
    }
}

/// A process whose end can be waited for although it is not our child.
pub struct Watched(rustix::fd::OwnedFd);

impl Watched {
    pub fn of(pid: u32) -> Self {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        Self(rustix::process::pidfd_open(pid, PidfdFlags::empty()).unwrap())
    }
    /// Whether the process has ended within so much time.
    pub fn ended(&self, within: Duration) -> bool {
        let time = Timespec { tv_sec: i64::try_from(within.as_secs()).unwrap(), tv_nsec: within.subsec_nanos().into() };
        rustix::event::poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&time)).unwrap() > 0
    }
}

pub fn kill(signal: &str, pid: u32) {
    let told = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().unwrap();
    assert!(told.success(), "kill -{signal}");
}

/// The orders in the journal of a profile, `_sandbox` for the sandbox in the process.
pub fn journal(home: &Path, profile: &str) -> Vec<(Row, Kept)> {
    let place = home.join(".local/state/mobproc").join(profile);
    let opened = Store::open(&place, Options { allow_network: false }).unwrap();
    assert!(opened.notices.is_empty(), "{:?}", opened.notices);
    let mut store = opened.store;
    let servers = match profile {
        "_sandbox" => "sandbox".to_owned(),
        _ => std::fs::read_to_string(home.join("server")).unwrap(),
    };
    let rows = store.orders(&servers).unwrap();
    rows.into_iter().map(|row| (Kept::read(&row.draft).map(|kept| (row, kept))).expect("it can be read")).collect()
}

/// Writes a home's config file, which nobody else may read.
pub fn configure(home: &Path, config: &str) {
    let folder = home.join(".config/mobproc");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), config).unwrap();
    std::fs::set_permissions(folder.join("config.toml"), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A sandbox of its own process, and a config in the home that names it as the profile `qa`.
pub struct Server(std::process::Child);

impl Server {
    pub fn start(home: &Path, faults: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mobproc"));
        command.args(["sandbox", "--listen", "127.0.0.1:0", "--orders"]).arg(home.join("orders.jsonl"));
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap();
        let config = format!(
            "[profile.qa]\nbase_url = \"{url}\"\ntenant = \"T\"\nclient_id = \"C\"\naccess_token_command = [\"echo\", \"t\"]\n"
        );
        configure(home, &config);
        std::fs::write(home.join("server"), format!("{url} T")).unwrap();
        Self(child)
    }
    /// How many orders it has placed.
    pub fn placed(home: &Path) -> usize {
        std::fs::read_to_string(home.join("orders.jsonl")).unwrap_or_default().lines().count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether the figures of the full run are asked for, not those of the suite.
pub fn full() -> bool {
    std::env::var_os("MOBPROC_FULL").is_some()
}

/// Numbers that look random and are the same every time (xorshift).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// Runs numbered jobs on so many threads; a job that panics fails the test once all have run.
pub fn side_by_side(jobs: u64, threads: usize, work: impl Fn(u64) + Sync) {
    let next = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(job) = Some(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)).filter(|j| *j < jobs)
                {
                    work(job);
                }
            });
        }
    });
}
