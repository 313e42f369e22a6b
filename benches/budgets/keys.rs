//! How fast master keys and data keys are replaced, and what the chain of the audit log costs.

use std::time::{Duration, Instant};

use byok::admin::crypto::{DataKey, MasterKey, MasterKeys};
use byok::admin::sealing;
use byok::admin::{Database, DatabaseUrl};
use byok::local::{ThrowAway, ThrowAwayOptions};
use byok::name::Holder;
use byok::secret::SecretText;
use data_encoding::HEXLOWER;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::bench::Bench;
use super::options::Sizes;
use super::row::{Budget, Row, Turns, Unit, rate};
use super::{Outcome, store};

pub(crate) fn rows(bench: &Bench) -> Outcome<Vec<Row>> {
    let server = ThrowAway::start(&ThrowAwayOptions::default())?;
    let url = server.url("byok", "postgres");
    bench.single.block_on(async {
        let parsed = DatabaseUrl::parse(SecretText::new(url.clone()))?;
        Database::install(&parsed).await?;
        let mut root = PgConnection::connect(&url).await?;
        root.execute("set session_replication_role = replica").await?;
        let lab = Vault { database: Database::open(&parsed).await?, root, sizes: bench.options.sizes };
        lab.rows().await
    })
}

/// A database with data keys, and a connection past all its rules.
struct Vault {
    database: Database,
    root: PgConnection,
    sizes: Sizes,
}

impl Vault {
    async fn rows(mut self) -> Outcome<Vec<Row>> {
        let master = MasterKey::generate(1)?;
        sealing::register_master(&mut self.database, &master).await?;
        self.fill(&master).await?;
        let (rotation, master) = self.rotation(master).await?;
        let sizes = self.sizes;
        let data_key = self.data_key(master).await?;
        let audit = self.audit().await?;
        Ok(vec![
            Row::beside("master-key rotate, organizations", Unit::PerSecond, "an update of the same rows", &rotation)?
                .size(format!("{} organizations", sizes.rotated))
                .budget(Budget::AtLeast { bound: 20_000.0 }),
            Row::beside("data-key rotate, keys", Unit::PerSecond, "pgcrypto alone", &data_key)?
                .size(format!("{} keys of one organization", sizes.resealed))
                .budget(Budget::AtLeast { bound: 5_000.0 }),
            Row::beside("audit records", Unit::PerSecond, "an insert without a chain", &audit)?
                .size(format!("{} records, a transaction each", sizes.records)),
        ])
    }

    /// Without durability, so fewer rounds show as much.
    fn rounds(&self) -> u32 {
        u32::try_from(self.sizes.rounds).unwrap_or(1).min(5)
    }

    /// Every round gives all data keys the next master key, and then updates the same rows in the same batches without
    /// leaving the server.
    async fn rotation(&mut self, mut master: MasterKey) -> Outcome<(Turns, MasterKey)> {
        let (count, mut turns) = (self.sizes.rotated, Turns::default());
        for epoch in 2..=self.rounds() + 1 {
            let new = MasterKey::generate(epoch)?;
            let (next, check) = (MasterKey::parse(new.to_text().expose())?, new.check_value());
            let keys = MasterKeys::new(master, vec![new])?;
            self.database.begin_master_key(epoch, check, false).await?;
            self.database.promote_master_key(epoch, false).await?;
            let begun = Instant::now();
            let done = sealing::rewrap(&mut self.database, &keys, epoch - 1, 2000, |_| {}).await?;
            turns.ours.push(rate(count, begun.elapsed()));
            if usize::try_from(done.data_keys) != Ok(count) {
                return Err(format!("{} of {count} data keys were wrapped again", done.data_keys).into());
            }
            let reference = format!(
                "do $$ begin for at in 0 .. {} loop
                update byok.data_key d set wrapped = set_byte(d.wrapped, 60, get_byte(d.wrapped, 60))
                where d.org in (select 'org-' || lpad(n::text, 6, '0') from generate_series(at * 2000 + 1, at * 2000 + 2000) n);
                end loop; end $$",
                count.div_ceil(2000) - 1
            );
            turns.theirs.push(rate(count, self.timed(&reference).await?));
            self.root.execute("vacuum analyze byok.data_key").await?;
            self.database.finish_master_key(epoch).await?;
            master = next;
        }
        Ok((turns, master))
    }

    /// One organization with many keys, sealed anew, and the same number of decryptions and encryptions by pgcrypto.
    async fn data_key(&mut self, master: MasterKey) -> Outcome<Turns> {
        let holder = Holder::Organization("acme".parse()?);
        store::many_keys(&mut self.root, &master, self.sizes.resealed).await?;
        let keys = MasterKeys::new(master, Vec::new())?;
        let reference = format!(
            "do $$ declare s bytea := decode(repeat('aa', 200), 'hex'); w text := repeat('ab', 32); e bytea; begin
             for at in 1 .. {} loop
                 e := byok_crypto.encrypt_sealed(s, w); s := byok_crypto.decrypt_sealed(e, w);
             end loop; end $$",
            self.sizes.resealed
        );
        let mut turns = Turns::default();
        for _ in 0..self.rounds() {
            let begun = Instant::now();
            let refuse = sealing::Unreadable::Refuse;
            let done =
                sealing::rotate_data_key(&mut self.database, &keys, &holder, refuse).await?.ok_or("no data key")?;
            turns.ours.push(rate(done.keys, begun.elapsed()));
            turns.theirs.push(rate(done.keys, self.timed(&reference).await?));
        }
        Ok(turns)
    }

    /// One record a transaction: within one transaction, the head of a chain would only grow.
    async fn audit(&mut self) -> Outcome<Turns> {
        let count = self.sizes.records;
        let each =
            |statement: &str| format!("do $$ begin for at in 1 .. {count} loop {statement}; commit; end loop; end $$");
        let table = "create table bare (like byok.audit including defaults including identity including indexes)";
        self.root.execute(table).await?;
        let insert = "insert into bare (org, login_oid, action, subject, detail, position, previous_hash, hash)
                      values ('acme', 0, 'key.open', 'openai', '{\"version\": 1}', at, '\\x00', '\\x00')";
        let call = "perform byok.record('acme', 'key.open', 'openai', '{\"version\": 1}')";
        let mut turns = Turns::default();
        for _ in 0..self.rounds() {
            self.root.execute("truncate bare").await?;
            turns.ours.push(rate(count, self.timed(&each(call)).await?));
            turns.theirs.push(rate(count, self.timed(&each(insert)).await?));
        }
        Ok(turns)
    }

    async fn timed(&mut self, statement: &str) -> Outcome<Duration> {
        let begun = Instant::now();
        self.root.execute(sqlx::raw_sql(statement)).await?;
        Ok(begun.elapsed())
    }

    async fn fill(&mut self, master: &MasterKey) -> Outcome<()> {
        let count = self.sizes.rotated;
        let insert = format!(
            "insert into byok.org (org, enabled) select 'org-' || lpad(n::text, 6, '0'), true from generate_series(1, {count}) n"
        );
        self.root.execute(sqlx::raw_sql(&insert)).await?;
        let mut rows = Vec::with_capacity(count);
        for number in 1..=count {
            let (org, key) = (format!("org-{number:06}"), DataKey::generate(1)?);
            rows.push(format!("{org} {} {}", HEXLOWER.encode(&master.wrap(&org, &key)?), key.check_value(&org)));
        }
        let insert = format!(
            "insert into byok.data_key (org, epoch, master_epoch, wrapped, check_value, state)
             select split_part(r, ' ', 1), 1, 1, decode(split_part(r, ' ', 2), 'hex'), decode(split_part(r, ' ', 3), 'hex'),
                    'active' from unnest(string_to_array('{}', ',')) r; analyze byok.data_key",
            rows.join(",")
        );
        self.root.execute(sqlx::raw_sql(&insert)).await?;
        Ok(())
    }
}
