//! Who may import for whom, and with which key.

use super::{ACTIVE, groq, import, line, results, same};
use crate::harness::{World, openai_key, sql};

#[test]
fn only_owners_import_and_whoever_may_not_is_told_nothing_and_recorded_once() {
    let (world, ada, bob) = World::with_owners();
    let viewer = world.login("vic");
    world.byok("byok").ok(&["member", "add", &viewer, "--org", "acme", "--role", "viewer"]);
    world.byok(&bob).input(openai_key("9999")).ok(&["key", "set", "openai", "--org", "bolt", "--stdin"]);
    let list = [
        line("acme", "openai", &openai_key("1111")),
        line("bolt", "openai", &openai_key("1111")),
        line("nowhere", "openai", &openai_key("1111")),
    ];
    let list = list.join("\n");
    let refused = |login: &str| {
        let (code, items) = import(&world.byok(login), &list, &[]);
        (code, results(&items))
    };
    let (code, found) = refused(&viewer);
    same(&found, &[(1, "failed", "not_authorized"), (2, "failed", "not_authorized"), (3, "failed", "not_authorized")]);
    assert_eq!(code, 4);
    // An admin sees which organizations there are, and may change the keys of none of them.
    let (code, found) = refused("byok");
    same(&found, &[(1, "failed", "not_authorized"), (2, "failed", "not_authorized"), (3, "failed", "not_found")]);
    assert_eq!(code, 8);
    let (code, found) = refused(&ada);
    same(&found, &[(1, "created", ""), (2, "failed", "not_authorized"), (3, "failed", "not_authorized")]);
    assert_eq!(code, 8);
    assert_eq!(world.root(ACTIVE), ["acme openai 1 1111", "bolt openai 1 9999"]);
    let denied = "select login || ' ' || subject from byok.audit where action = 'denied' order by seq";
    let expected: Vec<String> = [&viewer, "byok", &ada].iter().map(|login| format!("{login} key_contexts")).collect();
    assert_eq!(world.root(denied), expected);
    // Somebody with psql is told no more.
    let asked = "select org || coalesce(provider, '') || allowed from byok_api.key_contexts('{acme,bolt,nowhere}')";
    assert_eq!(sql(&world.url(&viewer), asked), Ok(vec!["acmefalse".into()]));
    assert_eq!(sql(&world.url(&bob), asked), Ok(vec!["bolttrue".into(), "boltopenaitrue".into()]));
    let keys = "select (wrapped is null and data_epoch is null)::text from byok_api.key_contexts('{acme,bolt}')";
    assert_eq!(sql(&world.url("byok"), keys), Ok(vec!["true".into(), "true".into()]));
}

#[test]
fn an_owner_of_several_organizations_seals_with_a_directory_of_their_data_keys() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    admin.ok(&["enable", "Third/../x", "fourth", "--owner", &ada]);
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("keys");
    let keys = keys.to_str().unwrap();
    for org in ["acme", "Third/../x"] {
        admin.ok(&["data-key", "issue", "--org", org, "--to-dir", keys]);
    }
    let owner = world.byok(&ada).without("BYOK_MASTER_KEY");
    let list = [
        line("acme", "openai", &openai_key("1111")),
        line("Third/../x", "openai", &openai_key("2222")),
        line("fourth", "openai", &openai_key("3333")),
        line("acme", "groq", &groq("a")),
    ];
    let (code, items) = import(&owner, &list.join("\n"), &["--data-keys", keys]);
    same(&results(&items), &[(1, "created", ""), (2, "created", ""), (3, "failed", "no_data_key"), (4, "created", "")]);
    assert_eq!(code, 8);
    // What an owner has sealed opens with the master key of the platform.
    admin.ok(&["master-key", "verify"]);
    // A data key that was replaced is noticed before anything is written, and so is a file that others can read.
    admin.ok(&["data-key", "rotate", "--org", "acme", "--yes"]);
    let other = std::path::Path::new(keys).join("%54hird%2f..%2fx.datakey");
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let more = [line("acme", "mistral", &"a1B2".repeat(8)), line("Third/../x", "groq", &groq("b"))];
    let (_, items) = import(&owner, &more.join("\n"), &["--data-keys", keys]);
    same(&results(&items), &[(1, "failed", "wrong_data_key"), (2, "failed", "no_master_key")]);
    // One data key is that of one organization.
    let acme = std::path::Path::new(keys).join("acme.datakey");
    std::fs::remove_file(&acme).unwrap();
    admin.ok(&["data-key", "issue", "--org", "acme", "--to-dir", keys]);
    let owner = owner.env("BYOK_DATA_KEY_FILE", acme.to_str().unwrap());
    let (_, items) = import(&owner, &more.join("\n"), &[]);
    same(&results(&items), &[(1, "created", ""), (2, "failed", "wrong_data_key")]);
}
