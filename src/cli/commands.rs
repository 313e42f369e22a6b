//! The commands. Each verb has a file of its own, and its doc comment is its help text.

mod audit;
mod complete;
mod credits;
mod data_key;
mod demo;
mod enable;
mod init;
mod key;
mod local;
mod master_key;
mod member;
mod org;
mod platform_key;
mod provider;
mod resolve;
mod role;
pub(crate) mod run;
mod status;
mod test_key;

use clap::{CommandFactory as _, Parser, Subcommand};

use byok::exit;

use crate::cli::arguments::Global;
use crate::cli::session::Context;

/// Bring your own key: organizations use their own provider keys, or the platform's shared keys if they have none.
///
/// If no database is configured, byok uses a private PostgreSQL of your own and starts it when needed.
#[derive(Parser)]
#[command(name = "byok", version, propagate_version = true, max_term_width = 100, after_help = after_help())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "Examples:
  byok demo                                  the whole story on a private database
  byok enable acme --owner ada               let an organization use its own keys
  byok key set openai --org acme             store its key, from a hidden prompt
  byok resolve openai --org acme --explain   which key would serve a request, and why

Environment:
  BYOK_DATABASE_URL, then DATABASE_URL             the database
  BYOK_POOLER                                      `transaction`: a pooler in that mode
  BYOK_MASTER_KEY_FILE, BYOK_MASTER_KEY_COMMAND,
  BYOK_MASTER_KEY                                  the master key: one of them
  BYOK_DATA_KEY_FILE, BYOK_DATA_KEY_COMMAND,
  BYOK_DATA_KEY                                    an owner's data key: one of them
  BYOK_ORG, BYOK_OUTPUT                            as --org and --output
  BYOK_NO_INPUT, BYOK_NO_PROGRESS, BYOK_NO_TEST    true or false
  BYOK_LOCAL_DIR, BYOK_LOCAL_USER, BYOK_PG_BIN     the private server: directory, account, programs
A variable of these that is set but empty, or that is unknown, is an error (exit 2).

Exit codes:
";

/// Examples, variables and exit codes; the codes are those that the library exports.
fn after_help() -> String {
    let codes = exit::ALL.iter().map(|(code, _, when)| format!("  {code:>3}  {when}\n"));
    AFTER.to_owned() + codes.collect::<String>().trim_end()
}

#[derive(Subcommand)]
pub(crate) enum Command {
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
    /// List providers, add private ones, and route capabilities to them
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    TestKey(test_key::TestKey),
    Resolve(resolve::Resolve),
    Run(run::Run),
    /// Balances, charges, prices and reports
    #[command(subcommand)]
    Credits(credits::CreditsCommand),
    /// Create, check, copy and replace the master key, which protects all other keys
    #[command(subcommand)]
    MasterKey(master_key::MasterKeyCommand),
    /// Hand over and replace data keys, which owners use instead of the master key
    #[command(subcommand)]
    DataKey(data_key::DataKeyCommand),
    /// List, seal and verify the audit log
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Run the private PostgreSQL, which is used if no database is configured
    #[command(subcommand)]
    Local(local::Local),
    Demo(demo::Demo),
    Status(status::StatusCommand),
    Completions(complete::Completions),
    Man(complete::Man),
}

/// The whole command line, for completions and manual pages.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

pub(crate) async fn dispatch(command: Command, context: &mut Context) -> anyhow::Result<u8> {
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
        Command::Completions(verb) => Ok(verb.run(self::command())),
        Command::Man(verb) => verb.run(self::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::complete::{KEPT, generated};

    #[test]
    fn the_committed_completions_are_those_of_this_program() {
        for (shell, file, kept) in KEPT {
            let fresh = generated(shell, super::command());
            if byok::setting::bytes("BLESS").is_some() {
                let path = format!("{}/completions/{file}", env!("CARGO_MANIFEST_DIR"));
                std::fs::write(path, &fresh).expect("the file");
                continue;
            }
            assert!(kept == fresh, "completions/{file} is stale: BLESS=1 cargo test completions");
        }
    }
}
