//! The keys that guard others, and the audit log: handed over, copied, replaced, lost, found again.

use std::path::Path;

use crate::cluster::Cluster;
use crate::harness::{Byok, World, openai_key, sql};

use super::{Screens, at_home};

fn place() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("byok-screens-").tempdir_in("/tmp").unwrap()
}

fn with_file(byok: Byok, file: &Path) -> Byok {
    byok.without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap())
}

#[test]
fn data_keys_of_organizations() {
    let (world, dir) = (World::new(), place());
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme", "bolt", "--owner", "byok"]);
    admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let file = dir.path().join("acme.datakey");
    let mut screens = Screens::of("data_keys");
    screens.play(&admin, "data-key issue --org acme");
    screens.play(&admin, &format!("data-key issue --org acme --to-file {}", file.display()));
    screens.play(&admin, &format!("data-key issue --org acme --to-file {} -o json", file.display()));
    screens.play(&admin, &format!("data-key issue --org ghost --to-file {}", dir.path().join("ghost").display()));
    screens.play(&admin, "data-key rotate --org acme");
    screens.both(&admin, "data-key rotate --org acme --yes");
    screens.play(&admin, "data-key rotate --org ghost --yes");
    let owner = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_DATA_KEY_FILE", file.to_str().unwrap());
    screens.play(&owner, "run openai --org acme -- true");
    screens.play(&admin, &format!("data-key restore --org acme --from-file {}", file.display()));
    screens.play(&admin.clone().input("BYOKD1-1-nonsense"), "data-key restore --org acme --stdin");
    world.root(
        "update byok.data_key set wrapped = decode(repeat('00', 61), 'hex') where org = 'acme' and state = 'active'",
    );
    screens.both(&admin, "master-key verify");
    screens.play(&admin, "data-key rotate --org acme --yes");
    screens.play(&admin, "data-key discard --org acme");
    screens.both(&admin, "data-key discard --org acme --yes");
    screens.play(&admin, "resolve openai --org acme");
    screens.play(&admin, "resolve openai --org acme --verify");
    screens.compare();
}

#[test]
fn the_life_of_a_master_key() {
    // On a server of its own: what other tests do with roles is said here too.
    let (cluster, dir) = (Cluster::start(), place());
    sql(&cluster.url, "create database bare").unwrap();
    let login = || Byok::new().env("BYOK_DATABASE_URL", &cluster.server.url("byok", "bare"));
    let (file, copy) = (dir.path().join("master.key"), dir.path().join("copy.key"));
    let byok = with_file(login(), &file);
    let bare = at_home(login(), dir.path());
    let mut screens = Screens::of("master_key");
    screens.play(&bare, "status");
    screens.play(&byok, "init --schema-only");
    screens.both(&byok, "master-key create");
    screens.play(&byok, &format!("master-key create --only --to-file {}", dir.path().join("only.key").display()));
    screens.play(&byok, "master-key create --only");
    screens.play(&byok, "enable acme --owner byok");
    screens.play(&byok.clone().input(openai_key("xK7q")), "key set openai --org acme --stdin");
    screens.play(&byok, &format!("master-key escrow --to-file {}", copy.display()));
    screens.play(&byok, &format!("master-key escrow --confirm --from-file {}", copy.display()));
    screens.both(&byok, "master-key status");
    screens.both(&byok, "master-key rotate --dry-run");
    screens.play(&byok, "master-key rotate begin");
    screens.play(&byok, "master-key rotate --dry-run");
    screens.play(&byok, "master-key rotate finish");
    screens.play(&byok, "master-key status");
    screens.play(&byok, "master-key rotate promote");
    screens.play(&byok, "master-key rotate run");
    screens.play(&byok, "master-key rotate finish");
    screens.both(&byok, "master-key rotate");
    screens.play(&byok, "master-key rotate --leaked");
    screens.play(&byok, "master-key rotate --leaked --yes");
    screens.play(&with_file(login(), &dir.path().join("only.key")), "master-key verify");
    screens.play(&bare, "master-key verify");
    screens.play(&with_file(login(), &dir.path().join("new.key")), "master-key create --lost --yes");
    screens.play(&with_file(login(), &dir.path().join("new.key")), "master-key verify");
    screens.compare();
}

#[test]
fn the_audit_log() {
    let (world, dir) = (World::new(), place());
    let admin = world.byok("byok");
    admin.ok(&["enable", "acme", "--owner", "byok"]);
    admin.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.ok(&["credits", "grant", "10", "--org", "acme", "--request-id", "order-1"]);
    let mut screens = Screens::of("audit");
    screens.play(&admin, "audit list -o table");
    screens.play(&admin, "audit list --org acme --limit 2 -o json");
    screens.play(&admin, "audit list --since yesterday");
    screens.play(&admin, "audit list --action nothing -o table");
    screens.both(&admin, "audit seal");
    let kept = dir.path().join("seals");
    std::fs::write(&kept, admin.ok(&["audit", "seal", "--quiet"])).unwrap();
    screens.both(&admin, &format!("audit verify --kept {}", kept.display()));
    screens.play(&at_home(admin.clone().without("BYOK_MASTER_KEY"), dir.path()), "audit verify");
    world.root(
        "alter table byok.audit disable trigger user; update byok.audit set subject = 'other' where action = 'credit.grant'",
    );
    screens.both(&admin, "audit verify");
    std::fs::write(&kept, "not a seal\n").unwrap();
    screens.play(&admin, &format!("audit verify --kept {}", kept.display()));
    screens.compare();
}
