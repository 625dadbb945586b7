//! A server that sends what it likes, and the worst that one can.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How a GET ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Something came that cannot be read.
    Garbled,
    /// No answer came, or not to its end.
    Unanswered,
}

/// Something to send, as long as the client takes it; the time is that between two drops.
type Sends = fn(&mut TcpStream, Duration) -> io::Result<()>;

pub struct Case {
    pub name: &'static str,
    pub send: Sends,
    pub ends: Ends,
    /// Whether it could cost memory.
    pub large: bool,
}

const fn large(name: &'static str, ends: Ends, send: Sends) -> Case {
    Case { name, send, ends, large: true }
}
const fn small(name: &'static str, ends: Ends, send: Sends) -> Case {
    Case { name, send, ends, large: false }
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

fn begin(stream: &mut TcpStream, headers: &str) -> io::Result<()> {
    stream.write_all(HEAD)?;
    stream.write_all(headers.as_bytes())?;
    stream.write_all(b"\r\n")
}

/// The same for ever, or so often.
fn again(stream: &mut TcpStream, bytes: &[u8], times: usize) -> io::Result<()> {
    (0..times).try_for_each(|_| stream.write_all(bytes))
}

/// Until the client goes.
fn linger(stream: &mut TcpStream) -> io::Result<()> {
    stream.read_to_end(&mut Vec::new()).map(|_| ())
}

static BLOCK: [u8; 65_536] = [b'['; 65_536];

/// JSON that begins well and does not end.
pub fn flood(stream: &mut TcpStream) -> io::Result<()> {
    begin(stream, "")?;
    stream.write_all(b"{\"employees\": {\"items\": [")?;
    again(stream, "{\"employeeId\": \"1\", \"firstName\": \"Ann\"},".repeat(1000).as_bytes(), usize::MAX)
}

pub const CASES: &[Case] = &[
    large("a gibibyte that was promised", Ends::Garbled, |s, _| {
        begin(s, "Content-Length: 1073741824\r\n")?;
        again(s, &BLOCK, 1 << 14)
    }),
    large("chunks without end", Ends::Garbled, |s, _| {
        begin(s, "Transfer-Encoding: chunked\r\n")?;
        let chunk = [b"10000\r\n", &BLOCK[..], b"\r\n"].concat();
        again(s, &chunk, usize::MAX)
    }),
    large("a body without length or end", Ends::Garbled, |s, _| flood(s)),
    large("a million brackets", Ends::Garbled, |s, _| {
        begin(s, "Content-Length: 2000000\r\n")?;
        s.write_all("[".repeat(1_000_000).as_bytes())?;
        s.write_all("]".repeat(1_000_000).as_bytes())?;
        linger(s)
    }),
    large("a hundred thousand headers", Ends::Garbled, |s, _| {
        s.write_all(HEAD)?;
        (0..100_000).try_for_each(|n| write!(s, "X-Header-{n}: {n}\r\n"))?;
        s.write_all(b"Content-Length: 2\r\n\r\n{}")?;
        linger(s)
    }),
    large("a header without end", Ends::Garbled, |s, _| {
        s.write_all(HEAD)?;
        s.write_all(b"X-Long: ")?;
        again(s, &[b'x'; 65_536], usize::MAX)
    }),
    large("one chunk's extension without end", Ends::Unanswered, |s, _| {
        begin(s, "Transfer-Encoding: chunked\r\n")?;
        s.write_all(b"1;")?;
        again(s, &[b'x'; 65_536], usize::MAX)
    }),
    large("trailers without end", Ends::Unanswered, |s, _| {
        begin(s, "Transfer-Encoding: chunked\r\n")?;
        s.write_all(b"2\r\n{}\r\n0\r\n")?;
        again(s, "X-Trailer: 1\r\n".repeat(1000).as_bytes(), usize::MAX)
    }),
    large("interim replies without end", Ends::Unanswered, |s, _| {
        again(s, "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000).as_bytes(), usize::MAX)
    }),
    small("a body that drips", Ends::Unanswered, |s, pause| {
        begin(s, "Content-Length: 1000000\r\n")?;
        drip(s, b"[", pause)
    }),
    small("a head that drips", Ends::Unanswered, |s, pause| {
        s.write_all(b"HTTP/1.1 200 OK\r\nX-Slow: ")?;
        drip(s, b"x", pause)
    }),
    small("silence from the start", Ends::Unanswered, |s, _| linger(s)),
    small("silence after half a body", Ends::Unanswered, |s, _| {
        begin(s, "Content-Length: 20\r\n")?;
        s.write_all(b"{\"a\": 1")?;
        linger(s)
    }),
    small("a body shorter than promised", Ends::Unanswered, |s, _| {
        begin(s, "Content-Length: 20\r\n")?;
        s.write_all(b"{}")
    }),
    small("a body longer than promised", Ends::Garbled, |s, _| {
        begin(s, "Content-Length: 5\r\n")?;
        s.write_all(b"{\"orders\": []}")?;
        linger(s)
    }),
    small("two lengths", Ends::Garbled, |s, _| {
        begin(s, "Content-Length: 2\r\nContent-Length: 5\r\n")?;
        s.write_all(b"{}   ")?;
        linger(s)
    }),
    small("chunks of garbage", Ends::Unanswered, |s, _| {
        begin(s, "Transfer-Encoding: chunked\r\n")?;
        s.write_all(b"zz\r\n{}\r\n0\r\n\r\n")?;
        linger(s)
    }),
    small("a chunk longer than any", Ends::Unanswered, |s, _| {
        begin(s, "Transfer-Encoding: chunked\r\n")?;
        s.write_all(b"fffffffffffffffffff\r\n{}\r\n")?;
        linger(s)
    }),
    small("a compressed reply", Ends::Garbled, |s, _| {
        begin(s, "Content-Encoding: gzip\r\nContent-Length: 2\r\n")?;
        s.write_all(b"{}")?;
        linger(s)
    }),
    small("JSON that is not in UTF-8", Ends::Garbled, |s, _| {
        begin(s, "Content-Length: 6\r\n")?;
        s.write_all(b"\xff\xfe{\0}\0")?;
        linger(s)
    }),
    small("a web page", Ends::Garbled, |s, _| html(s)),
    small("something that is not HTTP", Ends::Garbled, |s, _| {
        s.write_all(b"SSH-2.0-OpenSSH_9.6\r\n")?;
        linger(s)
    }),
];

/// Ended by whoever reads, who has gone when nothing can be written.
fn drip(stream: &mut TcpStream, byte: &[u8], pause: Duration) -> io::Result<()> {
    loop {
        stream.write_all(byte)?;
        std::thread::sleep(pause);
    }
}

pub fn json(stream: &mut TcpStream, body: &str) -> io::Result<()> {
    begin(stream, &format!("Connection: close\r\nContent-Length: {}\r\n", body.len()))?;
    stream.write_all(body.as_bytes())
}

pub fn html(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>Sign in</html>")
}

pub fn status(stream: &mut TcpStream, status: u16, headers: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status} Said\r\n{headers}Connection: close\r\nContent-Length: 0\r\n\r\n")
}

pub fn with_status(stream: &mut TcpStream, status: u16, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Each connection is one request; it is closed after its reply.
pub struct Server {
    port: u16,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    at_once: Mutex<(usize, usize)>,
    changed: Condvar,
}

impl Server {
    /// Sends that to each request; it is told the how-manieth it is.
    pub fn start(answer: impl Fn(&mut TcpStream, usize) -> io::Result<()> + Sync + Send + 'static) -> Self {
        Self::with(move |stream, nth, _| answer(stream, nth))
    }
    /// Answers once so many are waiting.
    pub fn gathering(wanted: usize) -> Self {
        Self::with(move |stream, nth, seen| {
            let mut now = seen.at_once.lock().unwrap();
            now.0 += 1;
            now.1 = now.1.max(now.0);
            seen.changed.notify_all();
            let gathered = nth.div_ceil(wanted) * wanted;
            while seen.requests.load(Ordering::SeqCst) < gathered {
                now = seen.changed.wait_timeout(now, Duration::from_secs(20)).unwrap().0;
            }
            now.0 -= 1;
            drop(now);
            json(stream, "{}")
        })
    }
    fn with(answer: impl Fn(&mut TcpStream, usize, &Seen) -> io::Result<()> + Sync + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let (count, answer) = (seen.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (count, answer) = (count.clone(), answer.clone());
                std::thread::spawn(move || {
                    if request(&mut stream).is_err() {
                        return;
                    }
                    let nth = count.requests.fetch_add(1, Ordering::SeqCst) + 1;
                    count.changed.notify_all();
                    // A client that has had enough goes.
                    let _ = answer(&mut stream, nth, &count);
                });
            }
        });
        Self { port, seen }
    }
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }
    pub fn most_at_once(&self) -> usize {
        self.seen.at_once.lock().unwrap().1
    }
}

/// Reads a request; the bodies of this test are short, and come with their heads or at once after them.
fn request(stream: &mut TcpStream) -> io::Result<()> {
    let mut got = Vec::new();
    let mut some = [0; 4096];
    loop {
        let count = stream.read(&mut some)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        got.extend_from_slice(&some[..count]);
        let text = String::from_utf8_lossy(&got).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return Ok(());
        }
    }
}
