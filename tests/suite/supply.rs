//! Dependencies: licences, sources, advisories and versions, by the policy in `deny.toml`. `cargo deny` reads the same
//! file. This test needs no network and no other tool, so it is a part of every run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use semver::{Version, VersionReq};
use serde_json::Value;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn policy() -> toml::Table {
    read("deny.toml").parse().unwrap()
}

fn texts<'a>(policy: &'a toml::Table, table: &str, list: &str) -> Vec<&'a str> {
    policy[table][list].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect()
}

/// Everything that is built for this machine, tests included.
fn packages() -> Vec<Value> {
    let cargo = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let about = cargo(&["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let text = cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--offline",
        "--all-features",
        "--filter-platform",
        host,
    ]);
    let metadata: Value = serde_json::from_str(&text).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn text<'a>(package: &'a Value, name: &str) -> &'a str {
    package[name].as_str().unwrap_or_default()
}

/// Whether a licence expression can be met with these licences: `OR` (of old `/`), `AND`, `WITH`, parentheses.
fn met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ").replace(" WITH ", "+WITH+");
    let mut words = spaced.split_ascii_whitespace().peekable();
    let met = any_of(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitAsciiWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => {
            let met = any_of(words, allowed);
            met & words.next_if_eq(&")").is_some()
        }
        word => word.is_some_and(|word| allowed.contains(&word)),
    }
}

#[test]
fn a_licence_expression_is_read_as_it_is_meant() {
    let allowed = ["MIT", "ISC"];
    for (expression, is_met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("GPL-3.0 AND MIT OR ISC", true),
        ("GPL-3.0 AND (MIT OR ISC)", false),
        ("(GPL-3.0 OR ISC) AND MIT", true),
        ("MIT WITH LLVM-exception", false),
        ("", false),
        ("MIT ISC", false),
        ("(MIT", false),
    ] {
        assert_eq!(met(expression, &allowed), is_met, "{expression}");
    }
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let policy = policy();
    let allowed = texts(&policy, "licenses", "allow");
    let exceptions = policy["licenses"]["exceptions"].as_array().unwrap();
    for package in packages() {
        let own = exceptions.iter().filter(|it| it["crate"].as_str() == package["name"].as_str());
        let own = own.flat_map(|it| it["allow"].as_array().unwrap()).filter_map(toml::Value::as_str);
        let allowed: Vec<&str> = allowed.iter().copied().chain(own).collect();
        assert!(met(text(&package, "license"), &allowed), "{}: {}", package["name"], package["license"]);
    }
    let used = |it: &toml::Value| packages().iter().any(|package| it["crate"].as_str() == package["name"].as_str());
    assert!(exceptions.iter().all(used), "an exception for a crate that is not used");
}

/// The name, version and origin of everything in the lock file, whatever it is built for.
fn locked() -> Vec<(String, Version, Option<String>)> {
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let of = |package: &toml::Value, name: &str| package.get(name).and_then(toml::Value::as_str).map(str::to_owned);
    let each = |package| {
        (of(package, "name").unwrap(), of(package, "version").unwrap().parse().unwrap(), of(package, "source"))
    };
    lock["package"].as_array().unwrap().iter().map(each).collect()
}

#[test]
fn every_crate_comes_from_the_registry_and_nothing_denied_is_in_the_lock_file() {
    let policy = policy();
    let denied: BTreeSet<&str> =
        (policy["bans"]["deny"].as_array().unwrap().iter()).map(|entry| entry["crate"].as_str().unwrap()).collect();
    let registries: BTreeSet<_> = locked().into_iter().filter_map(|(.., source)| source).collect();
    assert_eq!(registries.len(), 1, "{registries:?}");
    assert!(registries.iter().all(|source| source.starts_with("registry+")), "{registries:?}");
    let ours: Vec<_> = locked().into_iter().filter(|(.., source)| source.is_none()).map(|(name, ..)| name).collect();
    assert_eq!(ours, ["byok", "sqlx-mysql", "sqlx-sqlite"], "what is not from the registry is here");
    for (name, ..) in locked() {
        assert!(!denied.contains(name.as_str()), "{name}");
    }
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    for package in lock["package"].as_array().unwrap() {
        assert_eq!(package.get("source").is_some(), package.get("checksum").is_some(), "{package:?}");
    }
}

#[test]
fn a_crate_is_there_once_unless_the_policy_says_why_not() {
    let policy = policy();
    let skipped: Vec<(&str, VersionReq)> = (policy["bans"]["skip"].as_array().unwrap().iter())
        .map(|entry| entry["crate"].as_str().unwrap().split_once('@').unwrap())
        .map(|(name, version)| (name, format!("={version}").parse().unwrap()))
        .collect();
    let mut versions: BTreeMap<String, BTreeSet<Version>> = BTreeMap::new();
    for package in packages() {
        let (name, version): (_, Version) = (text(&package, "name"), text(&package, "version").parse().unwrap());
        if !skipped.iter().any(|(skip, of)| *skip == name && of.matches(&version)) {
            versions.entry(name.to_owned()).or_default().insert(version);
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "{versions:#?}");
}

/// Whether one of several ranges, with `||` between them, has this version.
fn among(ranges: &str, version: &Version) -> bool {
    let range = |text: &str| text.parse::<VersionReq>().unwrap_or_else(|error| panic!("{text}: {error}"));
    ranges.split(" || ").filter(|text| !text.is_empty()).any(|text| range(text).matches(version))
}

/// The advisories of a snapshot that concern a crate of this version.
fn concerning<'a>(snapshot: &'a str, name: &str, version: &Version) -> Vec<&'a str> {
    let mut found = Vec::new();
    for line in snapshot.lines().filter(|line| !line.starts_with('#')) {
        let [id, package, kind, patched, unaffected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        if package == name && kind != "notice" && !among(patched, version) && !among(unaffected, version) {
            found.push(id);
        }
    }
    found
}

#[test]
fn no_advisory_concerns_what_is_in_the_lock_file() {
    let (policy, snapshot) = (policy(), read(".ci/advisories.tsv"));
    assert!(snapshot.lines().count() > 1000 && snapshot.starts_with("# RustSec advisory database, 20"));
    let ignored = texts(&policy, "advisories", "ignore");
    let mut found = Vec::new();
    for (name, version, _) in locked() {
        found.extend(concerning(&snapshot, &name, &version).into_iter().map(|id| format!("{id}: {name} {version}")));
    }
    found.retain(|line| !ignored.iter().any(|id| line.starts_with(id)));
    assert!(found.is_empty(), "{found:#?}");
    // That it would say so: crates of which it is known.
    for (name, version, id) in [
        ("rsa", "0.9.10", "RUSTSEC-2023-0071"),
        ("time", "0.1.42", "RUSTSEC-2020-0071"),
        ("sqlx", "0.8.0", "RUSTSEC-2024-0363"),
    ] {
        assert!(concerning(&snapshot, name, &version.parse().unwrap()).contains(&id), "{name}");
    }
    assert_eq!(concerning(&snapshot, "sqlx", &"0.8.1".parse().unwrap()), Vec::<&str>::new());
}
