//! Where events go: lines on standard output, the standard input of a program, or a webhook.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use rustix::process::{Pid, Signal, kill_process_group};

use byok::admin::EventRecord;
use byok::webhook::{Webhook, WebhookSecrets};
use byok::{exit, mask};

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
    /// The program that gets each event on its standard input, and its arguments, after `--` (default: BYOK_EVENT_COMMAND)
    #[arg(last = true, value_name = "COMMAND", requires = "consumer", conflicts_with = "webhook")]
    command: Vec<OsString>,
}

impl HookArgs {
    /// The time limit for one delivery.
    pub(super) fn time(&self) -> Duration {
        Duration::from_secs(self.timeout)
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

/// Where events go.
pub(super) enum Hook {
    /// Lines on standard output.
    Lines(List<EventView>),
    /// The standard input of a program that is started for each event.
    Program(Arc<Program>),
    /// An address.
    Webhook(Arc<Webhook>),
}

/// What became of a delivery.
pub(super) enum Answer {
    Taken,
    /// Why not, in one stable word.
    Failed(String),
    /// Nobody reads standard output any more.
    Closed,
}

impl Hook {
    pub(super) async fn tell(&mut self, event: &EventRecord) -> anyhow::Result<Answer> {
        let deliver: Box<dyn FnOnce() -> Result<(), String> + Send> = match self {
            Self::Lines(list) => {
                list.records(std::slice::from_ref(event), |event| EventView::from(event))?;
                return Ok(if list.is_closed() { Answer::Closed } else { Answer::Taken });
            }
            Self::Program(program) => {
                let (program, body) = (program.clone(), body(event));
                Box::new(move || program.run(&body))
            }
            Self::Webhook(webhook) => {
                let (webhook, body, id) = (webhook.clone(), body(event), format!("evt_{}", event.seq));
                Box::new(move || webhook.post(&id, &body).map_err(byok::webhook::Untaken::word))
            }
        };
        Ok(match tokio::task::spawn_blocking(deliver).await? {
            Ok(()) => Answer::Taken,
            Err(why) => Answer::Failed(why),
        })
    }
}

/// An event as a line of JSON.
fn body(event: &EventRecord) -> String {
    let text = json_text(&json_of(&EventView::from(event)));
    mask::without_keys(&text).into_owned()
}

/// A program that is started for each event.
pub(super) struct Program {
    file: PathBuf,
    arguments: Vec<OsString>,
    time: Duration,
}

impl Program {
    /// Runs it, without a shell, without byok's settings, and at most for its time. What it writes to standard output is dropped.
    fn run(&self, body: &str) -> Result<(), String> {
        let mut command = Command::new(&self.file);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::inherit());
        command.process_group(0);
        sources::without_our_settings(&mut command);
        let mut child = command.spawn().map_err(|_| "not_started".to_owned())?;
        if let Some(mut pipe) = child.stdin.take() {
            // An event is smaller than what a pipe holds, so this never waits. A program need not read it.
            pipe.write_all(format!("{body}\n").as_bytes()).ok();
        }
        let status = self.wait(child).ok_or_else(|| "timeout".to_owned())?;
        match (status.code(), status.signal()) {
            (Some(0), _) => Ok(()),
            (Some(code), _) => Err(format!("exit_{code}")),
            (None, signal) => Err(format!("signal_{}", signal.unwrap_or_default())),
        }
    }

    /// Waits for its end. When its time is over, it is killed with all that it started.
    fn wait(&self, mut child: Child) -> Option<ExitStatus> {
        let group = Pid::from_child(&child);
        let (done, ended) = mpsc::channel();
        std::thread::spawn(move || done.send(child.wait()));
        if let Ok(status) = ended.recv_timeout(self.time) {
            return status.ok();
        }
        kill_process_group(group, Signal::KILL).ok();
        ended.recv().ok();
        None
    }
}
