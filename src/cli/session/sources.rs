//! Reads a secret of byok's own from where the settings say that it is: a file, a descriptor, the output of a command, or a text.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use byok::secret::SecretText;
use byok::system::{FileFacts as _, descriptor};
use byok::{exit, setting};

use crate::cli::session::settings::SecretSource;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::readers::Readers;
use crate::cli::terminal::{file, input, output, readers};

/// What is read, for messages.
pub(crate) struct Wanted {
    what: &'static str,
    /// The stable code of a failure.
    code: &'static str,
    /// How to give it without a file.
    other_ways: &'static str,
    /// What to do if there is nothing better to say.
    next: &'static str,
}

/// A master key or data key.
pub(crate) const KEY: Wanted = Wanted {
    what: "key",
    code: "no_master_key",
    other_ways: "without a file: --master-key-fd, a command (BYOK_MASTER_KEY_COMMAND, BYOK_DATA_KEY_COMMAND) or a systemd credential",
    next: "check this setting; to see which key the database needs: byok status",
};

/// The data key of an organization.
pub(crate) const DATA_KEY: Wanted = Wanted {
    next: "check this setting; a platform admin issues the data key of an organization: byok data-key issue --org ORG --to-file FILE",
    ..KEY
};

/// The URL of the database, which may have a password in it.
const ADDRESS: Wanted = Wanted {
    what: "database URL",
    code: "no_database_url",
    other_ways: "without a file: BYOK_DATABASE_URL_COMMAND, or a URL without a password and a password file (PGPASSFILE)",
    next: "check this setting; to see where it comes from: byok config show --origin",
};

/// The secret that signs what is posted to a webhook.
pub(crate) const WEBHOOK_SECRET: Wanted = Wanted {
    what: "secret of a webhook",
    code: "no_webhook_secret",
    other_ways: "without a file: BYOK_WEBHOOK_SECRET_COMMAND or BYOK_WEBHOOK_SECRET",
    next: "it is one line: whsec_ and base64 of 24 to 64 random bytes, which the receiver has too",
};

impl Wanted {
    /// The failure of a setting. Without a better next step, it names the setting.
    fn of_setting(&self, error: &anyhow::Error, source: &SecretSource) -> Failure {
        let mut failure = Failure::of(error);
        if ["too_large", "not_text", "cannot_read"].contains(&failure.code) {
            failure = self.bad(failure.message);
        }
        if failure.hint.as_deref() == Some(self.next) { self.unfit(failure.message, source) } else { failure }
    }

    /// The failure of a setting that names something else.
    pub(crate) fn unfit(&self, message: String, source: &SecretSource) -> Failure {
        let name = if source.name() == "default" { "this file" } else { source.name() };
        self.bad(message).hint(self.next.replace("this setting", name))
    }

    pub(crate) fn bad(&self, message: String) -> Failure {
        Failure::new(exit::NOT_AUTHORIZED, self.code, message).hint(self.next)
    }
}

/// The place of a secret, in words.
pub(crate) fn place(source: &SecretSource) -> String {
    match source {
        SecretSource::File(path, _) => output::path(path),
        SecretSource::Descriptor(number) => format!("--master-key-fd {number}"),
        SecretSource::Command(_, name) | SecretSource::Text(_, name) => (*name).to_owned(),
    }
}

/// Reads the secret. `None` if its file does not exist.
pub(crate) fn read(source: &SecretSource, wanted: &Wanted) -> anyhow::Result<Option<SecretText>> {
    output::detail(|| match source {
        SecretSource::Command(words, name) => format!("runs {} for the {}, as {name} says", words[0], wanted.what),
        _ => format!("reads the {} from {}", wanted.what, place(source)),
    });
    let read = match source {
        SecretSource::Text(text, _) => Ok(Some(text.clone())),
        SecretSource::File(path, _) => read_file(path, wanted),
        SecretSource::Descriptor(number) => {
            let opened = file::open(&descriptor::path(*number));
            let opened = opened.map_err(|error| wanted.bad(format!("--master-key-fd {number}: {error}")))?;
            input::key_text(opened, &place(source), wanted.what).map(Some)
        }
        SecretSource::Command(words, name) => command(words, name, wanted).map(Some),
    };
    read.map_err(|error| wanted.of_setting(&error, source).into())
}

/// Reads the URL of the database. A line end at its end does not belong to it.
pub(crate) fn database_url(source: &SecretSource) -> anyhow::Result<SecretText> {
    if let SecretSource::Text(text, _) = source {
        return Ok(text.clone());
    }
    let missing = || {
        ADDRESS
            .bad(format!("{} does not exist", place(source)))
            .hint(format!("{} names it: write the URL there, and let only you read it (chmod 600)", source.name()))
    };
    let text = read(source, &ADDRESS)?.ok_or_else(missing)?;
    let line = text.expose();
    let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.trim().is_empty() {
        return Err(ADDRESS.bad(format!("{} is empty, so it is no database URL", place(source))).into());
    }
    Ok(SecretText::new(line.to_owned()))
}

fn read_file(path: &Path, wanted: &Wanted) -> anyhow::Result<Option<SecretText>> {
    let cannot = || wanted.bad(output::path(path));
    let opened = match file::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(cannot),
    };
    let (facts, place) = (&opened.facts, output::path(path));
    if facts.is_file() && !facts.is_ours_or_of_root() {
        return Err(wanted
            .bad(format!("the {} in {place} belongs to another user", wanted.what))
            .hint(format!("its owner must be you or root; {}", wanted.other_ways))
            .into());
    }
    if let Some(found) = opened.readers().with_context(cannot)? {
        check_readers(found, facts, &place, wanted)?;
    }
    input::key_text(opened, &place, wanted.what).map(Some)
}

/// Whether every user of this machine or container can read the file of a key, because it was mounted so.
pub(crate) fn everybody_reads(path: &Path) -> bool {
    let readers = file::open(path).ok().and_then(|opened| opened.readers().ok().flatten());
    readers == Some(Readers::Mounted { everybody: true })
}

/// Refuses a file that others can read, unless it was mounted so. Then it warns if all users can read it.
fn check_readers(found: Readers, facts: &Metadata, place: &str, wanted: &Wanted) -> anyhow::Result<()> {
    let mode = facts.mode();
    let (what, other_ways) = (wanted.what, wanted.other_ways);
    let strict = readers::is_strict();
    let hint = match found {
        Readers::Owner => return Ok(()),
        Readers::Group | Readers::Mounted { everybody: false } if !strict => return Ok(()),
        Readers::Mounted { .. } if !strict => {
            if !WARNED.swap(true, Ordering::Relaxed) {
                output::warn(&format!(
                    "all users of this machine or container can read the {what} in {place} (mode {mode:o}); mount it \
                     with mode 0440, and with a group of byok's user"
                ));
            }
            return Ok(());
        }
        Readers::Mounted { .. } => {
            format!(
                "its mount is read-only: mount it with mode 0400 and your user as owner, or leave out --strict; {other_ways}"
            )
        }
        Readers::Group | Readers::Others if facts.may_change_mode() => {
            format!("make it private: chmod 600 {place}; {other_ways}")
        }
        Readers::Group | Readers::Others => {
            format!("root makes it private: mode 0440 and a group that you are in, or your user as owner; {other_ways}")
        }
    };
    Err(wanted.bad(format!("others can read the {what} in {place} (mode {mode:o})")).hint(hint).into())
}

static WARNED: AtomicBool = AtomicBool::new(false);

/// Runs a command and reads its output. No shell is involved.
fn command(words: &[String], name: &'static str, wanted: &Wanted) -> anyhow::Result<SecretText> {
    let (program, arguments) = words.split_first().ok_or_else(|| wanted.bad(format!("{name} has no command")))?;
    let mut command = Command::new(program);
    // The messages of the command are shown. It gets no input, and none of byok's settings.
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    without_our_settings(&mut command);
    let failed = || wanted.bad(format!("{name}: cannot run {}", output::path(Path::new(program))));
    let mut child = command.spawn().with_context(failed)?;
    let printed = child.stdout.take().map(|out| input::key_text(out, name, wanted.what));
    let status = child.wait().with_context(failed)?;
    if !status.success() {
        return Err(wanted.bad(format!("{name}: {} failed ({status})", output::path(Path::new(program)))).into());
    }
    printed.ok_or_else(|| wanted.bad(format!("{name}: {program} printed nothing")))?
}

/// Takes byok's settings and the password of the database out of the environment of a program.
pub(crate) fn without_our_settings(command: &mut Command) {
    for variable in setting::names() {
        let variable = variable.to_string_lossy();
        if variable.starts_with("BYOK_") || matches!(&*variable, "DATABASE_URL" | "PGPASSWORD") {
            command.env_remove(&*variable);
        }
    }
}

/// The files that a source names. What else a command reads cannot be known.
pub(crate) fn files(source: &SecretSource) -> Vec<PathBuf> {
    match source {
        SecretSource::File(path, _) => vec![path.clone()],
        SecretSource::Descriptor(number) => vec![descriptor::path(*number)],
        SecretSource::Command(words, _) => words.iter().map(PathBuf::from).collect(),
        SecretSource::Text(..) => Vec::new(),
    }
}
