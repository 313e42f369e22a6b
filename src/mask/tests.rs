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

/// Ids as people and programs make them: slugs, a word and a prefix before hexadecimal digits, and what is in use elsewhere.
fn ids() -> impl Strategy<Value = Vec<String>> {
    let words = "(task|desk|risk|disk|ask|asia|eu|job|api|org|project|tenant|fwd|team)";
    let middle = "([_-](test|live|proj|admin|or|org|ant|car|prod|south1|v1))?";
    let named = (words, middle, "[_-]", "[0-9a-f]{8,32}").prop_map(|(a, b, c, d)| format!("{a}{b}{c}{d}"));
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
    let vendor =
        ("(sk-|csk-|fw_|hf_|pplx-|xai-|sk-proj-|sk_live_|asia-|asia-south1-job-)", uuid).prop_map(|(a, b)| a + &b);
    let slug = "[a-z]{3,9}(-[a-z]{2,9}){0,4}(-[0-9]{1,4})?";
    let tokens = ("0[0-9A-HJKMNP-TV-Z]{25}", "[0-9A-Za-z]{27}", "[0-9a-f]{24}", "[0-9a-f]{32}");
    (named, vendor, slug, uuid, tokens)
        .prop_map(|(named, vendor, slug, uuid, (ulid, ksuid, object, hex))| {
            vec![named, vendor, slug, uuid, ulid, ksuid, object, hex]
        })
        .prop_filter("of the shape of a key", |ids| {
            !ids.iter().any(|id| id.starts_with("api_org_") || id.starts_with("api-"))
        })
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
            for typed in [text, &text.to_lowercase(), &text[..40]] {
                prop_assert!(holds_own_key(format!("words\n\0{typed}\n").as_bytes()), "{typed}");
            }
            for typed in [text, &text.to_lowercase(), &text[..40], &mistyped[..], &zero, body] {
                prop_assert!(holds_key(typed), "{typed}");
                let document = format!("{{\"path\":\"/x/{typed}\"}}");
                prop_assert!(!without_keys(&document).contains(&typed[typed.len() - 12..]), "{typed}");
            }
        }
    }

    #[test]
    fn bytes_without_a_key_text_of_our_own_hold_none(bytes in any::<Vec<u8>>(), seed in any::<[u8; 16]>()) {
        prop_assert!(!holds_own_key(&bytes));
        for other in ["BYOKM1-1-<key>", "BYOKM1-", "byokd1-7-", "BYOKX1-1-AAAAAAAAAAAAAAAA"] {
            prop_assert!(!holds_own_key(other.as_bytes()));
        }
        let vendors = key("sk-proj-{w58}", &seed);
        prop_assert!(!holds_own_key(vendors.as_bytes()));
    }

    #[test]
    fn ids_that_people_and_programs_make_are_no_keys(ids in ids()) {
        for id in ids {
            prop_assert!(!holds_key(&id) && without_keys(&id) == id, "{id}");
            for shown in [format!("byok enable {id}, then"), format!("[request {id}/openai]"), format!("({id})"), id.clone()] {
                prop_assert_eq!(masked_except(&shown, std::slice::from_ref(&id)), shown.as_str());
            }
        }
    }

    #[test]
    fn a_key_beside_an_id_is_taken_out_and_the_id_stays(seed in seed(), ids in ids()) {
        for recipe in recipes() {
            let key = key(recipe, &seed);
            let shown = format!("{}: no such file {key} (/home/{}/{key})", ids[0], ids[0]);
            let left = masked_except(&shown, &ids[..1]);
            prop_assert!(left.matches(&ids[0]).count() == 2, "{shown} gave {left}");
            prop_assert!(!(0..=key.len() - 12).any(|at| left.contains(&key[at..at + 12])), "{shown} gave {left}");
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
        // What happens to begin as a vendor's keys do is no id of these.
        prop_assume!(!PREFIXES.iter().any(|prefix| base.starts_with(prefix)));
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
        assert!(PREFIXES.contains(&prefix.as_str()), "{prefix} is missing in PREFIXES");
    }
}

#[test]
fn what_people_write_is_left_alone() {
    for text in [
        "there is no organization `acme-interviews-production-2026`",
        "a platform admin makes and hands over one: byok data-key issue --org acme",
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
        "/srv/build/target/x86_64-unknown-linux-gnu/release/byok: byok-0.1.0",
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

#[test]
fn a_vendors_prefix_counts_as_a_word_of_its_own_with_a_keys_length_behind_it() {
    let uuid = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
    let made = ["asia-", "asia-south1-job-", "sk-", "csk-", "fw_"].map(|prefix| format!("{prefix}{uuid}"));
    let ids = [
        "task_test_9f86d081",
        "desk_live_4711aa22",
        "task-proj-4f9a8b7c",
        "risk-admin-9f86d081884c",
        "api_org_9f86d081",
        "asia-prod-5d41402abc4b2a76",
        "task-proj-7f3a9c21",
        "byokdemo-9f86d081884c7d65",
        "ASIA-SOUTH1-9F86D081884C7D65",
        "sk-telecom-9f86d081884c7d65",
        "fw_customers_9f86d081884c7d65",
        "byokd-7-production",
    ];
    for id in made.iter().map(String::as_str).chain(ids) {
        assert!(!holds_key(id) && without_keys(id) == id, "{id}");
    }
    for key in [
        "AKIAIOSFODNN7EXAMPLE",
        "x/ASIAIOSFODNN7EXAMPLE",
        "fw_9f86d081884c7d659a2feaa0",
        &format!("ap2_{uuid}"),
        "sk-9f86d081884c7d659a2feaa0c55ad015",
        "org-sk-proj-aB3dE5gH7jK9mN1pQ3rS5tU7",
    ] {
        assert!(holds_key(key), "{key}");
    }
    let ids = ["9f86d081884c7d659a2feaa0c55ad015".to_owned()];
    let said = "byok member add 9f86d081884c7d659a2feaa0c55ad015 LOGIN";
    assert_eq!(masked_except(said, &ids), said);
    assert_eq!(masked_except("x9f86d081884c7d659a2feaa0c55ad015", &ids), "***", "a longer word is another one");
}
