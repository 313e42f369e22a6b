//! `key rollback`: makes the previous key active again.

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

/// Make the previous key active again, as a new version
///
/// The previous key must still open. The key that it replaces becomes the previous key. Exit 3 if there is no previous
/// key.
#[derive(Args)]
#[command(after_help = "Example:\n  byok key rollback openai --org acme --yes")]
pub(crate) struct Rollback {
    /// The provider
    provider: String,
    #[command(flatten)]
    org: OrgArg,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Rollback {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let provider = Target::parse_provider(&self.provider)?;
        let holder = Holder::Organization(self.org.id()?);
        let mut session = context.session().await?;
        // The first two versions are the active key and the previous one. After a removal there is no active key.
        let versions = session.database.key_versions(&holder, &provider, None, 2).await?;
        let Some(before) = versions.iter().find(|version| version.state == KeyState::Previous) else {
            return Err(Error::Change(ChangeError::NoSuchKey(format!("previous {provider} key of {holder}"))).into());
        };
        let question = format!("Make {provider} key ...{} (version {}) active again?", before.hint, before.version);
        let _confirmed = input::confirm(&question, self.yes, context.no_input())?;
        let keys = session.keys().await?;
        let stored = sealing::restore(&mut session.database, &keys, &holder, &provider, before).await;
        let stored = stored.map_err(|error| match error {
            // A second rollback would undo the first.
            Error::Connection(ConnectionError::Lost(_)) => Failure { code: "may_be_done", ..error.into() }.hint(format!(
                "check first whether it was done: byok key show {provider} --org {}; run it again only if ...{} is not active",
                self.org.org, before.hint
            )),
            other => other.into(),
        })?;
        let hint = format!("...{}", before.hint);
        let said = format!("{provider} key {hint} of {holder}: active again as version {}", stored.version);
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
