//! `master-key create`: the first master key.

use std::path::Path;

use anyhow::bail;
use clap::Args;

use byok::admin::Database;
use byok::admin::crypto::{CheckValue, MasterKeys};
use byok::error::{AccessError, KeyError};
use byok::{Error, exit};

use crate::cli::commands::master_key::first;
use crate::cli::session::Context;
use crate::cli::session::keys;
use crate::cli::session::keys::named;
use crate::cli::session::settings::SecretSource;
use crate::cli::session::sources;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::handover::HandoverArgs;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{dry_run, output};
use crate::cli::views::changes::{MasterKeyCreated, MasterKeyNamed};
use crate::cli::views::count;
use crate::cli::views::kinds;

/// Create the first master key, and register it with the database
///
/// byok writes the key to the file that BYOK_MASTER_KEY_FILE names, and then registers it. `byok init` does the same.
/// If the database already has a master key, nothing changes.
///
/// With --only, byok creates a key and shows it or writes it to a file, and uses no database. Put this key where
/// BYOK_MASTER_KEY_COMMAND or a systemd credential finds it, then run `byok init`.
///
/// With --lost, a new master key replaces one that is lost together with all its copies. Every stored key must then be
/// set again, unless an owner still has the data key (`byok data-key restore`). Until then, requests that need one of
/// these keys are denied. They never use the platform's key instead.
#[derive(Args)]
#[command(after_help = "Examples:
  BYOK_MASTER_KEY_FILE=/etc/byok/master.key byok master-key create
  byok master-key create --only --to-file /dev/shm/master.key
  BYOK_MASTER_KEY_FILE=/etc/byok/new.key byok master-key create --lost")]
pub(crate) struct Create {
    /// Only create a key and hand it over, without a database
    #[arg(long)]
    only: bool,
    /// Start again with a new master key, because the old one and all its copies are lost
    #[arg(long, conflicts_with_all = ["only", "to_file"])]
    lost: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    handover: HandoverArgs,
}

impl Create {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        if self.only {
            return self.only(context);
        }
        if self.lost {
            return lost(context, self.yes).await;
        }
        if self.handover.is_given() {
            bail!(
                Failure::usage("nothing_to_write", "--to-file needs --only")
                    .hint("give --only too, or set BYOK_MASTER_KEY_FILE to the file for the key")
            );
        }
        let mut session = context.session().await?;
        let source = session.master_key_source()?;
        let result = first::make_or_check(&mut session.database, &source).await?;
        let result = if result == "created" { "created" } else { "unchanged" };
        let known = &session.database.hello().master_keys;
        // The key of a dry run is made and forgotten, so it has no name.
        let known = if result == "created" && dry_run::is_on() { &[] } else { known.as_slice() };
        let names: Vec<String> = known.iter().map(|(epoch, value)| named(*epoch, *value)).collect();
        let said = format!("master key {} ({result}): {}", names.join(", "), sources::place(&source));
        let item = MasterKeyCreated {
            master_keys: MasterKeyNamed::all(known),
            place: Some(sources::place(&source)),
            erased_data_keys: None,
            keys_to_set_again: None,
        };
        output::change(context.format, &Change { kind: &kinds::MASTER_KEY_CREATE, result, said: &said }, &item)
    }

    fn only(&self, context: &Context) -> anyhow::Result<u8> {
        let mut handover = self.handover.reserve("a master key")?;
        let key = keys::generate(1)?;
        let text = key.to_text();
        handover.prepare(&text)?;
        let place = handover.give(&text);
        let name = named(key.epoch(), key.check_value());
        let item = MasterKeyCreated::of(key.epoch(), key.check_value());
        output::change(
            context.format,
            &Change {
                kind: &kinds::MASTER_KEY_CREATE,
                result: "created",
                said: &format!("master key {name}: {place}"),
            },
            &item,
        )
    }
}

/// Starts again after a loss. An existing file may contain the key that is said to be lost, so the new key goes to a
/// new file.
async fn lost(context: &mut Context, yes: bool) -> anyhow::Result<u8> {
    let question = "Start again with a new master key? Every stored key must then be set again by its owner, unless an owner \
                    still has the data key.";
    let _confirmed = context.confirm(question, yes)?;
    let mut session = context.session().await?;
    let SecretSource::File(path, _) = session.master_key_source()? else {
        bail!(
            Failure::usage("no_place", "a new master key is written to a file, and no file was named")
                .hint("set BYOK_MASTER_KEY_FILE to a file that does not exist")
        );
    };
    let hello = session.database.hello();
    let last = hello.master_keys.iter().map(|(epoch, _)| *epoch).max().ok_or(Error::Key(KeyError::NoMasterKey))?;
    let (key, name) = new_key(&path, last)?;
    if Some(name.0) == hello.active_epoch && hello.master_keys.contains(&name) {
        let said = format!("master key {} is active and was found (unchanged): it is not lost", named(name.0, name.1));
        let item = MasterKeyCreated::of(name.0, name.1);
        return output::change(
            context.format,
            &Change { kind: &kinds::MASTER_KEY_CREATE, result: "unchanged", said: &said },
            &item,
        );
    }
    let begun = session.database.ask(async |database| database.replace_lost_master_key(name.0, name.1).await).await;
    let (data_keys, keys) = match begun {
        Ok(counts) => counts,
        Err(error) => refused(&mut session.database, &path, &key, error).await?,
    };
    output::warn(
        "first, where an owner has the data key: byok data-key restore --org ORG; then set all other keys again: byok key list --all-orgs; byok platform-key list",
    );
    let said =
        format!("master key {} is active; {} must be set again", named(name.0, name.1), count(keys, "stored key"));
    let item = MasterKeyCreated {
        erased_data_keys: Some(data_keys),
        keys_to_set_again: Some(keys),
        ..MasterKeyCreated::of(name.0, name.1)
    };
    output::change(
        context.format,
        &Change { kind: &kinds::MASTER_KEY_CREATE, result: "begun_again", said: &said },
        &item,
    )
}

/// The new key. If an earlier attempt has written it to the file already, that key is used. Otherwise a key is made and
/// written.
fn new_key(path: &Path, last: u32) -> anyhow::Result<(MasterKeys, (u32, CheckValue))> {
    if !path.exists() {
        let key = keys::generate(last + 1)?;
        keys::write_new(path, &[&key])?;
        let name = (key.epoch(), key.check_value());
        return Ok((MasterKeys::new(key, Vec::new()).map_err(|_| Error::Key(KeyError::TwoMasterKeys))?, name));
    }
    let held = keys::load(&SecretSource::File(path.to_owned(), "BYOK_MASTER_KEY_FILE")).ok().flatten();
    let name = held.as_ref().and_then(|held| held.names().into_iter().max_by_key(|(epoch, _)| *epoch));
    match (held, name) {
        (Some(held), Some(name)) if name.0 >= last && held.names().len() == 1 => Ok((held, name)),
        _ => {
            let message = format!("{} already exists: it may be the lost key, or a copy of it", output::path(path));
            Err(Failure::new(exit::CONFLICT, "exists", message)
                .hint("try it: byok master-key verify; or set BYOK_MASTER_KEY_FILE to a file that does not exist")
                .into())
        }
    }
}

/// Decides what a refusal means. An earlier attempt may have succeeded although its answer was lost. The key's file is
/// removed only if the database says over a new connection that it does not know the key.
async fn refused(database: &mut Database, path: &Path, key: &MasterKeys, error: Error) -> anyhow::Result<(i64, i64)> {
    if !matches!(error, Error::Key(KeyError::Rotation(_)) | Error::Access(AccessError::NoServiceRole(_))) {
        return Err(error.into());
    }
    if !dry_run::is_on() && first::is_foreign(database, key).await {
        std::fs::remove_file(path).ok();
        return Err(error.into());
    }
    let active = database.hello().active_epoch;
    if key.names().iter().any(|(epoch, _)| Some(*epoch) == active) { Ok((0, 0)) } else { Err(error.into()) }
}
