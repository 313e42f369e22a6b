//! The master key: creating it, its status, copies, and rotation step by step.

use std::path::{Path, PathBuf};

use byok::admin::crypto::{MasterKey, MasterKeys};
use serde_json::{Value, json};

use crate::harness::{Byok, World, block_on, openai_key, parse};
use crate::pty::Terminal;

/// A database with two organizations and keys, whose master key is in a file.
pub(crate) struct Kept {
    pub(crate) world: World,
    dir: tempfile::TempDir,
    pub(crate) admin: Byok,
}

impl Kept {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (world, ada, bob) = World::with_owners();
        let file = dir.path().join("master.key");
        std::fs::write(&file, format!("{}\n", crate::harness::master_text())).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        for (login, org) in [(&ada, "acme"), (&bob, "bolt")] {
            world.byok(login).input(openai_key("1111")).ok(&["key", "set", "openai", "--org", org, "--stdin"]);
        }
        let admin = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
        Self { world, dir, admin }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn epochs(&self, name: &str) -> Vec<u32> {
        keys(&self.path(name)).names().into_iter().map(|(epoch, _)| epoch).collect()
    }

    pub(crate) fn states(&self) -> Vec<String> {
        self.world.root("select epoch || ' ' || state from byok.keyring order by epoch")
    }

    pub(crate) fn opens(&self) {
        for org in ["acme", "bolt"] {
            self.admin.ok(&["resolve", "openai", "--org", org, "--verify", "--require", "organization"]);
        }
    }
}

fn keys(path: &Path) -> MasterKeys {
    keys_of(&std::fs::read_to_string(path).unwrap())
}

fn keys_of(text: &str) -> MasterKeys {
    MasterKeys::parse(text).unwrap()
}

#[test]
fn create_makes_the_first_key_once_and_only_makes_one_for_elsewhere() {
    let world = World::empty();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.key");
    let byok = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    let other = dir.path().join("other.key");
    let only = ["master-key", "create", "--only", "--to-file", other.to_str().unwrap()];
    assert_eq!(byok.json(&only).1["result"], "created");
    byok.fails(5, &only);
    byok.fails(2, &["master-key", "create", "--only"]);
    let init = world.byok("byok").env("BYOK_MASTER_KEY", std::fs::read_to_string(&other).unwrap().trim());
    init.ok(&["init"]);
    let wanted = keys(&other).names()[0].1.to_string();
    let status = init.json(&["master-key", "status"]).1;
    assert_eq!((&status["items"][0]["fingerprint"], &status["items"][0]["found_here"]), (&json!(wanted), &json!(true)));
    assert_eq!(init.json(&["master-key", "create"]).1["result"], "unchanged");
    assert!(!file.exists());
}

#[test]
fn the_copy_is_a_key_file_and_reading_it_back_is_recorded() {
    let kept = Kept::new();
    let copy = kept.path("copy.txt");
    let copy = copy.to_str().unwrap();
    let status = |byok: &Byok| byok.json(&["master-key", "status"]).1["items"][0].clone();
    assert_eq!(status(&kept.admin)["escrow_confirmed_at"], Value::Null);
    assert!(kept.admin.fails(2, &["master-key", "escrow"]).contains("--to-file"));
    let said = kept.admin.ok(&["master-key", "escrow", "--to-file", copy]);
    assert!(said.contains("2 data keys"), "{said}");
    let text = std::fs::read_to_string(copy).unwrap();
    assert!(text.contains("BYOK_MASTER_KEY_FILE") && text.contains(&keys(Path::new(copy)).names()[0].1.to_string()));
    kept.world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", copy).ok(&["master-key", "verify"]);
    // Confirmed without the key itself at hand, as in a vault.
    let vault = kept.world.byok("byok").without("BYOK_MASTER_KEY").env("HOME", "/nowhere");
    let confirm = ["master-key", "escrow", "--confirm"];
    let wrong = MasterKey::generate(1).unwrap();
    let said = vault.clone().input(wrong.to_text().expose()).fails(9, &[&confirm[..], &["--stdin"]].concat());
    assert!(said.contains(&wrong.check_value().to_string()), "{said}");
    vault.clone().input("BYOKM1-1-XXXX").fails(4, &[&confirm[..], &["--stdin"]].concat());
    assert_eq!(status(&kept.admin)["escrow_confirmed_at"], Value::Null);
    let confirmed = vault.json(&[&confirm[..], &["--from-file", copy]].concat()).1;
    assert_eq!(confirmed["result"], "confirmed");
    assert_eq!(status(&kept.admin)["escrow_confirmed_by"], "byok");
}

#[test]
fn one_command_replaces_the_master_key_and_sets_the_old_one_aside() {
    let kept = Kept::new();
    let old = keys(&kept.path("master.key")).names()[0];
    let data_keys = "select org || epoch || encode(check_value, 'hex') from byok.data_key order by org";
    let before = kept.world.root(data_keys);
    let plan = kept.admin.json(&["master-key", "rotate", "--dry-run"]).1;
    assert_eq!((&plan["result"], &plan["item"]["data_keys"]), (&json!("planned"), &json!(2)));
    assert_eq!(kept.states(), ["1 active"]);
    let (code, document) = kept.admin.json(&["master-key", "rotate"]);
    assert_eq!((code, &document["item"]["epoch"], &document["item"]["data_keys"]), (0, &json!(2), &json!(2)));
    assert_eq!(kept.states(), ["1 retired", "2 active"]);
    assert_eq!((kept.epochs("master.key"), kept.epochs("master.key.epoch-1")), (vec![2], vec![1]));
    assert_eq!(keys(&kept.path("master.key.epoch-1")).names(), [old]);
    assert_eq!(kept.world.root(data_keys), before, "owners' data keys are the same");
    kept.opens();
    assert_eq!(kept.admin.json(&["master-key", "verify"]).1["item"]["keys"], 2);
    // The old key is known, and opens nothing any more; what is wanted is said.
    let old_alone = kept.world.byok(&kept.world.login_name("ada"));
    let said = old_alone.input(openai_key("2222")).fails(4, &["key", "set", "openai", "--org", "acme", "--stdin"]);
    assert!(
        said.contains("epoch 2") && said.contains(&keys(&kept.path("master.key")).names()[0].1.to_string()),
        "{said}"
    );
    let actions =
        kept.world.root("select action from byok.audit where org = '' and action like 'master_key.%' order by seq");
    let wanted = ["create", "begin", "promote", "rewrap", "finish"].map(|it| format!("master_key.{it}"));
    assert_eq!(actions[..5], wanted);
}

#[test]
fn a_runner_killed_at_its_very_last_step_only_leaves_the_file_to_be_put_right() {
    let kept = Kept::new();
    let before = std::fs::read_to_string(kept.path("master.key")).unwrap();
    kept.admin.ok(&["master-key", "rotate"]);
    let new = std::fs::read_to_string(kept.path("master.key")).unwrap();
    std::fs::write(kept.path("master.key"), format!("{before}{new}")).unwrap();
    // What lies there is of another database, and nothing is written over it.
    let other = format!("{}\n", MasterKey::generate(1).unwrap().to_text().expose());
    std::fs::write(kept.path("master.key.epoch-1"), &other).unwrap();
    assert_eq!(kept.admin.json(&["master-key", "rotate"]).1["result"], "finished");
    assert_eq!(std::fs::read_to_string(kept.path("master.key")).unwrap(), new);
    assert_eq!(kept.states(), ["1 retired", "2 active"], "and no other rotation begins");
    assert_eq!(std::fs::read_to_string(kept.path("master.key.epoch-1")).unwrap(), other);
    let old = keys_of(&before).names()[0].1;
    assert_eq!(std::fs::read_to_string(kept.path(&format!("master.key.epoch-1.{old}"))).unwrap(), before);
    kept.opens();
}

#[test]
fn the_steps_can_be_taken_one_by_one_and_each_says_when_it_is_too_early() {
    let kept = Kept::new();
    let step = |name: &str| kept.admin.json(&["master-key", "rotate", name]);
    assert_eq!(step("promote").1["result"], "unchanged");
    assert_eq!(step("run").1["result"], "unchanged");
    assert_eq!(step("finish").1["result"], "unchanged");
    assert_eq!(step("cancel").1["result"], "unchanged");
    assert_eq!(step("begin").1["result"], "begun");
    let first = std::fs::read_to_string(kept.path("master.key")).unwrap();
    assert_eq!(step("begin").1["result"], "begun", "again is the same");
    assert_eq!(std::fs::read_to_string(kept.path("master.key")).unwrap(), first);
    assert_eq!(kept.states(), ["1 active", "2 pending"]);
    kept.opens();
    assert!(kept.admin.fails(5, &["master-key", "rotate", "finish"]).contains("not promoted"));
    assert_eq!(kept.admin.run(&["master-key", "status"]).code, 9, "a rotation is unfinished");
    assert_eq!(step("promote").1["result"], "promoted");
    assert_eq!(kept.states(), ["1 retiring", "2 active"]);
    assert!(kept.admin.fails(5, &["master-key", "rotate", "finish"]).contains("still wraps some data keys"));
    kept.opens();
    // Both keys are at hand: what is new goes under the new one, what is old still opens.
    kept.admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    assert_eq!(kept.world.root("select master_epoch::text from byok.data_key where org = ''"), ["2"]);
    assert_eq!(step("run").1["item"]["data_keys"], 2);
    assert_eq!(step("finish").1["result"], "finished");
    assert_eq!(kept.admin.run(&["master-key", "status"]).code, 0);
    kept.opens();
}

#[test]
fn a_new_key_can_be_given_up_before_it_is_promoted_and_not_after() {
    let kept = Kept::new();
    kept.admin.ok(&["master-key", "rotate", "begin"]);
    assert_eq!(kept.epochs("master.key"), [1, 2]);
    assert_eq!(kept.admin.json(&["master-key", "rotate", "cancel"]).1["result"], "cancelled");
    assert_eq!((kept.epochs("master.key"), kept.states()), (vec![1], vec!["1 active".into(), "2 retired".into()]));
    kept.admin.ok(&["master-key", "rotate", "begin"]);
    kept.admin.ok(&["master-key", "rotate", "promote"]);
    assert_eq!(kept.admin.json(&["master-key", "rotate", "cancel"]).1["result"], "unchanged");
    kept.admin.ok(&["master-key", "rotate"]);
    assert_eq!(kept.states(), ["1 retired", "2 retired", "3 active"]);
}

#[test]
fn promotion_waits_for_everybody_who_holds_the_master_key() {
    let kept = Kept::new();
    let server = kept.world.login("server");
    kept.admin.ok(&["role", "grant", "resolver", &server]);
    let server = kept.world.byok(&server);
    server.ok(&["master-key", "loaded", "--instance", "api-7"]);
    kept.admin.ok(&["master-key", "rotate", "begin"]);
    for line in [&["master-key", "rotate", "promote"][..], &["master-key", "rotate"]] {
        let said = kept.admin.fails(5, line);
        assert!(said.contains("api-7") && said.contains("--force"), "{said}");
    }
    assert_eq!(kept.states(), ["1 active", "2 pending"]);
    let both = kept.path("master.key");
    let loaded = server.clone().without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", both.to_str().unwrap());
    loaded.ok(&["master-key", "loaded", "--instance", "api-7"]);
    // Somebody who was last seen long ago is not waited for.
    kept.world
        .root("insert into byok.master_key_holder values (1, 'gone', 'old-host', '{1}', now() - interval '25 hours')");
    kept.admin.ok(&["master-key", "rotate"]);
    kept.opens();
    server.fails(2, &["master-key", "loaded", "--instance", ""]);
    // And whoever says --force takes it upon itself.
    server.ok(&["master-key", "loaded", "--instance", "api-8"]);
    kept.admin.fails(5, &["master-key", "rotate"]);
    kept.admin.ok(&["master-key", "rotate", "--force"]);
    kept.opens();
}

#[test]
fn a_key_that_does_not_come_from_a_file_is_replaced_through_a_file_beside_it() {
    let kept = Kept::new();
    let new = kept.path("new.key");
    let command = format!("cat {}", kept.path("master.key").display());
    let admin = kept.world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_COMMAND", &command);
    let said = admin.fails(2, &["master-key", "rotate"]);
    assert!(said.contains("--new-key-file"), "{said}");
    assert_eq!(kept.states(), ["1 active"]);
    let line = ["master-key", "rotate", "--new-key-file", new.to_str().unwrap()];
    admin.ok(&[&line[..2], &["begin"], &line[2..]].concat());
    // Without the new one it is said which is wanted; with it, it goes on.
    assert!(admin.fails(4, &["master-key", "rotate"]).contains("epoch 2"));
    admin.ok(&line);
    assert_eq!((kept.epochs("master.key"), kept.epochs("new.key")), (vec![1], vec![2]));
    assert_eq!(kept.states(), ["1 retired", "2 active"]);
    let next = admin.env("BYOK_MASTER_KEY_COMMAND", &format!("cat {}", new.display()));
    next.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
}

#[test]
fn after_a_leak_every_data_key_is_replaced_and_every_key_opens() {
    let kept = Kept::new();
    kept.admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    let handed = kept.path("acme.datakey");
    kept.admin.ok(&["data-key", "issue", "acme", "--to-file", handed.to_str().unwrap()]);
    assert!(kept.admin.fails(2, &["master-key", "rotate", "--leaked"]).contains("--yes"));
    // Killed after the promotion, or finished by hand too early: it is not over before the data keys are new.
    kept.admin.ok(&["master-key", "rotate", "begin", "--leaked", "--yes"]);
    kept.admin.ok(&["master-key", "rotate", "promote"]);
    let (_, document) = kept.admin.json(&["master-key", "rotate"]);
    assert_eq!(document["item"]["replaced_data_keys"], 3);
    assert_eq!(kept.states(), ["1 retired", "2 active"]);
    assert_eq!(
        kept.world.root("select distinct data_epoch::text from byok.provider_key where encrypted is not null"),
        ["2"]
    );
    kept.opens();
    let owner = kept.world.byok(&kept.world.login_name("ada")).without("BYOK_MASTER_KEY");
    owner
        .env("BYOK_DATA_KEY_FILE", handed.to_str().unwrap())
        .fails(4, &["resolve", "openai", "--org", "acme", "--verify"]);
    // Once more is a rotation of its own.
    assert_eq!(kept.admin.json(&["master-key", "rotate", "--leaked", "--yes"]).1["item"]["replaced_data_keys"], 3);
    kept.opens();
}

#[test]
fn verify_names_what_does_not_open_and_a_sample_opens_some() {
    let kept = Kept::new();
    assert_eq!(kept.admin.json(&["master-key", "verify", "--sample", "1"]).1["item"]["data_keys"], 1);
    kept.world.root("update byok.provider_key set encrypted = set_byte(encrypted, 40, get_byte(encrypted, 40) # 1) where org = 'acme'");
    kept.world
        .root("update byok.data_key set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1) where org = 'bolt'");
    let (code, document) = kept.admin.json(&["master-key", "verify"]);
    let named: Vec<String> = document["item"]["unreadable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", it["org"], it["provider"]))
        .collect();
    assert_eq!((code, named), (9, vec![r#""bolt" null"#.into(), r#""acme" "openai""#.into()]));
    let opened = kept.world.root("select count(*)::text from byok.audit where action = 'keys.open'");
    assert_ne!(opened, ["0"], "that keys were opened is recorded");
    let wrong = MasterKey::generate(1).unwrap();
    let said =
        kept.world.byok("byok").env("BYOK_MASTER_KEY", wrong.to_text().expose()).fails(4, &["master-key", "verify"]);
    assert!(said.contains(&wrong.check_value().to_string()), "{said}");
}

#[test]
fn a_data_key_that_an_owner_forged_does_not_hold_up_the_rotation_of_all_others() {
    let kept = Kept::new();
    let eve = kept.world.login("eve");
    kept.admin.ok(&["enable", "evil", "--owner", &eve]);
    // The owner of an organization may store its first data key, and holds a SQL connection.
    let check = kept.world.root("select encode(check_value, 'hex') from byok.keyring").remove(0);
    let forge = format!(
        "select byok_api.data_key_put('evil', 1, 1, decode('{check}', 'hex'), decode(repeat('01', 61), 'hex'),
                                      decode(repeat('01', 8), 'hex'))"
    );
    crate::harness::sql(&kept.world.url(&eve), &forge).unwrap();
    let said = kept.admin.fails(9, &["master-key", "rotate"]);
    assert!(said.contains("evil") && said.contains("byok data-key discard --org ORG --yes"), "{said}");
    assert_eq!(
        kept.world.root("select org from byok.data_key where master_epoch = 1"),
        ["evil"],
        "all others are done"
    );
    kept.opens();
    assert!(kept.admin.fails(5, &["data-key", "discard", "acme", "--yes"]).contains("opens"));
    kept.admin.fails(2, &["data-key", "discard", "evil"]);
    assert_eq!(kept.admin.json(&["data-key", "discard", "evil", "--yes"]).1["result"], "discarded");
    assert_eq!(kept.admin.json(&["data-key", "discard", "evil", "--yes"]).1["result"], "unchanged");
    kept.admin.ok(&["master-key", "rotate"]);
    assert_eq!(kept.states(), ["1 retired", "2 active"]);
    kept.admin.ok(&["master-key", "verify"]);
    let owner = kept.admin.clone().env("BYOK_DATABASE_URL", &kept.world.url(&eve)).input(openai_key("1111"));
    owner.ok(&["key", "set", "openai", "--org", "evil", "--stdin"]);
}

#[test]
fn a_rotation_that_the_platforms_data_key_stops_says_how_it_goes_on() {
    let kept = Kept::new();
    kept.admin.clone().input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    kept.world.root("update byok.data_key set wrapped = decode(repeat('00', 61), 'hex') where org = ''");
    let said = kept.admin.fails(9, &["master-key", "rotate"]);
    assert!(said.contains("(platform)") && said.contains("byok data-key discard --platform --yes"), "{said}");
    assert!(!said.contains("discard ORG"), "{said}");
    kept.admin.ok(&["data-key", "discard", "--platform", "--yes"]);
    kept.admin.ok(&["master-key", "rotate"]);
    assert_eq!(kept.states(), ["1 retired", "2 active"]);
}

#[test]
fn progress_is_shown_at_a_terminal_and_nowhere_else() {
    let kept = Kept::new();
    let run = kept.admin.run(&["master-key", "verify"]);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
    let (code, seen) = Terminal::run(&kept.admin, &["master-key", "verify"]).end();
    assert!(code == 0 && seen.contains("opened 2 data keys and 2 stored keys"), "{seen}");
    let (code, seen) = Terminal::run(&kept.admin.clone().env("CI", "1"), &["master-key", "verify"]).end();
    assert!(code == 0 && !seen.contains("\u{1b}["), "{seen:?}");
}

#[test]
fn two_first_data_keys_and_a_promotion_at_once_leave_none_behind() {
    // The data key is made under the old key, and stored when the new one is promoted: it is made again.
    let kept = Kept::new();
    kept.admin.ok(&["enable", "late"]);
    kept.admin.ok(&["master-key", "rotate", "begin"]);
    let both = keys(&kept.path("master.key"));
    let url = parse(&kept.world.url("byok"));
    block_on(async {
        let mut database = byok::admin::Database::open(&url).await.unwrap();
        // This session still thinks that epoch 1 is in use.
        assert_eq!(database.hello().active_epoch, Some(1));
        kept.admin.ok(&["master-key", "rotate", "promote"]);
        let org = "late".parse().unwrap();
        byok::admin::sealing::issue_data_key(&mut database, &both, &org).await.unwrap();
    });
    assert_eq!(kept.world.root("select master_epoch::text from byok.data_key where org = 'late'"), ["2"]);
    kept.admin.ok(&["master-key", "rotate"]);
    kept.opens();
}

#[test]
fn a_session_that_is_older_than_a_rotation_goes_on_with_the_new_key() {
    let kept = Kept::new();
    let url = parse(&kept.world.url("byok"));
    block_on(async {
        let mut database = byok::admin::Database::open(&url).await.unwrap();
        kept.admin.ok(&["master-key", "rotate"]);
        let new = keys(&kept.path("master.key"));
        assert_eq!(database.hello().active_epoch, Some(1), "it has not heard of it");
        let key = byok::admin::sealing::issue_data_key(&mut database, &new, &"acme".parse().unwrap()).await.unwrap();
        assert_eq!(key.epoch(), 1);
    });
}
