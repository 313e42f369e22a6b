//! Rights on credits and on the request path, tested at the functions themselves.

use crate::credits::world;
use crate::harness::sql;

/// Owner, viewer, another organization's owner, admin, resolver, auditor, stranger.
type Allowed = [bool; 7];
const OWNER: Allowed = [true, false, false, false, true, false, false];
const OF_ORG: Allowed = [true, true, false, true, true, true, false];
const ANYBODY: Allowed = [true, true, true, true, true, true, false];
const OF_ALL: Allowed = [false, false, false, true, true, true, false];
const ADMIN: Allowed = [false, false, false, true, false, false, false];
const RESOLVER: Allowed = [false, false, false, false, true, false, false];
const ADMIN_OR_RESOLVER: Allowed = [false, false, false, true, true, false, false];
const NOBODY: Allowed = [false; 7];

/// Each function, and who gets past authorization.
const TABLE: [(&str, Allowed); 29] = [
    ("rate_set('x','','request',1,1,1)", ADMIN),
    ("rate_remove('x','')", ADMIN),
    ("rate_list(null,true)", ANYBODY),
    ("credit_grant('acme','g',1,null,false)", ADMIN),
    ("credit_refund('acme','nothing','f',1,null)", ADMIN),
    ("credit_charge('acme','openai','interview',1,'c',null)", RESOLVER),
    ("credit_charge('acme','openai','interview',1,'h',60)", RESOLVER),
    ("credit_settle('acme','h',1)", RESOLVER),
    ("credit_release('acme','h')", RESOLVER),
    ("acquire_undo('acme','c','\\x00','given_up')", RESOLVER),
    ("key_use('acme','openai','organization',1,null,null,'u','test','\\x00')", OWNER),
    ("key_serving('acme','openai',null,null,null,null)", OWNER),
    ("key_serving('','openai',null,null,null,null)", NOBODY),
    ("acquire('acme','openai',null,null,null,null,null,null,'a',null,null,null)", RESOLVER),
    ("data_key_of('acme',1)", OWNER),
    ("data_key_of('',1)", RESOLVER),
    ("balance_list('acme',null,9)", OF_ORG),
    ("balance_list(null,null,9)", ANYBODY),
    ("credit_quote('acme','openai','interview',1)", OF_ORG),
    ("credit_history('acme',null,null,null,null,9)", OF_ORG),
    ("usage_orgs(null,9)", ANYBODY),
    ("usage('{acme}','key',null,null)", OF_ORG),
    ("usage('{acme,bolt}','key',null,null)", OF_ALL),
    ("credit_totals('acme')", OF_ORG),
    ("credit_totals(null)", OF_ALL),
    ("credit_findings('acme')", OF_ORG),
    ("credit_findings(null)", OF_ALL),
    ("credit_expire('acme')", ADMIN_OR_RESOLVER),
    ("credit_expire(null)", ADMIN_OR_RESOLVER),
];

#[test]
fn each_login_may_call_what_is_its_own_and_nothing_else() {
    let (world, ada, bob) = world();
    let viewer = world.login("vic");
    world.byok("byok").ok(&["member", "add", "acme", &viewer, "--role", "viewer"]);
    let in_role = |name: &str, role: &str| {
        let login = world.login(name);
        world.root(&format!("grant {role} to {login}"));
        login
    };
    let (admin, resolver) = (in_role("root", "byok_admin"), in_role("server", "byok_resolver"));
    let (auditor, stranger) = (in_role("aud", "byok_auditor"), world.login("eve"));
    for (call, allowed) in TABLE {
        let logins = [&ada, &viewer, &bob, &admin, &resolver, &auditor, &stranger];
        for (login, allowed) in logins.into_iter().zip(allowed) {
            let refused = sql(&world.url(login), &format!("select byok_api.{call}")) == Err("42501".into());
            assert_eq!(!refused, allowed, "{login}: {call}");
        }
    }
}

#[test]
fn lists_over_all_organizations_show_a_member_its_own_alone() {
    let (world, ada, _) = world();
    let owner = world.byok(&ada);
    let orgs = |arguments: &[&str]| -> Vec<String> {
        let (_, document) = owner.json(arguments);
        document["items"].as_array().unwrap().iter().map(|item| item["org"].as_str().unwrap().to_owned()).collect()
    };
    world.byok("byok").ok(&["credits", "charge", "interview", "--provider", "openai", "--org", "acme"]);
    world.byok("byok").ok(&["credits", "charge", "interview", "--provider", "openai", "--org", "bolt"]);
    assert_eq!(orgs(&["credits", "balance", "--all-orgs"]), ["acme"]);
    assert_eq!(orgs(&["credits", "usage", "--all-orgs"]), ["acme"]);
    for line in [
        &["credits", "history", "--org", "bolt"][..],
        &["credits", "balance", "--org", "bolt"],
        &["credits", "usage", "--org", "bolt"],
        &["credits", "reconcile"],
        &["credits", "grant", "5", "--org", "acme"],
        &["credits", "rates", "remove", "interview"],
    ] {
        owner.fails(4, line);
    }
    for line in [
        &["credits", "charge", "interview", "openai", "--org", "acme"][..],
        &["credits", "hold", "interview", "openai", "--org", "acme"],
        &["credits", "settle", "call-17", "--org", "acme"],
        &["credits", "release", "call-17", "--org", "acme"],
    ] {
        let said = owner.fails(4, line);
        assert!(
            said.contains("does not have the role resolver") && said.contains("byok role grant resolver "),
            "{said}"
        );
    }
}

#[test]
fn nobody_reads_or_writes_the_tables_of_credits() {
    let (world, ada, _) = world();
    let server = world.login("server");
    world.grant("resolver", &server);
    world.root(&format!("grant usage on schema byok to {ada}; grant select on all tables in schema byok to {ada}"));
    for table in ["ledger", "balance", "hold", "rate"] {
        assert_eq!(sql(&world.url(&server), &format!("select * from byok.{table}")), Err("42501".into()), "{table}");
        assert_eq!(sql(&world.url(&ada), &format!("select 'row' from byok.{table}")), Ok(vec![]), "granted by mistake");
    }
    for call in [
        "adjust_balance('acme',5,0)",
        "charge_or_hold('acme','x','','openai','organization',1,'','interview',1,null,null)",
        "refund_charge('acme','c','f',1,null)",
    ] {
        assert_eq!(sql(&world.url(&server), &format!("select byok.{call}")), Err("42501".into()), "{call}");
    }
}

#[test]
fn an_owner_reads_what_ran_on_the_platforms_key_without_its_hint() {
    let (world, _, bob) = world();
    world.byok("byok").ok(&["credits", "charge", "interview", "--provider", "openai", "--org", "bolt"]);
    let owner = world.byok(&bob);
    for report in ["history", "usage"] {
        let (_, document) = owner.json(&["credits", report, "--org", "bolt"]);
        let item = &document["items"][0];
        assert_eq!((&item["source"], &item["key_version"]), (&"platform".into(), &1.into()), "{report}");
        assert_eq!(item["hint"], serde_json::Value::Null, "{report}");
    }
}
