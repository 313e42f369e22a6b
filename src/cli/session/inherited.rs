//! What a child process must not inherit: file descriptors from which it could read a key, and variables that give access.

use std::process::Command;

use zeroize::Zeroizing;

use byok::system::descriptor::{facts, kept_identity, numbers, path, peek};
use byok::system::{FileFacts as _, Identity};
use byok::{mask, setting};

use crate::cli::session::settings::{self, NamedKey, SecretSource};
use crate::cli::session::sources;
use crate::cli::terminal::failure::Failure;

/// Variables of PostgreSQL's clients that would give access to the database.
const SCRUBBED: &[&str] = &["DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGSSLPASSWORD"];

/// The largest file of keys, in bytes.
const LONGEST: usize = 64 * 1024;

/// Takes byok's own variables, and those that give access to the database, out of the environment of a program.
pub(crate) fn without_access(command: &mut Command) {
    for name in setting::names() {
        let text = name.to_string_lossy();
        let ours = text == settings::CREDENTIALS && !matches!(settings::credential(), Ok(None));
        if ours || text.starts_with("BYOK_") || SCRUBBED.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
}

/// Refuses to start the program of `run` if it would inherit a file from which it can read the key. A pipe is allowed,
/// because it is empty once byok has read it.
pub(crate) fn refuse_for_program(key: &NamedKey) -> anyhow::Result<()> {
    refuse("the program", kind(key), holding(key.source()).into_iter().find(|number| unread(*number)))
}

/// The same for the source of the database's URL, which may have a password in it.
pub(crate) fn refuse_address_for_program(source: &SecretSource) -> anyhow::Result<()> {
    refuse("the program", "the database's URL", holding(source).into_iter().find(|number| unread(*number)))
}

/// Whether somebody could still read what was in this descriptor.
fn unread(number: u32) -> bool {
    !facts(number).is_ok_and(|facts| facts.is_pipe())
}

/// Refuses to start the program of `run` if any descriptor that it would inherit contains a key of byok. This is called
/// after the keys were read, so the pipes that they came from are empty.
pub(crate) fn refuse_keys_for_program() -> anyhow::Result<()> {
    refuse("the program", "a key of byok's own", numbers().into_iter().find(|number| has_key(*number)))
}

/// Refuses to start the private server with any of these descriptors, even an empty pipe. The server keeps running
/// after the command, and under root it runs as another account.
pub(crate) fn refuse_for_server(key: Option<&NamedKey>) -> anyhow::Result<()> {
    if let Some(key) = key {
        refuse("the private server", kind(key), holding(key.source()).into_iter().next())?;
    }
    let inside = numbers().into_iter().find(|number| has_key(*number));
    refuse("the private server", "a key of byok's own", inside)
}

fn kind(key: &NamedKey) -> &'static str {
    match key {
        NamedKey::Master(_) => "the master key",
        NamedKey::Data(_) => "the data key",
    }
}

fn refuse(who: &str, what: &str, number: Option<u32>) -> anyhow::Result<()> {
    let Some(number) = number else { return Ok(()) };
    let message = format!("{who} would inherit descriptor {number} and could read {what} from it");
    let hint = match who {
        "the program" => "use a pipe, such as 3< <(cat FILE), or name the file without opening it",
        _ => "start the server first without this descriptor: byok local up; or name the file without opening it",
    };
    Err(Failure::usage("inherited_key", message).hint(hint).into())
}

/// Whether a program could read a key of byok from this descriptor: from a file, or from what is in a pipe now.
/// Standard output and standard error are only written to.
fn has_key(number: u32) -> bool {
    let holds = facts(number).is_ok_and(|facts| facts.is_file() || facts.is_pipe());
    if !holds || [1, 2].contains(&number) {
        return false;
    }
    let mut bytes = Zeroizing::new(vec![0; LONGEST]);
    let read = peek(number, &mut bytes);
    mask::holds_own_key(&bytes[..read])
}

/// The descriptors of this process that lead to the same file as the source of a secret.
fn holding(source: &SecretSource) -> Vec<u32> {
    let places = sources::files(source);
    let places: Vec<Identity> = places.iter().filter_map(|path| kept_identity(path)).collect();
    let mut held: Vec<u32> = numbers()
        .into_iter()
        .filter(|number| kept_identity(&path(*number)).is_some_and(|it| places.contains(&it)))
        .collect();
    if let SecretSource::Descriptor(number) = source
        && !held.contains(number)
    {
        // Some systems do not list the descriptors.
        held.push(*number);
    }
    held.sort_unstable();
    held
}
