//! The log and the reports of crashes: what stands in them and what never does, who can read them, and that neither a
//! full nor a broken disk nor another session does them harm. And `mobproc logs`, which shows them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails there and then"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use desk::{Desk, LONG, Want, timing};
use mobproc::api::{Api, Sending};
use mobproc::domain::attempt::Confirmed;
use mobproc::domain::calls::{Call, SignedIn};
use mobproc::domain::ids::{Id, OrderNumber};
use mobproc::domain::journal::State;
use mobproc::domain::lookups::Query;
use mobproc::log::file::{Sheet, folder, read};
use mobproc::log::{Log, Step, What};
use mobproc::report;
use mobproc::sandbox::{Options, Sandbox};
use serde_json::Value;
use shell::{Server, Shell};

#[expect(dead_code, reason = "the tests of crashes use the rest")]
#[path = "crash/desk.rs"]
mod desk;
#[expect(dead_code, reason = "the tests in a terminal use the rest")]
#[path = "terminal/shell.rs"]
mod shell;
#[path = "signin/profile.rs"]
mod signin;

/// All that a record may hold.
const FIELDS: [&str; 27] = [
    "time",
    "level",
    "event",
    "pid",
    "session",
    "profile",
    "ext_no",
    "order_id",
    "correlation",
    "method",
    "path",
    "status",
    "bytes",
    "ms",
    "error_code",
    "error_id",
    "fault",
    "from",
    "to",
    "grant",
    "life_s",
    "version",
    "columns",
    "rows",
    "place",
    "note",
    "dropped",
];
/// The variable by which a child of these tests knows its part, and the one that names its directory.
const PART: (&str, &str) = ("MOBPROC_LOG_PART", "MOBPROC_LOG_DIR");

/// The log's directory of the sandbox in the process.
fn log_of(home: &Path) -> PathBuf {
    folder(&home.join(".local/state/mobproc/_sandbox"))
}
fn text_of(dir: &Path) -> String {
    fs::read_to_string(dir.join("mobproc.jsonl")).unwrap()
}
/// A log's directory with that in its file.
fn written(home: &Path, text: &[u8]) -> PathBuf {
    let dir = log_of(home);
    fs::create_dir_all(&dir).unwrap();
    for dir in dir.ancestors().take(3) {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
    }
    fs::write(dir.join("mobproc.jsonl"), text).unwrap();
    fs::set_permissions(dir.join("mobproc.jsonl"), fs::Permissions::from_mode(0o600)).unwrap();
    dir
}
fn mobproc(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mobproc"));
    command.args(arguments).env_clear().env("HOME", home).env("TZ", "UTC").output().unwrap()
}
fn said(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// Every line is a record of these fields, and none holds one of the words, whatever the case.
fn holds_nothing_else(text: &str, words: &[&str]) {
    assert!(!text.is_empty());
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let mut told = String::new();
        for (name, value) in record.as_object().unwrap() {
            assert!(FIELDS.contains(&name.as_str()), "{name} is on no list: {line}");
            // Random and counted ones may hold any digits.
            if !["time", "pid", "session", "correlation", "ext_no", "ms", "bytes"].contains(&name.as_str()) {
                told += &format!("{value} ").to_lowercase();
            }
        }
        for word in words {
            assert!(!told.contains(&word.to_lowercase()), "{word:?} is in the log: {line}");
        }
    }
}

#[test]
fn an_order_is_in_the_log_by_number_and_id_and_only_its_owner_can_read_it() {
    let mut shell = Shell::start((80, 24));
    shell.command("umask 000; $M; echo code=$?");
    shell.until("yourself");
    shell.type_in(shell::PLACED);
    shell.submit();
    shell.until("8711660");
    shell.leave();
    shell.until("code=0");
    let home = shell.home.path();
    let dir = log_of(home);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for entry in fs::read_dir(&dir).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    let text = text_of(&dir);
    let canaries = ["edwards", "peter", "28673732", "38382335", "2035554468", "203555", "jdoe", "bearer", "06477"];
    holds_nothing_else(&text, &canaries);
    let records = read(&dir).unwrap().records;
    let steps: Vec<_> = records.iter().filter_map(|r| r.to.as_deref()).collect();
    assert_eq!(steps, ["ConfirmSent", "Confirmed", "Submitting", "Accepted"], "{text}");
    assert_eq!((records[0].event, records[0].columns, records[0].rows), (What::Started, Some(80), Some(24)));
    // A call that nobody waits for any more is cut off behind it, and logged so.
    let mut after = records.iter().skip_while(|r| r.event != What::Ended).skip(1);
    assert!(records.iter().any(|r| r.event == What::Ended) && after.all(|r| r.event == What::Call), "{text}");
    let sent = records.iter().find(|r| r.to.as_deref() == Some("Submitting")).unwrap();
    let (number, id) = (sent.ext_no.clone().unwrap(), sent.correlation.clone().unwrap());
    for order in [&*number, &number.to_lowercase(), "8711660"] {
        let output = mobproc(home, &["logs", order]);
        let told = said(&output.stdout);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        for part in [&format!("{number}  order 8711660"), "being sent", "placed as order 8711660", &format!("id {id}")]
        {
            assert!(told.contains(part), "{part}:\n{told}");
        }
        assert!(told.contains("The API's support finds a call by its id"), "{told}");
        assert!(told.lines().all(|l| l.chars().count() <= 80), "{told}");
        let all = said(&mobproc(home, &["logs", order, "--all"]).stdout);
        assert!(all.lines().count() >= told.lines().count() - 1 && !all.contains("--all"), "{all}");
    }
    let all = said(&mobproc(home, &["logs"]).stdout);
    assert!(all.contains(&format!("{number}  placed as order 8711660; ")), "{all}");
    assert!(all.lines().all(|l| l.chars().count() <= 80), "{all}");
    holds_nothing_else(&said(&mobproc(home, &["logs", "--json"]).stdout), &canaries);
    let none = mobproc(home, &["logs", "MP0000"]);
    assert!(said(&none.stderr).contains("The log holds nothing about order MP0000"), "{none:?}");
    assert_eq!(none.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_an_order_nothing_of_what_it_holds_is_in_the_log() {
    for (seed, (fault, ends)) in [
        ("", "Accepted"),
        ("POST orders@2=refuse:CONTACT_NUMBER:Edwards may not, 2035554468 neither", "Rejected"),
        ("POST orders@1=refuse-plain:Peter Edwards is unknown", "Drafted"),
        ("POST orders@2=drop-before", "NotPlaced"),
        ("POST orders@2=drop", "Accepted"),
        ("POST orders@2=html:502", "NotPlaced"),
    ]
    .into_iter()
    .enumerate()
    {
        let home = tempfile::tempdir().unwrap();
        let faults = Some(fault).filter(|f| !f.is_empty()).map(|f| f.parse().unwrap()).into_iter().collect();
        let options = Options { faults, ..Options::default() };
        let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").unwrap(), options).unwrap();
        let state = desk::journal_in(home.path());
        let log = Log::start(&state, false, &"qa".into(), Box::new(|why| panic!("{why}"))).unwrap();
        let mut api = Api::sandbox(&sandbox.base_url());
        let (calls, sign_ins) = (log.clone(), log.clone());
        api.observe(Box::new(move |call| calls.call(&call)));
        api.observe_sign_ins(Box::new(move |signed| sign_ins.signed_in(&signed)));
        let mut desk = Desk::new(home.path(), api, timing());
        desk.journal = desk.journal.clone().logged(log.clone());
        let want = Want::of(seed as u64);
        desk.save(want.saving("Canary Street", true)).await;
        let order = want.fresh_order();
        let confirmed = desk.journal.confirm(order.clone()).await;
        if matches!(confirmed, Ok(Confirmed::Confirmed(_))) {
            desk.journal.submit(order).await;
            if desk.state(want.key).await == Some(State::Unknown) {
                desk.settled(want.key).await;
            }
        }
        assert!(log.finish(LONG));
        let text = text_of(&folder(&state));
        let canaries = ["Canary", "Edwards", "Peter", "28673732", "38382335", "2035554468", "jdoe", &want.contact];
        holds_nothing_else(&text, &canaries);
        let records = read(&folder(&state)).unwrap().records;
        let last = records.iter().filter_map(|r| r.to.as_deref()).next_back();
        assert_eq!(last, Some(ends), "{fault:?}\n{text}");
        let sendings = records.iter().filter(|r| r.to.as_deref() == Some("Submitting") && r.correlation.is_some());
        assert_eq!(sendings.count(), usize::from(ends != "Drafted"), "{text}");
        assert!(records.iter().all(|r| r.ext_no.as_deref().is_none_or(|n| n == want.number.as_str())), "{text}");
    }
}

#[test]
fn a_call_and_a_sign_in_are_logged_without_what_a_server_put_in_the_place_of_a_code() {
    let home = tempfile::tempdir().unwrap();
    let log = Log::start(&home.path().join("state"), false, &"qa".into(), Box::new(|_| ())).unwrap();
    let call = Call {
        activity: "MP70000000000J".into(),
        correlation: "0198f2c1-1111-4222-8333-0123456789ab".into(),
        method: "GET",
        path: "/employees/{id}".into(),
        status: Some(400),
        bytes: 512,
        millis: 42,
        code: Some("Peter Edwards of 1 Canary Street".into()),
        error: Some("tghwn".into()),
        fault: None,
        http: None,
    };
    log.call(&call);
    log.call(&Call { status: None, code: None, error: None, fault: Some("no-answer"), ..call });
    let life = Some(Duration::from_secs(3600));
    log.signed_in(&SignedIn { grant: "password", life, refused: None, fault: None });
    let refused = Some("invalid_grant".into());
    log.signed_in(&SignedIn { grant: "refresh_token", life: None, refused, fault: None });
    assert!(log.finish(LONG));
    let dir = folder(&home.path().join("state"));
    holds_nothing_else(&text_of(&dir), &["Edwards", "Canary"]);
    let records = read(&dir).unwrap().records;
    let code = |at: usize| records[at].error_code.as_deref();
    assert_eq!((code(0), code(3)), (Some("(not-a-code)"), Some("invalid_grant")));
    assert_eq!((records[0].status, records[0].ms, records[0].bytes), (Some(400), Some(42), Some(512)));
    assert_eq!((records[1].fault.as_deref(), records[2].life_s), (Some("no-answer"), Some(3600)));
}

#[test]
fn a_token_and_how_it_came_are_not_in_the_log() {
    let home = tempfile::tempdir().unwrap();
    let _server = Server::start(home.path(), &[]);
    let config = home.path().join(".config/mobproc/config.toml");
    let text = fs::read_to_string(&config).unwrap().replace("\"echo\", \"t\"", "\"echo\", \"C4naryToken\"");
    fs::write(&config, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mobproc"))
        .args(["status", "8711660"])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let dir = folder(&home.path().join(".local/state/mobproc/qa"));
    let text = text_of(&dir);
    holds_nothing_else(&text, &["C4nary", "echo", "bearer", "8711660"]);
    let records = read(&dir).unwrap().records;
    let signed = records.iter().find(|r| r.event == What::SignIn).unwrap_or_else(|| panic!("{output:?}\n{text}"));
    assert_eq!((signed.grant.as_deref(), &*signed.profile), (Some("access_token"), "qa"));
}

/// A server that answers every call with the same, an access token among it; its address.
fn canary_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = given.trim().parse().unwrap();
                }
                line.clear();
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            let body = r#"{"access_token":"C4naryToken","token_type":"Bearer","expires_in":77171717,"refresh_token":
                "C4naryRefresh","employee":[{"id":77171717,"name":"C4nary Edwards","77171717":"C4nary"}],"C4nary key":1,
                "order":{"note":"C4nary","price":7717.1717}}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Odd: C4nary\r\nX-77171717: 1\r\n\
                 Connection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = reader.get_mut().write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[tokio::test]
async fn what_calls_are_made_of_is_logged_where_it_is_asked_for_and_no_value_is_ever() {
    let url = canary_server();
    for (outlined, in_query) in [(true, false), (true, true), (false, false)] {
        let home = tempfile::tempdir().unwrap();
        let log = Log::start(&home.path().join("state"), false, &"qa".into(), Box::new(|_| ())).unwrap();
        let mut profile = signin::profile(&url, &format!("{url}/token"), |grant| {
            grant.username = "C4naryUser".into();
            grant.password = signin::printed("C4naryPassword");
            grant.client_secret = Some(signin::printed("C4narySecret"));
            grant.client_id = "C4naryClient".into();
            grant.scope = "C4naryScope".into();
            grant.in_query = in_query;
        });
        profile.tenant = "C4naryTenant".into();
        profile.hierarchy_id = Some("77171717".into());
        let mut api = Api::new(profile);
        let calls = log.clone();
        api.observe(Box::new(move |call| calls.call(&call)));
        if outlined {
            api.outline();
        }
        let (number, actor) = (OrderNumber::from_random(7), Id::new("77171717"));
        let query = Query::new("/employees", None, actor.as_ref()).with("name", Some("C4nary"));
        api.get(&query, &[], &number).await.unwrap();
        let body = br#"{"orderRequest":{"note":"C4nary","amounts":[77171717,null,true],"77171717":"x","s":"\u9234"}}"#;
        let (actor, correlation) = (actor.as_ref(), "0198f2c1-1111-4222-8333-0123456789ab");
        let _ = api.confirm(&Sending { number: &number, actor, correlation, body }).await;
        assert!(log.finish(LONG));
        let dir = folder(&home.path().join("state"));
        let text = text_of(&dir);
        for canary in ["C4nary", "771717", "7717.17", "Edwards", "\u{9234}"] {
            assert!(!text.contains(canary), "{canary}: {text}");
        }
        let records = read(&dir).unwrap().records;
        assert_eq!(
            records.iter().map(|r| r.path.as_deref().unwrap()).collect::<Vec<_>>(),
            ["/token", "/employees", "/orders"]
        );
        if !outlined {
            assert!(!text.contains("http") && records.iter().all(|r| r.http.is_none()), "{text}");
            continue;
        }
        let told: Vec<_> = records.iter().map(|r| r.http.as_ref().unwrap()).collect();
        let form = "grant_type, scope, username, client_id, password, client_secret";
        let order = "{orderRequest: {?: text(1), amounts: [3: number, null, flag], note: text(6), s: text(1)}}";
        assert_eq!(told.iter().map(|o| o.sent.as_deref()).collect::<Vec<_>>(), [Some(form), None, Some(order)]);
        for name in ["authorization", "x-tngo-tenant", "x-tngo-context-employeeid", "x-tngo-context-hierarchyid"] {
            assert!(told[1].sent_headers.contains(name), "{name}: {}", told[1].sent_headers);
        }
        // A token that comes back to an order is taken out before anything is made of the reply.
        for (outline, token) in told.iter().zip([11, 11, 3]) {
            assert_eq!(outline.came_headers.as_deref(), Some("content-type, x-odd, ?, connection, content-length"));
            let came = format!(
                "{{?: number, access_token: text({token}), employee: [1: {{?: text(6), id: number, name: text(14)}}], \
                 expires_in: number, order: {{note: text(6), price: number}}, refresh_token: text(13), \
                 token_type: text(6)}}"
            );
            assert_eq!(outline.came.as_deref(), Some(came.as_str()));
        }
    }
}

#[test]
fn the_flag_for_what_calls_are_made_of_is_shown_below_each_call() {
    let home = tempfile::tempdir().unwrap();
    let plain = mobproc(home.path(), &["status", "8711660"]);
    assert!(!text_of(&log_of(home.path())).contains("http"), "{plain:?}");
    mobproc(home.path(), &["--debug-http", "status", "8711660"]);
    let records = read(&log_of(home.path())).unwrap().records;
    let call = records.iter().rfind(|r| r.event == What::Call).unwrap();
    assert!(call.http.as_ref().unwrap().sent_headers.contains("authorization"), "{call:?}");
    let number = call.ext_no.as_deref().unwrap();
    let all = said(&mobproc(home.path(), &["logs", number, "--all"]).stdout);
    for part in ["           sent headers: authorization, accept, ", "           came: {"] {
        assert!(all.contains(part), "{part}:\n{all}");
    }
    assert!(all.lines().all(|l| l.chars().count() <= 80), "{all}");
    assert!(!said(&mobproc(home.path(), &["logs", number]).stdout).contains("sent headers"));
    assert!(said(&mobproc(home.path(), &["logs", number, "--json"]).stdout).contains("\"http\":{\"sent_headers\":"));
}

/// A child's part; see `PART`.
#[test]
fn a_part_is_played_where_one_is_given() {
    let Ok(part) = std::env::var(PART.0) else { return };
    let dir = PathBuf::from(std::env::var(PART.1).unwrap());
    match part.split_once(' ').unwrap_or((part.as_str(), "")) {
        ("append", me) => {
            let mut sheet = Sheet::open(&dir, 100_000).unwrap();
            for n in 0..1000 {
                sheet.append(line(me.parse().unwrap(), n).as_bytes()).unwrap();
            }
        }
        ("fill", _) => {
            let dir = dir.join("log");
            let mut sheet = Sheet::open(&dir, 100_000).unwrap();
            sheet.append(line(1, 0).as_bytes()).unwrap();
            let ballast = dir.with_file_name("ballast");
            let mut all = fs::File::create(&ballast).unwrap();
            while std::io::Write::write_all(&mut all, &[0; 4096]).is_ok() {}
            let mut written = 0;
            while sheet.append(line(2, written).as_bytes()).is_ok() {
                written += 1;
            }
            drop(all);
            fs::remove_file(&ballast).unwrap();
            sheet.append(line(3, 0).as_bytes()).unwrap();
            let pages = read(&dir).unwrap();
            assert_eq!(pages.records.len() as u64, 2 + written, "all that was taken is there");
            assert!(pages.skipped <= 1, "at most the line that found no room is torn");
            println!("FILLED");
        }
        ("panic", _) => {
            report::install(|text| eprintln!("{text}")).unwrap();
            let log = Log::start(&dir, false, &"qa".into(), Box::new(|_| ())).unwrap();
            report::keep_in(&dir, &log);
            let words = format!("at \u{1b}]0;x\u{7}\nError: forged\u{202e} {}END", "Canary ".repeat(60));
            let failed = std::thread::Builder::new().name("worker".into()).spawn(move || panic!("{words}")).unwrap();
            assert!(failed.join().is_err());
            assert!(log.finish(LONG));
        }
        (other, _) => panic!("{other}"),
    }
}

fn line(pid: u64, ms: u64) -> String {
    let (now, note) = (jiff::Timestamp::now(), "x".repeat(80));
    format!(
        "{{\"time\":\"{now}\",\"level\":\"info\",\"event\":\"call\",\"pid\":{pid},\"session\":\"s\",\
         \"profile\":\"qa\",\"ms\":{ms},\"note\":\"{note}\"}}\n"
    )
}
/// This test's own binary, run again to play a part.
fn part(before: &[&str], part: &str, dir: &Path) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut words: Vec<&str> = before.to_vec();
    words.extend([this.to_str().unwrap(), "a_part_is_played_where_one_is_given", "--exact", "--nocapture"]);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env(PART.0, part).env(PART.1, dir).env_remove("RUST_BACKTRACE").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn sessions_that_write_and_rotate_at_once_tear_and_lose_no_line() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("log");
    let children: Vec<_> = [1, 2].map(|me| part(&[], &format!("append {me}"), &dir).spawn().unwrap()).into();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let pages = read(&dir).unwrap();
    assert_eq!(pages.skipped, 0, "no line is torn");
    for me in [1, 2] {
        let mut seen: Vec<u64> = pages.records.iter().filter(|r| r.pid == me).filter_map(|r| r.ms).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..1000).collect::<Vec<_>>(), "each line is there once");
    }
    let files: Vec<u64> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).collect();
    assert!(files.len() >= 4 && files.iter().all(|size| *size < 110_000), "{files:?}");
    // More than five files there never are.
    let mut sheet = Sheet::open(&dir, 1000).unwrap();
    for n in 0..100 {
        sheet.append(line(3, n).as_bytes()).unwrap();
    }
    let names = fs::read_dir(&dir).unwrap().filter(|e| e.as_ref().unwrap().file_name() != "lock");
    assert_eq!(names.count(), 5);
}

#[test]
fn a_full_disk_costs_only_the_records_that_find_no_room() {
    let works = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !works.is_ok_and(|o| o.status.success()) {
        println!("SKIPPED: no file system can be mounted here");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o size=64k,mode=700 tmpfs {} && exec \"$@\"", home.path().display());
    let output = part(&["unshare", "-rm", "sh", "-c", &script, "sh"], "fill", home.path()).output().unwrap();
    assert!(output.status.success() && said(&output.stdout).contains("FILLED"), "{output:?}");
}

#[test]
fn what_is_no_file_of_ones_own_is_refused_and_the_program_works_without_a_log() {
    for case in ["pipe", "link", "open to others", "directory"] {
        let home = tempfile::tempdir().unwrap();
        let dir = written(home.path(), b"");
        let file = dir.join("mobproc.jsonl");
        match case {
            "pipe" => {
                fs::remove_file(&file).unwrap();
                assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&file).status().unwrap().success());
            }
            "link" => {
                fs::remove_file(&file).unwrap();
                symlink(home.path().join("elsewhere"), &file).unwrap();
            }
            "open to others" => fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap(),
            _ => {
                fs::remove_file(&file).unwrap();
                fs::create_dir(&file).unwrap();
            }
        }
        let refused = Sheet::open(&dir, 1000).unwrap_err();
        assert!(refused.contains("Mend it with: "), "{case}: {refused}");
        let output = mobproc(home.path(), &["reconcile"]);
        let told = said(&output.stderr);
        assert!(output.status.success(), "{case}: {output:?}");
        assert_eq!(told.matches("No log is written; orders are not affected.").count(), 1, "{case}: {told}");
        let shown = mobproc(home.path(), &["logs"]);
        assert!(said(&shown.stderr).contains("The log cannot be shown."), "{case}: {shown:?}");
        assert!(!home.path().join("elsewhere").exists());
    }
}

#[test]
fn torn_and_foreign_lines_are_counted_and_never_shown() {
    let home = tempfile::tempdir().unwrap();
    let good = "{\"time\":\"2026-11-25T12:00:00Z\",\"level\":\"warn\",\"event\":\"call\",\"pid\":7,\"session\":\"s\",\
         \"profile\":\"qa\",\"ext_no\":\"MP70000000000J\",\"correlation\":\"0198f2c1-1111-4222-8333-0123456789ab\",\
         \"method\":\"GET\",\"path\":\"/x\\u001b[2J\\u202e\",\"status\":500,\"ms\":12,\"injected\":\"FOREIGN\"}\n";
    let mut text = good.as_bytes().to_vec();
    text.extend(b"{\"time\":\"2026-11-25T12:0\n");
    text.extend(b"\x1b]0;FOREIGN\x07\xff\xfe\n");
    text.extend([b'x'; 20_000]);
    text.extend(b"\n\n");
    text.extend(good.replace("500", "200").as_bytes());
    text.extend(b"{\"torn");
    let dir = written(home.path(), &text);
    for arguments in [&["logs"][..], &["logs", "mp70000000000j"], &["logs", "--json"], &["logs", "--all"]] {
        let output = mobproc(home.path(), arguments);
        let told = said(&output.stdout);
        assert!(told.contains("MP70000000000J") && !told.contains('\u{1b}') && !told.contains("FOREIGN"), "{told}");
        assert!(!told.contains('\u{202e}'), "{told}");
        assert!(said(&output.stderr).contains("4 lines of the log cannot be read"), "{output:?}");
    }
    let told = said(&mobproc(home.path(), &["logs", "MP70000000000J"]).stdout);
    assert!(told.contains("500") && told.contains("12 ms") && told.contains("id 0198f2c1-1111"), "{told}");
    // What comes after a torn line stands on a line of its own.
    Sheet::open(&dir, 1_000_000).unwrap().append(line(9, 0).as_bytes()).unwrap();
    assert_eq!(read(&dir).unwrap().records.iter().filter(|r| r.pid == 9).count(), 1);
}

#[test]
fn an_empty_log_is_a_sentence_and_a_closed_pipe_no_error() {
    let home = tempfile::tempdir().unwrap();
    let output = mobproc(home.path(), &["logs"]);
    assert_eq!((output.status.code(), &*said(&output.stderr)), (Some(0), ""));
    assert_eq!(said(&output.stdout), "Nothing is in the log of this profile yet.\n");
    written(home.path(), line(1, 1).repeat(30_000).as_bytes());
    let pipe = format!("{} logs --all --json | head -n 1", env!("CARGO_BIN_EXE_mobproc"));
    let output = Command::new("sh")
        .args(["-c", &pipe])
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert_eq!((said(&output.stdout).lines().count(), &*said(&output.stderr)), (1, ""), "{output:?}");
}

#[test]
fn files_of_more_than_30_days_ago_go_with_a_purge() {
    let home = tempfile::tempdir().unwrap();
    let dir = written(home.path(), line(1, 1).as_bytes());
    let old = SystemTime::now() - Duration::from_secs(31 * 24 * 3600);
    for (name, aged) in [("mobproc.jsonl.3", true), ("crash-1.txt", true), ("crash-2.txt", false), ("mine", true)] {
        let file = fs::File::create(dir.join(name)).unwrap();
        if aged {
            file.set_modified(old).unwrap();
        }
    }
    let output = mobproc(home.path(), &["purge"]);
    assert!(output.status.success(), "{output:?}");
    let mut left: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["crash-2.txt", "mine", "mobproc.jsonl"]);
}

#[test]
fn a_panic_is_reported_clean_and_kept_for_its_owner_alone() {
    let home = Arc::new(tempfile::tempdir().unwrap());
    let state = home.path().join("state");
    let output = part(&[], "panic", &state).env("ENVIRONMENT_CANARY", "e-canary").output().unwrap();
    let told = said(&output.stderr);
    assert!(output.status.success(), "{output:?}");
    assert!(told.contains("This report is kept in "), "{told}");
    let dir = folder(&state);
    let entries = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path());
    let crash: Vec<_> = entries.filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with("crash-")).collect();
    assert_eq!(crash.len(), 1, "{crash:?}");
    assert_eq!(crash[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read_to_string(&crash[0]).unwrap();
    for text in [&kept, &told] {
        assert!(text.contains("mobproc has failed") && text.contains("(thread worker)"), "{text}");
        assert!(
            text.contains("tests/logs.rs:") && text.contains("at ^[]0;x^G Error: forged\\u{202e} Canary"),
            "{text}"
        );
        assert!(!text.contains("END") && text.matches("Canary").count() < 45, "a part of what it says at most: {text}");
        assert!(!text.contains('\u{1b}') && !text.contains("e-canary") && !text.contains("--nocapture"), "{text}");
    }
    let records = read(&dir).unwrap().records;
    let place = records.iter().find(|r| r.event == What::Panicked).and_then(|r| r.place.clone()).expect("it is logged");
    assert!(place.starts_with("tests/logs.rs:"), "{place}");
    assert!(!text_of(&dir).contains("Canary"));
}

#[test]
fn a_step_tells_only_its_own_words() {
    let home = tempfile::tempdir().unwrap();
    let log = Log::start(&home.path().join("state"), false, &"qa".into(), Box::new(|_| ())).unwrap();
    let number = Want::of(1).number;
    log.order(&Step { to: Some(State::NeedsHuman), ..Step::of(&number) });
    log.order(&Step { note: Some("a check failed"), ..Step::of(&number) });
    assert!(log.finish(LONG));
    let records = read(&folder(&home.path().join("state"))).unwrap().records;
    assert_eq!(records.iter().map(|r| r.event).collect::<Vec<_>>(), [What::Order, What::Look]);
}
