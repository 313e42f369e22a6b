//! `member add`, `remove` and `list`: which logins own an organization.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use byok::db::Role;
use byok::name::{Login, OrgId};

use super::failure::Failure;
use super::out::{self, Row};
use super::session::Context;

#[derive(Subcommand)]
pub(crate) enum MemberCommand {
    /// Make a database login an owner (sets and removes keys) or a viewer (sees hints)
    #[command(after_help = "Example:\n  byok member add acme ada")]
    Add {
        /// The organization's id
        org: String,
        /// The PostgreSQL login
        login: String,
        /// What it may do
        #[arg(long, value_enum, default_value = "owner")]
        role: RoleArg,
    },
    /// Take a login's membership
    Remove {
        /// The organization's id
        org: String,
        /// The PostgreSQL login
        login: String,
    },
    /// List the members of an organization
    List {
        /// The organization's id
        org: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleArg {
    Owner,
    Viewer,
}

impl MemberCommand {
    pub(crate) async fn run(self, context: &mut Context) -> Result<u8, Failure> {
        match self {
            Self::Add { org, login, role } => {
                let role = match role {
                    RoleArg::Owner => Role::Owner,
                    RoleArg::Viewer => Role::Viewer,
                };
                add(context, &org.parse()?, &login.parse()?, role).await
            }
            Self::Remove { org, login } => remove(context, &org.parse()?, &login.parse()?).await,
            Self::List { org } => list(context, &org.parse()?).await,
        }
    }
}

async fn add(context: &mut Context, org: &OrgId, login: &Login, role: Role) -> Result<u8, Failure> {
    let mut session = context.session().await?;
    let result = session.database.add_member(org, login, role).await?;
    let said = format!("{login} is {} of {org} ({result})", role.as_str());
    let item = json!({"org": org.as_str(), "login": login.as_str(), "role": role.as_str()});
    out::change(context.format, "member.add", &said, (&result, item))
}

async fn remove(context: &mut Context, org: &OrgId, login: &Login) -> Result<u8, Failure> {
    let mut session = context.session().await?;
    let result = session.database.remove_member(org, login).await?;
    let said = format!("{login} is no member of {org} ({result})");
    let item = json!({"org": org.as_str(), "login": login.as_str()});
    out::change(context.format, "member.remove", &said, (&result, item))
}

async fn list(context: &mut Context, org: &OrgId) -> Result<u8, Failure> {
    let mut session = context.session().await?;
    let members = session.database.members(org).await?;
    let rows: Vec<Row> = (members.iter())
        .map(|member| {
            let added = byok::clock::rfc3339(member.added_at);
            let json = json!({
                "org": org.as_str(), "login": member.login, "role": member.role, "present": member.present,
                "added_at": added, "added_by": member.added_by,
            });
            let state = if member.present { "present" } else { "login dropped" };
            Row {
                json,
                cells: vec![member.login.clone(), member.role.clone(), state.into(), added, member.added_by.clone()],
            }
        })
        .collect();
    out::list(context.format, "member.list", &["LOGIN", "ROLE", "STATE", "ADDED", "BY"], &rows)
}
