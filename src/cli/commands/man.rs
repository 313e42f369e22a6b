//! `man`: manual pages, generated from the command definitions and from the catalogs of variables and exit codes. They use
//! no network or database.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use byok::exit;

use crate::cli::session::variables::OURS;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::failure::system::cannot_write;
use crate::cli::terminal::output;
use crate::cli::topics::EMPTY;

/// Print the manual page, or write the pages of all commands to a directory
#[derive(Args)]
#[command(after_help = "Examples:\n  byok man | man -l -\n  byok man --dir ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write the pages of all commands to this directory
    #[arg(long, value_name = "PATH")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, command: clap::Command) -> anyhow::Result<u8> {
        let failed = |error: io::Error| Failure::new(exit::FAILURE, "output", error.to_string());
        let mut command = command.disable_help_subcommand(true);
        command.build();
        if let Some(dir) = self.dir {
            let written = std::fs::create_dir_all(&dir).and_then(|()| write_pages(&command, &dir));
            written.map_err(|error| {
                cannot_write("to ", &dir, &error, "name a directory where you can write: byok man --dir DIRECTORY")
            })?;
            output::say(&format!("the manual pages are in {}", output::path(&dir)));
            return Ok(exit::OK);
        }
        Ok(output::print(&page(&command).map_err(failed)?))
    }
}

/// Writes the page of a command, and those of all commands below it.
fn write_pages(command: &clap::Command, dir: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        write_pages(below, dir)?;
    }
    std::fs::write(dir.join(man(command).get_filename()), page(command)?)
}

fn man(command: &clap::Command) -> clap_mangen::Man {
    // It leaves out the text of an option that the short help leaves out.
    clap_mangen::Man::new(command.clone().mut_args(|option| option.hide_short_help(false)))
}

/// What clap_mangen puts before each part: a name for the apostrophe, which old formatters do not have.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The title, without a date, because a program writes the same page every day. Its footer names the program. No text of
/// the page is hyphenated or justified: both would change what is typed.
fn head(command: &clap::Command) -> String {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_uppercase();
    format!("{APOSTROPHE}.TH {} 1 \"\" \"byok {}\"\n.nh\n.ad l\n", escaped(&name), env!("CARGO_PKG_VERSION"))
}

/// The page of a command.
fn page(command: &clap::Command) -> io::Result<String> {
    let man = man(command);
    let mut text = Vec::new();
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_subcommands().any(|it| !it.is_hide_set()) {
        man.render_subcommands_section(&mut text)?;
    }
    // A break around an empty line is one too many.
    let text = String::from_utf8_lossy(&text).replace(APOSTROPHE, "").replace("\n.br\n\n.br\n", "\n.sp\n");
    let mut text = head(command) + &text;
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for (title, lines) in sections(&after) {
        text.extend([".SH ", &title.to_uppercase(), "\n", &as_it_is(&lines)]);
    }
    text.push_str(&exit_status());
    text.push_str(&environment());
    text.push_str(&see_also(command));
    Ok(text)
}

/// The blocks of a help text that begin with a title such as `Examples:`.
fn sections(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_suffix(':').filter(|_| !line.starts_with(' ')), found.last_mut()) {
            (Some("Example"), _) => found.push(("Examples", Vec::new())),
            (Some(title), _) => found.push((title, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    found
}

/// Lines that are not filled.
fn as_it_is(lines: &[&str]) -> String {
    let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
    let lines: Vec<String> = lines[..end].iter().map(|line| escaped(line) + "\n").collect();
    format!(".nf\n{}.fi\n", lines.concat())
}

fn exit_status() -> String {
    let codes: String = exit::ALL.iter().map(|(code, _, when)| entry(&code.to_string(), when)).collect();
    format!(".SH EXIT STATUS\n{codes}")
}

fn environment() -> String {
    let variables: String = OURS.iter().map(|it| entry(it.name, it.about)).collect();
    format!(".SH ENVIRONMENT\n{variables}.PP\n{}\n", escaped(EMPTY))
}

/// A name, and its meaning below it.
fn entry(name: &str, about: &str) -> String {
    format!(".TP\n\\fB{}\\fR\n{}\n", escaped(name), escaped(about))
}

/// The page of the command above, or those of the commands below.
fn see_also(command: &clap::Command) -> String {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let pages: Vec<String> = match name.rsplit_once('-') {
        Some(_) => vec!["\\fBbyok\\fR(1)".to_owned()],
        None => command
            .get_subcommands()
            .filter(|it| !it.is_hide_set())
            .map(|it| format!("\\fB{}\\fR(1)", escaped(it.get_display_name().unwrap_or_else(|| it.get_name()))))
            .collect(),
    };
    format!(".SH SEE ALSO\n{}\n", pages.join(",\n"))
}

/// Text that troff shows as it is. A bare `-` or quote would be shown as another character, which cannot be pasted into a
/// shell.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '\\' => safe.push_str("\\e"),
            '-' => safe.push_str("\\-"),
            '\'' => safe.push_str("\\(aq"),
            '`' => safe.push_str("\\(ga"),
            '^' => safe.push_str("\\(ha"),
            '~' => safe.push_str("\\(ti"),
            other => safe.push(other),
        }
    }
    if safe.starts_with('.') { format!("\\&{safe}") } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_a_command_of_troff_or_another_character_than_typed() {
        assert_eq!(escaped(".byok 'a' --b\\ ~/x"), "\\&.byok \\(aqa\\(aq \\-\\-b\\e \\(ti/x");
    }

    #[test]
    fn a_help_text_is_divided_at_its_titles() {
        let text = "Examples:\n  byok a\n  byok b\n\nTopics:\n  c\n";
        assert_eq!(sections(text), [("Examples", vec!["  byok a", "  byok b", ""]), ("Topics", vec!["  c"])]);
    }
}
