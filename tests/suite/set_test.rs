//! `key set` tests a key first: a rejected key is not stored, and a key without a verdict is stored with a warning.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{CANARY, World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

const SET: [&str; 6] = ["key", "set", "openai", "--org", "acme", "--stdin"];

fn answers(status: u16) -> Stage {
    Stage::open(move |_| Reply::json(status, &json!({"data": []})))
}

#[test]
fn a_key_that_its_provider_refuses_is_not_stored_and_replaces_nothing() {
    let (world, ada, _) = World::with_owners();
    let good = answers(200);
    let (code, document) = on_stage(&good, world.byok(&ada)).input(openai_key("good")).json(&SET);
    assert_eq!((code, &document["item"]["test"]["verdict"]), (0, &json!("verified")));

    let bad = answers(401);
    let owner = on_stage(&bad, world.byok(&ada)).input(openai_key("gone"));
    let said = owner.fails(6, &SET);
    for part in ["refuses this key", "nothing was stored", "...good stays active", "--no-test"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let run = owner.run(&[&SET[..], &["-o", "json"]].concat());
    let error: Value = serde_json::from_str(run.err.lines().last().unwrap()).unwrap();
    assert_eq!((run.code, &error["error"]["code"]), (6, &json!("key_rejected")));
    assert_eq!(world.root("select hint || state || version from byok.provider_key"), ["goodactive1"]);
    // The very key in force is refused: that is worth keeping.
    on_stage(&bad, world.byok(&ada)).input(openai_key("good")).fails(6, &SET);
    assert_eq!(world.root("select verdict from byok.key_test"), ["rejected"]);
    assert_eq!(bad.hosts_that_saw(CANARY), ["api.openai.com"]);
}

#[test]
fn a_key_without_a_verdict_is_stored_with_a_warning() {
    let (world, ada, _) = World::with_owners();
    for (status, word) in [(503, "unreachable"), (418, "unchecked"), (403, "limited"), (402, "no_credit")] {
        let stage = answers(status);
        let owner = on_stage(&stage, world.byok(&ada)).input(openai_key(&format!("a{status}")));
        let run = owner.run(&[&SET[..], &["-o", "json"]].concat());
        let document: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((run.code, &document["item"]["test"]["verdict"]), (0, &json!(word)), "{run:?}");
        assert!(run.err.contains("warning: ") && run.err.contains("the key is stored anyway"), "{run:?}");
    }
    let tests = world.root("select verdict from byok.key_test order by version");
    assert_eq!(tests, ["unreachable", "unchecked", "limited", "no_credit"]);
}

#[test]
fn a_refusal_that_no_document_backs_does_not_keep_a_key_out() {
    let (world, ada, _) = World::with_owners();
    let stage = Stage::open(|_| Reply::status(403));
    let owner = on_stage(&stage, world.byok(&ada)).input("ap2_7d444840-9dc0-41d1-b245-5ffdce74fad2");
    let (code, document) = owner.json(&["key", "set", "murf", "--org", "acme", "--stdin"]);
    let test = &document["item"]["test"];
    assert_eq!((code, &test["verdict"], &test["probably"]), (0, &json!("rejected"), &json!(true)));
}

#[test]
fn a_test_that_was_left_out_is_in_the_audit() {
    let (world, ada, _) = World::with_owners();
    let stage = answers(401);
    let owner = on_stage(&stage, world.byok(&ada));
    owner.clone().input(openai_key("aaaa")).ok(&[&SET[..], &["--no-test"]].concat());
    owner.clone().env("BYOK_NO_TEST", "1").input(openai_key("bbbb")).ok(&SET);
    owner.clone().env("BYOK_NO_TEST", "0").input(openai_key("cccc")).fails(6, &SET);
    let good = answers(200);
    on_stage(&good, world.byok(&ada)).input(openai_key("dddd")).ok(&SET);
    let audit = world.root("select detail ->> 'test' from byok.audit where action = 'key.set' order by seq");
    assert_eq!(audit, ["skipped", "skipped", "verified"]);
    let admin = on_stage(&good, world.byok("byok"));
    admin.input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    assert_eq!(good.received().len(), 2, "a platform key is tested like any other");
}

#[test]
fn a_key_that_could_not_be_stored_is_not_sent_to_anybody() {
    let (world, ada, bob) = World::with_owners();
    let stage = answers(200);
    world.byok("byok").ok(&["disable", "acme"]);
    on_stage(&stage, world.byok(&ada)).input(openai_key("aaaa")).fails(5, &SET);
    on_stage(&stage, world.byok(&bob)).input(openai_key("aaaa")).fails(4, &SET);
    world.byok("byok").ok(&["enable", "acme"]);
    on_stage(&stage, world.byok(&ada)).input("your-api-key").fails(2, &SET);
    on_stage(&stage, world.byok(&ada))
        .without("BYOK_MASTER_KEY")
        .env("HOME", "/nowhere")
        .input(openai_key("a"))
        .fails(4, &SET);
    assert!(stage.received().is_empty() && stage.tunnels().is_empty());
}

#[test]
fn a_key_goes_where_its_own_settings_say() {
    let (world, ada, _) = World::with_owners();
    let stage = answers(200);
    let set = |provider: &str, key: &str, settings: &[&str]| {
        let mut line = vec!["key", "set", provider, "--org", "acme", "--stdin"];
        line.extend(settings.iter().flat_map(|setting| ["--setting", *setting]));
        on_stage(&stage, world.byok(&ada)).input(key).run(&line)
    };
    let hex = "0123456789abcdef".repeat(2);
    assert_eq!(set("azure_openai", &hex, &["endpoint=https://acme.openai.azure.com"]).code, 0);
    assert_eq!(set("azure_openai", &hex, &[]).code, 2, "without an endpoint there is no credential");
    assert_eq!(set("azure_openai", &hex, &["endpoint=https://evil.example.org"]).code, 2);
    assert_eq!(set("azure_openai", &hex, &["endpoint=https://acme.openai.azure.com", "colour=red"]).code, 2);
    let legacy = "fedcba9876543210".repeat(2);
    assert_eq!(set("elevenlabs", &legacy, &["base_url=https://api.us.elevenlabs.io"]).code, 0);
    assert_eq!(set("elevenlabs", &legacy, &["base_url=https://evil.example.org"]).code, 2);
    assert_eq!(stage.hosts_that_saw("456789abcdef0123"), ["acme.openai.azure.com"]);
    assert_eq!(stage.hosts_that_saw("ba9876543210fedc"), ["api.us.elevenlabs.io"]);
    // And from the database it goes to the same place again.
    stage.forget();
    on_stage(&stage, world.byok(&ada)).ok(&["test-key", "--org", "acme"]);
    let mut hosts: Vec<String> = stage.received().into_iter().map(|request| request.host).collect();
    hosts.sort();
    assert_eq!(hosts, ["acme.openai.azure.com", "api.us.elevenlabs.io"]);
}

#[test]
fn settings_are_taken_as_portals_show_them_or_refused_with_what_to_type() {
    let (world, ada, _) = World::with_owners();
    let stage = answers(200);
    let hex = "0123456789abcdef".repeat(2);
    let set = |provider: &str, settings: &[&str]| {
        let mut line = vec!["key", "set", provider, "--org", "acme", "--stdin"];
        line.extend(settings.iter().flat_map(|setting| ["--setting", *setting]));
        on_stage(&stage, world.byok(&ada)).input(&hex).run(&line)
    };
    let portal =
        "endpoint=https://Acme.OpenAI.Azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
    let run = set("azure_openai", &[portal, "api_version=v1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("endpoint is stored as https://acme.openai.azure.com, without"), "{run:?}");
    assert_eq!(stage.received()[0].host, "acme.openai.azure.com");
    for (provider, setting, parts) in [
        ("azure_openai", "endpoint=http://acme.openai.azure.com", ["https only", "https://acme.openai.azure.com"]),
        (
            "azure_openai",
            "endpoint=https://evil.example.org",
            ["cannot be the endpoint", "https://acme.openai.azure.com"],
        ),
        ("azure_speech", "region=usgovvirginia", ["another cloud", "provider add"]),
        ("bedrock", "region=Mumbai", ["cannot be the region", "region=ap-south-1"]),
        ("openai", "base_url=https://evil.example.org", ["no such address", "https://ae.api.openai.com/v1"]),
        ("openai", "org=org-1", ["no setting of this name", "org_id"]),
    ] {
        let run = set(provider, &[setting]);
        assert_eq!(run.code, 2, "{setting}: {run:?}");
        assert!(parts.iter().all(|part| run.err.contains(part)), "{setting}: {run:?}");
    }
    let shown = world.root("select settings::text from byok.provider_key where provider = 'azure_openai'");
    assert_eq!(shown, [r#"{"api_version":"v1","endpoint":"https://acme.openai.azure.com"}"#]);
}

#[test]
fn a_document_that_is_no_service_account_is_named_with_what_is_taken() {
    let (world, ada, _) = World::with_owners();
    let line = [
        "key",
        "set",
        "vertex",
        "--org",
        "acme",
        "--stdin",
        "--setting",
        "project_id=acme-1",
        "--setting",
        "location=eu",
    ];
    for (document, named) in [
        (json!({"type": "external_account", "audience": "//iam.googleapis.com/x"}), "workload identity federation"),
        (json!({"type": "authorized_user", "refresh_token": "1//0cAnArYcAnArY"}), "the login of a person"),
        (json!({"type": "impersonated_service_account"}), "impersonation"),
        (json!({"installed": {"client_id": "x"}}), "an OAuth client"),
        (json!({"type": "something"}), "another document"),
    ] {
        let said = world.byok(&ada).input(document.to_string()).fails(2, &line);
        assert!(said.contains(named) && said.contains("service account"), "{document}: {said}");
    }
}

#[test]
fn ctrl_c_in_the_middle_of_a_test_stores_nothing() {
    let (world, ada, _) = World::with_owners();
    let (stage, heard) = Stage::silent();
    let mut command =
        on_stage(&stage, world.byok(&ada)).command(&["key", "set", "openai", "--org", "acme", "--from-env", "KEY"]);
    command.env("KEY", openai_key("good")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    heard.recv().unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
}
