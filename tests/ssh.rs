//! A real SSH server on loopback, and connections to it that are killed: what was half typed is taken up where it was,
//! and what was being sent is there, once. Skipped where there is no sshd.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mobproc::domain::journal::State;
use portable_pty::CommandBuilder;
use shell::{PATIENCE, PLACED, Server, Shell, Watched, journal, kill};
use tempfile::TempDir;

#[expect(dead_code, reason = "the tests in a terminal of this machine use the rest")]
#[path = "terminal/shell.rs"]
mod shell;

/// After so long nothing of a dropped connection is left.
const SOON: Duration = Duration::from_secs(2);

/// A server of our own: its keys, its port, one user, who is whoever runs the test.
struct Sshd {
    place: TempDir,
    port: u16,
    user: String,
    child: Child,
}

impl Sshd {
    /// Starts one; `None`, and why, where that is not possible here.
    fn start() -> Option<Self> {
        let found = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"].iter().find(|p| Path::new(p).exists());
        let (Some(sshd), true) = (found, Command::new("ssh").arg("-V").stderr(Stdio::null()).status().is_ok()) else {
            println!("SKIPPED: no sshd and ssh are installed here (Debian: apt-get install openssh-server)");
            return None;
        };
        if rustix::process::geteuid().is_root() {
            // As root it wants this directory, whatever its configuration says.
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        for key in ["host", "user"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at(key)).status().unwrap();
            assert!(made.success());
        }
        std::fs::copy(at("user.pub"), at("authorized_keys")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile {}\n\
             UsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\n",
            at("host").display(),
            at("authorized_keys").display(),
            at("pid").display(),
        );
        std::fs::write(at("config"), config).unwrap();
        let mut child =
            Command::new(sshd).args(["-D", "-f"]).arg(at("config")).arg("-E").arg(at("log")).spawn().unwrap();
        let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let over = child.try_wait().unwrap();
            assert!(
                over.is_none() && Instant::now() < end,
                "sshd does not listen: {}",
                std::fs::read_to_string(at("log")).unwrap_or_default()
            );
            std::thread::yield_now();
        }
        Some(Self { place, port, user: user.trim().to_owned(), child })
    }
    /// A connection with a shell in it, whose home is that directory.
    fn connect(&self, home: &Arc<TempDir>) -> Shell {
        let mut ssh = CommandBuilder::new("ssh");
        ssh.args(["-tt", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]);
        ssh.args(["-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR", "-p", &self.port.to_string(), "-i"]);
        ssh.arg(self.place.path().join("user"));
        ssh.args(["-o", &format!("UserKnownHostsFile={}", self.place.path().join("known").display())]);
        ssh.arg(format!("{}@127.0.0.1", self.user));
        ssh.arg(format!(
            "exec env -i PATH=/usr/bin:/bin TERM=xterm-256color LANG=C.UTF-8 PS1='$ ' USER=jdoe HOME={} M={} sh",
            home.path().display(),
            env!("CARGO_BIN_EXE_mobproc")
        ));
        Shell::running((80, 24), Arc::clone(home), ssh)
    }
    /// The process of mobproc, and the one of the server that holds its terminal.
    fn processes(&self) -> (u32, u32) {
        let mobproc = shell::descendant(self.child.id(), "mobproc").expect("mobproc runs");
        let mut session = shell::parent(mobproc);
        while !std::fs::read_to_string(format!("/proc/{session}/comm")).unwrap().starts_with("sshd") {
            session = shell::parent(session);
        }
        assert_ne!(session, self.child.id());
        (mobproc, session)
    }
    /// Kills the connection at both ends; mobproc, which nobody has told.
    fn drop_connection(&self, mut connection: Shell) -> (Watched, Instant) {
        let (mobproc, session) = self.processes();
        let watched = Watched::of(mobproc);
        kill("KILL", connection.child.process_id().unwrap());
        // It may have noticed by now.
        let _ = Command::new("kill").args(["-KILL", &session.to_string()]).stderr(Stdio::null()).status();
        let since = Instant::now();
        connection.child.wait().unwrap();
        (watched, since)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The line of the cursor, and the cursor.
fn spot(shell: &Shell) -> (String, (u16, u16)) {
    let screen = shell.screen.screen();
    let at = screen.cursor_position();
    (screen.rows(0, 80).nth(usize::from(at.0)).unwrap(), at)
}

#[test]
fn a_connection_that_is_killed_loses_nothing_and_the_next_goes_on_at_the_same_field() {
    let Some(sshd) = Sshd::start() else { return };
    let home = Arc::new(tempfile::tempdir().unwrap());
    let mut first = sshd.connect(&home);
    first.command("$M");
    first.until("yourself");
    first.type_in("s/edw dev\r");
    first.until("required done");
    first.type_in("12/2");
    first.until("12/2");
    first.quiet(Duration::from_millis(100));
    let before = spot(&first);
    assert!(before.0.contains("12/2"), "{before:?}");
    let (watched, since) = sshd.drop_connection(first);
    assert!(watched.ended(SOON.saturating_sub(since.elapsed())), "mobproc still runs after two seconds");

    let mut second = sshd.connect(&home);
    second.command("$M");
    second.until("SUSPEND");
    second.type_in("\t1");
    second.until("12/2");
    second.quiet(Duration::from_millis(300));
    assert_eq!(spot(&second), before);
    // And it is the field, not its picture.
    second.type_in("2\r\x0f");
    second.until("Everything is as you asked");
    second.until("22 Dec");
    second.leave();
    second.until("$ ");
}

#[test]
fn a_connection_that_is_killed_while_an_order_is_sent_leaves_one_order_and_the_next_shows_it() {
    let Some(sshd) = Sshd::start() else { return };
    let home = Arc::new(tempfile::tempdir().unwrap());
    let _server = Server::start(home.path(), &["POST orders@2=stall:3"]);
    let mut first = sshd.connect(&home);
    first.command("$M");
    first.until("yourself");
    first.type_in(PLACED);
    first.send_off();
    first.until("SENDING");
    let (watched, _) = sshd.drop_connection(first);
    assert!(!watched.ended(Duration::from_millis(500)), "it ends before the outcome is known");

    let mut second = sshd.connect(&home);
    second.command("$M");
    second.until("yourself");
    assert!(watched.ended(PATIENCE), "mobproc never ends");
    second.leave();
    second.until("$ ");
    let orders = journal(home.path(), "qa");
    assert_eq!(orders.iter().map(|(row, _)| row.state).collect::<Vec<_>>(), [State::Accepted]);
    assert_eq!(Server::placed(home.path()), 1);

    let mut third = sshd.connect(&home);
    third.command("$M");
    third.until("8711660");
    third.leave();
    third.until("$ ");
}
