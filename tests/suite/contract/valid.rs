//! A strict check against the schemas that byok prints. A validator of all of JSON Schema would accept a property that no
//! schema names, because readers must accept one. Here it is a fault: what is printed must be in the contract. For the same
//! reason a text must be one of its known values. A keyword that this check does not know is a fault too.

use serde_json::Value;

/// What in a document is not as its schema says.
pub(super) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(schema, document, "", &mut found);
    found
}

fn look(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(keywords) = schema else {
        if *schema != Value::Bool(true) {
            found.push(format!("{at}: {schema} is no schema"));
        }
        return;
    };
    for (keyword, rule) in keywords {
        let good = match keyword.as_str() {
            "$schema" | "title" | "description" | "format" => true,
            "type" => is_of(rule, value),
            "const" => rule == value,
            "pattern" => {
                value.as_str().is_some_and(|text| regex::Regex::new(rule.as_str().unwrap()).unwrap().is_match(text))
            }
            "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
            "maximum" => value.as_u64().is_none_or(|number| number <= rule.as_u64().unwrap()),
            "x-known-values" => !value.is_string() || rule.as_array().unwrap().contains(value),
            "anyOf" => rule.as_array().unwrap().iter().any(|one| faults(one, value).is_empty()),
            "required" => rule
                .as_array()
                .unwrap()
                .iter()
                .all(|name| !value.is_object() || value.get(name.as_str().unwrap()).is_some()),
            "items" => {
                for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                    look(rule, item, &format!("{at}/{number}"), found);
                }
                true
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(property) => look(property, inner, &format!("{at}/{name}"), found),
                        None => found.push(format!("{at}/{name} is not in the schema")),
                    }
                }
                true
            }
            _ => false,
        };
        if !good {
            found.push(format!("{at}: {value} is not {keyword} {rule}"));
        }
    }
}

fn is_of(types: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match types {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}
