//! Makes text harmless for a terminal, a spreadsheet and a reader of JSON.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::terminal::ids;

/// Whether a terminal would interpret this character instead of showing it: control characters, direction marks, line
/// separators, tags and invisible characters. The two joiners that Indic and Persian scripts need are allowed.
fn is_obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Replaces these characters, so that a name from the database cannot move the cursor, begin a line or reverse one.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|letter| if is_obeyed(letter) { '?' } else { letter }).collect()
}

/// JSON text in which these characters are escaped. They can stand only inside of strings.
pub(crate) fn json_text(value: &Value) -> String {
    let mut text = String::new();
    for letter in value.to_string().chars() {
        if is_obeyed(letter) {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(letter);
        }
    }
    text
}

/// Puts an apostrophe before a cell that a spreadsheet would run as a formula. Spreadsheets skip spaces before it, and
/// some take full-width signs too.
pub(crate) fn harmless(cell: &str) -> String {
    let cell = clean(cell);
    let number = cell.parse::<byok::credits::Credits>().is_ok();
    let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if formula && !number { format!("'{cell}") } else { cell }
}

pub(crate) fn csv_line(text: &mut Vec<u8>, cells: impl Iterator<Item = impl AsRef<[u8]>>) {
    let cells: Vec<_> = cells.collect();
    // In many countries a spreadsheet separates cells at semicolons. Quotes keep what follows one in its cell.
    let semicolon = cells.iter().any(|cell| cell.as_ref().contains(&b';'));
    let style = if semicolon { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let mut writer = csv::WriterBuilder::new().quote_style(style).from_writer(text);
    // Writing to memory cannot fail, and neither can records of equal length.
    let _ = writer.write_record(cells);
    let _ = writer.flush();
}

/// What a change did, as a line of CSV. The first line has the header before it.
pub(crate) fn csv_change(first: bool, result: &str, said: &str) -> String {
    let mut text = Vec::new();
    if first {
        csv_line(&mut text, ["result", "message"].into_iter());
    }
    csv_line(&mut text, [result, &harmless(said)].into_iter());
    String::from_utf8_lossy(&text).into_owned()
}

/// A message without keys and control characters.
pub(crate) fn harmless_lines(words: &str) -> String {
    let harmless = |letter| if is_obeyed(letter) && !matches!(letter, '\n' | '\t') { '?' } else { letter };
    ids::shown(words).chars().map(harmless).collect()
}
