//! What a login is told that may see an organization and not do what it asked for: the organization is there.

use byok::Error;
use byok::admin::Database;
use byok::error::{AccessError, ChangeError, Refusal};
use byok::exit;

use crate::cli::terminal::failure::{Failure, is_about_roles};

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
    if is_about_roles(refusal) {
        return None;
    }
    Some(not_allowed(&database.hello().login, org, refusal))
}

fn not_allowed(login: &str, org: &str, refusal: &Refusal) -> Failure {
    let opens = refusal.function.as_ref().is_some_and(|it| OPENING.iter().any(|begin| it.starts_with(begin)));
    let hint = if opens {
        for_owners_and_servers(login, org)
    } else {
        format!("owners may: a platform admin runs byok member add {login} --org {org}")
    };
    let message = format!("login {login} may see {}, but may not do this", refusal.subject);
    Failure::new(exit::NOT_AUTHORIZED, "not_authorized", message).hint(hint)
}

/// The next step where an owner of the organization and a server of the platform may do it.
pub(crate) fn for_owners_and_servers(login: &str, org: &str) -> String {
    format!(
        "owners and the platform's servers may: a platform admin runs byok member add {login} --org {org}, or byok role grant \
         resolver {login}"
    )
}
