//! `credits reconcile`.

use clap::Args;

use byok::Error;
use byok::error::AccessError;
use byok::exit;

use crate::cli::arguments::OrgsOrWord;
use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::cli::views::kinds;
use crate::cli::views::reconcile::TotalsView;

/// Check that the ledger adds up: every balance is the sum of its entries, and the total is zero
///
/// Every grant is subtracted from ISSUED, so that the total is zero. Exit 0 if the ledger adds up, and 9 if not.
/// Expired holds are released first, if this login may do that. Without --org, all organizations are checked, or the one
/// that BYOK_ORG names.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok credits reconcile\n  byok credits reconcile --org acme -o json")]
pub(crate) struct Reconcile {
    #[command(flatten)]
    orgs: OrgsOrWord,
}

impl Reconcile {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = self.orgs.one_or_all()?;
        let mut session = context.session().await?;
        if let Some(org) = &org {
            session.check_org(org).await?;
        }
        let progress = Progress::waiting("adding the ledger up");
        let released = match session.database.expire_holds(org.as_ref()).await {
            Ok(count) => count,
            // An auditor may read, and may not release.
            Err(Error::Access(AccessError::NoServiceRole(_))) => 0,
            Err(error) => return Err(error.into()),
        };
        let totals = session.database.totals(org.as_ref()).await?;
        let findings = session.database.findings(org.as_ref()).await?;
        drop(progress);
        let view = TotalsView::of(&totals, released, &findings);
        output::item(context.format, &kinds::CREDITS_RECONCILE, &view)?;
        if findings.is_empty() && totals.total == 0 {
            context.notice("the ledger adds up");
            return Ok(exit::OK);
        }
        output::beside(context.format, "finding", view.findings())?;
        output::warn("the ledger does not add up: somebody changed the tables directly, or the disk lost data");
        Ok(exit::CHECK_FAILED)
    }
}
