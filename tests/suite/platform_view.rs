//! What members of organizations see of the platform: every function is asked, and docs/access.md has the list.

use crate::arguments::catalog;
use crate::harness::{World, openai_key, sql};

const HINT: &str = "Zq7X";
const ADDRESS: &str = "https://platform-canary.example.org";

/// An organization without a key of its own, served by the platform's, in every way that leaves a record.
fn world() -> (World, [String; 2], Vec<String>) {
    let (world, ada, _) = World::with_owners();
    let byok = world.byok("byok");
    let viewer = world.login("vic");
    byok.ok(&["member", "add", "acme", &viewer, "--role", "viewer"]);
    world.byok("byok").input(openai_key(HINT)).ok(&["platform-key", "set", "openai", "--stdin"]);
    byok.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "4"]);
    byok.ok(&["credits", "grant", "100", "--org", "acme"]);
    let resolver = world.login("res");
    world.grant("resolver", &resolver);
    let server = world.byok(&resolver);
    let words = ["--org", "acme", "--operation", "interview", "--request-id", "r-1", "--", "true"];
    server.ok(&[&["run", "openai"], words.as_slice()].concat());
    server.ok(&["credits", "charge", "interview", "--org", "acme", "--provider", "openai", "--request-id", "r-2"]);
    let fingerprint = world.root("select encode(fingerprint, 'hex') from byok.provider_key where org = ''").remove(0);
    world.root(&format!("update byok.provider_key set settings = '{{\"base_url\": \"{ADDRESS}\"}}' where org = ''"));
    (world, [ada, viewer], vec![HINT.to_owned(), fingerprint, ADDRESS.to_owned()])
}

#[test]
fn no_function_tells_members_the_hint_fingerprint_or_address_of_a_platform_key() {
    let (world, members, hidden) = world();
    let functions = catalog(&world);
    let mut answered = 0;
    for login in &members {
        for function in &functions {
            // Some arguments are meant to be left away, and then more is answered.
            let calls = (0..function.arguments.len()).map(|at| function.call(Some((at, "null"))));
            for call in calls.chain([function.call(None)]) {
                let call = format!(
                    "begin; set local test.wrap = 'x'; set local test.login = 'x'; set local test.data_check = '';
                     set local test.master_check = ''; {call}"
                );
                let Ok(rows) = sql(&world.url(login), &call) else { continue };
                answered += rows.len();
                for (row, secret) in rows.iter().flat_map(|row| hidden.iter().map(move |secret| (row, secret))) {
                    assert!(!row.contains(secret.as_str()), "{login}: {call}: {row}");
                }
            }
        }
    }
    assert!(answered > 60, "{answered} rows");
}

#[test]
fn no_command_shows_members_the_hint_of_a_platform_key_and_admins_see_it() {
    let (world, members, hidden) = world();
    let commands: &[&[&str]] = &[
        &["audit", "list", "--org", "acme"],
        &["audit", "list", "--org", "acme", "--action", "key.use"],
        &["key", "history", "openai", "--org", "acme"],
        &["key", "list", "--org", "acme"],
        &["credits", "history", "--org", "acme"],
        &["credits", "usage", "--org", "acme"],
        &["resolve", "openai", "--org", "acme", "--explain"],
    ];
    for login in &members {
        for command in commands {
            for format in ["json", "csv", "table", "plain"] {
                let run = world.byok(login).run(&[*command, &["-o", format]].concat());
                assert_eq!(run.code, 0, "{command:?}: {run:?}");
                assert!(
                    !hidden.iter().any(|secret| run.out.contains(secret.as_str())),
                    "{login}: {command:?}: {run:?}"
                );
            }
        }
    }
    for command in [&["credits", "history", "--org", "acme"][..], &["credits", "usage", "--org", "acme"]] {
        assert!(world.byok("byok").ok(command).contains(HINT), "{command:?}");
    }
    // Which version served is told to both.
    let uses = world.byok(&members[1]).json(&["audit", "list", "--org", "acme", "--action", "key.use"]).1;
    assert_eq!(
        (&uses["items"][0]["detail"]["version"], &uses["items"][0]["detail"]["hint"]),
        (&1.into(), &serde_json::Value::Null)
    );
}
