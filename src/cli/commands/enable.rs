//! `enable` and `disable`: whether an organization may use its own keys.

use clap::Args;

use byok::Error;
use byok::admin::{DisableResult, NewTenant};
use byok::error::ChangeError;
use byok::import::Fields;
use byok::name::{Login, OrgId};

use crate::cli::arguments::OrgObjects;
use crate::cli::arguments::listed::{self, Asked, ListArg};
use crate::cli::login::ONLY_YOURS;
use crate::cli::session::Context;
use crate::cli::terminal::changes::Changes;
use crate::cli::terminal::failure::{Explain as _, Failure, is_reserved};
use crate::cli::terminal::ids;
use crate::cli::terminal::progress::Progress;
use crate::cli::views::kinds;
use crate::cli::views::listed::{OrgDisabled, OrgEnabled};

/// Let organizations use their own keys; a new organization is created
///
/// Only the owners of an organization can set its keys. To add an owner later, use `byok member add`. In the private
/// database, your own login becomes the owner if --owner is not given. An id that was purged is refused (exit 5). With --reuse
/// it is given to a new tenant, who gets nothing of the old one: no credits, no request ids, no records.
#[derive(Args)]
#[command(after_help = "Examples:
  byok enable acme --owner ada
  byok enable acme bolt
  byok enable --from-file orgs.txt --owner importer")]
pub(crate) struct Enable {
    #[command(flatten)]
    orgs: OrgObjects,
    #[command(flatten)]
    list: ListArg,
    /// Make this database login an owner of each; a line of a list may name another one, as its field owner
    #[arg(long, value_name = "LOGIN")]
    owner: Option<String>,
    /// Also enable an id that was purged, for a new tenant with an empty account
    #[arg(long)]
    reuse: bool,
}

/// Stop using organizations' own keys
///
/// The keys stay stored. Requests use the platform's keys, if there are any.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok disable acme\n  byok disable --from-file orgs.txt")]
pub(crate) struct Disable {
    #[command(flatten)]
    orgs: OrgObjects,
    #[command(flatten)]
    list: ListArg,
}

/// An organization to enable.
struct Tenant {
    org: OrgId,
    owner: Option<Login>,
}

/// The owner that was named may have no login. A login is only created as a member of an organization that is there.
fn with_owner<T>(enabled: byok::Result<T>, org: &OrgId, is_private: bool) -> anyhow::Result<T> {
    let hint = match &enabled {
        Err(Error::Change(ChangeError::NoSuchLogin(_))) if is_private => ONLY_YOURS.to_owned(),
        Err(Error::Change(ChangeError::NoSuchLogin(login))) if !is_reserved(login) => {
            format!("byok enable {org}; then: byok member add {login} --org {org} --create-login --to-file {login}.url")
        }
        _ => return Ok(enabled?),
    };
    enabled.hint(hint)
}

/// Whether both a list and the command line name organizations.
fn named_twice(orgs: &OrgObjects, list: &ListArg) -> Result<(), Failure> {
    if !(orgs.is_typed() && list.is_given()) {
        return Ok(());
    }
    let failure = Failure::usage("two_values", "an organization was named beside --from-file");
    Err(failure.hint("leave one of the two out"))
}

impl Enable {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let owner: Option<Login> = ids::maybe(self.owner.as_deref())?;
        let asked = self.asked()?;
        let mut session = context.session().await?;
        // The private database has a single login. It becomes the owner, so that it can set keys.
        let own: Option<Login> = session.is_private().then(|| ids::id(&session.database.hello().login)).transpose()?;
        let owner = owner.or(own);
        let mut changes = Changes::begin(context.format, kinds::ORG_ENABLE, asked.len());
        let progress = Progress::of(u64::try_from(asked.len()).unwrap_or_default(), "organizations");
        let mut unowned = None;
        for Asked { line, what } in asked {
            progress.add(1);
            let Tenant { org, owner } = match what {
                Ok(tenant) => Tenant { owner: tenant.owner.or_else(|| owner.clone()), ..tenant },
                Err(failure) => {
                    let item = OrgEnabled { line, org: String::new(), enabled: None, owner: None };
                    progress.beside(|| changes.failed(&item, failure.into()))?;
                    continue;
                }
            };
            let item = |enabled, owner: Option<&Login>| OrgEnabled {
                line,
                org: org.to_string(),
                enabled,
                owner: owner.map(ToString::to_string),
            };
            let new = NewTenant { owner: owner.as_ref(), reuse: self.reuse };
            match with_owner(session.database.enable_for(&org, new).await, &org, session.is_private()) {
                Ok(result) => {
                    let named = owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
                    let said = format!("{org} is enabled for its own keys ({result}){named}");
                    let item = item(Some(true), owner.as_ref());
                    progress.beside(|| changes.done(result.as_str(), &said, &item))?;
                    unowned = unowned.or_else(|| owner.is_none().then(|| org.to_string()));
                }
                Err(error) => {
                    let error = listed::explained(context, line, error).await;
                    progress.beside(|| changes.failed(&item(None, None), error))?;
                }
            }
        }
        drop(progress);
        let code = changes.end()?;
        if let Some(org) = unowned.filter(|_| code == byok::exit::OK) {
            let hint = format!(
                "to add an owner: byok member add LOGIN --org {org}; a new login: with --create-login --to-file PATH"
            );
            context.notice(&format!("the owners of an organization set its keys; {hint}"));
        }
        Ok(code)
    }

    /// The organizations of the list, or those of the command line.
    fn asked(&self) -> anyhow::Result<Vec<Asked<Tenant>>> {
        named_twice(&self.orgs, &self.list)?;
        let tenant = |fields: &mut Fields| {
            let org = listed::org(fields)?;
            Ok(Tenant { org, owner: listed::login(fields, "owner")? })
        };
        if let Some(asked) = self.list.read(&["org", "owner"], tenant)? {
            return Ok(asked);
        }
        let typed = self.orgs.ids()?.into_iter();
        Ok(typed.map(|org| Asked::typed(Tenant { org, owner: None })).collect())
    }
}

impl Disable {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        named_twice(&self.orgs, &self.list)?;
        let asked = if let Some(asked) = self.list.read(&["org"], listed::org)? {
            asked
        } else {
            let orgs = self.orgs.spelled(|org| format!("byok disable {org}"))?;
            orgs.into_iter().map(Asked::typed).collect()
        };
        let mut session = context.session().await?;
        let mut changes = Changes::begin(context.format, kinds::ORG_DISABLE, asked.len());
        let progress = Progress::of(u64::try_from(asked.len()).unwrap_or_default(), "organizations");
        for Asked { line, what } in asked {
            let org = match what {
                Ok(org) => org,
                Err(failure) => {
                    let item = OrgDisabled { line, org: String::new(), enabled: None };
                    progress.beside(|| changes.failed(&item, failure.into()))?;
                    continue;
                }
            };
            let outcome = session.database.disable(&org).await;
            progress.add(1);
            match outcome {
                Ok(result) => {
                    let begin = if result == DisableResult::Unchanged {
                        "was not enabled (unchanged)"
                    } else {
                        "is now disabled"
                    };
                    let said = format!(
                        "{org} {begin}; its keys stay stored, and requests use the platform's keys, if there are any"
                    );
                    let item = OrgDisabled { line, org: org.to_string(), enabled: Some(false) };
                    progress.beside(|| changes.done(result.as_str(), &said, &item))?;
                }
                Err(error) => {
                    let item = OrgDisabled { line, org: org.to_string(), enabled: None };
                    let error = listed::explained(context, line, error.into()).await;
                    progress.beside(|| changes.failed(&item, error))?;
                }
            }
        }
        drop(progress);
        changes.end()
    }
}
