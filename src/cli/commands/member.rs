//! `member`: the logins that are owners or viewers of an organization.

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};

use byok::admin::{MemberRemoveResult, Role};
use byok::name::{Login, OrgId};

use crate::cli::arguments::OrgOrWord;
use crate::cli::ended::Ended;
use crate::cli::login::{CreateArgs, Post};
use crate::cli::session::Context;
use crate::cli::suggest;
use crate::cli::terminal::failure::Explain as _;
use crate::cli::terminal::ids;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::views::changes::{Membership, MembershipEnded, Rebound};
use crate::cli::views::count;
use crate::cli::views::kinds;
use crate::cli::views::org::MemberView;

#[derive(Subcommand)]
pub(crate) enum MemberCommand {
    Add(Add),
    /// Remove a member; the login still exists, but has no rights in this organization
    #[command(
        visible_alias = "rm",
        allow_missing_positional = true,
        after_help = "Example:\n  byok member remove ada --org acme"
    )]
    Remove {
        #[command(flatten)]
        org: OrgOrWord,
        /// The PostgreSQL login
        login: String,
    },
    /// List the members of an organization
    #[command(visible_alias = "ls", after_help = "Example:\n  byok member list --org acme")]
    List {
        #[command(flatten)]
        org: OrgOrWord,
    },
    /// Bind each membership to the login of the same name, after a restore into another cluster
    ///
    /// A membership belongs to the name and the number (oid) of a login. In a restored dump the numbers are those of
    /// the old cluster, so no login is a member of any organization until you run this.
    #[command(after_help = "Example:\n  byok member rebind --yes")]
    Rebind {
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
}

/// Make a database login an owner (sets and removes keys) or a viewer (sees lists and the last four characters of keys)
///
/// With --create-login, byok also creates the login, with a random password. The server gets only a SCRAM verifier of
/// the password. The connection string is shown or written once.
#[derive(Args)]
#[command(
    allow_missing_positional = true,
    after_help = "Examples:
  byok member add ada --org acme
  byok member add acme-ci --org acme --role owner --create-login --to-file acme-ci.url"
)]
pub(crate) struct Add {
    #[command(flatten)]
    org: OrgOrWord,
    /// The PostgreSQL login
    login: String,
    /// The role of the member
    #[arg(long, value_enum, default_value = "owner")]
    role: RoleArg,
    #[command(flatten)]
    create: CreateArgs,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleArg {
    Owner,
    Viewer,
}

impl MemberCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Add(verb) => verb.run(context).await,
            Self::Remove { org, login } => {
                let login = ids::id(&login)?;
                let org = org.spelled(|org| format!("byok member remove {login} --org {org}"))?;
                remove(context, &org, &login).await
            }
            Self::List { org } => list(context, &org.id()?).await,
            Self::Rebind { yes } => rebind(context, yes).await,
        }
    }
}

impl Add {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let (org, login): (OrgId, Login) = (self.org.id()?, ids::id(&self.login)?);
        let role = match self.role {
            RoleArg::Owner => Role::Owner,
            RoleArg::Viewer => Role::Viewer,
        };
        let post = Post::Member(&org, role);
        let new = self.create.prepare(&login)?;
        let mut session = context.session().await?;
        let (result, end) = post.give(&mut session, &login, new).await?;
        let said = format!("{login} is {} of {org} ({result}){end}", role.as_str());
        // The member may have been an owner and be a viewer now.
        let left = Ended::after(context, &mut session, Some(&org), &login).await.took_effect(&said)?;
        let item = Membership {
            org: org.as_str(),
            login: login.as_str(),
            role: role.as_str(),
            ended: left.ended,
            open: left.open,
        };
        output::change(context.format, &Change { kind: &kinds::MEMBER_ADD, result, said: &said }, &item)?;
        self.create.tell_next(context, &login, &post);
        Ok(left.exit())
    }
}

async fn remove(context: &mut Context, org: &OrgId, login: &Login) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let result = session.database.remove_member(org, login).await?;
    if result == MemberRemoveResult::Unknown {
        let message = format!("the server has no login `{login}`, and it was never a member of {org}");
        let members = session.database.members(org).await?;
        let known = members.iter().map(|member| member.login.as_str());
        bail!(suggest::not_there(
            message,
            login.as_str(),
            known,
            &format!("to see the members: byok member list --org {org}")
        ));
    }
    let said = match result {
        MemberRemoveResult::Removed => format!("{login} is no longer a member of {org} ({result})"),
        _ => format!("{login} was no member of {org} ({result})"),
    };
    // A repeated command tries again to end transactions that could not be ended before.
    let left = Ended::after(context, &mut session, Some(org), login).await.took_effect(&said)?;
    if result == MemberRemoveResult::Removed {
        output::warn(&format!(
            "the login may still have the data key of {org}; to make that useless: byok data-key rotate --org {org}"
        ));
    }
    let item = MembershipEnded { org: org.as_str(), login: login.as_str(), ended: left.ended, open: left.open };
    output::change(
        context.format,
        &Change { kind: &kinds::MEMBER_REMOVE, result: result.as_str(), said: &said },
        &item,
    )?;
    Ok(left.exit())
}

async fn rebind(context: &mut Context, yes: bool) -> anyhow::Result<u8> {
    let question = "Bind each membership to the login of the same name in this cluster?";
    let _confirmed = context.confirm(question, yes)?;
    let mut session = context.session().await?;
    let done = session.database.rebind_members().await?;
    let result = if done.bound > 0 { "rebound" } else { "unchanged" };
    let said = format!("{} bound, {} without a login here ({result})", count(done.bound, "membership"), done.missing);
    if done.missing > 0 {
        output::warn(&format!(
            "{} without a login here; to see which: byok member list --org ORG; create the login and repeat this, or: byok \
             member remove LOGIN --org ORG",
            count(done.missing, "membership")
        ));
    }
    let item = Rebound { bound: done.bound, missing: done.missing };
    output::change(context.format, &Change { kind: &kinds::MEMBER_REBIND, result, said: &said }, &item)?;
    Ok(if done.missing > 0 { byok::exit::PARTIAL } else { byok::exit::OK })
}

async fn list(context: &mut Context, org: &OrgId) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let members = session.database.members(org).await?;
    list::records(context.format, &kinds::MEMBER_LIST, &members, |member| MemberView::of(org, member))
}
