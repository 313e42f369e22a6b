//! `enable` and `disable`: whether an organization may use its own keys.

use clap::Args;

use byok::admin::{DisableResult, NewTenant};
use byok::name::Login;

use crate::cli::arguments::OrgObjects;
use crate::cli::session::Context;
use crate::cli::terminal::changes::Changes;
use crate::cli::terminal::ids;
use crate::cli::views::changes::{OrgDisabled, OrgEnabled};
use crate::cli::views::kinds;

/// Let organizations use their own keys; a new organization is created
///
/// Only the owners of an organization can set its keys. To add an owner later, use `byok member add`. In the private
/// database, your own login becomes the owner if --owner is not given. An id that was purged is refused (exit 5). With --reuse
/// it is given to a new tenant, who gets nothing of the old one: no credits, no request ids, no records.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok enable acme --owner ada\n  byok enable acme bolt")]
pub(crate) struct Enable {
    #[command(flatten)]
    orgs: OrgObjects,
    /// Make this database login an owner of each
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
#[command(after_help = "Example:\n  byok disable acme")]
pub(crate) struct Disable {
    #[command(flatten)]
    orgs: OrgObjects,
}

impl Enable {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let orgs = self.orgs.ids()?;
        let owner: Option<Login> = ids::maybe(self.owner.as_deref())?;
        let mut session = context.session().await?;
        // The private database has a single login. It becomes the owner, so that it can set keys.
        let own: Option<Login> = session.is_private().then(|| ids::id(&session.database.hello().login)).transpose()?;
        let owner = owner.or(own);
        let mut changes = Changes::begin(context.format, kinds::ORG_ENABLE, orgs.len());
        for org in &orgs {
            let named = owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
            let tenant = NewTenant { owner: owner.as_ref(), reuse: self.reuse };
            match session.database.enable_for(org, tenant).await {
                Ok(result) => {
                    let said = format!("{org} is enabled for its own keys ({result}){named}");
                    let owner = owner.as_ref().map(Login::as_str);
                    let item = OrgEnabled { org: org.as_str(), enabled: Some(true), owner };
                    changes.done(result.as_str(), &said, &item)?;
                }
                Err(error) => {
                    let item = OrgEnabled { org: org.as_str(), enabled: None, owner: None };
                    changes.failed(&item, context.explained(error.into()).await)?;
                }
            }
        }
        let code = changes.end()?;
        if owner.is_none() && code == byok::exit::OK {
            context.notice(&format!(
                "the owners of an organization set its keys; to add an owner: byok member add LOGIN --org {}",
                orgs[0]
            ));
        }
        Ok(code)
    }
}

impl Disable {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let orgs = self.orgs.spelled(|org| format!("byok disable {org}"))?;
        let mut session = context.session().await?;
        let mut changes = Changes::begin(context.format, kinds::ORG_DISABLE, orgs.len());
        for org in &orgs {
            match session.database.disable(org).await {
                Ok(result) => {
                    let begin = if result == DisableResult::Unchanged {
                        "was not enabled (unchanged)"
                    } else {
                        "is now disabled"
                    };
                    let said = format!(
                        "{org} {begin}; its keys stay stored, and requests use the platform's keys, if there are any"
                    );
                    changes.done(result.as_str(), &said, &OrgDisabled { org: org.as_str(), enabled: Some(false) })?;
                }
                Err(error) => {
                    let item = OrgDisabled { org: org.as_str(), enabled: None };
                    changes.failed(&item, context.explained(error.into()).await)?;
                }
            }
        }
        changes.end()
    }
}
