//! `master-key`: creates, checks, copies and replaces the master key.

mod create;
mod escrow;
pub(super) mod first;
mod key_file;
mod rotate;
mod status;
mod steps;
mod verify;

use clap::Subcommand;

use crate::cli::session::Context;

#[derive(Subcommand)]
pub(crate) enum MasterKeyCommand {
    Create(create::Create),
    Status(status::MasterKeyStatus),
    Verify(verify::Verify),
    Escrow(escrow::Escrow),
    Rotate(rotate::Rotate),
    Loaded(status::Loaded),
}

impl MasterKeyCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Create(verb) => verb.run(context).await,
            Self::Status(_) => status::run(context).await,
            Self::Verify(verb) => verb.run(context).await,
            Self::Escrow(verb) => verb.run(context).await,
            Self::Rotate(verb) => verb.run(context).await,
            Self::Loaded(verb) => verb.run(context).await,
        }
    }
}
