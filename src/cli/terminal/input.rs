//! The only reader of secrets and confirmations.
//!
//! A secret comes from a hidden prompt or from the source that an option names, never from an argument. Standard input
//! is read only if an option says so. One trailing line ending is removed. Anything else belongs to the key or is an
//! error.

mod prompt;

use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use zeroize::{Zeroize as _, Zeroizing};

use byok::import::LONGEST;
use byok::secret::SecretText;
use byok::system::terminal;
use byok::{exit, setting};

use crate::cli::session::settings;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::{file, output, readers};

pub(crate) use prompt::{discard_late_lines, discarded, ended};

/// The largest secret, in bytes.
const CAP: usize = 64 * 1024;

/// The source of a key. Without one of these options a hidden prompt asks for it.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct SourceArgs {
    /// Read the key from standard input
    #[arg(long)]
    stdin: bool,
    /// Read the key from a file
    #[arg(long, value_name = "PATH")]
    from_file: Option<PathBuf>,
    /// Read the key from the named environment variable
    #[arg(long, value_name = "NAME")]
    from_env: Option<String>,
}

impl SourceArgs {
    /// Whether a source was named.
    pub(crate) fn is_given(&self) -> bool {
        self.stdin || self.from_file.is_some() || self.from_env.is_some()
    }

    /// Where the key comes from, in words. A name that is no name of a variable may be the key itself.
    fn place(&self) -> Option<String> {
        let variable = |name: &String| {
            let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            let named = name.len() <= 64 && name.contains('_') && name.bytes().all(fits);
            if named { format!("the variable {}", output::setting(name)) } else { "the variable of --from-env".into() }
        };
        let file = self.from_file.as_ref().filter(|path| path.as_os_str() != "-");
        self.from_env.as_ref().map(variable).or_else(|| file.map(|path| output::path(path)))
    }

    /// Says in an error of a key which variable or file the key comes from.
    pub(crate) fn named<T>(&self, outcome: Result<T, impl Into<anyhow::Error>>) -> anyhow::Result<T> {
        let outcome = outcome.map_err(Into::into);
        match self.place() {
            Some(place) => outcome.context(place),
            None => outcome,
        }
    }
}

/// Options that users try for a key. No command has them, so that no shell completes them, and each is refused with the
/// reason.
pub(crate) const TRAP_OPTIONS: [&str; 5] = ["--key", "--api-key", "--token", "--secret", "--value"];

/// Arguments after the provider's name. They are parsed so that they can be refused without repeating them.
#[derive(Args)]
pub(crate) struct TrapArguments {
    #[arg(hide = true, num_args = 0.., value_name = "NOTHING")]
    extra: Vec<String>,
}

impl TrapArguments {
    pub(crate) fn refuse(&mut self) -> anyhow::Result<()> {
        self.extra.iter_mut().for_each(zeroize::Zeroize::zeroize);
        if self.extra.is_empty() { Ok(()) } else { Err(key_as_argument(None).into()) }
    }
}

/// The failure for a key in an argument, which other users and the shell's history can see. `at` is its position.
pub(crate) fn key_as_argument(at: Option<usize>) -> Failure {
    let place = at.map(|at| format!("argument number {at} contains a key, and ")).unwrap_or_default();
    let why = "other users and your shell's history can see it; nothing was stored";
    Failure::usage("key_as_argument", format!("{place}a key must not be an argument: {why}"))
        .hint("replace that key at its provider; then use the prompt, --stdin, --from-file or --from-env")
}

/// The setting that says that nobody is there to answer.
pub(crate) fn unattended(no_input: bool) -> Option<&'static str> {
    if no_input {
        return Some("--no-input was given");
    }
    if settings::switch("BYOK_NO_INPUT") {
        return Some(settings::by("BYOK_NO_INPUT", "BYOK_NO_INPUT is set", "the profile has no_input"));
    }
    is_ci().then_some("CI is set")
}

/// Whether this runs under continuous integration.
pub(crate) fn is_ci() -> bool {
    let ci = setting::bytes("CI").unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    !matches!(ci.as_str(), "" | "0" | "false")
}

/// Whether byok may prompt. Only this function decides it. Standard output does not matter.
pub(crate) fn can_prompt(no_input: bool) -> Result<(), &'static str> {
    if let Some(why) = unattended(no_input) {
        return Err(why);
    }
    if !io::stdin().is_terminal() {
        return Err("standard input is not a terminal");
    }
    if terminal::is_there() { Ok(()) } else { Err(NO_TERMINAL) }
}

/// Why byok may not prompt if standard input is a terminal of another session.
pub(crate) const NO_TERMINAL: &str = "there is no terminal";

/// How a secret is asked for.
pub(crate) struct Prompt<'a> {
    /// The text before the cursor.
    pub(crate) text: &'a str,
    /// The command to use if byok may not prompt.
    pub(crate) scripted: &'a str,
}

/// Reads a secret.
pub(crate) async fn secret(source: &SourceArgs, no_input: bool, prompt: &Prompt<'_>) -> anyhow::Result<SecretText> {
    if let Some(name) = &source.from_env {
        let missing = || {
            Failure::usage("no_such_variable", "it is not set")
                .hint("--from-env takes the name of a variable, and the variable must be exported")
        };
        let value = source.named(setting::bytes(name).ok_or_else(missing))?;
        return source.named(accept(value.into_encoded_bytes()));
    }
    if let Some(path) = source.from_file.as_ref().filter(|path| path.as_os_str() != "-") {
        return source.named(accept(read_file(path)?));
    }
    if source.stdin || source.from_file.is_some() {
        if io::stdin().is_terminal() {
            bail!(
                Failure::usage("stdin_is_terminal", "--stdin needs a pipe, and standard input is a terminal")
                    .hint("run without --stdin to get a hidden prompt")
            );
        }
        return accept(unstored(read_capped(io::stdin().lock(), "key"))?);
    }
    can_prompt(no_input).map_err(|why| {
        Failure::usage("cannot_prompt", format!("cannot prompt for the key: {why}")).hint(prompt.scripted)
    })?;
    let typed = prompt::hidden(prompt.text).await?;
    accept(typed.into_bytes())
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || Failure::usage("cannot_read", output::path(path));
    let file = file::open(path).with_context(cannot)?;
    readers::check(file.readers().with_context(cannot)?, path)?;
    unstored(read_capped(file, "key")).with_context(|| output::path(path))
}

/// Reads a secret of byok's own from a file, a pipe or the output of a command. `place` names the source in errors, and `what` the
/// secret.
pub(crate) fn key_text(from: impl Read, place: &str, what: &str) -> anyhow::Result<SecretText> {
    let bytes = Zeroizing::new(read_capped(from, what).with_context(|| place.to_owned())?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::usage("not_text", format!("{place} is not UTF-8 text, so it is no {what}")))?;
    Ok(SecretText::new(text.to_owned()))
}

/// Reads text that is not secret from a file, or for `-` from standard input. It is an error if the text is longer than
/// `most` KiB.
pub(crate) fn text_file(path: &Path, most: u64) -> anyhow::Result<String> {
    let cannot = || Failure::usage("cannot_read", output::path(path));
    let from: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(file::open(path).with_context(cannot)?)
    };
    let mut bytes = Vec::new();
    let read = from.take(most * 1024 + 1).read_to_end(&mut bytes).with_context(cannot)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > most * 1024 {
        bail!(Failure::usage("too_large", format!("{} is more than {most} KiB", output::path(path))));
    }
    Ok(String::from_utf8(bytes)
        .map_err(|_| Failure::usage("not_text", format!("{} is not UTF-8 text", output::path(path))))?)
}

/// Reads a list of names that are not secret.
pub(crate) fn name_list(path: &Path) -> anyhow::Result<String> {
    is_piped(path)?;
    text_file(path, u64::try_from(LONGEST / 1024).unwrap_or(u64::MAX))
}

/// Fails if a list would be read from a terminal.
fn is_piped(path: &Path) -> Result<(), Failure> {
    if path.as_os_str() != "-" || !io::stdin().is_terminal() {
        return Ok(());
    }
    let failure = Failure::usage("stdin_is_terminal", "`-` needs a pipe, and standard input is a terminal");
    Err(failure.hint("name a file, or pipe the list into this command"))
}

/// Reads a list with keys from a file, or for `-` from standard input.
pub(crate) fn key_list(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    is_piped(path)?;
    let cannot = || Failure::usage("cannot_read", output::path(path));
    let bytes = if path.as_os_str() == "-" {
        read_list(io::stdin().lock(), 0).with_context(cannot)?
    } else {
        let file = file::open(path).with_context(cannot)?;
        readers::check(file.readers().with_context(cannot)?, path)?;
        let length = usize::try_from(file.facts.len()).unwrap_or_default();
        read_list(file, length).with_context(cannot)?
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        error.into_bytes().zeroize();
        Failure::usage("not_text", format!("{} is not UTF-8 text; nothing was stored", output::path(path)))
    })?;
    Ok(Zeroizing::new(text))
}

/// Reads all of a list. If the buffer is too small, a larger one takes its place, and the smaller one is erased.
fn read_list(mut from: impl Read, expected: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected.clamp(CAP, LONGEST) + 2));
    loop {
        let room = u64::try_from(bytes.capacity() - bytes.len() - 1).unwrap_or(u64::MAX);
        let read = from.by_ref().take(room).read_to_end(&mut bytes)?;
        if bytes.len() > LONGEST {
            bail!(
                Failure::usage("too_large", format!("the list is larger than {} MiB", LONGEST >> 20))
                    .hint("split it; a part can be imported again, because what is stored already is unchanged")
            );
        }
        if u64::try_from(read).is_ok_and(|read| read < room) {
            return Ok(std::mem::take(&mut *bytes));
        }
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * bytes.capacity()));
        larger.extend_from_slice(&bytes);
        bytes = larger;
    }
}

/// Reads into a buffer of fixed size. A growing buffer would leave copies of the secret in memory.
fn read_capped(from: impl Read, what: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CAP + 2);
    let limit = u64::try_from(CAP + 1).unwrap_or(u64::MAX);
    from.take(limit).read_to_end(&mut bytes).map_err(|error| Failure::usage("cannot_read", error.to_string()))?;
    if bytes.len() > CAP {
        bytes.zeroize();
        let message = format!("the input is larger than 64 KiB, so it is no {what}");
        bail!(Failure::usage("too_large", message));
    }
    Ok(bytes)
}

/// Says of a key that was handed over that nothing came of it.
fn unstored<T>(read: anyhow::Result<T>) -> anyhow::Result<T> {
    read.map_err(|error| {
        let failure = Failure::of(&error);
        Failure { message: format!("{}; nothing was stored", failure.message), ..failure }.into()
    })
}

/// The bytes as the text of a key. A byte order mark and one line ending are removed.
fn accept(bytes: Vec<u8>) -> anyhow::Result<SecretText> {
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::usage("not_text", "the key is not UTF-8 text; nothing was stored"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    if text.contains('\0') {
        bail!(Failure::usage("bad_key", "the key contains a NUL byte; nothing was stored"));
    }
    Ok(SecretText::new(text.to_owned()))
}

/// The code of a question that was answered with no.
pub(crate) const DECLINED: &str = "declined";

/// Proof of a confirmation. Only this module can create it.
pub(crate) struct Confirmed(());

/// How a change that cannot be undone is confirmed.
pub(crate) struct Consent {
    /// Whether an option has confirmed it.
    pub(crate) given: bool,
    /// The name of the production profile, which must be typed instead of a yes.
    pub(crate) name: Option<String>,
    pub(crate) no_input: bool,
}

impl Consent {
    pub(crate) fn is_given(&self) -> bool {
        self.given
    }

    /// Fails where a confirmation is missing and nobody can be asked for it.
    pub(crate) fn may_ask(&self) -> anyhow::Result<()> {
        if self.given {
            return Ok(());
        }
        can_prompt(self.no_input).map_err(|why| {
            let hint = self.name.as_ref().map_or_else(
                || "give --yes".into(),
                |name| {
                    format!(
                        "profile {name} is marked as production: give --confirm-profile {name} (--yes is not enough)"
                    )
                },
            );
            Failure::usage("needs_confirmation", format!("this needs a confirmation, and {why}")).hint(hint).into()
        })
    }

    /// Asks for the confirmation, unless it is given.
    pub(crate) fn ask(&self, question: &str) -> anyhow::Result<Confirmed> {
        if self.given {
            return Ok(Confirmed(()));
        }
        self.may_ask()?;
        match &self.name {
            None => output::ask(&format!("{question} [y/N]")),
            Some(name) => output::ask(&format!("{question} This is production; type the profile's name ({name}):")),
        }
        let answer = answer()?;
        let wanted = |answer: &str| match &self.name {
            None => ["y", "yes"].contains(&answer.to_ascii_lowercase().as_str()),
            Some(name) => answer == name,
        };
        if wanted(answer.trim()) {
            return Ok(Confirmed(()));
        }
        Err(Failure::usage(DECLINED, "not confirmed; nothing was changed").into())
    }
}

/// Reads the answer to a question. An end of the input is no answer.
fn answer() -> anyhow::Result<String> {
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer).unwrap_or_default();
    if read > 0 && prompt::discard_after_answer() {
        output::warn(&prompt::discarded(prompt::ANSWER));
    }
    if read == 0 {
        return Err(prompt::interrupted(exit::INTERRUPTED).into());
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(bytes: &[u8]) -> Result<String, &'static str> {
        accept(bytes.to_vec()).map(|text| text.expose().to_owned()).map_err(|error| Failure::of(&error).code)
    }

    #[test]
    fn one_line_ending_and_one_byte_order_mark_are_removed_and_nothing_else() {
        for bytes in [&b"sk-a"[..], b"sk-a\n", b"sk-a\r\n", b"\xef\xbb\xbfsk-a\r\n"] {
            assert_eq!(accepted(bytes).as_deref(), Ok("sk-a"));
        }
        assert_eq!(accepted(b"sk-a\n\n").as_deref(), Ok("sk-a\n"));
        assert_eq!(accepted(b" sk-a \n").as_deref(), Ok(" sk-a "));
    }

    #[test]
    fn bytes_that_are_not_text_are_refused() {
        assert_eq!(accepted(b"sk-\xff\xfe"), Err("not_text"));
        assert_eq!(accepted(b"sk-a\0b"), Err("bad_key"));
    }

    #[test]
    fn an_input_that_is_too_large_is_refused_before_all_of_it_is_read() {
        let code = |from: &mut dyn Read| read_capped(from, "key").map_err(|error| Failure::of(&error).code).err();
        assert_eq!(code(&mut &vec![b'a'; CAP][..]), None);
        assert_eq!(code(&mut &vec![b'a'; CAP + 1][..]), Some("too_large"));
        assert_eq!(code(&mut io::repeat(b'a')), Some("too_large"));
    }
}
