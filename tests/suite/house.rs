//! Rules for the source tree that the compiler does not check.

mod circles;
mod system;
mod tuples;

use std::fs;
use std::path::{Path, PathBuf};

fn files(dir: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// Fails when a file other than those named has this text.
fn only_in(files: &[(PathBuf, String)], text: &str, places: &[&str]) {
    let named = |path: &Path| places.iter().any(|place| path.to_string_lossy().contains(place));
    let found = files.iter().find(|(path, body)| body.contains(text) && !named(path));
    assert!(found.is_none(), "{text} in {}", found.unwrap().0.display());
}

#[test]
fn sql_is_spoken_in_one_folder_and_the_core_knows_no_terminal() {
    let source = files("src", "rs");
    only_in(&source, "sqlx::", &["src/db", "src/error"]);
    for word in ["clap::", "std::io::stdin", "rpassword", "is_terminal"] {
        only_in(&source, word, &["src/cli", "src/main.rs"]);
    }
}

#[test]
fn one_file_writes_results_and_one_reads_secrets() {
    let source = files("src", "rs");
    for word in ["println!", "eprintln!", "print!(", "dbg!(", "todo!(", "unimplemented!("] {
        only_in(&source, word, &["src/secret.rs"]);
    }
    // After a panic, where a release build would abort.
    only_in(&source, "std::process::exit", &["src/cli/terminal/fault.rs"]);
    only_in(&source, "stdout()", &["src/cli/terminal/output.rs"]);
    only_in(&source, "stdin()", &["src/cli/terminal/input.rs"]);
}

#[test]
fn one_file_reads_the_environment_and_what_users_name_is_shown_without_keys() {
    let source = files("src", "rs");
    only_in(&source, "env::var", &["src/setting.rs"]);
    let cli: Vec<_> = source.into_iter().filter(|(path, _)| path.to_string_lossy().contains("src/cli")).collect();
    only_in(&cli, ".display()", &["src/cli/terminal/output.rs"]);
    only_in(&cli, "env::args", &["src/cli.rs", "src/cli/terminal/report.rs", "src/cli/terminal/usage.rs"]);
    // The progress of a test asks whether it is a terminal.
    only_in(&cli, "stderr().", &["src/cli/terminal/output.rs", "src/cli/terminal/progress.rs"]);
}

#[test]
fn plain_text_is_taken_out_of_its_type_in_few_places() {
    let source = files("src", "rs");
    let sites = [
        "src/secret.rs",
        "src/sealing.rs",
        "src/import",
        "src/db/key_many.rs",
        "src/mask/tests.rs",
        "src/crypto",
        "src/provider/format.rs",
        "src/db/acquire.rs",
        "src/db/url",
        "src/db/key.rs",
        "src/db/key_open.rs",
        "src/db/reseal.rs",
        "src/probe/http.rs",
        "src/probe/request.rs",
        "src/probe/service_account.rs",
        "src/cli/commands/data_key",
        "src/cli/terminal/handover.rs",
        "src/cli/terminal/input.rs",
        "src/cli/commands/key/set.rs",
        "src/cli/session/keys.rs",
        "src/cli/commands/master_key/escrow.rs",
        "src/cli/commands/run/variables.rs",
        "src/cli/session/settings.rs",
        "src/cli/session/sources.rs",
        "src/webhook.rs",
    ];
    only_in(&source, ".expose()", &sites);
}

#[test]
fn files_stay_readable_and_migrations_are_numbered() {
    let code = ["src", "tests", "benches"].into_iter().flat_map(|dir| files(dir, "rs"));
    for (path, text) in code.chain(files("migrations", "sql")) {
        assert!(text.lines().count() <= 400, "{} has {} lines", path.display(), text.lines().count());
    }
    let mut numbers: Vec<String> = files("migrations", "sql")
        .iter()
        .filter(|(path, _)| !path.parent().unwrap().ends_with("functions"))
        .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| !["adopt.sql", "bootstrap.sql"].contains(&name.as_str()))
        .collect();
    numbers.sort();
    for (at, name) in numbers.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", at + 1)), "{name}");
    }
}

#[test]
fn every_function_of_the_database_is_defined_once() {
    let mut defined = Vec::new();
    for (path, text) in files("migrations", "sql") {
        for line in text.lines().filter(|line| line.trim_start().starts_with("create")) {
            let Some((_, rest)) = line.split_once(" function byok") else { continue };
            let name = rest.split('(').next().unwrap().to_owned();
            let place = path.parent().unwrap().ends_with("functions")
                || [".refuse_change", ".refuse_stale_master", ".is_plain", ".is_org_id"].contains(&name.as_str())
                || name.starts_with("_crypto");
            assert!(place, "{name} stands in {}", path.display());
            assert!(!defined.contains(&name), "{name} is defined twice");
            defined.push(name);
        }
    }
    assert!(defined.len() > 100);
}

#[test]
fn our_code_has_nothing_unsafe() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\nunsafe_code = \"forbid\"\n"));
    for (path, text) in files("src", "rs").into_iter().chain(files("tests", "rs")).chain(files("migrations", "rs")) {
        let code = text.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
        let word = concat!("unsa", "fe ");
        assert!(
            !code.into_iter().any(|line| line.starts_with(word) || line.contains(&format!(" {word}{{"))),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let tests = files("tests/suite", "rs");
    let model = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/threat-model.md")).unwrap();
    let named: Vec<&str> = model.split('`').filter(|part| part.contains("::") && !part.contains(' ')).collect();
    assert!(named.len() > 30);
    for name in named.into_iter().filter(|name| *name != "file::test") {
        let (place, test) = name.rsplit_once("::").unwrap();
        let file = format!("tests/suite/{}.rs", place.replace("::", "/"));
        let (_, source) = tests.iter().find(|(path, _)| path.ends_with(&file)).expect(name);
        assert!(source.contains(&format!("fn {test}()")), "{name}");
    }
}

/// A script takes the word behind the option, and an id may hold a colon: with one behind it, it would be another request.
#[test]
fn nothing_but_a_space_stands_behind_a_request_id_that_is_to_be_used_again() {
    for (path, text) in files("src", "rs") {
        for behind in text.split("--request-id {request}").skip(1) {
            let next = behind.chars().next().unwrap();
            assert!([' ', '"', '`'].contains(&next), "{}: {next}", path.display());
        }
    }
}
