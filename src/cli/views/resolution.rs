//! Which key would serve a request, and why.

use schemars::JsonSchema;
use serde::Serialize;

use byok::resolution::{Reason, Resolution, Rule, RuleName, RuleOutcome, Source};
use byok::secret::Hint;

use crate::cli::terminal::document::words;
use crate::cli::terminal::output::View;
use crate::cli::views::cell;
use crate::cli::views::key::TestView;
use crate::cli::views::production::ProductionView;

/// The answer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ResolutionView {
    org: String,
    provider: Option<String>,
    #[schemars(extend("x-known-values" = words::<Source>()))]
    source: Option<&'static str>,
    hint: Option<String>,
    version: Option<u32>,
    /// Why the request is denied
    #[schemars(extend("x-known-values" = words::<Reason>()))]
    denied: Option<&'static str>,
    /// The decision, for people
    reason: String,
    /// The decision
    #[schemars(extend("x-known-values" = words::<Reason>()))]
    code: &'static str,
    last_test: Option<TestView>,
    /// What servers met when they used the key that serves; null if none reported a use
    production: Option<ProductionView>,
    /// Every rule, with --explain
    rules: Option<Vec<RuleView>>,
}

impl ResolutionView {
    pub(crate) fn of(resolution: &Resolution, explain: bool) -> Self {
        let serving = resolution.serving();
        Self {
            org: resolution.org.to_string(),
            provider: resolution.provider.as_ref().map(ToString::to_string),
            source: resolution.source.map(Source::as_str),
            hint: serving.and_then(|key| key.hint.as_ref()).map(Hint::to_string),
            version: serving.map(|key| key.version),
            denied: resolution.source.is_none().then(|| resolution.reason.code()),
            reason: resolution.sentence(),
            code: resolution.reason.code(),
            last_test: resolution.last_test.as_ref().map(TestView::from),
            production: resolution.production.as_ref().map(ProductionView::from),
            rules: explain.then(|| resolution.rules().iter().map(RuleView::from).collect()),
        }
    }

    pub(crate) fn rules(&self) -> Option<&[RuleView]> {
        self.rules.as_deref()
    }
}

impl View for ResolutionView {
    const COLUMNS: &'static [&'static str] = &["ORG", "PROVIDER", "SOURCE", "HINT", "VERSION", "REASON"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.org.clone(),
            cell(self.provider.as_ref()),
            self.source.unwrap_or("denied").into(),
            cell(self.hint.as_ref()),
            cell(self.version.as_ref()),
            self.reason.clone(),
        ]
    }
}

/// A rule and its outcome.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RuleView {
    #[schemars(extend("x-known-values" = words::<RuleName>()))]
    rule: &'static str,
    #[schemars(extend("x-known-values" = words::<RuleOutcome>()))]
    outcome: &'static str,
    detail: String,
}

impl From<&Rule> for RuleView {
    fn from(rule: &Rule) -> Self {
        Self { rule: rule.rule.as_str(), outcome: rule.outcome.as_str(), detail: rule.detail.clone() }
    }
}

impl View for RuleView {
    const COLUMNS: &'static [&'static str] = &["RULE", "OUTCOME", "DETAIL"];
    const YIELDS: &'static [&'static str] = &["DETAIL"];

    fn cells(&self) -> Vec<String> {
        vec![self.rule.into(), self.outcome.into(), self.detail.clone()]
    }
}
