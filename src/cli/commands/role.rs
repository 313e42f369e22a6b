//! `role`: the service roles of logins.

use clap::{Args, Subcommand, ValueEnum};

use byok::Error;
use byok::admin::{RoleRevokeResult, ServiceRole};
use byok::error::ChangeError;
use byok::name::Login;

use crate::cli::ended::Ended;
use crate::cli::login::{CreateArgs, Post};
use crate::cli::session::Context;
use crate::cli::terminal::failure::Explain as _;
use crate::cli::terminal::ids;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::{RoleGranted, RoleRevoked};
use crate::cli::views::kinds;
use crate::cli::views::org::RoleView;

#[derive(Subcommand)]
pub(crate) enum RoleCommand {
    Grant(Grant),
    /// Revoke a service role of a login
    #[command(after_help = "Example:\n  byok role revoke resolver api-server")]
    Revoke {
        /// The service role
        role: ServiceRoleArg,
        /// The PostgreSQL login
        login: String,
        /// Do not ask for confirmation if it is your own role admin
        #[arg(short, long)]
        yes: bool,
    },
    /// List the logins with a service role
    #[command(visible_alias = "ls", after_help = "Example:\n  byok role list")]
    List,
}

/// Grant a service role to a login
///
/// An admin (a platform admin, in messages) enables organizations, adds their members and manages the platform's keys. A
/// resolver resolves requests and opens keys; this role is for the platform's servers. An auditor sees the audit log and
/// everything that is not secret. Roles belong to the PostgreSQL server, so a role applies to every byok database of the
/// cluster.
#[derive(Args)]
#[command(after_help = "Examples:
  byok role grant auditor eve
  byok role grant resolver api-server --create-login --to-file api-server.url")]
pub(crate) struct Grant {
    /// The service role
    role: ServiceRoleArg,
    /// The PostgreSQL login
    login: String,
    #[command(flatten)]
    create: CreateArgs,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ServiceRoleArg {
    Admin,
    Resolver,
    Auditor,
}

impl ServiceRoleArg {
    fn role(self) -> ServiceRole {
        match self {
            Self::Admin => ServiceRole::Admin,
            Self::Resolver => ServiceRole::Resolver,
            Self::Auditor => ServiceRole::Auditor,
        }
    }
}

impl RoleCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Grant(verb) => verb.run(context).await,
            Self::Revoke { role, login, yes } => revoke(context, role.role(), &ids::id(&login)?, yes).await,
            Self::List => list(context).await,
        }
    }
}

impl Grant {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let (login, role): (Login, ServiceRole) = (ids::id(&self.login)?, self.role.role());
        let post = Post::Service(role);
        let new = self.create.prepare(&login)?;
        let mut session = context.session().await?;
        let (result, end) = post.give(&mut session, &login, new).await?;
        let said = format!("{login} is {} ({result}){end}", role.as_str());
        let item = RoleGranted { login: login.as_str(), role: role.as_str() };
        let code = output::change(context.format, &Change { kind: &kinds::ROLE_GRANT, result, said: &said }, &item)?;
        self.create.tell_next(context, &login, &post);
        Ok(code)
    }
}

async fn revoke(context: &mut Context, role: ServiceRole, login: &Login, yes: bool) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    // Whoever loses this role cannot give it back.
    if role == ServiceRole::Admin && session.database.hello().login == login.as_str() {
        let question = format!("Take the role admin from your own login {login}?");
        let _confirmed = context.confirm(&question, yes)?;
    }
    let revoked = session.database.revoke_role(login, role).await;
    let done = match revoked {
        Err(Error::Change(ChangeError::NoSuchLogin(_))) => {
            revoked.hint("to see the logins with a role: byok role list")?
        }
        other => other?,
    };
    let said = match done.result {
        RoleRevokeResult::Unchanged => format!("{login} did not have the role {} (unchanged)", role.as_str()),
        result => format!("{login} no longer has the role {} ({result})", role.as_str()),
    };
    let before = Ended::of(context, login, &done.ended);
    let left = Ended::after(context, &mut session, None, login).await.took_effect(&said)?.and(before);
    let item = RoleRevoked { login: login.as_str(), role: role.as_str(), ended: left.ended, open: left.open };
    output::change(
        context.format,
        &Change { kind: &kinds::ROLE_REVOKE, result: done.result.as_str(), said: &said },
        &item,
    )?;
    Ok(left.exit())
}

async fn list(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let holders = session.database.role_holders().await?;
    list::records(context.format, &kinds::ROLE_LIST, &holders, |holder| RoleView::from(holder))
}
