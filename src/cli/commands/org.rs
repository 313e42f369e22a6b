//! `org list`, `show` and `purge`.

use clap::Subcommand;

use byok::Error;
use byok::admin::OrgPage;
use byok::credits::Credits;
use byok::error::ChangeError;
use byok::name::OrgId;

use crate::cli::arguments::OrgObject;
use crate::cli::ended::Ended;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::pager::{PAGE, page, pages};
use crate::cli::terminal::progress::Progress;
use crate::cli::views::changes::Purged;
use crate::cli::views::kinds;
use crate::cli::views::org::OrgView;
use crate::cli::views::{count, credits};

#[derive(Subcommand)]
pub(crate) enum Org {
    /// List the organizations that this login may see
    #[command(visible_alias = "ls", after_help = "Example:\n  byok org list")]
    List,
    /// Show one organization
    #[command(after_help = "Example:\n  byok org show acme")]
    Show {
        #[command(flatten)]
        org: OrgObject,
    },
    /// Erase all keys, the data key and the members of an organization, and close its account
    ///
    /// This cannot be undone, so the id must be given twice. Open holds are released, and what is left of the credits is
    /// written off, with an entry of the kind `close` in the ledger. The ledger and the audit log stay. The id is not
    /// used again, unless you run `byok enable ORG --reuse`. Backups and write-ahead logs still contain the keys, so
    /// revoke them at their providers too.
    #[command(after_help = "Example:\n  byok org purge acme --confirm acme")]
    Purge {
        #[command(flatten)]
        org: OrgObject,
        /// The organization's id again
        #[arg(long, value_name = "ORG")]
        confirm: Option<String>,
    },
}

impl Org {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::List => list(context).await,
            Self::Show { org } => show(context, &org.id()?).await,
            Self::Purge { org, confirm } => {
                let org = org.spelled(|org| format!("byok org purge {org} --confirm {org}"))?;
                purge(context, &org, confirm.as_deref()).await
            }
        }
    }
}

async fn purge(context: &mut Context, org: &OrgId, confirm: Option<&str>) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    if confirm.is_none_or(|typed| typed != org.as_str()) && !(confirm.is_none() && dry_run::is_on()) {
        return Err(needs_confirmation(context, &mut session, org, confirm.is_some()).await?.into());
    }
    // The id was given twice, which is a yes.
    let question = format!("Erase every key of {org} and close its account?");
    let _confirmed = context.confirm(&question, true)?;
    let members = session.database.members(org).await?;
    let purged = Progress::waiting("erasing the keys").during(session.database.purge(org)).await?;
    let written_off = Credits::from_micro(purged.written_off);
    let said = format!(
        "{org}: erased {} and all members, wrote off {}, and closed the account; not enabled ({})",
        count(purged.keys, "key version"),
        credits(written_off),
        purged.result
    );
    if purged.keys > 0 {
        context.notice(&format!("the erased keys of {org} still work at their providers until they are revoked there"));
    }
    let mut left = Ended::default();
    for member in members {
        // A login whose name byok cannot write, or that was dropped, has no session here.
        let Ok(login) = member.login.parse() else { continue };
        let one = Ended::after(context, &mut session, Some(org), &login).await;
        let one = one.took_effect(&said)?;
        left = Ended { ended: left.ended + one.ended, open: left.open + one.open };
    }
    let item = Purged {
        org: org.as_str(),
        keys: purged.keys,
        written_off: written_off.to_string(),
        enabled: false,
        ended: left.ended,
        open: left.open,
    };
    output::change(
        context.format,
        &Change { kind: &kinds::ORG_PURGE, result: purged.result.as_str(), said: &said },
        &item,
    )?;
    Ok(left.exit())
}

/// A purge wants the id twice.
async fn needs_confirmation(
    context: &Context,
    session: &mut Session,
    org: &OrgId,
    typed: bool,
) -> anyhow::Result<Failure> {
    let balance = session.database.balance(org).await?;
    let rest = credits(Credits::from_micro(balance.available.saturating_add(balance.held)));
    let why = if typed { "--confirm names another organization" } else { "so it needs --confirm" };
    let message =
        format!("this erases every key of {org} and closes its account, which has {rest}; {why}; nothing was changed");
    let failure = Failure::usage("needs_confirmation", message).at(&context.chosen()?.named());
    Ok(failure.hint(format!("byok org purge {org} --confirm {org}")))
}

async fn list(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let list = List::begin(context.format, &kinds::ORG_LIST);
    let fetch = async |after: Option<String>| {
        let found = session.database.orgs(OrgPage { after: after.as_deref(), limit: PAGE }).await?;
        Ok(page(found, PAGE, |org| org.org.clone()))
    };
    pages(list, |org| OrgView::from(org), fetch).await
}

async fn show(context: &mut Context, org: &OrgId) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let found =
        session.database.org(org).await?.ok_or_else(|| Error::Change(ChangeError::NoSuchOrg(org.to_string())))?;
    output::item(context.format, &kinds::ORG_SHOW, &OrgView::from(&found))?;
    Ok(byok::exit::OK)
}
