//! `data-key`: an owner opens and seals with the data key of its organization, instead of the master key.

mod issue;

use clap::{Args, Subcommand};

use byok::admin::crypto::DataKey;
use byok::admin::sealing::{self, Unreadable};
use byok::error::ConnectionError;
use byok::name::Holder;
use byok::{Error, exit};

use crate::cli::arguments::{HolderArg, OrgOrWord};
use crate::cli::session::Context;
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::handover::HandoverArgs;
use crate::cli::terminal::input;
use crate::cli::terminal::input::{Prompt, SourceArgs};
use crate::cli::terminal::output::Change;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::{dry_run, output};
use crate::cli::views::changes::{DataKeyDiscarded, DataKeyNamed, DataKeyRotated};
use crate::cli::views::count;
use crate::cli::views::kinds;

#[derive(Subcommand)]
pub(crate) enum DataKeyCommand {
    Issue(issue::Issue),
    Rotate(Rotate),
    Restore(Restore),
    /// Erase a data key that does not open; the keys that it sealed must then be set again
    #[command(after_help = "Examples:
  byok data-key discard --org acme --yes
  byok data-key discard --platform --yes")]
    Discard {
        #[command(flatten)]
        whose: HolderArg,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
}

/// Replace an organization's data key, and seal its stored keys again under the new one
///
/// Use this if somebody who had the data key left, or if it may have leaked. The old data key then opens nothing. All
/// stored keys stay active. If one of them does not open, nothing is changed. This needs the master key.
#[derive(Args)]
#[command(after_help = "Examples:
  byok data-key rotate --org acme --yes
  byok data-key rotate --org acme --yes --to-file acme.datakey
  byok data-key rotate --platform --yes")]
pub(crate) struct Rotate {
    #[command(flatten)]
    whose: HolderArg,
    /// Skip stored keys that do not open, instead of changing nothing
    #[arg(long)]
    leave_unreadable: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    handover: HandoverArgs,
}

/// Restore a data key from its owner's copy, after the master key was lost
///
/// The keys that it sealed open again, so nobody has to set them again. This works only while the organization has no
/// other data key. It needs the new master key.
#[derive(Args)]
#[command(after_help = "Examples:
  byok data-key restore --org acme --from-file acme.datakey
  byok data-key restore --org acme                     # typed without echo")]
pub(crate) struct Restore {
    #[command(flatten)]
    org: OrgOrWord,
    #[command(flatten)]
    source: SourceArgs,
}

impl DataKeyCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Issue(verb) => verb.run(context).await,
            Self::Rotate(verb) => verb.run(context).await,
            Self::Restore(verb) => verb.run(context).await,
            Self::Discard { whose, yes } => {
                let holder = whose.spelled(|org| format!("byok data-key discard --org {org}"))?;
                discard(context, &holder, yes).await
            }
        }
    }
}

impl Rotate {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let holder = self.whose.spelled(|org| format!("byok data-key rotate --org {org}"))?;
        let question = format!("Replace the data key of {holder}? Its owners then need the new data key.");
        let _confirmed = context.confirm(&question, self.yes)?;
        let wanted = self.handover.is_given();
        let handover = wanted.then(|| self.handover.reserve("the data key")).transpose()?;
        let unreadable = if self.leave_unreadable { Unreadable::Leave } else { Unreadable::Refuse };
        let mut session = context.session().await?;
        let keys = session.master_keys().await?;
        let rotated = sealing::rotate_data_key(&mut session.database, &keys, &holder, unreadable);
        let rotated = Progress::waiting("sealing the keys again").during(rotated).await;
        let rotated = rotated.map_err(|error| match error {
            Error::Connection(ConnectionError::Lost(_)) => {
                Failure { code: "may_be_done", ..error.into() }.hint(check_first(&holder)).into()
            }
            other => anyhow::Error::from(other),
        })?;
        let org = named(&holder);
        let Some(rotated) = rotated else {
            let said = format!("{holder} has no data key yet (unchanged)");
            let item = DataKeyRotated { org, epoch: None, fingerprint: None, keys: 0, left: 0 };
            let change = Change { kind: &kinds::DATA_KEY_ROTATE, result: "unchanged", said: &said };
            return output::change(context.format, &change, &item);
        };
        let (epoch, name) = (rotated.data_key.epoch(), rotated.data_key.check_value(holder.as_str()));
        let done = format!(
            "data key of {holder}: fingerprint {name} (epoch {epoch}) now seals {}",
            count(rotated.keys, "stored key")
        );
        let place = handover.map(|place| issue::hand_over(place, &rotated.data_key)).transpose();
        let place = place.map_err(|error| not_handed_over(Failure::of(&error).took_effect(&done), org))?;
        let said = format!("{done}{}", place.map(|place| format!("; it is {place}")).unwrap_or_default());
        if let (Some(org), false) = (org, self.handover.is_given()) {
            output::warn(&format!(
                "the owner needs the new data key: byok data-key issue --org {org} --to-file {org}.datakey"
            ));
        }
        for left in &rotated.left {
            output::say(&format!("skipped, because it does not open: {}", left.in_words()));
        }
        // The data key of a dry run is forgotten, so it has no name.
        let fingerprint = Some(name.to_string()).filter(|_| !dry_run::is_on());
        let epoch = Some(epoch);
        let item = DataKeyRotated { org, epoch, fingerprint, keys: rotated.keys, left: rotated.left.len() };
        output::change(context.format, &Change { kind: &kinds::DATA_KEY_ROTATE, result: "rotated", said: &said }, &item)
    }
}

impl Restore {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = self.org.id()?;
        let scripted = format!("name a file: byok data-key restore --org {org} --from-file PATH");
        let prompt = format!("Data key for organization {org}: ");
        let text =
            input::secret(&self.source, context.no_input(), &Prompt { text: &prompt, scripted: &scripted }).await?;
        let key = DataKey::parse(text.expose())
            .map_err(|error| Failure::new(exit::NOT_AUTHORIZED, "wrong_data_key", error.to_string()))
            .hint("give the text that byok data-key issue wrote: it begins with BYOKD1-");
        let key = self.source.named(key)?;
        let mut session = context.session().await?;
        let keys = session.master_keys().await?;
        let holder = Holder::Organization(org.clone());
        let result = sealing::restore_data_key(&mut session.database, &keys, &holder, &key).await?;
        let name = key.check_value(org.as_str());
        let said = format!("data key of {org}, fingerprint {name} (epoch {}), is in use ({result})", key.epoch());
        let item = DataKeyNamed { org: org.as_str(), epoch: key.epoch(), fingerprint: name.to_string() };
        output::change(
            context.format,
            &Change { kind: &kinds::DATA_KEY_RESTORE, result: result.as_str(), said: &said },
            &item,
        )
    }
}

/// The organization of a holder. `None` stands for the platform.
fn named(holder: &Holder) -> Option<&str> {
    match holder {
        Holder::Organization(org) => Some(org.as_str()),
        Holder::Platform => None,
    }
}

/// The hint after a lost answer. The audit log tells whether the data key was replaced, and it shows no secret.
fn check_first(holder: &Holder) -> String {
    let of = named(holder).map_or("--platform".into(), |org| format!("--org {org}"));
    format!(
        "check first whether it was replaced: byok audit list {of} --action data_key.rotate --limit 1; a second run replaces it again"
    )
}

async fn discard(context: &mut Context, holder: &Holder, yes: bool) -> anyhow::Result<u8> {
    let question =
        format!("Erase the data key of {holder}, if it does not open? Its stored keys must then be set again.");
    let _confirmed = context.confirm(&question, yes)?;
    let mut session = context.session().await?;
    let keys = session.master_keys().await?;
    let epoch = sealing::discard_data_key(&mut session.database, &keys, holder).await?;
    let result = if epoch.is_some() { "discarded" } else { "unchanged" };
    if epoch.is_some() {
        let steps = match named(holder) {
            Some(org) => {
                format!(
                    "byok key list --org {org}; the owner first needs a new data key: byok data-key issue --org {org} --to-file {org}.datakey"
                )
            }
            None => "byok platform-key list".into(),
        };
        output::warn(&format!("set its stored keys again; to see them: {steps}"));
    }
    let said = match epoch {
        Some(epoch) => format!("the data key of {holder} (epoch {epoch}) is erased ({result})"),
        None => format!("{holder} had no data key in use ({result})"),
    };
    output::change(
        context.format,
        &Change { kind: &kinds::DATA_KEY_DISCARD, result, said: &said },
        &DataKeyDiscarded { org: named(holder), epoch },
    )
}

/// The failure after the change was made: the data key is in use and can be issued again. A repeated command would replace
/// it again, so the exit code is not that of a failure that passes.
fn not_handed_over(failure: Failure, org: Option<&str>) -> Failure {
    let failure = Failure { exit: exit::FAILURE, ..failure };
    match org {
        Some(org) => failure.hint(format!(
            "the new data key is in use; to get it again: byok data-key issue --org {org} --to-file {org}.datakey"
        )),
        None => failure,
    }
}
