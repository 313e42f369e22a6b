//! The command line: what can be typed, and which verb answers. One verb, one file.

mod complete;
mod credits;
mod demo;
mod enable;
mod failure;
mod init;
mod input;
mod key;
mod local;
mod master;
mod member;
mod org;
mod out;
mod platform_key;
mod provider;
mod resolve;
mod run;
mod session;
mod settings;
mod status;

use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use byok::exit;
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

Environment: BYOK_DATABASE_URL (then DATABASE_URL), BYOK_POOLER, BYOK_MASTER_KEY_FILE or BYOK_MASTER_KEY, BYOK_ORG,
BYOK_OUTPUT, BYOK_NO_INPUT, BYOK_LOCAL_DIR, BYOK_LOCAL_USER, BYOK_PG_BIN. Exit codes: see the README.";

/// What every command takes.
#[derive(Args, Clone)]
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
}

#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Enable(enable::Enable),
    Disable(enable::Disable),
    /// List and show organizations
    #[command(subcommand)]
    Org(org::Org),
    /// Name the logins that own an organization
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// Set, list, show and remove an organization's own keys
    #[command(subcommand)]
    Key(key::Key),
    /// Set, list and remove the platform's shared keys
    #[command(subcommand)]
    PlatformKey(platform_key::PlatformKey),
    /// See the providers, and say which one serves a capability
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    Resolve(resolve::Resolve),
    Run(run::Run),
    /// Balances, charges, prices and reports
    #[command(subcommand)]
    Credits(credits::CreditsCommand),
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

/// Parses, runs, and answers with the exit code.
pub(crate) fn main() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return failure::report_usage(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return failure::report_usage(&error),
    };
    let format = out::Format::choose(cli.global.output, cli.global.json);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(format, &Failure::new(exit::FAILURE, "runtime", error.to_string())),
    };
    let outcome = runtime.block_on(run(cli, format));
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

async fn run(cli: Cli, format: out::Format) -> Result<u8, Failure> {
    let mut context = Context::new(cli.global, format);
    match cli.command {
        Command::Init(_) => init::run(&mut context).await,
        Command::Enable(verb) => verb.run(&mut context).await,
        Command::Disable(verb) => verb.run(&mut context).await,
        Command::Org(verb) => verb.run(&mut context).await,
        Command::Member(verb) => verb.run(&mut context).await,
        Command::Key(verb) => verb.run(&mut context).await,
        Command::PlatformKey(verb) => verb.run(&mut context).await,
        Command::Provider(verb) => verb.run(&mut context).await,
        Command::Resolve(verb) => verb.run(&mut context).await,
        Command::Run(verb) => verb.run(&mut context).await,
        Command::Credits(verb) => verb.run(&mut context).await,
        Command::Local(verb) => verb.run(&mut context).await,
        Command::Demo(_) => demo::run(&context),
        Command::Status(_) => status::run(&mut context).await,
        Command::Completions(verb) => Ok(verb.run()),
        Command::Man(_) => complete::man(),
    }
}
