//! The end date of a key that its provider tells in the answer to a test.

use byok::clock::rfc3339;
use byok::probe::Depth;
use byok::provider::Verdict;
use serde_json::{Value, json};

use crate::harness::{Byok, World, on_stage};
use crate::probing::{Asked, once};
use crate::simulated_providers::{Reply, Stage};

const END: &str = "2099-06-01T12:00:00Z";

fn router_key(end: &str) -> String {
    format!("sk-or-v1-{}{end}", "a".repeat(60))
}

/// What OpenRouter answers about a key that ends then.
fn answer(end: &Value) -> Reply {
    let key = json!({"label": "l", "limit": 10, "limit_remaining": 7.5, "usage": 2.5, "expires_at": end});
    Reply::json(200, &json!({"data": key}))
}

fn tells(end: Value) -> Stage {
    Stage::open(move |_| answer(&end))
}

/// Sets or rotates a key of OpenRouter; the document and what was said beside it.
fn put(owner: &Byok, verb: &str, end: &str, more: &[&str]) -> (Value, String) {
    let line = [&["key", verb, "openrouter", "--org", "acme", "--stdin", "-o", "json"], more].concat();
    let run = owner.clone().input(router_key(end)).run(&line);
    assert_eq!(run.code, 0, "{run:?}");
    (serde_json::from_str(&run.out).unwrap(), run.err)
}

/// The end date of a stored key, and whose it is.
fn end_of(document: &Value) -> (Option<&str>, Option<&str>) {
    let text = |name: &str| document["item"][name].as_str();
    (text("expires_at"), text("expires_from"))
}

const STORED: &str = "select coalesce(to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'none')
    from byok.provider_key where provider = 'openrouter' order by org, version";

#[test]
fn a_key_takes_the_end_date_that_its_provider_tells_if_the_user_gives_none() {
    let (world, ada, _) = World::with_owners();
    let stage = tells(json!("2099-06-01T12:00:00.5Z"));
    let (owner, admin) = (on_stage(&stage, world.byok(&ada)), on_stage(&stage, world.byok("byok")));
    let (document, _) = put(&owner, "set", "1111", &[]);
    assert_eq!(end_of(&document), (Some(END), Some("provider")));
    assert_eq!(document["item"]["test"]["expires_at"], END);
    assert_eq!(world.root(STORED), [END]);
    // The same key again has the same date, and is no change.
    assert_eq!(put(&owner, "set", "1111", &[]).0["result"], "unchanged");
    let line = ["key", "rotate", "openrouter", "--org", "acme", "--stdin"];
    let said = owner.clone().input(router_key("2222")).ok(&line);
    assert!(said.contains("it ends on 2099-06-01T12:00:00Z, as OpenRouter says"), "{said}");
    admin.input(router_key("3333")).ok(&["platform-key", "set", "openrouter", "--stdin"]);
    assert_eq!(world.root(STORED), [END; 3]);
    let (document, _) = put(&owner, "rotate", "4444", &["--no-test"]);
    assert_eq!(end_of(&document), (None, None), "without a test there is no answer");
}

#[test]
fn an_earlier_date_of_the_user_wins_and_a_later_one_gets_a_warning_with_the_command() {
    let (world, ada, _) = World::with_owners();
    let stage = tells(json!(END));
    let owner = on_stage(&stage, world.byok(&ada));
    let (document, said) = put(&owner, "set", "1111", &["--expires", "2098-01-31"]);
    assert_eq!(end_of(&document), (Some("2098-01-31T23:59:59Z"), Some("user")));
    assert!(!said.contains("ends this key"), "{said}");
    let (document, said) = put(&owner, "rotate", "2222", &["--expires", "2100-01-31"]);
    assert_eq!(end_of(&document), (Some("2100-01-31T23:59:59Z"), Some("user")));
    let warning = format!("OpenRouter ends this key on {END}, before the end date 2100-01-31T23:59:59Z");
    let command = format!("byok key expire openrouter --org acme --expires {END}");
    assert!(said.contains(&warning) && said.contains(&command), "{said}");
    owner.ok(&command.split(' ').skip(1).collect::<Vec<_>>());
    assert_eq!(world.root(STORED).last().unwrap(), END);
}

#[test]
fn a_date_that_has_passed_or_is_none_is_not_stored() {
    let (world, ada, _) = World::with_owners();
    for (at, end) in ["2020-01-01T00:00:00Z", "1970-01-02T00:00:00Z"].iter().enumerate() {
        let stage = tells(json!(end));
        let (document, said) = put(&on_stage(&stage, world.byok(&ada)), "set", &format!("aaa{at}"), &[]);
        assert_eq!((end_of(&document), &document["item"]["test"]["verdict"]), ((None, None), &json!("verified")));
        let warning = format!("OpenRouter says that this key ends on {end}, which has passed");
        assert!(said.contains(&warning) && said.contains("that date is not stored"), "{said}");
    }
    let nonsense = [
        Value::Null,
        json!(0),
        json!("soon"),
        json!("9999-12-31T23:59:59Z"),
        json!(4_085_899_200_000_i64),
        json!({"at": END}),
        json!([END]),
        json!(END.repeat(5000)),
        json!("2099-06-01T12:00:00Z\u{1b}[31m"),
    ];
    for (at, end) in nonsense.into_iter().enumerate() {
        let stage = tells(end.clone());
        let (document, said) = put(&on_stage(&stage, world.byok(&ada)), "set", &format!("bb{at:02}"), &[]);
        assert_eq!((end_of(&document), &document["item"]["test"]["expires_at"]), ((None, None), &Value::Null));
        assert!(!said.contains("warning") && !said.contains('\u{1b}'), "{at}: {said}");
    }
    // An answer that refuses the key says nothing of its end, and neither does one that proves nothing.
    for (status, code) in [(401, 6), (404, 0)] {
        let body = json!({"data": {"expires_at": END}});
        let stage = Stage::open(move |_| Reply::json(status, &body));
        let line = ["key", "set", "openrouter", "--org", "acme", "--stdin"];
        let run = on_stage(&stage, world.byok(&ada)).input(router_key("cccc")).run(&line);
        assert!(run.code == code && !run.out.contains("2099") && !run.err.contains("2099"), "{run:?}");
    }
}

#[test]
fn a_test_of_a_stored_key_says_that_its_provider_tells_another_date() {
    let (world, ada, _) = World::with_owners();
    let owner = |stage: &Stage| on_stage(stage, world.byok(&ada));
    let (none, dated) = (tells(Value::Null), tells(json!(END)));
    put(&owner(&none), "set", "1111", &[]);
    let tested = |stage: &Stage| {
        let (code, document) = owner(stage).json(&["test-key", "openrouter", "--org", "acme"]);
        assert_eq!(code, 0, "{document}");
        let text = |name: &str| document["items"][0][name].as_str().unwrap_or_default().to_owned();
        (text("message"), text("next"), text("expires_at"))
    };
    assert_eq!(tested(&none), ("OpenRouter accepts this key".into(), String::new(), String::new()));
    let command = format!("byok key expire openrouter --org acme --expires {END}");
    let (message, next, end) = tested(&dated);
    assert!(message.ends_with(&format!("it ends the key on {END}, and no end date is stored")), "{message}");
    assert_eq!((next, end.as_str()), (format!("to store that date: {command}"), END));
    owner(&dated).ok(&["key", "expire", "openrouter", "--org", "acme", "--expires", "2100-01-01"]);
    let (message, next, _) = tested(&dated);
    assert!(
        message.contains("before the stored end date 2100-01-01T23:59:59Z") && next.contains(&command),
        "{message}"
    );
    owner(&dated).ok(&command.split(' ').skip(1).collect::<Vec<_>>());
    assert_eq!(tested(&dated), ("OpenRouter accepts this key".into(), String::new(), END.into()));
    owner(&dated).ok(&["key", "expire", "openrouter", "--org", "acme", "--expires", "2098-01-01"]);
    let (message, next, _) = tested(&dated);
    assert!(message.contains("after the stored end date 2098-01-01T23:59:59Z") && next.is_empty(), "{message}");
    let (message, next, _) = tested(&tells(json!("2020-01-01T00:00:00Z")));
    assert!(message.ends_with("it says that the key ended on 2020-01-01T00:00:00Z") && next.is_empty(), "{message}");

    let admin = on_stage(&dated, world.byok("byok"));
    on_stage(&none, world.byok("byok")).input(router_key("2222")).ok(&["platform-key", "set", "openrouter", "--stdin"]);
    let next = admin.json(&["test-key", "openrouter", "--platform"]).1["items"][0]["next"].clone();
    assert_eq!(next, format!("to store that date: byok platform-key expire openrouter --expires {END}"));
    let candidate = owner(&dated).input(router_key("9999")).ok(&["test-key", "openrouter", "--candidate", "--stdin"]);
    assert!(candidate.contains(&format!("it ends the key on {END}")), "{candidate}");
}

#[test]
fn a_key_that_is_active_again_keeps_its_date_or_takes_the_providers() {
    let (world, ada, _) = World::with_owners();
    let (none, dated) = (tells(Value::Null), tells(json!(END)));
    let owner = on_stage(&none, world.byok(&ada));
    put(&owner, "set", "1111", &[]);
    put(&owner, "rotate", "2222", &["--expires", "2098-01-31"]);
    let back = |stage: &Stage| {
        let line = ["key", "rollback", "openrouter", "--org", "acme", "--yes"];
        on_stage(stage, world.byok(&ada)).json(&line).1
    };
    assert_eq!(end_of(&back(&dated)), (Some(END), Some("provider")));
    assert_eq!(end_of(&back(&dated)), (Some("2098-01-31T23:59:59Z"), Some("stored")));
    assert_eq!(end_of(&back(&none)), (Some(END), Some("stored")));
}

#[test]
fn a_key_with_the_providers_date_is_known_again_when_its_provider_refuses_it_or_is_silent() {
    let (world, ada, _) = World::with_owners();
    put(&on_stage(&tells(json!(END)), world.byok(&ada)), "set", "1111", &[]);
    let line = ["key", "set", "openrouter", "--org", "acme", "--stdin"];
    for (status, code) in [(503, 7), (401, 6)] {
        let stage = Stage::open(move |_| Reply::status(status));
        let said = on_stage(&stage, world.byok(&ada)).input(router_key("1111")).fails(code, &line);
        assert!(said.contains("...1111 stays active"), "{said}");
    }
    assert_eq!(world.root(STORED), [END]);
    assert_eq!(world.root("select verdict from byok.key_test"), ["rejected"]);
}

#[test]
fn a_paid_operation_does_not_lose_the_date_of_the_free_answer() {
    for (status, verdict, end) in [(200, Verdict::Verified, Some(END)), (401, Verdict::Rejected, None)] {
        let stage = Stage::open(move |request| match request.path.as_str() {
            "/api/v1/key" => answer(&json!(END)),
            _ => Reply::json(status, &json!({"choices": []})),
        });
        let (key, depth) = (router_key("1111"), Depth::Generate { capability: None, model: Some("m") });
        let outcome = Asked::vendor("openrouter", &key).test(&once(&stage), depth);
        assert_eq!((outcome.verdict, outcome.paid), (verdict, true), "{outcome:?}");
        assert_eq!(outcome.expires_at.map(rfc3339).as_deref(), end);
    }
}

/// A provider that tells the end of a key in a header.
fn lab(stage: &Stage, more: &str) -> String {
    format!(
        r#"[[provider]]
id = "lab"
name = "Lab"
capabilities = ["llm"]
env = ["LAB_API_KEY"]
base_url = "{}"
auth = {{ header = "x-lab-key", format = "{{api_key}}" }}
probe = {{ method = "GET", path = "/me", ok = [200]{more} }}
fields = [{{ name = "api_key", label = "API key", secret = true, required = true }}]
format = {{ policy = "any", accept = ".+" }}
"#,
        stage.url()
    )
}

#[test]
fn a_private_provider_may_tell_the_date_in_a_header() {
    let (world, ada, _) = World::with_owners();
    let stage = Stage::open(|_| Reply::json(200, &json!({})).header("X-Key-Ends", "4083998400"));
    let file = tempfile::NamedTempFile::new().unwrap();
    let add = ["provider", "add", "lab", "--allow-private", "--from-file", file.path().to_str().unwrap()];
    for bad in [
        r", expires = {}",
        r#", expires = { header = "x ends" }"#,
        r#", expires = { header = "x-ends", path = "a" }"#,
        r#", expires = { pointer = "/a" }"#,
    ] {
        std::fs::write(file.path(), lab(&stage, bad)).unwrap();
        world.byok("byok").fails(2, &add);
    }
    std::fs::write(file.path(), lab(&stage, r#", expires = { header = "x-key-ends" }"#)).unwrap();
    world.byok("byok").ok(&add);
    let shown = world.byok(&ada).json(&["provider", "show", "lab"]).1["item"].clone();
    assert_eq!(shown["tells_end_date"], true);
    let line = ["key", "set", "lab", "--org", "acme", "--stdin"];
    let document = on_stage(&stage, world.byok(&ada)).input("lab-1234567890abcdef").json(&line).1;
    assert_eq!(end_of(&document), (Some(END), Some("provider")));
}

#[test]
fn a_copy_keeps_the_end_date_of_its_original() {
    let (world, ada, _) = World::with_owners();
    world.byok("byok").ok(&["member", "add", &ada, "--org", "bolt", "--role", "owner"]);
    put(&on_stage(&tells(Value::Null), world.byok(&ada)), "set", "1111", &[]);
    let stage = tells(json!(END));
    let owner = on_stage(&stage, world.byok(&ada));
    let copy = ["key", "copy", "openrouter", "--from", "acme", "--to", "bolt"];
    for result in ["created", "unchanged"] {
        let document = owner.json(&copy).1;
        assert_eq!((&document["result"], &document["item"]["expires_at"]), (&json!(result), &Value::Null));
        let next = format!("to store that date: byok key expire openrouter --org bolt --expires {END}");
        assert_eq!(document["item"]["test"]["next"], next);
    }
    assert_eq!(world.root(STORED), ["none", "none"]);
}
