//! `master-key escrow`: writes a copy of the master key to lock away, and checks such a copy.

use std::fmt::Write as _;

use anyhow::bail;
use clap::Args;

use byok::admin::crypto::MasterKeys;
use byok::admin::sealing;
use byok::error::KeyError;
use byok::secret::SecretText;
use byok::{Error, exit};

use crate::cli::session::keys::named;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::handover::HandoverArgs;
use crate::cli::terminal::input;
use crate::cli::terminal::input::{Prompt, SourceArgs};
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::{CopyOfKeys, MasterKeyNamed};
use crate::cli::views::kinds;

/// Write a copy of the master key to lock away, or check such a copy (--confirm)
///
/// Without the master key and without a copy, every stored key is lost. The copy is a file that BYOK_MASTER_KEY_FILE
/// can name. It opens every key, so keep it offline, and apart from the backups of the database. It contains every
/// master key that is still needed. If one of them is missing, no copy is written. With --confirm, exit 9 if the copy
/// is not of the active master key.
#[derive(Args)]
#[command(after_help = "Examples:
  byok master-key escrow --to-file /mnt/usb/byok-escrow.txt
  byok master-key escrow --confirm --from-file /mnt/usb/byok-escrow.txt
  byok master-key escrow --confirm                     # type a printed copy, without echo")]
pub(crate) struct Escrow {
    /// Read a copy, compare it with the database, and record that it is good
    #[arg(long, conflicts_with = "to_file")]
    confirm: bool,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    handover: HandoverArgs,
}

impl Escrow {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        if self.confirm {
            return confirm(context, &self.source).await;
        }
        if self.source.is_given() {
            bail!(Failure::usage("needs_confirm", "a copy is only read with --confirm").hint("add --confirm"));
        }
        let mut handover = self.handover.reserve("a copy of the master key")?;
        let mut session = context.session().await?;
        let keys = session.master_keys().await?;
        let count = sealing::check_complete_copy(&mut session.database, &keys).await?;
        let text = document(&keys, &session, count);
        handover.prepare(&text)?;
        let place = handover.give(&text);
        context.notice("to check the copy where it is kept: byok master-key escrow --confirm --from-file PATH");
        let names: Vec<String> = keys.names().into_iter().map(|(epoch, value)| named(epoch, value)).collect();
        let said = format!(
            "master key {}, which wraps {}: {place}",
            names.join(" and "),
            crate::cli::views::count(count, "data key")
        );
        let item = CopyOfKeys { master_keys: MasterKeyNamed::all(&keys.names()), data_keys: Some(count) };
        output::change(
            context.format,
            &Change { kind: &kinds::MASTER_KEY_ESCROW, result: "written", said: &said },
            &item,
        )
    }
}

/// The text of a copy: the keys, and what somebody must know who finds it in a safe.
fn document(keys: &MasterKeys, session: &Session, count: i64) -> SecretText {
    // The capacity is reserved first. A growing string would leave copies of the keys in freed memory.
    let mut text = String::with_capacity(1024 + 256 * keys.iter().count());
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "# byok: copy of the master key. Whoever reads this can open every stored key.
# Database: {}
# Data keys that depend on it: {count}
# To use it, name this file in BYOK_MASTER_KEY_FILE (chmod 600); then: byok master-key verify",
        session.place()
    );
    for key in keys.iter() {
        let _ = write!(text, "\n# Epoch {}, fingerprint {}\n", key.epoch(), key.check_value());
        text.push_str(key.to_text().expose());
    }
    SecretText::new(text)
}

/// A whole copy of a master key that this database does not have is a check that failed.
fn of_another(error: Error) -> anyhow::Error {
    let failed = matches!(error, Error::Key(KeyError::WrongMasterKey { .. } | KeyError::OtherMasterKey));
    let failure = Failure::from(error);
    let failure = if failed { Failure { exit: exit::CHECK_FAILED, ..failure } } else { failure };
    failure.into()
}

async fn confirm(context: &mut Context, source: &SourceArgs) -> anyhow::Result<u8> {
    let prompt = Prompt {
        text: "Master key of the copy: ",
        scripted: "name the copy: byok master-key escrow --confirm --from-file PATH",
    };
    let text = input::secret(source, context.no_input(), &prompt).await?;
    let keys = MasterKeys::parse(text.expose())
        .map_err(|error| Failure::new(exit::NOT_AUTHORIZED, "no_master_key", format!("the copy: {error}")))
        .hint("give the file that byok master-key escrow wrote");
    let keys = source.named(keys)?;
    let mut session = context.session().await?;
    sealing::check_masters(&session.database, &keys).map_err(of_another)?;
    let hello = session.database.hello().clone();
    let known: Vec<_> = keys.names().into_iter().filter(|key| hello.master_keys.contains(key)).collect();
    for (epoch, value) in &known {
        session.database.confirm_escrow(*epoch, *value).await?;
    }
    let names: Vec<String> = known.iter().map(|(epoch, value)| named(*epoch, *value)).collect();
    let item = CopyOfKeys { master_keys: MasterKeyNamed::all(&known), data_keys: None };
    if !known.iter().any(|(epoch, _)| Some(*epoch) == hello.active_epoch) {
        let said = format!("the copy is of master key {}, which is not active", names.join(" and "));
        output::warn("make a copy of the active master key: byok master-key escrow --to-file PATH");
        output::change(
            context.format,
            &Change { kind: &kinds::MASTER_KEY_ESCROW, result: "not_in_use", said: &said },
            &item,
        )?;
        return Ok(exit::CHECK_FAILED);
    }
    let said = format!("the copy is good: master key {}", names.join(" and "));
    output::change(context.format, &Change { kind: &kinds::MASTER_KEY_ESCROW, result: "confirmed", said: &said }, &item)
}
