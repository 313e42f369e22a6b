//! Where events go: lines on standard output, the standard input of a program, or a webhook.

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use clap::Args;

use byok::admin::EventRecord;
use byok::webhook::{Webhook, WebhookSecrets};
use byok::{exit, mask};

use super::program::Program;
use crate::cli::commands::run;
use crate::cli::session::settings::SecretSource;
use crate::cli::session::{Context, inherited, settings, sources};
use crate::cli::terminal::document::json_of;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list::List;
use crate::cli::terminal::text::json_text;
use crate::cli::views::event::EventView;

/// Where events go, if not to standard output.
#[derive(Args)]
pub(crate) struct HookArgs {
    /// Post each event to this address, with a signature (Standard Webhooks); https, or http on this machine
    #[arg(long, value_name = "URL", requires = "consumer")]
    webhook: Option<String>,
    /// The file of the secret that signs what is posted (default: BYOK_WEBHOOK_SECRET_FILE)
    #[arg(long, value_name = "PATH", requires = "webhook")]
    webhook_secret_file: Option<PathBuf>,
    /// Time limit for one delivery, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Deliver this many events at once; those of one key are delivered one after the other
    #[arg(long, value_name = "N", default_value_t = 8, requires = "consumer", value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,
    /// The program that gets each event on its standard input, and its arguments, after `--` (default: BYOK_EVENT_COMMAND)
    #[arg(last = true, value_name = "COMMAND", requires = "consumer", conflicts_with = "webhook")]
    command: Vec<OsString>,
}

impl HookArgs {
    /// The time limit for one delivery.
    pub(super) fn time(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// How many deliveries there are at once.
    pub(super) fn most(&self) -> usize {
        self.concurrency.into()
    }

    /// The program or webhook that was named. It is checked before anything is delivered.
    pub(super) fn hook(&self, context: &Context) -> anyhow::Result<Option<Hook>> {
        if let Some(url) = &self.webhook {
            return self.webhook(url).map(Some);
        }
        let words = if self.command.is_empty() {
            let words = settings::words("BYOK_EVENT_COMMAND")?.unwrap_or_default();
            words.into_iter().map(OsString::from).collect()
        } else {
            self.command.clone()
        };
        let Some((program, arguments)) = words.split_first() else { return Ok(None) };
        let file = run::program(program).map_err(|failure| Failure { exit: exit::USAGE, ..failure })?;
        if let Some(source) = context.address()? {
            inherited::refuse_address_for_program(&source)?;
        }
        inherited::refuse_keys_for_program()?;
        Ok(Some(Hook::Program(Arc::new(Program { file, arguments: arguments.to_vec(), time: self.time() }))))
    }

    fn webhook(&self, url: &str) -> anyhow::Result<Hook> {
        let source = match &self.webhook_secret_file {
            Some(path) => Some(SecretSource::File(path.clone(), "--webhook-secret-file")),
            None => settings::webhook_secret()?,
        };
        let wanted = &sources::WEBHOOK_SECRET;
        let missing = || {
            wanted.bad("a webhook needs a secret that signs".into()).hint(
            "write one to a file: (umask 077; printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\" > hook.secret); then --webhook-secret-file hook.secret",
        )
        };
        let source = source.ok_or_else(missing)?;
        let Some(text) = sources::read(&source, wanted)? else {
            bail!(wanted.bad(format!("{} does not exist", sources::place(&source))))
        };
        let secrets = WebhookSecrets::parse(&text)
            .map_err(|error| wanted.bad(format!("{}: {error}", sources::place(&source))))?;
        let webhook = Webhook::new(url, secrets, self.time()).map_err(|error| {
            Failure::usage("bad_webhook", error.to_string()).hint("for example: https://hooks.example.org/byok")
        })?;
        Ok(Hook::Webhook(Arc::new(webhook)))
    }
}

/// A delivery, and why it failed, in one stable word.
pub(super) type BoxFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Where events go.
pub(super) enum Hook {
    /// Lines on standard output.
    Lines(Box<List<EventView>>),
    /// The standard input of a program that is started for each event.
    Program(Arc<Program>),
    /// An address.
    Webhook(Arc<Webhook>),
}

impl Hook {
    /// A delivery. It does nothing before it is polled. `None` for standard output, which is written to at once.
    pub(super) fn delivery(&self, event: &EventRecord) -> Option<BoxFuture> {
        let body = body(event);
        match self {
            Self::Lines(_) => None,
            Self::Program(program) => {
                let program = program.clone();
                Some(Box::pin(program.run(format!("{body}\n"))))
            }
            Self::Webhook(webhook) => {
                let (webhook, id) = (webhook.clone(), format!("evt_{}", event.seq));
                let post = move || webhook.post(&id, &body).map_err(byok::webhook::Untaken::word);
                Some(Box::pin(async move {
                    tokio::task::spawn_blocking(post).await.unwrap_or_else(|_| Err("not_posted".into()))
                }))
            }
        }
    }
}

/// An event as a line of JSON.
fn body(event: &EventRecord) -> String {
    let text = json_text(&json_of(&EventView::from(event)));
    mask::without_keys(&text).into_owned()
}
