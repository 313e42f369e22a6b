//! A name on each line, such as the id of an organization.

use super::line::{Fields, Known, LineError, ListLine, numbered};

pub(super) fn read(text: &str, known: Known<'_>) -> Vec<ListLine> {
    let lines = numbered(text).map(|(number, line)| (number, line.trim()));
    let said = lines.filter(|(_, line)| !(line.is_empty() || line.starts_with('#')));
    said.map(|(number, line)| ListLine { number, fields: fields(line, known) }).collect()
}

/// Further fields are separated by a tab.
fn fields(line: &str, known: Known<'_>) -> Result<Fields, LineError> {
    let (mut fields, found) = (Fields::default(), line.split('\t').count());
    if found > known.names.len() {
        return Err(LineError::Columns { header: known.names.len(), found });
    }
    known
        .names
        .iter()
        .zip(line.split('\t'))
        .try_for_each(|(name, value)| fields.put((*name).to_owned(), value.trim()))?;
    Ok(fields)
}
