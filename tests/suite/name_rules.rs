//! The program and the database accept the same names, over all of Unicode.

use byok::credits::{Operation, RequestId, Unit};
use byok::name::{OrgId, ProviderId};

use crate::harness::{World, sql};

/// Whether the program takes a name.
type Takes<'a> = &'a dyn Fn(&str) -> bool;

/// The last character that there can be.
const LAST: u32 = 0x0010_ffff;

/// What the program says of each character in a template, up to one: the ranges that it takes, as the database would write them.
fn taken((template, last): (&str, u32), takes: impl Fn(&str) -> bool) -> Vec<String> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for letter in (1..=last).filter_map(char::from_u32) {
        let code = u32::from(letter);
        if takes(&template.replace('*', letter.encode_utf8(&mut [0; 4]))) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == code => *last = code,
                _ => ranges.push((code, code)),
            }
        }
    }
    ranges.into_iter().map(|(first, last)| format!("{first:x} {last:x}")).collect()
}

/// The same of the database, for a condition on `name`.
fn taken_by_database(world: &World, (template, last): (&str, u32), condition: &str) -> Vec<String> {
    let (before, after) = template.split_once('*').unwrap();
    world.root(&format!(
        "select to_hex(min(n)) || ' ' || to_hex(max(n)) from (
             select n, n - row_number() over (order by n) as island
             from generate_series(1, {last}) n
             cross join lateral (select case when n not between 55296 and 57343 then '{before}' || chr(n) || '{after}' end
                                 as name) it
             where {condition}) taken
         group by island order by min(n)"
    ))
}

#[test]
fn the_program_and_the_database_take_the_same_characters_in_an_id() {
    let world = World::new();
    let org = |name: &str| name.parse::<OrgId>().is_ok();
    // The first character has a rule of its own, about two of ASCII; all of them have the other one.
    for names in [("*", 0x3000), ("a*", LAST)] {
        let database = taken_by_database(&world, names, "byok.is_org_id(name)");
        assert_eq!(taken(names, org), database, "{names:?}");
    }
    // A request id has the same ones, the first among them; the database asks the same function.
    let request = |name: &str| name.parse::<RequestId>().is_ok();
    assert_eq!(taken(("a*", LAST), request), taken(("a*", LAST), org));
    let database = taken_by_database(&world, ("*", 0x3000), "byok.is_plain(name, 200)");
    assert_eq!(taken(("*", 0x3000), request), database);
}

#[test]
fn the_program_and_the_database_take_the_same_words_for_providers_operations_and_units() {
    let world = World::new();
    let pattern = |table: &str, constraint: &str| {
        let found = world.root(&format!(
            "select substring(pg_get_constraintdef(oid) from '~ (''.*?'')') from pg_constraint
             where conrelid = 'byok.{table}'::regclass and conname = '{constraint}'"
        ));
        found[0].clone()
    };
    let provider = |name: &str| name.parse::<ProviderId>().is_ok();
    let operation = |name: &str| name.parse::<Operation>().is_ok();
    let unit = |name: &str| name.parse::<Unit>().is_ok();
    let words: [(&str, &str, Takes<'_>, usize); 5] = [
        ("provider", "provider_provider_check", &provider, 40),
        ("provider_key", "provider_key_provider_check", &provider, 40),
        ("route", "route_provider_check", &provider, 40),
        ("rate", "rate_operation_check", &operation, 64),
        ("rate", "rate_unit_check", &unit, 32),
    ];
    for (table, constraint, takes, longest) in words {
        let condition = format!("name ~ {}", pattern(table, constraint));
        for template in ["*", "a*"] {
            let database = taken_by_database(&world, (template, 0x3000), &condition);
            assert_eq!(taken((template, 0x3000), takes), database, "{table} {constraint} {template}");
            assert!(!database.is_empty());
        }
        for name in ["a".repeat(longest), "a".repeat(longest + 1), String::new(), "a\n".to_owned(), "\na".to_owned()] {
            let database = world.root(&format!("select ({condition})::text from (select '{name}') it (name)"));
            assert_eq!(database, [takes(&name).to_string()], "{table} {constraint} {name:?}");
        }
    }
}

#[test]
fn names_end_where_they_must_in_the_program_and_in_the_database() {
    let world = World::new();
    let long = |length: usize| format!("'{}'", "x".repeat(length));
    for (length, longest) in [(128, 128), (129, 128), (200, 200), (201, 200), (0, 128)] {
        let (program, text) = ("x".repeat(length), long(length));
        let ours = if longest == 128 { program.parse::<OrgId>().is_ok() } else { program.parse::<RequestId>().is_ok() };
        let theirs = world.root(&format!("select byok.is_plain({text}, {longest})::text")).remove(0);
        assert_eq!(ours.to_string(), theirs, "{length} of {longest}");
    }
    // Characters are counted, not bytes.
    let wide = "\u{6f22}".repeat(128);
    assert!(wide.parse::<OrgId>().is_ok());
    assert_eq!(world.root(&format!("select byok.is_org_id('{wide}')::text")), ["true"]);
}

#[test]
fn an_organization_that_nobody_can_see_or_tell_apart_is_made_by_neither_door() {
    let world = World::new();
    let admin = world.byok("byok");
    let before = world.root("select count(*)::text from byok.org");
    let long = "x".repeat(129);
    for bad in [
        "\u{3164}",
        "\u{2800}",
        "\u{a0}",
        "acme\u{200b}",
        "acme\u{202e}",
        "\u{301}",
        "ac\u{301}me",
        "(platform)",
        "-legacy",
        " ",
        "a b",
        "\u{ff41}cme",
        "\u{feff}acme",
        "acme\u{e0041}",
        &long,
    ] {
        admin.fails(2, &["enable", "--", bad]);
        admin.fails(2, &["credits", "grant", "5", "--org", bad, "--request-id", "g1"]);
        for call in ["org_enable($1)", "credit_grant($1, 'g1', 5, null, true)"] {
            let statement = format!("select 1 from byok_api.{}", call.replace("$1", &format!("'{bad}'")));
            let refused = sql(&world.url("byok"), &statement).unwrap_err();
            assert!(refused.contains("BK009"), "{bad:?}: {refused}");
        }
    }
    assert_eq!(world.root("select count(*)::text from byok.org"), before);
    // A request id that nobody can see is none either.
    world.root("select byok_api.org_enable('acme')");
    for bad in ["r\u{200b}", "\u{3164}", ""] {
        let refused =
            sql(&world.url("byok"), &format!("select byok_api.credit_grant('acme', '{bad}', 5, null, false)"))
                .unwrap_err();
        assert!(refused.contains("BK106"), "{bad:?}: {refused}");
    }
}
