//! `mobproc reconcile`, as cron runs it: what it prints, and its exit code.

use std::path::Path;
use std::time::{Duration, Instant};

use mobproc::api::Api;
use mobproc::domain::attempt::Verdict;
use mobproc::runtime::journal::Server;
use mobproc::sandbox::Sandbox;
use mobproc::store::{Options, Store};
use tokio::process::Command;

use super::desk::{Desk, LONG, Want, journal_in, timing};
use super::points::{Tally, sandbox};

/// A session of the profile that the command uses.
fn desk(home: &Path, sandbox: &Sandbox) -> Desk {
    let store = Store::open(&journal_in(home), Options::default()).unwrap().store;
    let name = format!("{} SANDBOX", sandbox.base_url());
    Desk::with(
        store,
        Api::sandbox(&sandbox.base_url()),
        Server { name, account: String::new(), timing: timing(), calibrated: false },
    )
}

/// Runs it: the exit code, and what it printed.
async fn reconcile(home: &Path, sandbox: &Sandbox) -> (Option<i32>, String) {
    let config = format!(
        "[profile.try]\nbase_url = \"{}\"\ntenant = \"SANDBOX\"\nclient_id = \"mobproc\"\n\
         access_token_command = [\"echo\", \"token\"]\nstate_dir = \"{}\"\n[profile.try.timing]\nsend_guard = 0.3\n\
         submit = 0.5\nserver_time_limit = 0.1\nlist_lag = 0.1\nspacing = 0.02\n",
        sandbox.base_url(),
        journal_in(home).display()
    );
    let file = home.join("config.toml");
    std::fs::write(&file, config).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_mobproc")).arg("--config").arg(&file).arg("reconcile").output();
    let out = tokio::time::timeout(LONG, run).await.unwrap().unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap() + &String::from_utf8_lossy(&out.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cron_finds_what_was_placed_and_says_what_is_unknown_until_it_is_known() {
    let (home, sandbox) =
        (tempfile::tempdir().unwrap(), sandbox(&["POST orders@2=drop", "POST orders@4=drop-before"], Duration::ZERO));
    let (placed, lost) = (Want::of(1), Want::of(2));
    assert!(matches!(desk(home.path(), &sandbox).send(&placed).await, Verdict::Unknown(_)));
    let found = format!("{} DEACTIVATE peter.edwards.acme  placed as order 8711660", placed.number);
    assert_eq!(reconcile(home.path(), &sandbox).await, (Some(0), format!("{found}\n")));
    assert!(matches!(desk(home.path(), &sandbox).send(&lost).await, Verdict::Unknown(_)));
    let begun = Instant::now();
    let says = |what: &str| format!("{} DEACTIVATE peter.edwards.acme  {what}\n", lost.number);
    let unknown = says("UNKNOWN: it may have been placed. Do not enter it again");
    loop {
        let (code, told) = reconcile(home.path(), &sandbox).await;
        if code == Some(3) {
            assert_eq!(told, unknown);
            assert!(begun.elapsed() < LONG, "it does not end: {told}");
            continue;
        }
        assert_eq!((code, told), (Some(0), says("not placed; it may be sent again")));
        break;
    }
    assert!(begun.elapsed() >= timing().quiescence(Duration::ZERO), "after {:?}", begun.elapsed());
    assert_eq!(sandbox.orders().len(), 1);
    desk(home.path(), &sandbox).finish(&lost).await;
    for want in [&placed, &lost] {
        assert_eq!(Tally::of(home.path(), want, &sandbox), Tally { runs: 1, ..Tally::default() });
    }
}
