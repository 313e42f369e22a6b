//! What the shells send, and the form in which they take candidates.

mod bash;

use std::fmt;

use clap::ValueEnum;

use crate::cli::completion::candidate::Candidate;
use crate::cli::completion::typed::{Replaced, Typed};

/// A shell with a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
    Nushell,
}

impl fmt::Display for Shell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| out.write_str(value.get_name()))
    }
}

impl Shell {
    /// The script for this shell.
    pub(crate) fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../../../completions/byok.bash"),
            Self::Zsh => include_str!("../../../completions/_byok"),
            Self::Fish => include_str!("../../../completions/byok.fish"),
            Self::Powershell => include_str!("../../../completions/byok.ps1"),
            Self::Elvish => include_str!("../../../completions/byok.elv"),
            Self::Nushell => include_str!("../../../completions/byok.nu"),
        }
    }

    /// Reads what the script sends. The script of bash sends the letters at which this shell breaks words, and the line up to
    /// the cursor. The others send a word on each line.
    pub(super) fn typed(self, text: &str) -> Option<Typed> {
        if self == Self::Bash {
            return Some(bash::read(text));
        }
        let mut words: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        let current = words.pop()?;
        // These give the word at the cursor as it was typed, perhaps with an open quote.
        let current = match self {
            Self::Fish | Self::Powershell | Self::Nushell => current.trim_start_matches(['\'', '"', '`']).to_owned(),
            _ => current,
        };
        Some(Typed { words, current, replaced: Replaced::default() })
    }

    /// A line of the answer.
    pub(super) fn line(self, typed: &Typed, candidate: &Candidate) -> Option<String> {
        let Candidate { value, about, whole } = candidate;
        if value.contains(char::is_control) {
            return None;
        }
        let about = about.as_deref().unwrap_or_default().lines().next().unwrap_or_default().replace('\t', " ");
        let end = if *whole { " " } else { "" };
        Some(match self {
            Self::Bash => format!("{}\n", bash::written(value, *whole, &typed.replaced)?),
            Self::Zsh | Self::Elvish => format!("{value}\t{end}\t{about}\n"),
            Self::Fish => format!("{value}\t{about}\n"),
            Self::Powershell => format!("{}\t{value}\t{about}\n", in_powershell(value)),
            Self::Nushell => format!("{}\t{about}\n", in_nushell(value)),
        })
    }
}

/// Whether a word needs no quotes in any shell.
fn is_plain(value: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:+,".contains(letter);
    !value.is_empty() && value.chars().all(plain)
}

fn in_powershell(value: &str) -> String {
    if is_plain(value) && !value.contains(',') { value.to_owned() } else { format!("'{}'", value.replace('\'', "''")) }
}

fn in_nushell(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) }
}
