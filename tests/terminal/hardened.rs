//! What a process that holds secrets leaves to others of the machine: nothing.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::shell::{PLACED, Shell, Watched, kill};

/// A user who has nothing to do with us.
const NOBODY: u32 = 65534;

fn root() -> bool {
    rustix::process::getuid().is_root()
}

/// Every file and folder below one.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            all.push(path);
        }
    }
    all
}

#[test]
fn a_crash_leaves_no_memory_behind() {
    for signal in ["SEGV", "ABRT"] {
        let mut shell = Shell::start((80, 24));
        shell.command(&format!("cd $HOME; ulimit -c unlimited; sh -c 'kill -{signal} $$'; clear; $M; echo code=$?"));
        shell.until("yourself");
        let pid = shell.pid_of_mobproc();
        let watched = Watched::of(pid);
        // The first one may be taken for an overflow of the stack, and would come again by itself where it was none.
        for _ in 0..100 {
            kill(signal, pid);
            if watched.ended(Duration::from_millis(50)) {
                break;
            }
        }
        let after = shell.until("code=1");
        assert!(after.contains(if signal == "SEGV" { "code=139" } else { "code=134" }), "{after}");
        assert!(!after.contains("core dumped"), "{after}");
        // Where the shell before it left one, so would mobproc have, under its own number.
        let cores = below(shell.home.path()).into_iter().filter(|p| p.to_string_lossy().contains("core"));
        assert!(cores.count() <= 1, "{signal}");
    }
}

#[test]
fn another_process_of_the_same_user_cannot_look_into_it() {
    if !root() {
        println!("SKIPPED: only root can be two users");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = home.path().join("mobproc");
    std::fs::copy(env!("CARGO_BIN_EXE_mobproc"), &program).unwrap();
    let open = |pid: u32, name: &str| {
        let mut cat = Command::new("cat");
        cat.arg(format!("/proc/{pid}/{name}")).uid(NOBODY).gid(NOBODY).stdout(Stdio::null()).stderr(Stdio::null());
        cat.status().unwrap().success()
    };
    let mut other = Command::new("sleep").arg("600").uid(NOBODY).gid(NOBODY).spawn().unwrap();
    assert!(open(other.id(), "environ") && open(other.id(), "maps"), "of others it can be seen");
    other.kill().unwrap();
    other.wait().unwrap();
    let mut command = Command::new(&program);
    command.arg("sandbox").uid(NOBODY).gid(NOBODY).stdout(Stdio::piped());
    let mut ours = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(ours.stdout.take().unwrap()), &mut line).unwrap();
    assert!(line.starts_with("listening on "), "{line}");
    for name in ["environ", "maps", "auxv", "mem"] {
        assert!(!open(ours.id(), name), "{name}");
    }
    ours.kill().unwrap();
    ours.wait().unwrap();
}

#[test]
fn whatever_is_written_is_for_its_owner_alone_from_its_first_moment() {
    let mut shell = Shell::start((80, 24));
    let trace = shell.home.path().join("trace");
    let calls = "trace=umask,open,openat,creat,mkdir,mkdirat,chmod,fchmod,fchmodat,rename,link,linkat,symlink";
    shell.command(&format!("strace -o /dev/null true; echo may=$?; clear; umask 000; T={}", trace.display()));
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|s| s.success());
    if traced {
        shell.command(&format!("strace -f -o $T -e '{calls}' $M; echo code=$?"));
    } else {
        println!("SKIPPED: the first moment cannot be seen without strace");
        shell.command("$M; echo code=$?");
    }
    shell.until("yourself");
    shell.type_in(PLACED);
    shell.submit();
    shell.leave();
    shell.until("code=0");
    let state = shell.home.path().join(".local/state/mobproc");
    let written = below(&state);
    assert!(written.len() > 5, "{written:?}");
    for path in &written {
        let mode = path.symlink_metadata().unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
    if traced {
        from_the_first_moment(&std::fs::read_to_string(&trace).unwrap());
    }
    if root() {
        let mut find = Command::new("find");
        find.arg(shell.home.path()).args(["-type", "f", "-readable", "-path", "*mobproc*"]).uid(NOBODY).gid(NOBODY);
        let found = find.stderr(Stdio::null()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&found.stdout), "", "others can open it");
    }
}

/// Before anything is made the mask that closes it is set, and it is never opened again.
fn from_the_first_moment(trace: &str) {
    let mut closed = false;
    let mut made = 0;
    for line in trace.lines() {
        if line.contains("umask(") {
            assert!(line.contains("umask(077)"), "{line}");
            closed = true;
        }
        let makes = line.contains("O_CREAT") || line.contains("mkdir(") || line.contains("mkdirat(");
        if makes {
            assert!(closed, "{line}");
            made += 1;
        }
        if line.contains("chmod") {
            let looser =
                line.split(", 0").nth(1).is_some_and(|mode| !mode.starts_with("600") && !mode.starts_with("700"));
            assert!(!looser, "{line}");
        }
    }
    assert!(made > 5, "the trace shows how files are made:\n{trace}");
}
