//! The request path against pgbench on the same server in the same run: `cargo bench --bench request_path`.
//!
//! Figures are ratios, for a machine is fast or slow at both. `ORGS` sets the numbers of organizations, `SECONDS` the length of
//! one measurement, `DISK` a directory on a real disk for the durable ones (without it they run in memory, where a commit is
//! only its processor time).

#![expect(clippy::print_stdout, reason = "its figures are what it is for")]

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use byok::admin::crypto::{DataKey, MasterKey, SealContext};
use byok::admin::{Database, DatabaseUrl};
use byok::credits::Operation;
use byok::local::{ThrowAway, ThrowAwayOptions, programs_dir};
use byok::name::{OrgId, ProviderId};
use byok::secret::{Credential, SecretText};
use byok::{Charge, Resolver};
use sqlx::{Connection as _, Executor as _, PgConnection};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// So many organizations are asked for, spread over all there are.
const SAMPLE: usize = 5_000;
const ROUNDS: usize = 5;

/// How many acquires are in flight, over how many connections, and against how many clients of pgbench.
struct Load {
    flying: usize,
    connections: usize,
    clients: &'static str,
    budget: f64,
}

const LONE: Load = Load { flying: 1, connections: 1, clients: "1", budget: 0.7 };
const EACH_ITS_OWN: Load = Load { flying: 16, connections: 16, clients: "16", budget: 0.7 };
const TOGETHER: Load = Load { flying: 64, connections: 4, clients: "16", budget: 1.5 };

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let sizes = std::env::var("ORGS").unwrap_or_else(|_| "1000,1000000".into());
    let sizes: Vec<usize> = sizes.split(',').map(str::parse).collect::<Result<_, _>>()?;
    for size in sizes {
        let lab = runtime.block_on(Lab::new(size, None))?;
        println!("\n{size} organizations, in memory");
        lab.resolve()?;
        for load in &[LONE, EACH_ITS_OWN, TOGETHER] {
            lab.acquire(&runtime, load)?;
        }
        lab.hot(&runtime)?;
    }
    if let Some(dir) = std::env::var_os("DISK").map(PathBuf::from) {
        let lab = runtime.block_on(Lab::new(1000, Some(dir)))?;
        println!("\n1000 organizations, on disk");
        for load in &[LONE, TOGETHER] {
            lab.acquire(&runtime, load)?;
        }
        lab.hot(&runtime)?;
    }
    Ok(())
}

/// A server with organizations that have a key each, and pgbench's own tables beside them.
struct Lab {
    server: ThrowAway,
    master: String,
    orgs: Arc<Vec<OrgId>>,
    seconds: u64,
}

impl Lab {
    async fn new(size: usize, disk: Option<PathBuf>) -> Outcome<Self> {
        let durable = ["fsync = on", "full_page_writes = on", "synchronous_commit = on", "max_wal_size = '4GB'"];
        let settings = durable.iter().map(ToString::to_string).collect();
        let options = ThrowAwayOptions { settings, port: None };
        let server = match disk {
            Some(dir) => ThrowAway::start_in(&dir, &options)?,
            None => ThrowAway::start(&options)?,
        };
        let master = MasterKey::generate(1)?;
        let text = master.to_text().expose().to_owned();
        let url = server.url("byok", "postgres");
        let parsed = DatabaseUrl::parse(SecretText::new(url.clone()))?;
        Database::install(&parsed).await?;
        byok::admin::sealing::register_master(&mut Database::open(&parsed).await?, &master).await?;
        let mut connection = PgConnection::connect(&url).await?;
        fill(&mut connection, &master, size).await?;
        connection.execute("create database pgbench").await?;
        let this = Self { server, master: text, orgs: Arc::new(sample(size)), seconds: seconds() };
        this.pgbench(&["-i", "-q", "-s", "10"])?;
        Ok(this)
    }

    async fn resolver(&self, connections: usize) -> Outcome<Resolver> {
        let url = DatabaseUrl::parse(SecretText::new(self.server.url("bench", "postgres")))?;
        let master = MasterKey::parse(&self.master)?;
        let resolver = Resolver::builder(url).master_key(master).connections(connections).open().await?;
        let openai = "openai".parse()?;
        for org in self.orgs.iter() {
            resolver.resolve(org, &openai).await?;
        }
        Ok(resolver)
    }

    /// `resolve` on one connection, against one row by its primary key.
    fn resolve(&self) -> Outcome<()> {
        // As a server with one thread does it: the future is polled where it is awaited.
        let single = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let resolver = single.block_on(self.resolver(1))?;
        let openai = "openai".parse()?;
        let ours = || -> Outcome<f64> {
            single.block_on(async {
                let (begun, mut count) = (Instant::now(), 0_u32);
                while begun.elapsed() < Duration::from_secs(self.seconds) {
                    for org in self.orgs.iter().skip(usize::try_from(count)? % SAMPLE).take(100) {
                        resolver.resolve(org, &openai).await?;
                        count += 1;
                    }
                }
                Ok(f64::from(count) / begun.elapsed().as_secs_f64())
            })
        };
        let theirs = || self.rate(&["-S", "-c", "1", "-j", "1"]);
        report("resolve, 1 connection", "pgbench -S", 0.6, ours, theirs)
    }

    /// `acquire`, against one update, one select and one insert.
    fn acquire(&self, runtime: &tokio::runtime::Runtime, load: &Load) -> Outcome<()> {
        let Load { flying, connections, clients, budget } = load;
        let resolver = Arc::new(runtime.block_on(self.resolver(*connections))?);
        let ours = || runtime.block_on(self.acquired(&resolver, *flying, self.orgs.clone()));
        let theirs = || self.rate(&["-N", "-c", clients, "-j", if *clients == "1" { "1" } else { "2" }]);
        let what = format!("acquire, {flying} in flight, connections: {connections}");
        report(&what, &format!("pgbench -N -c {clients}"), *budget, ours, theirs)
    }

    /// The same for one organization, against updates of one row.
    fn hot(&self, runtime: &tokio::runtime::Runtime) -> Outcome<()> {
        let resolver = Arc::new(runtime.block_on(self.resolver(4))?);
        let one = Arc::new(self.orgs[..1].to_vec());
        let script = self.server.socket_dir().join("hot.sql");
        std::fs::write(&script, "update pgbench_branches set bbalance = bbalance + 1 where bid = 1;\n")?;
        let file = script.to_string_lossy().into_owned();
        let ours = || runtime.block_on(self.acquired(&resolver, 64, one.clone()));
        let theirs = || self.rate(&["-f", &file, "-c", "16", "-j", "2"]);
        report(
            "acquire, one organization, 64 in flight, connections: 4",
            "pgbench, one row, 16 clients",
            5.0,
            ours,
            theirs,
        )
    }

    /// Acquires a second, with so many in flight.
    async fn acquired(&self, resolver: &Arc<Resolver>, flying: usize, orgs: Arc<Vec<OrgId>>) -> Outcome<f64> {
        let (provider, operation): (ProviderId, Operation) = ("openai".parse()?, "interview".parse()?);
        let count = Arc::new(AtomicU64::new(0));
        let begun = Instant::now();
        let end = begun + Duration::from_secs(self.seconds);
        let clients: Vec<_> = (0..flying)
            .map(|number| {
                let (resolver, orgs, count) = (resolver.clone(), orgs.clone(), count.clone());
                let (provider, operation) = (provider.clone(), operation.clone());
                tokio::spawn(async move {
                    let mut at = number * SAMPLE / flying;
                    while Instant::now() < end {
                        let charge = Charge::now(operation.clone(), 1)?;
                        resolver.acquire(&orgs[at % orgs.len()], &provider, &charge).await?;
                        count.fetch_add(1, Ordering::Relaxed);
                        at += 7;
                    }
                    Ok::<_, byok::Error>(())
                })
            })
            .collect();
        for client in clients {
            client.await??;
        }
        let count = u32::try_from(count.load(Ordering::Relaxed))?;
        Ok(f64::from(count) / begun.elapsed().as_secs_f64())
    }

    /// Transactions a second, by pgbench's own account.
    fn rate(&self, arguments: &[&str]) -> Outcome<f64> {
        let seconds = self.seconds.to_string();
        let said = self.pgbench(&[arguments, &["-M", "prepared", "-n", "-T", &seconds]].concat())?;
        let line = said.lines().find_map(|line| line.strip_prefix("tps = ")).ok_or("pgbench gave no figure")?;
        Ok(line.split(' ').next().unwrap_or_default().parse()?)
    }

    fn pgbench(&self, arguments: &[&str]) -> Outcome<String> {
        let beside = programs_dir()?.join("pgbench");
        let mut command = Command::new(if beside.exists() { beside } else { "pgbench".into() });
        command.arg("-h").arg(self.server.socket_dir()).args(["-U", "byok"]).args(arguments).arg("pgbench");
        let output = command.output().map_err(|error| format!("pgbench: {error}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Both in turns, so that a busy moment of the machine meets both; the best of each is the least disturbed.
fn report(
    what: &str,
    reference: &str,
    budget: f64,
    ours: impl Fn() -> Outcome<f64>,
    theirs: impl Fn() -> Outcome<f64>,
) -> Outcome<()> {
    let (mut best, mut best_of_theirs, mut ratios) = (0_f64, 0_f64, Vec::new());
    for _ in 0..ROUNDS {
        let (one, other) = (ours()?, theirs()?);
        best = best.max(one);
        best_of_theirs = best_of_theirs.max(other);
        ratios.push(one / other);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "{what}: {best:.0}/s, {reference}: {best_of_theirs:.0}/s, ratio {:.2} (median of rounds {:.2}, budget {budget})",
        best / best_of_theirs,
        ratios[ROUNDS / 2]
    );
    Ok(())
}

fn seconds() -> u64 {
    std::env::var("SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2)
}

fn name(number: usize) -> String {
    format!("org-{number:07}")
}

fn sample(size: usize) -> Vec<OrgId> {
    let numbers = (0..SAMPLE).map(|at| at.wrapping_mul(7_919) * (size / SAMPLE.min(size)) % size);
    numbers.filter_map(|number| name(number).parse().ok()).collect()
}

/// Organizations with a data key, a sealed key and credits each; a price, and a login for the server.
async fn fill(connection: &mut PgConnection, master: &MasterKey, size: usize) -> Outcome<()> {
    connection.execute("create role bench login in role byok_resolver").await?;
    connection.execute("select byok_api.rate_set('interview', '', 'request', 1, 1, 2)").await?;
    let credential = Credential::single("api_key", SecretText::new(format!("sk-proj-{}", "x".repeat(156))));
    for begin in (0..size).step_by(2_000) {
        let (mut orgs, mut wrapped, mut checks) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sealed, mut passphrases) = (Vec::new(), Vec::new());
        for number in begin..size.min(begin + 2_000) {
            let (org, key) = (name(number), DataKey::generate(1)?);
            let place = SealContext { org: &org, provider: "openai", version: 1, settings: "{}", hint: "xxxx" };
            sealed.push(key.seal(&place, &credential)?);
            passphrases.push(key.passphrase(&org, "openai").expose().to_owned());
            wrapped.push(master.wrap(&org, &key)?);
            checks.push(key.check_value(&org).as_bytes().to_vec());
            orgs.push(org);
        }
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
        let query = sqlx::query(statement).bind(orgs).bind(wrapped).bind(checks).bind(sealed).bind(passphrases);
        query.execute(&mut *connection).await?;
    }
    connection.execute("analyze").await?;
    connection.execute("checkpoint").await?;
    Ok(())
}
