//! Random answers and definitions: the client does not panic or hang, no answer is accepted by mistake, and no key is
//! sent to another host.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use byok::probe::{Depth, Outcome, Prober};
use byok::provider::{Catalog, Provider, Reach, Verdict, definition_of_toml, read_private};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use crate::harness::CANARY;
use crate::probing::{Asked, prober};
use crate::simulated_providers::{Reply, Stage};

/// A stage that says what is in the slot, and a client that is there.
struct Game {
    slot: Arc<Mutex<Reply>>,
    prober: Prober,
    stage: Stage,
}

impl Game {
    fn new() -> Self {
        let slot = Arc::new(Mutex::new(Reply::status(200)));
        let reply = slot.clone();
        let stage = Stage::open(move |_| reply.lock().expect("a lock").clone());
        Self { slot, prober: prober(stage.options(), 1, Duration::from_secs(20)), stage }
    }

    fn play(&self, id: &str, reply: Reply) -> Outcome {
        *self.slot.lock().expect("a lock") = reply;
        let begun = Instant::now();
        let outcome = Asked::vendor(id, CANARY).test(&self.prober, Depth::Free);
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
        outcome
    }
}

fn run<T: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = T>,
    test: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner.run(&strategy, test).unwrap_or_else(|error| panic!("{error}"));
}

/// JSON that is near to what rules look at.
fn json() -> impl Strategy<Value = Value> {
    let words = select(vec!["invalid_api_key", "missing_permissions", "true", "expired", "insufficient_quota", ""]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..3).prop_map(Value::from),
        words.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let names = select(vec![
        "valid",
        "error",
        "code",
        "type",
        "message",
        "detail",
        "status",
        "details",
        "reason",
        "data",
        "usage",
        "limit_remaining",
        "is_available",
        "api_key_blocked",
        "api_key_disabled",
        "team_blocked",
        "violations",
        "quotaId",
        "pipelineInferenceAPIEndPoint",
        "inferenceApiKey",
        "value",
    ]);
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(names.clone().prop_map(String::from), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let cut = (json(), 0usize..40).prop_map(|(value, off)| {
        let text = value.to_string().into_bytes();
        text[..text.len().saturating_sub(off)].to_vec()
    });
    prop_oneof![3 => json().prop_map(|value| value.to_string().into_bytes()), 1 => cut, 1 => vec(any::<u8>(), 0..200)]
}

/// Our own reading of when an answer proves a live key.
fn proves(id: &str, status: u16, body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let object = body.is_object() || body.is_array();
    let flag = |name: &str| body[name] == true || body[name] == "true";
    status == 200
        && object
        && match id {
            "cohere" => flag("valid"),
            "xai" => !["api_key_blocked", "api_key_disabled", "team_blocked"].into_iter().any(flag),
            "deepseek" => body["is_available"] != false && body["is_available"] != "false",
            "openrouter" => !body["data"]["usage"].is_null(),
            "bhashini" => {
                body["pipelineInferenceAPIEndPoint"]["inferenceApiKey"]["value"].is_string()
                    || body["pipelineInferenceAPIEndPoint"]["inferenceApiKey"]["value"].is_number()
                    || body["pipelineInferenceAPIEndPoint"]["inferenceApiKey"]["value"].is_boolean()
            }
            _ => true,
        }
}

#[test]
fn an_answer_proves_a_key_only_where_the_provider_says_so() {
    let game = Game::new();
    let statuses = prop_oneof![3 => Just(200u16), 1 => 200u16..600, 1 => select(vec![201, 202, 204, 206, 226, 299])];
    let ids = select(vec!["openai", "cohere", "xai", "deepseek", "openrouter", "mistral", "elevenlabs"]);
    let headers = vec(("x-[a-z]{1,8}", "[ -~]{0,30}"), 0..4);
    run(400, (ids, statuses, headers, body(), any::<bool>()), |(id, status, headers, body, chunked)| {
        let mut reply = Reply::new(status, body.clone());
        for (name, value) in &headers {
            reply = reply.header(name, value.as_str());
        }
        let outcome = game.play(id, if chunked { reply.chunked() } else { reply });
        // Nor is a key called bad or live by an answer that has nothing to do with it.
        prop_assert!(outcome.verdict != Verdict::Verified || proves(id, status, &body), "{} {:?}", id, outcome);
        Ok(())
    });
    assert!(game.stage.most_connections() > 0);
}

#[test]
fn bytes_in_place_of_an_answer_make_nobody_panic_hang_or_believe() {
    let game = Game::new();
    let start = select(vec![
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 200 OK\r\n",
        "HTTP/1.1 401 No\r\n",
        "HTTP/2 200\r\n",
        "HTTP/1.1 100 C\r\n\r\n",
        "HTTP/1.1 101 S\r\n\r\n",
        "HTTP/1.1 204 N\r\n\r\n",
        "HTTP/1.1 304 N\r\n\r\n",
        "HTTP/1.1 302 F\r\n",
        "HTTP/1.1 503 S\r\n",
    ]);
    let headers = select(vec![
        "",
        "\r\n",
        "content-length: 5\r\n\r\n",
        "content-length: 18446744073709551615\r\n\r\n",
        "content-length: 0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n5\r\n",
        "retry-after: 99999999999999999999\r\n\r\n",
        "retry-after-ms: -1e999\r\n\r\n",
        "location: \u{7f}\r\n\r\n",
        "content-encoding: gzip\r\n\r\n",
        "connection: upgrade\r\n\r\n",
        "set-cookie: a=b\r\ntrailer: x\r\n\r\n",
        "x: y\r\n z\r\n\r\n",
        "x-request-id: \u{1b}[2J\r\n\r\n",
    ]);
    run(300, (start, headers, body()), |(start, headers, body)| {
        let bytes = [start.as_bytes(), headers.as_bytes(), &body].concat();
        let outcome = game.play("openai", Reply::raw(bytes));
        let believable = start.contains(" 200 OK") && body.iter().any(|byte| b"{[".contains(byte));
        prop_assert!(outcome.verdict != Verdict::Verified || believable, "{:?}", outcome);
        Ok(())
    });
}

/// Every definition that there is, as JSON.
fn definitions() -> Vec<Value> {
    let catalog: toml::Value = toml::from_str(include_str!("../../src/provider/catalog.toml")).expect("the catalog");
    let mut all: Vec<Value> = catalog["provider"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| serde_json::to_value(entry).expect("JSON"))
        .collect();
    all.push(definition_of_toml(include_str!("../probe/provider.toml")).expect("a definition"));
    for definition in &mut all {
        definition["id"] = "gateway".into();
        definition["base_url"] = "https://gateway.example.org/v1".into();
        definition["other_base_urls"] = Value::Array(Vec::new());
    }
    all
}

/// Puts something else into one place.
fn bent(value: &mut Value, mut at: usize, other: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let chosen = at % fields.len();
            at /= fields.len();
            if let Some((_, inner)) = fields.iter_mut().nth(chosen) {
                bent(inner, at, other);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            let count = elements.len();
            bent(&mut elements[at % count], at / count, other);
        }
        place => *place = other.clone(),
    }
}

fn odd() -> impl Strategy<Value = Value> {
    let texts = select(vec![
        "",
        "/",
        "//evil.example.com/x",
        "/\\evil.example.com",
        "@evil.example.com",
        "/{api_key}",
        "{api_key}",
        "/%zz",
        "/a b",
        "https://evil.example.com/x",
        "https://gateway.example.org@evil.example.com",
        "https://evil.example.com\\@gateway.example.org",
        "https://gateway.example.org:443@evil.example.com/",
        "https://gateway.example.org/v1/../..",
        "https://127.1/v1",
        "/?host=evil.example.com",
        "/#evil",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Expect",
        "Proxy-Authorization",
        "GET",
        "CONNECT",
        "(",
        "^(a+)+$",
        "[[",
        "{",
        "{}",
        "{model}",
        "{nothing}",
        "*",
        "data.*.id",
        "Bearer {api_key}",
        "a\r\nx-evil: 1",
        "rejected",
        "verified",
        "application/json",
        "llm",
    ]);
    prop_oneof![4 => texts.prop_map(Value::from), 2 => json(), 1 => (0u16..1000).prop_map(|it| Value::from(vec![it]))]
}

#[test]
fn no_definition_makes_anybody_panic_or_leads_a_key_to_another_host() {
    let game = Game::new();
    *game.slot.lock().expect("a lock") = Reply::new(200, r#"{"data":[{"id":"m"}],"valid":true,"access_token":"t"}"#);
    let id = "gateway".parse().expect("an id");
    let settings =
        r#"{"workspace":"acme","region":"ap-south-1","user_id":"0123456789","endpoint":"https://a.openai.azure.com"}"#;
    let taken = Mutex::new(0);
    run(
        500,
        (select(definitions()), vec((any::<usize>(), odd()), 0..3), any::<bool>()),
        |(definition, bends, paid)| {
            let mut definition = definition;
            for (at, other) in &bends {
                bent(&mut definition, *at, other);
            }
            let Ok(provider) = read_private(&id, &definition, false) else { return Ok(()) };
            *taken.lock().expect("a lock") += 1;
            game.stage.forget();
            let depth = if paid { Depth::Generate { capability: None, model: Some("m") } } else { Depth::Free };
            try_out(&game, &provider, settings, depth);
            let home = provider.base_url.trim_start_matches("https://");
            let home = home.split(['/', ':']).next().unwrap_or_default();
            for host in game.stage.hosts_that_saw(CANARY) {
                prop_assert_eq!(&host, home, "{}", definition);
            }
            Ok(())
        },
    );
    let taken = *taken.lock().expect("a lock");
    assert!(taken > 50, "{taken} definitions were taken, so hardly anything was tried");
}

fn try_out(game: &Game, provider: &Provider, settings: &str, depth: Depth<'_>) {
    let asked = Asked { provider, key: CANARY, settings, reach: Reach::Public };
    let outcome = asked.test(&game.prober, depth);
    assert!(Verdict::ALL.contains(&outcome.verdict));
}

#[test]
fn nothing_that_looks_like_a_definition_makes_the_reader_panic() {
    let id = "gateway".parse().expect("an id");
    run(3000, (select(definitions()), vec((any::<usize>(), odd()), 0..6)), |(definition, bends)| {
        let mut definition = definition;
        for (at, other) in &bends {
            bent(&mut definition, *at, other);
        }
        for allow_private in [false, true] {
            if let Ok(provider) = read_private(&id, &definition, allow_private) {
                prop_assert_eq!(provider.id.as_str(), "gateway");
                prop_assert!(Catalog::builtin().find(&id).is_none());
            }
        }
        let _ = definition_of_toml(&definition.to_string());
        Ok(())
    });
    run(2000, json(), |value| {
        let _ = read_private(&id, &value, true);
        Ok(())
    });
    run(2000, ".{0,200}", |text| {
        let _ = definition_of_toml(&text);
        Ok(())
    });
}
