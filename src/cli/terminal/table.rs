//! Tables that fit the terminal. Columns of sentences are wrapped, and columns that matter less are left out. No value
//! is cut.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr as _;

use crate::cli::terminal::columns::Columns;
use crate::cli::terminal::text::clean;

/// Columns of sentences. They are wrapped at spaces before they are left out.
const SENTENCES: [&str; 3] = ["DETAIL", "MESSAGE", "NEXT"];

/// The least width of a wrapped column.
const NARROWEST: usize = 16;

/// The spaces between two columns.
const GAP: usize = 2;

/// The cell of something that never happened.
pub(crate) const NEVER: &str = "never";

/// The columns of a table. The first page of a list decides which of them are shown, and how wide they are, so that all
/// pages have the same columns at the same place.
pub(crate) struct Layout {
    header: Vec<&'static str>,
    /// The columns that are not shown because no row of the first page has something in them.
    empty: Vec<usize>,
    /// The width of each column. `None` means that it is not shown.
    widths: Vec<Option<usize>>,
    /// Where sentences are wrapped.
    wrapped: Vec<Option<usize>>,
}

impl Layout {
    /// Columns for these rows. Those that have nothing in any row are left out first.
    pub(crate) fn of(columns: &Columns, rows: &[Vec<String>], width: usize) -> Self {
        let header = columns.header.clone();
        let widest = |at: usize| rows.iter().map(|row| clean(&row[at]).width()).max().unwrap_or_default();
        let own: Vec<usize> = header.iter().enumerate().map(|(at, name)| widest(at).max(name.width())).collect();
        let is_empty = |at: &usize| columns.sometimes.contains(&header[*at]) && !rows.iter().any(|row| has(row, *at));
        let empty: Vec<usize> = (0..header.len()).filter(is_empty).collect();
        let widths = own.iter().enumerate().map(|(at, width)| (!empty.contains(&at)).then_some(*width)).collect();
        let wrapped = vec![None; header.len()];
        let is_bare = |name: &&str| header.iter().position(|known| known == name).is_some_and(|at| widest(at) == 0);
        let yields = if columns.all_stay() { &SENTENCES[..] } else { columns.yields };
        let (mut yields, filled): (Vec<&str>, Vec<&str>) = yields.iter().copied().partition(is_bare);
        yields.extend(filled);
        let mut layout = Self { header, empty, widths, wrapped };
        for name in &yields {
            let Some(excess) = layout.total().checked_sub(width).filter(|excess| *excess > 0) else { break };
            let Some(at) = layout.place(name) else { continue };
            match own[at].checked_sub(excess).filter(|left| *left >= NARROWEST && SENTENCES.contains(name)) {
                Some(left) => (layout.widths[at], layout.wrapped[at]) = (Some(left), Some(left)),
                None if columns.all_stay() => {}
                None => layout.widths[at] = None,
            }
        }
        layout.restore(&yields, &own, width);
        layout
    }

    /// Where a column is that may be shown.
    fn place(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| *known == name).filter(|at| !self.empty.contains(at))
    }

    /// Shows columns again for which there is room after a wider one was left out. The most important comes first.
    fn restore(&mut self, yields: &[&str], own: &[usize], width: usize) {
        for name in yields.iter().rev() {
            let Some(at) = self.place(name) else { continue };
            if self.widths[at].is_none() && self.total() + GAP + own[at] <= width {
                self.widths[at] = Some(own[at]);
            }
        }
    }

    fn total(&self) -> usize {
        let shown: Vec<usize> = self.widths.iter().copied().flatten().collect();
        shown.iter().sum::<usize>() + GAP * shown.len().saturating_sub(1)
    }

    /// The columns that are left out because the table is narrow.
    pub(crate) fn hidden(&self) -> Vec<&'static str> {
        let is_hidden = |at: &usize| self.widths[*at].is_none() && !self.empty.contains(at);
        (0..self.header.len()).filter(is_hidden).map(|at| self.header[at]).collect()
    }

    /// The columns that are left out as empty, and in which one of these rows of a later page has something.
    pub(crate) fn missed(&self, rows: &[Vec<String>]) -> impl Iterator<Item = &'static str> {
        let missed = self.empty.iter().filter(|at| rows.iter().any(|row| has(row, **at)));
        missed.map(|at| self.header[*at])
    }

    /// The header, for the first page.
    pub(crate) fn header(&self) -> String {
        let names: Vec<String> = self.header.iter().map(|name| (*name).to_owned()).collect();
        self.rows(&[names])
    }

    /// Rows below the header.
    pub(crate) fn rows(&self, rows: &[Vec<String>]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in rows {
            let shown = row.iter().enumerate().filter(|(at, _)| self.widths[*at].is_some());
            table.add_row(shown.map(|(at, cell)| match self.wrapped[at] {
                Some(width) => wrap(&clean(cell), width),
                None => clean(cell),
            }));
        }
        for (column, width) in table.column_iter_mut().zip(self.widths.iter().flatten()) {
            // The table counts a space at each side.
            let width = u16::try_from(width + GAP).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
        let lines = table.to_string();
        let lines = lines.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}

/// Whether a row has something in this column.
fn has(row: &[String], at: usize) -> bool {
    !row[at].is_empty() && row[at] != NEVER
}

/// Breaks a text at spaces. A longer word has a line of its own and is not broken.
fn wrap(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => line.extend([" ", word]),
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        Columns::of(&["ORG", "STATE", "CREATED", "DETAIL"], &["CREATED", "DETAIL", "STATE"], &["DETAIL"])
    }

    fn rows() -> Vec<Vec<String>> {
        let row = |org: &str, detail: &str| [org, "active", "2027-01-31T00:00:00Z", detail].map(str::to_owned).to_vec();
        vec![row("acme", "one two three four five six seven"), row("a-long-identifier-of-an-organization", "")]
    }

    fn shown(width: usize) -> (String, Vec<&'static str>) {
        let layout = Layout::of(&columns(), &rows(), width);
        (layout.header() + &layout.rows(&rows()), layout.hidden())
    }

    #[test]
    fn a_table_that_fits_has_all_columns() {
        let (text, hidden) = shown(120);
        assert!(hidden.is_empty() && text.contains("one two three four five six seven"), "{text}");
    }

    #[test]
    fn a_column_that_matters_less_is_left_out_and_a_sentence_is_wrapped() {
        let (text, hidden) = shown(64);
        assert_eq!(hidden, ["CREATED"]);
        assert!(text.lines().all(|line| line.width() <= 64) && text.contains("one two three four\n"), "{text}");
    }

    #[test]
    fn an_id_is_whole_at_any_width() {
        let (text, hidden) = shown(10);
        assert_eq!(hidden, ["STATE", "CREATED", "DETAIL"]);
        assert!(text.contains("a-long-identifier-of-an-organization"), "{text}");
    }

    #[test]
    fn a_later_page_has_its_columns_at_the_same_place() {
        let layout = Layout::of(&columns(), &rows(), 200);
        let later = layout.rows(&[["a", "removed-from-here", "-", "x"].map(str::to_owned).to_vec()]);
        let place = |text: &str, what: &str| text.lines().next().and_then(|line| line.find(what));
        assert_eq!(place(&layout.header(), "STATE"), place(&later, "removed"), "{later}");
    }

    #[test]
    fn a_column_that_is_only_there_sometimes_is_left_out_if_no_row_has_something_in_it() {
        let row = |detail: &str| vec![["acme", "active", "2027-01-31T00:00:00Z", detail].map(str::to_owned).to_vec()];
        for nothing in ["", NEVER] {
            let layout = Layout::of(&columns(), &row(nothing), 200);
            assert_eq!(layout.header(), "ORG   STATE   CREATED\n");
            assert!(layout.hidden().is_empty(), "it is not the width that hides it");
            assert_eq!(layout.missed(&row("rejected")).collect::<Vec<_>>(), ["DETAIL"]);
            assert_eq!(layout.missed(&row("")).count(), 0);
        }
        assert!(Layout::of(&columns(), &row("rejected"), 200).header().contains("DETAIL"));
    }
}
