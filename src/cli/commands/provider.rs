//! `provider`: the catalog, providers that admins added, and routes of capabilities.

mod add;
mod remove;
mod route;
mod show;

use clap::Subcommand;

use crate::cli::session::Context;

#[derive(Subcommand)]
pub(crate) enum ProviderCommand {
    List(show::ListProviders),
    Show(show::Show),
    Route(route::RouteVerb),
    Add(add::Add),
    Remove(remove::Remove),
}

impl ProviderCommand {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        match self {
            Self::List(verb) => verb.run(context).await,
            Self::Show(verb) => verb.run(context).await,
            Self::Route(verb) => verb.run(context).await,
            Self::Add(verb) => verb.run(context).await,
            Self::Remove(verb) => verb.run(context).await,
        }
    }
}
