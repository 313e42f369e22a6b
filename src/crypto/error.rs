//! Why random bytes are missing, or why something does not open.

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomError;

/// Why something sealed or wrapped does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The first byte is of an unknown format.
    #[error("sealed in a format that this version does not know")]
    Format,
    /// Shorter than any sealed key.
    #[error("too short to be sealed")]
    TooShort,
    /// Damaged, moved to another row, or sealed under another key. It cannot be told which of them.
    #[error("does not authenticate: it was changed, moved, or sealed under another key")]
    Authentication,
    /// Authentic, but its content is not a padded JSON object of texts.
    #[error("contains no credential")]
    Payload,
}
