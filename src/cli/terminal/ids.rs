//! Remembers ids, so that messages show them even if they look like keys. An id is remembered if it was an argument
//! that its parser accepted, or if the database named it. A similar text in any other place may be a key and is masked.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use byok::mask;
use byok::name::NameError;

/// Ids that would otherwise be masked, longest first.
static IDS: RwLock<Vec<String>> = RwLock::new(Vec::new());

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
    let shown = mask::masked(id) == id;
    if shown || mask::holds_key(id) {
        return;
    }
    let mut ids = IDS.write().unwrap_or_else(PoisonError::into_inner);
    if !ids.iter().any(|known| known == id) {
        let at = ids.partition_point(|known| known.len() >= id.len());
        ids.insert(at, id.to_owned());
    }
}

/// A message in which keys are masked and remembered ids are not.
pub(crate) fn shown(words: &str) -> String {
    let ids = IDS.read().unwrap_or_else(PoisonError::into_inner);
    mask::masked_except(words, &ids).into_owned()
}
