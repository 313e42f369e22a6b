//! Cancelled calls, as in a server with timeouts: an interrupted connection is never used again.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use byok::Error;
use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::admin::sealing::{self, Existing, Keys, Submission, Unreadable};
use byok::admin::{
    Ask, Database, DatabaseUrl, KeyState, KeyUse, NewCharge, NewGrant, NewRate, Passphrases, Pool, Pooler, Role,
    ServiceRole,
};
use byok::credits::{CallId, Credits, Operation, RequestId, Unit};
use byok::error::{ChangeError, ConnectionError};
use byok::name::{Holder, Login, OrgId, ProviderId};
use byok::provider::Capability;
use byok::resolution::Source;
use byok::secret::{Credential, Hint, SecretText};
use byok::{Charge, Resolver};

use crate::credits::world;
use crate::harness::{World, block_on, master_text, openai_key, parse};

/// Polls a future until it has been pending so many times more, and drops it then: what it gave, if it was faster.
async fn give_up_after<T>(mut times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    std::future::poll_fn(move |context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if times == 0 => Poll::Ready(None),
        Poll::Pending => {
            times -= 1;
            Poll::Pending
        }
    })
    .await
}

/// What the calls are about.
struct Given {
    world: World,
    keys: Keys,
    member: Login,
    count: AtomicU32,
}

impl Given {
    fn number(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn org(&self) -> OrgId {
        format!("fresh-{}", self.number()).parse().unwrap()
    }

    fn login(&self) -> Login {
        self.world.login_name(&format!("fresh{}", self.number())).parse().unwrap()
    }

    fn request(&self) -> RequestId {
        format!("request-{}", self.number()).parse().unwrap()
    }

    fn masters(&self) -> &MasterKeys {
        let Keys::Master(keys) = &self.keys else { panic!("no master key") };
        keys
    }
}

fn acme() -> OrgId {
    "acme".parse().unwrap()
}

fn holder() -> Holder {
    Holder::Organization(acme())
}

fn openai() -> ProviderId {
    "openai".parse().unwrap()
}

fn interview() -> Operation {
    "interview".parse().unwrap()
}

/// Stores a key that was never there before.
async fn set(database: &mut Database, given: &Given) -> Result<(), Error> {
    let text = openai_key(&format!("{:04}", given.number()));
    let submission = Submission {
        holder: &holder(),
        provider: &openai(),
        credential: &Credential::single("api_key", SecretText::new(text)),
        settings: "{}",
        hint: &Hint::stored("0000".into()),
        expires_at: None,
        existing: Existing::Any,
        keep: sealing::KEEP_PREVIOUS,
    };
    sealing::store_untested(database, &given.keys, &submission).await.map(drop)
}

async fn restore(database: &mut Database, given: &Given) -> Result<(), Error> {
    let versions = database.key_versions(&holder(), &openai(), None, 9).await?;
    let before = versions.iter().find(|version| version.state == KeyState::Active).unwrap();
    let stand = database.key_context(&holder(), &openai()).await?.stand();
    let version = before.version.try_into().unwrap();
    let opened = sealing::open_key(database, &given.keys, &holder(), &openai(), version).await?;
    let submission = Submission {
        holder: &holder(),
        provider: &openai(),
        credential: &opened.credential,
        settings: &opened.settings,
        hint: &Hint::stored(before.hint.clone()),
        expires_at: before.expires_at,
        existing: Existing::Seen(stand),
        keep: sealing::KEEP_PREVIOUS,
    };
    sealing::store_untested(database, &given.keys, &submission).await.map(drop)
}

/// Charges for the key in force, as after it was opened.
async fn use_key(database: &mut Database, given: &Given) -> Result<(), Error> {
    let versions = database.key_versions(&holder(), &openai(), None, 9).await?;
    let active = versions.iter().find(|version| version.state == KeyState::Active).unwrap();
    let (request, operation, call) = (given.request(), interview(), CallId::random().unwrap());
    let ask = Ask { operation: Some((&operation, 1)), request: &request, seconds: None, purpose: None, call };
    let version = active.version.try_into().unwrap();
    let one = KeyUse { provider: &openai(), source: Source::Organization, version, ask };
    database.use_keys(&acme(), &[one]).await.map(drop)
}

async fn price(database: &mut Database, given: &Given) -> Result<(), Error> {
    let amount = Credits::from_micro(i64::from(given.number()));
    let (operation, unit): (Operation, Unit) = ("scoring".parse().unwrap(), "request".parse().unwrap());
    let rate = NewRate {
        operation: &operation,
        provider: None,
        unit: &unit,
        per: 1,
        platform_part: amount,
        provider_part: amount,
    };
    database.set_rate(&rate).await.map(drop)
}

async fn charge(database: &mut Database, request: &RequestId, hold: Option<i32>) -> Result<(), Error> {
    let (provider, operation) = (&openai(), &interview());
    database.charge(&acme(), NewCharge { provider, operation, units: 1, request, seconds: hold }).await.map(drop)
}

type Call = for<'a> fn(&'a mut Database, &'a Given) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

macro_rules! calls {
    ($($name:literal: |$database:ident, $given:ident| $body:expr;)*) => {
        &[$({
            let call: Call = |$database, $given| Box::pin(async move { let _ = $given; $body.map(drop) });
            ($name, call)
        }),*]
    };
}

/// Everything that writes.
const CALLS: &[(&str, Call)] = calls! {
    "enable": |database, given| database.enable(&given.org()).await;
    "disable": |database, given| database.disable(&"bolt".parse().unwrap()).await;
    "add a member": |database, given| database.add_member(&acme(), &given.member, Role::Viewer).await;
    "remove a member": |database, given| database.remove_member(&acme(), &given.member).await;
    "create a member":
        |database, given| database.create_member(&acme(), &given.login(), Role::Owner, &SecretText::new("pw".into())).await;
    "create a service":
        |database, given| database.create_service(&given.login(), ServiceRole::Auditor, &SecretText::new("pw".into())).await;
    "grant a role": |database, given| database.grant_role(&given.member, ServiceRole::Auditor).await;
    "revoke a role": |database, given| database.revoke_role(&given.member, ServiceRole::Auditor).await;
    "rebind": |database, given| database.rebind_members().await;
    "set a key": |database, given| set(database, given).await;
    "restore a key": |database, given| restore(database, given).await;
    "grant": |database, given| database.grant(&acme(), NewGrant { request: &given.request(), amount: Credits::from_micro(9_000_000), note: None, make_org: false }).await;
    "charge": |database, given| charge(database, &given.request(), None).await;
    "hold": |database, given| charge(database, &given.request(), Some(600)).await;
    "expire holds": |database, given| database.expire_holds(None).await;
    "acquire": |database, given| {
        let (request, operation) = (given.request(), interview());
        let call = CallId::random().unwrap();
        let ask = Ask { operation: Some((&operation, 1)), request: &request, seconds: None, purpose: Some("test"), call };
        database.acquire(&acme(), &openai(), &Passphrases::default(), &ask).await
    };
    "use keys": |database, given| use_key(database, given).await;
    "set a price": |database, given| price(database, given).await;
    "remove a price": |database, given| database.remove_rate(&"scoring".parse().unwrap(), None).await;
    "set a route": |database, given| database.set_route(Capability::Llm, "hi", Some(&openai())).await;
    "clear a route": |database, given| database.set_route(Capability::Llm, "hi", None).await;
    "issue a data key": |database, given| sealing::issue_data_key(database, given.masters(), &acme()).await;
    "issue a first data key": |database, given| {
        let org = given.org();
        database.enable(&org).await?;
        sealing::issue_data_key(database, given.masters(), &org).await
    };
    "replace a data key":
        |database, given| sealing::rotate_data_key(database, given.masters(), &holder(), Unreadable::Refuse).await;
    "discard a data key": |database, given| match sealing::discard_data_key(database, given.masters(), &holder()).await {
        Err(Error::Change(ChangeError::DataKeyOpens(_))) => Ok(()),
        other => other.map(drop),
    };
    "seal the audit log": |database, given| sealing::seal_audit(database, given.masters()).await;
    "verify": |database, given| sealing::verify(database, given.masters(), None, |_| ()).await;
    "report what is loaded": |database, given| sealing::report_loaded(database, "here", given.masters()).await;
    "confirm a copy": |database, given| database.confirm_escrow(given.masters().names()[0].0, given.masters().names()[0].1).await;
    "record a refusal": |database, given| database.record_denied("key_set").await;
    "remove a key": |database, given| database.remove_key(&Holder::Platform, &openai(), None).await;
    "purge": |database, given| database.purge(&"bolt".parse().unwrap()).await;
};

fn given() -> Given {
    let (world, ..) = world();
    world.byok("byok").ok(&["member", "add", "acme", "byok"]);
    let member = world.login("eve").parse().unwrap();
    let masters = MasterKeys::new(MasterKey::parse(master_text()).unwrap(), Vec::new()).unwrap();
    Given { world, keys: Keys::Master(masters), member, count: AtomicU32::new(0) }
}

/// Whether a change of that connection is there for everybody.
async fn is_true_for_others(others: &mut Database, org: &OrgId) -> bool {
    others.org(org).await.unwrap().is_some_and(|org| org.enabled)
}

/// Gives each call up at every point at which it waits, on a pool of one connection: `done` is called all the same, and who
/// comes next must have a connection of which everything is true.
async fn on_a_pool(given: &Given, url: &DatabaseUrl) {
    let pool = Pool::new(url.clone(), 1, Duration::from_secs(30)).unwrap();
    let mut others = Database::open(url).await.unwrap();
    for (name, call) in CALLS {
        let mut ended = false;
        for times in 0..200 {
            let mut lease = pool.lease().await.unwrap();
            let outcome = give_up_after(times, call(&mut lease, given)).await;
            drop(lease);
            let mut next = pool.lease().await.unwrap();
            let org = given.org();
            let result = next.enable(&org).await.unwrap_or_else(|error| panic!("{name}, {times}: {error}"));
            assert_eq!(result.as_str(), "created", "{name}, {times}");
            assert!(is_true_for_others(&mut others, &org).await, "{name}, {times}: told, and not true");
            drop(next);
            if let Some(outcome) = outcome {
                outcome.unwrap_or_else(|error| panic!("{name}, {times}: {error}"));
                ended = true;
                break;
            }
        }
        assert!(ended, "{name} does not end");
    }
}

/// The same with a connection of one's own: it says that it is closed, or what it says is true.
async fn on_its_own(given: &Given, url: &DatabaseUrl) {
    let mut others = Database::open(url).await.unwrap();
    let mut refused = 0;
    for (name, call) in CALLS {
        for times in 0..200 {
            let mut database = Database::open(url).await.unwrap();
            let outcome = give_up_after(times, call(&mut database, given)).await;
            let org = given.org();
            match database.enable(&org).await {
                Ok(_) => assert!(is_true_for_others(&mut others, &org).await, "{name}, {times}: told, and not true"),
                Err(Error::Connection(ConnectionError::GivenUp)) => {
                    refused += 1;
                    database.reopen().await.unwrap();
                    database.enable(&org).await.unwrap();
                }
                Err(error) => panic!("{name}, {times}: {error}"),
            }
            if outcome.is_some() {
                break;
            }
        }
    }
    assert!(refused >= CALLS.len(), "each call waits at least once");
}

/// Sessions that hold a transaction open without doing anything; one that was just closed may take a moment to be gone.
fn nothing_stays_open(world: &World) {
    let open = "select count(*)::text from pg_stat_activity
                where datname = current_database() and state like 'idle in transaction%'";
    for _ in 0..2000 {
        if world.root(open) == ["0"] {
            return;
        }
    }
    panic!("a transaction stays open");
}

#[test]
fn what_was_given_up_in_the_middle_is_not_inherited_by_the_next_user_of_the_pool() {
    let given = given();
    block_on(on_a_pool(&given, &parse(&given.world.url("byok"))));
    nothing_stays_open(&given.world);
}

#[test]
fn behind_a_transaction_pooler_neither() {
    let given = given();
    block_on(on_a_pool(&given, &parse(&given.world.url("byok")).behind(Pooler::Transaction)));
    nothing_stays_open(&given.world);
}

#[test]
fn a_connection_of_its_own_says_that_it_was_closed_with_what_was_given_up() {
    let given = given();
    block_on(on_its_own(&given, &parse(&given.world.url("byok"))));
    block_on(on_its_own(&given, &parse(&given.world.url("byok")).behind(Pooler::Transaction)));
    nothing_stays_open(&given.world);
}

#[test]
fn an_acquire_that_is_given_up_anywhere_and_asked_again_is_charged_once() {
    let (world, ..) = world();
    let url = parse(&world.url("byok"));
    block_on(async {
        let master = MasterKey::parse(master_text()).unwrap();
        let resolver = Resolver::builder(url).master_key(master).connections(1).open().await.unwrap();
        for times in 0..200 {
            let charge = Charge::now(interview(), 1).unwrap().request(format!("r{times}").parse().unwrap());
            let (org, provider) = (acme(), openai());
            let done = give_up_after(times, resolver.acquire(&org, &provider, &charge)).await;
            resolver.acquire(&org, &provider, &charge).await.unwrap();
            if done.is_some() {
                break;
            }
        }
    });
    let twice = "select request from byok.ledger where kind = 'charge' group by org, request having count(*) > 1";
    assert_eq!(world.root(twice), Vec::<String>::new());
}
