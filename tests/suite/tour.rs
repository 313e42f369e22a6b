//! The promises of the product page, step by step.

use serde_json::json;

use crate::harness::{World, openai_key};

fn resolved(world: &World, login: &str, arguments: &[&str]) -> (i32, serde_json::Value) {
    let (code, document) = world.byok(login).json(&[&["resolve"], arguments].concat());
    assert_eq!((&document["format_version"], &document["kind"]), (&json!("1.0"), &json!("resolve")));
    (code, document["item"].clone())
}

#[test]
fn an_organization_uses_its_own_key_then_the_platforms_then_none() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));

    let said = owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert!(said.contains("...xK7q") && said.contains("version 1"), "{said}");
    let (_, list) = owner.json(&["key", "list", "--org", "acme"]);
    assert_eq!(list["kind"], "key.list");
    let key = &list["items"][0];
    assert_eq!((&key["org"], &key["provider"], &key["hint"]), (&json!("acme"), &json!("openai"), &json!("...xK7q")));
    assert_eq!((&key["version"], &key["state"], &key["created_by"]), (&json!(1), &json!("active"), &json!(ada)));
    let (code, item) = resolved(&world, &ada, &["openai", "--org", "acme"]);
    assert_eq!((code, &item["source"], &item["hint"]), (0, &json!("organization"), &json!("...xK7q")));

    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    assert_eq!(resolved(&world, &ada, &["openai", "--org", "acme"]).1["source"], "organization");
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    let (code, item) = resolved(&world, &ada, &["openai", "--org", "acme"]);
    assert_eq!((code, &item["source"], &item["code"]), (0, &json!("platform"), &json!("no_organization_key")));
    assert_eq!(item["hint"], json!(null), "the platform key's hint is not an owner's business");
    assert_eq!(resolved(&world, "byok", &["openai", "--org", "acme"]).1["hint"], "...4242");

    admin.ok(&["platform-key", "remove", "openai", "--yes"]);
    let (code, item) = resolved(&world, &ada, &["openai", "--org", "acme"]);
    assert_eq!((code, &item["source"], &item["denied"]), (3, &json!(null), &json!("no_platform_key")));
}

#[test]
fn an_organization_that_is_not_enabled_uses_the_platforms_key_and_is_told_why() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    world.byok("byok").ok(&["disable", "acme"]);
    let (code, item) = resolved(&world, &ada, &["openai", "--org", "acme"]);
    assert_eq!((code, &item["source"], &item["code"]), (0, &json!("platform"), &json!("not_enabled")));
    assert!(item["reason"].as_str().unwrap().contains("not enabled"));
    // A request of an organization that byok does not know uses the platform's key; who asks about one may have misspelt it.
    let decided = world.root("select source from byok_api.resolve('nobody', 'openai', null, '')");
    assert_eq!(decided, ["platform"]);
    let said = world.byok("byok").fails(3, &["resolve", "openai", "--org", "nobody"]);
    assert!(said.contains("use the platform's key"), "{said}");
    // What was stored is back when it is enabled again.
    world.byok("byok").ok(&["enable", "acme"]);
    assert_eq!(resolved(&world, &ada, &["openai", "--org", "acme"]).1["source"], "organization");
}

#[test]
fn a_key_cannot_be_set_before_the_organization_is_enabled() {
    let (world, ada, _) = World::with_owners();
    world.byok("byok").ok(&["disable", "acme"]);
    let owner = world.byok(&ada).input(openai_key("xK7q"));
    let said = owner.fails(5, &["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert!(said.contains("byok enable acme"), "{said}");
    assert_eq!(world.root("select count(*)::text from byok.provider_key"), ["0"]);
}

#[test]
fn a_key_past_its_date_denies_the_request_and_the_platforms_never_stands_in() {
    let (world, ada, _) = World::with_owners();
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.root("update byok.provider_key set expires_at = '2020-01-31' where org = 'acme'");
    for login in [ada.as_str(), "byok"] {
        let (code, item) = resolved(&world, login, &["openai", "--org", "acme", "--explain"]);
        assert_eq!((code, &item["source"], &item["denied"]), (6, &json!(null), &json!("key_expired")));
    }
    assert_eq!(world.byok(&ada).json(&["key", "list", "--org", "acme"]).1["items"][0]["state"], "expired");
}

#[test]
fn every_rule_is_explained_in_order() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let (_, item) = resolved(&world, &ada, &["openai", "--org", "acme", "--explain"]);
    let rules: Vec<_> =
        item["rules"].as_array().unwrap().iter().map(|rule| (&rule["rule"], &rule["outcome"])).collect();
    let wanted = [
        ("provider_known", "yes"),
        ("organization_enabled", "yes"),
        ("organization_key_exists", "yes"),
        ("organization_key_in_date", "yes"),
        ("platform_key_exists", "skipped"),
        ("platform_key_in_date", "skipped"),
        ("key_address_stands", "yes"),
        ("key_opens", "yes"),
        ("last_test_passed", "skipped"),
        ("last_use_worked", "skipped"),
    ];
    assert_eq!(
        rules,
        wanted.map(|(rule, outcome)| (json!(rule), json!(outcome))).iter().map(|(a, b)| (a, b)).collect::<Vec<_>>()
    );
}

#[test]
fn a_required_source_that_does_not_serve_is_exit_5() {
    let (world, ada, _) = World::with_owners();
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let asked = ["openai", "--org", "acme", "--require"];
    assert_eq!(resolved(&world, &ada, &[&asked[..], &["organization"]].concat()).0, 5);
    assert_eq!(resolved(&world, &ada, &[&asked[..], &["platform"]].concat()).0, 0);
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert_eq!(resolved(&world, &ada, &[&asked[..], &["organization"]].concat()).0, 0);
    assert_eq!(resolved(&world, &ada, &[&asked[..], &["platform"]].concat()).0, 5);
}

#[test]
fn a_capability_goes_to_the_provider_that_the_admin_named() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let (code, item) = resolved(&world, &ada, &["llm", "--org", "acme"]);
    assert_eq!((code, &item["denied"], &item["provider"]), (3, &json!("no_route"), &json!(null)));
    let said = owner.clone().input(openai_key("xK7q")).fails(3, &["key", "set", "llm", "--org", "acme", "--stdin"]);
    assert!(said.contains("byok provider route llm"), "{said}");
    admin.ok(&["provider", "route", "llm", "openai"]);
    owner.input(openai_key("xK7q")).ok(&["key", "set", "llm", "--org", "acme", "--stdin"]);
    let (_, item) = resolved(&world, &ada, &["llm", "--org", "acme"]);
    assert_eq!((&item["provider"], &item["source"]), (&json!("openai"), &json!("organization")));
    admin.fails(2, &["provider", "route", "llm", "elevenlabs"]);
    admin.ok(&["provider", "route", "llm", "--clear"]);
    assert_eq!(resolved(&world, &ada, &["llm", "--org", "acme"]).0, 3);
}

#[test]
fn every_verb_may_be_said_twice() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let result = |byok: &crate::harness::Byok, arguments: &[&str]| {
        let document = byok.json(arguments).1;
        // What takes several things has items, also for one.
        document.get("result").unwrap_or(&document["items"][0]["result"]).clone()
    };
    assert_eq!(result(&admin, &["enable", "acme"]), "unchanged");
    assert_eq!(result(&admin, &["member", "add", "acme", &ada]), "unchanged");
    let set = ["key", "set", "openai", "--org", "acme", "--stdin"];
    assert_eq!(result(&owner.clone().input(openai_key("xK7q")), &set), "created");
    assert_eq!(result(&owner.clone().input(openai_key("xK7q")), &set), "unchanged");
    assert_eq!(result(&owner.clone().input(openai_key("9999")), &set), "replaced");
    let no_replace = [&set[..], &["--no-replace"]].concat();
    owner.clone().input(openai_key("1111")).fails(5, &no_replace);
    let rotate = ["key", "rotate", "sarvam", "--org", "acme", "--stdin", "--no-replace"];
    owner.clone().input(openai_key("1111")).fails(2, &rotate);
    assert_eq!(world.root("select count(*)::text from byok.provider_key where provider = 'sarvam'"), ["0"]);
    let remove = ["key", "remove", "openai", "--org", "acme", "--yes"];
    assert_eq!(result(&owner, &remove), "removed");
    assert_eq!(result(&owner, &remove), "unchanged");
    assert_eq!(result(&admin, &["disable", "acme"]), "disabled");
    assert_eq!(result(&admin, &["disable", "acme"]), "unchanged");
    assert_eq!(result(&admin, &["member", "remove", "acme", &ada]), "removed");
    assert_eq!(result(&admin, &["member", "remove", "acme", &ada]), "unchanged");
}

#[test]
fn versions_count_up_and_are_never_used_again() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let set =
        |end: &str| owner.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    for end in ["1111", "2222", "3333"] {
        set(end);
    }
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    set("4444");
    let (_, shown) = owner.json(&["key", "show", "openai", "--org", "acme"]);
    let states: Vec<_> =
        shown["items"].as_array().unwrap().iter().map(|it| (it["version"].clone(), it["state"].clone())).collect();
    let wanted = [(4, "active"), (3, "removed"), (2, "removed"), (1, "retired")];
    assert_eq!(states, wanted.map(|(version, state)| (json!(version), json!(state))));
    let erased = world.root("select version::text from byok.provider_key where encrypted is not null");
    assert_eq!(erased, ["4"], "what is out of use is erased");
}

#[test]
fn every_change_leaves_one_record_without_a_key() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let before = world.root("select count(*)::text from byok.audit")[0].parse::<i32>().unwrap();
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    owner.ok(&["key", "list", "--org", "acme"]);
    let actions = world.root(&format!("select action || ' ' || login from byok.audit order by seq offset {before}"));
    assert_eq!(actions, ["data_key.create", "key.set", "key.remove"].map(|action| format!("{action} {ada}")));
    let refused = crate::harness::sql(&world.url("byok"), "delete from byok.audit");
    assert_eq!(refused, Err("42501".into()), "not even a superuser by mistake");
}
