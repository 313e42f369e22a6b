//! The library's request path: one round trip, no cached decision, and no charge for a key that does not open.

use std::sync::Arc;
use std::time::Duration;

use byok::Error;
use byok::admin::MoveResult;
use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::credits::{Credits, UndoReason};
use byok::error::{AccessError, CreditError, KeyError};
use byok::name::{Holder, OrgId, ProviderId};
use byok::resolution::{Reason, Source};
use byok::{AcquireError, Acquired, Charge, Resolver};

use crate::cluster::Cluster;
use crate::credits::world;
use crate::harness::{World, block_on, master_text, openai_key, parse};

fn acme() -> OrgId {
    "acme".parse().unwrap()
}

fn bolt() -> OrgId {
    "bolt".parse().unwrap()
}

fn openai() -> ProviderId {
    "openai".parse().unwrap()
}

fn master() -> MasterKey {
    MasterKey::parse(master_text()).unwrap()
}

/// A resolver as a server has it: a login with that role and no other.
async fn resolver(world: &World) -> Resolver {
    let login = world.server();
    Resolver::builder(parse(&world.url(&login))).master_key(master()).open().await.unwrap()
}

fn interview(request: &str) -> Charge {
    Charge::now("interview".parse().unwrap(), 1).unwrap().request(request.parse().unwrap())
}

fn key_of(acquired: &Acquired) -> String {
    acquired.key.credential.get("api_key").unwrap().expose().to_owned()
}

/// The error of a call, as one of the core.
fn error<T, E: Into<Error>>(outcome: Result<T, E>) -> Error {
    outcome.err().expect("an error").into()
}

fn ledger(world: &World) -> Vec<String> {
    world.root(
        "select concat_ws(' ', org, kind, request, available) from byok.ledger where kind <> 'grant' order by seq",
    )
}

#[test]
fn an_acquire_opens_the_key_that_serves_and_charges_for_it() {
    let (world, ..) = world();
    block_on(async {
        let resolver = resolver(&world).await;
        let own = resolver.acquire(&acme(), &openai(), &interview("r1")).await.unwrap();
        assert_eq!((key_of(&own), own.key.source, own.key.version), (openai_key("xK7q"), Source::Organization, 1));
        let charge = own.charge.unwrap();
        assert_eq!((charge.platform_part.to_string(), charge.provider_part), ("1".into(), Credits::ZERO));
        assert_eq!((charge.fresh, charge.available.unwrap().to_string()), (true, "9".into()));
        let shared = resolver.acquire(&bolt(), &openai(), &interview("r1")).await.unwrap();
        assert_eq!((key_of(&shared), shared.key.source), (openai_key("4242"), Source::Platform));
        assert_eq!(shared.charge.unwrap().provider_part.to_string(), "2.5");
        // Asked again: the same charge, and the key.
        let again = resolver.acquire(&acme(), &openai(), &interview("r1")).await.unwrap();
        assert_eq!((again.charge.unwrap().seq, again.charge.unwrap().fresh), (charge.seq, false));
        assert_eq!(key_of(&again), openai_key("xK7q"));
        let key = resolver.resolve(&acme(), &openai()).await.unwrap();
        assert_eq!(
            (key.source, key.reason, key.hint.to_string()),
            (Source::Organization, Reason::OrganizationKey, "...xK7q".into())
        );
    });
    assert_eq!(ledger(&world), ["acme charge r1 -1000000", "bolt charge r1 -3500000"]);
}

#[test]
fn what_changes_counts_from_the_next_request_on() {
    let (world, ada, _) = world();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    block_on(async {
        let resolver = resolver(&world).await;
        let serving = async || resolver.resolve(&acme(), &openai()).await.map(|key| (key.source, key.version));
        assert_eq!(serving().await.unwrap(), (Source::Organization, 1));
        owner.clone().input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
        let rotated = resolver.acquire(&acme(), &openai(), &interview("r1")).await.unwrap();
        assert_eq!((key_of(&rotated), rotated.key.version), (openai_key("aaaa"), 2));
        admin.ok(&["disable", "acme"]);
        assert_eq!(serving().await.unwrap(), (Source::Platform, 1));
        // A request that was charged for one key is not served with another.
        assert!(matches!(
            error(resolver.acquire(&acme(), &openai(), &interview("r1")).await),
            Error::Credit(CreditError::OtherKeyServes(_))
        ));
        admin.ok(&["enable", "acme"]);
        assert_eq!(serving().await.unwrap(), (Source::Organization, 2));
        world.root("update byok.provider_key set expires_at = now() where org = 'acme' and state = 'active'");
        let expired = |error| matches!(error, Error::Denied(Reason::KeyExpired));
        assert!(expired(error(serving().await)));
        assert!(expired(error(resolver.acquire(&acme(), &openai(), &interview("r2")).await)));
        owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
        assert_eq!(serving().await.unwrap(), (Source::Platform, 1));
        admin.ok(&["platform-key", "remove", "openai", "--yes"]);
        assert!(matches!(error(serving().await), Error::Denied(Reason::NoPlatformKey)));
    });
    assert_eq!(ledger(&world), ["acme charge r1 -1000000"], "a denied request is not charged");
}

#[test]
fn a_key_that_does_not_open_is_not_paid_for_and_no_other_key_is_taken() {
    // What pgcrypto notices never gets as far as a charge; what only the seal notices is undone.
    let damages = [
        (
            "update byok.provider_key set encrypted = set_byte(encrypted, 60, get_byte(encrypted, 60) # 1) where org = 'acme'",
            0,
        ),
        (
            "update byok.provider_key set encrypted = (select k.encrypted from byok.provider_key k where k.org = '') where org = 'acme'",
            0,
        ),
        ("update byok.provider_key set hint = 'zzzz' where org = 'acme'", 2),
        ("update byok.provider_key set settings = '{\"base_url\":\"https://evil.example\"}' where org = 'acme'", 2),
    ];
    for (damage, lines) in damages {
        let (world, ..) = world();
        block_on(async {
            let resolver = resolver(&world).await;
            resolver.resolve(&acme(), &openai()).await.unwrap();
            world.root(damage);
            let failed = error(resolver.acquire(&acme(), &openai(), &interview("r1")).await);
            assert!(matches!(failed, Error::Key(KeyError::Unreadable(_))), "{damage}: {failed}");
            assert!(failed.to_string().contains("openai key of organization acme"), "{failed}");
            let again = error(resolver.acquire(&acme(), &openai(), &interview("r1")).await);
            assert!(
                matches!(again, Error::Key(KeyError::Unreadable(_)) | Error::Credit(CreditError::ChargeLost { .. })),
                "{damage}: {again}"
            );
            assert!(matches!(error(resolver.resolve(&acme(), &openai()).await), Error::Key(KeyError::Unreadable(_))));
            assert_eq!(ledger(&world).len(), lines, "{damage}: once charged, once given back");
            let hold = Charge::hold("interview".parse().unwrap(), 1, Duration::from_secs(60)).unwrap();
            assert!(resolver.acquire(&acme(), &openai(), &hold).await.is_err());
            assert_eq!(ledger(&world).len(), lines * 2, "{damage}: once reserved, once released");
        });
        assert_eq!(world.root("select available || ' ' || held from byok.balance where org = 'acme'"), ["10000000 0"]);
        world.byok("byok").ok(&["credits", "reconcile"]);
    }
}

#[test]
fn a_hold_is_settled_for_what_was_used_or_released() {
    let (world, ..) = world();
    block_on(async {
        let resolver = resolver(&world).await;
        let hold = Charge::hold("interview".parse().unwrap(), 2, Duration::from_secs(60)).unwrap();
        let acquired = resolver.acquire(&bolt(), &openai(), &hold).await.unwrap();
        assert_eq!(acquired.charge.unwrap().held.to_string(), "7");
        let settled = resolver.settle(&bolt(), &acquired.request, Some(1)).await.unwrap();
        assert_eq!((settled.posting.total().to_string(), settled.available), ("3.5".into(), Some(6_500_000)));
        let hold = Charge::hold("interview".parse().unwrap(), 1, Duration::from_secs(60)).unwrap();
        let acquired = resolver.acquire(&bolt(), &openai(), &hold).await.unwrap();
        assert_eq!(resolver.release(&bolt(), &acquired.request).await.unwrap().result, MoveResult::Released);
        let poor = Charge::now("interview".parse().unwrap(), 100).unwrap();
        assert!(matches!(
            error(resolver.acquire(&bolt(), &openai(), &poor).await),
            Error::Credit(CreditError::NotEnoughCredits { .. })
        ));
        let unknown = Charge::now("unknown".parse().unwrap(), 1).unwrap();
        assert!(matches!(
            error(resolver.acquire(&bolt(), &openai(), &unknown).await),
            Error::Credit(CreditError::NoRate)
        ));
    });
}

#[test]
fn a_data_key_that_was_replaced_is_fetched_once_and_used() {
    let (world, ..) = world();
    block_on(async {
        let resolver = resolver(&world).await;
        resolver.resolve(&acme(), &openai()).await.unwrap();
        world.byok("byok").ok(&["data-key", "rotate", "acme", "--yes"]);
        let acquired = resolver.acquire(&acme(), &openai(), &interview("r1")).await.unwrap();
        assert_eq!(key_of(&acquired), openai_key("xK7q"));
    });
    assert_eq!(world.root("select epoch::text from byok.data_key where org = 'acme' and state = 'active'"), ["2"]);
    assert_eq!(ledger(&world).len(), 1);
}

#[test]
fn a_server_with_a_name_is_waited_for_when_the_master_key_is_rotated() {
    let (world, ..) = world();
    let dir = tempfile::tempdir().unwrap();
    let next = dir.path().join("next.key");
    let open = |keys: MasterKeys| {
        let builder = Resolver::builder(parse(&world.url("byok"))).master_keys(keys).instance("api-1");
        block_on(builder.open()).unwrap()
    };
    let old = || MasterKeys::new(master(), Vec::new()).unwrap();
    drop(open(old()));
    assert_eq!(world.root("select instance || epochs::text from byok.master_key_holder"), ["api-1{1}"]);
    let admin = world.byok("byok");
    admin.ok(&["master-key", "rotate", "begin", "--yes", "--new-key-file", next.to_str().unwrap()]);
    let said = admin.fails(5, &["master-key", "rotate", "promote", "--yes"]);
    assert!(said.contains("these hosts have not loaded the new master key: api-1"), "{said}");
    let mut both = old();
    both.add(MasterKey::parse(std::fs::read_to_string(&next).unwrap().trim()).unwrap()).unwrap();
    let server = open(both);
    admin.ok(&["master-key", "rotate", "promote", "--yes"]);
    // Loaded beforehand, the new key serves without anybody telling the server.
    block_on(server.acquire(&acme(), &openai(), &interview("after"))).unwrap();
}

#[test]
fn a_wrong_master_key_is_noticed_before_the_first_request() {
    let (world, ..) = world();
    let wrong = MasterKey::generate(1).unwrap();
    let opened = block_on(Resolver::builder(parse(&world.url("byok"))).master_key(wrong).open());
    assert!(matches!(error(opened), Error::Key(KeyError::WrongMasterKey { .. })));
}

#[test]
fn an_owner_with_its_data_key_may_use_its_own_key_and_not_the_platforms() {
    let (world, ada, bob) = world();
    let wrapped = world.root("select encode(wrapped, 'hex') from byok.data_key where org = 'acme'");
    let wrapped = data_encoding::HEXLOWER.decode(wrapped[0].as_bytes()).unwrap();
    block_on(async {
        let data = master().unwrap_data_key("acme", 1, &wrapped).unwrap();
        let url = parse(&world.url(&ada));
        let owner = Resolver::builder(url).data_key(Holder::Organization(acme()), data).open().await.unwrap();
        let acquired = owner.acquire(&acme(), &openai(), &interview("r1")).await.unwrap();
        assert_eq!(key_of(&acquired), openai_key("xK7q"));
        assert!(matches!(
            error(owner.acquire(&bolt(), &openai(), &interview("r1")).await),
            Error::Access(AccessError::NotAllowed(_))
        ));
        world.byok(&ada).ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
        assert!(matches!(
            error(owner.acquire(&acme(), &openai(), &interview("r2")).await),
            Error::Access(AccessError::PlatformKeyOnly(_))
        ));
        let other = Resolver::builder(parse(&world.url(&bob))).master_key(master()).open().await.unwrap();
        assert!(matches!(error(other.resolve(&acme(), &openai()).await), Error::Access(AccessError::NotAllowed(_))));
    });
    assert_eq!(ledger(&world).len(), 1);
}

#[test]
fn many_requests_at_once_share_a_few_connections_and_each_gets_its_own_key() {
    let (world, ..) = world();
    world.byok("byok").ok(&["credits", "grant", "1000", "--org", "bolt"]);
    block_on(async {
        let resolver = Arc::new(resolver(&world).await);
        let tasks: Vec<_> = (0..64)
            .map(|number| {
                let resolver = resolver.clone();
                tokio::spawn(async move {
                    let org = if number % 2 == 0 { acme() } else { bolt() };
                    let charge = interview(&format!("r{}", number / 4));
                    let acquired = resolver.acquire(&org, &openai(), &charge).await;
                    (number % 2 == 0, acquired)
                })
            })
            .collect();
        for task in tasks {
            let (own, acquired) = task.await.unwrap();
            match acquired {
                Ok(acquired) => assert_eq!(key_of(&acquired), openai_key(if own { "xK7q" } else { "4242" })),
                Err(AcquireError::NotEnoughCredits { .. }) if own => {}
                Err(error) => panic!("{error}"),
            }
        }
        let login = world.server();
        let sessions = world.root(&format!("select pid::text from pg_stat_activity where usename = '{login}'"));
        assert!(sessions.len() <= 8, "{sessions:?}");
    });
    assert_eq!(world.root("select count(*)::text from byok.ledger where org = 'bolt' and kind = 'charge'"), ["16"]);
    assert_eq!(world.root("select count(*)::text from byok.ledger where org = 'acme' and kind = 'charge'"), ["10"]);
}

#[test]
fn the_statement_for_other_languages_works_as_it_is_documented() {
    let (world, ..) = world();
    let text = include_str!("../../docs/credits.md");
    let statement = &text[text.find("select source, reason").unwrap()..];
    let statement = &statement[..statement.find(';').unwrap()];
    let passphrase = |org: &str| {
        let wrapped = world.root(&format!("select encode(wrapped, 'hex') from byok.data_key where org = '{org}'"));
        let wrapped = data_encoding::HEXLOWER.decode(wrapped[0].as_bytes()).unwrap();
        let data = master().unwrap_data_key(org, 1, &wrapped).unwrap();
        data.passphrase(org, "openai").expose().to_owned()
    };
    let statement = statement
        .replace("<passphrase of acme''s data key>", &passphrase("acme"))
        .replace("<passphrase of the platform''s>", &passphrase(""));
    let server = world.login("server");
    world.grant("resolver", &server);
    let answer = crate::harness::sql(&world.url(&server), &statement);
    assert_eq!(answer, Ok(vec!["organization".to_owned()]));
    assert_eq!(ledger(&world), ["acme charge job-4711 -1000000"]);
}

#[test]
fn in_the_steady_state_a_request_is_one_statement_and_a_restart_is_not_noticed() {
    // The log is read in English.
    let cluster = Cluster::with(&["log_statement = 'all'", "synchronous_commit = on", "lc_messages = 'C'"]);
    let admin = cluster.byok();
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "2"]);
    admin.ok(&["credits", "grant", "100", "--org", "acme"]);
    let statements = || {
        let log = std::fs::read_to_string(cluster.server.log_file()).unwrap();
        log.lines().filter(|line| line.contains("LOG:  execute") || line.contains("LOG:  statement")).count()
    };
    block_on(async {
        let master = MasterKey::parse(cluster.master.to_text().expose()).unwrap();
        let resolver = Resolver::builder(parse(&cluster.url)).master_key(master).connections(1).open().await.unwrap();
        let acquire = async |number: usize| {
            let charge = interview(&format!("r{number}"));
            resolver.acquire(&acme(), &openai(), &charge).await.unwrap()
        };
        acquire(0).await;
        let before = statements();
        for number in 1..=10 {
            acquire(number).await;
            resolver.resolve(&acme(), &openai()).await.unwrap();
        }
        assert_eq!(statements() - before, 20, "one statement for each request");
        for round in 0..2 {
            cluster.restart();
            let acquired = acquire(20 + round).await;
            assert_eq!(key_of(&acquired), openai_key("xK7q"));
            if round == 0 {
                assert_eq!(
                    resolver.undo(&acme(), &acquired, UndoReason::GivenUp).await.unwrap().result,
                    MoveResult::Undone
                );
                assert_eq!(
                    resolver.undo(&acme(), &acquired, UndoReason::GivenUp).await.unwrap().result,
                    MoveResult::Unchanged
                );
            }
        }
    });
    let item = &admin.json(&["credits", "balance", "--org", "acme"]).1["item"];
    assert_eq!(item["available"], "88", "10 and 2 and 1 requests, and one of them undone");
}
