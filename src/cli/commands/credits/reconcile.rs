//! `credits reconcile`.

use clap::Args;
use serde_json::json;

use byok::Error;
use byok::credits::Credits;
use byok::db::{Finding, Totals};
use byok::exit;
use byok::name::OrgId;

use crate::cli::session::Context;
use crate::cli::terminal::ids;
use crate::cli::terminal::output;
use crate::cli::terminal::output::Row;

const HEADER: &[&str] = &[
    "ORGS",
    "POSTINGS",
    "AVAILABLE",
    "HELD",
    "ISSUED",
    "PLATFORM_PART",
    "PROVIDER_PART",
    "TOTAL",
    "RELEASED_HOLDS",
    "FINDINGS",
];
const FINDING: &[&str] = &["ORG", "FINDING", "SUBJECT", "EXPECTED", "FOUND"];

/// Prove that the ledger adds up: every balance is the sum of its lines, and everything together is zero
///
/// Exit 0 when it does, 9 when something does not. Releases holds that are past their time first, where you may.
#[derive(Args)]
#[command(after_help = "Examples:\n  byok credits reconcile\n  byok credits reconcile --org acme -o json")]
pub(crate) struct Reconcile {
    /// One organization; all of them, unless said otherwise
    #[arg(long)]
    org: Option<String>,
}

impl Reconcile {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let org: Option<OrgId> = ids::maybe(self.org.as_deref())?;
        let mut session = context.session().await?;
        let released = match session.database.expire_holds(org.as_ref()).await {
            Ok(count) => count,
            // An auditor only reads.
            Err(Error::NoRole) => 0,
            Err(error) => return Err(error.into()),
        };
        let totals = session.database.totals(org.as_ref()).await?;
        let findings = session.database.findings(org.as_ref()).await?;
        let found: Vec<Row> = findings.iter().map(finding).collect();
        output::item(context.format, "credits.reconcile", HEADER, &row(&totals, released, &found))?;
        if found.is_empty() && totals.total == 0 {
            context.notice("the ledger adds up");
            return Ok(exit::OK);
        }
        output::beside(context.format, FINDING, &found)?;
        context.notice("the ledger does not add up: somebody got past the functions, or the disk lost something");
        Ok(exit::CHECK_FAILED)
    }
}

fn row(totals: &Totals, released: i64, found: &[Row]) -> Row {
    let amount = |micro| Credits::from_micro(micro).to_string();
    let findings: Vec<_> = found.iter().map(|row| row.json.clone()).collect();
    Row {
        json: json!({
            "orgs": totals.orgs, "postings": totals.postings, "available": amount(totals.available),
            "held": amount(totals.held), "issued": amount(totals.issued), "platform_part": amount(totals.platform_part),
            "provider_part": amount(totals.provider_part), "total": amount(totals.total), "released_holds": released,
            "findings": findings,
        }),
        cells: vec![
            totals.orgs.to_string(),
            totals.postings.to_string(),
            amount(totals.available),
            amount(totals.held),
            amount(totals.issued),
            amount(totals.platform_part),
            amount(totals.provider_part),
            amount(totals.total),
            released.to_string(),
            found.len().to_string(),
        ],
    }
}

/// Amounts, except that a hold is counted: it is open or ended once.
fn finding(finding: &Finding) -> Row {
    let value = |number: i64| {
        if finding.finding == "hold" { number.to_string() } else { Credits::from_micro(number).to_string() }
    };
    let (expected, found) = (value(finding.expected), value(finding.found));
    Row {
        json: json!({
            "org": finding.org, "finding": finding.finding, "subject": finding.subject, "expected": expected,
            "found": found,
        }),
        cells: vec![finding.org.clone(), finding.finding.clone(), finding.subject.clone(), expected, found],
    }
}
