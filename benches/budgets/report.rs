//! All rows of a run, and the file that keeps them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::Outcome;
use super::machine::Machine;
use super::options::Options;
use super::row::Row;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// By the name of the subject.
    pub(crate) subjects: BTreeMap<String, Measured>,
    /// The source that is measured now.
    #[serde(skip)]
    source: String,
}

/// The rows of a subject, all of one run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The commit that was measured.
    pub(crate) source: String,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn begin(options: &Options) -> Outcome<Self> {
        Ok(Self { machine: Machine::here(&options.disk)?, subjects: BTreeMap::new(), source: source() })
    }

    pub(crate) fn put(&mut self, subject: &str, rows: Vec<Row>) {
        self.subjects.insert(subject.to_owned(), Measured { source: self.source.clone(), rows });
    }

    pub(crate) fn read(file: &Path) -> Outcome<Self> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes the file. What it had of other subjects stays, if it is of the same machine.
    pub(crate) fn merge_into(&self, file: &Path) -> Outcome<()> {
        let mut whole = self.clone();
        if file.exists() {
            let before = Self::read(file)?;
            if before.machine == self.machine {
                for (subject, measured) in before.subjects {
                    whole.subjects.entry(subject).or_insert(measured);
                }
            }
        }
        Ok(std::fs::write(file, serde_json::to_string_pretty(&whole)? + "\n")?)
    }
}

/// The commit of the work tree, and whether it was changed since.
fn source() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    git(&["describe", "--always", "--dirty=+", "--exclude", "*"])
        .unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned())
}
