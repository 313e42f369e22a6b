//! `enable` and `disable`: whether an organization may use its own keys.

use clap::Args;

use byok::name::{Login, OrgId};

use crate::cli::session::Context;
use crate::cli::terminal::ids;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::{OrgDisabled, OrgEnabled};

/// Let organizations use their own keys; a new organization is created
///
/// Only the owners of an organization can set its keys. To add an owner later, use `byok member add`. In the private
/// database, your own login becomes the owner if --owner is not given.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok enable acme --owner ada\n  byok enable acme bolt")]
pub(crate) struct Enable {
    /// The organizations' ids
    #[arg(required = true, value_name = "ORG")]
    orgs: Vec<String>,
    /// Make this database login an owner of each
    #[arg(long, value_name = "LOGIN")]
    owner: Option<String>,
}

/// Stop using organizations' own keys
///
/// The keys stay stored. Requests use the platform's keys, if there are any.
#[derive(Args)]
#[command(after_help = "Example:\n  byok disable acme")]
pub(crate) struct Disable {
    /// The organizations' ids
    #[arg(required = true, value_name = "ORG")]
    orgs: Vec<String>,
}

impl Enable {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let orgs = parse(&self.orgs)?;
        let owner: Option<Login> = ids::maybe(self.owner.as_deref())?;
        let mut session = context.session().await?;
        // The private database has a single login. It becomes the owner, so that it can set keys.
        let own: Option<Login> = session.is_private().then(|| ids::id(&session.database.hello().login)).transpose()?;
        let owner = owner.or(own);
        for org in &orgs {
            let (result, named) = match &owner {
                Some(owner) => (session.database.enable_for(org, owner).await?, format!(", owner {owner}")),
                None => (session.database.enable(org).await?, String::new()),
            };
            let said = format!("{org} is enabled for its own keys ({result}){named}");
            let item = OrgEnabled { org: org.as_str(), enabled: true, owner: owner.as_ref().map(Login::as_str) };
            output::change(
                context.format,
                &Change { kind: "org.enable", result: result.as_str(), said: &said },
                &item,
            )?;
        }
        if owner.is_none() {
            context.notice(&format!(
                "the owners of an organization set its keys; to add an owner: byok member add {} LOGIN",
                orgs[0]
            ));
        }
        Ok(byok::exit::OK)
    }
}

impl Disable {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let orgs = parse(&self.orgs)?;
        let mut session = context.session().await?;
        for org in &orgs {
            let result = session.database.disable(org).await?;
            let said = format!(
                "{org} is not enabled; its keys stay stored, and requests use the platform's keys, if there are any ({result})"
            );
            output::change(
                context.format,
                &Change { kind: "org.disable", result: result.as_str(), said: &said },
                &OrgDisabled { org: org.as_str(), enabled: false },
            )?;
        }
        Ok(byok::exit::OK)
    }
}

fn parse(orgs: &[String]) -> anyhow::Result<Vec<OrgId>> {
    Ok(orgs.iter().map(|org| ids::id(org)).collect::<Result<_, _>>()?)
}
