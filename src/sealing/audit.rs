//! Seals the audit log and checks it. All hashes are computed here from what the database shows.

use std::collections::VecDeque;
use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::crypto::MasterKeys;
use crate::db::{ChainRecord, Database, SealRow, SealedHead};
use crate::error::{DataError, Error, Result};
use crate::word::words;

/// The line that is kept elsewhere: `byok-seal 1 <number> <time> <epoch> <digest> <mac>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealLine {
    /// The seal's number.
    pub seal: i32,
    /// When it was made, RFC 3339.
    pub at: String,
    /// The master key that authenticates it.
    pub epoch: u32,
    /// The digest of the previous seal and of every chain that changed since.
    pub digest: [u8; 32],
    /// The digest, authenticated under the master key.
    pub mac: [u8; 32],
}

/// A line that was kept, parsed.
pub type KeptSeal = SealLine;

impl fmt::Display for SealLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digest, mac) = (HEXLOWER.encode(&self.digest), HEXLOWER.encode(&self.mac));
        write!(out, "byok-seal 1 {} {} {} {digest} {mac}", self.seal, self.at, self.epoch)
    }
}

impl SealLine {
    /// Whether every field of the line is that of the seal.
    fn is_of(&self, seal: &SealRow) -> bool {
        let of_seal = (seal.digest.as_slice(), seal.mac.as_slice(), u32::try_from(seal.master_epoch).ok());
        of_seal == (&self.digest, &self.mac, Some(self.epoch)) && self.at == crate::clock::rfc3339(seal.sealed_at)
    }

    /// Parses a line. `None` if it is not one.
    pub fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["byok-seal", "1", seal, at, epoch, digest, mac] = words.as_slice() else { return None };
        let bytes = |text: &str| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
        Some(Self {
            seal: seal.parse().ok()?,
            at: (*at).to_owned(),
            epoch: epoch.parse().ok()?,
            digest: bytes(digest)?,
            mac: bytes(mac)?,
        })
    }
}

words! {
    /// What is wrong in the log.
    #[non_exhaustive]
    pub enum FindingCode: "finding of the audit log" {
        /// A chain does not end where it ended.
        Cut = "cut",
        /// A record or a seal is missing.
        Missing = "missing",
        /// A record does not follow the one before it.
        Broken = "broken",
        /// A record, or what a seal took in, was changed.
        Changed = "changed",
        /// A sealed record was replaced by another.
        Rewritten = "rewritten",
        /// A seal was not made with the master key.
        Forged = "forged",
        /// The log is not the one that a kept line sealed.
        NotAsKept = "not_as_kept",
    }
}

/// A part of the log that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The organization of the chain, empty for the platform. `None` for a seal.
    pub org: Option<String>,
    /// The number of the login whose chain it is.
    pub login: Option<u32>,
    /// The position in that chain, or the number of the seal.
    pub at: i64,
    /// What it is.
    pub code: FindingCode,
    /// In words.
    pub what: String,
}

/// The result of a check.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verification {
    /// Records that were hashed.
    pub records: u64,
    /// The number of chains.
    pub chains: u64,
    /// Numbers that no record has, below the last one. They come from changes that were rolled back, or from a crash of
    /// the server.
    pub gaps: u64,
    /// Seals whose digest was computed.
    pub seals: u64,
    /// Seals whose authenticity was checked with the master key.
    pub authenticated: u64,
    /// Kept lines that were compared.
    pub kept: u64,
    /// The findings. Empty if the log is unchanged.
    pub findings: Vec<Finding>,
}

/// Which chain.
#[derive(Clone, Copy)]
struct Chain<'a> {
    org: &'a str,
    login: u32,
}

impl Verification {
    fn chain(&mut self, chain: Chain<'_>, at: i64, code: FindingCode, what: &str) {
        let (org, login) = (Some(chain.org.to_owned()), Some(chain.login));
        self.findings.push(Finding { org, login, at, code, what: what.to_owned() });
    }

    fn seal(&mut self, seal: i32, code: FindingCode, what: &str) {
        self.findings.push(Finding { org: None, login: None, at: seal.into(), code, what: what.to_owned() });
    }
}

const PAGE: i32 = 2000;

/// Seals the log, and returns the line to keep where nobody who can write to the database can change it.
pub async fn seal_audit(database: &mut Database, keys: &MasterKeys) -> Result<SealLine> {
    keys.check_in_use(database).await?;
    let master = keys.active(database.hello())?;
    database
        .transaction(async |database| {
            let seal = database.begin_seal().await?;
            let mac = master.audit_mac(&seal.digest);
            database.end_seal(&seal, master.epoch(), master.check_value(), &mac).await?;
            let corrupt = Error::Data(DataError::Corrupt { table: "audit_seal", column: "digest" });
            Ok(SealLine {
                seal: seal.seal,
                at: crate::clock::rfc3339(seal.sealed_at),
                epoch: master.epoch(),
                digest: seal.digest.try_into().map_err(|_| corrupt)?,
                mac,
            })
        })
        .await
}

/// Checks every chain and every seal. `kept` are lines that were kept elsewhere. `keys` authenticate the seals.
pub async fn verify_audit(
    database: &mut Database,
    keys: Option<&MasterKeys>,
    kept: &[KeptSeal],
    mut progress: impl FnMut(u64),
) -> Result<Verification> {
    let mut found = Verification::default();
    // One snapshot, so that a concurrent write is not seen half done.
    database
        .snapshot(async |database| {
            found = Verification::default();
            chains(database, &mut found, &mut progress).await?;
            for (org, login, position) in database.audit_stray_heads().await? {
                found.chain(
                    Chain { org: &org, login },
                    position,
                    FindingCode::Cut,
                    "the last record is not the recorded end of this chain",
                );
            }
            let seals = database.audit_seals().await?;
            sealed_heads(database, &seals, &mut found).await?;
            authenticate(&seals, keys, kept, &mut found);
            Ok(())
        })
        .await?;
    Ok(found)
}

/// Which field of a record is its number.
const SEQ: usize = 2;

/// The state of a walk through one chain.
#[derive(Default)]
struct Walk {
    highest: u64,
    chain: Option<(String, u32)>,
    position: i64,
    hash: Vec<u8>,
}

async fn chains(database: &mut Database, found: &mut Verification, progress: &mut impl FnMut(u64)) -> Result<()> {
    let mut walk = Walk::default();
    // Before the first position of the first chain.
    let mut after = (String::new(), 0, -1);
    loop {
        let page = database.audit_chain(&after.0, after.1, after.2, PAGE).await?;
        let Some(last) = page.last() else {
            found.gaps = walk.highest.saturating_sub(found.records);
            return Ok(());
        };
        after = (last.org.clone(), last.login, last.position);
        progress(u64::try_from(page.len()).unwrap_or_default());
        for record in page {
            walk.step(record, found);
        }
    }
}

impl Walk {
    fn step(&mut self, record: ChainRecord, found: &mut Verification) {
        found.records += 1;
        if self.chain.as_ref().is_none_or(|(org, login)| (org, *login) != (&record.org, record.login)) {
            found.chains += 1;
            let chain = Some((record.org.clone(), record.login));
            *self = Self { highest: self.highest, chain, position: 0, hash: Vec::new() };
        }
        let (chain, at) = (Chain { org: &record.org, login: record.login }, record.position);
        match record.fields.get(SEQ).map(|number| number.parse()) {
            Some(Ok(seq)) => self.highest = self.highest.max(seq),
            _ => found.chain(chain, at, FindingCode::Changed, "this record has no number"),
        }
        if at != self.position + 1 {
            found.chain(chain, self.position + 1, FindingCode::Missing, "records are missing here");
        } else if record.previous_hash != self.hash {
            found.chain(chain, at, FindingCode::Broken, "this record does not follow the one before it");
        }
        if hash_of(&record) != record.hash {
            found.chain(chain, at, FindingCode::Changed, "this record was changed after it was written");
        }
        self.position = at;
        self.hash = record.hash;
    }
}

fn hash_of(record: &ChainRecord) -> Vec<u8> {
    let mut hash = Sha256::new();
    add(&mut hash, [record.previous_hash.as_slice()]);
    add(&mut hash, record.fields.iter().map(String::as_bytes));
    hash.finalize().to_vec()
}

/// Every field with its length in front, as in the whole format.
fn add<'a>(hash: &mut Sha256, fields: impl IntoIterator<Item = &'a [u8]>) {
    for field in fields {
        hash.update(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(field);
    }
}

/// Computes the digest of every seal from the heads that it covers, and compares the heads with the records.
async fn sealed_heads(database: &mut Database, seals: &[SealRow], found: &mut Verification) -> Result<()> {
    let mut after = (0, String::new(), 0);
    let mut page: VecDeque<SealedHead> = VecDeque::new();
    let mut before: &[u8] = &[];
    for (at, seal) in (1..).zip(seals) {
        if seal.seal != at {
            found.seal(seal.seal, FindingCode::Missing, "a seal before this one is missing");
        }
        let mut hash = Sha256::new();
        add(&mut hash, [b"audit-seal".as_slice(), seal.seal.to_string().as_bytes(), &seal.micros, before]);
        loop {
            if page.is_empty() {
                page.extend(database.audit_sealed_heads(after.0, &after.1, after.2, PAGE).await?);
            }
            if page.front().is_none_or(|head| head.seal > seal.seal) {
                break;
            }
            let Some(head) = page.pop_front() else { break };
            after = (head.seal, head.org.clone(), head.login);
            let (login, position) = (head.login.to_string(), head.position.to_string());
            add(&mut hash, [head.org.as_bytes(), login.as_bytes(), position.as_bytes(), &head.hash]);
            let chain = Chain { org: &head.org, login: head.login };
            match &head.found_hash {
                None => found.chain(chain, head.position, FindingCode::Missing, "a sealed record is missing"),
                Some(now) if *now != head.hash => {
                    found.chain(
                        chain,
                        head.position,
                        FindingCode::Rewritten,
                        "a sealed record was replaced by another",
                    );
                }
                Some(_) => {}
            }
        }
        if hash.finalize().as_slice() != seal.digest {
            found.seal(seal.seal, FindingCode::Changed, "the ends of chains that this seal covers were changed");
        }
        found.seals += 1;
        before = &seal.digest;
    }
    page.extend(database.audit_sealed_heads(after.0, &after.1, after.2, 1).await?);
    if let Some(head) = page.front() {
        found.seal(head.seal, FindingCode::Missing, "this seal is missing");
    }
    Ok(())
}

fn authenticate(seals: &[SealRow], keys: Option<&MasterKeys>, kept: &[KeptSeal], found: &mut Verification) {
    for seal in seals {
        let Ok(epoch) = u32::try_from(seal.master_epoch) else {
            found.seal(seal.seal, FindingCode::Forged, "this seal names an impossible epoch of the master key");
            continue;
        };
        let Some(master) = keys.and_then(|keys| keys.of_epoch(epoch)) else { continue };
        found.authenticated += 1;
        if master.audit_mac(&seal.digest).as_slice() != seal.mac {
            found.seal(seal.seal, FindingCode::Forged, "this seal was not made with the master key");
        }
    }
    for line in kept {
        found.kept += 1;
        let stored = seals.iter().find(|seal| seal.seal == line.seal);
        if !stored.is_some_and(|seal| line.is_of(seal)) {
            found.seal(line.seal, FindingCode::NotAsKept, "the log differs from the kept line of this seal");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_a_number_and_a_seal_of_no_key_are_findings() {
        let fields = ["acme", "7", "first"].map(ToOwned::to_owned).to_vec();
        let (org, login, position, previous_hash) = ("acme".to_owned(), 7, 1, Vec::new());
        let mut record = ChainRecord { org, login, position, previous_hash, fields, hash: Vec::new() };
        record.hash = hash_of(&record);
        let mut found = Verification::default();
        Walk::default().step(record, &mut found);
        let sealed_at = time::OffsetDateTime::UNIX_EPOCH;
        let (micros, digest, mac) = (Vec::new(), vec![1; 32], vec![2; 32]);
        let seal = SealRow { seal: 1, sealed_at, micros, sealed_by: "ada".into(), master_epoch: -1, digest, mac };
        authenticate(&[seal], None, &[], &mut found);
        let codes: Vec<FindingCode> = found.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [FindingCode::Changed, FindingCode::Forged]);
    }

    #[test]
    fn a_line_reads_back_and_rubbish_does_not() {
        let line = SealLine { seal: 3, at: "2027-01-31T00:00:00Z".into(), epoch: 1, digest: [7; 32], mac: [9; 32] };
        assert_eq!(SealLine::parse(&format!(" {line}\n")), Some(line.clone()));
        for bad in ["", "byok-seal 2 3 x 1 00 00", "byok-seal 1 3 x 1 00 00", &line.to_string()[1..]] {
            assert_eq!(SealLine::parse(bad), None, "{bad}");
        }
    }
}
