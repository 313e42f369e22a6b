//! How fast master keys and data keys are replaced, and what the chain of the audit costs. Each figure stands beside a
//! reference of the same run, on a throw-away server: `cargo bench --bench keys`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a measurement may panic and print")]

use std::time::{Duration, Instant};

use byok::admin::crypto::{DataKey, MasterKey, MasterKeys};
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::admin::{Database, DatabaseUrl};
use byok::local::{ThrowAway, ThrowAwayOptions};
use byok::name::Holder;
use byok::secret::{Credential, Hint, SecretText};
use data_encoding::HEXLOWER;
use sqlx::{Connection as _, Executor as _, PgConnection};

const ORGS: usize = 100_000;
const KEYS: usize = 5_000;
const RECORDS: u32 = 20_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = ThrowAway::start(&ThrowAwayOptions::default()).expect("a server");
    let url = server.url("byok", "postgres");
    runtime.block_on(async {
        let parsed = DatabaseUrl::parse(SecretText::new(url.clone())).unwrap();
        Database::install(&parsed).await.unwrap();
        let mut database = Database::open(&parsed).await.unwrap();
        let mut root = PgConnection::connect(&url).await.unwrap();
        root.execute("set session_replication_role = replica").await.unwrap();
        rotation(&mut database, &mut root).await;
        audit(&mut root).await;
    });
}

/// So many a second.
fn rate(count: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64()
}

async fn timed(root: &mut PgConnection, statement: &str) -> Duration {
    let begun = Instant::now();
    root.execute(sqlx::raw_sql(statement)).await.unwrap();
    begun.elapsed()
}

async fn rotation(database: &mut Database, root: &mut PgConnection) {
    let old = MasterKey::generate(1).unwrap();
    sealing::register_master(database, &old).await.unwrap();
    fill(root, &old).await;
    let new = MasterKey::generate(2).unwrap();
    let name = (2, new.check_value());
    let keys = MasterKeys::new(old, vec![new]).unwrap();
    database.begin_master_key(name.0, name.1, false).await.unwrap();
    database.promote_master_key(2, false).await.unwrap();

    let begun = Instant::now();
    let done = sealing::rewrap(database, &keys, 1, 2000, |_| {}).await.unwrap();
    let wrapped = rate(ORGS, begun.elapsed());
    assert_eq!(usize::try_from(done.data_keys).unwrap(), ORGS);
    // The same rows in the same batches, without leaving the server and without any cryptography.
    let reference = "do $$ begin for at in 0 .. 49 loop
        update byok.data_key d set wrapped = set_byte(d.wrapped, 60, 1)
        where d.org in (select 'org-' || lpad(n::text, 6, '0') from generate_series(at * 2000 + 1, at * 2000 + 2000) n);
        end loop; end $$";
    let bare = rate(ORGS, timed(root, reference).await);
    println!(
        "master key rotation     {wrapped:>9.0} organizations/s   {:.2} of a bare update ({bare:.0}/s)",
        wrapped / bare
    );

    let (count, time) = reseal(database, root, keys).await;
    let each = format!(
        "do $$ declare s bytea := decode(repeat('aa', 200), 'hex'); w text := repeat('ab', 32); e bytea; begin
         for at in 1 .. {KEYS} loop
             e := byok_crypto.encrypt_sealed(s, w); s := byok_crypto.decrypt_sealed(e, w);
         end loop; end $$"
    );
    let bare = rate(count, timed(root, &each).await);
    let resealed = rate(count, time);
    println!(
        "data key rotation       {resealed:>9.0} keys/s            {:.2} of pgcrypto alone ({bare:.0}/s)",
        resealed / bare
    );
}

async fn fill(root: &mut PgConnection, master: &MasterKey) {
    let insert = format!(
        "insert into byok.org (org, enabled) select 'org-' || lpad(n::text, 6, '0'), true from generate_series(1, {ORGS}) n"
    );
    root.execute(insert.as_str()).await.unwrap();
    let rows: Vec<String> = (1..=ORGS).map(|number| wrapped(master, &format!("org-{number:06}"))).collect();
    let insert = format!(
        "insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
         select split_part(r, ' ', 1), 1, 1, decode(split_part(r, ' ', 2), 'hex'), decode(split_part(r, ' ', 3), 'hex'),
                'active' from unnest(string_to_array('{}', ',')) r; analyze byok.data_key",
        rows.join(",")
    );
    root.execute(sqlx::raw_sql(&insert)).await.unwrap();
}

fn wrapped(master: &MasterKey, org: &str) -> String {
    let key = DataKey::generate(1).unwrap();
    format!("{org} {} {}", HEXLOWER.encode(&master.wrap(org, &key).unwrap()), key.check_value(org))
}

/// One organization with many keys, sealed anew.
async fn reseal(database: &mut Database, root: &mut PgConnection, keys: MasterKeys) -> (usize, Duration) {
    let member = "insert into byok.org (org, enabled) values ('acme', true);
        insert into byok.member (org, login_oid, login, role) values ('acme', 'byok'::regrole, 'byok', 'owner')";
    root.execute(sqlx::raw_sql(member)).await.unwrap();
    let holder = Holder::Organization("acme".parse().unwrap());
    let keys = Keys::Master(keys);
    for number in 0..KEYS {
        let secret = SecretText::new(format!("sk-proj-0123456789abcdef0123456789abcdef0123456789abcdef{number:06}"));
        let submission = Submission {
            holder: &holder,
            provider: &format!("p{number}").parse().unwrap(),
            hint: &Hint::of(&secret),
            credential: &Credential::single("api_key", secret),
            settings: "{}",
            expires_at: None,
            existing: Existing::Any,
        };
        sealing::store_untested(database, &keys, &submission).await.unwrap();
    }
    let Keys::Master(keys) = keys else { unreachable!() };
    let begun = Instant::now();
    let done = sealing::rotate_data_key(database, &keys, &holder, sealing::Unreadable::Refuse)
        .await
        .unwrap()
        .expect("a data key");
    (done.keys, begun.elapsed())
}

/// One record a transaction, as it is: within one transaction the head of a chain would only grow.
async fn audit(root: &mut PgConnection) {
    let each =
        |statement: &str| format!("do $$ begin for at in 1 .. {RECORDS} loop {statement}; commit; end loop; end $$");
    let table = "create table bare (like byok.audit including defaults including identity including indexes)";
    root.execute(table).await.unwrap();
    let insert = "insert into bare (org, login_oid, action, subject, detail, position, previous_hash, hash)
                  values ('acme', 0, 'key.open', 'openai', '{\"version\": 1}', at, '\\x00', '\\x00')";
    let bare = timed(root, &each(insert)).await;
    let call = "perform byok.record('acme', 'key.open', 'openai', '{\"version\": 1}')";
    let chained = timed(root, &each(call)).await;
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(RECORDS);
    println!(
        "audit record            {:>9.1} us               {:.2} of a bare insert ({:.1} us)",
        micros(chained),
        chained.as_secs_f64() / bare.as_secs_f64(),
        micros(bare)
    );
}
