//! Master-key rotation under load: runs that are killed, two runs at once, and owners who change keys at the same time.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use byok::admin::crypto::{DataKey, MasterKey, MasterKeys};
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::admin::{Database, FinishResult, PromoteResult};
use byok::name::{Holder, ProviderId};
use byok::secret::{Credential, Hint, SecretText};
use data_encoding::HEXLOWER;

use crate::harness::{Byok, World, block_on, master_text, openai_key, parse};

const ORGS: usize = 20_000;
/// Those that have a key of their own, and are used while all that goes on.
const BUSY: usize = 40;

/// A database of many organizations, its master key in a file.
struct Platform {
    world: World,
    dir: tempfile::TempDir,
}

impl Platform {
    fn new(orgs: usize) -> Self {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        let file = dir.path().join("master.key");
        std::fs::write(&file, format!("{}\n", master_text())).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        world.root(&format!(
            "insert into byok.org (org, enabled) select 'org-' || n, true from generate_series(1, {orgs}) n;
             insert into byok.member (org, login_oid, login, role)
             select 'org-' || n, 'byok'::regrole, 'byok', 'owner' from generate_series(1, {BUSY}) n"
        ));
        let master = MasterKey::parse(master_text()).unwrap();
        let rows: Vec<String> = (1..=orgs).map(|number| wrapped(&master, &format!("org-{number}"))).collect();
        world.root(&format!(
            "insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
             select split_part(r, ' ', 1), 1, 1, decode(split_part(r, ' ', 2), 'hex'), decode(split_part(r, ' ', 3), 'hex'),
                    'active' from unnest(string_to_array('{}', ',')) r",
            rows.join(",")
        ));
        Self { world, dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("master.key")
    }

    fn admin(&self) -> Byok {
        self.world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", self.file().to_str().unwrap())
    }

    fn runner(&self) -> Child {
        let mut command = self.admin().command(&["master-key", "rotate", "--batch", "1000"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    async fn database(&self) -> Database {
        Database::open(&parse(&self.world.url("byok"))).await.unwrap()
    }
}

fn wrapped(master: &MasterKey, org: &str) -> String {
    let key = DataKey::generate(1).unwrap();
    let wrapped = HEXLOWER.encode(&master.wrap(org, &key).unwrap());
    format!("{org} {wrapped} {}", key.check_value(org))
}

/// What is at hand at this moment, as a command finds it: the file, and the file once more for a key added since.
fn keys(file: &Path) -> Keys {
    let path = file.to_owned();
    let read = move || MasterKeys::parse(&std::fs::read_to_string(&path).unwrap()).ok();
    Keys::Master(read().unwrap().or_later(read))
}

async fn set(database: &mut Database, keys: &Keys, org: usize, end: &str) -> byok::Result<()> {
    let holder = Holder::Organization(format!("org-{org}").parse().unwrap());
    let secret = SecretText::new(openai_key(end));
    let submission = Submission {
        holder: &holder,
        provider: &"openai".parse().unwrap(),
        hint: &Hint::of(&secret),
        credential: &Credential::single("api_key", secret),
        settings: "{}",
        expires_at: None,
        existing: Existing::Any,
        keep: sealing::KEEP_PREVIOUS,
    };
    sealing::store_untested(database, keys, &submission).await.map(drop)
}

/// Opens the key in force; what was set last is what comes out.
async fn open(database: &mut Database, keys: &Keys, org: usize) -> byok::Result<String> {
    let holder = Holder::Organization(format!("org-{org}").parse().unwrap());
    let provider: ProviderId = "openai".parse().unwrap();
    let resolution = database.key_context(&holder, &provider).await?;
    let version = resolution.active.unwrap().version;
    let opened = sealing::open_key(database, keys, &holder, &provider, version).await?;
    Ok(opened.credential.get("api_key").unwrap().expose().to_owned())
}

/// Sets and opens keys until it is told to stop; each must work at once, with the keys that are in the file just then.
fn work(platform: &Platform, worker: usize, (stop, done): (&AtomicBool, &AtomicU32)) {
    block_on(async {
        let mut database = platform.database().await;
        for round in 0_usize.. {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let (org, end) = (round * 2 % BUSY + 1 + worker, format!("{:04}", round % 10_000));
            let keys = keys(&platform.file());
            set(&mut database, &keys, org, &end).await.unwrap_or_else(|error| panic!("org-{org}: {error}"));
            let opened = open(&mut database, &keys, org).await;
            assert_eq!(opened.unwrap_or_else(|error| panic!("org-{org}: {error}")), openai_key(&end));
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Tells the workers to stop, also when the test fails in between: nobody would ever tell them then.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// kill -9.
fn end(runners: &mut [Child]) {
    for runner in runners {
        runner.kill().unwrap();
        runner.wait().unwrap();
    }
}

/// Starts runners and kills them, until one has come to its end; how many were killed.
fn rotate_under_fire(platform: &Platform) -> u32 {
    let mut killed = 0;
    loop {
        let mut pair = [platform.runner(), platform.runner()];
        // Any moment, from before the new key is written to after the last batch.
        let noise = std::collections::hash_map::RandomState::new();
        let random = std::hash::BuildHasher::hash_one(&noise, killed);
        let moment = Instant::now() + Duration::from_millis(5 + random % (40 + 40 * u64::from(killed)));
        while Instant::now() < moment || killed >= 30 {
            for runner in &mut pair {
                if let Some(status) = runner.try_wait().unwrap() {
                    let mut said = String::new();
                    std::io::Read::read_to_string(runner.stderr.as_mut().unwrap(), &mut said).unwrap();
                    assert!(status.success(), "{said}");
                    end(&mut pair);
                    return killed;
                }
            }
            std::thread::yield_now();
        }
        end(&mut pair);
        killed += 2;
    }
}

#[test]
fn twenty_thousand_organizations_change_their_master_key_while_runners_are_killed_and_owners_work() {
    let platform = Platform::new(ORGS);
    block_on(async {
        let mut database = platform.database().await;
        let keys = keys(&platform.file());
        for org in 1..=BUSY {
            set(&mut database, &keys, org, "0000").await.unwrap();
        }
    });
    let owners =
        "select md5(string_agg(org || epoch || encode(check_value, 'hex'), '' order by org)) from byok.data_key";
    let before = platform.world.root(owners);
    let (stop, done) = (AtomicBool::new(false), AtomicU32::new(0));
    let killed = std::thread::scope(|scope| {
        let workers = [0, 1].map(|worker| {
            let (platform, stop, done) = (&platform, &stop, &done);
            scope.spawn(move || work(platform, worker, (stop, done)))
        });
        let stopper = Stop(&stop);
        let killed = rotate_under_fire(&platform);
        drop(stopper);
        for worker in workers {
            worker.join().unwrap();
        }
        killed
    });
    assert!(killed >= 2 && done.load(Ordering::Relaxed) > 0, "{killed} killed, {} done", done.load(Ordering::Relaxed));

    // One of the pair may have begun the next one when it was killed: that is finished too.
    if platform.admin().run(&["master-key", "status"]).code != 0 {
        platform.admin().ok(&["master-key", "rotate"]);
    }
    let left = "select count(*)::text from byok.data_key d join byok.keyring k on k.epoch = d.master_epoch where k.state <> 'active'";
    assert_eq!(platform.world.root(left), ["0"], "no row of an old epoch");
    assert_eq!(platform.world.root("select count(*)::text from byok.data_key where master_epoch = 1"), ["0"]);
    assert_eq!(platform.world.root(owners), before, "owners' data keys are the same");
    let (code, document) = platform.admin().json(&["master-key", "verify"]);
    assert_eq!((code, &document["item"]["data_keys"]), (0, &serde_json::json!(ORGS)), "{document}");
    assert_eq!(platform.admin().run(&["audit", "verify"]).code, 0);
}

/// The master keys of a rotation from 1 to 2, as a process that takes part in it has loaded them.
async fn begin(database: &mut Database) -> MasterKeys {
    let new = MasterKey::generate(2).unwrap();
    database.begin_master_key(2, new.check_value(), false).await.unwrap();
    database.promote_master_key(2, false).await.unwrap();
    MasterKeys::new(MasterKey::parse(master_text()).unwrap(), vec![new]).unwrap()
}

#[test]
fn a_process_that_takes_part_in_a_rotation_ends_well_after_another_process_has_finished_it() {
    let platform = Platform::new(BUSY);
    block_on(async {
        let [mut slow, mut quick] = [platform.database().await, platform.database().await];
        let keys = begin(&mut quick).await;
        assert_eq!(sealing::rewrap(&mut quick, &keys, 1, 7, |_| {}).await.unwrap().data_keys, BUSY as u64);
        assert_eq!(quick.finish_master_key(2).await.unwrap(), FinishResult::Finished);

        assert_eq!(sealing::rewrap(&mut slow, &keys, 1, 7, |_| {}).await.unwrap().data_keys, 0);
        assert_eq!(slow.finish_master_key(2).await.unwrap(), FinishResult::Unchanged);
        assert_eq!(slow.promote_master_key(2, false).await.unwrap(), PromoteResult::Unchanged);

        // Somebody begins the next rotation in the meantime.
        let next = MasterKey::generate(3).unwrap();
        quick.begin_master_key(3, next.check_value(), false).await.unwrap();
        assert_eq!(slow.finish_master_key(2).await.unwrap(), FinishResult::Unchanged);
        assert!(slow.finish_master_key(3).await.is_err(), "it is not promoted");
        quick.promote_master_key(3, false).await.unwrap();
        assert_eq!(slow.finish_master_key(2).await.unwrap(), FinishResult::Unchanged);
        assert_eq!(slow.promote_master_key(2, false).await.unwrap(), PromoteResult::Unchanged);
        assert!(slow.finish_master_key(3).await.is_err(), "the old master key still wraps data keys");
        let unknown = sealing::rewrap(&mut slow, &keys, 2, 7, |_| {}).await;
        assert!(unknown.is_err(), "the new master key is not at hand");
    });
}

#[test]
fn a_rotation_after_a_leak_that_meets_a_finished_one_replaces_the_data_keys_and_ends() {
    let platform = Platform::new(BUSY);
    block_on(async {
        let mut database = platform.database().await;
        let keys = begin(&mut database).await;
        sealing::rewrap(&mut database, &keys, 1, 7, |_| {}).await.unwrap();
        database.finish_master_key(2).await.unwrap();
        // The other process saw the rotation under way, and says that the old key has leaked.
        database.begin_master_key(2, keys.of_epoch(2).unwrap().check_value(), true).await.unwrap();
        assert!(database.finish_master_key(2).await.is_err(), "the data keys are not replaced");
        sealing::rotate_leaked(&mut database, &keys, |_| {}).await.unwrap();
        assert_eq!(database.finish_master_key(2).await.unwrap(), FinishResult::Finished);
        assert!(database.master_keys().await.unwrap().iter().all(|key| !key.leaked));
    });
}

#[test]
fn owners_set_and_open_keys_while_their_data_keys_are_replaced() {
    let platform = Platform::new(BUSY);
    let (stop, done) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&platform, 0, (&stop, &done)));
        let stopper = Stop(&stop);
        for round in 0..60 {
            let org = format!("org-{}", round % 4 + 1);
            platform.admin().ok(&["data-key", "rotate", &org, "--yes"]);
            if worker.is_finished() {
                break;
            }
        }
        drop(stopper);
        worker.join().unwrap();
    });
    assert!(done.load(Ordering::Relaxed) > 0);
    assert_eq!(platform.world.root("select max(epoch)::text from byok.data_key where org = 'org-1'"), ["16"]);
}

#[test]
fn a_row_whose_id_byok_never_wrote_is_named_and_a_rotation_after_a_leak_ends() {
    let platform = Platform::new(BUSY);
    let master = MasterKey::parse(master_text()).unwrap();
    for org in ["", "-legacy"] {
        let row = wrapped(&master, org);
        let (hex, check) = row.strip_prefix(org).unwrap().trim_start().split_once(' ').unwrap();
        platform.world.root(&format!(
            "alter table byok.org drop constraint if exists org_id_check;
             insert into byok.org (org, enabled) values ('{org}', true) on conflict do nothing;
             insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
             values ('{org}', 1, 1, decode('{hex}', 'hex'), decode('{check}', 'hex'), 'active')"
        ));
    }
    let said = platform.admin().fails(9, &["master-key", "rotate", "--leaked", "--yes"]);
    assert!(said.contains("-legacy") && said.contains("not replaced"), "{said}");
    let left = "select org from byok.data_key group by org having max(epoch) <> 2";
    assert_eq!(platform.world.root(left), ["-legacy"], "every other data key is replaced once, the platform's too");
    let (code, verified) = platform.admin().json(&["master-key", "verify"]);
    assert_eq!((code, &verified["item"]["unreadable"][0]["org"]), (9, &"-legacy".into()));
    platform.world.root("delete from byok.data_key where org = '-legacy'; delete from byok.org where org = '-legacy'");
    platform.admin().ok(&["master-key", "rotate"]);
    platform.admin().ok(&["master-key", "verify"]);
}

#[test]
fn the_table_of_organizations_has_the_rule_of_ids_itself() {
    let world = World::new();
    for id in ["-legacy", "(platform)", "a b", "\u{3164}", &"x".repeat(129)] {
        let insert = format!("insert into byok.org (org, enabled) values ('{id}', true)");
        assert_eq!(crate::harness::sql(&world.url("byok"), &insert), Err("23514".into()), "{id:?}");
    }
}
