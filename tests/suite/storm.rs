//! Requests beside every command that replaces keys: none of them fails for a reason that is not true.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use byok::admin::crypto::{MasterKey, MasterKeys};
use byok::admin::sealing::{self, Unreadable};
use byok::admin::{Database, DatabaseUrl};
use byok::name::{Holder, ProviderId};
use byok::resolution::Reason;
use byok::{AcquireError, Charge, Resolver};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::harness::{Byok, World, block_on, master_text, openai_key, parse};

#[test]
fn a_data_key_that_is_replaced_between_two_questions_is_asked_for_again() {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let url = world.url("byok");
    block_on(async {
        let holder = Holder::Organization("acme".parse().unwrap());
        let masters = || MasterKeys::new(MasterKey::parse(master_text()).unwrap(), Vec::new()).unwrap();
        // The rows under the first data key come back, and those under the second one are kept.
        world.root("create table public.old as select * from byok.data_key; create table public.old_key as select * from byok.provider_key");
        let mut database = Database::open(&parse(&url)).await.unwrap();
        sealing::rotate_data_key(&mut database, &masters(), &holder, Unreadable::Refuse).await.unwrap();
        world.root("create table public.new as select * from byok.data_key; create table public.new_key as select * from byok.provider_key");
        let put = |keys: &str, provider_keys: &str| {
            format!(
                "delete from byok.provider_key where org = 'acme'; delete from byok.data_key where org = 'acme';
                 insert into byok.data_key select * from public.{keys} where org = 'acme';
                 insert into byok.provider_key select * from public.{provider_keys} where org = 'acme'"
            )
        };
        world.root(&put("old", "old_key"));
        let resolver = Resolver::builder(parse(&url)).master_keys(masters()).connections(1).open().await.unwrap();
        let warm = resolver.database().await.unwrap();
        drop(warm);
        // Whoever asks for a data key waits here, and whoever asks which key serves does not.
        let mut other = PgConnection::connect(&url).await.unwrap();
        other.execute("begin; lock table byok.installation in access exclusive mode").await.unwrap();
        let (acme, openai) = ("acme".parse().unwrap(), "openai".parse().unwrap());
        let replaced = async {
            let waits = "select count(*)::text from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
            while world.root(waits) != ["1"] {
                tokio::task::yield_now().await;
            }
            other.execute(sqlx::raw_sql(&put("new", "new_key"))).await.unwrap();
            other.execute("commit").await.unwrap();
        };
        let (key, ()) = tokio::join!(resolver.resolve(&acme, &openai), replaced);
        assert_eq!(key.unwrap().version, 1);
    });
}

/// What is done at once, and how often it was asked for.
struct Storm {
    over: AtomicBool,
    done: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Storm {
    /// Runs a command until the storm is over.
    fn request(&self, byok: &Byok, line: &[&str]) {
        while !self.over.load(Ordering::Relaxed) {
            self.once(byok, line);
        }
    }

    fn once(&self, byok: &Byok, line: &[&str]) {
        self.once_unless(byok, line, "no refusal");
    }

    /// The same where a refusal with this code may be true.
    fn once_unless(&self, byok: &Byok, line: &[&str], code: &str) {
        let run = byok.run(line);
        self.done.fetch_add(1, Ordering::Relaxed);
        if run.code != 0 && !run.err.contains(&format!("\"code\":\"{code}\"")) {
            self.failures.lock().unwrap().push(format!("{line:?}: {run:?}"));
        }
    }
}

/// The addresses between which a provider moves. Each has a key of its own.
const HOMES: [(&str, &str); 2] = [
    ("https://aaaa.example.org/v1", "lab-cAnArYcAnArY-aaaa"),
    ("https://bbbb.example.org/v1", "lab-cAnArYcAnArY-bbbb"),
];
/// A program that gets the key of one address together with the other address ends with 77.
const AT_HOME: &str =
    "case \"$LAB_API_KEY $LAB_BASE_URL\" in *-aaaa\\ https://aaaa.*|*-bbbb\\ https://bbbb.*);; *) exit 77;; esac";

/// Moves the provider once. Until its key is set again, its requests are denied.
fn move_provider(storm: &Storm, admin: &Byok, owner: &Byok, (address, key): (&str, &str)) {
    storm.once(admin, &["provider", "add", "lab", "--base-url", address, "--address-env", "LAB_BASE_URL"]);
    storm.once(&owner.clone().input(key), &["key", "set", "lab", "--org", "acme", "--stdin"]);
}

/// So many rounds of each rotation: more by hand, `BYOK_TEST_STORM=200 cargo test --test suite storm`.
fn rounds() -> usize {
    std::env::var("BYOK_TEST_STORM").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

/// Every command that replaces keys, all at once.
fn rotations(storm: &Storm, admin: &Byok, owner: &Byok) {
    let leaked: &[&str] = &["master-key", "rotate", "--leaked", "--yes"];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (1..=3 * rounds()).for_each(|round| move_provider(storm, admin, owner, HOMES[round % 2]));
        });
        scope.spawn(|| {
            (0..3 * rounds()).for_each(|_| storm.once(admin, &["data-key", "rotate", "acme", "--yes"]));
        });
        scope.spawn(|| {
            for round in 0..3 * rounds() {
                let given = owner.clone().input(openai_key(&format!("{round:04}")));
                storm.once(&given, &["key", "rotate", "openai", "--org", "acme", "--stdin"]);
            }
        });
        for round in 0..rounds() {
            storm.once(admin, if round % 2 == 0 { &leaked[..2] } else { leaked });
            storm.once(admin, &["master-key", "verify"]);
        }
    });
}

#[test]
fn no_request_fails_beside_rotations_of_keys_data_keys_and_master_keys_and_moves_of_a_provider() {
    let (world, ada, _) = World::with_owners();
    let dir = tempfile::tempdir().unwrap();
    let file = master_file(&dir.path().join("master.key"));
    let own = |login: &str| world.byok(login).without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", &file);
    let (owner, admin) = (own(&ada), own("byok"));
    owner.clone().input(openai_key("0000")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let storm = Storm { over: AtomicBool::new(false), done: AtomicUsize::new(0), failures: Mutex::default() };
    std::thread::scope(|scope| {
        move_provider(&storm, &admin, &owner, HOMES[0]);
        let requests: [(&Byok, &[&str]); 3] = [
            (&owner, &["run", "openai", "--org", "acme", "--", "true"]),
            (&admin, &["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]),
            (&admin, &["run", "openai", "--org", "acme", "--", "true"]),
        ];
        let mut all: Vec<_> = requests.map(|(byok, line)| scope.spawn(|| storm.request(byok, line))).into();
        all.push(scope.spawn(|| serve(&storm, &parse(&world.url("byok")), &file)));
        all.push(scope.spawn(|| {
            let line = ["run", "lab", "--org", "acme", "-o", "json", "--", "sh", "-c", AT_HOME];
            while !storm.over.load(Ordering::Relaxed) {
                storm.once_unless(&owner, &line, "address_changed");
            }
        }));
        rotations(&storm, &admin, &owner);
        storm.over.store(true, Ordering::Relaxed);
        for one in all {
            one.join().unwrap();
        }
    });
    owner.ok(&["run", "lab", "--org", "acme", "--", "sh", "-c", AT_HOME]);
    let elsewhere = format!("LAB_BASE_URL=https://cccc.example.org; {AT_HOME}");
    owner.fails(77, &["run", "lab", "--org", "acme", "--", "sh", "-c", &elsewhere]);
    let failures = storm.failures.into_inner().unwrap();
    let done = storm.done.into_inner();
    assert!(failures.is_empty(), "{} of {done}: {failures:#?}", failures.len());
    assert_eq!(world.root("select count(*)::text from byok.provider_key where unreadable_at is not null"), ["0"]);
    writeln!(std::io::stderr(), "{done} requests and rotations, none failed").unwrap();
}

fn master_file(file: &Path) -> String {
    std::fs::write(file, master_text()).unwrap();
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

/// A server that has been running since before the storm.
fn serve(storm: &Storm, url: &DatabaseUrl, file: &str) {
    block_on(async {
        let load = {
            let file = file.to_owned();
            move || MasterKeys::parse(&std::fs::read_to_string(&file).ok()?).ok()
        };
        let masters = load().unwrap().or_later(load);
        let builder = Resolver::builder(url.clone()).master_keys(masters).connections(2);
        let resolver = builder.patience(Duration::from_secs(60)).open().await.unwrap();
        let (acme, openai, lab) =
            ("acme".parse().unwrap(), "openai".parse().unwrap(), "lab".parse::<ProviderId>().unwrap());
        while !storm.over.load(Ordering::Relaxed) {
            let charge = Charge::nothing().unwrap();
            let (one, two, moved) = tokio::join!(
                resolver.resolve(&acme, &openai),
                resolver.acquire(&acme, &openai, &charge),
                resolver.resolve(&acme, &lab)
            );
            storm.done.fetch_add(3, Ordering::Relaxed);
            let moved = moved.err().filter(|error| !matches!(error, AcquireError::Denied(Reason::AddressChanged)));
            let failures = [one.err(), two.err(), moved].into_iter().flatten().map(|error| format!("server: {error}"));
            storm.failures.lock().unwrap().extend(failures);
        }
    });
}
