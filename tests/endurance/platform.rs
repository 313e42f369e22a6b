//! The server under the load, and the organizations on it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use byok::admin::sealing::{self, Existing, Keys, Submission};
use byok::admin::{Database, NewGrant, NewRate, NewTenant};
use byok::local::{ThrowAway, ThrowAwayOptions};
use byok::{
    Credential, Credits, DatabaseUrl, Hint, Holder, MasterKey, MasterKeys, OrgId, RequestId, Resolver, SecretText,
};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _, Row as _};

use crate::journal::{Journal, Kept};

/// How the server is stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// Open transactions are rolled back.
    Fast,
    /// As after a crash: the next start recovers.
    Immediate,
    /// Every process at once.
    Killed,
}

/// The end of every key of the platform.
pub(crate) const PLATFORM_END: &str = "PLTF";
/// The first half has keys of its own.
const ORGS: usize = 40;
/// Organizations that are purged, and whose ids are used again.
const CHURN: usize = 4;
/// What every organization has at first.
pub(crate) const FIRST_GRANT: i64 = 50_000_000;
const SERVERS: usize = 3;
const SETTINGS: [&str; 5] = [
    "synchronous_commit = on",
    "autovacuum = on",
    "max_wal_size = '256MB'",
    "log_checkpoints = off",
    "shared_buffers = 128MB",
];

pub(crate) struct Platform {
    server: ThrowAway,
    dir: tempfile::TempDir,
}

/// The end of the keys of an organization.
pub(crate) fn end_of(org: &str) -> String {
    let digits: String = org.chars().filter(char::is_ascii_digit).collect();
    format!("{}{digits:0>3}", if org.starts_with("churn") { 'c' } else { 'o' })
}

fn parse(url: &str) -> DatabaseUrl {
    DatabaseUrl::parse(SecretText::new(url.to_owned())).unwrap()
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let settings = SETTINGS.iter().map(ToString::to_string).collect();
        let server = ThrowAway::start(&ThrowAwayOptions { settings, port: None }).unwrap();
        let this = Self { server, dir: tempfile::tempdir().unwrap() };
        let master = MasterKey::generate(1).unwrap();
        std::fs::write(this.file("master.key"), master.to_text().expose()).unwrap();
        std::fs::set_permissions(this.file("master.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Database::install(&this.admin_url()).await.unwrap();
        let mut database = Database::open(&this.admin_url()).await.unwrap();
        sealing::register_master(&mut database, &master).await.unwrap();
        for number in 0..SERVERS {
            this.root(&format!("create role server{number} login in role byok_resolver")).await;
        }
        this.fill(&mut database).await;
        this
    }

    /// Prices, keys and credits.
    async fn fill(&self, database: &mut Database) {
        set_price(database, "step", [3, 2]).await.unwrap();
        set_price(database, "free", [0, 0]).await.unwrap();
        for org in Self::orgs().iter().chain(&["poor".parse().unwrap(), "torn".parse().unwrap()]) {
            enable(database, org, false).await.unwrap();
            let amount = Credits::from_micro(if org.as_str() == "poor" { 2 } else { FIRST_GRANT });
            let request: RequestId = "first".parse().unwrap();
            database.grant(org, NewGrant { request: &request, amount, note: None, make_org: false }).await.unwrap();
            if Self::has_own_key(org) || org.as_str() == "torn" {
                self.store(database, &Holder::Organization(org.clone())).await.unwrap();
            }
        }
        self.store(database, &Holder::Platform).await.unwrap();
        self.root("alter table byok.provider_key disable trigger user").await;
        self.root(
            "update byok.provider_key set encrypted = set_byte(encrypted, 60, get_byte(encrypted, 60) # 1) where org = 'torn'",
        )
        .await;
        self.root("alter table byok.provider_key enable trigger user").await;
    }

    /// The organizations of the load.
    pub(crate) fn orgs() -> Vec<OrgId> {
        let lasting = (0..ORGS).map(|number| format!("org{number}"));
        let churn = (0..CHURN).map(|number| format!("churn{number}"));
        lasting.chain(churn).map(|org| org.parse().unwrap()).collect()
    }

    pub(crate) fn has_own_key(org: &OrgId) -> bool {
        org.as_str().strip_prefix("org").is_some_and(|number| number.parse::<usize>().unwrap() < ORGS / 2)
    }

    /// Stores a new key.
    pub(crate) async fn store(&self, database: &mut Database, holder: &Holder) -> byok::Result<()> {
        let end = if *holder == Holder::Platform { PLATFORM_END.to_owned() } else { end_of(holder.as_str()) };
        let random = RequestId::random().unwrap();
        let text: String = random.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        let submission = Submission {
            holder,
            provider: &"openai".parse().unwrap(),
            credential: &Credential::single("api_key", SecretText::new(format!("sk-proj-{text}T3BlbkFJ{text}{end}"))),
            settings: "{}",
            hint: &Hint::stored(end.clone()),
            expires_at: None,
            existing: Existing::Any,
            keep: sealing::KEEP_PREVIOUS,
        };
        sealing::store_untested(database, &Keys::Master(self.masters()), &submission).await.map(drop)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn admin_url(&self) -> DatabaseUrl {
        parse(&self.url())
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("byok", "postgres")
    }

    /// The master keys as they are in the file now, and as they are there later.
    pub(crate) fn masters(&self) -> MasterKeys {
        let file = self.file("master.key");
        let load = move || MasterKeys::parse(&std::fs::read_to_string(&file).ok()?).ok();
        load().unwrap().or_later(load)
    }

    /// The resolvers of several servers. One of them lets few requests wait, and asks for few together.
    pub(crate) async fn resolvers(&self, reports_every: Duration) -> Vec<Arc<Resolver>> {
        let mut resolvers = Vec::new();
        for number in 0..SERVERS {
            let builder = Resolver::builder(parse(&self.server.url(&format!("server{number}"), "postgres")))
                .master_keys(self.masters())
                .connections([4, 4, 1][number])
                .together([64, 7, 2][number])
                .reports_every(reports_every)
                .waiting([10_000, 10_000, 64][number]);
            resolvers.push(Arc::new(builder.open().await.unwrap()));
        }
        resolvers
    }

    /// Rotates the master key as an admin does it.
    pub(crate) fn rotate_master(&self) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_byok"))
            .args(["master-key", "rotate", "--yes"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("BYOK_DATABASE_URL", self.server.url("byok", "postgres"))
            .env("BYOK_MASTER_KEY_FILE", self.file("master.key"))
            .output()
            .unwrap()
    }

    /// Stops the server and starts it again on the same data.
    pub(crate) fn restart(&self, how: Stop) {
        let file = self.server.data_dir().join("postmaster.pid");
        let signal = match how {
            Stop::Fast => Some(Signal::INT),
            Stop::Immediate => Some(Signal::QUIT),
            Stop::Killed => None,
        };
        if let Some(signal) = signal {
            let text = std::fs::read_to_string(&file).unwrap();
            let pid = text.lines().next().unwrap().trim().parse().ok().and_then(Pid::from_raw).unwrap();
            kill_process(pid, signal).unwrap();
            let begun = Instant::now();
            while file.exists() {
                assert!(begun.elapsed() < Duration::from_secs(60), "the server does not stop");
                std::thread::sleep(Duration::from_millis(5));
            }
        } else {
            self.server.kill();
        }
        self.server.start_again().unwrap();
    }

    /// Runs SQL as the superuser: the first column as text.
    pub(crate) async fn root(&self, statement: &str) -> Vec<String> {
        let Ok(mut connection) = PgConnection::connect(&self.server.url("byok", "postgres")).await else {
            return Vec::new();
        };
        let rows =
            connection.fetch_all(sqlx::raw_sql(statement)).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
        rows.iter().map(|row| row.try_get::<String, _>(0).unwrap_or_default()).collect()
    }

    /// What the ledger has of every request.
    pub(crate) async fn ledger(&self) -> Vec<Kept> {
        let statement = "select coalesce(of_request, request), sum(platform_part + provider_part)::bigint,
                                count(*) filter (where kind in ('charge', 'hold'))
                         from byok.ledger where operation is not null group by org, tenancy, 1";
        let mut connection = PgConnection::connect(&self.server.url("byok", "postgres")).await.unwrap();
        let rows = connection.fetch_all(statement).await.unwrap();
        let kept = |row: &sqlx::postgres::PgRow| Kept { request: row.get(0), cost: row.get(1), begun: row.get(2) };
        rows.iter().map(kept).collect()
    }

    /// Balances, holds and grants are what the ledger and the journal say.
    pub(crate) async fn adds_up(&self, journal: &Journal) {
        let mut database = Database::open(&self.admin_url()).await.unwrap();
        let findings = database.findings(None).await.unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
        assert_eq!(database.totals(None).await.unwrap().total, 0);
        let below = self.root("select org from byok.balance where available < 0 or held < 0").await;
        assert!(below.is_empty(), "{below:?}");
        let granted = "select org || ' ' || sum(available) from byok.ledger where kind = 'grant' and request <> 'first'
                       group by org";
        let mut told = journal.grants();
        for line in self.root(granted).await {
            let (org, amount) = line.split_once(' ').unwrap();
            assert_eq!(told.remove(org), Some(amount.parse().unwrap()), "grants of {org}");
        }
        assert!(told.is_empty(), "grants that are not there: {told:?}");
    }

    /// No deadlock, no crash of its own, and no error that is not one of the schema or of a restart.
    pub(crate) fn log_is_quiet(&self) {
        let log = std::fs::read_to_string(self.server.log_file()).unwrap();
        for bad in ["deadlock", " 40P01 ", " XX000 ", " XX001 ", "PANIC", "was terminated by signal 11"] {
            let lines: Vec<&str> = log.lines().filter(|line| line.contains(bad)).take(5).collect();
            assert!(lines.is_empty(), "{bad}: {lines:#?}");
        }
    }

    /// The processes of byok's sessions.
    pub(crate) async fn sessions(&self) -> Vec<u32> {
        let sessions = "select pid::text from pg_stat_activity where application_name like 'byok/%'";
        self.root(sessions).await.iter().map(|pid| pid.parse().unwrap()).collect()
    }
}

/// Enables an organization. One that was purged is a new tenant then.
pub(crate) async fn enable(database: &mut Database, org: &OrgId, reuse: bool) -> byok::Result<()> {
    let owner = "byok".parse().unwrap();
    database.enable_for(org, NewTenant { owner: Some(&owner), reuse }).await.map(drop)
}

/// Sets the price of an operation, in micro-credits.
pub(crate) async fn set_price(database: &mut Database, operation: &str, parts: [i64; 2]) -> byok::Result<()> {
    let rate = NewRate {
        operation: &operation.parse().unwrap(),
        provider: None,
        unit: &"request".parse().unwrap(),
        per: 1,
        platform_part: Credits::from_micro(parts[0]),
        provider_part: Credits::from_micro(parts[1]),
    };
    database.set_rate(&rate).await.map(drop)
}
