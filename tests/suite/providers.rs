//! `provider`: the catalog without a database, providers that admins add, and routes.

use serde_json::{Value, json};

use crate::harness::{Byok, CANARY, World, on_stage, openai_key, sql};
use crate::open_transactions::Open;
use crate::simulated_providers::{Received, Reply, Stage};

const KEY: &str = "lab-cAnArYcAnArY-1234";

/// A server that speaks OpenAI's interface and takes one key.
fn gateway(request: &Received) -> Reply {
    match request.header("authorization") {
        Some("Bearer lab-cAnArYcAnArY-1234") => Reply::json(200, &json!({"data": [{"id": "small-1"}]})),
        _ => Reply::json(401, &json!({"error": {"message": "no"}})),
    }
}

fn here() -> Byok {
    Byok::new().env("BYOK_LOCAL_DIR", "/proc/nowhere")
}

#[test]
fn the_catalog_is_filtered_without_a_database() {
    let ids = |arguments: &[&str]| -> Vec<String> {
        let (_, list) = here().json(&[&["provider", "list"], arguments].concat());
        list["items"].as_array().unwrap().iter().map(|it| it["provider"].as_str().unwrap().to_owned()).collect()
    };
    let count = ids(&[]).len();
    assert!(include_str!("../../README.md").contains(&format!("the {count} providers of the catalog")), "{count}");
    assert!(ids(&["--capability", "llm"]).contains(&"anthropic".to_owned()));
    assert!(!ids(&["--capability", "voice"]).contains(&"anthropic".to_owned()));
    for tag in ["hi", "hi-IN", "TA", "od-IN"] {
        assert!(ids(&["--language", tag]).contains(&"sarvam".to_owned()), "{tag}");
    }
    assert_eq!(ids(&["--language", "tlh"]), Vec::<String>::new());
    here().fails(3, &["provider", "list", "--capability", "music"]);
    let shown = here().json(&["provider", "show", "azure_openai"]).1["item"].clone();
    let endpoint = shown["fields"].as_array().unwrap().iter().find(|it| it["name"] == "endpoint").unwrap();
    assert_eq!((&endpoint["secret"], &endpoint["required"]), (&json!(false), &json!(true)));
    assert_eq!((&shown["test"], &shown["private"]), (&json!("free"), &json!(false)));
}

#[test]
fn a_private_provider_is_one_like_all_others_and_goes_when_nobody_has_a_key() {
    let (world, ada, _) = World::with_owners();
    let stage = Stage::open(gateway);
    let (admin, owner) = (world.byok("byok"), on_stage(&stage, world.byok(&ada)));
    let add = ["provider", "add", "lab", "--base-url", &stage.url(), "--allow-private", "--capability", "llm,voice"];
    assert_eq!(admin.json(&add).1["result"], "created");
    assert_eq!(admin.json(&add).1["result"], "unchanged");
    world.byok(&ada).fails(4, &add);

    let set = ["key", "set", "lab", "--org", "acme", "--stdin"];
    owner.clone().input("wrong-cAnArYcAnArY").fails(6, &set);
    assert_eq!(owner.clone().input(KEY).json(&set).1["item"]["test"]["verdict"], "verified");
    owner.ok(&["test-key", "lab", "--org", "acme"]);
    let (code, tested) = owner.json(&["test-key", "lab", "--org", "acme", "--generate"]);
    assert_eq!((code, &tested["items"][0]["paid"]), (0, &json!(true)));
    assert_eq!(owner.json(&["resolve", "lab", "--org", "acme"]).1["item"]["source"], "organization");
    admin.ok(&["provider", "route", "llm", "lab"]);
    assert_eq!(owner.json(&["resolve", "llm", "--org", "acme"]).1["item"]["provider"], "lab");
    owner.clone().input(KEY).ok(&["test-key", "llm", "--candidate", "--stdin"]);

    assert_eq!(owner.json(&["provider", "list", "--private"]).1["items"][0]["provider"], "lab");
    assert_eq!(owner.json(&["provider", "show", "lab"]).1["item"]["env"], json!(["LAB_API_KEY"]));
    let said = admin.fails(5, &["provider", "remove", "lab"]);
    assert!(said.contains("1 key is stored"), "{said}");
    owner.ok(&["key", "remove", "lab", "--org", "acme", "--yes"]);
    assert_eq!(admin.json(&["provider", "remove", "lab"]).1["result"], "removed");
    assert_eq!(admin.json(&["provider", "remove", "lab"]).1["result"], "unchanged");
    owner.fails(3, &["resolve", "llm", "--org", "acme"]);
    owner.fails(3, &["resolve", "lab", "--org", "acme"]);
}

#[test]
fn a_base_url_is_taken_as_it_is_pasted_or_refused_with_what_to_type() {
    let world = World::new();
    let admin = world.byok("byok");
    for url in
        ["https://GW.example.org/v1/", " https://gw.example.org/v1", "https://gw.example.org/v1/chat/completions"]
    {
        let (code, added) = admin.json(&["provider", "add", "gw", "--base-url", url]);
        assert_eq!((code, &added["item"]["base_url"]), (0, &json!("https://gw.example.org/v1")), "{url}");
    }
    for probe in ["health", "/health", "https://gw.example.org/v1/health"] {
        let line = ["provider", "add", "gw", "--base-url", "https://gw.example.org/v1/", "--probe", probe];
        admin.ok(&line);
        let shown = admin.json(&["provider", "show", "gw"]).1;
        assert_eq!(shown["item"]["probe"], "GET /health", "{probe}");
    }
    let elsewhere =
        ["provider", "add", "gw", "--base-url", "https://gw.example.org/v1", "--probe", "https://a.example/x"];
    assert!(admin.fails(2, &elsewhere).contains("--probe /models"));
    for (url, parts) in [
        ("gw.example.org/v1", ["begins with https://", "--base-url https://gateway.example.org/v1"]),
        ("https://a:b@gw.example.org", ["no name and no password", "--base-url"]),
        ("https://gw.example.org/v1?key=1", ["no `?`", "--base-url"]),
        ("http://gw.example.org/v1", ["https only", "--base-url https://"]),
    ] {
        let said = admin.fails(2, &["provider", "add", "gw", "--base-url", url]);
        assert!(parts.iter().all(|part| said.contains(part)), "{url}: {said}");
    }
}

#[test]
fn a_key_never_follows_its_provider_to_another_address() {
    let (world, ada, _) = World::with_owners();
    let (stage, other) = (Stage::open(gateway), Stage::open(gateway));
    let (admin, owner) = (world.byok("byok"), on_stage(&stage, world.byok(&ada)));
    let add = |url: &str| admin.json(&["provider", "add", "lab", "--base-url", url, "--allow-private"]).1;
    add(&stage.url());
    owner.clone().input(KEY).ok(&["key", "set", "lab", "--org", "acme", "--stdin"]);
    assert_eq!(add(&other.url())["result"], "replaced");
    let (code, tested) = owner.json(&["test-key", "lab", "--org", "acme"]);
    assert_eq!((code, &tested["items"][0]["detail"]), (6, &json!("address_changed")));
    assert!(other.received().is_empty());
    owner.clone().input(KEY).ok(&["key", "set", "lab", "--org", "acme", "--stdin"]);
    owner.ok(&["test-key", "lab", "--org", "acme"]);
    assert!(!other.received().is_empty());
}

#[test]
fn a_private_address_takes_an_admins_word() {
    let world = World::new();
    let stage = Stage::open(gateway);
    let admin = world.byok("byok");
    for url in
        [&stage.url(), "https://10.0.0.1/v1", "https://169.254.169.254", "https://[::1]:8080", "https://localhost"]
    {
        let said = admin.fails(2, &["provider", "add", "lab", "--base-url", url]);
        assert!(said.contains("private") && said.contains("--allow-private"), "{said}");
    }
    for url in
        ["http://gateway.example.org", "file:///etc/passwd", "https://a:b@c.example", "https://c.example/?k=v", ""]
    {
        admin.fails(2, &["provider", "add", "lab", "--base-url", url, "--allow-private"]);
    }
    assert!(stage.hosts_that_saw(CANARY).is_empty());
}

#[test]
fn a_provider_can_be_read_from_a_file_in_the_form_of_the_catalog() {
    let world = World::new();
    let admin = world.byok("byok");
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let add = ["provider", "add", "vendor", "--from-file", path];
    for bad in [
        "",
        "[[provider]]",
        "[[provider]]\nid = \"vendor\"\nsurprise = 1",
        "\u{0}",
        "[[provider]\n",
        &"x".repeat(70_000),
    ] {
        std::fs::write(path, bad).unwrap();
        let said = admin.fails(2, &add);
        assert!(!said.contains("panicked"), "{said}");
    }
    // The one that the documentation shows.
    let shown: Vec<&str> = include_str!("../../docs/testing.md")
        .lines()
        .skip_while(|line| *line != "[[provider]]")
        .take_while(|line| *line != "```")
        .collect();
    let good = shown.join("\n");
    std::fs::write(path, good).unwrap();
    assert_eq!(admin.json(&add).1["result"], "created");
    let stage = Stage::open(|request| Reply::status(if request.header("x-vendor-key").is_some() { 403 } else { 500 }));
    let candidate = on_stage(&stage, admin.clone()).input(KEY).json(&["test-key", "vendor", "--candidate", "--stdin"]);
    assert_eq!((candidate.0, &candidate.1["items"][0]["verdict"]), (6, &json!("rejected")));
    assert_eq!(stage.received()[0].host, "api.vendor.example");
    for name in ["LESSOPEN", "ANYTHING", "a key"] {
        admin.fails(2, &["provider", "add", "hook", "--base-url", "https://api.vendor.example", "--env", name]);
    }
    admin.fails(2, &["provider", "add", "openai", "--base-url", "https://api.vendor.example"]);
}

#[test]
fn a_capability_is_routed_by_language_from_the_nearest_to_the_widest() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    admin.ok(&["provider", "route", "voice", "deepgram"]);
    admin.ok(&["provider", "route", "voice", "sarvam", "--language", "hi"]);
    admin.ok(&["provider", "route", "voice", "bhashini", "--language", "ta-IN"]);
    let serving = |arguments: &[&str]| -> Value {
        let line = [&["resolve", "voice", "--org", "acme"], arguments].concat();
        owner.json(&line).1["item"]["provider"].clone()
    };
    for (language, provider) in [
        ("hi", "sarvam"),
        ("hi-IN", "sarvam"),
        ("HI-in", "sarvam"),
        ("ta-IN", "bhashini"),
        ("ta", "deepgram"),
        ("en", "deepgram"),
    ] {
        assert_eq!(serving(&["--language", language]), provider, "{language}");
    }
    assert_eq!(serving(&[]), "deepgram");
    owner.fails(2, &["resolve", "voice", "--org", "acme", "--language", "a b"]);
    owner.fails(2, &["resolve", "openai", "--org", "acme", "--language", "hi"]);
    admin.fails(2, &["provider", "route", "voice", "anthropic"]);
    owner.fails(4, &["provider", "route", "voice", "sarvam"]);
    admin.ok(&["provider", "route", "voice", "--language", "hi", "--clear"]);
    assert_eq!(serving(&["--language", "hi"]), "deepgram");
    assert_eq!(admin.json(&["provider", "route"]).1["items"].as_array().unwrap().len(), 2);
}

/// A key of the provider `lab`, as an owner's client stores it over a connection that stays open.
const SET: &str =
    "select byok_api.key_set('acme', 'lab', c.last_version, coalesce(c.active_version, 0), c.data_epoch, c.check_value,
    decode(repeat('ab', 100), 'hex'), repeat('a', 64), '{\"base_url\":\"https://lab.example.org/v1\"}', 'zzzz',
    '\\x0000000000000000', null, null, true, 3600) from byok_api.key_context('acme', 'lab') c";

#[test]
fn a_provider_is_not_removed_while_somebody_stores_a_key_for_it() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    // With this the organization has a data key.
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.ok(&["provider", "add", "lab", "--base-url", "https://lab.example.org/v1", "--capability", "llm"]);
    let mut owner = Open::begin(&world.url(&ada), &ada);
    owner.want(SET);
    let remove = "select result from byok_api.provider_remove('lab')";
    let removal = std::thread::scope(|scope| {
        let removal = scope.spawn(|| sql(&world.url("byok"), remove));
        let waits =
            "select 'waits' from pg_stat_activity where wait_event_type = 'Lock' and query like '%provider_remove%'
                     and datname = current_database()";
        while world.root(waits).is_empty() {
            assert!(!removal.is_finished(), "removed under a key that is being stored");
        }
        assert!(owner.commits());
        removal.join().unwrap()
    });
    assert_eq!(removal, Ok(vec!["in_use".into()]), "the key was stored, so the provider stays");
    let orphans = "select k.provider from byok.provider_key k where k.provider = 'lab' and k.state = 'active'
                   and not exists (select from byok.provider p where p.provider = k.provider)";
    assert_eq!(world.root(orphans), Vec::<String>::new());
}

#[test]
fn a_key_is_not_stored_for_a_provider_that_is_removed_at_the_same_time() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.ok(&["provider", "add", "lab", "--base-url", "https://lab.example.org/v1", "--capability", "llm"]);
    let mut remover = Open::begin(&world.url("byok"), "byok");
    remover.want("select byok_api.provider_remove('lab')");
    let stored = std::thread::scope(|scope| {
        let stored = scope.spawn(|| sql(&world.url(&ada), SET));
        let waits = "select 'waits' from pg_stat_activity where wait_event_type = 'Lock' and query like '%key_set%'
                     and datname = current_database()";
        while world.root(waits).is_empty() {
            assert!(!stored.is_finished(), "stored under a removal");
        }
        assert!(remover.commits());
        stored.join().unwrap()
    });
    assert_eq!(stored, Err("BK013".into()));
    assert_eq!(world.root("select provider from byok.provider_key where provider = 'lab'"), Vec::<String>::new());
}
