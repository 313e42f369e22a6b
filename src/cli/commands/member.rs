//! `member`: the logins that are owners or viewers of an organization.

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};

use byok::admin::{MemberRemoveResult, Role};
use byok::exit;
use byok::import::Fields;
use byok::name::{Login, OrgId};

use crate::cli::arguments::OrgOrWord;
use crate::cli::arguments::listed::{self, Asked, ListArg};
use crate::cli::ended::Ended;
use crate::cli::login::{CreateArgs, Post, tell_if_disabled};
use crate::cli::session::Context;
use crate::cli::suggest;
use crate::cli::terminal::changes::Changes;
use crate::cli::terminal::failure::{Explain as _, Failure};
use crate::cli::terminal::ids;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::progress::Progress;
use crate::cli::views::changes::{Membership, MembershipEnded, Rebound};
use crate::cli::views::count;
use crate::cli::views::kinds;
use crate::cli::views::listed::MemberListed;
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
  byok member add acme-ci --org acme --role owner --create-login --to-file acme-ci.url
  byok member add --from-file members.csv        # columns: org,login,role"
)]
pub(crate) struct Add {
    #[command(flatten)]
    org: OrgOrWord,
    /// The PostgreSQL login
    #[arg(required_unless_present = "from_file")]
    login: Option<String>,
    /// The role of the member, or of the members of a list that names none
    #[arg(long, value_enum, default_value = "owner")]
    role: RoleArg,
    #[command(flatten)]
    create: CreateArgs,
    #[command(flatten)]
    list: ListArg,
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
                let org = one_login(org.spelled(|org| format!("byok member remove {login} --org {org}")))?;
                remove(context, &org, &login).await
            }
            Self::List { org } => list(context, &org.id()?).await,
            Self::Rebind { yes } => rebind(context, yes).await,
        }
    }
}

/// A member of a list.
struct Listed {
    org: OrgId,
    login: Login,
    role: Role,
}

impl Add {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let role = Role::from(self.role);
        if let Some(asked) = self.list.read(&["org", "login", "role"], |fields| listed_member(fields, role))? {
            if self.org.is_typed() || self.login.is_some() || self.create.is_given() {
                let message =
                    "a list has organizations, logins and roles, so none is named beside it, and no login is created";
                return Err(Failure::usage("two_values", message).hint("leave the other arguments out").into());
            }
            return several(context, asked).await;
        }
        let (org, typed) = (one_login(self.org.id())?, self.login.unwrap_or_default());
        let login: Login = ids::id(&typed)?;
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
        if role == Role::Owner {
            tell_if_disabled(context, &mut session, &org).await;
        }
        Ok(left.exit())
    }
}

/// An organization that is named in two forms beside a login may as well be a second login.
fn one_login(org: anyhow::Result<OrgId>) -> anyhow::Result<OrgId> {
    org.map_err(|error| match Failure::of(&error) {
        failure if failure.code == "two_values" => {
            let message = "--org names the organization, and two more arguments were given, where one login belongs";
            Failure { message: message.into(), ..failure }
                .hint("name one login, and the organization once; for several members: --from-file FILE")
                .into()
        }
        _ => error,
    })
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Owner => Self::Owner,
            RoleArg::Viewer => Self::Viewer,
        }
    }
}

/// A line of a list. Without a role it has that of the command.
fn listed_member(fields: &mut Fields, role: Role) -> Result<Listed, Failure> {
    let org = listed::org(fields)?;
    let login = listed::login(fields, "login")?;
    let login = login.ok_or_else(|| Failure::usage("no_login", "no login is named").hint("give the field login"))?;
    let role = match fields.take_name("role").as_deref() {
        None => role,
        Some("owner") => Role::Owner,
        Some("viewer") => Role::Viewer,
        Some(_) => {
            return Err(Failure::usage("bad_role", "the role is owner or viewer")
                .hint("without the field, it is the role of --role, or else owner"));
        }
    };
    Ok(Listed { org, login, role })
}

/// Adds the members of a list. A failure of one does not keep the others from being added.
async fn several(context: &mut Context, asked: Vec<Asked<Listed>>) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let mut changes = Changes::begin(context.format, kinds::MEMBER_ADD_LIST, asked.len());
    let progress = Progress::of(u64::try_from(asked.len()).unwrap_or_default(), "members");
    let mut open = Ended::default();
    for Asked { line, what } in asked {
        progress.add(1);
        let Listed { org, login, role } = match what {
            Ok(listed) => listed,
            Err(failure) => {
                let item = MemberListed { line, org: None, login: None, role: None, ended: 0, open: 0 };
                progress.beside(|| changes.failed(&item, failure.into()))?;
                continue;
            }
        };
        let item = |left: Ended| MemberListed {
            line,
            org: Some(org.to_string()),
            login: Some(login.to_string()),
            role: Some(role.as_str().to_owned()),
            ended: left.ended,
            open: left.open,
        };
        match session.database.add_member(&org, &login, role).await {
            Ok(result) => {
                let said = format!("{login} is {} of {org} ({result})", role.as_str());
                let left = Ended::after(context, &mut session, Some(&org), &login).await.took_effect(&said)?;
                open = open.and(left);
                progress.beside(|| changes.done(result.as_str(), &said, &item(left)))?;
            }
            Err(error) => {
                let error = listed::explained(context, line, error.into()).await;
                progress.beside(|| changes.failed(&item(Ended::default()), error))?;
            }
        }
    }
    drop(progress);
    let code = changes.end()?;
    Ok(if code == exit::OK { open.exit() } else { code })
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
