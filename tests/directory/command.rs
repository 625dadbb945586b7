//! `mobproc directory`: what is kept is shown, read anew and forgotten.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::server::{Server, World};

/// A home with a profile of that server.
fn home(server: &Server, more: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/mobproc");
    fs::create_dir_all(&config).unwrap();
    let token = home.path().join("token");
    private(&token, "a-token");
    let text = format!(
        "[profile.qa]\nbase_url = \"{}\"\ntenant = \"ACME\"\nclient_id = \"c\"\naccess_token_file = \"{}\"\n{more}\n",
        server.base_url(),
        token.display()
    );
    private(&config.join("config.toml"), &text);
    home
}
fn private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// What it prints, what it complains of, and its exit code.
async fn mobproc(home: &TempDir, what: &str) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mobproc"));
    command.args(["directory", what]).env_clear().env("HOME", home.path()).env("TZ", "UTC");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_shown_read_anew_and_forgotten() {
    let server = Server::start(World::of(1_234)).await;
    let home = home(&server, "");
    let (said, _, code) = mobproc(&home, "status").await;
    assert!(code == 0 && said.starts_with("Nothing is kept"), "{said}");
    let (said, why, code) = mobproc(&home, "refresh").await;
    assert_eq!((said.as_str(), why.as_str(), code), ("1,234 people, read whole and kept.\n", "", 0));
    let (said, _, code) = mobproc(&home, "status").await;
    let shown = format!("1,234 people: 1 at {} ACME\n  changes known until ", server.base_url());
    assert!(code == 0 && said.starts_with(&shown) && said.contains("UTC (just now)"), "{said}");
    server.world().people.truncate(1_000);
    assert_eq!(mobproc(&home, "refresh").await.0, "1,000 people, read whole and kept.\n");
    // A server that fails takes nothing away.
    server.then(|_, _| Some(403));
    let (_, why, code) = mobproc(&home, "refresh").await;
    assert!(code == 1 && why.contains("could not be read whole") && why.contains("403"), "{why}");
    assert!(mobproc(&home, "status").await.0.starts_with("1,000 people"));
    let (said, _, code) = mobproc(&home, "forget").await;
    assert!(code == 0 && said.starts_with("What was kept is deleted: 1 file."), "{said}");
    let (said, _, code) = mobproc(&home, "forget").await;
    assert_eq!((said.as_str(), code), ("Nothing was kept of people and lines.\n", 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_told_with_what_becomes_of_it() {
    let server = Server::start(World::of(50)).await;
    let home = home(&server, "");
    mobproc(&home, "refresh").await;
    let state = home.path().join(".local/state/mobproc/qa");
    let names = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path());
    let file = names.into_iter().find(|path| path.to_str().unwrap().ends_with(".kept")).unwrap();
    // One byte of somebody's name, and all of it.
    let mut kept = fs::read(&file).unwrap();
    let middle = kept.len() / 2;
    kept[middle] ^= 1;
    for damaged in [kept, b"nonsense".to_vec()] {
        fs::write(&file, damaged).unwrap();
        let (_, why, code) = mobproc(&home, "status").await;
        assert!(code == 1 && why.contains("reads everybody anew") && why.contains("directory forget"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_profile_turns_keeping_off_there_is_nothing_to_refresh() {
    let server = Server::start(World::of(50)).await;
    let home = home(&server, "keep_directory = false");
    let (_, why, code) = mobproc(&home, "refresh").await;
    assert!(code == 1 && why.contains("keep_directory = false"), "{why}");
    assert!(server.asked().is_empty());
    assert!(mobproc(&home, "status").await.0.starts_with("keep_directory is false"));
}
