//! Whether schemas changed only by additions: a program that reads what the old ones promise can read what the new ones say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The changes that are no additions. A kind of another major version may change in any way.
pub(super) fn refused(old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    // A new major version is one of all kinds.
    let raised = major(new).zip(old.values().filter_map(version).max()).is_some_and(|(new, old)| new > old);
    if raised {
        return found;
    }
    for (kind, before) in old {
        match new.get(kind) {
            Some(now) => compare(before, now, kind, &mut found),
            None => found.push(format!("{kind} is gone")),
        }
    }
    found
}

/// The major version that all these schemas have.
fn major(schemas: &BTreeMap<String, Value>) -> Option<u32> {
    schemas.values().map(version).min().flatten()
}

/// The major version of a schema, which is in the pattern of `format_version`.
fn version(schema: &Value) -> Option<u32> {
    let pattern = schema["properties"]["format_version"]["pattern"].as_str()?;
    pattern.trim_start_matches('^').trim_end_matches("\\.").parse().ok()
}

fn compare(old: &Value, new: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(keywords) = old else {
        // A schema of anything may become narrower.
        return;
    };
    for (keyword, before) in keywords {
        let now = &new[keyword];
        let good = match keyword.as_str() {
            "$schema" | "title" | "description" => true,
            "type" => types(now).is_subset(&types(before)) && !types(now).is_empty(),
            "required" | "x-known-values" => words(before).is_subset(&words(now)),
            "items" => {
                compare(before, now, &format!("{at}[]"), found);
                !now.is_null()
            }
            "properties" => {
                for (name, property) in before.as_object().into_iter().flatten() {
                    match now.get(name) {
                        Some(after) => compare(property, after, &format!("{at}.{name}"), found),
                        None => found.push(format!("{at}.{name} is gone")),
                    }
                }
                true
            }
            "anyOf" => {
                for (before, now) in before.as_array().into_iter().flatten().zip(now.as_array().into_iter().flatten()) {
                    compare(before, now, at, found);
                }
                before.as_array().map(Vec::len) == now.as_array().map(Vec::len)
            }
            // The range of a number, a constant, a pattern.
            _ => before == now,
        };
        if !good {
            found.push(format!("{at}: {keyword} was {before} and is {now}"));
        }
    }
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(ToString::to_string).collect()
}

fn types(types: &Value) -> BTreeSet<String> {
    match types {
        Value::Array(_) => words(types),
        Value::Null => BTreeSet::new(),
        one => BTreeSet::from([one.to_string()]),
    }
}

fn schema(version: &str) -> Value {
    json!({
        "type": "object",
        "required": ["format_version", "org", "last_test", "keys"],
        "properties": {
            "format_version": {"type": "string", "pattern": version},
            "org": {"type": "string"},
            "state": {"type": "string", "x-known-values": ["active", "expired"]},
            "last_test": {"anyOf": [{"type": "object", "required": ["at"], "properties": {"at": {"type": "string"}}}, {"type": "null"}]},
            "keys": {"type": "array", "items": {"type": "object", "required": ["hint"], "properties": {"hint": {"type": "string"}}}},
        },
    })
}

/// What is refused where this place of the schema is replaced.
fn refused_with(place: &str, value: Value) -> Vec<String> {
    let mut changed = schema("^1\\.");
    let (parent, name) = place.rsplit_once('/').unwrap();
    changed.pointer_mut(parent).unwrap()[name] = value;
    let of = |schema| BTreeMap::from([("org.show".to_owned(), schema)]);
    refused(&of(schema("^1\\.")), &of(changed))
}

#[test]
fn what_is_removed_renamed_or_changed_is_refused_and_what_is_added_is_not() {
    let narrower = json!({"type": "object", "required": ["format_version", "org"]});
    for (place, value) in [
        ("/required", json!(["format_version", "org", "keys"])),
        ("/properties/org/type", json!("integer")),
        ("/properties/org/type", json!(["string", "null"])),
        ("/properties/state/x-known-values", json!(["active"])),
        ("/properties/state", json!({"type": "string"})),
        ("/properties/keys/items/required", json!([])),
        ("/properties/keys/items/properties", json!({"ending": {"type": "string"}})),
        ("/properties/last_test/anyOf/0/properties/at/type", json!("integer")),
        ("/properties", narrower),
    ] {
        let found = refused_with(place, value.clone());
        assert!(!found.is_empty(), "{place}: {value}");
    }
    for (place, value) in [
        ("/required", json!(["format_version", "org", "last_test", "keys", "state"])),
        ("/properties/created_at", json!({"type": "string"})),
        ("/properties/state/x-known-values", json!(["active", "expired", "unreadable"])),
        ("/properties/keys/items/properties/version", json!({"type": "integer"})),
        ("/description", json!("words")),
    ] {
        assert_eq!(refused_with(place, value.clone()), Vec::<String>::new(), "{place}: {value}");
    }
}

#[test]
fn a_kind_may_go_or_change_only_with_another_major_version() {
    let of = |version: &str| BTreeMap::from([("org.show".to_owned(), schema(version))]);
    let renamed = |version: &str| BTreeMap::from([("org".to_owned(), schema(version))]);
    assert!(!refused(&of("^1\\."), &renamed("^1\\.")).is_empty());
    assert!(refused(&of("^1\\."), &renamed("^2\\.")).is_empty());
    assert!(!refused(&of("^2\\."), &renamed("^1\\.")).is_empty(), "a version does not go back");
    assert!(!refused(&of("^1\\."), &renamed("")).is_empty(), "a version does not vanish");
}
