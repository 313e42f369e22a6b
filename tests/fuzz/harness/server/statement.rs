//! What the program asks, as the cache of its queries has it: every statement with the types of its columns.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

/// The types of a statement's parameters and columns.
pub(super) struct Statement {
    pub(super) parameters: Vec<u32>,
    pub(super) columns: Vec<(String, u32)>,
}

pub(super) const BOOL: u32 = 16;
pub(super) const BYTEA: u32 = 17;
pub(super) const INT8: u32 = 20;
pub(super) const INT4: u32 = 23;
pub(super) const TEXT: u32 = 25;
pub(super) const TIMESTAMPTZ: u32 = 1184;
pub(super) const JSONB: u32 = 3802;
pub(super) const INT4_ARRAY: u32 = 1007;
pub(super) const TEXT_ARRAY: u32 = 1009;
pub(super) const BYTEA_ARRAY: u32 = 1001;
const VOID: u32 = 2278;
const NAME: u32 = 19;
pub(super) const OID: u32 = 26;

static STATEMENTS: LazyLock<HashMap<String, Statement>> = LazyLock::new(|| {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cache =
        [here.join(".sqlx"), here.join("../.sqlx")].into_iter().find(|it| it.is_dir()).expect("the query cache");
    let files = std::fs::read_dir(cache).expect("the query cache").flatten();
    let read = |path| serde_json::from_slice::<Value>(&std::fs::read(path).expect("a query")).expect("JSON");
    files.map(|file| statement(&read(file.path()))).collect()
});

/// The statement of that text; one that is not in the cache has neither parameters nor columns.
pub(super) fn of(sql: &str) -> Option<&'static Statement> {
    STATEMENTS.get(sql)
}

fn statement(cached: &Value) -> (String, Statement) {
    let describe = &cached["describe"];
    let types = |of: &Value| of.as_array().map_or_else(Vec::new, |list| list.iter().map(oid).collect());
    let columns = describe["columns"].as_array().expect("columns").iter();
    let columns = columns.map(|it| (it["name"].as_str().expect("a name").to_owned(), oid(&it["type_info"]))).collect();
    let parameters = types(&describe["parameters"]["Left"]);
    (cached["query"].as_str().expect("a query").to_owned(), Statement { parameters, columns })
}

fn oid(of: &Value) -> u32 {
    match of.as_str() {
        Some("Bool") => BOOL,
        Some("Bytea") => BYTEA,
        Some("Int8") => INT8,
        Some("Int4") => INT4,
        Some("Timestamptz") => TIMESTAMPTZ,
        Some("Jsonb") => JSONB,
        Some("Int4Array") => INT4_ARRAY,
        Some("TextArray") => TEXT_ARRAY,
        Some("ByteaArray") => BYTEA_ARRAY,
        Some("Void") => VOID,
        Some("Name") => NAME,
        Some("Oid") => OID,
        _ => TEXT,
    }
}
