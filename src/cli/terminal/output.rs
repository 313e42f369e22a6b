//! The only module that writes. Results go to stdout in the chosen format, messages go to stderr.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::{Value, json};

use byok::admin::Listed;
use byok::{exit, mask};

use crate::cli::terminal::closed;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::text::{clean, csv_change, csv_line, harmless, harmless_lines, json_text};

/// The version of every JSON document. A minor version adds fields. A major version changes or removes them.
pub(crate) const VERSION: &str = "1.0";

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
    /// Tab-separated, no header
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

    fn cells(&self) -> Vec<String>;
}

/// A view that is ready to be written.
struct Row {
    json: Value,
    cells: Vec<String>,
}

impl Row {
    fn of(view: &impl View) -> Self {
        Self { json: json_of(view), cells: view.cells() }
    }
}

/// The JSON of a view, with sorted names. This cannot fail, because every field of a view can be serialized.
pub(crate) fn json_of(item: &impl Serialize) -> Value {
    serde_json::to_value(item).unwrap_or_default()
}

/// What a change did.
pub(crate) struct Change<'a> {
    /// The stable name of the result's kind, such as `key.set`.
    pub(crate) kind: &'a str,
    /// One stable word.
    pub(crate) result: &'a str,
    /// The sentence for people.
    pub(crate) said: &'a str,
}

/// A list that is written to stdout page by page.
pub(crate) struct List {
    kind: &'static str,
    header: &'static [&'static str],
    format: Format,
    written: usize,
    /// Whether a row had an invalid value and was not shown.
    faulty: bool,
    /// Whether the reader closed the pipe, as `head` does.
    closed: bool,
    /// Where a list that was cut continues.
    cursor: Option<String>,
}

impl List {
    pub(crate) fn begin<V: View>(format: Format, kind: &'static str) -> Self {
        Self::with_columns(format, kind, V::COLUMNS)
    }

    /// A list whose columns depend on what was asked for.
    pub(crate) fn with_columns(format: Format, kind: &'static str, header: &'static [&'static str]) -> Self {
        Self { kind, header, format, written: 0, faulty: false, closed: false, cursor: None }
    }

    /// Writes a page of records. A record with an invalid value is reported on stderr, and all others are written.
    pub(crate) fn records<T: Listed, V: View>(&mut self, records: &[T], view: impl Fn(&T) -> V) -> anyhow::Result<()> {
        let (rows, faulty) = sound(records, view);
        self.faulty |= faulty;
        if rows.is_empty() { Ok(()) } else { self.page(&rows) }
    }

    /// Whether the reader closed the pipe. No further page should be fetched then.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes a page. A table is laid out page by page, so that a long list needs no more memory than a short one.
    pub(crate) fn page<V: View>(&mut self, views: &[V]) -> anyhow::Result<()> {
        self.rows(&views.iter().map(Row::of).collect::<Vec<_>>())
    }

    fn rows(&mut self, rows: &[Row]) -> anyhow::Result<()> {
        let mut text = Vec::new();
        if self.format == Format::Json && self.written == 0 {
            text.extend(format!(r#"{{"format_version":"{VERSION}","kind":"{}","items":["#, self.kind).bytes());
        }
        if self.format == Format::Csv && self.written == 0 {
            csv_line(&mut text, self.header.iter().map(|name| name.to_ascii_lowercase()));
        }
        match self.format {
            Format::Table => text.extend(table(self.header, rows).bytes()),
            Format::Json => {
                for (at, row) in rows.iter().enumerate() {
                    let comma = if self.written + at == 0 { "\n" } else { ",\n" };
                    text.extend(format!("{comma}{}", json_text(&row.json)).bytes());
                }
            }
            Format::Jsonl => {
                text.extend(rows.iter().flat_map(|row| format!("{}\n", json_text(&row.json)).into_bytes()));
            }
            Format::Csv => rows.iter().for_each(|row| csv_line(&mut text, row.cells.iter().map(|it| harmless(it)))),
            Format::Plain => text.extend(rows.iter().flat_map(|row| plain(row).into_bytes())),
        }
        self.written += rows.len();
        self.put(&text)
    }

    fn put(&mut self, text: &[u8]) -> anyhow::Result<()> {
        self.closed |= write(text)? == Reader::Gone;
        Ok(())
    }

    /// Records that the list is cut, and says so. `continues` is the option with which it continues at the cursor.
    pub(crate) fn cut(&mut self, cursor: String, continues: &str) {
        if self.format != Format::Json {
            say(&format!("the list is cut here; to continue it: {continues} {cursor}"));
        }
        self.cursor = Some(cursor);
    }

    /// Ends the list. An empty list is a result too. The exit code is 8 when a row could not be shown.
    pub(crate) fn end(mut self) -> anyhow::Result<u8> {
        if self.written == 0 {
            if self.format == Format::Table {
                if !self.faulty {
                    notice("nothing to list");
                }
            } else {
                self.rows(&[])?;
            }
        }
        if self.format == Format::Json {
            self.put(format!("],\"next_cursor\":{}}}\n", json!(self.cursor)).as_bytes())?;
        }
        Ok(if self.faulty { exit::PARTIAL } else { exit::OK })
    }
}

/// The views of the valid records, and whether there were invalid ones. Invalid records are reported on stderr.
pub(crate) fn sound<T: Listed, V: View>(records: &[T], view: impl Fn(&T) -> V) -> (Vec<V>, bool) {
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        match record.fault() {
            None => rows.push(view(record)),
            Some(fault) => say(&format!("error: {} is not shown: {fault}", record.name())),
        }
    }
    let faulty = rows.len() < records.len();
    (rows, faulty)
}

/// Writes a whole list of records.
pub(crate) fn records<T: Listed, V: View>(
    format: Format,
    kind: &'static str,
    records: &[T],
    view: impl Fn(&T) -> V,
) -> anyhow::Result<u8> {
    let mut list = List::begin::<V>(format, kind);
    list.records(records, view)?;
    list.end()
}

/// Writes a whole list.
pub(crate) fn list<V: View>(format: Format, kind: &'static str, views: &[V]) -> anyhow::Result<u8> {
    let mut list = List::begin::<V>(format, kind);
    if !views.is_empty() {
        list.page(views)?;
    }
    list.end()
}

/// Writes one thing. As a table it has a line `name  value` for each column.
pub(crate) fn item<V: View>(format: Format, kind: &str, view: &V) -> anyhow::Result<()> {
    let row = Row::of(view);
    let text = match format {
        Format::Json => format!("{}\n", json_text(&json!({"format_version": VERSION, "kind": kind, "item": row.json}))),
        _ => one(format, V::COLUMNS, &row),
    };
    write(text.as_bytes()).map(drop)
}

/// Writes rows that belong to the item before. JSON has them inside that item, and CSV has no place for them.
pub(crate) fn beside<V: View>(format: Format, views: &[V]) -> anyhow::Result<()> {
    let rows: Vec<Row> = views.iter().map(Row::of).collect();
    match format {
        Format::Table => write(format!("\n{}", table(V::COLUMNS, &rows)).as_bytes()).map(drop),
        Format::Plain => write(rows.iter().map(plain).collect::<String>().as_bytes()).map(drop),
        Format::Json | Format::Jsonl | Format::Csv => Ok(()),
    }
}

/// Writes what a change did. In JSON that is its result and the changed thing, in other formats a sentence.
pub(crate) fn change(format: Format, change: &Change<'_>, item: &impl Serialize) -> anyhow::Result<u8> {
    let Change { kind, result, said } = *change;
    let text = match format {
        Format::Json | Format::Jsonl => {
            let document = json!({"format_version": VERSION, "kind": kind, "result": result, "item": json_of(item)});
            format!("{}\n", json_text(&document))
        }
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
pub(crate) fn checked(format: Format, kind: &str, good: bool, said: &str, item: &impl Serialize) -> anyhow::Result<u8> {
    let (result, code) = if good { ("verified", exit::OK) } else { ("failed", exit::CHECK_FAILED) };
    change(format, &Change { kind, result, said }, item)?;
    Ok(code)
}

fn one(format: Format, header: &[&str], row: &Row) -> String {
    let mut text = Vec::new();
    match format {
        Format::Jsonl | Format::Json => return format!("{}\n", json_text(&row.json)),
        Format::Plain => return plain(row),
        Format::Csv => {
            csv_line(&mut text, header.iter().map(|name| name.to_ascii_lowercase()));
            csv_line(&mut text, row.cells.iter().map(|cell| harmless(cell)));
        }
        Format::Table => {
            let width = header.iter().map(|name| name.len()).max().unwrap_or_default();
            for (name, cell) in header.iter().zip(&row.cells) {
                text.extend(format!("{:width$}  {}\n", name.to_ascii_lowercase(), clean(cell)).bytes());
            }
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn table(header: &[&str], rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row.cells.iter().map(|cell| clean(cell)));
    }
    let lines = table.to_string();
    let lines: Vec<&str> = lines.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n") + "\n"
}

fn plain(row: &Row) -> String {
    let cells: Vec<String> = row.cells.iter().map(|cell| clean(cell)).collect();
    cells.join("\t") + "\n"
}

/// Whether somebody reads the results.
#[derive(PartialEq, Eq)]
enum Reader {
    Reads,
    Gone,
}

/// Writes a result. Any text in it that is certainly a key is masked.
fn write(text: &[u8]) -> anyhow::Result<Reader> {
    let text = String::from_utf8_lossy(text);
    match emit(mask::without_keys(&text).as_bytes()) {
        Ok(()) => Ok(Reader::Reads),
        Err(error) => unwritten(&error).map_or(Ok(Reader::Gone), |failure| Err(failure.into())),
    }
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
    let message = || format!("cannot write the result: {error}");
    (error.kind() != io::ErrorKind::BrokenPipe).then(|| Failure::new(exit::FAILURE, UNWRITTEN, message()))
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
    let _ = writeln!(io::stderr().lock(), "{}", harmless_lines(words));
}

/// Whether --quiet was given.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves out notices from now on.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Writes a notice: something that is good to know. --quiet leaves it out.
pub(crate) fn notice(words: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        say(words);
    }
}

/// Writes a warning, even with --quiet: a risk, something that must still be done, or the reason of an exit code.
pub(crate) fn warn(words: &str) {
    say(&format!("warning: {words}"));
}

/// Writes a question. The answer is typed on the same line.
pub(crate) fn ask(question: &str) {
    let _ = write!(io::stderr().lock(), "{} ", harmless_lines(question));
}
