//! Credits on the command line: charges for both sources, prices, holds, refunds and reports.

use serde_json::{Value, json};

use crate::harness::{Byok, World, openai_key};

/// An organization with its own key, one without, the platform's key, prices and 10 credits each.
pub(crate) fn world() -> (World, String, String) {
    let (world, ada, bob) = World::with_owners();
    let admin = world.byok("byok");
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2.5"]);
    for org in ["acme", "bolt"] {
        admin.ok(&["credits", "grant", "10", "--org", org]);
    }
    (world, ada, bob)
}

/// `credits ARGUMENTS --org ORG` as JSON: exit 0 and the item.
fn item(byok: &Byok, org: &str, arguments: &[&str]) -> Value {
    let (code, document) = byok.json(&[&["credits"], arguments, &["--org", org]].concat());
    assert_eq!(code, 0, "{document}");
    json!({"result": document["result"], "item": document["item"], "items": document["items"]})
}

fn charge(byok: &Byok, org: &str, more: &[&str]) -> Value {
    item(byok, org, &[&["charge", "interview", "--provider", "openai"], more].concat())["item"].clone()
}

fn balance(byok: &Byok, org: &str) -> (String, String) {
    let item = &item(byok, org, &["balance"])["item"];
    (item["available"].as_str().unwrap().into(), item["held"].as_str().unwrap().into())
}

#[test]
fn with_an_own_key_only_the_platforms_part_is_deducted_and_with_the_platforms_key_both() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    let own = charge(&admin, "acme", &[]);
    assert_eq!(
        (&own["source"], &own["platform_part"], &own["provider_part"]),
        (&json!("organization"), &json!("1"), &json!("0"))
    );
    assert_eq!((&own["key_version"], &own["hint"], &own["rate_version"]), (&json!(1), &json!("...xK7q"), &json!(1)));
    let shared = charge(&admin, "bolt", &[]);
    assert_eq!(
        (&shared["source"], &shared["platform_part"], &shared["provider_part"]),
        (&json!("platform"), &json!("1"), &json!("2.5"))
    );
    assert_eq!((&shared["key_version"], &shared["hint"]), (&json!(1), &json!("...4242")));
    assert_eq!(balance(&admin, "acme"), ("9".into(), "0".into()));
    assert_eq!(balance(&admin, "bolt"), ("6.5".into(), "0".into()));
}

#[test]
fn each_line_is_right_for_its_moment_and_earlier_lines_never_change() {
    let (world, ada, _) = world();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    let moments: [(&str, &dyn Fn()); 6] = [
        ("organization 1 xK7q", &|| {}),
        ("organization 2 aaaa", &|| {
            owner.clone().input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
        }),
        ("platform 1 4242", &|| {
            admin.ok(&["disable", "acme"]);
        }),
        ("organization 2 aaaa", &|| {
            admin.ok(&["enable", "acme"]);
        }),
        ("platform 1 4242", &|| {
            owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
        }),
        ("organization 3 bbbb", &|| {
            owner.clone().input(openai_key("bbbb")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
        }),
    ];
    let mut lines: Vec<String> = Vec::new();
    for (at, (wanted, change)) in moments.iter().enumerate() {
        change();
        if at == 4 {
            admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "0.5", "--provider-part", "0.25"]);
        }
        charge(&admin, "acme", &["--request-id", &format!("r{at}")]);
        let now = world.root(
            "select concat_ws(' ', request, source, key_version, hint, rate_version, platform_part, provider_part)
             from byok.ledger where kind = 'charge' order by seq",
        );
        assert_eq!(now[..lines.len()], lines[..], "an earlier line changed");
        assert!(now[at].contains(wanted), "{} is not {wanted}", now[at]);
        lines = now;
    }
    assert_eq!(lines[2], "r2 platform 1 4242 1 1000000 2500000");
    assert_eq!(lines[4], "r4 platform 1 4242 2 500000 250000");
    assert_eq!(lines[5], "r5 organization 3 bbbb 2 500000 0");
}

#[test]
fn a_key_past_its_date_is_not_charged_and_the_platforms_key_does_not_stand_in() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    world.root("update byok.provider_key set expires_at = now() - interval '1 second' where org = 'acme'");
    let said = admin.fails(6, &["credits", "charge", "interview", "--provider", "openai", "--org", "acme"]);
    assert!(said.contains("key_expired"), "{said}");
    assert_eq!(world.root("select count(*)::text from byok.ledger where org = 'acme'"), ["1"]);
    assert_eq!(balance(&admin, "acme").0, "10");
}

#[test]
fn without_enough_credits_nothing_is_written_and_the_exit_code_is_10() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    let charge = ["credits", "charge", "interview", "--provider", "openai", "--org", "bolt", "--request-id", "r"];
    let said = admin.fails(10, &[&charge[..], &["--units", "3"]].concat());
    assert!(said.contains("bolt has 10 credits available, but needs 10.5"), "{said}");
    assert!(said.contains("byok credits grant"), "{said}");
    assert_eq!(world.root("select count(*)::text from byok.ledger where org = 'bolt'"), ["1"]);
    // The request id is still free.
    admin.ok(&[&charge[..], &["--units", "2"]].concat());
    let hold = ["credits", "hold", "interview", "--provider", "openai", "--org", "bolt"];
    admin.fails(10, &hold);
    assert_eq!(balance(&admin, "bolt"), ("3".into(), "0".into()));
}

#[test]
fn the_same_request_is_charged_once_and_another_under_its_id_is_refused() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    let first = item(&admin, "acme", &["charge", "interview", "--provider", "openai", "--request-id", "r1"]);
    let again = item(&admin, "acme", &["charge", "interview", "--provider", "openai", "--request-id", "r1"]);
    assert_eq!((&first["result"], &again["result"]), (&json!("charged"), &json!("unchanged")));
    assert_eq!(first["item"]["seq"], again["item"]["seq"]);
    let others: [&[&str]; 4] = [
        &["charge", "interview", "--provider", "openai", "--units", "2"],
        &["charge", "interview", "--provider", "anthropic"],
        &["hold", "interview", "--provider", "openai"],
        &["grant", "5"],
    ];
    for other in others {
        let said = admin.fails(5, &[&["credits"], other, &["--org", "acme", "--request-id", "r1"]].concat());
        assert!(said.contains("request id"), "{said}");
    }
    // Another organization's ids are its own.
    charge(&admin, "bolt", &["--request-id", "r1"]);
    // The first answer stands, also when key and price are gone.
    admin.ok(&["credits", "rates", "remove", "interview"]);
    let again = item(&admin, "acme", &["charge", "interview", "--provider", "openai", "--request-id", "r1"]);
    assert_eq!(again["item"]["seq"], first["item"]["seq"]);
    assert!(
        admin
            .fails(3, &["credits", "charge", "interview", "--provider", "openai", "--org", "acme"])
            .contains("no price")
    );
    let order = ["grant", "3", "--request-id", "order-1"];
    assert_eq!(item(&admin, "acme", &order)["result"], "granted");
    assert_eq!(item(&admin, "acme", &order)["result"], "unchanged");
    assert_eq!(balance(&admin, "acme").0, "12");
}

#[test]
fn a_hold_ends_with_what_was_used_or_with_nothing() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    let hold = |request| {
        item(&admin, "bolt", &["hold", "interview", "--provider", "openai", "--units", "2", "--request-id", request])
    };
    assert_eq!(hold("h1")["item"]["held_change"], "7");
    assert_eq!(balance(&admin, "bolt"), ("3".into(), "7".into()));
    let settled = item(&admin, "bolt", &["settle", "h1", "--units", "1"]);
    assert_eq!((&settled["result"], &settled["item"]["total"]), (&json!("settled"), &json!("3.5")));
    assert_eq!(balance(&admin, "bolt"), ("6.5".into(), "0".into()));
    // Once, whoever asks again; and in no other way.
    assert_eq!(item(&admin, "bolt", &["settle", "h1", "--units", "1"])["result"], "unchanged");
    admin.fails(5, &["credits", "settle", "h1", "--org", "bolt", "--units", "2"]);
    admin.fails(5, &["credits", "release", "h1", "--org", "bolt"]);
    admin.ok(&["credits", "grant", "5", "--org", "bolt"]);
    hold("h2");
    assert_eq!(item(&admin, "bolt", &["release", "h2"])["result"], "released");
    assert_eq!(item(&admin, "bolt", &["release", "h2"])["result"], "unchanged");
    admin.fails(5, &["credits", "settle", "h2", "--org", "bolt"]);
    admin.fails(3, &["credits", "settle", "h9", "--org", "bolt"]);
    assert_eq!(balance(&admin, "bolt"), ("11.5".into(), "0".into()));
    // More than was reserved comes from what is available, all of it or none.
    hold("h3");
    admin.fails(10, &["credits", "settle", "h3", "--org", "bolt", "--units", "4"]);
    assert_eq!(balance(&admin, "bolt"), ("4.5".into(), "7".into()));
    item(&admin, "bolt", &["settle", "h3", "--units", "3"]);
    assert_eq!(balance(&admin, "bolt"), ("1".into(), "0".into()));
    admin.ok(&["credits", "reconcile"]);
}

#[test]
fn a_hold_is_charged_at_the_price_and_for_the_key_of_its_moment() {
    let (world, ada, _) = world();
    let admin = world.byok("byok");
    item(&admin, "acme", &["hold", "interview", "--provider", "openai", "--request-id", "h"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "9", "--provider-part", "9"]);
    world.byok(&ada).ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    let settled = &item(&admin, "acme", &["settle", "h"])["item"];
    assert_eq!(
        (&settled["total"], &settled["source"], &settled["hint"]),
        (&json!("1"), &json!("organization"), &json!("...xK7q"))
    );
    assert_eq!(settled["rate_version"], 1);
}

#[test]
fn a_hold_that_nobody_ends_is_released_by_whoever_needs_it_next() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    let hold = ["hold", "interview", "--provider", "openai", "--units", "2", "--request-id"];
    let expire = |request: &str| {
        world.root(&format!(
            "update byok.hold set expires_at = now() - interval '1 second' where request = '{request}'"
        ));
    };
    item(&admin, "bolt", &[&hold[..], &["h1"]].concat());
    expire("h1");
    // It counts as released before anybody has written it down,
    assert_eq!(balance(&admin, "bolt"), ("10".into(), "0".into()));
    // and a charge that needs it, finds it.
    charge(&admin, "bolt", &["--units", "2"]);
    assert_eq!(
        world.root("select kind from byok.ledger where org = 'bolt' order by seq"),
        ["grant", "hold", "expire", "charge"]
    );
    assert_eq!(balance(&admin, "bolt"), ("3".into(), "0".into()));
    // What was used all the same is charged from what is available, once; or not at all.
    admin.fails(10, &["credits", "settle", "h1", "--org", "bolt"]);
    admin.ok(&["credits", "grant", "4", "--org", "bolt"]);
    assert_eq!(item(&admin, "bolt", &["settle", "h1"])["item"]["total"], "7");
    assert_eq!(item(&admin, "bolt", &["settle", "h1"])["result"], "unchanged");
    assert_eq!(balance(&admin, "bolt"), ("0".into(), "0".into()));
    admin.ok(&["credits", "grant", "7", "--org", "bolt"]);
    item(&admin, "bolt", &[&hold[..], &["h2"]].concat());
    expire("h2");
    let reconciled = &admin.json(&["credits", "reconcile"]).1["item"];
    assert_eq!((&reconciled["released_holds"], &reconciled["total"]), (&json!(1), &json!("0")));
    assert_eq!(item(&admin, "bolt", &["release", "h2"])["result"], "unchanged");
    assert_eq!(balance(&admin, "bolt"), ("7".into(), "0".into()));
}

#[test]
fn refunds_give_back_each_parts_share_and_never_more_than_was_charged() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    charge(&admin, "bolt", &["--request-id", "r1"]);
    let refund = |more: &[&str]| item(&admin, "bolt", &[&["refund", "r1"], more].concat());
    let one = refund(&["--amount", "1", "--request-id", "t1", "--note", "late"]);
    assert_eq!((&one["item"]["total"], &one["item"]["provider_part"]), (&json!("-1"), &json!("-0.714285")));
    assert_eq!(refund(&["--amount", "1", "--request-id", "t1"])["result"], "unchanged");
    let said = admin.fails(5, &["credits", "refund", "r1", "--org", "bolt", "--amount", "2.500001"]);
    assert!(said.contains("only 2.5 credits of this charge are left"), "{said}");
    let rest = refund(&[]);
    assert_eq!(rest["item"]["available_change"], "2.5");
    admin.fails(5, &["credits", "refund", "r1", "--org", "bolt", "--amount", "0.000001"]);
    admin.fails(3, &["credits", "refund", "nothing", "--org", "bolt"]);
    assert_eq!(balance(&admin, "bolt").0, "10");
    let parts = "select sum(platform_part)::text || ' ' || sum(provider_part) from byok.ledger where org = 'bolt'";
    assert_eq!(world.root(parts), ["0 0"]);
    let audited = "select action || ' ' || subject from byok.audit where action like 'credit.refund' order by seq";
    assert_eq!(world.root(audited).len(), 2);
}

#[test]
fn prices_have_versions_a_provider_of_their_own_and_fractions_of_a_micro_credit() {
    let (world, ada, _) = world();
    let admin = world.byok("byok");
    let set = |more: &[&str]| admin.json(&[&["credits", "rates", "set"], more].concat()).1;
    let speech = [
        "text-to-speech",
        "--unit",
        "character",
        "--per",
        "1000",
        "--platform-part",
        "0.015",
        "--provider-part",
        "0.00003",
    ];
    assert_eq!(set(&speech)["result"], "created");
    assert_eq!(set(&speech)["result"], "unchanged");
    let dear = set(&["interview", "--provider", "openai", "--platform-part", "2", "--provider-part", "3"]);
    assert_eq!((&dear["result"], &dear["item"]["version"]), (&json!("created"), &json!(1)));
    let quote = |operation: &str, units: &str| {
        item(&world.byok(&ada), "acme", &["quote", operation, "--provider", "openai", "--units", units])["item"].clone()
    };
    let quoted = quote("interview", "2");
    assert_eq!(
        (&quoted["source"], &quoted["with_organization_key"]["total"], &quoted["with_platform_key"]["total"]),
        (&json!("organization"), &json!("4"), &json!("10"))
    );
    let quoted = quote("text-to-speech", "5");
    assert_eq!((&quoted["platform_part"], &quoted["provider_part"]), (&json!("0.000075"), &json!("0.000001")));
    assert_eq!(charge(&admin, "acme", &["--units", "2"])["total"], "4");
    admin.ok(&["credits", "rates", "remove", "interview", "--provider", "openai"]);
    assert_eq!(charge(&admin, "acme", &[])["total"], "1");
    let (_, list) = admin.json(&["credits", "rates", "list", "interview", "--all-versions"]);
    let states: Vec<_> = list["items"].as_array().unwrap().iter().map(|rate| rate["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["active", "removed"]);
    assert_eq!(admin.ok(&["credits", "rates", "list"]).lines().count(), 2);
    for bad in [&["a b", "--platform-part", "1"][..], &["x", "--platform-part", "-1"], &["x", "--platform-part", "1e3"]]
    {
        admin.fails(2, &[&["credits", "rates", "set"], bad, &["--provider-part", "1"]].concat());
    }
}

#[test]
fn credits_do_not_need_an_organization_that_is_enabled_but_one_that_is_meant() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    let said = admin.fails(3, &["credits", "grant", "5", "--org", "acmee"]);
    assert!(said.contains("--new"), "{said}");
    assert_eq!(item(&admin, "carol", &["grant", "5", "--new"])["item"]["available"], "5");
    assert_eq!(charge(&admin, "carol", &[])["source"], "platform");
    assert_eq!(admin.json(&["org", "show", "carol"]).1["item"]["enabled"], false);
    admin.fails(3, &["credits", "balance", "--org", "nobody"]);
    for bad in ["0", "-5", "1e3", "1,5", "0.0000001", "1000000001"] {
        admin.fails(2, &["credits", "grant", "--org", "acme", "--", bad]);
    }
}

#[test]
fn the_ledger_is_append_only_and_a_line_that_is_not_zero_is_refused_even_a_superuser() {
    let (world, ..) = world();
    for statement in ["update byok.ledger set units = 1", "delete from byok.ledger", "truncate byok.ledger"] {
        assert_eq!(crate::harness::sql(&world.url("byok"), statement), Err("42501".into()), "{statement}");
    }
    let free = "insert into byok.ledger (org, kind, request, request_hash, available, held, issued, platform_part,
        provider_part, login_oid) values ('acme', 'grant', 'x', '', 5, 0, 0, 0, 0, 10)";
    assert_eq!(crate::harness::sql(&world.url("byok"), free), Err("23514".into()));
    let negative = "update byok.balance set available = -1";
    assert_eq!(crate::harness::sql(&world.url("byok"), negative), Err("23514".into()));
}

#[test]
fn reconcile_finds_what_does_not_add_up() {
    let (world, ..) = world();
    let admin = world.byok("byok");
    item(&admin, "bolt", &["hold", "interview", "--provider", "openai", "--request-id", "h"]);
    let (code, document) = admin.json(&["credits", "reconcile"]);
    assert_eq!((code, &document["item"]["findings"], &document["item"]["total"]), (0, &json!([]), &json!("0")));
    world.root("update byok.balance set available = available + 1 where org = 'acme'");
    world.root("delete from byok.hold where org = 'bolt'");
    let (code, document) = admin.json(&["credits", "reconcile"]);
    let found: Vec<String> = document["item"]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}", it["org"], it["code"], it["subject"]).replace('"', ""))
        .collect();
    assert_eq!(
        (code, found),
        (9, vec!["acme balance available".into(), "bolt holds held".into(), "bolt hold h".into()])
    );
    assert_eq!(admin.json(&["credits", "reconcile", "--org", "bolt"]).0, 9);
}
