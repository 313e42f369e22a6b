//! What a failure says more: near names, and a record of a refusal. Only names that this login may see are suggested.

use byok::Error;
use byok::admin::{Database, DatabaseUrl};
use byok::error::{AccessError, ChangeError};
use byok::exit;
use byok::name::near;
use byok::provider::{Capability, Catalog, TargetError};
use byok::secret::SecretText;

use crate::cli::seen;
use crate::cli::session::settings::Target;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::ids;

/// How many organizations are compared at once.
const PAGE: i32 = 1000;

/// A name that does not exist, or that this login may not see.
enum Missing {
    Org(String),
    Login(String),
    Provider(String),
}

impl Missing {
    fn of(error: &anyhow::Error) -> Option<Self> {
        if let Some(TargetError::Unknown { typed, .. }) = error.downcast_ref() {
            return Some(Self::Provider(typed.clone()));
        }
        match error.downcast_ref::<Error>()? {
            Error::Change(ChangeError::NoSuchOrg(org)) => Some(Self::Org(org.clone())),
            Error::Access(AccessError::NotAllowed(refusal)) => refusal.org.clone().map(Self::Org),
            Error::Change(ChangeError::NoSuchLogin(login)) => Some(Self::Login(login.clone())),
            _ => None,
        }
    }
}

impl Context {
    /// The failure of an error, with the names of the command line and near names in its hint. A refusal is recorded in the audit log.
    pub(crate) async fn explained(&self, error: anyhow::Error) -> anyhow::Error {
        let login = self.record_denied(&error).await.or_else(|| self.without_role(&error));
        let failure = Failure::of(&error);
        let hint = failure.hint.map(|hint| self.options().about.fill(&hint, login.as_deref()));
        let failure = Failure { denied: None, hint, ..failure };
        let Some(missing) = Missing::of(&error) else { return failure.into() };
        let near = match self.again().await {
            Some(mut database) => {
                if let Some(seen) = seen::refused(&mut database, &error).await {
                    return seen.into();
                }
                near_names(&mut database, &missing).await.unwrap_or_default()
            }
            None => Vec::new(),
        };
        if near.is_empty() {
            return failure.into();
        }
        for name in &near {
            ids::remember(name);
        }
        let question = format!("did you mean {}?", near.join(" or "));
        let hint = match (&missing, &failure.hint) {
            (Missing::Provider(_), _) => format!("{question} to see all: byok provider list"),
            (_, Some(hint)) => format!("{question} {hint}"),
            (_, None) => question,
        };
        failure.hint(hint).into()
    }

    /// Records a refusal in the audit log. The refused transaction was rolled back with its own record. If recording
    /// fails too, only the server's log shows the refusal. Returns the login that was refused.
    async fn record_denied(&self, error: &anyhow::Error) -> Option<String> {
        let function = Failure::of(error).denied?;
        let Target::Configured(url, _) = self.chosen().ok()? else { return None };
        let mut database = Database::open(&url).await.ok()?;
        if !dry_run::is_on() {
            database.record_denied(&function).await.ok();
        }
        Some(database.hello().login.clone())
    }

    /// The login of the connection string, if it has no role at all. It cannot be asked in the database.
    fn without_role(&self, error: &anyhow::Error) -> Option<String> {
        match (error.downcast_ref()?, self.chosen().ok()?) {
            (Error::Access(AccessError::NoRole), Target::Configured(url, _)) => Some(url.host().login.clone()),
            _ => None,
        }
    }

    /// Another connection, because the failure ended the session. A private server is not started for this.
    async fn again(&self) -> Option<Database> {
        let url = match self.chosen().ok()? {
            Target::Configured(url, _) => url,
            Target::Private(dir) if dir.is_running().ok()? => {
                DatabaseUrl::parse(SecretText::new(dir.url().ok()?)).ok()?.peer()
            }
            Target::Private(_) => return None,
        };
        Database::open(&url).await.ok()
    }
}

async fn near_names(database: &mut Database, missing: &Missing) -> byok::Result<Vec<String>> {
    let (typed, known) = match missing {
        Missing::Org(org) => (org, orgs(database, org).await?),
        Missing::Login(login) => (login, database.logins().await?),
        Missing::Provider(typed) => {
            let private = database.providers(None).await?.into_iter().map(|stored| stored.provider);
            let builtin = Catalog::builtin().providers().iter().map(|provider| provider.id.clone());
            let capabilities = Capability::ALL.iter().map(|it| it.as_str().to_owned());
            (typed, private.chain(builtin).chain(capabilities).collect())
        }
    };
    // The name itself may exist, and something else was missing.
    if known.contains(typed) {
        return Ok(Vec::new());
    }
    Ok(near(typed, known.iter().map(String::as_str)).into_iter().map(str::to_owned).collect())
}

/// Organizations that this login may see: the first ones, and those that begin as the typed name begins. A platform may
/// have millions.
async fn orgs(database: &mut Database, typed: &str) -> byok::Result<Vec<String>> {
    let mut found = database.usage_orgs(None, PAGE).await?;
    if found.len() < usize::try_from(PAGE).unwrap_or_default() {
        return Ok(found);
    }
    for length in [1, 2, 4] {
        let beginning: String = typed.chars().take(length).collect();
        found.extend(database.usage_orgs(Some(&beginning), PAGE).await?);
    }
    found
        .extend(database.org(&typed.parse().map_err(|_| Error::Change(ChangeError::NotAnId))?).await?.map(|it| it.org));
    Ok(found)
}

/// The failure for an operation that has no price, with the names of near ones.
pub(crate) async fn without_price(
    session: &mut Session,
    operation: &str,
    error: impl Into<anyhow::Error>,
) -> anyhow::Error {
    let error = error.into();
    let failure = Failure::of(&error);
    if failure.code != "no_rate" {
        return error;
    }
    let rates = session.database.rates(None, false).await.unwrap_or_default();
    let near = near(operation, rates.iter().map(|rate| rate.operation.as_str()));
    if near.is_empty() {
        return failure.into();
    }
    failure.hint(format!("did you mean {}? to see all prices: byok credits rates list", near.join(" or "))).into()
}

/// A failure because a name does not exist. `known` are the names that could have been meant. `list` is the hint if none
/// of them is near.
pub(crate) fn not_there<'a>(
    message: String,
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
    list: &str,
) -> Failure {
    let failure = Failure::new(exit::NOT_FOUND, "not_found", message);
    match near(typed, known).as_slice() {
        [] => failure.hint(list.to_owned()),
        near => failure.hint(format!("did you mean {}?", near.join(" or "))),
    }
}
