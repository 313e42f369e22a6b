//! Reports: history, usage, charts, formats, and complete lists.

use serde_json::{Value, json};

use crate::credits::world;
use crate::harness::{Byok, World, openai_key};

fn charge(byok: &Byok, org: &str, request: &str) {
    byok.ok(&["credits", "charge", "interview", "--provider", "openai", "--org", org, "--request-id", request]);
}

/// Three charges on acme's own key (two versions of it), one on the platform's, and one of them refunded.
fn used() -> (World, Byok, Byok) {
    loop {
        let (world, admin, owner) = used_now();
        let days = "select count(distinct (at at time zone 'UTC')::date)::text from byok.ledger";
        // Around midnight it would be of two days.
        if world.root(days) == ["1"] {
            return (world, admin, owner);
        }
    }
}

fn used_now() -> (World, Byok, Byok) {
    let (world, ada, _) = world();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    charge(&admin, "acme", "r1");
    charge(&admin, "acme", "r2");
    owner.clone().input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    charge(&admin, "acme", "r3");
    owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    charge(&admin, "acme", "r4");
    charge(&admin, "bolt", "r1");
    admin.ok(&["credits", "refund", "r2", "--org", "acme", "--note", "outage"]);
    (world, admin, owner)
}

fn usage(byok: &Byok, by: &str) -> Vec<Value> {
    let (code, document) = byok.json(&["credits", "usage", "--org", "acme", "--by", by]);
    assert_eq!((code, &document["kind"]), (0, &json!("credits.usage")));
    document["items"].as_array().unwrap().clone()
}

#[test]
fn usage_tells_what_ran_on_own_keys_and_on_the_platforms_with_their_versions() {
    let (_world, admin, owner) = used();
    let keys: Vec<_> = usage(&admin, "key")
        .iter()
        .map(|it| format!("{} {} {} {} {}", it["source"], it["key_version"], it["hint"], it["requests"], it["total"]))
        .map(|line| line.replace('"', ""))
        .collect();
    assert_eq!(keys, ["organization 1 ...xK7q 2 1", "organization 2 ...aaaa 1 1", "platform 1 ...4242 1 3.5"]);
    let provider = &usage(&owner, "provider")[0];
    let wanted = json!({"requests": 4, "own_requests": 3, "platform_requests": 1, "units": 4, "unit": "request",
        "platform_part": "3", "provider_part": "2.5", "on_own_keys": "2", "on_platform_keys": "3.5", "total": "5.5"});
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&provider[name], value, "{name}");
    }
    for by in ["source", "operation", "day", "month"] {
        let groups = usage(&owner, by);
        let requests: i64 = groups.iter().map(|group| group["requests"].as_i64().unwrap()).sum();
        assert_eq!(requests, 4, "{by}");
        assert_eq!(groups.len(), if by == "source" { 2 } else { 1 }, "{by}");
    }
    assert_eq!(usage(&owner, "operation")[0]["operation"], "interview");
    let month = usage(&owner, "month")[0]["period"].as_str().unwrap().to_owned();
    assert!(usage(&owner, "day")[0]["period"].as_str().unwrap().starts_with(&month) && month.len() == 7);
    let all = admin.json(&["credits", "usage", "--all-orgs", "--by", "source"]).1;
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let never = ["credits", "usage", "--org", "acme", "--until", "2020-01-01"];
    assert_eq!(owner.json(&never).1["items"], json!([]));
    owner.fails(2, &["credits", "usage", "--org", "acme", "--since", "yesterday"]);
    admin.fails(3, &["credits", "usage", "--org", "nobody"]);
}

#[test]
fn history_shows_every_line_with_its_key_price_and_request() {
    let (_world, admin, owner) = used();
    let (_, document) = owner.json(&["credits", "history", "--org", "acme"]);
    let kinds: Vec<_> =
        document["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["refund", "charge", "charge", "charge", "charge", "grant"]);
    let refund = &document["items"][0];
    assert_eq!(
        (&refund["of_request"], &refund["note"], &refund["total"]),
        (&json!("r2"), &json!("outage"), &json!("-1"))
    );
    let (_, document) = owner.json(&["credits", "history", "--org", "acme", "--request-id", "r2"]);
    assert_eq!(document["items"].as_array().unwrap().len(), 2, "the charge and its refund");
    let csv = owner.ok(&["credits", "history", "--org", "acme", "-o", "csv"]);
    assert!(csv.starts_with("at,kind,available,held,operation,"), "{csv}");
    assert!(csv.contains(",charge,-1,0,interview,1 request,1,0,organization,openai v1 ...xK7q,r1,"), "{csv}");
    let table = admin.ok(&["credits", "history", "--org", "bolt", "-o", "table"]);
    assert!(table.contains("platform") && table.contains("...4242") && table.contains("-3.5"), "{table}");
}

#[test]
fn a_chart_shows_whose_keys_it_was_and_is_for_people() {
    let (_world, admin, owner) = used();
    let drawn = owner.ok(&["credits", "usage", "--org", "acme", "--by", "source", "--chart", "-o", "table"]);
    let lines: Vec<&str> = drawn.lines().collect();
    assert!(lines[0].starts_with("acme organization  █") && lines[0].ends_with(" 2"), "{drawn}");
    assert!(lines[1].starts_with("acme platform      ░") && lines[1].ends_with(" 3.5"), "{drawn}");
    assert!(
        lines[0].chars().filter(|letter| *letter == '█').count()
            < lines[1].chars().filter(|letter| *letter == '░').count()
    );
    let said = owner.fails(2, &["credits", "usage", "--org", "acme", "--chart", "-o", "csv"]);
    assert!(said.contains("-o table"), "{said}");
    assert_eq!(
        admin.ok(&["credits", "usage", "--all-orgs", "--by", "month", "--chart", "-o", "table"]).lines().count(),
        4
    );
}

#[test]
fn long_lists_are_whole_whatever_the_page() {
    let (world, ..) = world();
    world.root(
        "insert into byok.org (org, enabled) select 'org-' || lpad(n::text, 5, '0'), false from generate_series(1, 1201) n;
         insert into byok.ledger (org, kind, request, request_hash, available, held, issued, platform_part, provider_part, login_oid)
         select 'acme', 'grant', 'g' || n, '', 1, 0, -1, 0, 0, 10 from generate_series(1, 2500) n;
         insert into byok.ledger (org, kind, request, request_hash, available, held, issued, platform_part, provider_part,
            login_oid, provider, source, key_version, operation, units)
         select 'org-' || lpad(n::text, 5, '0'), 'charge', 'r', '', -1, 0, 0, 1, 0, 10, 'openai', 'organization', 1, 'interview', 1
         from generate_series(1, 1201) n",
    );
    let admin = world.byok("byok");
    assert_eq!(admin.ok(&["credits", "history", "--org", "acme"]).lines().count(), 2501);
    assert_eq!(admin.ok(&["credits", "balance", "--all-orgs", "-o", "jsonl"]).lines().count(), 1203);
    assert_eq!(admin.ok(&["credits", "usage", "--all-orgs"]).lines().count(), 1201);
    let document = admin.json(&["credits", "usage", "--all-orgs", "--by", "month"]).1;
    assert_eq!(document["items"].as_array().unwrap().len(), 1201);
    assert_eq!(admin.json(&["credits", "reconcile"]).1["item"]["postings"], 3703);
}

#[test]
fn an_organization_with_many_postings_is_reconciled_and_refunded() {
    let (world, ..) = world();
    // A query that looked through all postings of the organization for each of them would be cancelled after a minute.
    world.root(
        "insert into byok.ledger (org, kind, request, request_hash, available, held, issued, platform_part, provider_part,
                                  provider, source, key_version, operation, units, login_oid)
         select 'acme', k.kind, 'long-' || n, '', k.available, k.held, 0, k.part, 0, 'openai', 'organization', 1, 'interview', 1, 10
         from generate_series(1, 30000) n,
              (values ('hold', -1, 1, 0), ('settle', 0, -1, 1)) k (kind, available, held, part)",
    );
    world.root("update byok.balance set available = available - 30000 where org = 'acme'");
    let admin = world.byok("byok");
    admin.ok(&["credits", "refund", "long-15000", "--org", "acme"]);
    admin.ok(&["credits", "reconcile"]);
    admin.ok(&["credits", "reconcile", "--org", "acme"]);
}
