//! The request whose price is asked for or charged.

use clap::Args;

use byok::credits::Operation;
use byok::name::OrgId;

use crate::cli::arguments::{OrgArg, TargetArg};

#[derive(Args)]
pub(crate) struct PricedArgs {
    /// The operation, as on the rate card: byok credits rates list
    operation: String,
    #[command(flatten)]
    pub(crate) provider: TargetArg,
    #[command(flatten)]
    org: OrgArg,
    /// The number of units
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=1_000_000_000_000))]
    units: i64,
}

/// The arguments that can be parsed before a session is open.
pub(crate) struct PricedRequest {
    pub(crate) operation: Operation,
    pub(crate) org: OrgId,
    pub(crate) units: i64,
}

impl PricedArgs {
    pub(crate) fn request(&self) -> anyhow::Result<PricedRequest> {
        Ok(PricedRequest { operation: self.operation.parse()?, org: self.org.id()?, units: self.units })
    }
}
