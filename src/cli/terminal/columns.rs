//! The columns of a list. `--columns` chooses them in tables, in csv and in plain output; JSON has every field.

use std::sync::OnceLock;

/// The names that were given, in their order.
static CHOSEN: OnceLock<Vec<String>> = OnceLock::new();

/// Only these columns are shown from now on.
pub(crate) fn choose(names: Vec<String>) {
    CHOSEN.set(names).ok();
}

/// The columns that were chosen.
pub(crate) fn chosen() -> Option<&'static [String]> {
    CHOSEN.get().map(Vec::as_slice)
}

/// The columns of a list, and which of them a table may leave out.
pub(crate) struct Columns {
    pub(crate) header: Vec<&'static str>,
    /// The columns that a narrow table leaves out, and begins with the least important.
    pub(crate) yields: &'static [&'static str],
    /// The columns that a table has only if a row has something in them.
    pub(crate) sometimes: &'static [&'static str],
    /// The place of each column in a row. `None` if all of them are shown.
    places: Option<Vec<usize>>,
}

impl Columns {
    /// All of these columns, or those that were chosen. What was chosen is always shown.
    pub(crate) fn of(
        header: &'static [&'static str],
        yields: &'static [&'static str],
        sometimes: &'static [&'static str],
    ) -> Self {
        match chosen() {
            None => Self { header: header.to_vec(), yields, sometimes, places: None },
            Some(names) => Self::only(header, names),
        }
    }

    fn only(header: &'static [&'static str], names: &[String]) -> Self {
        let place = |name: &String| header.iter().position(|known| known.eq_ignore_ascii_case(name));
        let places: Vec<usize> = names.iter().filter_map(place).collect();
        let header = places.iter().map(|at| header[*at]).collect();
        Self { header, yields: &[], sometimes: &[], places: Some(places) }
    }

    /// Whether a column stays, however narrow the table is.
    pub(crate) fn all_stay(&self) -> bool {
        self.places.is_some()
    }

    /// The cells of these columns.
    pub(crate) fn cells(&self, cells: Vec<String>) -> Vec<String> {
        match &self.places {
            None => cells,
            Some(places) => places.iter().map(|at| cells[*at].clone()).collect(),
        }
    }

    /// The names of the columns, as csv and plain output have them.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.header.iter().map(|name| name.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_columns_have_the_order_in_which_they_were_named_in_any_case() {
        let columns = Columns::only(&["ORG", "HINT", "STATE"], &["state".to_owned(), "Org".to_owned()]);
        assert_eq!(columns.header, ["STATE", "ORG"]);
        assert_eq!(columns.cells(["acme", "...xK7q", "active"].map(str::to_owned).to_vec()), ["active", "acme"]);
        assert!(columns.all_stay());
    }
}
