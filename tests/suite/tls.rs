//! TLS: how the server is verified, and what is sent before that. `127.1` is this machine, under a name that does not
//! look local.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use crate::harness::Byok;
use crate::lost_connections::Ground;

/// A server that has no TLS, or says so: the port, and everything that one client sends it.
fn without_tls() -> (u16, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (give, take) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut asked = vec![0; 8];
        client.read_exact(&mut asked).unwrap();
        client.write_all(b"N").unwrap();
        let mut rest = [0; 4096];
        // One read more: a client that goes on in clear sends its login now.
        let more = client.read(&mut rest).unwrap_or(0);
        asked.extend_from_slice(&rest[..more]);
        let _ = give.send(asked);
    });
    (port, take)
}

const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

#[test]
fn to_a_server_without_tls_nothing_is_sent_whatever_other_parts_of_the_string_say() {
    for query in [
        "",
        "?application_name=sslmode=disable",
        "?application_name=x%26sslmode=disable",
        "?options=-c%20sslmode=disable",
        "?sslmode=require",
        "?sslmode=verify-full",
    ] {
        for password in ["hunter2", "hunter2sslmode=disable", "hunter2%3Fsslmode=prefer"] {
            let (port, sent) = without_tls();
            let url = format!("postgres://ada:{password}@127.1:{port}/app{query}");
            let byok = Byok::new().env("BYOK_DATABASE_URL", &url);
            // The environment asks for nothing less either.
            let byok = byok.env("PGSSLMODE", "disable").env("PGOPTIONS", "-c sslmode=disable");
            let said = byok.fails(7, &["org", "list"]);
            assert!(said.contains("TLS") && !said.contains("hunter2"), "{query}: {said}");
            let sent = sent.recv_timeout(Duration::from_secs(60)).unwrap();
            assert_eq!(sent, SSL_REQUEST, "{query}, {password}: {}", String::from_utf8_lossy(&sent));
        }
    }
}

#[test]
fn a_connection_that_is_weaker_because_the_string_asks_for_it_is_said_once() {
    let ground = Ground::new();
    let clear = ground.tap.url("byok", "postgres").replace("127.0.0.1", "127.1");
    for (mode, words) in [("disable", "nothing is encrypted"), ("prefer", "can turn the encryption off")] {
        let byok = Byok::new().env("BYOK_DATABASE_URL", &clear.replace("disable", mode));
        let run = byok.run(&["org", "list"]);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.err.matches("warning:").count(), 1, "{run:?}");
        assert!(run.err.contains(words) && run.err.contains(&format!("sslmode={mode}")), "{run:?}");
        // A warning is no notice: -q leaves it.
        assert_eq!(byok.run(&["org", "list", "-q"]).err, run.err);
        assert_eq!(byok.run(&["init", "--schema-only"]).err.matches("warning:").count(), 1);
    }
    // To this machine by its name nobody stands between.
    assert_eq!(Byok::new().env("BYOK_DATABASE_URL", &ground.tap.url("byok", "postgres")).run(&["org", "list"]).err, "");
}

#[test]
fn a_part_that_cannot_be_followed_is_named_and_its_value_is_not() {
    for (query, name) in [
        ("sslmode=require&sslmode=disable", "sslmode is given twice"),
        ("SSLMODE=hunter2", "sslmode must be written in lower case"),
        ("channel_binding=require", "channel_binding asks for"),
        ("hunter2=x", "unknown name"),
    ] {
        let url = format!("postgres://ada@127.0.0.1:1/app?{query}");
        let said = Byok::new().env("BYOK_DATABASE_URL", &url).fails(2, &["org", "list"]);
        assert!(said.contains(name) && !said.contains("hunter2"), "{said}");
    }
}
