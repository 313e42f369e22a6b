//! A stream of charges while keys are set, rotated, expired and removed, and the organization is disabled: each entry
//! of the ledger fits its moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use byok::admin::crypto::MasterKey;
use byok::resolution::{Reason, Source};
use byok::{AcquireError, Charge, Resolver};

use crate::credits::world;
use crate::harness::{World, master_text, openai_key, parse};

/// Source, version and hint of the keys that were given out, by request id; none for a request that was denied.
type Given = BTreeMap<String, Option<(Source, u32, String)>>;

/// One client that asks until it is told to stop.
async fn stream(resolver: Arc<Resolver>, name: usize, stop: Arc<AtomicBool>, asked: Arc<AtomicUsize>) -> Given {
    let mut given = Given::new();
    while !stop.load(Ordering::Relaxed) {
        let request = format!("s{name}-{}", given.len());
        let charge = Charge::now("interview".parse().unwrap(), 1).unwrap().request(request.parse().unwrap());
        let outcome = resolver.acquire(&"acme".parse().unwrap(), &"openai".parse().unwrap(), &charge).await;
        let key = match outcome {
            Ok(acquired) => {
                let text = acquired.key.credential.get("api_key").unwrap().expose().to_owned();
                let hint = acquired.key.hint.as_str().to_owned();
                assert_eq!(text, openai_key(&hint), "the key is not the one that was charged for");
                Some((acquired.key.source, acquired.key.version, hint))
            }
            Err(AcquireError::Denied(Reason::KeyExpired)) => None,
            Err(error) => panic!("{error}"),
        };
        given.insert(request, key);
        asked.fetch_add(1, Ordering::Relaxed);
    }
    given
}

/// Does each of these, and lets some requests through after it.
async fn change(world: &World, owner: &str, asked: &AtomicUsize) {
    let (admin, ada) = (world.byok("byok"), world.byok(owner));
    let set = |end: &str| {
        ada.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    };
    let changes: [&(dyn Fn() + Sync); 7] = [
        &|| set("aaaa"),
        &|| {
            admin.ok(&["disable", "acme"]);
        },
        &|| {
            admin.ok(&["enable", "acme"]);
        },
        &|| {
            world.root("update byok.provider_key set expires_at = now() where org = 'acme' and state = 'active'");
        },
        &|| {
            ada.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
        },
        &|| set("bbbb"),
        &|| set("cccc"),
    ];
    for change in changes {
        // Beside the requests, not between them.
        std::thread::scope(|scope| {
            let done = scope.spawn(change);
            done.join().unwrap();
        });
        let seen = asked.load(Ordering::Relaxed);
        while asked.load(Ordering::Relaxed) < seen + 12 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[test]
fn each_line_names_the_key_that_served_at_its_moment() {
    let (world, ada, _) = world();
    world.byok("byok").ok(&["credits", "grant", "1000000", "--org", "acme"]);
    let server = world.login("server");
    world.grant("resolver", &server);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let given = runtime.block_on(async {
        let master = MasterKey::parse(master_text()).unwrap();
        let resolver = Resolver::builder(parse(&world.url(&server))).master_key(master).open().await.unwrap();
        let (resolver, stop, asked) =
            (Arc::new(resolver), Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let start = |name| tokio::spawn(stream(resolver.clone(), name, stop.clone(), asked.clone()));
        let clients: Vec<_> = (0..4).map(start).collect();
        change(&world, &ada, &asked).await;
        stop.store(true, Ordering::Relaxed);
        let mut given = Given::new();
        for client in clients {
            given.extend(client.await.unwrap());
        }
        given
    });
    let lines = world.root(
        "select concat_ws(' ', request, source, key_version, hint, platform_part, provider_part)
         from byok.ledger where org = 'acme' and kind = 'charge' order by request",
    );
    let wanted: Vec<String> = (given.iter())
        .filter_map(|(request, key)| {
            let (source, version, hint) = key.as_ref()?;
            let provider_part = if *source == Source::Platform { 2_500_000 } else { 0 };
            Some(format!("{request} {source} {version} {hint} 1000000 {provider_part}"))
        })
        .collect();
    assert_eq!(lines.iter().collect::<std::collections::BTreeSet<_>>(), wanted.iter().collect());
    assert!(given.values().any(Option::is_none), "the expired key was never met");
    for key in
        ["organization 1 xK7q", "organization 2 aaaa", "platform 1 4242", "organization 3 bbbb", "organization 4 cccc"]
    {
        assert!(lines.iter().any(|line| line.contains(key)), "{key} never served");
    }
    world.byok("byok").ok(&["credits", "reconcile"]);
}
