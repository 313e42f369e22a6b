use clap::ValueEnum as _;

use super::command;
use super::complete::{KEPT, generated};

#[test]
fn the_committed_completions_are_those_of_this_program() {
    for (shell, file, kept) in KEPT {
        let fresh = generated(shell, command());
        if byok::setting::bytes("BLESS").is_some() {
            let path = format!("{}/completions/{file}", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, &fresh).expect("the file");
            continue;
        }
        assert!(kept == fresh, "completions/{file} is stale: BLESS=1 cargo test completions");
    }
}

#[test]
fn no_shell_offers_an_option_that_takes_a_key() {
    for shell in clap_complete::Shell::value_variants() {
        let script = generated(*shell, command());
        for option in crate::cli::terminal::input::TRAP_OPTIONS {
            let bare = option.trim_start_matches('-');
            let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '-');
            for name in [option.to_owned(), format!("-l {bare}")] {
                let offered = script.split(&name).skip(1).any(ends);
                assert!(!offered, "{shell} offers {option}");
            }
        }
    }
}

#[test]
fn the_help_of_every_option_that_takes_a_date_says_which_time_of_that_day_is_meant() {
    fn check(command: &clap::Command) -> usize {
        let is_date =
            |it: &&clap::Arg| it.get_value_names().is_some_and(|names| names.iter().any(|name| name == "DATE"));
        let dates: Vec<_> = command.get_arguments().filter(is_date).collect();
        for option in &dates {
            let help = option.get_help().map(ToString::to_string).unwrap_or_default();
            let name = (command.get_name(), option.get_id());
            assert!(help.contains("UTC") && (help.contains("start of") || help.contains("end of")), "{name:?}: {help}");
        }
        dates.len() + command.get_subcommands().map(check).sum::<usize>()
    }
    assert!(check(&command()) >= 8, "audit list, credits history and usage, and what stores a key");
}

#[test]
fn every_list_is_also_ls_and_every_remove_is_also_rm() {
    fn check(command: &clap::Command) -> usize {
        let short = |it: &clap::Command| match it.get_name() {
            "list" => Some("ls"),
            "remove" => Some("rm"),
            _ => None,
        };
        let mut found = 0;
        for below in command.get_subcommands() {
            if let Some(alias) = short(below) {
                assert!(below.get_visible_aliases().any(|known| known == alias), "{} {alias}", command.get_name());
                found += 1;
            }
            found += check(below);
        }
        found
    }
    assert!(check(&command()) >= 13);
}

#[test]
fn the_help_of_every_command_has_an_example_of_this_command_that_parses() {
    let mut command = command().disable_help_subcommand(true);
    command.build();
    check_examples(&command, &[]);
}

fn check_examples(command: &clap::Command, path: &[&str]) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples = examples(&help);
    let wide = help.lines().find(|line| line.len() > 100);
    assert_eq!(wide, None, "byok {}: the terminal would break this line", path.join(" "));
    let own = |example: &String| words(example)[1..].starts_with(path);
    assert!(examples.iter().any(own), "byok {} has no example in its help", path.join(" "));
    for example in &examples {
        if let Err(error) = super::command().try_get_matches_from(words(example)) {
            panic!("{example}: {error}");
        }
    }
    for below in command.get_subcommands() {
        check_examples(below, &[path, &[below.get_name()]].concat());
    }
}

/// The commands of this program in the examples of a help text, without pipes, redirections, settings and explanations.
fn examples(help: &str) -> Vec<String> {
    let help = help.replace("\\\n    ", "");
    let lines = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let parts = lines.flat_map(|line| line.split(" | "));
    parts.filter_map(|part| Some(part[part.find("byok ")?..].to_owned())).map(|part| bare(&part)).collect()
}

fn bare(example: &str) -> String {
    let end = [" > ", " >> ", " < ", " # ", "   "].iter().filter_map(|mark| example.find(mark)).min();
    example[..end.unwrap_or(example.len())].to_owned()
}

/// The words of a command. A word in single quotes may contain spaces.
fn words(example: &str) -> Vec<&str> {
    let parts = example.split('\'').enumerate();
    parts.flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }).collect()
}
