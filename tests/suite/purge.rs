//! `org purge`.

use serde_json::{Value, json};

use crate::harness::{Byok, World, openai_key, sql};
use crate::open_transactions::Open;

/// What follows a charge or a hold of the tenant before is refused.
fn nothing_comes_back(admin: &Byok) {
    for line in [
        &["credits", "refund", "r1", "--org", "acme"][..],
        &["credits", "settle", "h1", "--org", "acme"],
        &["credits", "release", "h1", "--org", "acme"],
    ] {
        let said = admin.fails(5, line);
        assert!(said.contains("was closed when acme was purged"), "{line:?}: {said}");
    }
}

#[test]
fn a_purge_erases_every_key_and_leaves_the_records() {
    let (world, ada, bob) = World::with_owners();
    let set = |login: &str, org: &str, end: &str| {
        world.byok(login).input(openai_key(end)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
    };
    set(&ada, "acme", "1111");
    set(&ada, "acme", "2222");
    set(&bob, "bolt", "3333");
    let admin = world.byok("byok");
    for line in [&["org", "purge", "acme"][..], &["org", "purge", "acme", "--confirm", "bolt"]] {
        let said = admin.fails(2, line);
        assert!(said.contains("--confirm acme"), "{said}");
    }
    world.byok(&ada).fails(4, &["org", "purge", "acme", "--confirm", "acme"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    admin.ok(&["credits", "grant", "10", "--org", "acme"]);
    admin.ok(&["credits", "charge", "interview", "--provider", "openai", "--org", "acme"]);
    let history = || admin.ok(&["credits", "history", "--org", "acme", "-o", "jsonl"]);
    let bill = history();
    assert_eq!(bill.lines().count(), 2);
    let audit = world.root("select count(*)::text from byok.audit where org = 'acme'")[0].parse::<u32>().unwrap();

    let (_, document) = admin.json(&["org", "purge", "acme", "--confirm", "acme"]);
    assert_eq!((&document["result"], &document["item"]["keys"]), (&json!("purged"), &json!(2)));
    assert_eq!(admin.json(&["org", "purge", "acme", "--confirm", "acme"]).1["result"], "unchanged");
    let left = "select count(*)::text from byok.provider_key where org = 'acme'
                and (encrypted is not null or hint <> '' or state <> 'removed' or fingerprint <> '\\x0000000000000000')";
    assert_eq!(world.root(left), ["0"]);
    assert_eq!(
        world.root("select count(*)::text from byok.data_key where org = 'acme' and wrapped is not null"),
        ["0"]
    );
    assert_eq!(world.root("select count(*)::text from byok.member where org = 'acme'"), ["0"]);
    let now = world.root("select count(*)::text from byok.audit where org = 'acme'")[0].parse::<u32>().unwrap();
    assert_eq!(now, audit + 1);
    admin.ok(&["audit", "verify"]);
    let after = history();
    let (closed, before) = after.split_once('\n').unwrap();
    assert_eq!(before, bill, "what was charged was charged, and for which key");
    let closed: Value = serde_json::from_str(closed).unwrap();
    assert_eq!((&closed["kind"], &closed["available_change"]), (&json!("close"), &json!("-9")));
    admin.ok(&["credits", "reconcile"]);
    world.byok(&ada).fails(4, &["key", "list", "--org", "acme"]);
    world.byok(&bob).ok(&["resolve", "openai", "--org", "bolt", "--verify", "--require", "organization"]);

    admin.fails(3, &["org", "purge", "nobody", "--confirm", "nobody"]);
}

/// An organization with a key, a charge that costs 1, an open hold of 2 and a rest of 77; and the platform's key.
fn account() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    admin.ok(&["credits", "rates", "set", "free", "--platform-part", "0", "--provider-part", "0"]);
    admin.ok(&["credits", "grant", "80", "--org", "acme", "--request-id", "g1"]);
    admin.ok(&charge("r1"));
    admin.ok(&HOLD);
    (world, ada)
}

const HOLD: [&str; 11] =
    ["credits", "hold", "interview", "--provider", "openai", "--org", "acme", "--units", "2", "--request-id", "h1"];

fn charge(request: &str) -> [&str; 9] {
    ["credits", "charge", "interview", "--provider", "openai", "--org", "acme", "--request-id", request]
}

fn items(byok: &Byok, line: &[&str]) -> Vec<Value> {
    byok.json(line).1["items"].as_array().unwrap().clone()
}

#[test]
fn a_purge_says_what_is_left_writes_it_off_and_the_books_still_balance() {
    let (world, _) = account();
    let admin = world.byok("byok");
    let asked = admin.fails(2, &["org", "purge", "acme"]);
    assert!(asked.contains("which has 79 credits"), "{asked}");
    let (_, document) = admin.json(&["org", "purge", "acme", "--confirm", "acme"]);
    assert_eq!(document["item"]["written_off"], "79");
    let entries = items(&admin, &["credits", "history", "--org", "acme"]);
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["close", "release", "hold", "charge", "grant"]);
    assert_eq!(entries[0]["available_change"], "-79");
    let (code, totals) = admin.json(&["credits", "reconcile"]);
    let item = &totals["item"];
    assert_eq!((code, &item["total"], &item["findings"]), (0, &json!("0"), &json!([])));
    assert_eq!((&item["issued"], &item["written_off"], &item["available"]), (&json!("-1"), &json!("79"), &json!("0")));
    assert_eq!(items(&admin, &["credits", "usage", "--org", "acme"])[0]["total"], "1", "the last bill is still there");
    let audited = "select detail ->> 'written_off' from byok.audit where action = 'org.purge'";
    assert_eq!(world.root(audited), ["79000000"]);
    assert!(!admin.json(&["org", "show", "acme"]).1["item"]["purged_at"].is_null());
    let again = admin.json(&["org", "purge", "acme", "--confirm", "acme"]).1;
    assert_eq!((&again["result"], &again["item"]["written_off"]), (&json!("unchanged"), &json!("0")));
}

#[test]
fn an_id_that_was_purged_is_not_used_again_by_mistake() {
    let (world, ada) = account();
    let admin = world.byok("byok");
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data-key");
    let file = file.to_str().unwrap();
    for line in [
        &["enable", "acme"][..],
        &["enable", "acme", "--owner", &ada],
        &["member", "add", "acme", &ada],
        &["credits", "grant", "5", "--org", "acme"],
        &["credits", "grant", "80", "--org", "acme", "--request-id", "g1"],
        &["data-key", "issue", "acme", "--to-file", file],
        &["disable", "acme"],
        &charge("new"),
        &charge("r1"),
        &["credits", "charge", "free", "--provider", "openai", "--org", "acme"],
        &["credits", "quote", "free", "--provider", "openai", "--org", "acme"],
        &["resolve", "openai", "--org", "acme"],
    ] {
        let said = admin.fails(5, line);
        assert!(said.contains("acme was purged") && said.contains("byok enable acme --reuse"), "{line:?}: {said}");
    }
    nothing_comes_back(&admin);
    assert_eq!(admin.json(&["enable", "acme", "bolt"]).0, 8, "the other one is enabled all the same");
    assert_eq!(world.root("select distinct tenancy::text from byok.ledger"), ["1"], "nothing was posted");
    assert!(admin.fails(125, &["run", "openai", "--org", "acme", "--", "true"]).contains("acme was purged"));
    // A server gets the platform's key, as for any id that is not enabled, and posts nothing, not even a free request.
    let server = |call: &str| sql(&world.url("byok"), &format!("select source from byok_api.{call}"));
    let serving = "acquire('acme', 'openai', null, null, null, null, null, null, null, null, null, null)";
    assert_eq!(server(serving), Ok(vec!["platform".into()]));
    let used = "key_use('acme', 'openai', 'platform', 1, 'free', 1, 'f1', null, null)";
    assert_eq!(sql(&world.url("byok"), &format!("select result from byok_api.{used}")), Err("BK019".into()));
    admin.ok(&["credits", "reconcile"]);
}

#[test]
fn the_next_tenant_of_an_id_begins_with_nothing_of_the_one_before() {
    let (world, ada) = account();
    let admin = world.byok("byok");
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    let eve = world.login("eve");
    let (_, document) = admin.json(&["enable", "acme", "--reuse", "--owner", &eve]);
    assert_eq!(document["items"][0]["result"], "reused");
    assert_eq!(admin.json(&["enable", "acme", "--reuse"]).1["items"][0]["result"], "unchanged");
    let owner = world.byok(&eve);
    assert_eq!(owner.json(&["credits", "balance", "--org", "acme"]).1["item"]["available"], "0");
    assert_eq!(owner.json(&["credits", "history", "--org", "acme"]).1["items"], json!([]));
    assert_eq!(owner.json(&["credits", "usage", "--org", "acme"]).1["items"], json!([]));
    assert_eq!(owner.json(&["key", "history", "openai", "--org", "acme"]).1["items"], json!([]));
    let seen = items(&owner, &["audit", "list", "--org", "acme"]);
    let actions: Vec<_> = seen.iter().map(|record| record["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["member.add", "org.enable"]);
    assert!(seen[1]["detail"].to_string().contains("reuse"), "{seen:?}");
    assert!(items(&admin, &["audit", "list", "--org", "acme"]).len() > 4, "an admin sees all of it");
    world.byok(&ada).fails(4, &["credits", "history", "--org", "acme"]);

    // Every id of the first tenant is free, and what it asked for is asked anew.
    admin.fails(10, &charge("r1"));
    assert_eq!(admin.json(&["credits", "grant", "10", "--org", "acme", "--request-id", "g1"]).1["result"], "granted");
    owner.clone().input(openai_key("3333")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    nothing_comes_back(&admin);
    assert_eq!(admin.json(&charge("r1")).1["result"], "charged");
    assert_eq!(admin.json(&charge("r1")).1["result"], "unchanged");
    assert_eq!(admin.json(&HOLD).1["result"], "held");
    assert_eq!(admin.json(&["credits", "settle", "h1", "--org", "acme"]).1["result"], "settled");
    assert_eq!(owner.json(&["credits", "balance", "--org", "acme"]).1["item"]["available"], "7");

    // The owner sees one tenancy, an admin sees each by itself.
    assert_eq!(items(&owner, &["credits", "history", "--org", "acme"]).len(), 4);
    let bills = items(&admin, &["credits", "usage", "--org", "acme", "--by", "provider"]);
    let bills: Vec<_> = bills.iter().map(|bill| (bill["tenancy"].as_i64(), bill["total"].as_str())).collect();
    assert_eq!(bills, [(Some(1), Some("1")), (Some(2), Some("3"))]);
    for byok in [&owner, &admin] {
        let (code, totals) = byok.json(&["credits", "reconcile", "--org", "acme"]);
        assert_eq!((code, &totals["item"]["available"]), (0, &json!("7")));
    }
    assert_eq!(admin.json(&["credits", "reconcile"]).0, 0);
    // The third tenancy works as the second.
    assert_eq!(admin.json(&["org", "purge", "acme", "--confirm", "acme"]).1["item"]["written_off"], "7");
    admin.ok(&["enable", "acme", "--reuse", "--owner", &eve]);
    assert_eq!(owner.json(&["credits", "history", "--org", "acme"]).1["items"], json!([]));
    world.byok(&eve).input(openai_key("5555")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert_eq!(items(&owner, &["key", "history", "openai", "--org", "acme"]).len(), 1);
    assert_eq!(items(&owner, &["key", "list", "--org", "acme"])[0]["version"], 3, "versions go on");
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
}

#[test]
fn a_recorded_use_of_a_key_belongs_to_its_own_tenant() {
    let (world, _) = account();
    let admin = world.byok("byok");
    let run = ["run", "openai", "--org", "acme", "--operation", "free", "--request-id", "u1", "--", "true"];
    admin.ok(&run);
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    admin.ok(&["enable", "acme", "--reuse"]);
    admin.ok(&run);
    admin.ok(&["credits", "reconcile"]);
    assert_eq!(
        world.root("select coalesce(detail ->> 'tenancy', '1') from byok.audit where action = 'key.use' order by seq"),
        ["1", "2"]
    );
    // A use without a charge in its own tenancy is found, even if the tenant before had that request.
    world.root("set session_replication_role = replica; delete from byok.ledger where request = 'u1' and tenancy = 2");
    let (code, found) = admin.json(&["credits", "reconcile"]);
    assert_eq!((code, &found["item"]["findings"][0]["subject"]), (9, &json!("u1")));
}

#[test]
fn a_call_of_the_tenant_before_takes_nothing_back() {
    let (world, _) = account();
    let admin = world.byok("byok");
    let paid = "select result from byok_api.key_use('acme','openai','organization',1,'interview',1,'u1',null,'\\x01')";
    assert_eq!(sql(&world.url("byok"), paid), Ok(vec!["charged".into()]));
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    let undo = "select result from byok_api.acquire_undo('acme','u1','\\x01','given_up')";
    assert_eq!(sql(&world.url("byok"), undo), Err("BK113".into()));
    admin.ok(&["enable", "acme", "--reuse"]);
    assert_eq!(sql(&world.url("byok"), undo), Err("BK113".into()));
    // Nor when the new tenant has a request with the same id.
    let free = "select result from byok_api.key_use('acme','openai','platform',1,'free',1,'u1',null,'\\x02')";
    assert_eq!(sql(&world.url("byok"), free), Ok(vec!["charged".into()]));
    assert_eq!(sql(&world.url("byok"), undo), Err("BK104".into()));
    assert_eq!(admin.json(&["credits", "balance", "--org", "acme"]).1["item"]["available"], "0");
    admin.ok(&["credits", "reconcile"]);
}

#[test]
fn a_purge_that_is_killed_in_the_middle_did_nothing() {
    let (world, ada) = account();
    let admin = world.byok("byok");
    let state = || {
        let (entries, keys) = ("select count(*)::text from byok.ledger", "select count(*)::text from byok.member");
        (world.root(entries), world.root(keys), items(&world.byok(&ada), &["key", "list", "--org", "acme"]))
    };
    let before = state();
    // It waits for the balance, with the keys erased and the holds released.
    let mut holder = Open::begin(&world.url("byok"), "byok");
    holder.want("select 1 from byok.balance where org = 'acme' for update");
    let purge = "select result from byok_api.org_purge('acme', 'acme')";
    let waits = "select pid::text from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock' and query like '%org_purge%'";
    std::thread::scope(|scope| {
        let killed = scope.spawn(|| sql(&world.url("byok"), purge));
        while world.root(waits).is_empty() {
            std::thread::yield_now();
        }
        let pid = world.root(waits).remove(0);
        world.root(&format!("select pg_terminate_backend({pid})::text"));
        assert!(killed.join().unwrap().is_err());
    });
    assert!(holder.commits());
    assert_eq!(state(), before);
    assert_eq!(admin.json(&charge("r1")).1["result"], "unchanged");
    admin.ok(&["credits", "reconcile"]);
    assert_eq!(admin.json(&["org", "purge", "acme", "--confirm", "acme"]).1["item"]["written_off"], "79");
    admin.ok(&["credits", "reconcile"]);
}

#[test]
fn a_request_that_waits_for_a_purge_moves_nothing() {
    let (world, _) = account();
    let url = world.url("byok");
    for (at, (request, outcome)) in [
        ("credit_grant(ORG, 'late', 5, null, false)", Err("BK019".into())),
        ("credit_charge(ORG, 'openai', 'interview', 1, 'late', null)", Err("BK019".into())),
        ("credit_charge(ORG, 'openai', 'interview', 1, 'late', 60)", Err("BK019".into())),
        ("credit_refund(ORG, 'r1', 'late', null, null)", Err("BK019".into())),
        ("credit_settle(ORG, 'h1', 1)", Err("BK105".into())),
        ("credit_release(ORG, 'h1')", Ok(vec!["unchanged".into()])),
    ]
    .into_iter()
    .enumerate()
    {
        let org = format!("'org-{at}'");
        let call = |text: &str| format!("select result from byok_api.{}", text.replace("ORG", &org));
        for begun in [
            "credit_grant(ORG, 'g1', 80000000, null, true)",
            "credit_charge(ORG, 'openai', 'interview', 1, 'r1', null)",
            "credit_charge(ORG, 'openai', 'interview', 1, 'h1', 600)",
        ] {
            sql(&url, &call(begun)).unwrap();
        }
        let mut purge = Open::begin(&url, "byok");
        purge.want(&call(&format!("org_purge(ORG, {org})")));
        let waits = format!(
            "select pid::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
               and query like '%(''org-{at}''%'"
        );
        let waited = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sql(&url, &call(request)));
            while world.root(&waits).is_empty() {
                std::thread::yield_now();
            }
            assert!(purge.commits());
            waiting.join().unwrap()
        });
        assert_eq!(waited, outcome, "{request}");
        let balance = format!("select available + held || ' ' || tenancy from byok.balance where org = {org}");
        assert_eq!(world.root(&balance), ["0 2"], "{request}");
    }
    world.byok("byok").ok(&["credits", "reconcile"]);
}

#[test]
fn a_copy_of_the_data_key_of_the_tenant_before_is_not_restored() {
    let (world, _) = account();
    let admin = world.byok("byok");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data-key");
    let file = file.to_str().unwrap();
    admin.ok(&["data-key", "issue", "acme", "--to-file", file]);
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    let restore = ["data-key", "restore", "acme", "--from-file", file];
    assert!(admin.fails(5, &restore).contains("acme was purged"));
    let eve = world.login("eve");
    admin.ok(&["enable", "acme", "--reuse", "--owner", &eve]);
    admin.fails(4, &restore);
    world.byok(&eve).input(openai_key("3333")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert_eq!(world.root("select epoch::text from byok.data_key where org = 'acme' and state = 'active'"), ["2"]);
    admin.ok(&["master-key", "verify"]);
}
