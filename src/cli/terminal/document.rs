//! JSON documents: what is around the things that they show, and the JSON Schema of each kind. Both come from the types
//! that are printed.

use std::marker::PhantomData;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Value, json};

use byok::word::Word;

use crate::cli::terminal::dry_run;

/// The version of every JSON document. A minor version adds fields, kinds and values. A major version changes or
/// removes them.
pub(crate) const VERSION: &str = "1.0";

/// The annotation with the values that a text has in this version. Readers accept others.
const KNOWN: &str = "x-known-values";

/// One thing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct One<T> {
    format_version: &'static str,
    kind: &'static str,
    item: T,
}

/// A list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Many<T> {
    format_version: &'static str,
    kind: &'static str,
    items: Vec<T>,
    /// Where a list that was cut continues
    next_cursor: Option<String>,
}

/// What a change did to one thing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Changed<T> {
    format_version: &'static str,
    kind: &'static str,
    /// What was done
    result: String,
    /// Whether nothing was written: the result is what would be done
    dry_run: bool,
    item: T,
}

/// What a change did to one of several things. As a line of JSON every change has this form.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Outcome<T> {
    /// What was done
    pub(crate) result: String,
    /// Whether nothing was written: the result is what would be done
    pub(crate) dry_run: bool,
    /// Why it failed
    pub(crate) error: Option<ErrorFields>,
    #[serde(flatten)]
    pub(crate) item: T,
}

/// A failure, on stderr.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Failed {
    format_version: &'static str,
    error: ErrorFields,
}

/// Why a command failed.
#[derive(Clone, Serialize, JsonSchema)]
pub(crate) struct ErrorFields {
    /// A stable word
    pub(crate) code: &'static str,
    /// The exit code of a command that fails for this reason
    pub(crate) exit_code: u8,
    /// What happened, for people
    pub(crate) message: String,
    /// The next command, for people
    pub(crate) hint: Option<String>,
    /// Whether the same command may succeed later and can be repeated safely
    pub(crate) retryable: bool,
}

impl Failed {
    pub(crate) fn new(error: ErrorFields) -> Self {
        Self { format_version: VERSION, error }
    }
}

/// A kind of document: its name, the form of its documents, and the results that a change of this kind has.
pub(crate) struct Kind<D> {
    pub(crate) name: &'static str,
    results: &'static [&'static str],
    form: PhantomData<fn() -> D>,
}

impl<D> Kind<D> {
    pub(crate) const fn new(name: &'static str, results: &'static [&'static str]) -> Self {
        Self { name, results, form: PhantomData }
    }
}

impl<T> Kind<One<T>> {
    pub(crate) fn document(&self, item: Value) -> Value {
        json_of(&One { format_version: VERSION, kind: self.name, item })
    }
}

impl<T> Kind<Many<T>> {
    pub(crate) fn document(&self, items: Vec<Value>) -> Value {
        json_of(&Many { format_version: VERSION, kind: self.name, items, next_cursor: None })
    }
}

impl<T> Kind<Changed<T>> {
    pub(crate) fn document(&self, result: &str, item: Value) -> Value {
        let dry_run = dry_run::is_on();
        json_of(&Changed { format_version: VERSION, kind: self.name, result: result.to_owned(), dry_run, item })
    }
}

impl<D: JsonSchema> Kind<D> {
    /// The JSON Schema of its documents.
    pub(crate) fn schema(&self) -> Value {
        let mut settings = SchemaSettings::draft2020_12().for_serialize();
        settings.inline_subschemas = true;
        let mut schema = settings.into_generator().into_root_schema_for::<D>().to_value();
        schema["title"] = self.name.into();
        let major = VERSION.split('.').next().unwrap_or_default();
        let of = &mut schema["properties"];
        of["format_version"] = json!({"type": "string", "pattern": format!("^{major}\\.")});
        if !of["kind"].is_null() {
            of["kind"] = json!({"const": self.name});
        }
        for place in ["/properties/result", "/properties/items/items/properties/result"] {
            if let Some(Value::Object(result)) = schema.pointer_mut(place).filter(|_| !self.results.is_empty()) {
                result.insert(KNOWN.into(), json!(self.results));
            }
        }
        schema
    }
}

/// The words of a set, for the schema of a text that has one of them.
pub(crate) fn words<W: Word>() -> Vec<&'static str> {
    W::VALUES.iter().map(|value| value.word()).collect()
}

/// The JSON of a view, with sorted names. This cannot fail, because every field of a view can be serialized.
pub(crate) fn json_of(item: &impl Serialize) -> Value {
    serde_json::to_value(item).unwrap_or_default()
}

/// A change as one object: its result, and the fields of the changed thing.
pub(crate) fn outcome(result: &str, error: Option<ErrorFields>, item: &impl Serialize) -> Value {
    json_of(&Outcome { result: result.to_owned(), dry_run: dry_run::is_on(), error, item })
}
