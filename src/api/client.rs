//! How far a server is put up with, and the clients: certificates, proxies, and what their failures mean in plain words.
//! Edge: the network, and the file of certificates.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy, tls};
use rustls::{AlertDescription, CertificateError};
use tokio::sync::{OnceCell, Semaphore};

use super::host;
use crate::domain::fault::Fault;
use crate::domain::text::Clean;
use crate::profile::Network;

/// The longest file of certificates (bytes); a whole system's trust is a quarter of a mebibyte.
const CA_FILE: u64 = 4 << 20;

/// How far a server is put up with. The limit of a submission comes with each, from the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until there is a connection: name, TCP and TLS together.
    pub connecting: Duration,
    /// Between two pieces of a reply's body; never in a submission, where a slow answer is an answer.
    pub silence: Duration,
    /// A GET with all its tries, from its turn on.
    pub reading: Duration,
    /// A call to the token endpoint.
    pub token: Duration,
    /// A confirmation.
    pub confirming: Duration,
    /// A look through the order list.
    pub looking: Duration,
    /// How often a GET is tried that got no answer, or 429, 502, 503 or 504.
    pub tries: u32,
    /// Before a GET is tried again some time up to this passes, up to twice as much before the next try, and so on.
    pub pause: Duration,
    /// No such time is longer.
    pub longest_pause: Duration,
    /// A server that wants to be left alone (Retry-After) for longer than this is not asked again.
    pub left_alone: Duration,
    /// How many GETs are on their way at once, and how many pages of directories beside them.
    pub at_once: usize,
    /// The longest list or description (bytes); catalogs with images inside are legitimately megabytes.
    pub list: usize,
    /// The longest reply to an order or a confirmation, whatever its status (bytes).
    pub order: usize,
    /// The longest reply of a token endpoint, and of a GET that failed (bytes).
    pub short: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connecting: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            reading: Duration::from_secs(60),
            token: Duration::from_secs(30),
            confirming: Duration::from_secs(120),
            looking: Duration::from_secs(120),
            tries: 3,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(8),
            left_alone: Duration::from_secs(60),
            at_once: 4,
            list: 16 << 20,
            order: 1 << 20,
            short: 64 << 10,
        }
    }
}

/// The clients for one server and its token endpoint, each built at its first use: reading the trust store takes time,
/// which the first frame does not have.
pub(super) struct Clients {
    pub(super) limits: Limits,
    /// GETs take turns, in the order in which they came.
    pub(super) turns: Semaphore,
    /// The pages of directories take turns of their own, so that nobody waits behind a million people.
    pub(super) pages: Semaphore,
    network: Network,
    reads: OnceCell<Client>,
    orders: OnceCell<Client>,
    tokens: OnceCell<Client>,
}

impl Clients {
    pub(super) fn new(network: Network, limits: Limits) -> Self {
        let (turns, pages) = (Semaphore::new(limits.at_once), Semaphore::new(limits.at_once));
        Self { limits, turns, pages, network, reads: OnceCell::new(), orders: OnceCell::new(), tokens: OnceCell::new() }
    }
    pub(super) fn limit(&mut self, limits: Limits) {
        *self = Self::new(self.network.clone(), limits);
    }

    /// For GETs: connections are used again.
    pub(super) async fn reads(&self, url: &str) -> Result<&Client, Fault> {
        let builder = || Client::builder().pool_max_idle_per_host(self.limits.at_once * 2);
        self.reads.get_or_try_init(|| async { self.build(builder(), url) }).await
    }
    /// For confirmations and submissions: no connection is ever used twice.
    pub(super) async fn orders(&self, url: &str) -> Result<&Client, Fault> {
        self.orders.get_or_try_init(|| async { self.build(Client::builder().pool_max_idle_per_host(0), url) }).await
    }
    /// For the token endpoint.
    pub(super) async fn tokens(&self, url: &str) -> Result<&Client, Fault> {
        self.tokens.get_or_try_init(|| async { self.build(Client::builder().pool_max_idle_per_host(0), url) }).await
    }

    fn build(&self, builder: ClientBuilder, url: &str) -> Result<Client, Fault> {
        install_tls();
        let unreachable = |why: String| Fault::Unreachable { host: host(url), why: Clean::new(&why) };
        let builder = builder
            .connect_timeout(self.limits.connecting)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!("mobproc/", env!("CARGO_PKG_VERSION")));
        if url.starts_with("http://") {
            // Plain http goes to loopback only (the profile sees to that): no trust store, and never through a proxy.
            let built = builder.tls_certs_only([]).no_proxy().build();
            return built.map_err(|e| unreachable(innermost(&e.without_url())));
        }
        let builder = builder.tls_version_min(tls::Version::TLS_1_2);
        let built = self.secured(builder).and_then(|b| b.build().map_err(|e| self.untrusted(&e.without_url())));
        built.map_err(unreachable)
    }

    /// With the authorities and the proxy of the profile, else of the system and the environment.
    fn secured(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, String> {
        if let Some(path) = &self.network.ca_file {
            let certificates = certificates(path)
                .map_err(|why| format!("the certificates of ca_file, {}, cannot be used: {why}", path.display()))?;
            builder = if self.network.ca_only {
                builder.tls_certs_only(certificates)
            } else {
                builder.tls_certs_merge(certificates)
            };
        } else if self.network.ca_only {
            return Err("the profile says ca_only, but names no ca_file".into());
        }
        if let Some(proxy) = &self.network.proxy {
            // Why it is wrong is not said: the address may hold a password.
            let proxy = Proxy::all(proxy).map_err(|_| {
                "the profile's proxy is not an address such as \
                http://proxy.example.com:3128"
            })?;
            builder = builder.proxy(proxy.no_proxy(NoProxy::from_env()));
        }
        Ok(builder)
    }

    fn untrusted(&self, error: &reqwest::Error) -> String {
        let why = innermost(error);
        match &self.network.ca_file {
            Some(path) => format!("TLS cannot be set up ({why}); are there only certificates in {}?", path.display()),
            None => format!("TLS cannot be set up ({why}); is a CA bundle installed, or ca_file of the profile set?"),
        }
    }
}

/// The certificates of a file (PEM), at least one.
fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let about = std::fs::metadata(path).map_err(|e| e.kind().to_string())?;
    if !about.is_file() {
        return Err("it is not a file".into());
    }
    if about.len() > CA_FILE {
        return Err(format!("it is longer than {} MiB", CA_FILE >> 20));
    }
    let bytes = std::fs::read(path).map_err(|e| e.kind().to_string())?;
    let all = Certificate::from_pem_bundle(&bytes).map_err(|_| "it is damaged, or not PEM")?;
    if all.is_empty() { Err("there is no certificate (PEM) in it".into()) } else { Ok(all) }
}

/// Installs the one TLS provider; a client cannot be built before.
fn install_tls() {
    // A second call is told that there is one already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// An error and what brought it about, outermost first.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    successors(Some(first), |&e| match e.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn Error + 'static)),
        None => e.source(),
    })
}

/// The last cause: `Connection refused (os error 111)`. The address must be taken out before: it may hold a secret.
fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// A call that brought no reply, or no whole one.
pub(super) struct Lost {
    pub(super) fault: Fault,
    /// Whether something of the request may have reached the server.
    pub(super) reached: bool,
    /// Whether the same call might go well the next time.
    pub(super) again: bool,
    /// For the log.
    pub(super) word: &'static str,
}

impl Lost {
    fn unreachable(host: &Clean, why: &str, again: bool) -> Self {
        let fault = Fault::Unreachable { host: host.clone(), why: Clean::new(why) };
        Self { fault, reached: false, again, word: "unreachable" }
    }
    /// An answer that did not come, or not to its end.
    pub(super) fn unanswered(why: &str) -> Self {
        Self { fault: Fault::NoAnswer { why: Clean::new(why) }, reached: true, again: true, word: "no-answer" }
    }

    /// What the client's error means. The address is left out: it may hold more than a name.
    pub(super) fn of(host: &Clean, error: reqwest::Error, limits: &Limits) -> Self {
        let (connecting, timeout, built) = (error.is_connect(), error.is_timeout(), !error.is_builder());
        let error = error.without_url();
        if connecting && timeout {
            return Self::unreachable(
                host,
                &format!("no connection within {} seconds", limits.connecting.as_secs()),
                true,
            );
        }
        if connecting || !built {
            let tls = causes(&error).find_map(|e| e.downcast_ref::<rustls::Error>()).map(in_plain_words);
            let why = tls.clone().unwrap_or_else(|| through_the_proxy(&innermost(&error)));
            return Self::unreachable(host, &why, tls.is_none() && built);
        }
        if timeout {
            return Self::unanswered(&format!("{host} took too long"));
        }
        if let Some(http) = causes(&error).find_map(|e| e.downcast_ref::<hyper::Error>()).filter(|e| e.is_parse()) {
            let why = if http.is_parse_too_large() { "its head is too long" } else { "it is not proper HTTP" };
            let fault = Fault::Garbled { why: Clean::new(&format!("{host}: {why}")) };
            return Self { fault, reached: true, again: false, word: "garbled" };
        }
        Self::unanswered(&format!("the connection to {host} broke: {}", innermost(&error)))
    }
}

/// Why there is no TLS.
fn in_plain_words(error: &rustls::Error) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, Revoked, UnknownIssuer,
    };
    let why = match error {
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "its certificate has expired, or this machine's clock is wrong"
        }
        rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            "its certificate is not valid yet, or this machine's clock is wrong"
        }
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "its certificate is for another host"
        }
        rustls::Error::InvalidCertificate(UnknownIssuer) => {
            "its certificate is by nobody whom this machine trusts; where the authority is your own, name its \
             certificate in ca_file of the profile"
        }
        rustls::Error::InvalidCertificate(BadSignature) => {
            "its certificate is not signed by the authority that it names"
        }
        rustls::Error::InvalidCertificate(Revoked) => "its certificate was revoked",
        rustls::Error::PeerIncompatible(_) | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "it knows no TLS of today, which is 1.2 or 1.3"
        }
        rustls::Error::InvalidMessage(_) => "what answers there does not speak TLS",
        rustls::Error::InvalidCertificate(other) => return format!("its certificate cannot be taken ({other:?})"),
        other => return format!("no TLS came about ({other})"),
    };
    why.to_owned()
}

/// The client's words for what a proxy did, made plain.
fn through_the_proxy(why: &str) -> String {
    match why.strip_prefix("tunnel error: ") {
        None => why.to_owned(),
        Some("proxy authorization required") => "the proxy does not accept the sign-in".into(),
        Some("unsuccessful") => "the proxy does not let it through".into(),
        Some(other) => format!("the proxy failed ({other})"),
    }
}
