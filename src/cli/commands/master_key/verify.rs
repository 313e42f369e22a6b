//! `master-key verify`: opens all keys and reports those that do not open.

use clap::Args;

use byok::admin::sealing;

use crate::cli::session::Context;
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::cli::views::changes::{MasterKeyVerified, UnreadableKey};
use crate::cli::views::count;
use crate::cli::views::kinds;

/// Open every data key and every stored key with the master key; exit 9 if some do not open
///
/// It does not show the keys. The audit log records that they were opened. After a restore, this proves that the dump
/// and the master key belong together.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok master-key verify\n  byok master-key verify --sample 100")]
pub(crate) struct Verify {
    /// Check only this many organizations, chosen at random
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i32).range(1..=10_000))]
    sample: Option<i32>,
}

impl Verify {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let mut session = context.session().await?;
        let keys = session.master_keys_in_use().await?;
        let total: i64 = session.database.master_keys().await?.iter().map(|record| record.data_keys).sum();
        let total = self.sample.map_or(total, |sample| total.min(sample.into()));
        let progress = Progress::of(u64::try_from(total).unwrap_or_default(), "data keys");
        let found = sealing::verify(&mut session.database, &keys, self.sample, |count| progress.add(count)).await?;
        drop(progress);
        for closed in &found.closed {
            output::say(&closed.in_words());
        }
        let unreadable: Vec<UnreadableKey<'_>> = (found.closed.iter())
            .map(|it| {
                let org = (!it.org.is_empty()).then_some(it.org.as_str());
                UnreadableKey { org, provider: it.provider.as_deref(), version: it.version, message: &it.why }
            })
            .collect();
        let good = found.closed.is_empty();
        let said = format!(
            "opened {} and {}{}",
            count(found.data_keys, "data key"),
            count(found.keys, "stored key"),
            if good { String::new() } else { format!("; {} did not open", found.closed.len()) }
        );
        let item = MasterKeyVerified { data_keys: found.data_keys, keys: found.keys, unreadable };
        output::checked(context.format, &kinds::MASTER_KEY_VERIFY, good, &said, &item)
    }
}
