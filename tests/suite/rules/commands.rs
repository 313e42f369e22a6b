//! The names of commands and options.

use std::collections::BTreeSet;

use crate::command_tree::pages;
use crate::harness::Byok;

/// The names that a list of commands shows as aliases, such as `ls` of `list`.
fn aliases(help: &str) -> BTreeSet<String> {
    let found = help.split("[alias").skip(1).filter_map(|rest| rest.split_once(": ")?.1.split_once(']'));
    found.flat_map(|(names, _)| names.split(", ")).map(str::to_owned).collect()
}

#[test]
fn a_command_is_known_by_its_name_and_its_listed_aliases_and_by_no_beginning_of_them() {
    let byok = Byok::new();
    for page in pages().iter().filter(|page| page.is_group()) {
        let mut known: BTreeSet<String> = page.below().into_iter().map(str::to_owned).collect();
        known.extend(aliases(&page.help));
        for name in page.below() {
            let short = &name[..name.len() - 1];
            if known.contains(short) || short.len() < 2 {
                continue;
            }
            let run = byok.run(&[&page.words()[..], &[short]].concat());
            assert!(
                run.code == 2 && run.err.contains("unrecognized subcommand"),
                "byok {} {short}: {run:?}",
                page.name()
            );
        }
    }
}

#[test]
fn an_option_is_known_by_its_whole_name_alone() {
    let byok = Byok::new();
    for line in [
        &["status", "--outp", "json"][..],
        &["status", "--qui"],
        &["key", "list", "--all"],
        &["key", "remove", "openai", "--org", "acme", "--ye"],
        &["org", "purge", "acme", "--conf", "acme"],
        &["key", "set", "openai", "--org", "acme", "--std"],
    ] {
        let said = byok.fails(2, line);
        assert!(said.contains("unexpected argument"), "{line:?}: {said}");
    }
}

#[test]
fn nothing_but_a_command_is_taken_for_one() {
    let byok = Byok::new();
    for line in [&["acme"][..], &["openai", "--org", "acme"], &["key", "openai"], &["../byok"], &[""]] {
        byok.fails(2, line);
    }
}

#[test]
fn an_option_of_every_command_works_before_and_after_it() {
    let byok = Byok::new();
    for line in [
        &["-o", "json", "provider", "list"][..],
        &["provider", "-o", "json", "list"],
        &["provider", "list", "-o", "json"],
    ] {
        assert!(byok.ok(line).starts_with("{\"format_version\""), "{line:?}");
    }
}

#[test]
fn help_is_there_wherever_it_is_asked_for() {
    let byok = Byok::new();
    for page in pages().iter().filter(|page| page.path.len() == 1) {
        let help = byok.ok(&[&["help"], &page.words()[..]].concat());
        assert!(help.contains(&format!("Usage: byok {}", page.name())), "{help}");
    }
    // What is missing beside it does not matter.
    for line in [&["key", "set", "--help"][..], &["key", "remove", "openai", "-h"], &["org", "purge", "-h"]] {
        assert_eq!(byok.run(line).code, 0, "{line:?}");
    }
}
