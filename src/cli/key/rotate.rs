//! `key rotate`: another key in place of the one in force; where there is none, nothing is stored.

use clap::Args;

use byok::Error;
use byok::db::KeyPage;
use byok::name::Holder;
use byok::provider::Target;

use super::{SetArgs, set_key};
use crate::cli::OrgArg;
use crate::cli::failure::Failure;
use crate::cli::session::Context;

/// Replace the key in force by another; exit 3 where there is none, and nothing is stored
///
/// The same as `key set`, for scripts that must not create. The key before it is kept until the next change: `key rollback`.
#[derive(Args)]
#[command(after_help = "Example:\n  op read op://acme/openai | byok key rotate openai --org acme --stdin")]
pub(crate) struct Rotate {
    #[command(flatten)]
    target: SetArgs,
    #[command(flatten)]
    org: OrgArg,
}

impl Rotate {
    pub(crate) async fn run(self, context: &mut Context) -> Result<u8, Failure> {
        let holder = Holder::Organization(self.org.org.parse()?);
        let provider = Target::parse_provider(&self.target.provider)?;
        let mut session = context.session().await?;
        let page = KeyPage { holder: Some(&holder), provider: Some(provider.as_str()), after: None, limit: 1 };
        if session.database.keys(page).await?.is_empty() {
            return Err(Failure::from(Error::NoSuchKey(format!("{provider} of {holder}")))
                .hint("to store a first one: byok key set"));
        }
        set_key(context, &holder, self.target).await
    }
}
