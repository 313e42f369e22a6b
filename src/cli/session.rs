//! The environment of a verb: the global options and, on demand, the database and the keys.

mod consent;
pub(crate) mod inherited;
pub(crate) mod keys;
pub(crate) mod settings;
pub(crate) mod sources;
pub(crate) mod target;
pub(crate) mod variables;

use std::cell::OnceCell;
use std::process::{Command, Stdio};

use byok::Error;
use byok::admin::crypto::MasterKeys;
use byok::admin::sealing::{self, Keys};
use byok::admin::{Database, DatabaseUrl, Installed, KeyPage, OrgRecord, PrivateProvider};
use byok::error::{AccessError, ChangeError, ConnectionError, SchemaError};
use byok::local::{self, LocalDir, LocalError, Outcome};
use byok::name::{Holder, OrgId, ProviderId};
use byok::provider::{self, Catalog, ProviderEntry, Reach, TargetError, read_private};
use byok::secret::SecretText;
use byok::setting;
use byok::system::memory::CoreLimit;

use crate::cli::arguments::Global;
use crate::cli::session::settings::{NamedKey, SecretSource, Target};
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::{Failure, Place};
use crate::cli::terminal::input::{self, Consent};
use crate::cli::terminal::output;
use crate::cli::terminal::output::Format;
use crate::cli::terminal::progress::Progress;

/// The global options.
pub(crate) struct Context {
    global: Global,
    pub(crate) format: Format,
    core_limit: CoreLimit,
    /// The database to use, once it was asked for. A command that prints its URL runs once.
    chosen: OnceCell<Target>,
}

/// An open database and its keys.
pub(crate) struct Session {
    pub(crate) database: Database,
    pub(crate) target: Target,
    descriptor: Option<u32>,
}

impl Context {
    pub(super) fn new(global: Global, format: Format, core_limit: CoreLimit) -> Self {
        Self { global, format, core_limit, chosen: OnceCell::new() }
    }

    /// The limit of core dumps that this process inherited.
    pub(crate) fn core_limit(&self) -> CoreLimit {
        self.core_limit
    }

    pub(crate) fn no_input(&self) -> bool {
        self.global.no_input
    }

    pub(crate) fn master_key_fd(&self) -> Option<u32> {
        self.global.master_key_fd
    }

    pub(crate) fn installs_postgres(&self) -> bool {
        self.global.install_postgres
    }

    /// Whether --strict was given, or BYOK_STRICT is set.
    pub(crate) fn is_strict(&self) -> bool {
        self.global.strict || setting::switch("BYOK_STRICT").unwrap_or(true)
    }

    /// Writes a notice, unless --quiet was given.
    #[expect(clippy::unused_self, reason = "a verb that has no context has nothing to say")]
    pub(crate) fn notice(&self, words: &str) {
        output::notice(words);
    }

    /// The database to use.
    pub(crate) fn chosen(&self) -> anyhow::Result<Target> {
        if let Some(target) = self.chosen.get() {
            return Ok(target.clone());
        }
        let target = target::target(self.global.local, input::unattended(self.global.no_input))?;
        Ok(self.chosen.get_or_init(|| target).clone())
    }

    /// Where the URL of the configured database is.
    pub(crate) fn address(&self) -> anyhow::Result<Option<SecretSource>> {
        if self.global.local { Ok(None) } else { settings::database() }
    }

    /// The global options.
    pub(crate) fn options(&self) -> &Global {
        &self.global
    }

    /// The database to use. A warning names what is not verified of the connection.
    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        let target = self.chosen()?;
        if let Target::Configured(url, name) = &target
            && let Some(weakness) = url.weakness()
        {
            output::warn(&format!("{name} allows a weak connection to {}: {weakness}", url.host().host));
        }
        Ok(target)
    }

    /// Connects to the configured database, or to the private one, which is created and upgraded if needed.
    pub(crate) async fn session(&mut self) -> anyhow::Result<Session> {
        let target = self.target()?;
        let database = match &target {
            Target::Configured(url, _) => match Database::open_in_turn(url).await? {
                database if dry_run::is_on() => database.rehearsed(),
                database => database.watched(),
            },
            Target::Private(dir) if dry_run::is_on() => self.existing(dir).await?.rehearsed(),
            Target::Private(dir) => self.private(dir).await?,
        };
        output::detail(|| target::reached(&target, &database));
        let database = if output::is_verbose() { database.telling(target::called) } else { database };
        Ok(Session { database, target, descriptor: self.global.master_key_fd })
    }

    /// Says in an error of the database which database it is, and which setting names it.
    pub(super) fn placed(&self, error: anyhow::Error) -> anyhow::Error {
        let failure = Failure::of(&error);
        if failure.place == Place::Nowhere {
            return error;
        }
        match self.chosen() {
            Ok(target) => {
                let private = matches!(target, Target::Private(_));
                (if private { failure.of_private() } else { failure }).at(&target.named()).into()
            }
            Err(_) => error,
        }
    }

    /// Opens the private database for a dry run, which creates and upgrades nothing. Its server is started if needed.
    async fn existing(&self, dir: &LocalDir) -> anyhow::Result<Database> {
        if !dir.status()?.created {
            let message = "there is no private database yet, and a dry run creates none";
            return Err(Failure::new(byok::exit::NOT_FOUND, "no_database", message)
                .hint("to create it: byok local up; or set BYOK_DATABASE_URL")
                .into());
        }
        Ok(Database::open_in_turn(&self.start(dir)?).await?)
    }

    /// Opens the private database. It is started, created and upgraded if needed.
    pub(crate) async fn private(&mut self, dir: &LocalDir) -> anyhow::Result<Database> {
        let url = self.start(dir)?;
        match Database::open_in_turn(&url).await {
            Err(
                Error::Schema(
                    SchemaError::NotInitialized
                    | SchemaError::SchemaOlder { .. }
                    | SchemaError::SchemaUnnamed
                    | SchemaError::OtherFunctions { .. },
                )
                | Error::Connection(ConnectionError::NoSuchDatabase)
                | Error::Access(AccessError::NoRole),
            ) => {}
            opened => {
                let database = opened?;
                if database.hello().active_epoch.is_some() {
                    return Ok(database);
                }
            }
        }
        // The lock keeps a second command from seeing the database half created, or from creating it at the same time.
        let _lock = dir.lock()?;
        let made = async {
            Database::create(&url).await?;
            Database::install(&url).await?;
            Database::open(&url).await
        };
        let mut database = Progress::waiting("making the tables of the private database").during(made).await?;
        if database.hello().active_epoch.is_none() {
            let file = dir.master_key_file();
            let source = SecretSource::File(file.clone(), "default");
            let keys = match keys::load(&source)? {
                Some(keys) => keys,
                None => keys::create(&file)?,
            };
            sealing::register_masters(&mut database, &keys).await?;
        }
        Ok(database)
    }

    /// Starts the private server if needed, with a notice.
    fn start(&self, dir: &LocalDir) -> anyhow::Result<DatabaseUrl> {
        let key = settings::key(&Target::Private(dir.clone()), self.global.master_key_fd);
        if let Err(failure) = inherited::refuse_for_server(key.as_ref().ok())
            && !dir.is_running()?
        {
            return Err(failure);
        }
        let ensure = || {
            let _progress = Progress::waiting("preparing the private PostgreSQL");
            dir.ensure()
        };
        let ensured = match ensure() {
            Err(LocalError::NoPrograms(_)) if self.install_server()? => ensure()?,
            other => other?,
        };
        let place = output::path(dir.path());
        match ensured.outcome {
            Outcome::Running => {}
            Outcome::Started => {
                self.notice(&format!("started the private PostgreSQL in {place} (byok local down stops it)"));
            }
            Outcome::Created => {
                let why = if self.global.local { "" } else { "no database is configured, so " };
                self.notice(&format!("{why}byok made a private PostgreSQL in {place} (byok local down stops it)"));
            }
        }
        Ok(DatabaseUrl::parse(SecretText::new(ensured.url))?.peer())
    }

    /// If there are no server programs, runs the package manager's command after consent. True if that succeeded.
    fn install_server(&self) -> anyhow::Result<bool> {
        let Some(command) = local::install_command() else {
            return Ok(false);
        };
        let line = command.join(" ");
        if !self.global.install_postgres {
            if input::can_prompt(self.global.no_input).is_err() {
                return Ok(false);
            }
            let consent = Consent { given: false, name: None, no_input: self.global.no_input };
            consent.ask(&format!("No PostgreSQL server is installed. Run `{line}` now?"))?;
        }
        self.notice(&format!("installing PostgreSQL: {line}"));
        if command[0] == "apt-get" {
            run("apt-get", &["update", "-qq"]);
        }
        Ok(run(command[0], &command[1..]))
    }
}

/// Runs a command with its output on stderr, because stdout is for results.
fn run(program: &str, arguments: &[&str]) -> bool {
    let status =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr())).status();
    status.is_ok_and(|status| status.success())
}

impl Session {
    /// The master key or data key that the settings name, checked against this database.
    pub(crate) async fn keys(&mut self) -> anyhow::Result<Keys> {
        let keys = match self.key_source()? {
            NamedKey::Master(source) => Keys::Master(master_keys(source)?),
            NamedKey::Data(source) => Keys::Organization(keys::data_key(&source)?),
        };
        keys.check(&mut self.database).await?;
        Ok(keys)
    }

    /// The master keys, checked against this database.
    pub(crate) async fn master_keys(&mut self) -> anyhow::Result<MasterKeys> {
        let keys = master_keys(self.master_key_source()?)?;
        keys.check(&mut self.database).await?;
        Ok(keys)
    }

    /// The master keys, checked against this database. The active one must be among them.
    pub(crate) async fn master_keys_in_use(&mut self) -> anyhow::Result<MasterKeys> {
        let keys = master_keys(self.master_key_source()?)?;
        keys.check_in_use(&mut self.database).await?;
        Ok(keys)
    }

    /// The source of the key that the settings name.
    pub(crate) fn key_source(&self) -> anyhow::Result<NamedKey> {
        settings::key(&self.target, self.descriptor)
    }

    /// The source of the master key.
    pub(crate) fn master_key_source(&self) -> anyhow::Result<SecretSource> {
        settings::master_key(&self.target, self.descriptor)
    }

    /// A provider of the catalog, or one that an admin added to this database.
    pub(crate) async fn provider(&mut self, id: &ProviderId) -> anyhow::Result<ProviderEntry> {
        if let Some(provider) = Catalog::builtin().find(id) {
            return Ok(ProviderEntry::Builtin(provider));
        }
        match self.database.providers(Some(id)).await?.first() {
            Some(stored) => private_provider(id, stored),
            None => Err(TargetError::unknown(id.as_str()).into()),
        }
    }

    /// Fails for a provider that neither the catalog nor this database has.
    pub(crate) async fn check_known(&mut self, id: &ProviderId) -> anyhow::Result<()> {
        if Catalog::has(id) {
            return Ok(());
        }
        self.provider(id).await.map(drop)
    }

    /// Fails for a provider that does not exist. If the holder, or without one any organization, has or had a key of it,
    /// then the provider existed.
    pub(crate) async fn check_provider(&mut self, holder: Option<&Holder>, id: &ProviderId) -> anyhow::Result<()> {
        let unknown = match self.check_known(id).await {
            Err(error) if error.is::<TargetError>() => error,
            _ => return Ok(()),
        };
        let stored = if let Some(holder) = holder {
            !self.database.key_versions(holder, id, None, 1).await?.is_empty()
        } else {
            let page = KeyPage { provider: Some(id.as_str()), limit: 1, ..KeyPage::default() };
            !self.database.keys(page).await?.is_empty()
        };
        if stored { Ok(()) } else { Err(unknown) }
    }

    /// Fails for an organization that does not exist. Requests of such an organization could use the platform's key, so
    /// a misspelt name would not be noticed.
    pub(crate) async fn check_org(&mut self, org: &OrgId) -> anyhow::Result<OrgRecord> {
        let found = self.database.org(org).await?;
        found.ok_or_else(|| Error::Change(ChangeError::NoSuchOrg(org.to_string())).into())
    }

    /// Whether an organization may use its own keys.
    pub(crate) async fn is_enabled(&mut self, org: &OrgId) -> anyhow::Result<bool> {
        Ok(self.check_org(org).await?.enabled)
    }

    /// The same, also for one that was purged.
    pub(crate) async fn check_open(&mut self, org: &OrgId) -> anyhow::Result<()> {
        match self.check_org(org).await?.purged_at {
            Some(_) => Err(Error::Change(ChangeError::Purged(org.to_string())).into()),
            None => Ok(()),
        }
    }

    /// The named provider, or the provider that serves the named capability.
    pub(crate) async fn serving(&mut self, org: &OrgId, text: &str) -> anyhow::Result<ProviderId> {
        let target = provider::Target::parse(text)?;
        if let provider::Target::Provider(id) = target {
            self.check_known(&id).await?;
            return Ok(id);
        }
        let resolution = self.database.resolve(org, &target).await?;
        Ok(resolution.provider.ok_or_else(|| {
            Failure::new(byok::exit::NOT_FOUND, "no_route", format!("no provider serves {text} on this platform"))
                .hint(format!("a platform admin chooses one: byok provider route {text} PROVIDER"))
        })?)
    }

    /// Where the database is, without a password.
    pub(crate) fn place(&self) -> String {
        match &self.target {
            Target::Configured(url, _) => output::setting(&url.host().to_string()).into_owned(),
            Target::Private(_) => "the private database".into(),
        }
    }

    pub(crate) fn is_private(&self) -> bool {
        matches!(self.target, Target::Private(_))
    }
}

/// The master keys of a source. The master key may be rotated while this runs. Its file has the new key before any row needs it, so
/// it is read again.
fn master_keys(source: SecretSource) -> anyhow::Result<MasterKeys> {
    let keys = keys::require(&source)?;
    Ok(keys.or_later(move || keys::reload(&source)))
}

/// A provider that an admin added. It is checked again, because the rules may be stricter than when it was added.
pub(crate) fn private_provider(id: &ProviderId, stored: &PrivateProvider) -> anyhow::Result<ProviderEntry> {
    let definition: serde_json::Value = serde_json::from_str(&stored.definition).unwrap_or_default();
    let provider = read_private(id, &definition, stored.allow_private).map_err(|error| {
        Failure::new(byok::exit::CHECK_FAILED, "bad_provider", format!("the provider {id} cannot be used: {error}"))
            .hint(format!("a platform admin corrects it: byok provider add {id} --from-file FILE"))
    })?;
    let reach = if stored.allow_private { Reach::Private } else { Reach::Public };
    Ok(ProviderEntry::Private { provider: Box::new(provider), reach })
}

/// Creates or upgrades the schema of a configured database.
pub(crate) async fn install(url: &DatabaseUrl) -> anyhow::Result<Installed> {
    Ok(Database::install(url).await?)
}
