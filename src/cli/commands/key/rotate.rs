//! `key rotate`: replaces the active key, and never stores a first one.

use clap::Args;

use byok::name::Holder;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::key::options::VersionArg;
use crate::cli::commands::key::{Aim, SetArgs, set_key};
use crate::cli::session::Context;
use crate::cli::terminal::failure::{Explain as _, Failure};

/// Replace the active key (exit 3 if there is none)
///
/// This is `key set` for scripts that must not store a first key. byok tests the new key first. If its provider rejects
/// it (exit 6) or cannot be reached (exit 7), nothing changes. The replaced key is kept for 24 hours, so that `byok key
/// rollback` can make it active again. It still works at its provider until you revoke it there; byok names the page.
/// The same key again changes nothing.
#[derive(Args)]
#[command(after_help = "Examples:
  op read op://acme/openai | byok key rotate openai --org acme --stdin
  byok key rotate openai --org acme --stdin --if-version 3 --keep-previous 7d < new-key")]
pub(crate) struct Rotate {
    #[command(flatten)]
    target: SetArgs,
    #[command(flatten)]
    version: VersionArg,
    #[command(flatten)]
    org: OrgArg,
}

impl Rotate {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = self.org.id()?;
        let first = format!("to store a first key: byok key set {} --org {org}", self.target.provider.text()?);
        let holder = Holder::Organization(org);
        let existing = self.version.existing_key()?;
        let rotated = set_key(context, &holder, Aim { verb: "rotate", existing }, self.target).await;
        match &rotated {
            Err(error) if Failure::of(error).code == "not_found" => rotated.hint(first),
            _ => rotated,
        }
    }
}
