//! Dead keys: expired, removed during a change, or damaged. No answer about them is green.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};

use crate::harness::{Byok, World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

const SET: [&str; 6] = ["key", "set", "openai", "--org", "acme", "--stdin"];
const ROTATE: [&str; 6] = ["key", "rotate", "openai", "--org", "acme", "--stdin"];
const REMOVE: [&str; 6] = ["key", "remove", "openai", "--org", "acme", "--yes"];

/// acme has a key, and ada owns it.
fn with_key(end: &str) -> (World, Byok) {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key(end)).ok(&SET);
    (world, owner)
}

fn today(world: &World) -> String {
    world.root("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD')").remove(0)
}

#[test]
fn an_end_date_in_the_past_is_refused_and_replaces_nothing() {
    let (world, owner) = with_key("good");
    let admin = world.byok("byok");
    for (who, line) in
        [(&owner, &SET[..]), (&owner, &ROTATE[..]), (&admin, &["platform-key", "set", "openai", "--stdin"])]
    {
        for date in ["2020-01-01", "2020-01-01T00:00:00Z"] {
            let said = who.clone().input(openai_key("late")).fails(2, &[line, &["--expires", date]].concat());
            for part in ["is in the past", "nothing was stored", "--expires"] {
                assert!(said.contains(part), "{part}: {said}");
            }
        }
    }
    assert_eq!(world.root("select hint || state || version from byok.provider_key"), ["goodactive1"]);
    // The database refuses it whoever asks.
    let set = crate::open_transactions::SET.replace("null, null, false,", "'2020-01-01', null, false,");
    assert_ne!(set, crate::open_transactions::SET);
    assert_eq!(crate::harness::sql(&world.url(&world.login_name("ada")), &set), Err("BK017".to_owned()));
}

#[test]
fn a_bare_date_means_the_end_of_that_day() {
    let (world, owner) = with_key("good");
    // Around midnight the day may be over before the end.
    let (date, set, served) = loop {
        let date = today(&world);
        let line = [&SET[..], &["--expires", &date, "-o", "json"]].concat();
        let set = owner.clone().input(openai_key("2222")).run(&line);
        let served = owner.run(&["resolve", "openai", "--org", "acme"]);
        if today(&world) == date {
            break (date, set, served);
        }
    };
    let document: Value = serde_json::from_str(&set.out).unwrap();
    assert_eq!(document["item"]["expires_at"], json!(format!("{date}T23:59:59Z")));
    assert_eq!(served.code, 0, "{served:?}");
    for help in [&["key", "set", "--help"][..], &["key", "rotate", "--help"], &["platform-key", "set", "--help"]] {
        assert!(owner.ok(help).contains("end of that day"), "{help:?}");
    }
}

#[test]
fn an_expired_key_is_not_rolled_back_to() {
    let (world, owner) = with_key("1111");
    owner.clone().input(openai_key("2222")).ok(&SET);
    world.root("update byok.provider_key set expires_at = '2020-01-01' where version = 1");
    let said = owner.fails(6, &["key", "rollback", "openai", "--org", "acme", "--yes"]);
    for part in ["...1111 (version 1)", "expired on 2020-01-01T00:00:00Z", "byok key set openai --org acme"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(world.root("select hint from byok.provider_key where state = 'active'"), ["2222"]);
}

#[test]
fn lists_show_an_expired_key_as_expired() {
    let (world, owner) = with_key("1111");
    world.root("update byok.provider_key set expires_at = '2020-01-01'");
    dead_in_lists(&owner, "expired");
    let said = owner.fails(125, &["run", "openai", "--org", "acme", "--", "true"]);
    assert!(said.contains("key_expired") && said.contains("byok key set openai --org acme"), "{said}");
    let admin = world.byok("byok");
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    let charge = ["credits", "charge", "interview", "--provider", "openai", "--org", "acme"];
    let said = admin.fails(6, &charge);
    assert!(said.contains("key_expired") && said.contains("byok key set openai --org acme"), "{said}");
    // A denial of any kind has a next step.
    owner.ok(&REMOVE);
    let said = admin.fails(3, &charge);
    assert!(said.contains("no_platform_key") && said.contains("byok platform-key set openai"), "{said}");
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    world.root("update byok.provider_key set expires_at = '2020-01-01' where org = ''");
    let said = admin.fails(6, &charge);
    assert!(said.contains("platform_key_expired") && said.contains("byok platform-key set openai"), "{said}");
}

/// What every list says of the only key of acme.
fn dead_in_lists(owner: &Byok, state: &str) {
    let item = |line: &[&str]| -> Value { owner.json(line).1["items"][0].clone() };
    assert_eq!(item(&["key", "list", "--org", "acme"])["state"], state);
    assert_eq!(item(&["key", "list", "--all-orgs"])["state"], state);
    assert_eq!(item(&["key", "show", "openai", "--org", "acme"])["state"], state);
    assert_eq!(owner.json(&["org", "show", "acme"]).1["item"]["dead_keys"], 1);
    assert!(owner.ok(&["org", "show", "acme"]).contains("1 (1 expired or unreadable)"));
    assert_eq!(owner.json(&["status"]).1["item"]["dead_org_keys"], 1);
    assert!(owner.ok(&["status"]).contains("1 (1 expired or unreadable)"));
}

/// A provider that hears of a test, and answers when it is told to.
fn slow_provider(status: u16) -> (Stage, Receiver<()>, Sender<()>) {
    let (heard, listener) = channel();
    let (go, goes) = channel::<()>();
    let goes = Mutex::new(goes);
    let stage = Stage::open(move |_| {
        heard.send(()).unwrap();
        goes.lock().unwrap().recv().ok();
        Reply::json(status, &json!({"data": []}))
    });
    (stage, listener, go)
}

fn begin(byok: &Byok, line: &[&str], key: &str) -> Child {
    let mut child = byok.command(&[line, &["--timeout", "120"]].concat());
    let mut child =
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    child.stdin.take().expect("a pipe").write_all(key.as_bytes()).expect("it reads");
    child
}

#[test]
fn what_was_removed_during_the_test_of_a_key_is_not_stored_anew() {
    let (world, owner) = with_key("1111");
    let admin = world.byok("byok");
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let platform_set = ["platform-key", "set", "openai", "--stdin"];
    let platform_remove = ["platform-key", "remove", "openai", "--yes"];
    for (who, line, remove, key) in [
        (&owner, &ROTATE[..], &REMOVE[..], "2222"),
        (&owner, &SET, &REMOVE, "2222"),
        // The very key that is in force.
        (&owner, &SET, &REMOVE, "1111"),
        (&admin, &platform_set, &platform_remove, "4343"),
        (&admin, &platform_set, &platform_remove, "4242"),
    ] {
        let (stage, hears, go) = slow_provider(200);
        let child = begin(&on_stage(&stage, (*who).clone()), line, &openai_key(key));
        hears.recv().unwrap();
        who.ok(remove);
        go.send(()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(5), "{line:?} {key}: {said}");
        assert!(said.contains("at the same time") && said.contains("nothing was stored"), "{said}");
        assert_eq!(world.root(&left(remove)), ["0"], "{line:?} {key}");
        let before = if remove[0] == "key" { "1111" } else { "4242" };
        let again = if remove[0] == "key" { &SET[..] } else { &platform_set };
        who.clone().input(openai_key(before)).ok(again);
    }
}

fn left(remove: &[&str]) -> String {
    let org = if remove[0] == "key" { "acme" } else { "" };
    format!("select count(*)::text from byok.provider_key where org = '{org}' and encrypted is not null")
}

#[test]
fn the_refusal_of_a_key_that_was_removed_meanwhile_is_still_a_refusal() {
    let (_world, owner) = with_key("1111");
    let (stage, hears, go) = slow_provider(401);
    let child = begin(&on_stage(&stage, owner.clone()), &SET, &openai_key("1111"));
    hears.recv().unwrap();
    owner.ok(&REMOVE);
    go.send(()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(6));
}

const FLIP: &str = "update byok.provider_key set encrypted = set_byte(encrypted, length(encrypted) - 5,
                    get_byte(encrypted, length(encrypted) - 5) # 1) where org = 'acme' and state = 'active'";

#[test]
fn a_key_that_was_seen_not_to_open_is_shown_so_until_it_opens_again() {
    let (world, owner) = with_key("1111");
    let whole = world.root("select encode(encrypted, 'hex') from byok.provider_key").remove(0);
    let repair = format!("update byok.provider_key set encrypted = '\\x{whole}'");
    let admin = world.byok("byok");
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    admin.ok(&["credits", "grant", "9", "--org", "acme"]);
    let (stage, resolve) =
        (Stage::open(|_| Reply::json(200, &json!({"data": []}))), ["resolve", "openai", "--org", "acme"]);
    let verify = [&resolve[..], &["--verify"]].concat();
    let ways: [(&Byok, &[&str], i32); 4] = [
        (&owner, &verify, 9),
        (&on_stage(&stage, owner.clone()), &["test-key", "openai", "--org", "acme"], 9),
        (&owner, &["run", "openai", "--org", "acme", "--", "true"], 125),
        (&admin, &["master-key", "verify"], 9),
    ];
    for (who, way, code) in ways {
        owner.ok(&resolve);
        world.root(FLIP);
        who.fails(code, way);
        // From here on everybody knows.
        let (code, document) = owner.json(&[&resolve[..], &["--explain"]].concat());
        assert_eq!((code, &document["item"]["denied"]), (9, &json!("key_unreadable")), "{way:?}");
        dead_in_lists(&owner, "unreadable");
        let said = admin.fails(9, &["credits", "charge", "interview", "--provider", "openai", "--org", "acme"]);
        assert!(said.contains("key_unreadable") && said.contains("byok key set openai --org acme"), "{said}");
        // The same way sees that it opens again.
        world.root(&repair);
        who.ok(way);
        owner.ok(&resolve);
        assert_eq!(owner.json(&["key", "list", "--org", "acme"]).1["items"][0]["state"], "active", "{way:?}");
    }
    let said = "select action from byok.audit where action like 'key.%readable' order by seq";
    assert_eq!(world.root(said), ["key.unreadable", "key.readable"].repeat(ways.len()));
    // A new key is another one.
    world.root(FLIP);
    owner.run(&verify);
    owner.clone().input(openai_key("2222")).ok(&SET);
    owner.ok(&resolve);
}

#[test]
fn a_removal_says_which_key_serves_from_then_on() {
    let (world, owner) = with_key("1111");
    let admin = world.byok("byok");
    let (_, document) = owner.json(&REMOVE);
    assert_eq!(document["item"]["denied"], "no_platform_key");
    assert!(owner.ok(&REMOVE).contains("requests are denied, because the platform has no openai key"));
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    owner.clone().input(openai_key("1111")).ok(&SET);
    let (_, document) = owner.json(&REMOVE);
    assert_eq!((&document["item"]["source"], &document["item"]["denied"]), (&json!("platform"), &Value::Null));
    owner.clone().input(openai_key("1111")).ok(&SET);
    world.root("update byok.provider_key set expires_at = '2020-01-01' where org = ''");
    assert!(owner.ok(&REMOVE).contains("because the platform's openai key has expired"));
    let said = admin.ok(&["platform-key", "remove", "openai", "--yes"]);
    assert!(said.contains("organizations without a key of their own are denied"), "{said}");
}
