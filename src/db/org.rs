//! Organizations and the logins that own them.

use time::OffsetDateTime;

use super::Database;
use crate::error::{ChangeError, Error, Result, Subject};
use crate::name::{Login, OrgId};
use crate::word::{ListedWord, words};

words! {
    /// What a member may do.
    #[non_exhaustive]
    pub enum Role: "role of a member" {
        /// Sets, tests and removes keys.
        Owner = "owner",
        /// Sees hints and dates.
        Viewer = "viewer",
    }
}

words! {
    /// What enabling an organization did.
    #[non_exhaustive]
    pub enum EnableResult: "result of enabling an organization" {
        /// It became known, and is enabled.
        Created = "created",
        /// It was known, and is enabled now.
        Enabled = "enabled",
        /// Its id had been purged, and is given to a new tenant.
        Reused = "reused",
        /// It was enabled before.
        Unchanged = "unchanged",
    }
}

words! {
    /// What disabling an organization did.
    #[non_exhaustive]
    pub enum DisableResult: "result of disabling an organization" {
        /// It is not enabled any more.
        Disabled = "disabled",
        /// It was not enabled before.
        Unchanged = "unchanged",
    }
}

words! {
    /// What adding a member did.
    #[non_exhaustive]
    pub enum MemberAddResult: "result of adding a member" {
        /// The login was no member before.
        Added = "added",
        /// It had another role before.
        Changed = "changed",
        /// It had that role before.
        Unchanged = "unchanged",
    }
}

words! {
    /// What removing a member did.
    #[non_exhaustive]
    pub enum MemberRemoveResult: "result of removing a member" {
        /// The login is no member any more.
        Removed = "removed",
        /// It was none before.
        Unchanged = "unchanged",
        /// There was never one of this name.
        Unknown = "unknown",
    }
}

words! {
    /// What a purge did.
    #[non_exhaustive]
    pub enum PurgeResult: "result of a purge" {
        /// Its account was closed, and its keys and members were erased.
        Purged = "purged",
        /// It had been purged before.
        Unchanged = "unchanged",
    }
}

/// One organization as lists show it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OrgRecord {
    /// Its id.
    pub org: String,
    /// Whether requests use its own keys.
    pub enabled: bool,
    /// Its owners' logins.
    pub owners: Vec<String>,
    /// How many keys it has in force.
    pub keys: i64,
    /// How many of them cannot serve, because they have expired or do not open.
    pub dead_keys: i64,
    /// When it became known, or was given to its present tenant.
    pub created_at: OffsetDateTime,
    /// Who enabled it first.
    pub created_by: String,
    /// When it was purged. `None` if it is in use.
    pub purged_at: Option<OffsetDateTime>,
}

/// Where a page of organizations begins and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct OrgPage<'a> {
    /// After this id.
    pub after: Option<&'a str>,
    /// At most this many organizations.
    pub limit: i32,
}

/// One login of an organization.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Member {
    /// The login.
    pub login: String,
    /// What it may do.
    pub role: ListedWord<Role>,
    /// False when the role was dropped since: it can do nothing, and a new one of that name neither.
    pub present: bool,
    /// Since when.
    pub added_at: OffsetDateTime,
    /// By whom.
    pub added_by: String,
}

/// For whom an organization is enabled.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewTenant<'a> {
    /// A login that becomes an owner.
    pub owner: Option<&'a Login>,
    /// Whether an id that was purged is given to this tenant. It gets nothing of the tenant before: no credits, no request
    /// ids, no records.
    pub reuse: bool,
}

/// A login that becomes a member.
pub(super) struct NewMember<'a> {
    pub(super) role: Role,
    /// Its password as PostgreSQL keeps it; the login is made with it.
    pub(super) verifier: Option<&'a str>,
}

impl Database {
    /// Enables an organization, which makes it known where it was not. [`ChangeError::Purged`] if its id was purged.
    pub async fn enable(&mut self, org: &OrgId) -> Result<EnableResult> {
        self.org_enable(org, false).await
    }

    /// The same for this tenant, all of it or nothing.
    pub async fn enable_for(&mut self, org: &OrgId, tenant: NewTenant<'_>) -> Result<EnableResult> {
        let Some(owner) = tenant.owner else { return self.org_enable(org, tenant.reuse).await };
        self.transaction(async |database| {
            let result = database.org_enable(org, tenant.reuse).await?;
            database.add_member(org, owner, Role::Owner).await?;
            Ok(result)
        })
        .await
    }

    async fn org_enable(&mut self, org: &OrgId, reuse: bool) -> Result<EnableResult> {
        sqlx::query_scalar!(
            r#"select result as "result!: EnableResult" from byok_api.org_enable($1, $2)"#,
            org.as_str(),
            reuse
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(|error| match Error::about(Subject::Login)(error) {
            Error::Change(ChangeError::Purged(_)) => Error::Change(ChangeError::Purged(org.to_string())),
            other => other,
        })
    }

    /// Disables it; its keys stay stored.
    pub async fn disable(&mut self, org: &OrgId) -> Result<DisableResult> {
        sqlx::query_scalar!(r#"select result as "result!: DisableResult" from byok_api.org_disable($1)"#, org.as_str())
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about_admin(org))
    }

    /// A page of the organizations that this login may see.
    pub async fn orgs(&mut self, page: OrgPage<'_>) -> Result<Vec<OrgRecord>> {
        self.org_rows(None, page).await
    }

    /// One organization; none when it is not there.
    pub async fn org(&mut self, org: &OrgId) -> Result<Option<OrgRecord>> {
        Ok(self.org_rows(Some(org), OrgPage { after: None, limit: 1 }).await?.pop())
    }

    async fn org_rows(&mut self, org: Option<&OrgId>, page: OrgPage<'_>) -> Result<Vec<OrgRecord>> {
        sqlx::query_as!(
            OrgRecord,
            r#"select org as "org!", enabled as "enabled!", owners as "owners!", keys as "keys!", dead_keys as "dead_keys!",
                      created_at as "created_at!", created_by as "created_by!", purged_at
               from byok_api.org_list($1, $2, $3)"#,
            org.map(OrgId::as_str),
            page.after,
            page.limit
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }

    /// Makes a login owner or viewer.
    pub async fn add_member(&mut self, org: &OrgId, login: &Login, role: Role) -> Result<MemberAddResult> {
        self.member_add(org, login, NewMember { role, verifier: None }).await
    }

    pub(super) async fn member_add(
        &mut self,
        org: &OrgId,
        login: &Login,
        NewMember { role, verifier }: NewMember<'_>,
    ) -> Result<MemberAddResult> {
        sqlx::query_scalar!(
            r#"select result as "result!: MemberAddResult" from byok_api.member_add($1, $2, $3, $4)"#,
            org.as_str(),
            login.as_str(),
            role.as_str(),
            verifier
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(|error| match Error::about_admin(org)(error) {
            Error::Change(ChangeError::NoSuchLogin(_)) => Error::Change(ChangeError::NoSuchLogin(login.to_string())),
            Error::Change(ChangeError::LoginExists(_)) => Error::Change(ChangeError::LoginExists(login.to_string())),
            other => other,
        })
    }

    /// Takes a login's membership.
    pub async fn remove_member(&mut self, org: &OrgId, login: &Login) -> Result<MemberRemoveResult> {
        sqlx::query_scalar!(
            r#"select result as "result!: MemberRemoveResult" from byok_api.member_remove($1, $2)"#,
            org.as_str(),
            login.as_str()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(org))
    }

    /// The members of an organization.
    pub async fn members(&mut self, org: &OrgId) -> Result<Vec<Member>> {
        sqlx::query_as!(
            Member,
            r#"select login as "login!", role as "role!: ListedWord<Role>", present as "present!", added_at as "added_at!",
                      added_by as "added_by!"
               from byok_api.member_list($1)"#,
            org.as_str()
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(Error::about(org))
    }
}

/// What erasing an organization did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Purged {
    /// What it came to.
    pub result: PurgeResult,
    /// How many versions of keys were erased.
    pub keys: i64,
    /// The credits that were written off, in micro-credits.
    pub written_off: i64,
}

/// What binding members to the logins of this cluster did.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rebound {
    /// Members that are bound now and were not before.
    pub bound: i64,
    /// Members whose login is not there.
    pub missing: i64,
}

impl Database {
    /// Erases everything that could open a key of an organization, its members too, and closes its account. Records stay.
    pub async fn purge(&mut self, org: &OrgId) -> Result<Purged> {
        sqlx::query_as!(
            Purged,
            r#"select result as "result!: PurgeResult", keys as "keys!", written_off as "written_off!"
               from byok_api.org_purge($1, $1)"#,
            org.as_str()
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(Error::about_admin(org))
    }

    /// After a restore into another cluster: every member is the login of its name here.
    pub async fn rebind_members(&mut self) -> Result<Rebound> {
        sqlx::query_as!(Rebound, r#"select bound as "bound!", missing as "missing!" from byok_api.member_rebind()"#)
            .fetch_one(&mut self.connection)
            .await
            .map_err(Error::about(Subject::Login))
    }
}
