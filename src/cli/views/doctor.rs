//! Checks of `doctor`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::terminal::named::Named;
use crate::cli::terminal::output::View;
use crate::cli::warning::Fix;

/// What came of a check. The last one is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Ok,
    Skipped,
    Warn,
    Fail,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// A check. Without --names its JSON can be published: logins, organizations, hosts, databases and files are placeholders in it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CheckView {
    /// A stable id
    check: &'static str,
    #[schemars(extend("x-known-values" = ["ok", "skipped", "warn", "fail"]))]
    status: &'static str,
    /// What was found, for people
    reason: String,
    /// The command that fixes it, or the statement for a superuser
    fix: Option<String>,
    /// Who can run it
    #[schemars(extend("x-known-values" = ["you", "owner", "admin", "superuser", "operator"]))]
    fix_by: Option<&'static str>,
    #[serde(skip)]
    shown: (String, String),
}

impl CheckView {
    pub(crate) fn of(check: &'static str, status: Status, reason: &Named, fix: Option<&Fix>) -> Self {
        Self {
            check,
            status: status.as_str(),
            reason: reason.without_names(),
            fix: fix.map(|fix| fix.command.without_names()),
            fix_by: fix.map(|fix| fix.by.as_str()),
            shown: (reason.shown(), fix.map(|fix| fix.command.shown()).unwrap_or_default()),
        }
    }

    /// The same with the names in its JSON.
    pub(crate) fn with_names(self) -> Self {
        let (reason, fix) = self.shown.clone();
        Self { reason, fix: self.fix.map(|_| fix), ..self }
    }
}

impl View for CheckView {
    const COLUMNS: &'static [&'static str] = &["STATUS", "CHECK", "REASON", "FIX", "FIX_BY"];

    fn cells(&self) -> Vec<String> {
        let (reason, fix) = self.shown.clone();
        vec![self.status.into(), self.check.into(), reason, fix, self.fix_by.unwrap_or_default().into()]
    }
}
