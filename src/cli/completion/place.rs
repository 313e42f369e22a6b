//! Where the cursor is in a command line, and what may be there.

use clap::{Arg, ArgAction, Command};

use crate::cli::completion::candidate::Candidate;
use crate::cli::completion::names::Chosen;
use crate::cli::completion::{files, names};
use crate::cli::topics;

/// What has been read of a line.
struct Place<'c> {
    command: &'c Command,
    path: String,
    /// The option whose value comes next.
    pending: Option<&'c Arg>,
    /// How many positional arguments there are already.
    positionals: usize,
    /// Whether `--` was read.
    escaped: bool,
    chosen: Chosen,
}

/// What may be at the cursor, after these words.
pub(super) fn candidates(root: &Command, words: &[String], current: &str) -> Vec<Candidate> {
    let mut place = Place {
        command: root,
        path: String::new(),
        pending: None,
        positionals: 0,
        escaped: false,
        chosen: Chosen::default(),
    };
    for word in words {
        place.read(word);
    }
    place.at(current)
}

impl<'c> Place<'c> {
    fn read(&mut self, word: &str) {
        if let Some(option) = self.pending.take() {
            match option.get_id().as_str() {
                "profile" => self.chosen.profile = Some(word.to_owned()),
                "org" | "from" => self.chosen.org = Some(word.to_owned()),
                _ => {}
            }
            return;
        }
        if self.escaped {
            self.positionals += 1;
        } else if word == "--" {
            self.escaped = true;
        } else if let Some(long) = word.strip_prefix("--") {
            self.chosen.local |= long == "local";
            if let Some(profile) = long.strip_prefix("profile=") {
                self.chosen.profile = Some(profile.to_owned());
            }
            if let Some(org) = long.strip_prefix("org=").or_else(|| long.strip_prefix("from=")) {
                self.chosen.org = Some(org.to_owned());
            }
            let option = option(self.command, |arg| arg.get_long() == Some(long));
            self.pending = option.filter(|arg| arg.get_action().takes_values());
        } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
            self.pending = short_option(self.command, short);
        } else if let Some(below) = self.command.find_subcommand(word) {
            self.command = below;
            let gap = if self.path.is_empty() { "" } else { " " };
            self.path = format!("{}{gap}{}", self.path, below.get_name());
        } else {
            self.positionals += 1;
        }
    }

    fn at(&self, current: &str) -> Vec<Candidate> {
        if let Some(option) = self.pending {
            return self.values(option, current);
        }
        if !self.escaped
            && let Some((long, value)) = current.strip_prefix("--").and_then(|it| it.split_once('='))
        {
            let option = option(self.command, |arg| arg.get_long() == Some(long));
            let values = option.map(|option| self.values(option, value)).unwrap_or_default();
            let named = |it: Candidate| Candidate { value: format!("--{long}={}", it.value), ..it };
            return values.into_iter().map(named).collect();
        }
        if !self.escaped && current.starts_with('-') {
            return self.options(current);
        }
        let mut found = self.commands(current);
        let argument = self.argument();
        found.extend(argument.map(|argument| self.values(argument, current)).unwrap_or_default());
        // Where nothing else can come, the options are what is left.
        if found.is_empty() && current.is_empty() && !self.escaped && argument.is_none() {
            found = self.options("--");
        }
        found
    }

    /// The positional argument at the cursor.
    fn argument(&self) -> Option<&'c Arg> {
        if self.escaped
            && let Some(last) = self.command.get_positionals().find(|arg| arg.is_last_set())
        {
            return Some(last);
        }
        let mut shown = self.command.get_positionals().filter(|arg| !arg.is_hide_set() && !arg.is_last_set());
        let several = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Append);
        shown.nth(self.positionals).or_else(|| {
            self.command.get_positionals().filter(|arg| !arg.is_hide_set() && !arg.is_last_set()).last().filter(several)
        })
    }

    fn commands(&self, current: &str) -> Vec<Candidate> {
        if self.escaped || self.positionals > 0 {
            return Vec::new();
        }
        let below = self.command.get_subcommands().filter(|it| !it.is_hide_set());
        let mut found: Vec<_> = below
            .map(|it| Candidate { about: it.get_about().map(ToString::to_string), ..Candidate::new(it.get_name()) })
            .collect();
        if self.path == "help" {
            let topic =
                |(name, about): (&str, &str)| Candidate { about: Some(about.to_owned()), ..Candidate::new(name) };
            found.extend(topics::TOPICS.map(topic));
        }
        found.retain(|it| it.value.starts_with(current));
        found
    }

    /// The options that the help shows.
    fn options(&self, current: &str) -> Vec<Candidate> {
        let shown = self.command.get_arguments().filter(|arg| !arg.is_hide_set());
        let named = shown.filter_map(|arg| {
            let about = arg.get_help().map(ToString::to_string);
            Some(Candidate { about, ..Candidate::new(format!("--{}", arg.get_long()?)) })
        });
        named.filter(|it| it.value.starts_with(current)).collect()
    }

    fn values(&self, arg: &Arg, typed: &str) -> Vec<Candidate> {
        // Of a list with commas, the last part is completed.
        let begin = arg.get_value_delimiter().and_then(|mark| Some(typed.rfind(mark)? + mark.len_utf8())).unwrap_or(0);
        let (before, current) = typed.split_at(begin);
        let possible = arg.get_possible_values();
        let found = if !possible.is_empty() {
            let shown = possible.iter().filter(|value| !value.is_hide_set());
            shown
                .map(|it| Candidate { about: it.get_help().map(ToString::to_string), ..Candidate::new(it.get_name()) })
                .collect()
        } else if is_file(arg) {
            files::below(current)
        } else {
            names::of(arg, &self.path, current, &self.chosen)
        };
        let whole = found.into_iter().filter(|it| it.value.starts_with(current));
        whole.map(|it| Candidate { value: format!("{before}{}", it.value), ..it }).collect()
    }
}

/// Files are offered only where a file is meant: for a path, and for the program of `run` and its arguments.
fn is_file(arg: &Arg) -> bool {
    let named = |name: &str| arg.get_value_names().is_some_and(|names| names.iter().any(|it| it == name));
    named("PATH") || named("COMMAND") || matches!(arg.get_value_hint(), clap::ValueHint::AnyPath)
}

fn option(command: &Command, is_it: impl Fn(&Arg) -> bool) -> Option<&Arg> {
    command.get_arguments().find(|arg| !arg.is_positional() && is_it(arg))
}

/// The option of these letters whose value is the next word.
fn short_option<'c>(command: &'c Command, letters: &str) -> Option<&'c Arg> {
    for (at, letter) in letters.char_indices() {
        let found = option(command, |arg| arg.get_short() == Some(letter))?;
        if found.get_action().takes_values() {
            return (at + letter.len_utf8() == letters.len()).then_some(found);
        }
    }
    None
}
