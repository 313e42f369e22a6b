//! What keeps a server from serving, by its own account: it is full, damaged, or set up in another way.

/// The server could not do what it was asked for. It rolled the request back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The disk of the server is full.
    #[error("the disk of the server is full; nothing was changed")]
    DiskFull,
    /// The server has no memory left.
    #[error("the server has no memory left for this; nothing was changed")]
    OutOfMemory,
    /// A limit of the server's configuration was met.
    #[error("the server met a limit of its configuration; nothing was changed")]
    Limit,
    /// The server could not read or write its files.
    #[error("the server could not read or write its own files; nothing was changed")]
    Files,
    /// A library or another file of the server is missing.
    #[error("a file of the server is missing, such as the library of pgcrypto")]
    MissingFile,
    /// A table or an index is damaged.
    #[error("the server found a damaged table or index")]
    Damaged,
    /// An error in the server itself.
    #[error("the server met an internal error")]
    Internal,
    /// The encoding of the database does not have a character.
    #[error("the encoding of the database does not have a character that was sent; byok needs UTF8")]
    Encoding,
    /// The server does not have a feature that byok uses.
    #[error("the server does not have a feature that byok uses")]
    Feature,
}

impl ServerError {
    /// What an error code of PostgreSQL says about the server.
    pub(crate) fn of_sqlstate(code: &str) -> Option<Self> {
        Some(match code {
            "53100" => Self::DiskFull,
            "53200" => Self::OutOfMemory,
            "53000" | "53400" => Self::Limit,
            _ if code.starts_with("54") => Self::Limit,
            "58000" | "58030" => Self::Files,
            "58P01" => Self::MissingFile,
            "XX001" | "XX002" => Self::Damaged,
            "XX000" => Self::Internal,
            "22021" | "22P05" => Self::Encoding,
            "0A000" => Self::Feature,
            _ => return None,
        })
    }

    /// Whether the same call may succeed when it is made again.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::DiskFull | Self::OutOfMemory | Self::Limit | Self::Files | Self::MissingFile)
    }
}
