//! `run`: starts a program with the key that serves. A key leaves this tool in no other way.

mod variables;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use byok::admin::DatabaseUrl;
use byok::admin::sealing::Keys;
use byok::credits::{RequestId, UndoReason};
use byok::error::{AcquireError, ChangeError, ConnectionError};
use byok::name::{Holder, OrgId, ProviderId};
use byok::provider::ProviderEntry;
use byok::secret::SecretText;
use byok::system::file::may_execute;
use byok::system::process;
use byok::{Acquired, Charge, OpenedUse, Resolver};
use byok::{Error, exit, setting};

use crate::cli::arguments::{OrgArg, TargetsArg};
use crate::cli::session::inherited;
use crate::cli::session::settings;
use crate::cli::session::settings::Target;
use crate::cli::session::{Context, Session};
use crate::cli::suggest;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::{ids, output};
use variables::{Names, Variables};

/// How often keys are opened again if they were replaced at the same time.
const TRIES: usize = 16;

/// Run a program with the key that serves, in the provider's usual environment variable
///
/// byok decides which key serves, opens it, charges the request, and then executes the program in its own process. So
/// the exit code, the signals, the terminal and the input are the program's. The environment of the program has none of
/// byok's settings, no database password and no master key. With --operation, the use is charged for each named
/// provider. Without it, the use is only recorded. An owner can use the organization's own key, but not the platform's.
///
/// If the key was stored with an address or a region, the program gets that too, in the variable that the provider's own
/// libraries read, such as OPENAI_BASE_URL.
///
/// A document, such as a service account, is passed as a file that exists only in memory. byok opens the keys first and
/// charges last. The exit code is 125 if byok fails before the program starts. Nothing is charged then, unless the
/// message says that this is not known. The exit code is 126 if the program cannot be executed, and 127 if it does not
/// exist. If the system refuses the program after the charge, a login with the role resolver gets the charge back. An
/// owner's charge remains: run the command again with the same request id, and it is not charged again.
#[derive(Args)]
#[command(after_help = "Examples:
  byok run openai --org acme -- python summarize.py
  byok run openai sarvam --org acme --operation interview --request-id job-4711 -- ./interview
  byok run openai --org acme --env LLM_KEY=openai -- ./agent")]
pub(crate) struct Run {
    #[command(flatten)]
    providers: TargetsArg,
    #[command(flatten)]
    org: OrgArg,
    /// Charge for this operation of the rate card
    #[arg(long)]
    operation: Option<String>,
    /// The number of units
    #[arg(long, default_value_t = 1, requires = "operation", value_parser = clap::value_parser!(i64).range(1..=1_000_000_000_000))]
    units: i64,
    /// Your own id of this request: a repeated request with the same id is charged only once
    #[arg(long, value_name = "ID", requires = "operation")]
    request_id: Option<String>,
    /// Put the provider's key into this variable instead
    #[arg(long = "env", value_name = "NAME=PROVIDER")]
    names: Vec<String>,
    /// Allow a variable whose name does not look like a credential (variables that make programs run code are always
    /// refused)
    #[arg(long = "allow-env", value_name = "NAME")]
    allowed: Vec<String>,
    /// The program and its arguments, after `--`
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Where programs are found if PATH is not set.
const SYSTEM_PATH: &str = "/usr/bin:/bin";

/// How long a lost connection is retried. A retry sends the same request again, which is charged once.
const PATIENCE: Duration = Duration::from_secs(5);

impl Run {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self.become_program(context).await {
            Ok(code) => Ok(code),
            Err(error) => Err(before_the_program(context.explained(error).await)),
        }
    }

    async fn become_program(self, context: &mut Context) -> anyhow::Result<u8> {
        let Some((program, arguments)) = self.command.split_first() else {
            bail!(
                Failure::usage("no_command", "no program was named after `--`")
                    .hint("name it: byok run PROVIDER --org ORG -- COMMAND")
            );
        };
        let org: OrgId = self.org.id()?;
        let request = match &self.request_id {
            Some(given) => ids::id(given)?,
            None => RequestId::random().map_err(|_| Error::NoRandomness)?,
        };
        let asked = self.asked()?;
        let names = Names::read(&self.names, &self.allowed)?;
        let program = self::program(program)?;
        if let Some(source) = context.address()? {
            inherited::refuse_address_for_program(&source)?;
        }
        inherited::refuse_for_program(&settings::key(&context.chosen()?, context.master_key_fd())?)?;
        let mut session = context.session().await?;
        session.check_open(&org).await?;
        let mut providers = Vec::new();
        for text in asked {
            let id = session.serving(&org, text).await?;
            let charge = self.charge(&id, &request, asked.len())?;
            providers.push(Asked { known: session.provider(&id).await?, charge, id });
        }
        names.check(&providers.iter().map(|asked| &asked.id).collect::<Vec<_>>())?;
        let resolver = resolver(&mut session, &org).await?;
        inherited::refuse_keys_for_program()?;
        let (variables, acquired) = match acquire(&resolver, &org, &providers, &request, &names).await {
            Ok(acquired) => acquired,
            Err(error) => {
                let operation = self.operation.as_deref().unwrap_or_default();
                return Err(refused(&mut session, &org, operation, error).await);
            }
        };
        for name in variables.replaced() {
            output::warn(&format!("{name} was already set; this program gets another value"));
        }
        let mut command = Command::new(&program);
        command.args(arguments);
        variables.put_into(&mut command, providers.iter().map(|asked| &asked.known));
        // The program may write core dumps again. This process must not, until the program has replaced it.
        let limit = context.core_limit();
        limit.give_back().ok();
        let error = process::become_program(&mut command);
        limit.forbid().ok();
        Err(not_started(&resolver, &org, &acquired, &request, cannot_execute(&program, &error)).await.into())
    }

    /// The providers that were named.
    fn asked(&self) -> anyhow::Result<&[String]> {
        match self.providers.texts()? {
            [] => Err(Failure::usage("no_provider", "no provider was named")
                .hint("name one: byok run PROVIDER --org ORG -- COMMAND")
                .into()),
            asked => Ok(asked),
        }
    }

    /// The request ids. With several providers each charge has its own.
    fn charge(&self, provider: &ProviderId, request: &RequestId, providers: usize) -> anyhow::Result<Charge> {
        let charge = match &self.operation {
            Some(operation) => Charge::now(operation.parse()?, self.units)?,
            None => Charge::nothing()?,
        };
        let charge = charge.recorded_as("run");
        Ok(match providers {
            1 => charge.request(request.clone()),
            _ => charge.request(format!("{request}/{provider}").parse()?),
        })
    }
}

/// A named provider, and the request that is charged for its key.
struct Asked {
    id: ProviderId,
    known: ProviderEntry,
    charge: Charge,
}

/// Why no key was acquired: a disabled organization does not use a key that its owner sets.
async fn refused(session: &mut Session, org: &OrgId, operation: &str, error: anyhow::Error) -> anyhow::Error {
    let failure = Failure::of(&error);
    if failure.code != "platform_key" {
        return suggest::without_price(session, operation, error).await;
    }
    match session.is_enabled(org).await {
        Ok(false) => failure
            .hint(format!("{org} is not enabled for its own keys; a platform admin enables it: byok enable {org}"))
            .into(),
        Ok(true) => failure.into(),
        Err(error) => error,
    }
}

/// Opens every key, builds the environment, and charges last, so that a failure before the charge costs nothing.
async fn acquire(
    resolver: &Resolver,
    org: &OrgId,
    providers: &[Asked],
    request: &RequestId,
    names: &Names,
) -> anyhow::Result<(Variables, Vec<Acquired>)> {
    for _ in 0..TRIES {
        let mut variables = Variables::default();
        let mut opened = Vec::new();
        for asked in providers {
            let key = resolver
                .resolve(org, &asked.id)
                .await
                .map_err(|error| Failure::from(Error::from(error)).about(&asked.id, org))?;
            variables.add(names, &asked.known, &key)?;
            opened.push(OpenedUse { key, charge: &asked.charge });
        }
        match resolver.charge_opened(org, opened).await {
            // A key was replaced or removed since it was opened.
            Err(AcquireError::Changed(_)) => {}
            charged => return Ok((variables, charged.map_err(|error| not_charged(error.into(), org, request))?)),
        }
    }
    Err(Error::Change(ChangeError::Changed(org.to_string())).into())
}

/// Undoes the charges of this command if possible. Otherwise the failure names those that remain.
async fn not_started(
    resolver: &Resolver,
    org: &OrgId,
    acquired: &[Acquired],
    request: &RequestId,
    failure: Failure,
) -> Failure {
    let mut standing = Vec::new();
    for one in acquired.iter().filter(|one| one.charge.is_some_and(|charge| charge.fresh)) {
        if !resolver.may_undo() || resolver.undo(org, one, UndoReason::NotStarted).await.is_err() {
            standing.push(one.request.to_string());
        }
    }
    if standing.is_empty() {
        return failure;
    }
    let message = format!("{}; the charge remains: {}", failure.message, standing.join(", "));
    Failure { message, ..failure }
        .hint(format!("to be charged only once, run the same command again with --request-id {request}"))
}

/// A failure before the program starts has exit code 125, so that all other codes are the program's.
pub(crate) fn before_the_program(error: anyhow::Error) -> anyhow::Error {
    let failure = Failure::of(&error);
    match failure.exit {
        exit::RUN_NOT_EXECUTABLE | exit::RUN_NOT_FOUND => error,
        _ => Failure { exit: exit::RUN_FAILED, ..failure }.into(),
    }
}

async fn resolver(session: &mut Session, org: &OrgId) -> anyhow::Result<Resolver> {
    let url = match &session.target {
        Target::Configured(url, _) => url.clone(),
        Target::Private(dir) => DatabaseUrl::parse(SecretText::new(dir.url()?))?.peer(),
    };
    let holder = Holder::Organization(org.clone());
    let keys = session.keys().await?;
    keys.check_holder(&mut session.database, &holder).await?;
    let builder = Resolver::builder(url).connections(1).patience(PATIENCE);
    let builder = match keys {
        Keys::Master(keys) => builder.master_keys(keys),
        Keys::Organization(key) => builder.data_key(holder, key),
    };
    Ok(builder.open().await.map_err(Error::from)?)
}

/// After a lost answer it is not known whether the request was charged. A second run with the same request id is not
/// charged twice.
fn not_charged(error: Error, org: &OrgId, request: &RequestId) -> Failure {
    if !matches!(error, Error::Connection(ConnectionError::Lost(_))) {
        return error.into();
    }
    let failure = Failure::from(error);
    let message = format!("{} [request {request}]", failure.message);
    Failure { code: "may_be_done", message, ..failure }.hint(format!(
        "to be charged only once, run the same command again with --request-id {request} (for the charges: byok credits history --org {org})"
    ))
}

/// Finds the program's file, and checks that it can be executed.
pub(crate) fn program(program: &OsStr) -> Result<PathBuf, Failure> {
    executable(find(program)?)
}

fn find(program: &OsStr) -> Result<PathBuf, Failure> {
    let path = Path::new(program);
    let missing = || {
        let message = format!("{}: command not found", output::path(path));
        Failure::new(exit::RUN_NOT_FOUND, "command_not_found", message)
            .hint("check its name and PATH, or give its path")
    };
    if program.as_encoded_bytes().contains(&b'/') {
        return if path.exists() { Ok(path.to_owned()) } else { Err(missing()) };
    }
    let places = setting::bytes("PATH").unwrap_or_else(|| SYSTEM_PATH.into());
    // An empty entry would mean the working directory, where anybody may have put a file.
    let places = std::env::split_paths(&places).filter(|dir| !dir.as_os_str().is_empty());
    let mut found = places.map(|dir| dir.join(program)).filter(|file| file.is_file());
    let first = found.next().ok_or_else(missing)?;
    let executable = |file: &PathBuf| may_execute(file).is_ok();
    if executable(&first) { Ok(first) } else { Ok(found.find(executable).unwrap_or(first)) }
}

fn executable(program: PathBuf) -> Result<PathBuf, Failure> {
    if program.is_dir() {
        return Err(cannot_execute(&program, &std::io::ErrorKind::IsADirectory.into()));
    }
    match may_execute(&program) {
        Ok(()) => Ok(program),
        Err(error) => Err(cannot_execute(&program, &error)),
    }
}

fn cannot_execute(program: &Path, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind as E;
    let (code, name) = match error.kind() {
        E::NotFound => (exit::RUN_NOT_FOUND, "command_not_found"),
        _ => (exit::RUN_NOT_EXECUTABLE, "command_not_executable"),
    };
    let hint = match error.kind() {
        E::NotFound => "its interpreter or loader is missing: check its first line",
        E::PermissionDenied | E::IsADirectory => "name a program that this user may execute",
        _ => "a script needs a first line such as #!/bin/sh",
    };
    Failure::new(code, name, format!("{}: {error}", output::path(program))).hint(hint)
}
