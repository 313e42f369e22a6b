//! A stored key that was damaged, moved or forged: the request is denied with this reason, and no other key is used.

use serde_json::json;

use crate::harness::{World, openai_key};

/// Two organizations with a key each, and a platform key that must never stand in.
fn world() -> (World, String) {
    let (world, ada, bob) = World::with_owners();
    world.byok("byok").input(openai_key("4242")).ok(&["platform-key", "set", "openai", "--stdin"]);
    world.byok(&ada).input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "acme", "--stdin"]);
    world.byok(&bob).input(openai_key("aaaa")).ok(&["key", "set", "openai", "--org", "bolt", "--stdin"]);
    (world, ada)
}

fn assert_denied(world: &World, login: &str, what: &str) {
    let (code, document) = world.byok(login).json(&["resolve", "openai", "--org", "acme", "--verify"]);
    let item = &document["item"];
    assert_eq!((code, &item["source"]), (9, &json!(null)), "{what}: {item}");
    assert_eq!(item["denied"], "key_unreadable", "{what}");
}

#[test]
fn an_untouched_key_opens_for_its_owner() {
    let (world, ada) = world();
    let (code, document) = world.byok(&ada).json(&["resolve", "openai", "--org", "acme", "--verify"]);
    assert_eq!((code, &document["item"]["source"]), (0, &json!("organization")));
}

#[test]
fn whatever_is_changed_in_the_row_the_key_does_not_open() {
    let acme = "where org = 'acme' and state = 'active'";
    let swapped = "(select k.encrypted from byok.provider_key k where k.org = 'bolt')";
    let platforms = "(select k.encrypted from byok.provider_key k where k.org = '')";
    let damages = [
        format!("update byok.provider_key set encrypted = set_byte(encrypted, 40, get_byte(encrypted, 40) # 1) {acme}"),
        format!("update byok.provider_key set encrypted = set_byte(encrypted, length(encrypted) - 1, 7) {acme}"),
        format!("update byok.provider_key set encrypted = {swapped} {acme}"),
        format!("update byok.provider_key set encrypted = {platforms} {acme}"),
        format!("update byok.provider_key set hint = 'zzzz' {acme}"),
        format!("update byok.provider_key set settings = '{{\"base_url\":\"https://evil.example\"}}' {acme}"),
        format!("update byok.provider_key set version = 9 {acme}"),
        "update byok.data_key set wrapped = (select d.wrapped from byok.data_key d where d.org = 'bolt') where org = 'acme'".into(),
        "update byok.data_key set check_value = '\\x0000000000000000' where org = 'acme'".into(),
    ];
    for damage in damages {
        let (world, ada) = world();
        world.root(&damage);
        assert_denied(&world, &ada, &damage);
        assert_denied(&world, "byok", &damage);
    }
}

#[test]
fn every_key_without_a_data_key_is_reported_however_many_there_are() {
    let (world, _) = world();
    world.root(
        "set session_replication_role = replica;
         insert into byok.provider_key
         select (jsonb_populate_record(k, jsonb_build_object('org', 'org-' || n))).*
         from byok.provider_key k, generate_series(1, 10001) n where k.org = 'acme'",
    );
    let (code, document) = world.byok("byok").json(&["master-key", "verify"]);
    let closed = document["item"]["unreadable"].as_array().unwrap();
    assert_eq!((code, closed.len()), (9, 10_001));
    assert!(closed.iter().all(|it| it["message"] == "its data key is gone"), "{:?}", closed[0]);
}

#[test]
fn another_cipher_or_a_message_without_integrity_is_not_stored_even_by_a_superuser() {
    let (world, _) = world();
    for options in
        ["cipher-algo=aes128,s2k-mode=1", "cipher-algo=aes256", "cipher-algo=aes256,s2k-mode=1,disable-mdc=1"]
    {
        let forged = format!(
            "update byok.provider_key set encrypted =
             byok_crypto.pgp_sym_encrypt_bytea(decode(repeat('aa', 200), 'hex'), 'x', '{options}') where org = 'acme'"
        );
        assert_eq!(crate::harness::sql(&world.url("byok"), &forged), Err("23514".into()), "{options}");
    }
}

#[test]
fn the_column_is_what_pgcrypto_writes_and_the_seal_is_inside() {
    let (world, _) = world();
    let header = world.root("select encode(substr(encrypted, 1, 6), 'hex') from byok.provider_key");
    assert_eq!(header, vec!["c30c04090102"; 3]);
    assert_eq!(
        world.root("select distinct length(encrypted)::text from byok.provider_key").len(),
        1,
        "lengths say nothing"
    );
}

/// What happens to every stored form that differs in one byte of its header, and to some thousand that differ elsewhere.
const EVERY_HEADER: &str = r"
do $$
declare stored bytea; at integer; byte integer; taken boolean;
begin
    select k.encrypted into strict stored from byok.provider_key k where k.org = 'acme';
    for at in 0..14 loop
        for byte in 0..255 loop
            continue when byte = get_byte(stored, at);
            begin
                update byok.provider_key set encrypted = set_byte(stored, at, byte) where org = 'acme';
                raise sqlstate 'ZZ001';
            exception
                when check_violation then taken := false;
                when sqlstate 'ZZ001' then taken := true;
            end;
            -- Bytes 6 to 13 are the salt, which may be any.
            if taken <> (at between 6 and 13) then
                raise exception 'byte % of the header may be %: %', at, byte, taken;
            end if;
        end loop;
    end loop;
end $$";

const EVERY_DAMAGE: &str = r"
do $$
declare plain bytea := decode(repeat('5a', 93), 'hex'); stored bytea; forged bytea; opened bytea; refused integer := 0;
begin
    stored := byok_crypto.encrypt_sealed(plain, 'a passphrase');
    if byok_crypto.decrypt_sealed(stored, 'a passphrase') is distinct from plain then
        raise exception 'what was encrypted does not decrypt';
    end if;
    for forged in
        select set_byte(stored, at, get_byte(stored, at) # change)
        from generate_series(0, length(stored) - 1) at, unnest(array[1, 2, 16, 64, 128, 255]) change
        union all select substr(stored, 1, kept) from generate_series(0, length(stored) - 1) kept
        union all select stored || decode(repeat('d2', added), 'hex') from generate_series(1, 40) added
        union all select substr(stored, 1, cut) || substr(stored, cut + 2) from generate_series(1, length(stored) - 1) cut
    loop
        begin
            opened := byok_crypto.decrypt_sealed(forged, 'a passphrase');
        exception when external_routine_invocation_exception then
            opened := null;
        end;
        if opened is distinct from null and opened <> plain then
            raise exception 'decrypts to something else: %', encode(forged, 'hex');
        end if;
        refused := refused + (opened is null)::integer;
    end loop;
    if refused < 1000 then
        raise exception 'only % were refused', refused;
    end if;
end $$";

#[test]
fn no_other_header_is_stored_whatever_byte_of_it_is_another() {
    let (world, _) = world();
    assert_eq!(crate::harness::sql(&world.url("byok"), EVERY_HEADER), Ok(vec![]));
}

#[test]
fn no_damage_to_the_column_decrypts_to_anything_else() {
    let (world, _) = world();
    assert_eq!(crate::harness::sql(&world.url("byok"), EVERY_DAMAGE), Ok(vec![]));
}
