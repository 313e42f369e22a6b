//! The known providers, as data. Only `provider/catalog.toml` names them.

pub(crate) mod address;
mod auth;
mod catalog;
mod fault;
mod format;
mod keys_page;
mod pattern;
mod plan;
mod private;
mod setting;
mod variable;

use std::str::FromStr;

pub use address::{AddressVariable, BaseUrlError, Reach, check_base_url, tidy_base_url};
pub use auth::Auth;
pub use catalog::{
    AddressChanged, Catalog, DocumentKind, Field, Format, Policy, PrefixHint, Provider, Reading, Refused, WrongKind,
};
pub use format::{FormatError, Warning, check, looks_like_key};
pub use pattern::Pattern;
pub use plan::{EndDateRule, OnlyFor, PaidOperation, Pick, Probe, Rule, Verdict};
pub use private::{Compatible, PrivateError, ProviderEntry, definition_of_toml, read_private};
pub use setting::{SettingFault, SettingValue};
pub use variable::{Content, VariableError, check_variable};

use crate::name::ProviderId;
use crate::word::{Word as _, words};

words! {
    /// What a provider serves.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Capability: "capability" {
        /// Language models: interviews, scoring, recommendations, briefs, wiki generation.
        Llm = "llm",
        /// Speech-to-text, text-to-speech and translation.
        Voice = "voice",
        /// Premium text-to-speech.
        VoiceGeneration = "voice-generation",
    }
}

/// A text that is not a capability. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a capability is `llm`, `voice` or `voice-generation`")]
pub struct NoSuchCapability;

impl FromStr for Capability {
    type Err = NoSuchCapability;

    fn from_str(text: &str) -> Result<Self, NoSuchCapability> {
        Self::of_word(text).map_err(|_| NoSuchCapability)
    }
}

/// The target of a request: a provider, or a capability that the platform routes to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A provider.
    Provider(ProviderId),
    /// A capability, with a language if that matters.
    Capability {
        /// The capability.
        capability: Capability,
        /// The language.
        language: Option<String>,
    },
}

/// Why a text is not a provider. It suggests similar names, and repeats the text only if it cannot be a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The text may be a key.
    #[error("this is not a provider; if it is a key, it is now in your shell's history: replace it at its provider")]
    LooksLikeKey,
    /// Not in the catalog.
    #[error("there is no provider `{typed}`")]
    Unknown {
        /// What was typed.
        typed: String,
        /// Up to three similar names.
        near: Vec<&'static str>,
    },
}

impl Target {
    /// Parses a provider id or a capability. It does not check whether the provider exists.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        match text.parse() {
            Ok(capability) => Ok(Self::Capability { capability, language: None }),
            Err(NoSuchCapability) => Self::parse_provider(text).map(Self::Provider),
        }
    }

    /// A provider id.
    pub fn parse_provider(text: &str) -> Result<ProviderId, TargetError> {
        let id = text.parse();
        // What keys look like is in the catalog, which is then parsed. A provider of the catalog is found without that.
        if !id.as_ref().is_ok_and(Catalog::has) && looks_like_key(text) {
            return Err(TargetError::LooksLikeKey);
        }
        id.map_err(|_| TargetError::unknown(text))
    }
}

impl TargetError {
    /// The error for an unknown provider, with similar names.
    pub fn unknown(typed: &str) -> Self {
        Self::Unknown { typed: typed.to_owned(), near: Catalog::builtin().near(typed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_provider_or_a_capability() {
        assert_eq!(Target::parse("voice"), Ok(Target::Capability { capability: Capability::Voice, language: None }));
        assert_eq!(Target::parse("sarvam"), Ok(Target::Provider("sarvam".parse().expect("an id"))));
    }

    #[test]
    fn no_provider_of_the_catalog_looks_like_a_key() {
        for provider in Catalog::builtin().providers() {
            assert!(!looks_like_key(&provider.id), "{}", provider.id);
        }
    }

    #[test]
    fn a_near_miss_is_suggested_and_a_far_one_is_not() {
        for (typed, wanted) in [
            ("open-ai", "openai"),
            ("antropic", "anthropic"),
            ("elevenlab", "elevenlabs"),
            ("sarvan", "sarvam"),
            ("OpenAI", "openai"),
        ] {
            let TargetError::Unknown { near, .. } = TargetError::unknown(typed) else { panic!("{typed}") };
            assert_eq!(near.first(), Some(&wanted), "{typed}");
        }
        let TargetError::Unknown { near, .. } = TargetError::unknown("zzz") else { panic!("zzz") };
        assert!(near.is_empty());
    }

    #[test]
    fn a_key_in_the_place_of_a_provider_is_never_repeated() {
        for typed in ["sk-proj-CANARY", "AIzaCANARY", "sk-ant-CANARY", &"CANARY".repeat(8), "CANARY0a9Zb8Yc7Xd6We5Vf"] {
            let error = Target::parse(typed).expect_err("no provider");
            assert_eq!(error, TargetError::LooksLikeKey, "{typed}");
        }
    }
}
