//! Things that a list names, instead of the command line.

use std::path::PathBuf;

use clap::Args;

use byok::import::{self, Fields, Known, LineError, ListError, ListForm, ListLine};
use byok::mask;
use byok::name::{Login, OrgId};

use crate::cli::session::Context;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::{ids, input};

/// A list in a file.
#[derive(Args)]
pub(crate) struct ListArg {
    /// Read a list instead, with one on each line, or as CSV or JSON lines; - means standard input
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
}

/// One of the things that a command is about.
pub(crate) struct Asked<T> {
    /// The line of the list. `None` on the command line.
    pub(crate) line: Option<usize>,
    /// What the line says, or why it does not.
    pub(crate) what: Result<T, Failure>,
}

impl<T> Asked<T> {
    /// Of the command line.
    pub(crate) fn typed(what: T) -> Self {
        Self { line: None, what: Ok(what) }
    }
}

impl ListArg {
    pub(crate) fn is_given(&self) -> bool {
        self.from_file.is_some()
    }

    /// What each line of the list says. `None` if there is no list. A list of names has the fields in this order, with tabs between
    /// them.
    pub(crate) fn read<T>(
        &self,
        names: &[&str],
        parse: impl Fn(&mut Fields) -> Result<T, Failure>,
    ) -> anyhow::Result<Option<Vec<Asked<T>>>> {
        let Some(path) = &self.from_file else { return Ok(None) };
        let text = input::name_list(path)?;
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        let form = match ending.as_deref() {
            Some("jsonl" | "ndjson" | "json") => ListForm::JsonLines,
            Some("csv") => ListForm::Csv,
            _ if import::form_of(&text) == Some(ListForm::JsonLines) => ListForm::JsonLines,
            _ => ListForm::Names,
        };
        let known = Known { names, settings: false };
        let lines = import::read(form, &text, known).map_err(|error| unreadable(&error, names))?;
        let asked = lines.into_iter().map(|ListLine { number, fields, .. }| {
            let what = fields.map_err(|error| bad_line(&error, names)).and_then(|mut fields| parse(&mut fields));
            let what = what.map_err(|failure| named(number, failure));
            Asked { line: Some(number), what }
        });
        Ok(Some(asked.collect()))
    }
}

/// The failure of a line.
pub(crate) fn named(line: usize, failure: Failure) -> Failure {
    Failure { message: format!("line {line}: {}", failure.message), ..failure }
}

/// The error of a change. Names that are near are only looked up for what was typed.
pub(crate) async fn explained(context: &Context, line: Option<usize>, error: anyhow::Error) -> anyhow::Error {
    match line {
        None => context.explained(error).await,
        Some(line) => named(line, Failure { denied: None, ..Failure::of(&error) }).into(),
    }
}

/// The organization of a line.
pub(crate) fn org(fields: &mut Fields) -> Result<OrgId, Failure> {
    let text = fields.take_name("org").ok_or_else(|| Failure::usage("whose", "no organization is named"))?;
    if mask::holds_key(&text) {
        let failure = Failure::usage("bad_name", "this contains a key, and is no id of an organization");
        return Err(failure.hint("keys are stored with byok key import"));
    }
    ids::id(&text).map_err(|error| Failure::from(&error))
}

/// The login of a line, if it has one.
pub(crate) fn login(fields: &mut Fields, name: &str) -> Result<Option<Login>, Failure> {
    ids::maybe(fields.take_name(name).as_deref()).map_err(|error| Failure::from(&error))
}

fn unreadable(error: &ListError, names: &[&str]) -> Failure {
    let hint = format!("the columns are: {}", names.join(", "));
    Failure::usage("bad_list", format!("{error}; nothing was changed")).hint(hint)
}

fn bad_line(error: &LineError, names: &[&str]) -> Failure {
    Failure::usage(error.code(), error.to_string()).hint(format!("the fields are: {}", names.join(", ")))
}
