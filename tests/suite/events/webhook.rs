//! Webhooks: what is posted and how it is signed, and receivers that refuse, hang, close, redirect and flood.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use data_encoding::BASE64;
use serde_json::Value;

use super::emit;
use crate::harness::{Byok, Run, World};

pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TIDY: &str = "update byok.consumer set held_until = null";

/// What was posted: its headers and its body.
pub(super) struct Posted {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Posted {
    fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let (mut headers, mut line) = (Vec::new(), String::new());
        while stream.read_line(&mut line).ok()? > 2 {
            if let Some((name, value)) = line.trim_end().split_once(": ") {
                headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
            line.clear();
        }
        let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        Some(Self { headers, body: String::from_utf8(body).ok()? })
    }

    fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
    }
}

/// A receiver on this machine. What it answers is up to the test; the connection ends after that.
pub(super) fn receiver(answer: impl Fn(&mut TcpStream) + Send + 'static) -> (String, Receiver<Posted>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks?from=byok", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            if let Some(posted) = Posted::read(&mut stream) {
                // Told first: who asks afterwards finds it.
                if tell.send(posted).is_err() {
                    return;
                }
                answer(stream.get_mut());
            }
        }
    });
    (url, told)
}

pub(super) fn says(text: &'static str) -> impl Fn(&mut TcpStream) + Send {
    move |stream| {
        stream.write_all(text.as_bytes()).ok();
    }
}

fn world() -> (World, Byok) {
    let (world, ..) = World::with_owners();
    let admin = world.byok("byok").env("BYOK_WEBHOOK_SECRET", SECRET);
    admin.ok(&["watch", "--consumer", "hooks", "--once"]);
    emit(&world, "key.failing", "acme", 7);
    (world, admin)
}

fn post(admin: &Byok, url: &str, more: &[&str]) -> Run {
    admin.run(&[&["watch", "--consumer", "hooks", "--once", "--webhook", url], more].concat())
}

/// The signature, as somebody else calculates it.
fn calculated(secret: &str, posted: &Posted) -> String {
    let program = "import base64,hashlib,hmac,sys; key=base64.b64decode(sys.argv[1]); \
                   print(base64.b64encode(hmac.new(key, sys.stdin.buffer.read(), hashlib.sha256).digest()).decode())";
    let mut python = Command::new("python3")
        .args(["-c", program, secret.trim_start_matches("whsec_")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let signed = format!("{}.{}.{}", posted.header("webhook-id"), posted.header("webhook-timestamp"), posted.body);
    python.stdin.take().unwrap().write_all(signed.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    format!("v1,{}", String::from_utf8(output.stdout).unwrap().trim())
}

#[test]
fn what_is_posted_is_the_line_of_the_event_with_the_signature_of_standard_webhooks() {
    let (world, admin) = world();
    let (url, told) = receiver(says("HTTP/1.1 204 ok\r\ncontent-length: 0\r\n\r\n"));
    let run = post(&admin, &url, &[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let posted = told.try_recv().unwrap();
    let line: Value = serde_json::from_str(admin.ok(&["watch", "--once", "-o", "jsonl"]).trim()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&posted.body).unwrap(), line);
    assert_eq!((posted.header("webhook-id"), posted.header("content-type")), ("evt_1", "application/json"));
    assert_eq!(posted.header("webhook-signature"), calculated(SECRET, &posted));
    assert!(posted.headers.iter().all(|(_, value)| !value.contains("whsec") && !value.contains("MfKQ9r8")));
    assert_eq!(post(&admin, &url, &[]).code, 0);
    assert!(told.try_recv().is_err(), "once");
    // While a secret is replaced, both sign.
    let other = format!("whsec_{}", BASE64.encode(&[7; 32]));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret");
    std::fs::write(&file, format!("{other}\n{SECRET}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    emit(&world, "key.failing", "acme", 8);
    let bare = admin.clone().without("BYOK_WEBHOOK_SECRET");
    assert_eq!(post(&bare, &url, &["--webhook-secret-file", file.to_str().unwrap()]).code, 0);
    let posted = told.try_recv().unwrap();
    let wanted = format!("{} {}", calculated(&other, &posted), calculated(SECRET, &posted));
    assert_eq!(posted.header("webhook-signature"), wanted);
}

#[test]
fn an_answer_that_is_not_2xx_or_no_answer_leaves_the_event_for_later() {
    let (world, admin) = world();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let hanging = format!("http://{}/", silent.local_addr().unwrap());
    let (elsewhere, never) = receiver(says("HTTP/1.1 204 ok\r\ncontent-length: 0\r\n\r\n"));
    let redirect = format!("HTTP/1.1 307 elsewhere\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
    for (url, why) in [
        (receiver(says("HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")), "status_500"),
        (receiver(says("HTTP/1.1 410 gone\r\ncontent-length: 2\r\n\r\nno")), "status_410"),
        (receiver(move |stream| stream.write_all(redirect.as_bytes()).unwrap_or_default()), "status_307"),
        (receiver(|_| {}), "connection_lost"),
        (receiver(says("nonsense\r\n\r\n")), "connection_lost"),
    ]
    .map(|((url, told), why)| {
        std::mem::forget(told);
        (url, why)
    })
    .into_iter()
    // Nobody listens at port 1. A port that was free a moment ago may be somebody else's.
    .chain([(hanging, "timeout"), ("http://127.0.0.1:1/".to_owned(), "connection_refused")])
    {
        let run = post(&admin, &url, &["--timeout", if why == "timeout" { "1" } else { "600" }]);
        assert!(run.code == 8 && run.err.contains(&format!("({why})")), "{why}: {run:?}");
        world.root("update byok.delivery set next_at = now() - interval '1 second' where state = 'waiting'");
        world.root(TIDY);
    }
    assert!(never.try_recv().is_err(), "a redirect is not followed");
    let (url, told) = receiver(says("HTTP/1.1 204 ok\r\ncontent-length: 0\r\n\r\n"));
    assert_eq!(post(&admin, &url, &[]).code, 0);
    assert_eq!(told.iter().next().unwrap().header("webhook-id"), "evt_1", "the same id each time");
}

#[test]
fn a_huge_answer_is_not_read() {
    let (_world, admin) = world();
    let (url, told) = receiver(|stream| {
        stream.write_all(b"HTTP/1.1 200 ok\r\ncontent-length: 1000000000000\r\n\r\n").ok();
        let flood = vec![b'x'; 65536];
        while stream.write_all(&flood).is_ok() {}
    });
    assert_eq!(post(&admin, &url, &[]).code, 0);
    assert!(told.try_recv().is_ok());
}

#[test]
fn an_address_or_a_secret_that_cannot_be_used_is_refused_before_anything_is_posted() {
    let (_world, admin) = world();
    for bad in ["http://hooks.example.org/", "ftp://127.0.0.1/", "https://user:word@hooks.example.org/", "hooks"] {
        let run = post(&admin, bad, &[]);
        assert!(run.code == 2 && run.err.contains("https://") && !run.err.contains("word"), "{bad}: {run:?}");
    }
    let (url, told) = receiver(|_| {});
    for secret in ["guess", "whsec_c2hvcnQ=", "whsec_"] {
        let run = post(&admin.clone().env("BYOK_WEBHOOK_SECRET", secret), &url, &[]);
        assert!(run.code == 4 && run.err.contains("whsec_") && !run.err.contains("c2hvcnQ"), "{run:?}");
    }
    let run = post(&admin.clone().without("BYOK_WEBHOOK_SECRET"), &url, &[]);
    assert!(run.code == 4 && run.err.contains("openssl rand"), "{run:?}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret");
    std::fs::write(&file, SECRET).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = post(&admin, &url, &["--webhook-secret-file", file.to_str().unwrap()]);
    assert!(run.code == 4 && run.err.contains("chmod 600"), "{run:?}");
    assert_eq!(admin.run(&["watch", "--webhook", &url]).code, 2, "a webhook needs a consumer");
    assert!(told.try_recv().is_err());
}

#[test]
fn the_example_takes_what_byok_signed_and_nothing_else() {
    let (world, admin) = world();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hook.secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let receive = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/webhook-receiver/receive.py");
    let mut example = Command::new("python3")
        .args([receive, "--port", "0", "--secret-file"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(example.stderr.take().unwrap()).lines();
    let mut out = BufReader::new(example.stdout.take().unwrap()).lines();
    let port = said.next().unwrap().unwrap().rsplit(' ').next().unwrap().to_owned();
    let url = format!("http://127.0.0.1:{port}/");
    let forged = admin.clone().env("BYOK_WEBHOOK_SECRET", &format!("whsec_{}", BASE64.encode(&[1; 32])));
    let run = post(&forged, &url, &[]);
    assert!(run.code == 8 && run.err.contains("status_401"), "{run:?}");
    world.root("update byok.delivery set next_at = now() - interval '1 second' where state = 'waiting'");
    world.root(TIDY);
    assert_eq!(post(&admin, &url, &[]).code, 0);
    let event: Value = serde_json::from_str(&out.next().unwrap().unwrap()).unwrap();
    assert_eq!((&event["detail"]["number"], &event["org"]), (&7.into(), &"acme".into()));
    example.kill().unwrap();
    example.wait().unwrap();
}
