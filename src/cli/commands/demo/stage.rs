//! Runs commands of this program on the private database, and shows them: as a story, or as data.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use byok::{exit, setting};

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::list::List;
use crate::cli::terminal::output::{self, Format};
use crate::cli::views::demo::StepView;
use crate::cli::views::kinds;

/// Runs this program on the private database, as a user would type it.
pub(super) struct Stage {
    program: std::path::PathBuf,
    install: bool,
    /// The steps as data. `None` for a story.
    steps: Option<List<StepView>>,
    count: usize,
    told: String,
}

impl Stage {
    pub(super) fn new(context: &Context) -> anyhow::Result<Self> {
        let program =
            std::env::current_exe().context(Failure::new(exit::FAILURE, "demo", "cannot find this program"))?;
        let is_story = matches!(context.format, Format::Table | Format::Plain);
        let steps = (!is_story).then(|| List::begin(context.format, &kinds::DEMO));
        Ok(Self { program, install: context.installs_postgres(), steps, count: 0, told: String::new() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        // Who runs the demonstration asks for the private database, also under CI.
        command.arg("--local");
        if self.install {
            command.arg("--install-postgres");
        }
        command.args(arguments);
        for name in setting::names() {
            let text = name.to_string_lossy();
            let key = text.starts_with("BYOK_MASTER_KEY") || text.starts_with("BYOK_DATA_KEY");
            let other = ["BYOK_DATABASE_URL", "DATABASE_URL", "BYOK_ORG", "BYOK_OUTPUT", "CREDENTIALS_DIRECTORY"];
            if key || other.contains(&&*text) {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Says what the next command shows.
    pub(super) fn tell(&mut self, words: &str) {
        if self.steps.is_none() {
            output::print(&format!("\n# {words}\n"));
        }
        words.clone_into(&mut self.told);
    }

    /// Runs a command without a word.
    pub(super) fn quietly(&self, arguments: &[&str]) {
        let _ = self.command(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }

    /// Whether a command that stores this key would change nothing, because it is stored.
    pub(super) fn is_stored(&self, arguments: &[&str], key: &str) -> bool {
        let mut command = self.command(&[arguments, &["--dry-run", "-o", "json"]].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let printed = ended(command, Some(key)).map(|output| output.stdout).unwrap_or_default();
        document(&printed).is_some_and(|document| document["result"] == "unchanged")
    }

    pub(super) fn has_platform_key(&self, provider: &str) -> anyhow::Result<bool> {
        let output = self.command(&["platform-key", "list", "-o", "plain"]).stdin(Stdio::null()).output();
        let output = output.map_err(|error| Failure::new(exit::FAILURE, "demo", error.to_string()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().any(|line| line.split('\t').nth(1) == Some(provider)))
    }

    /// Runs a command, shows it, and wants this exit code.
    pub(super) fn play(&mut self, arguments: &[&str], input: Option<&str>, wanted: u8) -> anyhow::Result<()> {
        let quoted = |word: &&str| if word.contains(' ') { format!("'{word}'") } else { (*word).to_owned() };
        let typed = arguments.iter().map(quoted).collect::<Vec<_>>().join(" ");
        let pipe = if input.is_some() { "printf %s \"$KEY\" | " } else { "" };
        let shown = format!("{pipe}byok {typed}");
        let failed = || Failure::new(exit::FAILURE, "demo", format!("byok {typed}"));
        let mut command = self.command(arguments);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let code = if self.steps.is_some() {
            command.env("BYOK_OUTPUT", "json").stdout(Stdio::piped()).stderr(Stdio::piped());
            let output = ended(command, input).with_context(failed)?;
            self.step(shown, &output)?;
            output.status
        } else {
            output::print(&format!("$ {shown}\n"));
            command.env("BYOK_OUTPUT", "table");
            ended(command, input).with_context(failed)?.status
        };
        if code.code() != Some(i32::from(wanted)) {
            let message = format!("`byok {typed}` ended with {code}, but {wanted} was expected");
            bail!(Failure::new(exit::FAILURE, "demo", message));
        }
        Ok(())
    }

    fn step(&mut self, command: String, output: &Output) -> anyhow::Result<()> {
        self.count += 1;
        let said = String::from_utf8_lossy(&output.stderr);
        let error = said.lines().rev().find_map(|line| document(line.as_bytes()));
        let found = document(&output.stdout);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let view = StepView {
            step: self.count,
            told: self.told.clone(),
            command,
            exit_code: output.status.code(),
            output: (found.is_none() && !text.is_empty()).then_some(text),
            document: found,
            error: error.map(|document| document["error"].clone()),
        };
        self.steps.as_mut().map_or(Ok(()), |steps| steps.page(&[view]))
    }

    pub(super) fn end(self) -> anyhow::Result<u8> {
        self.steps.map_or(Ok(exit::OK), List::end)
    }
}

/// Runs a command to its end. Its input is this key.
fn ended(mut command: Command, input: Option<&str>) -> std::io::Result<Output> {
    let mut child = command.spawn()?;
    if let (Some(mut pipe), Some(text)) = (child.stdin.take(), input) {
        pipe.write_all(text.as_bytes())?;
    }
    child.wait_with_output()
}

fn document(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).ok().filter(Value::is_object)
}
