//! What one command did to several things: a line for each, and in JSON one document.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use byok::exit;

use crate::cli::terminal::document::{Kind, Many, Outcome, outcome};
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output::{self, Format};
use crate::cli::terminal::report;
use crate::cli::terminal::text::{clean, csv_change, json_text};

/// The changes of one command. A failure of one thing does not keep the others from being changed.
pub(crate) struct Changes<T> {
    format: Format,
    kind: Kind<Many<Outcome<T>>>,
    /// Whether several things were named. The failure of a single one is the failure of the command.
    several: bool,
    items: Vec<Value>,
    said: Vec<String>,
    codes: BTreeSet<u8>,
}

impl<T: Serialize> Changes<T> {
    pub(crate) fn begin(format: Format, kind: Kind<Many<Outcome<T>>>, count: usize) -> Self {
        Self { format, kind, several: count > 1, items: Vec::new(), said: Vec::new(), codes: BTreeSet::new() }
    }

    /// Reports a change that was made, or that was not necessary.
    pub(crate) fn done(&mut self, result: &str, said: &str, item: &T) -> anyhow::Result<()> {
        self.codes.insert(exit::OK);
        self.put(outcome(result, None, item), result, &dry_run::said(said))
    }

    /// Reports a change that failed. The failure of a single thing is the failure of the command.
    pub(crate) fn failed(&mut self, item: &T, error: anyhow::Error) -> anyhow::Result<()> {
        if !self.several {
            return Err(error);
        }
        let failure = Failure::of(&error);
        self.codes.insert(failure.exit);
        // The document has it, with the code of this thing. On stderr, a script would take that for the code of the command.
        if !matches!(self.format, Format::Json | Format::Jsonl) {
            report::tell(self.format, &failure);
        }
        match self.format {
            Format::Table | Format::Plain => Ok(()),
            _ => self.put(outcome("failed", Some(report::fields(&failure)), item), "failed", &failure.message),
        }
    }

    fn put(&mut self, fields: Value, result: &str, said: &str) -> anyhow::Result<()> {
        match self.format {
            Format::Json => {
                self.items.push(fields);
                self.said.push(said.to_owned());
                Ok(())
            }
            Format::Jsonl => output::done(&format!("{}\n", json_text(&fields)), said),
            Format::Csv => {
                let first = self.said.is_empty();
                self.said.push(said.to_owned());
                output::done(&csv_change(first, result, said), said)
            }
            Format::Table | Format::Plain => output::done(&format!("{}\n", clean(said)), said),
        }
    }

    /// Ends the document. The exit code is that of all things, or 8 if their codes differ.
    pub(crate) fn end(self) -> anyhow::Result<u8> {
        if self.format == Format::Json {
            let text = format!("{}\n", json_text(&self.kind.document(self.items)));
            output::done(&text, &self.said.join("; "))?;
        }
        let mut codes = self.codes.into_iter();
        match (codes.next(), codes.next()) {
            (first, None) => Ok(first.unwrap_or(exit::OK)),
            _ => Ok(exit::PARTIAL),
        }
    }
}
