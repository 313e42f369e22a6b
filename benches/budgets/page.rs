//! The page of the documentation. Its figures are made from the JSON; the words around them are written by hand.

use std::path::Path;

use super::report::Report;
use super::table::{HEAD, row_cells};
use super::{Outcome, SUBJECTS};

const BEGIN: &str = "<!-- figures: made by `cargo bench --bench budgets -- --page` -->";
const END: &str = "<!-- end of the figures -->";

/// Puts the figures of the JSON into the page, or fails if the page has others.
pub(crate) fn write(from: &Path, to: &Path, check: bool) -> Outcome<()> {
    let page = std::fs::read_to_string(to)?;
    let (Some((before, rest)), Some((_, after))) = (page.split_once(BEGIN), page.split_once(END)) else {
        return Err(format!("{} has no place for figures: {BEGIN}", to.display()).into());
    };
    if !rest.contains(END) {
        return Err("the end of the figures stands before their beginning".into());
    }
    let made = format!("{before}{BEGIN}\n\n{}\n{END}{after}", figures(&Report::read(from)?));
    if check {
        return if made == page {
            Ok(())
        } else {
            Err("docs/performance.md is not made from docs/performance.json: run cargo bench --bench budgets -- --page"
                .into())
        };
    }
    Ok(std::fs::write(to, made)?)
}

fn figures(report: &Report) -> String {
    let mut lines = vec![format!("Machine: {}.", report.machine.text())];
    for (name, title, _) in SUBJECTS {
        let Some(measured) = report.subjects.get(*name) else { continue };
        lines.push(format!("\n### {title}\n"));
        lines.push(format!("`cargo bench --bench budgets -- {name}`, at commit `{}`.\n", measured.source));
        lines.push(line(&HEAD.map(ToOwned::to_owned)));
        lines.push(line(&HEAD.map(|_| "---".to_owned())));
        lines.extend(measured.rows.iter().map(|row| line(&row_cells(row))));
    }
    lines.join("\n") + "\n"
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
}
