//! `.env` files. There is no standard, and programs read quotation marks, comments and escapes in different ways. Only lines
//! are read that all of them read in the same way.

use super::line::{Fields, LineError, ListLine, VALUE, VARIABLE, numbered};

pub(super) fn read(text: &str) -> Vec<ListLine> {
    let said = |line: &str| !(line.trim().is_empty() || line.trim_start().starts_with('#'));
    let lines = numbered(text).filter(|(_, line)| said(line));
    lines.map(|(number, line)| ListLine { number, fields: fields(line) }).collect()
}

fn fields(line: &str) -> Result<Fields, LineError> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let (name, value) = line.split_once('=').ok_or(LineError::NotAssignment)?;
    if !is_name(name) {
        return Err(LineError::NotAssignment);
    }
    let mut fields = Fields::default();
    fields.put(VARIABLE.to_owned(), name)?;
    fields.put(VALUE.to_owned(), plain(value)?)?;
    Ok(fields)
}

/// Whether this can be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    begins && text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The value, if it is the same for every program.
fn plain(value: &str) -> Result<&str, LineError> {
    if value.starts_with([' ', '\t']) {
        return Err(LineError::Disputed("the white space after the equals sign"));
    }
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'));
    let Some(quote) = quote else {
        return match value.find(['"', '\'', '`', '\\', '$', '#']) {
            Some(_) => Err(LineError::Disputed("a quotation mark, backslash, dollar sign or number sign")),
            None => Ok(value),
        };
    };
    let inside = value[1..].strip_suffix(quote).filter(|inside| !inside.contains(quote)).ok_or(LineError::OpenQuote)?;
    // In single quotation marks nothing is special, except for programs that do not know quotation marks.
    if quote == '`' || inside.contains(['\\', '$']) {
        return Err(LineError::Disputed("a backslash or dollar sign in quotation marks"));
    }
    Ok(inside)
}
