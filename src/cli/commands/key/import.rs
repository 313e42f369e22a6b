//! `key import`: stores many keys from a list.

mod dotenv;
mod line;
mod lines;
mod plan;
mod report;
mod sealer;
mod write;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use byok::exit;
use byok::import::{self, Known, ListError, ListForm};

use crate::cli::arguments::OrgArg;
use crate::cli::commands::key::options::{EndDate, KeepArgs};
use crate::cli::probing::{ProbeArgs, ProbePlan};
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::{dry_run, input};
use lines::{Lines, Reading};
use plan::{Group, Plan};
use report::Report;
use sealer::Sealer;
use write::{Tests, Writing};

/// Store many keys, from a list in a file or on standard input
///
/// byok first reads and checks the whole list, and says what it would do: new keys, unchanged keys, lines that cannot be imported.
/// Then it stores the keys, in one transaction for each organization. A line that cannot be imported does not keep the others from
/// being stored; then the exit code is 8. The same list can be imported again at any time: what is stored already is unchanged. A key
/// that differs from a stored one replaces it only with --replace. No message repeats anything of a key.
///
/// The fields of a line are org, provider, key, expires, if_version (this version is replaced, 0 means none), and settings.NAME for
/// fields that are not secret. In JSON lines, settings can also be an object. CSV has the names in its first line. A .env file has the
/// keys of one organization, in the variables that the providers' own tools read (byok provider show).
#[derive(Args)]
#[command(after_help = "Examples:
  byok key import keys.jsonl --dry-run
  byok key import keys.csv --test --yes -o jsonl > report.jsonl
  byok key import .env --org acme
  vault kv get -format=json secret/acme | jq -c -f vault.jq | byok key import - --org acme")]
pub(crate) struct Import {
    /// The file of the list; - means standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The form of the list (default: by the ending of the file's name, or else by the first line)
    #[arg(long, value_enum)]
    format: Option<Form>,
    #[command(flatten)]
    org: OrgArg,
    /// The end date of keys whose line has none, or how long they are used (30d); a date means the end of that day in UTC
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// Replace stored keys that differ
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    keep: KeepArgs,
    /// Test each new key at its provider first; one that is rejected is not stored
    #[arg(long)]
    test: bool,
    /// Test this many keys at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=128))]
    concurrency: u16,
    #[command(flatten)]
    probe: ProbeArgs,
    /// The directory of the organizations' data keys, as `byok data-key issue --to-dir` writes them, instead of the master key
    #[arg(long, value_name = "DIR")]
    data_keys: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

/// The form of a list of keys.
#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// A JSON object on each line
    Jsonl,
    /// A header with the names of the fields, then a record for each key
    Csv,
    /// NAME=value on each line, for one organization
    Dotenv,
}

impl From<Form> for ListForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Jsonl => Self::JsonLines,
            Form::Csv => Self::Csv,
            Form::Dotenv => Self::Dotenv,
        }
    }
}

/// The fields of a key.
const FIELDS: Known<'static> = Known { names: &["org", "provider", "key", "expires", "if_version"], settings: true };

impl Import {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let expires = self.expires.as_deref().map(EndDate::parse).transpose()?;
        let org = self.org.maybe()?;
        let list = {
            let text = input::key_list(&self.file)?;
            let form = self.form(&text)?;
            let read = import::read(form, &text, FIELDS).map_err(|error| unreadable(&error))?;
            Reading { form, read, org, expires }
        };
        let mut session = context.session().await?;
        let sealer = Sealer::choose(&mut session, self.data_keys.as_deref()).await?;
        let lines = Lines::check(&mut session, list).await?;
        let mut report = Report::begin(context.format, lines.count());
        let plan = Plan::make(&mut session, &sealer, lines, self.replace).await?;
        let denied = plan.denied();
        if let Some(failure) = denied {
            context.explained(failure.into()).await;
        }
        let groups = report.check(plan)?;
        if groups.is_empty() {
            return report.end();
        }
        self.ask(context, &groups, &mut report)?;
        let prober = self.test.then(|| self.probe.prober(context)).transpose()?;
        let tests = prober.map(|prober| Tests { plan: ProbePlan::free(prober), at_once: self.concurrency.into() });
        let writing = Writing { session: &mut session, sealer: &sealer, tests, keep: self.keep.time() };
        writing.run(groups, &mut report).await?;
        report.end()
    }

    /// Says what will be done, and asks where somebody can be asked. A replaced key that is not kept cannot come back, so that needs
    /// a confirmation in any case.
    fn ask(&self, context: &Context, groups: &[Group], report: &mut Report) -> anyhow::Result<()> {
        let replaces = groups.iter().flat_map(|group| &group.keys).any(|planned| planned.step.before.is_some());
        let erases = replaces && self.keep.time().is_zero();
        let asks = !self.yes && !dry_run::is_on() && input::can_prompt(context.no_input()).is_ok();
        report.tell(groups, asks);
        if asks || erases {
            let _confirmed = context.confirm(&Report::question(groups), self.yes)?;
        }
        Ok(())
    }

    /// What the option says, or the name of the file, or the first line.
    fn form(&self, text: &str) -> Result<ListForm, Failure> {
        let named = self.format.map(ListForm::from).or_else(|| by_name(&self.file));
        named.or_else(|| import::form_of(text)).ok_or_else(|| {
            if text.trim().is_empty() {
                return unreadable(&ListError::Empty);
            }
            Failure::usage("unknown_format", "the form of the list cannot be told from its name or its first line")
                .hint("name it: --format jsonl, csv or dotenv")
        })
    }
}

/// The form that the ending of a file's name stands for.
fn by_name(file: &Path) -> Option<ListForm> {
    let name = file.file_name()?.to_string_lossy().to_ascii_lowercase();
    match name.rsplit_once('.')? {
        (_, "jsonl" | "ndjson" | "json") => Some(ListForm::JsonLines),
        (_, "csv") => Some(ListForm::Csv),
        (_, "env") => Some(ListForm::Dotenv),
        _ => name.starts_with(".env.").then_some(ListForm::Dotenv),
    }
}

fn unreadable(error: &ListError) -> Failure {
    let failure = Failure::new(exit::USAGE, "bad_list", format!("{error}; nothing was stored"));
    match error {
        ListError::Header(_) => {
            failure.hint(format!("the columns are {} and settings.NAME, in any order", FIELDS.names.join(", ")))
        }
        ListError::TwiceColumn { .. } => failure.hint("leave one of them out"),
        _ => failure.hint("check the command or the file that the list comes from"),
    }
}
