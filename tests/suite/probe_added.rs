//! A provider that only a definition file describes is tested like any other.

use byok::probe::{Depth, Outcome};
use byok::provider::{Capability, Provider, Reach, Verdict, check, definition_of_toml, read_private};
use byok::secret::SecretText;
use serde_json::{Value, json};

use crate::harness::CANARY;
use crate::probing::{Asked, once};
use crate::simulated_providers::{Received, Reply, Stage};

const HOST: &str = "api.vani.example.org";

fn added() -> Provider {
    let definition = definition_of_toml(include_str!("../probe/provider.toml")).expect("the form of the catalog");
    // As it comes back from the database.
    let definition: Value = serde_json::from_str(&definition.to_string()).expect("JSON");
    read_private(&"vani".parse().expect("an id"), &definition, false).expect("a provider")
}

/// The vendor: what it thinks of a key is in the key.
fn vendor(request: &Received) -> Reply {
    let key = request.header("x-vani-key").unwrap_or_default();
    let is = |word: &str| key.contains(word);
    match request.path.as_str() {
        "/v2/account/check" if is("gone") => Reply::status(404),
        "/v2/account/check" if is("bad") => Reply::json(418, &json!({"reason": "key_unknown", "key": key})),
        "/v2/account/check" if is("old") => Reply::json(418, &json!({"reason": "key_old"})),
        "/v2/account/check" if is("small") => Reply::new(418, "this key is not for this"),
        "/v2/account/check" if is("poor") => Reply::json(200, &json!({"account": {"state": "open", "paise": 0}})),
        "/v2/account/check" if is("shut") => Reply::json(200, &json!({"account": {"state": "shut", "paise": 9}})),
        "/v2/account/check" => Reply::json(203, &json!({"account": {"state": "open", "paise": 12.5}})),
        "/v2/voices" => Reply::json(200, &json!([])),
        "/v2/models?kind=translation" => Reply::json(200, &json!({"models": [{"code": "huge"}, {"code": "tiny-hi"}]})),
        "/v2/translate" => Reply::new(200, "नमस्ते"),
        _ => Reply::status(500),
    }
}

fn test(stage: &Stage, provider: &Provider, kind: &str, depth: Depth<'_>) -> Outcome {
    let key = format!("vani-{CANARY}{kind}");
    let settings = r#"{"base_url":"https://api.vani.example.org/v2","workspace":"acme"}"#;
    let outcome = Asked { provider, key: &key, settings, reach: Reach::Public }.test(&once(stage), depth);
    assert_eq!(stage.hosts_that_saw(CANARY), [HOST]);
    outcome
}

#[test]
fn a_provider_from_a_file_is_tested_like_any_other() {
    let provider = added();
    for (kind, verdict, detail) in [
        ("good", Verdict::Verified, None),
        ("bad", Verdict::Rejected, Some("invalid")),
        ("old", Verdict::Rejected, Some("expired")),
        ("small", Verdict::Limited, None),
        ("poor", Verdict::NoCredit, None),
        ("shut", Verdict::Unchecked, Some("proves_nothing")),
        ("gone", Verdict::Verified, None),
    ] {
        let stage = Stage::open(vendor);
        let outcome = test(&stage, &provider, kind, Depth::Free);
        assert_eq!((outcome.verdict, outcome.detail.as_deref()), (verdict, detail), "{kind}: {outcome:?}");
        let request = &stage.received()[0];
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v2/account/check"));
        assert_eq!(request.header("x-vani-workspace"), Some("acme"));
        assert_eq!(request.header("x-vani-version"), Some("2"));
        assert_eq!(request.json(), json!({"workspace": "acme"}));
        assert_eq!(request.headers_with(CANARY), ["x-vani-key"]);
    }
}

#[test]
fn its_operation_that_costs_is_made_as_the_file_says() {
    let (provider, stage) = (added(), Stage::open(vendor));
    let depth = Depth::Generate { capability: Some(Capability::Voice), model: None };
    let outcome = test(&stage, &provider, "good", depth);
    assert_eq!((outcome.verdict, outcome.paid), (Verdict::Verified, true), "{outcome:?}");
    let received = stage.received();
    let last = received.last().expect("the operation");
    assert_eq!((last.path.as_str(), last.text().as_str()), ("/v2/translate", "text=Hi&to=hi-IN&model=tiny-hi"));
    assert_eq!(last.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(last.header("x-vani-fast"), Some("yes"));
    let depth = Depth::Generate { capability: Some(Capability::Llm), model: None };
    let outcome = test(&stage, &provider, "good", depth);
    assert_eq!((outcome.verdict, outcome.detail.as_deref()), (Verdict::Unchecked, Some("no_operation")));
    assert!(!outcome.paid);
}

#[test]
fn its_keys_and_languages_are_known_from_the_file_and_from_nowhere_else() {
    let provider = added();
    let warnings = |key: &str| check(&provider, "api_key", &SecretText::new(key.to_owned()));
    assert_eq!(warnings("vani-abcdefgh12345678").expect("a key").len(), 0);
    assert_eq!(warnings("abcdefgh12345678").expect("a key").len(), 1);
    assert!(warnings("vani-admin-abcdefgh1234").is_err());
    assert!(provider.speaks("ta") && !provider.speaks("en"));
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(dir) = open.pop() {
        for path in std::fs::read_dir(dir).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                let text = std::fs::read_to_string(&path).expect("a text").to_lowercase();
                assert!(!text.contains("vani"), "{}", path.display());
            }
        }
    }
}
