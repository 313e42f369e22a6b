//! The published format: test vectors, a second implementation in Python, and both against the database.

mod faults;
mod fuzz;

use std::io::Write as _;
use std::process::{Command, Stdio};

use byok::admin::crypto::{DataKey, MasterKey, SealContext};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{World, master_text, openai_key};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/format/vectors.json");
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/format/open.py");

/// The vectors that were published first. They never change: whoever has another implementation has them.
const FIRST: usize = 115;
const FIRST_DIGEST: &str = "2150ae606748e24b43a0382270faf6050f28cd17882e7442cbe56e465c2bb279";

/// The data key of a vector, as this implementation reads it.
fn data_key(vector: &Value) -> Option<DataKey> {
    let text = |name: &str| vector[name].as_str().unwrap_or_default();
    if vector.get("data_key").is_some() {
        return DataKey::parse(text("data_key")).ok();
    }
    let epoch = u32::try_from(vector["data_epoch"].as_u64()?).ok()?;
    let wrapped = HEXLOWER.decode(text("wrapped").as_bytes()).unwrap();
    MasterKey::parse(text("master_key")).ok()?.unwrap_data_key(text("org"), epoch, &wrapped).ok()
}

/// What this implementation makes of a vector: the fields, or null.
fn opened(vector: &Value) -> Value {
    let text = |name: &str| vector[name].as_str().unwrap_or_default();
    let open = || {
        let place = SealContext {
            org: text("org"),
            provider: text("provider"),
            version: u32::try_from(vector["version"].as_u64()?).ok()?,
            settings: text("settings"),
            hint: text("hint"),
        };
        data_key(vector)?.open(&place, &HEXLOWER.decode(text("sealed").as_bytes()).unwrap()).ok()
    };
    let Some(credential) = open() else { return Value::Null };
    let fields = credential.fields().map(|name| (name.to_owned(), json!(credential.get(name).unwrap().expose())));
    Value::Object(fields.collect())
}

/// What the Python reader makes of all of them; none where there is no Python.
fn python(vectors: &Value) -> Option<Vec<Value>> {
    let mut command = Command::new("python3");
    // Without a Python there is nothing to compare with.
    let Ok(mut child) = command.args(["-B", READER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        return None;
    };
    child.stdin.take().unwrap().write_all(vectors.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// One vector a line, in ASCII: what cannot be seen must be readable here.
fn line(vector: &Value) -> String {
    let mut line = String::new();
    for letter in vector.to_string().chars() {
        if letter == '\u{7f}' || !letter.is_ascii() {
            line.extend(letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            line.push(letter);
        }
    }
    line
}

#[test]
fn every_vector_opens_or_is_refused_as_it_says_in_both_implementations() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(',')).collect();
    let first = &lines[1..=FIRST];
    assert_eq!(
        HEXLOWER.encode(&Sha256::digest(first.join("\n"))),
        FIRST_DIGEST,
        "published vectors stay what they are"
    );
    let published: Vec<Value> = first.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let added: Vec<String> = faults::of(&published).iter().map(line).collect();
    if std::env::var("BLESS").is_ok_and(|what| what == "vectors") {
        let all: Vec<&str> = first.iter().copied().chain(added.iter().map(String::as_str)).collect();
        std::fs::write(FILE, format!("[\n{}\n]\n", all.join(",\n"))).unwrap();
        return;
    }
    assert_eq!(lines[FIRST + 1..lines.len() - 1], added, "BLESS=vectors cargo test every_vector");
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let all = vectors.as_array().unwrap();
    let good = all.iter().filter(|vector| !vector["fields"].is_null()).count();
    assert!(good >= 22 && all.len() - good >= 250, "{good} of {}", all.len());
    for vector in all {
        assert_eq!(opened(vector), vector["fields"], "{}", vector["name"]);
    }
    for (vector, answer) in all.iter().zip(python(&vectors).unwrap_or_default()) {
        assert_eq!(answer["fields"], vector["fields"], "{} in Python: {answer}", vector["name"]);
    }
}

#[test]
fn python_reads_what_byok_stored() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let wrapped = world.root("select encode(wrapped, 'hex') from byok.data_key where org = 'acme'").remove(0);
    let mut vector = json!({
        "master_key": master_text(), "wrapped": wrapped, "data_epoch": 1, "org": "acme", "provider": "openai",
        "version": 1, "settings": "{}", "hint": "xK7q",
    });
    let Some(answers) = python(&json!([vector])) else {
        return;
    };
    let passphrase = answers[0]["passphrase"].as_str().unwrap();
    let decrypt =
        "select encode(byok_crypto.decrypt_sealed(encrypted, '{}'), 'hex') from byok.provider_key where org = 'acme'";
    vector["sealed"] = json!(world.root(&decrypt.replace("{}", passphrase)).remove(0));
    assert_eq!(python(&json!([vector])).unwrap()[0]["fields"], json!({"api_key": openai_key("xK7q")}));
}
