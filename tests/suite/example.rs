//! The example server as a real process, with HTTP clients, a provider on loopback, and a PostgreSQL server that is
//! killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::cluster::Cluster;
use crate::harness::{CANARY, openai_key, sql};
use crate::leaks::{found_in, spellings};

/// A provider that tells what key it was called with, and answers with the next status.
fn provider(statuses: &'static [u16]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/responses", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for (stream, status) in listener.incoming().flatten().zip(statuses) {
            let mut stream = BufReader::new(stream);
            let (mut line, mut length) = (String::new(), 0);
            while stream.read_line(&mut line).unwrap_or(0) > 2 {
                let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
                match name.to_ascii_lowercase().as_str() {
                    "authorization" => tell.send(value.to_owned()).unwrap(),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, told)
}

/// The example, built where this test's program was.
fn example() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_byok"));
    let profile = program.parent().unwrap();
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    cargo.args(["build", "--quiet", "--offline", "--example", "server", "--target-dir"]).arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).env("SQLX_OFFLINE", "true").status().unwrap();
    assert!(built.success(), "the example does not build");
    profile.join("examples/server")
}

struct Server {
    child: Child,
    address: String,
    said: std::thread::JoinHandle<String>,
}

impl Server {
    fn start(cluster: &Cluster, provider: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("master.key");
        std::fs::write(&file, cluster.master.to_text().expose()).unwrap();
        let mut child = Command::new(example())
            .env_clear()
            .env("BYOK_DATABASE_URL", cluster.server.url("server", "postgres"))
            .env("BYOK_MASTER_KEY_FILE", &file)
            .envs([("PROVIDER_URL", provider), ("LISTEN", "127.0.0.1:0")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit(' ').next().unwrap().to_owned();
        let mut errors = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            out.read_to_string(&mut said).unwrap();
            errors.read_to_string(&mut said).unwrap();
            said
        });
        Self { child, address, said }
    }

    /// Status and body.
    fn ask(&self, org: &str, id: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head =
            format!("POST /interview HTTP/1.1\r\nX-Org: {org}\r\nX-Request-Id: {id}\r\nContent-Length: 2\r\n\r\nHi");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(!answer.contains(CANARY), "the key came back: {answer}");
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    fn stop(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said.join().unwrap()
    }
}

#[test]
fn a_request_goes_through_the_whole_chain_and_the_key_arrives_at_the_provider_and_nowhere_else() {
    let cluster = Cluster::with(&["log_statement = 'all'", "log_parameter_max_length = -1", "synchronous_commit = on"]);
    let admin = cluster.byok();
    sql(&cluster.url, "create role server login in role byok_resolver").unwrap();
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "4"]);
    admin.ok(&["credits", "grant", "10", "--org", "acme"]);
    admin.ok(&["credits", "grant", "6", "--org", "bolt", "--new"]);
    let (url, told) = provider(&[200, 200, 200, 500, 200]);
    let server = Server::start(&cluster, &url);
    let bearer = |end: &str| format!("Bearer {}", openai_key(end));

    assert_eq!(server.ask("acme", "job-1"), (200, "hello\n1 credits, on the key of the organization\n".into()));
    assert_eq!(told.recv().unwrap(), bearer("xK7q"));
    assert_eq!(server.ask("bolt", "job-1"), (200, "hello\n5 credits, on the key of the platform\n".into()));
    assert_eq!(told.recv().unwrap(), bearer("4242"));
    // Killed and started again, and nobody told the server.
    cluster.restart();
    assert_eq!(server.ask("acme", "job-2").0, 200);
    assert_eq!(told.recv().unwrap(), bearer("xK7q"));
    // The provider fails: what was reserved is released.
    let (status, said) = server.ask("acme", "job-3");
    assert!(status == 502 && said.contains("0 credits"), "{said}");
    assert_eq!(told.recv().unwrap(), bearer("xK7q"));
    // Denied, without credits, or without an answer of who asks: the provider is not called.
    assert_eq!(server.ask("bolt", "job-2").0, 402);
    sql(&cluster.url, "update byok.provider_key set expires_at = now() where org = 'acme' and state = 'active'")
        .unwrap();
    assert_eq!(server.ask("acme", "job-4").0, 403);
    assert_eq!(server.ask("not an org", "job-5").0, 400);
    assert!(told.try_recv().is_err(), "no other call was made");

    let said = server.stop();
    assert!(!said.contains(CANARY) && !said.contains("panicked"), "{said}");
    assert_eq!(found_in(cluster.server.socket_dir(), &spellings(CANARY.as_bytes())), Vec::<String>::new());
    let history = "select concat_ws(' ', org, kind, request, platform_part + provider_part) from byok.ledger
                   where kind in ('settle', 'release') order by seq";
    let wanted =
        ["acme settle job-1 1000000", "bolt settle job-1 5000000", "acme settle job-2 1000000", "acme release job-3 0"];
    assert_eq!(sql(&cluster.url, history).unwrap(), wanted);
    admin.ok(&["credits", "reconcile"]);
}
