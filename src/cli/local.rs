//! `local`: the private PostgreSQL.

use clap::Subcommand;
use serde_json::json;

use byok::exit;

use super::failure::Failure;
use super::out::{self, Row};
use super::session::Context;
use super::{input, settings};

#[derive(Subcommand)]
pub(crate) enum Local {
    /// Make and start it
    Up,
    /// Stop it; the data stays
    Down,
    /// Say where it is and whether it runs
    Status,
    /// Delete its data; the master key is set aside, not deleted
    Reset {
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

impl Local {
    pub(crate) async fn run(self, context: &mut Context) -> Result<u8, Failure> {
        let dir = settings::private_dir()?;
        let place = out::path(dir.path());
        match self {
            Self::Up => {
                context.private(&dir).await?;
                let item = json!({"path": place, "url": dir.url()?});
                out::change(context.format, "local.up", &format!("running in {place}"), ("running", item))
            }
            Self::Down => {
                let stopped = dir.stop()?;
                let (result, said) = if stopped { ("stopped", "stopped") } else { ("unchanged", "was not running") };
                out::change(context.format, "local.down", said, (result, json!({"path": place})))
            }
            Self::Status => status(context, &dir),
            Self::Reset { yes } => {
                let question = format!("Delete the private database in {place}, with every key in it?");
                let _confirmed = input::confirm(&question, yes, context.no_input())?;
                let Some(removed) = dir.remove()? else {
                    let item = json!({"path": place, "master_key_kept_in": null});
                    return out::change(context.format, "local.reset", "nothing is there", ("unchanged", item));
                };
                let aside = removed.master_key.map(|path| out::path(&path));
                let said = match &aside {
                    Some(path) => format!("deleted; its master key is kept in {path}"),
                    None => "deleted".into(),
                };
                let item = json!({"path": place, "master_key_kept_in": aside});
                out::change(context.format, "local.reset", &said, ("removed", item))
            }
        }
    }
}

fn status(context: &Context, dir: &byok::local::LocalDir) -> Result<u8, Failure> {
    let status = dir.status()?;
    let state = match (status.created, status.running) {
        (_, true) => "running",
        (true, false) => "stopped",
        (false, false) => "not made yet",
    };
    let version = status.version.map(|version| version.to_string()).unwrap_or_default();
    let row = Row {
        json: json!({
            "path": out::path(dir.path()), "created": status.created, "running": status.running,
            "pid": status.pid, "postgres": status.version, "socket_dir": out::path(&status.socket_dir),
            "account": status.account, "bytes": status.bytes, "url": out::setting(&dir.url()?), "log": out::path(&dir.log_file()),
        }),
        cells: vec![
            state.into(),
            out::path(dir.path()),
            version,
            status.account,
            format!("{} MB", status.bytes / 1_000_000),
            dir.url()?,
            out::path(&dir.log_file()),
        ],
    };
    out::item(context.format, "local.status", &["STATE", "PATH", "POSTGRES", "ACCOUNT", "SIZE", "URL", "LOG"], &row)?;
    Ok(exit::OK)
}
