//! The recipes in `examples/`, run as they are.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::{Byok, Run, World, on_stage, openai_key};
use crate::programs::write_script;
use crate::simulated_providers::{Reply, Stage};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// A directory with a program of this name.
fn program(name: &str, script: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_script(&dir.path().join(name), &format!("#!/bin/sh\n{script}\n"));
    dir
}

fn stage(status: u16) -> Stage {
    Stage::open(move |_| Reply::json(status, &json!({"data": []})))
}

/// Rotates the key of `acme` to what a secret manager prints.
fn rotate(byok: &Byok, key: &str) -> Run {
    let manager = program("op", &format!("[ \"$*\" = 'read op://acme/openai' ] || exit 64\nprintf %s '{key}'"));
    let line = ["acme", "openai", "op", "read", "op://acme/openai"];
    byok.script(&example("rotation/from-secret-manager"), &line, manager.path())
}

#[test]
fn the_recipe_for_rotation_takes_a_new_key_from_a_secret_manager_and_keeps_the_old_one_if_it_is_refused() {
    let (world, ada, _) = World::with_owners();
    let (good, bad) = (stage(200), stage(401));
    let owner = on_stage(&good, world.byok(&ada));
    assert_eq!(rotate(&owner, &openai_key("1111")).code, 3, "there is no key yet");
    owner.clone().input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let active = || world.root("select hint from byok.provider_key where state = 'active'");
    let run = rotate(&owner, &openai_key("2222"));
    assert_eq!((run.code, active()), (0, vec!["2222".to_owned()]), "{run:?}");
    let run = rotate(&owner, &openai_key("2222"));
    assert!(run.code == 0 && run.out.contains("unchanged"), "{run:?}");
    let run = rotate(&on_stage(&bad, world.byok(&ada)), &openai_key("3333"));
    assert!(run.code == 6 && run.err.contains("the old one stays active"), "{run:?}");
    // A manager that fails, or that prints nothing, changes nothing.
    assert_ne!(rotate(&owner, "").code, 0);
    let failing = program("op", "echo no access >&2; exit 17");
    let line = ["acme", "openai", "op", "read", "op://acme/openai"];
    let run = owner.script(&example("rotation/from-secret-manager"), &line, failing.path());
    assert!(run.code == 17 && run.err.contains("secret manager failed (exit 17)"), "{run:?}");
    assert_eq!(active(), ["2222"]);
}

/// The commands of a CI job, in their order.
fn commands(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(example(name)).unwrap();
    let command = |line: &str| line.trim().trim_start_matches("- ").trim_start_matches("run: ").to_owned();
    let found: Vec<String> = text.lines().map(command).filter(|line| line.starts_with("byok ")).collect();
    assert_eq!(found.len(), 3, "{name}: {found:?}");
    found
}

#[test]
fn the_recipes_for_ci_find_a_missing_key_a_refused_one_and_one_that_ends_soon() {
    let (world, ada, _) = World::with_owners();
    let none = tempfile::tempdir().unwrap();
    let (good, bad) = (stage(200), stage(401));
    let job = |stage: &Stage, name: &str| -> Vec<i32> {
        let owner = on_stage(stage, world.byok(&ada)).env("CI", "true").env("BYOK_ORG", "acme");
        let run = |line: &String| owner.script(Path::new("/bin/sh"), &["-ec", line], none.path()).code;
        commands(name).iter().map(run).collect()
    };
    let owner = world.byok(&ada);
    for name in ["ci/github-actions.yml", "ci/gitlab-ci.yml"] {
        assert_eq!(job(&good, name), [3, 3, 0], "{name}: no key at all");
        owner.clone().input(openai_key("1111")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
        assert_eq!(job(&good, name), [0, 0, 0], "{name}");
        assert_eq!(job(&bad, name), [0, 6, 0], "{name}: a refused key");
        owner.ok(&["key", "expire", "openai", "--org", "acme", "--expires", "3d"]);
        assert_eq!(job(&good, name), [0, 0, 9], "{name}: a key that ends soon");
        owner.ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
        world.root("delete from byok.key_test");
    }
}

#[test]
fn the_recipe_for_cron_prints_nothing_while_all_is_well_and_erases_what_is_no_longer_kept() {
    let (world, ada, _) = World::with_owners();
    let none = tempfile::tempdir().unwrap();
    let owner = world.byok(&ada);
    let daily = || owner.script(&example("cron/byok-daily"), &[], none.path());
    for end in ["1111", "2222"] {
        owner.clone().input(openai_key(end)).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    }
    world.root("update byok.provider_key set keep_until = now() where state = 'previous'");
    let run = daily();
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{run:?}");
    assert_eq!(world.root("select count(*)::text from byok.provider_key where encrypted is not null"), ["1"]);
    owner.ok(&["key", "expire", "openai", "--org", "acme", "--expires", "3d"]);
    let run = daily();
    assert!(run.code == 9 && run.out.contains("Keys with --expiring 14d") && run.out.contains("...2222"), "{run:?}");
    assert!(!run.out.contains("--stale"), "{run:?}");
}
