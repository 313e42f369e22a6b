//! Fills a database with organizations, quickly.

use byok::admin::Database;
use byok::admin::crypto::{DataKey, MasterKey, MasterKeys, SealContext};
use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::name::{Holder, OrgId};
use byok::secret::{Credential, Hint, SecretText};
use sqlx::{Executor as _, PgConnection};

use super::Outcome;

/// So many organizations go into one statement.
const BATCH: usize = 2_000;

fn name(number: usize) -> String {
    format!("org-{number:07}")
}

/// At most so many organizations, spread evenly over all.
pub(crate) fn spread(size: usize, most: usize) -> Vec<OrgId> {
    let count = size.min(most);
    let numbers = (0..count).map(|at| at * 7_919 % count * (size / count));
    numbers.filter_map(|number| name(number).parse().ok()).collect()
}

fn credential(number: usize) -> (Credential, Hint) {
    let secret = SecretText::new(format!("sk-proj-{}{number:07}", "x".repeat(149)));
    let hint = Hint::of(&secret);
    (Credential::single("api_key", secret), hint)
}

/// The columns of a batch.
#[derive(Default)]
struct Batch {
    orgs: Vec<String>,
    wrapped: Vec<Vec<u8>>,
    checks: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
    passphrases: Vec<String>,
}

impl Batch {
    fn add(&mut self, master: &MasterKey, number: usize) -> Outcome<()> {
        let (org, key) = (name(number), DataKey::generate(1)?);
        let place = SealContext { org: &org, provider: "openai", version: 1, settings: "{}", hint: "xxxx" };
        self.sealed.push(key.seal(&place, &credential(number).0)?);
        self.passphrases.push(key.passphrase(&org, "openai").expose().to_owned());
        self.wrapped.push(master.wrap(&org, &key)?);
        self.checks.push(key.check_value(&org).as_bytes().to_vec());
        self.orgs.push(org);
        Ok(())
    }
}

/// Organizations with a data key, a sealed key and credits each.
pub(crate) async fn organizations(connection: &mut PgConnection, master: &MasterKey, size: usize) -> Outcome<()> {
    let statement = "with given as (
            select * from unnest($1::text[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[])
                as t (org, wrapped, check_value, sealed, wrap)
        ), known as (
            insert into byok.org (org, enabled) select org, true from given returning org
        ), keys as (
            insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
            select org, 1, 1, wrapped, check_value, 'active' from given
        ), rich as (
            insert into byok.balance (org, available, held) select org, 1000000000000, 0 from given
        )
        insert into byok.provider_key (org, provider, version, data_epoch, encrypted, settings, hint, fingerprint, state)
        select org, 'openai', 1, 1, byok_crypto.encrypt_sealed(sealed, wrap), '{}', 'xxxx', '\\x0000000000000000', 'active'
        from given";
    for begin in (0..size).step_by(BATCH) {
        let mut batch = Batch::default();
        for number in begin..size.min(begin + BATCH) {
            batch.add(master, number)?;
        }
        let Batch { orgs, wrapped, checks, sealed, passphrases } = batch;
        let query = sqlx::query(statement).bind(orgs).bind(wrapped).bind(checks).bind(sealed).bind(passphrases);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Organizations that have credits and no key, so that the platform's key serves.
pub(crate) async fn keyless(connection: &mut PgConnection, size: usize) -> Outcome<Vec<OrgId>> {
    let names: Vec<String> = (0..size).map(|number| format!("keyless-{number:04}")).collect();
    let statement = "with known as (
            insert into byok.org (org, enabled) select org, true from unnest($1::text[]) as t (org) returning org
        ) insert into byok.balance (org, available, held) select org, 1000000000000, 0 from known";
    sqlx::query(statement).bind(&names).execute(connection).await?;
    Ok(names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?)
}

/// The platform's key.
pub(crate) async fn platform_key(database: &mut Database, master: &str) -> Outcome<()> {
    let keys = Keys::Master(MasterKeys::parse(master)?);
    let (credential, hint) = credential(0);
    let submission = Submission {
        holder: &Holder::Platform,
        provider: &"openai".parse()?,
        credential: &credential,
        settings: "{}",
        hint: &hint,
        expires_at: None,
        existing: Existing::Any,
        keep: sealing::KEEP_PREVIOUS,
    };
    sealing::store_untested(database, &keys, &submission).await?;
    Ok(())
}

/// One organization, `acme`, with a key at each of many providers.
pub(crate) async fn many_keys(root: &mut PgConnection, master: &MasterKey, count: usize) -> Outcome<()> {
    let member = "insert into byok.org (org, enabled) values ('acme', true);
        insert into byok.member (org, login_oid, login, role) values ('acme', 'byok'::regrole, 'byok', 'owner')";
    root.execute(sqlx::raw_sql(member)).await?;
    let key = DataKey::generate(1)?;
    let insert = "insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
                  values ('acme', 1, $1, $2, $3, 'active')";
    let (epoch, check) = (i32::try_from(master.epoch())?, key.check_value("acme").as_bytes().to_vec());
    sqlx::query(insert).bind(epoch).bind(master.wrap("acme", &key)?).bind(check).execute(&mut *root).await?;
    let (mut names, mut sealed, mut passphrases) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..count {
        let provider = format!("p{number}");
        let place = SealContext { org: "acme", provider: &provider, version: 1, settings: "{}", hint: "xxxx" };
        sealed.push(key.seal(&place, &credential(number).0)?);
        passphrases.push(key.passphrase("acme", &provider).expose().to_owned());
        names.push(provider);
    }
    let insert = "insert into byok.provider_key (org, provider, version, data_epoch, encrypted, settings, hint, fingerprint, state)
        select 'acme', provider, 1, 1, byok_crypto.encrypt_sealed(sealed, wrap), '{}', 'xxxx', '\\x0000000000000000', 'active'
        from unnest($1::text[], $2::bytea[], $3::text[]) as t (provider, sealed, wrap)";
    sqlx::query(insert).bind(names).bind(sealed).bind(passphrases).execute(root).await?;
    Ok(())
}
