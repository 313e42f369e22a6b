//! `key rotate`: another key in place of the one in force; where there is none, nothing is stored.

use clap::Args;

use byok::admin::sealing::Existing;
use byok::name::Holder;

use crate::cli::arguments::OrgArg;
use crate::cli::commands::key::{SetArgs, set_key};
use crate::cli::session::Context;
use crate::cli::terminal::failure::{Explain as _, Failure};

/// Replace the key in force; if there is none, nothing is stored (exit 3)
///
/// This is `key set` for scripts that must not create a first key. The previous key is kept until the next change: `key rollback`.
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
        let holder = Holder::Organization(self.org.id()?);
        let rotated = set_key(context, &holder, Existing::Key, self.target).await;
        match &rotated {
            Err(error) if Failure::of(error).code == "not_found" => rotated.hint("to store a first one: byok key set"),
            _ => rotated,
        }
    }
}
