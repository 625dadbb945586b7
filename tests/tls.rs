//! Nothing secret and nothing about anybody leaves for a server that cannot prove who it is, or for one that another server
//! points to; authorities and proxies of one's own work, and nothing turns the proof off.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there and then")]

#[path = "tls/server.rs"]
mod server;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mobproc::api::{Api, Sending};
use mobproc::domain::attempt::Verdict;
use mobproc::domain::fault::Fault;
use mobproc::domain::ids::OrderNumber;
use mobproc::domain::journal::Timing;
use mobproc::domain::lookups::Query;
use mobproc::profile::{ConfirmParameter, Grant, Network, Profile, SignIn};
use mobproc::secret::Source;
use server::{Answer, Authority, Server, Shown};

const TOKEN: &str = "canary-token";
const TENANT: &str = "CANARY-TENANT";
const PASSWORD: &str = "canary-password";
const REASON: &str = "canary-reason";
/// What must not be seen where it does not belong.
const CANARIES: [&str; 4] = [TOKEN, TENANT, PASSWORD, REASON];

fn said(secret: &str) -> Source {
    Source::Command(vec!["echo".into(), secret.into()])
}

fn api(base_url: &str, network: Network, sign_in: SignIn) -> Api {
    Api::new(Profile {
        name: "test".into(),
        base_url: base_url.into(),
        tenant: TENANT.into(),
        client_id: "mobproc".into(),
        sign_in,
        network,
        employee_id: None,
        company_employee_id: None,
        hierarchy_id: None,
        confirm_parameter: ConfirmParameter::Both,
        state_dir: None,
        allow_network_state: false,
        manners: mobproc::profile::Manners::default(),
        timing: Timing::default(),
        warnings: Vec::new(),
    })
}

fn by_token(base_url: &str, network: Network) -> Api {
    api(base_url, network, SignIn::Token(said(TOKEN)))
}

fn by_password(token_url: &str, network: Network) -> Api {
    let grant = Grant {
        token_url: token_url.into(),
        client_id: "mobproc".into(),
        client_secret: None,
        username: "command://desk".into(),
        password: said(PASSWORD),
        scope: "openid".into(),
        in_query: false,
    };
    api("https://localhost:1", network, SignIn::Password(Box::new(grant)))
}

/// The calls that can leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Get,
    Confirm,
    Submit,
    Token,
}

const ACTS: [Act; 4] = [Act::Get, Act::Confirm, Act::Submit, Act::Token];

/// Makes a call, and gives the sentence that it ends in where it fails.
async fn act(act: Act, server: &str, network: Network) -> Result<(), String> {
    let number = OrderNumber::from_random(7);
    let body = format!(r#"{{"reason": "{REASON}"}}"#);
    let order = Sending { number: &number, actor: None, correlation: "c-1", body: body.as_bytes() };
    let text = |fault: Fault| fault.to_string();
    match act {
        Act::Get => {
            let query = Query::new("/ping", None, None);
            by_token(server, network).get(&query, &[], &number).await.map(|_| ()).map_err(text)
        }
        Act::Confirm => by_token(server, network).confirm(&order).await.map(|_| ()).map_err(text),
        Act::Submit => {
            let api = by_token(server, network);
            let ready = api.ready(Duration::from_secs(1800)).await.map_err(text)?;
            match api.submit(&order, &ready, Duration::from_secs(60)).await.verdict {
                Verdict::Accepted(_) => Ok(()),
                Verdict::NotSent(fault) => Err(format!("not sent: {fault}")),
                other => Err(format!("{other:?}")),
            }
        }
        Act::Token => by_password(&format!("{server}/token"), network).sign_in().await.map(|_| ()).map_err(text),
    }
}

/// The authority's certificate in a file.
struct Trust {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Trust {
    fn new() -> Self {
        let this = Self { folder: tempfile::tempdir().unwrap(), authority: server::authority(server::KNOWN) };
        // Another one before it: all of a file count.
        this.write("ca.pem", &format!("{}\n{}", server::authority("Another").pem(), this.authority.pem()));
        this
    }
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
    fn network(&self, ca_only: bool) -> Network {
        Network { ca_file: Some(self.folder.path().join("ca.pem")), ca_only, proxy: None }
    }
}

fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// What each call is content with.
fn contents(act: Act) -> Vec<u8> {
    let number = OrderNumber::from_random(7);
    let body = match act {
        Act::Get => "{}".to_owned(),
        Act::Confirm => r#"{"status": "SUCCESS", "orderConfirmation": {"quantity": 1}}"#.to_owned(),
        Act::Submit => {
            format!(r#"{{"order": {{"orderId": "8710840", "externalOrderNumber": "{}"}}}}"#, number.as_str())
        }
        Act::Token => r#"{"access_token": "t", "token_type": "bearer"}"#.to_owned(),
    };
    reply("200 OK", "", &body)
}

#[track_caller]
fn tells_nothing(bytes: &[u8], case: &str) {
    let text = String::from_utf8_lossy(bytes);
    for canary in CANARIES {
        assert!(!text.contains(canary), "{case}: {canary} is in {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_by_an_authority_of_ones_own_is_spoken_to_beside_the_systems_or_alone() {
    let trust = Trust::new();
    for ca_only in [false, true] {
        for call in ACTS {
            let server = Server::tls(Shown::Good, &trust.authority, &contents(call));
            act(call, &server.base_url(), trust.network(ca_only)).await.unwrap();
            let brought = server.brought();
            let canary = match call {
                Act::Get => TENANT,
                Act::Confirm | Act::Submit => REASON,
                Act::Token => PASSWORD,
            };
            assert!(String::from_utf8_lossy(&brought.plain).contains(canary), "{call:?}");
            tells_nothing(&brought.raw, "on the wire");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_server_that_cannot_prove_who_it_is_nothing_is_said() {
    let trust = Trust::new();
    for (shown, words) in [
        (Shown::Expired, "has expired"),
        (Shown::NotYet, "not valid yet"),
        (Shown::OtherHost, "for another host"),
        (Shown::SelfSigned, "ca_file"),
        (Shown::Unknown, "ca_file"),
        (Shown::Forged, "not signed by the authority that it names"),
    ] {
        for (call, ca_only) in ACTS.into_iter().flat_map(|call| [(call, false), (call, true)]) {
            let case = format!("{shown:?} {call:?}, ca_only {ca_only}");
            let server = Server::tls(shown, &trust.authority, &contents(call));
            let said = act(call, &server.base_url(), trust.network(ca_only)).await.expect_err(&case);
            assert!(said.contains(words) && said.contains("localhost"), "{case}: {said}");
            assert_eq!(said.starts_with("not sent"), call == Act::Submit, "{case}: {said}");
            let brought = server.brought();
            assert_eq!(brought.plain, b"", "{case}: bytes inside the TLS");
            tells_nothing(&brought.raw, &case);
            server.is_quiet(&case);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_authority_in_a_file_its_servers_are_not_trusted() {
    let trust = Trust::new();
    for call in ACTS {
        let server = Server::tls(Shown::Good, &trust.authority, &contents(call));
        let other = trust.write("other.pem", &server::authority("Another").pem());
        let network = Network { ca_file: Some(other), ca_only: true, proxy: None };
        let said = act(call, &server.base_url(), network).await.unwrap_err();
        assert!(said.contains("by nobody whom this machine trusts"), "{said}");
        assert_eq!(server.brought().plain, b"");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_knows_only_old_tls_is_told_nothing() {
    let trust = Trust::new();
    for call in ACTS {
        let server = Server::start(Answer::Tls11);
        let said = act(call, &server.base_url(), trust.network(false)).await.unwrap_err();
        assert!(said.contains("knows no TLS of today"), "{call:?}: {said}");
        tells_nothing(&server.brought().raw, "TLS 1.1");
        server.is_quiet("TLS 1.1");
    }
}

/// The same against a real one, where there is one that can still be told to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_openssl_server_of_tls_1_1_is_told_nothing() {
    let trust = Trust::new();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = trust.write("server.pem", &own.cert.pem());
    let key = trust.write("server.key", &own.signing_key.serialize_pem());
    let started = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", "-cert"])
        .arg(certificate)
        .arg("-key")
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else { return println!("SKIPPED: there is no openssl") };
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    let port = loop {
        let mut line = String::new();
        if out.read_line(&mut line).unwrap() == 0 {
            child.wait().unwrap();
            return println!("SKIPPED: this openssl speaks no TLS 1.1");
        }
        if let Some(port) = line.strip_prefix("ACCEPT ").and_then(|l| l.trim().rsplit(':').next()?.parse::<u16>().ok())
        {
            break port;
        }
    };
    let reader = std::thread::spawn(move || {
        let _ = out.read_to_string(&mut seen);
        seen
    });
    for call in ACTS {
        let said = act(call, &format!("https://localhost:{port}"), trust.network(false)).await.unwrap_err();
        assert!(said.contains("knows no TLS of today"), "{call:?}: {said}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    tells_nothing(reader.join().unwrap().as_bytes(), "openssl");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_where_tls_belongs_is_told_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut got = vec![0; 4096];
        let count = stream.read(&mut got).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").unwrap();
        got.truncate(count);
        let _ = stream.read_to_end(&mut got);
        got
    });
    let said = act(Act::Get, &format!("https://localhost:{port}"), Network::default()).await.unwrap_err();
    assert!(said.contains("does not speak TLS"), "{said}");
    tells_nothing(&server.join().unwrap(), "no TLS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_to_anywhere_ends_the_call_with_the_name_of_the_host() {
    let trust = Trust::new();
    let elsewhere = Server::tls(Shown::Good, &trust.authority, b"");
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    let mut count = 0;
    for status in [301, 302, 303, 307, 308] {
        for (to, host) in [
            ("/elsewhere?leak=path".to_owned(), "localhost"),
            (format!("{}/orders?leak=path", elsewhere.base_url()), "localhost"),
            (format!("https://u:leak@127.0.0.1:{}/orders", elsewhere.port), "127.0.0.1"),
            (format!("http://127.0.0.1:{port}/orders?leak=path"), "127.0.0.1"),
        ] {
            for call in ACTS {
                let case = format!("{call:?}: {status} to {to}");
                let answer = reply(&format!("{status} Elsewhere"), &format!("Location: {to}\r\n"), "");
                let server = Server::tls(Shown::Good, &trust.authority, &answer);
                let said = act(call, &server.base_url(), trust.network(true)).await.expect_err(&case);
                let named = said.contains(&format!("it points to {host}, and that is never followed"));
                assert!(named && !said.contains("leak"), "{case}: {said}");
                let sent = server.brought().plain;
                assert_eq!(String::from_utf8_lossy(&sent).matches("HTTP/1.1\r\n").count(), 1, "{case}");
                server.is_quiet(&case);
                count += 1;
            }
        }
    }
    println!("{count} redirects");
    elsewhere.is_quiet("the other server");
    plain.set_nonblocking(true).unwrap();
    assert!(plain.accept().is_err(), "somebody came to the server without TLS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_certificates_that_cannot_be_used_is_named_and_nothing_is_sent() {
    let trust = Trust::new();
    let server = Server::tls(Shown::Good, &trust.authority, &contents(Act::Get));
    let damaged = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let only_key = KEY_ALONE.replace("KEY", "PRIVATE KEY");
    for (name, file, why) in [
        ("absent", None, "not found"),
        ("empty.pem", Some(""), "no certificate"),
        ("words.pem", Some("hello"), "no certificate"),
        ("key.pem", Some(only_key.as_str()), "no certificate"),
        ("damaged.pem", Some(damaged), "damaged"),
        ("nonsense.pem", Some(nonsense), "TLS cannot be set up"),
    ] {
        let path = file.map_or_else(|| trust.folder.path().join(name), |text| trust.write(name, text));
        for (call, ca_only) in ACTS.into_iter().flat_map(|call| [(call, false), (call, true)]) {
            let network = Network { ca_file: Some(path.clone()), ca_only, proxy: None };
            let said = act(call, &server.base_url(), network).await.expect_err(name);
            assert!(said.contains(why) && said.contains(&path.display().to_string()), "{name} {call:?}: {said}");
        }
    }
    let folder = Network { ca_file: Some(trust.folder.path().to_owned()), ..Network::default() };
    assert!(act(Act::Get, &server.base_url(), folder).await.unwrap_err().contains("not a file"));
    let none = Network { ca_only: true, ..Network::default() };
    assert!(act(Act::Get, &server.base_url(), none).await.unwrap_err().contains("names no ca_file"));
    server.is_quiet("no call has left");
}

const KEY_ALONE: &str = "-----BEGIN KEY-----\nMAA=\n-----END KEY-----\n";

/// A proxy that lets everything through, or nothing; the heads that it was sent.
struct Relay {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    fn start(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = heads.clone();
        std::thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if client.read(&mut byte).unwrap_or(0) == 0 {
                        break;
                    }
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                log.lock().unwrap().push(head.clone());
                client.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).unwrap();
                if status.starts_with("200") {
                    let to = head.split(' ').nth(1).unwrap().replace("localhost", "127.0.0.1");
                    let server = TcpStream::connect(to).unwrap();
                    pump(client.try_clone().unwrap(), server.try_clone().unwrap());
                    pump(server, client);
                }
            }
        });
        Self { port, heads }
    }
    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}

/// The variable by which a process of its own knows its part: the environment's proxies are its alone.
const PART: &str = "MOBPROC_TEST_PART";

/// Runs a test of this file by itself, with that part and those variables.
fn alone(name: &str, part: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--nocapture"]).env(PART, part);
    for proxy in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    let out = command.envs(variables.iter().copied()).output().unwrap();
    assert!(
        out.status.success(),
        "{part}:\n{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
}

fn part() -> Option<String> {
    std::env::var(PART).ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_sees_host_and_port_and_nothing_else() {
    const THIS: &str = "a_proxy_sees_host_and_port_and_nothing_else";
    let trust = Trust::new();
    let relay = Relay::start("200 OK");
    let address = format!("http://desk:{PASSWORD}@127.0.0.1:{}", relay.port);
    let Some(part) = part() else {
        alone(THIS, "profile", &[]);
        // The profile's own counts before the environment's, which nobody answers at.
        alone(THIS, "profile", &[("HTTPS_PROXY", "http://127.0.0.1:1")]);
        alone(THIS, "no proxy", &[("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "localhost")]);
        alone(THIS, "environment", &[("HTTPS_PROXY", &address)]);
        let heads = relay.heads();
        assert_eq!(heads.len(), 4);
        assert!(heads.iter().all(|h| h.starts_with("CONNECT localhost:")), "{heads:?}");
        return;
    };
    let proxy = (part == "profile").then_some(address);
    for call in ACTS {
        let server = Server::tls(Shown::Good, &trust.authority, &contents(call));
        let network = Network { proxy: proxy.clone(), ..trust.network(false) };
        act(call, &server.base_url(), network).await.unwrap();
        assert!(!server.brought().plain.is_empty());
        let Some(head) = relay.heads().pop() else { continue };
        assert!(head.starts_with(&format!("CONNECT localhost:{} HTTP/1.1\r\n", server.port)), "{head}");
        assert!(head.to_lowercase().contains("proxy-authorization: basic "), "{head}");
        tells_nothing(head.as_bytes(), "the proxy's log");
    }
    assert_eq!(relay.heads().len(), if part == "profile" { 4 } else { 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_says_no_is_said_so_without_its_password() {
    if part().is_none() {
        return alone("a_proxy_that_says_no_is_said_so_without_its_password", "child", &[]);
    }
    let trust = Trust::new();
    for (status, words) in [
        ("407 Proxy Authentication Required", "the proxy does not accept the sign-in"),
        ("403 Forbidden", "the proxy does not let it through"),
    ] {
        let relay = Relay::start(status);
        for call in ACTS {
            let server = Server::tls(Shown::Good, &trust.authority, &contents(call));
            let proxy = Some(format!("http://desk:{PASSWORD}@127.0.0.1:{}", relay.port));
            let said = act(call, &server.base_url(), Network { proxy, ..trust.network(false) }).await.unwrap_err();
            assert!(said.contains(words), "{said}");
            tells_nothing(said.as_bytes(), "the sentence");
            server.is_quiet("behind the proxy");
        }
    }
    for odd in [format!("http://desk:{PASSWORD}@["), format!("desk:{PASSWORD}@"), format!("socks5://x:{PASSWORD}@h:1")]
    {
        let network = Network { proxy: Some(odd), ..trust.network(false) };
        let said = act(Act::Get, "https://localhost:1", network).await.unwrap_err();
        tells_nothing(said.as_bytes(), "the sentence");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_to_this_machine_never_goes_through_a_proxy() {
    let relay = Relay::start("403 Forbidden");
    let address = format!("http://127.0.0.1:{}", relay.port);
    if part().is_none() {
        let this = "plain_http_to_this_machine_never_goes_through_a_proxy";
        return alone(this, "child", &[("HTTP_PROXY", &address), ("ALL_PROXY", &address), ("HTTPS_PROXY", &address)]);
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        server::request(&mut stream, &mut Vec::new()).unwrap();
        stream.write_all(&contents(Act::Get)).unwrap();
    });
    act(Act::Get, &base_url, Network { proxy: Some(address), ..Network::default() }).await.unwrap();
    assert_eq!(relay.heads(), Vec::<String>::new());
}

#[test]
fn nothing_in_the_program_turns_the_proof_off_or_writes_keys_down() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            for barred in ["danger", "sslkeylogfile", "KeyLogFile", "accept_invalid", "ServerCertVerifier"] {
                assert!(!text.contains(barred), "{}: {barred}", path.display());
            }
        }
    }
    assert!(files > 50);
}
