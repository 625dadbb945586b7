//! A server of this machine that speaks TLS with any certificate, and tells what it was sent.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection};

/// So long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one connection has brought.
#[derive(Debug, Default)]
pub struct Brought {
    /// As it came over the wire.
    pub raw: Vec<u8>,
    /// What was inside the TLS.
    pub plain: Vec<u8>,
}

/// The authority that the tests know.
pub const KNOWN: &str = "Authority of a test";

/// Who signs certificates here.
pub type Authority = CertifiedIssuer<'static, KeyPair>;

pub fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// The certificates that a server may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Good,
    Expired,
    NotYet,
    OtherHost,
    SelfSigned,
    /// Signed by an authority that nobody knows.
    Unknown,
    /// Signed by one that calls itself as the known one.
    Forged,
}

fn config(shown: Shown, authority: &Authority) -> ServerConfig {
    let host = if shown == Shown::OtherHost { "other.example.com" } else { "localhost" };
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    match shown {
        Shown::Expired => {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1))
        }
        Shown::NotYet => (params.not_before, params.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1)),
        Shown::Good | Shown::OtherHost | Shown::SelfSigned | Shown::Unknown | Shown::Forged => {}
    }
    let key = KeyPair::generate().unwrap();
    let certificate = match shown {
        Shown::SelfSigned => params.self_signed(&key),
        Shown::Unknown => params.signed_by(&key, &self::authority("Nobody")),
        Shown::Forged => params.signed_by(&key, &self::authority(KNOWN)),
        Shown::Good | Shown::Expired | Shown::NotYet | Shown::OtherHost => params.signed_by(&key, authority),
    };
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap().der().clone()], key)
        .unwrap()
}

/// What a connection is answered with.
#[derive(Clone)]
pub enum Answer {
    /// TLS, and then this.
    Tls(Arc<ServerConfig>, Vec<u8>),
    /// The `ServerHello` of TLS 1.1.
    Tls11,
}

pub struct Server {
    pub port: u16,
    ended: Receiver<Brought>,
}

impl Server {
    pub fn tls(shown: Shown, authority: &Authority, reply: &[u8]) -> Self {
        Self::start(Answer::Tls(Arc::new(config(shown, authority)), reply.to_owned()))
    }
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, ended) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tell, answer) = (tell.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &answer, &tell));
            }
        });
        Self { port, ended }
    }
    pub fn base_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
    /// What the next connection has brought by its end.
    pub fn brought(&self) -> Brought {
        self.ended.recv_timeout(PATIENCE).unwrap()
    }
    /// Asserts that there was no other connection.
    pub fn is_quiet(&self, case: &str) {
        // This one comes after all others.
        let mut last = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        last.write_all(b"last").unwrap();
        drop(last);
        let brought = self.brought();
        assert!(brought.raw.starts_with(b"last"), "{case}: another connection came");
    }
}

/// A stream that keeps what it reads.
struct Tap {
    stream: TcpStream,
    raw: Vec<u8>,
}

impl Read for Tap {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(to)?;
        self.raw.extend_from_slice(&to[..count]);
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.stream.write(from)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn serve(stream: TcpStream, answer: &Answer, tell: &Sender<Brought>) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut tap = Tap { stream, raw: Vec::new() };
    let mut plain = Vec::new();
    match answer {
        Answer::Tls(config, reply) => {
            let mut connection = ServerConnection::new(config.clone()).unwrap();
            let mut tls = rustls::Stream::new(&mut connection, &mut tap);
            if request(&mut tls, &mut plain).is_ok() {
                let _ = tls.write_all(reply).and_then(|()| tls.flush());
                let _ = tls.read_to_end(&mut plain);
            }
        }
        Answer::Tls11 => {
            let _ = tap.read(&mut [0; 4096]);
            let _ = tap.write_all(&hello_of_tls_1_1());
            let _ = tap.read_to_end(&mut Vec::new());
        }
    }
    // The test may have ended.
    let _ = tell.send(Brought { raw: tap.raw, plain });
}

/// Reads a request with its body, whose length it names.
pub fn request(stream: &mut impl Read, got: &mut Vec<u8>) -> io::Result<()> {
    let mut some = [0; 4096];
    loop {
        let count = stream.read(&mut some)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        got.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(got).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return Ok(());
        }
    }
}

/// A handshake record of version 3.2: `ServerHello`, a random of 32 bytes, no session, `TLS_RSA_WITH_AES_128_CBC_SHA`.
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![22, 3, 2, 0, length + 4, 2, 0, 0, length];
    record.extend(hello);
    record
}
