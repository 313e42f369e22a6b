//! `test-key`: asks providers whether keys work.

mod candidate;
mod fleet;
mod keys;
mod report;

use anyhow::bail;
use clap::Args;

use byok::name::{Holder, ProviderId};
use byok::provider::{Target, Verdict};
use byok::word::Word as _;

use crate::cli::arguments::{OrgsArg, TargetsArg, capability};
use crate::cli::commands::key;
use crate::cli::commands::key::CredentialArgs;
use crate::cli::probing::{Generate, ProbeArgs, ProbePlan};
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::{Explain as _, Failure};

/// Ask providers whether keys work: stored keys, or a key that is not stored
///
/// Tests are free of charge unless --generate is given. byok makes a request that the provider answers only for a
/// working key. It never calls a key invalid without proof. It stores each result with the key, and `key list`, `key
/// show` and `resolve --explain` show it. The verdicts are verified, rejected, limited (works, but lacks a right),
/// no_credit, rate_limited, misconfigured, unreachable, and unchecked (no reliable free test exists, or the answer
/// proves nothing). A stored key whose date has passed is not tested: it is shown as expired.
///
/// Exit codes: 0 if all keys are verified; 3 if there is no key to test; 6 if keys cannot be used (rejected, limited,
/// no_credit, misconfigured, expired); 7 if their state is unknown (rate_limited, unreachable, unchecked), so a later
/// test may help; 9 if a stored key does not open; 8 if these codes differ between the keys, also if a named provider has
/// no key and others have one, or if the record of a key is damaged.
#[derive(Args)]
#[command(after_help = "Examples:
  byok test-key openai --org acme                          one stored key
  byok test-key --org acme                                 all of an organization's
  byok test-key --all-orgs -o jsonl | jq -c 'select(.verdict == \"rejected\")'
  byok test-key --platform                                 the platform's shared keys
  byok test-key sarvam --candidate                         asks for a key, tests it, stores nothing
  op read op://acme/openai | byok test-key openai --candidate --stdin
  byok test-key openai --org acme --generate               one tiny completion, which costs a little
  byok test-key elevenlabs --org acme --accept limited     a restricted key is good enough here")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct TestKey {
    #[command(flatten)]
    providers: TargetsArg,
    #[command(flatten)]
    orgs: OrgsArg,
    /// Test the platform's shared keys
    #[arg(long)]
    platform: bool,
    /// Test the keys of all providers (required with --generate if no provider is named)
    #[arg(long, conflicts_with = "providers")]
    all: bool,
    /// Test a key that is not stored, from a prompt or from --stdin, --from-file or --from-env
    #[arg(long, conflicts_with_all = ["all_orgs", "platform", "all"])]
    candidate: bool,
    #[command(flatten)]
    credential: CredentialArgs,
    /// Also make the smallest paid request; this costs money
    #[arg(long)]
    generate: bool,
    /// The capability to test: llm, voice or voice-generation
    #[arg(long, requires = "generate")]
    capability: Option<String>,
    /// The model or voice to use (default: from the provider's own list)
    #[arg(long, requires = "generate", value_name = "NAME")]
    model: Option<String>,
    /// Also exit with 0 for these verdicts
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    accept: Vec<String>,
    /// Test this many keys at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=128))]
    concurrency: u16,
    #[command(flatten)]
    probe: ProbeArgs,
}

impl TestKey {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let accepted = self.accepted()?;
        let targets = self.providers.targets()?;
        let generate = self.generate()?;
        if self.candidate {
            let [target] = targets.as_slice() else {
                bail!(
                    Failure::usage("one_provider", "--candidate takes exactly one provider")
                        .hint("byok test-key PROVIDER --candidate")
                );
            };
            let how = ProbePlan { prober: self.probe.prober(context)?, generate };
            return candidate::run(context, target, &self.credential, &how, &accepted).await;
        }
        if self.credential.is_given() {
            bail!(
                Failure::usage("not_candidate", "a key was given without --candidate")
                    .hint("add --candidate to test this key; stored keys are tested without giving a key")
            );
        }
        let scope = self.scope()?;
        if self.generate && targets.is_empty() && !self.all {
            bail!(
                Failure::usage("say_all", "--generate costs money for every key, so the keys must be named")
                    .hint("name a provider, or give --all")
            );
        }
        let mut session = context.session().await?;
        let providers = named(&mut session, &targets).await?;
        let how = ProbePlan { prober: self.probe.prober(context)?, generate };
        let concurrency = usize::from(self.concurrency);
        fleet::run(context, session, &scope, &providers, fleet::FleetOptions { how, accepted, concurrency }).await
    }

    fn accepted(&self) -> Result<Vec<Verdict>, Failure> {
        let one = |word: &String| {
            let words: Vec<&str> = Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect();
            Verdict::of_word(word).map_err(|_| {
                Failure::usage("unknown_verdict", "--accept has an unknown verdict")
                    .hint(format!("verdicts: {}", words.join(", ")))
            })
        };
        self.accept.iter().map(one).collect()
    }

    fn generate(&self) -> anyhow::Result<Option<Generate>> {
        let capability = self.capability.as_deref().map(capability).transpose()?;
        Ok(self.generate.then(|| Generate { capability, model: self.model.clone() }))
    }

    /// Whose keys are tested. BYOK_ORG counts only if no option decides it.
    fn scope(&self) -> anyhow::Result<keys::Scope> {
        let mut scope = keys::Scope { all_orgs: self.orgs.all(), holders: Vec::new() };
        if self.platform {
            scope.holders.push(Holder::Platform);
        }
        if self.orgs.names_one() || !(self.platform || scope.all_orgs) {
            let org = self.orgs.one();
            let org = org.or_else(|error| match Failure::of(&error).code {
                "whose" => Err(error)
                    .hint("give --org ORG, --all-orgs, --platform, or --candidate for a key that is not stored"),
                _ => Err(error),
            })?;
            scope.holders.extend(org.map(Holder::Organization));
        }
        Ok(scope)
    }
}

/// The named providers. A capability stands for the provider that serves it.
async fn named(session: &mut Session, targets: &[Target]) -> anyhow::Result<Vec<ProviderId>> {
    let mut named = Vec::new();
    for target in targets {
        let id = match target {
            Target::Provider(id) => {
                session.provider(id).await?;
                id.clone()
            }
            Target::Capability { capability, .. } => key::routed(session, *capability).await?,
        };
        if !named.contains(&id) {
            named.push(id);
        }
    }
    Ok(named)
}
