//! JSON lines.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::line::{Fields, GROUP, Known, LineError, ListLine, SETTINGS, Scratch, numbered, shown};
use crate::secret::SecretText;

pub(super) fn read(text: &str, known: Known<'_>) -> Vec<ListLine> {
    let lines = numbered(text).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(number, line)| ListLine { number, fields: fields(line, known) }).collect()
}

fn fields(line: &str, known: Known<'_>) -> Result<Fields, LineError> {
    let Ok(Value::Object(members)) = serde_json::from_str(line) else { return Err(LineError::NotJson) };
    let mut fields = Fields::default();
    let mut seen: Vec<Scratch> = Vec::new();
    for (name, value) in members {
        if known.settings && *name == GROUP {
            settings(value, known, &mut fields)?;
        } else {
            put(&name, value, known, &mut fields)?;
        }
        if seen.contains(&name) {
            return Err(LineError::TwiceField(name.to_string()));
        }
        seen.push(name);
    }
    Ok(fields)
}

/// The object `settings`, whose members are texts.
fn settings(value: Value, known: Known<'_>, fields: &mut Fields) -> Result<(), LineError> {
    match value {
        Value::Null => Ok(()),
        Value::Object(members) => members.into_iter().try_for_each(|(name, value)| {
            let name = Scratch::new(format!("{SETTINGS}{}", *name));
            put(&name, value, known, fields)
        }),
        _ => Err(LineError::NotText(GROUP.to_owned())),
    }
}

fn put(name: &str, value: Value, known: Known<'_>, fields: &mut Fields) -> Result<(), LineError> {
    if !known.has(name) {
        return Err(LineError::UnknownField);
    }
    match value {
        Value::Null => Ok(()),
        Value::Text(text) => fields.put(name.to_owned(), text.expose()),
        Value::Number(number) => fields.put(name.to_owned(), &number),
        Value::Object(_) | Value::Other => Err(LineError::NotText(shown(name))),
    }
}

/// A value. Its texts are secrets.
enum Value {
    Null,
    Text(SecretText),
    Number(Scratch),
    Object(Vec<(Scratch, Value)>),
    Other,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(Scratch::new(number.to_string())))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(SecretText::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element::<Value>()?.is_some() {}
        Ok(Value::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            // So many fields are in no list.
            if members.len() == 64 {
                return Err(A::Error::custom("too many fields"));
            }
            members.push((Scratch::new(name), value));
        }
        Ok(Value::Object(members))
    }
}
