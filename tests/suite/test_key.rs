//! `test-key`: verdicts, exit codes, stored results and output.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Byok, CANARY, World, on_stage, openai_key};
use crate::pty::Terminal;
use crate::simulated_providers::{Received, Reply, Stage};

/// OpenAI, which knows keys by how they end.
fn openai(request: &Received) -> Reply {
    let key = request.header("authorization").unwrap_or_default().to_owned();
    let error = |status, code: &str| Reply::json(status, &json!({"error": {"code": code, "type": code}}));
    match &key[key.len().saturating_sub(4)..] {
        "good" => Reply::json(200, &json!({"data": [{"id": "gpt-mini"}]})).header("x-request-id", "req_4711"),
        "none" => error(429, "insufficient_quota"),
        "rate" => error(429, "rate_limit_exceeded"),
        "part" => error(403, "missing_scope"),
        "down" => Reply::status(500),
        _ => Reply::json(401, &json!({"error": {"code": "invalid_api_key", "message": format!("no such key: {key}")}}))
            .header("x-request-id", key),
    }
}

fn world(end: &str) -> (World, String) {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    (world, ada)
}

fn item(document: &Value) -> &Value {
    assert_eq!((&document["kind"], document["items"].as_array().map(Vec::len)), (&json!("test_key"), Some(1)));
    &document["items"][0]
}

const ACME: [&str; 4] = ["test-key", "openai", "--org", "acme"];

#[test]
fn a_result_is_kept_with_the_key_and_shown_wherever_the_key_is() {
    let stage = Stage::open(openai);
    let (world, ada) = world("good");
    let owner = on_stage(&stage, world.byok(&ada));
    assert_eq!(owner.json(&["key", "list", "--org", "acme"]).1["items"][0]["last_test"], Value::Null);
    let (code, document) = owner.json(&ACME);
    let tested = item(&document);
    assert_eq!((code, &tested["verdict"], &tested["status"]), (0, &json!("verified"), &json!(200)));
    assert_eq!((&tested["org"], &tested["hint"], &tested["version"]), (&json!("acme"), &json!("...good"), &json!(1)));
    assert_eq!((&tested["request_id"], &tested["paid"]), (&json!("req_4711"), &json!(false)));
    assert!(tested["latency_ms"].is_u64() && tested["next"].is_null());

    let key = &owner.json(&["key", "list", "--org", "acme"]).1["items"][0];
    assert_eq!(key["last_test"]["verdict"], "verified");
    assert_eq!(key["last_test"]["at"], key["last_test"]["last_verified_at"]);
    let shown = &owner.json(&["key", "show", "openai", "--org", "acme"]).1["items"][0];
    assert_eq!(shown["last_test"], key["last_test"]);
    let resolved = &owner.json(&["resolve", "openai", "--org", "acme", "--explain"]).1["item"];
    assert_eq!(resolved["last_test"], key["last_test"]);
    assert_eq!(outcome(resolved), "yes");
    let audit = world.root("select action || ' ' || (detail ->> 'verdict') from byok.audit where action = 'key.test'");
    assert_eq!(audit, ["key.test verified"]);
}

/// What an explanation says of the last test.
fn outcome(resolved: &Value) -> &Value {
    let rules = resolved["rules"].as_array().unwrap();
    &rules.iter().find(|rule| rule["rule"] == "last_test_passed").unwrap()["outcome"]
}

#[test]
fn the_rule_of_the_last_test_says_whether_the_provider_accepted_the_key_in_it() {
    let stage = Stage::open(openai);
    let (world, ada) = world("good");
    let owner = on_stage(&stage, world.byok(&ada));
    owner.ok(&ACME);
    for verdict in byok::provider::Verdict::ALL {
        let verdict = verdict.as_str();
        let result = json!({"verdict": verdict, "latency_ms": 1}).to_string();
        let record = format!("select byok_api.key_test_record('acme', 'openai', 1, '{result}')::text");
        crate::harness::sql(&world.url(&ada), &record).unwrap();
        let resolved = &owner.json(&["resolve", "openai", "--org", "acme", "--explain"]).1["item"];
        let accepted = ["verified", "limited", "no_credit", "rate_limited"].contains(&verdict);
        let wanted = if accepted { "yes" } else { "no" };
        assert_eq!(outcome(resolved), wanted, "{resolved}");
    }
}

#[test]
fn each_verdict_has_its_exit_code() {
    let stage = Stage::open(openai);
    let table = [
        ("good", 0, "verified"),
        ("gone", 6, "rejected"),
        ("part", 6, "limited"),
        ("none", 6, "no_credit"),
        ("rate", 7, "rate_limited"),
        ("down", 7, "unreachable"),
    ];
    for (end, code, verdict) in table {
        let byok = on_stage(&stage, Byok::new()).input(openai_key(end));
        let (ended, document) = byok.json(&["test-key", "openai", "--candidate", "--stdin"]);
        assert_eq!((ended, item(&document)["verdict"].as_str()), (code, Some(verdict)), "{document}");
        assert_eq!(verdict == "verified", item(&document)["next"].is_null(), "what to do next: {document}");
    }
    let rime = on_stage(&stage, Byok::new()).input("cAnArYcAnArYcAnArYcAnArY1");
    assert_eq!(rime.json(&["test-key", "rime", "--candidate", "--stdin"]).0, 7, "unchecked");
}

#[test]
fn a_verdict_that_is_good_enough_is_exit_0() {
    let stage = Stage::open(openai);
    let byok = on_stage(&stage, Byok::new()).input(openai_key("part"));
    let candidate = ["test-key", "openai", "--candidate", "--stdin", "--accept"];
    byok.ok(&[&candidate[..], &["limited"]].concat());
    byok.ok(&[&candidate[..], &["no_credit,limited"]].concat());
    byok.fails(6, &[&candidate[..], &["no_credit"]].concat());
    let said = byok.fails(2, &[&candidate[..], &["good"]].concat());
    assert!(said.contains("verified") && said.contains("unchecked"), "{said}");
}

#[test]
fn a_candidate_is_stored_nowhere_and_needs_no_database() {
    let stage = Stage::open(openai);
    let byok = on_stage(&stage, Byok::new()).env("BYOK_LOCAL_DIR", "/proc/nowhere");
    let (code, document) =
        byok.clone().input(openai_key("good")).json(&["test-key", "openai", "--candidate", "--stdin"]);
    let tested = item(&document);
    assert_eq!((code, &tested["org"], &tested["version"]), (0, &Value::Null, &Value::Null));
    assert_eq!(tested["hint"], "...good");
    assert_eq!(stage.hosts_that_saw(CANARY), ["api.openai.com"]);

    // What cannot be a key is not sent anywhere.
    stage.forget();
    byok.clone().input("Bearer sk-cAnArYcAnArY").fails(2, &["test-key", "openai", "--candidate", "--stdin"]);
    byok.clone().input(openai_key("good")).fails(2, &["test-key", "anthropic", "--candidate", "--stdin"]);
    byok.fails(2, &["test-key", "openai", "sarvam", "--candidate", "--stdin"]);
    byok.fails(2, &["test-key", "openai", "--candidate", "--api-key", "sk-cAnArYcAnArY"]);
    byok.fails(2, &["test-key", "sk-cAnArYcAnArY", "--candidate"]);
    byok.fails(2, &["test-key", "openai", "--stdin"]);
    assert!(stage.received().is_empty());
}

#[test]
fn a_candidate_is_asked_for_without_echo() {
    let stage = Stage::open(openai);
    let mut terminal = Terminal::run(&on_stage(&stage, Byok::new()), &["test-key", "openai", "--candidate"]);
    terminal.expect_prompt().send(openai_key("good") + "\r");
    let (code, seen) = terminal.end();
    assert!(code == 0 && seen.contains("verified") && seen.contains("OpenAI accepts this key"), "{seen}");
}

#[test]
fn a_rejection_of_a_key_that_once_worked_says_so() {
    let works = Arc::new(AtomicBool::new(true));
    let still = works.clone();
    let stage = Stage::open(move |request| {
        let works = still.load(Ordering::SeqCst);
        if works { openai(request) } else { Reply::json(401, &json!({"error": {"code": "invalid_api_key"}})) }
    });
    let (world, ada) = world("good");
    let owner = on_stage(&stage, world.byok(&ada));
    owner.ok(&ACME);
    works.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        let (code, document) = owner.json(&ACME);
        let tested = item(&document);
        assert_eq!((code, &tested["verdict"]), (6, &json!("rejected")));
        let at = tested["last_verified_at"].as_str().unwrap();
        assert!(tested["message"].as_str().unwrap().contains(&format!("it worked on {at}")), "{tested}");
    }
    let test = &owner.json(&["key", "list", "--org", "acme"]).1["items"][0]["last_test"];
    assert_eq!(test["verdict"], "rejected");
    assert!(test["last_verified_at"].is_string());
    // It is used all the same: the provider has the last word, and the platform's key never stands in.
    assert_eq!(owner.json(&["resolve", "openai", "--org", "acme"]).1["item"]["source"], "organization");
}

#[test]
fn what_a_provider_writes_is_not_shown() {
    let stage = Stage::open(openai);
    let (world, ada) = world("gone");
    let owner = on_stage(&stage, world.byok(&ada));
    for format in ["table", "json", "jsonl", "csv", "plain"] {
        let run = owner.run(&["test-key", "--org", "acme", "-o", format]);
        assert!(run.code == 6 && !run.out.contains("no such key"), "{run:?}");
    }
    assert_eq!(world.root("select coalesce(request_id, 'none') from byok.key_test"), ["none"]);
}

#[test]
fn the_platforms_keys_and_those_of_one_organization_are_named_by_options() {
    let stage = Stage::open(openai);
    let (world, ada) = world("good");
    let admin = on_stage(&stage, world.byok("byok"));
    world.byok("byok").input(openai_key("gone")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let (code, document) = admin.json(&["test-key", "--platform"]);
    assert_eq!((code, &item(&document)["org"], &item(&document)["hint"]), (6, &Value::Null, &json!("...gone")));
    let (code, document) = admin.json(&["test-key", "openai", "--platform", "--org", "acme"]);
    let hints: Vec<_> = document["items"].as_array().unwrap().iter().map(|it| it["hint"].clone()).collect();
    assert_eq!((code, hints), (8, vec![json!("...gone"), json!("...good")]), "mixed, in the order of holders");

    let owner = on_stage(&stage, world.byok(&ada));
    owner.fails(2, &["test-key", "openai"]);
    owner.clone().env("BYOK_ORG", "acme").ok(&["test-key", "openai"]);
    owner.fails(4, &["test-key", "--platform"]);
    owner.fails(4, &["test-key", "--org", "bolt"]);
    let said = owner.fails(3, &["test-key", "sarvam", "--org", "acme"]);
    assert!(said.contains("(no_platform_key)") && said.contains("byok key set sarvam --org acme"), "{said}");
    owner.fails(2, &["test-key", "--org", "acme", "--generate"]);
}

#[test]
fn real_work_is_asked_for_in_so_many_words_and_its_result_is_kept() {
    let stage = Stage::open(|request| match request.path.as_str() {
        "/v1/models" => openai(request),
        _ => Reply::json(200, &json!({"id": "resp_1"})),
    });
    let (world, ada) = world("good");
    let owner = on_stage(&stage, world.byok(&ada));
    let run = owner.run(&[&ACME[..], &["--generate", "-o", "json"]].concat());
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &item(&document)["paid"]), (0, &json!(true)));
    assert!(run.err.contains("cost"), "{}", run.err);
    let paid: Vec<_> = stage.received().into_iter().filter(|request| request.method == "POST").collect();
    assert_eq!((paid.len(), &paid[0].json()["model"]), (1, &json!("gpt-mini")));
    assert_eq!(world.root("select paid::text from byok.key_test"), ["true"]);

    stage.forget();
    owner.ok(&["test-key", "--org", "acme", "--all", "--generate", "--model", "gpt-other"]);
    let paid = stage.received().into_iter().find(|request| request.method == "POST").unwrap();
    assert_eq!(paid.json()["model"], "gpt-other");
    owner.fails(7, &[&ACME[..], &["--generate", "--capability", "voice"]].concat());
    owner.fails(3, &[&ACME[..], &["--generate", "--capability", "music"]].concat());
}

#[test]
fn a_proxy_is_named_without_its_password() {
    let stage = Stage::open(openai);
    let proxy = stage.proxy_url().replace("http://", "http://me:cAnArYcAnArY@");
    let byok = on_stage(&stage, Byok::new()).env("HTTPS_PROXY", &proxy).input(openai_key("good"));
    let run = byok.run(&["test-key", "openai", "--candidate", "--stdin"]);
    assert!(run.code == 0 && run.err.contains("through the proxy 127.0.0.1:"), "{run:?}");
    let byok = byok.env("HTTPS_PROXY", "::::");
    let said = byok.fails(2, &["test-key", "openai", "--candidate", "--stdin"]);
    assert!(said.contains("HTTPS_PROXY"), "{said}");
}

#[test]
fn a_key_past_its_date_is_not_tested_and_never_verified() {
    let (world, ada, _) = World::with_owners();
    let stage = Stage::open(|_| Reply::json(200, &json!({"data": []})));
    let owner = on_stage(&stage, world.byok(&ada));
    owner.clone().input(openai_key("good")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.root("update byok.provider_key set expires_at = '2020-01-01' where org = 'acme'");
    stage.forget();
    for line in
        [&["test-key", "openai", "--org", "acme"][..], &["test-key", "--org", "acme", "--accept", "verified,rejected"]]
    {
        let (code, document) = owner.json(line);
        let item = &document["items"][0];
        assert_eq!((code, &item["verdict"]), (6, &json!("expired")), "{document}");
        assert!(item["message"].as_str().unwrap().contains("2020-01-01T00:00:00Z"), "{document}");
        assert!(item["next"].as_str().unwrap().contains("byok key expire openai --org acme"), "{document}");
    }
    let run = owner.run(&["test-key", "openai", "--org", "acme", "-o", "table"]);
    assert!(run.out.contains("expired") && !run.out.contains("verified"), "{run:?}");
    assert!(run.err.contains("1 expired"), "{run:?}");
    assert!(stage.received().is_empty(), "a provider cannot make it good");
}
