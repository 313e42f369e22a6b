//! Help topics: `byok help TOPIC`. They are generated from the catalogs that the program uses.

use byok::exit;

use crate::cli::session::variables::{OTHERS, OURS};

/// The names of the topics, and what each is about.
pub(crate) const TOPICS: [(&str, &str); 7] = [
    ("concepts", "The words that byok uses, and who does what"),
    ("environment", "The variables that byok reads"),
    ("exit-codes", "The exit codes"),
    ("input", "How a key gets in"),
    ("output", "Formats, and what scripts may rely on"),
    ("scripting", "byok in scripts and in CI"),
    ("security", "What is protected, and from whom"),
];

/// The width of a topic, like that of the help texts.
const WIDTH: usize = 100;

/// The text of a topic.
pub(crate) fn text(topic: &str) -> Option<String> {
    let text = match topic {
        "environment" => format!(
            "Environment variables of byok. An option counts before its variable.\n\n{}\n\n{EMPTY}\n\n\
             Variables of the system and of other programs that byok reads:\n\n{}",
            environment(),
            table(OTHERS.iter().map(|(name, about)| ((*name).to_owned(), *about)))
        ),
        "exit-codes" => {
            let codes = exit::ALL.iter().map(|(code, name, when)| (format!("{code:>3}  {name}"), *when));
            format!("Exit codes of byok. They do not change within a major version.\n\n{}\n\n{CODES}", table(codes))
        }
        "concepts" => include_str!("topics/concepts.txt").trim_end().to_owned(),
        "input" => include_str!("topics/input.txt").trim_end().to_owned(),
        "output" => include_str!("topics/output.txt").trim_end().to_owned(),
        "scripting" => include_str!("topics/scripting.txt").trim_end().to_owned(),
        "security" => include_str!("topics/security.txt").trim_end().to_owned(),
        _ => return None,
    };
    Some(text + "\n")
}

/// The BYOK_ variables, a line each.
pub(crate) fn environment() -> String {
    table(OURS.iter().map(|variable| (variable.name.to_owned(), variable.about)))
}

/// The exit codes, a line each.
pub(crate) fn exit_codes() -> String {
    table(exit::ALL.iter().map(|(code, _, when)| (format!("{code:>3}"), *when)))
}

/// What is said of a wrong variable.
pub(crate) const EMPTY: &str = "An empty variable of these, or an unknown BYOK_ variable, is an error (exit 2).";

const CODES: &str = "2 is a mistake in the command: do not repeat it. 7 may pass: repeat it later.
With -o json, a failure is one line of JSON on stderr, with the code in `exit_code`.";

/// Lines of a name and its meaning. A long meaning continues below itself.
fn table(rows: impl Iterator<Item = (String, &'static str)>) -> String {
    let rows: Vec<_> = rows.collect();
    let left = 4 + rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, about) in rows {
        let mut line = format!("  {name}");
        line.extend(std::iter::repeat_n(' ', left - line.len() - 1));
        for word in about.split(' ') {
            if line.len() + 1 + word.len() > WIDTH {
                text.extend([line.trim_end(), "\n"]);
                line = " ".repeat(left - 1);
            }
            line.extend([" ", word]);
        }
        text.extend([line.trim_end(), "\n"]);
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The names of variables in the calls of the reader of the environment, and all BYOK_ names.
    fn read_in(dir: &Path, found: &mut BTreeSet<String>) {
        for file in std::fs::read_dir(dir).expect("a directory").flatten() {
            if file.path().is_dir() {
                read_in(&file.path(), found);
            } else if file.path().extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(file.path()).expect("text");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                for (at, text) in code.split('"').enumerate().filter(|(at, _)| at % 2 == 1) {
                    let before = code.split('"').nth(at - 1).unwrap_or_default();
                    let call =
                        before.rsplit_once("setting::").is_some_and(|(_, call)| call.len() < 12 && call.ends_with('('));
                    let named = text.bytes().all(|letter| letter.is_ascii_uppercase() || letter == b'_');
                    let ours = text.starts_with("BYOK_") && !text.ends_with('_');
                    if named && text.len() > 1 && (ours || call || before.ends_with("env = ")) {
                        found.insert(text.to_owned());
                    }
                }
            }
        }
    }

    #[test]
    fn the_catalog_has_every_variable_that_the_source_reads() {
        let mut read = BTreeSet::new();
        // The tests of this program read it.
        let tests = BTreeSet::from(["BLESS".to_owned()]);
        read_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut read);
        let known: BTreeSet<String> = OURS
            .iter()
            .map(|variable| variable.name)
            .chain(OTHERS.iter().flat_map(|(names, _)| names.split(", ")))
            .map(str::to_owned)
            .collect();
        let missing: Vec<_> = read.difference(&known).filter(|name| !tests.contains(*name)).collect();
        assert!(read.len() > 20 && missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_topic_has_a_text_that_fits_and_names_what_is_in_its_catalog() {
        for (topic, _) in TOPICS {
            let text = text(topic).expect("a text");
            assert!(text.lines().all(|line| line.len() <= WIDTH), "{topic}: {text}");
        }
        let codes = text("exit-codes").expect("a text");
        assert!(exit::ALL.iter().all(|(_, name, _)| codes.contains(name)), "{codes}");
        assert_eq!(text("nosuch"), None);
    }
}
