//! `provider route`: which provider serves a capability, for all languages or for one.

use anyhow::bail;
use clap::Args;

use byok::admin::RouteResult;
use byok::exit;
use byok::name::ProviderId;
use byok::provider::Capability;

use crate::cli::arguments::{MaybeProviderArg, capability, is_language};
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::RouteSet;
use crate::cli::views::kinds;
use crate::cli::views::provider::RouteView;

/// Choose the provider that serves a capability, or list the routes
///
/// For `resolve voice --language hi-IN`, byok uses the route for hi-IN. If there is none, it uses the route for hi, and
/// if there is none either, the route without a language.
#[derive(Args)]
#[command(after_help = "Examples:
  byok provider route
  byok provider route voice sarvam
  byok provider route voice elevenlabs --language en
  byok provider route voice --language en --clear")]
pub(crate) struct RouteVerb {
    /// The capability: llm, voice or voice-generation
    capability: Option<String>,
    #[command(flatten)]
    provider: MaybeProviderArg,
    /// Only for this language, such as hi or hi-IN
    #[arg(long, requires = "capability")]
    language: Option<String>,
    /// Remove the route
    #[arg(long, requires = "capability")]
    clear: bool,
}

impl RouteVerb {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = self.provider.id()?;
        let Some(typed) = &self.capability else {
            return if provider.is_none() { list(context).await } else { Err(no_capability().into()) };
        };
        let capability = capability(typed)?;
        if provider.is_some() && self.clear {
            bail!(
                Failure::usage("contradiction", "--clear removes the route, so it takes no provider")
                    .hint("name a provider, or give --clear")
            );
        }
        if provider.is_none() && !self.clear {
            bail!(
                Failure::usage("missing", "no provider was named")
                    .hint("name a provider, or give --clear to remove the route")
            );
        }
        let language = self.language.as_deref().unwrap_or_default();
        if self.language.is_some() && !is_language(language) {
            bail!(Failure::usage("bad_language", "a language is a tag such as hi or hi-IN"));
        }
        set(context, capability, language, provider).await
    }
}

fn no_capability() -> Failure {
    Failure::usage("missing", "no capability was named").hint("byok provider route CAPABILITY PROVIDER")
}

async fn list(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let routes = session.database.routes().await?;
    list::records(context.format, &kinds::PROVIDER_ROUTE_LIST, &routes, |route| RouteView::from(route))
}

async fn set(
    context: &mut Context,
    capability: Capability,
    language: &str,
    provider: Option<ProviderId>,
) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    if let Some(id) = &provider {
        let known = session.provider(id).await?;
        if !known.capabilities.contains(&capability) {
            bail!(
                Failure::usage("wrong_capability", format!("{} does not serve {capability}", known.name))
                    .hint(format!("to see who does: byok provider list --capability {capability}"))
            );
        }
        if !language.is_empty() && !known.languages.is_empty() && !known.speaks(language) {
            output::warn(&format!("{} is not known to speak {language}", known.name));
        }
    }
    let change = session.database.set_route(capability, language, provider.as_ref()).await?;
    let of = if language.is_empty() { capability.to_string() } else { format!("{capability} in {language}") };
    if change.result == RouteResult::Unknown {
        let message = format!("{of} never had a route");
        bail!(Failure::new(exit::NOT_FOUND, "not_found", message).hint("to see the routes: byok provider route"));
    }
    let said = match &provider {
        Some(provider) => format!("{of} is served by {provider} ({})", change.result),
        None if change.result == RouteResult::Removed => {
            format!("the route of {of} is removed: no provider serves it now")
        }
        None => format!("{of} had no route ({})", change.result),
    };
    let item = RouteSet {
        capability: capability.as_str(),
        language: Some(language).filter(|language| !language.is_empty()),
        provider: provider.as_ref().map(ProviderId::as_str),
        previous_provider: change.previous,
    };
    output::change(
        context.format,
        &Change { kind: &kinds::PROVIDER_ROUTE, result: change.result.as_str(), said: &said },
        &item,
    )
}
