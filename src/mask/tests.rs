use proptest::prelude::*;

use super::*;
use crate::crypto::{DataKey, MasterKey};
use crate::provider::Catalog;

/// A key from a recipe of the catalog, with letters that a test chooses: `{w58}` is 58 characters of any case and digits.
fn key(recipe: &str, seed: &[u8]) -> String {
    let mut seeds = seed.iter().cycle();
    let mut pick = |letters: &str| {
        let bytes = letters.as_bytes();
        char::from(bytes[usize::from(*seeds.next().expect("a seed")) % bytes.len()])
    };
    let (mut out, mut rest) = (String::new(), recipe);
    while let Some((before, after)) = rest.split_once('{') {
        let (kind, tail) = after.split_once('}').expect("a recipe");
        out.push_str(before);
        let count = |text: &str| text.parse::<usize>().expect("a length");
        if kind == "uuid" {
            let groups: Vec<String> =
                [8, 4, 4, 4, 12].iter().map(|n| (0..*n).map(|_| pick("0123456789abcdef")).collect()).collect();
            out.push_str(&groups.join("-"));
        } else {
            let letters = match &kind[..1] {
                "d" => "0123456789",
                "h" => "0123456789abcdef",
                "l" => "abcdefghijklmnopqrstuvwxyz0123456789",
                _ => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            };
            out.extend((0..count(&kind[1..])).map(|_| pick(letters)));
        }
        rest = tail;
    }
    out + rest
}

/// Every shape of the catalog but the bare UUID, which is an id as often.
fn recipes() -> Vec<&'static str> {
    let samples = Catalog::builtin().providers().iter().flat_map(|it| &it.format.samples);
    samples.map(String::as_str).filter(|it| it.contains('{') && *it != "{uuid}").collect()
}

fn seed() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 211..212)
}

proptest! {
    #[test]
    fn a_key_of_every_shape_is_taken_out_wherever_it_stands(seed in seed()) {
        for recipe in recipes() {
            let key = key(recipe, &seed);
            for place in [
                "{}", "error: {}: not found", "--from-file={}", "/home/ada/{}", "/home/ada/{}/data", "NAME={}", "{}: x",
                "\"path\":\"{}\"", "{\"a\":\"x\\n{}\"}", "org-{}", "postgres://{}@h/db", "(`{}`)", "./{}",
            ] {
                let shown = place.replacen("{}", &key, 1);
                let masked = masked(&shown);
                // What is left of one is not worth a search.
                let window = |at: usize| masked.contains(&key[at..at + 12]);
                prop_assert!(!(0..=key.len() - 12).any(window), "{recipe} in {place}: {shown} gave {masked}");
            }
        }
    }

    #[test]
    fn our_own_keys_are_taken_out_whole_cut_off_and_mistyped(cut in 28..60_usize, epoch in 1..99_999_u32, at in 0..75_usize) {
        let master = MasterKey::generate(epoch).expect("random bytes").to_text();
        let data = DataKey::generate(epoch).expect("random bytes").to_text();
        for text in [master.expose(), data.expose()] {
            let mut mistyped = text.to_owned();
            let at = at.min(text.len() - 1).max(6);
            mistyped.replace_range(at..=at, "9");
            let zero = text.replacen('O', "0", 1);
            let body = &text[text.len() - 59..text.len() - 7];
            for typed in [text, &text.to_lowercase(), &text[..cut], &mistyped, &zero, &text.replace('-', "_"), body] {
                let shown = format!("the file /home/ada/{typed}: not found");
                let left = masked(&shown);
                prop_assert!(!(0..=typed.len() - 9).skip(8).any(|at| left.contains(&typed[at..at + 9])), "{typed}: {left}");
            }
            for typed in [text, &text.to_lowercase(), &text[..40], &mistyped[..], &zero, body] {
                prop_assert!(holds_key(typed), "{typed}");
                let document = format!("{{\"path\":\"/x/{typed}\"}}");
                prop_assert!(!without_keys(&document).contains(&typed[typed.len() - 12..]), "{typed}");
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic_and_twice_is_as_once(text in ".{0,80}|[ -~]{0,80}|([a-z]{1,9}[-/_.@:]){0,9}") {
        let once = masked(&text).into_owned();
        prop_assert_eq!(masked(&once).into_owned(), once.clone());
        let _ = without_keys(&text);
    }

    #[test]
    fn ids_of_other_systems_are_left_alone(hex in "[0-9a-f]{24}", ulid in "0[0-9A-HJKMNP-TV-Z]{25}", base in "[0-9A-Za-z]{27}") {
        let uuid = format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[..12]);
        for id in [&hex, &ulid, &format!("org_{base}"), &uuid, &format!("org_{uuid}"), &format!("job/{uuid}")] {
            prop_assert!(masked(id) == id.as_str() && !holds_key(id), "{id}");
        }
        let hash = format!("{hex}{hex}{}", &hex[..16]);
        prop_assert!(without_keys(&hash) == hash && !holds_key(&hash), "a hash is a result");
    }
}

#[test]
fn every_prefix_of_the_catalog_is_known() {
    let catalog = Catalog::builtin();
    let hints = catalog.prefix_hint.iter().filter_map(|hint| hint.prefix.as_ref());
    let kinds = catalog.providers().iter().flat_map(|it| &it.format.wrong_kind).map(|kind| &kind.prefix);
    for prefix in hints.chain(kinds) {
        assert!(PREFIXES.contains(&prefix.to_ascii_lowercase().as_str()), "{prefix} is missing in PREFIXES");
    }
}

#[test]
fn what_people_write_is_left_alone() {
    for text in [
        "there is no organization `acme-interviews-production-2026`",
        "a platform admin makes and hands over one: byok data-key issue acme",
        "not a master key: one begins with BYOKM1 (a passphrase cannot stand in for it)",
        "the key in /home/ada/.config/byok/master.key.epoch-1 can be read by others",
        "/tmp/.tmpAbC1dE/byok-master: No such file or directory (os error 2)",
        "app on mydb.c9akciq32rhb.us-east-1.rds.amazonaws.com:5432 as byok_admin",
        "wanted fingerprint 41b2d5c3a94e77f0 (epoch 1), given 0f1e2d3c4b5a6978 (epoch 12)",
        "openai key ...xK7q of organization acme: stored as version 3 (2026-11-02T09:12:44Z)",
        "see for what: byok credits history --request-id ID --org acme; a new request has a new id",
        "{\"format_version\":\"1.0\",\"error\":{\"code\":\"command_not_executable\",\"retryable\":false}}",
        "https://gateway.example.org/v1/chat/completions and postgres://login@host/database",
        "risk-assessment-of-the-task-force and a desk-organization, sk-learn, hf_hub_download, fw_customers",
        "/work/target/x86_64-unknown-linux-gnu/release/byok: byok-0.1.0",
        "byokm1-backup.txt and BYOK_MASTER_KEY_COMMAND, CREDENTIALS_DIRECTORY/byok-master",
    ] {
        assert_eq!(masked(text), text);
        assert!(!holds_key(text), "{text}");
    }
}

#[test]
fn a_password_in_a_url_is_taken_out_and_the_rest_stays() {
    for (text, left) in [
        ("postgres://ada:hunter2@h/db", "postgres://ada:***@h/db"),
        ("see postgres://ada:hun/ter@2@h:5432/db?x=y now", "see postgres://ada:***@h:5432/db?x=y now"),
        ("http://user:p@proxy:3128", "http://user:***@proxy:3128"),
        ("https://api.example.org:8443/v1", "https://api.example.org:8443/v1"),
    ] {
        assert_eq!((masked(text).as_ref(), without_keys(text).as_ref()), (left, left));
    }
    let line = "gateway,https://gw.example.org:8443/v1,ada@corp.example";
    assert_eq!(without_keys(line), line);
}
