//! What was typed.

/// What was typed so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    /// The words before the cursor's, without the program.
    pub(super) words: Vec<String>,
    /// The word at the cursor, up to the cursor.
    pub(super) current: String,
    /// Of bash: what its line editor replaces.
    pub(super) replaced: Replaced,
}

/// The part of the current word that is replaced.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Replaced {
    /// What stands before it in the word, without quotes.
    pub(super) before: String,
    /// The quote in which it is.
    pub(super) quote: Option<char>,
}
