//! A retired master key is not accepted as the active one, and a rotation replaces the file that is really read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::harness::Byok;
use crate::master_key::Kept;

/// After a rotation, the program with nothing but the key that was replaced.
fn replaced() -> (Kept, Byok) {
    let kept = Kept::new();
    kept.admin.ok(&["master-key", "rotate"]);
    let old = kept.admin.clone().env("BYOK_MASTER_KEY_FILE", kept.path("master.key.epoch-1").to_str().unwrap());
    (kept, old)
}

#[test]
fn no_command_calls_a_retired_master_key_the_right_one() {
    let (kept, old) = replaced();
    let shown = kept.admin.json(&["status"]).1["item"]["master_key"].as_str().unwrap().to_owned();
    assert!(shown.contains(", fits;"), "{shown}");
    for line in [&["init"][..], &["master-key", "create"], &["master-key", "verify"], &["master-key", "rotate"]] {
        let said = old.fails(4, line);
        assert!(said.contains("epoch 2"), "{line:?}: {said}");
    }
    assert_eq!(kept.states(), ["1 retired", "2 active"], "and no rotation begins with it");
    old.ok(&["init", "--schema-only"]);
    let (code, document) = old.json(&["status"]);
    let shown = document["item"]["master_key"].as_str().unwrap();
    assert_eq!(code, 0, "a key that is not the right one is a fact of `status`, not a failure");
    assert!(shown.contains("not active") && shown.contains("epoch 2") && !shown.contains("fits"), "{shown}");
    let run = old.run(&["master-key", "status"]);
    assert!(run.code == 9 && run.err.contains("epoch 2"), "{run:?}");
}

#[test]
fn no_verify_is_green_with_a_retired_key_where_nothing_is_stored() {
    let world = crate::harness::World::empty();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("master.key");
    let admin = world.byok("byok").without("BYOK_MASTER_KEY").env("BYOK_MASTER_KEY_FILE", file.to_str().unwrap());
    admin.ok(&["init"]);
    admin.ok(&["master-key", "rotate"]);
    let old = admin.env("BYOK_MASTER_KEY_FILE", dir.path().join("master.key.epoch-1").to_str().unwrap());
    old.fails(4, &["master-key", "verify"]);
    old.fails(4, &["master-key", "escrow", "--to-file", dir.path().join("copy").to_str().unwrap()]);
}

#[test]
fn a_copy_of_a_retired_key_is_neither_written_nor_confirmed() {
    let (kept, old) = replaced();
    let copy = kept.path("copy");
    let said = old.fails(4, &["master-key", "escrow", "--to-file", copy.to_str().unwrap()]);
    assert!(said.contains("epoch 2") && !copy.exists(), "{said}");
    let confirm = |file: &str| {
        let file = kept.path(file);
        kept.admin.json(&["master-key", "escrow", "--confirm", "--from-file", file.to_str().unwrap()])
    };
    let (code, document) = confirm("master.key.epoch-1");
    assert_eq!((code, document["result"].as_str()), (9, Some("not_in_use")), "{document}");
    assert_eq!(kept.world.root("select count(escrowed_at)::text from byok.keyring where state = 'active'"), ["0"]);
    let (code, document) = confirm("master.key");
    assert_eq!((code, document["result"].as_str()), (0, Some("confirmed")), "{document}");
    assert_eq!(kept.world.root("select count(escrowed_at)::text from byok.keyring where state = 'active'"), ["1"]);
}

#[test]
fn while_a_rotation_is_under_way_both_keys_count_and_a_copy_has_all_that_is_needed() {
    let kept = Kept::new();
    let first = fs::read_to_string(kept.path("master.key")).unwrap();
    let copy = |name: &str| kept.admin.run(&["master-key", "escrow", "--to-file", kept.path(name).to_str().unwrap()]);
    kept.admin.ok(&["master-key", "rotate", "begin"]);
    let both = fs::read_to_string(kept.path("master.key")).unwrap();
    let second = both.replace(&first, "");
    let with = |text: &str| fs::write(kept.path("master.key"), text).unwrap();
    let fits = |wanted: bool| {
        let shown = kept.admin.json(&["status"]).1["item"]["master_key"].as_str().unwrap().to_owned();
        assert_eq!(shown.contains(", fits;"), wanted, "{shown}");
        assert_eq!(kept.admin.run(&["init"]).code, if wanted { 0 } else { 4 });
    };
    fits(true);
    // Registered and not promoted: the first one is in use, and the second alone opens nothing.
    with(&first);
    fits(true);
    with(&second);
    fits(false);
    with(&both);
    kept.admin.ok(&["master-key", "rotate", "promote"]);
    fits(true);
    let run = copy("both.txt");
    assert!(run.code == 0 && run.out.contains("2 data keys"), "{run:?}");
    // The second is in use now; the first still wraps what is there, and a copy without it is none.
    with(&second);
    fits(true);
    let run = copy("second.txt");
    assert!(run.code == 4 && run.err.contains("epoch 1"), "{run:?}");
    with(&first);
    fits(false);
    with(&both);
    kept.admin.ok(&["master-key", "rotate"]);
    kept.opens();
}

#[test]
fn a_rotation_through_a_link_reaches_the_file_that_is_meant() {
    let kept = Kept::new();
    let (volume, link) = (kept.path("volume"), kept.path("etc"));
    fs::create_dir(&volume).unwrap();
    fs::create_dir(&link).unwrap();
    let (real, link) = (volume.join("real.key"), link.join("master.key"));
    fs::rename(kept.path("master.key"), &real).unwrap();
    symlink("../volume/real.key", &link).unwrap();
    let through = kept.admin.clone().env("BYOK_MASTER_KEY_FILE", link.to_str().unwrap());
    through.ok(&["master-key", "rotate"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "the link is one still");
    assert_eq!(kept.epochs("volume/real.key"), [2]);
    assert_eq!(kept.epochs("volume/real.key.epoch-1"), [1]);
    assert_eq!(names(link.parent().unwrap()), ["master.key"], "nothing was left beside the link");
    assert_eq!(names(&volume), ["real.key", "real.key.epoch-1", "real.key.lock"], "one lock, whatever the spelling");
    // A link to the directory, and steps by different spellings.
    let other = kept.path("other");
    symlink(&volume, &other).unwrap();
    let direct = kept.admin.clone().env("BYOK_MASTER_KEY_FILE", real.to_str().unwrap());
    direct.ok(&["master-key", "rotate", "begin"]);
    through.ok(&["master-key", "rotate", "promote"]);
    kept.admin
        .clone()
        .env("BYOK_MASTER_KEY_FILE", other.join("./real.key").to_str().unwrap())
        .ok(&["master-key", "rotate"]);
    assert_eq!(kept.epochs("volume/real.key"), [3]);
    through.ok(&["resolve", "openai", "--org", "acme", "--verify", "--require", "organization"]);
}

#[test]
fn a_file_that_has_a_second_name_keeps_its_key() {
    let kept = Kept::new();
    fs::hard_link(kept.path("master.key"), kept.path("second")).unwrap();
    let said = kept.admin.fails(2, &["master-key", "rotate"]);
    assert!(said.contains("another name"), "{said}");
    assert_eq!(kept.states(), ["1 active"]);
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
