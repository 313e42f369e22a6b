//! `key report`: what a request with a key met, for gateways and scripts that do not use the library.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use byok::admin::{Failures, ReportId, Uses};
use byok::error::ChangeError;
use byok::exit;
use byok::name::{Holder, ProviderId};
use byok::word::Word as _;
use byok::{Error, KeyId, Observed};

use crate::cli::arguments::{OrgArg, ProviderArg};
use crate::cli::commands::credits::request::RequestArg;
use crate::cli::seen;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::kinds;
use crate::cli::views::production::KeyReported;

/// Report what a request with a key met at its provider, so that lists show since when a key fails
///
/// A server that uses the library reports this itself. `byok resolve -o json` says which source and version serves. Exit 3 if there
/// is no such version. A repeated report with the same request id counts once within a day. This is no change, so it is not
/// in the audit log.
#[derive(Args)]
#[command(after_help = "Examples:
  byok key report openai --org acme --key-version 2 --outcome rejected
  byok key report openai --source platform --key-version 1 --outcome ok")]
pub(crate) struct Report {
    #[command(flatten)]
    provider: ProviderArg,
    /// What the request met
    #[arg(long, value_name = "OUTCOME", value_parser = outcomes())]
    outcome: Observed,
    #[command(flatten)]
    org: OrgArg,
    /// Whose key served
    #[arg(long, value_enum, value_name = "SOURCE", default_value_t = Whose::Organization)]
    source: Whose,
    /// The version of the key that served
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
    key_version: u32,
    #[command(flatten)]
    request: RequestArg,
}

fn outcomes() -> impl TypedValueParser<Value = Observed> {
    PossibleValuesParser::new(Observed::ALL.iter().map(|outcome| outcome.as_str()))
        .try_map(|word| Observed::of_word(&word))
}

#[derive(Clone, Copy, ValueEnum)]
enum Whose {
    Organization,
    Platform,
}

impl Report {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = self.provider.id()?;
        let holder = match self.source {
            Whose::Organization => Holder::Organization(self.org.id()?),
            Whose::Platform => Holder::Platform,
        };
        let mut session = context.session().await?;
        session.check_provider(Some(&holder), &provider).await?;
        let (outcome, version) = (self.outcome, self.key_version);
        let key = KeyId { holder: holder.clone(), provider: provider.clone(), version };
        let (ok, failures) =
            if outcome.is_ok() { (Some(0), None) } else { (None, Some(Failures { first: 0, last: 0, count: 1 })) };
        let request = self.request.request()?;
        let id = ReportId::of(&session.database.hello().login, &key, &request);
        let uses = [Uses { key, outcome, uses: 1, ok, failures }];
        let recorded = session.database.ask(async |database| database.report_keys(Some(id), &uses).await).await;
        let recorded = recorded.map_err(|error| self.request.failed(error, &request))?;
        if recorded == Some(0) {
            if let Holder::Organization(org) = &holder {
                session.check_org(org).await?;
            }
            not_hidden(&mut session, &holder, &provider, version).await?;
            let missing = format!("version {version} of the {provider} key of {holder}");
            return Err(Error::Change(ChangeError::NoSuchKey(missing)).into());
        }
        // A repetition after a lost answer is this report, and no other one was made under an id that nobody knows.
        let result = if recorded.is_none() && self.request.is_given() { "unchanged" } else { "recorded" };
        let again = if result == "unchanged" { " (recorded before)" } else { "" };
        let said = format!("use of the {provider} key of {holder}, version {version}: {outcome}{again}");
        let org = match &holder {
            Holder::Organization(org) => Some(org.as_str()),
            Holder::Platform => None,
        };
        let item = KeyReported { org, provider: provider.as_str(), version, outcome: outcome.as_str() };
        output::change(context.format, &Change { kind: &kinds::KEY_REPORT, result, said: &said }, &item)
    }
}

/// Fails for a version that is there, and whose use this login may not report.
async fn not_hidden(session: &mut Session, holder: &Holder, provider: &ProviderId, version: u32) -> anyhow::Result<()> {
    let before = i32::try_from(version).ok().and_then(|version| version.checked_add(1));
    let hidden = match session.database.key_versions(holder, provider, before, 1).await {
        Ok(found) => found.first().is_some_and(|found| u32::try_from(found.version) == Ok(version)),
        Err(Error::Access(_)) if *holder == Holder::Platform => true,
        Err(error) => return Err(error.into()),
    };
    if !hidden {
        return Ok(());
    }
    let login = &session.database.hello().login;
    let message = format!("login {login} may not report what servers met with the {provider} key of {holder}");
    let hint = match holder {
        Holder::Organization(org) => seen::for_owners_and_servers(login, org.as_str()),
        Holder::Platform => {
            format!("the platform's servers may: a platform admin runs byok role grant resolver {login}")
        }
    };
    Err(Failure::new(exit::NOT_AUTHORIZED, "not_authorized", message).hint(hint).into())
}
