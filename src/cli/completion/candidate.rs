//! What may be at the cursor.

/// A way to go on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) value: String,
    pub(super) about: Option<String>,
    /// Whether the word ends here. A directory and an option with `=` go on.
    pub(super) whole: bool,
}

impl Candidate {
    pub(super) fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), about: None, whole: true }
    }
}
