//! The server's side of one connection.

use byok::admin::latest_schema;
use byok::admin::testing::functions_id;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use super::super::input::{CANARY, Input, has_canary};
use super::statement::{self, BOOL, BYTEA, INT4, INT8, JSONB, OID, TEXT, TIMESTAMPTZ};

/// What the server does, read from the input as the client asks.
pub(super) struct Script<'a> {
    input: Input<'a>,
    /// Whether the first round trip is answered as it should be.
    honest: bool,
    statements: Vec<(String, String)>,
    bound: String,
    out: Vec<u8>,
}

/// Says these bytes to whoever connects, whatever is asked.
pub(super) async fn recite(listener: &UnixListener, bytes: &[u8]) {
    // A client that takes the server for a pooler connects once more.
    while let Ok((mut stream, _)) = listener.accept().await {
        if stream.write_all(bytes).await.is_ok() && stream.shutdown().await.is_ok() {
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.ok();
        }
    }
}

/// Answers whoever connects, one after the other.
pub(super) async fn serve(listener: &UnixListener, mut script: Script<'_>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        if script.greet(&mut stream).await.is_some() {
            while script.answer(&mut stream).await.is_some() {}
        }
    }
}

async fn read(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let length = stream.read_u32().await.ok()?;
    let mut payload = vec![0; (length as usize).checked_sub(4)?];
    stream.read_exact(&mut payload).await.ok()?;
    Some(payload)
}

impl<'a> Script<'a> {
    pub(super) fn new(mut input: Input<'a>) -> Self {
        let honest = input.byte() & 7 != 7;
        Self { input, honest, statements: Vec::new(), bound: String::new(), out: Vec::new() }
    }

    async fn greet(&mut self, stream: &mut UnixStream) -> Option<()> {
        read(stream).await?;
        self.say(b'R', &0_u32.to_be_bytes());
        self.say(b'S', b"server_version\x0015.18\0");
        self.say(b'K', &[0, 0, 0, 1, 0, 0, 0, 2]);
        self.say(b'Z', b"I");
        self.send(stream).await
    }

    async fn send(&mut self, stream: &mut UnixStream) -> Option<()> {
        stream.write_all(&std::mem::take(&mut self.out)).await.ok()
    }

    fn say(&mut self, kind: u8, payload: &[u8]) {
        let length = u32::try_from(payload.len() + 4).expect("a short message");
        self.out.push(kind);
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(payload);
    }

    async fn answer(&mut self, stream: &mut UnixStream) -> Option<()> {
        let kind = stream.read_u8().await.ok()?;
        let payload = read(stream).await?;
        let mut texts = payload.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        let mut text = || texts.next().unwrap_or_default();
        match kind {
            b'P' => {
                let named = (text(), text());
                self.statements.retain(|(name, _)| *name != named.0);
                self.statements.push(named);
                self.say(b'1', b"");
            }
            b'D' => self.describe(text().trim_start_matches('S')),
            b'B' => {
                text();
                self.bound = self.sql_of(&text());
                self.say(b'2', b"");
            }
            b'E' => self.execute(),
            b'C' => self.say(b'3', b""),
            b'Q' => {
                self.say(b'C', b"DO\0");
                self.say(b'Z', b"T");
            }
            b'S' => self.say(b'Z', b"I"),
            _ => return None,
        }
        if matches!(kind, b'Q' | b'S') { self.send(stream).await } else { Some(()) }
    }

    fn sql_of(&self, name: &str) -> String {
        self.statements.iter().find(|(known, _)| known == name).map(|(_, sql)| sql.clone()).unwrap_or_default()
    }

    fn describe(&mut self, name: &str) {
        let sql = self.sql_of(name);
        let Some(known) = statement::of(&sql) else { panic!("not in the query cache: {sql}") };
        let mut parameters = u16::try_from(known.parameters.len()).expect("few").to_be_bytes().to_vec();
        parameters.extend(known.parameters.iter().flat_map(|oid| oid.to_be_bytes()));
        self.say(b't', &parameters);
        let mut columns = u16::try_from(known.columns.len()).expect("few").to_be_bytes().to_vec();
        for (name, oid) in &known.columns {
            columns.extend_from_slice(name.as_bytes());
            columns.extend_from_slice(&[0; 7]);
            columns.extend_from_slice(&oid.to_be_bytes());
            columns.extend_from_slice(&[0, 4, 0xff, 0xff, 0xff, 0xff, 0, 0]);
        }
        self.say(b'T', &columns);
    }

    fn execute(&mut self) {
        let sql = std::mem::take(&mut self.bound);
        let Some(known) = statement::of(&sql) else { return };
        let hello = sql.contains("byok_api.hello(");
        if hello && self.honest {
            let values: Vec<_> = known.columns.iter().map(|(name, oid)| hello_value(name, *oid)).collect();
            self.row(&values);
            return self.say(b'C', b"SELECT 1\0");
        }
        let choice = self.input.byte();
        if choice & 0x80 != 0 {
            return self.error(choice);
        }
        for _ in 0..choice & 3 {
            let values: Vec<_> = known.columns.iter().map(|(_, oid)| self.value(*oid)).collect();
            self.row(&values);
        }
        self.say(b'C', b"SELECT 1\0");
    }

    fn row(&mut self, values: &[Option<Vec<u8>>]) {
        let mut row = u16::try_from(values.len()).expect("few").to_be_bytes().to_vec();
        for value in values {
            let length = value.as_ref().map_or(-1, |it| i32::try_from(it.len()).expect("short"));
            row.extend_from_slice(&length.to_be_bytes());
            row.extend_from_slice(value.as_deref().unwrap_or_default());
        }
        self.say(b'D', &row);
    }

    fn value(&mut self, oid: u32) -> Option<Vec<u8>> {
        match self.input.byte() % 6 {
            0 => None,
            1 | 2 => Some(usual(oid)),
            3 => Some([self.input.number().to_be_bytes(), self.input.number().to_be_bytes()].concat()),
            4 => Some(self.input.number().to_be_bytes().to_vec()),
            _ => {
                // The canary stands for the details of an error. The fuzzer learns it, and an unknown word of a row is shown.
                let value = self.input.bytes().to_vec();
                Some(if has_canary(&String::from_utf8_lossy(&value)) { Vec::new() } else { value })
            }
        }
    }

    /// An error whose details hold what nobody may see.
    fn error(&mut self, choice: u8) {
        const CODES: [&str; 26] = [
            "42501", "BK001", "BK002", "BK004", "BK005", "BK006", "BK007", "BK020", "BK021", "BK041", "BK101", "BK102",
            "BK103", "BK105", "BK106", "BK107", "BK108", "BK110", "39000", "28P01", "3D000", "57P01", "40001", "22003",
            "3F000", "XX000",
        ];
        let code = CODES[usize::from(choice & 0x7f) % CODES.len()];
        let mut message = self.input.text().replace('\0', "");
        if has_canary(&message) {
            message.clear();
        }
        let detail = format!("{} {CANARY}", self.input.text().replace('\0', ""));
        let mut fields = Vec::new();
        for (kind, text) in [
            (b'S', "ERROR"),
            (b'V', "ERROR"),
            (b'C', code),
            (b'M', &message),
            (b'D', &detail),
            (b'H', &detail),
            (b'W', &detail),
            (b'q', &detail),
        ] {
            fields.push(kind);
            fields.extend_from_slice(text.as_bytes());
            fields.push(0);
        }
        fields.push(0);
        self.say(b'E', &fields);
    }
}

fn hello_value(name: &str, oid: u32) -> Option<Vec<u8>> {
    match oid {
        INT8 => Some(latest_schema().to_be_bytes().to_vec()),
        TEXT if name.starts_with("functions") => Some(functions_id().into()),
        INT4 if name.starts_with("server") => Some(150_018_i32.to_be_bytes().to_vec()),
        INT4 if name.starts_with("interface") || name.starts_with("oldest") => Some(1_i32.to_be_bytes().to_vec()),
        INT4 => None,
        BOOL => Some(vec![1]),
        _ => Some(usual(oid)),
    }
}

/// A value that the type has.
fn usual(oid: u32) -> Vec<u8> {
    match oid {
        BOOL => vec![1],
        INT4 | OID => 1_i32.to_be_bytes().to_vec(),
        INT8 | TIMESTAMPTZ => 1_000_000_i64.to_be_bytes().to_vec(),
        TEXT => b"openai".to_vec(),
        BYTEA => vec![7; 8],
        JSONB => b"\x01{}".to_vec(),
        // An array of no dimensions.
        _ => vec![0; 12],
    }
}
