//! Test vectors with one fault each, made from the published ones, and the same at every run.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use byok::admin::crypto::{DataKey, SealContext};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A text that ends as it should, whatever stands before its end.
pub(super) fn with_checksum(text: &str) -> String {
    let digest = BASE32_NOPAD.encode(&Sha256::digest(text.to_ascii_uppercase().as_bytes())[..4]);
    format!("{text}-{}", &digest[..6])
}

/// All of them.
pub(super) fn of(published: &[Value]) -> Vec<Value> {
    let named = |name: &str| published.iter().find(|vector| vector["name"] == name).unwrap();
    let (sealed, wrapped) = (named("opens: place 0, credential 0"), named("opens: wrapped data key"));
    let mut all = Vec::new();
    for (vector, field) in [(sealed, "data_key"), (wrapped, "master_key")] {
        let text = vector[field].as_str().unwrap();
        for (what, bent) in right_texts(text) {
            all.push(bend(vector, &format!("opens: {field} {what}"), (field, json!(bent))));
        }
        for (what, bent) in wrong_texts(text) {
            all.push(refused(vector, &format!("{field} {what}"), (field, json!(bent))));
        }
    }
    all.extend(envelopes(sealed));
    all.extend(wrappings(wrapped));
    all.extend(places(sealed));
    all.extend(payloads(sealed));
    all
}

fn bend(vector: &Value, name: &str, (field, value): (&str, Value)) -> Value {
    let mut bent = vector.clone();
    bent["name"] = json!(name);
    bent[field] = value;
    bent
}

fn refused(vector: &Value, what: &str, change: (&str, Value)) -> Value {
    let mut bent = bend(vector, &format!("refused: {what}"), change);
    bent["fields"] = Value::Null;
    bent
}

fn right_texts(text: &str) -> Vec<(&'static str, String)> {
    let mixed = text.char_indices().map(|(at, it)| if at % 3 == 0 { it.to_ascii_lowercase() } else { it }).collect();
    vec![
        ("in lower case", text.to_ascii_lowercase()),
        ("in both cases", mixed),
        ("with blanks and line ends around it", format!(" \t\r\n{text}\r\n\n\t ")),
    ]
}

/// Of one text: the part at fault with a checksum that fits, so that nothing else is wrong with it.
fn wrong_texts(text: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = text.split('-').collect();
    let [kind, epoch, body, check] = parts[..] else { panic!("a key") };
    let mut all = Vec::new();
    let mut add = |what: &str, text: String| all.push((what.to_owned(), text));
    for (what, epoch) in epochs(epoch) {
        add(&format!("of epoch {what}"), with_checksum(&format!("{kind}-{epoch}-{body}")));
    }
    for (what, body) in bodies(body) {
        add(&format!("whose key {what}"), with_checksum(&format!("{kind}-{epoch}-{body}")));
    }
    for (what, kind) in kinds(kind) {
        add(&format!("that begins with {what}"), with_checksum(&format!("{kind}-{epoch}-{body}")));
    }
    for (what, check) in checks(check) {
        add(&format!("whose checksum {what}"), format!("{kind}-{epoch}-{body}-{check}"));
    }
    for (what, bent) in wholes(text) {
        add(what, bent);
    }
    all
}

fn epochs(epoch: &str) -> Vec<(&'static str, String)> {
    let fixed = [
        ("zero", "0"),
        ("zero, twice", "00"),
        ("none", ""),
        ("minus one, with a hyphen too many", "-1"),
        ("in words", "ONE"),
        ("2^32", "4294967296"),
        ("2^32 and 1", "4294967297"),
        ("2^64 and 1", "18446744073709551617"),
    ];
    let made = [
        ("with a zero in front", format!("0{epoch}")),
        ("with a plus", format!("+{epoch}")),
        ("with a blank in front", format!(" {epoch}")),
        ("with a blank behind", format!("{epoch} ")),
        ("with a line end behind", format!("{epoch}\n")),
        ("with a fraction", format!("{epoch}.0")),
        ("with an exponent", format!("{epoch}E0")),
        ("in hexadecimal", format!("0X{epoch}")),
        ("with an underscore", format!("1_{epoch}")),
        ("with a comma", format!("1,{epoch}")),
        ("in full-width digits", shifted(epoch, 0xff10)),
        ("in Arabic digits", shifted(epoch, 0x660)),
        ("in Devanagari digits", shifted(epoch, 0x966)),
        ("in mathematical digits", shifted(epoch, 0x1d7ce)),
        ("in circled digits", shifted(epoch, 0x245f)),
        ("with a zero-width space", format!("{epoch}\u{200b}")),
        ("of eleven digits", format!("{epoch}0000000000")),
        ("of 400 digits", epoch.repeat(400)),
        ("of 5000 digits", epoch.repeat(5000)),
    ];
    fixed.into_iter().map(|(what, text)| (what, text.to_owned())).chain(made).collect()
}

fn shifted(digits: &str, zero: u32) -> String {
    digits.chars().map(|digit| char::from_u32(zero + digit.to_digit(10).unwrap()).unwrap()).collect()
}

fn bodies(body: &str) -> Vec<(String, String)> {
    let last = |letter: char| format!("{}{letter}", &body[..51]);
    let inside = |text: &str| format!("{}{text}{}", &body[..20], &body[21..]);
    let mut all: Vec<(String, String)> = Vec::new();
    // Of the last letter one bit counts; the four others are stray.
    let counts = if body.ends_with('A') { "BCEI" } else { "RSUY" };
    all.extend(counts.chars().map(|letter| (format!("has the stray bits of {letter}"), last(letter))));
    let odd = [
        ("a zero", "0"),
        ("a one", "1"),
        ("an eight", "8"),
        ("a nine", "9"),
        ("an equals sign", "="),
        ("a blank", " "),
        ("a line end", "\n"),
        ("a hyphen", "-"),
        ("an underscore", "_"),
        ("a full-width A", "\u{ff21}"),
        ("a Cyrillic A", "\u{410}"),
        ("a dotless i, whose capital is an I", "\u{131}"),
        ("a long s, whose capital is an S", "\u{17f}"),
        ("a sharp s, whose capital is two", "\u{df}"),
        ("a Kelvin sign, whose small letter is a k", "\u{212a}"),
        ("a zero-width space", "\u{200b}"),
        ("a combining accent", "\u{301}"),
        ("a NUL", "\0"),
    ];
    all.extend(odd.map(|(what, text)| (format!("has {what}"), inside(text))));
    all.extend([
        ("is empty".to_owned(), String::new()),
        ("is a letter short".to_owned(), body[..51].to_owned()),
        ("is a letter long".to_owned(), format!("{body}A")),
        ("is padded".to_owned(), format!("{body}====")),
        ("is there twice".to_owned(), format!("{body}{body}")),
    ]);
    all
}

fn kinds(kind: &str) -> Vec<(&'static str, String)> {
    let other = if kind == "BYOKD1" { "BYOKM1" } else { "BYOKD1" };
    vec![
        ("the other kind", other.to_owned()),
        ("the next format", format!("{}2", &kind[..5])),
        ("no format", kind[..5].to_owned()),
        ("a format with a zero in front", format!("{}01", &kind[..5])),
        ("neither kind", format!("BYOK{}", &kind[5..])),
        ("nothing", String::new()),
        ("a full-width letter", format!("\u{ff22}{}", &kind[1..])),
        ("a Kelvin sign", kind.replace('K', "\u{212a}")),
        ("a byte order mark", format!("\u{feff}{kind}")),
        ("a quote", format!("\"{kind}")),
        ("a name", format!("BYOK_KEY={kind}")),
    ]
}

fn checks(check: &str) -> Vec<(&'static str, String)> {
    let first = if check.starts_with('A') { "B" } else { "A" };
    let last = if check.ends_with('A') { "B" } else { "A" };
    vec![
        ("is another", format!("{first}{}", &check[1..])),
        ("is another at its end", format!("{}{last}", &check[..5])),
        ("is empty", String::new()),
        ("is a letter short", check[..5].to_owned()),
        ("is a letter long", format!("{check}A")),
        ("has a hyphen behind it", format!("{check}-")),
        ("has a NUL behind it", format!("{check}\0")),
        ("has a comment behind it", format!("{check} # mine")),
        ("has a quote behind it", format!("{check}\"")),
        ("is in full-width letters", check.chars().map(wide).collect()),
    ]
}

fn wide(letter: char) -> char {
    char::from_u32(u32::from(letter) + 0xfee0).unwrap()
}

fn wholes(text: &str) -> Vec<(&'static str, String)> {
    let around = |blank: &str| format!("{blank}{text}{blank}");
    vec![
        ("that is empty", String::new()),
        ("that is blank", " \n".to_owned()),
        ("without a checksum", text[..text.len() - 7].to_owned()),
        ("cut in the middle", text[..40].to_owned()),
        ("twice", format!("{text}{text}")),
        ("twice, on two lines", format!("{text}\n{text}")),
        ("with underscores for hyphens", text.replace('-', "_")),
        ("with dashes for hyphens", text.replace('-', "\u{2013}")),
        ("with blanks for hyphens", text.replace('-', " ")),
        ("with no-break spaces around it", around("\u{a0}")),
        ("with wide spaces around it", around("\u{3000}")),
        ("with vertical tabs around it", around("\u{b}")),
        ("with form feeds around it", around("\u{c}")),
        ("with next-line characters around it", around("\u{85}")),
        ("with file separators around it", around("\u{1c}")),
        ("with line separators around it", around("\u{2028}")),
        ("with zero-width spaces around it", around("\u{200b}")),
        ("with NULs around it", around("\0")),
        ("with quotes around it", around("'")),
    ]
}

fn bytes(vector: &Value, field: &str) -> Vec<u8> {
    HEXLOWER.decode(vector[field].as_str().unwrap().as_bytes()).unwrap()
}

fn hex(bytes: &[u8]) -> Value {
    json!(HEXLOWER.encode(bytes))
}

/// What stands around the ciphertext; the bytes themselves are among the vectors that were first.
fn envelopes(vector: &Value) -> Vec<Value> {
    let sealed = bytes(vector, "sealed");
    let (head, rest) = (&sealed[..1], &sealed[1..]);
    [
        ("envelope of format 0", [&[0], rest].concat()),
        ("envelope of format 2", [&[2], rest].concat()),
        ("envelope without a format", rest.to_vec()),
        ("envelope with its format twice", [head, head, rest].concat()),
        ("envelope with another nonce", [head, &[0; 12], &sealed[13..]].concat()),
        ("envelope without a nonce", [head, &sealed[13..]].concat()),
        ("envelope with a longer nonce", [&sealed[..13], &[0; 4], &sealed[13..]].concat()),
        ("envelope without its tag", sealed[..sealed.len() - 16].to_vec()),
        ("envelope with a shorter tag", sealed[..sealed.len() - 4].to_vec()),
        ("envelope with a tag of zeros", [&sealed[..sealed.len() - 16], &[0; 16]].concat()),
        ("envelope with its tag in front", [head, &sealed[1..13], &sealed[77..], &sealed[13..77]].concat()),
        ("envelope twice", [&sealed[..], &sealed[..]].concat()),
        ("envelope with a byte in front", [&[0], &sealed[..]].concat()),
    ]
    .into_iter()
    .map(|(what, bent)| refused(vector, what, ("sealed", hex(&bent))))
    .collect()
}

fn encoded(fields: &[&[u8]]) -> Vec<u8> {
    fields.iter().flat_map(|field| [&u32::try_from(field.len()).unwrap().to_be_bytes()[..], field].concat()).collect()
}

/// The wrapped data key: what it is wrapped for, and what comes out of it.
fn wrappings(vector: &Value) -> Vec<Value> {
    let text = vector["master_key"].as_str().unwrap();
    let master: [u8; 32] = BASE32_NOPAD.decode(text.split('-').nth(2).unwrap().as_bytes()).unwrap().try_into().unwrap();
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(master));
    let wrap = |message: &[u8], aad: &[u8]| {
        let body = cipher.encrypt(&Nonce::from([9; 12]), Payload { msg: message, aad }).unwrap();
        hex(&[&[1][..], &[9; 12], &body].concat())
    };
    let (org, data_epoch, epoch) = (&b"acme"[..], &1_u32.to_be_bytes()[..], &3_u32.to_be_bytes()[..]);
    let aad = encoded(&[b"data-key", org, data_epoch, epoch]);
    // The very key of the vectors, so that nothing but the wrapping is at fault.
    let original = bytes(vector, "wrapped");
    let key = cipher
        .decrypt(&Nonce::try_from(&original[1..13]).unwrap(), Payload { msg: &original[13..], aad: &aad })
        .unwrap();
    let cut = |length: usize| hex(&original[..length]);
    let two = 2_u32.to_be_bytes();
    [
        ("wrapped data key of 31 bytes", wrap(&key[..31], &aad)),
        ("wrapped data key of 33 bytes", wrap(&[&key[..], &[0]].concat(), &aad)),
        ("wrapped data key of no bytes", wrap(&[], &aad)),
        ("wrapped data key for another epoch", wrap(&key, &encoded(&[b"data-key", org, &two, epoch]))),
        ("wrapped data key under another master epoch", wrap(&key, &encoded(&[b"data-key", org, data_epoch, &two]))),
        ("wrapped data key for another purpose", wrap(&key, &encoded(&[b"seal", org, data_epoch, epoch]))),
        ("wrapped data key without fields", wrap(&key, &[])),
        ("wrapped data key with its fields run together", wrap(&key, &[b"data-key", org, data_epoch, epoch].concat())),
        ("wrapped data key with its epochs as text", wrap(&key, &encoded(&[b"data-key", org, b"1", b"3"]))),
        ("wrapped data key, nothing of it", json!("")),
        ("wrapped data key cut to its head", cut(13)),
        ("wrapped data key cut by a byte", cut(60)),
        ("wrapped data key with a byte more", hex(&[&original[..], &[0]].concat())),
        ("wrapped data key of format 2", hex(&[&[2], &original[1..]].concat())),
    ]
    .into_iter()
    .map(|(what, bent)| refused(vector, what, ("wrapped", bent)))
    .chain([
        refused(vector, "data epoch that is another", ("data_epoch", json!(2))),
        refused(vector, "data epoch zero", ("data_epoch", json!(0))),
        refused(vector, "data epoch 2^32 and 1", ("data_epoch", json!(4_294_967_297_u64))),
    ])
    .collect()
}

/// Where the key belongs: everything that its seal is bound to.
fn places(vector: &Value) -> Vec<Value> {
    [
        ("org", "organization in capitals", json!("ACME")),
        ("org", "organization with a blank behind", json!("acme ")),
        ("org", "organization with a NUL behind", json!("acme\0")),
        ("org", "organization with a Cyrillic letter", json!("\u{430}cme")),
        ("org", "organization with a zero-width space", json!("ac\u{200b}me")),
        ("org", "organization with an accent", json!("acme\u{301}")),
        ("provider", "provider in capitals", json!("OpenAI")),
        ("provider", "provider with a hyphen", json!("open-ai")),
        ("provider", "provider that is empty", json!("")),
        ("version", "version zero", json!(0)),
        ("version", "version 2^24", json!(1 << 24)),
        ("version", "version 2^32 and 1", json!(4_294_967_297_u64)),
        ("settings", "settings that are empty", json!("")),
        ("settings", "settings with a line end", json!("{}\n")),
        ("settings", "settings that are null", json!("null")),
        ("settings", "settings that are an array", json!("[]")),
        ("hint", "hint in capitals", json!("XK7Q")),
        ("hint", "hint with its dots", json!("...xK7q")),
        ("hint", "hint with a blank", json!("xK7q ")),
    ]
    .into_iter()
    .map(|(field, what, value)| refused(vector, what, (field, value)))
    .collect()
}

/// What was sealed: a payload that some reader of JSON takes.
fn payloads(vector: &Value) -> Vec<Value> {
    let key = DataKey::parse(vector["data_key"].as_str().unwrap()).unwrap();
    let place = SealContext { org: "acme", provider: "openai", version: 1, settings: "{}", hint: "xK7q" };
    let deep = format!("{{\"api_key\":{}", "[".repeat(5000));
    let payloads: Vec<(&str, Vec<u8>)> = vec![
        ("a name twice", br#"{"api_key":"sk-one","api_key":"sk-two"}"#.to_vec()),
        ("a name twice, once escaped", br#"{"api_key":"sk-one","api\u005fkey":"sk-two"}"#.to_vec()),
        ("half a character", br#"{"api_key":"sk-\ud83d"}"#.to_vec()),
        ("the other half of a character", br#"{"api_key":"sk-\ude00"}"#.to_vec()),
        ("half a character in a name", br#"{"\ud83d":"sk-test"}"#.to_vec()),
        ("a byte order mark", "\u{feff}{\"api_key\":\"sk-test\"}".into()),
        ("UTF-16", "{\"api_key\":\"sk-test\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("an encoded half character", b"{\"api_key\":\"sk-\xed\xa0\xbd\"}".to_vec()),
        ("an overlong slash", b"{\"api_key\":\"sk-\xc0\xaf\"}".to_vec()),
        ("a line end in a text", b"{\"api_key\":\"sk-\ntest\"}".to_vec()),
        ("a NUL in a text", b"{\"api_key\":\"sk-\0test\"}".to_vec()),
        ("a wrong escape", br#"{"api_key":"sk-\x41"}"#.to_vec()),
        ("single quotes", b"{'api_key':'sk-test'}".to_vec()),
        ("a comma behind", br#"{"api_key":"sk-test",}"#.to_vec()),
        ("a comment", br#"{"api_key":"sk-test"/* mine */}"#.to_vec()),
        ("a second value", br#"{"api_key":"sk-test"}{}"#.to_vec()),
        ("no end", br#"{"api_key":"sk-test""#.to_vec()),
        ("null for a text", br#"{"api_key":null}"#.to_vec()),
        ("true for a text", br#"{"api_key":true}"#.to_vec()),
        ("NaN for a text", br#"{"api_key":NaN}"#.to_vec()),
        ("Infinity for a text", br#"{"api_key":Infinity}"#.to_vec()),
        ("a number of 5000 digits for a text", format!("{{\"api_key\":{}}}", "1".repeat(5000)).into()),
        ("an array for a text", br#"{"api_key":["sk-test"]}"#.to_vec()),
        ("a depth of 5000", deep.into()),
        ("a number for a name", br#"{1:"sk-test"}"#.to_vec()),
        ("null", b"null".to_vec()),
        ("nothing", Vec::new()),
        ("a form feed around it", b"\x0c{\"api_key\":\"sk-test\"}\x0c".to_vec()),
        ("a no-break space around it", "\u{a0}{\"api_key\":\"sk-test\"}".into()),
    ];
    payloads
        .into_iter()
        .map(|(what, mut payload)| {
            payload.push(0x80);
            payload.resize(payload.len().next_multiple_of(64), 0);
            let sealed = key.seal_for_vectors(&place, [7; 12], &payload).unwrap();
            refused(vector, &format!("payload with {what}"), ("sealed", hex(&sealed)))
        })
        .collect()
}
