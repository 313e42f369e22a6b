use super::command;

#[test]
fn no_help_shows_the_value_of_a_variable() {
    fn check(command: &clap::Command) -> usize {
        let named: Vec<_> = command.get_arguments().filter(|it| it.get_env().is_some()).collect();
        for option in &named {
            assert!(option.is_hide_env_values_set(), "{} --{}", command.get_name(), option.get_id());
        }
        named.len() + command.get_subcommands().map(check).sum::<usize>()
    }
    assert!(check(&command()) >= 4);
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
    let end = [" > ", " >> ", " < ", " && ", " # ", "   "].iter().filter_map(|mark| example.find(mark)).min();
    example[..end.unwrap_or(example.len())].to_owned()
}

/// The words of a command. A word in single quotes may contain spaces.
fn words(example: &str) -> Vec<&str> {
    let parts = example.split('\'').enumerate();
    parts.flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() }).collect()
}

/// Commands about the organization itself. It is their argument.
const ABOUT_ORG: [&str; 4] = ["disable", "enable", "org purge", "org show"];

/// Every command without commands below it, with all its words.
fn leaves(command: &clap::Command, path: &str, each: &mut impl FnMut(&str, &clap::Command)) {
    for below in command.get_subcommands() {
        let path = format!("{path} {}", below.get_name());
        if below.has_subcommands() { leaves(below, &path, each) } else { each(path.trim_start(), below) }
    }
}

fn named<'a>(command: &'a clap::Command, name: &'a str) -> impl Iterator<Item = &'a clap::Arg> {
    let is_it = move |arg: &&clap::Arg| arg.get_value_names().is_some_and(|names| names.iter().any(|it| it == name));
    command.get_arguments().filter(is_it)
}

#[test]
fn the_organization_is_an_option_except_where_the_command_is_about_the_organization() {
    let mut about = Vec::new();
    leaves(&command(), "", &mut |path, leaf| {
        let orgs: Vec<_> =
            named(leaf, "ORG").filter(|arg| !["confirm", "from", "to"].contains(&arg.get_id().as_str())).collect();
        assert!(orgs.iter().all(|arg| ["org", "orgs", "org_word", "org_option"].contains(&arg.get_id().as_str())));
        for arg in orgs.iter().filter(|arg| !arg.is_hide_set()) {
            if arg.is_positional() {
                about.push(path.to_owned());
            } else {
                assert_eq!(arg.get_long(), Some("org"), "{path}");
            }
        }
        // Where one form is shown, the other one works, unless another argument has its place.
        let positional = orgs.iter().any(|arg| arg.is_positional());
        let option = orgs.iter().any(|arg| arg.get_long() == Some("org"));
        let other = leaf.get_positionals().any(|arg| !orgs.iter().any(|org| org.get_id() == arg.get_id()));
        assert!(orgs.is_empty() || (option && (positional || other)), "{path}: one of the forms does not work");
    });
    about.sort_unstable();
    assert_eq!(about, ABOUT_ORG);
}

#[test]
fn the_provider_is_an_argument_and_the_option_works_too() {
    let mut found = 0;
    leaves(&command(), "", &mut |path, leaf| {
        for arg in named(leaf, "PROVIDER") {
            assert_eq!(arg.is_positional(), !arg.is_hide_set(), "{path}: {}", arg.get_id());
            found += usize::from(arg.is_positional());
        }
        let forms = named(leaf, "PROVIDER").count();
        assert!([0, 2].contains(&forms), "{path}: one of the forms does not work");
        assert!(leaf.get_arguments().all(|arg| arg.get_long() != Some("provider") || arg.is_hide_set()), "{path}");
    });
    assert!(found >= 18, "{found}");
}

/// Commands without `--dry-run`, and why.
const NO_DRY_RUN: [(&str, &str); 9] = [
    ("completions", "it only prints"),
    ("credits reconcile", "it checks; what it releases has ended by itself"),
    ("demo", "it uses a database of its own, and removes what it made"),
    ("local down", "it only stops a server"),
    ("local up", "it only starts a server, whose files are made once"),
    ("man", "it only prints, or writes pages to a directory"),
    ("run", "a program that does not start has no exit code; resolve shows which key it would get"),
    ("test-key", "the answers of providers are its result; --candidate stores none"),
    ("watch", "what it delivers is its result"),
];

/// Commands that only read.
const READING: [&str; 33] = [
    "audit list",
    "audit verify",
    "config get",
    "config path",
    "config profiles",
    "config show",
    "credits balance",
    "credits history",
    "credits quote",
    "credits rates list",
    "credits usage",
    "doctor",
    "event consumers",
    "event failures",
    "event list",
    "key export",
    "key history",
    "key list",
    "key show",
    "local status",
    "master-key status",
    "master-key verify",
    "member list",
    "org list",
    "org show",
    "platform-key list",
    "platform-key show",
    "provider list",
    "provider show",
    "resolve",
    "role list",
    "schema",
    "status",
];

#[test]
fn every_command_that_writes_has_a_dry_run() {
    leaves(&command(), "", &mut |path, leaf| {
        let option = leaf.get_arguments().find(|arg| arg.get_id() == "dry_run");
        let excepted = NO_DRY_RUN.iter().any(|(known, _)| *known == path) || READING.contains(&path);
        assert!(option.is_some() != excepted, "{path}: a dry run, or a reason why it has none");
        assert!(option.is_none_or(|it| it.get_short() == Some('n') && it.get_long() == Some("dry-run")), "{path}");
    });
    // Every name in a list is one of a command.
    let mut known = Vec::new();
    leaves(&command(), "", &mut |path, _| known.push(path.to_owned()));
    let listed = super::dry_run::WRITING.into_iter().chain(READING).chain(NO_DRY_RUN.map(|(path, _)| path));
    for path in listed {
        assert!(known.iter().any(|it| it == path), "there is no command {path}");
    }
}

#[test]
fn the_commands_in_the_help_topics_parse() {
    let mut tried = 0;
    for (topic, _) in crate::cli::topics::TOPICS {
        let text = crate::cli::topics::text(topic).expect("a text");
        for line in text.lines().filter_map(|line| line.strip_prefix("  byok ")) {
            let example = bare(&format!("byok {}", line.split(" | ").next().unwrap_or_default()));
            let example = example.split(" || ").next().unwrap_or_default();
            if let Err(error) = command().try_get_matches_from(words(example)) {
                panic!("{example}: {error}");
            }
            tried += 1;
        }
    }
    assert!(tried > 4, "{tried}");
}

#[test]
fn the_version_that_is_shown_without_the_commands_is_that_of_the_commands() {
    assert_eq!(command().render_version(), concat!("byok ", env!("VERSION_OF_BYOK"), "\n"));
}
