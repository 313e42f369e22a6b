//! Simulated providers: one listener on loopback is an HTTP proxy, and behind it answers every host, with a certificate
//! of an authority that is made for the run.
//!
//! ```ignore
//! let stage = Stage::open(|request| match request.header("authorization") {
//!     Some("Bearer good") => Reply::json(200, &json!({"data": []})),
//!     _ => Reply::json(401, &json!({"error": {"code": "invalid_api_key"}})),
//! });
//! let prober = Prober::new(&stage.options())?;                  // the library
//! stage.lead(world.byok(&ada)).ok(&["test-key", "openai"]);     // the program
//! assert_eq!(stage.received()[0].host, "api.openai.com");
//! assert_eq!(stage.hosts_that_saw("good"), ["api.openai.com"]);
//! ```
//!
//! It speaks plain HTTP and TLS at its own address too (`url`, `tls_url`), for providers that an admin adds.
//! The stage ends, and every connection with it, when it is dropped.

mod authority;
mod reply;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use byok::probe::{Options, ProxyInUse, Roots};

use authority::Authority;
pub(crate) use authority::Identity;
pub(crate) use reply::{Door, Reply, gzip, gzip_bomb};

use crate::harness::Byok;

type Answer = dyn Fn(&Received) -> Reply + Send + Sync;
type Doorman = dyn Fn(&str) -> Door + Send + Sync;

/// What a request looked like when it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// The host that was asked for: of the tunnel, else of the `Host` header.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case, in their order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether it came through TLS.
    pub(crate) tls: bool,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body; null when it is not JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The names of the headers whose value has that text in it.
    pub(crate) fn headers_with(&self, text: &str) -> Vec<&str> {
        self.headers.iter().filter(|(_, value)| value.contains(text)).map(|(name, _)| name.as_str()).collect()
    }

    /// Whether that text stands anywhere in it.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.path.contains(text) || self.text().contains(text) || !self.headers_with(text).is_empty()
    }
}

/// A running stage.
pub(crate) struct Stage {
    port: u16,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
    certificate: tempfile::NamedTempFile,
}

struct Shared {
    authority: Authority,
    answer: Box<Answer>,
    door: Box<Doorman>,
    log: Mutex<Log>,
    stopping: AtomicBool,
    /// Rung when the stage ends, for whoever is being slow on purpose.
    bell: Condvar,
}

#[derive(Default)]
struct Log {
    received: Vec<Received>,
    tunnels: Vec<Received>,
    open: BTreeMap<usize, TcpStream>,
    workers: Vec<JoinHandle<()>>,
    accepted: usize,
    most_open: usize,
    busy: usize,
    most_busy: usize,
}

impl Stage {
    /// Every host exists, has a good certificate, and answers this.
    pub(crate) fn open(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_door(|_| Door::Open, answer)
    }

    /// Nobody answers. The receiver hears of each request.
    pub(crate) fn silent() -> (Self, Receiver<()>) {
        let (told, heard) = channel();
        let stage = Self::open(move |_| {
            let _ = told.send(());
            Reply::silence()
        });
        (stage, heard)
    }

    /// The door decides by the host whether there is a way in, and with what certificate.
    pub(crate) fn with_door(
        door: impl Fn(&str) -> Door + Send + Sync + 'static,
        answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let authority = Authority::new();
        let certificate = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(certificate.path(), authority.pem()).expect("the certificate");
        let shared = Arc::new(Shared {
            authority,
            answer: Box::new(answer),
            door: Box::new(door),
            log: Mutex::default(),
            stopping: AtomicBool::new(false),
            bell: Condvar::new(),
        });
        let accepting = {
            let shared = shared.clone();
            std::thread::spawn(move || accept(&listener, &shared))
        };
        Self { port, shared, accepting: Some(accepting), certificate }
    }

    /// What `HTTPS_PROXY` is set to.
    pub(crate) fn proxy_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What `SSL_CERT_FILE` is set to.
    pub(crate) fn certificate_file(&self) -> &Path {
        self.certificate.path()
    }

    /// The authority's certificate, in DER.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        self.shared.authority.der()
    }

    /// The stage itself as a server in clear, without a proxy between.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same through TLS, with a certificate for `localhost` and 127.0.0.1.
    pub(crate) fn tls_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// How the library comes here.
    pub(crate) fn options(&self) -> Options {
        Options {
            roots: Roots::Only(vec![self.certificate()]),
            proxy: ProxyInUse::Named(self.proxy_url()),
            ..Options::default()
        }
    }

    /// How the program comes here.
    pub(crate) fn lead(&self, byok: Byok) -> Byok {
        let file = self.certificate_file().to_string_lossy().into_owned();
        byok.env("HTTPS_PROXY", &self.proxy_url()).env("SSL_CERT_FILE", &file)
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.log().received.clone()
    }

    /// Every CONNECT so far; `path` is host and port as they were asked for.
    pub(crate) fn tunnels(&self) -> Vec<Received> {
        self.shared.log().tunnels.clone()
    }

    /// Forgets what arrived.
    pub(crate) fn forget(&self) {
        let mut log = self.shared.log();
        log.received.clear();
        log.tunnels.clear();
    }

    /// The hosts to which that text was sent, in any part of a request.
    pub(crate) fn hosts_that_saw(&self, text: &str) -> Vec<String> {
        let log = self.shared.log();
        let all = log.received.iter().chain(&log.tunnels);
        let hosts: BTreeSet<_> = all.filter(|it| it.shows(text)).map(|it| it.host.clone()).collect();
        hosts.into_iter().collect()
    }

    /// How many requests were being answered at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.log().most_busy
    }

    /// How many connections were open at the same time, at most.
    pub(crate) fn most_connections(&self) -> usize {
        self.shared.log().most_open
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        {
            // Under the lock: a worker that has looked and does not wait yet would miss the bell.
            let _log = self.shared.log();
            self.shared.stopping.store(true, Ordering::SeqCst);
            self.shared.bell.notify_all();
        }
        // The listener waits for somebody to come.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        let workers = {
            let mut log = self.shared.log();
            for socket in log.open.values() {
                let _ = socket.shutdown(Shutdown::Both);
            }
            std::mem::take(&mut log.workers)
        };
        for worker in workers {
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        // A closure of a test that panicked is that test's own failure.
        self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Is slow, unless the stage ends meanwhile.
    fn linger(&self, time: Duration) {
        let log = self.log();
        let _ = self.bell.wait_timeout_while(log, time, |_| !self.stopping());
    }

    /// Writes a request down and asks the test what to say to it.
    fn answer(&self, received: &Received) -> Reply {
        {
            let mut log = self.log();
            log.received.push(received.clone());
            log.busy += 1;
            log.most_busy = log.most_busy.max(log.busy);
        }
        (self.answer)(received)
    }

    fn answered(&self) {
        self.log().busy -= 1;
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for socket in listener.incoming().flatten() {
        if shared.stopping() {
            return;
        }
        let Ok(copy) = socket.try_clone() else { continue };
        let id = {
            let mut log = shared.log();
            log.accepted += 1;
            let id = log.accepted;
            log.open.insert(id, copy);
            log.most_open = log.most_open.max(log.open.len());
            id
        };
        let shared_too = shared.clone();
        let worker = std::thread::spawn(move || {
            wire::serve(&shared_too, socket);
            shared_too.log().open.remove(&id);
        });
        shared.log().workers.push(worker);
    }
}
