//! What the callers were told, in a file: it may be long, and the memory of this process is measured.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use byok::RequestId;
use byok::name::OrgId;

/// What is known of a request after an answer. Amounts are in micro-credits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// It costs this much: charged, or settled.
    Costs(i64),
    /// It costs nothing: refused, undone, released, reserved until it expires, or given up.
    Nothing,
    /// This much of it was given back by an admin.
    Refunded(i64),
    /// It was lost, and never answered.
    Unknown,
}

/// What the ledger has of a request in one tenancy of its organization.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) request: String,
    /// What it cost after everything that was given back.
    pub(crate) cost: i64,
    /// The number of charges and holds.
    pub(crate) begun: i64,
}

/// What came out of a comparison.
pub(crate) struct Compared {
    /// The number of requests.
    pub(crate) told: usize,
    /// How many of them were never answered.
    pub(crate) unknown: usize,
    /// Each of which the ledger says something else.
    pub(crate) wrong: Vec<String>,
}

pub(crate) struct Journal {
    path: PathBuf,
    file: Mutex<BufWriter<File>>,
}

impl Journal {
    pub(crate) fn new(path: PathBuf) -> Self {
        let file = Mutex::new(BufWriter::new(File::create(&path).unwrap()));
        Self { path, file }
    }

    /// Notes an answer about a request.
    pub(crate) fn note(&self, request: &RequestId, told: Told) {
        let (word, amount) = match told {
            Told::Costs(amount) => ("costs", amount),
            Told::Nothing => ("nothing", 0),
            Told::Refunded(amount) => ("refunded", amount),
            Told::Unknown => ("unknown", 0),
        };
        self.line(request.as_str(), word, amount);
    }

    /// Notes a grant.
    pub(crate) fn granted(&self, org: &OrgId, amount: i64) {
        self.line(org.as_str(), "granted", amount);
    }

    fn line(&self, subject: &str, word: &str, amount: i64) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "{subject} {word} {amount}").unwrap();
    }

    /// Everything that was noted, in its order.
    fn lines(&self) -> impl Iterator<Item = (String, String, i64)> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush().unwrap();
        BufReader::new(File::open(&self.path).unwrap()).lines().map(|line| {
            let line = line.unwrap();
            let mut parts = line.split(' ').map(str::to_owned);
            (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap().parse().unwrap())
        })
    }

    /// The sum of the grants of each organization.
    pub(crate) fn grants(&self) -> HashMap<String, i64> {
        let mut grants = HashMap::new();
        for (org, _, amount) in self.lines().filter(|(_, word, _)| word == "granted") {
            *grants.entry(org).or_default() += amount;
        }
        grants
    }

    /// Compares the ledger with what was told.
    pub(crate) fn compare(&self, ledger: &[Kept]) -> Compared {
        let mut told: HashMap<String, (Option<i64>, i64)> = HashMap::new();
        for (request, word, amount) in self.lines() {
            match word.as_str() {
                "costs" => told.entry(request).or_default().0 = Some(amount),
                "nothing" => told.entry(request).or_default().0 = Some(0),
                "unknown" => told.entry(request).or_default().0 = None,
                "refunded" => told.entry(request).or_default().1 += amount,
                _ => {}
            }
        }
        let mut wrong = Vec::new();
        let mut found: HashMap<&str, Vec<&Kept>> = HashMap::new();
        for kept in ledger {
            found.entry(&kept.request).or_default().push(kept);
            if !told.contains_key(&kept.request) {
                wrong.push(format!("nobody asked for {kept:?}"));
            }
        }
        for (request, (cost, refunded)) in &told {
            let kept = found.get(request.as_str()).map_or(&[][..], Vec::as_slice);
            // An id that was asked for again after its organization was purged is another request.
            if kept.iter().any(|kept| kept.begun > 1) || kept.len() > 1 + usize::from(request.starts_with("churn")) {
                wrong.push(format!("charged twice: {kept:?}"));
            }
            let Some(cost) = cost else { continue };
            let right = kept.iter().any(|kept| kept.cost == cost - refunded) || kept.is_empty() && *cost == 0;
            if !right {
                wrong.push(format!("{request}: told {cost}, and {refunded} refunded: {kept:?}"));
            }
        }
        Compared { told: told.len(), unknown: told.values().filter(|(cost, _)| cost.is_none()).count(), wrong }
    }
}
