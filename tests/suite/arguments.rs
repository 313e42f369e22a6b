//! Calls every function of the API with extreme arguments: null, too long, out of range, with control characters. The
//! list comes from the catalog, so a new function is tested too. One that only reads may
//! have to be in `READS`.

use serde::Deserialize;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::harness::{World, block_on, openai_key};

#[derive(Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Name and type of each.
    pub(crate) arguments: Vec<(String, String)>,
}

/// What keeps nothing of what it is asked. Volatile as all the others: rights, and what is read, are those of now.
const READS: &str = "audit_list audit_records audit_sealed_heads audit_seals audit_stray_heads balance_list \
    credit_findings credit_history credit_quote credit_totals data_key_get data_key_next data_key_of \
    data_keys_leaked event_follow event_list event_tide health health_findings hello key_context key_contexts key_list key_serving key_versions master_key_holders \
    master_key_status member_list org_list provider_list rate_list resolve role_list route_list summary \
    usage usage_orgs verify_keys verify_orphans warnings";

impl Function {
    /// A call with one argument replaced.
    pub(crate) fn call(&self, replaced: Option<(usize, &str)>) -> String {
        let arguments: Vec<String> = (self.arguments.iter().enumerate())
            .map(|(at, (name, kind))| match replaced {
                Some((place, value)) if place == at => format!("({value})::{kind}"),
                _ => format!("({})::{kind}", usual(&self.name, name, kind)),
            })
            .collect();
        format!("select answer::text from byok_api.{}({}) answer", self.name, arguments.join(", "))
    }
}

pub(crate) fn catalog(world: &World) -> Vec<Function> {
    let functions = world.root(
        "select jsonb_build_object('name', p.proname, 'arguments',
             coalesce((select jsonb_agg(jsonb_build_array(p.proargnames[at], format_type(p.proargtypes[at - 1], null)) order by at)
                       from generate_series(1, p.pronargs) at), '[]'))::text
         from pg_proc p where p.pronamespace = 'byok_api'::regnamespace order by p.proname",
    );
    functions.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// What somebody would send who means well, of one function or (empty) of all; the first that fits.
const USUAL: &[(&str, &str, &str)] = &[
    ("member_add", "p_role", "'viewer'"),
    ("key_copy", "p_from", "'bolt'"),
    ("key_copy", "p_sealed", "decode(repeat('ab', 100), 'hex')"),
    ("key_set_many", "p_settings", "array['{}']"),
    ("key_set_many", "p_expires_at", "'{2030-01-01}'"),
    ("", "p_after_versions", "'{1}'"),
    ("", "p_active_versions", "'{1}'"),
    ("", "p_hints", "'{abcd}'"),
    ("", "p_tests", "array['{\"verdict\": \"verified\", \"paid\": false}']"),
    ("key_set_many", "p_private", "'{false}'"),
    ("key_set", "p_sealed", "decode(repeat('ab', 100), 'hex')"),
    ("audit_seal_end", "p_digest", "decode(repeat('ab', 32), 'hex')"),
    ("audit_seal_end", "p_mac", "decode(repeat('ab', 32), 'hex')"),
    ("audit_seal_end", "p_seal", "1"),
    ("resolve", "p_capability", "null"),
    ("credit_history", "p_request", "null"),
    ("org_list", "p_org", "null"),
    ("balance_list", "p_org", "null"),
    ("credit_refund", "p_of", "'charged'"),
    ("audit_records", "p_after_org", "''"),
    ("audit_sealed_heads", "p_after_org", "''"),
    ("rewrap_write", "p_wrapped", "array[decode(repeat('ab', 61), 'hex')]"),
    ("key_report", "p_reporter", "decode(repeat('ab', 16), 'hex')"),
    ("key_report", "p_outcomes", "'{ok}'"),
    ("key_report", "p_uses", "'{1}'"),
    ("key_report", "p_ok", "'{0}'"),
    ("key_report", "p_from", "'{-1}'"),
    ("key_report", "p_until", "'{-1}'"),
    ("key_report", "p_failed", "'{0}'"),
    ("", "p_own_epochs", "'{1}'"),
    ("acquire_many", "p_own_wraps", "array[current_setting('test.wrap')]"),
    ("acquire_many", "p_platform_epochs", "'{NULL}'"),
    ("acquire_many", "p_platform_wraps", "'{NULL}'"),
    ("acquire_many", "p_operations", "'{interview}'"),
    ("acquire_many", "p_units", "'{1}'"),
    ("acquire_many", "p_requests", "'{r-1}'"),
    ("acquire_many", "p_seconds", "'{NULL}'"),
    ("acquire_many", "p_purposes", "'{NULL}'"),
    ("acquire_many", "p_calls", "array[decode(repeat('ab', 16), 'hex')]"),
    ("", "p_consumer", "'pager'"),
    ("", "p_holder", "'process-1'"),
    ("", "p_failure", "'exit_1'"),
    ("", "p_kinds", "'{key.failing}'"),
    ("", "p_read", "'{}'"),
    ("", "p_check_value", "decode(repeat('ab', 8), 'hex')"),
    ("", "p_fingerprint", "decode(repeat('ab', 8), 'hex')"),
    ("", "p_wrapped", "decode(repeat('ab', 61), 'hex')"),
    ("", "p_check_values", "array[decode(repeat('ab', 8), 'hex')]"),
    ("", "p_org", "'acme'"),
    ("", "p_confirm", "'acme'"),
    ("", "p_orgs", "'{acme}'"),
    ("", "p_provider", "'openai'"),
    ("", "p_providers", "'{openai}'"),
    ("", "p_capability", "'llm'"),
    ("", "p_language", "''"),
    ("", "p_login", "current_setting('test.login')"),
    ("", "p_role", "'auditor'"),
    ("", "p_source", "'organization'"),
    ("", "p_why", "'given_up'"),
    ("", "p_call", "decode(repeat('ab', 16), 'hex')"),
    ("", "p_request", "'r-1'"),
    ("", "p_operation", "'interview'"),
    ("", "p_unit", "'request'"),
    ("", "p_by", "'key'"),
    ("", "p_function", "'hello'"),
    ("", "p_instance", "'host-1'"),
    ("", "p_note", "'why'"),
    ("", "p_purpose", "'why'"),
    ("", "p_hint", "'abcd'"),
    ("", "p_settings", "'{}'"),
    ("", "p_definition", "'{\"base_url\": \"https://gateway.example.org\"}'"),
    ("", "p_test", "'{\"verdict\": \"verified\", \"paid\": false}'"),
    ("", "p_wrap", "current_setting('test.wrap')"),
    ("", "p_own_wrap", "current_setting('test.wrap')"),
    ("", "p_platform_wrap", "current_setting('test.wrap')"),
    ("", "p_data_check", "current_setting('test.data_check')::bytea"),
    ("", "p_master_check", "current_setting('test.master_check')::bytea"),
    ("", "p_to_check", "current_setting('test.master_check')::bytea"),
    ("", "p_sealed", "array[decode(repeat('ab', 100), 'hex')]"),
    ("", "p_wraps", "array[repeat('a', 64)]"),
    ("", "p_fingerprints", "array[decode(repeat('ab', 8), 'hex')]"),
    ("", "p_versions", "'{1}'"),
    ("", "p_epochs", "'{1}'"),
    ("", "p_expires_at", "'2030-01-01'"),
    ("", "p_sealed_at", "'2030-01-01'"),
    ("", "p_until", "'2030-01-01'"),
    ("", "p_since", "'2020-01-01'"),
    ("", "p_limit", "9"),
    ("master_key_begin", "p_epoch", "2"),
    ("master_key_promote", "p_epoch", "2"),
    ("master_key_lost", "p_epoch", "2"),
    ("data_key_rotate", "p_epoch", "2"),
    ("", "p_after_position", "0"),
    ("", "p_after_seal", "0"),
];

/// Of what stands in no list: a number is 1, a flag false, and anything else is left away.
fn usual(function: &str, argument: &str, kind: &str) -> &'static str {
    let listed = USUAL.iter().find(|(of, name, _)| *name == argument && (of.is_empty() || *of == function));
    match (listed, kind) {
        (Some((.., value)), _) => value,
        (None, "integer" | "bigint") if !matches!(argument, "p_seconds" | "p_before") => "1",
        (None, "boolean") => "false",
        _ => "null",
    }
}

/// The real one, so that calls get past it.
fn passphrase(world: &World) -> String {
    let Some(wrapped) = world.root("select encode(wrapped, 'hex') from byok.data_key where org = 'acme'").pop() else {
        return "a".repeat(64);
    };
    let wrapped = data_encoding::HEXLOWER.decode(wrapped.as_bytes()).unwrap();
    let master = byok::admin::crypto::MasterKey::parse(crate::harness::master_text()).unwrap();
    master.unwrap_data_key("acme", 1, &wrapped).unwrap().passphrase("acme", "openai").expose().to_owned()
}

/// What is tried of a type, and what of it nothing that writes may ever take.
type Tried = (&'static str, &'static [&'static str], &'static [&'static str]);

const HOSTILE: &[Tried] = &[
    (
        "text",
        &[
            "null",
            "''",
            "' '",
            "'%'",
            "E'\\\\'",
            "'{'",
            "'-'",
            "'(platform)'",
            "'1e400'",
            "E'a\\nb'",
            "U&'\\FFFD'",
            "U&'e\\0301'",
            "U&'\\+01F600'",
            "'a' || chr(39) || '; drop table x; --'",
        ],
        &[
            "repeat('x', 100000)",
            "repeat(U&'\\00E9', 70000)",
            "E'\\x1b[31mred'",
            "E'a\\x01'",
            "U&'a\\202Eb'",
            "U&'\\200Ba'",
            "U&'a\\2028b'",
            "U&'a\\+0E0041'",
        ],
    ),
    ("oid", &["null", "0", "4294967295"], &[]),
    ("integer", &["null", "0", "-1", "2147483647", "-2147483648"], &[]),
    ("bigint", &["null", "0", "-1", "9223372036854775807", "-9223372036854775808"], &[]),
    ("boolean", &["true", "false"], &["null"]),
    ("bytea", &["null", "'\\x'", "'\\x00'"], &["decode(repeat('ab', 1000000), 'hex')"]),
    (
        "timestamp with time zone",
        &["null", "'2100-01-01'"],
        &["'infinity'", "'-infinity'", "'20000-01-01'", "'4713-01-01 BC'", "'294276-12-31'", "'2200-01-01'"],
    ),
    (
        "jsonb",
        &["null"],
        &[
            "'null'",
            "'[]'",
            "'\"x\"'",
            "'1e400'",
            "'{\"verdict\": null}'",
            "'{\"verdict\": \"fine\"}'",
            "'{\"verdict\": \"verified\", \"status\": 1e30}'",
            "'{\"verdict\": \"verified\", \"latency_ms\": -1}'",
            "'{\"verdict\": \"verified\", \"latency_ms\": 1e400}'",
            "'{\"verdict\": \"verified\", \"detail\": [1]}'",
            "'{\"verdict\": \"verified\", \"paid\": \"yes\"}'",
            "jsonb_build_object('verdict', repeat('x', 1000000))",
            "jsonb_build_object('verdict', 'verified', 'base_url', repeat('x', 1000000))",
            "jsonb_build_object('verdict', 'verified', 'request_id', repeat('x', 1000000))",
        ],
    ),
    (
        "text[]",
        &["null", "'{}'", "'{a,b}'"],
        &[
            "'{NULL}'",
            "'{{acme},{acme}}'",
            "array[repeat('x', 1000000), null]",
            "array_fill(null::text, array[20000])",
            "array[repeat('x', 7000)]",
            "array[E'\\x1b[31mred']",
            "array[U&'a\\202Eb']",
        ],
    ),
    (
        "timestamp with time zone[]",
        &["null", "'{}'", "'{NULL}'"],
        &["'{infinity}'", "'{-infinity}'", "'{2200-01-01}'", "'{20000-01-01}'", "'{{2030-01-01},{2030-01-01}}'"],
    ),
    (
        "jsonb[]",
        &["null", "'{}'", "'{NULL}'"],
        &["array['null'::jsonb]", "array['[]'::jsonb]", "array[jsonb_build_object('verdict', repeat('x', 1000000))]"],
    ),
    ("boolean[]", &["null", "'{}'", "'{true,false}'"], &["'{NULL}'", "'{{true},{true}}'"]),
    ("bigint[]", &["null", "'{}'", "'{0}'", "'{-1}'", "'{9223372036854775807}'"], &["'{{1},{1}}'"]),
    ("integer[]", &["null", "'{}'", "'{1,2}'", "'{-1}'"], &["'{NULL}'", "'{{1},{1}}'", "'[5:5]={NULL}'"]),
    (
        "bytea[]",
        &["null", "'{}'"],
        &[
            "array[null::bytea]",
            "array[decode(repeat('ab', 1000000), 'hex'), null]",
            "array[decode(repeat('ab', 1000000), 'hex')]",
            "array[''::bytea]",
        ],
    ),
];

fn hostile(kind: &str) -> (&'static [&'static str], &'static [&'static str]) {
    let (_, odd, never) =
        HOSTILE.iter().find(|(of, ..)| *of == kind).unwrap_or_else(|| panic!("what is tried of {kind}?"));
    (odd, never)
}

/// A filter of something that may be anything, or what is answered without a value being kept: no such key, no such member.
const HARMLESS: &[(&str, &str)] = &[
    ("acquire", "p_org"),
    ("acquire", "p_platform_wrap"),
    ("acquire", "p_provider"),
    ("credit_expire", "p_org"),
    ("key_open", "p_wrap"),
    ("member_remove", "p_login"),
    ("rate_list", "p_all"),
    ("verify_data_keys", "p_after"),
];

/// Whether the database has to refuse the value, and not just to survive it.
fn is_refused(function: &Function, at: usize, value: &str) -> bool {
    let (name, kind) = &function.arguments[at];
    let single = !matches!(kind.as_str(), "timestamp with time zone" | "boolean") && !kind.ends_with("[]");
    let filters = single && READS.split(' ').any(|name| name == function.name);
    // A definition is an object of any names; the client reads it.
    let fits = function.name == "provider_put" && value.starts_with("'{");
    // A request that it cannot take is answered with `alone`, and nothing of it is kept.
    let one_of_many = function.name == "acquire_many";
    !filters && !fits && !one_of_many && !HARMLESS.contains(&(function.name.as_str(), name.as_str()))
}

/// Refusals that clients know. Anything else is a fault of the function: of its range, its memory or its types.
pub(crate) fn is_ours(state: &str) -> bool {
    matches!(state, "42501" | "22023" | "39000") || state.starts_with("BK")
}

pub(crate) async fn attempt(connection: &mut PgConnection, statement: &str) -> Option<String> {
    connection.execute("begin").await.expect("a connection that lives");
    let outcome = connection.execute(sqlx::raw_sql(statement)).await;
    connection.execute("rollback").await.expect("a connection that lives");
    outcome.err().map(|error| match error.as_database_error().and_then(sqlx::error::DatabaseError::code) {
        Some(code) => code.into_owned(),
        None => error.to_string(),
    })
}

pub(crate) async fn connect(world: &World, login: &str) -> PgConnection {
    let mut connection = PgConnection::connect(&world.url(login)).await.unwrap();
    let checks = world.root(
        "select encode((select check_value from byok.data_key where org = 'acme'), 'hex')
         union all select encode((select check_value from byok.keyring), 'hex')",
    );
    let [data, master] = checks.as_slice() else { panic!("{checks:?}") };
    connection
        .execute(sqlx::raw_sql(&format!(
            "set statement_timeout = '20s'; set test.data_check = '\\x{data}'; set test.master_check = '\\x{master}';
             set test.wrap = '{}'; set test.login = '{}'",
            passphrase(world),
            world.login_name("bob")
        )))
        .await
        .unwrap();
    connection
}

pub(crate) fn world() -> (World, [String; 3]) {
    let (world, ada, _) = World::with_owners();
    world.byok(&ada).input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    let byok = world.byok("byok");
    byok.ok(&["credits", "rates", "set", "interview", "--platform-part", "1", "--provider-part", "4"]);
    byok.ok(&["credits", "grant", "100", "--org", "acme"]);
    let (resolver, admin) = (world.login("res"), world.login("root"));
    world.grant("resolver", &resolver);
    world.grant("admin", &admin);
    world.byok(&resolver).ok(&[
        "credits",
        "charge",
        "interview",
        "--org",
        "acme",
        "--provider",
        "openai",
        "--request-id",
        "charged",
    ]);
    (world, [ada, resolver, admin])
}

#[test]
fn no_argument_of_any_function_gets_past_its_range() {
    let (world, logins) = world();
    let functions = catalog(&world);
    let mut reached = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    block_on(async {
        for login in &logins {
            let mut connection = connect(&world, login).await;
            for function in &functions {
                let usual = attempt(&mut connection, &function.call(None)).await;
                if usual.is_none() {
                    reached.insert(function.name.as_str());
                }
                if usual.as_deref() == Some("42501") {
                    continue;
                }
                for (at, (name, kind)) in function.arguments.iter().enumerate() {
                    let (odd, never) = hostile(kind);
                    for (value, refused) in odd.iter().map(|it| (it, false)).chain(never.iter().map(|it| (it, true))) {
                        let state = attempt(&mut connection, &function.call(Some((at, value)))).await;
                        let bad = match &state {
                            Some(state) => !is_ours(state),
                            None => refused && is_refused(function, at, value),
                        };
                        if bad {
                            wrong.push(format!("{login}: {} {name} = {value}: {state:?}", function.name));
                        }
                    }
                }
            }
        }
    });
    assert!(
        wrong.is_empty(),
        "these values must be refused with a code of ours: check the argument with byok.check_… (migrations/functions/check.sql), or add \
         a function that only reads to READS here:\n{}",
        wrong.join("\n")
    );
    assert!(reached.len() > 55, "most functions must be called as they are meant to be: {reached:?}");
}
