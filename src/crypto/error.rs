//! Why something cannot be made or opened.

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomError;

/// Why something sealed or wrapped does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The first byte names no format of this version.
    #[error("sealed in a format that this version does not know")]
    Format,
    /// Shorter than the shortest there can be.
    #[error("too short to be sealed")]
    TooShort,
    /// Damaged, moved to another place, or sealed under another key: which of them cannot be told.
    #[error("does not authenticate: another key, another place, or changed")]
    Authentication,
    /// Authentic, but not a padded JSON object of texts.
    #[error("holds no credential")]
    Payload,
}
