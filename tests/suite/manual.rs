//! Manual pages, as the programs show them that people read them with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{Byok, skip};

fn pages() -> (tempfile::TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    Byok::new().run(&["man", "--dir", dir.path().to_str().unwrap()]);
    let mut pages: Vec<PathBuf> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path()).collect();
    pages.sort();
    (dir, pages)
}

/// What a program makes of a page. `None` if it is not installed.
fn shown(line: &[&str], page: &Path) -> Option<(String, String)> {
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).arg(page).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
    let output = command.output().ok()?;
    Some((String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap()))
}

/// The examples of a command's help, line by line.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

/// The words of a command, from the name of its page. Some words have a dash in them.
fn words_of(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = name.strip_prefix("byok").unwrap().trim_start_matches('-');
    while !rest.is_empty() {
        let with_dash = ["data-key", "master-key", "platform-key", "test-key"];
        let joined = with_dash.iter().find(|word| rest.starts_with(**word));
        let length = joined.map_or_else(|| rest.find('-').unwrap_or(rest.len()), |word| word.len());
        let (word, more) = rest.split_at(length);
        words.push(word);
        rest = more.trim_start_matches('-');
    }
    words
}

#[test]
fn every_page_has_its_sections_and_is_shown_without_a_warning_with_its_examples_as_they_are_typed() {
    let (_dir, pages) = pages();
    assert!(pages.len() > 80, "one for each command: {}", pages.len());
    let groff = ["groff", "-man", "-Tutf8", "-ww", "-rLL=60n", "-P-cbou"];
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "SEE ALSO"] {
            let quoted = text.contains(&format!(".SH \"{section}\"\n"));
            assert!(quoted || text.contains(&format!(".SH {section}\n")), "{section} in {}", page.display());
        }
        assert!(!text.contains(".SH EXTRA"), "{}", page.display());
        let Some((shown, said)) = shown(&groff, page) else { return skip("groff is not installed") };
        assert_eq!(said, "", "{}", page.display());
        let name = page.file_stem().unwrap().to_str().unwrap();
        let help = Byok::new().ok(&[&words_of(name)[..], &["--help"]].concat());
        let examples = examples(&help);
        assert!(!examples.is_empty(), "{name}");
        for example in examples {
            assert!(shown.contains(&example), "{example:?} in {name}: {shown}");
        }
    }
}

#[test]
fn mandoc_finds_no_fault_in_a_page() {
    let (_dir, pages) = pages();
    for page in &pages {
        let Some((found, _)) = shown(&["mandoc", "-T", "lint", "-W", "warning"], page) else {
            return skip("mandoc is not installed");
        };
        // The date is left out on purpose: a program writes the same page every day.
        let faults: Vec<&str> = found.lines().filter(|line| !line.contains("missing date")).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
