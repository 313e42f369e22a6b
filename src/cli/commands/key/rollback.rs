//! `key rollback`: the key before the one in force, in force again.

use clap::Args;

use byok::Error;
use byok::admin::{KeyState, sealing};
use byok::error::{ChangeError, ConnectionError};
use byok::name::Holder;
use byok::provider::Target;

use crate::cli::arguments::OrgArg;
use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{input, output};
use crate::cli::views::changes::KeyRestored;

/// Put the previous key back in force, as a new version
///
/// The previous key must still open. The key that it replaces becomes the previous key. Exit 3 if there is no previous key.
#[derive(Args)]
#[command(after_help = "Example:\n  byok key rollback openai --org acme --yes")]
pub(crate) struct Rollback {
    /// The provider
    provider: String,
    #[command(flatten)]
    org: OrgArg,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Rollback {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = Target::parse_provider(&self.provider)?;
        let holder = Holder::Organization(self.org.id()?);
        let mut session = context.session().await?;
        // The one to go back to is the one before the key in force, or the last one.
        let versions = session.database.key_versions((&holder, &provider), None, 2).await?;
        let Some(before) = versions.iter().find(|version| version.state == KeyState::Previous) else {
            return Err(Error::Change(ChangeError::NoSuchKey(format!("{provider} of {holder} to go back to"))).into());
        };
        let question = format!("Put {provider} key ...{} (version {}) back in force?", before.hint, before.version);
        let _confirmed = input::confirm(&question, self.yes, context.no_input())?;
        let keys = session.keys().await?;
        let stored = sealing::restore(&mut session.database, &keys, (&holder, &provider, before)).await;
        let stored = stored.map_err(|error| match error {
            // Another rollback would go back again.
            Error::Connection(ConnectionError::Lost(_)) => Failure { code: "may_be_done", ..error.into() }.hint(format!(
                "see whether it was done: byok key show {provider} --org {}; only while ...{} is not in force, run it again",
                self.org.org, before.hint
            )),
            other => other.into(),
        })?;
        let hint = format!("...{}", before.hint);
        let said = format!("{provider} key {hint} of {holder}: in force again as version {}", stored.version);
        let item = KeyRestored {
            org: &self.org.org,
            provider: provider.as_str(),
            hint,
            version: stored.version,
            restored_version: before.version,
            previous_hint: stored.previous.as_ref().map(|it| it.hint.to_string()),
        };
        output::change(context.format, &Change { kind: "key.rollback", result: "restored", said: &said }, &item)
    }
}
