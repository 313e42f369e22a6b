//! Reports what was posted to the ledger.

use byok::Error;
use byok::admin::{MoveResult, Moved, Posting};
use byok::credits::Credits;
use byok::error::{AccessError, CreditError};
use byok::exit;
use byok::name::OrgId;
use byok::resolution::Source;

use crate::cli::session::{Context, Session};
use crate::cli::terminal::document::{Changed, Kind};
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::ledger::{MovedView, PostingView};

/// Which key served, in words.
pub(super) fn key_in_words(posting: &Posting) -> String {
    let provider = posting.provider.as_deref().unwrap_or_default();
    let version = posting.key_version.unwrap_or_default();
    match &posting.source {
        Some(source) if *source == Source::Organization => format!("on its own {provider} key (version {version})"),
        _ => format!("on the platform's {provider} key (version {version})"),
    }
}

/// Names the organization in the next command after a refused posting.
pub(super) fn in_org<T>(outcome: Result<T, Error>, org: &OrgId) -> anyhow::Result<T> {
    match outcome {
        Err(error @ Error::Credit(CreditError::MoreThanCharged(_) | CreditError::HoldEnded(_))) => {
            Err(error).hint(format!("to see holds and charges: byok credits history --org {org}"))
        }
        other => Ok(other?),
    }
}

/// The error of a command that needs the role resolver, for a login that does not have it.
pub(super) fn for_resolvers(session: &Session, error: Error) -> anyhow::Error {
    let hello = session.database.hello();
    let refused = matches!(error, Error::Access(AccessError::NotAllowed(_) | AccessError::NoServiceRole(_)));
    if !refused || hello.resolver {
        return error.into();
    }
    let login = &hello.login;
    let message = format!("login {login} does not have the role resolver, which charges organizations");
    Failure::new(exit::NOT_AUTHORIZED, "not_authorized", message)
        .hint(format!("a platform admin runs: byok role grant resolver {login}"))
        .into()
}

/// Says what a posting did.
pub(super) fn report(
    context: &Context,
    kind: &Kind<Changed<MovedView>>,
    org: &OrgId,
    moved: &Moved,
    words: &str,
) -> anyhow::Result<u8> {
    let posting = &moved.posting;
    let available = moved.available.map(|micro| Credits::from_micro(micro).to_string());
    let left = available.as_ref().map_or_else(String::new, |left| format!("; {left} left"));
    let again = if moved.result == MoveResult::Unchanged { " before (unchanged)" } else { "" };
    let said = format!("{org}: {words}{again}{left} [request {}]", posting.request);
    let item = MovedView { posting: PostingView::of(org, posting), available };
    output::change(context.format, &Change { kind, result: moved.result.as_str(), said: &said }, &item)
}
