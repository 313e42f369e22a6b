//! `local`: the private PostgreSQL server.

use clap::Subcommand;

use byok::exit;

use crate::cli::session::Context;
use crate::cli::session::settings;
use crate::cli::terminal::output::Change;
use crate::cli::terminal::{dry_run, output};
use crate::cli::views::changes::{LocalDown, LocalReset, LocalUp};
use crate::cli::views::kinds;
use crate::cli::views::place::LocalView;

#[derive(Subcommand)]
pub(crate) enum Local {
    /// Create and start the private server
    #[command(after_help = "Example:\n  byok local up")]
    Up,
    /// Stop the private server; its data stays
    #[command(after_help = "Example:\n  byok local down")]
    Down,
    /// Show where the private server is and whether it runs
    #[command(after_help = "Example:\n  byok local status")]
    Status,
    /// Delete the data of the private server; its master key is moved to a backup file first
    #[command(after_help = "Example:\n  byok local reset")]
    Reset {
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
}

impl Local {
    pub(crate) async fn run(self, context: &mut Context) -> anyhow::Result<u8> {
        let dir = settings::private_dir()?;
        let place = output::path(dir.path());
        match self {
            Self::Up => {
                context.private(&dir).await?;
                let item = LocalUp { path: &place, url: dir.url()? };
                let said = format!("the private PostgreSQL runs in {place}");
                output::change(
                    context.format,
                    &Change { kind: &kinds::LOCAL_UP, result: "running", said: &said },
                    &item,
                )
            }
            Self::Down => {
                let stopped = dir.stop()?;
                let (result, said) = if stopped {
                    ("stopped", "the private PostgreSQL is stopped; the data stays")
                } else {
                    ("unchanged", "the private PostgreSQL was not running")
                };
                output::change(
                    context.format,
                    &Change { kind: &kinds::LOCAL_DOWN, result, said },
                    &LocalDown { path: &place },
                )
            }
            Self::Status => status(context, &dir),
            Self::Reset { yes } => reset(context, &dir, yes),
        }
    }
}

fn reset(context: &Context, dir: &byok::local::LocalDir, yes: bool) -> anyhow::Result<u8> {
    let place = output::path(dir.path());
    let question = format!("Delete the private database in {place}, with every key in it?");
    let _confirmed = context.consent(yes)?.ask(&question)?;
    if dry_run::is_on() {
        let (result, said) = if dir.status()?.created {
            ("removed", "the private database is deleted; its master key is kept in a backup file")
        } else {
            ("unchanged", "there is no private database")
        };
        let item = LocalReset { path: &place, master_key_kept_in: None };
        return output::change(context.format, &Change { kind: &kinds::LOCAL_RESET, result, said }, &item);
    }
    let (result, said, kept) = match dir.remove()? {
        None => ("unchanged", "there is no private database".to_owned(), None),
        Some(removed) => {
            let aside = removed.master_key.map(|path| output::path(&path));
            let said = match &aside {
                Some(path) => format!("the private database is deleted; its master key is kept in {path}"),
                None => "the private database is deleted".into(),
            };
            ("removed", said, aside)
        }
    };
    let item = LocalReset { path: &place, master_key_kept_in: kept };
    output::change(context.format, &Change { kind: &kinds::LOCAL_RESET, result, said: &said }, &item)
}

fn status(context: &Context, dir: &byok::local::LocalDir) -> anyhow::Result<u8> {
    let status = dir.status()?;
    let view = LocalView {
        path: output::path(dir.path()),
        created: status.created,
        running: status.running,
        pid: status.pid,
        postgres: status.version,
        socket_dir: output::path(&status.socket_dir),
        account: status.account,
        bytes: status.bytes,
        url: output::setting(&dir.url()?).into_owned(),
        log: output::path(&dir.log_file()),
    };
    output::item(context.format, &kinds::LOCAL_STATUS, &view)?;
    Ok(exit::OK)
}
