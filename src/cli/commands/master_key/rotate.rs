//! `master-key rotate`: replaces the master key while requests continue.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use byok::admin::crypto::MasterKeys;

use crate::cli::commands::master_key::key_file::KeyFile;
use crate::cli::commands::master_key::steps;
use crate::cli::commands::master_key::steps::{Begin, Goal, State};
use crate::cli::session::keys::named;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::Explain as _;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::Rotation;
use crate::cli::views::count;
use crate::cli::views::kinds;

/// Replace the master key without downtime, in one go or step by step
///
/// Without a step, byok does all remaining steps. It adds a new key to the file of the old key and registers it. It
/// makes the new key the active one. It wraps every data key under the new key. Then it moves the old key to a file of
/// its own. Keep that file as long as backups from its time. You can kill the command at any point and run it again: it
/// continues. Several such commands may run at once. Owners' data keys stay valid.
///
/// If the path of the key is a symbolic link, byok replaces the file that it points to.
///
/// If other hosts hold the master key too: run `rotate begin`, and give them both keys (a key source may have several
/// lines). Then run `rotate promote`, `rotate run` and `rotate finish`, and remove the old key from the hosts.
#[derive(Args)]
#[command(after_help = "Examples:
  byok master-key rotate --dry-run
  byok master-key rotate
  byok master-key rotate begin --new-key-file /dev/shm/new.key   # if a command prints the key
  byok master-key rotate --leaked --yes                          # replaces every data key as well")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Rotate {
    /// Do only this step (default: all remaining steps)
    step: Option<Step>,
    /// Somebody else has the old key: also replace every data key and seal every stored key again
    #[arg(long)]
    leaked: bool,
    /// Show the remaining steps and do nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Promote even if a host has not loaded the new key
    #[arg(long)]
    force: bool,
    /// The file for the new key, needed if the old key does not come from a file
    #[arg(long, value_name = "PATH")]
    new_key_file: Option<PathBuf>,
    /// Wrap this many data keys at once
    #[arg(long, value_name = "COUNT", default_value_t = 2000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch: u16,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Create a new key and register it
    Begin,
    /// Make the new key the active one
    Promote,
    /// Wrap every data key under the new key
    Run,
    /// Retire the old key
    Finish,
    /// Discard a new key that is not promoted yet
    Cancel,
}

/// The keys that are loaded, and the file that keeps them.
struct Hands<'a> {
    keys: &'a mut MasterKeys,
    file: &'a KeyFile,
}

fn say(context: &Context, said: &str, result: &str, item: &Rotation) -> anyhow::Result<u8> {
    output::change(context.format, &Change { kind: &kinds::MASTER_KEY_ROTATE, result, said }, item)
}

impl Rotate {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        if self.leaked && !self.dry_run {
            let question = "Replace the master key and every data key? Every owner then needs a new data key.";
            let _confirmed = context.confirm(question, self.yes)?;
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
            let aside = set_aside(file, active.epoch)?;
            if !self.leaked {
                let said = format!("master key {} is the only one", named(active.epoch, active.check_value));
                let item = Rotation { set_aside: aside, ..Rotation::of(Some(active.epoch)) };
                return output::change(
                    context.format,
                    &Change { kind: &kinds::MASTER_KEY_ROTATE, result: "finished", said: &said },
                    &item,
                );
            }
        }
        let (epoch, value) = steps::begin(database, keys, file, Begin { leaked: self.leaked, resumes }).await?;
        steps::promote(database, epoch, self.force).await?;
        let (data_keys, replaced) = steps::run(database, keys, Goal { epoch, batch: self.batch }).await?;
        database.ask(async |database| database.finish_master_key(epoch).await).await?;
        let said = format!(
            "master key {} is active; {} wrapped again{}",
            named(epoch, value),
            count(data_keys, "data key"),
            if replaced > 0 { format!(", and {replaced} replaced") } else { String::new() }
        );
        let aside = set_aside(file, epoch).took_effect(&said)?;
        if self.leaked {
            output::warn("every owner needs a new data key: byok data-key issue --org ORG");
            output::warn(
                "somebody with the old master key and a dump could read the stored keys of that time: replace them at their providers",
            );
        }
        let item = Rotation {
            epoch: Some(epoch),
            fingerprint: Some(value.to_string()),
            set_aside: aside,
            ..Rotation::wrapped(data_keys, replaced)
        };
        output::change(
            context.format,
            &Change { kind: &kinds::MASTER_KEY_ROTATE, result: "rotated", said: &said },
            &item,
        )
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
                context.notice(
                    "give both keys to every host that needs the master key, then: byok master-key rotate promote",
                );
                let item = Rotation { fingerprint: Some(value.to_string()), ..Rotation::of(Some(epoch)) };
                let said = format!("master key {} is registered; it wraps nothing yet", named(epoch, value));
                say(context, &said, "begun", &item)
            }
            Step::Promote => {
                let state = State::read(database).await?;
                let epoch = state.pending.or(state.active).map_or(0, |record| record.epoch);
                let result = steps::promote(database, epoch, self.force).await?;
                let said = format!("master key of epoch {epoch}: {result}");
                say(context, &said, result.as_str(), &Rotation::of(Some(epoch)))
            }
            Step::Run => {
                let epoch = State::read(database).await?.active.map_or(0, |record| record.epoch);
                let (data_keys, replaced) = steps::run(database, keys, Goal { epoch, batch: self.batch }).await?;
                let result = if data_keys + replaced > 0 { "rewrapped" } else { "unchanged" };
                let item = Rotation::wrapped(data_keys, replaced);
                let said = format!("{} wrapped again, {replaced} replaced", count(data_keys, "data key"));
                say(context, &said, result, &item)
            }
            Step::Finish => {
                let state = State::read(database).await?;
                let epoch = state.pending.or(state.active).map_or(0, |record| record.epoch);
                let result = database.finish_master_key(epoch).await?;
                let active = database.hello().active_epoch.unwrap_or_default();
                let said = format!("master key of epoch {active} is the only one ({result})");
                let aside = set_aside(file, active).took_effect(&said)?;
                say(context, &said, result.as_str(), &Rotation { set_aside: aside, ..Rotation::of(Some(active)) })
            }
            Step::Cancel => {
                let cancelled = database.cancel_master_key().await?;
                let result = cancelled.map_or("unchanged", |_| "cancelled");
                let none = || format!("no rotation is under way ({result})");
                let said = cancelled.map_or_else(none, |epoch| format!("the rotation to epoch {epoch} is {result}"));
                if let Some(epoch) = cancelled {
                    let taken = file.lock().and_then(|_lock| file.take_back(epoch));
                    taken.took_effect(&said)?;
                }
                say(context, &said, result, &Rotation::of(cancelled))
            }
        }
    }

    /// Shows the remaining steps.
    async fn plan(&self, context: &Context, session: &mut Session) -> anyhow::Result<u8> {
        let state = State::read(&mut session.database).await?;
        let wrapped = state.retiring.as_ref().or(state.active.as_ref()).map_or(0, |record| record.data_keys);
        let mut steps = Vec::new();
        if state.pending.is_none() && state.retiring.is_none() {
            steps.push(format!("begin (create a master key of epoch {})", state.last_epoch + 1));
        }
        if state.retiring.is_none() {
            steps.push("promote (make the new master key the active one)".to_owned());
        }
        steps.push(format!("run (wrap {} again)", count(wrapped, "data key")));
        if self.leaked || state.active.as_ref().is_some_and(|active| active.leaked) {
            steps.push("run (replace every data key and seal every stored key again)".to_owned());
        }
        steps.push("finish (retire the old master key and move it to a file of its own)".to_owned());
        let said = format!("remaining steps: {}", steps.join(", "));
        let item = Rotation {
            dry_run: true,
            data_keys: u64::try_from(wrapped).ok(),
            steps: Some(steps),
            ..Rotation::default()
        };
        output::change(
            context.format,
            &Change { kind: &kinds::MASTER_KEY_ROTATE, result: "planned", said: &said },
            &item,
        )
    }
}

/// Moves retired keys to files of their own. A notice names the files, because backups from their time need them.
fn set_aside(file: &KeyFile, active: u32) -> anyhow::Result<Vec<String>> {
    let _lock = file.lock()?;
    let aside: Vec<String> = file.set_aside(active)?.iter().map(|path| output::path(path)).collect();
    for path in &aside {
        output::warn(&format!("the old master key is in {path}: keep it as long as backups from its time"));
    }
    if !aside.is_empty() {
        output::warn("an earlier copy is of the old master key; make a new one: byok master-key escrow --to-file PATH");
    }
    Ok(aside)
}
