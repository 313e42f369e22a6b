//! The only module that writes. Results go to stdout in the chosen format, messages go to stderr.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::Value;

use byok::system::{closed, descriptor, terminal};
use byok::{exit, mask, setting};

use crate::cli::terminal::color;
use crate::cli::terminal::columns::{self, Columns};
use crate::cli::terminal::document::{Changed, Kind, One, json_of, outcome};
use crate::cli::terminal::dry_run;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::ids;
use crate::cli::terminal::table::Layout;
use crate::cli::terminal::text::{clean, csv_change, csv_line, harmless, harmless_lines, json_text};

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned, with a header, for people
    Table,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// With a header, quoted by RFC 4180
    Csv,
    /// Tab-separated: a row for each thing of a list, and a line `name value` for each field of one thing
    Plain,
}

impl Format {
    pub(crate) fn choose(wanted: Option<Self>, json: bool) -> Self {
        match wanted {
            _ if json => Self::Json,
            Some(format) => format,
            None if io::stdout().is_terminal() => Self::Table,
            None => Self::Plain,
        }
    }
}

/// A thing that can be shown. Its serialized fields are its JSON, and `cells` are its columns in a table.
pub(crate) trait View: Serialize {
    const COLUMNS: &'static [&'static str];

    /// The columns that a narrow table leaves out, and begins with the least important. Ids are never left out.
    const YIELDS: &'static [&'static str] = &[];

    /// The columns that a table has only if a row has something in them.
    const SOMETIMES: &'static [&'static str] = &[];

    fn cells(&self) -> Vec<String>;
}

/// A view that is ready to be written.
pub(crate) struct Row {
    pub(crate) json: Value,
    pub(crate) cells: Vec<String>,
}

impl Row {
    pub(crate) fn of(view: &impl View) -> Self {
        Self { json: json_of(view), cells: view.cells() }
    }
}

/// What a change did.
pub(crate) struct Change<'a, T> {
    /// The kind of the result, such as `key.set`.
    pub(crate) kind: &'a Kind<Changed<T>>,
    /// One stable word.
    pub(crate) result: &'a str,
    /// The sentence for people.
    pub(crate) said: &'a str,
}

/// Writes one thing: a line `name  value` for each column.
pub(crate) fn item<V: View>(format: Format, kind: &Kind<One<V>>, view: &V) -> anyhow::Result<()> {
    let row = Row::of(view);
    let text = match format {
        Format::Json => format!("{}\n", json_text(&kind.document(row.json))),
        Format::Jsonl => format!("{}\n", json_text(&row.json)),
        Format::Csv => csv(&columns_of::<V>(), row),
        Format::Plain => plain_lines(&columns_of::<V>(), row),
        Format::Table => lines(&columns_of::<V>(), row),
    };
    write(text.as_bytes()).map(drop)
}

/// Writes one thing of which people and scripts want a single value.
pub(crate) fn value<V: View>(format: Format, kind: &Kind<One<V>>, view: &V, value: &str) -> anyhow::Result<()> {
    match format {
        Format::Table | Format::Plain => write(format!("{}\n", clean(value)).as_bytes()).map(drop),
        _ => item(format, kind, view),
    }
}

/// Writes one thing of a list for people, like a single thing.
pub(crate) fn sheet<V: View>(view: &V) -> anyhow::Result<()> {
    write(lines(&columns_of::<V>(), Row::of(view)).as_bytes()).map(drop)
}

/// The columns of one thing. All of them have a line.
fn columns_of<V: View>() -> Columns {
    Columns::of(V::COLUMNS, V::YIELDS, V::SOMETIMES)
}

/// Writes rows that belong to the item before. In plain output each begins with this name. JSON has them inside of that
/// item, and CSV has no place for them. They have other columns, so they are left out if columns were chosen.
pub(crate) fn beside<V: View>(format: Format, name: &str, views: &[V]) -> anyhow::Result<()> {
    if columns::chosen().is_some() {
        return Ok(());
    }
    let cells: Vec<Vec<String>> = views.iter().map(View::cells).collect();
    match format {
        Format::Table => {
            let layout = Layout::of(&columns_of::<V>(), &cells, width());
            tell_hidden(&layout);
            write(format!("\n{}{}", layout.header(), layout.rows(&cells)).as_bytes()).map(drop)
        }
        Format::Plain => {
            let rows = cells.into_iter().map(|cells| format!("{name}\t{}", plain(&cells)));
            write(rows.collect::<String>().as_bytes()).map(drop)
        }
        Format::Json | Format::Jsonl | Format::Csv => Ok(()),
    }
}

/// Writes what a change did. In JSON that is its result and the changed thing, in other formats a sentence.
pub(crate) fn change<T: Serialize>(format: Format, change: &Change<'_, T>, item: &T) -> anyhow::Result<u8> {
    let Change { kind, result, said } = *change;
    let said = &*dry_run::said(said);
    let text = match format {
        Format::Json => format!("{}\n", json_text(&kind.document(result, json_of(item)))),
        Format::Jsonl => format!("{}\n", json_text(&outcome(result, None, item))),
        Format::Csv => csv_change(true, result, said),
        Format::Table | Format::Plain => format!("{}\n", clean(said)),
    };
    done(&text, said)?;
    Ok(exit::OK)
}

/// Writes about a change that has been made. If stdout cannot be written, stderr says what was done.
pub(crate) fn done(text: &str, said: &str) -> anyhow::Result<()> {
    let Err(error) = emit(mask::without_keys(text).as_bytes()) else { return Ok(()) };
    let Some(failure) = unwritten(&error) else {
        say(said);
        return Ok(());
    };
    Err(failure.took_effect(said).into())
}

/// Writes what a check of many things came to. The exit code says it too.
pub(crate) fn checked<T: Serialize>(
    format: Format,
    kind: &Kind<Changed<T>>,
    good: bool,
    said: &str,
    item: &T,
) -> anyhow::Result<u8> {
    let (result, code) = if good { ("verified", exit::OK) } else { ("failed", exit::CHECK_FAILED) };
    change(format, &Change { kind, result, said }, item)?;
    Ok(code)
}

fn csv(columns: &Columns, row: Row) -> String {
    let mut text = Vec::new();
    csv_line(&mut text, columns.names());
    csv_line(&mut text, columns.cells(row.cells).iter().map(|cell| harmless(cell)));
    String::from_utf8_lossy(&text).into_owned()
}

/// A line for each column, for people.
fn lines(columns: &Columns, row: Row) -> String {
    let width = columns.header.iter().map(|name| name.len()).max().unwrap_or_default();
    named(columns, row, |name| format!("{name:width$}  "))
}

/// A line for each column, for programs.
fn plain_lines(columns: &Columns, row: Row) -> String {
    named(columns, row, |name| format!("{name}\t"))
}

fn named(columns: &Columns, row: Row, label: impl Fn(&str) -> String) -> String {
    let lines = columns.names().zip(columns.cells(row.cells)).map(|(name, cell)| (label(&name), clean(&cell)));
    lines.flat_map(|(label, cell)| [label, cell, "\n".to_owned()]).collect()
}

/// The cells of a row, for programs.
pub(crate) fn plain(cells: &[String]) -> String {
    cells.iter().map(|cell| clean(cell)).collect::<Vec<_>>().join("\t") + "\n"
}

/// The width of a table: that of the terminal, or else COLUMNS, or else 80.
pub(crate) fn width() -> usize {
    let terminal = terminal::width(io::stdout()).map(usize::from);
    let told = || setting::bytes("COLUMNS").and_then(|text| text.to_str()?.trim().parse().ok());
    terminal.filter(|width| *width > 0).or_else(told).filter(|width| *width > 0).unwrap_or(80)
}

/// Says which columns of a table are not shown.
pub(crate) fn tell_hidden(layout: &Layout) {
    let hidden = layout.hidden();
    if !hidden.is_empty() {
        let names = hidden.join(", ").to_ascii_lowercase();
        notice(&format!(
            "columns left out at this width: {names}; to see them: a wider terminal, --columns, or -o json"
        ));
    }
}

/// Whether somebody reads the results.
#[derive(PartialEq, Eq)]
pub(crate) enum Reader {
    Reads,
    Gone,
}

/// Writes a result. Any text in it that is certainly a key is masked.
pub(crate) fn write(text: &[u8]) -> anyhow::Result<Reader> {
    let text = String::from_utf8_lossy(text);
    match emit(mask::without_keys(&text).as_bytes()) {
        Ok(()) => Ok(Reader::Reads),
        Err(error) => unwritten(&error).map_or(Ok(Reader::Gone), |failure| Err(failure.into())),
    }
}

/// Whether somebody could still read the results. Whoever waits for something to write finds out in this way.
pub(crate) fn is_read() -> bool {
    !descriptor::is_other_end_gone(io::stdout())
}

fn emit(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if closed::is_closed(&out) {
        return Err(io::Error::other("standard output is closed"));
    }
    out.write_all(text).and_then(|()| out.flush())
}

/// The stable code of a result that cannot be written.
pub(crate) const UNWRITTEN: &str = "output";

/// The failure when a result cannot be written. A reader that closes the pipe is no failure.
fn unwritten(error: &io::Error) -> Option<Failure> {
    let failure = || {
        // No hint to repeat it: what was done before is done.
        Failure::new(exit::FAILURE, UNWRITTEN, format!("cannot write the result: {error}"))
            .hint("send the output to a place that can be written; what was done is not undone")
    };
    (error.kind() != io::ErrorKind::BrokenPipe).then(failure)
}

/// Writes text unchanged: help, completions, manual pages, and a secret that is handed over on purpose.
pub(crate) fn print(text: &str) -> u8 {
    let Some(failure) = emit(text.as_bytes()).err().as_ref().and_then(unwritten) else { return exit::OK };
    say(&format!("error: {}", failure.message));
    failure.exit
}

/// A path for messages. It is masked, because a user may have given a key instead of a path.
pub(crate) fn path(path: &Path) -> String {
    mask::masked(&path.display().to_string()).into_owned()
}

/// A value of the user's settings for messages, masked in the same way.
pub(crate) fn setting(text: &str) -> Cow<'_, str> {
    mask::masked(text)
}

/// Whether results go to a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes a message to stderr. Text that may be a key is masked. Control characters except line ends and tabs are
/// replaced.
pub(crate) fn say(words: &str) {
    let mut out = io::stderr().lock();
    let words = harmless_lines(words);
    let marked = if color::is_wanted(&out) { color::marked(&words) } else { Cow::Borrowed(words.as_ref()) };
    let _ = writeln!(out, "{marked}");
}

/// Whether standard output is coloured.
pub(crate) fn is_coloured() -> bool {
    color::is_wanted(&io::stdout())
}

/// Whether --verbose was given.
static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Says what is done from now on.
pub(crate) fn be_verbose() {
    VERBOSE.store(true, Ordering::Relaxed);
}

/// Whether what is done is said.
pub(crate) fn is_verbose() -> bool {
    VERBOSE.load(Ordering::Relaxed)
}

/// Says what is done, with --verbose. It has names and places, never a secret.
pub(crate) fn detail(words: impl FnOnce() -> String) {
    if is_verbose() {
        say(&format!("- {}", words()));
    }
}

/// Whether --quiet was given.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Whether notices are left out.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Leaves out notices from now on.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Writes a notice: something that is good to know. --quiet leaves it out.
pub(crate) fn notice(words: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        say(&ids::in_commands(words));
    }
}

/// Writes a warning, even with --quiet: a risk, something that must still be done, or the reason of an exit code.
pub(crate) fn warn(words: &str) {
    say(&format!("warning: {}", ids::in_commands(words)));
}

/// Writes a question. The answer is typed on the same line.
pub(crate) fn ask(question: &str) {
    let _ = write!(io::stderr().lock(), "{} ", harmless_lines(question));
}
