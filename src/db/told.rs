//! Names the functions of the database that statements call, for who wants to know what is done.

/// Tells the name of the function that a statement calls. Its arguments are not in the statement.
pub(super) fn told(tell: Option<fn(&str)>, statement: &str) {
    let (Some(tell), Some((_, rest))) = (tell, statement.split_once("byok_api.")) else { return };
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
    tell(&rest[..end]);
}
