//! Random texts: both implementations accept a text, or both refuse it.

use byok::admin::crypto::{DataKey, SealContext};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::faults::with_checksum;
use super::{data_key, opened, python};
use crate::seeded_random::Chance;

/// What a text is bent with: what is right in another place, and what some reader takes for it.
const LETTERS: &[char] = &[
    'A',
    'Q',
    'B',
    'Z',
    '2',
    '7',
    '0',
    '1',
    '8',
    '9',
    'a',
    'z',
    '-',
    '+',
    '_',
    '=',
    ' ',
    '\t',
    '\n',
    '\r',
    '\u{b}',
    '\0',
    '"',
    '\u{a0}',
    '\u{85}',
    '\u{1c}',
    '\u{2028}',
    '\u{200b}',
    '\u{feff}',
    '\u{131}',
    '\u{17f}',
    '\u{df}',
    '\u{212a}',
    '\u{ff11}',
    '\u{661}',
    '\u{b2}',
    '\u{410}',
    '\u{301}',
    '\u{1d7cf}',
];
const EPOCHS: &[&str] = &[
    "1",
    "2",
    "9",
    "10",
    "4294967295",
    "4294967296",
    "0",
    "01",
    "+1",
    "-1",
    "",
    " 1",
    "1 ",
    "1_0",
    "0x1",
    "1e3",
    "99999999999",
    "\u{ff11}",
    "\u{661}",
    "1\u{301}",
];

fn seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    std::env::var("BYOK_TEST_SEED").map_or(u64::from_le_bytes(bytes) | 1, |text| text.parse().unwrap())
}

/// A letter more, a letter less, or another one.
fn bend(text: &mut Vec<char>, chance: &mut Chance) {
    let at = chance.below(text.len() + 1);
    match chance.below(4) {
        0 => text.insert(at, chance.of(LETTERS)),
        1 if at < text.len() => drop(text.remove(at)),
        2 if at < text.len() => text[at] = text[at].to_ascii_lowercase(),
        _ if at < text.len() => text[at] = chance.of(LETTERS),
        _ => text.push(chance.of(LETTERS)),
    }
}

fn bent_text(right: &str, chance: &mut Chance) -> String {
    let (head, _) = right.rsplit_once('-').unwrap();
    let parts: Vec<&str> = head.split('-').collect();
    let epoch = if chance.below(2) == 0 { chance.of(EPOCHS) } else { parts[1] };
    let mut head: Vec<char> = format!("{}-{epoch}-{}", parts[0], parts[2]).chars().collect();
    for _ in 0..chance.below(3) {
        bend(&mut head, chance);
    }
    // Mostly with a checksum that fits: without one, everything behind it is never reached.
    let head: String = head.into_iter().collect();
    let mut text: Vec<char> = with_checksum(&head).chars().collect();
    if chance.below(3) == 0 {
        bend(&mut text, chance);
    }
    text.into_iter().collect()
}

#[test]
fn a_key_text_that_was_bent_is_taken_by_both_readers_or_by_none() {
    let seed = seed();
    let mut chance = Chance(seed);
    let right = DataKey::generate(1).unwrap().to_text();
    let vectors: Vec<Value> = (0..6000)
        .map(|_| json!({"data_key": bent_text(right.expose(), &mut chance), "org": "acme", "provider": "openai"}))
        .collect();
    let mut taken = 0;
    for (vector, answer) in vectors.iter().zip(python(&json!(vectors)).unwrap_or_default()) {
        let ours = data_key(vector).map(|key| (key.passphrase("acme", "openai").expose().to_owned(), key.epoch()));
        let theirs = answer["passphrase"]
            .as_str()
            .map(|text| (text.to_owned(), u32::try_from(answer["epoch"].as_u64().unwrap()).unwrap()));
        assert_eq!(ours, theirs, "{vector} (BYOK_TEST_SEED={seed})");
        taken += u32::from(theirs.is_some());
    }
    assert!(python(&json!([])).is_none() || (200..5000).contains(&taken), "{taken} texts were taken");
}

#[test]
fn a_payload_that_was_bent_is_taken_by_both_readers_or_by_none() {
    const RIGHT: &[&str] = &[
        r#"{"api_key":"sk-test"}"#,
        r#"{ "a" : "b" , "c":"\u00e9\ud83d\ude00" }"#,
        r#"{"a":"b","a":"c"}"#,
        r#"{"a":{"b":[1,2.5e3,null,true]}}"#,
        "{}",
    ];
    const PIECES: &[char] = &[
        '{', '}', '[', ']', '"', ',', ':', '\\', 'u', 'd', '8', '0', '-', '.', 'e', ' ', '\n', '\u{c}', '\u{1}', 'é',
        '/',
    ];
    let seed = seed();
    let mut chance = Chance(seed);
    let key = DataKey::generate(1).unwrap();
    let text = key.to_text();
    let place = SealContext { org: "acme", provider: "openai", version: 1, settings: "{}", hint: "" };
    let mut vectors = Vec::new();
    for _ in 0..800 {
        let mut payload: Vec<char> = chance.of(RIGHT).chars().collect();
        for _ in 0..chance.below(3) {
            let at = chance.below(payload.len());
            match chance.below(3) {
                0 => payload.insert(at, chance.of(PIECES)),
                1 => payload[at] = chance.of(PIECES),
                _ => drop(payload.remove(at)),
            }
        }
        let mut padded: Vec<u8> = payload.into_iter().collect::<String>().into();
        padded.push(0x80);
        padded.resize(padded.len().next_multiple_of(64), 0);
        let sealed = key.seal_for_vectors(&place, [7; 12], &padded).unwrap();
        vectors.push(json!({
            "data_key": text.expose(), "org": "acme", "provider": "openai", "version": 1, "settings": "{}", "hint": "",
            "sealed": HEXLOWER.encode(&sealed), "payload": String::from_utf8_lossy(&padded),
        }));
    }
    for (vector, answer) in vectors.iter().zip(python(&json!(vectors)).unwrap_or_default()) {
        assert_eq!(opened(vector), answer["fields"], "{} (BYOK_TEST_SEED={seed})", vector["payload"]);
    }
}
