//! `provider list` and `show`. The catalog needs no database. Providers that admins added come from the database.

use clap::Args;

use byok::admin::Listed as _;
use byok::exit;
use byok::name::ProviderId;
use byok::provider::{Capability, Catalog, Provider, ProviderEntry};

use crate::cli::arguments::{ProviderArg, capability};
use crate::cli::session::{Context, private_provider};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::views::kinds;
use crate::cli::views::provider::{ProviderDetails, ProviderView};

/// List the providers of the catalog (needs no database), or those that admins added
///
/// LANGUAGES counts the languages that the catalog lists, and is empty if it lists none. TEST is free, generate (only a paid
/// test: --generate) or none.
#[derive(Args)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:
  byok provider list
  byok provider list --capability voice --language hi-IN
  byok provider list --private"
)]
pub(crate) struct ListProviders {
    /// Only providers that serve this capability: llm, voice or voice-generation
    #[arg(long)]
    capability: Option<String>,
    /// Only providers that are known to speak this language, such as hi or ta-IN
    #[arg(long)]
    language: Option<String>,
    /// Only providers that admins added to this database
    #[arg(long)]
    private: bool,
}

/// Show a provider: its fields, the form of its keys, and how they are tested
#[derive(Args)]
#[command(after_help = "Examples:\n  byok provider show sarvam\n  byok provider show azure_openai -o json")]
pub(crate) struct Show {
    #[command(flatten)]
    provider: ProviderArg,
}

impl ListProviders {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let wanted: Option<Capability> = self.capability.as_deref().map(capability).transpose()?;
        let (private, all) = if self.private { added(context).await? } else { (Vec::new(), true) };
        let fits = |provider: &&Provider| {
            wanted.is_none_or(|capability| provider.capabilities.contains(&capability))
                && self.language.as_deref().is_none_or(|language| provider.speaks(language))
        };
        let builtin = Catalog::builtin().providers().iter().filter(|_| !self.private);
        let fitting = builtin.chain(private.iter().map(|it| &**it)).filter(fits);
        let views: Vec<ProviderView> = fitting.map(ProviderView::from).collect();
        let code = list::all(context.format, &kinds::PROVIDER_LIST, &views)?;
        Ok(if all { code } else { exit::PARTIAL })
    }
}

/// The providers that admins added, and whether all could be read. An invalid one is named in a message, so that the
/// others are still listed.
async fn added(context: &mut Context) -> anyhow::Result<(Vec<ProviderEntry>, bool)> {
    let mut session = context.session().await?;
    let (mut known, mut all) = (Vec::new(), true);
    for stored in session.database.providers(None).await? {
        let usable = match (stored.fault(), stored.provider.parse::<ProviderId>()) {
            (None, Ok(id)) => private_provider(&id, &stored).map_err(|error| Failure::of(&error).message),
            (Some(fault), _) => Err(format!("{} is not shown: {fault}", stored.name())),
            (None, Err(error)) => Err(error.to_string()),
        };
        match usable {
            Ok(provider) => known.push(provider),
            Err(message) => {
                all = false;
                output::say(&format!("error: {message}"));
            }
        }
    }
    Ok((known, all))
}

impl Show {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let id = self.provider.id()?;
        let known = match Catalog::builtin().find(&id) {
            Some(provider) => ProviderEntry::Builtin(provider),
            None => context.session().await?.provider(&id).await?,
        };
        output::item(context.format, &kinds::PROVIDER_SHOW, &ProviderDetails::from(&known))?;
        Ok(exit::OK)
    }
}
