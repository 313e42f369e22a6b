//! The checks: their ids, in the order in which they are shown, and what came of each.

use unicode_width::UnicodeWidthStr as _;

use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::named::Named;
use crate::cli::terminal::text::clean;
use crate::cli::views::doctor::{CheckView, Status};
use crate::cli::warning::{By, Fix};

/// The id of every check, in the order in which they are shown. The ids are stable, and docs/doctor.md explains each.
const CHECKS: [&str; 39] = [
    "settings.variables",
    "settings.file",
    "terminal.prompt",
    "shell.completion",
    "local.server",
    "local.disk",
    "db.connection",
    "db.version",
    "db.schema",
    "db.writable",
    "db.tls",
    "db.pooler",
    "db.clock",
    "db.pgcrypto",
    "db.header",
    "db.log",
    "db.prepared",
    "roles.login",
    "roles.definer",
    "roles.createrole",
    "roles.superuser",
    "roles.groups",
    "roles.grants",
    "roles.effect",
    "roles.objects",
    "roles.service",
    "members.logins",
    "master_key.loaded",
    "master_key.active",
    "master_key.rotation",
    "master_key.hosts",
    "master_key.copy",
    "keys.open",
    "keys.dates",
    "keys.failing",
    "keys.tests",
    "platform.keys",
    "platform.providers",
    "audit.seal",
];

/// A check that was made.
pub(super) struct Check {
    id: &'static str,
    status: Status,
    reason: Named,
    fix: Option<Fix>,
}

impl Check {
    fn new(id: &'static str, status: Status, reason: impl Into<Named>) -> Self {
        Self { id, status, reason: reason.into(), fix: None }
    }

    pub(super) fn ok(id: &'static str, reason: impl Into<Named>) -> Self {
        Self::new(id, Status::Ok, reason)
    }

    pub(super) fn skipped(id: &'static str, reason: impl Into<Named>) -> Self {
        Self::new(id, Status::Skipped, reason)
    }

    pub(super) fn warn(id: &'static str, reason: impl Into<Named>) -> Self {
        Self::new(id, Status::Warn, reason)
    }

    pub(super) fn fail(id: &'static str, reason: impl Into<Named>) -> Self {
        Self::new(id, Status::Fail, reason)
    }

    /// A failure with its own next step. Its words may have names that are not marked.
    pub(super) fn failed(id: &'static str, failure: &Failure, names: &Names) -> Self {
        let check = Self::fail(id, names.marked(&failure.message));
        match &failure.hint {
            Some(hint) => check.fix(By::You, names.marked(hint)),
            None => check,
        }
    }

    /// How it is fixed.
    pub(super) fn fix(mut self, by: By, command: impl Into<Named>) -> Self {
        self.fix = Some(Fix { by, command: command.into() });
        self
    }

    pub(super) fn fixed_by(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }

    pub(super) fn id(&self) -> &'static str {
        self.id
    }

    pub(super) fn status(&self) -> Status {
        self.status
    }

    /// Whether it was skipped and has no fix.
    pub(super) fn is_bare(&self) -> bool {
        self.status == Status::Skipped && self.fix.is_none()
    }

    /// The check as data, with names or with placeholders for them.
    pub(super) fn view(&self, names: bool) -> CheckView {
        let view = CheckView::of(self.id, self.status, &self.reason, self.fix.as_ref());
        if names { view.with_names() } else { view }
    }

    /// The lines for people: status, id and reason, and below it the fix.
    pub(super) fn lines(&self, width: usize) -> String {
        let (status, id) = (self.status.as_str(), self.id);
        let text = wrapped(&format!("{status:<8}{id:<20}"), &self.reason.shown(), width);
        match &self.fix {
            // A command is not broken, so that it can be copied.
            Some(Fix { by, command }) => format!("{text}        {}: {}\n", by.in_words(), clean(&command.shown())),
            None => text,
        }
    }
}

/// The checks that were skipped, by reason, for people.
pub(super) fn skipped(checks: &[Check], width: usize) -> String {
    let mut by_reason: Vec<(String, Vec<&str>)> = Vec::new();
    for check in checks.iter().filter(|check| check.is_bare()) {
        let reason = check.reason.shown();
        match by_reason.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, ids)) => ids.push(check.id),
            None => by_reason.push((reason, vec![check.id])),
        }
    }
    let line =
        |(reason, ids): (String, Vec<&str>)| wrapped("skipped ", &format!("{}: {reason}", ids.join(", ")), width);
    by_reason.into_iter().map(line).collect()
}

/// A text after its head, broken at spaces.
fn wrapped(head: &str, text: &str, width: usize) -> String {
    let indent = head.len();
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    for word in clean(text).split(' ') {
        let is_empty = line.len() == indent;
        if !is_empty && line.width() + 1 + word.width() > width.max(indent + 20) {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        } else if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// All checks in their order. One that was not made is skipped for this reason.
pub(super) fn in_order(mut made: Vec<Check>, why: &Named) -> Vec<Check> {
    let take = |id: &&'static str| {
        let at = made.iter().position(|check| check.id == *id);
        at.map_or_else(|| Check::skipped(id, why.clone()), |at| made.swap_remove(at))
    };
    CHECKS.iter().map(take).collect()
}

/// How a name is marked.
type Mark = fn(&str) -> Named;

/// Names that may stand in the message of a failure.
#[derive(Clone, Default)]
pub(super) struct Names(Vec<(String, Mark)>);

impl Names {
    pub(super) fn with(mut self, name: &str, of: Mark) -> Self {
        if !name.is_empty() {
            self.0.push((name.to_owned(), of));
        }
        self
    }

    /// A text in which these names are marked.
    pub(super) fn marked(&self, text: &str) -> Named {
        let found = self.0.iter().filter_map(|(name, of)| Some((text.find(name.as_str())?, name, of)));
        match found.min_by_key(|(at, name, _)| (*at, std::cmp::Reverse(name.len()))) {
            None => text.into(),
            Some((at, name, of)) => Named::from(&text[..at]).and(of(name)).and(self.marked(&text[at + name.len()..])),
        }
    }
}
