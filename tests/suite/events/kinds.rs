//! Each kind of event is written in the transaction of what it tells about, and once.

use byok::admin::crypto::MasterKey;
use byok::event::EventKind;
use byok::{AcquireError, Charge, Resolver};

use super::{count, written};
use crate::credits;
use crate::harness::{World, block_on, master_text, openai_key, parse, sql};

fn with_key() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    (world, ada)
}

fn expire(world: &World, ada: &str, length: &str) {
    world.byok(ada).ok(&["key", "expire", "openai", "--org", "acme", "--expires", length]);
}

#[test]
fn an_end_date_is_told_of_when_it_is_near_and_when_it_has_passed_once_for_each_date() {
    let (world, ada) = with_key();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    expire(&world, &ada, "30d");
    admin.ok(&["tidy"]);
    assert_eq!(written(&world), [""; 0], "it is not near yet");
    expire(&world, &ada, "3d");
    for byok in [&owner, &admin] {
        byok.ok(&["tidy"]);
    }
    assert_eq!(count(&world, "key.near_expiry acme"), 1);
    expire(&world, &ada, "5d");
    admin.ok(&["watch", "--once", "-o", "jsonl"]);
    assert_eq!(count(&world, "key.near_expiry acme"), 2, "another date");
    admin.ok(&["tidy"]);
    world.root("update byok.provider_key set expires_at = now() - interval '1 second' where state = 'active'");
    for _ in 0..2 {
        admin.ok(&["tidy"]);
    }
    assert_eq!((count(&world, "key.near_expiry"), count(&world, "key.expired acme")), (2, 1));
    let hint =
        world.root("select provider || ' ' || version || ' ' || hint from byok.event where kind = 'key.expired'");
    assert_eq!(hint, ["openai 1 xK7q"]);
}

#[test]
fn how_near_a_date_must_be_is_a_setting_and_an_owner_only_tells_of_the_own_organization() {
    let (world, ada) = with_key();
    expire(&world, &ada, "30d");
    world.byok(&world.login_name("bob")).ok(&["watch", "--once", "--near", "60d"]);
    assert_eq!(written(&world), [""; 0]);
    world.byok(&ada).ok(&["watch", "--once", "--near", "60d"]);
    assert_eq!(count(&world, "key.near_expiry acme"), 1);
    world.byok(&ada).fails(2, &["watch", "--once", "--near", "400d"]);
}

#[test]
fn a_scan_neither_waits_for_a_key_that_somebody_changes_nor_forgets_it() {
    let (world, ada) = with_key();
    expire(&world, &ada, "3d");
    let hold = "begin; select 1 from byok_api.key_expire('acme', 'openai', 0, now() + interval '4 days')";
    block_on(async {
        use sqlx::{Connection as _, Executor as _};
        let mut open = sqlx::PgConnection::connect(&world.url(&ada)).await.unwrap();
        open.execute(sqlx::raw_sql(hold)).await.unwrap();
        world.byok("byok").ok(&["tidy"]);
        assert_eq!(written(&world), [""; 0]);
        open.execute("commit").await.unwrap();
    });
    world.byok("byok").ok(&["tidy"]);
    assert_eq!(count(&world, "key.near_expiry"), 1);
}

#[test]
fn a_bad_verdict_is_told_of_when_it_is_new() {
    let (world, ada) = with_key();
    let record = |verdict: &str, end: &str| {
        let call = format!(
            "begin; select byok_api.key_test_record('acme', 'openai', 1, '{{\"verdict\": \"{verdict}\", \"status\": 401}}')::text; {end}"
        );
        sql(&world.url(&ada), &call).unwrap();
    };
    record("rejected", "rollback");
    assert_eq!(written(&world), [""; 0], "what is rolled back did not happen");
    for verdict in ["verified", "rejected", "rejected", "rate_limited", "unreachable", "limited"] {
        record(verdict, "commit");
    }
    assert_eq!(written(&world), [r#"key.rejected acme {"detail": null, "status": 401, "verdict": "rejected"}"#]);
    for verdict in ["no_credit", "misconfigured", "rejected"] {
        record(verdict, "commit");
    }
    assert_eq!(count(&world, "key.rejected"), 4);
}

#[test]
fn a_balance_that_falls_below_its_threshold_is_told_of_once_until_it_was_above_again() {
    let (world, ada, _) = credits::world();
    let admin = world.byok("byok");
    let (_, set) = admin.json(&["credits", "alert", "--org", "acme", "--below", "8"]);
    assert_eq!((&set["result"], &set["item"]["below"]), (&"set".into(), &"8".into()));
    let charge = ["credits", "charge", "interview", "--provider", "openai", "--org", "acme"];
    for _ in 0..2 {
        admin.ok(&charge);
    }
    admin.ok(&[&charge[..], &["--dry-run"]].concat());
    assert_eq!(written(&world), [""; 0], "8 is not below 8, and a dry run charges nothing");
    for _ in 0..2 {
        admin.ok(&charge);
    }
    assert_eq!(written(&world), [r#"balance.low acme {"held": "0", "below": "8", "available": "7"}"#]);
    admin.ok(&["credits", "grant", "2", "--org", "acme"]);
    // Credits that are reserved are not spent yet.
    let hold = ["credits", "hold", "interview", "--provider", "openai", "--org", "acme", "--request-id", "h"];
    admin.ok(&hold);
    assert_eq!(count(&world, "balance.low"), 1);
    admin.ok(&["credits", "settle", "h", "--org", "acme"]);
    assert_eq!(count(&world, "balance.low"), 2);
    admin.ok(&["credits", "alert", "--org", "acme", "--off"]);
    admin.ok(&["credits", "grant", "10", "--org", "acme"]);
    admin.ok(&[&charge[..], &["--units", "12"]].concat());
    assert_eq!(count(&world, "balance.low"), 2);
    world.byok(&ada).fails(4, &["credits", "alert", "--org", "acme", "--below", "8"]);
    admin.fails(3, &["credits", "alert", "--org", "nowhere", "--below", "8"]);
    admin.fails(2, &["credits", "alert", "acme"]);
}

#[test]
fn requests_that_are_asked_for_together_tell_of_a_low_balance_too_and_of_a_refusal_once() {
    let (world, ..) = credits::world();
    world.byok("byok").ok(&["credits", "alert", "--org", "acme", "--below", "5"]);
    let login = world.login("server");
    world.grant("resolver", &login);
    let resolver = Resolver::builder(parse(&world.url(&login))).master_key(MasterKey::parse(master_text()).unwrap());
    let refused = block_on(async {
        let resolver = resolver.connections(1).open().await.unwrap();
        let (org, provider) = ("acme".parse().unwrap(), "openai".parse().unwrap());
        let ask = async || {
            let charge = Charge::now("interview".parse().unwrap(), 1).unwrap();
            resolver.acquire(&org, &provider, &charge).await
        };
        for _ in 0..2 {
            let (one, two, three) = tokio::join!(ask(), ask(), ask());
            assert!([one, two, three].iter().all(Result::is_ok));
        }
        assert_eq!(count(&world, "balance.low"), 1);
        let mut refused = 0;
        for _ in 0..7 {
            match ask().await {
                Ok(_) => {}
                Err(AcquireError::NotEnoughCredits { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        refused
    });
    assert_eq!((refused, count(&world, "balance.low"), count(&world, "balance.exhausted")), (3, 1, 1));
}

#[test]
fn a_request_that_is_refused_for_credits_is_told_of_once_until_the_next_grant() {
    let (world, ada, _) = credits::world();
    let admin = world.byok("byok");
    let charge = ["credits", "charge", "interview", "--provider", "openai", "--org", "acme", "--units", "11"];
    for _ in 0..2 {
        admin.fails(10, &charge);
    }
    assert_eq!(written(&world), [r#"balance.exhausted acme {"needed": "11", "available": "10"}"#]);
    admin.ok(&["credits", "grant", "0.5", "--org", "acme"]);
    admin.fails(10, &charge);
    assert_eq!(count(&world, "balance.exhausted"), 2);
    // An owner has the own refusals told of too.
    admin.ok(&["credits", "grant", "0.25", "--org", "acme"]);
    let run = ["run", "openai", "--org", "acme", "--operation", "interview", "--units", "99", "--", "true"];
    world.byok(&ada).fails(125, &run);
    assert_eq!(count(&world, "balance.exhausted acme {\"needed\": \"99\""), 1);
    // Nobody can write one for a request that would not be refused.
    let lie = "select byok_api.credit_refused('acme', 1)::text";
    admin.ok(&["credits", "grant", "1", "--org", "acme"]);
    assert_eq!(sql(&world.url(&ada), lie).unwrap(), ["false"]);
    assert_eq!(count(&world, "balance.exhausted"), 3);
}

#[test]
fn the_document_has_every_kind_and_the_database_writes_no_other() {
    let document = include_str!("../../../docs/events.md");
    let rows: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let kinds: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let named: Vec<&str> =
        rows.into_iter().filter(|row| row.starts_with("key.") || row.starts_with("balance.")).collect();
    assert_eq!(named, kinds, "the table of docs/events.md");
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/functions")).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        for call in text.split("byok.emit_event(").skip(1) {
            let words = call.split('\'').skip(1).step_by(2).take(2).filter(|word| word.contains('.'));
            words.for_each(|word| assert!(kinds.contains(&word), "{word}"));
        }
    }
}
