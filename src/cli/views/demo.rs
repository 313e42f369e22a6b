//! Steps of `demo`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::terminal::output::View;

/// A command of the demonstration, and what came of it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct StepView {
    pub(crate) step: usize,
    /// What it shows, for people
    pub(crate) told: String,
    /// The command as it is typed
    pub(crate) command: String,
    pub(crate) exit_code: Option<i32>,
    /// The document that it printed
    pub(crate) document: Option<Value>,
    /// What it printed, if that is no document
    pub(crate) output: Option<String>,
    /// Why it failed
    pub(crate) error: Option<Value>,
}

impl View for StepView {
    const COLUMNS: &'static [&'static str] = &["STEP", "EXIT_CODE", "COMMAND", "TOLD"];

    fn cells(&self) -> Vec<String> {
        let code = self.exit_code.map(|code| code.to_string()).unwrap_or_default();
        vec![self.step.to_string(), code, self.command.clone(), self.told.clone()]
    }
}
