//! `key`: the keys of an organization.

mod copy;
mod expire;
mod export;
mod fields;
mod history;
mod import;
mod list;
mod options;
mod remove;
mod report;
mod rollback;
mod rotate;
mod set;
mod show;

use clap::Subcommand;

pub(crate) use expire::{ExpireArgs, expire_key};
pub(crate) use fields::CredentialArgs;
pub(crate) use options::VersionArg;
pub(crate) use remove::{RemoveArgs, remove_key};
pub(crate) use rollback::{BackArgs, roll_back};
pub(crate) use set::{Aim, ReplaceArg, SetArgs, find, routed, set_key};
pub(crate) use show::show_key;

use crate::cli::session::Context;

#[derive(Subcommand)]
pub(crate) enum Key {
    Set(set::Set),
    List(list::ListKeys),
    Show(show::Show),
    Rotate(rotate::Rotate),
    Rollback(rollback::Rollback),
    Expire(expire::Expire),
    History(history::History),
    Report(report::Report),
    Import(import::Import),
    Export(export::Export),
    Remove(remove::Remove),
    Copy(copy::CopyKey),
    Move(copy::MoveKey),
}

impl Key {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::Set(verb) => verb.run(context).await,
            Self::List(verb) => verb.run(context).await,
            Self::Show(verb) => verb.run(context).await,
            Self::Rotate(verb) => verb.run(context).await,
            Self::Rollback(verb) => verb.run(context).await,
            Self::Expire(verb) => verb.run(context).await,
            Self::History(verb) => verb.run(context).await,
            Self::Report(verb) => verb.run(context).await,
            Self::Import(verb) => verb.run(context).await,
            Self::Export(verb) => verb.run(context).await,
            Self::Remove(verb) => verb.run(context).await,
            Self::Copy(verb) => verb.run(context).await,
            Self::Move(verb) => verb.run(context).await,
        }
    }
}
