//! Creates logins and hands over their connection strings.
//!
//! A password that the server may know is never discarded. If the answer to the creation of a login is lost, byok finds
//! out whether the login exists. If that fails too, the connection string stays in its file, and the next attempt
//! continues with it.

use anyhow::bail;
use clap::Args;

use byok::admin::crypto::scram;
use byok::admin::{Database, DatabaseUrl, MemberAddResult, Role, RoleGrantResult, ServiceRole};
use byok::error::{ChangeError, ConnectionError};
use byok::name::{Login, OrgId};
use byok::secret::SecretText;
use byok::{Error, exit};

use crate::cli::session::settings::Target;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::handover::{Handover, HandoverArgs, Thing};

/// The next step where a login is named that the private database cannot have.
pub(crate) const ONLY_YOURS: &str = "the private database has only your login; for several people, set BYOK_DATABASE_URL to a \
                                     database of a PostgreSQL server";

/// Says of a disabled organization what comes before its owner's first key.
pub(crate) async fn tell_if_disabled(context: &Context, session: &mut Session, org: &OrgId) {
    if !session.is_enabled(org).await.unwrap_or(true) {
        context.notice(&format!("{org} is not enabled, so its owners cannot set keys yet; first: byok enable {org}"));
    }
}

/// Whether a login is created.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Also create the login, with a random password. If the file has the connection string of an earlier attempt, that
    /// attempt is continued
    #[arg(long)]
    create_login: bool,
    #[command(flatten)]
    handover: HandoverArgs,
}

/// A login to create.
pub(crate) struct NewLogin {
    password: SecretText,
    handover: Handover,
    /// The connection string that an earlier attempt left.
    found: Option<SecretText>,
    in_the_way: Failure,
}

/// The connection string of a login.
struct Access<'a> {
    /// As text, to hand over.
    text: &'a SecretText,
    /// Parsed, to connect with.
    url: &'a DatabaseUrl,
}

/// The role that a login gets.
pub(crate) enum Post<'a> {
    /// A member of an organization.
    Member(&'a OrgId, Role),
    /// A service role of the platform.
    Service(ServiceRole),
}

impl Post<'_> {
    async fn create(
        &self,
        database: &mut Database,
        login: &Login,
        password: &SecretText,
    ) -> Result<&'static str, Error> {
        match self {
            Self::Member(org, role) => {
                database.create_member(org, login, *role, password).await.map(MemberAddResult::as_str)
            }
            Self::Service(role) => database.create_service(login, *role, password).await.map(RoleGrantResult::as_str),
        }
    }

    /// Gives the role to an existing login.
    async fn fill(&self, database: &mut Database, login: &Login) -> Result<&'static str, Error> {
        match self {
            Self::Member(org, role) => database.add_member(org, login, *role).await.map(MemberAddResult::as_str),
            Self::Service(role) => database.grant_role(login, *role).await.map(RoleGrantResult::as_str),
        }
    }

    /// Gives the role to the login. The login is created first if that was asked for. Returns the result, and the end
    /// of the sentence that reports it: where the connection string of a created login is.
    pub(crate) async fn give(
        &self,
        session: &mut Session,
        login: &Login,
        new: Option<NewLogin>,
    ) -> anyhow::Result<(&'static str, String)> {
        let Some(new) = new else {
            let filled = self.fill(&mut session.database, login).await;
            let unknown = matches!(filled, Err(Error::Change(ChangeError::NoSuchLogin(_))));
            let filled = if unknown && session.is_private() { filled.hint(ONLY_YOURS)? } else { filled? };
            return Ok((filled, String::new()));
        };
        let (result, place) = new.make(session, login, self).await?;
        Ok((result, format!("; its connection string is {place}")))
    }
}

impl Post<'_> {
    /// What a new login gets from whoever created it, what it sets, and its first command.
    fn handed_over(&self, login: &Login, url: &Thing) -> String {
        let (with, also, first) = match self {
            Self::Member(org, Role::Viewer) => (String::new(), "", format!("byok key list --org {org}")),
            Self::Member(org, _) => (
                format!(" and a data key (byok data-key issue --org {org} --to-file PATH)"),
                " and BYOK_DATA_KEY_FILE",
                format!("byok key set PROVIDER --org {org}"),
            ),
            Self::Service(ServiceRole::Resolver) => {
                (" and the master key".into(), " and BYOK_MASTER_KEY_FILE", "byok status".into())
            }
            Self::Service(ServiceRole::Auditor) => (String::new(), "", "byok audit list".into()),
            Self::Service(_) => (String::new(), "", "byok status".into()),
        };
        let Thing { named, setting } = url;
        format!("give {login}: {named}{with}; {login} sets {setting}{also}, and begins with: {first}")
    }
}

impl CreateArgs {
    /// Says what to do with the connection string of a login that was created.
    pub(crate) fn tell_next(&self, context: &Context, login: &Login, post: &Post<'_>) {
        if self.create_login && !dry_run::is_on() {
            context
                .notice(&post.handed_over(login, &self.handover.thing("the connection string", "BYOK_DATABASE_URL")));
        }
    }

    /// Whether a login is to be created, or its address written.
    pub(crate) fn is_given(&self) -> bool {
        self.create_login || self.handover.is_given()
    }

    /// The login to create, if one was asked for. The destination of its connection string is reserved before the
    /// database is asked.
    pub(crate) fn prepare(&self, login: &Login) -> anyhow::Result<Option<NewLogin>> {
        if !self.create_login {
            if self.handover.is_given() {
                bail!(
                    Failure::usage("nothing_to_write", "--to-file needs --create-login")
                        .hint("give --create-login too")
                );
            }
            return Ok(None);
        }
        let password =
            scram::password().map_err(|error| Failure::new(exit::FAILURE, "no_randomness", error.to_string()))?;
        let (handover, found) = self.handover.resume(&format!("the connection string of {login}"))?;
        Ok(Some(NewLogin { password, handover, found, in_the_way: self.handover.in_the_way() }))
    }
}

impl NewLogin {
    /// Creates the login and gives it its role. Returns the result, and where its connection string is, in words.
    async fn make(
        mut self,
        session: &mut Session,
        login: &Login,
        post: &Post<'_>,
    ) -> anyhow::Result<(&'static str, String)> {
        let Target::Configured(url, _) = &session.target else {
            bail!(
                Failure::usage(
                    "private_database",
                    "the private database has only your login, and cannot have another one"
                )
                .hint(ONLY_YOURS)
            );
        };
        let resumes = self.found.is_some();
        let (text, theirs) = if let Some(found) = self.found.take() {
            // The file's connection string is used only if it is for this login and this database.
            let Some(theirs) = url.handed_over(login, &found) else { return Err(self.in_the_way.into()) };
            self.password = theirs.password().ok_or(Error::Connection(ConnectionError::BadUrl))?;
            (found, theirs)
        } else {
            let text = url.with_login(login, &self.password)?;
            let theirs = DatabaseUrl::parse(text.clone())?.behind(url.pooler());
            // The connection string is in its file before the login exists, so that it cannot be lost.
            self.handover.prepare(&text)?;
            (text, theirs)
        };
        let database = &mut session.database;
        let first = post.create(database, login, &self.password).await;
        let lost = matches!(first, Err(Error::Connection(ConnectionError::Lost(_))));
        let outcome = match first {
            Err(error) if lost && database.reopen().await.is_err() => Err(error),
            Err(_) if lost => post.create(database, login, &self.password).await,
            outcome => outcome,
        };
        match outcome {
            Ok(_) => Ok(("created", self.handover.give(&text))),
            Err(Error::Change(ChangeError::LoginExists(_))) if resumes || lost => {
                self.go_on(database, login, post, &Access { text: &text, url: &theirs }).await
            }
            // The first attempt may have created the login, even if the second one failed.
            Err(error) if lost => Err(unknown(&self.handover.keep(&text), login, error).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Continues an earlier attempt. If the connection string works, the existing login is the one that the earlier
    /// attempt created.
    async fn go_on(
        self,
        database: &mut Database,
        login: &Login,
        post: &Post<'_>,
        access: &Access<'_>,
    ) -> anyhow::Result<(&'static str, String)> {
        let Access { text, url } = *access;
        match Database::open(url).await {
            Err(Error::Connection(ConnectionError::LoginRefused | ConnectionError::NotAdmitted)) => {
                let place = self.handover.keep(text);
                let message =
                    format!("there is already a login {login}, and the connection string {place} does not work for it");
                bail!(Failure::new(exit::CONFLICT, "exists", message).hint(
                    "to use this login, run without --create-login; to create another one, use another login and file",
                ));
            }
            Err(error) if error.may_pass() || matches!(error, Error::Connection(ConnectionError::Unverified(_))) => {
                return Err(unknown(&self.handover.keep(text), login, error).into());
            }
            _ => {}
        }
        match database.ask(async |database| post.fill(database, login).await).await {
            Ok(result) => Ok((result, self.handover.give(text))),
            Err(error) => Err(unknown(&self.handover.keep(text), login, error).into()),
        }
    }
}

fn unknown(place: &str, login: &Login, error: Error) -> Failure {
    let failure = Failure::from(error);
    let message = format!("{}; the connection string of {login} is {place}", failure.message);
    let hint = if place.starts_with("kept") {
        "run the same command again, with the same --to-file: it finds out what was done, and continues"
    } else {
        "check whether the login exists; if it does, keep the connection string and run without --create-login"
    };
    Failure { message, ..failure }.hint(hint)
}
