//! The rows as text.

use super::SUBJECTS;
use super::report::Report;
use super::row::{Budget, Row, Spread, Unit};

/// A table for the terminal.
pub(crate) fn text(report: &Report) -> String {
    let mut lines = vec![report.machine.text()];
    for (name, title, _) in SUBJECTS {
        let Some(measured) = report.subjects.get(*name) else { continue };
        lines.push(format!("\n{title}"));
        let mut cells = vec![HEAD.map(ToOwned::to_owned)];
        cells.extend(measured.rows.iter().map(row_cells));
        let widths: Vec<usize> = (0..HEAD.len())
            .map(|at| cells.iter().map(|row| row[at].chars().count()).max().unwrap_or_default())
            .collect();
        for row in cells {
            let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            lines.push(format!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end()));
        }
    }
    lines.join("\n") + "\n"
}

/// The columns.
pub(crate) const HEAD: [&str; 7] =
    ["what", "figure", "reference", "its figure", "ratio (least to greatest)", "budget", ""];

/// The cells of a row.
pub(crate) fn row_cells(row: &Row) -> [String; 7] {
    let figure = |of: Option<&Spread>| of.map_or_else(String::new, |of| figure(of.median, row.unit));
    let what = [row.what.as_str(), row.size.as_str()].into_iter().filter(|word| !word.is_empty());
    let result = match (row.met, &row.note) {
        (Some(true), _) => "met".to_owned(),
        (Some(false), _) => "MISSED".to_owned(),
        (None, Some(note)) if row.figure.is_none() => note.clone(),
        (None, _) => String::new(),
    };
    [
        what.collect::<Vec<_>>().join("; "),
        figure(row.figure.as_ref()),
        row.reference.as_ref().map(|reference| reference.what.clone()).unwrap_or_default(),
        figure(row.reference.as_ref().map(|reference| &reference.figure)),
        row.ratio.or(row.figure.filter(|_| row.reference.is_none())).map_or_else(String::new, |of| {
            if row.ratio.is_some() {
                format!("{:.2} ({:.2} to {:.2})", of.median, of.least, of.most)
            } else {
                let [least, most] = [of.least, of.most].map(|it| self::figure(it, row.unit));
                format!("({least} to {most})")
            }
        }),
        row.budget.map_or_else(String::new, |budget| budget_text(budget, row.unit)),
        result,
    ]
}

fn budget_text(budget: Budget, unit: Unit) -> String {
    match budget {
        Budget::RatioAtLeast { bound } => format!("≥ {bound} ×"),
        Budget::RatioAtMost { bound } => format!("≤ {bound} ×"),
        Budget::AtLeast { bound } => format!("≥ {}", figure(bound, unit)),
        Budget::AtMost { bound } => format!("≤ {}", figure(bound, unit)),
    }
}

/// A figure with its unit.
fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond => format!("{}/s", thousands(value)),
        Unit::Milliseconds if value >= 100.0 => format!("{value:.0} ms"),
        Unit::Milliseconds => format!("{value:.2} ms"),
        Unit::Microseconds => format!("{value:.0} µs"),
        Unit::Mebibytes => format!("{value:.1} MiB"),
    }
}

/// A whole number with commas.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
