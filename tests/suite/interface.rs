//! Programs of earlier versions go on beside a newer database: what they call keeps its signature, or the interface gets a new number.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::World;

/// The functions that clients call, one a line: name, arguments with their types, and result.
const SIGNATURES: &str =
    "select p.proname || '(' || pg_get_function_arguments(p.oid) || ') returns ' || pg_get_function_result(p.oid)
    from pg_proc p where p.pronamespace = 'byok_api'::regnamespace order by 1";

fn by_name(signatures: &[String]) -> BTreeMap<&str, &str> {
    signatures.iter().filter_map(|line| line.split_once('(')).collect()
}

#[test]
fn a_changed_signature_has_a_new_interface_number() {
    let world = World::new();
    let found = world.root(SIGNATURES);
    let number = world.root("select interface::text from byok.installation").remove(0);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/interface.txt");
    let kept = fs::read_to_string(&path).unwrap();
    let mut kept = kept.lines().map(ToOwned::to_owned);
    let (kept_number, kept) = (kept.next().unwrap(), kept.collect::<Vec<_>>());
    let now = by_name(&found);
    // Columns that are added at the end of a result disturb nobody.
    let stands = |name: &str, rest: &str| now.get(name).is_some_and(|now| now.starts_with(rest.trim_end_matches(')')));
    let changed: Vec<&str> =
        by_name(&kept).into_iter().filter(|(name, rest)| !stands(name, rest)).map(|(name, _)| name).collect();
    assert!(
        changed.is_empty() || kept_number != format!("interface {number}"),
        "programs of interface {number} call byok_api.{}, which is gone or has another signature: raise INTERFACE in src/db/schema.rs",
        changed.join(", byok_api.")
    );
    if std::env::var_os("BLESS").is_some() {
        return fs::write(&path, format!("interface {number}\n{}\n", found.join("\n"))).unwrap();
    }
    assert!(
        (kept_number, kept) == (format!("interface {number}"), found),
        "tests/suite/interface.txt is stale: BLESS=1 cargo test --test suite interface"
    );
}
