//! `master-key rotate`: replaces the master key while requests continue.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use byok::admin::crypto::MasterKeys;

use crate::cli::commands::master_key::key_file::KeyFile;
use crate::cli::commands::master_key::steps;
use crate::cli::commands::master_key::steps::{Begin, State};
use crate::cli::session::keys::named;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::Explain as _;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{input, output};
use crate::cli::views::changes::{EpochOf, MasterKeyNamed, Rewrapped, Rotated, RotationFinished, RotationPlan};

/// Replace the master key while requests continue, at once or step by step
///
/// Without a step all remaining steps are done. A new key is added to the file of the old one, registered, and put in use. Every data
/// key is wrapped under it. The old key is moved to a file of its own: keep it as long as backups from its time. The command can be
/// killed at any point and continues when it is run again. Several may run at once. Owners' data keys stay valid.
///
/// If the file is a symbolic link, its target is replaced, and the old key is moved aside there.
///
/// If other hosts hold the master key too: run `rotate begin`, give them both keys (a key source may have several lines), then run
/// `rotate promote`, `rotate run` and `rotate finish`, and take the old key away from them.
#[derive(Args)]
#[command(after_help = "Examples:
  byok master-key rotate --dry-run
  byok master-key rotate
  byok master-key rotate begin --new-key-file /dev/shm/new.key   # the key in use comes from a command
  byok master-key rotate --leaked --yes                          # replaces every data key as well")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Rotate {
    /// One step (default: all remaining steps)
    step: Option<Step>,
    /// The old key has leaked: also replace every data key and seal every stored key again
    #[arg(long)]
    leaked: bool,
    /// Show the remaining steps without doing them
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Promote although a host that holds the master key has not loaded the new one
    #[arg(long)]
    force: bool,
    /// The file for the new key, if the old key does not come from a file
    #[arg(long, value_name = "PATH")]
    new_key_file: Option<PathBuf>,
    /// How many data keys are wrapped at once
    #[arg(long, value_name = "COUNT", default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch: u16,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Write a new key to its file and register it
    Begin,
    /// Put the new key in use
    Promote,
    /// Wrap every data key under the new key
    Run,
    /// Take the old key out of use
    Finish,
    /// Discard a new key that is not promoted yet
    Cancel,
}

/// The keys that are loaded, and the file that keeps them.
struct Hands<'a> {
    keys: &'a mut MasterKeys,
    file: &'a KeyFile,
}

fn say(context: &Context, said: &str, result: &str, item: impl Serialize) -> anyhow::Result<u8> {
    output::change(context.format, &Change { kind: "master_key.rotate", result, said }, &item)
}

impl Rotate {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        if self.leaked && !self.dry_run {
            let question = "Replace the master key and every data key? Every owner needs a new data key then.";
            let _confirmed = input::confirm(question, self.yes, context.no_input())?;
        }
        let mut session = context.session().await?;
        let mut keys = session.master_keys().await?;
        let file = KeyFile::of(&session.master_key_source()?, self.new_key_file.as_deref())?;
        file.reload(&mut keys)?;
        if matches!(self.step, None | Some(Step::Begin | Step::Run)) {
            // A rotation that begins with a replaced key could not be finished.
            keys.check_in_use(&mut session.database).await?;
        } else {
            keys.check(&mut session.database).await?;
        }
        if self.dry_run {
            return self.plan(context, &mut session).await;
        }
        match self.step {
            None => self.all(context, &mut session, &mut keys, &file).await,
            Some(step) => self.one(context, &mut session, step, Hands { keys: &mut keys, file: &file }).await,
        }
    }

    /// Does all remaining steps, in order.
    async fn all(
        &self,
        context: &Context,
        session: &mut Session,
        keys: &mut MasterKeys,
        file: &KeyFile,
    ) -> anyhow::Result<u8> {
        let database = &mut session.database;
        let state = State::read(database).await?;
        let resumes = state.pending.is_some() || state.retiring.is_some();
        if let Some(active) = state.active.as_ref().filter(|_| !resumes)
            && file.holds_older(active.epoch)?
        {
            // An earlier run was killed after the last step in the database. Only the file is left to do.
            let aside = set_aside(context, file, active.epoch)?;
            if !self.leaked {
                let said = format!("master key {} is the only one in use", named(active.epoch, active.check_value));
                let item = RotationFinished { epoch: active.epoch, set_aside: aside };
                return output::change(
                    context.format,
                    &Change { kind: "master_key.rotate", result: "finished", said: &said },
                    &item,
                );
            }
        }
        let (epoch, value) = steps::begin(database, keys, file, Begin { leaked: self.leaked, resumes }).await?;
        steps::promote(database, epoch, self.force).await?;
        let data_keys = steps::run(context, database, keys, self.batch).await?;
        let replaced = steps::replace_leaked(context, database, keys).await?;
        database.ask(async |database| database.finish_master_key().await).await?;
        let said = format!(
            "master key {} is in use; {data_keys} data keys were wrapped anew{}",
            named(epoch, value),
            if replaced > 0 { format!(", and {replaced} replaced") } else { String::new() }
        );
        let aside = set_aside(context, file, epoch).took_effect(&said)?;
        if self.leaked {
            context.notice("every owner needs its new data key: byok data-key issue ORG");
            context.notice(
                "whoever had the old master key and a dump could read the stored keys of that time: have them replaced",
            );
        }
        let item = Rotated {
            epoch,
            fingerprint: value.to_string(),
            data_keys,
            replaced_data_keys: replaced,
            set_aside: aside,
        };
        output::change(context.format, &Change { kind: "master_key.rotate", result: "rotated", said: &said }, &item)
    }

    async fn one(
        &self,
        context: &Context,
        session: &mut Session,
        step: Step,
        Hands { keys, file }: Hands<'_>,
    ) -> anyhow::Result<u8> {
        let database = &mut session.database;
        match step {
            Step::Begin => {
                let (epoch, value) =
                    steps::begin(database, keys, file, Begin { leaked: self.leaked, resumes: false }).await?;
                context.notice("give every holder both keys, then: byok master-key rotate promote");
                let item = MasterKeyNamed { epoch, fingerprint: value.to_string() };
                say(
                    context,
                    &format!("master key {} is known; it wraps nothing yet", named(epoch, value)),
                    "begun",
                    item,
                )
            }
            Step::Promote => {
                let state = State::read(database).await?;
                let epoch = state.pending.or(state.active).map_or(0, |record| record.epoch);
                let result = steps::promote(database, epoch, self.force).await?;
                let said = format!("master key of epoch {epoch}: {result}");
                say(context, &said, result.as_str(), EpochOf { epoch: Some(epoch) })
            }
            Step::Run => {
                let data_keys = steps::run(context, database, keys, self.batch).await?;
                let replaced = steps::replace_leaked(context, database, keys).await?;
                let result = if data_keys + replaced > 0 { "rewrapped" } else { "unchanged" };
                let item = Rewrapped { data_keys, replaced_data_keys: replaced };
                say(context, &format!("{data_keys} data keys wrapped anew, {replaced} replaced"), result, item)
            }
            Step::Finish => {
                let result = database.finish_master_key().await?;
                let active = database.hello().active_epoch.unwrap_or_default();
                let said = format!("master key of epoch {active} is the only one in use ({result})");
                let aside = set_aside(context, file, active).took_effect(&said)?;
                say(context, &said, result.as_str(), RotationFinished { epoch: active, set_aside: aside })
            }
            Step::Cancel => {
                let cancelled = database.cancel_master_key().await?;
                let result = if cancelled.is_some() { "cancelled" } else { "unchanged" };
                let said = format!("no rotation is under way ({result})");
                if let Some(epoch) = cancelled {
                    let taken = file.lock().and_then(|_lock| file.take_back(epoch));
                    taken.took_effect(&said)?;
                }
                say(context, &said, result, EpochOf { epoch: cancelled })
            }
        }
    }

    /// Shows the remaining steps.
    async fn plan(&self, context: &Context, session: &mut Session) -> anyhow::Result<u8> {
        let state = State::read(&mut session.database).await?;
        let wrapped = state.retiring.as_ref().or(state.active.as_ref()).map_or(0, |record| record.data_keys);
        let mut steps = Vec::new();
        if state.pending.is_none() && state.retiring.is_none() {
            steps.push(format!("begin: a new master key of epoch {}", state.last_epoch + 1));
        }
        if state.retiring.is_none() {
            steps.push("promote: the new one wraps what is new".to_owned());
        }
        steps.push(format!("run: {wrapped} data keys are wrapped anew"));
        if self.leaked || state.active.as_ref().is_some_and(|active| active.leaked) {
            steps.push("run: every data key is replaced, every stored key sealed anew".to_owned());
        }
        steps.push("finish: the old one is out of use, and set aside".to_owned());
        let said = format!("left to do: {}", steps.join("; "));
        let item = RotationPlan { dry_run: true, steps, data_keys: wrapped };
        output::change(context.format, &Change { kind: "master_key.rotate", result: "planned", said: &said }, &item)
    }
}

/// Moves keys that are out of use to files of their own. A notice names the files, because backups from their time need them.
fn set_aside(context: &Context, file: &KeyFile, active: u32) -> anyhow::Result<Vec<String>> {
    let _lock = file.lock()?;
    let aside: Vec<String> = file.set_aside(active)?.iter().map(|path| output::path(path)).collect();
    for path in &aside {
        context.notice(&format!("the old master key is in {path}: keep it as long as backups from its time"));
    }
    if !aside.is_empty() {
        context.notice("a copy that is locked away is of the old one: byok master-key escrow");
    }
    Ok(aside)
}
