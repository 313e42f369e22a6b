//! Which provider. It is the argument PROVIDER in every command. `--provider PROVIDER` works too, and the help does not
//! show it.

use clap::Args;

use byok::name::ProviderId;
use byok::provider::Target;

use crate::cli::arguments::forms::either;
use crate::cli::terminal::failure::Failure;

/// A provider.
#[derive(Args)]
pub(crate) struct ProviderArg {
    /// The provider
    #[arg(value_name = "PROVIDER", required_unless_present = "provider_option")]
    provider: Option<String>,
    #[arg(long = "provider", value_name = "PROVIDER", hide = true)]
    provider_option: Option<String>,
}

/// A provider, if one is named.
#[derive(Args)]
pub(crate) struct MaybeProviderArg {
    /// Only this provider
    #[arg(id = "only_provider", value_name = "PROVIDER")]
    provider: Option<String>,
    #[arg(long = "provider", value_name = "PROVIDER", hide = true)]
    provider_option: Option<String>,
}

/// A provider, or a capability that stands for the provider that serves it.
#[derive(Args)]
pub(crate) struct TargetArg {
    /// The provider, or a capability (llm, voice, voice-generation) that an admin routed to a provider
    #[arg(value_name = "PROVIDER", required_unless_present = "provider_option")]
    provider: Option<String>,
    #[arg(long = "provider", value_name = "PROVIDER", hide = true)]
    provider_option: Option<String>,
}

/// Several providers or capabilities.
#[derive(Args)]
pub(crate) struct TargetsArg {
    /// Providers, or capabilities (llm, voice, voice-generation) that an admin routed to a provider
    #[arg(value_name = "PROVIDER")]
    providers: Vec<String>,
    #[arg(long = "provider", value_name = "PROVIDER", hide = true)]
    provider_option: Vec<String>,
}

impl ProviderArg {
    pub(crate) fn id(&self) -> anyhow::Result<ProviderId> {
        // The command line has one of the two.
        let typed = typed(self.provider.as_ref(), self.provider_option.as_ref())?.unwrap_or_default();
        Ok(Target::parse_provider(typed)?)
    }
}

impl MaybeProviderArg {
    pub(crate) fn id(&self) -> anyhow::Result<Option<ProviderId>> {
        let typed = typed(self.provider.as_ref(), self.provider_option.as_ref())?;
        Ok(typed.map(Target::parse_provider).transpose()?)
    }
}

impl TargetArg {
    /// What was typed.
    pub(crate) fn text(&self) -> Result<&str, Failure> {
        Ok(typed(self.provider.as_ref(), self.provider_option.as_ref())?.unwrap_or_default())
    }

    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        Ok(Target::parse(self.text()?)?)
    }
}

impl TargetsArg {
    /// What was typed.
    pub(crate) fn texts(&self) -> Result<&[String], Failure> {
        either(&self.providers, &self.provider_option).ok_or_else(two_forms)
    }

    pub(crate) fn targets(&self) -> anyhow::Result<Vec<Target>> {
        Ok(self.texts()?.iter().map(|text| Target::parse(text)).collect::<Result<_, _>>()?)
    }
}

fn typed<'a>(word: Option<&'a String>, option: Option<&'a String>) -> Result<Option<&'a str>, Failure> {
    match (word, option) {
        (Some(word), Some(option)) if word != option => Err(two_forms()),
        (word, option) => Ok(word.or(option).map(String::as_str)),
    }
}

fn two_forms() -> Failure {
    let message = "two providers were named, as an argument and with --provider";
    Failure::usage("two_values", message).hint("name the provider once")
}
