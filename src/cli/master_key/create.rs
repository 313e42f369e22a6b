//! `master-key create`: the first master key.

use clap::Args;
use serde_json::json;

use byok::{Error, exit};

use super::named;
use crate::cli::failure::Failure;
use crate::cli::handover::HandoverArgs;
use crate::cli::session::Context;
use crate::cli::settings::KeySource;
use crate::cli::{init, input, master, out};

/// Make the first master key, and register it with the database
///
/// It is written to the file that BYOK_MASTER_KEY_FILE names before the database hears of it. `byok init` does the same on
/// its way; a database that knows a master key already keeps it. With --only a key is made and handed over, and no database
/// is touched: put it where BYOK_MASTER_KEY_COMMAND or a credential finds it, then run `byok init`.
///
/// With --lost a new one begins because the old one and every copy of it are gone. Every stored key must be set again; until
/// it is, requests that it should serve are denied, and do not go over to the platform's.
#[derive(Args)]
#[command(after_help = "Examples:
  BYOK_MASTER_KEY_FILE=/etc/byok/master.key byok master-key create
  byok master-key create --only --to-file /dev/shm/master.key
  BYOK_MASTER_KEY_FILE=/etc/byok/new.key byok master-key create --lost")]
pub(crate) struct Create {
    /// Make a key, hand it over and touch no database
    #[arg(long)]
    only: bool,
    /// The master key and every copy are gone for good: begin again with a new one
    #[arg(long, conflicts_with_all = ["only", "to_file"])]
    lost: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    handover: HandoverArgs,
}

impl Create {
    pub(crate) async fn run(self, context: &mut Context) -> Result<u8, Failure> {
        if self.only {
            return self.only(context);
        }
        if self.lost {
            return lost(context, self.yes).await;
        }
        if self.handover.is_given() {
            return Err(Failure::usage("nothing_to_write", "--to-file is for a key that only is made")
                .hint("give --only too, or name the file in BYOK_MASTER_KEY_FILE"));
        }
        let mut session = context.session().await?;
        let source = session.master_key_source()?;
        let result = init::master_key(&mut session.database, &source).await?;
        let names: Vec<String> =
            session.database.hello().master_keys.iter().map(|(epoch, value)| named(*epoch, *value)).collect();
        let result = if result == "created" { "created" } else { "unchanged" };
        let said = format!("master key {} ({result}): {}", names.join(", "), master::place(&source));
        let item = json!({"master_keys": names, "place": master::place(&source)});
        out::change(context.format, "master_key.create", &said, (result, item))
    }

    fn only(&self, context: &Context) -> Result<u8, Failure> {
        let mut handover = self.handover.reserve("a master key")?;
        let key = master::generate(1)?;
        let text = key.to_text();
        handover.prepare(&text)?;
        let place = handover.give(&text);
        let name = named(key.epoch(), key.check_value());
        let item = json!({"epoch": key.epoch(), "fingerprint": key.check_value().to_string()});
        out::change(context.format, "master_key.create", &format!("master key {name}: {place}"), ("created", item))
    }
}

/// A file that is there may hold the key that is said to be lost: only one that is not there is written.
async fn lost(context: &mut Context, yes: bool) -> Result<u8, Failure> {
    let question = "Begin again with a new master key? Every stored key must be set again, by its owner.";
    let _confirmed = input::confirm(question, yes, context.no_input())?;
    let mut session = context.session().await?;
    let KeySource::File(path, _) = session.master_key_source()? else {
        return Err(Failure::usage("no_place", "a new master key is written to a file")
            .hint("name one that is not there in BYOK_MASTER_KEY_FILE"));
    };
    let last = session.database.hello().master_keys.iter().map(|(epoch, _)| *epoch).max().ok_or(Error::NoMasterKey)?;
    let key = master::generate(last + 1)?;
    if path.exists() {
        let message = format!("{} is there: it may be the key that is lost, or a copy of it", out::path(&path));
        return Err(Failure::new(exit::CONFLICT, "exists", message)
            .hint("try it: byok master-key verify; or name a file that is not there in BYOK_MASTER_KEY_FILE"));
    }
    master::write_new(&path, &[&key])?;
    let name = (key.epoch(), key.check_value());
    let (data_keys, keys) = session.database.replace_lost_master_key(name).await.inspect_err(|error| {
        // A definite no: nothing knows of the new key.
        if matches!(error, Error::Rotation(_) | Error::NoServiceRole(_)) {
            std::fs::remove_file(&path).ok();
        }
    })?;
    context
        .notice("see what must be set again: byok key list --all-orgs; issue data keys anew: byok data-key issue ORG");
    let said = format!("master key {} begins; {keys} stored keys must be set again", named(name.0, name.1));
    let item = json!({
        "epoch": name.0, "fingerprint": name.1.to_string(), "erased_data_keys": data_keys, "keys_to_set_again": keys,
    });
    out::change(context.format, "master_key.create", &said, ("begun_again", item))
}
