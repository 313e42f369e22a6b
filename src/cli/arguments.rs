//! Options that several verbs take.

mod about;
mod forms;
pub(crate) mod listed;
mod org;
mod provider;

use clap::{Arg, Args, Command};
use time::OffsetDateTime;

use byok::name::near;
use byok::provider::{Capability, NoSuchCapability};

use crate::cli::terminal::color::Color;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;

pub(crate) use about::About;
pub(crate) use org::{HolderArg, OrgArg, OrgObject, OrgObjects, OrgOrWord, OrgsArg, OrgsOrWord};
pub(crate) use provider::{MaybeProviderArg, ProviderArg, TargetArg, TargetsArg};

/// Options of every command.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options of every command")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Global {
    /// Output format; the default is table at a terminal and plain (tab-separated) in a pipe
    #[arg(short, long, global = true, value_enum, env = "BYOK_OUTPUT", hide_env_values = true)]
    pub(crate) output: Option<output::Format>,
    /// Whether the command line says it, and not a variable.
    #[arg(skip)]
    pub(crate) output_typed: bool,
    /// What the command line is about.
    #[arg(skip)]
    pub(crate) about: About,
    /// The same as --output json
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print only results, warnings and errors, no notices
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say on stderr what is done: profile, database, keys and calls
    #[arg(short, long, global = true, hide_short_help = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// When messages and help are coloured
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_default_value = true
    )]
    pub(crate) color: Color,
    /// Show no progress lines
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_progress: bool,
    /// Never prompt; fail instead and name the option to use
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_input: bool,
    /// Use this profile of the configuration file
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Confirm a change that cannot be undone with the name of the profile; a profile that is marked as production needs it
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub(crate) confirm_profile: Option<String>,
    /// Use the private database and no profile, even if another database is configured
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) local: bool,
    /// Install PostgreSQL with this system's package manager if no server programs are found
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) install_postgres: bool,
    /// Refuse the file of a key, of a list of keys or of the database's URL if anybody but its owner can read it; doctor then also fails for a warning
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) strict: bool,
    /// Read the master key from this open file descriptor
    #[arg(long, global = true, hide_short_help = true, value_name = "NUMBER")]
    pub(crate) master_key_fd: Option<u32>,
}

/// The period of a report or of a list. A date is the start of that day, so that the end of one period is the begin of the
/// next one.
#[derive(Args)]
pub(crate) struct PeriodArgs {
    /// Only from this date (the start of that day in UTC) or RFC 3339 time on
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only before this date (the start of that day in UTC: the day itself is left out) or RFC 3339 time
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
}

impl PeriodArgs {
    pub(crate) fn times(&self) -> anyhow::Result<(Option<OffsetDateTime>, Option<OffsetDateTime>)> {
        let read = |text: &Option<String>, option| match text {
            None => Ok(None),
            Some(text) => byok::clock::parse(text).map(Some).ok_or_else(|| {
                Failure::usage("bad_date", format!("{option} takes a date such as 2027-01-31, or an RFC 3339 time"))
                    .hint("a date is the start of that day in UTC")
            }),
        };
        let (since, until) = (read(&self.since, "--since")?, read(&self.until, "--until")?);
        if since.zip(until).is_some_and(|(since, until)| until <= since) {
            let failure =
                Failure::usage("bad_period", "the period ends before it begins: --until is not after --since");
            return Err(failure.hint("--until is left out of the period: for one day, give the day after it").into());
        }
        Ok((since, until))
    }
}

/// A capability that was typed.
pub(crate) fn capability(text: &str) -> anyhow::Result<Capability> {
    text.parse().map_err(|error: NoSuchCapability| {
        let near = near(text, Capability::ALL.iter().map(|known| known.as_str()));
        let failure = Failure::from(&error);
        if near.is_empty() {
            let all = Capability::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", ");
            failure.hint(format!("the capabilities are: {all}")).into()
        } else {
            failure.hint(format!("did you mean {}?", near.join(" or "))).into()
        }
    })
}

/// Whether this has the form of a BCP 47 language tag.
pub(crate) fn is_language(text: &str) -> bool {
    let part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 35 && text.split('-').all(part)
}

/// The command line as the help shows it: with one form of each argument. What is needed is required, while the parser takes
/// it from the other form or from a variable too.
pub(crate) fn shown(command: Command, path: &str) -> Command {
    let destroys = org::DESTROYING.contains(&path);
    let or_platform = command.get_arguments().any(|arg| arg.get_id() == "platform");
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        // The parser has it required unless the other form is given, which clap cannot take back.
        "provider" => {
            let about = arg.get_help().cloned().unwrap_or_default();
            Arg::new("provider").value_name("PROVIDER").help(about).required(true)
        }
        "providers" if path == "run" => arg.required(true),
        "org" if destroys => arg.required(!or_platform).help("The organization's id (BYOK_ORG is not used)"),
        "orgs" if destroys => {
            arg.required_unless_present("from_file").help("The organizations' ids (BYOK_ORG is not used)")
        }
        _ => arg,
    });
    command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        shown(below, path.trim_start())
    })
}
