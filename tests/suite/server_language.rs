//! A server that writes its messages in another language: refusals are recorded, and errors are the same.

use std::io::Write as _;

use crate::harness::{Byok, World, openai_key, sql};

pub(crate) const GERMAN: &str = "de_DE.UTF-8";

/// Whether the machine has the language; in CI it must have it.
pub(crate) fn speaks(world: &World) -> bool {
    let there = sql(&world.url("byok"), &format!("select set_config('lc_messages', '{GERMAN}', false)")).is_ok();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "the locale {GERMAN} is not installed, and CI tests with it");
        let _ = writeln!(std::io::stderr(), "skipped: the locale {GERMAN} is not installed (locale-gen {GERMAN})");
    }
    there
}

/// What a viewer of one organization, who has no service role, may not do, and the function that refuses it.
const REFUSED: &[(&[&str], &str)] = &[
    (&["enable", "newco"], "org_enable"),
    (&["disable", "acme"], "org_disable"),
    (&["credits", "grant", "5", "--org", "acme"], "credit_grant"),
    (&["credits", "refund", "--org", "acme", "r1", "--request-id", "r2"], "credit_refund"),
    (&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "1"], "rate_set"),
    (&["key", "list", "--org", "bolt"], "key_list"),
    (&["key", "remove", "openai", "--org", "bolt", "--yes"], "key_remove"),
    (&["platform-key", "remove", "openai", "--yes"], "key_remove"),
    (&["role", "grant", "admin", "LOGIN"], "role_grant"),
];

/// Exit codes and words of everything that is refused, and what the audit log has of it.
fn refusals(byok: &Byok, login: &str) -> Vec<String> {
    let told = REFUSED.iter().map(|(line, function)| {
        let line: Vec<&str> = line.iter().map(|word| if *word == "LOGIN" { login } else { word }).collect();
        let run = byok.run(&line);
        assert_eq!(run.code, 4, "{line:?}: {run:?}");
        format!("{function}: {}", run.err)
    });
    told.collect()
}

#[test]
fn a_refusal_is_recorded_and_told_alike_in_every_language_of_the_server() {
    let mut told = Vec::new();
    for german in [false, true] {
        let (world, _, _) = World::with_owners();
        let eve = world.login("eve");
        world.byok("byok").ok(&["member", "add", "acme", &eve, "--role", "viewer"]);
        if german && !speaks(&world) {
            return;
        }
        if german {
            let name = world.root("select current_database()::text").remove(0);
            world.root(&format!("alter database {name} set lc_messages = '{GERMAN}'"));
        }
        let byok = world.byok(&eve);
        let words = refusals(&byok, &eve).concat().replace(&world.login_name(""), "");
        let name = world.root("select current_database()::text").remove(0);
        told.push(words.replace(&format!("{name} on "), "on "));
        let recorded = world.root("select subject from byok.audit where action = 'denied' order by seq");
        let expected: Vec<&str> = REFUSED.iter().map(|(_, function)| *function).collect();
        assert_eq!(recorded, expected, "german: {german}");
        // Errors with a cause of their own, and an upgrade that meets what is there already.
        let admin = world.byok("byok");
        admin.fails(3, &["org", "show", "ghost"]);
        admin.fails(3, &["member", "add", "acme", "nobody"]);
        admin.ok(&["init"]);
        world.byok(&world.login("stranger")).fails(4, &["status"]);
        admin.clone().input(openai_key("1111")).fails(4, &["key", "set", "openai", "--org", "bolt", "--stdin"]);
    }
    assert_eq!(told[0], told[1]);
}
