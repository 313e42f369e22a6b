//! What the database refused.

/// What was refused, and which function of the database refused it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// In words, such as `organization acme`. Empty if the refusal is only about the login.
    pub subject: String,
    /// The organization that was asked for, if it was one.
    pub org: Option<String>,
    /// The function of `byok_api`, if the server named it.
    pub function: Option<String>,
}

impl From<String> for Refusal {
    fn from(subject: String) -> Self {
        Self { subject, org: None, function: None }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.subject)
    }
}
