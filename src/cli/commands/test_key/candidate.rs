//! A key that is not stored: tested and forgotten.

use std::sync::Arc;

use byok::provider::{Target, Verdict};

use crate::cli::commands::key;
use crate::cli::commands::key::CredentialArgs;
use crate::cli::commands::test_key::report::{KeyLabel, Report};
use crate::cli::probing::{Candidate, ProbePlan};
use crate::cli::session::Context;
use crate::cli::terminal::progress::Progress;

/// Reads a key, tests it and stores nothing. A provider of the catalog needs no database.
pub(super) async fn run(
    context: &mut Context,
    target: &Target,
    (credential, how): (&CredentialArgs, &ProbePlan),
    accepted: &[Verdict],
) -> anyhow::Result<u8> {
    let (_, provider) = key::find(context, target).await?;
    let command = format!("test-key {} --candidate", provider.id);
    let given = credential.read(context, &provider, ("the test, which stores nothing", &command)).await?;
    let candidate =
        Candidate { provider: Arc::clone(&provider), credential: given.credential, settings: given.settings };
    let (_, outcome) = how.test_one(candidate).await?;
    let of = KeyLabel { holder: None, provider: &provider.id, hint: given.hint.to_string(), version: None };
    let mut report = Report::begin(context.format);
    let row = of.tested(&provider, &outcome, None);
    report.put((0, row), Ok(outcome.verdict), accepted, &Progress::none())?;
    report.end()
}
