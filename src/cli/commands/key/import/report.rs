//! Reports what became of each line, and shows the plan.

use byok::admin::StoredKey;
use byok::probe::Outcome;

use crate::cli::commands::key::import::line::{Bad, Key, Skipped};
use crate::cli::commands::key::import::plan::{Group, Plan, Planned, Same, size, unusual};
use crate::cli::terminal::changes::Changes;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output::Format;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::{ids, output};
use crate::cli::views::listed::KeyImported;
use crate::cli::views::probe::FindingView;
use crate::cli::views::{count, kinds, time};

/// So many keys of a plan are shown, or lines of a warning.
const SHOWN: usize = 20;

/// What became of the lines so far.
pub(super) struct Report {
    changes: Changes<KeyImported>,
    progress: Progress,
    stored: usize,
    unchanged: usize,
    failed: usize,
}

impl Report {
    pub(super) fn begin(format: Format, lines: usize) -> Self {
        let changes = Changes::begin(format, kinds::KEY_IMPORT, lines);
        Self { changes, progress: Progress::none(), stored: 0, unchanged: 0, failed: 0 }
    }

    /// Reports the lines that need nothing, and those that cannot be imported. Returns the others.
    pub(super) fn check(&mut self, plan: Plan) -> anyhow::Result<Vec<Group>> {
        for bad in plan.bad {
            self.bad(bad)?;
        }
        for Skipped { line, why } in plan.skipped {
            let said = format!("line {line} is skipped: {why}");
            self.changes.done("skipped", &said, &KeyImported::line(line))?;
        }
        for same in plan.same {
            self.same(&same)?;
        }
        Ok(plan.groups)
    }

    /// A line that cannot be imported, or whose key was not stored.
    pub(super) fn bad(&mut self, bad: Bad) -> anyhow::Result<()> {
        let Bad { line, org, provider, failure } = bad;
        self.failed += 1;
        if let Some(org) = &org {
            ids::remember(org.as_str());
        }
        let failure = Failure { message: format!("line {line}: {}", failure.message), denied: None, ..failure };
        let (org, provider) = (org.map(|org| org.to_string()), provider.map(|id| id.to_string()));
        let item = KeyImported { org, provider, ..KeyImported::line(line) };
        let Self { changes, progress, .. } = self;
        progress.beside(|| changes.failed(&item, failure.into()))
    }

    pub(super) fn same(&mut self, same: &Same) -> anyhow::Result<()> {
        let Same { key, stored } = same;
        self.unchanged += 1;
        let said = format!("{}: unchanged (version {})", words(key), stored.version);
        let item = KeyImported { version: Some(stored.version), expires_at: time(stored.expires_at), ..item(key) };
        let Self { changes, progress, .. } = self;
        progress.beside(|| changes.done("unchanged", &said, &item))
    }

    /// A key that was stored with this version.
    pub(super) fn stored(&mut self, planned: &Planned, version: u32, test: Option<&Outcome>) -> anyhow::Result<()> {
        let Planned { key, step } = planned;
        self.stored += 1;
        let (result, instead) = match &step.before {
            Some(before) => ("replaced", format!(" in place of {}", before.hint)),
            None => ("created", String::new()),
        };
        let tested = test.map(|outcome| format!(", {}", outcome.verdict)).unwrap_or_default();
        let said = format!("{}: stored as version {version}{instead}{tested}", words(key));
        let item = KeyImported {
            version: Some(version),
            expires_at: time(step.expires_at),
            previous_hint: step.before.as_ref().map(|before| before.hint.to_string()),
            test: test.map(|outcome| FindingView::of(&key.provider, &key.settings, outcome, None)),
            ..item(key)
        };
        let Self { changes, progress, .. } = self;
        progress.add(1);
        progress.beside(|| changes.done(result, &said, &item))
    }

    /// Says what will be done, and what is unusual.
    pub(super) fn tell(&mut self, groups: &[Group], asks: bool) {
        for (provider, lines) in unusual(groups) {
            let some: Vec<String> = lines.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = if lines.len() > SHOWN { format!(" and {} more", lines.len() - SHOWN) } else { String::new() };
            let lines = format!("{}{more}", some.join(", "));
            output::warn(&format!("these lines have a key without a known form of {provider} keys: {lines}"));
        }
        if asks {
            let planned = groups.iter().flat_map(|group| &group.keys);
            for planned in planned.clone().take(SHOWN) {
                output::say(&format!("{}: {}", words(&planned.key), what(planned.step.before.as_ref())));
            }
            let rest = planned.count().saturating_sub(SHOWN);
            if rest > 0 {
                output::say(&format!("and {rest} more; to see all: --dry-run"));
            }
        }
        let ends = |planned: &&Planned| {
            planned.step.before.as_ref().is_some_and(|it| it.expires_at.is_some()) && planned.step.expires_at.is_none()
        };
        let lost = groups.iter().flat_map(|group| &group.keys).filter(ends).count();
        if lost > 0 {
            output::warn(&format!("{lost} of the keys that are replaced had an end date, and the new ones have none"));
        }
        let (keys, orgs) = size(groups);
        output::notice(&format!(
            "to store: {} of {}; {} unchanged, {} not imported",
            counted(keys, "key"),
            counted(orgs, "organization"),
            counted(self.unchanged, "line"),
            counted(self.failed, "line")
        ));
        self.progress = Progress::of(u64::try_from(keys).unwrap_or_default(), "keys");
    }

    pub(super) fn question(groups: &[Group]) -> String {
        let (keys, orgs) = size(groups);
        format!("Store {} of {}?", counted(keys, "key"), counted(orgs, "organization"))
    }

    /// Ends the report. The exit code is that of all lines, or 8 if their codes differ.
    pub(super) fn end(self) -> anyhow::Result<u8> {
        let Self { changes, progress, stored, unchanged, failed } = self;
        drop(progress);
        let code = changes.end()?;
        output::notice(&format!("stored: {stored}, unchanged: {unchanged}, failed: {failed}"));
        Ok(code)
    }
}

fn counted(number: usize, thing: &str) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX), thing)
}

fn what(before: Option<&StoredKey>) -> String {
    match before {
        Some(before) => format!("in place of {} (version {})", before.hint, before.version),
        None => "new".into(),
    }
}

/// The key of a line in words.
fn words(key: &Key) -> String {
    let length = counted(key.length, "character");
    format!("line {}: {} key {} ({length}) of {}", key.line, key.id, key.hint, key.org)
}

fn item(key: &Key) -> KeyImported {
    KeyImported {
        org: Some(key.org.to_string()),
        provider: Some(key.id.to_string()),
        hint: Some(key.hint.to_string()),
        length: Some(key.length),
        ..KeyImported::line(key.line)
    }
}
