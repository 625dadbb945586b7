//! What was read is kept for the next start, for nobody else, and never trusted where it is not as it was written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use mobproc::domain::choice::{Line, Person};
use mobproc::domain::directory::{People, Reading};
use mobproc::domain::search::Table;
use mobproc::log::Log;
use mobproc::runtime::directory::{Directories, Keeping};
use mobproc::store::directory::{About, NotRead, Shelf, Whose};
use tempfile::TempDir;

use crate::server::{Server, World};

/// A state directory of one's own.
fn state() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    (home, state)
}

fn keeping(state: &Path) -> Keeping {
    Keeping {
        keep: true,
        state: state.to_owned(),
        allow_network: true,
        server: "https://api.example.com ACME".into(),
        user: Some("command://desk".into()),
        view: "client".into(),
    }
}

/// A start of the program: everything that the screen learns of people.
async fn start(server: &Server, keeping: Keeping) -> (Directories, Vec<People>) {
    let all = Directories::new(Arc::new(server.api()), Log::default()).kept(keeping);
    let shown = again(&all).await;
    (all, shown)
}
async fn again(all: &Directories) -> Vec<People> {
    let shown = Mutex::new(Vec::new());
    all.read::<Person>(|people| shown.lock().unwrap().push(people)).await;
    shown.into_inner().unwrap()
}

fn files(state: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(state).map(|all| all.map(|e| e.unwrap().path()).collect()).unwrap_or_else(|_| Vec::new());
    entries
        .into_iter()
        .filter(|p: &PathBuf| p.file_name().unwrap().to_str().unwrap().starts_with("directory-"))
        .collect()
}
fn file(state: &Path) -> PathBuf {
    let [file] = &files(state)[..] else { panic!("{:?}", files(state)) };
    file.clone()
}

#[tokio::test]
async fn the_next_start_has_everybody_at_once_and_asks_for_changes_alone() {
    let (_home, state) = state();
    let server = Server::start(World::of(20_000)).await;
    start(&server, keeping(&state)).await;
    server.asked();
    server.world().rename(17, "Miller");
    server.world().hire(0, 30_001);
    let (_, shown) = start(&server, keeping(&state)).await;
    assert_eq!((shown[0].table.len(), &shown[0].reading), (20_000, &Reading::Whole));
    assert!(shown[0].as_of.is_some(), "what has changed is not known yet");
    let last = shown.last().unwrap();
    assert_eq!((last.table.len(), last.as_of), (20_001, None));
    assert_eq!(&*last.table.get("17").unwrap().last, "Miller");
    let asked = server.asked();
    assert!(asked.len() == 1 && asked[0].since().is_some(), "{asked:?}");
    // And they were kept in turn.
    server.then(|_, _| Some(500));
    let (_, shown) = start(&server, keeping(&state)).await;
    assert!(shown.iter().all(|people| people.table.len() == 20_001 && people.reading == Reading::Whole));
    assert!(shown.last().unwrap().as_of.is_some(), "the server could not be asked");
}

#[tokio::test]
async fn whoever_was_removed_disappears_with_the_next_comparison_which_comes_once_a_day_or_when_asked_for() {
    let (_home, state) = state();
    let server = Server::start(World::of(500)).await;
    start(&server, keeping(&state)).await;
    server.world().people.retain(|p| p.id != 17);
    let (all, shown) = start(&server, keeping(&state)).await;
    assert!(shown.last().unwrap().table.has("17"), "changes do not tell it");
    let shown = again(&all).await;
    assert!(shown.iter().all(|people| people.reading == Reading::Whole), "what was there stays in use");
    assert!(!shown.last().unwrap().table.has("17"));
    // A day later it is compared without being asked.
    server.world().people.retain(|p| p.id != 18);
    let shelf = Shelf::open(&state, true).unwrap();
    let keeping = keeping(&state);
    let whose = Whose { server: keeping.server.clone(), user: "command://desk".into(), view: keeping.view.clone() };
    let kept = shelf.read::<Person>(&whose).unwrap();
    let yesterday = kept.about.whole - SignedDuration::from_hours(25);
    fs::remove_file(file(&state)).unwrap();
    shelf.write(&whose, &About { whole: yesterday, ..kept.about }, &kept.table).unwrap();
    let (_, shown) = start(&server, keeping).await;
    assert!(!shown.last().unwrap().table.has("18"));
}

#[tokio::test]
async fn a_server_that_tells_no_changes_is_read_whole_once_a_day_and_what_is_shown_says_of_when_it_is() {
    let (_home, state) = state();
    let server = Server::start(World { filters: false, ..World::of(500) }).await;
    start(&server, keeping(&state)).await;
    server.asked();
    let (_, shown) = start(&server, keeping(&state)).await;
    assert_eq!(server.asked().len(), 1, "it is noticed with the first page");
    assert!(shown.last().unwrap().as_of.is_some_and(|as_of| as_of <= Timestamp::now()));
}

#[tokio::test]
async fn no_more_is_kept_than_the_picker_shows_and_nobody_else_can_read_it() {
    let (_home, state) = state();
    let server = Server::start(World::of(300)).await;
    start(&server, keeping(&state)).await;
    let file = file(&state);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o7777, 0o700);
    let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
    let line = "17\u{1f}login17\u{1f}First\u{1f}Last17\u{1f}p17@example.com\u{1f}203-555-0100\u{1f}Sales\u{1f}+\n";
    assert!(text.contains(line), "what a row shows");
    assert!(!text.contains("2026-01-05"), "nothing else of it");
}

/// Does something to the kept file; the next start reads everybody anew.
async fn is_not_trusted(what: &str, harm: impl FnOnce(&Path)) {
    let (_home, state) = state();
    let server = Server::start(World::of(300)).await;
    start(&server, keeping(&state)).await;
    server.asked();
    harm(&file(&state));
    let (_, shown) = start(&server, keeping(&state)).await;
    assert!(matches!(shown[0].reading, Reading::Underway { .. }), "{what}: it was taken");
    assert_eq!(shown.last().unwrap().table.len(), 300, "{what}");
    assert!(server.asked().len() >= 3, "{what}");
    server.asked();
    let (_, shown) = start(&server, keeping(&state)).await;
    assert_eq!((&shown[0].reading, shown[0].table.len()), (&Reading::Whole, 300), "{what}: it is kept again");
}

#[tokio::test]
async fn a_file_that_is_not_as_it_was_written_is_never_trusted() {
    let flip = |at: usize| {
        move |path: &Path| {
            let mut bytes = fs::read(path).unwrap();
            let at = at.min(bytes.len() - 1);
            bytes[at] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    };
    for at in [0, 11, 12, 16, 30, 200, 400, 5_000, usize::MAX] {
        is_not_trusted(&format!("byte {at}"), flip(at)).await;
    }
    for length in [0, 5, 40, 500, 10_000] {
        is_not_trusted("torn", move |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..length.min(bytes.len() - 1)]).unwrap();
        })
        .await;
    }
    is_not_trusted("longer", |path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, [&bytes[..], b"x"].concat()).unwrap();
    })
    .await;
    is_not_trusted("foreign", |path| fs::write(path, "id,name\n1,Miller\n").unwrap()).await;
    is_not_trusted("of a newer version", |path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[11] = b'2';
        fs::write(path, bytes).unwrap();
    })
    .await;
    is_not_trusted("open to others", |path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    })
    .await;
    is_not_trusted("a link", |path| {
        let other = path.with_file_name("other");
        fs::rename(path, &other).unwrap();
        std::os::unix::fs::symlink(&other, path).unwrap();
    })
    .await;
}

#[tokio::test]
async fn another_user_server_or_view_never_sees_it() {
    let (_home, state) = state();
    let server = Server::start(World::of(300)).await;
    start(&server, keeping(&state)).await;
    let mine = keeping(&state);
    for other in [
        Keeping { user: Some("command://other".into()), ..mine.clone() },
        Keeping { server: "https://api.example.com OTHER".into(), ..mine.clone() },
        Keeping { view: "client\nactor".into(), ..mine.clone() },
        // Whoever the server says is signed in.
        Keeping { user: None, ..mine.clone() },
    ] {
        let (_, shown) = start(&server, other).await;
        assert!(matches!(shown[0].reading, Reading::Underway { .. }));
    }
    // Nor where a file is put in the place of another's.
    assert_eq!(files(&state).len(), 5);
    let other = Whose { server: mine.server, user: "command://third".into(), view: mine.view };
    let shelf = Shelf::open(&state, true).unwrap();
    let (about, table) = (about(), Table::<Person>::default());
    let before = files(&state);
    shelf.write(&other, &about, &table).unwrap();
    let third = files(&state).into_iter().find(|path| !before.contains(path)).unwrap();
    fs::copy(&before[0], &third).unwrap();
    assert_eq!(shelf.read::<Person>(&other).unwrap_err(), NotRead::Removed("it is somebody else's".into()));
    assert!(!third.exists());
}

fn about() -> About {
    let now = Timestamp::now();
    About { unreadable: 0, current: now, whole: now, since: Some(now) }
}

#[tokio::test]
async fn with_keeping_turned_off_nothing_is_written_and_what_is_there_goes() {
    let (_home, state) = state();
    let server = Server::start(World::of(300)).await;
    start(&server, keeping(&state)).await;
    assert_eq!(files(&state).len(), 1);
    let (_, shown) = start(&server, Keeping { keep: false, ..keeping(&state) }).await;
    assert!(matches!(shown[0].reading, Reading::Underway { .. }) && shown.last().unwrap().table.len() == 300);
    assert!(files(&state).is_empty());
}

#[tokio::test]
async fn where_nothing_can_be_written_everything_else_works() {
    let (_home, state) = state();
    let server = Server::start(World::of(300)).await;
    start(&server, keeping(&state)).await;
    // A directory where the draft of the file would be: for every user of the machine it cannot be written.
    let draft = file(&state).with_extension("new");
    fs::create_dir(&draft).unwrap();
    fs::write(draft.join("x"), "").unwrap();
    server.world().rename(1, "Miller");
    let (all, shown) = start(&server, keeping(&state)).await;
    assert_eq!(&*shown.last().unwrap().table.get("1").unwrap().last, "Miller");
    assert_eq!(again(&all).await.last().unwrap().reading, Reading::Whole);
    // What was kept before is as it was.
    let (_, shown) = start(&server, keeping(&state)).await;
    assert_eq!(&*shown[0].table.get("1").unwrap().last, "Last1");
}

#[test]
fn of_several_sessions_one_writes_and_an_older_one_never_takes_the_place_of_a_newer() {
    let (_home, state) = state();
    let shelf = Shelf::open(&state, true).unwrap();
    let whose = Whose { server: "s".into(), user: "u".into(), view: String::new() };
    let table = Table::<Person>::default();
    let (now, hour) = (about(), SignedDuration::from_hours(1));
    let older = About { current: now.current - hour, whole: now.whole - hour, ..now.clone() };
    assert!(shelf.write(&whose, &now, &table).unwrap());
    assert!(!shelf.write(&whose, &older, &table).unwrap());
    let lock = fs::File::open(state.join("locks/directory")).unwrap();
    lock.lock().unwrap();
    let later = About { current: now.current + hour, ..now.clone() };
    assert!(!shelf.write(&whose, &later, &table).unwrap(), "another session is writing");
    drop(lock);
    assert!(shelf.write(&whose, &later, &table).unwrap());
    assert_eq!(shelf.read::<Person>(&whose).unwrap().about, later);
    // Lines lie beside people.
    assert_eq!(shelf.read::<Line>(&whose).unwrap_err(), NotRead::None);
}

#[tokio::test]
async fn what_was_not_read_whole_is_not_kept() {
    let (_home, state) = state();
    let server = Server::with(World::of(1_000), |_, asked| (asked.offset() == 300).then_some(500)).await;
    let (all, shown) = start(&server, keeping(&state)).await;
    assert!(matches!(shown.last().unwrap().reading, Reading::Failed(_)));
    assert!(files(&state).is_empty());
    server.then(|_, _| None);
    assert_eq!(again(&all).await.last().unwrap().reading, Reading::Whole);
    assert_eq!(files(&state).len(), 1);
}

#[tokio::test]
async fn who_is_signed_in_is_found_out_later_where_the_server_could_not_say_at_first() {
    let (_home, state) = state();
    let server = Server::start(World { nobody: true, ..World::of(300) }).await;
    let (all, shown) = start(&server, Keeping { user: None, ..keeping(&state) }).await;
    assert_eq!((shown.last().unwrap().table.len(), files(&state).len()), (300, 0), "it is used, and not kept");
    server.world().nobody = false;
    again(&all).await;
    assert_eq!(files(&state).len(), 1);
}

#[tokio::test]
async fn with_a_server_that_cannot_be_reached_everybody_is_there_also_where_only_it_says_who_is_signed_in() {
    let (_home, state) = state();
    let unnamed = || Keeping { user: None, ..keeping(&state) };
    let server = Server::start(World::of(300)).await;
    start(&server, unnamed()).await;
    assert_eq!(files(&state).len(), 1);
    let there = |there: bool| {
        let mut world = server.world();
        (world.nobody, world.bearer) = (!there, (!there).then(|| "another".into()));
    };
    there(false);
    let (_, shown) = start(&server, unnamed()).await;
    let first = shown.first().unwrap();
    assert_eq!((first.table.len(), &first.reading), (300, &Reading::Whole));
    assert!(shown.last().unwrap().as_of.is_some(), "it says of when it is");
    assert_eq!(shown.last().unwrap().table.len(), 300);
    // Where two have signed in here, it is not said which of them it is.
    there(true);
    start(&server, keeping(&state)).await;
    assert_eq!(files(&state).len(), 2);
    there(false);
    let (_, shown) = start(&server, unnamed()).await;
    assert!(shown.iter().all(|people| people.table.is_empty()), "{shown:?}");
}
