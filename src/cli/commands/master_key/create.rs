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
use crate::cli::session::settings::KeySource;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::handover::HandoverArgs;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{input, output};
use crate::cli::views::changes::{MasterKeyBegun, MasterKeyNamed, MasterKeysAt};

/// Make the first master key, and register it with the database
///
/// The key is written to the file that BYOK_MASTER_KEY_FILE names, and then registered. `byok init` does the same. If a master key is
/// registered already, nothing changes. With --only a key is made and handed over without a database: put it where
/// BYOK_MASTER_KEY_COMMAND or a credential finds it, then run `byok init`.
///
/// With --lost a new master key replaces one that is lost with all its copies. Every stored key must be set again. Until then requests
/// that it should serve are denied. They do not use the platform's key instead.
#[derive(Args)]
#[command(after_help = "Examples:
  BYOK_MASTER_KEY_FILE=/etc/byok/master.key byok master-key create
  byok master-key create --only --to-file /dev/shm/master.key
  BYOK_MASTER_KEY_FILE=/etc/byok/new.key byok master-key create --lost")]
pub(crate) struct Create {
    /// Make a key and hand it over without using a database
    #[arg(long)]
    only: bool,
    /// The master key and all copies are lost: begin again with a new one
    #[arg(long, conflicts_with_all = ["only", "to_file"])]
    lost: bool,
    /// Do not ask
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
                Failure::usage("nothing_to_write", "--to-file is for a key that only is made")
                    .hint("give --only too, or name the file in BYOK_MASTER_KEY_FILE")
            );
        }
        let mut session = context.session().await?;
        let source = session.master_key_source()?;
        let result = first::make_or_check(&mut session.database, &source).await?;
        let names: Vec<String> =
            session.database.hello().master_keys.iter().map(|(epoch, value)| named(*epoch, *value)).collect();
        let result = if result == "created" { "created" } else { "unchanged" };
        let said = format!("master key {} ({result}): {}", names.join(", "), keys::place(&source));
        let item = MasterKeysAt { master_keys: names, place: keys::place(&source) };
        output::change(context.format, &Change { kind: "master_key.create", result, said: &said }, &item)
    }

    fn only(&self, context: &Context) -> anyhow::Result<u8> {
        let mut handover = self.handover.reserve("a master key")?;
        let key = keys::generate(1)?;
        let text = key.to_text();
        handover.prepare(&text)?;
        let place = handover.give(&text);
        let name = named(key.epoch(), key.check_value());
        let item = MasterKeyNamed { epoch: key.epoch(), fingerprint: key.check_value().to_string() };
        output::change(
            context.format,
            &Change { kind: "master_key.create", result: "created", said: &format!("master key {name}: {place}") },
            &item,
        )
    }
}

/// An existing file may contain the key that is said to be lost, so only a new file is written.
async fn lost(context: &mut Context, yes: bool) -> anyhow::Result<u8> {
    let question = "Begin again with a new master key? Every stored key must be set again, by its owner.";
    let _confirmed = input::confirm(question, yes, context.no_input())?;
    let mut session = context.session().await?;
    let KeySource::File(path, _) = session.master_key_source()? else {
        bail!(
            Failure::usage("no_place", "a new master key is written to a file")
                .hint("name one that is not there in BYOK_MASTER_KEY_FILE")
        );
    };
    let hello = session.database.hello();
    let last = hello.master_keys.iter().map(|(epoch, _)| *epoch).max().ok_or(Error::Key(KeyError::NoMasterKey))?;
    let (key, name) = new_key(&path, last)?;
    if Some(name.0) == hello.active_epoch && hello.master_keys.contains(&name) {
        let said = format!("master key {} is in use, and at hand (unchanged): nothing is lost", named(name.0, name.1));
        let item = MasterKeyNamed { epoch: name.0, fingerprint: name.1.to_string() };
        return output::change(
            context.format,
            &Change { kind: "master_key.create", result: "unchanged", said: &said },
            &item,
        );
    }
    let begun = session.database.ask(async |database| database.replace_lost_master_key(name).await).await;
    let (data_keys, keys) = match begun {
        Ok(counts) => counts,
        Err(error) => refused(&mut session.database, &path, &key, error).await?,
    };
    context
        .notice("see what must be set again: byok key list --all-orgs; issue data keys anew: byok data-key issue ORG");
    let said = format!("master key {} begins; {keys} stored keys must be set again", named(name.0, name.1));
    let item = MasterKeyBegun {
        epoch: name.0,
        fingerprint: name.1.to_string(),
        erased_data_keys: data_keys,
        keys_to_set_again: keys,
    };
    output::change(context.format, &Change { kind: "master_key.create", result: "begun_again", said: &said }, &item)
}

/// The new key. An earlier attempt may have written it already. Otherwise it is made and written to a new file.
fn new_key(path: &Path, last: u32) -> anyhow::Result<(MasterKeys, (u32, CheckValue))> {
    if !path.exists() {
        let key = keys::generate(last + 1)?;
        keys::write_new(path, &[&key])?;
        let name = (key.epoch(), key.check_value());
        return Ok((MasterKeys::new(key, Vec::new()).map_err(|_| Error::Key(KeyError::TwoMasterKeys))?, name));
    }
    let held = keys::load(&KeySource::File(path.to_owned(), "BYOK_MASTER_KEY_FILE")).ok().flatten();
    let name = held.as_ref().and_then(|held| held.names().into_iter().max_by_key(|(epoch, _)| *epoch));
    match (held, name) {
        (Some(held), Some(name)) if name.0 >= last && held.names().len() == 1 => Ok((held, name)),
        _ => {
            let message = format!("{} is there: it may be the key that is lost, or a copy of it", output::path(path));
            Err(Failure::new(exit::CONFLICT, "exists", message)
                .hint("try it: byok master-key verify; or name a file that is not there in BYOK_MASTER_KEY_FILE")
                .into())
        }
    }
}

/// After a refusal: an earlier attempt, whose answer was lost, may have succeeded. The key's file is removed only if the database says
/// over a new connection that it does not know the key.
async fn refused(database: &mut Database, path: &Path, key: &MasterKeys, error: Error) -> anyhow::Result<(i64, i64)> {
    if !matches!(error, Error::Key(KeyError::Rotation(_)) | Error::Access(AccessError::NoServiceRole(_))) {
        return Err(error.into());
    }
    if first::is_foreign(database, key).await {
        std::fs::remove_file(path).ok();
        return Err(error.into());
    }
    let active = database.hello().active_epoch;
    if key.names().iter().any(|(epoch, _)| Some(*epoch) == active) { Ok((0, 0)) } else { Err(error.into()) }
}
