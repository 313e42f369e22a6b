//! `key rotate`: replaces the active key, and never stores a first one.

use clap::Args;

use byok::admin::sealing::Existing;
use byok::name::Holder;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::key::{SetArgs, set_key};
use crate::cli::session::Context;
use crate::cli::terminal::failure::{Explain as _, Failure};

/// Replace the active key (exit 3 if there is none)
///
/// This is `key set` for scripts that must not store a first key. The previous key is kept until the next change; `byok
/// key rollback` makes it active again.
#[derive(Args)]
#[command(after_help = "Example:\n  op read op://acme/openai | byok key rotate openai --org acme --stdin")]
pub(crate) struct Rotate {
    #[command(flatten)]
    target: SetArgs,
    #[command(flatten)]
    org: OrgArg,
}

impl Rotate {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = self.org.id()?;
        let first = format!("to store a first key: byok key set {} --org {org}", self.target.provider.text()?);
        let holder = Holder::Organization(org);
        let rotated = set_key(context, &holder, Existing::Key, self.target).await;
        match &rotated {
            Err(error) if Failure::of(error).code == "not_found" => rotated.hint(first),
            _ => rotated,
        }
    }
}
