//! The commands. Each verb has a file of its own, and its doc comment is its help text.

mod audit;
pub(crate) mod columns;
mod complete;
mod config;
mod credits;
mod data_key;
mod demo;
mod doctor;
pub(crate) mod dry_run;
mod enable;
mod event;
mod init;
mod key;
mod local;
mod man;
mod master_key;
mod member;
mod org;
mod platform_key;
mod provider;
mod resolve;
mod role;
pub(crate) mod run;
mod schema;
mod status;
mod test_key;
mod tidy;
mod watch;

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::cli::arguments::{Global, shown};
use crate::cli::session::Context;
use crate::cli::topics;

/// Bring your own key: organizations use their own provider keys, or the shared keys of the platform (your service) if
/// they have none.
///
/// If no database is configured, byok uses a private PostgreSQL server of your own. It starts the server when a command
/// needs it. If CI is set or --no-input is given, it does so only if --local, BYOK_LOCAL_DIR, or a command that is only about it
/// (`byok local`, `byok demo`) asks for it.
#[derive(Parser)]
#[command(name = "byok", version = env!("VERSION_OF_BYOK"), propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli<C: Subcommand = Command> {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: C,
}

const AFTER: &str = "Examples:
  byok demo                                  a demonstration on a private database
  byok enable acme                           let an organization use its own keys
  byok key set openai --org acme             store its key, from a hidden prompt
  byok resolve openai --org acme --explain   which key would serve a request, and why

Topics:
  byok help concepts       the words that byok uses, and who does what
  byok help input          how a key gets in
  byok help output         formats, and what scripts may rely on
  byok help scripting      byok in scripts and in CI
  byok help security       what is protected, and from whom
  byok help environment    the variables that byok reads
  byok help exit-codes     the exit codes
";

/// Examples and topics, for the short help.
fn after_help() -> String {
    AFTER.trim_end().to_owned()
}

/// The same, with the variables and the exit codes.
fn after_long_help() -> String {
    let (environment, codes) = (topics::environment(), topics::exit_codes());
    format!("{AFTER}\nEnvironment:\n{environment}\n{}\n\nExit codes:\n{codes}", topics::EMPTY)
}

/// Makes the commands: all of them as one enum, each as a command line of its own, and their list. A command line names one
/// command, and the description of all the others would take most of the time of a short command.
macro_rules! commands {
    ($($(#[$described:meta])* $name:ident($kind:ident $arguments:ty),)*) => {
        #[derive(Subcommand)]
        pub(crate) enum Command {
            $($(#[$described])* $name($arguments),)*
        }

        /// The command line of which only the command with this name is described.
        fn only(name: &str) -> Option<clap::Command> {
            $({
                #[derive(Subcommand)]
                enum One {
                    $(#[$described])* $name($arguments),
                }
                if One::has_subcommand(name) {
                    return Some(Cli::<One>::command());
                }
            })*
            None
        }

        /// The command line as the help of `byok` itself shows it: without the commands below the others.
        fn outline() -> clap::Command {
            #[derive(Subcommand)]
            enum Outline {
                $($(#[$described])* $name(outlined!($kind $arguments)),)*
            }
            Cli::<Outline>::command()
        }
    };
}

/// What the list of commands describes of a command with arguments, and of one that has others below it.
macro_rules! outlined {
    (verb $arguments:ty) => {
        $arguments
    };
    (group $arguments:ty) => {
        Nothing
    };
}

/// No commands.
#[derive(Subcommand)]
enum Nothing {}

commands! {
    Init(verb init::Init),
    Enable(verb enable::Enable),
    Disable(verb enable::Disable),
    /// List, show and erase organizations
    #[command(subcommand, after_help = "Examples:\n  byok org list\n  byok org show acme")]
    Org(group org::Org),
    /// List, add and remove the members of an organization: owners and viewers
    #[command(subcommand, after_help = "Examples:\n  byok member add ada --org acme\n  byok member list --org acme")]
    Member(group member::MemberCommand),
    /// List, grant and revoke the service roles of logins: admin, resolver, auditor
    #[command(subcommand, after_help = "Examples:\n  byok role grant auditor eve\n  byok role list")]
    Role(group role::RoleCommand),
    /// Set, rotate, list, show and remove an organization's own keys
    #[command(subcommand, after_help = "Examples:\n  byok key set openai --org acme\n  byok key list --org acme")]
    Key(group key::Key),
    /// Set, list and remove the platform's shared keys
    #[command(
        subcommand,
        after_help = "Examples:\n  byok platform-key set openai --from-env OPENAI_API_KEY\n  byok platform-key list"
    )]
    PlatformKey(group platform_key::PlatformKey),
    /// List providers, add private ones, and route capabilities to them
    #[command(
        subcommand,
        after_help = "Examples:\n  byok provider list --capability voice\n  byok provider show sarvam\n  byok provider route voice sarvam"
    )]
    Provider(group provider::ProviderCommand),
    TestKey(verb test_key::TestKey),
    Tidy(verb tidy::Tidy),
    Resolve(verb resolve::Resolve),
    Run(verb run::Run),
    /// Show balances, charge requests, set prices, and report usage
    #[command(
        subcommand,
        after_help = "Examples:\n  byok credits grant 250 --org acme\n  byok credits usage --org acme --by month"
    )]
    Credits(group credits::CreditsCommand),
    /// Create, check, copy and replace the master key, which protects all other keys
    ///
    /// The master key encrypts (wraps) one data key for each organization, and one for the platform. A data key encrypts
    /// (seals) the stored keys of its organization. To open a key is to decrypt it. Master keys, and the data keys of each
    /// organization, are numbered from 1. This number is the epoch.
    #[command(subcommand, after_help = "Examples:\n  byok master-key status\n  byok master-key rotate")]
    MasterKey(group master_key::MasterKeyCommand),
    /// Issue and replace data keys, which owners use instead of the master key
    ///
    /// A data key encrypts (seals) the stored keys of one organization. To open a key is to decrypt it. The master key
    /// encrypts (wraps) the data keys.
    #[command(
        subcommand,
        after_help = "Examples:\n  byok data-key issue --org acme --to-file acme.datakey\n  byok data-key rotate --org acme"
    )]
    DataKey(group data_key::DataKeyCommand),
    Watch(verb watch::Watch),
    /// List events of keys and balances, and what became of their deliveries
    #[command(subcommand, after_help = "Examples:\n  byok event list --limit 20\n  byok event failures pager")]
    Event(group event::EventCommand),
    /// List, seal and verify the audit log
    #[command(
        subcommand,
        after_help = "Examples:\n  byok audit list --limit 20\n  byok audit verify --kept /mnt/elsewhere/byok-seals"
    )]
    Audit(group audit::AuditCommand),
    /// Manage the private PostgreSQL server, which is used if no database is configured
    #[command(subcommand, after_help = "Examples:\n  byok local status\n  byok local down")]
    Local(group local::Local),
    Demo(verb demo::Demo),
    Status(verb status::StatusCommand),
    Doctor(verb doctor::Doctor),
    /// Show settings and where each comes from, and change the configuration file
    ///
    /// The file has profiles: a database, the places of its keys, an organization, an output format. It has no secrets. A setting
    /// comes from an option, else from a BYOK_ variable, else from the profile in force, else it has its default. The profile
    /// in force is that of --profile, else of BYOK_PROFILE, else the default_profile of the file.
    #[command(
        subcommand,
        after_help = "Examples:\n  byok config show --origin\n  byok config set --profile staging database_url_file ~/.config/byok/staging.url\n  byok config set default_profile staging"
    )]
    Config(group config::ConfigCommand),
    Completions(verb complete::Completions),
    Man(verb man::Man),
    Schema(verb schema::Schema),
}

/// The whole command line, as it is parsed.
pub(crate) fn parser() -> clap::Command {
    offered(with_topics(<Cli>::command()), "")
}

/// The command line as it is parsed, of which only the command that these arguments name is described. An argument may be
/// the value of an option, so what this cannot parse is for the whole one.
pub(crate) fn parser_of(arguments: &[OsString]) -> Option<clap::Command> {
    arguments.iter().filter_map(|it| it.to_str()).find_map(only).map(|alone| offered(alone, ""))
}

/// The command line as it is shown, as far as the help needs it that these arguments ask for.
pub(crate) fn command_of(arguments: &[OsString]) -> clap::Command {
    match parser_of(arguments) {
        Some(alone) => shown(alone, ""),
        None if arguments.len() == 1 => with_topics(outline()),
        None => command(),
    }
}

/// With what stands below the list of commands.
fn with_topics(command: clap::Command) -> clap::Command {
    command.after_help(after_help()).after_long_help(after_long_help())
}

/// Adds the options that many commands have in the same form.
fn offered(command: clap::Command, path: &str) -> clap::Command {
    let command = columns::offered(dry_run::offered(command, path), path);
    command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        offered(below, path.trim_start())
    })
}

/// The whole command line, as it is shown: for help, errors, completions and manual pages.
pub(crate) fn command() -> clap::Command {
    shown(parser(), "")
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
        Command::Tidy(verb) => verb.run(context).await,
        Command::Resolve(verb) => verb.run(context).await,
        Command::Run(verb) => verb.run(context).await,
        Command::Credits(verb) => verb.run(context).await,
        Command::MasterKey(verb) => verb.run(context).await,
        Command::DataKey(verb) => verb.run(context).await,
        Command::Watch(verb) => verb.run(context).await,
        Command::Event(verb) => verb.run(context).await,
        Command::Audit(verb) => verb.run(context).await,
        Command::Local(verb) => verb.run(context).await,
        Command::Demo(verb) => verb.run(context),
        Command::Status(_) => status::run(context).await,
        Command::Doctor(verb) => doctor::run(verb, context).await,
        Command::Config(verb) => verb.run(context),
        Command::Completions(verb) => Ok(verb.run()),
        Command::Man(verb) => verb.run(self::command()),
        Command::Schema(verb) => verb.run(context),
    }
}

#[cfg(test)]
mod tests;
