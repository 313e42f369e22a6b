//! A proxy in front of a PostgreSQL server that knows where messages end, and cuts the connection at a chosen one.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// When the connection is cut, by the number of a message of the client; the first is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never gets the message.
    Before(usize),
    /// The server has done what it asks for, and its answer never arrives.
    After(usize),
}

/// What the proxy does, and what it has seen.
#[derive(Default)]
struct Plan {
    cut: Option<Cut>,
    /// Whether every message counts; else those alone that make the server work and answer.
    every: bool,
    /// Whether nobody gets through after the cut.
    dark: bool,
    /// Whether one connection alone counts: the first that begins after this many.
    first_after: Option<usize>,
    /// The connection that this is.
    first: Option<usize>,
    seen: usize,
}

struct Shared {
    socket: PathBuf,
    plan: Mutex<Plan>,
    /// How many connections there were.
    connections: AtomicUsize,
    silent: AtomicBool,
    stopping: AtomicBool,
}

/// A running proxy; ends with the value.
pub(crate) struct Wiretap {
    port: u16,
    shared: Arc<Shared>,
}

impl Wiretap {
    pub(crate) fn before(socket_dir: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            socket: socket_dir.join(".s.PGSQL.5432"),
            plan: Mutex::default(),
            connections: AtomicUsize::new(0),
            silent: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let shared = accepting.clone();
                std::thread::spawn(move || shared.serve(client));
            }
        });
        Self { port, shared }
    }

    pub(crate) fn url(&self, login: &str, database: &str) -> String {
        format!("postgres://{login}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Cuts once, and counts from here.
    pub(crate) fn cut(&self, cut: Option<Cut>) {
        *self.shared.plan.lock().unwrap() = Plan { cut, ..Plan::default() };
    }

    /// The same, in the next connection and in no other one.
    pub(crate) fn cut_next(&self, cut: Option<Cut>) {
        let first_after = Some(self.shared.connections.load(Ordering::SeqCst));
        *self.shared.plan.lock().unwrap() = Plan { cut, first_after, ..Plan::default() };
    }

    /// The same as `cut`, at any message whatever, also one that the server answers with others.
    pub(crate) fn cut_anywhere(&self, cut: Option<Cut>) {
        *self.shared.plan.lock().unwrap() = Plan { cut, every: true, ..Plan::default() };
    }

    /// The same as `cut`, and nobody gets through afterwards.
    pub(crate) fn cut_for_good(&self, cut: Cut) {
        *self.shared.plan.lock().unwrap() = Plan { cut: Some(cut), dark: true, ..Plan::default() };
    }

    /// How many messages counted since then.
    pub(crate) fn seen(&self) -> usize {
        self.shared.plan.lock().unwrap().seen
    }

    /// Whether the cut is still to come.
    pub(crate) fn is_whole(&self) -> bool {
        self.shared.plan.lock().unwrap().cut.is_some()
    }

    /// From now on nothing gets through, and nothing is closed.
    pub(crate) fn fall_silent(&self) {
        self.shared.silent.store(true, Ordering::SeqCst);
    }
}

impl Drop for Wiretap {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) {
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        let dark = {
            let plan = self.plan.lock().unwrap();
            plan.dark && plan.cut.is_none()
        };
        let Ok(mut server) = UnixStream::connect(&self.socket) else { return };
        if dark {
            let _ = client.shutdown(Shutdown::Both);
            return;
        }
        let _ = client.set_nodelay(true);
        // The answer to the message after which is cut is kept from the client.
        let muted = Arc::new(AtomicBool::new(false));
        let back = {
            let (server, client, muted) = (server.try_clone().unwrap(), client.try_clone().unwrap(), muted.clone());
            std::thread::spawn(move || answers(server, client, &muted))
        };
        self.questions(number, (&mut client, &mut server), &muted);
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
        let _ = back.join();
    }

    /// Forwards the client's messages until it ends or is cut.
    fn questions(&self, number: usize, (client, server): (&mut TcpStream, &mut UnixStream), muted: &AtomicBool) {
        let mut started = false;
        while let Some(message) = read(client, started) {
            if !started && message[4..] == [4, 210, 22, 47] {
                // It has no TLS, and says so.
                let _ = client.write_all(b"N");
                continue;
            }
            let startup = !started;
            started = true;
            if self.silent.load(Ordering::SeqCst) {
                continue;
            }
            let due = if startup { None } else { self.due(number, message[0]) };
            match due {
                Some(Cut::Before(_)) => return,
                Some(Cut::After(_)) => {
                    muted.store(true, Ordering::SeqCst);
                    let answered = matches!(message[0], b'S' | b'Q');
                    if server.write_all(&message).is_ok() && answered {
                        // The other direction closes the client when the server is ready again.
                        let mut rest = [0; 1];
                        let _ = client.read(&mut rest);
                    }
                    return;
                }
                None if server.write_all(&message).is_err() => return,
                None => {}
            }
        }
    }

    /// Counts a message, and says whether it is the one.
    fn due(&self, connection: usize, kind: u8) -> Option<Cut> {
        let mut plan = self.plan.lock().unwrap();
        if let Some(before) = plan.first_after
            && (connection < before || *plan.first.get_or_insert(connection) != connection)
        {
            return None;
        }
        if !plan.every && !matches!(kind, b'S' | b'Q') {
            return None;
        }
        let number = plan.seen;
        plan.seen += 1;
        let due = plan.cut.filter(|cut| matches!(cut, Cut::Before(at) | Cut::After(at) if *at == number));
        if due.is_some() {
            plan.cut = None;
        }
        due
    }
}

/// Forwards the server's answers; of the last one nothing, but it is waited for.
fn answers(mut server: UnixStream, mut client: TcpStream, muted: &AtomicBool) {
    while let Some(message) = read(&mut server, true) {
        if muted.load(Ordering::SeqCst) {
            if message[0] == b'Z' {
                break;
            }
        } else if client.write_all(&message).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

/// One whole message; the client's first has no letter.
fn read(stream: &mut impl std::io::Read, lettered: bool) -> Option<Vec<u8>> {
    let head = if lettered { 5 } else { 4 };
    let mut message = vec![0; head];
    stream.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap());
    message.resize(head - 4 + usize::try_from(length).unwrap(), 0);
    stream.read_exact(&mut message[head..]).ok()?;
    Some(message)
}
