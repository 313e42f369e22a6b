//! Changes of a key while the client or the server is killed, at every step, and while servers of the platform use the key.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use byok::Resolver;
use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::admin::{Database, DatabaseUrl};
use byok::name::Holder;
use byok::secret::{Credential, Hint, SecretText};

use crate::cluster::Cluster;
use crate::cutting_proxy::{Cut, Wiretap};
use crate::harness::{block_on, openai_key, parse, sql};

/// The verbs, as they are typed about the organization ORG.
const VERBS: [&str; 7] = [
    "key set openai --org ORG --stdin",
    "key rotate openai --org ORG --stdin",
    "key rollback openai --org ORG --yes",
    "key expire openai --org ORG --expires 2099-01-31",
    "key remove openai --org ORG --yes",
    "key copy openai --from ORG --to ORG-b",
    "key move openai --from ORG --to ORG-b --yes",
];
/// What each of the seven may record, once.
const ACTIONS: &str = "'key.set', 'key.expire', 'key.remove', 'key.copy'";

/// A server, a proxy before it, and organizations that nobody had before.
struct Ground {
    cluster: Cluster,
    tap: Wiretap,
    count: AtomicU32,
}

impl Ground {
    fn new() -> Self {
        let cluster = Cluster::start();
        let tap = Wiretap::before(cluster.server.socket_dir());
        Self { cluster, tap, count: AtomicU32::new(1) }
    }

    fn sql(&self, statement: &str) -> Vec<String> {
        sql(&self.cluster.url, statement).unwrap_or_else(|state| panic!("{state}: {statement}"))
    }

    /// An organization with an active key and a previous one, and an empty one beside it.
    fn org(&self) -> String {
        let org = format!("org{}", self.count.fetch_add(1, Ordering::Relaxed));
        for org in [org.clone(), format!("{org}-b")] {
            self.sql(&format!(
                "select result from byok_api.org_enable('{org}');
                 select result from byok_api.member_add('{org}', 'byok', 'owner', null)"
            ));
        }
        block_on(async {
            let mut database = Database::open(&parse(&self.cluster.url)).await.unwrap();
            for version in 1..=2 {
                store(&mut database, &masters(&self.cluster), &org, (version, sealing::KEEP_PREVIOUS)).await;
            }
        });
        org
    }

    /// Starts a verb through the proxy.
    fn begin(&self, verb: &str, org: &str) -> Child {
        let line = verb.replace("ORG", org);
        let byok = self.cluster.byok().env("BYOK_DATABASE_URL", &self.tap.url("byok", "postgres"));
        let mut command = byok.command(&line.split(' ').collect::<Vec<_>>());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(openai_key("3333").as_bytes());
        child
    }

    /// What is stored, and what was recorded of it.
    fn state(&self, org: &str) -> (Vec<String>, Vec<String>) {
        let keys = format!(
            "select concat_ws(' ', org, version, hint, state, expires_at is not null) from byok.provider_key
             where org like '{org}%' order by org, version"
        );
        let records = format!(
            "select concat_ws(' ', org, action, detail ->> 'version') from byok.audit
             where org like '{org}%' and action in ({ACTIONS}) order by org, seq"
        );
        (self.sql(&keys), self.sql(&records))
    }

    /// Every key that is stored opens, the active one as well as that which is kept.
    fn opens(&self, org: &str) {
        let kept = format!(
            "select org || ' ' || version from byok.provider_key where org like '{org}%' and encrypted is not null"
        );
        let kept = self.sql(&kept);
        block_on(async {
            let mut database = Database::open(&parse(&self.cluster.url)).await.unwrap();
            let (keys, openai) = (masters(&self.cluster), "openai".parse().unwrap());
            for key in kept {
                let (org, version) = key.split_once(' ').unwrap();
                let holder = Holder::Organization(org.parse().unwrap());
                sealing::open_key(&mut database, &keys, &holder, &openai, version.parse().unwrap()).await.unwrap();
            }
        });
    }

    /// The state before and after a verb that nothing disturbs, with the organization's number taken out.
    fn both(&self, verb: &str) -> [(Vec<String>, Vec<String>); 2] {
        let org = self.org();
        let before = general(self.state(&org), &org);
        self.tap.cut(None);
        assert!(self.begin(verb, &org).wait().unwrap().success(), "{verb}");
        let after = general(self.state(&org), &org);
        assert_ne!(before, after, "{verb}");
        [before, after]
    }
}

fn general((keys, records): (Vec<String>, Vec<String>), org: &str) -> (Vec<String>, Vec<String>) {
    let named = |lines: Vec<String>| lines.into_iter().map(|line| line.replace(org, "ORG")).collect();
    (named(keys), named(records))
}

#[test]
fn a_client_that_is_killed_at_any_step_of_a_change_leaves_the_old_state_or_the_new_one() {
    let ground = Ground::new();
    for verb in VERBS {
        let both = ground.both(verb);
        let steps = ground.tap.seen();
        // What is done after one message is done before the next one.
        for cut in (2..steps).map(Cut::Before).chain([Cut::After(steps - 1)]) {
            let org = ground.org();
            ground.tap.cut_for_good(cut);
            let mut child = ground.begin(verb, &org);
            while ground.tap.is_whole() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            child.kill().unwrap();
            child.wait().unwrap();
            ended(&ground);
            let state = general(ground.state(&org), &org);
            assert!(both.contains(&state), "{verb} at {cut:?}: {state:?} is none of {both:?}");
            ground.opens(&org);
        }
    }
}

/// Waits until the server has noticed that the clients behind the proxy are gone.
fn ended(ground: &Ground) {
    let others = "select count(*)::text from pg_stat_activity
                  where application_name like 'byok/%' and pid <> pg_backend_pid()";
    while ground.sql(others) != ["0"] {
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_is_killed_at_any_step_of_a_change_has_the_old_state_or_the_new_one() {
    let ground = Ground::new();
    for verb in VERBS {
        let both = ground.both(verb);
        let steps = ground.tap.seen();
        for at in [steps / 2, steps - 2, steps - 1] {
            let org = ground.org();
            ground.tap.cut(None);
            let mut child = ground.begin(verb, &org);
            while ground.tap.seen() <= at && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            ground.cluster.restart();
            let code = child.wait().unwrap().code();
            let state = general(ground.state(&org), &org);
            assert!(both.contains(&state), "{verb} at {at}: {state:?} is none of {both:?}");
            assert!(code != Some(0) || state == both[1], "{verb} at {at}: it said that it was done: {state:?}");
            ground.opens(&org);
        }
    }
}

/// Stores a key that names its version, and keeps the one before for so long.
async fn store(database: &mut Database, keys: &Keys, org: &str, (version, keep): (u32, Duration)) {
    let submission = Submission {
        holder: &Holder::Organization(org.parse().unwrap()),
        provider: &"openai".parse().unwrap(),
        credential: &Credential::single("api_key", SecretText::new(openai_key(&format!("{version:04}")))),
        settings: "{}",
        hint: &Hint::stored(format!("{version:04}")),
        expires_at: None,
        existing: Existing::Any,
        keep,
    };
    assert_eq!(sealing::store_untested(database, keys, &submission).await.unwrap().version, version);
}

fn masters(cluster: &Cluster) -> Keys {
    let text = cluster.master.to_text();
    Keys::Master(MasterKeys::new(MasterKey::parse(text.expose()).unwrap(), Vec::new()).unwrap())
}

#[test]
fn while_a_key_is_replaced_eight_servers_always_have_one_and_a_new_request_has_the_new_one() {
    const REPLACED: u32 = 60;
    let cluster = Cluster::start();
    cluster.byok().ok(&["enable", "acme", "--owner", "byok"]);
    let url: DatabaseUrl = parse(&cluster.url);
    let (stored, ready, over) = (AtomicU32::new(1), AtomicU32::new(0), AtomicBool::new(false));
    let served: Vec<u32> = std::thread::scope(|scope| {
        block_on(async {
            let mut database = Database::open(&url).await.unwrap();
            store(&mut database, &masters(&cluster), "acme", (1, Duration::ZERO)).await;
        });
        let serve = || {
            block_on(async {
                let master = MasterKey::parse(cluster.master.to_text().expose()).unwrap();
                let resolver = Resolver::builder(url.clone()).master_key(master).connections(2).open().await.unwrap();
                let mut served = 0;
                while !over.load(Ordering::SeqCst) {
                    let least = stored.load(Ordering::SeqCst);
                    let key = resolver.resolve(&"acme".parse().unwrap(), &"openai".parse().unwrap()).await.unwrap();
                    assert!(key.version >= least, "version {} after {least} was stored", key.version);
                    let text = key.credential.get("api_key").unwrap().expose().to_owned();
                    assert!(text.ends_with(&format!("{:04}", key.version)), "the key of another version");
                    served += 1;
                    if served == 1 {
                        ready.fetch_add(1, Ordering::SeqCst);
                    }
                }
                served
            })
        };
        let servers: Vec<_> = (0..8).map(|_| scope.spawn(serve)).collect();
        while ready.load(Ordering::SeqCst) < 8 && !servers.iter().any(std::thread::ScopedJoinHandle::is_finished) {
            std::thread::yield_now();
        }
        block_on(async {
            let mut database = Database::open(&url).await.unwrap();
            let keys = masters(&cluster);
            for version in 2..=REPLACED {
                store(&mut database, &keys, "acme", (version, Duration::ZERO)).await;
                stored.store(version, Ordering::SeqCst);
            }
        });
        over.store(true, Ordering::SeqCst);
        servers.into_iter().map(|server| server.join().unwrap()).collect()
    });
    assert!(served.iter().all(|served| *served > 0), "{served:?}");
    let kept = "select count(*)::text from byok.provider_key where encrypted is not null";
    assert_eq!(sql(&cluster.url, kept), Ok(vec!["1".into()]));
}
