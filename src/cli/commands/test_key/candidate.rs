//! Tests a key that is not stored.

use std::sync::Arc;

use byok::provider::{Target, Verdict};

use crate::cli::commands::key;
use crate::cli::commands::key::CredentialArgs;
use crate::cli::commands::test_key::report::{Ready, Report};
use crate::cli::end_dates::Remark;
use crate::cli::probing::{Candidate, ProbePlan};
use crate::cli::session::Context;
use crate::cli::terminal::progress::Progress;
use crate::cli::views::probe::{FindingView, KeyLabel, TestedView};

/// Reads a key, tests it and stores nothing. A provider of the catalog needs no database.
pub(super) async fn run(
    context: &mut Context,
    target: &Target,
    credential: &CredentialArgs,
    how: &ProbePlan,
    accepted: &[Verdict],
) -> anyhow::Result<u8> {
    let (_, provider) = key::find(context, target).await?;
    let command = format!("test-key {} --candidate", provider.id);
    let given = credential.read(context, &provider, "the test, which stores nothing", &command).await?;
    let candidate =
        Candidate { provider: Arc::clone(&provider), credential: given.credential, settings: given.settings };
    let (candidate, outcome) = how.test_one(candidate).await?;
    let key = KeyLabel::candidate(&provider.id, given.hint.to_string());
    let mut report = Report::begin(context.format);
    let finding = FindingView::of(&provider, &candidate.settings, &outcome, None);
    let tested = TestedView { key, finding: finding.remarked(Remark::of_candidate(&outcome)) };
    report.put(Ready { at: 0, row: tested, verdict: Ok(outcome.verdict) }, accepted, &Progress::none())?;
    report.end()
}
