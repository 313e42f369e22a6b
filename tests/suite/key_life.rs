//! The life of a stored key: how long a replaced one is kept, end dates, versions, and lists of keys that need attention.

use serde_json::{Value, json};

use crate::harness::{Byok, World, on_stage, openai_key};
use crate::simulated_providers::{Reply, Stage};

fn key<'a>(verb: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["key", verb, "openai", "--org", "acme"], more].concat()
}

fn put(byok: &Byok, verb: &str, end: &str, more: &[&str]) -> Value {
    let (code, document) = byok.clone().input(openai_key(end)).json(&key(verb, &[&["--stdin"], more].concat()));
    assert_eq!(code, 0, "{document}");
    document
}

/// Hint, state and whether there is still a ciphertext, of every version.
const VERSIONS: &str = "select hint || ' ' || state || case when encrypted is null then '' else ' kept' end
    from byok.provider_key where org = 'acme' and provider = 'openai' order by version";

const LAPSE: &str = "update byok.provider_key set keep_until = now() - interval '1 second' where state = 'previous'";

#[test]
fn a_replaced_key_is_kept_for_a_day_or_as_long_as_was_said_or_not_at_all() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let kept = |seconds: u32| {
        let left = format!(
            "select (keep_until between now() + interval '{seconds} seconds' - interval '5 minutes'
             and now() + interval '{seconds} seconds')::text from byok.provider_key where state = 'previous'"
        );
        assert_eq!(world.root(&left), ["true"], "{seconds}");
    };
    put(&owner, "set", "1111", &[]);
    put(&owner, "rotate", "2222", &[]);
    kept(86_400);
    put(&owner, "set", "3333", &["--keep-previous", "2w"]);
    kept(14 * 86_400);
    put(&owner, "rotate", "4444", &["--no-keep"]);
    assert_eq!(world.root(VERSIONS), ["1111 retired", "2222 retired", "3333 retired", "4444 active kept"]);
    owner.fails(3, &key("rollback", &["--yes"]));
    for bad in ["0d", "1", "soon", "367d", "-1d"] {
        owner.fails(2, &key("rotate", &["--stdin", &format!("--keep-previous={bad}")]));
    }
    owner.fails(2, &key("rotate", &["--stdin", "--no-keep", "--keep-previous", "1d"]));
}

#[test]
fn a_key_that_is_no_longer_kept_is_not_rolled_back_to_and_the_next_change_erases_it() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    put(&owner, "set", "1111", &[]);
    put(&owner, "rotate", "2222", &[]);
    world.root(LAPSE);
    let said = owner.fails(3, &key("rollback", &["--yes"]));
    assert!(said.contains("24 hours") && said.contains("byok key show openai --org acme"), "{said}");
    let (_, shown) = owner.json(&key("show", &[]));
    assert_eq!(shown["items"][1]["state"], "retired", "it is shown as what it is");
    // Somebody with psql cannot open it either.
    let open = format!("select 1 from byok_api.key_open('acme', 'openai', 1, '{}')", "0".repeat(64));
    assert_eq!(crate::harness::sql(&world.url(&ada), &open), Err("BK020".into()));
    // Any other change of the organization's keys erases it, and the log says so.
    owner.clone().input(format!("gsk_{}", "a".repeat(52))).ok(&["key", "set", "groq", "--org", "acme", "--stdin"]);
    assert_eq!(world.root(&format!("{VERSIONS} limit 1")), ["1111 retired"]);
    let wiped = "select subject || ' ' || (detail ->> 'version') || ' ' || (detail ->> 'hint')
        from byok.audit where action = 'key.wipe'";
    assert_eq!(world.root(wiped), ["openai 1 1111"]);
}

#[test]
fn tidy_erases_what_is_no_longer_kept_of_those_whose_keys_one_may_change() {
    let (world, ada, bob) = World::with_owners();
    let (owner, other, admin) = (world.byok(&ada), world.byok(&bob), world.byok("byok"));
    put(&owner, "set", "1111", &[]);
    put(&owner, "rotate", "2222", &[]);
    other.clone().input(openai_key("3333")).ok(&["key", "set", "openai", "--org", "bolt", "--stdin"]);
    other.clone().input(openai_key("4444")).ok(&["key", "set", "openai", "--org", "bolt", "--stdin"]);
    for end in ["5555", "6666"] {
        admin.clone().input(openai_key(end)).ok(&["platform-key", "set", "openai", "--stdin"]);
    }
    assert_eq!(owner.json(&["tidy"]).1["items"], json!([]), "all are kept");
    world.root(LAPSE);
    let (code, document) = owner.json(&["tidy"]);
    let expected = json!([{"dry_run": false, "org": "acme", "provider": "openai", "hint": "...1111", "version": 1}]);
    assert_eq!((code, &document["items"]), (0, &expected));
    let items = admin.json(&["tidy"]).1["items"].clone();
    let hints: Vec<&Value> = items.as_array().unwrap().iter().map(|item| &item["hint"]).collect();
    assert_eq!(hints, ["...5555", "...3333"]);
    assert_eq!(admin.json(&["tidy"]).1["items"], json!([]));
    assert_eq!(world.root("select count(*)::text from byok.provider_key where encrypted is not null"), ["3"]);
    assert_eq!(world.root("select count(*)::text from byok.audit where action = 'key.wipe'"), ["3"]);
    world.byok(&world.login("nobody")).fails(4, &["tidy"]);
}

#[test]
fn a_data_key_is_replaced_without_keys_that_are_no_longer_kept() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    put(&owner, "set", "1111", &[]);
    put(&owner, "rotate", "2222", &[]);
    // It does not even open, and disturbs nobody.
    world.root("update byok.provider_key set encrypted = set_byte(encrypted, 40, get_byte(encrypted, 40) # 1) where version = 1");
    let admin = world.byok("byok");
    admin.fails(9, &["data-key", "rotate", "acme", "--yes"]);
    world.root(LAPSE);
    admin.ok(&["data-key", "rotate", "acme", "--yes"]);
    assert_eq!(world.root(VERSIONS), ["1111 retired", "2222 active kept"]);
    admin.ok(&["master-key", "verify"]);
}

#[test]
fn a_change_meets_the_version_that_was_named_or_is_refused() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    put(&owner, "set", "1111", &["--if-version", "0"]);
    let refused = |verb: &str, more: &[&str], version: &str| {
        let input = owner.clone().input(openai_key("9999"));
        let said = input.fails(5, &key(verb, &[more, &["--if-version", version]].concat()));
        assert!(said.contains("openai key of organization acme"), "{said}");
    };
    refused("set", &["--stdin"], "0");
    refused("rotate", &["--stdin"], "2");
    put(&owner, "rotate", "2222", &["--if-version", "1"]);
    for (verb, more) in [("rollback", &["--yes"][..]), ("remove", &["--yes"]), ("expire", &["--never"])] {
        refused(verb, more, "1");
    }
    assert_eq!(world.root(VERSIONS), ["1111 previous kept", "2222 active kept"]);
    owner.ok(&key("rollback", &["--yes", "--if-version", "2"]));
    owner.ok(&key("remove", &["--yes", "--if-version", "3"]));
    // After a removal, its number is not that of an active key.
    refused("set", &["--stdin"], "3");
    // A rotation never stores a first key.
    owner.clone().input(openai_key("9999")).fails(2, &key("rotate", &["--stdin", "--if-version", "0"]));
    assert_eq!(world.root(VERSIONS).last().unwrap(), "1111 removed");
    put(&owner, "set", "4444", &["--if-version", "0"]);
    owner.fails(2, &key("set", &["--stdin", "--no-replace", "--if-version", "0"]));
}

#[test]
fn an_end_date_changes_without_the_key_and_the_log_has_both_dates() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let said = owner.fails(3, &key("expire", &["--expires", "30d"]));
    assert!(said.starts_with("error: there is no openai key of organization acme\n"), "{said}");
    assert!(said.contains("byok key list --org acme,"), "{said}");
    put(&owner, "set", "1111", &["--expires", "2030-01-31"]);
    let (code, document) = owner.json(&key("expire", &["--expires", "2031-01-31"]));
    let item = &document["item"];
    assert_eq!((code, &document["result"]), (0, &json!("changed")));
    assert_eq!(
        (&item["expires_at"], &item["previous_expires_at"]),
        (&json!("2031-01-31T23:59:59Z"), &json!("2030-01-31T23:59:59Z"))
    );
    assert_eq!(owner.json(&key("expire", &["--expires", "2031-01-31"])).1["result"], "unchanged");
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
    owner.ok(&key("expire", &["--expires", "90d"]));
    let near = "select (expires_at between now() + interval '89 days' and now() + interval '90 days')::text
        from byok.provider_key where state = 'active'";
    assert_eq!(world.root(near), ["true"]);
    owner.ok(&key("expire", &["--never"]));
    assert_eq!(world.root("select expires_at::text from byok.provider_key where expires_at is not null"), [""; 0]);
    let dates = "select coalesce(left(detail ->> 'from', 4), 'never') || ' ' || coalesce(left(detail ->> 'to', 4), 'never')
        from byok.audit where action = 'key.expire' and detail ->> 'to' is null or detail ->> 'from' like '2030%' order by seq";
    assert_eq!(world.root(dates).len(), 2);
    owner.fails(2, &key("expire", &[]));
    owner.fails(2, &key("expire", &["--never", "--expires", "30d"]));
    owner.fails(2, &key("expire", &["--expires", "tomorrow"]));
    let past = owner.fails(2, &key("expire", &["--expires", "2020-01-31"]));
    assert!(past.contains("past"), "{past}");
    world.byok(&world.login("nobody")).fails(4, &key("expire", &["--never"]));
}

#[test]
fn a_rollback_tests_the_key_first_and_a_dead_one_changes_nothing() {
    let (world, ada, _) = World::with_owners();
    let (good, bad) = (answers(200), answers(401));
    put(&on_stage(&good, world.byok(&ada)), "set", "1111", &[]);
    put(&on_stage(&good, world.byok(&ada)), "rotate", "2222", &[]);
    let owner = on_stage(&bad, world.byok(&ada));
    let said = owner.fails(6, &key("rollback", &["--yes"]));
    assert!(said.contains("...2222 stays active") && said.contains("--no-test"), "{said}");
    assert_eq!(world.root(VERSIONS), ["1111 previous kept", "2222 active kept"]);
    let (code, document) = on_stage(&good, world.byok(&ada)).json(&key("rollback", &["--yes"]));
    assert_eq!((code, &document["item"]["test"]["verdict"]), (0, &json!("verified")));
    owner.ok(&key("rollback", &["--yes", "--no-test"]));
    assert_eq!(world.root(VERSIONS).last().unwrap(), "2222 active kept");
}

fn answers(status: u16) -> Stage {
    Stage::open(move |_| Reply::json(status, &json!({"data": []})))
}

#[test]
fn a_provider_that_does_not_answer_leaves_the_active_key_unless_no_test_is_wanted() {
    let (world, ada, _) = World::with_owners();
    let (good, silent) = (answers(200), answers(503));
    put(&on_stage(&good, world.byok(&ada)), "set", "1111", &[]);
    let owner = on_stage(&silent, world.byok(&ada)).input(openai_key("2222"));
    for verb in ["set", "rotate"] {
        let said = owner.fails(7, &key(verb, &["--stdin"]));
        assert!(said.contains("...1111 stays active") && said.contains("--no-test"), "{said}");
    }
    let run = owner.run(&key("rotate", &["--stdin", "-o", "json"]));
    let error: Value = serde_json::from_str(run.err.lines().last().unwrap()).unwrap();
    assert_eq!((run.code, &error["error"]["code"]), (7, &json!("provider_unreachable")));
    owner.ok(&key("rotate", &["--stdin", "--no-test"]));
    assert_eq!(world.root(VERSIONS), ["1111 previous kept", "2222 active kept"]);
}

#[test]
fn a_replaced_key_is_said_to_live_on_at_its_provider_and_the_same_key_is_not() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let notices = |end: &str, more: &[&str]| {
        let run = owner.clone().input(openai_key(end)).run(&key("set", &[&["--stdin"], more].concat()));
        assert_eq!(run.code, 0, "{run:?}");
        run.err
    };
    assert!(!notices("1111", &[]).contains("revoked"));
    let said = notices("2222", &[]);
    for part in [
        "...1111 still works at OpenAI until it is revoked there",
        "for 24 hours",
        "byok key rollback openai --org acme",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!notices("3333", &["--no-keep"]).contains("rollback"));
    assert!(!notices("3333", &["--expires", "2030-01-01"]).contains("revoked"), "it is the same key");
    assert!(!notices("4444", &["-q"]).contains("revoked"));
}

#[test]
fn a_rotation_says_that_the_end_date_is_gone_and_its_hints_keep_what_was_asked() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    put(&owner, "set", "1111", &["--expires", "2099-01-31"]);
    let run = owner.clone().input(openai_key("2222")).run(&key("rotate", &["--stdin", "-q"]));
    assert!(run.err.contains("had the end date 2099-01-31T23:59:59Z, and the new key has none"), "{run:?}");
    let said = owner.fails(2, &key("rotate", &[]));
    assert!(said.contains("| byok key rotate openai --org acme --stdin"), "{said}");
    let said = owner.fails(2, &key("rotate", &["--if-version", "2"]));
    assert!(said.contains("| byok key rotate openai --org acme --if-version 2 --stdin"), "{said}");
    let said = owner.fails(2, &key("set", &["--if-version", "2"]));
    assert!(said.contains("| byok key set openai --org acme --if-version 2 --stdin"), "{said}");
}

#[test]
fn a_list_has_the_keys_that_meet_every_condition_and_fails_if_that_is_wanted() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    put(&owner, "set", "1111", &["--expires", "2099-01-01"]);
    for (provider, secret) in
        [("groq", format!("gsk_{}", "b".repeat(52))), ("anthropic", format!("sk-ant-api03-{}", "c".repeat(95)))]
    {
        owner.clone().input(secret).ok(&["key", "set", provider, "--org", "acme", "--stdin", "--no-test"]);
    }
    world.root(
        "update byok.provider_key set expires_at = now() + interval '10 days' where provider = 'groq';
         update byok.provider_key set created_at = now() - interval '200 days' where provider in ('groq', 'openai');
         insert into byok.key_test (org, provider, version, verdict, paid, tested_at, tested_by)
         values ('acme', 'groq', 1, 'rejected', false, now() - interval '40 days', 'byok')
         on conflict (org, provider, version) do update set verdict = 'rejected', tested_at = now() - interval '40 days'",
    );
    let listed = |more: &[&str]| {
        let (code, document) = owner.json(&[&["key", "list", "--org", "acme"], more].concat());
        let items =
            document["items"].as_array().unwrap().iter().map(|item| item["provider"].as_str().unwrap().to_owned());
        (code, items.collect::<Vec<_>>().join(" "))
    };
    let is = |code: i32, names: &str| (code, names.to_owned());
    assert_eq!(listed(&["--expiring", "30d"]), is(0, "groq"));
    assert_eq!(listed(&["--expiring", "5d"]), is(0, ""));
    assert_eq!(listed(&["--stale", "180d"]), is(0, "groq openai"));
    assert_eq!(listed(&["--untested", "30d"]), is(0, "anthropic groq openai"));
    assert_eq!(listed(&["--untested", "50d"]), is(0, "anthropic openai"));
    assert_eq!(listed(&["--verdict", "rejected"]), is(0, "groq"));
    assert_eq!(listed(&["--verdict", "rejected", "--stale", "300d"]), is(0, ""));
    assert_eq!(listed(&["--sort", "expires"]), is(0, "groq openai anthropic"));
    assert_eq!(listed(&["--sort", "created"]).1.split(' ').next_back(), Some("anthropic"));
    assert_eq!(listed(&["--expiring", "30d", "--fail"]), is(9, "groq"));
    assert_eq!(listed(&["--expiring", "5d", "--fail"]), is(0, ""));
    let all = owner.json(&["key", "list", "--all-orgs", "--verdict", "rejected", "--fail"]);
    assert_eq!((all.0, all.1["items"].as_array().map(Vec::len)), (9, Some(1)));
    let said = owner.fails(2, &["key", "list", "--org", "acme", "--verdict", "dead"]);
    assert!(said.contains("no_credit"), "{said}");
    owner.fails(2, &["key", "list", "--org", "acme", "--expiring", "soon"]);
}

#[test]
fn an_admin_sees_every_version_of_the_platforms_key_and_an_owner_none() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let show = ["platform-key", "show", "openai"];
    let said = admin.fails(3, &show);
    assert!(said.starts_with("error: there is no openai key of the platform\n"), "{said}");
    for hint in ["1111", "2222"] {
        admin.clone().input(openai_key(hint)).ok(&["platform-key", "set", "openai", "--stdin"]);
    }
    let versions = |document: &Value| -> Vec<String> {
        let items = document["items"].as_array().unwrap().iter();
        items.map(|it| format!("{} {} {}", it["version"], it["hint"].as_str().unwrap(), it["state"])).collect()
    };
    let (code, document) = admin.json(&show);
    assert_eq!((code, &document["kind"]), (0, &json!("platform_key.show")));
    assert_eq!(versions(&document), ["2 ...2222 \"active\"", "1 ...1111 \"previous\""]);
    owner.fails(4, &show);
    // What a rollback says, there is.
    admin.ok(&["platform-key", "remove", "openai", "--yes"]);
    let said = admin.fails(3, &["platform-key", "rollback", "openai", "--yes"]);
    assert!(said.contains("to see every version: byok platform-key show openai"), "{said}");
    assert_eq!(versions(&admin.json(&show).1), ["2 ...2222 \"removed\"", "1 ...1111 \"removed\""], "both are erased");
}
