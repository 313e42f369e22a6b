//! `audit list`, `seal` and `verify`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Subcommand};

use byok::admin::sealing::{self, KeptSeal, SealLine, Verification};
use byok::admin::{AuditPage, AuditRecord};

use crate::cli::arguments::{OrgsOrWord, PeriodArgs};
use crate::cli::session::{Context, Session};
use crate::cli::suggest;
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::ids;
use crate::cli::terminal::input;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::pager::{PAGE, newest};
use crate::cli::terminal::progress::Progress;
use crate::cli::views::audit::{ACTIONS, AuditView};
use crate::cli::views::changes::{AuditFinding, AuditSealed, AuditVerified};
use crate::cli::views::count;
use crate::cli::views::kinds;

/// The largest file of kept lines, in KiB. It has room for one line a minute for a year.
const KEPT: u64 = 128 * 1024;

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    List(ListRecords),
    /// Seal the audit log, and print a line to keep elsewhere
    ///
    /// A seal is a hash over all records so far, authenticated by the master key. Keep its line outside the database, where
    /// the users of the database cannot change it. With this line, `byok audit verify --kept` finds every later change to
    /// these records, even a change by a superuser. This needs the role admin and the master key.
    #[command(after_help = "Example:\n  byok audit seal >> /mnt/elsewhere/byok-seals")]
    Seal,
    Verify(Verify),
}

/// List records of the audit log, newest first
///
/// Admins and auditors see all records. Members see those of their organization. Without --org, the records of all
/// organizations are listed, or those of the one that BYOK_ORG names.
#[derive(Args)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:
  byok audit list --limit 20
  byok audit list --org acme --action key -o jsonl
  byok audit list --action denied --since 2027-01-01"
)]
pub(crate) struct ListRecords {
    #[command(flatten)]
    orgs: OrgsOrWord,
    /// Only records about the platform
    #[arg(long, conflicts_with_all = ["org", "org_word", "all_orgs"])]
    platform: bool,
    /// Only records of this login
    #[arg(long)]
    login: Option<String>,
    /// Only this action, such as key.set, or all actions of a group, such as key
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only records about this provider, login or other subject
    #[arg(long)]
    subject: Option<String>,
    #[command(flatten)]
    period: PeriodArgs,
    /// List at most this many records; a list that is cut says how to continue
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Only records before this number; to continue a list, give its last SEQ
    #[arg(long, value_name = "SEQ")]
    before: Option<i64>,
}

/// Check that nobody changed the audit log (exit 9 if somebody did)
///
/// The log has a chain of records for each login and organization. Each record has a hash of its content and of the
/// record before it. A seal (`byok audit seal`) covers the ends of all chains. byok computes all hashes again and
/// compares them, and with the master key it checks who made the seals.
///
/// Two changes are found only with --kept: an older state of the whole log, and a log that somebody with the master key
/// made again. One change is not found: a change to records after the last seal, if their hashes were made again too.
#[derive(Args)]
#[command(after_help = "Example:\n  byok audit verify --kept /mnt/elsewhere/byok-seals")]
pub(crate) struct Verify {
    /// A file of lines that `byok audit seal` printed, or `-` for standard input
    #[arg(long, value_name = "PATH")]
    kept: Option<PathBuf>,
}

impl AuditCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::List(verb) => verb.run(context).await,
            Self::Seal => seal(context).await,
            Self::Verify(verb) => verb.run(context).await,
        }
    }
}

impl ListRecords {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org = if self.platform { None } else { self.orgs.one_or_all()? };
        let (since, until) = self.period.times()?;
        let asked = AuditPage {
            org: if self.platform { Some("") } else { org.as_ref().map(byok::name::OrgId::as_str) },
            login: self.login.as_deref(),
            action: self.action.as_deref(),
            subject: self.subject.as_deref(),
            since,
            until,
            before: self.before,
            limit: PAGE,
        };
        let mut session = context.session().await?;
        check_names(&mut session, asked).await?;
        let list = List::begin(context.format, &kinds::AUDIT_LIST);
        records(&mut session, list, asked, self.limit.and_then(|limit| usize::try_from(limit).ok())).await
    }
}

/// Fails for an action or a login that does not exist. An empty list would look as if nothing had happened.
async fn check_names(session: &mut Session, asked: AuditPage<'_>) -> anyhow::Result<()> {
    let of_org = AuditPage { org: asked.org, limit: 1, ..AuditPage::default() };
    // The server of another version may have recorded other actions.
    if let Some(action) = asked.action.filter(|action| !is_action(action))
        && session.database.audit(AuditPage { action: Some(action), ..of_org }).await?.is_empty()
    {
        let known = ACTIONS.iter().flat_map(|known| [*known, known.split_once('.').map_or(*known, |(group, _)| group)]);
        let list = format!("the actions are: {}", ACTIONS.join(", "));
        bail!(suggest::not_there(format!("there is no action `{action}`"), action, known, &list));
    }
    // The login of a record may have been dropped since.
    if let Some(login) = asked.login {
        let logins = session.database.logins().await?;
        if !logins.iter().any(|known| known == login)
            && session.database.audit(AuditPage { login: Some(login), ..of_org }).await?.is_empty()
        {
            let message = format!("the server has no login `{login}`, and there is no record of it");
            bail!(suggest::not_there(message, login, logins.iter().map(String::as_str), "check the name of the login"));
        }
    }
    Ok(())
}

/// Whether this is an action, or a group of actions.
fn is_action(text: &str) -> bool {
    let in_group = |known: &&str| known.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    ACTIONS.iter().any(in_group)
}

/// Lists at most this many records.
pub(crate) async fn records(
    session: &mut Session,
    list: List<AuditView>,
    asked: AuditPage<'_>,
    most: Option<usize>,
) -> anyhow::Result<u8> {
    let fetch = async |before: Option<i64>, limit| {
        session.database.audit(AuditPage { before: before.or(asked.before), limit, ..asked }).await
    };
    let most = most.unwrap_or(usize::MAX);
    newest(list, most, |record: &AuditRecord| AuditView::from(record), |record| record.seq, fetch).await
}

async fn seal(context: &mut Context) -> anyhow::Result<u8> {
    let mut session = context.session().await?;
    let keys = session.master_keys().await?;
    let line = sealing::seal_audit(&mut session.database, &keys).await?;
    if dry_run::is_on() {
        // The line of a seal that the database does not have would be a finding later.
        let item = AuditSealed { seal: line.seal, sealed_at: &line.at, line: String::new() };
        let said = format!("seal {}", line.seal);
        return output::change(
            context.format,
            &Change { kind: &kinds::AUDIT_SEAL, result: "sealed", said: &said },
            &item,
        );
    }
    context.notice("keep this line outside the database, where its users cannot change it");
    // Its hashes are not secret. If stdout cannot be written, stderr must have the whole line.
    line.to_string().split_whitespace().for_each(ids::remember);
    let item = AuditSealed { seal: line.seal, sealed_at: &line.at, line: line.to_string() };
    output::change(
        context.format,
        &Change { kind: &kinds::AUDIT_SEAL, result: "sealed", said: &line.to_string() },
        &item,
    )
}

impl Verify {
    async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let kept = self.kept.map(|path| read_kept(&path)).transpose()?.unwrap_or_default();
        let mut session = context.session().await?;
        // With the master key, seals are authenticated too. An auditor does not have it and uses kept lines.
        let keys = session.master_keys().await;
        if let Err(error) = &keys {
            output::warn(&format!("seals are not authenticated: {}", Failure::of(error).message));
        }
        let progress = Progress::uncounted("records");
        let found =
            sealing::verify_audit(&mut session.database, keys.as_ref().ok(), &kept, |count| progress.add(count))
                .await?;
        drop(progress);
        report(context, &found)
    }
}

fn report(context: &Context, found: &Verification) -> anyhow::Result<u8> {
    let findings: Vec<AuditFinding<'_>> = (found.findings.iter())
        .map(|it| AuditFinding {
            org: it.org.as_deref(),
            login_oid: it.login,
            seq: it.at,
            code: it.code.as_str(),
            message: &it.what,
        })
        .collect();
    for finding in &found.findings {
        let login = finding.login.map(|login| format!("of the login with oid {login}")).unwrap_or_default();
        let place = match finding.org.as_deref() {
            Some("") => format!("the platform's chain {login}, record {}", finding.at),
            Some(org) => format!("the chain of {org} {login}, record {}", finding.at),
            None => format!("seal {}", finding.at),
        };
        output::say(&format!("{place}: {} ({})", finding.what, finding.code));
    }
    let good = found.findings.is_empty();
    let said = format!(
        "{} in {}, {} ({} authenticated, {} compared): {}",
        count(found.records, "record"),
        count(found.chains, "chain"),
        count(found.seals, "seal"),
        found.authenticated,
        count(found.kept, "kept line"),
        if good { "unchanged".into() } else { count(findings.len(), "finding") }
    );
    let item = AuditVerified {
        records: found.records,
        chains: found.chains,
        gaps: found.gaps,
        seals: found.seals,
        authenticated: found.authenticated,
        kept: found.kept,
        findings,
    };
    output::checked(context.format, &kinds::AUDIT_VERIFY, good, &said, &item)
}

fn read_kept(path: &Path) -> anyhow::Result<Vec<KeptSeal>> {
    let text = input::text_file(path, KEPT)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let kept: Option<Vec<_>> = lines.map(SealLine::parse).collect();
    Ok(kept.filter(|lines| !lines.is_empty()).ok_or_else(|| {
        let path = output::path(path);
        Failure::usage("bad_seal", format!("{path} must have lines that `byok audit seal` printed, and no others"))
    })?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ACTIONS;

    #[test]
    fn the_actions_are_those_that_the_functions_of_the_database_record() {
        let functions = format!("{}/migrations/functions", env!("CARGO_MANIFEST_DIR"));
        let mut recorded = BTreeSet::new();
        for file in std::fs::read_dir(functions).expect("the functions") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
            let calls = text.split("byok.record").filter(|call| call.starts_with('(') || call.starts_with("_each("));
            for call in calls {
                // The action stands among the first two texts of a call; a call may choose between two.
                let words = call.split('\'').skip(1).step_by(2).take(2);
                recorded.extend(words.filter(|word| *word == "denied" || word.contains('.')).map(str::to_owned));
            }
        }
        assert_eq!(recorded, ACTIONS.iter().map(|action| (*action).to_owned()).collect());
    }
}
