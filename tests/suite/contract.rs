//! The contract of JSON output: the schemas in `docs/schema/`. Every JSON document of every test is checked against them.
//!
//! After a change that only adds, `BLESS=1 cargo test --test suite -- contract` writes them anew. A change that removes or
//! changes something is refused, with and without BLESS: it needs another major version of `format_version`. Then all
//! schemas may change.

mod additive;
mod valid;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::harness::{Byok, World, openai_key};

fn directory() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "docs", "schema"].iter().collect()
}

/// The schemas that are committed, by kind.
fn committed() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(directory()).into_iter().flatten().flatten().map(|file| file.path());
    files
        .map(|path| {
            let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (kind, serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
        })
        .collect()
}

/// The schemas of this program, by kind.
fn printed() -> BTreeMap<String, String> {
    let byok = Byok::new();
    let kinds = byok.ok(&["schema"]);
    kinds.lines().map(|kind| (kind.to_owned(), byok.ok(&["schema", kind]))).collect()
}

/// Fails if this output is JSON that is not as its schema says.
pub(crate) fn check(output: &str) {
    static SCHEMAS: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    // They are about to be written anew.
    if std::env::var_os("BLESS").is_some() {
        return;
    }
    if !output.starts_with("{\"error\":{") && !output.starts_with("{\"format_version\":") {
        return;
    }
    // A list may end in the middle, at a failure.
    let Ok(document) = serde_json::from_str::<Value>(output) else { return };
    let kind = document["kind"].as_str().unwrap_or("error");
    let schema = SCHEMAS.get_or_init(committed).get(kind).unwrap_or_else(|| panic!("no schema of {kind}: {output}"));
    let faults = valid::faults(schema, &document);
    assert!(faults.is_empty(), "{kind} is not as its schema says: {faults:#?}\n{output}");
}

#[test]
fn the_committed_schemas_are_those_of_this_program_and_change_only_by_additions() {
    let (old, new) = (committed(), printed());
    let bless = std::env::var_os("BLESS").is_some();
    let parsed: BTreeMap<String, Value> =
        new.iter().map(|(kind, text)| (kind.clone(), serde_json::from_str(text).unwrap())).collect();
    let refused = additive::refused(&old, &parsed);
    assert!(refused.is_empty(), "not additive, so another major version of format_version is needed: {refused:#?}");
    let stale: Vec<&String> = new.keys().filter(|kind| old.get(*kind) != parsed.get(*kind)).collect();
    let gone: Vec<&String> = old.keys().filter(|kind| !new.contains_key(*kind)).collect();
    if bless {
        std::fs::create_dir_all(directory()).unwrap();
        for kind in gone {
            std::fs::remove_file(directory().join(format!("{kind}.json"))).unwrap();
        }
        for (kind, text) in &new {
            std::fs::write(directory().join(format!("{kind}.json")), text).unwrap();
        }
        return;
    }
    assert!(stale.is_empty() && gone.is_empty(), "BLESS=1 cargo test --test suite -- contract: {stale:?} {gone:?}");
}

#[test]
fn a_kind_is_the_name_of_its_command() {
    for kind in printed().keys().filter(|kind| *kind != "error") {
        let words: Vec<String> = kind.split('.').map(|word| word.replace('_', "-")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command: Vec<&str> = match words.as_slice() {
            ["org", verb @ ("enable" | "disable")] => vec![verb],
            // A list that the command prints if it names no single thing, or reads a list.
            ["provider", "route", "list"]
            | ["credits", "balance", "list"]
            | ["member", "add", "list"]
            | ["data-key", "issue", "list"] => words[..2].to_vec(),
            all => all.to_vec(),
        };
        let help = Byok::new().ok(&[&command[..], &["--help"]].concat());
        assert!(help.contains(&format!("Usage: byok {}", command.join(" "))), "{kind}: {help}");
    }
}

#[test]
fn a_kind_that_does_not_exist_is_not_found_and_near_ones_are_named() {
    let said = Byok::new().fails(3, &["schema", "key.lst"]);
    assert!(said.contains("did you mean key.list"), "{said}");
    let listed = Byok::new().json(&["schema"]).1;
    assert!(listed["items"].as_array().unwrap().contains(&json!({"kind": "key.list"})));
}

#[test]
fn an_amount_is_the_same_decimal_text_everywhere() {
    let (world, ada, _) = World::with_owners();
    let admin = world.byok("byok");
    world.byok(&ada).input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    admin.ok(&["credits", "rates", "set", "interview", "--platform-part", "1.5", "--provider-part", "4"]);
    admin.ok(&["credits", "grant", "12.5", "--org", "acme", "--request-id", "order-1"]);
    let charge = ["credits", "charge", "interview", "--org", "acme", "--provider", "openai", "--request-id", "job-1"];
    admin.ok(&charge);
    admin.ok(&["credits", "refund", "job-1", "--org", "acme", "--request-id", "ticket-1"]);
    admin.ok(&["org", "purge", "acme", "--confirm", "acme"]);
    let records = admin.json(&["audit", "list"]).1;
    let detail = |action: &str| {
        let found = records["items"].as_array().unwrap().iter().find(|record| record["action"] == action).unwrap();
        found["detail"].clone()
    };
    assert_eq!(detail("credit.grant")["amount"], "12.5");
    assert_eq!(detail("credit.refund")["amount"], "1.5");
    assert_eq!(
        (&detail("rate.set")["platform_part"], &detail("rate.set")["provider_part"]),
        (&json!("1.5"), &json!("4"))
    );
    assert_eq!(detail("org.purge")["written_off"], "12.5");
}

#[test]
fn a_line_of_jsonl_is_an_item_of_the_document_and_has_the_result_of_a_change() {
    let (world, ada, _) = World::with_owners();
    let (admin, owner) = (world.byok("byok"), world.byok(&ada));
    owner.clone().input(openai_key("xK7q")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    for arguments in [
        &["enable", "acme"][..],
        &["enable", "acme", "bolt"],
        &["key", "list", "--org", "acme"],
        &["org", "show", "acme"],
        &["member", "add", "acme", &ada],
        &["credits", "balance", "--org", "acme"],
        &["credits", "balance", "--all-orgs"],
    ] {
        let document = admin.json(arguments).1;
        let mut wanted = document["items"].as_array().cloned().unwrap_or_else(|| vec![document["item"].clone()]);
        if let Some(result) = document.get("result") {
            (wanted[0]["result"], wanted[0]["error"]) = (result.clone(), Value::Null);
            wanted[0]["dry_run"] = document["dry_run"].clone();
        }
        let lines = admin.ok(&[arguments, &["-o", "jsonl"]].concat());
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, wanted, "{arguments:?}");
    }
}
