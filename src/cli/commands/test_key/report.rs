//! Results on their way out: in the order of the keys, whichever is ready first, and the exit code of all of them.

use std::collections::{BTreeMap, BTreeSet};

use byok::db::KeyRecord;
use byok::exit;
use byok::name::Holder;
use byok::probe::Outcome;
use byok::provider::{ProviderEntry, Verdict};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::cli::probing;
use crate::cli::terminal::output;
use crate::cli::terminal::output::{Format, List, Row};
use crate::cli::terminal::progress::Progress;

pub(super) const HEADER: &[&str] =
    &["ORG", "PROVIDER", "HINT", "VERSION", "VERDICT", "STATUS", "MS", "MESSAGE", "NEXT"];
/// A table is laid out at once, so many rows at a time.
const PAGE: usize = 1000;

/// Which key a result is of; a candidate has no holder and no version.
pub(super) struct KeyLabel<'a> {
    pub(super) holder: Option<&'a Holder>,
    pub(super) provider: &'a str,
    pub(super) hint: String,
    pub(super) version: Option<u32>,
}

impl KeyLabel<'_> {
    fn org(&self) -> Option<&str> {
        match self.holder {
            Some(Holder::Organization(org)) => Some(org.as_str()),
            _ => None,
        }
    }

    fn whose(&self) -> String {
        match self.holder {
            Some(Holder::Organization(org)) => org.to_string(),
            Some(Holder::Platform) => "(platform)".into(),
            None => "(candidate)".into(),
        }
    }

    /// The row of a test.
    pub(super) fn tested(&self, provider: &ProviderEntry, outcome: &Outcome, worked: Option<OffsetDateTime>) -> Row {
        let mut json = probing::json(provider, outcome, worked);
        json["org"] = self.org().into();
        json["provider"] = self.provider.into();
        json["hint"] = self.hint.clone().into();
        json["version"] = self.version.into();
        let status = outcome.status.map(|status| status.to_string()).unwrap_or_default();
        let rest = [
            outcome.verdict.as_str().into(),
            status,
            probing::milliseconds(outcome).to_string(),
            probing::sentence(provider, outcome, worked),
            probing::next_step(provider, outcome).unwrap_or_default(),
        ];
        Row { json, cells: self.cells(rest) }
    }

    /// The row of a key that could not be taken out of the database.
    pub(super) fn unreadable(&self, message: &str) -> Row {
        let next = "set the key again: byok key set";
        let mut json = unreadable(message, next);
        json["org"] = self.org().into();
        json["provider"] = self.provider.into();
        json["hint"] = self.hint.clone().into();
        json["version"] = self.version.into();
        let rest = ["unreadable".into(), String::new(), "0".into(), message.into(), next.into()];
        Row { json, cells: self.cells(rest) }
    }

    fn cells(&self, rest: [String; 5]) -> Vec<String> {
        let version = self.version.map(|version| version.to_string()).unwrap_or_default();
        let mut cells = vec![self.whose(), self.provider.to_owned(), self.hint.clone(), version];
        cells.extend(rest);
        cells
    }
}

/// The row of a key that is not tested, for what its row in the database holds or for its provider.
pub(super) fn untested(key: &KeyRecord, message: &str, next: &str) -> Row {
    let hint = format!("...{}", key.hint);
    let org = (!key.org.is_empty()).then_some(key.org.as_str());
    let cells = vec![
        org.unwrap_or("(platform)").into(),
        key.provider.clone(),
        hint.clone(),
        key.version.to_string(),
        "unreadable".into(),
        String::new(),
        "0".into(),
        message.into(),
        next.into(),
    ];
    let mut json = unreadable(message, next);
    json["org"] = org.into();
    json["provider"] = key.provider.clone().into();
    json["hint"] = hint.into();
    json["version"] = key.version.into();
    Row { json, cells }
}

fn unreadable(message: &str, next: &str) -> Value {
    json!({
        "verdict": "unreadable", "detail": null, "probably": false, "status": null, "request_id": null,
        "latency_ms": 0, "retry_after_seconds": null, "paid": false, "message": message, "next": next,
        "last_verified_at": null,
    })
}

/// Results, put back into order.
pub(super) struct Report {
    list: List,
    format: Format,
    next: usize,
    waiting: BTreeMap<usize, Row>,
    page: Vec<Row>,
    codes: BTreeSet<u8>,
    counts: BTreeMap<&'static str, usize>,
}

impl Report {
    pub(super) fn begin(format: Format) -> Self {
        Self {
            list: List::begin(format, "test_key", HEADER),
            format,
            next: 0,
            waiting: BTreeMap::new(),
            page: Vec::new(),
            codes: BTreeSet::new(),
            counts: BTreeMap::new(),
        }
    }

    /// Takes the result of the key at that place of the order; without a verdict the exit code says why there is none.
    pub(super) fn put(
        &mut self,
        (at, row): (usize, Row),
        verdict: Result<Verdict, u8>,
        accepted: &[Verdict],
        progress: &Progress,
    ) -> anyhow::Result<()> {
        self.codes.insert(match verdict {
            Ok(verdict) if accepted.contains(&verdict) => exit::OK,
            Ok(verdict) => probing::exit_code(verdict),
            Err(code) => code,
        });
        *self.counts.entry(verdict.map_or("unreadable", Verdict::as_str)).or_default() += 1;
        progress.say(self.counted());
        progress.add(1);
        self.waiting.insert(at, row);
        while let Some(row) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.page.push(row);
        }
        let whole = if self.format == Format::Table { PAGE } else { 1 };
        if self.page.len() >= whole { progress.beside(|| self.write()) } else { Ok(()) }
    }

    /// How many of each, such as `3 verified, 1 rejected`.
    pub(super) fn counted(&self) -> String {
        let counts: Vec<String> = self.counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        counts.join(", ")
    }

    /// Whether nobody reads any more.
    pub(super) fn is_closed(&self) -> bool {
        self.list.is_closed()
    }

    /// Keys are left that were not tested.
    pub(super) fn cut_short(&mut self) {
        self.codes.insert(exit::PARTIAL);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Writes what is left, also what came out of turn, and ends the list; the exit code of all of them.
    pub(super) fn end(mut self) -> anyhow::Result<u8> {
        let out_of_turn = std::mem::take(&mut self.waiting);
        self.page.extend(out_of_turn.into_values());
        if self.format == Format::Table && self.next == 1 && self.page.len() == 1 {
            output::item(self.format, "test_key", HEADER, &self.page[0])?;
        } else {
            self.write()?;
            self.list.end()?;
        }
        let mut codes = self.codes.into_iter();
        match (codes.next(), codes.next()) {
            (None, _) => Ok(exit::OK),
            (Some(code), None) => Ok(code),
            (Some(_), Some(_)) => Ok(exit::PARTIAL),
        }
    }

    fn write(&mut self) -> anyhow::Result<()> {
        let page = std::mem::take(&mut self.page);
        if page.is_empty() { Ok(()) } else { self.list.page(&page) }
    }
}
