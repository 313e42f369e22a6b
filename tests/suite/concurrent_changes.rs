//! Several users change the same key at the same time.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;

use crate::harness::{World, openai_key};

#[test]
fn of_many_sets_at_once_each_is_a_version_or_is_told() {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    let children: Vec<_> = (0..12)
        .map(|number| {
            let mut command = owner.command(&["key", "set", "openai", "--org", "acme", "--stdin", "-o", "json"]);
            let mut child =
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(openai_key(&format!("{number:04}")).as_bytes()).unwrap();
            child
        })
        .collect();
    let (mut versions, mut told) = (BTreeSet::new(), 0);
    for child in children {
        let output = child.wait_with_output().unwrap();
        match output.status.code() {
            Some(0) => {
                let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                assert!(versions.insert(document["item"]["version"].as_i64().unwrap()), "a version was given twice");
            }
            Some(5) => told += 1,
            other => panic!("{other:?}: {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
    assert_eq!(versions.len() + told, 12);
    let stored = world.root("select version::text from byok.provider_key order by version");
    assert_eq!(stored, versions.iter().map(ToString::to_string).collect::<Vec<_>>(), "in order, none lost");
    assert_eq!(world.root("select count(*)::text from byok.data_key where org = 'acme'"), ["1"]);
    owner.ok(&["resolve", "openai", "--org", "acme", "--verify"]);
}
