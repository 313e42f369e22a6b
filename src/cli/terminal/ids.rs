//! Remembers ids, so that messages show them even if they look like keys. An id is remembered if it was an argument
//! that its parser accepted, or if the database named it. A similar text in any other place may be a key and is masked.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use byok::mask;
use byok::name::NameError;

use crate::cli::terminal::shell::{in_shell, quoted};

/// Ids that would otherwise be masked, longest first.
static IDS: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Ids that a shell would not take as one word, longest first.
static ODD: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Parses and remembers the id of an organization, a login or a request.
pub(crate) fn id<T: FromStr<Err = NameError> + Display>(text: &str) -> Result<T, NameError> {
    let id: T = text.parse()?;
    remember(text);
    Ok(id)
}

/// The same for an optional id.
pub(crate) fn maybe<T: FromStr<Err = NameError> + Display>(text: Option<&str>) -> Result<Option<T>, NameError> {
    text.map(id).transpose()
}

/// Remembers an id that the database named. A text that is certainly a key is not remembered.
pub(crate) fn remember(id: &str) {
    if in_shell(id) != id {
        insert(&ODD, id);
    }
    let shown = mask::masked(id) == id;
    if shown || mask::holds_key(id) {
        return;
    }
    insert(&IDS, id);
}

fn insert(list: &RwLock<Vec<String>>, id: &str) {
    let mut ids = list.write().unwrap_or_else(PoisonError::into_inner);
    if !ids.iter().any(|known| known == id) {
        let at = ids.partition_point(|known| known.len() >= id.len());
        ids.insert(at, id.to_owned());
    }
}

/// A text with commands, in which the remembered ids are words of a shell. Whoever copies a command runs nothing else.
pub(crate) fn in_commands(text: &str) -> Cow<'_, str> {
    let odd = ODD.read().unwrap_or_else(PoisonError::into_inner);
    odd.iter().fold(Cow::Borrowed(text), |text, id| quoted(text, id))
}

/// A message in which keys are masked and remembered ids are not.
pub(crate) fn shown(words: &str) -> String {
    let ids = IDS.read().unwrap_or_else(PoisonError::into_inner);
    mask::masked_except(words, &ids).into_owned()
}
