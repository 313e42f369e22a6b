//! `provider remove`: removes a provider that an admin added.

use anyhow::bail;
use clap::Args;

use byok::admin::ProviderRemoveResult;
use byok::exit;
use byok::provider::{Catalog, TargetError};

use crate::cli::arguments::ProviderArg;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::ProviderNamed;
use crate::cli::views::kinds;

/// Remove a provider that an admin added, and its routes (exit 5 if keys are stored for it)
#[derive(Args)]
#[command(visible_alias = "rm", after_help = "Example:\n  byok provider remove gateway")]
pub(crate) struct Remove {
    #[command(flatten)]
    provider: ProviderArg,
}

impl Remove {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let id = self.provider.id()?;
        if Catalog::builtin().find(&id).is_some() {
            bail!(Failure::usage("builtin", format!("{id} is in the catalog of byok and cannot be removed")));
        }
        let mut session = context.session().await?;
        let removal = session.database.remove_provider(&id).await?;
        if removal.result == ProviderRemoveResult::InUse {
            let message = format!(
                "{} stored for {id}; nothing was changed",
                match removal.keys {
                    1 => "1 key is".to_owned(),
                    keys => format!("{keys} keys are"),
                }
            );
            bail!(
                Failure::new(exit::CONFLICT, "in_use", message)
                    .hint(format!("to see them: byok key list {id} --all-orgs; byok platform-key list"))
            );
        }
        if removal.result == ProviderRemoveResult::Unknown {
            bail!(TargetError::unknown(id.as_str()));
        }
        let said = format!("the provider {id}: {}", removal.result);
        output::change(
            context.format,
            &Change { kind: &kinds::PROVIDER_REMOVE, result: removal.result.as_str(), said: &said },
            &ProviderNamed { provider: id.as_str() },
        )
    }
}
