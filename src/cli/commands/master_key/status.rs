//! `master-key status` and `master-key loaded`.

use anyhow::bail;
use clap::Args;

use byok::admin::{MasterKeyRecord, MasterKeyState};
use byok::error::KeyError;
use byok::system::machine;
use byok::{Error, exit};

use crate::cli::session::keys;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::LoadedKeys;
use crate::cli::views::kinds;
use crate::cli::views::master_key::{HolderView, MasterKeyView};

/// Show the master keys: fingerprints, what each wraps, which of them byok finds, which hosts loaded them, and whether
/// a copy was checked
///
/// Exit 9 if a rotation is unfinished, or if the master key that byok finds is not the active one.
#[derive(Args)]
#[command(after_help = "Example:\n  byok master-key status")]
pub(crate) struct MasterKeyStatus {}

/// Report that this host has loaded the master keys that byok finds on it
///
/// `rotate promote` is refused while a host that reported within the last day has not loaded the new key. Run this on
/// hosts whose software does not report by itself.
#[derive(Args)]
#[command(after_help = "Example:\n  byok master-key loaded --instance api-7")]
pub(crate) struct Loaded {
    /// The name of this host (default: its host name)
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
}

pub(crate) async fn run(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let records = session.database.master_keys().await?;
    let holders = session.database.master_key_holders().await?;
    let (held, wrong) = found_here(&session);
    let view = |it: &MasterKeyRecord| MasterKeyView::of(it, &held, &holders);
    let code = list::records(context.format, &kinds::MASTER_KEY_STATUS, &records, view)?;
    let (holders, faulty) = list::sound(&holders, |it| HolderView::from(it));
    if !holders.is_empty() {
        output::beside(context.format, "host", &holders)?;
    }
    let copied = records.iter().any(|record| record.state == MasterKeyState::Active && record.escrowed_at.is_some());
    if !copied && !records.is_empty() {
        output::warn(
            "no copy of the active master key was ever checked; to write one: byok master-key escrow --to-file PATH; to check it: byok master-key escrow --confirm --from-file PATH",
        );
    }
    let unfinished = records
        .iter()
        .any(|record| record.state == MasterKeyState::Pending || record.state == MasterKeyState::Retiring);
    if unfinished {
        output::warn("a rotation is unfinished; to continue it: byok master-key rotate");
    }
    Ok(match unfinished || wrong {
        true => exit::CHECK_FAILED,
        false if faulty => exit::PARTIAL,
        false => code,
    })
}

/// The epochs of the keys that byok finds, and whether one of them is wrong.
fn found_here(session: &Session) -> (Vec<u32>, bool) {
    let loaded = session.master_key_source().and_then(|source| keys::load(&source));
    let keys = match loaded {
        Ok(Some(keys)) => keys,
        Ok(None) => return (Vec::new(), false),
        Err(error) => {
            output::warn(&format!("no master key was found: {}", Failure::of(&error).message));
            return (Vec::new(), false);
        }
    };
    let epochs = || keys.names().into_iter().map(|(epoch, _)| epoch).collect();
    match byok::admin::sealing::check_in_use(&session.database, &keys) {
        Ok(()) => (epochs(), false),
        // The database knows the key, but it is not active.
        Err(error @ Error::Key(KeyError::MissingMasterKey { .. })) => {
            output::warn(&error.to_string());
            (epochs(), true)
        }
        Err(error) => {
            output::warn(&error.to_string());
            (Vec::new(), true)
        }
    }
}

impl Loaded {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let instance = self.instance.unwrap_or_else(machine::name);
        if instance.is_empty() || instance.len() > 200 || instance.chars().any(char::is_control) {
            bail!(Failure::usage("bad_name", "the name of an instance has 1 to 200 printable characters"));
        }
        let mut session = context.session().await?;
        let keys = session.master_keys().await?;
        // A key that is not registered yet is not reported.
        let known: Vec<_> =
            keys.names().into_iter().filter(|key| session.database.hello().master_keys.contains(key)).collect();
        session.database.report_master_keys(&instance, &known).await?;
        let epochs: Vec<u32> = known.iter().map(|(epoch, _)| *epoch).collect();
        let words: Vec<String> = epochs.iter().map(ToString::to_string).collect();
        let said = format!("{instance} has loaded the master keys of epoch {}", words.join(" and "));
        let item = LoadedKeys { instance, epochs };
        output::change(
            context.format,
            &Change { kind: &kinds::MASTER_KEY_LOADED, result: "recorded", said: &said },
            &item,
        )
    }
}
