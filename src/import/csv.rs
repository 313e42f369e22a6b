//! CSV by RFC 4180, read strictly.
//!
//! A reader that forgives would take everything after a quotation mark without a second one for one value, to the end of
//! the list, and would store what it made of it. It would also copy the keys into buffers that nobody erases.

use super::line::{Fields, Known, LineError, ListError, ListLine, Scratch, shown};

pub(super) fn read(text: &str, known: Known<'_>) -> Result<Vec<ListLine>, ListError> {
    let mut records = Records { rest: text, line: 1 };
    let (line, header) = records.next().ok_or(ListError::Empty)?;
    let header = header.map_err(|_| ListError::Header(line))?;
    for (at, name) in header.iter().enumerate() {
        if !known.has(name) {
            return Err(ListError::Header(line));
        }
        if header[..at].contains(name) {
            return Err(ListError::TwiceColumn { line, name: shown(name) });
        }
    }
    let read = |(number, record): (usize, Result<Vec<Scratch>, LineError>)| {
        let fields = record.and_then(|record| fields(&header, &record));
        ListLine { number, fields }
    };
    Ok(records.map(read).collect())
}

fn fields(header: &[Scratch], record: &[Scratch]) -> Result<Fields, LineError> {
    if record.len() != header.len() {
        return Err(LineError::Columns { header: header.len(), found: record.len() });
    }
    let mut fields = Fields::default();
    header.iter().zip(record).try_for_each(|(name, value)| fields.put(name.to_string(), value))?;
    Ok(fields)
}

/// The records of a text, with the numbers of their first lines.
struct Records<'a> {
    rest: &'a str,
    line: usize,
}

impl Iterator for Records<'_> {
    type Item = (usize, Result<Vec<Scratch>, LineError>);

    fn next(&mut self) -> Option<Self::Item> {
        // Empty lines between records are skipped.
        while let Some(rest) = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n')) {
            self.pass(self.rest.len() - rest.len());
        }
        if self.rest.is_empty() {
            return None;
        }
        let line = self.line;
        Some((line, self.record()))
    }
}

impl Records<'_> {
    /// Goes on behind so many bytes.
    fn pass(&mut self, length: usize) {
        let (passed, rest) = self.rest.split_at(length);
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }

    /// Goes on behind the end of this line.
    fn pass_line(&mut self) {
        self.pass(self.rest.find('\n').map_or(self.rest.len(), |at| at + 1));
    }

    /// The next record. After a mistake, the lines behind its first line are read on their own, so that none is lost.
    fn record(&mut self) -> Result<Vec<Scratch>, LineError> {
        let (rest, line) = (self.rest, self.line);
        self.values().inspect_err(|_| {
            (self.rest, self.line) = (rest, line);
            self.pass_line();
        })
    }

    fn values(&mut self) -> Result<Vec<Scratch>, LineError> {
        let mut record = Vec::new();
        loop {
            record.push(if self.rest.starts_with('"') { self.quoted()? } else { self.bare()? });
            if self.rest.starts_with(',') {
                self.pass(1);
                continue;
            }
            let ends = matches!(self.rest, "" | "\r") || self.rest.starts_with('\n') || self.rest.starts_with("\r\n");
            if !ends {
                return Err(LineError::Quote);
            }
            self.pass_line();
            return Ok(record);
        }
    }

    /// A value without quotation marks, to the next comma or the end of the line.
    fn bare(&mut self) -> Result<Scratch, LineError> {
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let whole = &self.rest[..end];
        let value = if self.rest[end..].starts_with(',') { whole } else { whole.strip_suffix('\r').unwrap_or(whole) };
        if value.contains('"') {
            return Err(LineError::Quote);
        }
        let (value, length) = (Scratch::new(value.to_owned()), value.len());
        self.pass(length);
        Ok(value)
    }

    /// A value in quotation marks. Two of them stand for one.
    fn quoted(&mut self) -> Result<Scratch, LineError> {
        let text = &self.rest[1..];
        let mut end = 0;
        loop {
            end += text[end..].find('"').ok_or(LineError::OpenQuote)?;
            if !text[end + 1..].starts_with('"') {
                break;
            }
            end += 2;
        }
        // The capacity is reserved first, because a text that grows leaves copies in memory.
        let mut value = Scratch::new(String::with_capacity(end));
        for (at, part) in text[..end].split("\"\"").enumerate() {
            if at > 0 {
                value.push('"');
            }
            value.push_str(part);
        }
        self.pass(end + 2);
        Ok(value)
    }
}
