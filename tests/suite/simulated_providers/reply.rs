//! Replies of a simulated provider, including broken ones.

use std::fmt::Write as _;
use std::time::Duration;

use super::Identity;

/// What happens to whoever asks for a host.
#[derive(Clone, Debug)]
pub(crate) enum Door {
    /// The way is free.
    Open,
    /// The proxy refuses with this status.
    Refuse(u16),
    /// The proxy takes the request and never says a word.
    Silent,
    /// The proxy answers this instead of HTTP.
    Rubbish(Vec<u8>),
    /// The host shows another certificate.
    As(Identity),
    /// The handshake ends after a few bytes.
    CutHandshake,
    /// The handshake never goes on.
    SilentHandshake,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) wait: Duration,
    pub(super) manner: Manner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// With its length.
    Whole,
    /// In chunks.
    Chunked,
    /// One byte at a time, from the status line on.
    Drip(Duration),
    /// Status line and headers at once, the body one byte at a time.
    DripBody(Duration),
    /// The body again and again, in chunks, as long as anybody listens.
    Endless,
    /// Without a length: the end of the connection is the end, said by TLS or not.
    UntilClose { said: bool },
    /// Only so many bytes of the whole answer, then the connection ends.
    Cut(usize),
    /// The body is all there is: no status line, no headers; then the end.
    Raw,
    /// Nothing at all, as long as anybody listens.
    Silent,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), wait: Duration::ZERO, manner: Manner::Whole }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::new(status, "")
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, body.to_string()).header("content-type", "application/json")
    }

    /// Bytes in place of an answer.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { manner: Manner::Raw, ..Self::new(0, bytes) }
    }

    /// Never anything.
    pub(crate) fn silence() -> Self {
        Self { manner: Manner::Silent, ..Self::status(0) }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// After some time.
    pub(crate) fn after(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    pub(crate) fn chunked(self) -> Self {
        Self { manner: Manner::Chunked, ..self }
    }

    /// A pause after each byte.
    pub(crate) fn slowly(self, pause: Duration) -> Self {
        Self { manner: Manner::Drip(pause), ..self }
    }

    /// A pause after each byte of the body.
    pub(crate) fn with_slow_body(self, pause: Duration) -> Self {
        Self { manner: Manner::DripBody(pause), ..self }
    }

    /// The body without end.
    pub(crate) fn endless(self) -> Self {
        Self { manner: Manner::Endless, ..self }
    }

    /// Without a length; `said`: TLS says that this was the end.
    pub(crate) fn until_close(self, said: bool) -> Self {
        Self { manner: Manner::UntilClose { said }, ..self }
    }

    /// Ends after so many bytes, status line and headers included.
    pub(crate) fn cut_after(self, bytes: usize) -> Self {
        Self { manner: Manner::Cut(bytes), ..self }
    }

    /// Status line and headers.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Played\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let given = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        match self.manner {
            Manner::Chunked | Manner::Endless => head.push_str("transfer-encoding: chunked\r\n"),
            Manner::UntilClose { .. } => head.push_str("connection: close\r\n"),
            _ if given("content-length") || self.status == 204 || self.status == 304 => {}
            _ => {
                let _ = write!(head, "content-length: {}\r\n", self.body.len());
            }
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    pub(super) fn chunk(&self) -> Vec<u8> {
        let mut chunk = format!("{:x}\r\n", self.body.len()).into_bytes();
        chunk.extend_from_slice(&self.body);
        chunk.extend_from_slice(b"\r\n");
        chunk
    }
}

/// A gzip file of a short text, stored.
pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&(!length).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(&crc32(text.as_bytes()).to_le_bytes());
    bytes.extend_from_slice(&u32::from(length).to_le_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(sum & 1)))
    })
}

/// A few kilobytes that would unpack to about 160 times as many blanks.
pub(crate) fn gzip_bomb(kilobytes: usize) -> Vec<u8> {
    let mut bits = vec![true, true, false];
    // A blank, then over and over: 258 bytes from one byte back (fixed Huffman codes).
    bits.extend([false, true, false, true, false, false, false, false]);
    for _ in 0..kilobytes * 8192 / 13 {
        bits.extend([true, true, false, false, false, true, false, true]);
        bits.extend([false; 5]);
    }
    bits.extend([false; 7]);
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte: u8, bit| (byte << 1) | u8::from(*bit));
    bytes.extend(bits.chunks(8).map(byte));
    bytes.extend_from_slice(&[0; 8]);
    bytes
}
