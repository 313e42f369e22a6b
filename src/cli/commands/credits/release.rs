//! `credits release`.

use clap::Args;

use byok::Error;
use byok::credits::{Credits, RequestId};
use byok::name::OrgId;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::credits::posting::{for_resolvers, in_org, report};
use crate::cli::session::Context;
use crate::cli::terminal::ids;
use crate::cli::views::credits;
use crate::cli::views::kinds;

/// End a hold without a charge
///
/// This needs the role resolver.
#[derive(Args)]
#[command(after_help = "Example:\n  byok credits release call-17 --org acme")]
pub(crate) struct Release {
    /// The request id of the hold
    request: String,
    #[command(flatten)]
    org: OrgArg,
}

impl Release {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org: OrgId = self.org.id()?;
        let request: RequestId = ids::id(&self.request)?;
        let mut session = context.session().await?;
        let moved = session.database.release(&org, &request).await;
        let moved = match moved {
            Err(error @ Error::Access(_)) => return Err(for_resolvers(&session, error)),
            other => in_org(other, &org)?,
        };
        let words = format!("released {}", credits(Credits::from_micro(moved.posting.available)));
        report(context, &kinds::CREDITS_RELEASE, &org, &moved, &words)
    }
}
