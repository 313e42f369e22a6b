//! `resolve`: which key would serve a request now, and why. It changes nothing and shows no key.

use clap::{Args, ValueEnum};

use byok::admin::sealing;
use byok::error::ChangeError;
use byok::name::OrgId;
use byok::provider::Target;
use byok::resolution::{Reason, Resolution, Source};
use byok::{Error, exit};

use crate::cli::arguments::{OrgArg, TargetArg, is_language};
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::output;
use crate::cli::terminal::output::Format;
use crate::cli::views::kinds;
use crate::cli::views::resolution::ResolutionView;

/// Show which key would serve a request: the organization's own, the platform's, or none
///
/// Exit codes: 0 if a key serves; 3 if none serves, or if the organization does not exist; 4 if this login may not see the
/// organization (a login that sees only its own is told the same of one that does not exist); 5 if --require is not met;
/// 6 if the key that must serve has expired, or was stored for another address of the provider; 9 if the key does not open.
#[derive(Args)]
#[command(after_help = "Examples:
  byok resolve openai --org acme
  byok resolve voice --org acme --language hi-IN --explain
  byok resolve openai --org acme --require organization --verify")]
pub(crate) struct Resolve {
    #[command(flatten)]
    provider: TargetArg,
    #[command(flatten)]
    org: OrgArg,
    /// The language of the request, if a capability is routed by language
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Show every rule and its outcome
    #[arg(long)]
    explain: bool,
    /// Exit with 5 unless this source serves
    #[arg(long, value_name = "SOURCE")]
    require: Option<Wanted>,
    /// Also open the key, without showing it; this needs the master key or the organization's data key
    #[arg(long)]
    verify: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Wanted {
    Organization,
    Platform,
}

impl Resolve {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let target = self.target()?;
        let org = self.org.id()?;
        let mut session = context.session().await?;
        if let Target::Provider(id) = &target {
            session.check_known(id).await?;
        }
        let mut resolution = session.database.resolve(&org, &target).await?;
        if !resolution.known {
            let missing = Error::Change(ChangeError::NoSuchOrg(org.to_string()));
            return Err(missing).hint(format!(
                "check the name: byok org list; to create it: byok enable {org}; until then, servers use the platform's key for this name"
            ));
        }
        if !resolution.enabled {
            session.check_open(&org).await?;
        }
        if self.verify {
            resolution = verified(&mut session, &org, &target, resolution).await?;
        }
        show(context.format, &resolution, self.explain)?;
        let code = code(&resolution, self.require);
        match (code, self.require) {
            (exit::OK, _) => {}
            (exit::CONFLICT, Some(wanted)) => output::warn(not_met(wanted)),
            // What is written may go to a program.
            _ => output::warn(&format!("no key serves: {}", resolution.reason.in_words())),
        }
        Ok(code)
    }
}

impl Resolve {
    fn target(&self) -> anyhow::Result<Target> {
        let target = self.provider.target()?;
        let Some(tag) = &self.language else { return Ok(target) };
        match target {
            Target::Capability { capability, .. } if is_language(tag) => {
                Ok(Target::Capability { capability, language: Some(tag.clone()) })
            }
            Target::Capability { .. } => {
                Err(Failure::usage("bad_language", "a language is a tag such as hi or hi-IN").into())
            }
            Target::Provider(_) => {
                Err(Failure::usage("bad_language", "--language goes with a capability, such as voice").into())
            }
        }
    }
}

/// How often a key is read again because it was replaced before it was opened.
const TRIES: usize = 16;

/// Opens the key that serves. If it does not open, the request is denied. Another key is never used instead.
async fn verified(
    session: &mut Session,
    org: &OrgId,
    target: &Target,
    mut resolution: Resolution,
) -> anyhow::Result<Resolution> {
    let keys = session.keys().await?;
    for _ in 0..TRIES {
        let known = resolution.reason == Reason::KeyUnreadable;
        if resolution.source.is_none() && !known {
            return Ok(resolution);
        }
        match sealing::open(&mut session.database, &keys, &resolution).await {
            Ok(_key) if !known => {
                resolution.opened = true;
                return Ok(resolution);
            }
            // It opens again, or it was replaced or removed before it was opened.
            Ok(_) | Err(Error::Change(ChangeError::NoSuchKey(_))) => {
                resolution = session.database.resolve(org, target).await?;
            }
            Err(error) => match sealing::denial(&error) {
                Some(reason) => {
                    (resolution.source, resolution.reason) = (None, reason);
                    return Ok(resolution);
                }
                None => return Err(error.into()),
            },
        }
    }
    Err(Error::Change(ChangeError::Changed(format!("key of {org}"))).into())
}

fn code(resolution: &Resolution, wanted: Option<Wanted>) -> u8 {
    match (resolution.source, resolution.reason, wanted) {
        (None, Reason::KeyUnreadable, _) => exit::CHECK_FAILED,
        (None, Reason::KeyExpired | Reason::PlatformKeyExpired | Reason::AddressChanged, _) => exit::KEY_REJECTED,
        (None, ..) => exit::NOT_FOUND,
        (Some(Source::Platform), _, Some(Wanted::Organization))
        | (Some(Source::Organization), _, Some(Wanted::Platform)) => exit::CONFLICT,
        _ => exit::OK,
    }
}

/// Why the exit code is 5 although a key serves.
fn not_met(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Organization => "--require organization is not met: the platform's key serves",
        Wanted::Platform => "--require platform is not met: the organization's own key serves",
    }
}

fn show(format: Format, resolution: &Resolution, explain: bool) -> anyhow::Result<()> {
    let view = ResolutionView::of(resolution, explain);
    output::item(format, &kinds::RESOLVE, &view)?;
    view.rules().map_or(Ok(()), |rules| output::beside(format, "rule", rules))
}
