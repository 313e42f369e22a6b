//! Writes results in the order of the keys, and determines the exit code of all of them.

use std::collections::{BTreeMap, BTreeSet};

use byok::exit;
use byok::provider::Verdict;

use crate::cli::probing;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Format;
use crate::cli::terminal::progress::Progress;
use crate::cli::views::kinds;
use crate::cli::views::probe::TestedView;

/// How many rows of a table are laid out at once.
const PAGE: usize = 1000;

/// A finished result.
pub(super) struct Ready {
    /// The position of the key in the output.
    pub(super) at: usize,
    pub(super) row: TestedView,
    /// The exit code, if there is no verdict.
    pub(super) verdict: Result<Verdict, u8>,
}

/// Collects results and writes them in order.
pub(super) struct Report {
    list: List<TestedView>,
    format: Format,
    next: usize,
    waiting: BTreeMap<usize, TestedView>,
    page: Vec<TestedView>,
    codes: BTreeSet<u8>,
    counts: BTreeMap<&'static str, usize>,
    /// Whether a key was removed before its test.
    removed: bool,
}

impl Report {
    pub(super) fn begin(format: Format) -> Self {
        Self {
            list: List::begin(format, &kinds::TEST_KEY),
            format,
            next: 0,
            waiting: BTreeMap::new(),
            page: Vec::new(),
            codes: BTreeSet::new(),
            counts: BTreeMap::new(),
            removed: false,
        }
    }

    /// Takes a result.
    pub(super) fn put(&mut self, ready: Ready, accepted: &[Verdict], progress: &Progress) -> anyhow::Result<()> {
        let Ready { at, row, verdict } = ready;
        self.codes.insert(match verdict {
            Ok(verdict) if accepted.contains(&verdict) => exit::OK,
            Ok(verdict) => probing::exit_code(verdict),
            Err(code) => code,
        });
        self.take(at, row, progress)
    }

    /// Takes the row of a key that was removed before its test. It decides the exit code only if nothing was tested.
    pub(super) fn put_removed(&mut self, at: usize, row: TestedView, progress: &Progress) -> anyhow::Result<()> {
        self.removed = true;
        self.take(at, row, progress)
    }

    fn take(&mut self, at: usize, row: TestedView, progress: &Progress) -> anyhow::Result<()> {
        *self.counts.entry(row.finding.verdict()).or_default() += 1;
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

    /// The number of results of each verdict, such as `3 verified, 1 rejected`.
    pub(super) fn counted(&self) -> String {
        let counts: Vec<String> = self.counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        counts.join(", ")
    }

    /// Whether the reader closed the pipe.
    pub(super) fn is_closed(&self) -> bool {
        self.list.is_closed()
    }

    /// Records that not all keys were tested.
    pub(super) fn cut_short(&mut self) {
        self.codes.insert(exit::PARTIAL);
    }

    /// Warns of something that was asked for and has no key.
    pub(super) fn missed(&mut self, words: &str) {
        output::warn(words);
        self.codes.insert(exit::NOT_FOUND);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Writes the remaining results and ends the list. Returns the exit code of all of them.
    pub(super) fn end(mut self) -> anyhow::Result<u8> {
        let out_of_turn = std::mem::take(&mut self.waiting);
        self.page.extend(out_of_turn.into_values());
        if self.format == Format::Table && self.next == 1 && self.page.len() == 1 {
            output::sheet(&self.page[0])?;
        } else {
            self.write()?;
            self.list.end()?;
        }
        let mut codes = self.codes.into_iter();
        match (codes.next(), codes.next()) {
            (None, _) if self.removed => Ok(exit::NOT_FOUND),
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
