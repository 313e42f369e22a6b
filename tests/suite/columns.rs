//! `--columns`, and columns that a table only has if there is something in them.

use byok::exit;

use crate::harness::{Byok, World, openai_key};

/// A platform with one key, and its owner.
fn with_a_key() -> (World, Byok) {
    let (world, ada, _) = World::with_owners();
    let owner = world.byok(&ada);
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    (world, owner)
}

/// The key list of `acme`, with these options.
fn listed(owner: &Byok, options: &[&str]) -> String {
    owner.ok(&[&["key", "list", "--org", "acme"], options].concat())
}

#[test]
fn columns_are_shown_in_the_order_in_which_they_were_chosen_in_any_case() {
    let (_world, owner) = with_a_key();
    let chosen = ["--columns", "HINT,org"];
    assert_eq!(listed(&owner, &[&chosen[..], &["-o", "table"]].concat()), "HINT     ORG\n...xK7q  acme\n");
    assert_eq!(listed(&owner, &[&chosen[..], &["-o", "csv"]].concat()), "hint,org\n...xK7q,acme\n");
    assert_eq!(listed(&owner, &chosen), "...xK7q\tacme\n");
    assert_eq!(listed(&owner, &["--columns", "org", "--columns", "state"]), "acme\tactive\n");
    let one = owner.ok(&["credits", "balance", "--org", "acme", "--columns", "available"]);
    assert_eq!(one, "available\t0\n", "the list of one thing has them too");
}

#[test]
fn what_was_chosen_is_shown_in_a_table_of_any_width() {
    let (_world, owner) = with_a_key();
    let narrow = owner.env("COLUMNS", "20");
    let run = narrow.run(&["key", "list", "--org", "acme", "-o", "table", "--columns", "org,created,last_ok,used"]);
    assert!(run.out.starts_with("ORG   CREATED               LAST_OK  USED\nacme  20"), "{run:?}");
    assert!(run.out.ends_with("never\n") && run.err.is_empty(), "{run:?}");
}

#[test]
fn a_wrong_name_of_a_column_is_a_usage_error_that_names_the_right_ones() {
    let byok = Byok::new();
    let said = byok.fails(exit::USAGE.into(), &["key", "list", "--org", "acme", "--columns", "org,hnt"]);
    assert!(said.contains("'hnt'") && said.contains("org, provider, hint, version"), "{said}");
    assert!(said.contains("did you mean hint?"), "{said}");
    // Which columns there are may depend on other options.
    let world = World::new();
    let usage = ["credits", "usage", "--all-orgs", "--by", "day", "--columns", "hint"];
    let said = world.byok("byok").fails(exit::USAGE.into(), &usage);
    assert!(said.contains("no column `hint`") && said.contains("org, day, requests"), "{said}");
}

#[test]
fn json_has_every_field_so_columns_are_refused_there() {
    let byok = Byok::new();
    for format in [&["-o", "json"][..], &["-o", "jsonl"], &["--json"]] {
        let line = [&["provider", "list", "--columns", "name"], format].concat();
        let said = byok.fails(exit::USAGE.into(), &line);
        assert!(said.contains("\"code\":\"no_column\"") && said.contains("-o csv"), "{said}");
    }
    byok.env("BYOK_OUTPUT", "json").fails(exit::USAGE.into(), &["provider", "list", "--columns", "name"]);
}

#[test]
fn a_table_of_keys_has_columns_of_what_servers_met_if_they_reported_something() {
    let (_world, owner) = with_a_key();
    let header = |owner: &Byok| listed(owner, &["-o", "table"]).lines().next().unwrap().to_owned();
    assert!(header(&owner).ends_with("TEST   TESTED"), "{}", header(&owner));
    let csv = listed(&owner, &["-o", "csv"]);
    assert!(csv.contains(",tested,used,outcome,last_ok,failing_since,failures\n"), "csv has all of them: {csv}");
    assert_eq!(listed(&owner, &[]).trim_end_matches('\n').split('\t').count(), 15, "and so has plain");
    let report = ["key", "report", "openai", "--org", "acme", "--key-version", "1", "--outcome", "ok"];
    owner.ok(&report);
    let seen = header(&owner);
    assert!(seen.contains("USED") && seen.contains("LAST_OK") && !seen.contains("FAILING_SINCE"), "{seen}");
}

#[test]
fn a_list_says_which_columns_a_later_page_would_need() {
    let (world, _owner) = with_a_key();
    // More than a page of keys, and only the last one was used.
    world.root(
        "insert into byok.provider_key (org, provider, version, data_epoch, encrypted, settings, hint, fingerprint, state)
         select org, 'p' || lpad(n::text, 5, '0'), 1, data_epoch, encrypted, settings, hint, fingerprint, state
         from byok.provider_key, generate_series(1, 1500) n where org = 'acme';
         insert into byok.key_report (org, provider, version, outcome, last_used_at, last_ok_at, uses, failures)
         values ('acme', 'p01500', 1, 'ok', now(), now(), 1, 0)",
    );
    let run = world.byok("byok").run(&["key", "list", "--org", "acme", "-o", "table"]);
    assert_eq!((run.code, run.out.lines().count()), (0, 1502), "{}", run.err);
    assert!(run.err.contains("not shown: last_ok, outcome, used; to see them: --columns"), "{}", run.err);
}

#[test]
fn columns_are_completed_also_after_a_comma() {
    let line = "byok\nkey\nlist\n--columns\norg,h\n";
    assert_eq!(Byok::new().input(line).ok(&["__complete", "fish"]), "org,hint\t\n");
}
