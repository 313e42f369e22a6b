//! `key list`: the active keys, with their hints.

use std::cmp::Ordering;
use std::time::Duration;

use clap::{Args, ValueEnum};
use time::OffsetDateTime;

use byok::admin::{KeyFilter, KeyPage, KeyRecord};
use byok::name::{Holder, ProviderId};
use byok::provider::Verdict;
use byok::word::Word as _;

use crate::cli::arguments::{MaybeProviderArg, OrgsArg};
use crate::cli::duration;
use crate::cli::session::{Context, Session};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list::List;
use crate::cli::terminal::pager::{self, PAGE, page, pages};
use crate::cli::views::key::KeyView;
use crate::cli::views::kinds;

/// List the active keys of one organization, or of all organizations that this login may see
///
/// STATE is active, unreadable (the key was seen not to open), expired (its end date has passed) or not_enabled (the
/// organization is not enabled for its own keys). With several conditions, a key must meet all of them.
///
/// USED, OUTCOME, LAST_OK, FAILING_SINCE and FAILURES are what servers reported about requests with the key. A table has each of them
/// if there is something in it. A key fails since the first failure after it last worked.
#[derive(Args)]
#[command(
    visible_alias = "ls",
    after_help = "Examples:
  byok key list --org acme
  byok key list openai --all-orgs -o jsonl
  byok key list --all-orgs --expiring 30d --sort expires
  byok key list --all-orgs --failing --sort failing       # what servers cannot use now
  byok key list --all-orgs --columns org,provider,expires # these columns, in this order
  byok key list --all-orgs --unused 90d --sort used
  byok key list --all-orgs --verdict rejected --fail -q   # exit 9 if there is such a key"
)]
pub(crate) struct ListKeys {
    #[command(flatten)]
    orgs: OrgsArg,
    #[command(flatten)]
    provider: MaybeProviderArg,
    #[command(flatten)]
    only: OnlyArgs,
    /// Sort by this instead of organization and provider; nothing is written before everything is read
    #[arg(long, value_enum)]
    sort: Option<Order>,
    /// Exit with 9 if there is such a key, as a check in CI needs it
    #[arg(long)]
    fail: bool,
}

/// Which keys are listed.
#[derive(Args)]
struct OnlyArgs {
    /// Only keys whose end date has passed, or comes within this time
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    expiring: Option<Duration>,
    /// Only keys that have been stored for at least this time
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    stale: Option<Duration>,
    /// Only keys that were not tested for this time, or never
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    untested: Option<Duration>,
    /// Only keys that no server used for this time, and that have been stored for at least this time
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    unused: Option<Duration>,
    /// Only keys whose latest use by a server failed
    #[arg(long)]
    failing: bool,
    /// Only keys whose last test had this verdict
    #[arg(long)]
    verdict: Option<String>,
}

/// What a list is sorted by.
#[derive(Clone, Copy, ValueEnum)]
enum Order {
    /// The end date, the next one first
    Expires,
    /// The date at which it was stored, the oldest first
    Created,
    /// The date of the last test, the oldest first
    Tested,
    /// The date of the last use by a server, the oldest first
    Used,
    /// The date since which it fails in production, the oldest first
    Failing,
}

impl OnlyArgs {
    fn filter(&self) -> anyhow::Result<KeyFilter> {
        let verdict = self.verdict.as_deref().map(verdict).transpose()?;
        let Self { expiring, stale, untested, unused, failing, .. } = *self;
        Ok(KeyFilter { expiring, stale, untested, verdict, unused, failing })
    }
}

fn verdict(text: &str) -> anyhow::Result<Verdict> {
    Verdict::of_word(text).map_err(|_| {
        let known: Vec<&str> = Verdict::VALUES.iter().map(|verdict| verdict.as_str()).collect();
        Failure::usage("bad_verdict", "--verdict takes the verdict of a test").hint(known.join(", ")).into()
    })
}

impl Order {
    /// Keys without a date come last, but a key that was never tested or used comes first.
    fn compare(self, one: &KeyRecord, other: &KeyRecord) -> Ordering {
        let last = |at: Option<OffsetDateTime>| (at.is_none(), at);
        match self {
            Self::Expires => last(one.expires_at).cmp(&last(other.expires_at)),
            Self::Created => one.created_at.cmp(&other.created_at),
            Self::Tested => one.tested_at.cmp(&other.tested_at),
            Self::Used => one.last_used_at.cmp(&other.last_used_at),
            Self::Failing => last(one.failing_since).cmp(&last(other.failing_since)),
        }
    }
}

/// What is asked for.
pub(super) struct Asked {
    pub(super) holder: Option<Holder>,
    pub(super) provider: Option<ProviderId>,
    pub(super) only: KeyFilter,
}

impl Asked {
    /// A page of the keys after this one.
    pub(super) async fn page(
        &self,
        session: &mut Session,
        after: Option<(String, String)>,
    ) -> byok::Result<pager::Page<KeyRecord, (String, String)>> {
        let asked = KeyPage {
            holder: self.holder.as_ref(),
            provider: self.provider.as_ref().map(ProviderId::as_str),
            after: after.as_ref().map(|(org, provider)| (org.as_str(), provider.as_str())),
            limit: PAGE,
            only: self.only,
        };
        Ok(page(session.database.keys(asked).await?, PAGE, |key| (key.org.clone(), key.provider.clone())))
    }
}

impl ListKeys {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let only = self.only.filter()?;
        let holder = self.orgs.one()?.map(Holder::Organization);
        let provider = self.provider.id()?;
        let mut session = context.session().await?;
        if let Some(provider) = &provider {
            session.check_provider(holder.as_ref(), provider).await?;
        }
        let asked = Asked { holder, provider, only };
        let mut list = List::begin(context.format, &kinds::KEY_LIST);
        if self.fail {
            list.fails_unless_empty();
        }
        let Some(order) = self.sort else {
            return pages(list, |key| KeyView::from(key), async |after| asked.page(&mut session, after).await).await;
        };
        let mut keys = pager::all(async |after| asked.page(&mut session, after).await).await?;
        keys.sort_by(|one, other| order.compare(one, other));
        list.records(&keys, |key| KeyView::from(key))?;
        list.end()
    }
}
