//! A database of another version of byok: the failure of every command names what helps there, and no hint leads to the
//! same failure again.

use crate::harness::{World, sql};
use crate::local::Home;

/// What the first question of an older program's schema does not answer.
const OLDER_HELLO: &str = "set role byok_definer; drop function byok_api.hello();
    create function byok_api.hello(out schema_version bigint, out byok_version text) language sql
        as $$ select 1::bigint, '0.0.1'::text $$;
    grant execute on function byok_api.hello() to byok_admin, byok_owner;
    update byok.installation set functions = 'older', byok_version = '0.0.1'";

#[test]
fn a_schema_that_does_not_tell_its_version_is_named_older_and_init_upgrades_it() {
    let world = World::new();
    world.root(OLDER_HELLO);
    let said = world.byok("byok").fails(9, &["org", "list"]);
    assert!(said.contains("older byok") && said.contains("byok init"), "{said}");
    assert!(!said.contains("42703"), "{said}");
    assert_eq!(world.byok("byok").json(&["init"]).1["result"], "upgraded");
    world.byok("byok").ok(&["org", "list"]);
}

#[test]
fn a_schema_that_cannot_be_upgraded_is_not_told_to_run_init_on_it_again() {
    let world = World::new();
    world.root("update byok.migration set checksum = 'edited'; update byok.installation set functions = 'another'");
    let said = world.byok("byok").fails(9, &["init"]);
    assert!(said.contains("byok that made it") && said.contains("BYOK_DATABASE_URL"), "{said}");
    assert_eq!(world.root("select functions from byok.installation"), ["another"], "nothing was changed");
}

#[test]
fn a_private_database_that_cannot_be_upgraded_says_how_to_keep_it_how_to_go_on_without_it_and_how_to_delete_it() {
    let home = Home::new();
    home.byok.ok(&["local", "up"]);
    let url = home.byok.json(&["local", "status"]).1["item"]["url"].as_str().unwrap().to_owned();
    let made = "update byok.migration set checksum = 'edited'";
    sql(&url, &format!("{OLDER_HELLO}; {made}")).unwrap();
    for command in ["status", "init", "local up"] {
        let words: Vec<&str> = command.split(' ').collect();
        let said = home.byok.fails(9, &words);
        let (keep, delete) = (said.find("byok that made it"), said.find("byok local reset"));
        assert!(keep.is_some() && keep < delete && said.contains("BYOK_LOCAL_DIR"), "{command}: {said}");
        assert!(said.contains("with all of them"), "{command}: {said}");
    }
    home.byok.ok(&["local", "reset", "--yes"]);
    home.byok.ok(&["status"]);
}
