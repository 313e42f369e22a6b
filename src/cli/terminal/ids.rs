//! Ids where ids belong: typed by the caller and accepted by their parser, or named by the database. They are remembered, so
//! that words for people show them as they are; a token of the same look in another place may be a key, and is not shown.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use byok::mask;
use byok::name::NameError;

/// Those that words would be shown without, longer ones first.
static IDS: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Reads an id of an organization, a login or a request.
pub(crate) fn id<T: FromStr<Err = NameError> + Display>(text: &str) -> Result<T, NameError> {
    let id: T = text.parse()?;
    remember(text);
    Ok(id)
}

/// The same, where it may be absent.
pub(crate) fn maybe<T: FromStr<Err = NameError> + Display>(text: Option<&str>) -> Result<Option<T>, NameError> {
    text.map(id).transpose()
}

/// An id that the database named. What is certainly a key is none.
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

/// Words without anything that may be a key, and with every id that stands in them.
pub(crate) fn shown(words: &str) -> String {
    let ids = IDS.read().unwrap_or_else(PoisonError::into_inner);
    mask::masked_except(words, &ids).into_owned()
}
