//! Writes lists, page by page.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use byok::admin::Listed;
use byok::exit;
use serde_json::json;

use crate::cli::terminal::columns::{self, Columns};
use crate::cli::terminal::document::{Kind, Many, VERSION};
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output::{self, Format, Reader, Row, View, notice, plain, say};
use crate::cli::terminal::table::Layout;
use crate::cli::terminal::text::{csv_line, harmless, json_text};

/// A list that is written to stdout page by page.
pub(crate) struct List<V> {
    kind: &'static str,
    columns: Columns,
    format: Format,
    /// How a table is laid out, once the first page was written.
    layout: Option<Layout>,
    /// Columns that were left out as empty on the first page, and are not empty on a later one.
    missed: BTreeSet<&'static str>,
    written: usize,
    /// Whether a row had an invalid value and was not shown.
    faulty: bool,
    /// Whether the reader closed the pipe, as `head` does.
    closed: bool,
    /// Where a list that was cut continues.
    cursor: Option<String>,
    /// Whether an entry is a finding.
    finding: bool,
    of: PhantomData<fn() -> V>,
}

impl<V: View> List<V> {
    pub(crate) fn begin(format: Format, kind: &Kind<Many<V>>) -> Self {
        Self::of_columns(format, kind, V::COLUMNS)
    }

    /// A list whose columns depend on what was asked for.
    pub(crate) fn with_columns(
        format: Format,
        kind: &Kind<Many<V>>,
        header: &'static [&'static str],
    ) -> anyhow::Result<Self> {
        let is_there = |name: &String| header.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(name) = columns::chosen().unwrap_or_default().iter().find(|name| !is_there(name)) {
            let message = format!("with these options, the list has no column `{name}`");
            let known: Vec<String> = header.iter().map(|name| name.to_ascii_lowercase()).collect();
            return Err(Failure::usage("no_column", message).hint(format!("it has {}", known.join(", "))).into());
        }
        Ok(Self::of_columns(format, kind, header))
    }

    fn of_columns(format: Format, kind: &Kind<Many<V>>, header: &'static [&'static str]) -> Self {
        let columns = Columns::of(header, V::YIELDS, V::SOMETIMES);
        let (kind, layout, missed, cursor) = (kind.name, None, BTreeSet::new(), None);
        let (faulty, closed, finding) = (false, false, false);
        Self { kind, columns, format, layout, missed, written: 0, faulty, closed, cursor, finding, of: PhantomData }
    }

    /// From now on, every entry is a finding: the list ends with exit code 9 unless it is empty.
    pub(crate) fn fails_unless_empty(&mut self) {
        self.finding = true;
    }

    /// Writes a page of records. A record with an invalid value is reported on stderr, and all others are written.
    pub(crate) fn records<T: Listed>(&mut self, records: &[T], view: impl Fn(&T) -> V) -> anyhow::Result<()> {
        let (rows, faulty) = sound(records, view);
        self.faulty |= faulty;
        if rows.is_empty() { Ok(()) } else { self.page(&rows) }
    }

    /// Whether the reader closed the pipe. No further page should be fetched then.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Writes a page. A table is written page by page, so that a long list needs no more memory than a short one.
    pub(crate) fn page(&mut self, views: &[V]) -> anyhow::Result<()> {
        self.rows(views.iter().map(Row::of).collect())
    }

    fn rows(&mut self, rows: Vec<Row>) -> anyhow::Result<()> {
        let mut text = Vec::new();
        if self.format == Format::Json && self.written == 0 {
            text.extend(format!(r#"{{"format_version":"{VERSION}","kind":"{}","items":["#, self.kind).bytes());
        }
        if self.format == Format::Csv && self.written == 0 {
            csv_line(&mut text, self.columns.names());
        }
        let count = rows.len();
        match self.format {
            Format::Table => {
                let cells: Vec<_> = self.cells(rows).collect();
                text.extend(self.table(&cells).bytes());
            }
            Format::Json => {
                for (at, row) in rows.iter().enumerate() {
                    let comma = if self.written + at == 0 { "\n" } else { ",\n" };
                    text.extend(format!("{comma}{}", json_text(&row.json)).bytes());
                }
            }
            Format::Jsonl => {
                text.extend(rows.iter().flat_map(|row| format!("{}\n", json_text(&row.json)).into_bytes()));
            }
            Format::Csv => self.cells(rows).for_each(|row| csv_line(&mut text, row.iter().map(|it| harmless(it)))),
            Format::Plain => text.extend(self.cells(rows).flat_map(|row| plain(&row).into_bytes())),
        }
        self.written += count;
        self.put(&text)
    }

    /// The cells that are shown.
    fn cells(&self, rows: Vec<Row>) -> impl Iterator<Item = Vec<String>> {
        rows.into_iter().map(|row| self.columns.cells(row.cells))
    }

    fn table(&mut self, cells: &[Vec<String>]) -> String {
        if let Some(layout) = &self.layout {
            self.missed.extend(layout.missed(cells));
            return layout.rows(cells);
        }
        let layout = Layout::of(&self.columns, cells, output::width());
        output::tell_hidden(&layout);
        let text = layout.header() + &layout.rows(cells);
        self.layout = Some(layout);
        text
    }

    fn put(&mut self, text: &[u8]) -> anyhow::Result<()> {
        self.closed |= output::write(text)? == Reader::Gone;
        Ok(())
    }

    /// Records that the list is cut, and says so. `continues` is the option with which it continues at the cursor.
    pub(crate) fn cut(&mut self, cursor: String, continues: &str) {
        if self.format != Format::Json {
            say(&format!("the list is cut here; to continue it: {continues} {cursor}"));
        }
        self.cursor = Some(cursor);
    }

    /// Ends the list. An empty list is a result too. The exit code is 9 if an entry is a finding, and otherwise 8 if a row
    /// could not be shown.
    pub(crate) fn end(mut self) -> anyhow::Result<u8> {
        if self.written == 0 {
            if self.format == Format::Table {
                if !self.faulty {
                    notice("nothing to list");
                }
            } else {
                self.rows(Vec::new())?;
            }
        }
        if !self.missed.is_empty() {
            let names = self.missed.iter().copied().collect::<Vec<_>>().join(", ").to_ascii_lowercase();
            notice(&format!("later rows have values in columns that are not shown: {names}; to see them: --columns"));
        }
        if self.format == Format::Json {
            self.put(format!("],\"next_cursor\":{}}}\n", json!(self.cursor)).as_bytes())?;
        }
        let found = self.finding && (self.written > 0 || self.faulty);
        if found {
            let these = if self.written == 1 {
                "there is such a key".into()
            } else {
                format!("there are {} such keys", self.written)
            };
            output::warn(&format!("{these}, so --fail makes the exit code {}", exit::CHECK_FAILED));
        }
        Ok(match self.faulty {
            _ if found => exit::CHECK_FAILED,
            true => exit::PARTIAL,
            false => exit::OK,
        })
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
    kind: &Kind<Many<V>>,
    records: &[T],
    view: impl Fn(&T) -> V,
) -> anyhow::Result<u8> {
    let mut list = List::begin(format, kind);
    list.records(records, view)?;
    list.end()
}

/// Writes a whole list.
pub(crate) fn all<V: View>(format: Format, kind: &Kind<Many<V>>, views: &[V]) -> anyhow::Result<u8> {
    let mut list = List::begin(format, kind);
    if !views.is_empty() {
        list.page(views)?;
    }
    list.end()
}
