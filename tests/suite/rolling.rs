//! Rolling upgrades: the database first, then servers and programs one by one.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byok::admin::Database;
use byok::admin::crypto::MasterKey;
use byok::error::SchemaError;
use byok::{AcquireError, Charge, ConnectError, Resolver};

use crate::harness::{World, block_on, master_text, openai_key, parse};

/// A platform in use, and the login of its server.
fn platform() -> (World, String) {
    let (world, ada, _) = World::with_owners();
    let server = world.login("server");
    world.grant("resolver", &server);
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let admin = world.byok("byok");
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "0.001", "--provider-part", "0"]);
    admin.ok(&["credits", "grant", "1000", "--org", "acme"]);
    (world, server)
}

async fn open(world: &World, server: &str) -> Result<Resolver, ConnectError> {
    let master = MasterKey::parse(master_text()).unwrap();
    Resolver::builder(parse(&world.url(server))).master_key(master).patience(Duration::from_secs(60)).open().await
}

async fn request(resolver: &Resolver) -> Result<(), AcquireError> {
    let charge = Charge::now("interview".parse().unwrap(), 1).unwrap();
    resolver.acquire(&"acme".parse().unwrap(), &"openai".parse().unwrap(), &charge).await.map(drop)
}

/// As a newer byok leaves it: a later migration, other functions, another number of theirs.
fn upgrade(world: &World, oldest_served: &str) {
    world.root(&format!(
        "insert into byok.migration (version, description, checksum) values (9000, 'later', '') on conflict do nothing;
         update byok.installation set functions = 'newer', byok_version = '999.0.0', interface = 9,
                                      oldest_served = {oldest_served}"
    ));
}

#[test]
fn servers_and_programs_go_on_with_a_newer_database_as_long_as_it_serves_them() {
    let (world, server) = platform();
    let owner = world.byok(&world.login_name("ada"));
    block_on(async {
        let running = open(&world, &server).await.unwrap();
        request(&running).await.unwrap();
        upgrade(&world, "oldest_served");
        request(&running).await.unwrap();
        // Over connections that are opened now.
        world.root(&format!(
            "select pg_terminate_backend(pid, 5000)::text from pg_stat_activity where usename = '{server}'"
        ));
        request(&running).await.unwrap();
        request(&open(&world, &server).await.unwrap()).await.unwrap();
        owner.clone().input(openai_key("2222")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
        world.byok("byok").ok(&["status"]);
        let said = world.byok("byok").fails(9, &["init"]);
        assert!(said.contains("newer"), "an older program installs nothing: {said}");

        upgrade(&world, "9");
        let refused = open(&world, &server).await.err();
        assert!(matches!(refused, Some(ConnectError::Schema(SchemaError::NotServed { .. }))), "{refused:?}");
        for arguments in [&["org", "list"][..], &["key", "list", "--org", "acme"]] {
            let said = world.byok("byok").fails(9, arguments);
            assert!(said.contains("999.0.0") && said.contains("no longer supports"), "{said}");
            assert!(said.contains("use a newer byok"), "{said}");
        }
    });
    assert_eq!(world.root("select functions from byok.installation"), ["newer"], "and nothing was put in place of it");
}

#[test]
fn an_installer_that_may_not_look_replaces_no_newer_functions() {
    let (world, _) = platform();
    let dba = world.login("dba");
    world.root(&format!(
        "alter role {dba} createrole; grant byok_definer, byok_admin, byok_owner to {dba} with admin option;
         grant create on database {} to {dba}; revoke byok_admin, byok_owner from {dba}",
        dba.strip_suffix("_dba").unwrap()
    ));
    upgrade(&world, "1");
    world.root("delete from byok.migration where version = 9000");
    let said = world.byok(&dba).run(&["init", "--schema-only"]);
    assert_eq!(world.root("select functions from byok.installation"), ["newer"], "{said:?}");
    assert!(said.code != 0 && said.err.contains("999.0.0"), "{said:?}");
}

#[test]
fn requests_are_answered_while_functions_are_replaced() {
    let (world, server) = platform();
    let url = parse(&world.url("byok"));
    let (ended, begun) = (AtomicBool::new(false), Barrier::new(5));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    block_on(async {
                        let resolver = open(&world, &server).await.unwrap();
                        request(&resolver).await.unwrap();
                        begun.wait();
                        let mut answered = 0_u32;
                        while !ended.load(Ordering::Relaxed) {
                            request(&resolver).await.unwrap();
                            answered += 1;
                        }
                        answered
                    })
                })
            })
            .collect();
        begun.wait();
        let installed: Vec<_> = (0..12)
            .map(|_| {
                world.root("update byok.installation set functions = 'others'");
                block_on(Database::install(&url))
            })
            .collect();
        ended.store(true, Ordering::Relaxed);
        assert!(installed.into_iter().all(|installed| installed.unwrap().changed));
        for client in clients {
            assert!(client.join().unwrap() > 0);
        }
    });
    world.byok("byok").ok(&["credits", "reconcile"]);
}
