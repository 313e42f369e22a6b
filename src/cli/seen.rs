//! What a login is told that may see an organization and not do what it asked for: the organization is there.

use byok::Error;
use byok::admin::Database;
use byok::error::{AccessError, ChangeError, Refusal};
use byok::exit;

use crate::cli::terminal::failure::Failure;

/// The functions that owners of an organization and the platform's servers may call.
const OPENING: [&str; 8] =
    ["data_key_get", "data_key_of", "key_mark", "key_open", "key_report", "key_serving", "key_test", "key_use"];

/// The failure if the login may see the organization. `None` if it may not, and if members are not who may do this.
pub(super) async fn refused(database: &mut Database, error: &anyhow::Error) -> Option<Failure> {
    let Some(Error::Access(AccessError::NotAllowed(refusal))) = error.downcast_ref() else { return None };
    let org = refusal.org.as_ref()?;
    let record = database.org(&org.parse().ok()?).await.ok()??;
    if record.purged_at.is_some() {
        return Some(Error::Change(ChangeError::Purged(org.clone())).into());
    }
    if Failure::of(error).hint.is_some_and(|hint| !hint.contains("byok member add")) {
        return None;
    }
    Some(not_allowed(&database.hello().login, refusal))
}

fn not_allowed(login: &str, refusal: &Refusal) -> Failure {
    let subject = &refusal.subject;
    let opens = refusal.function.as_ref().is_some_and(|it| OPENING.iter().any(|begin| it.starts_with(begin)));
    let org = refusal.org.as_deref().unwrap_or("ORG");
    let add = format!("byok member add {login} --org {org}");
    let hint = if opens {
        format!(
            "owners and the platform's servers may: a platform admin runs {add}, or byok role grant resolver {login}"
        )
    } else {
        format!("owners may: a platform admin runs {add}")
    };
    let message = format!("login {login} may see {subject}, but may not do this");
    Failure::new(exit::NOT_AUTHORIZED, "not_authorized", message).hint(hint)
}
