//! A relay between a child and the sandbox: it counts bytes, and kills the child where it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::child::kill;

/// Which call is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Confirm,
    Submit,
    List,
}

/// Where a call is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// So many thousandths of the request have gone on to the server, which never sees the rest.
    Request(usize),
    /// The request has gone on, and the server goes on with it.
    Written(Duration),
    /// So many thousandths of the reply have come back.
    Reply(usize),
}

/// The n-th such call (from 1), and where.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub call: Call,
    pub nth: usize,
    pub strike: Strike,
}

/// A relay that runs.
pub struct Relay {
    pub addr: SocketAddr,
    pid: Arc<OnceLock<u32>>,
    task: tokio::task::AbortHandle,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Hub {
    server: SocketAddr,
    plan: Plan,
    pid: Arc<OnceLock<u32>>,
    calls: Mutex<usize>,
}

impl Relay {
    pub async fn start(server: SocketAddr, plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, pid) = (listener.local_addr().unwrap(), Arc::new(OnceLock::new()));
        let hub = Arc::new(Hub { server, plan, pid: Arc::clone(&pid), calls: Mutex::new(0) });
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let hub = Arc::clone(&hub);
                tokio::spawn(async move { hub.converse(stream).await });
            }
        });
        Self { addr, pid, task: task.abort_handle() }
    }
    pub fn base_url(&self) -> String {
        format!("http://{}/mobproc/v1", self.addr)
    }
    /// The child that is killed.
    pub fn victim(&self, pid: u32) {
        self.pid.set(pid).unwrap();
    }
}

fn head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4)
}

/// Reads a request or a reply; nothing where the other has closed.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = head(&bytes) {
            let text = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|l| l.strip_prefix("content-length:")).map_or(0, |n| n.trim().parse().unwrap());
            if bytes.len() >= end + length {
                return Some(bytes);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

impl Hub {
    fn kill(&self) {
        kill(*self.pid.wait());
    }
    async fn struck(&self, request: &[u8]) -> bool {
        let line = String::from_utf8_lossy(request.split(|b| *b == b'\r').next().unwrap_or_default()).into_owned();
        let call = match (line.starts_with("POST"), line.contains("confirm=true")) {
            (true, true) => Call::Confirm,
            (true, false) => Call::Submit,
            (false, _) => Call::List,
        };
        if call != self.plan.call {
            return false;
        }
        let mut calls = self.calls.lock().await;
        *calls += 1;
        *calls == self.plan.nth
    }
    async fn converse(&self, mut client: TcpStream) {
        let Ok(mut server) = TcpStream::connect(self.server).await else { return };
        while let Some(request) = message(&mut client).await {
            let strike = self.struck(&request).await.then_some(self.plan.strike);
            if let Some(Strike::Request(part)) = strike {
                server.write_all(&request[..request.len() * part / 1000]).await.unwrap();
                return self.kill();
            }
            server.write_all(&request).await.unwrap();
            if let Some(Strike::Written(after)) = strike {
                tokio::time::sleep(after).await;
                self.kill();
            }
            let Some(reply) = message(&mut server).await else { return };
            if let Some(Strike::Reply(part)) = strike {
                client.write_all(&reply[..reply.len() * part / 1000]).await.unwrap();
                return self.kill();
            }
            if client.write_all(&reply).await.is_err() {
                return;
            }
        }
    }
}
