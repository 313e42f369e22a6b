//! Writes lists, page by page.

use std::marker::PhantomData;

use byok::admin::Listed;
use byok::exit;
use serde_json::json;

use crate::cli::terminal::document::{Kind, Many, VERSION};
use crate::cli::terminal::output::{self, Format, Reader, Row, View, notice, plain, say};
use crate::cli::terminal::table::Layout;
use crate::cli::terminal::text::{csv_line, harmless, json_text};

/// A list that is written to stdout page by page.
pub(crate) struct List<V> {
    kind: &'static str,
    header: &'static [&'static str],
    format: Format,
    /// How a table is laid out, once the first page was written.
    layout: Option<Layout>,
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
        Self::with_columns(format, kind, V::COLUMNS)
    }

    /// A list whose columns depend on what was asked for.
    pub(crate) fn with_columns(format: Format, kind: &Kind<Many<V>>, header: &'static [&'static str]) -> Self {
        let (kind, layout, cursor) = (kind.name, None, None);
        let (faulty, closed, finding) = (false, false, false);
        Self { kind, header, format, layout, written: 0, faulty, closed, cursor, finding, of: PhantomData }
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
            csv_line(&mut text, self.header.iter().map(|name| name.to_ascii_lowercase()));
        }
        let count = rows.len();
        match self.format {
            Format::Table => {
                let cells: Vec<_> = rows.into_iter().map(|row| row.cells).collect();
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
            Format::Csv => rows.iter().for_each(|row| csv_line(&mut text, row.cells.iter().map(|it| harmless(it)))),
            Format::Plain => text.extend(rows.iter().flat_map(|row| plain(&row.cells).into_bytes())),
        }
        self.written += count;
        self.put(&text)
    }

    fn table(&mut self, cells: &[Vec<String>]) -> String {
        if let Some(layout) = &self.layout {
            return layout.rows(cells);
        }
        let layout = Layout::of(self.header, V::YIELDS, cells, output::width());
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
