//! `schema`: the JSON Schema of each kind of document. It uses no file, network or database.

use clap::Args;

use byok::exit;
use byok::name::near;

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list;
use crate::cli::terminal::output;
use crate::cli::views::kinds;
use crate::cli::views::kinds::KindView;

/// Print the JSON Schema of a kind of JSON output, or list the kinds
///
/// Every document of `-o json` names its kind. The schemas tell what stays within a major version of format_version. The
/// kind of a failure on stderr is `error`.
#[derive(Args)]
#[command(after_help = "Examples:
  byok schema
  byok schema key.list
  byok schema error")]
pub(crate) struct Schema {
    /// The kind, such as key.list (default: list all)
    kind: Option<String>,
}

impl Schema {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<u8> {
        let Some(kind) = self.kind else {
            let views: Vec<KindView> = kinds::ALL.iter().map(|(kind, _)| KindView { kind }).collect();
            return list::all(context.format, &kinds::SCHEMA, &views);
        };
        let Some((_, schema)) = kinds::ALL.iter().find(|(name, _)| *name == kind) else {
            let failure = Failure::new(exit::NOT_FOUND, "not_found", "there is no such kind of JSON output");
            let near = near(&kind, kinds::ALL.iter().map(|(name, _)| *name));
            return Err(match near.as_slice() {
                [] => failure.hint("to see all kinds: byok schema"),
                near => failure.hint(format!("did you mean {}? to see all kinds: byok schema", near.join(" or "))),
            }
            .into());
        };
        Ok(output::print(&format!("{:#}\n", schema())))
    }
}
