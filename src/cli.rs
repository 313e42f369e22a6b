//! The command line: what can be typed, and which verb answers. One verb, one file.

mod audit;
mod complete;
mod credits;
mod data_key;
mod demo;
mod enable;
mod ended;
mod failure;
mod fault;
mod handover;
mod inherited;
mod init;
mod input;
mod key;
mod local;
mod login;
mod master;
mod master_key;
mod member;
mod org;
mod out;
mod platform_key;
mod probing;
mod progress;
mod provider;
mod resolve;
mod role;
mod run;
mod session;
mod settings;
mod status;
mod test_key;
mod typed;

use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use byok::name::OrgId;
use byok::process::CoreLimit;
use byok::{exit, mask};
use failure::Failure;
use session::Context;

/// Bring your own key: organizations use their own provider keys, and the platform's shared ones where they have none.
///
/// Without a configured database everything runs on a private PostgreSQL of your own, started when needed.
#[derive(Parser)]
#[command(name = "byok", version, propagate_version = true, max_term_width = 100, after_help = AFTER)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "Examples:
  byok demo                                  the whole story on a private database
  byok enable acme --owner ada               let an organization use its own keys
  byok key set openai --org acme             store its key, from a hidden prompt
  byok resolve openai --org acme --explain   which key would serve a request, and why

Environment: BYOK_DATABASE_URL (then DATABASE_URL), BYOK_POOLER; one of BYOK_MASTER_KEY_FILE, BYOK_MASTER_KEY_COMMAND,
BYOK_MASTER_KEY, or for an owner BYOK_DATA_KEY_FILE, BYOK_DATA_KEY_COMMAND, BYOK_DATA_KEY; BYOK_ORG, BYOK_OUTPUT,
BYOK_NO_INPUT, BYOK_NO_PROGRESS, BYOK_NO_TEST, BYOK_LOCAL_DIR, BYOK_LOCAL_USER, BYOK_PG_BIN. One that is set but empty, not text,
or unknown is an error (exit 2). Exit codes: see the README.";

/// What every command takes.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options of every command")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct Global {
    /// How results are written; a table at a terminal and plain (tab-separated) when piped
    #[arg(short, long, global = true, value_enum, env = "BYOK_OUTPUT", hide_env_values = true)]
    output: Option<out::Format>,
    /// The same as --output json
    #[arg(long, global = true, conflicts_with = "output")]
    json: bool,
    /// Only results and errors, no notices
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Never ask; fail and name the option to give instead
    #[arg(long, global = true)]
    no_input: bool,
    /// Install PostgreSQL with this system's package manager where no server programs are found
    #[arg(long, global = true)]
    install_postgres: bool,
    /// Read the master key from this open file descriptor
    #[arg(long, global = true, value_name = "NUMBER")]
    master_key_fd: Option<u32>,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Enable(enable::Enable),
    Disable(enable::Disable),
    /// List, show and erase organizations
    #[command(subcommand)]
    Org(org::Org),
    /// Name the logins that own an organization
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// Name the logins that work for the platform: admins, resolvers, auditors
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// Set, rotate, list, show and remove an organization's own keys
    #[command(subcommand)]
    Key(key::Key),
    /// Set, list and remove the platform's shared keys
    #[command(subcommand)]
    PlatformKey(platform_key::PlatformKey),
    /// See the providers, add private ones, and say which one serves a capability
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    TestKey(test_key::TestKey),
    Resolve(resolve::Resolve),
    Run(run::Run),
    /// Balances, charges, prices and reports
    #[command(subcommand)]
    Credits(credits::CreditsCommand),
    /// The key that guards all others: make, check, keep a copy, replace
    #[command(subcommand)]
    MasterKey(master_key::MasterKeyCommand),
    /// What an owner works with instead of the master key: hand over, replace
    #[command(subcommand)]
    DataKey(data_key::DataKeyCommand),
    /// Who did what: list, seal, check
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The private PostgreSQL that serves where no database is configured
    #[command(subcommand)]
    Local(local::Local),
    Demo(demo::Demo),
    Status(status::StatusCommand),
    Completions(complete::Completions),
    Man(complete::Man),
}

/// Which organization.
#[derive(Args)]
struct OrgArg {
    /// The organization's id
    #[arg(long, env = "BYOK_ORG", hide_env_values = true, value_name = "ORG")]
    org: String,
}

impl OrgArg {
    fn id(&self) -> Result<OrgId, Failure> {
        Ok(typed::id(&self.org)?)
    }
}

/// One organization or all.
#[derive(Args)]
struct OrgsArg {
    /// One organization (BYOK_ORG where nothing is said)
    #[arg(long, conflicts_with = "all_orgs")]
    org: Option<String>,
    /// Every organization that you may see
    #[arg(long)]
    all_orgs: bool,
}

impl OrgsArg {
    /// The one; none stands for all.
    fn one(self) -> Result<Option<OrgId>, Failure> {
        if self.all_orgs {
            return Ok(None);
        }
        let named = match self.org {
            None => settings::org()?,
            named => named,
        };
        let named = named.ok_or_else(|| {
            Failure::usage("whose", "which organization?").hint("--org ORG, or --all-orgs for all that you may see")
        })?;
        Ok(Some(typed::id(&named)?))
    }
}

/// Closes this process, parses, runs, and answers with the exit code.
pub(crate) fn main() -> ExitCode {
    fault::announce();
    let core_limit = match byok::process::harden() {
        Ok(limit) => limit,
        Err(error) => {
            let message = format!("cannot keep the memory of this process from others: {error}");
            return failure::report(out::Format::Plain, &Failure::new(exit::FAILURE, "not_hardened", message));
        }
    };
    let parsed = command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    // Help touches nothing, and is asked for where something is wrong.
    let helps = match &parsed {
        Ok(cli) => matches!(cli.command, Command::Completions(_) | Command::Man(_)),
        Err(error) => !error.use_stderr(),
    };
    let runs = parsed.as_ref().map_or(true, |cli| matches!(cli.command, Command::Run(_)));
    let trusted = no_key_in_arguments(runs).and_then(|()| if helps { Ok(()) } else { settings::check() });
    let wanted = parsed.as_ref().ok().and_then(|cli| cli.global.output);
    let format = out::Format::choose(wanted, parsed.as_ref().is_ok_and(|cli| cli.global.json));
    if let Err(failure) = trusted {
        return failure::report(
            format,
            &if runs && parsed.is_ok() { run::before_the_program(failure) } else { failure },
        );
    }
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return failure::report_usage(error),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(format, &Failure::new(exit::FAILURE, "runtime", error.to_string())),
    };
    let outcome = runtime.block_on(run(cli, format, core_limit));
    // A prompt that was interrupted may still sit in its thread.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure::report(format, &failure),
    }
}

fn command() -> clap::Command {
    Cli::command()
}

/// No argument of ours holds a key: it would be in the process list, and be stored as a name. Behind the `--` of `run` they are
/// the business of another program.
fn no_key_in_arguments(runs: bool) -> Result<(), Failure> {
    let ours = std::env::args_os().skip(1).enumerate();
    for (at, argument) in ours.take_while(|(_, argument)| !runs || argument != "--") {
        if mask::holds_key(&argument.to_string_lossy()) {
            return Err(input::key_as_argument(Some(at + 1)));
        }
    }
    Ok(())
}

async fn run(cli: Cli, format: out::Format, core_limit: CoreLimit) -> Result<u8, Failure> {
    let mut context = Context::new(cli.global, format, core_limit);
    let outcome = dispatch(cli.command, &mut context).await;
    if let Err(failure) = &outcome {
        context.record_denied(failure).await;
    }
    outcome
}

async fn dispatch(command: Command, context: &mut Context) -> Result<u8, Failure> {
    match command {
        Command::Init(verb) => init::run(verb, context).await,
        Command::Enable(verb) => verb.run(context).await,
        Command::Disable(verb) => verb.run(context).await,
        Command::Org(verb) => verb.run(context).await,
        Command::Member(verb) => verb.run(context).await,
        Command::Role(verb) => verb.run(context).await,
        Command::Key(verb) => verb.run(context).await,
        Command::PlatformKey(verb) => verb.run(context).await,
        Command::Provider(verb) => verb.run(context).await,
        Command::TestKey(verb) => verb.run(context).await,
        Command::Resolve(verb) => verb.run(context).await,
        Command::Run(verb) => verb.run(context).await,
        Command::Credits(verb) => verb.run(context).await,
        Command::MasterKey(verb) => verb.run(context).await,
        Command::DataKey(verb) => verb.run(context).await,
        Command::Audit(verb) => verb.run(context).await,
        Command::Local(verb) => verb.run(context).await,
        Command::Demo(_) => demo::run(context),
        Command::Status(_) => status::run(context).await,
        Command::Completions(verb) => Ok(verb.run()),
        Command::Man(verb) => verb.run(),
    }
}
