//! `data-key issue`: hands the data keys of organizations over to their owners.

use std::path::{Path, PathBuf};

use clap::Args;

use byok::admin::crypto::{DataKey, MasterKeys};
use byok::admin::sealing;
use byok::name::{Holder, OrgId};
use byok::secret::SecretText;
use byok::system::file;

use crate::cli::arguments::OrgOrWord;
use crate::cli::arguments::listed::{self, Asked, ListArg};
use crate::cli::login::tell_if_disabled;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::changes::Changes;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::cannot_write;
use crate::cli::terminal::handover::{Handover, HandoverArgs, Thing};
use crate::cli::terminal::output::Change;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::{data_key_file, dry_run, output};
use crate::cli::views::changes::DataKeyNamed;
use crate::cli::views::kinds;
use crate::cli::views::listed::DataKeyListed;

/// Give an owner the data key of its organization, so that the owner needs no master key
///
/// The owner sets BYOK_DATA_KEY_FILE, BYOK_DATA_KEY_COMMAND or BYOK_DATA_KEY, and uses its own database login. The data
/// key opens and seals only the keys of this organization. The audit log records every issue. This needs the master
/// key. With --from-file, the data key of each organization of a list goes to a file of its own in a directory.
#[derive(Args)]
#[command(after_help = "Examples:
  byok data-key issue --org acme --to-file acme.datakey
  byok data-key issue --from-file orgs.txt --to-dir datakeys")]
pub(crate) struct Issue {
    #[command(flatten)]
    org: OrgOrWord,
    #[command(flatten)]
    handover: HandoverArgs,
    /// Write the data keys to files in this directory that only you can read, named after the organizations
    #[arg(long, value_name = "DIR", conflicts_with = "to_file")]
    to_dir: Option<PathBuf>,
    #[command(flatten)]
    list: ListArg,
}

impl Issue {
    pub(super) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        if let Some(asked) = self.list.read(&["org"], listed::org)? {
            if self.org.is_typed() {
                let failure = Failure::usage("two_values", "an organization was named beside --from-file");
                return Err(failure.hint("leave one of the two out").into());
            }
            let Some(dir) = &self.to_dir else {
                let failure = Failure::usage("no_place", "data keys of a list go to files of a directory");
                return Err(failure.hint("give --to-dir DIR").into());
            };
            return several(context, asked, dir).await;
        }
        let org = self.org.id()?;
        let reserved = match &self.to_dir {
            Some(dir) => Reserved::of(dir, &org)?,
            None => Reserved { place: Some(self.handover.reserve(&named(&org))?), found: None, given: self.handover },
        };
        let mut session = context.session().await?;
        let keys = session.master_keys().await?;
        let given = reserved.given.clone();
        let issued = issue(&mut session, &keys, &org, reserved).await?;
        let change = Change { kind: &kinds::DATA_KEY_ISSUE, result: "issued", said: &issued.said(&org) };
        let code = output::change(context.format, &change, &issued.named(&org))?;
        tell_next(context, &given, &org);
        tell_if_disabled(context, &mut session, &org).await;
        Ok(code)
    }
}

/// Says what to do with a data key that was handed over.
fn tell_next(context: &Context, handover: &HandoverArgs, org: &OrgId) {
    if dry_run::is_on() {
        return;
    }
    let Thing { named, setting } = handover.thing("the data key", "BYOK_DATA_KEY");
    context.notice(&format!(
        "give an owner of {org}: {named}; the owner sets {setting}, beside BYOK_DATABASE_URL_FILE for the connection string of their \
         login, and begins with: byok key set PROVIDER --org {org}"
    ));
}

/// Issues the data keys of a list. A failure of one does not keep the others from being issued.
async fn several(context: &mut Context, asked: Vec<Asked<OrgId>>, dir: &Path) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let keys = session.master_keys().await?;
    let mut changes = Changes::begin(context.format, kinds::DATA_KEY_ISSUE_LIST, asked.len());
    let progress = Progress::of(u64::try_from(asked.len()).unwrap_or_default(), "data keys");
    for Asked { line, what } in asked {
        let outcome = match what {
            Err(failure) => Err((None, failure)),
            Ok(org) => match one(&mut session, &keys, &org, dir).await {
                Ok(issued) => Ok((org, issued)),
                Err(error) => Err((Some(org), Failure::of(&error))),
            },
        };
        progress.add(1);
        progress.beside(|| match outcome {
            Ok((org, issued)) => {
                let result = if issued.found { "unchanged" } else { "issued" };
                let DataKeyNamed { org: id, epoch, fingerprint } = issued.named(&org);
                let item = DataKeyListed {
                    line,
                    org: Some(id.to_owned()),
                    epoch: Some(epoch),
                    fingerprint: Some(fingerprint),
                };
                changes.done(result, &issued.said(&org), &item)
            }
            Err((org, failure)) => {
                // A line that cannot be read has its number already.
                let failure = match (&org, line) {
                    (Some(_), Some(line)) => listed::named(line, failure),
                    _ => failure,
                };
                let org = org.map(|org| org.to_string());
                changes.failed(&DataKeyListed { line, org, epoch: None, fingerprint: None }, failure.into())
            }
        })?;
    }
    drop(progress);
    changes.end()
}

/// Issues the data key of one organization of a list.
async fn one(session: &mut Session, keys: &MasterKeys, org: &OrgId, dir: &Path) -> anyhow::Result<Issued> {
    issue(session, keys, org, Reserved::of(dir, org)?).await
}

/// A data key that was handed over.
struct Issued {
    epoch: u32,
    fingerprint: String,
    place: String,
    /// Whether it was in its file already.
    found: bool,
}

impl Issued {
    fn named<'a>(&self, org: &'a OrgId) -> DataKeyNamed<'a> {
        DataKeyNamed { org: org.as_str(), epoch: self.epoch, fingerprint: self.fingerprint.clone() }
    }

    fn said(&self, org: &OrgId) -> String {
        format!("data key of {org}, fingerprint {} (epoch {}): {}", self.fingerprint, self.epoch, self.place)
    }
}

/// Where a data key will be.
struct Reserved {
    /// `None` in a dry run without the directory.
    place: Option<Handover>,
    /// What an earlier command left in the file.
    found: Option<SecretText>,
    given: HandoverArgs,
}

impl Reserved {
    /// The file of an organization's data key. The directory is made if it is not there.
    fn of(dir: &Path, org: &OrgId) -> anyhow::Result<Self> {
        let given = HandoverArgs::file(data_key_file::path(dir, org));
        if dry_run::is_on() && !dir.exists() {
            return Ok(Self { place: None, found: None, given });
        }
        file::create_directory(dir)
            .map_err(|error| cannot_write("", dir, &error, "name a directory in which you can write: --to-dir DIR"))?;
        let (place, found) = given.resume(&named(org))?;
        Ok(Self { place: Some(place), found, given })
    }
}

fn named(org: &OrgId) -> String {
    format!("the data key of {org}")
}

async fn issue(session: &mut Session, keys: &MasterKeys, org: &OrgId, reserved: Reserved) -> anyhow::Result<Issued> {
    let Reserved { place, found, given } = reserved;
    let holder = Holder::Organization(org.clone());
    // A data key that a dry run makes is forgotten, so it has no name.
    let forgotten = dry_run::is_on() && session.database.data_key(&holder).await?.is_none();
    let key = sealing::issue_data_key(&mut session.database, keys, org).await?;
    let fingerprint = if forgotten { String::new() } else { key.check_value(org.as_str()).to_string() };
    let epoch = key.epoch();
    let (place, found) = match (place, found) {
        (None, _) => ("not handed over".into(), false),
        (_, Some(text)) if text.is_same_as(&key.to_text()) => ("in its file already".into(), true),
        (_, Some(_)) => return Err(given.in_the_way().into()),
        (Some(place), None) => (hand_over(place, &key)?, false),
    };
    Ok(Issued { epoch, fingerprint, place, found })
}

/// Writes a data key to its file, or shows it. Returns where it is, in words.
pub(super) fn hand_over(mut place: Handover, key: &DataKey) -> anyhow::Result<String> {
    let text = key.to_text();
    place.prepare(&text)?;
    Ok(place.give(&text))
}
