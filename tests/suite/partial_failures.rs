//! Commands with several steps: a failure changes nothing, or the message says what was done before it.

use std::process::Stdio;

use crate::harness::World;

#[test]
fn an_organization_is_not_enabled_for_an_owner_who_is_not_there() {
    let world = World::new();
    let admin = world.byok("byok");
    let said = admin.fails(3, &["enable", "newco", "--owner", "ghost"]);
    assert!(said.contains("no login `ghost`"), "{said}");
    assert!(world.root("select org from byok.org where org <> ''").is_empty());
    assert!(world.root("select action from byok.audit where org = 'newco'").is_empty());
    // Of several, those before it are said.
    let ada = world.login("ada");
    let run = admin.run(&["enable", "acme", "(bolt", "--owner", &ada]);
    assert_eq!((run.code, world.root("select org from byok.org where org <> ''").len()), (2, 0));
    admin.ok(&["enable", "acme", "bolt", "--owner", &ada]);
    assert_eq!(world.root("select count(*)::text from byok.member"), ["2"]);
}

#[test]
fn a_data_key_that_was_replaced_and_cannot_be_handed_over_is_said() {
    let (world, _, _) = World::with_owners();
    let dir = tempfile::tempdir().unwrap();
    let first = dir.path().join("first");
    world.byok("byok").ok(&["data-key", "issue", "acme", "--to-file", first.to_str().unwrap()]);
    // A file that takes nothing: no space is left in it.
    let full = dir.path().join("full");
    std::fs::write(&full, "").unwrap();
    let script = "ulimit -f 0; trap '' XFSZ; exec \"$0\" data-key rotate acme --yes --to-file \"$1\"";
    let program = world.byok("byok").command(&[]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_byok"), dir.path().join("next").to_str().unwrap()]);
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write") && said.contains("epoch 2"), "{said}");
    assert!(said.contains("data-key issue --org acme"), "{said}");
    assert_eq!(world.root("select max(epoch)::text from byok.data_key where org = 'acme'"), ["2"]);
}
