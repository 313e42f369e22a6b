//! The rules of a command line that people trust, and the complaints about others that it must not earn. Each names the
//! tests that fail if it does not hold.

mod commands;
mod complaints;
mod destructive;
mod environment;
mod exit_codes;
mod output;
mod promises;
mod secrets;

use std::fs;
use std::path::{Path, PathBuf};

use complaints::COMPLAINTS;
use promises::PROMISES;

/// A statement, and the tests of it.
type Held = (&'static str, &'static [&'static str]);

/// The file of a test, and its name.
fn place(test: &str) -> (PathBuf, &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (module, name) = test.rsplit_once("::").expect("a module");
    let path = module.replace("::", "/");
    let whole = path.strip_suffix("/tests").unwrap_or(&path);
    let places = [format!("tests/suite/{path}.rs"), format!("src/{path}.rs"), format!("src/{whole}.rs")];
    let found = places.iter().map(|place| root.join(place)).find(|place| place.is_file());
    (found.unwrap_or_else(|| panic!("{test}: there is no such file")), name)
}

#[test]
fn every_rule_and_every_complaint_has_tests_that_are_there() {
    for (statement, tests) in PROMISES.iter().chain(COMPLAINTS) {
        assert!(!tests.is_empty(), "{statement}");
        for test in *tests {
            let (file, name) = place(test);
            let text = fs::read_to_string(&file).unwrap();
            let (before, _) = text.split_once(&format!("fn {name}(")).unwrap_or_else(|| panic!("{statement} {test}"));
            let marks = before.rsplit("\n\n").next().unwrap();
            assert!(marks.contains("#[test]"), "{test} is no test: {marks}");
        }
    }
}

#[test]
fn no_statement_stands_twice_and_every_test_of_a_rule_has_its_rule() {
    let mut statements: Vec<&str> = PROMISES.iter().chain(COMPLAINTS).map(|(statement, _)| *statement).collect();
    let count = statements.len();
    statements.sort_unstable();
    statements.dedup();
    assert_eq!(statements.len(), count);
    let named: Vec<&str> = PROMISES.iter().chain(COMPLAINTS).flat_map(|(_, tests)| tests.iter().copied()).collect();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/rules");
    for file in fs::read_dir(dir).unwrap().flatten().filter(|file| file.path().is_file()) {
        let path = file.path();
        let module = path.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for test in text.split("#[test]\nfn ").skip(1).map(|rest| rest.split('(').next().unwrap()) {
            // A test that the lists of commands are whole is one of all tests beside it.
            let whole = test.contains("_is_among_those_that_these_rules_try");
            assert!(whole || named.contains(&format!("rules::{module}::{test}").as_str()), "{module}::{test}");
        }
    }
}
