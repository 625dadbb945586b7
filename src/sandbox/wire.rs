//! Connections that end too early: a body of which only the beginning comes, and a stream that takes only so many bytes.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderValue, Response, header};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The connection is closed without a reply.
#[derive(Debug)]
pub struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed without a reply")
    }
}

impl std::error::Error for HungUp {}

/// The beginning of a body, then the end of the connection.
pub struct Cut {
    beginning: Option<Bytes>,
    flushed: bool,
}

impl Cut {
    /// The reply with so many bytes of its body, or with half of it; its length is told as if all came.
    pub async fn after(reply: Response<Body>, bytes: Option<usize>) -> Result<Response<Body>, HungUp> {
        let (mut parts, body) = reply.into_parts();
        let whole = to_bytes(body, usize::MAX).await.map_err(|_| HungUp)?;
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
        let end = bytes.unwrap_or(whole.len() / 2).min(whole.len());
        let beginning = Some(whole.slice(..end)).filter(|b| !b.is_empty());
        Ok(Response::from_parts(parts, Body::new(Self { beginning, flushed: false })))
    }
}

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = HungUp;
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HungUp>>> {
        if let Some(beginning) = self.beginning.take() {
            return Poll::Ready(Some(Ok(Frame::data(beginning))));
        }
        if !self.flushed {
            // One round of waiting, in which the beginning is really written.
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(HungUp)))
    }
    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// How many connections are open, and were at once.
#[derive(Default)]
pub struct Connections {
    open: AtomicUsize,
    peak: AtomicUsize,
}

impl Connections {
    /// One more, as long as what is returned lives.
    pub fn count(self: &Arc<Self>) -> Counted {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(open, Ordering::Relaxed);
        Counted(Arc::clone(self))
    }
    /// How many are open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
    /// How many were open at once, at most.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }
}

/// An open connection.
pub struct Counted(Arc<Connections>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many bytes a connection still takes; all there are unless it is set.
#[derive(Clone)]
pub struct Limit(Arc<AtomicUsize>);

impl Default for Limit {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }
}

impl Limit {
    /// Only so many from now on.
    pub fn set(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

/// A connection that ends where its limit is reached.
pub struct Wire {
    stream: TcpStream,
    limit: Limit,
}

impl Wire {
    /// The stream with its limit.
    pub fn new(stream: TcpStream, limit: Limit) -> Self {
        Self { stream, limit }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let left = self.limit.0.load(Ordering::Relaxed);
        if left == usize::MAX {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        let taken = bytes.get(..left.min(bytes.len())).unwrap_or_default();
        if taken.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, taken))?;
        self.limit.set(left - written);
        Poll::Ready(Ok(written))
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
