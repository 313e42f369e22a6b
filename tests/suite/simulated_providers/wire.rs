//! One connection to a simulated provider: the proxy, the TLS handshake, requests and replies.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};

use super::reply::{Door, Manner, Reply};
use super::{Identity, Received, Shared};

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;

enum Line {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }

    /// Ends the connection; what the other side still sends is taken, so that it can read what was said before.
    fn close(mut self, said: bool) {
        if let (Self::Tls(stream), true) = (&mut self, said) {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
        let socket = match &mut self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &mut stream.sock,
        };
        let _ = socket.shutdown(Shutdown::Write);
        let _ = socket.set_read_timeout(Some(Duration::from_secs(1)));
        while socket.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
        let _ = socket.shutdown(Shutdown::Both);
    }
}

/// Where a conversation is held.
struct Place {
    host: Option<(String, u16)>,
    tls: bool,
}

pub(super) fn serve(shared: &Shared, socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let mut first = [0];
    if !socket.peek(&mut first).is_ok_and(|count| count > 0) {
        return;
    }
    if first[0] == HANDSHAKE {
        return encrypted(shared, socket, None, Identity::Itself);
    }
    let mut line = Line::Plain(socket);
    let Some(head) = read_head(&mut line) else { return };
    let place = Place { host: None, tls: false };
    let Some(received) = read_request(&mut line, &head, &place) else { return };
    match received.method.as_str() {
        "CONNECT" => tunnel(shared, line, received),
        _ => {
            if say(shared, &mut line, &received).is_ok_and(|open| open) {
                converse(shared, line, &place);
            }
        }
    }
}

fn tunnel(shared: &Shared, mut line: Line, asked: Received) {
    let (host, port) = host_and_port(&asked.path, 443);
    let door = (shared.door)(&host);
    shared.log().tunnels.push(Received { host: host.clone(), port, ..asked });
    let identity = match door {
        Door::As(identity) => identity,
        Door::Open | Door::CutHandshake | Door::SilentHandshake => Identity::Itself,
        Door::Refuse(status) => {
            let refusal = format!("HTTP/1.1 {status} Refused\r\ncontent-length: 2\r\n\r\nno");
            let _ = line.write(refusal.as_bytes());
            return line.close(true);
        }
        Door::Rubbish(bytes) => {
            let _ = line.write(&bytes);
            return line.close(true);
        }
        Door::Silent => return wait_for_the_end(&mut line),
    };
    if line.write(b"HTTP/1.1 200 Connected\r\n\r\n").is_err() {
        return;
    }
    match (door, line) {
        (Door::SilentHandshake, mut line) => wait_for_the_end(&mut line),
        (Door::CutHandshake, mut line) => {
            let _ = line.read(&mut [0; 4096]);
            // A ServerHello that announces more than ever comes.
            let _ = line.write(&[HANDSHAKE, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3]);
            line.close(false);
        }
        (_, Line::Plain(socket)) => encrypted(shared, socket, Some((host, port)), identity),
        (_, Line::Tls(_)) => {}
    }
}

fn encrypted(shared: &Shared, socket: TcpStream, host: Option<(String, u16)>, identity: Identity) {
    let name = host.as_ref().map_or("localhost", |(host, _)| host);
    let config = shared.authority.config(name, identity);
    let Ok(connection) = ServerConnection::new(config) else { return };
    let line = Line::Tls(Box::new(StreamOwned::new(connection, socket)));
    converse(shared, line, &Place { host, tls: true });
}

/// Request after request, as long as both sides want.
fn converse(shared: &Shared, mut line: Line, place: &Place) {
    while let Some(head) = read_head(&mut line) {
        let Some(received) = read_request(&mut line, &head, place) else { return };
        match say(shared, &mut line, &received) {
            Ok(true) => {}
            Ok(false) => return line.close(true),
            Err(()) => return line.close(false),
        }
    }
}

/// Whether the connection stays; the error is an end without a word.
fn say(shared: &Shared, line: &mut Line, received: &Received) -> Result<bool, ()> {
    let reply = shared.answer(received);
    if !reply.wait.is_zero() {
        shared.linger(reply.wait);
    }
    let result = if shared.stopping() { Err(()) } else { put(shared, line, &reply) };
    shared.answered();
    result
}

fn put(shared: &Shared, line: &mut Line, reply: &Reply) -> Result<bool, ()> {
    let mut whole = if reply.manner == Manner::Raw { Vec::new() } else { reply.head() };
    let ends = reply.headers.iter().any(|(name, value)| name == "connection" && value == "close");
    match reply.manner {
        Manner::Silent => {
            wait_for_the_end(line);
            Err(())
        }
        Manner::Endless => {
            line.write(&whole).map_err(drop)?;
            let chunk = reply.chunk();
            while !shared.stopping() {
                line.write(&chunk).map_err(drop)?;
            }
            Err(())
        }
        Manner::Drip(pause) | Manner::DripBody(pause) => {
            let at_once = if reply.manner == Manner::Drip(pause) { 0 } else { whole.len() };
            whole.extend_from_slice(&reply.body);
            line.write(&whole[..at_once]).map_err(drop)?;
            for byte in &whole[at_once..] {
                line.write(&[*byte]).map_err(drop)?;
                shared.linger(pause);
                if shared.stopping() {
                    return Err(());
                }
            }
            Ok(!ends)
        }
        Manner::Chunked => {
            whole.extend(reply.chunk());
            whole.extend_from_slice(b"0\r\n\r\n");
            line.write(&whole).map(|()| !ends).map_err(drop)
        }
        Manner::Whole | Manner::Raw | Manner::UntilClose { .. } | Manner::Cut(_) => {
            whole.extend_from_slice(&reply.body);
            if let Manner::Cut(at) = reply.manner {
                whole.truncate(at);
            }
            line.write(&whole).map_err(drop)?;
            match reply.manner {
                Manner::Whole => Ok(!ends),
                Manner::UntilClose { said: true } | Manner::Raw => Ok(false),
                _ => Err(()),
            }
        }
    }
}

fn wait_for_the_end(line: &mut Line) {
    while line.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
}

/// Up to the empty line; nothing when the other side has gone.
fn read_head(line: &mut Line) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if !line.read(&mut byte).is_ok_and(|count| count > 0) || head.len() > 64 * 1024 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn read_request(line: &mut Line, head: &str, place: &Place) -> Option<Received> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let named = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut body = vec![0; named("content-length").and_then(|it| it.parse().ok()).unwrap_or(0)];
    let mut filled = 0;
    while filled < body.len() {
        match line.read(&mut body[filled..]) {
            Ok(count) if count > 0 => filled += count,
            _ => return None,
        }
    }
    let usual = if place.tls { 443 } else { 80 };
    let (host, port) = place.host.clone().unwrap_or_else(|| host_and_port(named("host").unwrap_or_default(), usual));
    Some(Received { host, port, method, path, headers, body, tls: place.tls })
}

fn host_and_port(authority: &str, usual: u16) -> (String, u16) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host.to_owned(), port.parse().unwrap_or(usual)),
        _ => (authority.to_owned(), usual),
    }
}
