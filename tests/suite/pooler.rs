//! Transactions of several statements through a pooler in transaction mode.

use byok::admin::crypto::MasterKey;
use byok::{Charge, Resolver};

use crate::cluster::{Cluster, Pooler};
use crate::harness::{Byok, block_on, openai_key, parse, sql};

/// Keys, data keys and records of one organization, all through the pooler.
fn work(byok: &Byok, org: &str) {
    byok.ok(&["enable", org, "--owner", "byok"]);
    for end in ["1111", "2222"] {
        byok.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
        byok.ok(&["data-key", "rotate", org, "--yes"]);
        // Of a dry run nothing is left, neither here nor in the server connection that another client gets next.
        byok.ok(&["enable", &format!("{org}-never"), "--dry-run"]);
        byok.ok(&["data-key", "rotate", "--org", org, "--dry-run"]);
        byok.ok(&["key", "remove", "openai", "--org", org, "--dry-run"]);
    }
    byok.ok(&["resolve", "openai", "--org", org, "--verify", "--require", "organization"]);
    byok.ok(&["key", "rollback", "openai", "--org", org, "--yes"]);
}

#[test]
fn keys_are_sealed_anew_by_many_at_once_behind_a_transaction_pooler() {
    let cluster = Cluster::start();
    let Some(pooler) = Pooler::before(cluster.server.socket_dir(), &["byok"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.key");
    std::fs::write(&file, cluster.master.to_text().expose()).unwrap();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let byok = Byok::new()
        .env("BYOK_DATABASE_URL", &pooler.url("byok", "postgres"))
        .env("BYOK_POOLER", "transaction")
        .env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    std::thread::scope(|scope| {
        for at in 0..6 {
            let byok = &byok;
            scope.spawn(move || work(byok, &format!("org-{at}")));
        }
    });
    // What is made before something that fails is not left behind.
    let handed = dir.path().join("eve.url").to_string_lossy().into_owned();
    byok.fails(3, &["member", "add", "nobody", "pooled_eve", "--create-login", "--to-file", &handed]);
    let role = "select rolname::text from pg_roles where rolname = 'pooled_eve'";
    assert_eq!(sql(&cluster.url, role), Ok(vec![]), "the login stands, and the membership does not");
    assert!(!byok.ok(&["org", "list"]).contains("never"));
    byok.ok(&["audit", "seal"]);
    byok.ok(&["master-key", "rotate", "--yes"]);
    byok.ok(&["master-key", "verify"]);
    byok.ok(&["audit", "verify"]);
    for at in 0..6 {
        let org = format!("org-{at}");
        let shown = byok.json(&["key", "show", "openai", "--org", &org]).1;
        let versions: Vec<_> = shown["items"].as_array().unwrap().iter().map(|it| it["hint"].clone()).collect();
        assert_eq!(versions, ["...1111", "...2222", "...1111"], "{org}");
        assert_eq!(shown["items"][0]["data_key_epoch"], 3, "{org}");
    }
}

#[test]
fn a_transaction_pooler_is_noticed_also_where_it_is_told_to_ignore_parameters() {
    let cluster = Cluster::start();
    for settings in ["", "ignore_startup_parameters = extra_float_digits"] {
        let socket = cluster.server.socket_dir();
        let Some(pooler) = Pooler::with(socket, &["byok"], settings) else { return };
        let byok = cluster.byok().env("BYOK_DATABASE_URL", &pooler.url("byok", "postgres"));
        std::thread::scope(|scope| {
            for at in 0..6 {
                let byok = &byok;
                scope.spawn(move || work(byok, &format!("org-{at}")));
            }
        });
        let url = parse(&pooler.url("byok", "postgres"));
        block_on(async {
            let resolver =
                Resolver::builder(url).master_key(MasterKey::parse(cluster.master.to_text().expose()).unwrap());
            let resolver = resolver.open().await.unwrap();
            let (org, provider) = ("org-0".parse().unwrap(), "openai".parse().unwrap());
            let nothing = Charge::nothing().unwrap();
            for _ in 0..20 {
                resolver.acquire(&org, &provider, &nothing).await.unwrap();
            }
        });
        byok.ok(&["init"]);
        let none = byok.clone().env("BYOK_POOLER", "none");
        if settings.is_empty() {
            let said = none.fails(2, &["org", "list"]);
            assert!(said.contains("BYOK_POOLER=transaction"), "{said}");
        }
    }
}
