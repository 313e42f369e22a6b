//! The published format: vectors, a second implementation in Python, and both against the database.

use std::io::Write as _;
use std::process::{Command, Stdio};

use byok::crypto::{DataKey, MasterKey, Place};
use byok::secret::{Credential, SecretText};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::harness::{World, master_text, openai_key};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/format/vectors.json");
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/format/open.py");

/// What this implementation makes of a vector: the fields, or null.
fn opened(vector: &Value) -> Value {
    let text = |name: &str| vector[name].as_str().unwrap_or_default();
    let bytes = |name: &str| HEXLOWER.decode(text(name).as_bytes()).unwrap();
    let number = |name: &str| u32::try_from(vector[name].as_u64().unwrap_or_default()).unwrap();
    let key = match vector.get("data_key") {
        Some(_) => DataKey::parse(text("data_key")).ok(),
        None => MasterKey::parse(text("master_key"))
            .unwrap()
            .unwrap_data_key(text("org"), number("data_epoch"), &bytes("wrapped"))
            .ok(),
    };
    let place = Place {
        org: text("org"),
        provider: text("provider"),
        version: number("version"),
        settings: text("settings"),
        hint: text("hint"),
    };
    let Some(credential) = key.and_then(|key| key.open(&place, &bytes("sealed")).ok()) else {
        return Value::Null;
    };
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

#[test]
fn every_vector_opens_or_is_refused_as_it_says_in_both_implementations() {
    // Not with the other generated files: vectors that are published stay what they are.
    if std::env::var("BLESS").is_ok_and(|what| what == "vectors") {
        let lines: Vec<String> = vectors().iter().map(Value::to_string).collect();
        std::fs::write(FILE, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
    }
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let all = vectors.as_array().unwrap();
    let good = all.iter().filter(|vector| !vector["fields"].is_null()).count();
    assert!(good >= 20 && all.len() - good >= 80, "{good} of {}", all.len());
    for vector in all {
        assert_eq!(opened(vector), vector["fields"], "{}", vector["name"]);
    }
    for (vector, answer) in all.iter().zip(python(&vectors).unwrap_or_default()) {
        assert_eq!(answer["fields"], vector["fields"], "{} in Python", vector["name"]);
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

const BASE: Place<'_> = Place { org: "acme", provider: "openai", version: 1, settings: "{}", hint: "xK7q" };

#[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
fn vector(name: &str, key: &DataKey, place: &Place<'_>, sealed: &[u8], fields: Value) -> Value {
    json!({
        "name": name, "data_key": key.to_text().expose(), "org": place.org, "provider": place.provider,
        "version": place.version, "settings": place.settings, "hint": place.hint, "sealed": HEXLOWER.encode(sealed),
        "fields": fields,
    })
}

fn credential(fields: &[(&str, &str)]) -> Credential {
    let mut credential = Credential::default();
    for (name, value) in fields {
        credential.insert(name, SecretText::new((*value).to_owned()));
    }
    credential
}

/// Fresh vectors; every failure differs from a success in one thing.
fn vectors() -> Vec<Value> {
    let (key, master) = (DataKey::generate(1).unwrap(), MasterKey::generate(3).unwrap());
    let mut all = successes(&key);
    all.extend(wrapped(&key, &master));
    let sealed = key.seal(&BASE, &credential(&[("api_key", "sk-test-0123456789xK7q")])).unwrap();
    all.extend(damaged(&key, &sealed));
    all.extend(moved(&key, &sealed));
    all.extend(malformed(&key));
    all
}

fn successes(key: &DataKey) -> Vec<Value> {
    let long = "k".repeat(4096);
    let places = [
        BASE,
        Place { org: "", ..BASE },
        Place { org: "Ünïcode-Ø", ..BASE },
        Place { version: u32::MAX, ..BASE },
        Place { settings: "", ..BASE },
        Place { settings: r#"{"region":"eu-west-1"}"#, ..BASE },
        Place { hint: "", ..BASE },
    ];
    let credentials = [
        vec![("api_key", "sk-test-0123456789xK7q")],
        vec![("access_key_id", "AKIA"), ("secret_access_key", "\"quoted\" \\ and ü")],
        vec![("api_key", long.as_str())],
    ];
    let mut all = Vec::new();
    for (at, place) in places.iter().enumerate() {
        for (number, fields) in credentials.iter().enumerate() {
            let sealed = key.seal(place, &credential(fields)).unwrap();
            let fields: serde_json::Map<_, _> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            all.push(vector(&format!("opens: place {at}, credential {number}"), key, place, &sealed, json!(fields)));
        }
    }
    all
}

fn wrapped(key: &DataKey, master: &MasterKey) -> Vec<Value> {
    let fields = json!({"api_key": "sk-test-0123456789xK7q"});
    let sealed = key.seal(&BASE, &credential(&[("api_key", "sk-test-0123456789xK7q")])).unwrap();
    let good = master.wrap("acme", key).unwrap();
    let make = |name: &str, master: &MasterKey, wrapped: &[u8], fields: Value| {
        let mut vector = vector(name, key, &BASE, &sealed, fields);
        vector.as_object_mut().unwrap().remove("data_key");
        vector["master_key"] = json!(master.to_text().expose());
        vector["wrapped"] = json!(HEXLOWER.encode(wrapped));
        vector["data_epoch"] = json!(key.epoch());
        vector
    };
    let mut all = vec![
        make("opens: wrapped data key", master, &good, fields),
        make("refused: wrapped for another organization", master, &master.wrap("bolt", key).unwrap(), Value::Null),
        make("refused: another master key", &MasterKey::generate(3).unwrap(), &good, Value::Null),
        make(
            "refused: another data key",
            master,
            &master.wrap("acme", &DataKey::generate(1).unwrap()).unwrap(),
            Value::Null,
        ),
    ];
    for at in (0..good.len()).step_by(6) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        all.push(make(&format!("refused: wrapped data key, byte {at} changed"), master, &bad, Value::Null));
    }
    all
}

fn damaged(key: &DataKey, sealed: &[u8]) -> Vec<Value> {
    let flip = |at: usize| {
        let mut bad = sealed.to_vec();
        bad[at] ^= 0x40;
        vector(&format!("refused: byte {at} changed"), key, &BASE, &bad, Value::Null)
    };
    let cut =
        |length: usize| vector(&format!("refused: cut to {length} bytes"), key, &BASE, &sealed[..length], Value::Null);
    let mut all: Vec<Value> = (0..sealed.len()).step_by(2).map(flip).collect();
    all.extend([0, 1, 12, 13, 28, 29, 45, sealed.len() - 1].map(cut));
    all.push(vector("refused: a byte more", key, &BASE, &[sealed, &[0]].concat(), Value::Null));
    all
}

fn moved(key: &DataKey, sealed: &[u8]) -> Vec<Value> {
    let places = [
        ("organization", Place { org: "bolt", ..BASE }),
        ("organization, the platform", Place { org: "", ..BASE }),
        ("provider", Place { provider: "gemini", ..BASE }),
        ("version", Place { version: 2, ..BASE }),
        ("settings", Place { settings: r#"{"base_url":"https://example.com"}"#, ..BASE }),
        ("settings, a space", Place { settings: "{ }", ..BASE }),
        ("hint", Place { hint: "xK7r", ..BASE }),
        ("hint, none", Place { hint: "", ..BASE }),
        ("fields run together", Place { org: "acmeopenai", provider: "", ..BASE }),
    ];
    let mut all: Vec<Value> = places
        .iter()
        .map(|(what, place)| vector(&format!("refused: another {what}"), key, place, sealed, Value::Null))
        .collect();
    all.push(vector("refused: another data key", &DataKey::generate(1).unwrap(), &BASE, sealed, Value::Null));
    all.push(vector("refused: another epoch", &DataKey::generate(2).unwrap(), &BASE, sealed, Value::Null));
    all
}

fn malformed(key: &DataKey) -> Vec<Value> {
    let padded = |payload: &str, end: &[u8], length: usize| {
        let mut bytes = [payload.as_bytes(), end].concat();
        bytes.resize(length, 0);
        bytes
    };
    let payload = r#"{"api_key":"sk-test"}"#;
    [
        ("not padded", padded(payload, &[], payload.len())),
        ("padded with zeros alone", padded(payload, &[], 64)),
        ("a block of padding too many", padded(payload, &[0x80], 128)),
        ("padded to another length", padded(payload, &[0x80], 63)),
        ("all zeros", vec![0; 64]),
        ("empty", vec![]),
        ("no JSON", padded("sk-test", &[0x80], 64)),
        ("a JSON array", padded(r#"["sk-test"]"#, &[0x80], 64)),
        ("a JSON text", padded(r#""sk-test""#, &[0x80], 64)),
        ("a number for a text", padded(r#"{"api_key":1}"#, &[0x80], 64)),
        ("an object for a text", padded(r#"{"api_key":{}}"#, &[0x80], 64)),
        ("no text encoding", padded("{\"api_key\":\"", b"\xff\"}\x80", 64)),
    ]
    .into_iter()
    .map(|(why, bytes)| {
        let sealed = key.seal_for_vectors(&BASE, [7; 12], &bytes).unwrap();
        vector(&format!("refused: {why}"), key, &BASE, &sealed, Value::Null)
    })
    .collect()
}
