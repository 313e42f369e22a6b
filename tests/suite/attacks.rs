//! Attacks by somebody with a SQL connection, and by a superuser who wants byok to use another key.

use byok::admin::crypto::DataKey;
use serde_json::json;

use crate::harness::{World, openai_key, sql};

fn world() -> (World, String, String) {
    let (world, ada, bob) = World::with_owners();
    world.byok(&ada).input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    (world, ada, bob)
}

fn assert_denied(world: &World, what: &str) {
    let (code, document) = world.byok("byok").json(&["resolve", "openai", "--org", "acme", "--verify"]);
    assert_eq!((code, &document["item"]["source"]), (9, &json!(null)), "{what}: {document}");
}

#[test]
fn shadows_of_every_table_function_operator_and_type_change_nothing() {
    let (world, _, bob) = world();
    let tables =
        world.root("select relname::text from pg_class where relnamespace = 'byok'::regnamespace and relkind = 'r'");
    let inner = world.root("select distinct proname::text from pg_proc where pronamespace = 'byok'::regnamespace");
    world.root(&format!(
        "create schema evil authorization {bob}; grant temporary on database {} to {bob}",
        bob.trim_end_matches("_bob")
    ));
    let mut shadow = Vec::new();
    for (schema, table) in ["pg_temp", "evil"].iter().flat_map(|schema| tables.iter().map(move |table| (schema, table)))
    {
        shadow.push(format!(
            "create table {schema}.{table} as select 'acme'::text as org, true as enabled, session_user::text as login,
             'owner'::text as role, (select oid from pg_roles where rolname = session_user) as login_oid"
        ));
    }
    for name in inner.iter().map(String::as_str).chain(["pg_has_role", "current_setting", "sha256", "length", "now"]) {
        for arguments in ["", "text", "text, text", "name, text, text", "oid, text, text", "boolean", "bytea"] {
            shadow.push(format!(
                "create function evil.{name}({arguments}) returns boolean language sql as 'select true'"
            ));
        }
    }
    for (at, operator) in ["=", "<>", "<", ">", "||"].iter().enumerate() {
        for kind in ["text", "oid", "name", "bytea"] {
            shadow.push(format!(
                "create function evil.op{at}({kind}, {kind}) returns boolean language sql as 'select true';
                 create operator evil.{operator} (leftarg = {kind}, rightarg = {kind}, function = evil.op{at})"
            ));
        }
    }
    let shadow = shadow.join("; ");
    assert_eq!(sql(&world.url(&bob), &format!("begin; {shadow}; rollback")), Ok(vec![]), "the shadows can be made");
    for path in ["evil, pg_temp, pg_catalog", "pg_temp, evil, pg_catalog", "evil"] {
        for call in [
            "select byok_api.key_context('acme', 'openai')",
            "select byok_api.data_key_get('acme')",
            "select byok_api.org_enable('acme')",
            "select byok_api.audit_list('acme', null, null, null, null, null, null, 9)",
        ] {
            let attempt = format!("begin; {shadow}; set search_path = {path}; {call}");
            assert_eq!(sql(&world.url(&bob), &attempt), Err("42501".into()), "{path}: {call}");
        }
    }
}

#[test]
fn an_identity_that_is_only_set_is_nobodys() {
    let (world, ada, bob) = world();
    for pretence in [
        format!("set session authorization {ada}"),
        format!("set role {ada}"),
        "set role byok_owner".into(),
        "set role byok_definer".into(),
        "set role byok_admin".into(),
        format!("set byok.login = '{ada}'; set role byok_owner"),
        format!("select set_config('session_authorization', '{ada}', false)"),
        "drop owned by current_user".into(),
    ] {
        let attempt = format!("{pretence}; select byok_api.key_context('acme', 'openai')");
        assert_eq!(sql(&world.url(&bob), &attempt), Err("42501".into()), "{pretence}");
    }
    // What the client calls itself is told, and the log says who it was.
    let url = format!("{}&application_name={ada}", world.url(&bob));
    sql(&url, "select byok_api.denied('key_context')").unwrap();
    assert_eq!(world.root("select login from byok.audit where action = 'denied'"), [bob]);
}

#[test]
fn a_leaky_condition_sees_no_row_of_a_table_that_was_granted_by_mistake() {
    let (world, _, bob) = world();
    world.root(&format!("grant usage on schema byok to {bob}; grant select on all tables in schema byok to {bob}"));
    world.root(&format!("create schema evil authorization {bob}"));
    let leak = "create function evil.leak(text) returns boolean language plpgsql cost 0.0001 as
                $$ begin raise exception 'seen' using errcode = 'P0001'; end $$;
                select 'row' from byok.provider_key where evil.leak(hint)";
    assert_eq!(sql(&world.url(&bob), leak), Ok(vec![]));
}

#[test]
fn a_number_that_belongs_to_somebody_else_after_a_restore_gives_no_rights() {
    let (world, ada, bob) = world();
    // As in a dump that was restored where ada's number is bob's.
    world.root(&format!("update byok.member set login_oid = '{bob}'::regrole where login = '{ada}'"));
    world.byok(&bob).fails(4, &["key", "list", "--org", "acme"]);
    world.byok(&ada).fails(4, &["key", "list", "--org", "acme"]);
    let (_, members) = world.byok("byok").json(&["member", "list", "acme"]);
    assert_eq!((&members["items"][0]["login"], &members["items"][0]["present"]), (&json!(ada), &json!(false)));
    let (code, document) = world.byok("byok").json(&["member", "rebind", "--yes"]);
    assert_eq!((code, &document["item"]["bound"]), (0, &json!(1)), "{document}");
    world.byok(&ada).ok(&["key", "list", "--org", "acme"]);
    world.byok(&bob).fails(4, &["key", "list", "--org", "acme"]);
    assert_eq!(world.byok("byok").json(&["member", "rebind", "--yes"]).1["result"], "unchanged");
}

#[test]
fn a_membership_whose_login_was_dropped_is_told_by_rebind() {
    let (world, ada, _) = world();
    world.root(&format!("drop role {ada}"));
    let (code, document) = world.byok("byok").json(&["member", "rebind", "--yes"]);
    assert_eq!((code, &document["item"]["missing"]), (8, &json!(1)));
}

/// The seal of acme's key as pgcrypto gives it to somebody who listened for the passphrase.
fn passphrase(world: &World) -> String {
    let wrapped = world.root("select encode(wrapped, 'hex') from byok.data_key where org = 'acme'").remove(0);
    let wrapped = data_encoding::HEXLOWER.decode(wrapped.as_bytes()).unwrap();
    let master = byok::admin::crypto::MasterKey::parse(crate::harness::master_text()).unwrap();
    let key: DataKey = master.unwrap_data_key("acme", 1, &wrapped).unwrap();
    key.passphrase("acme", "openai").expose().to_owned()
}

#[test]
fn a_downgraded_ciphertext_does_not_open_even_when_a_superuser_takes_the_constraint_away() {
    let (world, ..) = world();
    let wrap = passphrase(&world);
    world.root("alter table byok.provider_key drop constraint provider_key_header_check");
    let kept = world.root("select encode(encrypted, 'hex') from byok.provider_key where org = 'acme'").remove(0);
    let mut tried = 0;
    for options in [
        "cipher-algo=cast5,s2k-mode=1",
        "cipher-algo=bf,s2k-mode=1",
        "cipher-algo=3des,s2k-mode=1",
        "cipher-algo=aes128,s2k-mode=1",
        "cipher-algo=aes192,s2k-mode=1",
        "cipher-algo=aes256,s2k-mode=0",
        "cipher-algo=aes256,s2k-mode=3",
        "cipher-algo=aes256,s2k-mode=1,disable-mdc=1",
        "cipher-algo=aes256,s2k-mode=1,sess-key=1",
    ] {
        // The very seal that is right, and the right passphrase: only the header is weaker.
        let forge = format!(
            "update byok.provider_key set encrypted = byok_crypto.pgp_sym_encrypt_bytea(
                 byok_crypto.pgp_sym_decrypt_bytea(decode('{kept}', 'hex'), '{wrap}'), '{wrap}', '{options}')
             where org = 'acme'"
        );
        // A server that has no such cipher cannot even make one.
        if sql(&world.url("byok"), &forge).is_ok() {
            tried += 1;
            assert_denied(&world, options);
        }
    }
    assert!(tried >= 5, "{tried}");
    world.root(&format!("update byok.provider_key set encrypted = decode('{kept}', 'hex') where org = 'acme'"));
    world.byok("byok").ok(&["resolve", "openai", "--org", "acme", "--verify"]);
}

#[test]
fn a_forged_seal_does_not_open_although_pgcrypto_decrypts_it() {
    let (world, ..) = world();
    let wrap = passphrase(&world);
    let mine = DataKey::generate(1).unwrap();
    let place =
        byok::admin::crypto::SealContext { org: "acme", provider: "openai", version: 1, settings: "{}", hint: "aaaa" };
    let credential =
        byok::secret::Credential::single("api_key", byok::secret::SecretText::new("sk-of-the-attacker".into()));
    let forged = data_encoding::HEXLOWER.encode(&mine.seal(&place, &credential).unwrap());
    for payload in [forged, "01".repeat(120), hex("sk-of-the-attacker-in-clear".repeat(5).as_bytes())] {
        world.root(&format!(
            "update byok.provider_key set encrypted = byok_crypto.encrypt_sealed(decode('{payload}', 'hex'), '{wrap}')
             where org = 'acme'"
        ));
        assert_denied(&world, &payload);
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[test]
fn an_old_row_that_a_superuser_puts_back_is_found() {
    let (world, ada, _) = world();
    let save = "create table public.saved as select * from byok.provider_key where org = 'acme'";
    world.root(save);
    world.byok("byok").ok(&["master-key", "verify"]);
    world.byok(&ada).input(openai_key("bbbb")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.root(
        "delete from byok.key_test; delete from byok.provider_key where org = 'acme';
                insert into byok.provider_key select * from public.saved",
    );
    // It opens, since it is authentic; what it is not is the last one that was set.
    assert_eq!(world.byok(&ada).json(&["resolve", "openai", "--org", "acme", "--verify"]).1["item"]["version"], 1);
    let (code, document) = world.byok("byok").json(&["master-key", "verify"]);
    assert_eq!(code, 9);
    let why = document["item"]["unreadable"][0]["message"].as_str().unwrap();
    assert!(why.contains("rolled back") && why.contains("version 2"), "{why}");
    world.byok(&ada).ok(&["key", "remove", "openai", "--org", "acme", "--yes"]);
    world.root(
        "delete from byok.provider_key where org = 'acme';
                insert into byok.provider_key select * from public.saved",
    );
    let run = world.byok("byok").run(&["master-key", "verify"]);
    assert!(run.code == 9 && run.err.contains("removed"), "{run:?}");
}
