//! `key set`: stores a key, sealed, as the one in force.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use byok::name::{Holder, ProviderId};
use byok::provider::{Catalog, Provider, Target, TargetError, check};
use byok::sealing::{self, Stored, Submission};
use byok::secret::{Credential, Hint};

use crate::cli::failure::Failure;
use crate::cli::input::{self, SourceArgs, Traps};
use crate::cli::session::{Context, Session};
use crate::cli::{OrgArg, out};

/// Store an organization's key for a provider; it replaces the one before
///
/// The key is asked for without echo, sealed on this machine and encrypted again by PostgreSQL. It is never shown again, by
/// anybody: lists show its last four characters.
#[derive(Args)]
#[command(after_help = "Examples:
  byok key set openai --org acme
  op read op://acme/openai | byok key set openai --org acme --stdin
  byok key set sarvam --org acme --from-env SARVAM_API_KEY")]
pub(crate) struct Set {
    #[command(flatten)]
    target: SetArgs,
    #[command(flatten)]
    org: OrgArg,
}

/// What every storing of a key takes.
#[derive(Args)]
pub(crate) struct SetArgs {
    /// The provider, or a capability (llm, voice, voice-generation) that an admin routed to one
    pub(crate) provider: String,
    #[command(flatten)]
    source: SourceArgs,
    /// A non-secret field of the credential, such as org_id=...
    #[arg(long = "setting", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// When the key ends: a date or an RFC 3339 time
    #[arg(long, value_name = "DATE")]
    expires: Option<String>,
    /// Fail (exit 5) when there is a key already
    #[arg(long)]
    no_replace: bool,
    #[command(flatten)]
    traps: Traps,
}

impl Set {
    pub(crate) async fn run(self, context: &mut Context) -> Result<u8, Failure> {
        let holder = Holder::Organization(self.org.org.parse()?);
        set_key(context, &holder, self.target).await
    }
}

/// Reads, checks, seals and stores a key for an organization or the platform.
pub(crate) async fn set_key(context: &mut Context, holder: &Holder, mut args: SetArgs) -> Result<u8, Failure> {
    args.traps.refuse()?;
    let target = Target::parse(&args.provider)?;
    let expires_at = args.expires.as_deref().map(end_date).transpose()?;
    // A capability needs the database to know its provider; everything else is refused before one is touched.
    let (mut session, provider) = match target {
        Target::Provider(id) => (None, known(&id)?),
        Target::Capability { capability, .. } => {
            let mut session = context.session().await?;
            let provider = routed(&mut session, capability).await?;
            (Some(session), known(&provider)?)
        }
    };
    let settings = settings_of(provider, &args.settings)?;
    let words = prompt(provider, holder);
    let secret = input::secret(&args.source, context.no_input(), (&words.0, &words.1)).await?;
    for warning in check(provider, provider.key_field(), &secret)? {
        context.notice(&format!("warning: {warning}"));
    }
    let mut session = match session.take() {
        Some(session) => session,
        None => context.session().await?,
    };
    let id: ProviderId = provider.id.parse()?;
    let hint = Hint::of(&secret);
    let submission = Submission {
        holder,
        provider: &id,
        credential: &Credential::single(provider.key_field(), secret),
        settings: &settings,
        hint: &hint,
        expires_at,
        keep_existing: args.no_replace,
        test: None,
    };
    // Before the master key: that an organization is not enabled is the more useful thing to hear.
    let keys = session.keys().await?;
    let stored = sealing::store(&mut session.database, &keys, &submission).await?;
    report(context, &session, &submission, &stored)
}

fn report(context: &Context, session: &Session, submission: &Submission<'_>, stored: &Stored) -> Result<u8, Failure> {
    let Submission { holder, provider, hint, .. } = submission;
    let result = match (stored.written, &stored.previous) {
        (false, _) => "unchanged",
        (true, Some(_)) => "replaced",
        (true, None) => "created",
    };
    let said = match (stored.written, &stored.previous) {
        (false, _) => format!("{provider} key {hint} of {holder}: unchanged (version {})", stored.version),
        (true, Some(before)) => format!(
            "{provider} key {hint} of {holder}: stored as version {} in place of {} ({})",
            stored.version,
            before.hint,
            session.place()
        ),
        (true, None) => {
            format!("{provider} key {hint} of {holder}: stored as version {} ({})", stored.version, session.place())
        }
    };
    let item = json!({
        "org": match holder { Holder::Organization(org) => Some(org.as_str()), Holder::Platform => None },
        "provider": provider.as_str(), "hint": hint.to_string(), "version": stored.version, "state": "active",
        "fingerprint": byok::crypto::Fingerprint::from_bytes(&stored.fingerprint).map(|it| it.to_string()),
        "expires_at": out::time(submission.expires_at),
        "previous_hint": stored.previous.as_ref().map(|before| before.hint.to_string()),
    });
    let kind = if matches!(holder, Holder::Platform) { "platform_key.set" } else { "key.set" };
    out::change(context.format, kind, &said, (result, item))
}

pub(crate) fn known(id: &ProviderId) -> Result<&'static Provider, Failure> {
    Catalog::builtin().find(id).ok_or_else(|| TargetError::unknown(id.as_str()).into())
}

/// The provider that serves a capability here.
async fn routed(session: &mut Session, capability: byok::provider::Capability) -> Result<ProviderId, Failure> {
    let routes = session.database.routes().await?;
    let route = routes.into_iter().find(|route| route.capability == capability.as_str());
    let route = route.ok_or_else(|| {
        Failure::new(byok::exit::NOT_FOUND, "no_route", format!("no provider serves {capability} on this platform"))
            .hint(format!("a platform admin says which: byok provider route {capability} PROVIDER"))
    })?;
    Ok(route.provider.parse()?)
}

fn prompt(provider: &Provider, holder: &Holder) -> (String, String) {
    let command = match holder {
        Holder::Organization(org) => format!("key set {} --org {org}", provider.id),
        Holder::Platform => format!("platform-key set {}", provider.id),
    };
    (format!("{} key for {holder}: ", provider.name), format!("pipe it: ... | byok {command} --stdin"))
}

fn end_date(text: &str) -> Result<time::OffsetDateTime, Failure> {
    byok::clock::parse(text).ok_or_else(|| Failure::usage("bad_date", "--expires takes a date such as 2027-01-31"))
}

/// The non-secret fields as the JSON object that is sealed with the key; an empty one is empty.
fn settings_of(provider: &Provider, given: &[String]) -> Result<String, Failure> {
    let mut settings = BTreeMap::new();
    for pair in given {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Failure::usage("bad_setting", "--setting takes NAME=VALUE"))?;
        let field =
            provider.settings().find(|field| field.name == name).ok_or_else(|| {
                let names: Vec<&str> = provider.settings().map(|field| field.name.as_str()).collect();
                Failure::usage("bad_setting", format!("{} has no such setting", provider.name))
                    .hint(if names.is_empty() { "it has none".into() } else { format!("it has: {}", names.join(", ")) })
            })?;
        if field.shape.as_ref().is_some_and(|shape| !shape.is_match(value)) {
            return Err(Failure::usage(
                "bad_setting",
                format!("this cannot be the {} of {}", field.label, provider.name),
            ));
        }
        settings.insert(name, value);
    }
    if let Some(missing) =
        provider.settings().find(|field| field.required && !settings.contains_key(field.name.as_str()))
    {
        let message = format!("{} needs its {}", provider.name, missing.label);
        return Err(Failure::usage("bad_setting", message).hint(format!("--setting {}=...", missing.name)));
    }
    Ok(json!(settings).to_string())
}
